//! A template's files: pictures and printers' own files, kept in its text so that one text is the whole template. PURE.
//!
//! A template that lies in a folder names files beside it; whoever reads it puts them into its text as a table
//! `[files]` ([`files_wanted`], [`with_files`]). So a template's hash covers all of it, and nothing of it can be lost
//! or half saved.

use crate::label::reader::{Reader, Table, place};
use crate::label::{LabelError, Mistake};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageReader};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Largest side of a picture in pixels.
const SIDE_MAX: u32 = 4_000;

/// The files in a template's text.
pub(super) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub(super) fn read(reader: &mut Reader, root: &Table) -> Files {
        let mut files = BTreeMap::new();
        if let Some((table, _)) = reader.optional_table(root, "files") {
            for (key, value) in table.iter() {
                let text = value.get_ref().as_str().unwrap_or_default();
                let text: String = text.split_ascii_whitespace().collect();
                match STANDARD.decode(text) {
                    Ok(bytes) => {
                        files.insert(key.get_ref().to_string(), bytes);
                    }
                    Err(_) => reader.wrong(value.span(), "A file stands in quotes, in base64."),
                }
            }
        }
        Files(files)
    }

    /// The bytes of a file; a mistake where it is not there.
    pub(super) fn bytes(
        &self,
        reader: &mut Reader,
        file: &str,
        span: Range<usize>,
    ) -> Option<&[u8]> {
        let found = self.0.get(file);
        if found.is_none() {
            let text = format!(
                "The file \"{file}\" is not there: it lies beside the template, with a plain name."
            );
            reader.wrong(span, text);
        }
        found.map(Vec::as_slice)
    }

    /// A PNG.
    pub(super) fn picture(
        &self,
        reader: &mut Reader,
        file: &str,
        span: Range<usize>,
    ) -> Option<GrayImage> {
        let bytes = self.bytes(reader, file, span.clone())?;
        let mut decoder = ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Png);
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(SIDE_MAX);
        limits.max_image_height = Some(SIDE_MAX);
        decoder.limits(limits);
        match decoder.decode() {
            Ok(picture) => Some(on_white(&picture.to_luma_alpha8())),
            Err(error) => {
                let text = format!(
                    "The file \"{file}\" is no PNG of at most {SIDE_MAX} × {SIDE_MAX} pixels: {error}."
                );
                reader.wrong(span, text);
                None
            }
        }
    }
}

/// What is transparent is paper.
fn on_white(picture: &image::GrayAlphaImage) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [luma, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let seen = (luma * alpha + 255 * (255 - alpha)) / 255;
        image::Luma([seen as u8])
    })
}

/// A file that a template speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWanted {
    /// Its name.
    pub name: String,
    /// Line and column where the template names it, from 1.
    pub at: (usize, usize),
}

impl FileWanted {
    /// It is a name and nothing more: the file lies beside the template.
    ///
    /// # Errors
    /// It is another path, or empty.
    pub fn check(&self) -> Result<(), LabelError> {
        match is_plain(&self.name) {
            true => Ok(()),
            false => Err(LabelError {
                mistakes: vec![Mistake {
                    at: Some(self.at),
                    text: not_plain(&self.name),
                }],
            }),
        }
    }
}

/// The files that a template's text speaks of and does not hold, each once, pictures first; none for a text that is no
/// right TOML.
pub fn files_wanted(text: &str) -> Vec<FileWanted> {
    let (root, _) = DeTable::parse_recoverable(text);
    let root = root.get_ref();
    let held = root.get("files").map(|files| files.get_ref());
    let is_held =
        |name: &str| matches!(held, Some(DeValue::Table(files)) if files.contains_key(name));
    let pictures = root
        .get("picture")
        .and_then(|list| list.get_ref().as_array());
    let pictures = pictures.into_iter().flat_map(|list| list.iter());
    let native = root.get("native").into_iter();
    let mut wanted: Vec<FileWanted> = Vec::new();
    for table in pictures.chain(native) {
        if let DeValue::Table(table) = table.get_ref()
            && let Some(file) = table.get("file")
            && let Some(name) = file.get_ref().as_str()
            && !is_held(name)
            && !wanted.iter().any(|known| known.name == name)
        {
            wanted.push(FileWanted {
                name: name.to_owned(),
                at: place(text, file.span().start),
            });
        }
    }
    wanted
}

/// The text with these files in it.
///
/// # Errors
/// A name that is more than a name (a folder before it), as a sentence.
pub fn with_files(text: &str, files: &[(String, Vec<u8>)]) -> Result<String, LabelError> {
    if files.is_empty() {
        return Ok(text.to_owned());
    }
    let mut whole = text.trim_end().to_owned();
    let (root, _) = DeTable::parse_recoverable(text);
    if !root.get_ref().contains_key("files") {
        whole.push_str("\n\n[files]");
    }
    for (name, bytes) in files {
        if !is_plain(name) {
            return Err(LabelError::one(not_plain(name)));
        }
        let encoded = STANDARD.encode(bytes);
        whole.push_str(&format!("\n\"{name}\" = \"{encoded}\""));
    }
    whole.push('\n');
    Ok(whole)
}

/// A template's text without its files, and the files, so that [`with_files`] makes the same text of both; a text whose
/// files were written into it in another way comes back whole.
pub fn files_apart(text: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let whole = || (text.to_owned(), Vec::new());
    let Some((before, held)) = text.rsplit_once("\n\n[files]\n") else {
        return whole();
    };
    let before = format!("{before}\n");
    let mut files = Vec::new();
    for line in held.lines() {
        let file = line
            .strip_prefix('"')
            .and_then(|line| line.strip_suffix('"'));
        let file = file.and_then(|file| file.split_once("\" = \""));
        let file = file.and_then(|(name, bytes)| Some((name, STANDARD.decode(bytes).ok()?)));
        let Some((name, bytes)) = file else {
            return whole();
        };
        files.push((name.to_owned(), bytes));
    }
    let wanted = files_wanted(&before);
    let names = wanted.iter().map(|file| &file.name);
    let the_same = names.eq(files.iter().map(|(name, _)| name));
    let again = with_files(&before, &files);
    match the_same && again.is_ok_and(|again| again == text) {
        true => (before, files),
        false => whole(),
    }
}

fn not_plain(name: &str) -> String {
    format!(
        "{name:?} is no plain name of a file: letters, digits, \".\", \"-\" and \"_\", and it lies beside the template."
    )
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.starts_with('.') && !name.is_empty() && name.chars().all(plain)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn files_come_out_of_a_text_as_they_went_in() {
        let text = "for = \"pack\"\n[[picture]]\nfile = \"b.png\"\n[native]\nfile = \"a.zpl\"\n";
        let files: Vec<(String, Vec<u8>)> = vec![
            ("b.png".to_owned(), vec![0, 1, 254, 255]),
            ("a.zpl".to_owned(), b"^XA\n^XZ".to_vec()),
        ];
        let wanted = files_wanted(text);
        let names: Vec<&str> = wanted.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["b.png", "a.zpl"]);
        let whole = with_files(text, &files).expect("plain names");
        assert_eq!(files_apart(&whole), (text.to_owned(), files));
        let by_hand = whole.replace("\" = \"", "\" =  \"");
        for same in [text, by_hand.as_str()] {
            assert_eq!(files_apart(same), (same.to_owned(), Vec::new()));
        }
    }
}
