//! Where serial numbers come from: a keyed permutation of a plain counter. PURE.
//!
//! `serial = encode32(E_k(GTIN, index))`. `E_k` is a balanced Feistel permutation of 60 bits with
//! AES-128 as its round function, so two indices of one GTIN never give the same text, nothing has
//! to be looked up to know whether a text is ours ([`SerialKey::index_of`] says which index it
//! would be), and without the key the texts look random: with a thousand million numbers issued a
//! guess hits one of them with probability 10⁹ / 2⁶⁰ ≈ 1 : 1.15·10⁹.
//!
//! Several stations share one key and one GTIN by giving each its own range of indices
//! ([`IndexRange`]). What this promises is counted in [`proof`] and figured out in [`Odds`].

mod letters;
pub mod list;
mod odds;
pub mod outside;
mod permutation;
pub mod proof;
mod range;

pub use letters::{ALPHABET, SERIAL_LEN, SerialText, as_str, letters, letters_value};
pub use list::{Listed, NumberList};
pub use odds::Odds;
pub use range::{IndexRange, Stock};

use crate::gs1::Gtin;
use letters::{decode, encode};
use permutation::{LANES, Permutation};

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
        as_str(&self.serial(gtin, index)).to_owned()
    }

    /// As [`SerialKey::text`], without an allocation.
    ///
    /// # Panics
    /// As [`SerialKey::text`].
    pub fn serial(&self, gtin: &Gtin, index: u64) -> SerialText {
        assert!(index < INDEX_COUNT, "serial index out of range");
        encode(self.permutation.forward(gtin.value(), index))
    }

    /// Calls `each` with every index of a range and its serial, in order. Several are worked out at once: much faster
    /// than one by one, and without an allocation. Stops at the first error of `each`.
    ///
    /// # Errors
    /// That of `each`.
    pub fn for_each<E>(
        &self,
        gtin: &Gtin,
        range: IndexRange,
        mut each: impl FnMut(u64, &SerialText) -> Result<(), E>,
    ) -> Result<(), E> {
        let (tweak, mut first) = (gtin.value(), range.first());
        while first <= range.last() {
            // Lanes past the end of the range are worked out for nothing.
            let values = std::array::from_fn(|lane| (first + lane as u64) % INDEX_COUNT);
            let values = self.permutation.forward_lanes::<LANES>(tweak, values);
            for (index, value) in (first..=range.last()).zip(values) {
                each(index, &encode(value))?;
            }
            first += LANES as u64;
        }
        Ok(())
    }

    /// Which index of this GTIN has this text; `None` when it is not a serial of our form at all.
    ///
    /// Every text of our form has an index: it is *ours* only when that index has been issued.
    /// Lower case is read as upper.
    pub fn index_of(&self, gtin: &Gtin, text: &str) -> Option<u64> {
        Some(self.permutation.backward(gtin.value(), decode(text)?))
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

    proptest! {
        #[test]
        fn text_and_index_agree(bytes: [u8; 16], index in 0..INDEX_COUNT) {
            let gtin: Gtin = GTIN.parse().unwrap();
            let key = SerialKey::new(bytes);
            let text = key.text(&gtin, index);
            prop_assert_eq!(text.len(), SERIAL_LEN);
            prop_assert_eq!(key.index_of(&gtin, &text), Some(index));
        }

        /// What is worked out together is what is worked out one by one, at every length and at the end of the space.
        #[test]
        fn many_at_once_are_the_same(bytes: [u8; 16], back in 0..INDEX_COUNT, count in 1u64..100, at_end: bool) {
            let gtin: Gtin = GTIN.parse().unwrap();
            let key = SerialKey::new(bytes);
            let first = if at_end { INDEX_COUNT - count } else { back.min(INDEX_COUNT - count) };
            let range = IndexRange::starting(first, count).unwrap();
            let mut next = first;
            let done: Result<(), ()> = key.for_each(&gtin, range, |index, text| {
                assert_eq!((index, as_str(text)), (next, key.text(&gtin, index).as_str()));
                next += 1;
                Ok(())
            });
            prop_assert_eq!((done, next), (Ok(()), first + count));
        }
    }

    #[test]
    fn an_error_ends_the_walk() {
        let gtin: Gtin = GTIN.parse().unwrap();
        let mut seen = 0;
        let ended = key().for_each(&gtin, IndexRange::ALL, |index, _| {
            seen += 1;
            if index == 20 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((ended, seen), (Err("enough"), 21));
    }
}
