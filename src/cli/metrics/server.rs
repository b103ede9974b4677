//! The smallest server that a collector of figures needs: `GET /metrics` over HTTP/1.1, one answer a connection.
//!
//! A connection has a thread, a bounded time and a bounded number of bytes; there are only so many. Nothing of it can
//! reach the station but one question at a time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Most clients at once.
const CLIENTS_MAX: usize = 32;
/// How long a client may take to ask, and again to read.
const CLIENT_WAIT: Duration = Duration::from_secs(2);
/// Longest head of a request, in bytes.
const HEAD_LEN_MAX: usize = 8 * 1024;
/// How often new clients and the end are looked for.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// What is served: the text of this moment.
pub trait Source: Send + Sync + 'static {
    /// Made for each request, one at a time is for it to see to.
    fn text(&self) -> String;
    /// Its content type.
    fn content_type(&self) -> &'static str;
}

/// Serves until `ending` is set.
///
/// # Errors
/// The system takes no connections any more.
pub fn serve(
    listener: &TcpListener,
    source: &Arc<impl Source>,
    ending: &AtomicBool,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let clients = Arc::new(AtomicUsize::new(0));
    while !ending.load(Ordering::SeqCst) {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            // None there, one that went away again, or no file descriptor left: later.
            Err(_) => {
                std::thread::sleep(LOOK_PAUSE);
                continue;
            }
        };
        if clients.load(Ordering::SeqCst) >= CLIENTS_MAX {
            continue; // closed at once
        }
        clients.fetch_add(1, Ordering::SeqCst);
        let (source, count) = (Arc::clone(source), Arc::clone(&clients));
        let answer = move || {
            let _ = answer(stream, &*source); // a client that went away is no event
            count.fetch_sub(1, Ordering::SeqCst);
        };
        let named = std::thread::Builder::new().name("client".into());
        if named.spawn(answer).is_err() {
            clients.fetch_sub(1, Ordering::SeqCst);
        }
    }
    Ok(())
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// The figures, with or without their text.
    Metrics { body: bool },
    /// Where they are.
    Root,
    /// Something that is not here.
    Elsewhere,
    /// With another method than GET and HEAD.
    OtherMethod,
    /// A head of more than [`HEAD_LEN_MAX`] bytes.
    TooLong,
    /// No request of HTTP/1.
    Garbage,
}

fn answer(mut stream: TcpStream, source: &impl Source) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(CLIENT_WAIT))?;
    let asked = match head(&mut stream)? {
        Some(head) => understood(&head),
        None => Asked::TooLong,
    };
    let plain = "text/plain; charset=utf-8";
    let (status, kind, text) = match asked {
        Asked::Metrics { .. } => ("200 OK", source.content_type(), source.text()),
        Asked::Root => ("200 OK", plain, "The figures are at /metrics.\n".to_owned()),
        Asked::Elsewhere => ("404 Not Found", plain, "Ask for /metrics.\n".to_owned()),
        Asked::OtherMethod => ("405 Method Not Allowed", plain, "Use GET.\n".to_owned()),
        Asked::TooLong => (
            "431 Request Header Fields Too Large",
            plain,
            "Too long a head.\n".to_owned(),
        ),
        Asked::Garbage => ("400 Bad Request", plain, "That is no request.\n".to_owned()),
    };
    let allow = match asked {
        Asked::OtherMethod => "Allow: GET, HEAD\r\n",
        _ => "",
    };
    let mut reply = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allow}Connection: close\r\n\r\n",
        text.len()
    );
    if asked != (Asked::Metrics { body: false }) {
        reply.push_str(&text);
    }
    stream.write_all(reply.as_bytes())?;
    stream.shutdown(Shutdown::Write)
}

/// Reads up to the empty line that ends a head; `None` where it does not end.
fn head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let until = Instant::now() + CLIENT_WAIT;
    let mut head = Vec::new();
    let mut bytes = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= HEAD_LEN_MAX {
            return Ok(None);
        }
        // Each byte alone would be in time; all together must be.
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut bytes)?;
        if read == 0 {
            break; // what came is all there is
        }
        head.extend_from_slice(&bytes[..read]);
    }
    Ok(Some(head))
}

fn understood(head: &[u8]) -> Asked {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else {
        return Asked::Garbage;
    };
    let words: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = words[..] else {
        return Asked::Garbage;
    };
    let method_is_one = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
    if !method_is_one || !version.starts_with("HTTP/1.") {
        return Asked::Garbage;
    }
    if method != "GET" && method != "HEAD" {
        return Asked::OtherMethod;
    }
    let path = target.split('?').next().unwrap_or_default();
    match path {
        "/metrics" => Asked::Metrics {
            body: method == "GET",
        },
        "/" => Asked::Root,
        _ => Asked::Elsewhere,
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn requests_are_told_from_garbage() {
        let of = |head: &str| understood(head.as_bytes());
        let figures = |body| Asked::Metrics { body };
        assert_eq!(
            of("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
            figures(true)
        );
        assert_eq!(of("GET /metrics?x=1 HTTP/1.0\r\n\r\n"), figures(true));
        assert_eq!(of("HEAD /metrics HTTP/1.1\r\n\r\n"), figures(false));
        assert_eq!(of("GET / HTTP/1.1\r\n\r\n"), Asked::Root);
        assert_eq!(of("GET /metrics/.. HTTP/1.1\r\n\r\n"), Asked::Elsewhere);
        assert_eq!(of("POST /metrics HTTP/1.1\r\n\r\n"), Asked::OtherMethod);
        for garbage in [
            "",
            "\r\n\r\n",
            "GET /metrics\r\n\r\n",
            "GET  /metrics HTTP/1.1\r\n\r\n",
            "get /metrics HTTP/1.1\r\n\r\n",
            "GET /metrics HTTP/2\r\n\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(of(garbage), Asked::Garbage, "{garbage:?}");
        }
        assert_eq!(understood(b"\xff\xfe GET"), Asked::Garbage);
    }
}
