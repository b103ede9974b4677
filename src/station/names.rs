//! What the devices are called on screens: the model a device reported, else its address.

use crate::config::Config;
use crate::wire::View;
use vidimus_drivers::printer::PrinterEvent;

/// Names by device.
#[derive(Debug, Clone)]
pub struct DeviceNames {
    printer: String,
    camera: String,
    plc: String,
    disk: String,
}

impl DeviceNames {
    /// The addresses of the station file.
    pub fn new(config: &Config) -> DeviceNames {
        // The scheme says nothing to a technician.
        let place = |address: &str| address.split("://").last().unwrap_or(address).to_owned();
        DeviceNames {
            printer: place(&config.printers[0].address),
            camera: place(&config.cameras[0].address),
            plc: place(&config.plcs[0].address),
            disk: config.station.data_dir.display().to_string(),
        }
    }

    /// A printer that says who it is goes by that name.
    pub fn learn(&mut self, event: &PrinterEvent) {
        if let PrinterEvent::Identified { model, .. } = event {
            self.printer.clone_from(model);
        }
    }

    /// Puts the names into a view.
    pub fn put_into(&self, view: &mut View) {
        for device in &mut view.devices {
            let name = match device.name.as_str() {
                "printer" => &self.printer,
                "camera" => &self.camera,
                "PLC" => &self.plc,
                _ => &self.disk,
            };
            device.model.clone_from(name);
        }
    }
}
