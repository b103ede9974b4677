//! Where each bit of each codeword goes: ISO/IEC 16022 annex F, then finder and clock tracks around
//! each region.

use super::{Matrix, Size};

/// Draws the codewords into a whole symbol.
pub fn place(words: &[u8], size: &Size) -> Matrix {
    let mapping = Mapping::fill(words, size.mapping());
    let (height, width) = size.region();
    let (outer_height, outer_width) = (height + 2, width + 2);
    let mut dark = vec![false; size.rows * size.columns];
    for row in 0..size.rows {
        for col in 0..size.columns {
            let (r, c) = (row % outer_height, col % outer_width);
            dark[row * size.columns + col] = if c == 0 || r == outer_height - 1 {
                true
            } else if r == 0 {
                c % 2 == 0
            } else if c == outer_width - 1 {
                r % 2 == 1
            } else {
                let y = row / outer_height * height + r - 1;
                let x = col / outer_width * width + c - 1;
                mapping.bits[y * mapping.columns + x] == Some(true)
            };
        }
    }
    Matrix {
        rows: size.rows,
        columns: size.columns,
        dark,
    }
}

struct Mapping<'a> {
    rows: usize,
    columns: usize,
    bits: Vec<Option<bool>>,
    words: std::slice::Iter<'a, u8>,
}

impl<'a> Mapping<'a> {
    fn fill(words: &'a [u8], (rows, columns): (usize, usize)) -> Mapping<'a> {
        let bits = vec![None; rows * columns];
        let mut mapping = Mapping {
            rows,
            columns,
            bits,
            words: words.iter(),
        };
        let (height, width) = mapping.extent();
        let (mut row, mut col) = (4isize, 0isize);
        while row < height || col < width {
            mapping.corners(row, col);
            // Up and to the right …
            loop {
                if row < height && col >= 0 && mapping.free(row, col) {
                    mapping.utah(row, col);
                }
                row -= 2;
                col += 2;
                if row < 0 || col >= width {
                    break;
                }
            }
            row += 1;
            col += 3;
            // … and down and to the left.
            loop {
                if row >= 0 && col < width && mapping.free(row, col) {
                    mapping.utah(row, col);
                }
                row += 2;
                col -= 2;
                if row >= height || col < 0 {
                    break;
                }
            }
            row += 3;
            col += 1;
        }
        if mapping.free(height - 1, width - 1) {
            // The corner left over in some sizes is a fixed pattern: two dark, two light.
            let last = rows * columns - 1;
            mapping.bits[last] = Some(true);
            mapping.bits[last - columns - 1] = Some(true);
        }
        mapping
    }

    fn extent(&self) -> (isize, isize) {
        let signed = |n: usize| isize::try_from(n).expect("a symbol side is small");
        (signed(self.rows), signed(self.columns))
    }

    /// The four codewords of special shape at the corners, where the walk meets them.
    fn corners(&mut self, row: isize, col: isize) {
        let (rows, columns) = self.extent();
        let (a, b, c) = (rows - 1, rows - 2, rows - 3);
        let (x, y, z) = (columns - 1, columns - 2, columns - 3);
        let shape = if row == rows && col == 0 {
            [
                (a, 0),
                (a, 1),
                (a, 2),
                (0, y),
                (0, x),
                (1, x),
                (2, x),
                (3, x),
            ]
        } else if row == rows - 2 && col == 0 && columns % 8 == 4 {
            [
                (c, 0),
                (b, 0),
                (a, 0),
                (0, y),
                (0, x),
                (1, x),
                (2, x),
                (3, x),
            ]
        } else if row == rows - 2 && col == 0 && columns % 4 != 0 {
            [
                (c, 0),
                (b, 0),
                (a, 0),
                (0, columns - 4),
                (0, z),
                (0, y),
                (0, x),
                (1, x),
            ]
        } else if row == rows + 4 && col == 2 && columns % 8 == 0 {
            [
                (a, 0),
                (a, x),
                (0, z),
                (0, y),
                (0, x),
                (1, z),
                (1, y),
                (1, x),
            ]
        } else {
            return;
        };
        self.word(shape);
    }

    fn free(&self, row: isize, col: isize) -> bool {
        self.bits[self.index(row, col)].is_none()
    }

    fn index(&self, row: isize, col: isize) -> usize {
        let row = usize::try_from(row).expect("a row inside the symbol");
        let col = usize::try_from(col).expect("a column inside the symbol");
        row * self.columns + col
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
        let (rows, columns) = self.extent();
        self.word(shape.map(|(dy, dx)| {
            let (mut y, mut x) = (row + dy, col + dx);
            if y < 0 {
                y += rows;
                x += 4 - (rows + 4) % 8;
            }
            if x < 0 {
                x += columns;
                y += 4 - (columns + 4) % 8;
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
