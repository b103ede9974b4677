//! A grey picture out of untrusted bytes: every size is checked before anything is allocated for
//! it. PURE.

use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::fmt;
use std::io::Cursor;

/// Most pixels of a picture: 20 × 2^20, since sensors sold as 20 megapixels have up to 20.2 million pixels.
pub const PICTURE_MAX_PIXELS: u64 = 20 << 20;

/// Most bytes of a coded picture.
pub const PICTURE_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Shortest side of a picture in pixels: the smallest symbol has ten modules.
pub const PICTURE_MIN_SIDE: u32 = 10;

/// Most bytes a decoder may allocate: sixteen bits and four channels a pixel, twice.
const DECODER_MAX_BYTES: u64 = PICTURE_MAX_PIXELS * 8 * 2;

/// Why bytes are not a picture we look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureError {
    /// No bytes at all.
    Empty,
    /// More bytes than any picture here may have.
    TooManyBytes {
        /// How many there are.
        bytes: usize,
    },
    /// Neither PNG nor JPEG nor PGM.
    UnknownCoding,
    /// Larger or smaller than allowed.
    Size {
        /// Claimed width in pixels.
        width_px: u64,
        /// Claimed height in pixels.
        height_px: u64,
    },
    /// The coded bytes are damaged or end too early.
    Damaged {
        /// Name of the coding.
        coding: &'static str,
        /// What the decoder says.
        cause: String,
    },
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PictureError::Empty => f.write_str("The picture has no bytes."),
            PictureError::TooManyBytes { bytes } => write!(
                f,
                "The picture has {bytes} bytes; at most {PICTURE_MAX_BYTES} are read."
            ),
            PictureError::UnknownCoding => {
                f.write_str("This is not a picture in PNG, JPEG or PGM.")
            }
            PictureError::Size {
                width_px,
                height_px,
            } => write!(
                f,
                "The picture says it is {width_px} × {height_px} pixels; sides from \
                {PICTURE_MIN_SIDE} pixels and at most \
                 {PICTURE_MAX_PIXELS} pixels in all are read."
            ),
            PictureError::Damaged { coding, cause } => {
                write!(f, "The {coding} picture is damaged: {cause}.")
            }
        }
    }
}

impl std::error::Error for PictureError {}

/// A grey picture, row by row from the top left.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    luma: Vec<u8>,
    lossless: bool,
    counter: Option<u64>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

fn check_size(width_px: u64, height_px: u64) -> Result<(u32, u32), PictureError> {
    let wrong = PictureError::Size {
        width_px,
        height_px,
    };
    let min = u64::from(PICTURE_MIN_SIDE);
    let pixels = width_px.checked_mul(height_px);
    if width_px < min || height_px < min || pixels.is_none_or(|all| all > PICTURE_MAX_PIXELS) {
        return Err(wrong);
    }
    match (u32::try_from(width_px), u32::try_from(height_px)) {
        (Ok(width), Ok(height)) => Ok((width, height)),
        _ => Err(wrong),
    }
}

/// Bytes that a camera may send behind a JPEG's end.
const JPEG_PADDING_MAX: usize = 4096;

