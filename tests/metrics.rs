//! `vidimus metrics`: the text by the rules of Prometheus' exposition format, and a server that nobody can hold up.

use crate::cli::station;
use crate::e2e_bench::{Program, await_that};
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use vidimus::wire::{
    AlarmRates, Answer, DeviceState, DeviceView, FloodView, Reply, ShelvedView, VERSION, View,
};

/// One sample: its labels and its value.
type Sample = (BTreeMap<String, String>, f64);

/// What a text holds, by family. Written from the format's description, version 0.0.4; whatever it does not allow
/// fails here.
fn parsed(text: &str) -> BTreeMap<String, Vec<Sample>> {
    assert!(text.ends_with('\n'), "the last line ends, too");
    let mut families: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeMap::new());
    let mut open = String::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (word, name) = (words.next(), words.next().expect("a name"));
            let rest = words.next().expect("a text");
            assert!(metric_name(name), "{line}");
            match word {
                Some("HELP") => assert!(helped.insert(name.to_owned()), "twice: {line}"),
                Some("TYPE") => {
                    assert!(matches!(rest, "counter" | "gauge"), "{line}");
                    let twice = typed.insert(name.to_owned(), rest.to_owned());
                    assert_eq!(twice, None, "{line}");
                    assert!(!families.contains_key(name), "behind its samples: {line}");
                    open = name.to_owned();
                }
                _ => panic!("neither HELP nor TYPE: {line}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        assert_eq!(name, open, "samples of a family stand together: {line}");
        assert!(helped.contains(name), "{line}");
        let of = families.entry(name.to_owned()).or_default();
        let again = of.iter().any(|(other, _)| *other == labels);
        assert!(!again, "a series stands once: {line}");
        let counts = typed[name] == "counter";
        assert_eq!(
            counts,
            name.ends_with("_total"),
            "names of counters: {line}"
        );
        assert!(!counts || value >= 0.0, "{line}");
        of.push((labels, value));
    }
    families
}

