//! A folder in which commands of the documents are typed: a shell in it finds the programs, and what a person would
//! have done before a command is done: the station runs, somebody is enrolled, a batch is open, packs have come.

use super::{Line, lines, root};
use crate::e2e_bench::{Bench, Finished, PATIENCE, Program, await_that};
use crate::e2e_screen::Terminal;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::{Duration, Instant};
use vidimus::tui::client::Client;
use vidimus::wire::{Ask, DeviceState, LineState, OperatorCommand, Proof, Secret, View};

/// Who does what the documents do not say: a person with all the rights that one needs at a line.
const SHIFT: &str = "N. Shift";
/// Roles of those whom the documents name.
const ROLES: &[(&str, &str)] = &[
    (
        SHIFT,
        "--role technician --role maintenance --role supervisor --role quality",
    ),
    ("M. Kowal", "--role technician"),
    ("N. Maint", "--role maintenance"),
    ("S. Wolf", "--role supervisor"),
    ("Q. Wolf", "--role quality"),
];
/// A line is given so long before what the screen asks for is done once more.
const KEY_PAUSE: Duration = Duration::from_secs(2);
/// Packs of a feed.
const FEED: u64 = 12;

/// Secrets come from files, as `--secret-file` has them; tests/e2e_people.rs shows that a terminal is asked for them.
const PROGRAM: &str = r#"#!/bin/sh
who=; next=
for word in "$@"; do
    [ -n "$next" ] && who=$word
    next=; [ "$word" = --as ] && next=1
done
case "$1 $2" in
"batch list" | "batch show") ;;
batch\ * | pack\ * | journey\ *) : "${who:=$USER}" ;;
esac
[ -f "SECRETS/$who" ] && set -- "$@" --secret-file "SECRETS/$who"
[ "$1 $2" = "people secret" ] && set -- "$@" --new-secret-file "SECRETS/$who.own"
exec "PROGRAM" "$@"
"#;

/// A program that runs on until it is ended.
struct Running(Child);

impl Running {
    /// SIGTERM, and its exit code.
    fn end(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.0), Signal::TERM).expect("it runs");
        let ended = || self.0.try_wait().expect("it can be waited for");
        await_that("a program's end", ended).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder, and what lives in it.
pub struct World {
    station: Option<Running>,
    others: Vec<Running>,
    factory: Option<Program>,
    /// Lines that were typed.
    pub typed: BTreeSet<Line>,
    /// What stands for something in the documents, and what it is here.
    pub stands_for: Vec<(String, String)>,
    chosen: BTreeSet<String>,
    lots: u32,
    pressed: Cell<Option<Instant>>,
    /// How many programs were started and secrets chosen.
    begun: Cell<u32>,
    /// The folder and its factory.
    pub bench: Bench,
}

