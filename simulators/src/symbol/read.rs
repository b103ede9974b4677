//! What modules say, and where symbols stand in a bitmap: for what a printer gets as dots and not as data. PURE.
//!
//! Only clean dots are read: upright symbols of whole modules, paper to their left and above, no codeword wrong. That
//! is what a bitmap on its way to the head is; no reader of photographs.

use super::{Matrix, Size, Token, placement, reed_solomon};

/// Most symbols found in one bitmap.
pub const FOUND_MAX: usize = 8;
/// Largest module in dots.
const MODULE_DOTS_MAX: usize = 64;

/// Punctuation of shift set 2.
const SHIFT_2: &[u8; 27] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_";

/// A symbol in a bitmap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Dots from the left.
    pub x: usize,
    /// Dots from the top.
    pub y: usize,
    /// Dots along a module.
    pub module_dots: usize,
    /// Its modules.
    pub matrix: Matrix,
    /// Its content.
    pub content: Vec<Token>,
}

/// The symbols in a bitmap of this width and height.
#[must_use]
pub fn find(width: usize, height: usize, dark: impl Fn(usize, usize) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    let dark = |x: usize, y: usize| x < width && y < height && dark(x, y);
    for y in 0..height {
        for x in 0..width {
            let corner = dark(x, y) && (x == 0 || !dark(x - 1, y)) && (y == 0 || !dark(x, y - 1));
            if corner && let Some(symbol) = found_at(x, y, &dark) {
                found.push(symbol);
                if found.len() == FOUND_MAX {
                    return found;
                }
            }
        }
    }
    found
}

/// The symbol whose top left corner is here.
fn found_at(x: usize, y: usize, dark: &impl Fn(usize, usize) -> bool) -> Option<Found> {
    let module_dots = (0..=MODULE_DOTS_MAX).find(|n| !dark(x + n, y))?;
    let down = (0..).find(|n| !dark(x, y + n))?;
    let bottom = y + down - 1;
    let across = (0..).find(|n| !dark(x + n, bottom))?;
    let whole = down % module_dots == 0 && across % module_dots == 0;
    let (rows, columns) = (down / module_dots, across / module_dots);
    Size::of(rows, columns).filter(|_| whole)?;
    let middle = |n: usize| n * module_dots + module_dots / 2;
    let modules =
        (0..rows * columns).map(|n| dark(x + middle(n % columns), y + middle(n / columns)));
    let matrix = Matrix {
        rows,
        columns,
        dark: modules.collect(),
    };
    let content = read(&matrix)?;
    Some(Found {
        x,
        y,
        module_dots,
        matrix,
        content,
    })
}

/// The content of a symbol; `None` when the modules are no symbol, or a codeword is wrong.
#[must_use]
pub fn read(matrix: &Matrix) -> Option<Vec<Token>> {
    let size = Size::of(matrix.rows, matrix.columns)?;
    let count = size.data + size.ecc;
    let place = |word: &dyn Fn(usize) -> u8| {
        let words: Vec<u8> = (0..count).map(word).collect();
        placement::place(&words, size).dark
    };
    // Which module shows which bit of which codeword: asked of the placement itself, one bit of the answer at a time.
    let (none, all) = (place(&|_| 0), place(&|_| 0xff));
    let of_word: Vec<Vec<bool>> = (0..12)
        .map(|bit| place(&|n| if n >> bit & 1 == 1 { 0xff } else { 0 }))
        .collect();
    let of_bit: Vec<Vec<bool>> = [0xaa, 0xcc, 0xf0].map(|mask| place(&|_| mask)).to_vec();
    let number = |planes: &[Vec<bool>], at: usize| {
        let bits = planes.iter().enumerate();
        bits.fold(0, |sum, (bit, plane)| sum | usize::from(plane[at]) << bit)
    };
    let mut words = vec![0u8; count];
    for (at, &dark) in matrix.dark.iter().enumerate() {
        if none[at] == all[at] {
            // Finder, clock, or the corner that holds no codeword.
            if dark != all[at] {
                return None;
            }
        } else if dark {
            words[number(&of_word, at)] |= 1 << number(&of_bit, at);
        }
    }
    let right = reed_solomon::protect(&words[..size.data], size) == words;
    right.then(|| tokens(&words[..size.data])).flatten()
}

