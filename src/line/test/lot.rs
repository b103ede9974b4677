//! The course of batches on the bench: lots used again, clearance, first articles, samples, components, and closing
//! with something left over. Every refusal leaves everything as it was.

use super::rig::Rig;
use super::{open_again, open_batch, plan};
use crate::line::batch::LastOfLot;
use crate::line::*;
use crate::record::CourseRules;
use crate::record::LineClearance;
use crate::record::SignIn;
use crate::record::{
    Component, Difference, Explanation, Fate, LaneNo, LotFact, Meaning, OrderHash, Outcome,
    SampleCause, Signature,
};
use crate::wire::{LotCommand, OperatorCommand};

/// A station whose file says this of batches.
fn with(clearance: LineClearance, course: CourseRules) -> Plan {
    Plan {
        clearance,
        course,
        ..plan(1)
    }
}

fn lot(command: LotCommand) -> OperatorCommand {
    OperatorCommand::Lot(command)
}

fn words(text: &str) -> crate::record::Words {
    text.parse().expect("words")
}

impl Rig {
    /// The answer to this order; a refusal leaves no record and nothing changed that a screen shows.
    fn ask(&mut self, command: OperatorCommand) -> Result<(), String> {
        self.ask_signed(command, None)
    }

    fn ask_signed(
        &mut self,
        command: OperatorCommand,
        meaning: Option<Meaning>,
    ) -> Result<(), String> {
        let before = (self.records.len(), self.line.view(self.now, 0));
        let order = OrderHash([7; 32]);
        self.tell(Event::Operator {
            by: Actor::Person("tester".into()),
            signature: meaning.map(|meaning| Signature {
                meaning,
                order,
                second: None,
            }),
            reason: Some("a test".into()),
            command,
            reply: ReplyTo(9),
        });
        let answer = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        let answer = answer.expect("there is an answer");
        if answer.is_err() {
            let now = (self.records.len(), self.line.view(self.now, 0));
            assert_eq!(now, before, "refused: {answer:?}");
        }
        answer
    }

    /// The order is refused, and the sentence names this.
    fn refused(&mut self, command: OperatorCommand, wanted: &str) {
        let why = self.ask(command).expect_err(wanted);
        assert!(why.contains(wanted), "{why}");
        assert!(why.ends_with('.'), "{why}");
    }

    fn facts(&self) -> Vec<LotFact> {
        let facts = self.records.iter().filter_map(|record| match &record.fact {
            Fact::Lot(fact) => Some(fact.clone()),
            _ => None,
        });
        facts.collect()
    }

    /// The line as a start finds it after these records, on the same belt, which was purged.
    fn started_again(&self, plan: Plan) -> Rig {
        let mut again = Rig::new(plan, super::restore::restore(&self.records));
        again.records = self.records.clone();
        again.now = self.now;
        again.turn();
        again
    }
}

/// The order with another date, or with what else is changed.
fn changed(mut command: OperatorCommand, change: impl Fn(&mut OperatorCommand)) -> OperatorCommand {
    change(&mut command);
    command
}

#[test]
fn a_used_lot_opens_again_only_as_its_continuation_with_the_same_dates_also_after_a_restart() {
    let mut rig = Rig::running(plan(1));
    rig.refused(open_again(), "still open");
    assert_eq!(rig.ask(OperatorCommand::CloseBatch), Ok(()));
    let later = |command| {
        changed(command, |command| {
            if let OperatorCommand::OpenBatch { expiry, .. } = command {
                *expiry = "290131".parse().expect("a date");
            }
        })
    };
    let unserialised = changed(open_again(), |command| {
        if let OperatorCommand::OpenBatch { terms, .. } = command {
            terms.lot_only = true;
        }
    });
    let dated = changed(open_again(), |command| {
        if let OperatorCommand::OpenBatch { terms, .. } = command {
            terms.produced = Some("260105".parse().expect("a date"));
        }
    });
    let other_lot = changed(open_again(), |command| {
        if let OperatorCommand::OpenBatch { lot, .. } = command {
            *lot = "L2".parse().expect("a lot");
        }
    });
    for mut rig in [rig.started_again(plan(2)), rig] {
        rig.refused(open_batch(), "already used for this GTIN, in batch 1");
        rig.refused(later(open_batch()), "with expiry 271231");
        rig.refused(later(open_again()), "with expiry 271231");
        rig.refused(unserialised.clone(), "not continued without them");
        rig.refused(dated.clone(), "without a production date");
        rig.refused(other_lot.clone(), "nothing to continue");
        assert_eq!(rig.ask(open_again()), Ok(()));
        let opened = rig.line.batch().expect("it is open");
        assert_eq!(
            (opened.no, opened.terms.continues),
            (BatchNo(2), Some(BatchNo(1)))
        );
    }
}

