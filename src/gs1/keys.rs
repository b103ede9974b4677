//! Keys of logistic units, parties and places: SSCC and GLN. Parsed once, right ever after. PURE.

use super::fields::{FieldError, check_digit};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

fn digits<const LEN: usize>(name: &str, text: &str) -> Result<[u8; LEN], FieldError> {
    let wrong = |position, text: String| FieldError { position, text };
    if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
        return Err(wrong(position, format!("{name} has digits only.")));
    }
    let found: [u8; LEN] = text.as_bytes().try_into().map_err(|_| {
        wrong(
            text.len().min(LEN),
            format!("{name} has {LEN} digits, not {}.", text.len()),
        )
    })?;
    let right = check_digit(&found[..LEN - 1]);
    if found[LEN - 1] != right {
        let text = format!(
            "The check digit of {name} {text} is {}, it should be {}.",
            char::from(found[LEN - 1]),
            char::from(right)
        );
        return Err(wrong(LEN - 1, text));
    }
    Ok(found)
}

macro_rules! digit_key {
    ($(#[$doc:meta])* $name:ident, $len:literal, $called:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $len]);

        impl $name {
            /// Its digits.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).expect("a key holds digits only")
            }
        }

        impl FromStr for $name {
            type Err = FieldError;
            fn from_str(text: &str) -> Result<$name, FieldError> {
                digits($called, text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = FieldError;
            fn try_from(text: String) -> Result<Self, FieldError> {
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

digit_key! {
    /// The number of a logistic unit, AI (00): 18 digits with a right check digit.
    Sscc, 18, "An SSCC"
}

digit_key! {
    /// The number of a party or place, AIs (410) to (417): 13 digits with a right check digit.
    Gln, 13, "A GLN"
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_key_is_right_or_refused_with_the_place() {
        let sscc: Sscc = "095212340000000174".parse().expect("a right SSCC");
        assert_eq!(sscc.to_string(), "095212340000000174");
        let gln: Gln = "9521234000013".parse().expect("a right GLN");
        assert_eq!(gln.as_str(), "9521234000013");
        let place = |wrong: Result<Sscc, FieldError>| wrong.map_err(|why| why.position);
        assert_eq!(place("095212340000000175".parse()), Err(17));
        assert_eq!(place("09521234000000017".parse()), Err(17));
        assert_eq!(place("09521234000000017X".parse()), Err(17));
        assert_eq!(place("0952123400000001740".parse()), Err(18));
    }
}
