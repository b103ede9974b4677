//! A label in a printer's language: what it cannot write, and how many bytes a label costs. PURE.

use super::{LintFinding, Severity};
use crate::label::PackData;
use crate::label::design::Design;
use crate::label::field::{LabelData, LabelField};
use crate::label::{LabelError, Template};
use vidimus_drivers::printer::Speech;

/// The promise for the bytes on the wire per pack, for languages that store formats.
pub const PACK_MAX_BYTES: usize = 100;

impl<F: LabelField> Design<F> {
    /// Why a printer of this language cannot write such a label itself, as a sentence; `None` when it can.
    pub fn hindrance<D: LabelData<Field = F>>(
        &self,
        speech: &Speech,
        data: &D,
        dpmm: u16,
    ) -> Option<String> {
        if let Some(native) = &self.native
            && native.language != speech.scheme
        {
            let (file, own) = (&native.file, &native.language);
            return Some(format!(
                "{file} is written in \"{own}\", and the printer speaks {}.",
                speech.name
            ));
        }
        let attempt = || -> Result<Option<String>, LabelError> {
            let format = self.format(data, dpmm)?;
            // A driver's words come without their full stop.
            if let Some(why) = speech.language.hindrance(&format) {
                return Ok(Some(format!("{why}.")));
            }
            let fields = self.fields(data)?;
            let written = speech.language.job(&format, &fields);
            Ok(written.err().map(|fault| format!("{fault}.")))
        };
        attempt().unwrap_or_else(|error| Some(error.to_string()))
    }

    /// Bytes on the wire for one such label, once the format is stored.
    ///
    /// # Errors
    /// The language cannot write it, or it cannot be laid out.
    pub fn bytes<D: LabelData<Field = F>>(
        &self,
        speech: &Speech,
        data: &D,
        dpmm: u16,
    ) -> Result<usize, LabelError> {
        let format = self.format(data, dpmm)?;
        let fields = self.fields(data)?;
        let written = speech.language.job(&format, &fields);
        let written = written.map_err(|fault| LabelError::one(format!("{fault}.")))?;
        Ok(written.len())
    }

    /// What is to be said of this label in this language.
    pub fn lint_language<D: LabelData<Field = F>>(
        &self,
        speech: &Speech,
        data: &D,
        dpmm: u16,
    ) -> Vec<LintFinding> {
        let finding = |severity, text| LintFinding {
            severity,
            text,
            places: Vec::new(),
        };
        match (self.hindrance(speech, data, dpmm), &self.native) {
            (None, _) => Vec::new(),
            (Some(why), Some(_)) => vec![finding(Severity::Error, why)],
            (Some(why), None) => {
                let text = format!(
                    "{} cannot write this label as it stands: {why} The station draws it and sends it as a picture.",
                    speech.name
                );
                vec![finding(Severity::Warning, text)]
            }
        }
    }
}

impl Template {
    /// More bytes go over the wire for each pack than are promised for languages that store formats.
    pub fn lint_bytes(&self, speech: &Speech, pack: &PackData, dpmm: u16) -> Option<LintFinding> {
        // What an authority wants on the pack is none of ours to keep short.
        let promised = PACK_MAX_BYTES + pack.tail.bytes();
        let bytes = self.bytes(speech, pack, dpmm).ok()?;
        (speech.stores_formats && bytes > promised).then(|| LintFinding {
            severity: Severity::Warning,
            text: format!(
                "{bytes} bytes go to the printer for each pack; {promised} are promised."
            ),
            places: Vec::new(),
        })
    }
}
