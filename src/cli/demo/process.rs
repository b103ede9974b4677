//! The factory process: started, or found again on the same folder, and spoken to over its control port.

use crate::cli::exit::{Exit, Failure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vidimus_simulators::factory::{ADDRESS_FILE, FactoryAddresses};
use vidimus_simulators::printer::Language;

/// Longest wait for a factory to listen.
const START_MAX: Duration = Duration::from_secs(20);
/// Pause between two looks whether it is up.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for an answer on the control port.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Longest answer.
const LINE_MAX: u64 = 64 * 1024;

/// What the demo needs to know of the factory's status.
#[derive(Debug, Clone, Deserialize)]
pub struct FactoryStatus {
    /// Packs still to be fed.
    pub to_feed: u64,
    /// Packs on the belt.
    pub on_belt: u64,
}

/// What to start it with.
#[derive(Debug, Clone)]
pub struct FactoryWish {
    /// Its folder.
    pub dir: PathBuf,
    /// Packs per minute, or `max`.
    pub rate: String,
    /// Faults.
    pub faults: String,
    /// Seed.
    pub seed: u64,
    /// The printer is on a serial port.
    pub serial: bool,
    /// The camera speaks GigE Vision.
    pub gige: bool,
    /// What the printer speaks.
    pub language: Language,
}

/// A running factory.
#[derive(Debug)]
pub struct FactoryProcess {
    /// Where its devices are.
    pub addresses: FactoryAddresses,
    /// It ran before and was found again.
    pub adopted: bool,
}

impl FactoryProcess {
    /// Finds the factory that runs on this folder, or starts one.
    ///
    /// # Errors
    /// It does not come up.
    pub fn adopt_or_start(wish: &FactoryWish) -> Result<FactoryProcess, Failure> {
        if let Some(factory) = FactoryProcess::find(&wish.dir, true) {
            factory.say(&json!({ "do": "faults", "set": wish.faults }))?;
            let rate = wish
                .rate
                .parse::<u32>()
                .map_or(json!(wish.rate), |rate| json!(rate));
            factory.say(&json!({ "do": "rate", "packs_per_min": rate }))?;
            return Ok(factory);
        }
        FactoryProcess::start(wish)
    }

    fn start(wish: &FactoryWish) -> Result<FactoryProcess, Failure> {
        let broken = |what: &str, why: std::io::Error| {
            Failure::new(
                Exit::Device,
                format!("{what} {}: {why}.", wish.dir.display()),
            )
        };
        std::fs::create_dir_all(&wish.dir)
            .map_err(|why| broken("The factory's folder cannot be made:", why))?;
        let stale = std::fs::remove_file(wish.dir.join(ADDRESS_FILE)); // left by a factory that was killed
        drop(stale);
        let log_path = wish.dir.join("factory.log");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log_path);
        let log = log.map_err(|why| broken("The factory's log cannot be opened in", why))?;
        let program = std::env::current_exe().map_err(|why| {
            broken(
                "This program cannot find itself to start the factory in",
                why,
            )
        })?;
        let mut command = Command::new(program);
        command.arg("factory").arg("--dir").arg(&wish.dir);
        command.args(["--rate", &wish.rate, "--faults", &wish.faults]);
        command.args(["--seed", &wish.seed.to_string()]);
        command.args(["--printer-language", wish.language.name()]);
        if wish.serial {
            command.arg("--serial");
        }
        if wish.gige {
            command.arg("--gige");
        }
        // A group of its own: a Ctrl-C at the terminal ends the station, not the factory.
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let child = command
            .spawn()
            .map_err(|why| broken("The factory cannot start in", why))?;
        FactoryProcess::await_start(wish, child, &log_path)
    }

    fn await_start(
        wish: &FactoryWish,
        mut child: Child,
        log: &Path,
    ) -> Result<FactoryProcess, Failure> {
        let until = Instant::now() + START_MAX;
        while Instant::now() < until {
            if let Some(factory) = FactoryProcess::find(&wish.dir, false) {
                // Reaps it when it ends before this process does.
                let _ = std::thread::Builder::new().spawn(move || child.wait());
                return Ok(factory);
            }
            if let Ok(Some(status)) = child.try_wait() {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                let last = said
                    .lines()
                    .last()
                    .unwrap_or("it left no message")
                    .to_owned();
                return Err(Failure::new(
                    Exit::Device,
                    format!("The simulated factory ended at once ({status}): {last}"),
                ));
            }
            std::thread::sleep(LOOK_PAUSE);
        }
        let _ = child.kill();
        let text = format!("The simulated factory did not come up within {START_MAX:?}.");
        Err(Failure::new(Exit::Device, text))
    }

    fn find(dir: &Path, adopted: bool) -> Option<FactoryProcess> {
        let text = std::fs::read_to_string(dir.join(ADDRESS_FILE)).ok()?;
        let addresses = serde_json::from_str(&text).ok()?;
        let factory = FactoryProcess { addresses, adopted };
        factory.status().ok()?;
        Some(factory)
    }

    /// How it stands.
    ///
    /// # Errors
    /// It does not answer.
    pub fn status(&self) -> Result<FactoryStatus, Failure> {
        let answer = self.say(&json!({ "do": "status" }))?;
        serde_json::from_value(answer).map_err(|why| self.silent(&why.to_string()))
    }

    /// Feeds more packs.
    ///
    /// # Errors
    /// It does not answer.
    pub fn feed(&self, packs: u64) -> Result<(), Failure> {
        self.say(&json!({ "do": "feed", "packs": packs })).map(drop)
    }

    /// Ends it.
    pub fn shut_down(&self) {
        // A factory that is gone already is what was wanted.
        let _ = self.say(&json!({ "do": "shutdown" }));
    }

    fn silent(&self, why: &str) -> Failure {
        let text = format!(
            "The simulated factory does not answer on {}: {why}. Start the demo again on the same folder.",
            self.addresses.control
        );
        Failure::new(Exit::Device, text)
    }

    fn say(&self, request: &Value) -> Result<Value, Failure> {
        let exchange = || -> std::io::Result<Value> {
            let mut stream = TcpStream::connect(&self.addresses.control)?;
            stream.set_read_timeout(Some(ANSWER_MAX))?;
            stream.set_write_timeout(Some(ANSWER_MAX))?;
            writeln!(stream, "{request}")?;
            let mut line = String::new();
            BufReader::new(stream.take(LINE_MAX)).read_line(&mut line)?;
            Ok(serde_json::from_str(&line)?)
        };
        let answer = exchange().map_err(|why| self.silent(&why.to_string()))?;
        match answer.get("error") {
            Some(error) => Err(self.silent(&error.to_string())),
            None => Ok(answer),
        }
    }
}
