//! Where a PLC is: Modbus TCP, Modbus RTU on a serial port, and RTU frames over TCP. PURE.
//!
//! | address | link |
//! |---|---|
//! | `modbus+tcp://HOST:PORT?unit=1` | Modbus TCP |
//! | `modbus+rtu:///dev/…?baud=19200&unit=1&parity=even` | RTU on a serial port |
//! | `modbus+rtutcp://HOST:PORT?unit=1&baud=19200` | RTU frames through a serial server, and the speed behind it |
//!
//! Parity is even unless given: what Modbus over Serial Line V1.02 (2.5.1) asks every device to come with. A
//! character has eleven bits always, so without parity two stop bits are sent; a PLC set to one stop bit understands
//! them as well.

use crate::address::{
    Address, Flow, HostPort, Parity, SerialAddress, host_port, parameter, refuse_parameters,
    serial_speed, split_query,
};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Bits of a character on a Modbus line: start, eight data, parity or a second stop, stop.
const BITS_PER_CHARACTER: u64 = 11;
/// Units that a serial line may have; 0 is everybody, who never answers.
const SERIAL_UNITS: std::ops::RangeInclusive<u8> = 1..=247;
/// Speed that serial servers are taken to have when the address does not say it.
pub const SPEED_BEHIND: u32 = 19_200;

/// A Modbus server and the unit behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusAddress {
    /// What carries the requests.
    pub link: ModbusLink,
    /// Unit identifier: 0–255 over TCP, 1–247 on a serial line; 1 unless given.
    pub unit: u8,
}

/// What carries Modbus requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusLink {
    /// Modbus TCP.
    Tcp(HostPort),
    /// RTU frames on a serial port.
    Rtu(SerialAddress),
    /// RTU frames over TCP, through a serial server.
    RtuTcp {
        /// Where it listens.
        at: HostPort,
        /// Speed of the serial line behind it, in bits per second; `None` when the address does not say.
        baud: Option<u32>,
    },
}

impl ModbusLink {
    /// How long one character takes on the serial line; zero where there is none.
    pub fn character(&self) -> Duration {
        let baud = match self {
            ModbusLink::Tcp(_) => return Duration::ZERO,
            ModbusLink::Rtu(port) => port.baud,
            ModbusLink::RtuTcp { baud, .. } => baud.unwrap_or(SPEED_BEHIND),
        };
        Duration::from_nanos(BITS_PER_CHARACTER * 1_000_000_000 / u64::from(baud.max(1)))
    }
}

/// Reads what stands behind `SCHEME://`; `None` when the scheme is none of Modbus.
pub(crate) fn parse(scheme: &str, rest: &str) -> Option<Result<Address, String>> {
    let parse = match scheme {
        "modbus+tcp" => tcp,
        "modbus+rtu" => rtu,
        "modbus+rtutcp" => rtu_tcp,
        _ => return None,
    };
    Some(parse(rest).map(Address::Modbus))
}

fn tcp(rest: &str) -> Result<ModbusAddress, String> {
    let (place, query) = split_query(rest);
    refuse_parameters(&query, &["unit"])?;
    let unit = match parameter(&query, "unit")? {
        None => 1,
        Some(text) => text
            .parse::<u8>()
            .map_err(|_| format!("unit={text} is not a number from 0 to 255."))?,
    };
    let link = ModbusLink::Tcp(host_port(place, None)?);
    Ok(ModbusAddress { link, unit })
}

fn rtu(rest: &str) -> Result<ModbusAddress, String> {
    let (path, query) = split_query(rest);
    if !path.starts_with('/') || path.len() < 2 {
        return Err(
            "the path must be absolute (three slashes), such as modbus+rtu:///dev/ttyUSB0?baud=19200&unit=1."
                .into(),
        );
    }
    refuse_parameters(&query, &["baud", "unit", "parity"])?;
    let Some(baud) = serial_speed(&query)? else {
        return Err("a serial port needs its speed; add ?baud=19200.".into());
    };
    let parity = match parameter(&query, "parity")? {
        None | Some("even") => Parity::Even,
        Some("odd") => Parity::Odd,
        Some("none") => Parity::None,
        Some(other) => {
            return Err(format!(
                "parity={other} is not known; use none, even or odd."
            ));
        }
    };
    let port = SerialAddress {
        path: PathBuf::from(path),
        baud,
        flow: Flow::Off,
        parity,
        two_stop_bits: parity == Parity::None,
    };
    Ok(ModbusAddress {
        link: ModbusLink::Rtu(port),
        unit: serial_unit(parameter(&query, "unit")?)?,
    })
}

