//! Pumps: one thread a device that waits for bytes, commands and the clock, and drives a session
//! with them. IO.
//!
//! Each pump thread runs one current-thread runtime and nothing else on it, so a command reaches
//! the wire, and an answer the station, without another hand-over. Everything that decides is in
//! the session; a pump only opens, carries, and opens again after a pause.

use crate::address::LinkAddress;
use crate::link::Wire;
use crate::session::{Output, Session};
use crate::{Fault, Tick};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};

/// Commands that may wait for a pump.
pub const COMMANDS_WAITING_MAX: usize = 1_024;
/// Bytes taken from a link at once.
pub const READ_MAX: usize = 64 * 1024;
/// A session that asks to be woken in the past is woken again after this pause, so that it cannot
/// spin.
const WAKE_PAUSE: Duration = Duration::from_millis(1);
/// A wake-up further away than this is looked at again after so long.
const SLEEP_MAX: Duration = Duration::from_secs(86_400);
/// First pause before a link is opened again.
pub const REOPEN_PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause before a link is opened again. Opening is tried for ever: while there is no link nothing passes, the
/// line says why, and whoever plugs the cable in again need not tell anybody.
pub const REOPEN_PAUSE_MAX: Duration = Duration::from_secs(1);
/// A link that lived this long was good: the next pause is the first again.
const GOOD_LINK_MIN: Duration = Duration::from_secs(1);

/// Monotonic time as [`Tick`]s since the clock was started. Clones share the beginning.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Clock {
        Clock {
            origin: Instant::now(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Tick {
        Tick::default() + self.origin.elapsed()
    }

    fn instant(&self, at: Tick) -> tokio::time::Instant {
        let at = at.min(self.now() + SLEEP_MAX);
        tokio::time::Instant::from_std(self.origin + at.since(Tick::default()))
    }
}

/// Why a command was not taken; the command comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PumpRefusal<C> {
    /// [`COMMANDS_WAITING_MAX`] commands wait already.
    Full(C),
    /// The pump has ended.
    Stopped(C),
}

/// Drops the link of a pump, so that it is opened again. What follows is what follows a cable that was pulled and
/// plugged in again. Clones are of the same pump.
#[derive(Debug, Clone, Default)]
pub struct Redial(Arc<Notify>);

impl Redial {
    /// Asks for it; does not wait. A pump without a link is opening it already: then nothing changes.
    pub fn ask(&self) {
        self.0.notify_one();
    }
}

/// A running pump. Dropping it stops the pump without waiting for its end.
#[derive(Debug)]
pub struct PumpHandle<C> {
    commands: mpsc::Sender<C>,
    redial: Redial,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl<C> PumpHandle<C> {
    /// Hands a command over; never waits.
    ///
    /// # Errors
    /// When the queue is full or the pump has ended.
    pub fn send(&self, command: C) -> Result<(), PumpRefusal<C>> {
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(command) => PumpRefusal::Full(command),
                mpsc::error::TrySendError::Closed(command) => PumpRefusal::Stopped(command),
            })
    }

    /// What drops its link.
    pub fn redial(&self) -> Redial {
        self.redial.clone()
    }

    /// Asks the pump to end; does not wait.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops the pump and waits for its end. Returns `false` when the pump had panicked.
    pub fn join(mut self) -> bool {
        self.stop();
        self.thread
            .take()
            .is_none_or(|thread| thread.join().is_ok())
    }

    /// Whether the pump's thread has ended (it only does when it was stopped, or by a bug).
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl<C> Drop for PumpHandle<C> {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How long to wait before a link is opened again.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// First pause.
    pub first: Duration,
    /// Longest pause.
    pub last: Duration,
    next: Duration,
}

impl Backoff {
    /// From [`REOPEN_PAUSE_MIN`], doubled up to [`REOPEN_PAUSE_MAX`].
    pub const fn usual() -> Backoff {
        Backoff::new(REOPEN_PAUSE_MIN, REOPEN_PAUSE_MAX)
    }

    /// Pauses from `first`, doubled up to `last`.
    pub const fn new(first: Duration, last: Duration) -> Backoff {
        Backoff {
            first,
            last,
            next: first,
        }
    }

    /// The pause after a link that lived that long (zero when it could not be opened).
    pub fn pause(&mut self, lived: Duration) -> Duration {
        if lived >= GOOD_LINK_MIN {
            self.next = self.first;
        }
        let pause = self.next;
        self.next = (pause * 2).min(self.last);
        pause
    }
}

/// Drives a byte session over a TCP or serial link on a thread of its own. `emit` is called on that
/// thread.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn_bytes<S, F>(
    session: S,
    link: LinkAddress,
    clock: Clock,
    emit: F,
) -> std::io::Result<PumpHandle<S::Command>>
where
    S: Session<Received = [u8], Transmit = Vec<u8>> + Send + 'static,
    S::Command: Send + 'static,
    F: FnMut(S::Event) + Send + 'static,
{
    let name = link.to_string();
    spawn(&name, session, clock, emit, move |engine| {
        Box::pin(run_bytes(engine, link))
    })
}

