//! Data Matrix ECC 200, encoded again from ISO/IEC 16022: what the simulated printer puts on a
//! pack.
//!
//! ASCII encodation with digit pairs, FNC1, upper shift, ECI; squares 10×10 to 132×132 and the six
//! rectangles. The 144×144 square is not drawn. [`encodation`] has the other ways to codewords.

pub mod encodation;
mod placement;
mod read;
mod reed_solomon;
mod size;

pub use read::{FOUND_MAX, Found, find, read};
pub use size::{RECTANGLES, SQUARES, Size};

/// One unit of symbol content, as field data with escapes spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// One byte of data.
    Byte(u8),
    /// FNC1: in first position "this is GS1", later a separator.
    Fnc1,
    /// Reader programming.
    ReaderProgramming,
    /// Extended channel interpretation, 0–999999.
    Eci(u32),
}

/// A drawn symbol, quiet zone not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Modules down.
    pub rows: usize,
    /// Modules across.
    pub columns: usize,
    /// Row by row from the top left; `true` is dark.
    pub dark: Vec<bool>,
}

/// Most bytes of content a field may hold (the ZPL manual's own limit for `^BX`).
pub const CONTENT_MAX: usize = 3072;

const FNC1: u8 = 232;
const READER_PROGRAMMING: u8 = 234;
const UPPER_SHIFT: u8 = 235;
const ECI: u8 = 241;
const PAD: u8 = 129;
const GROUP_SEPARATOR: char = '\u{1d}';

/// The data codewords of a content, without padding.
#[must_use]
pub fn codewords(content: &[Token]) -> Vec<u8> {
    let mut words = Vec::with_capacity(content.len());
    let mut at = 0;
    while at < content.len() {
        match (content[at], content.get(at + 1)) {
            (Token::Byte(a), Some(&Token::Byte(b))) if a.is_ascii_digit() && b.is_ascii_digit() => {
                words.push(130 + (a - b'0') * 10 + (b - b'0'));
                at += 1;
            }
            (Token::Byte(a), _) if a < 128 => words.push(a + 1),
            (Token::Byte(a), _) => words.extend([UPPER_SHIFT, a - 127]),
            (Token::Fnc1, _) => words.push(FNC1),
            (Token::ReaderProgramming, _) => words.push(READER_PROGRAMMING),
            (Token::Eci(number), _) => push_eci(&mut words, number),
        }
        at += 1;
    }
    words
}

/// ECI designator: one to three codewords, ISO/IEC 16022 table 6.
fn push_eci(words: &mut Vec<u8>, number: u32) {
    let byte = |n: u32| u8::try_from(n).expect("an ECI codeword is below 256");
    words.push(ECI);
    if number < 127 {
        words.push(byte(number + 1));
    } else if number < 16_383 {
        let rest = number - 127;
        words.extend([byte(rest / 254 + 128), byte(rest % 254 + 1)]);
    } else {
        let rest = number - 16_383;
        words.extend([
            byte(rest / 64_516 + 192),
            byte(rest / 254 % 254 + 1),
            byte(rest % 254 + 1),
        ]);
    }
}

/// What a reader reports for this content: with FNC1 first the GS1 element string (separators as
/// `\u{1d}`), otherwise the text behind the identifier `]d1`.
#[must_use]
pub fn scan_data(content: &[Token]) -> String {
    let (gs1, rest) = match content.split_first() {
        Some((Token::Fnc1, rest)) => (true, rest),
        _ => (false, content),
    };
    let mut text = String::from(if gs1 { "" } else { "]d1" });
    for token in rest {
        match *token {
            Token::Byte(byte) => text.push(char::from(byte)),
            Token::Fnc1 => text.push(GROUP_SEPARATOR),
            Token::ReaderProgramming | Token::Eci(_) => {}
        }
    }
    text
}

/// The size a content takes: the smallest square that holds it, or exactly the `forced` side.
/// `None` when it fits nowhere or the forced side does not exist: a printer then leaves the symbol
/// out.
#[must_use]
pub fn size_for(content: &[Token], forced: Option<usize>) -> Option<&'static Size> {
    let need = codewords(content).len();
    if content.is_empty() || content.len() > CONTENT_MAX {
        return None;
    }
    let fits = |size: &&Size| size.data >= need && forced.is_none_or(|side| side == size.rows);
    size::SQUARES.iter().find(fits)
}

/// Draws a content as modules; `None` as [`size_for`] says.
#[must_use]
pub fn draw(content: &[Token], forced: Option<usize>) -> Option<Matrix> {
    let size = size_for(content, forced)?;
    Some(draw_codewords(codewords(content), size))
}

/// Draws data codewords as modules: pads them, protects them, places them. They must fit `size`
/// and end in ASCII encodation when they do not fill it.
#[must_use]
pub fn draw_codewords(mut words: Vec<u8>, size: &Size) -> Matrix {
    assert!(words.len() <= size.data, "the codewords fit the symbol");
    pad(&mut words, size.data);
    let words = reed_solomon::protect(&words, size);
    assert_eq!(
        words.len(),
        size.data + size.ecc,
        "every codeword has its place"
    );
    placement::place(&words, size)
}

