//! HTTP, as far as it is needed: one POST of a document, one GET of a job. Every wait has a limit.

use super::answer::Reply;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time of one question and its answer.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// Most bytes of an answer that are read.
const ANSWER_LEN_MAX: u64 = 64 << 10;
/// Most bytes of the file with headers.
pub const HEADER_FILE_LEN_MAX: u64 = 16 << 10;
/// Most bytes of the file with certificates.
const CA_FILE_LEN_MAX: u64 = 1 << 20;

/// Where documents go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `http://…/capture` or `https://…/capture`.
    pub url: String,
    /// A file with headers that go along, one a line: `Authorization: Bearer …`.
    pub header_file: Option<PathBuf>,
    /// A file with the certificates (PEM) that are trusted in place of those of the public authorities.
    pub ca_file: Option<PathBuf>,
}

/// The agent of an address.
///
/// # Errors
/// The certificates cannot be read; a sentence.
pub fn agent(address: &Address) -> Result<Agent, String> {
    agent_with(address, CONNECT_TIMEOUT, EXCHANGE_TIMEOUT)
}

fn agent_with(address: &Address, connect: Duration, exchange: Duration) -> Result<Agent, String> {
    let roots = match &address.ca_file {
        None => RootCerts::WebPki,
        Some(file) => RootCerts::new_with_certs(&certificates(file)?),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(connect))
        .timeout_global(Some(exchange))
        // A connection that was kept may be half dead, and then nobody knows what arrived.
        .max_idle_connections(0)
        .user_agent(concat!("vidimus/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build();
    Ok(config.new_agent())
}

fn read(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    let name = file.display();
    let failed = |why: std::io::Error| format!("{name} of [epcis] cannot be read ({why}).");
    let opened = std::fs::File::open(file).map_err(failed)?;
    let mut bytes = Vec::new();
    opened
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match bytes.len() as u64 > most {
        true => Err(format!("{name} of [epcis] has more than {most} bytes.")),
        false => Ok(bytes),
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let bytes = read(file, CA_FILE_LEN_MAX)?;
    let items: Result<Vec<PemItem<'static>>, _> = parse_pem(&bytes).collect();
    let items = items.map_err(|why| format!("{} is no PEM file ({why}).", file.display()))?;
    let found: Vec<Certificate<'static>> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Err(format!("{} holds no certificate.", file.display())),
        false => Ok(found),
    }
}

/// The headers of the file; read before every question, so that a token can be changed while the station runs.
fn headers(address: &Address) -> Result<Vec<(String, String)>, String> {
    let Some(file) = &address.header_file else {
        return Ok(Vec::new());
    };
    let name = file.display();
    let text = String::from_utf8(read(file, HEADER_FILE_LEN_MAX)?);
    let text = text.map_err(|_| format!("{name} of [epcis] is no UTF-8."))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            // Of the line itself nothing is said: it holds a secret.
            let (header, value) = line.split_once(':').ok_or_else(|| {
                format!(
                    "Line {} of {name} is no header: NAME: VALUE is wanted.",
                    at + 1
                )
            })?;
            Ok((header.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

/// Sends a document.
///
/// # Errors
/// There is no answer; a sentence.
pub fn post(agent: &Agent, address: &Address, body: &[u8]) -> Result<Reply, String> {
    let mut request = agent
        .post(&address.url)
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .header("GS1-EPCIS-Version", "2.0.0")
        .header("GS1-CBV-Version", "2.0.0")
        .header("GS1-Capture-Error-Behaviour", "rollback");
    for (name, value) in headers(address)? {
        request = request.header(name, value);
    }
    understood(request.send(body))
}

/// Asks how far a job is.
///
/// # Errors
/// There is no answer; a sentence.
pub fn get(agent: &Agent, address: &Address, job: &str) -> Result<Reply, String> {
    let mut request = agent
        .get(job)
        .header("Accept", "application/json")
        .header("GS1-EPCIS-Version", "2.0.0");
    for (name, value) in headers(address)? {
        request = request.header(name, value);
    }
    understood(request.call())
}

fn understood(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Reply, String> {
    let mut answer = answer.map_err(|why| format!("It cannot be reached ({why})."))?;
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok());
    let location = header("location");
    let mut body = Vec::new();
    // The status is what counts: a body that breaks off changes nothing.
    let _ = answer
        .body_mut()
        .as_reader()
        .take(ANSWER_LEN_MAX)
        .read_to_end(&mut body);
    Ok(Reply {
        status: answer.status().as_u16(),
        location,
        retry_after: retry_after.map(Duration::from_secs),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

#[cfg(test)]
mod test {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    /// Answers one request with this, and then says nothing more.
    fn repository(said: Vec<u8>) -> (Address, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let _ = stream.write_all(&said); // whoever asked has enough
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard);
        });
        let address = Address {
            url: format!("http://127.0.0.1:{port}/capture"),
            header_file: None,
            ca_file: None,
        };
        (address, thread)
    }

    #[test]
    fn a_repository_that_says_nothing_or_too_much_is_given_up() {
        let short = Duration::from_millis(200);
        let (silent, thread) = repository(Vec::new());
        let silent_agent = agent_with(&silent, short, short).expect("an agent");
        let why = post(&silent_agent, &silent, b"{}").expect_err("it says nothing");
        assert!(why.contains("timeout"), "{why}");
        thread.join().expect("it was hung up on");

        let head = b"HTTP/1.1 400 No\r\nRetry-After: 7\r\n\r\n";
        let (wordy, thread) = repository([&head[..], &b"x".repeat(1 << 20)].concat());
        let wordy_agent = agent(&wordy).expect("an agent");
        let reply = post(&wordy_agent, &wordy, b"{}").expect("an answer");
        assert_eq!(reply.body.len() as u64, ANSWER_LEN_MAX);
        assert_eq!(
            (reply.status, reply.retry_after),
            (400, Some(Duration::from_secs(7)))
        );
        thread.join().expect("it was hung up on");
    }

    #[test]
    fn files_are_bounded_and_of_their_secrets_nothing_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        let address = Address {
            url: String::new(),
            header_file: Some(file.clone()),
            ca_file: Some(file.clone()),
        };
        let write = |bytes: &[u8]| std::fs::write(&file, bytes).expect("it can be written");
        assert!(
            headers(&address)
                .expect_err("it is not there")
                .contains("cannot be read")
        );
        write(b"Authorization: Bearer a:b\n\nX-Plant:7\n");
        let both = headers(&address).expect("two headers");
        assert_eq!(
            both[0],
            ("Authorization".to_owned(), "Bearer a:b".to_owned())
        );
        assert_eq!(both.len(), 2);
        write(b"X: 1\ns3cret\n");
        let why = headers(&address).expect_err("no header");
        assert!(why.contains("Line 2") && !why.contains("s3cret"), "{why}");
        write(&vec![b'x'; HEADER_FILE_LEN_MAX as usize + 1]);
        assert!(
            headers(&address)
                .expect_err("too long")
                .contains("more than")
        );
        assert!(
            agent(&address)
                .expect_err("no certificate")
                .contains("no certificate")
        );
        write(&vec![b'x'; CA_FILE_LEN_MAX as usize + 1]);
        assert!(agent(&address).expect_err("too long").contains("more than"));
    }
}
