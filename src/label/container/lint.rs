//! What is wrong with a container's label at a printer's resolution, before the first one is printed. PURE.

use super::super::lint::{
    Area, Findings, LintFinding, Severity, lint_areas, lint_module, lint_words,
};
use super::{
    BarcodePlace, ContainerData, ContainerField, ContainerLayout, ContainerTemplate, LabelError,
};

/// Module widths of GS1-128 on logistic units, in millimetres (General Specifications, symbol specification table 5).
const MODULE_RANGE_MM: std::ops::RangeInclusive<f64> = 0.495..=1.016;

/// Least height of its bars there, in millimetres (the same table).
const BARS_MIN_MM: f64 = 31.75;

/// Greatest width with quiet zones, in millimetres (General Specifications 5.4.4.3).
const WIDTH_MAX_MM: f64 = 165.1;

/// Least width of a quiet zone, in modules (General Specifications 5.4.4.1).
const QUIET_MIN_MODULES: u32 = 10;

/// Widest module that `^BY` takes, in dots.
const ZPL_MODULE_MAX_DOTS: u32 = 10;

impl ContainerTemplate {
    /// Judges the template at this resolution with its [`ContainerTemplate::sample`].
    ///
    /// # Errors
    /// As [`ContainerTemplate::layout`].
    pub fn lint(&self, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        self.lint_with(&self.sample(), dpmm)
    }

    /// Judges the template at this resolution with what will really be printed.
    ///
    /// # Errors
    /// As [`ContainerTemplate::layout`].
    pub fn lint_with(
        &self,
        data: &ContainerData,
        dpmm: u16,
    ) -> Result<Vec<LintFinding>, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut findings = Findings::default();
        for place in &layout.barcodes {
            let barcode = &self.barcodes[place.number];
            lint_module(barcode.module_mm, place.module_dots, dpmm, |how, text| {
                findings.add_at(how, text, &place.content);
            });
            if place.linear {
                lint_bars(place, dpmm, &mut findings);
            }
        }
        self.lint_order(&layout, &mut findings);
        let mut areas: Vec<Area> = layout.barcodes.iter().map(area).collect();
        let below = layout
            .barcodes
            .iter()
            .filter_map(|place| place.text.as_ref());
        let texts: Vec<_> = below.chain(&layout.texts).collect();
        areas.extend(texts.iter().map(|text| Area::text(text)));
        lint_areas(
            (layout.width, layout.height),
            dpmm,
            &areas,
            &texts,
            &mut findings,
        );
        lint_words(
            self.texts.iter().flat_map(|text| text.constants()),
            &mut findings,
        );
        Ok(findings.0)
    }

    /// The bar code with the SSCC is the lowest (General Specifications 6.6.4).
    fn lint_order(&self, layout: &ContainerLayout, findings: &mut Findings) {
        let bars = || layout.barcodes.iter().filter(|place| place.linear);
        let lowest = bars().max_by_key(|place| place.y);
        let is_sscc = |place: &BarcodePlace| {
            self.barcodes[place.number]
                .fields
                .contains(&ContainerField::Sscc)
        };
        if let (Some(lowest), Some(_)) = (lowest, bars().find(|place| is_sscc(place)))
            && !is_sscc(lowest)
        {
            let text =
                "The bar code with the SSCC (00) stands lowest on a logistic label.".to_owned();
            findings.add(Severity::Warning, text);
        }
    }
}

fn lint_bars(place: &BarcodePlace, dpmm: u16, findings: &mut Findings) {
    let mm = |dots: u32| f64::from(dots) / f64::from(dpmm);
    let (name, module) = (&place.content, mm(place.module_dots));
    if !MODULE_RANGE_MM.contains(&module) {
        let text = format!(
            "A module of {module:.3} mm is outside {} to {} mm, GS1's range for bars on logistic units.",
            MODULE_RANGE_MM.start(),
            MODULE_RANGE_MM.end()
        );
        findings.add_at(Severity::Error, text, name);
    }
    if place.module_dots > ZPL_MODULE_MAX_DOTS {
        let text = format!(
            "A module of {} dots is wider than the {ZPL_MODULE_MAX_DOTS} that ZPL draws: use a printer of fewer \
             dots/mm, or narrower modules.",
            place.module_dots
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

/// What a bar code takes of the label with its quiet zone.
fn area(place: &BarcodePlace) -> Area {
    let beside = place.quiet_dots;
    let above = if place.linear { 0 } else { beside };
    let name = format!("the bar code {} with its quiet zone", place.content);
    Area::with_quiet_zone(
        name,
        (place.x, place.y),
        (place.width, place.height),
        (beside, above),
    )
}
