//! A reader by itself, on a socket or a pseudo-terminal, with its control port.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{House, Pacing, Pty, printer_pty::gently};
use crate::{
    Tick,
    control::LINE_MAX,
    factory::FactoryError,
    reader::{Setup, SmartReader, orders},
};

/// Longest wait for a client to take what is said.
const TAKE_WAIT: Duration = Duration::from_secs(5);
/// How often is looked at what it says by itself.
const LOOK: Duration = Duration::from_millis(2);
/// Bytes read at once.
const CHUNK: usize = 4_096;

/// How a reader is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderLink {
    /// Raw TCP: it listens here.
    Tcp(SocketAddr),
    /// A pseudo-terminal, paced at this rate in bits per second.
    Pty {
        /// Bits per second.
        baud: u32,
    },
}

/// Where a running reader is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderAddresses {
    /// Process id.
    pub pid: u32,
    /// `dmcc+tcp://…` or `dmcc+serial:///dev/pts/N?baud=…`; the scheme is the reader's family.
    pub reader: String,
    /// Address and port of the control port.
    pub control: String,
}

/// A reader and the end of its house, for all who serve it.
#[derive(Debug)]
pub struct ReaderBench {
    reader: Mutex<SmartReader>,
    house: Arc<House>,
}

impl ReaderBench {
    /// A reader that was just switched on in this house.
    #[must_use]
    pub fn new(house: &Arc<House>, setup: Setup, seed: u64) -> ReaderBench {
        ReaderBench {
            reader: Mutex::new(SmartReader::new(setup, seed)),
            house: Arc::clone(house),
        }
    }

    fn now(&self) -> Tick {
        self.house.now()
    }

    /// The reader. Held for microseconds only.
    pub fn reader(&self) -> MutexGuard<'_, SmartReader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.house.end();
    }

    async fn ended(&self) {
        self.house.ended().await;
    }
}

/// Serves one reader until its control port is told to shut it down. `announce` hears where it is reached.
///
/// # Errors
/// When a port or the pseudo-terminal cannot be opened.
pub fn run_reader(
    setup: Setup,
    seed: u64,
    link: ReaderLink,
    control: SocketAddr,
    announce: impl FnOnce(&ReaderAddresses),
) -> Result<(), FactoryError> {
    if !control.ip().is_loopback() {
        return Err(FactoryError::NotLoopback(control));
    }
    let failed =
        |why: io::Error| FactoryError::Failed(format!("The reader has no runtime: {why}."));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().map_err(failed)?;
    let family = setup.family.name;
    let bench = ReaderBench::new(&Arc::default(), setup, seed);
    let bench = Arc::new(bench);
    runtime.block_on(async {
        let orders = bind("control port", control).await?;
        let mut addresses = ReaderAddresses {
            pid: std::process::id(),
            reader: String::new(),
            control: local(&orders)?.to_string(),
        };
        let mut terminal = None;
        match link {
            ReaderLink::Tcp(at) => {
                let listener = bind("reader", at).await?;
                addresses.reader = format!("{family}+tcp://{}", local(&listener)?);
                tokio::spawn(serve_reader(Arc::clone(&bench), listener));
            }
            ReaderLink::Pty { baud } => {
                let pty = Pty::open().map_err(|why| FactoryError::Listen {
                    what: "reader's pseudo-terminal",
                    why,
                })?;
                addresses.reader = format!("{family}+serial://{}?baud={baud}", pty.path);
                let bench = Arc::clone(&bench);
                terminal = Some(thread::spawn(move || serve_line(&bench, &pty, baud)));
            }
        }
        announce(&addresses);
        serve_orders(&bench, &orders).await;
        // Its thread sees the end within a moment.
        terminal.map(thread::JoinHandle::join);
        Ok(())
    })
}

