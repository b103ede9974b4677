//! Device addresses of a station file, seen from the device. An address says where a station calls; there the device
//! listens.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use super::Places;

/// The port of GigE Vision's control protocol.
const GVCP_PORT: u16 = 3956;

/// A byte link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    Tcp(SocketAddr),
    Serial { device: PathBuf, baud: u32 },
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Camera {
    Http {
        at: SocketAddr,
        path: String,
    },
    Gige {
        at: SocketAddr,
        serial: Option<String>,
    },
    Folder(PathBuf),
}

/// `WORD+tcp://HOST:PORT` or `WORD+serial:///dev/DEVICE?baud=BAUD`: the word and the link.
pub(super) fn link(address: &str, places: &Places) -> Result<(String, Link), String> {
    let (scheme, rest) = scheme(address)?;
    let Some((word, kind)) = scheme.split_once('+') else {
        return Err(format!(
            "'{address}' names no link; write WORD+tcp:// or WORD+serial://."
        ));
    };
    let (place, query) = parted(rest);
    match kind {
        "tcp" => Ok((word.to_owned(), Link::Tcp(socket(place, None, places)?))),
        "serial" => {
            let link = Link::Serial {
                device: absolute(place)?,
                baud: baud(query)?,
            };
            Ok((word.to_owned(), link))
        }
        _ => Err(format!(
            "No simulated device hangs on '{kind}'; use tcp or serial."
        )),
    }
}

/// How a PLC is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlcPlace {
    Tcp(SocketAddr),
    RtuTcp(SocketAddr),
    Rtu { device: PathBuf, baud: u32 },
}

/// Where a PLC is, and which unit.
pub(super) fn plc(address: &str, places: &Places) -> Result<(PlcPlace, u8), String> {
    let (scheme, rest) = scheme(address)?;
    let (place, query) = parted(rest);
    let unit = value_of(query, "unit").unwrap_or("1");
    let number = unit.parse();
    let unit = number.map_err(|_| format!("unit={unit} is no number from 0 to 255."))?;
    let place = match scheme {
        "modbus+tcp" => PlcPlace::Tcp(socket(place, None, places)?),
        "modbus+rtutcp" => PlcPlace::RtuTcp(socket(place, None, places)?),
        "modbus+rtu" => PlcPlace::Rtu {
            device: absolute(place)?,
            baud: baud(query)?,
        },
        _ => {
            return Err(format!(
                "No PLC speaks {scheme}; use modbus+tcp, modbus+rtu or modbus+rtutcp."
            ));
        }
    };
    Ok((place, unit))
}

fn baud(query: &str) -> Result<u32, String> {
    let baud = value_of(query, "baud").and_then(|baud| baud.parse().ok());
    let baud = baud.filter(|baud| (300..=4_000_000).contains(baud));
    baud.ok_or("A serial line needs its speed: add ?baud=115200.".to_owned())
}

/// A camera.
pub(super) fn camera(address: &str, places: &Places) -> Result<Camera, String> {
    let (scheme, rest) = scheme(address)?;
    match scheme {
        "http" => {
            let (place, path) = match rest.find('/') {
                Some(at) => rest.split_at(at),
                None => (rest, "/"),
            };
            Ok(Camera::Http {
                at: socket(place, Some(80), places)?,
                path: path.to_owned(),
            })
        }
        "gige" => {
            let (place, _) = parted(rest);
            match place.strip_prefix("serial:") {
                Some(number) => Ok(Camera::Gige {
                    at: socket("localhost", Some(GVCP_PORT), places)?,
                    serial: Some(plate(number)?),
                }),
                None => Ok(Camera::Gige {
                    at: socket(place, Some(GVCP_PORT), places)?,
                    serial: None,
                }),
            }
        }
        "dir" => Ok(Camera::Folder(absolute(rest)?)),
        _ => Err(format!(
            "No camera is simulated for {scheme}://; use http://, gige:// or dir:// \
             (for v4l2:// the kernel's own vivid is a simulated camera)."
        )),
    }
}

/// The address of a device with the settings behind the `?` of another one, where they are settings of the device and
/// not of its link.
pub(super) fn with_settings_of(written: &str, address: String) -> String {
    // Behind a serial server the speed of its line is one, too.
    let kept = ["gige://", "modbus+rtutcp://"];
    let keeps = kept.iter().any(|scheme| address.starts_with(scheme));
    match (written.split_once('?'), keeps) {
        (Some((_, query)), true) => {
            let (plain, _) = parted(&address);
            format!("{plain}?{query}")
        }
        _ => address,
    }
}

fn scheme(address: &str) -> Result<(&str, &str), String> {
    let parts = address.split_once("://");
    parts.ok_or_else(|| format!("'{address}' is no address; `vidimus check` shows how one looks."))
}

fn parted(rest: &str) -> (&str, &str) {
    rest.split_once('?').unwrap_or((rest, ""))
}

fn value_of<'q>(query: &'q str, key: &str) -> Option<&'q str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    match path.starts_with('/') && path.len() > 1 {
        true => Ok(PathBuf::from(path)),
        false => Err(format!(
            "'{path}' is no whole path: three slashes come before it."
        )),
    }
}

/// A serial number as it stands on a plate of 16 bytes.
fn plate(number: &str) -> Result<String, String> {
    let fits =
        (1..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match fits {
        true => Ok(number.to_owned()),
        false => Err(format!(
            "A simulated camera's serial number is 1 to 15 letters and digits, not '{number}'."
        )),
    }
}

/// A place of this computer; any where the factory chooses, whoever the file means.
fn socket(place: &str, usual: Option<u16>, places: &Places) -> Result<SocketAddr, String> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (place, usual),
    };
    let port = port.filter(|port| *port > 0);
    let port = port.ok_or_else(|| format!("'{place}' has no port from 1 to 65535."))?;
    if *places != Places::AsWritten {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    let host = match host {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host => host.trim_matches(['[', ']']).parse(),
    };
    let host = host.map_err(|_| {
        format!(
            "The factory cannot listen at '{place}': write an address of this computer, such as 127.0.0.1, or let \
             the factory choose (--addresses)."
        )
    })?;
    Ok(SocketAddr::from((host, port)))
}
