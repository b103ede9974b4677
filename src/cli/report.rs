//! `vidimus report`: the record of a batch as a page to print, or as JSON.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit, Failure};
use super::{message, print_json};
use crate::record::BatchNo;
use crate::trace::{page, report};
use jiff::Timestamp;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
            let text = page(&found);
            write(file, &text).map_err(|why| {
                let text = format!("The report {} cannot be written ({why}).", file.display());
                Failure::new(Exit::Store, text)
            })?;
            if file != Path::new("-") {
                message(&format!("The report lies in {}.", file.display()));
            }
        }
    }
    Ok(match found.reconciliation.balanced {
        true => Exit::Ok,
        false => Exit::DoesNotReconcile,
    })
}

/// The whole file or, where it cannot be written, what was there before.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if file == Path::new("-") {
        let mut out = io::stdout().lock();
        return out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
    // A device or a pipe is written to, never replaced; a link leads to the file that is meant.
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if target.exists() && !target.is_file() {
        let mut out = std::fs::OpenOptions::new().write(true).open(&target)?;
        return out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // As any new file: who may read it is for the umask to say.
    let mut writing = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    writing.write_all(text.as_bytes())?;
    writing.as_file().sync_all()?;
    writing.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
