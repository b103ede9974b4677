//! What a description says that cannot all be true: answers that mean two things, values that cannot be told apart, and
//! orders that are the same bytes. PURE.
//!
//! Everything is compared as sets of byte strings, not as texts: a pattern is a row of [`Step`]s, and two of them
//! contradict each other when some bytes fit both.

use super::description::{Description, Outgoing};
use super::pattern::{Binding, Kind, Out, Pattern, Piece};
use super::table::Mistakes;
use std::collections::BTreeMap;
use std::ops::Range;

/// Where what is named so stands in the file.
pub(super) type Places = BTreeMap<String, Range<usize>>;

/// The characters that GS1 allows in serials, lots and other element values beside letters and digits.
const ELEMENT_MARKS: &str = "!\"%&'()*+,-./_:;<=>?";

/// Some bytes, each of which fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set([u64; 4]);

impl Set {
    fn of(fits: impl Fn(u8) -> bool) -> Set {
        let mut set = [0; 4];
        for byte in (0..=u8::MAX).filter(|byte| fits(*byte)) {
            set[usize::from(byte / 64)] |= 1 << (byte % 64);
        }
        Set(set)
    }

    fn meets(self, other: Set) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .any(|(one, other)| one & other != 0)
    }
}

/// One byte of these, or any number of them.
#[derive(Debug, Clone, Copy)]
enum Step {
    One(Set),
    Many(Set),
}

impl Step {
    fn set(self) -> Set {
        match self {
            Step::One(set) | Step::Many(set) => set,
        }
    }
}

fn literal(bytes: &[u8]) -> impl Iterator<Item = Step> {
    bytes
        .iter()
        .map(|byte| Step::One(Set::of(|other| other == *byte)))
}

/// The byte strings that fit a pattern; the end of a part without a length is taken to be anywhere.
fn steps_of(pattern: &Pattern) -> Vec<Step> {
    let mut steps = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Literal(bytes) => steps.extend(literal(bytes)),
            Piece::Capture(_, kind) => {
                let set = Set::of(|byte| kind.fits(byte));
                let least = match kind {
                    Kind::Text => 0,
                    _ => kind.length().unwrap_or(1),
                };
                steps.extend(std::iter::repeat_n(Step::One(set), least));
                if kind.length().is_none() {
                    steps.push(Step::Many(set));
                }
            }
        }
    }
    steps
}

/// How two sets of byte strings lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meet {
    Never,
    /// One of the first begins one of the second, or the other way round.
    Begins,
    /// Some bytes are in both.
    Same,
}

fn meet(one: &[Step], other: &[Step]) -> Meet {
    let mut seen = vec![false; (one.len() + 1) * (other.len() + 1)];
    let mut open = vec![(0, 0)];
    let mut found = Meet::Never;
    while let Some((at, there)) = open.pop() {
        if std::mem::replace(&mut seen[at * (other.len() + 1) + there], true) {
            continue;
        }
        match (one.get(at), other.get(there)) {
            (None, None) => return Meet::Same,
            (None, _) | (_, None) => found = Meet::Begins,
            (Some(first), Some(second)) if first.set().meets(second.set()) => {
                let on = |step: &Step, at: usize| at + usize::from(matches!(step, Step::One(_)));
                open.push((on(first, at), on(second, there)));
            }
            _ => {}
        }
        if let Some(Step::Many(_)) = one.get(at) {
            open.push((at + 1, there));
        }
        if let Some(Step::Many(_)) = other.get(there) {
            open.push((at, there + 1));
        }
    }
    found
}

/// Tells every contradiction with its place.
pub(super) fn find(told: &Description, places: &Places, wrong: &mut Mistakes<'_>) {
    let mut add = |place: &str, text: String| {
        wrong.add(&places.get(place).cloned().unwrap_or(0..0), text);
    };
    frame(told, &mut add);
    replies(told, &mut add);
    codes(told, &mut add);
    values(told, &mut add);
    commands(told, &mut add);
}

fn frame(told: &Description, add: &mut dyn FnMut(&str, String)) {
    let frame = &told.frame;
    let sent = (&frame.begin, &frame.end);
    let heard = (&frame.begin_in, &frame.end_in);
    for ((begin, end), place) in [(sent, "end"), (heard, "end_in")] {
        let both = !begin.is_empty() && !end.is_empty();
        let told = place == "end_in" && heard == sent;
        if both && !told && (begin.starts_with(end) || end.starts_with(begin)) {
            let text = "A frame ends as it begins, so nothing tells one frame from the next; they must differ from \
                        their first byte on.";
            add(place, text.into());
        }
    }
}

/// An answer, what it is called, where it stands, and whether it comes in a frame.
struct Answer {
    steps: Vec<Step>,
    key: &'static str,
    place: String,
    is_framed: bool,
    /// It has no parts: one byte string alone.
    is_literal: bool,
}

