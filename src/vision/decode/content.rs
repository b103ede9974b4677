//! From corrected data codewords to content: ISO/IEC 16022, 5.2 to 5.6 and annexes B and C. PURE.

use super::text;
use std::borrow::Cow;
use std::fmt;

/// What a symbol holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The modifier m of the symbology identifier `]dm`, 1 to 6.
    pub modifier: u8,
    /// The bytes a scanner transmits: FNC1 in first or second place left out, elsewhere 0x1D, macros written out.
    pub bytes: Vec<u8>,
    /// Where another interpretation of the bytes begins, in order.
    pub ecis: Vec<Eci>,
    /// Whether the symbol is one of several that make one message.
    pub structured_append: Option<StructuredAppend>,
    /// Meant to set up a reader, not to be transmitted.
    pub reader_programming: bool,
}

/// An extended channel interpretation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eci {
    /// The first byte of the content it is for.
    pub start: usize,
    /// Its number, up to 999999.
    pub number: u32,
}

/// Place of a symbol among those of its message (ISO/IEC 16022, 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StructuredAppend {
    /// Which symbol it is, from 1.
    pub position: u8,
    /// How many there are, 2 to 16.
    pub total: u8,
    /// Same in all symbols of the message.
    pub file: [u8; 2],
}

impl Content {
    /// Symbology identifier: `]d1` plain, `]d2` FNC1 first (GS1), `]d3` FNC1 second; `]d4` to `]d6` the same with
    /// ECIs.
    pub fn symbology(&self) -> &'static str {
        match self.modifier {
            2 => "]d2",
            3 => "]d3",
            4 => "]d4",
            5 => "]d5",
            6 => "]d6",
            _ => "]d1",
        }
    }

    /// Whether it says that it is a GS1 element string.
    pub fn is_gs1(&self) -> bool {
        matches!(self.modifier, 2 | 5)
    }

    /// The content as text: ISO/IEC 8859-1 unless an ECI says otherwise. `None` where an ECI is not one for text,
    /// not known here, or the bytes are not of its character set.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        text::text(&self.bytes, &self.ecis)
    }

    fn clear(&mut self) {
        self.modifier = 1;
        self.bytes.clear();
        self.ecis.clear();
        self.structured_append = None;
        self.reader_programming = false;
    }
}

/// Codewords that no encoder makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Which data codeword, from 1.
    pub codeword: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a data codeword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not used in ASCII encodation.
    Unused(u8),
    /// May only be the first codeword.
    NotFirst(u8),
    /// Something goes on after the last codeword.
    CutOff,
    /// Upper shift with nothing behind it that it could shift.
    UpperShift,
    /// Padding that does not follow the 253-state rule.
    Padding,
    /// A pair of codewords that is not three values below 40.
    Triplet,
    /// A value that a C40 or Text set does not have.
    Value {
        /// Which shift set; 0 is the basic one.
        set: u8,
        /// The value.
        value: u8,
    },
    /// An ECI number written wrong.
    Eci,
    /// A place in a structured append that does not exist.
    StructuredAppend,
    /// Longer than the symbol.
    Length(usize),
    /// There is no content.
    Empty,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data codeword {}: ", self.codeword)?;
        match self.fault {
            Fault::Unused(value) => write!(f, "{value} is not used in ASCII encodation"),
            Fault::NotFirst(value) => write!(f, "{value} may only stand first"),
            Fault::CutOff => write!(f, "the symbol ends in the middle of something"),
            Fault::UpperShift => write!(f, "upper shift without a character to shift"),
            Fault::Padding => write!(f, "padding that does not follow the 253-state rule"),
            Fault::Triplet => write!(f, "not three values below 40"),
            Fault::Value { set: 0, value } => {
                write!(f, "there is no value {value} in the basic set")
            }
            Fault::Value { set, value } => {
                write!(f, "there is no value {value} in shift set {set}")
            }
            Fault::Eci => write!(f, "not an ECI number"),
            Fault::StructuredAppend => write!(f, "no such place in a structured append"),
            Fault::Length(bytes) => write!(f, "a length of {bytes} bytes is more than is left"),
            Fault::Empty => write!(f, "the symbol holds nothing but padding"),
        }
    }
}

