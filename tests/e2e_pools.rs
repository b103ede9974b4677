//! Numbers of an authority, each with the code it computed over it: imported, printed, read back and told, by the
//! program beside a factory.

use crate::e2e_bench::{Bench, Finished, Program};
use rustix::process::Signal;
use std::fmt::Write as _;
use std::path::Path;
use vidimus::config::with_value;

const GTIN: &str = "09506000134352";
const KEY_NAME: &str = "EE06";
const OPEN: &str = "batch open --gtin 09506000134352 --lot LOT-92 --expiry 281231";

fn run(file: &Path, line: &str) -> Finished {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    words.extend(["-c", file.to_str().expect("the path is UTF-8")]);
    Program::run(&words)
}

fn does(file: &Path, line: &str) -> String {
    let ended = run(file, line);
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
    ended.out
}

/// A number and its signature: 44 characters that are another's in one place only.
fn number(no: usize) -> (String, String) {
    let serial = format!("5{no:012}");
    let signature = format!("k2Rz7QmXv0Tn/pW9uLs4BfYcE1aHdGgJ6iKo{no:07}=");
    (serial, signature)
}

#[test]
fn a_number_is_printed_and_read_back_with_the_code_of_its_authority() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let text = std::fs::read_to_string(&file).expect("it is there");
    let text = with_value(&text, "station", "label_template", &"crypto-pack".into());
    std::fs::write(&file, text.expect("a key")).expect("it can be written");
    let words = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let station = Program::start(&words);
    bench.await_view("a station", |view| view.batch.is_none());

    // Its own numbers have no such code.
    let refused = run(&file, OPEN);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("for AI (91)"), "{refused:?}");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let mut list = "serial,ai91,ai92\n".to_owned();
    for no in 0..60 {
        let (serial, signature) = number(no);
        writeln!(list, "{serial},{KEY_NAME},{signature}").expect("texts take all");
    }
    let pool = bench.path().join("pool.csv");
    std::fs::write(&pool, list).expect("it can be written");
    let pool = pool.to_str().expect("UTF-8");
    does(&file, &format!("serials import {pool} --gtin {GTIN}"));

    let station = Program::start(&words);
    bench.await_view("a station", |view| view.batch.is_none());
    does(&file, &format!("{OPEN} --serials pool"));
    let fed = serde_json::json!({"do": "feed", "packs": 30});
    bench.await_view("a batch", |view| view.batch.is_some());
    bench.factory(&fed).expect("it feeds");
    let done = bench.await_view("30 packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == 30 && view.tally.in_line == 0
    });
    assert!(done.tally.good >= 20 && done.tally.balanced(), "{done:?}");
    let (serial, signature) = number(0);
    let scan = format!("(01){GTIN}(21){serial}(91){KEY_NAME}(92){signature}");
    let genuine = does(&file, &format!("authenticate {scan}"));
    assert!(genuine.starts_with("GENUINE"), "{genuine}");
    // The code of another number, or one too many, is a copy's.
    let other = scan.replace(&signature, &number(1).1);
    for forged in [other, format!("{scan}(93)dGVz")] {
        let ended = run(&file, &format!("authenticate {forged}"));
        assert!(ended.out.starts_with("NOT GENUINE"), "{ended:?}");
    }
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    // What stands on the packs, as the factory knows it.
    let printed = bench.truth();
    let inks: Vec<&String> = printed.iter().flat_map(|pack| &pack.ink).collect();
    assert!(inks.len() >= 20, "{printed:?}");
    for ink in inks {
        let is = |no: usize| {
            let (serial, signature) = number(no);
            *ink == format!("01{GTIN}21{serial}\u{1d}91{KEY_NAME}\u{1d}92{signature}")
        };
        assert!((0..60).any(is), "{ink}");
    }
    bench
        .reader()
        .audit()
        .expect("the rows follow from the records");
}
