//! A store of many packs: `cargo bench --bench scale -- 1000000`, with the number of packs (default 1,000,000) and
//! optionally a folder to build in.
//!
//! Every pack has the four records and three commits it has on a line, grades included; it fills a case of 40, cases
//! fill pallets of 50, one case in a hundred gives a sample, one pallet in ten is shipped. What is printed is one row of
//! the table in the README.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vidimus::epcis::export::{Files, Site, export};
use vidimus::epcis::{EventTime, Format, IdentifierStyle, ZoneOffset};
use vidimus::gs1::{Expiry, Gtin, Lot, Sscc};
use vidimus::record::{
    Actor, Batch, BatchNo, BatchTerms, ContainerCode, ContainerNo, End, Fact, Fate, Grades,
    JourneyFact, LaneNo, Level, NumberSource, Origin, Outcome, PackNo, PackagingFact,
    PictureOrigin, PlcPack, PointId, QualityRules, ReadBy, Record, Seen, SerialNumber, Step,
    Subject, Tally, TemplateHash, Tenths, TextSeen, Tick, Unit, Verdict,
};
use vidimus::serial::SerialKey;
use vidimus::store::{Commit, OpenOptions, Store, open};
use vidimus::trace::{
    Archive, BUILT_IN, RuleSet, Scope, completeness, history, page, recall, track,
};

/// Packs of a lot.
const LOT_PACKS: u64 = 1_000_000;
/// Packs of a case.
const CASE_PACKS: u32 = 40;
/// Cases of a pallet.
const PALLET_CASES: usize = 50;
/// Packs in one write.
const WRITE_PACKS: u64 = 10_000;
/// From pack to pack at 600 a minute.
const INTERVAL_NS: u64 = 100_000_000;
/// Of a greater store only the records of about so many packs are exported: what follows takes as long again.
const EXPORT_PACKS: u64 = 10_000_000;
/// Packs whose history is asked for.
const QUESTIONS: u64 = 2_000;

/// The line that writes this history.
struct Line {
    key: SerialKey,
    gtin: Gtin,
    template: TemplateHash,
    dice: u64,
    seq: u64,
    now: u64,
    index: u64,
    /// The last container.
    container: u64,
    /// The open case, and the packs in it.
    case: (ContainerNo, u32),
    /// Closed cases that wait for their pallet.
    cases: Vec<Unit>,
    pallets: u64,
}

