//! A pack as rules look at it: its row, its place, its verdict, the components that cover it.

use super::{Facts, OneBatch, flag, grade, kind_of, no_such_field, number, owned, text};
use crate::gs1::Gtin;
use crate::record::{ComponentKind, Fact, PackNo, Tenths, TextSeen};
use crate::store::{ComponentUse, StoreError, Whereabouts};
use crate::trace::completeness::fields::Subject;
use crate::trace::completeness::language::{RuleSet, Value};
use crate::trace::find::Archive;
use crate::trace::units::{Placed, Units};
use std::ops::RangeInclusive;

/// What the verdicts of a batch's packs say beyond pass and fail, two bytes a pack.
pub struct Verdicts {
    first: u64,
    seen: Vec<(u8, u8)>,
}

/// Nobody graded it.
const UNGRADED: u8 = u8::MAX;
/// [`Verdicts`] of text, as places in this list.
const TEXTS: [&str; 3] = ["not-checked", "sound", "wrong"];

impl Verdicts {
    /// Of packs of a batch, from the records of its time.
    pub fn read(
        ask: &Whereabouts<'_>,
        packs: &RangeInclusive<PackNo>,
        (opened, closed): (u64, u64),
    ) -> Result<Verdicts, StoreError> {
        let first = packs.start().0;
        let mut seen: Vec<(u8, u8)> = Vec::new();
        ask.for_each_record(opened, closed, &["{\"Verified\":"], &mut |stored| {
            if let Fact::Verified { pack, verdict } = stored.record.fact
                && packs.contains(&pack)
            {
                let at = (pack.0 - first) as usize;
                if seen.len() <= at {
                    seen.resize(at + 1, (UNGRADED, 0));
                }
                let grade = verdict.binding_grades().map(|grades| grades.overall().0);
                let text = match &verdict.text {
                    TextSeen::NotChecked => 0,
                    TextSeen::Sound => 1,
                    TextSeen::Wrong(_) => 2,
                };
                seen[at] = (grade.unwrap_or(UNGRADED), text);
            }
            Ok(true)
        })?;
        Ok(Verdicts { first, seen })
    }

    fn of(&self, pack: PackNo) -> (u8, u8) {
        let at = pack.0.checked_sub(self.first);
        let seen = at.and_then(|at| self.seen.get(at as usize));
        seen.copied().unwrap_or((UNGRADED, 0))
    }
}

/// A pack.
pub struct OnePack<'a> {
    pub placed: Placed<'a>,
    pub gtin: Gtin,
    pub verdicts: Option<&'a Verdicts>,
    pub components: &'a [ComponentUse],
}

impl OnePack<'_> {
    fn covered(&self, kind: ComponentKind) -> bool {
        let pack = self.placed.row.pack;
        let covers = |used: &ComponentUse| {
            used.component.kind == kind
                && used.from <= pack
                && used.through.is_none_or(|last| pack <= last)
        };
        self.components.iter().any(covers)
    }
}

/// The code of a pass in the PLC contract.
const PASS: u16 = 1;

impl Facts for OnePack<'_> {
    fn named(&self) -> (Option<u64>, String) {
        let no = self.placed.row.pack.0;
        let code = self.placed.row.serial.as_ref();
        let code = code.map(|number| format!(" (01){}(21){}", self.gtin.as_str(), number.text));
        (Some(no), format!("pack {no}{}", code.unwrap_or_default()))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        let row = &self.placed.row;
        let serial = || row.serial.as_ref().map(|number| number.text.as_str());
        let seen = || self.verdicts.map(|verdicts| verdicts.of(row.pack));
        match field {
            "state" => text(self.placed.state),
            "good" => flag(row.fate == Some(crate::record::Fate::Good) && !row.voided),
            "serial" => text(serial()?),
            "serial_length" => number(serial()?.chars().count() as u64),
            "serial_alphanumeric" => {
                flag(serial()?.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            }
            "verified" => flag(row.verdict == Some(PASS)),
            "grade" => grade(
                seen()
                    .map(|seen| seen.0)
                    .filter(|tenths| *tenths != UNGRADED)
                    .map(Tenths)?,
            ),
            "text" => text(TEXTS[usize::from(seen()?.1)]),
            "container" => text(&self.placed.holder?.container.code),
            "away" => flag(self.placed.is_away()),
            "partner" => owned(self.placed.partner?.to_string()),
            "held" => flag(self.placed.held),
            "recalled" => flag(self.placed.recalled),
            other => match kind_of(other) {
                Some(kind) => flag(self.covered(kind)),
                None => no_such_field(other),
            },
        }
    }
}

/// Calls `each` with every pack of a part.
pub fn for_each_pack(
    archive: &Archive,
    rules: &RuleSet,
    batch: &OneBatch,
    packs: &RangeInclusive<PackNo>,
    mut each: impl FnMut(&OnePack<'_>),
) -> Result<(), StoreError> {
    let asks = rules.asks(Subject::Pack, &["grade", "text"]);
    let no = batch.batch().no;
    let (units, verdicts) = archive.reader.whereabouts(|ask| {
        let verdicts = match asks {
            true => Some(Verdicts::read(ask, packs, batch.span())?),
            false => None,
        };
        Ok((Units::of(ask, no, packs)?, verdicts))
    })?;
    units.for_each(&archive.reader, |placed| {
        each(&OnePack {
            placed,
            gtin: batch.batch().gtin,
            verdicts: verdicts.as_ref(),
            components: batch.components(),
        });
    })
}
