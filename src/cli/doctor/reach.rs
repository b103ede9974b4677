//! Is a device's TCP port there? Each way in which it is not has a remedy of its own.

use super::finding::{Finding, State, Topic, quoted};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
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
