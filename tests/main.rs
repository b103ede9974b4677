//! Promises.

mod gs1_conformance;
mod label_pictures;
mod vision_frames;
mod vision_photos;
mod store;
mod store_crash;
mod store_model;
mod store_refusals;
mod cli;
mod config;
mod snapshot;
mod tui;
