//! `vidimus plc watch FILE`: what a PLC says now, by name: once, as JSON, or again and again in a terminal.

use crate::cli::doctor::finding::{self, Finding, State};
use crate::cli::doctor::plc::{BEATS_WAIT, Looking, Seen, judge, open, watch};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{COLUMNS, output, print_json, print_line, station_file, visible};
use crate::config::Plc;
use crate::tui::words::hanging;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use vidimus_drivers::plc::look::PlcLookEvent;
use vidimus_drivers::plc::map::{CommandStatus, FAULT_BITS, Map};
use vidimus_drivers::plc::{PlcHeader, look};

/// How long a first answer is waited for.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long silence lasts before it is told.
const SILENT_WAIT: Duration = Duration::from_millis(10 * look::LOOK_MS);
/// Columns of a value and its name; two stand beside each other.
const VALUE_COLUMNS: usize = COLUMNS / 2;
/// Columns of a name.
const NAME_COLUMNS: usize = 18;

/// PackML states by their numbers in ISA-TR88.00.02.
const STATES: [&str; 18] = [
    "Undefined",
    "Clearing",
    "Stopped",
    "Starting",
    "Idle",
    "Suspended",
    "Execute",
    "Stopping",
    "Aborting",
    "Aborted",
    "Holding",
    "Held",
    "Unholding",
    "Suspending",
    "Unsuspending",
    "Resetting",
    "Completing",
    "Complete",
];
/// PackML modes by their numbers.
const MODES: [&str; 4] = ["none", "Production", "Maintenance", "Manual"];

/// Arguments of `plc watch`.
#[derive(Debug, Clone, clap::Args)]
pub struct WatchArgs {
    /// Station file that names the PLC
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which PLC of the file, where there are several
    #[arg(long, value_name = "NAME")]
    plc: Option<String>,
    /// Looks once and ends, as it does where standard output is no terminal
    #[arg(long)]
    once: bool,
    /// Looks once and prints one JSON object: v, ok, plc, address, map, values, faults, findings
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// The station file has mistakes or no such PLC, or the PLC does not answer as one of the contract.
pub fn run(args: &WatchArgs) -> Ended {
    let config = station_file::load(&args.file)?;
    let plc = which(&args.file, &config.plcs, args.plc.as_deref())?;
    let until = Instant::now() + FIRST_WAIT;
    let (looking, seen) = match open(plc, until) {
        Ok(looking) => {
            let mut seen = watch(&looking.events, until);
            // A station that works with its own PLC is what is looked at here.
            seen.station_beats = 0;
            (looking, seen)
        }
        Err(findings) => return failed(args, plc, &findings),
    };
    let findings = troubles(plc, &looking.map, &seen);
    let Some(header) = &seen.header else {
        return failed(args, plc, &findings);
    };
    if args.json {
        print_json(&json(plc, &looking.map, header, &findings))?;
        return Ok(Exit::Ok);
    }
    if args.once || !io::stdout().is_terminal() {
        let lines = values(plc, &looking.map, header).into_iter();
        let lines = lines.chain(finding::lines(&findings));
        for line in lines {
            print_line(&line)?;
        }
        return Ok(Exit::Ok);
    }
    live(plc, &looking, seen)
}

fn which<'a>(file: &Path, plcs: &'a [Plc], name: Option<&str>) -> Result<&'a Plc, Failure> {
    let names: Vec<&str> = plcs.iter().map(|plc| plc.name.as_str()).collect();
    let (file, names) = (file.display(), names.join(", "));
    let usage = |text: String| Failure::new(Exit::Usage, text);
    match (name, plcs) {
        (Some(name), plcs) => plcs
            .iter()
            .find(|plc| plc.name == name)
            .ok_or_else(|| usage(format!("{file} has no PLC {name}; it has {names}."))),
        (None, [plc]) => Ok(plc),
        (None, _) => Err(usage(format!(
            "{file} has several PLCs: {names}. Say which one: --plc NAME."
        ))),
    }
}

/// What is not in order, as the doctor says it.
fn troubles(plc: &Plc, map: &Map, seen: &Seen) -> Vec<Finding> {
    let mut findings = judge(plc, map, seen);
    findings.retain(|one| one.state != State::Ok);
    findings
}

/// No header can be had.
fn failed(args: &WatchArgs, plc: &Plc, findings: &[Finding]) -> Ended {
    if !args.json {
        return Err(Failure::new(
            Exit::Device,
            finding::lines(findings).join("\n"),
        ));
    }
    let told = finding::json("", findings);
    print_json(&json!({
        "v": 1, "ok": false, "plc": plc.name, "address": plc.address, "findings": told["findings"],
    }))?;
    Ok(Exit::Device)
}

