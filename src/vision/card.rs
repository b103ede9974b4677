//! Grey and reflectance: a camera calibrated by a picture of a conformance test card. PURE.
//!
//! A calibrated conformance card carries a Data Matrix symbol and the reflectance of its darkest and lightest parts,
//! as a laboratory measured them. [`calibrate`] measures the same two under the grader's own aperture and lays a
//! straight line through both. A symbol graded with that line has the reflectance that the card says; exposure, lens
//! and light must stay as they were.
//!
//! A camera that bends its greys (gamma correction) has no such line. Two points cannot show the bend itself, but they
//! show the black level that it fakes: a card whose line meets 0 % far from grey 0 is refused.

use super::grade::{Reflectance, Report};
use super::teach::{Lesson, Light};
use std::fmt;

/// Grey of the card's light parts that is wanted: from here, and up to there.
pub const LIGHT_GREY: (f32, f32) = (100.0, 245.0);
/// Grey levels between the card's dark and light parts that are wanted at least.
pub const GREYS_LEAST: f32 = 80.0;
/// Share of clipped pixels on the card's light or dark modules that is accepted.
pub const CLIPPED_MOST: f32 = 0.005;
/// Fall-off of the light over the card's symbol that is accepted: the line holds at one light only.
pub const FALLOFF_MOST: f32 = 0.08;
/// Grey at 0 % that is accepted: what sensors add by themselves, and a little stray light.
pub const BLACK_GREY: (f32, f32) = (-12.0, 36.0);
/// Reflectance in percent between the card's dark and light parts at least: cards have 80 and more.
pub const PERCENT_LEAST: f64 = 40.0;

/// Reflectance of a card's lightest and darkest parts as printed on it, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Card {
    /// Rmax.
    pub light_percent: f64,
    /// Rmin.
    pub dark_percent: f64,
}

/// Two greys and their reflectance: what the station file holds of a calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Points {
    /// Grey of the card's darkest part.
    pub dark_grey: f64,
    /// Its reflectance in percent.
    pub dark_percent: f64,
    /// Grey of the card's lightest part.
    pub bright_grey: f64,
    /// Its reflectance in percent.
    pub bright_percent: f64,
}

impl Points {
    /// The straight line through both; `None` where they leave none that rises, or too short a one.
    pub fn reflectance(&self) -> Option<Reflectance> {
        let (greys, percent) = (
            self.bright_grey - self.dark_grey,
            self.bright_percent - self.dark_percent,
        );
        // Written so that what is not a number is refused.
        if !(greys >= f64::from(GREYS_LEAST) && percent >= PERCENT_LEAST) {
            return None;
        }
        let black = self.dark_grey - self.dark_percent * greys / percent;
        Some(Reflectance::Calibrated {
            black_grey: black as f32,
            white_grey: self.bright_grey as f32,
            white_percent: self.bright_percent as f32,
        })
    }
}

