//! The conversation with the PLC: levels and rings, never edges. PURE.
//!
//! One request is outstanding at most. A cycle reads the header, then only ring slots not seen yet,
//! then writes what changed. Verdicts do not wait for the cycle: they go out as soon as the wire is
//! free. After the link was away the state is read again before anything is written. Every write
//! may be repeated without harm.

mod alone;
mod commands;
mod rings;
mod verdicts;

use super::map::{Map, MapError};
use super::{
    PlcAnswer, PlcCommand, PlcEvent, PlcHeader, PlcRequest, RegisterTable, StationLevels, rtu,
};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use alone::Alone;
use commands::Commands;
use rings::{EventChunk, EventReader, GateReader};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use verdicts::Verdicts;

/// Pause between two header reads, in ms, unless the station file says otherwise; the contract asks for 10–20.
pub const CYCLE_MS: u64 = 10;
/// Longest wait for an answer, in ms; then the link is dropped.
pub const ANSWER_MS: u64 = 200;

/// How the session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlcConfig {
    /// The register map; `None` for contract 1.0.
    pub map: Option<Arc<Map>>,
    /// Pause between two header reads, in milliseconds; the contract asks for 10–20.
    pub cycle_ms: u64,
    /// Longest wait for an answer, in milliseconds, beyond its time on a serial line; then the link is dropped.
    pub answer_ms: u64,
    /// How long a character takes on a serial line ([`crate::address::ModbusLink::character`]); zero without one.
    pub character: Duration,
    /// Our STATION_BOOT, to notice another station at this PLC; `None` for whoever only reads.
    pub station_boot: Option<u16>,
    /// How far the rings were read before this start; `None` when nothing is known.
    pub resume_from: Option<ResumePoint>,
}

impl Default for PlcConfig {
    fn default() -> PlcConfig {
        PlcConfig {
            map: None,
            cycle_ms: CYCLE_MS,
            answer_ms: ANSWER_MS,
            character: Duration::ZERO,
            station_boot: None,
            resume_from: None,
        }
    }
}

/// A point up to which the rings of one boot are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumePoint {
    /// PLC_BOOT.
    pub boot: u16,
    /// Running number of the last event known.
    pub events: u32,
    /// Every pack id up to this one has a known fate at the gate.
    pub decided: u32,
}

/// What the outstanding request was.
#[derive(Debug)]
enum Asked {
    /// This part of the header.
    Header(usize),
    /// What must be seen at once of the header again, to judge an event chunk that may have been overwritten while it
    /// was read.
    Recheck(EventChunk),
    /// First running number.
    Events(u32),
    /// First pack id.
    Gates(u32),
    Verdicts(Vec<(u32, u16)>),
    /// A write of the station's block.
    Station,
}

impl Asked {
    fn name(&self) -> &'static str {
        match self {
            Asked::Header(_) | Asked::Recheck(_) => "reading the PLC's header",
            Asked::Events(_) => "reading the PLC's event ring",
            Asked::Gates(_) => "reading the PLC's gate ring",
            Asked::Verdicts(_) => "writing a verdict to the PLC",
            Asked::Station => "writing the station's block to the PLC",
        }
    }
}

#[derive(Debug)]
struct Outstanding {
    asked: Asked,
    /// Registers that a read must bring; 0 for a write.
    count: u16,
    due: Tick,
    wait: Duration,
}

/// What is known about the present PLC boot.
#[derive(Debug)]
struct Present {
    header: PlcHeader,
    /// When the PLC's heartbeat last changed.
    beat_at: Tick,
    standing_still: bool,
}

/// The PLC session. See the module text.
#[derive(Debug)]
pub struct PlcSession {
    map: Arc<Map>,
    /// The words of the header's parts, one behind the other.
    image: Vec<u16>,
    /// The part of the header to read next; 0 between cycles.
    part: usize,
    /// Writes of the station's block that follow the one that is out.
    writes: VecDeque<PlcRequest>,
    config: PlcConfig,
    out: VecDeque<Output<PlcRequest, PlcEvent>>,
    /// The link is open and was not given up by us.
    usable: bool,
    /// `Link(true)` was told.
    announced: bool,
    /// A good header was read on this link.
    fresh: bool,
    /// The rings were read up to the header on this link: writing is allowed.
    synced: bool,
    outstanding: Option<Outstanding>,
    recheck: Option<EventChunk>,
    next_cycle: Tick,
    /// When the header of this cycle was asked for.
    header_asked: Tick,
    station_due: bool,
    alone: Alone,
    present: Option<Present>,
    events: EventReader,
    gates: GateReader,
    verdicts: Verdicts,
    commands: Commands,
    levels: Option<StationLevels>,
    last_trouble: Option<Fault>,
}

