//! One scan point: what its reader says, and what follows from each label.

use super::labels::{Label, Labels, Printed, named, shown_all};
use crate::line::Line;
use crate::line::stacking::Turn;
use crate::packaging::UnitCode;
use crate::record::{Actor, Level, PointId, Unit};
use crate::station::orders::Done;
use crate::station::packing::{BehindGate, PackingDesk, Scanned, Waiting};
use crate::wire::{DeviceState, DeviceView, PackagingOrder};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use vidimus_drivers::reader::ReaderEvent;
use vidimus_drivers::{Fault, Known};

/// How long what was read may wait for the word of what it passed before, a pack for its gate and a container for the
/// reader that closes it: the PLC is asked once a cycle, and everything goes to the disk first.
pub const PASSED_WAIT: Duration = Duration::from_secs(2);

/// How long after the records had no such word yet they are asked again.
const PASSED_PAUSE: Duration = Duration::from_millis(20);

/// A reader sees what stands before it again and again, each time within this from the time before. On a belt, what
/// comes later with the same label is another container.
pub const STANDS_WAIT: Duration = Duration::from_millis(400);

/// Most labels that a point remembers, to know those that come a second time.
pub const DONE_MAX: usize = 64;

/// A link that lived so long is good: what hindered it before is over. One that is dropped again and again never is.
const GOOD_LINK: Duration = Duration::from_secs(2);

/// What an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    /// It begins the container that the label in front is then put into.
    Begin,
    /// It puts what the label in front names into this container.
    Put(String),
    /// It closes the container of the label in front.
    Close,
    /// It follows from a container that is full.
    Follow,
}

/// An order that was given and not answered yet.
struct UnderWay {
    heard: Receiver<Done>,
    purpose: Purpose,
}

/// A scan point and what is under way there.
pub struct ScanPoint {
    point: PointId,
    name: String,
    /// Of the containers whose labels are read; 0: of packs.
    level: Level,
    /// The level of the containers that things are put into, and its name.
    into: (Level, String),
    /// Since when its link is up.
    link: Option<Instant>,
    hindrance: Option<String>,
    silent: bool,
    labels: Labels,
    under_way: Option<UnderWay>,
    /// A container was begun for the label in front.
    begun: bool,
    /// What was handled here, the last one last, and when it was last read.
    done: VecDeque<(UnitCode, Instant)>,
    /// Containers that are full and have no label: orders to close them.
    follow: VecDeque<PackagingOrder>,
    /// The label in front waits for what it passed before; the records are looked at again then.
    look_again: Option<Instant>,
    /// Everything passes here in the order in which it came to be, and lies in its container whatever is read.
    in_order: bool,
    /// What goes into a container here and stands in front, with its name.
    in_hand: Option<(Unit, String)>,
    refused: Vec<String>,
    strange: Vec<String>,
    doubled: Vec<String>,
    overtook: Vec<Unit>,
    not_packed: Vec<NotPacked>,
}

/// What a scan point has to tell since it was asked last.
#[derive(Debug, Default)]
pub struct Told {
    /// What was refused, as sentences.
    pub refused: Vec<String>,
    /// What must not be behind the gates and is, as sentences.
    pub strange: Vec<String>,
    /// Labels that came by twice, as sentences.
    pub doubled: Vec<String>,
    /// What was read while others before it were not.
    pub overtook: Vec<(PointId, Unit)>,
    /// What could not be put on record.
    pub not_packed: Vec<NotPacked>,
}

/// What goes into a container and could not be put on record.
#[derive(Debug)]
pub struct NotPacked {
    /// Which.
    pub unit: Unit,
    /// What people know it by.
    pub name: String,
    /// Where and why, as a sentence.
    pub why: String,
}

impl ScanPoint {
    /// A point of this number and name where labels of `level` are read (0: packs) and things are put into containers
    /// of the level `into`; `follow` are the orders that a run before this one left to be given.
    pub fn new(
        (point, name): (PointId, String),
        level: Level,
        (into, in_order): ((Level, String), bool),
        follow: Vec<PackagingOrder>,
    ) -> ScanPoint {
        ScanPoint {
            point,
            name,
            level,
            into,
            link: None,
            hindrance: None,
            silent: false,
            labels: Labels::new(level == Level(0)),
            under_way: None,
            begun: false,
            done: VecDeque::new(),
            follow: follow.into(),
            look_again: None,
            in_order,
            in_hand: None,
            refused: Vec::new(),
            strange: Vec::new(),
            doubled: Vec::new(),
            overtook: Vec::new(),
            not_packed: Vec::new(),
        }
    }

