//! Code 128 as a printer draws it: what stands in a field becomes symbol characters, and these become modules. PURE.
//!
//! Written from ISO/IEC 15417 and from the page on `^BC` in the ZPL programming guide (subsets B and C, the codes
//! behind `>`). Of `^BC` only mode N is drawn. Not drawn: the control characters of subset A, which no label of ours
//! needs, and the printer's own line of text.

use crate::symbol::Token;

/// Most symbol characters of a bar code; what is beyond is not drawn.
pub const CHARACTERS_MAX: usize = 256;

/// The dark modules of each symbol character, the leftmost in the highest of eleven bits.
const SHAPES: [u16; 106] = [
    0x6cc, 0x66c, 0x666, 0x498, 0x48c, 0x44c, 0x4c8, 0x4c4, 0x464, 0x648, 0x644, 0x624, 0x59c,
    0x4dc, 0x4ce, 0x5cc, 0x4ec, 0x4e6, 0x672, 0x65c, 0x64e, 0x6e4, 0x674, 0x76e, 0x74c, 0x72c,
    0x726, 0x764, 0x734, 0x732, 0x6d8, 0x6c6, 0x636, 0x518, 0x458, 0x446, 0x588, 0x468, 0x462,
    0x688, 0x628, 0x622, 0x5b8, 0x58e, 0x46e, 0x5d8, 0x5c6, 0x476, 0x776, 0x68e, 0x62e, 0x6e8,
    0x6e2, 0x6ee, 0x758, 0x746, 0x716, 0x768, 0x762, 0x71a, 0x77a, 0x642, 0x78a, 0x530, 0x50c,
    0x4b0, 0x486, 0x42c, 0x426, 0x590, 0x584, 0x4d0, 0x4c2, 0x434, 0x432, 0x612, 0x650, 0x7ba,
    0x614, 0x47a, 0x53c, 0x4bc, 0x49e, 0x5e4, 0x4f4, 0x4f2, 0x7a4, 0x794, 0x792, 0x6de, 0x6f6,
    0x7b6, 0x578, 0x51e, 0x45e, 0x5e8, 0x5e2, 0x7a8, 0x7a2, 0x5de, 0x5ee, 0x75e, 0x7ae, 0x684,
    0x690, 0x69c,
];
/// Those of the stop character, thirteen of them.
const STOP: u16 = 0x18eb;

const INTO_C: u8 = 99;
const INTO_B: u8 = 100;
const INTO_A: u8 = 101;
const FNC1: u8 = 102;
const BEGIN_A: u8 = 103;
const BEGIN_B: u8 = 104;
const BEGIN_C: u8 = 105;

/// A bar code: its symbol characters from the start character on, without check and stop character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    characters: Vec<u8>,
}

impl Bars {
    /// What the field data of `^BC` in mode N asks for; `None` where nothing can be drawn.
    #[must_use]
    pub fn of_field(data: &[u8]) -> Option<Bars> {
        let (begin, mut rest) = match data {
            [b'>', b';', rest @ ..] => (BEGIN_C, rest),
            [b'>', b':', rest @ ..] => (BEGIN_B, rest),
            [b'>', b'9', ..] => return None,
            rest => (BEGIN_B, rest),
        };
        let mut pairs = begin == BEGIN_C;
        let mut characters = vec![begin];
        while !rest.is_empty() && characters.len() < CHARACTERS_MAX {
            rest = match rest {
                [b'>', b'8', rest @ ..] => {
                    characters.push(FNC1);
                    rest
                }
                [b'>', b'5', rest @ ..] => {
                    characters.push(INTO_C);
                    pairs = true;
                    rest
                }
                [b'>', b'6', rest @ ..] => {
                    characters.push(INTO_B);
                    pairs = false;
                    rest
                }
                [b'>', b'0', rest @ ..] if !pairs => {
                    characters.push(b'>' - b' ');
                    rest
                }
                [b'>', _, rest @ ..] => rest,
                [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] if pairs => {
                    characters.push((tens - b'0') * 10 + (ones - b'0'));
                    rest
                }
                [letter @ b' '..=b'~', rest @ ..] if !pairs => {
                    characters.push(letter - b' ');
                    rest
                }
                [_, rest @ ..] => rest,
                [] => rest,
            };
        }
        (characters.len() > 1).then_some(Bars { characters })
    }