impl PlcSession {
    /// A session that knows no PLC yet.
    ///
    /// # Errors
    /// When no map is given and the built-in contract table is unsound.
    pub fn new(config: PlcConfig) -> Result<PlcSession, MapError> {
        let map = match &config.map {
            Some(map) => Arc::clone(map),
            None => Map::contract()?,
        };
        Ok(PlcSession {
            image: vec![0; map.header_words()],
            part: 0,
            writes: VecDeque::new(),
            map,
            config,
            out: VecDeque::new(),
            usable: false,
            announced: false,
            fresh: false,
            synced: false,
            outstanding: None,
            recheck: None,
            next_cycle: Tick::default(),
            header_asked: Tick::default(),
            station_due: false,
            alone: Alone::default(),
            present: None,
            events: EventReader::default(),
            gates: GateReader::default(),
            verdicts: Verdicts::default(),
            commands: Commands::default(),
            levels: None,
            last_trouble: None,
        })
    }

    fn tell(&mut self, event: PlcEvent) {
        self.out.push_back(Output::Event(event));
    }

    /// Tells a fault once per episode: the same one again is silent until the link worked in
    /// between.
    fn trouble(&mut self, fault: Fault) {
        if self.last_trouble.as_ref() != Some(&fault) {
            self.last_trouble = Some(fault.clone());
            self.tell(PlcEvent::Fault(fault));
        }
    }

    fn give_up(&mut self, fault: Fault) {
        self.trouble(fault.clone());
        self.forget_link();
        self.out.push_back(Output::DropLink(fault));
    }

    fn forget_link(&mut self) {
        self.usable = false;
        self.fresh = false;
        self.synced = false;
        self.recheck = None;
        self.part = 0;
        self.writes.clear();
        self.alone.forget();
        if let Some(Outstanding {
            asked: Asked::Verdicts(written),
            ..
        }) = self.outstanding.take()
        {
            self.verdicts.not_confirmed(written);
        }
    }

    /// Sends the next request if the wire is free.
    fn advance(&mut self, now: Tick) {
        if !self.usable || self.outstanding.is_some() {
            return;
        }
        let Some((asked, request)) = self.next_request(now) else {
            return;
        };
        let count = match &request {
            PlcRequest::Read { count, .. } => *count,
            PlcRequest::Write { .. } => 0,
        };
        let wait = self.answer_wait(&request);
        self.outstanding = Some(Outstanding {
            asked,
            count,
            due: now + wait,
            wait,
        });
        self.out.push_back(Output::Transmit(request));
    }

    /// How long an answer may take: the PLC's time, and that of the line.
    fn answer_wait(&self, request: &PlcRequest) -> Duration {
        let line = rtu::time_on_line(request, self.config.character);
        Duration::from_millis(self.config.answer_ms) + line
    }

    fn next_request(&mut self, now: Tick) -> Option<(Asked, PlcRequest)> {
        if let Some(chunk) = self.recheck.take() {
            return Some((Asked::Recheck(chunk), self.header_part(0)));
        }
        if self.part > 0 {
            return Some((Asked::Header(self.part), self.header_part(self.part)));
        }
        if let Some(request) = self.writes.pop_front() {
            return Some((Asked::Station, request));
        }
        if self.fresh {
            let header = self
                .present
                .as_ref()
                .expect("a fresh link has a header")
                .header;
            if self.synced
                && let Some(request) = self.write_verdicts(&header)
            {
                return Some(request);
            }
            if let Some((first, count)) = self.events.next_chunk(&self.map, &header) {
                let address = self.map.event_register(first, header.event_depth);
                let count = count * self.map.entry_words().0;
                let table = self.map.event.table;
                return Some((Asked::Events(first), read(table, address, count)));
            }
            if let Some((first, count)) = self.gates.next_chunk(&self.map) {
                let address = self.map.gate_register(first, header.gate_depth);
                let count = count * self.map.entry_words().1;
                let table = self.map.gate.table;
                return Some((Asked::Gates(first), read(table, address, count)));
            }
            if !self.synced {
                // Verdicts that were not confirmed before the link went away go out first.
                self.synced = true;
                return self.next_request(now);
            }
            if self.station_due
                && let Some(levels) = self.levels
            {
                self.station_due = false;
                self.commands.start_next(now);
                let highest = self.verdicts.highest();
                let command = self.commands.registers();
                let writes = self.map.encode_station(&levels, command, highest);
                let writes = writes.into_iter();
                self.writes = writes
                    .map(|(address, words)| PlcRequest::Write { address, words })
                    .collect();
                return Some((Asked::Station, self.writes.pop_front()?));
            }
        }
        if now >= self.next_cycle {
            self.header_asked = now;
            self.next_cycle = now + Duration::from_millis(self.config.cycle_ms);
            return Some((Asked::Header(0), self.header_part(0)));
        }
        None
    }

