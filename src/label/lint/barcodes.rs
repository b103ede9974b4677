//! Bar codes are of sizes that print and that GS1 allows. PURE.

use super::{Findings, Severity};
use crate::label::ContainerTemplate;
use crate::label::field::ContainerField;
use crate::label::layout::{BarcodePlace, Layout};
use crate::label::market::Market;

/// Largest difference between the wanted and the printed module size that goes without a word.
const MODULE_TOLERANCE: f64 = 0.05;

/// Largest difference that is printed at all.
const MODULE_TOLERANCE_MAX: f64 = 0.20;

/// Fewest dots of a module that thermal printers print soundly.
const MODULE_MIN_DOTS: u32 = 2;

/// Module sizes GS1 allows for regulated healthcare products, in millimetres (General
/// Specifications, table 7).
const MODULE_RANGE_MM: (f64, f64) = (0.254, 0.990);

/// Module widths of GS1-128 on logistic units, in millimetres (General Specifications, symbol specification table 5).
const LOGISTIC_RANGE_MM: std::ops::RangeInclusive<f64> = 0.495..=1.016;

/// Least height of its bars there, in millimetres (the same table).
const BARS_MIN_MM: f64 = 31.75;

/// Greatest width with quiet zones, in millimetres (General Specifications 5.4.4.3).
const WIDTH_MAX_MM: f64 = 165.1;

/// Least width of a quiet zone, in modules (General Specifications 5.4.4.1).
const QUIET_MIN_MODULES: u32 = 10;

/// A module is near to what was wanted in whole dots, and has enough of them.
pub(super) fn lint_module(wanted: f64, place: &BarcodePlace, dpmm: u16, findings: &mut Findings) {
    let dots = place.module_dots;
    let printed = f64::from(dots) / f64::from(dpmm);
    let off = (printed - wanted).abs() / wanted;
    if off > MODULE_TOLERANCE {
        let severity = match off > MODULE_TOLERANCE_MAX {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let text = format!(
            "module_mm = {wanted} is {:.2} dots at {dpmm} dots/mm; {dots} whole dots give \
            {printed:.3} mm.",
            wanted * f64::from(dpmm)
        );
        findings.add_at(severity, text, &place.content);
    }
    if dots < MODULE_MIN_DOTS {
        let text = format!(
            "A module of {dots} dot does not print soundly; at least {MODULE_MIN_DOTS} are \
            needed."
        );
        findings.add_at(Severity::Error, text, &place.content);
    }
}

/// A module of a pack's symbol is of a size that GS1, or the market, allows.
pub(super) fn lint_range(
    symbol: &BarcodePlace,
    dpmm: u16,
    market: Option<&Market>,
    findings: &mut Findings,
) {
    let printed = f64::from(symbol.module_dots) / f64::from(dpmm);
    let (severity, (least, most), whose) = match market {
        Some(market) => (Severity::Error, market.module_mm, market.name.as_str()),
        None => (Severity::Warning, MODULE_RANGE_MM, "GS1, for medicines"),
    };
    if !(least..=most).contains(&printed) {
        let text =
            format!("A module of {printed:.3} mm is outside {least} to {most} mm ({whose}).");
        findings.add(severity, text);
    }
}

/// Bars on a logistic unit are as wide and high as GS1 asks.
pub(super) fn lint_logistic(place: &BarcodePlace, dpmm: u16, findings: &mut Findings) {
    let mm = |dots: u32| f64::from(dots) / f64::from(dpmm);
    let (name, module) = (&place.content, mm(place.module_dots));
    if !LOGISTIC_RANGE_MM.contains(&module) {
        let text = format!(
            "A module of {module:.3} mm is outside {} to {} mm, GS1's range for bars on logistic units.",
            LOGISTIC_RANGE_MM.start(),
            LOGISTIC_RANGE_MM.end()
        );
        findings.add_at(Severity::Error, text, name);
    }
    if mm(place.height) < BARS_MIN_MM - 0.5 / f64::from(dpmm) {
        let text = format!(
            "Bars of {:.1} mm are lower than the {BARS_MIN_MM} mm that GS1 asks for on logistic units.",
            mm(place.height)
        );
        findings.add_at(Severity::Warning, text, name);
    }
    let width = mm(place.width + 2 * place.quiet_dots);
    if width > WIDTH_MAX_MM {
        let text = format!(
            "A bar code of {width:.1} mm is too wide, {WIDTH_MAX_MM} mm are allowed: divide it into two."
        );
        findings.add_at(Severity::Error, text, name);
    }
    if place.quiet_dots < QUIET_MIN_MODULES * place.module_dots {
        let text = format!("A quiet zone of {QUIET_MIN_MODULES} modules is needed.");
        findings.add_at(Severity::Error, text, name);
    }
}

/// The bar code with the SSCC is the lowest (General Specifications 6.6.4).
pub(super) fn lint_order(template: &ContainerTemplate, layout: &Layout, findings: &mut Findings) {
    let bars = || layout.barcodes.iter().filter(|place| place.linear);
    let lowest = bars().max_by_key(|place| place.y);
    let is_sscc = |place: &BarcodePlace| {
        template.barcodes[place.number]
            .fields
            .contains(&ContainerField::Sscc)
    };
    if let (Some(lowest), Some(_)) = (lowest, bars().find(|place| is_sscc(place)))
        && !is_sscc(lowest)
    {
        let text = "The bar code with the SSCC (00) stands lowest on a logistic label.".to_owned();
        findings.add(Severity::Warning, text);
    }
}