/// What the store said before the last opening was on disk is older than what the line itself knows.
#[test]
fn an_opening_that_is_not_on_disk_is_known_all_the_same() {
    let mut rig = Rig::running(plan(1));
    rig.obliging = false;
    rig.order(OperatorCommand::CloseBatch);
    let reopened = changed(open_batch(), |command| {
        if let OperatorCommand::OpenBatch { lot, .. } = command {
            *lot = "L7".parse().expect("a lot");
        }
    });
    let ask = |rig: &mut Rig, last: Option<LastOfLot>| {
        let OperatorCommand::OpenBatch { gtin, lot, .. } = reopened.clone() else {
            panic!("it opens a batch")
        };
        if let Some(last) = last {
            rig.line
                .handle(rig.now, Event::LotKnown { gtin, lot, last });
        }
        rig.line.handle(
            rig.now,
            Event::Operator {
                by: Actor::Named("tester".into()),
                signature: None,
                reason: None,
                command: reopened.clone(),
                reply: ReplyTo(3),
            },
        );
        let open = rig.line.batch().is_some();
        rig.turn();
        open
    };
    assert!(
        !ask(&mut rig, None),
        "nobody asked the store: silence is unknown"
    );
    assert!(!ask(&mut rig, Some(Err("It is gone.".into()))));
    assert!(ask(&mut rig, Some(Ok(None))));
    rig.order(OperatorCommand::CloseBatch);
    assert!(rig.line.batch().is_none());
    assert!(
        !ask(&mut rig, Some(Ok(None))),
        "the store does not know it yet"
    );
}

#[test]
fn a_batch_opens_only_after_line_clearance_and_a_pack_that_comes_undoes_it() {
    let plan = || with(LineClearance::Required, CourseRules::default());
    let mut rig = Rig::new(plan(), super::restore::restore(&[]));
    rig.says(LaneEvent::PlcLink(true));
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.says(LaneEvent::CameraLink(true));
    rig.pass_time(1000);
    rig.refused(open_batch(), "clear-line");
    assert_eq!(rig.ask(lot(LotCommand::ClearLine)), Ok(()));
    rig.detect(1);
    rig.refused(open_batch(), "clear-line");
    // Somebody took the pack away; the machine will not tell of it before another one comes.
    assert_eq!(rig.ask(lot(LotCommand::ClearLine)), Ok(()));
    let cleared = LotFact::LineCleared {
        after: None,
        packs: 1,
        last_pack: PackNo(1),
    };
    assert_eq!(rig.facts().last(), Some(&cleared));
    let mut rig = rig.started_again(plan());
    assert_eq!(rig.ask(open_batch()), Ok(()));
    rig.refused(lot(LotCommand::ClearLine), "is open");
    assert_eq!(rig.ask(OperatorCommand::CloseBatch), Ok(()));
    rig.refused(open_again(), "clear-line");
    assert!(rig.line.view(rig.now, 0).lot.clearance_wanted);
}

