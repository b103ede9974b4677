//! A PLC in memory, written from the contract's rules, that overruns, restarts, tears and falls
//! silent on demand.

use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};
use vidimus_drivers::plc::map::{CommandRegisters, Map, VerdictEntry};
use vidimus_drivers::plc::{
    GateOutcome, PlcAnswer, PlcEventKind, PlcGateEntry, PlcHeader, PlcRequest, PlcRingEvent,
    RegisterTable, StationLevels,
};

/// The encoder's counts of one event: what every map can tell.
pub const ENCODER_STEP: u32 = 4;

/// A PLC in memory: its registers, and how it misbehaves.
pub struct Plc {
    pub map: Arc<Map>,
    pub header: PlcHeader,
    /// Holding registers.
    pub words: Vec<u16>,
    /// Input registers.
    pub inputs: Vec<u16>,
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
        Plc::with(Map::contract().unwrap())
    }
}

impl Plc {
    pub fn with(map: Arc<Map>) -> Plc {
        Plc {
            map,
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
            inputs: vec![0; 10_000],
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

    fn table(&mut self, table: RegisterTable) -> &mut Vec<u16> {
        match table {
            RegisterTable::Holding => &mut self.words,
            RegisterTable::Input => &mut self.inputs,
        }
    }

    fn put_in(&mut self, table: RegisterTable, address: u16, words: &[u16]) {
        let at = usize::from(address);
        self.table(table)[at..at + words.len()].copy_from_slice(words);
    }

    /// The registers in which the ring of this name lies.
    pub fn ring(&mut self, name: &str) -> &mut Vec<u16> {
        let rings = self.map.rings();
        let ring = rings.iter().find(|one| one.name == name);
        self.table(ring.unwrap().table)
    }

    fn put(&mut self, ring: &str, address: u16, words: &[u16]) {
        let at = usize::from(address);
        self.ring(ring)[at..at + words.len()].copy_from_slice(words);
    }

    pub fn event(&mut self, id: u32, kind: PlcEventKind) {
        self.header.events += 1;
        let event = PlcRingEvent {
            boot: self.header.boot,
            id,
            kind,
            count: 1,
            encoder: self.header.events * ENCODER_STEP,
        };
        let register = self
            .map
            .event_register(self.header.events, self.header.event_depth);
        self.put("event", register, &self.map.encode_event(&event));
    }

    pub fn write_gate(&mut self, id: u32, outcome: GateOutcome) {
        let boot = self.header.boot;
        let entry = PlcGateEntry { boot, id, outcome };
        let register = self.map.gate_register(id, self.header.gate_depth);
        self.put("gate", register, &self.map.encode_gate(&entry));
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
                ..Plc::with(Arc::clone(&self.map)).header
            },
            last_seq: 0,
            ..Plc::with(Arc::clone(&self.map))
        };
    }

    pub fn verdict(&self, id: u32) -> Option<VerdictEntry> {
        let at = usize::from(self.map.verdict_register(id, self.header.verdict_depth));
        let words = &self.words[at..at + usize::from(self.map.entry_words().2)];
        let entry = self.map.decode_verdict(words, self.header.boot).ok();
        entry.filter(|entry| entry.id == id)
    }

    pub fn station(&self) -> (StationLevels, CommandRegisters, u32) {
        let word = |register: u16| self.words[usize::from(register)];
        self.map.decode_station(word)
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
            let station = self.station().0;
            self.header.echo_heartbeat = station.heartbeat;
            self.header.echo_station_boot = station.station_boot;
        }
        let answer = match request {
            PlcRequest::Read {
                table,
                address,
                count,
            } => {
                assert!((1..=125).contains(count), "{request:?}");
                let first = self.map.event_register(0, 8);
                let words = self.map.entry_words().0 * self.header.event_depth;
                if (first..first + words).contains(address) {
                    for _ in 0..std::mem::take(&mut self.burst) {
                        self.event(900, PlcEventKind::PrintDone);
                    }
                }
                let map = Arc::clone(&self.map);
                let tables = map.reads.iter();
                let tables = tables.flat_map(|span| span.registers().map(|_| span.table));
                let header = map.encode_header(&self.header);
                for (table, (register, word)) in tables.zip(header) {
                    self.put_in(table, register, &[word]);
                }
                let at = usize::from(*address);
                let mut words = self.table(*table)[at..at + usize::from(*count)].to_vec();
                if std::mem::take(&mut self.wrong_length) {
                    words.pop();
                }
                PlcAnswer::Words(words)
            }
            PlcRequest::Write { address, words } => {
                assert!((1..=123).contains(&words.len()), "{request:?}");
                self.put_in(RegisterTable::Holding, *address, words);
                self.scan();
                PlcAnswer::Written
            }
        };
        vec![Act::Say(self.answer_after, answer)]
    }
}
