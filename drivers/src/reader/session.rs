//! The conversation with a smart reader, the same for every family. PURE.
//!
//! After the link opened it is asked who it is, where it can be asked; only then its reads are taken. Later it is asked
//! whenever it was silent for a while: silence is *unknown*, and the link is dropped when it lasts. A reader that
//! cannot be asked is taken as it is, and its silence is normal ([`Liveness::Unknown`]).
//!
//! What comes is cut at the ends of texts. Whatever looks like an answer is one only while its question is open.
//! Everything else is a read, told with its counter and the time of its last byte: never the answer to a trigger.
//!
//! A reader that never stops talking is a fault that drops the link: what is kept of an unfinished text and how much is
//! told in a second are bounded, so that it can fill neither the memory nor the station's inbox.

use super::config::{ReaderConfig, contains};
use super::family::{Asked, Heard, Open, words};
use super::{Liveness, ReaderCommand, ReaderEvent, Scan, SymbologyId, strangers};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Known, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// Most bytes of one text with what stands around it: the largest QR symbol in base64, with room.
pub const FRAME_BYTES_MAX: usize = 8_192;
/// Most texts, readable or not, that are told within `TOLD_SPAN`: four times those of the fastest line.
pub const TOLD_MAX: u32 = 400;
/// The span in which they are counted.
const TOLD_SPAN: Duration = Duration::from_secs(1);
/// Questions in a row without an answer that drop the link.
pub const UNANSWERED_MAX: u32 = 3;

/// What separates elements of a GS1 element string.
pub(super) const GS: u8 = 0x1d;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No link, or given up by us.
    Down,
    /// It was asked who it is.
    Identifying,
    /// Its reads are taken.
    Up,
}

/// The session with one reader. See the module text.
#[derive(Debug)]
pub struct ReaderSession {
    config: ReaderConfig,
    out: VecDeque<Output<Vec<u8>, ReaderEvent>>,
    phase: Phase,
    /// The beginning of a text, and when its first byte came.
    held: Vec<u8>,
    held_at: Tick,
    /// Until when answers are waited for.
    identity: Option<Tick>,
    gate: [Option<Tick>; 2],
    /// When something of sense was heard last.
    heard_at: Tick,
    asked_at: Tick,
    unanswered: u32,
    /// The last [`ReaderEvent::Link`] was "up".
    announced: bool,
    /// The last [`ReaderEvent::Alive`] was "yes".
    alive: bool,
    /// Beginning and count of the span in which texts are counted.
    span: (Tick, u32),
    first: bool,
    warned: bool,
    last_trouble: Option<Fault>,
}

impl ReaderSession {
    /// A session without a link.
    pub fn new(config: ReaderConfig) -> ReaderSession {
        ReaderSession {
            config,
            out: VecDeque::new(),
            phase: Phase::Down,
            held: Vec::new(),
            held_at: Tick::default(),
            identity: None,
            gate: [None, None],
            heard_at: Tick::default(),
            asked_at: Tick::default(),
            unanswered: 0,
            announced: false,
            alive: false,
            span: (Tick::default(), 0),
            first: false,
            warned: false,
            last_trouble: None,
        }
    }

    /// How it is set.
    pub fn config(&self) -> &ReaderConfig {
        &self.config
    }

    /// What its silence means.
    pub fn liveness(&self) -> Liveness {
        self.config.liveness()
    }

    fn tell(&mut self, event: ReaderEvent) {
        self.out.push_back(Output::Event(event));
    }

