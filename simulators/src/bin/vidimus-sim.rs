//! `vidimus-sim`: a simulated printer, PLC, camera, reader, or the whole line, for whoever develops against
//! them.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};
use vidimus_simulators::{
    album::Album,
    belt::Rate,
    camera::Coding,
    degrade::Condition,
    factory::{CameraLink, Devices, FactoryOptions, Listen, PlcLink, PrinterLink, run_announced},
    fault::FaultPlan,
    plc::PlcMap,
    printer::{Feed, Language, Media, Model, QUEUE_MAX},
    reader::{Family, Setup},
    serve::{ReaderLink, run_reader},
};

#[path = "vidimus-sim/camera.rs"]
mod camera;
#[path = "vidimus-sim/lists.rs"]
mod lists;
#[path = "vidimus-sim/station.rs"]
mod station;

use camera::{pixels, serial};
use lists::{
    list_camera_faults, list_faults, list_line_faults, list_plc_faults, list_reader_faults,
};
use station::run_station;

/// Exit code when a device could not be opened or broke.
const EXIT_DEVICE: u8 = 11;
/// Exit code when a file could not be written.
const EXIT_FILE: u8 = 1;

/// Simulated packaging-line devices that speak the real protocols.
///
/// A device prints its addresses as one JSON line on stdout once it listens, and runs until its control
/// port is told {"do":"shutdown"} or the process is ended. Exit codes: 0 ok, 1 frames could
/// not be written, 2 wrong usage, 11 a device could not be opened.
#[derive(Debug, Parser)]
#[command(name = "vidimus-sim", version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    device: Device,
}

#[derive(Debug, Subcommand)]
enum Device {
    /// A label printer in applicator mode. Control: {"do":"trigger"} is START PRINT.
    Printer(PrinterArguments),
    /// A PLC with its belt, as a server of Modbus TCP or RTU. Control: {"do":"feed","packs":N}.
    Plc(PlcArguments),
    /// A camera as an HTTP stream server, or with GigE Vision. Control: {"do":"ink","zpl":"…"}, then {"do":"trigger"}.
    Camera(CameraArguments),
    /// A smart reader or hand scanner that sends text. Control: {"do":"scan","text":"…"}, {"do":"no-read"}.
    Reader(ReaderArguments),
    /// The whole line: printer, PLC, camera and belt joined, with the truth about every pack.
    ///
    /// With --station the factory that fits a station file: its lanes, label printer, readers, cases and pallets.
    /// Control takes "lane": N with every order, "lane": "label-printer" for that printer, "lane": NAME for a reader,
    /// and without it speaks to all lanes; {"do":"label","level":L,"text":T} sticks a label on the container that waits
    /// longest, {"do":"close","level":L} calls an open container full, {"do":"scan","point":P,"text":T} holds something
    /// before a reader. What lies in which case and pallet is told in packing.jsonl.
    #[command(verbatim_doc_comment)]
    Line(LineArguments),
    /// Degraded frames with the truth about them, as PNG files and truth.jsonl. No device.
    Frames(FramesArguments),
}

#[derive(Debug, Args)]
struct Common {
    /// Where all chance comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address of the control port; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    control: SocketAddr,
}

#[derive(Debug, Args)]
struct PrinterArguments {
    /// Listen on this TCP address.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:9100",
        conflicts_with = "pty"
    )]
    tcp: SocketAddr,
    /// Open a pseudo-terminal instead of TCP.
    #[arg(long)]
    pty: bool,
    /// Speed of the pseudo-terminal in bits per second; 10 bits a byte.
    #[arg(long, default_value_t = 115_200, value_parser = baud())]
    baud: u32,
    /// Dots per millimetre of the head.
    #[arg(long, default_value = "12", value_parser = ["8", "12", "24"])]
    dpmm: String,
    /// What it speaks.
    #[arg(long, default_value = "zpl", value_parser = languages())]
    language: String,
    #[command(flatten)]
    model: ModelArguments,
    /// Explain everything that can be made to go wrong with a printer, and do nothing else.
    #[arg(long)]
    faults_list: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Args)]
