//! Modbus RTU: frames with their checksum, and answers matched to the one request that is out. PURE, except `line`.
//!
//! Written from *MODBUS over Serial Line, Specification and Implementation Guide* V1.02 (2.5.1: frame, silences,
//! CRC) and *MODBUS Application Protocol Specification* V1.1b3 (6.3, 6.4 and 6.12: functions 3, 4 and 16; 7:
//! exceptions). No PLC on a real serial line was seen by whoever wrote this.
//!
//! Frames are made here rather than by tokio-modbus: that crate hands a late answer of an earlier request out as the
//! answer of the present one, and RTU carries no number by which anybody could tell. So an answer is compared with the
//! request in everything it has (unit, function, number of registers or place and number, checksum), anything else
//! drops the link, and a link that was opened is first put in step ([`line`]).

pub(super) mod line;

use super::{PlcAnswer, PlcRequest, RegisterTable};
use crate::Fault;
use std::time::Duration;

/// Characters of a serial line beyond request and answer: silences, and the mark that puts a new link in step.
const LINE_OVERHEAD: usize = 64;
/// Read holding registers.
const READ: u8 = 3;
/// Read input registers.
const READ_INPUT: u8 = 4;
/// Write multiple registers.
const WRITE: u8 = 16;
/// Set in the function of an exception.
const REFUSED: u8 = 0x80;
/// Bytes of an exception, and the fewest of any answer.
const EXCEPTION_BYTES: usize = 5;
/// Bytes of a write's confirmation.
const WRITTEN_BYTES: usize = 8;
/// Bytes of a read's answer around its registers: unit, function, count, checksum.
const AROUND_WORDS: usize = 5;

/// The checksum of a frame, as it stands behind it: low byte first.
pub fn checksum(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes.iter().fold(0xFFFF, |sum: u16, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| match sum & 1 {
            1 => (sum >> 1) ^ 0xA001,
            _ => sum >> 1,
        })
    });
    sum.to_le_bytes()
}

fn sound(frame: &[u8]) -> bool {
    let (body, sum) = frame.split_at(frame.len() - 2);
    checksum(body) == sum
}

/// The function that a request is.
fn function(request: &PlcRequest) -> u8 {
    match request {
        PlcRequest::Read { table, .. } => match table {
            RegisterTable::Holding => READ,
            RegisterTable::Input => READ_INPUT,
        },
        PlcRequest::Write { .. } => WRITE,
    }
}

/// The frame of a request.
pub fn frame(unit: u8, request: &PlcRequest) -> Vec<u8> {
    let mut frame = vec![unit];
    match request {
        PlcRequest::Read { address, count, .. } => {
            frame.push(function(request));
            frame.extend(address.to_be_bytes());
            frame.extend(count.to_be_bytes());
        }
        PlcRequest::Write { address, words } => {
            let count = u8::try_from(words.len()).expect("at most 123 registers are written");
            frame.push(function(request));
            frame.extend(address.to_be_bytes());
            frame.extend([0, count, count * 2]);
            frame.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        }
    }
    let sum = checksum(&frame);
    frame.extend(sum);
    frame
}

/// Bytes of a request and of its answer together, for the time they need on the line.
pub fn bytes_on_line(request: &PlcRequest) -> usize {
    match request {
        PlcRequest::Read { count, .. } => 8 + AROUND_WORDS + 2 * usize::from(*count),
        PlcRequest::Write { words, .. } => 9 + 2 * words.len() + WRITTEN_BYTES,
    }
}

/// How long a request and its answer take on a serial line, with the silences and what puts a new link in step. No time
/// where a character takes none.
pub fn time_on_line(request: &PlcRequest, character: Duration) -> Duration {
    let characters = bytes_on_line(request) + LINE_OVERHEAD;
    character * u32::try_from(characters).unwrap_or(u32::MAX)
}

