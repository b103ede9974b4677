//! A PLC and an HTTP camera lose their power while packs run, and come back: the station is at work again by itself,
//! and nothing passes that was not seen.

use crate::e2e_bench::{Bench, LOOK_PAUSE};
use crate::e2e_cameras::{feed, open, pass, trouble};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use vidimus::wire::{DeviceState, LineState, View};

/// How often is fed what did not pass: a pack that comes too late on a machine that others hold up is rightly rejected.
const FEEDS_MAX: u32 = 4;
/// How long the power is away.
const AWAY: Duration = Duration::from_secs(2);

/// The cable to a device that may lose its power: no byte comes any more, and no word that the connection is gone. When
/// it is back it knows nothing of the connections there were.
struct Device {
    at: String,
    off: Arc<AtomicBool>,
    /// Connections that it took.
    calls: Arc<AtomicU32>,
}

impl Device {
    /// A cable to this `HOST:PORT`.
    fn behind(device: &str) -> Device {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("it has one").to_string();
        let off = Arc::<AtomicBool>::default();
        let (device, switch) = (device.to_owned(), Arc::clone(&off));
        let calls = Arc::<AtomicU32>::default();
        let taken = Arc::clone(&calls);
        std::thread::spawn(move || {
            while let Ok((station, _)) = listener.accept() {
                let (device, off) = (device.clone(), Arc::clone(&switch));
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || {
                    // Whoever called while it was off finds nobody.
                    if off.load(Ordering::SeqCst) {
                        return await_power(&off);
                    }
                    let Ok(there) = TcpStream::connect(&device) else {
                        return;
                    };
                    taken.fetch_add(1, Ordering::SeqCst);
                    let [from, to] = [&station, &there].map(|one| one.try_clone().expect("a copy"));
                    let other = Arc::clone(&off);
                    std::thread::spawn(move || carry(from, to, &other));
                    carry(there, station, &off);
                });
            }
        });
        Device { at, off, calls }
    }

    fn power(&self, on: bool) {
        self.off.store(!on, Ordering::SeqCst);
    }
}

fn await_power(off: &AtomicBool) {
    while off.load(Ordering::SeqCst) {
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// Carries bytes until one end is gone, or the power was away.
fn carry(mut from: TcpStream, mut to: TcpStream, off: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    from.set_read_timeout(Some(LOOK_PAUSE)).expect("a time-out");
    let _ = to.set_nodelay(true);
    loop {
        if off.load(Ordering::SeqCst) {
            await_power(off);
            break;
        }
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => {
                if to.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    for end in [from, to] {
        // The other direction may have closed it.
        let _ = end.shutdown(Shutdown::Both);
    }
}

fn state(view: &View, name: &str) -> DeviceState {
    let device = view.devices.iter().find(|device| device.name == name);
    device.expect("it is listed").state
}

/// `HOST:PORT` of an address.
fn place(address: &str) -> &str {
    let (_, rest) = address.split_once("://").expect("an address");
    rest.split(['/', '?']).next().expect("a place")
}

fn set_in(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).expect("the station file");
    assert!(text.contains(old), "{old}: {text}");
    std::fs::write(file, text.replace(old, new)).expect("it can be written");
}

/// Runs packs, cuts the power in the middle and brings it back, when the station has seen it (`away`); `forget` is what
/// a device does without it.
fn comes_back(name: &str, away: impl Fn(&View) -> bool, forget: impl Fn(&Bench)) {
    let bench = Bench::judged();
    let line = ["--rate", "600", "--faults", "none"];
    let (_factory, file) = bench.furnish(&line);
    let addresses = bench.addresses().expect("a factory");
    let real = match name {
        "PLC" => addresses.plc,
        _ => addresses.camera,
    };
    let real = real.expect("the whole line is served");
    let device = Device::behind(place(&real));
    set_in(&file, place(&real), &device.at);
    let station = open(&bench, &file);
    let mut fed = pass(&bench, 20);
    feed(&bench, 30);
    bench.await_view("packs in the line", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= fed + 8
    });
    device.power(false);
    let seen = bench.await_view("a device that is away", &away);
    assert!(seen.alarms.iter().any(|alarm| alarm.active), "{seen:#?}");
    std::thread::sleep(AWAY);
    forget(&bench);
    let good = bench.figure("good_bin");
    let calls = device.calls.load(Ordering::SeqCst);
    device.power(true);
    let since = Instant::now();
    bench.await_view("a device that is back", |view| {
        let called = device.calls.load(Ordering::SeqCst) > calls;
        called && state(view, name) != DeviceState::Failure
    });
    let took = since.elapsed();
    println!("{name}: back {took:?} after its power; {good:?} packs in the good bin until then");
    fed += 30;
    bench.await_view("what was fed through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        let entered = view.tally.entered;
        entered >= fed && view.tally.in_line == 0
    });
    let before = bench.view().expect("a station").tally;
    for _ in 0..FEEDS_MAX {
        let now = bench.view().expect("a station").tally;
        if now.good >= before.good + 20 {
            break;
        }
        feed(&bench, 20);
        bench.await_view("what was fed through the gate", |view| {
            bench.do_what_the_screen_asks(view);
            view.tally.entered >= now.entered + 20 && view.tally.in_line == 0
        });
    }
    let tally = bench.view().expect("a station").tally;
    assert!(
        tally.balanced() && tally.good >= before.good + 20,
        "{tally:#?}"
    );
    // Where the PLC forgot what it had decided, the fate of a pack is unknown and is told so.
    let bin = bench.figure("good_bin").expect("it tells");
    let known = tally.good..=tally.good + tally.unknown;
    assert!(known.contains(&bin), "{bin}: {tally:#?}");
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ink_is_single_and_every_pack_is_on_record(bench.path());
    bench.reader().chain_check().expect("the chain is whole");
}

#[test]
fn a_plc_that_lost_its_power_is_back_by_itself_and_nothing_unseen_passes() {
    let away = |view: &View| state(view, "PLC") == DeviceState::Failure;
    comes_back("PLC", away, |bench| {
        trouble(bench, "plc-restart", true);
        trouble(bench, "plc-restart", false);
    });
}

#[test]
fn an_http_camera_that_lost_its_power_is_back_by_itself_and_nothing_unseen_passes() {
    // A camera has nothing to say while no pack comes: that it is away shows by the pictures of packs.
    let away = |view: &View| view.state == LineState::Stopped;
    comes_back("camera", away, |_| {});
}
