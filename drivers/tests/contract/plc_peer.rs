//! A PLC in memory, written from the contract's rules, that overruns, restarts, tears and falls
//! silent on demand.

use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};
use vidimus_drivers::plc::map::{CommandRegisters, Map, VerdictEntry};
use vidimus_drivers::plc::{
    GateOutcome, PlcAnswer, PlcEventKind, PlcGateEntry, PlcHeader, PlcRequest, PlcRingEvent,
    StationLevels,
};

const STATION: u16 = 100;

/// A PLC in memory: its registers, and how it misbehaves.
pub struct Plc {
    pub header: PlcHeader,
    pub words: Vec<u16>,
    pub frozen: bool,
    pub silent: bool,
    pub answer_after: Duration,
    pub wrong_length: bool,
    /// How many more events happen between the header and the first read of the event ring.
    pub burst: u32,
    pub executed: Vec<(u16, u32)>,
    pub last_seq: u16,
    pub deaf_to_commands: bool,
    pub requests: u32,
}

impl Default for Plc {
    fn default() -> Plc {
        Plc {
            header: PlcHeader {
                boot: 7,
                state: 6,
                ack_seq: 40,
                verdict_depth: 8,
                event_depth: 16,
                gate_depth: 8,
                max_in_flight: 6,
                ..PlcHeader::default()
            },
            words: vec![0; 10_000],
            frozen: false,
            silent: false,
            answer_after: Duration::from_micros(300),
            wrong_length: false,
            burst: 0,
            executed: Vec::new(),
            last_seq: 40,
            deaf_to_commands: false,
            requests: 0,
        }
    }
}

pub fn map() -> &'static Map {
    Map::contract().unwrap()
}

impl Plc {
    pub fn put(&mut self, address: u16, words: &[u16]) {
        let at = usize::from(address);
        self.words[at..at + words.len()].copy_from_slice(words);
    }

    pub fn event(&mut self, id: u32, kind: PlcEventKind) {
        self.header.events += 1;
        let event = PlcRingEvent {
            boot: self.header.boot,
            id,
            kind,
            count: 1,
            encoder: self.header.events,
        };
        let register = map().event_register(self.header.events, self.header.event_depth);
        self.put(register, &map().encode_event(&event));
    }

    pub fn write_gate(&mut self, id: u32, outcome: GateOutcome) {
        let boot = self.header.boot;
        let entry = PlcGateEntry { boot, id, outcome };
        let register = map().gate_register(id, self.header.gate_depth);
        self.put(register, &map().encode_gate(&entry));
    }

    pub fn decide(&mut self, id: u32, outcome: GateOutcome) {
        self.write_gate(id, outcome);
        self.header.decided = id;
    }

    pub fn restart(&mut self) {
        let boot = self.header.boot + 1;
        let ack_seq = 0;
        *self = Plc {
            header: PlcHeader {
                boot,
                ack_seq,
                ..Plc::default().header
            },
            last_seq: 0,
            ..Plc::default()
        };
    }

    pub fn verdict(&self, id: u32) -> Option<VerdictEntry> {
        let at = usize::from(map().verdict_register(id, self.header.verdict_depth));
        let entry = map()
            .decode_verdict(&self.words[at..at + 5], self.header.boot)
            .ok();
        entry.filter(|entry| entry.id == id)
    }

    pub fn station(&self) -> (StationLevels, CommandRegisters, u32) {
        let at = usize::from(STATION);
        map().decode_station(&self.words[at..at + 12]).unwrap()
    }

    pub fn scan(&mut self) {
        let (_, command, _) = self.station();
        if command.seq != self.last_seq && !self.deaf_to_commands {
            self.last_seq = command.seq;
            self.header.ack_seq = command.seq;
            self.header.ack_status = 0;
            self.executed.push((command.code, command.arg));
        }
    }
}

impl Peer for Plc {
    type Hears = PlcRequest;
    type Says = PlcAnswer;

    fn hear(&mut self, now: Tick, request: &PlcRequest) -> Vec<Act<PlcAnswer>> {
        self.requests += 1;
        if self.silent {
            return vec![];
        }
        if !self.frozen {
            self.header.heartbeat = (now.as_ms() / 100) as u16;
        }
        let answer = match request {
            PlcRequest::Read { address, count } => {
                assert!((1..=125).contains(count), "{request:?}");
                if *address >= 1000 && *address < 4000 {
                    for _ in 0..std::mem::take(&mut self.burst) {
                        self.event(900, PlcEventKind::PrintDone);
                    }
                }
                let header = map().encode_header(&self.header);
                self.put(0, &header);
                let at = usize::from(*address);
                let mut words = self.words[at..at + usize::from(*count)].to_vec();
                if std::mem::take(&mut self.wrong_length) {
                    words.pop();
                }
                PlcAnswer::Words(words)
            }
            PlcRequest::Write { address, words } => {
                assert!((1..=123).contains(&words.len()), "{request:?}");
                self.put(*address, words);
                self.scan();
                PlcAnswer::Written
            }
        };
        vec![Act::Say(self.answer_after, answer)]
    }
}
