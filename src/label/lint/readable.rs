//! What the symbol says can be read by people beside it, in the words and forms that the market asks for. PURE.

use super::{Findings, Severity};
use crate::label::design::{Template, Text, TextPart};
use crate::label::field::{Field, LabelField as _};
use crate::label::market::{Market, Readable};

/// Elements that people look for on a pack.
const LOOKED_FOR: [Field; 4] = [Field::Gtin, Field::Serial, Field::Expiry, Field::Lot];

pub(super) fn lint(template: &Template, findings: &mut Findings) {
    if template.native.is_some() {
        return; // What stands in a printer's own file cannot be seen from here.
    }
    match template.market {
        Some(market) => lint_market(template, market, findings),
        None => lint_unasked(template, findings),
    }
}

fn lint_unasked(template: &Template, findings: &mut Findings) {
    let symbol = &template.symbol().fields;
    for field in LOOKED_FOR.iter().filter(|field| symbol.contains(field)) {
        if texts_with(template, *field).next().is_none() {
            let text = format!(
                "The symbol carries {} ({}), and no text shows it.",
                field.name(),
                Field::ai(*field)
            );
            findings.add(Severity::Warning, text);
        }
    }
}

fn lint_market(template: &Template, market: &Market, findings: &mut Findings) {
    let name = &market.name;
    let symbol = &template.symbol().fields;
    for field in market
        .elements
        .iter()
        .filter(|field| !symbol.contains(field))
    {
        let (ai, what) = (Field::ai(*field), field.name());
        let text = format!("The symbol lacks ({ai}), {what} ({name}).");
        findings.add(Severity::Error, text);
    }
    for readable in &market.readable {
        lint_readable(template, market, readable, findings);
    }
}

fn lint_readable(
    template: &Template,
    market: &Market,
    readable: &Readable,
    findings: &mut Findings,
) {
    let (field, name) = (readable.field, &market.name);
    let what = field.name();
    if texts_with(template, field).next().is_none() {
        let text = format!("People must be able to read {what}, and no text shows it ({name}).");
        findings.add(Severity::Error, text);
        return;
    }
    let has_word = |text: &Text| {
        readable.words.is_empty()
            || words_of(template, text)
                .iter()
                .any(|said| readable.words.iter().any(|word| says(said, word)))
    };
    if !texts_with(template, field).any(has_word) {
        let wanted = readable.words.join(" or ");
        let text =
            format!("No {wanted} stands in front of {what}, beside it or above it ({name}).");
        findings.add(Severity::Error, text);
    }
    let has_form = |text: &Text| {
        text.parts.iter().any(|part| match part {
            TextPart::Date(shown, form) => *shown == field && readable.forms.contains(form),
            _ => false,
        })
    };
    if !readable.forms.is_empty() && !texts_with(template, field).any(has_form) {
        let forms: Vec<String> = readable.forms.iter().map(ToString::to_string).collect();
        let text = format!(
            "The date {what} is in none of the forms {} ({name}): write {{{what}:{}}}.",
            forms.join(", "),
            forms[0]
        );
        findings.add(Severity::Error, text);
    }
}

fn texts_with(template: &Template, field: Field) -> impl Iterator<Item = &Text> {
    let shows = move |text: &&Text| text.fields().any(|shown| shown == field);
    template.texts.iter().filter(shows)
}

/// Constant words that belong to a text: its own, and those of lines to its left or right above it.
fn words_of(template: &Template, text: &Text) -> Vec<String> {
    let own = text.constants().map(str::to_owned);
    let is_word = |other: &&Text| other.fields().next().is_none();
    let belongs = |other: &&Text| {
        let beside = (other.at.y - text.at.y).abs() < text.height_mm && other.at.x < text.at.x;
        let reach = 2.0 * other.height_mm.max(text.height_mm);
        let above = (other.at.x - text.at.x).abs() < text.height_mm
            && other.at.y < text.at.y
            && text.at.y - other.at.y < reach;
        beside || above
    };
    let others = template.texts.iter().filter(is_word).filter(belongs);
    let others = others.flat_map(|other| other.constants().map(str::to_owned).collect::<Vec<_>>());
    own.chain(others).collect()
}

fn says(text: &str, word: &str) -> bool {
    let plain = |text: &str| text.to_uppercase();
    plain(text).contains(&plain(word))
}
