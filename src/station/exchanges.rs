//! The last exchanges of every device with a link, kept for whoever mends it.
//!
//! [`Overheard`] stands around a session and sees what it hands to its link and hears from it; of a camera what it says
//! is noted. A note copies a few bytes into memory that is there already and puts nothing into words: that is done in
//! the thread of whoever asks. The line hears nothing of either.

mod kept;
mod said;

use crate::wire::look::ExchangesSight;
use kept::{Kept, Note};
use said::row;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vidimus_drivers::camera::CameraEvent;
use vidimus_drivers::plc::{PlcAnswer, PlcRequest};
use vidimus_drivers::pump::{Clock, Redial};
use vidimus_drivers::session::{Output, Session, Wake};
use vidimus_drivers::{Fault, Tick};

pub use said::escaped;

/// The exchanges of all devices, by the names that these have in a view; clones share them.
#[derive(Clone)]
pub struct Exchanges {
    clock: Clock,
    links: Arc<Mutex<BTreeMap<String, Link>>>,
}

/// A device with a link.
#[derive(Default)]
struct Link {
    tap: Tap,
    /// What drops it; there once its pump runs.
    redial: Option<Redial>,
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked beside it left notes and nothing else.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exchanges {
    /// None yet; sessions count time by this clock.
    pub fn new(clock: Clock) -> Exchanges {
        let links = Arc::default();
        Exchanges { clock, links }
    }

    /// Where the exchanges of this device are noted.
    pub fn tap(&self, device: &str) -> Tap {
        let mut links = locked(&self.links);
        links.entry(device.to_owned()).or_default().tap.clone()
    }

    /// This drops the link of that device.
    pub fn runs(&self, device: &str, redial: Redial) {
        let mut links = locked(&self.links);
        links.entry(device.to_owned()).or_default().redial = Some(redial);
    }

    /// There is a device of this name, and it has a link.
    ///
    /// # Errors
    /// There is not; a sentence with those that there are.
    pub fn knows(&self, device: &str) -> Result<(), String> {
        let links = locked(&self.links);
        if links.contains_key(device) {
            return Ok(());
        }
        let names: Vec<&str> = links.keys().map(String::as_str).collect();
        Err(format!(
            "There is no device of this name with a link: there are {}.",
            names.join(", ")
        ))
    }

    /// Drops the link of a device, so that it is built again.
    pub fn redial(&self, device: &str) {
        let links = locked(&self.links);
        if let Some(Link {
            tap,
            redial: Some(redial),
        }) = links.get(device)
        {
            let what = Note::Happened("a person ordered that its link be built again");
            tap.note(self.clock.now(), what);
            redial.ask();
        }
    }

    /// Something happened with a device that its link does not say.
    pub fn happened(&self, device: &str, what: &str) {
        if let Some(link) = locked(&self.links).get(device) {
            link.tap.note(self.clock.now(), Note::Happened(what));
        }
    }

    /// The last exchanges of a device, the newest first.
    ///
    /// # Errors
    /// There is no such device, or it has no link; a sentence.
    pub fn look(&self, device: &str) -> Result<ExchangesSight, String> {
        self.knows(device)?;
        let tap = self.tap(device);
        let (now, utc_ms) = (self.clock.now(), super::utc_ms());
        let mut kept = locked(&tap.0);
        kept.fold_newest();
        let rows: Vec<_> = kept.exchanges().cloned().collect();
        let (answer, heard) = (kept.answer(), kept.heard_at());
        drop(kept);
        let ms = |at: Tick| i64::try_from(now.since(at).as_millis()).unwrap_or(i64::MAX);
        Ok(ExchangesSight {
            device: device.to_owned(),
            rows: rows
                .iter()
                .rev()
                .map(|one| row(one, utc_ms.saturating_sub(ms(one.at))))
                .collect(),
            answer_us: answer.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
            heard_utc_ms: heard.map(|at| utc_ms.saturating_sub(ms(at))),
        })
    }
}

/// Where the exchanges of one device are noted; clones share them.
#[derive(Clone, Default)]
pub struct Tap(Arc<Mutex<Kept>>);

impl Tap {
    fn note(&self, at: Tick, note: Note<'_>) {
        locked(&self.0).note(at, note);
    }

