//! What the place of the rejects and the past alarms ask, of a real station with real rejects: each row, picture and
//! grade as the records say, and a sentence where there is no picture.

use crate::e2e_bench::{Bench, Program, opening};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use vidimus::record::{Fact, Outcome, PackNo, Tenths, Verdict};
use vidimus::tui::client::Client;
use vidimus::wire::look::AuditSight;
use vidimus::wire::past::PastAlarmsSight;
use vidimus::wire::rejects::{PictureSeen, RejectsSight, ToldBy};
use vidimus::wire::{Answer, Ask, LINE_MAX, LineState, OperatorCommand, Question, Sight};

fn ask(bench: &Bench, question: Question) -> Sight {
    let mut client = Client::connect(&bench.socket()).expect("it listens");
    match client.ask(Ask::Look(question)).expect("it answers") {
        Answer::Seen(sight) => {
            let line = serde_json::to_vec(&sight).expect("it can be written");
            assert!(line.len() < LINE_MAX / 2, "{} bytes", line.len());
            *sight
        }
        other => panic!("{other:?}"),
    }
}

fn rejects(bench: &Bench, before: Option<PackNo>, shown: Option<PackNo>) -> RejectsSight {
    match ask(bench, Question::Rejects { before, shown }) {
        Sight::Rejects(rejects) => *rejects,
        other => panic!("{other:?}"),
    }
}

fn picture(bench: &Bench, pack: PackNo) -> PictureSeen {
    let shown = rejects(bench, None, Some(pack)).shown;
    shown.expect("the pack is on record")
}

fn past(bench: &Bench, seen: u64) -> PastAlarmsSight {
    match ask(bench, Question::PastAlarms { seen }) {
        Sight::PastAlarms(past) => past,
        other => panic!("{other:?}"),
    }
}

fn audit(bench: &Bench) -> AuditSight {
    let words = Vec::new();
    match ask(
        bench,
        Question::Audit {
            before: None,
            words,
        },
    ) {
        Sight::Audit(audit) => audit,
        other => panic!("{other:?}"),
    }
}

/// Packs through a line that prints badly, with somebody who does what the screen asks for.
fn feed(bench: &Bench, packs: u64) {
    let next = Cell::new(Instant::now());
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
    bench.await_view("all packs through the gate", |view| {
        if view.state == LineState::Stopped && next.get() <= Instant::now() {
            next.set(Instant::now() + Duration::from_secs(4));
            bench.do_what_the_screen_asks(view);
        }
        view.tally.entered >= packs && view.tally.in_line == 0
    });
}

fn verdicts(bench: &Bench) -> BTreeMap<PackNo, Verdict> {
    let mut verdicts = BTreeMap::new();
    let read = bench.reader().for_each_record(0, |stored| {
        if let Fact::Verified { pack, verdict } = stored.record.fact {
            verdicts.insert(pack, verdict);
        }
    });
    read.expect("the records can be read");
    verdicts
}

#[test]
fn rejects_are_shown_with_their_modules_and_past_alarms_with_who_saw_them() {
    let bench = Bench::new();
    let faults = ["--rate", "900", "--faults", "bad-print=0.35"];
    let (_factory, _) = bench.start_factory(&faults);
    let at = bench.addresses().expect("a factory runs");
    let address = |address: Option<String>| address.expect("the whole line is served");
    let (printer, plc, camera) = (address(at.printer), address(at.plc), address(at.camera));
    let file = bench.station_file(&printer, &plc, &camera);
    let file = file.to_str().expect("UTF-8").to_owned();
    let _station = Program::start(&["run", "-c", &file]);
    bench.await_view("a station that answers", |_| true);
    assert_eq!(rejects(&bench, None, None), RejectsSight::default());
    assert_eq!(bench.order(opening("LOT-1", "281231", None)), Answer::Done);
    feed(&bench, 90);

    rows_pictures_and_grades_are_as_on_record(&bench);
    let ribbon = |on| {
        let said = bench.factory(&json!({"do": "fault", "name": "ribbon-out", "on": on}));
        assert_eq!(said, Some(json!({"ok": true})));
        bench.await_view("the printer's word", |view| view.has_alarm("printer") == on);
    };
    ribbon(true);
    let alarm = "printer".to_owned();
    assert_eq!(
        bench.order(OperatorCommand::Acknowledge { alarm }),
        Answer::Done
    );
    ribbon(false);
    past_alarms_are_those_of_the_command(&bench, &file);
    // Whatever a person did is in the view's number, and found by whoever asks for it then.
    assert_eq!(bench.order(OperatorCommand::RejectNext), Answer::Done);
    let before = audit(&bench).deeds[0].record;
    assert_eq!(bench.order(OperatorCommand::Stop), Answer::Done);
    let view = bench.await_view("the stop is counted", |view| view.deeds > before);
    let newest = &audit(&bench).deeds[0];
    assert!(
        newest.record >= view.deeds && newest.who.contains("M.Kowal"),
        "{newest:?}"
    );
}

