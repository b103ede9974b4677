//! What every language asks of formats and values alike, judged once, before a language sees them. PURE.

use super::format::{Artwork, Format, JobContent};
use crate::Fault;

/// Longest value of one field, in bytes (the limit of ZPL's `^BX` field data, the narrowest of those that are known).
pub const FIELD_VALUE_MAX: usize = 3_072;
/// Most fields of one job.
pub const FIELDS_MAX: usize = 32;
/// Highest number of a field.
pub const FIELD_NUMBER_MAX: u16 = 9_999;
/// Longest format in a printer's own language, in bytes.
pub const FORMAT_MAX: usize = 64 * 1024;
/// Most marks of a format.
pub const MARKS_MAX: usize = 256;
/// Longest side of a label or a picture, in dots: 1.3 m at 24 dots/mm.
pub const SIDE_DOTS_MAX: u32 = 32_000;
/// Largest picture, in bytes of 8 dots: 100 × 150 mm at 24 dots/mm is a quarter of it.
pub const PICTURE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Judges a format.
///
/// # Errors
/// What is wrong, as a sentence without its full stop.
pub fn format(format: &Format) -> Result<(), String> {
    let name = &format.name;
    if !(1..=8).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(format!(
            "{name:?} is not a format name of 1 to 8 letters or digits"
        ));
    }
    let sides = 1..=SIDE_DOTS_MAX;
    if !sides.contains(&format.width) || !sides.contains(&format.length) {
        return Err(format!(
            "the format {name} is {} × {} dots; a side has 1 to {SIDE_DOTS_MAX}",
            format.width, format.length
        ));
    }
    match &format.artwork {
        Artwork::Native(text) if text.len() > FORMAT_MAX => Err(format!(
            "the format {name} is longer than {FORMAT_MAX} bytes"
        )),
        Artwork::Marks(marks) if marks.len() > MARKS_MAX => {
            Err(format!("the format {name} has more than {MARKS_MAX} marks"))
        }
        _ => Ok(()),
    }
}

/// Judges what a label says.
///
/// # Errors
/// [`Fault::Refused`], and why.
pub fn label(label: &JobContent) -> Result<(), Fault> {
    let refused = |why: String| Err(Fault::Refused(why));
    let numbered = match label {
        JobContent::Fields { numbered, .. } => numbered,
        JobContent::Picture(dots) => {
            let side = dots.width().max(dots.height());
            let is_empty = dots.rows().is_empty();
            if is_empty || side > SIDE_DOTS_MAX || dots.rows().len() > PICTURE_BYTES_MAX {
                return refused(format!("{dots:?} is no picture that a printer takes"));
            }
            return Ok(());
        }
    };
    if numbered.is_empty() || numbered.len() > FIELDS_MAX {
        return refused(format!(
            "a label has 1 to {FIELDS_MAX} fields, not {}",
            numbered.len()
        ));
    }
    for (index, (number, value)) in numbered.iter().enumerate() {
        let mut earlier = numbered[..index].iter();
        if earlier.any(|(earlier, _)| earlier == number) {
            return refused(format!("field {number} is given twice"));
        }
        if !(1..=FIELD_NUMBER_MAX).contains(number) {
            return refused(format!(
                "field {number} is not from 1 to {FIELD_NUMBER_MAX}"
            ));
        }
        if value.len() > FIELD_VALUE_MAX {
            return refused(format!(
                "field {number} is longer than {FIELD_VALUE_MAX} bytes"
            ));
        }
    }
    Ok(())
}