/// Every signal of the map that the header has, by its name.
fn named(map: &Map, header: &PlcHeader) -> Vec<(&'static str, u32)> {
    let short = |word: u16| Some(u32::from(word));
    let value = |name: &str| match name {
        "PLC_BOOT" => short(header.boot),
        "HEARTBEAT" => short(header.heartbeat),
        "STATE" => short(header.state),
        "MODE" => short(header.mode),
        "RATE" => short(header.rate),
        "ENCODER" => Some(header.encoder),
        "ENTERED" => Some(header.entered),
        "EVENTS" => Some(header.events),
        "DECIDED" => Some(header.decided),
        "PASSED" => Some(header.passed),
        "REJECTED" => Some(header.rejected),
        "DEFAULTED" => Some(header.defaulted),
        "UNCONFIRMED" => Some(header.unconfirmed),
        "REMOVED" => Some(header.removed),
        "CMD_ACK_SEQ" => short(header.ack_seq),
        "CMD_STATUS" => short(header.ack_status),
        "ECHO_HEARTBEAT" => short(header.echo_heartbeat),
        "ECHO_STATION_BOOT" => short(header.echo_station_boot),
        "VERDICT_DEPTH" => short(header.verdict_depth),
        "EVENT_DEPTH" => short(header.event_depth),
        "GATE_DEPTH" => short(header.gate_depth),
        "MAX_IN_FLIGHT" => short(header.max_in_flight),
        // The header is only there where they are right; faults are told bit by bit.
        _ => None,
    };
    let signals = map.plc_signals();
    let values = signals.iter().map(|one| (one.name, value(one.name)));
    values
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// A number with its name in the standard, where it has one.
fn worded(name: &str, value: u32) -> String {
    let at = usize::try_from(value).unwrap_or(usize::MAX);
    let word = match name {
        "STATE" => STATES.get(at).copied(),
        "MODE" => MODES.get(at).copied(),
        "CMD_STATUS" => u16::try_from(value)
            .ok()
            .and_then(CommandStatus::from_code)
            .map(CommandStatus::name),
        "RATE" => Some("packs/min"),
        _ => None,
    };
    word.map_or(value.to_string(), |word| format!("{value} {word}"))
}

/// The faults that stand, by name and as a sentence.
fn faults(header: &PlcHeader) -> Vec<(String, &'static str)> {
    let set = (0..32).filter(|bit| header.faults >> bit & 1 == 1);
    set.map(|bit| match FAULT_BITS.get(bit) {
        Some((name, text)) => ((*name).to_owned(), *text),
        None => (
            "unnamed".to_owned(),
            "A bit of FAULTS is set that has no name.",
        ),
    })
    .collect()
}

/// The header as lines of at most [`COLUMNS`] columns.
fn values(plc: &Plc, map: &Map, header: &PlcHeader) -> Vec<String> {
    let map_name = plc.map.as_deref().unwrap_or("contract 1.0");
    let mut lines = vec![format!("{}  {}  {map_name}", plc.name, plc.address)];
    let named = named(map, header);
    let cells = named.iter();
    let cells: Vec<String> = cells
        .map(|(name, value)| format!("{name:<NAME_COLUMNS$}{}", worded(name, *value)))
        .collect();
    let rows = cells.len().div_ceil(2);
    let (left, right) = cells.split_at(rows);
    for (at, cell) in left.iter().enumerate() {
        let beside = right.get(at).map_or("", String::as_str);
        let line = format!("{cell:<VALUE_COLUMNS$}{beside}");
        lines.push(line.trim_end().to_owned());
    }
    let standing = faults(header);
    if standing.is_empty() {
        lines.push(format!("{:<NAME_COLUMNS$}none", "FAULTS"));
    }
    for (at, (name, text)) in standing.iter().enumerate() {
        let head = if at == 0 { "FAULTS" } else { "" };
        lines.push(format!("{head:<NAME_COLUMNS$}{name}: {text}"));
    }
    let wrapped = lines.iter();
    let wrapped = wrapped.flat_map(|line| hanging(line, NAME_COLUMNS, COLUMNS));
    wrapped.collect()
}

fn json(plc: &Plc, map: &Map, header: &PlcHeader, findings: &[Finding]) -> Value {
    let named = named(map, header);
    let values: serde_json::Map<String, Value> = named
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let faults: Vec<String> = faults(header).into_iter().map(|(name, _)| name).collect();
    let told = finding::json("", findings);
    json!({
        "v": 1,
        "ok": true,
        "plc": plc.name,
        "address": plc.address,
        "map": plc.map.as_deref().unwrap_or("none"),
        "values": values,
        "faults": faults,
        "findings": told["findings"],
    })
}

/// Draws it in place until somebody presses Ctrl-C.
fn live(plc: &Plc, looking: &Looking, mut seen: Seen) -> Ended {
    let asked = Arc::new(AtomicBool::new(false));
    let kept = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&asked));
    kept.map_err(|why| Failure::new(Exit::Device, format!("Ctrl-C cannot be heard: {why}.")))?;
    let mut moved = Instant::now();
    let mut drawn = 0;
    while !asked.load(Ordering::SeqCst) {
        match looking.events.recv_timeout(SILENT_WAIT) {
            Ok(PlcLookEvent::Header(header)) => {
                let before = seen.header.replace(header);
                if before.is_none_or(|before| before.heartbeat != header.heartbeat) {
                    moved = Instant::now();
                }
            }
            Ok(PlcLookEvent::Fault(fault)) => {
                seen.header = None;
                seen.fault = Some(fault);
            }
            Err(RecvTimeoutError::Timeout) => seen.header = None,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        seen.beats = u32::from(moved.elapsed() < BEATS_WAIT);
        let mut lines = match &seen.header {
            Some(header) => values(plc, &looking.map, header),
            None => vec![format!("{}  {}", plc.name, plc.address)],
        };
        lines.extend(finding::lines(&troubles(plc, &looking.map, &seen)));
        draw(&lines, &mut drawn)?;
    }
    Ok(Exit::Ok)
}

/// Writes the lines over those that were drawn before, no more than the terminal holds.
fn draw(lines: &[String], drawn: &mut usize) -> Result<(), Failure> {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    let (columns, rows) = match size {
        Ok(size) if size.ws_col > 0 && size.ws_row > 1 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    };
    let mut text = match *drawn {
        0 => String::new(),
        drawn => format!("\x1b[{drawn}A"),
    };
    let most = usize::from(rows) - 1;
    let shown = lines.iter().take(most);
    for line in shown.clone() {
        let cut: String = visible(line).chars().take(columns.into()).collect();
        text.push_str("\r\x1b[2K");
        text.push_str(&cut);
        text.push('\n');
    }
    text.push_str("\x1b[J");
    *drawn = shown.len();
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|why| output::stdout_failed(&why))
}
