//! What a batch demands of print quality and text, and what a picture had to say about both. PURE.

use super::grades::Tenths;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The lowest grade that passes, or none.
///
/// Written as a number from 0.0 to 4.0 with at most one decimal, as a letter that stands for the lowest number that
/// still has it (A 3.5, B 2.5, C 1.5, D 0.5; see [`Tenths::letter`]), or as `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GradeMin(pub Option<Tenths>);

impl GradeMin {
    /// No grade rejects.
    pub const NONE: GradeMin = GradeMin(None);
}

impl fmt::Display for GradeMin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(least) => write!(f, "{least}"),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for GradeMin {
    type Err = String;

    fn from_str(text: &str) -> Result<GradeMin, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no grade: write a letter from A to D, a number from 0.0 to 4.0 with at most one \
                 decimal, or none."
            )
        };
        let tenths = match text {
            "none" => return Ok(GradeMin::NONE),
            "A" | "a" => 35,
            "B" | "b" => 25,
            "C" | "c" => 15,
            "D" | "d" => 5,
            _ => {
                let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
                let digit = |part: &str| match part.as_bytes() {
                    [digit @ b'0'..=b'9'] => Some(digit - b'0'),
                    _ => None,
                };
                let (whole, tenth) = digit(whole).zip(digit(tenth)).ok_or_else(wrong)?;
                whole * 10 + tenth
            }
        };
        match Tenths(tenths) <= Tenths::BEST {
            true => Ok(GradeMin(Some(Tenths(tenths)))),
            false => Err(wrong()),
        }
    }
}

impl Serialize for GradeMin {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GradeMin {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What follows from text that is not as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPolicy {
    /// Nothing; it need not be looked at.
    #[default]
    Off,
    /// A warning; the pack passes.
    Warn,
    /// The pack is rejected, also when its text could not be checked.
    Reject,
}

impl TextPolicy {
    /// The words of [`TextPolicy::name`], in the order of strictness.
    pub const WORDS: &'static [&'static str] = &["off", "warn", "reject"];

    /// Its word.
    pub fn name(self) -> &'static str {
        TextPolicy::WORDS[self as usize]
    }
}

impl fmt::Display for TextPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TextPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<TextPolicy, String> {
        let all = [TextPolicy::Off, TextPolicy::Warn, TextPolicy::Reject];
        let found = all.into_iter().find(|policy| policy.name() == text);
        found.ok_or_else(|| format!("\"{text}\" is none of off, warn and reject."))
    }
}

/// What a batch demands of every pack beyond the right content. Without any demand, as batches of older records
/// had none, only the content decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct QualityRules {
    /// The lowest grade that passes.
    pub grade_min: GradeMin,
    /// What text that is not as printed leads to.
    pub text: TextPolicy,
}

/// A line of modules, as the symbol lies with its finder's corner at the lower left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleLine {
    /// From top to bottom.
    Column,
    /// From left to right.
    Row,
}

/// What weak print looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The picture is out of focus.
    Blur,
    /// The pack moved while the shutter was open.
    MotionBlur,
    /// Print is not dark enough against its ground.
    LowContrast,
    /// The whole picture is too dark.
    LowLight,
    /// A nozzle or heater element prints nothing.
    DeadElement {
        /// Along which line of modules.
        line: ModuleLine,
        /// Number of that line, from 1 at the left or at the top, finder included.
        number: u16,
        /// Distance from the symbol's left or top edge in tenths of a mm, where the scale is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenth_mm: Option<u16>,
    },
    /// A slanting streak without ink: the ribbon lies in folds.
    RibbonWrinkle,
    /// Scattered spots without ink.
    Voids,
    /// Scattered specks of ink or dirt.
    Specks,
    /// Dark modules are too wide.
    PrintGain,
    /// Dark modules are too narrow.
    PrintLoss,
    /// One side of the picture is darker than the other.
    UnevenLight,
    /// Print fades to one side.
    UnevenPrint,
    /// Ink or pack was dragged while it was wet or hot.
    Smear,
    /// Modules do not lie where they should: speed or feed varied.
    Distortion,
    /// Something stands in the quiet zone, or the picture cuts it off.
    QuietZone,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Cause::Blur => "blur",
            Cause::MotionBlur => "motion blur",
            Cause::LowContrast => "low contrast",
            Cause::LowLight => "too little light",
            Cause::DeadElement {
                line,
                number,
                tenth_mm,
            } => {
                let line = match line {
                    ModuleLine::Column => "column",
                    ModuleLine::Row => "row",
                };
                write!(f, "a dead element at {line} {number}")?;
                let Some(at) = tenth_mm else { return Ok(()) };
                return write!(f, " ({}.{} mm)", at / 10, at % 10);
            }
            Cause::RibbonWrinkle => "a ribbon wrinkle",
            Cause::Voids => "voids",
            Cause::Specks => "specks",
            Cause::PrintGain => "print gain",
            Cause::PrintLoss => "print loss",
            Cause::UnevenLight => "uneven light",
            Cause::UnevenPrint => "uneven print",
            Cause::Smear => "smear",
            Cause::Distortion => "distortion",
            Cause::QuietZone => "a quiet zone that is not free",
        };
        f.write_str(words)
    }
}

