//! The sizes of Data Matrix symbols: ISO/IEC 16022 table 7 (ECC 200), ISO/IEC 21471 table 1 (DMRE). PURE.

/// One symbol size. Rows and columns count modules with finder and clock track, without the quiet zone.
#[derive(Debug, PartialEq, Eq)]
pub struct Size {
    /// Modules down.
    pub rows: usize,
    /// Modules across.
    pub columns: usize,
    /// Data regions down; each has a finder and a clock track of its own.
    pub regions_down: usize,
    /// Data regions across.
    pub regions_across: usize,
    /// Data codewords in all blocks.
    pub data: usize,
    /// Error-correction codewords in all blocks.
    pub ecc: usize,
    /// Interleaved Reed–Solomon blocks.
    pub blocks: usize,
}

impl Size {
    /// Codewords in all.
    pub fn codewords(&self) -> usize {
        self.data + self.ecc
    }

    /// Modules of one region down, its finder and clock track included.
    pub fn region_rows(&self) -> usize {
        self.rows / self.regions_down
    }

    /// Modules of one region across, its finder and clock track included.
    pub fn region_columns(&self) -> usize {
        self.columns / self.regions_across
    }

    /// Whether it is square.
    pub fn is_square(&self) -> bool {
        self.rows == self.columns
    }

    /// What the fixed pattern (finder and clock track) has at this module: `Some(true)` dark, `Some(false)` light,
    /// `None` a data module. Row 0 is at the top; each region has its solid finder left and below, its clock track
    /// above (dark first from the left) and right (dark first from below).
    #[inline]
    pub fn fixed(&self, row: usize, column: usize) -> Option<bool> {
        let (height, width) = (self.region_rows(), self.region_columns());
        let (row, column) = (row % height, column % width);
        if column == 0 || row == height - 1 {
            Some(true)
        } else if row == 0 {
            Some(column % 2 == 0)
        } else if column == width - 1 {
            Some((height - 1 - row) % 2 == 0)
        } else {
            None
        }
    }

    /// The size with these rows and columns.
    pub fn of(rows: usize, columns: usize) -> Option<&'static Size> {
        SIZES
            .iter()
            .find(|size| size.rows == rows && size.columns == columns)
    }
}

const fn size(
    (rows, columns): (usize, usize),
    (regions_down, regions_across): (usize, usize),
    (data, ecc, blocks): (usize, usize, usize),
) -> Size {
    Size {
        rows,
        columns,
        regions_down,
        regions_across,
        data,
        ecc,
        blocks,
    }
}

/// All sizes: 24 squares, 6 rectangles, then the 18 of DMRE.
pub static SIZES: [Size; 48] = [
    size((10, 10), (1, 1), (3, 5, 1)),
    size((12, 12), (1, 1), (5, 7, 1)),
    size((14, 14), (1, 1), (8, 10, 1)),
    size((16, 16), (1, 1), (12, 12, 1)),
    size((18, 18), (1, 1), (18, 14, 1)),
    size((20, 20), (1, 1), (22, 18, 1)),
    size((22, 22), (1, 1), (30, 20, 1)),
    size((24, 24), (1, 1), (36, 24, 1)),
    size((26, 26), (1, 1), (44, 28, 1)),
    size((32, 32), (2, 2), (62, 36, 1)),
    size((36, 36), (2, 2), (86, 42, 1)),
    size((40, 40), (2, 2), (114, 48, 1)),
    size((44, 44), (2, 2), (144, 56, 1)),
    size((48, 48), (2, 2), (174, 68, 1)),
    size((52, 52), (2, 2), (204, 84, 2)),
    size((64, 64), (4, 4), (280, 112, 2)),
    size((72, 72), (4, 4), (368, 144, 4)),
    size((80, 80), (4, 4), (456, 192, 4)),
    size((88, 88), (4, 4), (576, 224, 4)),
    size((96, 96), (4, 4), (696, 272, 4)),
    size((104, 104), (4, 4), (816, 336, 6)),
    size((120, 120), (6, 6), (1050, 408, 6)),
    size((132, 132), (6, 6), (1304, 496, 8)),
    size((144, 144), (6, 6), (1558, 620, 10)),
    size((8, 18), (1, 1), (5, 7, 1)),
    size((8, 32), (1, 2), (10, 11, 1)),
    size((12, 26), (1, 1), (16, 14, 1)),
    size((12, 36), (1, 2), (22, 18, 1)),
    size((16, 36), (1, 2), (32, 24, 1)),
    size((16, 48), (1, 2), (49, 28, 1)),
    size((8, 48), (1, 2), (18, 15, 1)),
    size((8, 64), (1, 4), (24, 18, 1)),
    size((8, 80), (1, 4), (32, 22, 1)),
    size((8, 96), (1, 4), (38, 28, 1)),
    size((8, 120), (1, 6), (49, 32, 1)),
    size((8, 144), (1, 6), (63, 36, 1)),
    size((12, 64), (1, 4), (43, 27, 1)),
    size((12, 88), (1, 4), (64, 36, 1)),
    size((16, 64), (1, 4), (62, 36, 1)),
    size((20, 36), (1, 2), (44, 28, 1)),
    size((20, 44), (1, 2), (56, 34, 1)),
    size((20, 64), (1, 4), (84, 42, 1)),
    size((22, 48), (1, 2), (72, 38, 1)),
    size((24, 48), (1, 2), (80, 41, 1)),
    size((24, 64), (1, 4), (108, 46, 1)),
    size((26, 40), (1, 2), (70, 38, 1)),
    size((26, 48), (1, 2), (90, 42, 1)),
    size((26, 64), (1, 4), (118, 50, 1)),
];

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn data_modules_hold_the_codewords_of_every_size() {
        for size in &SIZES {
            let places = (0..size.rows).flat_map(|row| (0..size.columns).map(move |c| (row, c)));
            let data = places.filter(|(row, c)| size.fixed(*row, *c).is_none());
            let modules = data.count();
            // Up to seven modules in the corner may be left over.
            let spare = modules - 8 * size.codewords();
            assert!(
                spare < 8,
                "{}×{}: {spare} modules over",
                size.rows,
                size.columns
            );
            assert_eq!(size.ecc % size.blocks, 0);
        }
    }
}
