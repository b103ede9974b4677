//! Texts into elements, strictly: every value is judged, and every mistake names its byte. PURE.

use super::dictionary::{AiEntry, Component, Dictionary, matches_pattern};
use super::element::{ELEMENTS_MAX, Element, SEPARATOR};
use super::error::{Gs1Code, Gs1Error};
use super::lint::check_set;

/// Longest text that is parsed, in bytes. No symbol holds as much.
pub const INPUT_MAX_LEN: usize = 8192;

type Parsed = Result<Vec<Element>, Gs1Error>;

/// An element and where its AI stands in the input.
struct Placed {
    element: Element,
    position: usize,
}

/// Parses with one dictionary. The functions of the same names in [`super`] use the built-in one.
#[derive(Debug, Clone, Copy)]
pub struct Parser<'d> {
    dictionary: &'d Dictionary,
}

impl<'d> Parser<'d> {
    /// A parser by this dictionary.
    pub fn new(dictionary: &'d Dictionary) -> Parser<'d> {
        Parser { dictionary }
    }

    /// Parses `(01)…(21)…`; an opening bracket inside a value is escaped as `\(`.
    pub fn bracketed(&self, input: &str) -> Parsed {
        check_len(input)?;
        let mut placed = Vec::new();
        let mut at = 0;
        while at < input.len() {
            let (one, next) = self.bracketed_element(input, at)?;
            placed.push(one);
            check_count(placed.len(), at)?;
            at = next;
        }
        self.finish(placed, input)
    }

    fn bracketed_element(&self, input: &str, at: usize) -> Result<(Placed, usize), Gs1Error> {
        let wrong = |code, position, text: &str| Err(Gs1Error::new(code, position, text));
        let rest = &input[at..];
        let (Some(inner), Some(close)) = (rest.strip_prefix('('), rest.find(')')) else {
            let (position, text) = match rest.starts_with('(') {
                true => (
                    input.len(),
                    "The application identifier has no closing bracket.",
                ),
                false => (at, "An application identifier in brackets belongs here."),
            };
            return wrong(Gs1Code::BracketExpected, position, text);
        };
        let ai = &inner[..close - 1];
        let Some(entry) = self.dictionary.get(ai) else {
            return wrong(
                Gs1Code::UnknownAi,
                at + 1,
                "This application identifier is not known.",
            );
        };
        let start = at + close + 1;
        let (value, next) = unescape(input, start);
        if value.is_empty() {
            return wrong(
                Gs1Code::NoValue,
                start,
                "The application identifier has no value.",
            );
        }
        // Places behind an escaped bracket are one further right in the input than in the value.
        let place = |offset: usize| {
            let mut left = offset;
            let mut bytes = input.as_bytes()[start..].iter().enumerate().peekable();
            while let Some((index, byte)) = bytes.next() {
                let escape = *byte == b'\\'
                    && matches!(bytes.peek(), Some((_, following)) if **following == b'(');
                if escape {
                    continue;
                }
                if left == 0 {
                    return start + index;
                }
                left -= 1;
            }
            next
        };
        if let Some(caret) = value.find('^') {
            return wrong(
                Gs1Code::BadCharacter,
                place(caret),
                "\"^\" may not stand in a value.",
            );
        }
        let used = check_value(entry, value.as_bytes(), place)?;
        if used < value.len() {
            return wrong(Gs1Code::TooLong, place(used), &too_long(entry));
        }
        let element = Element::new(ai, value);
        let position = at + 1;
        Ok((Placed { element, position }, next))
    }

    /// Parses the raw form, in which `^` stands for FNC1.
    pub fn raw(&self, input: &str) -> Parsed {
        check_len(input)?;
        if !input.starts_with('^') {
            let text = "The raw form begins with \"^\" for FNC1.";
            return Err(Gs1Error::new(Gs1Code::Fnc1Expected, 0, text));
        }
        self.separated(input, 1, b'^')
    }

    /// Parses what a scanner sends: a symbology identifier, then elements with 0x1D as separator.
    ///
    /// `]d2` (Data Matrix), `]C1` (GS1-128), `]e0` (DataBar), `]Q3` (QR) and `]J1` (DotCode) carry
    /// elements; other symbols are refused as not GS1, by name where they are known.
    pub fn scan(&self, input: &str) -> Parsed {
        check_len(input)?;
        if !input.starts_with(']') || input.len() < 3 || !input.is_char_boundary(3) {
            let text = "Scan data begins with a symbology identifier such as \"]d2\".";
            return Err(Gs1Error::new(Gs1Code::NoSymbologyIdentifier, 0, text));
        }
        match &input[..3] {
            "]d2" | "]C1" | "]e0" | "]Q3" | "]J1" => self.separated(input, 3, SEPARATOR as u8),
            "]d1" | "]Q1" | "]J0" | "]E0" | "]E4" => {
                let text = "This symbol carries no GS1 elements (by its symbology identifier).";
                Err(Gs1Error::new(Gs1Code::NotGs1, 0, text))
            }
            other => {
                let text = format!("The symbology identifier \"{other}\" is not known here.");
                Err(Gs1Error::new(Gs1Code::UnknownSymbology, 0, text))
            }
        }
    }

    /// Parses scan data without its symbology identifier.
    pub fn payload(&self, input: &str) -> Parsed {
        check_len(input)?;
        self.separated(input, 0, SEPARATOR as u8)
    }

    fn separated(&self, input: &str, start: usize, separator: u8) -> Parsed {
        let bytes = input.as_bytes();
        if let Some(caret) = bytes[start..].iter().position(|byte| *byte == b'^')
            && separator != b'^'
        {
            let text = "\"^\" may not stand in scan data.";
            return Err(Gs1Error::new(Gs1Code::BadCharacter, start + caret, text));
        }
        let mut placed = Vec::new();
        let mut at = start;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let Some(entry) = self.dictionary.starting(rest) else {
                let text = "No known application identifier begins here.";
                return Err(Gs1Error::new(Gs1Code::UnknownAi, at, text));
            };
            let first = at + entry.ai.len();
            let end = rest
                .iter()
                .position(|byte| *byte == separator)
                .map_or(bytes.len(), |length| at + length);
            let value = &bytes[first..end.max(first)];
            if value.is_empty() {
                let text = "The application identifier has no value.";
                return Err(Gs1Error::new(Gs1Code::NoValue, first, text));
            }
            let used = check_value(entry, value, |offset| first + offset)?;
            let next = first + used;
            if next < end && !entry.predefined {
                return Err(Gs1Error::new(Gs1Code::TooLong, next, too_long(entry)));
            }
            let element = Element::new(&entry.ai, &input[first..next]);
            let position = at;
            placed.push(Placed { element, position });
            check_count(placed.len(), at)?;
            // One separator is tolerated behind every element, also behind the last.
            at = next + usize::from(next == end);
        }
        self.finish(placed, input)
    }

