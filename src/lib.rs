//! Vidimus: a packaging-line print-and-verify station.
//!
//! The modules in reading order; `ARCHITECTURE.md` says what each may touch.

pub mod capture;
pub mod cli;
pub mod config;
pub mod epcis;
pub mod gs1;
pub mod label;
pub mod line;
pub mod packaging;
pub mod record;
pub mod serial;
pub mod station;
pub mod store;
pub mod trace;
pub mod tui;
pub mod vision;
pub mod wire;
#[cfg(feature = "demo")]
pub mod world;
