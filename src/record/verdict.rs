//! The verdict on one pack: its outcome, what was seen, and what the picture was worth. PURE.

use super::grades::{Grades, Parameter, Tenths};
use super::quality::{Cause, TextSeen};
use crate::gs1::Gtin;
use serde::{Deserialize, Serialize};

/// What the inspection of a pack came to. Results are distinct and stay distinct.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The content is exactly what was printed on that pack.
    Pass,
    /// No picture belongs to this pack.
    NoPicture,
    /// A picture, but no symbol in it.
    NoSymbol,
    /// A symbol that cannot be decoded.
    NotDecodable,
    /// A decoded symbol that is not GS1 (`]d2`).
    NotGs1,
    /// GS1, but an element differs from what was printed; `ai` is the first that does.
    WrongContent {
        /// The application identifier of the first element that differs, is missing or is too many.
        ai: String,
    },
    /// Everything as printed but the serial, which is one of ours: printer and packs are out of step.
    UnexpectedSerial,
    /// The serial was already seen on another pack: a reprint, or a pack fed in again.
    SeenBefore,
    /// Decoded and right, but a grade is below the limit.
    LowGrade {
        /// Which parameter.
        parameter: String,
    },
    /// The human-readable text does not match.
    TextMismatch,
    /// The verdict came after the pack had passed the gate.
    Late,
    /// Rejected by a person.
    Operator,
    /// Taken as a sample.
    Sample,
    /// The station was not ready for this pack (no batch, no printer, restarting).
    StationNotReady,
    /// It is not certain which picture or which label belongs to this pack.
    LostTrack,
}

impl Outcome {
    /// The verdict code of the PLC contract 1.0 (1 pass, 2–15 fail).
    pub fn code(&self) -> u16 {
        match self {
            Outcome::Pass => 1,
            Outcome::NoPicture => 2,
            Outcome::NoSymbol => 3,
            Outcome::NotDecodable => 4,
            Outcome::NotGs1 => 5,
            Outcome::WrongContent { .. } => 6,
            Outcome::UnexpectedSerial => 7,
            Outcome::SeenBefore => 8,
            Outcome::LowGrade { .. } => 9,
            Outcome::TextMismatch => 10,
            Outcome::Late => 11,
            Outcome::Operator => 12,
            Outcome::Sample => 13,
            Outcome::StationNotReady => 14,
            Outcome::LostTrack => 15,
        }
    }

    /// Short machine name, as in `rejected_by` of the account.
    pub fn name(&self) -> &'static str {
        Outcome::name_of(self.code()).expect("every outcome has a name")
    }

    /// The machine name of a verdict code; `None` for codes outside 1–15.
    pub fn name_of(code: u16) -> Option<&'static str> {
        const NAMES: [&str; 15] = [
            "pass",
            "no_picture",
            "no_symbol",
            "not_decodable",
            "not_gs1",
            "wrong_content",
            "unexpected_serial",
            "seen_before",
            "low_grade",
            "text_mismatch",
            "late",
            "operator",
            "sample",
            "station_not_ready",
            "lost_track",
        ];
        NAMES.get(usize::from(code.checked_sub(1)?)).copied()
    }

    /// Whether this outcome lets the pack pass.
    pub fn is_pass(&self) -> bool {
        matches!(self, Outcome::Pass)
    }
}

/// Which reader read the symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReadBy {
    /// Our own reader, told where to look and what size to look for.
    Line,
    /// Our own reader, told nothing.
    Blind,
    /// The rxing Data Matrix reader, as second opinion.
    Rxing,
    /// A smart reader at the inspect point: it sent text and no picture.
    Device,
}

impl ReadBy {
    /// Machine name: `line`, `blind`, `rxing` or `device`.
    pub fn name(self) -> &'static str {
        match self {
            ReadBy::Line => "line",
            ReadBy::Blind => "blind",
            ReadBy::Rxing => "rxing",
            ReadBy::Device => "device",
        }
    }
}

/// Where the picture came from and what it is worth for grading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PictureOrigin {
    /// The camera's frame counter, when it has one.
    pub counter: Option<u64>,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// The coding lost nothing (PNG, PGM).
    pub lossless: bool,
    /// Reflectance was calibrated with a conformance card.
    pub calibrated: bool,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// Who read it.
    pub by: ReadBy,
    /// The scan data, e.g. `]d2` + elements with 0x1D as separator. Left out (`None`) for a pass,
    /// where it equals what was printed.
    pub scan: Option<String>,
    /// The number of ours that the scan names, where it is not this pack's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Box<SeenNumber>>,
}

/// A number of this site, taken before, that was seen in ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeenNumber {
    /// The GTIN.
    pub gtin: Gtin,
    /// The counter value.
    pub index: u64,
}

/// Where a symbol lies in its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct SymbolPlace {
    /// From the picture's middle to the symbol's, in pixels: to the right, and down.
    pub off_px: [i32; 2],
    /// Pixels between the quiet zone of one module and the picture's nearest edge; negative: cut off.
    pub room_px: i32,
    /// From module to module, in tenths of a pixel: the shorter of across and down.
    pub pitch_tenth_px: u32,
}

/// The modules the decoder sampled; `true` is dark.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Modules {
    /// Columns, finder and clock track included.
    pub columns: u16,
    /// Rows, finder and clock track included.
    pub rows: u16,
    /// Row by row, from top left in the symbol's own orientation.
    pub dark: Vec<bool>,
}

impl Modules {
    /// Takes these in place of its own, into the memory it has.
    pub fn take(&mut self, columns: u16, rows: u16, dark: &[bool]) {
        (self.columns, self.rows) = (columns, rows);
        self.dark.clear();
        self.dark.extend_from_slice(dark);
    }
}

/// The verdict on one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it came to.
    pub outcome: Outcome,
    /// What was read, if anything was.
    pub seen: Option<Seen>,
    /// The picture it stands on, if there was one.
    pub picture: Option<PictureOrigin>,
    /// Grades, where the reader gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grades: Option<Grades>,
    /// What weak print looks like. A pass is kept without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<Cause>,
    /// What the text beside the symbol looked like.
    #[serde(default, skip_serializing_if = "TextSeen::is_not_checked")]
    pub text: TextSeen,
}

impl Verdict {
    /// A verdict without any picture behind it (rejections by the station's own rules).
    pub fn without_picture(outcome: Outcome) -> Verdict {
        assert!(!outcome.is_pass(), "no verdict passes without a picture");
        Verdict {
            outcome,
            seen: None,
            picture: None,
            grades: None,
            looks_like: None,
            text: TextSeen::NotChecked,
        }
    }

    /// Grades that may accept or reject: those of a picture that lost nothing on its way.
    pub fn binding_grades(&self) -> Option<&Grades> {
        let lossy = self.picture.is_some_and(|picture| !picture.lossless);
        self.grades
            .as_ref()
            .filter(|grades| !grades.indicative && !lossy)
    }

    /// The weakest parameter of the binding grades, if it is below `least`. What nobody graded is not known to be good
    /// enough: it fails in the first parameter. Indicative grades neither accept nor reject.
    pub fn below(&self, least: Tenths) -> Option<Parameter> {
        if self.grades.is_none() {
            return Some(Parameter::Decode);
        }
        let grades = self.binding_grades()?;
        (grades.overall() < least).then(|| grades.weakest())
    }
}
