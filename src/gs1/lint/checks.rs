//! Check digits, check pairs and company prefixes. PURE.

use super::characters::digits;
use super::{Judged, check_set, found};
use crate::gs1::dictionary::CharacterSet;
use crate::gs1::error::Gs1Code;
use crate::gs1::fields::check_digit;

pub(super) fn check_digit_is_right(text: &[u8]) -> Judged {
    digits(text)?;
    let Some((last, before)) = text.split_last() else {
        return found(Gs1Code::TooShort, 0..0, "There is no check digit.");
    };
    let right = check_digit(before);
    match *last == right {
        true => Ok(()),
        false => found(
            Gs1Code::CheckDigit,
            before.len()..text.len(),
            format!(
                "The check digit is {}, it should be {}.",
                char::from(*last),
                char::from(right)
            ),
        ),
    }
}

/// Character set 82 in the order that gives its characters their values.
const VALUES: &[u8; 82] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// The characters of check pairs.
const PAIR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Weights: one prime for each character, the smallest for the last. More than any element is long.
const PRIMES: [u32; 97] = primes();

const fn primes() -> [u32; 97] {
    let mut primes = [2; 97];
    let (mut count, mut candidate) = (1, 3);
    while count < primes.len() {
        let mut divisor = 3;
        while divisor * divisor <= candidate && candidate % divisor != 0 {
            divisor += 2;
        }
        if divisor * divisor > candidate {
            primes[count] = candidate;
            count += 1;
        }
        candidate += 2;
    }
    primes
}

/// The pair at the end of a GMN: weighted sum modulo 1021 in two characters (General Specifications, 7.9.5).
pub(super) fn check_pair_is_right(text: &[u8]) -> Judged {
    let Some(split) = text.len().checked_sub(2) else {
        let why = "This is too short for a check pair.";
        return found(Gs1Code::TooShort, 0..text.len(), why);
    };
    let (body, pair) = text.split_at(split);
    if body.len() > PRIMES.len() {
        let why = "This is too long for a check pair.";
        return found(Gs1Code::TooLong, 0..text.len(), why);
    }
    check_set(CharacterSet::Set82, body)?;
    let value = |byte: &u8| {
        VALUES
            .iter()
            .position(|one| one == byte)
            .expect("it is in the set") as u32
    };
    let weighted = body
        .iter()
        .rev()
        .zip(PRIMES)
        .map(|(byte, prime)| value(byte) * prime);
    let sum = weighted.sum::<u32>() % 1021;
    let right = [PAIR[(sum / 32) as usize], PAIR[(sum % 32) as usize]];
    match pair == right {
        true => Ok(()),
        false => found(
            Gs1Code::CheckDigit,
            split..text.len(),
            format!(
                "The check pair should be {}{}.",
                char::from(right[0]),
                char::from(right[1])
            ),
        ),
    }
}

/// Only the form is judged: there is no table of company prefixes here.
pub(super) fn company_prefix(text: &[u8], start: usize) -> Judged {
    const PREFIX_LEN: usize = 4;
    let start = start.min(text.len());
    let prefix = &text[start..];
    if prefix.len() < PREFIX_LEN {
        let why = "This is too short for a company prefix.";
        let from = if prefix.is_empty() { 0 } else { start };
        return found(Gs1Code::CompanyPrefix, from..text.len(), why);
    }
    let wrong = prefix[..PREFIX_LEN]
        .iter()
        .position(|byte| !byte.is_ascii_digit());
    match wrong {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::CompanyPrefix,
            start + at..start + at + 1,
            "A company prefix begins with four digits.",
        ),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_weights_are_primes() {
        assert_eq!(PRIMES[..10], [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(PRIMES[96], 509);
    }
}
