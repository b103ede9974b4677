//! What a label looks like, said in no printer's language: marks in dots, and what changes from label to label. PURE.
//!
//! The station lays a label out once; each language of this crate writes it in its own words ([`super::Language`]).

/// Upper left corner of a mark, in dots from the label's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct At {
    /// To the right.
    pub x: u32,
    /// Down.
    pub y: u32,
}

/// What stands in a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The same on every label.
    Fixed(String),
    /// The value of this field of each job, counted from 1; a job without it leaves the mark out.
    Field(u16),
}

/// A picture in dots, one bit each: 1 is black. Rows begin at whole bytes, the leftmost dot is the highest bit.
#[derive(Clone, PartialEq, Eq)]
pub struct Dots {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl Dots {
    /// White paper of this size.
    pub fn blank(width: u32, height: u32) -> Dots {
        let rows = vec![0; width.div_ceil(8) as usize * height as usize];
        Dots {
            width,
            height,
            rows,
        }
    }

    /// Dots across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Dots along.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes a row.
    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// All rows, from the top; bits behind the width are 0.
    pub fn rows(&self) -> &[u8] {
        &self.rows
    }

    /// The dot is black; white outside.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.rows[self.place(x, y)] & Dots::bit(x) != 0
    }

    /// Makes a dot black; what lies outside is cut off.
    pub fn blacken(&mut self, x: u32, y: u32) {
        if x < self.width && y < self.height {
            let place = self.place(x, y);
            self.rows[place] |= Dots::bit(x);
        }
    }

    fn place(&self, x: u32, y: u32) -> usize {
        y as usize * self.row_bytes() + (x / 8) as usize
    }

    fn bit(x: u32) -> u8 {
        0x80 >> (x % 8)
    }
}

impl std::fmt::Debug for Dots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dots {} × {}", self.width, self.height)
    }
}

/// One mark of a label. Everything stands upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A square GS1 Data Matrix (ECC 200), as small as its content allows; the quiet zone lies outside.
    DataMatrix {
        /// Its first module.
        at: At,
        /// Dots along a module's side.
        module_dots: u32,
        /// An element string: application identifiers and values, `\x1d` behind what must be ended; no FNC1 in front.
        content: Content,
    },
    /// The bars of a GS1-128, without any text.
    Gs1128 {
        /// Its first bar.
        at: At,
        /// Dots across a module.
        module_dots: u32,
        /// Dots along the bars.
        height: u32,
        /// An element string, as in a Data Matrix.
        content: Content,
    },
    /// A line of text.
    Text {
        /// Upper left corner of its first character's cell.
        at: At,
        /// Height of the cell in dots.
        height: u32,
        /// The text.
        content: Content,
    },
    /// A box; a line is one that is as thick as it is high or wide.
    Box {
        /// Its outer corner.
        at: At,
        /// Outer width in dots.
        width: u32,
        /// Outer height in dots.
        height: u32,
        /// Thickness of its lines in dots, inward.
        thickness: u32,
    },
    /// A picture, the same on every label.
    Picture {
        /// Its corner.
        at: At,
        /// Its dots.
        dots: Dots,
    },
}

/// What is on the label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artwork {
    /// Marks, to be written in the printer's language.
    Marks(Vec<Mark>),
    /// A file in the printer's own language, with its own places for the fields; sent as it is.
    Native(String),
}

/// A label format: told to the printer once, wherever its language can keep one; packs then send only their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Name in the printer's memory, 1 to 8 letters or digits.
    pub name: String,
    /// Width of the label in dots.
    pub width: u32,
    /// Length of the label in dots, in the direction in which it moves.
    pub length: u32,
    /// Dots per millimetre that all of it is reckoned with.
    pub dpmm: u16,
    /// What is on it. No mark at all where every label comes as a picture.
    pub artwork: Artwork,
}

/// What one label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobContent {
    /// The values of the format's fields.
    Fields {
        /// `(number, value)` of what the format's marks name; a field that is left out leaves its mark out.
        numbered: Vec<(u16, String)>,
        /// `(name, value)` of what is known of the pack (`gtin`, `serial`, `lot`, `expiry` …), for printers that hold
        /// the design themselves. Empty for a label that must not carry a number.
        named: Vec<(&'static str, String)>,
    },
    /// The whole label, drawn by the station.
    Picture(Dots),
}
