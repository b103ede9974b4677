//! Reading the PLC's rings: only what was not seen, nothing twice, and saying what is lost. PURE.
//!
//! Event entries do not carry their running number, so an entry overwritten while it was read looks
//! sound: a chunk close to the ring's end is judged by a header read *after* it. Gate entries carry
//! the pack id and speak for themselves. Packs that appeared or were removed are decided out of
//! turn, so a missing gate entry below DECIDED is lost only when a pack that came later on the belt
//! has been decided at the gate, or when the entry stays spoilt.

use crate::Fault;
use crate::plc::map::{Absent, Map};
use crate::plc::session::ResumePoint;
use crate::plc::{GateOutcome, PlcEvent, PlcEventKind, PlcHeader, PlcRequest, PlcRingEvent};
use crate::session::Output;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A gate entry that should be there is looked for in this many passes before it is called lost.
pub const GATE_PASSES_MAX: u8 = 3;

/// A chunk read this long after its header is judged by a newer header.
pub const DOUBT_AFTER: Duration = Duration::from_millis(50);

/// Most packs that appeared on the belt and are not decided yet; a belt has at most 254. Beyond that
/// the highest ids are forgotten, and in this boot one decided id alone proves nothing any more.
pub const APPEARED_MAX: usize = 1_024;

/// Pack ids this close to the end of a u32 are not followed; a line needs centuries to get there.
const ID_MARGIN: u32 = 1_024;

type Out = VecDeque<Output<PlcRequest, PlcEvent>>;

/// Entries of one read, not judged yet.
#[derive(Debug)]
pub(super) struct EventChunk {
    first: u32,
    entries: Vec<Result<PlcRingEvent, Absent>>,
}

impl EventChunk {
    pub fn decode(map: &Map, boot: u16, first: u32, words: &[u16]) -> EventChunk {
        let entries = words.chunks(usize::from(map.entry_words().0));
        EventChunk {
            first,
            entries: entries.map(|words| map.decode_event(words, boot)).collect(),
        }
    }

    /// Whether entries may have been overwritten between header and read, or do not exist although
    /// the header counts them.
    ///
    /// A ring that is sized by the contract's rules cannot turn half round within [`DOUBT_AFTER`].
    pub fn in_doubt(&self, header: &PlcHeader, age: Duration) -> bool {
        let behind = header.events.wrapping_sub(self.first);
        behind >= u32::from(header.event_depth / 2)
            || age >= DOUBT_AFTER
            || self.entries.iter().any(Result::is_err)
    }
}

/// How far the event ring was read.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    boot: Option<u16>,
    seen: u32,
    appeared: Vec<u32>,
    /// Not every event of this boot was read here: a pack may have appeared unnoticed.
    incomplete: bool,
    went_back: bool,
}

impl EventReader {
    pub fn boot(&self) -> Option<u16> {
        self.boot
    }

    pub fn begin(&mut self, boot: u16, header: &PlcHeader, resume: Option<ResumePoint>) {
        let known = resume.map_or(0, |point| point.events);
        *self = EventReader {
            boot: Some(boot),
            seen: if known <= header.events { known } else { 0 },
            incomplete: known > 0,
            ..EventReader::default()
        };
    }

    pub fn see_header(&mut self, header: &PlcHeader, out: &mut Out) {
        if header.events < self.seen {
            if !self.went_back {
                let text = format!("its event count went back from {}", self.seen);
                out.push_back(Output::Event(PlcEvent::Fault(Fault::Device(text))));
            }
            self.went_back = true;
            self.incomplete = true;
            self.seen = header.events;
        }
        self.skip_overwritten(header, out);
    }

    fn skip_overwritten(&mut self, header: &PlcHeader, out: &mut Out) {
        let oldest_before = header.events.saturating_sub(u32::from(header.event_depth));
        if oldest_before > self.seen {
            let from = self.seen + 1;
            let to = oldest_before;
            self.incomplete = true;
            out.push_back(Output::Event(PlcEvent::EventsLost { from, to }));
            self.seen = to;
        }
    }

    /// First running number and count of the next read; slots lie together and fit one request.
    pub fn next_chunk(&self, map: &Map, header: &PlcHeader) -> Option<(u32, u16)> {
        let unread = header
            .events
            .checked_sub(self.seen)
            .filter(|unread| *unread > 0)?;
        let first = self.seen + 1;
        Some((
            first,
            chunk(
                first,
                unread,
                header.event_depth,
                map.read_max / map.entry_words().0,
            ),
        ))
    }

