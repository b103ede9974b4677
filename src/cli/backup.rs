//! `vidimus backup`: a folder with everything a station needs to go on elsewhere, while it runs. `restore.rs` reads it.

use super::exit::{Ended, Exit, Failure};
use super::output::NewFolder;
use super::{message, print_json, print_line, station_file};
use crate::config::Config;
use crate::store::{self, OpenOptions, Reader, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions as FileOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Arguments of `backup`.
#[derive(Debug, Clone, clap::Args)]
pub struct BackupArgs {
    /// The station file; its station may be running
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// Folder of backups, on another disk: each becomes a folder in it, STATION-TIME
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Leaves the serial key out: it must then be kept elsewhere, without it nothing can be restored
    #[arg(long)]
    pub without_key: bool,
    /// Prints one JSON object: backup, records, packs, batches, head, bytes
    #[arg(long)]
    pub json: bool,
}

/// What a backup says of itself.
pub const MANIFEST: &str = "backup.json";
/// The station file in it.
pub const STATION_FILE: &str = "station.toml";
/// The serial key in it.
pub const KEY_FILE: &str = "serial.key";
/// The taught letters in it.
pub const LETTERS_FILE: &str = "glyphs.json";
/// The station's name, beside its store.
pub const OWNER_FILE: &str = "vidimus.station";
/// Most bytes of a manifest that are read.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form, 1.
    pub v: u32,
    /// Whose it is.
    pub station: String,
    /// Version of the program that made it.
    pub version: String,
    /// When, ms since 1970.
    pub utc_ms: i64,
    /// The last record in it.
    pub records: u64,
    /// The head of the chain, in hexadecimal.
    pub head: String,
    /// Packs in it.
    pub packs: u64,
    /// Batches in it.
    pub batches: u64,
    /// Its other files by name.
    pub files: BTreeMap<String, FileSum>,
}