    fn finish(&self, placed: Vec<Placed>, input: &str) -> Parsed {
        if placed.is_empty() {
            let text = "There is no GS1 element here.";
            return Err(Gs1Error::new(Gs1Code::Empty, input.len(), text));
        }
        for rule in [
            no_excluded_elements,
            no_missing_elements,
            no_repeated_elements,
            signature_has_its_key,
        ] {
            rule(self.dictionary, &placed)?;
        }
        Ok(placed.into_iter().map(|one| one.element).collect())
    }
}

fn check_len(input: &str) -> Result<(), Gs1Error> {
    if input.len() <= INPUT_MAX_LEN {
        return Ok(());
    }
    let text = format!("The input is longer than {INPUT_MAX_LEN} bytes.");
    Err(Gs1Error::new(Gs1Code::InputTooLong, INPUT_MAX_LEN, text))
}

fn check_count(count: usize, position: usize) -> Result<(), Gs1Error> {
    if count <= ELEMENTS_MAX {
        return Ok(());
    }
    let text = format!("More than {ELEMENTS_MAX} elements.");
    Err(Gs1Error::new(Gs1Code::TooManyElements, position, text))
}

/// The value that starts here, without escapes, and where the next bracket stands.
fn unescape(input: &str, start: usize) -> (String, usize) {
    let mut value = String::new();
    let mut chars = input[start..].char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some((_, '('))) => {
                chars.next();
                value.push('(');
            }
            '(' => return (value, start + index),
            other => value.push(other),
        }
    }
    (value, input.len())
}

