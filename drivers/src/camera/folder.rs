//! A watched folder: pictures that another program drops, as smart cameras do by FTP or a share.
//! IO.
//!
//! The folder is *looked at*, again and again; it is not asked to say what changed. A file system's
//! notices can be lost, merged or missing altogether (network shares have none), and a level that
//! is read again loses nothing. A picture must be written under a name that is passed over (a
//! leading dot, `.tmp`, `.part`) and then renamed, so that a name that counts always names a whole
//! file.

use super::http::PICTURE_MAX;
use super::{CameraEvent, Frame, PictureCoding};
use crate::Fault;
use crate::pump::{self, Clock, Engine, PumpHandle};
use crate::session::{Output, Session, Wake};
use crate::{Tick, camera};
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most entries a folder may have. In one that has more, nobody can say in bounded time which picture comes next.
pub const NAMES_MAX: usize = 10_000;
/// Most pictures taken in one look; the others wait in the folder for the next one.
pub const PICTURES_PER_LOOK_MAX: usize = 16;
/// Pause between two looks, in ms.
pub const POLL_MS: u64 = 10;
/// A file that cannot be read is tried in this many rounds before it is reported as lost.
pub const READ_TRIES_MAX: u32 = 3;

/// What becomes of a picture file after it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It is deleted.
    Delete,
    /// It is moved to this folder, which must lie on the same file system.
    Move(PathBuf),
    /// It stays; its name is remembered.
    Leave,
}

/// How the folder is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderConfig {
    /// The folder.
    pub path: PathBuf,
    /// What becomes of a picture file after it was read.
    pub after: After,
    /// Whether the last digits of the file name are the camera's frame counter.
    pub counter_from_name: bool,
    /// Pause between two looks, in milliseconds.
    pub poll_ms: u64,
    /// Whether files that lie there at the start are old and are passed over.
    pub skip_existing: bool,
}

impl FolderConfig {
    /// The usual settings: look every 10 ms, delete what was read, count by name.
    pub fn new(path: PathBuf) -> FolderConfig {
        FolderConfig {
            path,
            after: After::Delete,
            counter_from_name: true,
            poll_ms: POLL_MS,
            skip_existing: true,
        }
    }
}

/// A folder and what is known of its files.
#[derive(Debug)]
pub struct FolderWatch {
    config: FolderConfig,
    up: bool,
    started: bool,
    /// Names that were read or given up and still lie there.
    done: BTreeSet<String>,
    failing: Option<(String, u32)>,
    last_trouble: Option<Fault>,
}

impl FolderWatch {
    /// A folder that was not looked at yet.
    pub fn new(config: FolderConfig) -> FolderWatch {
        FolderWatch {
            config,
            up: false,
            started: false,
            done: BTreeSet::new(),
            failing: None,
            last_trouble: None,
        }
    }

    /// Looks once: every picture that is new, in the order of the names, each once.
    pub fn look(&mut self, now: Tick) -> Vec<CameraEvent> {
        let mut events = Vec::new();
        let names = match picture_names(&self.config.path) {
            Ok(names) => names,
            Err(error) => {
                let path = self.config.path.display();
                let why = Fault::LinkDown(format!("the folder {path} cannot be read: {error}"));
                if std::mem::take(&mut self.up) {
                    events.push(CameraEvent::Link(false));
                }
                self.trouble(why, &mut events);
                return events;
            }
        };
        if !self.up {
            self.up = true;
            self.last_trouble = None;
            events.push(CameraEvent::Link(true));
        }
        self.done.retain(|name| names.contains(name));
        if !std::mem::replace(&mut self.started, true) && self.config.skip_existing {
            self.done.extend(names);
            return events;
        }
        let new = names.iter().filter(|name| !self.done.contains(*name));
        let new: Vec<&String> = new.take(PICTURES_PER_LOOK_MAX).collect();
        for name in new {
            if !self.take(now, name, &mut events) {
                break; // Order matters: what comes behind waits.
            }
        }
        events
    }

    fn trouble(&mut self, why: Fault, events: &mut Vec<CameraEvent>) {
        if self.last_trouble.as_ref() != Some(&why) {
            self.last_trouble = Some(why.clone());
            events.push(CameraEvent::Fault(why));
        }
    }

    /// Reads one file; `false` when it is to be tried again.
    fn take(&mut self, now: Tick, name: &str, events: &mut Vec<CameraEvent>) -> bool {
        let path = self.config.path.join(name);
        let counter = match self.config.counter_from_name {
            true => counter_of(name),
            false => None,
        };
        let lost = |why: Fault| CameraEvent::Lost {
            counter,
            why: why.to_string(),
        };
        match read_picture(&path) {
            Ok((coding, body)) => {
                self.last_trouble = None;
                events.push(CameraEvent::Frame(Frame {
                    counter,
                    at: now,
                    coding,
                    body,
                }));
            }
            Err(Unreadable::NotAPicture(why)) => events.push(lost(why)),
            Err(Unreadable::Failed(error)) => {
                let tries = match self.failing.take() {
                    Some((failing, tries)) if failing == name => tries + 1,
                    _ => 1,
                };
                if tries < READ_TRIES_MAX {
                    self.failing = Some((name.to_owned(), tries));
                    return false;
                }
                events.push(lost(Fault::LinkDown(format!(
                    "the picture {name} cannot be read: {error}"
                ))));
            }
        }
        self.failing = None;
        self.done.insert(name.to_owned());
        let tidied = match &self.config.after {
            After::Leave => Ok(()),
            After::Delete => fs::remove_file(&path),
            After::Move(to) => fs::rename(&path, to.join(name)),
        };
        if let Err(error) = tidied {
            // The name stays among those done, so the picture is not taken twice.
            let text = format!("the picture {name} was read but cannot be put away: {error}");
            self.trouble(Fault::Device(text), events);
        }
        true
    }
}

