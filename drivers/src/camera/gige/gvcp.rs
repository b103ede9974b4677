//! GVCP, the control protocol of GigE Vision cameras: commands, acknowledgements, what their status says. PURE.
//!
//! Source: the published register tables and byte layouts of GigE Vision 2.0 (AIA), and what the fake camera of Aravis
//! 0.8.26 was measured to send. All numbers are big-endian. A command is `42 flags command(2) length(2) id(2)`, its
//! acknowledgement `status(2) kind(2) length(2) id(2)`; an id is never 0. In doubt: nothing of it was tried with a real
//! camera.

use crate::Fault;
use core::net::Ipv4Addr;
use std::fmt;

/// UDP port on which cameras listen.
pub const GVCP_PORT: u16 = 3956;
/// Most bytes of one READMEM: header and data fit a datagram of 576 bytes, which every network carries.
pub const READ_BYTES_MAX: u16 = 512;

/// First byte of every command.
const KEY: u8 = 0x42;
/// The camera is to answer.
const ACKNOWLEDGE: u8 = 0x01;
/// Discovery: the answer may be broadcast. Resend: the block id has 64 bits.
const BROADCAST_OR_WIDE: u8 = 0x10;
/// Bytes of a header.
const HEADER: usize = 8;

const DISCOVERY: u16 = 0x0002;
const PACKET_RESEND: u16 = 0x0040;
const READ_REGISTER: u16 = 0x0080;
const WRITE_REGISTER: u16 = 0x0082;
const READ_MEMORY: u16 = 0x0084;
const WRITE_MEMORY: u16 = 0x0086;
const PENDING: u16 = 0x0089;

/// The bootstrap registers that are used, by the names of the standard.
pub mod register {
    /// First address of the XML description's place.
    pub const URL_FIRST: u32 = 0x0200;
    /// Second address of it.
    pub const URL_SECOND: u32 = 0x0400;
    /// What the camera can do beyond the minimum.
    pub const CAPABILITY: u32 = 0x0934;
    /// Milliseconds after which a silent application loses control.
    pub const HEARTBEAT_TIME: u32 = 0x0938;
    /// Bit 30: block ids of 64 bits are wanted.
    pub const STREAM_CONFIGURATION: u32 = 0x0960;
    /// Who controls the camera.
    pub const CONTROL: u32 = 0x0A00;
    /// Port to which pictures are sent; 0 closes the stream.
    pub const STREAM_PORT: u32 = 0x0D00;
    /// Size of stream packets, IP header included; bit 31 fires a test packet, bit 30 forbids fragments.
    pub const PACKET_SIZE: u32 = 0x0D04;
    /// Pause between stream packets, in ticks of the camera's clock.
    pub const PACKET_DELAY: u32 = 0x0D08;
    /// Address to which pictures are sent.
    pub const STREAM_ADDRESS: u32 = 0x0D18;
}

/// Bit of [`register::CAPABILITY`]: packets can be asked for again.
pub const CAN_RESEND: u32 = 1 << 2;
/// Bit of [`register::CAPABILITY`]: memory can be written.
pub const CAN_WRITE_MEMORY: u32 = 1 << 1;
/// Value of [`register::CONTROL`]: one application writes, others may look.
pub const IN_CONTROL: u32 = 2;
/// Bits of [`register::CONTROL`] that say that somebody has it.
pub const TAKEN: u32 = 3;
/// Bit of [`register::PACKET_SIZE`]: send one packet of this size now.
pub const FIRE_TEST: u32 = 1 << 31;
/// Bit of [`register::PACKET_SIZE`]: packets that are too large are dropped, not cut.
pub const NO_FRAGMENTS: u32 = 1 << 30;
/// Bit of [`register::STREAM_CONFIGURATION`].
pub const WIDE_BLOCK_IDS: u32 = 1 << 30;

/// A command that waits for an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Who are you?
    Discover,
    /// Read 4 bytes.
    ReadRegister(u32),
    /// Write 4 bytes.
    WriteRegister(u32, u32),
    /// Read so many bytes from there; both multiples of 4.
    ReadMemory(u32, u16),
    /// Write these bytes there; place and count are multiples of 4.
    WriteMemory(u32, Vec<u8>),
}

/// What an acknowledgement brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The camera said who it is.
    Found(Found),
    /// A register's value.
    Value(u32),
    /// It was written.
    Written,
    /// Bytes of memory.
    Bytes(Vec<u8>),
}