/// What tells a file from another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSum {
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Makes a backup.
///
/// # Errors
/// The station file has mistakes, the store cannot be read or its chain is broken, or the backup cannot be written.
pub fn run(args: &BackupArgs) -> Ended {
    let text = station_file::text_of(&args.config)?;
    let config = station_file::parse(&args.config, &text)?;
    let now = Timestamp::now();
    let name = &config.station.name;
    let place = args
        .to
        .join(format!("{name}-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    make_folder(&args.to)?;
    let making = NewFolder::open("The backup", &place)?;
    // The key is in it.
    let own = fs::set_permissions(making.path(), Permissions::from_mode(0o700));
    own.map_err(|why| making.unwritten("", &why))?;
    let manifest = fill(
        &making,
        &config,
        (&text, now.as_millisecond()),
        !args.without_key,
    )?;
    making.put()?;
    sync_folder(&args.to).map_err(|why| super::output::unwritten("The backup", &place, &why))?;
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    if args.json {
        print_json(&json!({
            "v": 1,
            "backup": place,
            "records": manifest.records,
            "packs": manifest.packs,
            "batches": manifest.batches,
            "head": manifest.head,
            "bytes": bytes,
        }))?;
        return Ok(Exit::Ok);
    }
    print_line(&place.display().to_string())?;
    message(&format!(
        "{} records, {} packs, {} batches, {} MB; the chain is whole. Try it out: vidimus restore --drill -c {} \
         --from {}",
        manifest.records,
        manifest.packs,
        manifest.batches,
        bytes.div_ceil(1_000_000),
        args.config.display(),
        args.to.display()
    ));
    message(match args.without_key {
        true => {
            "The serial key is not in it: keep it elsewhere. The pictures of rejects are not in it: copy their folder."
        }
        false => {
            "The serial key is in it: whoever reads it can work out numbers. The pictures of rejects are not in it: \
             copy their folder, no file in it ever changes."
        }
    });
    Ok(Exit::Ok)
}

fn fill(
    making: &NewFolder,
    config: &Config,
    (text, utc_ms): (&str, i64),
    with_key: bool,
) -> Result<Manifest, Failure> {
    let dir = making.path();
    let data_dir = &config.station.data_dir;
    let running = Reader::open(data_dir, &OpenOptions::default()).map_err(of_store)?;
    running.copy_into(dir).map_err(of_store)?;
    let copy = Reader::open(dir, &OpenOptions::default()).map_err(of_store)?;
    let chain = copy.chain_check().map_err(of_store)?;
    let counts = copy.counts().map_err(of_store)?;
    drop(copy);
    let failed = |file: &str| {
        let file = file.to_owned();
        move |why: io::Error| making.unwritten(&file, &why)
    };
    write_new(&dir.join(STATION_FILE), text.as_bytes()).map_err(failed(STATION_FILE))?;
    let key = with_key.then_some((KEY_FILE, config.serial.key_file.clone()));
    let beside = [
        (LETTERS_FILE, config.inspection.glyph_file.clone()),
        (OWNER_FILE, data_dir.join(OWNER_FILE)),
    ];
    let mut names = vec![STATION_FILE];
    for (name, from) in key.into_iter().chain(beside) {
        match fs::read(&from) {
            Ok(bytes) => {
                write_new(&dir.join(name), &bytes).map_err(failed(name))?;
                names.push(name);
            }
            Err(error) if error.kind() == ErrorKind::NotFound && name != KEY_FILE => {}
            Err(error) => {
                let text = format!("{} cannot be read: {error}.", from.display());
                return Err(Failure::new(Exit::Store, text));
            }
        }
    }
    let database = store::database(dir);
    let mut files = BTreeMap::new();
    for file in names
        .into_iter()
        .map(|name| dir.join(name))
        .chain([database])
    {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let sum = sum_of(&file, &mut io::sink()).map_err(failed(&name))?;
        files.insert(name, sum);
    }
    let manifest = Manifest {
        v: 1,
        station: config.station.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        utc_ms,
        records: chain.last_seq,
        head: hex(&chain.head),
        packs: counts.packs,
        batches: counts.batches,
        files,
    };
    let text = format!("{:#}\n", json!(manifest));
    write_new(&dir.join(MANIFEST), text.as_bytes()).map_err(failed(MANIFEST))?;
    sync_folder(dir).map_err(failed(""))?;
    Ok(manifest)
}

/// What a folder says of itself, if it is a backup.
///
/// # Errors
/// There is a manifest, and it cannot be understood; a sentence.
pub fn manifest_in(dir: &Path) -> Result<Option<Manifest>, String> {
    let path = dir.join(MANIFEST);
    let wrong = |why: &dyn std::fmt::Display| {
        format!("{} is no manifest of a backup ({why}).", path.display())
    };
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(file) => {
            let read = file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes);
            read.map_err(|error| wrong(&error))?;
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(wrong(&error)),
    }
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
    let plain = |name: &String| {
        Path::new(name)
            .file_name()
            .is_some_and(|own| own == name.as_str())
    };
    match manifest.files.keys().find(|name| !plain(name)) {
        _ if manifest.v != 1 => Err(wrong(&"it is of a newer version")),
        Some(name) => Err(wrong(&format!("{name:?} is no name of a file"))),
        None => Ok(Some(manifest)),
    }
}

/// Copies a file to `to`; what it is.
pub fn sum_of(file: &Path, to: &mut dyn Write) -> io::Result<FileSum> {
    let mut from = File::open(file)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        hash.update(&chunk[..count]);
        to.write_all(&chunk[..count])?;
        bytes += count as u64;
    }
    Ok(FileSum {
        bytes,
        sha256: hex(&hash.finalize().into()),
    })
}

/// A new file that only this user reads.
pub fn new_file(path: &Path) -> io::Result<File> {
    FileOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = new_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn make_folder(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir)
        .map_err(|why| super::output::unwritten("The folder of backups", dir, &why))
}

/// Names in this folder are on the disk from here on.
pub fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

/// A broken chain ends with 13, everything else with 12.
pub fn of_store(error: StoreError) -> Failure {
    let exit = match &error {
        StoreError::Damaged { .. } | StoreError::Contradiction { .. } => Exit::AuditChain,
        _ => Exit::Store,
    };
    Failure::new(exit, error)
}
