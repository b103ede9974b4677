//! Each fault that lasts has its alarm within two seconds of being there for a station to see. PURE.

use crate::record::Tick;
use crate::wire::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use vidimus_simulators::fault::FaultKind;

/// Longest time in which a fault may stand without its alarm.
const ALARM_WITHIN: Duration = Duration::from_secs(2);

/// Name of a camera whose stream is away.
pub const CAMERA: &str = "camera-link";

/// Faults that last and the alarms of which one tells of it.
const TELLS: [(&str, &[&str]); 8] = [
    (FaultKind::ModbusOutage.name(), &["plc-link"]),
    (FaultKind::PlcRestart.name(), &["plc-link", "plc-restarted"]),
    (FaultKind::PrinterRestart.name(), &["printer-link"]),
    (FaultKind::PrinterLink.name(), &["printer-link"]),
    (
        FaultKind::PrinterSilent.name(),
        &["printer", "printer-link"],
    ),
    (FaultKind::MediaOut.name(), &["printer", "printer-link"]),
    (FaultKind::RibbonOut.name(), &["printer", "printer-link"]),
    (CAMERA, &["camera-link"]),
];

/// Alarms that must be over when everything was put right and the line has run.
const OVER: [&str; 10] = [
    "wrong-bin",
    "store",
    "sync",
    "camera-counts",
    "plc-link",
    "plc-wrong",
    "machine",
    "printer-link",
    "printer",
    "camera-link",
];

/// Faults that stand, and what was not told in time.
#[derive(Debug, Default)]
pub struct Episodes {
    since: BTreeMap<&'static str, Tick>,
    /// Faults without an alarm.
    pub untold: BTreeSet<String>,
}

impl Episodes {
    /// One look at the screen; `stands` says which faults the factory has.
    pub fn look(&mut self, now: Tick, view: &View, stands: impl Fn(&str) -> bool) {
        let active = |code: &str| {
            let mut alarms = view.alarms.iter();
            alarms.any(|alarm| alarm.active && alarm.code == code)
        };
        for (fault, alarms) in TELLS {
            if !stands(fault) || alarms.iter().any(|code| active(code)) {
                self.since.remove(fault);
            } else if now.since(*self.since.entry(fault).or_insert(now)) > ALARM_WITHIN {
                self.untold.insert(format!(
                    "{fault} stood for {} s without one of the alarms {alarms:?}",
                    ALARM_WITHIN.as_secs()
                ));
            }
        }
    }

    /// The station's power is gone: what stands is seen anew.
    pub fn dark(&mut self) {
        self.since.clear();
    }

    /// Everything was put right and the line has run: alarms that should be over.
    pub fn end(&mut self, view: &View) {
        let still = view.alarms.iter();
        let still = still.filter(|alarm| alarm.active && OVER.contains(&alarm.code.as_str()));
        self.untold.extend(still.map(|alarm| {
            format!(
                "alarm {} is still there though everything is right",
                alarm.code
            )
        }));
    }
}
