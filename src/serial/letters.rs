//! Numbers of 60 bits as twelve letters, and back. PURE.

use super::INDEX_COUNT;

/// Characters of a serial, 5 bits each: GS1's check-character set, no 0 O 1 I, upper case only.
pub const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Characters in a serial.
pub const SERIAL_LEN: usize = 12;

/// A serial as it is printed: [`SERIAL_LEN`] characters of [`ALPHABET`].
pub type SerialText = [u8; SERIAL_LEN];

/// What is no letter in [`PLACES`].
const NO_LETTER: u8 = 32;

/// The place of every byte in [`ALPHABET`], lower case as upper.
const PLACES: [u8; 256] = {
    let mut places = [NO_LETTER; 256];
    let mut place = 0;
    while place < ALPHABET.len() {
        places[ALPHABET[place] as usize] = place as u8;
        places[ALPHABET[place].to_ascii_lowercase() as usize] = place as u8;
        place += 1;
    }
    places
};

/// The text of twelve letters, 5 bits each, most significant first.
///
/// # Panics
/// When `value` is not below [`INDEX_COUNT`].
pub fn letters(value: u64) -> String {
    assert!(value < INDEX_COUNT, "twelve letters hold 60 bits");
    as_str(&encode(value)).to_owned()
}

/// The value whose [`letters`] are exactly this text; `None` when it has none.
pub fn letters_value(text: &str) -> Option<u64> {
    decode(text).filter(|value| encode(*value) == text.as_bytes())
}

/// The text as such.
///
/// # Panics
/// When it holds other bytes than ASCII, which no serial does.
pub fn as_str(text: &SerialText) -> &str {
    std::str::from_utf8(text).expect("a serial is ASCII")
}

pub(super) fn encode(value: u64) -> SerialText {
    std::array::from_fn(|at| ALPHABET[(value >> (5 * (SERIAL_LEN - 1 - at)) & 31) as usize])
}

/// Lower case is read as upper.
pub(super) fn decode(text: &str) -> Option<u64> {
    if text.len() != SERIAL_LEN {
        return None;
    }
    text.bytes().try_fold(0, |value, byte| {
        let place = place_of(byte)?;
        Some(value << 5 | place as u64)
    })
}

/// The place of a letter in [`ALPHABET`].
pub(super) fn place_of(byte: u8) -> Option<usize> {
    let place = PLACES[usize::from(byte)];
    (place != NO_LETTER).then_some(usize::from(place))
}
