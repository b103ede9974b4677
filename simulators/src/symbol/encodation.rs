//! Other ways from a content to data codewords: ISO/IEC 16022 clause 5.2, C40, Text and Base 256.
//!
//! Encoders differ in their habits: one keeps to ASCII, one runs long letters through C40 with FNC1
//! inside, one writes separators as FNC1, one as GS. A reader must take them all, so the frames show
//! them all.

use super::{Token, codewords};

const LATCH_C40: u8 = 230;
const LATCH_BASE256: u8 = 231;
const LATCH_TEXT: u8 = 239;
const UNLATCH: u8 = 254;
/// Values of the C40 and Text sets that select a shift set for the next value.
const SHIFT_1: u8 = 0;
const SHIFT_2: u8 = 1;
const SHIFT_3: u8 = 2;
/// FNC1 in shift set 2 of C40 and Text.
const FNC1_IN_SHIFT_2: u8 = 27;

/// How the part of a content that is not a long run of digits is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encodation {
    /// ASCII with digit pairs throughout.
    Ascii,
    /// C40: three values in two codewords, capitals and digits cheapest.
    C40,
    /// Text: as C40, small letters cheapest.
    Text,
    /// Base 256: bytes as they are. It cannot hold FNC1.
    Base256,
}

impl Encodation {
    /// Every encodation.
    pub const ALL: [Encodation; 4] = [
        Encodation::Ascii,
        Encodation::C40,
        Encodation::Text,
        Encodation::Base256,
    ];
}

/// The data codewords of a content, without padding, in ASCII encodation at their end.
///
/// Runs of 8 digits and more and the leading FNC1 stay in ASCII; everything else goes through
/// `encodation` as far as it can hold it.
#[must_use]
pub fn codewords_in(content: &[Token], encodation: Encodation) -> Vec<u8> {
    let mut words = Vec::with_capacity(content.len() + 8);
    let mut at = 0;
    while at < content.len() {
        let plain = plain_run(&content[at..]);
        words.extend(codewords(&content[at..at + plain]));
        at += plain;
        let rest = &content[at..];
        let taken = match encodation {
            Encodation::Ascii => 0,
            Encodation::C40 | Encodation::Text => push_triples(&mut words, rest, encodation),
            Encodation::Base256 => push_bytes(&mut words, rest),
        };
        at += taken;
        if taken == 0 && at < content.len() {
            words.extend(codewords(&content[at..]));
            break;
        }
    }
    words
}

/// How many tokens from the start best stay in ASCII: a leading FNC1 and long runs of digits.
fn plain_run(content: &[Token]) -> usize {
    let lead = usize::from(content.first() == Some(&Token::Fnc1));
    let run = digits(&content[lead..]);
    // An odd run leaves its last digit to what follows: digit pairs only.
    lead + if run >= 8 { run / 2 * 2 } else { 0 }
}

fn digits(content: &[Token]) -> usize {
    let digit = |token: &&Token| matches!(token, Token::Byte(byte) if byte.is_ascii_digit());
    content.iter().take_while(digit).count()
}

/// The values of one token in C40 or Text; `None` when neither set holds it.
fn values(token: Token, encodation: Encodation) -> Option<Vec<u8>> {
    let byte = match token {
        Token::Fnc1 => return Some(vec![SHIFT_2, FNC1_IN_SHIFT_2]),
        Token::Byte(byte) => byte,
        Token::ReaderProgramming | Token::Eci(_) => return None,
    };
    let text = encodation == Encodation::Text;
    Some(match byte {
        b' ' => vec![3],
        b'0'..=b'9' => vec![byte - b'0' + 4],
        b'A'..=b'Z' if !text => vec![byte - b'A' + 14],
        b'a'..=b'z' if text => vec![byte - b'a' + 14],
        0..=31 => vec![SHIFT_1, byte],
        b'!'..=b'/' => vec![SHIFT_2, byte - b'!'],
        b':'..=b'@' => vec![SHIFT_2, byte - b':' + 15],
        b'['..=b'_' => vec![SHIFT_2, byte - b'[' + 22],
        b'A'..=b'Z' => vec![SHIFT_3, byte - b'A' + 1],
        b'`'..=127 => vec![SHIFT_3, byte - b'`'],
        128.. => return None,
    })
}

