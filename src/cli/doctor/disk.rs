//! The disk under the store: what kind of file system, how much room, how long a sync takes.

use super::finding::{Finding, State, Topic, quoted};
use crate::config::Config;
use crate::store;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Syncs that are timed.
const SYNCS: usize = 50;
/// Bytes that are written before each: a page of the store's log.
const SYNC_BYTES: usize = 4096;
/// No more syncs are timed after so long.
const SYNCS_WAIT: Duration = Duration::from_secs(4);

/// File systems that keep nothing when the power goes.
const MEMORY: &[&str] = &["tmpfs", "ramfs", "rootfs"];
/// File systems on another computer.
const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "virtiofs",
    "ceph",
    "glusterfs",
    "sshfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "davfs",
    "afs",
];

/// The folder itself, or the nearest one above it that is there.
pub fn nearest(dir: &Path) -> PathBuf {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let mut above = absolute.ancestors();
    let found = above.find(|one| one.is_dir());
    found.map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

/// Where a folder is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    kind: String,
    options: String,
}

/// The mount of this absolute path, from the text of `/proc/self/mountinfo`.
fn mount_of(path: &Path, mountinfo: &str) -> Option<Mount> {
    let mut best: Option<(usize, Mount)> = None;
    for line in mountinfo.lines() {
        let Some((before, after)) = line.split_once(" - ") else {
            continue;
        };
        let before: Vec<&str> = before.split(' ').collect();
        let after: Vec<&str> = after.split(' ').collect();
        let ([_, _, _, _, at, options, ..], [kind, ..]) = (&before[..], &after[..]) else {
            continue;
        };
        let at = at.replace("\\040", " ");
        // The later of two at one place covers the earlier.
        let covers = best.as_ref().is_none_or(|(len, _)| at.len() >= *len);
        if path.starts_with(&at) && covers {
            let of_disk = after.get(2).copied().unwrap_or_default();
            let mount = Mount {
                kind: (*kind).to_owned(),
                options: format!("{options},{of_disk}"),
            };
            best = Some((at.len(), mount));
        }
    }
    best.map(|(_, mount)| mount)
}

fn judge_mount(dir: &str, mount: Option<&Mount>) -> Finding {
    let finding = |state, found: String| Finding::new(Topic::Store, "file system", state, found);
    let find = format!("findmnt --target {}", quoted(dir));
    let Some(mount) = mount else {
        return finding(State::Unknown, format!("nobody says what {dir} lies on")).run(find);
    };
    let kind = mount.kind.as_str();
    let has = |option: &str| mount.options.split(',').any(|one| one == option);
    if MEMORY.contains(&kind) {
        return finding(
            State::Wrong,
            format!("{dir} lies in memory ({kind}): all records are gone when the power goes"),
        )
        .act("Name a folder on a disk as data_dir.")
        .run("df -h -x tmpfs -x devtmpfs");
    }
    if has("ro") {
        return finding(State::Wrong, format!("{dir} is mounted read-only ({kind})"))
            .act("A file system that met an error mounts itself so: look at the kernel's messages.")
            .run("sudo dmesg | tail -50")
            .run(find);
    }
    if has("nobarrier") || has("barrier=0") {
        return finding(
            State::Wrong,
            format!("{dir} is mounted without barriers ({kind}): the disk may acknowledge early"),
        )
        .act("Take nobarrier out of /etc/fstab, mount it again, and pull the plug once.")
        .run("vidimus doctor --power-test");
    }
    if NETWORK.contains(&kind) {
        return finding(
            State::Unknown,
            format!("{dir} lies on another computer ({kind}): whether it keeps what it acknowledges nobody can say"),
        )
        .act("Use a disk of this machine; a network that stands still stops the line.")
        .run("df -h --local");
    }
    finding(State::Ok, kind.to_owned())
}

fn judge_room(dir: &str, free_mb: u64, least_mb: u64) -> Finding {
    let enough = free_mb >= least_mb;
    let state = if enough { State::Ok } else { State::Wrong };
    let text = format!("{free_mb} MB free, the station stops below {least_mb} MB");
    let finding = Finding::new(Topic::Store, "disk room", state, text);
    match enough {
        true => finding,
        false => finding
            .act("Make room, or give the store a larger disk; old pictures go first ([evidence] max_mb).")
            .run(format!("df -h {0} && du -xh --max-depth=2 {0} | sort -h | tail", quoted(dir))),
    }
}

/// Times of syncs in µs, in order.
fn syncs(dir: &Path) -> std::io::Result<Vec<u64>> {
    let mut file = tempfile::Builder::new()
        .prefix(".vidimus-doctor-")
        .tempfile_in(dir)?;
    let until = Instant::now() + SYNCS_WAIT;
    let mut times = Vec::with_capacity(SYNCS);
    for no in 0..SYNCS {
        file.rewind()?;
        file.write_all(&[no as u8; SYNC_BYTES])?;
        let begun = Instant::now();
        file.as_file().sync_data()?;
        times.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        if Instant::now() >= until {
            break;
        }
    }
    times.sort_unstable();
    Ok(times)
}

