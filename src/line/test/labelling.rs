//! Labels of containers at the line: asked for when their printer can print, printed when they are on disk, never in
//! the way of a pack.

use super::plan;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::labelling::LabelPrinterSays;
use crate::line::packing::PackingPlan;
use crate::line::*;
use crate::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan, SsccRange};
use crate::record::{Level, PackagingFact, TemplateHash};

const TEMPLATE: TemplateHash = TemplateHash([9; 32]);

fn printing() -> Plan {
    let case = LevelPlan {
        name: "case".to_owned(),
        holds: 2,
        code: LevelCode::Sscc,
        mixed_lots: false,
        label: LabelPlan::Printed {
            template: TEMPLATE,
            ais: vec!["00".to_owned()],
        },
        layer: None,
    };
    Plan {
        packing: PackingPlan {
            hierarchy: Hierarchy { levels: vec![case] },
            sscc: Some(SsccRange {
                first: 39_521_234_000_000_000,
                last: 39_521_234_000_000_040,
            }),
            automatic: true,
        },
        ..plan(1)
    }
}

impl Rig {
    fn label_printer(&mut self, says: &[LabelPrinterSays]) {
        for one in says {
            self.tell(Event::LabelPrinter(one.clone()));
        }
    }

    fn wanted_labels(&self) -> Vec<u64> {
        let wanted = self.effects.iter().filter_map(|effect| match effect {
            Effect::WantLabel { container, .. } => Some(container.0),
            _ => None,
        });
        wanted.collect()
    }

    fn printed_labels(&self) -> Vec<String> {
        let printed = self.effects.iter().filter_map(|effect| match effect {
            Effect::PrintContainer(label) => Some(label.says.clone()),
            _ => None,
        });
        printed.collect()
    }

    fn order_label(&mut self, container: u64, says: &str) {
        let labelled = PackagingFact::Labelled {
            container: crate::record::ContainerNo(container),
            level: Level(1),
            template: TEMPLATE,
            says: says.to_owned(),
            copy: 1,
        };
        self.tell(Event::Packaged {
            by: Actor::Station,
            signature: None,
            reason: None,
            facts: vec![Fact::Packaging(labelled)],
            reply: ReplyTo(9),
        });
    }
}

fn ready() -> [LabelPrinterSays; 3] {
    [
        LabelPrinterSays::Link(true),
        LabelPrinterSays::Health(PrinterHealth::Ready),
        LabelPrinterSays::Cleared,
    ]
}

#[test]
fn labels_wait_for_their_printer_and_for_the_disk_and_packs_for_neither() {
    let mut rig = Rig::running(printing());
    rig.sound_pack(1, 1); // the challenge
    for id in 2..=6 {
        assert!(
            rig.sound_pack(id, id as u16),
            "pack {id} passes without that printer"
        );
    }
    assert_eq!(rig.wanted_labels(), [0; 0], "it never said a word");
    let view = rig.line.view(rig.now, 0).labels.expect("it prints labels");
    assert_eq!((view.due, view.hindrance.is_some()), (2, true));
    // Its queue was not cleared yet: what it holds may be anything.
    rig.label_printer(&ready()[..2]);
    assert_eq!(rig.wanted_labels(), [0; 0]);
    rig.label_printer(&ready()[2..]);
    assert_eq!(rig.wanted_labels(), [1], "one after the other");

    rig.obliging = false;
    let before = rig.line.last_seq;
    rig.order_label(1, "(00)395212340000000007");
    assert_eq!(rig.printed_labels(), [""; 0], "not on disk yet");
    let (through, took_us) = (before + 1, 1);
    rig.tell(Event::Committed { through, took_us });
    assert_eq!(rig.printed_labels(), ["(00)395212340000000007"]);
    rig.obliging = true;
    rig.tell(Event::LabelJudged(Ok(())));
    assert_eq!(rig.wanted_labels(), [1, 2]);

    // It goes silent while the second one is judged: nothing is recorded, and it stays due.
    rig.label_printer(&[LabelPrinterSays::Link(false)]);
    assert!(rig.line.alarms.is_active(AlarmKind::ContainerPrinter));
    let before = rig.line.last_seq;
    rig.order_label(2, "(00)395212340000000014");
    let refused = rig.effects.iter().any(|effect| match effect {
        Effect::Reply { answer, .. } => answer
            .as_ref()
            .is_err_and(|why| why.contains("cannot print")),
        _ => false,
    });
    assert!(refused && rig.line.last_seq == before);
    rig.tell(Event::LabelJudged(Err("it cannot print".to_owned())));
    assert_eq!(rig.wanted_labels(), [1, 2]);
    rig.label_printer(&ready());
    assert!(!rig.line.alarms.is_active(AlarmKind::ContainerPrinter));
    assert_eq!(rig.wanted_labels(), [1, 2, 2]);

    // One that may not be printed is told, and the next one is not held up.
    rig.tell(Event::LabelJudged(Err("case is empty [empty]".to_owned())));
    assert!(rig.line.alarms.is_active(AlarmKind::ContainerLabel));
    assert_eq!(rig.line.view(rig.now, 0).labels.expect("it prints").due, 0);
    assert!(rig.sound_pack(7, 7));
    assert_eq!(rig.wanted_labels(), [1, 2, 2, 3]);
    assert_eq!(rig.printed_labels().len(), 1);
}
