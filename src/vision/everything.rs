//! Every bar code of one picture: the Data Matrix symbols of a layer, or the bar codes of a container's label. PURE.

use super::frame::Frame;
use super::linear::gs1_128;
use super::overlay::{CORRECTED, OUTLINE};
use super::picture::Picture;
use super::read::{Symbol, frame};
use super::reader::Reader;
use super::{geometry::Point, grid::Grid};
use crate::record::ReadBy;
use image::{Rgb, RgbImage};

/// Most symbols of one picture that are read.
pub const SYMBOLS_MAX: usize = 200;

/// A place that looks like a symbol and was not read is one only if it is of the print of those read: its modules and
/// its side are theirs within this factor.
const ALIKE_MAX: f32 = 1.6;

/// What a picture shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Everything {
    /// The Data Matrix symbols that were read, from left to right and from top to bottom as far as they stand in rows.
    pub symbols: Vec<Symbol>,
    /// Places that look like a symbol and could not be decoded.
    pub unread: Vec<Grid>,
    /// There may be more: as many as are looked for were found.
    pub cut_short: bool,
}

/// Every Data Matrix symbol of a picture. What was read is masked, and the search goes on until it finds nothing more.
pub fn symbols(reader: &mut Reader, picture: &Picture) -> Everything {
    let mut symbols: Vec<Symbol> = Vec::new();
    let count = reader.look_for_all(&frame(picture), SYMBOLS_MAX, &mut |grid, decoded| {
        symbols.push(Symbol {
            grid: Some(*grid),
            ..Symbol::of(ReadBy::Blind, &decoded.content)
        });
    });
    let unread = reader.unread(
        &symbols
            .iter()
            .filter_map(|symbol| symbol.grid)
            .collect::<Vec<_>>(),
    );
    symbols.sort_by(|one, other| order(one).total_cmp(&order(other)));
    Everything {
        symbols,
        unread,
        cut_short: count >= SYMBOLS_MAX,
    }
}

/// What a scanner would send of every bar code of a label: its Data Matrix symbols, then its GS1-128.
pub fn scans(reader: &mut Reader, picture: &Picture) -> (Everything, Vec<String>) {
    let everything = symbols(reader, picture);
    let read = everything.symbols.iter().map(|symbol| symbol.said().scan());
    let scans = read.chain(gs1_128(picture)).collect();
    (everything, scans)
}

/// Rows of the height of a symbol, and in them from left to right.
fn order(symbol: &Symbol) -> f32 {
    let Some(grid) = symbol.grid else {
        return f32::MAX;
    };
    let (middle, side) = (middle(&grid), side(&grid).max(1.0));
    (middle.y / side).round() * 1e5 + middle.x
}

/// The middle of a symbol.
pub(super) fn middle(grid: &Grid) -> Point {
    grid.at(grid.size.columns as f32 / 2.0, grid.size.rows as f32 / 2.0)
}

/// Its longer side in pixels.
pub(super) fn side(grid: &Grid) -> f32 {
    let (across, down) = grid.pitch_px();
    (across * grid.size.columns as f32).max(down * grid.size.rows as f32)
}

/// Of the places that could not be decoded, the likeliest first, those that are none of what was read, each once.
pub(super) fn left_over(mut places: Vec<(f32, Grid)>, read: &[Grid]) -> Vec<Grid> {
    places.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near = |one: &Grid, other: &Grid| {
        middle(one).distance(middle(other)) < side(one).max(side(other)) / 2.0
    };
    let alike = |one: &Grid| {
        read.is_empty()
            || read.iter().any(|other| {
                let ratio = |a: f32, b: f32| (a / b).max(b / a) <= ALIKE_MAX;
                ratio(side(one), side(other)) && ratio(one.pitch_px().0, other.pitch_px().0)
            })
    };
    let mut left: Vec<Grid> = Vec::new();
    for (_, grid) in places {
        let known = read.iter().chain(&left).any(|other| near(&grid, other));
        if !known && alike(&grid) {
            left.push(grid);
        }
    }
    left
}

/// The picture with an outline around every symbol: read ones as in other overlays, the others in the colour of what
/// had to be corrected.
pub fn draw_over(frame: &Frame<'_>, everything: &Everything) -> RgbImage {
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let mut drawn = RgbImage::from_fn(width, height, |x, y| {
        let grey = frame.row(y as usize)[x as usize];
        Rgb([grey, grey, grey])
    });
    let read = everything.symbols.iter().filter_map(|symbol| symbol.grid);
    for grid in read {
        outline(&mut drawn, &grid, OUTLINE);
    }
    for grid in &everything.unread {
        outline(&mut drawn, grid, CORRECTED);
    }
    drawn
}

/// Half the width of an outline, in pixels.
const OUTLINE_HALF_PX: i64 = 1;

fn outline(drawn: &mut RgbImage, grid: &Grid, colour: Rgb<u8>) {
    let corners = grid.corners();
    for (place, from) in corners.iter().enumerate() {
        let to = corners[(place + 1) % 4];
        let steps = from.distance(to).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let share = step as f32 / steps;
            let x = (from.x + (to.x - from.x) * share) as i64;
            let y = (from.y + (to.y - from.y) * share) as i64;
            for (x, y) in (-OUTLINE_HALF_PX..=OUTLINE_HALF_PX)
                .flat_map(|dy| (-OUTLINE_HALF_PX..=OUTLINE_HALF_PX).map(move |dx| (x + dx, y + dy)))
            {
                if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                    && let Some(pixel) = drawn.get_pixel_mut_checked(x, y)
                {
                    *pixel = colour;
                }
            }
        }
    }
}
