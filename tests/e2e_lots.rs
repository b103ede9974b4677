//! A batch beside a factory from line clearance to its record: first articles, a component, samples, differences and
//! closing by the commands of a terminal; the lot is known for ever, and everything is told from the store.

use crate::e2e_bench::{Bench, Finished, Program};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;
use vidimus::record::{Difference, PackNo};
use vidimus::wire::LineState;

/// Runs a command of `vidimus batch`, given as words; `'` holds some together.
fn batch(file: &Path, line: &str) -> Finished {
    let mut words = vec!["batch"];
    for (place, part) in line.split('\'').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace()),
            _ => words.push(part),
        }
    }
    words.extend(["-c", file.to_str().expect("the path is UTF-8")]);
    Program::run(&words)
}

fn does(file: &Path, line: &str) {
    let ended = batch(file, line);
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
}

fn refused(file: &Path, line: &str, said: &str) {
    let ended = batch(file, line);
    assert_eq!(ended.code, Some(1), "{line}: {ended:?}");
    assert!(ended.err.contains(said), "{line}: {ended:?}");
}

const OPEN: &str = "open --gtin 09506000134352 --lot LOT-9 --expiry 281231";

#[test]
fn a_lot_is_on_record_from_the_clearance_of_its_line_to_its_closing_and_is_used_once() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let text = std::fs::read_to_string(&file).expect("it is there");
    let text = text
        .replace("line_clearance = \"off\"", "line_clearance = \"required\"")
        .replace("first_article = 0", "first_article = 2")
        .replace("sample_every = 0", "sample_every = 20");
    std::fs::write(&file, text).expect("it can be written");
    let run = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let station = Program::start(&run);
    bench.await_view("a station that wants a batch", |view| {
        view.lot.clearance_wanted
    });

    refused(&file, OPEN, "clear-line");
    does(&file, "clear-line --reason 'walked it'");
    refused(
        &file,
        &format!("{OPEN} --produced 290101"),
        "is after the expiry date",
    );
    refused(
        &file,
        &format!("{OPEN} --continue --reason why"),
        "nothing to continue",
    );
    refused(
        &file,
        &format!("{OPEN} --lot-only"),
        "has a place for a serial",
    );
    does(
        &file,
        &format!("{OPEN} --produced 260105 --hierarchy 'pack, case of 10'"),
    );
    does(
        &file,
        "component --kind ribbon --lot R-1 --supplier 'Foil & Sons' --expiry 300100",
    );
    bench
        .factory(&json!({"do": "feed", "packs": 40}))
        .expect("it feeds");
    let waits = bench.await_view("first articles", |view| {
        bench.do_what_the_screen_asks(view);
        view.lot.first_articles.is_some_and(|first| first.waiting)
    });
    assert_eq!((waits.tally.good, waits.tally.sampled), (0, 2), "{waits:?}");
    assert_eq!(waits.state, LineState::NotReady);
    does(&file, "accept-first --reason 'looked at both'");
    does(&file, "sample --count 2 --why stability");
    bench
        .factory(&json!({"do": "feed", "packs": 30}))
        .expect("it feeds");
    let done = bench.await_view("70 packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == 70 && view.tally.in_line == 0
    });
    assert!(done.tally.good > 20 && done.tally.balanced(), "{done:?}");
    assert!(done.tally.sampled >= 4, "{done:?}");
    does(&file, "component --kind ribbon --lot R-1 --end");
    refused(
        &file,
        "close --explain 'removed: none'",
        "nothing to explain",
    );
    let explained: String = done
        .tally
        .differences()
        .map(|(of, _)| format!(" --explain '{of}: the test'"))
        .collect();
    does(&file, &format!("close{explained} --reason done"));

    // Ended and started again, it knows the lot, and the line must be cleared anew.
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let again = Program::start(&run);
    bench.await_view("a station that wants a batch", |view| {
        view.lot.clearance_wanted
    });
    does(&file, "clear-line");
    refused(&file, OPEN, "already used for this GTIN, in batch 1");
    refused(
        &file,
        &OPEN.replace("281231", "281130"),
        "with expiry 281231",
    );
    refused(&file, &format!("{OPEN} --continue"), "with a reason only");
    does(
        &file,
        &format!("{OPEN} --continue --reason 'ten packs short'"),
    );

    // Read beside the running station.
    let shown = batch(&file, "show LOT-9 --json");
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let told: Vec<Value> = shown
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let [first, second] = told.as_slice() else {
        panic!("two batches: {shown:?}")
    };
    assert_eq!(second["batch"]["terms"]["continues"], 1);
    let known = Difference::ALL.len() as u64;
    assert!(first["tally"]["unknown"].as_u64() <= Some(known));
    let acts: Vec<&str> = first["records"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|told| {
            let fact = &told["record"]["fact"];
            let lot = fact["Lot"].as_object().and_then(|fact| fact.keys().next());
            let other = fact.as_object().and_then(|fact| fact.keys().next());
            lot.or(other).map(String::as_str)
        })
        .filter(|name| !["AlarmRaised", "DifferenceExplained"].contains(name))
        .collect();
    let wanted = [
        "LineCleared",
        "BatchOpened",
        "PrinterInUse",
        "ComponentLinked",
        "FirstArticlesAccepted",
        "SamplesOrdered",
        "ComponentEnded",
        "BatchClosed",
    ];
    assert_eq!(acts, wanted);
    assert_eq!(first["batch"]["terms"]["produced"], "260105");
    assert_eq!(first["components"][0]["first_pack"], 1);
    assert_eq!(first["components"][0]["last_pack"], first["last_pack"]);
    let listed = batch(&file, "list");
    assert!(
        listed.out.contains("LOT-9") && listed.out.contains("closed"),
        "{listed:?}"
    );
    refused(&file, "show nothing", "no batch and no lot nothing");
    again.signal(Signal::TERM);
    assert_eq!(again.finish().code, Some(0));

    let reader = bench.reader();
    reader.audit().expect("the rows follow from the records");
    let uses = reader.component_uses("R-1").expect("it can be asked");
    let [used] = uses.as_slice() else {
        panic!("one use: {uses:?}")
    };
    assert_eq!((used.from, used.batch.0), (PackNo(1), 1));
    assert!(used.through >= Some(PackNo(70)), "{used:?}");
}