    /// What a camera said.
    pub fn camera(&self, at: Tick, event: &CameraEvent) {
        let words;
        let note = match event {
            CameraEvent::Frame(frame) => Note::Picture(frame),
            CameraEvent::Link(true) => Note::Happened("its link is up"),
            CameraEvent::Link(false) => Note::Happened("its link is down"),
            CameraEvent::Lost { counter, why } => {
                words = match counter {
                    Some(counter) => format!("picture {counter} is lost: {why}"),
                    None => format!("a picture is lost: {why}"),
                };
                Note::Happened(&words)
            }
            CameraEvent::Warning(what) => Note::Happened(what),
            CameraEvent::Fault(fault) => {
                words = fault.to_string();
                Note::Happened(&words)
            }
        };
        self.note(at, note);
    }

    /// The station ordered a picture, or a read.
    pub fn fired(&self, at: Tick) {
        self.note(at, Note::Fired);
    }
}

/// What goes over a link and can be noted.
pub trait Noted {
    /// How it is noted when it is handed to the link (`true`) or was heard from it.
    fn note(&self, sent: bool) -> Note<'_>;
}

impl Noted for [u8] {
    fn note(&self, sent: bool) -> Note<'_> {
        let bytes = self;
        Note::Bytes { sent, bytes }
    }
}

impl Noted for Vec<u8> {
    fn note(&self, sent: bool) -> Note<'_> {
        self.as_slice().note(sent)
    }
}

impl Noted for PlcRequest {
    fn note(&self, _: bool) -> Note<'_> {
        match self {
            PlcRequest::Read { address, .. } => Note::Read(*address),
            PlcRequest::Write { address, words } => Note::Write(*address, words),
        }
    }
}

impl Noted for PlcAnswer {
    fn note(&self, _: bool) -> Note<'_> {
        match self {
            PlcAnswer::Words(words) => Note::Answer(words),
            PlcAnswer::Written => Note::Answer(&[]),
        }
    }
}

/// A session whose exchanges are noted.
pub struct Overheard<S> {
    session: S,
    tap: Tap,
    /// When something was handed in last: what comes out then goes out now.
    now: Tick,
    up: bool,
}

impl<S> Overheard<S> {
    /// This session, noted there.
    pub fn new(session: S, tap: Tap) -> Overheard<S> {
        Overheard {
            session,
            tap,
            now: Tick::default(),
            up: false,
        }
    }
}

impl<S: Session> Session for Overheard<S>
where
    S::Received: Noted,
    S::Transmit: Noted,
{
    type Command = S::Command;
    type Event = S::Event;
    type Received = S::Received;
    type Transmit = S::Transmit;

    fn opened(&mut self, now: Tick) {
        (self.now, self.up) = (now, true);
        self.tap.note(now, Note::Happened("its link is up"));
        self.session.opened(now);
    }

    fn closed(&mut self, now: Tick, why: Fault) {
        (self.now, self.up) = (now, false);
        let words = format!("its link is down: {why}");
        self.tap.note(now, Note::Happened(&words));
        self.session.closed(now, why);
    }

    fn received(&mut self, now: Tick, input: &S::Received) {
        self.now = now;
        self.tap.note(now, input.note(false));
        self.session.received(now, input);
    }

    fn command(&mut self, now: Tick, command: S::Command) {
        self.now = now;
        self.session.command(now, command);
    }

    fn woken(&mut self, now: Tick) {
        self.now = now;
        self.session.woken(now);
    }

    fn wake(&self) -> Option<Wake> {
        self.session.wake()
    }

    fn next_output(&mut self) -> Option<Output<S::Transmit, S::Event>> {
        let output = self.session.next_output();
        if let Some(Output::Transmit(transmit)) = &output
            && self.up
        {
            self.tap.note(self.now, transmit.note(true));
        }
        output
    }
}

#[cfg(test)]
mod test;
