//! A GigE Vision camera: registers, control by one application, pictures as stream packets. PURE.
//!
//! Written from the register tables and byte layouts of GigE Vision 2.0. The camera answers datagrams, and keeps the
//! last few pictures so that packets can be sent again. Commands are carried out as the standard says: whoever controls
//! the camera may write, everybody may read, and silence for the heartbeat time ends control and stream.

mod packets;
mod trouble;

use core::net::{Ipv4Addr, SocketAddrV4};
use std::{collections::VecDeque, sync::Arc};

use crate::{Tick, optics::Picture, random::Random};

pub use packets::{Plan, Sent};
pub use trouble::{TROUBLES, Trouble, Troubles};

/// UDP port of the control protocol.
pub const CONTROL_PORT: u16 = 3956;
/// Pictures kept for packets that are asked for again.
pub const KEPT_MAX: usize = 12;
/// A camera that is later than this leaves pictures out, in nanoseconds.
const CATCH_UP_NS: u64 = 100_000_000;
/// Most packets sent again for one order.
const AGAIN_MAX: u32 = 4096;

const XML: &[u8] = include_bytes!("gige/camera.xml");
const XML_AT: u32 = 0x1_0000;
const MEMORY: usize = 0xA100;

const CAPABILITY: u32 = 0x0934;
const HEARTBEAT: u32 = 0x0938;
const GVSP_CONFIGURATION: u32 = 0x0960;
const CONTROL: u32 = 0x0A00;
const STREAM_PORT: u32 = 0x0D00;
const PACKET_SIZE: u32 = 0x0D04;
const PACKET_DELAY: u32 = 0x0D08;
const STREAM_ADDRESS: u32 = 0x0D18;
const WIDTH: u32 = 0xA000;
const HEIGHT: u32 = 0xA004;
const PIXEL_FORMAT: u32 = 0xA008;
const ACQUISITION: u32 = 0xA010;
/// Trigger of frame starts: bit 31 is the mode, the lowest four bits are the source.
const TRIGGER: u32 = 0xA030;
const TRIGGER_SOFTWARE: u32 = 0xA040;
const PERIOD: u32 = 0xA04C;
const WRITABLE: [u32; 19] = [
    HEARTBEAT,
    GVSP_CONFIGURATION,
    CONTROL,
    STREAM_PORT,
    PACKET_SIZE,
    PACKET_DELAY,
    STREAM_ADDRESS,
    WIDTH,
    HEIGHT,
    PIXEL_FORMAT,
    0xA00C,
    ACQUISITION,
    0xA020,
    TRIGGER,
    TRIGGER_SOFTWARE,
    0xA044,
    0xA048,
    PERIOD,
    0xA050,
];

const OK: u16 = 0;
const NOT_IMPLEMENTED: u16 = 0x8001;
const INVALID_PARAMETER: u16 = 0x8002;
const INVALID_ADDRESS: u16 = 0x8003;
const WRITE_PROTECT: u16 = 0x8004;
const ACCESS_DENIED: u16 = 0x8006;
const UNAVAILABLE: u16 = 0x800C;

/// What a camera does when it heard something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// This datagram from the control port to whoever asked.
    Answer(Vec<u8>),
    /// This datagram to where pictures go.
    Stream(Vec<u8>),
    /// The software trigger was fired.
    Fire,
}

/// Who the camera says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plate {
    /// Its address.
    pub ip: Ipv4Addr,
    /// Its serial number, at most 15 characters.
    pub serial: String,
    /// Pixels across at the start.
    pub width: u32,
    /// Pixels down at the start.
    pub height: u32,
}

/// The camera.
#[derive(Debug)]
pub struct Camera {
    plate: Plate,
    memory: Vec<u8>,
    owner: Option<SocketAddrV4>,
    heard_at: Tick,
    acquiring: bool,
    /// The number of the last picture since the stream was opened; 0 before the first.
    block: u64,
    last_counter: Option<u64>,
    next_at: Tick,
    kept: VecDeque<Arc<Sent>>,
    still: Arc<Vec<u8>>,
    /// What goes wrong.
    pub troubles: Troubles,
    power_cycles: u64,
    random: Random,
}

