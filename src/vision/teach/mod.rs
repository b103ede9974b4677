//! What one good pack teaches about a camera: place, pitch, turn, light and text, and what to improve. PURE.
//!
//! [`Lesson::of`] measures a symbol that was read and graded; [`Lesson::advice`] says what is worth changing before the
//! line runs; [`Lesson::taught`] is what the station keeps of it, so that its first pack is looked for where this one
//! lay. What is taught narrows the search and nothing else.
//!
//! | file | says |
//! |---|---|
//! | `light` | levels, fall-off, clipping and noise around the symbol |
//! | `sharpness` | blur, at the finder's outer edges |
//! | `lines` | lines of text beside the symbol |
//! | `advice` | what to improve, with the measured value and the wanted one |

mod advice;
mod light;
mod lines;
mod sharpness;

pub use advice::{About, Advice};
pub use light::Light;
pub use lines::TextLine;

use super::frame::Frame;
use super::geometry::Point;
use super::grade::{Context, Reflectance, Report};
use super::grid::Grid;
use super::locate::Hint;
use super::size::Size;
use std::fmt;

use crate::record::{SymbolPlace, Tenths};

/// How far a pack's symbol may lie from where the last one lay, as a share of its longer side: packs turn and shift on
/// the belt.
pub const REACH: f32 = 0.4;

/// And at least so many pixels.
pub const REACH_MIN_PX: f32 = 24.0;

/// What is known of a camera before its first picture.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Setup {
    /// How its grey becomes reflectance.
    pub reflectance: Reflectance,
    /// Where a good pack's symbol lay.
    pub taught: Option<Taught>,
}

impl Setup {
    /// What the grader wants to know; where the picture itself says more, that counts.
    pub fn context(&self) -> Context {
        Context {
            reflectance: self.reflectance,
            ..Context::default()
        }
    }

    /// Whether reflectance was calibrated with a conformance card.
    pub fn is_calibrated(&self) -> bool {
        self.reflectance != Reflectance::Estimated
    }

    /// Where to look first in a picture of this size.
    pub fn hint(&self, width_px: u32, height_px: u32) -> Option<Hint> {
        let taught = self.taught.as_ref()?;
        ((taught.width_px, taught.height_px) == (width_px, height_px)).then_some(taught.hint)
    }
}

/// Where a good pack's symbol lay, and in pictures of which size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taught {
    /// Width of the pictures in pixels; what was taught says nothing of pictures of another size.
    pub width_px: u32,
    /// Height of the pictures in pixels.
    pub height_px: u32,
    /// Where to look.
    pub hint: Hint,
}

/// The line for `[[camera]]` of the station file.
impl fmt::Display for Taught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = self.hint;
        write!(
            f,
            "taught = {{ width_px = {}, height_px = {}, columns = {}, rows = {}, x_px = {:.1}, y_px = {:.1}, pitch_px \
             = {:.2}, reach_px = {:.0} }}",
            self.width_px,
            self.height_px,
            hint.size.columns,
            hint.size.rows,
            hint.centre.x,
            hint.centre.y,
            hint.pitch_px,
            hint.reach_px
        )
    }
}

/// Where a symbol lay, as a hint for the next picture.
pub fn hint(grid: &Grid) -> Hint {
    let (across, down) = grid.pitch_px();
    let pitch_px = (across + down) / 2.0;
    let side = pitch_px * grid.size.rows.max(grid.size.columns) as f32;
    Hint {
        size: grid.size,
        pitch_px,
        centre: grid.at(grid.size.columns as f32 / 2.0, grid.size.rows as f32 / 2.0),
        reach_px: (REACH * side).max(REACH_MIN_PX),
    }
}

/// Pixels between the quiet zone (one module) and the picture's edges, as [`SIDES`]; negative: cut off.
fn room_px(grid: &Grid, (width, height): (u32, u32)) -> [f32; 4] {
    let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
    let mut rooms = [f32::INFINITY; 4];
    for (x, y) in [
        (-1.0, -1.0),
        (columns + 1.0, -1.0),
        (columns + 1.0, rows + 1.0),
        (-1.0, rows + 1.0),
    ] {
        let corner = grid.at(x, y);
        let (right, lower) = (width as f32 - corner.x, height as f32 - corner.y);
        for (room, this) in rooms.iter_mut().zip([corner.x, corner.y, right, lower]) {
            *room = room.min(this);
        }
    }
    rooms
}

/// Where a symbol lies in a picture of this width and height.
pub fn place(grid: &Grid, picture_px: (u32, u32)) -> SymbolPlace {
    let middle = hint(grid).centre;
    let (width, height) = (picture_px.0 as f32, picture_px.1 as f32);
    let (across, down) = grid.pitch_px();
    let room = room_px(grid, picture_px).into_iter();
    // What is not finite or larger than a picture becomes the nearest whole number there is.
    SymbolPlace {
        off_px: [
            (middle.x - width / 2.0).round() as i32,
            (middle.y - height / 2.0).round() as i32,
        ],
        room_px: room.fold(f32::INFINITY, f32::min).round() as i32,
        pitch_tenth_px: (across.min(down) * 10.0).round() as u32,
    }
}

