//! One factory process: its folder, its servers, its threads. IO.

use std::{
    error, fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, task::JoinSet};

use super::{CameraLink, Devices, Factory, FactoryOptions, PlcLink, PrinterLink};
use crate::{
    camera::Coding,
    gige::Plate,
    plc::Retained,
    serve::{
        GigeServer, Pty, Screen, Shared, Viewers, draw, serve_camera, serve_control, serve_modbus,
        serve_printer, serve_pty, serve_rtu_pty, serve_rtu_tcp, step,
    },
    truth::{self, RunStart, TruthWriter},
};

/// The file that tells where everything listens.
pub const ADDRESS_FILE: &str = "factory.json";
const LOCK_FILE: &str = "factory.lock";
const MEMORY_FILE: &str = "plc.json";
/// Pictures that may wait to be drawn; one beyond them is lost.
const PICTURES_WAITING_MAX: usize = 64;

/// Where a running factory is reached. Devices that are not served are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactoryAddresses {
    /// Process id.
    pub pid: u32,
    /// `zpl+tcp://…` or `zpl+serial:///dev/pts/N?baud=…`; the scheme is the printer's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
    /// `modbus+tcp://…?unit=1`, `modbus+rtu:///dev/pts/N?baud=…&unit=1` or `modbus+rtutcp://…?unit=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plc: Option<String>,
    /// `http://…/stream` or `gige://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Address and port of the control port.
    pub control: String,
}

/// Why a factory could not start, or had to stop.
#[derive(Debug)]
pub enum FactoryError {
    /// The folder or a file in it cannot be used.
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Another factory runs on this folder.
    Taken {
        /// Which.
        path: PathBuf,
    },
    /// A file in the folder is not what a factory wrote.
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A server or the pseudo-terminal cannot be opened.
    Listen {
        /// Which device.
        what: &'static str,
        /// Why.
        why: io::Error,
    },
    /// The control port may only listen on loopback.
    NotLoopback(SocketAddr),
    /// It broke while it ran.
    Failed(String),
}

impl fmt::Display for FactoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactoryError::Folder { path, why } => {
                write!(f, "The factory cannot use {}: {why}. ", path.display())?;
                f.write_str("Give a folder that can be written.")
            }
            FactoryError::Taken { path } => {
                write!(f, "Another factory already runs on {}. ", path.display())?;
                f.write_str("Use it, stop it through its control port, or give another folder.")
            }
            FactoryError::Damaged { path, why } => {
                write!(f, "{} is not what a factory wrote: {why}. ", path.display())?;
                f.write_str("Remove it to start the PLC's boot numbers again from 1.")
            }
            FactoryError::Listen { what, why } => {
                write!(
                    f,
                    "The {what} cannot listen: {why}. Give another address or port 0."
                )
            }
            FactoryError::NotLoopback(address) => {
                write!(
                    f,
                    "The control port may not listen on {address}. Use 127.0.0.1 or [::1]."
                )
            }
            FactoryError::Failed(why) => f.write_str(why),
        }
    }
}

impl error::Error for FactoryError {}

/// Runs a factory until it is shut down or nobody has spoken to it for a while.
///
/// # Errors
/// When it cannot start, or can no longer write the truth.
pub fn run(options: FactoryOptions) -> Result<(), FactoryError> {
    run_announced(options, |_| ())
}

/// Like [`run`], and tells where everything listens as soon as it does.
///
/// # Errors
/// As [`run`].
pub fn run_announced(
    options: FactoryOptions,
    announce: impl FnOnce(&FactoryAddresses),
) -> Result<(), FactoryError> {
    let folder = options.dir.as_deref().map(Folder::enter).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| FactoryError::Listen {
            what: "factory",
            why,
        })?;
    let ports = runtime.block_on(Ports::open(&options))?;
    let before = folder
        .as_ref()
        .map_or(Ok(Retained::default()), Folder::memory)?;
    let mut factory = Factory::new(options.line.clone(), before);
    factory.feed(options.packs);
    let retained = factory.plc_retained();
    let truth = folder
        .as_ref()
        .map(|folder| folder.start(&options, retained))
        .transpose()?;
    let memory = folder.as_ref().map(|folder| folder.path.join(MEMORY_FILE));
    let shared = Arc::new(Shared::new(factory, options.devices, memory, retained));
    let addresses = ports.addresses(&options)?;
    if let Some(folder) = &folder {
        folder.publish(&addresses)?;
    }
    announce(&addresses);
    serve(&options, &shared, ports, truth, &runtime);
    if let Some(folder) = &folder {
        folder.withdraw();
    }
    shared
        .failure()
        .map_or(Ok(()), |why| Err(FactoryError::Failed(why)))
}

