//! Which modules of a symbol are damaged: seen otherwise than they ought to be. PURE.

use super::frame::Frame;
use super::reader::{Reader, Sight};
use super::size::Size;
use crate::record::Modules;

/// Least share of modules in which a symbol that cannot be decoded must agree with what we would have printed: printers
/// encode the same content in their own ways, and another way's modules say nothing about damage.
const SAME_WAY_MIN: f32 = 0.8;

/// What damage was told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// The symbol was decoded: what error correction made of it.
    Correction,
    /// It was not decoded: what was printed on the pack.
    Print,
    /// It was not decoded, and nobody knows how it was printed: finder and clock track alone.
    FixedPattern,
}

/// A symbol's modules as seen, and which of them are damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// As seen.
    pub seen: Modules,
    /// For each module of `seen` whether it ought to be the other way.
    pub damaged: Vec<bool>,
    /// What that was told by.
    pub told_by: ToldBy,
}

impl Damage {
    /// How many modules are damaged.
    pub fn count(&self) -> usize {
        self.damaged.iter().filter(|damaged| **damaged).count()
    }

    /// Looks at a picture, wherever its symbol lies; `None`: nothing in it looks like one. `printed`: the modules as we
    /// would print them, for a symbol that cannot be decoded.
    pub fn look(
        reader: &mut Reader,
        frame: &Frame<'_>,
        printed: Option<&Modules>,
    ) -> Option<Damage> {
        let (grid, read) = match reader.look(frame, None) {
            Sight::Nothing => return None,
            Sight::Undecodable(grid) => (grid, false),
            Sight::Read { grid, .. } => (grid, true),
        };
        let seen = reader.sampled();
        let size = grid.size;
        if read {
            let truth = reader.decoded().modules();
            return Some(Damage::of(size, seen, Some(&truth), ToldBy::Correction));
        }
        let fits = |printed: &&Modules| {
            (size.rows, size.columns) == (printed.rows.into(), printed.columns.into())
                && encoded_alike(&printed.dark, seen)
        };
        Some(match printed.filter(fits) {
            Some(printed) => Damage::of(size, seen, Some(&printed.dark), ToldBy::Print),
            None => Damage::of(size, seen, None, ToldBy::FixedPattern),
        })
    }

    fn of(size: &Size, seen: &[bool], truth: Option<&[bool]>, told_by: ToldBy) -> Damage {
        assert_eq!(
            seen.len(),
            size.rows * size.columns,
            "every module was sampled"
        );
        let ought = |at: usize| match truth.and_then(|truth| truth.get(at)) {
            Some(truth) => Some(*truth),
            None => size.fixed(at / size.columns, at % size.columns),
        };
        let damaged = seen.iter().enumerate();
        let damaged = damaged.map(|(at, dark)| ought(at).is_some_and(|ought| ought != *dark));
        let damaged = damaged.collect();
        let mut modules = Modules::default();
        modules.take(size.columns as u16, size.rows as u16, seen);
        Damage {
            seen: modules,
            damaged,
            told_by,
        }
    }
}

/// Modules that were seen were printed in the way we would have printed them.
pub fn encoded_alike(printed: &[bool], seen: &[bool]) -> bool {
    let same = printed.iter().zip(seen).filter(|(one, other)| one == other);
    same.count() as f32 >= SAME_WAY_MIN * printed.len() as f32
}

#[cfg(test)]
mod test {
    use super::*;
    use datamatrix::{DataMatrix, SymbolList, SymbolSize};

    /// A symbol of 24 × 24 modules as another encoder makes it.
    fn symbol() -> Modules {
        let content = b"01095060001343521727093010L2409A\x1d217G4K2M9QXTAB";
        let list = SymbolList::with_whitelist([SymbolSize::Square24]);
        let code = DataMatrix::encode_gs1(content, list).expect("it fits");
        let bitmap = code.bitmap();
        let mut dark = vec![false; bitmap.width() * bitmap.height()];
        for (column, row) in bitmap.pixels() {
            dark[row * bitmap.width() + column] = true;
        }
        let mut modules = Modules::default();
        modules.take(bitmap.width() as u16, bitmap.height() as u16, &dark);
        modules
    }

