//! The text beside the symbol, through the whole program: a printer whose letters nobody taught, teaching them from the
//! rejects' own pictures, and then packs of which some carry one wrong character, under each policy.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use rustix::process::Signal;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use vidimus::record::{
    BatchNo, Fact, GlyphsHash, Outcome, PackNo, TextFault, TextPolicy, TextSeen, Verdict,
};
use vidimus::wire::{Answer, OperatorCommand};

/// What the factory calls a label with one wrong character beside a sound symbol.
const WRONG_TEXT: &str = "wrong-text";

fn open(bench: &Bench, lot: &str, text: TextPolicy) {
    let batch = opening(lot, "281231", Some(text));
    assert_eq!(bench.order(batch), Answer::Done);
}

/// Runs a batch of so many packs to its end.
fn run(bench: &Bench, (lot, text, faults): (&str, TextPolicy, &str), packs: u64) {
    open(bench, lot, text);
    bench.await_view("the batch on the screen", |view| {
        let batch = view.batch.as_ref();
        batch.is_some_and(|batch| batch.lot == lot) && view.tally.entered == 0
    });
    bench
        .factory(&json!({"do": "faults", "set": faults}))
        .expect("it takes them");
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
    bench.await_view("all packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= packs && view.tally.in_line == 0
    });
    await_that("the batch closed", || {
        (bench.order(OperatorCommand::CloseBatch) == Answer::Done).then_some(())
    });
}

/// By batch, what its text was compared with and the verdicts of its packs that the factory calls sound or wrong.
#[derive(Debug, Default)]
struct Told {
    compared: Vec<Option<GlyphsHash>>,
    sound: Vec<Verdict>,
    wrong: Vec<Verdict>,
}

/// And the last pack whose text was wrong and rejected.
fn told(bench: &Bench) -> (BTreeMap<BatchNo, Told>, Option<PackNo>) {
    let mut told: BTreeMap<BatchNo, Told> = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    let read = bench
        .reader()
        .for_each_record(0, |stored| match stored.record.fact {
            Fact::TextCompared { batch, taught } => {
                told.entry(batch).or_default().compared.push(taught);
            }
            Fact::Verified { pack, verdict } => drop(verdicts.insert(pack, verdict)),
            _ => {}
        });
    read.expect("the records can be read");
    let (truth, mut rejected) = (bench.truth(), None);
    for row in bench.packs() {
        let here = truth
            .iter()
            .find(|pack| (pack.boot, pack.id) == (row.plc.boot, row.plc.id));
        let (Some(here), Some(batch), Some(verdict)) =
            (here, row.batch, verdicts.remove(&row.pack))
        else {
            continue;
        };
        // The challenge has no symbol; whatever a busy machine let slip is judged elsewhere.
        let own_symbol = matches!(verdict.outcome, Outcome::Pass | Outcome::TextMismatch);
        let told = told.entry(batch).or_default();
        match here.faults.as_slice() {
            [] if own_symbol => told.sound.push(verdict),
            [fault] if fault == WRONG_TEXT && own_symbol => {
                if !verdict.outcome.is_pass() {
                    rejected = Some(row.pack);
                }
                told.wrong.push(verdict);
            }
            _ => {}
        }
    }
    (told, rejected)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

#[test]
fn wrong_text_is_named_and_rejected_or_warned_of_once_the_printers_letters_are_taught() {
    let bench = Bench::new();
    let (_factory, at) = bench.start_factory(&["--rate", "900", "--faults", "none"]);
    let address = |address: Option<String>| address.expect("the whole line is served");
    let (printer, plc, camera) = (address(at.printer), address(at.plc), address(at.camera));
    let file = bench.station_file(&printer, &plc, &camera);
    let text = std::fs::read_to_string(&file).expect("it is there");
    let many = toml::Value::Integer(1000);
    let text = vidimus::config::with_value(&text, "limits", "consecutive_rejects_stop", &many);
    std::fs::write(&file, text.expect("the key is there")).expect("it can be written");
    let station = Program::start(&["run", "-c", path(&file)]);
    bench.await_view("a station that answers", |_| true);

    // Nobody vouches for letters that were never taught; the rejects' pictures teach them.
    run(&bench, ("FIRST", TextPolicy::Reject, "none"), 40);
    let pictures = bench.path().join("evidence").join("1");
    let taught = Program::run(&["label", "teach-text", "-c", path(&file), path(&pictures)]);
    // The challenge pack has no symbol, and its picture is kept too.
    assert_eq!(taught.code, Some(1), "{taught:?}");
    let challenge = taught.out.lines().filter(|line| line.starts_with("FAIL"));
    assert_eq!(challenge.count(), 1, "{}", taught.out);
    assert!(taught.out.contains("Taught now: 01"), "{}", taught.out);

    let some = format!("{WRONG_TEXT}=0.4");
    run(&bench, ("REJECT", TextPolicy::Reject, &some), 60);
    run(&bench, ("WARN", TextPolicy::Warn, &some), 40);
    run(&bench, ("OFF", TextPolicy::Off, &some), 30);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let (told, rejected) = told(&bench);
    let no = rejected
        .expect("the second batch has rejects")
        .0
        .to_string();
    let args = ["evidence", "show", "--pack", &no, "--data", bench.text()];
    let shown = Program::run(&args);
    assert!(
        shown.out.contains("looks like") || shown.out.contains("not legible"),
        "{shown:?}"
    );
    let untaught = &told[&BatchNo(1)];
    assert_eq!(untaught.compared, [None]);
    assert!(untaught.sound.len() > 20, "{}", untaught.sound.len());
    assert!(
        untaught
            .sound
            .iter()
            .all(|verdict| verdict.outcome == Outcome::TextMismatch)
    );
    let named = |verdict: &&Verdict| {
        let finding = verdict.text.finding().expect("every wrong one is found");
        matches!(
            finding.fault,
            TextFault::Differs {
                looks_like: Some(_),
                ..
            }
        ) && !finding.line.is_empty()
    };
    for (batch, wrong_outcome) in [(2, Outcome::TextMismatch), (3, Outcome::Pass)] {
        let told = &told[&BatchNo(batch)];
        assert!(
            matches!(told.compared.as_slice(), [Some(_)]),
            "{:?}",
            told.compared
        );
        assert!(told.sound.len() > 10 && told.wrong.len() > 5, "{told:?}");
        for verdict in &told.sound {
            assert_eq!(
                (&verdict.outcome, &verdict.text),
                (&Outcome::Pass, &TextSeen::Sound)
            );
        }
        assert!(
            told.wrong
                .iter()
                .all(|verdict| verdict.outcome == wrong_outcome)
        );
        let named = told.wrong.iter().filter(named).count();
        assert!(
            named * 10 >= told.wrong.len() * 8,
            "{named} named of {:?}",
            told.wrong
        );
    }
    assert!(bench.alarms_on_record().contains("text"), "it warned");
    let off = &told[&BatchNo(4)];
    assert!(off.compared.is_empty() && off.wrong.len() > 3, "{off:?}");
    for verdict in off.sound.iter().chain(&off.wrong) {
        assert_eq!(
            (&verdict.outcome, &verdict.text),
            (&Outcome::Pass, &TextSeen::NotChecked)
        );
    }
}
