//! One world from its beginning to its end. PURE.

use super::check::{self, Violation};
use super::floor::Floor;
use super::letters;
use super::person::{self, Deed, LOOK, Technician};
use super::plant::{Plant, Shared, device_time};
use super::power::Death;
use super::report::Report;
use super::sabotage::{Mistake, Sabotage};
use super::settings;
use super::trace::Trace;
use super::trouble::{Trouble, Troubles};
use crate::config::Config;
use crate::line::{DiskRoom, Event, ReplyTo};
use crate::record::{Actor, NumberSource, Tick};
use crate::serial::NumberList;
use crate::station::desk::Desk;
use crate::station::turn::TURN_PAUSE_MAX;
use crate::store::Reader;
use crate::wire::OperatorCommand;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use vidimus_simulators::belt::Rate;
use vidimus_simulators::factory::LineOptions;
use vidimus_simulators::fault::FaultKind;
use vidimus_simulators::optics::{Noise, Optics};
use vidimus_simulators::printer::{Language, Model};
use vidimus_simulators::random::Random;

/// What world is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Where all chance comes from.
    pub seed: u64,
    /// Packs fed while things go wrong.
    pub packs: u64,
    /// What goes wrong.
    pub troubles: Troubles,
    /// Pictures are photographs, not sketches.
    pub pixels: bool,
    /// What the printer speaks.
    pub printer: Language,
}

/// Belts of worlds, in packs a minute. Below 30 ms from pack to pack the line's third witness, time, is silent
/// ([`crate::line::cadence::INTERVAL_MIN`]), and a trigger and a label lost at the same pack can hide each other.
const RATES: [u32; 4] = [600, 1000, 1500, 1900];

/// Packs fed after everything was healed.
pub const HEALED_PACKS: u64 = 30;

/// As many more where first articles are wanted: while they come, what is behind them on the belt is rejected.
const RUN_IN_PACKS: u64 = 60;

/// Longest time in which a healed line must be through with its packs, beyond what the belt takes for those left over.
const HEALED_MAX: Duration = Duration::from_secs(120);

/// Time for the last batch to be closed.
const CLOSING: Duration = Duration::from_secs(3);

/// How often the factory is looked at while nothing else happens.
const SCAN: Duration = Duration::from_millis(5);

/// Shortest time between two turns for the clock's sake alone.
pub(super) const WAKE_PAUSE: Duration = Duration::from_millis(1);

/// A pass that stands in the PLC is good this long after the station died: stale after 500 ms, and a scan.
const STALE: Duration = Duration::from_millis(560);

/// A world.
pub struct World {
    pub(super) wish: Wish,
    pub(super) config: Config,
    packs_per_min: u32,
    pub(super) interval: Duration,
    pub(super) plant: Shared,
    pub(super) floor: Floor,
    pub(super) desk: Option<Desk>,
    pub(super) back_at: Option<Tick>,
    pub(super) died_at: Option<Tick>,
    pub(super) station_boot: u16,
    pub(super) now: Tick,
    pub(super) last_turn: Tick,
    pub(super) next_mischief: Tick,
    pub(super) next_look: Tick,
    pub(super) technician: Technician,
    /// Faults of the factory that begin or end at a given moment, the earliest last.
    pub(super) ordered: Vec<(Tick, FaultKind, bool)>,
    /// Packs held back from the infeed while the batch is changed.
    pub(super) held_back: u64,
    /// Events of the world itself for the next turn.
    pub(super) own: Vec<Event>,
    pub(super) disk_room_at: Option<Tick>,
    replies: u64,
    pub(super) random: Random,
    pub(super) label_random: Random,
    pub(super) feed_random: Random,
    pub(super) noise: Noise,
    pub(super) optics: Optics,
    /// Coded pictures by the time they are shown, with the camera's counter.
    pub(super) pictures: BTreeMap<(Tick, u64), (u64, Vec<u8>)>,
    pub(super) shown: u64,
    pub(super) account: check::Account,
    pub(super) report: Report,
    trace: Option<Trace>,
}

/// Packs that a line needs for its first articles, where its batches want any.
fn run_in(config: &Config) -> u64 {
    match config.batch.course.first_article {
        0 => 0,
        _ => RUN_IN_PACKS,
    }
}

/// As many more where somebody may have put a label on trial: until it is proven no pack is good.
fn test_prints(troubles: &Troubles) -> u64 {
    match troubles.rate(Trouble::LabelChange) > 0.0 {
        true => RUN_IN_PACKS,
        false => 0,
    }
}

