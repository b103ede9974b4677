//! `vidimus epcis outbox`: what became of the documents for a partner's repository, and what a person decides about
//! one that was refused.

use crate::cli::archive::WhichArchive;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::serials::numbers::{failure, running, utc};
use crate::cli::who::WhoArgs;
use crate::cli::{message, print_json, print_text, station_file};
use crate::station::counter::{Counter, Customer};
use crate::store::{OutboxDocument, OutboxState};
use crate::trace::plural;
use crate::tui::words::grouped;
use crate::wire::{PackagingOrder, PartnerOrder, Right};

/// Arguments of `epcis outbox`.
///
/// Documents follow each other without gaps, and one at a time is on its way: it is handed over until the repository
/// has taken it. One that the repository refuses waits for a person, and everything behind it waits as well.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct OutboxArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// The last documents, the newest first: which records they tell, and what became of them
    Status {
        #[command(flatten)]
        which: WhichArchive,
        /// So many documents at most
        #[arg(long, value_name = "N", default_value_t = 10)]
        last: u32,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a refused document anew, with what the station file says now, and send it again
    Retry(Decision),
    /// Leave a refused document out: its events are never sent; needs --reason
    Skip(Decision),
}

#[derive(Debug, clap::Args)]
struct Decision {
    /// The document's number
    #[arg(value_name = "DOCUMENT")]
    document: u64,
    #[command(flatten)]
    who: WhoArgs,
}

/// Runs the command.
///
/// # Errors
/// There is no such document; the station refuses; the store cannot be read.
pub(super) fn run(args: &OutboxArgs) -> Ended {
    match &args.action {
        Action::Status { which, last, json } => status(which, *last, *json),
        Action::Retry(decision) => decide(decision, false),
        Action::Skip(decision) => decide(decision, true),
    }
}

fn status(which: &WhichArchive, last: u32, json: bool) -> Ended {
    let archive = which.open()?;
    let documents = archive.reader.outbox(last);
    let documents = documents.map_err(|error| Failure::new(Exit::Store, error))?;
    if json {
        print_json(&serde_json::json!({ "v": 1, "documents": documents }))?;
        return Ok(Exit::Ok);
    }
    if documents.is_empty() {
        message(
            "No document was made yet: nothing is finished, or [epcis] capture_url is \"none\".",
        );
    }
    for document in &documents {
        let answer = document.answer.iter();
        let answer = answer.map(|answer| format!("          {answer}"));
        print_text([line(document)].into_iter().chain(answer), 10)?;
    }
    Ok(Exit::Ok)
}

fn line(document: &OutboxDocument) -> String {
    let state = match document.state {
        OutboxState::Sending if document.job.is_some() => "the repository works on it",
        OutboxState::Sending => "on its way",
        OutboxState::Taken => "taken",
        OutboxState::Refused => "REFUSED: retry or skip it",
        OutboxState::LeftOut => "left out",
        OutboxState::MadeAnew => "made anew",
    };
    format!(
        "{:>8}  records {} to {}, {} {}, {} {}, {} {}, {}: {state}",
        document.document,
        document.after + 1,
        document.through,
        grouped(document.events),
        plural(document.events, "event"),
        grouped(document.epcs),
        plural(document.epcs, "number"),
        document.attempts,
        if document.attempts == 1 {
            "try"
        } else {
            "tries"
        },
        utc(document.utc_ms)
    )
}

fn decide(decision: &Decision, skip: bool) -> Ended {
    let document = decision.document;
    let order = PackagingOrder::Partner(PartnerOrder::Capture { document, skip });
    let who = &decision.who;
    let config = station_file::load(who.station_file()?)?;
    match running(&config)? {
        Some(mut client) => drop(who.pack(&mut client, order)?),
        None => {
            let customer = Customer {
                by: who.name(),
                proof: who.proof_for(config.people.sign_in, Right::Capture)?,
                reason: who.reason.clone(),
            };
            let mut counter = Counter::open(&config, customer, Right::Capture).map_err(failure)?;
            let done = counter.partner(&order);
            let closed = counter.close();
            done.and(closed).map_err(failure)?;
        }
    }
    message(&match skip {
        true => format!("Document {document} is left out; what follows is sent."),
        false => format!("The events of document {document} are sent again."),
    });
    Ok(Exit::Ok)
}
