//! What a scan names. A hand scanner types what it read and a line end behind it; people type eighteen digits. PURE.

use super::{Refusal, Wrong};
use crate::gs1::{Dictionary, Element, Gtin, Options, Parser, Sequence, Sscc, bracketed};
use crate::record::{ContainerCode, CryptoTail};
use std::fmt;

/// Longest scan that is looked at, in bytes.
pub const SCAN_MAX_LEN: usize = 1_024;

/// What a scan names, and what else it says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitCode {
    /// A logistic unit.
    Sscc {
        /// AI (00).
        sscc: Sscc,
        /// AI (02) and (37): what is inside, and how many.
        content: Option<(Gtin, u64)>,
    },
    /// A pack, or a container with a GTIN of its own.
    Sgtin {
        /// AI (01).
        gtin: Gtin,
        /// AI (21).
        serial: String,
        /// AI (10), where the scan has it.
        lot: Option<String>,
        /// AI (17), where the scan has it.
        expiry: Option<String>,
        /// AI (91), (92) and (93), where the scan has them.
        tail: CryptoTail,
    },
}

impl UnitCode {
    /// Reads a scan.
    ///
    /// # Errors
    /// [`Wrong::Unreadable`], with what is wrong and where.
    pub fn of(scan: &str) -> Result<UnitCode, Refusal> {
        let unreadable = |why: String| unreadable(scan, &why);
        let text = trimmed(scan)?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return of_digits(text).map_err(unreadable);
        }
        let parser = Parser::new(Dictionary::built_in());
        let (_, elements) = parser
            .any(text)
            .map_err(|error| unreadable(error.to_string()))?;
        let value = |ai: &str| {
            let found = elements.parts().find(|part| part.ai == ai);
            found.map(|part| part.value.to_owned())
        };
        of_values(value).map_err(unreadable)
    }

    /// The code of a container that would have this on its label.
    pub fn container(&self) -> ContainerCode {
        match self {
            UnitCode::Sscc { sscc, .. } => ContainerCode::Sscc(*sscc),
            UnitCode::Sgtin { gtin, serial, .. } => ContainerCode::Sgtin {
                gtin: *gtin,
                serial: serial.clone(),
            },
        }
    }

    /// Both name the same unit, and neither says of it what the other one denies: bar codes of one label, say.
    pub fn agrees(&self, other: &UnitCode) -> bool {
        let same = self.container() == other.container();
        same && match (self, other) {
            (UnitCode::Sscc { content: one, .. }, UnitCode::Sscc { content: two, .. }) => {
                alike(one.as_ref(), two.as_ref())
            }
            (
                UnitCode::Sgtin {
                    lot, expiry, tail, ..
                },
                UnitCode::Sgtin {
                    lot: other_lot,
                    expiry: other_expiry,
                    tail: other_tail,
                    ..
                },
            ) => {
                alike(lot.as_ref(), other_lot.as_ref())
                    && alike(expiry.as_ref(), other_expiry.as_ref())
                    && tail == other_tail
            }
            _ => false,
        }
    }
}

/// What one scan says and the other one too is the same.
fn alike<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
    one.zip(two).is_none_or(|(one, two)| one == two)
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.container().fmt(f)
    }
}

fn unreadable(scan: &str, why: &str) -> Refusal {
    Wrong::Unreadable.because(format!("\"{}\" cannot be read. {why}", shown(scan)))
}

/// A scan without what a hand scanner puts around it; not empty, and not endless.
fn trimmed(scan: &str) -> Result<&str, Refusal> {
    let text = scan.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
    match text.len() {
        0 => Err(unreadable(scan, "There is nothing in it.")),
        bytes if bytes > SCAN_MAX_LEN => {
            let why = format!("It has {bytes} bytes, at most {SCAN_MAX_LEN} are read.");
            Err(unreadable(scan, &why))
        }
        _ => Ok(text),
    }
}

/// What one bar code of a label says. Alone it may lack what another one of the same label has.
///
/// # Errors
/// [`Wrong::Unreadable`], with what is wrong and where.
pub fn scan_elements(scan: &str) -> Result<Vec<Element>, Refusal> {
    let alone = Parser::new(Dictionary::built_in()).with(Options {
        associations: false,
        ..Options::default()
    });
    let text = trimmed(scan)?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, text.len()) {
        (true, 18 | 20) => Ok(vec![Element::new("00", &text[text.len() - 18..])]),
        _ => {
            let read = alone.any(text);
            let (_, elements) = read.map_err(|error| unreadable(scan, &error.to_string()))?;
            Ok(elements.to_vec())
        }
    }
}