fn too_long(entry: &AiEntry) -> String {
    format!(
        "The value of ({}) has at most {} characters; perhaps a separator is lost.",
        entry.ai,
        entry.max_len()
    )
}

/// Judges the components of a value; returns how many bytes they took. `place` turns an offset into
/// a position.
fn check_value(
    entry: &AiEntry,
    value: &[u8],
    place: impl Fn(usize) -> usize,
) -> Result<usize, Gs1Error> {
    let mut at = 0;
    for component in &entry.components {
        let rest = &value[at..];
        if rest.is_empty() && component.optional {
            continue;
        }
        let text = &rest[..rest.len().min(component.max)];
        check_component(entry, component, text, |offset| place(at + offset))?;
        at += text.len();
    }
    Ok(at)
}

fn check_component(
    entry: &AiEntry,
    component: &Component,
    text: &[u8],
    place: impl Fn(usize) -> usize,
) -> Result<(), Gs1Error> {
    check_set(component.set, text)
        .and_then(|()| match text.len() < component.min {
            true => Err(super::lint::Finding {
                code: Gs1Code::TooShort,
                at: text.len(),
                text: format!(
                    "The value of ({}) has at least {} characters.",
                    entry.ai,
                    entry.min_len()
                ),
            }),
            false => component
                .linters
                .iter()
                .try_for_each(|linter| linter.check(text)),
        })
        .map_err(|found| Gs1Error::new(found.code, place(found.at), found.text))
}

type Rule = Result<(), Gs1Error>;

fn no_excluded_elements(dictionary: &Dictionary, placed: &[Placed]) -> Rule {
    for one in placed {
        let ai = &one.element.ai;
        for pattern in dictionary.get(ai).iter().flat_map(|entry| &entry.excluded) {
            let rival = placed.iter().find(|other| {
                other.element.ai != *ai && matches_pattern(&other.element.ai, pattern)
            });
            if let Some(rival) = rival {
                let text = format!("({ai}) and ({}) exclude each other.", rival.element.ai);
                let position = one.position.max(rival.position);
                return Err(Gs1Error::new(Gs1Code::ExcludedElement, position, text));
            }
        }
    }
    Ok(())
}

fn no_missing_elements(dictionary: &Dictionary, placed: &[Placed]) -> Rule {
    let there = |pattern: &String| {
        placed
            .iter()
            .any(|one| matches_pattern(&one.element.ai, pattern))
    };
    for one in placed {
        let entry = dictionary.get(&one.element.ai);
        for rule in entry.iter().flat_map(|entry| &entry.required) {
            if rule.iter().any(|all| all.iter().all(there)) {
                continue;
            }
            let alternatives: Vec<String> = rule
                .iter()
                .map(|all| {
                    let all: Vec<String> = all.iter().map(|ai| format!("({ai})")).collect();
                    all.join(" and ")
                })
                .collect();
            let ai = &one.element.ai;
            let text = format!("({ai}) needs {}.", alternatives.join(" or "));
            return Err(Gs1Error::new(Gs1Code::MissingElement, one.position, text));
        }
    }
    Ok(())
}

fn no_repeated_elements(_: &Dictionary, placed: &[Placed]) -> Rule {
    for (index, one) in placed.iter().enumerate() {
        let before = placed[..index]
            .iter()
            .find(|other| other.element.ai == one.element.ai);
        if before.is_some_and(|other| other.element.value != one.element.value) {
            let text = format!(
                "({}) stands here twice, with different values.",
                one.element.ai
            );
            return Err(Gs1Error::new(Gs1Code::RepeatedElement, one.position, text));
        }
    }
    Ok(())
}

