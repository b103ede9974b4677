//! `vidimus restore`: a backup put back where the store is lost, or put somewhere else for a drill while the station
//! runs, looked through to the last record, and taken away again.
//!
//! What was recorded after the backup is lost with it. The worst of that would be a number given out a second time, so
//! nothing is put back before the station file begins its range behind everything that may have been given since.

use super::backup::{
    KEY_FILE, LETTERS_FILE, MANIFEST, Manifest, OWNER_FILE, STATION_FILE, hex, manifest_in,
    new_file, of_store, sum_of, sync_folder,
};
use super::exit::{Ended, Exit, Failure};
use super::output::unwritten;
use super::run::failure;
use super::{message, print_json, print_text, station_file};
use crate::config::{self, Config};
use crate::record::Restored;
use crate::station::{key, owner, utc_ms};
use crate::store::{self, Counts, OpenOptions, Reader, StoreError};
use crate::trace::{clock_in_words, counted};
use serde_json::json;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tempfile::TempDir;

/// Arguments of `restore`.
#[derive(Debug, Clone, clap::Args)]
pub struct RestoreArgs {
    /// The station file; with --drill its station may be running
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// A backup, or a folder of backups: then the newest one of this station
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Restores into a folder for the time being, looks through all of it, and says what would be lost
    #[arg(long)]
    pub drill: bool,
    /// Folder on a disk with room for the drill; otherwise that of temporary files
    #[arg(long, value_name = "DIR", requires = "drill")]
    pub room: Option<PathBuf>,
    /// Prints one JSON object: backup, utc_ms, seconds, records, packs, batches, head, lost (records, packs, batches;
    /// null where the station's own store is not there), range_first
    #[arg(long)]
    pub json: bool,
}

/// A backup, where it lies.
struct Backup {
    dir: PathBuf,
    manifest: Manifest,
}

/// What was found in it.
struct Found {
    counts: Counts,
    restored: Restored,
}

/// What was recorded after it.
struct Lost {
    records: u64,
    packs: u64,
    batches: u64,
}

fn refused(text: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Store, text)
}

/// Runs the command.
///
/// # Errors
/// There is no backup, it is not whole, it does not belong to this station, or it cannot be put anywhere.
pub fn run(args: &RestoreArgs) -> Ended {
    let config = station_file::load(&args.config)?;
    let backup = Backup::named(&args.from, &config)?;
    match args.drill {
        true => drill(args, &config, &backup),
        false => put_back(args, &config, &backup),
    }
}

impl Backup {
    /// The one that is meant.
    fn named(from: &Path, config: &Config) -> Result<Backup, Failure> {
        if let Some(manifest) = manifest_in(from).map_err(refused)? {
            let dir = from.to_owned();
            return Ok(Backup { dir, manifest });
        }
        let name = &config.station.name;
        let entries = fs::read_dir(from).map_err(|why| {
            let text = format!(
                "The folder of backups {} cannot be read: {why}.",
                from.display()
            );
            refused(text)
        })?;
        let mut newest: Option<Backup> = None;
        for dir in entries.flatten().map(|entry| entry.path()) {
            match manifest_in(&dir) {
                Ok(Some(manifest)) if manifest.station == *name => {
                    let newer = |found: &Backup| found.manifest.utc_ms < manifest.utc_ms;
                    if newest.as_ref().is_none_or(newer) {
                        newest = Some(Backup { dir, manifest });
                    }
                }
                Ok(_) => {}
                Err(why) => message(&why),
            }
        }
        newest.ok_or_else(|| {
            let text = format!(
                "There is no backup of station \"{name}\" in {}: vidimus backup makes one.",
                from.display()
            );
            Failure::new(Exit::SomeRefused, text)
        })
    }

