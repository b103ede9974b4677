//! An element string as the symbol characters of a GS1-128, as few as possible, for languages that take them one by
//! one; and its bars, for who draws them. PURE.
//!
//! Sources: ISO/IEC 15417 (symbol characters, check character, minimising the length); GS1 General Specifications 5.4
//! (FNC1 behind the start character and behind elements without pre-defined length, at most 48 data characters). Code
//! set A is never needed: GS1's character set 82 has no control characters.

/// Most data characters of a GS1-128 symbol, AIs and separators counted (General Specifications 5.4.4.2).
pub const DATA_CHARACTERS: usize = 48;

/// What separates elements in an element string.
pub const SEPARATOR: u8 = 0x1d;

/// Modules of a symbol character.
const CHARACTER_MODULES: u32 = 11;
/// Modules of the stop character.
const STOP_MODULES: u32 = 13;

const CODE_C: u8 = 99;
const CODE_B: u8 = 100;
const FNC1: u8 = 102;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: usize = 106;

/// What the check character is reckoned by.
const CHECK_MODULUS: u32 = 103;

/// Widths of bars and spaces of each symbol character, one decimal digit each (ISO/IEC 15417, table 1).
const WIDTHS: [u32; 107] = [
    212222, 222122, 222221, 121223, 121322, 131222, 122213, 122312, 132212, 221213, 221312, 231212,
    112232, 122132, 122231, 113222, 123122, 123221, 223211, 221132, 221231, 213212, 223112, 312131,
    311222, 321122, 321221, 312212, 322112, 322211, 212123, 212321, 232121, 111323, 131123, 131321,
    112313, 132113, 132311, 211313, 231113, 231311, 112133, 112331, 132131, 113123, 113321, 133121,
    313121, 211331, 231131, 213113, 213311, 213131, 311123, 311321, 331121, 312113, 312311, 332111,
    314111, 221411, 431111, 111224, 111422, 121124, 121421, 141122, 141221, 112214, 112412, 122114,
    122411, 142112, 142211, 241211, 221114, 413111, 241112, 134111, 111242, 121142, 121241, 114212,
    124112, 124211, 411212, 421112, 421211, 212141, 214121, 412121, 111143, 111341, 131141, 114113,
    114311, 411113, 411311, 113141, 114131, 311141, 411131, 211412, 211214, 211232, 2331112,
];

/// A code set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Single characters.
    B,
    /// Pairs of digits.
    C,
}

/// One symbol character between start and check character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Character {
    /// FNC1.
    Fnc1,
    /// From here on in the other code set.
    Into(Set),
    /// A character of code set B.
    Single(u8),
    /// Two digits of code set C.
    Pair(u8, u8),
}

/// Which set to start with and what follows, FNC1 first.
///
/// # Errors
/// Nothing to say, too much, or a character outside ASCII's printable ones; a sentence without its full stop.
pub fn shortest(elements: &str) -> Result<(Set, Vec<Character>), String> {
    let bytes = elements.as_bytes();
    let odd = |byte: &&u8| !byte.is_ascii_graphic() && **byte != SEPARATOR;
    if let Some(odd) = bytes.iter().find(odd) {
        let odd = char::from(*odd);
        return Err(format!("a GS1-128 bar code cannot carry {odd:?}"));
    }
    if !(1..=DATA_CHARACTERS).contains(&bytes.len()) {
        return Err(format!(
            "a GS1-128 bar code has 1 to {DATA_CHARACTERS} characters, not {}",
            bytes.len()
        ));
    }
    let said: Vec<u8> = std::iter::once(SEPARATOR)
        .chain(bytes.iter().copied())
        .collect();
    Ok(walk(&said, &rest_lengths(&said)))
}

/// How a language that takes symbol characters one by one writes them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    pub start_b: &'static str,
    pub start_c: &'static str,
    pub into_b: &'static str,
    pub into_c: &'static str,
    pub fnc1: &'static str,
    /// Characters of set B that do not stand for themselves.
    pub others: &'static [(u8, &'static str)],
}

impl Spelling {
    /// The symbol of this element string, from its start character on.
    ///
    /// # Errors
    /// As [`shortest`].
    pub fn spelled(&self, elements: &str) -> Result<String, String> {
        let (start, characters) = shortest(elements)?;
        let mut data = match start {
            Set::B => self.start_b.to_owned(),
            Set::C => self.start_c.to_owned(),
        };
        for character in characters {
            match character {
                Character::Fnc1 => data.push_str(self.fnc1),
                Character::Into(Set::B) => data.push_str(self.into_b),
                Character::Into(Set::C) => data.push_str(self.into_c),
                Character::Pair(tens, ones) => data.extend([char::from(tens), char::from(ones)]),
                Character::Single(byte) => {
                    match self.others.iter().find(|(other, _)| *other == byte) {
                        Some((_, words)) => data.push_str(words),
                        None => data.push(char::from(byte)),
                    }
                }
            }
        }
        Ok(data)
    }
}

/// More than any symbol has.
const NEVER: u32 = u32::MAX / 2;

/// For each place, how many characters the rest needs when the symbol is in set B or C there.
fn rest_lengths(said: &[u8]) -> Vec<[u32; 2]> {
    let mut rest = vec![[0, 0]; said.len() + 1];
    for at in (0..said.len()).rev() {
        let stay = [Set::B, Set::C].map(|set| match character(said, at, set) {
            Some((_, taken)) => 1 + rest[at + taken][set as usize],
            None => NEVER,
        });
        rest[at] = [stay[0].min(1 + stay[1]), stay[1].min(1 + stay[0])];
    }
    rest
}

