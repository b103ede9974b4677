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
//! what is absent, the text of a commit is
//!
//! ```text
//! text(n) = net(utc_ms)
//!           for each record of the commit, by seq:
//!           net(seq) net(at_ns) net(point) net(actor)
//!           net(reason) net(template) net(body)
//! hash(0) = 32 zero bytes
//! hash(n) = SHA-256( hash(n-1) text(n) )
//! ```
//!
//! An actor is `station`, `machine`, `person:NAME` (proved by a secret) or `named:NAME` (said only).
//!
//! The newest commits stand in table `commits`, one row each: `last_seq`, `hash`, `text`. The ones
//! before them stand in table `blocks`: `body`, inflated (zlib, RFC 1950), is `net(text)` of one
//! commit after the other, and `hash` is that of the last one. Sequence numbers run from 1 without
//! gaps through blocks and commits; `last_seq` is the last one of its row. Table `head` says the last
//! commit once more, so that a history that was cut short is found out. `tests/store_recipe.py`
//! is this recipe in Python, run by the tests.
//!
//! # What is kept twice, and why
//!
//! Commits are appended and never changed (triggers refuse it); once there are enough of them they
//! move into a block, whole and in the same transaction. `packs`, `batches`, `gtins` and `plc_boots`
//! are projections: what a pack is now, one compact row each, written from the same records in the
//! same transaction, so that a restart need not read history. A number stands in `packs` with its
//! counter value, under a UNIQUE index that holds the law that no number is reserved twice for a
//! GTIN: it grows at its end only, whatever the texts look like. `people` says which records speak of
//! people; who is enrolled is worked out from these at every start. `components` says which
//! lots of components a batch used, `batch_records` which records speak of it.
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

mod back_then;
mod block;
mod chain;
mod codes;
mod container_row;
mod containment;
mod error;
mod folder;
mod heard;
mod hearsay;
mod labels;
mod ledger;
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
mod spread;
mod stretch;
mod structure;
mod templates;
mod walk;
mod whereabouts;
mod writer;

pub use chain::ChainStatus;
pub use error::StoreError;
pub use folder::{database, free_bytes, in_use};
pub use heard::{Heard, Known};
pub use hearsay::{BEHIND_MAX_MS, Hearsay, Places, Saying, Unrecorded, claimed};
pub use labels::PrintedLabel;
pub use ledger::{Commit, Errand, Ledger};
pub use lots::{ComponentUse, LotRecord, PrinterUse};
pub use opening::{Medium, OpenOptions, Store, open};
pub use outbox::{OutboxChange, OutboxDocument, OutboxState};
pub use people::StoredSecret;
pub use reader::{Counts, PackFilter, PackRow, Reader, Sizes};
pub use rows::StoredRecord;
pub use schema::{APPLICATION_ID, POWER_TEST_ID, Purpose, VERSION, sqlite_version};
pub use spread::PackRun;
pub use templates::LabelRun;
pub use walk::{Mark, Numbered};
pub use whereabouts::{Inside, Stay, Whereabouts};
pub use writer::{Errands, GROUP_COMMITS_MAX, QUEUE_COMMITS_MAX, StoreEvent, Writer};
