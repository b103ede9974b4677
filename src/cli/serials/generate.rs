//! `vidimus serials generate`: the serials at given indices, for checks and for printers' proofs. Takes none of them.

use super::site::Site;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::output::stdout_failed;
use crate::gs1::Gtin;
use crate::serial::{INDEX_COUNT, IndexRange, SerialText};
use crate::tui::words::grouped;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `serials generate`.
#[derive(Debug, Clone, clap::Args)]
pub struct GenerateArgs {
    /// Station file: its key and range; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Of this product
    #[arg(long)]
    gtin: Gtin,
    /// The first index
    #[arg(long, value_name = "INDEX")]
    from: u64,
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
    /// Also indices that are not of this station's range
    #[arg(long)]
    any_range: bool,
    /// Prints one JSON object a line: v, gtin, index, serial
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Prints a head and one line gtin,index,serial each, instead of serials alone
    #[arg(long)]
    csv: bool,
}

/// How a serial is written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    Csv,
    Json,
}

/// Bytes that are written at once.
const PIECE_LEN: usize = 64 * 1024;

/// Runs the command.
///
/// # Errors
/// The indices are not there or not this station's; station file, key or store cannot be read.
pub fn run(args: &GenerateArgs) -> Ended {
    let site = Site::open(&args.config)?;
    let range = IndexRange::starting(args.from, args.count).ok_or_else(|| {
        let last = grouped(INDEX_COUNT - 1);
        let text = format!("There are no such indices: at least one is wanted, none above {last}.");
        Failure::new(Exit::Usage, text)
    })?;
    if !args.any_range && !site.range.holds(&range) {
        let [first, last] = [site.range.first(), site.range.last()].map(grouped);
        let text = format!(
            "This station's range is {first} to {last}; not all of the indices {} to {} are of it. Ask for others, or \
             say --any-range.",
            grouped(range.first()),
            grouped(range.last())
        );
        return Err(Failure::new(Exit::Usage, text));
    }
    let form = match (args.csv, args.json) {
        (true, _) => Form::Csv,
        (_, true) => Form::Json,
        _ => Form::Text,
    };
    let key = site.key()?;
    let mut out = io::stdout().lock();
    let mut piece = Vec::with_capacity(PIECE_LEN);
    if let Form::Csv = form {
        piece.extend_from_slice(b"gtin,index,serial\n");
    }
    let written = key
        .for_each(&args.gtin, range, |index, serial| {
            line(&mut piece, form, &args.gtin, index, serial)?;
            match piece.len() > PIECE_LEN - LINE_LEN_MAX {
                true => {
                    out.write_all(&piece)?;
                    piece.clear();
                    Ok(())
                }
                false => Ok(()),
            }
        })
        .and_then(|()| out.write_all(&piece))
        .and_then(|()| out.flush());
    match written {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => Err(stdout_failed(&error)),
    }
}

/// Longest line in any form: all that is fixed, GTIN, index and serial.
const LINE_LEN_MAX: usize = 128;

fn line(
    piece: &mut Vec<u8>,
    form: Form,
    gtin: &Gtin,
    index: u64,
    serial: &SerialText,
) -> io::Result<()> {
    let gtin = gtin.as_str();
    match form {
        Form::Text => piece.extend_from_slice(serial),
        Form::Csv => {
            write!(piece, "{gtin},{index},")?;
            piece.extend_from_slice(serial);
        }
        Form::Json => {
            write!(
                piece,
                "{{\"v\":1,\"gtin\":\"{gtin}\",\"index\":{index},\"serial\":\""
            )?;
            piece.extend_from_slice(serial);
            piece.extend_from_slice(b"\"}");
        }
    }
    piece.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_room_that_is_kept_for_it() {
        let gtin = "09521234543213".parse().unwrap();
        for form in [Form::Text, Form::Csv, Form::Json] {
            let mut piece = Vec::new();
            line(&mut piece, form, &gtin, u64::MAX, b"W3KTQAJMQTX4").unwrap();
            assert!(piece.len() <= LINE_LEN_MAX, "{form:?}: {}", piece.len());
        }
    }
}
