//! Why a device cannot be used, in the words of its link: a device that never answered asks for a person just as one
//! that was lost. PURE.

use super::Line;
use super::alarm::AlarmKind;
use super::event::{Device, DiskRoom};
use crate::record::Tick;

/// What was said last about each device, until it answers.
#[derive(Debug, Default)]
pub struct Troubles {
    printer: Option<String>,
    plc: Option<String>,
    camera: Option<String>,
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
                self.alarms.now_says(kind, why);
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

    pub(super) fn trouble(&mut self, now: Tick, device: Device, why: String) {
        let (link, alarm) = match device {
            Device::Printer => (self.printer.link, AlarmKind::PrinterLink),
            Device::Plc => (self.plc.link, AlarmKind::PlcLink),
            Device::Camera => (self.camera_link, AlarmKind::CameraLink),
        };
        if !link {
            self.raise(now, alarm, why.clone());
        }
        *self.troubles.entry(device) = Some(why);
    }
}
