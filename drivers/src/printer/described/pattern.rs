//! The small language of patterns: literals, escapes and names in braces. PURE.
//!
//! What comes in: `S{ready:digits1},{model},{skip:any2}\x03`. What goes out: `P\x1f{symbol}\x1f{field:2}`. A backslash
//! escapes: `\xNN` is a byte, `\r` `\n` `\t` are control characters, `\\` `\{` `\}` are themselves.

/// Longest pattern, in bytes.
pub const PATTERN_MAX: usize = 512;
/// Most bytes of a capture of fixed length.
const CAPTURE_BYTES: usize = 64;

/// Names of what is known of a pack.
pub const NAMES: [&str; 5] = ["gtin", "serial", "lot", "expiry", "sscc"];

enum Raw {
    Bytes(Vec<u8>),
    Braces(String),
}

fn pieces(text: &str) -> Result<Vec<Raw>, String> {
    if text.len() > PATTERN_MAX {
        return Err(format!("is longer than {PATTERN_MAX} bytes"));
    }
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => literal.push(escaped(&mut rest)?),
            '{' => {
                let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
                if !text.contains('}') || name.is_empty() || name.contains('{') {
                    return Err("has a { without its name and }; a brace itself is \\{".into());
                }
                if !literal.is_empty() {
                    pieces.push(Raw::Bytes(std::mem::take(&mut literal)));
                }
                pieces.push(Raw::Braces(name));
            }
            '}' => return Err("has a } without its {; a brace itself is \\}".into()),
            c if c.is_ascii() => literal.push(c as u8),
            c => return Err(format!("holds {c:?}; write bytes outside ASCII as \\xNN")),
        }
    }
    if !literal.is_empty() {
        pieces.push(Raw::Bytes(literal));
    }
    Ok(pieces)
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Result<u8, String> {
    match rest.next() {
        Some('r') => Ok(b'\r'),
        Some('n') => Ok(b'\n'),
        Some('t') => Ok(b'\t'),
        Some(c @ ('\\' | '{' | '}')) => Ok(c as u8),
        Some('x') => {
            let digits: String = rest.by_ref().take(2).collect();
            let is_hex = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let byte = u8::from_str_radix(&digits, 16).ok().filter(|_| is_hex);
            byte.ok_or_else(|| format!("has \\x{digits}; it takes two hexadecimal digits"))
        }
        _ => Err("has an unknown escape; known are \\xNN \\r \\n \\t \\\\ \\{ \\}".into()),
    }
}

