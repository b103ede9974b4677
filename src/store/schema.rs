//! The tables, as numbered migrations. A migration, once released, is never edited: the next one
//! follows it.

use super::{StoreError, lots, outbox, partners, shelves, stops, templates};
use rusqlite::{Connection, Transaction};
use std::path::Path;

/// `VDMS`: marks the file as ours in SQLite's own header field for it (byte 68).
pub const APPLICATION_ID: u32 = 0x5644_4D53;

/// `VDPT`: marks the store of a power test, so that no station ever takes it for its own.
pub const POWER_TEST_ID: u32 = 0x5644_5054;

/// What a store is for; it stands in the file's header, and everything else is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// A station's records.
    #[default]
    Station,
    /// Numbered commits that show whether a disk keeps what it acknowledged.
    PowerTest,
}

impl Purpose {
    const ALL: [Purpose; 2] = [Purpose::Station, Purpose::PowerTest];

    /// The application id in the file's header.
    pub fn application_id(self) -> u32 {
        match self {
            Purpose::Station => APPLICATION_ID,
            Purpose::PowerTest => POWER_TEST_ID,
        }
    }

    /// Whose file this is, judged by the id in its header, if it is one `self` may open.
    pub fn admit(self, path: &Path, application_id: u32) -> Result<(), StoreError> {
        let found = Purpose::ALL
            .into_iter()
            .find(|one| one.application_id() == application_id);
        let path = path.to_owned();
        match found {
            Some(found) if found == self => Ok(()),
            Some(found) => Err(StoreError::Purpose { path, found }),
            None => Err(StoreError::Foreign {
                path,
                application_id,
            }),
        }
    }
}

/// The version this program reads and writes.
pub const VERSION: i64 = FIRST_VERSION + MIGRATIONS.len() as i64 - 1;

/// The version the first of the migrations leads to. Version 1 kept one row a record; no release ever wrote it.
const FIRST_VERSION: i64 = 2;

/// One step of the database's form.
struct Migration {
    sql: &'static str,
    /// What the new tables hold of records that are there already; `None` where nothing can be.
    fill: Option<Fill>,
}

