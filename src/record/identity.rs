//! Names of things: packs, batches, points, serials, templates. PURE.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The station's own running number for a pack, from 1, unique in its store.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PackNo(pub u64);

/// The station's own running number for a batch, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BatchNo(pub u32);

/// A point of the line: its place in the station file's list, from 1; 0 is the station as a whole.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PointId(pub u16);

impl PointId {
    /// The station as a whole.
    pub const STATION: PointId = PointId(0);
}

/// A lane of the station, from 1 as in the station file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneNo(pub u8);

impl LaneNo {
    /// The first lane; that of records of versions that knew one only.
    pub const FIRST: LaneNo = LaneNo(1);

    /// It is the first one.
    pub fn is_first(&self) -> bool {
        *self == LaneNo::FIRST
    }
}

impl Default for LaneNo {
    fn default() -> LaneNo {
        LaneNo::FIRST
    }
}

impl fmt::Display for LaneNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The PLC's name for a pack: unique in its lane while the boot number does not repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlcPack {
    /// The lane whose PLC it is.
    #[serde(default, skip_serializing_if = "LaneNo::is_first")]
    pub lane: LaneNo,
    /// PLC_BOOT when the id was given.
    pub boot: u16,
    /// Pack id, from 1.
    pub id: u32,
}

impl fmt::Display for PlcPack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lane.is_first() {
            true => write!(f, "{}/{}", self.boot, self.id),
            false => write!(f, "{}:{}/{}", self.lane, self.boot, self.id),
        }
    }
}

/// A serial number: the counter value it was made from and its text in AI (21).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SerialNumber {
    /// Counter value per GTIN, from 0.
    pub index: u64,
    /// The text as printed.
    pub text: String,
}

/// The bytes of 64 hexadecimal digits.
fn sha256_of(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let digit = |letter: u8| (letter as char).to_digit(16);
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(hash)
}

/// The 64 hexadecimal digits of these bytes. Every record of a pack has such a hash: there is no formatting in it.
fn digits_of(hash: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

/// A SHA-256 that cannot be taken for that of something else; written as 64 hexadecimal digits.
macro_rules! sha256 {
    ($(#[$doc:meta])* $name:ident, $of:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&digits_of(&self.0)).expect("digits"))
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                sha256_of(text).map($name).ok_or_else(|| {
                    format!("\"{text}\" is not {}: 64 hexadecimal digits wanted.", $of)
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

sha256! {
    /// SHA-256 of a label template's text.
    TemplateHash, "a template hash"
}

sha256! {
    /// SHA-256 of a picture file's bytes.
    PictureHash, "a picture's hash"
}

sha256! {
    /// SHA-256 of a file of taught glyphs.
    GlyphsHash, "a hash of taught glyphs"
}

sha256! {
    /// SHA-256 of a person's stored secret: of its argon2id text, never of the secret itself.
    SecretHash, "a hash of a stored secret"
}

sha256! {
    /// SHA-256 of an order as a person signed it.
    OrderHash, "an order's hash"
}

sha256! {
    /// SHA-256 of a list of numbers from outside.
    ListHash, "a hash of a list of numbers"
}

sha256! {
    /// SHA-256 of a partner's document.
    DocumentHash, "a document's hash"
}

sha256! {
    /// SHA-256 of what an event of a partner says: the pre-hash string of CBV 2.0, 8.9.
    EventHash, "a hash of an event"
}

sha256! {
    /// The running hash of the claims of a partner's document.
    ClaimsHash, "a hash of claims"
}
