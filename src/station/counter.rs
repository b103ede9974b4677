//! The counter of a station that is not running: lists of numbers come in, blocks go out and come back, with the same
//! rights and on the same record as at a running one. Whoever stands here holds the station's folder, so there is one
//! writer at any time.

use super::authentication::{Admitted, Authenticator};
use super::doorkeeper::Report;
use super::orders::{no_product, unfit_words};
use super::run::utc_ms;
use super::{StationError, key, owner, packing, plan};
use crate::config::Config;
use crate::gs1::Gtin;
use crate::line::packing::PackingPlan;
use crate::record::partner::{Staged, Staging};
use crate::record::{
    Actor, Fact, NumberRegister, PointId, PoolFact, PoolNo, Record, Restored, Signed, Token,
};
use crate::serial::outside::Refusals;
use crate::serial::{IndexRange, NumberList, SerialKey, Stock};
use crate::store::{self, Commit, Errand, OpenOptions, Reader, Store, StoreError};
use crate::wire::{OperatorCommand, PackagingOrder, Proof, Right};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use vidimus_drivers::pump::Clock;

/// How far ahead of what is taken an own number must be to be in nobody's way: 2^40 numbers last a line of 2,000 packs
/// a minute for a thousand years.
const OWN_REACH: u64 = 1 << 40;

/// Why nothing was done.
#[derive(Debug)]
pub enum CounterError {
    /// The store, the key or the people cannot be had.
    Station(StationError),
    /// It is refused, with the next step.
    Refused(String),
    /// Numbers of a list are refused; nothing of it was taken in.
    Numbers(Refusals),
    /// The very same numbers were taken in before.
    Known {
        /// As this pool, and others where the list is of several products.
        pool: PoolNo,
        /// When, ms since 1970.
        utc_ms: i64,
    },
}

impl From<StoreError> for CounterError {
    fn from(error: StoreError) -> CounterError {
        CounterError::Station(StationError::Store(error))
    }
}

impl From<StationError> for CounterError {
    fn from(error: StationError) -> CounterError {
        CounterError::Station(error)
    }
}

impl From<String> for CounterError {
    fn from(text: String) -> CounterError {
        CounterError::Refused(text)
    }
}

impl fmt::Display for CounterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CounterError::Station(error) => write!(f, "{error}"),
            CounterError::Refused(text) => f.write_str(text),
            CounterError::Numbers(refusals) => write!(f, "{refusals}"),
            CounterError::Known { pool, .. } => {
                write!(f, "It was imported before, as pool {pool}.")
            }
        }
    }
}

/// Who stands at the counter.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The name.
    pub by: String,
    /// What proves it.
    pub proof: Option<Proof>,
    /// Why.
    pub reason: Option<String>,
}

/// What numbers are judged by: what the store holds, and what the site's key makes.
pub struct Ground<'a> {
    reader: &'a Reader,
    restored: &'a Restored,
    key: &'a SerialKey,
    range: IndexRange,
    config: &'a Config,
}

