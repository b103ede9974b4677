//! What goes wrong in a world besides what its factory and links do wrong by themselves. PURE.

use super::life::World;
use super::trouble::Trouble;
use crate::line::{DiskRoom, Event};
use std::time::Duration;
use vidimus_simulators::random::Random;

impl World {
    /// What goes wrong once a pack interval while packs are fed.
    pub(super) fn mischief(&mut self) {
        if self.plant.borrow().factory.to_feed() == 0 || self.desk.is_none() {
            return;
        }
        let strikes = |trouble| self.plant.borrow_mut().strikes(trouble);
        let struck: Vec<Trouble> = [
            Trouble::PowerCut,
            Trouble::SlowDisk,
            Trouble::DiskFails,
            Trouble::LowDisk,
            Trouble::CameraLink,
            Trouble::ClockJump,
            Trouble::Keys,
            Trouble::BatchChange,
        ]
        .into_iter()
        .filter(|trouble| strikes(*trouble))
        .collect();
        for trouble in struck {
            if self.desk.is_none() {
                return; // its power is gone: nothing else can go wrong with it
            }
            self.note("world", || trouble.name().to_owned());
            self.make(trouble);
        }
    }

    fn make(&mut self, trouble: Trouble) {
        let ms = |random: &mut Random, low, high| Duration::from_millis(random.between(low, high));
        match trouble {
            Trouble::PowerCut => self.power_cut(),
            Trouble::SlowDisk => {
                let until = self.now + ms(&mut self.random, 500, 4000);
                self.floor.disk.be_slow_until(until);
            }
            Trouble::DiskFails => self.floor.disk.fails_next = true,
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
            Trouble::BatchChange => {
                self.technician.wants_change = true;
                self.held_back += self.plant.borrow_mut().factory.hold_feed();
            }
            _ => {}
        }
    }
}
