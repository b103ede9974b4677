//! `vidimus evidence check`: does every picture that should be there lie there as it was?

use super::WhichData;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{print_json, print_line};
use crate::record::{BatchNo, Fact, KeptPicture, PackNo, Record};
use crate::station::evidence::{Held, file_of, hash_of, scan};
use crate::store::{Reader, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments of `evidence check`.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    data: WhichData,
    /// Prints one JSON object: ok, recorded, sound, missing, changed, unrecorded, removed, not_kept
    #[arg(long)]
    json: bool,
}

/// What the records say of pictures.
#[derive(Debug, Default)]
struct Ledger {
    /// Pictures that should be there.
    kept: BTreeMap<PackNo, KeptPicture>,
    /// First and last pack of each batch.
    batches: BTreeMap<BatchNo, (PackNo, PackNo)>,
    /// Pictures that were removed to make room.
    removed: u64,
    /// The last pack whose picture was removed so.
    removed_through: PackNo,
    /// Pictures that could not be kept.
    not_kept: u64,
    last_seq: u64,
}

impl Ledger {
    fn take(&mut self, record: &Record) {
        self.last_seq = record.seq;
        match &record.fact {
            Fact::PackEntered {
                pack,
                batch: Some(batch),
                ..
            } => {
                let packs = self.batches.entry(*batch).or_insert((*pack, *pack));
                packs.1 = *pack;
            }
            Fact::PictureKept { pack, picture } => drop(self.kept.insert(*pack, *picture)),
            Fact::PictureNotKept { .. } => self.not_kept += 1,
            Fact::PicturesRemoved {
                through, except, ..
            } => {
                let batches = except.iter().filter_map(|batch| self.batches.get(batch));
                let stays: Vec<_> = batches.copied().collect();
                let before = self.kept.len();
                self.kept.retain(|pack, _| {
                    let of = |(first, last): &(PackNo, PackNo)| first <= pack && pack <= last;
                    pack > through || stays.iter().any(of)
                });
                self.removed += (before - self.kept.len()) as u64;
                self.removed_through = self.removed_through.max(*through);
            }
            _ => {}
        }
    }

    fn read_on(&mut self, reader: &Reader) -> Result<(), StoreError> {
        reader.for_each_record(self.last_seq, |stored| self.take(&stored.record))
    }
}

/// The answer.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Account {
    v: u32,
    ok: bool,
    /// Pictures that should be there.
    recorded: u64,
    /// Those that are, as they were.
    sound: u64,
    /// Packs whose picture is not there.
    missing: Vec<u64>,
    /// Files that are not what was written.
    changed: Vec<PathBuf>,
    /// Files that no record names: cut off by a crash before they were on record, or put there. They prove nothing.
    unrecorded: Vec<PathBuf>,
    /// Pictures that were removed to make room, on record.
    removed: u64,
    /// Pictures that could not be kept, on record.
    not_kept: u64,
}

/// Runs the command. The chain is followed first: pictures are held against nothing but proven records.
///
/// # Errors
/// The chain is broken, or store or folder cannot be read.
pub fn run(args: &CheckArgs) -> Ended {
    let (data, reader) = args.data.open()?;
    let chain = reader.chain_check();
    chain.map_err(|error| Failure::new(Exit::AuditChain, error))?;
    let account = account(&data, &reader)?;
    match args.json {
        true => print_json(&serde_json::json!(account))?,
        false => lines(&account)
            .iter()
            .try_for_each(|line| print_line(line))?,
    }
    Ok(match account.ok {
        true => Exit::Ok,
        false => Exit::AuditChain,
    })
}

fn account(data: &Path, reader: &Reader) -> Result<Account, Failure> {
    // First the files, then the records: a file that a running station adds in between is on record when it is found.
    let (files, _) = scan(data).map_err(|error| {
        let dir = data.display();
        Failure::new(
            Exit::Store,
            format!("The pictures in {dir} cannot be looked at ({error})."),
        )
    })?;
    let store = |error| Failure::new(Exit::Store, error);
    let mut ledger = Ledger::default();
    ledger.read_on(reader).map_err(store)?;
    let recorded: BTreeSet<PackNo> = ledger.kept.keys().copied().collect();
    let mut account = Account {
        v: 1,
        ..Account::default()
    };
    for (pack, picture) in &ledger.kept {
        // A file of the folder that is not there by now, or came after it was looked at, is looked for by name.
        match files.get(pack).map(|held| (path(data, *pack, *held), held)) {
            Some((path, held)) => match intact(&path, picture) && held.coding == picture.coding {
                true => account.sound += 1,
                false if path.exists() => account.changed.push(path),
                false => account.missing.push(pack.0),
            },
            None => account.missing.push(pack.0),
        }
    }
    // What a running station removed or added meanwhile is on record by now.
    ledger.read_on(reader).map_err(store)?;
    let removed_since = |pack: &u64| !ledger.kept.contains_key(&PackNo(*pack));
    let gone = account
        .missing
        .iter()
        .filter(|pack| removed_since(pack))
        .count() as u64;
    account.missing.retain(|pack| !removed_since(pack));
    account.recorded = recorded.len() as u64 - gone;
    let unrecorded = files.iter().filter(|(pack, _)| !recorded.contains(pack));
    account.unrecorded = unrecorded
        .filter(|(pack, _)| **pack > ledger.removed_through)
        .map(|(pack, held)| path(data, *pack, *held))
        .collect();
    (account.removed, account.not_kept) = (ledger.removed, ledger.not_kept);
    account.ok = account.missing.is_empty() && account.changed.is_empty();
    Ok(account)
}

fn path(data: &Path, pack: PackNo, held: Held) -> PathBuf {
    file_of(data, held.batch, pack, held.coding)
}

/// The file is what was written: as long, and with the same hash.
fn intact(path: &Path, picture: &KeptPicture) -> bool {
    let mut body = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| {
        file.take(picture.bytes.saturating_add(1))
            .read_to_end(&mut body)
    });
    read.is_ok() && body.len() as u64 == picture.bytes && hash_of(&body) == picture.sha256
}

fn lines(account: &Account) -> Vec<String> {
    let mut lines = Vec::new();
    for pack in &account.missing {
        lines.push(format!("MISSING     the picture of pack {pack}"));
    }
    for path in &account.changed {
        lines.push(format!("CHANGED     {}", path.display()));
    }
    for path in &account.unrecorded {
        lines.push(format!("unrecorded  {} (proves nothing)", path.display()));
    }
    lines.push(format!(
        "{} pictures on record: {} as they were, {} missing, {} changed",
        account.recorded,
        account.sound,
        account.missing.len(),
        account.changed.len()
    ));
    lines.push(format!(
        "{} removed to make room, {} could not be kept, {} files on no record",
        account.removed,
        account.not_kept,
        account.unrecorded.len()
    ));
    lines
}
