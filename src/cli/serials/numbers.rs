//! What the commands share that take numbers in, hand them out and take them back: lists from files, who gives the
//! order, whether a station is there to take it.

use super::events;
use crate::cli::exit::{Exit, Failure};
use crate::cli::input::{self, STANDARD_INPUT};
use crate::cli::who::{WhoArgs, device};
use crate::config::Config;
use crate::gs1::Gtin;
use crate::serial::NumberList;
use crate::serial::outside::{self, ListError, Refusals};
use crate::station::StationError;
use crate::station::counter::{Counter, CounterError, Customer};
use crate::tui::client::{Client, ClientError};
use crate::wire::{OperatorCommand, Right};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

/// Longest name of a source that goes on record, in characters.
const SOURCE_LEN_MAX: usize = 200;

/// Reads the lists of a file.
pub(super) fn open_list(file: &Path, gtin: Option<Gtin>) -> Result<Vec<NumberList>, Failure> {
    let opened = input::open(file).map_err(|why| {
        let text = format!(
            "The list {} cannot be opened ({why}). Check its path.",
            file.display()
        );
        Failure::new(Exit::Usage, text)
    })?;
    let read = read_list(&mut BufReader::new(opened), gtin);
    read.map_err(|error| match error {
        ListError::Io(why) => {
            let text = format!("The list {} cannot be read ({why}).", file.display());
            Failure::new(Exit::Usage, text)
        }
        ListError::Refused(refusals) => refused(&refusals, "taken in"),
    })
}

fn read_list(from: &mut dyn BufRead, gtin: Option<Gtin>) -> Result<Vec<NumberList>, ListError> {
    match events::is_document(from).map_err(ListError::Io)? {
        true => events::numbers(from, gtin),
        false => outside::read(from, gtin),
    }
}

/// The refusal of a list: the first reasons, how many there are, and that nothing was done.
pub(super) fn refused(refusals: &Refusals, done: &str) -> Failure {
    let rows = match refusals.count() {
        1 => "1 row of the list is refused".to_owned(),
        count => format!("{count} rows of the list are refused"),
    };
    let text = format!(
        "{rows}; nothing of it was {done}. Put it right and give all of it again.\n{refusals}"
    );
    Failure::new(Exit::SomeRefused, text.trim_end())
}

/// The name of a file, as it goes on record.
pub(in crate::cli) fn source_of(file: &Path) -> String {
    if file == Path::new(STANDARD_INPUT) {
        return "standard input".to_owned();
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(SOURCE_LEN_MAX).collect()
}

/// Who gives the order to a station that is not running.
pub(super) fn customer(who: &WhoArgs, config: &Config, right: Right) -> Result<Customer, Failure> {
    Ok(Customer {
        by: who.name(),
        proof: who.proof_for(config.people.sign_in, right)?,
        reason: who.reason.clone(),
    })
}

/// Gives an order to the station of this file: to the running one over its socket, otherwise at its counter.
pub(super) fn order(
    who: &WhoArgs,
    config: &Config,
    command: OperatorCommand,
) -> Result<(), Failure> {
    if let Some(mut client) = running(config)? {
        return who.order(&mut client, command).map(drop);
    }
    let mut counter = Counter::open(
        config,
        customer(who, config, Right::Numbers)?,
        Right::Numbers,
    )
    .map_err(failure)?;
    let done = counter.order(&command);
    let closed = counter.close();
    done.and(closed).map_err(failure)
}

/// The station of this file, if it is running.
pub(in crate::cli) fn running(config: &Config) -> Result<Option<Client>, Failure> {
    match Client::connect(&config.station.socket) {
        Ok(client) => Ok(Some(client)),
        Err(ClientError::NoStation { why, .. })
            if matches!(
                why.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(device(error)),
    }
}

/// The failure of an order at the counter.
pub(in crate::cli) fn failure(error: CounterError) -> Failure {
    match error {
        CounterError::Station(StationError::Store(crate::store::StoreError::InUse {
            dir, ..
        })) => Failure::new(
            Exit::Store,
            format!(
                "The station of {} is running. End it, and give the list then: it is taken in while nothing else is \
                 written.",
                dir.display()
            ),
        ),
        CounterError::Station(error) => Failure::new(Exit::Store, error),
        CounterError::Numbers(refusals) => refused(&refusals, "taken back"),
        other => Failure::new(Exit::SomeRefused, other),
    }
}

/// A wall clock for people.
pub(in crate::cli) fn utc(utc_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(utc_ms) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "an unknown day".to_owned(),
    }
}
