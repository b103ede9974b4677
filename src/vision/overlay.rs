//! A picture with what the reader saw drawn over it: grid, modules, and lines of text below. PURE.
//!
//! The picture's own pixels keep their greys; the text stands in a band of its own, so that nothing of the picture is
//! hidden behind it. Kinds of modules differ in shape as well as in colour, and the colours are those of Okabe and Ito,
//! which people with any colour vision tell apart (<https://jfly.uni-koeln.de/color/>).

use super::frame::Frame;
use super::geometry::Point;
use super::grid::Grid;
use crate::record::{Grades, Parameter};
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

/// A module that was seen as it is.
pub const RIGHT: Rgb<u8> = Rgb([86, 180, 233]);
/// A module that was seen wrongly and put right by error correction, or by what is known to be printed.
pub const CORRECTED: Rgb<u8> = Rgb([213, 94, 0]);
/// A module that was seen as it is, with little certainty.
pub const WEAK: Rgb<u8> = Rgb([240, 228, 66]);
/// A module that was seen dark; nobody knows whether it is.
pub const SAMPLED: Rgb<u8> = Rgb([204, 121, 167]);
/// The symbol's outline.
pub const OUTLINE: Rgb<u8> = Rgb([0, 158, 115]);
/// Text below the picture, on black.
const INK: Rgb<u8> = Rgb([255, 255, 255]);

/// Below this quality a module counts as weak: half of what a perfect one has.
pub const WEAK_BELOW: f32 = 0.5;

/// Modules are drawn at least so large where the picture may be enlarged for it, in pixels.
const PITCH_MIN_PX: f32 = 12.0;
/// Most times a picture is enlarged.
const SCALE_MAX: usize = 4;
/// Most pixels of an enlarged picture; a larger one stays as it is.
const PIXELS_MAX: usize = 12_000_000;
/// Share of a grid line's colour in the pixel it is drawn on, of 256.
const GRID_LINE_SHARE: u16 = 90;
/// Most lines of text.
const LINES_MAX: usize = 32;
/// Most characters of a line.
const LINE_CHARS_MAX: usize = 160;
/// Height of the text, in pixels.
const TEXT_PX: u32 = 16;
/// Space around the text, in pixels.
const TEXT_MARGIN_PX: u32 = 6;

/// What is drawn over a picture. Every part may be absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overlay<'a> {
    /// Where the symbol lies.
    pub grid: Option<Grid>,
    /// The modules as sampled, row by row, `true` is dark; rows × columns of the grid's size. Of another length they
    /// count as absent, here and below.
    pub seen: Option<&'a [bool]>,
    /// The modules as they are meant: corrected, or known from what was printed. Where absent, finder and clock track
    /// are known all the same.
    pub truth: Option<&'a [bool]>,
    /// How sure each module is: 0 nobody can say, 1 as good as it gets.
    pub quality: Option<&'a [f32]>,
    /// Lines below the picture, top first.
    pub lines: &'a [String],
}

/// How a module was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Module {
    Right,
    Weak,
    Corrected,
    /// Dark, and nobody knows what it ought to be.
    Dark,
    /// Nothing to show.
    Plain,
}

/// Draws the overlay: the picture, enlarged by a whole number where its modules are small, and the lines below it.
///
/// Marks: a dot for a module seen right, a hollow square for a weak one, a cross for a corrected one, a bar for a dark
/// one of which nothing is known. The symbol's solid edges (left, lower) are drawn thick, its top left corner is
/// filled.
pub fn draw(frame: &Frame<'_>, overlay: &Overlay<'_>) -> RgbImage {
    let scale = overlay.grid.map_or(1, |grid| scale_for(frame, &grid));
    let lines: Vec<String> = overlay
        .lines
        .iter()
        .take(LINES_MAX)
        .map(|line| shortened(line))
        .collect();
    let mut canvas = Canvas::over(frame, scale, &lines);
    if let Some(grid) = &overlay.grid {
        canvas.grid(grid);
        canvas.modules(grid, overlay);
        canvas.outline(grid);
    }
    canvas.text(&lines);
    canvas.picture
}

