//! A GigE Vision camera as a peer: registers, a description, one owner, pictures at a software trigger. It stands
//! behind a link in memory and, with `serve`, behind real sockets.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::camera::gige::{Ends, Heard};
use vidimus_drivers::link::memory::{Act, Peer};

pub const WIDTH: u32 = 64;
pub const HEIGHT: u32 = 48;
/// The host's end in memory.
pub const ENDS: Ends = Ends {
    host: Ipv4Addr::new(10, 0, 0, 1),
    port: 50_123,
    buffer_asked: 1 << 24,
    buffer_given: 1 << 24,
};

const XML: &str = r#"<?xml version="1.0"?><RegisterDescription>
<IntReg Name="Width"><Address>0xE000</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<IntReg Name="Height"><Address>0xE004</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<Enumeration Name="PixelFormat"><EnumEntry Name="Mono8"><Value>0x01080001</Value></EnumEntry><pValue>Format</pValue>
</Enumeration><IntReg Name="Format"><Address>0xE008</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<Command Name="AcquisitionStart"><pValue>Go</pValue><CommandValue>1</CommandValue></Command>
<Command Name="AcquisitionStop"><pValue>Go</pValue><CommandValue>0</CommandValue></Command>
<IntReg Name="Go"><Address>0xE00C</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<Enumeration Name="TriggerMode"><EnumEntry Name="On"><Value>1</Value></EnumEntry><pValue>Mode</pValue></Enumeration>
<IntReg Name="Mode"><Address>0xE010</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<Enumeration Name="TriggerSource"><EnumEntry Name="Software"><Value>7</Value></EnumEntry><pValue>From</pValue>
</Enumeration><IntReg Name="From"><Address>0xE014</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<Command Name="TriggerSoftware"><pValue>Fire</pValue><CommandValue>1</CommandValue></Command>
<IntReg Name="Fire"><Address>0xE018</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
<FloatReg Name="ExposureTime"><Address>0xE020</Address><Length>4</Length><Endianess>BigEndian</Endianess></FloatReg>
</RegisterDescription>"#;
const XML_AT: u32 = 0x2_0000;

/// What the camera says to its two listeners.
enum Word {
    Control(Vec<u8>),
    Stream(Vec<u8>),
}

#[derive(Default)]
pub struct Camera {
    pub registers: BTreeMap<u32, u32>,
    pub serial: &'static str,
    /// Every command that came, as command and id.
    pub heard: Vec<(u16, u16)>,
    pub silent: bool,
    pub half: bool,
    pub twice: bool,
    pub garbage: bool,
    pub late_ms: u64,
    /// Says once, for the next command, that it needs so many milliseconds more.
    pub pending_ms: u16,
    /// Refuses to write this register.
    pub refuses: Option<u32>,
    /// Somebody else controls it.
    pub taken: bool,
    /// The path carries no packets over this size.
    pub path_carries: Option<u32>,
    /// Leaves this packet of every picture out, and sends it again when asked.
    pub drops: Option<u32>,
    /// Announces its pictures wider than was set, by so many pixels.
    pub wider: u32,
    /// Sends nothing of a picture but its trailer, and that once.
    pub trailer_alone: bool,
    pub block: u16,
    /// Openings of the link; the one that has control; when it was heard last.
    connection: u32,
    owner: u32,
    heard_at: Tick,
}

impl Camera {
    pub fn new() -> Camera {
        let mut camera = Camera {
            serial: "PEER1",
            ..Camera::default()
        };
        camera.switch_on();
        camera
    }

    /// Power off and on.
    pub fn switch_on(&mut self) {
        let given = [
            (0x0934, 0x4000_0006),
            (0x0938, 900),
            (0x0D04, 1500),
            (0xE000, WIDTH),
            (0xE004, HEIGHT),
            (0xE008, 0x0108_0001),
        ];
        self.registers = given.into_iter().collect();
        self.block = 0;
    }

    pub fn set(&mut self, at: u32, value: u32) {
        self.registers.insert(at, value);
    }

    fn get(&self, at: u32) -> u32 {
        match at {
            0x0A00 if self.taken => 2,
            at => self.registers.get(&at).copied().unwrap_or(0),
        }
    }

    fn discovery(&self) -> Vec<u8> {
        let mut answer = vec![0; 248];
        answer[..4].copy_from_slice(&[0, 2, 0, 0]);
        answer[36..40].copy_from_slice(&[10, 0, 0, 2]);
        answer[72..76].copy_from_slice(b"Peer");
        answer[216..216 + self.serial.len()].copy_from_slice(self.serial.as_bytes());
        answer
    }

    fn memory(&self, at: u32, count: usize) -> Vec<u8> {
        let url = format!("Local:peer.xml;{XML_AT:x};{:x}", XML.len());
        let (text, from) = match at {
            0x200 => (url.as_bytes(), 0),
            at => (XML.as_bytes(), (at - XML_AT) as usize),
        };
        let byte = |index: usize| text.get(index).copied().unwrap_or(0);
        (from..from + count).map(byte).collect()
    }

