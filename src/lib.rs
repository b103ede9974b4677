//! Vidimus: a packaging-line print-and-verify station.
//!
//! The modules in reading order; `ARCHITECTURE.md` says what each may touch.

pub mod cli;
pub mod config;
pub mod gs1;
pub mod record;
pub mod tui;
pub mod wire;