impl Line {
    fn new() -> Line {
        Line {
            key: SerialKey::new(*b"0123456789abcdef"),
            gtin: "09521234543213".parse().expect("a GTIN"),
            template: TemplateHash([7; 32]),
            dice: 1,
            seq: 0,
            now: 3_600_000_000_000,
            index: 0,
            container: 0,
            case: (ContainerNo(0), 0),
            cases: Vec::new(),
            pallets: 0,
        }
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.dice >> 33) % below
    }

    fn commit(&mut self, after_ms: u64, facts: Vec<Fact>) -> Commit {
        self.now += after_ms * 1_000_000 + self.roll(900_000);
        let records = facts.into_iter().map(|fact| {
            self.seq += 1;
            Record {
                seq: self.seq,
                at: Tick(self.now),
                point: PointId(u16::from(fact.pack().is_some())),
                actor: Actor::Station,
                reason: None,
                template: fact.pack().map(|_| self.template),
                fact,
            }
        });
        let records = records.collect();
        Commit::of(1_790_000_000_000 + (self.now / 1_000_000) as i64, records)
    }

    fn opening(&mut self, no: u32) -> Commit {
        let batch = Batch {
            no: BatchNo(no),
            product: "Scale 10 mg".to_owned(),
            gtin: self.gtin,
            lot: format!("S{no:05}").parse::<Lot>().expect("a lot"),
            expiry: "281231".parse::<Expiry>().expect("a date"),
            template: self.template,
            target: Some(LOT_PACKS),
            quality: QualityRules::default(),
            terms: BatchTerms::default(),
            numbers: NumberSource::Own,
        };
        self.commit(1, vec![Fact::BatchOpened(batch)])
    }

    /// One good pack: entered and numbered, verified, in the good bin.
    fn pack(&mut self, no: u64, batch: u32, commits: &mut Vec<Commit>) {
        let pack = PackNo(no);
        let (boot, id) = ((no >> 24) as u16 + 1, (no & 0xFF_FFFF) as u32);
        let serial = SerialNumber {
            index: self.index,
            text: self.key.text(&self.gtin, self.index),
        };
        self.index += 1;
        let start = self.now;
        let entered = Fact::PackEntered {
            pack,
            batch: Some(BatchNo(batch)),
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot,
                id,
            },
            origin: Origin::Detected,
        };
        let reserved = Fact::SerialReserved { pack, serial };
        commits.push(self.commit(2, vec![entered, reserved]));
        let mut tenths = || Tenths(30 + self.roll(11) as u8);
        let grades = Grades {
            by_parameter: std::array::from_fn(|_| tenths()),
            indicative: false,
            growth_percent: [3, -2],
        };
        let verdict = Verdict {
            outcome: Outcome::Pass,
            seen: Some(Seen {
                by: ReadBy::Line,
                scan: None,
                number: None,
            }),
            picture: Some(PictureOrigin {
                counter: Some(no + 77),
                width_px: 640,
                height_px: 480,
                lossless: true,
                calibrated: true,
            }),
            grades: Some(grades),
            looks_like: None,
            text: TextSeen::Sound,
        };
        commits.push(self.commit(40, vec![Fact::Verified { pack, verdict }]));
        let mut gated = Vec::new();
        if self.case.1 == 0 {
            gated.push(self.begin(1, "case", Some(BatchNo(batch)), CASE_PACKS));
            self.case.0 = ContainerNo(self.container);
        }
        let into = Some(self.case.0);
        let fate = Fate::Good;
        gated.push(Fact::Gated { pack, fate, into });
        self.case.1 += 1;
        if self.case.1 == CASE_PACKS {
            gated.push(closed(self.case.0, CASE_PACKS));
            self.cases.push(Unit::Container(self.case.0));
            self.case.1 = 0;
        }
        commits.push(self.commit(30, gated));
        if self.cases.len() == PALLET_CASES {
            let pallet = self.pallet(pack);
            commits.push(self.commit(1, pallet));
        }
        self.now = start + INTERVAL_NS;
    }

    fn begin(&mut self, level: u8, name: &str, batch: Option<BatchNo>, holds: u32) -> Fact {
        self.container += 1;
        Fact::Packaging(PackagingFact::Begun {
            container: ContainerNo(self.container),
            level: Level(level),
            name: name.to_owned(),
            code: ContainerCode::Sscc(
                Sscc::of_body(39_521_234_000_000_000 + self.container).expect("short"),
            ),
            batch,
            capacity: Some(holds),
        })
    }

    /// Half of the pallets lose their newest pack as a sample; one in ten is shipped.
    fn pallet(&mut self, newest: PackNo) -> Vec<Fact> {
        self.pallets += 1;
        let begun = self.begin(2, "pallet", None, PALLET_CASES as u32);
        let container = ContainerNo(self.container);
        let units = std::mem::take(&mut self.cases);
        let last = *units.last().expect("it is full");
        let put = PackagingFact::Put { container, units };
        let mut facts = vec![
            begun,
            Fact::Packaging(put),
            closed(container, PALLET_CASES as u32),
        ];
        if let (0, Unit::Container(case)) = (self.pallets % 2, last) {
            let (unit, end) = (Unit::Pack(newest), End::Sampled);
            facts.push(Fact::Packaging(PackagingFact::Taken {
                container: case,
                units: vec![unit],
            }));
            facts.push(Fact::Packaging(PackagingFact::Ended { unit, end }));
            facts.push(closed(case, CASE_PACKS - 1));
        }
        if self.pallets.is_multiple_of(10) {
            facts.push(Fact::Journey(JourneyFact {
                step: Step::Shipped,
                subjects: vec![Subject::Unit(Unit::Container(container))],
                partner: Some("9521321000018".parse().expect("a GLN")),
                documents: vec![format!("DN {}", self.pallets)],
                told_utc_ms: None,
            }));
        }
        facts
    }
}