/// The body of a pump, as it runs on the pump's thread.
pub(crate) type Body<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

pub(crate) fn spawn<S, F, B>(
    name: &str,
    session: S,
    clock: Clock,
    emit: F,
    body: B,
) -> std::io::Result<PumpHandle<S::Command>>
where
    S: Session + Send + 'static,
    S::Command: Send + 'static,
    F: FnMut(S::Event) + Send + 'static,
    B: FnOnce(Engine<S, F>) -> Body<'static> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (commands, waiting) = mpsc::channel(COMMANDS_WAITING_MAX);
    let (stop, stopped) = watch::channel(false);
    let redial = Redial::default();
    let engine = Engine {
        session,
        clock,
        emit,
        commands: waiting,
        stopped,
        redial: redial.clone(),
        redials: false,
        woken: None,
    };
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || runtime.block_on(body(engine)))?;
    Ok(PumpHandle {
        commands,
        redial,
        stop,
        thread: Some(thread),
    })
}

/// A session with everything it is driven by, except its link.
pub(crate) struct Engine<S: Session, F> {
    pub session: S,
    pub clock: Clock,
    emit: F,
    commands: mpsc::Receiver<S::Command>,
    stopped: watch::Receiver<bool>,
    redial: Redial,
    /// The link in hand is to be dropped.
    redials: bool,
    woken: Option<Tick>,
}

/// What a session wants after its events were told.
pub(crate) enum Want<T> {
    Nothing,
    Transmit(T),
    Drop(Fault),
}

/// How work ended that was waited for.
pub(crate) enum Attended<T> {
    Done(T),
    Drop(Fault),
    Stopped,
}

impl<S: Session, F: FnMut(S::Event)> Engine<S, F> {
    /// Tells events until the session wants something from the link, or nothing more.
    pub fn settle(&mut self) -> Want<S::Transmit> {
        if std::mem::take(&mut self.redials) {
            return Want::Drop(Fault::LinkDown("it was dropped by order".into()));
        }
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Event(event) => (self.emit)(event),
                Output::Transmit(transmit) => return Want::Transmit(transmit),
                Output::DropLink(fault) => return Want::Drop(fault),
            }
        }
        Want::Nothing
    }

    /// Tells events while there is no link; what a session wants from it is void.
    pub fn settle_without_link(&mut self) {
        while !matches!(self.settle(), Want::Nothing) {}
    }

    /// Waits for a command or the session's wake-up and hands it in; `false` when the pump is to
    /// end.
    ///
    /// Cancel-safe: nothing is taken before it is handed in.
    pub async fn inputs(&mut self) -> bool {
        let wake = self.session.wake().map(|wake| match self.woken {
            Some(woken) if wake.at <= woken => woken + WAKE_PAUSE,
            _ => wake.at,
        });
        let due = wake.map(|at| self.clock.instant(at));
        tokio::select! {
            biased;
            _ = self.stopped.wait_for(|stop| *stop) => return false,
            () = self.redial.0.notified() => self.redials = true,
            command = self.commands.recv() => match command {
                Some(command) => self.session.command(self.clock.now(), command),
                None => return false,
            },
            () = sleep_until(due) => {
                let now = self.clock.now();
                self.woken = Some(now);
                self.session.woken(now);
            }
        }
        true
    }

    /// Waits for `work` and meanwhile serves commands and wake-ups. While `connected`, the session
    /// may drop the link; it may not transmit, because `work` is its one request.
    pub async fn attend<T>(
        &mut self,
        connected: bool,
        work: impl Future<Output = T>,
    ) -> Attended<T> {
        let mut work = pin!(work);
        loop {
            match self.settle() {
                Want::Nothing => {}
                Want::Drop(fault) if connected => return Attended::Drop(fault),
                Want::Transmit(_) if connected => {
                    unreachable!("a session asks only when nothing is outstanding")
                }
                _ => continue,
            }
            tokio::select! {
                biased;
                done = &mut work => return Attended::Done(done),
                go_on = self.inputs() => if !go_on {
                    return Attended::Stopped;
                },
            }
        }
    }

    /// Tells the session that its link is gone, and why.
    pub fn link_closed(&mut self, why: Fault) {
        let now = self.clock.now();
        self.session.closed(now, why);
        self.settle_without_link();
    }
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// How a conversation over a link ended.
enum End {
    Closed(Fault),
    Stopped,
}

