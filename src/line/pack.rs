//! A pack on the belt, from its detection until its fate is known. PURE.

use super::LabelContent;
use crate::record::tally::Booking;
use crate::record::{
    BatchNo, CryptoTail, OpenPack, Origin, Outcome, PackNo, PlcPack, SerialNumber, TemplateHash,
    Tick, Verdict,
};

/// How far the print job of a pack is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// It waits for its turn: every pack ahead of it must be in step first.
    Wanted,
    /// It gets a label without a number, to keep queue and belt in step.
    VoidWanted,
    /// Its serial is taken; the record is on its way to the disk.
    Held,
    /// The record is on disk; it goes as soon as every pack ahead has its label or is past the head.
    Ready,
    /// Handed to the printer's link.
    Sent,
    /// The PLC saw END PRINT for this pack.
    Printed,
    /// There is none and will be none.
    Never,
}

/// A pack on the belt.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The station's number.
    pub no: PackNo,
    /// The PLC's name for it.
    pub plc: PlcPack,
    /// The batch that was open when it entered.
    pub batch: Option<BatchNo>,
    /// How it came to be known.
    pub origin: Origin,
    /// The number it took.
    pub serial: Option<SerialNumber>,
    /// What is printed with that number. What was printed before a restart is not known any more: nothing is.
    pub tail: CryptoTail,
    /// It gets the label of a lot-only batch, which has no number.
    pub lot_label: bool,
    /// The template of its label, where one was printed in this run.
    pub template: Option<TemplateHash>,
    /// The template of a label that was printed before a restart. Records name it; it proves nothing.
    pub template_before: Option<TemplateHash>,
    /// That number, or that label, is void.
    pub voided: bool,
    /// Its print job.
    pub job: Job,
    /// Encoder at its detection.
    pub detected_at: Option<u32>,
    /// A purge covers it: it will be rejected and draws no label.
    pub purged: bool,
    /// When `camera fired` was read.
    pub fired_at: Option<Tick>,
    /// The camera was fired for it after this moment: the header asked for then did not tell of it.
    pub fired_after: Tick,
    /// A sensor expected it and did not see it.
    pub missed: bool,
    /// A picture was matched to it.
    pub pictured: bool,
    /// Its verdict, once given; never changed afterwards.
    pub verdict: Option<Verdict>,
    /// Its pass is on disk and was handed to the PLC (or was before a restart).
    pub pass_released: bool,
}

impl Pack {
    /// A pack that has just entered.
    pub fn entered(no: PackNo, plc: PlcPack, batch: Option<BatchNo>, origin: Origin) -> Pack {
        let job = if origin == Origin::Detected {
            Job::Wanted
        } else {
            Job::Never
        };
        Pack {
            no,
            plc,
            batch,
            origin,
            serial: None,
            tail: CryptoTail::default(),
            lot_label: false,
            template: None,
            template_before: None,
            voided: false,
            job,
            detected_at: None,
            purged: false,
            fired_at: None,
            fired_after: Tick(0),
            missed: false,
            pictured: false,
            verdict: None,
            pass_released: false,
        }
    }

    /// A pack that was on the belt when the station ended. Whatever was printed for it cannot be told any more.
    pub fn restored(open: OpenPack) -> Pack {
        let passed = open
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.outcome.is_pass());
        Pack {
            no: open.pack,
            plc: open.plc,
            batch: open.batch,
            origin: open.origin,
            serial: open.serial,
            tail: CryptoTail::default(),
            // Nothing is printed for it any more, and a verdict that it has was given to its label.
            lot_label: false,
            template: None,
            template_before: open.template,
            voided: open.voided,
            job: Job::Never,
            detected_at: None,
            purged: false,
            fired_at: None,
            fired_after: Tick(0),
            missed: false,
            pictured: false,
            verdict: open.verdict,
            pass_released: passed,
        }
    }

    /// Its verdict is a pass.
    pub fn has_pass(&self) -> bool {
        self.verdict
            .as_ref()
            .is_some_and(|verdict| verdict.outcome.is_pass())
    }

    /// The outcome given, if any.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.verdict.as_ref().map(|verdict| &verdict.outcome)
    }

    /// A sensor missed it and the camera was never fired for it: it has left the belt.
    pub fn is_gone(&self) -> bool {
        self.missed && self.fired_at.is_none()
    }

    /// It gets a label with a symbol, or got one.
    pub fn has_label(&self) -> bool {
        self.serial.is_some() || self.lot_label
    }

    /// It has a label that is neither void nor spoken for by a verdict.
    pub fn has_open_label(&self) -> bool {
        self.has_label() && !self.voided && self.verdict.is_none()
    }

    /// What its label says.
    pub fn label(&self) -> Option<LabelContent> {
        let tail = || self.tail.clone();
        let numbered = self.serial.clone();
        let numbered = numbered.map(|serial| LabelContent::Numbered(serial, tail()));
        numbered.or_else(|| self.lot_label.then_some(LabelContent::LotOnly))
    }

    /// What the books need to know.
    pub fn booking(&self) -> Booking<'_> {
        Booking {
            outcome: self.outcome(),
            numbered: self.serial.is_some(),
            voided: self.voided,
        }
    }

    /// Encoder counts since its detection (the encoder wraps).
    pub fn travelled(&self, encoder: u32) -> Option<u32> {
        let travelled = encoder.wrapping_sub(self.detected_at?);
        // More than half the range is a belt that ran backwards a little: it has not travelled at all.
        Some(if travelled > u32::MAX / 2 {
            0
        } else {
            travelled
        })
    }
}
