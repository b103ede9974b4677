//! Promises.

mod gs1_conformance;
mod store;
mod store_crash;
mod store_model;
mod store_refusals;
mod cli;
mod config;
mod snapshot;
mod tui;
