//! What is said about one content: its elements and forms, or its mistake; for programs and for people.

use super::lines::{Line, visible};
use crate::gs1::{
    Dictionary, Element, Elements, Form, Gs1Code, Gs1Error, LinkStyle, bracketed, digital_link,
    epc_urn, human_readable, raw_by, scan_data_by,
};
use serde::Serialize;
use std::io::{self, Write};

/// An answer in JSON.
#[derive(Serialize)]
pub(super) struct Answer {
    ok: bool,
    #[serde(flatten)]
    forms: Option<Forms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Gs1Error>,
}

impl From<Result<Option<Forms>, Gs1Error>> for Answer {
    fn from(judged: Result<Option<Forms>, Gs1Error>) -> Answer {
        let ok = judged.is_ok();
        let (forms, error) = match judged {
            Ok(forms) => (forms, None),
            Err(error) => (None, Some(error)),
        };
        Answer { ok, forms, error }
    }
}

/// A form that can be asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Named {
    /// `(01)…(21)…`
    Bracketed,
    /// `^01…^21…`
    Raw,
    /// The text under a symbol, a bar between its lines
    Hri,
    /// What a scanner sends for a GS1 Data Matrix
    ScanDm,
    /// A Digital Link
    DlUri,
    /// An EPC URN; needs --company-prefix-length
    EpcUrn,
}

/// Elements in all their forms.
#[derive(Serialize)]
pub(super) struct Forms {
    /// The form they came in.
    form: Form,
    elements: Vec<Element>,
    bracketed: String,
    raw: String,
    hri: String,
    scan_dm: String,
    dl_uri: Option<String>,
    epc_urn: Option<String>,
    /// Why there is no address or URN.
    #[serde(skip)]
    without: [Option<Gs1Error>; 2],
}

/// A form, or why there is none.
fn parted(written: Result<String, Gs1Error>) -> (Option<String>, Option<Gs1Error>) {
    match written {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(error)),
    }
}

impl Forms {
    /// `stem` begins addresses; `prefix` is the length of the company prefix, where it is known.
    pub(super) fn of(
        form: Form,
        elements: &Elements,
        dictionary: &Dictionary,
        (stem, prefix): (&str, Option<usize>),
    ) -> Forms {
        let style = LinkStyle {
            stem,
            ..LinkStyle::default()
        };
        let (dl_uri, no_link) = parted(digital_link(elements, dictionary, &style));
        let (epc_urn, no_urn) =
            prefix.map_or((None, None), |prefix| parted(epc_urn(elements, prefix)));
        let or_nothing = |text: String| {
            if elements.is_empty() {
                String::new()
            } else {
                text
            }
        };
        Forms {
            form,
            elements: elements.to_vec(),
            bracketed: bracketed(elements),
            raw: or_nothing(raw_by(elements, dictionary)),
            hri: human_readable(elements).join("|"),
            scan_dm: or_nothing(scan_data_by(elements, dictionary)),
            dl_uri,
            epc_urn,
            without: [no_link, no_urn],
        }
    }

    pub(super) fn one(&self, wanted: Named) -> Option<&str> {
        match wanted {
            Named::Bracketed => Some(&self.bracketed),
            Named::Raw => Some(&self.raw),
            Named::Hri => Some(&self.hri),
            Named::ScanDm => Some(&self.scan_dm),
            Named::DlUri => self.dl_uri.as_deref(),
            Named::EpcUrn => self.epc_urn.as_deref(),
        }
    }

    /// Whether a form that was asked for is there.
    pub(super) fn wanted(&self, wanted: Named, prefix: Option<usize>) -> Result<(), Gs1Error> {
        if self.one(wanted).is_some() {
            return Ok(());
        }
        let [no_link, no_urn] = &self.without;
        let why = match wanted {
            Named::EpcUrn if prefix.is_none() => {
                let text = "An EPC URN needs --company-prefix-length: the elements do not show it.";
                return Err(Gs1Error::new(Gs1Code::BadUrn, 0, text));
            }
            Named::EpcUrn => no_urn,
            _ => no_link,
        };
        // The place is one in the elements, not in the content.
        let why = why.as_ref().expect("what is not there has a reason");
        Err(Gs1Error::new(why.code, 0, why.text.clone()))
    }

    /// The elements with their titles, for people.
    pub(super) fn show_elements(
        &self,
        dictionary: &Dictionary,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.form == Form::Plain {
            return writeln!(
                out,
                "This symbol carries no GS1 elements (by its symbology identifier)."
            );
        }
        writeln!(out, "{}", self.bracketed)?;
        for one in &self.elements {
            let title = dictionary.get(&one.ai).map_or("", |entry| &entry.title);
            writeln!(out, "  ({}) {title:<28} {}", one.ai, one.value)?;
        }
        Ok(())
    }

    /// The forms, for people.
    pub(super) fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "bracketed  {}", self.bracketed)?;
        writeln!(out, "scan data  {}", visible(&self.scan_dm))?;
        writeln!(out, "raw        {}", self.raw)?;
        if let Some(address) = &self.dl_uri {
            writeln!(out, "link       {address}")?;
        }
        if let Some(urn) = &self.epc_urn {
            writeln!(out, "EPC        {urn}")?;
        }
        writeln!(out, "label      {}", self.hri.replace('|', "\n           "))
    }
}

/// The content with a caret below the mistake.
pub(super) fn show_error(line: &Line, error: &Gs1Error, out: &mut dyn Write) -> io::Result<()> {
    /// Columns of the line that are shown around the place.
    const SHOWN: usize = 60;
    let (before, after) = line
        .written
        .split_at(error.position.min(line.written.len()));
    let before: Vec<char> = visible(&String::from_utf8_lossy(before)).chars().collect();
    let start = before.len().saturating_sub(SHOWN);
    let after: String = visible(&String::from_utf8_lossy(after))
        .chars()
        .take(SHOWN)
        .collect();
    let shown: String = before[start..].iter().collect();
    writeln!(out, "{shown}{after}")?;
    writeln!(
        out,
        "{:width$}^ {}",
        "",
        error.text,
        width = before.len() - start
    )
}
