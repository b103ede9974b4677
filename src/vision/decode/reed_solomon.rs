//! Reed–Solomon correction of one block, with errors and erasures, without allocation. PURE.
//!
//! A block of n codewords, d of them for error correction, is the polynomial whose highest coefficient is its first
//! codeword. Sent blocks are multiples of the generator with the roots α¹ … α^d (ISO/IEC 16022, 5.7.1). The way back:
//! remainder → syndromes → erasures taken out of them → Berlekamp–Massey → Chien search → Forney's values (R. E.
//! Blahut, *Algebraic Codes for Data Transmission*, chapter 7).

use super::galois::{EXP, LOG, divide, evaluate, multiply, power};

/// Most codewords a block can have in this field.
pub const BLOCK_MAX: usize = 255;
/// Most error-correction codewords of a block: 48×48 has them.
pub const ECC_MAX: usize = 68;

/// What is the same for all blocks with as many error-correction codewords.
#[derive(Debug)]
pub struct Code {
    ecc: usize,
    /// For each field element its product with the generator, the leading one left out: 256 rows of `ecc`.
    multiples: Vec<u8>,
}

impl Code {
    /// The code with this many error-correction codewords, at most [`ECC_MAX`].
    pub fn new(ecc: usize) -> Code {
        assert!(
            (1..=ECC_MAX).contains(&ecc),
            "{ecc} error-correction codewords"
        );
        // Highest coefficient first; multiplied by (x − α^i) in turn.
        let mut generator = vec![1_u8];
        for root in 1..=ecc {
            generator.push(0);
            for at in (1..generator.len()).rev() {
                generator[at] ^= multiply(generator[at - 1], power(root));
            }
        }
        let row = |factor: u8| generator[1..].iter().map(move |c| multiply(*c, factor));
        let multiples = (0..=255).flat_map(row).collect();
        Code { ecc, multiples }
    }

    /// Error-correction codewords of a block.
    pub fn ecc(&self) -> usize {
        self.ecc
    }

    /// Divides by the generator in place; the last `ecc` bytes become the remainder. Whether it is zero.
    fn divide(&self, block: &mut [u8]) -> bool {
        let data = block.len() - self.ecc;
        for at in 0..data {
            let factor = usize::from(block[at]);
            if factor != 0 {
                let multiple = &self.multiples[factor * self.ecc..][..self.ecc];
                let under = &mut block[at + 1..][..self.ecc];
                under
                    .iter_mut()
                    .zip(multiple)
                    .for_each(|(to, from)| *to ^= from);
            }
        }
        block[data..].iter().all(|byte| *byte == 0)
    }

    /// Fills in the error-correction codewords of a block.
    #[cfg(test)]
    pub fn encode(&self, block: &mut [u8]) {
        let data = block.len() - self.ecc;
        let mut work = block.to_vec();
        work[data..].fill(0);
        self.divide(&mut work);
        block[data..].copy_from_slice(&work[data..]);
    }
}

/// One block at work: [`load`](Corrector::load), any number of [`erase`](Corrector::erase) and
/// [`solve`](Corrector::solve), then [`corrected`](Corrector::corrected).
#[derive(Debug)]
pub struct Corrector {
    received: [u8; BLOCK_MAX],
    corrected: [u8; BLOCK_MAX],
    work: [u8; BLOCK_MAX],
    erased: [bool; BLOCK_MAX],
    length: usize,
    ecc: usize,
    syndromes: [u8; ECC_MAX],
    /// Syndromes times the erasure locator, cut off after `ecc` terms.
    modified: [u8; ECC_MAX],
    /// Π (1 − X x) over the erased places.
    erasure_locator: [u8; ECC_MAX + 1],
    erasures: usize,
    /// The same over the places found wrong.
    error_locator: [u8; ECC_MAX + 1],
    previous: [u8; ECC_MAX + 1],
    /// Places to change: the erased ones, then the wrong ones.
    places: [u8; ECC_MAX],
}

impl Corrector {
    pub fn new() -> Corrector {
        Corrector {
            received: [0; BLOCK_MAX],
            corrected: [0; BLOCK_MAX],
            work: [0; BLOCK_MAX],
            erased: [false; BLOCK_MAX],
            length: 0,
            ecc: 0,
            syndromes: [0; ECC_MAX],
            modified: [0; ECC_MAX],
            erasure_locator: [0; ECC_MAX + 1],
            erasures: 0,
            error_locator: [0; ECC_MAX + 1],
            previous: [0; ECC_MAX + 1],
            places: [0; ECC_MAX],
        }
    }

    /// Takes a block as received, data first. Whether it is free of errors; then it is also
    /// [`corrected`](Self::corrected).
    pub fn load(&mut self, code: &Code, block: impl ExactSizeIterator<Item = u8>) -> bool {
        self.length = block.len();
        self.ecc = code.ecc;
        assert!(
            self.length > self.ecc && self.length <= BLOCK_MAX,
            "a block of {}",
            self.length
        );
        for (to, from) in self.received.iter_mut().zip(block) {
            *to = from;
        }
        let length = self.length;
        self.work[..length].copy_from_slice(&self.received[..length]);
        self.corrected[..length].copy_from_slice(&self.received[..length]);
        let clean = code.divide(&mut self.work[..length]);
        self.erasures = 0;
        if !clean {
            self.find_syndromes();
            self.modified = self.syndromes;
            self.erased[..length].fill(false);
            self.erasure_locator.fill(0);
            self.erasure_locator[0] = 1;
        }
        clean
    }

