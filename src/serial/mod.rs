//! Where serial numbers come from: a keyed permutation of a plain counter. PURE.
//!
//! `serial = encode32(E_k(GTIN, index))`. `E_k` is a balanced Feistel permutation of 60 bits with
//! AES-128 as its round function, so two indices of one GTIN never give the same text, nothing has
//! to be looked up to know whether a text is ours ([`SerialKey::index_of`] says which index it
//! would be), and without the key the texts look random: with a thousand million numbers issued a
//! guess hits one of them with probability 10⁹ / 2⁶⁰ ≈ 1 : 1.15·10⁹.
//!
//! Several stations share one key and one GTIN by giving each its own range of indices
//! ([`StationRange`]).

mod permutation;

use crate::gs1::Gtin;
use permutation::Permutation;

/// Characters of a serial, 5 bits each: GS1's check-character set, no 0 O 1 I, upper case only.
pub const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Characters in a serial.
pub const SERIAL_LEN: usize = 12;

/// Bits of an index: [`SERIAL_LEN`] characters of 5 bits.
pub const INDEX_BITS: u32 = 60;

/// The number of different serials of one GTIN, 2⁶⁰.
pub const INDEX_COUNT: u64 = 1 << INDEX_BITS;

/// One site's secret; it lives outside the database. `Debug` does not show it.
#[derive(Clone)]
pub struct SerialKey {
    permutation: Permutation,
}

impl std::fmt::Debug for SerialKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SerialKey(secret)")
    }
}

impl SerialKey {
    /// A key from its 16 bytes.
    pub fn new(key: [u8; 16]) -> SerialKey {
        SerialKey {
            permutation: Permutation::new(key, INDEX_BITS),
        }
    }

    /// The serial of this GTIN at this index.
    ///
    /// # Panics
    /// When `index` is not below [`INDEX_COUNT`]; no counter of a real line gets there.
    pub fn text(&self, gtin: &Gtin, index: u64) -> String {
        assert!(index < INDEX_COUNT, "serial index out of range");
        encode(self.permutation.forward(gtin.value(), index))
    }

    /// Which index of this GTIN has this text; `None` when it is not a serial of our form at all.
    ///
    /// Every text of our form has an index: it is *ours* only when that index has been issued.
    /// Lower case is read as upper.
    pub fn index_of(&self, gtin: &Gtin, text: &str) -> Option<u64> {
        Some(self.permutation.backward(gtin.value(), decode(text)?))
    }
}

/// The text of twelve letters, 5 bits each, most significant first.
///
/// # Panics
/// When `value` is not below [`INDEX_COUNT`].
pub fn letters(value: u64) -> String {
    assert!(value < INDEX_COUNT, "twelve letters hold 60 bits");
    encode(value)
}

/// The value whose [`letters`] are exactly this text; `None` when it has none.
pub fn letters_value(text: &str) -> Option<u64> {
    decode(text).filter(|value| encode(*value) == text)
}

fn encode(value: u64) -> String {
    (0..SERIAL_LEN)
        .rev()
        .map(|place| char::from(ALPHABET[(value >> (5 * place) & 31) as usize]))
        .collect()
}

fn decode(text: &str) -> Option<u64> {
    if text.len() != SERIAL_LEN {
        return None;
    }
    text.bytes().try_fold(0, |value, byte| {
        let byte = byte.to_ascii_uppercase();
        let place = ALPHABET.iter().position(|letter| *letter == byte)?;
        Some(value << 5 | place as u64)
    })
}

/// A station's own part of the indices of a GTIN: the top [`StationRange::STATION_BITS`] bits name
/// the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StationRange {
    station: u16,
}

impl StationRange {
    /// Bits that name the station.
    pub const STATION_BITS: u32 = 8;

    /// Stations that can share a GTIN.
    pub const STATION_COUNT: u16 = 1 << Self::STATION_BITS;

    /// Serials each station has for a GTIN, 2⁵².
    pub const LENGTH: u64 = INDEX_COUNT >> Self::STATION_BITS;