/// Literal bytes alone, as frames have them.
///
/// # Errors
/// What is wrong with the text, to follow its name.
pub(super) fn literal(text: &str) -> Result<Vec<u8>, String> {
    match &mut pieces(text)?[..] {
        [] => Ok(Vec::new()),
        [Raw::Bytes(bytes)] => Ok(std::mem::take(bytes)),
        _ => Err("takes no {names}".into()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever stands before the next literal, or to the end.
    Text,
    /// Decimal digits: so many, or one and more.
    Digits(Option<usize>),
    /// Hexadecimal digits, likewise.
    Hex(Option<usize>),
    /// So many bytes.
    Any(usize),
}

impl Kind {
    fn of(word: &str) -> Option<Kind> {
        let (word, count) =
            word.split_at(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
        let count = match count {
            "" => None,
            count => Some(
                count
                    .parse()
                    .ok()
                    .filter(|n| (1..=CAPTURE_BYTES).contains(n))?,
            ),
        };
        match (word, count) {
            ("text", None) => Some(Kind::Text),
            ("digits", count) => Some(Kind::Digits(count)),
            ("hex", count) => Some(Kind::Hex(count)),
            ("any", Some(count)) => Some(Kind::Any(count)),
            _ => None,
        }
    }

    /// Its bytes, where it says how many.
    pub fn length(self) -> Option<usize> {
        match self {
            Kind::Text => None,
            Kind::Digits(count) | Kind::Hex(count) => count,
            Kind::Any(count) => Some(count),
        }
    }

    /// Whether it may hold this byte.
    pub fn fits(self, byte: u8) -> bool {
        match self {
            Kind::Text | Kind::Any(_) => true,
            Kind::Digits(_) => byte.is_ascii_digit(),
            Kind::Hex(_) => byte.is_ascii_hexdigit(),
        }
    }

    /// The number that this kind captured.
    pub fn number(self, said: &str) -> Option<u64> {
        match self {
            Kind::Digits(_) => said.parse().ok(),
            Kind::Hex(_) => u64::from_str_radix(said, 16).ok(),
            Kind::Text | Kind::Any(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(Vec<u8>),
    /// Without a name it is skipped.
    Capture(Option<String>, Kind),
}

/// What an answer looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

/// What an answer's named parts are; bytes outside ASCII as the characters of these numbers.
pub(super) type Captures = Vec<(String, String)>;

/// How the beginning of some bytes fits a pattern of fixed length.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    No,
    /// So far, but more must come.
    Partly,
    Whole(usize, Captures),
}

impl Pattern {
    /// Reads a pattern for what comes in.
    ///
    /// # Errors
    /// What is wrong with it, to follow its name.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut found: Vec<Piece> = Vec::new();
        for raw in pieces(text)? {
            let piece = match raw {
                Raw::Bytes(bytes) => Piece::Literal(bytes),
                Raw::Braces(inside) => capture(&inside)?,
            };
            if let (Some(Piece::Capture(_, before)), Piece::Capture(..)) = (found.last(), &piece)
                && before.length().is_none()
            {
                return Err(
                    "has a part without an end: put a literal between, or say how long it is, as in {ready:digits1}"
                        .into(),
                );
            }
            found.push(piece);
        }
        let pattern = Pattern { pieces: found };
        let mut names: Vec<&str> = pattern.captures().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("names {{{}}} twice", twice[0]));
        }
        match pattern.pieces.is_empty() {
            true => Err("is empty".into()),
            false => Ok(pattern),
        }
    }

    /// Its named parts.
    pub fn captures(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Capture(Some(name), kind) => Some((name.as_str(), *kind)),
            _ => None,
        })
    }

    /// What it is made of.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// All its parts have a length.
    pub fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Literal(_) => true,
            Piece::Capture(_, kind) => kind.length().is_some(),
        })
    }

    /// What stands in these bytes, when all of them fit.
    pub fn whole(&self, said: &[u8]) -> Option<Captures> {
        let mut captures = Vec::new();
        let mut rest = said;
        for (index, piece) in self.pieces.iter().enumerate() {
            let (name, kind) = match piece {
                Piece::Literal(literal) => {
                    rest = rest.strip_prefix(&literal[..])?;
                    continue;
                }
                Piece::Capture(name, kind) => (name, *kind),
            };
            let length = match (kind.length(), self.pieces.get(index + 1)) {
                (Some(length), _) => length,
                (None, Some(Piece::Literal(next))) => find(rest, next)?,
                (None, _) => rest.len(),
            };
            let (part, after) = rest.split_at_checked(length)?;
            let must = kind != Kind::Text;
            if must && part.is_empty() || !part.iter().all(|byte| kind.fits(*byte)) {
                return None;
            }
            captures.extend(name.clone().map(|name| (name, characters(part))));
            rest = after;
        }
        rest.is_empty().then_some(captures)
    }

    /// Whether these bytes begin with it; only for patterns of fixed length.
    pub fn head(&self, said: &[u8]) -> Head {
        let mut captures = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let length = match piece {
                Piece::Literal(literal) => literal.len(),
                Piece::Capture(_, kind) => kind.length().unwrap_or_default(),
            };
            let there = &said[at..said.len().min(at + length)];
            let fits = match piece {
                Piece::Literal(literal) => literal.starts_with(there),
                Piece::Capture(_, kind) => there.iter().all(|byte| kind.fits(*byte)),
            };
            if !fits {
                return Head::No;
            }
            if there.len() < length {
                return Head::Partly;
            }
            if let Piece::Capture(Some(name), _) = piece {
                captures.push((name.clone(), characters(there)));
            }
            at += length;
        }
        Head::Whole(at, captures)
    }
}

