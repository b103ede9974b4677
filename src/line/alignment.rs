//! Putting printer, packs and pictures in step: stop, clear, read the position back, void what was
//! in flight, purge. PURE.
//!
//! The same procedure at station start, after every printer or camera fault, after a PLC restart
//! and when a person asks for it:
//!
//! 1. the stop is asserted and the belt stands still for [`STAND_MIN`] (late pictures come in and are dropped);
//! 2. the printer's queue is cleared and read back, and the PLC purges every pack on the belt: it
//!    rejects them, and gives the printer no START PRINT for them, so that the next label goes on
//!    the first pack that enters afterwards;
//! 3. numbers that were sent and not seen are void, their packs are rejected, counts are learnt anew.
//!
//! Until it is done nothing is printed and nothing passes.

use super::Line;
use super::alarm::AlarmKind;
use super::effect::LaneEffect;
use super::event::Device;
use super::people::Clears;
use crate::record::{Fact, Outcome, PlcPack, RecoveryCause, Tick, Verdict, VoidCause};
use std::time::Duration;

/// How long the belt must be seen standing before anything is cleared.
pub const STAND_MIN: Duration = Duration::from_millis(300);

/// An encoder that moves by more than this between two looks belongs to a moving belt.
const STAND_COUNTS_MAX: u32 = 3;

/// Longest wait for printer and PLC to have cleared and purged; then the procedure begins again.
pub const CLEAR_MAX: Duration = Duration::from_secs(10);

/// PackML state Execute, ISA-TR88 numbering.
pub const EXECUTE: u16 = 6;

/// CMD_CODE 2: default-reject every id below the argument.
const PURGE: u16 = 2;
/// CMD_CODE 1: clear faults.
pub(super) const CLEAR_FAULTS: u16 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// In step.
    Done,
    /// Waiting until the belt stands.
    Standing { since: Option<Tick> },
    /// Waiting for printer and PLC.
    Clearing {
        printer: bool,
        purge: Option<u64>,
        since: Tick,
    },
}

/// How far the procedure is.
#[derive(Debug)]
pub struct Alignment {
    step: Step,
    cause: RecoveryCause,
    /// The encoder when the belt was looked at last.
    encoder: u32,
    /// The printer was hindered before it was cleared: some print the label under the head once more when that is over,
    /// so that it is cleared again then.
    again: bool,
    /// Somebody tries a device out until then: nothing is cleared before.
    held_until: Tick,
}

impl Alignment {
    /// Wanted from the start on.
    pub fn wanted(cause: RecoveryCause) -> Alignment {
        Alignment {
            step: Step::Standing { since: None },
            cause,
            encoder: 0,
            again: false,
            held_until: Tick::default(),
        }
    }

    /// Nothing is cleared before this moment.
    pub fn hold_until(&mut self, until: Tick) {
        self.held_until = until;
    }

    /// Everything is in step.
    pub fn done(&self) -> bool {
        self.step == Step::Done
    }

    /// What made it necessary (the last time).
    pub fn cause(&self) -> RecoveryCause {
        self.cause
    }

    /// When the belt has stood long enough.
    pub fn next_check(&self) -> Option<Tick> {
        match self.step {
            Step::Standing { since: Some(since) } => Some((since + STAND_MIN).max(self.held_until)),
            Step::Clearing { since, .. } => Some(since + CLEAR_MAX),
            _ => None,
        }
    }
}

impl Line {
    /// Begins the procedure (again).
    pub(super) fn want_alignment(&mut self, now: Tick, cause: RecoveryCause) {
        if self.lane.alignment.done() {
            self.lane.alignment.cause = cause;
        }
        self.begin_recovery(now, cause);
        self.lane.drift.begin_anew(now);
        self.lane.alignment.step = Step::Standing { since: None };
    }

