//! What the store promises while nothing is broken: what goes in comes out, after every restart,
//! and anyone can check it.

use crate::store_model::{Model, batch, verdict};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use vidimus::record::*;
use vidimus::store::*;

/// Opens with no demand on free space, so that a small test disk will do.
pub fn open_at(dir: &Path) -> Store {
    store_open(dir).unwrap_or_else(|error| panic!("{error}"))
}

pub fn options() -> OpenOptions {
    OpenOptions {
        min_free_bytes: 0,
        block_bytes: 8 << 10,
        ..OpenOptions::default()
    }
}

pub fn store_open(dir: &Path) -> Result<Store, StoreError> {
    open(dir, options())
}

pub fn reader_at(dir: &Path) -> Reader {
    Reader::open(dir, &options()).unwrap_or_else(|error| panic!("{error}"))
}

/// Turns of a history that are written at once: some of them as rows, most of them soon in blocks.
const TURNS_A_WRITE: usize = 10;

/// A store with a seeded history in it, closed, and the model of it.
pub fn furnished(dir: &Path, seed: u64, turns: usize) -> Model {
    let mut model = Model::new(seed);
    let mut store = open_at(dir);
    let commits: Vec<Commit> = (0..turns).map(|_| model.turn()).collect();
    for commits in commits.chunks(TURNS_A_WRITE) {
        store.commit(commits).expect("the history is sound");
        store.settle().expect("the history is sound");
    }
    store.close().expect("nothing hinders closing");
    model
}

/// The reader finds exactly what the model remembers.
pub fn assert_same(reader: &Reader, model: &Model) {
    assert_eq!(reader.restore().expect("readable"), model.restored());
    assert_eq!(
        reader.packs(PackFilter::default()).expect("readable"),
        model.rows()
    );
    assert_eq!(reader.batches().expect("readable"), model.batches());
    for (no, tally) in model.tallies() {
        assert_eq!(
            reader.tally(*no).expect("readable"),
            *tally,
            "books of {no:?}"
        );
    }
}

#[test]
fn every_prefix_of_a_history_is_restored_as_it_was() {
    for seed in 1..=4 {
        let dir = tempfile::tempdir().expect("a folder");
        let mut model = Model::new(seed);
        let mut store = open_at(dir.path());
        let reader = reader_at(dir.path());
        for turn in 0..90 {
            let through = store.commit(&[model.turn()]).expect("the history is sound");
            assert_eq!(through, model.restored().last_seq);
            assert_same(&reader, &model);
            if turn % 6 == 0 {
                drop(store); // as a crash leaves it: nothing carried over, nothing closed in order
                assert_same(&reader_at(dir.path()), &model); // nobody needs to run for a look
                store = open_at(dir.path());
                assert_same(&store.reader().expect("readable"), &model);
            }
        }
        assert!(model.rows().len() > 30, "the history has packs");
        let history: Vec<_> = model.history();
        let mut read = Vec::new();
        reader
            .for_each_record(0, |stored| read.push((stored.utc_ms, stored.record)))
            .unwrap();
        assert_eq!(read, history);
        let status = reader.audit().expect("records and projections agree");
        assert_eq!(status, reader.chain_check().expect("whole"));
        assert_eq!((status.commits, status.records), (90, history.len() as u64));
    }
}

#[test]
fn questions_find_packs_by_batch_number_serial_and_openness() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = furnished(dir.path(), 11, 120);
    let reader = reader_at(dir.path());
    let rows = model.rows();
    for (batch, _) in model.batches() {
        let filter = PackFilter {
            batch: Some(batch.no),
            ..PackFilter::default()
        };
        let wanted: Vec<_> = rows
            .iter()
            .filter(|row| row.batch == Some(batch.no))
            .cloned()
            .collect();
        assert_eq!(reader.packs(filter).unwrap(), wanted);
    }
    let filter = PackFilter {
        open: true,
        after: PackNo(5),
        ..PackFilter::default()
    };
    let wanted: Vec<_> = rows
        .iter()
        .skip(5)
        .filter(|row| row.fate.is_none())
        .cloned()
        .collect();
    assert_eq!(reader.packs(filter).unwrap(), wanted);
    let mut numbered = 0;
    for row in &rows {
        let records = reader.records_of(row.pack).unwrap();
        let wanted: Vec<_> = model
            .history()
            .into_iter()
            .filter(|(_, record)| record.fact.pack() == Some(row.pack))
            .collect();
        assert_eq!(records.len(), wanted.len());
        assert!(
            records
                .iter()
                .zip(&wanted)
                .all(|(r, w)| (r.utc_ms, &r.record) == (w.0, &w.1))
        );
        if let (Some(gtin), Some(serial)) = (model.gtin_of_pack(row), &row.serial) {
            numbered += 1;
            assert_eq!(
                reader.pack_of_number(gtin, serial.index).unwrap(),
                Some(row.pack)
            );
        }
    }
    assert!(numbered > 10, "the history has serials");
    let station = reader.last_station_records(3).unwrap();
    let mut wanted: Vec<_> = model
        .history()
        .into_iter()
        .filter(|(_, r)| r.fact.pack().is_none())
        .collect();
    wanted.drain(..wanted.len() - 3);
    assert_eq!(
        station
            .into_iter()
            .map(|s| (s.utc_ms, s.record))
            .collect::<Vec<_>>(),
        wanted
    );
    let counts = reader.counts().unwrap();
    assert_eq!(counts.packs, rows.len() as u64);
    assert_eq!(counts.records, model.history().len() as u64);
    assert_eq!(
        (counts.commits, counts.batches),
        (120, model.batches().len() as u64)
    );
}

