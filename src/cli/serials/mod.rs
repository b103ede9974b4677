//! `vidimus serials`: how serial numbers are made, proven and counted, and how they come from outside and go there.

mod events;
mod export;
mod generate;
mod give_back;
mod import;
pub(super) mod numbers;
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
    /// Take in numbers of a customer or an authority as a pool: all of a list or nothing
    ///
    /// The list is CSV with a head (columns serial, and maybe gtin, ai91, ai92, ai93; "," ";" or a tab), URNs
    /// urn:epc:id:sgtin:..., one a line, or an EPCIS document whose ObjectEvents (ADD, OBSERVE) name the numbers.
    /// Refused, with line and reason: a number that is there twice, that is in a pool already or that this station
    /// gives out itself; a wrong GTIN; a character outside GS1's set 82; more than 20 characters. The same numbers are
    /// imported once only, in whatever order or form they come again. The station must not be running; --dry-run judges
    /// beside a running one. "batch open --serials pool" uses the pools of the GTIN, the oldest first, each in the
    /// order of its list.
    #[command(after_help = exit_codes())]
    Import(import::ImportArgs),
    /// Hand out a block of own numbers to somebody who prints elsewhere, once for each token
    ///
    /// The block is taken on record before it is shown, so no pack of this station ever gets one of its numbers. The
    /// same token with the same product and count gives the same numbers again, whatever got lost; with others it is
    /// refused. Works with a running station and without.
    #[command(after_help = exit_codes())]
    Export(export::ExportArgs),
    /// Take back numbers that were not used: of a block, or the rest of a pool; never used here again
    #[command(after_help = exit_codes())]
    Return(give_back::ReturnArgs),
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
        Action::Import(args) => import::run(args),
        Action::Export(args) => export::run(args),
        Action::Return(args) => give_back::run(args),
        Action::Status(args) => status::run(args),
        Action::Prove(args) => prove::run(args),
    }
}