    /// Tells what a chunk holds, judged by a header read after it.
    pub fn accept(&mut self, chunk: EventChunk, after: &PlcHeader, out: &mut Out) {
        self.skip_overwritten(after, out);
        let mut lost: Option<(u32, u32)> = None;
        for (number, entry) in (chunk.first..=u32::MAX).zip(chunk.entries) {
            if number <= self.seen {
                continue; // Overwritten meanwhile; told above.
            }
            self.seen = number;
            match entry {
                Ok(event) => {
                    tell_events_lost(lost.take(), out);
                    if event.kind == PlcEventKind::Appeared {
                        self.appeared.push(event.id);
                    }
                    out.push_back(Output::Event(PlcEvent::Ring(event)));
                }
                Err(_) => {
                    self.incomplete = true;
                    lost = Some((lost.map_or(number, |(from, _)| from), number));
                }
            }
        }
        tell_events_lost(lost, out);
    }
}

fn tell_events_lost(lost: Option<(u32, u32)>, out: &mut Out) {
    if let Some((from, to)) = lost {
        out.push_back(Output::Event(PlcEvent::EventsLost { from, to }));
    }
}

/// How many entries from `first` on, of `unread`, lie together and fit one request.
fn chunk(first: u32, unread: u32, depth: u16, request_max: u16) -> u16 {
    let to_ring_end = u32::from(depth) - first % u32::from(depth);
    let count = unread.min(to_ring_end).min(u32::from(request_max));
    u16::try_from(count).expect("a request is short")
}

/// How far the gate ring was read.
#[derive(Debug, Default)]
pub(super) struct GateReader {
    boot: u16,
    depth: u16,
    /// The fate of every id up to here was told.
    settled: u32,
    /// Ids above `settled` whose fate was told.
    told: BTreeSet<u32>,
    /// Highest DECIDED seen.
    high: u32,
    /// DECIDED in the last header.
    last_decided: u32,
    /// Next id of the pass under way.
    cursor: Option<u32>,
    /// The two highest ids seen decided at the gate, of packs in belt order: highest first.
    passed_by: [u32; 2],
    /// A pack may have appeared unnoticed, so one decided id alone proves nothing.
    unsure: bool,
    /// Ids that appeared: they are not in belt order.
    appeared: BTreeSet<u32>,
    /// Passes in which an entry was missing although it should be there.
    missing: BTreeMap<u32, u8>,
    /// Entries whose check failed, or that hold an unknown code, in the pass under way.
    spoilt: BTreeSet<u32>,
}

impl GateReader {
    pub fn begin(&mut self, header: &PlcHeader, resume: Option<ResumePoint>) {
        *self = GateReader {
            boot: header.boot,
            settled: resume.map_or(0, |point| point.decided.min(header.decided)),
            ..GateReader::default()
        };
        self.high = self.settled;
        self.last_decided = self.settled;
    }

    /// Takes from the event ring which packs are not in belt order, and whether that list is
    /// complete.
    pub fn note_events(&mut self, events: &mut EventReader) {
        let settled = self.settled;
        let appeared = events.appeared.drain(..);
        self.appeared.extend(appeared.filter(|id| *id > settled));
        while self.appeared.len() > APPEARED_MAX {
            self.appeared.pop_last();
            events.incomplete = true;
        }
        self.unsure = events.incomplete;
    }

    fn note_passed(&mut self, id: u32) {
        if id > self.passed_by[0] {
            self.passed_by = [id, self.passed_by[0]];
        } else if id > self.passed_by[1] && id != self.passed_by[0] {
            self.passed_by[1] = id;
        }
    }

    pub fn see_header(&mut self, header: &PlcHeader, out: &mut Out) {
        self.depth = header.gate_depth;
        // Clamped so that no sum with an id can overflow, whatever a PLC claims.
        self.high = self.high.max(header.decided.min(u32::MAX - ID_MARGIN));
        let news = header.decided != self.last_decided;
        self.last_decided = header.decided;
        self.lose_overwritten(out);
        // Holes are looked at every cycle: an out-of-turn decision need not move DECIDED.
        if (news || self.settled < self.high) && self.cursor.is_none() {
            self.cursor = Some(self.settled + 1);
        }
    }

    fn lose_overwritten(&mut self, out: &mut Out) {
        let oldest_before = self.high.saturating_sub(u32::from(self.depth));
        if oldest_before <= self.settled {
            return;
        }
        let mut from = self.settled + 1;
        let known: Vec<u32> = self.told.range(from..=oldest_before).copied().collect();
        for id in known.into_iter().chain([oldest_before + 1]) {
            if id > from {
                out.push_back(Output::Event(PlcEvent::GateLost { from, to: id - 1 }));
            }
            from = id + 1;
        }
        self.settle_to(oldest_before);
    }

