//! A stretch of history: one commit that is not yet in a block, or one block. Whoever reads history reads
//! stretches and need not know which they are.

use super::StoreError;
use super::chain::Hash;
use super::sealed::Reading;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use rusqlite::{Connection, Row};
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

    /// Bytes of its texts.
    pub fn bytes(&self) -> u64 {
        self.text.len() as u64
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
const OF_COMMITS: &str = "SELECT last_seq, hash, 1, text, NULL, NULL FROM commits";
const OF_BLOCKS: &str = "SELECT last_seq, hash, commits, body, bytes, first_pack FROM blocks";

/// Which stretches.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Those with records after this one, oldest first.
    After(i64),
    /// The one with this record, and maybe others.
    With(i64),
    /// Those that end before this record, newest first.
    Before(i64),
    /// All, newest first.
    Backwards,
    /// Those with records before this one, newest first; perhaps one more.
    Until(i64),
    /// Those that may hold records of this pack, oldest first.
    OfPack(i64),
    /// Those that may hold what happened to these packs on the line, oldest first.
    OfPacks(i64, i64),
}

/// One query for stretches; `?1` is the number in [`Which`].
struct Query {
    sql: String,
    /// It ends at the first block whose packs all come after this one.
    until: Option<i64>,
}

impl Which {
    /// The number, and the queries one after the other.
    fn queries(self) -> (i64, Vec<Query>) {
        let of = |table: &str, rest: &str| Query {
            sql: format!("{table} {rest}"),
            until: None,
        };
        match self {
            Which::After(seq) => {
                let rest = "WHERE last_seq > ?1 ORDER BY last_seq";
                (seq, vec![of(OF_BLOCKS, rest), of(OF_COMMITS, rest)])
            }
            Which::With(seq) => {
                let rest = "WHERE last_seq >= ?1 ORDER BY last_seq LIMIT 1";
                (seq, vec![of(OF_BLOCKS, rest), of(OF_COMMITS, rest)])
            }
            Which::Before(seq) => {
                let rest = "WHERE last_seq < ?1 ORDER BY last_seq DESC";
                (seq, vec![of(OF_COMMITS, rest), of(OF_BLOCKS, rest)])
            }
            Which::Backwards => {
                let rest = "ORDER BY last_seq DESC LIMIT ?1";
                (-1, vec![of(OF_COMMITS, rest), of(OF_BLOCKS, rest)])
            }
            Which::Until(seq) => {
                let of = |table: &str, name: &str| {
                    let with = format!("SELECT min(last_seq) FROM {name} WHERE last_seq >= ?1");
                    let until = format!("coalesce(({with}), 9223372036854775807)");
                    of(
                        table,
                        &format!("WHERE last_seq <= {until} ORDER BY last_seq DESC"),
                    )
                };
                (
                    seq,
                    vec![of(OF_COMMITS, "commits"), of(OF_BLOCKS, "blocks")],
                )
            }
            Which::OfPacks(first, last) => {
                let home = "WHERE last_pack >= ?1 ORDER BY last_pack, last_seq";
                let home = Query {
                    until: Some(last),
                    ..of(OF_BLOCKS, home)
                };
                let recent = of(OF_COMMITS, "WHERE ?1 >= 0 ORDER BY last_seq");
                (first, vec![home, recent])
            }
            Which::OfPack(pack) => {
                let home = "WHERE last_pack >= ?1 ORDER BY last_pack, last_seq";
                let late =
                    "WHERE last_seq IN (SELECT block FROM late WHERE pack = ?1) ORDER BY last_seq";
                let home = Query {
                    until: Some(pack),
                    ..of(OF_BLOCKS, home)
                };
                let recent = of(OF_COMMITS, "WHERE ?1 > 0 ORDER BY last_seq");
                (pack, vec![home, of(OF_BLOCKS, late), recent])
            }
        }
    }
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
    let failed = |error| StoreError::sql(path, error);
    let (number, queries) = which.queries();
    for query in queries {
        let mut found = connection.prepare_cached(&query.sql).map_err(failed)?;
        let mut found = found.query([number]).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let first: Option<i64> = row.get(5).map_err(failed)?;
            if query.until.is_some_and(|until| first > Some(until)) {
                break;
            }
            if !each(&read(path, row)?)? {
                return Ok(());
            }
        }
    }
    Ok(())
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
        None => {
            let text = row.get_ref(3).map_err(failed)?;
            let text = text.as_str().map_err(|_| stretch.damaged(path))?;
            stretch.text = text.to_owned();
        }
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
