//! `vidimus batch`: open and close a batch at a running station, with name, reason and signature, into the same audit
//! trail as a screen.

use super::exit::{Ended, Exit};
use super::message;
use super::who::{self, WhoArgs};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::{BatchNo, GradeMin, NumberSource, TextPolicy};
use crate::tui::client::Client;
use crate::tui::words;
use crate::wire::{BatchView, OperatorCommand};
use std::time::{Duration, Instant};

/// Longest wait for the station's view to show a batch that it has opened.
const SHOWN_WAIT: Duration = Duration::from_secs(2);
/// Pause between two looks at that view.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

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
    /// Lowest print-quality grade that passes: A to D, 0.0 to 4.0, or none [default: the station file's]
    #[arg(long, value_name = "GRADE")]
    grade_min: Option<GradeMin>,
    /// What follows when the text beside the symbol is not as printed: off, warn or reject
    /// [default: the station file's]
    #[arg(long, value_name = "POLICY")]
    text: Option<TextPolicy>,
    /// Where its numbers come from: own, the site's key, or pool, the imported lists of this GTIN, the oldest first
    #[arg(long, value_name = "SOURCE", default_value = "own")]
    serials: NumberSource,
    #[command(flatten)]
    who: WhoArgs,
}

/// Gives the order and waits until it is on disk.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step.
pub fn run(args: &BatchArgs) -> Ended {
    match &args.action {
        BatchAction::Close(who) => {
            who.order(&mut who.connect()?, OperatorCommand::CloseBatch)?;
            message("The batch is closed.");
            Ok(Exit::Ok)
        }
        BatchAction::Open(args) => open(args),
    }
}

fn open(args: &OpenArgs) -> Ended {
    let product = match args.product.is_empty() {
        true => args.gtin.to_string(),
        false => args.product.clone(),
    };
    let command = OperatorCommand::OpenBatch {
        product,
        gtin: args.gtin,
        lot: args.lot.clone(),
        expiry: args.expiry,
        target: args.target,
        grade_min: args.grade_min,
        text: args.text,
        numbers: args.serials,
    };
    let mut client = args.who.connect()?;
    let before = client.view().map_err(who::device)?.batch;
    args.who.order(&mut client, command)?;
    message("The batch is open. Start the belt at the machine.");
    if let Some(batch) = shown(&mut client, before.map(|batch| batch.no), &args.lot) {
        message(&words::demands(&batch));
    }
    Ok(Exit::Ok)
}

/// The batch as the station shows it, a moment after it was opened: what it demands may come from the station file.
/// The batch is open whether or not it can be shown.
fn shown(client: &mut Client, before: Option<BatchNo>, lot: &Lot) -> Option<BatchView> {
    let until = Instant::now() + SHOWN_WAIT;
    loop {
        let batch = client.view().ok()?.batch;
        let found = batch.filter(|batch| batch.lot == lot.as_str() && Some(batch.no) > before);
        if found.is_some() || Instant::now() > until {
            return found;
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}