/// The grades as lines for [`Overlay::lines`]: overall with its weakest parameter, then each parameter.
pub fn grade_lines(grades: &Grades) -> [String; 2] {
    let (overall, weakest) = (grades.overall(), grades.weakest());
    let worth = match grades.indicative {
        true => "indicative only: the picture's coding loses detail",
        false => "in-line grade, no certified verification",
    };
    let weakest = weakest.name().replace('_', " ");
    let each = Parameter::ALL.map(|one| format!("{} {}", one.short(), grades.of(one)));
    [
        format!(
            "grade {overall} ({}), lowest {weakest}; {worth}",
            overall.letter()
        ),
        each.join("  "),
    ]
}

fn shortened(line: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{b7}' } else { c };
    line.chars().take(LINE_CHARS_MAX).map(shown).collect()
}

fn scale_for(frame: &Frame<'_>, grid: &Grid) -> usize {
    let (across, down) = grid.pitch_px();
    let pitch = across.min(down);
    let enough = |scale: &usize| pitch * *scale as f32 >= PITCH_MIN_PX;
    let wanted = (1..=SCALE_MAX).find(enough).unwrap_or(SCALE_MAX);
    let pixels = frame.width().saturating_mul(frame.height());
    let fits = |scale: &usize| pixels.saturating_mul(scale * scale) <= PIXELS_MAX;
    (1..=wanted).rev().find(fits).unwrap_or(1)
}

/// What the picture says of one module; the grid's size says which are fixed.
fn module(grid: &Grid, overlay: &Overlay<'_>, row: usize, column: usize) -> Module {
    let size = grid.size;
    let (count, at) = (size.rows * size.columns, row * size.columns + column);
    let of = |modules: Option<&[bool]>| {
        let modules = modules.filter(|modules| modules.len() == count)?;
        modules.get(at).copied()
    };
    let truth = of(overlay.truth).or_else(|| size.fixed(row, column));
    let quality = overlay
        .quality
        .filter(|all| all.len() == count)
        .map(|all| all[at]);
    // A quality that is no number says nothing good.
    let weak = quality.is_some_and(|quality| quality.is_nan() || quality < WEAK_BELOW);
    match (of(overlay.seen), truth) {
        (Some(seen), Some(truth)) if seen != truth => Module::Corrected,
        (Some(_), Some(_)) if weak => Module::Weak,
        (Some(_), Some(_)) => Module::Right,
        (Some(true), None) => Module::Dark,
        (Some(false), None) | (None, _) if weak => Module::Weak,
        (Some(false), None) | (None, _) => Module::Plain,
    }
}

/// The picture that is drawn on; places are in the frame's coordinates until they are put on it.
struct Canvas {
    picture: RgbImage,
    scale: usize,
    /// Size of the enlarged picture, without the band of text.
    across: u32,
    down: u32,
}

impl Canvas {
    fn over(frame: &Frame<'_>, scale: usize, lines: &[String]) -> Canvas {
        let (across, down) = (
            (frame.width() * scale) as u32,
            (frame.height() * scale) as u32,
        );
        let longest = lines.iter().map(|line| text_width(line)).max().unwrap_or(0);
        let band = match lines.len() as u32 {
            0 => 0,
            count => count * TEXT_PX + 2 * TEXT_MARGIN_PX,
        };
        let width = across.max(longest + 2 * TEXT_MARGIN_PX);
        let mut picture = RgbImage::new(width, (down + band).max(1));
        for y in 0..frame.height() {
            for (x, grey) in frame.row(y).iter().enumerate() {
                for place in 0..scale * scale {
                    let (dx, dy) = (place % scale, place / scale);
                    let (px, py) = ((x * scale + dx) as u32, (y * scale + dy) as u32);
                    picture.put_pixel(px, py, Rgb([*grey; 3]));
                }
            }
        }
        Canvas {
            picture,
            scale,
            across,
            down,
        }
    }

