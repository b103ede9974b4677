//! A link in memory: any session against a scripted peer, under virtual time. PURE.
//!
//! The contract tests run every session through it; nothing here waits, and the same calls give the
//! same run.

use crate::session::{Output, Session};
use crate::{Fault, Tick};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Steps one [`MemoryLink::run_until`] may take; more means that session and peer chase each other
/// without time passing.
pub const STEPS_MAX: u64 = 10_000_000;

/// Pause before the link is opened again, unless a test says otherwise.
const REOPEN_PAUSE: Duration = Duration::from_millis(100);
/// A session that asks to be woken in the past is woken again after this pause.
const WAKE_PAUSE: Duration = Duration::from_micros(100);

/// What a peer does after it heard something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act<T> {
    /// Say this after a while.
    Say(Duration, T),
    /// Hang up after a while.
    HangUp(Duration),
}

/// The device's side of a link.
pub trait Peer {
    /// What it hears.
    type Hears;
    /// What it says.
    type Says;

    /// The link came up.
    fn connected(&mut self, _now: Tick) -> Vec<Act<Self::Says>> {
        Vec::new()
    }

    /// Something arrived.
    fn hear(&mut self, now: Tick, heard: &Self::Hears) -> Vec<Act<Self::Says>>;
}

enum Coming<T> {
    Said(T),
    HungUp,
    Reopen,
}

type OnTheWay<T> = (u64, Coming<T>);

/// A session, its peer and the wire between them. Everything the session told and sent is kept with
/// its time.
pub struct MemoryLink<S: Session, P: Peer> {
    /// The session under test.
    pub session: S,
    /// The scripted device.
    pub peer: P,
    /// Events told so far.
    pub events: Vec<(Tick, S::Event)>,
    /// What was put on the wire so far.
    pub sent: Vec<(Tick, S::Transmit)>,
    /// Reasons of every link the session dropped.
    pub drops: Vec<Fault>,
    /// While `true`, the peer refuses to be connected.
    pub refuses: bool,
    /// Pause before the link is opened again.
    pub reopen_after: Duration,
    now: Tick,
    up: bool,
    /// Counts the openings of the link, so that what was under way on an old one is not delivered.
    opening: u64,
    order: u64,
    /// By time and order; each with the opening it belongs to.
    coming: BTreeMap<(Tick, u64), OnTheWay<P::Says>>,
    woken_at: Option<Tick>,
}

impl<S, P> MemoryLink<S, P>
where
    S: Session,
    P: Peer<Hears = S::Transmit>,
    P::Says: Borrow<S::Received>,
{
    /// A link that opens at the first [`MemoryLink::run_until`].
    pub fn new(session: S, peer: P) -> MemoryLink<S, P> {
        let mut link = MemoryLink {
            session,
            peer,
            events: Vec::new(),
            sent: Vec::new(),
            drops: Vec::new(),
            refuses: false,
            reopen_after: REOPEN_PAUSE,
            now: Tick::default(),
            up: false,
            opening: 0,
            order: 0,
            coming: BTreeMap::new(),
            woken_at: None,
        };
        link.schedule(Duration::ZERO, Coming::Reopen);
        link
    }

    /// The same, with a world that is this old already.
    pub fn starting_at(now: Tick, session: S, peer: P) -> MemoryLink<S, P> {
        let mut link = MemoryLink::new(session, peer);
        link.now = now;
        link.coming.clear();
        link.schedule(Duration::ZERO, Coming::Reopen);
        link
    }

    /// The virtual time.
    pub fn now(&self) -> Tick {
        self.now
    }

    /// Whether the link is up.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// When something is due next: what is on its way, or the session's wake; `None` when neither waits for time.
    pub fn next_due(&self) -> Option<Tick> {
        let coming = self.coming.first_key_value().map(|((at, _), _)| *at);
        let wake = self.session.wake().map(|wake| match self.woken_at {
            Some(woken) if wake.at <= woken => woken + WAKE_PAUSE,
            _ => wake.at,
        });
        coming.into_iter().chain(wake).min()
    }

    /// Gives the session a command now.
    pub fn command(&mut self, command: S::Command) {
        self.session.command(self.now, command);
        self.settle();
    }

    /// Lets the peer say something by itself, now.
    pub fn say(&mut self, says: P::Says) {
        self.say_after(Duration::ZERO, says);
        self.run_for(Duration::ZERO);
    }

    /// Lets the peer say something by itself, after a while.
    pub fn say_after(&mut self, after: Duration, says: P::Says) {
        self.schedule(after, Coming::Said(says));
    }

    /// Pulls the cable: the link goes down and is opened again after a pause.
    pub fn cut(&mut self, why: &str) {
        if self.up {
            self.closed(Fault::LinkDown(why.to_owned()));
            self.settle();
        }
    }

    /// Runs for a while.
    pub fn run_for(&mut self, by: Duration) {
        self.run_until(self.now + by);
    }

    /// Runs until that time.
    ///
    /// # Panics
    /// When session and peer take more than [`STEPS_MAX`] steps.
    pub fn run_until(&mut self, end: Tick) {
        for _ in 0..STEPS_MAX {
            self.settle();
            let Some(next) = self.next_due().filter(|next| *next <= end) else {
                self.now = self.now.max(end);
                return;
            };
            let coming = self.coming.first_key_value().map(|((at, _), _)| *at);
            self.now = self.now.max(next);
            if coming.is_some_and(|at| at <= self.now) {
                self.deliver();
            } else {
                self.woken_at = Some(self.now);
                self.session.woken(self.now);
            }
        }
        panic!(
            "the session and its peer chase each other at {:?}",
            self.now
        );
    }

    fn deliver(&mut self) {
        let Some((_, (opening, coming))) = self.coming.pop_first() else {
            return;
        };
        match coming {
            Coming::Reopen if self.up => {}
            Coming::Reopen if self.refuses => {
                let why = Fault::LinkDown("connection refused".into());
                self.session.closed(self.now, why);
                self.schedule(self.reopen_after, Coming::Reopen);
            }
            Coming::Reopen => {
                self.up = true;
                self.opening += 1;
                self.session.opened(self.now);
                let acts = self.peer.connected(self.now);
                self.perform(acts);
            }
            _ if opening != self.opening || !self.up => {}
            Coming::Said(says) => self.session.received(self.now, says.borrow()),
            Coming::HungUp => {
                let why = Fault::LinkDown("the device closed the connection".into());
                self.closed(why);
            }
        }
    }

    fn settle(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Event(event) => self.events.push((self.now, event)),
                Output::DropLink(fault) => {
                    self.drops.push(fault.clone());
                    if self.up {
                        self.closed(fault);
                    }
                }
                Output::Transmit(transmit) if self.up => {
                    let acts = self.peer.hear(self.now, &transmit);
                    self.sent.push((self.now, transmit));
                    self.perform(acts);
                }
                Output::Transmit(_) => {}
            }
        }
    }

    fn closed(&mut self, why: Fault) {
        self.up = false;
        self.session.closed(self.now, why);
        self.schedule(self.reopen_after, Coming::Reopen);
    }

    fn perform(&mut self, acts: Vec<Act<P::Says>>) {
        for act in acts {
            match act {
                Act::Say(after, says) => self.schedule(after, Coming::Said(says)),
                Act::HangUp(after) => self.schedule(after, Coming::HungUp),
            }
        }
    }

    fn schedule(&mut self, after: Duration, coming: Coming<P::Says>) {
        self.order += 1;
        let key = (self.now + after, self.order);
        self.coming.insert(key, (self.opening, coming));
    }
}
