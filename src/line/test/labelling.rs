//! Labels of containers at the line: asked for when their printer can print, printed when they are on disk, never in
//! the way of a pack.

use super::plan;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::labelling::LabelPrinterSays;
use crate::line::packing::PackingPlan;
use crate::line::*;
use crate::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan, SsccRange};
use crate::record::{ContainerCode, Level, PackagingFact, RestoredFull, TemplateHash};
use crate::wire::OperatorCommand;

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
            ..PackingPlan::default()
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
            point: None,
            facts: vec![Fact::Packaging(labelled)],
            full: None,
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
    assert!(rig.line.alarm_stands(AlarmKind::ContainerPrinter));
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
    assert!(!rig.line.alarm_stands(AlarmKind::ContainerPrinter));
    assert_eq!(rig.wanted_labels(), [1, 2, 2]);

    // One that may not be printed is told, and the next one is not held up.
    rig.tell(Event::LabelJudged(Err("case is empty [empty]".to_owned())));
    assert!(rig.line.alarm_stands(AlarmKind::ContainerLabel));
    assert_eq!(rig.line.view(rig.now, 0).labels.expect("it prints").due, 0);
    assert!(rig.sound_pack(7, 7));
    assert_eq!(rig.wanted_labels(), [1, 2, 2, 3]);
    assert_eq!(rig.printed_labels().len(), 1);
}

#[test]
fn an_alarm_of_the_label_printer_means_silence_or_trouble_and_never_an_answer_that_is_awaited() {
    let raised = |rig: &Rig| {
        let view = rig.line.view(rig.now, 0);
        let found = view
            .alarms
            .into_iter()
            .find(|one| one.code == "container-printer");
        found.map(|one| (one.active, one.text.rsplit(": ").next().map(str::to_owned)))
    };
    let says = |text: &str| Some((true, Some(text.to_owned())));
    // A start with a printer that is well.
    let mut rig = Rig::running(printing());
    for one in ready() {
        let view = rig.line.view(rig.now, 0).labels.expect("it prints labels");
        assert!(view.hindrance.is_some(), "not before the last word");
        rig.label_printer(&[one]);
        assert_eq!(raised(&rig), None);
    }
    let hindrance = |rig: &Rig| {
        rig.line
            .view(rig.now, 0)
            .labels
            .expect("it prints labels")
            .hindrance
    };
    assert_eq!(hindrance(&rig), None);
    let hindered = LabelPrinterSays::Health(PrinterHealth::Hindered("media out".to_owned()));
    rig.label_printer(&[hindered]);
    assert_eq!(raised(&rig), says("media out"));
    // The link's loss is told before its reason, and a printer that comes back is not well before it says so.
    rig.label_printer(&[LabelPrinterSays::Link(false)]);
    assert_eq!(raised(&rig), says("it does not answer"));
    rig.label_printer(&[LabelPrinterSays::Trouble("cable".to_owned())]);
    assert_eq!(raised(&rig), says("cable"));
    rig.label_printer(&ready()[..2]);
    assert_eq!(raised(&rig), says("cable"));
    rig.label_printer(&ready()[2..]);
    assert_eq!(
        (raised(&rig).map(|one| one.0), hindrance(&rig)),
        (Some(false), None)
    );
    // One that was never reached, one that goes silent before its first answer, one whose queue is never empty.
    for last in [
        &[LabelPrinterSays::Trouble("refused".to_owned())][..],
        &[LabelPrinterSays::Link(true), LabelPrinterSays::Link(false)],
        &[
            LabelPrinterSays::Link(true),
            LabelPrinterSays::Health(PrinterHealth::Ready),
            LabelPrinterSays::Trouble("timeout".to_owned()),
        ],
    ] {
        let mut rig = Rig::running(printing());
        rig.label_printer(last);
        assert!(raised(&rig).is_some_and(|one| one.0), "{last:?}");
    }
}

