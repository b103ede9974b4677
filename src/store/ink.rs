//! Which GTIN and serial a scan carries: the store notes every number that was ever seen in ink.
//! PURE.
//!
//! The strict parser lives in `gs1` and judges packs; this one only looks a number up, so it gives
//! up on anything odd.

/// Group separator between elements of variable length (FNC1 as GS1's scan data carries it).
const SEPARATOR: char = '\u{1d}';

/// Digits after each two-digit application identifier of predefined length (GS1 General
/// Specifications, figure 7.8.5-2).
const FIXED: [(&str, usize); 13] = [
    ("00", 18),
    ("01", 14),
    ("02", 14),
    ("03", 14),
    ("11", 6),
    ("12", 6),
    ("13", 6),
    ("15", 6),
    ("16", 6),
    ("17", 6),
    ("18", 6),
    ("19", 6),
    ("20", 2),
];

/// GTIN and serial of a GS1 scan (`]d2…`), when it is well formed enough to carry both.
pub fn number_in_ink(scan: &str) -> Option<(&str, &str)> {
    let mut rest = scan.strip_prefix("]d2")?;
    let (mut gtin, mut serial) = (None, None);
    while !rest.is_empty() {
        let ai = rest.get(..2)?;
        let after = &rest[2..];
        let fixed = FIXED.iter().find(|(known, _)| *known == ai);
        let length = match fixed {
            Some((_, digits)) => *digits,
            None => after.find(SEPARATOR).unwrap_or(after.len()),
        };
        let value = after.get(..length)?;
        match ai {
            "01" => gtin = Some(value),
            "21" => serial = Some(value),
            _ => {}
        }
        rest = &after[length..];
        rest = rest.strip_prefix(SEPARATOR).unwrap_or(rest);
    }
    Some((gtin?, serial?))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn finds_the_number_wherever_it_stands() {
        let both = Some(("09506000134352", "7G4K2M9QXTAB"));
        for scan in [
            "]d20109506000134352217G4K2M9QXTAB\u{1d}1727093010L2409A",
            "]d201095060001343521727093010L2409A\u{1d}217G4K2M9QXTAB",
            "]d2217G4K2M9QXTAB\u{1d}0109506000134352",
        ] {
            assert_eq!(number_in_ink(scan), both, "{scan}");
        }
    }

    #[test]
    fn gives_up_on_anything_odd() {
        for scan in [
            "",
            "hello",
            "]d2",
            "]d201095",
            "]d2é",
            "]d1217G",
            "]d201095060001343é52",
        ] {
            assert_eq!(number_in_ink(scan), None, "{scan}");
        }
    }
}
