//! Cameras: pictures with a counter when the source gives one. PURE types; one file a source.

pub mod folder;
pub mod gige;
pub mod http;
pub mod v4l2;

use crate::{Fault, Tick};

/// How a picture was coded when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureCoding {
    /// JPEG: lossy.
    Jpeg,
    /// PNG: lossless.
    Png,
    /// Portable grey map: lossless.
    Pgm,
}

/// One picture as it came from the source, still coded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The camera's own frame counter, when it has one.
    pub counter: Option<u64>,
    /// When its last byte arrived.
    pub at: Tick,
    /// How it is coded.
    pub coding: PictureCoding,
    /// The coded picture.
    pub body: Vec<u8>,
}

/// What a picture source said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraEvent {
    /// The stream is up (its header was accepted) or down.
    Link(bool),
    /// A complete picture.
    Frame(Frame),
    /// A picture was announced but cannot be had (too large, cut short, not a picture type); its
    /// counter if known.
    Lost {
        /// The counter of the lost picture, when the source gave one.
        counter: Option<u64>,
        /// Why, as a sentence part.
        why: String,
    },
    /// Something is not as it should be, although pictures come: a sentence with its remedy.
    Warning(String),
    /// Something went wrong on the link.
    Fault(Fault),
}