impl Picture {
    /// A picture from its coded bytes: PNG, JPEG or PGM, told apart by their first bytes, never by
    /// what somebody says they are.
    ///
    /// # Errors
    /// Bytes that are no picture, a damaged picture, or one whose size is out of bounds;
    /// nothing of the claimed size is
    /// allocated before it is checked.
    pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
        Picture::decode_into(bytes, &mut Vec::new())
    }

    /// Like [`decode`](Self::decode), with the pixels in the memory given, which is taken;
    /// [`into_luma`](Self::into_luma) gives it back. A PGM picture that fits costs no allocation, a grey PNG those
    /// of its inflating only.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_into(bytes: &[u8], luma: &mut Vec<u8>) -> Result<Picture, PictureError> {
        if bytes.is_empty() {
            return Err(PictureError::Empty);
        }
        if bytes.len() > PICTURE_MAX_BYTES {
            return Err(PictureError::TooManyBytes { bytes: bytes.len() });
        }
        if bytes.starts_with(b"P5") {
            return decode_pgm(bytes, luma);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return decode_with(bytes, ImageFormat::Png, "PNG", luma);
        }
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            // The decoder fills up what a cut transfer lost. Coded pixels never hold its end marker (ISO/IEC 10918-1).
            let tail = &bytes[bytes.len().saturating_sub(JPEG_PADDING_MAX)..];
            if !tail.windows(2).any(|pair| pair == [0xff, 0xd9]) {
                return Err(PictureError::Damaged {
                    coding: "JPEG",
                    cause: "its end is missing: it was cut off on its way".to_owned(),
                });
            }
            return decode_with(bytes, ImageFormat::Jpeg, "JPEG", luma);
        }
        Err(PictureError::UnknownCoding)
    }

    /// A picture from its pixels, row by row.
    ///
    /// # Errors
    /// A size out of bounds, or a number of pixels that does not fit it.
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Result<Picture, PictureError> {
        check_size(width.into(), height.into())?;
        let wanted = width as usize * height as usize;
        if luma.len() != wanted {
            let cause = format!("{} pixels, {wanted} wanted", luma.len());
            return Err(PictureError::Damaged {
                coding: "raw",
                cause,
            });
        }
        Ok(Picture {
            width,
            height,
            luma,
            lossless: true,
            counter: None,
        })
    }

    /// The same picture with the camera's frame counter.
    pub fn with_counter(mut self, counter: Option<u64>) -> Picture {
        self.counter = counter;
        self
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, row by row.
    pub fn luma(&self) -> &[u8] {
        &self.luma
    }

    /// The pixels' memory.
    pub fn into_luma(self) -> Vec<u8> {
        self.luma
    }

    /// Where the picture came from and what it is worth. Whether reflectance was calibrated is not the picture's to
    /// say: whoever grades it does.
    pub fn origin(&self) -> crate::record::PictureOrigin {
        crate::record::PictureOrigin {
            counter: self.counter,
            width_px: self.width,
            height_px: self.height,
            lossless: self.lossless,
            calibrated: false,
        }
    }

    /// The picture turned by 90° to the right.
    pub fn turned(&self) -> Picture {
        let (width, height) = (self.height, self.width);
        let mut luma = Vec::with_capacity(self.luma.len());
        for y in 0..height as usize {
            for x in 0..width as usize {
                luma.push(self.luma[(self.height as usize - 1 - x) * self.width as usize + y]);
            }
        }
        Picture {
            width,
            height,
            luma,
            ..*self
        }
    }
}

fn damaged(coding: &'static str, cause: impl fmt::Display) -> PictureError {
    let cause = cause.to_string();
    let cause = cause.trim_end_matches('.').to_owned();
    PictureError::Damaged { coding, cause }
}

fn decode_with(
    bytes: &[u8],
    format: ImageFormat,
    coding: &'static str,
    memory: &mut Vec<u8>,
) -> Result<Picture, PictureError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_MAX_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader
        .into_decoder()
        .map_err(|error| damaged(coding, error))?;
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into())?;
    let luma = if decoder.color_type() == ColorType::L8 {
        let mut luma = std::mem::take(memory);
        luma.clear();
        luma.resize(width as usize * height as usize, 0);
        let read = decoder.read_image(&mut luma);
        read.map_err(|error| damaged(coding, error))?;
        luma
    } else {
        let image = DynamicImage::from_decoder(decoder).map_err(|error| damaged(coding, error))?;
        on_white(image).into_raw()
    };
    let lossless = format != ImageFormat::Jpeg;
    Picture::from_luma(width, height, luma).map(|picture| Picture {
        lossless,
        ..picture
    })
}