fn metric_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> (&str, BTreeMap<String, String>, f64) {
    let end = line.find(['{', ' ']).expect("a value");
    let name = &line[..end];
    assert!(metric_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = &line[end..];
    if let Some(mut inner) = rest.strip_prefix('{') {
        loop {
            let (label, after) = inner.split_once("=\"").expect("a label");
            assert!(metric_name(label) && !label.contains(':'), "{line}");
            let (value, after) = label_value(after);
            assert_eq!(labels.insert(label.to_owned(), value), None, "{line}");
            match after.split_at(1) {
                (",", more) => inner = more,
                ("}", end) => {
                    rest = end;
                    break;
                }
                _ => panic!("neither , nor }}: {line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("a blank");
    (name, labels, value.parse().expect("a number"))
}

fn label_value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().expect("an escape").1 {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                c => panic!("there is no escape \\{c}"),
            }),
            c => value.push(c),
        }
    }
    panic!("a label's value does not end");
}

/// The value of the one sample with these labels.
fn value(families: &BTreeMap<String, Vec<Sample>>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let wanted: BTreeMap<String, String> = labels
        .iter()
        .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
        .collect();
    let of = families.get(name).unwrap_or_else(|| panic!("no {name}"));
    let found = of.iter().find(|(labels, _)| *labels == wanted);
    found
        .unwrap_or_else(|| panic!("no {name} {labels:?}: {of:?}"))
        .1
}

fn shows(view: &View) -> Vec<u8> {
    let reply = Reply {
        v: VERSION,
        id: 1,
        answer: Answer::View(Box::new(view.clone())),
    };
    let mut line = serde_json::to_vec(&reply).expect("JSON");
    line.push(b'\n');
    line
}

fn once(view: &View) -> String {
    let (_folder, path) = station(shows(view), false);
    let socket = path.to_str().expect("UTF-8");
    let ended = Program::run(&["metrics", "--once", "--socket", socket]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out
}

#[test]
fn the_text_keeps_the_rules_of_its_format_and_says_what_the_view_says() {
    let mut view = crate::tui::running();
    // Names are anybody's: they must not end a label, nor may two of one name make two series of one.
    view.station = "Line \"3\" \\ new\nline {x=\"y\"} 1".to_owned();
    let device = |name: &str, state| DeviceView {
        name: name.to_owned(),
        model: String::new(),
        state,
        detail: String::new(),
    };
    view.devices.push(device("pri\"nter", DeviceState::Unknown));
    view.devices.push(device("pri\"nter", DeviceState::Ok));
    let mut again = view.alarms[0].clone();
    again.acknowledged = false;
    view.alarms.push(again.clone());
    again.shelved = Some(ShelvedView {
        by: "M. Kowal".to_owned(),
        reason: "disk ordered".to_owned(),
        until_utc_ms: view.utc_ms,
    });
    again.active = false;
    view.alarms.extend([again.clone(), again]);
    view.alarm_rates = AlarmRates {
        last_10_min: 12,
        most_in_10_min: 14,
        flood: Some(FloodView {
            since_utc_ms: view.utc_ms,
            first: "disk".to_owned(),
        }),
    };
    let text = once(&view);
    let families = parsed(&text);
    let of = |name: &str, labels: &[(&str, &str)]| value(&families, name, labels);
    let tally = &view.tally;
    assert_eq!(of("vidimus_up", &[]), 1.0);
    let named = [("station", view.station.as_str())];
    assert_eq!(of("vidimus_station_info", &named), 1.0);
    assert_eq!(of("vidimus_time_seconds", &[]), view.utc_ms as f64 / 1000.0);
    assert_eq!(of("vidimus_state", &[("state", "running")]), 1.0);
    let states: f64 = families["vidimus_state"].iter().map(|state| state.1).sum();
    assert_eq!(states, 1.0, "one of them");
    // The books, whole: what entered is what became of it and what is in line.
    let sum = |name: &str| families[name].iter().map(|one| one.1).sum::<f64>();
    assert_eq!(
        of("vidimus_packs_total", &[("fate", "good")]),
        tally.good as f64
    );
    assert_eq!(
        sum("vidimus_packs_total") + of("vidimus_packs_in_line", &[]),
        of("vidimus_packs_entered_total", &[])
    );
    assert_eq!(
        sum("vidimus_numbers_total") + of("vidimus_numbers_in_line", &[]),
        of("vidimus_numbers_taken_total", &[])
    );
    assert_eq!(sum("vidimus_rejects_total"), tally.rejected() as f64);
    assert!(tally.rejected() > 0 && tally.taken > 0);
    assert_eq!(
        of("vidimus_device_up", &[("device", "pri\"nter")]),
        0.0,
        "the worst of both"
    );
    let alarm = &view.alarms[0];
    let letter = alarm.letter.to_string();
    let labels = [("code", alarm.code.as_str()), ("letter", letter.as_str())];
    assert_eq!(of("vidimus_alarms_active", &labels), 2.0);
    assert_eq!(of("vidimus_alarms_unacknowledged", &[]), 1.0);
    assert_eq!(of("vidimus_alarms_shelved", &[]), 1.0);
    assert_eq!(of("vidimus_alarms_last_10_minutes", &[]), 12.0);
    assert_eq!(of("vidimus_alarms_most_in_10_minutes", &[]), 14.0);
    assert_eq!(of("vidimus_alarm_flood", &[]), 1.0);
    let p99 = of("vidimus_commit_seconds", &[("quantile", "0.99")]);
    assert_eq!(p99, view.figures.commit_p99_us as f64 / 1e6);

    // Without batch, packs and alarms it is a text all the same.
    view.batch = None;
    view.alarms.clear();
    view.devices.clear();
    view.tally = Default::default();
    view.utc_ms = -1;
    let families = parsed(&once(&view));
    assert_eq!(value(&families, "vidimus_batch_open", &[]), 0.0);
    assert_eq!(value(&families, "vidimus_time_seconds", &[]), -0.001);
}

struct Served {
    program: Program,
    at: String,
}

impl Served {
    fn start(socket: &Path) -> Served {
        let socket = socket.to_str().expect("UTF-8");
        let program = Program::start(&["metrics", "--listen", "127.0.0.1:0", "--socket", socket]);
        let at = await_that("the address", || {
            let said = program.err();
            let (_, rest) = said.split_once("http://")?;
            Some(rest.split_once("/metrics")?.0.to_owned())
        });
        Served { program, at }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.at).expect("it listens");
        let wait = Some(Duration::from_secs(20));
        stream.set_read_timeout(wait).expect("it has a bound");
        stream
    }

    /// Says this and reads what comes until it is closed: head and body.
    fn ask(&self, request: &[u8]) -> (String, String) {
        let mut stream = self.connect();
        // It may have hung up already.
        let _ = stream.write_all(request);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8(reply).expect("UTF-8");
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_default();
        (head.to_owned(), body.to_owned())
    }

    fn figures(&self) -> BTreeMap<String, Vec<Sample>> {
        let (head, body) = self.ask(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(
            head.contains("\r\nContent-Type: text/plain; version=0.0.4"),
            "{head}"
        );
        assert!(
            head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())),
            "{head}"
        );
        parsed(&body)
    }
}

