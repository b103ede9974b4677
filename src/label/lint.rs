//! What is wrong with a template at a printer's resolution, before the first label is printed.
//! PURE.

use super::layout::{SymbolPlace, TextPlace};
use super::zpl::is_plain;
use super::{LabelError, PackData, Template, Text, ZPL_PACK_MAX_BYTES};
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It will not print as meant.
    Error,
    /// It will print; look at it.
    Warning,
}

/// Something a template does at a resolution that it should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintFinding {
    /// How bad.
    pub severity: Severity,
    /// What, and what to do, as sentences.
    pub text: String,
    /// What of the label it holds for, where several may do the same; each once.
    pub places: Vec<String>,
}

impl LintFinding {
    /// The text, with the places it holds for.
    pub fn sentence(&self) -> String {
        match self.places.is_empty() {
            true => self.text.clone(),
            false => format!("{} [{}]", self.text, self.places.join("; ")),
        }
    }
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{kind}: {}", self.sentence())
    }
}

/// Nothing that was found keeps this label from being printed as meant. `what`: the label, as a sentence begins.
///
/// # Errors
/// The first error that was found, or that it cannot be laid out at all; as a sentence.
pub fn is_sound(what: &str, found: Result<Vec<LintFinding>, LabelError>) -> Result<(), String> {
    let found = found.map_err(|error| error.to_string())?;
    let mut errors = found.iter().filter(|one| one.severity == Severity::Error);
    match errors.next() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{what} cannot be printed soundly: {}",
            first.sentence()
        )),
    }
}

/// Largest difference between the wanted and the printed module size that goes without a word.
const MODULE_TOLERANCE: f64 = 0.05;

/// Largest difference that is printed at all.
const MODULE_TOLERANCE_MAX: f64 = 0.20;

/// Fewest dots of a module that thermal printers print soundly.
const MODULE_MIN_DOTS: u32 = 2;

/// Module sizes GS1 allows for regulated healthcare products, in millimetres (General
/// Specifications, table 7).
const MODULE_RANGE_MM: std::ops::RangeInclusive<f64> = 0.254..=0.990;

/// Smallest text height of a printer's own font, in dots.
const TEXT_MIN_DOTS: u32 = 10;

/// What something takes of a label, in dots.
pub(super) struct Area {
    name: String,
    /// The quiet zone does not fit left of or above it: its width in dots.
    cut: Option<u32>,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn symbol(symbol: &SymbolPlace) -> Area {
        let (at, side, quiet) = ((symbol.x, symbol.y), symbol.side(), symbol.quiet_dots);
        let name = "the symbol with its quiet zone".to_owned();
        Area::with_quiet_zone(name, at, (side, side), (quiet, quiet))
    }

    /// A symbol at a corner, of a size, with so much quiet zone beside it and above it.
    pub(super) fn with_quiet_zone(
        name: String,
        (x, y): (u32, u32),
        (width, height): (u32, u32),
        (beside, above): (u32, u32),
    ) -> Area {
        Area {
            name,
            cut: (x < beside || y < above).then_some(beside),
            left: x.saturating_sub(beside),
            top: y.saturating_sub(above),
            right: x + width + beside,
            bottom: y + height + above,
        }
    }

    /// A line of text.
    pub(super) fn text(text: &TextPlace) -> Area {
        Area {
            cut: None,
            name: format!("the text \"{}\"", text.value),
            left: text.x,
            top: text.y,
            right: text.x + text.width(),
            bottom: text.y + text.height,
        }
    }

    fn overlaps(&self, other: &Area) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

impl Template {
    /// Judges the template at this resolution with [`Template::sample`].
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn lint(&self, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        self.lint_with(&self.sample(), dpmm)
    }

    /// Judges the template at this resolution with what will really be printed.
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn lint_with(&self, pack: &PackData, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        let layout = self.layout(pack, dpmm)?;
        let mut findings = Findings::default();
        let module_dots = layout.symbol.module_dots;
        lint_module(self.symbol.module_mm, module_dots, dpmm, |how, text| {
            findings.add(how, text);
        });
        lint_range(module_dots, dpmm, &mut findings);
        let mut areas = vec![Area::symbol(&layout.symbol)];
        areas.extend(layout.texts.iter().map(Area::text));
        let texts: Vec<&TextPlace> = layout.texts.iter().collect();
        let size = (layout.width, layout.height);
        lint_areas(size, dpmm, &areas, &texts, &mut findings);
        self.lint_language(pack, &mut findings);
        Ok(findings.0)
    }

    fn lint_language(&self, pack: &PackData, findings: &mut Findings) {
        lint_words(self.texts.iter().flat_map(Text::constants), findings);
        // What an authority wants on the pack is none of ours to keep short.
        let promised = ZPL_PACK_MAX_BYTES + pack.tail.bytes();
        match self.zpl_bytes_per_pack(pack) {
            Ok(bytes) if bytes > promised => {
                let text = format!(
                    "{bytes} bytes go to the printer for each pack; {promised} are promised."
                );
                findings.add(Severity::Warning, text);
            }
            Ok(_) => {}
            Err(error) => findings.add(Severity::Error, error.to_string()),
        }
    }
}

/// Findings so far.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<LintFinding>);

impl Findings {
    /// One more, about the label.
    pub(super) fn add(&mut self, severity: Severity, text: String) {
        self.find(severity, text);
    }

    /// One more, about this part of it; what was found of another part already is one finding of both.
    pub(super) fn add_at(&mut self, severity: Severity, text: String, place: &str) {
        let places = &mut self.find(severity, text).places;
        if !places.iter().any(|known| known == place) {
            places.push(place.to_owned());
        }
    }

