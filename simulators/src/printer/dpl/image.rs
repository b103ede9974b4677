//! Images downloaded with `STX I`: only Datamax's own 7-bit ASCII format is read. PURE.
//!
//! `STX I a [A] F name CR`, then `80nn` and `nn` bytes in hex for each row of dots, `0000FFnn` for `nn` more rows like
//! the one before, and `FFFF` at the end (appendix "Image Loading"). Doubt: whether the first row is the uppermost;
//! here it is.

use std::{collections::BTreeMap, sync::Arc};

use super::super::label::{PICTURE_BYTES_MAX, Picture};

/// Most images; one more is not kept.
pub const IMAGES_MAX: usize = 16;

/// The images, and the one that is coming in.
#[derive(Debug, Default)]
pub struct Images {
    stored: BTreeMap<Vec<u8>, Arc<Picture>>,
    coming: Option<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Images {
    /// `STX I` with what follows it; `true` when data of this image are awaited.
    pub fn begin(&mut self, rest: &[u8]) -> bool {
        // Module, the optional data type A, the format designator, the name.
        let rest = rest.get(1..).unwrap_or_default();
        let rest = match rest {
            [b'A', b'F', ..] => &rest[1..],
            _ => rest,
        };
        let name = rest.strip_prefix(b"F");
        self.coming = name.map(|name| (name.to_vec(), Vec::new()));
        self.coming.is_some()
    }

    /// One line of data; `false` when the image is whole, or given up.
    pub fn line(&mut self, line: &[u8]) -> bool {
        let Some((name, mut rows)) = self.coming.take() else {
            return false;
        };
        let bytes = unhex(line);
        let held: usize = rows.iter().map(Vec::len).sum();
        match bytes.as_slice() {
            [0xff, 0xff] => {
                self.keep(name, rows);
                return false;
            }
            [0, 0, 0xff, times] => {
                let last = rows.last().cloned().unwrap_or_default();
                let room = (PICTURE_BYTES_MAX - held) / last.len().max(1);
                let times = usize::from(*times).min(room);
                rows.extend(std::iter::repeat_n(last, times));
            }
            [0x80, count, data @ ..] if data.len() >= usize::from(*count) => {
                let row = data[..usize::from(*count)].to_vec();
                if held + row.len() <= PICTURE_BYTES_MAX && rows.len() < PICTURE_BYTES_MAX {
                    rows.push(row);
                }
            }
            _ => return false,
        }
        self.coming = Some((name, rows));
        true
    }

    fn keep(&mut self, name: Vec<u8>, mut rows: Vec<Vec<u8>>) {
        let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
        if widest * rows.len() > PICTURE_BYTES_MAX {
            return;
        }
        for row in &mut rows {
            row.resize(widest, 0);
        }
        let room = self.stored.len() < IMAGES_MAX || self.stored.contains_key(&name);
        if let Some(picture) = Picture::new(widest, rows.concat()).filter(|_| room) {
            self.stored.insert(name, Arc::new(picture));
        }
    }

    /// The image of this name.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<Arc<Picture>> {
        self.stored.get(name).cloned()
    }

    /// `STX x`: the image of this name goes.
    pub fn forget(&mut self, name: &[u8]) {
        self.stored.remove(name);
    }

    /// What is coming in is given up.
    pub fn give_up(&mut self) {
        self.coming = None;
    }
}

/// Pairs of hex digits; anything behind the last whole pair is dropped.
fn unhex(line: &[u8]) -> Vec<u8> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    line.chunks_exact(2).map_while(pair).collect()
}
