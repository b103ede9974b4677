//! Another label template on a running line: on the bench step by step, and in the factory whatever happens meanwhile.

use super::factory::{Faults, World};
use super::plan;
use super::rig::Rig;
use crate::line::swap::TRIALS_MAX;
use crate::line::*;
use crate::record::{
    Fate, LabelFact, LabelSlot, LabelText, LaneNo, LotFact, Outcome, SampleCause, VoidCause,
};

fn label(text: &str) -> LabelText {
    LabelText::new(text, text)
}

impl Rig {
    /// The answer, once there is one.
    fn label_order(&mut self, reason: &str, order: LabelOrder) -> Option<Result<(), String>> {
        let before = self.effects.len();
        self.tell(Event::LabelOrdered {
            by: Actor::Named("tester".into()),
            signature: None,
            reason: Some(reason.into()),
            order,
            reply: ReplyTo(5),
        });
        self.effects[before..]
            .iter()
            .find_map(|effect| match effect {
                Effect::Reply { answer, .. } => Some(answer.clone()),
                _ => None,
            })
    }

    fn judged(&mut self, text: &str, judged: Result<(), String>) -> Option<Result<(), String>> {
        let batch = self.line.batch().map(|batch| batch.no);
        let order = LabelOrder::Activate {
            slot: LabelSlot::Packs,
            label: label(text),
            rollback: false,
            batch,
            judged,
        };
        self.label_order("a test", order)
    }

    fn activate(&mut self, text: &str) -> Result<(), String> {
        self.judged(text, Ok(())).expect("there is an answer")
    }

    /// What the printer was told to print, from the first time on.
    fn loaded(&self) -> Vec<&str> {
        let loaded = self.effects.iter().filter_map(|effect| match effect {
            Effect::At(_, LaneEffect::UseLabel(label)) => Some(label.text.as_str()),
            _ => None,
        });
        loaded.collect()
    }

    fn label_facts(&self) -> Vec<&LabelFact> {
        let facts = self.records.iter().filter_map(|record| match &record.fact {
            Fact::Label(fact) => Some(fact),
            _ => None,
        });
        facts.collect()
    }

    fn on_trial(&self) -> Option<u32> {
        let view = self.line.view(self.now, 0).label.expect("there is a label");
        view.trial.map(|trial| trial.failed)
    }

    fn in_force(&self) -> String {
        let view = self.line.view(self.now, 0).label;
        view.expect("there is a label").name
    }

    /// Everything stands, is cleared, and the belt starts again.
    fn in_step_again(&mut self) {
        assert!(
            self.line.lane.stops.in_force().is_some(),
            "the belt is stopped"
        );
        self.settle_and_start();
    }
}

/// The printer got its last template and was cleared behind it.
fn loaded_then_cleared(effects: &[Effect]) -> bool {
    use LaneEffect::{ClearPrinter, UseLabel};
    let order = |effect: &Effect| match effect {
        Effect::At(_, UseLabel(_)) => Some("loaded"),
        Effect::At(_, ClearPrinter) => Some("cleared"),
        _ => None,
    };
    let orders: Vec<&str> = effects.iter().filter_map(order).collect();
    orders.ends_with(&["loaded", "cleared"])
}

