//! A history written beforehand from a seed, and what a store must hold of it.
//!
//! The same seed always gives the same transactions, so a store that was cut anywhere can be compared with it and
//! can go on where it stands.

use crate::recording::Recorder;
use crate::store_model::{Dice, Model};
use std::fmt;
use std::path::Path;
use vidimus::record::{Record, Restored};
use vidimus::store::{Commit, Medium, OpenOptions, Store, StoreError, open};

/// The transactions of one seed.
pub struct History {
    /// Turns that are written together, as the store's writer does when several wait.
    pub transactions: Vec<Vec<Commit>>,
    /// What a restart finds after so many transactions.
    after: Vec<Restored>,
    records: Vec<(i64, Record)>,
}

/// What is wrong with a store after a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// It does not open, or contradicts itself.
    Refused(StoreError),
    /// Less is there than was acknowledged.
    Forgotten { acknowledged: u64, held: u64 },
    /// Part of a transaction is there.
    Half { held: u64 },
    /// What is there did not happen like that.
    Different { held: u64, what: &'static str },
}

impl From<StoreError> for Loss {
    fn from(error: StoreError) -> Loss {
        Loss::Refused(error)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Refused(error) => write!(f, "refused: {error}"),
            Loss::Forgotten { acknowledged, held } => {
                write!(f, "{acknowledged} was acknowledged, {held} is there")
            }
            Loss::Half { held } => write!(f, "half a transaction is there, up to {held}"),
            Loss::Different { held, what } => write!(f, "{what} differ at {held}"),
        }
    }
}

/// How the power tests open a store: through the recorder, with checkpoints and blocks so often that cuts fall into
/// them.
pub fn options(recorder: &Recorder) -> OpenOptions {
    OpenOptions {
        medium: Medium::Vfs(recorder.name().to_owned()),
        min_free_bytes: 0,
        checkpoint_pages: 40,
        block_bytes: 3 << 10,
        ..OpenOptions::default()
    }
}

/// Writes a transaction, says that it is acknowledged, and puts into blocks what is past, as a station's writer does.
pub fn write(
    store: &mut Store,
    transaction: &[Commit],
    recorder: &Recorder,
) -> Result<u64, StoreError> {
    let through = store.commit(transaction)?;
    recorder.acknowledge(through);
    store.settle()?;
    Ok(through)
}

impl History {
    /// `transactions` of them, each with one to three turns of the model.
    pub fn of(seed: u64, transactions: usize) -> History {
        let mut model = Model::new(seed);
        let mut dice = Dice(!seed);
        let mut after = vec![model.restored()];
        let mut written = Vec::new();
        for _ in 0..transactions {
            let turns = 1 + dice.below(3);
            written.push((0..turns).map(|_| model.turn()).collect());
            after.push(model.restored());
        }
        History {
            transactions: written,
            after,
            records: model.history(),
        }
    }

    /// How many whole transactions end with this record.
    pub fn transactions_at(&self, last_seq: u64) -> Option<usize> {
        let found = self
            .after
            .binary_search_by_key(&last_seq, |restored| restored.last_seq);
        found.ok()
    }

    /// Opens what lies in `folder` as a station does and holds it against this history: nothing acknowledged is lost,
    /// only whole transactions are there, the records and what a restart finds are those of the history. With `audit`
    /// the projections are worked out again from the records as well, and SQLite's own full check is made.
    pub fn judge(
        &self,
        folder: &Path,
        recorder: &Recorder,
        acknowledged: u64,
        audit: bool,
    ) -> Result<Store, Loss> {
        let store = open(folder, options(recorder))?;
        let held = store.last_seq();
        if held < acknowledged {
            return Err(Loss::Forgotten { acknowledged, held });
        }
        let at = self.transactions_at(held).ok_or(Loss::Half { held })?;
        let reader = store.reader()?;
        if reader.restore()? != self.after[at] {
            let what = "what a restart finds";
            return Err(Loss::Different { held, what });
        }
        let mut wanted = self.records[..held as usize].iter();
        let mut same = true;
        reader.for_each_record(0, |stored| {
            let next = wanted.next();
            same &= next.is_some_and(|(utc_ms, record)| {
                (*utc_ms, record) == (stored.utc_ms, &stored.record)
            });
        })?;
        if !same || wanted.next().is_some() {
            let what = "the records";
            return Err(Loss::Different { held, what });
        }
        if audit {
            let chain = reader.audit()?;
            if (chain.last_seq, chain.records) != (held, held) {
                let what = "the chain and the records";
                return Err(Loss::Different { held, what });
            }
        }
        Ok(store)
    }
}
