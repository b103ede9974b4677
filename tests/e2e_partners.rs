//! Partners, with the real program: what they say is taken over whole or not at all and moves nothing of ours.

use crate::e2e_bench::{Finished, Program, await_that};
use serde_json::{Value, json};
use std::path::PathBuf;
use vidimus::record::{BatchNo, Fate};
use vidimus::store::{OpenOptions, PackFilter, Reader};
use vidimus::tui::client::Client;

pub const GTIN: &str = "09506000134352";
const PARTNER: &str = "9521321000018";
const CUSTOMER: &str = "9521321000117";
const CASE: &str = "395212340000000007";
const PALLET: &str = "395212340000000021";
/// The partner's own pallet.
const FOREIGN: &str = "urn:epc:id:sscc:9521321.0000000001";

pub struct Site {
    pub folder: tempfile::TempDir,
    file: PathBuf,
}

impl Site {
    /// A batch was run: a full case, and what was left over in an open one. From here on nobody is at the line.
    pub fn with_a_lot(replace: &[(&str, &str)]) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_str().expect("UTF-8");
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
        assert_eq!(done.code, Some(0), "{done:?}");
        let mut text =
            std::fs::read_to_string(folder.path().join("station.toml")).expect("it is there");
        for (from, to) in replace {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let file = folder.path().join("warehouse.toml");
        std::fs::write(&file, text).expect("it can be written");
        Site { folder, file }
    }

    pub fn start(&self) -> Program {
        let station = Program::start(&["run", "-c", self.config()]);
        let socket = self.folder.path().join("station.sock");
        await_that("a station", || Client::connect(&socket).ok()?.view().ok());
        station
    }

    pub fn config(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    pub fn order(&self, args: &[&str]) -> Finished {
        Program::run(&[args, &["-c", self.config(), "--as", "Q.Wolf"]].concat())
    }

    pub fn does(&self, args: &[&str]) -> String {
        let done = self.order(args);
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        done.out
    }

    pub fn asked(&self, code: i32, args: &[&str]) -> Value {
        let done = Program::run(&[args, &["--json", "-c", self.config()]].concat());
        assert_eq!(done.code, Some(code), "{args:?}: {done:?}");
        done.json()
    }

    pub fn reader(&self) -> Reader {
        Reader::open(self.folder.path(), &OpenOptions::default()).expect("it opens")
    }

    fn records(&self) -> u64 {
        self.reader().counts().expect("it counts").records
    }

    /// The numbers of good packs, in order.
    pub fn serials(&self) -> Vec<String> {
        let filter = PackFilter {
            batch: Some(BatchNo(1)),
            ..PackFilter::default()
        };
        let rows = self.reader().packs(filter).expect("it reads");
        let good = rows.into_iter().filter(|row| row.fate == Some(Fate::Good));
        good.filter_map(|row| Some(row.serial?.text)).collect()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn import(&self, code: i32, file: &str, more: &[&str]) -> Finished {
        let done = self.order(&[&["epcis", "import", file][..], more].concat());
        assert_eq!(done.code, Some(code), "{file}: {done:?}");
        done
    }
}

/// So many seconds after now.
fn at(seconds: i64) -> String {
    let now = now_ms() + seconds * 1_000;
    let zone = vidimus::epcis::ZoneOffset::UTC;
    let time = vidimus::epcis::EventTime::from_ms(now, zone).expect("it is in the calendar");
    time.to_string()
}

fn now_ms() -> i64 {
    vidimus::station::utc_ms()
}

fn sgtin(serial: &str) -> String {
    format!("https://id.gs1.org/01/{GTIN}/21/{serial}")
}

fn sscc(number: &str) -> String {
    format!("https://id.gs1.org/00/{number}")
}

/// An event of the partner, with this number for an id.
fn event(kind: &str, number: u32, seconds: i64, more: Value) -> Value {
    let mut event = json!({
        "type": kind, "eventTime": at(seconds - 60), "eventTimeZoneOffset": "+00:00",
        "eventID": format!("urn:uuid:00000000-0000-4000-8000-{number:012}"),
        "readPoint": {"id": format!("https://id.gs1.org/414/{PARTNER}")},
    });
    let fields = more.as_object().expect("fields").clone();
    event.as_object_mut().expect("an object").extend(fields);
    event
}

fn document(events: &[Value]) -> String {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": at(0), "epcisBody": {"eventList": events},
    })
    .to_string()
}

