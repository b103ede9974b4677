//! In-line grades by the method of ISO/IEC 15415:2011 for Data Matrix. PURE.
//!
//! [`Grader::grade`] takes a frame, where the symbol lies in it and what its modules truly are, and gives a [`Report`]:
//! a grade for every parameter, the values behind them, and extras that help a technician. The formulas are those of
//! the 2011 edition as published by third parties, cited where they stand; what those leave open is said there too.
//!
//! It is an in-line grade: one picture, the line's own light and lens. Without a calibration card the reflectance is an
//! estimate ([`Report::calibrated`]), and a picture from a lossy source can neither accept nor reject
//! ([`Grades::indicative`](crate::record::Grades)). It is never a certified verification.
//!
//! Deviations from a verifier, all on the strict side unless said:
//! - Extremes of reflectance are taken under the aperture at module centres (quiet zone included), not at every pixel.
//! - A quiet module that lies outside the frame counts as damaged: [`Report::quiet_zone_seen`] says that it was so.
//! - Light modules on a dark ground are graded the same way with the colours exchanged.

mod aperture;
mod cause;
mod diagnosis;
mod fixed;
mod on_record;
mod overlay;
mod scale;
mod spacing;
mod streak;

#[cfg(test)]
mod test;

pub use diagnosis::{Cause, Diagnosis, Place, Side};
pub use fixed::FixedPattern;
pub use overlay::{Overlay, Unused};
pub use scale::Score;
pub use spacing::Axis;

use super::frame::Frame;
use super::geometry::Point;
use super::grid::Grid;
use crate::record::{Grades, Parameter, Tenths};
use aperture::Aperture;
use fixed::Levels;
use spacing::{Lines, Seen, Spacing, spacing};

/// Diameter of the synthetic aperture as a share of the module. The application standard fixes it; 80 % is the usual.
const APERTURE_SHARE: f32 = 0.8;
/// From this shift of a module's centre on, in modules, the symbol is sampled again where its modules really lie.
const SHIFT_SAMPLED_AGAIN: f32 = 0.05;
/// From this shift on the edges are measured again too: an edge is looked for within half a module only.
const SHIFT_MEASURED_AGAIN: f32 = 0.25;
/// How often at most.
const ROUNDS_MAX: usize = 3;
/// Least difference of grey that counts as a contrast at all.
const CONTRAST_LEAST: f32 = 1.0;

/// In `Truth::codeword_of`: a module that belongs to no codeword.
pub const NO_CODEWORD: u16 = u16::MAX;

/// What the symbol's modules are and how the decoder came to know. Modules go row by row from the top left, rows ×
/// columns of them, finder and clock track included; true is dark in the symbol's own sense (printed), also where the
/// symbol is inverted.
#[derive(Debug, Clone, Copy)]
pub struct Truth<'a> {
    /// The true modules, after error correction.
    pub modules: &'a [bool],
    /// The modules as they were sampled.
    pub seen: &'a [bool],
    /// The codeword each module belongs to, [`NO_CODEWORD`] for the fixed pattern and unused corner modules.
    pub codeword_of: &'a [u16],
    /// The Reed–Solomon block of each codeword.
    pub block_of: &'a [u8],
    /// What was corrected in each block.
    pub blocks: &'a [Corrected],
    /// The symbol was decoded. If not, `modules` is the best guess, and decode, unused error correction and reflectance
    /// margin grade 0.
    pub decoded: bool,
}

/// What the decoder corrected in one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Corrected {
    /// t: wrong codewords found.
    pub errors: u16,
    /// e: codewords the decoder was told to distrust.
    pub erasures: u16,
}

/// How grey becomes reflectance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Reflectance {
    /// Not calibrated: grey 0 is taken for 0 % and grey 255 for 100 %. Contrast is then as much the exposure's as the
    /// print's.
    #[default]
    Estimated,
    /// From a picture of a conformance calibration card.
    Calibrated {
        /// Grey at no reflectance.
        black_grey: f32,
        /// Grey of the card's white.
        white_grey: f32,
        /// Reflectance of the card's white in percent.
        white_percent: f32,
    },
}