/// How the camera looks at the pack: from the shape of the symbol's outline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Direction of the symbol's upper edge in the picture, in degrees clockwise from the horizontal, −180 to 180.
    pub turn_deg: f32,
    /// By how much opposite sides differ in length, as a share of the longer one: across (upper and lower edge) and
    /// down (left and right edge). A camera that looks along the surface's normal sees 0.
    pub keystone: [f32; 2],
    /// How far the corner between the finder's bars is from a right angle, in degrees.
    pub skew_deg: f32,
    /// Pitch across over pitch down less 1: foreshortening, or a label that was stretched in printing.
    pub stretch: f32,
}

impl View {
    fn of(grid: &Grid) -> View {
        let [tl, tr, br, bl] = grid.corners();
        let differ = |a: f32, b: f32| 1.0 - a.min(b) / a.max(b).max(f32::MIN_POSITIVE);
        // Upper and lower edge, left and right edge, taken together: a single edge tilts with perspective.
        let along = Point::new(tr.x - tl.x + br.x - bl.x, tr.y - tl.y + br.y - bl.y);
        let down = Point::new(bl.x - tl.x + br.x - tr.x, bl.y - tl.y + br.y - tr.y);
        let (turn, other) = (along.y.atan2(along.x), down.y.atan2(down.x));
        let between = (other - turn).to_degrees().rem_euclid(180.0);
        let (across_px, down_px) = grid.pitch_px();
        View {
            turn_deg: turn.to_degrees(),
            keystone: [
                differ(tl.distance(tr), bl.distance(br)),
                differ(tl.distance(bl), tr.distance(br)),
            ],
            skew_deg: (between - 90.0).abs(),
            stretch: across_px / down_px - 1.0,
        }
    }
}

/// Sides of a picture, in the order in which rooms are given.
pub const SIDES: [&str; 4] = ["left", "upper", "right", "lower"];

/// What one good pack says of the camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Width and height of the picture in pixels.
    pub picture_px: (u32, u32),
    /// Where the symbol lies, and its size in modules.
    pub grid: Grid,
    /// The symbol's middle in pixels.
    pub centre: Point,
    /// Module pitch in pixels, across and down.
    pub pitch_px: [f32; 2],
    /// Pixels between the quiet zone (one module) and the picture's edges, as [`SIDES`]; negative: cut off.
    pub room_px: [f32; 4],
    /// How the camera looks at the pack.
    pub view: View,
    /// The light on the symbol.
    pub light: Light,
    /// Standard deviation of the blur, lens, motion and print together, in modules: across and down. `None` where it
    /// cannot be measured.
    pub blur_modules: [Option<f32>; 2],
    /// The picture's coding lost nothing.
    pub lossless: bool,
    /// The lowest grade of the symbol.
    pub overall: Tenths,
    /// Lines of text beside the symbol, from top to bottom of the label.
    pub text: Vec<TextLine>,
}

impl Lesson {
    /// Measures a symbol. `modules` are its true modules (rows × columns, `true` is dark), `report` its grades.
    ///
    /// The work is bounded by the symbol's size and by constants, not by the picture's. `None` when the grid has no
    /// place in the picture: no symbol that was read does that.
    ///
    /// # Panics
    /// When `modules` does not fit the symbol's size: the caller's mistake.
    pub fn of(frame: &Frame<'_>, grid: &Grid, modules: &[bool], report: &Report) -> Option<Lesson> {
        let size: &Size = grid.size;
        assert_eq!(modules.len(), size.rows * size.columns, "one a module");
        let (columns, rows) = (size.columns as f32, size.rows as f32);
        let inside = grid
            .corners()
            .iter()
            .all(|corner| corner.x.is_finite() && corner.y.is_finite());
        if !inside || grid.to_picture.inverse().is_none() {
            return None;
        }
        let picture_px = (frame.width() as u32, frame.height() as u32);
        let light = Light::of(frame, grid, modules);
        let [across, down] = report.pitch_px;
        Some(Lesson {
            picture_px,
            grid: *grid,
            centre: grid.at(columns / 2.0, rows / 2.0),
            pitch_px: [across, down],
            room_px: room_px(grid, picture_px),
            view: View::of(grid),
            light,
            blur_modules: sharpness::blur(frame, grid, &light),
            lossless: !report.grades.indicative,
            overall: report.grades.overall(),
            text: lines::find(frame, grid, &light),
        })
    }

    /// What the station keeps of it.
    pub fn taught(&self) -> Taught {
        Taught {
            width_px: self.picture_px.0,
            height_px: self.picture_px.1,
            hint: hint(&self.grid),
        }
    }

    /// The stronger of the two blurs, in modules and in pixels.
    pub fn blur(&self) -> Option<(f32, f32)> {
        let both = self.blur_modules.into_iter().zip(self.pitch_px);
        let measured = both.filter_map(|(blur, pitch)| blur.map(|blur| (blur, blur * pitch)));
        measured.max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// The shorter of the two pitches: what limits reading.
    fn pitch_least(&self) -> f32 {
        self.pitch_px[0].min(self.pitch_px[1])
    }
}