impl std::error::Error for Malformed {}

/// Codewords of ASCII encodation that are not characters (ISO/IEC 16022, table 2).
const PAD: u8 = 129;
const LATCH_C40: u8 = 230;
const LATCH_BASE_256: u8 = 231;
const FNC1: u8 = 232;
const STRUCTURED_APPEND: u8 = 233;
const READER_PROGRAMMING: u8 = 234;
const UPPER_SHIFT: u8 = 235;
const MACRO_05: u8 = 236;
const MACRO_06: u8 = 237;
const LATCH_X12: u8 = 238;
const LATCH_TEXT: u8 = 239;
const LATCH_EDIFACT: u8 = 240;
const ECI_FOLLOWS: u8 = 241;
/// Back to ASCII from C40, Text and X12.
const UNLATCH: u8 = 254;
/// Back to ASCII from EDIFACT, six bits.
const UNLATCH_EDIFACT: u8 = 31;

/// What a scanner transmits for FNC1 that separates.
const SEPARATOR: u8 = 0x1d;
/// What stands around the data of a macro 05 or 06 (ISO/IEC 15434).
const MACRO_HEADS: [&[u8]; 2] = [b"[)>\x1e05\x1d", b"[)>\x1e06\x1d"];
const MACRO_TRAILER: &[u8] = b"\x1e\x04";

/// Reads the data codewords of a symbol into `content`, whose memory is used again.
pub fn interpret(codewords: &[u8], content: &mut Content) -> Result<(), Malformed> {
    content.clear();
    let mut stream = Stream {
        codewords,
        at: 0,
        content,
    };
    let trailer = stream.heads()?;
    stream.body()?;
    content.bytes.extend_from_slice(trailer);
    if !content.ecis.is_empty() {
        content.modifier += 3;
    }
    if content.bytes.is_empty() {
        return Err(Malformed {
            codeword: 1,
            fault: Fault::Empty,
        });
    }
    Ok(())
}

/// C40 and Text differ in which letters are in the basic set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    Capital,
    Small,
}

struct Stream<'a> {
    codewords: &'a [u8],
    /// Codewords read.
    at: usize,
    content: &'a mut Content,
}

