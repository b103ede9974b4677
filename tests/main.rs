//! Promises.

mod config;
