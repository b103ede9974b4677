//! `vidimus plc`: what the programmer of a PLC needs of a station.
//!
//! `contract` writes the contract down, `watch` shows what a PLC says now and writes nothing to it.

mod contract;
mod example;
mod watch;

use super::exit::Ended;
use super::exit_codes;

/// Arguments of `plc`.
#[derive(Debug, Clone, clap::Args)]
pub struct PlcArgs {
    #[command(subcommand)]
    action: Action,
}

/// What can be asked.
#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Print the contract as Markdown: registers, rings, codes, times, rules, and an example as structured text
    #[command(after_help = exit_codes())]
    Contract(contract::ContractArgs),
    /// Show what a PLC says now, by name; only its header is read, nothing is written
    #[command(after_help = exit_codes())]
    Watch(watch::WatchArgs),
}

/// Runs the command.
///
/// # Errors
/// As the action.
pub fn run(args: &PlcArgs) -> Ended {
    match &args.action {
        Action::Contract(args) => contract::run(args),
        Action::Watch(args) => watch::run(args),
    }
}
