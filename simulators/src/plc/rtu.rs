//! The PLC's end of a Modbus serial line. PURE.
//!
//! Written from *MODBUS over Serial Line, Specification and Implementation Guide* V1.02: a frame is unit, function,
//! data, CRC (2.5.1.2, appendix B: polynomial 0xA001, low byte first) and ends with a silence of 3.5 characters; a
//! frame with a wrong CRC, or to another unit, gets no answer (2.4.1); unit 0 is everybody and gets none either.
//! Functions 3, 4, 6 and 16 as in *MODBUS Application Protocol* V1.1b3. A frame of these functions is also known to be
//! whole by its length, because a program that is put to sleep cannot hear so short a silence.

use super::{
    Exception,
    trouble::{LATE_MS, Trouble},
};
use crate::Tick;
use std::collections::VecDeque;

/// Bits of a character: start, eight data, parity or stop, stop.
pub const BITS_PER_CHARACTER: u64 = 11;
/// Characters of silence after which a frame is over, in halves.
const SILENCE_HALVES: u64 = 7;
/// Shorter silences cannot be told from a program that was put to sleep.
const SILENCE_MIN_NS: u64 = 20_000_000;
/// Longest frame of the specification.
const FRAME_MAX: usize = 256;
/// Answers that may wait for the line; more requests are not heard.
const ANSWERS_MAX: usize = 64;

/// What a frame asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Function 3.
    Read {
        /// First register.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 4.
    ReadInput {
        /// First register.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Functions 6 and 16.
    Write {
        /// First register.
        address: u16,
        /// The words.
        words: Vec<u16>,
    },
}

/// What the registers say to it: words of a read, none for a write.
pub type Outcome = Result<Vec<u16>, Exception>;

/// The PLC's end of the line.
#[derive(Debug)]
pub struct RtuServer {
    unit: u8,
    silence_ns: u64,
    heard: Vec<u8>,
    heard_at: Tick,
    /// Answers with the time at which they go out.
    answers: VecDeque<(Tick, Vec<u8>)>,
}

impl RtuServer {
    /// A unit on a line of that speed.
    #[must_use]
    pub fn new(unit: u8, baud: u32) -> RtuServer {
        let character_ns = BITS_PER_CHARACTER * 1_000_000_000 / u64::from(baud.max(1));
        RtuServer {
            unit,
            silence_ns: (character_ns * SILENCE_HALVES / 2).max(SILENCE_MIN_NS),
            heard: Vec::new(),
            heard_at: Tick::default(),
            answers: VecDeque::new(),
        }
    }

    /// Bytes arrive; `registers` does what a frame asks, and says what goes wrong with its answer.
    pub fn hear(
        &mut self,
        now: Tick,
        bytes: &[u8],
        mut registers: impl FnMut(Asked) -> (Outcome, Option<Trouble>),
    ) {
        if now.since_ns(self.heard_at) > self.silence_ns {
            self.heard.clear();
        }
        if !bytes.is_empty() {
            self.heard_at = now;
        }
        for byte in bytes {
            self.heard.push(*byte);
            if let Some(frame) = self.whole() {
                self.take(now, &frame, &mut registers);
            }
        }
        if self.heard.len() > FRAME_MAX {
            self.heard.clear();
        }
    }

    /// The frame that has just become whole.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let length = match self.heard.get(1)? {
            3 | 4 | 6 => 8,
            16 => 9 + usize::from(*self.heard.get(6)?),
            // Of a function nobody knows the length: whole when its checksum says so.
            _ => self.heard.len().max(4),
        };
        let whole = self.heard.len() >= length && self.heard.len() >= 4;
        let body = self.heard.len().checked_sub(2)?;
        if !whole || crc(&self.heard[..body]).to_le_bytes() != self.heard[body..] {
            return None;
        }
        let mut frame = std::mem::take(&mut self.heard);
        frame.truncate(body);
        Some(frame)
    }

    fn take(
        &mut self,
        now: Tick,
        frame: &[u8],
        registers: &mut impl FnMut(Asked) -> (Outcome, Option<Trouble>),
    ) {
        let (unit, function) = (frame[0], frame[1]);
        if (unit != self.unit && unit != 0) || self.answers.len() >= ANSWERS_MAX {
            return;
        }
        let (outcome, trouble) = match asked(frame) {
            Ok(asked) => registers(asked),
            Err(exception) => (Err(exception), None),
        };
        if unit == 0 {
            return;
        }
        let mut answer = vec![unit, function];
        let code = match (&outcome, trouble) {
            (_, Some(Trouble::Exception)) => Some(4),
            (Err(Exception::IllegalFunction), _) => Some(1),
            (Err(Exception::IllegalAddress), _) => Some(2),
            (Err(Exception::IllegalValue), _) => Some(3),
            (Ok(_), _) => None,
        };
        match (code, outcome) {
            (Some(code), _) => answer = vec![unit, function | 0x80, code],
            (None, Ok(words)) if matches!(function, 3 | 4) => {
                answer.push(u8::try_from(words.len() * 2).unwrap_or(u8::MAX));
                answer.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            }
            _ => answer.extend(&frame[2..6]),
        }
        let mut sum = crc(&answer);
        if trouble == Some(Trouble::WrongSum) {
            sum ^= 0x0101;
        }
        answer.extend(sum.to_le_bytes());
        if trouble == Some(Trouble::Cut) {
            answer.truncate(answer.len() - 3);
        }
        let late = u64::from(trouble == Some(Trouble::Late)) * LATE_MS;
        let before = self.answers.back().map_or(now, |(due, _)| *due);
        if trouble != Some(Trouble::Silent) {
            self.answers
                .push_back((now.plus_ms(late).max(before), answer));
        }
    }

    /// The next answer that is due.
    pub fn say(&mut self, now: Tick) -> Option<Vec<u8>> {
        match self.answers.front() {
            Some((due, _)) if *due <= now => self.answers.pop_front().map(|(_, answer)| answer),
            _ => None,
        }
    }

    /// `true` while an answer waits for its time.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.answers.is_empty()
    }
}

