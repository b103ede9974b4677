//! The pictures of rejected packs, through the whole program: kept, hashed into the record, bounded, checked; after a
//! kill nothing half-written counts, and a folder that cannot be written stops no pack.

use crate::e2e_bench::{Bench, Finished, Program, await_that, opening};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vidimus::record::{BatchNo, Fact, KeptPicture, Outcome, PackNo, Verdict};
use vidimus::vision::Picture;
use vidimus::wire::{Answer, LineState, OperatorCommand, View};

/// Most pictures that this station keeps.
const PICTURES_MAX: usize = 40;

fn station_file(bench: &Bench) -> PathBuf {
    let at = bench.addresses().expect("a factory runs");
    let address = |address: Option<String>| address.expect("the whole line is served");
    let (printer, plc, camera) = (address(at.printer), address(at.plc), address(at.camera));
    let file = bench.station_file(&printer, &plc, &camera);
    let text = std::fs::read_to_string(&file).expect("it is there");
    let few = toml::Value::Integer(PICTURES_MAX as i64);
    let text = vidimus::config::with_value(&text, "evidence", "max_pictures", &few);
    // Numbers of bad prints are void; this test closes the batch all the same.
    let many = toml::Value::Integer(1000);
    let text =
        text.and_then(|text| vidimus::config::with_value(&text, "batch", "unexplained_max", &many));
    std::fs::write(&file, text.expect("the keys are there")).expect("it can be written");
    file
}

fn start(file: &Path) -> Program {
    Program::start(&["run", "-c", file.to_str().expect("the path is UTF-8")])
}

/// Somebody who does what the screen asks for, and gives the line the time it needs for it.
struct Technician(Cell<Instant>);

impl Technician {
    fn new() -> Technician {
        Technician(Cell::new(Instant::now()))
    }

    fn look(&self, bench: &Bench, view: &View) {
        if view.state == LineState::Stopped && self.0.get() <= Instant::now() {
            self.0.set(Instant::now() + Duration::from_secs(4));
            bench.do_what_the_screen_asks(view);
        }
    }
}

fn feed(bench: &Bench, packs: u64) {
    let technician = Technician::new();
    let before = bench.view().map_or(0, |view| view.tally.entered);
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
    bench.await_view("all packs through the gate", |view| {
        technician.look(bench, view);
        view.tally.entered >= before + packs && view.tally.in_line == 0
    });
}

/// What the records say of pictures.
#[derive(Debug, Default)]
struct Told {
    verdicts: BTreeMap<PackNo, Verdict>,
    /// Every picture that was ever kept.
    kept: BTreeMap<PackNo, KeptPicture>,
    not_kept: BTreeSet<PackNo>,
    /// Those that should be there now.
    present: BTreeSet<PackNo>,
    removed: u64,
}

fn told(bench: &Bench) -> Told {
    let mut told = Told::default();
    let read = bench
        .reader()
        .for_each_record(0, |stored| match stored.record.fact {
            Fact::Verified { pack, verdict } => drop(told.verdicts.insert(pack, verdict)),
            Fact::PictureKept { pack, picture } => {
                told.kept.insert(pack, picture);
                told.present.insert(pack);
            }
            Fact::PictureNotKept { pack, .. } => drop(told.not_kept.insert(pack)),
            Fact::PicturesRemoved {
                through, pictures, ..
            } => {
                told.present.retain(|pack| *pack > through);
                told.removed += pictures;
            }
            _ => {}
        });
    read.expect("the records can be read");
    told
}

/// The files below `evidence`, by pack.
fn files(bench: &Bench) -> BTreeMap<PackNo, PathBuf> {
    let below = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries
            .map(|entry| entry.expect("it can be read").path())
            .collect::<Vec<_>>()
    };
    let all = below(bench.path().join("evidence"))
        .into_iter()
        .flat_map(below);
    all.map(|path| {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        (PackNo(stem.parse().expect("a pack's number")), path)
    })
    .collect()
}

fn check(bench: &Bench) -> (Option<i32>, Value) {
    let said = Program::run(&["evidence", "check", "--data", bench.text(), "--json"]);
    (said.code, said.json())
}

fn show(bench: &Bench, pack: PackNo, more: &[&str]) -> Finished {
    let no = pack.0.to_string();
    let args = ["evidence", "show", "--pack", &no, "--data", bench.text()];
    Program::run(&[&args[..], more].concat())
}

