//! Label templates: what stands where on a pack or a container, for the printer, for the camera and for the eye. PURE.
//!
//! A template is one text (`templates/labels/<name>/label.toml`), the same for packs and containers; which fields it
//! may name is all that differs ([`Field`], [`ContainerField`]). From one layout in dots ([`Design::layout`]) come
//! the marks for a printer of any language ([`Design::format`], [`Design::fields`]), the label drawn by ourselves
//! ([`Design::drawn`]), what is wrong with it ([`Template::lint`]) and what the camera must find
//! ([`Template::expectation`], [`Template::text_reference`]).

mod built_in;
mod container;
mod date;
mod design;
mod drawing;
mod field;
mod format;
mod glyphs;
mod layout;
mod lint;
mod market;
mod native;
mod pack;
mod parse;
mod reader;
mod sketch;

pub use built_in::{
    built_in, built_in_names, built_in_text, container_names, container_template, container_text,
};
pub use container::{ContainerData, IdentifiedBy};
pub use date::DateForm;
pub use design::{
    AtMm, Barcode, BarcodeKind, BoxMark, ContainerTemplate, Design, Longest, PictureMark, Template,
    Text, TextPart,
};
pub use drawing::{half_blocks, picture};
pub use field::{ContainerField, Field, LabelData, LabelField};
pub use glyphs::drawn_glyphs;
pub use layout::{BarcodePlace, BoxPlace, Layout, PicturePlace, TextPlace};
pub use lint::{LintFinding, PACK_MAX_BYTES, Severity, is_sound};
pub use market::{Market, Readable, market, market_names};
pub use native::{Native, NativeValue};
pub use pack::PackData;
pub use parse::{FileWanted, files_apart, files_wanted, is_for, with_files};

use crate::gs1::FieldError;
use crate::record::TemplateHash;
use sha2::{Digest, Sha256};
use std::fmt;

/// A mistake in a template or in what shall be printed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line and column of the template, from 1, where it is the template's.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what is wanted, as a sentence.
    pub text: String,
}

/// Everything that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelError {
    /// The mistakes in the order of their places; never empty.
    pub mistakes: Vec<Mistake>,
}

impl LabelError {
    /// One mistake that has no place in a template.
    pub fn one(text: impl Into<String>) -> LabelError {
        let text = text.into();
        LabelError {
            mistakes: vec![Mistake { at: None, text }],
        }
    }
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.mistakes.iter().enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            match mistake.at {
                Some((line, column)) => {
                    write!(f, "{end}Line {line}, column {column}: {}", mistake.text)?;
                }
                None => write!(f, "{end}{}", mistake.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for LabelError {}

impl From<FieldError> for LabelError {
    fn from(error: FieldError) -> LabelError {
        LabelError::one(error.to_string())
    }
}

fn hash_of(text: &str) -> TemplateHash {
    TemplateHash(Sha256::digest(text.as_bytes()).into())
}
