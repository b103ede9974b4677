//! What happens to a pack at the head, the camera, the gate and the bins. PURE.

use super::Factory;
use crate::{
    belt::{Pack, Rate, Stage},
    camera::Exposure,
    fault::FaultKind,
    ink::{Damage, Print},
    plc::{CONTRACT, Decision, Outcome, PackKey},
    printer::Label,
    truth::Bin,
};
use std::sync::Arc;

/// Name in the truth of a pack printed badly because the station asked for a challenge.
const CHALLENGE: &str = "challenge";

impl Factory {
    /// The print head: START PRINT, unless the PLC does not know the pack or a purge covers it.
    pub(super) fn pass_head(&mut self, pack: &mut Pack) {
        let Some(key) = pack.key else { return };
        let purged = self.plc.purged(key);
        if pack.fate.missed_at == Stage::Printed && self.is_taken(pack) && !purged {
            // Its label stays in the queue.
            self.slip = true;
        }
        if pack.gone || purged {
            return;
        }
        if pack.fate.has(FaultKind::SkipPrint) && self.printer.lose_one() {
            pack.met.insert(FaultKind::SkipPrint.name());
            self.slip = true;
        }
        let ns = self.print_ns();
        let label = if pack.fate.has(FaultKind::Reprint) {
            let label = self.printer.print_previous(self.now, ns);
            if label.is_some() {
                pack.met.insert(FaultKind::Reprint.name());
                pack.tainted = true;
                self.slip = true;
            }
            label.or_else(|| self.printer.start_print(self.now, ns))
        } else if pack.fate.has(FaultKind::PreviousLabel) {
            let label = self.printer.print_stale(self.now, ns);
            if label.is_some() {
                pack.met.insert(FaultKind::PreviousLabel.name());
                pack.tainted = true;
            }
            label.or_else(|| self.printer.start_print(self.now, ns))
        } else {
            self.printer.start_print(self.now, ns)
        };
        let Some(label) = label else {
            // The label that was meant for it still waits: the one before was under the head.
            self.slip |= pack.crowded && self.printer.waiting() > 0;
            return;
        };
        let print = self.lay_ink(pack, label);
        pack.prints.push(print);
        // A print still running would lose its END PRINT: `start_print` refuses, so none is.
        if ns == 0 {
            self.plc.print_done(key);
        } else {
            self.printing = Some((self.now.plus_ns(ns), key));
        }
    }

    /// The label becomes ink, with whatever goes wrong on the way.
    fn lay_ink(&mut self, pack: &mut Pack, label: Arc<Label>) -> Print {
        let mut label = label;
        if pack.fate.has(FaultKind::WrongSymbol)
            && let Some(other) = label.with_another_serial()
        {
            label = Arc::new(other);
            pack.tainted = true;
            pack.met.insert(FaultKind::WrongSymbol.name());
        }
        if pack.fate.has(FaultKind::WrongText)
            && let Some(other) = label.with_another_letter(&mut self.random)
        {
            label = Arc::new(other);
            pack.tainted = true;
            pack.met.insert(FaultKind::WrongText.name());
        }
        let mut damage = pack.fate.damage;
        if damage.is_some() {
            pack.met.insert(FaultKind::BadPrint.name());
        }
        if self.plc.take_challenge() {
            damage = Some(Damage::Voids);
            pack.met.insert(CHALLENGE);
        }
        // The print sits up to a third of a millimetre off.
        let reach = f64::from(label.dpmm) / 3.0;
        #[expect(clippy::cast_possible_truncation, reason = "a few dots")]
        let mut off = || self.random.swing(reach).round() as i32;
        let (dx, dy) = (off(), off());
        Print {
            label,
            damage,
            dx,
            dy,
            seed: self.random.bits(),
        }
    }

