//! Dates as people read them: `{expiry:DD/MM/YYYY}` of a template. PURE.

use std::fmt;

/// A piece of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Piece {
    /// `YYYY`
    Year,
    /// `YY`
    ShortYear,
    /// `MMM`: JAN to DEC.
    MonthName,
    /// `MM`
    Month,
    /// `DD`
    Day,
    /// A character between.
    Between(char),
}

/// Pieces by how they are written; the longer one first.
const PIECES: [(&str, Piece); 5] = [
    ("YYYY", Piece::Year),
    ("YY", Piece::ShortYear),
    ("MMM", Piece::MonthName),
    ("MM", Piece::Month),
    ("DD", Piece::Day),
];

/// Names of months in English capitals, as FDA's and most other authorities' guides write them.
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

/// What may stand between the pieces.
const BETWEEN: &str = " .-/";

/// The century of an expiry date's two digits. A date that lies in the future when a batch opens is of this century
/// until 2050 (GS1 General Specifications 7.12).
const CENTURY: &str = "20";

/// A form of a date.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateForm(Vec<Piece>);

impl DateForm {
    /// A form from its letters, such as `YYMMDD` or `MM/YYYY`.
    ///
    /// # Errors
    /// What is no form, as a sentence.
    pub fn parse(text: &str) -> Result<DateForm, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let known = PIECES.iter().find(|(name, _)| rest.starts_with(name));
            match known {
                Some((name, piece)) => {
                    pieces.push(*piece);
                    rest = &rest[name.len()..];
                }
                None if BETWEEN.contains(first) => {
                    pieces.push(Piece::Between(first));
                    rest = &rest[first.len_utf8()..];
                }
                None => {
                    return Err(format!(
                        "\"{text}\" is no form of a date: it is made of YYYY or YY, MM or MMM, DD, and \" . - /\" \
                         between."
                    ));
                }
            }
        }
        let form = DateForm(pieces);
        let years = form.count(|piece| matches!(piece, Piece::Year | Piece::ShortYear));
        let months = form.count(|piece| matches!(piece, Piece::Month | Piece::MonthName));
        let days = form.count(|piece| piece == Piece::Day);
        match (years, months, days) {
            (1, 1, 0 | 1) => Ok(form),
            _ => Err(format!(
                "\"{text}\" is no form of a date: it needs one year and one month, and at most one day."
            )),
        }
    }

    fn count(&self, wanted: impl Fn(Piece) -> bool) -> usize {
        self.0.iter().filter(|piece| wanted(**piece)).count()
    }

    /// A day stands in it.
    pub fn has_day(&self) -> bool {
        self.0.contains(&Piece::Day)
    }

    /// People may take one part of it for another: digits only, two for the year, and not in the order of GS1's YYMMDD.
    pub fn is_ambiguous(&self) -> bool {
        let only = |pieces: &[Piece]| {
            let parts: Vec<Piece> = self
                .0
                .iter()
                .copied()
                .filter(|piece| !matches!(piece, Piece::Between(_)))
                .collect();
            parts == pieces
        };
        self.0.contains(&Piece::ShortYear)
            && !self.0.contains(&Piece::MonthName)
            && !only(&[Piece::ShortYear, Piece::Month, Piece::Day])
    }

    /// The date YYMMDD in this form; `None` when its day is 00 and a day stands in the form.
    pub fn written(&self, yymmdd: &str) -> Option<String> {
        let (year, month, day) = (yymmdd.get(0..2)?, yymmdd.get(2..4)?, yymmdd.get(4..6)?);
        if self.has_day() && day == "00" {
            return None;
        }
        let name = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Year => {
                    text.push_str(CENTURY);
                    text.push_str(year);
                }
                Piece::ShortYear => text.push_str(year),
                Piece::MonthName => text.push_str(name),
                Piece::Month => text.push_str(month),
                Piece::Day => text.push_str(day),
                Piece::Between(c) => text.push(*c),
            }
        }
        Some(text)
    }
}

impl fmt::Display for DateForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Between(c) => write!(f, "{c}")?,
                piece => {
                    let name = PIECES.iter().find(|(_, known)| known == piece);
                    f.write_str(name.expect("every piece has its letters").0)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn dates_are_written_as_the_form_says() {
        let cases = [
            ("YYMMDD", "271231", Some("271231")),
            ("DD/MM/YYYY", "271231", Some("31/12/2027")),
            ("MM.YYYY", "271200", Some("12.2027")),
            ("YYYY-MMM-DD", "280229", Some("2028-FEB-29")),
            ("MMM YYYY", "280100", Some("JAN 2028")),
            ("DD.MM.YY", "280100", None),
            ("MM/YY", "2813", None),
        ];
        for (form, date, wanted) in cases {
            let form = DateForm::parse(form).unwrap();
            assert_eq!(form.written(date).as_deref(), wanted, "{form} of {date}");
            assert_eq!(DateForm::parse(&form.to_string()), Ok(form));
        }
        for wrong in [
            "",
            "YY",
            "MMDD",
            "YYYYMMMMDD",
            "YYMMDDDD",
            "yymmdd",
            "YYYY_MM",
            "YYYYMMYY",
        ] {
            assert!(DateForm::parse(wrong).is_err(), "{wrong}");
        }
        let ambiguous = |form| DateForm::parse(form).unwrap().is_ambiguous();
        assert!(ambiguous("DD/MM/YY") && ambiguous("MM/YY") && ambiguous("MMDDYY"));
        assert!(!ambiguous("YYMMDD") && !ambiguous("DD MMM YY") && !ambiguous("MM/YYYY"));
    }
}
