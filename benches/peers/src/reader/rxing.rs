//! rxing's Data Matrix reader: with `TRY_HARDER`, and behind its image pyramid with closing.

use super::{Answer, Content, Job, Reader, Side};
use ::rxing::common::HybridBinarizer;
use ::rxing::datamatrix::DataMatrixReader;
use ::rxing::{
    BinaryBitmap, DecodeHints, FilteredImageReader, Luma8Source, RXingResult, Reader as _,
};

/// Name of the plain reader.
pub const PLAIN: &str = "rxing";
/// Name of the filtered one.
pub const FILTERED: &str = "rxing-filtered";

/// `DataMatrixReader` with `TRY_HARDER`.
pub struct Plain;

/// `FilteredImageReader` around it: smaller copies, each also with dark gaps closed.
pub struct Filtered;

fn read(
    job: &Job,
    with: impl FnOnce(
        &mut BinaryBitmap<HybridBinarizer<Luma8Source<'_>>>,
        &DecodeHints,
    ) -> Option<RXingResult>,
) -> Answer {
    let of = job.picture;
    let (width, height) = (of.width as u32, of.height as u32);
    let Ok(source) = Luma8Source::new_with_slice(&of.luma, width, height) else {
        return Answer::Nothing;
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints {
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    match with(&mut bitmap, &hints) {
        Some(found) => Answer::Read(Content::of_text(found.getText())),
        None => Answer::Nothing,
    }
}

impl Reader for Plain {
    fn name(&self) -> &'static str {
        PLAIN
    }

    fn side(&self) -> Side {
        Side::Peer
    }

    fn read(&mut self, job: &Job) -> Answer {
        read(job, |bitmap, hints| {
            DataMatrixReader.decode_with_hints(bitmap, hints).ok()
        })
    }
}

impl Reader for Filtered {
    fn name(&self) -> &'static str {
        FILTERED
    }

    fn side(&self) -> Side {
        Side::Peer
    }

    fn read(&mut self, job: &Job) -> Answer {
        read(job, |bitmap, hints| {
            let mut reader = FilteredImageReader::new(DataMatrixReader);
            reader.decode_with_hints(bitmap, hints).ok()
        })
    }
}
