//! The factory's truth against the store, pack by pack. PURE.

use crate::gs1::{Element, parse_payload};
use crate::record::{Batch, Fate, LaneNo, PlcPack, TextPolicy};
use crate::store::PackRow;
use std::collections::{HashMap, HashSet};
use vidimus_simulators::fault::FaultKind;
use vidimus_simulators::truth::{Bin, PackTruth};

/// The contract's outcome code of a reject that was not confirmed.
const NOT_CONFIRMED: u16 = 4;

/// The contract's verdict code of a pass.
const PASS: u16 = 1;

/// Most differences that are listed.
pub const DIFFERENCES_MAX: usize = 20;

/// Where store and truth differ.
#[derive(Debug, Default)]
pub struct Differences {
    /// The station was ended while packs were on the belt.
    pub ended_early: bool,
    /// How many.
    pub count: u64,
    /// The first of them in words; at most [`DIFFERENCES_MAX`].
    pub texts: Vec<String>,
    /// Packs in the good bin that must not be there, in words; counted and bounded like the others, and not among them.
    pub unproven: Vec<String>,
}

impl Differences {
    /// One more.
    pub fn note(&mut self, text: String) {
        self.count += 1;
        push_bounded(&mut self.texts, text);
    }

    /// One more pack in the good bin that must not be there.
    fn note_unproven(&mut self, text: String) {
        self.count += 1;
        push_bounded(&mut self.unproven, text);
    }
}

fn push_bounded(texts: &mut Vec<String>, text: String) {
    if texts.len() < DIFFERENCES_MAX {
        texts.push(text);
    }
}

/// What the comparison came to.
#[derive(Debug, Default)]
pub struct Judged {
    /// Packs in the good bin without a durable good verdict for their own ink.
    pub escaped: u64,
    /// Those of them that the gate did not reject though it was told to, and the books know it.
    pub not_confirmed: u64,
    /// Serials in the ink of more than one pack of the good bin, without those that the books know to be there wrongly.
    pub duplicate_serials: u64,
    /// Packs whose ink, picture and link were sound, outside any fault window, yet rejected.
    pub false_rejects: u64,
    /// Packs that no station ever heard of: cleared away with the factory's end, or rejected by a PLC that restarted
    /// before a station came back.
    pub never_seen: u64,
}

/// Holds every pack of the factory's truth against its row in the store, and the other way round.
pub fn judge(
    rows: &[PackRow],
    batches: &[(Batch, bool)],
    truth: &[PackTruth],
    differences: &mut Differences,
) -> Judged {
    let mut judged = Judged::default();
    let by_plc: HashMap<PlcPack, &PackRow> = rows.iter().map(|row| (row.plc, row)).collect();
    let mut last_boots: HashMap<u8, u16> = HashMap::new();
    for pack in truth {
        let last = last_boots.entry(pack.lane).or_default();
        *last = pack.boot.max(*last);
    }
    let mut told = HashSet::new();
    let mut inked: HashMap<&str, u64> = HashMap::new();
    for pack in truth {
        let name = PlcPack {
            lane: LaneNo(pack.lane),
            boot: pack.boot,
            id: pack.id,
        };
        told.insert(name);
        told.extend(pack.was.as_ref().map(|was| PlcPack {
            lane: LaneNo(pack.lane),
            boot: was.boot,
            id: was.id,
        }));
        let row = by_plc.get(&name).copied();
        match row {
            None if pack.id == 0 => {}
            // Detected while no station was there, and cleared away when the machine ended: it was in no bin
            // and is known to nobody but the factory.
            None if pack.bin == Bin::Removed && pack.gate == 0 => judged.never_seen += 1,
            // Rejected by default or taken away in a fault window, and the PLC forgot it before a station could read of
            // it.
            None if is_forgotten(pack, last_boots[&pack.lane]) => judged.never_seen += 1,
            None => differences.note(format!("pack {name} is not in the store ({:?})", pack.bin)),
            Some(row) => compare(name, row, pack, differences),
        }
        if pack.bin == Bin::Good {
            let proven = row.is_some_and(|row| is_proven(row, batches, &pack.ink));
            let wrong_text = pack.faults.iter().any(|fault| fault == WRONG_TEXT);
            if proven && wrong_text && row.is_some_and(|row| wants_text(row, batches)) {
                judged.escaped += 1;
                differences
                    .note_unproven(format!("pack {name} is in the good bin with wrong text"));
            }
            if !proven {
                judged.escaped += 1;
                // The gate was told to reject and did not move: the books know it, and an alarm says so.
                // Where the PLC restarted before it could tell which pack it was, its fate is unknown to them.
                let told = [Some(Fate::RejectNotConfirmed), Some(Fate::Unknown)];
                let known = row.is_some_and(|row| told.contains(&row.fate));
                if known && pack.gate == NOT_CONFIRMED {
                    judged.not_confirmed += 1;
                    continue;
                }
                differences.note_unproven(format!("pack {name} is in the good bin unproven"));
            }
            let inks = pack.ink.iter().map(String::as_str);
            let inks: HashSet<&str> = inks.filter(|ink| has_serial(ink)).collect();
            for ink in inks {
                *inked.entry(ink).or_default() += 1;
            }
        }
        judged.false_rejects += u64::from(is_false_reject(pack));
    }
    for row in rows
        .iter()
        .filter(|row| row.fate.is_some_and(|fate| fate != Fate::Unknown))
        .filter(|row| !told.contains(&row.plc))
    {
        differences.note(format!(
            "pack {} has left by the books, not by the truth",
            row.plc
        ));
    }
    judged.duplicate_serials = inked.values().filter(|count| **count > 1).count() as u64;
    judged
}