    /// The remainder at the roots of the generator: zero where nothing is wrong. (The block itself gives the same
    /// values, with more work.)
    fn find_syndromes(&mut self) {
        let remainder = &self.work[self.length - self.ecc..self.length];
        let mut sums = [0_u8; ECC_MAX];
        for byte in remainder {
            for (at, sum) in sums[..self.ecc].iter_mut().enumerate() {
                *sum = EXP[usize::from(LOG[usize::from(*sum)]) + at + 1] ^ byte;
            }
        }
        self.syndromes = sums;
    }

    /// The exponent of the locator X = α^exponent of a place.
    fn exponent(&self, place: usize) -> usize {
        self.length - 1 - place
    }

    /// Counts a place of the block as unknown. At most `ecc` places, each once.
    pub fn erase(&mut self, place: usize) {
        assert!(
            place < self.length && !self.erased[place],
            "an erasure at {place}"
        );
        assert!(
            self.erasures < self.ecc,
            "more erasures than error-correction codewords"
        );
        self.erased[place] = true;
        self.places[self.erasures] = place as u8;
        self.erasures += 1;
        let locator = power(self.exponent(place));
        for at in (1..=self.erasures).rev() {
            self.erasure_locator[at] ^= multiply(self.erasure_locator[at - 1], locator);
        }
        for at in (1..self.ecc).rev() {
            self.modified[at] ^= multiply(self.modified[at - 1], locator);
        }
    }

    /// Looks for the one block that is equal to what was received but for the erased places and up to
    /// ⌊(ecc − erasures) / 2⌋ others; says how many others. `None`: there is no such block.
    pub fn solve(&mut self, code: &Code) -> Option<usize> {
        let errors = self.berlekamp_massey()?;
        self.find_places(errors)?;
        self.correct(errors)?;
        let length = self.length;
        self.work[..length].copy_from_slice(&self.corrected[..length]);
        // True by theory when places and values were found; a wrong read is worth the check.
        code.divide(&mut self.work[..length]).then_some(errors)
    }

    /// The block last solved, or loaded without errors.
    pub fn corrected(&self) -> &[u8] {
        &self.corrected[..self.length]
    }

    /// The block as loaded.
    pub fn received(&self) -> &[u8] {
        &self.received[..self.length]
    }

    /// Places erased.
    pub fn erasures(&self) -> usize {
        self.erasures
    }

    /// The shortest feedback shift register behind the syndromes: the error locator. Its length, if that many errors
    /// can be located.
    fn berlekamp_massey(&mut self) -> Option<usize> {
        let sequence = &self.modified[self.erasures..self.ecc];
        let capacity = sequence.len() / 2;
        let (register, previous) = (&mut self.error_locator, &mut self.previous);
        register.fill(0);
        register[0] = 1;
        previous.fill(0);
        previous[0] = 1;
        let (mut length, mut shift, mut last) = (0, 1, 1_u8);
        for step in 0..sequence.len() {
            let term = |at: usize| multiply(register[at], sequence[step - at]);
            let discrepancy = (0..=length).fold(0, |sum, at| sum ^ term(at));
            if discrepancy == 0 {
                shift += 1;
                continue;
            }
            let factor = divide(discrepancy, last)?;
            let before = *register;
            for at in shift..=capacity + 1 {
                register[at] ^= multiply(factor, previous[at - shift]);
            }
            if 2 * length <= step {
                length = step + 1 - length;
                if length > capacity {
                    return None;
                }
                *previous = before;
                (last, shift) = (discrepancy, 1);
            } else {
                shift += 1;
            }
        }
        (register[length] != 0 && register[length + 1..].iter().all(|c| *c == 0)).then_some(length)
    }

    /// Chien search: the places whose inverse locators are roots of the error locator. All of them must be there,
    /// and none of them erased.
    fn find_places(&mut self, errors: usize) -> Option<()> {
        if errors == 0 {
            return Some(());
        }
        let sums = &mut self.work[..self.length];
        sums.fill(1);
        for (degree, coefficient) in self.error_locator[1..=errors].iter().enumerate() {
            if *coefficient == 0 {
                continue;
            }
            // At X⁻¹ = α^−exponent; the last place has exponent 0, the one before it 1, …
            let mut log = usize::from(LOG[usize::from(*coefficient)]);
            for sum in sums.iter_mut().rev() {
                *sum ^= EXP[log];
                log = if log > degree {
                    log - degree - 1
                } else {
                    log + 254 - degree
                };
            }
        }
        let mut found = self.erasures;
        for place in (0..self.length).filter(|place| sums[*place] == 0) {
            if self.erased[place] || found == self.erasures + errors {
                return None;
            }
            self.places[found] = place as u8;
            found += 1;
        }
        (found == self.erasures + errors).then_some(())
    }

