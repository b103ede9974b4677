//! Serial links with `serialport`, around its traps. IO.
//!
//! - `write()` ignores its timeout for big buffers: chunks of at most [`CHUNK_MAX`] bytes, each
//!   with its own deadline.
//! - A hang-up reads as `Ok(0)`, `BrokenPipe` or EIO, for ever: the first one ends the reader
//!   thread, so nothing can spin.
//! - Old input lies in the kernel: it is cleared after opening. Unsent output can make `close` take
//!   seconds: it is cleared before, and closing happens on a thread of its own.
//! - The reader holds a duplicate of the port; the port stays locked until both are gone, and
//!   opening it again fails (and is tried again) until then.

use super::in_words;
use crate::Fault;
use crate::address::{Flow, Parity, SerialAddress};
use serialport::{ClearBuffer, FlowControl, SerialPort, StopBits, TTYPort};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Most bytes in one `write()`.
pub const CHUNK_MAX: usize = 256;
/// Longest wait for the port to take anything of a chunk.
pub const CHUNK_TIMEOUT: Duration = Duration::from_millis(500);
/// Longest wait for the port to take a whole message, beyond the time its bytes need at the port's speed: a device that
/// holds back and takes a byte now and then must not keep the pump from asking whether it still lives.
pub const MESSAGE_WAIT: Duration = Duration::from_secs(5);
/// Bits on the wire for each byte: start, eight, stop.
const BITS_PER_BYTE: u64 = 10;
/// The reader thread looks this often whether it should end.
const READ_TIMEOUT: Duration = Duration::from_millis(50);
/// Bytes the reader takes at once.
const READ_MAX: usize = 1024;
/// Reads that may wait for the pump.
const READS_WAITING_MAX: usize = 64;
/// Zero-byte writes in a row before the link counts as dead.
const EMPTY_WRITES_MAX: u32 = 3;

pub(crate) struct SerialWire {
    port: TTYPort,
    baud: u32,
    reads: mpsc::Receiver<Result<Vec<u8>, Fault>>,
    /// Bytes read but not taken yet.
    rest: Vec<u8>,
    ended: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

fn down(what: &str, path: &std::path::Path, error: impl std::fmt::Display) -> Fault {
    Fault::LinkDown(format!("cannot {what} {}: {error}", path.display()))
}

impl SerialWire {
    pub fn open(at: &SerialAddress) -> Result<SerialWire, Fault> {
        let Some(path) = at.path.to_str() else {
            return Err(down("open", &at.path, "its name is not UTF-8"));
        };
        let flow = match at.flow {
            Flow::Off => FlowControl::None,
            Flow::Software => FlowControl::Software,
            Flow::Hardware => FlowControl::Hardware,
        };
        let parity = match at.parity {
            Parity::None => serialport::Parity::None,
            Parity::Even => serialport::Parity::Even,
            Parity::Odd => serialport::Parity::Odd,
        };
        let stop = match at.two_stop_bits {
            true => StopBits::Two,
            false => StopBits::One,
        };
        let port = serialport::new(path, at.baud)
            .flow_control(flow)
            .parity(parity)
            .stop_bits(stop)
            .timeout(CHUNK_TIMEOUT)
            .open_native()
            .map_err(|error| match error.kind() {
                // So the library says that a lock is held.
                serialport::ErrorKind::NoDevice if at.path.exists() => Fault::Held {
                    path: at.path.display().to_string(),
                },
                _ => down("open", &at.path, error),
            })?;
        port.clear(ClearBuffer::Input)
            .map_err(|error| down("clear", &at.path, error))?;
        let mut half = port
            .try_clone_native()
            .map_err(|error| down("share", &at.path, error))?;
        half.set_timeout(READ_TIMEOUT)
            .map_err(|error| down("set up", &at.path, error))?;
        let file_name = at.path.file_name().unwrap_or_default();
        let (hand_over, reads) = mpsc::channel(READS_WAITING_MAX);
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let reader = std::thread::Builder::new()
            .name(format!("read {}", file_name.to_string_lossy()))
            .spawn(move || read_on(half, &hand_over, &end))
            .map_err(|error| down("read", &at.path, error))?;
        Ok(SerialWire {
            port,
            baud: at.baud,
            reads,
            rest: Vec::new(),
            ended,
            reader,
        })
    }

    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        if self.rest.is_empty() {
            self.rest = match self.reads.recv().await {
                Some(read) => read?,
                None => return Err(Fault::LinkDown("the serial reader has ended".into())),
            };
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }

