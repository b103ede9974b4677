//! A station's part of its site's serials: range, key, and what its store has taken. Only read.

use crate::cli::exit::{Exit, Failure};
use crate::cli::station_file;
use crate::config::Config;
use crate::gs1::Gtin;
use crate::serial::{IndexRange, SerialKey, Stock};
use crate::station::{key, plan};
use crate::store::{OpenOptions, Reader, StoreError};
use std::path::Path;

/// What a station file leads to. The station may be running, or not, or never have been.
pub(super) struct Site {
    pub(super) config: Config,
    /// The station's indices.
    pub(super) range: IndexRange,
    /// `None` before the station's first start.
    store: Option<Reader>,
}

impl Site {
    /// Reads the station file and opens its store, if there is one.
    pub(super) fn open(file: &Path) -> Result<Site, Failure> {
        let config = station_file::load(file)?;
        let store = match Reader::open(&config.station.data_dir, &OpenOptions::default()) {
            Ok(reader) => Some(reader),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(Failure::new(Exit::Store, error)),
        };
        Ok(Site {
            range: plan::range(&config),
            config,
            store,
        })
    }

    /// Whether the station has a store.
    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    /// The site's key, held against the last numbers in the store, where there is one.
    pub(super) fn key(&self) -> Result<SerialKey, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error);
        let found = key::load(&self.config).map_err(|error| failed(&error))?;
        let found = found.ok_or_else(|| {
            let path = self.config.serial.key_file.display();
            let next = "The station's first start makes it; one that shares a key gets a copy of the other's file";
            failed(&format!("There is no serial key {path}. {next}."))
        })?;
        if let Some(store) = &self.store {
            let restored = store.restore().map_err(|error| failed(&error))?;
            let checked = key::check(&self.config, &found, store, restored.last_pack);
            checked.map_err(|error| failed(&error))?;
        }
        Ok(found)
    }

    /// The stock of every product of the station file and of every GTIN that has taken numbers, by GTIN.
    pub(super) fn stocks(&self) -> Result<Vec<(Gtin, Stock)>, Failure> {
        let taken = match &self.store {
            Some(store) => store.restore().map(|restored| restored.taken),
            None => Ok(Vec::new()),
        };
        let taken = taken.map_err(|error| Failure::new(Exit::Store, error))?;
        let mut next_free: std::collections::BTreeMap<Gtin, u64> = taken.into_iter().collect();
        for product in &self.config.products {
            next_free.entry(product.gtin).or_insert(0);
        }
        let stock = |(gtin, next)| (gtin, Stock::new(self.range, next));
        Ok(next_free.into_iter().map(stock).collect())
    }
}
