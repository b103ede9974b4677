//! Is a device's TCP port there, and does nobody here have it already? Each way in which it is not there has a remedy
//! of its own.

use super::finding::{Finding, State, Topic, quoted};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vidimus_drivers::address::HostPort;

/// Longest wait for a connection: as long as a station's.
const CONNECT_WAIT: Duration = vidimus_drivers::link::tcp::CONNECT_TIMEOUT;

/// Why a device was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReached {
    /// Nobody knows the host's name.
    Unknown,
    /// Something is there, and nothing listens on the port.
    Refused,
    /// No way leads there.
    Unreachable,
    /// No answer at all.
    Silent,
    /// This user may not, or the system has none to give.
    Other(ErrorKind),
}

impl NotReached {
    fn of(error: &io::Error) -> NotReached {
        match error.kind() {
            ErrorKind::ConnectionRefused => NotReached::Refused,
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable => NotReached::Unreachable,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => NotReached::Silent,
            other => NotReached::Other(other),
        }
    }
}

/// Connects, and hangs up again.
///
/// # Errors
/// Why not.
pub fn reach(at: &HostPort, until: Instant) -> Result<(), NotReached> {
    let found = (at.host.as_str(), at.port).to_socket_addrs();
    let found: Vec<SocketAddr> = found.map_err(|_| NotReached::Unknown)?.collect();
    let mut why = NotReached::Unknown;
    for one in found {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(NotReached::Silent);
        }
        match TcpStream::connect_timeout(&one, left.min(CONNECT_WAIT)) {
            Ok(_) => return Ok(()),
            Err(error) => why = NotReached::of(&error),
        }
    }
    Err(why)
}

/// Where programs of this computer have TCP connections to. Many devices serve one client at a time: another one would
/// be left without an answer, or put the first one out.
#[derive(Debug, Clone, Default)]
pub struct Taken(Arc<Vec<SocketAddr>>);

impl Taken {
    /// As the system tells it now; nowhere, where it does not.
    pub fn now() -> Taken {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
        let lines = tables.iter().flatten().flat_map(|table| table.lines());
        Taken(Arc::new(lines.filter_map(connected_to).collect()))
    }

    /// Somebody here has a connection to this device: what is said of it then.
    pub fn finding(&self, about: &str, at: &HostPort) -> Option<Finding> {
        let mut found = (at.host.as_str(), at.port).to_socket_addrs().ok()?;
        found.any(|one| self.0.contains(&one)).then(|| {
            let text = "in use: a program of this computer has a connection to it; it was left alone";
            Finding::new(Topic::Device, about, State::Unknown, text)
                .act(
                    "If that is a station, ask with the file that it runs with; otherwise end that program, and ask \
                     again.",
                )
                .run(format!("ss -tnp dst {}", quoted(&at.to_string())))
        })
    }
}