type Fill = fn(&Transaction<'_>, &Path) -> Result<(), StoreError>;

const fn step(sql: &'static str) -> Migration {
    Migration { sql, fill: None }
}

const MIGRATIONS: [Migration; 12] = [
    step(FIRST),
    step(PEOPLE),
    step(PACKAGING),
    step(POOLS),
    Migration {
        sql: lots::TABLES,
        fill: Some(lots::fill),
    },
    step(partners::TABLES),
    step(outbox::TABLES),
    step(partners::CONTENT),
    step(templates::TABLES),
    step(LANES),
    step(shelves::TABLES),
    step(stops::TABLES),
];

const FIRST: &str = "
-- What happened and is not yet in a block: one row a commit, which covers the records after the
-- commit before it up to last_seq. text is what hash is made of; its form is the recipe.
CREATE TABLE commits (
    last_seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    text TEXT NOT NULL
) STRICT;

-- The last commit, once more: a history that was cut short is found out.
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_seq INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Commits that are past, many together: body is their texts, each with its length before it, in
-- zlib's format (RFC 1950); bytes is its length before that. hash is the last commit's.
-- last_pack is the last pack that had entered by then, first_pack the first one that is spoken of in
-- this or a later block: both only grow. The records of a pack stand in the blocks with
-- first_pack <= pack <= last_pack; what came later is in table late.
CREATE TABLE blocks (
    last_seq INTEGER PRIMARY KEY,
    commits INTEGER NOT NULL,
    first_pack INTEGER NOT NULL,
    last_pack INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX block_of_pack ON blocks (last_pack);

-- Records about a pack that came long after it: block is its last_seq.
CREATE TABLE late (
    pack INTEGER NOT NULL,
    block INTEGER NOT NULL REFERENCES blocks,
    PRIMARY KEY (pack, block)
) STRICT, WITHOUT ROWID;

-- taken: the counter value of the next serial.
CREATE TABLE gtins (
    gtin INTEGER PRIMARY KEY,
    digits TEXT NOT NULL UNIQUE CHECK (length(digits) = 14),
    taken INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The PLC boots that were seen: ids up to from_id are none of this station's packs or were known.
CREATE TABLE plc_boots (
    seq INTEGER PRIMARY KEY,
    boot INTEGER NOT NULL,
    from_id INTEGER
) STRICT;

-- opened, closed: the records that say so. Its packs lie between first_pack and last_pack.
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    gtin INTEGER NOT NULL REFERENCES gtins,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER,
    first_pack INTEGER NOT NULL,
    last_pack INTEGER
) STRICT;
-- At most one batch is open.
CREATE UNIQUE INDEX batch_open ON batches (closed IS NULL) WHERE closed IS NULL;

-- What a pack is now.
-- origin: 1 detected, 2 appeared, 3 unseen. voided: 0 no, 1 in line, 2 after it left.
-- serial: the number whose twelve letters, 5 bits each, are the text; any other text as it is.
-- ink: its number was seen in ink on some pack. outcome: the verdict code of the PLC contract.
-- fate: 1 good, 2 by verdict, 3 no verdict, 4 heartbeat, 5 boot echo, 6 purge, 7 not confirmed,
-- 8 removed, 9 bypass, 10 unknown.
CREATE TABLE packs (
    pack INTEGER PRIMARY KEY,
    batch INTEGER REFERENCES batches,
    plc_boot INTEGER NOT NULL,
    plc_id INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    gtin INTEGER REFERENCES gtins,
    serial_index INTEGER,
    serial ANY,
    voided INTEGER NOT NULL DEFAULT 0,
    ink INTEGER NOT NULL DEFAULT 0,
    outcome INTEGER,
    fate INTEGER,
    CHECK ((serial IS NULL) = (gtin IS NULL) AND (serial IS NULL) = (serial_index IS NULL)),
    CHECK (voided = 0 OR serial IS NOT NULL)
) STRICT;
-- No number is ever reserved twice: one index is one text for as long as the key is the same.
CREATE UNIQUE INDEX pack_of_number ON packs (gtin, serial_index) WHERE serial_index IS NOT NULL;
CREATE INDEX packs_open ON packs (pack) WHERE fate IS NULL;

CREATE TRIGGER commits_keep BEFORE UPDATE ON commits
BEGIN SELECT raise(ABORT, 'Commits are never changed.'); END;
CREATE TRIGGER commits_stay BEFORE DELETE ON commits
WHEN OLD.last_seq > (SELECT coalesce(max(last_seq), 0) FROM blocks)
BEGIN SELECT raise(ABORT, 'Commits are never deleted before a block holds them.'); END;
CREATE TRIGGER blocks_keep BEFORE UPDATE ON blocks
BEGIN SELECT raise(ABORT, 'Blocks are never changed.'); END;
CREATE TRIGGER blocks_stay BEFORE DELETE ON blocks
BEGIN SELECT raise(ABORT, 'Blocks are never deleted.'); END;
CREATE TRIGGER packs_stay BEFORE DELETE ON packs
BEGIN SELECT raise(ABORT, 'Packs are never deleted.'); END;
";

/// Who may do what, and what proves it.
const PEOPLE: &str = "
-- Which records speak of people (names, roles, secrets, locks), or of what the station is set to. What they add up to
-- is worked out at every start.
CREATE TABLE people (
    seq INTEGER PRIMARY KEY
) STRICT;

-- The secret in force of each person, as an argon2id PHC string. The newest record about it holds its SHA-256.
-- In no record and in no link of the chain: what was replaced is gone, and nobody can guess at it.
CREATE TABLE secrets (
    person TEXT PRIMARY KEY,
    phc TEXT NOT NULL
) STRICT;
";

/// What is inside what, and where it went.
const PACKAGING: &str = "
-- Bundles, cases, pallets. code: an SSCC as number, or GTIN and serial as they stand in an element string.
-- state: 1 open, 2 closed, 3 changed after it was closed, 4 disaggregated. inside: units directly inside.
CREATE TABLE containers (
    container INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,
    name TEXT NOT NULL,
    code ANY NOT NULL UNIQUE,
    batch INTEGER,
    capacity INTEGER,
    state INTEGER NOT NULL,
    inside INTEGER NOT NULL,
    mixed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX containers_open ON containers (container) WHERE state = 1;

-- What was inside what, and when. A row is a run of units with numbers from first to last, at most 64: kind 0 packs,
-- 1 containers. They went in at the records from from_seq to filled_seq (units of one record: both the same), one after
-- the other, and came out at to_seq; NULL: they are inside.
CREATE TABLE contained (
    kind INTEGER NOT NULL,
    first INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    last INTEGER NOT NULL,
    filled_seq INTEGER NOT NULL,
    to_seq INTEGER,
    container INTEGER NOT NULL REFERENCES containers,
    PRIMARY KEY (kind, first, from_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX inside ON contained (container, from_seq);

-- Which records speak of a container, other than those by which packs fell into it one by one.
CREATE TABLE container_records (
    container INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (container, seq)
) STRICT, WITHOUT ROWID;

-- Steps of journeys and ends of lives, of packs (kind 0) and containers (kind 1) with all that is inside.
-- step: 1 shipped, 2 received, 3 returned, 4 held, 5 released, 6 recalled, 7 recall lifted; 11 sampled, 12 damaged,
-- 13 destroyed, 14 decommissioned, 15 reworked, 16 dispensed, 17 lost.
CREATE TABLE steps (
    kind INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    step INTEGER NOT NULL,
    partner TEXT,
    PRIMARY KEY (kind, unit, seq)
) STRICT, WITHOUT ROWID;

-- The same of whole lots.
CREATE TABLE lot_steps (
    gtin TEXT NOT NULL,
    lot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    step INTEGER NOT NULL,
    partner TEXT,
    PRIMARY KEY (gtin, lot, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_of_lot ON batches (lot, gtin);
";

/// Numbers from outside, and numbers given outside.
const POOLS: &str = "
-- pool_taken: from this counter value on none of a pool's numbers is taken; 0 before the first one.
ALTER TABLE gtins ADD COLUMN pool_taken INTEGER NOT NULL DEFAULT 0;

-- Which records speak of pools and of numbers given outside. What they add up to is worked out at every start.
CREATE TABLE pool_facts (
    seq INTEGER PRIMARY KEY
) STRICT;

-- The numbers of pools: their counter values begin at 2^60 and follow each other, pool by pool. ai91, ai92, ai93: what
-- belongs to a number. Each list is held against the hash in the record of its import by the full check.
CREATE TABLE pool_numbers (
    gtin INTEGER NOT NULL REFERENCES gtins,
    number INTEGER NOT NULL CHECK (number >= 1152921504606846976),
    text TEXT NOT NULL,
    ai91 TEXT,
    ai92 TEXT,
    ai93 TEXT,
    PRIMARY KEY (gtin, number)
) STRICT, WITHOUT ROWID;
-- No text comes twice for a GTIN, in whatever list.
CREATE UNIQUE INDEX pool_number_of_text ON pool_numbers (gtin, text);

CREATE TRIGGER pool_numbers_keep BEFORE UPDATE ON pool_numbers
BEGIN SELECT raise(ABORT, 'Numbers of pools are never changed.'); END;
CREATE TRIGGER pool_numbers_stay BEFORE DELETE ON pool_numbers
BEGIN SELECT raise(ABORT, 'Numbers of pools are never deleted.'); END;
";

/// Whose PLC it was: what versions that knew one lane wrote is of the first one.
const LANES: &str = "
ALTER TABLE plc_boots ADD COLUMN lane INTEGER NOT NULL DEFAULT 1;
ALTER TABLE packs ADD COLUMN lane INTEGER NOT NULL DEFAULT 1;
-- The last pack of a lane is found without looking through those of the others; a station with one lane needs no index.
CREATE INDEX packs_of_other_lanes ON packs (lane, pack) WHERE lane > 1;
";

/// The version of SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The version a database has.
pub fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The program a database belongs to.
pub fn application_of(connection: &Connection) -> rusqlite::Result<u32> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id as u32)
}

/// Refuses a version from before the first release; 0 is a database without tables.
pub fn admit_released(path: &Path, found: i64) -> Result<(), StoreError> {
    match (1..FIRST_VERSION).contains(&found) {
        true => Err(StoreError::Unreleased {
            path: path.to_owned(),
            found,
        }),
        false => Ok(()),
    }
}

/// Brings the database at `path` to [`VERSION`], one transaction a step. Refuses a newer one.
pub fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let found = version_of(connection).map_err(failed)?;
    let known = VERSION;
    if found > known {
        let path = path.to_owned();
        return Err(StoreError::Newer { path, found, known });
    }
    admit_released(path, found)?;
    for (step, version) in MIGRATIONS.iter().zip(FIRST_VERSION..) {
        if version <= found {
            continue;
        }
        let migration = connection.transaction().map_err(failed)?;
        migration.execute_batch(step.sql).map_err(failed)?;
        if let Some(fill) = step.fill {
            fill(&migration, path)?;
        }
        migration
            .pragma_update(None, "user_version", version)
            .map_err(failed)?;
        migration.commit().map_err(failed)?;
    }
    assert_eq!(version_of(connection).map_err(failed)?, VERSION);
    Ok(())
}
