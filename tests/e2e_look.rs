//! What places of the screen ask, of a real station: packs, lives, the audit trail, templates; over the socket and on a
//! real terminal.

use crate::e2e_bench::{Bench, Program, await_that};
use crate::e2e_screen::Terminal;
use std::path::Path;
use std::time::Duration;
use vidimus::record::{Fate, PackNo};
use vidimus::tui::client::Client;
use vidimus::wire::look::{
    AuditSight, Deed, LifeSight, PacksSight, TemplateStanding, TemplatesSight,
};
use vidimus::wire::scan::Stands;
use vidimus::wire::{Answer, Ask, Found, LINE_MAX, Question, Sight};

const GTIN: &str = "09506000134352";

/// A station to be asked.
struct Asked {
    socket: std::path::PathBuf,
}

impl Asked {
    fn ask(&self, question: Question) -> Result<Sight, String> {
        let mut client = Client::connect(&self.socket).expect("it listens");
        match client.ask(Ask::Look(question)).expect("it answers") {
            Answer::Seen(sight) => {
                let line = serde_json::to_vec(&sight).expect("it can be written");
                assert!(line.len() < LINE_MAX, "{} bytes", line.len());
                Ok(*sight)
            }
            Answer::Refused { text } => Err(text),
            other => panic!("{other:?}"),
        }
    }

    fn packs(&self, before: Option<PackNo>, find: Option<&str>) -> PacksSight {
        let find = find.map(str::to_owned);
        match self.ask(Question::Packs { before, find }) {
            Ok(Sight::Packs(packs)) => packs,
            other => panic!("{other:?}"),
        }
    }

    fn pack(&self, pack: PackNo) -> Found {
        match self.ask(Question::Pack { pack }) {
            Ok(Sight::Pack(found)) => *found,
            other => panic!("{other:?}"),
        }
    }

    fn life(&self, of: &str) -> LifeSight {
        let of = of.to_owned();
        match self.ask(Question::Life { of, seen: 0 }) {
            Ok(Sight::Life(life)) => life,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self, of: &str) -> String {
        let of = of.to_owned();
        self.ask(Question::Life { of, seen: 0 })
            .expect_err("it is nothing")
    }

    fn audit(&self, before: Option<u64>, words: &[&str]) -> AuditSight {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        match self.ask(Question::Audit { before, words }) {
            Ok(Sight::Audit(audit)) => audit,
            other => panic!("{other:?}"),
        }
    }

    fn templates(&self) -> TemplatesSight {
        match self.ask(Question::Templates { shown: None }) {
            Ok(Sight::Templates(templates)) => templates,
            other => panic!("{other:?}"),
        }
    }
}

/// A batch of 150 packs in the folder; then a station without its machine.
fn station(bench: &Bench) -> (String, Program) {
    let args = ["demo", "--headless", "--packs", "150", "--rate", "1200"];
    let more = ["--printer", "tcp", "--data", bench.text()];
    let done = Program::run(&[&args[..], &more[..]].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let file = bench.path().join("station.toml");
    let file = file.to_str().expect("UTF-8").to_owned();
    let station = Program::start(&["run", "-c", &file]);
    let socket = bench.socket();
    await_that("a station", || Client::connect(&socket).ok()?.view().ok());
    (file, station)
}

#[test]
fn a_station_shows_packs_lives_deeds_and_templates_to_anybody() {
    let bench = Bench::new();
    let (file, _station) = station(&bench);
    let asked = Asked {
        socket: bench.socket(),
    };
    let on_record = bench.packs();

    // All packs, page by page, each as its row in the store says.
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = asked.packs(before, None);
        assert_eq!(page.batch.as_ref().map(|batch| batch.no.0), Some(1));
        assert!(page.batch.is_some_and(|batch| batch.lot == "D00001"));
        seen.extend(page.rows);
        before = page.older;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), on_record.len());
    for (row, pack) in seen.iter().zip(on_record.iter().rev()) {
        let serial = pack.serial.as_ref().map(|number| &number.text);
        assert_eq!((row.pack, row.serial.as_ref()), (pack.pack, serial));
        assert_eq!(row.state == "active", pack.fate == Some(Fate::Good));
        assert!(row.utc_ms.is_some_and(|at| at > 1_600_000_000_000));
        if row.state == "active" {
            assert_eq!(row.verdict.as_deref(), Some("pass"));
            assert!(
                row.grade_tenths.is_some() && row.inside.is_some(),
                "{row:?}"
            );
            assert_eq!(row.fate.as_deref(), Some("to the good bin"));
        }
    }
    // By how its serial ends, whole or by its number.
    let good = seen.iter().find(|row| row.state == "active").expect("some");
    let serial = good.serial.clone().expect("it has one");
    let tail = serial[serial.len() - 5..].to_lowercase();
    for find in [tail.as_str(), serial.as_str(), &good.pack.0.to_string()] {
        let found = asked.packs(None, Some(find));
        let numbers: Vec<PackNo> = found.rows.iter().map(|row| row.pack).collect();
        assert!(numbers.contains(&good.pack), "{find}: {numbers:?}");
        assert!(numbers.len() < 5 && found.older.is_none(), "{found:?}");
    }
    assert!(asked.packs(None, Some("NOSUCHONE")).rows.is_empty());

