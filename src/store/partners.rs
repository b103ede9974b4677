//! What partners say: their documents, staged piece by piece and made to count by one record.
//!
//! A document may have a million events. Its claims are written in small transactions between those of the line
//! ([`Errand`]), into tables of their own; nothing of it counts. Then one record names the document, how much it says
//! and the hash of it: from that commit on all of it counts, or none of it ever does. What never counted is cleared
//! away before the next document is staged.

use super::projection::Refusal;
use super::rows::number;
use super::{StoreError, restore};
use crate::record::partner::{
    Claim, Claimed, ClaimedLot, ClaimsHasher, DocumentHash, DocumentNo, EventHash, Flags,
    HeardCounts, HeardPart, PART_SUBJECTS_MAX, PartnerFact, Said, Staged, Staging,
};
use crate::record::{ContainerNo, Fact, PackNo};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The tables.
pub const TABLES: &str = "
-- Documents of partners, as far as they are staged. content: SHA-256 of the file. hash: of its claims so far.
-- sealed: wall clock of the moment from which nothing more of it comes. cleared: it never counted and is gone.
CREATE TABLE partner_documents (
    document INTEGER PRIMARY KEY,
    content BLOB NOT NULL CHECK (length(content) = 32),
    source TEXT NOT NULL,
    last_event INTEGER NOT NULL DEFAULT 0,
    places INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    claims INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    sealed INTEGER,
    cleared INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What each event says. print: the first eight bytes of SHA-256 of its id. said: see record/partner.rs.
-- holder: what it was packed into or taken out of; kinds are those of partner_subjects.
CREATE TABLE partner_claims (
    document INTEGER NOT NULL REFERENCES partner_documents,
    event INTEGER NOT NULL,
    print INTEGER NOT NULL,
    id TEXT NOT NULL,
    utc_ms INTEGER NOT NULL,
    said INTEGER NOT NULL,
    takes_back INTEGER NOT NULL,
    sayer TEXT,
    goal TEXT,
    holder_kind INTEGER,
    holder INTEGER,
    words TEXT NOT NULL,
    PRIMARY KEY (document, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX partner_claim_of_id ON partner_claims (print);
CREATE INDEX partner_claims_into ON partner_claims (holder) WHERE holder_kind = 2;

-- Of what. kind: 0 packs, 1 containers, 2 containers of others. flags: what contradicts our records.
CREATE TABLE partner_subjects (
    document INTEGER NOT NULL,
    event INTEGER NOT NULL,
    place INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    PRIMARY KEY (document, event, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX partner_claims_of ON partner_subjects (kind, unit);

CREATE TABLE partner_lots (
    document INTEGER NOT NULL,
    event INTEGER NOT NULL,
    place INTEGER NOT NULL,
    gtin TEXT NOT NULL,
    lot TEXT NOT NULL,
    amount TEXT,
    PRIMARY KEY (document, event, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX partner_claims_of_lot ON partner_lots (lot, gtin);

-- Containers of others that are said to hold something of ours.
CREATE TABLE partner_containers (
    container INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE
) STRICT;

-- Which records speak of partners, and the document that counts from there on.
CREATE TABLE partner_records (
    seq INTEGER PRIMARY KEY,
    document INTEGER UNIQUE
) STRICT;

CREATE TRIGGER partner_claims_keep BEFORE UPDATE ON partner_claims
BEGIN SELECT raise(ABORT, 'Claims are never changed.'); END;
CREATE TRIGGER partner_claims_stay BEFORE DELETE ON partner_claims
WHEN EXISTS (SELECT 1 FROM partner_records WHERE document = OLD.document)
BEGIN SELECT raise(ABORT, 'Claims that count are never deleted.'); END;
CREATE TRIGGER partner_subjects_keep BEFORE UPDATE ON partner_subjects
BEGIN SELECT raise(ABORT, 'Claims are never changed.'); END;
CREATE TRIGGER partner_subjects_stay BEFORE DELETE ON partner_subjects
WHEN EXISTS (SELECT 1 FROM partner_records WHERE document = OLD.document)
BEGIN SELECT raise(ABORT, 'Claims that count are never deleted.'); END;
CREATE TRIGGER partner_lots_keep BEFORE UPDATE ON partner_lots
BEGIN SELECT raise(ABORT, 'Claims are never changed.'); END;
CREATE TRIGGER partner_lots_stay BEFORE DELETE ON partner_lots
WHEN EXISTS (SELECT 1 FROM partner_records WHERE document = OLD.document)
BEGIN SELECT raise(ABORT, 'Claims that count are never deleted.'); END;
";

/// What else is kept of an event. content: the SHA-256 of what it says (CBV 2.0, 8.9); NULL of one that was heard before
/// this was kept.
pub const CONTENT: &str = "
ALTER TABLE partner_claims ADD COLUMN content BLOB CHECK (content IS NULL OR length(content) = 32);
";

/// Events of a document that never counted which are cleared away in one transaction.
const CLEARED_TOGETHER: i64 = 500;

/// How long a sealed document waits for its record before it may be cleared away: far longer than any order waits.
const SEALED_WAIT_MS: i64 = 600_000;

type Answer<T> = Result<T, Refusal>;

fn refuse<T>(text: &str) -> Answer<T> {
    Err(Refusal::Contradicts(text.to_owned()))
}

/// How an event's id is looked up.
pub(super) fn print_of(id: &str) -> i64 {
    let hash = Sha256::digest(id.as_bytes());
    let first: [u8; 8] = hash[..8].try_into().expect("it has 32 bytes");
    i64::from_be_bytes(first)
}

/// Does a piece of staging in a transaction of its own.
pub(super) fn stage(transaction: &Transaction<'_>, utc_ms: i64, what: Staging) -> Answer<Staged> {
    match what {
        Staging::Clear => clear(transaction, utc_ms),
        Staging::Begin { content, source } => begin(transaction, content, &source),
        Staging::Add { document, parts } => add(transaction, document, &parts),
        Staging::Seal { document } => seal(transaction, utc_ms, document),
    }
}

fn clear(transaction: &Transaction<'_>, utc_ms: i64) -> Answer<Staged> {
    let found: Option<i64> = transaction
        .prepare_cached(
            "SELECT document FROM partner_documents
             WHERE cleared = 0 AND (sealed IS NULL OR sealed < ?1)
                 AND document NOT IN (SELECT document FROM partner_records WHERE document IS NOT NULL)
             ORDER BY document LIMIT 1",
        )?
        .query_row([utc_ms.saturating_sub(SEALED_WAIT_MS)], |row| row.get(0))
        .optional()?;
    let Some(document) = found else {
        return Ok(Staged {
            document: DocumentNo(0),
            more: false,
        });
    };
    let last: Option<i64> = transaction
        .prepare_cached(
            "SELECT max(event) FROM (SELECT event FROM partner_claims WHERE document = ?1
             ORDER BY event LIMIT ?2)",
        )?
        .query_row(params![document, CLEARED_TOGETHER], |row| row.get(0))?;
    match last {
        Some(last) => {
            for table in ["partner_subjects", "partner_lots", "partner_claims"] {
                let sql = format!("DELETE FROM {table} WHERE document = ?1 AND event <= ?2");
                transaction
                    .prepare_cached(&sql)?
                    .execute([document, last])?;
            }
        }
        None => {
            transaction.execute(
                "UPDATE partner_documents SET cleared = 1 WHERE document = ?1",
                [document],
            )?;
        }
    }
    Ok(Staged {
        document: DocumentNo(document as u64),
        more: true,
    })
}

fn begin(transaction: &Transaction<'_>, content: DocumentHash, source: &str) -> Answer<Staged> {
    transaction.execute(
        "INSERT INTO partner_documents (content, source, hash) VALUES (?1, ?2, ?3)",
        params![content.0, source, ClaimsHasher::NEW.0],
    )?;
    Ok(Staged {
        document: DocumentNo(transaction.last_insert_rowid() as u64),
        more: false,
    })
}

/// How far a document is staged.
struct Progress {
    last_event: i64,
    places: i64,
    counts: HeardCounts,
    hasher: ClaimsHasher,
}

/// The document, if it is the one that is being staged.
fn open_document(connection: &Connection, document: i64) -> Answer<Progress> {
    let found = connection
        .prepare_cached(
            "SELECT last_event, places, events, claims, flagged, hash FROM partner_documents
             WHERE document = ?1 AND sealed IS NULL AND cleared = 0
                 AND document = (SELECT max(document) FROM partner_documents)",
        )?
        .query_row([document], |row| {
            Ok(Progress {
                last_event: row.get(0)?,
                places: row.get(1)?,
                counts: HeardCounts {
                    events: row.get::<_, i64>(2)? as u64,
                    claims: row.get::<_, i64>(3)? as u64,
                    flagged: row.get::<_, i64>(4)? as u64,
                },
                hasher: ClaimsHasher(row.get(5)?),
            })
        })
        .optional()?;
    match found {
        Some(progress) => Ok(progress),
        None => refuse(
            "Another import has begun meanwhile: nothing of this one counts, begin it again.",
        ),
    }
}

fn add(transaction: &Transaction<'_>, document: DocumentNo, parts: &[HeardPart]) -> Answer<Staged> {
    let no = number(document.0)?;
    let mut progress = open_document(transaction, no)?;
    for part in parts {
        add_part(transaction, no, &mut progress, part)?;
    }
    transaction
        .prepare_cached(
            "UPDATE partner_documents SET last_event = ?2, places = ?3, events = ?4, claims = ?5,
                 flagged = ?6, hash = ?7 WHERE document = ?1",
        )?
        .execute(params![
            no,
            progress.last_event,
            progress.places,
            progress.counts.events as i64,
            progress.counts.claims as i64,
            progress.counts.flagged as i64,
            progress.hasher.0
        ])?;
    Ok(Staged {
        document,
        more: false,
    })
}

fn add_part(
    transaction: &Transaction<'_>,
    document: i64,
    progress: &mut Progress,
    part: &HeardPart,
) -> Answer<()> {
    let event = number(part.claim.event)?;
    let follows = match part.goes_on {
        true => event == progress.last_event,
        false => event > progress.last_event,
    };
    if !follows || part.subjects.len() + part.lots.len() > PART_SUBJECTS_MAX {
        return refuse(
            "Parts of a document come in order and with bounded length: begin it again.",
        );
    }
    if !part.goes_on {
        (progress.last_event, progress.places) = (event, 0);
        progress.counts.events += 1;
        progress.hasher.claim(&part.claim);
        add_claim(transaction, document, event, &part.claim)?;
    }
    for (subject, flags) in &part.subjects {
        let (kind, unit) = key_of(transaction, subject)?;
        transaction
            .prepare_cached("INSERT INTO partner_subjects VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                document,
                event,
                progress.places,
                kind,
                unit,
                flags.0
            ])?;
        progress.places += 1;
        progress.counts.claims += 1;
        progress.counts.flagged += u64::from(!flags.none());
        progress.hasher.subject(subject, *flags);
    }
    for lot in &part.lots {
        transaction
            .prepare_cached("INSERT INTO partner_lots VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                document,
                event,
                progress.places,
                lot.gtin.as_str(),
                lot.lot.as_str(),
                lot.amount
            ])?;
        progress.places += 1;
        progress.counts.claims += 1;
        progress.hasher.lot(lot);
    }
    Ok(())
}

fn add_claim(
    transaction: &Transaction<'_>,
    document: i64,
    event: i64,
    claim: &Claim,
) -> Answer<()> {
    let holder = match &claim.holder {
        Some(holder) => Some(key_of(transaction, holder)?),
        None => None,
    };
    transaction
        .prepare_cached(
            "INSERT INTO partner_claims VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            document,
            event,
            print_of(&claim.id),
            claim.id,
            claim.utc_ms,
            claim.said.code(),
            claim.takes_back,
            claim.by.map(|gln| gln.to_string()),
            claim.to.map(|gln| gln.to_string()),
            holder.map(|(kind, _)| kind),
            holder.map(|(_, unit)| unit),
            claim.words,
            claim.content.map(|content| content.0)
        ])?;
    Ok(())
}

/// How a thing is kept; a container of others gets its number here.
fn key_of(connection: &Connection, claimed: &Claimed) -> Answer<(i64, i64)> {
    match claimed {
        Claimed::Pack(pack) => Ok((0, number(pack.0)?)),
        Claimed::Container(container) => Ok((1, number(container.0)?)),
        Claimed::Foreign(code) => {
            connection
                .prepare_cached("INSERT OR IGNORE INTO partner_containers (code) VALUES (?1)")?
                .execute([code])?;
            let no = foreign(connection, code)?;
            Ok((2, no.expect("it was put in")))
        }
    }
}

/// The number of somebody else's container, if it is said to hold something of ours.
pub(super) fn foreign(connection: &Connection, code: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT container FROM partner_containers WHERE code = ?1")?
        .query_row([code], |row| row.get(0))
        .optional()
}

/// The thing that is kept so.
pub(super) fn claimed_of(
    connection: &Connection,
    kind: i64,
    unit: i64,
) -> rusqlite::Result<Claimed> {
    Ok(match kind {
        0 => Claimed::Pack(PackNo(unit as u64)),
        1 => Claimed::Container(ContainerNo(unit as u64)),
        _ => Claimed::Foreign(
            connection
                .prepare_cached("SELECT code FROM partner_containers WHERE container = ?1")?
                .query_row([unit], |row| row.get(0))?,
        ),
    })
}

fn seal(transaction: &Transaction<'_>, utc_ms: i64, document: DocumentNo) -> Answer<Staged> {
    let no = number(document.0)?;
    open_document(transaction, no)?;
    transaction.execute(
        "UPDATE partner_documents SET sealed = ?2 WHERE document = ?1",
        [no, utc_ms],
    )?;
    Ok(Staged {
        document,
        more: false,
    })
}

/// The record of a sealed document that does not count yet.
pub(super) fn sealed(
    connection: &Connection,
    document: DocumentNo,
) -> rusqlite::Result<Option<PartnerFact>> {
    let Ok(no) = i64::try_from(document.0) else {
        return Ok(None);
    };
    connection
        .prepare_cached(
            "SELECT content, source, events, claims, flagged, hash FROM partner_documents
             WHERE document = ?1 AND sealed IS NOT NULL AND cleared = 0
                 AND NOT EXISTS (SELECT 1 FROM partner_records WHERE document = ?1)",
        )?
        .query_row([no], |row| heard(document, row))
        .optional()
}

fn heard(document: DocumentNo, row: &Row<'_>) -> rusqlite::Result<PartnerFact> {
    let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
    Ok(PartnerFact::Heard {
        document,
        content: DocumentHash(row.get(0)?),
        source: row.get(1)?,
        counts: HeardCounts {
            events: count(2)?,
            claims: count(3)?,
            flagged: count(4)?,
        },
        claims: ClaimsHasher(row.get(5)?).finish(),
    })
}

/// A record that makes a document count says what is staged of it, to the byte.
pub(super) fn check_heard(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), Refusal> {
    let Fact::Partner(told @ PartnerFact::Heard { document, .. }) = fact else {
        return Ok(());
    };
    // Its own row was made a moment ago, with the record.
    let staged = transaction
        .prepare_cached(
            "SELECT content, source, events, claims, flagged, hash FROM partner_documents
             WHERE document = ?1 AND sealed IS NOT NULL AND cleared = 0",
        )?
        .query_row([number(document.0)?], |row| heard(*document, row))
        .optional()?;
    match staged.as_ref() == Some(told) {
        true => Ok(()),
        false => Err(Refusal::Contradicts(format!(
            "What is staged of document {} is not what the record says.",
            document.0
        ))),
    }
}

/// Notes that this record speaks of partners.
pub(super) fn note(connection: &Connection, seq: i64, fact: &PartnerFact) -> Result<(), Refusal> {
    let document = match fact {
        PartnerFact::Heard { document, .. } => Some(number(document.0)?),
        PartnerFact::CaptureDecided { .. } => None,
    };
    connection
        .prepare_cached("INSERT INTO partner_records (seq, document) VALUES (?1, ?2)")?
        .execute(params![seq, document])?;
    Ok(())
}

/// The claims of every document that counts are those that its record names.
pub(super) fn check_claims(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut seqs = connection
        .prepare("SELECT seq, document FROM partner_records WHERE document IS NOT NULL")
        .map_err(failed)?;
    let seqs: rusqlite::Result<Vec<(i64, i64)>> = seqs
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect);
    for (seq, document) in seqs.map_err(failed)? {
        let record = restore::record(connection, path, seq)?;
        let said = record.map(|stored| stored.record.fact);
        let Some(Fact::Partner(PartnerFact::Heard { claims, counts, .. })) = said else {
            let text = format!("Record {seq} does not speak of document {document}.");
            return Err(StoreError::damaged(path, text));
        };
        let (kept, hash) = claims_of(connection, document).map_err(failed)?;
        if kept != counts || hash != claims {
            let text = format!(
                "The claims kept of partner document {document} are not those that its record names."
            );
            return Err(StoreError::damaged(path, text));
        }
    }
    Ok(())
}

/// How much is kept of a document, and its hash.
fn claims_of(
    connection: &Connection,
    document: i64,
) -> rusqlite::Result<(HeardCounts, crate::record::ClaimsHash)> {
    let (mut counts, mut hasher) = (HeardCounts::default(), ClaimsHasher::NEW);
    let mut claims = connection.prepare(&format!(
        "SELECT {CLAIM_COLUMNS} FROM partner_claims c WHERE document = ?1 ORDER BY event"
    ))?;
    let mut claims = claims.query([document])?;
    while let Some(row) = claims.next()? {
        let claim = claim_of(connection, row)?;
        let event = claim.event as i64;
        counts.events += 1;
        hasher.claim(&claim);
        let mut places = connection.prepare_cached(
            "SELECT place, kind, unit, flags, NULL, NULL, NULL FROM partner_subjects
             WHERE document = ?1 AND event = ?2
             UNION ALL
             SELECT place, NULL, NULL, NULL, gtin, lot, amount FROM partner_lots
             WHERE document = ?1 AND event = ?2 ORDER BY place",
        )?;
        let mut places = places.query([document, event])?;
        while let Some(row) = places.next()? {
            counts.claims += 1;
            match row.get::<_, Option<i64>>(1)? {
                Some(kind) => {
                    let flags = Flags(row.get(3)?);
                    counts.flagged += u64::from(!flags.none());
                    hasher.subject(&claimed_of(connection, kind, row.get(2)?)?, flags);
                }
                None => hasher.lot(&ClaimedLot {
                    gtin: field(row, 4)?,
                    lot: field(row, 5)?,
                    amount: row.get(6)?,
                }),
            }
        }
    }
    Ok((counts, hasher.finish()))
}

fn field<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|_| rusqlite::Error::InvalidColumnType(column, text, rusqlite::types::Type::Text))
}