/// One fact of every kind, in an order that makes sense. A new kind makes `kinds_are_complete` fail
/// to compile.
fn every_fact() -> Vec<Fact> {
    let pack = PackNo(1);
    let plc = PlcPack {
        lane: LaneNo::FIRST,
        boot: u16::MAX,
        id: u32::MAX,
    };
    let mut gone = Tally::default();
    gone.enter();
    gone.take_number();
    gone.void_number();
    let low = Outcome::LowGrade {
        parameter: "modulation".to_owned(),
    };
    let mut graded = verdict(
        low.clone(),
        Some(Some(("]d2\u{1d}\u{0}\u{7f}é\"\\".to_owned(), None))),
    );
    let mut by_parameter = [Tenths::BEST; 8];
    by_parameter[Parameter::Modulation as usize] = Tenths(12);
    graded.grades = Some(Grades {
        by_parameter,
        indicative: false,
        growth_percent: [-12, 30],
    });
    graded.looks_like = Some(Cause::DeadElement {
        line: ModuleLine::Row,
        number: 144,
        tenth_mm: None,
    });
    graded.text = TextSeen::Wrong(TextFinding {
        field: "serial".to_owned(),
        line: "SN \"1\u{1F600}".to_owned(),
        fault: TextFault::Differs {
            position: 255,
            expected: '"',
            looks_like: Some('Ğ'),
        },
    });
    let fate = Fate::RejectedByVerdict;
    let booking = tally::Booking {
        outcome: Some(&low),
        numbered: true,
        voided: true,
    };
    gone.leave(fate, booking);
    vec![
        Fact::StationStarted {
            station_boot: 7,
            version: "0.1.0".to_owned(),
            station: None,
        },
        Fact::BatchOpened(batch(1, "09506000134352")),
        Fact::PlcBooted {
            lane: LaneNo::FIRST,
            old: None,
            new: 65535,
            from: Some(u32::MAX),
        },
        Fact::PackEntered {
            pack,
            batch: Some(BatchNo(1)),
            plc,
            origin: Origin::Detected,
        },
        Fact::SerialReserved {
            pack,
            serial: SerialNumber {
                index: POOL_INDEX_FIRST - 1,
                text: "7G4K2M9QXTAB".to_owned(),
            },
        },
        Fact::SerialVoided {
            pack,
            cause: VoidCause::StationRestarted,
        },
        Fact::Verified {
            pack,
            verdict: graded,
        },
        Fact::Gated {
            pack,
            fate,
            into: None,
        },
        Fact::Decommissioned { pack, fate },
        Fact::Resynchronised {
            cause: "clear".to_owned(),
            voided: 3,
        },
        Fact::AlarmRaised {
            alarm: "disk".to_owned(),
            detail: "14 % left".to_owned(),
        },
        Fact::AlarmAcknowledged {
            alarm: "disk".to_owned(),
        },
        Fact::AlarmCleared {
            alarm: "disk".to_owned(),
        },
        Fact::Stopped {
            cause: "sync".to_owned(),
            latched: None,
        },
        Fact::StopWithdrawn,
        Fact::RejectNextOrdered,
        Fact::BatchClosed {
            batch: BatchNo(1),
            tally: gone,
        },
        Fact::StationEnded,
        Fact::Challenged { pack, proven: true },
        Fact::PictureKept {
            pack,
            picture: KeptPicture {
                coding: PictureCoding::Jpeg,
                bytes: u64::MAX,
                sha256: PictureHash([0xA7; 32]),
            },
        },
        Fact::PictureNotKept {
            pack,
            why: "it has 9 bytes and 2000 of 2000 MB are used".to_owned(),
        },
        Fact::PicturesRemoved {
            through: pack,
            pictures: 6250,
            bytes: 250_000_000,
            except: vec![BatchNo(3), BatchNo(u32::MAX)],
        },
        Fact::TextCompared {
            batch: BatchNo(1),
            taught: Some(GlyphsHash([0x5C; 32])),
        },
        Fact::Recovered(Recovery {
            causes: vec![RecoveryCause::StationStart, RecoveryCause::PlcRestart],
            since: u64::MAX >> 1,
            through: pack,
            packs: 10,
            fates: Fates {
                good: 1,
                rejected: 2,
                removed: 3,
                unknown: 4,
            },
        }),
        Fact::People(PeopleFact::SignInRuled {
            old: SignIn::NamesOnly,
            new: SignIn::Required,
        }),
        Fact::Signed {
            meaning: Meaning::Reviewed,
            of: Signed::Act {
                order: OrderHash([0x1D; 32]),
                first: 1,
                last: u64::MAX,
            },
        },
        Fact::Packaging(PackagingFact::Begun {
            container: ContainerNo(1),
            level: Level(2),
            name: "case".to_owned(),
            code: ContainerCode::Sscc("106141412345678908".parse().expect("an SSCC")),
            batch: None,
            capacity: Some(40),
        }),
        Fact::Journey(JourneyFact {
            step: Step::Shipped,
            subjects: vec![
                Subject::Unit(Unit::Container(ContainerNo(1))),
                Subject::Lot {
                    gtin: "09506000134352".parse().expect("a GTIN"),
                    lot: "A/1".parse().expect("a lot"),
                },
            ],
            partner: Some("9521321000018".parse().expect("a GLN")),
            documents: vec!["DN \"7\"".to_owned()],
            told_utc_ms: Some(-1),
        }),
        Fact::Lot(LotFact::LineCleared {
            after: Some(BatchNo(1)),
            packs: u64::MAX >> 1,
            last_pack: pack,
        }),
        Fact::Pool(PoolFact::Exported {
            token: "PO-4711/\"7\"".parse().expect("a token"),
            gtin: "09521234543213".parse().expect("a GTIN"),
            first: POOL_INDEX_FIRST - 5,
            count: 5,
        }),
        Fact::Partner(PartnerFact::CaptureDecided {
            document: u64::MAX >> 1,
            skipped: true,
        }),
        Fact::Label(LabelFact::Installed {
            slot: LabelSlot::Level(Level(1)),
            label: LabelText::new("Käse.toml", "name = \"K\"\n[label]\n"),
        }),
        Fact::Configured {
            changes: vec![SettingChange {
                key: "printer[Käse].address".to_owned(),
                old: None,
                new: Some("\"1:2,".to_owned()),
            }],
        },
        Fact::AlarmShelved {
            alarm: "disk".to_owned(),
            minutes: u16::MAX,
        },
        Fact::AlarmUnshelved {
            alarm: "disk".to_owned(),
        },
        Fact::DeviceOrdered {
            device: "camera 2".to_owned(),
            order: DeviceOrder::SetUp { seconds: u16::MAX },
        },
    ]
}