impl World {
    /// A world as wished, at its beginning.
    ///
    /// # Errors
    /// Its store cannot be opened.
    pub fn new(wish: Wish) -> Result<World, String> {
        let mut random = Random::stream(wish.seed, 0x3021D);
        let packs_per_min = RATES[random.below(RATES.len() as u64) as usize];
        let config = settings::config(packs_per_min, wish.seed, wish.printer);
        let options = LineOptions {
            seed: wish.seed,
            rate: Rate::PacksPerMin(packs_per_min),
            faults: wish.troubles.factory.clone(),
            printer: Model::speaking(wish.printer),
            ..LineOptions::default()
        };
        let plant = Rc::new(RefCell::new(Plant::new(options, wish.troubles.clone())));
        let floor = Floor::new(&config, &plant, wish.seed).map_err(|error| error.to_string())?;
        let product = &config.products[0];
        let technician =
            Technician::new(wish.seed, (product.name.clone(), product.gtin), wish.pixels)
                .with_lots(settings::is_lot_only(wish.seed, wish.printer))
                .with_letters(letters::has_letters(wish.printer));
        let optics = Optics::default();
        Ok(World {
            report: Report {
                fed_healed: HEALED_PACKS + run_in(&config) + test_prints(&wish.troubles),
                ..Report::of(&wish, packs_per_min)
            },
            config,
            packs_per_min,
            interval: Duration::from_nanos(60_000_000_000 / u64::from(packs_per_min)),
            plant,
            floor,
            desk: None,
            back_at: Some(Tick(0)),
            died_at: None,
            station_boot: 0,
            now: Tick(0),
            last_turn: Tick(0),
            next_mischief: Tick(0),
            next_look: Tick(0),
            technician,
            ordered: Vec::new(),
            held_back: 0,
            own: Vec::new(),
            disk_room_at: None,
            replies: 0,
            random,
            label_random: Random::stream(wish.seed, 0x1ABE1),
            feed_random: Random::stream(wish.seed, 0xFEED),
            noise: Noise::new(optics.noise, 0),
            optics,
            pictures: BTreeMap::new(),
            shown: 0,
            account: check::Account::default(),
            trace: None,
            wish,
        })
    }

    /// Makes the station make a mistake, for tests of the checkers.
    pub fn sabotage(&mut self, mistake: Mistake) {
        self.floor.sabotage = Some(Sabotage::new(mistake));
    }

    /// Answers questions about the store, also when the world has ended.
    ///
    /// # Errors
    /// There is no connection to be had.
    pub fn reader(&self) -> Result<Reader, String> {
        let reader = self.floor.disk.another_reader();
        reader.map_err(|error| error.to_string())
    }

    /// Has a list taken in as a pool before the station starts; its batches take their numbers from pools then.
    ///
    /// # Errors
    /// The store refuses it.
    pub fn import(&mut self, list: NumberList) -> Result<(), String> {
        self.technician.numbers = NumberSource::Pool;
        let imported = self.floor.disk.import(list);
        imported.map_err(|error| error.to_string())
    }

    /// Has a fault of the factory begin or end at a moment; one that strikes a single pack strikes the next one fed.
    pub fn order_fault(&mut self, at: Tick, kind: FaultKind, on: bool) {
        self.ordered.push((at, kind, on));
        self.ordered.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    }

    /// Writes down what happens, one line an event.
    pub fn trace(&mut self, mut trace: Trace) {
        trace.head(&self.report);
        self.trace = Some(trace);
        self.floor.witness.told = Some(Vec::new());
    }

    /// Lives: packs with troubles, then healed, then the books.
    pub fn live(self) -> Report {
        self.live_while(&|| true).expect("nobody ends it")
    }

    /// The same as long as it `goes_on`; nothing comes of a world that does not.
    pub fn live_while(mut self, goes_on: &dyn Fn() -> bool) -> Option<Report> {
        let packs = self.wish.packs;
        self.plant.borrow_mut().factory.feed(packs);
        // Three times what a sound line takes, and some minutes for people.
        let limit = self.now + self.interval * (3 * packs as u32) + Duration::from_secs(600);
        self.run_until_idle(limit, goes_on)?;
        self.note("people", || "everything is put right".to_owned());
        self.plant.borrow_mut().heal();
        self.floor.disk.heal();
        self.technician.comes_back();
        self.floor.camera_comes_back();
        let good = self.account.good;
        self.plant
            .borrow_mut()
            .factory
            .feed(self.report.fed_healed + self.held_back);
        self.held_back = 0;
        let begun = self.now;
        let through = self.run_until_idle(begun + self.healed_max(), goes_on)?;
        if !through {
            let text = format!(
                "{} s after everything was put right the line is not through with its packs: {}",
                self.now.since(begun).as_secs(),
                self.state()
            );
            self.violation(check::LIVENESS, text);
        } else if self.account.good < good + HEALED_PACKS / 3 {
            let text = format!(
                "of {HEALED_PACKS} packs after everything was put right {} became good",
                self.account.good - good
            );
            self.violation(check::LIVENESS, text);
        }
        if let Some(desk) = self.desk.as_ref().filter(|_| through) {
            let view = desk.line().view(self.now, self.floor.utc_now());
            self.account.healed(&view);
        }
        let tally = self.desk.as_ref().map(|desk| desk.line().tally().clone());
        self.order(person::close(&tally.unwrap_or_default()));
        self.run_for(CLOSING, goes_on)?;
        Some(self.conclude())
    }

