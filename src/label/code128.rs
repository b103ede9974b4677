//! GS1-128: element strings as symbol characters of Code 128, as few as possible, and their bars. PURE.
//!
//! Sources: ISO/IEC 15417 (symbol characters, check character, Annex on minimising length); GS1 General Specifications
//! 5.4 (FNC1 behind the start character and behind elements without pre-defined length, 48 data characters at most).
//! Code set A is never needed: GS1's character set 82 has no control characters.

use super::LabelError;
use crate::gs1::Element;
use std::fmt::Write as _;

/// Most data characters of a GS1-128 symbol, AIs and separators counted (General Specifications 5.4.4.2).
pub const DATA_CHARACTERS_MAX: usize = 48;

/// Modules of a symbol character.
const CHARACTER_MODULES: u32 = 11;
/// Modules of the stop character.
const STOP_MODULES: u32 = 13;

const CODE_C: u8 = 99;
const CODE_B: u8 = 100;
const FNC1: u8 = 102;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: usize = 106;

/// What the check character is reckoned by.
const CHECK_MODULUS: u32 = 103;

/// Widths of bars and spaces of each symbol character, one decimal digit each (ISO/IEC 15417, table 1).
const WIDTHS: [u32; 107] = [
    212222, 222122, 222221, 121223, 121322, 131222, 122213, 122312, 132212, 221213, 221312, 231212,
    112232, 122132, 122231, 113222, 123122, 123221, 223211, 221132, 221231, 213212, 223112, 312131,
    311222, 321122, 321221, 312212, 322112, 322211, 212123, 212321, 232121, 111323, 131123, 131321,
    112313, 132113, 132311, 211313, 231113, 231311, 112133, 112331, 132131, 113123, 113321, 133121,
    313121, 211331, 231131, 213113, 213311, 213131, 311123, 311321, 331121, 312113, 312311, 332111,
    314111, 221411, 431111, 111224, 111422, 121124, 121421, 141122, 141221, 112214, 112412, 122114,
    122411, 142112, 142211, 241211, 221114, 413111, 241112, 134111, 111242, 121142, 121241, 114212,
    124112, 124211, 411212, 421112, 421211, 212141, 214121, 412121, 111143, 111341, 131141, 114113,
    114311, 411113, 411311, 113141, 114131, 311141, 411131, 211412, 211214, 211232, 2331112,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Fnc1,
    Character(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    B,
    C,
}

impl Set {
    fn other(self) -> Set {
        match self {
            Set::B => Set::C,
            Set::C => Set::B,
        }
    }
}

/// One symbol character between start and check character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Fnc1,
    Into(Set),
    Single(u8),
    Pair(u8, u8),
}

/// A GS1-128 symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gs1128 {
    start: Set,
    steps: Vec<Step>,
}

impl Gs1128 {
    /// The shortest symbol of these elements.
    ///
    /// # Errors
    /// No element, a character outside GS1's character set 82, or more than [`DATA_CHARACTERS_MAX`].
    pub fn of(elements: &[Element]) -> Result<Gs1128, LabelError> {
        // The payload as a scanner sends it: a separator only where one is needed.
        let payload = crate::gs1::scan_data(elements);
        let payload = payload
            .strip_prefix("]d2")
            .expect("scan data has its identifier");
        let odd = |byte: &u8| !crate::gs1::fields::in_cset82(*byte) && *byte != SEPARATOR;
        if let Some(odd) = payload.bytes().find(|byte| odd(byte)) {
            let odd = char::from(odd);
            let text = format!("GS1-128 carries GS1's character set 82, not {odd:?}.");
            return Err(LabelError::one(text));
        }
        let length = payload.len();
        if !(1..=DATA_CHARACTERS_MAX).contains(&length) {
            return Err(LabelError::one(format!(
                "A GS1-128 bar code has 1 to {DATA_CHARACTERS_MAX} characters, this one {length}: put some of its \
                 elements into another one."
            )));
        }
        let token = |byte| match byte {
            SEPARATOR => Token::Fnc1,
            byte => Token::Character(byte),
        };
        let tokens: Vec<Token> = std::iter::once(Token::Fnc1)
            .chain(payload.bytes().map(token))
            .collect();
        Ok(shortest(&tokens))
    }

    /// Modules from the first bar to the last; the quiet zones lie outside.
    pub fn modules(&self) -> u32 {
        let characters = self.steps.len() as u32 + 2; // start and check character
        characters * CHARACTER_MODULES + STOP_MODULES
    }

    /// The values of the symbol characters, from the start character to the check character.
    pub fn values(&self) -> Vec<u8> {
        let start = match self.start {
            Set::B => START_B,
            Set::C => START_C,
        };
        let mut values = vec![start];
        values.extend(self.steps.iter().map(|step| match step {
            Step::Fnc1 => FNC1,
            Step::Into(Set::B) => CODE_B,
            Step::Into(Set::C) => CODE_C,
            Step::Single(byte) => byte - b' ',
            Step::Pair(tens, ones) => (tens - b'0') * 10 + (ones - b'0'),
        }));
        let weighted = (1..).zip(&values[1..]);
        let sum: u32 = weighted
            .map(|(place, value)| place * u32::from(*value))
            .sum();
        values.push(((u32::from(start) + sum) % CHECK_MODULUS) as u8);
        values
    }

