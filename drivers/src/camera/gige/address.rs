//! Where a GigE Vision camera is, and how it is to be set: `gige://HOST?…` or `gige://serial:NUMBER?…`. PURE.

use super::gvcp::GVCP_PORT;
use crate::address::{HostPort, host_port, parameter, refuse_parameters, split_query};
use std::fmt;

/// Stream packets of this size pass every Ethernet.
pub const PACKET_USUAL: u16 = 1_440;
/// Smallest stream packet; every camera can send it.
pub const PACKET_LEAST: u16 = 576;
/// Largest stream packet that a network with jumbo frames carries.
const PACKET_MOST: u16 = 16_000;
/// Most pixels of a side.
const SIDE_MOST: u32 = 30_000;

/// A GigE Vision camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GigeAddress {
    /// Which camera.
    pub camera: CameraName,
    /// How it is to be set.
    pub settings: Settings,
}

/// Which camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraName {
    /// The one at this address; UDP port 3956 unless given.
    At(HostPort),
    /// The one with this serial number, found by asking all networks of this computer.
    Serial(String),
}

/// How a camera is to be set. What is not given stays as the camera has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a stream packet, IP header included.
    pub packet: u16,
    /// What makes it take a picture.
    pub trigger: Option<Trigger>,
    /// Exposure, in microseconds.
    pub exposure_us: Option<u32>,
    /// Gain in thousandths of the camera's own unit.
    pub gain_milli: Option<u32>,
    /// Pictures a second of a camera that runs by itself.
    pub rate: Option<u32>,
    /// Pixels of a row.
    pub width: Option<u32>,
    /// Rows.
    pub height: Option<u32>,
    /// Pause between stream packets, in ticks of the camera's clock.
    pub delay: Option<u32>,
    /// Whether picture numbers of 64 bits are asked for.
    pub wide: bool,
    /// Name of a table of registers instead of the camera's own description.
    pub profile: Option<&'static str>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            packet: PACKET_USUAL,
            trigger: None,
            exposure_us: None,
            gain_milli: None,
            rate: None,
            width: None,
            height: None,
            delay: None,
            wide: false,
            profile: None,
        }
    }
}

/// What makes a camera take a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Itself, one after the other.
    Off,
    /// This input, by the camera's own name for it: `Line1`.
    Source(String),
}

impl Trigger {
    /// The station's own word.
    pub const SOFTWARE: &'static str = "Software";

    /// Whether the program itself orders every picture.
    pub fn is_software(&self) -> bool {
        matches!(self, Trigger::Source(source) if source == Trigger::SOFTWARE)
    }

    fn written(&self) -> &str {
        match self {
            Trigger::Off => "off",
            Trigger::Source(source) if source == Trigger::SOFTWARE => "software",
            Trigger::Source(source) => source,
        }
    }
}

/// Tables of registers by name: for cameras whose description cannot be used.
pub const PROFILES: &[(&str, &str)] = &[("aravis-fake", include_str!("profiles/aravis-fake.toml"))];

const PARAMETERS: &[&str] = &[
    "packet", "trigger", "exposure", "gain", "rate", "width", "height", "delay", "ids", "profile",
];

/// Reads what stands behind `gige://`.
pub(crate) fn parse(rest: &str) -> Result<GigeAddress, String> {
    let (place, query) = split_query(rest);
    refuse_parameters(&query, PARAMETERS)?;
    let camera = camera(place)?;
    let number = |name: &str, least: u32, most: u32| match parameter(&query, name)? {
        None => Ok(None),
        Some(text) => match text.parse::<u32>() {
            Ok(value) if (least..=most).contains(&value) => Ok(Some(value)),
            _ => Err(format!(
                "{name}={text} is not a number from {least} to {most}."
            )),
        },
    };
    let usual = Settings::default();
    let packet = number("packet", PACKET_LEAST.into(), PACKET_MOST.into())?;
    if packet.is_some_and(|packet| packet % 4 != 0) {
        return Err("packet= must be a multiple of 4, such as 1440 or 8000.".into());
    }
    let trigger = parameter(&query, "trigger")?.map(trigger).transpose()?;
    let wide = match parameter(&query, "ids")? {
        None => false,
        Some("wide") => true,
        Some(other) => {
            return Err(format!(
                "ids={other} is not known; write ids=wide, or leave it out."
            ));
        }
    };
    let profile = match parameter(&query, "profile")? {
        None => None,
        Some(name) => match PROFILES.iter().find(|(known, _)| *known == name) {
            Some((known, _)) => Some(*known),
            None => {
                let known: Vec<&str> = PROFILES.iter().map(|(known, _)| *known).collect();
                return Err(format!(
                    "profile={name} is not known; known are {}.",
                    known.join(", ")
                ));
            }
        },
    };
    let settings = Settings {
        packet: packet
            .and_then(|packet| u16::try_from(packet).ok())
            .unwrap_or(usual.packet),
        trigger,
        exposure_us: number("exposure", 1, 60_000_000)?,
        gain_milli: parameter(&query, "gain")?.map(thousandths).transpose()?,
        rate: number("rate", 1, 10_000)?,
        width: number("width", 1, SIDE_MOST)?,
        height: number("height", 1, SIDE_MOST)?,
        delay: number("delay", 0, u32::MAX)?,
        wide,
        profile,
    };
    Ok(GigeAddress { camera, settings })
}

