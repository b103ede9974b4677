//! `vidimus serials export`: a block of the site's own numbers goes out to somebody who prints elsewhere. The token
//! makes it safe to ask again: the same one always gives the same numbers.

use super::numbers;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::message;
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
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
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
    /// Writes the list into this file, which must not exist, instead of to standard output
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
    let out = args.out.as_deref().map(fresh).transpose()?;
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
    let written = match out {
        Some(out) => list(out, &key, export),
        None => list(io::stdout().lock(), &key, export),
    };
    match written {
        Ok(()) => {}
        // Whoever read had enough.
        Err(error) if args.out.is_none() && error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            let text = format!(
                "The list cannot be written ({error}). Ask again with the same token: it is on record."
            );
            return Err(Failure::new(Exit::Store, text));
        }
    }
    let count = grouped(export.count);
    message(&format!(
        "{count} numbers are handed out for token {}; no pack of this station gets one of them.",
        args.token
    ));
    Ok(Exit::Ok)
}

/// A new file.
pub(super) fn fresh(path: &Path) -> Result<File, Failure> {
    File::create_new(path).map_err(|error| {
        let text = format!(
            "The file {} cannot be made ({error}): name another one.",
            path.display()
        );
        Failure::new(Exit::Usage, text)
    })
}

/// Writes the list as `serials import` reads it.
fn list(to: impl Write, key: &SerialKey, export: &Export) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    to.write_all(b"gtin,serial\n")?;
    let range =
        IndexRange::starting(export.first, export.count).expect("a block lies in the space");
    key.for_each(&export.gtin, range, |_, serial| {
        to.write_all(export.gtin.as_str().as_bytes())?;
        to.write_all(b",")?;
        to.write_all(serial)?;
        to.write_all(b"\n")
    })?;
    to.flush()
}
