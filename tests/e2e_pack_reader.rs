//! The reader that sees good packs into their cases, away, blind, and reading what must not be there: no pack falls
//! into a case unseen without the lanes standing.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_lanes::{feed, furnish};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vidimus::record::{Explanation, Fact, Fate, PackNo, PackagingFact, Unit};
use vidimus::store::PackRow;
use vidimus::wire::{Answer, LineState, LotCommand, OperatorCommand, View};

const READER: &str = "pack-reader";

fn does(bench: &Bench, what: Value) {
    let mut request = what;
    request["lane"] = json!(READER);
    let answer = bench.factory(&request).expect("it answers");
    assert_eq!(answer["ok"], true, "{answer}");
}

fn fault(bench: &Bench, name: &str, on: bool) {
    does(bench, json!({"do": "fault", "name": name, "on": on}));
}

/// Good packs, and those of them that were put into a case at the reader.
fn good_and_put(bench: &Bench) -> (BTreeSet<PackNo>, BTreeSet<PackNo>) {
    let good = |row: &PackRow| (row.fate == Some(Fate::Good)).then_some(row.pack);
    let good = bench.packs().iter().filter_map(good).collect();
    let mut put = BTreeSet::new();
    let read = bench.reader().for_each_record(0, |stored| {
        if let Fact::Packaging(PackagingFact::Put { units, .. }) = stored.record.fact {
            put.extend(units.iter().filter_map(|unit| match unit {
                Unit::Pack(pack) => Some(*pack),
                Unit::Container(_) => None,
            }));
        }
    });
    read.expect("it reads");
    (good, put)
}

fn loose(bench: &Bench) -> BTreeSet<PackNo> {
    let (good, put) = good_and_put(bench);
    &good - &put
}

fn runs(view: &View) -> bool {
    matches!(view.state, LineState::Ready | LineState::Running)
}

#[test]
fn no_pack_falls_into_a_case_unseen_without_the_lanes_standing() {
    let bench = Bench::judged();
    let (_factory, file) = furnish(&bench);
    let file = file.to_str().expect("the path is UTF-8");
    let station = Program::start(&["run", "-c", file]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    bench.order(opening("SEEN-1", "281231", None));
    feed(&bench, 12);
    bench.await_view("12 packs on each lane", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= 24 && view.tally.in_line == 0
    });
    await_that("all of them in cases", || {
        let (good, put) = good_and_put(&bench);
        (good.len() > 15 && good == put).then_some(())
    });

    // Its cable is pulled: both lanes stand, and go on by themselves when it is back.
    fault(&bench, "link-refused", true);
    bench.await_view("lanes that stand without their reader", |view| {
        view.state_text.contains("reader behind the lanes")
    });
    fault(&bench, "link-refused", false);
    bench.await_view("lanes that go on by themselves", runs);
    assert_eq!(loose(&bench), BTreeSet::new());

    // It sends noise for a while, and then reads a later pack: those between were not read.
    fault(&bench, "garbage-read", true);
    feed(&bench, 1);
    await_that("a good pack that is in no case on record", || {
        (!loose(&bench).is_empty()).then_some(())
    });
    bench.await_view("an empty belt", |view| view.tally.in_line == 0);
    fault(&bench, "garbage-read", false);
    feed(&bench, 3);
    bench.await_view("lanes that stand for a pack that was not read", |view| {
        let told = |code: &str| view.alarms.iter().any(|one| one.active && one.code == code);
        view.state_text.contains("no case on record") && told("pack-unread")
    });
    let explained = LotCommand::CloseExplained(Vec::new());
    let closed = bench.order(OperatorCommand::Lot(explained));
    assert!(matches!(closed, Answer::Refused { .. }), "{closed:?}");
    // What the alarm asks for, until the lanes go on by themselves.
    bench.await_view("lanes that go on after a person has seen to it", |view| {
        bench.do_what_the_screen_asks(view);
        runs(view) && view.tally.in_line == 0
    });
    await_that("every good pack in a case on record", || {
        loose(&bench).is_empty().then_some(())
    });

    // The next lot, while a case of this one is open: its packs go into cases of their own.
    let view = bench.view().expect("it answers");
    let explanation = |(of, _)| Explanation {
        of,
        text: "a machine that others held up".to_owned(),
    };
    let explained = view.tally.differences().map(explanation).collect();
    let closed = bench.order(OperatorCommand::Lot(LotCommand::CloseExplained(explained)));
    assert_eq!(closed, Answer::Done);
    bench.order(opening("SEEN-2", "281231", None));
    let before = good_and_put(&bench).1.len();
    bench.await_view("a line for the next lot", runs);
    feed(&bench, 6);
    await_that("the next lot's packs in cases", || {
        let (good, put) = good_and_put(&bench);
        (good == put && put.len() >= before + 8).then_some(())
    });
    bench.await_view("an empty belt", |view| view.tally.in_line == 0);

    // A pack of nobody's is read in the good stream: it is in the wrong bin.
    let stranger = "]d2010950600013435217281231\u{1d}10SEEN-1\u{1d}21STRANGER";
    does(&bench, json!({"do": "scan", "text": stranger}));
    let stands = bench.await_view("lanes that stand for a strange pack", |view| {
        view.state == LineState::Stopped
    });
    let alarm = stands.alarms.iter().find(|one| one.code == "wrong-bin");
    assert!(
        alarm.is_some_and(|one| one.text.contains("STRANGER")),
        "{stands:?}"
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench.reader().audit().expect("rows and records agree");
}