fn camera(place: &str) -> Result<CameraName, String> {
    match place.strip_prefix("serial:") {
        Some(serial) => {
            let named = serial
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if serial.is_empty() || serial.len() > 16 || !named {
                return Err(format!(
                    "{serial:?} is not a serial number of 1 to 16 letters, digits, - _ or dots."
                ));
            }
            Ok(CameraName::Serial(serial.to_owned()))
        }
        None => Ok(CameraName::At(host_port(place, Some(GVCP_PORT))?)),
    }
}

fn trigger(text: &str) -> Result<Trigger, String> {
    match text {
        "off" => Ok(Trigger::Off),
        "software" => Ok(Trigger::Source(Trigger::SOFTWARE.into())),
        source if is_word(source) => Ok(Trigger::Source(source.to_owned())),
        other => Err(format!(
            "trigger={other} is not off, software, or an input such as Line1."
        )),
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn thousandths(text: &str) -> Result<u32, String> {
    let wrong =
        || format!("gain={text} is not a number from 0 to 100000 with up to three decimals.");
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 {
        return Err(wrong());
    }
    let milli = format!("{whole}{part:0<3}")
        .parse::<u32>()
        .map_err(|_| wrong())?;
    if milli <= 100_000_000 {
        Ok(milli)
    } else {
        Err(wrong())
    }
}

impl fmt::Display for CameraName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CameraName::Serial(serial) => write!(f, "serial:{serial}"),
            CameraName::At(at) if at.port == GVCP_PORT => f.write_str(&at.host),
            CameraName::At(at) => at.fmt(f),
        }
    }
}

impl fmt::Display for GigeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gige://{}", self.camera)?;
        let Settings {
            packet,
            trigger,
            exposure_us,
            gain_milli,
            rate,
            width,
            height,
            delay,
            wide,
            profile,
        } = &self.settings;
        let number = |name: &str, value: &Option<u32>| value.map(|value| format!("{name}={value}"));
        let gain = gain_milli.map(|milli| {
            let text = format!("{}.{:03}", milli / 1000, milli % 1000);
            format!("gain={}", text.trim_end_matches('0').trim_end_matches('.'))
        });
        let all = [
            (*packet != PACKET_USUAL).then(|| format!("packet={packet}")),
            trigger
                .as_ref()
                .map(|trigger| format!("trigger={}", trigger.written())),
            number("exposure", exposure_us),
            gain,
            number("rate", rate),
            number("width", width),
            number("height", height),
            number("delay", delay),
            wide.then(|| "ids=wide".to_owned()),
            profile.map(|name| format!("profile={name}")),
        ];
        for (no, parameter) in all.into_iter().flatten().enumerate() {
            write!(f, "{}{parameter}", if no == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod test {
    use crate::address::Address;

    #[test]
    fn addresses_of_cameras_survive_a_round_trip() {
        for text in [
            "gige://192.168.1.20",
            "gige://camera-3.line:4000",
            "gige://serial:FAKE01",
            "gige://serial:FAKE01?packet=8000&trigger=Line1&exposure=250&gain=6.5&rate=60&width=1280&height=1024",
            "gige://10.0.0.9?trigger=software&gain=3&delay=0&ids=wide&profile=aravis-fake",
            "gige://10.0.0.9?trigger=off",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn mistakes_in_them_are_named_with_their_remedy() {
        for (text, part) in [
            ("gige://", "not a host name"),
            ("gige://serial:", "not a serial number"),
            ("gige://serial:a b", "not a serial number"),
            ("gige://h?packet=1441", "multiple of 4"),
            ("gige://h?packet=100", "from 576 to 16000"),
            ("gige://h?trigger=1", "Line1"),
            ("gige://h?gain=1.2345", "three decimals"),
            ("gige://h?gain=-1", "three decimals"),
            ("gige://h?exposure=0", "from 1 to"),
            ("gige://h?ids=narrow", "ids=wide"),
            ("gige://h?profile=nobody", "known are aravis-fake"),
            ("gige://h?colour=1", "known are packet"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
