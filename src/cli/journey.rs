//! `vidimus journey`: what was shipped, received, returned, held, released and recalled, at a running station.

use super::exit::{Ended, Exit, Failure};
use super::pack::{give, scans};
use super::who::WhoArgs;
use crate::gs1::{Gln, Gtin, Lot};
use crate::record::Step;
use crate::wire::PackagingOrder;

/// Arguments of `journey`.
#[derive(Debug, Clone, clap::Args)]
pub struct JourneyArgs {
    #[command(subcommand)]
    action: JourneyAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum JourneyAction {
    /// It left for a partner: closed containers, or loose packs
    Ship {
        /// The partner's GLN
        #[arg(long, value_name = "GLN")]
        to: Gln,
        #[command(flatten)]
        moved: Moved,
    },
    /// A partner says that it arrived
    Receive {
        /// The partner's GLN
        #[arg(long, value_name = "GLN")]
        at: Option<Gln>,
        #[command(flatten)]
        moved: Moved,
    },
    /// It came back
    Return {
        /// The partner's GLN
        #[arg(long, value_name = "GLN")]
        from: Option<Gln>,
        #[command(flatten)]
        moved: Moved,
    },
    /// It must not go on until it is released; needs --reason
    Hold(Held),
    /// The hold is lifted; needs --reason
    Release(Held),
    /// It is recalled; needs --reason
    Recall(Held),
    /// The recall is lifted; needs --reason
    LiftRecall(Held),
}

/// What moves, and with which papers.
#[derive(Debug, Clone, clap::Args)]
struct Moved {
    /// Scans of what moves, packs and containers; "-" reads one a line from standard input
    #[arg(required = true, value_name = "SCAN")]
    units: Vec<String>,
    /// A delivery note, order or invoice, as it is written on the paper
    #[arg(long = "document", value_name = "TEXT")]
    documents: Vec<String>,
    /// When it happened, if that is not now, such as 2026-11-22T08:30:00Z; or 2026-11-22T08:30 at this machine's place
    #[arg(long = "happened", value_name = "TIME", value_parser = super::trace::time)]
    happened: Option<jiff::Timestamp>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Units, or a lot.
#[derive(Debug, Clone, clap::Args)]
struct Held {
    /// Scans of packs and containers; "-" reads one a line from standard input
    #[arg(value_name = "SCAN")]
    units: Vec<String>,
    /// The whole lot, wherever its packs are; needs --gtin
    #[arg(long, requires = "gtin")]
    lot: Option<Lot>,
    /// The lot's product
    #[arg(long, requires = "lot")]
    gtin: Option<Gtin>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Gives the order of these arguments.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step.
pub fn run(args: &JourneyArgs) -> Ended {
    match &args.action {
        JourneyAction::Ship { to, moved } => travel(Step::Shipped, Some(*to), moved),
        JourneyAction::Receive { at, moved } => travel(Step::Received, *at, moved),
        JourneyAction::Return { from, moved } => travel(Step::Returned, *from, moved),
        JourneyAction::Hold(held) => hold(Step::Held, held),
        JourneyAction::Release(held) => hold(Step::Released, held),
        JourneyAction::Recall(held) => hold(Step::Recalled, held),
        JourneyAction::LiftRecall(held) => hold(Step::RecallLifted, held),
    }
}

fn travel(step: Step, partner: Option<Gln>, moved: &Moved) -> Ended {
    let order = PackagingOrder::Travel {
        step,
        units: scans(&moved.units)?,
        lots: Vec::new(),
        partner,
        documents: moved.documents.clone(),
        told_utc_ms: moved.happened.map(|time| time.as_millisecond()),
    };
    give(&moved.who, order)
}

fn hold(step: Step, held: &Held) -> Ended {
    let lots: Vec<(Gtin, Lot)> = held.gtin.zip(held.lot.clone()).into_iter().collect();
    if held.units.is_empty() && lots.is_empty() {
        let text = "Name what it is about: scans, or --lot LOT --gtin GTIN.";
        return Err(Failure::new(Exit::Usage, text));
    }
    let order = PackagingOrder::Travel {
        step,
        units: scans(&held.units)?,
        lots,
        partner: None,
        documents: Vec::new(),
        told_utc_ms: None,
    };
    give(&held.who, order)
}