/// A digital signature (8030) needs the serial component of the key it signs.
fn signature_has_its_key(dictionary: &Dictionary, placed: &[Placed]) -> Rule {
    let find = |ai: &str| placed.iter().find(|one| one.element.ai == ai);
    let Some(signature) = find("8030") else {
        return Ok(());
    };
    for key in ["253", "255", "8003"] {
        let Some(one) = find(key) else { continue };
        let needed: usize = dictionary.get(key).map_or(0, AiEntry::min_len);
        if one.element.value.len() <= needed {
            let text = format!("(8030) needs the serial part of ({key}).");
            let position = signature.position;
            return Err(Gs1Error::new(Gs1Code::MissingElement, position, text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use crate::gs1::*;
    use proptest::prelude::*;

    const PACK: &str = "(01)09521234543213(21)W3KTQAJMQTX4(17)271231(10)LOT2026A";

    #[test]
    fn a_pack_reads_the_same_in_every_form() {
        let elements = parse_bracketed(PACK).unwrap();
        assert_eq!(bracketed(&elements), PACK);
        let scan = scan_data(&elements);
        assert_eq!(
            scan,
            "]d2010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A"
        );
        assert_eq!(parse_scan(&scan).unwrap(), elements);
        assert_eq!(parse_payload(&scan[3..]).unwrap(), elements);
        assert_eq!(parse_raw(&raw(&elements)).unwrap(), elements);
    }

    #[test]
    fn mistakes_have_a_code_and_a_place() {
        let cases: [(&str, Gs1Code, usize); 16] = [
            ("(01)09521234543214", Gs1Code::CheckDigit, 17),
            ("(01)0952123454321", Gs1Code::TooShort, 17),
            ("(01)095212345432133", Gs1Code::TooLong, 18),
            ("(01)09521234543213(17)271331", Gs1Code::Date, 24),
            ("(01)09521234543213(17)270229", Gs1Code::Date, 26),
            ("(01)09521234543213(21)A B", Gs1Code::BadCharacter, 23),
            ("(01)09521234543213(21)A\\(B C", Gs1Code::BadCharacter, 26),
            ("(01)09521234543213(21)", Gs1Code::NoValue, 22),
            ("(21)ABC", Gs1Code::MissingElement, 1),
            ("(01)09521234543213(37)24", Gs1Code::ExcludedElement, 19),
            ("(01)09521234543213(10)A(10)B", Gs1Code::RepeatedElement, 24),
            ("(05)1", Gs1Code::UnknownAi, 1),
            ("(01", Gs1Code::BracketExpected, 3),
            ("", Gs1Code::Empty, 0),
            (
                "]d2010952123454321321ABCDEFGHJKLMNPQRSTUVW17271231",
                Gs1Code::TooLong,
                41,
            ),
            ("]d2010952123454321321A\x1d\x1d10B", Gs1Code::UnknownAi, 23),
        ];
        for (input, code, position) in cases {
            let parsed = match input.starts_with(']') {
                true => parse_scan(input),
                false => parse_bracketed(input),
            };
            let error = parsed.expect_err(input);
            assert_eq!(
                (error.code, error.position),
                (code, position),
                "{input}: {error}"
            );
            assert!(error.text.ends_with('.'), "{error}");
        }
    }

    /// "It parses" proves nothing: this short serial has swallowed the lot behind a lost separator.
    #[test]
    fn a_lost_separator_may_go_unseen() {
        let elements = parse_scan("]d2010952123454321321S110L1").unwrap();
        assert_eq!(elements[1], Element::new("21", "S110L1"));
    }

    #[test]
    fn codes_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> =
            Gs1Code::ALL.iter().map(Gs1Code::as_str).collect();
        assert_eq!(names.len(), Gs1Code::ALL.len());
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer_that_points_into_it(
            input in "[\\PC\\x1d]{0,60}|[\\]d2()^0-9A\\\\\x1d]{0,60}",
        ) {
            for parse in [parse_bracketed, parse_scan, parse_raw, parse_payload] {
                if let Err(error) = parse(&input) {
                    prop_assert!(error.position <= input.len());
                }
            }
        }

        #[test]
        fn every_pack_survives_every_form(
            serial in "[!\"%&'()*+,./0-9:;<=>?A-Z_a-z-]{1,20}",
            lot in "[!\"%&'()*+,./0-9:;<=>?A-Z_a-z-]{1,20}",
        ) {
            let elements = vec![
                Element::new("01", "09521234543213"),
                Element::new("21", serial),
                Element::new("10", lot),
                Element::new("17", "270200"),
            ];
            prop_assert_eq!(&parse_scan(&scan_data(&elements)).unwrap(), &elements);
            prop_assert_eq!(&parse_raw(&raw(&elements)).unwrap(), &elements);
            prop_assert_eq!(&parse_bracketed(&bracketed(&elements)).unwrap(), &elements);
        }
    }
}
