//! Application identifiers as values, and the patterns that rules name them by. PURE.

use std::fmt;

/// An application identifier: two to four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ai {
    /// ASCII digits, zero bytes behind the last one.
    digits: [u8; 4],
}

impl Ai {
    /// No identifier at all, for places that are not filled.
    pub(super) const NONE: Ai = Ai { digits: [0; 4] };

    /// Digits of the shortest and the longest application identifier.
    pub const LEN: std::ops::RangeInclusive<usize> = 2..=4;

    /// The application identifier written so; `None` for anything but two to four digits.
    pub fn new(text: &[u8]) -> Option<Ai> {
        if !Ai::LEN.contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut digits = [0; 4];
        digits[..text.len()].copy_from_slice(text);
        Some(Ai { digits })
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len()]).expect("digits are text")
    }

    /// How many digits.
    #[expect(clippy::len_without_is_empty, reason = "an identifier is never empty")]
    pub fn len(&self) -> usize {
        2 + usize::from(self.digits[2] != 0) + usize::from(self.digits[3] != 0)
    }

    /// The number its first two digits say: all identifiers with the same have the same length.
    pub(super) fn prefix(&self) -> usize {
        number(&self.digits[..2])
    }

    /// The number the digits behind the first two say; 0 where there are none.
    pub(super) fn rest(&self) -> usize {
        number(&self.digits[2..self.len()])
    }

    fn bits(&self) -> u32 {
        u32::from_be_bytes(self.digits)
    }
}

fn number(digits: &[u8]) -> usize {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({self})")
    }
}

/// AIs as a rule names them: `21`, or `394n` with `n` for any digit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AiPattern {
    /// The bits of an identifier that count, and what they must be.
    mask: u32,
    wanted: u32,
}

impl AiPattern {
    /// The pattern written so; `None` for anything but two to four digits and `n`, the digits first.
    pub fn new(text: &[u8]) -> Option<AiPattern> {
        let wildcards = text.iter().rev().take_while(|byte| **byte == b'n').count();
        let (fixed, _) = text.split_at(text.len() - wildcards);
        if !Ai::LEN.contains(&text.len())
            || fixed.is_empty()
            || !fixed.iter().all(u8::is_ascii_digit)
        {
            return None;
        }
        // The upper half of every digit's byte is the same, and is not that of a byte behind the last.
        let byte = |place: usize| match text.get(place) {
            None => (0xff, 0),
            Some(b'n') => (0xf0, b'0'),
            Some(digit) => (0xff, *digit),
        };
        let bytes: [(u8, u8); 4] = std::array::from_fn(byte);
        Some(AiPattern {
            mask: u32::from_be_bytes(bytes.map(|(mask, _)| mask)),
            wanted: u32::from_be_bytes(bytes.map(|(_, wanted)| wanted)),
        })
    }

    /// Whether it names this AI.
    pub fn names(&self, ai: Ai) -> bool {
        ai.bits() & self.mask == self.wanted
    }
}

impl fmt::Display for AiPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self
            .mask
            .to_be_bytes()
            .into_iter()
            .zip(self.wanted.to_be_bytes());
        for (mask, wanted) in bytes.filter(|(_, wanted)| *wanted != 0) {
            let shown = if mask == 0xff { wanted } else { b'n' };
            write!(f, "{}", char::from(shown))?;
        }
        Ok(())
    }
}

impl fmt::Debug for AiPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({self})")
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_pattern_names_ais_of_its_own_length() {
        let ai = |text: &str| Ai::new(text.as_bytes()).unwrap();
        let pattern = |text: &str| AiPattern::new(text.as_bytes()).unwrap();
        assert!(pattern("31nn").names(ai("3105")) && pattern("310n").names(ai("3109")));
        assert!(pattern("01").names(ai("01")));
        for (wanted, other) in [
            ("31nn", "3205"),
            ("310n", "310"),
            ("31n", "3105"),
            ("01", "010"),
        ] {
            assert!(!pattern(wanted).names(ai(other)), "{wanted} {other}");
        }
        for wrong in ["", "0", "n", "nn", "n1", "1n2", "12345", "1a"] {
            assert!(AiPattern::new(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert_eq!(pattern("394n").to_string(), "394n");
        assert_eq!(
            (ai("7003").prefix(), ai("7003").rest(), ai("21").rest()),
            (70, 3, 0)
        );
    }
}
