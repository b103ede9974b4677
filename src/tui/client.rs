//! The client's side of the station's socket: one question and its answer, or the view again and
//! again.

use crate::wire::{Answer, Ask, LINE_MAX, OperatorCommand, Reply, Request, VERSION, View};
use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Longest wait for the station to take a connection.
pub const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Longest wait for an answer.
pub const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Why the station could not be asked.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody listens there.
    NoStation {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        why: std::io::Error,
    },
    /// It listens and does not answer.
    Silent {
        /// The socket.
        path: PathBuf,
        /// How long was waited.
        after: Duration,
    },
    /// It hung up.
    HungUp,
    /// It does not serve this client, and says why.
    Refused(String),
    /// What came is no answer of ours.
    Garbled(String),
    /// It speaks another version.
    OtherVersion(u16),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::NoStation { path, why } if why.kind() == ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "The station's socket {} may not be opened by this user. Run the command as \
                     the user the station runs as.",
                    path.display()
                )
            }
            ClientError::NoStation { path, why } => write!(
                f,
                "No station listens on {} ({why}). Start one with \"vidimus run -c FILE\" or \
                 \"vidimus demo\", or name another socket with --socket.",
                path.display()
            ),
            ClientError::Silent { path, after } => write!(
                f,
                "The station on {} did not answer within {} ms. Look at its log; if it hangs, the \
                 gate rejects every pack until it is restarted.",
                path.display(),
                after.as_millis()
            ),
            ClientError::HungUp => f.write_str(
                "The station closed the connection. If it was not ended on purpose, look at its \
                 log.",
            ),
            ClientError::Refused(text) => f.write_str(text),
            ClientError::Garbled(what) => write!(
                f,
                "What answered is not a Vidimus station: {what}. Check the socket's path."
            ),
            ClientError::OtherVersion(version) => write!(
                f,
                "The station speaks version {version} of the socket's language, this program \
                 version {VERSION}. Use the program the station was started with."
            ),
        }
    }
}

impl std::error::Error for ClientError {}

