//! What people order of devices: a link dropped and built again, a test print, a test picture, a camera set up. PURE.
//!
//! A dropped link is a pulled cable: what follows from it follows from what the device then says. What tries a device
//! out is for people and for no pack, so it is taken only while the belt stands, and everything is put in step behind
//! it: packs on the belt are void and purged, the printer is cleared, the counts of machine and camera are learnt anew.
//! Until its time is over that procedure waits, and until the procedure is done nothing is numbered and nothing passes.

use super::Line;
use super::alignment::EXECUTE;
use super::effect::{Effect, Permissive};
use super::people::Who;
use crate::record::device::{SET_UP_SECONDS_MAX, TRY_SECONDS};
use crate::record::{DeviceOrder, Fact, LaneNo, RecoveryCause, Tick};
use crate::wire::device_name;
use std::time::Duration;

/// How long a test print or a test picture may take; then what the printer still holds is thrown away.
pub const TRY_WAIT: Duration = Duration::from_secs(10);

// Whoever orders it waits as long.
const _: () = assert!(TRY_WAIT.as_secs() == TRY_SECONDS as u64);

/// A device of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Printer,
    Eyes,
    Plc,
}

impl Line {
    /// The lane at which a device of this name stands, and what it is there; `None`: at none.
    fn stands_at(&self, device: &str) -> Option<(LaneNo, Kind)> {
        self.lanes_in_order().into_iter().find_map(|lane| {
            let no = lane.plan.no;
            let is = |kind| device_name(kind, no, self.has_lanes()) == device;
            let kinds = [
                (is("printer"), Kind::Printer),
                (is(lane.plan.eyes()), Kind::Eyes),
                (is("PLC"), Kind::Plc),
            ];
            let found = kinds.into_iter().find(|(is, _)| *is);
            found.map(|(_, kind)| (no, kind))
        })
    }

    /// A person wants something of the device of this name.
    pub(super) fn on_device(
        &mut self,
        now: Tick,
        who: Who,
        (device, order): (String, DeviceOrder),
    ) -> Result<(), String> {
        let stands_at = self.stands_at(&device);
        if order.tries_out() {
            let lane = tried_at(order, stands_at)?;
            let tried = self.on_lane(lane, |line| line.try_out(now, order));
            tried?;
        }
        let lane = stands_at.map(|(lane, _)| lane);
        let what = device.clone();
        self.record_who(now, who, Fact::DeviceOrdered { device, order });
        self.permit(Permissive::Device {
            lane,
            device: what,
            order,
        });
        Ok(())
    }

    /// The lane at hand is given over to whoever tries its printer or its camera out.
    fn try_out(&mut self, now: Tick, order: DeviceOrder) -> Result<(), String> {
        let wait = match order {
            DeviceOrder::SetUp { seconds: 0 } => {
                self.lane.alignment.hold_until(now);
                return Ok(());
            }
            DeviceOrder::SetUp { seconds } if seconds > SET_UP_SECONDS_MAX => {
                return Err(format!(
                    "A camera is set up for {SET_UP_SECONDS_MAX} s at most: order it again when they are over."
                ));
            }
            DeviceOrder::SetUp { seconds } => Duration::from_secs(seconds.into()),
            _ => TRY_WAIT,
        };
        self.belt_stands()?;
        self.distrust_counts();
        self.want_alignment(now, RecoveryCause::Ordered);
        self.lane.alignment.hold_until(now + wait);
        Ok(())
    }

    /// Nothing can move under the head or before the camera of the lane at hand, as far as anybody knows.
    fn belt_stands(&self) -> Result<(), String> {
        let plc = &self.lane.plc;
        let status = plc.status.filter(|_| plc.link && !plc.reading_back);
        let why = match status {
            None => {
                "The PLC does not answer, so nobody can say whether the belt stands: mend that first."
            }
            Some(status) if status.state == EXECUTE => {
                "The belt runs: stop the line with F2, wait until it stands, then try again."
            }
            Some(_) if self.ending => "The station is ending.",
            Some(_) => return Ok(()),
        };
        Err(why.to_owned())
    }

    /// The record of an order is on disk.
    pub(super) fn release_device(
        &mut self,
        lane: Option<LaneNo>,
        (device, order): (String, DeviceOrder),
    ) {
        let moves = lane.is_some_and(|lane| {
            order.tries_out() && self.on_lane(lane, |line| line.belt_stands().is_err())
        });
        let ends = order == DeviceOrder::SetUp { seconds: 0 };
        if !moves || ends {
            self.effect(Effect::Device {
                lane,
                device,
                order,
            });
        }
    }
}

/// Where an order to try something out is carried out.
fn tried_at(order: DeviceOrder, stands_at: Option<(LaneNo, Kind)>) -> Result<LaneNo, String> {
    match (order, stands_at) {
        (DeviceOrder::TestPrint, Some((lane, Kind::Printer)))
        | (DeviceOrder::TestShot | DeviceOrder::SetUp { .. }, Some((lane, Kind::Eyes))) => Ok(lane),
        (DeviceOrder::TestPrint, _) => {
            Err("Only a printer of packs prints a test label: choose one.".to_owned())
        }
        _ => Err(
            "Only what looks at packs takes a test picture: choose a camera, or the reader in its place."
                .to_owned(),
        ),
    }
}