/// Runs threads and servers until the end was ordered and all threads are done.
fn serve(
    options: &FactoryOptions,
    shared: &Arc<Shared>,
    ports: Ports,
    truth: Option<TruthWriter>,
    runtime: &tokio::runtime::Runtime,
) {
    let viewers = Arc::new(Viewers::default());
    let (screen, coding) = match &ports.gige {
        Some(camera) => (Screen::Gige(Arc::clone(camera)), Coding::Pgm),
        None => (Screen::Http(Arc::clone(&viewers)), options.coding),
    };
    let gige = ports.gige.as_deref();
    let (orders, ordered) = mpsc::sync_channel(PICTURES_WAITING_MAX);
    thread::scope(|scope| {
        scope.spawn(|| step(shared, &{ orders }, truth, options.idle_end_ms));
        scope.spawn(|| draw(shared, &{ ordered }, &screen, &options.optics, coding));
        if let Some(camera) = gige {
            scope.spawn(|| camera.send(shared));
            scope.spawn(|| {
                if let Err(why) = camera.listen(shared) {
                    shared.fail(format!("The camera's control port failed: {why}."));
                }
            });
        }
        if let (Some(pty), PrinterLink::Serial { baud }) = (&ports.pty, options.printer) {
            scope.spawn(move || serve_pty(shared, pty, baud));
        }
        if let (Some(pty), PlcLink::RtuPty { baud }) = (&ports.plc_pty, options.plc) {
            scope.spawn(move || serve_rtu_pty(shared, pty, baud));
        }
        runtime.block_on(async {
            let mut servers = JoinSet::new();
            if let Some(listener) = ports.printer {
                servers.spawn(serve_printer(Arc::clone(shared), listener));
            }
            if let Some(listener) = ports.plc {
                match options.plc {
                    PlcLink::RtuTcp => servers.spawn(serve_rtu_tcp(Arc::clone(shared), listener)),
                    _ => servers.spawn(serve_modbus(Arc::clone(shared), listener)),
                };
            }
            if let Some(listener) = ports.camera {
                servers.spawn(serve_camera(
                    Arc::clone(shared),
                    Arc::clone(&viewers),
                    listener,
                ));
            }
            servers.spawn(serve_control(Arc::clone(shared), ports.control));
            while let Some(ended) = servers.join_next().await {
                match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => shared.fail(format!("A server of the factory failed: {why}.")),
                    Err(why) => shared.fail(format!("A server of the factory broke: {why}.")),
                }
            }
        });
    });
}

/// The factory's folder, locked.
struct Folder {
    path: PathBuf,
    _lock: fs::File,
}

impl Folder {
    fn enter(path: &Path) -> Result<Folder, FactoryError> {
        let bad = |why| FactoryError::Folder {
            path: path.to_owned(),
            why,
        };
        fs::create_dir_all(path).map_err(bad)?;
        let lock = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(bad)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Folder {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(FactoryError::Taken {
                path: path.to_owned(),
            }),
            Err(why) => Err(bad(why.into())),
        }
    }

    /// What the PLC kept from the last run.
    fn memory(&self) -> Result<Retained, FactoryError> {
        let path = self.path.join(MEMORY_FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| FactoryError::Damaged {
                path,
                why: why.to_string(),
            }),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Retained::default()),
            Err(why) => Err(FactoryError::Folder { path, why }),
        }
    }

    /// Writes the new boot number down and opens the truth.
    fn start(
        &self,
        options: &FactoryOptions,
        retained: Retained,
    ) -> Result<TruthWriter, FactoryError> {
        let path = self.path.join(MEMORY_FILE);
        let bytes = serde_json::to_vec(&retained).unwrap_or_default();
        crate::serve::replace(&path, &bytes).map_err(|why| FactoryError::Folder { path, why })?;
        let start = RunStart {
            seed: options.line.seed,
            rate: options.line.rate.to_string(),
            faults: options.line.faults.to_string(),
            boot: retained.boot,
        };
        let path = self.path.join(truth::FILE_NAME);
        TruthWriter::open(&path, &start).map_err(|why| FactoryError::Folder { path, why })
    }

    fn publish(&self, addresses: &FactoryAddresses) -> Result<(), FactoryError> {
        let path = self.path.join(ADDRESS_FILE);
        let bytes = serde_json::to_vec(addresses).unwrap_or_default();
        crate::serve::replace(&path, &bytes).map_err(|why| FactoryError::Folder { path, why })
    }

    fn withdraw(&self) {
        // A file left behind is harmless: its process id is dead and the lock is free.
        let _ = fs::remove_file(self.path.join(ADDRESS_FILE));
    }
}

