//! The Unix socket: file mode 0600, versioned JSON lines of `wire` types.
//!
//! One thread listens, one thread a connection, at most [`CONNECTIONS_MAX`]. A connection that
//! misbehaves is told why and closed; it can never hold up the line.

use super::publish::Published;
use super::reception::Reception;
use crate::wire::{Answer, Ask, LINE_MAX, Reply, Request, VERSION};
use rustix::fs::Mode;
use rustix::net::{Shutdown, shutdown};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Most clients at once.
pub const CONNECTIONS_MAX: usize = 16;
/// Most of them that watch: orders, above all the one that stops the line, always find room.
pub const WATCHERS_MAX: usize = 12;
/// How long a client may take to read what it is sent.
const WRITE_WAIT: Duration = Duration::from_secs(2);
/// How long a client may stay silent before it makes room for another.
const IDLE_WAIT: Duration = Duration::from_secs(60);
/// How long a line may take that was begun: whoever drips keeps no place from others.
const LINE_WAIT: Duration = Duration::from_secs(10);
/// How long a command may wait for the disk before the client is told so.
pub const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Shortest time between two views to one client.
const VIEW_PAUSE: Duration = Duration::from_millis(100);
/// How often a client that watches is looked after while nothing changes: the station may end.
const WATCH_WAIT: Duration = Duration::from_secs(1);

/// How long a connection waits for its client.
#[derive(Debug, Clone, Copy)]
struct Patience {
    write: Duration,
    idle: Duration,
    line: Duration,
}

impl Patience {
    const USUAL: Patience = Patience {
        write: WRITE_WAIT,
        idle: IDLE_WAIT,
        line: LINE_WAIT,
    };
}

/// The listening socket; removed when dropped.
pub struct Socket {
    path: PathBuf,
    ending: Arc<AtomicBool>,
    listener: UnixListener,
    thread: Option<JoinHandle<()>>,
}

