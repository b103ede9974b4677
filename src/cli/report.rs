//! `vidimus report`: the record of a batch as a page to print, or as JSON.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit};
use super::output::{Before, Output};
use super::{message, print_json};
use crate::record::BatchNo;
use crate::trace::{page, report};
use jiff::Timestamp;
use std::path::PathBuf;

/// Arguments of `report`.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("form").required(true).args(["html", "json"])))]
pub struct ReportArgs {
    /// The batch, by its number
    #[arg(value_name = "BATCH")]
    batch: u32,
    /// Writes one HTML page with charts, made to be printed on A4, into this file; "-": to standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
    /// When it is made, as 2026-11-22T08:30:00Z; left out: it does not say, and is the same whenever it is made
    #[arg(long, value_name = "TIME", value_parser = super::trace::time)]
    made: Option<Timestamp>,
    #[command(flatten)]
    which: WhichArchive,
}

/// Writes the report; ends with 14 when the batch does not add up.
///
/// # Errors
/// There is no such batch, the store cannot be read, or the file not be written.
pub fn run(args: &ReportArgs) -> Ended {
    let archive = args.which.open()?;
    let made = args.made.map(|time| time.to_string());
    let found = report(&archive, BatchNo(args.batch), made).map_err(unanswered)?;
    match &args.html {
        None => print_json(&serde_json::json!(found))?,
        Some(file) => {
            let out = Output::open("The report", file, Before::Replaced)?;
            let is_file = !out.is_stdout();
            out.write(|out| out.write_all(page(&found).as_bytes()))?;
            if is_file {
                message(&format!("The report lies in {}.", file.display()));
            }
        }
    }
    Ok(match found.reconciliation.balanced {
        true => Exit::Ok,
        false => Exit::DoesNotReconcile,
    })
}
