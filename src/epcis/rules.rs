//! Rules between events that no schema knows: what happens to a number, in which order, in which parent. PURE.
//!
//! Of each number a fingerprint of 16 bytes is kept with its state, some 40 bytes in all, and never its text: ten million
//! numbers take about half a gigabyte. Beyond [`NUMBERS_MAX`] nothing is guessed: one finding says that these rules rest.

use super::event::{Action, Event, Kind};
use super::finding::{Finding, Findings, Place, Rule, shown};
use super::identifier::{Identifier, IdentifierStyle, Key};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// Numbers, and event ids, that a [`Checker`] keeps in mind.
pub const NUMBERS_MAX: usize = 10_000_000;

/// Deepest containment that is followed; more levels than any packaging has.
const LEVELS_MAX: usize = 16;

/// What the events show of the lives of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// All of it: a number that is not commissioned here is not commissioned.
    Whole,
    /// A part: numbers may come from elsewhere, and what they did before is not known.
    Part,
}

/// Stands for a number; two numbers have different ones for all purposes (128 bits of SHA-256).
type Print = u128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// Seen in a part of a history, or said to be wrong: anything may be true of it.
    Unknown,
    Commissioned,
    Ended,
}

#[derive(Debug, Clone, Copy)]
struct Thing {
    life: Life,
    /// What it is in, and how often that had been emptied when it was put in.
    parent: Option<(Print, u32)>,
    /// How often it was emptied as a whole.
    emptied: u32,
}

/// Looks at events in their order and finds what is wrong between them.
#[derive(Debug)]
pub struct Checker {
    history: History,
    limit: usize,
    things: HashMap<Print, Thing>,
    ids: HashSet<Print>,
    /// The limit was reached and said.
    resting: bool,
}

impl Checker {
    /// A checker that has seen nothing.
    pub fn new(history: History) -> Checker {
        Checker::with_limit(history, NUMBERS_MAX)
    }

    /// A checker that keeps so many numbers in mind.
    pub fn with_limit(history: History, limit: usize) -> Checker {
        Checker {
            history,
            limit,
            things: HashMap::new(),
            ids: HashSet::new(),
            resting: false,
        }
    }

    /// Takes the next event and says what is wrong with it after all that were before.
    pub fn check(&mut self, event: &Event, place: Place) -> Vec<Finding> {
        let mut findings = Findings::of(place);
        parent_named(event, &mut findings);
        self.once(event, &mut findings);
        if self.resting {
            return findings.list;
        }
        match (event.kind, &event.error) {
            // The same event again, to say that it was wrong: nothing is known of its numbers any more.
            (_, Some(_)) => {
                for id in event.parent.iter().chain(&event.epcs).chain(&event.outputs) {
                    self.forget(id);
                }
            }
            (Kind::Object, None) => self.object(event, &mut findings),
            (Kind::Aggregation, None) => self.aggregation(event, &mut findings),
            (Kind::Transformation, None) => {
                event
                    .epcs
                    .iter()
                    .for_each(|id| self.used(id, &mut findings));
                event
                    .outputs
                    .iter()
                    .for_each(|id| self.begin(id, &mut findings));
            }
            // Transactions and associations are made with numbers that are only encoded yet, and with things that have
            // no life here.
            (Kind::Transaction | Kind::Association, None) => {}
        }
        if self.things.len() > self.limit || self.ids.len() > self.limit {
            self.resting = true;
            self.things = HashMap::new();
            self.ids = HashSet::new();
            let text = format!(
                "More than {} numbers or events: what happened before is not kept in mind from here on. Check smaller \
                 documents.",
                self.limit
            );
            findings.add(Rule::TooManyNumbers, text);
        }
        findings.list
    }

    /// Ids of events, and numbers within the lists of one event.
    fn once(&mut self, event: &Event, findings: &mut Findings) {
        if let Some(id) = &event.id
            && !self.resting
            && !self.ids.insert(print(id.as_bytes()))
            && event.error.is_none()
        {
            let text = format!("Another event before it has the id {}.", shown(id));
            findings.add(Rule::EventIdTwice, text);
        }
        for list in [&event.epcs, &event.outputs] {
            let mut seen = HashSet::with_capacity(list.len());
            for id in list.iter().filter(|id| !seen.insert(&id.key)) {
                findings.add(
                    Rule::RepeatedEpc,
                    format!("{} stands twice in one list.", name(id)),
                );
            }
        }
    }

    fn object(&mut self, event: &Event, findings: &mut Findings) {
        for id in &event.epcs {
            match event.action {
                Some(Action::Add) => self.begin(id, findings),
                Some(Action::Observe) => self.used(id, findings),
                Some(Action::Delete) => {
                    self.used(id, findings);
                    if let Some(thing) = self.things.get_mut(&print_of(id)) {
                        thing.life = Life::Ended;
                    }
                }
                None => {}
            }
        }
    }

    /// A number comes into being.
    fn begin(&mut self, id: &Identifier, findings: &mut Findings) {
        if !lives(id) {
            return;
        }
        let thing = self.things.entry(print_of(id)).or_insert(Thing {
            life: Life::Unknown,
            parent: None,
            emptied: 0,
        });
        match thing.life {
            Life::Unknown => thing.life = Life::Commissioned,
            Life::Commissioned => {
                findings.add(
                    Rule::CommissionedTwice,
                    format!("{} is commissioned already.", name(id)),
                );
            }
            Life::Ended => {
                let text = format!("{} was decommissioned and is commissioned again.", name(id));
                findings.add(Rule::Decommissioned, text);
            }
        }
    }

