//! Promises, held by values, properties, models, crashes and outside programs.
#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story from beginning to end"
)]

mod cli;
mod config;
mod gs1_conformance;
mod label_pictures;
mod snapshot;
mod store;
mod store_crash;
mod store_model;
mod store_refusals;
mod tui;
mod vision_frames;
mod vision_photos;