/// The other end of an established connection, from a line of the system's table: addresses are words of 32 bits as
/// they stand in this machine's memory, in hexadecimal.
fn connected_to(line: &str) -> Option<SocketAddr> {
    const ESTABLISHED: &str = "01";
    let mut fields = line.split_ascii_whitespace().skip(2);
    let (remote, state) = (fields.next()?, fields.next()?);
    let (address, port) = remote.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |place: usize| -> Option<[u8; 4]> {
        let digits = address.get(8 * place..8 * place + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    let ip = match address.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    (state == ESTABLISHED).then_some(SocketAddr::new(ip, port))
}

/// What it means for a device, and what mends it. `what`: "printer", say.
pub fn not_reached(about: &str, what: &str, at: &HostPort, why: NotReached) -> Finding {
    let wrong = |found: String| Finding::new(Topic::Device, about, State::Wrong, found);
    let host = quoted(&at.host);
    let ask = format!("nc -vz -w 3 {host} {}", at.port);
    match why {
        NotReached::Unknown => wrong(format!("no computer is known by the name {}", at.host))
            .act(format!(
                "Write the {what}'s IP address in the station file, or give the name to the network's name server or \
                 to /etc/hosts."
            ))
            .run(format!("getent hosts {host}")),
        NotReached::Refused => wrong(format!(
            "{} is there, but nothing listens on port {}",
            at.host, at.port
        ))
        .act(format!(
            "Compare the port in the station file with the {what}'s own network settings; if something was just \
             switched on, wait and ask again."
        ))
        .run(ask),
        NotReached::Unreachable => wrong(format!("no way leads to {}", at.host))
            .act(format!(
                "Look at the cable and at this computer's address: it must be in the {what}'s network."
            ))
            .run(format!("ip route get {host}"))
            .run(format!("ping -c 3 {host}")),
        NotReached::Silent => wrong(format!("{at} does not answer at all"))
            .act(format!(
                "Look whether the {what} is on and its cable is in. If it answers to ping, a firewall is in between or \
                 the port is another."
            ))
            .run(format!("ping -c 3 {host}"))
            .run(ask),
        NotReached::Other(kind) => {
            wrong(format!("{at} cannot be connected to: {kind}")).run(ask)
        }
    }
}

#[cfg(test)]
mod test {
    use super::super::finding::Mend;
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_device_that_a_program_of_this_computer_has_is_left_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = HostPort {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().expect("it has one").port(),
        };
        assert_eq!(Taken::now().finding("printer-1", &at), None);
        let _client = TcpStream::connect(("127.0.0.1", at.port)).expect("it listens");
        let found = Taken::now().finding("printer-1", &at).expect("it is taken");
        assert_eq!(found.state, State::Unknown);
        assert!(found.found.starts_with("in use"), "{found:?}");
        // From the manual of the table (proc_net_tcp): the same address, as IPv4, mapped, and half open.
        let words = |ip: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(ip));
        let device = SocketAddr::from(([10, 0, 0, 5], 9100));
        let plain = words([10, 0, 0, 5]);
        let mapped = format!("{0}{0}{1}{plain}", words([0; 4]), words([0, 0, 0xff, 0xff]));
        for (remote, state, other_end) in [
            (&plain, "01", Some(device)),
            (&mapped, "01", Some(device)),
            (&plain, "06", None),
        ] {
            let line = format!("   0: 0100007F:8124 {remote}:238C {state} 00000000:00000000");
            assert_eq!(connected_to(&line), other_end, "{line}");
        }
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        assert_eq!(connected_to(head), None);
    }

    #[test]
    fn each_way_of_not_being_there_has_a_remedy_of_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let at = |host: &str, port| HostPort {
            host: host.to_owned(),
            port,
        };
        let soon = || Instant::now() + Duration::from_secs(5);
        assert_eq!(reach(&at("127.0.0.1", port), soon()), Ok(()));
        drop(listener);
        let refused = reach(&at("127.0.0.1", port), soon());
        assert_eq!(refused, Err(NotReached::Refused));
        let nobody = reach(&at("nobody.invalid", 1), soon());
        assert_eq!(nobody, Err(NotReached::Unknown));
        let late = reach(&at("127.0.0.1", port), Instant::now());
        assert_eq!(late, Err(NotReached::Silent));
        let whys = [
            NotReached::Unknown,
            NotReached::Refused,
            NotReached::Unreachable,
            NotReached::Silent,
            NotReached::Other(ErrorKind::PermissionDenied),
        ];
        let mut told: Vec<Vec<Mend>> = Vec::new();
        for why in whys {
            let finding = not_reached("plc-1", "PLC", &at("10.0.0.7", 502), why);
            assert_eq!(finding.state, State::Wrong);
            assert!(
                finding.mend.iter().any(|m| matches!(m, Mend::Run(_))),
                "{why:?}"
            );
            assert!(!told.contains(&finding.mend), "{why:?}");
            told.push(finding.mend);
        }
    }
}
