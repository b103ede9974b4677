//! `vidimus serials`: how serial numbers are made, proven and counted. Nothing here takes a number.

mod generate;
mod prove;
mod site;
mod status;

use super::exit::Ended;
use super::exit_codes;

/// Arguments of `serials`.
#[derive(Debug, Clone, clap::Args)]
pub struct SerialsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// List serials of this site's key by their index, without taking them
    ///
    /// Nothing is issued: the station alone takes numbers, one for each pack, on record. A serial from this list that
    /// gets onto a pack by another way comes a second time when the station gets to its index. The list is for checks
    /// and for proofs of outside printers. Whoever has it knows serials before they are on packs: keep it as secret as
    /// the key.
    #[command(after_help = exit_codes())]
    Generate(generate::GenerateArgs),
    /// Say how many serials each product has taken and left
    #[command(after_help = exit_codes())]
    Status(status::StatusArgs),
    /// Prove that serials never repeat and cannot be guessed; exit code 1 unless all of it holds
    ///
    /// A guess hits an issued serial with a chance below 1 : 10,000, as EU 2016/161 Article 4(c) and EU 2018/574
    /// Article 8 ask. A small domain with the same key and construction is walked through completely, forward and
    /// back. A sample of indices becomes serials and indices again: none twice, none astray, and the letters come as
    /// evenly as by chance, by chi-square. That an index is taken only once is not proven here: for that there are the
    /// station's records.
    #[command(after_help = exit_codes())]
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