fn seen(number: u32, seconds: i64, epcs: &[&str], step: &str, disposition: &str) -> Value {
    let words =
        json!({"action": "OBSERVE", "epcList": epcs, "bizStep": step, "disposition": disposition});
    event("ObjectEvent", number, seconds, words)
}

fn moved(number: u32, seconds: i64, action: &str, parent: &str, children: &[&str]) -> Value {
    let step = if action == "ADD" {
        "packing"
    } else {
        "unpacking"
    };
    let words =
        json!({"action": action, "parentID": parent, "childEPCs": children, "bizStep": step});
    event("AggregationEvent", number, seconds, words)
}

/// What track says a partner says of a pack last: what, and with what.
fn told(site: &Site, serial: &str) -> (Value, Value) {
    let track = site.asked(0, &["track", &format!("(01){GTIN}(21){serial}")]);
    (track["told"]["what"].clone(), track["told"]["with"].clone())
}

fn packs_told(recall: &Value, what: &str) -> u64 {
    let groups = recall["told"].as_array().expect("groups");
    let of = groups.iter().filter(|group| group["what"] == what);
    of.filter_map(|group| group["packs"].as_u64()).sum()
}

#[test]
fn what_partners_say_stands_beside_our_records_and_moves_nothing_of_ours() {
    let site = Site::with_a_lot(&[("holds = 50", "holds = 50\nmixed_lots = true")]);
    let station = site.start();
    site.does(&["pack", "begin", "pallet"]);
    site.does(&["pack", "put", PALLET, CASE]);
    let whole = ["--partial", "--reason", "all there is"];
    site.does(&[&["pack", "close", PALLET, "--label", PALLET][..], &whole].concat());
    site.does(&["journey", "ship", PALLET, "--to", PARTNER]);
    let serials = site.serials();
    let [alone, moved_on, inside] = [&serials[0], &serials[1], &serials[2]];
    let here = &serials[45];
    let to_customer = json!([{"type": "owning_party", "destination": format!("https://id.gs1.org/417/{CUSTOMER}")}]);
    let mut shipped = seen(
        5,
        5,
        &[FOREIGN, "urn:epc:id:sscc:9521321.0000000009"],
        "shipping",
        "in_transit",
    );
    shipped["destinationList"] = to_customer;
    let events = [
        seen(1, 1, &[&sscc(PALLET)], "receiving", "in_progress"),
        moved(2, 2, "DELETE", &sscc(PALLET), &[&sscc(CASE)]),
        moved(
            3,
            3,
            "DELETE",
            &sscc(CASE),
            &[&sgtin(alone), &sgtin(moved_on)],
        ),
        moved(4, 4, "ADD", FOREIGN, &[&sgtin(moved_on)]),
        shipped,
        seen(6, 6, &[&sgtin(alone)], "dispensing", "dispensed"),
        seen(7, 7, &[&sgtin(here)], "receiving", "in_progress"),
        seen(
            8,
            8,
            &["urn:epc:id:sscc:9521321.0000000099"],
            "receiving",
            "in_progress",
        ),
    ];

    // One event too many that cannot be: nothing of the document is taken, and place and reason are named.
    let wrong = [
        (
            "future",
            seen(9, 200_000, &[&sgtin(alone)], "receiving", "in_progress"),
            "more than a day ahead",
        ),
        (
            "action",
            {
                let mut event = seen(9, 9, &[&sgtin(alone)], "receiving", "in_progress");
                event["action"] = "GRAB".into();
                event
            },
            "bad_action",
        ),
        (
            "digits",
            seen(
                9,
                9,
                &["urn:epc:id:sscc:95213210.0000000001"],
                "receiving",
                "in_progress",
            ),
            "bad_identifier",
        ),
    ];
    let before = site.records();
    for (name, last, why) in wrong {
        let file = site.write(name, &document(&[&events[..], &[last]].concat()));
        let done = site.import(1, &file, &[]);
        assert!(
            done.err.contains(why) && done.err.contains("event 9"),
            "{name}: {done:?}"
        );
        assert!(
            done.err.contains("Nothing of this document was taken in"),
            "{name}: {done:?}"
        );
    }
    let broken = document(&events);
    let file = site.write("broken", &broken[..broken.len() - 40]);
    site.import(1, &file, &[]);
    let whole = site.write("whole.jsonld", &document(&events));
    site.import(0, &whole, &["--dry-run"]);
    assert_eq!(site.records(), before, "nothing went on record");
    assert_eq!(told(&site, alone), (Value::Null, Value::Null));

    // Taken in while the station runs, once.
    let done = site
        .import(0, &whole, &["--json", "--reason", "daily exchange"])
        .json();
    assert_eq!(
        (&done["document"], &done["imported"]),
        (&json!(1), &true.into()),
        "{done}"
    );
    let said = &done["told"];
    assert_eq!(
        (&said["events"], &said["flagged"], &said["strange"]),
        (&7.into(), &1.into(), &1.into()),
        "{done}"
    );
    assert_eq!(said["numbers_strange"], 2, "{done}");
    let again = site.import(1, &whole, &[]);
    assert!(
        again.err.contains("imported already: as document 1"),
        "{again:?}"
    );
    assert_eq!(
        site.records(),
        before + 1,
        "one record makes all of it count"
    );

    // Tracking goes on past our own line, with who said it; our own records stand as they were.
    assert_eq!(told(&site, alone).0, "dispensed");
    let foreign = json!("https://id.gs1.org/00/095213210000000018");
    assert_eq!(told(&site, moved_on), ("shipped".into(), foreign));
    assert_eq!(
        told(&site, inside),
        ("received".into(), format!("pallet (00){PALLET}").into())
    );
    // What contradicts our records moves nothing and is shown.
    assert_eq!(told(&site, here), (Value::Null, Value::Null));
    let history = site.asked(0, &["trace", &format!("(01){GTIN}(21){here}")]);
    let contradicts = &history["told"][0]["contradicts"];
    assert_eq!(
        contradicts,
        &json!(["it is not away by our records"]),
        "{history}"
    );
    let history = site.asked(0, &["trace", &format!("(01){GTIN}(21){alone}")]);
    let entry = |at: usize| {
        (
            history["told"][at]["what"].clone(),
            history["told"][at]["by"].clone(),
        )
    };
    assert_eq!(entry(0), ("received".into(), PARTNER.into()), "{history}");
    assert_eq!(entry(2).0, "unpacked");
    assert_eq!(
        history["told"][3]["id"],
        "urn:uuid:00000000-0000-4000-8000-000000000006"
    );
    assert_eq!(history["track"]["place"]["what"], "shipped");
    assert_eq!(
        history["track"]["inside"].as_array().map(Vec::len),
        Some(2),
        "our records stand"
    );
    let then = site.asked(
        0,
        &[
            "trace",
            &format!("(01){GTIN}(21){alone}"),
            "--at-record",
            &before.to_string(),
        ],
    );
    assert_eq!(then["told"], json!([]), "nobody had said anything yet");
    let asked = site.asked(1, &["authenticate", &format!("(01){GTIN}(21){alone}")]);
    assert_eq!(
        (&asked["genuine"], &asked["may_be_supplied"]),
        (&true.into(), &false.into())
    );
    let recall = site.asked(0, &["recall", "--lot", "D00001"]);
    let counts = ["received", "shipped", "dispensed"].map(|what| packs_told(&recall, what));
    assert_eq!(
        (counts, &recall["balanced"]),
        ([38, 1, 1], &true.into()),
        "{recall}"
    );

    // The same events in another document and syntax change nothing; what is new in it is taken. The station is gone.
    station.kill();
    let xml = Program::run(&[
        "epcis",
        "convert",
        &whole,
        "--to",
        "xml20",
        "--company-prefix-length",
        "7",
    ]);
    assert_eq!(xml.code, Some(0), "{xml:?}");
    let file = site.write("again.xml", &xml.out);
    let known = site.import(0, &file, &["--json"]).json();
    assert_eq!(
        (&known["told"]["known"], &known["told"]["events"]),
        (&7.into(), &0.into()),
        "{known}"
    );
    let mut mistaken = events[5].clone();
    mistaken["errorDeclaration"] = json!({"declarationTime": at(9), "reason": "did_not_occur"});
    let gone = seen(10, 10, &[&sgtin(moved_on)], "destroying", "destroyed");
    let mut of_lot = seen(11, 11, &[], "holding", "non_sellable_other");
    let class = format!("https://id.gs1.org/01/{GTIN}/10/D00001");
    of_lot["quantityList"] = json!([{"epcClass": class, "quantity": 3}]);
    let file = site.write("back.jsonld", &document(&[mistaken, gone, of_lot]));
    site.import(0, &file, &[]);
    assert_eq!(told(&site, alone).0, "received", "it was never dispensed");
    assert_eq!(told(&site, moved_on).0, "destroyed");
    let history = site.asked(0, &["trace", &format!("(01){GTIN}(21){inside}")]);
    assert_eq!(
        history["told"]
            .as_array()
            .and_then(|told| told.last())
            .map(|told| &told["with"]),
        Some(&"its lot".into())
    );

    // A case that is destroyed takes nothing with it that was taken out before, whoever is asked.
    let emptied = [
        moved(12, 12, "DELETE", &sscc(CASE), &[]),
        seen(13, 13, &[&sscc(CASE)], "destroying", "destroyed"),
    ];
    site.import(0, &site.write("emptied", &document(&emptied)), &[]);
    let case = site.asked(0, &["track", &format!("(00){CASE}")]);
    assert_eq!(case["told"]["what"], "destroyed");
    assert_eq!(told(&site, inside).0, "received");
    let recall = site.asked(0, &["recall", "--lot", "D00001"]);
    let counts = ["received", "destroyed", "shipped"].map(|what| packs_told(&recall, what));
    assert_eq!(counts, [39, 1, 0], "{recall}");

    what_cannot_be_is_flagged_or_refused(&site, inside);

    // It comes back: what partners said before is past. The rows are what the records say, and tampering is found.
    let station = site.start();
    site.does(&["journey", "return", PALLET, "--from", PARTNER]);
    drop(station);
    assert_eq!(
        site.asked(0, &["recall", "--lot", "D00001"])["told"],
        json!([])
    );
    site.reader()
        .audit()
        .expect("the rows are what the records say");
    let tampered =
        rusqlite::Connection::open(site.folder.path().join("vidimus.db")).expect("it opens");
    let forged =
        "DROP TRIGGER partner_claims_keep; UPDATE partner_claims SET said = 2 WHERE said = 12";
    tampered.execute_batch(forged).expect("it can be forged");
    drop(tampered);
    let found = site.reader().audit().expect_err("it is found").to_string();
    assert!(found.contains("claims kept of partner document"), "{found}");
}

