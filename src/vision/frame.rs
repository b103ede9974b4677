//! A borrowed 8-bit grey frame, the only thing the steps of reading look at. PURE.
//!
//! Coordinates are pixel-edge coordinates everywhere in this room: the pixel in column `c` and row `r`
//! covers `[c, c + 1) × [r, r + 1)`, its centre lies at `(c + 0.5, r + 0.5)`, x runs right and y down.

/// An 8-bit grey frame, row by row from the top left; 0 is black.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    width: usize,
    height: usize,
    luma: &'a [u8],
}

impl<'a> Frame<'a> {
    /// A frame of `width × height` pixels; `None` when `luma` has another length.
    pub fn new(width: usize, height: usize, luma: &'a [u8]) -> Option<Frame<'a>> {
        (width.checked_mul(height) == Some(luma.len())).then_some(Frame {
            width,
            height,
            luma,
        })
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    pub fn luma(&self) -> &'a [u8] {
        self.luma
    }

    /// One row of pixels.
    pub fn row(&self, row: usize) -> &'a [u8] {
        &self.luma[row * self.width..][..self.width]
    }

    /// The grey at a place, bilinear between pixel centres; outside the frame the nearest edge counts.
    /// A frame without pixels is black.
    #[inline]
    pub fn grey(&self, x: f32, y: f32) -> f32 {
        if self.luma.is_empty() {
            return 0.0;
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let right_most = (self.width - 1) as f32;
        let lowest = (self.height - 1) as f32;
        // `max` first: a NaN becomes 0.
        let (x, y) = (x.max(0.0).min(right_most), y.max(0.0).min(lowest));
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let (next_column, next_row) = (
            (column + 1).min(self.width - 1),
            (row + 1).min(self.height - 1),
        );
        let upper = &self.luma[row * self.width..];
        let lower = &self.luma[next_row * self.width..];
        let mix = |row: &[u8]| {
            let (left, right) = (f32::from(row[column]), f32::from(row[next_column]));
            left + (right - left) * fx
        };
        let (top, bottom) = (mix(upper), mix(lower));
        top + (bottom - top) * fy
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn greys_lie_at_pixel_centres_and_edges_repeat() {
        let frame = Frame::new(2, 2, &[0, 100, 200, 40]).unwrap();
        assert_eq!(frame.grey(0.5, 0.5), 0.0);
        assert_eq!(frame.grey(1.5, 0.5), 100.0);
        assert_eq!(frame.grey(1.0, 0.5), 50.0);
        assert_eq!(frame.grey(1.0, 1.0), 85.0);
        assert_eq!(frame.grey(-9.0, 9e9), 200.0);
        assert_eq!(frame.grey(f32::NAN, f32::NAN), 0.0);
        assert!(Frame::new(2, 2, &[0; 5]).is_none());
        assert_eq!(Frame::new(0, 0, &[]).unwrap().grey(1.0, 1.0), 0.0);
    }
}