#[test]
fn a_label_takes_effect_between_two_packs_once_a_test_print_was_read() {
    let mut rig = Rig::running(plan(1));
    assert!(!rig.sound_pack(1, 1), "the challenge");
    assert!(rig.sound_pack(2, 2));
    rig.detect(3); // on the belt with the old label
    rig.pass_time(20);
    rig.obliging = false;
    assert_eq!(rig.judged("new", Ok(())), None, "it is not on disk");
    rig.pass_time(20);
    assert_eq!(
        rig.line.lane.stops.in_force(),
        None,
        "the line goes on till then"
    );
    rig.obliging = true;
    let (through, took_us) = (rig.records.last().expect("records").seq, 1);
    rig.tell(Event::Committed { through, took_us });
    assert!(rig.loaded().is_empty(), "the belt moves");
    rig.in_step_again();
    assert_eq!(rig.loaded(), ["new"]);
    assert!(loaded_then_cleared(&rig.effects));
    let voided = |record: &Record| {
        let cause = VoidCause::QueueCleared;
        record.fact
            == Fact::SerialVoided {
                pack: PackNo(3),
                cause,
            }
    };
    assert!(rig.records.iter().any(voided), "what was in flight is void");
    rig.gate(3, Fate::RejectedPurge);

    assert_eq!((rig.in_force().as_str(), rig.on_trial()), ("file", Some(0)));
    assert!(!rig.sound_pack(4, 3), "the challenge, without symbol");
    // Of three only one gets a label, and it is diverted.
    for id in 5..=7 {
        rig.detect(id);
    }
    rig.pass_time(20);
    let labelled = [5, 6, 7].map(|id| rig.line.lane.belt[&rig.plc(id)].serial.is_some());
    assert_eq!(labelled, [true, false, false]);
    rig.reach_camera(5, 4, 104);
    rig.look_and_see(|_| {});
    assert!(!rig.pass_of(5), "a test print never passes");
    assert_eq!((rig.in_force().as_str(), rig.on_trial()), ("new", None));
    for id in 5..=7 {
        rig.gate(id, Fate::RejectedByVerdict);
    }
    assert!(rig.sound_pack(8, 7), "from the next pack on");
    let tally = rig.line.tally();
    assert_eq!((tally.good, tally.sampled, tally.numbers_void), (2, 1, 1));
    assert!(tally.balanced());

    let templates: Vec<_> = rig
        .records
        .iter()
        .filter(|record| matches!(record.fact, Fact::SerialReserved { .. }))
        .map(|record| record.template)
        .collect();
    let [old, new] = ["file", "new"].map(|text| Some(label(text).template));
    assert_eq!(templates, [old, old, new, new]);
    let test_print = |record: &Record| {
        let cause = SampleCause::TestPrint;
        matches!(&record.fact, Fact::Lot(LotFact::Sampled { cause: why, .. }) if *why == cause)
    };
    assert!(rig.records.iter().any(test_print));
}

#[test]
fn a_label_that_fails_its_test_prints_is_given_up_by_itself_and_somebody_is_told() {
    let mut rig = Rig::running(plan(1));
    assert!(!rig.sound_pack(1, 1) && rig.sound_pack(2, 2));
    rig.activate("new").expect("it is judged sound");
    rig.in_step_again();
    assert!(!rig.sound_pack(3, 3), "the challenge");
    // A pack that was never looked at says nothing of the label.
    rig.detect(4);
    rig.pass_time(20);
    rig.pass_time(600);
    rig.gate(4, Fate::RejectedByVerdict);
    assert_eq!(rig.on_trial(), Some(0));
    for tries in 1..=TRIALS_MAX {
        let id = 4 + tries;
        let unread = |seen: &mut crate::record::Verdict| seen.outcome = Outcome::NotDecodable;
        assert!(!rig.pack_with(id, id as u16, unread));
        let left = (tries < TRIALS_MAX).then_some(tries);
        assert_eq!(rig.on_trial(), left);
        let told = rig.line.alarm_stands(alarm::AlarmKind::LabelTrial);
        assert_eq!(told, left.is_none());
    }
    assert_eq!(rig.loaded(), ["new"]);
    rig.in_step_again();
    assert_eq!(rig.loaded(), ["new", "file"]);
    assert!(!rig.sound_pack(8, 8), "the challenge");
    assert!(rig.sound_pack(9, 9), "the former label needs no proof");
    assert_eq!(rig.in_force(), "file");
    let last = rig.label_facts().pop().cloned();
    let given_up = LabelFact::GivenUp {
        template: label("new").template,
        keeps: label("file").template,
        tries: TRIALS_MAX,
    };
    assert_eq!(last, Some(given_up));
}

/// A symbol in the artwork is on every label, on the one that was to have none as well.
#[test]
fn a_label_whose_void_one_shows_a_symbol_is_given_up_too() {
    let mut rig = Rig::running(plan(1));
    assert!(!rig.sound_pack(1, 1) && rig.sound_pack(2, 2));
    rig.activate("new").expect("it is judged sound");
    for tries in 1..=TRIALS_MAX {
        rig.in_step_again();
        let id = 2 + tries; // the challenge
        rig.detect(id);
        rig.pass_time(20);
        rig.reach_camera(id, id as u16, 100 + u64::from(id));
        rig.tell(Event::Verified {
            pack: PackNo(u64::from(id)),
            verdict: crate::record::Verdict::without_picture(Outcome::UnexpectedSerial),
            took_us: 1,
        });
        rig.gate(id, Fate::RejectedByVerdict);
        let left = (tries < TRIALS_MAX).then_some(tries);
        assert_eq!(rig.on_trial(), left);
        rig.order(crate::wire::OperatorCommand::Resynchronise);
    }
    assert!(rig.line.alarm_stands(alarm::AlarmKind::LabelTrial));
    rig.in_step_again();
    assert_eq!(rig.loaded(), ["new", "file"]);
    assert!(!rig.sound_pack(6, 6), "the challenge");
    assert!(rig.sound_pack(7, 7), "the former label needs no proof");
}