    /// Copies everything into a folder that goes away with what is returned; each file is the one that was backed up.
    fn stage(&self, room: &Path, leave_bytes: u64) -> Result<TempDir, Failure> {
        let bytes: u64 = self.manifest.files.values().map(|file| file.bytes).sum();
        let free = store::free_bytes(room).map_err(of_store)?;
        if free < bytes.saturating_add(leave_bytes) {
            let mb = |bytes: u64| bytes.div_ceil(1_000_000);
            return Err(refused(format!(
                "{} has {} MB free; the backup takes {} MB, and {} MB must stay free: free room, or name another \
                 folder with --room.",
                room.display(),
                mb(free),
                mb(bytes),
                mb(leave_bytes)
            )));
        }
        let mut builder = tempfile::Builder::new();
        builder
            .prefix("vidimus-restore-")
            .permissions(fs::Permissions::from_mode(0o700));
        let stage = builder.tempdir_in(room);
        let stage = stage.map_err(|why| unwritten("A folder in", room, &why))?;
        for (name, wanted) in &self.manifest.files {
            let (from, to) = (self.dir.join(name), stage.path().join(name));
            let copied = new_file(&to).and_then(|mut file| {
                let sum = sum_of(&from, &mut file)?;
                file.sync_all()?;
                Ok(sum)
            });
            let found = copied.map_err(|why| {
                let text = format!(
                    "{} cannot be copied to {} ({why}).",
                    from.display(),
                    room.display()
                );
                refused(text)
            })?;
            if found != *wanted {
                return Err(Failure::new(
                    Exit::AuditChain,
                    format!(
                        "{} is not what was backed up: it has {} bytes with SHA-256 {}, and {MANIFEST} says {} bytes \
                         with {}. Take an older backup, and look at the disk that it lies on.",
                        from.display(),
                        found.bytes,
                        found.sha256,
                        wanted.bytes,
                        wanted.sha256
                    ),
                ));
            }
        }
        Ok(stage)
    }

    /// Opens what was staged as a start would, and looks through all of it.
    fn examine(&self, stage: &Path, config: &Config) -> Result<Found, Failure> {
        let mut there = config.clone();
        there.station.data_dir = stage.to_owned();
        if self.manifest.files.contains_key(KEY_FILE) {
            there.serial.key_file = stage.join(KEY_FILE);
        }
        owner::check(&there).map_err(failure)?;
        let store = store::open(stage, OpenOptions::default()).map_err(of_store)?;
        let reader = store.reader().map_err(of_store)?;
        let chain = reader.audit().map_err(of_store)?;
        let said = (self.manifest.records, self.manifest.head.as_str());
        if (chain.last_seq, hex(&chain.head).as_str()) != said {
            return Err(Failure::new(
                Exit::AuditChain,
                format!(
                    "The chain in the backup ends at record {} with head {}; {MANIFEST} says record {} with head {}.",
                    chain.last_seq,
                    hex(&chain.head),
                    said.0,
                    said.1
                ),
            ));
        }
        let restored = reader.restore().map_err(of_store)?;
        let counts = reader.counts().map_err(of_store)?;
        let found = key::load(&there).map_err(refused)?;
        let key = found.ok_or_else(|| {
            let path = there.serial.key_file.display();
            refused(format!(
                "There is no serial key, neither in the backup nor at {path}: without it no number can be given out or \
                 recognised. Put it back first."
            ))
        })?;
        key::check(&there, &key, &reader, restored.last_pack).map_err(failure)?;
        drop(reader);
        store.close().map_err(of_store)?;
        Ok(Found { counts, restored })
    }