pub(super) fn find(said: &[u8], wanted: &[u8]) -> Option<usize> {
    said.windows(wanted.len().max(1))
        .position(|window| window == wanted)
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn capture(inside: &str) -> Result<Piece, String> {
    let (name, kind) = inside.split_once(':').unwrap_or((inside, "text"));
    let Some(kind) = Kind::of(kind) else {
        return Err(format!(
            "has {{{inside}}}; a part is text, digits, hex, or with a length digits3, hex2, any5"
        ));
    };
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name {
        "skip" => Ok(Piece::Capture(None, kind)),
        name if !name.is_empty() && name.chars().all(word) => {
            Ok(Piece::Capture(Some(name.to_owned()), kind))
        }
        _ => Err(format!(
            "has {{{inside}}}; a name is of small letters, digits and _"
        )),
    }
}

/// A value in what goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// What is known of the pack under this name.
    Named(&'static str),
    /// The field of this number.
    Field(u16),
    /// The symbol's field, with FNC1 as the printer writes it.
    Symbol,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Out {
    Literal(Vec<u8>),
    Value(Binding),
}

/// Reads a pattern for what goes out.
///
/// # Errors
/// What is wrong with it, to follow its name.
pub(super) fn outgoing(text: &str) -> Result<Vec<Out>, String> {
    let mut found = Vec::new();
    for raw in pieces(text)? {
        found.push(match raw {
            Raw::Bytes(bytes) => Out::Literal(bytes),
            Raw::Braces(inside) => Out::Value(binding(&inside)?),
        });
    }
    match found.is_empty() {
        true => Err("is empty".into()),
        false => Ok(found),
    }
}

fn binding(inside: &str) -> Result<Binding, String> {
    if inside == "symbol" {
        return Ok(Binding::Symbol);
    }
    if let Some(number) = inside.strip_prefix("field:") {
        let number = number.parse().ok().filter(|number| *number > 0);
        let what = || format!("has {{{inside}}}; fields are counted from 1: {{field:1}}");
        return number.map(Binding::Field).ok_or_else(what);
    }
    let known = NAMES.iter().find(|name| **name == inside);
    known.map(|name| Binding::Named(name)).ok_or_else(|| {
        format!(
            "has {{{inside}}}; values are {{symbol}}, {{field:1}}, {{{}}}",
            NAMES.join("}, {")
        )
    })
}

#[cfg(test)]
mod test {
    use super::*;

    fn said(pattern: &str, bytes: &[u8]) -> Option<Vec<String>> {
        let captures = Pattern::parse(pattern).unwrap().whole(bytes)?;
        Some(
            captures
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        )
    }

    #[test]
    fn patterns_take_what_fits_and_nothing_else() {
        let status = "S{ready:digits1}{ink:digits1}{queue:digits3}{skip:any2}";
        let fits = said(status, b"S10002xx").unwrap();
        assert_eq!(fits, ["ready=1", "ink=0", "queue=002"]);
        for other in [&b"S10002x"[..], b"S10002xxx", b"S1x002xx", b"T10002xx", b""] {
            assert_eq!(said(status, other), None);
        }
        let named = "I{model},{firmware}\\r";
        assert_eq!(said(named, b"IA,,\r").unwrap(), ["model=A", "firmware=,"]);
        assert_eq!(said(named, b"IA\r"), None);
        assert_eq!(said("{n:hex}!", b"0aF!").unwrap(), ["n=0aF"]);
        assert_eq!(said("{n:hex}!", b"!"), None, "one digit at least");
        assert_eq!(said("\\x02{t}\\{\\}", b"\x02\xff{}").unwrap(), ["t=\u{ff}"]);
        let refused = Pattern::parse("\\x15{why:any1}").unwrap();
        assert_eq!(refused.head(b"\x15"), Head::Partly);
        assert_eq!(refused.head(b"\x06"), Head::No);
        let whole = Head::Whole(2, vec![("why".into(), "1".into())]);
        assert_eq!(refused.head(b"\x151S"), whole);
        assert!(refused.is_fixed() && !Pattern::parse("a{b}").unwrap().is_fixed());
    }

    #[test]
    fn mistakes_in_patterns_are_named() {
        for (pattern, part) in [
            ("", "is empty"),
            ("a{b", "without its name and }"),
            ("a}b", "} without its {"),
            ("{}", "without its name"),
            ("{a:digits1", "without its name"),
            ("{a{b}", "without its name"),
            ("\\x2", "two hexadecimal digits"),
            ("\\x+1", "two hexadecimal digits"),
            ("\\q", "unknown escape"),
            ("é", "\\xNN"),
            ("{a:any}", "any5"),
            ("{a:digits99}", "digits3"),
            ("{A}", "small letters"),
            ("{a}{b}", "without an end"),
            ("{a:digits}{skip:any1}", "without an end"),
            ("{a},{a}", "names {a} twice"),
        ] {
            let why = Pattern::parse(pattern).unwrap_err();
            assert!(why.contains(part), "{pattern}: {why}");
        }
        for (pattern, part) in [
            ("{best_before}", "values are {symbol}, {field:1}, {gtin}"),
            ("{field:0}", "counted from 1"),
        ] {
            let why = outgoing(pattern).unwrap_err();
            assert!(why.contains(part), "{pattern}: {why}");
        }
        assert!(literal("{a}").is_err() && literal("\\x02").unwrap() == [2]);
    }
}