fn kind(fact: &Fact) -> usize {
    match fact {
        Fact::StationStarted { .. } => 0,
        Fact::BatchOpened(_) => 1,
        Fact::PlcBooted { .. } => 2,
        Fact::PackEntered { .. } => 3,
        Fact::SerialReserved { .. } => 4,
        Fact::SerialVoided { .. } => 5,
        Fact::Verified { .. } => 6,
        Fact::Gated { .. } => 7,
        Fact::Decommissioned { .. } => 8,
        Fact::Resynchronised { .. } => 9,
        Fact::AlarmRaised { .. } => 10,
        Fact::AlarmAcknowledged { .. } => 11,
        Fact::AlarmCleared { .. } => 12,
        Fact::Stopped { .. } => 13,
        Fact::StopWithdrawn => 14,
        Fact::RejectNextOrdered => 15,
        Fact::BatchClosed { .. } => 16,
        Fact::StationEnded => 17,
        Fact::Challenged { .. } => 18,
        Fact::PictureKept { .. } => 19,
        Fact::PictureNotKept { .. } => 20,
        Fact::PicturesRemoved { .. } => 21,
        Fact::TextCompared { .. } => 22,
        Fact::Recovered(_) => 23,
        Fact::People(_) => 24,
        Fact::Signed { .. } => 25,
        Fact::Packaging(_) => 26,
        Fact::Journey(_) => 27,
        Fact::Lot(_) => 28,
        Fact::Pool(_) => 29,
        Fact::Partner(_) => 30,
        Fact::Label(_) => 31,
        Fact::Configured { .. } => 32,
        Fact::AlarmShelved { .. } => 33,
        Fact::AlarmUnshelved { .. } => 34,
        Fact::DeviceOrdered { .. } => 35,
    }
}

