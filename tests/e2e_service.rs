//! The station as a service: what a service manager hears on its socket, and that the watchdog is fed only while loop
//! and store live.

use crate::e2e_bench::{Bench, LOOK_PAUSE, PATIENCE, Program, await_that, opening};
use rusqlite::Connection;
use rustix::process::Signal;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use vidimus::tui::client::Client;

/// What the station may stay silent, in µs.
const SILENCE_US: &str = "200000";

/// The manager's end.
struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn at(address: &SocketAddr) -> Manager {
        let socket = UnixDatagram::bind_addr(address).expect("a socket");
        socket.set_nonblocking(true).expect("it can be set");
        Manager { socket }
    }

    /// What came since the last look.
    fn heard(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let mut heard = Vec::new();
        while let Ok(len) = self.socket.recv(&mut bytes) {
            heard.push(String::from_utf8(bytes[..len].to_vec()).expect("UTF-8"));
        }
        heard
    }

    /// Everything up to the first word that begins like this.
    fn await_word(&self, begin: &str) -> Vec<String> {
        let mut heard = Vec::new();
        await_that(begin, || {
            heard.extend(self.heard());
            heard
                .iter()
                .any(|word| word.starts_with(begin))
                .then_some(())
        });
        heard
    }
}

/// A bench whose station finds no device: that is nothing to the manager.
fn lonely(bench: &Bench) -> String {
    let file = bench.station_file(
        "zpl+tcp://127.0.0.1:9",
        "modbus+tcp://127.0.0.1:9?unit=1",
        "http://127.0.0.1:9/stream",
    );
    file.to_str().expect("UTF-8").to_owned()
}

fn start(file: &str, socket: &str) -> Program {
    let environment = [("NOTIFY_SOCKET", socket), ("WATCHDOG_USEC", SILENCE_US)];
    Program::start_with(&["run", "-c", file], &environment)
}

#[test]
fn the_manager_hears_ready_alive_and_ending() {
    let bench = Bench::new();
    let file = lonely(&bench);
    let path = bench.path().join("notify");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).expect("short enough"));
    let station = start(&file, path.to_str().expect("UTF-8"));

    let heard = manager.await_word("READY=1");
    assert!(
        bench.view().is_some(),
        "it answers on its socket: {heard:?}"
    );
    let mut told = heard.concat();
    for _ in 0..3 {
        told += &manager.await_word("WATCHDOG=1").concat();
    }
    await_that("a line of status", || {
        told += &manager.heard().concat();
        let name = "STATUS=station-1 ";
        (told.contains(name) && told.contains("NOT READY")).then_some(())
    });

    // While it stands nothing comes; then it goes on.
    station.signal(Signal::STOP);
    await_that("silence", || {
        std::thread::sleep(4 * LOOK_PAUSE);
        manager.heard().is_empty().then_some(())
    });
    std::thread::sleep(10 * LOOK_PAUSE);
    assert_eq!(manager.heard(), Vec::<String>::new());
    station.signal(Signal::CONT);
    manager.await_word("WATCHDOG=1");

    station.signal(Signal::TERM);
    let mut heard = manager.await_word("STOPPING=1");
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    heard.extend(manager.heard());
    let last = heard.last().expect("the end was told");
    assert!(last.starts_with("STOPPING=1"), "the last word: {heard:?}");
    bench.reader().chain_check().expect("closed in order");
}

#[test]
fn a_store_that_failed_does_not_feed_the_watchdog() {
    let bench = Bench::new();
    let file = lonely(&bench);
    // A name of its own for each run of the test.
    let name = format!("vidimus-{}", bench.text());
    let manager = Manager::at(&SocketAddr::from_abstract_name(&name).expect("short enough"));
    let station = start(&file, &format!("@{name}"));
    manager.await_word("READY=1");
    manager.await_word("WATCHDOG=1");

    // Somebody else holds the database longer than the store waits for it.
    let database = Connection::open(vidimus::store::database(bench.path())).expect("it opens");
    database.busy_timeout(PATIENCE).expect("it is set");
    database
        .execute_batch("BEGIN IMMEDIATE")
        .expect("it is free some time");
    let mut client = Client::connect(&bench.socket()).expect("a station listens");
    // It is not confirmed: whether that is said before the client's patience ends is nothing to this test.
    let _ = client.command("M.Kowal", None, opening("LOT-1", "281231", None));
    let failed = bench.await_view("a failed store", |view| view.has_alarm("store"));
    manager.heard();
    // The loop goes on for ten times the silence that is allowed: the screen lives, the watchdog starves.
    let silence: i64 = SILENCE_US.parse().expect("a number");
    let later = failed.utc_ms + 10 * silence / 1000;
    bench.await_view("a loop that goes on", |view| view.utc_ms > later);
    let heard = manager.heard();
    assert!(
        !heard.iter().any(|word| word.contains("WATCHDOG")),
        "{heard:?}"
    );
    let status = heard.concat();
    assert!(status.is_empty() || status.contains("store"), "{status}");

    station.signal(Signal::TERM);
    manager.await_word("STOPPING=1");
    assert_eq!(station.finish().code, Some(12));
}

#[test]
fn a_manager_that_cannot_be_told_is_named_before_anything_is_made() {
    let bench = Bench::new();
    let file = lonely(&bench);
    let environment = [("NOTIFY_SOCKET", "nowhere")];
    let ended = Program::start_with(&["run", "-c", &file], &environment).finish();
    assert_eq!(ended.code, Some(10), "{ended:?}");
    assert!(ended.err.contains("NOTIFY_SOCKET"), "{ended:?}");
    assert!(!vidimus::store::database(bench.path()).exists());
    // Without a manager there is nothing to tell, and an empty name is none.
    let station = Program::start_with(&["run", "-c", &file], &[("NOTIFY_SOCKET", "")]);
    bench.await_view("a station", |_| true);
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