    fn find(&mut self, severity: Severity, text: String) -> &mut LintFinding {
        let same = |one: &LintFinding| one.severity == severity && one.text == text;
        let place = self.0.iter().position(same).unwrap_or_else(|| {
            self.0.push(LintFinding {
                severity,
                text,
                places: Vec::new(),
            });
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}

/// A module is near to what was wanted in whole dots, and has enough of them.
pub(super) fn lint_module(
    wanted: f64,
    dots: u32,
    dpmm: u16,
    mut find: impl FnMut(Severity, String),
) {
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
        find(severity, text);
    }
    if dots < MODULE_MIN_DOTS {
        let text = format!(
            "A module of {dots} dot does not print soundly; at least {MODULE_MIN_DOTS} are \
            needed."
        );
        find(Severity::Error, text);
    }
}

/// A module of a pack's symbol is of a size that GS1 allows.
fn lint_range(dots: u32, dpmm: u16, findings: &mut Findings) {
    let printed = f64::from(dots) / f64::from(dpmm);
    if !MODULE_RANGE_MM.contains(&printed) {
        let text = format!(
            "A module of {printed:.3} mm is outside {} to {} mm, GS1's range for medicines.",
            MODULE_RANGE_MM.start(),
            MODULE_RANGE_MM.end()
        );
        findings.add(Severity::Warning, text);
    }
}

/// Constant texts are such that ZPL prints them.
pub(super) fn lint_words<'t>(texts: impl Iterator<Item = &'t str>, findings: &mut Findings) {
    for constant in texts.filter(|text| !is_plain(text)) {
        let text = format!(
            "The text \"{constant}\" has a character that ZPL cannot print as it stands (printable ASCII \
             without ^ and ~ is wanted)."
        );
        findings.add(Severity::Error, text);
    }
}

/// Everything lies on the label, nothing over another thing, and texts can be read.
pub(super) fn lint_areas(
    (width, height): (u32, u32),
    dpmm: u16,
    areas: &[Area],
    texts: &[&TextPlace],
    findings: &mut Findings,
) {
    let mm = |dots: u32| f64::from(dots) / f64::from(dpmm);
    for quiet in areas.iter().filter_map(|area| area.cut) {
        let text = format!(
            "The quiet zone of {:.2} mm does not fit left of or above the symbol.",
            mm(quiet)
        );
        findings.add(Severity::Error, text);
    }
    for (place, area) in areas.iter().enumerate() {
        let right = area.right.saturating_sub(width);
        let down = area.bottom.saturating_sub(height);
        for (over, side) in [(right, "right"), (down, "lower")] {
            if over > 0 {
                let text = format!(
                    "{} runs {:.2} mm over the {side} edge of the label.",
                    capital(&area.name),
                    mm(over)
                );
                findings.add(Severity::Error, text);
            }
        }
        for other in areas[..place].iter().filter(|other| area.overlaps(other)) {
            let text = format!("{} overlaps {}.", capital(&area.name), other.name);
            findings.add(Severity::Error, text);
        }
    }
    for text in texts.iter().filter(|text| text.height < TEXT_MIN_DOTS) {
        let message = format!(
            "A text is {} dots high; below {TEXT_MIN_DOTS} it is hard to read.",
            text.height
        );
        findings.add_at(Severity::Warning, message, &format!("\"{}\"", text.value));
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{built_in, built_in_text};

    fn errors(template: &Template, dpmm: u16) -> Vec<String> {
        let findings = template.lint(dpmm).unwrap();
        findings
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn the_built_in_template_is_clean_at_the_usual_resolutions() {
        let template = built_in("pharma-pack").unwrap();
        for dpmm in [8, 12, 24] {
            assert_eq!(errors(&template, dpmm), [""; 0], "{dpmm} dots/mm");
        }
        assert!(template.lint(0).is_err());
        assert!(template.lint(1000).is_err());
    }

    #[test]
    fn every_lot_fits_the_symbols_place() {
        let template = built_in("pharma-pack").unwrap();
        let mut pack = PackData::sample();
        pack.lot = "ABCDEFGHJKLMN-PQRSTU".parse().unwrap();
        let findings = template.lint_with(&pack, 8).unwrap();
        let texts: Vec<_> = findings.iter().map(|finding| &finding.text).collect();
        assert!(
            texts.iter().all(|text| !text.contains("symbol")),
            "{texts:?}"
        );
        assert!(
            texts
                .iter()
                .any(|text| text.contains("LOT ABC") && text.contains("right edge"))
        );
    }

    #[test]
    fn each_fault_is_found() {
        let good = built_in_text("pharma-pack").unwrap();
        let cases = [
            ("module_mm = 0.5", "module_mm = 0.45", "whole dots"),
            ("module_mm = 0.5", "module_mm = 0.1", "soundly"),
            ("module_mm = 0.5", "module_mm = 0.6", "overlaps"),
            ("at_mm = [1.0, 1.0]", "at_mm = [0.2, 1.0]", "quiet zone"),
            ("at_mm = [16.0, 7.8]", "at_mm = [16.0, 15.8]", "lower edge"),
            ("at_mm = [16.0, 7.8]", "at_mm = [25.0, 7.8]", "right edge"),
            ("\"EXP {expiry}\"", "\"E^P {expiry}\"", "ZPL"),
            ("\"EXP {expiry}\"", "\"EXP {serial}\"", "bytes go"),
        ];
        for (old, new, wanted) in cases {
            let template = Template::parse(&good.replace(old, new)).unwrap();
            let found = errors(&template, 8);
            assert!(
                found.iter().any(|text| text.contains(wanted)),
                "{new}: {found:?}"
            );
        }
    }
}
