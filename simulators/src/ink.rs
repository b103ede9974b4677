//! Ink on a pack: a raster of dots, what print faults do to it, and one print with all it carries.

use std::sync::Arc;

use crate::{printer::Label, random::Random};

/// Most dots a raster may hold: 100 × 100 mm at 24 dots/mm.
pub const DOTS_MAX: usize = 2_400 * 2_400;

/// Ink coverage per dot, 0 (none) to 255 (full), row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dots {
    /// Dots across.
    pub width: usize,
    /// Dots along.
    pub height: usize,
    /// Coverage, `width × height`.
    pub cover: Vec<u8>,
}

impl Dots {
    /// A blank raster, cut to [`DOTS_MAX`].
    #[must_use]
    pub fn blank(width: usize, height: usize) -> Dots {
        let width = width.clamp(1, DOTS_MAX);
        let height = height.clamp(1, DOTS_MAX / width);
        Dots {
            width,
            height,
            cover: vec![0; width * height],
        }
    }

    /// Inks a rectangle; what lies outside is cut off.
    pub fn fill(&mut self, x: i64, y: i64, width: i64, height: i64) {
        let clip = |from: i64, length: i64, end: usize| {
            let end_dot = i64::try_from(end).unwrap_or(i64::MAX);
            let stop = from.saturating_add(length).clamp(0, end_dot);
            let dot = |at: i64| usize::try_from(at).unwrap_or(0);
            dot(from.clamp(0, stop))..dot(stop)
        };
        let (columns, rows) = (clip(x, width, self.width), clip(y, height, self.height));
        for row in rows {
            self.cover[row * self.width..][columns.clone()].fill(255);
        }
    }

    /// Lays another print over this one, moved by `dx`, `dy` dots.
    pub fn overprint(&mut self, other: &Dots, dx: i32, dy: i32) {
        for row in 0..other.height {
            let Some(y) = moved(row, dy, self.height) else {
                continue;
            };
            for col in 0..other.width {
                let Some(x) = moved(col, dx, self.width) else {
                    continue;
                };
                let here = &mut self.cover[y * self.width + x];
                *here = (*here).max(other.cover[row * other.width + col]);
            }
        }
    }

    /// Does to the ink what a print fault does.
    pub fn damage(&mut self, damage: Damage, module_dots: usize, random: &mut Random) {
        let module = module_dots.max(2);
        match damage {
            Damage::Blank => self.cover.fill(0),
            Damage::LowContrast => self.cover.iter_mut().for_each(|c| *c /= 12),
            Damage::Smear => self.smear(module * 5),
            Damage::DeadDots => self.dead_dots(module, random),
            Damage::Voids => self.voids(module, random),
            Damage::Torn => self.tear(random),
        }
    }

    /// Wet ink dragged along the rows: every dot becomes the mean of the `length` dots before it.
    fn smear(&mut self, length: usize) {
        for row in self.cover.chunks_exact_mut(self.width) {
            let before = row.to_vec();
            let mut sum = 0usize;
            for col in 0..row.len() {
                sum += usize::from(before[col]);
                if col >= length {
                    sum -= usize::from(before[col - length]);
                }
                row[col] = u8::try_from(sum / length).unwrap_or(255);
            }
        }
    }

    /// Heating elements that stay cold: stripes along the transport, about a third of the width.
    fn dead_dots(&mut self, module: usize, random: &mut Random) {
        let mut col = 0;
        while col < self.width {
            let dead = col..(col + module + module / 2).min(self.width);
            for row in self.cover.chunks_exact_mut(self.width) {
                row[dead.clone()].fill(0);
            }
            let gap = random.between(module as u64, 4 * module as u64);
            col = dead.end + usize::try_from(gap).expect("a gap is small");
        }
    }

    /// Spots without ink, about a third of the area.
    fn voids(&mut self, module: usize, random: &mut Random) {
        let spot = module * 2;
        let spots = self.width * self.height / (spot * spot) * 2 / 5;
        for _ in 0..spots {
            let x = usize::try_from(random.below(self.width as u64)).expect("inside");
            let y = usize::try_from(random.below(self.height as u64)).expect("inside");
            for row in y..(y + spot).min(self.height) {
                let end = (x + spot).min(self.width);
                self.cover[row * self.width + x..row * self.width + end].fill(0);
            }
        }
    }

    /// The label is torn across: everything on one side of a slanted line is gone.
    fn tear(&mut self, random: &mut Random) {
        let keep = self.width * usize::try_from(random.between(10, 30)).expect("small") / 100;
        for (y, row) in self.cover.chunks_exact_mut(self.width).enumerate() {
            let from = (keep + y / 8).min(row.len());
            row[from..].fill(0);
        }
    }
}

fn moved(at: usize, by: i32, end: usize) -> Option<usize> {
    let to = usize::try_from(i64::try_from(at).ok()? + i64::from(by)).ok()?;
    (to < end).then_some(to)
}

/// What a bad print looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Nothing was printed.
    Blank,
    /// Ink a few grey levels darker than the pack.
    LowContrast,
    /// Wet ink dragged over the pack.
    Smear,
    /// Stripes without ink.
    DeadDots,
    /// Spots without ink.
    Voids,
    /// The label is torn.
    Torn,
}

/// Every kind of damage.
pub const DAMAGES: [Damage; 6] = [
    Damage::Blank,
    Damage::LowContrast,
    Damage::Smear,
    Damage::DeadDots,
    Damage::Voids,
    Damage::Torn,
];

/// One print on a pack: what the printer was told, and what became of it.
#[derive(Debug, Clone)]
pub struct Print {
    /// The label as the printer understood it.
    pub label: Arc<Label>,
    /// Damage, if any.
    pub damage: Option<Damage>,
    /// How far the print sits from where it should, in dots across.
    pub dx: i32,
    /// The same along.
    pub dy: i32,
    /// Seed of the damage.
    pub seed: u64,
}

impl Print {
    /// The strings the symbols of this print encode, as a reader would report them. Damage does not change them.
    #[must_use]
    pub fn scan_data(&self) -> Vec<String> {
        self.label.scan_data()
    }

    /// The ink of this print.
    #[must_use]
    pub fn dots(&self) -> Dots {
        let mut dots = self.label.draw();
        if let Some(damage) = self.damage {
            let module_dots = self.label.aim().module_dots;
            dots.damage(damage, module_dots, &mut Random::new(self.seed));
        }
        dots
    }
}