#[test]
fn nothing_passes_before_the_first_articles_are_accepted() {
    let course = CourseRules {
        first_article: 2,
        ..CourseRules::default()
    };
    let plan = || with(LineClearance::Off, course);
    let mut rig = Rig::running(plan());
    rig.refused(lot(LotCommand::AcceptFirstArticles), "0 of 2 are taken");
    assert!(!rig.sound_pack(1, 1), "the challenge");
    // Two of three get a label; the third finds no room.
    for id in 2..=4 {
        rig.detect(id);
    }
    rig.pass_time(20);
    let jobs: Vec<bool> = [2, 3, 4]
        .map(|id| rig.line.lane.belt[&rig.plc(id)].serial.is_some())
        .into();
    assert_eq!(jobs, [true, true, false]);
    for id in 2..=3 {
        rig.reach_camera(id, id as u16, u64::from(id) + 100);
        rig.look_and_see(|_| {});
    }
    assert_eq!(
        rig.line.lane.stops.in_force(),
        None,
        "they are still on the belt"
    );
    rig.refused(
        lot(LotCommand::AcceptFirstArticles),
        "must have left the belt",
    );
    for id in 2..=4 {
        rig.gate(id, Fate::RejectedByVerdict);
    }
    assert_eq!(
        rig.line.lane.stops.in_force(),
        Some(stops::StopReason::FirstArticles)
    );
    rig.refused(OperatorCommand::Resume, "F7 and f");
    let tally = rig.line.tally();
    assert_eq!(
        (tally.good, tally.sampled, tally.numbers_sampled),
        (0, 2, 2)
    );
    assert!(tally.balanced());
    // It still stands after a restart, and a refusal asks for two more.
    let again = rig.started_again(plan());
    assert_eq!(again.line.first_articles(), rig.line.first_articles());
    assert!(again.line.waits_for_first_articles());
    assert_eq!(rig.ask(lot(LotCommand::RefuseFirstArticles)), Ok(()));
    assert_eq!(rig.line.lane.stops.in_force(), None);
    assert!(!rig.sound_pack(5, 4) && !rig.sound_pack(6, 5));
    rig.obliging = false;
    rig.order(lot(LotCommand::AcceptFirstArticles));
    assert!(
        rig.line.lane.stops.in_force().is_some(),
        "not before it is on disk"
    );
    rig.obliging = true;
    let (through, took_us) = (rig.records.last().expect("records").seq, 1);
    rig.tell(Event::Committed { through, took_us });
    assert_eq!(rig.line.lane.stops.in_force(), None);
    assert!(rig.sound_pack(7, 6), "it goes on");
    rig.refused(lot(LotCommand::AcceptFirstArticles), "they were accepted");
    assert_eq!(rig.line.tally().sampled, 4);
}

#[test]
fn samples_are_good_packs_that_were_ordered_or_planned_and_the_books_count_them_apart() {
    let course = CourseRules {
        sample_every: 4,
        ..CourseRules::default()
    };
    let mut rig = Rig::running(with(LineClearance::Off, course));
    rig.refused(lot(LotCommand::TakeSamples { count: 0 }), "at least 1");
    rig.refused(lot(LotCommand::TakeSamples { count: 1001 }), "At most 1000");
    assert!(!rig.sound_pack(1, 1), "the challenge");
    assert_eq!(rig.ask(lot(LotCommand::TakeSamples { count: 2 })), Ok(()));
    let torn = rig.pack_with(2, 2, |seen| seen.outcome = Outcome::NotDecodable);
    assert!(!torn, "only good packs are samples");
    let passed: Vec<bool> = (3..=10).map(|id| rig.sound_pack(id, id as u16)).collect();
    // Two ordered; of the good ones the 4th and the 8th by plan.
    assert_eq!(passed, [false, false, true, false, true, true, true, false]);
    let causes: Vec<SampleCause> = rig
        .facts()
        .iter()
        .filter_map(|fact| match fact {
            LotFact::Sampled { cause, .. } => Some(*cause),
            _ => None,
        })
        .collect();
    use SampleCause::{Ordered, Plan};
    assert_eq!(causes, [Ordered, Ordered, Plan, Plan]);
    let tally = rig.line.tally();
    assert_eq!((tally.good, tally.sampled), (4, 4));
    assert!(tally.balanced() && !tally.rejected_by.contains_key("sample"));
}

