//! `--overlay FILE`: a picture with what was seen drawn over it, as a PNG file.

use super::look::Look;
use crate::record::Modules;
use crate::vision::overlay::{Overlay, draw};
use crate::vision::{Picture, frame};
use std::path::Path;

/// Least share of modules in which a symbol that cannot be decoded must agree with what we would have printed: printers
/// encode the same content in their own ways, and another way's modules say nothing about damage.
const SAME_WAY_MIN: f32 = 0.8;

/// Draws what was seen of a picture over it and writes it. `printed`: the modules as we would print them, for a symbol
/// that cannot be decoded; `lines` stand below the picture. `of` is the file of the picture itself, which is never
/// written over.
///
/// # Errors
/// The file cannot be written, as a sentence.
pub fn save(
    (of, file): (&Path, &Path),
    picture: &Picture,
    look: &Look,
    printed: Option<&Modules>,
    lines: &[String],
) -> Result<(), String> {
    if same_file(of, file) {
        return Err(
            "The overlay would be written over the picture itself: name another file.".to_owned(),
        );
    }
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
    let written = drawn.save_with_format(file, image::ImageFormat::Png);
    written.map_err(|error| {
        format!(
            "The overlay cannot be written to {}: {error}.",
            file.display()
        )
    })
}

fn encoded_alike(printed: &[bool], seen: &[bool]) -> bool {
    let same = printed.iter().zip(seen).filter(|(one, other)| one == other);
    same.count() as f32 >= SAME_WAY_MIN * printed.len() as f32
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
