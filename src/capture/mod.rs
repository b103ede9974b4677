//! What happened, told to a partner's EPCIS repository by HTTP POST (EPCIS 2.0, `/capture`): store and forward.
//!
//! ```text
//! records ──export::finished──▶ document (its row in the outbox on disk first) ──POST──▶ repository
//!                                   ▲                                     2xx: taken │ 202: its job is asked
//!                                   └── the next one, once it is settled ◀───────────┘ 4xx: a person decides
//! ```
//!
//! One document at a time is on its way. Which records it tells stands on disk before it is sent, and events have ids
//! made of their records: however often it is sent, it holds the same events, and a repository takes each once. A
//! station that was killed goes on where it was. Nothing here is ever waited for by the line.

mod answer;
mod courier;
mod pause;
mod post;

pub use courier::{Courier, Said, Settings};
pub use post::HEADER_FILE_LEN_MAX;
