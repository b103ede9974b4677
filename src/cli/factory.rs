//! `vidimus factory` (hidden): the simulated factory of `demo` as a process of its own, so that it
//! survives a killed station.

use super::exit::{Ended, Exit, Failure};
use std::path::{Path, PathBuf};
use vidimus_simulators::belt::Rate;
use vidimus_simulators::factory::{
    self, CameraLink, FactoryAddresses, FactoryOptions, PrinterLink,
};
use vidimus_simulators::fault::FaultPlan;
use vidimus_simulators::printer::{Language, Model};
use vidimus_simulators::station_file::{Places, StationPlan};

/// Bits per second of the simulated serial printer.
pub const SERIAL_BAUD: u32 = 115_200;

/// Arguments of `factory`.
#[derive(Debug, Clone, clap::Args)]
pub struct FactoryArgs {
    /// The factory's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Packs per minute, or max; of a station file's factory, what the file says
    #[arg(long, value_parser = Rate::parse)]
    pub rate: Option<Rate>,
    /// Faults
    #[arg(long, default_value = "none")]
    pub faults: String,
    /// Where all chance comes from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The factory that fits this station file, with its devices where there is room
    #[arg(long, value_name = "FILE", requires = "write_station")]
    pub station: Option<PathBuf>,
    /// The station file with the devices' addresses goes here
    #[arg(long, value_name = "FILE")]
    pub write_station: Option<PathBuf>,
    /// How long a container is under way from its label to its reader, and from there to the level above, in ms
    #[arg(long, value_name = "MS", requires = "station")]
    pub way_ms: Option<u64>,
    /// The printer is on a serial port
    #[arg(long)]
    pub serial: bool,
    /// The camera speaks GigE Vision
    #[arg(long)]
    pub gige: bool,
    /// What the printer speaks
    #[arg(long, value_name = "LANGUAGE", default_value = "zpl", value_parser = Language::parse)]
    pub printer_language: Language,
}

/// Runs the factory until it is shut down or nobody has spoken to it for a minute.
///
/// # Errors
/// It cannot start, or can no longer write the truth.
pub fn run(args: &FactoryArgs) -> Ended {
    match (&args.station, &args.write_station) {
        (Some(file), Some(copy)) => run_plant(args, file, copy),
        _ => run_lane(args),
    }
}

/// Longest pause in which nobody speaks to a station file's factory before it ends by itself.
const IDLE_END_MS: u64 = 60_000;

/// The factory of a station file.
fn run_plant(args: &FactoryArgs, file: &Path, copy: &Path) -> Ended {
    let usage = |why: String| Failure::new(Exit::Usage, why);
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|why| usage(format!("{}: {why}.", file.display())))?;
    let places = Places::Free(args.dir.clone());
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut plan = StationPlan::read_beside(folder, &text, &places).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        usage(lines.join("\n"))
    })?;
    for (number, lane) in (0..).zip(&mut plan.plant.lanes) {
        lane.line.seed = args.seed.wrapping_add(number << 32);
        lane.line.rate = args.rate.unwrap_or(lane.line.rate);
        lane.line.faults = FaultPlan::parse(&args.faults, lane.line.seed).map_err(usage)?;
    }
    plan.plant.has_way(args.way_ms);
    plan.plant.dir = Some(args.dir.clone());
    plan.plant.idle_end_ms = Some(IDLE_END_MS);
    let announce = |at: &FactoryAddresses| {
        let written = std::fs::write(copy, plan.with_addresses(at));
        written.map_err(|why| format!("{}: {why}.", copy.display()))
    };
    factory::run_plant(plan.plant.clone(), announce)
        .map_err(|why| Failure::new(Exit::Device, why))?;
    Ok(Exit::Ok)
}

/// One lane, as the demo wants it.
fn run_lane(args: &FactoryArgs) -> Ended {
    let mut options = FactoryOptions::new(args.dir.clone());
    options.line.seed = args.seed;
    options.line.rate = args.rate.unwrap_or(options.line.rate);
    options.line.faults =
        FaultPlan::parse(&args.faults, args.seed).map_err(|why| Failure::new(Exit::Usage, why))?;
    options.line.printer = Model::speaking(args.printer_language);
    options.printer = match args.serial {
        true => PrinterLink::Serial { baud: SERIAL_BAUD },
        false => PrinterLink::Tcp,
    };
    if args.gige {
        options.camera = CameraLink::Gige {
            serial: "DEMO01".to_owned(),
            pixels: None,
        };
    }
    factory::run(options).map_err(|why| Failure::new(Exit::Device, why))?;
    Ok(Exit::Ok)
}
