//! Symbology identifiers: the three characters that say what kind of symbol was read. PURE.
//!
//! Source: ISO/IEC 15424 (`]`, a letter for the kind, a letter or digit for its options); GS1 General Specifications,
//! chapter 5, for those that say that the content is a GS1 element string.

use std::fmt;

/// What kind of symbol was read: `]d2`, `]C1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbologyId {
    kind: u8,
    modifier: u8,
}

impl SymbologyId {
    /// The identifier that a text begins with, and what follows it; `None` when it begins with none.
    pub fn split(text: &[u8]) -> Option<(SymbologyId, &[u8])> {
        let [b']', kind, modifier, rest @ ..] = text else {
            return None;
        };
        let sound = kind.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric();
        let id = SymbologyId {
            kind: *kind,
            modifier: *modifier,
        };
        sound.then_some((id, rest))
    }

    /// Whether it says that the content is a GS1 element string: GS1-128, GS1 DataBar and its composites, GS1 Data
    /// Matrix, GS1 QR, GS1 DotCode.
    pub fn is_gs1(self) -> bool {
        matches!(
            &[self.kind, self.modifier],
            b"C1" | b"e0" | b"d2" | b"Q3" | b"J1"
        )
    }
}

impl fmt::Display for SymbologyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "]{}{}", char::from(self.kind), char::from(self.modifier))
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn identifiers_are_split_off_and_other_brackets_are_content() {
        for (text, id, gs1, rest) in [
            ("]d20109506000134352", "]d2", true, "0109506000134352"),
            ("]C100395060", "]C1", true, "00395060"),
            ("]C0ABC", "]C0", false, "ABC"),
            ("]Q3", "]Q3", true, ""),
            ("]e0(x", "]e0", true, "(x"),
        ] {
            let (found, after) = SymbologyId::split(text.as_bytes()).unwrap();
            assert_eq!((found.to_string().as_str(), found.is_gs1()), (id, gs1));
            assert_eq!(after, rest.as_bytes());
        }
        for text in ["", "]", "]d", "]2d", "]d\x1d", "01]d2"] {
            assert_eq!(SymbologyId::split(text.as_bytes()), None, "{text:?}");
        }
    }
}
