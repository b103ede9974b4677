//! `--overlay FILE`: a picture with what was seen drawn over it, as a PNG file.

use super::exit::{Exit, Failure};
use super::look::Look;
use super::output::{Before, Output, is_no_stream};
use crate::record::Modules;
use crate::vision::damage::encoded_alike;
use crate::vision::overlay::{Overlay, draw};
use crate::vision::{Picture, frame};
use std::path::Path;

/// Draws what was seen of a picture over it and writes it. `printed`: the modules as we would print them, for a symbol
/// that cannot be decoded; `lines` stand below the picture. `of` is the file of the picture itself, which is never
/// written over.
///
/// # Errors
/// As [`open`], and the disk's.
pub fn save(
    (of, file): (&Path, &Path),
    picture: &Picture,
    look: &Look,
    printed: Option<&Modules>,
    lines: &[String],
) -> Result<(), Failure> {
    let out = open(of, file)?;
    let grid = look.grid();
    let fits = |modules: &&Modules| {
        grid.is_some_and(|grid| {
            (grid.size.rows, grid.size.columns) == (modules.rows.into(), modules.columns.into())
        }) && encoded_alike(&modules.dark, look.sampled().unwrap_or_default())
    };
    let known = || printed.filter(fits).map(|modules| modules.dark.as_slice());
    let graded = look.graded.as_ref();
    let drawn = draw(
        &frame(picture),
        &Overlay {
            grid,
            seen: look.sampled(),
            truth: graded.map(|graded| graded.truth.as_slice()).or_else(known),
            quality: graded.map(|graded| graded.modulation.as_slice()),
            lines,
        },
    );
    out.write_png(&drawn)
}

/// Tries the place of an overlay of a picture.
///
/// # Errors
/// It is the picture itself or standard output, or nothing can be written there.
pub fn open(of: &Path, file: &Path) -> Result<Output, Failure> {
    let what = "The overlay";
    is_no_stream(what, file, "the answer goes there. Name a file.")?;
    if same_file(of, file) {
        let text = "The overlay would be written over the picture itself: name another file.";
        return Err(Failure::new(Exit::Usage, text));
    }
    Output::open(what, file, Before::Replaced)
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
