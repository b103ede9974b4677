//! `vidimus alarm`: acknowledge an alarm at a running station, put one aside for a time, put it back; list those that
//! came and went.

use super::archive::WhichArchive;
use super::exit::{Ended, Exit, Failure};
use super::who::WhoArgs;
use super::{message, print_json, print_text};
use crate::trace::{PastAlarm, clock_in_words, last_alarms, plural};
use crate::wire::{OperatorCommand, SHELVE_MINUTES_MAX};

/// Arguments of `alarm`.
#[derive(Debug, Clone, clap::Args)]
pub struct AlarmArgs {
    #[command(subcommand)]
    action: AlarmAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum AlarmAction {
    /// You have seen it; it goes from the list when it is over, too
    Ack(OfArgs),
    /// Put it at the end of the list for a time, whatever comes of it; the line does not change. Needs --reason
    Shelve(ShelveArgs),
    /// Put a shelved one back into its place
    Unshelve(OfArgs),
    /// The last alarms on record, newest last: when raised, when over, who acknowledged them
    History(HistoryArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct HistoryArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// Prints one JSON object an alarm: alarm, point, detail, raised_utc_ms, over_utc_ms, acknowledged_by, shelved
    #[arg(long)]
    json: bool,
}

/// How many alarms are listed.
const LISTED: usize = 50;

#[derive(Debug, Clone, clap::Args)]
struct OfArgs {
    /// The alarm's code, as status and docs/alarms.md name it; of several lanes all
    #[arg(value_name = "CODE")]
    alarm: String,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct ShelveArgs {
    #[command(flatten)]
    of: OfArgs,
    /// For how many minutes; then it comes back by itself
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=i64::from(SHELVE_MINUTES_MAX))
    )]
    minutes: u16,
}

/// Does it and waits until it is on disk.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step; or the store cannot be read.
pub fn run(args: &AlarmArgs) -> Ended {
    match &args.action {
        AlarmAction::Ack(of) => {
            let alarm = of.alarm.clone();
            order(of, OperatorCommand::Acknowledge { alarm }, "acknowledged")
        }
        AlarmAction::History(args) => history(args),
        AlarmAction::Shelve(ShelveArgs { of, minutes }) => {
            let (alarm, minutes) = (of.alarm.clone(), *minutes);
            let unit = plural(minutes.into(), "minute");
            let done = format!("shelved for {minutes} {unit}");
            order(of, OperatorCommand::Shelve { alarm, minutes }, &done)
        }
        AlarmAction::Unshelve(of) => {
            let alarm = of.alarm.clone();
            order(
                of,
                OperatorCommand::Unshelve { alarm },
                "in its place again",
            )
        }
    }
}

fn order(of: &OfArgs, command: OperatorCommand, done: &str) -> Ended {
    of.who.order(&mut of.who.connect()?, command)?;
    message(&format!("The alarm {} is {done}.", of.alarm));
    Ok(Exit::Ok)
}

fn history(args: &HistoryArgs) -> Ended {
    let archive = args.which.open()?;
    let told = last_alarms(&archive.reader, u64::MAX);
    let told = told.map_err(|error| Failure::new(Exit::Store, error))?;
    let last = &told[told.len().saturating_sub(LISTED)..];
    for one in last {
        match args.json {
            true => print_json(&serde_json::json!(one))?,
            false => print_text([line(one)], 4)?,
        }
    }
    if last.is_empty() {
        message("No alarm is on record lately.");
    }
    Ok(Exit::Ok)
}

fn line(one: &PastAlarm) -> String {
    let raised = clock_in_words(one.raised_utc_ms);
    let over = match one.over_utc_ms {
        Some(at) => format!("over {}", clock_in_words(at)),
        None => "stands".to_owned(),
    };
    let seen = match &one.acknowledged_by {
        Some(by) => format!("acknowledged by {by}"),
        None => "not acknowledged".to_owned(),
    };
    let detail = match one.detail.as_str() {
        "" => String::new(),
        detail => format!(": {detail}"),
    };
    let aside = match &one.shelved {
        Some(shelved) => {
            let until = clock_in_words(shelved.until_utc_ms);
            let (by, reason) = (&shelved.by, &shelved.reason);
            format!("; shelved until {until} by {by}: {reason}")
        }
        None => String::new(),
    };
    format!("{raised}  {}{detail}; {over}; {seen}{aside}", one.alarm)
}
