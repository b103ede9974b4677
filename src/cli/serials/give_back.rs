//! `vidimus serials return`: numbers come back unused. Of a block that was handed out, or what is left of a pool;
//! either way they are never used here again.

use super::numbers::{self, open_list};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::output::{Before, Output, Stopped};
use crate::cli::who::WhoArgs;
use crate::cli::{message, station_file};
use crate::config::Config;
use crate::record::pool::Pool;
use crate::record::{PoolNo, PoolNumber, Token};
use crate::station::counter::Counter;
use crate::store::{OpenOptions, Reader, StoreError};
use crate::tui::words::grouped;
use crate::wire::{OperatorCommand, Right};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `serials return`.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "which", required = true, multiple = false, args = ["token", "pool"])]
pub struct ReturnArgs {
    /// The numbers that come back, in any form that import reads; the station must not be running
    #[arg(value_name = "FILE", conflicts_with_all = ["all_unused", "pool"])]
    file: Option<PathBuf>,
    /// Of the block that was handed out with this token
    #[arg(long)]
    token: Option<Token>,
    /// What is left of this pool goes back to whoever supplied it
    #[arg(long, value_name = "NO", requires = "all_unused")]
    pool: Option<PoolNo>,
    /// All that have not come back, or are left
    #[arg(long)]
    all_unused: bool,
    /// Writes the numbers of the pool that go back into this file, which must not exist; "-": to standard output
    #[arg(long, value_name = "FILE", requires = "pool")]
    out: Option<PathBuf>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Runs the command.
///
/// # Errors
/// The station refuses; a number in the list is refused; station file, key or store cannot be used.
pub fn run(args: &ReturnArgs) -> Ended {
    let config = station_file::load(args.who.station_file()?)?;
    match (&args.token, args.pool, &args.file, args.all_unused) {
        (Some(token), _, Some(file), _) => listed(args, &config, token, file),
        (Some(token), _, None, true) => {
            let token = token.clone();
            let said = format!("All numbers of token {token} have come back.");
            numbers::order(&args.who, &config, OperatorCommand::ReturnNumbers { token })?;
            message(&said);
            Ok(Exit::Ok)
        }
        (None, Some(pool), _, _) => rest_of(args, &config, pool),
        _ => {
            let text = "Say which numbers come back: a file with them, or --all-unused.";
            Err(Failure::new(Exit::Usage, text))
        }
    }
}

fn listed(args: &ReturnArgs, config: &Config, token: &Token, file: &std::path::Path) -> Ended {
    let customer = numbers::customer(&args.who, config, Right::Numbers)?;
    let mut counter = Counter::open(config, customer, Right::Numbers).map_err(numbers::failure)?;
    let gtin = counter.register().export(token).map(|export| export.gtin);
    let lists = open_list(file, gtin)?;
    let [list] = &lists[..] else {
        let text = "The list names several products; a block is of one.";
        return Err(Failure::new(Exit::SomeRefused, text));
    };
    let back = counter.take_back(token, list);
    let closed = counter.close();
    let back = back.and_then(|back| closed.map(|()| back));
    let count = grouped(back.map_err(numbers::failure)?);
    message(&format!(
        "{count} numbers of token {token} have come back; they are never used again."
    ));
    Ok(Exit::Ok)
}

fn rest_of(args: &ReturnArgs, config: &Config, no: PoolNo) -> Ended {
    let failed = |error: StoreError| Failure::new(Exit::Store, error);
    // What cannot be written is not given back.
    let out = args.out.as_deref();
    let out = out
        .map(|file| Output::open("The list", file, Before::Nothing))
        .transpose()?;
    numbers::order(&args.who, config, OperatorCommand::ReturnPool { pool: no })?;
    let reader = Reader::open(&config.station.data_dir, &OpenOptions::default()).map_err(failed)?;
    let register = reader.numbers().map_err(failed)?;
    let pool = register.pool(no).expect("what was given back is a pool");
    if let Some(out) = out {
        let written = out.write(|out| write(out, &reader, pool));
        written.map_err(|failure| failure.and("The numbers are given back all the same."))?;
    }
    let count = grouped(pool.returned);
    message(&format!(
        "{count} numbers of pool {no} are given back; they are never used here."
    ));
    Ok(Exit::Ok)
}

/// Numbers that are read at once.
const STRETCH: u32 = 10_000;

/// Writes the numbers of a pool that were given back, as `serials import` reads them.
fn write(to: &mut dyn Write, reader: &Reader, pool: &Pool) -> Result<(), Stopped> {
    let parts = pool.longest.tail.map(|length| length > 0);
    let mut head = vec!["gtin", "serial"];
    let names = ["ai91", "ai92", "ai93"].into_iter().zip(parts);
    head.extend(names.filter_map(|(name, has)| has.then_some(name)));
    writeln!(to, "{}", head.join(","))?;
    let (mut next, end) = (pool.end(), pool.first + pool.count);
    while next < end {
        let count = u32::try_from(end - next).unwrap_or(STRETCH).min(STRETCH);
        let numbers = reader.pool_numbers_from(pool.gtin, next, count);
        let numbers = numbers.map_err(|error| Failure::new(Exit::Store, error))?;
        next = end.min(next + u64::from(count));
        for number in numbers {
            writeln!(to, "{}", row(pool, &number))?;
        }
    }
    Ok(())
}

/// A row of CSV: every value in quotes, for all of them may hold a comma.
fn row(pool: &Pool, number: &PoolNumber) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut fields = vec![pool.gtin.to_string(), quoted(&number.serial.text)];
    fields.extend(number.tail.0.iter().flatten().map(|part| quoted(part)));
    fields.join(",")
}