async fn run_bytes<S, F>(mut engine: Engine<S, F>, link: LinkAddress)
where
    S: Session<Received = [u8], Transmit = Vec<u8>>,
    F: FnMut(S::Event),
{
    let mut backoff = Backoff::usual();
    let mut buffer = vec![0; READ_MAX];
    loop {
        let since = engine.clock.now();
        let mut lived = Duration::ZERO;
        let why = match engine.attend(false, Wire::open(&link)).await {
            Attended::Done(Ok(mut wire)) => {
                let end = converse(&mut engine, &mut wire, &mut buffer).await;
                wire.close();
                lived = engine.clock.now().since(since);
                match end {
                    End::Closed(why) => why,
                    End::Stopped => return,
                }
            }
            Attended::Done(Err(why)) | Attended::Drop(why) => why,
            Attended::Stopped => return,
        };
        engine.link_closed(why);
        let pause = tokio::time::sleep(backoff.pause(lived));
        if matches!(engine.attend(false, pause).await, Attended::Stopped) {
            return;
        }
    }
}

async fn converse<S, F>(engine: &mut Engine<S, F>, wire: &mut Wire, buffer: &mut [u8]) -> End
where
    S: Session<Received = [u8], Transmit = Vec<u8>>,
    F: FnMut(S::Event),
{
    engine.session.opened(engine.clock.now());
    loop {
        loop {
            match engine.settle() {
                Want::Nothing => break,
                Want::Drop(why) => return End::Closed(why),
                Want::Transmit(bytes) => {
                    if let Err(why) = wire.write_all(&bytes).await {
                        return End::Closed(why);
                    }
                }
            }
        }
        tokio::select! {
            biased;
            go_on = engine.inputs() => if !go_on {
                return End::Stopped;
            },
            read = wire.read(buffer) => match read {
                Ok(count) => engine.session.received(engine.clock.now(), &buffer[..count]),
                Err(why) => return End::Closed(why),
            },
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::printer::session::{PrinterConfig, PrinterSession};
    use crate::printer::{PrinterEvent, language};
    use std::net::TcpListener;

    /// Longest wait for anything here.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn a_link_that_is_dropped_by_order_is_lost_like_any_other_and_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let Ok(crate::address::Address::Printer { link, .. }) = format!("zpl+tcp://{at}").parse()
        else {
            panic!("it is an address");
        };
        let zpl = language("zpl").unwrap().speech().language;
        let session = PrinterSession::new(zpl, PrinterConfig::default());
        let (tell, told) = std::sync::mpsc::channel();
        let emit = move |event| drop(tell.send(event));
        let pump = spawn_bytes(session, link, Clock::start(), emit).unwrap();
        let next = || told.recv_timeout(PATIENCE).unwrap();
        let redial = pump.redial();
        for round in 0..3 {
            let (mut first, _) = listener.accept().unwrap();
            // It identifies itself, so that the session tells of its link.
            std::io::Write::write_all(&mut first, b"\x02ZT411-203dpi,V1,8,1\x03\r\n").unwrap();
            while next() != PrinterEvent::Link(true) {}
            redial.ask();
            let mut seen = Vec::new();
            while seen.last() != Some(&PrinterEvent::Link(false)) {
                seen.push(next());
            }
            if round == 0 {
                // Told once, as long as the printer was not ready in between.
                let why = next();
                let PrinterEvent::Fault(Fault::LinkDown(why)) = why else {
                    panic!("{why:?}");
                };
                assert!(why.contains("order"), "{why}");
            }
            // The other end sees it closed.
            let mut rest = Vec::new();
            std::io::Read::read_to_end(&mut first, &mut rest).unwrap();
        }
        // What is asked while there is no link is no order for the next one.
        drop(listener);
        redial.ask();
        assert!(pump.join());
    }

    #[test]
    fn pauses_grow_to_their_limit_and_begin_anew_after_a_good_link() {
        let mut backoff = Backoff::usual();
        let mut pauses: Vec<_> = (0..8).map(|_| backoff.pause(Duration::ZERO)).collect();
        assert_eq!(pauses[0], REOPEN_PAUSE_MIN);
        assert!(
            pauses[1..4]
                .iter()
                .zip(&pauses)
                .all(|(later, pause)| *later == *pause * 2)
        );
        assert_eq!(pauses.pop(), Some(REOPEN_PAUSE_MAX));
        let bad = GOOD_LINK_MIN - Duration::from_nanos(1);
        assert_eq!(
            backoff.pause(bad),
            REOPEN_PAUSE_MAX,
            "a link that flaps stays slow"
        );
        assert_eq!(backoff.pause(GOOD_LINK_MIN), REOPEN_PAUSE_MIN);
    }

    #[test]
    fn a_wake_up_at_the_end_of_time_is_a_long_sleep_and_no_panic() {
        let clock = Clock::start();
        let far = clock.instant(Tick(u64::MAX));
        let most = tokio::time::Instant::now() + SLEEP_MAX;
        assert!(far <= most);
    }
}
