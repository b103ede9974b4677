//! `vidimus serials`: how serial numbers are made, proven and counted. Nothing here takes a number.

mod generate;
mod prove;
mod site;
mod status;

use super::exit::Ended;

/// Arguments of `serials`.
#[derive(Debug, Clone, clap::Args)]
pub struct SerialsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// List serials of this site's key by their index, without taking them
    Generate(generate::GenerateArgs),
    /// Say how many serials each product has taken and left
    Status(status::StatusArgs),
    /// Prove that serials never repeat and cannot be guessed; exit code 1 unless all of it holds
    Prove(prove::ProveArgs),
}

/// Runs the command.
///
/// # Errors
/// Station file, key or store cannot be read, or what was asked for makes no sense.
pub fn run(args: &SerialsArgs) -> Ended {
    match &args.action {
        Action::Generate(args) => generate::run(args),
        Action::Status(args) => status::run(args),
        Action::Prove(args) => prove::run(args),
    }
}