    fn put(&mut self, x: i64, y: i64, colour: Rgb<u8>, share: u16) {
        if x < 0 || y < 0 || x >= i64::from(self.across) || y >= i64::from(self.down) {
            return;
        }
        let pixel = self.picture.get_pixel_mut(x as u32, y as u32);
        *pixel = mixed(*pixel, colour, share);
    }

    /// A place of the frame on the canvas; `None` for one that is no number.
    fn place(&self, at: Point) -> Option<(f32, f32)> {
        let (x, y) = (at.x * self.scale as f32, at.y * self.scale as f32);
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }

    /// A straight line, cut off at the picture's edges before it is walked along.
    fn line(&mut self, from: Point, to: Point, colour: Rgb<u8>, share: u16, width: i64) {
        let (Some(from), Some(to)) = (self.place(from), self.place(to)) else {
            return;
        };
        let most = (self.across as f32, self.down as f32);
        let Some((from, to)) = cut(from, to, most) else {
            return;
        };
        let steps = (to.0 - from.0)
            .abs()
            .max((to.1 - from.1).abs())
            .ceil()
            .max(1.0);
        let mut last = None;
        for step in 0..=steps as u32 {
            let share_of_way = step as f32 / steps;
            let x = (from.0 + (to.0 - from.0) * share_of_way).floor() as i64;
            let y = (from.1 + (to.1 - from.1) * share_of_way).floor() as i64;
            if last.replace((x, y)) == Some((x, y)) {
                continue;
            }
            for place in 0..width * width {
                self.put(
                    x + place % width - width / 2,
                    y + place / width - width / 2,
                    colour,
                    share,
                );
            }
        }
    }

    /// The lines between modules.
    fn grid(&mut self, grid: &Grid) {
        let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
        for column in 1..grid.size.columns {
            let x = column as f32;
            self.line(
                grid.at(x, 0.0),
                grid.at(x, rows),
                OUTLINE,
                GRID_LINE_SHARE,
                1,
            );
        }
        for row in 1..grid.size.rows {
            let y = row as f32;
            self.line(
                grid.at(0.0, y),
                grid.at(columns, y),
                OUTLINE,
                GRID_LINE_SHARE,
                1,
            );
        }
    }

    fn outline(&mut self, grid: &Grid) {
        let [tl, tr, br, bl] = grid.corners();
        for (from, to, width) in [(tl, tr, 1), (tr, br, 1), (br, bl, 3), (bl, tl, 3)] {
            self.line(from, to, OUTLINE, 256, width);
        }
        for (corner, reach) in [(tl, 3), (tr, 1), (br, 1), (bl, 1)] {
            if let Some((x, y)) = self.place(corner) {
                self.square(x, y, reach, true, OUTLINE);
            }
        }
    }

