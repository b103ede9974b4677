//! File systems that die under a running station: a loop-mounted ext4 or XFS is shut down without flushing anything,
//! mounted again, and must hold what the station had acknowledged.
//!
//! The station is frozen *before* the shutdown. An fsync that is in flight while a file system is shut down may return
//! success, so a station that still runs could acknowledge something that is not there; a frozen one cannot, just as
//! one whose power is gone. Acknowledgements go to a file outside the dying disk.
//!
//! Everything happens in a child process with mounts of its own, which the kernel takes away with the last process
//! that sees them; the loop device goes with its mount. So nothing stays behind, however a test ends.
//! `VIDIMUS_POWER_ROUNDS=N` asks for N rounds a file system. Full disks stand in `tests/store_crash.rs`.

use crate::crash_images::scratch;
use crate::recording::Recorder;
use crate::store_model::{Dice, Model};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vidimus::store::{Medium, OpenOptions, StoreError, open};

/// Rounds a file system at every run of the tests.
const ROUNDS: u64 = 20;
/// Rounds after which a new store begins: each round reads all of it again.
const ROUNDS_OF_ONE_STORE: u64 = 20;
/// Rounds of the control, whose store only seems to sync.
const CONTROL_ROUNDS: u64 = 4;
/// How long a station may take to acknowledge its first commit.
const FIRST_ACKNOWLEDGEMENT_MAX: Duration = Duration::from_secs(60);
/// Longest life of a station after that, in microseconds.
const LIFE_US_MAX: u64 = 300_000;
/// `_IOR('X', 125, u32)`, FS_IOC_SHUTDOWN of the kernel's `fs.h`.
const FS_IOC_SHUTDOWN: rustix::ioctl::Opcode = 0x8004_587D;
/// FS_SHUTDOWN_FLAGS_NOLOGFLUSH: not even the file system's own journal is written out.
const NO_LOG_FLUSH: u32 = 2;

/// Names the file system to the child with mounts of its own.
const INSIDE: &str = "VIDIMUS_POWER_FILE_SYSTEM";
/// Names the folder of the store to the station.
const STATION: &str = "VIDIMUS_POWER_STATION";
/// Names the file of its acknowledgements.
const TOLD: &str = "VIDIMUS_POWER_TOLD";
/// Whether it is weakened.
const WEAK: &str = "VIDIMUS_POWER_WEAK";
const SEED: u64 = 95;