/// The contract's verdict code of a sample.
pub const SAMPLE: u16 = 13;

/// The ink names a serial; the labels of a lot-only batch are all the same.
pub fn has_serial(ink: &str) -> bool {
    let serial = |element: &Element| element.ai == "21";
    parse_payload(ink).is_ok_and(|elements| elements.iter().any(serial))
}

/// Rejected though its ink, its picture and every device were sound all the way.
pub fn is_false_reject(pack: &PackTruth) -> bool {
    // A good pack that somebody wanted as a sample is no false reject; `samples` asks who wanted it.
    let sound = pack.ink_sound && pack.picture_sound && pack.verdict != SAMPLE;
    pack.bin == Bin::Reject && sound && !pack.window
}

/// A pack that left while something was wrong, and that a PLC which restarted since told nobody of: no station decided
/// about it, or one did and lost its power. A fail does not wait for its record.
fn is_forgotten(pack: &PackTruth, last_boot: u16) -> bool {
    pack.bin != Bin::Good && pack.boot < last_boot && pack.verdict != PASS && pack.window
}

/// The bin the store names must be the bin the pack is in; an unknown fate claims nothing.
fn compare(name: PlcPack, row: &PackRow, pack: &PackTruth, differences: &mut Differences) {
    let agrees = match row.fate {
        Some(Fate::Good | Fate::PassedInBypass) => pack.bin == Bin::Good,
        Some(Fate::Removed) => pack.bin == Bin::Removed,
        Some(Fate::Unknown | Fate::RejectNotConfirmed) => true,
        Some(_) => pack.bin == Bin::Reject,
        // In line by the books, and gone since the station was ended: it never claimed to know. A run that went
        // to its end has no such pack.
        None => differences.ended_early,
    };
    if !agrees {
        differences.note(format!(
            "pack {name}: the store says {:?}, it is in {:?}",
            row.fate, pack.bin
        ));
    }
}

/// The fault that leaves the symbol right and the text beside it wrong.
const WRONG_TEXT: &str = FaultKind::WrongText.name();

/// The batch rejects wrong text.
fn wants_text(row: &PackRow, batches: &[(Batch, bool)]) -> bool {
    let mut all = batches.iter().map(|(batch, _)| batch);
    let batch = all.find(|batch| Some(batch.no) == row.batch);
    batch.is_some_and(|batch| batch.quality.text == TextPolicy::Reject)
}

/// A durable pass, and the ink on the pack is exactly what was printed for it. Where all labels are the same, a second
/// one that somebody put on says nothing wrong.
fn is_proven(row: &PackRow, batches: &[(Batch, bool)], ink: &[String]) -> bool {
    let batch = batches
        .iter()
        .find(|(batch, _)| Some(batch.no) == row.batch);
    let Some((batch, _)) = batch else {
        return false;
    };
    // A pack without a number is proven only where its batch has none.
    let number = row.serial.as_ref().map(|serial| serial.text.as_str());
    let labels = match batch.terms.lot_only {
        true => 1..=usize::MAX,
        false => 1..=1,
    };
    if number.is_none() != batch.terms.lot_only || !labels.contains(&ink.len()) {
        return false;
    }
    let own = [
        Some(Element::new("01", batch.gtin.as_str())),
        number.map(|text| Element::new("21", text)),
        Some(Element::new("17", batch.expiry.as_str())),
        Some(Element::new("10", batch.lot.as_str())),
    ];
    // In which order they stand is the template's affair; `labels` holds it against the records.
    let sorted = |mut elements: Vec<Element>| {
        elements.sort_by(|one, other| one.ai.cmp(&other.ai));
        elements
    };
    let own = sorted(own.into_iter().flatten().collect());
    let says_own =
        |ink: &String| parse_payload(ink).is_ok_and(|elements| sorted(elements.to_vec()) == own);
    row.verdict == Some(1) && !row.voided && ink.iter().all(says_own)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn differences_are_kept_in_words_up_to_the_limit_and_counted_beyond() {
        let mut differences = Differences::default();
        for number in 0..50 {
            differences.note(number.to_string());
            differences.note_unproven(number.to_string());
        }
        assert_eq!(differences.count, 100);
        for texts in [differences.texts, differences.unproven] {
            assert_eq!(texts.len(), DIFFERENCES_MAX);
            assert_eq!(texts.last().map(String::as_str), Some("19"));
        }
    }
}
