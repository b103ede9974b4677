//! Small least squares: normal equations, Cholesky. PURE.

use std::ops::Range;

/// Normal equations of `N` unknowns.
#[derive(Clone)]
pub struct Normal<const N: usize> {
    matrix: [[f64; N]; N],
    right: [f64; N],
}

impl<const N: usize> Default for Normal<N> {
    fn default() -> Normal<N> {
        Normal {
            matrix: [[0.0; N]; N],
            right: [0.0; N],
        }
    }
}

impl<const N: usize> Normal<N> {
    /// One more equation `row · unknowns = value`, with its weight.
    pub fn add(&mut self, row: &[f64; N], value: f64, weight: f64) {
        for i in 0..N {
            let scaled = row[i] * weight;
            self.right[i] += scaled * value;
            for (cell, other) in self.matrix[i].iter_mut().zip(&row[..=i]) {
                *cell += scaled * other;
            }
        }
    }

    /// One more equation in which only some unknowns stand, in rising order.
    pub fn add_some<const M: usize>(
        &mut self,
        unknowns: &[usize; M],
        row: &[f64; M],
        value: f64,
        weight: f64,
    ) {
        for i in 0..M {
            let scaled = row[i] * weight;
            self.right[unknowns[i]] += scaled * value;
            for j in 0..=i {
                self.matrix[unknowns[i]][unknowns[j]] += scaled * row[j];
            }
        }
    }

    /// Holds unknowns near zero: the larger the strength, relative to what the equations say in all, the nearer.
    pub fn hold(&mut self, unknowns: Range<usize>, strength: f64) {
        let mean: f64 = (0..N).map(|at| self.matrix[at][at]).sum::<f64>() / N as f64;
        for at in unknowns {
            self.matrix[at][at] += mean * strength + 1e-12;
        }
    }

    /// The unknowns; `None` when the equations do not determine them.
    pub fn solve(&self) -> Option<[f64; N]> {
        let mut low = [[0.0f64; N]; N];
        for i in 0..N {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| low[i][k] * low[j][k]).sum();
                let rest = self.matrix[i][j] - known;
                if i == j {
                    if rest.is_nan() || rest <= 0.0 {
                        return None;
                    }
                    low[i][i] = rest.sqrt();
                } else {
                    low[i][j] = rest / low[j][j];
                }
            }
        }
        let mut unknowns = [0.0; N];
        for i in 0..N {
            let known: f64 = (0..i).map(|k| low[i][k] * unknowns[k]).sum();
            unknowns[i] = (self.right[i] - known) / low[i][i];
        }
        for i in (0..N).rev() {
            let known: f64 = (i + 1..N).map(|k| low[k][i] * unknowns[k]).sum();
            unknowns[i] = (unknowns[i] - known) / low[i][i];
        }
        unknowns
            .iter()
            .all(|one| one.is_finite())
            .then_some(unknowns)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn equations_of_known_unknowns_give_them_back() {
        let truth = [1.0, -2.0, 3.0, 0.5, 7.0, -0.25, 4.0, 0.0];
        let mut normal = Normal::<8>::default();
        for n in 0..40u32 {
            let row: [f64; 8] =
                std::array::from_fn(|k| f64::from((n * 37 + k as u32 * 101) % 17) - 8.0);
            let value = row.iter().zip(truth).map(|(a, b)| a * b).sum();
            normal.add(&row, value, 1.0 + f64::from(n % 3));
        }
        let found = normal.solve().unwrap();
        assert!(
            found.iter().zip(truth).all(|(a, b)| (a - b).abs() < 1e-9),
            "{found:?}"
        );
        assert!(Normal::<8>::default().solve().is_none());
    }
}