    /// Packs are read here.
    pub fn reads_packs(&self) -> bool {
        self.level == Level(0)
    }

    /// What is read is heard.
    pub fn is_ready(&self) -> bool {
        self.link.is_some() && self.hindered().is_none()
    }

    /// What it has to tell.
    pub fn take_told(&mut self) -> Told {
        Told {
            refused: std::mem::take(&mut self.refused),
            strange: std::mem::take(&mut self.strange),
            doubled: std::mem::take(&mut self.doubled),
            overtook: self
                .overtook
                .drain(..)
                .map(|unit| (self.point, unit))
                .collect(),
            not_packed: std::mem::take(&mut self.not_packed),
        }
    }

    fn refuse(&mut self, why: &str) {
        self.refused.push(format!("{}: {why}", self.name));
    }

    /// Nothing comes of the label in front. A good pack lies in its case all the same.
    fn refuse_label(&mut self, why: &str) {
        let front = self.labels.whole.front();
        let together = front.filter(|label| label.codes.len() > 1);
        let why = &match together.map(|label| shown_all(&label.codes)) {
            Some(codes) => format!("{why} (read together as one label: {codes})"),
            None => why.to_owned(),
        };
        match self.in_hand.take() {
            Some((unit, name)) => {
                let why = format!("{}: {why}", self.name);
                self.not_packed.push(NotPacked { unit, name, why });
            }
            None => self.refuse(why),
        }
        self.over(false);
    }

    /// What hinders its reader, as a sentence.
    pub fn hindered(&self) -> Option<String> {
        let silent = self.silent.then_some("it does not answer");
        let why = self.hindrance.as_deref().or(silent)?;
        Some(format!("{}: {why}.", self.name))
    }

    /// How its reader is, for a view.
    pub fn device(&self) -> DeviceView {
        let of = match self.level.0 {
            0 => "packs".to_owned(),
            _ => format!("labels of {}", self.into.1),
        };
        let (state, detail) = match (&self.hindrance, self.silent, self.link) {
            (Some(why), ..) => (DeviceState::Failure, why.clone()),
            (None, true, _) => (DeviceState::Unknown, "it does not answer".to_owned()),
            (None, false, None) => (DeviceState::Unknown, "not heard yet".to_owned()),
            (None, false, Some(_)) => (DeviceState::Ok, format!("reads {of}")),
        };
        DeviceView {
            name: super::device_of(&self.name),
            model: String::new(),
            state,
            detail,
        }
    }

    /// Its reader said something; `printed` tells what was printed for a container.
    pub fn hear(&mut self, event: ReaderEvent, printed: impl Printed) {
        match event {
            ReaderEvent::Link(up) => {
                self.link = up.then(Instant::now);
                if !up {
                    self.silent = false;
                    self.hindrance.get_or_insert("no link".to_owned());
                }
            }
            ReaderEvent::Alive(known) => self.silent = matches!(known, Known::Unknown { .. }),
            ReaderEvent::Fault(fault @ Fault::Garbled(_)) if self.link.is_some() => {
                self.refuse(&fault.to_string());
            }
            ReaderEvent::Fault(fault) => self.hindrance = Some(fault.to_string()),
            ReaderEvent::NoRead { .. } => {
                self.refuse("something passed, and nothing was read on it")
            }
            ReaderEvent::Read(scan) => {
                let id = scan.symbology.map_or_else(String::new, |id| id.to_string());
                let taken = match String::from_utf8(scan.text) {
                    Ok(text) => self.labels.take(Instant::now(), id + &text, printed),
                    Err(_) => Err("what was read is no text".to_owned()),
                };
                if let Err(why) = taken {
                    self.refuse(&why);
                }
            }
            ReaderEvent::Identified { .. } | ReaderEvent::Warning(_) => {}
        }
    }

