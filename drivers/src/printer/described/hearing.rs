//! What a described printer says: answers from any split of the bytes. PURE.

use super::super::language::{Queue, Reply, Told};
use super::description::{Answers, Description, Meaning, Meanings};
use super::pattern::{Captures, Head, find};
use crate::Fault;

/// Longest answer, and most bytes between two answers.
pub const HEARD_MAX: usize = 512;
/// Bytes of a garbled answer that are kept for its fault.
const SNIPPET_BYTES: usize = 48;

/// Halves of answers.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    heard: Vec<u8>,
    /// Bytes that are part of nothing.
    stray: Vec<u8>,
}

/// What the next bytes are.
enum Next {
    /// More must come first.
    Unsure,
    /// So many bytes are an acknowledgement.
    Acknowledged(usize, Reply),
    /// So many bytes are a frame around a body there.
    Framed(usize, std::ops::Range<usize>),
    /// So many bytes are garbage.
    Garbage(usize),
}

impl Hearing {
    pub fn hear(&mut self, told: &Description, bytes: &[u8], replies: &mut Vec<Reply>) {
        for byte in bytes {
            self.heard.push(*byte);
            while !self.heard.is_empty() && self.step(told, replies) {}
            if self.heard.len() >= HEARD_MAX {
                self.stray.append(&mut self.heard);
            }
            if self.stray.len() >= HEARD_MAX {
                self.garbled(told, replies);
            }
        }
    }

    /// Takes what stands first; `false` when more must come.
    fn step(&mut self, told: &Description, replies: &mut Vec<Reply>) -> bool {
        let (length, reply) = match next(told, &self.heard) {
            Next::Unsure => return false,
            Next::Garbage(length) => {
                self.stray.extend(self.heard.drain(..length));
                if self.stray.ends_with(b"\n") || self.stray.ends_with(b"\r") {
                    self.garbled(told, replies);
                }
                return true;
            }
            Next::Acknowledged(length, reply) => (length, Some(vec![reply])),
            Next::Framed(length, body) => (length, said(told, &self.heard[body])),
        };
        self.garbled(told, replies);
        let frame: Vec<u8> = self.heard.drain(..length).collect();
        match reply {
            Some(said) => replies.extend(said),
            None => {
                self.stray = frame;
                self.garbled(told, replies);
            }
        }
        true
    }

    /// Tells what was part of nothing.
    fn garbled(&mut self, told: &Description, replies: &mut Vec<Reply>) {
        let stray = std::mem::take(&mut self.stray);
        if !told.ignores_extra && !stray.iter().all(u8::is_ascii_whitespace) {
            let shown = &stray[..stray.len().min(SNIPPET_BYTES)];
            replies.push(Reply::Garbled(shown.escape_ascii().to_string()));
        }
    }
}

fn next(told: &Description, heard: &[u8]) -> Next {
    let mut unsure = false;
    if let Some(answers) = told.answers.as_ref().filter(|answers| !answers.is_framed) {
        match acknowledgement_at(answers, heard) {
            (Some((length, reply)), false) => return Next::Acknowledged(length, reply),
            (_, longer) => unsure = longer,
        }
    }
    let frame = &told.frame;
    let begin = &frame.begin_in;
    if heard.len() < begin.len() && begin.starts_with(heard) {
        return Next::Unsure;
    }
    if frame.end_in.is_empty() || !heard.starts_with(begin) {
        return match unsure {
            true => Next::Unsure,
            false => Next::Garbage(1),
        };
    }
    let inside = &heard[begin.len()..];
    let Some(length) = find(inside, &frame.end_in) else {
        // A frame that begins again was half an answer.
        let again = find(inside, begin).filter(|_| !begin.is_empty());
        return again.map_or(Next::Unsure, |at| Next::Garbage(begin.len() + at));
    };
    if let Some(at) = find(&inside[..length], begin).filter(|_| !begin.is_empty()) {
        return Next::Garbage(begin.len() + at);
    }
    let end = begin.len() + length + frame.end_in.len();
    let whole = end + frame.check_length();
    if heard.len() < whole {
        return Next::Unsure;
    }
    let body = begin.len()..begin.len() + length;
    let check = frame.check_of(begin, &heard[body.clone()], &frame.end_in);
    match check.eq_ignore_ascii_case(&heard[end..whole]) {
        true => Next::Framed(whole, body),
        false => Next::Garbage(end),
    }
}