#[test]
fn a_label_that_may_not_have_come_out_is_told_and_one_that_did_is_not() {
    let mut rig = Rig::running(printing());
    let says = |no: u64| format!("(00)39521234000000{no:04}");
    let told = |rig: &Rig| {
        let view = rig.line.view(rig.now, 0);
        let found = view
            .alarms
            .into_iter()
            .find(|one| one.code == "container-label");
        found.map_or_else(String::new, |one| one.text)
    };
    rig.label_printer(&ready());
    let order = |rig: &mut Rig, no: u64| {
        rig.order_label(no, &says(no));
        LabelPrinterSays::Sent {
            record: rig.line.last_seq,
        }
    };
    // Gone from the queue of a printer that stays well: one such report may be older than the label.
    let sent = order(&mut rig, 1);
    rig.label_printer(&[sent, LabelPrinterSays::Idle]);
    let sent = order(&mut rig, 2);
    rig.label_printer(&[sent, LabelPrinterSays::Idle]);
    assert_eq!(told(&rig), "");
    let out = LabelPrinterSays::Health(PrinterHealth::Hindered("media out".to_owned()));
    rig.label_printer(&[out]);
    assert!(!told(&rig).contains(&says(1)), "{}", told(&rig));
    assert!(
        told(&rig).contains(&says(2)) && told(&rig).contains("media out"),
        "{}",
        told(&rig)
    );
    // A pause that is over is told just the same, and one that was refused while the link was down: none is forgotten.
    rig.label_printer(&[LabelPrinterSays::Idle]);
    let sent = order(&mut rig, 3);
    rig.label_printer(&[sent]);
    let LabelPrinterSays::Sent { record } = order(&mut rig, 4) else {
        unreachable!("it was made above");
    };
    let refused = LabelPrinterSays::Refused {
        record,
        why: "not connected".to_owned(),
    };
    rig.label_printer(&[LabelPrinterSays::Link(false), refused]);
    for no in 2..=4 {
        assert!(told(&rig).contains(&says(no)), "{no}: {}", told(&rig));
    }
    // Beyond the third they are counted.
    rig.label_printer(&ready());
    let sent = [order(&mut rig, 5), order(&mut rig, 6)];
    rig.label_printer(&sent);
    rig.label_printer(&[LabelPrinterSays::Link(false)]);
    let text = told(&rig);
    assert!(
        !text.contains(&says(5)) && text.ends_with("; and 2 more"),
        "{text}"
    );
    // On record they are each by itself.
    for no in 2..=6 {
        let raised = |record: &&Record| {
            matches!(&record.fact, Fact::AlarmRaised { alarm, detail }
            if alarm == "container-label" && detail.contains(&says(no)))
        };
        assert_eq!(rig.records.iter().filter(raised).count(), 1, "{no}");
    }
    let acknowledge = OperatorCommand::Acknowledge {
        alarm: "container-label".to_owned(),
    };
    rig.order(acknowledge);
    assert_eq!(told(&rig), "");
}

#[test]
fn after_a_restart_a_label_never_ordered_is_due_and_one_that_was_ordered_is_looked_for() {
    let code = |no: u64| {
        let sscc = crate::gs1::Sscc::of_body(39_521_234_000_000_000 + no);
        ContainerCode::Sscc(sscc.expect("it has 17 digits"))
    };
    let full = |no: u64, labelled| RestoredFull {
        container: crate::record::ContainerNo(no),
        code: code(no),
        labelled,
    };
    let mut restored = super::restore::restore(&[]);
    restored.packing.last = crate::record::ContainerNo(3);
    restored.packing.full = vec![full(1, Some(17)), full(2, None), full(3, None)];
    let mut rig = Rig::new(printing(), restored);
    let view = rig.line.view(rig.now, 0);
    assert_eq!(view.labels.expect("it prints labels").due, 2);
    let alarm = view.alarms.iter().find(|one| one.code == "container-label");
    let text = &alarm.expect("a person must look").text;
    assert!(
        text.contains("record 17") && text.contains(&code(1).to_string()),
        "{text}"
    );
    rig.label_printer(&ready());
    assert_eq!(rig.wanted_labels(), [2]);
}
