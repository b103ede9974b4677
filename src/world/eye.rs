//! Who looks at pictures in a world: at most of them module by module, in some worlds at every pixel, always with the
//! product's own decoder and comparison. PURE.

use crate::record::{Outcome, PictureOrigin, Verdict};
use crate::station::workers::Job;
use crate::vision::decode::Decoder;
use crate::vision::size::Size;
use crate::vision::{Inspector, Picture, verify_modules};

/// Pictures smaller than this on their longer side have one pixel a module.
const SKETCH_SIDE_MAX: u32 = 180;

/// Grey between ink and paper of a sketch.
const THRESHOLD: u8 = 128;

/// Looks at one picture after the other.
#[derive(Default)]
pub struct Eye {
    inspector: Inspector,
    decoder: Decoder,
}

impl Eye {
    /// What a picture comes to.
    pub fn verdict(&mut self, job: &Job) -> Verdict {
        let Ok(picture) = Picture::decode(&job.frame.body) else {
            return Verdict::without_picture(Outcome::NoPicture);
        };
        let picture = picture.with_counter(job.frame.counter);
        if picture.width().max(picture.height()) >= SKETCH_SIDE_MAX {
            self.inspector.demand_text(job.text.as_ref());
            return self.inspector.verify(&picture, &job.expectation);
        }
        let verdict = match modules(&picture) {
            None => Verdict::without_picture(Outcome::NoSymbol),
            Some((size, soft)) => verify_modules(&mut self.decoder, size, &soft, &job.expectation),
        };
        let origin: PictureOrigin = picture.origin();
        Verdict {
            picture: Some(origin),
            ..verdict
        }
    }
}

/// The modules of a sketch: everything between its outermost dark pixels, if that is a symbol's size.
fn modules(picture: &Picture) -> Option<(&'static Size, Vec<f32>)> {
    let (width, luma) = (picture.width() as usize, picture.luma());
    let dark = |row: usize, column: usize| luma[row * width + column] < THRESHOLD;
    let rows = 0..luma.len() / width;
    let columns = 0..width;
    let row_has = |row: &usize| columns.clone().any(|column| dark(*row, column));
    let column_has = |column: &usize| rows.clone().any(|row| dark(row, *column));
    let (top, bottom) = (rows.clone().find(row_has)?, rows.clone().rfind(row_has)?);
    let (left, right) = (
        columns.clone().find(column_has)?,
        columns.clone().rfind(column_has)?,
    );
    let size = Size::of(bottom - top + 1, right - left + 1)?;
    let mut soft = Vec::with_capacity(size.rows * size.columns);
    for row in top..=bottom {
        soft.extend((left..=right).map(|column| if dark(row, column) { 1.0 } else { -1.0 }));
    }
    Some((size, soft))
}
