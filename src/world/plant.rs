//! The simulated factory behind the links: what a session says reaches the device at that very moment, and the device's
//! answer is on its way back. PURE.

use super::trouble::{Trouble, Troubles};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};
use vidimus_drivers::plc::{PlcAnswer, PlcRequest};
use vidimus_simulators::Tick as DeviceTick;
use vidimus_simulators::camera::Exposure;
use vidimus_simulators::factory::{Factory, LineOptions};
use vidimus_simulators::plc::Retained;
use vidimus_simulators::random::Random;
use vidimus_simulators::truth::PackTruth;

/// The factory, what came out of it and has not been fetched, and the chances of its links.
pub struct Plant {
    /// The factory.
    pub factory: Factory,
    /// Pictures taken.
    pub exposures: Vec<Exposure>,
    /// Packs that left the belt.
    pub truths: Vec<PackTruth>,
    /// What goes wrong.
    pub troubles: Troubles,
    /// How often each trouble struck.
    pub injected: BTreeMap<&'static str, u64>,
    random: Random,
    /// The PLC's header as it was read last.
    header: Vec<u16>,
    header_stale_until: Tick,
    header_swapped_until: Tick,
    /// Bytes the printer could not take yet.
    printer_backlog: Vec<u8>,
    /// When the last thing that the printer said has arrived: nothing overtakes it on its link.
    printer_said_at: Tick,
}

/// The plant, shared by the links of its devices.
pub type Shared = Rc<RefCell<Plant>>;

/// Time as the devices tell it.
pub fn device_time(now: Tick) -> DeviceTick {
    DeviceTick(now.0)
}

impl Plant {
    /// A plant that was just switched on.
    pub fn new(options: LineOptions, troubles: Troubles) -> Plant {
        let random = Random::stream(options.seed, 0x914A);
        Plant {
            factory: Factory::new(options, Retained::default()),
            exposures: Vec::new(),
            truths: Vec::new(),
            troubles,
            injected: BTreeMap::new(),
            random,
            header: Vec::new(),
            header_stale_until: Tick(0),
            header_swapped_until: Tick(0),
            printer_backlog: Vec::new(),
            printer_said_at: Tick(0),
        }
    }

    /// Moves the factory on.
    pub fn advance(&mut self, now: Tick) {
        let happened = self.factory.step(device_time(now));
        self.exposures.extend(happened.exposures);
        self.truths.extend(happened.truths);
    }

    /// Whether this goes wrong now; counted if it does. Packs on the belt may then be rejected through no fault of the
    /// station's, save where only a picture is not kept.
    pub fn strikes(&mut self, trouble: Trouble) -> bool {
        let struck = self.random.chance(self.troubles.rate(trouble));
        self.struck(trouble, struck)
    }

    /// The same where chance was asked already.
    pub fn struck(&mut self, trouble: Trouble, struck: bool) -> bool {
        if struck {
            *self.injected.entry(trouble.name()).or_default() += 1;
        }
        if struck && trouble != Trouble::NoEvidence {
            self.factory.shaken(trouble.name());
        }
        struck
    }

    /// A number of milliseconds between these.
    pub fn between_ms(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.random.between(low, high))
    }

    /// A few hundred microseconds: a wire and a scan.
    fn wire_time(&mut self) -> Duration {
        Duration::from_micros(self.random.between(200, 900))
    }

    /// The printer takes what it had no room for before; what it says to that, unasked or late.
    pub fn flush_printer(&mut self, now: Tick) -> Vec<u8> {
        if self.printer_backlog.is_empty() || !self.factory.printer_reads() {
            return self.factory.printer_says(device_time(now));
        }
        let bytes = std::mem::take(&mut self.printer_backlog);
        self.factory.printer_receive(device_time(now), &bytes)
    }

    /// The printer's cable is out, or its link is a new one: what was under way is lost.
    pub fn printer_cut(&mut self) {
        self.printer_backlog.clear();
        self.printer_said_at = Tick(0);
        self.factory.printer_link_lost();
    }

    /// Nothing goes wrong any more.
    pub fn heal(&mut self) {
        self.troubles = Troubles::none();
        (self.header_stale_until, self.header_swapped_until) = (Tick(0), Tick(0));
        self.factory.heal();
    }
}

/// Longest wait for a late answer of the PLC: within the session's patience of 200 ms and beyond.
const PLC_LATE_MS: (u64, u64) = (20, 260);

/// The same of the printer, whose session waits 400 ms.
const PRINTER_LATE_MS: (u64, u64) = (50, 900);

/// The PLC's side of its link.
pub struct PlcPeer(pub Shared);

impl Peer for PlcPeer {
    type Hears = PlcRequest;
    type Says = PlcAnswer;

