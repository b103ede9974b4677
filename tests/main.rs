//! Promises.

mod store;
mod store_model;