/// Somebody else commissions our number, things go into themselves, a receipt before the shipment: kept, named, and
/// moving nothing. Under a known id another content refuses its document.
fn what_cannot_be_is_flagged_or_refused(site: &Site, inside: &str) {
    let box_of_theirs = "urn:epc:id:sscc:9521321.0000000002";
    let mut begun = seen(20, 20, &[&sgtin(inside)], "commissioning", "active");
    begun["action"] = "ADD".into();
    let events = [
        begun,
        moved(21, 21, "ADD", box_of_theirs, &[FOREIGN]),
        moved(22, 22, "ADD", FOREIGN, &[box_of_theirs]),
        moved(23, 23, "ADD", FOREIGN, &[&sscc(CASE)]),
        moved(24, 24, "ADD", &sscc(CASE), &[box_of_theirs]),
        moved(25, 25, "ADD", &sscc(CASE), &[&sscc(CASE)]),
        seen(26, -7_200, &[&sscc(PALLET)], "arriving", "in_progress"),
        // It comes out before the other one goes in: no circle.
        moved(27, 27, "DELETE", box_of_theirs, &[FOREIGN]),
        moved(28, 28, "ADD", FOREIGN, &[box_of_theirs]),
    ];
    let file = site.write("odd", &document(&events));
    let done = site.import(0, &file, &[]);
    let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<&str> = said.split("CONTRADICTS").skip(1).collect();
    let circle = "what it went into is, or comes to be, inside of it";
    let named = [
        (20, "commissioned: somebody else gave out our number"),
        (22, circle),
        (24, circle),
        (25, circle),
        (26, "it is dated before it was shipped by our records"),
    ];
    for (number, why) in named {
        let number = format!(" event {}:", number - 19);
        let line = lines.iter().find(|line| line.starts_with(&number));
        assert!(
            line.is_some_and(|line| line.contains(why)),
            "{number} {done:?}"
        );
    }
    assert_eq!(lines.len(), named.len(), "{done:?}");
    assert_eq!(told(site, inside).0, "received", "they move nothing");
    let pack = format!("(01){GTIN}(21){inside}");
    let trace = Program::run(&["trace", &pack, "-c", site.config()]);
    let text = trace.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("CONTRADICTS: somebody else gave out our number"),
        "{trace:?}"
    );
    let narrow = |line: &str| line.chars().count() <= 80;
    assert!(trace.out.lines().all(narrow), "{trace:?}");
    let asked = site.asked(1, &["authenticate", &pack]);
    let checks = asked["checks"].as_array().expect("checks");
    let warns = checks
        .iter()
        .find(|check| check["name"] == "not-contradicted");
    assert_eq!(
        warns.map(|check| &check["holds"]),
        Some(&false.into()),
        "{asked}"
    );

    let before = site.records();
    let mut other = events[6].clone();
    other["bizStep"] = "accepting".into();
    let again = [events[1].clone(), other.clone()];
    let done = site.import(1, &site.write("other", &document(&again)), &[]);
    let wanted = [
        "event 2",
        "other content",
        "document 4, event 7",
        "Nothing of this document",
    ];
    assert!(
        wanted.iter().all(|words| done.err.contains(words)),
        "{done:?}"
    );
    let mut new = other;
    new["eventID"] = "urn:uuid:00000000-0000-4000-8000-000000000029".into();
    let mut twice = new.clone();
    twice["disposition"] = "active".into();
    let done = site.import(1, &site.write("twice", &document(&[new, twice])), &[]);
    assert!(
        done.err.contains("with other content (in this document)"),
        "{done:?}"
    );
    assert_eq!(site.records(), before, "nothing went on record");
}