    fn words(&mut self, bytes: &[u8]) -> Vec<Word> {
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((bytes[0], usize::from(short(4))), (0x42, bytes.len() - 8));
        let (command, id) = (short(2), short(6));
        assert_ne!(id, 0);
        self.heard.push((command, id));
        let mut words = Vec::new();
        let (status, answer) = match command {
            0x02 => (0, self.discovery()),
            0x40 => {
                assert_eq!(u16::from_be_bytes([bytes[10], bytes[11]]), self.block);
                return (long(12)..=long(16))
                    .filter(|_| !self.trailer_alone)
                    .map(|id| Word::Stream(self.packet(id)))
                    .collect();
            }
            0x80 => (0, self.get(long(8)).to_be_bytes().to_vec()),
            0x82 => (self.write(long(8), long(12), &mut words), vec![0, 0, 0, 1]),
            0x84 => {
                let count = usize::from(short(14));
                (0, [&bytes[8..12], &self.memory(long(8), count)].concat())
            }
            other => panic!("command {other:x}"),
        };
        let pending = std::mem::take(&mut self.pending_ms);
        if pending > 0 {
            let more = [0, 0, 0, 0x89, 0, 4, bytes[6], bytes[7], 0, 0];
            words.push(Word::Control([&more[..], &pending.to_be_bytes()].concat()));
            return words;
        }
        let head = [status, command + 1, answer.len() as u16, id];
        let head: Vec<u8> = head.into_iter().flat_map(u16::to_be_bytes).collect();
        words.insert(0, Word::Control([head, answer].concat()));
        words
    }

    fn write(&mut self, at: u32, value: u32, words: &mut Vec<Word>) -> u16 {
        if at == 0x0A00 && self.get(at) == 0 {
            self.owner = self.connection;
        }
        if self.refuses == Some(at) || self.taken && at == 0x0A00 || self.owner != self.connection {
            return 0x8006;
        }
        if self.get(0x0A00) == 0 && at != 0x0A00 {
            return 0x8006;
        }
        self.registers.insert(at, value);
        if at == 0x0D04 && value >> 31 == 1 {
            self.registers.insert(at, value & 0xFFFF);
            let size = value & 0xFFFF;
            if self.path_carries.is_none_or(|most| size <= most) {
                words.push(Word::Stream(vec![0; size as usize - 28]));
            }
        }
        if at == 0xE00C {
            self.block = 0;
        }
        if at == 0xE018 && self.get(0xE00C) == 1 && (self.get(0xE010), self.get(0xE014)) == (1, 7) {
            self.block += 1;
            let ids = (0..=self.last()).filter(|id| {
                self.drops != Some(*id) && (!self.trailer_alone || *id == self.last())
            });
            words.extend(ids.map(|id| Word::Stream(self.packet(id))));
        }
        0
    }

    fn room(&self) -> u32 {
        (self.get(0x0D04) & 0xFFFF) - 36
    }

    fn last(&self) -> u32 {
        (WIDTH * HEIGHT).div_ceil(self.room()) + 1
    }

    fn packet(&self, id: u32) -> Vec<u8> {
        let format: u32 = match id {
            0 => 1,
            id if id == self.last() => 2,
            _ => 3,
        };
        let mut packet = vec![0, 0];
        packet.extend(self.block.to_be_bytes());
        packet.extend((format << 24 | id).to_be_bytes());
        match format {
            1 => {
                packet.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
                for word in [0x0108_0001, WIDTH + self.wider, HEIGHT, 0, 0, 0] {
                    packet.extend(word.to_be_bytes());
                }
            }
            2 => packet.extend([&[0, 0, 0, 1][..], &HEIGHT.to_be_bytes()].concat()),
            _ => {
                let pixels = pixels(self.block.into());
                let from = (id - 1) * self.room();
                packet.extend(pixels.iter().skip(from as usize).take(self.room() as usize));
            }
        }
        packet
    }

    /// What is said of a command, spoilt as ordered: when, and what.
    fn says(&mut self, heard: &[u8]) -> Vec<(Duration, Heard)> {
        let words = self.words(heard);
        if self.silent {
            return Vec::new();
        }
        let late = Duration::from_millis(self.late_ms);
        let mut says = Vec::new();
        for word in words {
            match word {
                Word::Stream(bytes) => says.push((late, Heard::Stream(bytes))),
                Word::Control(mut bytes) => {
                    if self.half {
                        bytes.truncate(bytes.len() / 2);
                    }
                    if self.garbage {
                        bytes.fill(0xA5);
                    }
                    says.push((late, Heard::Control(bytes.clone())));
                    if self.twice {
                        says.push((late, Heard::Control(bytes)));
                    }
                }
            }
        }
        says
    }
}

pub fn pixels(block: u64) -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .map(|at| (u64::from(at) + 3 * block) as u8)
        .collect()
}

impl Peer for Camera {
    type Hears = Vec<u8>;
    type Says = Heard;

    fn connected(&mut self, _now: Tick) -> Vec<Act<Heard>> {
        self.connection += 1;
        vec![Act::Say(Duration::ZERO, Heard::Opened(ENDS))]
    }

    fn hear(&mut self, now: Tick, heard: &Vec<u8>) -> Vec<Act<Heard>> {
        if self.owner != self.connection && now.since(self.heard_at) > Duration::from_millis(900) {
            self.registers.insert(0x0A00, 0);
        }
        if self.owner == self.connection {
            self.heard_at = now;
        }
        let says = self.says(heard).into_iter();
        says.map(|(after, says)| Act::Say(after, says)).collect()
    }
}

/// Serves a camera on a real socket until nobody speaks to it for a while.
pub fn serve(socket: &UdpSocket, camera: &mut Camera) {
    let stream = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut bytes = [0; 2048];
    socket
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    while let Ok((count, from)) = socket.recv_from(&mut bytes) {
        for (_, says) in camera.says(&bytes[..count]) {
            match says {
                Heard::Control(bytes) => socket.send_to(&bytes, from).unwrap(),
                Heard::Stream(bytes) => {
                    let host = Ipv4Addr::from_bits(camera.get(0x0D18));
                    let port = camera.get(0x0D00) as u16;
                    stream
                        .send_to(&bytes, SocketAddr::from((host, port)))
                        .unwrap()
                }
                Heard::Opened(_) => 0,
            };
        }
    }
}
