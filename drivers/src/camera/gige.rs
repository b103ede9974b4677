//! GigE Vision cameras, without foreign libraries: control by GVCP, pictures by GVSP. PURE, except [`spawn`],
//! [`discover`] and [`look`].
//!
//! In reading order: [`address`] says which camera and how it is to be set, [`gvcp`] and [`gvsp`] are the bytes,
//! [`genicam`] the camera's own description, `asking` one question at a time, `setup` the way to a running camera,
//! [`pictures`] from packets to pictures, [`session`] all of it, `wire` the sockets. Sources and doubts stand at the
//! head of each; how to set camera and computer stands in `docs/cameras.md`.

pub mod address;
mod asking;
pub mod genicam;
pub mod gvcp;
pub mod gvsp;
mod look;
pub mod pictures;
pub mod session;
mod setup;
mod wire;

pub use asking::{ANSWER_MS, TRIES_MAX};
pub use look::{Seen, look};
pub use session::GigeSession;
pub use wire::{RECEIVE_BUFFER, discover, spawn};

use core::net::Ipv4Addr;

/// Where the two ends of a camera's link are on this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// This computer's address on the camera's network.
    pub host: Ipv4Addr,
    /// The UDP port that waits for pictures.
    pub port: u16,
    /// Bytes of receive buffer that were asked for.
    pub buffer_asked: usize,
    /// Bytes that the system gave.
    pub buffer_given: usize,
}

/// What the link of a camera delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The sockets are open; comes first.
    Opened(Ends),
    /// A datagram from the camera's control port.
    Control(Vec<u8>),
    /// A datagram on the port that waits for pictures.
    Stream(Vec<u8>),
}

#[cfg(test)]
mod test;
