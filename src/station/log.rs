//! The station's log: a line an event, for whoever looks for what happened on a machine. It proves nothing: that is
//! what the records are for, and a line may stand here whose record never got to the disk.
//!
//! Nothing waits for it. Lines go to a thread of its own; what it has no room for, and what a disk does not take, is
//! counted, and the next line that is written says how many are missing.

use super::log_file::{LogFile, path_in};
use super::utc_ms;
use crate::config::LogSettings;
use crate::record::{Actor, Fact, LabelFact, PeopleFact, Record};
use crate::trace::{act_in_words, actor_in_words, counted};
use crate::wire::{DeviceState, View};
use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most lines that wait for the disk.
const LINES_WAITING_MAX: usize = 1024;
/// Longest text of a line, in characters.
const TEXT_CHARS_MAX: usize = 1000;
/// How often it is looked whether there is room for the end.
const ROOM_PAUSE: Duration = Duration::from_millis(10);
/// How long an end waits for the last lines.
const LAST_LINES_WAIT: Duration = Duration::from_secs(2);

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// That it happened.
    Info,
    /// A person should know.
    Warning,
    /// Something of the station itself failed.
    Error,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The log, for everybody who has something to say. The usual one hears nothing.
#[derive(Debug, Clone, Default)]
pub struct Log {
    to: Option<Arc<Way>>,
}

#[derive(Debug)]
struct Way {
    lines: SyncSender<Option<String>>,
    left_out: Arc<AtomicU64>,
    ended: Mutex<Receiver<()>>,
}