#[test]
fn what_is_refused_changes_nothing_and_is_on_record() {
    let mut rig = Rig::running(plan(1));
    let why = rig.judged("bad", Err("It drops (17).".to_owned()));
    assert_eq!(why, Some(Err("It drops (17).".to_owned())));
    let facts = rig.label_facts();
    let [
        LabelFact::Installed { .. },
        LabelFact::Refused { template, why, .. },
    ] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(
        (*template, why.as_str()),
        (label("bad").template, "It drops (17).")
    );
    let records = rig.records.len();
    let mut refused = |order: LabelOrder, reason: &str, said: &str| {
        let why = rig.label_order(reason, order).expect("an answer");
        let why = why.expect_err(said);
        assert!(why.contains(said) && why.ends_with('.'), "{why}");
        assert_eq!(rig.records.len(), records, "{said}");
    };
    let order = |text: &str, batch: Option<BatchNo>| LabelOrder::Activate {
        slot: LabelSlot::Packs,
        label: label(text),
        rollback: false,
        batch,
        judged: Ok(()),
    };
    let open = Some(BatchNo(1));
    refused(order("new", open), " ", "with a reason only");
    refused(order("new", None), "why", "batch was changed");
    refused(order("file", open), "why", "in force already");
    refused(LabelOrder::GiveUp, "why", "No label is on trial");
    let case = LabelOrder::Activate {
        slot: LabelSlot::Level(crate::record::Level(1)),
        label: label("case"),
        rollback: false,
        batch: open,
        judged: Ok(()),
    };
    refused(case, "why", "prints no labels of that level");
    assert_eq!(rig.activate("new"), Ok(()));
    let why = rig.activate("other").expect_err("one at a time");
    assert!(why.contains("on trial"), "{why}");
}

/// A start finds what was on disk: an order goes on as a trial, a trial stays one, and what was proven is in force.
#[test]
fn a_start_in_the_middle_goes_on_with_the_trial() {
    let again = |rig: &Rig, boot: u16| {
        let mut again = Rig::new(plan(boot), super::restore::restore(&rig.records));
        again.records = rig.records.clone();
        (again.now, again.status) = (rig.now, rig.status);
        again.turn();
        for up in [
            LaneEvent::PlcLink(true).on(LaneNo::FIRST),
            LaneEvent::PrinterLink(true).on(LaneNo::FIRST),
            LaneEvent::PrinterStatus(PrinterHealth::Ready).on(LaneNo::FIRST),
            LaneEvent::CameraLink(true).on(LaneNo::FIRST),
        ] {
            again.tell(up);
        }
        again
    };
    let mut rig = Rig::running(plan(1));
    assert!(!rig.sound_pack(1, 1) && rig.sound_pack(2, 2));
    rig.activate("new").expect("it is judged sound");
    let mut rig = again(&rig, 2);
    assert_eq!((rig.loaded(), rig.on_trial()), (vec!["new"], Some(0)));
    rig.settle_and_start();
    assert!(!rig.sound_pack(3, 3), "the challenge");
    rig.pack_with(4, 4, |seen| seen.outcome = Outcome::NotDecodable);
    let mut rig = again(&rig, 3);
    assert_eq!((rig.loaded(), rig.on_trial()), (vec!["new"], Some(1)));
    rig.settle_and_start();
    assert!(!rig.sound_pack(5, 5) && !rig.sound_pack(6, 6), "diverted");
    assert_eq!((rig.in_force().as_str(), rig.on_trial()), ("new", None));
    let mut rig = again(&rig, 4);
    assert_eq!(rig.loaded(), ["new"]);
    rig.settle_and_start();
    assert!(!rig.sound_pack(7, 7) && rig.sound_pack(8, 8), "proven");
    // The station file names another one since then. The open batch keeps its own; without a batch it is taken, and
    // that is on record.
    let start = |records: &[Record]| {
        let other = Plan {
            label: std::sync::Arc::new(label("other")),
            ..plan(5)
        };
        let mut rig = Rig::new(other, super::restore::restore(records));
        rig.turn();
        rig
    };
    let kept = start(&rig.records);
    assert_eq!((kept.in_force().as_str(), kept.on_trial()), ("new", None));
    assert!(kept.label_facts().is_empty() && kept.loaded() == ["new"]);
    rig.order(crate::wire::OperatorCommand::CloseBatch);
    let taken = start(&rig.records);
    assert_eq!(
        (taken.in_force().as_str(), taken.on_trial()),
        ("other", None)
    );
    assert!(matches!(
        taken.label_facts().as_slice(),
        [LabelFact::Installed { .. }]
    ));
    assert!(taken.loaded().is_empty(), "the station starts with it");
}