fn replies(told: &Description, add: &mut dyn FnMut(&str, String)) {
    let mut answers = Vec::new();
    let asks = [
        ("[status] in", told.status.answer.as_ref()),
        (
            "[identify] in",
            told.identify.as_ref().map(|ask| &ask.answer),
        ),
        (
            "[odometer] in",
            told.odometer.as_ref().map(|ask| &ask.answer),
        ),
    ];
    let mut answer = |pattern: &Pattern, key: &'static str, place: String, is_framed: bool| {
        let pieces = pattern.pieces();
        answers.push(Answer {
            steps: steps_of(pattern),
            key,
            place,
            is_framed,
            is_literal: pieces
                .iter()
                .all(|piece| matches!(piece, Piece::Literal(_))),
        });
    };
    for (key, pattern) in asks {
        if let Some(pattern) = pattern {
            answer(pattern, key, key.to_owned(), true);
        }
    }
    if let Some(told) = &told.answers {
        for (key, patterns) in [
            ("accepted", &told.accepted),
            ("not_now", &told.not_now),
            ("rejected", &told.rejected),
        ] {
            for (number, pattern) in patterns.iter().enumerate() {
                answer(pattern, key, format!("{key} {number}"), told.is_framed);
            }
        }
    }
    for (number, second) in answers.iter().enumerate() {
        for first in &answers[..number] {
            if let Some(text) = two_meanings(told, first, second) {
                add(&second.place, text);
            }
        }
    }
}

fn two_meanings(told: &Description, first: &Answer, second: &Answer) -> Option<String> {
    let (one, other) = (first.key, second.key);
    if first.is_framed != second.is_framed {
        // Bytes without a frame must not look like the beginning of one.
        let (bare, framed) = match first.is_framed {
            true => (second, first),
            false => (first, second),
        };
        let plain = Set::of(|byte| byte >= b' ');
        let all = Set::of(|_| true);
        // A text may be anything, and begins with no control character.
        let body = framed.steps.iter().map(|step| match step {
            Step::Many(set) if *set == all => Step::Many(plain),
            step => *step,
        });
        let begin: Vec<Step> = literal(&told.frame.begin_in).chain(body).collect();
        return (meet(&bare.steps, &begin) != Meet::Never).then(|| {
            format!(
                "An answer that fits {other} may begin as one that fits {one} does; let the one without a frame begin \
                 with another byte."
            )
        });
    }
    match meet(&first.steps, &second.steps) {
        Meet::Same if one == other => None,
        // The few that are named stand before all others that the printer refuses with.
        Meet::Same
            if (one, other) == ("not_now", "rejected")
                && first.is_literal
                && !second.is_literal =>
        {
            None
        }
        Meet::Same => Some(format!(
            "The same answer fits {one} and {other}, so it means two things; give each its own, with what tells them \
             apart written out."
        )),
        Meet::Begins if !first.is_framed => Some(format!(
            "Of an answer that fits {one} and one that fits {other} the shorter begins the longer, and is never told \
             from it; write both out to the same length."
        )),
        _ => None,
    }
}

/// A character as it is written.
fn code(told: &Description, c: char) -> Option<String> {
    let values = &told.values;
    match values.escapes.get(&c) {
        Some(escaped) => Some(escaped.clone()),
        None if (' '..='~').contains(&c) && !values.refused.contains(c) => Some(c.to_string()),
        None => None,
    }
}

/// How every character is written must be told from every other: none begins another.
fn codes(told: &Description, add: &mut dyn FnMut(&str, String)) {
    let values = &told.values;
    for (c, escaped) in &values.escapes {
        let place = format!("escape {c}");
        if values.refused.contains(*c) {
            add(
                &place,
                format!("{c:?} is refused and escaped; take it out of one of the two."),
            );
        }
        if escaped.is_empty() {
            let text = format!(
                "{c:?} would be left out, and two values would print as one; refuse it instead."
            );
            add(&place, text);
            continue;
        }
        let others = (' '..='~').chain(values.escapes.keys().copied());
        let clash = others.filter(|other| other != c).find(|other| {
            let other = code(told, *other);
            other.is_some_and(|other| other.starts_with(escaped) || escaped.starts_with(&other))
        });
        if let Some(other) = clash {
            let text = format!(
                "{c:?} is written {escaped:?}, which cannot be told from {other:?}: two values would print as one; \
                 begin what is written with a character that is itself escaped or refused, as in '~' = '~~'."
            );
            add(&place, text);
        }
        let fnc1 = &values.fnc1;
        if !fnc1.is_empty() && (fnc1.starts_with(escaped) || escaped.starts_with(fnc1)) {
            let text = format!(
                "{c:?} is written {escaped:?}, which cannot be told from fnc1; write it otherwise."
            );
            add(&place, text);
        }
    }
}

/// The characters that a value may have.
fn may_have(binding: Binding, c: char) -> bool {
    let in_element = c.is_ascii_alphanumeric() || ELEMENT_MARKS.contains(c);
    match binding {
        Binding::Named("serial" | "lot") | Binding::Symbol => in_element,
        Binding::Named(_) => c.is_ascii_digit(),
        Binding::Field(_) => true,
    }
}

/// It always has the same length: nothing need tell where it ends.
fn is_fixed(binding: Binding) -> bool {
    matches!(binding, Binding::Named("gtin" | "expiry" | "sscc"))
}

