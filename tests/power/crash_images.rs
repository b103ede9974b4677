//! Power cuts at any disk operation: the real store writes a history through the recorder, and every image that a cut
//! could leave is opened by the real store and held against that history.
//!
//! `VIDIMUS_IMAGES=N` asks for N images instead of those of every commit.

use crate::disk::{Disk, Image};
use crate::history::{History, Loss, options, write};
use crate::recording::{Entry, Failure, Fault, Recorder};
use crate::store_model::Dice;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use vidimus::store::{Store, open};

/// Images at every run of the tests.
const IMAGES: u64 = 20_000;
/// Threads that share them.
const THREADS: u64 = 2;
/// Cuts of one history.
const CUTS: u64 = 80;
/// One image in so many is audited in full: SQLite's own full check, and the projections worked out again. The chain
/// of every image is followed by the opening itself, which checks more commits than a history here has.
const AUDIT_EVERY: u64 = 10;
/// One image in so many is written on, cut again while it is opened and after, and judged again.
const AGAIN_EVERY: u64 = 4;
/// Cuts of such a second life.
const AGAIN_CUTS: u64 = 2;

/// A folder of its own in memory, if there is such a place: images come and go by the thousand.
pub fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    made.or_else(|_| tempfile::tempdir())
        .expect("a folder for the tests")
}

/// One thread's folders and recorder.
struct Bench {
    recorder: &'static Recorder,
    _folder: tempfile::TempDir,
    /// Where histories are written.
    life: PathBuf,
    /// Where images are opened.
    grave: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Bench {
        let folder = scratch();
        let (life, grave) = (folder.path().join("life"), folder.path().join("grave"));
        for folder in [&life, &grave] {
            std::fs::create_dir(folder).expect("an empty folder");
        }
        Bench {
            recorder: Recorder::register(name),
            _folder: folder,
            life,
            grave,
        }
    }
}

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    images: u64,
    audited: u64,
    second_cuts: u64,
    /// Cuts before the database had its name.
    in_creation: u64,
    /// Records that were on disk although nobody had acknowledged them yet.
    ahead: u64,
    with_blocks: u64,
    losses: BTreeMap<&'static str, u64>,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.images += other.images;
        self.audited += other.audited;
        self.second_cuts += other.second_cuts;
        self.in_creation += other.in_creation;
        self.ahead += other.ahead;
        self.with_blocks += other.with_blocks;
        for (kind, count) in other.losses {
            *self.losses.entry(kind).or_default() += count;
        }
    }

    fn lost(&mut self, loss: &Loss) {
        let kind = match loss {
            Loss::Refused(_) => "refused",
            Loss::Forgotten { .. } => "forgotten",
            Loss::Half { .. } => "half",
            Loss::Different { .. } => "different",
        };
        *self.losses.entry(kind).or_default() += 1;
    }
}

/// Opens the store in `folder` and writes the history from where it stands to its end, each acknowledgement into the
/// log. Now and then somebody reads meanwhile, or the store is closed in order, or dropped as by a kill, and opened
/// again.
fn live(history: &History, folder: &Path, recorder: &Recorder, dice: &mut Dice) {
    let open = || {
        let store = open(folder, options(recorder)).expect("a sound store opens");
        recorder.acknowledge(store.last_seq());
        store
    };
    let mut store = open();
    let begin = history
        .transactions_at(store.last_seq())
        .expect("whole transactions");
    for transaction in &history.transactions[begin..] {
        match dice.below(12) {
            0 => {
                store.close().expect("an orderly end");
                store = open();
            }
            1 => {
                drop(store);
                store = open();
            }
            2 if store.last_seq() > 0 => {
                // A reader in the middle of a long answer keeps checkpoints from carrying everything over.
                let reader = store.reader().expect("readable");
                let mut waits = Some(transaction);
                let read = reader.for_each_record(0, |_| {
                    if let Some(transaction) = waits.take() {
                        write(&mut store, transaction, recorder).expect("a sound disk");
                    }
                });
                read.expect("readable");
                continue;
            }
            _ => {}
        }
        write(&mut store, transaction, recorder).expect("a sound disk");
    }
}

