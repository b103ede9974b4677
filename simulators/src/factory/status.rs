//! What the factory tells about itself on the control port.

use serde::Serialize;

use super::Factory;
use crate::{Tick, fault::FAULTS, gige, printer::Trouble, tick::NS_PER_MS};

/// The factory at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Packs that ever lay on the belt in this run.
    pub fed: u64,
    /// Packs still to be fed.
    pub to_feed: u64,
    /// Packs on the belt.
    pub on_belt: u64,
    /// Packs in the good bin.
    pub good_bin: u64,
    /// Packs in the reject bin.
    pub reject_bin: u64,
    /// Packs removed by hand.
    pub removed: u64,
    /// The belt moves.
    pub running: bool,
    /// PackML state.
    pub state: u16,
    /// The station's STOP_REASON.
    pub stop_reason: u16,
    /// PLC FAULTS.
    pub plc_faults: u32,
    /// PLC_BOOT.
    pub boot: u16,
    /// The station is alive, ready and asks for no stop.
    pub station_ready: bool,
    /// Milliseconds since a station last spoke to the PLC; `null` if none ever did.
    pub station_seen_ms_ago: Option<u64>,
    /// Packs per minute or `max`.
    pub rate: String,
    /// Faults with their rates.
    pub faults: String,
    /// The printer's language.
    pub printer: &'static str,
    /// Lasting faults, and troubles of printer and GigE Vision camera, that stand now.
    pub active: Vec<&'static str>,
    /// Labels waiting in the printer.
    pub labels_waiting: usize,
    /// Labels printed.
    pub labels_printed: u64,
    /// Pictures taken.
    pub pictures: u64,
    /// A fault window is open.
    pub window: bool,
    /// The seed.
    pub seed: u64,
}

impl Factory {
    /// The factory as it stands.
    #[must_use]
    pub fn status(&self, now: Tick) -> Status {
        let tally = self.belt.tally;
        let seen = |at| now.since_ns(at) / NS_PER_MS;
        Status {
            fed: tally.entered,
            to_feed: self.belt.to_feed,
            on_belt: self.belt.on_belt(),
            good_bin: tally.good,
            reject_bin: tally.reject,
            removed: tally.removed,
            running: self.plc.running(),
            state: self.plc.state(),
            stop_reason: self.plc.stop_reason(),
            plc_faults: self.plc.faults(),
            boot: self.plc.boot(),
            station_ready: self.plc.station_ready(),
            station_seen_ms_ago: self.plc.heard_at().map(seen),
            rate: self.belt.rate.to_string(),
            faults: self.options.faults.to_string(),
            printer: self.printer.language().name(),
            active: FAULTS
                .iter()
                .filter(|f| self.active(f.0))
                .map(|f| f.1.name)
                .chain(self.printer.press.troubles.standing().map(Trouble::name))
                .chain(self.camera_troubles.standing().map(gige::Trouble::name))
                .chain(self.standing_mishaps())
                .collect(),
            labels_waiting: self.printer.waiting(),
            labels_printed: self.printer.odometer(),
            pictures: self.camera.counter(),
            window: self.window_open(),
            seed: self.options.seed,
        }
    }
}