    fn transmit(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.out.push_back(Output::Transmit(bytes.to_vec()));
        }
    }

    /// Tells a fault once per episode: the same one again is silent until a sound text came in between.
    fn trouble(&mut self, fault: Fault) {
        if self.last_trouble.as_ref() != Some(&fault) {
            self.last_trouble = Some(fault.clone());
            self.tell(ReaderEvent::Fault(fault));
        }
    }

    /// The one warning of this link.
    fn warn(&mut self, text: &str) {
        if !std::mem::replace(&mut self.warned, true) {
            self.tell(ReaderEvent::Warning(text.to_owned()));
        }
    }

    fn give_up(&mut self, fault: Fault) {
        self.trouble(fault.clone());
        self.phase = Phase::Down;
        self.held.clear();
        self.out.push_back(Output::DropLink(fault));
    }

    fn ask(&mut self, now: Tick) {
        let question = self.config.family.words.question(&self.config.framing);
        self.transmit(&question.unwrap_or_default());
        self.asked_at = now;
        self.identity = Some(now + Duration::from_millis(self.config.answer_ms));
    }

    /// Reads are taken from here on.
    fn up(&mut self, now: Tick) {
        self.phase = Phase::Up;
        self.heard_at = now;
        self.announced = true;
        self.tell(ReaderEvent::Link(true));
    }

    fn alive(&mut self, now: Tick) {
        self.unanswered = 0;
        if self.config.asks && !std::mem::replace(&mut self.alive, true) {
            let known = Known::Yes { value: (), at: now };
            self.tell(ReaderEvent::Alive(known));
        }
    }

    fn unknown(&mut self) {
        if std::mem::replace(&mut self.alive, false) {
            let since = self.heard_at;
            self.tell(ReaderEvent::Alive(Known::Unknown { since }));
        }
    }

    fn open(&self) -> Open {
        Open {
            asked: self.config.asks,
            identity: self.identity.is_some(),
            trigger_on: self.gate[0].is_some(),
            trigger_off: self.gate[1].is_some(),
        }
    }

    /// One text more in this span; `false` when that is too many.
    fn counted(&mut self, now: Tick) -> bool {
        if now.since(self.span.0) >= TOLD_SPAN {
            self.span = (now, 0);
        }
        self.span.1 += 1;
        let few = self.span.1 <= TOLD_MAX;
        if !few {
            self.give_up(Fault::Device(format!(
                "it never stops talking: more than {TOLD_MAX} texts within a second; \
                 look at its trigger, and whether something else is plugged in there"
            )));
        }
        few
    }

    fn take(&mut self, now: Tick, byte: u8) {
        let framing = &self.config.framing;
        let between = matches!(byte, b'\r' | b'\n') && framing.prefix.first() != Some(&byte);
        if self.held.is_empty() {
            // What is left of a line's end, and empty lines.
            if between {
                return;
            }
            self.held_at = now;
        }
        self.held.push(byte);
        let words = self.config.family.words;
        if let Some(heard) = words.hear(&self.held, framing, self.open()) {
            let held = std::mem::take(&mut self.held);
            if self.counted(now) {
                self.hear(now, heard, &held);
            }
            return;
        }
        if self.held.len() >= FRAME_BYTES_MAX {
            return self.give_up(Fault::Device(format!(
                "it never stops talking: {FRAME_BYTES_MAX} bytes without the end of a text; \
                 set prefix and suffix as at the reader"
            )));
        }
        if words.reserves(&self.held) {
            return;
        }
        let begins = self.held.ends_with(&framing.prefix) && self.held.len() > framing.prefix.len();
        if framing.restarts() && begins {
            let prefix = framing.prefix.clone();
            let mut lost = std::mem::replace(&mut self.held, prefix);
            lost.truncate(lost.len() - self.held.len());
            self.held_at = now;
            self.garbled(now, &lost, "a text without its end");
        } else if self.held.ends_with(&framing.suffix)
            && self.held.len() >= framing.prefix.len() + framing.suffix.len()
        {
            let held = std::mem::take(&mut self.held);
            if self.counted(now) {
                self.framed(now, &held);
            }
        }
    }

    /// Something that is neither read nor answer; counts as a text.
    fn garbled(&mut self, now: Tick, lost: &[u8], what: &str) {
        if self.counted(now) {
            self.trouble(Fault::Garbled(format!("{what}: {}", words(lost))));
        }
    }

    /// A text between prefix and suffix.
    fn framed(&mut self, now: Tick, held: &[u8]) {
        let framing = &self.config.framing;
        let text = &held[..held.len() - framing.suffix.len()];
        let Some(text) = text.strip_prefix(&framing.prefix[..]) else {
            self.stranger(held);
            if self.phase != Phase::Down {
                let what = format!("a text without its prefix: {}", words(held));
                self.trouble(Fault::Garbled(what));
            }
            return;
        };
        let text = text.to_vec();
        self.hear(now, Heard::Read(text), held);
    }

    /// Gives up when what it says is known to be something else: its first words, and all until it said who it is.
    fn stranger(&mut self, held: &[u8]) {
        let first = std::mem::replace(&mut self.first, false);
        if !first && self.phase != Phase::Identifying {
            return;
        }
        let asked = self.config.family.words.question(&self.config.framing);
        let asked = asked.unwrap_or_default();
        let echoes = self.phase == Phase::Identifying && contains(held, asked.trim_ascii());
        let named = strangers::named(held).or_else(|| echoes.then(|| strangers::echo(held)));
        // A symbol may say anything: of a reader that is not asked only the plainest servers are known.
        let sure = self.config.asks || held.starts_with(b"SSH-") || held.starts_with(b"HTTP/");
        if let Some(found) = named.filter(|_| sure) {
            let expected = format!("a {} reader", self.config.family.name);
            self.give_up(Fault::WrongDevice { expected, found });
        }
    }

    fn hear(&mut self, now: Tick, heard: Heard, held: &[u8]) {
        match heard {
            Heard::Identity { model, firmware } => self.identified(now, model, firmware),
            Heard::Accepted(asked) => {
                self.answered(asked);
                self.heard(now);
            }
            Heard::Refused(asked, why) => self.refused(now, asked, &why),
            Heard::Stale => self.heard(now),
            Heard::Garbled => {
                self.stranger(held);
                if self.phase != Phase::Down {
                    self.trouble(Fault::Garbled(words(held)));
                }
            }
            Heard::Read(text) => {
                self.stranger(held);
                match self.phase {
                    Phase::Down => {}
                    Phase::Identifying => self.warn(
                        "A text came before the reader had said who it is; it was not taken. \
                         If that goes on, it is not the reader that is configured.",
                    ),
                    Phase::Up => self.read(now, &text),
                }
            }
        }
    }

    /// It said something of sense.
    fn heard(&mut self, now: Tick) {
        self.first = false;
        self.last_trouble = None;
        self.heard_at = now;
        if self.phase == Phase::Up {
            self.alive(now);
        }
    }

    fn answered(&mut self, asked: Asked) {
        match asked {
            Asked::Identity => self.identity = None,
            Asked::TriggerOn => self.gate[0] = None,
            Asked::TriggerOff => self.gate[1] = None,
        }
    }

    fn identified(&mut self, now: Tick, model: String, firmware: String) {
        self.answered(Asked::Identity);
        let wanted = self.config.model.as_ref();
        if let Some(expected) = wanted.filter(|wanted| !model.contains(wanted.as_str())) {
            let expected = expected.clone();
            return self.give_up(Fault::WrongDevice {
                expected,
                found: model,
            });
        }
        if self.phase == Phase::Identifying {
            let model = match model.is_empty() {
                true => self.config.family.name.to_owned(),
                false => model,
            };
            self.tell(ReaderEvent::Identified { model, firmware });
            self.up(now);
        }
        self.heard(now);
    }

    /// It understood, and said no.
    fn refused(&mut self, now: Tick, asked: Asked, why: &str) {
        self.answered(asked);
        let what = match asked {
            Asked::Identity => "the question who it is",
            Asked::TriggerOn => "to open its reading gate",
            Asked::TriggerOff => "to close its reading gate",
        };
        let fault = Fault::Device(format!("it refuses {what}: {why}"));
        // Whoever refuses to say who it is may be another model, but talks: it is asked again later, and then given up.
        if asked == Asked::Identity {
            self.unanswered += 1;
            if self.unanswered >= UNANSWERED_MAX {
                return self.give_up(fault);
            }
            return self.trouble(fault);
        }
        self.heard_at = now;
        self.tell(ReaderEvent::Fault(fault));
    }

    /// A text of a reader whose reads are taken.
    fn read(&mut self, now: Tick, text: &[u8]) {
        let framing = &self.config.framing;
        // In an envelope of the family's own, the text still has the framing of the reader's output.
        let text = text.strip_suffix(&framing.suffix[..]).unwrap_or(text);
        let text = text.strip_prefix(&framing.prefix[..]).unwrap_or(text);
        let (counter, text) = match &self.config.counter {
            None => (None, text),
            Some(separator) => match leading_counter(text, separator) {
                Some((counter, text)) => (Some(counter), text),
                None => {
                    let what = format!(
                        "a text without the counter that is configured: {}",
                        words(text)
                    );
                    return self.trouble(Fault::Garbled(what));
                }
            },
        };
        let at = now;
        if text.is_empty() || text == self.config.no_read {
            self.heard(now);
            return self.tell(ReaderEvent::NoRead { counter, at });
        }
        let (symbology, text) = match SymbologyId::split(text).filter(|_| self.config.aim) {
            Some((id, text)) => (Some(id), text),
            None => (None, text),
        };
        let text = match &self.config.gs {
            Some(sent) => replaced(text, sent),
            None => text.to_vec(),
        };
        self.heard(now);
        if self.config.aim && symbology.is_none() {
            self.warn("A text came without a symbology identifier; switch them on at the reader, or aim off here.");
        }
        self.tell(ReaderEvent::Read(Scan {
            counter,
            at,
            symbology,
            text,
        }));
    }

    /// The question stayed unanswered.
    fn unanswered(&mut self, now: Tick) {
        self.identity = None;
        // It talks: its answer was lost among its reads.
        if self.phase == Phase::Up && self.heard_at > self.asked_at {
            return;
        }
        self.unanswered += 1;
        self.unknown();
        if self.unanswered >= UNANSWERED_MAX {
            let after = Duration::from_millis(self.config.answer_ms) * UNANSWERED_MAX;
            let what = "who it is".to_owned();
            return self.give_up(Fault::Timeout { what, after });
        }
        self.ask(now);
    }

    /// When it is asked again; `None` where it is not, or an answer is waited for.
    fn ask_at(&self) -> Option<Tick> {
        let waits = self.config.asks && self.identity.is_none() && self.phase != Phase::Down;
        let from = match self.phase {
            Phase::Up => self.heard_at.max(self.asked_at),
            _ => self.asked_at,
        };
        waits.then(|| from + Duration::from_millis(self.config.poll_ms))
    }

    fn frame_at(&self) -> Option<Tick> {
        let until = self.held_at + Duration::from_millis(self.config.frame_ms);
        (!self.held.is_empty()).then_some(until)
    }
}

