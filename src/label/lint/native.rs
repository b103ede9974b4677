//! A printer's own file: every field has a value, every value a field, and it only draws. PURE.

use super::{Findings, Severity};
use crate::label::design::Barcode;
use crate::label::field::LabelField;
use crate::label::native::{Native, NativeValue};
use vidimus_drivers::printer::zpl::native as zpl;

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

/// What a label must not hold is the driver's to know; whether fields and values fit each other is seen here.
fn lint_zpl<F: LabelField>(native: &Native<F>, findings: &mut Findings) {
    let file = &native.file;
    let mut error = |text: String| findings.add(Severity::Error, text);
    for wrong in zpl::mistakes(&native.text) {
        error(format!(
            "{file}:{}:{}: {}",
            wrong.line, wrong.column, wrong.text
        ));
    }
    let numbers = zpl::field_numbers(&native.text);
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
}