/// The way a character of this value is written that begins with this byte.
fn begun_by(told: &Description, binding: Binding, byte: u8) -> Option<String> {
    let mut chars = (' '..='~').chain(told.values.escapes.keys().copied());
    let letter = chars.find(|c| {
        may_have(binding, *c)
            && code(told, *c).is_some_and(|code| code.as_bytes().first() == Some(&byte))
    });
    let fnc1 = &told.values.fnc1;
    let is_fnc1 = binding == Binding::Symbol && fnc1.as_bytes().first() == Some(&byte);
    letter
        .map(|c| format!("{c:?}"))
        .or(is_fnc1.then(|| "FNC1".to_owned()))
}

/// Where one value ends and the next begins, and what makes one pack's job unlike another's.
fn values(told: &Description, add: &mut dyn FnMut(&str, String)) {
    let orders = &told.orders;
    let numbers = |piece: &Out| {
        matches!(
            piece,
            Out::Value(Binding::Symbol | Binding::Field(_) | Binding::Named("serial" | "sscc"))
        )
    };
    if !orders.job.pieces.iter().any(numbers) {
        let text = "job has nothing that differs from pack to pack, so every pack would carry the same; it needs \
                    {symbol}, {serial}, {sscc} or {field:1}.";
        add("job", text.into());
    }
    for (key, order) in [("job", Some(&orders.job)), ("void", orders.void.as_ref())] {
        let pieces = order.map_or(&[][..], |order| &order.pieces);
        for (place, piece) in pieces.iter().enumerate() {
            let Out::Value(binding) = piece else { continue };
            if is_fixed(*binding) {
                continue;
            }
            let shown = shown(*binding);
            match pieces.get(place + 1) {
                Some(Out::Value(_)) => {
                    let text = format!(
                        "Nothing in {key} tells where {shown} ends; put a separator behind it."
                    );
                    add(key, text);
                }
                Some(Out::Literal(bytes)) => {
                    let byte = bytes.first().copied().unwrap_or_default();
                    if let Some(what) = begun_by(told, *binding, byte) {
                        let mark = char::from(byte);
                        let text = format!(
                            "{key} ends {shown} by {mark:?}, which may stand in the value itself ({what}): a value \
                             would spill into the next; refuse it in [values], or separate by a control character \
                             such as \\x1f."
                        );
                        add(key, text);
                    }
                }
                None if order.is_some_and(|order| order.is_bare) || told.frame.end.is_empty() => {
                    let text = format!(
                        "Nothing tells where {shown} ends in {key}; end it, as by \\r, or frame it."
                    );
                    add(key, text);
                }
                None => {}
            }
        }
    }
}

fn shown(binding: Binding) -> String {
    match binding {
        Binding::Named(name) => format!("{{{name}}}"),
        Binding::Field(number) => format!("{{field:{number}}}"),
        Binding::Symbol => "{symbol}".to_owned(),
    }
}

/// All bytes that this command may be.
fn steps_out(told: &Description, command: &Outgoing) -> Vec<Step> {
    let mut codes = told.values.escapes.values().chain([&told.values.fnc1]);
    let escaped: Vec<u8> = codes.by_ref().flat_map(|code| code.bytes()).collect();
    let mut steps = Vec::new();
    for piece in &command.pieces {
        match piece {
            Out::Literal(bytes) => steps.extend(literal(bytes)),
            Out::Value(binding) => {
                let may = |byte: u8| {
                    let c = char::from(byte);
                    let plain =
                        may_have(*binding, c) && code(told, c).is_some_and(|code| code.len() == 1);
                    plain || escaped.contains(&byte)
                };
                steps.push(Step::Many(Set::of(may)));
            }
        }
    }
    let frame = &told.frame;
    match command.is_bare {
        true => steps,
        false => literal(&frame.begin)
            .chain(steps)
            .chain(literal(&frame.end))
            .collect(),
    }
}

/// No two commands are the same bytes.
fn commands(told: &Description, add: &mut dyn FnMut(&str, String)) {
    let orders = &told.orders;
    let all = [
        ("identify", told.identify.as_ref().map(|ask| &ask.out)),
        ("status", Some(&told.status.out)),
        ("odometer", told.odometer.as_ref().map(|ask| &ask.out)),
        ("before_job", orders.before_job.as_ref()),
        ("clear", Some(&orders.clear)),
        ("once_clear", orders.once_clear.as_ref()),
        ("job", Some(&orders.job)),
        ("void", orders.void.as_ref()),
    ];
    let all: Vec<(&str, Vec<Step>)> = all
        .into_iter()
        .filter_map(|(name, command)| Some((name, steps_out(told, command?))))
        .collect();
    for (number, (second, there)) in all.iter().enumerate() {
        for (first, here) in &all[..number] {
            // How it is may be what is asked before a job, and a label without a number is a job with fewer fields.
            let may = matches!(
                (*first, *second),
                ("status", "before_job") | ("job", "void")
            );
            if !may && meet(here, there) == Meet::Same {
                let text = format!(
                    "{second} may be the same bytes as {first}, and the printer does one thing for both; write \
                     another command."
                );
                add(second, text);
            }
        }
    }
}
