//! What the devices are called on screens: the model a device reported, else its address.

use super::devices::LABEL_PRINTER;
use super::scan_points::device_of;
use crate::config::{Config, PointKind};
use crate::record::LaneNo;
use crate::wire::{DeviceState, DeviceView, View, device_name};
use std::collections::HashMap;
use vidimus_drivers::printer::PrinterEvent;
use vidimus_drivers::reader::ReaderEvent;

/// Models and places by the names that devices have in a view.
#[derive(Debug, Clone)]
pub struct DeviceNames {
    lanes: bool,
    models: HashMap<String, String>,
}

impl DeviceNames {
    /// The addresses of the station file.
    pub fn new(config: &Config) -> DeviceNames {
        // The scheme says nothing to a technician.
        let place = |address: &str| address.split("://").last().unwrap_or(address).to_owned();
        let lanes = config.lanes();
        let several = lanes.len() > 1;
        let mut models = HashMap::new();
        for lane in &lanes {
            for (kind, address) in [
                ("printer", lane.printer.address.as_str()),
                (lane.eyes.kind(), lane.eyes.address()),
                ("PLC", &lane.plc.address),
            ] {
                models.insert(device_name(kind, lane.no, several), place(address));
            }
        }
        let scans = config.points.iter();
        for point in scans.filter(|point| point.kind == PointKind::Scan) {
            let mut readers = config.readers.iter();
            if let Some(reader) = readers.find(|reader| reader.name == point.device) {
                models.insert(device_of(&point.name), place(&reader.address));
            }
        }
        if let Some(printer) = &config.packaging.label_printer {
            models.insert(LABEL_PRINTER.to_owned(), place(&printer.address));
        }
        models.insert(
            "disk".to_owned(),
            config.station.data_dir.display().to_string(),
        );
        DeviceNames {
            lanes: several,
            models,
        }
    }

    /// What a lane's device of this kind is called in a view.
    pub fn of(&self, kind: &str, lane: LaneNo) -> String {
        device_name(kind, lane, self.lanes)
    }

    /// A printer that says who it is goes by that name.
    pub fn learn(&mut self, lane: LaneNo, event: &PrinterEvent) {
        if let PrinterEvent::Identified { model, .. } = event {
            let name = device_name("printer", lane, self.lanes);
            self.models.insert(name, model.clone());
        }
    }

    /// So does a reader in a camera's place.
    pub fn learn_reader(&mut self, lane: LaneNo, event: &ReaderEvent) {
        if let ReaderEvent::Identified { model, .. } = event {
            let name = device_name("reader", lane, self.lanes);
            self.models.insert(name, model.clone());
        }
    }

    /// Puts the names into a view, and the printer of containers' labels among its devices.
    pub fn put_into(&self, view: &mut View) {
        if let Some(labels) = &view.labels {
            let (state, detail) = match &labels.hindrance {
                Some(why) => (DeviceState::Failure, why.clone()),
                None => (DeviceState::Ok, format!("{} due", labels.due)),
            };
            view.devices.push(DeviceView {
                name: LABEL_PRINTER.to_owned(),
                model: String::new(),
                state,
                detail,
            });
        }
        for device in &mut view.devices {
            if let Some(model) = self.models.get(&device.name) {
                device.model.clone_from(model);
            }
        }
    }
}