enum Unreadable {
    NotAPicture(Fault),
    Failed(io::Error),
}

fn picture_names(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for (place, entry) in fs::read_dir(folder)?.enumerate() {
        if place >= NAMES_MAX {
            return Err(io::Error::other(format!(
                "it has more than {NAMES_MAX} entries, clear it out"
            )));
        }
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue; // Not a name a camera gives.
        };
        let unfinished = name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part");
        if !unfinished && entry.file_type()?.is_file() {
            names.insert(name);
        }
    }
    Ok(names)
}

fn read_picture(path: &Path) -> Result<(PictureCoding, Vec<u8>), Unreadable> {
    let file = fs::File::open(path).map_err(Unreadable::Failed)?;
    let length = file.metadata().map_err(Unreadable::Failed)?.len();
    let limit = PICTURE_MAX as u64;
    let refused = |why: String| Unreadable::NotAPicture(Fault::Refused(why));
    if length > limit {
        return Err(refused(format!(
            "a file of {length} bytes; the limit is {limit}"
        )));
    }
    let mut body = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit)
        .read_to_end(&mut body)
        .map_err(Unreadable::Failed)?;
    match camera::http::coding_of_bytes(&body) {
        Some(coding) => Ok((coding, body)),
        None => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = format!("the file {name} is no JPEG, PNG or PGM");
            Err(Unreadable::NotAPicture(Fault::Garbled(text)))
        }
    }
}

/// The last run of digits in a name, without its extension.
fn counter_of(name: &str) -> Option<u64> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end].rfind(|c: char| !c.is_ascii_digit());
    let start = start.map_or(0, |at| {
        at + stem[at..].chars().next().map_or(1, char::len_utf8)
    });
    stem[start..end].parse().ok()
}

/// The folder as a session: it is looked at when it is woken.
struct FolderSession {
    watch: FolderWatch,
    next: Tick,
    out: VecDeque<CameraEvent>,
}

impl Session for FolderSession {
    type Command = ();
    type Event = CameraEvent;
    type Received = ();
    type Transmit = ();

    fn opened(&mut self, _now: Tick) {}
    fn closed(&mut self, _now: Tick, _why: Fault) {}
    fn received(&mut self, _now: Tick, (): &()) {}
    fn command(&mut self, _now: Tick, (): ()) {}

    fn woken(&mut self, now: Tick) {
        if now >= self.next {
            self.out.extend(self.watch.look(now));
            self.next = now + Duration::from_millis(self.watch.config.poll_ms.max(1));
        }
    }

    fn wake(&self) -> Option<Wake> {
        Some(Wake {
            at: self.next,
            reason: "the next look into the folder",
        })
    }

    fn next_output(&mut self) -> Option<Output<(), CameraEvent>> {
        self.out.pop_front().map(Output::Event)
    }
}

/// Watches a folder on a thread of its own. `emit` is called on that thread.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<F>(config: FolderConfig, clock: Clock, emit: F) -> io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    let name = format!("dir {}", config.path.display());
    let session = FolderSession {
        watch: FolderWatch::new(config),
        next: Tick::default(),
        out: VecDeque::new(),
    };
    pump::spawn(&name, session, clock, emit, |engine| {
        Box::pin(look_on(engine))
    })
}

async fn look_on<F: FnMut(CameraEvent)>(mut engine: Engine<FolderSession, F>) {
    while engine.inputs().await {
        engine.settle_without_link();
    }
}

#[cfg(test)]
mod test {
    use super::*;

    const PGM: &[u8] = b"P5 1 1 255 x";

    fn watch(path: &Path, after: After) -> FolderWatch {
        FolderWatch::new(FolderConfig {
            after,
            ..FolderConfig::new(path.to_owned())
        })
    }

