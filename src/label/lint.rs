//! What is wrong with a template at a printer's resolution, before the first label is printed.
//! PURE.

mod areas;
mod barcodes;
mod language;
mod native;
mod readable;
mod texts;

pub use language::PACK_MAX_BYTES;

use super::design::{ContainerTemplate, Design, Longest, Template};
use super::field::{LabelData, LabelField};
use super::{ContainerData, LabelError, PackData};
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

/// Findings so far.
#[derive(Default)]
struct Findings(Vec<LintFinding>);

impl Findings {
    /// One more, about the label.
    fn add(&mut self, severity: Severity, text: String) {
        self.find(severity, text);
    }

    /// One more, about this part of it; what was found of another part already is one finding of both.
    fn add_at(&mut self, severity: Severity, text: String, place: &str) {
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

impl<F: LabelField> Design<F> {
    /// What holds for every kind of label.
    fn lint_marks<D: LabelData<Field = F>>(
        &self,
        data: &D,
        dpmm: u16,
    ) -> Result<Findings, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut findings = Findings::default();
        for place in &layout.barcodes {
            let barcode = &self.barcodes[place.number];
            barcodes::lint_module(barcode.module_mm, place, dpmm, &mut findings);
        }
        if let Err(error) = self.check_dates(data) {
            findings.add(Severity::Error, error.to_string());
        }
        match &self.native {
            Some(native) => native::lint(native, &self.barcodes, &mut findings),
            None => {
                areas::lint(&layout, dpmm, &mut findings);
                texts::lint(&self.texts, &layout, dpmm, &mut findings);
            }
        }
        Ok(findings)
    }
}

impl Template {
    /// Judges the template at this resolution: with [`Template::sample`], with the longest values it promises room for,
    /// and by what its market asks.
    ///
    /// # Errors
    /// As [`Design::layout`].
    pub fn lint(&self, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        let mut findings = self.lint_with(&self.sample(), dpmm)?;
        let longest = self.lint_with(&self.longest_pack(), dpmm);
        only_at_longest(&mut findings, longest, self.longest);
        Ok(findings)
    }

    /// Judges the template at this resolution with what will really be printed, and by what its market asks.
    ///
    /// # Errors
    /// As [`Design::layout`].
    pub fn lint_with(&self, pack: &PackData, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        let layout = self.layout(pack, dpmm)?;
        let mut findings = self.lint_marks(pack, dpmm)?;
        let symbol = layout.symbol();
        barcodes::lint_range(symbol, dpmm, self.market, &mut findings);
        readable::lint(self, &mut findings);
        if let Err(error) = self.check(pack) {
            findings.add(Severity::Error, error.to_string());
        }
        Ok(findings.0)
    }
}

impl ContainerTemplate {
    /// Judges the template at this resolution with its [`ContainerTemplate::sample`] and with the longest values it
    /// promises room for.
    ///
    /// # Errors
    /// As [`Design::layout`].
    pub fn lint(&self, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        let mut findings = self.lint_with(&self.sample(), dpmm)?;
        let longest = self.lint_with(&self.longest_container(), dpmm);
        only_at_longest(&mut findings, longest, self.longest);
        Ok(findings)
    }

    /// Judges the template at this resolution with what will really be printed.
    ///
    /// # Errors
    /// As [`Design::layout`].
    pub fn lint_with(
        &self,
        data: &ContainerData,
        dpmm: u16,
    ) -> Result<Vec<LintFinding>, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut findings = self.lint_marks(data, dpmm)?;
        for place in layout.barcodes.iter().filter(|place| place.linear) {
            barcodes::lint_logistic(place, dpmm, &mut findings);
        }
        barcodes::lint_order(self, &layout, &mut findings);
        Ok(findings.0)
    }
}

/// What goes wrong with the longest values alone is said with the values.
fn only_at_longest(
    findings: &mut Vec<LintFinding>,
    longest: Result<Vec<LintFinding>, LabelError>,
    longest_values: Longest,
) {
    let Longest { serial, lot } = longest_values;
    let with = format!("With a serial of {serial} and a lot of {lot} characters");
    match longest {
        Err(error) => findings.push(LintFinding {
            severity: Severity::Error,
            text: format!("{with}: {error}"),
            places: Vec::new(),
        }),
        Ok(found) => {
            let errors = found
                .into_iter()
                .filter(|one| one.severity == Severity::Error);
            let new: Vec<LintFinding> = errors
                .filter(|one| !findings.iter().any(|known| known.text == one.text))
                .map(|one| LintFinding {
                    text: format!(
                        "{with}: {} Promise less in [longest], or make room.",
                        one.text
                    ),
                    ..one
                })
                .collect();
            findings.extend(new);
        }
    }
}

#[cfg(test)]
mod test;
