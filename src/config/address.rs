//! Addresses of devices: what a URL of each kind must look like. PURE.

use super::keys::Kind;
use vidimus_drivers::address::{Address, AddressError};

/// The forms an address of this kind may take.
pub fn forms(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Printer => &[
            "\"LANGUAGE+tcp://HOST:PORT\"",
            "\"LANGUAGE+serial:///dev/DEVICE?baud=BAUD\"",
        ],
        Kind::Plc => &[
            "\"modbus+tcp://HOST:PORT\"",
            "\"modbus+rtu:///dev/DEVICE?baud=BAUD\"",
            "\"modbus+rtutcp://HOST:PORT\"",
        ],
        Kind::Reader => &[
            "\"FAMILY+tcp://HOST:PORT\"",
            "\"FAMILY+serial:///dev/DEVICE?baud=BAUD\"",
        ],
        Kind::Camera => &[
            "\"gige://HOST?trigger=INPUT\"",
            "\"http://HOST:PORT/PATH\"",
            "\"v4l2:///dev/DEVICE\"",
            "\"dir:///FOLDER\"",
        ],
    }
}

/// Checks the URL of a device; the error is a sentence that says what is wrong.
///
/// # Errors
/// The text is no device address, or one of another kind of device.
pub fn check(text: &str, kind: Kind) -> Result<(), String> {
    let address: Address = text
        .parse()
        .map_err(|error: AddressError| sentence(&error.why))?;
    match (kind, address) {
        (Kind::Printer, Address::Printer { .. })
        | (Kind::Reader, Address::Reader { .. })
        | (Kind::Plc, Address::Modbus(_))
        | (
            Kind::Camera,
            Address::Http(_) | Address::Gige(_) | Address::V4l2(_) | Address::Folder(_),
        ) => Ok(()),
        _ => {
            let scheme = text.split("://").next().unwrap_or_default();
            Err(format!(
                "A {} cannot be reached by \"{scheme}://\".",
                kind.section()
            ))
        }
    }
}

/// The driver's words as a sentence of their own.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn right_addresses_pass_and_wrong_ones_say_why() {
        for (kind, right) in [
            (Kind::Printer, "zpl+tcp://10.0.0.5:9100"),
            (Kind::Printer, "zpl+tcp://[::1]:9100"),
            (Kind::Printer, "zpl+serial:///dev/pts/4?baud=115200"),
            (
                Kind::Printer,
                "zpl+serial:///dev/ttyS0?baud=9600&flow=software",
            ),
            (Kind::Reader, "sick+tcp://10.0.0.8:2112"),
            (Kind::Plc, "modbus+tcp://plc.line-3:502?unit=1"),
            (Kind::Plc, "modbus+tcp://plc:502"),
            (
                Kind::Plc,
                "modbus+rtu:///dev/ttyUSB0?baud=19200&unit=1&parity=none",
            ),
            (Kind::Plc, "modbus+rtutcp://gateway:4001?unit=1"),
            (Kind::Camera, "http://127.0.0.1:8080/stream"),
            (Kind::Camera, "dir:///var/spool/camera"),
            (Kind::Camera, "gige://192.168.1.20?trigger=Line1"),
            (Kind::Camera, "v4l2:///dev/video0?width=1280&height=720"),
        ] {
            assert_eq!(check(right, kind), Ok(()), "{right}");
        }
        for (kind, wrong, why) in [
            (Kind::Printer, "10.0.0.5:9100", "scheme"),
            (Kind::Printer, "http://10.0.0.5:9100", "cannot be reached"),
            (Kind::Reader, "zpl+tcp://10.0.0.5:9100", "cannot be reached"),
            (Kind::Printer, "zpl+tcp://10.0.0.5", "port is missing"),
            (Kind::Printer, "zpl+tcp://10.0.0.5:0", "1 to 65535"),
            (Kind::Printer, "zpl+tcp://:9100", "host name"),
            (Kind::Printer, "zpl+tcp://a b:9100", "host name"),
            (Kind::Printer, "zpl+serial:///dev/ttyS0", "speed"),
            (
                Kind::Printer,
                "zpl+serial:///dev/ttyS0?baud=300",
                "is not a speed",
            ),
            (
                Kind::Printer,
                "zpl+serial://dev/ttyS0?baud=9600",
                "three slashes",
            ),
            (Kind::Plc, "modbus+tcp://plc:502?unit=256", "0 to 255"),
            (Kind::Plc, "modbus+tcp://plc:502?slave=1", "known are unit"),
            (Kind::Camera, "dir://", "three slashes"),
        ] {
            let text = check(wrong, kind).expect_err(wrong);
            assert!(text.contains(why), "{wrong}: {text}");
            assert!(text.ends_with('.'), "{text}");
        }
    }
}
