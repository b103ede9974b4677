//! Simulated readers on real sockets and pseudo-terminals, driven from outside as a station would.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::{Value, json};
use vidimus_simulators::{
    factory::FactoryError,
    reader::{FAMILIES, Setup},
    serve::{ReaderAddresses, ReaderLink, run_reader},
};

/// Longest wait for anything here.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    thread: JoinHandle<Result<(), FactoryError>>,
    at: ReaderAddresses,
}

impl Running {
    fn start(setup: Setup, link: ReaderLink) -> Running {
        let (tell, told) = mpsc::channel();
        let control = "127.0.0.1:0".parse().expect("an address");
        let thread = thread::spawn(move || {
            run_reader(setup, 1, link, control, |at| {
                tell.send(at.clone()).expect("somebody waits");
            })
        });
        let at = told.recv_timeout(PATIENCE).expect("it starts");
        Running { thread, at }
    }

    fn ask(&self, request: &Value) -> Value {
        let mut stream = TcpStream::connect(&self.at.control).expect("the control port");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let line = format!("{request}\n");
        stream.write_all(line.as_bytes()).expect("sent");
        let mut line = String::new();
        let mut answers = BufReader::new(stream);
        answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).expect("JSON")
    }

    fn stop(self) {
        assert_eq!(self.ask(&json!({"do": "shutdown"})), json!({"ok": true}));
        self.thread.join().expect("no panic").expect("a clean end");
    }
}

fn rest(address: &str) -> &str {
    let rest = address.split("://").nth(1).expect("a URL");
    rest.split('?').next().expect("its place")
}

fn connect(at: &str) -> TcpStream {
    let stream = TcpStream::connect(at).expect("the reader listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

/// So many bytes of what it says.
fn heard(from: &mut impl std::io::Read, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    from.read_exact(&mut bytes).expect("it says so much");
    bytes
}

#[test]
fn every_family_says_on_a_socket_what_it_is_shown_and_its_link_can_be_cut() {
    for family in FAMILIES {
        let at = "127.0.0.1:0".parse().expect("an address");
        let reader = Running::start(Setup::new(family), ReaderLink::Tcp(at));
        assert!(
            reader
                .at
                .reader
                .starts_with(&format!("{}+tcp://127.0.0.1:", family.name))
        );
        let expected = [family.prefix, b"0109506000134352", family.suffix].concat();
        let scan = json!({"do": "scan", "text": "]d20109506000134352"});
        for turn in 1..=2 {
            let mut stream = connect(rest(&reader.at.reader));
            assert_eq!(reader.ask(&scan)["counter"], turn);
            // Whatever it is shown before it has taken the link waits in it.
            assert_eq!(
                heard(&mut stream, expected.len()),
                expected,
                "{}",
                family.name
            );
            let cut = json!({"do": "fault", "name": "link-cut", "on": true});
            assert_eq!(reader.ask(&cut), json!({"ok": true}));
            assert!(
                matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)),
                "{}",
                family.name
            );
        }
        reader.stop();
    }
}

#[test]
fn a_reader_on_a_pseudo_terminal_answers_and_never_stops_when_it_is_told_to() {
    let sick = FAMILIES
        .iter()
        .find(|family| family.name == "sick")
        .expect("a family");
    let reader = Running::start(Setup::new(sick), ReaderLink::Pty { baud: 115_200 });
    let path = rest(&reader.at.reader).to_owned();
    let mut line = File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("it opens");
    line.write_all(b"\x02sRN DeviceIdent\x03").expect("asked");
    let answer = heard(&mut line, b"\x02sRA DeviceIdent".len());
    assert_eq!(answer, b"\x02sRA DeviceIdent");
    while heard(&mut line, 1) != b"\x03" {}
    assert_eq!(reader.ask(&json!({"do": "no-read"}))["counter"], 1);
    assert_eq!(heard(&mut line, 8), b"\x02NoRead\x03");
    let babble = json!({"do": "fault", "name": "never-stops", "on": true});
    assert_eq!(reader.ask(&babble), json!({"ok": true}));
    assert!(heard(&mut line, 5_000).iter().all(u8::is_ascii_uppercase));
    reader.stop();
}
