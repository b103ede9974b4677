//! `vidimus serials export`: a block of the site's own numbers goes out to somebody who prints elsewhere. The token
//! makes it safe to ask again: the same one always gives the same numbers.

use super::numbers;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::message;
use crate::cli::output::{Before, Output, STANDARD_OUTPUT};
use crate::cli::station_file;
use crate::cli::who::WhoArgs;
use crate::gs1::Gtin;
use crate::record::Token;
use crate::record::pool::{EXPORT_COUNT_MAX, Export};
use crate::serial::{IndexRange, SerialKey};
use crate::station::key;
use crate::store::{OpenOptions, Reader};
use crate::tui::words::grouped;
use crate::wire::OperatorCommand;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `serials export`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    /// Of this product
    #[arg(long)]
    gtin: Gtin,
    /// How many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=EXPORT_COUNT_MAX))]
    count: u64,
    /// Name of the request, 1 to 64 signs: the same one gets the same numbers again, never others
    #[arg(long)]
    token: Token,
    /// Writes the list into this file, which must not exist; left out, or "-": to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Runs the command.
///
/// # Errors
/// The station refuses, or there are not so many numbers; station file, key or store cannot be used.
pub fn run(args: &ExportArgs) -> Ended {
    let config = station_file::load(args.who.station_file()?)?;
    // What cannot be written is not asked for.
    let out = args.out.as_deref().unwrap_or(Path::new(STANDARD_OUTPUT));
    let out = Output::open("The list", out, Before::Nothing)?;
    let command = OperatorCommand::ExportNumbers {
        token: args.token.clone(),
        gtin: args.gtin,
        count: args.count,
    };
    numbers::order(&args.who, &config, command)?;
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error);
    let reader = Reader::open(&config.station.data_dir, &OpenOptions::default());
    let register = reader.and_then(|reader| reader.numbers());
    let register = register.map_err(|error| failed(&error))?;
    let export = register.export(&args.token).ok_or_else(|| {
        failed(&"The block is on record and cannot be read: ask again with the same token.")
    })?;
    let key = key::load(&config).map_err(|error| failed(&error))?;
    let key = key.ok_or_else(|| failed(&"The serial key is gone: put it back from the backup."))?;
    let written = out.write(|out| list(out, &key, export));
    written.map_err(|failure| {
        failure.and("The numbers are on record: ask again with the same token.")
    })?;
    let count = grouped(export.count);
    message(&format!(
        "{count} numbers are handed out for token {}; no pack of this station gets one of them.",
        args.token
    ));
    Ok(Exit::Ok)
}

/// Writes the list as `serials import` reads it.
fn list(to: &mut dyn Write, key: &SerialKey, export: &Export) -> io::Result<()> {
    to.write_all(b"gtin,serial\n")?;
    let range =
        IndexRange::starting(export.first, export.count).expect("a block lies in the space");
    key.for_each(&export.gtin, range, |_, serial| {
        to.write_all(export.gtin.as_str().as_bytes())?;
        to.write_all(b",")?;
        to.write_all(serial)?;
        to.write_all(b"\n")
    })
}