    /// Something happens to a number.
    fn used(&mut self, id: &Identifier, findings: &mut Findings) {
        if !lives(id) {
            return;
        }
        match self.things.get(&print_of(id)).map(|thing| thing.life) {
            None if self.history == History::Whole => {
                findings.add(
                    Rule::NotCommissioned,
                    format!("{} is not commissioned before.", name(id)),
                );
                self.forget(id);
            }
            None => self.forget(id),
            Some(Life::Ended) => {
                findings.add(
                    Rule::Decommissioned,
                    format!("{} was decommissioned before.", name(id)),
                );
            }
            Some(Life::Unknown | Life::Commissioned) => {}
        }
    }

    /// Anything may be true of this number from here on.
    fn forget(&mut self, id: &Identifier) {
        if lives(id) {
            let thing = self.things.entry(print_of(id)).or_insert(Thing {
                life: Life::Unknown,
                parent: None,
                emptied: 0,
            });
            thing.life = Life::Unknown;
            thing.parent = None;
        }
    }

    fn aggregation(&mut self, event: &Event, findings: &mut Findings) {
        let Some(parent) = &event.parent else {
            return;
        };
        self.used(parent, findings);
        match event.action {
            Some(Action::Add) => event
                .epcs
                .iter()
                .for_each(|child| self.pack(child, parent, findings)),
            Some(Action::Delete) if event.epcs.is_empty() && event.quantities.is_empty() => {
                if let Some(thing) = self.things.get_mut(&print_of(parent)) {
                    thing.emptied = thing.emptied.wrapping_add(1);
                }
            }
            Some(Action::Delete) => event
                .epcs
                .iter()
                .for_each(|child| self.unpack(child, parent, findings)),
            _ => event
                .epcs
                .iter()
                .for_each(|child| self.used(child, findings)),
        }
    }

    /// What a thing is in.
    fn parent(&self, thing: Print) -> Option<Print> {
        let (parent, emptied) = self.things.get(&thing)?.parent?;
        let now = self.things.get(&parent).map_or(0, |parent| parent.emptied);
        (now == emptied).then_some(parent)
    }

    fn pack(&mut self, child: &Identifier, parent: &Identifier, findings: &mut Findings) {
        self.used(child, findings);
        let (inner, outer) = (print_of(child), print_of(parent));
        let mut above = Some(outer);
        for _ in 0..LEVELS_MAX {
            match above {
                Some(one) if one == inner => {
                    let text = format!(
                        "{} would contain itself by way of {}.",
                        name(child),
                        name(parent)
                    );
                    return findings.add(Rule::Cycle, text);
                }
                Some(one) => above = self.parent(one),
                None => break,
            }
        }
        match self.parent(inner) {
            Some(there) if there == outer => {
                let text = format!("{} is in {} already.", name(child), name(parent));
                return findings.add(Rule::AlreadyPacked, text);
            }
            Some(_) => {
                let text = format!(
                    "{} is in another parent: it moves by unpacking and packing.",
                    name(child)
                );
                return findings.add(Rule::AlreadyPacked, text);
            }
            None => {}
        }
        let emptied = self.things.get(&outer).map_or(0, |parent| parent.emptied);
        if let Some(thing) = self.things.get_mut(&inner) {
            thing.parent = Some((outer, emptied));
        }
    }

    fn unpack(&mut self, child: &Identifier, parent: &Identifier, findings: &mut Findings) {
        self.used(child, findings);
        let (inner, outer) = (print_of(child), print_of(parent));
        let elsewhere = match self.parent(inner) {
            Some(there) => there != outer,
            None => self.history == History::Whole && lives(child),
        };
        if elsewhere {
            let text = format!("{} is not in {}.", name(child), name(parent));
            return findings.add(Rule::NotPacked, text);
        }
        if let Some(thing) = self.things.get_mut(&inner) {
            thing.parent = None;
        }
    }
}

/// An aggregation that changes something, and every association, names its parent.
fn parent_named(event: &Event, findings: &mut Findings) {
    let changes = matches!(event.action, Some(Action::Add | Action::Delete));
    let needed = match event.kind {
        Kind::Aggregation => changes || event.epcs.is_empty() && event.quantities.is_empty(),
        Kind::Association => true,
        _ => false,
    };
    if needed && event.parent.is_none() {
        findings.add(
            Rule::NoParent,
            format!("{} needs parentID.", event.kind.name()),
        );
    }
}

/// Whether an identifier is one thing that is commissioned before anything else: a trade item or a logistic unit.
fn lives(id: &Identifier) -> bool {
    matches!(id.key, Key::Sgtin { .. } | Key::Sscc(_))
}

fn name(id: &Identifier) -> String {
    shown(&id.uri(IdentifierStyle::default()))
}

fn print(bytes: &[u8]) -> Print {
    let hash = Sha256::digest(bytes);
    u128::from_be_bytes(hash[..16].try_into().expect("a SHA-256 has 32 bytes"))
}

/// One key, one fingerprint, however it was written.
fn print_of(id: &Identifier) -> Print {
    use std::fmt::Write;
    let mut text = String::with_capacity(48);
    let written = match &id.key {
        Key::Sgtin { gtin, serial } => write!(text, "01{gtin}21{serial}"),
        Key::Lgtin { gtin, lot } => write!(text, "01{gtin}10{lot}"),
        Key::Gtin(gtin) => write!(text, "01{gtin}"),
        Key::Sscc(sscc) => write!(text, "00{sscc}"),
        Key::Sgln { gln, extension } => match extension {
            Some(extension) => write!(text, "414{gln}254{extension}"),
            None => write!(text, "414{gln}"),
        },
        Key::Pgln(gln) => write!(text, "417{gln}"),
        Key::Other(uri) => write!(text, " {uri}"),
    };
    written.expect("a string takes any text");
    print(text.as_bytes())
}