/// Grey, with transparent pixels shown on white paper.
fn on_white(image: DynamicImage) -> image::GrayImage {
    if !image.color().has_alpha() {
        return image.into_luma8();
    }
    let image = image.into_luma_alpha8();
    let (width, height) = image.dimensions();
    let blend = |pixel: &image::LumaA<u8>| {
        let [luma, alpha] = pixel.0.map(u32::from);
        ((luma * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let luma = image.pixels().map(blend).collect();
    image::GrayImage::from_raw(width, height, luma).expect("one grey a pixel")
}

/// Portable greymap, binary, up to 255 greys: `P5`, width, height, greatest grey, one white space,
/// the pixels.
fn decode_pgm(bytes: &[u8], memory: &mut Vec<u8>) -> Result<Picture, PictureError> {
    let mut at = 2;
    let mut numbers = [0u64; 3];
    for number in &mut numbers {
        *number = pgm_number(bytes, &mut at)?;
    }
    let [width, height, most] = numbers;
    let (width, height) = check_size(width, height)?;
    if !(1..=255).contains(&most) {
        return Err(damaged(
            "PGM",
            format!("the greatest grey is {most}, 1 to 255 are read"),
        ));
    }
    if !bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        return Err(damaged(
            "PGM",
            "no white space stands between header and pixels",
        ));
    }
    let wanted = width as usize * height as usize;
    let pixels = &bytes[at + 1..];
    let Some(pixels) = pixels.get(..wanted) else {
        return Err(damaged(
            "PGM",
            format!("{} of {wanted} pixels are there", pixels.len()),
        ));
    };
    let mut luma = std::mem::take(memory);
    luma.clear();
    match most {
        255 => luma.extend_from_slice(pixels),
        most => {
            let full = |grey: &u8| (u64::from(*grey).min(most) * 255 / most) as u8;
            luma.extend(pixels.iter().map(full));
        }
    }
    Picture::from_luma(width, height, luma)
}

fn pgm_number(bytes: &[u8], at: &mut usize) -> Result<u64, PictureError> {
    let start = *at;
    while let Some(byte) = bytes.get(*at) {
        if *byte == b'#' {
            let line = bytes[*at..].iter().position(|byte| *byte == b'\n');
            *at = line.map_or(bytes.len(), |length| *at + length + 1);
        } else if byte.is_ascii_whitespace() {
            *at += 1;
        } else {
            break;
        }
    }
    let digits = bytes[*at..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.count();
    // Twelve digits are more than any size that is accepted; longer numbers need no exact value.
    if length == 0 || length > 12 || start == *at {
        return Err(damaged("PGM", "its header is not three numbers"));
    }
    let text = std::str::from_utf8(&bytes[*at..*at + length]).expect("digits are ASCII");
    *at += length;
    Ok(text.parse().expect("twelve digits are a number"))
}

#[cfg(test)]
mod test {
    use super::*;
    use image::ImageEncoder;
    use proptest::prelude::*;

    fn gradient() -> Picture {
        let luma = (0..30 * 20).map(|place| (place % 251) as u8).collect();
        Picture::from_luma(30, 20, luma).unwrap()
    }

    fn pgm(picture: &Picture) -> Vec<u8> {
        let mut bytes = format!(
            "P5\n# made here\n{} {}\n255\n",
            picture.width, picture.height
        );
        let mut bytes = std::mem::take(&mut bytes).into_bytes();
        bytes.extend_from_slice(&picture.luma);
        bytes
    }

    fn png(picture: &Picture) -> Vec<u8> {
        let mut bytes = Vec::new();
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(
                &picture.luma,
                picture.width,
                picture.height,
                image::ExtendedColorType::L8,
            )
            .unwrap();
        bytes
    }

    #[test]
    fn lossless_codings_give_the_pixels_back() {
        let picture = gradient();
        // The last picture's memory, larger and full of something else.
        let mut memory = vec![7; 1000];
        for bytes in [pgm(&picture), png(&picture)] {
            assert_eq!(Picture::decode(&bytes).unwrap(), picture);
            let again = Picture::decode_into(&bytes, &mut memory).unwrap();
            assert_eq!(again, picture);
            memory = again.into_luma();
            assert!(memory.capacity() >= 1000);
        }
        assert!(picture.origin().lossless);
        let turned = picture.turned();
        assert_eq!((turned.width, turned.height), (20, 30));
        assert_eq!(turned.luma[19], picture.luma[0]);
        assert_eq!(turned.turned().turned().turned(), picture);
    }

    fn jpeg(picture: &Picture) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (width, height) = (picture.width(), picture.height());
        image::codecs::jpeg::JpegEncoder::new(&mut bytes)
            .write_image(&picture.luma, width, height, image::ExtendedColorType::L8)
            .unwrap();
        bytes
    }

    #[test]
    fn jpeg_is_lossy() {
        let bytes = jpeg(&gradient());
        assert!(!Picture::decode(&bytes).unwrap().origin().lossless);
    }

    #[test]
    fn sixteen_bit_and_transparent_pictures_are_read() {
        let mut bytes = Vec::new();
        let pixels: Vec<u8> = (0..16 * 16).flat_map(|_| [0u8, 0]).collect();
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(&pixels, 16, 16, image::ExtendedColorType::La8)
            .unwrap();
        let picture = Picture::decode(&bytes).unwrap();
        assert!(picture.luma.iter().all(|grey| *grey == 255));
    }

    /// A PNG of a few bytes that claims to be as large as its header can say.
    #[test]
    fn claims_of_gigabytes_are_refused_before_anything_is_allocated() {
        let mut huge = png(&gradient());
        for at in [16, 20] {
            huge[at..at + 4].copy_from_slice(&60_000u32.to_be_bytes());
        }
        // The header's checksum has to fit, or the decoder stops there already.
        let sum = crc(&huge[12..29]);
        huge[29..33].copy_from_slice(&sum.to_be_bytes());
        let size = |error| {
            matches!(
                error,
                PictureError::Size {
                    width_px: 60_000,
                    ..
                }
            )
        };
        assert!(size(Picture::decode(&huge).unwrap_err()));
        assert!(size(
            Picture::decode(b"P5 60000 60000 255 \0\0\0").unwrap_err()
        ));
        let mut jpeg = Vec::new();
        image::codecs::jpeg::JpegEncoder::new(&mut jpeg)
            .write_image(&gradient().luma, 30, 20, image::ExtendedColorType::L8)
            .unwrap();
        let frame = jpeg
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
        assert!(size(Picture::decode(&jpeg).unwrap_err()));
        let large = b"P5 999999999999 999999999999 255 \0";
        assert!(matches!(
            Picture::decode(large),
            Err(PictureError::Size { .. })
        ));
        assert!(matches!(
            Picture::decode(b"P5 9 20 255 \0"),
            Err(PictureError::Size { .. })
        ));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |mut sum, byte| {
            sum ^= u32::from(*byte);
            for _ in 0..8 {
                sum = (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
            }
            sum
        })
    }

    #[test]
    fn cut_pictures_are_refused_at_every_length() {
        for bytes in [pgm(&gradient()), png(&gradient()), jpeg(&gradient())] {
            // The last bytes of a PNG hold no pixels: they may be missing.
            let needed = bytes.len() - if bytes[0] == 0x89 { 16 } else { 0 };
            for length in 0..needed {
                assert!(Picture::decode(&bytes[..length]).is_err(), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(kind in 0usize..4, bytes: Vec<u8>) {
            let starts = [b"P5".as_slice(), b"\x89PNG\r\n\x1a\n", &[0xff, 0xd8, 0xff], b""];
            let start: &[u8] = starts[kind];
            let _ = Picture::decode(&[start, &bytes].concat());
        }

        #[test]
        fn one_changed_byte_never_panics(place in 0usize..2000, byte: u8, kind in 0..2) {
            let mut bytes = if kind == 0 { pgm(&gradient()) } else { png(&gradient()) };
            let place = place % bytes.len();
            bytes[place] = byte;
            let _ = Picture::decode(&bytes);
        }
    }
}
