//! Texts into elements, strictly: every value is judged, and every mistake names its byte. PURE.
//!
//! Here the forms a label or a scanner writes: bracketed, raw, scan data. Web addresses are read in `digital_link.rs`,
//! EPC URNs in `epc_urn.rs`.

use super::ai::Ai;
use super::associations;
use super::dictionary::{AiEntry, CharacterSet, Component, Dictionary};
use super::elements::{Elements, Slot, VALUE_MAX_LEN};
use super::error::{Gs1Code, Gs1Error};
use super::forms::SEPARATOR;
use super::lint::{Finding, check_set};
use std::ops::Range;
use std::sync::LazyLock;

/// Longest text that is parsed, in bytes. No symbol holds as much.
pub const INPUT_MAX_LEN: usize = 8192;

/// What a parser checks and allows beyond the dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Elements that exclude each other are refused, and one AI with two values.
    pub associations: bool,
    /// Elements that need others are refused without them. Counts with `associations` only.
    pub requisites: bool,
    /// AIs that the dictionary does not have are taken as up to 90 characters of set 82, where their length is plain.
    pub unknown_ais: bool,
    /// Such AIs may also stand in the query of a Digital Link.
    pub unknown_attributes: bool,
    /// In a Digital Link a GTIN may leave out leading zeros.
    pub zero_suppressed_gtins: bool,
    /// In a Digital Link AIs may be written as names, `gtin` for `01`.
    pub names: bool,
}

impl Default for Options {
    /// What the standard asks of anybody: all checks, nothing beyond.
    fn default() -> Options {
        Options {
            associations: true,
            requisites: true,
            unknown_ais: false,
            unknown_attributes: false,
            zero_suppressed_gtins: false,
            names: false,
        }
    }
}

/// Parses with one dictionary. The functions of the same names in [`super`] use the built-in one.
#[derive(Debug, Clone, Copy)]
pub struct Parser<'d> {
    pub(super) dictionary: &'d Dictionary,
    pub(super) options: Options,
}

/// A mistake in a value, and how much of the value was read when it was found.
pub(super) struct Fault {
    pub(super) finding: Finding,
    pub(super) read: usize,
}

impl Fault {
    /// As an error of the input. `place` turns an offset in the value into a position.
    pub(super) fn at(self, ai: Ai, value: &[u8], place: impl Fn(usize) -> usize) -> Gs1Error {
        let Range { start, mut end } = self.finding.place;
        // A mark never ends within a character.
        while std::str::from_utf8(&value[start..end]).is_err()
            && value.get(end).is_some_and(|byte| byte & 0xc0 == 0x80)
        {
            end += 1;
        }
        let part = |range: Range<usize>| String::from_utf8_lossy(&value[range]);
        let (before, bad) = (part(0..start), part(start..end));
        let after = part(end..self.read.max(end));
        Gs1Error {
            length: place(end) - place(start),
            marked: Some(format!("({ai}){before}|{bad}|{after}")),
            ..Gs1Error::new(self.finding.code, place(start), self.finding.text)
        }
    }
}

impl<'d> Parser<'d> {
    /// A parser by this dictionary.
    pub fn new(dictionary: &'d Dictionary) -> Parser<'d> {
        Parser {
            dictionary,
            options: Options::default(),
        }
    }

    /// The same with other options.
    pub fn with(self, options: Options) -> Parser<'d> {
        Parser { options, ..self }
    }

