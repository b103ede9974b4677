//! A raster of ink, 0 (none) to 255 (full). PURE.

/// Ink coverage row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Coverage, `width × height`.
    pub cover: Vec<u8>,
}

impl Sheet {
    /// Blank paper.
    pub fn blank(width: usize, height: usize) -> Sheet {
        Sheet {
            width,
            height,
            cover: vec![0; width * height],
        }
    }

    /// One row.
    pub fn row(&mut self, y: usize) -> &mut [u8] {
        &mut self.cover[y * self.width..(y + 1) * self.width]
    }

    /// Covers the rectangle from `(x0, y0)` up to `(x1, y1)` with `value`; cut off at the edges,
    /// rounded to whole pixels.
    pub fn fill(&mut self, (x0, y0): (f64, f64), (x1, y1): (f64, f64), value: u8) {
        let clip = |at: f64, end: usize| at.round().clamp(0.0, end as f64) as usize;
        let (left, right) = (clip(x0, self.width), clip(x1, self.width));
        if left >= right {
            return;
        }
        for y in clip(y0, self.height)..clip(y1, self.height) {
            self.row(y)[left..right].fill(value);
        }
    }

    /// Rows become columns.
    pub fn transposed(&self) -> Sheet {
        let mut out = Sheet::blank(self.height, self.width);
        for (y, row) in self.cover.chunks_exact(self.width).enumerate() {
            for (x, &cover) in row.iter().enumerate() {
                out.cover[x * self.height + y] = cover;
            }
        }
        out
    }

    /// Prints `other` over this, its corner at `(x, y)`; what lies outside is cut off.
    pub fn overprint(&mut self, other: &Sheet, (x, y): (i64, i64)) {
        for from in 0..other.height {
            let Some(to) = usize::try_from(y + from as i64)
                .ok()
                .filter(|&to| to < self.height)
            else {
                continue;
            };
            let skip = usize::try_from(-x).unwrap_or(0).min(other.width);
            let start = usize::try_from(x).unwrap_or(0).min(self.width);
            let source = &other.cover[from * other.width + skip..(from + 1) * other.width];
            for (here, &over) in self.row(to)[start..].iter_mut().zip(source) {
                *here = (*here).max(over);
            }
        }
    }

    /// The sheet smoothed for being shown with `pixels` of it to one of the picture: a box of that
    /// width each way, so that nothing finer than the picture is left to alias.
    pub fn smoothed(&self, pixels: f64) -> Sheet {
        let reach = ((pixels - 1.0) / 2.0).round().max(0.0) as usize;
        if reach == 0 {
            return self.clone();
        }
        let across = box_rows(self, reach).transposed();
        box_rows(&across, reach).transposed()
    }

    /// Coverage at a place in pixel-edge coordinates, between pixels in proportion; 0–255.
    #[inline]
    pub fn at(&self, x: f64, y: f64) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (column, row) = (x.floor(), y.floor());
        let (fx, fy) = ((x - column) as f32, (y - row) as f32);
        let (column, row) = (column as i32, row as i32);
        let inside = column >= 0
            && row >= 0
            && column + 1 < self.width as i32
            && row + 1 < self.height as i32;
        let corner = if inside {
            let here = row as usize * self.width + column as usize;
            let (top, bottom) = (&self.cover[here..], &self.cover[here + self.width..]);
            [top[0], top[1], bottom[0], bottom[1]].map(f32::from)
        } else {
            let pixel = |column: i32, row: i32| {
                let beyond = column < 0
                    || row < 0
                    || column >= self.width as i32
                    || row >= self.height as i32;
                let here = || row as usize * self.width + column as usize;
                if beyond {
                    0.0
                } else {
                    f32::from(self.cover[here()])
                }
            };
            [
                pixel(column, row),
                pixel(column + 1, row),
                pixel(column, row + 1),
                pixel(column + 1, row + 1),
            ]
        };
        let top = corner[0] + (corner[1] - corner[0]) * fx;
        let bottom = corner[2] + (corner[3] - corner[2]) * fx;
        top + (bottom - top) * fy
    }
}

/// Each pixel becomes the mean of itself and `reach` neighbours to either side; blank beyond.
fn box_rows(sheet: &Sheet, reach: usize) -> Sheet {
    let mut out = sheet.clone();
    let length = 2 * reach as u32 + 1;
    for y in 0..sheet.height {
        let from = &sheet.cover[y * sheet.width..(y + 1) * sheet.width];
        let to = out.row(y);
        let value = |at: usize| from.get(at).map_or(0, |&cover| u32::from(cover));
        let mut sum: u32 = (0..reach).map(value).sum();
        for (x, out) in to.iter_mut().enumerate() {
            sum += value(x + reach);
            *out = ((sum + length / 2) / length) as u8;
            if x >= reach {
                sum -= u32::from(from[x - reach]);
            }
        }
    }
    out
}
