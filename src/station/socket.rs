//! The Unix socket: file mode 0600, versioned JSON lines of `wire` types.
//!
//! One thread listens, one thread a connection, at most [`CONNECTIONS_MAX`]. A connection that
//! misbehaves is told why and closed; it can never hold up the line.

use super::publish::Published;
use crate::wire::{Answer, Ask, LINE_MAX, OperatorCommand, Reply, Request, VERSION};
use rustix::fs::Mode;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Most clients at once.
pub const CONNECTIONS_MAX: usize = 16;
/// How long a client may take to read what it is sent.
const WRITE_WAIT: Duration = Duration::from_secs(2);
/// How long a client may stay silent before it makes room for another.
const IDLE_WAIT: Duration = Duration::from_secs(60);
/// How long a command may wait for the disk before the client is told so.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Shortest time between two views to one client.
const VIEW_PAUSE: Duration = Duration::from_millis(100);
/// How often a client that watches is looked after while nothing changes: the station may end.
const WATCH_WAIT: Duration = Duration::from_secs(1);

/// How long a connection waits for its client and for the line.
#[derive(Debug, Clone, Copy)]
struct Patience {
    write: Duration,
    idle: Duration,
    answer: Duration,
}

impl Patience {
    const USUAL: Patience = Patience {
        write: WRITE_WAIT,
        idle: IDLE_WAIT,
        answer: ANSWER_WAIT,
    };
}

/// A person's command on its way to the line.
pub struct Order {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// What.
    pub command: OperatorCommand,
    /// Where the answer goes.
    pub answer: std::sync::mpsc::SyncSender<Result<(), String>>,
}

/// Takes orders to the line; an error says why it cannot.
pub type OrderDesk = Arc<dyn Fn(Order) -> Result<(), String> + Send + Sync>;

/// The listening socket; removed when dropped.
pub struct Socket {
    path: PathBuf,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Socket {
    /// Listens at `path`. A socket left by a station that was killed is replaced; a living one is an error.
    pub fn listen(
        path: &Path,
        views: Arc<Published>,
        orders: OrderDesk,
    ) -> std::io::Result<Socket> {
        if UnixStream::connect(path).is_ok() {
            let text = format!("A station is already listening at {}.", path.display());
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
        let seen = Arc::clone(&ending);
        let thread = std::thread::Builder::new()
            .name("socket".into())
            .spawn(move || accept(&listener, &seen, &views, &orders))?;
        Ok(Socket {
            path: path.to_owned(),
            ending,
            thread: Some(thread),
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(&self.path); // wakes the listener
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
    orders: &OrderDesk,
) {
    let connected = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if ending.load(Ordering::SeqCst) {
            return;
        }
        let Ok(mut stream) = stream else {
            std::thread::sleep(VIEW_PAUSE); // out of file descriptors: the line goes on, screens must wait
            continue;
        };
        if connected.load(Ordering::SeqCst) >= CONNECTIONS_MAX {
            let text = format!("The station serves {CONNECTIONS_MAX} screens at most: close one.");
            let _ = stream.set_write_timeout(Some(WRITE_WAIT));
            let _ = send(&mut stream, 0, Answer::Refused { text });
            continue;
        }
        connected.fetch_add(1, Ordering::SeqCst);
        let (views, orders) = (Arc::clone(views), Arc::clone(orders));
        let (count, ending) = (Arc::clone(&connected), Arc::clone(ending));
        let serve = move || {
            let _ = serve(stream, Patience::USUAL, &ending, &views, &orders); // a client that went away is no event
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
    ending: &AtomicBool,
    views: &Published,
    orders: &OrderDesk,
) -> std::io::Result<()> {
    stream.set_write_timeout(Some(patience.write))?;
    stream.set_read_timeout(Some(patience.idle))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = Vec::new();
        let read = lines
            .by_ref()
            .take(LINE_MAX as u64 + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
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
        match request.ask {
            Ask::View => send(
                &mut stream,
                request.id,
                Answer::View(Box::new(views.latest().1)),
            )?,
            Ask::Watch => return watch(&mut stream, request.id, ending, views),
            Ask::Do {
                by,
                reason,
                command,
            } => {
                let answer = order(orders, patience.answer, by, reason, command);
                send(&mut stream, request.id, answer)?;
            }
        }
    }
}

fn order(
    orders: &OrderDesk,
    patience: Duration,
    by: String,
    reason: Option<String>,
    command: OperatorCommand,
) -> Answer {
    let (answer, wait): (_, Receiver<Result<(), String>>) = sync_channel(1);
    let done = orders(Order {
        by,
        reason,
        command,
        answer,
    })
    .and_then(|()| {
        let silent = "The station did not confirm in time: look at its state before trying again.";
        wait.recv_timeout(patience)
            .unwrap_or_else(|_| Err(silent.to_owned()))
    });
    match done {
        Ok(()) => Answer::Done,
        Err(text) => Answer::Refused { text },
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
    let mut line = serde_json::to_vec(&Reply {
        v: VERSION,
        id,
        answer,
    })?;
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
    use crate::station::plan::plan;
    use crate::wire::View;

    const SHORT: Duration = Duration::from_millis(30);
    const PATIENCE: Patience = Patience {
        write: SHORT,
        idle: SHORT,
        answer: SHORT,
    };

    fn view() -> View {
        let config = config::parse("demo", config::DEMO).expect("the template is valid");
        let template = crate::label::built_in("pharma-pack").expect("it is built in");
        let plan = plan(&config, &template, SerialKey::new([7; 16]), 1);
        Line::new(Tick(0), plan, Restored::default()).view(Tick(0), 0)
    }

    /// What a client that says this hears until its connection ends, and how it ended for the station.
    fn talk(said: &[u8], orders: OrderDesk) -> (Vec<Answer>, std::io::Result<()>) {
        let (mut client, stream) = UnixStream::pair().expect("a pair");
        let views = Published::new(view());
        client.write_all(said).expect("it takes some");
        let ended = serve(stream, PATIENCE, &AtomicBool::new(false), &views, &orders);
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
    fn an_order_that_the_line_does_not_answer_is_said_to_be_open() {
        let kept = std::sync::Mutex::new(Vec::new());
        let silent: OrderDesk = Arc::new(move |order: Order| {
            kept.lock().expect("nobody panicked").push(order);
            Ok(())
        });
        let (by, reason, command) = ("M.Kowal".to_owned(), None, OperatorCommand::Stop);
        let ask = Ask::Do {
            by,
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
        let ended = serve(stream, PATIENCE, &AtomicBool::new(false), &views, &nobody);
        let why = ended.expect_err("its time is over").kind();
        assert_eq!(why, std::io::ErrorKind::WouldBlock);
        let _client = asks.join().expect("it was closed");
    }
}
