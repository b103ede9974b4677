//! One pallet of two lots, from the opening of its batches to a recall, at a real station with the real program: wrong
//! moves, a sample, a shipment, a return, and every question on the way.

use crate::e2e_bench::{Finished, Program, await_that};
use jiff::Timestamp;
use serde_json::Value;
use std::path::{Path, PathBuf};
use vidimus::store::{OpenOptions, PackFilter, Reader};
use vidimus::tui::client::Client;

const PARTNER: &str = "9521321000018";
const GTIN: &str = "09506000134352";

struct Site {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Site {
    /// Two batches were run, of a lot each: a full case of either, and what was left over in an open one.
    fn with_two_lots() -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_str().expect("UTF-8");
        for lot in ["D00001", "D00002"] {
            let args = [
                "demo",
                "--headless",
                "--json",
                "--packs",
                "50",
                "--rate",
                "1200",
            ];
            let done = Program::run(&[&args[..], &["--printer", "tcp", "--data", data]].concat());
            assert_eq!(done.code, Some(0), "{lot}: {done:?}");
        }
        let text =
            std::fs::read_to_string(folder.path().join("station.toml")).expect("it is there");
        // From here on nobody is at the line; labels of cases are read, and pallets may hold several lots.
        let text = text
            .replace("label = \"none\"", "label = \"scan\"")
            .replace("holds = 50", "holds = 50\nmixed_lots = true");
        let file = folder.path().join("warehouse.toml");
        std::fs::write(&file, text).expect("it can be written");
        Site { folder, file }
    }

    fn start(&self) -> Program {
        let station = Program::start(&["run", "-c", self.config()]);
        let socket = self.folder.path().join("station.sock");
        await_that("a station", || Client::connect(&socket).ok()?.view().ok());
        station
    }

