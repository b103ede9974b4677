//! Which module carries which bit of which codeword: ISO/IEC 16022 annex F, ISO/IEC 21471 annex E for DMRE. PURE.
//!
//! The annex works on the *mapping matrix*: the data regions pushed together, finders and clock tracks left out. A
//! codeword is a figure of eight modules, most often of the shape
//!
//! ```text
//! 7 6
//! 5 4 3
//! 2 1 0
//! ```
//!
//! Figures run diagonally, up and down in turn; what leaves the matrix on one side comes back on the other, and four
//! figures of another shape fill the corners where that does not work out.

use crate::vision::size::{SIZES, Size};
use std::sync::OnceLock;

/// What a module is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Finder or clock track; whether it is dark.
    Fixed(bool),
    /// A bit of a codeword, 7 the most significant.
    Bit {
        /// Which codeword, in stream order.
        codeword: u16,
        /// Which bit.
        bit: u8,
    },
    /// One of the four modules in the bottom right corner that no codeword uses; whether it is dark.
    Leftover(bool),
}

/// The placement of one size. A module's index is its row × columns + its column.
#[derive(Debug)]
pub struct Placement {
    columns: usize,
    /// For each codeword the indices of its modules, bit 7 first.
    figures: Vec<[u16; 8]>,
    /// For each module, row by row.
    purposes: Vec<Purpose>,
}

impl Placement {
    /// Module indices (row × columns + column) of a codeword, bit 7 first.
    ///
    /// Panics if the size has no such codeword.
    #[inline]
    pub fn figure(&self, codeword: usize) -> &[u16; 8] {
        &self.figures[codeword]
    }

    /// The figures of all codewords in stream order.
    pub fn figures(&self) -> &[[u16; 8]] {
        &self.figures
    }

    /// Row and column of a codeword's bit, 7 the most significant.
    ///
    /// Panics if the size has no such codeword or `bit` is above 7.
    pub fn module(&self, codeword: usize, bit: u8) -> (usize, usize) {
        let index = usize::from(self.figures[codeword][7 - usize::from(bit)]);
        (index / self.columns, index % self.columns)
    }

    /// What the module is there for.
    ///
    /// Panics outside the symbol.
    pub fn purpose(&self, row: usize, column: usize) -> Purpose {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.purposes[row * self.columns + column]
    }

    /// What each module is there for, row by row.
    pub fn purposes(&self) -> &[Purpose] {
        &self.purposes
    }

    /// Makes the whole symbol of its codewords, row by row, dark true: finders, clock tracks and leftover modules
    /// included.
    ///
    /// Panics if there are not as many codewords as the size has.
    pub fn write_modules(&self, codewords: &[u8], modules: &mut Vec<bool>) {
        assert_eq!(
            codewords.len(),
            self.figures.len(),
            "codewords of this size"
        );
        modules.clear();
        modules.extend(self.purposes.iter().map(|purpose| match *purpose {
            Purpose::Fixed(dark) | Purpose::Leftover(dark) => dark,
            Purpose::Bit { codeword, bit } => codewords[usize::from(codeword)] >> bit & 1 == 1,
        }));
    }

    fn new(size: &Size) -> Placement {
        let inner_rows = size.region_rows() - 2;
        let inner_columns = size.region_columns() - 2;
        let mut walk = Walk::new(
            inner_rows * size.regions_down,
            inner_columns * size.regions_across,
        );
        walk.all();
        let columns = size.columns;
        // From the mapping matrix to the symbol: each region has a module of its own before and after its data.
        let module = |index: usize| {
            let (row, column) = (index / walk.columns, index % walk.columns);
            let row = row + 2 * (row / inner_rows) + 1;
            let column = column + 2 * (column / inner_columns) + 1;
            row * columns + column
        };
        let index = |i: usize| u16::try_from(i).expect("a symbol has at most 144 × 144 modules");
        let place = |figure: &[usize; 8]| figure.map(|at| index(module(at)));
        let figures: Vec<[u16; 8]> = walk.figures.iter().map(place).collect();
        assert_eq!(
            figures.len(),
            size.codewords(),
            "{}×{}",
            size.rows,
            size.columns
        );

        let fixed = |i: usize| size.fixed(i / columns, i % columns);
        // The corner modules that nobody takes are dark on the diagonal.
        let leftover = |i: usize| Purpose::Leftover((i / columns + i % columns).is_multiple_of(2));
        let purpose = |i: usize| fixed(i).map_or(leftover(i), Purpose::Fixed);
        let mut purposes: Vec<Purpose> = (0..size.rows * columns).map(purpose).collect();
        for (codeword, figure) in figures.iter().enumerate() {
            for (place, module) in figure.iter().enumerate() {
                purposes[usize::from(*module)] = Purpose::Bit {
                    codeword: index(codeword),
                    bit: 7 - place as u8,
                };
            }
        }
        Placement {
            columns,
            figures,
            purposes,
        }
    }
}

/// The placement of a size; made at its first use.
///
/// Panics if `size` is not one of [`SIZES`].
pub fn placement(size: &Size) -> &'static Placement {
    static MADE: [OnceLock<Placement>; SIZES.len()] = [const { OnceLock::new() }; SIZES.len()];
    MADE[size_index(size)].get_or_init(|| Placement::new(size))
}

