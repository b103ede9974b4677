//! A lot with known gaps, asked by every question that must be exact: completeness names these gaps and no others,
//! recall narrows by all that is said, the report is one whole page with the figures of the books, and a drill's bundle
//! holds.

use crate::store::{open_at, options};
use crate::store_model::{batch, gtin, serial, verdict};
use quick_xml::events::Event;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use vidimus::gs1::Sscc;
use vidimus::record::*;
use vidimus::store::*;
use vidimus::trace::{
    Archive, BUILT_IN, RuleSet, RuleVerdict, Scope, completeness, page, recall, reconcile, report,
};

const GTIN: &str = "09506000134352";
/// 22 November 2026, 08:30:00Z.
const BEGUN_MS: i64 = 1_795_336_200_000;
const PACKS: u64 = 40;
const NO_SERIAL: u64 = 7;
const WEAK: u64 = 9;
const UNGRADED: u64 = 11;
const WRONG_TEXT: u64 = 13;
const UNKNOWN: u64 = 15;
const REJECTED: u64 = 17;
const LOOSE: u64 = 33;
/// From this pack on bulk is linked, and from this pack on the second printer prints.
const BULK_FROM: u64 = 5;
const SECOND_PRINTER_FROM: u64 = 21;

/// Texts that would be markup, if they were let.
const WICKED: &str = "<script>alert('x')</script>]]> & \"co\"";

struct Written {
    store: Store,
    seq: u64,
}

impl Written {
    fn by(&mut self, actor: Actor, reason: Option<&str>, facts: Vec<Fact>) -> u64 {
        let first = self.seq + 1;
        let records: Vec<Record> = (first..)
            .zip(facts)
            .map(|(seq, fact)| Record {
                seq,
                at: Tick(seq),
                point: PointId::STATION,
                actor: actor.clone(),
                reason: reason.map(str::to_owned),
                template: None,
                fact,
            })
            .collect();
        self.seq += records.len() as u64;
        let utc_ms = BEGUN_MS + self.seq as i64 * 700;
        let commit = Commit::of(utc_ms, records);
        self.store.commit(&[commit]).expect("the history is sound");
        self.store.settle().expect("the history is sound");
        self.seq
    }

    fn station(&mut self, facts: Vec<Fact>) -> u64 {
        self.by(Actor::Station, None, facts)
    }

    fn lot(&mut self, fact: LotFact) -> u64 {
        let somebody = Actor::Named("M. Kowal".to_owned());
        self.by(somebody, Some("the shift’s plan"), vec![Fact::Lot(fact)])
    }
}

fn words(text: &str) -> Words {
    text.parse().expect("a short text")
}

fn component(kind: ComponentKind, lot: &str, name: Option<&str>) -> Component {
    Component {
        kind,
        lot: words(lot),
        name: name.map(words),
        supplier: None,
        expiry: None,
    }
}

fn seen(no: u64) -> Verdict {
    let grade = match no {
        WEAK => Some(Tenths(12)),
        UNGRADED => None,
        _ => Some(Tenths(36)),
    };
    Verdict {
        grades: grade.map(|grade| Grades {
            by_parameter: [grade; 8],
            indicative: false,
            growth_percent: [0, 0],
        }),
        text: match no {
            WRONG_TEXT => TextSeen::Wrong(TextFinding {
                field: "lot".to_owned(),
                line: String::new(),
                fault: TextFault::Missing,
            }),
            _ => TextSeen::Sound,
        },
        ..match no {
            REJECTED => verdict(Outcome::NoSymbol, Some(None)),
            _ => verdict(Outcome::Pass, Some(None)),
        }
    }
}

fn packaging(fact: PackagingFact) -> Fact {
    Fact::Packaging(fact)
}

/// A rule, and the numbers of what does not fulfil it.
type Gap<'a> = (&'a str, &'a [u64]);

/// What the records of the gaps are called.
pub struct Gaps {
    bulk: u64,
    shipment: u64,
}

