//! `vidimus batch sample|component` and whatever is one order with one sentence.

use crate::cli::exit::{Ended, Exit};
use crate::cli::message;
use crate::cli::who::WhoArgs;
use crate::gs1::Expiry;
use crate::record::lot::Words;
use crate::record::{Component, ComponentKind};
use crate::wire::{LotCommand, OperatorCommand};

/// Arguments of `batch sample`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SampleArgs {
    /// How many
    #[arg(long, value_name = "K", default_value_t = 1)]
    count: u32,
    #[command(flatten)]
    who: WhoArgs,
}

/// Arguments of `batch component`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ComponentArgs {
    /// bulk, labels, ribbon, ink, carton, leaflet, foil, container or other
    #[arg(long)]
    kind: ComponentKind,
    /// Its lot, as its supplier names it
    #[arg(long)]
    lot: Words,
    /// Its name
    #[arg(id = "component", long = "name", value_name = "NAME")]
    name: Option<Words>,
    /// Who supplied it
    #[arg(long, value_name = "NAME")]
    supplier: Option<Words>,
    /// Its expiry date as YYMMDD
    #[arg(long, value_name = "DATE")]
    expiry: Option<Expiry>,
    /// It is used no more, from the next pack on
    #[arg(long, conflicts_with_all = ["component", "supplier", "expiry"])]
    end: bool,
    #[command(flatten)]
    who: WhoArgs,
}

/// Gives an order and says what was done.
///
/// # Errors
/// There is no station, or it refuses.
pub(super) fn order(who: &WhoArgs, command: OperatorCommand, done: &str) -> Ended {
    who.order(&mut who.connect()?, command)?;
    message(done);
    Ok(Exit::Ok)
}

/// Orders samples.
///
/// # Errors
/// As [`order`].
pub(super) fn sample(args: &SampleArgs) -> Ended {
    let count = args.count;
    let command = OperatorCommand::Lot(LotCommand::TakeSamples { count });
    let packs = if count == 1 { "pack goes" } else { "packs go" };
    let done =
        format!("Ordered: the next {count} good {packs} into the reject bin, counted as samples.");
    order(&args.who, command, &done)
}

/// Links a lot of a component, or ends its use.
///
/// # Errors
/// As [`order`].
pub(super) fn component(args: &ComponentArgs) -> Ended {
    let (kind, lot) = (args.kind, args.lot.clone());
    let command = match args.end {
        true => LotCommand::EndComponent { kind, lot },
        false => LotCommand::LinkComponent(Component {
            kind,
            lot,
            name: args.name.clone(),
            supplier: args.supplier.clone(),
            expiry: args.expiry,
        }),
    };
    let done = match args.end {
        true => format!("The use of {kind} lot {} is ended.", args.lot),
        false => format!("{kind} lot {} is linked to the batch.", args.lot),
    };
    order(&args.who, OperatorCommand::Lot(command), &done)
}
