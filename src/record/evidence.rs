//! The kept picture of a rejected pack, as its record names it. PURE.

use super::identity::PictureHash;
use serde::{Deserialize, Serialize};

/// How a picture is coded in its file; always as it came from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureCoding {
    /// PNG: lossless.
    Png,
    /// Portable grey map: lossless.
    Pgm,
    /// JPEG: what it lost was lost in the camera.
    Jpeg,
}

impl PictureCoding {
    /// All codings.
    pub const ALL: [PictureCoding; 3] =
        [PictureCoding::Png, PictureCoding::Pgm, PictureCoding::Jpeg];

    /// The ending of such a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            PictureCoding::Png => "png",
            PictureCoding::Pgm => "pgm",
            PictureCoding::Jpeg => "jpg",
        }
    }
}

/// A picture on the disk. Anyone can check it: `sha256sum` of the file is `sha256`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeptPicture {
    /// How the file is coded.
    pub coding: PictureCoding,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file's bytes.
    pub sha256: PictureHash,
}
