//! What a factory can be told at its start.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{
    belt::{Geometry, Rate},
    camera::Coding,
    fault::FaultPlan,
    optics::Optics,
    packing::PackingOptions,
    plc::{PlcMap, PlcOptions},
    printer::{Media, Model},
    reader::Setup,
};

/// What the pure factory depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct LineOptions {
    /// Which lane it is, from 1.
    pub lane: u8,
    /// Where all chance comes from.
    pub seed: u64,
    /// How fast packs come.
    pub rate: Rate,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// The belt's distances.
    pub geometry: Geometry,
    /// The printer's media and head.
    pub media: Media,
    /// Which printer it is: its language, how many labels wait in it, what it keeps without power.
    pub printer: Model,
    /// Fastest print, in mm/s. The print keeps step with the belt up to this speed.
    pub print_mm_s: f64,
    /// Ring depths; `max_in_flight` is worked out from geometry and rate unless `in_flight` is given.
    pub plc: PlcOptions,
    /// Most packs between detect and gate, as the PLC says it.
    pub in_flight: Option<u16>,
    /// The shortest way from pack to pack, in µm; `None`: all ways are the pitch.
    pub nearest_um: Option<u64>,
    /// Where the PLC keeps its registers.
    pub plc_map: Arc<PlcMap>,
    /// Packs between detect and gate on the elastic belt of `--rate max`.
    pub elastic_packs: u16,
    /// Longest wait of the elastic belt for a print job or a verdict, in ms.
    pub elastic_wait_ms: u64,
    /// Somebody at the machine presses start when all is well, loads labels, and so on.
    pub person: bool,
    /// How long that person looks before pressing start, in ms.
    pub person_start_ms: u64,
    /// A fault window stays open at least this long after the station is ready again, in ms.
    pub window_margin_ms: u64,
}

impl Default for LineOptions {
    fn default() -> LineOptions {
        LineOptions {
            lane: 1,
            seed: 1,
            rate: Rate::PacksPerMin(600),
            faults: FaultPlan::none(),
            geometry: Geometry::default(),
            media: Media::default(),
            printer: Model::default(),
            print_mm_s: 2000.0,
            plc: PlcOptions::default(),
            in_flight: None,
            nearest_um: None,
            plc_map: Arc::default(),
            elastic_packs: 24,
            elastic_wait_ms: 2000,
            person: true,
            person_start_ms: 1000,
            window_margin_ms: 3000,
        }
    }
}

/// How the printer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterLink {
    /// Raw TCP.
    Tcp,
    /// A pseudo-terminal, paced at this rate (10 bits per byte, both directions).
    Serial {
        /// Bits per second.
        baud: u32,
    },
}

/// How the PLC is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlcLink {
    /// Modbus TCP.
    #[default]
    Tcp,
    /// Modbus RTU on a pseudo-terminal, paced at this rate (11 bits per character, both directions).
    RtuPty {
        /// Bits per second.
        baud: u32,
    },
    /// Modbus RTU through a serial server.
    RtuTcp,
}

/// How the camera is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CameraLink {
    /// A stream of coded pictures over HTTP.
    #[default]
    Http,
    /// GigE Vision, with this serial number and this many pixels across and down.
    Gige {
        /// At most 15 letters and digits.
        serial: String,
        /// Pixels across and down; those of the optics when `None`.
        pixels: Option<(u32, u32)>,
    },
    /// Files in a folder, renamed into it when they are whole.
    Folder(PathBuf),
    /// A smart reader stands in the camera's place.
    Reader(Box<ReaderOptions>),
}

/// How the HTTP stream looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpStream {
    /// Its path; `/` always works.
    pub path: String,
    /// The header that carries the frame counter.
    pub counter_header: String,
}

impl Default for HttpStream {
    fn default() -> HttpStream {
        HttpStream {
            path: "/stream".to_owned(),
            counter_header: "X-Frame-Counter".to_owned(),
        }
    }
}

/// Which devices are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Devices {
    /// The printer.
    pub printer: bool,
    /// The PLC and its belt.
    pub plc: bool,
    /// The camera.
    pub camera: bool,
}

impl Devices {
    /// The whole line.
    pub const LINE: Devices = Devices {
        printer: true,
        plc: true,
        camera: true,
    };

    /// `true` for the whole line, where the belt alone triggers printer and camera.
    #[must_use]
    pub fn joined(self) -> bool {
        self == Devices::LINE
    }
}