/// An address of this machine at which nobody listens, and which no other test gets when it asks for any.
pub fn free_address() -> String {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    loop {
        let count = ASKED
            .fetch_add(1, Relaxed)
            .wrapping_add(std::process::id() as u16);
        // Below those that systems give away.
        let address = format!("127.0.0.1:{}", 20_000 + count % 12_000);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

impl World {
    /// A folder with the programs and the templates, whose station files name free ports.
    pub fn new() -> World {
        let world = World {
            station: None,
            others: Vec::new(),
            factory: None,
            typed: BTreeSet::new(),
            stands_for: Vec::new(),
            chosen: BTreeSet::new(),
            lots: 0,
            pressed: Cell::new(None),
            begun: Cell::new(0),
            bench: Bench::new(),
        };
        let here = |name: &str| world.path(name);
        for folder in ["bin", "secrets", "templates/stations"] {
            std::fs::create_dir_all(here(folder)).expect("a folder can be made");
        }
        let program = PathBuf::from(env!("CARGO_BIN_EXE_vidimus"));
        let sim = program.with_file_name("vidimus-sim");
        assert!(sim.exists(), "cargo test --workspace builds it: {sim:?}");
        let script = PROGRAM
            .replace("SECRETS", here("secrets").to_str().expect("UTF-8"))
            .replace("PROGRAM", program.to_str().expect("UTF-8"));
        std::fs::write(here("bin/vidimus"), script).expect("it can be written");
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(here("bin/vidimus"), all).expect("it is ours");
        symlink(sim, here("bin/vidimus-sim")).expect("a link");
        symlink(root().join("tests"), here("tests")).expect("a link");
        for entry in std::fs::read_dir(root().join("templates")).expect("they are there") {
            let entry = entry.expect("an entry");
            if entry.file_name() != "stations" {
                symlink(entry.path(), here("templates").join(entry.file_name())).expect("a link");
            }
        }
        for entry in std::fs::read_dir(root().join("templates/stations")).expect("they are there") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a station file");
            let copy = here("templates/stations").join(path.file_name().expect("a name"));
            std::fs::write(copy, world.at_home(&text)).expect("it can be written");
        }
        world
    }

    /// A running station whose people sign in, beside a simulated line, with these changes to its file.
    pub fn plant(changes: &[(&str, &str)]) -> World {
        let mut world = World::new();
        let (factory, file) = world.bench.furnish(&["--rate", "600", "--faults", "none"]);
        world.factory = Some(factory);
        let text = std::fs::read_to_string(&file).expect("it is there");
        let required = ("sign_in = \"names-only\"", "sign_in = \"required\"");
        let changed = changes.iter().chain([&required]);
        let text = changed.fold(text, |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        });
        std::fs::write(&file, text).expect("it can be written");
        world.start();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.path().join(name)
    }

    /// The same station file with its folder here, and ports that are free.
    fn at_home(&self, text: &str) -> String {
        let mut parts = text.split("127.0.0.1:");
        let mut out = parts.next().expect("a first part").to_owned();
        let mut taken: Vec<(&str, String)> = Vec::new();
        for part in parts {
            let digits = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            let (port, rest) = part.split_at(digits);
            if !taken.iter().any(|(old, _)| *old == port) {
                let free = free_address().replace("127.0.0.1:", "");
                taken.push((port, free));
            }
            let new = taken
                .iter()
                .find(|(old, _)| *old == port)
                .expect("it is there");
            out += &format!("127.0.0.1:{}{rest}", new.1);
        }
        let folder = |line: &str| match line.starts_with("data_dir = ") {
            true => format!("data_dir = {:?}", self.bench.text()),
            false => line.to_owned(),
        };
        let text = out.lines().map(folder).collect::<Vec<_>>().join("\n") + "\n";
        text.replace("unexplained_max = 0", "unexplained_max = 1000")
    }

    fn shell(&self, text: &str) -> Command {
        let path = std::env::var("PATH").expect("there is one");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", text])
            .current_dir(self.bench.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("USER", SHIFT)
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        shell
    }

    /// What a person types; it ends by itself.
    pub fn sh(&self, text: &str) -> Finished {
        let bounded = format!(
            "timeout {} sh -c '{}'",
            PATIENCE.as_secs(),
            text.replace('\'', r"'\''")
        );
        let run = self.shell(&bounded).output().expect("a shell");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished {
            code: run.status.code(),
            out: said(&run.stdout),
            err: said(&run.stderr),
        }
    }

    /// The same, and it must succeed.
    pub fn does(&self, text: &str) -> String {
        let done = self.sh(text);
        assert_eq!(done.code, Some(0), "{text}: {done:?}");
        done.out
    }

    /// Starts what runs on; gives where its output goes.
    fn begins(&self, text: &str) -> (Running, PathBuf) {
        self.begun.set(self.begun.get() + 1);
        let said = self.path(&format!("said-{}", self.begun.get()));
        let mut shell = self.shell(&format!("exec {text}"));
        let file = |path| File::create(path).expect("a file can be made");
        shell
            .stdout(file(said.clone()))
            .stderr(file(said.with_extension("err")));
        (Running(shell.spawn().expect("a shell")), said)
    }

    /// Starts the station of `station.toml`.
    pub fn start(&mut self) {
        self.runs("vidimus run -c station.toml");
    }

    fn runs(&mut self, text: &str) {
        let (running, said) = self.begins(text);
        self.station = Some(running);
        await_that("a station", || self.bench.view());
        let secret = self.secret("administrator");
        if self.signs_in() && !secret.exists() {
            let shown = || {
                let out = std::fs::read_to_string(&said).ok()?;
                out.lines().nth(1).map(str::to_owned)
            };
            let one_time = await_that("the first secret", shown);
            std::fs::write(secret, one_time).expect("it can be written");
        }
    }

    /// Ends the station; nothing where none runs.
    pub fn end(&mut self) {
        if let Some(station) = self.station.take() {
            assert_eq!(station.end(), Some(0), "the station ends in order");
        }
    }

    fn view(&self) -> View {
        await_that("a station", || self.bench.view())
    }

    fn signs_in(&self) -> bool {
        let file = std::fs::read_to_string(self.path("station.toml"));
        let required = |line: &str| line.starts_with("sign_in = \"required\"");
        file.is_ok_and(|text| text.lines().any(required))
    }

    fn secret(&self, who: &str) -> PathBuf {
        self.path("secrets").join(who)
    }

    /// Chooses an own secret where somebody has a one-time one only.
    fn has_chosen(&mut self, who: &str) {
        if self.signs_in() && !self.chosen.contains(who) {
            self.new_own(who);
            self.does(&format!(
                "vidimus people secret --as {who:?} -c station.toml"
            ));
            self.took_own(who);
        }
    }

    fn new_own(&self, who: &str) {
        self.begun.set(self.begun.get() + 1);
        let own = format!("{who} chose number {}", self.begun.get());
        let path = self.path("secrets").join(format!("{who}.own"));
        std::fs::write(path, own).expect("it can be written");
    }

    fn took_own(&mut self, who: &str) {
        let own = self.path("secrets").join(format!("{who}.own"));
        std::fs::rename(own, self.secret(who)).expect("it was written");
        self.chosen.insert(who.to_owned());
    }

    /// Somebody is known by name, and has a one-time secret at least.
    fn is_enrolled(&mut self, who: &str) {
        if !self.signs_in() || self.secret(who).exists() {
            return;
        }
        self.has_chosen("administrator");
        let row = ROLES.iter().find(|(name, _)| *name == who);
        let (_, roles) = row.unwrap_or_else(|| panic!("who is {who}?"));
        let add = format!("vidimus people add {who:?} {roles} --as administrator -c station.toml");
        let shown = self.does(&add);
        std::fs::write(self.secret(who), shown.trim()).expect("it can be written");
    }

    /// An order of the shift's person, by the shell.
    fn shift(&mut self, command: &str) {
        self.is_enrolled(SHIFT);
        self.has_chosen(SHIFT);
        self.does(&format!("vidimus {command} --as {SHIFT:?} -c station.toml"));
    }

    /// The same over the socket, for what has no command. Refused or not, the next look tells.
    fn presses(&mut self, command: OperatorCommand) {
        self.is_enrolled(SHIFT);
        self.has_chosen(SHIFT);
        let secret = std::fs::read_to_string(self.secret(SHIFT)).ok();
        let ask = Ask::Do {
            by: SHIFT.to_owned(),
            proof: secret.map(|secret| Proof::Secret(Secret::new(secret))),
            reason: None,
            command,
        };
        let mut client = Client::connect(&self.bench.socket()).expect("a station listens");
        client.ask(ask).expect("it answers");
    }

    /// Does what the screen asks for, with a pause for what comes of it.
    fn helps(&mut self, view: &View) {
        if !self.signs_in() {
            return self.bench.do_what_the_screen_asks(view);
        }
        let waits = self
            .pressed
            .get()
            .is_some_and(|at| at.elapsed() < KEY_PAUSE);
        if view.state == LineState::Stopped && !waits {
            self.pressed.set(Some(Instant::now()));
            self.presses(match view.state_text.contains("resynchronise") {
                true => OperatorCommand::Resynchronise,
                false => OperatorCommand::Resume,
            });
        }
    }

    /// Feeds packs until the view is as wanted and the belt empty; nothing where no line is.
    pub fn feeds_until(&mut self, what: &str, enough: impl Fn(&View) -> bool) {
        if self.bench.addresses().is_none() {
            return;
        }
        let until = Instant::now() + PATIENCE;
        let mut fed = 0;
        loop {
            let view = self.view();
            assert!(Instant::now() < until, "waited in vain: {what}: {view:#?}");
            self.helps(&view);
            let waiting = view.lot.first_articles.is_some_and(|first| first.waiting);
            if waiting && enough(&view) {
                return;
            }
            if view.tally.entered >= fed && view.tally.in_line == 0 {
                if enough(&view) && fed > 0 {
                    return;
                }
                fed = view.tally.entered + FEED;
                for order in [json!({"do": "start"}), json!({"do": "feed", "packs": FEED})] {
                    // A line of several lanes feeds each.
                    self.bench.factory(&order).expect("the factory answers");
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn empties(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let view = self.view();
            if view.tally.in_line == 0 {
                return;
            }
            assert!(Instant::now() < until, "the belt is not empty: {view:#?}");
            self.helps(&view);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Accepts first articles that the documents leave waiting.
    fn accepts(&mut self) {
        if self
            .view()
            .lot
            .first_articles
            .is_some_and(|first| first.waiting)
        {
            self.is_enrolled(SHIFT);
            self.has_chosen(SHIFT);
            let done = self.sh(&format!(
                "vidimus batch accept-first --as {SHIFT:?} -c station.toml"
            ));
            // What is seen may be older than an order.
            let right = done.code == Some(0) || done.err.contains("There are no first articles");
            assert!(right, "{done:?}");
        }
    }

    /// Closing is signed, where anything can be.
    fn closes_batch(&mut self) {
        self.shift(match self.signs_in() {
            true => "batch close --sign performed",
            false => "batch close",
        });
        self.is_closed();
    }

    /// A view may be older than an order: what is typed next must not believe that the batch is still open.
    fn is_closed(&self) {
        await_that("a closed batch", || {
            self.view().batch.is_none().then_some(())
        });
    }

    fn has_open_batch(&mut self) {
        if self.view().batch.is_none() {
            self.lots += 1;
            let lot = self.lots;
            self.shift(&format!(
                "batch open --gtin 09506000134352 --lot SHIFT-{lot} --expiry 281231"
            ));
            self.feeds_until("good packs", |view| {
                view.tally.good + view.tally.sampled > 0
            });
        }
    }

    /// Numbers that were sent and not seen: what was on its way is given up.
    fn has_something_left_over(&mut self) {
        while self.view().tally.differences().next().is_none() {
            let feed = json!({"do": "feed", "packs": FEED});
            self.bench.factory(&feed).expect("the factory answers");
            await_that("packs with numbers", || {
                let view = self.bench.view()?;
                (view.tally.numbers_in_line > 0).then_some(())
            });
            self.presses(OperatorCommand::Resynchronise);
            std::thread::sleep(KEY_PAUSE);
            self.empties();
        }
    }

    /// Types all lines under a heading.
    pub fn section(&mut self, document: &str, heading: &str) {
        let all = lines().into_iter();
        let here = |line: &Line| line.document == document && line.heading == heading;
        let mut typed = 0;
        for line in all.filter(here).filter(|line| !line.not_run()) {
            self.types(&line);
            typed += 1;
        }
        assert!(typed > 0, "{document} has no commands under {heading}");
    }

    /// Types one line, found by how it begins, with more that stands for something.
    pub fn line(&mut self, document: &str, beginning: &str, stands_for: &[(&str, &str)]) -> String {
        let found = lines()
            .into_iter()
            .find(|line| line.document == document && line.text.starts_with(beginning));
        let found = found.unwrap_or_else(|| panic!("{document} does not say: {beginning}"));
        let before = self.stands_for.len();
        let own = stands_for
            .iter()
            .map(|(old, new)| ((*old).into(), (*new).into()));
        self.stands_for.extend(own);
        let out = self.types(&found);
        self.stands_for.truncate(before);
        out
    }

    fn types(&mut self, line: &Line) -> String {
        self.typed.insert(line.clone());
        let ours = line.ours();
        let words: Vec<&str> = ours
            .first()
            .map(|(_, words)| words.iter().map(String::as_str).collect())
            .unwrap_or_default();
        let mut builds = ["cargo ", "packaging/"].iter();
        let builds = ours.is_empty() && builds.any(|word| line.text.starts_with(word));
        if line.text.starts_with("sudo ") || builds {
            return self.is_done_by_root(&line.text);
        }
        if line.text.starts_with("python3 ") && Command::new("python3").arg("-V").output().is_err()
        {
            eprintln!("SKIPPED: no python3: nobody typed {}", line.text);
            return String::new();
        }
        self.before(&words);
        let mut text = line.text.replace(
            "cargo run --release -p vidimus-simulators --bin vidimus-sim --",
            "vidimus-sim",
        );
        for (old, new) in &self.stands_for {
            text = text.replace(old, new);
        }
        if let Some(explained) = self.explanations(&text) {
            text = explained;
        }
        match (ours.first().map(|(name, _)| name.as_str()), &words[..]) {
            (Some("vidimus"), ["run", ..]) => self.runs(&text),
            (Some("vidimus"), ["tui", ..]) => self.looks(&words),
            (Some("vidimus-sim"), ["line", ..]) => {
                let (factory, said) = self.begins(&text);
                self.others.push(factory);
                await_that("a factory", || {
                    let why = std::fs::read_to_string(said.with_extension("err"));
                    let why = why.expect("it can be read");
                    assert!(why.is_empty(), "{text}: {why}");
                    self.bench.addresses()
                });
            }
            _ => {
                let done = self.sh(&text);
                let mut codes = line.codes();
                if words.first() == Some(&"doctor") {
                    // What a machine of tests lacks, a clock or a disk that is none, is no mistake of the document.
                    codes = vec![0, 1, 10, 12];
                }
                let right = done.code.is_some_and(|code| codes.contains(&code));
                assert!(right, "{}: {text}: {done:?}", line.document);
                self.after(&words, &done);
                return done.out;
            }
        }
        String::new()
    }

    /// What a line with `sudo` means here.
    fn is_done_by_root(&mut self, text: &str) -> String {
        match text {
            "sudo systemctl stop vidimus" => self.end(),
            "sudo systemctl start vidimus" => self.start(),
            _ => {}
        }
        String::new()
    }

    /// What somebody has done before this is typed.
    fn before(&mut self, words: &[&str]) {
        let asks = [
            &["batch", "list"][..],
            &["batch", "show"],
            &["label", "history"],
            &["label", "show"],
        ];
        let order = [
            "batch", "pack", "journey", "people", "status", "tui", "device",
        ];
        let label =
            words.starts_with(&["label", "activate"]) || words.starts_with(&["label", "rollback"]);
        let orders = words.first().is_some_and(|word| order.contains(word)) || label;
        let alone = words.starts_with(&["serials", "import"])
            || words.starts_with(&["serials", "return"])
                && words.last().is_some_and(|word| word.ends_with(".csv"));
        if alone {
            // One program writes the store.
            self.end();
        } else if orders
            && !asks.iter().any(|ask| words.starts_with(ask))
            && self.bench.view().is_none()
        {
            self.start();
        }
        let person = words.iter().position(|word| *word == "--as");
        if orders && person.is_none() && self.signs_in() {
            self.is_enrolled(SHIFT);
            self.has_chosen(SHIFT);
        }
        if let Some(at) = person {
            self.is_enrolled(words[at + 1]);
            if words.starts_with(&["people", "secret"]) {
                self.new_own(words[at + 1]);
            } else {
                self.has_chosen(words[at + 1]);
            }
        }
        match words {
            ["doctor", ..] if self.bench.addresses().is_some() => self.devices_answer(),
            ["serials", "return", .., "--all-unused", "--out", _] => {
                // Its numbers are not given back while a batch takes them.
                self.start();
                self.closes_batch();
            }
            ["batch", "accept-first", ..] => self.has_open_batch(),
            ["batch", "open", ..] if self.view().batch.is_some() => {
                self.accepts();
                self.empties();
                self.closes_batch();
            }
            ["batch", "close", ..] => {
                self.has_open_batch();
                self.accepts();
                self.empties();
            }
            ["batch", "sample" | "component", ..] | ["label", "activate", ..] => {
                self.has_open_batch();
                self.accepts();
            }
            _ => {}
        }
    }

    /// A station that was just started has found its devices.
    fn devices_answer(&self) {
        if self.bench.view().is_none() {
            return;
        }
        await_that("devices that answer", || {
            let view = self.bench.view()?;
            let mut devices = view.devices.iter().filter(|device| device.name != "disk");
            let all = devices.all(|device| device.state == DeviceState::Ok);
            all.then_some(())
        });
    }

    /// What comes of it.
    fn after(&mut self, words: &[&str], done: &Finished) {
        match words {
            ["people", "secret", "--as", who, ..] => self.took_own(who),
            ["people", "add", who, ..] => {
                std::fs::write(self.secret(who), done.out.trim()).expect("it can be written");
            }
            ["batch", "open", ..] => {
                self.feeds_until("good packs", |view| {
                    view.tally.good + view.tally.sampled > 0
                });
            }
            ["batch", "close", ..] => self.is_closed(),
            ["batch", "accept-first" | "sample", ..] => {
                self.feeds_until("good packs", |view| view.lot.samples_due == 0);
            }
            ["label", "new", ..] => {
                self.does("sed -i 's/LOT {lot}/BN {lot}/' my-label/label.toml");
            }
            ["serials", "export", ..] => {
                self.does("head -n 11 block.csv > unused.csv");
            }
            ["label", "activate" | "rollback", ..] => {
                let named = |view: &View| {
                    view.label
                        .as_ref()
                        .is_some_and(|label| label.trial.is_none())
                };
                self.feeds_until("a label in force", named);
            }
            _ => {}
        }
    }

    /// The line with an explanation for each kind that is left over, where it explains something.
    fn explanations(&mut self, text: &str) -> Option<String> {
        let (before, rest) = text.split_once("--explain \"")?;
        let (words, behind) = rest.split_once('"')?;
        let words = words.split_once(": ")?.1.to_owned();
        let (before, behind) = (before.to_owned(), behind.to_owned());
        self.has_something_left_over();
        let view = self.view();
        let left = view.tally.differences();
        let each: String = left
            .map(|(of, _)| format!("--explain \"{of}: {words}\" "))
            .collect();
        Some(format!("{before}{each}{behind}"))
    }

    /// A screen on a real terminal, and its key to leave.
    fn looks(&mut self, words: &[&str]) {
        let at_home = |word: &&str| match word.ends_with(".toml") {
            true => self.path(word).to_str().expect("UTF-8").to_owned(),
            false => (*word).to_owned(),
        };
        let mut args: Vec<String> = words.iter().map(at_home).collect();
        if let Some(at) = words.iter().position(|word| *word == "--as") {
            let secret = self.secret(words[at + 1]);
            let file = secret.to_str().expect("UTF-8").to_owned();
            args.extend(
                ["--secret-file".to_owned(), file]
                    .into_iter()
                    .filter(|_| secret.exists()),
            );
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut terminal = Terminal::run(&args, false);
        terminal.await_text(&["F1 Help", "BALANCED"]);
        terminal.press("q");
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.text());
    }

    /// A picture of a sound symbol, as a camera takes it.
    pub fn photograph(&self, name: &str) {
        self.does("vidimus-sim frames --condition clean --step 0 --count 1 --seed 1 frames");
        let picture = self.path("frames/clean-0-000001.png");
        std::fs::copy(picture, self.path(name)).expect("it was written");
    }

    /// Packs of the store, the good ones first.
    pub fn scans(&self) -> Vec<String> {
        let mut packs = self.bench.packs();
        packs.retain(|pack| pack.serial.is_some());
        packs.sort_by_key(|pack| pack.fate != Some(vidimus::record::Fate::Good));
        let scan = |serial: String| format!("(01)09506000134352(21){serial}");
        let serials = packs.into_iter().filter_map(|pack| pack.serial);
        serials
            .map(|serial| scan(serial.text.to_string()))
            .collect()
    }

    /// A power test: its witness and its writer run on until the writer's plug is pulled.
    pub fn pulls_the_plug(&mut self, document: &str, heading: &str) {
        let (mut witness, mut writer) = (None, None);
        let all = lines().into_iter();
        let here = |line: &Line| line.document == document && line.heading == heading;
        for line in all.filter(here) {
            self.typed.insert(line.clone());
            let mut text = line.text.clone();
            for (old, new) in &self.stands_for {
                text = text.replace(old, new);
            }
            let words = line.commands().remove(0);
            match words[3].as_str() {
                "witness" => {
                    let (begun, said) = self.begins(&text);
                    witness = Some(begun);
                    await_that("a witness that listens", || {
                        let said = std::fs::read_to_string(said.with_extension("err")).ok()?;
                        said.contains("Listening on ").then_some(())
                    });
                }
                "write" => {
                    writer = Some(self.begins(&text).0);
                    let acknowledged =
                        || std::fs::read_to_string(self.path("acknowledged.txt")).ok();
                    await_that("acknowledgements", || {
                        (acknowledged()?.lines().count() > 20).then_some(())
                    });
                    // Killed, which is as near to a pulled plug as a test comes.
                    drop(writer.take());
                    drop(witness.take());
                }
                _ => {
                    self.does(&text);
                }
            }
        }
        assert!(writer.is_none() && witness.is_none());
    }
}
