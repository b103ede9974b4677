//! A store of many packs: `cargo bench --bench scale -- 1000000`, with the number of packs (default 1,000,000) and
//! optionally a folder to build in.
//!
//! Every pack has the four records and three commits it has on a line, grades included. What is printed is one row of
//! the table in the README.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vidimus::gs1::{Expiry, Gtin, Lot};
use vidimus::record::{
    Actor, Batch, BatchNo, Fact, Fate, Grades, NumberSource, Origin, Outcome, PackNo,
    PictureOrigin, PlcPack, PointId, QualityRules, ReadBy, Record, Seen, SerialNumber, Tally,
    TemplateHash, Tenths, TextSeen, Tick, Verdict,
};
use vidimus::serial::SerialKey;
use vidimus::store::{Commit, OpenOptions, Reader, Store, open};

/// Packs of a lot.
const LOT_PACKS: u64 = 1_000_000;
/// Packs in one write.
const WRITE_PACKS: u64 = 10_000;
/// From pack to pack at 600 a minute.
const INTERVAL_NS: u64 = 100_000_000;
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
            plc: PlcPack { boot, id },
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
        let fate = Fate::Good;
        commits.push(self.commit(30, vec![Fact::Gated { pack, fate }]));
        self.now = start + INTERVAL_NS;
    }
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

fn report(reader: &Reader, packs: u64, writing: f64, dir: &Path) {
    let bytes = reader.sizes().expect("it has a size").database;
    println!("{packs} packs in {}", dir.display());
    println!(
        "  load                {:>10.0} packs/s, durable",
        packs as f64 / writing
    );
    println!(
        "  disk                {:>10.1} bytes a pack",
        bytes as f64 / packs as f64
    );
    let line = Line::new();
    let mut trace = |no: u64| {
        let text = line.key.text(&line.gtin, no);
        let index = line.key.index_of(&line.gtin, &text).expect("one of ours");
        let pack = reader.pack_of_number(line.gtin, index).expect("readable");
        let records = reader
            .records_of(pack.expect("it was taken"))
            .expect("readable");
        assert_eq!(
            black_box(records).len(),
            4,
            "the whole history of pack {no}"
        );
    };
    ask(packs, &mut trace);
    let (median, late) = ask(packs, &mut trace);
    println!("  history of a serial {median:>10.0} µs, 99 % {late:.0} µs");
    let begun = Instant::now();
    let books = reader.tally(BatchNo(1)).expect("readable");
    let took = begun.elapsed().as_secs_f64();
    println!(
        "  books of a lot      {:>10.0} ms for {} packs",
        took * 1e3,
        books.entered
    );
    let begun = Instant::now();
    let chain = reader.chain_check().expect("whole");
    let took = begun.elapsed().as_secs_f64();
    println!(
        "  hash chain          {:>10.0} packs/s, {} records",
        packs as f64 / took,
        chain.records
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
    let reader = store.reader().expect("readable");
    report(&reader, packs, writing, &dir);
    drop(reader);
    store.close().expect("in order");
    let begun = Instant::now();
    let store = open(&dir, OpenOptions::default()).expect("sound");
    println!(
        "  start               {:>10.1} s, all checks of a start",
        begun.elapsed().as_secs_f64()
    );
    store.close().expect("in order");
}
