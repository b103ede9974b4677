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
            let _ = send(&mut stream, 0, Answer::Refused { text });
            continue;
        }
        connected.fetch_add(1, Ordering::SeqCst);
        let (views, orders) = (Arc::clone(views), Arc::clone(orders));
        let (count, ending) = (Arc::clone(&connected), Arc::clone(ending));
        let serve = move || {
            let _ = serve(stream, &ending, &views, &orders); // a client that went away is no event
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
    ending: &AtomicBool,
    views: &Published,
    orders: &OrderDesk,
) -> std::io::Result<()> {
    stream.set_write_timeout(Some(WRITE_WAIT))?;
    stream.set_read_timeout(Some(IDLE_WAIT))?;
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
                let answer = order(orders, by, reason, command);
                send(&mut stream, request.id, answer)?;
            }
        }
    }
}

fn order(
    orders: &OrderDesk,
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
        wait.recv_timeout(ANSWER_WAIT)
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
        let Some((newer, view)) = views.newer_than(version, Duration::from_secs(1)) else {
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