    /// Gives the orders that follow from what was read, and hears what came of those before.
    pub fn work(&mut self, now: Instant, packing: &mut PackingDesk, line: &Line) {
        if self
            .link
            .is_some_and(|since| now.saturating_duration_since(since) >= GOOD_LINK)
        {
            self.hindrance = None;
        }
        if let Err(why) = self.labels.look(now) {
            self.refuse(&why);
        }
        if let Some(order) = &self.under_way {
            let done = match order.heard.try_recv() {
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => Err("nobody answered; scan it again".to_owned()),
                Ok(done) => done,
            };
            let purpose = order.purpose.clone();
            self.under_way = None;
            self.answered(purpose, done, packing);
        }
        if self.look_again.is_some_and(|at| now < at) {
            return;
        }
        self.look_again = None;
        while self.under_way.is_none() && self.look_again.is_none() {
            if let Some(order) = self.follow.pop_front() {
                self.give((order, None), Purpose::Follow, packing);
                return;
            }
            let Some(label) = self.labels.whole.front().cloned() else {
                return;
            };
            match self.order(&label, packing, line) {
                Ok(next) => self.go_on(next, &label, now, packing),
                Err(why) => self.refuse_label(&why),
            }
        }
    }

    /// Does what is to be done with the label in front.
    fn go_on(&mut self, next: Next, label: &Label, now: Instant, packing: &mut PackingDesk) {
        match next {
            Next::Order(order, purpose) => self.give((order, None), purpose, packing),
            Next::Close(order, why) => self.give((order, why), Purpose::Close, packing),
            Next::DoneBefore => self.over(false),
            Next::Wait(_) if now.saturating_duration_since(label.since) < PASSED_WAIT => {
                self.look_again = Some(now + PASSED_PAUSE);
            }
            Next::Wait(why) => self.refuse_label(&why),
            Next::Held => self.look_again = Some(now + PASSED_PAUSE),
            Next::Strange(what) => {
                self.strange.push(format!("{}: {what}", self.name));
                self.over(false);
            }
            Next::Doubled(what) => {
                self.doubled.push(format!("{}: {what}", self.name));
                self.over(false);
            }
        }
    }

    /// An order was answered.
    fn answered(&mut self, purpose: Purpose, done: Done, packing: &mut PackingDesk) {
        match (purpose, done) {
            (Purpose::Begin, Ok(_)) => self.begun = true,
            (Purpose::Put(into), Ok(_)) => {
                self.over(true);
                match packing.when_full(&into) {
                    Ok(Some(order)) => self.follow.push_back(order),
                    Ok(None) => {}
                    Err(why) => self.refuse(&why),
                }
            }
            (Purpose::Close, Ok(_)) => self.over(true),
            (Purpose::Follow, Ok(_)) => {}
            (Purpose::Follow, Err(why)) => self.refuse(&why),
            (_, Err(why)) => self.refuse_label(&why),
        }
    }

    /// The label in front was dealt with.
    fn over(&mut self, done: bool) {
        self.begun = false;
        self.in_hand = None;
        let Some(label) = self.labels.whole.pop_front().filter(|_| done) else {
            return;
        };
        if let Some((_, code)) = named(&label.codes) {
            let own = code.container();
            self.done.retain(|(known, _)| known.container() != own);
            self.done.push_back((code, label.since));
            let over = self.done.len().saturating_sub(DONE_MAX);
            self.done.drain(..over);
        }
    }

    /// What was handled last stands before the reader still, and is read again.
    fn stands_there(&mut self, code: &UnitCode, now: Instant) -> bool {
        let one_each = self.in_order && !self.reads_packs();
        let Some((_, seen)) = self.done.back_mut().filter(|(known, _)| known.agrees(code)) else {
            return false;
        };
        let stands = !one_each || now.saturating_duration_since(*seen) < STANDS_WAIT;
        if stands {
            *seen = now;
        }
        stands
    }

