//! `vidimus batch`: open and close a batch at a running station, with name and reason, into the same audit
//! trail as a screen.

use super::exit::{Ended, Exit, Failure};
use super::station_file::WhichStation;
use super::{message, tui};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::tui::client::Client;
use crate::wire::{Answer, OperatorCommand};

/// Arguments of `batch`.
#[derive(Debug, Clone, clap::Args)]
pub struct BatchArgs {
    #[command(subcommand)]
    action: BatchAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum BatchAction {
    /// Open a batch; the label is stored in the printer and everything is put in step
    Open(OpenArgs),
    /// Close the open batch; refused while packs are on the belt
    Close(WhoArgs),
}

/// Which station, who, and why.
#[derive(Debug, Clone, clap::Args)]
struct WhoArgs {
    #[command(flatten)]
    station: WhichStation,
    /// Your name, as it goes into the audit trail [default: the user's name]
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Clone, clap::Args)]
struct OpenArgs {
    /// GTIN of the product, 14 digits; it must stand in the station file
    #[arg(long)]
    gtin: Gtin,
    /// Lot, 1 to 20 characters
    #[arg(long)]
    lot: Lot,
    /// Expiry date as YYMMDD; day 00 means the whole month
    #[arg(long)]
    expiry: Expiry,
    /// Product name on screens
    #[arg(long, value_name = "NAME", default_value = "")]
    product: String,
    /// Wanted number of good packs
    #[arg(long, value_name = "N")]
    target: Option<u64>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Gives the order and waits until it is on disk.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step.
pub fn run(args: &BatchArgs) -> Ended {
    match &args.action {
        BatchAction::Close(who) => order(who, OperatorCommand::CloseBatch, "The batch is closed."),
        BatchAction::Open(open) => {
            let product = match open.product.is_empty() {
                true => open.gtin.to_string(),
                false => open.product.clone(),
            };
            let command = OperatorCommand::OpenBatch {
                product,
                gtin: open.gtin,
                lot: open.lot.clone(),
                expiry: open.expiry,
                target: open.target,
            };
            order(
                &open.who,
                command,
                "The batch is open. Start the belt at the machine.",
            )
        }
    }
}

fn order(who: &WhoArgs, command: OperatorCommand, done: &str) -> Ended {
    let device = |error| Failure::new(Exit::Device, error);
    let name = who.operator.clone().unwrap_or_else(tui::user_name);
    let mut client = Client::connect(&who.station.socket_path()?).map_err(device)?;
    match client
        .command(&name, who.reason.clone(), command)
        .map_err(device)?
    {
        Answer::Refused { text } => Err(Failure::new(Exit::SomeRefused, text)),
        Answer::Done | Answer::View(_) => {
            message(done);
            Ok(Exit::Ok)
        }
    }
}