impl Stream<'_> {
    fn left(&self) -> usize {
        self.codewords.len() - self.at
    }

    /// About the codeword last read.
    fn malformed(&self, fault: Fault) -> Malformed {
        Malformed {
            codeword: self.at,
            fault,
        }
    }

    fn next(&mut self) -> Result<u8, Malformed> {
        let Some(codeword) = self.codewords.get(self.at) else {
            return Err(self.malformed(Fault::CutOff));
        };
        self.at += 1;
        Ok(*codeword)
    }

    fn push(&mut self, byte: u8) {
        self.content.bytes.push(byte);
    }

    /// What may stand before everything else: macro, structured append, reader programming; FNC1 in first or second
    /// place. Returns what is to be put behind the content.
    fn heads(&mut self) -> Result<&'static [u8], Malformed> {
        let mut trailer: &[u8] = &[];
        match self.codewords.first() {
            Some(&head @ (MACRO_05 | MACRO_06)) => {
                self.at = 1;
                let head = MACRO_HEADS[usize::from(head - MACRO_05)];
                self.content.bytes.extend_from_slice(head);
                trailer = MACRO_TRAILER;
            }
            Some(&STRUCTURED_APPEND) => {
                self.at = 1;
                self.structured_append()?;
            }
            Some(&READER_PROGRAMMING) => {
                self.at = 1;
                self.content.reader_programming = true;
            }
            _ => {}
        }
        // Macros and reader programming take the first place, a structured append does not count.
        if trailer.is_empty() && !self.content.reader_programming {
            match self.codewords[self.at..] {
                [FNC1, ..] => {
                    self.at += 1;
                    self.content.modifier = 2;
                }
                [character, FNC1, ..] if is_application_indicator(character) => {
                    self.at += 2;
                    self.content.modifier = 3;
                    self.push_ascii(character);
                }
                _ => {}
            }
        }
        Ok(trailer)
    }

    fn structured_append(&mut self) -> Result<(), Malformed> {
        let place = self.next()?;
        let (position, total) = ((place >> 4) + 1, 17 - (place & 15));
        if !(2..=16).contains(&total) || position > total {
            return Err(self.malformed(Fault::StructuredAppend));
        }
        let mut file = [0; 2];
        for part in &mut file {
            *part = self.next()?;
            if !(1..=254).contains(part) {
                return Err(self.malformed(Fault::StructuredAppend));
            }
        }
        self.content.structured_append = Some(StructuredAppend {
            position,
            total,
            file,
        });
        Ok(())
    }

    /// ASCII encodation, to the end; the others are visited from here.
    fn body(&mut self) -> Result<(), Malformed> {
        while self.left() > 0 {
            let codeword = self.next()?;
            match codeword {
                1..=128 | 130..=229 => self.push_ascii(codeword),
                PAD => return self.padding(),
                LATCH_C40 => self.c40(Letters::Capital)?,
                LATCH_TEXT => self.c40(Letters::Small)?,
                LATCH_X12 => self.x12()?,
                LATCH_EDIFACT => self.edifact()?,
                LATCH_BASE_256 => self.base_256()?,
                FNC1 => self.push(SEPARATOR),
                UPPER_SHIFT => match self.next()? {
                    character @ 1..=128 => self.push(character + 127),
                    _ => return Err(self.malformed(Fault::UpperShift)),
                },
                ECI_FOLLOWS => self.eci()?,
                STRUCTURED_APPEND | READER_PROGRAMMING | MACRO_05 | MACRO_06 => {
                    return Err(self.malformed(Fault::NotFirst(codeword)));
                }
                _ => return Err(self.malformed(Fault::Unused(codeword))),
            }
        }
        Ok(())
    }

    /// A character or a pair of digits.
    fn push_ascii(&mut self, codeword: u8) {
        match codeword.checked_sub(130) {
            None => self.push(codeword - 1),
            Some(pair) => {
                self.push(b'0' + pair / 10);
                self.push(b'0' + pair % 10);
            }
        }
    }

    /// After the first pad codeword all that follow are made unlike each other: ISO/IEC 16022, B.1.
    fn padding(&mut self) -> Result<(), Malformed> {
        while self.left() > 0 {
            let pad = usize::from(self.next()?);
            // Places count from 1, and `at` is past the codeword.
            let random = 149 * self.at % 253 + 1;
            let sum = usize::from(PAD) + random;
            // Some encoders reduce modulo 254 and make 0 of 254.
            let right = match sum {
                254 => pad == 254 || pad == 0,
                255.. => pad == sum - 254,
                _ => pad == sum,
            };
            if !right {
                return Err(self.malformed(Fault::Padding));
            }
        }
        Ok(())
    }

    fn eci(&mut self) -> Result<(), Malformed> {
        let first = u32::from(self.next()?);
        let number = match first {
            1..=127 => first - 1,
            128..=191 => (first - 128) * 254 + self.eci_part()? + 127,
            192..=207 => {
                (first - 192) * 64_516 + self.eci_part()? * 254 + self.eci_part()? + 16_383
            }
            _ => return Err(self.malformed(Fault::Eci)),
        };
        if number > 999_999 {
            return Err(self.malformed(Fault::Eci));
        }
        let start = self.content.bytes.len();
        self.content.ecis.push(Eci { start, number });
        Ok(())
    }

    fn eci_part(&mut self) -> Result<u32, Malformed> {
        match self.next()? {
            part @ 1..=254 => Ok(u32::from(part) - 1),
            _ => Err(self.malformed(Fault::Eci)),
        }
    }

    /// The next three values of C40, Text or X12; `None` where the encodation ends: at its unlatch, before a last
    /// single codeword (which is in ASCII), at the end.
    fn triplet(&mut self) -> Result<Option<[u8; 3]>, Malformed> {
        if self.codewords.get(self.at) == Some(&UNLATCH) {
            self.at += 1;
            return Ok(None);
        }
        if self.left() < 2 {
            return Ok(None);
        }
        let pair = u16::from_be_bytes([self.next()?, self.next()?]);
        match pair.checked_sub(1) {
            Some(value @ ..64_000) => Ok(Some(
                [value / 1_600, value / 40 % 40, value % 40].map(|v| v as u8),
            )),
            _ => Err(self.malformed(Fault::Triplet)),
        }
    }

    fn c40(&mut self, letters: Letters) -> Result<(), Malformed> {
        let (mut set, mut upper) = (0, false);
        while let Some(values) = self.triplet()? {
            for value in values {
                let character = match (set, value) {
                    (0, 0..=2) => {
                        set = value + 1;
                        continue;
                    }
                    (2, 30) if !upper => {
                        (set, upper) = (0, true);
                        continue;
                    }
                    (2, 27) if !upper => SEPARATOR,
                    _ => {
                        let character = c40_character(letters, set, value);
                        let character =
                            character.ok_or_else(|| self.malformed(Fault::Value { set, value }))?;
                        character + if upper { 128 } else { 0 }
                    }
                };
                self.push(character);
                (set, upper) = (0, false);
            }
        }
        // A shift alone fills up the last triplet; an upper shift does not.
        if upper {
            return Err(self.malformed(Fault::UpperShift));
        }
        Ok(())
    }

    fn x12(&mut self) -> Result<(), Malformed> {
        while let Some(values) = self.triplet()? {
            for value in values {
                self.push(match value {
                    0 => b'\r',
                    1 => b'*',
                    2 => b'>',
                    3 => b' ',
                    4..=13 => value - 4 + b'0',
                    _ => value - 14 + b'A',
                });
            }
        }
        Ok(())
    }

    /// Four characters of six bits in three codewords. Two codewords or fewer at the end are in ASCII.
    fn edifact(&mut self) -> Result<(), Malformed> {
        while self.left() > 2 {
            let group = [self.next()?, self.next()?, self.next()?];
            let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
            for place in 0..4_usize {
                let value = (bits >> (18 - 6 * place)) as u8 & 63;
                if value == UNLATCH_EDIFACT {
                    // The rest of its codeword is filled up; the codewords after it are no longer EDIFACT's.
                    self.at = self.at - 3 + (6 * (place + 1)).div_ceil(8);
                    return Ok(());
                }
                self.push(if value & 32 == 0 { value | 64 } else { value });
            }
        }
        Ok(())
    }

    /// Bytes as they are, made unlike each other by the 255-state rule, their length before them; a length of 0
    /// means to the end of the symbol.
    fn base_256(&mut self) -> Result<(), Malformed> {
        let length = match self.unrandomized()? {
            0 => self.left(),
            short @ 1..=249 => usize::from(short),
            long => match self.unrandomized()? {
                low @ 0..=249 => 250 * (usize::from(long) - 249) + usize::from(low),
                _ => return Err(self.malformed(Fault::Length(usize::from(u16::MAX)))),
            },
        };
        if length > self.left() {
            return Err(self.malformed(Fault::Length(length)));
        }
        for _ in 0..length {
            let byte = self.unrandomized()?;
            self.push(byte);
        }
        Ok(())
    }

    /// ISO/IEC 16022, B.2.
    fn unrandomized(&mut self) -> Result<u8, Malformed> {
        let byte = self.next()?;
        let random = (149 * self.at % 255 + 1) as u8;
        Ok(byte.wrapping_sub(random))
    }
}