impl Reflectance {
    /// Percent for one step of grey; 0 when the calibration makes no sense, so that nothing passes by it.
    fn percent_per_grey(self) -> f32 {
        match self {
            Reflectance::Estimated => 100.0 / 255.0,
            Reflectance::Calibrated {
                black_grey,
                white_grey,
                white_percent,
            } => {
                let slope = white_percent / (white_grey - black_grey);
                if slope.is_finite() && slope > 0.0 {
                    slope
                } else {
                    0.0
                }
            }
        }
    }

    /// Reflectance of a grey in percent.
    pub fn percent(self, grey: f32) -> f32 {
        let black = match self {
            Reflectance::Estimated => 0.0,
            Reflectance::Calibrated { black_grey, .. } => black_grey,
        };
        (grey - black) * self.percent_per_grey()
    }
}

/// The edition of ISO/IEC 15415 that a grade follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// ISO/IEC 15415:2011, whole grades.
    #[default]
    Iso2011,
}

impl Edition {
    /// What a report prints: a method, never a certificate.
    pub fn text(self) -> &'static str {
        match self {
            Edition::Iso2011 => "graded in line by the method of ISO/IEC 15415:2011",
        }
    }
}

/// What the station knows about its camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Context {
    /// Pixels per millimetre on the pack, if known.
    pub px_per_mm: Option<f32>,
    /// How grey becomes reflectance.
    pub reflectance: Reflectance,
    /// The picture comes to us as the sensor gave it.
    pub lossless: bool,
    /// The edition to follow.
    pub edition: Edition,
}

impl Default for Context {
    /// An uncalibrated camera that gives raw pictures.
    fn default() -> Context {
        Context {
            px_per_mm: None,
            reflectance: Reflectance::Estimated,
            lossless: true,
            edition: Edition::Iso2011,
        }
    }
}

/// Grades and the values behind them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// The grades. The whole number is the published grade; the tenths (.0 to .4) say how near the next one is, see
    /// [`Score::tenths`].
    pub grades: Grades,
    /// One continuous value 0.0–4.0 a parameter, in the order of [`Parameter::ALL`]: for trends, a grade of no edition.
    pub trend: [f32; 8],
    /// The edition followed.
    pub edition: Edition,
    /// Reflectance comes from a calibration card, not from an estimate.
    pub calibrated: bool,
    /// SC: lightest less darkest reflectance in percent.
    pub contrast_percent: f32,
    /// Reflectance of the darkest and of the lightest module in percent.
    pub reflectance_percent: [f32; 2],
    /// Grey of the darkest and of the lightest module.
    pub grey: [f32; 2],
    /// MOD.
    pub modulation: Overlay,
    /// RM.
    pub margin: Overlay,
    /// UEC.
    pub unused: Unused,
    /// ANU: |X − Y| / ((X + Y) / 2).
    pub axial: f32,
    /// GNU in modules.
    pub grid: f32,
    /// FPD by segment.
    pub fixed: FixedPattern,
    /// Print growth in modules across the columns and down the rows: gain is positive. Not graded.
    pub growth: [f32; 2],
    /// Width of the edges' ramp in modules: across and down, each dark to light and light to dark.
    pub edge_width: [[f32; 2]; 2],
    /// Module pitch in pixels, across and down.
    pub pitch_px: [f32; 2],
    /// Module pitch in millimetres, if the scale is known.
    pub pitch_mm: Option<[f32; 2]>,
    /// How unevenly the clock tracks' edges lie: root mean square in modules, upper track and right track.
    pub clock_irregularity: [f32; 2],
    /// Diameter of the aperture used, in pixels.
    pub aperture_px: f32,
    /// The whole quiet zone of one module lies in the frame.
    pub quiet_zone_seen: bool,
    /// The codeword with the least reflectance margin, and that margin (0.0–1.0).
    pub weakest_codeword: Option<(u16, f32)>,
}

