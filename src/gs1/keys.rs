//! GS1 identification keys of things that hold things and of places: SSCC and GLN. Parsed once, right ever after. PURE.

use super::fields::{FieldError, check_digit, wrong};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A key of a fixed number of digits, the last one a check digit.
macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $words:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $digits]);

        impl $name {
            /// The digits.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).expect("a key holds digits only")
            }

            /// The digits as a number.
            pub fn value(&self) -> u64 {
                self.0.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
            }

            /// The key with this number before its check digit.
            ///
            /// # Errors
            /// The number has too many digits.
            pub fn of_body(body: u64) -> Result<$name, FieldError> {
                let text = format!("{body:0width$}", width = $digits - 1);
                let Ok(digits) = <[u8; $digits - 1]>::try_from(text.as_bytes()) else {
                    return Err(wrong(0, concat!($words, " has ", $digits, " digits; this number has more.")));
                };
                let mut key = [check_digit(&digits); $digits];
                key[..$digits - 1].copy_from_slice(&digits);
                Ok($name(key))
            }
        }

        impl FromStr for $name {
            type Err = FieldError;
            fn from_str(text: &str) -> Result<$name, FieldError> {
                if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
                    return Err(wrong(position, concat!($words, " has digits only.")));
                }
                let digits: [u8; $digits] = text.as_bytes().try_into().map_err(|_| {
                    wrong(text.len().min($digits), concat!($words, " has ", $digits, " digits."))
                })?;
                let right = check_digit(&digits[..$digits - 1]);
                match digits[$digits - 1] == right {
                    true => Ok($name(digits)),
                    false => Err(wrong($digits - 1, format!(
                        "The check digit is {}, it should be {}.",
                        char::from(digits[$digits - 1]),
                        char::from(right)
                    ))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = FieldError;
            fn try_from(text: String) -> Result<$name, FieldError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.as_str().to_owned()
            }
        }
    };
}

key! {
    /// A Serial Shipping Container Code, AI (00): extension digit, company prefix, serial reference, check digit.
    Sscc, 18, "An SSCC"
}

key! {
    /// A Global Location Number, AI (414) and others: a place or a company.
    Gln, 13, "A GLN"
}

#[cfg(test)]
mod test {
    use super::*;

    /// The SSCC and the GLN that GS1's General Specifications show.
    #[test]
    fn keys_are_right_or_refused() {
        let sscc: Sscc = "106141412345678908".parse().expect("it is right");
        assert_eq!(Sscc::of_body(10_614_141_234_567_890), Ok(sscc));
        assert_eq!(sscc.value(), 106_141_412_345_678_908);
        for wrong in [
            "106141412345678900",
            "10614141234567890",
            "10614141234567890x",
            "",
        ] {
            assert!(wrong.parse::<Sscc>().is_err(), "{wrong}");
        }
        assert!(Sscc::of_body(100_000_000_000_000_000).is_err());
        let gln: Gln = "9521321000018".parse().expect("it is right");
        assert_eq!(gln.to_string(), "9521321000018");
        assert!("9521321000010".parse::<Gln>().is_err());
    }
}