/// Where a size stands in [`SIZES`].
pub(super) fn size_index(size: &Size) -> usize {
    let found = SIZES.iter().position(|known| known == size);
    found.expect("a size of the table")
}

/// The walk over the mapping matrix. Coordinates are signed: figures may hang over its edges.
struct Walk {
    rows: usize,
    columns: usize,
    taken: Vec<bool>,
    figures: Vec<[usize; 8]>,
}

impl Walk {
    fn new(rows: usize, columns: usize) -> Walk {
        Walk {
            rows,
            columns,
            taken: vec![false; rows * columns],
            figures: Vec::new(),
        }
    }

    fn all(&mut self) {
        let (rows, columns) = (self.rows as isize, self.columns as isize);
        let (mut row, mut column) = (4, 0);
        while row < rows || column < columns {
            self.corner(row, column);
            // Up to the right …
            while row >= 0 && column < columns {
                if row < rows && column >= 0 {
                    self.regular(row, column);
                }
                row -= 2;
                column += 2;
            }
            row += 1;
            column += 3;
            // … and down to the left.
            while row < rows && column >= 0 {
                if row >= 0 && column < columns {
                    self.regular(row, column);
                }
                row += 2;
                column -= 2;
            }
            row += 3;
            column += 1;
        }
    }

    /// The figures of the corners; negative coordinates count from the far edge.
    fn corner(&mut self, row: isize, column: isize) {
        let (rows, columns) = (self.rows as isize, self.columns as isize);
        if row == rows && column == 0 {
            self.take([
                (-1, 0),
                (-1, 1),
                (-1, 2),
                (0, -2),
                (0, -1),
                (1, -1),
                (2, -1),
                (3, -1),
            ]);
        }
        if row == rows - 2 && column == 0 && columns % 4 != 0 {
            self.take([
                (-3, 0),
                (-2, 0),
                (-1, 0),
                (0, -4),
                (0, -3),
                (0, -2),
                (0, -1),
                (1, -1),
            ]);
        }
        if row == rows - 2 && column == 0 && columns % 8 == 4 {
            self.take([
                (-3, 0),
                (-2, 0),
                (-1, 0),
                (0, -2),
                (0, -1),
                (1, -1),
                (2, -1),
                (3, -1),
            ]);
        }
        if row == rows + 4 && column == 2 && columns % 8 == 0 {
            self.take([
                (-1, 0),
                (-1, -1),
                (0, -3),
                (0, -2),
                (0, -1),
                (1, -3),
                (1, -2),
                (1, -1),
            ]);
        }
    }

    fn take(&mut self, places: [(isize, isize); 8]) {
        let (rows, columns) = (self.rows as isize, self.columns as isize);
        let figure =
            places.map(|(row, column)| row.rem_euclid(rows) * columns + column.rem_euclid(columns));
        self.add(figure.map(|at| at as usize));
    }

    fn add(&mut self, figure: [usize; 8]) {
        for module in figure {
            self.taken[module] = true;
        }
        self.figures.push(figure);
    }

    /// The common figure, its bit 0 at this place, unless that is taken.
    fn regular(&mut self, row: isize, column: isize) {
        if self.taken[row as usize * self.columns + column as usize] {
            return;
        }
        let shape = [
            (-2, -2),
            (-2, -1),
            (-1, -2),
            (-1, -1),
            (-1, 0),
            (0, -2),
            (0, -1),
            (0, 0),
        ];
        self.add(shape.map(|(down, right)| self.wrapped(row + down, column + right)));
    }

    /// A place that may lie over the edge, brought back to the far side, shifted along it as the annex says.
    fn wrapped(&self, mut row: isize, mut column: isize) -> usize {
        let (rows, columns) = (self.rows as isize, self.columns as isize);
        if row < 0 {
            row += rows;
            column += 4 - (rows + 4) % 8;
        }
        if column < 0 {
            column += columns;
            row += 4 - (columns + 4) % 8;
        }
        // Only some sizes of DMRE come here with a row too far.
        if row >= rows {
            row -= rows;
        }
        row as usize * self.columns + column as usize
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use datamatrix::SymbolList;
    use datamatrix::placement::MatrixMap;

    #[test]
    fn every_size_is_placed_as_an_independent_encoder_places_it() {
        let mut seed = 7_u32;
        let mut modules = Vec::new();
        for size in &SIZES {
            let foreign = SymbolList::all().iter().find(|foreign| {
                let bitmap = MatrixMap::<bool>::new(*foreign).bitmap();
                (bitmap.height(), bitmap.width()) == (size.rows, size.columns)
            });
            let foreign = foreign.expect("a size of the standard");
            let placement = placement(size);
            for _ in 0..10 {
                let mut next = || {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                };
                let codewords: Vec<u8> = (0..size.codewords()).map(|_| next()).collect();
                let bitmap = MatrixMap::new_with_codewords(&codewords, foreign).bitmap();
                placement.write_modules(&codewords, &mut modules);
                assert_eq!(
                    bitmap.bits(),
                    &modules[..],
                    "{}×{}",
                    size.rows,
                    size.columns
                );
            }
            let (row, column) = placement.module(3, 2);
            assert_eq!(
                placement.purpose(row, column),
                Purpose::Bit {
                    codeword: 3,
                    bit: 2
                }
            );
        }
    }
}
