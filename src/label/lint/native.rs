//! A printer's own file: every field has a value, every value a field, and the printer counts nothing by itself. PURE.

use super::{Findings, Severity};
use crate::label::design::Barcode;
use crate::label::field::LabelField;
use crate::label::native::{Native, NativeValue};

pub(super) fn lint<F: LabelField>(
    native: &Native<F>,
    barcodes: &[Barcode<F>],
    findings: &mut Findings,
) {
    if native.language == "zpl" {
        lint_zpl(native, findings);
    }
    for place in 0..barcodes.len() {
        let printed = |value: &NativeValue<F>| *value == NativeValue::Barcode(place);
        if !native.fields.iter().any(|(_, value)| printed(value)) {
            let text = format!(
                "No field of {} gets the content of bar code {}: [[native.field]] barcode = {}.",
                native.file,
                place + 1,
                place + 1
            );
            findings.add(Severity::Error, text);
        }
    }
}

/// Zebra, "ZPL II Programming Guide": `^FN`, `^SN`, `^SF`, `^PQ`, `^BX`.
fn lint_zpl<F: LabelField>(native: &Native<F>, findings: &mut Findings) {
    let file = &native.file;
    let mut error = |text: String| findings.add(Severity::Error, text);
    let commands: Vec<&str> = native.text.split('^').skip(1).collect();
    let of = |name: &str| {
        let found = commands.iter().filter_map(|command| {
            let (head, rest) = command.split_at_checked(2)?;
            head.eq_ignore_ascii_case(name)
                .then(|| rest.trim_end().to_owned())
        });
        found.collect::<Vec<String>>()
    };
    let mut numbers: Vec<u16> = Vec::new();
    for rest in of("FN") {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(number) => numbers.push(number),
            Err(_) => error(format!("{file} has a ^FN without a number.")),
        }
    }
    for number in &numbers {
        if !native.fields.iter().any(|(known, _)| known == number) {
            error(format!(
                "Field {number} of {file} gets no value: write [[native.field]] number = {number}."
            ));
        }
    }
    for (number, _) in &native.fields {
        if !numbers.contains(number) {
            error(format!(
                "{file} has no ^FN{number}, and the template gives it a value."
            ));
        }
    }
    for counter in ["SN", "SF"] {
        if !of(counter).is_empty() {
            error(format!(
                "{file} lets the printer count by itself (^{counter}): a printer that restarts repeats numbers. Give \
                 the field a value."
            ));
        }
    }
    for rest in of("PQ") {
        let copies = rest.split(',').next().unwrap_or_default();
        if copies != "1" && !copies.is_empty() {
            error(format!(
                "{file} prints {copies} labels at once (^PQ{rest}); one is wanted."
            ));
        }
    }
    for rest in of("BX") {
        let parameters: Vec<&str> = rest.split(',').collect();
        if parameters.get(2) != Some(&"200") {
            error(format!(
                "A Data Matrix of {file} is not of quality 200 (^BX{rest})."
            ));
        }
        if parameters.get(6) != Some(&"_") {
            error(format!(
                "A Data Matrix of {file} does not name its escape character: the seventh parameter of ^BX{rest} must \
                 be _, or FNC1 is lost."
            ));
        }
    }
    let whole = native.text.trim();
    if !whole.starts_with("^XA") || !whole.ends_with("^XZ") {
        error(format!("{file} does not begin with ^XA and end with ^XZ."));
    }
}