    // A row's page is what a scan of its code opens; one that there is not is refused.
    match asked.pack(good.pack) {
        Found::Pack(found) => {
            assert_eq!((found.unit.no, &found.unit.code), (good.pack.0, &good.code));
            assert!(found.stands != Stands::default() && found.stands.warnings.is_empty());
        }
        other => panic!("{other:?}"),
    }
    for row in &seen {
        assert!(matches!(asked.pack(row.pack), Found::Pack(found) if found.unit.no == row.pack.0));
    }
    let why = asked
        .ask(Question::Pack { pack: PackNo(999) })
        .expect_err("there is none");
    assert!(why.contains("no pack 999"), "{why}");

    a_life_is_told_in_the_words_of_the_command(&asked, &file, (good.pack, &good.code, &serial));
    what_people_did_is_found_by_words(&asked, &file);

    let templates = asked.templates();
    let first = &templates.rows[0];
    assert_eq!(first.standing, TemplateStanding::InForce);
    assert_eq!(first.name, "pharma-pack");
    let built_in = |name: &str| {
        let found = templates.rows.iter().find(|row| row.name == name);
        found.map(|row| row.standing)
    };
    assert_eq!(built_in("eu-pack"), Some(TemplateStanding::BuiltIn));
    let shown = templates.shown.expect("the one in force is shown");
    assert_eq!((shown.template, shown.wrong), (Some(first.template), None));
    assert!(
        shown.picture.is_some() && shown.says.len() > 2,
        "{:?}",
        shown.says
    );
    for row in &templates.rows {
        let shown = Some(row.template);
        let shown = asked.ask(Question::Templates { shown });
        assert!(matches!(shown, Ok(Sight::Templates(sight)) if sight.shown.is_some()));
    }
}

fn a_life_is_told_in_the_words_of_the_command(
    asked: &Asked,
    file: &str,
    (pack, code, serial): (PackNo, &str, &str),
) {
    let who = ["-c", file, "--as", "Q.Wolf"];
    let why = ["--reason", "a customer complains"];
    let held = Program::run(&[&["journey", "hold", code], &who[..], &why[..]].concat());
    assert_eq!(held.code, Some(0), "{held:?}");
    let life = asked.life(code);
    assert_eq!(life.of, format!("pack {code}"));
    assert_eq!((life.seen, life.all), (0, life.deeds.len() as u64));
    let told = Program::run(&["trace", code, "-c", file]);
    // The command breaks its lines.
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let out = joined(&told.out);
    for (name, text) in &life.stands {
        assert!(out.contains(&joined(&format!("{name} {text}"))), "{told:?}");
    }
    for deed in &life.deeds {
        assert!(out.contains(&joined(&deed.what)), "{} in {out}", deed.what);
    }
    let last = life.deeds.last().expect("it was held");
    assert_eq!(last.what, "held");
    assert!(last.who.starts_with("Q.Wolf") && last.why.as_deref() == Some(why[1]));
    // The same by its serial, in any letters, and by its number.
    for of in [serial.to_lowercase(), format!("pack {}", pack.0)] {
        assert_eq!(asked.life(&of), life);
    }
    let skipped = asked.ask(Question::Life {
        of: code.to_owned(),
        seen: life.all - 1,
    });
    match skipped {
        Ok(Sight::Life(rest)) => assert_eq!(rest.deeds, life.deeds[life.deeds.len() - 1..]),
        other => panic!("{other:?}"),
    }
    let lot = asked.life("D00001");
    assert_eq!(lot.of, "lot D00001");
    assert!(
        lot.deeds.iter().any(|deed| deed.what.contains("opened")),
        "{lot:?}"
    );
    // A case that has long been full.
    let old = asked.packs(Some(PackNo(60)), None).rows;
    let case = old.into_iter().find_map(|pack| pack.inside);
    let case = asked.life(&case.expect("a good one").code);
    let closed = |deed: &Deed| deed.what.contains("closed with");
    assert!(case.deeds.iter().any(closed), "{case:?}");
    for (of, said) in [
        (format!("(01){GTIN}(21)STOLEN"), "in no record"),
        ("pack 999999".to_owned(), "no pack 999999"),
        ("NEVERSEEN".to_owned(), "No lot and no serial"),
        (String::new(), "nothing in it"),
        ("\u{1b}[2J".repeat(9_000), "cannot be read"),
    ] {
        let why = asked.refused(&of);
        assert!(why.contains(said) && why.chars().count() < 500, "{why}");
    }
}

