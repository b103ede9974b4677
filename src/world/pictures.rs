//! Pictures on their way from the camera to the station. PURE.

use super::life::World;
use super::trouble::Trouble;
use crate::record::Tick;
use std::time::Duration;
use vidimus_simulators::camera::{Coding, Exposure};

impl World {
    /// What the camera took since goes on its way.
    pub(super) fn take_pictures(&mut self) {
        let exposures = std::mem::take(&mut self.plant.borrow_mut().exposures);
        for exposure in exposures {
            self.send_picture(&exposure);
        }
    }

    fn send_picture(&mut self, exposure: &Exposure) {
        let frame = match self.wish.pixels {
            true => exposure.frame(&self.optics, &self.noise, Coding::Pgm),
            false => exposure.sketched(),
        };
        let Some(frame) = frame else { return };
        let mut plant = self.plant.borrow_mut();
        let own = plant.between_ms(3, 6);
        let fired = Tick(exposure.fired.0);
        let mut at = (fired + own).max(Tick(frame.send_at.0)).max(self.now);
        if plant.strikes(Trouble::FramesSwapped) {
            at = at + self.interval + Duration::from_millis(2);
        }
        let twice = plant.strikes(Trouble::FrameTwice);
        drop(plant);
        let part = frame.part();
        if twice {
            self.shown += 1;
            let again = at + Duration::from_millis(7);
            self.pictures
                .insert((again, self.shown), (frame.counter, part.clone()));
        }
        self.shown += 1;
        self.pictures
            .insert((at, self.shown), (frame.counter, part));
    }

    pub(super) fn show_pictures(&mut self) {
        while let Some(((at, _), _)) = self.pictures.first_key_value() {
            if *at > self.now {
                return;
            }
            let (_, (counter, part)) = self.pictures.pop_first().expect("there is one");
            if self.floor.alive && self.floor.camera.is_up() {
                self.floor.show(part);
            } else {
                self.plant.borrow_mut().factory.picture_lost(counter);
            }
        }
    }
}
