//! A camera that streams pictures over HTTP: `multipart/x-mixed-replace`. PURE, except [`spawn`].
//!
//! Parts may carry a Content-Length or not, the boundary may be quoted or not and named with or
//! without its leading `--`, the body may be chunked. A part without Content-Length is complete
//! only when the next boundary has come, so such a source is one picture late: prefer one that
//! gives lengths. Sources: RFC 9112 (messages, chunks), RFC 2046 5.1 (multipart), and the habits of
//! IP cameras.

mod chunked;
mod parts;

use super::{CameraEvent, Frame};
use crate::address::{HttpAddress, LinkAddress};
use crate::pump::{self, Clock, PumpHandle};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use chunked::Chunked;
pub(super) use parts::coding_of_bytes;
use parts::{Part, Parts};
use std::collections::VecDeque;
use std::time::Duration;

/// Longest header of the response or of one part, in bytes.
pub const HEADER_MAX: usize = 16 * 1024;
/// Most lines of one header.
pub const HEADER_LINES_MAX: usize = 64;
/// Largest coded picture, in bytes: a frame of 20 megapixels that the coding could not make smaller.
pub const PICTURE_MAX: usize = 24 * 1024 * 1024;

/// Longest wait for the whole response header, in ms.
pub const HEADER_MS: u64 = 2_000;
/// Longest boundary, in bytes (RFC 2046, 5.1.1).
const BOUNDARY_MAX: usize = 70;

/// How the session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamConfig {
    /// Where the stream is.
    pub address: HttpAddress,
    /// Name of the part header that carries the camera's frame counter.
    pub counter_header: String,
    /// Longest wait for the whole response header, in milliseconds.
    pub header_ms: u64,
    /// A stream without a byte for this long, in milliseconds, is dropped. `None`: an idle line has
    /// no pictures, so silence is not an error, and a dead link is found by TCP keep-alive.
    pub silence_ms: Option<u64>,
}

impl StreamConfig {
    /// The usual settings for this address.
    pub fn new(address: HttpAddress) -> StreamConfig {
        StreamConfig {
            address,
            counter_header: "X-Frame-Counter".into(),
            header_ms: HEADER_MS,
            silence_ms: None,
        }
    }
}

#[derive(Debug)]
enum State {
    Down,
    /// The response header so far.
    Header(Vec<u8>),
    Body {
        chunks: Option<Chunked>,
        parts: Box<Parts>,
    },
}

/// The stream session. See the module text.
#[derive(Debug)]
pub struct StreamSession {
    config: StreamConfig,
    out: VecDeque<Output<Vec<u8>, CameraEvent>>,
    state: State,
    announced: bool,
    /// When the link was opened; once the header is there, when the last byte came.
    heard_at: Tick,
    last_trouble: Option<Fault>,
}

impl StreamSession {
    /// A session without a link.
    pub fn new(config: StreamConfig) -> StreamSession {
        StreamSession {
            config,
            out: VecDeque::new(),
            state: State::Down,
            announced: false,
            heard_at: Tick::default(),
            last_trouble: None,
        }
    }

    fn tell(&mut self, event: CameraEvent) {
        self.out.push_back(Output::Event(event));
    }

    /// Tells a fault once per episode: the same one again is silent until a picture came in
    /// between.
    fn trouble(&mut self, fault: Fault) {
        if self.last_trouble.as_ref() != Some(&fault) {
            self.last_trouble = Some(fault.clone());
            self.tell(CameraEvent::Fault(fault));
        }
    }

    fn give_up(&mut self, fault: Fault) {
        self.lose_part(&fault);
        self.trouble(fault.clone());
        self.state = State::Down;
        self.out.push_back(Output::DropLink(fault));
    }

    /// A picture that had begun to come is announced as lost.
    fn lose_part(&mut self, why: &Fault) {
        if let State::Body { parts, .. } = &mut self.state
            && let Some(counter) = parts.begun()
        {
            let why = why.to_string();
            self.tell(CameraEvent::Lost { counter, why });
        }
    }

    fn request(&self) -> Vec<u8> {
        let HttpAddress { at, path } = &self.config.address;
        let agent = concat!("vidimus/", env!("CARGO_PKG_VERSION"));
        format!(
            "GET {path} HTTP/1.1\r\nHost: {at}\r\nUser-Agent: {agent}\r\n\
             Accept: multipart/x-mixed-replace\r\n\r\n"
        )
        .into_bytes()
    }

    fn header(&mut self, now: Tick, input: &[u8]) {
        let State::Header(header) = &mut self.state else {
            return;
        };
        let before = header.len();
        header.extend_from_slice(&input[..input.len().min(HEADER_MAX + 4 - before)]);
        // The blank line may lie across the last bytes heard before.
        let from = before.saturating_sub(3);
        let blank = header[from..].windows(4).position(|w| w == b"\r\n\r\n");
        let Some(end) = blank.map(|at| from + at + 4) else {
            // Another protocol is named at once, not after a time-out.
            let begun = header.len().min(5);
            if header[..begun] != b"HTTP/"[..begun] {
                let found = header[..header.len().min(32)].escape_ascii().to_string();
                self.give_up(Fault::WrongDevice {
                    expected: "an HTTP camera".into(),
                    found: format!("a server that says {found:?}"),
                });
            } else if header.len() >= HEADER_MAX {
                self.give_up(Fault::Garbled(format!("a header over {HEADER_MAX} bytes")));
            }
            return;
        };
        let answer = stream_of(&header[..end], &self.config.counter_header);
        let rest = &input[(end - before)..];
        match answer {
            Err(fault) => self.give_up(fault),
            Ok((chunks, parts)) => {
                let parts = Box::new(parts);
                self.state = State::Body { chunks, parts };
                self.announced = true;
                self.heard_at = now;
                self.tell(CameraEvent::Link(true));
                self.body(now, rest);
            }
        }
    }