/// The verdict of such a pack comes after the start, when the station file names another template.
#[test]
fn a_pack_labelled_before_a_start_is_judged_on_record_with_the_template_of_its_own_label() {
    for lot_only in [false, true] {
        let mut rig = Rig::running(plan(1));
        if lot_only {
            rig.order(crate::wire::OperatorCommand::CloseBatch);
            let mut opening = super::open_batch();
            if let crate::wire::OperatorCommand::OpenBatch { lot, terms, .. } = &mut opening {
                *lot = "L2".parse().expect("a lot");
                terms.lot_only = true;
            }
            rig.order(opening);
            rig.settle_and_start();
        }
        assert!(!rig.sound_pack(1, 1) && rig.sound_pack(2, 2));
        rig.detect(3);
        rig.pass_time(20);
        let given = rig.records.last().expect("records").clone();
        let file = Some(label("file").template);
        assert_eq!((given.fact.pack(), given.template), (Some(PackNo(3)), file));
        let other = Plan {
            label: std::sync::Arc::new(label("other")),
            ..plan(2)
        };
        let mut again = Rig::new(other, super::restore::restore(&rig.records));
        (again.now, again.status) = (rig.now, rig.status);
        again.connect();
        again.settle_and_start();
        let judged = again
            .records
            .iter()
            .find(|record| matches!(record.fact, Fact::Verified { .. }));
        let judged = judged.expect("what was in flight has a verdict");
        assert_eq!(judged.fact.pack(), Some(PackNo(3)), "{lot_only}");
        assert_eq!(judged.template, file, "lot only: {lot_only}");
        assert_eq!(again.in_force(), "file", "the open batch keeps it");
    }
}

#[test]
fn without_a_batch_a_label_waits_for_the_first_pack_of_the_next_one() {
    let mut rig = Rig::running(plan(1));
    rig.order(crate::wire::OperatorCommand::CloseBatch);
    rig.activate("new").expect("it is judged sound");
    rig.pass_time(10);
    assert_eq!(rig.loaded(), ["new"], "no label is on the belt");
    rig.order(super::open_again());
    rig.settle_and_start();
    assert!(!rig.sound_pack(1, 1) && !rig.sound_pack(2, 2), "diverted");
    assert!(rig.sound_pack(3, 3));
    assert_eq!(rig.in_force(), "new");
    let opened = rig.line.batch().expect("it is open").template;
    assert_eq!(opened, label("new").template);
}

#[test]
fn whatever_happens_no_pack_passes_with_a_label_that_is_not_proven() {
    let mut proven = 0;
    let mut given_up = 0;
    for seed in 1..=300 {
        let mut world = World::new(seed, Faults::swapping(seed));
        world.run_batch(250);
        world.check_against_truth();
        // Liveness: with the faults healed the line runs again, whatever is on trial.
        let before = world.line.tally().good;
        world.heal();
        world.feed(130);
        world.check_against_truth();
        let ran = world.line.tally().good - before;
        assert!(
            ran >= 50,
            "seed {seed}: {ran} of 130 good after the faults were healed"
        );
        for record in &world.disk {
            match record.fact {
                Fact::Label(LabelFact::Proven { .. }) => proven += 1,
                Fact::Label(LabelFact::GivenUp { .. }) => given_up += 1,
                _ => {}
            }
        }
    }
    assert!(
        proven > 150 && given_up > 50,
        "{proven} proven, {given_up} given up"
    );
}
