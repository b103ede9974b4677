//! A bench for whole programs: the real binary, real sockets, terminals and folders; everything
//! started here ends with the test, and nothing is waited for without a bound.

use crate::e2e_lanes::cartons;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vidimus::record::{Fact, TextPolicy};
use vidimus::store::{PackFilter, PackRow, Reader};
use vidimus::tui::client::Client;
use vidimus::wire::{Answer, LineState, OpeningTerms, OperatorCommand, View};
use vidimus_simulators::factory::{ADDRESS_FILE, FactoryAddresses};
use vidimus_simulators::truth::{self, PackTruth};

/// Longest wait for anything: it bounds a failing test, a passing one never comes near it.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Pause between two keys that the screen asks for.
const KEY_PAUSE: Duration = Duration::from_secs(2);
/// How often is looked.
pub const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// Looks until something is there.
pub fn await_that<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// The order that opens a batch of the demo's product.
pub fn opening(lot: &str, expiry: &str, text: Option<TextPolicy>) -> OperatorCommand {
    OperatorCommand::OpenBatch {
        product: "Amoxicillin 500 mg x20".to_owned(),
        gtin: "09506000134352".parse().expect("a GTIN"),
        lot: lot.parse().expect("a lot"),
        expiry: expiry.parse().expect("a date"),
        target: None,
        grade_min: None,
        text,
        terms: OpeningTerms::default(),
        numbers: Default::default(),
    }
}

/// A running `vidimus`; killed when it is dropped.
pub struct Program {
    child: Child,
    said: TempDir,
}

/// How a program ended.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Finished {
    /// Standard output as one JSON object on one line, and nothing else.
    pub fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).expect("standard output is one JSON object")
    }
}

/// `vidimus` with these arguments, without the tester's own habits.
pub fn vidimus(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
    command
        .args(args)
        .env_remove("RUST_BACKTRACE")
        .env_remove("NO_COLOR");
    command
}

impl Program {
    /// Starts it with output to files.
    pub fn start(args: &[&str]) -> Program {
        Program::start_with(args, &[])
    }

    /// The same, with more in its environment.
    pub fn start_with(args: &[&str], environment: &[(&str, &str)]) -> Program {
        let said = tempfile::tempdir().expect("a folder can be made");
        let file = |name: &str| File::create(said.path().join(name)).expect("a file can be made");
        let mut command = vidimus(args);
        command
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            // Where the report of a bug would go.
            .env("TMPDIR", said.path())
            .envs(environment.iter().copied());
        let child = command.spawn().expect("the program can be started");
        Program { child, said }
    }

    /// What it wrote to standard error so far.
    pub fn err(&self) -> String {
        std::fs::read_to_string(self.said.path().join("err")).expect("its messages can be read")
    }

    /// What it wrote to standard output so far.
    pub fn out(&self) -> String {
        std::fs::read_to_string(self.said.path().join("out")).expect("its output can be read")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        let status = self.child.wait().expect("it can be waited for");
        assert_eq!(status.signal(), Some(9), "it was still running");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it can be waited for")
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let status = await_that("the program's end", || self.ended());
        let out = std::fs::read_to_string(self.said.path().join("out"));
        Finished {
            code: status.code(),
            out: out.expect("its output is UTF-8"),
            err: self.err(),
        }
    }

