//! Coupon codes of North America: AI (8110) and, with a positive offer file, AI (8112). PURE.
//!
//! A code is a row of fields without separators. A field of variable length has one digit before it that says how
//! long it is.

use super::characters::digits;
use super::{Finding, Judged, found, time};
use crate::gs1::error::Gs1Code;
use std::fmt::Arguments;
use std::ops::Range;

const CODE: Gs1Code = Gs1Code::Coupon;

/// Digits that say how much longer than six a company prefix is.
const PREFIX: &[u8] = b"0123456";
const ANY: &[u8] = b"0123456789";

/// What is left of a code.
struct Fields<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Fields<'t> {
    fn new(text: &'t [u8]) -> Result<Fields<'t>, Finding> {
        digits(text)?;
        Ok(Fields { text, at: 0 })
    }

    /// What is left, or everything if nothing is: the place of what is missing.
    fn rest(&self) -> Range<usize> {
        match self.at < self.text.len() {
            true => self.at..self.text.len(),
            false => 0..self.text.len(),
        }
    }

    /// `len` digits.
    fn take(&mut self, name: Arguments, len: usize) -> Result<&'t [u8], Finding> {
        let Some(field) = self.text.get(self.at..self.at + len) else {
            return found(
                CODE,
                self.rest(),
                format!("The {name} ends early: it has {len} digits."),
            );
        };
        self.at += len;
        Ok(field)
    }

    /// One of the digits in `allowed`, as a number.
    fn digit(&mut self, name: Arguments, allowed: &[u8]) -> Result<usize, Finding> {
        let Some(digit) = self.text.get(self.at) else {
            return found(CODE, self.rest(), format!("The {name} is missing."));
        };
        if !allowed.contains(digit) {
            let why = format!("The {name} cannot be {}.", char::from(*digit));
            return found(CODE, self.at..self.at + 1, why);
        }
        self.at += 1;
        Ok(usize::from(digit - b'0'))
    }

    /// A field behind a digit in `allowed` that says by how much it is longer than `base`.
    fn sized(&mut self, name: Arguments, allowed: &[u8], base: usize) -> Judged {
        let more = self.digit(format_args!("length of the {name}"), allowed)?;
        self.take(name, base + more).map(|_| ())
    }

    /// What must be bought: how much, of what kind, which family of goods.
    fn purchase(&mut self, number: &str) -> Judged {
        self.sized(format_args!("{number} purchase requirement"), b"12345", 0)?;
        self.digit(
            format_args!("code of the {number} purchase requirement"),
            b"012349",
        )?;
        self.take(format_args!("{number} purchase family code"), 3)
            .map(|_| ())
    }

    /// Whose goods those are; 9 stands for the same as before.
    fn purchase_prefix(&mut self, number: &str) -> Judged {
        if self.text.get(self.at) == Some(&b'9') {
            self.at += 1;
            return Ok(());
        }
        self.sized(
            format_args!("company prefix of the {number} purchase"),
            PREFIX,
            6,
        )
    }

    fn date(&mut self, name: Arguments) -> Result<&'t [u8], Finding> {
        let start = self.at;
        let date = self.take(name, 6)?;
        match time::date(date, 2, false) {
            Ok(()) => Ok(date),
            Err(_) => found(CODE, start..self.at, format!("The {name} does not exist.")),
        }
    }

    /// Goes on if the next field is this one.
    fn next_is(&mut self, field: u8) -> bool {
        let next = self.text.get(self.at) == Some(&field);
        self.at += usize::from(next);
        next
    }

    fn end(&self) -> Judged {
        match self.at < self.text.len() {
            true => found(CODE, self.rest(), "Nothing may follow here."),
            false => Ok(()),
        }
    }
}

/// A coupon code: who, which offer, how much is saved, what must be bought, then optional fields in the order of their
/// leading digits.
pub(super) fn code(text: &[u8]) -> Judged {
    let mut fields = Fields::new(text)?;
    fields.sized(format_args!("company prefix"), PREFIX, 6)?;
    fields.take(format_args!("offer code"), 6)?;
    fields.sized(format_args!("save value"), b"12345", 0)?;
    fields.purchase("first")?;
    if fields.next_is(b'1') {
        fields.digit(format_args!("code for additional purchase rules"), b"0123")?;
        fields.purchase("second")?;
        fields.purchase_prefix("second")?;
    }
    if fields.next_is(b'2') {
        fields.purchase("third")?;
        fields.purchase_prefix("third")?;
    }
    dates(&mut fields)?;
    if fields.next_is(b'5') {
        fields.sized(format_args!("serial number"), ANY, 6)?;
    }
    if fields.next_is(b'6') {
        fields.sized(format_args!("retailer's prefix or location"), b"1234567", 6)?;
    }
    if fields.next_is(b'9') {
        fields.digit(format_args!("save value code"), b"01256")?;
        fields.digit(
            format_args!("code for what the save value applies to"),
            b"012",
        )?;
        fields.digit(format_args!("store coupon flag"), ANY)?;
        fields.digit(format_args!("flag against multiplying"), b"01")?;
    }
    fields.end()
}

fn dates(fields: &mut Fields) -> Judged {
    let start = fields.at;
    let expires = match fields.next_is(b'3') {
        true => Some(fields.date(format_args!("expiration date"))?),
        false => None,
    };
    if fields.next_is(b'4') {
        let begins = fields.date(format_args!("start date"))?;
        if expires.is_some_and(|expires| expires < begins) {
            let why = "The coupon expires before it begins.";
            return found(CODE, start..fields.at, why);
        }
    }
    Ok(())
}

/// A coupon whose rules lie in a file: format, who pays, which offer, serial number.
pub(super) fn positive_offer(text: &[u8]) -> Judged {
    let mut fields = Fields::new(text)?;
    fields.digit(format_args!("format code"), b"01")?;
    fields.sized(format_args!("funder"), PREFIX, 6)?;
    fields.take(format_args!("offer code"), 6)?;
    fields.sized(format_args!("serial number"), ANY, 6)?;
    fields.end()
}