    /// A bar code that carries this, subsets B and C chosen as the content asks: C for four digits and more. `None`
    /// where nothing can be drawn.
    #[must_use]
    pub fn of_content(content: &[Token]) -> Option<Bars> {
        let digits = |at: usize| {
            let digit = |token: &&Token| matches!(token, Token::Byte(b) if b.is_ascii_digit());
            content.iter().skip(at).take_while(digit).count()
        };
        let begin = usize::from(content.first() == Some(&Token::Fnc1));
        let mut pairs =
            digits(begin) >= 4 || (digits(begin) == content.len() - begin && digits(begin) == 2);
        let mut characters = vec![if pairs { BEGIN_C } else { BEGIN_B }];
        let mut at = 0;
        while at < content.len() && characters.len() < CHARACTERS_MAX {
            let run = digits(at);
            match content[at] {
                Token::Fnc1 => characters.push(FNC1),
                Token::Byte(tens) if pairs && run >= 2 => {
                    let Token::Byte(ones) = content[at + 1] else {
                        return None;
                    };
                    characters.push((tens - b'0') * 10 + (ones - b'0'));
                    at += 1;
                }
                Token::Byte(_) if !pairs && run >= 4 && run % 2 == 0 => {
                    characters.push(INTO_C);
                    pairs = true;
                    continue;
                }
                Token::Byte(letter @ b' '..=b'~') => {
                    if std::mem::take(&mut pairs) {
                        characters.push(INTO_B);
                    }
                    characters.push(letter - b' ');
                }
                _ => return None,
            }
            at += 1;
        }
        (characters.len() > 1).then_some(Bars { characters })
    }

    /// A bar code of these symbol characters, from the start character on, without check and stop character. `None`
    /// where nothing can be drawn.
    #[must_use]
    pub fn of_characters(characters: Vec<u8>) -> Option<Bars> {
        let begin = characters.first().copied()?;
        let inside = characters
            .iter()
            .skip(1)
            .all(|&character| character <= FNC1);
        let drawn = (BEGIN_A..=BEGIN_C).contains(&begin) && inside;
        let whole = (2..=CHARACTERS_MAX).contains(&characters.len());
        (drawn && whole).then_some(Bars { characters })
    }

    /// The check character.
    fn check(&self) -> u8 {
        let mut sum = usize::from(self.characters[0]);
        for (place, character) in self.characters.iter().enumerate().skip(1) {
            sum += place * usize::from(*character);
        }
        u8::try_from(sum % 103).expect("less than 103")
    }

    /// Dark and light modules from the first bar to the last.
    #[must_use]
    pub fn modules(&self) -> Vec<bool> {
        let mut modules = Vec::new();
        let mut add = |shape: u16, count: u32| {
            modules.extend((0..count).rev().map(|bit| shape >> bit & 1 == 1));
        };
        for character in self.characters.iter().chain([&self.check()]) {
            add(SHAPES[usize::from(*character)], 11);
        }
        add(STOP, 13);
        modules
    }

    /// What a reader reports, FNC1 behind the first one as 0x1D; without symbology identifier.
    #[must_use]
    pub fn content(&self) -> String {
        let mut text = String::new();
        let mut pairs = self.characters[0] == BEGIN_C;
        for (place, &character) in self.characters.iter().enumerate().skip(1) {
            match character {
                FNC1 if place == 1 => {}
                FNC1 => text.push('\u{1d}'),
                INTO_C => pairs = true,
                INTO_B | INTO_A => pairs = false,
                pair if pairs => text.push_str(&format!("{pair:02}")),
                letter => text.push(char::from(letter + b' ')),
            }
        }
        text
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn fields_become_characters_and_these_become_modules() {
        let sscc = Bars::of_field(b">;>800106141412345678908").expect("it can be drawn");
        assert_eq!(sscc.characters[..4], [105, 102, 0, 10]);
        assert_eq!(sscc.content(), "00106141412345678908");
        let modules = sscc.modules();
        assert_eq!(modules.len(), 13 * 11 + 13);
        let start: Vec<bool> = b"11010011100".iter().map(|bit| *bit == b'1').collect();
        assert_eq!(modules[..11], start, "start C");
        let lot = Bars::of_field(b">:>810LOT>0A>821>51234").expect("it can be drawn");
        assert_eq!(lot.content(), "10LOT>A\u{1d}211234");
        assert_eq!(
            Bars::of_field(b">;>8"),
            Some(Bars {
                characters: vec![105, 102]
            })
        );
        let gs1 = |text: &str| {
            let token = |b| {
                if b == b'|' {
                    Token::Fnc1
                } else {
                    Token::Byte(b)
                }
            };
            Bars::of_content(&text.bytes().map(token).collect::<Vec<_>>())
        };
        let sscc = gs1("|00106141412345678908").expect("it can be drawn");
        assert_eq!(sscc.characters[..4], [105, 102, 0, 10]);
        let mixed = gs1("|0109506000134352|10A123456|2112345").expect("it can be drawn");
        assert_eq!(
            mixed.content(),
            "0109506000134352\u{1d}10A123456\u{1d}2112345"
        );
        assert_eq!(gs1("Ab1"), Bars::of_field(b"Ab1"));
        assert_eq!((gs1(""), gs1("\u{1}")), (None, None));
        assert_eq!(
            Bars::of_characters(vec![105, 102, 0, 10]).map(|b| b.content()),
            Some("0010".into())
        );
        assert_eq!(Bars::of_characters(vec![104, 106]), None);
        for nothing in [&b""[..], b">;", b">9AB", b">;x"] {
            assert_eq!(Bars::of_field(nothing), None, "{nothing:?}");
        }
    }
}