impl<'a> Ground<'a> {
    /// What this store and key say.
    pub fn new(
        config: &'a Config,
        reader: &'a Reader,
        restored: &'a Restored,
        key: &'a SerialKey,
    ) -> Ground<'a> {
        Ground {
            reader,
            restored,
            key,
            range: plan::range(config),
            config,
        }
    }

    fn own_taken(&self, gtin: Gtin) -> u64 {
        let taken: BTreeMap<Gtin, u64> = self.restored.taken.iter().copied().collect();
        taken.get(&gtin).copied().unwrap_or(0)
    }

    /// The facts of an import of these lists.
    ///
    /// # Errors
    /// They were imported before, or a number is known already, or the GTIN is none of this station's.
    pub fn import(
        &self,
        lists: &[NumberList],
        source: &str,
    ) -> Result<Vec<PoolFact>, CounterError> {
        let mut register = self.restored.numbers.clone();
        if let Some(pool) = self.imported_before(lists) {
            let utc_ms = self.reader.pool_imported_at(pool)?;
            return Err(CounterError::Known { pool, utc_ms });
        }
        let mut refusals = Refusals::default();
        let mut facts = Vec::new();
        for list in lists {
            let gtin = list.gtin();
            if self.config.products.iter().all(|one| one.gtin != gtin) {
                let line = list.iter().next().map_or(1, |number| number.line);
                refusals.add(line, || no_product(gtin));
                continue;
            }
            self.judge(list, &mut refusals)?;
            let fact = PoolFact::Imported {
                pool: register.next_pool(),
                gtin,
                first: register.next_first(gtin),
                count: list.len() as u64,
                content: list.content(),
                longest: list.longest(),
                source: source.to_owned(),
            };
            register.apply(&fact)?;
            facts.push(fact);
        }
        match refusals.is_empty() {
            true => Ok(facts),
            false => Err(CounterError::Numbers(refusals)),
        }
    }

    /// The pool that the first of these lists was imported as, if all of them were.
    fn imported_before(&self, lists: &[NumberList]) -> Option<PoolNo> {
        let known = |list: &NumberList| {
            let content = list.content();
            let mut pools = self.restored.numbers.pools_of(list.gtin());
            pools
                .find(|pool| pool.content == content)
                .map(|pool| pool.no)
        };
        let pools: Option<Vec<PoolNo>> = lists.iter().map(known).collect();
        pools?.first().copied()
    }

    /// No number of the list is in a pool already, and none is one that this station gives out by itself.
    fn judge(&self, list: &NumberList, refusals: &mut Refusals) -> Result<(), StoreError> {
        let (gtin, register) = (list.gtin(), &self.restored.numbers);
        let has_pools = register.pools_of(gtin).next().is_some();
        let taken = self.own_taken(gtin);
        let next = self.range.next(taken).unwrap_or(taken);
        for number in list.sorted() {
            let text = number.text;
            if has_pools && let Some(index) = self.reader.pool_number_of(gtin, text)? {
                let mut pools = register.pools_of(gtin);
                let pool =
                    pools.find(|pool| (pool.first..pool.first + pool.count).contains(&index));
                let no = pool.map_or(0, |pool| pool.no.0);
                refusals.add(number.line, || {
                    format!("The number {text} is in pool {no} already.")
                });
                continue;
            }
            match self.key.index_of(&gtin, text) {
                Some(index) if index < taken => refusals.add(number.line, || {
                    format!("The number {text} was given out by this station itself.")
                }),
                Some(index) if index >= next && index - next < OWN_REACH => {
                    refusals.add(number.line, || {
                        format!("The number {text} is one that this station will give out itself.")
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The store of a station that is not running, with somebody who may work on its numbers.
pub struct Counter {
    config: Config,
    store: Store,
    reader: Reader,
    restored: Restored,
    key: SerialKey,
    clock: Clock,
    admitted: Admitted,
    reason: Option<String>,
}

impl Counter {
    /// Opens the store, and knows who it is.
    ///
    /// # Errors
    /// A station is running there, or never has; the store or the key cannot be used; the person may not do this.
    pub fn open(
        config: &Config,
        customer: Customer,
        right: Right,
    ) -> Result<Counter, CounterError> {
        let words = [
            ("The name", customer.by.as_str()),
            ("The reason", customer.reason.as_deref().unwrap_or_default()),
        ];
        if let Some(why) = unfit_words(&words) {
            return Err(CounterError::Refused(why));
        }
        let data_dir = &config.station.data_dir;
        if !store::database(data_dir).exists() {
            return Err(CounterError::Refused(format!(
                "{} holds no store yet: start the station once, so that it has a store, a key and people.",
                data_dir.display()
            )));
        }
        owner::check(config)?;
        let options = OpenOptions {
            min_free_bytes: config.limits.disk_min_free_mb * 1_000_000,
            ..OpenOptions::default()
        };
        let store = store::open(data_dir, options)?;
        let reader = store.reader()?;
        owner::claim(config, &reader, true)?;
        let restored = reader.restore()?;
        let key = key::load(config).map_err(StationError::Key)?;
        let key = key.ok_or_else(|| {
            StationError::Key(key::KeyError::Missing(config.serial.key_file.clone()))
        })?;
        key::check(config, &key, &reader, restored.last_pack)?;
        let clock = Clock::start();
        let mut counter = Counter {
            config: config.clone(),
            store,
            reader,
            restored,
            key,
            clock,
            admitted: Admitted {
                by: Actor::Station,
                meaning: None,
                second: None,
                secret: None,
            },
            reason: customer.reason.clone(),
        };
        counter.admitted = counter.admit(&customer, right)?;
        Ok(counter)
    }

    /// Who it is; whatever goes on record besides, a wrong secret above all, does so whether or not it is somebody.
    fn admit(&mut self, customer: &Customer, right: Right) -> Result<Admitted, CounterError> {
        let secrets = self.reader.secrets()?;
        let register = self.restored.people.clone();
        let door = Authenticator::new(self.config.people.clone(), self.clock, register, secrets)?;
        let reports = Mutex::new(Vec::new());
        let note = |report: Report| {
            reports.lock().expect("nobody panics with it").push(report);
        };
        let admitted = door.admit(&customer.by, customer.proof.as_ref(), right, &note);
        let reports = reports.into_inner().expect("nobody panicked with it");
        let records = reports
            .into_iter()
            .map(|report| (report.by, None, Fact::People(report.fact)));
        self.commit(records.collect(), Vec::new())?;
        Ok(admitted?)
    }

    /// Pools, and blocks that were handed out.
    pub fn register(&self) -> &NumberRegister {
        &self.restored.numbers
    }

    /// The site's key.
    pub fn key(&self) -> &SerialKey {
        &self.key
    }

    /// Takes lists in, all or nothing, and says what they are from here on.
    ///
    /// # Errors
    /// As [`Ground::import`]; the store fails.
    pub fn import(
        &mut self,
        lists: Vec<NumberList>,
        source: &str,
    ) -> Result<Vec<PoolFact>, CounterError> {
        let ground = Ground::new(&self.config, &self.reader, &self.restored, &self.key);
        let facts = ground.import(&lists, source)?;
        self.record(&facts, &facts, lists)?;
        Ok(facts)
    }

    /// Stages a piece of a partner's document.
    ///
    /// # Errors
    /// It is refused; the store fails.
    pub fn stage(&mut self, staging: Staging) -> Result<Staged, CounterError> {
        Ok(self.store.errand(utc_ms(), Errand::Stage(staging))??)
    }

    /// Carries out an order about what partners say or are told.
    ///
    /// # Errors
    /// As a running station; the store fails.
    pub fn partner(&mut self, order: &PackagingOrder) -> Result<(), CounterError> {
        let plan = PackingPlan::default();
        let judged = packing::judge(
            &self.reader,
            &self.key,
            &plan,
            order,
            self.reason.as_deref(),
        );
        self.put_on_record(order, judged?.facts, Vec::new())?;
        Ok(())
    }

    /// A reader of the store.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Carries out what a running station would be ordered.
    ///
    /// # Errors
    /// As the running one; the store fails.
    pub fn order(&mut self, command: &OperatorCommand) -> Result<(), CounterError> {
        let register = &self.restored.numbers;
        let taken = |of: &[(Gtin, u64)], gtin: Gtin| {
            let mut of = of.iter().filter(|(one, _)| *one == gtin);
            of.next().map_or(0, |(_, taken)| *taken)
        };
        let facts = match command {
            OperatorCommand::ExportNumbers { token, gtin, count } => {
                if self.config.products.iter().all(|one| one.gtin != *gtin) {
                    return Err(CounterError::Refused(no_product(*gtin)));
                }
                let stock = Stock::new(
                    plan::range(&self.config),
                    taken(&self.restored.taken, *gtin),
                );
                let (next, left) = (stock.next(), stock.left());
                vec![register.request(token.clone(), *gtin, *count, next, left)?]
            }
            OperatorCommand::ReturnNumbers { token } => {
                PoolFact::returned(token, &register.outside(token)?)
            }
            OperatorCommand::ReturnPool { pool } => {
                let gtin = register.pool(*pool).map(|pool| pool.gtin);
                let next_free = gtin.map_or(0, |gtin| taken(&self.restored.pool_taken, gtin));
                if let Some((batch, _)) = &self.restored.batch
                    && !batch.numbers.is_own()
                    && Some(batch.gtin) == gtin
                {
                    let text =
                        "The open batch takes numbers from the pools of this GTIN: close it first.";
                    return Err(CounterError::Refused(text.to_owned()));
                }
                vec![register.rest_of_pool(*pool, next_free)?]
            }
            _ => {
                let text = "Only numbers are dealt with here: start the station.";
                return Err(CounterError::Refused(text.to_owned()));
            }
        };
        self.record(command, &facts, Vec::new())
    }

    /// Takes back these numbers of a block, all or nothing.
    ///
    /// # Errors
    /// A number is none of the block, or came back before; the store fails.
    pub fn take_back(&mut self, token: &Token, list: &NumberList) -> Result<u64, CounterError> {
        let register = &self.restored.numbers;
        register.outside(token)?;
        let export = register.export(token).expect("something of it is outside");
        let mut refusals = Refusals::default();
        let mut indices = Vec::with_capacity(list.len());
        for number in list.iter() {
            let text = number.text;
            let index = self.key.index_of(&export.gtin, text).filter(|index| {
                // Lower case is read as upper; here only the number itself counts.
                (export.first..=export.last()).contains(index)
                    && self.key.text(&export.gtin, *index) == text
            });
            match index {
                Some(index) if export.is_returned(index) => {
                    refusals.add(number.line, || {
                        format!("The number {text} came back before.")
                    });
                }
                Some(index) => indices.push(index),
                None => refusals.add(number.line, || {
                    format!("The number {text} was not handed out for token {token}.")
                }),
            }
        }
        if !refusals.is_empty() {
            return Err(CounterError::Numbers(refusals));
        }
        indices.sort_unstable();
        let runs = runs_of(&indices);
        let facts = PoolFact::returned(token, &runs);
        self.record(&runs, &facts, Vec::new())?;
        Ok(indices.len() as u64)
    }

    /// Puts facts on record, with the signature under the order where it was signed.
    fn record(
        &mut self,
        order: &impl Serialize,
        facts: &[PoolFact],
        lists: Vec<NumberList>,
    ) -> Result<(), CounterError> {
        let mut register = self.restored.numbers.clone();
        facts.iter().try_for_each(|fact| register.apply(fact))?;
        let facts = facts.iter().cloned().map(Fact::Pool).collect();
        self.put_on_record(order, facts, lists)?;
        self.restored.numbers = register;
        Ok(())
    }

    fn put_on_record(
        &mut self,
        order: &impl Serialize,
        facts: Vec<Fact>,
        lists: Vec<NumberList>,
    ) -> Result<(), StoreError> {
        let by = || (self.admitted.by.clone(), self.reason.clone());
        let mut records: Vec<_> = facts
            .into_iter()
            .map(|fact| {
                let (by, reason) = by();
                (by, reason, fact)
            })
            .collect();
        if let Some(signature) = self.admitted.signature(order) {
            let first = self.store.last_seq() + 1;
            let of = Signed::Act {
                order: signature.order,
                first,
                last: self.store.last_seq() + records.len() as u64,
            };
            let (by, reason) = by();
            let second = signature.second.map(|second| (second.by, second.meaning));
            for (by, meaning) in [(by, signature.meaning)].into_iter().chain(second) {
                records.push((by, reason.clone(), Fact::Signed { meaning, of }));
            }
        }
        self.commit(records, lists)
    }

    fn commit(
        &mut self,
        records: Vec<(Actor, Option<String>, Fact)>,
        lists: Vec<NumberList>,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        let record = |(seq, (actor, reason, fact))| Record {
            seq,
            at,
            point: PointId::STATION,
            actor,
            reason,
            template: None,
            fact,
        };
        let records = (self.store.last_seq() + 1..).zip(records).map(record);
        let commit = Commit {
            lists,
            ..Commit::of(utc_ms(), records.collect())
        };
        self.store.commit(&[commit])?;
        self.store.settle()
    }

    /// Gives the folder free.
    ///
    /// # Errors
    /// The store cannot be closed in order; everything is on the disk all the same.
    pub fn close(self) -> Result<(), CounterError> {
        drop(self.reader);
        Ok(self.store.close()?)
    }
}

/// Stretches of counter values, each given once and upwards.
fn runs_of(indices: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for index in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    runs
}
