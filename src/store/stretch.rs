//! A stretch of history: one commit that is not yet in a block, or one block. Whoever reads history reads
//! stretches and need not know which they are.

use super::StoreError;
use super::chain::Hash;
use super::sealed::Reading;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Connection, Params, Row};
use std::io::{Read, Write};
use std::path::Path;

/// Greatest length of a block's texts, in bytes; more is damage.
const BLOCK_TEXT_MAX: u64 = 1 << 30;

/// Texts of commits together, with what the chain says of the last one.
#[derive(Debug)]
pub struct Stretch {
    /// The last record.
    pub last_seq: i64,
    /// Commits in it.
    pub commits: u64,
    /// The last commit's hash.
    pub hash: Hash,
    /// Each commit's text with its length around it.
    framed: bool,
    text: String,
}

impl Stretch {
    /// Calls `each` with the text of every commit, in order.
    ///
    /// # Errors
    /// Those of `each`, and a block that is not made of texts.
    pub fn for_each_commit(
        &self,
        path: &Path,
        mut each: impl FnMut(&str) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if !self.framed {
            return each(&self.text);
        }
        let mut reading = Reading::new(&self.text);
        while !reading.done() {
            each(reading.net().map_err(|_| self.damaged(path))?)?;
        }
        Ok(())
    }

    /// What is said of one that cannot be read.
    pub fn damaged(&self, path: &Path) -> StoreError {
        let text = format!(
            "What is kept of the records up to {} is not what a station writes.",
            self.last_seq
        );
        StoreError::damaged(path, text)
    }
}

/// Columns of `commits` and `blocks` that [`read`] takes, in their order.
const OF_COMMITS: &str = "SELECT last_seq, hash, 1, text, NULL FROM commits";
const OF_BLOCKS: &str = "SELECT last_seq, hash, commits, body, bytes FROM blocks";

/// Which stretches.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Those with records after this one, oldest first.
    After(i64),
    /// The one with this record, and maybe others.
    With(i64),
    /// All, newest first.
    Backwards,
    /// Those that may hold records of this pack, oldest first.
    OfPack(i64),
}

/// Calls `each` with the stretches that are asked for until it says that it has enough (`false`).
///
/// # Errors
/// Those of `each`; reading fails, or what is read makes no sense.
pub fn for_each(
    connection: &Connection,
    path: &Path,
    which: Which,
    each: &mut dyn FnMut(&Stretch) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut run = |sql: String, values: &[&dyn rusqlite::ToSql]| -> Result<bool, StoreError> {
        query(connection, path, &sql, values, each)
    };
    match which {
        Which::After(seq) => {
            let past = format!("{OF_BLOCKS} WHERE last_seq > ?1 ORDER BY last_seq");
            let recent = format!("{OF_COMMITS} WHERE last_seq > ?1 ORDER BY last_seq");
            let _ = run(past, &[&seq])? && run(recent, &[&seq])?;
        }
        Which::With(seq) => {
            let rest = "WHERE last_seq >= ?1 ORDER BY last_seq LIMIT 1";
            let _ = run(format!("{OF_BLOCKS} {rest}"), &[&seq])?
                && run(format!("{OF_COMMITS} {rest}"), &[&seq])?;
        }
        Which::Backwards => {
            let recent = format!("{OF_COMMITS} ORDER BY last_seq DESC");
            let past = format!("{OF_BLOCKS} ORDER BY last_seq DESC");
            let _ = run(recent, &[])? && run(past, &[])?;
        }
        Which::OfPack(pack) => {
            // Blocks follow each other by pack as by record: the first that reaches the pack, and those
            // behind it that begin no later.
            let past = format!(
                "{OF_BLOCKS} WHERE last_pack >= ?1 AND last_seq < coalesce(
                     (SELECT last_seq FROM blocks WHERE last_pack >= ?1 AND first_pack > ?1
                      ORDER BY last_pack LIMIT 1), 9223372036854775807)
                 ORDER BY last_pack, last_seq"
            );
            let late = format!(
                "{OF_BLOCKS} WHERE last_seq IN (SELECT block FROM late WHERE pack = ?1)
                 ORDER BY last_seq"
            );
            let _ = run(past, &[&pack])?
                && run(late, &[&pack])?
                && run(format!("{OF_COMMITS} ORDER BY last_seq"), &[])?;
        }
    }
    Ok(())
}

fn query(
    connection: &Connection,
    path: &Path,
    sql: &str,
    values: impl Params,
    each: &mut dyn FnMut(&Stretch) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut found = connection.prepare_cached(sql).map_err(failed)?;
    let mut found = found.query(values).map_err(failed)?;
    while let Some(row) = found.next().map_err(failed)? {
        if !each(&read(path, row)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read(path: &Path, row: &Row<'_>) -> Result<Stretch, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut stretch = Stretch {
        last_seq: row.get(0).map_err(failed)?,
        hash: row.get(1).map_err(failed)?,
        commits: row.get::<_, i64>(2).map_err(failed)? as u64,
        framed: false,
        text: String::new(),
    };
    let bytes: Option<i64> = row.get(4).map_err(failed)?;
    match bytes {
        None => stretch.text = row.get(3).map_err(failed)?,
        Some(bytes) => {
            let body = row.get_ref(3).map_err(failed)?;
            let body = body.as_blob().map_err(|_| stretch.damaged(path))?;
            stretch.framed = true;
            stretch.text = inflate(body, bytes as u64).ok_or_else(|| stretch.damaged(path))?;
        }
    }
    Ok(stretch)
}

/// The texts in a block's body, if they have the length they are said to have.
fn inflate(body: &[u8], bytes: u64) -> Option<String> {
    if bytes > BLOCK_TEXT_MAX {
        return None;
    }
    // A body that says more than it holds gets no memory for it.
    let room = bytes.min(1100 * body.len() as u64);
    let mut text = String::with_capacity(room as usize);
    let read = ZlibDecoder::new(body)
        .take(bytes + 1)
        .read_to_string(&mut text);
    (read.ok()? as u64 == bytes).then_some(text)
}

/// A block's body of these texts.
pub fn deflate(texts: &str, level: u32) -> Vec<u8> {
    let mut body = ZlibEncoder::new(Vec::new(), Compression::new(level));
    let written = body.write_all(texts.as_bytes());
    written
        .and_then(|()| body.finish())
        .expect("memory takes everything")
}
