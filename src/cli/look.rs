//! One look at a picture, for the commands that read, grade, draw or teach: nothing is read twice.

use super::input;
use crate::vision::grade::{Diagnosis, Report};
use crate::vision::grid::Grid;
use crate::vision::overlay::grade_lines;
use crate::vision::reader::Reader;
use crate::vision::teach::Lesson;
use crate::vision::{Effort, PICTURE_MAX_BYTES, Picture, Reading, Setup, frame, read};
use std::io::{self, Read};
use std::path::Path;

/// What came of it.
pub struct Look {
    /// What was read.
    pub reading: Reading,
    /// Grades, where a symbol was read whose place is known.
    pub graded: Option<Graded>,
}

/// A symbol's grades, and what they were made of.
pub struct Graded {
    /// Where the symbol lies.
    pub grid: Grid,
    /// The grades.
    pub report: Report,
    /// What a weak print suffers from, strongest first.
    pub looks_like: Vec<Diagnosis>,
    /// Its modules, corrected, row by row; `true` is dark.
    pub truth: Vec<bool>,
    /// Modulation of each module.
    pub modulation: Vec<f32>,
}

impl Look {
    /// Reads a picture and grades what was read. `setup` says what is known of the camera.
    pub fn at(reader: &mut Reader, picture: &Picture, setup: &Setup, effort: Effort) -> Look {
        let reading = read(reader, picture, None, effort);
        let grid = match &reading {
            Reading::Read(symbol) => symbol.grid,
            Reading::NoSymbol | Reading::NotDecodable(_) => None,
        };
        let graded = grid.map(|grid| {
            let mut context = setup.context();
            context.lossless = picture.origin().lossless;
            let frame = frame(picture);
            let report = reader.grade(&frame, &grid, context);
            let looks_like = reader.diagnose(&frame, &report, context).to_vec();
            Graded {
                grid,
                report,
                looks_like,
                truth: reader.decoded().modules(),
                modulation: reader.grader().modulation().to_vec(),
            }
        });
        Look { reading, graded }
    }

    /// Where the symbol lies, read or not.
    pub fn grid(&self) -> Option<Grid> {
        match &self.reading {
            Reading::Read(symbol) => symbol.grid,
            Reading::NotDecodable(undecoded) => undecoded.grid,
            Reading::NoSymbol => None,
        }
    }

    /// The modules as sampled, row by row.
    pub fn sampled(&self) -> Option<&[bool]> {
        let modules = match &self.reading {
            Reading::Read(symbol) => symbol.modules.as_ref(),
            Reading::NotDecodable(undecoded) => undecoded.modules.as_ref(),
            Reading::NoSymbol => None,
        };
        modules.map(|modules| modules.dark.as_slice())
    }

    /// The grades as lines below a picture.
    pub fn grade_lines(&self) -> Vec<String> {
        let of = |graded: &Graded| grade_lines(&graded.report.grades).to_vec();
        self.graded.as_ref().map_or_else(Vec::new, of)
    }

    /// What the picture says of the camera; `None` where no symbol was read whose place is known.
    pub fn lesson(&self, picture: &Picture) -> Option<Lesson> {
        let graded = self.graded.as_ref()?;
        Lesson::of(&frame(picture), &graded.grid, &graded.truth, &graded.report)
    }
}

/// The bytes of a file; one more than a picture may have is enough to refuse it.
///
/// # Errors
/// It cannot be read, as a sentence.
pub fn load(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |error: io::Error| format!("The file cannot be read: {error}.");
    let file = input::open(path).map_err(wrong)?;
    if path.is_dir() {
        return Err(match std::fs::read_dir(path) {
            Ok(_) => "This folder holds no pictures (png, jpg, jpeg, pgm).".to_owned(),
            Err(error) => format!("This folder cannot be read: {error}."),
        });
    }
    let mut bytes = Vec::new();
    file.take(PICTURE_MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(wrong)?;
    Ok(bytes)
}
