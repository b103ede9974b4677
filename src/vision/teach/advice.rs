//! What to improve about a camera's set-up: the measured value, the wanted one, and what to do. PURE.
//!
//! Where a limit comes from stands beside it. Reflectance of paper is taken for 85 % where a formula needs one.

use super::super::text::HEIGHT_MIN_PX;
use super::{Lesson, REACH, REACH_MIN_PX, SIDES};
use std::fmt;

/// Module pitch that is wanted, in pixels. Measured over all readers: from 4 pixels on, size costs no reads, below it
/// the best of them lose a fifth; and the aperture of 80 % of a module then covers eight pixels.
pub const PITCH_WANTED_PX: f32 = 4.0;
/// Pitch above which pixels cost time and tell nothing new: our reader halves such pictures before it looks.
pub const PITCH_LARGE_PX: f32 = 18.0;
/// Blur that is wanted at most, as standard deviation in modules: with 0.2 a single light module among dark ones still
/// has a modulation of 0.62 under the aperture, with 0.25 only 0.48, which is a grade less (A from 0.50).
pub const BLUR_MOST: f32 = 0.2;
/// Fall-off of the light that is wanted at most. Grade A needs a modulation of 0.5 everywhere: with ink at a tenth of
/// paper, `2 (1 − f − 0.55) ∕ 0.9 ≥ 0.5` leaves f ≤ 0.22 for the light alone; half of that leaves the rest for print
/// and blur.
pub const FALLOFF_MOST: f32 = 0.12;
/// Share of clipped pixels on paper that is wanted at most: clipped greys say nothing of contrast or light.
pub const CLIPPED_MOST: f32 = 0.02;
/// Grey of paper that is wanted at least: half of the sensor's range.
pub const PAPER_LEAST: f32 = 128.0;
/// Contrast as a share of paper's grey that is wanted at least: grade B in symbol contrast (55 %) on paper of 85 %.
pub const CONTRAST_LEAST: f32 = 0.65;
/// Noise that is wanted at most, as a share of the contrast: under an aperture of eight pixels three standard
/// deviations then cost a tenth of modulation.
pub const NOISE_MOST: f32 = 0.05;
/// Difference of opposite sides that is wanted at most: across the symbol scale changes as much as axial
/// non-uniformity may for grade A.
pub const KEYSTONE_MOST: f32 = 0.06;
/// Difference of the two pitches that is wanted at most: axial non-uniformity of grade A (ISO/IEC 15415:2011).
pub const STRETCH_MOST: f32 = 0.06;
/// Departure from the right angle that is wanted at most, in degrees: at the far corner of a symbol of 26 modules it
/// moves modules by one and a half.
pub const SKEW_MOST_DEG: f32 = 3.0;
/// Height of a text's cell in pixels that is wanted: below, good lines begin to be refused
/// ([`HEIGHT_MIN_PX`]).
pub const TEXT_WANTED_PX: f32 = 13.0;
/// Height of capitals and digits in a cell of height 1: ascent and descent of the font belong to the cell (DejaVu Sans
/// Mono: 0.729 of 1.164).
pub const CAPITALS_SHARE: f32 = 0.63;

/// What advice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Too few pixels a module.
    PitchSmall,
    /// More pixels a module than help.
    PitchLarge,
    /// Blur of lens or motion.
    Blur,
    /// Clipped greys.
    OverExposed,
    /// Little of the range used.
    UnderExposed,
    /// Light from one side, or a shadow.
    UnevenLight,
    /// Little difference between ink and paper.
    Contrast,
    /// The sensor's noise.
    Noise,
    /// The camera does not look along the surface's normal.
    Tilt,
    /// Modules are longer one way than the other.
    Stretch,
    /// The symbol lies near the picture's edge.
    Edge,
    /// Text too small to tell its characters apart.
    TextSmall,
    /// A coding that loses detail.
    Lossy,
}

impl About {
    /// Machine name.
    pub fn name(self) -> &'static str {
        match self {
            About::PitchSmall => "pitch_small",
            About::PitchLarge => "pitch_large",
            About::Blur => "blur",
            About::OverExposed => "over_exposed",
            About::UnderExposed => "under_exposed",
            About::UnevenLight => "uneven_light",
            About::Contrast => "contrast",
            About::Noise => "noise",
            About::Tilt => "tilt",
            About::Stretch => "stretch",
            About::Edge => "edge",
            About::TextSmall => "text_small",
            About::Lossy => "lossy",
        }
    }
}