/// Codewords that may stand before an FNC1 in second place: a letter or a pair of digits.
fn is_application_indicator(codeword: u8) -> bool {
    matches!(codeword, 130..=229)
        || codeword
            .checked_sub(1)
            .is_some_and(|c| c.is_ascii_alphabetic())
}

/// ISO/IEC 16022, tables C.1 and C.2.
fn c40_character(letters: Letters, set: u8, value: u8) -> Option<u8> {
    const PUNCTUATION: &[u8; 27] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_";
    let (basic, other) = match letters {
        Letters::Capital => (b'A', b'a'),
        Letters::Small => (b'a', b'A'),
    };
    match (set, value) {
        (0, 3) => Some(b' '),
        (0, 4..=13) => Some(value - 4 + b'0'),
        (0, 14..=39) => Some(value - 14 + basic),
        (1, 0..=31) => Some(value),
        (2, _) => PUNCTUATION.get(usize::from(value)).copied(),
        (3, 0) => Some(b'`'),
        (3, 1..=26) => Some(value - 1 + other),
        (3, 27..=31) => Some(value - 27 + b'{'),
        _ => None,
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn read(codewords: &[u8]) -> Result<Content, Malformed> {
        let mut content = Content::default();
        interpret(codewords, &mut content).map(|()| content)
    }

    fn bytes(codewords: &[u8]) -> Vec<u8> {
        read(codewords)
            .unwrap_or_else(|why| panic!("{codewords:?}: {why}"))
            .bytes
    }

    /// Two codewords for three values.
    fn triplet(values: [u16; 3]) -> [u8; 2] {
        (values[0] * 1_600 + values[1] * 40 + values[2] + 1).to_be_bytes()
    }

    fn padded(codewords: &[u8], length: usize) -> Vec<u8> {
        let mut codewords = codewords.to_vec();
        codewords.push(129);
        while codewords.len() < length {
            let sum = 129 + 149 * (codewords.len() + 1) % 253 + 1;
            codewords.push(if sum > 254 { sum - 254 } else { sum } as u8);
        }
        codewords
    }

    #[test]
    fn fnc1_is_told_by_its_place() {
        // GS1, a separator inside C40 (shift 2, value 27): 21 = "A1" ⟨FNC1⟩ 10 = "B".
        let c40 = [[2 + 4, 1 + 4, 14], [1 + 4, 1, 27], [1 + 4, 4, 15]]
            .map(triplet)
            .concat();
        let gs1 = read(&[&[232, 230], &c40[..], &[254, 66]].concat()).expect("GS1");
        assert_eq!(
            (gs1.symbology(), &gs1.bytes[..]),
            ("]d2", &b"21A1\x1d10BA"[..])
        );
        assert!(gs1.is_gs1());
        // The same in Text encodation, ended by the end of the symbol.
        let text = read(&[&[232, 239], &triplet([14, 1, 27])[..], &triplet([4, 5, 6])].concat())
            .expect("GS1");
        assert_eq!(text.bytes, b"a\x1d012");
        // Second place: after a letter or a pair of digits; else it separates.
        for (first, symbology, text) in [
            (66, "]d3", &b"AB"[..]),
            (130 + 37, "]d3", b"37B"),
            (33 + 1, "]d1", b"!\x1dB"),
            (49 + 1, "]d1", b"1\x1dB"),
        ] {
            let content = read(&[first, 232, 67]).expect("well formed");
            assert_eq!((content.symbology(), &content.bytes[..]), (symbology, text));
        }
        let both = read(&[232, 66, 232, 67, 232]).expect("well formed");
        assert_eq!(
            (both.symbology(), &both.bytes[..]),
            ("]d2", &b"A\x1dB\x1d"[..])
        );
        // A structured append stands before it, and an ECI behind.
        let appended = read(&[233, 0x1d, 7, 254, 232, 241, 27, 66]).expect("well formed");
        assert_eq!(
            (appended.symbology(), &appended.bytes[..]),
            ("]d5", &b"A"[..])
        );
        let place = StructuredAppend {
            position: 2,
            total: 4,
            file: [7, 254],
        };
        assert_eq!(appended.structured_append, Some(place));
        assert_eq!(
            appended.ecis,
            [Eci {
                start: 0,
                number: 26
            }]
        );
        assert_eq!(
            read(&[233, 0x1d, 7, 254, 66, 232, 67])
                .expect("well formed")
                .symbology(),
            "]d3"
        );
    }

    #[test]
    fn every_encodation_ends_as_the_standard_lets_it_end() {
        let aim = triplet([14, 22, 26]);
        // C40: by unlatch, with the symbol, before one last codeword in ASCII, one last unlatch, filled up with a
        // shift.
        assert_eq!(bytes(&[230, aim[0], aim[1], 254, 67]), b"AIMB");
        assert_eq!(bytes(&[230, aim[0], aim[1]]), b"AIM");
        assert_eq!(bytes(&[230, aim[0], aim[1], 67]), b"AIMB");
        assert_eq!(bytes(&[230, aim[0], aim[1], 254]), b"AIM");
        assert_eq!(bytes(&[&[230][..], &triplet([14, 22, 0])].concat()), b"AI");
        // All sets of both, upper shift over each of them.
        let upper = [
            [1, 30, 14],
            [1, 30, 0],
            [31, 1, 30],
            [1, 26, 1],
            [30, 2, 31],
        ]
        .map(triplet)
        .concat();
        assert_eq!(
            bytes(&[&[230], &upper[..], &[254]].concat()),
            b"\xc1\x9f\xdf\xff"
        );
        let sets = [[0, 31, 1], [0, 2, 0], [2, 1, 2], [26, 2, 27], [3, 13, 39]]
            .map(triplet)
            .concat();
        assert_eq!(bytes(&[&[230], &sets[..]].concat()), b"\x1f!`az{ 9Z");
        assert_eq!(bytes(&[&[239], &sets[..]].concat()), b"\x1f!`AZ{ 9z");
        // X12.
        let x12 = [[0, 1, 2], [3, 4, 13], [14, 39, 14]].map(triplet).concat();
        assert_eq!(
            bytes(&[&[238], &x12[..], &[254, 142]].concat()),
            b"\r*> 09AZA12"
        );
        assert_eq!(bytes(&[&[238], &x12[..], &[66]].concat()), b"\r*> 09AZAA");
        // EDIFACT: unlatch at each of the four places, one or two codewords in ASCII at the end.
        let group = |values: [u32; 4]| {
            let bits = values.iter().fold(0, |bits, value| bits << 6 | value);
            [
                bits.to_be_bytes()[1],
                bits.to_be_bytes()[2],
                bits.to_be_bytes()[3],
            ]
        };
        let [a, b, c] = group([1, 2, 0x30, 0x2a]);
        assert_eq!(bytes(&[240, a, b, c]), b"AB0*");
        assert_eq!(bytes(&[240, a, b, c, 67, 68]), b"AB0*BC");
        assert_eq!(bytes(&[240, a, b, c, 67]), b"AB0*B");
        assert_eq!(bytes(&[240, a, b, c, 31 << 2, 67, 68]), b"AB0*BC");
        let [a, b, _] = group([1, 31, 0, 0]);
        assert_eq!(bytes(&[240, a, b, 67, 68]), b"ABC");
        let [a, b, c] = group([1, 2, 31, 0]);
        assert_eq!(bytes(&[240, a, b, c, 67]), b"ABB");
        let [a, b, c] = group([1, 2, 3, 31]);
        assert_eq!(bytes(&[240, a, b, c, 67]), b"ABCB");
    }

    #[test]
    fn bytes_macros_shifts_and_padding() {
        // Base 256: a length, or 0 for all the rest.
        let random = |place: usize, byte: u8| byte.wrapping_add((149 * place % 255 + 1) as u8);
        assert_eq!(bytes(&[231, random(2, 1), random(3, 0xff), 67]), b"\xffB");
        assert_eq!(
            bytes(&[231, random(2, 0), random(3, 0), random(4, 200)]),
            [0, 200]
        );
        let long: Vec<u8> = [231, random(2, 250), random(3, 5)]
            .into_iter()
            .chain((4..259).map(|at| random(at, 9)))
            .collect();
        assert_eq!(bytes(&long), [9; 255]);
        // Macros, upper shift, reader programming, padding.
        assert_eq!(bytes(&[236, 66]), b"[)>\x1e05\x1dA\x1e\x04");
        assert_eq!(bytes(&padded(&[237, 140], 9)), b"[)>\x1e06\x1d10\x1e\x04");
        assert_eq!(bytes(&[235, 128, 66]), b"\xffA");
        assert!(read(&[234, 66]).expect("well formed").reader_programming);
        assert_eq!(bytes(&padded(&[66], 1_558)), b"A");
    }

    #[test]
    fn eci_numbers_of_all_lengths() {
        for (codewords, number) in [
            (&[1][..], 0),
            (&[127], 126),
            (&[128, 1], 127),
            (&[191, 254], 16_382),
            (&[192, 1, 1], 16_383),
            (&[207, 63, 129], 999_999),
        ] {
            let content = read(&[&[66, 241], codewords, &[67]].concat()).expect("well formed");
            assert_eq!(content.ecis, [Eci { start: 1, number }]);
            assert_eq!(
                (content.symbology(), &content.bytes[..]),
                ("]d4", &b"AB"[..])
            );
        }
        // "é" in UTF-8, then in the Greek part of ISO/IEC 8859.
        let content = read(&[241, 27, 235, 68, 235, 42, 241, 10, 235, 98]).expect("well formed");
        assert_eq!(content.text().as_deref(), Some("éα"));
    }

    #[test]
    fn what_no_encoder_makes_is_refused_with_its_place() {
        // The codeword in 28th place is 254; some encoders make it 0, and nothing else is let pass.
        let mut wrong_pad = padded(&[66], 32);
        assert_eq!(std::mem::replace(&mut wrong_pad[27], 0), 254);
        assert_eq!(bytes(&wrong_pad), b"A");
        wrong_pad[5] ^= 1;
        let cases = [
            (vec![0, 66], 1, Fault::Unused(0)),
            (vec![66, 242], 2, Fault::Unused(242)),
            (vec![66, 254], 2, Fault::Unused(254)),
            (vec![66, 233], 2, Fault::NotFirst(233)),
            (vec![66, 236], 2, Fault::NotFirst(236)),
            (vec![66, 235], 2, Fault::CutOff),
            (vec![235, 130], 2, Fault::UpperShift),
            (wrong_pad, 6, Fault::Padding),
            (vec![230, 0, 0], 3, Fault::Triplet),
            (vec![239, 250, 1], 3, Fault::Triplet),
            (
                [&[230][..], &triplet([0, 32, 3])].concat(),
                3,
                Fault::Value { set: 1, value: 32 },
            ),
            (
                [&[230][..], &triplet([1, 28, 3])].concat(),
                3,
                Fault::Value { set: 2, value: 28 },
            ),
            (
                [&[230][..], &triplet([2, 32, 3])].concat(),
                3,
                Fault::Value { set: 3, value: 32 },
            ),
            (
                [&[230][..], &triplet([3, 1, 30])].concat(),
                3,
                Fault::UpperShift,
            ),
            (vec![241, 208], 2, Fault::Eci),
            (vec![241, 128, 255], 3, Fault::Eci),
            (vec![241, 207, 254, 254], 4, Fault::Eci),
            (vec![241], 1, Fault::CutOff),
            (vec![233, 0x10, 1, 1, 66], 2, Fault::StructuredAppend),
            (vec![233, 0xff, 1, 1, 66], 2, Fault::StructuredAppend),
            (vec![233, 0x1d, 0, 1, 66], 3, Fault::StructuredAppend),
            (
                vec![231, 5 + (149 * 2 % 255 + 1) as u8, 1],
                2,
                Fault::Length(5),
            ),
            (padded(&[], 3), 1, Fault::Empty),
            (vec![232], 1, Fault::Empty),
        ];
        for (codewords, codeword, fault) in cases {
            assert_eq!(
                read(&codewords),
                Err(Malformed { codeword, fault }),
                "{codewords:?}"
            );
        }
    }
}
