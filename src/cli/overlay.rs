//! `--overlay FILE`: a picture with what was seen drawn over it, as a PNG file.

use crate::record::Modules;
use crate::vision::frame::Frame;
use crate::vision::overlay::{Overlay, draw, grade_lines};
use crate::vision::{Picture, outline};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Draws the overlay of a picture and writes it. `printed`: the modules that were printed, where that is known. Grades
/// stand below the lines, unless these hold the grades on record.
///
/// # Errors
/// The file cannot be written, as a sentence.
pub fn save(
    file: &Path,
    picture: &Picture,
    printed: Option<&Modules>,
    lines: &[String],
) -> Result<(), String> {
    // The reader is other people's code and the picture is anybody's: then there is a picture without grid.
    let found = catch_unwind(AssertUnwindSafe(|| outline(picture)))
        .ok()
        .flatten();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let frame = Frame::new(width, height, picture.luma()).expect("a picture has its pixels");
    let fits = |modules: &&Modules| {
        let size = found.as_ref().map(|found| found.grid.size);
        size.is_some_and(|size| {
            (size.rows, size.columns) == (modules.rows.into(), modules.columns.into())
        })
    };
    // What the symbol itself means, were it another pack's; only of one that cannot be decoded what was printed.
    let printed = printed.filter(fits).map(|modules| modules.dark.as_slice());
    let found = found.as_ref();
    let mut lines = lines.to_vec();
    if let Some(grades) = found.and_then(|found| found.grades)
        && !lines.iter().any(|line| line.starts_with("grade "))
    {
        lines.extend(grade_lines(&grades));
    }
    let overlay = Overlay {
        grid: found.map(|found| found.grid),
        seen: found.map(|found| found.modules.dark.as_slice()),
        truth: found.and_then(|found| found.truth.as_deref()).or(printed),
        quality: found.and_then(|found| found.quality.as_deref()),
        lines: &lines,
    };
    let drawn = draw(&frame, &overlay);
    let written = drawn.save_with_format(file, image::ImageFormat::Png);
    written.map_err(|error| {
        format!(
            "The overlay cannot be written to {}: {error}.",
            file.display()
        )
    })
}