/// One thing to improve.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// What it is about.
    pub about: About,
    /// What was measured, in the unit that the text says; 0 where there is nothing to measure.
    pub measured: f32,
    /// What is wanted, in the same unit.
    pub wanted: f32,
    /// A sentence with both, and what to do.
    pub text: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn advice(about: About, (measured, wanted): (f32, f32), text: String) -> Option<Advice> {
    Some(Advice {
        about,
        measured,
        wanted,
        text,
    })
}

impl Lesson {
    /// What should be improved, the weightiest first; nothing where nothing is worth a change.
    pub fn advice(&self) -> Vec<Advice> {
        [
            self.edge(),
            self.pitch(),
            self.blurred(),
            self.exposure(),
            self.uneven_light(),
            self.contrast(),
            self.tilt(),
            self.stretch(),
            self.noise(),
            self.text_small(),
            self.lossy(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn edge(&self) -> Option<Advice> {
        let side = self.pitch_px[0].max(self.pitch_px[1])
            * self.grid.size.rows.max(self.grid.size.columns) as f32;
        let wanted = (REACH * side).max(REACH_MIN_PX);
        let (at, room) = self
            .room_px
            .iter()
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(b.1))?;
        let at = SIDES[at];
        if *room >= wanted {
            return None;
        }
        let what = match *room < 0.0 {
            true => format!("The symbol's quiet zone is cut off at the {at} edge of the picture"),
            false => format!("The symbol lies {room:.0} px from the {at} edge of the picture"),
        };
        let text = format!(
            "{what}; packs shift on the belt, so {wanted:.0} px or more are wanted: move the camera or its trigger \
             so that the symbol lies nearer the middle, or widen the view."
        );
        advice(About::Edge, (*room, wanted), text)
    }

    fn pitch(&self) -> Option<Advice> {
        let least = self.pitch_least();
        if least < PITCH_WANTED_PX {
            let text = format!(
                "Modules are {least:.1} px wide; {PITCH_WANTED_PX} or more are wanted: bring the camera nearer, or use \
                 a longer lens or a finer sensor."
            );
            return advice(About::PitchSmall, (least, PITCH_WANTED_PX), text);
        }
        if least <= PITCH_LARGE_PX {
            return None;
        }
        let text = format!(
            "Modules are {least:.0} px wide; more than {PITCH_LARGE_PX} tell nothing new and cost time: a smaller \
             picture or a wider view does as well."
        );
        advice(About::PitchLarge, (least, PITCH_LARGE_PX), text)
    }

    fn blurred(&self) -> Option<Advice> {
        let (blur, px) = self.blur()?;
        if blur <= BLUR_MOST {
            return None;
        }
        let text = format!(
            "Edges are blurred by {blur:.2} module ({px:.1} px); {BLUR_MOST} or less is wanted: focus the lens, and \
             shorten the exposure if the belt moves."
        );
        advice(About::Blur, (blur, BLUR_MOST), text)
    }

    fn exposure(&self) -> Option<Advice> {
        let clipped = self.light.clipped;
        if clipped > CLIPPED_MOST {
            let text = format!(
                "{:.0} % of the light modules are clipped at full grey; {:.0} % or less is wanted: shorten the \
                 exposure, lower the gain, or turn the light so that it does not mirror.",
                100.0 * clipped,
                100.0 * CLIPPED_MOST
            );
            return advice(About::OverExposed, (clipped, CLIPPED_MOST), text);
        }
        let paper = self.light.brightest();
        if paper >= PAPER_LEAST {
            return None;
        }
        let text = format!(
            "Paper has a grey of {paper:.0} of 255; {PAPER_LEAST} or more are wanted: give more light, open the lens, \
             or expose longer if the belt allows."
        );
        advice(About::UnderExposed, (paper, PAPER_LEAST), text)
    }

    fn uneven_light(&self) -> Option<Advice> {
        let falloff = self.light.falloff;
        if falloff <= FALLOFF_MOST {
            return None;
        }
        let text = format!(
            "Light on the symbol falls off by {:.0} % towards the {}; {:.0} % or less is wanted: light from both \
             sides, move the light farther away, or keep shadows off.",
            100.0 * falloff,
            towards(self.light.falloff_deg),
            100.0 * FALLOFF_MOST
        );
        advice(About::UnevenLight, (falloff, FALLOFF_MOST), text)
    }

    fn contrast(&self) -> Option<Advice> {
        let share = self.light.contrast() / self.light.brightest().max(1.0);
        if share >= CONTRAST_LEAST {
            return None;
        }
        let text = format!(
            "Ink and paper differ by {:.0} % of paper's grey; {:.0} % or more are wanted: keep stray light and gloss \
             off, lower the camera's black level, or print darker.",
            100.0 * share,
            100.0 * CONTRAST_LEAST
        );
        advice(About::Contrast, (share, CONTRAST_LEAST), text)
    }

    fn tilt(&self) -> Option<Advice> {
        let [across, down] = self.view.keystone;
        let keystone = across.max(down);
        if keystone > KEYSTONE_MOST {
            let text = format!(
                "Opposite sides of the symbol differ by {:.0} % in length; {:.0} % or less is wanted: turn the camera \
                 until it looks straight at the surface.",
                100.0 * keystone,
                100.0 * KEYSTONE_MOST
            );
            return advice(About::Tilt, (keystone, KEYSTONE_MOST), text);
        }
        let skew = self.view.skew_deg;
        if skew <= SKEW_MOST_DEG {
            return None;
        }
        let text = format!(
            "The symbol's corner is {skew:.1}° off a right angle; {SKEW_MOST_DEG}° or less is wanted: turn the camera \
             until it looks straight at the surface."
        );
        advice(About::Tilt, (skew, SKEW_MOST_DEG), text)
    }

    fn stretch(&self) -> Option<Advice> {
        let stretch = self.view.stretch;
        if stretch.abs() <= STRETCH_MOST {
            return None;
        }
        let than = if stretch > 0.0 {
            "wider than high"
        } else {
            "narrower than high"
        };
        let text = format!(
            "Modules are {:.0} % {than}; {:.0} % or less is wanted: look straight at the surface, and match the \
             printer's speed to the belt's.",
            100.0 * stretch.abs(),
            100.0 * STRETCH_MOST
        );
        advice(About::Stretch, (stretch.abs(), STRETCH_MOST), text)
    }

    fn noise(&self) -> Option<Advice> {
        let share = self.light.noise? / self.light.contrast().max(1.0);
        if share <= NOISE_MOST {
            return None;
        }
        let text = format!(
            "Noise is {:.0} % of the contrast; {:.0} % or less is wanted: give more light and lower the camera's gain.",
            100.0 * share,
            100.0 * NOISE_MOST
        );
        advice(About::Noise, (share, NOISE_MOST), text)
    }

    fn text_small(&self) -> Option<Advice> {
        let lines = self.text.iter();
        let line = lines.min_by(|a, b| a.capitals_px.total_cmp(&b.capitals_px))?;
        let capitals = line.capitals_px;
        let wanted = TEXT_WANTED_PX * CAPITALS_SHARE;
        if capitals >= wanted {
            return None;
        }
        let text = format!(
            "The smallest line of text (at {:.1}, {:.1} modules) is {capitals:.1} px high; below {:.1} px characters \
             are not told apart, and {wanted:.1} or more are wanted: bring the camera nearer, or print larger text.",
            line.x,
            line.y,
            HEIGHT_MIN_PX * CAPITALS_SHARE
        );
        advice(About::TextSmall, (capitals, wanted), text)
    }

    fn lossy(&self) -> Option<Advice> {
        if self.lossless {
            return None;
        }
        let text = "The picture came as JPEG, which loses detail: its grades can neither accept nor reject, and \
                    reflectance cannot be calibrated. Let the camera send PNG or PGM."
            .to_owned();
        advice(About::Lossy, (0.0, 0.0), text)
    }
}

/// A direction in the picture in words; degrees clockwise from the right.
fn towards(degrees: f32) -> &'static str {
    const WORDS: [&str; 8] = [
        "right",
        "lower right",
        "lower edge",
        "lower left",
        "left",
        "upper left",
        "upper edge",
        "upper right",
    ];
    let eighth = (degrees / 45.0).round().rem_euclid(8.0);
    WORDS[eighth as usize % WORDS.len()]
}