/// The code of the case with this pack.
fn what_people_did_is_found_by_words(asked: &Asked, file: &str) {
    let audit = asked.audit(None, &[]);
    let chain = audit.chain.expect("it is the first page");
    assert_eq!((chain.head.len(), chain.broken), (64, None));
    let newest = &audit.deeds[0];
    assert!(
        newest.who.starts_with("Q.Wolf") && newest.what.contains("held"),
        "{newest:?}"
    );
    let records: Vec<u64> = audit.deeds.iter().map(|deed| deed.record).collect();
    assert!(
        records.is_sorted_by(|newer, older| newer > older),
        "{records:?}"
    );
    // It is what the command finds, the other way round; and from any record on it goes on with the one before.
    let told = Program::run(&["audit", "search", "--json", "-c", file]);
    let told = told.out.lines().map(|line| {
        let told: serde_json::Value = serde_json::from_str(line).expect("JSON");
        told["record"].as_u64().expect("a number")
    });
    let mut told: Vec<u64> = told.collect();
    told.reverse();
    assert!(records.len() > 3 && audit.older.is_none());
    assert_eq!(records, told);
    for pair in records.windows(2) {
        let page = asked.audit(Some(pair[0]), &[]);
        assert_eq!(page.deeds[0].record, pair[1], "before record {}", pair[0]);
    }
    let configured = asked.audit(None, &["settings", "RECORD"]).deeds;
    let configured = configured.last().expect("the first start put it on record");
    assert!(configured.changes.len() == 20 && configured.changes_more > 30);
    let older = asked.audit(Some(newest.record), &[]);
    assert!(older.chain.is_none() && older.deeds.iter().all(|deed| deed.record < newest.record));
    assert!(asked.audit(None, &["no", "such", "word"]).deeds.is_empty());
    assert!(asked.audit(Some(1), &[]).deeds.is_empty());
}

/// Types as a person does: a scanner is quicker.
fn type_in(terminal: &mut Terminal, text: &str) {
    for letter in text.chars() {
        terminal.press(&letter.to_string());
        std::thread::sleep(Duration::from_millis(60));
    }
}

#[test]
fn packs_are_found_opened_and_traced_on_a_real_terminal() {
    let bench = Bench::new();
    let (file, _station) = station(&bench);
    let packs = bench.packs();
    let good = packs
        .iter()
        .rev()
        .find(|pack| pack.fate == Some(Fate::Good));
    let good = good.expect("some passed");
    let serial = &good.serial.as_ref().expect("it has one").text;
    let tail = &serial[serial.len() - 4..];

    let mut terminal = Terminal::run(&["tui", "-c", &file], true);
    terminal.await_text(&["NOT READY"]);
    terminal.press("\x1b[15~"); // F5
    terminal.await_text(&["Batch 1 of lot D00001", "pass", "Enter shows its page"]);
    terminal.press("/");
    terminal.await_text(&["Which packs?"]);
    type_in(&mut terminal, tail);
    terminal.await_text(&[&format!("> {tail}_")]);
    terminal.press("\r");
    let no = good.pack.0;
    terminal.await_text(&[&format!("Ends in {tail}"), &format!("Pack {no}: Enter")]);
    terminal.press("\r");
    terminal.await_text(&[&format!("PACK {no}: GOOD"), "Esc  close"]);
    terminal.press("\x1b");
    await_that("the list again", || {
        (!terminal.text().contains("Esc  close")).then_some(())
    });
    terminal.press("t");
    terminal.await_text(&[
        "Trace",
        "What happened, 1 to",
        "verified good",
        "entered the line",
    ]);
    // A scan shows its own life there, and no page.
    terminal.press(&format!("]d201{GTIN}21{serial}\r"));
    terminal.await_text(&[&format!("(21){serial}"), "What happened"]);
    terminal.press("8");
    terminal.await_text(&["Where to?"]);
    terminal.press("u");
    terminal.await_text(&[
        "the end of it holds",
        "vidimus audit verify",
        "What was done",
    ]);
    terminal.press("8");
    terminal.await_text(&["Where to?"]);
    terminal.press("m");
    terminal.await_text(&["pharma-pack", "in force", "built in", "mm"]);
    terminal.press("\x1b");
    terminal.await_text(&["Devices", "q Leave"]);
    terminal.press("q");
    assert_eq!(terminal.wait().code(), Some(0));
    assert!(Path::new(&file).exists());
}