#[test]
fn rejected_packs_leave_their_picture_and_passed_ones_none() {
    let bench = Bench::new();
    let faults = ["--rate", "900", "--faults", "bad-print=0.3"];
    let (_factory, _) = bench.start_factory(&faults);
    let file = station_file(&bench);
    let station = start(&file);
    bench.await_view("a station that answers", |_| true);
    let batch = opening("LOT-1", "281231", None);
    assert_eq!(bench.order(batch), Answer::Done);
    feed(&bench, 100);
    assert_eq!(bench.order(OperatorCommand::CloseBatch), Answer::Done);
    let batch = opening("LOT-2", "281231", None);
    assert_eq!(bench.order(batch), Answer::Done);
    bench.await_view("the books of the second batch", |view| {
        let lot = view.batch.as_ref().map(|batch| batch.lot.as_str());
        lot == Some("LOT-2") && view.tally.entered == 0
    });
    feed(&bench, 70);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    // In an orderly end every picture of a reject is on record, one way or the other; of a pass none.
    let records = told(&bench);
    for (pack, verdict) in &records.verdicts {
        let pictured = verdict.picture.is_some() && !verdict.outcome.is_pass();
        let told = records.kept.contains_key(pack) || records.not_kept.contains(pack);
        assert!(
            told || !pictured,
            "no word of the picture of {pack:?}, {:?}",
            verdict.outcome
        );
        assert!(
            !(told && verdict.outcome.is_pass()),
            "a passed pack leaves none: {pack:?}"
        );
    }
    let passed = records
        .verdicts
        .iter()
        .find(|(_, verdict)| verdict.outcome.is_pass());
    let (passed, _) = passed.expect("packs pass");
    // More rejects than may be kept: the bound holds, who went is on record, and none went of the open batch.
    assert!(
        records.kept.len() > PICTURES_MAX,
        "{} rejects",
        records.kept.len()
    );
    assert!(records.removed > 0);
    let packs = bench.packs().into_iter();
    let open: BTreeSet<PackNo> = packs
        .filter(|row| row.batch == Some(BatchNo(2)))
        .map(|row| row.pack)
        .collect();
    let kept_open = records.kept.keys().filter(|pack| open.contains(pack));
    assert!(kept_open.clone().count() > 2);
    for pack in kept_open {
        assert!(
            records.present.contains(pack),
            "{pack:?} is of the open batch"
        );
    }
    let there = files(&bench);
    assert!(there.len() <= PICTURES_MAX, "{} pictures", there.len());
    assert_eq!(
        there.keys().copied().collect::<BTreeSet<_>>(),
        records.present
    );
    for (pack, path) in &there {
        let (bytes, picture) = (
            std::fs::read(path).expect("it can be read"),
            records.kept[pack],
        );
        assert_eq!(bytes.len() as u64, picture.bytes);
        assert_eq!(
            <[u8; 32]>::from(Sha256::digest(&bytes)),
            picture.sha256.0,
            "{pack:?}"
        );
        let seen = Picture::decode(&bytes).expect("it is a picture").origin();
        let verdict = &records.verdicts[pack];
        if let Some(origin) = verdict.picture {
            assert_eq!(
                (seen.width_px, seen.height_px),
                (origin.width_px, origin.height_px)
            );
        }
    }
    let (code, said) = check(&bench);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        (&said["ok"], &said["unrecorded"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(said["sound"], there.len());
    assert_eq!(said["removed"], records.kept.len() - there.len());

    overlays_are_drawn(&bench, &records, *passed);
    what_was_touched_is_named(&bench, &there);
    a_kill_leaves_nothing_half_written(&bench, &file);
    a_folder_that_cannot_be_written_stops_no_pack(&bench, &file);
}

fn overlays_are_drawn(bench: &Bench, records: &Told, passed: PackNo) {
    let out = bench.path().join("overlay.png");
    let out_text = out.to_str().expect("the path is UTF-8");
    // One that shows a symbol, if the faults left one.
    let symbol = |pack: &&PackNo| records.verdicts[pack].outcome == Outcome::NotDecodable;
    let pack = records
        .present
        .iter()
        .find(symbol)
        .or(records.present.first());
    let pack = *pack.expect("pictures are kept");
    let said = show(bench, pack, &["--overlay", out_text]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let sum = records.kept[&pack].sha256.to_string();
    assert!(
        said.out.contains(&sum) && said.out.contains("as recorded"),
        "{said:?}"
    );
    let drawn = image::open(&out)
        .expect("the overlay is a picture")
        .into_rgb8();
    let origin = records.verdicts[&pack].picture.expect("it had one");
    assert!(drawn.width() >= origin.width_px && drawn.height() > origin.height_px);
    let said = show(bench, pack, &["--json"]).json();
    assert_eq!(
        (&said["state"], &said["sha256"]),
        (&json!("as recorded"), &json!(sum))
    );
    let said = show(bench, passed, &[]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("passed"), "{said:?}");
    let said = show(bench, PackNo(999_999), &[]);
    assert!(
        said.code == Some(1) && said.err.contains("no pack 999999"),
        "{said:?}"
    );
}

fn what_was_touched_is_named(bench: &Bench, there: &BTreeMap<PackNo, PathBuf>) {
    let mut packs = there.iter();
    let (changed, path) = packs.next().expect("a picture");
    let (missing, gone) = packs.next().expect("a second picture");
    let sound = std::fs::read(path).expect("it can be read");
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, &bytes).expect("it can be written");
    let kept = std::fs::read(gone).expect("it can be read");
    std::fs::remove_file(gone).expect("it can be removed");
    let stray = path.with_file_name("777777.png");
    std::fs::write(&stray, &sound).expect("it can be written");
    let (code, said) = check(bench);
    assert_eq!(code, Some(13), "{said}");
    assert_eq!(said["ok"], false);
    assert_eq!(said["changed"], json!([path]));
    assert_eq!(said["missing"], json!([missing.0]));
    assert_eq!(said["unrecorded"], json!([stray]));
    assert_eq!(said["sound"], there.len() - 2);
    assert_eq!(show(bench, *changed, &[]).code, Some(13));
    let said = Program::run(&["evidence", "check", "--data", bench.text()]);
    assert!(
        said.out.contains("MISSING") && said.out.contains("CHANGED"),
        "{said:?}"
    );
    std::fs::write(path, &sound).expect("it can be written");
    std::fs::write(gone, &kept).expect("it can be written");
    std::fs::remove_file(&stray).expect("it can be removed");
    assert_eq!(check(bench).0, Some(0));
}

fn a_kill_leaves_nothing_half_written(bench: &Bench, file: &Path) {
    for _ in 0..2 {
        let station = start(file);
        bench.await_view("the batch of before", |view| view.batch.is_some());
        let (technician, before) = (Technician::new(), told(bench).kept.len());
        bench
            .factory(&json!({"do": "feed", "packs": 40}))
            .expect("it feeds");
        await_that("more pictures", || {
            bench
                .view()
                .iter()
                .for_each(|view| technician.look(bench, view));
            (told(bench).kept.len() > before + 2).then_some(())
        });
        station.kill();
        // Whatever the moment: what is on record is there as it was.
        let (code, said) = check(bench);
        assert_eq!(code, Some(0), "{said}");
    }
}

fn a_folder_that_cannot_be_written_stops_no_pack(bench: &Bench, file: &Path) {
    std::fs::rename(
        bench.path().join("evidence"),
        bench.path().join("elsewhere"),
    )
    .expect("it can be moved");
    std::fs::write(bench.path().join("evidence"), b"in the way").expect("it can be written");
    let before = told(bench);
    let station = start(file);
    bench.await_view("the batch of before", |view| view.batch.is_some());
    feed(bench, 20);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let after = told(bench);
    assert_eq!(after.kept.len(), before.kept.len());
    assert!(
        after.not_kept.len() > before.not_kept.len(),
        "each reject says that it has none"
    );
    let passes = |told: &Told| {
        told.verdicts
            .values()
            .filter(|verdict| verdict.outcome.is_pass())
            .count()
    };
    assert!(passes(&after) > passes(&before), "packs pass as before");
    assert!(bench.alarms_on_record().contains("evidence"));
    let (code, said) = check(bench);
    assert_eq!(code, Some(13), "the pictures are elsewhere: {said}");
    assert_eq!(
        said["missing"].as_array().map(Vec::len),
        Some(after.present.len())
    );
}