    fn hear(&mut self, now: Tick, heard: &PlcRequest) -> Vec<Act<PlcAnswer>> {
        let mut plant = self.0.borrow_mut();
        plant.advance(now);
        let wire = plant.wire_time();
        if plant.strikes(Trouble::PlcException) {
            // The carrier drops the connection after any exception.
            return vec![Act::HangUp(wire)];
        }
        let at = device_time(now);
        let answer = match heard {
            PlcRequest::Read { address, count, .. } => {
                let words = plant.factory.plc_read(at, *address, *count);
                words.map(|words| match address {
                    0 => PlcAnswer::Words(plant.through_gateway(now, words)),
                    _ => PlcAnswer::Words(words),
                })
            }
            PlcRequest::Write { address, words } => plant
                .factory
                .plc_write(at, *address, words)
                .map(|()| PlcAnswer::Written),
        };
        let Ok(answer) = answer else {
            return vec![Act::HangUp(wire)];
        };
        if plant.strikes(Trouble::PlcTimeout) {
            return Vec::new();
        }
        if plant.strikes(Trouble::PlcLate) {
            let late = plant.between_ms(PLC_LATE_MS.0, PLC_LATE_MS.1);
            return vec![Act::Say(late, answer)];
        }
        vec![Act::Say(wire, answer)]
    }
}

/// Longest time for which a gateway answers from its memory.
const HEADER_STALE_MS: (u64, u64) = (50, 700);

/// Longest time for which it swaps words.
const HEADER_SWAPPED_MS: (u64, u64) = (10, 1000);

/// The header's 32-bit numbers: MAGIC, FAULTS, ENCODER, ENTERED and the counts behind it.
const LONG_WORDS: [usize; 11] = [0, 7, 10, 12, 14, 16, 18, 20, 22, 24, 26];

impl Plant {
    /// What a gateway between PLC and station makes of the header.
    fn through_gateway(&mut self, now: Tick, words: Vec<u16>) -> Vec<u16> {
        if self.strikes(Trouble::PlcStale) {
            let (low, high) = HEADER_STALE_MS;
            self.header_stale_until = now + self.between_ms(low, high);
        }
        if self.strikes(Trouble::PlcWordOrder) {
            let (low, high) = HEADER_SWAPPED_MS;
            self.header_swapped_until = now + self.between_ms(low, high);
        }
        let remembered = now < self.header_stale_until && self.header.len() == words.len();
        if !remembered {
            self.header = words;
        }
        let mut words = self.header.clone();
        if now < self.header_swapped_until {
            let length = words.len();
            let swapped = LONG_WORDS.into_iter().filter(|at| at + 1 < length);
            swapped.for_each(|at| words.swap(at, at + 1));
        }
        words
    }
}

/// The printer's side of its link.
pub struct PrinterPeer(pub Shared);

impl Peer for PrinterPeer {
    type Hears = Vec<u8>;
    type Says = Vec<u8>;

    fn connected(&mut self, _now: Tick) -> Vec<Act<Vec<u8>>> {
        self.0.borrow_mut().printer_cut();
        Vec::new()
    }

    fn hear(&mut self, now: Tick, heard: &Vec<u8>) -> Vec<Act<Vec<u8>>> {
        let mut plant = self.0.borrow_mut();
        plant.advance(now);
        if !plant.printer_backlog.is_empty() || !plant.factory.printer_reads() {
            plant.printer_backlog.extend_from_slice(heard);
            return Vec::new();
        }
        let answer = plant.factory.printer_receive(device_time(now), heard);
        plant.say_as_printer(now, answer)
    }
}

impl Plant {
    /// How the printer's answer comes over its wire.
    pub fn say_as_printer(&mut self, now: Tick, mut answer: Vec<u8>) -> Vec<Act<Vec<u8>>> {
        if answer.is_empty() {
            return Vec::new();
        }
        if self.strikes(Trouble::PrinterHalf) {
            let half = answer.len() / 2;
            answer.truncate(half);
        }
        if self.strikes(Trouble::PrinterGarbled) {
            for byte in answer.iter_mut().step_by(3) {
                *byte ^= 0x15;
            }
        }
        let after = match self.strikes(Trouble::PrinterLate) {
            true => self.between_ms(PRINTER_LATE_MS.0, PRINTER_LATE_MS.1),
            false => self.wire_time() + Duration::from_millis(1),
        };
        self.printer_said_at = self.printer_said_at.max(now + after);
        vec![Act::Say(self.printer_said_at.since(now), answer)]
    }
}

/// The camera's side of its stream.
pub struct CameraPeer;

impl Peer for CameraPeer {
    type Hears = Vec<u8>;
    type Says = Vec<u8>;

    fn hear(&mut self, _now: Tick, _heard: &Vec<u8>) -> Vec<Act<Vec<u8>>> {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
        vec![Act::Say(Duration::from_millis(2), head.to_vec())]
    }
}