/// A connection to a running station.
pub struct Client {
    path: PathBuf,
    lines: BufReader<UnixStream>,
    // What came of a line that is not complete yet.
    partial: Vec<u8>,
    last_id: u64,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`ClientError::NoStation`], or [`ClientError::Silent`] when nobody takes the connection in
    /// [`CONNECT_MAX`].
    pub fn connect(path: &Path) -> Result<Client, ClientError> {
        let no_station = |why| ClientError::NoStation {
            path: path.to_owned(),
            why,
        };
        // A connect blocks without limit while a hung station's backlog is full; so it waits on a
        // thread of its own.
        let (sender, connected) = mpsc::sync_channel(1);
        let target = path.to_owned();
        let spawned = std::thread::Builder::new()
            .name("connect".into())
            .spawn(move || drop(sender.send(UnixStream::connect(target))));
        spawned.map_err(no_station)?;
        let stream = match connected.recv_timeout(CONNECT_MAX) {
            Ok(stream) => stream.map_err(no_station)?,
            Err(_) => {
                return Err(ClientError::Silent {
                    path: path.to_owned(),
                    after: CONNECT_MAX,
                });
            }
        };
        stream
            .set_write_timeout(Some(ANSWER_MAX))
            .map_err(no_station)?;
        Ok(Client {
            path: path.to_owned(),
            lines: BufReader::new(stream),
            partial: Vec::new(),
            last_id: 0,
        })
    }

    /// Asks and waits for the answer, [`ANSWER_MAX`] at most.
    ///
    /// # Errors
    /// Every [`ClientError`].
    pub fn ask(&mut self, ask: Ask) -> Result<Answer, ClientError> {
        let id = self.send(ask)?;
        loop {
            let reply = self
                .reply(ANSWER_MAX)?
                .ok_or_else(|| self.silent(ANSWER_MAX))?;
            if reply.id == id || reply.id == 0 {
                return Ok(reply.answer);
            }
        }
    }

    /// Does something in a person's name, which the station must believe.
    ///
    /// # Errors
    /// Every [`ClientError`].
    pub fn command(
        &mut self,
        by: &str,
        reason: Option<String>,
        command: OperatorCommand,
    ) -> Result<Answer, ClientError> {
        self.ask(Ask::Do {
            by: by.to_owned(),
            proof: None,
            reason,
            command,
        })
    }

    /// Asks for the view, once.
    ///
    /// # Errors
    /// Every [`ClientError`].
    pub fn view(&mut self) -> Result<View, ClientError> {
        match self.ask(Ask::View)? {
            Answer::View(view) => Ok(*view),
            Answer::Refused { text } => Err(ClientError::Refused(text)),
            _ => Err(ClientError::Garbled("it answered without a view".into())),
        }
    }

    /// Asks for the view now and whenever it changes; take them with [`Client::next_view`].
    ///
    /// # Errors
    /// [`ClientError::HungUp`].
    pub fn watch(&mut self) -> Result<(), ClientError> {
        self.send(Ask::Watch).map(drop)
    }

    /// The next view of a watch; `None` when none came within `wait`.
    ///
    /// # Errors
    /// Every [`ClientError`] but [`ClientError::Silent`].
    pub fn next_view(&mut self, wait: Duration) -> Result<Option<View>, ClientError> {
        match self.reply(wait)?.map(|reply| reply.answer) {
            Some(Answer::View(view)) => Ok(Some(*view)),
            Some(Answer::Refused { text }) => Err(ClientError::Refused(text)),
            _ => Ok(None),
        }
    }

    fn silent(&self, after: Duration) -> ClientError {
        ClientError::Silent {
            path: self.path.clone(),
            after,
        }
    }

    fn send(&mut self, ask: Ask) -> Result<u64, ClientError> {
        self.last_id += 1;
        let request = Request {
            v: VERSION,
            id: self.last_id,
            ask,
        };
        // It may hold a secret.
        let line = serde_json::to_vec(&request).expect("a request is always JSON");
        let mut line = Zeroizing::new(line);
        line.push(b'\n');
        let stream = self.lines.get_mut();
        match stream.write_all(&line) {
            Ok(()) => Ok(self.last_id),
            Err(why) if timed_out(&why) => Err(self.silent(ANSWER_MAX)),
            Err(_) => Err(self.last_word()),
        }
    }

    /// Why it hung up, if it said so before.
    fn last_word(&mut self) -> ClientError {
        match self.reply(Duration::ZERO) {
            Ok(Some(Reply {
                answer: Answer::Refused { text },
                ..
            })) => ClientError::Refused(text),
            _ => ClientError::HungUp,
        }
    }

    /// The next reply; `None` when no whole line came within `wait`. What came of it is kept.
    fn reply(&mut self, wait: Duration) -> Result<Option<Reply>, ClientError> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let read_timeout = Some(left.max(Duration::from_millis(1)));
            let stream = self.lines.get_ref();
            if stream.set_read_timeout(read_timeout).is_err() {
                return Err(ClientError::HungUp);
            }
            let came = match self.lines.fill_buf() {
                Ok([]) => return Err(ClientError::HungUp),
                Ok(came) => came,
                Err(why) if timed_out(&why) && left.is_zero() => return Ok(None),
                Err(why) if timed_out(&why) => continue,
                Err(_) => return Err(ClientError::HungUp),
            };
            let newline = came.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(came.len(), |at| at + 1);
            if self.partial.len() + taken > LINE_MAX {
                let why = format!("it sent a line of more than {LINE_MAX} bytes");
                return Err(ClientError::Garbled(why));
            }
            self.partial.extend_from_slice(&came[..taken]);
            self.lines.consume(taken);
            if newline.is_some() {
                return understood(&std::mem::take(&mut self.partial)).map(Some);
            }
        }
    }
}

fn understood(line: &[u8]) -> Result<Reply, ClientError> {
    let version = serde_json::from_slice::<Version>(line)
        .map_err(|error| ClientError::Garbled(format!("it sent no reply ({error})")))?;
    if version.v != VERSION {
        return Err(ClientError::OtherVersion(version.v));
    }
    serde_json::from_slice(line)
        .map_err(|error| ClientError::Garbled(format!("its reply makes no sense ({error})")))
}

/// The part of a reply that every version has.
#[derive(serde::Deserialize)]
struct Version {
    v: u16,
}

fn timed_out(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