    /// What follows from a label.
    fn order(&mut self, label: &Label, packing: &PackingDesk, line: &Line) -> Result<Next, String> {
        let (since, label) = (label.since, &label.codes[..]);
        let Some((scan, code)) = named(label) else {
            let what = match self.level {
                Level(0) => "pack",
                _ => "container",
            };
            let read = shown_all(label);
            return Err(match label.len() {
                1 => format!(
                    "{read} names no {what}, and was read alone: scan the whole label again."
                ),
                _ => format!(
                    "none of what was read together names a {what}: scan the whole label again."
                ),
            });
        };
        if self.stands_there(&code, since) {
            return Ok(Next::DoneBefore);
        }
        if self.reads_packs() {
            return self.pack_order(scan, label, packing, line);
        }
        if self.in_order {
            let own = code.container();
            let again = self.done.iter().any(|(known, _)| known.container() == own);
            if let Some(what) = packing.is_through(self.level, &code)?.filter(|_| again) {
                return Ok(Next::Doubled(what));
            }
            self.in_hand = packing.content(self.level, &code)?;
        }
        match packing.scanned(self.level, scan)? {
            Scanned::OwnLabel => {
                if self.in_order {
                    self.in_hand = packing.own(&code)?;
                }
                if self.is_held(line) {
                    return Err(format!(
                        "the label of {code} was read before that of an older one: look which sticks on which."
                    ));
                }
                // Whatever comes of it now, it may be read again.
                self.in_hand = None;
                let early = packing.ended_early(&code)?;
                let close = PackagingOrder::Close {
                    container: scan.clone(),
                    labels: label.to_vec(),
                    seen: None,
                    partial: early.is_some(),
                };
                Ok(Next::Close(close, early))
            }
            Scanned::Content if self.level == Level(1) => {
                Err(format!("{code} is not of this point's level"))
            }
            Scanned::Content if self.is_held(line) => Ok(Next::Held),
            Scanned::Content => self.put(scan, packing),
            Scanned::NotClosed(why) => Ok(Next::Wait(why)),
        }
    }

    /// What follows from a pack that was read behind the gates.
    fn pack_order(
        &mut self,
        scan: &str,
        label: &[String],
        packing: &PackingDesk,
        line: &Line,
    ) -> Result<Next, String> {
        match packing.behind_gate(scan)? {
            BehindGate::Passed(pack) => {
                self.in_hand = Some((Unit::Pack(pack), String::new()));
                match self.is_held(line) {
                    true => Ok(Next::Held),
                    false => self.put(scan, packing),
                }
            }
            BehindGate::NotYet(pack) => {
                self.in_hand = Some((Unit::Pack(pack), String::new()));
                Ok(Next::Wait(format!(
                    "{} was read, and the gate never said that it passed",
                    shown_all(label)
                )))
            }
            // A reader may see once more what stood before it when the station was started.
            BehindGate::Packed(what) if self.done.is_empty() => Err(what),
            BehindGate::Packed(what) | BehindGate::Strange(what) => Ok(Next::Strange(what)),
        }
    }

    /// Others before what is in hand went by unread: it waits until they are on record.
    fn is_held(&mut self, line: &Line) -> bool {
        let Some((unit, _)) = self.in_hand else {
            return false;
        };
        let turn = line.turn(self.point, unit);
        if turn == Turn::Overtakes {
            self.overtook.push(unit);
        }
        turn != Turn::Come
    }

    /// Into the open container, which is begun where there is none.
    fn put(&self, scan: &str, packing: &PackingDesk) -> Result<Next, String> {
        let (level, name) = &self.into;
        match (packing.open_for(*level, scan)?, self.begun) {
            (Some(into), _) => {
                let into = into.to_string();
                let put = PackagingOrder::Put {
                    into: into.clone(),
                    units: vec![scan.to_owned()],
                    seen: None,
                };
                Ok(Next::Order(put, Purpose::Put(into)))
            }
            (None, false) => {
                let begin = PackagingOrder::Begin {
                    level: name.clone(),
                    code: None,
                };
                Ok(Next::Order(begin, Purpose::Begin))
            }
            (None, true) => Err("the container that was begun is gone; scan it again".to_owned()),
        }
    }

    /// Gives an order, with a reason where it needs one.
    fn give(
        &mut self,
        (order, reason): (PackagingOrder, Option<String>),
        purpose: Purpose,
        packing: &mut PackingDesk,
    ) {
        let (answer, heard) = sync_channel(1);
        self.under_way = Some(UnderWay { heard, purpose });
        packing.take(Waiting {
            by: Actor::Station,
            signature: None,
            reason,
            point: Some(self.point),
            order,
            answer: Some(answer),
            since: Instant::now(),
        });
    }
}

/// What is to be done with the label in front.
enum Next {
    /// This order is given.
    Order(PackagingOrder, Purpose),
    /// The container is closed by its label; why, where it is not full.
    Close(PackagingOrder, Option<String>),
    /// It is the one that was dealt with last.
    DoneBefore,
    /// Not yet: what it passed before has not spoken of it; a sentence for when it never does.
    Wait(String),
    /// Not before those that went by unread are on record.
    Held,
    /// It must not be behind the gates; a sentence.
    Strange(String),
    /// A container with this label came by before; a sentence.
    Doubled(String),
}
