//! What a service manager is told: ready, alive, ending. The protocol is sd_notify(3) of systemd: datagrams of lines
//! `NAME=value` to the socket that `NOTIFY_SOCKET` names, a file or an abstract name (`@…`).
//!
//! Written here, because nothing may ever wait for a service manager: the socket is told not to block, and what it does
//! not take is told again.

use crate::station::Station;
use crate::tui::client::Client;
use crate::tui::words;
use crate::wire::View;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Shortest time between two lines of status.
const STATUS_PAUSE: Duration = Duration::from_secs(1);
/// Longest line of status, in characters.
const STATUS_LEN_MAX: usize = 200;

/// The service manager, as the environment of this process names it.
#[derive(Debug, Default, Clone)]
pub struct Manager {
    /// `NOTIFY_SOCKET`.
    pub socket: Option<OsString>,
    /// `WATCHDOG_USEC`, if it is meant for this process.
    pub watchdog: Option<Duration>,
}

impl Manager {
    /// What the environment says.
    pub fn of_this_process() -> Manager {
        let value = |name: &str| std::env::var(name).ok();
        Manager {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()),
            watchdog: watchdog(
                value("WATCHDOG_USEC").as_deref(),
                value("WATCHDOG_PID").as_deref(),
                std::process::id(),
            ),
        }
    }
}

/// How long this process may stay silent.
fn watchdog(usec: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    let meant = pid.is_none_or(|pid| pid.parse() == Ok(own));
    let usec: u64 = usec?.parse().ok()?;
    (meant && usec > 0).then(|| Duration::from_micros(usec))
}

/// Tells the manager how this service is. Without a manager it does nothing.
pub struct Service {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Watchdog>,
    ready: bool,
    stopping: bool,
    /// The status told last, and when.
    status: (String, Option<Instant>),
}

/// Feeds the watchdog: one word for each answer of the store.
struct Watchdog {
    /// How often the store is asked.
    every: Duration,
    next: Instant,
    answer: SyncSender<()>,
    answers: Receiver<()>,
}

impl Watchdog {
    fn new(silence: Duration) -> Watchdog {
        let (answer, answers) = sync_channel(1);
        Watchdog {
            every: silence / 2,
            next: Instant::now(),
            answer,
            answers,
        }
    }
}

impl Service {
    /// The service of a process with this manager.
    ///
    /// # Errors
    /// The socket's name makes no sense, or the system gives no socket; a sentence.
    pub fn new(manager: &Manager) -> Result<Service, String> {
        let opened = manager.socket.as_deref().map(|name| {
            let opened = open(name);
            opened.map_err(|why| {
                let name = name.display();
                format!("NOTIFY_SOCKET names {name}, and nothing can be told there ({why}).")
            })
        });
        let to = opened.transpose()?;
        let fed = manager.watchdog.filter(|_| to.is_some());
        Ok(Service {
            to,
            watchdog: fed.map(Watchdog::new),
            ready: false,
            stopping: false,
            status: (String::new(), None),
        })
    }

    /// Looks after everything that is due while the station runs; never waits, but for its own socket's answer until
    /// that came once.
    pub fn look(&mut self, station: &Station) {
        if self.to.is_none() || self.stopping {
            return;
        }
        if !self.ready && answers(station.socket_path()) {
            self.ready = self.tell("READY=1");
        }
        self.feed(&|answer| station.ping(answer));
        if (self.status.1).is_none_or(|told| told.elapsed() >= STATUS_PAUSE) {
            self.tell_status(status(&station.views().latest().1));
        }
    }

    /// The station ends from now on.
    pub fn stopping(&mut self) {
        if !self.stopping {
            self.stopping = true;
            self.tell("STOPPING=1\nSTATUS=The gate rejects; what waits is written.");
        }
    }

    /// The watchdog gets a word when the store answered, and the store is asked again when that is due. The question
    /// goes through the station's own loop: an answer says that both live.
    fn feed(&mut self, ask: &dyn Fn(SyncSender<()>)) {
        let Some(watchdog) = &mut self.watchdog else {
            return;
        };
        let answered = watchdog.answers.try_recv().is_ok();
        if Instant::now() >= watchdog.next {
            watchdog.next = Instant::now() + watchdog.every;
            ask(watchdog.answer.clone());
        }
        if answered {
            self.tell("WATCHDOG=1");
        }
    }

