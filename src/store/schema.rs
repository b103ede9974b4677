//! The tables, as numbered migrations. A migration, once released, is never edited: the next one
//! follows it.

use super::StoreError;
use rusqlite::Connection;
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
pub const VERSION: i64 = MIGRATIONS.len() as i64;

const MIGRATIONS: [&str; 2] = [FIRST, PEOPLE];

const FIRST: &str = "
-- Who: 'station', 'machine' or 'person:NAME'.
CREATE TABLE actors (
    actor INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE templates (
    template INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
) STRICT;

-- One row a commit: it covers the records after the commit before it up to last_seq.
CREATE TABLE commits (
    last_seq INTEGER PRIMARY KEY,
    utc_ms INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What happened; body is the fact as JSON.
CREATE TABLE records (
    seq INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    point INTEGER NOT NULL,
    actor INTEGER NOT NULL REFERENCES actors,
    reason TEXT,
    template INTEGER REFERENCES templates,
    pack INTEGER,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX records_of_pack ON records (pack) WHERE pack IS NOT NULL;
CREATE INDEX records_of_station ON records (seq) WHERE pack IS NULL;

-- The records as people and the recipe read them.
CREATE VIEW trail AS
SELECT r.seq, r.at_ns, r.point, a.name AS actor, r.reason,
    CASE WHEN r.template IS NOT NULL THEN lower(hex(t.hash)) END AS template,
    r.body, r.pack
FROM records r
JOIN actors a ON a.actor = r.actor
LEFT JOIN templates t ON t.template = r.template;

-- taken: the counter value of the next serial.
CREATE TABLE gtins (
    gtin INTEGER PRIMARY KEY,
    digits TEXT NOT NULL UNIQUE CHECK (length(digits) = 14),
    taken INTEGER NOT NULL DEFAULT 0
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
    serial TEXT,
    voided INTEGER NOT NULL DEFAULT 0,
    ink INTEGER NOT NULL DEFAULT 0,
    outcome INTEGER,
    fate INTEGER,
    CHECK ((serial IS NULL) = (gtin IS NULL) AND (serial IS NULL) = (serial_index IS NULL)),
    CHECK (voided = 0 OR serial IS NOT NULL)
) STRICT;
-- No number is ever reserved twice.
CREATE UNIQUE INDEX pack_of_serial ON packs (gtin, serial) WHERE serial IS NOT NULL;
CREATE INDEX packs_open ON packs (pack) WHERE fate IS NULL;

CREATE TRIGGER records_keep BEFORE UPDATE ON records
BEGIN SELECT raise(ABORT, 'Records are never changed.'); END;
CREATE TRIGGER records_stay BEFORE DELETE ON records
BEGIN SELECT raise(ABORT, 'Records are never deleted.'); END;
CREATE TRIGGER commits_keep BEFORE UPDATE ON commits
BEGIN SELECT raise(ABORT, 'Commits are never changed.'); END;
CREATE TRIGGER commits_stay BEFORE DELETE ON commits
BEGIN SELECT raise(ABORT, 'Commits are never deleted.'); END;
CREATE TRIGGER actors_keep BEFORE UPDATE ON actors
BEGIN SELECT raise(ABORT, 'Actors are never changed.'); END;
CREATE TRIGGER actors_stay BEFORE DELETE ON actors
BEGIN SELECT raise(ABORT, 'Actors are never deleted.'); END;
CREATE TRIGGER templates_keep BEFORE UPDATE ON templates
BEGIN SELECT raise(ABORT, 'Templates are never changed.'); END;
CREATE TRIGGER templates_stay BEFORE DELETE ON templates
BEGIN SELECT raise(ABORT, 'Templates are never deleted.'); END;
CREATE TRIGGER packs_stay BEFORE DELETE ON packs
BEGIN SELECT raise(ABORT, 'Packs are never deleted.'); END;
";

/// Who may do what, and what proves it.
const PEOPLE: &str = "
-- Which records speak of people: names, roles, secrets, locks. What they add up to is worked out at every start.
CREATE TABLE people (
    seq INTEGER PRIMARY KEY REFERENCES records
) STRICT;

-- The secret in force of each person, as an argon2id PHC string. The newest record about it holds its SHA-256.
-- In no record and in no link of the chain: what was replaced is gone, and nobody can guess at it.
CREATE TABLE secrets (
    person TEXT PRIMARY KEY,
    phc TEXT NOT NULL
) STRICT;
";

/// The version a database has.
pub fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The program a database belongs to.
pub fn application_of(connection: &Connection) -> rusqlite::Result<u32> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id as u32)
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
    let done = usize::try_from(found)
        .map_err(|_| StoreError::damaged(path, format!("Its version is {found}, below zero.")))?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let migration = connection.transaction().map_err(failed)?;
        migration.execute_batch(sql).map_err(failed)?;
        migration
            .pragma_update(None, "user_version", step as i64 + 1)
            .map_err(failed)?;
        migration.commit().map_err(failed)?;
    }
    assert_eq!(version_of(connection).map_err(failed)?, VERSION);
    Ok(())
}