/// Where the servers listen. Port 0: the system picks one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The printer, when it is on TCP.
    pub printer: SocketAddr,
    /// The PLC's Modbus server, when it is on TCP.
    pub plc: SocketAddr,
    /// The camera: its HTTP server, or the control port of GigE Vision.
    pub camera: SocketAddr,
    /// The control port. Loopback only.
    pub control: SocketAddr,
}

impl Default for Listen {
    fn default() -> Listen {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Listen {
            printer: any,
            plc: any,
            camera: any,
            control: any,
        }
    }
}

/// Everything a factory process can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct FactoryOptions {
    /// The factory's folder: truth, PLC memory, addresses, lock. `None` for a single device that
    /// keeps nothing.
    pub dir: Option<PathBuf>,
    /// The line itself: seed, rate, faults, geometry.
    pub line: LineOptions,
    /// How the printer is reached.
    pub printer: PrinterLink,
    /// Where a link to the printer's pseudo-terminal is made, if it is not there yet.
    pub printer_device: Option<PathBuf>,
    /// The Modbus unit that the PLC answers.
    pub unit: u8,
    /// Where a link to the PLC's pseudo-terminal is made, if it is not there yet.
    pub plc_device: Option<PathBuf>,
    /// How the PLC is reached.
    pub plc: PlcLink,
    /// How the camera is reached.
    pub camera: CameraLink,
    /// How the camera's HTTP stream looks.
    pub stream: HttpStream,
    /// How pictures are coded; GigE Vision codes none.
    pub coding: Coding,
    /// How the camera is set up.
    pub optics: Optics,
    /// Packs to feed from the start; more by control.
    pub packs: u64,
    /// Which devices are served.
    pub devices: Devices,
    /// Where.
    pub listen: Listen,
    /// Ends by itself after this long without a word from a station or a control client, in ms;
    /// `None`: never.
    pub idle_end_ms: Option<u64>,
}

impl FactoryOptions {
    /// A whole line in this folder, with nothing going wrong.
    #[must_use]
    pub fn new(dir: PathBuf) -> FactoryOptions {
        FactoryOptions {
            dir: Some(dir),
            line: LineOptions::default(),
            printer: PrinterLink::Tcp,
            printer_device: None,
            unit: 1,
            plc_device: None,
            plc: PlcLink::Tcp,
            camera: CameraLink::Http,
            stream: HttpStream::default(),
            coding: Coding::default(),
            optics: Optics::default(),
            packs: 0,
            devices: Devices::LINE,
            listen: Listen::default(),
            idle_end_ms: Some(60_000),
        }
    }
}

/// What a reader hangs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderLink {
    /// A TCP server.
    Tcp(SocketAddr),
    /// A pseudo-terminal, paced at this rate, with a link to it where one is wanted.
    Serial {
        /// Bits per second.
        baud: u32,
        /// Where the link is made, if nothing is there yet.
        device: Option<PathBuf>,
    },
}

/// A reader at a point of the packing hall, or in the place of a lane's camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Its name in the station file.
    pub name: String,
    /// Its point.
    pub point: String,
    /// Family, framing, counter.
    pub setup: Setup,
    /// How it is reached.
    pub link: ReaderLink,
}

/// Where good packs become cases and pallets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HallOptions {
    /// The levels.
    pub packing: PackingOptions,
    /// The readers.
    pub readers: Vec<ReaderOptions>,
}

/// A factory of one or several lanes, with what stands behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct PlantOptions {
    /// The factory's folder.
    pub dir: Option<PathBuf>,
    /// The lanes. Of their own folders, control ports and idle ends nothing is used.
    pub lanes: Vec<FactoryOptions>,
    /// The printer of containers' labels: a device that nothing but the hall triggers.
    pub labeller: Option<FactoryOptions>,
    /// The packing hall.
    pub hall: Option<HallOptions>,
    /// Where the control port listens. Loopback only.
    pub control: SocketAddr,
    /// Ends by itself after this long without a word from a station or a control client, in ms; `None`: never.
    pub idle_end_ms: Option<u64>,
}

impl PlantOptions {
    /// Containers are under way so long from label to reader, and from there to the level above, in ms; `None` and a
    /// plant without a packing hall: as it is.
    pub fn has_way(&mut self, way_ms: Option<u64>) {
        if let (Some(hall), Some(way_ms)) = (&mut self.hall, way_ms) {
            hall.packing.way_ms = way_ms;
        }
    }
}

impl From<FactoryOptions> for PlantOptions {
    fn from(line: FactoryOptions) -> PlantOptions {
        PlantOptions {
            dir: line.dir.clone(),
            control: line.listen.control,
            idle_end_ms: line.idle_end_ms,
            labeller: None,
            hall: None,
            lanes: vec![line],
        }
    }
}
