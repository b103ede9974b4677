//! A station's part of its site's serials: range, key, pools, and what its store has taken. Only read.

use crate::cli::exit::{Exit, Failure};
use crate::cli::station_file;
use crate::config::Config;
use crate::gs1::Gtin;
use crate::record::pool::{Export, Given, Pool};
use crate::record::{NumberState, Restored, Token};
use crate::serial::{INDEX_COUNT, IndexRange, SerialKey, Stock};
use crate::station::{key, plan};
use crate::store::{OpenOptions, Reader, StoreError};
use std::collections::BTreeMap;
use std::path::Path;

/// What a station file leads to. The station may be running, or not, or never have been.
pub(super) struct Site {
    pub(super) config: Config,
    /// The station's indices.
    pub(super) range: IndexRange,
    /// `None` before the station's first start.
    store: Option<Reader>,
    /// Where everything stood at the last commit.
    restored: Restored,
}

/// How many numbers stand where.
pub(super) type States = BTreeMap<NumberState, u64>;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Store, error)
}

/// What comes with this GTIN.
fn taken_of(taken: &[(Gtin, u64)], gtin: Gtin) -> u64 {
    let mut of = taken.iter().filter(|(one, _)| *one == gtin);
    of.next().map_or(0, |(_, taken)| *taken)
}

impl Site {
    /// Reads the station file and opens its store, if there is one.
    pub(super) fn open(file: &Path) -> Result<Site, Failure> {
        let config = station_file::load(file)?;
        let store = match Reader::open(&config.station.data_dir, &OpenOptions::default()) {
            Ok(reader) => Some(reader),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(failed(error)),
        };
        let restored = store
            .as_ref()
            .map_or(Ok(Restored::default()), Reader::restore);
        Ok(Site {
            range: plan::range(&config),
            config,
            store,
            restored: restored.map_err(failed)?,
        })
    }

    /// Whether the station has a store.
    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    /// The site's key, held against the last numbers in the store, where there is one.
    pub(super) fn key(&self) -> Result<SerialKey, Failure> {
        let found = key::load(&self.config).map_err(failed)?;
        let found = found.ok_or_else(|| {
            let path = self.config.serial.key_file.display();
            let next = "The station's first start makes it; one that shares a key gets a copy of the other's file";
            failed(format!("There is no serial key {path}. {next}."))
        })?;
        if let Some(store) = &self.store {
            let last = self.restored.last_pack;
            key::check(&self.config, &found, store, last).map_err(failed)?;
        }
        Ok(found)
    }

    /// The stock of every product of the station file and of every GTIN that has numbers, by GTIN.
    pub(super) fn stocks(&self) -> Vec<(Gtin, Stock)> {
        let mut next_free: BTreeMap<Gtin, u64> = self.restored.taken.iter().copied().collect();
        let products = self.config.products.iter().map(|product| product.gtin);
        let pools = self.restored.numbers.pools().iter().map(|pool| pool.gtin);
        for gtin in products.chain(pools) {
            next_free.entry(gtin).or_insert(0);
        }
        let stock = |(gtin, next)| (gtin, Stock::new(self.range, next));
        next_free.into_iter().map(stock).collect()
    }

    /// The pools of a GTIN, each with how many numbers are left in it.
    pub(super) fn pools(&self, gtin: Gtin) -> Vec<(&Pool, u64)> {
        let taken = taken_of(&self.restored.pool_taken, gtin);
        let pools = self.restored.numbers.pools_of(gtin);
        pools.map(|pool| (pool, pool.left(taken))).collect()
    }

    /// The blocks of a GTIN that were handed out.
    pub(super) fn exports(&self, gtin: Gtin) -> Vec<(&Token, &Export)> {
        let exports = self.restored.numbers.exports();
        exports.filter(|(_, export)| export.gtin == gtin).collect()
    }

    fn on_packs(&self, gtin: Gtin, first: u64, last: u64) -> Result<States, Failure> {
        match &self.store {
            Some(store) => store.number_states(gtin, first, last).map_err(failed),
            None => Ok(States::new()),
        }
    }

    /// Where the own numbers of a GTIN stand. Looks at each pack that took one.
    pub(super) fn own_states(&self, gtin: Gtin, stock: &Stock) -> Result<States, Failure> {
        let mut states = self.on_packs(gtin, 0, INDEX_COUNT - 1)?;
        for (_, export) in self.exports(gtin) {
            let back = export.returned_count();
            *states.entry(NumberState::Allocated).or_default() += export.count - back;
            *states.entry(NumberState::Returned).or_default() += back;
        }
        *states.entry(NumberState::Unallocated).or_default() += stock.left();
        Ok(states)
    }

    /// Where the numbers of a pool stand. Looks at each pack that took one.
    pub(super) fn pool_states(&self, pool: &Pool, left: u64) -> Result<States, Failure> {
        let mut states = self.on_packs(pool.gtin, pool.first, pool.first + pool.count - 1)?;
        *states.entry(NumberState::Unallocated).or_default() += left;
        *states.entry(NumberState::Returned).or_default() += pool.returned;
        Ok(states)
    }

    /// Where a single number stands.
    pub(super) fn state_of(&self, gtin: Gtin, text: &str) -> Result<NumberState, Failure> {
        let known = match &self.store {
            Some(store) => store.pool_number_of(gtin, text).map_err(failed)?,
            None => None,
        };
        let index = match known {
            Some(index) => Some(index),
            None => {
                let key = self.key()?;
                // Lower case is read as upper; here only the number itself counts.
                let own = key.index_of(&gtin, text);
                own.filter(|index| key.text(&gtin, *index) == text)
            }
        };
        let Some(index) = index else {
            return Ok(NumberState::Unassigned);
        };
        if let Some(state) = self.on_packs(gtin, index, index)?.keys().next() {
            return Ok(*state);
        }
        let next = taken_of(&self.restored.taken, gtin);
        Ok(match self.restored.numbers.given(gtin, index) {
            Some(Given::Exported { returned: true, .. } | Given::InPool { returned: true, .. }) => {
                NumberState::Returned
            }
            Some(Given::Exported { .. }) => NumberState::Allocated,
            Some(Given::InPool { .. }) => NumberState::Unallocated,
            _ if self.range.has(index) && index >= next => NumberState::Unallocated,
            _ => NumberState::Unassigned,
        })
    }
}