fn rtu_tcp(rest: &str) -> Result<ModbusAddress, String> {
    let (place, query) = split_query(rest);
    refuse_parameters(&query, &["unit", "baud"])?;
    let baud = serial_speed(&query)?;
    let at = host_port(place, None)?;
    Ok(ModbusAddress {
        link: ModbusLink::RtuTcp { at, baud },
        unit: serial_unit(parameter(&query, "unit")?)?,
    })
}

fn serial_unit(text: Option<&str>) -> Result<u8, String> {
    let Some(text) = text else { return Ok(1) };
    match text.parse::<u8>() {
        Ok(unit) if SERIAL_UNITS.contains(&unit) => Ok(unit),
        _ => Err(format!(
            "unit={text} is not a number from 1 to 247, as a serial line has."
        )),
    }
}

impl fmt::Display for ModbusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit;
        match &self.link {
            ModbusLink::Tcp(at) => write!(f, "modbus+tcp://{at}?unit={unit}"),
            ModbusLink::Rtu(port) => {
                let (path, baud) = (port.path.display(), port.baud);
                write!(f, "modbus+rtu://{path}?baud={baud}&unit={unit}")?;
                match port.parity {
                    Parity::Even => Ok(()),
                    Parity::Odd => f.write_str("&parity=odd"),
                    Parity::None => f.write_str("&parity=none"),
                }
            }
            ModbusLink::RtuTcp { at, baud } => {
                write!(f, "modbus+rtutcp://{at}?unit={unit}")?;
                baud.map_or(Ok(()), |baud| write!(f, "&baud={baud}"))
            }
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn addresses_of_serial_plcs_survive_a_round_trip_and_mistakes_are_named() {
        for text in [
            "modbus+tcp://plc.line-1:502?unit=7",
            "modbus+rtu:///dev/serial/by-id/usb-1?baud=19200&unit=1",
            "modbus+rtu:///dev/ttyS0?baud=9600&unit=247&parity=none",
            "modbus+rtu:///dev/ttyS0?baud=115200&unit=3&parity=odd",
            "modbus+rtutcp://[::1]:4001?unit=2",
            "modbus+rtutcp://gateway:4001?unit=2&baud=38400",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        let usual: Address = "modbus+rtu:///dev/ttyS0?baud=19200".parse().unwrap();
        let Address::Modbus(ModbusAddress { link, unit: 1 }) = usual else {
            panic!("{usual}");
        };
        let ModbusLink::Rtu(port) = &link else {
            panic!("{link:?}");
        };
        assert_eq!((port.parity, port.two_stop_bits), (Parity::Even, false));
        assert_eq!(link.character(), Duration::from_nanos(572_916));
        for (text, part) in [
            ("modbus+rtu:///dev/ttyS0", "needs its speed"),
            ("modbus+rtu:///dev/ttyS0?baud=1", "not a speed"),
            ("modbus+rtu://ttyS0?baud=9600", "must be absolute"),
            ("modbus+rtu:///dev/x?baud=9600&unit=0", "from 1 to 247"),
            (
                "modbus+rtu:///dev/x?baud=9600&parity=e",
                "none, even or odd",
            ),
            (
                "modbus+rtu:///dev/x?baud=9600&flow=off",
                "baud, unit, parity",
            ),
            ("modbus+rtutcp://h:4001?unit=248", "from 1 to 247"),
            ("modbus+rtutcp://h?unit=1", "the port is missing"),
            ("modbus+udp://h:1", "modbus+rtutcp://"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
