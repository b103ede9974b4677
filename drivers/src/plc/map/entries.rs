//! Ring entries to words and back, with key and check word. PURE.

use super::codes::outcome_index;
use super::{Map, u32_of, words_of};
use crate::plc::{GateOutcome, PlcGateEntry, PlcRingEvent};

/// One entry of the verdict ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictEntry {
    /// PLC_BOOT the pack belongs to.
    pub boot: u16,
    /// Pack id.
    pub id: u32,
    /// Verdict code.
    pub code: u16,
}

/// Why a slot holds no entry of this boot (the contract: such an entry does not exist).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// Never written: all words are 0.
    Blank,
    /// The check word does not fit: torn or spoilt.
    CheckFails,
    /// An entry of another PLC_BOOT.
    OtherBoot(u16),
    /// The id is 0.
    NoId,
    /// A sound entry with a code the contract does not know.
    UnknownCode(u16),
}

impl Map {
    /// The check word of an entry, from its other words (a word that is 0 does not change it).
    pub fn check_word(&self, words: &[u16]) -> u16 {
        words.iter().fold(self.check_xor, |sum, word| sum ^ word)
    }

    /// The register of an event's slot.
    pub fn event_register(&self, number: u32, depth: u16) -> u16 {
        self.event.base + slot(number, depth) * self.event.words
    }

    /// The register of a pack's gate slot.
    pub fn gate_register(&self, id: u32, depth: u16) -> u16 {
        self.gate.base + slot(id, depth) * self.gate.words
    }

    /// The register of a pack's verdict slot.
    pub fn verdict_register(&self, id: u32, depth: u16) -> u16 {
        self.verdict.base + slot(id, depth) * self.verdict.words
    }

    /// Words of an event entry, a gate entry and a verdict entry.
    pub fn entry_words(&self) -> (u16, u16, u16) {
        (self.event.words, self.gate.words, self.verdict.words)
    }

    /// Encodes an event-ring entry.
    pub fn encode_event(&self, event: &PlcRingEvent) -> Vec<u16> {
        let at = &self.event;
        let kind = self.kinds.iter().find(|(_, kind)| *kind == event.kind);
        let mut words = vec![0; usize::from(at.words)];
        words[at.boot] = event.boot;
        put_long(&mut words, at.id, event.id);
        words[at.kind] = kind.expect("the table names every kind").0;
        words[at.count] = event.count;
        put_long(&mut words, at.encoder, event.encoder / self.encoder_scale);
        words[at.check] = self.check_word(&words);
        words
    }

    /// Decodes an event-ring entry of this boot.
    ///
    /// # Errors
    /// Why the entry does not exist.
    pub fn decode_event(&self, words: &[u16], boot: u16) -> Result<PlcRingEvent, Absent> {
        let at = &self.event;
        self.sound(words, at.words, at.boot, at.id, boot)?;
        let kind = self.kinds.iter().find(|(code, _)| *code == words[at.kind]);
        Ok(PlcRingEvent {
            boot,
            id: get_long(words, at.id),
            kind: kind.ok_or(Absent::UnknownCode(words[at.kind]))?.1,
            count: words[at.count],
            encoder: get_long(words, at.encoder).wrapping_mul(self.encoder_scale),
        })
    }

    /// Encodes a gate-ring entry.
    pub fn encode_gate(&self, entry: &PlcGateEntry) -> Vec<u16> {
        let at = &self.gate;
        let mut words = vec![0; usize::from(at.words)];
        words[at.boot] = entry.boot;
        put_long(&mut words, at.id, entry.id);
        words[at.outcome] = self.outcomes[outcome_index(entry.outcome)];
        if let GateOutcome::RejectedByDefault(cause) = entry.outcome {
            let named = self.causes.iter().find(|(_, known)| *known == cause);
            words[at.cause] = named.expect("the table names every cause").0;
        }
        words[at.check] = self.check_word(&words);
        words
    }

    /// Decodes a gate-ring entry of this boot, whatever pack it is about.
    ///
    /// # Errors
    /// Why the entry does not exist.
    pub fn decode_gate(&self, words: &[u16], boot: u16) -> Result<PlcGateEntry, Absent> {
        let at = &self.gate;
        self.sound(words, at.words, at.boot, at.id, boot)?;
        let unknown = Absent::UnknownCode(words[at.outcome]);
        let code = words[at.outcome];
        let index = self.outcomes.iter().position(|known| *known == code);
        let outcome = match index.ok_or(unknown)? {
            0 => GateOutcome::Passed,
            1 => GateOutcome::RejectedByVerdict,
            2 => {
                let cause = self
                    .causes
                    .iter()
                    .find(|(code, _)| *code == words[at.cause]);
                let cause = cause.ok_or(Absent::UnknownCode(words[at.cause]))?;
                GateOutcome::RejectedByDefault(cause.1)
            }
            3 => GateOutcome::RejectNotConfirmed,
            4 => GateOutcome::Removed,
            _ => GateOutcome::PassedInBypass,
        };
        Ok(PlcGateEntry {
            boot,
            id: get_long(words, at.id),
            outcome,
        })
    }

    /// Encodes a verdict-ring entry.
    pub fn encode_verdict(&self, entry: &VerdictEntry) -> Vec<u16> {
        let at = &self.verdict;
        let mut words = vec![0; usize::from(at.words)];
        words[at.boot] = entry.boot;
        put_long(&mut words, at.id, entry.id);
        words[at.verdict] = entry.code;
        words[at.check] = self.check_word(&words);
        words
    }

    /// Decodes a verdict-ring entry of this boot.
    ///
    /// # Errors
    /// Why the entry does not exist.
    pub fn decode_verdict(&self, words: &[u16], boot: u16) -> Result<VerdictEntry, Absent> {
        let at = &self.verdict;
        self.sound(words, at.words, at.boot, at.id, boot)?;
        let code = words[at.verdict];
        super::VerdictCode::from_code(code).ok_or(Absent::UnknownCode(code))?;
        Ok(VerdictEntry {
            boot,
            id: get_long(words, at.id),
            code,
        })
    }

    /// The contract's rule for every entry: check word, boot, id.
    fn sound(
        &self,
        words: &[u16],
        length: u16,
        boot_at: usize,
        id_at: [usize; 2],
        boot: u16,
    ) -> Result<(), Absent> {
        assert_eq!(
            words.len(),
            usize::from(length),
            "one whole entry is decoded"
        );
        if words.iter().all(|word| *word == 0) {
            return Err(Absent::Blank);
        }
        // The check word is among the words, so a sound entry folds to 0.
        if self.check_word(words) != 0 {
            return Err(Absent::CheckFails);
        }
        if words[boot_at] != boot {
            return Err(Absent::OtherBoot(words[boot_at]));
        }
        match get_long(words, id_at) {
            0 => Err(Absent::NoId),
            _ => Ok(()),
        }
    }
}

fn slot(number: u32, depth: u16) -> u16 {
    assert!(depth > 0, "a ring has slots");
    (number % u32::from(depth)) as u16
}

fn get_long(words: &[u16], at: [usize; 2]) -> u32 {
    u32_of(words[at[0]], words[at[1]])
}

fn put_long(words: &mut [u16], at: [usize; 2], long: u32) {
    let [high, low] = words_of(long);
    words[at[0]] = high;
    words[at[1]] = low;
}
