//! Modules freed from what their neighbours print and smear into them. PURE.
//!
//! What is sampled in a module is a mixture of the module and its eight neighbours: blur, dot gain and loss, wet drag
//! and motion all are such mixtures. The mixture is the same all over the symbol, so it is found by least squares
//! from the modules as decided so far, the fixed pattern known; then the neighbours' part is taken away and all is
//! decided anew, a few times over.

use super::size::Size;
use super::solve::Normal;

/// Unknowns: ground, the module itself, its eight neighbours.
const UNKNOWNS: usize = 10;

/// Rounds of finding the mixture and deciding anew.
const ROUNDS: usize = 4;

/// Frees modules from their neighbours; keeps its scratch.
#[derive(Default)]
pub struct Equalizer {
    decided: Vec<f32>,
    /// The modules freed, row by row, dark positive.
    pub freed: Vec<f32>,
}

impl Equalizer {
    /// `soft`: rows × columns values of a symbol, dark positive. `false` when no mixture fits.
    pub fn free(&mut self, size: &Size, soft: &[f32]) -> bool {
        assert_eq!(soft.len(), size.rows * size.columns, "one value a module");
        self.freed.clear();
        self.freed.extend_from_slice(soft);
        for _ in 0..ROUNDS {
            self.decide(size);
            let Some(mix) = self.mixture(size, soft) else {
                return false;
            };
            // A module that says less than its neighbours cannot be told from them.
            if mix[1] < 0.15 {
                return false;
            }
            self.take_away(size, soft, &mix);
        }
        true
    }

    /// Decisions with a border of quiet zone, −1 … 1: the unsure ones count less.
    fn decide(&mut self, size: &Size) {
        let wide = size.columns + 2;
        self.decided.clear();
        self.decided.resize(wide * (size.rows + 2), -1.0);
        for row in 0..size.rows {
            for column in 0..size.columns {
                let sure = match size.fixed(row, column) {
                    Some(true) => 1.0,
                    Some(false) => -1.0,
                    None => (self.freed[row * size.columns + column] * 3.0).clamp(-1.0, 1.0),
                };
                self.decided[(row + 1) * wide + column + 1] = sure;
            }
        }
    }

    fn around(&self, wide: usize, row: usize, column: usize) -> [f64; UNKNOWNS] {
        let at = (row + 1) * wide + column + 1;
        let d = |at: usize| f64::from(self.decided[at]);
        [
            1.0,
            d(at),
            d(at - 1),
            d(at + 1),
            d(at - wide),
            d(at + wide),
            d(at - wide - 1),
            d(at - wide + 1),
            d(at + wide - 1),
            d(at + wide + 1),
        ]
    }

    fn mixture(&self, size: &Size, soft: &[f32]) -> Option<[f64; UNKNOWNS]> {
        let wide = size.columns + 2;
        let mut normal = Normal::<UNKNOWNS>::default();
        for row in 0..size.rows {
            for column in 0..size.columns {
                let value = f64::from(soft[row * size.columns + column]);
                normal.add(&self.around(wide, row, column), value, 1.0);
            }
        }
        normal.hold(0..UNKNOWNS, 1e-4);
        normal.solve()
    }

    fn take_away(&mut self, size: &Size, soft: &[f32], mix: &[f64; UNKNOWNS]) {
        let wide = size.columns + 2;
        for row in 0..size.rows {
            for column in 0..size.columns {
                let around = self.around(wide, row, column);
                let others: f64 = (2..UNKNOWNS).map(|k| mix[k] * around[k]).sum();
                let at = row * size.columns + column;
                let own = (f64::from(soft[at]) - mix[0] - others) / mix[1];
                self.freed[at] = (own as f32).clamp(-2.0, 2.0);
            }
        }
    }
}
