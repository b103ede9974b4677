//! `--overlay FILE`: a picture with what was seen drawn over it, as a PNG file.

use crate::record::Modules;
use crate::vision::grade::Context;
use crate::vision::grid::Grid;
use crate::vision::overlay::{Overlay, draw, grade_lines};
use crate::vision::reader::{Reader, Sight};
use crate::vision::{Picture, frame};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What was seen of a symbol.
struct Seen {
    grid: Grid,
    sampled: Vec<bool>,
    /// As corrected, where it could be decoded.
    truth: Option<Vec<bool>>,
    /// Modulation of each module, where it was graded.
    quality: Option<Vec<f32>>,
    grades: Vec<String>,
}

fn look(picture: &Picture) -> Option<Seen> {
    let frame = frame(picture);
    let mut reader = Reader::new();
    match reader.look(&frame, None) {
        Sight::Nothing => None,
        Sight::Undecodable(grid) => Some(Seen {
            grid,
            sampled: reader.sampled().to_vec(),
            truth: None,
            quality: None,
            grades: Vec::new(),
        }),
        Sight::Read { grid, .. } => {
            let context = Context {
                lossless: picture.origin().lossless,
                ..Context::default()
            };
            let report = reader.grade(&frame, &grid, context);
            Some(Seen {
                grid,
                sampled: reader.sampled().to_vec(),
                truth: Some(reader.decoded().modules()),
                quality: Some(reader.grader().modulation().to_vec()),
                grades: grade_lines(&report.grades).to_vec(),
            })
        }
    }
}

/// Draws the overlay of a picture and writes it. `printed`: the modules that were printed, where that is known.
///
/// # Errors
/// The file cannot be written, as a sentence.
pub fn save(
    file: &Path,
    picture: &Picture,
    printed: Option<&Modules>,
    lines: &[String],
) -> Result<(), String> {
    // The picture is anybody's: should the reader fail on it, there is a picture without grid.
    let seen = catch_unwind(AssertUnwindSafe(|| look(picture)))
        .ok()
        .flatten();
    let fits = |modules: &&Modules| {
        let size = seen.as_ref().map(|seen| seen.grid.size);
        size.is_some_and(|size| {
            (size.rows, size.columns) == (modules.rows.into(), modules.columns.into())
        })
    };
    let known = printed.filter(fits).map(|modules| modules.dark.as_slice());
    let corrected = seen.as_ref().and_then(|seen| seen.truth.as_deref());
    let graded: Vec<String> = seen.iter().flat_map(|seen| seen.grades.clone()).collect();
    // The caller's own lines may hold the grades on record already.
    let lines = match lines.iter().any(|line| graded.contains(line)) {
        true => lines.to_vec(),
        false => [lines, &graded].concat(),
    };
    let drawn = draw(
        &frame(picture),
        &Overlay {
            grid: seen.as_ref().map(|seen| seen.grid),
            seen: seen.as_ref().map(|seen| seen.sampled.as_slice()),
            truth: known.or(corrected),
            quality: seen.as_ref().and_then(|seen| seen.quality.as_deref()),
            lines: &lines,
        },
    );
    let written = drawn.save_with_format(file, image::ImageFormat::Png);
    written.map_err(|error| {
        format!(
            "The overlay cannot be written to {}: {error}.",
            file.display()
        )
    })
}
