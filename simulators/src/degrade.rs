//! Degraded frames: one GS1 Data Matrix each, printed, worn, lit and photographed badly, with the
//! truth about it. PURE.
//!
//! A frame is composed as the world does it: a `content` becomes a symbol, the symbol
//! ink that the `print` damages, the ink part of a `label`, the label part of
//! a `scene`, and `optics` make a picture of it. [`Damage`] names every
//! amount; a [`Condition`] with a step 0–9 only fills it in. The same condition, step and seed give
//! the same bytes.

mod clutter;
mod condition;
mod content;
mod label;
mod lettering;
mod map;
mod optics;
mod print;
mod scene;
mod sheet;

pub use condition::{Condition, STEPS};
pub use content::Content;

use crate::{random::Random, symbol::Size};
use label::Label;

/// Drawn resolution of ink: pixels of a [`sheet::Sheet`] per module.
const FINE: usize = 16;

/// Streams of chance of one frame, so that turning one knob leaves the rest of the frame alone.
mod stream {
    pub const CONTENT: u64 = 1;
    pub const PRINT: u64 = 2;
    pub const LABEL: u64 = 3;
    pub const CAMERA: u64 = 4;
    pub const BACKGROUND: u64 = 5;
    pub const LIGHT: u64 = 6;
    pub const NOISE: u64 = 7;
}

/// Which symbol a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The smallest square from 22×22 that holds GTIN, serial number, expiry and lot.
    Square,
    /// One of the six rectangles, with as much content as it holds.
    Rectangle,
    /// The size with these rows and columns, with as much content as it holds.
    Sized {
        /// Modules down.
        rows: usize,
        /// Modules across.
        columns: usize,
    },
    /// No symbol: text, linear codes and other texture that is easily taken for one.
    Nothing,
}

/// Every amount of everything that can be wrong with a frame. Lengths are in modules, shares from 0
/// to 1, greys in levels of 256. The default is a sound print, a little off the optical axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Damage {
    /// The symbol.
    pub subject: Subject,
    /// Pixels across, 64 to 8192.
    pub width: usize,
    /// Pixels down, 64 to 8192.
    pub height: usize,
    /// Least and most pixels per module; the symbol's diagonal never takes more than 0.78 of the
    /// frame's height.
    pub px_per_module: (f64, f64),
    /// Light symbol on dark ground.
    pub inverted: bool,
    /// Symbol transposed, as seen from behind.
    pub mirrored: bool,
    /// Each corner is off by up to this share of the side, in x and in y: perspective.
    pub corner_shift: f64,
    /// Modules of the finder's L without ink, no two of them neighbours, the corners left whole.
    pub finder_modules: usize,
    /// Share of the L that is all but gone, in runs of 1–4 modules.
    pub finder_share: f64,
    /// A bar is wider by this in total; negative: narrower.
    pub gain_modules: f64,
    /// Lines without ink, 0.2–0.5 module wide, all along one axis.
    pub dead_lines: usize,
    /// Share of the symbol's area with spots: two thirds lack ink, one third has too much.
    pub voids_share: f64,
    /// Length of the smear.
    pub smear_modules: f64,
    /// The smear is wet ink dragged to one side; otherwise motion while printing.
    pub smear_drag: bool,
    /// Unsteady transport: line-by-line shifts and a ripple across them.
    pub jitter_modules: f64,
    /// One axis of the label is longer by this share; negative: shorter.
    pub stretch: f64,
    /// Print in the quiet zone up to this distance from the symbol, on 1–4 sides.
    pub quiet_modules: Option<f64>,
    /// Grey levels between label and ink.
    pub contrast: f64,
    /// Standard deviation of the Gaussian blur; never under 0.35 px.
    pub blur_modules: f64,
    /// Light lost from one side of the symbol to the other; also a highlight.
    pub light_share: f64,
    /// The light also has a shadow with an edge across the symbol.
    pub shadow: bool,
    /// Standard deviation of the noise in grey levels.
    pub noise: f64,
}

impl Default for Damage {
    fn default() -> Damage {
        Damage {
            subject: Subject::Square,
            width: 640,
            height: 480,
            px_per_module: (4.0, 8.0),
            inverted: false,
            mirrored: false,
            corner_shift: 0.012,
            finder_modules: 0,
            finder_share: 0.0,
            gain_modules: 0.0,
            dead_lines: 0,
            voids_share: 0.0,
            smear_modules: 0.0,
            smear_drag: false,
            jitter_modules: 0.0,
            stretch: 0.0,
            quiet_modules: None,
            contrast: 160.0,
            blur_modules: 0.10,
            light_share: 0.0,
            shadow: false,
            noise: 2.0,
        }
    }
}

