//! The screen on a real terminal: drawn, operated, resized, left by key and by signal, and the
//! terminal given back as it was.

use crate::e2e_bench::{Bench, PATIENCE, await_that, vidimus};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vt100::{Color, Parser};

/// A terminal with a program on it.
pub struct Terminal {
    master: File,
    parser: Arc<Mutex<Parser>>,
    /// `None` once the terminal has vanished: then somebody else waits for its end.
    child: Option<Child>,
    vanishing: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("a screen has cells")
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_col: columns,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

impl Terminal {
    /// Runs `vidimus` with these arguments on a terminal of 80 × 24 that is its own.
    pub fn run(args: &[&str], no_color: bool) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pty can be had");
        grantpt(&master).expect("it can be granted");
        unlockpt(&master).expect("it can be unlocked");
        tcsetwinsize(&master, size(80, 24)).expect("it has a size");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let name = name.to_str().expect("the name is UTF-8").to_owned();
        let end = || {
            let file = File::options().read(true).write(true).open(&name);
            Stdio::from(file.expect("the terminal can be opened"))
        };
        // A session of its own, so that the tester's terminal is never asked or changed.
        let program = vidimus(args);
        let mut command = Command::new("setsid");
        // It replaces itself by the program, so the process stays the same.
        command.arg("--ctty").arg(program.get_program());
        command.args(program.get_args());
        command.env_remove("NO_COLOR").env_remove("COLORTERM");
        command.env("TERM", "xterm-256color").env("USER", "M.Kowal");
        // Whatever the tester's own language is.
        command.env("LC_ALL", "C.UTF-8");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().expect("the program can be started");
        let master = File::from(master);
        let parser = Arc::new(Mutex::new(Parser::new(cells(24), cells(80), 0)));
        let (mut from, to) = (master.try_clone().expect("a handle"), Arc::clone(&parser));
        let vanishing = Arc::new(AtomicBool::new(false));
        let vanishes = Arc::clone(&vanishing);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while !vanishes.load(Ordering::SeqCst) {
                let wait = Timespec::try_from(Duration::from_millis(100)).expect("it is short");
                if poll(&mut [PollFd::new(&from, PollFlags::IN)], Some(&wait)) == Ok(0) {
                    continue;
                }
                // An error when the last program on the terminal is gone.
                let Ok(count @ 1..) = from.read(&mut bytes) else {
                    return;
                };
                let mut parser = to.lock().unwrap_or_else(PoisonError::into_inner);
                parser.process(&bytes[..count]);
            }
        });
        Terminal {
            master,
            parser,
            child: Some(child),
            vanishing,
            reader: Some(reader),
        }
    }

    /// The terminal is gone, as when its window is closed; what ran on it is still to be waited for.
    pub fn vanish(mut self) -> Child {
        self.vanishing.store(true, Ordering::SeqCst);
        let reader = self.reader.take().expect("it reads");
        reader.join().expect("it reads to the end");
        self.child.take().expect("it runs")
    }

    /// The program asked the terminal to say what is pasted.
    pub fn marks_pastes(&self) -> bool {
        self.look(vt100::Screen::bracketed_paste)
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("the terminal is there")
    }

    fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        let parser = self.parser.lock().unwrap_or_else(PoisonError::into_inner);
        look(parser.screen())
    }

    /// What stands on it.
    pub fn text(&self) -> String {
        self.look(vt100::Screen::contents)
    }

    fn await_screen(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if wanted(&text) {
                return;
            }
            let ended = self.child().try_wait().expect("it can be waited for");
            assert!(Instant::now() < until, "{what} not on:\n{text}");
            assert!(
                ended.is_none(),
                "it ended ({ended:?}) before {what}:\n{text}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until all of this stands on it.
    pub fn await_text(&mut self, wanted: &[&str]) {
        let all = |text: &str| wanted.iter().all(|word| text.contains(word));
        self.await_screen(&format!("{wanted:?}"), all);
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("it is there");
    }

    /// Gives it so many columns and rows.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut parser = self.parser.lock().unwrap_or_else(PoisonError::into_inner);
        parser.screen_mut().set_size(cells(rows), cells(columns));
        tcsetwinsize(&self.master, size(columns, rows)).expect("it can be resized");
    }

    /// Whether lines are edited and echoed by the terminal, as a shell wants it.
    fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&self.master).expect("it has modes").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn coloured_cells(&self) -> usize {
        self.look(|screen| {
            let (rows, columns) = screen.size();
            let (rows, columns) = (rows.get(), columns.get());
            let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            let coloured = cells.filter_map(|(row, column)| screen.cell(row, column));
            coloured
                .filter(|cell| cell.fgcolor() != Color::Default || cell.bgcolor() != Color::Default)
                .count()
        })
    }

    fn is_given_back(&self) -> bool {
        self.look(|screen| !screen.alternate_screen() && !screen.hide_cursor()) && self.is_cooked()
    }

    /// Waits for the program's end.
    pub fn wait(&mut self) -> ExitStatus {
        let child = self.child();
        await_that("the program's end", || {
            child.try_wait().expect("it can be waited for")
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn demo(bench: &Bench) -> Vec<&str> {
    let args = [
        "demo",
        "--packs",
        "2000",
        "--rate",
        "600",
        "--data",
        bench.text(),
    ];
    args.to_vec()
}

#[test]
fn the_screen_is_operated_resized_and_left_on_a_real_terminal() {
    let bench = Bench::new();
    let mut terminal = Terminal::run(&demo(&bench), false);
    terminal.await_text(&["RUNNING", "BALANCED", "GATE", "M.Kowal"]);
    assert!(terminal.look(|screen| screen.alternate_screen() && screen.hide_cursor()));
    assert!(!terminal.is_cooked(), "the keys are the screen's");

    terminal.press("\x1bOQ"); // F2
    terminal.await_text(&["STOPPED"]);
    // What is not normal is coloured.
    await_that("colours", || (terminal.coloured_cells() > 0).then_some(()));
    terminal.press("2");
    terminal.await_text(&["Withdraw the station's stop?"]);
    terminal.press("\r");
    terminal.await_text(&["RUNNING", "BALANCED"]);

    terminal.resize(60, 20);
    terminal.await_screen("the reduced screen, without flow strip", |text| {
        let words = ["RUNNING", "BALANCED", "in line", "all devices ok"];
        words.iter().all(|word| text.contains(word)) && !text.contains("GATE")
    });
    terminal.resize(20, 5);
    terminal.await_text(&["needs 40", "has 20"]);
    terminal.resize(80, 24);
    terminal.await_text(&["RUNNING", "GATE"]);

    terminal.press("q");
    let status = terminal.wait();
    terminal_is_given_back(&terminal);
    await_that("the account", || {
        terminal
            .text()
            .contains("Store and truth agree")
            .then_some(())
    });
    assert_eq!(
        status.code(),
        Some(20),
        "left before it was done:\n{}",
        terminal.text()
    );
}

fn terminal_is_given_back(terminal: &Terminal) {
    // What was written last may still be on its way through the terminal.
    await_that("the terminal as it was", || {
        terminal.is_given_back().then_some(())
    });
}

#[test]
fn a_signal_gives_the_terminal_back_and_no_color_means_none() {
    let bench = Bench::new();
    let mut terminal = Terminal::run(&demo(&bench), true);
    terminal.await_text(&["RUNNING", "BALANCED"]);
    terminal.press("2");
    terminal.await_text(&["STOPPED", "F2 Resume"]);
    assert_eq!(terminal.coloured_cells(), 0, "{}", terminal.text());
    let pid = rustix::process::Pid::from_child(terminal.child());
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let status = terminal.wait();
    terminal_is_given_back(&terminal);
    assert_eq!(
        (status.code(), status.signal()),
        (Some(20), None),
        "{}",
        terminal.text()
    );
    await_that("the account", || {
        terminal
            .text()
            .contains("Store and truth agree")
            .then_some(())
    });
}