#[test]
fn every_kind_of_fact_comes_back_as_it_went_in() {
    let facts = every_fact();
    assert!(
        facts.iter().map(kind).eq(0..facts.len()),
        "one of every kind"
    );
    let reasons = [
        None,
        Some(String::new()),
        Some("Tablette, \"2\"\n\u{1d}漢".to_owned()),
    ];
    let actors = [
        Actor::Station,
        Actor::Machine,
        Actor::Person("station".to_owned()),
        Actor::Named("person:M".to_owned()),
    ];
    let records: Vec<Record> = facts
        .into_iter()
        .zip(1..)
        .map(|(fact, seq)| Record {
            seq,
            at: Tick((i64::MAX as u64) - 100 + seq),
            point: PointId(if seq == 1 { u16::MAX } else { seq as u16 }),
            actor: actors[seq as usize % 4].clone(),
            reason: reasons[seq as usize % 3].clone(),
            template: (seq % 2 == 0).then_some(TemplateHash([seq as u8; 32])),
            fact,
        })
        .collect();
    let dir = tempfile::tempdir().expect("a folder");
    let mut store = open_at(dir.path());
    store
        .commit(&[Commit::of(-1, records.clone())])
        .expect("sound");
    let mut read = Vec::new();
    let reader = store.reader().unwrap();
    reader
        .for_each_record(0, |stored| read.push(stored))
        .unwrap();
    assert!(read.iter().all(|stored| stored.utc_ms == -1));
    assert_eq!(
        read.into_iter()
            .map(|stored| stored.record)
            .collect::<Vec<_>>(),
        records
    );
    reader.audit().expect("records and projections agree");
}

/// The recipe at the head of the store's room, once more, with nothing but rows and SHA-256.
#[test]
fn anyone_can_follow_the_chain_with_rows_and_sha256() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = furnished(dir.path(), 21, 240);
    let status = reader_at(dir.path()).chain_check().expect("whole");
    let path = dir.path().join("vidimus.db");
    let database = Connection::open(&path).unwrap();
    let texts = |sql: &str| -> Vec<(i64, Vec<u8>, Vec<u8>)> {
        let mut rows = database.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    let blocks = texts("SELECT last_seq, hash, body FROM blocks ORDER BY last_seq");
    let recent = texts("SELECT last_seq, hash, CAST(text AS BLOB) FROM commits ORDER BY last_seq");
    assert!(blocks.len() > 3 && recent.len() > 3, "both kinds are there");
    let (mut head, mut after) = (vec![0_u8; 32], 0_i64);
    for (last, hash, body) in &blocks {
        let mut texts = Vec::new();
        let mut inflated = flate2::read::ZlibDecoder::new(&body[..]);
        inflated.read_to_end(&mut texts).unwrap();
        let mut rest = &texts[..];
        while let Some(colon) = rest.iter().position(|byte| *byte == b':') {
            let length: usize = std::str::from_utf8(&rest[..colon])
                .unwrap()
                .parse()
                .unwrap();
            let (text, behind) = rest[colon + 1..].split_at(length);
            head = Sha256::digest([&head, text].concat()).to_vec();
            rest = &behind[1..];
        }
        assert_eq!(&head, hash);
        after = *last;
    }
    for (last, hash, text) in &recent {
        head = Sha256::digest([&head[..], text].concat()).to_vec();
        assert_eq!(&head, hash);
        after = *last;
    }
    assert_eq!(head, status.head, "the head is the last commit's hash");
    assert_eq!(after as usize, model.history().len());
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_recipe.py");
    match std::process::Command::new("python3")
        .arg(recipe)
        .arg(&path)
        .output()
    {
        Ok(said) => {
            let hex: String = status
                .head
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let text = String::from_utf8_lossy(&said.stdout).into_owned();
            assert_eq!(text.trim(), format!("240 {hex}"), "{said:?}");
        }
        Err(error) => eprintln!("SKIPPED: the recipe in Python was not run, {error}."),
    }
}

