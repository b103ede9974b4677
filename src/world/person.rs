//! The technician of a world: does what the screen asks for, a moment later; now and then something else. PURE.

use crate::gs1::Lot;
use crate::record::{Explanation, GradeMin, NumberSource, Tally, TextPolicy, Tick};
use crate::wire::view::{LineState, View};
use crate::wire::{LotCommand, OpeningTerms, OperatorCommand};
use std::time::Duration;
use vidimus_simulators::random::Random;

/// How often the technician looks at the screen.
pub const LOOK: Duration = Duration::from_millis(250);

/// How long the way to the screen takes.
const WALK: Duration = Duration::from_millis(800);

/// Dates on packs: ends of months, a leap day, and a whole month (day 00).
const EXPIRIES: [&str; 6] = ["281231", "280229", "270228", "271130", "290430", "270200"];

/// What the technician does besides giving an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Gives the station an order.
    Order(OperatorCommand),
    /// Starts the station's process anew.
    Restart,
}

/// The technician.
#[derive(Debug)]
pub struct Technician {
    stopped_since: Option<Tick>,
    store_failed_since: Option<Tick>,
    /// Lots opened so far.
    lots: u32,
    away_until: Tick,
    /// Batches are lot-only.
    lot_only: bool,
    /// First articles are no longer refused.
    content: bool,
    /// The batch is to be changed when the belt is empty.
    pub wants_change: bool,
    /// Where batches take their numbers from.
    pub numbers: NumberSource,
    random: Random,
    product: (String, crate::gs1::Gtin),
    /// Grades are looked at: pictures have pixels.
    pixels: bool,
    /// The printer's letters can be looked at where pictures have pixels.
    letters: bool,
}

impl Technician {
    /// Somebody who runs this product.
    pub fn new(seed: u64, product: (String, crate::gs1::Gtin), pixels: bool) -> Technician {
        Technician {
            stopped_since: None,
            store_failed_since: None,
            lots: 0,
            away_until: Tick(0),
            lot_only: false,
            content: false,
            wants_change: false,
            numbers: NumberSource::Own,
            random: Random::stream(seed, 0x9E25),
            product,
            pixels,
            letters: true,
        }
    }

    /// The same, with batches that are lot-only or not.
    pub fn with_lots(self, lot_only: bool) -> Technician {
        Technician { lot_only, ..self }
    }

    /// The same, at a printer whose letters can be taught or not.
    pub fn with_letters(self, letters: bool) -> Technician {
        Technician { letters, ..self }
    }

    /// Looks at the screen; what is to be done now, if anything. `empty`: no pack on the belt and none is fed.
    pub fn look(&mut self, now: Tick, view: &View, empty: bool) -> Option<Deed> {
        if now < self.away_until {
            return None;
        }
        if view.has_alarm("store") {
            let since = *self.store_failed_since.get_or_insert(now);
            return (now.since(since) > 2 * WALK).then(|| {
                self.store_failed_since = None;
                Deed::Restart
            });
        }
        self.store_failed_since = None;
        if let Some(command) = self.course(view) {
            return Some(Deed::Order(command));
        }
        if view.batch.is_none() {
            return Some(Deed::Order(self.open()));
        }
        if self.wants_change && empty && view.tally.in_line == 0 {
            self.wants_change = false;
            return Some(Deed::Order(close(&view.tally)));
        }
        if view.state != LineState::Stopped {
            self.stopped_since = None;
            return None;
        }
        let since = *self.stopped_since.get_or_insert(now);
        if now.since(since) < WALK {
            return None;
        }
        self.stopped_since = None;
        Some(Deed::Order(view.way_on()))
    }

    /// What the screen asks for the course of a batch: the line is cleared, first articles are looked at.
    fn course(&mut self, view: &View) -> Option<OperatorCommand> {
        /// Of so many first articles one is refused.
        const REFUSED: f64 = 0.25;
        if view.lot.clearance_wanted {
            return Some(OperatorCommand::Lot(LotCommand::ClearLine));
        }
        let waits = view.lot.first_articles.is_some_and(|first| first.waiting);
        waits.then(|| {
            OperatorCommand::Lot(match !self.content && self.random.chance(REFUSED) {
                true => LotCommand::RefuseFirstArticles,
                false => LotCommand::AcceptFirstArticles,
            })
        })
    }

    /// Looks at nothing until then.
    pub fn is_away_until(&mut self, until: Tick) {
        self.away_until = until;
    }

    /// Is back at the screen, and finds nothing wrong any more.
    pub fn comes_back(&mut self) {
        self.content = true;
        self.away_until = Tick(0);
    }

    /// Opens the next lot.
    pub fn open(&mut self) -> OperatorCommand {
        self.lots += 1;
        let lot: Lot = format!("W{:04}", self.lots).parse().expect("a lot");
        let (product, gtin) = self.product.clone();
        let expiry = EXPIRIES[self.random.below(EXPIRIES.len() as u64) as usize];
        OperatorCommand::OpenBatch {
            product,
            gtin,
            lot,
            expiry: expiry.parse().expect("a date"),
            target: None,
            // A sketch has neither grades nor text.
            grade_min: (!self.pixels).then_some(GradeMin::NONE),
            text: Some(self.text_policy()),
            terms: OpeningTerms {
                lot_only: self.lot_only,
                ..OpeningTerms::default()
            },
            numbers: self.numbers,
        }
    }

    /// Of batches whose pictures are photographs half reject wrong text, where its letters can be taught.
    fn text_policy(&mut self) -> TextPolicy {
        match self.pixels && self.letters && self.random.chance(0.5) {
            true => TextPolicy::Reject,
            false => TextPolicy::Off,
        }
    }

    /// Any key.
    pub fn any_key(&mut self) -> OperatorCommand {
        match self.random.below(9) {
            0 => OperatorCommand::Stop,
            1 => OperatorCommand::Resume,
            2 => OperatorCommand::RejectNext,
            3 => OperatorCommand::Resynchronise,
            4 => OperatorCommand::CloseBatch,
            6 => OperatorCommand::Lot(LotCommand::TakeSamples { count: 2 }),
            7 => OperatorCommand::Lot(LotCommand::AcceptFirstArticles),
            5 => OperatorCommand::Acknowledge {
                alarm: "sync".to_owned(),
            },
            _ => self.open(),
        }
    }
}

/// Closes the batch, with a word about everything that is left over.
pub fn close(tally: &Tally) -> OperatorCommand {
    let explained = |(of, _)| Explanation {
        of,
        text: "what the world did to it".to_owned(),
    };
    match tally.differences().map(explained).collect::<Vec<_>>() {
        none if none.is_empty() => OperatorCommand::CloseBatch,
        explained => OperatorCommand::Lot(LotCommand::CloseExplained(explained)),
    }
}
