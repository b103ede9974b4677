//! Devices that are not what they should be: whatever answers, the station stays up, nothing
//! passes, and the status names the device and the next step.

use crate::e2e_bench::{Bench, PATIENCE, Program, opening};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use vidimus::wire::{Answer, LineState};

/// A server that treats every connection like this; gives its `HOST:PORT`.
fn fake(treat: fn(TcpStream) -> std::io::Result<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let at = listener
        .local_addr()
        .expect("it has an address")
        .to_string();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            // A station that hangs up on such a device is right.
            std::thread::spawn(move || drop(treat(stream)));
        }
    });
    at
}

fn swallow(mut stream: TcpStream) -> std::io::Result<()> {
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

fn answer_all_with(mut stream: TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut asked = [0; 1024];
    while stream.read(&mut asked)? > 0 {
        stream.write_all(bytes)?;
    }
    Ok(())
}

mod printer {
    use super::*;

    pub fn garbage(stream: TcpStream) -> std::io::Result<()> {
        answer_all_with(
            stream,
            b"\x02\xff\xfe,,,\x03\r\n\x02999999999999\x03\x00\x00\x02",
        )
    }

    pub fn ssh(mut stream: TcpStream) -> std::io::Result<()> {
        stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n")?;
        swallow(stream)
    }
}

mod plc {
    use super::*;

    /// Answers every read of registers with `words` of them, all 0, and every write as done.
    fn zeros(mut stream: TcpStream, words: fn(u8) -> u8) -> std::io::Result<()> {
        let mut head = [0; 12];
        loop {
            stream.read_exact(&mut head)?;
            let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
            let mut rest = vec![0; length.saturating_sub(6)];
            stream.read_exact(&mut rest)?;
            let mut answer = head[..4].to_vec();
            if head[7] == 3 {
                let count = words(head[11]);
                let bytes = count.wrapping_mul(2);
                answer.extend([0, bytes + 3, head[6], 3, bytes]);
                answer.extend(vec![0; usize::from(bytes)]);
            } else {
                answer.extend([0, 6]);
                answer.extend(&head[6..12]);
            }
            stream.write_all(&answer)?;
        }
    }

    pub fn wrong_magic(stream: TcpStream) -> std::io::Result<()> {
        zeros(stream, |asked| asked)
    }

    pub fn short(stream: TcpStream) -> std::io::Result<()> {
        zeros(stream, |asked| asked / 2)
    }

    pub fn garbage(stream: TcpStream) -> std::io::Result<()> {
        answer_all_with(stream, b"\x00\x01\x77\x77\xff\xff\x01\x03 no Modbus at all")
    }
}

mod camera {
    use super::*;

    const STREAM: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";

    pub fn html(mut stream: TcpStream) -> std::io::Result<()> {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>Login</h1>\n",
        )?;
        swallow(stream)
    }

    pub fn not_found(mut stream: TcpStream) -> std::io::Result<()> {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    }

    fn stream(mut stream: TcpStream, part: impl Fn(u64) -> Vec<u8>) -> std::io::Result<()> {
        stream.write_all(STREAM)?;
        for counter in 1.. {
            stream.write_all(&part(counter))?;
            std::thread::sleep(Duration::from_millis(40));
        }
        Ok(())
    }

    fn part(counter: u64, kind: &str, length: usize, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "--b\r\nContent-Type: {kind}\r\nX-Frame-Counter: {counter}\r\nContent-Length: {length}\r\n\r\n"
        );
        [head.as_bytes(), body, b"\r\n"].concat()
    }

    /// Every part claims 4 GB; more and more bytes do come.
    pub fn huge(connected: TcpStream) -> std::io::Result<()> {
        stream(connected, |counter| match counter {
            1 => part(counter, "image/png", 1 << 32, b"\x89PNG\r\n\x1a\n"),
            _ => vec![0; 100_000],
        })
    }

    /// Pictures of noise, as JPEG.
    pub fn noise(connected: TcpStream) -> std::io::Result<()> {
        stream(connected, |counter| {
            let noise: Vec<u8> = (0..5000_u64)
                .map(|n| (n * n * 31 + counter) as u8)
                .collect();
            let body = [&b"\xff\xd8\xff\xe0"[..], &noise].concat();
            part(counter, "image/jpeg", body.len(), &body)
        })
    }

    /// A PNG whose header claims 60,000 × 60,000 points.
    pub fn bomb(connected: TcpStream) -> std::io::Result<()> {
        stream(connected, |counter| {
            let body = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\0\0\0\0\x0d\x0a\x0d\x0a";
            part(counter, "image/png", body.len(), body)
        })
    }
}

fn device(status: &Value, name: &str) -> Value {
    let devices = status["view"]["devices"]
        .as_array()
        .expect("devices are listed");
    let device = devices.iter().find(|device| device["name"] == name);
    device.expect("the device is listed").clone()
}