    /// How long a line that was put right may take: what is left to be fed from before takes its time.
    fn healed_max(&self) -> Duration {
        let left = self.plant.borrow().factory.to_feed();
        let left = left.saturating_sub(HEALED_PACKS);
        HEALED_MAX + self.interval * (3 * left as u32)
    }

    /// Begins a long run whose packs are counted only, for whoever watches the memory of a station.
    pub fn begin_soak(&mut self) {
        self.account.forgets = true;
        self.plant.borrow_mut().factory.feed(self.wish.packs);
    }

    /// Goes on until so many packs have left in all; how many are in the good bin.
    pub fn soak_until(&mut self, left: u64) -> u64 {
        while self.account.left < left {
            self.step();
        }
        self.account.good
    }

    fn state(&self) -> String {
        match &self.desk {
            None => "the station is away".to_owned(),
            Some(desk) => desk.line().view(self.now, 0).state_text,
        }
    }

    /// Runs until every pack has left and is in the books; `false` when that is not so at the limit, `None` when it
    /// does not go on.
    fn run_until_idle(&mut self, limit: Tick, goes_on: &dyn Fn() -> bool) -> Option<bool> {
        while self.now < limit {
            self.step_while(goes_on)?;
            let empty = !self.plant.borrow().factory.has_work() && self.held_back == 0;
            let booked = self
                .desk
                .as_ref()
                .is_some_and(|desk| desk.line().tally().in_line == 0);
            if empty && booked && self.floor.disk.waiting() == 0 {
                return Some(true);
            }
        }
        Some(false)
    }

    fn run_for(&mut self, time: Duration, goes_on: &dyn Fn() -> bool) -> Option<()> {
        let end = self.now + time;
        while self.now < end {
            self.step_while(goes_on)?;
        }
        Some(())
    }

    fn step_while(&mut self, goes_on: &dyn Fn() -> bool) -> Option<()> {
        self.step();
        goes_on().then_some(())
    }

    /// When something happens next.
    pub(super) fn next_due(&self) -> Tick {
        let wake = self.desk.as_ref().map(|desk| {
            let wake = desk
                .line()
                .next_wake()
                .map(|at| at.max(self.last_turn + WAKE_PAUSE));
            let turn = self.last_turn + TURN_PAUSE_MAX;
            wake.map_or(turn, |at| at.min(turn))
        });
        let floor = self.floor.alive.then(|| self.floor.next_due()).flatten();
        let dues = [
            floor,
            wake,
            self.pictures.first_key_value().map(|((at, _), _)| *at),
            self.back_at,
            self.disk_room_at.filter(|_| self.desk.is_some()),
            Some(self.next_mischief),
            Some(self.next_look),
            Some(self.now + SCAN),
        ];
        let next = dues.into_iter().flatten().min();
        next.map_or(self.now + SCAN, |next| next.max(self.now))
    }

    fn step(&mut self) {
        self.now = self.next_due();
        self.floor.move_to(self.now);
        self.take_pictures();
        self.show_pictures();
        self.beat_for_the_dead();
        if self.back_at.is_some_and(|at| at <= self.now) {
            self.start_station();
        }
        if let Err(why) = self.station_turn() {
            self.violation(check::STORE, why);
            self.die(Death::Restart);
        }
        if self.next_mischief <= self.now {
            self.next_mischief = self.now + self.interval;
            self.mischief();
        }
        if self.next_look <= self.now {
            self.next_look = self.now + LOOK;
            self.look();
        }
        self.keep_account();
        self.trace_faults();
    }

    /// A deliberate mistake: the heart of a dead station beats.
    fn beat_for_the_dead(&mut self) {
        let beats = self.floor.sabotage.as_mut().and_then(Sabotage::beat);
        if let (Some((register, beat)), None) = (beats, &self.desk) {
            let mut plant = self.plant.borrow_mut();
            // A refusal of the PLC is no concern of the dead.
            let _ = plant
                .factory
                .plc_write(device_time(self.now), register, &[beat]);
        }
    }