/// Columns that [`claim_of`] reads, of a table called `c`.
pub(super) const CLAIM_COLUMNS: &str =
    "c.event, c.id, c.utc_ms, c.said, c.takes_back, c.sayer, c.goal,
    c.holder_kind, c.holder, c.words, c.content";

/// How many they are.
pub(super) const CLAIM_COLUMN_COUNT: usize = 11;

/// What an event says.
pub(super) fn claim_of(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Claim> {
    let said: u8 = row.get(3)?;
    let holder: Option<(i64, i64)> = row.get::<_, Option<i64>>(7)?.zip(row.get(8)?);
    let gln = |column| -> rusqlite::Result<_> {
        let text: Option<String> = row.get(column)?;
        Ok(text.and_then(|text| text.parse().ok()))
    };
    Ok(Claim {
        event: row.get::<_, i64>(0)? as u64,
        id: row.get(1)?,
        utc_ms: row.get(2)?,
        said: Said::of_code(said)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(3, said.into()))?,
        takes_back: row.get(4)?,
        by: gln(5)?,
        to: gln(6)?,
        holder: holder
            .map(|(kind, unit)| claimed_of(connection, kind, unit))
            .transpose()?,
        words: row.get(9)?,
        content: row.get::<_, Option<[u8; 32]>>(10)?.map(EventHash),
    })
}
