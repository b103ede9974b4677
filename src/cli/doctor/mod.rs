//! `vidimus doctor`: what a person can find out about a station before it runs, and what mends it.
//!
//! `doctor FILE` (`examine`) goes through everything a station file needs: one file a part, each of which looks and
//! then judges what it saw; what comes of it is a list of findings.
//!
//! The power test: does this disk keep what it has acknowledged when its plug is pulled? `write` makes numbered commits
//! in a store like a station's and acknowledges each, after it has returned, to a witness that does not lose its power;
//! after the boot `check` holds the two against each other.

mod acknowledgement;
mod camera;
mod check;
mod clock;
mod devices;
mod disk;
mod examine;
pub(super) mod finding;
mod latency;
mod machine;
mod numbered;
mod pictures;
pub(super) mod plc;
mod port;
mod printer;
mod reach;
mod reader;
mod rights;
mod said;
mod witness;
mod write;

pub use examine::said;

use super::exit::{Ended, Exit};
use super::{exit_codes, print_line};
use std::path::PathBuf;

/// Arguments of `doctor`.
#[derive(Debug, Clone, clap::Args)]
pub struct DoctorArgs {
    /// Station file: everything it needs is looked at, and what is wrong comes with what mends it. Nothing is printed,
    /// written or cleared; of a station that runs with this file its own words are taken
    #[arg(
        value_name = "FILE",
        required_unless_present = "power_test",
        conflicts_with = "power_test"
    )]
    file: Option<PathBuf>,
    /// Prints one JSON object: v, file, ok, wrong, findings (topic, about, state, found, mend)
    #[arg(long, requires = "file")]
    json: bool,
    /// Only this device of the file, or this part: file, store, disk, clock, rights, machine; may be given again
    #[arg(long, value_name = "DEVICE", requires = "file")]
    only: Vec<String>,
    /// Pull the plug while numbered commits are written, and see whether the disk kept all that it acknowledged;
    /// alone it says how, step by step
    #[arg(long)]
    power_test: bool,
    #[command(subcommand)]
    step: Option<Step>,
}

/// The steps of the power test.
#[derive(Debug, Clone, clap::Subcommand)]
enum Step {
    /// On another machine: take acknowledgements from the writer and keep them in a file
    #[command(after_help = exit_codes())]
    Witness(witness::WitnessArgs),
    /// On the machine under test: write numbered commits, one after the other, until the power fails
    #[command(after_help = exit_codes())]
    Write(write::WriteArgs),
    /// After the boot: hold the newest commit against the newest acknowledgement
    #[command(after_help = CHECK_CODES)]
    Check(check::CheckArgs),
}

/// What the exit codes of `doctor FILE` mean.
pub const CODES: &str = "\
Exit codes of doctor FILE; of several wrong things the first in this order gives the code:
  10  the station file has mistakes
  12  the store, its folder or its disk cannot be used
  11  a device does not answer, or is not as the station file says
  10  the machine is not set up for it: rights, key, clock, cores, memory, buffers
   1  nothing is wrong, but something could not be found out; each is named
   0  everything is in order
   2  the command line makes no sense";

/// What the exit codes of `check` mean.
const CHECK_CODES: &str = "\
Exit codes:
   0  every acknowledged commit is there (`restarted` of --json says whether the machine was off in between)
   2  the acknowledgements make no sense, or none of them belongs to this test
  12  there is no power test in the folder, or it cannot be read, or the writer still runs
  13  the store is damaged
  14  acknowledged commits are LOST";

/// The three steps, as lines that can be copied.
const STEPS: &str = "\
Power test: does this disk keep what it has acknowledged when its plug is pulled?
You need a second machine that keeps its power; it is the witness.

1. On the witness (it shows its addresses with `hostname -I`):
     vidimus doctor --power-test witness --listen 0.0.0.0:7070 --file acknowledged.txt
2. On the machine under test, in a new folder on the disk that a station would use:
     vidimus doctor --power-test write --dir power-test --ack tcp://WITNESS:7070
   Let it write for a minute. Then pull the plug: not the switch, no shutdown. Of a virtual machine
   it must be the host's plug.
3. Boot, end the witness with Ctrl-C, copy its acknowledged.txt here, and ask:
     vidimus doctor --power-test check --dir power-test --acknowledged acknowledged.txt

Repeat 2 and 3 a few times: a disk that lies does not lose something every time.
Without a second machine: run `write --ack -` over ssh or a serial terminal, note the last number that arrived
there, and give it to check: --acknowledged N.";

/// Runs a step, or says which there are.
///
/// # Errors
/// As the step.
pub fn run(args: &DoctorArgs) -> Ended {
    if let Some(file) = &args.file {
        return examine::run(file, args.json, &args.only);
    }
    match &args.step {
        Some(Step::Witness(args)) => witness::run(args),
        Some(Step::Write(args)) => write::run(args),
        Some(Step::Check(args)) => check::run(args),
        None => STEPS.lines().try_for_each(print_line).map(|()| Exit::Ok),
    }
}