pub fn furnished(dir: &Path) -> Gaps {
    let mut written = Written {
        store: open_at(dir),
        seq: 0,
    };
    let started = Fact::StationStarted {
        station_boot: 1,
        version: "0.1.0".to_owned(),
        station: None,
    };
    written.station(vec![started]);
    let mut opened = batch(1, GTIN);
    opened.product = WICKED.to_owned();
    opened.quality.grade_min = GradeMin(Some(Tenths(15)));
    let opener = Actor::Named("M. Kowal".to_owned());
    written.by(opener, Some(WICKED), vec![Fact::BatchOpened(opened)]);
    let in_use = |printer: &str, from, before| LotFact::PrinterInUse {
        batch: BatchNo(1),
        printer: words(printer),
        from: PackNo(from),
        before: PackNo(before),
    };
    written.lot(in_use("printer-1", 1, 0));
    let begun = |no, code| PackagingFact::Begun {
        container: ContainerNo(no),
        level: Level(1),
        name: "case".to_owned(),
        code,
        batch: Some(BatchNo(1)),
        capacity: Some(20),
    };
    let sscc = ContainerCode::Sscc(Sscc::of_body(39_521_234_000_000_001).expect("short"));
    let own = ContainerCode::Sgtin {
        gtin: gtin(GTIN),
        serial: "CASE2".to_owned(),
    };
    written.station(vec![packaging(begun(1, sscc)), packaging(begun(2, own))]);
    let mut bulk = 0;
    for no in 1..=PACKS {
        if no == BULK_FROM {
            bulk = written.lot(LotFact::ComponentLinked {
                batch: BatchNo(1),
                component: component(ComponentKind::Bulk, "BULK-1", Some(WICKED)),
                from: PackNo(no),
            });
        }
        if no == SECOND_PRINTER_FROM {
            // One pack that the first printer may have labelled was still on the belt.
            written.lot(in_use("printer-2", no - 1, no - 1));
        }
        written.station(facts_of(no));
    }
    // Linked when no pack came any more.
    written.lot(LotFact::ComponentLinked {
        batch: BatchNo(1),
        component: Component {
            supplier: Some(words("Ink & Sons")),
            ..component(ComponentKind::Ink, "INK-9", Some("black"))
        },
        from: PackNo(PACKS + 1),
    });
    let alarm = Fact::AlarmRaised {
        alarm: "printer-link".to_owned(),
        detail: WICKED.to_owned(),
    };
    written.station(vec![
        alarm,
        Fact::Stopped {
            cause: "store".to_owned(),
            latched: None,
        },
    ]);
    written.station(vec![Fact::StopWithdrawn]);
    let closed = |no, label: Option<&str>, units| PackagingFact::Closed {
        container: ContainerNo(no),
        label: label.map(str::to_owned),
        units,
        partial: true,
        mixed: false,
    };
    written.station(vec![
        packaging(closed(1, Some("(00)395212340000000014"), 18)),
        packaging(closed(2, None, 19)),
    ]);
    let tally = written.store.reader().expect("readable").tally(BatchNo(1));
    let tally = tally.expect("readable");
    written.station(vec![Fact::BatchClosed {
        batch: BatchNo(1),
        tally,
    }]);
    let shipment = written.station(vec![Fact::Journey(JourneyFact {
        step: Step::Shipped,
        subjects: vec![Subject::Unit(Unit::Container(ContainerNo(1)))],
        partner: Some("9521321000018".parse().expect("a GLN")),
        documents: Vec::new(),
        told_utc_ms: None,
    })]);
    written.store.close().expect("nothing hinders closing");
    Gaps { bulk, shipment }
}