    /// The dictionary it parses by.
    pub fn dictionary(&self) -> &'d Dictionary {
        self.dictionary
    }

    /// Parses `(01)…(21)…`; an opening bracket inside a value is escaped as `\(`. A composite component follows `|`.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn bracketed<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        let mut elements = Elements::of(input);
        let bar = input.find("|(");
        self.bracketed_part(&mut elements, input, 0..bar.unwrap_or(input.len()))?;
        if let Some(bar) = bar {
            begin_composite(&mut elements, bar)?;
            self.bracketed_part(&mut elements, input, bar + 1..input.len())?;
        }
        self.finish(&elements, input)?;
        Ok(elements)
    }

    fn bracketed_part(
        &self,
        elements: &mut Elements,
        input: &str,
        range: Range<usize>,
    ) -> Result<(), Gs1Error> {
        let input = &input[..range.end];
        let mut at = range.start;
        while at < input.len() {
            at = self.bracketed_element(elements, input, at)?;
        }
        Ok(())
    }

    /// Reads one element; gives where the next begins.
    fn bracketed_element(
        &self,
        elements: &mut Elements,
        input: &str,
        at: usize,
    ) -> Result<usize, Gs1Error> {
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
        let Some((ai, entry)) =
            Ai::new(&inner.as_bytes()[..close - 1]).and_then(|ai| self.known(ai))
        else {
            let text = "This application identifier is not known.";
            return wrong(Gs1Code::UnknownAi, at + 1, text);
        };
        let start = at + close + 1;
        let (end, escaped) = value_end(input, start);
        let written = &input[start..end];
        let value = match escaped {
            false => std::borrow::Cow::Borrowed(written),
            true => written.replace("\\(", "(").into(),
        };
        if value.is_empty() {
            let text = "The application identifier has no value.";
            return wrong(Gs1Code::NoValue, start, text);
        }
        // Every escaped bracket before a place in the value moves it one to the right.
        let place = |offset: usize| {
            let escape = |index: &usize| written.as_bytes()[*index..].starts_with(b"\\(");
            let mut kept = (0..written.len()).filter(|index| !escape(index));
            start + kept.nth(offset).unwrap_or(written.len())
        };
        check_whole(entry, value.as_bytes())
            .map_err(|fault| fault.at(ai, value.as_bytes(), place))?;
        let value_start = match escaped {
            false => start,
            true => elements.append(&value),
        };
        elements.push(slot(ai, at + 1, value_start, value.len(), false))?;
        Ok(end)
    }

    /// Parses the raw form, in which `^` stands for FNC1. A composite component follows `|`.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn raw<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        if !input.starts_with('^') {
            let text = "The raw form begins with \"^\" for FNC1.";
            return Err(Gs1Error::new(Gs1Code::Fnc1Expected, 0, text));
        }
        let mut elements = Elements::of(input);
        let bar = input.find("|^");
        self.separated(&mut elements, input, 1..bar.unwrap_or(input.len()), b'^')?;
        if let Some(bar) = bar {
            begin_composite(&mut elements, bar)?;
            self.separated(&mut elements, input, bar + 2..input.len(), b'^')?;
        }
        self.finish(&elements, input)?;
        Ok(elements)
    }

    /// Parses what a scanner sends: a symbology identifier, then elements with 0x1D as separator.
    ///
    /// `]d2` (Data Matrix), `]C1` (GS1-128), `]e0` (DataBar), `]Q3` (QR) and `]J1` (DotCode) carry elements; `]E0`
    /// (EAN-13, UPC), `]E4` (EAN-8) and `]I1` (ITF-14) a GTIN; `]d1`, `]Q1` and `]J0` a Digital Link, or else no GS1.
    ///
    /// # Errors
    /// The first mistake, with its place; [`Gs1Code::NotGs1`] for a plain symbol that is as right as can be.
    pub fn scan<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        if !input.starts_with(']') || input.len() < 3 || !input.is_char_boundary(3) {
            let text = "Scan data begins with a symbology identifier such as \"]d2\".";
            return Err(Gs1Error::new(Gs1Code::NoSymbologyIdentifier, 0, text));
        }
        let mut elements = Elements::of(input);
        match &input[..3] {
            "]d2" | "]C1" | "]e0" | "]Q3" | "]J1" => {
                self.separated(&mut elements, input, 3..input.len(), SEPARATOR as u8)?;
            }
            "]E0" => self.item_number(&mut elements, input, 13)?,
            "]E4" => self.item_number(&mut elements, input, 8)?,
            "]I1" => self.item_number(&mut elements, input, 14)?,
            "]d1" | "]Q1" | "]J0" if super::digital_link::is_address(&input[3..]) => {
                self.link(&mut elements, input, 3)?;
            }
            "]d1" | "]Q1" | "]J0" => {
                let text = "This symbol carries no GS1 elements (by its symbology identifier).";
                return Err(Gs1Error::new(Gs1Code::NotGs1, 0, text));
            }
            other => {
                let text = format!("The symbology identifier \"{other}\" is not known here.");
                return Err(Gs1Error::new(Gs1Code::UnknownSymbology, 0, text));
            }
        }
        self.finish(&elements, input)?;
        Ok(elements)
    }

    /// Parses scan data without its symbology identifier.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn payload<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        let mut elements = Elements::of(input);
        self.separated(&mut elements, input, 0..input.len(), SEPARATOR as u8)?;
        self.finish(&elements, input)?;
        Ok(elements)
    }

    fn separated(
        &self,
        elements: &mut Elements,
        input: &str,
        range: Range<usize>,
        separator: u8,
    ) -> Result<(), Gs1Error> {
        let bytes = &input.as_bytes()[..range.end];
        let mut at = range.start;
        while at < bytes.len() {
            let known = self
                .dictionary
                .starting(&bytes[at..])
                .and_then(|ai| self.known(ai));
            let Some((ai, entry)) = known else {
                let text = "No known application identifier begins here.";
                return Err(Gs1Error::new(Gs1Code::UnknownAi, at, text));
            };
            let first = at + ai.len();
            let window = &bytes[first..bytes.len().min(first + entry.max_len())];
            let end = window.iter().position(|byte| *byte == separator);
            let value = &window[..end.unwrap_or(window.len())];
            if value.is_empty() {
                let text = "The application identifier has no value.";
                return Err(Gs1Error::new(Gs1Code::NoValue, first, text));
            }
            check_value(entry, value)
                .map_err(|fault| fault.at(ai, value, |offset| first + offset))?;
            let next = first + value.len();
            let separated = bytes.get(next) == Some(&separator);
            if !separated && next < bytes.len() && !entry.predefined {
                let rest = bytes[first..].iter().position(|byte| *byte == separator);
                let written = &bytes[first..rest.map_or(bytes.len(), |len| first + len)];
                return Err(
                    too_long(entry, value.len(), written).at(ai, written, |offset| first + offset)
                );
            }
            elements.push(slot(ai, at, first, value.len(), separated))?;
            // One separator is tolerated behind every element, also behind the last.
            at = next + usize::from(separated);
        }
        Ok(())
    }

    /// The GTIN that a symbol for points of sale or boxes carries, of so many digits; a composite component may follow.
    fn item_number(
        &self,
        elements: &mut Elements,
        input: &str,
        digits: usize,
    ) -> Result<(), Gs1Error> {
        const GTIN_LEN: usize = 14;
        let bar = input.find("|]e0");
        let written = &input[3..bar.unwrap_or(input.len())];
        let code = match written.len().cmp(&digits) {
            std::cmp::Ordering::Less => Some(Gs1Code::TooShort),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Gs1Code::TooLong),
        };
        if let Some(code) = code {
            let text = format!("This symbol carries {digits} digits.");
            return Err(Gs1Error::new(code, 3 + written.len().min(digits), text));
        }
        let value = format!("{written:0>GTIN_LEN$}");
        let place = |offset: usize| 3 + offset.saturating_sub(GTIN_LEN - digits);
        self.unwritten(elements, "01", 3, value.as_bytes(), place)?;
        if let Some(bar) = bar {
            begin_composite(elements, bar)?;
            self.separated(elements, input, bar + 4..input.len(), SEPARATOR as u8)?;
        }
        Ok(())
    }

    /// Judges and keeps a value that does not stand in the input as it is. `position` is that of the AI or what stands
    /// for it.
    pub(super) fn unwritten(
        &self,
        elements: &mut Elements,
        ai: &str,
        position: usize,
        value: &[u8],
        place: impl Fn(usize) -> usize,
    ) -> Result<(), Gs1Error> {
        let Some((ai, entry)) = Ai::new(ai.as_bytes()).and_then(|ai| self.known(ai)) else {
            let text = format!("This dictionary has no ({ai}).");
            return Err(Gs1Error::new(Gs1Code::UnknownAi, position, text));
        };
        self.push_unwritten(elements, (ai, entry), position, value, place)
    }

    /// Judges and keeps a value that stands at `start` of the input.
    pub(super) fn push_written(
        &self,
        elements: &mut Elements,
        (ai, entry): (Ai, &AiEntry),
        position: usize,
        start: usize,
        value: &[u8],
    ) -> Result<(), Gs1Error> {
        check_whole(entry, value).map_err(|fault| fault.at(ai, value, |offset| start + offset))?;
        elements.push(slot(ai, position, start, value.len(), false))
    }

    /// The same for an AI that is known.
    pub(super) fn push_unwritten(
        &self,
        elements: &mut Elements,
        (ai, entry): (Ai, &AiEntry),
        position: usize,
        value: &[u8],
        place: impl Fn(usize) -> usize,
    ) -> Result<(), Gs1Error> {
        check_whole(entry, value).map_err(|fault| fault.at(ai, value, place))?;
        let text = std::str::from_utf8(value).expect("every character set is ASCII");
        let start = elements.append(text);
        elements.push(slot(ai, position, start, value.len(), false))
    }

    /// An AI with its entry, if the dictionary or the options allow it.
    pub(super) fn known(&self, ai: Ai) -> Option<(Ai, &'d AiEntry)> {
        let entry = self.dictionary.find(ai);
        let entry = entry.or_else(|| self.options.unknown_ais.then(unknown));
        Some((ai, entry?))
    }

    /// What holds for all elements together.
    pub(super) fn finish(&self, elements: &Elements, input: &str) -> Result<(), Gs1Error> {
        if elements.ends_empty() {
            let text = "There is no GS1 element here.";
            return Err(Gs1Error::new(Gs1Code::Empty, input.len(), text));
        }
        if self.options.associations {
            associations::check(self.dictionary, elements, self.options.requisites)?;
        }
        Ok(())
    }
}

