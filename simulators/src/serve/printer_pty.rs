//! The printer on a pseudo-terminal, paced like a real serial line.
//!
//! Raw mode is set before anybody opens the other end, and a descriptor of that end is kept open:
//! otherwise the terminal echoes, rewrites line ends, and reports a hang-up whenever a client
//! leaves.

use std::{collections::VecDeque, io, os::fd::OwnedFd, sync::Arc};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};

use super::{Pacing, Shared};
use crate::random::Random;

/// Bytes that may wait for the line before the printer's answers are dropped.
const ANSWER_MAX: usize = 8192;
/// Bytes taken from the line at once.
const CHUNK: usize = 256;
/// Longest sleep, so that the end of the factory is noticed, in ms.
const LOOK_MS: i64 = 20;
/// Noise bytes on the line when the printer restarts.
const NOISE_BYTES: usize = 12;

/// A pseudo-terminal with its name.
#[derive(Debug)]
pub struct Pty {
    pub(super) master: OwnedFd,
    _keeper: OwnedFd,
    /// The path a client opens.
    pub path: String,
}

impl Pty {
    /// Opens one in raw mode.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn open() -> io::Result<Pty> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let mut settings = tcgetattr(&master)?;
        settings.make_raw();
        tcsetattr(&master, OptionalActions::Now, &settings)?;
        let name = ptsname(&master, Vec::new())?;
        let keeper = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        let path = name.into_string().map_err(io::Error::other)?;
        Ok(Pty {
            master,
            _keeper: keeper,
            path,
        })
    }
}

/// Serves the printer on the pseudo-terminal until the factory ends. Blocks; give it a thread.
pub fn serve_pty(shared: &Arc<Shared>, pty: &Pty, baud: u32) {
    let mut line = Line {
        inward: Pacing::new(baud),
        outward: Pacing::new(baud),
        answers: VecDeque::new(),
        cuts: 0,
        random: Random::new(u64::from(baud)),
    };
    while !shared.stopping() {
        if let Err(why) = line.turn(shared, pty) {
            shared.fail(format!("The printer's pseudo-terminal failed: {why}."));
        }
    }
}

struct Line {
    inward: Pacing,
    outward: Pacing,
    answers: VecDeque<u8>,
    cuts: u64,
    random: Random,
}

impl Line {
    /// Waits for something to do, then carries what the line may carry by now.
    fn turn(&mut self, shared: &Shared, pty: &Pty) -> io::Result<()> {
        let reads = shared.factory().printer_reads();
        let now = shared.now();
        let room = if reads { self.inward.room(now) } else { 0 };
        // With a byte time still to wait for, look again in a millisecond; else sleep until bytes
        // come.
        let waits = !self.answers.is_empty() || room == 0;
        let events = if room > 0 {
            PollFlags::IN
        } else {
            PollFlags::empty()
        };
        let wait_ms = if waits { 1 } else { LOOK_MS };
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: wait_ms * 1_000_000,
        };
        poll(&mut [PollFd::new(&pty.master, events)], Some(&wait)).or_else(gently)?;
        self.follow_restart(shared);
        let now = shared.now();
        if room > 0 {
            let mut bytes = [0; CHUNK];
            let want = self.inward.room(now).clamp(1, CHUNK);
            let count = rustix::io::read(&pty.master, &mut bytes[..want]).or_else(gently)?;
            self.inward.pass(now, count);
            self.take(shared, &bytes[..count]);
        }
        let said = shared.factory().printer_says(shared.now());
        self.queue(said);
        self.answer(shared, pty)
    }

    fn take(&mut self, shared: &Shared, bytes: &[u8]) {
        let mut factory = shared.factory();
        if bytes.is_empty() || !factory.printer_open() {
            return;
        }
        let answer = factory.printer_receive(shared.now(), bytes);
        drop(factory);
        self.queue(answer);
    }

    fn queue(&mut self, said: Vec<u8>) {
        if self.answers.len() + said.len() <= ANSWER_MAX {
            self.answers.extend(said);
        }
    }

    fn answer(&mut self, shared: &Shared, pty: &Pty) -> io::Result<()> {
        let now = shared.now();
        let room = self.outward.room(now).min(CHUNK);
        let bytes: Vec<u8> = self.answers.iter().copied().take(room).collect();
        if bytes.is_empty() {
            return Ok(());
        }
        // With nobody reading, the terminal's buffer fills: what does not fit is lost, as on a
        // wire.
        rustix::io::write(&pty.master, &bytes).or_else(gently)?;
        self.answers.drain(..bytes.len());
        self.outward.pass(now, bytes.len());
        Ok(())
    }

    /// A restart drops what was to be said and puts noise on the line.
    fn follow_restart(&mut self, shared: &Shared) {
        let cuts = *shared.printer_cut.borrow();
        if cuts != self.cuts {
            self.cuts = cuts;
            self.answers.clear();
            let noise = (0..NOISE_BYTES).map(|_| self.random.bits().to_le_bytes()[0]);
            self.answers.extend(noise);
            shared.factory().printer_link_lost();
        }
    }
}

/// Nothing there, interrupted, or no client: not errors of the line.
pub(super) fn gently(why: rustix::io::Errno) -> io::Result<usize> {
    use rustix::io::Errno;
    match why {
        Errno::AGAIN | Errno::INTR | Errno::IO => Ok(0),
        other => Err(other.into()),
    }
}