fn rows_pictures_and_grades_are_as_on_record(bench: &Bench) {
    let verdicts = verdicts(bench);
    let sight = rejects(bench, None, None);
    let wanted: Vec<PackNo> = verdicts
        .iter()
        .rev()
        .filter(|(_, verdict)| !verdict.outcome.is_pass())
        .map(|(pack, _)| *pack)
        .collect();
    let by_verdict = |sight: &RejectsSight| -> Vec<PackNo> {
        let rows = sight
            .rows
            .iter()
            .filter(|row| !row.cause.starts_with("default_"));
        rows.map(|row| row.pack).collect()
    };
    let (mut listed, mut before) = (by_verdict(&sight), sight.older);
    while before.is_some() {
        let page = rejects(bench, before, None);
        listed.extend(by_verdict(&page));
        before = page.older;
    }
    assert!(wanted.len() > 5, "{wanted:?}");
    assert_eq!(listed, wanted);
    let newest = sight.rows.first().expect("there are rejects");
    assert_eq!(
        sight.shown.as_ref().map(|shown| shown.pack),
        Some(newest.pack)
    );
    for row in sight.rows.iter().filter(|row| listed.contains(&row.pack)) {
        let verdict = &verdicts[&row.pack];
        let grade = verdict.grades.as_ref().map(|grades| grades.overall());
        assert_eq!(
            (row.cause.as_str(), row.grade_tenths),
            (verdict.outcome.name(), grade)
        );
        assert!(row.utc_ms.is_some());
    }

    let packs = bench.packs();
    let all: u32 = sight.trend.iter().map(|column| column.packs).sum();
    assert_eq!(all as usize, packs.len().min(200));
    let worst = sight
        .trend
        .iter()
        .filter_map(|column| column.worst_tenths)
        .min();
    let overall = |verdict: &Verdict| verdict.grades.as_ref().map(|grades| grades.overall());
    let graded: Vec<Tenths> = verdicts.values().filter_map(overall).collect();
    assert_eq!(worst, graded.iter().min().copied());

    // Of what could not be decoded the print tells which modules are damaged; a symbol that was read, error correction.
    let (mut damaged, mut without) = (0, 0);
    for pack in &wanted {
        let (seen, verdict) = (picture(bench, *pack), &verdicts[pack]);
        assert_eq!(seen.grades, verdict.grades);
        let Some(grid) = &seen.grid else {
            without += 1;
            let why = seen.wrong.as_deref().unwrap_or_default();
            assert!(why.ends_with('.'), "{pack:?}: {why}");
            continue;
        };
        assert!(grid.modules() >= 100 && seen.wrong.is_none());
        assert!(grid.rows.iter().all(|row| row.len() == grid.columns()));
        if verdict.outcome == Outcome::NotDecodable {
            assert_ne!(grid.told_by, ToldBy::Correction, "{pack:?}");
        }
        damaged += usize::from(grid.damaged() > 0);
    }
    assert!(damaged > 0, "{without} of {} have no grid", wanted.len());

    // A file that was changed, and one that is not there, are not shown.
    let kept = |pack: &&PackNo| picture(bench, **pack).grid.is_some();
    let pack = wanted.iter().find(kept).expect("one has a picture");
    let folder = bench.path().join("evidence/1");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let stem = pack.0.to_string();
    let path = files
        .map(|file| file.expect("it can be read").path())
        .find(|path| path.file_stem().is_some_and(|name| name == stem.as_str()))
        .expect("its file is there");
    let other = wanted
        .iter()
        .find(|other| *other != pack)
        .expect("another one");
    std::fs::write(&path, b"no picture").expect("it can be written");
    drop(picture(bench, *other));
    let why = picture(bench, *pack).wrong.expect("it is not as recorded");
    assert!(why.contains("SHA-256 differs"), "{why}");
    std::fs::remove_file(&path).expect("it is there");
    let why = picture(bench, *pack).wrong.expect("it is gone");
    assert!(why.contains("not there any more"), "{why}");
    assert_eq!(rejects(bench, None, Some(PackNo(999_999))).shown, None);
}

fn past_alarms_are_those_of_the_command(bench: &Bench, file: &str) {
    let all = past(bench, 0);
    assert!(
        !all.rows.is_empty() && all.rows.len() as u64 == all.all,
        "{all:?}"
    );
    let told = Program::run(&["alarm", "history", "-c", file, "--json"]);
    let lines = told.out.lines().rev();
    let told: Vec<serde_json::Value> = lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let newest = &all.rows[..told.len().min(all.rows.len())];
    for (row, told) in newest.iter().zip(&told) {
        assert_eq!(told["alarm"], json!(row.alarm));
        assert_eq!(told["raised_utc_ms"], json!(row.raised_utc_ms));
        assert_eq!(told["over_utc_ms"], json!(row.over_utc_ms));
        assert_eq!(told["acknowledged_by"], json!(row.acknowledged_by));
    }
    let rest = past(bench, 1);
    assert_eq!((rest.seen, &rest.rows[..]), (1, &all.rows[1..]));
    assert!(past(bench, u64::MAX).rows.is_empty());
}
