//! From the values of a symbol's modules to its content: error correction and interpretation. PURE.
//!
//! ```text
//! soft values of the modules → codewords → blocks → corrected → content
//!              placement ↗       guard: which corrections are believed
//! ```
//!
//! Each block is first corrected as it was sampled. Where that does not work out, its most doubtful codewords are
//! erased, more and more of them, and it is tried again (generalized minimum distance decoding: G. D. Forney, 1966).
//! What is believed is ruled in `guard`: wrong reads are the one thing that must not happen.

mod content;
mod galois;
mod guard;
mod placement;
mod reed_solomon;
#[cfg(test)]
mod test;
mod text;

pub use content::{Content, Eci, Fault, Malformed, StructuredAppend, interpret};
pub use guard::ODDS_MAX;
pub use placement::{Placement, Purpose, placement};

use super::size::{SIZES, Size};
use guard::Guard;
use reed_solomon::{BLOCK_MAX, Code, Corrector};
use std::fmt;
use std::sync::OnceLock;

/// Classes of doubt for rule 2 of `guard`.
const DOUBT_CLASSES: usize = 256;
/// Classes for each unit of soft value.
const CLASSES_PER_UNIT: f32 = 200.0;

/// Why modules did not give a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecodable {
    /// As many values as the size has modules are needed.
    WrongCount {
        /// Rows × columns.
        needed: usize,
        /// Values given.
        given: usize,
    },
    /// No correction of a block can be believed.
    TooManyErrors {
        /// Which block, from 0.
        block: usize,
        /// Of how many.
        blocks: usize,
        /// A correction was found and not believed.
        doubted: bool,
    },
    /// Corrected, but no encoder makes such codewords.
    Malformed(Malformed),
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Undecodable::WrongCount { needed, given } => {
                write!(
                    f,
                    "{given} module values for a symbol of {needed}; give one for each module"
                )
            }
            Undecodable::TooManyErrors {
                block,
                blocks,
                doubted,
            } => {
                let block = block + 1;
                write!(
                    f,
                    "block {block} of {blocks} of the symbol has too many wrong codewords "
                )?;
                f.write_str(match doubted {
                    true => "to believe their correction; look at print and focus",
                    false => {
                        "to correct; look at print and focus, or at where the symbol was located"
                    }
                })
            }
            Undecodable::Malformed(why) => {
                write!(
                    f,
                    "{why}; the printed data are not a Data Matrix of ECC 200, look at the encoder"
                )
            }
        }
    }
}

impl std::error::Error for Undecodable {}

/// What was corrected in one block. Sums are over data and error correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block {
    /// Data codewords.
    pub data: usize,
    /// Error-correction codewords, d.
    pub ecc: usize,
    /// Wrong codewords among those that were not erased, t.
    pub errors: usize,
    /// Codewords erased, e, whether wrong or not.
    pub erasures: usize,
    /// Codewords that were wrong, erased or not.
    pub wrong: usize,
    /// Modules that were wrong.
    pub wrong_modules: usize,
}

impl Block {
    /// Share of the error correction that was not needed, 1 − (e + 2t) / d, 0 to 1 (ISO/IEC 15415, with p = 0).
    pub fn unused_error_correction(&self) -> f32 {
        let used = (self.erasures + 2 * self.errors) as f32;
        (1.0 - used / self.ecc as f32).max(0.0)
    }
}

/// A symbol decoded.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Its size.
    pub size: &'static Size,
    /// Codewords as sampled, in stream order: data, then error correction.
    pub seen: Vec<u8>,
    /// Codewords as corrected.
    pub codewords: Vec<u8>,
    /// What was corrected, a block each.
    pub blocks: Vec<Block>,
    /// What it holds.
    pub content: Content,
}

impl Decoded {
    /// Unused error correction of the worst block, 0 to 1.
    pub fn unused_error_correction(&self) -> f32 {
        let blocks = self.blocks.iter().map(Block::unused_error_correction);
        blocks.fold(1.0, f32::min)
    }

    /// Data codewords as corrected.
    pub fn data(&self) -> &[u8] {
        &self.codewords[..self.size.data]
    }

    /// Writes the symbol as it should be, rows × columns, dark true, finders and clock tracks included.
    pub fn write_modules(&self, modules: &mut Vec<bool>) {
        placement(self.size).write_modules(&self.codewords, modules);
    }

    /// The symbol as it should be; see [`write_modules`](Self::write_modules).
    pub fn modules(&self) -> Vec<bool> {
        let mut modules = Vec::new();
        self.write_modules(&mut modules);
        modules
    }
}

/// What belongs to a size: made at its first use.
struct Plan {
    code: Code,
    guard: Guard,
}

