//! The devices of a station file: their sessions, pumps and the commands that go to them.

use super::StationError;
use super::described::speech_of;
use super::desk::Heard;
use super::exchanges::{Exchanges, Overheard, Tap};
use super::frames::Doorway;
use super::plc_map;
use super::run::Message;
use super::sessions;
use crate::config::{Camera, Config, Eyes, LaneDevices, Plc, Printer, Reader};
use crate::record::LaneNo;
use crate::wire::device_name;
use std::sync::mpsc::SyncSender;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::{folder, gige, http, v4l2};
use vidimus_drivers::plc::session::PlcSession;
use vidimus_drivers::plc::{PlcCommand, modbus};
use vidimus_drivers::printer::PrinterCommand;
use vidimus_drivers::printer::session::PrinterSession;
use vidimus_drivers::pump::{self, Clock, PumpHandle, Redial};
use vidimus_drivers::reader::ReaderCommand;
use vidimus_drivers::reader::session::ReaderSession;

/// What the printer of containers' labels is called in a view.
pub const LABEL_PRINTER: &str = "label printer";

/// What every pump of a station is started with.
struct Around<'s> {
    clock: Clock,
    station_boot: u16,
    inbox: &'s SyncSender<Message>,
    exchanges: &'s Exchanges,
    /// There are several lanes.
    several: bool,
}

impl Around<'_> {
    fn name(&self, kind: &str, lane: LaneNo) -> String {
        device_name(kind, lane, self.several)
    }

    fn tap(&self, kind: &str, lane: LaneNo) -> Tap {
        self.exchanges.tap(&self.name(kind, lane))
    }

    /// The links of this lane can be dropped.
    fn runs(&self, lane: &LaneDevices<'_>, pumps: &LanePumps) {
        let redials = [
            ("printer", pumps.printer.redial()),
            ("PLC", pumps.plc.redial()),
            (lane.eyes.kind(), pumps.eyes.redial()),
        ];
        for (kind, redial) in redials {
            self.exchanges.runs(&self.name(kind, lane.no), redial);
        }
    }
}

/// The running pumps of a lane.
struct LanePumps {
    plc: PumpHandle<PlcCommand>,
    printer: PumpHandle<PrinterCommand>,
    eyes: EyesPump,
    eyes_tap: Tap,
    /// They look only when the station orders it.
    eyes_wait: bool,
    door: Doorway,
}

/// The pump of what looks at packs.
enum EyesPump {
    Camera(PumpHandle<()>),
    Reader(PumpHandle<ReaderCommand>),
}

impl EyesPump {
    fn fire(&self) {
        // An order that is not taken is a picture, or a text, that does not come.
        let _taken = match self {
            EyesPump::Camera(pump) => pump.send(()).is_ok(),
            EyesPump::Reader(pump) => pump.send(ReaderCommand::Trigger(true)).is_ok(),
        };
    }

    fn redial(&self) -> Redial {
        match self {
            EyesPump::Camera(pump) => pump.redial(),
            EyesPump::Reader(pump) => pump.redial(),
        }
    }

    fn stop(&self) {
        match self {
            EyesPump::Camera(pump) => pump.stop(),
            EyesPump::Reader(pump) => pump.stop(),
        }
    }

    fn join(self) {
        match self {
            EyesPump::Camera(pump) => pump.join(),
            EyesPump::Reader(pump) => pump.join(),
        };
    }
}

impl LanePumps {
    /// Starts one pump a device; everything they say goes to the inbox.
    fn start(lane: &LaneDevices<'_>, around: &Around<'_>) -> Result<LanePumps, StationError> {
        let door = Doorway::default();
        let no = lane.no;
        let eyes_tap = around.tap(lane.eyes.kind(), no);
        let pumps = LanePumps {
            printer: start_printer(no, lane.printer, around)?,
            plc: start_plc(no, lane.plc, around)?,
            eyes: match lane.eyes {
                Eyes::Camera(camera) => {
                    let ways = (door.clone(), eyes_tap.clone());
                    EyesPump::Camera(start_camera(no, camera, ways, around)?)
                }
                Eyes::Reader(reader) => {
                    let tap = eyes_tap.clone();
                    EyesPump::Reader(start_reader(no, reader, tap, around)?)
                }
            },
            eyes_tap,
            eyes_wait: fired_by_station(lane.eyes),
            door,
        };
        around.runs(lane, &pumps);
        Ok(pumps)
    }

    fn stop(&self) {
        self.printer.stop();
        self.eyes.stop();
        self.plc.stop();
    }

    fn join(self) {
        self.plc.join();
        self.printer.join();
        self.eyes.join();
    }
}

/// The running pumps.
pub struct Devices {
    clock: Clock,
    /// The first lane first.
    lanes: Vec<LanePumps>,
    /// `None` where this station prints no labels of containers.
    label_printer: Option<PumpHandle<PrinterCommand>>,
}

impl Devices {
    /// Starts one pump a device; everything they say goes to `inbox`, and what goes over their links into `exchanges`.
    pub fn start(
        config: &Config,
        (clock, station_boot): (Clock, u16),
        inbox: &SyncSender<Message>,
        exchanges: &Exchanges,
    ) -> Result<Devices, StationError> {
        for plc in &config.plcs {
            let map = plc_map::map_of(plc).map_err(StationError::Device)?;
            plc_map::pace_of(config, plc, &map).map_err(StationError::Device)?;
        }
        let lanes = config.lanes();
        let around = Around {
            clock,
            station_boot,
            inbox,
            exchanges,
            several: lanes.len() > 1,
        };
        let lanes = lanes.iter().map(|lane| LanePumps::start(lane, &around));
        Ok(Devices {
            clock,
            lanes: lanes.collect::<Result<_, _>>()?,
            label_printer: start_label_printer(config, &around)?,
        })
    }

