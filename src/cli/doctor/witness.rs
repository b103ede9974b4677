//! `vidimus doctor --power-test witness`: takes acknowledgements from writers and keeps them in a file, on a machine
//! that does not lose its power. A writer may come back any number of times.

use super::acknowledgement::{self, Acknowledgement, Proof, TestId};
use super::check::each_acknowledgement;
use super::write::bounded_line;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::message;
use crate::cli::output::{is_no_stream, unwritten};
use crate::cli::run::end_signals;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the end is looked for.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// A writer that says nothing for so long has lost its power.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Most writers at a time.
const WRITERS_MAX: usize = 8;

/// Arguments of `witness`.
#[derive(Debug, Clone, clap::Args)]
pub struct WitnessArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:7070")]
    listen: String,
    /// File of acknowledgements; what it holds already is kept
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

/// The file, and what it proves so far.
struct Notes {
    file: File,
    path: PathBuf,
    proofs: BTreeMap<TestId, Proof>,
    /// Why the file takes no more.
    failed: Option<String>,
}

impl Notes {
    fn open(path: &Path) -> Result<Notes, Failure> {
        let what = "The file of acknowledgements";
        is_no_stream(what, path, "it is read again. Name a file.")?;
        let failed = |why: io::Error| unwritten(what, path, &why);
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed)?;
        let mut proofs: BTreeMap<TestId, Proof> = BTreeMap::new();
        let mut last_is_whole = false;
        let unended = each_acknowledgement(path, |one, ended| {
            let counts = proofs.entry(one.test).or_default().take(one.commit, ended);
            last_is_whole = counts && !ended;
        })?;
        // A last line that is cut off was never answered; a whole one only lacks its end.
        let tidied = match unended {
            0 => Ok(()),
            _ if last_is_whole => file.write_all(b"\n"),
            cut => file
                .metadata()
                .and_then(|found| file.set_len(found.len().saturating_sub(cut))),
        };
        tidied.map_err(failed)?;
        Ok(Notes {
            file,
            path: path.to_owned(),
            proofs,
            failed: None,
        })
    }

    fn newest(&self, test: TestId) -> u64 {
        self.proofs.get(&test).map_or(0, |proof| proof.newest)
    }

    /// Writes one line, unbuffered; only then it counts.
    fn note(&mut self, one: Acknowledgement) -> Result<(), String> {
        if let Err(why) = self.file.write_all(format!("{one}\n").as_bytes()) {
            let text = format!(
                "The file {} cannot be written ({why}).",
                self.path.display()
            );
            self.failed = Some(text.clone());
            return Err(text);
        }
        self.proofs
            .entry(one.test)
            .or_default()
            .take(one.commit, true);
        Ok(())
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens until it is told to end.
///
/// # Errors
/// The address cannot be listened on, or the file cannot be written.
pub fn run(args: &WitnessArgs) -> Ended {
    let asked = end_signals()?;
    let notes = Arc::new(Mutex::new(Notes::open(&args.file)?));
    let failed = |why: io::Error| {
        let text = format!(
            "Nothing can listen on {}: {why}. Give another address.",
            args.listen
        );
        Failure::new(Exit::Device, text)
    };
    let listener = TcpListener::bind(&args.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    message(&format!(
        "Listening on {at}; acknowledgements go to {}. Ctrl-C ends it.",
        args.file.display()
    ));
    let writers = Arc::new(AtomicUsize::new(0));
    while !asked.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((stream, from)) => attend(stream, &from.to_string(), &notes, &writers),
            Err(why) if why.kind() == ErrorKind::WouldBlock => std::thread::sleep(LOOK_PAUSE),
            Err(why) => {
                // One that went away before it was taken, or no descriptor left: the next may come.
                message(&format!("A connection was not taken: {why}."));
                std::thread::sleep(LOOK_PAUSE);
            }
        }
        if let Some(why) = &lock(&notes).failed {
            return Err(Failure::new(Exit::Store, why));
        }
    }
    for (test, proof) in &lock(&notes).proofs {
        message(&format!(
            "Test {test}: newest acknowledged commit {}.",
            proof.newest
        ));
    }
    Ok(Exit::Ok)
}

fn attend(stream: TcpStream, from: &str, notes: &Arc<Mutex<Notes>>, writers: &Arc<AtomicUsize>) {
    if writers.load(Ordering::SeqCst) >= WRITERS_MAX {
        message(&format!(
            "{from} is turned away: {WRITERS_MAX} writers are connected."
        ));
        return;
    }
    writers.fetch_add(1, Ordering::SeqCst);
    let (notes, writers, from) = (Arc::clone(notes), Arc::clone(writers), from.to_owned());
    std::thread::spawn(move || {
        let said = match listen_to(stream, &from, &notes) {
            Ok(words) | Err(words) => words,
        };
        message(&format!("{from}: {said}"));
        writers.fetch_sub(1, Ordering::SeqCst);
    });
}

/// Takes one writer's acknowledgements to the end of its connection. Both ways it says how that ended.
fn listen_to(stream: TcpStream, from: &str, notes: &Mutex<Notes>) -> Result<String, String> {
    let broken = |why: io::Error| format!("the connection failed ({why})");
    stream.set_nonblocking(false).map_err(broken)?;
    stream.set_nodelay(true).map_err(broken)?;
    stream.set_read_timeout(Some(SILENCE_MAX)).map_err(broken)?;
    stream
        .set_write_timeout(Some(SILENCE_MAX))
        .map_err(broken)?;
    let mut heard = BufReader::new(stream.try_clone().map_err(broken)?);
    let mut answers = stream;
    let greeting = bounded_line(&mut heard).map_err(broken)?;
    let test = greeting.as_deref().and_then(acknowledgement::greeted);
    let test = test.ok_or("this is not a power test's writer; nothing was noted of it")?;
    let mut newest = lock(notes).newest(test);
    writeln!(answers, "{}", acknowledgement::noted(newest)).map_err(broken)?;
    message(&format!(
        "{from}: test {test}, newest acknowledged commit so far {newest}."
    ));
    loop {
        let line = match bounded_line(&mut heard) {
            Ok(Some(line)) => line,
            end => {
                let why = match end {
                    Err(why)
                        if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                    {
                        format!("silent for {SILENCE_MAX:?}")
                    }
                    Err(why) => why.to_string(),
                    Ok(_) => "the connection ended".to_owned(),
                };
                return Ok(format!(
                    "{why}. Test {test}: newest acknowledged commit {newest}."
                ));
            }
        };
        let one = line.parse::<Acknowledgement>().ok();
        let Some(one) = one.filter(|one| one.test == test && one.commit > newest) else {
            let shown: String = line
                .escape_debug()
                .take(acknowledgement::LINE_MAX)
                .collect();
            return Err(format!(
                "\"{shown}\" does not follow commit {newest} of test {test}; the connection is ended."
            ));
        };
        lock(notes).note(one)?;
        newest = one.commit;
        writeln!(answers, "{}", acknowledgement::noted(newest)).map_err(broken)?;
    }
}