/// The rules for the value of an AI that the dictionary does not have.
fn unknown() -> &'static AiEntry {
    static UNKNOWN: LazyLock<AiEntry> = LazyLock::new(|| AiEntry {
        ai: Ai::NONE,
        predefined: false,
        link_attribute: false,
        components: vec![Component {
            set: CharacterSet::Set82,
            min: 1,
            max: VALUE_MAX_LEN,
            optional: false,
            linters: Vec::new(),
        }],
        required: Vec::new(),
        excluded: Vec::new(),
        link_key: None,
        title: String::new(),
    });
    &UNKNOWN
}

/// Positions and lengths fit: a text is as long as [`INPUT_MAX_LEN`], a value as [`VALUE_MAX_LEN`] at most.
pub(super) fn slot(ai: Ai, position: usize, start: usize, len: usize, separated: bool) -> Slot {
    Slot {
        ai,
        position: u16::try_from(position).expect("an input is short"),
        start: u16::try_from(start).expect("an input is short"),
        len: u8::try_from(len).expect("a value is short"),
        separated,
        in_path: false,
    }
}

pub(super) fn check_len(input: &str) -> Result<(), Gs1Error> {
    if input.len() <= INPUT_MAX_LEN {
        return Ok(());
    }
    let text = format!("The input is longer than {INPUT_MAX_LEN} bytes.");
    Err(Gs1Error::new(Gs1Code::InputTooLong, INPUT_MAX_LEN, text))
}

