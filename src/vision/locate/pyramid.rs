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
    line: Vec<i16>,
    source: Vec<i16>,
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
        self.luma.resize(self.width * self.height, 0);
        // Greys about 128 and sums of their parts in 1/128 stay within 16 bits.
        const MIDDLE: i16 = 128;
        // The kernel at distances 1.25, 0.25, 0.75, 1.75, in 1/128.
        let mix = |a: i16, b: i16, c: i16, d: i16| {
            let near = b.wrapping_mul(111).wrapping_add(c.wrapping_mul(29));
            let far = a.wrapping_mul(9).wrapping_add(d.wrapping_mul(3));
            near.wrapping_sub(far).wrapping_add(64) >> 7
        };
        let row_at = |row: isize| {
            let row = (window.top as isize + row).clamp(0, frame.height() as isize - 1);
            frame.row(row as usize)
        };
        // Two more on every side; beyond the frame the nearest pixel counts.
        let wide = window.width + 4;
        let (first, last) = (window.left as isize - 2, frame.width() as isize - 1);
        self.line.resize(wide, 0);
        self.source.resize(4 * wide, 0);
        for row in 0..self.height {
            let middle = (row / 2) as isize;
            // Even rows lie a quarter above the centre of their pixel, odd rows a quarter below.
            let step = if row % 2 == 0 { -1 } else { 1 };
            for (tap, line) in self.source.chunks_exact_mut(wide).enumerate() {
                let from = row_at(middle + (tap as isize - 1) * step);
                for (at, grey) in [0, 1, wide - 2, wide - 1]
                    .map(|at| (at, from[(first + at as isize).clamp(0, last) as usize]))
                {
                    line[at] = i16::from(grey) - MIDDLE;
                }
                let inner = &from[window.left..][..window.width];
                for (to, grey) in line[2..].iter_mut().zip(inner) {
                    *to = i16::from(*grey).wrapping_sub(MIDDLE);
                }
            }
            let (a, rest) = self.source.split_at(wide);
            let (b, rest) = rest.split_at(wide);
            let (c, d) = rest.split_at(wide);
            let taps = a.iter().zip(b).zip(c.iter().zip(d));
            for (to, ((a, b), (c, d))) in self.line.iter_mut().zip(taps) {
                *to = mix(*a, *b, *c, *d);
            }
            let to = &mut self.luma[row * self.width..][..self.width];
            let grey = |value: i16| value.wrapping_add(MIDDLE).clamp(0, 255) as u8;
            for (to, near) in to.chunks_exact_mut(2).zip(self.line.windows(5)) {
                to[0] = grey(mix(near[3], near[2], near[1], near[0]));
                to[1] = grey(mix(near[1], near[2], near[3], near[4]));
            }
        }
    }
}
