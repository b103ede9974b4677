//! Simulated label printers, PLCs, cameras, readers, and a factory that joins them, speaking the devices'
//! real protocols.
//!
//! The factory *knows the truth*: what ink is on which pack, what the camera was shown, and which
//! bin the pack fell into. Everything that decides is a plain value stepped with time ([`Tick`])
//! and seeded; nothing in it holds a clock, thread, socket or file. Only [`serve`] and
//! [`factory::run`] wait for the outside world; only [`album`] writes pictures to files.
//!
//! Written from the devices' manuals and the contract table alone: no line is shared with the
//! drivers, so that one mistake cannot cancel itself.
//!
//! In reading order: [`symbol`] and [`printer`] turn received bytes into ink, [`optics`] and [`camera`] turn ink
//! into pictures, [`gige`] is a camera of its own kind on the network, [`plc`] holds the contract, [`reader`] says
//! what it is shown as text, [`belt`] carries packs, [`fault`] breaks things and [`catalogue`] tells people how,
//! [`trouble`] is what people may order of a device, [`factory`] joins them, [`packing`] makes cases and pallets of
//! good packs, [`truth`] keeps the account,
//! [`control`] lets a script feed and break the line, [`station_file`] builds the factory that fits a station file.
//! [`degrade`] makes damaged frames with the truth about them, for whoever builds or judges a reader; [`album`]
//! keeps them as files. [`sketch`] draws pictures with one pixel a module, for simulated worlds.

pub mod album;
pub mod bars;
pub mod belt;
pub mod camera;
pub mod catalogue;
pub mod control;
pub mod degrade;
pub mod factory;
pub mod fault;
pub mod gige;
pub mod ink;
pub mod optics;
pub mod packing;
pub mod plc;
pub mod printer;
pub mod random;
pub mod reader;
pub mod serve;
pub mod sketch;
pub mod station_file;
pub mod symbol;
pub mod tick;
pub mod trouble;
pub mod truth;

pub use tick::Tick;
