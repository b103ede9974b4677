//! Everything of a factory that listens, and the links to its pseudo-terminals. IO.

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::net::TcpListener;

use super::{
    CameraLink, Devices, FactoryAddresses, FactoryError, FactoryOptions, LaneAddresses,
    PlantOptions, PlcLink, PrinterLink, ReaderLink, ReaderOptions,
};
use crate::{
    gige::Plate,
    serve::{GigeServer, Pty},
};

/// The ports of one lane, or of a device of its own.
pub(super) struct LanePorts {
    pub printer: Option<TcpListener>,
    pub pty: Option<Pty>,
    pub links: Vec<DeviceLink>,
    pub plc: Option<TcpListener>,
    pub plc_pty: Option<Pty>,
    pub camera: Option<TcpListener>,
    pub gige: Option<Arc<GigeServer>>,
    pub reader: Option<ReaderEnd>,
}

impl LanePorts {
    async fn open(options: &FactoryOptions) -> Result<LanePorts, FactoryError> {
        let Devices {
            printer,
            plc,
            camera,
        } = options.devices;
        let listen = &options.listen;
        let tcp = options.printer == PrinterLink::Tcp;
        let pty = match printer && !tcp {
            true => Some(terminal("printer's terminal")?),
            false => None,
        };
        let plc_serial = plc && matches!(options.plc, PlcLink::RtuPty { .. });
        let plc_pty = match plc_serial {
            true => Some(terminal("PLC's terminal")?),
            false => None,
        };
        let mut links = Vec::new();
        let wanted = [
            (&pty, &options.printer_device),
            (&plc_pty, &options.plc_device),
        ];
        for (pty, device) in wanted {
            if let (Some(pty), Some(device)) = (pty, device) {
                links.push(DeviceLink::make(device, &pty.path)?);
            }
        }
        let http = options.camera == CameraLink::Http;
        if let (true, CameraLink::Folder(folder)) = (camera, &options.camera) {
            fs::create_dir_all(folder).map_err(|why| FactoryError::Folder {
                path: folder.clone(),
                why,
            })?;
        }
        Ok(LanePorts {
            printer: bind("printer", printer && tcp, listen.printer).await?,
            pty,
            links,
            plc: bind("PLC", plc && !plc_serial, listen.plc).await?,
            plc_pty,
            camera: bind("camera", camera && http, listen.camera).await?,
            gige: gige(options)?,
            reader: match &options.camera {
                CameraLink::Reader(reader) if camera => Some(reader_end(reader).await?),
                _ => None,
            },
        })
    }

