//! Byte links: TCP, serial, and one in memory for tests. IO, except `memory`.

pub mod memory;
pub mod serial;
pub mod tcp;

use crate::Fault;
use crate::address::LinkAddress;

/// An open byte link.
pub(crate) enum Wire {
    Tcp(tcp::TcpWire),
    Serial(serial::SerialWire),
}

impl Wire {
    /// Opens the link; ends by itself, with a reason, within the link's own limit.
    pub async fn open(link: &LinkAddress) -> Result<Wire, Fault> {
        match link {
            LinkAddress::Tcp(at) => Ok(Wire::Tcp(tcp::TcpWire::open(at).await?)),
            LinkAddress::Serial(at) => Ok(Wire::Serial(serial::SerialWire::open(at)?)),
        }
    }

    /// Waits for bytes; never returns 0. Cancel-safe.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        match self {
            Wire::Tcp(wire) => wire.read(buffer).await,
            Wire::Serial(wire) => wire.read(buffer).await,
        }
    }

    /// Writes everything or fails within the link's own limit; after a failure the link is of no
    /// more use.
    pub async fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match self {
            Wire::Tcp(wire) => wire.write_all(bytes).await,
            Wire::Serial(wire) => wire.write_all(bytes),
        }
    }

    /// Closes without making the caller wait.
    pub fn close(self) {
        match self {
            Wire::Tcp(wire) => drop(wire),
            Wire::Serial(wire) => wire.close(),
        }
    }
}