/// The longest acknowledgement that these bytes begin with, and whether a longer one may still come.
fn acknowledgement_at(answers: &Answers, heard: &[u8]) -> (Option<(usize, Reply)>, bool) {
    let mut longest: Option<(usize, Reply)> = None;
    let mut unsure = false;
    for (pattern, reply) in every(answers) {
        match pattern.head(heard) {
            Head::No => {}
            Head::Partly => unsure = true,
            Head::Whole(length, captures) => {
                if longest.as_ref().is_none_or(|(before, _)| *before < length) {
                    longest = Some((length, reply(&captures)));
                }
            }
        }
    }
    (longest, unsure)
}

type Said = fn(&Captures) -> Reply;

/// Every pattern of an acknowledgement, and what it says.
fn every(answers: &Answers) -> impl Iterator<Item = (&super::pattern::Pattern, Said)> {
    let accepted = answers.accepted.iter();
    let not_now = answers.not_now.iter();
    let rejected = answers.rejected.iter();
    let accepted = accepted.map(|pattern| (pattern, (|_| Reply::Accepted) as Said));
    let not_now = not_now.map(|pattern| (pattern, (|_| Reply::NotNow) as Said));
    let rejected = rejected.map(|pattern| (pattern, reason as Said));
    accepted.chain(not_now).chain(rejected)
}

fn reason(captures: &Captures) -> Reply {
    let why = captures.iter().find(|(name, _)| name == "why");
    let why = why.map_or("it says no more", |(_, why)| why);
    Reply::Rejected(why.escape_default().to_string())
}

/// What a body says; `None` when it is no answer.
fn said(told: &Description, body: &[u8]) -> Option<Vec<Reply>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    if let Some(answer) = &told.status.answer
        && let Some(captures) = answer.whole(body)
    {
        return status(told, &captures);
    }
    if let Some(ask) = &told.identify
        && let Some(captures) = ask.answer.whole(body)
    {
        let part = |wanted: &str| {
            let found = captures.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.trim().to_owned())
        };
        return Some(vec![Reply::Identity {
            model: part("model").unwrap_or_default(),
            firmware: part("firmware").unwrap_or_default(),
            dpmm: part("dpmm").and_then(|dpmm| dpmm.parse().ok()),
        }]);
    }
    if let Some(ask) = &told.odometer
        && let Some(captures) = ask.answer.whole(body)
    {
        let (_, labels) = captures.first()?;
        return Some(vec![Reply::Odometer(labels.parse().ok()?)]);
    }
    let answers = told.answers.as_ref().filter(|answers| answers.is_framed)?;
    let fitting = every(answers).find_map(|(pattern, reply)| Some(reply(&pattern.whole(body)?)));
    fitting.map(|reply| vec![reply])
}

fn status(told: &Description, captures: &Captures) -> Option<Vec<Reply>> {
    let mut replies = Vec::new();
    let mut faults = Vec::new();
    let mut count = None;
    let mut is_queued = false;
    let mut means = |meaning: &Meaning| match meaning {
        Meaning::Fine => {}
        Meaning::Queued => is_queued = true,
        Meaning::Hinders(fault) => faults.push(fault.clone()),
    };
    let kinds: Vec<_> = told
        .status
        .answer
        .iter()
        .flat_map(|answer| answer.captures())
        .collect();
    for ((name, value), (_, kind)) in captures.iter().zip(kinds) {
        let unknown = |what: String| {
            Meaning::Hinders(Fault::Device(format!(
                "its status says {name} {what}, which its description does not name"
            )))
        };
        if told.status.odometer.as_ref() == Some(name) {
            replies.push(Reply::Odometer(kind.number(value)?));
        }
        if told.status.queue.as_ref() == Some(name) {
            count = Some(u32::try_from(kind.number(value)?).unwrap_or(u32::MAX));
        }
        match told.status.meanings.get(name) {
            None => {}
            Some(Meanings::Values(values)) => match values.get(value) {
                Some(meaning) => means(meaning),
                None => means(&unknown(format!("{value:?}"))),
            },
            Some(Meanings::Bits(bits)) => {
                let set = kind.number(value)?;
                for bit in (0..u64::BITS).filter(|bit| set >> bit & 1 == 1) {
                    match bits.get(&bit) {
                        Some(meaning) => means(meaning),
                        None => means(&unknown(format!("bit {bit}"))),
                    }
                }
            }
        }
    }
    let queue = match count {
        Some(0) if is_queued => Queue::Busy,
        Some(count) => Queue::Count(count),
        None if is_queued => Queue::Busy,
        None if told.status.tells_queue() => Queue::Idle,
        None => Queue::Untold,
    };
    replies.push(Reply::Status(Told { queue, faults }));
    Some(replies)
}