    /// The range of a station; `None` when `station` is not below [`Self::STATION_COUNT`].
    pub fn new(station: u16) -> Option<StationRange> {
        (station < Self::STATION_COUNT).then_some(StationRange { station })
    }

    /// The first index of the range.
    pub fn first(&self) -> u64 {
        u64::from(self.station) * Self::LENGTH
    }

    /// The index at this count (from 0) of the station; `None` when the range is used up.
    pub fn index(&self, count: u64) -> Option<u64> {
        (count < Self::LENGTH).then(|| self.first() + count)
    }

    /// The station's own count of an index (from 0); `None` when the index belongs to another
    /// station.
    pub fn count_of(&self, index: u64) -> Option<u64> {
        index
            .checked_sub(self.first())
            .filter(|count| *count < Self::LENGTH)
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    const GTIN: &str = "09521234543213";

    fn key() -> SerialKey {
        SerialKey::new(*b"0123456789abcdef")
    }

    /// Check values of an earlier implementation in another program.
    #[test]
    fn known_serials() {
        let gtin: Gtin = GTIN.parse().unwrap();
        let known = [
            "W3KTQAJMQTX4",
            "WXD6BXDKPRQX",
            "HZB843SQGL3G",
            "66DWP2PH684C",
            "3YA7VP9G3WEZ",
        ];
        for (index, text) in (0..).zip(known) {
            assert_eq!(key().text(&gtin, index), text);
            assert_eq!(key().index_of(&gtin, text), Some(index));
        }
        assert_eq!(key().index_of(&gtin, "w3ktqajmqtx4"), Some(0));
    }

    #[test]
    fn other_keys_and_products_give_other_serials() {
        let gtin: Gtin = GTIN.parse().unwrap();
        let other_gtin: Gtin = "09506000134352".parse().unwrap();
        let other_key = SerialKey::new(*b"0123456789abcdeg");
        assert_ne!(key().text(&gtin, 0), key().text(&other_gtin, 0));
        assert_ne!(key().text(&gtin, 0), other_key.text(&gtin, 0));
        assert!(!format!("{:?}", key()).contains("48"));
    }

    #[test]
    fn texts_of_another_form_have_no_index() {
        let gtin: Gtin = GTIN.parse().unwrap();
        for text in [
            "",
            "W3KTQAJMQTX",
            "W3KTQAJMQTX44",
            "W3KTQAJMQTX0",
            "W3KTQAJMQTXI",
            "W3KTQAJMQTé",
        ] {
            assert_eq!(key().index_of(&gtin, text), None, "{text}");
        }
    }

    #[test]
    fn stations_have_ranges_of_their_own() {
        assert_eq!(StationRange::new(256), None);
        let last = StationRange::new(255).unwrap();
        let first = StationRange::new(0).unwrap();
        assert_eq!(last.index(StationRange::LENGTH - 1), Some(INDEX_COUNT - 1));
        assert_eq!(last.index(StationRange::LENGTH), None);
        assert_eq!(first.count_of(last.first()), None);
        assert_eq!(last.count_of(last.first() + 7), Some(7));
    }

    proptest! {
        #[test]
        fn text_and_index_agree(bytes: [u8; 16], index in 0..INDEX_COUNT) {
            let gtin: Gtin = GTIN.parse().unwrap();
            let key = SerialKey::new(bytes);
            let text = key.text(&gtin, index);
            prop_assert_eq!(text.len(), SERIAL_LEN);
            prop_assert_eq!(key.index_of(&gtin, &text), Some(index));
        }

        #[test]
        fn station_ranges_are_disjoint(
            a in 0u16..256,
            b in 0u16..256,
            count in 0..StationRange::LENGTH,
        ) {
            let index = StationRange::new(a).unwrap().index(count).unwrap();
            let seen = StationRange::new(b).unwrap().count_of(index);
            prop_assert_eq!(seen, (a == b).then_some(count));
        }
    }
}
