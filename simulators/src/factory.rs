//! The factory: printer, PLC, camera and belt joined, with the truth about every pack; as many lanes as are wanted, and
//! the packing hall behind them.
//!
//! [`Factory`] is one lane as a PURE value: bytes and registers go in and out, [`Factory::step`] moves it in
//! time, and pictures and truth lines come out as values. [`run()`] puts it on sockets and
//! pseudo-terminals, [`run_plant`] several of them.

mod bench;
mod folder;
mod line;
mod mishaps;
mod options;
mod ports;
mod run;
mod sensors;
mod status;
#[cfg(test)]
mod test;
mod told;
mod trouble;

pub use folder::ADDRESS_FILE;
pub use line::{Factory, Happenings};
pub use options::{
    CameraLink, Devices, FactoryOptions, HallOptions, HttpStream, LineOptions, Listen,
    PlantOptions, PlcLink, PrinterLink, ReaderLink, ReaderOptions,
};
pub use run::{run, run_announced, run_plant};
pub use status::Status;
pub use told::{FactoryAddresses, FactoryError, LaneAddresses};