/// `times` in µs, in order, never none.
fn judge_syncs(times: &[u64], commit_wait_ms: u64) -> Finding {
    let ms = |us: u64| us as f64 / 1000.0;
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    let (count, median_ms, worst_ms) = (times.len(), ms(median), ms(worst));
    let found = format!(
        "{count} syncs: median {median_ms:.2} ms, worst {worst_ms:.2} ms; commit_wait_ms is {commit_wait_ms}"
    );
    let too_slow = worst >= commit_wait_ms * 1000;
    let state = if too_slow { State::Wrong } else { State::Ok };
    let finding = Finding::new(Topic::Store, "disk sync", state, found);
    match too_slow {
        true => finding
            .act(
                "A commit that takes so long stops the heartbeat, and the gate rejects. Use an SSD with power-loss \
                 protection for data_dir, and let nothing else write to it.",
            )
            .run("iostat -x 1 5"),
        false => finding,
    }
}

/// What a running station measured of its own commits, in µs; the disk is left to it.
pub fn of_running(p50_us: u64, p99_us: u64, commits: u64, commit_wait_ms: u64) -> Finding {
    let text = format!(
        "the running station's {commits} commits: median {:.2} ms, 99 % {:.2} ms",
        p50_us as f64 / 1000.0,
        p99_us as f64 / 1000.0
    );
    let state = match p99_us >= commit_wait_ms * 1000 {
        true => State::Wrong,
        false => State::Ok,
    };
    Finding::new(Topic::Store, "disk sync", state, text)
}

/// Looks at the disk; `running`: a station works there, and the disk's speed is its own affair.
pub fn examine(config: &Config, running: bool) -> Vec<Finding> {
    let dir = nearest(&config.station.data_dir);
    let dir = dir.canonicalize().unwrap_or(dir);
    let shown = dir.display().to_string();
    let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mount = mount_of(&dir, &mountinfo);
    let mut findings = vec![judge_mount(&shown, mount.as_ref())];
    findings.push(match store::free_bytes(&dir) {
        Ok(free) => judge_room(&shown, free / 1_000_000, config.limits.disk_min_free_mb),
        Err(why) => Finding::new(Topic::Store, "disk room", State::Unknown, why.to_string())
            .run(format!("df -h {}", quoted(&shown))),
    });
    if !running {
        findings.push(match syncs(&dir) {
            Ok(times) => judge_syncs(&times, config.limits.commit_wait_ms),
            Err(why) => {
                let text = format!("cannot be timed: nothing can be written to {shown} ({why})");
                Finding::new(Topic::Store, "disk sync", State::Unknown, text)
                    .run(format!("ls -ld {}", quoted(&shown)))
            }
        });
    }
    findings
}

#[cfg(test)]
mod test {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 22 0:25 / /tmp rw,nosuid shared:2 - tmpfs tmpfs rw
31 22 0:26 / /mnt/server rw shared:3 - nfs4 server:/data rw,vers=4.2
32 22 0:27 / /mnt/my\\040disk rw shared:4 - xfs /dev/sdb1 rw,nobarrier
33 22 0:28 / /mnt/broken ro,relatime shared:5 - ext4 /dev/sdc1 ro
garbage
";

    #[test]
    fn file_systems_that_lose_or_hide_something_are_named() {
        for (path, kind, state) in [
            ("/var/lib/vidimus", "ext4", State::Ok),
            ("/tmp/x", "tmpfs", State::Wrong),
            ("/tmporary", "ext4", State::Ok),
            ("/mnt/server/a", "nfs4", State::Unknown),
            ("/mnt/my disk/a", "xfs", State::Wrong),
            ("/mnt/broken", "ext4", State::Wrong),
        ] {
            let mount = mount_of(Path::new(path), MOUNTS).expect("it is mounted");
            assert_eq!(mount.kind, kind, "{path}");
            let finding = judge_mount(path, Some(&mount));
            assert_eq!(finding.state, state, "{finding:?}");
            assert_eq!(finding.mend.is_empty(), state == State::Ok);
        }
        assert_eq!(mount_of(Path::new("/x"), "nonsense"), None);
        assert_eq!(judge_mount("/x", None).state, State::Unknown);
    }

    #[test]
    fn slow_syncs_and_too_little_room_are_wrong() {
        let mut times = vec![900; 49];
        times.push(39_000);
        assert_eq!(judge_syncs(&times, 400).state, State::Ok);
        times[49] = 400_000;
        let slow = judge_syncs(&times, 400);
        assert_eq!(slow.state, State::Wrong);
        assert!(slow.found.contains("median 0.90 ms, worst 400.00 ms"));
        assert_eq!(of_running(1_000, 399_999, 7, 400).state, State::Ok);
        assert_eq!(of_running(1_000, 400_000, 7, 400).state, State::Wrong);
        assert_eq!(judge_room("/d", 256, 256).state, State::Ok);
        assert_eq!(judge_room("/d", 255, 256).state, State::Wrong);
    }

    #[test]
    fn syncs_are_timed_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let times = syncs(folder.path()).expect("it can be written");
        assert!((1..=SYNCS).contains(&times.len()) && times.is_sorted());
        let left = std::fs::read_dir(folder.path()).expect("it is there");
        assert_eq!(left.count(), 0);
        assert!(syncs(&folder.path().join("none")).is_err());
        let deep = folder.path().join("a/b/c");
        assert_eq!(nearest(&deep), folder.path());
    }
}
