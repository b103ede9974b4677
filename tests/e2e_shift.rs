//! A whole shift from the screens alone, in a real terminal (tmux) against the simulated factory: own secret, sign-in,
//! clearance, a batch, ribbon out, a queue that slipped, a sample, closing with two signatures, the audit trail
//! verified.

use crate::e2e_bench::{Bench, PATIENCE, Program, await_that, vidimus};
use rustix::process::Signal;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use vidimus::record::{Actor, Fact, Meaning};
use vidimus::wire::{LineState, View};

/// Names, roles and own secrets.
const PEOPLE: [(&str, &str, &str); 3] = [
    ("administrator", "administrator", "correct horse battery"),
    ("T.Tech", "technician", "staple under the table"),
    ("Q.Wolf", "quality", "seven quiet penguins"),
];

/// Between two keys of a person, far longer than the station file's `gap_ms`.
const KEY_PAUSE: std::time::Duration = std::time::Duration::from_millis(60);

/// A terminal multiplexer with one screen of 80 × 24 in it.
struct Tmux {
    name: String,
}

impl Tmux {
    fn is_there() -> bool {
        Command::new("tmux").arg("-V").output().is_ok()
    }

    fn with(program: &Command) -> Tmux {
        let name = format!("vidimus-{}", std::process::id());
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_string_lossy());
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let line: Vec<String> = words.map(quoted).collect();
        let tmux = Tmux { name };
        tmux.says(&["new-session", "-d", "-x", "80", "-y", "24", &line.join(" ")]);
        tmux
    }

    fn says(&self, words: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command
            .args(["-L", &self.name, "-f", "/dev/null"])
            .args(words);
        command.env("TERM", "xterm-256color").env_remove("TMUX");
        // Whatever the tester's own language is.
        command.env("LC_ALL", "C.UTF-8");
        let run = command.output().expect("tmux runs");
        String::from_utf8_lossy(&run.stdout).into_owned()
    }

    fn key(&self, key: &str) {
        std::thread::sleep(KEY_PAUSE);
        self.says(&["send-keys", key]);
    }

    /// Types as a person does: what came too quickly would be no person's, so each letter is waited for.
    fn types(&self, text: &str) {
        std::thread::sleep(KEY_PAUSE);
        for letter in text.chars() {
            let before = self.below();
            self.says(&["send-keys", "-l", &letter.to_string()]);
            await_that("a letter on the screen", || {
                (self.below() != before).then_some(())
            });
        }
    }

    /// What stands there below the row with the clock.
    fn below(&self) -> String {
        let shown = self.shown();
        shown
            .split_once('\n')
            .map_or(String::new(), |(_, below)| below.to_owned())
    }

    fn shown(&self) -> String {
        self.says(&["capture-pane", "-p"])
    }

    fn sees(&self, wanted: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = self.shown();
            if wanted.iter().all(|word| shown.contains(word)) {
                return shown;
            }
            assert!(Instant::now() < until, "{wanted:?} is not on:\n{shown}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Fills in a form from its first field on: each entry is typed and followed by Enter. `<` and `>` choose.
    fn fills(&self, title: &str, entries: &[&str]) {
        self.sees(&[title]);
        for entry in entries {
            match *entry {
                ">" => self.key("Right"),
                entry => self.types(entry),
            }
            self.key("Enter");
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.says(&["kill-server"]);
    }
}

struct Shift {
    bench: Bench,
    file: PathBuf,
}

impl Shift {
    fn file(&self) -> &str {
        self.file.to_str().expect("UTF-8")
    }

    fn secret_file(&self, who: &str, secret: &str) -> String {
        let path = self.bench.path().join(format!("{who}.secret"));
        std::fs::write(&path, format!("{secret}\n")).expect("it can be written");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// The first start made an administrator, who enrols the others; gives the technician's one-time secret.
    fn enrols(&self, station: &Program) -> String {
        let one_time = await_that("a one-time secret", || {
            station.out().lines().nth(1).map(str::to_owned)
        });
        let chooses = |who: &str, one_time: &str, own: &str| {
            let (given, own) = (
                self.secret_file("one-time", one_time),
                self.secret_file(who, own),
            );
            let done = Program::run(&[
                "people",
                "secret",
                "--as",
                who,
                "--secret-file",
                &given,
                "--new-secret-file",
                &own,
                "-c",
                self.file(),
            ]);
            assert_eq!(done.code, Some(0), "{done:?}");
        };
        let (admin, _, own) = PEOPLE[0];
        chooses(admin, one_time.trim(), own);
        let admin_secret = self.secret_file(admin, own);
        let adds = |who: &str, role: &str| {
            let done = Program::run(&[
                "people",
                "add",
                who,
                "--role",
                role,
                "--as",
                admin,
                "--secret-file",
                &admin_secret,
                "-c",
                self.file(),
            ]);
            assert_eq!(done.code, Some(0), "{done:?}");
            done.out.trim().to_owned()
        };
        let (quality, role, own) = PEOPLE[2];
        chooses(quality, &adds(quality, role), own);
        adds(PEOPLE[1].0, PEOPLE[1].1)
    }

    fn fault(&self, name: &str, on: bool) {
        let said = self
            .bench
            .factory(&json!({"do": "fault", "name": name, "on": on}));
        assert_eq!(said, Some(json!({"ok": true})), "{name}");
    }

    /// Feeds packs until it is enough.
    fn feeds_until(&self, what: &str, enough: impl Fn(&View) -> bool) {
        let fed = std::cell::Cell::new(0);
        self.bench.await_view(what, |view| {
            if enough(view) {
                return true;
            }
            if view.state != LineState::Stopped
                && view.tally.in_line == 0
                && view.tally.entered >= fed.get()
            {
                fed.set(view.tally.entered + 6);
                let _ = self.bench.factory(&json!({"do": "start"}));
                let _ = self.bench.factory(&json!({"do": "feed", "packs": 6}));
            }
            false
        });
    }

    /// Gets the line going by what the screen asks for, until the view says that it goes.
    fn gets_going(&self, screen: &Tmux) {
        await_that("a line that goes", || {
            let view = self.bench.view()?;
            if view.state != LineState::Stopped {
                return Some(());
            }
            match view.state_text.contains("resynchronise") {
                true => {
                    screen.key("r");
                    screen.types("resync");
                }
                false => screen.key("F2"),
            }
            screen.key("Enter");
            std::thread::sleep(std::time::Duration::from_secs(1));
            screen.key("Escape");
            None
        });
    }
}

fn furnished() -> (Shift, Program, Program) {
    let bench = Bench::judged();
    let (factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let text = std::fs::read_to_string(&file).expect("it is there");
    let text = text
        .replace("sign_in = \"names-only\"", "sign_in = \"required\"")
        .replace(
            "second_person = \"none\"",
            "second_person = \"close-batch\"",
        )
        .replace("line_clearance = \"off\"", "line_clearance = \"required\"")
        .replace("gap_ms = 25", "gap_ms = 5");
    assert!(text.contains("line_clearance = \"required\"") && text.contains("gap_ms = 5"));
    std::fs::write(&file, text).expect("it can be written");
    let shift = Shift { bench, file };
    let station = Program::start(&["run", "-c", shift.file()]);
    await_that("a station", || shift.bench.view());
    (shift, factory, station)
}

#[test]
fn a_shift_is_run_from_the_screens_alone() {
    if !Tmux::is_there() {
        eprintln!(
            "SKIPPED: tmux is not installed; no shift was run in a real terminal (apt-get install tmux)."
        );
        return;
    }
    let (shift, factory, station) = furnished();
    let one_time = shift.enrols(&station);
    let (tech, _, own) = PEOPLE[1];
    let (quality, _, quality_secret) = PEOPLE[2];
    let screen = Tmux::with(&vidimus(&["tui", "-c", shift.file()]));
    screen.sees(&["i: sign in", "F1 Help", "press F7"]);

    // The own secret, and the session.
    screen.key("n");
    screen.fills("Choose your own secret", &[tech, &one_time, own, own]);
    screen.sees(&["Your secret is changed"]);
    screen.key("i");
    screen.fills("Sign in", &[tech, "a wrong one"]);
    screen.sees(&["wrong"]);
    screen.fills("Sign in", &[own]);
    screen.sees(&["Signed in."]);

    clears_and_opens(&screen);
    shift.feeds_until("good packs", |view| view.tally.good >= 6);
    screen.key("Escape");
    screen.sees(&["RUNNING", "BALANCED"]);

    mends_a_ribbon(&shift, &screen);
    steps_a_queue(&shift, &screen);

    // Who may bring another label into force takes over for a moment.
    screen.key("i");
    screen.fills("Sign in", &[quality, quality_secret]);
    screen.sees(&["Signed in."]);
    orders_a_label(&screen, quality_secret);
    screen.key("i");
    screen.fills("Sign in", &[tech, own]);
    screen.sees(&["Signed in."]);
    prints_another_label(&shift, &screen);

    // A sample.
    screen.key("F7");
    screen.key("s");
    screen.fills("Take samples", &["", "for the laboratory"]);
    screen.sees(&["Ordered: the next good packs"]);
    shift.feeds_until("a sample", |view| view.tally.sampled >= 1);

    // Closing, signed by two.
    shift
        .bench
        .await_view("an empty line", |view| view.tally.in_line == 0);
    closes(&shift, &screen, (own, quality, quality_secret));
    screen.key("x");
    screen.fills("Sign out", &[""]);
    screen.sees(&["Signed out."]);
    screen.key("Escape");
    screen.key("q");
    is_on_record(&shift, tech, quality);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    drop(factory);
}

fn clears_and_opens(screen: &Tmux) {
    screen.key("F7");
    screen.sees(&["line clearance: press l"]);
    screen.key("o");
    screen.sees(&["the line must be cleared first"]);
    screen.key("l");
    screen.fills("Line clearance", &["clear"]);
    screen.sees(&["The line is recorded as clear"]);
    screen.key("o");
    let nothing = [""; 8];
    screen.fills("Open a batch", &["", "SHIFT-1", "281231"]);
    screen.fills("Open a batch", &nothing);
    screen.sees(&["The batch is open"]);
}

fn mends_a_ribbon(shift: &Shift, screen: &Tmux) {
    shift.fault("ribbon-out", true);
    shift.feeds_until("a line that misses its ribbon", |view| {
        view.alarms
            .iter()
            .any(|alarm| alarm.text.contains("ribbon"))
    });
    screen.key("F4");
    screen.sees(&["ribbon"]);
    screen.key("a");
    screen.key("Escape");
    shift.fault("ribbon-out", false);
    let good = shift.bench.view().expect("a view").tally.good;
    shift.gets_going(screen);
    await_that("a line that goes on with a new ribbon", || {
        shift.gets_going(screen);
        let fed = shift.bench.view()?;
        if fed.tally.good > good {
            return Some(());
        }
        if fed.tally.in_line == 0 && fed.state != LineState::Stopped {
            let _ = shift.bench.factory(&json!({"do": "start"}));
            let _ = shift.bench.factory(&json!({"do": "feed", "packs": 4}));
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        None
    });
}

/// A label is printed twice, so that every pack behind it bears the one of the pack before: a person puts printer and
/// packs in step.
fn steps_a_queue(shift: &Shift, screen: &Tmux) {
    shift.fault("reprint", true);
    shift.feeds_until("a queue that slipped", |view| {
        view.state == LineState::Stopped
    });
    screen.key("Escape");
    screen.sees(&["STOPPED"]);
    shift.fault("reprint", false);
    shift.gets_going(screen);
    let good = shift.bench.view().expect("a view").tally.good;
    await_that("good packs after the queue was put in step", || {
        shift.gets_going(screen);
        let view = shift.bench.view()?;
        if view.tally.good > good + 3 {
            return Some(());
        }
        if view.tally.in_line == 0 && view.state != LineState::Stopped {
            let _ = shift.bench.factory(&json!({"do": "start"}));
            let _ = shift.bench.factory(&json!({"do": "feed", "packs": 4}));
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        None
    });
}

/// Another label that the program carries is chosen from the list, and signed.
fn orders_a_label(screen: &Tmux, own: &str) {
    screen.key("F8");
    screen.sees(&["Where to?"]);
    screen.key("m");
    screen.sees(&["in force", "built in"]);
    let chosen = |line: &str| line.starts_with('>') && line.contains("us-pack");
    await_that("another label that is chosen", || {
        if screen.shown().lines().any(chosen) {
            return Some(());
        }
        screen.key("Down");
        None
    });
    screen.key("s");
    screen.sees(&["Another label template", "us-pack"]);
    screen.key("Enter");
    screen.fills(
        "Another label template",
        &["the customer wants it", own, ""],
    );
    screen.sees(&["is to be replaced by"]);
    screen.key("Escape");
}

/// One test print, and then it is in force.
fn prints_another_label(shift: &Shift, screen: &Tmux) {
    await_that("another label in force", || {
        shift.gets_going(screen);
        let view = shift.bench.view()?;
        let label = view.label.clone()?;
        if label.name == "us-pack" && label.trial.is_none() {
            return Some(());
        }
        if view.tally.in_line == 0 && view.state != LineState::Stopped {
            let _ = shift.bench.factory(&json!({"do": "start"}));
            let _ = shift.bench.factory(&json!({"do": "feed", "packs": 2}));
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        None
    });
}

fn closes(shift: &Shift, screen: &Tmux, (own, quality, quality_secret): (&str, &str, &str)) {
    let view = shift.bench.view().expect("a view");
    let left_over = [
        view.tally.unknown,
        view.tally.removed,
        view.tally.numbers_void,
    ];
    let explained = left_over.iter().filter(|count| **count > 0).count();
    screen.key("F7");
    screen.key("c");
    screen.sees(&["Close the batch", "Books: balanced"]);
    for _ in 0..explained {
        screen.types("seen and destroyed");
        screen.key("Enter");
    }
    // The word, the reason, the own signature, and that of quality as a review.
    screen.fills("Close the batch", &["close", "end of shift", own]);
    screen.key("Right");
    screen.key("Left");
    screen.key("Enter");
    screen.fills("Close the batch", &[quality, quality_secret, ">"]);
    screen.sees(&["batch is closed"]);
}

fn is_on_record(shift: &Shift, tech: &str, quality: &str) {
    let verified = Program::run(&["audit", "verify", "-c", shift.file()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let mut signed = Vec::new();
    let mut closed = None;
    let reader = shift.bench.reader();
    let read = reader.for_each_record(0, |stored| match &stored.record.fact {
        Fact::BatchClosed { .. } => closed = Some(stored.utc_ms),
        Fact::Signed { meaning, .. } => {
            signed.push((stored.record.actor.clone(), *meaning, stored.utc_ms))
        }
        _ => {}
    });
    read.expect("the records can be read");
    let person = |name: &str| Actor::Person(name.to_owned());
    let closed = closed.expect("it was closed");
    let wanted = [
        (person(tech), Meaning::Performed, closed),
        (person(quality), Meaning::Reviewed, closed),
    ];
    let (swap, closing) = signed.split_first().expect("the label was signed");
    assert_eq!((&swap.0, swap.1), (&person(quality), Meaning::Performed));
    assert_eq!(closing, wanted, "both in the commit of the closing");
    let said = |path: &Path| std::fs::read(path).expect("it can be read");
    let store = said(&shift.bench.path().join("vidimus.db"));
    for (_, _, secret) in PEOPLE {
        let found = store
            .windows(secret.len())
            .any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "a secret is in the store");
    }
}