/// Runs one test of this program alone, with `before` in front of the command.
fn one_test(before: &[&str], name: &str) -> Command {
    let program = std::env::current_exe().expect("this program");
    let mut words = before.iter().map(Path::new).chain([program.as_path()]);
    let mut command = Command::new(words.next().expect("at least the program"));
    command.args(words).args(["--exact", name, "--nocapture"]);
    command
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[test]
fn a_file_system_that_dies_at_any_moment_keeps_what_was_acknowledged() {
    let apart = ["unshare", "--mount", "--propagation", "private"];
    if !succeeds(Command::new(apart[0]).args(&apart[1..]).arg("true")) {
        crate::tell(
            "SKIPPED: no mounts of our own (not root?): power cuts on a real file system are not proven.",
        );
        return;
    }
    for (kind, name) in [("ext4", "ext4"), ("xfs", "XFS")] {
        if !succeeds(Command::new(format!("mkfs.{kind}")).arg("-V")) {
            crate::tell(&format!(
                "SKIPPED: no mkfs.{kind} here: power cuts on {name} are not proven."
            ));
            continue;
        }
        let mut inside = one_test(&apart, "real_disk::inside_with_mounts_of_its_own");
        let ended = inside
            .env(INSIDE, kind)
            .status()
            .expect("it was possible before");
        assert!(ended.success(), "{name}: see above");
    }
}

/// A file system in a file, mounted by a loop device.
struct LoopDisk {
    file: PathBuf,
    mounted: PathBuf,
}

impl LoopDisk {
    fn make(folder: &Path, kind: &str) -> LoopDisk {
        const BYTES: u64 = 512 << 20;
        let (file, mounted) = (folder.join("disk"), folder.join("mounted"));
        File::create(&file)
            .and_then(|file| file.set_len(BYTES))
            .expect("a sparse file");
        std::fs::create_dir(&mounted).expect("a mount point");
        let force = if kind == "ext4" { "-F" } else { "-f" };
        let made = succeeds(
            Command::new(format!("mkfs.{kind}"))
                .args(["-q", force])
                .arg(&file),
        );
        assert!(made, "mkfs.{kind} makes a file system");
        LoopDisk { file, mounted }
    }

    fn mount(&self) -> bool {
        let mut mount = Command::new("mount");
        succeeds(
            mount
                .args(["-o", "loop"])
                .arg(&self.file)
                .arg(&self.mounted),
        )
    }

    /// The file system stops dead: nothing that was not synced is ever written.
    fn shut_down(&self) {
        let point = File::open(&self.mounted).expect("the mount point");
        // SAFETY: the opcode takes a pointer to one u32 and writes nothing.
        let done = unsafe {
            let request = rustix::ioctl::Setter::<FS_IOC_SHUTDOWN, u32>::new(NO_LOG_FLUSH);
            rustix::ioctl::ioctl(&point, request)
        };
        done.expect("root may shut a file system down");
    }

    fn unmount(&self) {
        let begun = Instant::now();
        while !succeeds(Command::new("umount").arg(&self.mounted)) {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "nobody is left on the disk"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A station in a process of its own; it does not outlive the test.
struct Station(Child);

impl Drop for Station {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Station {
    fn start(folder: &Path, told: &Path, weak: bool) -> Station {
        let mut command = one_test(&[], "real_disk::station_that_commits_until_it_is_cut");
        command
            .env_remove(INSIDE)
            .env(STATION, folder)
            .env(TOLD, told);
        if weak {
            command.env(WEAK, "1");
        }
        let started = command.stdout(Stdio::null()).spawn();
        Station(started.expect("this program"))
    }

    /// Freezes it; when this returns no thread of it is inside the kernel any more.
    fn freeze(&self) {
        let process = Pid::from_child(&self.0);
        kill_process(process, Signal::STOP).expect("a child of ours");
        let (_, state) = waitpid(Some(process), WaitOptions::UNTRACED)
            .expect("a child of ours")
            .expect("waiting ends with news");
        assert!(state.stopped(), "it runs until it is frozen");
    }
}

/// The last number in the file of acknowledgements; a last line without its end was not told.
fn last_told(told: &Path) -> u64 {
    let text = std::fs::read_to_string(told).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .next_back()
        .map_or(0, |line| line.parse().expect("a number"))
}

/// Opens the store with the real code on the real disk and holds it against the history.
fn judge(folder: &Path, acknowledged: u64) -> Result<u64, String> {
    let said = |error: StoreError| error.to_string();
    let store = open(folder, OpenOptions::default()).map_err(said)?;
    let held = store.last_seq();
    if held < acknowledged {
        return Err(format!("{acknowledged} was acknowledged, {held} is there"));
    }
    let mut model = Model::new(SEED);
    while model.last_seq() < held {
        model.turn();
    }
    let reader = store.reader().map_err(said)?;
    let mut records = Vec::new();
    reader
        .for_each_record(0, |stored| records.push((stored.utc_ms, stored.record)))
        .map_err(said)?;
    if model.last_seq() != held || records != model.history() {
        return Err(format!("the records up to {held} are not what happened"));
    }
    if reader.restore().map_err(said)? != model.restored() {
        return Err(format!(
            "what a restart finds at {held} is not what happened"
        ));
    }
    reader.audit().map_err(said)?;
    store.close().map_err(said)?;
    Ok(held)
}

/// One life of a station and its end; what it had acknowledged and what the disk holds.
fn round(
    disk: &LoopDisk,
    folder: &Path,
    told: &Path,
    weak: bool,
    dice: &mut Dice,
) -> (u64, Result<u64, String>) {
    let before = last_told(told);
    let station = Station::start(folder, told, weak);
    let begun = Instant::now();
    while last_told(told) == before {
        assert!(
            begun.elapsed() < FIRST_ACKNOWLEDGEMENT_MAX,
            "the station works"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_micros(dice.below(LIFE_US_MAX)));
    station.freeze();
    disk.shut_down();
    drop(station);
    disk.unmount();
    assert!(disk.mount(), "the file system recovers");
    let acknowledged = last_told(told);
    (acknowledged, judge(folder, acknowledged))
}

/// The test above inside its own mounts. Alone it does nothing.
#[test]
fn inside_with_mounts_of_its_own() {
    let Ok(kind) = std::env::var(INSIDE) else {
        return;
    };
    let folder = scratch();
    let disk = LoopDisk::make(folder.path(), &kind);
    if !disk.mount() {
        crate::tell(&format!(
            "SKIPPED: no loop device could be mounted: power cuts on {kind} are not proven."
        ));
        return;
    }
    let asked = std::env::var("VIDIMUS_POWER_ROUNDS").ok();
    let rounds = asked.map_or(ROUNDS, |text| {
        text.parse().expect("VIDIMUS_POWER_ROUNDS is a number")
    });
    let mut dice = Dice(96);
    let (mut records, mut held) = (0, 0);
    for number in 0..rounds {
        let generation = number / ROUNDS_OF_ONE_STORE;
        let store = disk.mounted.join(format!("store-{generation}"));
        let told = folder.path().join(format!("told-{generation}"));
        if number % ROUNDS_OF_ONE_STORE == 0 {
            held = 0;
        }
        let (acknowledged, found) = round(&disk, &store, &told, false, &mut dice);
        let now = found.unwrap_or_else(|loss| panic!("{kind}, round {number}: {loss}"));
        assert!(now > held, "every round gets further");
        records += acknowledged.saturating_sub(held);
        held = now;
    }
    crate::tell(&format!(
        "{kind}: {rounds} dead file systems, {records} records acknowledged, none lost"
    ));
    let mut lost = 0;
    for number in 0..CONTROL_ROUNDS {
        let store = disk.mounted.join(format!("control-{number}"));
        let told = folder.path().join(format!("told-{number}"));
        let (_, found) = round(&disk, &store, &told, true, &mut dice);
        lost += u64::from(found.is_err());
    }
    crate::tell(&format!(
        "{kind}, control with synchronous=NORMAL: {lost} of {CONTROL_ROUNDS} rounds lost what was acknowledged"
    ));
    assert!(lost > 0, "a test that cannot lose shows nothing");
    disk.unmount();
}

/// The station: goes on with the history where the store stands and tells every acknowledgement. Alone it does
/// nothing.
#[test]
fn station_that_commits_until_it_is_cut() {
    const TURNS_MAX: u64 = 100_000;
    let (Ok(folder), Ok(told)) = (std::env::var(STATION), std::env::var(TOLD)) else {
        return;
    };
    let folder = Path::new(&folder);
    let mut options = OpenOptions {
        // Small, so that some lives end while the log is carried over.
        checkpoint_pages: 100,
        ..OpenOptions::default()
    };
    if std::env::var(WEAK).is_ok() {
        let recorder = Recorder::register("control");
        recorder.begin(folder, []);
        recorder.weaken(1);
        recorder.sync_really();
        options.medium = Medium::Vfs(recorder.name().to_owned());
        // NORMAL syncs when it carries the log over; far apart, so that a short life shows the difference.
        options.checkpoint_pages = 1_000_000;
    }
    let mut store = open(folder, options).expect("a sound disk");
    let mut model = Model::new(SEED);
    while model.last_seq() < store.last_seq() {
        model.turn();
    }
    let mut told = File::options()
        .create(true)
        .append(true)
        .open(told)
        .expect("outside the disk");
    for _ in 0..TURNS_MAX {
        let through = store.commit(&[model.turn()]).expect("a sound disk");
        let line = format!("{through}\n");
        told.write_all(line.as_bytes()).expect("outside the disk");
        store.settle().expect("a sound disk");
    }
}