    /// Forney: the values at the places found. A place found wrong must change.
    fn correct(&mut self, errors: usize) -> Option<()> {
        let changes = self.erasures + errors;
        let mut locator = [0_u8; ECC_MAX + 1];
        for (i, a) in self.erasure_locator[..=self.erasures].iter().enumerate() {
            for (j, b) in self.error_locator[..=errors].iter().enumerate() {
                locator[i + j] ^= multiply(*a, *b);
            }
        }
        let mut evaluator = [0_u8; ECC_MAX];
        for (at, to) in evaluator[..changes].iter_mut().enumerate() {
            let term = |k: usize| multiply(locator[k], self.syndromes[at - k]);
            *to = (0..=at).fold(0, |sum, k| sum ^ term(k));
        }
        // The derivative has only the even powers, from the odd coefficients.
        let mut derivative = [0_u8; ECC_MAX];
        for degree in (1..=changes).step_by(2) {
            derivative[degree - 1] = locator[degree];
        }
        self.corrected[..self.length].copy_from_slice(&self.received[..self.length]);
        for (at, place) in self.places[..changes].iter().enumerate() {
            let place = usize::from(*place);
            let inverse = power(255 - (self.length - 1 - place));
            let top = evaluate(&evaluator[..changes], inverse);
            let value = divide(top, evaluate(&derivative[..changes], inverse))?;
            if value == 0 && at >= self.erasures {
                return None;
            }
            self.corrected[place] ^= value;
        }
        Some(())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn random(seed: &mut u64) -> usize {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize
    }

    fn damage(block: &mut [u8], places: &[usize], seed: &mut u64) {
        for place in places {
            block[*place] ^= 1 + (random(seed) % 255) as u8;
        }
    }

    fn some_places(length: usize, count: usize, seed: &mut u64) -> Vec<usize> {
        let mut places: Vec<usize> = (0..length).collect();
        for at in 0..count {
            places.swap(at, at + random(seed) % (length - at));
        }
        places.truncate(count);
        places
    }

    /// Every shape of block there is in the table of sizes.
    fn shapes() -> std::collections::BTreeSet<(usize, usize)> {
        let shape = |size: &crate::vision::size::Size| {
            (size.data.div_ceil(size.blocks), size.ecc / size.blocks)
        };
        crate::vision::size::SIZES.iter().map(shape).collect()
    }

    #[test]
    fn errors_and_erasures_up_to_the_bound_come_back_exactly() {
        let mut seed = 11;
        let mut corrector = Corrector::new();
        for (data, ecc) in shapes() {
            let code = Code::new(ecc);
            for round in 0..60 {
                let mut sent: Vec<u8> = (0..data + ecc).map(|_| random(&mut seed) as u8).collect();
                code.encode(&mut sent);
                assert!(corrector.load(&code, sent.iter().copied()));
                let erasures = if round % 3 == 0 {
                    0
                } else {
                    random(&mut seed) % (ecc + 1)
                };
                let most = (ecc - erasures) / 2;
                let errors = if round % 2 == 0 {
                    most
                } else {
                    random(&mut seed) % (most + 1)
                };
                let places = some_places(data + ecc, erasures + errors, &mut seed);
                let mut received = sent.clone();
                damage(&mut received, &places[erasures..], &mut seed);
                // Erased codewords may be right all the same.
                damage(&mut received, &places[erasures / 3..erasures], &mut seed);
                if corrector.load(&code, received.iter().copied()) {
                    assert_eq!(
                        received, sent,
                        "no multiple of the generator is that near another"
                    );
                    continue;
                }
                places[..erasures]
                    .iter()
                    .for_each(|place| corrector.erase(*place));
                assert_eq!(
                    corrector.solve(&code),
                    Some(errors),
                    "{data}+{ecc}: {erasures} erasures"
                );
                assert_eq!(corrector.corrected(), sent);
            }
        }
    }

    #[test]
    fn beyond_the_bound_there_is_never_a_block_farther_away_than_the_bound() {
        let mut seed = 5;
        let mut corrector = Corrector::new();
        let (mut solved, mut failed) = (0, 0);
        for (data, ecc) in [(3, 5), (5, 7), (8, 10), (44, 28)] {
            let code = Code::new(ecc);
            for round in 0..20_000 {
                let received: Vec<u8> = (0..data + ecc).map(|_| random(&mut seed) as u8).collect();
                if corrector.load(&code, received.iter().copied()) {
                    continue;
                }
                let erasures = round % (ecc + 1);
                let places = some_places(data + ecc, erasures, &mut seed);
                places.iter().for_each(|place| corrector.erase(*place));
                let Some(errors) = corrector.solve(&code) else {
                    failed += 1;
                    continue;
                };
                solved += 1;
                let differs = |place: &usize| corrector.corrected()[*place] != received[*place];
                let others = (0..data + ecc).filter(|place| !places.contains(place));
                assert_eq!(others.filter(differs).count(), errors);
                assert!(2 * errors + erasures <= ecc);
            }
        }
        assert!(
            solved > 1_000 && failed > 50_000,
            "{solved} solved, {failed} failed"
        );
    }
}