fn facts_of(no: u64) -> Vec<Fact> {
    let pack = PackNo(no);
    let mut facts = vec![Fact::PackEntered {
        pack,
        batch: Some(BatchNo(1)),
        plc: PlcPack {
            lane: LaneNo::FIRST,
            boot: 1,
            id: no as u32,
        },
        origin: Origin::Detected,
    }];
    if no != NO_SERIAL {
        let serial = serial(&gtin(GTIN), no - 1 - u64::from(no > NO_SERIAL));
        facts.push(Fact::SerialReserved { pack, serial });
    }
    let verdict = seen(no);
    facts.push(Fact::Verified { pack, verdict });
    let (fate, into) = match no {
        UNKNOWN => (Fate::Unknown, None),
        REJECTED => (Fate::RejectedByVerdict, None),
        LOOSE => (Fate::Good, None),
        _ => (Fate::Good, Some(ContainerNo(1 + u64::from(no > 20)))),
    };
    facts.push(Fact::Gated { pack, fate, into });
    facts
}

pub fn archive(dir: &Path) -> Archive {
    let reader = Reader::open(dir, &options()).expect("it opens");
    Archive { reader, key: None }
}

fn rules(name: &str) -> RuleSet {
    let (_, text) = BUILT_IN
        .iter()
        .find(|(known, _)| *known == name)
        .expect("it is there");
    RuleSet::parse(name, text).expect("it can be read")
}

pub fn program(args: &[&str]) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(args)
        .output();
    program.expect("it can be started")
}