    fn addresses(&self, options: &FactoryOptions) -> Result<LaneAddresses, FactoryError> {
        let tcp = |what, listener: &Option<TcpListener>, shape: &dyn Fn(SocketAddr) -> String| {
            let listener = listener.as_ref().map(|listener| local(what, listener));
            listener.transpose().map(|at| at.map(shape))
        };
        let language = options.line.printer.language.scheme();
        let printer = tcp("printer", &self.printer, &|at| {
            format!("{language}+tcp://{at}")
        })?;
        let serial = self.pty.as_ref().map(|pty| {
            let device = options.printer_device.as_ref();
            let path = device.map_or(pty.path.clone(), |device| device.display().to_string());
            match options.printer {
                PrinterLink::Serial { baud } => format!("{language}+serial://{path}?baud={baud}"),
                PrinterLink::Tcp => format!("{language}+serial://{path}"),
            }
        });
        let gige = self.gige.as_ref().map(|camera| camera.local_addr());
        let gige = gige.transpose().map_err(|why| FactoryError::Listen {
            what: "camera",
            why,
        })?;
        // On a whole line the belt fires the camera at this input.
        let trigger = match options.devices.joined() {
            true => "?trigger=Line1",
            false => "",
        };
        let path = &options.stream.path;
        let http = tcp("camera", &self.camera, &|at| format!("http://{at}{path}"))?;
        let folder = match &options.camera {
            CameraLink::Folder(folder) if options.devices.camera => {
                Some(format!("dir://{}", folder.display()))
            }
            _ => None,
        };
        let reader = match (&options.camera, &self.reader) {
            (CameraLink::Reader(reader), Some(end)) => Some(reader_address(reader, end)?),
            _ => None,
        };
        let unit = options.unit;
        let plc = tcp("PLC", &self.plc, &|at| match options.plc {
            PlcLink::RtuTcp => format!("modbus+rtutcp://{at}?unit={unit}"),
            _ => format!("modbus+tcp://{at}?unit={unit}"),
        })?;
        let rtu = self.plc_pty.as_ref().map(|pty| {
            let device = options.plc_device.as_ref();
            let path = device.map_or(pty.path.clone(), |device| device.display().to_string());
            match options.plc {
                PlcLink::RtuPty { baud } => format!("modbus+rtu://{path}?baud={baud}&unit={unit}"),
                _ => format!("modbus+rtu://{path}"),
            }
        });
        Ok(LaneAddresses {
            lane: options.line.lane,
            printer: printer.or(serial),
            plc: plc.or(rtu),
            camera: http
                .or(gige.map(|at| format!("gige://{at}{trigger}")))
                .or(folder)
                .or(reader),
        })
    }
}

/// What a reader hangs on, open.
pub(super) enum ReaderEnd {
    Tcp(TcpListener),
    Serial(Pty, u32, Option<DeviceLink>),
}

/// Everything that listens.
pub(super) struct Ports {
    pub lanes: Vec<LanePorts>,
    pub labeller: Option<LanePorts>,
    pub readers: Vec<(ReaderOptions, ReaderEnd)>,
    pub control: TcpListener,
}

impl Ports {
    pub async fn open(options: &PlantOptions) -> Result<Ports, FactoryError> {
        if !options.control.ip().is_loopback() {
            return Err(FactoryError::NotLoopback(options.control));
        }
        let mut lanes = Vec::new();
        for lane in &options.lanes {
            lanes.push(LanePorts::open(lane).await?);
        }
        let labeller = match &options.labeller {
            Some(printer) => Some(LanePorts::open(printer).await?),
            None => None,
        };
        let mut readers = Vec::new();
        for reader in options.hall.iter().flat_map(|hall| &hall.readers) {
            readers.push((reader.clone(), reader_end(reader).await?));
        }
        let control = TcpListener::bind(options.control).await;
        Ok(Ports {
            lanes,
            labeller,
            readers,
            control: control.map_err(|why| FactoryError::Listen {
                what: "control port",
                why,
            })?,
        })
    }

    pub fn addresses(&self, options: &PlantOptions) -> Result<FactoryAddresses, FactoryError> {
        let lanes = self.lanes.iter().zip(&options.lanes);
        let lanes: Vec<LaneAddresses> = lanes
            .map(|(ports, lane)| ports.addresses(lane))
            .collect::<Result<_, _>>()?;
        let labeller = self.labeller.as_ref().zip(options.labeller.as_ref());
        let labeller = labeller.map(|(ports, printer)| ports.addresses(printer));
        let mut readers = BTreeMap::new();
        for (reader, end) in &self.readers {
            readers.insert(reader.name.clone(), reader_address(reader, end)?);
        }
        let first = lanes.first().cloned().unwrap_or_default();
        Ok(FactoryAddresses {
            pid: std::process::id(),
            printer: first.printer,
            plc: first.plc,
            camera: first.camera,
            control: local("control port", &self.control)?.to_string(),
            lanes: if lanes.len() > 1 { lanes } else { Vec::new() },
            label_printer: labeller.transpose()?.and_then(|printer| printer.printer),
            readers,
        })
    }
}

