//! A hand scanner that types, at a real screen on a real terminal of a real station; and the question behind it, over
//! the socket.

use crate::e2e_bench::{Bench, Program, await_that};
use crate::e2e_screen::Terminal;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use vidimus::record::Fate;
use vidimus::tui::client::Client;
use vidimus::wire::scan::{FoundContainer, FoundPack};
use vidimus::wire::{Answer, Ask, Found, LINE_MAX, LineState, Reply, Request, VERSION};

const GTIN: &str = "09506000134352";

/// Closes the page, and waits until it is gone: a key right behind Escape looks like one key.
fn close(terminal: &mut Terminal) {
    terminal.press("\x1b");
    await_that("the screen without a page", || {
        (!terminal.text().contains("Esc  close")).then_some(())
    });
}

/// The code of the first good pack on record, as its symbol says it, with this for GS; and its number.
fn good_pack(bench: &Bench, gs: &str) -> (String, u64) {
    await_that("a good pack", || {
        let packs = bench.packs();
        let pack = packs.iter().find(|pack| pack.fate == Some(Fate::Good))?;
        let serial = &pack.serial.as_ref()?.text;
        let code = format!("]d201{GTIN}21{serial}{gs}1728123110D00001");
        Some((code, pack.pack.0))
    })
}

#[test]
fn a_scan_opens_a_page_and_neither_stops_nor_rejects_nor_leaves() {
    let bench = Bench::new();
    let args = ["demo", "--packs", "2000", "--rate", "600", "--data"];
    let mut terminal = Terminal::run(&[&args[..], &[bench.text()]].concat(), false);
    terminal.await_text(&["RUNNING", "BALANCED", "GATE"]);
    let (code, no) = good_pack(&bench, "\u{1d}");

    // The station file says nothing of a scanner: quick keys with Enter behind them.
    terminal.press(&format!("{code}\r"));
    terminal.await_text(&[&format!("PACK {no}: GOOD"), "Esc  close", "RUNNING"]);
    terminal.press(&format!("01{GTIN}21232323QQ\r"));
    terminal.await_text(&["NOT ON RECORD", "set it aside", "RUNNING"]);
    // With another end it is no scan; and no person pressed 2, 3, q or Ctrl-C.
    terminal.press("\u{2}00106141232323q\u{3}\t");
    terminal.await_text(&["NO SCAN", "too quickly for a person", "RUNNING"]);
    close(&mut terminal);
    terminal.await_text(&["RUNNING", "GATE", "F2 Stop"]);

    // What comes at once behind a burst is the rest of it.
    std::thread::sleep(Duration::from_millis(400));

    // A question stays as it is under the page of a scan.
    terminal.press("r");
    terminal.await_text(&["Put printer and packs in step?"]);
    terminal.press("r");
    terminal.await_text(&["press Enter: r_"]);
    terminal.press(&format!("{code}\r"));
    terminal.await_text(&[&format!("PACK {no}: GOOD")]);
    close(&mut terminal);
    terminal.await_text(&["press Enter: r_"]);
    terminal.press("\x1b");
    await_that("the line without a question", || {
        (!terminal.text().contains("Put printer")).then_some(())
    });

    let view = bench.view().expect("it answers");
    assert_eq!(view.state, LineState::Running);
    assert!(!view.reject_next && !view.tally.rejected_by.contains_key("operator"));
    terminal.press("2");
    terminal.await_text(&["STOPPED"]);
    terminal.press("q");
    terminal.wait();
}

/// A line of a client, and the answer; `None` when it is hung up on.
fn said(socket: &Path, line: &[u8]) -> Option<Answer> {
    let mut stream = UnixStream::connect(socket).expect("the station listens");
    // It need not listen to the end.
    let _ = stream.write_all(line);
    let mut heard = String::new();
    BufReader::new(stream).read_line(&mut heard).ok()?;
    let reply: Reply = serde_json::from_str(&heard).ok()?;
    Some(reply.answer)
}

fn question(ask: Ask) -> Vec<u8> {
    let (v, id) = (VERSION, 4);
    let mut line = serde_json::to_vec(&Request { v, id, ask }).expect("it can be written");
    line.push(b'\n');
    line
}

struct Asked<'b> {
    bench: &'b Bench,
}

impl Asked<'_> {
    fn find(&self, scan: &str) -> Found {
        let scan = scan.to_owned();
        match said(&self.bench.socket(), &question(Ask::Find { scan })) {
            Some(Answer::Found(found)) => *found,
            other => panic!("it was not looked up: {other:?}"),
        }
    }

    fn pack(&self, scan: &str) -> FoundPack {
        match self.find(scan) {
            Found::Pack(pack) => pack,
            other => panic!("{other:?}"),
        }
    }

    fn container(&self, scan: &str) -> FoundContainer {
        match self.find(scan) {
            Found::Container(container) => container,
            other => panic!("{other:?}"),
        }
    }

    /// It is no code, and whatever it is, what is said of it can be shown.
    fn unreadable(&self, scan: &str) -> String {
        match self.find(scan) {
            Found::Unreadable { why } => {
                assert!(
                    why.chars().count() < 400 && !why.contains(char::is_control),
                    "{why:?}"
                );
                why
            }
            other => panic!("{other:?}"),
        }
    }
}

