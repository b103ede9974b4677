//! `vidimus doctor`: what a person can find out about the machine under a station. So far the power test:
//! does this disk keep what it has acknowledged when its plug is pulled?
//!
//! `write` makes numbered commits in a store like a station's and acknowledges each, after it has returned, to a
//! witness that does not lose its power; after the boot `check` holds the two against each other.

mod acknowledgement;
mod check;
mod latency;
mod numbered;
mod witness;
mod write;

use super::exit::{Ended, Exit};
use super::{exit_codes, print_line};

/// Arguments of `doctor`.
#[derive(Debug, Clone, clap::Args)]
pub struct DoctorArgs {
    /// Pull the plug while numbered commits are written, and see whether the disk kept all that it acknowledged;
    /// alone it says how, step by step
    #[arg(long, required = true)]
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
    match &args.step {
        Some(Step::Witness(args)) => witness::run(args),
        Some(Step::Write(args)) => write::run(args),
        Some(Step::Check(args)) => check::run(args),
        None => STEPS.lines().try_for_each(print_line).map(|()| Exit::Ok),
    }
}