/// Everything that listens.
struct Ports {
    printer: Option<TcpListener>,
    pty: Option<Pty>,
    plc: Option<TcpListener>,
    plc_pty: Option<Pty>,
    camera: Option<TcpListener>,
    gige: Option<Arc<GigeServer>>,
    control: TcpListener,
}

impl Ports {
    async fn open(options: &FactoryOptions) -> Result<Ports, FactoryError> {
        let Devices {
            printer,
            plc,
            camera,
        } = options.devices;
        let listen = &options.listen;
        if !listen.control.ip().is_loopback() {
            return Err(FactoryError::NotLoopback(listen.control));
        }
        let tcp = options.printer == PrinterLink::Tcp;
        let pty = (printer && !tcp).then(Pty::open).transpose();
        let plc_serial = matches!(options.plc, PlcLink::RtuPty { .. });
        let plc_pty = (plc && plc_serial).then(Pty::open).transpose();
        Ok(Ports {
            printer: bind("printer", printer && tcp, listen.printer).await?,
            pty: pty.map_err(|why| FactoryError::Listen {
                what: "printer's terminal",
                why,
            })?,
            plc: bind("PLC", plc && !plc_serial, listen.plc).await?,
            plc_pty: plc_pty.map_err(|why| FactoryError::Listen {
                what: "PLC's terminal",
                why,
            })?,
            camera: bind(
                "camera",
                camera && options.camera == CameraLink::Http,
                listen.camera,
            )
            .await?,
            gige: gige(options)?,
            control: TcpListener::bind(listen.control).await.map_err(|why| {
                FactoryError::Listen {
                    what: "control port",
                    why,
                }
            })?,
        })
    }

    fn addresses(&self, options: &FactoryOptions) -> Result<FactoryAddresses, FactoryError> {
        let tcp = |what, listener: &Option<TcpListener>, shape: &dyn Fn(SocketAddr) -> String| {
            let listener = listener.as_ref().map(TcpListener::local_addr).transpose();
            listener
                .map(|a| a.map(shape))
                .map_err(|why| FactoryError::Listen { what, why })
        };
        let language = options.line.printer.language.scheme();
        let printer = tcp("printer", &self.printer, &|at| {
            format!("{language}+tcp://{at}")
        })?;
        let serial = self.pty.as_ref().map(|pty| match options.printer {
            PrinterLink::Serial { baud } => {
                format!("{language}+serial://{}?baud={baud}", pty.path)
            }
            PrinterLink::Tcp => format!("{language}+serial://{}", pty.path),
        });
        let gige = self.gige.as_ref().map(|camera| camera.local_addr());
        let gige = gige.transpose().map_err(|why| FactoryError::Listen {
            what: "camera",
            why,
        })?;
        let http = tcp("camera", &self.camera, &|at| format!("http://{at}/stream"))?;
        let plc = tcp("PLC", &self.plc, &|at| match options.plc {
            PlcLink::RtuTcp => format!("modbus+rtutcp://{at}?unit=1"),
            _ => format!("modbus+tcp://{at}?unit=1"),
        })?;
        let rtu = self.plc_pty.as_ref().map(|pty| match options.plc {
            PlcLink::RtuPty { baud } => {
                format!("modbus+rtu://{}?baud={baud}&unit=1", pty.path)
            }
            _ => format!("modbus+rtu://{}", pty.path),
        });
        let control = self.control.local_addr();
        Ok(FactoryAddresses {
            pid: std::process::id(),
            printer: printer.or(serial),
            plc: plc.or(rtu),
            camera: http.or(gige.map(|at| format!("gige://{at}"))),
            control: control
                .map_err(|why| FactoryError::Listen {
                    what: "control port",
                    why,
                })?
                .to_string(),
        })
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