/// Grades symbols; keeps its working memory from one to the next, so that grading allocates nothing once it has seen a
/// symbol of the size.
#[derive(Debug, Default)]
pub struct Grader {
    aperture: Aperture,
    /// Modules and the ring of quiet modules around them, row by row: (rows + 2) × (columns + 2).
    centres: Vec<Point>,
    greys: Vec<f32>,
    levels: Vec<u8>,
    /// rows × columns.
    modulation: Vec<f32>,
    margin: Vec<f32>,
    /// One a codeword.
    codeword_modulation: Vec<f32>,
    codeword_margin: Vec<f32>,
    codeword_wrong: Vec<bool>,
    across: Lines,
    down: Lines,
    diagnoses: Vec<Diagnosis>,
    sorted: Vec<f32>,
    faults: Vec<streak::Fault>,
    grid: Option<Grid>,
}

/// Darkest and lightest grey of the symbol with its quiet zone, and whether all of it lies in the frame.
#[derive(Clone, Copy)]
struct Range {
    darkest: f32,
    lightest: f32,
    quiet_zone_seen: bool,
}

impl Grader {
    /// A grader that has not seen a symbol yet.
    pub fn new() -> Grader {
        Grader::default()
    }

    /// Grades one symbol.
    ///
    /// Nothing in the frame makes it panic; slices that do not fit the symbol's size do, since they are the caller's
    /// mistake.
    pub fn grade(
        &mut self,
        frame: &Frame<'_>,
        grid: &Grid,
        truth: Truth<'_>,
        context: Context,
    ) -> Report {
        let modules = grid.size.rows * grid.size.columns;
        for slice in [
            truth.modules.len(),
            truth.seen.len(),
            truth.codeword_of.len(),
        ] {
            assert_eq!(
                slice, modules,
                "one entry a module of a symbol {:?}",
                grid.size
            );
        }
        assert_eq!(
            truth.block_of.len(),
            grid.size.codewords(),
            "one entry a codeword"
        );
        assert_eq!(truth.blocks.len(), grid.size.blocks, "one entry a block");
        self.grid = Some(*grid);
        let (across, down) = grid.pitch_px();
        self.aperture.set(APERTURE_SHARE * (across + down) / 2.0);
        self.across.reset(grid, Axis::Across);
        self.down.reset(grid, Axis::Down);
        self.place(grid);
        let mut range = self.sample(frame, grid);
        for _ in 0..ROUNDS_MAX {
            self.measure(frame, grid, truth.modules, range);
            let moved = self.across.moved().max(self.down.moved());
            if moved < SHIFT_SAMPLED_AGAIN {
                break;
            }
            self.across.adopt();
            self.down.adopt();
            self.place(grid);
            range = self.sample(frame, grid);
            if moved < SHIFT_MEASURED_AGAIN {
                break;
            }
        }
        let spacing = spacing(grid, &self.across, &self.down);
        self.weigh(grid, truth, range);
        self.report(grid, truth, context, (range, spacing))
    }

    /// Modulation of each module of the symbol graded last, rows × columns, 0.0–1.0.
    pub fn modulation(&self) -> &[f32] {
        &self.modulation
    }

    /// Reflectance margin of each module of the symbol graded last, rows × columns, 0.0–1.0: 0 is a wrong module.
    pub fn margin(&self) -> &[f32] {
        &self.margin
    }

    /// Reflectance margin of each codeword of the symbol graded last: the least of its modules.
    pub fn codeword_margin(&self) -> &[f32] {
        &self.codeword_margin
    }

