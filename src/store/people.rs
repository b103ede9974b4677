//! The people of a station and what it is set to, as their records say, and the secrets that belong to people.
//!
//! The register is worked out from the records themselves, so no row that could be changed on its own says who may do
//! what. A secret's row is held against the hash in the newest record about it, at every opening and by the full check.

use super::projection::Refusal;
use super::{StoreError, restore};
use crate::record::{Fact, PersonName, Register, SecretHash, Settings};
use rusqlite::{Connection, Transaction, params};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// A stored secret: a person's argon2id text (PHC string). It is no secret itself and something to guess at, so
/// nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Whose.
    pub person: PersonName,
    /// `$argon2id$…`
    pub phc: String,
}

impl StoredSecret {
    /// What the records say of it: SHA-256 of the text.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.phc.as_bytes()).into())
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredSecret({}, ..)", self.person)
    }
}

/// Notes that this record speaks of people, or of what the station is set to.
pub fn note(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO people (seq) VALUES (?1)")?
        .execute([seq])
        .map(drop)
}

/// Writes the secret that a record brings into force, in the record's own transaction.
pub fn keep_secret(
    transaction: &Transaction<'_>,
    fact: &Fact,
    secrets: &[StoredSecret],
) -> Result<(), Refusal> {
    let Fact::People(fact) = fact else {
        return Ok(());
    };
    let Some((name, hash)) = fact.secret() else {
        return Ok(());
    };
    let found = secrets
        .iter()
        .find(|secret| secret.person.key() == name.key() && secret.hash() == hash);
    let Some(secret) = found else {
        let text = format!("The stored secret of {name} did not come with it.");
        return Err(Refusal::Contradicts(text));
    };
    transaction
        .prepare_cached(
            "INSERT INTO secrets (person, phc) VALUES (?1, ?2)
             ON CONFLICT (person) DO UPDATE SET phc = ?2",
        )?
        .execute(params![name.key(), secret.phc])?;
    Ok(())
}

/// Who is enrolled, and what the station was set to when it started last.
pub fn said(connection: &Connection, path: &Path) -> Result<(Register, Settings), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut seqs = connection
        .prepare_cached("SELECT seq FROM people ORDER BY seq")
        .map_err(failed)?;
    let seqs: rusqlite::Result<Vec<i64>> = seqs
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect);
    let (mut register, mut settings) = (Register::default(), Settings::default());
    for seq in seqs.map_err(failed)? {
        let stored = restore::record(connection, path, seq)?;
        let taken = match stored.map(|stored| stored.record.fact) {
            Some(Fact::People(fact)) => register.apply(&fact),
            Some(Fact::Configured { changes }) => settings.apply(&changes),
            _ => Err("It speaks of neither.".to_owned()),
        };
        taken.map_err(|why| {
            let text = format!("Record {seq} about people or settings makes no sense. {why}");
            StoreError::damaged(path, text)
        })?;
    }
    Ok((register, settings))
}

/// The secrets in force, each held against its record.
pub fn secrets(connection: &Connection, path: &Path) -> Result<Vec<StoredSecret>, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut rows = connection
        .prepare_cached("SELECT person, phc FROM secrets")
        .map_err(failed)?;
    let rows: rusqlite::Result<BTreeMap<String, String>> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect);
    let mut rows = rows.map_err(failed)?;
    let mut secrets = Vec::new();
    for person in said(connection, path)?.0.people() {
        let secret = rows.remove(&person.name.key()).map(|phc| StoredSecret {
            person: person.name.clone(),
            phc,
        });
        match secret.filter(|secret| secret.hash() == person.secret) {
            Some(secret) => secrets.push(secret),
            None => {
                let text = format!(
                    "The stored secret of {} is not the one that the records name.",
                    person.name
                );
                return Err(StoreError::damaged(path, text));
            }
        }
    }
    match rows.keys().next() {
        Some(person) => {
            let text = format!("There is a stored secret of {person:?}, whom no record names.");
            Err(StoreError::damaged(path, text))
        }
        None => Ok(secrets),
    }
}
