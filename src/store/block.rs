//! Blocks: commits that are past, many together and compressed. The texts inside are the very bytes that
//! the chain is made of; only the hashes between them are left out, because they follow.

use super::StoreError;
use super::chain::Hash;
use super::rows;
use super::sealed;
use super::stretch::{self, Which};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::path::Path;

/// Texts of a block before they are compressed, in bytes: enough for zlib's window of 32 KiB to find
/// what repeats, little enough to be read in less than a millisecond. A commit is never divided.
pub const BLOCK_BYTES: u64 = 64 << 10;

/// How hard zlib tries; 6 makes records of packs 6 % shorter and takes two and a half times as long, and blocks of
/// either fill the same two pages of the database.
const LEVEL: u32 = 3;

/// So many blocks at once are compressed by one thread; more by several.
const ONE_THREAD_BLOCKS: usize = 8;

/// A commit as it is kept.
#[derive(Debug)]
pub struct Sealed {
    /// Its last record.
    pub last_seq: i64,
    /// Its hash.
    pub hash: Hash,
    /// Its text.
    pub text: String,
    /// The packs its records are about.
    pub packs: Vec<i64>,
}

impl Sealed {
    fn bytes(&self) -> u64 {
        self.text.len() as u64
    }
}

/// The bytes of these commits.
pub fn bytes_of(commits: &[Sealed]) -> u64 {
    commits.iter().map(Sealed::bytes).sum()
}

/// Bytes of the commits that are rows of their own.
///
/// # Errors
/// SQLite says so.
pub fn recent_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM commits";
    connection
        .query_row(sql, [], |row| row.get::<_, i64>(0))
        .map(|bytes| bytes as u64)
}

/// The commits that are rows of their own, oldest first.
///
/// # Errors
/// Reading fails, or what is read makes no sense.
pub fn recent(connection: &Connection, path: &Path) -> Result<Vec<Sealed>, StoreError> {
    let after = last_seq(connection).map_err(|error| StoreError::sql(path, error))?;
    let mut commits = Vec::new();
    stretch::for_each(connection, path, Which::After(after), &mut |stretch| {
        let mut packs = Vec::new();
        rows::for_each_record(path, stretch, |_| true, &mut |stored| {
            stored
                .record
                .fact
                .for_each_pack(|pack| packs.push(pack.0 as i64));
        })?;
        stretch.for_each_commit(path, |text| {
            commits.push(Sealed {
                last_seq: stretch.last_seq,
                hash: stretch.hash,
                text: text.to_owned(),
                packs: std::mem::take(&mut packs),
            });
            Ok(())
        })?;
        Ok(true)
    })?;
    Ok(commits)
}

/// Keeps a commit as a row of its own.
///
/// # Errors
/// SQLite says so.
pub fn keep(connection: &Connection, commit: &Sealed) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO commits (last_seq, hash, text) VALUES (?1, ?2, ?3)")?
        .execute(params![commit.last_seq, commit.hash, commit.text])
        .map(|_| ())
}

/// The oldest of some commits, compressed block by block.
#[derive(Debug)]
pub struct Blocks<'a> {
    parts: Vec<&'a [Sealed]>,
    /// Of each part: the length of its texts, and the block's body.
    bodies: Vec<(usize, Vec<u8>)>,
}

impl<'a> Blocks<'a> {
    /// Blocks of `block_bytes` of the oldest of these commits; as much as one block stays behind.
    pub fn of(commits: &'a [Sealed], block_bytes: u64) -> Blocks<'a> {
        let parts = divide(commits, block_bytes);
        let bodies = compress(&parts);
        Blocks { parts, bodies }
    }

    /// How many of the commits they are.
    pub fn commits(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Writes them, and removes the rows of their commits.
    ///
    /// # Errors
    /// SQLite says so.
    pub fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut packs = Packs::of(connection)?;
        for (part, (texts, body)) in self.parts.iter().zip(&self.bodies) {
            let last = part.last().expect("a part has commits");
            let ((first_pack, last_pack), late) = packs.take(part);
            connection
                .prepare_cached(
                    "INSERT INTO blocks (last_seq, commits, first_pack, last_pack, hash, bytes, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    last.last_seq,
                    part.len() as i64,
                    first_pack,
                    last_pack,
                    last.hash,
                    *texts as i64,
                    body
                ])?;
            for pack in late {
                connection
                    .prepare_cached("INSERT INTO late (pack, block) VALUES (?1, ?2)")?
                    .execute([pack, last.last_seq])?;
            }
        }
        if let Some(last) = self.parts.last().and_then(|part| part.last()) {
            connection
                .prepare_cached("DELETE FROM commits WHERE last_seq <= ?1")?
                .execute([last.last_seq])?;
        }
        Ok(())
    }
}

/// The oldest commits in parts of at least that length; as much stays behind.
fn divide(commits: &[Sealed], block_bytes: u64) -> Vec<&[Sealed]> {
    let mut left = bytes_of(commits);
    let (mut parts, mut rest) = (Vec::new(), commits);
    while left >= 2 * block_bytes {
        let mut bytes = 0;
        let enough = |commit: &Sealed| {
            bytes += commit.bytes();
            bytes >= block_bytes
        };
        let end = rest.iter().position(enough).map_or(rest.len(), |at| at + 1);
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        left -= bytes_of(part);
        rest = behind;
    }
    parts
}

/// Length of the texts and the block's body of each part.
fn compress(parts: &[&[Sealed]]) -> Vec<(usize, Vec<u8>)> {
    let body = |part: &&[Sealed]| {
        let mut texts = String::with_capacity(BLOCK_BYTES as usize * 5 / 4);
        for commit in *part {
            sealed::net(&mut texts, &commit.text);
        }
        (texts.len(), stretch::deflate(&texts, LEVEL))
    };
    if parts.len() <= ONE_THREAD_BLOCKS {
        return parts.iter().map(body).collect();
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let share = parts.len().div_ceil(threads);
        let work: Vec<_> = parts
            .chunks(share)
            .map(|parts| scope.spawn(move || parts.iter().map(body).collect::<Vec<_>>()))
            .collect();
        work.into_iter()
            .flat_map(|work| work.join().expect("zlib does not panic"))
            .collect()
    })
}

fn last_seq(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(last_seq), 0) FROM blocks", [], |row| {
        row.get(0)
    })
}

/// Which packs belong to which block: from block to block both ends only grow, so that the blocks of a pack lie side by
/// side.
struct Packs {
    first: i64,
    last: i64,
}

impl Packs {
    fn of(connection: &Connection) -> rusqlite::Result<Packs> {
        let ends = connection
            .query_row(
                "SELECT first_pack, last_pack FROM blocks ORDER BY last_seq DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (first, last) = ends.unwrap_or((0, 0));
        Ok(Packs { first, last })
    }

    /// First and last pack of the block with these commits, and packs that belong to blocks before it.
    fn take(&mut self, part: &[Sealed]) -> ((i64, i64), BTreeSet<i64>) {
        let mut own: BTreeSet<i64> = part
            .iter()
            .flat_map(|commit| &commit.packs)
            .copied()
            .collect();
        let on = own.split_off(&self.first);
        self.first = on.first().copied().unwrap_or(self.first);
        self.last = self.last.max(on.last().copied().unwrap_or(0));
        ((self.first, self.last), own)
    }
}