#[test]
fn the_writer_acknowledges_in_order_and_only_what_can_be_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut model = Model::new(31);
    let (told, events) = mpsc::channel();
    let writer = open_at(dir.path())
        .start(move |event| told.send(event).unwrap())
        .unwrap();
    let commits: Vec<Commit> = (0..400).map(|_| model.turn()).collect();
    let last = model.restored().last_seq;
    for commit in &commits {
        writer.commit(commit.clone()).expect("the queue holds them");
    }
    let reader = reader_at(dir.path());
    let (mut acknowledged, mut groups) = (0, 0);
    while acknowledged < last {
        match events
            .recv_timeout(Duration::from_secs(60))
            .expect("the disk answers")
        {
            StoreEvent::Committed { through, .. } => {
                assert!(through > acknowledged, "in order");
                acknowledged = through;
                groups += 1;
                assert!(reader.counts().unwrap().records >= acknowledged);
            }
            StoreEvent::Failed { text } => panic!("{text}"),
        }
    }
    assert!(
        groups < commits.len(),
        "commits that wait are written together"
    );
    assert_eq!(
        reader.counts().unwrap().commits,
        400,
        "each keeps its own seal and clock"
    );
    drop(reader);
    writer.close().expect("nothing hinders closing");
    assert!(events.recv().is_err(), "nothing comes after the end");
    let reader = reader_at(dir.path());
    assert_same(&reader, &model);
    assert_eq!(
        reader.sizes().unwrap().log,
        0,
        "an orderly end carries the log over"
    );
}

#[test]
fn memory_keeps_a_store_as_long_as_someone_looks() {
    let options = OpenOptions {
        medium: Medium::Memory("promise".to_owned()),
        ..options()
    };
    let nowhere = Path::new("/nowhere");
    let mut model = Model::new(41);
    let mut store = open(nowhere, options.clone()).expect("memory needs no folder");
    store.commit(&[model.turn(), model.turn()]).unwrap();
    let reader = store.reader().unwrap();
    drop(store);
    let mut store = open(nowhere, options).expect("it is still there");
    store.commit(&[model.turn()]).unwrap();
    assert_same(&reader, &model);
    assert!(reader.sizes().unwrap().database > 0);
}

/// Prints how fast and how large; says nothing of what is good enough. More packs:
/// `VIDIMUS_STORE_PACKS=1000000`.
#[test]
fn figures_of_speed_and_size() {
    let packs: u64 = match std::env::var("VIDIMUS_STORE_PACKS") {
        Ok(text) => text.parse().expect("VIDIMUS_STORE_PACKS is a number"),
        Err(_) => 10_000,
    };
    let dir = tempfile::tempdir().expect("a folder");
    let mut store = open_at(dir.path());
    let empty = store.reader().unwrap().sizes().unwrap().database;
    let mut seq = 0;
    let mut turn = |facts: Vec<Fact>| {
        let mut record = |fact| {
            seq += 1;
            Record {
                seq,
                at: Tick(3_600_000_000_000 + seq * 20_000_000),
                point: PointId(1),
                actor: Actor::Station,
                reason: None,
                template: Some(TemplateHash([7; 32])),
                fact,
            }
        };
        let records = facts.into_iter().map(&mut record).collect();
        Commit::of(1_790_000_000_000, records)
    };
    let product = batch(1, "09506000134352");
    let gtin = product.gtin;
    store
        .commit(&[turn(vec![Fact::BatchOpened(product)])])
        .unwrap();
    let mut life = |no: u64| {
        let (pack, plc) = (
            PackNo(no),
            PlcPack {
                lane: LaneNo::FIRST,
                boot: 40_000,
                id: no as u32,
            },
        );
        let origin = Origin::Detected;
        let serial = crate::store_model::serial(&gtin, no - 1);
        [
            turn(vec![
                Fact::PackEntered {
                    pack,
                    batch: Some(BatchNo(1)),
                    plc,
                    origin,
                },
                Fact::SerialReserved { pack, serial },
            ]),
            turn(vec![Fact::Verified {
                pack,
                verdict: verdict(Outcome::Pass, Some(None)),
            }]),
            turn(vec![Fact::Gated {
                pack,
                fate: Fate::Good,
                into: None,
            }]),
        ]
    };
    let single: Vec<Commit> = (1..=100).flat_map(&mut life).collect();
    let begun = Instant::now();
    single
        .chunks(1)
        .for_each(|one| assert!(store.commit(one).unwrap() > 0));
    store.settle().unwrap();
    let alone = begun.elapsed();
    let begun = Instant::now();
    let mut from = 101;
    while from <= packs {
        let to = packs.min(from + 99);
        let group: Vec<Commit> = (from..=to).flat_map(&mut life).collect();
        store.commit(&group).unwrap();
        store.settle().unwrap();
        from = to + 1;
    }
    let grouped = begun.elapsed();
    store.close().unwrap();
    let begun = Instant::now();
    let store = open_at(dir.path());
    let opening = begun.elapsed();
    let reader = store.reader().unwrap();
    let begun = Instant::now();
    let restored = reader.restore().unwrap();
    let restoring = begun.elapsed();
    assert_eq!(restored.seen.len() as u64, packs);
    let bytes = reader.sizes().unwrap().database - empty;
    println!("{packs} packs, 4 records and 3 commits each:");
    println!(
        "  one commit a write: {:.0} commits/s",
        300.0 / alone.as_secs_f64()
    );
    let commits = 3.0 * (packs - 100) as f64;
    println!(
        "  300 commits a write: {:.0} commits/s",
        commits / grouped.as_secs_f64()
    );
    println!(
        "  {} bytes a pack, all included but empty tables",
        bytes / packs
    );
    println!("  opening with all checks {opening:?}, restoring {restoring:?}");
    assert!(bytes / packs < 200, "a pack costs less than 200 bytes");
}