fn plan(size: &Size) -> &'static Plan {
    static MADE: [OnceLock<Plan>; SIZES.len()] = [const { OnceLock::new() }; SIZES.len()];
    MADE[placement::size_index(size)].get_or_init(|| Plan {
        code: Code::new(size.ecc / size.blocks),
        guard: Guard::new(size),
    })
}

/// Where the error-correction codewords of a block stand among those of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Block by block in turn, from the first (ISO/IEC 16022, annex A).
    Standard,
    /// In 144×144 the last data codeword is of block 8 of 10; many encoders go on from block 9 instead of block 1.
    GoesOn,
}

/// Decodes symbols. Owns its scratch memory: no allocation once it has seen the largest symbol.
#[derive(Debug)]
pub struct Decoder {
    corrector: Corrector,
    decoded: Decoded,
    /// Stream index of each codeword of the block at work.
    stream: [u16; BLOCK_MAX],
    doubts: Doubts,
    erasure_attempts: usize,
}

/// How doubtful codewords and modules of a block are.
#[derive(Debug)]
struct Doubts {
    /// Places in the block, the most doubtful first.
    order: [u8; BLOCK_MAX],
    codeword: [f32; BLOCK_MAX],
    /// Number of modules that are in this class or a more doubtful one: the highest rank a module of it can have.
    ranks: [u32; DOUBT_CLASSES],
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder for all sizes.
    pub fn new() -> Decoder {
        Decoder {
            corrector: Corrector::new(),
            decoded: Decoded {
                size: &SIZES[0],
                seen: Vec::new(),
                codewords: Vec::new(),
                blocks: Vec::new(),
                content: Content::default(),
            },
            stream: [0; BLOCK_MAX],
            doubts: Doubts {
                order: [0; BLOCK_MAX],
                codeword: [0.0; BLOCK_MAX],
                ranks: [0; DOUBT_CLASSES],
            },
            erasure_attempts: usize::MAX,
        }
    }

    /// Limits the attempts with erasures at each block; 0: only errors are corrected. There are never more than 16,
    /// and without a call as many as the size has.
    pub fn erasure_attempts(&mut self, most: usize) -> &mut Decoder {
        self.erasure_attempts = most;
        self
    }

    /// Decodes a symbol.
    ///
    /// `soft` has a value for each module, row by row from the top left of the symbol (solid finder left and below),
    /// finders and clock tracks included, which are not looked at: above 0 dark, below 0 light, |v| how sure, about
    /// 1 for a full half contrast, 0 (or not a number) unknown.
    pub fn decode(&mut self, size: &'static Size, soft: &[f32]) -> Result<&Decoded, Undecodable> {
        let needed = size.rows * size.columns;
        if soft.len() != needed {
            let given = soft.len();
            return Err(Undecodable::WrongCount { needed, given });
        }
        self.decoded.size = size;
        self.sample(soft);
        let mut corrected = self.correct(soft, Order::Standard);
        if corrected.is_err() && guard::orders(size) > 1 {
            corrected = self.correct(soft, Order::GoesOn).or(corrected);
        }
        corrected?;
        let Decoded {
            codewords, content, ..
        } = &mut self.decoded;
        content::interpret(&codewords[..size.data], content).map_err(Undecodable::Malformed)?;
        Ok(&self.decoded)
    }

    /// The symbol decoded last; meaningless before the first and after a failure.
    pub fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// Codewords of the symbol last given, as sampled, whether it could be decoded or not.
    pub fn seen(&self) -> &[u8] {
        &self.decoded.seen
    }

    fn sample(&mut self, soft: &[f32]) {
        let figures = placement(self.decoded.size).figures().iter();
        let dark = |module: &u16| u8::from(soft[usize::from(*module)] > 0.0);
        let codeword = |figure: &[u16; 8]| {
            figure
                .iter()
                .fold(0, |bits, module| bits << 1 | dark(module))
        };
        self.decoded.seen.clear();
        self.decoded.seen.extend(figures.map(codeword));
    }

    fn correct(&mut self, soft: &[f32], order: Order) -> Result<(), Undecodable> {
        let size = self.decoded.size;
        self.decoded.codewords.clone_from(&self.decoded.seen);
        self.decoded.blocks.clear();
        for block in 0..size.blocks {
            let length = self.gather(block, order);
            let report = self.correct_block(soft, length).map_err(|doubted| {
                let blocks = size.blocks;
                Undecodable::TooManyErrors {
                    block,
                    blocks,
                    doubted,
                }
            })?;
            for (index, byte) in self.stream[..length].iter().zip(self.corrector.corrected()) {
                self.decoded.codewords[usize::from(*index)] = *byte;
            }
            self.decoded.blocks.push(report);
        }
        Ok(())
    }

