//! What a factory tells of itself: where it is reached, and why it cannot run.

use std::{collections::BTreeMap, error, fmt, io, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

/// Where a running factory is reached. Devices that are not served are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactoryAddresses {
    /// Process id.
    pub pid: u32,
    /// `zpl+tcp://…` or `zpl+serial:///dev/pts/N?baud=…`; the scheme is the printer's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
    /// `modbus+tcp://…?unit=1`, `modbus+rtu:///dev/pts/N?baud=…&unit=1` or `modbus+rtutcp://…?unit=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plc: Option<String>,
    /// `http://…/stream`, `gige://…` or `dir://…`; or that of the reader in its place, `dmcc+tcp://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Address and port of the control port.
    pub control: String,
    /// Every lane, where there are several; the first one stands above as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<LaneAddresses>,
    /// The printer of containers' labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_printer: Option<String>,
    /// Readers by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub readers: BTreeMap<String, String>,
}

/// Where the devices of one lane are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneAddresses {
    /// Its number, from 1.
    pub lane: u8,
    /// The printer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
    /// The PLC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plc: Option<String>,
    /// The camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
}

/// Why a factory could not start, or had to stop.
#[derive(Debug)]
pub enum FactoryError {
    /// The folder or a file in it cannot be used.
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Another factory runs on this folder.
    Taken {
        /// Which.
        path: PathBuf,
    },
    /// A file in the folder is not what a factory wrote.
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A server or the pseudo-terminal cannot be opened.
    Listen {
        /// Which device.
        what: &'static str,
        /// Why.
        why: io::Error,
    },
    /// A link to a pseudo-terminal cannot be made where a station looks for its serial device.
    Device {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The control port may only listen on loopback.
    NotLoopback(SocketAddr),
    /// It broke while it ran.
    Failed(String),
}

impl fmt::Display for FactoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FactoryError::Folder { path, why } => {
                write!(f, "The factory cannot use {}: {why}. ", path.display())?;
                f.write_str("Give a folder that can be written.")
            }
            FactoryError::Taken { path } => {
                write!(f, "Another factory already runs on {}. ", path.display())?;
                f.write_str("Use it, stop it through its control port, or give another folder.")
            }
            FactoryError::Damaged { path, why } => {
                write!(f, "{} is not what a factory wrote: {why}. ", path.display())?;
                f.write_str("Remove it to start the PLC's boot numbers again from 1.")
            }
            FactoryError::Listen { what, why } => {
                write!(
                    f,
                    "The {what} cannot listen: {why}. Give another address, or port 0 for any."
                )
            }
            FactoryError::Device { path, why } => {
                let path = path.display();
                write!(
                    f,
                    "{path} cannot become the simulated serial device: {why}. "
                )?;
                f.write_str(
                    "Write a path that is free, in a folder that can be written, or let the ",
                )?;
                f.write_str("factory choose its addresses (--addresses).")
            }
            FactoryError::NotLoopback(address) => {
                write!(
                    f,
                    "The control port may not listen on {address}. Use 127.0.0.1 or [::1]."
                )
            }
            FactoryError::Failed(why) => f.write_str(why),
        }
    }
}

impl error::Error for FactoryError {}
