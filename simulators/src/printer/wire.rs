//! What the printer says on its way to the link: late, cut, doubled, or as it should be. PURE.

use std::collections::VecDeque;

use super::{
    Press, Trouble,
    tongue::{Kind, Language, Said},
};
use crate::{Tick, random::Random};

/// Most bytes that wait to be said; what is beyond is dropped.
pub const OUTBOX_MAX: usize = 64 * 1024;

/// The idle status of a SATO printer, and the host status of a Zebra: the answers of another make.
const SATO_IDLE: &[u8] = b"\x02  A000000                \x03";
const ZEBRA_IDLE: &[u8] = b"\x02030,0,0,0360,000,0,0,0,000,0,0,0\x03\r\n\
    \x02000,0,0,0,0,4,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

/// Bytes that wait for their time.
#[derive(Debug)]
pub struct Wire {
    language: Language,
    outbox: VecDeque<(Tick, Vec<u8>)>,
    bytes: usize,
    random: Random,
}

impl Wire {
    /// A quiet line.
    #[must_use]
    pub fn new(language: Language) -> Wire {
        Wire {
            language,
            outbox: VecDeque::new(),
            bytes: 0,
            random: Random::new(0xA5),
        }
    }

    /// Puts something on the line, as the troubles that stand let it.
    pub fn say(&mut self, now: Tick, said: Said, press: &Press) {
        let troubles = &press.troubles;
        if troubles.has(Trouble::AckLost) && said.kind == Kind::Ack {
            return;
        }
        let mut bytes = said.bytes;
        if troubles.has(Trouble::WrongReply) {
            let other = if self.language == Language::Zpl {
                SATO_IDLE
            } else {
                ZEBRA_IDLE
            };
            bytes = other.to_vec();
        }
        if troubles.has(Trouble::GarbageReply) {
            let random = &mut self.random;
            bytes.fill_with(|| random.bits().to_le_bytes()[0]);
        }
        if troubles.has(Trouble::HalfReply) {
            bytes.truncate(bytes.len() / 2);
        }
        if troubles.has(Trouble::ReplyTwice) {
            bytes.extend_from_within(..);
        }
        let mut due = now.plus_ms(troubles.value(Trouble::LateReply).unwrap_or(0));
        if said.after_label {
            due = due.max(press.busy_until);
        }
        // Nothing overtakes what was said before.
        due = due.max(self.outbox.back().map_or(due, |(last, _)| *last));
        if !bytes.is_empty() && self.bytes + bytes.len() <= OUTBOX_MAX {
            self.bytes += bytes.len();
            self.outbox.push_back((due, bytes));
        }
    }

    /// What has come out by now.
    pub fn take(&mut self, now: Tick) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some((due, bytes)) = self.outbox.front()
            && *due <= now
        {
            out.extend_from_slice(bytes);
            self.bytes -= bytes.len();
            self.outbox.pop_front();
        }
        out
    }

    /// The link is gone, and with it all that waited.
    pub fn forget(&mut self) {
        self.outbox.clear();
        self.bytes = 0;
    }
}