fn begin_composite(elements: &mut Elements, bar: usize) -> Result<(), Gs1Error> {
    if elements.is_empty() {
        let text = "A composite component stands beside a symbol with elements of its own.";
        return Err(Gs1Error::new(Gs1Code::Empty, bar, text));
    }
    elements.begin_composite();
    Ok(())
}

/// Where the value that starts here ends: before the next bracket that is not escaped. And whether one is.
fn value_end(input: &str, start: usize) -> (usize, bool) {
    let bytes = input.as_bytes();
    let mut escaped = false;
    for at in start..bytes.len() {
        if bytes[at] == b'(' {
            if at == start || bytes[at - 1] != b'\\' {
                return (at, escaped);
            }
            escaped = true;
        }
    }
    (bytes.len(), escaped)
}

fn too_long(entry: &AiEntry, most: usize, value: &[u8]) -> Fault {
    let text = format!(
        "This value has at most {} characters; perhaps a separator is lost.",
        entry.max_len()
    );
    let finding = Finding {
        code: Gs1Code::TooLong,
        place: most..value.len(),
        text,
    };
    Fault {
        finding,
        read: value.len(),
    }
}

/// Judges a value that must not be longer than its components.
pub(super) fn check_whole(entry: &AiEntry, value: &[u8]) -> Result<(), Fault> {
    let most = entry.max_len();
    check_value(entry, &value[..value.len().min(most)])?;
    match value.len() > most {
        true => Err(too_long(entry, most, value)),
        false => Ok(()),
    }
}

/// Judges the components of a value that is not longer than all of them together.
fn check_value(entry: &AiEntry, value: &[u8]) -> Result<(), Fault> {
    let mut at = 0;
    for component in &entry.components {
        let rest = &value[at..];
        if rest.is_empty() && component.optional {
            continue;
        }
        let text = &rest[..rest.len().min(component.max)];
        check_component(entry, component, text).map_err(|mut finding| {
            finding.place = at + finding.place.start..at + finding.place.end;
            let read = at + text.len();
            Fault { finding, read }
        })?;
        at += text.len();
    }
    Ok(())
}

