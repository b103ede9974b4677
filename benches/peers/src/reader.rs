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

/// All readers there are, in the order of the tables. libdmtx looks for a symbol for `dmtx_ms` milliseconds at most.
pub fn roster(dmtx_ms: u32) -> Vec<(&'static str, Place)> {
    vec![
        (vidimus::LINE, vidimus::line()),
        (
            vidimus::BLIND,
            Ok(Box::new(vidimus::Ours::new(vidimus::BLIND))),
        ),
        (rxing::PLAIN, Ok(Box::new(rxing::Plain))),
        (rxing::FILTERED, Ok(Box::new(rxing::Filtered))),
        (zxing_cpp::NAME, Ok(Box::new(zxing_cpp::ZxingCpp::new()))),
        (DMTX, dmtx(dmtx_ms)),
        (
            true_corners::NAME,
            Ok(Box::new(true_corners::TrueCorners::default())),
        ),
    ]
}

const DMTX: &str = "dmtx";

#[cfg(feature = "dmtx")]
fn dmtx(dmtx_ms: u32) -> Place {
    Ok(Box::new(dmtx::Dmtx::new(dmtx_ms)))
}

#[cfg(not(feature = "dmtx"))]
fn dmtx(_: u32) -> Place {
    Err("built without it: install libdmtx-dev and build with --features dmtx")
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::generate;
    use crate::material::Expected;

    fn readers() -> Vec<Box<dyn Reader>> {
        let present = |(_, place): (_, Place)| place.ok();
        roster(1000).into_iter().filter_map(present).collect()
    }

    fn read(reader: &mut dyn Reader, picture: &Picture, truth: Option<&Truth>) -> Answer {
        let job = Job {
            picture,
            hint: None,
            truth,
        };
        reader.prepare(&job);
        reader.read(&job)
    }

    /// Every library says GS1 content in a way of its own; if one of them were not brought into the common form, all
    /// its reads would count as wrong.
    #[test]
    fn every_reader_gives_the_same_content_in_the_same_form() {
        let condition = generate::conditions(&["clean".to_owned()]).unwrap()[0];
        for reader in &mut readers() {
            let items = (1..=8).map(|seed| generate::item(condition, 0, seed));
            let mut read_right = 0;
            for item in items {
                match read(reader.as_mut(), &item.picture, item.truth.as_ref()) {
                    Answer::Read(content) => {
                        let name = reader.name();
                        assert_eq!(
                            item.expected.judge(&content),
                            Some(true),
                            "{name}: {content:?}"
                        );
                        read_right += 1;
                    }
                    Answer::Nothing => {}
                    Answer::NotApplicable => {
                        panic!("{} applies to generated frames", reader.name())
                    }
                }
            }
            assert!(
                read_right >= 6,
                "{} reads {read_right} of 8 clean frames",
                reader.name()
            );
        }
    }

    #[test]
    fn where_nothing_is_nobody_reads_and_nobody_ends_the_process() {
        for (width, height) in [(1, 1), (2, 2), (9, 9), (9, 40), (64, 48)] {
            let luma = vec![200; width * height];
            let picture = Picture {
                width,
                height,
                luma,
            };
            for reader in &mut readers() {
                let answer = read(reader.as_mut(), &picture, None);
                assert!(
                    !matches!(answer, Answer::Read(_)),
                    "{}: {answer:?}",
                    reader.name()
                );
            }
        }
        assert_eq!(Expected::NoSymbol.judge(&Content::of_text("")), Some(false));
    }
}
