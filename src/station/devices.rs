//! The devices of a station file: their sessions, pumps and the commands that go to them.

use super::StationError;
use super::described::speech_of;
use super::desk::Heard;
use super::frames::Doorway;
use super::plc_map;
use super::run::Message;
use super::sessions;
use crate::config::Config;
use std::sync::mpsc::SyncSender;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::{folder, gige, http};
use vidimus_drivers::plc::session::PlcSession;
use vidimus_drivers::plc::{PlcCommand, modbus};
use vidimus_drivers::printer::PrinterCommand;
use vidimus_drivers::printer::session::PrinterSession;
use vidimus_drivers::pump::{self, Clock, PumpHandle};

/// The running pumps.
pub struct Devices {
    plc: PumpHandle<PlcCommand>,
    printer: PumpHandle<PrinterCommand>,
    /// `None` where this station prints no labels of containers.
    label_printer: Option<PumpHandle<PrinterCommand>>,
    camera: PumpHandle<()>,
    door: Doorway,
}

impl Devices {
    /// Starts one pump a device; everything they say goes to `inbox`.
    pub fn start(
        config: &Config,
        clock: &Clock,
        inbox: &SyncSender<Message>,
    ) -> Result<Devices, StationError> {
        let door = Doorway::default();
        Ok(Devices {
            printer: start_printer(config, *clock, inbox.clone())?,
            label_printer: start_label_printer(config, *clock, inbox.clone())?,
            plc: start_plc(config, *clock, inbox.clone())?,
            camera: start_camera(config, *clock, inbox.clone(), door.clone())?,
            door,
        })
    }

    /// A picture of the camera was taken out of the inbox.
    pub fn picture_taken(&self) {
        self.door.taken();
    }

    /// Gives the PLC a command; `false` when it was not taken. A full queue means a dead link: the state is
    /// read again before anything is written.
    pub fn plc(&self, command: PlcCommand) -> bool {
        self.plc.send(command).is_ok()
    }

    /// Gives the printer a command, or says why it cannot take it.
    pub fn printer(&self, command: PrinterCommand) -> Result<(), String> {
        self.printer
            .send(command)
            .map_err(|_| "The printer's queue of commands is full: is its link down?".to_owned())
    }

    /// Gives the printer of containers' labels a command, or says why it cannot take it.
    pub fn label_printer(&self, command: PrinterCommand) -> Result<(), String> {
        let printer = self.label_printer.as_ref();
        let printer = printer.ok_or("the station file names no label_printer")?;
        printer
            .send(command)
            .map_err(|_| "its queue of commands is full: is its link down?".to_owned())
    }

    /// Stops all pumps.
    pub fn stop(self) {
        if let Some(printer) = &self.label_printer {
            printer.stop();
        }
        self.printer.stop();
        self.camera.stop();
        self.plc.stop();
        // Each pump closes its link by itself; the line's last word to the PLC was to stop.
        self.plc.join();
        self.printer.join();
        if let Some(printer) = self.label_printer {
            printer.join();
        }
        self.camera.join();
    }
}

fn io(what: &str) -> impl FnOnce(std::io::Error) -> StationError {
    let what = format!("The pump of the {what} cannot start");
    move |error| StationError::Io { what, error }
}

fn wrong_kind(name: &str, address: &str) -> StationError {
    StationError::Device(format!(
        "{name} cannot be reached at {address}: wrong kind of address."
    ))
}

fn address(name: &str, text: &str) -> Result<Address, StationError> {
    text.parse()
        .map_err(|error| StationError::Device(format!("{name}: {error}")))
}

fn start_printer(
    config: &Config,
    clock: Clock,
    inbox: SyncSender<Message>,
) -> Result<PumpHandle<PrinterCommand>, StationError> {
    let printer = &config.printers[0];
    let Address::Printer { link, .. } = address(&printer.name, &printer.address)? else {
        return Err(wrong_kind(&printer.name, &printer.address));
    };
    let speech = speech_of(printer).map_err(StationError::Device)?;
    let session = PrinterSession::new(speech.language, sessions::printer(config));
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::Printer(event))); // the loop is gone: nobody listens any more
    };
    pump::spawn_bytes(session, link, clock, emit).map_err(io("printer"))
}

fn start_label_printer(
    config: &Config,
    clock: Clock,
    inbox: SyncSender<Message>,
) -> Result<Option<PumpHandle<PrinterCommand>>, StationError> {
    let Some(printer) = &config.packaging.label_printer else {
        return Ok(None);
    };
    let name = "The printer of containers' labels";
    let Address::Printer { link, .. } = address(name, &printer.address)? else {
        return Err(wrong_kind(name, &printer.address));
    };
    let speech = sessions::speech(&printer.address, None).map_err(StationError::Device)?;
    let session = PrinterSession::new(speech.language, sessions::label_printer(printer));
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::LabelPrinter(event)));
    };
    let pump = pump::spawn_bytes(session, link, clock, emit);
    pump.map(Some).map_err(io("printer of containers' labels"))
}

fn start_plc(
    config: &Config,
    clock: Clock,
    inbox: SyncSender<Message>,
) -> Result<PumpHandle<PlcCommand>, StationError> {
    let plc = &config.plcs[0];
    let Address::Modbus(at) = address(&plc.name, &plc.address)? else {
        return Err(wrong_kind(&plc.name, &plc.address));
    };
    let map = plc_map::map_of(plc).map_err(StationError::Device)?;
    plc_map::cycle_of(plc, &map).map_err(StationError::Device)?;
    let session = PlcSession::new(sessions::plc(config, Some(map)))
        .map_err(|error| StationError::Device(error.to_string()))?;
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::Plc(event)));
    };
    modbus::spawn(session, at, clock, emit).map_err(io("PLC"))
}

fn start_camera(
    config: &Config,
    clock: Clock,
    inbox: SyncSender<Message>,
    door: Doorway,
) -> Result<PumpHandle<()>, StationError> {
    let camera = &config.cameras[0];
    let emit = move |event| {
        let event = door.enter(event);
        let _ = inbox.send(Message::Heard(Heard::Camera(event)));
    };
    match address(&camera.name, &camera.address)? {
        Address::Http(at) => {
            http::spawn(sessions::stream(config, at), clock, emit).map_err(io("camera"))
        }
        Address::Gige(at) => gige::spawn(at, clock, emit).map_err(io("camera")),
        Address::Folder(path) => {
            folder::spawn(folder::FolderConfig::new(path), clock, emit).map_err(io("camera"))
        }
        _ => Err(wrong_kind(&camera.name, &camera.address)),
    }
}

/// STATION_BOOT: random, never 0.
pub fn station_boot() -> Result<u16, StationError> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|error| StationError::Io {
        what: "The system gives no random number".to_owned(),
        error: std::io::Error::other(error.to_string()),
    })?;
    Ok(u16::from_le_bytes(bytes).max(1))
}
