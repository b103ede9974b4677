//! Scan points: what a reader at the belt reads on containers becomes an order, as if a person had scanned it; it
//! waits, is judged against everything on record and answered like any other (`packing`).
//!
//! At the lowest level above the pack the container whose label was read is closed. At the others a closed container of
//! a level below is put into the open one, which is begun when there is none, and a container's own label closes it. At
//! pack level, behind all lanes, each pack that is read is put into the open container of the first level. What is full
//! then gets its label, or is closed where it has none.
//!
//! ```text
//! reader ──texts──▶ one label ──order──▶ PackingDesk ──Packaged──▶ line ──▶ disk ──▶ answer, or alarm
//! ```

use super::StationError;
use super::orders::Done;
use super::packing::{PackingDesk, Scanned, Waiting};
use super::run::Message;
use crate::config::{Config, Point, PointKind};
use crate::line::Event;
use crate::packaging::UnitCode;
use crate::record::{Actor, Level, PointId};
use crate::wire::PackagingOrder;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};
use vidimus_drivers::address::Address;
use vidimus_drivers::pump::{self, Clock, PumpHandle};
use vidimus_drivers::reader::session::ReaderSession;
use vidimus_drivers::reader::{ReaderCommand, ReaderEvent};
use vidimus_drivers::{Fault, Known};

/// How long further bar codes of a label are waited for after its first.
pub const LABEL_WAIT: Duration = Duration::from_millis(300);
/// Most bar codes of one label; with one more it is complete, and the next begins.
pub const LABEL_CODES_MAX: usize = 16;
/// Most labels of a point that wait to be judged.
pub const LABELS_WAITING_MAX: usize = 16;
/// Most packs of a point that wait to be judged: more than come while the disk takes its time.
pub const PACKS_WAITING_MAX: usize = 256;
/// How long a pack that was read may wait for the gate's word that it passed: the PLC is asked once a cycle, and what
/// it says goes to the disk first.
pub const GATE_WAIT: Duration = Duration::from_secs(2);

/// A link that lived so long is good: what hindered it before is over. One that is dropped again and again never is.
const GOOD_LINK: Duration = Duration::from_secs(2);

/// Bar codes that were read, as the labels on which they stand.
#[derive(Debug, Default)]
struct Labels {
    /// Each code is a label of its own: packs come one after the other.
    singly: bool,
    codes: Vec<String>,
    since: Option<Instant>,
    whole: VecDeque<Label>,
}

/// One label, with the moment of its first bar code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    since: Instant,
    codes: Vec<String>,
}

impl Labels {
    /// A bar code was read; the error says why it is lost.
    fn take(&mut self, now: Instant, code: String) -> Result<(), String> {
        let other = named(&self.codes)
            .is_some_and(|one| named(std::slice::from_ref(&code)).is_some_and(|two| one != two));
        if other || self.codes.len() >= LABEL_CODES_MAX {
            self.end()?;
        }
        self.since.get_or_insert(now);
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
        match self.singly {
            true => self.end(),
            false => Ok(()),
        }
    }

    /// Time went by: a label of which nothing more comes is whole.
    fn look(&mut self, now: Instant) -> Result<(), String> {
        let over = |since: Instant| now.saturating_duration_since(since) >= LABEL_WAIT;
        match self.since.is_some_and(over) {
            true => self.end(),
            false => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let since = self.since.take();
        let codes = std::mem::take(&mut self.codes);
        let most = match self.singly {
            true => PACKS_WAITING_MAX,
            false => LABELS_WAITING_MAX,
        };
        if self.whole.len() >= most {
            return Err(format!(
                "{} was not looked at: {most} labels wait already. Scan it again.",
                codes.join(" ")
            ));
        }
        let label = since.map(|since| Label { since, codes });
        self.whole.extend(label);
        Ok(())
    }
}

/// What container the bar codes name, and by which of them.
fn named(codes: &[String]) -> Option<(&String, UnitCode)> {
    codes
        .iter()
        .find_map(|code| Some((code, UnitCode::of(code).ok()?)))
}

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

struct ScanPoint {
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
    /// The container that was handled last: a reader may read it again while it stands there.
    done: Option<UnitCode>,
    refused: Vec<String>,
}

/// The scan points of a station.
pub struct ScanPoints {
    points: Vec<ScanPoint>,
    pumps: Vec<PumpHandle<ReaderCommand>>,
    told: Option<String>,
}

impl ScanPoints {
    /// Starts one pump a scan point; everything their readers say goes to `inbox`.
    ///
    /// # Errors
    /// A reader's pump cannot start.
    pub fn start(
        config: &Config,
        packing: &PackingDesk,
        clock: Clock,
        inbox: &SyncSender<Message>,
    ) -> Result<ScanPoints, StationError> {
        let (mut points, mut pumps) = (Vec::new(), Vec::new());
        for (place, point) in config.points.iter().enumerate() {
            if point.kind != PointKind::Scan {
                continue;
            }
            pumps.push(start_pump(
                config,
                point,
                points.len(),
                clock,
                inbox.clone(),
            )?);
            let packs = point.level == crate::config::Level::Pack;
            let named = match packs {
                true => packing.level_name(Level(1)),
                false => Some(point.level.word().to_owned()),
            };
            let into = named.and_then(|name| Some((packing.level(&name)?, name)));
            let into = into.ok_or_else(|| {
                let name = point.level.word();
                StationError::Device(format!(
                    "There is no [[level]] for the point at {name} level."
                ))
            })?;
            points.push(ScanPoint {
                point: PointId(place as u16 + 1),
                name: point.name.clone(),
                level: if packs { Level(0) } else { into.0 },
                into,
                link: None,
                hindrance: None,
                silent: false,
                labels: Labels {
                    singly: packs,
                    ..Labels::default()
                },
                under_way: None,
                begun: false,
                done: None,
                refused: Vec::new(),
            });
        }
        Ok(ScanPoints {
            points,
            pumps,
            told: None,
        })
    }