    fn header_part(&self, part: usize) -> PlcRequest {
        let span = self.map.reads[part];
        read(span.table, span.first, span.count)
    }

    fn write_verdicts(&mut self, header: &PlcHeader) -> Option<(Asked, PlcRequest)> {
        let words_each = self.map.entry_words().2;
        let run = self
            .verdicts
            .next_run(header.verdict_depth, self.map.write_max / words_each);
        let first = run.first()?.0;
        let mut words = Vec::with_capacity(run.len() * usize::from(words_each));
        for (id, code) in &run {
            words.extend(self.map.encode_verdict(&super::map::VerdictEntry {
                boot: header.boot,
                id: *id,
                code: *code,
            }));
        }
        let address = self.map.verdict_register(first, header.verdict_depth);
        Some((Asked::Verdicts(run), PlcRequest::Write { address, words }))
    }

    /// Keeps a part of the header; the header once all parts are known.
    fn header_read(&mut self, now: Tick, part: usize, words: &[u16]) -> Option<PlcHeader> {
        let before = self.map.reads[..part].iter();
        let before: usize = before.map(|span| usize::from(span.count)).sum();
        self.image[before..before + words.len()].copy_from_slice(words);
        match self.map.decode_header(&self.image) {
            Ok(header) => Some(header),
            Err(fault) => {
                self.next_cycle = now;
                self.give_up(fault);
                None
            }
        }
    }

    /// A header of the cycle: who it is, what is new, what was acknowledged.
    fn take_header(&mut self, now: Tick, header: PlcHeader) {
        if !self.only_us(now, &header) {
            return;
        }
        if !self.announced {
            self.announced = true;
            self.last_trouble = None;
            self.tell(PlcEvent::Link(true));
        }
        let first_on_link = !self.fresh;
        self.fresh = true;
        self.watch_heartbeat(now, &header, first_on_link);
        let old = self.events.boot();
        if old != Some(header.boot) {
            self.tell(PlcEvent::Booted {
                old,
                new: header.boot,
            });
            let resume = self.config.resume_from.take();
            let resume = resume.filter(|point| point.boot == header.boot && old.is_none());
            self.events.begin(header.boot, &header, resume);
            self.gates.begin(&header, resume);
            self.verdicts.begin(header.boot);
            self.commands.begin(&header, old.is_none(), &mut self.out);
        } else {
            self.commands.see_header(now, &header, &mut self.out);
        }
        self.tell(PlcEvent::Header {
            header,
            asked_at: self.header_asked,
        });
        self.events.see_header(&header, &mut self.out);
        self.gates.see_header(&header, &mut self.out);
        self.station_due = true;
    }

    fn watch_heartbeat(&mut self, now: Tick, header: &PlcHeader, first_on_link: bool) {
        let stale = Duration::from_millis(self.map.heartbeat_stale_ms);
        let mut fault = None;
        match &mut self.present {
            Some(present) if present.header.heartbeat == header.heartbeat && !first_on_link => {
                if now.since(present.beat_at) >= stale && !present.standing_still {
                    present.standing_still = true;
                    fault = Some(Fault::Timeout {
                        what: "the PLC's heartbeat (it answers, but its program stands still)"
                            .into(),
                        after: stale,
                    });
                }
                present.header = *header;
            }
            present => {
                *present = Some(Present {
                    header: *header,
                    beat_at: now,
                    standing_still: false,
                });
            }
        }
        if let Some(fault) = fault {
            self.tell(PlcEvent::Fault(fault));
        }
    }

    fn take_events(&mut self, now: Tick, first: u32, words: &[u16]) {
        let header = self
            .present
            .as_ref()
            .expect("events follow a header")
            .header;
        let chunk = EventChunk::decode(&self.map, header.boot, first, words);
        if chunk.in_doubt(&header, now.since(self.header_asked)) {
            self.recheck = Some(chunk);
        } else {
            self.events.accept(chunk, &header, &mut self.out);
            self.gates.note_events(&mut self.events);
        }
    }

