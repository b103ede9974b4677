//! `vidimus serials import`: numbers from a customer or an authority become a pool, all of a file or nothing.

use super::numbers::{self, open_list};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::station_file;
use crate::cli::who::WhoArgs;
use crate::cli::{message, print_json, print_line};
use crate::gs1::Gtin;
use crate::record::PoolFact;
use crate::serial::NumberList;
use crate::station::counter::{Counter, CounterError, Ground};
use crate::station::key;
use crate::store::{OpenOptions, Reader};
use crate::tui::words::grouped;
use crate::wire::Right;
use std::path::PathBuf;

/// Arguments of `serials import`.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// The list; "-" is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Of this product: for a list that does not name it, and held against one that does
    #[arg(long)]
    gtin: Option<Gtin>,
    /// Judges everything and takes nothing in; the station may be running
    #[arg(long)]
    dry_run: bool,
    /// Prints one JSON object: imported, pools [{pool, gtin, first, count, sha256, source}]
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: WhoArgs,
}

/// Runs the command.
///
/// # Errors
/// The list or a number in it is refused; a station is running; station file, key or store cannot be used.
pub fn run(args: &ImportArgs) -> Ended {
    let config = station_file::load(args.who.station_file()?)?;
    let lists = open_list(&args.file, args.gtin)?;
    let source = numbers::source_of(&args.file);
    let facts = match args.dry_run {
        true => judge(&config, &lists, &source),
        false => {
            let customer = numbers::customer(&args.who, &config, Right::Numbers)?;
            let mut counter =
                Counter::open(&config, customer, Right::Numbers).map_err(numbers::failure)?;
            let facts = counter.import(lists, &source);
            let closed = counter.close();
            facts.and_then(|facts| closed.map(|()| facts))
        }
    };
    let facts = facts.map_err(|error| refused(&error))?;
    if args.json {
        print_json(&json(&facts, args.dry_run))?;
        return Ok(Exit::Ok);
    }
    for fact in &facts {
        if let PoolFact::Imported {
            pool, gtin, count, ..
        } = fact
        {
            let count = grouped(*count);
            print_line(&match args.dry_run {
                true => format!("{count} numbers of GTIN {gtin} can be imported"),
                false => format!("pool {pool}: {count} numbers of GTIN {gtin}"),
            })?;
        }
    }
    if !args.dry_run {
        message("All of the list is imported. Open a batch with --serials pool to use it.");
    }
    Ok(Exit::Ok)
}

fn judge(
    config: &crate::config::Config,
    lists: &[NumberList],
    source: &str,
) -> Result<Vec<PoolFact>, CounterError> {
    let reader = Reader::open(&config.station.data_dir, &OpenOptions::default())?;
    let restored = reader.restore()?;
    let key = key::load(config).map_err(crate::station::StationError::Key)?;
    let key = key.ok_or_else(|| {
        let path = config.serial.key_file.display();
        format!("There is no serial key {path}: the station's first start makes it.")
    })?;
    Ground::new(config, &reader, &restored, &key).import(lists, source)
}

fn json(facts: &[PoolFact], dry_run: bool) -> serde_json::Value {
    let pools = facts.iter().filter_map(|fact| match fact {
        PoolFact::Imported {
            pool,
            gtin,
            first,
            count,
            content,
            source,
            ..
        } => Some(serde_json::json!({
            "pool": pool, "gtin": gtin, "first": first, "count": count, "sha256": content, "source": source,
        })),
        _ => None,
    });
    serde_json::json!({ "v": 1, "imported": !dry_run, "pools": pools.collect::<Vec<_>>() })
}

/// What was refused, and that nothing was taken in.
fn refused(error: &CounterError) -> Failure {
    match error {
        CounterError::Numbers(refusals) => numbers::refused(refusals, "imported"),
        CounterError::Known { pool, utc_ms } => Failure::new(
            Exit::SomeRefused,
            format!(
                "This list is imported already: as pool {pool}, on {}. Nothing was imported again.",
                numbers::utc(*utc_ms)
            ),
        ),
        CounterError::Refused(text) => Failure::new(Exit::SomeRefused, text),
        CounterError::Station(error) => Failure::new(Exit::Store, error),
    }
}