/// A store written before batches demanded anything: its records do not have the field, and such a batch goes on
/// as it was run.
#[test]
fn a_batch_of_an_older_version_demands_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut opened = batch(3, "09506000134352");
    let demands = serde_json::to_string(&opened.quality).expect("it is JSON");
    let record = Record {
        seq: 1,
        at: Tick(5),
        point: PointId::STATION,
        actor: Actor::Station,
        reason: None,
        template: None,
        fact: Fact::BatchOpened(opened.clone()),
    };
    let (utc_ms, records) = (9, vec![record]);
    let mut store = open_at(dir.path());
    store.commit(&[Commit::of(utc_ms, records)]).expect("sound");
    drop(store);
    let database = Connection::open(dir.path().join("vidimus.db")).unwrap();
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let body = serde_json::to_string(&Fact::BatchOpened(opened.clone())).expect("it is JSON");
    let old = body.replace(&format!(",\"quality\":{demands}"), "");
    assert!(old.len() < body.len(), "{body}");
    // The chain as that version wrote it.
    let net = |text: &str| format!("{}:{text},", text.len());
    let said = ["9", "1", "5", "0", "station"].map(net).concat() + "--" + &net(&old);
    let hash = Sha256::digest([&[0; 32], said.as_bytes()].concat()).to_vec();
    let again = text("SELECT sql FROM sqlite_schema WHERE name = 'commits_keep'");
    database.execute_batch("DROP TRIGGER commits_keep").unwrap();
    let commit = "UPDATE commits SET text = ?1, hash = ?2";
    database.execute(commit, (said, &hash)).unwrap();
    database
        .execute("UPDATE head SET hash = ?1", [&hash])
        .unwrap();
    database.execute_batch(&again).unwrap();
    drop(database);
    let reader = open_at(dir.path()).reader().expect("it is readable");
    reader.audit().expect("records and projections agree");
    opened.quality = QualityRules::default();
    let restored = reader.restore().expect("it is restored").batch;
    assert_eq!(restored.map(|(batch, _)| batch), Some(opened));
}

/// Histories in all their stages: rows alone, blocks of few commits, packs whose records come late.
#[test]
fn whatever_is_in_blocks_already_a_restart_finds_what_the_model_remembers() {
    for seed in 1..=300 {
        let dir = tempfile::tempdir().expect("a folder");
        let small = OpenOptions {
            block_bytes: 1 << 10,
            ..options()
        };
        let mut model = Model::new(seed);
        let mut store = open(dir.path(), small.clone()).expect("an empty folder");
        for turn in 0..60 {
            store.commit(&[model.turn()]).expect("sound");
            store.settle().expect("sound");
            if turn % 20 == 19 {
                drop(store);
                store = open(dir.path(), small.clone()).expect("sound");
            }
            let found = store.reader().and_then(|reader| reader.restore());
            assert_eq!(
                found.expect("readable"),
                model.restored(),
                "seed {seed}, turn {turn}"
            );
        }
    }
}