    /// A square of `2 reach + 1` pixels a side about a place, filled or hollow.
    fn square(&mut self, x: f32, y: f32, reach: i64, filled: bool, colour: Rgb<u8>) {
        let (x, y) = (x.floor() as i64, y.floor() as i64);
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                if filled || dx.abs() == reach || dy.abs() == reach {
                    self.put(x.saturating_add(dx), y.saturating_add(dy), colour, 256);
                }
            }
        }
    }

    fn modules(&mut self, grid: &Grid, overlay: &Overlay<'_>) {
        let (across, down) = grid.pitch_px();
        let pitch = across.min(down) * self.scale as f32;
        // A quarter of a module to each side; NaN and negative pitches become the smallest mark.
        let reach = (pitch / 4.0).clamp(1.0, 12.0) as i64;
        for row in 0..grid.size.rows {
            for column in 0..grid.size.columns {
                let Some((x, y)) = self.place(grid.centre(row, column)) else {
                    continue;
                };
                match module(grid, overlay, row, column) {
                    Module::Plain => {}
                    Module::Right => self.square(x, y, reach / 2, true, RIGHT),
                    Module::Weak => self.square(x, y, reach, false, WEAK),
                    Module::Corrected => self.cross(x, y, reach),
                    Module::Dark => self.bar(x, y, reach),
                }
            }
        }
    }

    fn cross(&mut self, x: f32, y: f32, reach: i64) {
        let (x, y) = (x.floor() as i64, y.floor() as i64);
        for step in -reach..=reach {
            for thick in 0..2 {
                let across = x.saturating_add(step).saturating_add(thick);
                self.put(across, y.saturating_add(step), CORRECTED, 256);
                self.put(across, y.saturating_sub(step), CORRECTED, 256);
            }
        }
    }

    fn bar(&mut self, x: f32, y: f32, reach: i64) {
        let (x, y) = (x.floor() as i64, y.floor() as i64);
        for step in -reach..=reach {
            self.put(x.saturating_add(step), y, SAMPLED, 256);
            self.put(x.saturating_add(step), y.saturating_add(1), SAMPLED, 256);
        }
    }

    fn text(&mut self, lines: &[String]) {
        let font = font();
        let scaled = font.as_scaled(PxScale::from(TEXT_PX as f32));
        for (at, line) in (0..).zip(lines) {
            let baseline = (self.down + TEXT_MARGIN_PX + at * TEXT_PX) as f32 + scaled.ascent();
            let mut x = TEXT_MARGIN_PX as f32;
            for c in line.chars() {
                let mut glyph = scaled.scaled_glyph(c);
                let advance = scaled.h_advance(glyph.id);
                glyph.position = point(x, baseline);
                x += advance;
                let Some(shape) = font.outline_glyph(glyph) else {
                    continue;
                };
                let bounds = shape.px_bounds();
                shape.draw(|dx, dy, coverage| {
                    let (px, py) = (bounds.min.x + dx as f32, bounds.min.y + dy as f32);
                    // The band is the text's own; the picture above it is left alone.
                    if px < 0.0 || py < self.down as f32 {
                        return;
                    }
                    if let Some(pixel) = self.picture.get_pixel_mut_checked(px as u32, py as u32) {
                        *pixel = mixed(*pixel, INK, (coverage * 256.0) as u16);
                    }
                });
            }
        }
    }
}

fn font() -> FontRef<'static> {
    FontRef::try_from_slice(dejavu::sans_mono::regular()).expect("the embedded font is sound")
}

fn text_width(line: &str) -> u32 {
    let font = font();
    let scaled = font.as_scaled(PxScale::from(TEXT_PX as f32));
    line.chars()
        .map(|c| scaled.h_advance(scaled.glyph_id(c)))
        .sum::<f32>()
        .ceil() as u32
}

/// `share` of 256 parts of `colour` on `ground`.
fn mixed(ground: Rgb<u8>, colour: Rgb<u8>, share: u16) -> Rgb<u8> {
    let share = u32::from(share.min(256));
    let mix = |at: usize| {
        ((u32::from(ground.0[at]) * (256 - share) + u32::from(colour.0[at]) * share) / 256) as u8
    };
    Rgb([mix(0), mix(1), mix(2)])
}

type Place = (f32, f32);