#[test]
fn where_nothing_can_be_signed_the_refusal_names_the_command_that_closes_without() {
    let course = CourseRules {
        unexplained_max: 0,
        ..CourseRules::default()
    };
    let mut rig = Rig::running(with(LineClearance::Off, course));
    rig.detect(1);
    rig.gate(1, Fate::Unknown);
    rig.detect(2);
    rig.gate(2, Fate::Removed);
    let why = rig.ask_signed(OperatorCommand::CloseBatch, None);
    let why = why.expect_err("two things are left over");
    let command = "vidimus batch close --explain \"unknown: WHY\" --explain \"removed: WHY\"";
    assert!(
        why.contains(&format!("order {command}, with what")),
        "{why}"
    );
    let explain = |of| Explanation {
        of,
        text: "looked for".to_owned(),
    };
    let both = vec![explain(Difference::Unknown), explain(Difference::Removed)];
    let close = lot(LotCommand::CloseExplained(both));
    assert_eq!(rig.ask_signed(close, None), Ok(()));
}

#[test]
fn what_is_left_over_is_explained_and_reviewed_before_a_batch_closes() {
    let course = CourseRules {
        unexplained_max: 1,
        ..CourseRules::default()
    };
    let plan = Plan {
        sign_in: SignIn::Required,
        ..with(LineClearance::Off, course)
    };
    let mut rig = Rig::running(plan);
    for id in 1..=4 {
        rig.detect(id);
    }
    rig.refused(
        OperatorCommand::CloseBatch,
        "4 packs of this batch are still on the belt",
    );
    rig.gate(1, Fate::Removed);
    for id in 2..=4 {
        rig.gate(id, Fate::Unknown);
    }
    let explain = |of, text: &str| Explanation {
        of,
        text: text.to_owned(),
    };
    let close = |all: Vec<Explanation>| lot(LotCommand::CloseExplained(all));
    let unknown = || explain(Difference::Unknown, "found on the floor, destroyed");
    rig.refused(
        OperatorCommand::CloseBatch,
        "3 packs whose fate nobody can say. Look",
    );
    let removed = vec![explain(Difference::Removed, "by hand")];
    let command = "vidimus batch close --explain \"unknown: WHY\" --sign reviewed";
    rig.refused(close(removed), command);
    rig.refused(close(vec![unknown(), unknown()]), "twice");
    rig.refused(close(vec![explain(Difference::Unknown, " ")]), "is empty");
    let nothing = vec![unknown(), explain(Difference::Void, "none")];
    rig.refused(close(nothing), "nothing to explain");
    rig.refused(close(vec![unknown()]), "--sign reviewed");
    let performed = rig.ask_signed(close(vec![unknown()]), Some(Meaning::Performed));
    assert!(performed.is_err_and(|why| why.contains("supervisor")));
    let closed = rig.ask_signed(close(vec![unknown()]), Some(Meaning::Reviewed));
    assert_eq!(closed, Ok(()));
    let told = rig.records.iter().map(|record| &record.fact);
    let told = told.filter(|fact| !matches!(fact, Fact::Stopped { .. }));
    let last: Vec<&Fact> = told.rev().take(3).collect();
    let [
        Fact::Signed { .. },
        Fact::BatchClosed { tally, .. },
        Fact::Lot(explained),
    ] = last[..]
    else {
        panic!("{last:?}")
    };
    assert_eq!((tally.unknown, tally.removed), (3, 1));
    let wanted = LotFact::DifferenceExplained {
        batch: BatchNo(1),
        of: Difference::Unknown,
        count: 3,
        text: "found on the floor, destroyed".to_owned(),
    };
    assert_eq!(*explained, wanted);
}