    /// Writes on the pump's own thread: it has nothing else to do, and every chunk has its
    /// deadline.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let wait = MESSAGE_WAIT + on_the_wire(bytes.len(), self.baud);
        let until = Instant::now() + wait;
        for chunk in bytes.chunks(CHUNK_MAX) {
            write_chunk(&mut self.port, chunk, (until, wait))?;
        }
        Ok(())
    }

    pub fn close(self) {
        self.ended.store(true, Ordering::Relaxed);
        let SerialWire { port, reader, .. } = self;
        // Without a thread to close on, closing here is slow but right.
        let closing = std::thread::Builder::new().name("close serial".into());
        let _closing = closing.spawn(move || {
            // A port that hung up cannot be cleared; it is closed all the same.
            let _cleared = port.clear(ClearBuffer::Output);
            drop(port);
            let _ended = reader.join();
        });
    }
}

/// How long so many bytes need at this speed.
fn on_the_wire(bytes: usize, baud: u32) -> Duration {
    let bits = BITS_PER_BYTE * bytes as u64;
    Duration::from_millis(1_000 * bits / u64::from(baud.max(1)))
}

/// Writes one chunk of a message that must be out by `until`, `wait` after it was begun.
fn write_chunk(
    port: &mut impl Write,
    mut chunk: &[u8],
    (until, wait): (Instant, Duration),
) -> Result<(), Fault> {
    let mut empty_writes = 0;
    while !chunk.is_empty() {
        if Instant::now() >= until {
            return Err(Fault::Timeout {
                what: "the serial port taking a whole message (is the device holding it back?)"
                    .into(),
                after: wait,
            });
        }
        match port.write(chunk) {
            Ok(0) => {
                empty_writes += 1;
                if empty_writes >= EMPTY_WRITES_MAX {
                    return Err(Fault::LinkDown("the serial port takes nothing".into()));
                }
            }
            Ok(count) => {
                empty_writes = 0;
                chunk = &chunk[count..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return Err(Fault::Timeout {
                    what: "the serial port taking bytes (is the device holding it back?)".into(),
                    after: CHUNK_TIMEOUT,
                });
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(Fault::LinkDown(
                    "the device takes no more bytes (11)".into(),
                ));
            }
            Err(error) => {
                let why = in_words(&error);
                return Err(Fault::LinkDown(format!(
                    "the serial port cannot be written: {why}"
                )));
            }
        }
    }
    Ok(())
}

/// Reads until the link is gone or nobody listens; says why exactly once.
fn read_on(mut port: TTYPort, hand_over: &mpsc::Sender<Result<Vec<u8>, Fault>>, end: &AtomicBool) {
    let mut buffer = [0; READ_MAX];
    while !end.load(Ordering::Relaxed) {
        let read = match port.read(&mut buffer) {
            Ok(0) => Err(Fault::LinkDown("the serial port hung up".into())),
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                continue;
            }
            Err(error) => Err(Fault::LinkDown(format!(
                "the serial port hung up: {}",
                in_words(&error)
            ))),
        };
        let over = read.is_err();
        if hand_over.blocking_send(read).is_err() || over {
            return;
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    /// A port that takes so many bytes at once, after a while.
    struct Trickle {
        at_once: usize,
        taken: usize,
    }

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_millis(1));
            let count = self.at_once.min(bytes.len());
            self.taken += count;
            Ok(count)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_port_that_trickles_or_takes_nothing_is_given_up() {
        let wait = Duration::from_millis(20);
        let mut slow = Trickle {
            at_once: 1,
            taken: 0,
        };
        let limit = (Instant::now() + wait, wait);
        let late = write_chunk(&mut slow, &[0; CHUNK_MAX], limit);
        assert!(
            matches!(late, Err(Fault::Timeout { after, .. }) if after == wait),
            "{late:?}"
        );
        assert!((1..CHUNK_MAX).contains(&slow.taken), "{} bytes", slow.taken);

        let mut dead = Trickle {
            at_once: 0,
            taken: 0,
        };
        let limit = (Instant::now() + MESSAGE_WAIT, MESSAGE_WAIT);
        let nothing = write_chunk(&mut dead, &[0; CHUNK_MAX], limit);
        assert!(matches!(nothing, Err(Fault::LinkDown(_))), "{nothing:?}");
        assert_eq!(on_the_wire(11_520, 115_200), Duration::from_secs(1));
    }
}
