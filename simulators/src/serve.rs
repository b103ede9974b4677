//! IO: the devices on sockets and pseudo-terminals. Everything that decides lies behind
//! [`Shared::factory`].

mod books;
mod camera_gige;
mod camera_http;
mod control_port;
mod hall;
mod modbus;
mod pacing;
mod plant;
mod plc_rtu;
mod printer_pty;
mod printer_tcp;
mod reader;
mod shared;
mod step;

pub use books::Books;
pub use camera_gige::GigeServer;
pub use camera_http::{Viewers, serve_camera};
pub use control_port::serve_control;
pub use hall::Hall;
pub use modbus::serve_modbus;
pub use pacing::Pacing;
pub use plant::Plant;
pub use plc_rtu::{serve_rtu_pty, serve_rtu_tcp};
pub use printer_pty::{Pty, serve_pty};
pub use printer_tcp::serve_printer;
pub use reader::{ReaderAddresses, ReaderBench, ReaderLink, run_reader, serve_line, serve_reader};
pub use shared::{House, Shared, replace};
pub use step::{Screen, beat, draw, step};