impl Request {
    /// What it asks, for messages.
    pub fn what(&self) -> String {
        match self {
            Request::Discover => "discovery".into(),
            Request::ReadRegister(at) => format!("reading register 0x{at:04X}"),
            Request::WriteRegister(at, value) => {
                format!("writing 0x{value:X} to register 0x{at:04X}")
            }
            Request::ReadMemory(at, count) => format!("reading {count} bytes at 0x{at:X}"),
            Request::WriteMemory(at, bytes) => format!("writing {} bytes at 0x{at:X}", bytes.len()),
        }
    }

    /// The datagram with this id.
    pub fn datagram(&self, id: u16) -> Vec<u8> {
        let (flags, command, payload) = match self {
            Request::Discover => (ACKNOWLEDGE | BROADCAST_OR_WIDE, DISCOVERY, Vec::new()),
            Request::ReadRegister(at) => (ACKNOWLEDGE, READ_REGISTER, at.to_be_bytes().to_vec()),
            Request::WriteRegister(at, value) => {
                let payload = [at.to_be_bytes(), value.to_be_bytes()].concat();
                (ACKNOWLEDGE, WRITE_REGISTER, payload)
            }
            Request::ReadMemory(at, count) => {
                let payload = [&at.to_be_bytes()[..], &[0, 0], &count.to_be_bytes()].concat();
                (ACKNOWLEDGE, READ_MEMORY, payload)
            }
            Request::WriteMemory(at, bytes) => {
                let payload = [&at.to_be_bytes()[..], bytes].concat();
                (ACKNOWLEDGE, WRITE_MEMORY, payload)
            }
        };
        command_of(flags, command, id, &payload)
    }

    fn acknowledged_by(&self) -> u16 {
        1 + match self {
            Request::Discover => DISCOVERY,
            Request::ReadRegister(_) => READ_REGISTER,
            Request::WriteRegister(..) => WRITE_REGISTER,
            Request::ReadMemory(..) => READ_MEMORY,
            Request::WriteMemory(..) => WRITE_MEMORY,
        }
    }

    /// What this acknowledgement says to it.
    ///
    /// # Errors
    /// [`Refusal`] when the camera refused, or [`Refusal::Garbled`] when it is no answer to this question.
    pub fn understand(&self, reply: &Reply) -> Result<Answer, Refusal> {
        if reply.status & 0x8000 != 0 {
            return Err(Refusal::Status(reply.status));
        }
        let garbled = || {
            Refusal::Garbled(format!(
                "{} bytes as answer to {}",
                reply.body.len(),
                self.what()
            ))
        };
        if reply.kind != self.acknowledged_by() {
            return Err(Refusal::Garbled(format!(
                "acknowledgement 0x{:04X} to {}",
                reply.kind,
                self.what()
            )));
        }
        match self {
            Request::Discover => Found::parse(&reply.body)
                .map(Answer::Found)
                .ok_or_else(garbled),
            Request::ReadRegister(_) => {
                let value = <[u8; 4]>::try_from(&reply.body[..]).map_err(|_| garbled())?;
                Ok(Answer::Value(u32::from_be_bytes(value)))
            }
            Request::WriteRegister(..) | Request::WriteMemory(..) => Ok(Answer::Written),
            Request::ReadMemory(at, count) => match reply.body.split_first_chunk() {
                Some((place, bytes))
                    if *place == at.to_be_bytes() && bytes.len() == usize::from(*count) =>
                {
                    Ok(Answer::Bytes(bytes.to_vec()))
                }
                _ => Err(garbled()),
            },
        }
    }
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The camera's own status.
    Status(u16),
    /// The answer does not belong to the question.
    Garbled(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Status(status) => f.write_str(&status_name(*status)),
            Refusal::Garbled(what) => write!(f, "a garbled answer: {what}"),
        }
    }
}

/// Asks for packets `first` to `last` of a block once more; nothing acknowledges it. `wide`: ids of 64 and 32 bits.
pub fn resend(id: u16, block: u64, (first, last): (u32, u32), wide: bool) -> Vec<u8> {
    let short = if wide {
        0
    } else {
        u16::try_from(block & 0xFFFF).unwrap_or(0)
    };
    let mut payload = vec![0, 0];
    payload.extend(short.to_be_bytes());
    payload.extend(first.to_be_bytes());
    payload.extend(last.to_be_bytes());
    if wide {
        payload.extend(block.to_be_bytes());
    }
    command_of(
        if wide { BROADCAST_OR_WIDE } else { 0 },
        PACKET_RESEND,
        id,
        &payload,
    )
}

fn command_of(flags: u8, command: u16, id: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a command is short");
    let mut datagram = vec![KEY, flags];
    datagram.extend(
        [
            command.to_be_bytes(),
            length.to_be_bytes(),
            id.to_be_bytes(),
        ]
        .concat(),
    );
    datagram.extend(payload);
    datagram
}

