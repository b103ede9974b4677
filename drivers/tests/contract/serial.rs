//! The traps of serial ports, on real pseudo-terminals.

use super::{PATIENCE, wait_for};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;
use vidimus_drivers::address::Address;
use vidimus_drivers::pump::{Clock, PumpHandle, spawn_bytes};
use vidimus_drivers::session::{Output, Session, Wake};
use vidimus_drivers::{Fault, Tick};

/// Sends what it is told to and tells everything it is given.
pub struct Echo {
    pub greeting: Vec<u8>,
    pub out: Vec<Output<Vec<u8>, Told>>,
}

/// What it was given.
#[derive(Debug, PartialEq)]
pub enum Told {
    Opened,
    Closed(Fault),
    Heard(Vec<u8>),
}

impl Session for Echo {
    type Command = Vec<u8>;
    type Event = Told;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, _now: Tick) {
        self.out.push(Output::Event(Told::Opened));
        if !self.greeting.is_empty() {
            self.out.push(Output::Transmit(self.greeting.clone()));
        }
    }
    fn closed(&mut self, _now: Tick, why: Fault) {
        self.out.push(Output::Event(Told::Closed(why)));
    }
    fn received(&mut self, _now: Tick, input: &[u8]) {
        self.out.push(Output::Event(Told::Heard(input.to_vec())));
    }
    fn command(&mut self, _now: Tick, bytes: Vec<u8>) {
        self.out.push(Output::Transmit(bytes));
    }
    fn woken(&mut self, _now: Tick) {}
    fn wake(&self) -> Option<Wake> {
        None
    }
    fn next_output(&mut self) -> Option<Output<Vec<u8>, Told>> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }
}

/// The device's side of a pseudo-terminal. Its name goes before it does, as that of a pulled adapter: the kernel gives
/// its number to the next one that is opened, which a driver that looks for the old one must not find.
pub struct Terminal {
    file: File,
    name: PathBuf,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.name);
    }
}

impl Terminal {
    pub fn try_clone(&self) -> File {
        self.file.try_clone().unwrap()
    }
}

impl Read for Terminal {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A raw pseudo-terminal, reachable under a name of our own, as a stable `/dev/serial/by-id` name
/// would be.
pub fn terminal(name: &Path) -> Terminal {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let mut modes = tcgetattr(&master).unwrap();
    modes.make_raw();
    tcsetattr(&master, OptionalActions::Now, &modes).unwrap();
    let device = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    symlink(device, name).unwrap();
    Terminal {
        file: File::from(master),
        name: name.to_owned(),
    }
}

fn spawn(name: &Path, greeting: Vec<u8>) -> (PumpHandle<Vec<u8>>, mpsc::Receiver<Told>) {
    let address = format!("zpl+serial://{}?baud=115200", name.display());
    let Ok(Address::Printer { link, .. }) = address.parse() else {
        panic!("a printer's address");
    };
    let (tell, events) = mpsc::channel();
    let session = Echo {
        greeting,
        out: Vec::new(),
    };
    let pump = spawn_bytes(session, link, Clock::start(), move |event| {
        let _gone = tell.send(event);
    });
    (pump.unwrap(), events)
}

/// Whether a thread of that name runs in this process.
fn runs(thread: &str) -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    let mut names = names.map(Result::unwrap_or_default);
    names.any(|name| name.trim() == thread)
}

/// Waits until that is so.
fn until(so: impl Fn() -> bool, otherwise: &str) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "{otherwise}");
        std::thread::yield_now();
    }
}

#[test]
fn bytes_go_both_ways_and_a_hang_up_is_told_once_without_spinning() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("hang-up");
    let mut device = terminal(&name);
    let (pump, events) = spawn(&name, Vec::new());
    wait_for(&events, |told| *told == Told::Opened);
    // A thread names itself once it runs, which may be after the port was told open.
    until(|| runs("read hang-up"), "the reader's thread does not run");
    pump.send(b"~HS".to_vec()).unwrap();
    let mut heard = [0; 3];
    device.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"~HS");
    device.write_all(b"\x02ok\x03\r\n").unwrap();
    let mut answer = Vec::new();
    while answer.len() < 6 {
        if let Some(Told::Heard(bytes)) = wait_for(&events, |_| true).pop() {
            answer.extend(bytes);
        }
    }
    assert_eq!(
        answer, b"\x02ok\x03\r\n",
        "no echo, no translated line ends"
    );

    drop(device);
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    let [Told::Closed(Fault::LinkDown(why))] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(why.contains("hung up"), "{why}");
    // What could spin on the dead port is gone.
    until(|| !runs("read hang-up"), "the reader's thread still runs");
    // Opening fails and is tried again at a pace; the same reason comes at each try here, because
    // this session tells all.
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    assert!(
        matches!(&told[..], [Told::Closed(Fault::LinkDown(why))] if why.contains("cannot open"))
    );

    // It comes back under the same name: opened again by path.
    let _master = terminal(&name);
    wait_for(&events, |told| *told == Told::Opened);
    assert!(pump.join());
}

#[test]
fn a_big_write_that_nobody_reads_times_out() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("printer");
    let _master = terminal(&name);
    let (pump, events) = spawn(&name, vec![b'x'; 100_000]);
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    assert!(
        matches!(&told[..], [Told::Opened, Told::Closed(Fault::Timeout { what, .. })]
            if what.contains("serial port taking bytes")),
        "{told:?}"
    );
    // It goes on: the port is closed without waiting for the unsent bytes, and opened again.
    wait_for(&events, |told| *told == Told::Opened);
    assert!(pump.join());
}

#[test]
fn old_input_is_not_taken_for_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("printer");
    let mut device = terminal(&name);
    // A keeper holds the other side open, so that the old bytes lie in the kernel when the driver
    // opens it.
    let keeper = File::options().read(true).write(true).open(&name).unwrap();
    device.write_all(b"old answer").unwrap();
    let (pump, events) = spawn(&name, b"?".to_vec());
    let mut question = [0; 1];
    device.read_exact(&mut question).unwrap();
    device.write_all(b"new").unwrap();
    let told = wait_for(&events, |told| matches!(told, Told::Heard(_)));
    let Some(Told::Heard(bytes)) = told.last() else {
        panic!("{told:?}");
    };
    assert!(b"new".starts_with(bytes), "{bytes:?}");
    drop(keeper);
    assert!(pump.join());
}