impl Log {
    /// Starts the thread that writes, if the station file wants a log. `tell` hears, in sentences, that the log cannot
    /// be written, and that it can again: once each.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(
        settings: &LogSettings,
        station: &str,
        tell: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Log> {
        let Some(folder) = &settings.folder else {
            return Ok(Log::default());
        };
        let path = path_in(folder, station);
        let (lines, given) = sync_channel::<Option<String>>(LINES_WAITING_MAX);
        let (end, ended) = sync_channel(1);
        let left_out = Arc::new(AtomicU64::new(0));
        let mut scribe = Scribe {
            file: LogFile::new(path, settings.file_bytes_max, settings.older_max),
            left_out: Arc::clone(&left_out),
            missing: 0,
            refused: false,
            tell,
        };
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || {
                while let Ok(Some(line)) = given.recv() {
                    scribe.write(&line);
                }
                scribe.end();
                let _ = end.send(()); // nobody waits
            })?;
        Ok(Log {
            to: Some(Arc::new(Way {
                lines,
                left_out,
                ended: Mutex::new(ended),
            })),
        })
    }

    /// Says something; never waits.
    pub fn say(&self, severity: Severity, text: &str) {
        if let Some(way) = &self.to {
            let line = line(utc_ms(), severity, text);
            if way.lines.try_send(Some(line)).is_err() {
                way.left_out.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What these records say of the station, and of what people did; packs one by one are not told.
    pub fn records(&self, records: &[Record]) {
        if self.to.is_some() {
            for (severity, text) in records.iter().filter_map(told) {
                self.say(severity, &text);
            }
        }
    }

    /// Whoever asked was refused.
    pub fn refused(&self, by: &str, why: &str) {
        if self.to.is_some() {
            let by: String = by.chars().take(TEXT_CHARS_MAX).collect();
            self.say(Severity::Warning, &format!("refused to \"{by}\": {why}"));
        }
    }

    /// Devices that are another way than they were.
    pub fn devices(&self, before: &View, now: &View) {
        if self.to.is_none() {
            return;
        }
        for device in &now.devices {
            let mut were = before.devices.iter();
            let was = were.find(|one| one.name == device.name);
            if was.is_none_or(|was| was.state != device.state) {
                let (severity, state) = match device.state {
                    DeviceState::Ok => (Severity::Info, "works"),
                    DeviceState::Check => (Severity::Info, "is being set up or read back"),
                    DeviceState::Failure => (Severity::Warning, "fails"),
                    DeviceState::OutOfSpec => (Severity::Warning, "is out of specification"),
                    DeviceState::Maintenance => (Severity::Warning, "asks for maintenance"),
                    DeviceState::Unknown => (Severity::Warning, "says nothing"),
                };
                let detail = match device.detail.is_empty() {
                    true => String::new(),
                    false => format!(": {}", device.detail),
                };
                self.say(severity, &format!("{} {state}{detail}", device.name));
            }
        }
    }

    /// The last lines get to the disk, if it takes them soon.
    pub fn close(&self) {
        let Some(way) = &self.to else {
            return;
        };
        let begun = Instant::now();
        let left = || LAST_LINES_WAIT.saturating_sub(begun.elapsed());
        while let Err(TrySendError::Full(_)) = way.lines.try_send(None) {
            if left().is_zero() {
                return;
            }
            std::thread::sleep(ROOM_PAUSE);
        }
        let ended = way.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(left()); // a disk that does not answer is left alone
    }
}

/// `2026-11-22T08:30:00.123Z warning alarm plc-link: …`, one line whatever the text holds.
fn line(utc_ms: i64, severity: Severity, text: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(utc_ms).unwrap_or_default();
    let mut line = format!(
        "{} {} ",
        at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
        severity.word()
    );
    for (place, c) in text.chars().enumerate() {
        if place == TEXT_CHARS_MAX {
            line.push('…');
            break;
        }
        match c.is_control() || turns_text(c) {
            true => line.extend(c.escape_unicode()),
            false => line.push(c),
        }
    }
    line.push('\n');
    line
}

/// It ends a line, or turns the direction of text around, where somebody looks at it.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is told of a record, if anything is.
fn told(record: &Record) -> Option<(Severity, String)> {
    let person = matches!(record.actor, Actor::Person(_) | Actor::Named(_));
    let of_things = record.fact.pack().is_some() || matches!(record.fact, Fact::Packaging(_));
    if of_things && !person {
        return None;
    }
    let severity = match &record.fact {
        Fact::AlarmRaised { .. } | Fact::Stopped { .. } => Severity::Warning,
        Fact::People(
            PeopleFact::SignInFailed { .. }
            | PeopleFact::PersonLocked { .. }
            | PeopleFact::StrangersIgnored { .. },
        ) => Severity::Warning,
        Fact::Label(LabelFact::Refused { .. } | LabelFact::GivenUp { .. }) => Severity::Warning,
        _ => Severity::Info,
    };
    let mut text = format!("[{}] {}", record.seq, act_in_words(&record.fact));
    if person {
        let _ = write!(text, ", by {}", actor_in_words(&record.actor)); // a String takes everything
    }
    if let Some(reason) = &record.reason {
        let _ = write!(text, ": {reason}");
    }
    Some((severity, text))
}

/// The thread that writes.
struct Scribe<T> {
    file: LogFile,
    left_out: Arc<AtomicU64>,
    /// Lines that are not in the file and of which it does not say so yet.
    missing: u64,
    /// The last line was refused.
    refused: bool,
    tell: T,
}

impl<T: Fn(&str)> Scribe<T> {
    /// No line comes any more: what is missing is said all the same.
    fn end(&mut self) {
        if self.missing + self.left_out.load(Ordering::Relaxed) > 0 {
            self.write("");
        }
    }

    fn write(&mut self, line: &str) {
        self.missing += self.left_out.swap(0, Ordering::Relaxed);
        let before = match self.missing {
            0 => String::new(),
            missing => {
                let text = format!(
                    "missing here, not taken by the disk: {}",
                    counted(missing, "line")
                );
                self::line(utc_ms(), Severity::Warning, &text)
            }
        };
        let path = self.file.path().display().to_string();
        match self.file.write(&format!("{before}{line}")) {
            Ok(()) => {
                if self.refused {
                    let missing = counted(self.missing, "line");
                    (self.tell)(&format!(
                        "The log {path} is written again, without {missing}."
                    ));
                }
                (self.missing, self.refused) = (0, false);
            }
            Err(why) => {
                self.missing += u64::from(!line.is_empty());
                if !self.refused {
                    (self.tell)(&format!(
                        "The log {path} cannot be written ({why}). The station goes on without it. Look at its folder: \
                         rights, room on the disk."
                    ));
                }
                self.refused = true;
            }
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{PackNo, PointId, Tick};
    use std::sync::mpsc;

    fn settings(folder: &std::path::Path) -> LogSettings {
        LogSettings {
            folder: Some(folder.to_owned()),
            file_bytes_max: 1_000_000,
            older_max: 2,
        }
    }

    #[test]
    fn one_event_is_one_line_whatever_it_says() {
        let at = 1_795_000_000_123;
        let said = line(
            at,
            Severity::Warning,
            "a\nb\u{1b}[2J\u{2028}c\u{202e}d\r\0é",
        );
        assert_eq!(
            said,
            "2026-11-18T11:06:40.123Z warning a\\u{a}b\\u{1b}[2J\\u{2028}c\\u{202e}d\\u{d}\\u{0}é\n"
        );
        let long = line(at, Severity::Info, &"x".repeat(256 * 1024));
        assert!(long.chars().count() < TEXT_CHARS_MAX + 50 && long.ends_with("x…\n"));
        assert!(line(i64::MAX, Severity::Error, "").ends_with("Z error \n"));
    }

    #[test]
    fn the_station_and_its_people_are_told_of_and_no_pack_and_no_secret() {
        let record = |actor, fact| Record {
            seq: 7,
            at: Tick(0),
            point: PointId::STATION,
            actor,
            reason: Some("asked".to_owned()),
            template: None,
            fact,
        };
        let alarm = Fact::AlarmRaised {
            alarm: "plc-link".to_owned(),
            detail: "no answer".to_owned(),
        };
        assert_eq!(
            told(&record(Actor::Station, alarm)),
            Some((
                Severity::Warning,
                "[7] alarm plc-link: no answer: asked".to_owned()
            ))
        );
        let challenged = |actor| {
            record(
                actor,
                Fact::Challenged {
                    pack: PackNo(3),
                    proven: true,
                },
            )
        };
        assert_eq!(told(&challenged(Actor::Station)), None);
        assert_eq!(told(&challenged(Actor::Machine)), None);
        let withdrawn = record(Actor::Person("M.Kowal".to_owned()), Fact::StopWithdrawn);
        let said = told(&withdrawn).expect("a person did it").1;
        assert_eq!(said, "[7] stop withdrawn, by M.Kowal: asked");
    }

    #[test]
    fn a_folder_that_is_away_costs_lines_and_nothing_else_and_is_told_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("log");
        std::fs::write(&folder, "in the way").expect("it can be written");
        let (tell, heard) = mpsc::channel();
        let tell = move |text: &str| tell.send(text.to_owned()).expect("it is heard");
        let log = Log::start(&settings(&folder), "s", tell).expect("a thread");
        log.say(Severity::Info, "one");
        log.say(Severity::Info, "two");
        let first = heard.recv().expect("it is told");
        assert!(first.contains("cannot be written") && first.contains("s.log"));
        std::fs::remove_file(&folder).expect("out of the way");
        log.say(Severity::Info, "three");
        log.close();
        let text = std::fs::read_to_string(path_in(&folder, "s")).expect("it is there");
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines
                .last()
                .is_some_and(|last| last.ends_with(" info three"))
        );
        assert!(text.contains("missing here"), "{text}");
        let second = heard.recv().expect("it is told");
        assert!(second.contains("is written again"), "{second}");
        assert!(heard.try_recv().is_err(), "once each");
        // What is said after the end goes nowhere.
        log.say(Severity::Info, "four");
        log.close();
    }

    #[test]
    fn an_end_does_not_wait_for_a_disk_that_does_not_answer() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("log"), "in the way").expect("it can be written");
        // The thread stands at its first word for as long as nobody hears it.
        let (tell, heard) = mpsc::sync_channel::<String>(0);
        let tell = move |text: &str| drop(tell.send(text.to_owned()));
        let log = Log::start(&settings(&dir.path().join("log")), "s", tell).expect("a thread");
        log.say(Severity::Info, "one");
        log.close();
        assert!(
            heard
                .recv()
                .expect("it still stands there")
                .contains("cannot be written")
        );
    }

    #[test]
    fn lines_that_find_no_room_are_counted_and_the_file_says_how_many() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("log"), "in the way").expect("it can be written");
        let folder = dir.path().join("log");
        // The thread stands at its first word until the gate opens.
        let (tell, heard) = mpsc::channel::<String>();
        let (gate, opened) = mpsc::channel::<()>();
        let tell = move |text: &str| {
            tell.send(text.to_owned()).expect("it is heard");
            let _ = opened.recv(); // an error: it is open for good
        };
        let log = Log::start(&settings(&folder), "s", tell).expect("a thread");
        log.say(Severity::Info, "first");
        heard.recv().expect("it stands there");
        let said = LINES_WAITING_MAX + 100;
        for number in 0..said {
            log.say(Severity::Info, &number.to_string());
        }
        std::fs::remove_file(&folder).expect("out of the way");
        drop(gate);
        log.close();
        let text = std::fs::read_to_string(path_in(&folder, "s")).expect("it is there");
        let missing = |line: &str| {
            let (_, count) = line.split_once("by the disk: ")?;
            count.split(' ').next()?.parse::<usize>().ok()
        };
        let missing: usize = text.lines().filter_map(missing).sum();
        let written = text.lines().filter(|line| line.contains(" info ")).count();
        assert_eq!(missing + written, said + 1, "{text}");
        assert!(missing > 100, "{missing}");
    }
}