async fn reader_end(reader: &ReaderOptions) -> Result<ReaderEnd, FactoryError> {
    match &reader.link {
        ReaderLink::Tcp(at) => {
            let listener = TcpListener::bind(at).await;
            let listener = listener.map_err(|why| FactoryError::Listen {
                what: "reader",
                why,
            })?;
            Ok(ReaderEnd::Tcp(listener))
        }
        ReaderLink::Serial { device, baud } => {
            let pty = terminal("reader's terminal")?;
            let link = device.as_ref();
            let link = link.map(|device| DeviceLink::make(device, &pty.path));
            Ok(ReaderEnd::Serial(pty, *baud, link.transpose()?))
        }
    }
}

fn reader_address(reader: &ReaderOptions, end: &ReaderEnd) -> Result<String, FactoryError> {
    let family = reader.setup.family.name;
    let device = match &reader.link {
        ReaderLink::Serial { device, .. } => device.as_ref(),
        ReaderLink::Tcp(_) => None,
    };
    match end {
        ReaderEnd::Tcp(listener) => Ok(format!("{family}+tcp://{}", local("reader", listener)?)),
        ReaderEnd::Serial(pty, baud, _) => {
            let path = device.map_or(pty.path.clone(), |device| device.display().to_string());
            Ok(format!("{family}+serial://{path}?baud={baud}"))
        }
    }
}

fn local(what: &'static str, listener: &TcpListener) -> Result<SocketAddr, FactoryError> {
    let at = listener.local_addr();
    at.map_err(|why| FactoryError::Listen { what, why })
}

fn terminal(what: &'static str) -> Result<Pty, FactoryError> {
    Pty::open().map_err(|why| FactoryError::Listen { what, why })
}

/// A link from where a station looks for its serial device to a pseudo-terminal; it goes with the factory.
pub(super) struct DeviceLink(PathBuf);

impl DeviceLink {
    fn make(device: &Path, pty: &str) -> Result<DeviceLink, FactoryError> {
        let bad = |why: String| FactoryError::Device {
            path: device.to_owned(),
            why,
        };
        // A killed factory leaves its link behind; the terminal it leads to is gone.
        let target = fs::read_link(device).ok();
        let left_behind = target.is_some_and(|to| to.starts_with("/dev/pts") && !to.exists());
        if left_behind {
            fs::remove_file(device).map_err(|why| bad(why.to_string()))?;
        }
        match std::os::unix::fs::symlink(pty, device) {
            Ok(()) => Ok(DeviceLink(device.to_owned())),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                Err(bad("something is there already".to_owned()))
            }
            Err(why) => Err(bad(why.to_string())),
        }
    }
}

impl Drop for DeviceLink {
    fn drop(&mut self) {
        // A link left behind is replaced by the next factory.
        let _ = fs::remove_file(&self.0);
    }
}

fn gige(options: &FactoryOptions) -> Result<Option<Arc<GigeServer>>, FactoryError> {
    let CameraLink::Gige { serial, pixels } = &options.camera else {
        return Ok(None);
    };
    if !options.devices.camera {
        return Ok(None);
    }
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(16);
    let optics = (side(options.optics.width), side(options.optics.height));
    let (width, height) = pixels.unwrap_or(optics);
    let plate = Plate {
        ip: std::net::Ipv4Addr::LOCALHOST,
        serial: serial.clone(),
        width,
        height,
    };
    GigeServer::open(options.listen.camera, plate, options.line.seed)
        .map(|camera| Some(Arc::new(camera)))
        .map_err(|why| FactoryError::Listen {
            what: "camera",
            why,
        })
}

async fn bind(
    what: &'static str,
    wanted: bool,
    at: SocketAddr,
) -> Result<Option<TcpListener>, FactoryError> {
    if !wanted {
        return Ok(None);
    }
    TcpListener::bind(at)
        .await
        .map(Some)
        .map_err(|why| FactoryError::Listen { what, why })
}