#[test]
fn completeness_names_the_known_gaps_and_no_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let gaps = furnished(dir.path());
    let archive = archive(dir.path());
    archive
        .reader
        .audit()
        .expect("the rows are what the records say");
    let uncovered: Vec<u64> = (1..BULK_FROM).collect();
    let expected: [(&str, &[Gap<'_>]); 5] = [
        (
            "fmd",
            &[
                ("serial", &[NO_SERIAL]),
                ("print-quality", &[WEAK, UNGRADED]),
                ("human-readable", &[WRONG_TEXT]),
                ("fate", &[UNKNOWN]),
                ("batch-closed", &[1]),
                ("who", &[1]),
            ],
        ),
        (
            "dscsa",
            &[
                ("product-identifier", &[NO_SERIAL]),
                ("homogeneous-case", &[1]),
                ("case-label", &[2]),
                ("package-level", &[LOOSE]),
                ("transaction-documents", &[gaps.shipment]),
                ("fate", &[UNKNOWN]),
                ("reconciled", &[1]),
                ("examined", &[1]),
                ("who", &[1]),
            ],
        ),
        (
            "fsma204",
            &[
                ("ingredient-source", &[gaps.bulk]),
                ("every-pack-covered", &uncovered),
                ("quantity", &[UNKNOWN]),
                ("reference-document", &[gaps.shipment]),
            ],
        ),
        (
            "tobacco",
            &[
                ("unit-identifier", &[NO_SERIAL]),
                ("id-issuer", &[1]),
                ("print-quality", &[WEAK, UNGRADED]),
                ("human-readable", &[WRONG_TEXT]),
                ("aggregated", &[LOOSE]),
                ("aggregated-identifier", &[2]),
                ("dispatch", &[gaps.shipment]),
                ("deactivated", &[UNKNOWN]),
            ],
        ),
        (
            "import",
            &[
                ("every-pack-covered", &uncovered),
                ("supplier", &[gaps.bulk]),
                ("content-expiry", &[gaps.bulk]),
                ("line-clearance", &[1]),
                ("reconciled", &[1]),
                ("released", &[1]),
                ("forward", &[gaps.shipment]),
            ],
        ),
    ];
    let lot = "L1".parse().expect("a lot");
    for (name, wanted) in expected {
        let rules = rules(name);
        let found = completeness(&archive, &rules, &lot, None, 100).expect("it was run");
        let missing = found
            .findings
            .iter()
            .filter(|one| one.verdict == RuleVerdict::Missing);
        let missing: BTreeMap<&str, Vec<u64>> = missing
            .map(|one| {
                let named: Vec<u64> = one.items.iter().filter_map(|item| item.no).collect();
                assert_eq!(one.missing, named.len() as u64, "{one:?}");
                assert!(one.todo.is_some() && one.items.iter().all(|item| !item.lacks.is_empty()));
                (one.id.as_str(), named)
            })
            .collect();
        let wanted: BTreeMap<&str, Vec<u64>> =
            wanted.iter().map(|(id, nos)| (*id, nos.to_vec())).collect();
        assert_eq!(missing, wanted, "{name}");
        assert!(!found.complete);
        // Every rule has its say, and what cannot be known is named as such, never passed.
        assert_eq!(found.findings.len(), rules.rules.len());
        for (rule, one) in rules.rules.iter().zip(&found.findings) {
            let kept_elsewhere = rule.not_kept.is_some() && one.looked_at > 0;
            assert_eq!(
                one.verdict == RuleVerdict::NotKeptHere,
                kept_elsewhere,
                "{name} {}",
                one.id
            );
            assert_eq!(
                one.verdict == RuleVerdict::NothingToLookAt,
                one.looked_at == 0,
                "{name} {}",
                one.id
            );
        }
        // Fewer are named, and the counts stay.
        let short = completeness(&archive, &rules, &lot, None, 1).expect("it was run");
        assert!(short.findings.iter().all(|one| one.items.len() <= 1));
        let counts = |found: &vidimus::trace::Completeness| -> Vec<u64> {
            found.findings.iter().map(|one| one.missing).collect()
        };
        assert_eq!(counts(&short), counts(&found));
    }
    rules_of_ones_own(dir.path());
}

/// A file of rules, and how the program ends.
fn rules_of_ones_own(dir: &Path) {
    let file = dir.join("own.toml");
    let data = dir.to_str().expect("UTF-8");
    let ask = |rule: &str, lot: &str| {
        let text = format!(
            "title = \"t\"\n[[rule]]\nid = \"a\"\nsource = \"s\"\nwords = \"w\"\ntodo = \"do\"\n{rule}\n"
        );
        std::fs::write(&file, text).expect("it can be written");
        let rules = file.to_str().expect("UTF-8");
        let done = program(&[
            "completeness",
            lot,
            "--rules",
            rules,
            "--data",
            data,
            "--json",
        ]);
        let told = serde_json::from_slice::<Value>(&done.stdout).unwrap_or_default();
        (
            done.status.code(),
            told,
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let (code, told, _) = ask(
        "of = \"pack\"\nwhere = [\"good is yes\"]\nmust = [\"verified is yes\"]",
        "L1",
    );
    assert_eq!((code, &told["complete"]), (Some(0), &true.into()), "{told}");
    let (code, told, _) = ask("of = \"shipment\"\nat_least = 3", "L1");
    assert_eq!(
        (code, &told["findings"][0]["missing"]),
        (Some(15), &2.into()),
        "{told}"
    );
    let (code, _, err) = ask("of = \"pack\"\nmust = [\"verified is perhaps\"]", "L1");
    assert!(
        code == Some(10) && err.contains("own.toml, line 8: verified is yes or no"),
        "{err}"
    );
    assert_eq!(
        ask("of = \"lot\"\nmust = [\"held is no\"]", "L2").0,
        Some(1)
    );
}

fn packs_of(archive: &Archive, scope: &Scope) -> Vec<(u64, u64)> {
    let parts = recall(archive, scope).expect("it is on record").parts;
    parts
        .iter()
        .map(|part| (part.first_pack, part.last_pack))
        .collect()
}

#[test]
fn recall_narrows_by_everything_that_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    furnished(dir.path());
    let archive = archive(dir.path());
    let lot = || Scope::of_lot("L1".parse().expect("a lot"), None);
    let printer = |name: &str| Scope {
        printer: Some(name.to_owned()),
        ..Scope::default()
    };
    assert_eq!(packs_of(&archive, &printer("printer-1")), [(1, 20)]);
    assert_eq!(packs_of(&archive, &printer("printer-2")), [(20, 40)]);
    let both = Scope {
        printer: Some("printer-1".to_owned()),
        component: Some("BULK-1".to_owned()),
        ..lot()
    };
    assert_eq!(packs_of(&archive, &both), [(5, 20)]);
    let found = recall(&archive, &both).expect("it is on record");
    assert!(
        found.balanced && found.good == 14 && found.groups[0].packs == 14,
        "{found:?}"
    );
    // Known, and in no pack: that is an answer.
    let ink = Scope {
        component: Some("INK-9".to_owned()),
        ..lot()
    };
    let none = recall(&archive, &ink).expect("it is on record");
    assert!(
        none.parts.is_empty() && none.entered == 0 && none.balanced,
        "{none:?}"
    );
    for unknown in [printer("printer-3"), Scope::of_batch(BatchNo(2))] {
        assert!(recall(&archive, &unknown).is_err(), "{unknown:?}");
    }
    let all = recall(&archive, &lot()).expect("it is on record");
    let loose: Vec<u64> = all.loose.iter().map(|pack| pack.unit.no).collect();
    assert_eq!(loose, [LOOSE]);
    assert_eq!(all.whereabouts["loose-here"], 1);
    assert_eq!(all.whereabouts["in-containers-elsewhere"], 18);
}

/// The text of every element with an id, and the names of all elements.
fn parsed(html: &str) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let (mut texts, mut names) = (BTreeMap::new(), BTreeSet::new());
    let (mut open, mut id) = (Vec::new(), None);
    let mut reader = quick_xml::Reader::from_str(html);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_event().unwrap_or_else(|why| panic!("{why}")) {
            Event::Eof => break,
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).expect("UTF-8");
                for attribute in start.attributes() {
                    let attribute = attribute.expect("it is well-formed");
                    let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("UTF-8");
                    assert!(
                        !["src", "href", "style"].contains(&key.as_str()),
                        "{name} {key}"
                    );
                    assert!(!key.starts_with("on"), "{name} {key}");
                    if key == "id" {
                        let value = attribute.value.to_vec();
                        id = Some(String::from_utf8(value).expect("UTF-8"));
                    }
                }
                names.insert(name.clone());
                open.push(name);
            }
            Event::Text(text) => {
                if let Some(id) = id.take() {
                    texts.insert(id, text.decode().expect("UTF-8").into_owned());
                }
            }
            Event::End(_) => drop(open.pop().expect("it was opened")),
            _ => {}
        }
    }
    assert!(open.is_empty(), "all is closed: {open:?}");
    (texts, names)
}