    fn body(&mut self, now: Tick, input: &[u8]) {
        let State::Body { chunks, parts } = &mut self.state else {
            return;
        };
        let mut taken = Vec::new();
        let end = match chunks {
            None => parts.push(input, &mut taken),
            Some(chunks) => chunks.push(input, |piece| parts.push(piece, &mut taken)),
        };
        for part in taken {
            match part {
                Part::Picture {
                    counter,
                    coding,
                    body,
                } => {
                    self.last_trouble = None;
                    self.tell(CameraEvent::Frame(Frame {
                        counter,
                        at: now,
                        coding,
                        body,
                    }));
                }
                Part::Lost { counter, why } => {
                    let why = why.to_string();
                    self.tell(CameraEvent::Lost { counter, why });
                }
            }
        }
        if let Err(fault) = end {
            self.give_up(fault);
        }
    }
}

/// What a response header promises: how its body is framed and where its parts begin.
fn stream_of(header: &[u8], counter: &str) -> Result<(Option<Chunked>, Parts), Fault> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES_MAX];
    let mut response = httparse::Response::new(&mut lines);
    match response.parse(header) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => {
            return Err(Fault::Garbled("half an HTTP header".into()));
        }
        Err(error) => return Err(Fault::Garbled(format!("an HTTP header ({error})"))),
    }
    let value = |name: &str| {
        let line = response
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name));
        line.and_then(|line| std::str::from_utf8(line.value).ok())
    };
    let code = response.code.unwrap_or(0);
    if code != 200 {
        let reason = response.reason.unwrap_or("");
        return Err(Fault::Device(format!(
            "the camera refused the stream: {code} {reason}"
        )));
    }
    let kind = value("Content-Type").unwrap_or("");
    let Some(boundary) = boundary_of(kind) else {
        return Err(Fault::WrongDevice {
            expected: "a multipart/x-mixed-replace stream with a boundary".into(),
            found: format!("content type {kind:?}"),
        });
    };
    let chunked = value("Transfer-Encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
    Ok((
        chunked.then(Chunked::default),
        Parts::new(&boundary, counter),
    ))
}

/// The boundary of a multipart content type, without quotes and without a leading `--`.
fn boundary_of(kind: &str) -> Option<String> {
    let mut fields = kind.split(';').map(str::trim);
    let family = fields.next()?.to_ascii_lowercase();
    if !family.starts_with("multipart/") {
        return None;
    }
    let named = fields.find_map(|field| {
        let (name, value) = field.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value.trim())
    })?;
    let named = named.trim_matches('"');
    let bare = named.strip_prefix("--").unwrap_or(named);
    (1..=BOUNDARY_MAX)
        .contains(&bare.len())
        .then(|| bare.to_owned())
}

impl Session for StreamSession {
    type Command = ();
    type Event = CameraEvent;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, now: Tick) {
        self.state = State::Header(Vec::new());
        self.heard_at = now;
        self.out.push_back(Output::Transmit(self.request()));
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.lose_part(&why);
        self.state = State::Down;
        if self.announced {
            self.announced = false;
            self.tell(CameraEvent::Link(false));
        }
        self.trouble(why);
    }

    fn received(&mut self, now: Tick, input: &[u8]) {
        match self.state {
            State::Down => {}
            // A header that comes byte by byte is not waited for any longer.
            State::Header(_) => self.header(now, input),
            State::Body { .. } => {
                self.heard_at = now;
                self.body(now, input);
            }
        }
    }

    fn command(&mut self, _now: Tick, (): ()) {}

    fn woken(&mut self, now: Tick) {
        let Some(wake) = self.wake().filter(|wake| now >= wake.at) else {
            return;
        };
        let after = wake.at.since(self.heard_at);
        let what = wake.reason.to_owned();
        self.give_up(Fault::Timeout { what, after });
    }

    fn wake(&self) -> Option<Wake> {
        let (ms, reason) = match self.state {
            State::Down => return None,
            State::Header(_) => (self.config.header_ms, "the camera's answer"),
            State::Body { .. } => (self.config.silence_ms?, "the camera's next byte"),
        };
        let at = self.heard_at + Duration::from_millis(ms);
        Some(Wake { at, reason })
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, CameraEvent>> {
        self.out.pop_front()
    }
}

/// Streams from a camera on a thread of its own. `emit` is called on that thread.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<F>(config: StreamConfig, clock: Clock, emit: F) -> std::io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    let link = LinkAddress::Tcp(config.address.at.clone());
    pump::spawn_bytes(StreamSession::new(config), link, clock, emit)
}

#[cfg(test)]
mod test;