    fn lane(&self, no: LaneNo) -> &LanePumps {
        &self.lanes[usize::from(no.0) - 1]
    }

    /// A picture of a lane's camera was taken out of the inbox.
    pub fn picture_taken(&self, lane: LaneNo) {
        self.lane(lane).door.taken();
    }

    /// A lane's PLC said that a pack stands before the camera. One that waits for the station's order, or a reader in
    /// its place, looks now.
    pub fn camera_fired(&self, lane: LaneNo) {
        let lane = self.lane(lane);
        // Whoever does not wait for the station is fired by the machine.
        if lane.eyes_wait {
            lane.eyes_tap.fired(self.clock.now());
            lane.eyes.fire();
        }
    }

    /// Gives a lane's PLC a command; `false` when it was not taken. A full queue means a dead link: the state is
    /// read again before anything is written.
    pub fn plc(&self, lane: LaneNo, command: PlcCommand) -> bool {
        self.lane(lane).plc.send(command).is_ok()
    }

    /// Gives a lane's printer a command, or says why it cannot take it.
    pub fn printer(&self, lane: LaneNo, command: PrinterCommand) -> Result<(), String> {
        self.lane(lane)
            .printer
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
        self.lanes.iter().for_each(LanePumps::stop);
        // Each pump closes its link by itself; the line's last word to the PLCs was to stop.
        self.lanes.into_iter().for_each(LanePumps::join);
        if let Some(printer) = self.label_printer {
            printer.join();
        }
    }
}

/// What looks at the packs of a lane does so when the station orders it.
pub fn fired_by_station(eyes: Eyes<'_>) -> bool {
    match eyes {
        Eyes::Camera(camera) => sessions::fires_by_software(&camera.address),
        Eyes::Reader(reader) => reader.fired_by_station,
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
    lane: LaneNo,
    printer: &Printer,
    around: &Around<'_>,
) -> Result<PumpHandle<PrinterCommand>, StationError> {
    let Address::Printer { link, .. } = address(&printer.name, &printer.address)? else {
        return Err(wrong_kind(&printer.name, &printer.address));
    };
    let speech = speech_of(printer).map_err(StationError::Device)?;
    let session = PrinterSession::new(speech.language, sessions::printer(printer));
    let session = Overheard::new(session, around.tap("printer", lane));
    let inbox = around.inbox.clone();
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::Printer(lane, event))); // the loop is gone: nobody listens any more
    };
    pump::spawn_bytes(session, link, around.clock, emit).map_err(io("printer"))
}

fn start_label_printer(
    config: &Config,
    around: &Around<'_>,
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
    let session = Overheard::new(session, around.exchanges.tap(LABEL_PRINTER));
    let inbox = around.inbox.clone();
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::LabelPrinter(event)));
    };
    let pump = pump::spawn_bytes(session, link, around.clock, emit);
    if let Ok(pump) = &pump {
        around.exchanges.runs(LABEL_PRINTER, pump.redial());
    }
    pump.map(Some).map_err(io("printer of containers' labels"))
}

fn start_plc(
    lane: LaneNo,
    plc: &Plc,
    around: &Around<'_>,
) -> Result<PumpHandle<PlcCommand>, StationError> {
    let Address::Modbus(at) = address(&plc.name, &plc.address)? else {
        return Err(wrong_kind(&plc.name, &plc.address));
    };
    let map = plc_map::map_of(plc).map_err(StationError::Device)?;
    let session = PlcSession::new(sessions::plc(plc, Some(map), around.station_boot))
        .map_err(|error| StationError::Device(error.to_string()))?;
    let session = Overheard::new(session, around.tap("PLC", lane));
    let inbox = around.inbox.clone();
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::Plc(lane, event)));
    };
    modbus::spawn(session, at, around.clock, emit).map_err(io("PLC"))
}

fn start_camera(
    lane: LaneNo,
    camera: &Camera,
    (door, tap): (Doorway, Tap),
    around: &Around<'_>,
) -> Result<PumpHandle<()>, StationError> {
    let (clock, inbox) = (around.clock, around.inbox.clone());
    let emit = move |event| {
        tap.camera(clock.now(), &event);
        let event = door.enter(event);
        let _ = inbox.send(Message::Heard(Heard::Camera(lane, event)));
    };
    match address(&camera.name, &camera.address)? {
        Address::Http(at) => {
            http::spawn(sessions::stream(camera, at), clock, emit).map_err(io("camera"))
        }
        Address::Gige(at) => gige::spawn(at, clock, emit).map_err(io("camera")),
        Address::V4l2(at) => v4l2::spawn(at, clock, emit).map_err(io("camera")),
        Address::Folder(path) => {
            folder::spawn(folder::FolderConfig::new(path), clock, emit).map_err(io("camera"))
        }
        _ => Err(wrong_kind(&camera.name, &camera.address)),
    }
}

fn start_reader(
    lane: LaneNo,
    reader: &Reader,
    tap: Tap,
    around: &Around<'_>,
) -> Result<PumpHandle<ReaderCommand>, StationError> {
    let (Address::Reader { link, .. }, Some(settings)) =
        (address(&reader.name, &reader.address)?, reader.settings())
    else {
        return Err(wrong_kind(&reader.name, &reader.address));
    };
    let inbox = around.inbox.clone();
    let emit = move |event| {
        let _ = inbox.send(Message::Heard(Heard::Reader(lane, event)));
    };
    let session = Overheard::new(ReaderSession::new(settings), tap);
    pump::spawn_bytes(session, link, around.clock, emit).map_err(io("reader"))
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