/// Decimal digits, then the separator; and what follows.
fn leading_counter<'t>(text: &'t [u8], separator: &[u8]) -> Option<(u64, &'t [u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let counter = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some((counter, text[digits..].strip_prefix(separator)?))
}

/// GS wherever `sent` stands.
fn replaced(text: &[u8], sent: &[u8]) -> Vec<u8> {
    let (mut rest, mut all) = (text, Vec::with_capacity(text.len()));
    while let [first, others @ ..] = rest {
        match rest.strip_prefix(sent) {
            Some(after) => {
                all.push(GS);
                rest = after;
            }
            None => {
                all.push(*first);
                rest = others;
            }
        }
    }
    all
}

impl Session for ReaderSession {
    type Command = ReaderCommand;
    type Event = ReaderEvent;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, now: Tick) {
        self.held.clear();
        self.gate = [None, None];
        self.identity = None;
        self.unanswered = 0;
        self.first = true;
        self.warned = false;
        if self.config.asks {
            self.phase = Phase::Identifying;
            let greeting = self.config.family.words.greeting();
            self.transmit(&greeting);
            self.ask(now);
        } else {
            self.up(now);
        }
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.trouble(why);
        self.phase = Phase::Down;
        self.held.clear();
        self.unknown();
        if std::mem::take(&mut self.announced) {
            self.tell(ReaderEvent::Link(false));
        }
    }

    fn received(&mut self, now: Tick, input: &[u8]) {
        for byte in input {
            if self.phase == Phase::Down {
                return;
            }
            self.take(now, *byte);
        }
    }

    fn command(&mut self, now: Tick, command: ReaderCommand) {
        let ReaderCommand::Trigger(on) = command;
        if self.phase != Phase::Up {
            let why = "the reader is not connected, so its reading gate was not moved";
            return self.tell(ReaderEvent::Fault(Fault::LinkDown(why.into())));
        }
        let Some(order) = self.config.gate(on) else {
            let why = format!(
                "a {} reader has no trigger word of its own; configure the one that is set there",
                self.config.family.name
            );
            return self.tell(ReaderEvent::Fault(Fault::Refused(why)));
        };
        self.transmit(&order);
        self.gate[usize::from(!on)] = Some(now + Duration::from_millis(self.config.answer_ms));
    }

    fn woken(&mut self, now: Tick) {
        if self.frame_at().is_some_and(|at| at <= now) {
            let lost = std::mem::take(&mut self.held);
            self.stranger(&lost);
            if self.phase != Phase::Down {
                self.garbled(
                    now,
                    &lost,
                    "a text whose end did not come; is the suffix the one of the reader?",
                );
            }
        }
        for gate in &mut self.gate {
            // Whether it is answered at all is a setting of the reader.
            *gate = gate.filter(|until| *until > now);
        }
        if self.phase != Phase::Down && self.identity.is_some_and(|until| until <= now) {
            self.unanswered(now);
        }
        if self.ask_at().is_some_and(|at| at <= now) {
            self.ask(now);
        }
    }

    fn wake(&self) -> Option<Wake> {
        if self.phase == Phase::Down {
            return None;
        }
        let wakes = [
            (self.frame_at(), "the end of a text"),
            (self.identity, "an answer of the reader"),
            (self.ask_at(), "the reader to be asked again"),
            (self.gate[0], "the reading gate to open"),
            (self.gate[1], "the reading gate to close"),
        ];
        let due = wakes
            .into_iter()
            .filter_map(|(at, reason)| Some(Wake { at: at?, reason }));
        due.min_by_key(|wake| wake.at)
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, ReaderEvent>> {
        self.out.pop_front()
    }
}
