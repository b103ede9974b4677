//! zxing-cpp at its most thorough: every "try" option on, Data Matrix only, at most one symbol.

use super::{Answer, Content, Job, Reader, Side};
use ::zxingcpp::{BarcodeFormat, BarcodeReader, ImageFormat, ImageView, TextMode};

/// Its name.
pub const NAME: &str = "zxing-cpp";

/// The reader with its options.
pub struct ZxingCpp(BarcodeReader);

impl ZxingCpp {
    /// All options are spelt out, though they are the defaults, so that a new version cannot change the measure.
    pub fn new() -> ZxingCpp {
        let reader = BarcodeReader::new()
            .formats(BarcodeFormat::DataMatrix)
            .try_harder(true)
            .try_rotate(true)
            .try_downscale(true)
            .try_invert(true)
            .text_mode(TextMode::Plain)
            .max_number_of_symbols(1);
        ZxingCpp(reader)
    }
}

impl Reader for ZxingCpp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn side(&self) -> Side {
        Side::Peer
    }

    fn read(&mut self, job: &Job) -> Answer {
        let of = job.picture;
        let Ok(view) = ImageView::from_slice(&of.luma, of.width, of.height, ImageFormat::Lum)
        else {
            return Answer::Nothing;
        };
        let found = self.0.from(view).unwrap_or_default();
        match found.iter().find(|symbol| symbol.is_valid()) {
            Some(symbol) => Answer::Read(Content {
                bytes: symbol.bytes(),
                text: Some(symbol.text()),
            }),
            None => Answer::Nothing,
        }
    }
}