fn closed(container: ContainerNo, units: u32) -> Fact {
    Fact::Packaging(PackagingFact::Closed {
        container,
        label: None,
        units,
        partial: false,
        mixed: false,
    })
}

fn tally(packs: u64) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..packs {
        tally.enter();
        tally.take_number();
        tally.leave(
            Fate::Good,
            vidimus::record::tally::Booking {
                outcome: Some(&Outcome::Pass),
                numbered: true,
                voided: false,
            },
        );
    }
    tally
}

/// Writes that many packs, lot after lot; seconds of the writing alone.
fn build(store: &mut Store, packs: u64) -> f64 {
    let mut line = Line::new();
    let mut writing = 0.0;
    let mut write = |store: &mut Store, commits: &[Commit]| {
        let begun = Instant::now();
        store.commit(commits).expect("a sound disk");
        store.settle().expect("a sound disk");
        writing += begun.elapsed().as_secs_f64();
    };
    let (mut no, mut batch) = (0, 0);
    while no < packs {
        batch += 1;
        write(store, &[line.opening(batch)]);
        let last = packs.min(no + LOT_PACKS);
        let first = no;
        while no < last {
            let mut commits = Vec::with_capacity(3 * WRITE_PACKS as usize);
            for _ in 0..WRITE_PACKS.min(last - no) {
                no += 1;
                line.pack(no, batch, &mut commits);
            }
            write(store, &commits);
        }
        let closed = Fact::BatchClosed {
            batch: BatchNo(batch),
            tally: tally(last - first),
        };
        let closing = line.commit(1, vec![closed]);
        write(store, &[closing]);
        eprint!("\r{no} packs");
    }
    eprintln!();
    writing
}