    /// How long the label takes under the head: in step with the belt, up to the printer's fastest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds"
    )]
    fn print_ns(&self) -> u64 {
        if self.belt.rate == Rate::Max {
            return 0;
        }
        let speed = self.belt.speed_mm_s().min(self.options.print_mm_s).max(1.0);
        (self.printer.label_length_mm() / speed * 1e9) as u64
    }

    /// The camera's photo-eye.
    pub(super) fn pass_camera(&mut self, pack: &mut Pack) {
        if pack.gone || (pack.fate.missed_at == Stage::Fired && self.is_taken(pack)) {
            return;
        }
        let key = self.name_of(pack);
        self.plc.camera_fired(key);
        pack.account.fired_ms = Some(self.now.ms());
        if pack.fate.has(FaultKind::MissedTrigger) {
            pack.met.insert(FaultKind::MissedTrigger.name());
            self.disturb(FaultKind::MissedTrigger);
            return;
        }
        self.expose(pack);
        if pack.fate.has(FaultKind::DoubledFrame) {
            pack.met.insert(FaultKind::DoubledFrame.name());
            self.disturb(FaultKind::DoubledFrame);
            self.expose(pack);
        }
    }

    fn expose(&mut self, pack: &mut Pack) {
        let exposure: Exposure = self.camera.fire(self.now, &pack.prints, pack.fate.frame);
        pack.account.frame_counter = Some(exposure.counter);
        pack.pictures += 1;
        if exposure.fault.is_some() {
            pack.picture_spoilt = true;
            let frame_faults = [
                FaultKind::LostFrame,
                FaultKind::LateFrame,
                FaultKind::JpegGarbage,
                FaultKind::BlackFrame,
                FaultKind::WhiteFrame,
                FaultKind::BlurredFrame,
                FaultKind::PreviousFrame,
            ];
            let met = frame_faults.into_iter().filter(|kind| pack.fate.has(*kind));
            pack.met.extend(met.map(FaultKind::name));
        }
        self.out.exposures.push(exposure);
    }

    /// The gate: the rule of the contract, applied by the PLC alone.
    pub(super) fn pass_gate(&mut self, pack: &mut Pack) {
        if pack.gone || self.is_taken(pack) {
            return;
        }
        let key = self.name_of(pack);
        pack.account.gated_ms = Some(self.now.ms());
        pack.account.verdict = self.plc.verdict(key).unwrap_or(0);
        pack.decision = Some(self.plc.decide(key, pack.appeared));
    }

    /// The bin sensors: where the pack really went.
    pub(super) fn pass_bin(&mut self, mut pack: Pack) {
        let (outcome, bin) = match pack.decision {
            _ if pack.gone => (Outcome::Removed, Bin::Removed),
            Some(Decision::Pass) if pack.fate.has(FaultKind::GateShut) => {
                pack.met.insert(FaultKind::GateShut.name());
                pack.account.window = true;
                self.plc.shut_in();
                let cause = CONTRACT.code("default_cause", "no_verdict");
                (Outcome::RejectedByDefault(cause), Bin::Reject)
            }
            Some(Decision::Pass) => (Outcome::Passed, Bin::Good),
            Some(_) if pack.fate.has(FaultKind::BinSensorDead) => {
                pack.met.insert(FaultKind::BinSensorDead.name());
                (Outcome::RejectNotConfirmed, Bin::Reject)
            }
            Some(_) if pack.fate.has(FaultKind::GateStuck) => {
                pack.met.insert(FaultKind::GateStuck.name());
                (Outcome::RejectNotConfirmed, Bin::Good)
            }
            Some(Decision::RejectByVerdict) => (Outcome::RejectedByVerdict, Bin::Reject),
            Some(Decision::RejectByDefault(cause)) => {
                (Outcome::RejectedByDefault(cause), Bin::Reject)
            }
            None => {
                let cause = CONTRACT.code("default_cause", "no_verdict");
                (Outcome::RejectedByDefault(cause), Bin::Reject)
            }
        };
        (pack.account.gate, pack.account.cause) = (outcome.code(), outcome.cause());
        if let Some(key) = pack.key {
            self.plc.settle(key, outcome);
        }
        match bin {
            Bin::Good => self.belt.tally.good += 1,
            Bin::Reject => self.belt.tally.reject += 1,
            Bin::Removed => {}
        }
        if bin == Bin::Reject && !pack.prints.is_empty() {
            self.old_inks.push_back(pack.prints.clone());
            self.old_inks.truncate(super::line::OLD_INKS_MAX);
        }
        let truth = pack.truth(bin);
        if matches!(outcome, Outcome::RejectedByDefault(_)) {
            self.held.push((self.now, truth));
        } else {
            self.out.truths.push(truth);
        }
    }

    /// Somebody takes the pack, if that is its fate, and the sensor here misses it; one that a bounce of product
    /// detect invented never was there.
    fn is_taken(&mut self, pack: &mut Pack) -> bool {
        let taken = pack.fate.has(FaultKind::Removed);
        if taken {
            pack.met.insert(FaultKind::Removed.name());
        }
        let gone = taken || pack.fate.has(FaultKind::DoubleDetect);
        if gone {
            self.take_away(pack);
        }
        if taken && pack.prints.iter().all(|print| print.scan_data().is_empty()) {
            // The unlabelled pack by which a station learns to count may be gone.
            self.disturb(FaultKind::Removed);
        }
        gone
    }

    fn take_away(&mut self, pack: &mut Pack) {
        pack.gone = true;
        self.belt.tally.removed += 1;
        if let Some(key) = pack.key {
            self.plc.missed(key);
        }
    }

    /// The pack's name; a pack without one has just appeared.
    fn name_of(&mut self, pack: &mut Pack) -> PackKey {
        if let Some(key) = pack.key {
            return key;
        }
        let key = self.plc.appeared();
        pack.key = Some(key);
        pack.appeared = true;
        key
    }
}