/// What the bar codes of one label say together, each AI once. One of them alone may lack what another one has: (37) is
/// nothing without (02), and both are nothing without (00).
///
/// # Errors
/// [`Wrong::Unreadable`]: one of them cannot be read, or they do not go together on one label.
pub fn label_elements(scans: &[String]) -> Result<Vec<Element>, Refusal> {
    let mut all: Vec<Element> = Vec::new();
    for scan in scans {
        let read = scan_elements(scan)?;
        for element in read {
            match all.iter().find(|other| other.ai == element.ai) {
                None => all.push(element),
                Some(other) if *other == element => {}
                Some(other) => {
                    return Err(Wrong::WrongLabel.because(format!(
                        "The label says ({}) {} and {} at once: destroy it and print a new one.",
                        element.ai, other.value, element.value
                    )));
                }
            }
        }
    }
    let whole = bracketed(&all);
    Parser::new(Dictionary::built_in())
        .bracketed(&whole)
        .map_err(|error| unreadable(&whole, &error.to_string()))?;
    Ok(all)
}

fn of_digits(text: &str) -> Result<UnitCode, String> {
    let digits = match text.len() {
        18 => text,
        20 if text.starts_with("00") => &text[2..],
        14 => return Err("It is a GTIN alone: a serial or an SSCC is wanted.".to_owned()),
        length => {
            return Err(format!(
                "It has {length} digits: an SSCC has 18, and anything else is scanned whole."
            ));
        }
    };
    let sscc = digits.parse().map_err(|wrong| format!("{wrong}"))?;
    Ok(UnitCode::Sscc {
        sscc,
        content: None,
    })
}

fn of_values(value: impl Fn(&str) -> Option<String>) -> Result<UnitCode, String> {
    if let Some(sscc) = value("00") {
        let content = match (value("02"), value("37")) {
            (Some(gtin), Some(count)) => Some((gtin.parse(), count.parse())),
            _ => None,
        };
        let content = match content {
            Some((Ok(gtin), Ok(count))) => Some((gtin, count)),
            Some(_) => return Err("What it says of the content makes no sense.".to_owned()),
            None => None,
        };
        let sscc = sscc.parse().map_err(|wrong| format!("{wrong}"))?;
        return Ok(UnitCode::Sscc { sscc, content });
    }
    match (value("01"), value("21")) {
        (Some(gtin), Some(serial)) => Ok(UnitCode::Sgtin {
            gtin: gtin.parse().map_err(|wrong| format!("{wrong}"))?,
            serial,
            lot: value("10"),
            expiry: value("17"),
            tail: CryptoTail(CryptoTail::AIS.map(value)),
        }),
        (Some(_), None) => Err("It names a product and no serial (21).".to_owned()),
        _ => Err("It has neither an SSCC (00) nor a GTIN with serial (01)(21).".to_owned()),
    }
}

/// A scan as it is shown to people: short, and without what would move the cursor.
pub fn shown(scan: &str) -> String {
    const SHOWN_CHARACTERS: usize = 60;
    let mut shown: String = scan
        .chars()
        .take(SHOWN_CHARACTERS)
        .map(|c| match c {
            '\u{1d}' => '^',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if scan.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn bar_codes_of_one_label_agree_and_one_that_denies_something_does_not() {
        let code = |text: &str| UnitCode::of(text).expect("it can be read");
        let number = code("(00)395212340000000014");
        let of = |count: u32| {
            code(&format!(
                "(00)395212340000000014(02)09506000134352(37){count}"
            ))
        };
        assert!(number.agrees(&of(50)) && of(50).agrees(&number) && of(50).agrees(&of(50)));
        assert!(!of(50).agrees(&of(51)));
        assert!(!number.agrees(&code("(00)395212340000000021")));
        let pack = code("(01)09506000134352(21)A1(10)L1(17)281231");
        assert!(pack.agrees(&code("(01)09506000134352(21)A1")));
        for other in [
            "(01)09506000134352(21)A1(10)L2(17)281231",
            "(01)09506000134352(21)A1(10)L1(17)291231",
            "(01)09506000134352(21)A2(10)L1(17)281231",
            "(00)395212340000000014",
        ] {
            assert!(!pack.agrees(&code(other)), "{other}");
        }
    }
}