    fn config(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    fn order(&self, args: &[&str]) -> Finished {
        Program::run(&[args, &["-c", self.config(), "--as", "Q.Wolf"]].concat())
    }

    fn does(&self, args: &[&str]) -> String {
        let done = self.order(args);
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        done.out
    }

    /// The order is refused by this name, and nothing changes.
    fn refused(&self, name: &str, args: &[&str]) {
        let before = self.last_record();
        let done = self.order(args);
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        let named = format!("[{name}]");
        assert!(done.err.trim_end().ends_with(&named), "{name}: {done:?}");
        let packaging = self.packaging_since(before);
        assert!(packaging.is_empty(), "{args:?}: {packaging:?}");
    }

    fn asked(&self, code: i32, args: &[&str]) -> Value {
        let done = Program::run(&[args, &["--json", "-c", self.config()]].concat());
        assert_eq!(done.code, Some(code), "{args:?}: {done:?}");
        done.json()
    }

    fn reader(&self) -> Reader {
        Reader::open(self.folder.path(), &OpenOptions::default()).expect("it opens")
    }

    fn last_record(&self) -> u64 {
        self.reader().counts().expect("it counts").records
    }

    fn packaging_since(&self, record: u64) -> Vec<String> {
        let mut found = Vec::new();
        let reader = self.reader();
        let read = reader.for_each_record(record, |stored| {
            use vidimus::record::Fact;
            if let Fact::Packaging(_) | Fact::Journey(_) = stored.record.fact {
                found.push(format!("{:?}", stored.record.fact));
            }
        });
        read.expect("it reads");
        found
    }

    /// The scan of a good pack of a batch, as its symbol says it.
    fn pack(&self, batch: u32, no: usize) -> String {
        let filter = PackFilter {
            batch: Some(vidimus::record::BatchNo(batch)),
            ..PackFilter::default()
        };
        let rows = self.reader().packs(filter).expect("it reads");
        let mut good = rows
            .iter()
            .filter(|row| row.fate == Some(vidimus::record::Fate::Good));
        let row = good.nth(no).expect("so many are good");
        let serial = &row.serial.as_ref().expect("it has a number").text;
        format!("]d201{GTIN}21{serial}\u{1d}17281231\u{1d}10D0000{batch}")
            .replace("17281231\u{1d}", "17281231")
    }
}

/// SSCCs as the station gives them: extension digit and prefix 39521234, then a running number.
fn sscc(number: u64) -> String {
    let key = vidimus::gs1::Sscc::of_body(39_521_234_000_000_000 + number).expect("short");
    key.to_string()
}

fn count(answer: &Value, place: &str) -> u64 {
    answer["whereabouts"][place].as_u64().unwrap_or(0)
}

#[test]
fn a_pallet_of_two_lots_is_followed_from_its_batches_to_its_recall() {
    let site = Site::with_two_lots();
    let station = site.start();
    let (case1, rest1, case2, pallet) = (sscc(0), sscc(1), sscc(2), sscc(4));
    let (one, other) = (site.pack(1, 5), site.pack(2, 5));
    let in_rest = site.pack(1, 42);

    // Every number is of this station, and every pack is in a case of its own lot.
    let track = site.asked(0, &["track", &one]);
    assert_eq!(
        (&track["state"], &track["inside"][0]["kind"]),
        (&"active".into(), &"case".into())
    );
    assert_eq!(track["inside"][0]["code"], format!("(00){case1}"));
    let all = site.asked(0, &["recall", "--lot", "D00001"]);
    let good = all["good"].as_u64().expect("a number");
    assert!(
        good > 40 && count(&all, "in-containers-here") == good,
        "{all}"
    );

    // Wrong moves, each refused by its name.
    let told = site.does(&["pack", "begin", "pallet"]);
    assert!(told.contains(&pallet), "{told}");
    site.refused("already-packed", &["pack", "put", &rest1, &one]);
    site.refused("other-lot", &["pack", "move", &rest1, &other]);
    site.refused("parent-closed", &["pack", "move", &case1, &other]);
    site.refused("cycle", &["pack", "put", &pallet, &pallet]);
    site.refused("not-closed", &["pack", "put", &pallet, &rest1]);
    site.refused("wrong-level", &["pack", "put", &rest1, &case2]);
    site.refused("doubled", &["pack", "put", &pallet, &case1, &case1]);
    site.refused(
        "unknown",
        &["pack", "take", "(01)09506000134352(21)AAAAAAAAAAAA"],
    );
    site.refused("unreadable", &["pack", "take", "]d20109506000134353"]);
    site.refused(
        "contradicts",
        &["pack", "take", &one.replace("D00001", "D00009")],
    );
    site.refused("not-full", &["pack", "close", &rest1, "--label", &rest1]);
    site.refused(
        "missing",
        &["pack", "close", &rest1, "--label", &rest1, "--partial"],
    );
    let why = ["--partial", "--reason", "end of lot"];
    site.refused(
        "wrong-label",
        &[&["pack", "close", &rest1][..], &why].concat(),
    );
    site.refused(
        "wrong-label",
        &[&["pack", "close", &rest1, "--label", &case1][..], &why].concat(),
    );
    site.refused("empty", &["pack", "close", &pallet, "--label", &pallet]);
    site.refused("not-provided", &["pack", "begin", "crate"]);
    site.refused("not-inside", &["pack", "take", &case1]);

    // The rest of lot 1 gets its label read, and both cases of lot 1 and the one of lot 2 go onto the pallet.
    site.does(
        &[
            &["pack", "close", &rest1, "--label", &format!("(00){rest1}")][..],
            &why,
        ]
        .concat(),
    );
    site.does(&["pack", "put", &pallet, &case1, &rest1, &case2]);
    site.refused(
        "already-packed",
        &["journey", "ship", &case1, "--to", PARTNER],
    );
    site.does(&[&["pack", "close", &pallet, "--label", &pallet][..], &why].concat());
    let track = site.asked(0, &["track", &pallet]);
    assert_eq!(
        (&track["state"], &track["mixed"]),
        (&"closed".into(), &true.into())
    );
    let closed_at = site.last_record();

    // A sample out of a case: the case changed, and the pallet cannot go before the case is labelled anew.
    site.refused("missing", &["pack", "end", "sampled", &in_rest]);
    site.does(&[
        "pack",
        "end",
        "sampled",
        &in_rest,
        "--reason",
        "retained sample",
    ]);
    let again = ["pack", "end", "sampled", &in_rest, "--reason", "again"];
    site.refused("decommissioned", &again);
    site.refused("not-closed", &["journey", "ship", &pallet, "--to", PARTNER]);
    site.does(&[&["pack", "close", &rest1, "--label", &rest1][..], &why].concat());
    site.refused("not-closed", &["journey", "ship", &pallet, "--to", PARTNER]);
    site.does(&[&["pack", "close", &pallet, "--label", &pallet][..], &why].concat());
    let asked = site.asked(1, &["authenticate", &in_rest]);
    assert_eq!(asked["genuine"], false, "a sample is out of use");

    // Shipped, with everything that is inside; what is in it now is not what was in it before the sample.
    site.refused("elsewhere", &["journey", "return", &pallet]);
    let happened = Timestamp::now().to_string();
    let tomorrow = (Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string();
    let ahead = ["journey", "ship", &pallet, "--to", PARTNER, "--happened"];
    site.refused("contradicts", &[&ahead[..], &[&tomorrow]].concat());
    site.does(&[
        "journey",
        "ship",
        &pallet,
        "--to",
        PARTNER,
        "--document",
        "DN 4711",
        "--happened",
        &happened,
    ]);
    let back = [
        "journey",
        "return",
        &pallet,
        "--happened",
        "2026-01-01T00:00:00Z",
    ];
    site.refused("contradicts", &back);
    site.refused("elsewhere", &["pack", "take", &one]);
    site.refused("elsewhere", &["journey", "ship", &pallet, "--to", PARTNER]);
    let history = site.asked(0, &["trace", &one]);
    let texts: Vec<&str> = history["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|e| e["text"].as_str())
        .collect();
    for wanted in [
        "entered the line",
        "verified good",
        "to the good bin",
        "closed with 40",
        "put into",
        "shipped",
        "as was said",
    ] {
        assert!(
            texts.iter().any(|text| text.contains(wanted)),
            "{wanted}: {texts:?}"
        );
    }
    assert_eq!(
        history["track"]["place"]["with"]["code"],
        format!("(00){pallet}")
    );
    let then = site.asked(
        0,
        &["trace", &in_rest, "--at-record", &closed_at.to_string()],
    );
    assert_eq!(
        (
            &then["track"]["state"],
            then["track"]["inside"].as_array().map(Vec::len)
        ),
        (&"active".into(), Some(2))
    );
    let before = site.asked(
        0,
        &["trace", &pallet, "--at-record", &closed_at.to_string()],
    );
    let stood = &before["track"];
    assert_eq!(
        (&stood["state"], &stood["place"]),
        (&"closed".into(), &Value::Null)
    );
    let now = site.asked(0, &["trace", &in_rest]);
    assert_eq!(
        (
            &now["track"]["state"],
            now["track"]["inside"].as_array().map(Vec::len)
        ),
        (&"sampled".into(), Some(0))
    );

    // The station is killed: nothing of it is lost.
    station.kill();
    let station = site.start();
    let away = site.asked(0, &["recall", "--lot", "D00001"]);
    assert_eq!(
        (
            count(&away, "in-containers-elsewhere"),
            count(&away, "sampled")
        ),
        (good - 1, 1),
        "{away}"
    );
    assert_eq!(
        (&away["balanced"], &away["groups"][0]["mixed"]),
        (&true.into(), &true.into())
    );

    // It comes back; the lot is held, released, recalled.
    site.does(&["journey", "return", &pallet, "--from", PARTNER]);
    let lot = ["--lot", "D00001", "--gtin", GTIN];
    let hold =
        |step: &'static str| [&["journey", step][..], &lot, &["--reason", "deviation 12"]].concat();
    site.refused("not-held", &hold("release"));
    // A hold of its own outlives the release of a wider one.
    site.does(&["journey", "hold", &one, "--reason", "complaint"]);
    site.does(&hold("hold"));
    site.refused("held", &["journey", "ship", &pallet, "--to", PARTNER]);
    site.does(&hold("release"));
    site.refused("held", &["journey", "ship", &pallet, "--to", PARTNER]);
    assert_eq!(site.asked(1, &["authenticate", &one])["genuine"], true);
    site.does(&["journey", "release", &one, "--reason", "complaint closed"]);
    let alone = |step: &'static str| ["journey", step, &other, "--reason", "complaint"];
    site.does(&alone("hold"));
    site.refused("held", &["journey", "ship", &pallet, "--to", PARTNER]);
    site.does(&alone("release"));
    site.does(&["journey", "ship", &pallet, "--to", PARTNER]);
    site.does(&["journey", "return", &other, "--from", PARTNER]);
    let track = site.asked(0, &["track", &other]);
    assert_eq!(
        (&track["here"], track["inside"].as_array().map(Vec::len)),
        (&true.into(), Some(0))
    );
    site.does(&["journey", "return", &pallet, "--from", PARTNER]);
    site.does(&hold("recall"));
    site.refused("recalled", &["journey", "ship", &pallet, "--to", PARTNER]);
    let asked = site.asked(1, &["authenticate", &one]);
    assert_eq!(
        (&asked["genuine"], &asked["may_be_supplied"]),
        (&true.into(), &false.into())
    );
    assert_eq!(
        site.asked(0, &["authenticate", &other])["may_be_supplied"],
        true
    );

    // Both lots add up, the chain and every row are what the records say.
    for batch in ["1", "2"] {
        assert_eq!(site.asked(0, &["reconcile", batch])["balanced"], true);
    }
    let recalled = site.asked(0, &["recall", "--lot", "D00001"]);
    assert_eq!(count(&recalled, "in-containers-here"), good - 1);
    asked_of_the_lot(&site, good);
    text_is_narrow(&site, &[&one, &in_rest, &pallet]);
    drop(station);
    site.reader()
        .audit()
        .expect("the rows are what the records say");
    asked_of_a_copy(site.folder.path(), &one);
    told_as_events(&site, good);
}

/// Text for people fits 80 columns, however long codes and sentences are.
fn text_is_narrow(site: &Site, units: &[&String]) {
    let mut asked: Vec<Vec<&str>> = vec![
        vec!["status"],
        vec!["recall", "--lot", "D00001"],
        vec!["reconcile", "1"],
    ];
    for unit in units {
        for question in ["track", "trace", "authenticate"] {
            asked.push(vec![question, unit]);
        }
    }
    for rules in ["fmd", "dscsa", "fsma204", "tobacco", "import"] {
        asked.push(vec!["completeness", "D00001", "--rules", rules]);
    }
    for args in &mut asked {
        args.extend(["-c", site.config()]);
    }
    asked.push(vec!["label", "list"]);
    asked.push(vec!["completeness", "--fields"]);
    for args in asked {
        let done = Program::run(&args);
        assert!(!done.out.is_empty(), "{args:?}: {done:?}");
        for line in done.out.lines() {
            assert!(line.chars().count() <= 80, "{args:?}: {line}");
            assert!(!line.contains("(s)"), "{args:?}: {line}");
        }
    }
}

/// What a real station leaves on record is complete but for names that nobody proved; its printer and report are there.
fn asked_of_the_lot(site: &Site, good: u64) {
    let printed = ["recall", "--lot", "D00001", "--printer", "printer-1"];
    assert_eq!(site.asked(0, &printed)["good"], good);
    let nobody = ["recall", "--printer", "printer-7", "-c", site.config()];
    assert_eq!(Program::run(&nobody).code, Some(1));
    let found = site.asked(15, &["completeness", "D00001", "--rules", "fmd"]);
    let findings = found["findings"].as_array().expect("findings");
    let missing: Vec<&Value> = findings
        .iter()
        .filter(|one| one["verdict"] == "missing")
        .map(|one| &one["id"])
        .collect();
    assert_eq!(missing, ["who"], "{found}");
    let report = site.asked(0, &["report", "1"]);
    assert!(report["course"]["graded"]["binding"].as_u64() >= Some(good));
    assert_eq!(
        (&report["tally"]["good"], &report["printers"][0]["printer"]),
        (&good.into(), &"printer-1".into())
    );
    let versions = report["course"]["versions"].as_array().map(Vec::len);
    assert_eq!(versions, Some(1), "{report}");
}

/// Everything that happened, as documents that the schema and our own rules find nothing wrong with, in every syntax;
/// made again they hold the same events.
fn told_as_events(site: &Site, good: u64) {
    let mut counts = Vec::new();
    for format in ["json", "xml12", "xml20"] {
        let out = site.folder.path().join(format);
        let out = out.to_str().expect("UTF-8");
        let args = [
            "export",
            "epcis",
            "--out",
            out,
            "--format",
            format,
            "--gln",
            "9521321000018",
        ];
        let told = site.asked(0, &args);
        let documents: Vec<String> = told["documents"]
            .as_array()
            .expect("documents")
            .iter()
            .map(|path| path.as_str().expect("a path").to_owned())
            .collect();
        let packs = told["exported"]["packs"].as_u64().expect("a number");
        assert!(
            packs > good && told["exported"]["containers"] == 4,
            "{told}"
        );
        let paths: Vec<&str> = documents.iter().map(String::as_str).collect();
        let checked = Program::run(&[&["epcis", "check"][..], &paths].concat());
        assert_eq!(checked.code, Some(0), "{format}: {checked:?}");
        let hashes = Program::run(&[&["epcis", "hash"][..], &paths].concat());
        counts.push((
            told["exported"]["events"].clone(),
            hashes.out.lines().count(),
        ));
        if format == "json" {
            valid_by_the_schema(&documents);
            let again = site.folder.path().join("again");
            let again = again.to_str().expect("UTF-8");
            site.asked(
                0,
                &["export", "epcis", "--out", again, "--gln", "9521321000018"],
            );
            assert_eq!(
                ids(&documents),
                ids(&[format!("{again}/epcis-000001.json")])
            );
        }
    }
    assert!(counts.windows(2).all(|two| two[0] == two[1]), "{counts:?}");
}

fn ids(documents: &[String]) -> Vec<String> {
    let text: String = documents
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("it is there"))
        .collect();
    text.split("urn:uuid:")
        .skip(1)
        .map(|rest| rest[..36].to_owned())
        .collect()
}

fn valid_by_the_schema(documents: &[String]) {
    let Some(data) = crate::epcis::data() else {
        return; // said loudly there
    };
    let schema = crate::epcis::validator(&data);
    for path in documents {
        let text = std::fs::read_to_string(path).expect("it is there");
        let document: Value = serde_json::from_str(&text).expect("it is JSON");
        let wrong: Vec<String> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:?}");
    }
}

/// Whoever has a copy of the store and not its key is answered too.
fn asked_of_a_copy(folder: &Path, pack: &str) {
    let copy = tempfile::tempdir().expect("a folder");
    for file in ["vidimus.db", "vidimus.db-wal"] {
        let from = folder.join(file);
        if from.exists() {
            std::fs::copy(from, copy.path().join(file)).expect("it is copied");
        }
    }
    let data = copy.path().to_str().expect("UTF-8");
    let done = Program::run(&["track", pack, "--json", "--data", data]);
    assert_eq!(
        (done.code, &done.json()["state"]),
        (Some(0), &"active".into()),
        "{done:?}"
    );
    let done = Program::run(&["recall", "--lot", "NONE", "--data", data]);
    assert_eq!(done.code, Some(1), "{done:?}");
}