#[test]
fn a_workbook_has_every_pack_as_text_and_begins_a_new_sheet_where_one_is_full() {
    let site = Site::with_a_lot(&[]);
    let out = site.folder.path().join("packs.xlsx");
    let out = out.to_str().expect("UTF-8");
    let done = Program::run(&[
        "export",
        "xlsx",
        "--out",
        out,
        "--sheet-rows",
        "21",
        "-c",
        site.config(),
    ]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let csv = Program::run(&["export", "csv", "-c", site.config()]);
    let rows: Vec<&str> = csv.out.lines().skip(1).collect();
    // Read by somebody else's program: a workbook is XML in a ZIP file.
    let script = "import sys,zipfile,re\nbook=zipfile.ZipFile(sys.argv[1])\n\
        names=sorted(n for n in book.namelist() if n.startswith('xl/worksheets/sheet'))\n\
        for name in names:\n\
        \x20 for row in re.findall(r'<row .*?</row>',book.read(name).decode())[1:]:\n\
        \x20  cells=re.findall(r'<c r=\"([A-Z]+)[0-9]+\"( t=\"inlineStr\")?>(?:<is><t[^>]*>|<v>)([^<]*)',row)\n\
        \x20  print(','.join(v for _,_,v in cells)+';'+''.join('t' if t else 'n' for _,t,_ in cells))\n\
        print(len(names))";
    let read = std::process::Command::new("python3")
        .args(["-c", script, out])
        .output();
    let Ok(read) = read else {
        eprintln!("SKIPPED: there is no python3 to read the workbook with");
        return;
    };
    let said = String::from_utf8(read.stdout).expect("UTF-8");
    let mut found: Vec<&str> = said.lines().collect();
    let sheets: usize = found
        .pop()
        .and_then(|count| count.parse().ok())
        .expect("a count");
    assert_eq!(sheets, rows.len().div_ceil(20), "{said}");
    let wanted: Vec<String> = rows
        .iter()
        .map(|row| format!("{row};nnttttttntt"))
        .collect();
    let full: Vec<&str> = found
        .iter()
        .copied()
        .filter(|row| row.ends_with("ntt"))
        .collect();
    for (row, wanted) in full.iter().zip(&wanted) {
        let values = row.split(';').next();
        // A cell of nothing is not there.
        let wanted = wanted.replace(",,", ",");
        assert_eq!(values, wanted.split(';').next());
        assert!(
            row.contains(";nnttttt"),
            "numbers of products and packs are texts: {row}"
        );
    }
    assert_eq!(full.len(), rows.len());
}
