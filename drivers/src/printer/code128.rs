//! An element string as the symbol characters of a GS1-128, as few as possible, for languages that take them one by
//! one. PURE.
//!
//! Sources: ISO/IEC 15417 (Code 128, minimising its length); GS1 General Specifications 5.4 (FNC1 behind the start
//! character and behind elements without pre-defined length, at most 48 data characters). Code set A is never needed:
//! GS1's character set 82 has no control characters.

/// Most data characters of a GS1-128 symbol, AIs and separators counted (General Specifications 5.4.4.2).
pub const DATA_CHARACTERS: usize = 48;

/// What separates elements in an element string.
pub const SEPARATOR: u8 = 0x1d;

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

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

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