fn asked(frame: &[u8]) -> Result<Asked, Exception> {
    let word = |at: usize| {
        let bytes = frame.get(at..at + 2).ok_or(Exception::IllegalValue)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let address = word(2);
    match frame[1] {
        3 => Ok(Asked::Read {
            address: address?,
            count: word(4)?,
        }),
        4 => Ok(Asked::ReadInput {
            address: address?,
            count: word(4)?,
        }),
        6 => Ok(Asked::Write {
            address: address?,
            words: vec![word(4)?],
        }),
        16 => {
            let count = usize::from(word(4)?);
            let words: Result<Vec<u16>, Exception> = (0..count).map(|n| word(7 + 2 * n)).collect();
            match words? {
                words if usize::from(frame[6]) == 2 * count => Ok(Asked::Write {
                    address: address?,
                    words,
                }),
                _ => Err(Exception::IllegalValue),
            }
        }
        _ => Err(Exception::IllegalFunction),
    }
}

/// The checksum of a frame, by appendix B of the specification.
fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1 == 1;
            crc >>= 1;
            if carry {
                crc ^= 0xA001;
            }
        }
    }
    crc
}

#[cfg(test)]
mod test {
    use super::*;

    fn with_crc(bytes: &[u8]) -> Vec<u8> {
        let mut frame = bytes.to_vec();
        frame.extend(crc(bytes).to_le_bytes());
        frame
    }

    fn registers(asked: Asked) -> (Outcome, Option<Trouble>) {
        let outcome = match asked {
            Asked::Read { count: 126.., .. } => Err(Exception::IllegalValue),
            Asked::Read { address, count } => Ok((address..address + count).collect()),
            Asked::ReadInput { address, count } => {
                Ok((address..address + count).map(|at| at + 1000).collect())
            }
            Asked::Write { address: 0, .. } => Err(Exception::IllegalAddress),
            Asked::Write { .. } => Ok(Vec::new()),
        };
        (outcome, None)
    }

    fn answer(server: &mut RtuServer, at: Tick, bytes: &[u8]) -> Option<Vec<u8>> {
        server.hear(at, bytes, registers);
        server.say(at)
    }