    /// Lists the codewords of a block; says how many they are.
    fn gather(&mut self, block: usize, order: Order) -> usize {
        let size = self.decoded.size;
        let first_ecc = match order {
            Order::Standard => block,
            Order::GoesOn => (block + size.blocks - size.data % size.blocks) % size.blocks,
        };
        let data = (block..size.data).step_by(size.blocks);
        let ecc = (size.data + first_ecc..size.codewords()).step_by(size.blocks);
        let mut length = 0;
        for index in data.chain(ecc) {
            self.stream[length] = index as u16;
            length += 1;
        }
        length
    }

    /// Corrects the block listed in `stream`. An error says whether a correction was found and not believed.
    fn correct_block(&mut self, soft: &[f32], length: usize) -> Result<Block, bool> {
        let Plan { code, guard } = plan(self.decoded.size);
        let block = Block {
            data: length - code.ecc(),
            ecc: code.ecc(),
            ..Block::default()
        };
        let seen = &self.decoded.seen;
        let received = self.stream[..length]
            .iter()
            .map(|index| seen[usize::from(*index)]);
        if self.corrector.load(code, received) {
            return Ok(block);
        }
        let mut doubted = false;
        let mut weighed = false;
        let attempts = self
            .erasure_attempts
            .saturating_add(1)
            .min(guard.attempts.len());
        for attempt in &guard.attempts[..attempts] {
            if attempt.erasures > 0 && !weighed {
                self.weigh(soft, length);
                weighed = true;
            }
            // The attempts' erasures only grow.
            for place in &self.doubts.order[self.corrector.erasures()..attempt.erasures] {
                self.corrector.erase(usize::from(*place));
            }
            let Some(errors) = self.corrector.solve(code) else {
                continue;
            };
            let (wrong, wrong_modules) = self.changes();
            if !attempt.accepts(errors, wrong_modules as u32) {
                if !weighed {
                    self.weigh(soft, length);
                    weighed = true;
                }
                if self.doubt_of_changes(soft, length) > guard.doubt_max {
                    doubted = true;
                    continue;
                }
            }
            return Ok(Block {
                errors,
                erasures: attempt.erasures,
                wrong,
                wrong_modules,
                ..block
            });
        }
        Err(doubted)
    }

    /// Codewords and modules that the correction changed.
    fn changes(&self) -> (usize, usize) {
        let pairs = self
            .corrector
            .received()
            .iter()
            .zip(self.corrector.corrected());
        pairs.fold((0, 0), |(codewords, modules), (a, b)| {
            (
                codewords + usize::from(a != b),
                modules + (a ^ b).count_ones() as usize,
            )
        })
    }

    /// Finds how doubtful codewords and modules of the block are.
    fn weigh(&mut self, soft: &[f32], length: usize) {
        let placement = placement(self.decoded.size);
        let doubts = &mut self.doubts;
        doubts.ranks.fill(0);
        for (place, index) in self.stream[..length].iter().enumerate() {
            let mut sum = 0.0;
            for module in placement.figure(usize::from(*index)) {
                let value = soft[usize::from(*module)];
                doubts.ranks[class(value)] += 1;
                // One module near the threshold outweighs several half way: nearly the chance that one of them is
                // wrong.
                let sure = if value.is_nan() {
                    0.0
                } else {
                    value.abs().min(1.0)
                };
                sum += (1.0 - sure).powi(4);
            }
            doubts.codeword[place] = sum;
            doubts.order[place] = place as u8;
        }
        let mut sum = 0;
        for rank in &mut doubts.ranks {
            sum += *rank;
            *rank = sum;
        }
        let by = &doubts.codeword;
        let descending = |a: &u8, b: &u8| {
            by[usize::from(*b)]
                .total_cmp(&by[usize::from(*a)])
                .then(a.cmp(b))
        };
        doubts.order[..length].sort_unstable_by(descending);
    }

    /// The sum of the ranks of the changed modules. Modules of one class all count as the surest of them, so that
    /// the sum is never too low.
    fn doubt_of_changes(&self, soft: &[f32], length: usize) -> u32 {
        let placement = placement(self.decoded.size);
        let mut sum = 0;
        let pairs = self
            .corrector
            .received()
            .iter()
            .zip(self.corrector.corrected());
        for (index, (received, corrected)) in self.stream[..length].iter().zip(pairs) {
            let figure = placement.figure(usize::from(*index));
            for (place, module) in figure.iter().enumerate() {
                if (received ^ corrected) << place & 0x80 != 0 {
                    sum += self.doubts.ranks[class(soft[usize::from(*module)])];
                }
            }
        }
        sum
    }
}

/// The class of doubt of a module: 0 unknown, rising.
#[inline]
fn class(value: f32) -> usize {
    // `as` keeps to the range and makes NaN zero.
    usize::from((value.abs() * CLASSES_PER_UNIT) as u8)
}