    /// What the station's own store recorded after the backup; `None` where there is none.
    fn lost(&self, config: &Config, found: &Found) -> Result<Option<Lost>, Failure> {
        let running = match Reader::open(&config.station.data_dir, &OpenOptions::default()) {
            Ok(running) => running,
            Err(StoreError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(of_store(error)),
        };
        let (now, at) = running
            .at_one_state(|running| {
                let mut at = (self.manifest.records == 0).then(|| self.manifest.head.clone());
                running.follow_chain(&mut |commit| {
                    let last = commit.records().last().map(|last| last.seq);
                    if last == i64::try_from(self.manifest.records).ok() {
                        at = Some(hex(&commit.hash));
                    }
                    at.is_none()
                })?;
                Ok((running.counts()?, at))
            })
            .map_err(of_store)?;
        if at.as_ref() != Some(&self.manifest.head) {
            return Err(Failure::new(
                Exit::AuditChain,
                format!(
                    "The store in {} has not the record {} with head {} that the backup ends with: one of both was \
                     changed, or the station works with another store. Keep both for examination.",
                    config.station.data_dir.display(),
                    self.manifest.records,
                    self.manifest.head
                ),
            ));
        }
        Ok(Some(Lost {
            records: now.records.saturating_sub(found.counts.records),
            packs: now.packs.saturating_sub(found.counts.packs),
            batches: now.batches.saturating_sub(found.counts.batches),
        }))
    }

    /// The first counter value that cannot have been given out: behind the last one in the backup by more than the
    /// lanes could have used since at their shortest interval. Blocks that were handed out since are not in it.
    fn range_first(&self, config: &Config, found: &Found, now: i64) -> Result<u64, Failure> {
        let since = u64::try_from(now - self.manifest.utc_ms).map_err(|_| {
            refused(format!(
                "The backup was made at {}, and this machine's clock shows {}: set the clock first.",
                clock_in_words(self.manifest.utc_ms),
                clock_in_words(now)
            ))
        })?;
        let text = fs::read_to_string(self.dir.join(STATION_FILE)).unwrap_or_default();
        let before =
            config::parse(STATION_FILE, &text).map_or(0, |before| before.serial.range_first);
        let taken = found.restored.taken.iter().map(|(_, next)| *next);
        let next = taken.max().unwrap_or(0).max(before);
        let lanes = config.lanes().len().max(1) as u64;
        let packs = since.div_ceil(config.line.shortest_pack_interval_ms) * lanes;
        Ok(next + 2 * packs + 1_000)
    }
}

fn drill(args: &RestoreArgs, config: &Config, backup: &Backup) -> Ended {
    let room = args.room.clone().unwrap_or_else(std::env::temp_dir);
    let begun = Instant::now();
    let stage = backup.stage(&room, config.limits.disk_min_free_mb * 2_000_000)?;
    let found = backup.examine(stage.path(), config)?;
    let seconds = begun.elapsed().as_secs_f64();
    stage
        .close()
        .map_err(|why| unwritten("The drill's folder in", &room, &why))?;
    let lost = backup.lost(config, &found)?;
    let now = utc_ms();
    let first = backup.range_first(config, &found, now)?;
    let manifest = &backup.manifest;
    if args.json {
        let lost = lost.map(
            |lost| json!({ "records": lost.records, "packs": lost.packs, "batches": lost.batches }),
        );
        print_json(&json!({
            "v": 1,
            "backup": backup.dir,
            "utc_ms": manifest.utc_ms,
            "seconds": seconds,
            "records": found.counts.records,
            "packs": found.counts.packs,
            "batches": found.counts.batches,
            "head": manifest.head,
            "lost": lost,
            "range_first": first,
        }))?;
        return Ok(Exit::Ok);
    }
    let age = duration_in_words(now - manifest.utc_ms);
    let mut lines = vec![
        "The backup can be restored.".to_owned(),
        format!("backup   {}", backup.dir.display()),
        format!("made     {}, {age} ago", clock_in_words(manifest.utc_ms)),
        format!("took     {seconds:.1} s to copy and to look through; the copy is gone again"),
        format!("holds    {}", holds(&found.counts)),
        format!("head     {}", manifest.head),
    ];
    lines.push(match &lost {
        Some(lost) => format!(
            "lost     {}, {} and {} that came after it; up to it the station's own store has the same chain",
            counted(lost.records, "record"),
            counted(lost.packs, "pack"),
            counted(lost.batches, "batch")
        ),
        None => format!(
            "lost     nobody can say: there is no store in {}",
            config.station.data_dir.display()
        ),
    });
    lines.push(format!(
        "numbers  a restore now would want serial.range_first = {first} or more, so that none is given out twice"
    ));
    print_text(lines, 9)?;
    Ok(Exit::Ok)
}

fn holds(counts: &Counts) -> String {
    format!(
        "{}, {}, {}",
        counted(counts.batches, "batch"),
        counted(counts.packs, "pack"),
        counted(counts.records, "record")
    )
}

/// `3 h 10 min`.
fn duration_in_words(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Puts the backup where the station's store should be, and is not.
fn put_back(args: &RestoreArgs, config: &Config, backup: &Backup) -> Ended {
    let data_dir = &config.station.data_dir;
    fs::create_dir_all(data_dir).map_err(|why| unwritten("The data folder", data_dir, &why))?;
    is_free(config)?;
    let stage = backup.stage(data_dir, 0)?;
    let found = backup.examine(stage.path(), config)?;
    let first = backup.range_first(config, &found, utc_ms())?;
    if config.serial.range_first < first {
        return Err(Failure::new(
            Exit::Configuration,
            format!(
                "Nothing was restored: numbers that were given out after {} would be given out a second time. Set \
                 range_first = {first} or more in [serial] of {}, higher if blocks of numbers were handed out since, \
                 then again.",
                clock_in_words(backup.manifest.utc_ms),
                args.config.display()
            ),
        ));
    }
    let put = |name: &str, to: &Path| -> Result<(), Failure> {
        let from = stage.path().join(name);
        match from.exists() && !to.exists() {
            true => moved(&from, to).map_err(|why| unwritten("The file", to, &why)),
            false => Ok(()),
        }
    };
    put(KEY_FILE, &config.serial.key_file)?;
    put(LETTERS_FILE, &config.inspection.glyph_file)?;
    put(OWNER_FILE, &data_dir.join(OWNER_FILE))?;
    // The last: until it is there, there is no store.
    let database = store::database(data_dir);
    let name = database
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    sync_folder(data_dir).map_err(|why| unwritten("The data folder", data_dir, &why))?;
    put(&name, &database)?;
    sync_folder(data_dir).map_err(|why| unwritten("The data folder", data_dir, &why))?;
    drop(stage);
    if args.json {
        print_json(&json!({
            "v": 1,
            "backup": backup.dir,
            "utc_ms": backup.manifest.utc_ms,
            "records": found.counts.records,
            "packs": found.counts.packs,
            "batches": found.counts.batches,
            "head": backup.manifest.head,
            "range_first": first,
        }))?;
        return Ok(Exit::Ok);
    }
    let mut lines = vec![
        format!("Restored into {}.", data_dir.display()),
        format!("holds    {}", holds(&found.counts)),
        format!("until    {}", clock_in_words(backup.manifest.utc_ms)),
    ];
    lines.extend(before_it_runs(config, &found));
    print_text(lines, 9)?;
    Ok(Exit::Ok)
}

/// Moves a file, also to another disk.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let mut file = new_file(to)?;
            sum_of(from, &mut file)?;
            file.sync_all()
        }
        renamed => renamed,
    }
}