struct ModelArguments {
    /// Most labels that wait in the printer; as many as its kind holds when left out.
    #[arg(long, value_name = "N", value_parser = depth())]
    depth: Option<u16>,
    /// Labels that wait in the printer outlive a loss of power.
    #[arg(long)]
    keep_queue: bool,
    /// How contents come to the head; for hitachi.
    #[arg(long, default_value = "buffer", value_parser = feeds())]
    feed: String,
    /// Contents that must come between clear and restart, or an old one is printed; for hitachi.
    #[arg(long, value_name = "N", default_value_t = 0)]
    fresh_min: u8,
    /// What a person put into items 3, 4 and 5 of the design; for hitachi. Once for each.
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
}

#[derive(Debug, Args)]
struct PlcArguments {
    /// Listen on this TCP address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5020")]
    tcp: SocketAddr,
    /// Speak Modbus RTU on a pseudo-terminal instead.
    #[arg(long, conflicts_with = "tcp")]
    rtu_pty: bool,
    /// Speed of that pseudo-terminal in bits per second; 11 bits a character.
    #[arg(long, default_value_t = 19_200, value_parser = baud())]
    baud: u32,
    /// Speak Modbus RTU at this TCP address instead, as through a serial server.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["tcp", "rtu_pty"])]
    rtu_tcp: Option<SocketAddr>,
    /// Keep the registers where this map file says; contract 1.0 when left out.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Explain everything that can be made to go wrong with a PLC's answers, and do nothing else.
    #[arg(long)]
    faults_list: bool,
    #[command(flatten)]
    belt: BeltArguments,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct BeltArguments {
    /// Packs per minute (1–6000), or max: an elastic belt that measures software headroom, not a
    /// machine. Default: 600, or what the station file says.
    #[arg(long, value_parser = Rate::parse)]
    rate: Option<Rate>,
    /// none, default, swarm or mishaps (drawn from the seed), or NAME=RATE,… with a rate per pack from 0 to 1.
    #[arg(long, default_value = "none")]
    faults: String,
    /// Packs to feed from the start, to each lane; more by control.
    #[arg(long, value_name = "N", default_value_t = 0)]
    packs: u64,
}

#[derive(Debug, Args)]
struct CameraArguments {
    /// Listen on this TCP address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    http: SocketAddr,
    /// Speak GigE Vision instead, with the control port at this UDP address; usually port 3956.
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["http", "coding"])]
    gige: Option<SocketAddr>,
    /// Serial number of the GigE Vision camera.
    #[arg(long, value_name = "TEXT", default_value = "SIM01", value_parser = serial)]
    serial: String,
    /// Pixels across and down of the GigE Vision camera, as 1280x1024.
    #[arg(long, value_name = "WxH", value_parser = pixels)]
    pixels: Option<(u32, u32)>,
    /// Explain everything that can be made to go wrong with a GigE Vision camera, and do nothing else.
    #[arg(long)]
    faults_list: bool,
    /// pgm, png, jpeg or jpeg:QUALITY.
    #[arg(long, default_value = "pgm", value_parser = Coding::parse)]
    coding: Coding,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct ReaderArguments {
    /// What it is: dmcc, keyence, sick, datalogic or text.
    #[arg(long, default_value = "dmcc", value_parser = Family::parse)]
    family: &'static Family,
    /// Listen on this TCP address.
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        conflicts_with = "pty"
    )]
    tcp: SocketAddr,
    /// Open a pseudo-terminal instead of TCP.
    #[arg(long)]
    pty: bool,
    /// Speed of the pseudo-terminal in bits per second; 10 bits a byte.
    #[arg(long, default_value_t = 115_200, value_parser = baud())]
    baud: u32,
    /// What stands before each text; `\xNN`, `\r`, `\n` and `\t` are known. Its family's own when left out.
    #[arg(long, value_name = "TEXT", value_parser = escaped)]
    prefix: Option<Escaped>,
    /// What stands behind each text.
    #[arg(long, value_name = "TEXT", value_parser = escaped)]
    suffix: Option<Escaped>,
    /// What it says when it read nothing.
    #[arg(long, value_name = "TEXT")]
    no_read: Option<String>,
    /// Each text begins with its counter and this.
    #[arg(long, value_name = "TEXT")]
    counter: Option<String>,
    /// Each text begins with a symbology identifier.
    #[arg(long)]
    aim: bool,
    /// What it sends for GS.
    #[arg(long, value_name = "TEXT", value_parser = escaped)]
    gs: Option<Escaped>,
    /// It reads only while its gate is open.
    #[arg(long)]
    gated: bool,
    /// Explain everything that can be made to go wrong with a reader, and do nothing else.
    #[arg(long)]
    faults_list: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Link {
    Tcp,
    Serial,
}

