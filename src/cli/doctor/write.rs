//! `vidimus doctor --power-test write`: numbered commits, one after the other, each acknowledged to the witness
//! after it has returned. Without a witness nothing is proven, so it ends when the witness goes.

use super::acknowledgement::{self, Acknowledgement, TestId};
use super::latency::Latency;
use super::numbered::{FREE_MIN_BYTES, Numbered};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::message;
use crate::cli::run::end_signals;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Longest wait for the witness to be reached, to answer, and to take a line.
const WITNESS_WAIT: Duration = Duration::from_secs(10);
/// Pause between two looks at what the witness has noted.
const NOTED_PAUSE: Duration = Duration::from_millis(1);
/// How often the figures are said.
const FIGURES_PAUSE: Duration = Duration::from_secs(5);
/// Syncs of the probe.
const PROBE_SYNCS: usize = 32;
/// A sync faster than this has hardly reached a disk, in ms.
const SYNC_QUICK_MS: f64 = 0.05;

/// Arguments of `write`.
#[derive(Debug, Clone, clap::Args)]
pub struct WriteArgs {
    /// A new folder on the disk under test, or one in which a test was begun
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where acknowledgements go: tcp://HOST:PORT of the witness, or - for standard output (over ssh or a serial
    /// terminal)
    #[arg(long, value_name = "tcp://HOST:PORT|-")]
    ack: AckTo,
    /// End after so many commits
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    commits: u64,
}

/// Where acknowledgements go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AckTo {
    /// Standard output.
    Out,
    /// A witness at this `HOST:PORT`.
    Tcp(String),
}

impl FromStr for AckTo {
    type Err = String;
    fn from_str(text: &str) -> Result<AckTo, String> {
        let port = |address: &str| {
            address
                .rsplit_once(':')
                .map(|(_, port)| port.parse::<u16>())
        };
        match text.strip_prefix("tcp://") {
            None if text == "-" => Ok(AckTo::Out),
            Some(address)
                if matches!(port(address), Some(Ok(1..))) && !address.starts_with(':') =>
            {
                Ok(AckTo::Tcp(address.to_owned()))
            }
            _ => Err(
                "give tcp://HOST:PORT of the witness, e.g. tcp://192.168.1.20:7070, or -".into(),
            ),
        }
    }
}

/// Writes until the power fails, the witness goes, somebody ends it, or all commits are written.
///
/// # Errors
/// The folder or the witness is not what is needed, or one of them fails on the way.
pub fn run(args: &WriteArgs) -> Ended {
    let asked = end_signals()?;
    // The witness first: without one no folder is made.
    let connected = match &args.ack {
        AckTo::Tcp(address) => Some(Connected::reach(address)?),
        AckTo::Out => {
            warn_of_output_into_a_file();
            None
        }
    };
    let mut numbered = Numbered::open(&args.dir)?;
    let mut witness = match connected {
        Some(connected) => connected.greet(numbered.test, numbered.newest)?,
        None => Witness::Out,
    };
    say_how_long_a_sync_takes(&args.dir);
    message(&format!(
        "Power test {}: writing in {} from commit {} on. Pull the plug whenever you like.",
        numbered.test,
        args.dir.display(),
        numbered.newest + 1
    ));
    let mut figures = Figures::default();
    let written = write(
        args.commits,
        &mut numbered,
        &mut witness,
        &mut figures,
        &asked,
    );
    message(&figures.line());
    let (noted, newest) = (witness.noted(), numbered.newest);
    let closed = numbered.close();
    let ended = written?;
    closed?;
    let noted = noted.map_or(String::new(), |noted| {
        format!(" The witness has noted {noted}.")
    });
    message(&format!(
        "Ended in order after commit {newest}; no power was cut.{noted}"
    ));
    Ok(ended)
}

fn write(
    commits: u64,
    numbered: &mut Numbered,
    witness: &mut Witness,
    figures: &mut Figures,
    asked: &AtomicBool,
) -> Ended {
    let mut said = Instant::now();
    for _ in 0..commits {
        if asked.load(Ordering::SeqCst) {
            return Ok(Exit::StoppedByOperator);
        }
        let begun = Instant::now();
        let commit = numbered.commit_next()?;
        figures.add(begun.elapsed());
        let test = numbered.test;
        witness.take(Acknowledgement { test, commit })?;
        if said.elapsed() >= FIGURES_PAUSE {
            said = Instant::now();
            message(&figures.line());
            enough_room(numbered)?;
        }
    }
    witness.await_all(numbered.newest)?;
    Ok(Exit::Ok)
}

