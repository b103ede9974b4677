//! Byte links: TCP, serial, and one in memory for tests. IO, except `memory`.

pub mod memory;
pub mod serial;
pub mod tcp;

use crate::Fault;
use crate::address::LinkAddress;
use std::io::{Error, ErrorKind};

/// The system's number for a connection that is still being opened.
const IN_PROGRESS: i32 = 115;

/// Why a device could not be spoken to, for people; the system's number of it stands behind.
pub(crate) fn in_words(error: &Error) -> String {
    let number = error.raw_os_error();
    let words = match error.kind() {
        ErrorKind::WouldBlock => "it takes no more bytes, and gives none",
        ErrorKind::ConnectionRefused => "nothing listens there",
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "the device closed the connection",
        ErrorKind::TimedOut => "nothing comes back from it",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no way leads there",
        _ if number == Some(IN_PROGRESS) => "the connection is still being opened",
        // "Words of the system (os error 5)"
        _ => &error.to_string().replace("os error ", ""),
    };
    match number {
        Some(number) if !words.ends_with(')') => format!("{words} ({number})"),
        _ => words.to_owned(),
    }
}

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

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn what_the_system_says_is_told_in_words() {
        for (number, said) in [
            (11, "it takes no more bytes, and gives none (11)"),
            (32, "the device closed the connection (32)"),
            (104, "the device closed the connection (104)"),
            (110, "nothing comes back from it (110)"),
            (111, "nothing listens there (111)"),
            (113, "no way leads there (113)"),
            (115, "the connection is still being opened (115)"),
            (5, "Input/output error (5)"),
        ] {
            assert_eq!(in_words(&Error::from_raw_os_error(number)), said);
        }
        assert_eq!(in_words(&Error::other("no such name")), "no such name");
    }
}
