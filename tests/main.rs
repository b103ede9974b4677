//! Promises, held by values, properties, models, crashes and outside programs.
#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story from beginning to end"
)]

mod audit;
mod cli;
mod config;
mod deb;
#[cfg(feature = "demo")]
mod docs_commands;
mod documents;
#[cfg(feature = "demo")]
mod e2e_audit;
#[cfg(feature = "demo")]
mod e2e_bad_input;
#[cfg(feature = "demo")]
mod e2e_bench;
#[cfg(feature = "demo")]
mod e2e_cameras;
#[cfg(feature = "demo")]
mod e2e_capture;
#[cfg(feature = "demo")]
mod e2e_demo;
#[cfg(feature = "demo")]
mod e2e_device_orders;
mod e2e_devices;
#[cfg(feature = "demo")]
mod e2e_doctor;
#[cfg(feature = "demo")]
mod e2e_enrol;
#[cfg(feature = "demo")]
mod e2e_evidence;
#[cfg(feature = "demo")]
mod e2e_eyes;
#[cfg(feature = "demo")]
mod e2e_kills;
#[cfg(feature = "demo")]
mod e2e_labels;
#[cfg(feature = "demo")]
mod e2e_lanes;
#[cfg(feature = "demo")]
mod e2e_look;
#[cfg(feature = "demo")]
mod e2e_lots;
#[cfg(feature = "demo")]
mod e2e_pack_reader;
#[cfg(feature = "demo")]
mod e2e_partners;
#[cfg(feature = "demo")]
mod e2e_people;
#[cfg(feature = "demo")]
mod e2e_plc;
#[cfg(feature = "demo")]
mod e2e_plc_links;
#[cfg(feature = "demo")]
mod e2e_pools;
#[cfg(feature = "demo")]
mod e2e_power_cut;
#[cfg(feature = "demo")]
mod e2e_power_test;
#[cfg(feature = "demo")]
mod e2e_printers;
#[cfg(feature = "demo")]
mod e2e_readers;
#[cfg(feature = "demo")]
mod e2e_rejects;
#[cfg(feature = "demo")]
mod e2e_run;
#[cfg(feature = "demo")]
mod e2e_running;
#[cfg(feature = "demo")]
mod e2e_scanner;
#[cfg(feature = "demo")]
mod e2e_screen;
#[cfg(feature = "demo")]
mod e2e_service;
#[cfg(feature = "demo")]
mod e2e_shift;
#[cfg(feature = "demo")]
mod e2e_sim;
#[cfg(feature = "demo")]
mod e2e_socket;
#[cfg(feature = "demo")]
mod e2e_stacking;
#[cfg(feature = "demo")]
mod e2e_swap;
#[cfg(feature = "demo")]
mod e2e_text;
#[cfg(feature = "demo")]
mod e2e_trace;
mod epcis;
mod gs1_conformance;
mod label_pictures;
mod limits;
mod lot_questions;
#[cfg(feature = "demo")]
mod metrics;
mod outputs;
mod outside_renderers;
mod packaging_orders;
mod plc_contract;
mod pools;
mod serials;
mod service_unit;
mod snapshot;
mod store;
mod store_containment;
mod store_crash;
mod store_keeping;
mod store_model;
mod store_people;
mod store_refusals;
mod store_shelves;
#[cfg(feature = "demo")]
mod support_bundle;
mod tidy;
mod tui;
mod tui_board;
mod tui_forms;
mod tui_keys;
mod tui_language;
mod tui_look;
mod tui_places;
mod tui_rejects;
mod tui_scan;
mod tui_setup;
mod tui_sights;
mod vision_frames;
mod vision_layers;
mod vision_photos;
mod vision_reader;
mod vision_teach;
mod vision_text;
