//! Where a device is: addresses as URLs, parsed strictly, so that a simulator is a change of
//! configuration. PURE.
//!
//! | address | device |
//! |---|---|
//! | `zpl+tcp://HOST:PORT` | label printer on a TCP port |
//! | `zpl+serial:///dev/…?baud=115200&flow=software` | label printer on a serial port |
//! | `tspl+…`, `sbpl+…`, `dpl+…`, `hitachi+…` | the same in another language ([`LANGUAGES`]) |
//! | `file+tcp://…`, `file+serial:///…` | the same in a language that a text file describes |
//! | `FAMILY+tcp://HOST:PORT`, `FAMILY+serial:///dev/…?baud=9600` | smart reader or hand scanner ([`FAMILIES`]) |
//! | `modbus+tcp://HOST:PORT?unit=1`, `modbus+rtu:///…`, `modbus+rtutcp://…` | PLC ([`crate::plc::address`]) |
//! | `http://HOST:PORT/path` | camera stream |
//! | `gige://HOST` or `gige://serial:NUMBER` | GigE Vision camera ([`crate::camera::gige`]) |
//! | `v4l2:///dev/…?width=1280&height=720` | camera of Linux's video interface ([`crate::camera::v4l2`]) |
//! | `dir:///path` | watched folder |

use crate::camera::gige::address::{self as gige, GigeAddress};
use crate::camera::v4l2::address::{self as v4l2, V4l2Address};
use crate::plc::address as modbus;
pub use crate::plc::address::{ModbusAddress, ModbusLink};
use crate::printer::{LANGUAGES, language as spoken};
use crate::reader::{FAMILIES, family};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The scheme of printers whose language a text file describes.
pub const DESCRIBED: &str = "file";
/// Longest address that is accepted, in bytes.
pub const ADDRESS_LENGTH_MAX: usize = 1024;
/// Baud rates a serial address may name.
pub const BAUD_RATES: &[u32] = &[
    1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600,
];

/// A parsed device address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A label printer: a language over a byte link.
    Printer {
        /// The language, as in [`LANGUAGES`], or [`DESCRIBED`].
        language: &'static str,
        /// The link that carries it.
        link: LinkAddress,
    },
    /// A smart reader or hand scanner: a family over a byte link.
    Reader {
        /// The family, as in [`FAMILIES`].
        family: &'static str,
        /// The link that carries it.
        link: LinkAddress,
    },
    /// A PLC.
    Modbus(ModbusAddress),
    /// A camera stream over HTTP.
    Http(HttpAddress),
    /// A GigE Vision camera.
    Gige(GigeAddress),
    /// A camera of Linux's video interface.
    V4l2(V4l2Address),
    /// A watched folder (absolute path).
    Folder(PathBuf),
}

/// A byte link. Language and link are a product: any byte session runs over any of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkAddress {
    /// A TCP server.
    Tcp(HostPort),
    /// A serial port.
    Serial(SerialAddress),
}

/// A host (name, IPv4, or IPv6 without its brackets) and a TCP port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Host name or address.
    pub host: String,
    /// TCP port, never 0.
    pub port: u16,
}

/// A serial port: 8 data bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialAddress {
    /// Device file; a stable name such as `/dev/serial/by-id/…` survives replugging.
    pub path: PathBuf,
    /// Bits per second.
    pub baud: u32,
    /// Who holds the sender back.
    pub flow: Flow,
    /// The parity bit.
    pub parity: Parity,
    /// Two stop bits instead of one.
    pub two_stop_bits: bool,
}

/// Parity bit of a serial port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Parity {
    /// None.
    #[default]
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// Flow control of a serial port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Flow {
    /// None.
    #[default]
    Off,
    /// XON/XOFF characters.
    Software,
    /// RTS/CTS lines.
    Hardware,
}

/// An HTTP resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAddress {
    /// Where it listens; port 80 unless given.
    pub at: HostPort,
    /// Path and query, beginning with `/`.
    pub path: String,
}

/// Why a text is not a device address: what is wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    /// The text as given (shortened when very long).
    pub address: String,
    /// What is wrong and what to write instead, as a sentence.
    pub why: String,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The device address {:?} is not valid: {}",
            self.address, self.why
        )
    }
}