async fn bind(what: &'static str, at: SocketAddr) -> Result<TcpListener, FactoryError> {
    TcpListener::bind(at)
        .await
        .map_err(|why| FactoryError::Listen { what, why })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, FactoryError> {
    let what = "reader";
    listener
        .local_addr()
        .map_err(|why| FactoryError::Listen { what, why })
}

/// Serves a reader on TCP until its house ends: one client at a time, as the real ones do.
///
/// # Errors
/// When the listener fails.
pub async fn serve_reader(bench: Arc<ReaderBench>, listener: TcpListener) -> io::Result<()> {
    loop {
        let mut stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = bench.ended() => return Ok(()),
        };
        if !bench.reader().takes_links() || stream.set_nodelay(true).is_err() {
            continue;
        }
        bench.reader().link_made();
        let cuts = bench.reader().cuts();
        talk(&bench, &mut stream, cuts).await;
        // Before the client sees the end: whatever it is shown after that is for the next one.
        bench.reader().link_lost();
    }
}

/// Talks to one client until it leaves, stops listening, or the link is cut.
async fn talk(bench: &ReaderBench, stream: &mut TcpStream, cuts: u64) {
    let mut bytes = [0; CHUNK];
    loop {
        tokio::select! {
            read = stream.read(&mut bytes) => {
                let Ok(count @ 1..) = read else { return };
                bench.reader().receive(bench.now(), &bytes[..count]);
            }
            () = tokio::time::sleep(LOOK) => {}
            () = bench.ended() => return,
        }
        let said = bench.reader().says(bench.now());
        if bench.reader().cuts() != cuts {
            return;
        }
        let taken = timeout(TAKE_WAIT, stream.write_all(&said));
        if !matches!(taken.await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Serves a reader on a pseudo-terminal until its house ends. Blocks; give it a thread.
pub fn serve_line(bench: &ReaderBench, pty: &Pty, baud: u32) {
    let mut pacing = Pacing::new(baud);
    let mut waiting: Vec<u8> = Vec::new();
    let mut cuts = 0;
    while !bench.house.stopping() {
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        let polled =
            poll(&mut [PollFd::new(&pty.master, PollFlags::IN)], Some(&wait)).or_else(gently);
        let mut bytes = [0; CHUNK];
        let read = polled.and_then(|_| rustix::io::read(&pty.master, &mut bytes).or_else(gently));
        let Ok(count) = read else {
            return bench.end();
        };
        let now = bench.now();
        let mut reader = bench.reader();
        if reader.cuts() != cuts {
            // A cable that is pulled and put back: what was on its way is gone.
            cuts = reader.cuts();
            reader.link_lost();
            waiting.clear();
        }
        if reader.takes_links() {
            // Nobody can tell whether the other end of a wire listens.
            reader.link_made();
            reader.receive(now, &bytes[..count]);
        }
        let said = reader.says(now);
        drop(reader);
        if waiting.len() < 16 * CHUNK {
            waiting.extend(said);
        }
        let room = pacing.room(now).min(waiting.len()).min(CHUNK);
        if room > 0 {
            // With nobody reading, the terminal's buffer fills: what does not fit is lost, as on a wire.
            if rustix::io::write(&pty.master, &waiting[..room])
                .or_else(gently)
                .is_err()
            {
                return bench.end();
            }
            waiting.drain(..room);
            pacing.pass(now, room);
        }
    }
}

/// The control port until the end.
async fn serve_orders(bench: &Arc<ReaderBench>, listener: &TcpListener) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = bench.ended() => return,
        };
        let Ok((stream, _)) = stream else {
            return bench.end();
        };
        let bench = Arc::clone(bench);
        tokio::spawn(async move {
            // A client that breaks off is simply gone.
            let _ = take_orders(&bench, stream).await;
        });
    }
}

async fn take_orders(bench: &ReaderBench, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LINE_MAX).unwrap_or(u64::MAX);
        (&mut stream)
            .take(limit)
            .read_until(b'\n', &mut line)
            .await?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let answer = orders::answer(&mut bench.reader(), bench.now(), text.trim());
        stream
            .get_mut()
            .write_all(format!("{}\n", answer.json).as_bytes())
            .await?;
        if answer.shutdown {
            bench.end();
            return Ok(());
        }
    }
}
