//! Addresses of devices: what a URL of each kind must look like. PURE.

use super::keys::Kind;

/// The forms an address of this kind may take.
pub fn forms(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Printer => &[
            "\"zpl+tcp://HOST:PORT\"",
            "\"zpl+serial:///dev/DEVICE?baud=BAUD\"",
        ],
        Kind::Plc => &["\"modbus+tcp://HOST:PORT?unit=UNIT\""],
        Kind::Camera => &["\"http://HOST:PORT/PATH\"", "\"dir:///FOLDER\""],
    }
}

/// Baud rates a serial port may be given.
const BAUDS: &[u32] = &[
    1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600,
];

/// Checks the URL of a device; the error is a sentence that says what is wrong.
pub fn check(text: &str, kind: Kind) -> Result<(), String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("An address begins with a scheme and \"://\".".to_owned());
    };
    if let Some(odd) = rest.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(format!("An address holds no {odd:?}."));
    }
    match (kind, scheme) {
        (Kind::Printer, "zpl+tcp") => host_and_port(rest),
        (Kind::Printer, "zpl+serial") => serial_port(rest),
        (Kind::Plc, "modbus+tcp") => {
            let (host, query) = rest.split_once('?').unwrap_or((rest, "unit=1"));
            host_and_port(host)?;
            parameter(query, "unit", |unit| {
                unit.parse::<u8>()
                    .map(drop)
                    .map_err(|_| "The Modbus unit is 0 to 255.".to_owned())
            })
        }
        (Kind::Camera, "http") => {
            let (host, _path) = rest.split_once('/').unwrap_or((rest, ""));
            host_and_port(host)
        }
        (Kind::Camera, "dir") => absolute(rest),
        _ => Err(format!(
            "A {} cannot be reached by \"{scheme}://\".",
            kind.section()
        )),
    }
}

fn host_and_port(text: &str) -> Result<(), String> {
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err("The address names no port (\":PORT\" after the host).".to_owned());
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let inner = host.trim_start_matches('[').trim_end_matches(']');
    let right = if bracketed {
        inner.parse::<core::net::Ipv6Addr>().is_ok()
    } else {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        !host.is_empty() && host.chars().all(plain)
    };
    if !right {
        return Err(format!("\"{host}\" is not a host name or an IP address."));
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err(format!("The port is 1 to 65535, not \"{port}\".")),
    }
}

fn serial_port(text: &str) -> Result<(), String> {
    let (path, query) = text
        .split_once('?')
        .ok_or("A serial address names its speed (\"?baud=115200\").")?;
    absolute(path)?;
    let (baud, flow) = query.split_once('&').unwrap_or((query, "flow=off"));
    parameter(baud, "baud", |baud| {
        let known = baud.parse().is_ok_and(|baud: u32| BAUDS.contains(&baud));
        if known {
            return Ok(());
        }
        let list: Vec<String> = BAUDS.iter().map(u32::to_string).collect();
        Err(format!("The speed is one of {}.", list.join(", ")))
    })?;
    parameter(flow, "flow", |flow| match flow {
        "off" | "software" | "hardware" => Ok(()),
        _ => Err("The flow control is off, software or hardware.".to_owned()),
    })
}

fn absolute(path: &str) -> Result<(), String> {
    if path.starts_with('/') && path.len() > 1 {
        Ok(())
    } else {
        Err("The path in an address begins with \"/\" (three slashes in all).".to_owned())
    }
}

fn parameter(
    query: &str,
    name: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<(), String> {
    match query.split_once('=') {
        Some((found, value)) if found == name => check(value),
        _ => Err(format!("\"{query}\" should be \"{name}=…\".")),
    }
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
            (Kind::Plc, "modbus+tcp://plc.line-3:502?unit=1"),
            (Kind::Plc, "modbus+tcp://plc:502"),
            (Kind::Camera, "http://127.0.0.1:8080/stream"),
            (Kind::Camera, "dir:///var/spool/camera"),
        ] {
            assert_eq!(check(right, kind), Ok(()), "{right}");
        }
        for (kind, wrong, why) in [
            (Kind::Printer, "10.0.0.5:9100", "scheme"),
            (Kind::Printer, "http://10.0.0.5:9100", "cannot be reached"),
            (Kind::Printer, "zpl+tcp://10.0.0.5", "names no port"),
            (Kind::Printer, "zpl+tcp://10.0.0.5:0", "1 to 65535"),
            (Kind::Printer, "zpl+tcp://:9100", "host name"),
            (Kind::Printer, "zpl+tcp://a b:9100", "holds no"),
            (Kind::Printer, "zpl+serial:///dev/ttyS0", "speed"),
            (
                Kind::Printer,
                "zpl+serial:///dev/ttyS0?baud=300",
                "speed is one of",
            ),
            (
                Kind::Printer,
                "zpl+serial://dev/ttyS0?baud=9600",
                "three slashes",
            ),
            (Kind::Plc, "modbus+tcp://plc:502?unit=256", "0 to 255"),
            (
                Kind::Plc,
                "modbus+tcp://plc:502?slave=1",
                "should be \"unit=",
            ),
            (Kind::Camera, "dir://", "three slashes"),
        ] {
            let text = check(wrong, kind).expect_err(wrong);
            assert!(text.contains(why), "{wrong}: {text}");
            assert!(text.ends_with('.'), "{text}");
        }
    }
}