/// No station works there, and nothing that is there would be replaced.
fn is_free(config: &Config) -> Result<(), Failure> {
    let data_dir = &config.station.data_dir;
    let dir = data_dir.display();
    if store::in_use(data_dir).is_some() {
        return Err(refused(format!("A station works in {dir}: end it first.")));
    }
    let database = store::database(data_dir);
    let log = PathBuf::from(format!("{}-wal", database.display()));
    // An orderly end leaves the log empty.
    let is_left = fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    if database.exists() || is_left {
        return Err(Failure::new(
            Exit::SomeRefused,
            format!(
                "{dir} holds a store, or the log of one: nothing was restored over it. If it is damaged, move \
                 vidimus.db* away and keep it: it may know what the backup does not."
            ),
        ));
    }
    Ok(())
}

/// What a person must still see to.
fn before_it_runs(config: &Config, found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    let pools = found.restored.numbers.pools();
    if !pools.is_empty() {
        lines.push(
            "pools    their numbers may have been used since: give pools back that were in use (vidimus serials \
             return) before a batch takes from them"
                .to_owned(),
        );
    }
    if config.packaging.sscc.is_some() {
        lines.push(
            "SSCCs    containers may have been numbered since: raise packaging.sscc_first behind the last one"
                .to_owned(),
        );
    }
    lines.push(
        "packs    whatever was packed since is on no record: find it by its labels, decide what becomes of it"
            .to_owned(),
    );
    lines
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn times_are_told_in_two_words() {
        let minute = 60_000;
        for (ms, told) in [
            (-5, "0 min"),
            (59 * minute, "59 min"),
            (190 * minute, "3 h 10 min"),
            (1_440 * minute + 61 * minute, "1 d 1 h"),
        ] {
            assert_eq!(duration_in_words(ms), told);
        }
    }
}
