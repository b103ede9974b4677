//! The records as an auditor asks for them: the whole chain commit by commit, what somebody did, and who signed what.

use super::chain::{self, ChainStatus, EachCommit};
use super::rows;
use super::sealed::Link;
use super::stretch::{self, Which};
use super::{Reader, StoreError, StoredRecord};
use crate::record::{Fact, Meaning, Signed};

/// A signature, and the records it was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureOn {
    /// The first of these records.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// The record of the signature itself.
    pub record: u64,
    /// Who signed, as sealed: `person:NAME`.
    pub by: String,
    /// What it means.
    pub meaning: Meaning,
}

impl Reader {
    /// Follows the whole hash chain and calls `each` with every commit, oldest first, until it says `false`. What it
    /// was called with is proven once this returns.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the records where it breaks.
    pub fn follow_chain(&self, each: EachCommit<'_>) -> Result<ChainStatus, StoreError> {
        self.at_one_instant(|connection| chain::follow_all(connection, &self.path, each))
    }

    /// Calls `each` with the records that `wanted` lets through, oldest first, until it says `false`; the others are
    /// not even parsed. Memory stays flat.
    ///
    /// # Errors
    /// When reading fails, or what is read makes no sense.
    pub fn for_each_wanted(
        &self,
        wanted: &dyn Fn(&Link<'_>) -> bool,
        each: &mut dyn FnMut(StoredRecord) -> bool,
    ) -> Result<(), StoreError> {
        let mut go_on = true;
        self.at_one_instant(|connection| {
            stretch::for_each(connection, &self.path, Which::After(0), &mut |stretch| {
                rows::for_each_record(&self.path, stretch, wanted, &mut |stored| {
                    go_on = go_on && each(stored);
                })?;
                Ok(go_on)
            })
        })
    }

    /// Every signature, in the order in which they were given.
    ///
    /// # Errors
    /// As [`Reader::for_each_wanted`].
    pub fn signatures(&self) -> Result<Vec<SignatureOn>, StoreError> {
        let mut found = Vec::new();
        let wanted = |link: &Link<'_>| link.body.starts_with("{\"Signed\":");
        self.for_each_wanted(&wanted, &mut |stored| {
            if let Fact::Signed { meaning, of } = stored.record.fact {
                let (first, last) = match of {
                    Signed::Act { first, last, .. } => (first, last),
                    Signed::Record { seq } => (seq, seq),
                };
                let record = stored.record.seq;
                found.push(SignatureOn {
                    first,
                    // What comes later is signed by nobody yet.
                    last: last.min(record - 1),
                    record,
                    by: rows::actor_text(&stored.record.actor),
                    meaning,
                });
            }
            true
        })?;
        Ok(found)
    }
}
