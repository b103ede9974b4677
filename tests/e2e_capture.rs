//! Capture, with the real program: what happens here reaches a repository that fails in every way there is, each event
//! once.

use crate::e2e_bench::{Program, await_that};
use crate::e2e_partners::{GTIN, Site};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use vidimus::tui::client::Client;

/// What a repository does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Takes it and says so.
    Take,
    /// Takes it, and says that a job works on it.
    Job,
    /// Takes it and says nothing.
    LoseAnswer,
    /// Hangs up before it has heard all.
    HangUp,
    /// Answers this and takes nothing.
    Answer(u16),
}

/// A repository that captures all of a document or nothing, and refuses an event that it has.
#[derive(Default)]
struct Shelf {
    /// Ids of events, in the order in which they came.
    events: Vec<String>,
    documents: u32,
    /// What comes next; then [`Manner::Take`].
    manners: Vec<Manner>,
    headers: BTreeSet<String>,
    /// Jobs that were asked for once.
    asked: BTreeSet<String>,
}

struct Repository {
    port: u16,
    shelf: Arc<Mutex<Shelf>>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Repository {
    fn open(port: u16, shelf: Arc<Mutex<Shelf>>) -> Repository {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let ending = Arc::new(AtomicBool::new(false));
        let (ends, books) = (Arc::clone(&ending), Arc::clone(&shelf));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let _ = serve(stream.expect("a connection"), &books); // whoever asked was killed
            }
        });
        Repository {
            port,
            shelf,
            ending,
            thread: Some(thread),
        }
    }

    fn events(&self) -> Vec<String> {
        self.shelf.lock().expect("nobody panicked").events.clone()
    }

    fn next(&self, manners: &[Manner]) {
        self.shelf.lock().expect("nobody panicked").manners = manners.to_vec();
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it did not panic");
        }
    }
}

fn serve(stream: TcpStream, shelf: &Mutex<Shelf>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let (mut length, mut headers) = (0, Vec::new());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(bytes) = line.strip_prefix("content-length: ") {
            length = bytes.parse().unwrap_or(0);
        }
        headers.push(line);
    }
    let mut shelf = shelf.lock().expect("nobody panicked");
    shelf.headers.extend(headers);
    if first.starts_with("GET /jobs/") {
        let running = shelf.asked.insert(first);
        let body = json!({"captureID": "1", "running": running, "success": true, "errors": []})
            .to_string();
        return answer(stream, 200, "", &body);
    }
    let manner = match shelf.manners.is_empty() {
        true => Manner::Take,
        false => shelf.manners.remove(0),
    };
    if manner == Manner::HangUp {
        return Ok(());
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    if let Manner::Answer(status) = manner {
        return answer(
            stream,
            status,
            "Retry-After: 0\r\n",
            "{\"title\":\"not like this\"}",
        );
    }
    let document: Value = serde_json::from_slice(&body).expect("it is JSON");
    let events = document["epcisBody"]["eventList"]
        .as_array()
        .expect("events");
    let ids: Vec<String> = events
        .iter()
        .filter_map(|event| Some(event["eventID"].as_str()?.to_owned()))
        .collect();
    assert_eq!(ids.len(), events.len(), "every event has an id");
    if ids.iter().any(|id| shelf.events.contains(id)) {
        return answer(stream, 409, "", "{\"title\":\"known\"}");
    }
    shelf.events.extend(ids);
    shelf.documents += 1;
    let job = shelf.documents;
    match manner {
        Manner::LoseAnswer => Ok(()),
        Manner::Job => answer(stream, 202, &format!("Location: /jobs/{job}\r\n"), ""),
        _ => answer(stream, 201, "", ""),
    }
}