    fn tell_status(&mut self, text: String) {
        if text != self.status.0 && self.tell(&format!("STATUS={text}")) {
            self.status.0 = text;
        }
        self.status.1 = Some(Instant::now());
    }

    /// Whether the manager's socket took it.
    fn tell(&self, words: &str) -> bool {
        match &self.to {
            Some((socket, to)) => socket.send_to_addr(words.as_bytes(), to).is_ok(),
            None => false,
        }
    }
}

fn open(name: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let to = address(name)?;
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, to))
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_encoded_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(name),
        [b'@', rest @ ..] if !rest.is_empty() => abstract_address(rest),
        _ => {
            let text = "neither a path from the root nor an abstract name that begins with @";
            Err(io::Error::new(io::ErrorKind::InvalidInput, text))
        }
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The station answers on its own socket.
fn answers(socket: &Path) -> bool {
    Client::connect(socket)
        .and_then(|mut client| client.view())
        .is_ok()
}

/// The view in one line.
fn status(view: &View) -> String {
    let mut text = format!("{} {}", view.station, words::state(view.state));
    if let Some(batch) = &view.batch {
        let (good, rejected) = (view.tally.good, view.tally.rejected());
        text += &format!(", batch {}: {good} good, {rejected} rejected", batch.lot);
    }
    let standing: Vec<&str> = view
        .alarms
        .iter()
        .filter(|alarm| alarm.active)
        .map(|alarm| alarm.code.as_str())
        .collect();
    if !standing.is_empty() {
        text += &format!(", alarms: {}", standing.join(" "));
    }
    if !view.state_text.is_empty() {
        text += &format!(". {}", view.state_text);
    }
    // A new line would be a word of its own.
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.take(STATUS_LEN_MAX).collect()
}

#[cfg(test)]
mod test {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn the_watchdog_is_that_of_this_process_only_and_never_zero() {
        let silence = Some(Duration::from_secs(5));
        assert_eq!(watchdog(Some("5000000"), None, 7), silence);
        assert_eq!(watchdog(Some("5000000"), Some("7"), 7), silence);
        for (usec, pid) in [
            (Some("5000000"), Some("8")),
            (Some("5000000"), Some("")),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("5 s"), None),
            (None, Some("7")),
        ] {
            assert_eq!(watchdog(usec, pid, 7), None, "{usec:?} {pid:?}");
        }
    }

    #[test]
    fn names_of_sockets_that_make_no_sense_are_refused_with_a_sentence() {
        for name in ["relative.sock", "@", "vsock:2:1234"] {
            let manager = Manager {
                socket: Some(name.into()),
                watchdog: None,
            };
            let refused = Service::new(&manager).err().expect("it is refused");
            assert!(refused.contains(name), "{refused}");
        }
    }

    /// One answer feeds once; a question without an answer feeds nothing, however often it is asked.
    #[test]
    fn only_an_answer_feeds_the_watchdog() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notify");
        let heard = UnixDatagram::bind(&path).expect("a socket");
        heard.set_nonblocking(true).expect("it can be set");
        let manager = Manager {
            socket: Some(path.into()),
            watchdog: Some(Duration::ZERO), // due at every look
        };
        let mut service = Service::new(&manager).expect("it opens");
        let asked = RefCell::new(Vec::new());
        let ask = |answer: SyncSender<()>| asked.borrow_mut().push(answer);
        let mut bytes = [0; 100];
        for _ in 0..10 {
            service.feed(&ask);
        }
        assert_eq!(asked.borrow().len(), 10);
        assert!(heard.recv(&mut bytes).is_err(), "nobody answered");
        // All ten are answered late and at once: that is one sign of life.
        for answer in asked.borrow_mut().drain(..) {
            let _ = answer.try_send(());
        }
        for _ in 0..10 {
            service.feed(&ask);
        }
        let len = heard.recv(&mut bytes).expect("it is fed");
        assert_eq!(&bytes[..len], b"WATCHDOG=1");
        assert!(heard.recv(&mut bytes).is_err(), "once");
    }

    /// A manager that reads nothing holds nobody up.
    #[test]
    fn what_the_manager_does_not_take_is_not_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notify");
        let _heard = UnixDatagram::bind(&path).expect("a socket");
        let manager = Manager {
            socket: Some(path.into()),
            watchdog: None,
        };
        let service = Service::new(&manager).expect("it opens");
        let taken = (0..1_000_000)
            .take_while(|_| service.tell("STATUS=x"))
            .count();
        assert!(taken < 1_000_000, "its queue is full and that is said");
    }
}
