//! IO: the devices on sockets and pseudo-terminals. Everything that decides lies behind
//! [`Shared::factory`].

mod camera_gige;
mod camera_http;
mod control_port;
mod modbus;
mod pacing;
mod plc_rtu;
mod printer_pty;
mod printer_tcp;
mod shared;
mod step;

pub use camera_gige::GigeServer;
pub use camera_http::{Viewers, serve_camera};
pub use control_port::serve_control;
pub use modbus::serve_modbus;
pub use pacing::Pacing;
pub use plc_rtu::{serve_rtu_pty, serve_rtu_tcp};
pub use printer_pty::{Pty, serve_pty};
pub use printer_tcp::serve_printer;
pub use shared::{Shared, replace};
pub use step::{Screen, draw, step};
