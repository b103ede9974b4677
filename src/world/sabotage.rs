//! Deliberate mistakes of the station, each of which a checker must catch: a checker that cannot fail proves nothing.
//! PURE. Nothing outside tests makes one.

use crate::record::{
    Fact, LabelFact, LabelSlot, LabelStanding, Outcome, PackNo, Record, Restored, TextSeen, Verdict,
};
use crate::station::desk::Heard;
use crate::store::StoreEvent;
use vidimus_drivers::plc::{PlcCommand, PlcEvent};
use vidimus_drivers::printer::{PrinterCommand, PrinterEvent, PrinterStatus};
use vidimus_drivers::{Known, Tick};

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// The store says that records are on disk before they are.
    VerdictBeforeCommit,
    /// After a restart numbers are given out again.
    SerialReused,
    /// What a picture came to is taken for the pack whose picture comes next.
    MatchByArrival,
    /// The printer's queue is not cleared although the station thinks so.
    QueueNotPurged,
    /// A silent printer counts as ready.
    SilenceIsOk,
    /// Whatever the picture shows, it is what was printed.
    BlindPass,
    /// Wrong text beside a sound symbol is good enough.
    BlindToText,
    /// The gate's word about one pack in twenty is not heard.
    GateForgotten,
    /// The heartbeat goes on whatever happens.
    HeartbeatOfTheDead,
    /// Alarms come to nobody's eyes.
    MuteAlarms,
    /// A stop is never withdrawn.
    NeverAgain,
    /// After a restart nobody knows what the open container holds already.
    ContainerForgotten,
    /// After a restart a label on trial counts as proven.
    LabelBelieved,
}

/// Every mistake.
pub const MISTAKES: [Mistake; 13] = [
    Mistake::VerdictBeforeCommit,
    Mistake::SerialReused,
    Mistake::MatchByArrival,
    Mistake::QueueNotPurged,
    Mistake::SilenceIsOk,
    Mistake::BlindPass,
    Mistake::BlindToText,
    Mistake::GateForgotten,
    Mistake::HeartbeatOfTheDead,
    Mistake::MuteAlarms,
    Mistake::NeverAgain,
    Mistake::ContainerForgotten,
    Mistake::LabelBelieved,
];

/// A station that makes one mistake.
#[derive(Debug)]
pub struct Sabotage {
    mistake: Mistake,
    last: Option<Verdict>,
    acknowledged: u64,
    beat: u16,
}

/// What is on trial is taken for proven.
fn believe(labels: &mut LabelStanding) {
    let packs = labels.of(LabelSlot::Packs);
    let trial = packs.and_then(|packs| packs.trial.as_ref());
    if let Some(template) = trial.map(|trial| trial.label.template) {
        let pack = PackNo(0);
        // It is on trial, so this cannot be refused.
        let _ = labels.apply(&LabelFact::Proven { template, pack });
    }
}

impl Sabotage {
    /// This mistake.
    pub fn new(mistake: Mistake) -> Sabotage {
        Sabotage {
            mistake,
            last: None,
            acknowledged: 0,
            beat: 0,
        }
    }

    /// What a starting station is told of its store.
    pub fn restored(&mut self, restored: &mut Restored) {
        if self.mistake == Mistake::SerialReused {
            for (_, next) in &mut restored.taken {
                *next = next.saturating_sub(3);
            }
        }
        if let (Mistake::ContainerForgotten, Some(filling)) =
            (self.mistake, &mut restored.packing.filling)
        {
            filling.inside = 0;
        }
        if self.mistake == Mistake::LabelBelieved {
            believe(&mut restored.labels);
        }
    }

    /// Up to where the store lies that it has written.
    pub fn acknowledge(&mut self, records: &[Record]) -> Option<u64> {
        let last = records.last()?.seq;
        (self.mistake == Mistake::VerdictBeforeCommit).then(|| {
            self.acknowledged = last;
            last
        })
    }

    /// What is heard, made wrong.
    pub fn hear(&mut self, heard: &mut Vec<Heard>) {
        let mistake = self.mistake;
        heard.retain_mut(|one| match (mistake, one) {
            (
                Mistake::VerdictBeforeCommit,
                Heard::Store(StoreEvent::Committed { through, took }),
            ) => {
                // Only the lie is told; the truth comes too late to be news.
                took.is_zero() && *through <= self.acknowledged
            }
            (Mistake::SilenceIsOk, Heard::Printer(_, PrinterEvent::Status(status))) => {
                if let Known::Unknown { since } = status {
                    let value = PrinterStatus {
                        queued: Some(0),
                        outstanding: 0,
                        faults: Vec::new(),
                        odometer: None,
                    };
                    let at: Tick = *since;
                    *status = Known::Yes { value, at };
                }
                true
            }
            (Mistake::GateForgotten, Heard::Plc(_, PlcEvent::Gate(entry))) => entry.id % 20 != 7,
            _ => true,
        });
    }

    /// An order to the PLC, made wrong; `None`: not given at all.
    pub fn plc(&mut self, command: PlcCommand) -> Option<PlcCommand> {
        match (self.mistake, command) {
            (Mistake::NeverAgain, PlcCommand::Levels(mut levels)) => {
                levels.stop_reason = levels.stop_reason.max(self.beat);
                self.beat = levels.stop_reason;
                Some(PlcCommand::Levels(levels))
            }
            _ => Some(command),
        }
    }

    /// What the printer is said to have answered instead of being told.
    pub fn printer(&mut self, command: &PrinterCommand) -> Option<PrinterEvent> {
        let skip = self.mistake == Mistake::QueueNotPurged && *command == PrinterCommand::Clear;
        skip.then_some(PrinterEvent::Cleared)
    }

    /// A verdict, made wrong.
    pub fn verdict(&mut self, verdict: Verdict) -> Verdict {
        match (self.mistake, &verdict.outcome) {
            (Mistake::BlindPass, Outcome::WrongContent { .. } | Outcome::NotDecodable) => Verdict {
                outcome: Outcome::Pass,
                ..verdict
            },
            (Mistake::BlindToText, _) => Verdict {
                text: TextSeen::Sound,
                ..verdict
            },
            (Mistake::MatchByArrival, _) => self.last.replace(verdict.clone()).unwrap_or(verdict),
            _ => verdict,
        }
    }

    /// Records on their way to the store, made wrong.
    pub fn records(&self, mut records: Vec<Record>) -> Vec<Record> {
        if self.mistake == Mistake::MuteAlarms {
            for record in &mut records {
                if let Fact::AlarmRaised { alarm, .. } = &record.fact {
                    let alarm = alarm.clone();
                    record.fact = Fact::AlarmAcknowledged { alarm };
                }
            }
        }
        records
    }

    /// The heartbeat of a station that is not there: register and value.
    pub fn beat(&mut self) -> Option<(u16, u16)> {
        /// HEARTBEAT of the contract.
        const HEARTBEAT: u16 = 101;
        (self.mistake == Mistake::HeartbeatOfTheDead).then(|| {
            self.beat = self.beat.wrapping_add(1);
            (HEARTBEAT, self.beat)
        })
    }
}
