//! Vidimus itself. Everything this crate knows of its interface stands in this file.

use super::{Answer, Content, Job, Place, Reader, Side};
use vidimus::vision::{Effort, Picture, Reading, read};

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

/// Line mode takes a [`Hint`](crate::hint::Hint).
pub fn line() -> Place {
    Err("this version of Vidimus has no reader that takes a hint")
}

/// The reader without a hint.
#[derive(Default)]
pub struct Blind {
    picture: Option<Picture>,
}

impl Reader for Blind {
    fn name(&self) -> &'static str {
        BLIND
    }

    fn side(&self) -> Side {
        Side::Ours
    }

    fn prepare(&mut self, job: &Job) {
        let of = job.picture;
        let (width, height) = (of.width as u32, of.height as u32);
        self.picture = Picture::from_luma(width, height, of.luma.clone()).ok();
    }

    fn read(&mut self, _: &Job) -> Answer {
        let Some(picture) = &self.picture else {
            return Answer::Nothing;
        };
        match read(picture, Effort::Line) {
            Reading::Read(symbol) => Answer::Read(Content::of_text(&symbol.content)),
            Reading::NoSymbol | Reading::NotDecodable(_) => Answer::Nothing,
        }
    }
}
