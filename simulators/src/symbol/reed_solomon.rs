//! Reed–Solomon check codewords over GF(256), polynomial 301, roots α¹…αⁿ (ISO/IEC 16022 annex E).

use super::Size;

const POLYNOMIAL: u16 = 301;

struct Field {
    exp: [u8; 510],
    log: [u8; 256],
}

const FIELD: Field = field();

const fn field() -> Field {
    let mut exp = [0u8; 510];
    let mut log = [0u8; 256];
    let mut x = 1u16;
    let mut i = 0;
    while i < 255 {
        exp[i] = x.to_le_bytes()[0];
        exp[i + 255] = exp[i];
        log[exp[i] as usize] = (i as u16).to_le_bytes()[0];
        x <<= 1;
        if x > 255 {
            x ^= POLYNOMIAL;
        }
        i += 1;
    }
    Field { exp, log }
}

fn times(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    let log = |x: u8| usize::from(FIELD.log[usize::from(x)]);
    FIELD.exp[log(a) + log(b)]
}

/// The generator polynomial with `degree` roots, highest coefficient (1) left out, next-highest first.
fn generator(degree: usize) -> Vec<u8> {
    let mut coefficients = vec![0u8; degree];
    coefficients[degree - 1] = 1;
    for root in 1..=degree {
        let root = FIELD.exp[root];
        for i in 0..degree {
            let next = coefficients.get(i + 1).copied().unwrap_or(0);
            coefficients[i] = times(coefficients[i], root) ^ next;
        }
    }
    coefficients
}

/// The data codewords followed by their check codewords, blocks interleaved as the standard asks.
pub fn protect(data: &[u8], size: &Size) -> Vec<u8> {
    let per_block = size.ecc / size.blocks;
    let generator = generator(per_block);
    let mut words = data.to_vec();
    words.resize(data.len() + size.ecc, 0);
    for block in 0..size.blocks {
        let mut remainder = vec![0u8; per_block];
        for &word in data.iter().skip(block).step_by(size.blocks) {
            let factor = word ^ remainder[0];
            remainder.rotate_left(1);
            remainder[per_block - 1] = 0;
            for (r, &g) in remainder.iter_mut().zip(&generator) {
                *r ^= times(factor, g);
            }
        }
        for (i, &check) in remainder.iter().enumerate() {
            words[data.len() + i * size.blocks + block] = check;
        }
    }
    words
}
