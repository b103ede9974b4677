//! Why a device cannot be used, in the words of its link: a device that never answered asks for a person just as one
//! that was lost. PURE.

use super::Line;
use super::alarm::AlarmKind;
use super::event::{Device, DiskRoom};
use crate::record::Tick;

/// Warnings of the camera that are kept; there are no more kinds.
const WARNINGS_KEPT: usize = 4;

/// What was said last about each device, until it answers.
#[derive(Debug, Default)]
pub struct Troubles {
    printer: Option<String>,
    plc: Option<String>,
    camera: Option<String>,
    /// What the camera's link said it is to work with all the same, since it came up.
    warnings: Vec<String>,
}

impl Troubles {
    fn entry(&mut self, device: Device) -> &mut Option<String> {
        match device {
            Device::Printer => &mut self.printer,
            Device::Plc => &mut self.plc,
            Device::Camera => &mut self.camera,
        }
    }

    /// What stands against this device.
    pub fn of(&self, device: Device) -> Option<&str> {
        match device {
            Device::Printer => self.printer.as_deref(),
            Device::Plc => self.plc.as_deref(),
            Device::Camera => self.camera.as_deref(),
        }
    }

    /// The camera works, but not as it should.
    pub fn camera_warns(&mut self, what: String) {
        if self.warnings.len() < WARNINGS_KEPT && !self.warnings.contains(&what) {
            self.warnings.push(what);
        }
    }

    /// The camera's link came up or went down: what it warned of is over, or will be said again.
    pub fn camera_begins_anew(&mut self) {
        self.warnings.clear();
    }

    /// What the camera warns of.
    pub fn camera_warnings(&self) -> Option<String> {
        (!self.warnings.is_empty()).then(|| self.warnings.join("; "))
    }

    /// The device answers as it should.
    pub fn over(&mut self, device: Device) {
        *self.entry(device) = None;
    }

    /// `what`, and why if that is known.
    pub fn explain(&self, device: Device, what: &str) -> String {
        match self.of(device) {
            Some(why) => format!("{what}: {why}"),
            None => what.to_owned(),
        }
    }
}

impl Line {
    /// An alarm that stands as long as something hinders, and says what hinders now.
    pub(super) fn alarm_follows(&mut self, now: Tick, kind: AlarmKind, why: Option<String>) {
        match why {
            Some(why) => {
                self.raise(now, kind, why.clone());
                self.alarm_now_says(kind, why);
            }
            None => self.clear_alarm(now, kind),
        }
    }

    /// The disk has more room, or less.
    pub(super) fn disk_room(&mut self, now: Tick, room: DiskRoom) {
        match &room {
            DiskRoom::Low(text) | DiskRoom::TooLittle(text) => {
                self.raise(now, AlarmKind::Disk, text.clone());
            }
            DiskRoom::Enough => self.clear_alarm(now, AlarmKind::Disk),
        }
        self.disk = room;
    }

    /// The wall clock was set: each time is on record.
    pub(super) fn clock_stepped(&mut self, now: Tick, by_ms: i64) {
        let way = if by_ms < 0 { "back" } else { "forward" };
        let ms = by_ms.unsigned_abs();
        let detail = format!("{way} by {}.{} s", ms / 1000, ms % 1000 / 100);
        self.raise_each(now, AlarmKind::ClockStep, detail.clone());
        self.alarm_now_says(AlarmKind::ClockStep, detail);
    }

    pub(super) fn trouble(&mut self, now: Tick, device: Device, why: String) {
        let (link, alarm) = match device {
            Device::Printer => (self.lane.printer.link, AlarmKind::PrinterLink),
            Device::Plc => (self.lane.plc.link, AlarmKind::PlcLink),
            Device::Camera => (self.lane.camera_link, AlarmKind::CameraLink),
        };
        if device == Device::Plc {
            self.lane.plc.taken = false;
        }
        if !link {
            self.raise(now, alarm, why.clone());
            self.alarm_now_says(alarm, why.clone());
        }
        *self.lane.troubles.entry(device) = Some(why);
    }
}