/// The part of a line within `[0, most]` on both axes (Liang and Barsky, 1984); `None` when there is none.
fn cut(from: Place, to: Place, most: Place) -> Option<(Place, Place)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enters, mut leaves) = (0.0f32, 1.0f32);
    for (towards, room) in [
        (-dx, from.0),
        (dx, most.0 - from.0),
        (-dy, from.1),
        (dy, most.1 - from.1),
    ] {
        if towards == 0.0 && room < 0.0 {
            return None;
        } else if towards < 0.0 {
            enters = enters.max(room / towards);
        } else if towards > 0.0 {
            leaves = leaves.min(room / towards);
        }
    }
    // What is left of a line between places very far away is only roughly where it should be; never outside.
    let at = |share: f32| {
        let (x, y) = (from.0 + dx * share, from.1 + dy * share);
        (x.max(0.0).min(most.0), y.max(0.0).min(most.1))
    };
    (enters <= leaves).then(|| (at(enters), at(leaves)))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tenths;
    use crate::vision::geometry::Homography;
    use crate::vision::size::SIZES;

    /// A 10 × 10 symbol of 20 px a module, its top left corner at (40, 20).
    fn grid() -> Grid {
        let size = SIZES
            .iter()
            .find(|size| (size.rows, size.columns) == (10, 10));
        Grid {
            size: size.unwrap(),
            to_picture: Homography::scale(20.0, 20.0).then(&Homography::shift(40.0, 20.0)),
            inverted: false,
        }
    }

    fn grey(width: usize, height: usize) -> Vec<u8> {
        (0..width * height)
            .map(|at| (at % 97) as u8 + 100)
            .collect()
    }

    #[test]
    fn each_kind_of_module_has_its_own_mark_and_the_rest_keeps_its_grey() {
        let luma = grey(300, 260);
        let frame = Frame::new(300, 260, &luma).unwrap();
        let grid = grid();
        let truth: Vec<bool> = (0..100).map(|at| at % 3 == 0).collect();
        let mut seen = truth.clone();
        seen[3 * 10 + 4] = !seen[3 * 10 + 4];
        let mut quality = vec![1.0; 100];
        quality[5 * 10 + 6] = 0.2;
        quality[5 * 10 + 7] = f32::NAN;
        let overlay = Overlay {
            grid: Some(grid),
            seen: Some(&seen),
            truth: Some(&truth),
            quality: Some(&quality),
            lines: &[],
        };
        let drawn = draw(&frame, &overlay);
        assert_eq!(drawn.dimensions(), (300, 260));
        let centre = |row: u32, column: u32| (40 + column * 20 + 10, 20 + row * 20 + 10);
        let at = |(x, y): (u32, u32)| *drawn.get_pixel(x, y);
        assert_eq!(at(centre(2, 2)), RIGHT);
        assert_eq!(at(centre(3, 4)), CORRECTED);
        for column in [6, 7] {
            let (x, y) = centre(5, column);
            assert_eq!(at((x - 5, y)), WEAK, "a hollow square about the centre");
            assert_eq!(
                at((x, y)).0,
                [luma[(y * 300 + x) as usize]; 3],
                "and nothing in it"
            );
        }
        // A reach of five pixels: dots end where crosses still go on.
        let (x, y) = centre(3, 4);
        assert_eq!(at((x + 5, y + 5)), CORRECTED);
        let (x, y) = centre(2, 2);
        assert_ne!(at((x + 5, y + 5)), RIGHT);
        // Outline: thick at left and below, thin above; the top left corner is filled.
        assert_eq!([at((39, 100)), at((40, 100)), at((41, 100))], [OUTLINE; 3]);
        assert_eq!(at((100, 20)), OUTLINE);
        assert_ne!(at((100, 22)), OUTLINE);
        assert_eq!(at((37, 17)), OUTLINE);
        // Beside the symbol every pixel is as it was.
        let outside = (0..260u32).flat_map(|y| (250..300u32).map(move |x| (x, y)));
        assert!(
            outside
                .into_iter()
                .all(|(x, y)| at((x, y)).0 == [luma[(y * 300 + x) as usize]; 3])
        );
    }

    #[test]
    fn without_truth_finder_and_clock_are_judged_and_dark_modules_are_shown() {
        let luma = grey(300, 260);
        let frame = Frame::new(300, 260, &luma).unwrap();
        // All dark: the clock track's light modules are damaged, the finder is right.
        let seen = vec![true; 100];
        let overlay = Overlay {
            grid: Some(grid()),
            seen: Some(&seen),
            ..Overlay::default()
        };
        let drawn = draw(&frame, &overlay);
        let at = |row: u32, column: u32| *drawn.get_pixel(50 + column * 20, 30 + row * 20);
        assert_eq!(at(0, 1), CORRECTED);
        assert_eq!(at(0, 2), RIGHT);
        assert_eq!(at(5, 0), RIGHT);
        assert_eq!(at(9, 5), RIGHT);
        assert_eq!(at(4, 4), SAMPLED);
        // Modules of another size than the grid's are no modules of it.
        let overlay = Overlay {
            grid: Some(grid()),
            seen: Some(&seen[1..]),
            ..Overlay::default()
        };
        let drawn = draw(&frame, &overlay);
        assert_eq!(drawn.get_pixel(130, 110).0, [luma[110 * 300 + 130]; 3]);
    }

    #[test]
    fn small_modules_are_enlarged_and_the_text_has_its_own_band() {
        let luma = grey(120, 90);
        let frame = Frame::new(120, 90, &luma).unwrap();
        let grid = Grid {
            to_picture: Homography::scale(5.0, 5.0),
            ..grid()
        };
        let mut by_parameter = [Tenths::BEST; 8];
        by_parameter[Parameter::Modulation as usize] = Tenths(18);
        let grades = Grades {
            by_parameter,
            indicative: false,
            growth_percent: [0, 0],
        };
        let lines = grade_lines(&grades);
        assert!(
            lines[0].starts_with("grade 1.8 (C), lowest modulation;"),
            "{}",
            lines[0]
        );
        assert_eq!(
            lines[1],
            "decode 4.0  sc 4.0  mod 1.8  rm 4.0  anu 4.0  gnu 4.0  uec 4.0  fpd 4.0"
        );
        let drawn = draw(
            &frame,
            &Overlay {
                grid: Some(grid),
                lines: &lines,
                ..Overlay::default()
            },
        );
        assert_eq!(
            drawn.height(),
            3 * 90 + 2 * 16 + 12,
            "three times as large, two lines below"
        );
        assert!(drawn.width() > 3 * 120, "as wide as its longest line");
        assert_eq!(drawn.get_pixel(359, 100).0, [luma[33 * 120 + 119]; 3]);
        let ink = |rows: std::ops::Range<u32>| {
            let all = rows.flat_map(|y| (0..drawn.width()).map(move |x| (x, y)));
            all.into_iter()
                .filter(|(x, y)| drawn.get_pixel(*x, *y).0[0] > 128)
                .count()
        };
        assert!(
            ink(276..292) > 100 && ink(292..308) > 100,
            "both lines are written"
        );
        assert_eq!(ink(270..275), 0);
    }

    #[test]
    fn grids_that_make_no_sense_are_drawn_in_bounded_time() {
        let luma = grey(64, 48);
        let frame = Frame::new(64, 48, &luma).unwrap();
        let seen = vec![true; 100];
        let long = vec!["\u{1d}x".repeat(5000); 5000];
        for cells in [
            [f64::NAN; 9],
            [0.0; 9],
            [1e38, 0.0, -1e38, 0.0, 1e38, 1e38, 0.0, 0.0, 1.0],
            [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.2, 0.1, 1.0],
            [-1e9, 3.0, 2.0, 1e9, 1.0, 5.0, 1e-9, 1e-9, 1e-9],
        ] {
            let grid = Grid {
                to_picture: Homography(cells),
                ..grid()
            };
            let overlay = Overlay {
                grid: Some(grid),
                seen: Some(&seen),
                lines: &long,
                ..Overlay::default()
            };
            let drawn = draw(&frame, &overlay);
            assert!(drawn.width() < 4000 && drawn.height() < 4000);
        }
        let none = Frame::new(0, 0, &[]).unwrap();
        let drawn = draw(
            &none,
            &Overlay {
                grid: Some(grid()),
                ..Overlay::default()
            },
        );
        assert!(drawn.height() >= 1);
    }
}
