//! What is read: generated frames with their truth, and pictures of folders with the content that stands beside them.

use crate::reader::Content;
use std::path::{Path, PathBuf};

/// An 8-bit grey picture, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width × height` greys, 0 is black.
    pub luma: Vec<u8>,
}

impl Picture {
    /// The picture turned by 90° clockwise.
    pub fn turned(&self) -> Picture {
        let mut luma = Vec::with_capacity(self.luma.len());
        for column in 0..self.width {
            luma.extend(
                (0..self.height)
                    .rev()
                    .map(|row| self.luma[row * self.width + column]),
            );
        }
        Picture {
            width: self.height,
            height: self.width,
            luma,
        }
    }
}

/// Where the symbol of a generated frame lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Outer corners of the symbol in its own orientation: top left, top right, bottom right, bottom left, in
    /// pixel-edge coordinates.
    pub corners: [(f64, f64); 4],
    /// Modules down, finder and clock track included.
    pub rows: usize,
    /// Modules across.
    pub columns: usize,
    /// Light modules on a dark ground.
    pub inverted: bool,
    /// Seen in a mirror.
    pub mirrored: bool,
}

/// What a reader should give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// This content.
    Content(Vec<u8>),
    /// Nothing: there is no symbol.
    NoSymbol,
    /// Nobody wrote it down: a content counts as read and is not judged.
    Unknown,
}

impl Expected {
    /// Whether a content is right; `None` when nobody knows.
    pub fn judge(&self, content: &Content) -> Option<bool> {
        match self {
            Expected::Unknown => None,
            Expected::NoSymbol => Some(false),
            Expected::Content(wanted) => {
                let is = |wanted: &[u8]| {
                    content.bytes == wanted
                        || content
                            .text
                            .as_ref()
                            .is_some_and(|text| text.as_bytes() == wanted)
                };
                // Editors end a text file with a line end that the symbol does not have.
                let line = wanted.strip_suffix(b"\n").unwrap_or(wanted);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                Some(is(wanted) || is(line))
            }
        }
    }
}

/// One thing to read.
pub struct Item {
    /// Condition or folder.
    pub group: String,
    /// Step of the degradation, where there are steps.
    pub step: Option<u8>,
    /// What tells it from the others, fit for a file name.
    pub name: String,
    /// The pixels.
    pub picture: Picture,
    /// What a reader should give.
    pub expected: Expected,
    /// Where the symbol lies, of generated frames.
    pub truth: Option<Truth>,
    /// Whether a station would have a hint: it is a generated frame.
    pub generated: bool,
}

/// A picture file and whether it is known to have no symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The picture.
    pub path: PathBuf,
    /// It lies in a folder of pictures without a symbol.
    pub empty: bool,
}

/// All picture files in these folders and in the folders below them, in the order of their names. What lies in one of
/// `empty` has no symbol, also where a folder of `folders` holds it.
///
/// # Errors
/// A folder that cannot be read, or one without any picture.
pub fn files(folders: &[PathBuf], empty: &[PathBuf]) -> Result<Vec<File>, String> {
    let mut found = Vec::new();
    for folder in folders.iter().chain(empty) {
        let before = found.len();
        walk(folder, &mut found)?;
        if found.len() == before {
            let folder = folder.display();
            return Err(format!(
                "{folder} has no PNG, JPEG or PGM picture in it or below it."
            ));
        }
    }
    found.sort();
    found.dedup();
    let is_empty = |path: &Path| empty.iter().any(|folder| path.starts_with(folder));
    let file = |path: PathBuf| File {
        empty: is_empty(&path),
        path,
    };
    Ok(found.into_iter().map(file).collect())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let cannot = |why: std::io::Error| format!("{} cannot be read: {why}.", folder.display());
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let kind = path.extension().unwrap_or_default().to_ascii_lowercase();
        if path.is_dir() {
            walk(&path, found)?;
        } else if ["png", "jpg", "jpeg", "pgm"]
            .iter()
            .any(|known| kind == *known)
        {
            found.push(path);
        }
    }
    Ok(())
}

/// A file's picture in all four turns.
///
/// # Errors
/// A file that cannot be read or is no picture.
pub fn four_turns(file: &File) -> Result<Vec<Item>, String> {
    let path = &file.path;
    let bytes = std::fs::read(path).map_err(|why| why.to_string())?;
    let mut picture = crate::reader::grey(&bytes)?;
    let expected = if file.empty {
        Expected::NoSymbol
    } else {
        std::fs::read(path.with_extension("txt")).map_or(Expected::Unknown, Expected::Content)
    };
    let group = path.parent().and_then(Path::file_name).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut turns = Vec::with_capacity(4);
    for turn in 0..4 {
        let next = picture.turned();
        turns.push(Item {
            group: group.to_string_lossy().into_owned(),
            step: None,
            name: format!("{stem}-{}", turn * 90),
            picture: std::mem::replace(&mut picture, next),
            expected: expected.clone(),
            truth: None,
            generated: false,
        });
    }
    Ok(turns)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_turn_is_clockwise_and_four_of_them_are_none() {
        let picture = Picture {
            width: 3,
            height: 2,
            luma: vec![1, 2, 3, 4, 5, 6],
        };
        let turned = picture.turned();
        assert_eq!((turned.width, turned.height), (2, 3));
        assert_eq!(turned.luma, [4, 1, 5, 2, 6, 3]);
        assert_eq!(turned.turned().turned().turned(), picture);
    }

    #[test]
    fn a_content_is_right_as_bytes_or_as_text_and_never_by_half() {
        let content = Content::of_text("Grüße");
        let right = |wanted: &[u8]| Expected::Content(wanted.to_vec()).judge(&content);
        assert_eq!(right("Grüße".as_bytes()), Some(true));
        assert_eq!(right(b"Gr\xfc\xdfe\r\n"), Some(true));
        assert_eq!(right("Grüß".as_bytes()), Some(false));
        assert_eq!(right(b""), Some(false));
        assert_eq!(Expected::NoSymbol.judge(&content), Some(false));
        assert_eq!(Expected::Unknown.judge(&content), None);
    }
}
