//! What a factory can be told at its start.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{
    belt::{Geometry, Rate},
    camera::Coding,
    fault::FaultPlan,
    optics::Optics,
    plc::{PlcMap, PlcOptions},
    printer::{Media, Model},
};

/// What the pure factory depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct LineOptions {
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
    /// Ring depths; `max_in_flight` is worked out from geometry and rate.
    pub plc: PlcOptions,
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
            seed: 1,
            rate: Rate::PacksPerMin(600),
            faults: FaultPlan::none(),
            geometry: Geometry::default(),
            media: Media::default(),
            printer: Model::default(),
            print_mm_s: 2000.0,
            plc: PlcOptions::default(),
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
    /// How the PLC is reached.
    pub plc: PlcLink,
    /// How the camera is reached.
    pub camera: CameraLink,
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
            plc: PlcLink::Tcp,
            camera: CameraLink::Http,
            coding: Coding::default(),
            optics: Optics::default(),
            packs: 0,
            devices: Devices::LINE,
            listen: Listen::default(),
            idle_end_ms: Some(60_000),
        }
    }
}