/// Fills up to `data` codewords: one pad, then pads scrambled by position (ISO/IEC 16022, 253-state
/// algorithm).
fn pad(words: &mut Vec<u8>, data: usize) {
    if words.len() < data {
        words.push(PAD);
    }
    while words.len() < data {
        let position = words.len() + 1;
        let scrambled = usize::from(PAD) + (149 * position) % 253 + 1;
        let wrapped = if scrambled > 254 {
            scrambled - 254
        } else {
            scrambled
        };
        words.push(u8::try_from(wrapped).expect("a scrambled pad is below 255"));
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn bytes(text: &str) -> Vec<Token> {
        text.bytes().map(Token::Byte).collect()
    }

    fn gs1(text: &str) -> Vec<Token> {
        let separated = |b| {
            if b == 0x1d {
                Token::Fnc1
            } else {
                Token::Byte(b)
            }
        };
        std::iter::once(Token::Fnc1)
            .chain(text.bytes().map(separated))
            .collect()
    }

    #[test]
    fn codewords_of_the_standard_s_example() {
        // ISO/IEC 16022 annex O: "123456" in 10×10.
        assert_eq!(codewords(&bytes("123456")), [142, 164, 186]);
        let words = reed_solomon::protect(&[142, 164, 186], &SQUARES[0]);
        assert_eq!(words, [142, 164, 186, 114, 25, 5, 88, 102]);
    }

    #[test]
    fn another_library_draws_the_same_modules_for_every_size() {
        for size in SQUARES.iter().chain(RECTANGLES) {
            // As many digit pairs as fill the symbol but two codewords: padding and every block are
            // exercised.
            let digits: String = (0..size.data.saturating_sub(2).max(1) * 2)
                .map(|i| char::from(b'0' + u8::try_from(i * 7 % 10).expect("a digit")))
                .collect();
            let ours = draw_codewords(codewords(&bytes(&digits)), size);
            let theirs = datamatrix::DataMatrix::decode(&ours.dark, ours.columns)
                .unwrap_or_else(|why| panic!("{}×{}: {why:?}", size.rows, size.columns));
            assert_eq!(theirs, digits.as_bytes(), "{}", size.rows);
            if size.data < 60 {
                let drawn = datamatrix::DataMatrixBuilder::new()
                    .with_symbol_list(datamatrix::SymbolList::default())
                    .with_encodation_types(datamatrix::data::EncodationType::Ascii)
                    .encode(digits.as_bytes())
                    .expect("the other library encodes digits");
                if (drawn.bitmap().height(), drawn.bitmap().width()) == (ours.rows, ours.columns) {
                    let modules: Vec<bool> = drawn.bitmap().bits().to_vec();
                    assert_eq!(modules, ours.dark, "{}", size.rows);
                }
            }
        }
    }

    #[test]
    fn rxing_reads_gs1_with_separators_upper_shift_and_multi_regions() {
        for (content, side) in [
            ("01095060001343521727123110LOT1\u{1d}21SER0000001", None),
            ("010950600013435217271231\u{1d}10LOT1\u{1d}21SER1", Some(36)),
            ("0109506000134352211234567890abc", Some(64)),
        ] {
            let matrix = draw(&gs1(content), side).expect("fits");
            let read = read_with_rxing(&matrix);
            assert_eq!(read.0, content);
            assert_eq!(read.1, "]d2");
            assert_eq!(scan_data(&gs1(content)), content);
        }
        let upper = [Token::Byte(0xE9), Token::Byte(b'A')];
        let read = read_with_rxing(&draw(&upper, None).expect("fits"));
        assert_eq!(read, ("éA".to_owned(), "]d1".to_owned()));
    }

    #[test]
    fn too_long_for_its_size_is_no_symbol() {
        assert_eq!(draw(&bytes("more than three codewords"), Some(10)), None);
        assert_eq!(draw(&bytes("x"), Some(11)), None);
        assert_eq!(draw(&[], None), None);
        assert_eq!(draw(&vec![Token::Byte(b'x'); CONTENT_MAX + 1], None), None);
    }

    pub fn read_with_rxing(matrix: &Matrix) -> (String, String) {
        use rxing::RXingResultMetadataType::SYMBOLOGY_IDENTIFIER;
        let module = 6;
        let side = (matrix.columns.max(matrix.rows) + 8) * module;
        let mut luma = vec![255u8; side * side];
        for y in 0..matrix.rows * module {
            for x in 0..matrix.columns * module {
                if matrix.dark[y / module * matrix.columns + x / module] {
                    luma[(y + 4 * module) * side + x + 4 * module] = 0;
                }
            }
        }
        let side = u32::try_from(side).expect("small");
        let read = rxing::helpers::detect_in_luma(luma, side, side, None).expect("rxing reads it");
        let identifier = format!("{:?}", read.getRXingResultMetadata()[&SYMBOLOGY_IDENTIFIER]);
        let identifier = identifier.split('"').nth(1).unwrap_or_default().to_owned();
        (read.getText().to_owned(), identifier)
    }
}