/// What is wrong with the text of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextFault {
    /// There is none.
    Missing,
    /// A character is another one.
    Differs {
        /// Its place in the field, from 1.
        position: u8,
        /// What must stand there; a blank where nothing may.
        expected: char,
        /// What it looks like, if like anything; a blank when nothing stands there.
        looks_like: Option<char>,
    },
    /// A character cannot be made out.
    Illegible {
        /// Its place in the field, from 1.
        position: u8,
        /// What was printed.
        expected: char,
    },
    /// It is too small in the picture to be judged.
    TooSmall,
    /// It lies outside the picture, wholly or in part.
    OutOfView,
}

/// The first field whose text is not as printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextFinding {
    /// The field's name on the label, e.g. `expiry`.
    pub field: String,
    /// The whole line as it was printed, e.g. `EXP 281231`: characters are counted in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// What is wrong with it.
    pub fault: TextFault,
}

impl fmt::Display for TextFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        let place = |f: &mut fmt::Formatter<'_>, position: u8| match self.line.as_str() {
            "" => write!(f, "{field}, character {position}: "),
            line => write!(f, "{field}, character {position} of \"{line}\": "),
        };
        match self.fault {
            TextFault::Missing => write!(f, "{field} is missing"),
            TextFault::TooSmall => write!(f, "{field} is too small in the picture to be judged"),
            TextFault::OutOfView => write!(f, "{field} lies outside the picture"),
            TextFault::Illegible { position, expected } => {
                place(f, position)?;
                write!(f, "\"{expected}\" is not legible")
            }
            TextFault::Differs {
                position,
                expected,
                looks_like,
            } => {
                place(f, position)?;
                match (expected, looks_like) {
                    (' ', Some(other)) => write!(f, "\"{other}\" stands where nothing may"),
                    (' ', None) => f.write_str("something stands where nothing may"),
                    (_, Some(' ')) => write!(f, "\"{expected}\" is missing"),
                    (_, Some(other)) => write!(f, "\"{expected}\" looks like \"{other}\""),
                    (_, None) => write!(f, "\"{expected}\" looks like something else"),
                }
            }
        }
    }
}

/// What the picture says about the text beside the symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSeen {
    /// Nobody looked, or nobody could.
    #[default]
    NotChecked,
    /// Every field is there, legible and as printed.
    Sound,
    /// Not as printed.
    Wrong(TextFinding),
}

impl TextSeen {
    /// Nobody looked, or nobody could.
    pub fn is_not_checked(&self) -> bool {
        *self == TextSeen::NotChecked
    }

    /// What is wrong, if something is.
    pub fn finding(&self) -> Option<&TextFinding> {
        match self {
            TextSeen::Wrong(finding) => Some(finding),
            TextSeen::NotChecked | TextSeen::Sound => None,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_minimum_is_a_letter_a_number_or_none() {
        for (text, tenths) in [
            ("C", Some(15)),
            ("a", Some(35)),
            ("1.5", Some(15)),
            ("0", Some(0)),
            ("4.0", Some(40)),
            ("none", None),
        ] {
            let least: GradeMin = text.parse().expect(text);
            assert_eq!(least.0, tenths.map(Tenths), "{text}");
            let again: GradeMin = least.to_string().parse().expect("as it is written");
            assert_eq!(again, least);
            let json = serde_json::to_string(&least).expect("it is text");
            assert_eq!(serde_json::from_str::<GradeMin>(&json).ok(), Some(least));
        }
        for letter in ["A", "B", "C", "D"] {
            let GradeMin(Some(least)) = letter.parse().expect("a letter") else {
                panic!("{letter} is a grade")
            };
            assert_eq!(least.letter().to_string(), letter, "its lowest number");
            assert_ne!(Tenths(least.0 - 1).letter().to_string(), letter);
        }
        for wrong in [
            "", "F", "4.1", "1.55", "-1", "1,5", "5", "1.", ".5", "None", "é", "99",
        ] {
            let said = wrong.parse::<GradeMin>().expect_err(wrong);
            assert!(said.contains("is no grade"), "{said}");
            assert!(serde_json::from_str::<GradeMin>(&format!("{wrong:?}")).is_err());
        }
    }

    #[test]
    fn policies_and_findings_have_their_words() {
        for (place, word) in TextPolicy::WORDS.iter().enumerate() {
            let policy: TextPolicy = word.parse().expect("its own word");
            assert_eq!((policy as usize, policy.name()), (place, *word));
            assert_eq!(
                serde_json::to_string(&policy).ok(),
                Some(format!("{word:?}"))
            );
        }
        assert!("Reject".parse::<TextPolicy>().is_err());
        let dead = Cause::DeadElement {
            line: ModuleLine::Column,
            number: 12,
            tenth_mm: Some(58),
        };
        assert_eq!(dead.to_string(), "a dead element at column 12 (5.8 mm)");
        let said = |fault| {
            let (field, line) = ("lot".to_owned(), "LOT 8".to_owned());
            TextFinding { field, line, fault }.to_string()
        };
        let (position, expected) = (3, '8');
        let looks_like = Some('B');
        let differs = TextFault::Differs {
            position,
            expected,
            looks_like,
        };
        assert_eq!(
            said(differs),
            "lot, character 3 of \"LOT 8\": \"8\" looks like \"B\""
        );
        let other = |expected, looks_like| {
            said(TextFault::Differs {
                position,
                expected,
                looks_like,
            })
        };
        assert_eq!(
            other('8', Some(' ')),
            "lot, character 3 of \"LOT 8\": \"8\" is missing"
        );
        assert_eq!(
            other(' ', Some('B')),
            "lot, character 3 of \"LOT 8\": \"B\" stands where nothing may"
        );
        assert_eq!(said(TextFault::Missing), "lot is missing");
    }
}