/// Calls `each` with the image of each of `cuts` cuts of a log, at places that the dice pick.
fn cut(
    log: &[Entry],
    mut disk: Disk,
    cuts: u64,
    dice: &mut Dice,
    mut each: impl FnMut(Image, &mut Dice),
) {
    let mut places: Vec<usize> = (0..cuts)
        .map(|_| dice.below(log.len() as u64 + 1) as usize)
        .collect();
    places.sort_unstable();
    let mut done = 0;
    for place in places {
        log[done..place].iter().for_each(|entry| disk.take(entry));
        done = place;
        let image = disk.cut(dice);
        each(image, dice);
    }
}

/// Lays an image out, opens it, judges it; the store that opened it.
fn open_image(bench: &Bench, history: &History, image: &Image, audit: bool) -> Result<Store, Loss> {
    image.lay_out(&bench.grave);
    bench
        .recorder
        .begin(&bench.grave, image.files.keys().cloned());
    history.judge(&bench.grave, bench.recorder, image.acknowledged, audit)
}

/// One history with all its cuts. `losses` are counted, not fatal, when the store was weakened.
fn world(bench: &Bench, seed: u64, weak: Option<u8>) -> Count {
    let mut dice = Dice(seed);
    // Short ones are all creation.
    let transactions = *dice.pick(&[1, 25, 40, 55]);
    let history = History::of(seed, transactions);
    Image::default().lay_out(&bench.life);
    bench.recorder.begin(&bench.life, []);
    if let Some(level) = weak {
        bench.recorder.weaken(level);
    }
    live(&history, &bench.life, bench.recorder, &mut dice);
    let log = bench.recorder.take_log();
    let mut count = Count::default();
    let mut number = 0;
    cut(&log, Disk::default(), CUTS, &mut dice, |image, dice| {
        number += 1;
        let audit = number % AUDIT_EVERY == 0;
        count.images += 1;
        count.audited += u64::from(audit);
        count.in_creation += u64::from(!image.files.contains_key("vidimus.db"));
        let store = match open_image(bench, &history, &image, audit) {
            Ok(store) => store,
            Err(loss) if weak.is_some() => return count.lost(&loss),
            Err(loss) => panic!("seed {seed}, cut {number}: {loss}"),
        };
        count.ahead += store.last_seq() - image.acknowledged;
        let counts = store.reader().and_then(|reader| reader.counts());
        count.with_blocks += u64::from(counts.expect("readable").blocks > 0);
        if number % AGAIN_EVERY == 0 && weak.is_none() {
            count.add(live_and_die_again(
                bench, store, &history, &image, dice, seed,
            ));
        }
    });
    count
}

/// The station that opened a cut disk goes on a little, and the power goes again: anywhere since it began to open.
fn live_and_die_again(
    bench: &Bench,
    mut store: Store,
    history: &History,
    image: &Image,
    dice: &mut Dice,
    seed: u64,
) -> Count {
    let recorder = bench.recorder;
    recorder.acknowledge(store.last_seq());
    let begin = history
        .transactions_at(store.last_seq())
        .expect("whole transactions");
    let wanted = dice.below(4) as usize;
    for transaction in history.transactions[begin..].iter().take(wanted) {
        write(&mut store, transaction, recorder).expect("a sound disk");
    }
    match dice.below(2) {
        0 => store.close().expect("an orderly end"),
        _ => drop(store),
    }
    let log = recorder.take_log();
    let mut count = Count::default();
    cut(&log, Disk::holding(image), AGAIN_CUTS, dice, |second, _| {
        count.images += 1;
        count.second_cuts += 1;
        if let Err(loss) = open_image(bench, history, &second, false) {
            panic!("seed {seed}, second cut: {loss}");
        }
    });
    count
}

fn images_wanted() -> u64 {
    let asked = std::env::var("VIDIMUS_IMAGES").ok();
    asked.map_or(IMAGES, |text| {
        text.parse().expect("VIDIMUS_IMAGES is a number")
    })
}

