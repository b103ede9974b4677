//! From a picture to a verdict: read the symbol, compare it with what was printed on that pack.
//! PURE.
//!
//! [`verify`] is the seam: a picture and an expectation go in, a [`Verdict`](crate::record::Verdict)
//! comes out. The reader behind it is rxing's Data Matrix detector and decoder; grid, content and
//! symbology come from one pass.

mod compare;
pub mod frame;
pub mod geometry;
pub mod grid;
mod picture;
mod read;
pub mod size;
pub mod text;
mod thorough;
mod tilt;

pub use compare::{Expectation, verify};
pub use picture::{PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MIN_SIDE, Picture, PictureError};
pub use read::{Effort, Reading, Symbol, read};
