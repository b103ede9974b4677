//! How well the factory prints: grades and text of a label follow from its serial and the seed alone, so that the
//! truth about a pack can be told at any time and no other chance is moved by it.

use super::{Dice, World};
use crate::record::{
    Cause, Fact, Grades, Outcome, Parameter, PictureOrigin, Tenths, TextFault, TextFinding,
    TextSeen, Verdict,
};
use std::collections::BTreeMap;

/// Chances per thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrintFaults {
    /// A grade below the minimum.
    pub weak: u64,
    /// The picture lost detail on its way.
    pub lossy: u64,
    /// Text that is not as printed.
    pub wrong_text: u64,
    /// Text that could not be checked.
    pub unchecked_text: u64,
}

impl PrintFaults {
    /// Each class is on with one half, its strength drawn.
    pub fn swarm(seed: u64) -> PrintFaults {
        let mut dice = Dice(seed ^ 0x1A8E1);
        let mut draw = |max: u64| match dice.below(2) {
            0 => 0,
            _ => 1 + dice.below(max),
        };
        PrintFaults {
            weak: draw(60),
            lossy: draw(500),
            wrong_text: draw(30),
            unchecked_text: draw(30),
        }
    }
}

/// The least a batch of the factory accepts.
const LEAST: u8 = 15;

/// One label as it came out.
pub struct Print {
    grades: Grades,
    lossy: bool,
    text: TextSeen,
}

impl Print {
    fn is_weak(&self) -> bool {
        self.grades.by_parameter.iter().any(|grade| grade.0 < LEAST)
    }

    /// A pack with it may be good: it is not weak in a picture that tells, and its text was seen to be right.
    fn may_pass(&self) -> bool {
        self.text == TextSeen::Sound && (self.lossy || !self.is_weak())
    }
}

impl World {
    /// How the label with this serial came out.
    pub fn print_of(&self, serial: &str) -> Print {
        let faults = self.faults.print;
        let mix = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
        let mut dice = Dice(serial.bytes().fold(self.print_seed, mix));
        let mut by_parameter = [Tenths::BEST; 8];
        let weak = dice.once_in_thousand(faults.weak);
        let parameter = 1 + dice.below(7) as usize;
        let below = dice.below(u64::from(LEAST)) as u8;
        by_parameter[parameter] = Tenths(if weak { below } else { 40 - below / 3 });
        let lossy = dice.once_in_thousand(faults.lossy);
        let finding = TextFinding {
            field: "expiry".to_owned(),
            line: "EXP 281231".to_owned(),
            fault: TextFault::Missing,
        };
        let text = match () {
            () if dice.once_in_thousand(faults.wrong_text) => TextSeen::Wrong(finding),
            () if dice.once_in_thousand(faults.unchecked_text) => TextSeen::NotChecked,
            () => TextSeen::Sound,
        };
        Print {
            grades: Grades {
                by_parameter,
                // Told by the grader, or only by where the picture came from.
                indicative: lossy && below.is_multiple_of(2),
                growth_percent: [0, 0],
            },
            lossy,
            text,
        }
    }

    /// Puts into a verdict on this ink what a reader would find out about its print.
    pub(super) fn grade(&self, serial: &str, verdict: &mut Verdict) {
        let print = self.print_of(serial);
        verdict.grades = Some(print.grades);
        verdict.looks_like = print.is_weak().then_some(Cause::Voids);
        verdict.text = print.text;
        verdict.picture = Some(PictureOrigin {
            counter: None,
            width_px: 640,
            height_px: 480,
            lossless: !print.lossy,
            calibrated: false,
        });
    }

    /// Every verdict on disk against how the label of that pack really came out.
    pub(super) fn check_print(&self, serial_of: &BTreeMap<crate::record::PackNo, String>) {
        for record in &self.disk {
            let Fact::Verified { pack, verdict } = &record.fact else {
                continue;
            };
            let print = serial_of.get(pack).map(|serial| self.print_of(serial));
            let found = |why: &str| format!("{why}: {pack:?} {verdict:?}");
            match (&verdict.outcome, print) {
                (Outcome::Pass, Some(print)) => {
                    assert!(print.may_pass(), "{}", found("passed"));
                    assert_eq!(verdict.looks_like, None, "{}", found("passes carry little"));
                }
                (Outcome::LowGrade { parameter }, Some(print)) => {
                    assert!(print.is_weak() && !print.lossy, "{}", found("low"));
                    let named = Parameter::ALL.iter().any(|one| one.name() == parameter);
                    assert!(named, "{}", found("parameter"));
                    assert_eq!(verdict.looks_like, Some(Cause::Voids));
                }
                (Outcome::TextMismatch, Some(print)) => {
                    assert_ne!(print.text, TextSeen::Sound, "{}", found("text"));
                }
                (Outcome::LowGrade { .. } | Outcome::TextMismatch | Outcome::Pass, None) => {
                    panic!("{}", found("a label that was never made"))
                }
                _ => {}
            }
        }
    }

    /// Packs on disk with this outcome.
    pub fn with_outcome(&self, name: &str) -> usize {
        let of_name = |record: &&crate::record::Record| match &record.fact {
            Fact::Verified { verdict, .. } => verdict.outcome.name() == name,
            _ => false,
        };
        self.disk.iter().filter(of_name).count()
    }
}
