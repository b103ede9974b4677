//! From a buffer of the kernel to a grey picture, or the reason why not. PURE.
//!
//! Layouts: GREY is a byte a pixel; YUYV has the brightness in every other byte, the first one included; NV12 has all
//! brightness first, colour behind it; in all three a row may be longer than its pixels. MJPG is one JPEG file, which
//! is handed on as it is, once its own header says the size that was agreed on.

use crate::Fault;
use crate::camera::PictureCoding;
use crate::camera::http::PICTURE_MAX;

/// How pixels lie in a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `GREY`: a byte a pixel.
    Grey,
    /// `YUYV`: two bytes a pixel, brightness first.
    Yuyv,
    /// `NV12`: all brightness, then colour at half the size.
    Nv12,
    /// `MJPG`: a JPEG file a picture.
    Mjpg,
}

impl Layout {
    /// All of them, in the order in which a camera is asked: what loses nothing comes first.
    pub const ALL: [Layout; 4] = [Layout::Grey, Layout::Yuyv, Layout::Nv12, Layout::Mjpg];

    /// Its four letters.
    pub fn letters(self) -> [u8; 4] {
        *match self {
            Layout::Grey => b"GREY",
            Layout::Yuyv => b"YUYV",
            Layout::Nv12 => b"NV12",
            Layout::Mjpg => b"MJPG",
        }
    }

    /// Bytes of a row's pixels; 0 where rows are not to be seen.
    fn row(self, width: usize) -> usize {
        match self {
            Layout::Grey | Layout::Nv12 => width,
            Layout::Yuyv => 2 * width,
            Layout::Mjpg => 0,
        }
    }
}

/// What a driver says its buffers will hold (`struct v4l2_pix_format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Four letters of the format.
    pub letters: [u8; 4],
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from row to row; 0 where the format has no rows.
    pub stride: u32,
    /// Bytes of a whole picture, or the most there can be.
    pub size: u32,
}

/// What pictures are to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    layout: Layout,
    width: usize,
    height: usize,
    stride: usize,
    size: usize,
}

impl Shape {
    /// What a driver answered, held against what was asked for. `None`: it has another layout, ask for the next.
    ///
    /// # Errors
    /// [`Fault::WrongDevice`] when the size is another one, or none that a picture can have.
    pub fn agreed(
        layout: Layout,
        asked: Option<(u32, u32)>,
        given: &Given,
    ) -> Result<Option<Shape>, Fault> {
        if given.letters != layout.letters() {
            return Ok(None);
        }
        let found = format!(
            "a camera with {} x {} pixels, {} bytes a row and {} a picture in {}",
            given.width,
            given.height,
            given.stride,
            given.size,
            layout.letters().escape_ascii()
        );
        if let Some((width, height)) = asked
            && (given.width, given.height) != (width, height)
        {
            let expected = format!("{width} x {height} pixels");
            return Err(Fault::WrongDevice { expected, found });
        }
        let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let shape = Shape {
            layout,
            width: whole(given.width),
            height: whole(given.height),
            stride: whole(given.stride),
            size: whole(given.size),
        };
        let pixels = shape.width.saturating_mul(shape.height);
        let rows_fit = shape.stride >= layout.row(shape.width);
        let bytes_fit = layout == Layout::Mjpg || shape.bytes() <= shape.size;
        if pixels == 0 || pixels > PICTURE_MAX || !rows_fit || !bytes_fit {
            let expected = format!("whole rows of a picture up to {PICTURE_MAX} pixels");
            return Err(Fault::WrongDevice { expected, found });
        }
        Ok(Some(shape))
    }

    /// Bytes of a whole picture without what a driver may add behind it.
    fn bytes(&self) -> usize {
        let brightness = self.stride.saturating_mul(self.height);
        match self.layout {
            Layout::Nv12 => {
                brightness.saturating_add(self.stride.saturating_mul(self.height.div_ceil(2)))
            }
            _ => brightness,
        }
    }

    /// The picture in a buffer, coded as the station knows it.
    ///
    /// # Errors
    /// Why there is none, as a sentence part.
    pub fn picture(&self, buffer: &Buffer) -> Result<(PictureCoding, Vec<u8>), String> {
        if buffer.damaged {
            return Err("the driver says that its bytes are damaged".into());
        }
        let bytes = &buffer.bytes;
        if self.layout == Layout::Mjpg {
            self.check_jpeg(bytes)?;
            return Ok((PictureCoding::Jpeg, bytes.clone()));
        }
        if bytes.len() != self.bytes() && bytes.len() != self.size {
            return Err(format!(
                "it has {} bytes, not {} as was agreed",
                bytes.len(),
                self.bytes()
            ));
        }
        let head = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        let mut body = Vec::with_capacity(head.len() + self.width * self.height);
        body.extend(head);
        for row in bytes.chunks_exact(self.stride).take(self.height) {
            let row = &row[..self.layout.row(self.width)];
            match self.layout {
                Layout::Yuyv => body.extend(row.iter().step_by(2)),
                _ => body.extend(row),
            }
        }
        Ok((PictureCoding::Pgm, body))
    }

    fn check_jpeg(&self, bytes: &[u8]) -> Result<(), String> {
        let (width, height) = jpeg_size(bytes).ok_or("it is no whole JPEG picture")?;
        if (width, height) != (self.width, self.height) {
            return Err(format!(
                "it is {width} x {height} pixels, not {} x {}",
                self.width, self.height
            ));
        }
        // Some cameras fill the end of a buffer with zeros.
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        if bytes[..=end].ends_with(&[0xFF, 0xD9]) {
            Ok(())
        } else {
            Err("its JPEG picture is cut short".into())
        }
    }
}

/// Width and height that a JPEG file's header gives (ITU-T T.81, B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let [0xFF, marker, high, low, ..] = *rest else {
            return None;
        };
        if marker == 0xFF {
            rest = &rest[1..]; // filled up
            continue;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        // Frame headers are C0 to CF, but for tables (C4, CC) and a reserved one (C8).
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            let [_, y0, y1, x0, x1, ..] = *segment else {
                return None;
            };
            let side = |bytes| usize::from(u16::from_be_bytes(bytes));
            return Some((side([x0, x1]), side([y0, y1])));
        }
        rest = rest.get(2 + length..)?;
    }
}

/// A filled buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// The driver's count of pictures; it begins anew after 4,294,967,295.
    pub sequence: u32,
    /// The driver marked its bytes as damaged.
    pub damaged: bool,
    /// The bytes that were filled.
    pub bytes: Vec<u8>,
}