    /// One step further, if what it waits for has come.
    pub(super) fn align(&mut self, now: Tick) {
        match self.lane.alignment.step {
            Step::Done => {}
            Step::Standing { since } => self.await_standing(now, since),
            Step::Clearing {
                printer: true,
                purge: None,
                ..
            } => self.aligned(now),
            // Somebody did not answer: from the beginning, with everything read back again.
            Step::Clearing { since, .. } if now.since(since) >= CLEAR_MAX => {
                self.lane.alignment.step = Step::Standing { since: None };
            }
            Step::Clearing { .. } => {}
        }
    }

    fn await_standing(&mut self, now: Tick, since: Option<Tick>) {
        let asserted = self.lane.levels.stop_reason != 0;
        let stands = self.lane.plc.link
            && asserted
            && self
                .lane
                .plc
                .status
                .is_some_and(|status| status.state != EXECUTE)
            && !self.lane.plc.reading_back;
        let encoder = self.lane.plc.status.map_or(0, |status| status.encoder);
        // A belt that coasts is not standing yet, whatever the state says.
        let moved = encoder.abs_diff(std::mem::replace(&mut self.lane.alignment.encoder, encoder));
        let since = match stands {
            true if moved <= STAND_COUNTS_MAX => Some(since.unwrap_or(now)),
            true => Some(now),
            false => None,
        };
        self.lane.alignment.step = Step::Standing { since };
        let long_enough = since.is_some_and(|since| now.since(since) >= STAND_MIN)
            && now >= self.lane.alignment.held_until;
        // An interlock of the printer or the camera must be over first: there is nothing to read
        // back from a dead device.
        if long_enough && self.lane.printer.link && self.lane.camera_link {
            self.begin_clearing(now);
        }
    }

    fn begin_clearing(&mut self, now: Tick) {
        self.void_in_flight(now, VoidCause::QueueCleared);
        self.load_label();
        self.lane_effect(LaneEffect::ClearPrinter);
        let status = self.lane.plc.status.expect("the belt was seen standing");
        let ticket = self.plc_execute(PURGE, status.entered.saturating_add(1));
        self.lane.alignment.step = Step::Clearing {
            printer: false,
            purge: Some(ticket),
            since: now,
        };
    }

    /// The PLC is back: a purge given before may have been lost on its way.
    pub(super) fn repeat_clearing(&mut self) {
        if matches!(self.lane.alignment.step, Step::Clearing { .. }) {
            self.lane.alignment.step = Step::Standing { since: None };
        }
    }

    /// Gives the PLC a command; the ticket comes back with its acknowledgement.
    pub(super) fn plc_execute(&mut self, code: u16, arg: u32) -> u64 {
        self.lane.plc.next_ticket += 1;
        let ticket = self.lane.plc.next_ticket;
        self.lane_effect(LaneEffect::PlcExecute { ticket, code, arg });
        ticket
    }

    pub(super) fn printer_cleared(&mut self) {
        if let Step::Clearing { printer, .. } = &mut self.lane.alignment.step {
            *printer = true;
        }
    }

    pub(super) fn plc_done(&mut self, _now: Tick, ticket: u64, ok: bool) {
        if self.lane.plc.clears == Clears::Sent(ticket) {
            self.lane.plc.clears = Clears::Nothing;
        }
        let Step::Clearing {
            printer,
            purge: Some(wanted),
            since,
        } = self.lane.alignment.step
        else {
            return;
        };
        if ticket != wanted {
            return;
        }
        self.lane.alignment.step = match ok {
            true => Step::Clearing {
                printer,
                purge: None,
                since,
            },
            false => Step::Standing { since: None }, // refused or busy: read back and try again
        };
    }

    fn aligned(&mut self, now: Tick) {
        let voided = self.void_in_flight(now, VoidCause::QueueCleared);
        self.learn_counts(now);
        self.lane.drift.begin_anew(now);
        self.lane.alignment.step = Step::Done;
        self.recovery_in_step();
        let cause = self.lane.alignment.cause.text().to_owned();
        self.record(
            now,
            self.lane_point(),
            Fact::Resynchronised { cause, voided },
        );
        self.forget_jobs();
        self.lane.no_symbols_in_a_row = 0;
        self.lane.rejects_in_a_row = 0;
        self.plc_execute(CLEAR_FAULTS, 0);
        for kind in [AlarmKind::Sync, AlarmKind::CameraCounts] {
            self.clear_alarm(now, kind);
        }
        self.withdraw_sync(now);
    }

