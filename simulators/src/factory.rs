//! The factory: printer, PLC, camera and belt joined, with the truth about every pack.
//!
//! [`Factory`] is a PURE value: bytes and registers go in and out, [`Factory::step`] moves it in
//! time, and pictures and truth lines come out as values. [`run()`] puts it on sockets and
//! pseudo-terminals.

mod bench;
mod line;
mod options;
mod run;
mod sensors;
mod status;
#[cfg(test)]
mod test;
mod trouble;

pub use line::{Factory, Happenings};
pub use options::{CameraLink, Devices, FactoryOptions, LineOptions, Listen, PlcLink, PrinterLink};
pub use run::{ADDRESS_FILE, FactoryAddresses, FactoryError, run, run_announced};
pub use status::Status;
