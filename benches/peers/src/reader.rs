//! What a reader is here, and the roster of those that are measured.

#[cfg(feature = "dmtx")]
mod dmtx;
mod rxing;
mod true_corners;
mod vidimus;
mod zxing_cpp;

pub use self::vidimus::grey;
use crate::hint::Hint;
use crate::material::{Picture, Truth};

/// Whose reader it is, which decides what its row is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Vidimus.
    Ours,
    /// Another open reader.
    Peer,
    /// Told something no reader can know: an upper bound, not a competitor.
    Reference,
}

/// One frame as a reader gets it.
pub struct Job<'a> {
    /// The pixels.
    pub picture: &'a Picture,
    /// What a station would honestly know beforehand; none for pictures of a folder.
    pub hint: Option<&'a Hint>,
    /// The generator's truth; only for readers of [`Side::Reference`].
    pub truth: Option<&'a Truth>,
}

/// The content a reader gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Bytes, FNC1 in first position left out, separators as 0x1D.
    pub bytes: Vec<u8>,
    /// The same as text, where the reader minds character sets.
    pub text: Option<String>,
}

impl Content {
    /// A content that the reader gave as text.
    pub fn of_text(text: &str) -> Content {
        let narrow = text.chars().map(|c| u8::try_from(u32::from(c)));
        Content {
            bytes: narrow
                .collect::<Result<_, _>>()
                .unwrap_or_else(|_| text.as_bytes().to_vec()),
            text: Some(text.to_owned()),
        }
    }
}

/// What came of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A symbol was decoded.
    Read(Content),
    /// Nothing was read.
    Nothing,
    /// The reader needs something that this frame does not come with; it is not counted.
    NotApplicable,
}

/// A reader under measurement. One call of [`Reader::read`] is what the clock sees.
pub trait Reader {
    /// Its name in tables and on the command line.
    fn name(&self) -> &'static str;

    /// Whose it is.
    fn side(&self) -> Side;

    /// Brings the frame into the form the reader wants, outside the clock. Nothing by default.
    fn prepare(&mut self, _job: &Job) {}

    /// Reads at most one symbol.
    fn read(&mut self, job: &Job) -> Answer;
}

/// A reader, or why it cannot take part in this build.
type Place = Result<Box<dyn Reader>, &'static str>;

/// All readers there are, in the order of the tables.
pub fn roster(limits: Limits) -> Vec<(&'static str, Place)> {
    vec![
        (vidimus::LINE, vidimus::line()),
        (vidimus::BLIND, Ok(Box::new(vidimus::Blind::default()))),
        (rxing::PLAIN, Ok(Box::new(rxing::Plain))),
        (rxing::FILTERED, Ok(Box::new(rxing::Filtered))),
        (zxing_cpp::NAME, Ok(Box::new(zxing_cpp::ZxingCpp::new()))),
        (DMTX, dmtx(limits)),
        (
            true_corners::NAME,
            Ok(Box::new(true_corners::TrueCorners::default())),
        ),
    ]
}

/// Limits for readers that would otherwise go on for seconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most milliseconds libdmtx may look for a symbol.
    pub dmtx_ms: u32,
}

const DMTX: &str = "dmtx";

#[cfg(feature = "dmtx")]
fn dmtx(limits: Limits) -> Place {
    Ok(Box::new(dmtx::Dmtx::new(limits.dmtx_ms)))
}

#[cfg(not(feature = "dmtx"))]
fn dmtx(_: Limits) -> Place {
    Err("built without it: install libdmtx-dev and build with --features dmtx")
}
