//! The store: the only place with SQL. Records go in, `Committed { through }` comes out.
//!
//! One folder holds one database, `vidimus.db`, and one station at a time holds the folder.
//! [`open`] refuses everything it cannot vouch for. The write itself is the plain function
//! [`Ledger::commit`]; in production one thread calls it ([`Writer`]), in a simulated world the
//! caller does. Questions go through a [`Reader`] with a connection of its own.
//!
//! Every commit seals its records into a chain of SHA-256 (`chain.rs`). ARCHITECTURE.md says how anyone can check it
//! without this program; `tests/audit/check.py` does for an export, `tests/store_recipe.py` for the database itself.
//!
//! # What is kept twice, and why
//!
//! Commits are appended and never changed (triggers refuse it); once there are enough of them they
//! move into a block, whole and in the same transaction. `packs`, `batches`, `gtins` and `plc_boots`
//! are projections: what a pack is now, one compact row each, written from the same records in the
//! same transaction, so that a restart need not read history. A number stands in `packs` with its
//! counter value, under a UNIQUE index that holds the law that no number is reserved twice for a
//! GTIN: it grows at its end only, whatever the texts look like. `people` says which records speak of
//! people or settings; who is enrolled, and what the station is set to, is worked out from these at
//! every start. `components` says which lots of components a batch used, `batch_records` which records
//! speak of it. `shelved` says which alarms are, and the record of each.
//!
//! # What is kept beside the chain
//!
//! `secrets` holds one argon2id text (PHC string) a person, written with the record that holds its
//! SHA-256. It is the one table whose rows are replaced: what nobody must guess at may not stand in
//! records that stay for ever. A row that is not what its record says is found at every opening.
//!
//! `pool_numbers` holds the numbers of pools: too many for a record, which holds their count and their hash instead.
//! The full check ([`Reader::audit`]) works the hash out again.
//!
//! `partner_documents`, `partner_claims`, `partner_subjects` and `partner_lots` hold what partners say, the same way:
//! staged in small transactions, counted by one record with its hash. `partner_records` says which records those are.
//! `outbox` says which documents about our events were made for a partner's repository, and how far each came: rows
//! that change, and no records; events can be made of the records again at any time.

mod audit;
mod back_then;
mod block;
mod chain;
mod codes;
mod container_row;
mod containment;
mod copying;
mod error;
mod folder;
mod heard;
mod hearsay;
mod keeping;
mod labels;
mod ledger;
mod look;
mod lots;
mod opening;
mod outbox;
mod pack_row;
mod partners;
mod people;
mod pools;
mod projection;
mod reader;
mod replay;
mod restore;
mod rows;
mod run;
mod schema;
mod sealed;
mod sealing;
mod shelves;
mod spread;
mod stops;
mod stretch;
mod structure;
mod templates;
mod walk;
mod whereabouts;
mod writer;

pub use audit::SignatureOn;
pub use chain::{ChainStatus, SealedCommit};
pub use error::StoreError;
pub use folder::{database, free_bytes, in_use};
pub use heard::{Heard, Known};
pub use hearsay::{BEHIND_MAX_MS, Hearsay, Places, Saying, Unrecorded, claimed};
pub use labels::PrintedLabel;
pub use ledger::{Commit, Errand, Ledger};
pub use look::ChainTail;
pub use lots::{ComponentUse, LotRecord, PrinterUse};
pub use opening::{Medium, OpenOptions, Store, open};
pub use outbox::{OutboxChange, OutboxDocument, OutboxState};
pub use people::StoredSecret;
pub use reader::{Counts, PackFilter, PackRow, Reader, Sizes};
pub use rows::StoredRecord;
pub use schema::{APPLICATION_ID, POWER_TEST_ID, Purpose, VERSION, sqlite_version};
pub use sealed::Link as SealedRecord;
pub use spread::PackRun;
pub use templates::LabelRun;
pub use walk::{Mark, Numbered};
pub use whereabouts::{Inside, Stay, Whereabouts};
pub use writer::{Errands, GROUP_COMMITS_MAX, QUEUE_COMMITS_MAX, StoreEvent, Writer};
