//! Where the symbol lies in a picture and how its modules were sampled: for people who look at the picture. PURE.
//!
//! First by our own reader, then by rxing's edge follower: one look each at the picture as it is.

use super::frame::Frame;
use super::geometry::{Homography, Point};
use super::grade::Context;
use super::grid::Grid;
use super::picture::Picture;
use super::read::{DECODER, FIXED_PATTERN_MIN, fixed_pattern_share, modules, source};
use super::reader::{Reader, Sight};
use super::size::Size;
use crate::record::{Grades, Modules};
use rxing::common::{BitMatrix, DetectorRXingResult, HybridBinarizer};
use rxing::datamatrix::detector::zxing_cpp_detector;
use rxing::{Binarizer, common::GlobalHistogramBinarizer};

/// A symbol in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Where it lies.
    pub grid: Grid,
    /// Its modules as sampled.
    pub modules: Modules,
    /// Its modules after error correction, row by row, where our own decoder decoded it.
    pub truth: Option<Vec<bool>>,
    /// The modulation of each module: 0 nobody can say, 1 full contrast. Below 0.5 it costs the grade (ISO/IEC 15415).
    pub quality: Option<Vec<f32>>,
    /// Its grades, where our own decoder decoded it; reflectance not calibrated.
    pub grades: Option<Grades>,
}

/// The symbol of a picture: of all candidates the first that decodes, else the first that looks like a symbol.
pub fn outline(picture: &Picture) -> Option<Outline> {
    match by_lattice(picture) {
        Some(found) if found.truth.is_some() => Some(found),
        likely => by_edges(picture).or(likely),
    }
}

/// By our own reader, with grades where it decodes the symbol.
fn by_lattice(picture: &Picture) -> Option<Outline> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let frame = Frame::new(width, height, picture.luma())?;
    let mut reader = Reader::new();
    let (grid, read) = match reader.look(&frame, None) {
        Sight::Nothing => return None,
        Sight::Undecodable(grid) => (grid, false),
        Sight::Read { grid, .. } => (grid, true),
    };
    let side = |modules: usize| u16::try_from(modules).expect("a symbol has few modules");
    let mut found = Outline {
        modules: Modules {
            columns: side(grid.size.columns),
            rows: side(grid.size.rows),
            dark: reader.sampled().to_vec(),
        },
        truth: None,
        quality: None,
        grades: None,
        grid,
    };
    if read {
        found.truth = Some(reader.decoded().modules());
        let context = Context {
            lossless: picture.origin().lossless,
            ..Context::default()
        };
        found.grades = Some(reader.grade(&frame, &grid, context).grades);
        found.quality = Some(reader.grader().modulation().to_vec());
    }
    Some(found)
}

/// By rxing.
fn by_edges(picture: &Picture) -> Option<Outline> {
    let local = HybridBinarizer::new(source(picture));
    let global = GlobalHistogramBinarizer::new(source(picture));
    let mut likely = None;
    for bits in [local.get_black_matrix(), global.get_black_matrix()]
        .into_iter()
        .flatten()
    {
        let candidates = zxing_cpp_detector::detect(bits, true, true).unwrap_or_default();
        for candidate in &candidates {
            let (sampled, corners) = (candidate.getBits(), candidate.getPoints());
            match DECODER.decode(sampled) {
                Ok(decoded) => {
                    if let Some(found) = placed(sampled, corners, decoded.getIsMirrored()) {
                        return Some(found);
                    }
                }
                Err(_) if likely.is_none() && fixed_pattern_share(sampled) >= FIXED_PATTERN_MIN => {
                    likely = placed(sampled, corners, false);
                }
                Err(_) => {}
            }
        }
    }
    likely
}

/// The corners are those of the sampled grid: top left, top right, bottom right, bottom left; a mirrored symbol is the
/// sampled grid flipped on its second diagonal.
fn placed(sampled: &BitMatrix, corners: &[rxing::Point], mirrored: bool) -> Option<Outline> {
    let modules = modules(sampled, mirrored);
    let size = Size::of(modules.rows.into(), modules.columns.into())?;
    let &[tl, tr, br, bl] = corners else {
        return None;
    };
    let corners = match mirrored {
        false => [tl, tr, br, bl],
        true => [br, tr, tl, bl],
    };
    let square = Homography::from_unit_square(corners.map(|at| Point::new(at.x, at.y)))?;
    let (columns, rows) = (size.columns as f64, size.rows as f64);
    let grid = Grid {
        size,
        to_picture: Homography::scale(1.0 / columns, 1.0 / rows).then(&square),
        inverted: false,
    };
    Some(Outline {
        grid,
        modules,
        truth: None,
        quality: None,
        grades: None,
    })
}

#[cfg(test)]
mod test {
    use super::*;

    fn picture(mirrored: bool) -> (Picture, Vec<bool>) {
        let symbol =
            datamatrix::DataMatrix::encode(b"VIDIMUS-0123456789", datamatrix::SymbolSize::Square18);
        let bits = symbol.unwrap().bitmap();
        let (side, scale, left, top) = (320usize, 8usize, 70usize, 40usize);
        let mut luma = vec![220u8; side * side];
        for (at, _) in bits.bits().iter().enumerate().filter(|(_, dark)| **dark) {
            for place in 0..scale * scale {
                let x = left + at % 18 * scale + place % scale;
                let y = top + at / 18 * scale + place / scale;
                luma[y * side + if mirrored { side - 1 - x } else { x }] = 30;
            }
        }
        let picture = Picture::from_luma(side as u32, side as u32, luma).unwrap();
        (picture, bits.bits().to_vec())
    }

    fn lies_on(found: &Outline, picture: &Picture, bits: &[bool], mirrored: bool) {
        assert_eq!(found.modules.dark, bits);
        assert_eq!(found.grid.mirrored(), mirrored);
        for (at, dark) in bits.iter().enumerate() {
            let centre = found.grid.centre(at / 18, at % 18);
            let grey = picture.luma()[centre.y as usize * 320 + centre.x as usize];
            assert_eq!(
                grey < 128,
                *dark,
                "module {at} at {centre:?}, mirrored: {mirrored}"
            );
        }
    }

    #[test]
    fn the_grid_lies_on_the_modules_also_in_a_mirror() {
        for mirrored in [false, true] {
            let (picture, bits) = picture(mirrored);
            lies_on(&by_edges(&picture).unwrap(), &picture, &bits, mirrored);
            let found = outline(&picture).unwrap();
            lies_on(&found, &picture, &bits, mirrored);
            assert_eq!(found.truth.as_deref(), Some(bits.as_slice()));
            assert!(found.quality.unwrap().iter().all(|quality| *quality > 0.5));
            assert_eq!(found.grades.unwrap().overall().letter(), 'A');
        }
        let blank = Picture::from_luma(64, 64, vec![200; 64 * 64]).unwrap();
        assert_eq!(outline(&blank), None);
    }
}