fn sscc(number: u64) -> String {
    let key = vidimus::gs1::Sscc::of_body(39_521_234_000_000_000 + number).expect("short");
    key.to_string()
}

#[test]
fn what_is_scanned_is_looked_up_for_anybody_and_the_station_says_how_the_scanner_is_set() {
    let bench = Bench::new();
    let args = ["demo", "--headless", "--packs", "50", "--rate", "1200"];
    let more = ["--printer", "tcp", "--data", bench.text()];
    let done = Program::run(&[&args[..], &more[..]].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let file = bench.path().join("station.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let text = text
        .replace("\nprefix = \"none\"", "\nprefix = \"F9\"")
        .replace("\nsuffix = \"enter\"", "\nsuffix = \"tab\"")
        .replace("\ngs = \"character\"", "\ngs = \"caret\"")
        .replace("\naim = false", "\naim = true");
    std::fs::write(&file, text).expect("it can be written");
    let file = file.to_str().expect("UTF-8");
    let _station = Program::start(&["run", "-c", file]);
    let socket = bench.socket();
    await_that("a station", || Client::connect(&socket).ok()?.view().ok());

    let asked = Asked { bench: &bench };
    let (code, no) = good_pack(&bench, "\u{1d}");
    let pack = asked.pack(&code);
    assert_eq!((pack.unit.no, pack.state.as_str()), (no, "active"));
    assert_eq!(pack.verdict.as_deref(), Some("pass"));
    assert_eq!(pack.gtin.as_deref(), Some(GTIN));
    assert_eq!(
        (pack.lot.as_deref(), pack.expiry.as_deref()),
        (Some("D00001"), Some("281231"))
    );
    assert!(pack.grade_tenths.is_some() && pack.fate.as_deref() == Some("to the good bin"));
    let stands = &pack.stands;
    assert!(stands.here && stands.warnings.is_empty() && stands.hold.is_none());
    assert_eq!(stands.inside[0].code, format!("(00){}", sscc(0)));
    let other_lot = asked.pack(&code.replace("10D00001", "10D00002"));
    let warning = "The scan says D00002, printed was D00001.";
    assert_eq!(other_lot.stands.warnings, [warning]);
    let bad = bench
        .packs()
        .into_iter()
        .find(|pack| pack.fate != Some(Fate::Good));
    if let Some(serial) = bad.and_then(|pack| pack.serial) {
        let pack = asked.pack(&format!("(01){GTIN}(21){}", serial.text));
        assert_ne!(pack.state, "active");
    }

    let case = asked.container(&sscc(0));
    assert_eq!(
        (case.unit.kind.as_str(), case.state.as_str()),
        ("case", "closed")
    );
    assert_eq!((case.holds, case.inside), (Some(case.inside), case.inside));
    let case_code = sscc(0);
    let who = ["-c", file, "--as", "Q.Wolf"];
    let why = ["--reason", "a customer complains"];
    let hold = [&["journey", "hold", &case_code], &who[..], &why[..]].concat();
    let held = Program::run(&hold);
    assert_eq!(held.code, Some(0), "{held:?}");
    assert!(asked.container(&sscc(0)).stands.hold.is_some());
    let hold = asked.pack(&code).stands.hold.expect("with its case");
    assert_eq!(
        hold.with.expect("the case").code,
        format!("(00){}", sscc(0))
    );

    for stranger in [sscc(700), format!("01{GTIN}21STOLEN")] {
        let found = asked.find(&stranger);
        assert!(
            matches!(&found, Found::Stranger { reasons, .. } if reasons.is_empty()),
            "{found:?}"
        );
    }
    for garbage in [
        "",
        " \r\n",
        "\u{1b}[2J\u{7}\u{0}",
        "]d2\u{1d}\u{1d}",
        "4006381333931",
        "01\u{1b}[31m\u{7}",
        "漢字",
    ] {
        asked.unreadable(garbage);
    }
    asked.unreadable(&"\u{1b}".repeat(40_000));
    assert!(
        asked
            .unreadable(&"9".repeat(200_000))
            .contains("at most 1024")
    );
    let million = question(Ask::Find {
        scan: "9".repeat(1_000_000),
    });
    match said(&socket, &million) {
        Some(Answer::Refused { text }) => assert!(text.contains(&LINE_MAX.to_string())),
        other => assert_eq!(other, None),
    }
    assert_eq!(asked.pack(&code).unit.no, no, "it still serves");

    // The screen has its settings from the station: F9 before, Tab behind, ^] for GS.
    let mut terminal = Terminal::run(&["tui", "-c", file], true);
    terminal.await_text(&["NOT READY"]);
    let (code, _) = good_pack(&bench, "^]");
    terminal.press(&format!("\x1b[20~{code}\t"));
    terminal.await_text(&[&format!("PACK {no}: HELD"), "case (00)"]);
    terminal.press(&format!("{code}\r"));
    terminal.await_text(&["NO SCAN", "prefix F9", "suffix tab"]);
    terminal.press(&format!("\x1b[20~{}\t", &code[3..]));
    terminal.await_text(&["no symbology identifier"]);
    close(&mut terminal);
    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
}