    /// `true` for each dark module, from the first bar to the last.
    pub fn bars(&self) -> Vec<bool> {
        let mut bars = Vec::with_capacity(self.modules() as usize);
        let characters = self.values().into_iter().map(usize::from).chain([STOP]);
        for character in characters {
            for (place, width) in WIDTHS[character].to_string().bytes().enumerate() {
                bars.extend(std::iter::repeat_n(
                    place % 2 == 0,
                    usize::from(width - b'0'),
                ));
            }
        }
        bars
    }

    /// The field data of ZPL's `^BC` in mode N (Zebra, "ZPL II Programming Guide", `^BC`: invocation codes `>;` start
    /// C, `>:` start B, `>8` FNC1, `>5` code C, `>6` code B, `>0` the character `>`).
    pub fn zpl(&self) -> String {
        let mut text = match self.start {
            Set::B => ">:".to_owned(),
            Set::C => ">;".to_owned(),
        };
        for step in &self.steps {
            let written = match step {
                Step::Fnc1 => text.write_str(">8"),
                Step::Into(Set::B) => text.write_str(">6"),
                Step::Into(Set::C) => text.write_str(">5"),
                Step::Single(b'>') => text.write_str(">0"),
                Step::Single(byte) => text.write_char(char::from(*byte)),
                Step::Pair(tens, ones) => {
                    write!(text, "{}{}", char::from(*tens), char::from(*ones))
                }
            };
            written.expect("texts take all");
        }
        text
    }
}

/// What separates elements in scan data.
const SEPARATOR: u8 = 0x1d;

/// More than any symbol has.
const NEVER: u32 = u32::MAX / 2;

/// Walks from the end to the front and keeps, for both code sets, how few characters the rest needs.
fn shortest(tokens: &[Token]) -> Gs1128 {
    let mut rest = vec![[0, 0]; tokens.len() + 2];
    for at in (0..tokens.len()).rev() {
        let stay = [Set::B, Set::C].map(|set| match step(tokens, at, set) {
            Some((_, taken)) => 1 + rest[at + taken][set as usize],
            None => NEVER,
        });
        rest[at] = [stay[0].min(1 + stay[1]), stay[1].min(1 + stay[0])];
    }
    let start = match rest[0][Set::C as usize] <= rest[0][Set::B as usize] {
        true => Set::C,
        false => Set::B,
    };
    let (mut steps, mut set, mut at) = (Vec::new(), start, 0);
    while at < tokens.len() {
        let stays = step(tokens, at, set)
            .filter(|(_, taken)| rest[at][set as usize] == 1 + rest[at + taken][set as usize]);
        match stays {
            Some((step, taken)) => {
                steps.push(step);
                at += taken;
            }
            None => {
                set = set.other();
                steps.push(Step::Into(set));
            }
        }
    }
    Gs1128 { start, steps }
}

/// The character that encodes what stands here in this code set, and how many tokens it takes.
fn step(tokens: &[Token], at: usize, set: Set) -> Option<(Step, usize)> {
    match (set, tokens[at], tokens.get(at + 1)) {
        (_, Token::Fnc1, _) => Some((Step::Fnc1, 1)),
        (Set::B, Token::Character(byte), _) => Some((Step::Single(byte), 1)),
        (Set::C, Token::Character(tens), Some(Token::Character(ones)))
            if tens.is_ascii_digit() && ones.is_ascii_digit() =>
        {
            Some((Step::Pair(tens, *ones), 2))
        }
        (Set::C, ..) => None,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::gs1::parse_bracketed;

    fn symbol(bracketed: &str) -> Gs1128 {
        let kept = parse_bracketed(bracketed).expect("right elements");
        Gs1128::of(&kept).expect("it fits")
    }

    #[test]
    fn an_sscc_is_thirteen_characters_and_its_bars_fill_them() {
        let sscc = symbol("(00)106141412345678908");
        assert_eq!(sscc.modules(), 13 * 11 + 13);
        assert_eq!(sscc.zpl(), ">;>800106141412345678908");
        let values = sscc.values();
        assert_eq!(values[..4], [105, 102, 0, 10]);
        let bars = sscc.bars();
        assert_eq!(bars.len() as u32, sscc.modules());
        assert!(bars[0] && bars[bars.len() - 1]);
        for (place, widths) in WIDTHS.iter().enumerate() {
            let sum: u32 = widths
                .to_string()
                .bytes()
                .map(|digit| u32::from(digit - b'0'))
                .sum();
            let whole = if place == STOP {
                STOP_MODULES
            } else {
                CHARACTER_MODULES
            };
            assert_eq!(sum, whole, "{place}");
        }
    }

    #[test]
    fn letters_change_the_code_set_where_it_pays_and_a_greater_than_is_escaped() {
        let text = symbol("(01)09521234543213(17)271231(10)LOT>1").zpl();
        assert_eq!(
            text,
            ">;>80109521234543213172712311010>6LOT>01".replace("1010", "10")
        );
        assert_eq!(
            symbol("(01)09521234543213(10)A(21)B").zpl(),
            ">;>8010952123454321310>6A>821B"
        );
        let long = parse_bracketed("(01)09521234543213(10)ABCDEFGHIJKLMNOPQRST(21)ABCDEFGHIJKLMN")
            .unwrap();
        assert!(Gs1128::of(&long).is_err_and(|error| error.to_string().contains("48")));
        assert!(Gs1128::of(&[]).is_err());
    }
}
