//! Promises.

mod cli;
mod config;
mod snapshot;
mod tui;
