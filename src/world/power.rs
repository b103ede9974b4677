//! How the station of a world comes and goes: starts, power cuts, restarts. PURE.

use super::check;
use super::letters;
use super::life::{WAKE_PAUSE, World};
use super::settings;
use super::trouble::Trouble;
use crate::line::Line;
use crate::serial::SerialKey;
use crate::station::described::speech_of;
use crate::station::desk::{Desk, LaneDesk};
use crate::station::labels::Labels;
use crate::station::packing::last_sscc;
use crate::station::plan::plan;
use std::time::Duration;

/// After a start that was refused the station is started again this much later.
const START_AGAIN: Duration = Duration::from_secs(1);

/// STATION_BOOT of the first start; each later one is another number.
const FIRST_BOOT: u16 = 7919;

/// How a station goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// By its power.
    PowerCut,
    /// By somebody who starts its process anew, or by itself.
    Restart,
}

impl World {
    /// A station starts: the store is opened with every check, the line goes on where it stood on disk.
    pub(super) fn start_station(&mut self) {
        self.back_at = None;
        if let Some(why) = self.floor.disk.refuses(self.now) {
            self.note("station", || format!("does not start: {why}"));
            self.back_at = Some(self.now + START_AGAIN);
            return;
        }
        let mut restored = match self.floor.disk.open() {
            Ok(restored) => restored,
            Err(error) => {
                self.violation(check::STORE, error.to_string());
                self.back_at = Some(self.now + Duration::from_secs(1_000_000));
                return;
            }
        };
        if let Some(sabotage) = &mut self.floor.sabotage {
            sabotage.restored(&mut restored);
        }
        if restored.last_seq < self.floor.disk.acknowledged {
            let text = format!(
                "{} was acknowledged, the store ends at {}",
                self.floor.disk.acknowledged, restored.last_seq
            );
            self.violation(check::STORE, text);
        }
        self.station_boot = self.station_boot.wrapping_add(FIRST_BOOT).max(1);
        let template = settings::template(&self.config);
        let mut key = *b"a world's key 00";
        key[..8].copy_from_slice(&self.wish.seed.to_le_bytes());
        let plan = plan(
            &self.config,
            settings::label(&self.config),
            SerialKey::new(key),
            self.station_boot,
        );
        match last_sscc(self.floor.disk.reader(), &plan.packing) {
            Ok(last) => restored.packing.last_sscc = last,
            Err(error) => self.violation(check::STORE, error.to_string()),
        }
        let line = Line::new(self.now, plan, restored);
        let speech = speech_of(&self.config.printers[0]);
        let speech = speech.expect("addresses of a world are sound");
        let labels = match self.wish.pixels && letters::has_letters(self.wish.printer) {
            true => {
                let taught = letters::taught(self.wish.printer).clone();
                Labels::with_letters(template, speech, &self.config, taught)
            }
            false => Labels::new(template, speech, &self.config, &self.config.printers[0]),
        };
        self.floor
            .restart_links(&self.config, self.now, self.station_boot);
        self.floor.alive = true;
        let lossless = self.config.cameras[0].lossless;
        let lane = LaneDesk::new(labels, lossless);
        self.desk = Some(Desk::new(line, vec![lane], self.station_boot));
        self.died_at = None;
        self.last_turn = self.now;
        self.note("station", || "starts".to_owned());
        let first = self.station_boot == FIRST_BOOT;
        if !first && self.plant.borrow_mut().strikes(Trouble::PowerCutInStart) {
            self.cut_later();
        }
    }

    /// The power goes within the next moments.
    fn cut_later(&mut self) {
        let ms = self.random.below(400);
        self.run_without_people(Duration::from_millis(ms));
        self.die(Death::PowerCut);
    }

    /// Runs a while without mischief or people, inside a step.
    fn run_without_people(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end && self.desk.is_some() {
            self.now = self.next_due().min(end).max(self.now);
            self.next_mischief = self.next_mischief.max(self.now + WAKE_PAUSE);
            self.next_look = self.next_look.max(self.now + WAKE_PAUSE);
            self.floor.move_to(self.now);
            self.take_pictures();
            self.show_pictures();
            if let Err(why) = self.station_turn() {
                self.violation(check::STORE, why);
                return;
            }
            self.keep_account();
        }
    }

    /// Everything that is not on disk is gone.
    pub(super) fn die(&mut self, death: Death) {
        if self.desk.take().is_none() {
            return;
        }
        match death {
            Death::PowerCut => self.report.power_cuts += 1,
            Death::Restart => self.report.restarts += 1,
        }
        self.floor.alive = false;
        self.died_at = Some(self.now);
        if let Err(error) = self.floor.disk.power_cut(&mut self.floor.witness) {
            self.violation(check::STORE, error.to_string());
        }
        self.plant.borrow_mut().factory.shaken("power-cut");
        let away = 100 + self.random.below(1500);
        self.back_at = Some(self.now + Duration::from_millis(away));
        self.own.clear();
        self.account.dark();
        // The station that starts looks at the disk itself.
        self.disk_room_at = None;
        self.note("station", || match death {
            Death::PowerCut => format!("loses its power for {away} ms"),
            Death::Restart => format!("has ended and is started again in {away} ms"),
        });
    }
}
