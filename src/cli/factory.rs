//! `vidimus factory` (hidden): the simulated factory of `demo` as a process of its own, so that it
//! survives a killed station.

use super::exit::{Ended, Exit, Failure};
use std::path::PathBuf;
use vidimus_simulators::belt::Rate;
use vidimus_simulators::factory::{self, CameraLink, FactoryOptions, PrinterLink};
use vidimus_simulators::fault::FaultPlan;
use vidimus_simulators::printer::{Language, Model};

/// Bits per second of the simulated serial printer.
pub const SERIAL_BAUD: u32 = 115_200;

/// Arguments of `factory`.
#[derive(Debug, Clone, clap::Args)]
pub struct FactoryArgs {
    /// The factory's folder
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Packs per minute, or max
    #[arg(long, value_parser = Rate::parse)]
    pub rate: Rate,
    /// Faults
    #[arg(long)]
    pub faults: String,
    /// Where all chance comes from
    #[arg(long)]
    pub seed: u64,
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
    let mut options = FactoryOptions::new(args.dir.clone());
    options.line.seed = args.seed;
    options.line.rate = args.rate;
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
