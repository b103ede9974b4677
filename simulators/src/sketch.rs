//! Pictures with one pixel a module: what a pack's symbols come to, thousands of times faster than a photograph. PURE.
//!
//! For simulated worlds in which reading pixels is not what is asked. Print damage is done module by module; nothing
//! of light, blur and noise is in them.

use crate::{
    ink::{Damage, Print},
    optics::Picture,
    printer::Mark,
    random::Random,
    symbol::{self, Matrix},
};

/// Modules of paper around the symbols.
pub const BORDER: usize = 2;

/// Grey of paper.
pub const PAPER: u8 = 230;

/// Grey of ink.
pub const INK: u8 = 30;

/// Grey of ink that hardly shows.
const FAINT: u8 = 215;

/// Draws the symbols of these prints, the first of each label, one over the other; paper alone without any.
#[must_use]
pub fn sketch(prints: &[Print]) -> Picture {
    let symbols: Vec<(Matrix, u8)> = prints.iter().filter_map(inked).collect();
    let side = |of: fn(&Matrix) -> usize| {
        let largest = symbols.iter().map(|(matrix, _)| of(matrix)).max();
        largest.unwrap_or(10) + 2 * BORDER
    };
    let (width, height) = (side(|matrix| matrix.columns), side(|matrix| matrix.rows));
    let mut luma = vec![PAPER; width * height];
    for (matrix, grey) in &symbols {
        for (row, line) in matrix.dark.chunks_exact(matrix.columns).enumerate() {
            for (column, _) in line.iter().enumerate().filter(|(_, dark)| **dark) {
                let here = &mut luma[(row + BORDER) * width + column + BORDER];
                *here = (*here).min(*grey);
            }
        }
    }
    Picture {
        width,
        height,
        luma,
    }
}

/// The first symbol of a print as ink, and how dark it is.
fn inked(print: &Print) -> Option<(Matrix, u8)> {
    let mut matrix = print
        .label
        .fields
        .iter()
        .find_map(|field| match &field.mark {
            Mark::Symbol {
                content, forced, ..
            } => symbol::draw(content, *forced),
            Mark::Picture { picture, .. } => picture.symbols().into_iter().next().map(|s| s.matrix),
            _ => None,
        })?;
    let random = &mut Random::new(print.seed);
    match print.damage {
        None => {}
        Some(Damage::Blank) => return None,
        Some(Damage::LowContrast) => return Some((matrix, FAINT)),
        Some(damage) => spoil(&mut matrix, damage, random),
    }
    Some((matrix, INK))
}

/// Takes ink away, or drags it, so that no reader can read what is left.
fn spoil(matrix: &mut Matrix, damage: Damage, random: &mut Random) {
    let columns = matrix.columns;
    let keep = columns / 4;
    for row in matrix.dark.chunks_exact_mut(columns) {
        for at in (0..columns).rev() {
            row[at] = match damage {
                Damage::Smear => row[at.saturating_sub(4)..=at].iter().any(|dark| *dark),
                Damage::DeadDots => row[at] && at % 3 != 1,
                Damage::Torn => row[at] && at < keep,
                _ => row[at] && random.chance(0.6),
            };
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{Tick, ink::DAMAGES, printer::Media, printer::Printer};

    fn print(damage: Option<Damage>) -> Print {
        let mut printer = Printer::new(Media::default());
        let zpl = "^XA^FO60,36^BXN,6,200,,,,_,1^FD_10109506000134352211234567890123456^FS^XZ";
        printer.receive(Tick(0), zpl.as_bytes());
        let label = printer.start_print(Tick(0), 0).expect("a label");
        let (dx, dy, seed) = (0, 0, 7);
        Print {
            label,
            damage,
            dx,
            dy,
            seed,
        }
    }

    #[test]
    fn a_sound_print_is_its_symbol_and_damage_leaves_less_or_more() {
        let sound = sketch(&[print(None)]);
        let dark = |picture: &Picture| picture.luma.iter().filter(|grey| **grey == INK).count();
        let (width, side) = (sound.width, sound.width - 2 * BORDER);
        let bottom = &sound.luma[(BORDER + side - 1) * width + BORDER..][..side];
        assert!(
            bottom.iter().all(|grey| *grey == INK),
            "the solid line of the finder"
        );
        for damage in DAMAGES {
            let spoilt = sketch(&[print(Some(damage))]);
            let differs = spoilt.luma.len() != sound.luma.len() || dark(&spoilt) != dark(&sound);
            assert!(differs, "{damage:?}");
        }
        assert!(sketch(&[]).luma.iter().all(|grey| *grey == PAPER));
        let both = sketch(&[print(None), print(None)]);
        assert_eq!(both, sound);
    }
}