#[derive(Debug, Args)]
struct LineArguments {
    /// Folder for truth.jsonl, packing.jsonl, factory.json and the PLC's memory. One factory a folder.
    #[arg(long, required_unless_present = "faults_list")]
    dir: Option<PathBuf>,
    /// Explain everything that can be made to go wrong on a line, and do nothing else.
    #[arg(long)]
    faults_list: bool,
    /// Build the factory that fits this station file. Its devices listen where the file says; a serial device becomes a
    /// link to a pseudo-terminal.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["printer", "printer_language", "baud", "gige", "coding"])]
    station: Option<PathBuf>,
    /// Let every device listen where there is room, and write the addresses as JSON to this file; - is stdout.
    #[arg(long, value_name = "FILE", requires = "station")]
    addresses: Option<PathBuf>,
    /// Write the station file with the devices' real addresses to this file.
    #[arg(long, value_name = "FILE", requires = "station")]
    write_station: Option<PathBuf>,
    /// How long a container is under way from its label to its reader, and from there to the level above, in ms; 300
    /// when left out.
    #[arg(long, value_name = "MS", requires = "station")]
    way_ms: Option<u64>,
    /// How the printer is reached.
    #[arg(long, value_enum, default_value_t = Link::Tcp)]
    printer: Link,
    /// What the printer speaks.
    #[arg(long, default_value = "zpl", value_parser = languages())]
    printer_language: String,
    #[command(flatten)]
    model: ModelArguments,
    /// Speed of the serial printer in bits per second.
    #[arg(long, default_value_t = 115_200, value_parser = baud())]
    baud: u32,
    /// Speak GigE Vision instead of HTTP.
    #[arg(long, conflicts_with = "coding")]
    gige: bool,
    /// Picture coding: pgm, png, jpeg or jpeg:QUALITY.
    #[arg(long, default_value = "pgm", value_parser = Coding::parse)]
    coding: Coding,
    /// End after this many seconds without a word from a station or a control client; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    idle_end: u64,
    #[command(flatten)]
    belt: BeltArguments,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct FramesArguments {
    /// Explain every condition and its steps, and do nothing else.
    #[arg(long)]
    list: bool,
    /// A condition by name, or all; more than once for several.
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    condition: Vec<String>,
    /// One step, or FIRST..LAST with both ends.
    #[arg(long, value_name = "STEPS", default_value = "0..9", value_parser = Album::steps)]
    step: (u8, u8),
    /// Frames of each step.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    count: u64,
    /// Seed of the first frame of each step; the others follow it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the files.
    #[arg(required_unless_present = "list")]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    let device = match Arguments::parse().device {
        Device::Frames(frames) => return make_frames(&frames),
        Device::Printer(printer) if printer.faults_list => return list_faults(),
        Device::Plc(plc) if plc.faults_list => return list_plc_faults(),
        Device::Camera(camera) if camera.faults_list => return list_camera_faults(),
        Device::Line(line) if line.faults_list => return list_line_faults(),
        Device::Line(line) if line.station.is_some() => return run_station(&line),
        Device::Reader(reader) if reader.faults_list => return list_reader_faults(),
        Device::Reader(reader) => return serve_reader(reader),
        device => device,
    };
    let options = match options(device) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            return ExitCode::from(2);
        }
    };
    let ended = run_announced(options, |addresses| {
        let line = serde_json::to_string(addresses).unwrap_or_default();
        // Nobody reads stdout: the addresses are in the folder as well.
        let _ = writeln!(std::io::stdout(), "{line}");
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            ExitCode::from(EXIT_DEVICE)
        }
    }
}

