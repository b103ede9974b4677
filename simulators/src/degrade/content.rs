//! What the symbols say: GS1 element strings as packs carry them, in the codewords of several
//! encoders. PURE.

use super::Subject;
use crate::{
    random::Random,
    symbol::{
        Matrix, RECTANGLES, SQUARES, Size, Token, draw_codewords,
        encodation::{Encodation, codewords_in},
    },
};

const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &[u8] = b"0123456789";
/// Application identifiers of variable length: a separator follows unless they come last.
const VARIABLE: [&str; 2] = ["21", "10"];
const SEPARATOR: u8 = 0x1d;
/// Smallest square of a pack's symbol here.
const SQUARE_MIN: usize = 22;

/// The elements of a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Application identifier and value, in order.
    pub elements: Vec<(&'static str, String)>,
}

impl Content {
    /// GTIN, serial number of 20, expiry, lot.
    fn full(random: &mut Random) -> Content {
        let alphabet = match random.below(4) {
            0 | 1 => CAPITALS,
            2 => MIXED,
            _ => DIGITS,
        };
        let lot = index(random, 7) + 4;
        let elements = vec![
            ("01", gtin(random)),
            ("21", letters(random, alphabet, 20)),
            ("17", expiry(random)),
            ("10", letters(random, CAPITALS, lot)),
        ];
        Content { elements }
    }

    /// Ever shorter contents, down to what fits the smallest symbol.
    fn shorter(random: &mut Random, round: usize) -> Content {
        let elements = match round {
            0 => vec![
                ("01", gtin(random)),
                ("21", letters(random, CAPITALS, 12)),
                ("17", expiry(random)),
                ("10", letters(random, CAPITALS, 5)),
            ],
            1 => vec![
                ("01", gtin(random)),
                ("17", expiry(random)),
                ("10", letters(random, CAPITALS, 6)),
            ],
            2 => vec![("01", gtin(random)), ("21", letters(random, CAPITALS, 5))],
            3 => vec![("01", gtin(random))],
            4 => vec![("21", letters(random, DIGITS, 6))],
            _ => vec![("21", letters(random, DIGITS, 2))],
        };
        Content { elements }
    }

    /// As a scanner gives it: separators 0x1D after elements of variable length but the last,
    /// nothing for the leading FNC1.
    #[must_use]
    pub fn element_string(&self) -> Vec<u8> {
        let mut string = Vec::new();
        for (n, (identifier, value)) in self.elements.iter().enumerate() {
            string.extend_from_slice(identifier.as_bytes());
            string.extend_from_slice(value.as_bytes());
            if VARIABLE.contains(identifier) && n + 1 < self.elements.len() {
                string.push(SEPARATOR);
            }
        }
        string
    }

    /// The tokens to encode, separators as FNC1 or as GS.
    fn tokens(&self, separator: Token) -> Vec<Token> {
        let token = |byte| match byte {
            SEPARATOR => separator,
            byte => Token::Byte(byte),
        };
        let string = self.element_string();
        std::iter::once(Token::Fnc1)
            .chain(string.into_iter().map(token))
            .collect()
    }
}

fn index(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.below(end as u64)).expect("below a small number")
}

fn letters(random: &mut Random, alphabet: &[u8], length: usize) -> String {
    let letter = |_| char::from(alphabet[index(random, alphabet.len())]);
    (0..length).map(letter).collect()
}

/// Thirteen digits and their check digit (GS1 General Specifications 7.9: weights 3 and 1 from the
/// right).
fn gtin(random: &mut Random) -> String {
    let mut digits = letters(random, DIGITS, 13);
    let weighted = |(n, digit): (usize, u8)| u32::from(digit - b'0') * [3, 1][n % 2];
    let sum: u32 = digits.bytes().enumerate().map(weighted).sum();
    digits.push(char::from_digit((10 - sum % 10) % 10, 10).expect("one digit"));
    digits
}

/// `YYMMDD`, the day never 00 and in every month.
fn expiry(random: &mut Random) -> String {
    let year = random.between(25, 34);
    let month = random.between(1, 12);
    format!("{year:02}{month:02}{:02}", random.between(1, 28))
}

/// A content, the size of its symbol and the symbol; `None` for [`Subject::Nothing`].
pub(super) fn printed(
    subject: Subject,
    random: &mut Random,
) -> Option<(Content, &'static Size, Matrix)> {
    let forced = match subject {
        Subject::Nothing => return None,
        Subject::Square => None,
        Subject::Rectangle => {
            // The larger ones hold a whole pack's content: they are the usual case.
            let weighted = [0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5];
            Some(&RECTANGLES[weighted[index(random, weighted.len())]])
        }
        Subject::Sized { rows, columns } => Some(Size::of(rows, columns).unwrap_or_else(|| {
            panic!("there is no symbol of {rows} × {columns} modules to draw");
        })),
    };
    let (encodation, separator) = habit(random);
    let encoded = |content: &Content| codewords_in(&content.tokens(separator), encodation);
    let full = Content::full(random);
    let mut candidates = vec![full];
    candidates.extend((0..6).map(|round| Content::shorter(random, round)));
    candidates.into_iter().find_map(|content| {
        // What an encoder's habit makes too long, ASCII still holds.
        let ascii = || codewords_in(&content.tokens(separator), Encodation::Ascii);
        let fitting = |words: &Vec<u8>| match forced {
            Some(size) => (size.data >= words.len()).then_some(size),
            None => SQUARES
                .iter()
                .find(|size| size.rows >= SQUARE_MIN && size.data >= words.len()),
        };
        let (words, size) = [encoded(&content), ascii()]
            .into_iter()
            .find_map(|words| fitting(&words).map(|size| (words, size)))?;
        Some((content, size, draw_codewords(words, size)))
    })
}

/// Half of the encoders write long letters in C40 or Text with FNC1 as separator, half keep to
/// ASCII; a few write GS or Base 256.
fn habit(random: &mut Random) -> (Encodation, Token) {
    match random.below(20) {
        0..=7 => (Encodation::C40, Token::Fnc1),
        8..=9 => (Encodation::Text, Token::Fnc1),
        10..=14 => (Encodation::Ascii, Token::Byte(SEPARATOR)),
        15..=18 => (Encodation::Ascii, Token::Fnc1),
        _ => (Encodation::Base256, Token::Fnc1),
    }
}