    /// Runs it to its end.
    pub fn run(args: &[&str]) -> Finished {
        Program::start(args).finish()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The truth of the factory in this data folder.
pub fn truth_in(data: &Path) -> Vec<PackTruth> {
    let path = data.join("factory").join(truth::FILE_NAME);
    truth::read(&path).expect("the truth can be read")
}

fn reader_in(data: &Path) -> Reader {
    Reader::open(data, &Default::default()).expect("the store can be read")
}

/// All packs of the store in this data folder.
pub fn packs_in(data: &Path) -> Vec<PackRow> {
    let packs = reader_in(data).packs(PackFilter::default());
    packs.expect("the packs can be read")
}

/// A data folder with everything that lives in it; the factory in it ends when this is dropped.
/// Declare it before the programs that work in it.
pub struct Bench {
    folder: TempDir,
    /// When a key was pressed last for what the screen asks.
    pressed: Mutex<Option<Instant>>,
    _shares: Taken,
}

/// Shares of this machine: a bench takes one, a belt whose timing is judged most of them.
struct Shares {
    queue: Mutex<Queue>,
    turned: Condvar,
}

/// Who came first is served first, so that a belt that wants much is not passed by for ever.
struct Queue {
    free: usize,
    tickets: u64,
    serving: u64,
}

const SHARES_OF_A_BENCH: usize = 1;
const SHARES_OF_A_JUDGED_BELT: usize = 4;
static SHARES: Shares = Shares {
    queue: Mutex::new(Queue {
        free: 8,
        tickets: 0,
        serving: 0,
    }),
    turned: Condvar::new(),
};

/// Shares that were taken; given back when this is dropped.
struct Taken(usize);

impl Taken {
    fn of(shares: usize) -> Taken {
        let mut queue = SHARES.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = queue.tickets;
        queue.tickets += 1;
        while queue.serving != ticket || queue.free < shares {
            let woken = SHARES.turned.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
        queue.serving += 1;
        queue.free -= shares;
        SHARES.turned.notify_all();
        Taken(shares)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut queue = SHARES.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.free += self.0;
        SHARES.turned.notify_all();
    }
}

impl Bench {
    /// An empty folder; other benches work at the same time.
    pub fn new() -> Bench {
        Bench::with(Taken::of(SHARES_OF_A_BENCH))
    }

    /// An empty folder; few other benches work at the same time.
    pub fn judged() -> Bench {
        Bench::with(Taken::of(SHARES_OF_A_JUDGED_BELT))
    }

    fn with(shares: Taken) -> Bench {
        let folder = tempfile::Builder::new().prefix("vidimus-e2e-").tempdir();
        Bench {
            folder: folder.expect("a folder can be made"),
            pressed: Mutex::new(None),
            _shares: shares,
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder as an argument.
    pub fn text(&self) -> &str {
        self.path().to_str().expect("the path is UTF-8")
    }

    /// The station's socket.
    pub fn socket(&self) -> PathBuf {
        self.path().join("station.sock")
    }

    fn factory_folder(&self) -> PathBuf {
        self.path().join("factory")
    }

    /// Starts a factory of its own in the folder.
    pub fn start_factory(&self, more: &[&str]) -> (Program, FactoryAddresses) {
        let dir = self.factory_folder();
        let dir = dir.to_str().expect("the path is UTF-8");
        let args = ["factory", "--dir", dir, "--seed", "7"];
        let factory = Program::start(&[&args[..], more].concat());
        let addresses = await_that("a factory", || self.addresses());
        (factory, addresses)
    }

    /// Starts a factory of a whole line, and writes the station file for it.
    pub fn furnish(&self, more: &[&str]) -> (Program, PathBuf) {
        let (factory, at) = self.start_factory(more);
        let served = |address: &Option<String>| address.clone().expect("the whole line is served");
        let file = self.station_file(&served(&at.printer), &served(&at.plc), &served(&at.camera));
        (factory, file)
    }

    /// Writes the station file: the demo's own, with these addresses.
    pub fn station_file(&self, printer: &str, plc: &str, camera: &str) -> PathBuf {
        let path = self.path().join("station.toml");
        let text = vidimus::config::demo_text(printer, plc, camera, self.text());
        std::fs::write(&path, text).expect("the station file can be written");
        path
    }

    /// Where the factory in this folder is reached.
    pub fn addresses(&self) -> Option<FactoryAddresses> {
        let text = std::fs::read_to_string(self.factory_folder().join(ADDRESS_FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// A word to the factory over its control port; `None` when none answers.
    pub fn factory(&self, request: &Value) -> Option<Value> {
        let mut stream = TcpStream::connect(self.addresses()?.control).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        writeln!(stream, "{request}").ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// One figure of the factory's status.
    pub fn figure(&self, name: &str) -> Option<u64> {
        self.factory(&json!({"do": "status"}))?[name].as_u64()
    }

    /// What really happened to every pack that has left the belt.
    pub fn truth(&self) -> Vec<PackTruth> {
        truth_in(self.path())
    }

    /// The station's view; `None` when none answers.
    pub fn view(&self) -> Option<View> {
        Client::connect(&self.socket()).ok()?.view().ok()
    }

    /// Waits until the station's view is as wanted.
    pub fn await_view(&self, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        let mut last = None;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(view) = self.view() {
                if wanted(&view) {
                    return view;
                }
                last = Some(view);
            }
            std::thread::sleep(LOOK_PAUSE);
        }
        panic!("waited in vain: {what}; last seen was {last:#?}");
    }

    /// A person's command over the socket.
    pub fn order(&self, command: OperatorCommand) -> Answer {
        let mut client = Client::connect(&self.socket()).expect("a station listens");
        client
            .command("M.Kowal", Some("test".to_owned()), command)
            .expect("it answers")
    }

    /// On a machine that others hold up, labels may come too late and the line stops for a person:
    /// does what the screen then asks for.
    pub fn do_what_the_screen_asks(&self, view: &View) {
        self.put_on_record(view);
        let mut pressed = self.pressed.lock().expect("nobody panicked");
        // Each press of r begins anew what the one before it began: a person waits for what comes of it.
        let waits = pressed.is_some_and(|at| at.elapsed() < KEY_PAUSE);
        if view.state == LineState::Stopped && !waits {
            *pressed = Some(Instant::now());
            let sync = view.state_text.contains("resynchronise");
            // Refused or not, the next look tells.
            let _ = match sync {
                true => self.order(OperatorCommand::Resynchronise),
                false => self.order(OperatorCommand::Resume),
            };
        }
    }

    /// Packs that fell into their cases unread are scanned by hand, and so are containers.
    pub fn put_on_record(&self, view: &View) {
        for unread in &view.unread {
            let scan = unread.rsplit(' ').next().expect("its scan");
            if !unread.starts_with("pack ") {
                self.put_container_right(scan);
                continue;
            }
            let put = self.put_by_hand("case", scan);
            // The view may be older than the order before, or the gate's word come later than the reader's.
            let again = ["already packed", "has not passed the gate"];
            let done = put.code == Some(0) || again.iter().any(|why| put.err.contains(why));
            assert!(done, "{put:?}");
        }
    }

    /// A person puts a thing into the open container of a level, and begins one where there is none.
    fn put_by_hand(&self, level: &str, scan: &str) -> Finished {
        let socket = self.socket();
        let socket = socket.to_str().expect("UTF-8");
        let person = ["--socket", socket, "--as", "M.Kowal"];
        let put = [&["pack", "put", level, scan][..], &person].concat();
        let done = Program::run(&put);
        if !done.err.contains("begin one") {
            return done;
        }
        Program::run(&[&["pack", "begin", level][..], &person].concat());
        Program::run(&put)
    }

    /// A full container that went by its reader unread, its own label on it, is closed by hand, and put on the pallet
    /// on which it lies.
    pub fn put_container_right(&self, code: &str) {
        let key = code.trim_start_matches("(00)");
        let socket = self.socket();
        let socket = socket.to_str().expect("UTF-8");
        let person = ["--socket", socket, "--as", "M.Kowal"];
        let labels = cartons(self).into_iter().map(|carton| carton.label);
        let Some(label) = labels
            .into_iter()
            .find(|label| label.concat().contains(key))
        else {
            return; // it waits for its label
        };
        let mut close = vec!["pack", "close", code];
        label
            .iter()
            .for_each(|text| close.extend(["--label", text]));
        // What was done before is refused.
        Program::run(&[&close[..], &person].concat());
        self.put_by_hand("pallet", code);
    }

    /// The store.
    pub fn reader(&self) -> Reader {
        reader_in(self.path())
    }

    /// All packs of the store.
    pub fn packs(&self) -> Vec<PackRow> {
        packs_in(self.path())
    }

    /// Codes of all alarms on record.
    pub fn alarms_on_record(&self) -> BTreeSet<String> {
        let mut alarms = BTreeSet::new();
        let read = self.reader().for_each_record(0, |stored| {
            if let Fact::AlarmRaised { alarm, .. } = stored.record.fact {
                alarms.insert(alarm);
            }
        });
        read.expect("the records can be read");
        alarms
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if self.factory(&json!({"do": "shutdown"})).is_none() {
            return;
        }
        // It takes its address file away when it is gone; only then the folder can go.
        let until = Instant::now() + Duration::from_secs(10);
        while self.addresses().is_some() && Instant::now() < until {
            std::thread::sleep(LOOK_PAUSE);
        }
    }
}
