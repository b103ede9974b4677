//! Track, trace, authenticate, recall, reconcile: questions put to the store. Nothing here writes, and a station may be
//! running meanwhile: every answer is of one state of the store.

mod authenticate;
mod find;
mod history;
mod recall;
mod reconcile;
mod told;
mod track;
mod words;

pub use authenticate::{Authenticity, Check, authenticate};
pub use find::{Archive, TraceError};
pub use history::{Entry, History, history};
pub use recall::{Group, Recall, Scope, recall};
pub use reconcile::{Difference, Reconciliation, reconcile};
pub use told::{ToldEntry, ToldGroup};
pub use track::{Named, Place, Track, track};
