//! `[scanner]`: how a hand scanner is set that types as a keyboard does, in front of a screen. PURE.

use super::mistake::Mistake;
use super::reader::{Document, Section};
use super::rules::{at, meant};
use vidimus_drivers::reader::wedge::WedgeConfig;

/// Function keys that are the screen's: a scanner that types one of them would press it.
pub const SCREEN_KEYS: &[&str] = &["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8"];

/// `[scanner]`, in the words of the station file: [`WedgeConfig::of_words`] reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanner {
    /// The key before each scan, or `none`.
    pub prefix: String,
    /// The key after each scan.
    pub suffix: String,
    /// How GS is typed.
    pub gs: String,
    /// Each scan begins with a symbology identifier.
    pub aim: bool,
    /// Longest time between two keys of a scan, in ms.
    pub gap_ms: u64,
}

/// Words that contradict each other.
pub(super) fn check(document: &Document, mistakes: &mut Vec<Mistake>) {
    let Some(section) = document.only("scanner") else {
        return;
    };
    let taken = |key: &str| {
        let word = section.text(key).unwrap_or("");
        SCREEN_KEYS.contains(&word).then(|| {
            let text = format!("{word} is a key of the screen: each scan would press it.");
            meant(at(section, key, "scanner", text), "Write F9 to F12.")
        })
    };
    let before = mistakes.len();
    mistakes.extend(["prefix", "gs"].into_iter().filter_map(taken));
    if mistakes.len() > before {
        return;
    }
    let settings = settings(section);
    if let Some(Err(text)) = settings.map(|settings| settings.check()) {
        let meant_instead = "Set a key at the scanner that no code holds, such as F9 or \"~\".";
        mistakes.push(meant(at(section, "prefix", "scanner", text), meant_instead));
    }
}

/// What a section says, as far as it is right.
fn settings(section: &Section) -> Option<WedgeConfig> {
    WedgeConfig::of_words(
        section.text("prefix")?,
        section.text("suffix")?,
        section.text("gs")?,
        section.flag("aim")?,
        section.whole("gap_ms")?,
    )
}
