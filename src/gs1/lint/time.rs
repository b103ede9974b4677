//! Dates and times of day. PURE.

use super::characters::{digits, number};
use super::{Judged, found};
use crate::gs1::error::Gs1Code;

pub(super) fn time(text: &[u8], parts: &[(&str, u64)]) -> Judged {
    if text.len() != 2 * parts.len() {
        let why = format!("A time has {} digits here.", 2 * parts.len());
        return found(Gs1Code::Time, 0..text.len(), why);
    }
    digits(text)?;
    for (place, (name, most)) in parts.iter().enumerate() {
        let at = 2 * place;
        if number(&text[at..at + 2]) > *most {
            let why = format!("The {name} is 00 to {most}.");
            return found(Gs1Code::Time, at..at + 2, why);
        }
    }
    Ok(())
}

/// Days of a month; the year counts for February only.
fn days_in(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A date with a year of `year_len` digits; `whole_month` allows day 00.
pub(super) fn date(text: &[u8], year_len: usize, whole_month: bool) -> Judged {
    let len = year_len + 4;
    if text.len() != len {
        let why = format!("A date has {len} digits here.");
        return found(Gs1Code::Date, 0..text.len(), why);
    }
    digits(text)?;
    let (year, rest) = text.split_at(year_len);
    let (month, day) = (number(&rest[..2]), number(&rest[2..]));
    if !(1..=12).contains(&month) {
        let why = "The month of a date is 01 to 12.";
        return found(Gs1Code::Date, year_len..year_len + 2, why);
    }
    // A year of two digits is never 1900 or 2100 (the window of years is a century around today).
    let year = number(year) + if year_len == 2 { 2000 } else { 0 };
    let last = days_in(year, month);
    if day > last || (day == 0 && !whole_month) {
        let hint = match whole_month {
            true => " (00 means the whole month)",
            false => "",
        };
        let why = format!("This month has the days 01 to {last}{hint}.");
        return found(Gs1Code::Date, year_len + 2..len, why);
    }
    Ok(())
}
