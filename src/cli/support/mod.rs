//! `vidimus support`: one file for whoever helps from afar, with everything that shows how a station is and nothing
//! that opens anything: no key, no secret, no session, no number of a pack.

mod secrets;

use super::exit::{Ended, Exit, Failure};
use super::output::{Before, Output};
use super::{doctor, message, station_file};
use crate::config::{self, Config};
use crate::record::Fact;
use crate::station::log_file;
use crate::store::{OpenOptions, Reader, StoreError};
use crate::tui::client::Client;
use crate::wire::VERSION;
use secrets::{LEFT_OUT, Secrets};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Arguments of `support`.
#[derive(Debug, Clone, clap::Args)]
pub struct SupportArgs {
    /// The station file
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Where the bundle goes, a ZIP archive
    #[arg(short, long, value_name = "FILE.zip")]
    pub output: PathBuf,
    /// The end of this file goes along instead of the station's own log, such as what a journal wrote out
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Leaves out what `vidimus doctor` says
    #[arg(long)]
    pub no_doctor: bool,
}

/// How many of the last records that are of no pack are looked through for alarms.
const RECORDS: u32 = 2_000;
/// So much of the end of a log goes along, in bytes.
const LOG_LEN_MAX: u64 = 512 * 1024;
/// Most bytes of a file in which secrets stand.
const SECRET_LEN_MAX: u64 = 64 * 1024;

/// Makes the bundle.
///
/// # Errors
/// The station file cannot be read, or the bundle cannot be written. What else cannot be had is named in the bundle.
pub fn run(args: &SupportArgs) -> Ended {
    let text = station_file::text_of(&args.config)?;
    let out = Output::open("The bundle", &args.output, Before::Replaced)?;
    let named = args.config.display().to_string();
    let config = config::parse(&named, &text).ok();
    let mut secrets = Secrets::default();
    let clean = secrets::station_file(&text, &mut secrets);
    let seen = see_secrets(&text, &mut secrets);
    let mut files = vec![
        ("versions.json", versions()),
        (
            "station.toml",
            clean.unwrap_or_else(|| "It is no TOML; nothing of it is shown.\n".to_owned()),
        ),
    ];
    match &config {
        Some(config) => {
            files.push(("view.json", view(config)));
            files.push(("alarms.txt", alarms(config)));
            if !args.no_doctor {
                files.push(("doctor.txt", doctor::said(&named, config)));
            }
        }
        None => files.push((
            "check.txt",
            "The station file has mistakes; vidimus check names them.\n".to_owned(),
        )),
    }
    match &args.log {
        Some(log) if seen => files.push(("log.txt", end_of(log)?)),
        Some(_) => files.push((
            "log.txt",
            "Left out: without a station file nobody knows what is a secret in it.\n".to_owned(),
        )),
        None => files.extend(config.as_ref().map(own_logs).into_iter().flatten()),
    }
    files.insert(0, ("README.txt", contents(&files)));
    let files: Vec<(&str, String)> = files
        .into_iter()
        .map(|(name, text)| (name, secrets.taken_out(&text)))
        .collect();
    let bytes = bundle(&files).map_err(|why| {
        let text = format!("The bundle cannot be put together ({why}).");
        Failure::new(Exit::Store, text)
    })?;
    let is_file = !out.is_stdout();
    out.write(|out| out.write_all(&bytes))?;
    if is_file {
        message(&format!(
            "The bundle lies in {}. Look into it before it is given away: it names products, lots and devices.",
            args.output.display()
        ));
    }
    Ok(Exit::Ok)
}

/// What stands in the files that the station file names, whatever mistakes it has. `false` where it is no TOML.
fn see_secrets(text: &str, secrets: &mut Secrets) -> bool {
    let Ok(file) = text.parse::<toml::Table>() else {
        return false;
    };
    let named = |section: &str, key: &str| file.get(section)?.get(key)?.as_str();
    let folder = Path::new(named("station", "data_dir").unwrap_or_default());
    let of = |section, key, usual| start_of(&folder.join(named(section, key).unwrap_or(usual)));
    if let Some(key) = of("serial", "key_file", "serial.key") {
        secrets.add_key_file(&key);
    }
    if let Some(headers) = of("epcis", "header_file", "none") {
        secrets.add_headers(&headers);
    }
    true
}