/// The answer to this request in what was heard since it went out; `None` while it is not whole.
///
/// # Errors
/// [`Fault::Device`] for an exception; [`Fault::Garbled`] for anything that is not this request's answer, as soon as
/// that shows.
pub fn answer(unit: u8, request: &PlcRequest, heard: &[u8]) -> Result<Option<PlcAnswer>, Fault> {
    let function = function(request);
    match heard {
        [] => return Ok(None),
        [other, ..] if *other != unit => return garbled(heard, &format!("not from unit {unit}")),
        [_, other, ..] if *other & !REFUSED != function => {
            return garbled(heard, &format!("not of function {function}"));
        }
        [_] => return Ok(None),
        _ => {}
    }
    if heard[1] & REFUSED != 0 {
        return match whole(heard, EXCEPTION_BYTES)? {
            Some(frame) => Err(refused(request, frame[2])),
            None => Ok(None),
        };
    }
    match request {
        PlcRequest::Read { count, .. } => {
            let bytes = 2 * usize::from(*count);
            if heard.get(2).is_some_and(|said| usize::from(*said) != bytes) {
                return match frame(unit, request).starts_with(heard) {
                    true => garbled(heard, "the request itself: switch the adapter's echo off"),
                    false => garbled(heard, &format!("not of {count} registers")),
                };
            }
            let Some(frame) = whole(heard, AROUND_WORDS + bytes)? else {
                return Ok(None);
            };
            let words = frame[3..3 + bytes].chunks_exact(2);
            let words = words.map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Ok(Some(PlcAnswer::Words(words.collect())))
        }
        PlcRequest::Write { .. } => {
            let asked = &frame(unit, request)[2..6];
            let said = &heard[2..heard.len().clamp(2, 6)];
            if !asked.starts_with(said) {
                return garbled(heard, "the confirmation of another write");
            }
            Ok(whole(heard, WRITTEN_BYTES)?.map(|_| PlcAnswer::Written))
        }
    }
}

/// A frame of that length, once it is there.
fn whole(heard: &[u8], length: usize) -> Result<Option<&[u8]>, Fault> {
    if heard.len() > length {
        return garbled(heard, "more bytes than the answer has");
    }
    if heard.len() < length {
        return Ok(None);
    }
    match sound(heard) {
        true => Ok(Some(heard)),
        false => garbled(heard, "its checksum is wrong"),
    }
}

/// Whether what was heard ends with the answer to this read, whatever stands before it.
pub fn ends_with_answer(unit: u8, request: &PlcRequest, heard: &[u8]) -> Result<bool, Fault> {
    let PlcRequest::Read { count, .. } = request else {
        return Ok(false);
    };
    let tail = |length: usize| heard.len().checked_sub(length).map(|from| &heard[from..]);
    if let Some(frame) = tail(AROUND_WORDS + 2 * usize::from(*count))
        && let Ok(Some(_)) = answer(unit, request, frame)
    {
        return Ok(true);
    }
    match tail(EXCEPTION_BYTES) {
        Some(frame) if frame[..2] == [unit, function(request) | REFUSED] && sound(frame) => {
            Err(refused(request, frame[2]))
        }
        _ => Ok(false),
    }
}

fn garbled<T>(heard: &[u8], why: &str) -> Result<T, Fault> {
    const SHOWN: usize = 16;
    let bytes: Vec<String> = heard.iter().map(|byte| format!("{byte:02X}")).collect();
    let shown = bytes[..bytes.len().min(SHOWN)].join(" ");
    Err(Fault::Garbled(format!("{shown} ({why})")))
}

fn refused(request: &PlcRequest, code: u8) -> Fault {
    let (doing, address) = match request {
        PlcRequest::Read { address, .. } => ("reading", address),
        PlcRequest::Write { address, .. } => ("writing", address),
    };
    let why = match code {
        1 => "it does not know the function",
        2 => "it has no such registers",
        3 => "it does not take so many registers",
        4 => "it failed",
        6 => "it is busy",
        _ => "see its manual",
    };
    Fault::Device(format!(
        "Modbus exception while {doing} from register {address} on: code {code}, {why}"
    ))
}

#[cfg(test)]
mod test;