/// Median and 99th percentile of a question put to packs all over the store, in µs.
fn ask(packs: u64, mut question: impl FnMut(u64)) -> (f64, f64) {
    let mut took: Vec<f64> = (0..QUESTIONS)
        .map(|turn| {
            let no = (turn * 2_654_435_761) % packs;
            let begun = Instant::now();
            question(no);
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

fn row(name: &str, median: f64, late: f64) {
    println!("  {name:<19} {median:>10.0} µs, 99 % {late:.0} µs");
}

fn report(archive: &Archive, packs: u64, writing: f64, dir: &Path) {
    let reader = &archive.reader;
    let bytes = reader.sizes().expect("it has a size").database;
    println!("{packs} packs in {}", dir.display());
    let rate = packs as f64 / writing;
    println!("  load                {rate:>10.0} packs/s, durable");
    let each = bytes as f64 / packs as f64;
    println!("  disk                {each:>10.1} bytes a pack");
    let line = Line::new();
    let find = |no: u64| {
        let text = line.key.text(&line.gtin, no);
        let scan = format!("(01){}(21){text}", line.gtin);
        archive.find(&scan).expect("it was taken").0
    };
    let mut tracked = |no: u64| {
        drop(black_box(
            track(archive, find(no), None).expect("it is there"),
        ))
    };
    ask(packs, &mut tracked);
    let (median, late) = ask(packs, &mut tracked);
    row("track one pack", median, late);
    let mut traced = |no: u64| {
        let history = history(archive, find(no), None).expect("it is there");
        assert!(history.entries.len() >= 4, "the whole history of pack {no}");
    };
    ask(packs, &mut traced);
    let (median, late) = ask(packs, &mut traced);
    row("trace one pack", median, late);
    let lot = Scope::of_lot("S00001".parse().expect("a lot"), Some(line.gtin));
    let mut took = [0.0; 5];
    for took in &mut took {
        let begun = Instant::now();
        let found = recall(archive, &lot).expect("it was run");
        *took = begun.elapsed().as_secs_f64() * 1e3;
        assert!(found.balanced, "counts add up");
    }
    took.sort_by(f64::total_cmp);
    let recalled = packs.min(LOT_PACKS);
    println!(
        "  recall a lot        {:>10.0} ms for {recalled} packs",
        took[2]
    );
    asked_of_the_lot(archive, recalled);
    for (name, format) in [("json", Format::Json), ("xml 1.2", Format::Xml12)] {
        exported(archive, packs, name, format);
    }
    if let Some(most) = most_memory_mib() {
        println!("  memory              {most:>10} MiB at most so far");
    }
    let begun = Instant::now();
    let chain = reader.chain_check().expect("whole");
    let rate = packs as f64 / begun.elapsed().as_secs_f64();
    println!(
        "  hash chain          {rate:>10.0} packs/s, {} records",
        chain.records
    );
}

/// The most memory that this process had, in MiB, where the system says so.
fn most_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

/// What reads every pack of a lot, or every record of its batch.
fn asked_of_the_lot(archive: &Archive, packs: u64) {
    let lot = "S00001".parse().expect("a lot");
    for (name, text) in BUILT_IN {
        let rules = RuleSet::parse(name, text).expect("it can be read");
        let begun = Instant::now();
        let found = completeness(archive, &rules, &lot, None, 20).expect("it was run");
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        assert!(!found.complete, "nobody proved who they are");
        println!("  complete {name:<10} {ms:>10.0} ms for {packs} packs");
    }
    let begun = Instant::now();
    let found = vidimus::trace::report(archive, BatchNo(1), None).expect("it was run");
    let bytes = page(&found).len();
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    println!("  batch report        {ms:>10.0} ms for {packs} packs, {bytes} bytes");
}

/// Everything as EPCIS documents, written and synced.
fn exported(archive: &Archive, packs: u64, name: &str, format: Format) {
    let folder = tempfile::tempdir().expect("a folder");
    let site = Site {
        station: "scale".to_owned(),
        gln: None,
        prefix_len: Some(7),
        zone: ZoneOffset::UTC,
    };
    let style = IdentifierStyle {
        links: false,
        prefix_len: Some(7),
    };
    let created = EventTime::from_ms(1_790_000_000_000, ZoneOffset::UTC).expect("a time");
    let begun = Instant::now();
    let mut files = Files::new(folder.path(), "epcis", format, style, created);
    let through = (packs > EXPORT_PACKS).then_some(4 * EXPORT_PACKS);
    let told = export(
        &archive.reader,
        &site,
        (0, through),
        &mut files,
        &mut |_| {},
    )
    .expect("it is told");
    let (documents, links) = files.finish().expect("it is written");
    let rate = told.packs as f64 / begun.elapsed().as_secs_f64();
    assert!(
        links == 0 && (told.packs == packs || through.is_some()),
        "every pack, as a URN"
    );
    let files = documents.len();
    println!(
        "  epcis {name:<13} {rate:>10.0} packs/s, {} events in {files} documents",
        told.events
    );
}

fn main() {
    let mut packs = LOT_PACKS;
    let mut folder = None;
    for word in std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
    {
        match word.parse() {
            Ok(number) => packs = number,
            Err(_) => folder = Some(PathBuf::from(word)),
        }
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = folder.unwrap_or_else(|| scratch.path().to_owned());
    let mut store = open(&dir, OpenOptions::default()).expect("an empty folder");
    assert_eq!(
        store.last_seq(),
        0,
        "{} holds a store already",
        dir.display()
    );
    let writing = build(&mut store, packs);
    let archive = Archive {
        reader: store.reader().expect("readable"),
        key: Some(Line::new().key),
    };
    report(&archive, packs, writing, &dir);
    drop(archive);
    store.close().expect("in order");
    let begun = Instant::now();
    let store = open(&dir, OpenOptions::default()).expect("sound");
    println!(
        "  start               {:>10.1} s, with what is checked before it",
        begun.elapsed().as_secs_f64()
    );
    store.close().expect("in order");
}
