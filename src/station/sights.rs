//! What places of the screen show besides the view: pages of packs, rejects with their picture, lives, past alarms, the
//! audit trail and label templates, read from the store by a connection of its own, in the thread of whoever asks. The
//! line hears nothing of it, and each question reads a bounded part of the store.

mod packs;
mod past;
mod rejects;
mod templates;

use super::lookup::found_pack;
use crate::config::Config;
use crate::record::LabelText;
use crate::trace::{Archive, TraceError};
use crate::wire::{LINE_MAX, Question, Sight};
use serde::Serialize;
use std::path::PathBuf;

/// Rows of a page.
const PAGE_ROWS: usize = 60;
/// Bytes of the rows of a page: a line of the socket has room for them, and for the rest of the answer.
const PAGE_BYTES: usize = LINE_MAX / 2;
/// Longest text of a row, in characters.
const TEXT_CHARS: usize = 600;

/// Answers questions, one after the other.
pub(super) struct Sights {
    archive: Archive,
    /// The template that the station file names.
    file: Option<LabelText>,
    /// The printer's dots per millimetre.
    dpmm: u16,
    /// Where the pictures of rejects lie.
    data_dir: PathBuf,
    rejects: rejects::Memory,
}

impl Sights {
    /// Answers them from this store.
    pub(super) fn new(archive: Archive, config: &Config) -> Sights {
        // Printers of one station have the same head.
        let dpmm = config.printers.first().map_or(8, |printer| printer.dpmm);
        Sights {
            archive,
            file: super::file_label(config).ok(),
            dpmm: u16::try_from(dpmm).unwrap_or(u16::MAX),
            data_dir: config.station.data_dir.clone(),
            rejects: rejects::Memory::default(),
        }
    }

    /// What is to be seen.
    ///
    /// # Errors
    /// It is not on record, or the store cannot be read.
    pub(super) fn look(&mut self, question: &Question) -> Result<Sight, TraceError> {
        let archive = &self.archive;
        let kept = (self.data_dir.as_path(), &mut self.rejects);
        archive.at_one_state(|| match question {
            Question::Packs { before, find } => {
                packs::page(archive, *before, find.as_deref()).map(Sight::Packs)
            }
            Question::Pack { pack } => {
                found_pack(archive, *pack).map(|found| Sight::Pack(Box::new(found)))
            }
            Question::Life { of, seen } => past::life(archive, of, *seen).map(Sight::Life),
            Question::Audit { before, words } => {
                past::audit(archive, *before, words).map(Sight::Audit)
            }
            Question::Rejects { before, shown } => rejects::page(archive, kept, *before, *shown)
                .map(|seen| Sight::Rejects(Box::new(seen))),
            Question::PastAlarms { seen } => past::alarms(archive, *seen).map(Sight::PastAlarms),
            Question::Templates { shown } => {
                templates::page(archive, (self.file.as_ref(), self.dpmm), *shown)
                    .map(Sight::Templates)
            }
            // The store knows none of these: the reception answers about people, `Lookup::look` about devices.
            Question::People => Err(TraceError::Unknown("people".to_owned())),
            Question::Exchanges { device } | Question::Shots { device } => {
                Err(TraceError::Unknown(device.clone()))
            }
        })
    }
}

/// A page that is being filled.
struct Page<T> {
    rows: Vec<T>,
    bytes: usize,
}

impl<T: Serialize> Page<T> {
    fn new() -> Page<T> {
        let (rows, bytes) = (Vec::new(), 0);
        Page { rows, bytes }
    }

    /// Takes a row, if there is room for it; an empty page has room for any.
    fn take(&mut self, row: T) -> bool {
        let bytes = serde_json::to_vec(&row).map_or(PAGE_BYTES, |text| text.len());
        let fits = self.rows.len() < PAGE_ROWS && self.bytes + bytes <= PAGE_BYTES;
        let takes = fits || self.rows.is_empty();
        if takes {
            self.bytes += bytes;
            self.rows.push(row);
        }
        takes
    }
}

/// A text that fits in a row.
fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_page_ends_before_its_line_is_too_long_and_is_never_empty() {
        let mut page = Page::new();
        let small = (0..).take_while(|no: &u32| page.take(*no)).count();
        assert_eq!((small, page.rows.len()), (PAGE_ROWS, PAGE_ROWS));
        let long = "\u{1b}".repeat(PAGE_BYTES);
        let mut page = Page::new();
        assert!(
            page.take(long.clone()) && !page.take(long),
            "one, whatever it is"
        );
        let text = bounded(&"ä".repeat(TEXT_CHARS + 1));
        assert_eq!(text.chars().count(), TEXT_CHARS + 1);
        assert!(text.ends_with("ä…") && bounded("short") == "short");
    }
}
