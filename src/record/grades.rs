//! In-line print-quality grades of one picture, by the method of ISO/IEC 15415 for Data Matrix. PURE.
//!
//! They are in-line grades: one picture, the line's own light. They are never a certified verification.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A grade in tenths: 0 (F) to 40 (A).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tenths(pub u8);

impl Tenths {
    /// The best grade, 4.0.
    pub const BEST: Tenths = Tenths(40);

    /// The letter: A from 3.5, B from 2.5, C from 1.5, D from 0.5, else F (ISO/IEC 15416, table of overall grades).
    pub fn letter(self) -> char {
        match self.0 {
            35.. => 'A',
            25.. => 'B',
            15.. => 'C',
            5.. => 'D',
            _ => 'F',
        }
    }

    /// The number, 0.0–4.0.
    pub fn number(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// A graded parameter of ISO/IEC 15415.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// The reference decode works.
    Decode,
    /// Symbol contrast (SC).
    SymbolContrast,
    /// Modulation (MOD).
    Modulation,
    /// Reflectance margin (RM).
    ReflectanceMargin,
    /// Axial non-uniformity (ANU).
    AxialNonuniformity,
    /// Grid non-uniformity (GNU).
    GridNonuniformity,
    /// Unused error correction (UEC).
    UnusedErrorCorrection,
    /// Fixed pattern damage (FPD).
    FixedPatternDamage,
}

impl Parameter {
    /// Every parameter, in the order of the standard.
    pub const ALL: [Parameter; 8] = [
        Parameter::Decode,
        Parameter::SymbolContrast,
        Parameter::Modulation,
        Parameter::ReflectanceMargin,
        Parameter::AxialNonuniformity,
        Parameter::GridNonuniformity,
        Parameter::UnusedErrorCorrection,
        Parameter::FixedPatternDamage,
    ];

    /// Machine name, e.g. `symbol_contrast`.
    pub fn name(self) -> &'static str {
        match self {
            Parameter::Decode => "decode",
            Parameter::SymbolContrast => "symbol_contrast",
            Parameter::Modulation => "modulation",
            Parameter::ReflectanceMargin => "reflectance_margin",
            Parameter::AxialNonuniformity => "axial_nonuniformity",
            Parameter::GridNonuniformity => "grid_nonuniformity",
            Parameter::UnusedErrorCorrection => "unused_error_correction",
            Parameter::FixedPatternDamage => "fixed_pattern_damage",
        }
    }

    /// The usual abbreviation in small letters, e.g. `sc`: the key in `vidimus verify --json`.
    pub fn short(self) -> &'static str {
        match self {
            Parameter::Decode => "decode",
            Parameter::SymbolContrast => "sc",
            Parameter::Modulation => "mod",
            Parameter::ReflectanceMargin => "rm",
            Parameter::AxialNonuniformity => "anu",
            Parameter::GridNonuniformity => "gnu",
            Parameter::UnusedErrorCorrection => "uec",
            Parameter::FixedPatternDamage => "fpd",
        }
    }
}

/// The grades of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grades {
    /// One grade a parameter, in the order of [`Parameter::ALL`].
    pub by_parameter: [Tenths; 8],
    /// Nothing may be accepted or rejected by them: the picture's coding loses detail (JPEG).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indicative: bool,
    /// Print growth across columns and along rows in hundredths of a module: gain is positive. Not graded.
    pub growth_percent: [i8; 2],
}

impl Grades {
    /// The grade of one parameter.
    pub fn of(&self, parameter: Parameter) -> Tenths {
        self.by_parameter[parameter as usize]
    }

    /// The overall grade: the lowest of all parameters.
    pub fn overall(&self) -> Tenths {
        self.of(self.weakest())
    }

    /// The parameter with the lowest grade, the first of several.
    pub fn weakest(&self) -> Parameter {
        let lowest = Parameter::ALL.into_iter().min_by_key(|one| self.of(*one));
        lowest.expect("there are parameters")
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_lowest_parameter_is_the_grade() {
        let mut by_parameter = [Tenths::BEST; 8];
        by_parameter[Parameter::Modulation as usize] = Tenths(20);
        by_parameter[Parameter::UnusedErrorCorrection as usize] = Tenths(30);
        let grades = Grades {
            by_parameter,
            indicative: false,
            growth_percent: [0, 0],
        };
        assert_eq!(grades.weakest(), Parameter::Modulation);
        assert_eq!(grades.overall().to_string(), "2.0");
        assert_eq!(grades.overall().letter(), 'C');
        assert!(
            Parameter::ALL
                .iter()
                .enumerate()
                .all(|(at, one)| *one as usize == at)
        );
    }
}