    fn settle_to(&mut self, id: u32) {
        self.settled = self.settled.max(id);
        while self.told.contains(&(self.settled + 1)) {
            self.settled += 1;
        }
        let above = self.settled + 1;
        self.told = self.told.split_off(&above);
        self.appeared = self.appeared.split_off(&above);
        self.missing = self.missing.split_off(&above);
    }

    /// First id and count of the next read; slots lie together and fit one request.
    pub fn next_chunk(&mut self, map: &Map) -> Option<(u32, u16)> {
        let mut first = self.cursor?.max(self.settled + 1);
        while self.told.contains(&first) {
            first += 1;
        }
        if first > self.high {
            self.cursor = None;
            return None;
        }
        let unread = self.high - first + 1;
        Some((
            first,
            chunk(
                first,
                unread,
                self.depth,
                map.read_max / map.entry_words().1,
            ),
        ))
    }

    pub fn accept(&mut self, map: &Map, first: u32, words: &[u16], out: &mut Out) {
        let mut next = first;
        let mut lost = LostRun::default();
        for (id, words) in (first..=u32::MAX).zip(words.chunks(usize::from(map.entry_words().1))) {
            next = id + 1;
            match map.decode_gate(words, self.boot) {
                _ if id <= self.settled || self.told.contains(&id) => {}
                Ok(entry) if entry.id == id => {
                    self.told.insert(id);
                    let at_gate = entry.outcome != GateOutcome::Removed;
                    if at_gate && !self.appeared.contains(&id) {
                        self.note_passed(id);
                    }
                    lost.end(out);
                    out.push_back(Output::Event(PlcEvent::Gate(entry)));
                }
                Ok(entry) if entry.id > id => {
                    // Overwritten since the header was read.
                    self.told.insert(id);
                    lost.add(id, out);
                }
                Err(Absent::CheckFails | Absent::UnknownCode(_) | Absent::NoId) => {
                    self.spoilt.insert(id);
                }
                // An older entry, or none: not decided yet, or never written.
                Ok(_) | Err(Absent::Blank | Absent::OtherBoot(_)) => {}
            }
        }
        self.cursor = (next <= self.high).then_some(next);
        if self.cursor.is_none() {
            self.lose_missing(&mut lost, out);
        }
        lost.end(out);
        self.settle_to(self.settled);
    }

    /// At the end of a pass: what should be there and is not.
    fn lose_missing(&mut self, lost: &mut LostRun, out: &mut Out) {
        let passed_by = self.passed_by[usize::from(self.unsure)];
        // At most a ring's depth of ids lies between `settled` and `high`.
        for id in (self.settled + 1)..=self.high {
            let due = id < passed_by || self.spoilt.contains(&id);
            if !due || self.told.contains(&id) {
                continue;
            }
            let passes = self.missing.entry(id).or_insert(0);
            *passes += 1;
            if *passes >= GATE_PASSES_MAX {
                self.told.insert(id);
                lost.add(id, out);
            }
        }
        self.spoilt.clear();
    }
}

/// Neighbouring lost ids, told as one span.
#[derive(Default)]
struct LostRun(Option<(u32, u32)>);

impl LostRun {
    fn add(&mut self, id: u32, out: &mut Out) {
        match &mut self.0 {
            Some((_, to)) if *to + 1 == id => *to = id,
            _ => {
                self.end(out);
                self.0 = Some((id, id));
            }
        }
    }

    fn end(&mut self, out: &mut Out) {
        if let Some((from, to)) = self.0.take() {
            out.push_back(Output::Event(PlcEvent::GateLost { from, to }));
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn packs_that_appeared_are_remembered_up_to_the_limit_and_doubt_stays_beyond_it() {
        let mut gates = GateReader::default();
        let mut events = EventReader::default();
        events.appeared.extend(1..=APPEARED_MAX as u32);
        gates.note_events(&mut events);
        assert_eq!((gates.appeared.len(), gates.unsure), (APPEARED_MAX, false));
        events.appeared.extend([u32::MAX, 5_000_000]);
        gates.note_events(&mut events);
        assert_eq!((gates.appeared.len(), gates.unsure), (APPEARED_MAX, true));
        assert_eq!(gates.appeared.last(), Some(&(APPEARED_MAX as u32)));
    }
}
