//! Arithmetic in GF(256) modulo x⁸ + x⁵ + x³ + x² + 1, the field of ECC 200 (ISO/IEC 16022, 5.7.1). PURE.

/// The field's polynomial.
const POLYNOMIAL: usize = 0x12d;
/// Stands for the logarithm of zero: any sum it is part of points at the zeros of [`EXP`].
const LOG_ZERO: u16 = 512;

/// Powers of α = 2, twice over, then zeros.
pub static EXP: [u8; 1025] = powers();
/// Logarithms to the base α.
pub static LOG: [u16; 256] = logarithms();

const fn powers() -> [u8; 1025] {
    let mut table = [0; 1025];
    let (mut at, mut value) = (0, 1);
    while at < 510 {
        table[at] = value as u8;
        value <<= 1;
        if value > 0xff {
            value ^= POLYNOMIAL;
        }
        at += 1;
    }
    table
}

const fn logarithms() -> [u16; 256] {
    let mut table = [LOG_ZERO; 256];
    let mut at = 0;
    while at < 255 {
        table[EXP[at] as usize] = at as u16;
        at += 1;
    }
    table
}

/// The product of two elements.
#[inline]
pub fn multiply(a: u8, b: u8) -> u8 {
    EXP[usize::from(LOG[usize::from(a)]) + usize::from(LOG[usize::from(b)])]
}

/// The quotient of two elements; `None` for a division by zero.
#[inline]
pub fn divide(a: u8, b: u8) -> Option<u8> {
    match (a, b) {
        (_, 0) => None,
        (0, _) => Some(0),
        _ => {
            let (a, b) = (LOG[usize::from(a)], LOG[usize::from(b)]);
            Some(EXP[usize::from(a + 255 - b)])
        }
    }
}

/// α to the power of `exponent`.
#[inline]
pub fn power(exponent: usize) -> u8 {
    EXP[exponent % 255]
}

/// The value at `x` of the polynomial with these coefficients, lowest first.
pub fn evaluate(coefficients: &[u8], x: u8) -> u8 {
    let horner = |value: u8, c: &u8| multiply(value, x) ^ c;
    coefficients.iter().rev().fold(0, horner)
}

#[cfg(test)]
mod test {
    use super::*;

    /// Multiplication as it is defined: shift, add, reduce.
    fn by_hand(a: u8, b: u8) -> u8 {
        let mut product = (0..8).fold(0_usize, |sum, bit| {
            sum ^ if b >> bit & 1 == 1 {
                usize::from(a) << bit
            } else {
                0
            }
        });
        for bit in (8..16).rev() {
            if product >> bit & 1 == 1 {
                product ^= POLYNOMIAL << (bit - 8);
            }
        }
        product as u8
    }

    #[test]
    fn products_and_quotients_are_those_of_the_definition() {
        for a in 0..=255 {
            for b in 0..=255 {
                let product = by_hand(a, b);
                assert_eq!(multiply(a, b), product, "{a} × {b}");
                assert_eq!(divide(product, b), (b != 0).then_some(a));
            }
        }
    }
}
