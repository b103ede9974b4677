//! Where each bit of each codeword goes: ISO/IEC 16022 annex F, then finder and clock tracks around each region.

use super::{Matrix, Size};

/// Draws the codewords into a whole symbol.
pub fn place(words: &[u8], size: &Size) -> Matrix {
    let mapping = Mapping::fill(words, size.mapping_side());
    let (side, inner) = (size.side, size.region_side());
    let outer = inner + 2;
    let mut dark = vec![false; side * side];
    for row in 0..side {
        for col in 0..side {
            let (r, c) = (row % outer, col % outer);
            dark[row * side + col] = if c == 0 || r == outer - 1 {
                true
            } else if r == 0 {
                c % 2 == 0
            } else if c == outer - 1 {
                r % 2 == 1
            } else {
                let (y, x) = (row / outer * inner + r - 1, col / outer * inner + c - 1);
                mapping.bits[y * mapping.side + x] == Some(true)
            };
        }
    }
    Matrix { side, dark }
}

struct Mapping<'a> {
    side: usize,
    bits: Vec<Option<bool>>,
    words: std::slice::Iter<'a, u8>,
}

impl<'a> Mapping<'a> {
    fn fill(words: &'a [u8], side: usize) -> Mapping<'a> {
        let bits = vec![None; side * side];
        let mut mapping = Mapping {
            side,
            bits,
            words: words.iter(),
        };
        let n = isize::try_from(side).expect("a symbol side is small");
        let (mut row, mut col) = (4isize, 0isize);
        while row < n || col < n {
            mapping.corners(row, col, n);
            // Up and to the right …
            loop {
                if row < n && col >= 0 && mapping.free(row, col) {
                    mapping.utah(row, col);
                }
                row -= 2;
                col += 2;
                if row < 0 || col >= n {
                    break;
                }
            }
            row += 1;
            col += 3;
            // … and down and to the left.
            loop {
                if row >= 0 && col < n && mapping.free(row, col) {
                    mapping.utah(row, col);
                }
                row += 2;
                col -= 2;
                if row >= n || col < 0 {
                    break;
                }
            }
            row += 3;
            col += 1;
        }
        if mapping.free(n - 1, n - 1) {
            // The corner left over in some sizes is a fixed pattern: two dark, two light.
            let last = side * side - 1;
            mapping.bits[last] = Some(true);
            mapping.bits[last - side - 1] = Some(true);
        }
        mapping
    }

    fn corners(&mut self, row: isize, col: isize, n: isize) {
        let (a, b, c) = (n - 1, n - 2, n - 3);
        if row == n && col == 0 {
            self.word([
                (a, 0),
                (a, 1),
                (a, 2),
                (0, b),
                (0, a),
                (1, a),
                (2, a),
                (3, a),
            ]);
        }
        if row == n - 2 && col == 0 && n % 4 != 0 {
            self.word([
                (c, 0),
                (b, 0),
                (a, 0),
                (0, n - 4),
                (0, c),
                (0, b),
                (0, a),
                (1, a),
            ]);
        }
        if row == n - 2 && col == 0 && n % 8 == 4 {
            self.word([
                (c, 0),
                (b, 0),
                (a, 0),
                (0, b),
                (0, a),
                (1, a),
                (2, a),
                (3, a),
            ]);
        }
        if row == n + 4 && col == 2 && n % 8 == 0 {
            self.word([
                (a, 0),
                (a, a),
                (0, c),
                (0, b),
                (0, a),
                (1, c),
                (1, b),
                (1, a),
            ]);
        }
    }

    fn free(&self, row: isize, col: isize) -> bool {
        self.bits[self.index(row, col)].is_none()
    }

    fn index(&self, row: isize, col: isize) -> usize {
        let row = usize::try_from(row).expect("a row inside the symbol");
        let col = usize::try_from(col).expect("a column inside the symbol");
        row * self.side + col
    }

    /// The usual shape of a codeword, its last bit at `row`, `col`, wrapped around the edges.
    fn utah(&mut self, row: isize, col: isize) {
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
        let n = isize::try_from(self.side).expect("a symbol side is small");
        let shift = 4 - (n + 4) % 8;
        self.word(shape.map(|(dy, dx)| {
            let (mut y, mut x) = (row + dy, col + dx);
            if y < 0 {
                y += n;
                x += shift;
            }
            if x < 0 {
                x += n;
                y += shift;
            }
            (y, x)
        }));
    }

    fn word(&mut self, places: [(isize, isize); 8]) {
        let word = self.words.next().copied().unwrap_or(0);
        for (bit, (row, col)) in places.into_iter().enumerate() {
            let index = self.index(row, col);
            self.bits[index] = Some(word & (0x80 >> bit) != 0);
        }
    }
}
