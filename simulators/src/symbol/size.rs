//! The sizes of ECC 200: ISO/IEC 16022 table 7.

/// One symbol size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Modules down, finder and clock tracks included.
    pub rows: usize,
    /// Modules across, finder and clock tracks included.
    pub columns: usize,
    /// Data regions down and across.
    pub regions: (usize, usize),
    /// Data codewords.
    pub data: usize,
    /// Error-correction codewords.
    pub ecc: usize,
    /// Interleaved Reed–Solomon blocks.
    pub blocks: usize,
}

impl Size {
    /// Rows and columns of one data region, without its finder and clock tracks.
    #[must_use]
    pub const fn region(&self) -> (usize, usize) {
        let (down, across) = self.regions;
        (self.rows / down - 2, self.columns / across - 2)
    }

    /// Rows and columns of all data regions together.
    #[must_use]
    pub const fn mapping(&self) -> (usize, usize) {
        let (rows, columns) = self.region();
        (rows * self.regions.0, columns * self.regions.1)
    }

    /// The size with these rows and columns; `None` when ECC 200 has none or it is not drawn here.
    #[must_use]
    pub fn of(rows: usize, columns: usize) -> Option<&'static Size> {
        let mut all = SQUARES.iter().chain(RECTANGLES);
        all.find(|size| size.rows == rows && size.columns == columns)
    }
}

const fn square(side: usize, regions: usize, data: usize, ecc: usize, blocks: usize) -> Size {
    Size {
        rows: side,
        columns: side,
        regions: (regions, regions),
        data,
        ecc,
        blocks,
    }
}

const fn rectangle(rows: usize, columns: usize, across: usize, data: usize, ecc: usize) -> Size {
    Size {
        rows,
        columns,
        regions: (1, across),
        data,
        ecc,
        blocks: 1,
    }
}

/// All squares drawn here, smallest first.
pub const SQUARES: &[Size] = &[
    square(10, 1, 3, 5, 1),
    square(12, 1, 5, 7, 1),
    square(14, 1, 8, 10, 1),
    square(16, 1, 12, 12, 1),
    square(18, 1, 18, 14, 1),
    square(20, 1, 22, 18, 1),
    square(22, 1, 30, 20, 1),
    square(24, 1, 36, 24, 1),
    square(26, 1, 44, 28, 1),
    square(32, 2, 62, 36, 1),
    square(36, 2, 86, 42, 1),
    square(40, 2, 114, 48, 1),
    square(44, 2, 144, 56, 1),
    square(48, 2, 174, 68, 1),
    square(52, 2, 204, 84, 2),
    square(64, 4, 280, 112, 2),
    square(72, 4, 368, 144, 4),
    square(80, 4, 456, 192, 4),
    square(88, 4, 576, 224, 4),
    square(96, 4, 696, 272, 4),
    square(104, 4, 816, 336, 6),
    square(120, 6, 1050, 408, 6),
    square(132, 6, 1304, 496, 8),
];

/// The rectangles, smallest first.
pub const RECTANGLES: &[Size] = &[
    rectangle(8, 18, 1, 5, 7),
    rectangle(8, 32, 2, 10, 11),
    rectangle(12, 26, 1, 16, 14),
    rectangle(12, 36, 2, 22, 18),
    rectangle(16, 36, 2, 32, 24),
    rectangle(16, 48, 2, 49, 28),
];

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn codewords_fill_the_mapping_matrix() {
        for size in SQUARES.iter().chain(RECTANGLES) {
            let (rows, columns) = size.mapping();
            let modules = rows * columns;
            let codeword_modules = (size.data + size.ecc) * 8;
            assert!(modules - codeword_modules <= 4, "{size:?}");
            assert_eq!(size.ecc % size.blocks, 0, "{size:?}");
        }
    }
}