/// Why a picture does not calibrate a camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CardError {
    /// The card's own values make no sense, in percent: light, dark.
    Values(f64, f64),
    /// The picture came in a coding that loses detail.
    Lossy,
    /// The quiet zone is not wholly in the picture.
    CutOff,
    /// Light parts are clipped or nearly so: their grey.
    Saturated(f32),
    /// Light parts are too dark: their grey.
    Dark(f32),
    /// Dark parts are clipped at 0.
    Black,
    /// Too few greys between dark and light.
    Contrast(f32),
    /// Light falls off over the card: by this share.
    Uneven(f32),
    /// The line meets 0 % at this grey.
    Bent(f32),
    /// The card's symbol is not sound: its grade without contrast.
    NotSound,
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CardError::Values(light, dark) => write!(
                f,
                "The card cannot have a reflectance of {light} % in its light and {dark} % in its dark parts: give the \
                 values printed on it in percent (Rmax up to 100, Rmin from 0, {PERCENT_LEAST} or more between them)."
            ),
            CardError::Lossy => f.write_str(
                "The picture came as JPEG, whose greys are not the sensor's: let the camera send PNG or PGM.",
            ),
            CardError::CutOff => f.write_str(
                "The symbol's quiet zone is not wholly in the picture: move the card into the middle.",
            ),
            CardError::Saturated(grey) => write!(
                f,
                "The card's light parts are clipped or nearly so (grey {grey:.0}, {:.0} at most): shorten the exposure \
                 or dim the light, then photograph it again.",
                LIGHT_GREY.1
            ),
            CardError::Dark(grey) => write!(
                f,
                "The card's light parts have a grey of {grey:.0}, {:.0} at least are wanted: expose longer or give \
                 more light, then photograph it again.",
                LIGHT_GREY.0
            ),
            CardError::Black => f.write_str(
                "The card's dark parts are clipped at grey 0: raise the camera's black level, then photograph it \
                 again.",
            ),
            CardError::Contrast(greys) => write!(
                f,
                "Dark and light parts of the card differ by {greys:.0} grey levels, {GREYS_LEAST:.0} at least are \
                 wanted: keep stray light off, focus, and expose longer."
            ),
            CardError::Uneven(share) => write!(
                f,
                "Light on the card falls off by {:.0} %, {:.0} % at most is accepted: light it evenly first (`vidimus \
                 verify --teach` says from where).",
                100.0 * share,
                100.0 * FALLOFF_MOST
            ),
            CardError::Bent(grey) => write!(
                f,
                "By these two values no reflectance at all would have grey {grey:.0}, {:.0} to {:.0} is accepted: \
                 switch off gamma correction, contrast enhancement and automatic gain in the camera, keep stray light \
                 off, and check the card's values.",
                BLACK_GREY.0,
                BLACK_GREY.1
            ),
            CardError::NotSound => f.write_str(
                "The symbol on the card does not grade as a card's symbol does: clean the card, lay it flat, focus, \
                 and look straight at it.",
            ),
        }
    }
}

impl std::error::Error for CardError {}

impl Card {
    /// The card's values, checked.
    ///
    /// # Errors
    /// Values that no card has.
    pub fn new(light_percent: f64, dark_percent: f64) -> Result<Card, CardError> {
        let sound = light_percent <= 100.0
            && dark_percent >= 0.0
            && light_percent - dark_percent >= PERCENT_LEAST;
        match sound {
            true => Ok(Card {
                light_percent,
                dark_percent,
            }),
            // What is not a number comes here too.
            false => Err(CardError::Values(light_percent, dark_percent)),
        }
    }
}

/// Two greys of a picture of the card and their reflectance. `report` and `lesson` are of the symbol on the card.
///
/// # Errors
/// Why the picture does not calibrate the camera.
pub fn calibrate(card: Card, report: &Report, lesson: &Lesson) -> Result<Points, CardError> {
    if !lesson.lossless {
        return Err(CardError::Lossy);
    }
    if !report.quiet_zone_seen {
        return Err(CardError::CutOff);
    }
    let [dark, bright] = report.grey;
    let Light {
        clipped,
        black,
        falloff,
        ..
    } = lesson.light;
    if clipped > CLIPPED_MOST || bright > LIGHT_GREY.1 {
        return Err(CardError::Saturated(bright));
    }
    if bright < LIGHT_GREY.0 {
        return Err(CardError::Dark(bright));
    }
    if black > CLIPPED_MOST {
        return Err(CardError::Black);
    }
    if bright - dark < GREYS_LEAST {
        return Err(CardError::Contrast(bright - dark));
    }
    if falloff > FALLOFF_MOST {
        return Err(CardError::Uneven(falloff));
    }
    if !is_sound(report) {
        return Err(CardError::NotSound);
    }
    let points = Points {
        dark_grey: tenth(dark),
        dark_percent: card.dark_percent,
        bright_grey: tenth(bright),
        bright_percent: card.light_percent,
    };
    match points.reflectance() {
        Some(Reflectance::Calibrated { black_grey, .. })
            if (BLACK_GREY.0..=BLACK_GREY.1).contains(&black_grey) =>
        {
            Ok(points)
        }
        Some(Reflectance::Calibrated { black_grey, .. }) => Err(CardError::Bent(black_grey)),
        _ => Err(CardError::Contrast(bright - dark)),
    }
}

fn tenth(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

/// Modules that a void or dirt spoils would give their grey to the extremes.
fn is_sound(report: &Report) -> bool {
    use crate::record::Parameter;
    Parameter::ALL
        .into_iter()
        .filter(|one| *one != Parameter::SymbolContrast)
        .all(|one| report.of(one).number() >= 3.0)
}