impl Damage {
    /// The same within what can be drawn: amounts that are no numbers count as their default, too
    /// large ones as the largest.
    fn bounded(&self) -> Damage {
        let sound = Damage::default();
        let within = |amount: f64, default: f64, low: f64, high: f64| {
            let amount = if amount.is_nan() { default } else { amount };
            amount.clamp(low, high)
        };
        let share = |amount| within(amount, 0.0, 0.0, 1.0);
        let px = |px, default| within(px, default, 0.5, 400.0);
        Damage {
            subject: self.subject,
            width: self.width.clamp(64, 8192),
            height: self.height.clamp(64, 8192),
            px_per_module: (px(self.px_per_module.0, 4.0), px(self.px_per_module.1, 8.0)),
            inverted: self.inverted,
            mirrored: self.mirrored,
            corner_shift: within(self.corner_shift, sound.corner_shift, 0.0, 0.5),
            finder_modules: self.finder_modules,
            finder_share: share(self.finder_share),
            gain_modules: within(self.gain_modules, 0.0, -2.0, 2.0),
            dead_lines: self.dead_lines.min(1000),
            voids_share: share(self.voids_share).min(0.9),
            smear_modules: within(self.smear_modules, 0.0, 0.0, 20.0),
            smear_drag: self.smear_drag,
            jitter_modules: within(self.jitter_modules, 0.0, 0.0, 20.0),
            stretch: within(self.stretch, 0.0, -0.5, 1.0),
            quiet_modules: self.quiet_modules.map(|at| within(at, 2.0, 0.0, 3.5)),
            contrast: within(self.contrast, sound.contrast, 0.0, 235.0),
            blur_modules: within(self.blur_modules, sound.blur_modules, 0.0, 10.0),
            light_share: share(self.light_share),
            shadow: self.shadow,
            noise: within(self.noise, sound.noise, 0.0, 255.0),
        }
    }
}

/// What is really in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The symbol's outer corners in pixel-edge coordinates (the first pixel's centre is at 0.5),
    /// in the symbol's own orientation: top left, top right, bottom right, bottom left, the finder's
    /// corner last. Stretch is in them; jitter is not: they are where they would be without it.
    pub corners: [(f64, f64); 4],
    /// Modules down, in the symbol's own orientation.
    pub rows: usize,
    /// Modules across, in the symbol's own orientation.
    pub columns: usize,
    /// Mean length of a module's sides in the frame.
    pub px_per_module: f64,
    /// The GS1 element string as a scanner gives it: separators 0x1D, nothing for the leading FNC1.
    pub content: Vec<u8>,
    /// The symbology identifier: `]d2`.
    pub symbology: &'static str,
    /// Light on dark.
    pub inverted: bool,
    /// Transposed.
    pub mirrored: bool,
}

/// A picture and the truth about it.
#[derive(Debug, Clone, PartialEq)]
pub struct DegradedFrame {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Grey levels row by row, `width × height`.
    pub luma: Vec<u8>,
    /// `None`: there is no symbol.
    pub truth: Option<Truth>,
}

/// The frame of a condition at a step (0–9; larger ones count as 9) and a seed.
#[must_use]
pub fn frame(condition: Condition, step: u8, seed: u64) -> DegradedFrame {
    let own_seed = Random::stream(seed, condition.stream(step)).bits();
    compose(&condition.damage(step, seed), own_seed)
}

/// The frame that suffers this damage; all that [`Damage`] leaves open comes from the seed.
///
/// # Panics
/// When a [`Subject::Sized`] asks for a size that ECC 200 does not have or that is not drawn here.
#[must_use]
pub fn compose(damage: &Damage, seed: u64) -> DegradedFrame {
    let chance = |stream| Random::stream(seed, stream);
    let damage = damage.bounded();
    let printed = content::printed(damage.subject, &mut chance(stream::CONTENT));
    let printed = printed.map(|(content, size, matrix)| {
        let ink = print::damaged(&matrix, &damage, &mut chance(stream::PRINT));
        (content, size, ink)
    });
    let view = printed.as_ref().map(|(content, size, ink)| {
        let label = Label::around(ink, content, &mut chance(stream::LABEL));
        let view = scene::View::of(ink, &damage, &mut chance(stream::CAMERA));
        (label, view, truth(content, size, &view, &damage))
    });
    let shown = view.as_ref().map(|(label, view, _)| (label, view));
    let mut canvas = scene::canvas(shown, &damage, &mut chance(stream::BACKGROUND));
    let truth = view.as_ref().map(|(_, _, truth)| truth.clone());
    let px_per_module = truth.as_ref().map_or(6.0, |truth| truth.px_per_module);
    let lit = optics::Lit::of(truth.as_ref(), &damage, &mut chance(stream::LIGHT));
    canvas = optics::defocused(canvas, damage.blur_modules * px_per_module);
    lit.shine(&mut canvas);
    let luma = optics::exposed(&canvas, damage.noise, &mut chance(stream::NOISE));
    DegradedFrame {
        width: damage.width,
        height: damage.height,
        luma,
        truth,
    }
}

fn truth(content: &Content, size: &Size, view: &scene::View, damage: &Damage) -> Truth {
    let mut corners = view.corners;
    if damage.mirrored {
        corners.swap(1, 3);
    }
    Truth {
        corners,
        rows: size.rows,
        columns: size.columns,
        px_per_module: view.px_per_module,
        content: content.element_string(),
        symbology: "]d2",
        inverted: damage.inverted,
        mirrored: damage.mirrored,
    }
}

#[cfg(test)]
mod test;
