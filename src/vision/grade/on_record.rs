//! What a weak print suffers from, as it goes on record. PURE.

use super::diagnosis::{Cause, Diagnosis, Place};
use super::spacing::Axis;
use crate::record;

impl Diagnosis {
    /// The same as the record knows it.
    pub fn on_record(&self) -> record::Cause {
        match self.cause {
            Cause::Blur => record::Cause::Blur,
            Cause::MotionBlur => record::Cause::MotionBlur,
            Cause::Smear => record::Cause::Smear,
            Cause::LowDarkness => record::Cause::LowContrast,
            Cause::LowLight => record::Cause::LowLight,
            Cause::DeadElement => self.dead_element(),
            Cause::RibbonWrinkle => record::Cause::RibbonWrinkle,
            Cause::Voids => record::Cause::Voids,
            Cause::Specks => record::Cause::Specks,
            Cause::Gain => record::Cause::PrintGain,
            Cause::Loss => record::Cause::PrintLoss,
            Cause::UnevenLight => record::Cause::UnevenLight,
            Cause::UnevenPrint => record::Cause::UnevenPrint,
            Cause::Stretch | Cause::UnevenSpacing | Cause::Tilt => record::Cause::Distortion,
            Cause::QuietZone => record::Cause::QuietZone,
        }
    }

    fn dead_element(&self) -> record::Cause {
        let (axis, modules, mm) = match self.place {
            Some(Place::Line { axis, modules, mm }) => (axis, modules, mm),
            // A line without a place is missing print all the same.
            _ => return record::Cause::Voids,
        };
        record::Cause::DeadElement {
            line: match axis {
                Axis::Across => record::ModuleLine::Column,
                Axis::Down => record::ModuleLine::Row,
            },
            number: modules.max(0.0) as u16 + 1,
            tenth_mm: mm.map(|mm| (mm * 10.0).round().max(0.0) as u16),
        }
    }
}
