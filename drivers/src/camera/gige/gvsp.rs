//! GVSP, the stream protocol of GigE Vision cameras: what one packet says. PURE.
//!
//! Source: the published byte layouts of GigE Vision 2.0, and what the fake camera of Aravis 0.8.26 was measured to
//! send. A packet is `status(2) block(2) format(1) packet(3)`; with bit 7 of the format byte it goes on with `block(8)
//! packet(4)`, and the first block field and the packet field are not used. In doubt: real cameras with wide ids were
//! not tried.

use super::gvcp::status_name;
use crate::Fault;

/// Bytes of IP and UDP header before a stream packet.
pub const UNDER_HEADERS: u32 = 28;
/// Bytes of a packet's own header.
pub const HEADER: u32 = 8;
/// Bytes of it with wide ids.
pub const WIDE_HEADER: u32 = 20;
/// Bit of the format byte: ids of 64 and 32 bits.
const WIDE: u8 = 0x80;
/// Payload type "image".
const IMAGE: u16 = 1;
/// No camera ever counts so far; numbers beyond it could not be counted on.
const BLOCK_MOST: u64 = u64::MAX >> 1;
/// Pixel format Mono8.
pub const MONO8: u32 = 0x0108_0001;

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// 0, or why it does not carry what it should; see [`status_name`].
    pub status: u16,
    /// Number of the picture; 16 bits, or 64 when [`Packet::wide`].
    pub block: u64,
    /// Whether ids are wide.
    pub wide: bool,
    /// Number of the packet in its picture: leader 0.
    pub id: u32,
    /// What it is.
    pub kind: Kind<'a>,
}

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// What is coming.
    Leader(&'a [u8]),
    /// A part of it.
    Payload(&'a [u8]),
    /// That was it.
    Trailer(&'a [u8]),
    /// Another format by its number.
    Other(u8),
}

impl Packet<'_> {
    /// Reads one datagram.
    ///
    /// # Errors
    /// [`Fault::Garbled`] when it is shorter than its header, or its picture has a number that is never used.
    pub fn parse(bytes: &[u8]) -> Result<Packet<'_>, Fault> {
        let Some((head, rest)) = bytes.split_first_chunk::<8>() else {
            return Err(Fault::Garbled(format!(
                "a stream packet of {} bytes",
                bytes.len()
            )));
        };
        let status = u16::from_be_bytes([head[0], head[1]]);
        let wide = head[4] & WIDE != 0;
        let (block, id, body) = if wide {
            let Some((more, body)) = rest.split_first_chunk::<12>() else {
                return Err(Fault::Garbled(format!(
                    "a wide stream packet of {} bytes",
                    bytes.len()
                )));
            };
            let [a, b, c, d, e, f, g, h, packet @ ..] = *more;
            (
                u64::from_be_bytes([a, b, c, d, e, f, g, h]),
                u32::from_be_bytes(packet),
                body,
            )
        } else {
            let block = u64::from(u16::from_be_bytes([head[2], head[3]]));
            (
                block,
                u32::from_be_bytes([0, head[5], head[6], head[7]]),
                rest,
            )
        };
        if block == 0 || block > BLOCK_MOST {
            return Err(Fault::Garbled(format!(
                "a stream packet of picture {block}, which is never used"
            )));
        }
        let kind = match head[4] & 0x0F {
            1 => Kind::Leader(body),
            2 => Kind::Trailer(body),
            3 => Kind::Payload(body),
            other => Kind::Other(other),
        };
        Ok(Packet {
            status,
            block,
            wide,
            id,
            kind,
        })
    }
}

/// What a leader announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// Code of the pixel format.
    pub pixel_format: u32,
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Leader {
    /// Reads a leader's data.
    ///
    /// # Errors
    /// A sentence part that says what it announces that is no plain picture.
    pub fn parse(body: &[u8]) -> Result<Leader, String> {
        payload_type(body)?;
        let Some(body) = body.first_chunk::<36>() else {
            return Err(format!("its leader is only {} bytes long", body.len()));
        };
        let long =
            |at: usize| u32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
        if long(32) != 0 {
            return Err("its rows or its end are padded".into());
        }
        Ok(Leader {
            pixel_format: long(12),
            width: long(16),
            height: long(20),
        })
    }
}

/// Reads a trailer's data: the rows that were sent.
///
/// # Errors
/// A sentence part that says what is wrong with it.
pub fn trailer_rows(body: &[u8]) -> Result<u32, String> {
    payload_type(body)?;
    match body.get(4..8) {
        Some(rows) => Ok(u32::from_be_bytes([rows[0], rows[1], rows[2], rows[3]])),
        None => Err(format!("its trailer is only {} bytes long", body.len())),
    }
}

fn payload_type(body: &[u8]) -> Result<(), String> {
    let Some(kind) = body.get(2..4) else {
        return Err(format!(
            "its leader or trailer is only {} bytes long",
            body.len()
        ));
    };
    let kind = u16::from_be_bytes([kind[0], kind[1]]);
    let name = match kind {
        IMAGE => return Ok(()),
        0x0002 => "raw data",
        0x0003 => "a file",
        0x0004 => "chunk data",
        0x0005 => "extended chunk data",
        0x0006 => "JPEG",
        0x0007 => "JPEG 2000",
        0x0008 => "H.264",
        0x0009 => "multi-zone image",
        0x000A => "multi-part",
        0x000B => "GenDC",
        0x4001 => "image with chunks",
        _ => "unknown",
    };
    Err(format!(
        "its payload type is {name} (0x{kind:04X}), not image"
    ))
}

/// Pixel formats by their names in the standard's convention.
pub const PIXEL_FORMATS: &[(u32, &str)] = &[
    (MONO8, "Mono8"),
    (0x0108_0002, "Mono8s"),
    (0x0110_0003, "Mono10"),
    (0x010C_0004, "Mono10Packed"),
    (0x010A_0046, "Mono10p"),
    (0x0110_0005, "Mono12"),
    (0x010C_0006, "Mono12Packed"),
    (0x010C_0047, "Mono12p"),
    (0x0110_0025, "Mono14"),
    (0x0110_0007, "Mono16"),
    (0x0108_0008, "BayerGR8"),
    (0x0108_0009, "BayerRG8"),
    (0x0108_000A, "BayerGB8"),
    (0x0108_000B, "BayerBG8"),
    (0x0218_0014, "RGB8"),
    (0x0218_0015, "BGR8"),
    (0x020C_001E, "YUV411_8_UYYVYY"),
    (0x0210_001F, "YUV422_8_UYVY"),
    (0x0210_0032, "YUV422_8"),
];

/// A pixel format in words, with its number.
pub fn pixel_format_name(code: u32) -> String {
    let name = PIXEL_FORMATS.iter().find(|(known, _)| *known == code);
    format!(
        "{} (0x{code:08X})",
        name.map_or("a pixel format without a known name", |(_, name)| name)
    )
}

/// What the status of a packet means for its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It carries what it should.
    Good,
    /// It is to be asked for later.
    Later,
    /// The camera has not got it, or not any more.
    Gone(String),
    /// The picture is spoilt.
    Bad(String),
}

/// What the status of a packet means.
pub fn standing(status: u16) -> Standing {
    match status {
        0x8010 | 0x8014 => Standing::Later,
        0x800C | 0x8011 | 0x8012 => Standing::Gone(status_name(status)),
        bad if bad & 0x8000 != 0 => Standing::Bad(status_name(status)),
        _ => Standing::Good,
    }
}