    /// A picture of these modules, so many pixels a module, with a quiet zone.
    fn picture(modules: &Modules, pitch: usize) -> (usize, usize, Vec<u8>) {
        let (columns, rows) = (usize::from(modules.columns), usize::from(modules.rows));
        let (width, height) = ((columns + 8) * pitch, (rows + 8) * pitch);
        let luma = (0..width * height).map(|at| {
            let (x, y) = (at % width / pitch, at / width / pitch);
            let inside = (4..columns + 4).contains(&x) && (4..rows + 4).contains(&y);
            match inside && modules.dark[(y - 4) * columns + x - 4] {
                true => 30,
                false => 220,
            }
        });
        (width, height, luma.collect())
    }

    fn looked(modules: &Modules, printed: Option<&Modules>) -> Option<Damage> {
        let (width, height, luma) = picture(modules, 10);
        let frame = Frame::new(width, height, &luma).expect("it has its pixels");
        Damage::look(&mut Reader::new(), &frame, printed)
    }

    #[test]
    fn what_is_damaged_is_told_by_correction_then_by_the_print_then_by_the_fixed_pattern() {
        let sound = symbol();
        let columns = usize::from(sound.columns);
        let found = looked(&sound, None).expect("a symbol");
        assert_eq!((&found.seen, found.count()), (&sound, 0));

        // A scratch that error correction mends: each of its modules is named, and no other.
        let mut scratched = sound.clone();
        let scratch: Vec<usize> = (5..9).map(|row| row * columns + 7).collect();
        for at in &scratch {
            scratched.dark[*at] = !scratched.dark[*at];
        }
        let found = looked(&scratched, None).expect("a symbol");
        assert_eq!(found.told_by, ToldBy::Correction);
        let damaged = |found: &Damage| -> Vec<usize> {
            (0..found.damaged.len())
                .filter(|at| found.damaged[*at])
                .collect()
        };
        assert_eq!(damaged(&found), scratch);

        // A smear that nothing mends: what was printed tells, and without it only what is fixed.
        let mut smeared = sound.clone();
        for row in 2..14 {
            for column in 5..15 {
                smeared.dark[row * columns + column] = true;
            }
        }
        let lost: Vec<usize> = (0..sound.dark.len())
            .filter(|at| sound.dark[*at] != smeared.dark[*at])
            .collect();
        assert!(lost.len() > 20 && lost.len() * 5 < sound.dark.len());
        let found = looked(&smeared, Some(&sound)).expect("a symbol");
        assert_eq!(found.told_by, ToldBy::Print);
        // In the midst of so much ink a module may be seen either way; beside it every one is as it was printed.
        let named = damaged(&found);
        let within =
            |at: &usize| (2..14).contains(&(at / columns)) && (5..15).contains(&(at % columns));
        assert!(named.iter().all(within), "{named:?}");
        let right = lost.iter().filter(|at| named.contains(at)).count();
        assert!(right * 3 > lost.len() * 2, "{right} of {}", lost.len());
        let found = looked(&smeared, None).expect("a symbol");
        assert_eq!((found.told_by, found.count()), (ToldBy::FixedPattern, 0));
        // Another way of encoding says nothing.
        let mut other = sound.clone();
        for dark in other.dark.iter_mut().step_by(3) {
            *dark = !*dark;
        }
        let found = looked(&smeared, Some(&other)).expect("a symbol");
        assert_eq!(found.told_by, ToldBy::FixedPattern);
        let blank = Modules {
            dark: vec![false; sound.dark.len()],
            ..sound
        };
        assert_eq!(looked(&blank, None), None);
    }
}
