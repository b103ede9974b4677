//! Sealing: commits become texts, and the texts a chain. Texts are made by several threads where there are many.

use super::block::Sealed;
use super::chain::{self, Hash};
use super::projection::Refusal;
use super::rows::Writer;
use super::{Commit, StoreError, sealed};
use crate::record::Record;
use std::path::Path;

/// Greatest size of one record's reason and body together, in bytes.
pub const RECORD_BYTES_MAX: usize = 256 << 10;

/// So many commits at once are written by one thread; more by several.
const ONE_THREAD_COMMITS: usize = 2_000;

/// The commits that have records, sealed one after the other behind the link `after`: its last record, and its hash.
///
/// # Errors
/// A record is not the next one, or cannot be written.
pub fn seal(
    path: &Path,
    after: (u64, Hash),
    commits: &[Commit],
) -> Result<Vec<Sealed>, StoreError> {
    let (mut last_seq, mut hash) = after;
    for record in commits.iter().flat_map(|commit| &commit.records) {
        last_seq += 1;
        if record.seq != last_seq {
            let seq = record.seq;
            let text = format!("Record {last_seq} must come next.");
            return Err(StoreError::Contradiction { seq, text });
        }
    }
    let mut sealed = texts(path, commits)?;
    for commit in &mut sealed {
        hash = chain::hash_of(&hash, &commit.text);
        commit.hash = hash;
    }
    Ok(sealed)
}

/// The texts of the commits that have records, without their hashes.
fn texts(path: &Path, commits: &[Commit]) -> Result<Vec<Sealed>, StoreError> {
    if commits.len() <= ONE_THREAD_COMMITS {
        return texts_of(path, commits);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let work: Vec<_> = commits
            .chunks(commits.len().div_ceil(threads))
            .map(|part| scope.spawn(move || texts_of(path, part)))
            .collect();
        work.into_iter()
            .map(|work| work.join().expect("writing does not panic"))
            .collect()
    });
    let mut all = Vec::with_capacity(commits.len());
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

fn texts_of(path: &Path, commits: &[Commit]) -> Result<Vec<Sealed>, StoreError> {
    let mut writer = Writer::default();
    commits
        .iter()
        .filter(|commit| !commit.records.is_empty())
        .map(|commit| text_of(path, commit, &mut writer))
        .collect()
}

fn text_of(path: &Path, commit: &Commit, writer: &mut Writer) -> Result<Sealed, StoreError> {
    let mut text = sealed::begin(commit.utc_ms);
    let mut packs = Vec::new();
    for record in &commit.records {
        add(&mut text, record, writer).map_err(|refusal| refusal.into_error(path, record.seq))?;
        record.fact.for_each_pack(|pack| packs.push(pack.0 as i64));
    }
    let last = commit.records.last().expect("it has records");
    Ok(Sealed {
        last_seq: last.seq as i64,
        hash: chain::ORIGIN,
        text,
        packs,
    })
}

/// Adds one record to its commit's text.
fn add(text: &mut String, record: &Record, writer: &mut Writer) -> Result<(), Refusal> {
    let link = writer.link(record)?;
    let size = link.body.len() + link.reason.map_or(0, str::len);
    if size > RECORD_BYTES_MAX {
        return Err(Refusal::Contradicts(format!(
            "It has {size} bytes, at most {RECORD_BYTES_MAX} are kept."
        )));
    }
    sealed::add(text, &link);
    Ok(())
}
