//! A world: the station's desk, the real driver sessions and the real store code, joined with a simulated factory under
//! virtual time in one thread, from one seed.
//!
//! ```text
//! factory ⇄ links (memory) ⇄ sessions ─heard─▶ desk ─orders─▶ floor (sessions, disk, eye)
//!    └─truth──────────────────▶ checkers ◀──────records in the store
//! ```
//!
//! [`settings`] say what is built, [`trouble`] what goes wrong, [`check`] what must hold whatever does. The same seed
//! gives the same world to the last record: its hash says so.

pub mod check;
mod disk;
mod eye;
mod floor;
mod labels;
pub mod letters;
mod life;
mod mischief;
mod person;
mod pictures;
mod plant;
mod power;
pub mod report;
pub mod runs;
pub mod sabotage;
pub mod scenario;
pub mod settings;
#[cfg(test)]
mod test;
pub mod trace;
pub mod trouble;
mod witness;

pub use life::{Wish, World};
