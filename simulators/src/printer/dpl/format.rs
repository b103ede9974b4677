//! DPL's label formats: what lies between `STX L` and `E`, `X` or `s`, and what stays for `STX U` and `STX G`. PURE.

use std::collections::BTreeMap;

use super::{image::Images, record};
use crate::printer::{
    Media,
    label::{Label, PICTURE_BYTES_MAX},
};

/// Most fields of one format; the rest is not drawn.
pub const FIELDS_MAX: usize = 256;
/// Most stored formats; one more is not stored.
pub const FORMATS_MAX: usize = 64;
/// Fields that `STX U` can name.
const NAMED_MAX: usize = 99;

/// What a line of a format came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The format goes on.
    Goes,
    /// It ends and prints nothing.
    Ends,
    /// It ends and prints so many labels.
    Prints(u32),
}

/// One field as it came, header and data apart.
#[derive(Debug, Clone)]
struct Line {
    text: Vec<u8>,
    metric: bool,
    /// Where its data begin, and how long they were at first.
    data: (usize, usize),
}

/// The format at hand, and the stored ones.
#[derive(Debug)]
pub struct Format {
    media: Media,
    /// Lengths are tenths of a millimetre, not hundredths of an inch.
    pub metric: bool,
    lines: Vec<Line>,
    quantity: u32,
    stored: BTreeMap<Vec<u8>, Vec<Line>>,
}

impl Format {
    /// Nothing formatted yet, inches.
    #[must_use]
    pub fn new(media: Media) -> Format {
        Format {
            media,
            metric: false,
            lines: Vec::new(),
            quantity: 1,
            stored: BTreeMap::new(),
        }
    }

    /// `STX L`.
    pub fn begin(&mut self) {
        self.lines.clear();
        self.quantity = 1;
    }

    /// One line between `STX L` and the end.
    pub fn line(&mut self, line: &[u8]) -> Outcome {
        let (&first, rest) = line.split_first().unwrap_or((&0, &[]));
        match first {
            b'1'..=b'4' => {
                if self.lines.len() < FIELDS_MAX
                    && let Some(at) = record::data_at(line)
                {
                    self.lines.push(Line {
                        text: line.to_vec(),
                        metric: self.metric,
                        data: (at, line.len() - at),
                    });
                }
            }
            b'Q' => self.quantity = record::number(rest).unwrap_or(1),
            b'm' => self.metric = true,
            b'n' => self.metric = false,
            b'r' => self.lines = self.stored.get(rest).cloned().unwrap_or_default(),
            b's' => {
                // The module, then the name.
                let name = rest.get(1..).unwrap_or_default().to_vec();
                if self.stored.len() < FORMATS_MAX || self.stored.contains_key(&name) {
                    self.stored.insert(name, self.lines.clone());
                }
                return Outcome::Ends;
            }
            b'X' => return Outcome::Ends,
            b'E' => return Outcome::Prints(self.quantity),
            _ => {}
        }
        Outcome::Goes
    }

    /// `STX Unn…` and `STX UTnn…`: other data for field `nn`, as long as the first ones were: padded with blanks,
    /// unless `T` allows less, and cut.
    pub fn replace(&mut self, rest: &[u8]) {
        let (shorter, rest) = match rest.strip_prefix(b"T") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let Some((digits, data)) = rest.split_at_checked(2) else {
            return;
        };
        let number = record::number(digits).and_then(|n| usize::try_from(n).ok());
        let place = number
            .and_then(|n| n.checked_sub(1))
            .filter(|n| *n < NAMED_MAX);
        let Some(line) = place.and_then(|place| self.lines.get_mut(place)) else {
            return;
        };
        let (at, length) = line.data;
        line.text.truncate(at);
        line.text.extend(data.iter().take(length));
        if !shorter {
            line.text.resize(at + length, b' ');
        }
    }

    /// `STX x`: the stored format of this name goes.
    pub fn forget(&mut self, name: &[u8]) {
        self.stored.remove(name);
    }

    /// What the format at hand looks like.
    #[must_use]
    pub fn label(&self, images: &Images) -> Label {
        let (width_dots, length_dots) = self.media.dots();
        let mut picture_bytes = 0;
        let mut fields = Vec::new();
        for line in &self.lines {
            let dpmm = f64::from(self.media.dpmm);
            let scale = record::Scale {
                per_unit: dpmm * if line.metric { 0.1 } else { 0.254 },
                dpmm: self.media.dpmm,
            };
            let Some(field) = record::field(&line.text, scale, length_dots, images) else {
                continue;
            };
            if let crate::printer::Mark::Picture { picture, .. } = &field.mark {
                picture_bytes += picture.bytes().len();
            }
            if picture_bytes <= PICTURE_BYTES_MAX {
                fields.push(field);
            }
        }
        Label {
            width_dots,
            length_dots,
            dpmm: self.media.dpmm,
            fields,
        }
    }
}