fn check_component(entry: &AiEntry, component: &Component, text: &[u8]) -> Result<(), Finding> {
    check_set(component.set, text)?;
    if text.len() < component.min {
        return Err(Finding {
            code: Gs1Code::TooShort,
            place: text.len()..text.len(),
            text: format!("This value has at least {} characters.", entry.min_len()),
        });
    }
    component
        .linters
        .iter()
        .try_for_each(|linter| linter.check(text))
}

#[cfg(test)]
mod test {
    use crate::gs1::*;
    use proptest::prelude::*;

    const SEEDS: [&str; 9] = [
        PACK,
        "^010952123454321321A(B^17271231|^99C^98D",
        "(01)09521234543213(21)A\\(B|(99)X",
        "]E02112345678900|]e099COMPOSITE\x1d98XYZ",
        "]e0000952123456789012350219521234543210\x1d3724\x1d10L",
        "https://example.com/a/01/09521234543213/22/V/10/L%2F1/21/S1?17=261231&x=y&99=A%41#f",
        "https://example.com/01/09521234543213/235/T?17=261231&10=L1",
        "urn:epc:id:sgtin:9521234.054321.A%2FB",
        "urn:epc:id:sgln:9521234.54321.0",
    ];

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

    /// What is accepted in one form is accepted in all forms written from it, with the same elements.
    fn survives(input: &str) -> Result<(), TestCaseError> {
        let dictionary = Dictionary::built_in();
        let parser = Parser::new(dictionary);
        let (form, elements) = match parser.any(input) {
            Ok(parsed) => parsed,
            Err(error) => {
                prop_assert!(
                    error.position + error.length <= input.len().max(error.position),
                    "{error}"
                );
                prop_assert!(
                    error.position <= input.len() && error.text.ends_with('.'),
                    "{error}"
                );
                return Ok(());
            }
        };
        if form == Form::Plain {
            return Ok(());
        }
        let kept = elements.to_vec();
        let mut written = vec![
            bracketed(&elements),
            raw(&elements),
            scan_data(&elements),
            scan_data(&kept),
        ];
        let composite = elements.parts().any(|part| part.composite);
        written.truncate(if composite { 2 } else { 4 });
        for text in written {
            let again = parser.any(&text).map(|(_, elements)| elements.to_vec());
            prop_assert_eq!(again.as_ref(), Ok(&kept), "{}", text);
        }
        if let Ok(link) = digital_link(&elements, dictionary, &LinkStyle::default()) {
            let again = parser.any(&link).map(|(_, elements)| elements.to_vec());
            let once =
                |element: &&Element| kept.iter().find(|one| one.ai == element.ai) == Some(element);
            let mut wanted: Vec<&Element> = kept.iter().filter(once).collect();
            wanted.dedup();
            prop_assert_eq!(again.map(|again| again.len()), Ok(wanted.len()), "{}", link);
        }
        for len in COMPANY_PREFIX_LEN {
            if let Ok(urn) = epc_urn(&elements, len) {
                let again = parser.any(&urn).map(|(_, elements)| elements.to_vec());
                let known = |element: &Element| kept.contains(element);
                prop_assert!(
                    again.as_ref().is_ok_and(|again| again.iter().all(known)),
                    "{} {:?}",
                    urn,
                    again
                );
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer_that_points_into_it(
            input in "[\\PC\\x1d]{0,60}|[\\]d2()^|0-9A\\\\\x1d]{0,60}|\
                (https://a|urn:epc:id:sg(tin|ln):)[/.?&=%0-9AF]{0,60}",
        ) {
            for parse in [parse_bracketed, parse_scan, parse_raw, parse_payload] {
                if let Err(error) = parse(&input) {
                    prop_assert!(error.position <= input.len());
                }
            }
            survives(&input)?;
        }

        #[test]
        fn a_text_with_a_slip_survives_or_is_refused(
            seed in 0..SEEDS.len(), at in 0usize..80, what in "[\\PC\\x1d]|[0-9()^|\\\\/?&=%]{0,3}", out in 0usize..3,
        ) {
            let seed: Vec<char> = SEEDS[seed].chars().collect();
            let at = at.min(seed.len());
            let rest = &seed[(at + out).min(seed.len())..];
            let slipped: String = seed[..at].iter().copied().chain(what.chars()).chain(rest.iter().copied()).collect();
            survives(&slipped)?;
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
