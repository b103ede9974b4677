//! What the place of the rejects shows besides the view: the last rejected packs, the picture of one of them as a grid
//! of modules, and how the grades went lately. PURE.

use super::look::BatchSeen;
use crate::record::{Grades, PackNo, Tenths};
use serde::{Deserialize, Serialize};

/// Rejected packs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RejectsSight {
    /// Whose packs these are; `None`: no batch was ever opened.
    pub batch: Option<BatchSeen>,
    /// The rejected packs, the newest first.
    pub rows: Vec<RejectSeen>,
    /// There may be older ones: ask for those before this pack.
    pub older: Option<PackNo>,
    /// How the grades of the batch went lately, the oldest first.
    pub trend: Vec<TrendSeen>,
    /// The picture of the pack that was asked for.
    pub shown: Option<PictureSeen>,
}

/// A rejected pack, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectSeen {
    /// The station's number for it.
    pub pack: PackNo,
    /// Its serial, if it took one.
    pub serial: Option<String>,
    /// Why, as `rejected_by` of the books names it.
    pub cause: String,
    /// Wall clock of the last that is known of it on the line, ms since 1970.
    pub utc_ms: Option<i64>,
    /// Its overall grade, if it was graded.
    pub grade_tenths: Option<Tenths>,
}

/// Grades of some packs that came one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrendSeen {
    /// So many packs.
    pub packs: u32,
    /// So many of them were graded.
    pub graded: u32,
    /// Mean of their overall grades.
    pub mean_tenths: Option<Tenths>,
    /// The lowest of them.
    pub worst_tenths: Option<Tenths>,
}

/// What was seen of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PictureSeen {
    /// Whose.
    pub pack: PackNo,
    /// Its grades, as they are on record.
    pub grades: Option<Grades>,
    /// What weak print on it looks like, in words.
    pub looks_like: Option<String>,
    /// What is wrong with its text, in words.
    pub text: Option<String>,
    /// What was read, when it was not what was printed.
    pub read: Option<String>,
    /// Its symbol.
    pub grid: Option<GridSeen>,
    /// Why there is no symbol to be shown, as a sentence.
    pub wrong: Option<String>,
}

/// A symbol as it was seen, read again from its kept picture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GridSeen {
    /// A text a row, from the top, a letter a module: `.` light, `#` dark, and where the module ought to be the other
    /// way `o` light, `x` dark.
    pub rows: Vec<String>,
    /// What told which modules are damaged.
    pub told_by: ToldBy,
}

/// What told which modules are damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The symbol was read: error correction.
    Correction,
    /// It was not read: what was printed on the pack.
    Print,
    /// It was not read, and was printed in a way of its own: finder and clock track alone.
    #[default]
    FixedPattern,
}

impl GridSeen {
    /// A module by row and column: dark, and damaged. What is no letter of a module is light and sound.
    pub fn module(&self, row: usize, column: usize) -> (bool, bool) {
        let row = self.rows.get(row).map_or(&[][..], |row| row.as_bytes());
        match row.get(column) {
            Some(b'#') => (true, false),
            Some(b'x') => (true, true),
            Some(b'o') => (false, true),
            _ => (false, false),
        }
    }

    /// Modules of the longest row.
    pub fn columns(&self) -> usize {
        self.rows.iter().map(String::len).max().unwrap_or(0)
    }

    /// How many modules are damaged.
    pub fn damaged(&self) -> usize {
        let letters = self.rows.iter().flat_map(|row| row.bytes());
        letters.filter(|letter| b"xo".contains(letter)).count()
    }

    /// How many modules there are.
    pub fn modules(&self) -> usize {
        self.rows.iter().map(String::len).sum()
    }

    /// The letter of a module.
    pub fn letter(dark: bool, damaged: bool) -> char {
        match (dark, damaged) {
            (false, false) => '.',
            (true, false) => '#',
            (false, true) => 'o',
            (true, true) => 'x',
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_module_is_what_its_letter_says_and_other_letters_are_harmless() {
        let all = [(false, false), (true, false), (false, true), (true, true)];
        let row = all.map(|(dark, damaged)| GridSeen::letter(dark, damaged));
        let row = row.iter().collect();
        let grid = GridSeen {
            rows: vec![row, "ä\u{1b}x".to_owned()],
            ..GridSeen::default()
        };
        assert_eq!([0, 1, 2, 3].map(|column| grid.module(0, column)), all);
        assert_eq!(grid.module(1, 0), (false, false));
        assert_eq!(grid.module(1, 3), (true, true));
        assert_eq!(
            (grid.module(0, 9), grid.module(9, 0)),
            ((false, false), (false, false))
        );
        assert_eq!((grid.damaged(), grid.modules(), grid.columns()), (3, 8, 4));
    }
}
