//! What a PLC says: headers and ring entries, a whole conversation, and the text of a register map.
//!
//! Bytes: what is spoken, then words of 16 bits; a map is the built-in one with a stretch of it replaced.
//!
//! Must hold: no panic; what was encoded is decoded again; no request is longer than Modbus allows; nothing is written
//! before a header of this link was understood; a pack's fate is told once; what is told is short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::sync::Arc;
use vidimus_drivers::plc::map::{CONTRACT_TABLE, Map};
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{
    GateOutcome, PlcAnswer, PlcCommand, PlcEvent, PlcEventKind, PlcGateEntry, PlcHeader, PlcRequest, PlcRingEvent,
    StationLevels,
};
use vidimus_drivers::{Output, Session, Tick};

fn map_of(said: &[u8]) {
    let [from, long, text @ ..] = said else { return };
    let lines: Vec<&str> = CONTRACT_TABLE.lines().collect();
    let from = usize::from(*from) % lines.len();
    let to = (from + usize::from(*long % 4)).min(lines.len());
    let text = format!("{}\n{}\n{}", lines[..from].join("\n"), String::from_utf8_lossy(text), lines[to..].join("\n"));
    let map = match Map::parse(&text) {
        Ok(map) => map,
        Err(why) => return assert!(!why.to_string().is_empty()),
    };
    entries(&map, &[7; 64]);
}

/// Any words, and any entry there and back.
fn entries(map: &Map, words: &[u16]) {
    let word = |at: usize| words.get(at).copied().unwrap_or(1);
    let _any = map.decode_station(|register| word(register.into()));
    for span in [map.header_words(), words.len()] {
        let words: Vec<u16> = words.iter().copied().cycle().take(if words.is_empty() { 0 } else { span }).collect();
        if let Err(fault) = map.decode_header(&words) {
            assert!(fault.to_string().len() < 300);
        }
    }
    // The session hands over whole entries only.
    let (event, gate, verdict) = map.entry_words();
    let _events: Vec<_> = words.chunks_exact(event.into()).map(|words| map.decode_event(words, word(0))).collect();
    let _gates: Vec<_> = words.chunks_exact(gate.into()).map(|words| map.decode_gate(words, word(0))).collect();
    let _verdicts: Vec<_> = words.chunks_exact(verdict.into()).map(|words| map.decode_verdict(words, word(0))).collect();
    let event = ring_event(word(0), u32::from(word(1)), word(2));
    assert_eq!(map.decode_event(&map.encode_event(&event), event.boot), Ok(event));
    let entry = PlcGateEntry { boot: word(0).max(1), id: u32::from(word(1)).max(1), outcome: GateOutcome::Passed };
    assert_eq!(map.decode_gate(&map.encode_gate(&entry), entry.boot), Ok(entry));
}

fn ring_event(boot: u16, id: u32, any: u16) -> PlcRingEvent {
    let kinds = [PlcEventKind::Detected, PlcEventKind::PrintDone, PlcEventKind::CameraFired, PlcEventKind::Removed];
    let kind = kinds[usize::from(any) % kinds.len()];
    PlcRingEvent { boot: boot.max(1), id: id.max(1), kind, count: any, encoder: u32::from(any) << 8 }
}

/// A PLC whose counts mostly go on as they should, with answers that are sometimes anything.
struct Plc<'a> {
    map: Arc<Map>,
    header: PlcHeader,
    any: std::slice::Iter<'a, u16>,
}