impl Camera {
    /// A camera that was just switched on.
    #[must_use]
    pub fn new(plate: Plate, seed: u64) -> Camera {
        let mut camera = Camera {
            plate,
            memory: Vec::new(),
            owner: None,
            heard_at: Tick(0),
            acquiring: false,
            block: 0,
            last_counter: None,
            next_at: Tick(0),
            kept: VecDeque::new(),
            still: Arc::new(Vec::new()),
            troubles: Troubles::default(),
            power_cycles: 0,
            random: Random::new(seed),
        };
        camera.switch_on();
        camera
    }

    fn switch_on(&mut self) {
        self.memory = vec![0; MEMORY];
        (self.owner, self.acquiring, self.block) = (None, false, 0);
        (self.last_counter, self.still) = (None, Arc::new(Vec::new()));
        self.kept.clear();
        let plate = self.plate.clone();
        let url = format!("Local:camera.xml;{XML_AT:X};{:X}", XML.len());
        for (at, text) in [
            (0x48, "Vidimus"),
            (0x68, "SimGigE"),
            (0x88, "1"),
            (0xA8, "simulated"),
            (0xD8, &plate.serial),
            (0x200, &url),
        ] {
            self.memory[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        for (at, value) in [
            (0x0000, 0x0002_0000),
            (0x0004, 0x8000_0001),
            (0x0008, 0x0000_0200),
            (0x000C, self.plate.ip.to_bits()),
            (0x0024, self.plate.ip.to_bits()),
            (0x0904, 1),
            (0x092C, 0x4000_0000),
            // Serial number, resend, write to memory.
            (CAPABILITY, 0x4000_0006),
            (HEARTBEAT, 3000),
            (0x0940, 1_000_000_000),
            (PACKET_SIZE, 1500),
            (WIDTH, plate.width),
            (HEIGHT, plate.height),
            (PIXEL_FORMAT, 0x0108_0001),
            (0xA044, 10_000),
            (PERIOD, 100_000),
        ] {
            self.put(at, value);
        }
    }

    fn word(&self, at: u32) -> u32 {
        let at = at as usize;
        let bytes = self.memory.get(at..at + 4);
        bytes.map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn put(&mut self, at: u32, value: u32) {
        let at = at as usize;
        self.memory[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }

    /// Where pictures go, while the stream is open.
    #[must_use]
    pub fn target(&self) -> Option<SocketAddrV4> {
        let port = u16::try_from(self.word(STREAM_PORT) & 0xFFFF).unwrap_or(0);
        let ip = Ipv4Addr::from_bits(self.word(STREAM_ADDRESS));
        (port != 0 && !ip.is_unspecified()).then(|| SocketAddrV4::new(ip, port))
    }

    /// The pause between packets, in nanoseconds.
    #[must_use]
    pub fn delay_ns(&self) -> u64 {
        u64::from(self.word(PACKET_DELAY))
    }

    /// Time goes on: control ends after silence, power may have gone.
    pub fn step(&mut self, now: Tick) {
        let power_cycles = self.troubles.happened(Trouble::CameraPowerCycle);
        if self.power_cycles != power_cycles {
            self.power_cycles = power_cycles;
            self.switch_on();
        }
        let silence_ns = u64::from(self.word(HEARTBEAT)) * crate::tick::NS_PER_MS;
        if self.owner.is_some() && now.since_ns(self.heard_at) > silence_ns {
            self.release();
        }
    }

    fn release(&mut self) {
        (self.owner, self.acquiring) = (None, false);
        self.put(CONTROL, 0);
        self.put(STREAM_PORT, 0);
    }

    /// A datagram came to the control port.
    pub fn hears(&mut self, now: Tick, from: SocketAddrV4, datagram: &[u8]) -> Vec<Act> {
        self.step(now);
        let [0x42, flags, c0, c1, l0, l1, i0, i1, body @ ..] = datagram else {
            return Vec::new();
        };
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        if self.troubles.has(Trouble::ControlSilent) || body.len() < length {
            return Vec::new();
        }
        if self.owner == Some(from) {
            self.heard_at = now;
        }
        let (command, body) = (u16::from_be_bytes([*c0, *c1]), &body[..length]);
        if command == 0x0040 {
            return self.send_again(flags & 0x10 != 0, body);
        }
        let mut acts = Vec::new();
        let (status, answer) = match command {
            0x0002 => (OK, self.memory_from(0, 0xF8)),
            0x0080 => self.read_registers(body),
            0x0082 => self.write_registers(now, from, body, &mut acts),
            0x0084 => self.read_memory(body),
            0x0086 => self.write_memory(now, from, body, &mut acts),
            _ => (NOT_IMPLEMENTED, Vec::new()),
        };
        if flags & 1 == 1 {
            let length = u16::try_from(answer.len()).unwrap_or(0);
            let head = [status, command + 1, length];
            let mut datagram: Vec<u8> = head.into_iter().flat_map(u16::to_be_bytes).collect();
            datagram.extend([*i0, *i1]);
            datagram.extend(answer);
            acts.insert(0, Act::Answer(datagram));
        }
        acts
    }

    fn memory_from(&self, at: usize, length: usize) -> Vec<u8> {
        self.memory
            .get(at..at + length)
            .unwrap_or_default()
            .to_vec()
    }

    fn read_registers(&self, body: &[u8]) -> (u16, Vec<u8>) {
        if body.is_empty() || !body.len().is_multiple_of(4) {
            return (INVALID_PARAMETER, Vec::new());
        }
        let mut answer = Vec::new();
        for at in body.chunks_exact(4).map(word_of) {
            if !at.is_multiple_of(4) || at as usize + 4 > self.memory.len() {
                return (INVALID_ADDRESS, answer);
            }
            answer.extend(self.word(at).to_be_bytes());
        }
        (OK, answer)
    }

    fn read_memory(&self, body: &[u8]) -> (u16, Vec<u8>) {
        let [a, b, c, d, _, _, high, low] = body else {
            return (INVALID_PARAMETER, Vec::new());
        };
        let at = u32::from_be_bytes([*a, *b, *c, *d]);
        let count = usize::from(u16::from_be_bytes([*high, *low]));
        if count > 536 || !count.is_multiple_of(4) || !at.is_multiple_of(4) {
            return (INVALID_PARAMETER, Vec::new());
        }
        let found = if at >= XML_AT {
            // The memory behind the description reads as zero up to the next word.
            let from = (at - XML_AT) as usize;
            let padded = XML.len().next_multiple_of(4);
            let byte = |index: usize| XML.get(index).copied().unwrap_or(0);
            (from + count <= padded).then(|| (from..from + count).map(byte).collect())
        } else {
            let at = at as usize;
            self.memory.get(at..at + count).map(<[u8]>::to_vec)
        };
        match found {
            Some(bytes) => (OK, [&body[..4], &bytes].concat()),
            None => (INVALID_ADDRESS, Vec::new()),
        }
    }

    fn write_registers(
        &mut self,
        now: Tick,
        from: SocketAddrV4,
        body: &[u8],
        acts: &mut Vec<Act>,
    ) -> (u16, Vec<u8>) {
        let mut written: u16 = 0;
        let mut status = if body.is_empty() || !body.len().is_multiple_of(8) {
            INVALID_PARAMETER
        } else {
            OK
        };
        for pair in body.chunks_exact(8) {
            status = self.write(now, from, word_of(&pair[..4]), word_of(&pair[4..]), acts);
            if status != OK {
                break;
            }
            written += 1;
        }
        (status, [[0, 0], written.to_be_bytes()].concat())
    }

    fn write_memory(
        &mut self,
        now: Tick,
        from: SocketAddrV4,
        body: &[u8],
        acts: &mut Vec<Act>,
    ) -> (u16, Vec<u8>) {
        if body.len() < 8 || !body.len().is_multiple_of(4) {
            return (INVALID_PARAMETER, Vec::new());
        }
        let at = word_of(&body[..4]);
        for (n, value) in (0..).zip(body[4..].chunks_exact(4)) {
            let status = self.write(now, from, at.saturating_add(4 * n), word_of(value), acts);
            if status != OK {
                return (status, Vec::new());
            }
        }
        (OK, vec![0; 4])
    }

    fn write(
        &mut self,
        now: Tick,
        from: SocketAddrV4,
        at: u32,
        value: u32,
        acts: &mut Vec<Act>,
    ) -> u16 {
        if !at.is_multiple_of(4) || at as usize + 4 > self.memory.len() {
            return INVALID_ADDRESS;
        }
        let denied = self.troubles.has(Trouble::ControlRefused) && at == CONTROL && value != 0;
        if self.owner.is_some_and(|owner| owner != from) || denied {
            return ACCESS_DENIED;
        }
        if !WRITABLE.contains(&at) {
            return WRITE_PROTECT;
        }
        if at == CONTROL {
            if value & 3 == 0 {
                self.release();
            } else {
                (self.owner, self.heard_at) = (Some(from), now);
                self.put(CONTROL, value);
            }
            return OK;
        }
        if self.owner != Some(from) {
            return ACCESS_DENIED;
        }
        let side = 16..=4096;
        match at {
            WIDTH | HEIGHT if self.acquiring || !side.contains(&value) => return INVALID_PARAMETER,
            PIXEL_FORMAT if value != 0x0108_0001 => return INVALID_PARAMETER,
            PACKET_SIZE if !(576..=16_000).contains(&(value & 0xFFFF)) => return INVALID_PARAMETER,
            _ => {}
        }
        self.put(
            at,
            if at == PACKET_SIZE {
                value & !(1 << 31)
            } else {
                value
            },
        );
        match at {
            STREAM_PORT => (self.block, self.last_counter) = (0, None),
            PACKET_SIZE if value >> 31 == 1 => self.test_packet(acts),
            ACQUISITION => {
                self.acquiring = value == 1;
                (self.block, self.last_counter, self.next_at) = (0, None, now);
            }
            TRIGGER_SOFTWARE if self.software_triggered() => acts.push(Act::Fire),
            _ => {}
        }
        OK
    }

    fn test_packet(&self, acts: &mut Vec<Act>) {
        let size = self.word(PACKET_SIZE) & 0xFFFF;
        if self.passes(size as usize - 28) {
            acts.push(Act::Stream(vec![0x5A; size as usize - 28]));
        }
    }

    /// Whether a datagram of so many bytes passes the network.
    fn passes(&self, bytes: usize) -> bool {
        let most = self.troubles.value(Trouble::PacketsTooLarge);
        most.is_none_or(|most| bytes as u64 + 28 <= most)
    }

    /// Whether only the program's own order takes a picture now.
    #[must_use]
    pub fn software_triggered(&self) -> bool {
        self.triggered() && self.word(TRIGGER) & 0xF == 0
    }

    fn triggered(&self) -> bool {
        self.acquiring && self.word(TRIGGER) >> 31 == 1
    }

    /// A running camera whose trigger is off takes pictures by itself: when the next one is due.
    #[must_use]
    pub fn next_free(&self) -> Option<Tick> {
        (self.acquiring && self.word(TRIGGER) >> 31 == 0).then_some(self.next_at)
    }

    /// Takes a picture by itself, of what it was shown last; without `room` in its memory it leaves one out.
    pub fn free_run(&mut self, now: Tick, room: bool) -> Option<Plan> {
        let period_ns = u64::from(self.word(PERIOD).max(1000)) * 1000;
        let on_time = now.since_ns(self.next_at) < CATCH_UP_NS;
        self.next_at = if on_time { self.next_at } else { now }.plus_ns(period_ns);
        if !room {
            return None;
        }
        let pixels = self.word(WIDTH) as usize * self.word(HEIGHT) as usize;
        if self.still.len() != pixels {
            let pattern = (0..pixels).map(|at| u8::try_from(at % 251).unwrap_or(0));
            self.still = Arc::new(pattern.collect());
        }
        Some(self.send(Arc::clone(&self.still), 1))
    }

    /// The trigger input: a picture of what stands in front of the camera; `None` when the camera does not take one.
    /// `counter` counts what the camera was made to expose, so that lost pictures leave a gap in its own numbers.
    pub fn expose(&mut self, counter: u64, picture: &Picture) -> Option<Plan> {
        let (width, height) = (self.word(WIDTH) as usize, self.word(HEIGHT) as usize);
        let luma = Arc::new(framed(picture, width, height));
        self.still = Arc::clone(&luma);
        if !self.triggered() {
            return None;
        }
        let step = self
            .last_counter
            .map_or(1, |last| counter.saturating_sub(last).max(1));
        self.last_counter = Some(counter);
        Some(self.send(luma, step))
    }

    fn send(&mut self, luma: Arc<Vec<u8>>, step: u64) -> Plan {
        let skipped = u64::from(self.troubles.has(Trouble::NumberSkipped));
        self.block += step + skipped;
        let sent = Arc::new(Sent {
            block: self.block,
            wide: self.word(GVSP_CONFIGURATION) >> 30 & 1 == 1,
            width: self.word(WIDTH) + u32::from(self.troubles.has(Trouble::OtherSize)),
            height: self.word(HEIGHT),
            packet_size: (self.word(PACKET_SIZE) & 0xFFFF) as usize,
            luma,
        });
        self.kept.push_back(Arc::clone(&sent));
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
        let all = sent.packets();
        let ids = if self.passes(sent.packet_size - 28) {
            self.spoil((0..all).collect())
        } else {
            vec![0, all - 1]
        };
        Plan { sent, ids }
    }

    /// What becomes of a picture's packets on the network.
    fn spoil(&mut self, mut ids: Vec<u32>) -> Vec<u32> {
        let (troubles, last) = (&self.troubles, ids.len().saturating_sub(1));
        if troubles.has(Trouble::TrailerAlone) {
            return ids.split_off(last);
        }
        if troubles.has(Trouble::TrailerLost) {
            ids.pop();
        }
        if troubles.has(Trouble::LeaderLost) {
            ids.remove(0);
        }
        if troubles.has(Trouble::PacketsTwice) {
            ids = ids.iter().flat_map(|id| [*id, *id]).collect();
        }
        if let Some(per_thousand) = troubles.value(Trouble::PacketsLost) {
            let random = &mut self.random;
            ids.retain(|_| random.below(1000) >= per_thousand);
        }
        if self.troubles.has(Trouble::PacketsMixed) {
            for at in 1..ids.len() {
                let with = at - usize::try_from(self.random.below(4)).unwrap_or(0).min(at);
                ids.swap(at, with);
            }
        }
        ids
    }

    fn send_again(&mut self, wide: bool, body: &[u8]) -> Vec<Act> {
        let (short, first, last, block) = match (wide, body.len()) {
            (false, 12) => (true, word_of(&body[4..8]), word_of(&body[8..12]), {
                u64::from(word_of(&body[..4]) & 0xFFFF)
            }),
            (true, 20) => (false, word_of(&body[4..8]), word_of(&body[8..12]), {
                u64::from(word_of(&body[12..16])) << 32 | u64::from(word_of(&body[16..20]))
            }),
            _ => return Vec::new(),
        };
        let of = |sent: &&Arc<Sent>| {
            if short {
                sent.short_block() == block
            } else {
                sent.block == block
            }
        };
        let kept = self.kept.iter().rev().find(of).cloned();
        let Some(sent) = kept.filter(|_| !self.troubles.has(Trouble::ResendRefused)) else {
            return vec![Act::Stream(packets::unavailable(
                UNAVAILABLE,
                block,
                first,
                wide,
            ))];
        };
        let lost = self.troubles.value(Trouble::PacketsLost).unwrap_or(0);
        let most = first.saturating_add(AGAIN_MAX);
        let mut acts = Vec::new();
        for id in first..=last.min(sent.packets() - 1).min(most) {
            if self.random.below(1000) >= lost {
                let mut packet = Vec::new();
                sent.packet(id, true, &mut packet);
                acts.push(Act::Stream(packet));
            }
        }
        acts
    }
}

fn word_of(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// The picture in a frame of this size: cut off at its right and lower side, or with its own last grey around it.
fn framed(picture: &Picture, width: usize, height: usize) -> Vec<u8> {
    let rest = picture.luma.last().copied().unwrap_or(0);
    let mut luma = vec![rest; width * height];
    let across = width.min(picture.width);
    for (to, from) in luma
        .chunks_exact_mut(width.max(1))
        .zip(picture.luma.chunks_exact(picture.width.max(1)))
    {
        to[..across].copy_from_slice(&from[..across]);
    }
    luma
}

#[cfg(test)]
mod test;
