//! What goes wrong in a world besides what its factory and links do wrong by themselves. PURE.

use super::life::World;
use super::power::Death;
use super::trouble::Trouble;
use crate::line::{DiskRoom, Event};
use std::time::Duration;
use vidimus_simulators::printer::Trouble as Pressed;
use vidimus_simulators::random::Random;

/// What may go wrong at any moment with the station, its disk, its clock and its people.
const MISCHIEF: [Trouble; 11] = [
    Trouble::PowerCut,
    Trouble::SlowDisk,
    Trouble::DiskFails,
    Trouble::DiskFull,
    Trouble::DiskReadOnly,
    Trouble::LowDisk,
    Trouble::CameraLink,
    Trouble::ClockJump,
    Trouble::Keys,
    Trouble::PersonAway,
    Trouble::BatchChange,
];

impl World {
    /// What goes wrong once a pack interval while packs are fed.
    pub(super) fn mischief(&mut self) {
        while let Some((_, kind, on)) = self.ordered.pop_if(|(at, ..)| *at <= self.now) {
            self.note("world", || {
                let word = if on { "is ordered" } else { "is ended" };
                format!("{} {word}", kind.name())
            });
            self.plant.borrow_mut().factory.order(kind, on);
        }
        if self.plant.borrow().factory.to_feed() == 0 || self.desk.is_none() {
            return;
        }
        for trouble in MISCHIEF {
            // When its power is gone nothing else can go wrong with it.
            if self.desk.is_some() && self.plant.borrow_mut().strikes(trouble) {
                self.trace_faults();
                self.make(trouble);
            }
        }
        self.perhaps_change_label();
        self.perhaps_feed();
    }

    /// Somebody may press FEED; by a chance of its own, as with labels.
    fn perhaps_feed(&mut self) {
        let mut plant = self.plant.borrow_mut();
        let rate = plant.troubles.rate(Trouble::FeedKey);
        let feeds = self.feed_random.chance(rate);
        if plant.struck(Trouble::FeedKey, feeds) {
            plant.factory.order_trouble(Pressed::FeedKey, true, None);
        }
    }

    fn make(&mut self, trouble: Trouble) {
        let ms = |random: &mut Random, low, high| Duration::from_millis(random.between(low, high));
        match trouble {
            Trouble::PowerCut => self.die(Death::PowerCut),
            Trouble::SlowDisk => {
                let until = self.now + ms(&mut self.random, 500, 4000);
                self.floor.disk.be_slow_until(until);
            }
            Trouble::DiskFails => self.floor.disk.fails_next = true,
            Trouble::DiskFull => {
                let until = self.now + ms(&mut self.random, 500, 6000);
                let why = "no space left on device";
                self.floor.disk.be_unusable_until(until, why);
            }
            Trouble::DiskReadOnly => {
                let until = self.now + ms(&mut self.random, 500, 6000);
                let why = "attempt to write a readonly database";
                self.floor.disk.be_unusable_until(until, why);
            }
            Trouble::LowDisk => {
                let text = "10 MB left, stop at 100 MB".to_owned();
                self.own.push(Event::Disk(match self.random.chance(0.5) {
                    true => DiskRoom::Low(text),
                    false => DiskRoom::TooLittle(text),
                }));
                self.disk_room_at = Some(self.now + ms(&mut self.random, 500, 4000));
            }
            Trouble::CameraLink => {
                let until = self.now + ms(&mut self.random, 200, 1500);
                self.floor.cut_camera(until);
            }
            Trouble::ClockJump => {
                const HOUR_MS: i64 = 3_600_000;
                let by = [HOUR_MS, 24 * 3652 * HOUR_MS][self.random.below(2) as usize];
                let sign = if self.random.chance(0.5) { 1 } else { -1 };
                self.floor.utc_ms += sign * by;
            }
            Trouble::Keys => {
                let command = self.technician.any_key();
                self.order(command);
            }
            Trouble::PersonAway => {
                let until = self.now + ms(&mut self.random, 2000, 60_000);
                self.technician.is_away_until(until);
            }
            Trouble::BatchChange => {
                self.technician.wants_change = true;
                self.held_back += self.plant.borrow_mut().factory.hold_feed();
            }
            _ => {}
        }
    }
}