impl std::error::Error for AddressError {}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        parse(text).map_err(|why| AddressError {
            address: text.chars().take(120).collect(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<Address, String> {
    if text.len() > ADDRESS_LENGTH_MAX {
        return Err(format!("it is longer than {ADDRESS_LENGTH_MAX} bytes."));
    }
    if let Some(bad) = text.chars().find(|c| c.is_control()) {
        return Err(format!(
            "it holds the control character {bad:?}; remove it."
        ));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!(
            "it has no scheme; begin with one of {}.",
            schemes()
        ));
    };
    if let Some(plc) = modbus::parse(scheme, rest) {
        return plc;
    }
    match scheme {
        "http" => parse_http(rest),
        "gige" => Ok(Address::Gige(gige::parse(rest)?)),
        "v4l2" => Ok(Address::V4l2(v4l2::parse(rest)?)),
        "dir" => Ok(Address::Folder(absolute(
            rest,
            "dir:///var/spool/pictures",
        )?)),
        _ => parse_bytes(scheme, rest),
    }
}

fn schemes() -> String {
    let mut all: Vec<String> = Vec::new();
    let spoken = LANGUAGES.iter().map(|spoken| spoken.scheme);
    let talks = FAMILIES.iter().map(|family| family.scheme);
    for scheme in spoken.chain([DESCRIBED]).chain(talks) {
        all.push(format!("{scheme}+tcp://"));
        all.push(format!("{scheme}+serial://"));
    }
    let plcs = ["modbus+tcp://", "modbus+rtu://", "modbus+rtutcp://"];
    all.extend(plcs.map(String::from));
    all.extend(["http://", "gige://", "v4l2://", "dir://"].map(String::from));
    all.join(", ")
}

/// A printer or a reader: what is spoken, and the byte link that carries it.
fn parse_bytes(scheme: &str, rest: &str) -> Result<Address, String> {
    let unknown = || {
        format!(
            "the scheme {scheme:?} is not known; use one of {}.",
            schemes()
        )
    };
    let (language, link) = scheme.split_once('+').ok_or_else(unknown)?;
    let reader = family(language).map(|family| family.scheme);
    let printer = match language {
        DESCRIBED => Some(DESCRIBED),
        language => spoken(language).map(|spoken| spoken.scheme),
    };
    let speaks = reader.or(printer).ok_or_else(unknown)?;
    let link = match link {
        "tcp" => {
            let (place, query) = split_query(rest);
            refuse_parameters(&query, &[])?;
            LinkAddress::Tcp(host_port(place, None)?)
        }
        "serial" => LinkAddress::Serial(parse_serial(rest)?),
        _ => return Err(unknown()),
    };
    Ok(match reader {
        Some(family) => Address::Reader { family, link },
        None => Address::Printer {
            language: speaks,
            link,
        },
    })
}

fn parse_serial(rest: &str) -> Result<SerialAddress, String> {
    let (path, query) = split_query(rest);
    let path = absolute(path, "zpl+serial:///dev/ttyUSB0?baud=115200")?;
    refuse_parameters(&query, &["baud", "flow"])?;
    let Some(baud) = serial_speed(&query)? else {
        return Err("a serial port needs its speed; add ?baud=115200.".into());
    };
    let flow = match parameter(&query, "flow")? {
        None | Some("off") => Flow::Off,
        Some("software") => Flow::Software,
        Some("hardware") => Flow::Hardware,
        Some(other) => {
            return Err(format!(
                "flow={other} is not known; use off, software or hardware."
            ));
        }
    };
    Ok(SerialAddress {
        path,
        baud,
        flow,
        parity: Parity::None,
        two_stop_bits: false,
    })
}

/// The parameter `baud`, one of [`BAUD_RATES`].
pub(crate) fn serial_speed(query: &[Parameter<'_>]) -> Result<Option<u32>, String> {
    let Some(baud) = parameter(query, "baud")? else {
        return Ok(None);
    };
    match baud.parse() {
        Ok(known) if BAUD_RATES.contains(&known) => Ok(Some(known)),
        _ => Err(format!(
            "baud={baud} is not a speed; use one of {BAUD_RATES:?}."
        )),
    }
}

fn parse_http(rest: &str) -> Result<Address, String> {
    let (place, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    if !path.bytes().all(|b| b.is_ascii_graphic()) || path.contains('#') {
        return Err("the path may hold only printable ASCII, no blanks and no #.".into());
    }
    Ok(Address::Http(HttpAddress {
        at: host_port(place, Some(80))?,
        path: path.into(),
    }))
}

pub(crate) fn absolute(path: &str, example: &str) -> Result<PathBuf, String> {
    if !path.starts_with('/') || path.len() < 2 {
        return Err(format!(
            "the path must be absolute (three slashes), such as {example}."
        ));
    }
    Ok(PathBuf::from(path))
}

pub(crate) fn host_port(place: &str, default_port: Option<u16>) -> Result<HostPort, String> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest
                .split_once(']')
                .ok_or("the bracket of the IPv6 address is not closed.")?;
            host.parse::<std::net::Ipv6Addr>()
                .map_err(|_| format!("[{host}] is not an IPv6 address."))?;
            (
                host,
                after
                    .strip_prefix(':')
                    .or((!after.is_empty()).then_some(after)),
            )
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let named = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b));
    if host.is_empty() || !named {
        return Err(format!(
            "{host:?} is not a host name or address; write HOST:PORT."
        ));
    }
    let port = match (port, default_port) {
        (None, Some(port)) => port,
        (None, None) => return Err(format!("the port is missing; write {host}:PORT.")),
        (Some(text), _) => match text.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => return Err(format!("{text:?} is not a port from 1 to 65535.")),
        },
    };
    Ok(HostPort {
        host: host.into(),
        port,
    })
}

