//! Rules between events that no schema knows: what happens to a number, in which order, in which parent. PURE.
//!
//! Of each number a fingerprint of 16 bytes is kept with its state and what it is in, 45 to 75 bytes in all, and never
//! its text: ten million numbers take half a gigabyte. Beyond [`NUMBERS_MAX`] nothing is guessed: one finding says that
//! these rules rest.

use super::event::{Action, Event, Kind};
use super::finding::{At, Finding, Findings, Rule, shown};
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
type Print = (u64, u64);

/// The place of a number in [`Checker::things`].
type Index = u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// Seen in a part of a history, or said to be wrong: anything may be true of it.
    Unknown,
    Commissioned,
    Ended,
}

#[derive(Debug, Clone, Copy)]
struct Thing {
    /// What it is in; [`NOWHERE`] for nothing.
    parent: Index,
    /// How often its parent had been emptied as a whole when it was put in: once more and it is out.
    emptied_before: u32,
    /// How often it was emptied as a whole itself.
    emptied: u32,
    life: Life,
}

const NOWHERE: Index = Index::MAX;

/// Looks at events in their order and finds what is wrong between them.
#[derive(Debug)]
pub struct Checker {
    history: History,
    limit: usize,
    numbers: HashMap<Print, Index>,
    things: Vec<Thing>,
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
            numbers: HashMap::new(),
            things: Vec::new(),
            ids: HashSet::new(),
            resting: false,
        }
    }

    /// Takes the next event and says what is wrong with it after all that were before.
    pub fn check(&mut self, event: &Event, place: At) -> Vec<Finding> {
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
            self.numbers = HashMap::new();
            self.things = Vec::new();
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
                    self.thing(id).life = Life::Ended;
                }
                None => {}
            }
        }
    }

    /// The place of a number, which begins to be known if it was not.
    fn index(&mut self, id: &Identifier) -> Index {
        let next = Index::try_from(self.things.len()).expect("the limit is far below");
        let index = *self.numbers.entry(print_of(id)).or_insert(next);
        if index == next {
            self.things.push(Thing {
                parent: NOWHERE,
                emptied_before: 0,
                emptied: 0,
                life: Life::Unknown,
            });
        }
        index
    }

    fn thing(&mut self, id: &Identifier) -> &mut Thing {
        let index = self.index(id);
        &mut self.things[index as usize]
    }

    /// A number comes into being.
    fn begin(&mut self, id: &Identifier, findings: &mut Findings) {
        if !lives(id) {
            return;
        }
        let thing = self.thing(id);
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
        let known = self.numbers.contains_key(&print_of(id));
        if !known && self.history == History::Whole {
            findings.add(
                Rule::NotCommissioned,
                format!("{} is not commissioned before.", name(id)),
            );
        }
        if self.thing(id).life == Life::Ended {
            findings.add(
                Rule::Decommissioned,
                format!("{} was decommissioned before.", name(id)),
            );
        }
    }

    /// Anything may be true of this number from here on.
    fn forget(&mut self, id: &Identifier) {
        let thing = self.thing(id);
        thing.life = Life::Unknown;
        thing.parent = NOWHERE;
    }

    fn aggregation(&mut self, event: &Event, findings: &mut Findings) {
        let Some(parent) = &event.parent else {
            return;
        };
        self.used(parent, findings);
        let outer = self.index(parent);
        match event.action {
            Some(Action::Add) => event
                .epcs
                .iter()
                .for_each(|child| self.pack(child, (parent, outer), findings)),
            Some(Action::Delete) if event.epcs.is_empty() && event.quantities.is_empty() => {
                let emptied = &mut self.things[outer as usize].emptied;
                *emptied = emptied.wrapping_add(1);
            }
            Some(Action::Delete) => event
                .epcs
                .iter()
                .for_each(|child| self.unpack(child, (parent, outer), findings)),
            _ => event
                .epcs
                .iter()
                .for_each(|child| self.used(child, findings)),
        }
    }

    /// What a thing is in.
    fn parent(&self, thing: Index) -> Option<Index> {
        let thing = self.things[thing as usize];
        let parent = self.things.get(thing.parent as usize)?;
        (parent.emptied == thing.emptied_before).then_some(thing.parent)
    }

    fn pack(
        &mut self,
        child: &Identifier,
        (parent, outer): (&Identifier, Index),
        findings: &mut Findings,
    ) {
        self.used(child, findings);
        let inner = self.index(child);
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
        if above.is_some() {
            let text = format!(
                "{} would stand more than {LEVELS_MAX} levels deep.",
                name(child)
            );
            return findings.add(Rule::Cycle, text);
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
        let emptied = self.things[outer as usize].emptied;
        let thing = &mut self.things[inner as usize];
        (thing.parent, thing.emptied_before) = (outer, emptied);
    }

    fn unpack(
        &mut self,
        child: &Identifier,
        (parent, outer): (&Identifier, Index),
        findings: &mut Findings,
    ) {
        self.used(child, findings);
        let inner = self.index(child);
        let elsewhere = match self.parent(inner) {
            Some(there) => there != outer,
            None => self.history == History::Whole && lives(child),
        };
        if elsewhere {
            let text = format!("{} is not in {}.", name(child), name(parent));
            return findings.add(Rule::NotPacked, text);
        }
        self.things[inner as usize].parent = NOWHERE;
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
    let half = |from: usize| {
        u64::from_be_bytes(
            hash[from..from + 8]
                .try_into()
                .expect("a SHA-256 has 32 bytes"),
        )
    };
    (half(0), half(8))
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