impl Plc<'_> {
    fn next(&mut self) -> u16 {
        self.any.next().copied().unwrap_or(0)
    }

    /// `None`: no answer.
    fn answer(&mut self, request: &PlcRequest) -> Option<PlcAnswer> {
        let PlcRequest::Read { address, count, .. } = request else {
            return (self.next() % 8 != 7).then_some(PlcAnswer::Written);
        };
        let deed = self.next();
        let header = *address == self.map.reads[0].first;
        let mut words = match deed % 16 {
            14 => return None,
            15 => vec![deed; usize::from(*count)],
            _ if header => self.header(),
            _ => self.entries(*address, *count),
        };
        if deed & 0x1F00 == 0x1F00 {
            words.pop();
        }
        if deed & 0x1F00 == 0x1E00
            && let Some(word) = words.get_mut(usize::from(deed & 0xFF))
        {
            *word ^= deed;
        }
        Some(PlcAnswer::Words(words))
    }

    fn header(&mut self) -> Vec<u16> {
        let (step, odd) = (u32::from(self.next()), self.next());
        let header = &mut self.header;
        header.heartbeat = header.heartbeat.wrapping_add(1);
        header.events = header.events.wrapping_add(step & 0x7F);
        header.entered = header.entered.wrapping_add(step >> 7 & 0xF);
        header.decided = header.decided.wrapping_add(step >> 11);
        match odd {
            0xFF00..0xFF80 => header.boot = odd,
            0xFF80..0xFFC0 => header.events = step << odd % 32,
            0xFFC0..0xFFE0 => header.decided = step << odd % 32,
            0xFFE0.. => header.ack_seq = step as u16,
            _ => {}
        }
        let shown = self.map.encode_header(&self.header);
        shown.into_iter().map(|(_, word)| word).collect()
    }

    fn entries(&mut self, address: u16, count: u16) -> Vec<u16> {
        let gate = self.map.entry_words().1;
        let boot = self.header.boot;
        let mut words = Vec::new();
        if address >= self.map.gate_register(0, 64) && address < self.map.gate_register(0, 64) + 256 * gate {
            let slot = (address - self.map.gate_register(0, 64)) / gate;
            for id in u32::from(slot).. {
                let around = self.header.decided / u32::from(self.header.gate_depth);
                let id = id + around * u32::from(self.header.gate_depth);
                let outcome = GateOutcome::RejectedByVerdict;
                words.extend(self.map.encode_gate(&PlcGateEntry { boot, id: id.max(1), outcome }));
                if words.len() >= usize::from(count) {
                    break;
                }
            }
        } else {
            while words.len() < usize::from(count) {
                let any = self.next();
                words.extend(self.map.encode_event(&ring_event(boot, u32::from(any % 64), any)));
            }
        }
        words.truncate(usize::from(count));
        words
    }
}

fn conversation(words: &[u16]) {
    let Ok(map) = Map::contract() else { return };
    let Ok(mut session) = PlcSession::new(PlcConfig::default()) else { return };
    let header = PlcHeader {
        boot: 1,
        verdict_depth: 64,
        event_depth: 256,
        gate_depth: 64,
        max_in_flight: 20,
        ..PlcHeader::default()
    };
    let mut plc = Plc { map, header, any: words.iter() };
    let (mut now, mut up, mut told) = (Tick(0), true, false);
    let mut fates = BTreeSet::new();
    session.opened(now);
    session.command(now, PlcCommand::Levels(StationLevels { station_boot: 9, ..StationLevels::default() }));
    for turn in 0..400_u64 {
        let mut asked = None;
        while let Some(output) = session.next_output() {
            match output {
                Output::Transmit(request) => {
                    match &request {
                        PlcRequest::Read { count, .. } => assert!((1..=125).contains(count)),
                        PlcRequest::Write { words, .. } => {
                            assert!((1..=123).contains(&words.len()));
                            assert!(told, "nothing is written before a header of this link was understood");
                        }
                    }
                    assert!(asked.replace(request).is_none(), "one request at a time");
                }
                Output::Event(event) => match event {
                    PlcEvent::Header { .. } => told = true,
                    PlcEvent::Fault(fault) => assert!(fault.to_string().len() < 1_000),
                    PlcEvent::EventsLost { from, to } => assert!(from <= to),
                    PlcEvent::Booted { .. } => fates.clear(),
                    PlcEvent::Gate(entry) => assert!(fates.insert(entry.id) && entry.id > 0),
                    PlcEvent::GateLost { from, to } => {
                        assert!(from <= to && fates.range(from..=to).next().is_none());
                        fates.extend((from..=to).take(300));
                    }
                    _ => {}
                },
                Output::DropLink(why) => {
                    session.closed(now, why);
                    (up, told, asked) = (false, false, None);
                }
            }
        }
        match asked {
            Some(request) => match plc.answer(&request) {
                Some(answer) => session.received(now, &answer),
                None => now = session.wake().map_or(now, |wake| now.max(wake.at)),
            },
            None => now = session.wake().map_or(now, |wake| now.max(wake.at)),
        }
        session.woken(now);
        let deed = plc.next();
        if deed % 9 == 8 {
            let (boot, id) = (plc.header.boot, u32::from(deed >> 8));
            session.command(now, PlcCommand::Verdict { boot, id, code: deed % 16 });
        }
        if deed % 31 == 30 {
            session.command(now, PlcCommand::Execute { ticket: turn, code: 1 + deed % 6, arg: 0 });
        }
        if !std::mem::replace(&mut up, true) {
            session.opened(now);
        }
        if plc.any.as_slice().is_empty() {
            break;
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [what, said @ ..] = bytes else { return };
    let words: Vec<u16> = said.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    match what % 3 {
        0 => map_of(said),
        1 => entries(&Map::contract().expect("it is built in"), &words),
        _ => conversation(&words),
    }
});