    /// What the reader of this point said.
    pub fn hear(&mut self, place: usize, event: ReaderEvent) {
        if let Some(point) = self.points.get_mut(place) {
            point.hear(event);
        }
    }

    /// Gives orders, and hears what came of those before; what the line must know of it.
    pub fn work(&mut self, packing: &mut PackingDesk) -> Vec<Event> {
        let mut events = Vec::new();
        for point in &mut self.points {
            point.work(Instant::now(), packing);
            let refused = std::mem::take(&mut point.refused);
            events.extend(refused.into_iter().map(Event::ScanRefused));
        }
        let hindered: Vec<String> = self.points.iter().filter_map(ScanPoint::hindered).collect();
        let hindered = (!hindered.is_empty()).then(|| hindered.join(" "));
        if hindered != self.told {
            self.told = hindered.clone();
            events.push(Event::ReadersHindered(hindered));
        }
        events
    }

    /// Stops all pumps.
    pub fn stop(self) {
        self.pumps.iter().for_each(PumpHandle::stop);
        for pump in self.pumps {
            pump.join();
        }
    }
}

fn start_pump(
    config: &Config,
    point: &Point,
    place: usize,
    clock: Clock,
    inbox: SyncSender<Message>,
) -> Result<PumpHandle<ReaderCommand>, StationError> {
    let reader = config
        .readers
        .iter()
        .find(|reader| reader.name == point.device);
    let found = reader.and_then(|reader| {
        let Ok(Address::Reader { link, .. }) = reader.address.parse() else {
            return None;
        };
        Some((reader.settings()?, link))
    });
    let Some((settings, link)) = found else {
        let text = format!("{} has no reader with a reader's address.", point.name);
        return Err(StationError::Device(text));
    };
    let emit = move |event| {
        let _ = inbox.send(Message::Reader(place, event)); // the loop is gone: nobody listens any more
    };
    let pump = pump::spawn_bytes(ReaderSession::new(settings), link, clock, emit);
    pump.map_err(|error| StationError::Io {
        what: format!("The pump of the reader at {} cannot start", point.name),
        error,
    })
}

impl ScanPoint {
    fn refuse(&mut self, why: &str) {
        self.refused.push(format!("{}: {why}", self.name));
    }

    fn hindered(&self) -> Option<String> {
        let silent = self.silent.then_some("it does not answer");
        let why = self.hindrance.as_deref().or(silent)?;
        Some(format!("{}: {why}.", self.name))
    }

