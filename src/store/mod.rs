//! The store: the only place with SQL. Records go in, `Committed { through }` comes out.
//!
//! One folder holds one database, `vidimus.db`, and one station at a time holds the folder.
//! [`open`] refuses everything it cannot vouch for. The write itself is the plain function
//! [`Ledger::commit`]; in production one thread calls it ([`Writer`]), in a simulated world the
//! caller does. Questions go through a [`Reader`] with a connection of its own.
//!
//! # How anyone can check the chain without this program
//!
//! Every commit seals its records. With `net(x)` = the length of x in bytes as a decimal number,
//! `:`, the bytes of x, `,` (a netstring; text is UTF-8, numbers are decimal), and a single `-` for
//! what is absent (SQL `NULL`):
//!
//! ```text
//! hash(0) = 32 zero bytes
//! hash(n) = SHA-256( hash(n-1) net(utc_ms)
//!                    for each record of the commit, by seq:
//!                    net(seq) net(at_ns) net(point) net(actor)
//!                    net(reason) net(template) net(body) )
//! ```
//!
//! An actor is `station`, `machine`, `person:NAME` (proved by a secret; in records of before there
//! were people: by saying so) or `named:NAME` (said only). The values stand in the view `trail`, one
//! row a record, in exactly these columns. Table `commits` holds `last_seq`, `utc_ms` and `hash`,
//! one row a commit: a commit covers the records after the last one of the commit before it up to
//! `last_seq`. Sequence numbers run from 1 without gaps. `tests/store_recipe.py` is this recipe in
//! Python, run by the tests.
//!
//! # What is kept twice, and why
//!
//! `records` is appended and never changed (triggers refuse it). `packs`, `batches` and `gtins` are
//! projections: what a pack is now, one compact row each, written from the same records in the same
//! transaction, so that a restart need not read history. A serial's text stands in the record and
//! in `packs`, where a UNIQUE index both finds it without the key and holds the law that no number
//! is reserved twice for a GTIN. `people` says which records speak of people; who is enrolled is
//! worked out from these at every start.
//!
//! # What is kept beside the chain
//!
//! `secrets` holds one argon2id text (PHC string) a person, written with the record that holds its
//! SHA-256. It is the one table whose rows are replaced: what nobody must guess at may not stand in
//! records that stay for ever. A row that is not what its record says is found at every opening.

mod chain;
mod codes;
mod error;
mod folder;
mod ledger;
mod opening;
mod people;
mod projection;
mod reader;
mod replay;
mod restore;
mod rows;
mod schema;
mod writer;

pub use chain::ChainStatus;
pub use error::StoreError;
pub use folder::{database, free_bytes};
pub use ledger::{Commit, Ledger};
pub use opening::{Medium, OpenOptions, Store, open};
pub use people::StoredSecret;
pub use reader::{Counts, PackFilter, PackRow, Reader, Sizes};
pub use rows::StoredRecord;
pub use schema::{APPLICATION_ID, POWER_TEST_ID, Purpose, VERSION};
pub use writer::{GROUP_COMMITS_MAX, QUEUE_COMMITS_MAX, StoreEvent, Writer};
