//! What must be known to judge an order. PURE.

use super::UnitCode;
use crate::gs1::{Expiry, Gtin, Lot, Sscc};
use crate::record::{
    BatchNo, ContainerNo, DocumentNo, Level, LotStatus, PartnerFact, Standing, TemplateHash, Unit,
};

/// What number containers of a level have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelCode {
    /// An SSCC.
    Sscc,
    /// A GTIN of their own, and a serial that is given from outside.
    Gtin(Gtin),
}

/// A level of packaging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelPlan {
    /// Its name, such as `case`.
    pub name: String,
    /// How many units it holds when it is full.
    pub holds: u32,
    /// What number it has.
    pub code: LevelCode,
    /// Packs of several lots of one product may be in one container.
    pub mixed_lots: bool,
    /// Its own label.
    pub label: LabelPlan,
    /// How many units a layer of it has; with it a picture of a layer must show so many.
    pub layer: Option<u32>,
}

/// What label the containers of a level have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelPlan {
    /// None that is read.
    Unread,
    /// One that stands on it already, read before it is closed.
    Read,
    /// One that this station prints, read before it is closed.
    Printed {
        /// Its template.
        template: TemplateHash,
        /// The application identifiers on it, each once.
        ais: Vec<String>,
    },
}

impl LabelPlan {
    /// It must be read before the container is closed.
    pub fn is_read(&self) -> bool {
        *self != LabelPlan::Unread
    }

    /// This station prints it.
    pub fn is_printed(&self) -> bool {
        matches!(self, LabelPlan::Printed { .. })
    }
}

/// A label that was printed for a container, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelOnRecord {
    /// The record that says so.
    pub seq: u64,
    /// Everything it says, as a bracketed element string.
    pub says: String,
    /// How many labels were printed for this container, this one counted.
    pub copy: u32,
}

/// The levels above the pack, the lowest first: level 1 holds packs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hierarchy {
    /// The levels.
    pub levels: Vec<LevelPlan>,
}

impl Hierarchy {
    /// A level by name.
    pub fn named(&self, name: &str) -> Option<(Level, &LevelPlan)> {
        let place = self.levels.iter().position(|level| level.name == name)?;
        Some((Level(place as u8 + 1), &self.levels[place]))
    }

    /// What the station file says of a level, if it still has it.
    pub fn plan(&self, level: Level) -> Option<&LevelPlan> {
        self.levels.get(usize::from(level.0).checked_sub(1)?)
    }
}

/// The SSCCs that a station may give: numbers before the check digit, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SsccRange {
    /// The first: extension digit, company prefix and serial reference, 17 digits.
    pub first: u64,
    /// The last.
    pub last: u64,
}

impl SsccRange {
    /// The one after `last` of this range, or the first.
    ///
    /// # Errors
    /// The range is used up.
    pub fn next(self, last: Option<Sscc>) -> Result<Sscc, String> {
        let body = last.map_or(self.first, |last| last.value() / 10 + 1);
        if body > self.last {
            return Err(
                "All SSCCs of the station file are used up: give it more of them.".to_owned(),
            );
        }
        Sscc::of_body(body.max(self.first)).map_err(|wrong| wrong.to_string())
    }
}

/// What is known. Every answer is of one and the same moment, with everything on record that was decided before.
/// An error is a sentence: what happened and what to do next.
pub trait Holdings {
    /// The pack or container with this code.
    ///
    /// # Errors
    /// The records cannot be read.
    fn find(&self, code: &UnitCode) -> Result<Option<Unit>, String>;
    /// Where a unit stands.
    ///
    /// # Errors
    /// The records cannot be read.
    fn standing(&self, unit: Unit) -> Result<Option<Standing>, String>;
    /// The containers directly inside a container.
    ///
    /// # Errors
    /// The records cannot be read.
    fn containers_inside(&self, container: ContainerNo) -> Result<Vec<ContainerNo>, String>;
    /// The batches of all packs inside a container, at any depth.
    ///
    /// # Errors
    /// The records cannot be read.
    fn batches_inside(&self, container: ContainerNo) -> Result<Vec<BatchNo>, String>;
    /// A unit inside a container, at any depth, that is held or recalled by itself.
    ///
    /// # Errors
    /// The records cannot be read.
    fn stopped_inside(&self, container: ContainerNo) -> Result<Option<Unit>, String>;
    /// Product, lot and expiry date of a batch.
    ///
    /// # Errors
    /// The records cannot be read.
    fn lot_of(&self, batch: BatchNo) -> Result<(Gtin, Lot, Expiry), String>;
    /// How a lot stands.
    ///
    /// # Errors
    /// The records cannot be read.
    fn lot_standing(&self, gtin: &Gtin, lot: &Lot) -> Result<LotStatus, String>;
    /// The label printed last for a container.
    ///
    /// # Errors
    /// The records cannot be read.
    fn last_label(&self, container: ContainerNo) -> Result<Option<LabelOnRecord>, String>;
    /// When a step of a journey happened, in ms since 1970: as a person said, or when it went on record.
    ///
    /// # Errors
    /// The records cannot be read.
    fn time_of_step(&self, seq: u64) -> Result<i64, String>;
    /// The wall clock, in ms since 1970.
    fn now_utc_ms(&self) -> i64;
    /// The last record that put something directly into a container or took it out, or opened it again.
    ///
    /// # Errors
    /// The records cannot be read.
    fn changed_at(&self, container: ContainerNo) -> Result<u64, String>;
    /// The number of the last container; 0 if there is none.
    ///
    /// # Errors
    /// The records cannot be read.
    fn last_container(&self) -> Result<ContainerNo, String>;
    /// What is staged of a partner's document that does not count yet: what its record must say.
    ///
    /// # Errors
    /// The records cannot be read.
    fn sealed_document(&self, document: DocumentNo) -> Result<Option<PartnerFact>, String>;
    /// The number of the last document of the outbox; 0 if none was made.
    ///
    /// # Errors
    /// The records cannot be read.
    fn last_outbox_document(&self) -> Result<u64, String>;
    /// The document of the outbox that was refused and waits for a decision.
    ///
    /// # Errors
    /// The records cannot be read.
    fn refused_document(&self) -> Result<Option<u64>, String>;
    /// The next SSCC that no container ever had.
    ///
    /// # Errors
    /// The station file has no range of SSCCs, or it is used up, or the records cannot be read.
    fn next_sscc(&self) -> Result<Sscc, String>;
}