#[test]
fn a_power_cut_at_any_disk_operation_loses_nothing_acknowledged() {
    let wanted = images_wanted();
    let begun = Instant::now();
    let mut count = Count::default();
    std::thread::scope(|scope| {
        let share = |thread: u64| {
            move || {
                let bench = Bench::new(&format!("cuts-{thread}"));
                let mut count = Count::default();
                let seeds = (0..).map(|turn| 1 + thread + turn * THREADS);
                for seed in seeds {
                    if count.images >= wanted.div_ceil(THREADS) {
                        break;
                    }
                    count.add(world(&bench, seed, None));
                }
                count
            }
        };
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(share(thread)))
            .collect();
        for thread in threads {
            count.add(thread.join().expect("no image is lost"));
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    crate::tell(&format!(
        "{} crash images, none lost: {} audited in full, {} second cuts, {} in creation, {} records ahead, \
         {} with blocks; \
         {:.0} images/s a thread",
        count.images,
        count.audited,
        count.second_cuts,
        count.in_creation,
        count.ahead,
        count.with_blocks,
        count.images as f64 / seconds / THREADS as f64
    ));
    assert!(count.images >= wanted && count.losses.is_empty());
    // The cuts fell where they should.
    assert!(
        count.second_cuts > wanted / 10 && count.in_creation > wanted / 100,
        "{count:?}"
    );
    assert!(
        count.ahead > 0 && count.with_blocks > count.images / 10,
        "cuts between the sync and the acknowledgement"
    );
}

/// The test tests itself: a store that does not sync what it acknowledges is found out.
#[test]
fn a_store_weakened_to_normal_or_off_is_caught_losing() {
    let bench = Bench::new("weak");
    for (level, name) in [(1, "NORMAL"), (0, "OFF")] {
        let mut count = Count::default();
        for seed in 1..=10 {
            count.add(world(&bench, seed, Some(level)));
        }
        crate::tell(&format!(
            "synchronous={name}: {} images, {:?}",
            count.images, count.losses
        ));
        let lost: u64 = count.losses.values().sum();
        assert!(lost > count.images / 10, "{name} loses: {count:?}");
        let forgotten = count.losses.get("forgotten").copied().unwrap_or(0);
        match level {
            1 => assert_eq!(
                forgotten, lost,
                "NORMAL forgets, but what is left is sound: {count:?}"
            ),
            _ => assert!(lost > forgotten, "OFF damages: {count:?}"),
        }
    }
}

/// A killed station leaves what it wrote in the kernel's memory, where the next one reads it whether or not it was
/// synced. What that one builds on must outlive a power cut all the same.
#[test]
fn what_a_killed_station_left_unsynced_is_made_durable_before_anything_is_built_on_it() {
    const KILLS: u64 = 400;
    let bench = Bench::new("kills");
    let mut dice = Dice(81);
    let mut unsynced = 0;
    for kill in 0..KILLS {
        let history = History::of(1000 + kill, 12);
        Image::default().lay_out(&bench.life);
        bench.recorder.begin(&bench.life, []);
        let mut store = open(&bench.life, options(bench.recorder)).expect("an empty folder");
        bench.recorder.arm(Fault {
            operation: None,
            after: dice.below(120),
            failure: Failure::Dead,
        });
        let mut acknowledged = 0;
        for transaction in &history.transactions {
            let Ok(through) = write(&mut store, transaction, bench.recorder) else {
                break;
            };
            acknowledged = through;
        }
        drop(store);
        bench.recorder.heal();
        // The power stays on: the next station sees all that was written.
        let store = open(&bench.life, options(bench.recorder)).expect("a kill harms nothing");
        let held = store.last_seq();
        assert!(held >= acknowledged, "kill {kill}");
        unsynced += u64::from(held > acknowledged);
        bench.recorder.acknowledge(held);
        drop(store);
        let mut disk = Disk::default();
        bench
            .recorder
            .take_log()
            .iter()
            .for_each(|entry| disk.take(entry));
        let image = disk.cut(&mut dice);
        if let Err(loss) = open_image(&bench, &history, &image, false) {
            panic!("kill {kill}: {loss}");
        }
    }
    crate::tell(&format!(
        "{KILLS} kills, each followed by a power cut; {unsynced} left records nobody had acknowledged"
    ));
    assert!(
        unsynced > 0,
        "some kills fell between the write and its sync"
    );
}