fn options(device: Device) -> Result<FactoryOptions, String> {
    let alone = Devices {
        printer: false,
        plc: false,
        camera: false,
    };
    let mut options = FactoryOptions::new(PathBuf::new());
    (options.dir, options.idle_end_ms) = (None, None);
    let common = match device {
        Device::Printer(printer) => {
            options.devices = Devices {
                printer: true,
                ..alone
            };
            options.listen.printer = printer.tcp;
            options.printer = link(printer.pty, printer.baud);
            let dpmm = printer
                .dpmm
                .parse()
                .map_err(|_| "A head has 8, 12 or 24 dots/mm.")?;
            options.line.media = Media {
                dpmm,
                ..Media::default()
            };
            options.line.printer = model(&printer.language, printer.model)?;
            printer.common
        }
        Device::Plc(plc) => {
            options.devices = Devices { plc: true, ..alone };
            (options.plc, options.listen.plc) = plc_link(&plc);
            if let Some(path) = &plc.map {
                options.line.plc_map = map(path)?;
            }
            belt(&mut options, &plc.belt, plc.common.seed)?;
            plc.common
        }
        Device::Camera(camera) => {
            options.devices = Devices {
                camera: true,
                ..alone
            };
            options.listen.camera = camera.gige.unwrap_or(camera.http);
            if camera.gige.is_some() {
                let (serial, pixels) = (camera.serial, camera.pixels);
                options.camera = CameraLink::Gige { serial, pixels };
            }
            options.coding = camera.coding;
            camera.common
        }
        Device::Line(line) => {
            options.devices = Devices::LINE;
            options.line.printer = model(&line.printer_language, line.model)?;
            options.dir = line.dir;
            options.listen = Listen::default();
            options.printer = link(matches!(line.printer, Link::Serial), line.baud);
            options.coding = line.coding;
            if line.gige {
                let (serial, pixels) = ("SIM01".to_owned(), None);
                options.camera = CameraLink::Gige { serial, pixels };
            }
            options.idle_end_ms = idle_end_ms(line.idle_end);
            belt(&mut options, &line.belt, line.common.seed)?;
            line.common
        }
        Device::Frames(_) => return Err("Frames need no device.".to_owned()),
        Device::Reader(_) => return Err("A reader is served by itself.".to_owned()),
    };
    options.line.seed = common.seed;
    options.listen.control = common.control;
    Ok(options)
}