fn walk(said: &[u8], rest: &[[u32; 2]]) -> (Set, Vec<Character>) {
    let start = match rest[0][Set::C as usize] <= rest[0][Set::B as usize] {
        true => Set::C,
        false => Set::B,
    };
    let (mut characters, mut set, mut at) = (Vec::new(), start, 0);
    while at < said.len() {
        let stays = character(said, at, set)
            .filter(|(_, taken)| rest[at][set as usize] == 1 + rest[at + taken][set as usize]);
        match stays {
            Some((character, taken)) => {
                characters.push(character);
                at += taken;
            }
            None => {
                set = match set {
                    Set::B => Set::C,
                    Set::C => Set::B,
                };
                characters.push(Character::Into(set));
            }
        }
    }
    (start, characters)
}

/// What stands here in this code set, and how many bytes it takes.
fn character(said: &[u8], at: usize, set: Set) -> Option<(Character, usize)> {
    match (set, said[at], said.get(at + 1)) {
        (_, SEPARATOR, _) => Some((Character::Fnc1, 1)),
        (Set::B, byte, _) => Some((Character::Single(byte), 1)),
        (Set::C, tens, Some(ones)) if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            Some((Character::Pair(tens, *ones), 2))
        }
        (Set::C, ..) => None,
    }
}

/// A GS1-128 symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gs1128 {
    start: Set,
    characters: Vec<Character>,
}

impl Gs1128 {
    /// The shortest symbol of this element string.
    ///
    /// # Errors
    /// As [`shortest`].
    pub fn of(elements: &str) -> Result<Gs1128, String> {
        let (start, characters) = shortest(elements)?;
        Ok(Gs1128 { start, characters })
    }

    /// Modules from the first bar to the last; the quiet zones lie outside.
    pub fn modules(&self) -> u32 {
        let characters = self.characters.len() as u32 + 2; // start and check character
        characters * CHARACTER_MODULES + STOP_MODULES
    }

    /// The values of the symbol characters, from the start character to the check character.
    pub fn values(&self) -> Vec<u8> {
        let start = match self.start {
            Set::B => START_B,
            Set::C => START_C,
        };
        let mut values = vec![start];
        values.extend(self.characters.iter().map(|character| match character {
            Character::Fnc1 => FNC1,
            Character::Into(Set::B) => CODE_B,
            Character::Into(Set::C) => CODE_C,
            Character::Single(byte) => byte - b' ',
            Character::Pair(tens, ones) => (tens - b'0') * 10 + (ones - b'0'),
        }));
        let weighted = (1..).zip(&values[1..]);
        let sum: u32 = weighted
            .map(|(place, value)| place * u32::from(*value))
            .sum();
        values.push(((u32::from(start) + sum) % CHECK_MODULUS) as u8);
        values
    }

    /// `true` for each dark module, from the first bar to the last.
    pub fn bars(&self) -> Vec<bool> {
        let mut bars = Vec::with_capacity(self.modules() as usize);
        let characters = self.values().into_iter().map(usize::from).chain([STOP]);
        for character in characters {
            for (place, width) in WIDTHS[character].to_string().bytes().enumerate() {
                bars.extend(std::iter::repeat_n(
                    place % 2 == 0,
                    usize::from(width - b'0'),
                ));
            }
        }
        bars
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bars_fill_their_characters() {
        let sscc = Gs1128::of("00106141412345678908").unwrap();
        assert_eq!(sscc.modules(), 13 * 11 + 13);
        assert_eq!(sscc.values()[..4], [105, 102, 0, 10]);
        let bars = sscc.bars();
        assert_eq!(bars.len() as u32, sscc.modules());
        assert!(bars[0] && bars[bars.len() - 1]);
        for (place, widths) in WIDTHS.iter().enumerate() {
            let digits = widths.to_string();
            let sum: u32 = digits.bytes().map(|digit| u32::from(digit - b'0')).sum();
            let whole = if place == STOP {
                STOP_MODULES
            } else {
                CHARACTER_MODULES
            };
            assert_eq!(sum, whole, "{place}");
        }
    }

    #[test]
    fn an_sscc_is_pairs_only_and_limits_hold() {
        let (start, characters) = shortest("00106141412345678908").unwrap();
        assert_eq!((start, characters.len()), (Set::C, 11));
        assert_eq!(
            characters[..2],
            [Character::Fnc1, Character::Pair(b'0', b'0')]
        );
        for wrong in ["", "10A B", "10ü", &"1".repeat(49)] {
            assert!(shortest(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        /// Read back by the rules of the code sets, it says the same, and never needs more than set B alone.
        #[test]
        fn what_is_encoded_is_said(text in "[0-9A-Za-z>\x1d]{1,48}") {
            let (mut set, characters) = shortest(&text).unwrap();
            let mut said = Vec::new();
            for character in &characters {
                match (*character, set) {
                    (Character::Fnc1, _) => said.push(SEPARATOR),
                    (Character::Into(other), _) => {
                        prop_assert_ne!(set, other);
                        set = other;
                    }
                    (Character::Single(byte), Set::B) => said.push(byte),
                    (Character::Pair(tens, ones), Set::C) => said.extend([tens, ones]),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert_eq!(&said[1..], text.as_bytes());
            prop_assert_eq!(said[0], SEPARATOR);
            prop_assert!(characters.len() <= text.len() + 1);
        }
    }
}