#[test]
fn clients_that_talk_garbage_or_never_read_do_not_hinder_the_next() {
    let view = crate::tui::running();
    let (folder, path) = station(shows(&view), false);
    let served = Served::start(&path);
    assert_eq!(value(&served.figures(), "vidimus_up", &[]), 1.0);
    for (request, status) in [
        (&b"POST /metrics HTTP/1.1\r\n\r\n"[..], "405"),
        (b"GET /secrets HTTP/1.1\r\n\r\n", "404"),
        (b"\x16\x03\x01 hello\r\n\r\n", "400"),
    ] {
        let (head, _) = served.ask(request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
    let (head, body) = served.ask(b"HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(head.contains("200 OK") && body.is_empty(), "{head}");
    // One that never ends, some that say nothing, and some that ask and never read: all are still there below.
    served.ask(&vec![b'x'; 100_000]);
    let mut idle: Vec<TcpStream> = (0..6).map(|_| served.connect()).collect();
    for stream in &mut idle[..3] {
        let request = b"GET /metrics HTTP/1.1\r\n\r\n".repeat(1_000);
        stream.set_nonblocking(true).expect("it can be set");
        let _ = stream.write(&request);
    }
    for _ in 0..3 {
        served.figures();
    }
    // However many there are: when they have had their time the next one is served.
    idle.extend((0..100).filter_map(|_| TcpStream::connect(&served.at).ok()));
    await_that("an answer", || {
        let (head, _) = served.ask(b"GET /metrics HTTP/1.1\r\n\r\n");
        head.contains("200 OK").then_some(())
    });
    drop(idle);

    // The station goes: that is a figure, not an error.
    std::fs::remove_file(&path).expect("its socket");
    let families = served.figures();
    assert_eq!(value(&families, "vidimus_up", &[]), 0.0);
    assert_eq!(
        families.len(),
        1,
        "nothing is said of a station that is not there"
    );
    drop(folder);
    served.program.signal(Signal::TERM);
    assert_eq!(served.program.finish().code, Some(0));
}

#[test]
fn it_is_served_to_this_machine_only() {
    for (address, said) in [
        ("0.0.0.0:9464", "only an address of this machine"),
        ("192.0.2.1:9464", "only an address of this machine"),
        ("[::]:9464", "only an address of this machine"),
        ("localhost:9464", "not an address with a port"),
        ("9464", "not an address with a port"),
    ] {
        let ended = Program::run(&["metrics", "--listen", address]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(said), "{ended:?}");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let nowhere = dir.path().join("nobody.sock");
    let nowhere = nowhere.to_str().expect("UTF-8");
    let ended = Program::run(&["metrics", "--once", "--socket", nowhere]);
    assert_eq!(ended.code, Some(11), "{ended:?}");
    assert!(
        ended.out.is_empty() && ended.err.contains("No station listens"),
        "{ended:?}"
    );
}
