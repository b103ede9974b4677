//! What the text of a batch's packs must be, made once a batch, and the check of one pack against it. PURE.

use super::super::frame::Frame;
use super::super::grid::Grid;
use super::{FieldReport, FieldState, TextChecker, TextReference, TextScratch};
use crate::record::{TextFault, TextFinding, TextSeen};
use std::sync::Arc;

/// A line of text that carries the pack's serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    /// Which field of the reference.
    pub field: usize,
    /// What stands before, between and after the serial, which comes once between every two of them.
    pub around: Vec<String>,
}

/// The text of a batch: glyphs, places and constant lines, and where the serial goes. Shared by all workers.
#[derive(Debug)]
pub struct TextStandard {
    checker: TextChecker,
    reference: TextReference,
    serials: Vec<SerialLine>,
}

impl TextStandard {
    /// What every pack of a batch must show. `reference` is that of any pack of it; in the fields of `serials` the text
    /// is made anew for every pack.
    pub fn new(
        checker: TextChecker,
        reference: TextReference,
        serials: Vec<SerialLine>,
    ) -> TextStandard {
        TextStandard {
            checker,
            reference,
            serials,
        }
    }
}

/// Checks the text of one pack after the other; keeps what it needs for that, so that the packs of a batch cost no
/// memory of their own.
#[derive(Debug, Default)]
pub struct TextInspector {
    standard: Option<Arc<TextStandard>>,
    reference: TextReference,
    scratch: TextScratch,
}

impl TextInspector {
    /// What the next packs must show; `None`: their text is not looked at.
    pub fn demand(&mut self, standard: Option<&Arc<TextStandard>>) {
        let same = match (&self.standard, standard) {
            (Some(known), Some(wanted)) => Arc::ptr_eq(known, wanted),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.reference =
                standard.map_or_else(TextReference::default, |one| one.reference.clone());
            self.standard = standard.cloned();
        }
    }

    /// Looks at the text beside the symbol at `grid`. `NotChecked` when none is demanded, or when a serial is and the
    /// pack has none.
    pub fn look(&mut self, frame: &Frame, grid: &Grid, serial: Option<&str>) -> TextSeen {
        let Some(standard) = &self.standard else {
            return TextSeen::NotChecked;
        };
        for line in &standard.serials {
            let Some(serial) = serial else {
                return TextSeen::NotChecked;
            };
            let text = &mut self.reference.fields[line.field].text;
            text.clear();
            for (place, part) in line.around.iter().enumerate() {
                if place > 0 {
                    text.push_str(serial);
                }
                text.push_str(part);
            }
        }
        let reports = standard
            .checker
            .check(frame, grid, &self.reference, &mut self.scratch);
        seen(reports, &self.reference)
    }

    /// What the last look found, line by line, in the order of the label's lines.
    pub fn reports(&self) -> &[FieldReport] {
        &self.scratch.report
    }
}

/// What a check of all lines comes to: the first line that is surely wrong, else the first that is not surely right. A
/// label without any text has nothing to be right.
pub fn seen(reports: &[FieldReport], reference: &TextReference) -> TextSeen {
    let doubt = |report: &&FieldReport| match report.state {
        FieldState::Missing | FieldState::Differs { .. } => 0,
        FieldState::Illegible { .. } => 1,
        FieldState::Legible | FieldState::TooSmall | FieldState::OutOfView => 2,
    };
    let bad = reports
        .iter()
        .filter(|report| !report.is_legible())
        .min_by_key(doubt);
    match bad.and_then(|report| Some((fault(report.state)?, report.field))) {
        Some((fault, field)) => TextSeen::Wrong(TextFinding {
            field: reference.fields[field].name.clone(),
            line: reference.fields[field].text.clone(),
            fault,
        }),
        None if reports.is_empty() => TextSeen::NotChecked,
        None => TextSeen::Sound,
    }
}

/// As it goes on record; places count from 1 there.
fn fault(state: FieldState) -> Option<TextFault> {
    let place = |position: usize| u8::try_from(position + 1).unwrap_or(u8::MAX);
    Some(match state {
        FieldState::Legible => return None,
        FieldState::Missing => TextFault::Missing,
        FieldState::Differs {
            position,
            expected,
            looks_like,
        } => TextFault::Differs {
            position: place(position),
            expected,
            looks_like,
        },
        FieldState::Illegible { position, expected } => TextFault::Illegible {
            position: place(position),
            expected,
        },
        FieldState::TooSmall => TextFault::TooSmall,
        FieldState::OutOfView => TextFault::OutOfView,
    })
}
