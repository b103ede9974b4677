//! Ink where a line of text must have none: in its blanks, and beside it as far as the label leaves room. PURE.

use super::judge::Judge;
use super::register::Place;
use super::strip::Window;
use super::{CELL_ROWS, SHIFT_MAX_MM, TextField};

/// Samples kept off characters: their blur, and what the line's stretch is wrong by, reach so far.
const OFF_TEXT: f32 = 7.0;

/// Samples kept off the characters on both sides of a blank.
const BLANK_EDGE: f32 = 3.0;

/// Side of the box whose mean ink is looked at, in samples: a full stop fills a third of it.
const BOX: usize = 6;

/// Samples from one box to the next.
const STEP: usize = 2;

/// Ink of a box above that of its surroundings, as a share of the symbol's, from which something is printed there.
const INK_MIN: f32 = 0.2;

/// The surroundings: this share of all boxes has less ink.
const SURROUNDINGS: f32 = 0.25;

/// Samples kept off whatever limits the room, besides: the blur of its edge.
const EDGE: f32 = 6.0;

/// Modules kept off the symbol.
const QUIET: f32 = 1.0;

/// Samples beside a line that are looked at; twenty characters.
const ROOM_MAX: f32 = 20.0 * CELL_ROWS as f32;

impl Judge<'_> {
    /// The first place with ink in a blank of the line or beside it: before which character, and where. Whatever it
    /// is: a character too many need not be one we know, nor follow at once.
    pub(super) fn ink_beside(&mut self, field: &TextField) -> Option<(usize, Place)> {
        let (room_from, room_to) = self.room(field);
        for at in 0..self.lines.places.len() {
            let place = self.lines.places[at];
            let (middle, half) = (
                place.centre + place.right,
                place.width as f32 / 2.0 - BLANK_EDGE,
            );
            if place.character == ' '
                && let Some(found) = self.ink_between(field, &place, middle - half, middle + half)
            {
                return Some((at, found));
            }
        }
        let (first, last) = (*self.lines.places.first()?, *self.lines.places.last()?);
        let (from, to) = (
            first.right - OFF_TEXT,
            self.lines.length + last.right + OFF_TEXT,
        );
        if let Some(found) = self.ink_between(field, &first, room_from.max(from - ROOM_MAX), from) {
            return Some((0, found));
        }
        let found = self.ink_between(field, &last, to, room_to.min(to + ROOM_MAX))?;
        Some((self.lines.places.len(), found))
    }

    /// How far the line's surroundings are free, in samples from the field's corner. A printer may make the symbol
    /// larger than we would: where it was seen counts. Whatever else limits the room may lie as far off its place as a
    /// line.
    fn room(&self, field: &TextField) -> (f32, f32) {
        let sample = field.height / CELL_ROWS as f32;
        let samples = |modules: f32| (modules - field.x) / sample;
        let off = SHIFT_MAX_MM / self.module_mm;
        let (mut from, mut to) = (field.free_from + off, field.free_to - off);
        let size = self.grid.size;
        let beside_symbol = field.y < size.rows as f32 + QUIET && field.y + field.height > -QUIET;
        if beside_symbol && field.x > 0.0 {
            from = from.max(size.columns as f32 + QUIET);
        }
        if beside_symbol && field.x < 0.0 {
            to = to.min(-QUIET);
        }
        (samples(from) + EDGE, samples(to) - EDGE)
    }

    /// Where there is ink in the height of the line between two places, in samples from the field's corner.
    fn ink_between(
        &mut self,
        field: &TextField,
        beside: &Place,
        from: f32,
        to: f32,
    ) -> Option<Place> {
        let columns = (to.floor() - from.ceil()).max(0.0) as usize;
        let window = Window {
            left: from.ceil() as i32,
            top: beside.down.round() as i32,
            columns,
            rows: CELL_ROWS,
        };
        if columns < BOX || !self.strip.fill(self.frame, self.grid, field, window) {
            return None;
        }
        let (column, over) = self.strip.inkiest(BOX, STEP, SURROUNDINGS)?;
        let middle = window.left as f32 + column as f32 + BOX as f32 / 2.0;
        (over >= INK_MIN * self.contrast.max(1.0)).then_some(Place {
            character: ' ',
            entry: None,
            centre: middle - beside.right,
            ..*beside
        })
    }
}