    /// Where the modules of the symbol graded last lie in the picture, as measured: centres, rows × columns.
    pub fn centres(&self) -> impl Iterator<Item = Point> {
        let size = self.grid.map(|grid| grid.size);
        let (rows, columns) = size.map_or((0, 0), |size| (size.rows, size.columns));
        let of_row = move |row: usize| &self.centres[(row + 1) * (columns + 2) + 1..][..columns];
        (0..rows).flat_map(of_row).copied()
    }

    /// Puts the centres where the lines adopted last have them.
    fn place(&mut self, grid: &Grid) {
        let (rows, columns) = (grid.size.rows, grid.size.columns);
        self.centres.clear();
        for row in 0..rows + 2 {
            for column in 0..columns + 2 {
                // The ring moves with the outermost modules.
                let (inner_row, inner_column) =
                    (row.clamp(1, rows) - 1, column.clamp(1, columns) - 1);
                let dx = self.across.centre(inner_column, inner_row);
                let dy = self.down.centre(inner_row, inner_column);
                let centre = grid.at(column as f32 - 0.5 + dx, row as f32 - 0.5 + dy);
                self.centres.push(centre);
            }
        }
    }

    /// The mean grey of every module and quiet module under the aperture.
    fn sample(&mut self, frame: &Frame<'_>, grid: &Grid) -> Range {
        let ring = grid.size.columns + 2;
        let last_row = grid.size.rows + 1;
        let mut range = Range {
            darkest: f32::INFINITY,
            lightest: f32::NEG_INFINITY,
            quiet_zone_seen: true,
        };
        self.greys.clear();
        for (at, centre) in self.centres.iter().enumerate() {
            let grey = self.aperture.grey(frame, centre.x, centre.y);
            if let Some(grey) = grey {
                range.darkest = range.darkest.min(grey);
                range.lightest = range.lightest.max(grey);
            } else {
                let (row, column) = (at / ring, at % ring);
                let quiet = row == 0 || row == last_row || column == 0 || column == ring - 1;
                range.quiet_zone_seen &= !quiet;
            }
            self.greys.push(grey.unwrap_or(f32::NAN));
        }
        if range.darkest > range.lightest {
            (range.darkest, range.lightest) = (0.0, 0.0);
        }
        range
    }

    fn measure(&mut self, frame: &Frame<'_>, grid: &Grid, modules: &[bool], range: Range) {
        let seen = Seen {
            frame,
            grid,
            centres: &self.centres,
            greys: &self.greys,
            modules,
            range: (range.darkest, range.lightest),
        };
        self.across.measure(&seen, Axis::Across);
        self.down.measure(&seen, Axis::Down);
    }

    /// Modulation and margin of every module, then of every codeword.
    ///
    /// MOD = 2·|R − GT| / SC with GT midway between lightest and darkest; RM is the same with 0 for a module on the
    /// wrong side (ISO/IEC 15415:2011). SC = 0 leaves nothing.
    fn weigh(&mut self, grid: &Grid, truth: Truth<'_>, range: Range) {
        let (rows, columns) = (grid.size.rows, grid.size.columns);
        let ring = columns + 2;
        let contrast = range.lightest - range.darkest;
        let middle = (range.lightest + range.darkest) / 2.0;
        let scale = if contrast >= CONTRAST_LEAST {
            2.0 / contrast
        } else {
            0.0
        };
        let codewords = truth.block_of.len();
        for values in [&mut self.codeword_modulation, &mut self.codeword_margin] {
            values.clear();
            values.resize(codewords, 1.0);
        }
        self.codeword_wrong.clear();
        self.codeword_wrong.resize(codewords, false);
        for values in [&mut self.modulation, &mut self.margin] {
            values.clear();
            values.resize(rows * columns, 0.0);
        }
        self.levels.clear();
        for (at, grey) in self.greys.iter().enumerate() {
            let (row, column) = (at / ring, at % ring);
            let inside = (1..=rows).contains(&row) && (1..=columns).contains(&column);
            let module = inside.then(|| (row - 1) * columns + column - 1);
            let dark = module.is_some_and(|module| truth.modules[module]);
            let off = (grey - middle) * scale;
            let towards = if dark != grid.inverted { -off } else { off };
            let missed = module.is_some_and(|module| truth.seen[module] != truth.modules[module]);
            // `max` makes a 0 of what is not a number: a module outside the frame has no margin.
            let margin = if missed { 0.0 } else { towards.max(0.0) };
            self.levels
                .push(scale::rising(margin, scale::MODULATION).level());
            let Some(module) = module else { continue };
            let modulation = off.abs().max(0.0);
            (self.modulation[module], self.margin[module]) = (modulation, margin);
            let codeword = usize::from(truth.codeword_of[module]);
            if let Some(value) = self.codeword_modulation.get_mut(codeword) {
                *value = value.min(modulation);
                self.codeword_margin[codeword] = self.codeword_margin[codeword].min(margin);
                self.codeword_wrong[codeword] |= missed;
            }
        }
    }