    /// Voids every number that was taken and not seen, and rejects its pack; how many.
    fn void_in_flight(&mut self, now: Tick, cause: VoidCause) -> u32 {
        let undecided = self
            .lane
            .belt
            .values()
            .filter(|pack| pack.verdict.is_none());
        let packs: Vec<PlcPack> = undecided.map(|pack| pack.plc).collect();
        let mut voided = 0;
        for plc in packs {
            voided += u32::from(self.void_number(now, plc, cause));
            self.decide(now, plc, Verdict::without_picture(Outcome::LostTrack));
        }
        voided
    }

    /// Voids the number of a pack in line, if it has an open one; `true` if there was a number. The label of a lot-only
    /// batch is void without a record: no number is used up, and the verdict says what became of the pack.
    pub(super) fn void_number(&mut self, now: Tick, plc: PlcPack, cause: VoidCause) -> bool {
        let Some(pack) = self
            .lane
            .belt
            .get_mut(&plc)
            .filter(|pack| pack.has_open_label())
        else {
            return false;
        };
        pack.voided = true;
        if pack.serial.is_none() {
            return false;
        }
        let (no, batch) = (pack.no, pack.batch);
        if self.is_open_batch(batch) {
            self.tally.void_number();
        }
        self.record(
            now,
            self.lane.plan.print,
            Fact::SerialVoided { pack: no, cause },
        );
        true
    }

    pub(super) fn printer_ready(&self) -> bool {
        self.lane.printer.link && self.lane.printer.health == super::PrinterHealth::Ready
    }

    pub(super) fn printer_link(&mut self, now: Tick, up: bool) {
        if !up {
            self.lane.printer.health = super::PrinterHealth::Unknown;
            if self.lane.printer.link {
                self.raise(now, AlarmKind::PrinterLink, "");
            }
            self.want_alignment(now, RecoveryCause::PrinterLink);
        } else {
            // The alarm stands until the printer has said how it is.
            self.lane.troubles.over(Device::Printer);
        }
        self.lane.printer.link = up;
    }

    pub(super) fn printer_status(&mut self, now: Tick, health: super::PrinterHealth) {
        use super::PrinterHealth;
        if health != PrinterHealth::Unknown && self.lane.printer.link {
            self.clear_alarm(now, AlarmKind::PrinterLink);
        }
        if health == self.lane.printer.health {
            return;
        }
        let hindered = matches!(health, PrinterHealth::Hindered(_));
        if hindered && !matches!(self.lane.alignment.step, Step::Clearing { .. }) {
            self.lane.alignment.again = true;
        }
        let mended =
            health == PrinterHealth::Ready && std::mem::take(&mut self.lane.alignment.again);
        match &health {
            PrinterHealth::Ready => self.clear_alarm(now, AlarmKind::PrinterHindered),
            PrinterHealth::Hindered(why) => {
                self.raise(now, AlarmKind::PrinterHindered, why.clone());
            }
            PrinterHealth::Unknown if self.lane.printer.link => {
                self.raise(now, AlarmKind::PrinterHindered, "it does not answer");
            }
            PrinterHealth::Unknown => {}
        }
        if mended || self.lane.printer.health == PrinterHealth::Ready {
            self.want_alignment(now, RecoveryCause::PrinterFault);
        }
        self.lane.printer.health = health;
    }

    pub(super) fn camera_link(&mut self, now: Tick, up: bool) {
        self.lane.troubles.camera_begins_anew();
        if up {
            self.clear_alarm(now, AlarmKind::CameraLink);
            self.lane.troubles.over(Device::Camera);
        } else if self.lane.camera_link {
            self.raise(now, AlarmKind::CameraLink, "");
            self.distrust_counts();
            self.want_alignment(now, RecoveryCause::CameraLink);
        }
        self.lane.camera_link = up;
    }
}