/// Latches, writes triples as two codewords each, unlatches; gives the number of tokens taken.
fn push_triples(words: &mut Vec<u8>, content: &[Token], encodation: Encodation) -> usize {
    let mut run = Vec::new();
    let (mut whole_values, mut whole_tokens) = (0, 0);
    for (at, &token) in content.iter().enumerate() {
        if digits(&content[at..]) >= 8 {
            break;
        }
        let Some(values) = values(token, encodation) else {
            break;
        };
        run.extend(values);
        // Only where a triple ends with a token may the run be cut: nothing is left to pad.
        if run.len() % 3 == 0 {
            (whole_values, whole_tokens) = (run.len(), at + 1);
        }
    }
    if whole_tokens > 0 {
        words.push(if encodation == Encodation::Text {
            LATCH_TEXT
        } else {
            LATCH_C40
        });
        for triple in run[..whole_values].chunks_exact(3) {
            let [a, b, c] = [triple[0], triple[1], triple[2]].map(u16::from);
            words.extend((1600 * a + 40 * b + c + 1).to_be_bytes());
        }
        words.push(UNLATCH);
    }
    whole_tokens
}

/// Writes the bytes up to the next FNC1 or long run of digits in Base 256; gives their number.
fn push_bytes(words: &mut Vec<u8>, content: &[Token]) -> usize {
    let mut bytes = Vec::new();
    for (at, &token) in content.iter().enumerate() {
        match token {
            Token::Byte(byte) if digits(&content[at..]) < 8 && at < 249 => bytes.push(byte),
            _ => break,
        }
    }
    if bytes.is_empty() {
        return 0;
    }
    words.push(LATCH_BASE256);
    let length = u8::try_from(bytes.len()).expect("at most 249 bytes are taken");
    for byte in std::iter::once(length).chain(bytes.iter().copied()) {
        // The 255-state scrambling of annex B.2, by position in the symbol counted from 1.
        let scramble = (149 * (words.len() + 1)) % 255 + 1;
        let scrambled = (usize::from(byte) + scramble) % 256;
        words.push(u8::try_from(scrambled).expect("a remainder of 256"));
    }
    bytes.len()
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::symbol::{SQUARES, draw_codewords, scan_data, test::read_with_rxing};

    #[test]
    fn c40_of_the_standard_s_example() {
        // ISO/IEC 16022 clause 5.2.5.3: "AIM" is 91, 11.
        let aim = [Token::Byte(b'A'), Token::Byte(b'I'), Token::Byte(b'M')];
        assert_eq!(codewords_in(&aim, Encodation::C40), [230, 91, 11, 254]);
    }

    #[test]
    fn another_reader_takes_every_encodation_with_separators_of_both_kinds() {
        let text = "010950600013435221Ab-C/9xYZ_12QWERTY\u{1d}1728123110LOT.7a";
        for encodation in Encodation::ALL {
            for as_fnc1 in [true, false] {
                let token = |byte| match byte {
                    0x1d if as_fnc1 => Token::Fnc1,
                    byte => Token::Byte(byte),
                };
                let mut content = vec![Token::Fnc1];
                content.extend(text.bytes().map(token));
                let words = codewords_in(&content, encodation);
                let size = SQUARES.iter().find(|size| size.data >= words.len());
                let read = read_with_rxing(&draw_codewords(words, size.expect("fits")));
                assert_eq!(read.0, text, "{encodation:?} {as_fnc1}");
                assert_eq!(read.1, "]d2", "{encodation:?} {as_fnc1}");
                assert_eq!(scan_data(&content), text);
            }
        }
    }
}