fn enough_room(numbered: &Numbered) -> Result<(), Failure> {
    let free = numbered.free_bytes()?;
    if free >= FREE_MIN_BYTES {
        return Ok(());
    }
    let text = format!(
        "Only {} MB are left on the disk: the test ends before it is full.",
        free / 1_000_000
    );
    Err(Failure::new(Exit::Store, text))
}

/// A file here is lost with the power it should bear witness of.
fn warn_of_output_into_a_file() {
    let file = rustix::fs::fstat(io::stdout())
        .is_ok_and(|found| rustix::fs::FileType::from_raw_mode(found.st_mode).is_file());
    if file && !io::stdout().is_terminal() {
        message(
            "Warning: standard output is a file of this machine. It loses its newest lines with the power and \
             proves little: send them to another machine.",
        );
    }
}

fn say_how_long_a_sync_takes(dir: &Path) {
    let Ok(median) = sync_ms(dir) else {
        return; // the commits that follow say what is wrong with the disk
    };
    message(&format!(
        "A sync of 4 KiB takes {median:.3} ms (median of {PROBE_SYNCS})."
    ));
    if median < SYNC_QUICK_MS {
        message(&format!(
            "Warning: that is quicker than {SYNC_QUICK_MS} ms. Controllers and drives with a power reserve of their \
             own can be so quick; so are disks, virtual disks and file systems in memory that say \"written\" too \
             early. Only the pulled plug tells which this is."
        ));
    }
}