/// An acknowledgement as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 0 is success; see [`status_name`].
    pub status: u16,
    /// Which command it acknowledges, plus one.
    pub kind: u16,
    /// The id of the command.
    pub id: u16,
    /// What it carries.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads one datagram.
    ///
    /// # Errors
    /// [`Fault::Garbled`] when it is no acknowledgement.
    pub fn parse(bytes: &[u8]) -> Result<Reply, Fault> {
        let field = |at: usize| {
            bytes
                .get(at..at + 2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]))
        };
        let (Some(status), Some(kind), Some(length), Some(id)) =
            (field(0), field(2), field(4), field(6))
        else {
            return Err(garbled(bytes));
        };
        let body = &bytes[HEADER..];
        if kind & 1 == 0 || kind > 0x0101 || body.len() < usize::from(length) {
            return Err(garbled(bytes));
        }
        let body = body[..usize::from(length)].to_vec();
        Ok(Reply {
            status,
            kind,
            id,
            body,
        })
    }

    /// The camera needs so many milliseconds more.
    pub fn pending_ms(&self) -> Option<u16> {
        let time = (self.kind == PENDING)
            .then(|| self.body.get(2..4))
            .flatten()?;
        Some(u16::from_be_bytes([time[0], time[1]]))
    }
}

fn garbled(bytes: &[u8]) -> Fault {
    let begun = bytes[..bytes.len().min(32)].escape_ascii();
    Fault::Garbled(format!("no GigE Vision acknowledgement: {begun}"))
}

/// Who a camera says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Version of GigE Vision: major, minor.
    pub version: (u16, u16),
    /// Its hardware address.
    pub mac: [u8; 6],
    /// Where it is reached.
    pub ip: Ipv4Addr,
    /// Who made it.
    pub vendor: String,
    /// Its model.
    pub model: String,
    /// Version of device or firmware.
    pub device_version: String,
    /// Serial number; may be empty.
    pub serial: String,
    /// Name that a user gave; may be empty.
    pub user_name: String,
}

impl Found {
    /// Reads the answer to a discovery, its header left out.
    pub fn parse(body: &[u8]) -> Option<Found> {
        if body.len() < 248 {
            return None;
        }
        let short = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        let text = |at: usize, length: usize| {
            let field = &body[at..at + length];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
            let text = String::from_utf8_lossy(&field[..end]);
            text.chars()
                .filter(|c| !c.is_control())
                .collect::<String>()
                .trim()
                .to_owned()
        };
        Some(Found {
            version: (short(0), short(2)),
            mac: body[10..16].try_into().ok()?,
            ip: Ipv4Addr::new(body[36], body[37], body[38], body[39]),
            vendor: text(72, 32),
            model: text(104, 32),
            device_version: text(136, 32),
            serial: text(216, 16),
            user_name: text(232, 16),
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found {
            vendor,
            model,
            serial,
            ip,
            ..
        } = self;
        write!(f, "{vendor} {model}, serial number {serial:?}, at {ip}")
    }
}

/// Every status of the standard by its name.
pub const STATUS_NAMES: &[(u16, &str)] = &[
    (0x0000, "success"),
    (0x0100, "packet sent again"),
    (0x8001, "not implemented"),
    (0x8002, "invalid parameter"),
    (0x8003, "invalid address"),
    (0x8004, "write protected"),
    (0x8005, "bad alignment"),
    (0x8006, "access denied"),
    (0x8007, "busy"),
    (0x8008, "local problem"),
    (0x8009, "message does not match"),
    (0x800A, "invalid protocol"),
    (0x800B, "no message"),
    (0x800C, "packet unavailable"),
    (0x800D, "data overrun"),
    (0x800E, "invalid header"),
    (0x800F, "wrong configuration"),
    (0x8010, "packet not yet available"),
    (0x8011, "packet and those before it removed from memory"),
    (0x8012, "packet removed from memory"),
    (0x8013, "no reference time"),
    (0x8014, "packet temporarily unavailable"),
    (0x8015, "overflow"),
    (0x8016, "action late"),
    (0x8FFF, "error"),
];

/// The status "access denied".
pub const ACCESS_DENIED: u16 = 0x8006;
/// The status "busy".
pub const BUSY: u16 = 0x8007;

/// A status in words, with its number.
pub fn status_name(status: u16) -> String {
    let name = STATUS_NAMES.iter().find(|(code, _)| *code == status);
    format!(
        "{} (0x{status:04X})",
        name.map_or("a status the standard does not name", |(_, name)| name)
    )
}