impl Socket {
    /// Listens at `path`. A socket left by a station that was killed is replaced; a living one is an error.
    pub fn listen(
        path: &Path,
        views: Arc<Published>,
        reception: Reception,
    ) -> std::io::Result<Socket> {
        if UnixStream::connect(path).is_ok() {
            let text = format!("A station is already listening at {}", path.display());
            return Err(std::io::Error::new(std::io::ErrorKind::AddrInUse, text));
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The mask makes the file private from its first instant; the mode is set again in case the mask was ignored.
        let before = rustix::process::umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let listener = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = listener?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let ending = Arc::new(AtomicBool::new(false));
        let (seen, listening) = (Arc::clone(&ending), listener.try_clone()?);
        let thread = std::thread::Builder::new()
            .name("socket".into())
            .spawn(move || accept(&listening, &seen, &views, &reception))?;
        Ok(Socket {
            path: path.to_owned(),
            ending,
            listener,
            thread: Some(thread),
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        // Wakes the thread, also where somebody took the file away.
        let _ = shutdown(&self.listener, Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

fn accept(
    listener: &UnixListener,
    ending: &Arc<AtomicBool>,
    views: &Arc<Published>,
    reception: &Reception,
) {
    let connected = Arc::new(AtomicUsize::new(0));
    let watching = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if ending.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut stream) = stream else {
            std::thread::sleep(VIEW_PAUSE); // out of file descriptors: the line goes on, screens must wait
            continue;
        };
        if connected.load(Ordering::SeqCst) >= CONNECTIONS_MAX {
            let text = format!(
                "The station serves {CONNECTIONS_MAX} connections at most, and all are taken: end a screen (vidimus \
                 tui) or a command that is still running, then try again. One that stays silent makes room after {} s.",
                IDLE_WAIT.as_secs()
            );
            let _ = stream.set_write_timeout(Some(WRITE_WAIT));
            let _ = send(&mut stream, 0, Answer::Refused { text });
            continue;
        }
        connected.fetch_add(1, Ordering::SeqCst);
        let (views, reception) = (Arc::clone(views), reception.clone());
        let (count, ending) = (Arc::clone(&connected), Arc::clone(ending));
        let watching = Arc::clone(&watching);
        let serve = move || {
            let flags = (&*ending, &*watching);
            let _ = serve(stream, Patience::USUAL, flags, &views, &reception); // a client that went away is no event
            count.fetch_sub(1, Ordering::SeqCst);
        };
        if std::thread::Builder::new()
            .name("screen".into())
            .spawn(serve)
            .is_err()
        {
            connected.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

fn serve(
    mut stream: UnixStream,
    patience: Patience,
    (ending, watching): (&AtomicBool, &AtomicUsize),
    views: &Published,
    reception: &Reception,
) -> std::io::Result<()> {
    stream.set_write_timeout(Some(patience.write))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    loop {
        // It may hold a secret: it is wiped when it was understood.
        let mut line = Zeroizing::new(Vec::new());
        read_line(&mut lines, &mut line, patience)?;
        if line.is_empty() {
            return Ok(());
        }
        if line.len() > LINE_MAX {
            let text = format!("A line has at most {LINE_MAX} bytes.");
            return send(&mut stream, 0, Answer::Refused { text });
        }
        let request: Request = match serde_json::from_slice(&line) {
            Ok(request) => request,
            Err(error) => {
                let text = format!("This is not a request of version {VERSION}: {error}.");
                send(&mut stream, 0, Answer::Refused { text })?;
                continue;
            }
        };
        if request.v != VERSION {
            let text = format!(
                "This station speaks version {VERSION}, the request has version {}: \
                 use the same release on both sides.",
                request.v
            );
            send(&mut stream, request.id, Answer::Refused { text })?;
            continue;
        }
        if request.ask == Ask::Watch {
            let place = Place::take(watching, WATCHERS_MAX);
            return match place {
                Some(_kept) => watch(&mut stream, request.id, ending, views),
                None => {
                    let text = format!(
                        "{WATCHERS_MAX} screens watch this station, and it serves no more: end one of them (q), then \
                         try again. Orders are taken all the same."
                    );
                    send(&mut stream, request.id, Answer::Refused { text })
                }
            };
        }
        let answer = answered(request.ask, views, reception);
        send(&mut stream, request.id, answer)?;
    }
}

/// One of a bounded number of places, given back when dropped.
struct Place<'c>(&'c AtomicUsize);

impl Place<'_> {
    /// Takes one, if there is one.
    fn take(taken: &AtomicUsize, most: usize) -> Option<Place<'_>> {
        let one_more = |now| (now < most).then_some(now + 1);
        let found = taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more);
        found.is_ok().then(|| Place(taken))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Reads a line, or as much of one that is too long as shows it; nothing where the client has gone.
fn read_line(
    lines: &mut BufReader<UnixStream>,
    line: &mut Vec<u8>,
    patience: Patience,
) -> std::io::Result<()> {
    lines.get_ref().set_read_timeout(Some(patience.idle))?;
    let mut until: Option<Instant> = None;
    loop {
        let came = lines.fill_buf()?;
        let end = came.iter().position(|byte| *byte == b'\n');
        let room = LINE_MAX + 1 - line.len();
        let taken = end.map_or(came.len(), |at| at + 1).min(room);
        line.extend_from_slice(&came[..taken]);
        lines.consume(taken);
        if taken == 0 || line.ends_with(b"\n") || line.len() > LINE_MAX {
            return Ok(());
        }
        let until = *until.get_or_insert_with(|| Instant::now() + patience.line);
        match until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Err(std::io::ErrorKind::TimedOut.into()),
            left => lines.get_ref().set_read_timeout(Some(left))?,
        }
    }
}

/// The one answer to what somebody asks.
fn answered(ask: Ask, views: &Published, reception: &Reception) -> Answer {
    match ask {
        Ask::View | Ask::Watch => Answer::View(Box::new(views.latest().1)),
        Ask::Do {
            by,
            proof,
            reason,
            command,
        } => reception.order(&by, proof.as_ref(), reason, command),
        Ask::Manage {
            by,
            proof,
            reason,
            command,
        } => reception.manage(&by, proof.as_ref(), reason, command),
        Ask::Pack {
            by,
            proof,
            reason,
            order,
        } => reception.pack(&by, proof.as_ref(), reason, order),
        Ask::Stage { by, proof, staging } => reception.stage(&by, proof.as_ref(), staging),
        Ask::People => reception.people(),
        Ask::Scanner => reception.scanner(),
        Ask::Find { scan } => reception.find(&scan),
        Ask::Look(question) => reception.look(&question),
        Ask::SignIn { by, secret } => reception.sign_in(&by, &secret),
        Ask::SignOut { session } => reception.sign_out(&session),
    }
}

/// Sends the view now and whenever it changed, until the client goes or the station ends.
fn watch(
    stream: &mut UnixStream,
    id: u64,
    ending: &AtomicBool,
    views: &Published,
) -> std::io::Result<()> {
    let (mut version, view) = views.latest();
    send(stream, id, Answer::View(Box::new(view)))?;
    while !ending.load(Ordering::SeqCst) {
        std::thread::sleep(VIEW_PAUSE);
        let Some((newer, view)) = views.newer_than(version, WATCH_WAIT) else {
            continue;
        };
        version = newer;
        send(stream, id, Answer::View(Box::new(view)))?;
    }
    Ok(())
}

fn send(stream: &mut UnixStream, id: u64, answer: Answer) -> std::io::Result<()> {
    // It may hold a one-time secret.
    let mut line = Zeroizing::new(serde_json::to_vec(&Reply {
        v: VERSION,
        id,
        answer,
    })?);
    line.push(b'\n');
    stream.write_all(&line)
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::config;
    use crate::line::Line;
    use crate::record::{Restored, Tick};
    use crate::serial::SerialKey;
    use crate::station::authentication::Authenticator;
    use crate::station::plan::plan;
    use crate::station::reception::{Order, OrderDesk};
    use crate::wire::{OperatorCommand, View};
    use std::io::Read as _;
    use vidimus_drivers::pump::Clock;

    const SHORT: Duration = Duration::from_millis(30);
    const PATIENCE: Patience = Patience {
        write: SHORT,
        idle: SHORT,
        line: SHORT,
    };

    fn view() -> View {
        let config = config::parse("demo", config::DEMO).expect("the template is valid");
        let label = crate::record::LabelText::new("pharma-pack", "of no matter here");
        let plan = plan(&config, label, SerialKey::new([7; 16]), 1);
        Line::new(Tick(0), plan, Restored::default()).view(Tick(0), 0)
    }

    /// Believes names.
    fn reception(orders: OrderDesk) -> Reception {
        let config = config::parse("demo", config::DEMO).expect("the template is valid");
        let mut people = config.people;
        people.sign_in = crate::record::SignIn::NamesOnly;
        let nobody = Default::default();
        let authenticator = Authenticator::new(people, Clock::start(), nobody, Vec::new());
        let authenticator = Arc::new(authenticator.expect("names are believed"));
        Reception::new(authenticator, orders, SHORT)
    }

    /// What a client that says this hears until its connection ends, and how it ended for the station.
    fn talk(said: &[u8], orders: OrderDesk) -> (Vec<Answer>, std::io::Result<()>) {
        let (mut client, stream) = UnixStream::pair().expect("a pair");
        let views = Published::new(view());
        client.write_all(said).expect("it takes some");
        let ended = serve(
            stream,
            PATIENCE,
            (&AtomicBool::new(false), &AtomicUsize::new(0)),
            &views,
            &reception(orders),
        );
        let mut heard = String::new();
        client.read_to_string(&mut heard).expect("it was closed");
        let reply = |line: &str| serde_json::from_str::<Reply>(line).expect("a reply").answer;
        (heard.lines().map(reply).collect(), ended)
    }

    fn asked(ask: Ask) -> Vec<u8> {
        let (v, id) = (VERSION, 1);
        let mut line = serde_json::to_vec(&Request { v, id, ask }).expect("it can be written");
        line.push(b'\n');
        line
    }

    #[test]
    fn a_client_that_says_nothing_more_is_let_go() {
        let nobody: OrderDesk = Arc::new(|_| Err("nobody orders".to_owned()));
        let (heard, ended) = talk(&asked(Ask::View), Arc::clone(&nobody));
        assert!(matches!(heard[..], [Answer::View(_)]));
        let why = ended.expect_err("its time is over").kind();
        assert_eq!(why, std::io::ErrorKind::WouldBlock);
        let half = talk(b"{\"v\":1,", nobody);
        assert!(half.0.is_empty() && half.1.is_err());
    }

    #[test]
    fn a_client_that_drips_is_let_go() {
        let (mut client, stream) = UnixStream::pair().expect("a pair");
        let views = Published::new(view());
        let nobody: OrderDesk = Arc::new(|_| Err("nobody orders".to_owned()));
        // Never silent for as long as a client may be, and never done.
        let drips = std::thread::spawn(move || {
            while client.write_all(b"x").is_ok() {
                std::thread::sleep(SHORT / 10);
            }
        });
        let patience = Patience {
            idle: Duration::from_secs(60),
            ..PATIENCE
        };
        let ending = AtomicBool::new(false);
        let ended = serve(
            stream,
            patience,
            (&ending, &AtomicUsize::new(0)),
            &views,
            &reception(nobody),
        );
        let why = ended.expect_err("its time is over").kind();
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        assert!(matches!(why, TimedOut | WouldBlock), "{why:?}");
        drips.join().expect("it was closed");
    }

    #[test]
    fn an_order_that_the_line_does_not_answer_is_said_to_be_open() {
        let kept = std::sync::Mutex::new(Vec::new());
        let silent: OrderDesk = Arc::new(move |order: Order| {
            kept.lock().expect("nobody panicked").push(order);
            Ok(())
        });
        let (by, reason, command) = ("M.Kowal".to_owned(), None, OperatorCommand::Stop);
        let ask = Ask::Do {
            by,
            proof: None,
            reason,
            command,
        };
        let (heard, _) = talk(&asked(ask), silent);
        let [Answer::Refused { text }] = &heard[..] else {
            panic!("{heard:?}");
        };
        assert!(text.contains("did not confirm in time"), "{text}");
    }

    #[test]
    fn a_client_that_reads_nothing_is_let_go() {
        let (mut client, stream) = UnixStream::pair().expect("a pair");
        let views = Published::new(view());
        let nobody: OrderDesk = Arc::new(|_| Err("nobody orders".to_owned()));
        let asks = std::thread::spawn(move || {
            // More answers than a socket holds; none is read.
            while client.write_all(&asked(Ask::View).repeat(100)).is_ok() {}
            client
        });
        let ended = serve(
            stream,
            PATIENCE,
            (&AtomicBool::new(false), &AtomicUsize::new(0)),
            &views,
            &reception(nobody),
        );
        let why = ended.expect_err("its time is over").kind();
        assert_eq!(why, std::io::ErrorKind::WouldBlock);
        let _client = asks.join().expect("it was closed");
    }
}