#[test]
fn the_report_is_one_whole_page_whose_figures_are_those_of_the_books() {
    let dir = tempfile::tempdir().expect("a folder");
    furnished(dir.path());
    let archive = archive(dir.path());
    let found = report(&archive, BatchNo(1), None).expect("it was run");
    let books = reconcile(&archive, BatchNo(1)).expect("it was run");
    assert_eq!(found.reconciliation, books);
    let html = page(&found);
    let (texts, names) = parsed(&html);
    let parts = |name: &str| {
        let mut equations = books.equations.iter();
        equations
            .find(|equation| equation.name == name)
            .expect("it is there")
            .clone()
    };
    let (packs, numbers) = (parts("packs entered"), parts("numbers taken"));
    for (id, count) in [
        ("entered", packs.whole),
        ("good", packs.parts["good"]),
        ("rejected", packs.parts["rejected"]),
        ("unknown", packs.parts["unknown"]),
        ("taken", numbers.whole),
        ("graded", PACKS - 1),
    ] {
        assert_eq!(texts[id], count.to_string(), "{id}");
    }
    let (through, head) = archive.reader.head().expect("readable");
    let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (&texts["chain-head"], &texts["through-record"]),
        (&head, &through.to_string())
    );
    // Everything that came to the gate is in the chart.
    let whole = found.course.timeline.whole();
    assert_eq!((whole.good, whole.others), (found.tally.good, 2));
    assert_eq!(whole.overall.lowest, 12);
    assert_eq!(found.course.stops.lasted_ms, 700);
    assert_eq!(found.course.versions, [(1, "0.1.0".to_owned())]);
    // Nothing from outside, nothing that runs, every text escaped.
    for name in ["script", "link", "img", "iframe", "object", "a", "form"] {
        assert!(!names.contains(name), "{name}");
    }
    for forbidden in ["http://", "https://", "url(", "@import", "<script", "NaN"] {
        let allowed = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!allowed.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    // The same store, the same bytes; asked through the program, too.
    let data = dir.path().to_str().expect("UTF-8");
    for _ in 0..2 {
        let told = program(&["report", "1", "--html", "-", "--data", data]);
        assert_eq!(told.status.code(), Some(0), "{told:?}");
        assert_eq!(String::from_utf8(told.stdout).expect("UTF-8"), html);
    }
    let made = program(&[
        "report",
        "1",
        "--json",
        "--made",
        "2026-11-23T07:00:00Z",
        "--data",
        data,
    ]);
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    assert_eq!(made["made"], "2026-11-23T07:00:00Z");
    assert_eq!(made["tally"]["good"], found.tally.good);
    assert_eq!(
        program(&["report", "9", "--json", "--data", data])
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn the_bundle_of_a_drill_holds_and_shows_every_change() {
    let dir = tempfile::tempdir().expect("a folder");
    furnished(dir.path());
    let data = dir.path().to_str().expect("UTF-8");
    let out = tempfile::tempdir().expect("a folder");
    let bundle = out.path().join("drill");
    let drill = |folder: &Path| {
        let folder = folder.to_str().expect("UTF-8");
        program(&[
            "recall", "--lot", "L1", "--drill", "--bundle", folder, "--json", "--data", data,
        ])
    };
    let done = drill(&bundle);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let read = |name: &str| std::fs::read_to_string(bundle.join(name)).expect("it is there");
    let hash = |name: &str| -> String {
        Sha256::digest(read(name))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let sums = read("SHA256SUMS");
    let named: BTreeMap<&str, &str> = sums
        .lines()
        .map(|line| line.split_once("  ").expect("hash and name"))
        .map(|(hash, name)| (name, hash))
        .collect();
    let mut files: Vec<String> = std::fs::read_dir(&bundle)
        .expect("it is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "SHA256SUMS")
        .collect();
    files.sort();
    assert_eq!(
        files,
        named
            .keys()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    );
    for (name, sum) in &named {
        assert_eq!(hash(name), **sum, "{name}");
    }
    // The answer is the answer, and the rows come to it.
    let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let kept: Value = serde_json::from_str(&read("answer.json")).expect("JSON");
    assert_eq!(answer, kept);
    let units = read("units.csv");
    let rows: Vec<Vec<&str>> = units
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(
        rows.len() as u64,
        answer["entered"].as_u64().expect("a number")
    );
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row[6] == "active") {
        *places.entry(row[7]).or_default() += 1;
    }
    assert_eq!(serde_json::json!(places), answer["whereabouts"]);
    assert_eq!(rows[LOOSE as usize - 1][7], "loose-here");
    // No record names its label; the batch was opened with it, and the pack without a number has none.
    let label = |pack: u64| {
        (
            rows[pack as usize - 1][15],
            rows[pack as usize - 1][16].len(),
        )
    };
    assert_eq!((label(LOOSE), label(NO_SERIAL)), (("", 64), ("", 0)));
    assert_eq!(
        (rows[0][7], rows[0][12]),
        ("in-containers-elsewhere", "9521321000018")
    );
    let (through, head) = archive(dir.path()).reader.head().expect("readable");
    let head: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    let readme = read("README.txt");
    assert!(
        readme.contains(&head) && readme.contains(&through.to_string()) && !readme.contains('{')
    );
    // A folder with something in it is left alone, and nothing is left beside it.
    let before = hash("units.csv");
    assert_eq!(drill(&bundle).status.code(), Some(1));
    assert_eq!(hash("units.csv"), before);
    let unknown = out.path().join("other");
    let folder = unknown.to_str().expect("UTF-8");
    let nothing = program(&[
        "recall", "--lot", "NONE", "--drill", "--bundle", folder, "--data", data,
    ]);
    assert_eq!(nothing.status.code(), Some(1));
    let left: Vec<_> = std::fs::read_dir(out.path())
        .expect("it is there")
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