    fn hear(&mut self, event: ReaderEvent) {
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
                    Ok(text) => self.labels.take(Instant::now(), id + &text),
                    Err(_) => Err("what was read is no text".to_owned()),
                };
                if let Err(why) = taken {
                    self.refuse(&why);
                }
            }
            ReaderEvent::Identified { .. } | ReaderEvent::Warning(_) => {}
        }
    }

    fn work(&mut self, now: Instant, packing: &mut PackingDesk) {
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
        while self.under_way.is_none() {
            let Some(label) = self.labels.whole.front().cloned() else {
                return;
            };
            match self.order(&label.codes, packing) {
                Ok(Next::Order(order, purpose)) => self.give(order, purpose, packing),
                Ok(Next::DoneBefore) => self.over(false),
                Ok(Next::Wait) if now.saturating_duration_since(label.since) < GATE_WAIT => return,
                Ok(Next::Wait) => {
                    let why = "was read, and the gate never said that it passed";
                    self.refuse(&format!("{} {why}", label.codes.join(" ")));
                    self.over(false);
                }
                Err(why) => {
                    self.refuse(&why);
                    self.over(false);
                }
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
                    Ok(Some(order)) => self.give(order, Purpose::Follow, packing),
                    Ok(None) => {}
                    Err(why) => self.refuse(&why),
                }
            }
            (Purpose::Close, Ok(_)) => self.over(true),
            (Purpose::Follow, Ok(_)) => {}
            (Purpose::Follow, Err(why)) => self.refuse(&why),
            (_, Err(why)) => {
                self.refuse(&why);
                self.over(false);
            }
        }
    }

    /// The label in front was dealt with.
    fn over(&mut self, done: bool) {
        self.begun = false;
        if let Some(label) = self.labels.whole.pop_front().filter(|_| done) {
            self.done = named(&label.codes).map(|(_, code)| code);
        }
    }

    /// What follows from a label.
    fn order(&self, label: &[String], packing: &PackingDesk) -> Result<Next, String> {
        let Some((scan, code)) = named(label) else {
            let what = match self.level {
                Level(0) => "pack",
                _ => "container",
            };
            return Err(format!("{} names no {what}", label.join(" ")));
        };
        if self.done.as_ref() == Some(&code) {
            return Ok(Next::DoneBefore);
        }
        if self.level == Level(0) {
            return match packing.has_passed(scan)? {
                true => self.put(scan, packing),
                false => Ok(Next::Wait),
            };
        }
        match packing.scanned(self.level, scan)? {
            Scanned::OwnLabel => {
                let close = PackagingOrder::Close {
                    container: scan.clone(),
                    labels: label.to_vec(),
                    seen: None,
                    partial: false,
                };
                Ok(Next::Order(close, Purpose::Close))
            }
            Scanned::Content if self.level == Level(1) => {
                Err(format!("{code} is not of this point's level"))
            }
            Scanned::Content => self.put(scan, packing),
        }
    }

    /// Into the open container, which is begun where there is none.
    fn put(&self, scan: &str, packing: &PackingDesk) -> Result<Next, String> {
        let (level, name) = &self.into;
        match (packing.open_at(*level)?, self.begun) {
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

    fn give(&mut self, order: PackagingOrder, purpose: Purpose, packing: &mut PackingDesk) {
        let (answer, heard) = sync_channel(1);
        self.under_way = Some(UnderWay { heard, purpose });
        packing.take(Waiting {
            by: Actor::Station,
            signature: None,
            reason: None,
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
    /// It is the one that was dealt with last.
    DoneBefore,
    /// Not yet: the gate has not spoken of it.
    Wait,
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn packs_are_labels_of_their_own_and_bounded() {
        let now = Instant::now();
        let mut labels = Labels {
            singly: true,
            ..Labels::default()
        };
        for pack in 0..PACKS_WAITING_MAX {
            assert_eq!(labels.take(now, format!("pack {pack}")), Ok(()));
        }
        assert_eq!(labels.whole.len(), PACKS_WAITING_MAX);
        let lost = labels.take(now, "one more".to_owned());
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
    }

    const CASE: &str = "]C100395212340000000014";
    const OTHER: &str = "]C100395212340000000021";
    const CONTENT: &str = "]C1020950600013435237 50";

    #[test]
    fn bar_codes_read_together_are_one_label_and_another_container_begins_the_next() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        for code in [CONTENT, CASE, CASE] {
            assert_eq!(labels.take(now, code.to_owned()), Ok(()));
        }
        assert_eq!(
            labels.look(now + LABEL_WAIT - Duration::from_millis(1)),
            Ok(())
        );
        assert!(labels.whole.is_empty(), "more may come");
        assert_eq!(labels.take(now, OTHER.to_owned()), Ok(()));
        let told = |labels: &Labels| -> Vec<Vec<String>> {
            labels
                .whole
                .iter()
                .map(|label| label.codes.clone())
                .collect()
        };
        assert_eq!(told(&labels), [[CONTENT, CASE]]);
        assert_eq!(labels.look(now + LABEL_WAIT), Ok(()));
        assert_eq!(told(&labels), [vec![CONTENT, CASE], vec![OTHER]]);
        assert_eq!(
            named(&labels.whole[0].codes).map(|(scan, _)| scan.as_str()),
            Some(CASE)
        );
        assert!(named(&[CONTENT.to_owned()]).is_none());
    }

    #[test]
    fn labels_and_their_bar_codes_are_bounded_and_what_is_lost_is_said() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        for code in 0..LABEL_CODES_MAX {
            assert_eq!(labels.take(now, format!("no {code}")), Ok(()));
        }
        assert!(labels.whole.is_empty());
        assert_eq!(labels.take(now, "one more".to_owned()), Ok(()));
        assert_eq!(labels.whole.len(), 1);
        for label in 1..LABELS_WAITING_MAX {
            let at = now + LABEL_WAIT * label as u32;
            assert_eq!(labels.look(at), Ok(()));
            assert_eq!(labels.take(at, format!("label {label}")), Ok(()));
        }
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
        let lost = labels.look(now + LABEL_WAIT * LABELS_WAITING_MAX as u32);
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
    }
}
