//! The PLC at the end of a Modbus serial line: on a pseudo-terminal, paced like a real line, or behind a serial server
//! that carries the line's bytes over TCP.
//!
//! Behind a serial server there is one line: what the PLC says goes to whoever is connected then, also when somebody
//! else asked.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{Pacing, Pty, Shared, modbus::registers, printer_pty::gently};
use crate::plc::rtu::{BITS_PER_CHARACTER, RtuServer};

/// Bytes taken from the line at once.
const CHUNK: usize = 256;
/// Longest sleep, so that the end of the factory is noticed, in ms.
const LOOK_MS: i64 = 20;
/// How often a serial server looks whether the PLC says something.
const LOOK: Duration = Duration::from_millis(1);
/// Longest wait for a client to take an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// Speed of the line behind the serial server.
const SERVER_BAUD: u32 = 115_200;

fn hear(server: &mut RtuServer, shared: &Shared, bytes: &[u8]) {
    let open = shared.factory().modbus_open();
    let bytes = if open { bytes } else { &[] };
    server.hear(shared.now(), bytes, |asked| registers(shared, asked));
}

/// Serves the PLC on the pseudo-terminal until the factory ends. Blocks; give it a thread.
pub fn serve_rtu_pty(shared: &Arc<Shared>, unit: u8, pty: &Pty, baud: u32) {
    // The pacing counts ten bits a byte, a character of Modbus has eleven.
    let bits = u32::try_from(BITS_PER_CHARACTER).unwrap_or(11);
    let pacing = Pacing::new(baud / bits * 10);
    let mut line = Line {
        inward: pacing.clone(),
        outward: pacing,
        server: RtuServer::new(unit, baud),
        said: VecDeque::new(),
    };
    while !shared.stopping() {
        if let Err(why) = line.turn(shared, pty) {
            shared.fail(format!("The PLC's pseudo-terminal failed: {why}."));
        }
    }
}

struct Line {
    inward: Pacing,
    outward: Pacing,
    server: RtuServer,
    said: VecDeque<u8>,
}

impl Line {
    /// Waits for something to do, then carries what the line may carry by now.
    fn turn(&mut self, shared: &Shared, pty: &Pty) -> io::Result<()> {
        let room = self.inward.room(shared.now());
        let waits = !self.said.is_empty() || self.server.owes() || room == 0;
        let events = match room {
            0 => PollFlags::empty(),
            _ => PollFlags::IN,
        };
        let wait_ms = if waits { 1 } else { LOOK_MS };
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: wait_ms * 1_000_000,
        };
        poll(&mut [PollFd::new(&pty.master, events)], Some(&wait)).or_else(gently)?;
        if room > 0 {
            let now = shared.now();
            let mut bytes = [0; CHUNK];
            let want = self.inward.room(now).clamp(1, CHUNK);
            let count = rustix::io::read(&pty.master, &mut bytes[..want]).or_else(gently)?;
            self.inward.pass(now, count);
            hear(&mut self.server, shared, &bytes[..count]);
        }
        while let Some(answer) = self.server.say(shared.now()) {
            self.said.extend(answer);
        }
        let now = shared.now();
        let room = self.outward.room(now).min(CHUNK);
        let bytes: Vec<u8> = self.said.iter().copied().take(room).collect();
        if !bytes.is_empty() {
            // With nobody reading, what does not fit is lost, as on a wire.
            rustix::io::write(&pty.master, &bytes).or_else(gently)?;
            self.said.drain(..bytes.len());
            self.outward.pass(now, bytes.len());
        }
        Ok(())
    }
}

/// Serves the PLC through a serial server, one client at a time, until the factory ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve_rtu_tcp(shared: Arc<Shared>, unit: u8, listener: TcpListener) -> io::Result<()> {
    let mut server = RtuServer::new(unit, SERVER_BAUD);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = shared.ended() => return Ok(()),
        };
        if !shared.factory().modbus_open() || stream.set_nodelay(true).is_err() {
            continue;
        }
        let mut cut = shared.modbus_cut.subscribe();
        cut.mark_unchanged();
        tokio::select! {
            () = talk(&shared, &mut server, stream) => {}
            _ = cut.changed() => {}
            () = shared.ended() => return Ok(()),
        }
    }
}

/// Talks to one client until it leaves or stops listening.
async fn talk(shared: &Shared, server: &mut RtuServer, mut stream: TcpStream) {
    let mut bytes = [0; CHUNK];
    loop {
        tokio::select! {
            read = stream.read(&mut bytes) => {
                let Ok(count @ 1..) = read else { return };
                hear(server, shared, &bytes[..count]);
            }
            () = tokio::time::sleep(LOOK), if server.owes() => {}
        }
        while let Some(answer) = server.say(shared.now()) {
            let taken = timeout(ANSWER_WAIT, stream.write_all(&answer)).await;
            if !matches!(taken, Ok(Ok(()))) {
                return;
            }
        }
    }
}
