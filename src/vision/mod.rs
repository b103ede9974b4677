//! From a picture to a verdict: read the symbol, grade it, compare it with what was printed on that pack.
//! PURE.
//!
//! [`Inspector::verify`] is the seam: a picture and an expectation go in, a [`Verdict`](crate::record::Verdict) comes
//! out.
//!
//! ```text
//! frame ─▶ locate ─▶ (cells sampled) ─▶ decode ─▶ content ─▶ compare ─▶ verdict
//!          texture                     equalize      │
//!          period                      and again   grade ─▶ grades, cause
//!          lattice
//!          rectangle
//! ```
//!
//! | file | says |
//! |---|---|
//! | `frame`, `geometry`, `grid`, `size` | the values all steps speak in |
//! | `locate` | where symbols may lie: candidates, the likeliest first |
//! | `equalize` | modules freed from their neighbours' ink and blur |
//! | `decode` | modules → codewords → content, with our own error correction |
//! | `grade` | grades by the method of ISO/IEC 15415, and what a weak print suffers from |
//! | `reader` | the steps joined, with their scratch |
//! | `read`, `second`, `thorough`, `tilt` | a picture's reading; rxing as second opinion |
//! | `everything`, `linear` | all bar codes of one picture: of a layer, of a container's label |
//! | `other` | what rxing alone reads of a label that we drew |
//! | `compare` | what was read against what was printed |
//! | `damage` | modules seen otherwise than they ought to be |
//! | `teach` | what one good pack says of the camera, and what to improve |
//! | `card` | grey and reflectance, from a picture of a conformance card |
//! | `overlay` | what was seen, drawn over the picture |

pub mod card;
mod compare;
pub mod damage;
pub mod decode;
pub mod equalize;
pub mod everything;
pub mod frame;
pub mod geometry;
pub mod grade;
pub mod grid;
pub mod linear;
pub mod locate;
pub mod other;
pub mod overlay;
mod picture;
mod read;
pub mod reader;
mod second;
pub mod size;
mod solve;
pub mod teach;
pub mod text;
mod thorough;
mod tilt;

pub use compare::{Expectation, Inspector, ReadText, verify, verify_modules, verify_text};
pub use picture::{PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MIN_SIDE, Picture, PictureError};
pub use read::{Effort, Reading, Symbol, Undecoded, frame, read};
pub use teach::{Setup, Taught};
