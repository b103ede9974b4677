//! `vidimus batch`: open and close a batch at a running station and give every order about its course, with name,
//! reason and signature, into the same audit trail as a screen; list and show what is recorded of batches and lots.

mod lot;
mod record;

use super::exit::{Ended, Exit};
use super::message;
use super::who::{self, WhoArgs};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::lot::Words;
use crate::record::{BatchNo, Explanation, GradeMin, NumberSource, ProductionDate, TextPolicy};
use crate::tui::client::Client;
use crate::tui::words;
use crate::wire::{BatchView, LotCommand, OpeningTerms, OperatorCommand};
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
    /// Close the open batch; refused while packs are on the belt, and while something left over is not explained
    Close(CloseArgs),
    /// Confirm that nothing of the former product is left on the line (line clearance)
    ClearLine(WhoArgs),
    /// Accept the first articles of the open batch: it goes on
    AcceptFirst(WhoArgs),
    /// Refuse the first articles: as many new ones are taken; needs a reason
    RefuseFirst(WhoArgs),
    /// Divert the next good packs into the reject bin as samples
    Sample(lot::SampleArgs),
    /// Link a lot of bulk, labels, ribbon, ink … to the open batch, or end its use
    Component(lot::ComponentArgs),
    /// List all batches of a station
    List(record::ListArgs),
    /// Show everything recorded of a batch or a lot
    Show(record::ShowArgs),
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
    /// Production date as YYMMDD, for the record
    #[arg(long, value_name = "DATE")]
    produced: Option<ProductionDate>,
    /// Name of the packaging hierarchy, for the record
    #[arg(long, value_name = "NAME")]
    hierarchy: Option<Words>,
    /// The lot was used before and this batch continues it: same dates, and a reason
    #[arg(long = "continue")]
    continues: bool,
    /// Its packs carry no serial, only GTIN, lot and expiry; needs a label without a place for one
    #[arg(long)]
    lot_only: bool,
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

#[derive(Debug, Clone, clap::Args)]
struct CloseArgs {
    /// Why something is left over: unknown (packs of unknown fate), removed (packs taken off the belt) or void
    /// (numbers), a colon, the explanation; once for each kind
    #[arg(long, value_name = "KIND: TEXT")]
    explain: Vec<Explanation>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Gives the order and waits until it is on disk; or reads what is recorded.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step; or there is no store to be read.
pub fn run(args: &BatchArgs) -> Ended {
    let order = |who: &WhoArgs, command, done| lot::order(who, OperatorCommand::Lot(command), done);
    match &args.action {
        BatchAction::Open(args) => open(args),
        BatchAction::Close(args) => close(args),
        BatchAction::ClearLine(who) => order(
            who,
            LotCommand::ClearLine,
            "The line is recorded as clear. The next batch may be opened.",
        ),
        BatchAction::AcceptFirst(who) => order(
            who,
            LotCommand::AcceptFirstArticles,
            "The first articles are accepted. Start the belt at the machine.",
        ),
        BatchAction::RefuseFirst(who) => order(
            who,
            LotCommand::RefuseFirstArticles,
            "The first articles are refused; as many new ones are taken. Start the belt at the machine.",
        ),
        BatchAction::Sample(args) => lot::sample(args),
        BatchAction::Component(args) => lot::component(args),
        BatchAction::List(args) => record::list(args),
        BatchAction::Show(args) => record::show(args),
    }
}

fn close(args: &CloseArgs) -> Ended {
    let command = match args.explain.as_slice() {
        [] => OperatorCommand::CloseBatch,
        explained => OperatorCommand::Lot(LotCommand::CloseExplained(explained.to_vec())),
    };
    lot::order(&args.who, command, "The batch is closed.")
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
        terms: OpeningTerms {
            continues: args.continues,
            produced: args.produced,
            hierarchy: args.hierarchy.clone(),
            lot_only: args.lot_only,
        },
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