fn answer(mut stream: TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The ids of everything that `export` tells, in order.
fn exported(site: &Site) -> Vec<String> {
    let out = site.folder.path().join("all");
    let told = site.asked(
        0,
        &["export", "epcis", "--out", out.to_str().expect("UTF-8")],
    );
    let documents = told["documents"].as_array().expect("documents");
    let read = |path: &Value| {
        std::fs::read_to_string(path.as_str().expect("a path")).expect("it is there")
    };
    let all: String = documents.iter().map(read).collect();
    let ids = all.split("\"eventID\":").skip(1);
    ids.map(|rest| {
        rest.trim_start()
            .trim_start_matches('"')
            .split('"')
            .next()
            .unwrap_or("")
            .to_owned()
    })
    .collect()
}

#[test]
fn every_event_reaches_a_repository_once_whatever_it_and_the_station_do() {
    use Manner::{Answer, HangUp, Job, LoseAnswer};
    let shelf = Arc::new(Mutex::new(Shelf::default()));
    let repository = Repository::open(0, Arc::clone(&shelf));
    let port = repository.port;
    let url = format!("capture_url = \"http://127.0.0.1:{port}/capture\"");
    let site = Site::with_a_lot(&[
        ("capture_url = \"none\"", &url),
        ("header_file = \"none\"", "header_file = \"token\""),
        ("interval_s = 60", "interval_s = 1"),
        ("document_numbers = 10000", "document_numbers = 1"),
    ]);
    site.write("token", "Authorization: Bearer s3cret\n");
    let serials = site.serials();
    let all_there = |repository: &Repository| {
        let wanted = exported(&site);
        await_that("every event", || {
            (repository.events().len() >= wanted.len()).then_some(())
        });
        assert_eq!(repository.events(), wanted, "each once, in order");
    };

    // Everything goes wrong, and the station is killed in between, more than once.
    let bad = [HangUp, Answer(500), LoseAnswer, Answer(429), Job].repeat(3);
    repository.next(&bad);
    let mut station = site.start();
    for round in 0..4 {
        for at in 0..3 {
            let pack = format!("(01){GTIN}(21){}", serials[round * 3 + at]);
            site.does(&["journey", "hold", &pack, "--reason", "test"]);
        }
        std::thread::sleep(Duration::from_millis(150 * round as u64));
        station.kill();
        station = site.start();
    }
    all_there(&repository);
    let heard = shelf.lock().expect("nobody panicked").headers.clone();
    for wanted in [
        "authorization: bearer s3cret",
        "gs1-epcis-version: 2.0.0",
        "content-type: application/json",
    ] {
        assert!(heard.contains(wanted), "{wanted}: {heard:?}");
    }

    // The repository is away for a while; what happened meanwhile follows.
    drop(repository);
    let pack = |at: usize| format!("(01){GTIN}(21){}", serials[at]);
    site.does(&["journey", "release", &pack(0), "--reason", "test"]);
    std::thread::sleep(Duration::from_millis(1_500));
    let repository = Repository::open(port, Arc::clone(&shelf));
    all_there(&repository);

    // It says for long that it cannot: somebody is told, and it is tried on.
    repository.next(&[Answer(503); 6]);
    site.does(&["journey", "hold", &pack(19), "--reason", "test"]);
    let socket = site.folder.path().join("station.sock");
    let alarm = || {
        let view = Client::connect(&socket).ok()?.view().ok()?;
        let stands = |alarm: &vidimus::wire::AlarmView| alarm.code == "capture" && alarm.active;
        Some(view.alarms.iter().any(stands))
    };
    await_that("an alarm", || alarm().filter(|stands| *stands));
    all_there(&repository);
    await_that("its end", || alarm().filter(|stands| !*stands));

    // It refuses a document: everything stops, somebody is told, and a person decides.
    repository.next(&[Answer(400)]);
    site.does(&["journey", "hold", &pack(20), "--reason", "test"]);
    site.does(&["journey", "hold", &pack(21), "--reason", "test"]);
    let refusal = || {
        let outbox = site.asked(0, &["epcis", "outbox", "status"]);
        let first = outbox["documents"][0].clone();
        (first["state"] == "refused").then_some(first)
    };
    let refused = await_that("a refusal", refusal);
    let text = Program::run(&["epcis", "outbox", "status", "-c", site.config()]).out;
    assert!(text.contains("REFUSED"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(
        refused["answer"]
            .as_str()
            .is_some_and(|why| why.contains("not like this")),
        "{refused}"
    );
    await_that("an alarm", || alarm().filter(|stands| *stands));
    let number = refused["document"].to_string();
    assert_eq!(
        site.order(&["epcis", "outbox", "retry", "999"]).code,
        Some(1)
    );
    assert_eq!(
        site.order(&["epcis", "outbox", "skip", &number]).code,
        Some(1),
        "it needs a reason"
    );
    site.does(&["epcis", "outbox", "retry", &number]);
    all_there(&repository);

    // Taken, and the answer lost; then refused for another reason, while more happens: sent again, it is known there,
    // and nothing of what came meanwhile is taken for known with it.
    repository.next(&[LoseAnswer, Answer(401)]);
    site.does(&["journey", "hold", &pack(24), "--reason", "test"]);
    let refused = await_that("a refusal", refusal);
    site.does(&["journey", "hold", &pack(25), "--reason", "test"]);
    let number = refused["document"].to_string();
    site.does(&["epcis", "outbox", "retry", &number]);
    all_there(&repository);

    // Refused again, and left out: exactly its event is missing, and what follows arrives.
    repository.next(&[Answer(422)]);
    let before = repository.events();
    site.does(&["journey", "hold", &pack(22), "--reason", "test"]);
    let refused = await_that("a refusal", refusal);
    station.kill();
    let number = refused["document"].to_string();
    site.does(&[
        "epcis",
        "outbox",
        "skip",
        &number,
        "--reason",
        "not wanted there",
    ]);
    let station = site.start();
    site.does(&["journey", "hold", &pack(23), "--reason", "test"]);
    await_that("the next event", || {
        (repository.events().len() > before.len()).then_some(())
    });
    let wanted = exported(&site);
    let mut with_gap = wanted.clone();
    with_gap.remove(wanted.len() - 2);
    assert_eq!(repository.events(), with_gap);
    drop(station);
    site.reader()
        .audit()
        .expect("the rows are what the records say");
}