    fn counters(events: &[CameraEvent]) -> Vec<Option<u64>> {
        events
            .iter()
            .filter_map(|event| match event {
                CameraEvent::Frame(frame) => Some(frame.counter),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn renamed_files_are_taken_once_in_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let done = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for after in [
            After::Delete,
            After::Leave,
            After::Move(done.path().to_owned()),
        ] {
            fs::write(at("old-1.pgm"), PGM).unwrap();
            let mut watch = watch(folder.path(), after.clone());
            assert_eq!(
                watch.look(Tick(0)),
                [CameraEvent::Link(true)],
                "old files are old"
            );
            for name in [".hidden3.pgm", "cam_5.pgm.tmp", "cam_6.part"] {
                fs::write(at(name), PGM).unwrap();
            }
            fs::write(at("cam_0012.pgm"), PGM).unwrap();
            fs::rename(at("cam_5.pgm.tmp"), at("cam_0011.pgm")).unwrap();
            assert_eq!(
                counters(&watch.look(Tick(1))),
                [Some(11), Some(12)],
                "{after:?}"
            );
            assert_eq!(watch.look(Tick(2)), [], "{after:?}");
            assert_eq!(at("cam_0012.pgm").exists(), after == After::Leave);
            assert_eq!(
                done.path().join("cam_0011.pgm").exists(),
                after == After::Move(done.path().into())
            );
            for entry in fs::read_dir(folder.path()).unwrap() {
                fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }
    }

    #[test]
    fn what_is_no_picture_is_lost_and_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path(), After::Delete);
        watch.look(Tick(0));
        fs::write(folder.path().join("a1.pgm"), b"hello").unwrap();
        fs::write(folder.path().join("a2.pgm"), b"").unwrap();
        let huge = fs::File::create(folder.path().join("a3.pgm")).unwrap();
        huge.set_len(8 << 30).unwrap();
        fs::write(folder.path().join("a4.pgm"), PGM).unwrap();
        let events = watch.look(Tick(1));
        let lost: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                CameraEvent::Lost { counter, .. } => *counter,
                _ => None,
            })
            .collect();
        assert_eq!((lost, counters(&events)), (vec![1, 2, 3], vec![Some(4)]));
    }

    #[test]
    fn a_crowd_of_pictures_is_taken_in_turns_and_an_overcrowded_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path(), After::Delete);
        watch.look(Tick(0));
        let pictures = 2 * PICTURES_PER_LOOK_MAX as u64 + 3;
        for no in 1..=pictures {
            fs::write(folder.path().join(format!("{no:05}.pgm")), PGM).unwrap();
        }
        let mut taken = Vec::new();
        for look in 1..=3 {
            let counters = counters(&watch.look(Tick(look)));
            assert!(counters.len() <= PICTURES_PER_LOOK_MAX);
            taken.extend(counters.into_iter().flatten());
        }
        assert!(taken.into_iter().eq(1..=pictures), "all of them, in order");

        for no in 0..=NAMES_MAX {
            fs::File::create(folder.path().join(format!("{no}.tmp"))).unwrap();
        }
        let told = watch.look(Tick(10));
        let [CameraEvent::Link(false), CameraEvent::Fault(why)] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(why.to_string().contains("clear it out"), "{why}");
        assert_eq!(watch.look(Tick(11)), [], "once");
        fs::remove_file(folder.path().join("0.tmp")).unwrap();
        assert_eq!(watch.look(Tick(12)), [CameraEvent::Link(true)]);
    }

    #[test]
    fn a_picture_that_cannot_be_read_is_lost_after_its_tries_and_those_behind_it_wait() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = watch(folder.path(), After::Leave);
        watch.look(Tick(0));
        let at = |name: &str| folder.path().join(name);
        // A file in which reading fails, for root as well: the memory of this process from address 0 on.
        std::os::unix::fs::symlink("/proc/self/mem", at("1.pgm")).unwrap();
        fs::write(at("2.pgm"), PGM).unwrap();
        let mut events = Vec::new();
        assert!(watch.take(Tick(0), "2.pgm", &mut Vec::new()));
        for round in 1..READ_TRIES_MAX {
            assert!(!watch.take(Tick(1), "1.pgm", &mut events), "round {round}");
            assert_eq!(events, []);
        }
        assert!(watch.take(Tick(1), "1.pgm", &mut events));
        assert!(
            matches!(
                events[..],
                [CameraEvent::Lost {
                    counter: Some(1),
                    ..
                }]
            ),
            "{events:?}"
        );
    }

    #[test]
    fn a_folder_that_goes_away_is_told_once_and_comes_back() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("drop");
        let mut watch = watch(&path, After::Delete);
        assert!(matches!(watch.look(Tick(0))[..], [CameraEvent::Fault(_)]));
        assert_eq!(watch.look(Tick(1)), []);
        fs::create_dir(&path).unwrap();
        assert_eq!(watch.look(Tick(2)), [CameraEvent::Link(true)]);
        fs::remove_dir(&path).unwrap();
        let events = watch.look(Tick(3));
        assert!(matches!(
            events[..],
            [CameraEvent::Link(false), CameraEvent::Fault(_)]
        ));
    }

    #[test]
    fn counters_come_from_the_last_digits() {
        assert_eq!(counter_of("cam2_00017.png"), Some(17));
        assert_eq!(counter_of("17"), Some(17));
        assert_eq!(counter_of("bild-17ü.png"), Some(17));
        assert_eq!(counter_of("ü17.png"), Some(17));
        assert_eq!(counter_of("none.p5"), None);
        assert_eq!(counter_of("99999999999999999999999.png"), None);
    }
}