fn status(bench: &Bench) -> Value {
    let socket = bench.socket();
    let socket = socket.to_str().expect("the path is UTF-8");
    let said = Program::run(&["status", "--socket", socket, "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    said.json()
}

/// A factory, of which one device is replaced, and a station on it with an open batch.
fn station(bench: &Bench, name: &str, fake: &str) -> (Program, Program) {
    let (factory, real) = bench.start_factory(&["--rate", "600", "--faults", "none"]);
    let choose = |this: &str, fake: String, real: Option<String>| match this == name {
        true => fake,
        false => real.expect("the whole line is served"),
    };
    let printer = choose("printer", format!("zpl+tcp://{fake}"), real.printer);
    let plc = choose("PLC", format!("modbus+tcp://{fake}?unit=1"), real.plc);
    let camera = choose("camera", format!("http://{fake}/stream"), real.camera);
    let file = bench.station_file(&printer, &plc, &camera);
    let station = Program::start(&["run", "-c", file.to_str().expect("the path is UTF-8")]);
    bench.await_view("a station that answers", |_| true);
    let batch = opening("LOT-1", "281231", None);
    assert_eq!(bench.order(batch), Answer::Done);
    (factory, station)
}

/// It runs to an orderly end, and no thread of it panicked.
fn ends_in_order(what: &str, station: Program) {
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{what}: {ended:?}");
    assert!(
        !ended.err.contains("panicked") && !ended.err.contains("bug"),
        "{what}: {ended:?}"
    );
}

/// This device keeps the station from getting ready, and the status says so.
fn never_ready(
    what: &str,
    name: &str,
    treat: fn(TcpStream) -> std::io::Result<()>,
    said_of_it: &str,
) {
    let bench = Bench::new();
    let (_factory, mut running) = station(&bench, name, &fake(treat));
    bench
        .factory(&json!({"do": "feed", "packs": 5}))
        .expect("it feeds");
    let until = Instant::now() + PATIENCE;
    let named = loop {
        let said = status(&bench);
        let device = device(&said, name);
        let detail = device["detail"].as_str().unwrap_or_default();
        let alarms = said["view"]["alarms"]
            .as_array()
            .expect("alarms are listed");
        let code = name.to_lowercase();
        let asks = alarms.iter().any(|alarm| {
            let of_it = alarm["code"].as_str().is_some_and(|c| c.starts_with(&code));
            of_it && alarm["active"] == true && alarm["action"].as_str() != Some("")
        });
        if device["state"] != "ok" && detail.contains(said_of_it) && asks {
            break said;
        }
        assert!(Instant::now() < until, "{what}: it is not named: {said:#}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_ne!(named["view"]["state_text"], "", "{what}");
    // It stays so: while others connect, answer and time out again and again.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        let view = bench
            .view()
            .unwrap_or_else(|| panic!("{what}: it answers no more"));
        let ready = matches!(view.state, LineState::Ready | LineState::Running);
        assert!(!ready, "{what}: {view:#?}");
        assert_eq!(running.ended(), None, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(bench.figure("good_bin"), Some(0), "{what}");
    ends_in_order(what, running);
}

#[test]
fn what_is_no_printer_plc_or_camera_is_named_and_nothing_gets_ready() {
    std::thread::scope(|scope| {
        let mut all = Vec::new();
        let mut prove = |what, name, treat, said_of_it| {
            all.push(scope.spawn(move || never_ready(what, name, treat, said_of_it)));
        };
        prove(
            "a printer of garbage",
            "printer",
            printer::garbage,
            "answer",
        );
        prove(
            "an SSH server as printer",
            "printer",
            printer::ssh,
            "SSH-2.0",
        );
        prove("a silent printer", "printer", swallow, "no answer");
        prove("a PLC with other contents", "PLC", plc::wrong_magic, "");
        prove("a PLC of short answers", "PLC", plc::short, "registers");
        prove("a PLC of garbage", "PLC", plc::garbage, "");
        prove("a PLC that hangs up", "PLC", |_| Ok(()), "");
        prove("a silent PLC", "PLC", swallow, "no answer");
        prove("a web page as camera", "camera", camera::html, "text/html");
        prove(
            "a camera without stream",
            "camera",
            camera::not_found,
            "404",
        );
        prove("a silent camera", "camera", swallow, "no answer");
        let failed = all.into_iter().filter_map(|one| one.join().err()).count();
        assert_eq!(failed, 0, "each failure is printed above");
    });
}

/// A camera that streams rubbish is there, so the line may move; but no pack passes.
fn nothing_passes(what: &str, treat: fn(TcpStream) -> std::io::Result<()>, said_of_it: &str) {
    let bench = Bench::new();
    let (_factory, running) = station(&bench, "camera", &fake(treat));
    bench
        .factory(&json!({"do": "feed", "packs": 12}))
        .expect("it feeds");
    bench.await_view("a stop that a person must look at", |view| {
        let asks = view
            .alarms
            .iter()
            .any(|alarm| alarm.active && !alarm.action.is_empty());
        asks && matches!(view.state, LineState::Stopped | LineState::NotReady)
    });
    bench.await_view("what is wrong with the pictures", |view| {
        let camera = view.devices.iter().find(|device| device.name == "camera");
        camera.is_some_and(|camera| camera.detail.contains(said_of_it))
    });
    assert_eq!(bench.figure("good_bin"), Some(0), "{what}");
    assert!(
        bench.packs().iter().all(|row| row.verdict != Some(1)),
        "{what}"
    );
    ends_in_order(what, running);
}

#[test]
fn pictures_that_are_none_never_let_a_pack_pass() {
    std::thread::scope(|scope| {
        let all = [
            scope.spawn(|| nothing_passes("parts of 4 GB", camera::huge, "")),
            scope.spawn(|| nothing_passes("noise as JPEG", camera::noise, "JPEG")),
            scope.spawn(|| nothing_passes("a PNG of 60,000 x 60,000", camera::bomb, "")),
        ];
        let failed = all.into_iter().filter_map(|one| one.join().err()).count();
        assert_eq!(failed, 0, "each failure is printed above");
    });
}
