//! Gradients by tiles, computed where they are asked for first; edges of a tile as waves of a lattice. PURE.
//!
//! Most of a frame is never looked at closely: texture says where, and only tiles around there are computed.

use super::pyramid::Window;
use crate::vision::frame::Frame;
use std::f32::consts::TAU;

/// Side of a tile in pixels.
pub const TILE: usize = 16;

/// Gradients of one tile (eight times the grey difference per pixel), row by row; 0 beyond the window's last but one
/// pixel.
#[derive(Default)]
pub struct Slopes {
    /// Growing grey to the right.
    pub gx: [[f32; TILE]; TILE],
    /// Growing grey downward.
    pub gy: [[f32; TILE]; TILE],
    /// Sums of gx², gx gy and gy².
    squares: [f32; 3],
}

/// The tiles of a window: tile `(column, row)` begins one pixel in, where gradients begin, and `TILE` pixels on for
/// each.
#[derive(Default)]
pub struct Tiles {
    window: Window,
    across: usize,
    /// Where in `done` a tile is, plus one.
    place: Vec<u32>,
    done: Vec<Slopes>,
    /// How many of them belong to the frame at hand.
    count: usize,
}

/// A frame seen through its tiles.
pub struct Field<'f> {
    frame: Frame<'f>,
    tiles: &'f mut Tiles,
}

impl<'f> Field<'f> {
    /// A part of a frame; nothing is computed yet.
    pub fn new(frame: Frame<'f>, window: Window, tiles: &'f mut Tiles) -> Field<'f> {
        tiles.window = window;
        let count = |end: usize| end.saturating_sub(2).div_ceil(TILE);
        tiles.across = count(window.width);
        tiles.place.clear();
        tiles.place.resize(tiles.across * count(window.height), 0);
        tiles.count = 0;
        Field { frame, tiles }
    }

    /// Pixels across and down.
    pub fn size(&self) -> (usize, usize) {
        (self.tiles.window.width, self.tiles.window.height)
    }

    /// Tiles across and down.
    pub fn tiles(&self) -> (usize, usize) {
        let across = self.tiles.across;
        (across, self.tiles.place.len() / across.max(1))
    }

    /// The gradients of a tile.
    pub fn slopes(&mut self, column: usize, row: usize) -> &Slopes {
        let tiles = &mut *self.tiles;
        let place = &mut tiles.place[row * tiles.across + column];
        if *place == 0 {
            if tiles.count == tiles.done.len() {
                tiles.done.push(Slopes::default());
            }
            tiles.done[tiles.count].compute(&self.frame, tiles.window, (column, row));
            tiles.count += 1;
            *place = tiles.count as u32;
        }
        &tiles.done[*place as usize - 1]
    }
}

impl Slopes {
    fn compute(&mut self, frame: &Frame<'_>, window: Window, (column, row): (usize, usize)) {
        let (left, top) = (column * TILE, row * TILE);
        let wide = (window.width - left).min(TILE + 2);
        let high = (window.height - top).min(TILE + 2);
        self.gx[high - 2..].fill([0.0; TILE]);
        self.gy[high - 2..].fill([0.0; TILE]);
        let mut squares = [[0.0f32; TILE]; 3];
        let line = |row: usize| {
            let from = &frame.row(window.top + top + row)[window.left + left..];
            let mut line = [0u8; LINE];
            match from
                .first_chunk::<{ TILE + 2 }>()
                .filter(|_| wide == TILE + 2)
            {
                Some(whole) => line[..TILE + 2].copy_from_slice(whole),
                None => line[..wide].copy_from_slice(&from[..wide]),
            }
            line
        };
        let (mut above, mut here) = (line(0), line(1));
        for row in 0..high - 2 {
            let below = line(row + 2);
            let (gx, gy) = (&mut self.gx[row], &mut self.gy[row]);
            sobel([&above, &here, &below], gx, gy);
            if wide < TILE + 2 {
                gx[wide - 2..].fill(0.0);
                gy[wide - 2..].fill(0.0);
            }
            for at in 0..TILE {
                squares[0][at] += gx[at] * gx[at];
                squares[1][at] += gx[at] * gy[at];
                squares[2][at] += gy[at] * gy[at];
            }
            (above, here) = (here, below);
        }
        self.squares = squares.map(|lanes| lanes.iter().sum());
    }
}

/// Pixels of a line of a tile, one more on each side, and what fills up the last eight.
const LINE: usize = TILE + 8;

/// Gradients of one line by the 3 × 3 Sobel operator, from the second pixel on.
#[inline]
fn sobel([above, here, below]: [&[u8; LINE]; 3], gx: &mut [f32; TILE], gy: &mut [f32; TILE]) {
    let (mut smooth, mut slope) = ([0i16; LINE], [0i16; LINE]);
    for at in 0..LINE {
        let [a, b, c] = [above[at], here[at], below[at]].map(i16::from);
        smooth[at] = a.wrapping_add(b.wrapping_mul(2)).wrapping_add(c);
        slope[at] = c.wrapping_sub(a);
    }
    for at in 0..TILE {
        gx[at] = f32::from(smooth[at + 2].wrapping_sub(smooth[at]));
        let middle = slope[at + 1].wrapping_mul(2);
        gy[at] = f32::from(slope[at].wrapping_add(middle).wrapping_add(slope[at + 2]));
    }
}

