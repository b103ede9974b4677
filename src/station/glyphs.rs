//! The file of taught glyphs: read when a batch is opened, written whole by whoever teaches.

use crate::record::GlyphsHash;
use crate::vision::text::GlyphBook;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// Largest file that is read, in bytes: 256 characters are some 300 kB.
const FILE_MAX_LEN: u64 = 4 * 1024 * 1024;

/// Taught glyphs as they lie on the disk.
#[derive(Debug, Clone, PartialEq)]
pub struct TaughtGlyphs {
    /// The glyphs.
    pub book: GlyphBook,
    /// SHA-256 of the file's bytes: what records name them by.
    pub hash: GlyphsHash,
}

impl TaughtGlyphs {
    /// These glyphs as their file would hold them.
    pub fn of(book: GlyphBook) -> TaughtGlyphs {
        let bytes = bytes(&book).expect("glyphs are numbers and letters");
        let hash = GlyphsHash(Sha256::digest(&bytes).into());
        TaughtGlyphs { book, hash }
    }
}

/// The bytes of a file of glyphs.
fn bytes(book: &GlyphBook) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(book).map_err(io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads the file; `None` when there is none: nothing was taught yet.
///
/// # Errors
/// It cannot be read or does not hold glyphs; the text says what to do next.
pub fn read(path: &Path) -> Result<Option<TaughtGlyphs>, String> {
    let wrong = |why: String| {
        format!(
            "{}: {why} Put it back from the backup, teach it again (vidimus label teach-text --anew), or take it away: \
             then text is compared with our own letters.",
            path.display()
        )
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(format!("The file cannot be opened ({error})."))),
    };
    let mut bytes = Vec::new();
    file.take(FILE_MAX_LEN + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(format!("The file cannot be read ({error}).")))?;
    if bytes.len() as u64 > FILE_MAX_LEN {
        return Err(wrong("The file is too large for taught glyphs.".to_owned()));
    }
    let book: GlyphBook = serde_json::from_slice(&bytes)
        .map_err(|error| wrong(format!("The file does not hold taught glyphs ({error}).")))?;
    let hash = GlyphsHash(Sha256::digest(&bytes).into());
    Ok(Some(TaughtGlyphs { book, hash }))
}

/// Writes the file aside and renames it: the glyphs are there whole, or as they were before.
///
/// # Errors
/// The disk's.
pub fn write(path: &Path, book: &GlyphBook) -> io::Result<GlyphsHash> {
    let bytes = bytes(book)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&aside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    File::open(folder)?.sync_all()?;
    Ok(GlyphsHash(Sha256::digest(&bytes).into()))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::drawn_glyphs;

    #[test]
    fn glyphs_come_back_as_they_were_written_and_damage_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data").join("glyphs.json");
        assert_eq!(read(&path), Ok(None));
        let hash = write(&path, &drawn_glyphs(18)).expect("written");
        let found = read(&path).expect("readable").expect("there");
        assert_eq!(found.hash, hash);
        // As it is written it is coarser than in memory; written again it is the same.
        assert_eq!(write(&path, &found.book).ok(), Some(hash));
        assert_eq!(found.book.missing("0123456789ABCXYZ"), []);
        let whole = fs::read(&path).expect("there");
        for damaged in [&whole[..whole.len() / 2], b"", b"{}", b"\xff\xfe"] {
            fs::write(&path, damaged).expect("written");
            let said = read(&path).expect_err("damaged");
            assert!(
                said.contains("glyphs.json") && said.contains("teach"),
                "{said}"
            );
        }
    }
}