    #[test]
    fn every_function_is_answered_and_what_is_not_for_this_unit_or_spoilt_is_not() {
        let mut server = RtuServer::new(1, 19_200);
        let at = Tick::from_ms;
        // The frame that many manuals print, its checksum included.
        let read = [1, 3, 0, 0, 0, 1, 0x84, 0x0A];
        assert_eq!(
            answer(&mut server, at(0), &read),
            Some(with_crc(&[1, 3, 2, 0, 0]))
        );
        let input = with_crc(&[1, 4, 0, 2, 0, 1]);
        assert_eq!(
            answer(&mut server, at(5), &input),
            Some(with_crc(&[1, 4, 2, 3, 234]))
        );
        let six = with_crc(&[1, 6, 0, 9, 0, 5]);
        assert_eq!(answer(&mut server, at(10), &six), Some(six.clone()));
        let sixteen = with_crc(&[1, 16, 0, 9, 0, 2, 4, 0, 5, 0, 6]);
        assert_eq!(
            answer(&mut server, at(20), &sixteen),
            Some(with_crc(&[1, 16, 0, 9, 0, 2]))
        );
        for (asked, code) in [
            (vec![1, 3, 0, 0, 0, 126], 3),
            (vec![1, 6, 0, 0, 0, 1], 2),
            (vec![1, 16, 0, 9, 0, 1, 4, 0, 5, 0, 6], 3),
            (vec![1, 2, 0, 0, 0, 1], 1),
        ] {
            let said = answer(&mut server, at(30), &with_crc(&asked));
            assert_eq!(said, Some(with_crc(&[1, asked[1] | 0x80, code])));
        }
        for silent in [
            with_crc(&[2, 3, 0, 0, 0, 1]),
            with_crc(&[0, 6, 0, 9, 0, 1]),
            vec![1, 3, 0, 0, 0, 1, 0x84, 0x0B],
        ] {
            assert_eq!(answer(&mut server, at(40), &silent), None);
            assert_eq!(
                answer(&mut server, at(90), &read).map(|said| said.len()),
                Some(7)
            );
        }
    }

    #[test]
    fn a_frame_may_come_in_parts_but_not_across_a_silence() {
        let mut server = RtuServer::new(1, 19_200);
        let read = with_crc(&[1, 3, 0, 7, 0, 1]);
        let at = Tick::from_ms;
        assert_eq!(answer(&mut server, at(0), &read[..5]), None);
        assert!(answer(&mut server, at(3), &read[5..]).is_some());
        assert_eq!(answer(&mut server, at(30), &read[..5]), None);
        assert_eq!(answer(&mut server, at(60), &read[5..]), None);
        assert!(answer(&mut server, at(90), &read).is_some());
    }

    #[test]
    fn troubles_spoil_answers_and_a_late_one_holds_the_others_back() {
        let mut server = RtuServer::new(1, 19_200);
        let read = with_crc(&[1, 3, 0, 7, 0, 1]);
        let good = with_crc(&[1, 3, 2, 0, 7]);
        let mut met = |ms: u64, trouble: Option<Trouble>| {
            let at = Tick::from_ms(ms);
            server.hear(at, &read, |asked| (registers(asked).0, trouble));
            server.say(at)
        };
        assert_eq!(met(0, Some(Trouble::Silent)), None);
        let spoilt = met(20, Some(Trouble::WrongSum)).expect("spoilt");
        assert_eq!((spoilt.len(), spoilt == good), (good.len(), false));
        assert_eq!(met(40, Some(Trouble::Cut)), Some(good[..4].to_vec()));
        let exception = met(60, Some(Trouble::Exception));
        assert_eq!(exception, Some(with_crc(&[1, 0x83, 4])));
        assert_eq!(met(80, Some(Trouble::Late)), None);
        assert_eq!(met(100, None), None, "behind the late one");
        let due = Tick::from_ms(80 + LATE_MS);
        assert_eq!(server.say(due), Some(good.clone()));
        assert_eq!(server.say(due), Some(good));
        assert!(!server.owes());
    }
}
