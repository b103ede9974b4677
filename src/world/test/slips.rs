//! Printer queue slips: too few, too many, shifted, printed again after the ribbon, the previous label again. Each is
//! found, costs one alarm that names the cause, and is put right with one key or none.

use crate::record::Tick;
use crate::world::report::Report;
use crate::world::trace::Trace;
use crate::world::trouble::Troubles;
use crate::world::{Wish, World};
use std::cell::RefCell;
use std::rc::Rc;
use vidimus_simulators::fault::FaultKind;

/// What became of a world in which one thing went wrong at the printer.
struct Slip {
    report: Report,
    lines: Vec<String>,
}

impl Slip {
    /// One slip, at a moment at which the line runs; a lasting one ends three seconds later.
    fn of(kind: FaultKind) -> Slip {
        let lines = Rc::new(RefCell::new(Vec::new()));
        let wish = Wish {
            seed: 5,
            packs: 300,
            troubles: Troubles::none(),
            pixels: false,
            printer: Default::default(),
        };
        let mut world = World::new(wish).expect("a world");
        let told = lines.clone();
        world.trace(Trace::new(move |line| {
            told.borrow_mut().push(line.to_owned())
        }));
        world.order_fault(Tick(6_000_000_000), kind, true);
        if kind.lasts() {
            world.order_fault(Tick(9_000_000_000), kind, false);
        }
        let report = world.live();
        let lines = lines.take();
        Slip { report, lines }
    }

    /// Details of every time this alarm was raised.
    fn raised(&self, alarm: &str) -> Vec<&str> {
        let head = format!("AlarmRaised {{ alarm: \"{alarm}\", ");
        let lines = self.lines.iter();
        let raised = lines.filter_map(|line| line.split_once(&head));
        raised.map(|(_, detail)| detail).collect()
    }

    /// How often a person gave this order.
    fn pressed(&self, order: &str) -> usize {
        let by_people = |line: &&String| line.contains(" people ") && line.contains(order);
        self.lines.iter().filter(by_people).count()
    }
}

#[test]
fn every_slip_of_the_label_queue_is_one_alarm_and_one_key() {
    use FaultKind::{DoubleDetect, PreviousLabel, Reprint, SkipPrint};
    // Too few, shifted by a reprint, one in place of another, too many.
    for (kind, cause) in [
        (SkipPrint, "behind it: one was lost"),
        (Reprint, "printed twice"),
        (PreviousLabel, "printed twice"),
        (DoubleDetect, "still in the printer"),
    ] {
        let slip = Slip::of(kind);
        assert_eq!(slip.report.violations, [], "{kind:?}");
        assert_eq!(slip.report.injected.get(kind.name()), Some(&1), "{kind:?}");
        let raised = slip.raised("sync");
        assert_eq!(raised.len(), 1, "{kind:?}: {raised:?}");
        assert!(raised[0].contains(cause), "{kind:?}: {raised:?}");
        assert_eq!(slip.pressed("Resynchronise"), 1, "{kind:?}");
        assert_eq!(slip.pressed("Resume"), 0, "{kind:?}");
        assert_eq!(
            slip.report.alarms.len(),
            1,
            "{kind:?}: {:?}",
            slip.report.alarms
        );
        assert!(slip.report.good > 250, "{kind:?}: {}", slip.report.good);
    }
}

#[test]
fn an_empty_ribbon_is_one_alarm_and_nothing_printed_again_passes() {
    for kind in [FaultKind::RibbonOut, FaultKind::MediaOut] {
        let slip = Slip::of(kind);
        assert_eq!(slip.report.violations, [], "{kind:?}");
        assert_eq!(slip.raised("printer").len(), 1, "{kind:?}");
        assert!(slip.raised("sync").is_empty(), "{kind:?}");
        assert_eq!(slip.pressed("Resynchronise"), 0, "{kind:?}");
        assert!(slip.report.good > 250, "{kind:?}: {}", slip.report.good);
    }
}
