//! Vidimus itself. Everything this crate knows of its interface stands in this file.

use super::{Answer, Content, Job, Place, Reader, Side};
use crate::hint::PLACE_TOLERANCE_MODULES;
use vidimus::vision::geometry::Point;
use vidimus::vision::grade::Context;
use vidimus::vision::locate::Hint;
use vidimus::vision::size::Size;
use vidimus::vision::{Effort, Picture, Reading, frame, read};

/// Line mode's name.
pub const LINE: &str = "vidimus-line";
/// Blind mode's name.
pub const BLIND: &str = "vidimus";

/// A picture file's pixels, turned grey the way Vidimus does it, so that every reader sees the same.
///
/// # Errors
/// What the bytes have instead of a picture.
pub fn grey(bytes: &[u8]) -> Result<crate::material::Picture, String> {
    let picture = Picture::decode(bytes).map_err(|why| why.to_string())?;
    Ok(crate::material::Picture {
        width: picture.width() as usize,
        height: picture.height() as usize,
        luma: picture.luma().to_vec(),
    })
}

/// Line mode takes a [`Hint`](crate::hint::Hint): size, pitch and place; the turn is left to the reader. It has no
/// figure for pictures without a hint, where it would be blind mode under another name.
pub fn line() -> Place {
    Ok(Box::new(Ours::new(LINE)))
}

/// Our reader with all that belongs to a look at a pack: reading, second opinion and grades.
pub struct Ours {
    name: &'static str,
    reader: vidimus::vision::reader::Reader,
    picture: Option<Picture>,
}

impl Ours {
    /// The reader under one of its names.
    pub fn new(name: &'static str) -> Ours {
        Ours {
            name,
            reader: vidimus::vision::reader::Reader::new(),
            picture: None,
        }
    }
}

/// What the reader is told in line mode.
fn hint(job: &Job) -> Option<Hint> {
    let known = job.hint?;
    let (x, y) = known.centre;
    Some(Hint {
        size: Size::of(known.rows, known.columns)?,
        pitch_px: known.pitch_px as f32,
        centre: Point::new(x as f32, y as f32),
        // What the hint may be wrong by, along both axes at once.
        reach_px: (known.pitch_px * PLACE_TOLERANCE_MODULES * 1.5) as f32,
    })
}

impl Reader for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn side(&self) -> Side {
        Side::Ours
    }

    fn prepare(&mut self, job: &Job) {
        let of = job.picture;
        let (width, height) = (of.width as u32, of.height as u32);
        self.picture = Picture::from_luma(width, height, of.luma.clone()).ok();
    }

    fn read(&mut self, job: &Job) -> Answer {
        if self.name == LINE && job.hint.is_none() {
            return Answer::NotApplicable;
        }
        let Some(picture) = &self.picture else {
            return Answer::Nothing;
        };
        let hint = match self.name {
            LINE => hint(job),
            _ => None,
        };
        match read(&mut self.reader, picture, hint.as_ref(), Effort::Line) {
            Reading::Read(symbol) => {
                if let Some(grid) = symbol.grid {
                    let context = Context::default();
                    std::hint::black_box(self.reader.grade(&frame(picture), &grid, context));
                }
                Answer::Read(Content::of_text(&symbol.content))
            }
            Reading::NoSymbol | Reading::NotDecodable(_) => Answer::Nothing,
        }
    }
}
