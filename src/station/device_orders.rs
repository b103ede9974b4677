//! What people order of devices, on its way to the line and back: what they must know of it, what became of it.

use super::desk::TEST_TICKET;
use super::orders::Told;
use super::run::Loop;
use super::workers::Looked;
use crate::line::TRY_WAIT;
use crate::record::{DeviceOrder, LaneNo};
use crate::wire::OperatorCommand;
use vidimus_drivers::printer::PrinterEvent;

/// What follows for packs from trying a device out.
const PACKS: &str = "What was on the belt is void and rejected, as after a resync.";

impl Loop {
    /// What must be known of an order once it is carried out, as sentences; mostly nothing.
    pub(super) fn told_of(&self, command: &OperatorCommand) -> Told {
        let OperatorCommand::Device { device, order } = command else {
            return Told::new();
        };
        let wait = TRY_WAIT.as_secs();
        let fired = self.floor.try_out.fired_by_station(device);
        let by_machine = |seconds: u64| {
            format!(
                "The machine fires this one, not the station: fire it there within {seconds} s."
            )
        };
        match order {
            DeviceOrder::Reconnect => vec![format!(
                "The link of {device} is dropped and built again, as if its cable had been pulled and plugged in."
            )],
            DeviceOrder::TestPrint => vec![
                format!(
                    "A label that says VOID and has no symbol goes to the printer. Where that waits for START PRINT, \
                     give it at the machine within {wait} s: then it is cleared."
                ),
                PACKS.to_owned(),
            ],
            DeviceOrder::TestShot => {
                let how = (!fired).then(|| by_machine(wait));
                how.into_iter().chain([PACKS.to_owned()]).collect()
            }
            DeviceOrder::SetUp { seconds: 0 } => Told::new(),
            DeviceOrder::SetUp { seconds } => {
                let how = (!fired).then(|| by_machine((*seconds).into()));
                how.into_iter().chain([PACKS.to_owned()]).collect()
            }
        }
    }

    /// The picture of a pack was looked at: somebody may watch its camera.
    pub(super) fn pack_looked(&self, looked: &Looked) {
        if let Some(pack) = self.desk.line().pack(looked.pack) {
            let camera = self.names.of("camera", pack.plc.lane);
            let symbol = || self.floor.symbol_of(looked.pack);
            self.floor.try_out.looked(&camera, looked, symbol);
        }
    }

    /// What became of a test label.
    pub(super) fn test_label(&self, lane: LaneNo, event: &PrinterEvent) {
        let what = match event {
            PrinterEvent::Sent { ticket, .. } if *ticket == TEST_TICKET => {
                "the test label was sent".to_owned()
            }
            PrinterEvent::Refused { ticket, why } if *ticket == TEST_TICKET => {
                format!("the test label was not sent: {why}")
            }
            _ => return,
        };
        let printer = self.names.of("printer", lane);
        self.floor.exchanges.happened(&printer, &what);
    }
}