/// Median time of writing and syncing 4 KiB, in ms.
fn sync_ms(dir: &Path) -> io::Result<f64> {
    let path = dir.join("sync-probe");
    let file = File::create(&path)?;
    let mut took = Vec::with_capacity(PROBE_SYNCS);
    for sync in 0..PROBE_SYNCS {
        let begun = Instant::now();
        file.write_all_at(&[sync as u8; 4096], 0)?;
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(&path)?;
    took.sort_by(f64::total_cmp);
    Ok(took[PROBE_SYNCS / 2])
}

/// How fast it goes.
struct Figures {
    begun: Instant,
    latency: Latency,
}

impl Default for Figures {
    fn default() -> Figures {
        Figures {
            begun: Instant::now(),
            latency: Latency::default(),
        }
    }
}

impl Figures {
    fn add(&mut self, took: Duration) {
        self.latency
            .add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    fn line(&self) -> String {
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        format!(
            "{} commits, {:.0} a second; a commit takes p50 {:.2} ms, p99 {:.2} ms.",
            self.latency.total(),
            self.latency.total() as f64 / seconds,
            self.latency.percentile_ms(50),
            self.latency.percentile_ms(99)
        )
    }
}

fn gone(address: &str, why: &str) -> Failure {
    let text = format!(
        "The witness at {address} {why}. Without a witness nothing is proven, so no more is written. \
         Start the witness there (vidimus doctor --power-test witness …), then start again on the same folder."
    );
    Failure::new(Exit::Device, text)
}

/// Nobody takes acknowledgements from standard output any more.
fn unread(why: io::Error) -> Failure {
    let text = format!(
        "Standard output takes no more acknowledgements ({why}). Without a reader nothing is proven, so no more is \
         written. Start again on the same folder with --ack -, over ssh or a serial terminal, where somebody reads and \
         notes the last number."
    );
    Failure::new(Exit::Device, text)
}

/// A connection to what may be a witness.
struct Connected {
    address: String,
    stream: TcpStream,
}

impl Connected {
    fn reach(address: &str) -> Result<Connected, Failure> {
        let failed = |why: io::Error| gone(address, &format!("cannot be reached ({why})"));
        let mut found = address.to_socket_addrs().map_err(failed)?;
        let first = found
            .next()
            .ok_or_else(|| gone(address, "has no address"))?;
        let stream = TcpStream::connect_timeout(&first, WITNESS_WAIT).map_err(failed)?;
        if first.ip().is_loopback() {
            message(
                "Warning: this witness runs on the machine under test. It loses its power with it.",
            );
        }
        stream.set_nodelay(true).map_err(failed)?;
        stream
            .set_write_timeout(Some(WITNESS_WAIT))
            .map_err(failed)?;
        stream
            .set_read_timeout(Some(WITNESS_WAIT))
            .map_err(failed)?;
        Ok(Connected {
            address: address.to_owned(),
            stream,
        })
    }

    /// Says which test this is, and hears what the witness knows of it.
    fn greet(mut self, test: TestId, newest: u64) -> Result<Witness, Failure> {
        let failed = |why: io::Error| gone(&self.address, &format!("does not answer ({why})"));
        let clone = self.stream.try_clone().map_err(failed)?;
        writeln!(self.stream, "{}", acknowledgement::greeting(test)).map_err(failed)?;
        let mut heard = BufReader::new(clone);
        let first = bounded_line(&mut heard).map_err(failed)?;
        let Some(known) = first.as_deref().and_then(acknowledgement::noted_of) else {
            return Err(gone(
                &self.address,
                "does not answer as one does: something else listens there",
            ));
        };
        if known > newest {
            let text = format!(
                "The witness has noted commit {known} of this test, and the newest in this folder is {newest}: \
                 acknowledged commits are LOST. Ask vidimus doctor --power-test check; nothing was written."
            );
            return Err(Failure::new(Exit::DoesNotReconcile, text));
        }
        // From here on silence is normal while nothing was sent; `take` judges it.
        self.stream.set_read_timeout(None).map_err(failed)?;
        let noted = Arc::new(AtomicU64::new(known));
        let (ended, end) = mpsc::sync_channel(1);
        let seen = Arc::clone(&noted);
        std::thread::spawn(move || {
            while let Ok(Some(line)) = bounded_line(&mut heard) {
                let Some(commit) = acknowledgement::noted_of(&line) else {
                    break;
                };
                seen.fetch_max(commit, Ordering::SeqCst);
            }
            let _ = ended.send(()); // nobody listens any more when the writer has ended
        });
        Ok(Witness::Tcp {
            address: self.address,
            stream: self.stream,
            noted,
            end,
            owes_since: None,
        })
    }
}

/// A line of at most [`acknowledgement::LINE_MAX`] bytes, without its end; `None` at the end of the stream.
pub fn bounded_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    from.take(acknowledgement::LINE_MAX as u64)
        .read_line(&mut line)?;
    Ok(line
        .strip_suffix('\n')
        .map(|line| line.trim_end_matches('\r').to_owned()))
}

/// Who takes the acknowledgements.
enum Witness {
    /// Whoever reads standard output.
    Out,
    /// A witness that says what it has noted.
    Tcp {
        address: String,
        stream: TcpStream,
        noted: Arc<AtomicU64>,
        end: mpsc::Receiver<()>,
        /// The newest that was noted when it was last seen to grow, and when.
        owes_since: Option<(u64, Instant)>,
    },
}

impl Witness {
    /// What the witness has noted, if it says so.
    fn noted(&self) -> Option<u64> {
        match self {
            Witness::Out => None,
            Witness::Tcp { noted, .. } => Some(noted.load(Ordering::SeqCst)),
        }
    }

    /// Sends one acknowledgement at once, in one piece.
    fn take(&mut self, acknowledgement: Acknowledgement) -> Result<(), Failure> {
        let line = format!("{acknowledgement}\n");
        match self {
            Witness::Out => {
                let mut out = io::stdout().lock();
                let sent = out.write_all(line.as_bytes()).and_then(|()| out.flush());
                sent.map_err(unread)
            }
            Witness::Tcp {
                address, stream, ..
            } => {
                let sent = stream.write_all(line.as_bytes());
                sent.map_err(|why| gone(address, &format!("is gone ({why})")))?;
                self.attends(acknowledgement.commit)
            }
        }
    }

    /// It is still there, and what it has noted follows what was sent.
    fn attends(&mut self, sent: u64) -> Result<(), Failure> {
        let Witness::Tcp {
            address,
            noted,
            end,
            owes_since,
            ..
        } = self
        else {
            return Ok(());
        };
        if end.try_recv() != Err(mpsc::TryRecvError::Empty) {
            return Err(gone(address, "has ended the connection"));
        }
        let noted = noted.load(Ordering::SeqCst);
        match owes_since {
            _ if noted >= sent => *owes_since = None,
            Some((then, since)) if *then == noted => {
                if since.elapsed() > WITNESS_WAIT {
                    return Err(gone(
                        address,
                        &format!("has noted nothing for {WITNESS_WAIT:?}"),
                    ));
                }
            }
            _ => *owes_since = Some((noted, Instant::now())),
        }
        Ok(())
    }

    /// Waits until everything sent has been noted.
    fn await_all(&mut self, sent: u64) -> Result<(), Failure> {
        while self.noted().is_some_and(|noted| noted < sent) {
            self.attends(sent)?;
            std::thread::sleep(NOTED_PAUSE);
        }
        Ok(())
    }
}