pub(crate) type Parameter<'a> = (&'a str, &'a str);

pub(crate) fn split_query(rest: &str) -> (&str, Vec<Parameter<'_>>) {
    match rest.split_once('?') {
        None => (rest, Vec::new()),
        Some((place, query)) => {
            let pairs = query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            (place, pairs.collect())
        }
    }
}

pub(crate) fn refuse_parameters(query: &[Parameter<'_>], known: &[&str]) -> Result<(), String> {
    match query.iter().find(|(name, _)| !known.contains(name)) {
        None => Ok(()),
        Some((name, _)) if known.is_empty() => Err(format!(
            "it takes no parameters, but {name:?} was given; remove it."
        )),
        Some((name, _)) => Err(format!(
            "the parameter {name:?} is not known; known are {}.",
            known.join(", ")
        )),
    }
}

pub(crate) fn parameter<'a>(
    query: &[Parameter<'a>],
    name: &str,
) -> Result<Option<&'a str>, String> {
    let mut values = query.iter().filter(|(n, _)| *n == name);
    let first = values.next().map(|(_, value)| *value);
    match values.next() {
        Some(_) => Err(format!("the parameter {name:?} is given twice.")),
        None => Ok(first),
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for SerialAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?baud={}", self.path.display(), self.baud)?;
        match self.flow {
            Flow::Off => Ok(()),
            Flow::Software => f.write_str("&flow=software"),
            Flow::Hardware => f.write_str("&flow=hardware"),
        }
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkAddress::Tcp(at) => write!(f, "tcp://{at}"),
            LinkAddress::Serial(at) => write!(f, "serial://{at}"),
        }
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.at, self.path)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Printer { language, link } => write!(f, "{language}+{link}"),
            Address::Reader { family, link } => write!(f, "{family}+{link}"),
            Address::Modbus(at) => at.fmt(f),
            Address::Http(at) => at.fmt(f),
            Address::Gige(at) => at.fmt(f),
            Address::V4l2(at) => at.fmt(f),
            Address::Folder(path) => write!(f, "dir://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn addresses_survive_a_round_trip() {
        for text in [
            "zpl+tcp://10.0.0.5:9100",
            "zpl+tcp://[::1]:9100",
            "zpl+serial:///dev/serial/by-id/usb-1?baud=115200",
            "zpl+serial:///dev/ttyS0?baud=9600&flow=software",
            "dmcc+tcp://10.0.0.7:23",
            "text+serial:///dev/serial/by-id/usb-scanner?baud=9600",
            "modbus+tcp://plc.line-1:502?unit=7",
            "http://127.0.0.1:8080/video?fps=20",
            "dir:///var/spool/pictures of line 1",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        let Address::Modbus(plc) = "modbus+tcp://h:502".parse().unwrap() else {
            panic!("not a PLC");
        };
        assert_eq!(plc.unit, 1);
        let Address::Http(camera) = "http://camera".parse().unwrap() else {
            panic!("not a camera");
        };
        assert_eq!((camera.at.port, camera.path.as_str()), (80, "/"));
    }

    #[test]
    fn mistakes_are_named_with_their_remedy() {
        for (text, part) in [
            ("10.0.0.5:9100", "has no scheme"),
            ("zlp+tcp://h:1", "the scheme \"zlp+tcp\" is not known"),
            ("zpl+udp://h:1", "use one of zpl+tcp://"),
            ("zpl+tcp://h", "the port is missing; write h:PORT."),
            ("zpl+tcp://h:0", "not a port from 1 to 65535"),
            ("zpl+tcp://h:70000", "not a port"),
            ("zpl+tcp://:9100", "not a host name"),
            ("zpl+tcp://a b:9100", "not a host name"),
            ("zpl+tcp://h:9100/x", "not a port"),
            ("zpl+tcp://[::1:9100", "bracket"),
            ("zpl+tcp://[::1]9100x", "not a port"),
            ("zpl+tcp://h:9100?baud=1", "takes no parameters"),
            ("zpl+serial:///dev/ttyS0", "needs its speed"),
            ("zpl+serial:///dev/ttyS0?baud=115201", "not a speed"),
            ("zpl+serial://dev/ttyS0?baud=9600", "must be absolute"),
            ("zpl+serial:///dev/x?baud=9600&baud=9600", "given twice"),
            (
                "zpl+serial:///dev/x?baud=9600&parity=e",
                "known are baud, flow",
            ),
            (
                "zpl+serial:///dev/x?baud=9600&flow=xon",
                "flow=xon is not known",
            ),
            ("dmcc+udp://h:23", "dmcc+tcp://"),
            ("text+serial:///dev/ttyS0", "needs its speed"),
            ("modbus+tcp://h:502?unit=256", "0 to 255"),
            ("http://h/a b", "printable ASCII"),
            ("dir://relative", "must be absolute"),
            ("dir:///a\nb", "control character"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
            assert!(error.ends_with('.'), "{error}");
        }
    }
}