fn make_frames(frames: &FramesArguments) -> ExitCode {
    if frames.list {
        let line = |c: Condition| format!("{:<9} {}\n", c.name(), c.explanation());
        let list: String = Condition::ALL.into_iter().map(line).collect();
        let _ = std::io::stdout().write_all(list.as_bytes());
        return ExitCode::SUCCESS;
    }
    let conditions = match frames.condition.iter().any(|name| name == "all") {
        true => Ok(Condition::ALL.to_vec()),
        false => frames
            .condition
            .iter()
            .map(|name| Condition::parse(name))
            .collect(),
    };
    let (Ok(conditions), Some(folder)) = (&conditions, &frames.folder) else {
        let why = conditions
            .err()
            .unwrap_or_else(|| "A folder is needed.".to_owned());
        eprintln!("vidimus-sim: {why} `vidimus-sim frames --list` explains them.");
        return ExitCode::from(2);
    };
    let album = Album {
        conditions: conditions.clone(),
        steps: frames.step,
        count: frames.count,
        seed: frames.seed,
    };
    match album.write(folder) {
        Ok(written) => {
            let _ = writeln!(
                std::io::stdout(),
                "{written} frames in {}",
                folder.display()
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            ExitCode::from(EXIT_FILE)
        }
    }
}

fn idle_end_ms(seconds: u64) -> Option<u64> {
    (seconds > 0).then(|| seconds.saturating_mul(1000))
}
fn serve_reader(reader: ReaderArguments) -> ExitCode {
    let mut setup = Setup::new(reader.family);
    setup.prefix = reader.prefix.map_or(setup.prefix, |text| text.0);
    setup.suffix = reader.suffix.map_or(setup.suffix, |text| text.0);
    setup.no_read = reader.no_read.unwrap_or(setup.no_read);
    setup.gs = reader.gs.map_or(setup.gs, |text| {
        String::from_utf8_lossy(&text.0).into_owned()
    });
    (setup.counter, setup.aim, setup.gated) = (reader.counter, reader.aim, reader.gated);
    let link = match reader.pty {
        true => ReaderLink::Pty { baud: reader.baud },
        false => ReaderLink::Tcp(reader.tcp),
    };
    let common = reader.common;
    let ended = run_reader(setup, common.seed, link, common.control, |addresses| {
        let line = serde_json::to_string(addresses).unwrap_or_default();
        let _ = writeln!(std::io::stdout(), "{line}");
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("vidimus-sim: {why}");
            ExitCode::from(EXIT_DEVICE)
        }
    }
}

/// Bytes written with escapes.
#[derive(Debug, Clone)]
struct Escaped(Vec<u8>);

/// Reads `\xNN`, `\r`, `\n`, `\t` and `\\`.
fn escaped(text: &str) -> Result<Escaped, String> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend(c.to_string().bytes());
            continue;
        }
        let hex = |rest: &mut std::str::Chars<'_>| {
            let digits: String = rest.take(2).collect();
            u8::from_str_radix(&digits, 16).ok()
        };
        let byte = match rest.next() {
            Some('x') => hex(&mut rest),
            Some('r') => Some(b'\r'),
            Some('n') => Some(b'\n'),
            Some('t') => Some(b'\t'),
            Some('\\') => Some(b'\\'),
            _ => None,
        };
        bytes.push(byte.ok_or(r"use \xNN, \r, \n, \t or \\")?);
    }
    Ok(Escaped(bytes))
}

fn model(language: &str, model: ModelArguments) -> Result<Model, String> {
    let known = Feed::ALL.iter().find(|(name, _)| *name == model.feed);
    Ok(Model {
        language: Language::parse(language)?,
        depth: model.depth.map(usize::from),
        keeps_queue: model.keep_queue,
        feed: known.map_or(Feed::default(), |(_, feed)| *feed),
        fresh_min: usize::from(model.fresh_min),
        texts: model.text,
    })
}

/// The languages a printer may have.
fn languages() -> clap::builder::PossibleValuesParser {
    Language::ALL.map(Language::name).into()
}

/// How contents may come to the head.
fn feeds() -> clap::builder::PossibleValuesParser {
    Feed::ALL.map(|(name, _)| name).into()
}

/// How many labels may wait.
fn depth() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=i64::try_from(QUEUE_MAX).unwrap_or(i64::MAX))
}

/// The speeds a serial line may have.
fn baud() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(300..=4_000_000)
}

/// The map in this file.
fn map(path: &std::path::Path) -> Result<Arc<PlcMap>, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| format!("{} cannot be read: {why}.", path.display()))?;
    PlcMap::parse(&text).map(Arc::new)
}

/// How a PLC is reached, and where.
fn plc_link(plc: &PlcArguments) -> (PlcLink, SocketAddr) {
    match (plc.rtu_pty, plc.rtu_tcp) {
        (true, _) => (PlcLink::RtuPty { baud: plc.baud }, plc.tcp),
        (false, Some(at)) => (PlcLink::RtuTcp, at),
        (false, None) => (PlcLink::Tcp, plc.tcp),
    }
}

fn link(serial: bool, baud: u32) -> PrinterLink {
    if serial {
        PrinterLink::Serial { baud }
    } else {
        PrinterLink::Tcp
    }
}

fn belt(options: &mut FactoryOptions, belt: &BeltArguments, seed: u64) -> Result<(), String> {
    if let Some(rate) = belt.rate {
        options.line.rate = rate;
    }
    options.line.faults = FaultPlan::parse(&belt.faults, seed)?;
    options.packs = belt.packs;
    Ok(())
}