/// The middle of a tile in pixels of its window.
pub fn tile_centre(column: usize, row: usize) -> (f64, f64) {
    let half = TILE as f64 / 2.0;
    (
        (column * TILE) as f64 + 1.0 + half,
        (row * TILE) as f64 + 1.0 + half,
    )
}

/// A lattice near one place: for each axis its coordinate there and its slope in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// Lattice coordinates.
    pub value: [f32; 2],
    /// How they grow to the right and downward.
    pub slope: [(f32, f32); 2],
}

/// The edges of one axis of one tile, summed as a wave of the lattice's period: cosine and sine parts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wave {
    /// Of edges from dark to light.
    pub rising: (f32, f32),
    /// Of edges from light to dark.
    pub falling: (f32, f32),
    /// Sum of squared gradients along the axis.
    pub energy: f32,
}

/// Columns summed side by side.
const LANES: usize = 8;

impl Slopes {
    /// Sum of squared gradients.
    pub fn energy(&self) -> f32 {
        self.squares[0] + self.squares[2]
    }

    /// Sums the waves of both axes; `local` is the lattice at the tile's centre.
    pub fn waves(&self, local: &Local) -> [Wave; 2] {
        [0, 1].map(|at| self.wave(local.slope[at], local.value[at]))
    }

    fn wave(&self, slope: (f32, f32), value: f32) -> Wave {
        let axis = Axis::new(slope);
        let mut wave = Wave::default();
        for from in (0..TILE).step_by(LANES) {
            let sums = self.strip(from, &axis);
            for (lane, &(cos, sin)) in axis.across[from..][..LANES].iter().enumerate() {
                let turn = |p: f32, q: f32| (p * cos - q * sin, p * sin + q * cos);
                let all = turn(sums[0][lane], sums[1][lane]);
                let signed = turn(sums[2][lane], sums[3][lane]);
                wave.rising.0 += (all.0 + signed.0) / 2.0;
                wave.rising.1 += (all.1 + signed.1) / 2.0;
                wave.falling.0 += (all.0 - signed.0) / 2.0;
                wave.falling.1 += (all.1 - signed.1) / 2.0;
            }
        }
        let (sin, cos) = (TAU * (value - value.floor())).sin_cos();
        let turn = |(p, q): (f32, f32)| (p * cos - q * sin, p * sin + q * cos);
        (wave.rising, wave.falling) = (turn(wave.rising), turn(wave.falling));
        let ((ux, uy), [xx, xy, yy]) = (axis.unit, self.squares);
        wave.energy = (xx * ux * ux + 2.0 * xy * ux * uy + yy * uy * uy).max(0.0);
        wave
    }

    /// Squared gradients of some columns by the cosine and by the sine of their line, then the same with the
    /// gradient's sign.
    #[inline]
    fn strip(&self, from: usize, axis: &Axis) -> [[f32; LANES]; 4] {
        let (ux, uy) = axis.unit;
        let mut sums = [[0.0f32; LANES]; 4];
        for line in 0..TILE {
            let (cos, sin) = axis.down[line];
            let gx: &[f32; LANES] = self.gx[line][from..][..LANES].try_into().expect("lanes");
            let gy: &[f32; LANES] = self.gy[line][from..][..LANES].try_into().expect("lanes");
            for lane in 0..LANES {
                let slope = gx[lane] * ux + gy[lane] * uy;
                let squared = slope * slope;
                let signed = slope * slope.abs();
                sums[0][lane] += squared * cos;
                sums[1][lane] += squared * sin;
                sums[2][lane] += signed * cos;
                sums[3][lane] += signed * sin;
            }
        }
        sums
    }
}

/// Phases of one axis over a tile, as seen from its centre.
struct Axis {
    /// Across the edges.
    unit: (f32, f32),
    across: [(f32, f32); TILE],
    down: [(f32, f32); TILE],
}

impl Axis {
    fn new((sx, sy): (f32, f32)) -> Axis {
        let length = (sx * sx + sy * sy).sqrt();
        Axis {
            unit: (sx / length, sy / length),
            across: phases(sx),
            down: phases(sy),
        }
    }
}

/// Cosine and sine at the pixels of a line of a tile, for a phase that grows by `step` turns a pixel and is 0 in the
/// middle.
fn phases(step: f32) -> [(f32, f32); TILE] {
    let (sin, cos) = (TAU * step).sin_cos();
    let (s, c) = (TAU * step / 2.0).sin_cos();
    let mut all = [(0.0, 0.0); TILE];
    let (mut c, mut s) = (c, s);
    for at in 0..TILE / 2 {
        all[TILE / 2 + at] = (c, s);
        all[TILE / 2 - 1 - at] = (c, -s);
        (c, s) = (c * cos - s * sin, s * cos + c * sin);
    }
    all
}