#[test]
fn the_lot_of_a_component_has_a_window_of_packs() {
    let mut rig = Rig::running(plan(1));
    let ribbon = |lot: &str| Component {
        kind: crate::record::ComponentKind::Ribbon,
        lot: words(lot),
        name: None,
        supplier: Some(words("Foil & Sons")),
        expiry: None,
    };
    let link = |name: &str| lot(LotCommand::LinkComponent(ribbon(name)));
    let end = |name: &str| {
        lot(LotCommand::EndComponent {
            kind: crate::record::ComponentKind::Ribbon,
            lot: words(name),
        })
    };
    assert_eq!(rig.ask(link("R1")), Ok(()));
    rig.refused(link("R1"), "in use already");
    rig.refused(end("R2"), "not in use");
    rig.sound_pack(1, 1);
    rig.detect(2);
    rig.detect(3);
    assert_eq!(rig.ask(end("R1")), Ok(()));
    assert_eq!(rig.ask(link("R2")), Ok(()));
    let windows: Vec<(PackNo, bool)> = rig
        .facts()
        .iter()
        .filter_map(|fact| match fact {
            LotFact::ComponentLinked { from, .. } => Some((*from, true)),
            LotFact::ComponentEnded { through, .. } => Some((*through, false)),
            _ => None,
        })
        .collect();
    // The packs on the belt at the change may have either.
    let [one, two, three] = [1, 2, 3].map(PackNo);
    assert_eq!(windows, [(one, true), (three, false), (two, true)]);
    for number in 0..crate::record::lot::COMPONENTS_MAX - 1 {
        assert_eq!(rig.ask(link(&format!("X{number}"))), Ok(()));
    }
    rig.refused(link("one too many"), "end one of them first");
}

#[test]
fn packs_of_a_lot_only_batch_pass_by_their_label_and_take_no_number() {
    let mut rig = Rig::running(plan(1));
    assert_eq!(rig.ask(OperatorCommand::CloseBatch), Ok(()));
    let opening = changed(open_batch(), |command| {
        if let OperatorCommand::OpenBatch { lot, terms, .. } = command {
            *lot = "L2".parse().expect("a lot");
            terms.lot_only = true;
        }
    });
    assert_eq!(rig.ask(opening), Ok(()));
    rig.settle_and_start();
    assert!(
        !rig.sound_pack(1, 1),
        "the challenge has no symbol here, too"
    );
    rig.obliging = false;
    rig.detect(2);
    rig.pass_time(20);
    let no = rig.line.lane.belt[&rig.plc(2)].no;
    let label = LabelContent::LotOnly;
    let print = Effect::At(LaneNo::FIRST, LaneEffect::Print { pack: no, label });
    assert!(
        !rig.effects.contains(&print),
        "not before its record is on disk"
    );
    rig.obliging = true;
    let (through, took_us) = (rig.records.last().expect("records").seq, 1);
    rig.tell(Event::Committed { through, took_us });
    assert!(rig.effects.contains(&print));
    rig.reach_camera(2, 2, 102);
    rig.look_and_see(|_| {});
    assert!(rig.pass_of(2));
    rig.gate(2, Fate::Good);
    let unread = rig.pack_with(3, 3, |seen| seen.outcome = Outcome::NotDecodable);
    let other = Outcome::WrongContent {
        ai: "10".to_owned(),
    };
    let other_lot = rig.pack_with(4, 4, |seen| seen.outcome = other);
    assert!(!unread && !other_lot, "no right label, no pass");
    assert!(rig.sound_pack(5, 5));
    let tally = rig.line.tally();
    assert_eq!((tally.good, tally.rejected(), tally.taken), (2, 3, 0));
    assert!(tally.balanced());
    let taken = |record: &Record| matches!(record.fact, Fact::SerialReserved { .. });
    assert!(!rig.records.iter().any(taken));
    // What is in flight at a start is rejected, whatever its label.
    rig.detect(6);
    rig.pass_time(20);
    let again = rig.started_again(plan(2));
    assert!(again.line.is_lot_only());
    assert!(!again.line.lane.belt[&rig.plc(6)].has_open_label());
}