    fn report(
        &self,
        grid: &Grid,
        truth: Truth<'_>,
        context: Context,
        (range, spacing): (Range, Spacing),
    ) -> Report {
        let size = grid.size;
        let [darkest_percent, lightest_percent] =
            [range.darkest, range.lightest].map(|grey| context.reflectance.percent(grey));
        // More than 100 % is gloss, or light that was turned up since the calibration: it is no contrast of the print.
        let contrast_percent = lightest_percent.min(100.0) - darkest_percent;
        let modulation = overlay::overlay(&self.codeword_modulation, truth.block_of, size);
        let mut margin = overlay::overlay(&self.codeword_margin, truth.block_of, size);
        if !truth.decoded {
            margin.score = Score::WORST;
        }
        let unused = overlay::unused_correction(&truth, &self.codeword_wrong, size);
        let levels = &self.levels;
        let fixed = Levels { levels, size }.grade();
        let scores = [
            if truth.decoded {
                Score::BEST
            } else {
                Score::WORST
            },
            scale::rising(contrast_percent, scale::CONTRAST_PERCENT),
            modulation.score,
            margin.score,
            scale::falling(spacing.axial, scale::AXIAL),
            scale::falling(spacing.grid, scale::GRID),
            unused.score,
            fixed.score,
        ];
        let growth = [self.across.growth, self.down.growth];
        let scale = context
            .px_per_mm
            .filter(|scale| scale.is_finite() && *scale > 0.0);
        let weakest = self.codeword_margin.iter().enumerate();
        let weakest = weakest.min_by(|one, other| one.1.total_cmp(other.1));
        Report {
            grades: Grades {
                by_parameter: scores.map(Score::tenths),
                indicative: !context.lossless,
                growth_percent: growth.map(|growth| (growth * 100.0).round() as i8),
            },
            trend: scores.map(|score| score.trend),
            edition: context.edition,
            calibrated: context.reflectance != Reflectance::Estimated,
            contrast_percent,
            reflectance_percent: [darkest_percent, lightest_percent],
            grey: [range.darkest, range.lightest],
            modulation,
            margin,
            unused,
            axial: spacing.axial,
            grid: spacing.grid,
            fixed,
            growth,
            edge_width: [self.across.width, self.down.width],
            pitch_px: spacing.pitch,
            pitch_mm: scale.map(|scale| spacing.pitch.map(|pitch| pitch / scale)),
            clock_irregularity: [self.across.irregularity, self.down.irregularity],
            aperture_px: self.aperture.diameter(),
            quiet_zone_seen: range.quiet_zone_seen,
            weakest_codeword: weakest.map(|(codeword, value)| (codeword as u16, *value)),
        }
    }
}

impl Report {
    /// The grade of one parameter, letter and all.
    pub fn of(&self, parameter: Parameter) -> Tenths {
        self.grades.of(parameter)
    }

    /// The continuous value of one parameter, for trends.
    pub fn trend_of(&self, parameter: Parameter) -> f32 {
        self.trend[parameter as usize]
    }
}
