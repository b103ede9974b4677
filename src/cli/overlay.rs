//! `--overlay FILE`: a picture with what was seen drawn over it, as a PNG file.

use super::look::Look;
use crate::record::Modules;
use crate::vision::overlay::{Overlay, draw};
use crate::vision::{Picture, frame};
use std::path::Path;

/// Draws what was seen of a picture over it and writes it. `printed`: the modules that were printed, where that is
/// known; `lines` stand below the picture.
///
/// # Errors
/// The file cannot be written, as a sentence.
pub fn save(
    file: &Path,
    picture: &Picture,
    look: &Look,
    printed: Option<&Modules>,
    lines: &[String],
) -> Result<(), String> {
    let grid = look.grid();
    let fits = |modules: &&Modules| {
        grid.is_some_and(|grid| {
            (grid.size.rows, grid.size.columns) == (modules.rows.into(), modules.columns.into())
        })
    };
    let known = printed.filter(fits).map(|modules| modules.dark.as_slice());
    let graded = look.graded.as_ref();
    let drawn = draw(
        &frame(picture),
        &Overlay {
            grid,
            seen: look.sampled(),
            truth: known.or(graded.map(|graded| graded.truth.as_slice())),
            quality: graded.map(|graded| graded.modulation.as_slice()),
            lines,
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