/// The beginning of a file; `None` where it cannot be read.
fn start_of(file: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(file).ok()?;
    file.take(SECRET_LEN_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn versions() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let versions = json!({
        "v": 1,
        "vidimus": env!("CARGO_PKG_VERSION"),
        "debug": cfg!(debug_assertions),
        "socket_version": VERSION,
        "system": pretty.unwrap_or("unknown").trim_matches('"'),
        "kernel": kernel.trim(),
        "machine": std::env::consts::ARCH,
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "utc_ms": crate::station::utc_ms(),
    });
    format!("{versions:#}\n")
}

fn view(config: &Config) -> String {
    let asked = Client::connect(&config.station.socket).and_then(|mut client| client.view());
    let shown = match asked {
        Ok(mut view) => {
            // What was read on a pack and the units that lie unread name numbers.
            if let Some(last) = &mut view.last_pack {
                last.read = None;
                last.serial = None;
                last.modules = None;
            }
            for unread in &mut view.unread {
                *unread = LEFT_OUT.to_owned();
            }
            for step in &mut view.flow {
                step.serial_tail = None;
            }
            json!({ "v": 1, "ok": true, "view": view })
        }
        Err(error) => json!({ "v": 1, "ok": false, "error": error.to_string() }),
    };
    format!("{shown:#}\n")
}

/// The last alarms on record, oldest first.
fn alarms(config: &Config) -> String {
    let read = || -> Result<String, StoreError> {
        let reader = Reader::open(&config.station.data_dir, &OpenOptions::default())?;
        let mut text = String::new();
        for stored in reader.last_station_records(RECORDS)? {
            let said = match &stored.record.fact {
                Fact::AlarmRaised { alarm, detail } => format!("raised {alarm}: {detail}"),
                Fact::AlarmCleared { alarm } => format!("over {alarm}"),
                _ => continue,
            };
            let at = jiff::Timestamp::from_millisecond(stored.utc_ms);
            let at = at.map_or_else(|_| stored.utc_ms.to_string(), |at| at.to_string());
            let _ = writeln!(text, "{at} #{} {said}", stored.record.seq); // a String takes everything
        }
        Ok(text)
    };
    match read() {
        Ok(text) if text.is_empty() => "None on record lately.\n".to_owned(),
        Ok(text) => text,
        Err(why) => format!("The store cannot be read: {why}\n"),
    }
}

/// The ends of the station's own log and of the one before it, as far as there are such.
fn own_logs(config: &Config) -> Vec<(&'static str, String)> {
    let Some(folder) = &config.log.folder else {
        return Vec::new();
    };
    let last = log_file::path_in(folder, &config.station.name);
    let before = log_file::older(&last, 1);
    let mut files = Vec::new();
    if before.exists() {
        files.push(("log-before.txt", end_of(&before)));
    }
    files.push(("log.txt", end_of(&last)));
    let text = |end: Result<String, Failure>| end.unwrap_or_else(|why| format!("{why}\n"));
    files
        .into_iter()
        .map(|(name, end)| (name, text(end)))
        .collect()
}

/// The end of a log, from the beginning of a line.
fn end_of(file: &Path) -> Result<String, Failure> {
    let read = || -> std::io::Result<(Vec<u8>, bool)> {
        let mut log = std::fs::File::open(file)?;
        let len = log.metadata()?.len();
        let from = len.saturating_sub(LOG_LEN_MAX);
        log.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        log.take(LOG_LEN_MAX).read_to_end(&mut bytes)?;
        Ok((bytes, from > 0))
    };
    let (bytes, cut) = read().map_err(|why| {
        let text = format!("The log {} cannot be read ({why}).", file.display());
        Failure::new(Exit::SomeRefused, text)
    })?;
    let text = String::from_utf8_lossy(&bytes);
    // The secret of a line that was cut off might be all that is left of it, and the line before might say that the
    // first one is a secret.
    let whole = match cut {
        true => text.splitn(3, '\n').nth(2).unwrap_or_default(),
        false => &text,
    };
    Ok(secrets::log(whole))
}

fn contents(files: &[(&str, String)]) -> String {
    let mut text = format!(
        "Support bundle of vidimus {}.\n\nLeft out: keys, secrets, headers, names and passwords in addresses, comments \
         and unknown keys of the station file, numbers of packs, pictures, the store. \"{LEFT_OUT}\" stands in their \
         place.\n\n",
        env!("CARGO_PKG_VERSION")
    );
    for (name, _) in files {
        let what = match *name {
            "versions.json" => "program, system, machine",
            "station.toml" => "the station file",
            "view.json" => "what a screen shows now",
            "alarms.txt" => "the last alarms on record",
            "doctor.txt" => "what vidimus doctor says now",
            "log.txt" => "the end of a log",
            "log-before.txt" => "the end of the log before that",
            _ => "why the rest is missing",
        };
        let _ = writeln!(text, "{name:<14} {what}"); // a String takes everything
    }
    text
}

fn bundle(files: &[(&str, String)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o600);
    for (name, text) in files {
        archive.start_file(*name, options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
