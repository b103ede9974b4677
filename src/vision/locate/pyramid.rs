//! Parts of frames, and frames of half and double size. PURE.

use crate::vision::frame::Frame;

/// A rectangle of pixels: from column and row, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
}

/// A copy of a part of a frame at another scale.
#[derive(Default)]
pub struct Scaled {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    line: Vec<i32>,
}

impl Scaled {
    /// The copy as a frame.
    pub fn frame(&self) -> Frame<'_> {
        Frame::new(self.width, self.height, &self.luma).expect("as many pixels as its size says")
    }

    /// All of the copy.
    pub fn window(&self) -> Window {
        Window {
            left: 0,
            top: 0,
            width: self.width,
            height: self.height,
        }
    }

    /// Each pixel the mean of two by two; an odd last row or column is left out.
    pub fn halve(&mut self, frame: &Frame<'_>, window: Window) {
        (self.width, self.height) = (window.width / 2, window.height / 2);
        self.luma.clear();
        self.luma.resize(self.width * self.height, 0);
        for row in 0..self.height {
            let part = |row: usize| &frame.row(window.top + row)[window.left..][..window.width];
            let (upper, lower) = (part(2 * row), part(2 * row + 1));
            let to = &mut self.luma[row * self.width..][..self.width];
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for (to, (a, b)) in to.iter_mut().zip(pairs) {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                *to = ((sum + 2) >> 2) as u8;
            }
        }
    }

    /// Four pixels for each one, by cubic interpolation between pixel centres (Keys' kernel, a = −1/2, at quarter
    /// places).
    pub fn double(&mut self, frame: &Frame<'_>, window: Window) {
        (self.width, self.height) = (2 * window.width, 2 * window.height);
        self.luma.clear();
        self.luma.resize(self.width * self.height, 0);
        // The kernel at distances 1.25, 0.25, 0.75, 1.75, in 1/128.
        const KERNEL: [i32; 4] = [-9, 111, 29, -3];
        let row_at = |row: isize| {
            let row = (window.top as isize + row).clamp(0, frame.height() as isize - 1);
            frame.row(row as usize)
        };
        self.line.clear();
        self.line.resize(window.width + 4, 0);
        for row in 0..self.height {
            let middle = (row / 2) as isize;
            // Even rows lie a quarter above the centre of their pixel, odd rows a quarter below.
            let step = if row % 2 == 0 { -1 } else { 1 };
            let taps = [middle - step, middle, middle + step, middle + 2 * step].map(row_at);
            for (at, cell) in self.line.iter_mut().enumerate() {
                let column = (window.left + at) as isize - 2;
                let column = column.clamp(0, frame.width() as isize - 1) as usize;
                *cell = (0..4)
                    .map(|tap| KERNEL[tap] * i32::from(taps[tap][column]))
                    .sum();
            }
            let to = &mut self.luma[row * self.width..][..self.width];
            for (column, to) in to.iter_mut().enumerate() {
                let at = column / 2 + 2;
                let places = match column % 2 {
                    0 => [at + 1, at, at - 1, at - 2],
                    _ => [at - 1, at, at + 1, at + 2],
                };
                let sum: i32 = (0..4).map(|tap| KERNEL[tap] * self.line[places[tap]]).sum();
                *to = ((sum + (1 << 13)) >> 14).clamp(0, 255) as u8;
            }
        }
    }
}