    /// The sessions and the disk are heard, one turn is taken.
    pub(super) fn station_turn(&mut self) -> Result<(), String> {
        let Some(desk) = &mut self.desk else {
            return Ok(());
        };
        let mut heard = Vec::new();
        self.floor
            .heard(&mut heard)
            .map_err(|error| error.to_string())?;
        if self.disk_room_at.is_some_and(|at| at <= self.now) {
            self.disk_room_at = None;
            self.own.push(Event::Disk(DiskRoom::Enough));
        }
        let wake = desk.line().next_wake().is_some_and(|at| at <= self.now);
        let due = self.now >= self.last_turn + TURN_PAUSE_MAX
            || (wake && self.now >= self.last_turn + WAKE_PAUSE);
        if heard.is_empty() && self.own.is_empty() && !due {
            return Ok(());
        }
        self.last_turn = self.now;
        if let Some(trace) = &mut self.trace {
            let told = self.floor.witness.told.iter_mut().flat_map(std::mem::take);
            told.for_each(|fact| trace.note(self.now, "record", &fact));
            heard.iter().for_each(|one| trace.heard(self.now, one));
        }
        let mut events = desk.begin(&mut self.floor);
        for one in heard {
            desk.understand(one, &mut events);
        }
        events.append(&mut self.own);
        events.push(Event::Woken);
        desk.turn(self.now, events, &mut self.floor);
        let line = desk.line();
        self.account.turn(
            line.tally(),
            desk.frames().count(),
            self.floor.disk.waiting(),
        );
        if desk.has_ended() {
            self.die(Death::Restart);
        }
        Ok(())
    }

    /// The technician looks at the screen.
    fn look(&mut self) {
        let Some(desk) = &self.desk else { return };
        let view = desk.line().view(self.now, self.floor.utc_now());
        let plant = self.plant.borrow();
        let camera_away = self.floor.camera_is_away(self.now);
        self.account
            .screen(self.now, &view, |fault| match FaultKind::parse(fault) {
                Ok(kind) => plant.factory.active(kind),
                Err(_) => camera_away,
            });
        drop(plant);
        let empty = !self.plant.borrow().factory.has_work();
        match self.technician.look(self.now, &view, empty) {
            Some(Deed::Order(command)) => self.order(command),
            Some(Deed::Restart) => self.die(Death::Restart),
            None => {}
        }
        let feeds = self.held_back > 0 && !self.technician.wants_change && view.batch.is_some();
        if feeds {
            let held = std::mem::take(&mut self.held_back);
            self.plant.borrow_mut().factory.feed(held);
        }
    }

    pub(super) fn order(&mut self, command: OperatorCommand) {
        if self.desk.is_none() {
            return;
        }
        self.note("people", || format!("{command:?}"));
        self.replies += 1;
        self.own.push(Event::Operator {
            by: Actor::Named("technician".to_owned()),
            signature: None,
            reason: Some("what the screen asked for".to_owned()),
            command,
            reply: ReplyTo(self.replies),
        });
    }

    /// Packs that left since go into the account.
    pub(super) fn keep_account(&mut self) {
        let truths = std::mem::take(&mut self.plant.borrow_mut().truths);
        for truth in truths {
            if let Some(trace) = &mut self.trace {
                trace.left(self.now, &truth);
            }
            let gated = truth.gated_ms.unwrap_or(0.0);
            let stale = |died: Tick| gated > (died + STALE).0 as f64 / 1e6;
            let dead = self.died_at.is_some_and(stale);
            self.account.left(truth, dead);
        }
    }

    pub(super) fn violation(&mut self, checker: &'static str, text: String) {
        self.note("VIOLATION", || text.clone());
        let at = self.now;
        self.report.violations.push(Violation { checker, text, at });
    }

    /// Faults that struck since the last look.
    pub(super) fn trace_faults(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.faults(self.now, &self.plant.borrow());
        }
    }

    pub(super) fn note(&mut self, who: &'static str, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.note(self.now, who, &text());
        }
    }

    /// The books are held against the truth.
    fn conclude(mut self) -> Report {
        let swept = self.plant.borrow_mut().factory.sweep();
        for truth in swept {
            self.account.left(truth, false);
        }
        let (found, judged) = check::conclude(&mut self.account, &self.floor, self.now);
        for violation in &found {
            self.note("VIOLATION", || violation.told());
        }
        self.report.violations.extend(found);
        let plant = self.plant.borrow();
        self.report
            .conclude(&self.account, &judged, &self.floor, &plant, self.now);
        if let Some(trace) = &mut self.trace {
            trace.end(self.now, &self.report);
        }
        self.report
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "world {} at {} packs/min",
            self.wish.seed, self.packs_per_min
        )
    }
}