    fn recheck_read(&mut self, now: Tick, chunk: EventChunk, header: PlcHeader) {
        if self.events.boot() == Some(header.boot) {
            self.events.accept(chunk, &header, &mut self.out);
            self.gates.note_events(&mut self.events);
        } else {
            // The PLC started anew while its ring was read: what was read is void.
            self.take_header(now, header);
        }
    }

    fn answered(&mut self, now: Tick, asked: Asked, answer: &PlcAnswer) {
        match (asked, answer) {
            (Asked::Header(part), PlcAnswer::Words(words)) => {
                if let Some(header) = self.header_read(now, part, words) {
                    self.part = (part + 1) % self.map.reads.len();
                    if self.part == 0 {
                        self.take_header(now, header);
                    }
                }
            }
            (Asked::Recheck(chunk), PlcAnswer::Words(words)) => {
                if let Some(header) = self.header_read(now, 0, words) {
                    self.recheck_read(now, chunk, header);
                }
            }
            (Asked::Events(first), PlcAnswer::Words(words)) => {
                self.take_events(now, first, words);
            }
            (Asked::Gates(first), PlcAnswer::Words(words)) => {
                self.gates.accept(&self.map, first, words, &mut self.out);
            }
            (Asked::Verdicts(written), PlcAnswer::Written) => {
                self.verdicts.confirmed(&written, &mut self.out);
            }
            (Asked::Station, PlcAnswer::Written) => self.alone.wrote(now),
            _ => unreachable!("the shape of the answer was compared with the request"),
        }
    }
}

fn read(table: RegisterTable, address: u16, count: u16) -> PlcRequest {
    PlcRequest::Read {
        table,
        address,
        count,
    }
}

impl Session for PlcSession {
    type Command = PlcCommand;
    type Event = PlcEvent;
    type Received = PlcAnswer;
    type Transmit = PlcRequest;

    fn opened(&mut self, now: Tick) {
        self.forget_link();
        self.usable = true;
        self.next_cycle = now;
        self.advance(now);
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.forget_link();
        if self.announced {
            self.announced = false;
            self.tell(PlcEvent::Link(false));
        }
        self.trouble(why);
    }

    fn received(&mut self, now: Tick, answer: &PlcAnswer) {
        if !self.usable {
            return;
        }
        let Some(outstanding) = self.outstanding.take() else {
            self.give_up(Fault::Garbled("an answer to no request".into()));
            return;
        };
        let fits = match answer {
            PlcAnswer::Words(words) => {
                outstanding.count > 0 && words.len() == usize::from(outstanding.count)
            }
            PlcAnswer::Written => outstanding.count == 0,
        };
        if !fits {
            let what = outstanding.asked.name();
            self.outstanding = Some(outstanding);
            self.give_up(Fault::Garbled(format!("the wrong answer to {what}")));
            return;
        }
        self.answered(now, outstanding.asked, answer);
        self.advance(now);
    }

    fn command(&mut self, now: Tick, command: PlcCommand) {
        match command {
            PlcCommand::Levels(levels) => {
                let beat = |levels: StationLevels| StationLevels {
                    heartbeat: 0,
                    ..levels
                };
                // A stop must not wait for the cycle; a mere heartbeat may.
                if self.levels.map(beat) != Some(beat(levels)) {
                    self.station_due = true;
                }
                self.levels = Some(levels);
            }
            PlcCommand::Verdict { boot, id, code } => {
                let depth = self.present.as_ref().map(|p| p.header.verdict_depth);
                self.verdicts.command(boot, id, code, depth, &mut self.out);
            }
            PlcCommand::Execute { ticket, code, arg } => {
                self.commands.queue(ticket, code, arg, &mut self.out);
                self.station_due = true;
            }
        }
        self.advance(now);
    }

    fn woken(&mut self, now: Tick) {
        match &self.outstanding {
            Some(outstanding) if now >= outstanding.due => {
                let fault = Fault::Timeout {
                    what: outstanding.asked.name().into(),
                    after: outstanding.wait,
                };
                self.give_up(fault);
            }
            _ => self.advance(now),
        }
    }

    fn wake(&self) -> Option<Wake> {
        if !self.usable {
            return None;
        }
        match &self.outstanding {
            Some(outstanding) => Some(Wake {
                at: outstanding.due,
                reason: outstanding.asked.name(),
            }),
            None => Some(Wake {
                at: self.next_cycle,
                reason: "the next PLC cycle",
            }),
        }
    }

    fn next_output(&mut self) -> Option<Output<PlcRequest, PlcEvent>> {
        self.out.pop_front()
    }
}
