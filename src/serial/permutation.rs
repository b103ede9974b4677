//! A keyed permutation of numbers of an even number of bits: a balanced Feistel network over
//! AES-128. PURE.
//!
//! Block handed to AES in round `r`: byte 0 the round number; bytes 1–7 the low 7 bytes of the GTIN
//! as a number, little-endian; bytes 8–15 the right half as u64, little-endian. The round function
//! is the first 8 bytes of the encrypted block, little-endian, cut to a half.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

const ROUNDS: u8 = 10;

/// Values that are worked out at once: a processor encrypts as many blocks side by side in the time of one or two.
pub(super) const LANES: usize = 16;

/// The permutation under one key.
#[derive(Clone)]
pub(super) struct Permutation {
    cipher: Aes128,
    half_bits: u32,
}

impl Permutation {
    pub(super) fn new(key: [u8; 16], bits: u32) -> Permutation {
        Permutation {
            cipher: Aes128::new(&Array::from(key)),
            half_bits: half(bits),
        }
    }

    fn half_mask(&self) -> u64 {
        (1 << self.half_bits) - 1
    }

    /// The same construction and key over another number of bits.
    pub(super) fn with_bits(&self, bits: u32) -> Permutation {
        Permutation {
            cipher: self.cipher.clone(),
            half_bits: half(bits),
        }
    }

    fn round<const N: usize>(&self, tweak: u64, round: u8, right: &[u64; N]) -> [u64; N] {
        let mut head = [0u8; 8];
        head[0] = round;
        head[1..].copy_from_slice(&tweak.to_le_bytes()[..7]);
        let mut blocks = right.map(|right| {
            let mut block = [0u8; 16];
            block[..8].copy_from_slice(&head);
            block[8..].copy_from_slice(&right.to_le_bytes());
            Array::from(block)
        });
        self.cipher.encrypt_blocks(&mut blocks);
        blocks.map(|block| {
            let mut low = [0u8; 8];
            low.copy_from_slice(&block[..8]);
            u64::from_le_bytes(low) & self.half_mask()
        })
    }

    /// Where `value` goes under this tweak.
    pub(super) fn forward(&self, tweak: u64, value: u64) -> u64 {
        let [image] = self.forward_lanes(tweak, [value]);
        image
    }

    /// Where each of the values goes under this tweak; fastest with [`LANES`] of them.
    pub(super) fn forward_lanes<const N: usize>(&self, tweak: u64, values: [u64; N]) -> [u64; N] {
        let mut left = values.map(|value| value >> self.half_bits);
        let mut right = values.map(|value| value & self.half_mask());
        for round in 0..ROUNDS {
            let mixed = self.round(tweak, round, &right);
            let next = std::array::from_fn(|lane| left[lane] ^ mixed[lane]);
            (left, right) = (right, next);
        }
        std::array::from_fn(|lane| left[lane] << self.half_bits | right[lane])
    }

    /// What goes to `value` under this tweak.
    pub(super) fn backward(&self, tweak: u64, value: u64) -> u64 {
        let (mut left, mut right) = (value >> self.half_bits, value & self.half_mask());
        for round in (0..ROUNDS).rev() {
            let [mixed] = self.round(tweak, round, &[left]);
            (left, right) = (right ^ mixed, left);
        }
        left << self.half_bits | right
    }
}

/// Half of a number of bits.
fn half(bits: u32) -> u32 {
    assert!(
        bits.is_multiple_of(2) && (2..=64).contains(&bits),
        "an even number of bits"
    );
    bits / 2
}

#[cfg(test)]
mod test {
    use super::*;

    /// On a domain small enough to walk through, every value is hit exactly once and the inverse
    /// brings it back.
    #[test]
    fn is_a_permutation() {
        let permutation = Permutation::new(*b"0123456789abcdef", 14);
        let mut hit = vec![false; 1 << 14];
        for value in 0..1 << 14 {
            let image = permutation.forward(9_521_234_543_213, value);
            assert!(!std::mem::replace(&mut hit[image as usize], true));
            assert_eq!(permutation.backward(9_521_234_543_213, image), value);
        }
    }

    /// The last indices differ from their neighbours in about half of the bits: nothing of the
    /// counter shows.
    #[test]
    fn neighbours_look_unrelated() {
        let permutation = Permutation::new(*b"0123456789abcdef", 60);
        let differing: u32 = (0..1000)
            .map(|index| {
                (permutation.forward(1, index) ^ permutation.forward(1, index + 1)).count_ones()
            })
            .sum();
        assert!((28_500..31_500).contains(&differing), "{differing}");
    }
}
