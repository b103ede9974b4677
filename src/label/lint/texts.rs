//! Texts can be read, can be drawn, and say what they seem to say. PURE.

use super::{Findings, Severity};
use crate::label::design::{Text, TextPart};
use crate::label::drawing::{FONT, can_draw, font};
use crate::label::field::LabelField;
use crate::label::layout::Layout;
use ab_glyph::FontRef;

/// Smallest text height of a printer's own font, in dots.
const TEXT_MIN_DOTS: u32 = 10;

/// Smallest text height that people read at arm's length, in millimetres: capitals of 0.7 of it, about 4 points.
const TEXT_MIN_MM: f64 = 1.0;

/// So many digits in a row that somebody typed look like a value that a field should give.
const TYPED_DIGITS: usize = 5;

pub(super) fn lint<F: LabelField>(
    texts: &[Text<F>],
    layout: &Layout,
    dpmm: u16,
    findings: &mut Findings,
) {
    for text in layout.all_texts() {
        let name = format!("\"{}\"", text.value);
        let mm = f64::from(text.height) / f64::from(dpmm);
        if text.height < TEXT_MIN_DOTS {
            let message = format!(
                "A text is {} dots high; below {TEXT_MIN_DOTS} it is hard to read.",
                text.height
            );
            findings.add_at(Severity::Warning, message, &name);
        } else if mm < TEXT_MIN_MM {
            let message =
                format!("A text is {mm:.2} mm high; below {TEXT_MIN_MM} mm it is hard to read.");
            findings.add_at(Severity::Warning, message, &name);
        }
    }
    let font = font();
    for text in texts {
        for constant in text.constants() {
            if let Some(message) = undrawn(&font, constant) {
                findings.add(Severity::Error, message);
            }
            let digits = constant.split(|c: char| !c.is_ascii_digit());
            if digits.into_iter().any(|run| run.len() >= TYPED_DIGITS) {
                let message = format!(
                    "The text \"{constant}\" holds a number that stays the same on every label: is a field meant?"
                );
                findings.add(Severity::Warning, message);
            }
        }
        lint_prefixes(text, findings);
        lint_dates(text, findings);
    }
}

/// Why our own drawing of this text would not be what was written, and what to do instead.
fn undrawn(font: &FontRef, text: &str) -> Option<String> {
    let missing = text.chars().find(|c| !can_draw(font, *c));
    let odd = missing.or_else(|| text.chars().find(|c| joined_script(*c).is_some()))?;
    let script = joined_script(odd);
    let of_script = script.map_or(String::new(), |script| format!(" of the {script} script"));
    let why = match missing {
        Some(_) => format!("our own font, {FONT}, has no letter for it"),
        None => "letters that join or run from right to left are not drawn rightly here".to_owned(),
    };
    Some(format!(
        "The text \"{text}\" has {odd:?}{of_script}, and {why}: bring these words as a [[picture]], or let the \
         printer's own file write the label ([native])."
    ))
}

/// The script of a letter that is written from right to left, or that joins or moves beside others.
fn joined_script(c: char) -> Option<&'static str> {
    Some(match u32::from(c) {
        0x0590..=0x05FF | 0xFB1D..=0xFB4F => "Hebrew",
        0x0600..=0x06FF | 0x0750..=0x077F | 0x0870..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => {
            "Arabic"
        }
        0x0700..=0x074F => "Syriac",
        0x0780..=0x086F => "Thaana, NKo, Samaritan or Mandaic",
        0x0900..=0x0DFF => "Indic",
        0x0E00..=0x109F => "Thai, Lao, Tibetan or Burmese",
        _ => return None,
    })
}

/// `(10)` in front of a field says which one it is.
fn lint_prefixes<F: LabelField>(text: &Text<F>, findings: &mut Findings) {
    for pair in text.parts.windows(2) {
        let (TextPart::Constant(before), Some(field)) = (&pair[0], pair[1].field()) else {
            continue;
        };
        let said = before.trim_end().strip_suffix(')');
        let said = said
            .and_then(|rest| rest.rsplit_once('('))
            .map(|(_, ai)| ai);
        let is_ai =
            |ai: &&str| (2..=4).contains(&ai.len()) && ai.bytes().all(|b| b.is_ascii_digit());
        if let Some(said) = said.filter(is_ai)
            && field.ai() != Some(said)
        {
            let name = field.name();
            let right = field.ai().unwrap_or("none");
            let message = format!("({said}) stands in front of {{{name}}}, whose AI is ({right}).");
            findings.add(Severity::Error, message);
        }
    }
}

fn lint_dates<F: LabelField>(text: &Text<F>, findings: &mut Findings) {
    for part in &text.parts {
        if let TextPart::Date(_, form) = part
            && form.is_ambiguous()
        {
            let message = format!(
                "A date as {form} can be taken for another one: write the year with four digits or the month with \
                 letters."
            );
            findings.add(Severity::Warning, message);
        }
    }
}