/// Codewords as they are read.
struct Words<'a> {
    words: &'a [u8],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<u8> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn left(&self) -> usize {
        self.words.len().saturating_sub(self.at)
    }

    /// The next codeword of Base 256, its scrambling by place undone.
    fn unscrambled(&mut self) -> Option<usize> {
        let word = self.next()?;
        let pad = (149 * self.at) % 255 + 1;
        Some((usize::from(word) + 256 - pad % 256) % 256)
    }
}

/// Data codewords as content (ISO/IEC 16022, 5.2). `None` for what makes no sense, and for macros.
fn tokens(words: &[u8]) -> Option<Vec<Token>> {
    let mut words = Words { words, at: 0 };
    let mut out = Vec::new();
    while let Some(word) = words.next() {
        match word {
            1..=128 => out.push(Token::Byte(word - 1)),
            129 => break,
            130..=229 => {
                let pair = word - 130;
                out.extend([b'0' + pair / 10, b'0' + pair % 10].map(Token::Byte));
            }
            230 | 239 => triples(&mut words, word == 239, &mut out)?,
            231 => bytes(&mut words, &mut out)?,
            232 => out.push(Token::Fnc1),
            234 => out.push(Token::ReaderProgramming),
            235 => out.push(Token::Byte(words.next()?.checked_sub(1)?.checked_add(128)?)),
            238 => x12(&mut words, &mut out)?,
            240 => edifact(&mut words, &mut out),
            241 => {
                let first = u32::from(words.next()?);
                let number = match first {
                    1..=127 => first - 1,
                    128..=191 => (first - 128) * 254 + u32::from(words.next()?) + 126,
                    _ => return None,
                };
                out.push(Token::Eci(number));
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Three values out of two codewords, until 254 or the last single codeword; `None` inside stands for the end.
fn three(words: &mut Words<'_>) -> Option<Option<[u8; 3]>> {
    if words.words.get(words.at) == Some(&254) {
        words.at += 1;
        return Some(None);
    }
    if words.left() < 2 {
        return Some(None);
    }
    let first = words.next()?;
    let sum = (usize::from(first) << 8 | usize::from(words.next()?)).checked_sub(1)?;
    let value = |n: usize| u8::try_from(n).ok();
    Some(Some([
        value(sum / 1600)?,
        value(sum / 40 % 40)?,
        value(sum % 40)?,
    ]))
}

/// C40, or Text.
fn triples(words: &mut Words<'_>, text: bool, out: &mut Vec<Token>) -> Option<()> {
    let (capital, small) = if text { (b'a', b'A') } else { (b'A', b'a') };
    let (mut set, mut upper) = (0, 0);
    while let Some(values) = three(words)? {
        for value in values {
            let byte = match (std::mem::take(&mut set), value) {
                (0, 0..=2) => {
                    set = value + 1;
                    continue;
                }
                (0, 3) => b' ',
                (0, 4..=13) => b'0' + value - 4,
                (0, 14..=39) => capital + value - 14,
                (1, 0..=31) => value,
                (2, 27) => {
                    out.push(Token::Fnc1);
                    continue;
                }
                (2, 30) => {
                    upper = 128;
                    continue;
                }
                (2, place) => *SHIFT_2.get(usize::from(place))?,
                (3, 0) => b'`',
                (3, 1..=26) => small + value - 1,
                (3, 27..=31) => b'{' + value - 27,
                _ => return None,
            };
            out.push(Token::Byte(byte + std::mem::take(&mut upper)));
        }
    }
    Some(())
}

fn x12(words: &mut Words<'_>, out: &mut Vec<Token>) -> Option<()> {
    while let Some(values) = three(words)? {
        for value in values {
            out.push(Token::Byte(match value {
                0 => b'\r',
                1 => b'*',
                2 => b'>',
                3 => b' ',
                4..=13 => b'0' + value - 4,
                14..=39 => b'A' + value - 14,
                _ => return None,
            }));
        }
    }
    Some(())
}

/// Four values of six bits in three codewords, until 31 or the last two codewords.
fn edifact(words: &mut Words<'_>, out: &mut Vec<Token>) {
    while words.left() > 2 {
        let three = [words.next(), words.next(), words.next()].map(Option::unwrap_or_default);
        let bits = three
            .iter()
            .fold(0u32, |bits, word| bits << 8 | u32::from(*word));
        for place in 0..4 {
            let value = (bits >> (18 - 6 * place) & 0x3f).to_le_bytes()[0];
            if value == 31 {
                // The rest of the codeword in which it ends is empty.
                words.at -= [2, 1, 0, 0][place];
                return;
            }
            out.push(Token::Byte(if value & 0x20 == 0 {
                value | 0x40
            } else {
                value
            }));
        }
    }
}

/// Base 256: a length of one codeword or two, 0 meaning "to the end".
fn bytes(words: &mut Words<'_>, out: &mut Vec<Token>) -> Option<()> {
    let length = match words.unscrambled()? {
        0 => words.left(),
        short @ 1..=249 => short,
        long => (long - 249) * 250 + words.unscrambled()?,
    };
    for _ in 0..length {
        out.push(Token::Byte(u8::try_from(words.unscrambled()?).ok()?));
    }
    Some(())
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::symbol::{
        draw, draw_codewords, encodation::Encodation, encodation::codewords_in, size_for,
    };

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
    fn whatever_is_drawn_in_any_encodation_is_read() {
        let content = gs1("010950600013435217271231\u{1d}10Lot-a\u{1d}21SERIAL7abcxyz");
        for encodation in Encodation::ALL {
            let words = codewords_in(&content, encodation);
            let size = size_for(&content, Some(40)).expect("fits");
            assert_eq!(
                read(&draw_codewords(words, size)).as_ref(),
                Some(&content),
                "{encodation:?}"
            );
        }
        for size in crate::symbol::SQUARES
            .iter()
            .chain(crate::symbol::RECTANGLES)
        {
            let digits = vec![Token::Byte(b'7'); size.data * 2];
            let words = crate::symbol::codewords(&digits);
            assert_eq!(
                read(&draw_codewords(words, size)),
                Some(digits),
                "{}",
                size.rows
            );
        }
    }

    #[test]
    fn what_another_library_draws_is_read() {
        for text in [
            "A",
            "ABC>*123 DEF\r>*",
            "lower case text, much of it",
            "UPPER CASE TEXT 0123",
            "\u{0}\u{1}~|{",
            "1234567890",
            "EDI.FACT+UNB:XX=/?;<",
            "A1B2C3D4E5F6G7",
        ] {
            let drawn =
                datamatrix::DataMatrix::encode(text.as_bytes(), datamatrix::SymbolList::default());
            let drawn = drawn.expect("the other library encodes it").bitmap();
            let matrix = Matrix {
                rows: drawn.height(),
                columns: drawn.width(),
                dark: drawn.bits().to_vec(),
            };
            let read = read(&matrix).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(
                read,
                text.bytes().map(Token::Byte).collect::<Vec<_>>(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn symbols_are_found_where_they_stand_and_damage_is_none() {
        let content = gs1("010950600013435221SER1");
        let matrix = draw(&content, None).expect("fits");
        let (left, top, module) = (13, 7, 3);
        let at = |x: usize, y: usize| {
            let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
            let (row, column) = (y / module, x / module);
            (row < matrix.rows && column < matrix.columns)
                .then(|| matrix.dark[row * matrix.columns + column])
        };
        let found = find(200, 100, |x, y| {
            at(x, y) == Some(true) || (x > 150 && y > 20)
        });
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].x, found[0].y, found[0].module_dots),
            (left, top, module)
        );
        assert_eq!(found[0].content, content);
        let torn = find(200, 100, |x, y| {
            at(x, y) == Some(true) && x < left + 8 * module
        });
        assert!(torn.is_empty());
        assert!(find(40, 40, |_, _| true).is_empty());
    }
}
