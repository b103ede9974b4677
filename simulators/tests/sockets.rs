//! A whole factory on real sockets and a real pseudo-terminal, driven from outside as a station
//! would.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio_modbus::prelude::{ExceptionCode, Reader as _, Slave, Writer as _, tcp};
use vidimus_simulators::{
    factory::{Devices, FactoryAddresses, FactoryError, FactoryOptions, PrinterLink, run},
    printer::{Language, Model},
    truth,
};

/// Longest wait for anything here.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    thread: JoinHandle<Result<(), FactoryError>>,
    at: FactoryAddresses,
}

impl Running {
    fn start(options: FactoryOptions) -> Running {
        let path = options.dir.clone().expect("a folder").join("factory.json");
        let thread = thread::spawn(move || run(options));
        let began = Instant::now();
        loop {
            if let Ok(bytes) = std::fs::read(&path) {
                let at = serde_json::from_slice(&bytes).expect("addresses, written whole");
                return Running { thread, at };
            }
            assert!(
                began.elapsed() < PATIENCE && !thread.is_finished(),
                "the factory starts"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn ask(&self, request: &Value) -> Value {
        let mut stream = TcpStream::connect(&self.at.control).expect("the control port");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
            .write_all(format!("{request}\n").as_bytes())
            .expect("sent");
        let mut line = String::new();
        BufReader::new(stream)
            .read_line(&mut line)
            .expect("an answer");
        serde_json::from_str(&line).expect("JSON")
    }

    fn wait_for(&self, what: &str, met: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let status = self.ask(&json!({"do": "status"}));
            if met(&status) {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: {status}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop(self) {
        assert_eq!(self.ask(&json!({"do": "shutdown"})), json!({"ok": true}));
        self.thread.join().expect("no panic").expect("a clean end");
    }
}

fn address(url: &str) -> SocketAddr {
    let rest = url.split("://").nth(1).expect("a URL");
    rest.split(['/', '?'])
        .next()
        .expect("a host")
        .parse()
        .expect("an address")
}

fn on_modbus<T>(
    at: SocketAddr,
    unit: u8,
    talk: impl AsyncFnOnce(&mut tokio_modbus::client::Context) -> T,
) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let stream = tokio::net::TcpStream::connect(at).await.expect("connects");
        let mut client = tcp::attach_slave(stream, Slave(unit));
        talk(&mut client).await
    })
}

/// Keeps the station's levels alive until told to stop.
fn keep_alive(at: SocketAddr, beats: u16) -> JoinHandle<()> {
    thread::spawn(move || {
        on_modbus(at, 1, async |client| {
            let header = client
                .read_holding_registers(0, 40)
                .await
                .expect("link")
                .expect("header");
            for beat in 1..=beats {
                let mut block = vec![77, beat, 1, 0, 0, 0, 0, 0, 0, header[3]];
                block.resize(12, 0);
                client
                    .write_multiple_registers(100, &block)
                    .await
                    .expect("link")
                    .expect("levels");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    })
}

#[test]
fn modbus_answers_a_foreign_client_and_refuses_what_it_must() {
    let dir = tempfile::tempdir().expect("a folder");
    let running = Running::start(FactoryOptions::new(dir.path().to_owned()));
    let at = address(running.at.plc.as_deref().expect("a PLC"));
    on_modbus(at, 1, async |client| {
        let head = client
            .read_holding_registers(0, 4)
            .await
            .expect("link")
            .expect("head");
        assert_eq!(head, [0x5056, 0x4D31, 0x0100, 1]);
        client
            .write_single_register(103, 5)
            .await
            .expect("link")
            .expect("FC06");
        client
            .write_multiple_registers(7000, &[1, 2, 3])
            .await
            .expect("link")
            .expect("FC16");
        let stop = client
            .read_holding_registers(103, 1)
            .await
            .expect("link")
            .expect("read back");
        assert_eq!(stop, [5]);
        let refused = client.read_holding_registers(200, 1).await.expect("link");
        assert_eq!(refused, Err(ExceptionCode::IllegalDataAddress));
        let refused = client.write_single_register(3, 9).await.expect("link");
        assert_eq!(refused, Err(ExceptionCode::IllegalDataAddress));
        let refused = client.read_coils(0, 1).await.expect("link");
        assert_eq!(refused, Err(ExceptionCode::IllegalFunction));
    });
    on_modbus(at, 9, async |client| {
        let asked = client.read_holding_registers(0, 1);
        let silent = tokio::time::timeout(Duration::from_millis(200), asked).await;
        assert!(silent.is_err(), "another unit id is not answered");
    });
    let outage = json!({"do": "fault", "name": "modbus-outage", "on": true});
    on_modbus(at, 1, async |client| {
        client
            .read_holding_registers(0, 1)
            .await
            .expect("link")
            .expect("still there");
        assert_eq!(running.ask(&outage), json!({"ok": true}));
        running.wait_for("the outage", |status| {
            status["active"] == json!(["modbus-outage"])
        });
        let dead = async { while client.read_holding_registers(0, 1).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, dead)
            .await
            .expect("the cable is pulled");
    });
    running.stop();
}

/// Reads one part of the stream.
fn read_part(stream: &mut BufReader<TcpStream>) -> (u64, Vec<u8>) {
    let (mut counter, mut length) = (None, None);
    loop {
        let mut line = String::new();
        assert_ne!(
            stream.read_line(&mut line).expect("a line"),
            0,
            "the stream goes on"
        );
        let line = line.trim();
        if let Some(value) = line.strip_prefix("X-Frame-Counter: ") {
            counter = value.parse().ok();
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().ok();
        }
        if let (true, Some(counter), Some(length)) = (line.is_empty(), counter, length) {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            return (counter, body);
        }
    }
}

#[test]
fn ink_goes_from_printer_bytes_to_picture_bytes_and_into_the_truth() {
    let dir = tempfile::tempdir().expect("a folder");
    let running = Running::start(FactoryOptions::new(dir.path().to_owned()));
    let mut camera = TcpStream::connect(address(running.at.camera.as_deref().expect("a camera")))
        .expect("connects");
    camera.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    camera
        .write_all(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("asked");
    let mut camera = BufReader::new(camera);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(camera.read_line(&mut head).expect("a line"), 0);
    }
    assert!(
        head.contains("multipart/x-mixed-replace; boundary=frame"),
        "{head}"
    );
    let mut printer =
        TcpStream::connect(address(running.at.printer.as_deref().expect("one"))).expect("connects");
    let content = "010950600013435221SOCKET1";
    let zpl = format!("^XA^FO60,60^BXN,6,200,,,,_,1^FD_1{content}^FS^XZ~HS");
    printer.write_all(zpl.as_bytes()).expect("sent");
    printer
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out");
    let mut status = [0; 82];
    printer.read_exact(&mut status).expect("~HS");
    assert_eq!(&status[14..17], b"001", "one label waits");
    let alive = keep_alive(address(running.at.plc.as_deref().expect("a PLC")), 250);
    running.ask(&json!({"do": "feed", "packs": 1}));
    let (counter, body) = read_part(&mut camera);
    assert_eq!(counter, 1);
    let picture = image::load_from_memory(&body)
        .expect("a picture")
        .to_luma8();
    let (width, height) = picture.dimensions();
    let read = rxing::helpers::detect_in_luma(picture.into_raw(), width, height, None);
    assert_eq!(read.expect("rxing reads it").getText(), content);
    running.wait_for("the pack's end", |status| status["reject_bin"] == json!(1));
    alive.join().expect("no panic");
    running.stop();
    check_truth(dir.path(), content);
}

fn check_truth(dir: &Path, content: &str) {
    assert!(
        !dir.join("factory.json").exists(),
        "withdrawn at a clean end"
    );
    let packs = truth::read(&dir.join(truth::FILE_NAME)).expect("the truth");
    let [pack] = &packs[..] else {
        panic!("one pack: {packs:?}")
    };
    assert_eq!(
        (pack.boot, pack.id, pack.gate, pack.cause),
        (1, 1, 3, 1),
        "no verdict came"
    );
    assert_eq!(pack.ink, [content]);
    assert!(
        pack.ink_sound && pack.picture_sound && !pack.window,
        "{pack:?}"
    );
}

#[test]
fn a_folder_holds_one_factory_and_keeps_the_boot_number() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = FactoryOptions::new(dir.path().to_owned());
    let first = Running::start(options.clone());
    assert!(matches!(
        run(options.clone()),
        Err(FactoryError::Taken { .. })
    ));
    assert_eq!(first.ask(&json!({"do": "status"}))["boot"], json!(1));
    first.stop();
    let second = Running::start(options.clone());
    assert_eq!(second.ask(&json!({"do": "status"}))["boot"], json!(2));
    second.stop();
    std::fs::write(dir.path().join("plc.json"), b"nonsense").expect("written");
    let why = run(options)
        .expect_err("a damaged memory is not guessed at")
        .to_string();
    assert!(why.contains("plc.json") && why.ends_with('.'), "{why}");
}

#[test]
fn nobody_there_ends_the_factory() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = FactoryOptions {
        idle_end_ms: Some(300),
        ..FactoryOptions::new(dir.path().to_owned())
    };
    let running = Running::start(options);
    running
        .thread
        .join()
        .expect("no panic")
        .expect("ends by itself");
}

#[test]
fn a_printer_on_a_pseudo_terminal_answers_byte_for_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = FactoryOptions {
        printer: PrinterLink::Serial { baud: 115_200 },
        ..FactoryOptions::new(dir.path().to_owned())
    };
    let running = Running::start(options);
    let url = running.at.printer.clone().expect("a printer");
    let path = url
        .strip_prefix("zpl+serial://")
        .and_then(|rest| rest.split('?').next());
    // Opened as plain files on purpose: raw mode must have been set by the other end.
    let path = path.expect("a path").to_owned();
    let (sender, received) = std::sync::mpsc::channel();
    let from = std::fs::File::open(&path).expect("opens for reading");
    thread::spawn(move || {
        let mut answer = [0; 82];
        let whole = (&from).read_exact(&mut answer).map(|()| answer);
        // The test may have given up by then.
        let _ = sender.send(whole);
    });
    let mut to = std::fs::File::options()
        .write(true)
        .open(&path)
        .expect("opens for writing");
    to.write_all(b"^XA^FO9,9^FDx^FS^XZ\r\n~HS").expect("sent");
    let answer = received
        .recv_timeout(PATIENCE)
        .expect("in time")
        .expect("82 bytes");
    assert!(
        answer.starts_with(b"\x02030,0,0,0360,001,0,0,0,000,0,0,0\x03\r\n"),
        "{answer:?}"
    );
    running.stop();
}

const CONTENT: &str = "010950600013435221SOCKET1";

/// A label with [`CONTENT`], or the word where the language has no FNC1; a question, and the answer with one label
/// waiting.
fn conversation(language: Language) -> (Vec<u8>, &'static [u8], &'static [u8]) {
    let coder = format!("P\x1f~1{CONTENT}\x1fS1\x1f\x1f");
    let sum = coder.bytes().fold(0u8, u8::wrapping_add);
    let (job, question, answer): (String, &[u8], &[u8]) = match language {
        Language::Zpl => (
            format!("^XA^FO60,60^BXN,6,200,,,,_,1^FD_1{CONTENT}^FS^XZ"),
            b"! U1 getvar \"odometer.total_label_count\"\r\n",
            b"\"0\"",
        ),
        Language::Tspl => (
            format!("CLS\r\nDMATRIX 60,60,200,200,c126,x6,\"~1{CONTENT}\"\r\nPRINT 1,1\r\n"),
            b"\x1b!S",
            b"\x02P@@@\x03\r\n",
        ),
        Language::Sbpl => (
            format!(
                "\x1bA\x1bID07\x1bV60\x1bH60\x1bBX01200606000000001\x1bDC\x1b1{CONTENT}\x1bQ1\x1bZ"
            ),
            b"\x05",
            b"\x06\x0207M000001                \x03",
        ),
        Language::Dpl => (
            format!("\x02L\r1W1c66000010000502000000000{CONTENT}\rE\r"),
            b"\x01E",
            b"0001\r",
        ),
        Language::Hitachi => (format!("\x02\x10\x31{CONTENT}\x03"), b"\x05", b"\x06\x06"),
        Language::Coder => (
            format!("\x02{coder}\x03{sum:02X}"),
            b"\x02S\x0353",
            b"\x06\x02S10001000000\x0365",
        ),
    };
    (job.into_bytes(), question, answer)
}

/// Hears exactly these bytes.
fn hear(printer: &mut TcpStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    printer.read_exact(&mut heard).expect("an answer");
    assert_eq!(heard, expected, "{}", String::from_utf8_lossy(&heard));
}

fn printer_alone(dir: &Path, language: Language) -> (Running, TcpStream) {
    let mut options = FactoryOptions::new(dir.to_owned());
    options.line.printer = Model::speaking(language);
    options.devices = Devices {
        printer: true,
        plc: false,
        camera: false,
    };
    let running = Running::start(options);
    let url = running.at.printer.clone().expect("a printer");
    assert!(
        url.starts_with(&format!("{}+tcp://", language.scheme())),
        "{url}"
    );
    let printer = TcpStream::connect(address(&url)).expect("connects");
    printer
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out");
    (running, printer)
}

#[test]
fn a_printer_of_every_language_answers_on_a_socket_and_prints_on_command() {
    for language in Language::ALL {
        let dir = tempfile::tempdir().expect("a folder");
        let (running, mut printer) = printer_alone(dir.path(), language);
        let (job, question, answer) = conversation(language);
        printer.write_all(&job).expect("sent");
        running.wait_for("the label", |status| status["labels_waiting"] == json!(1));
        printer.write_all(question).expect("asked");
        hear(&mut printer, answer);
        let printed = running.ask(&json!({"do": "trigger"}));
        let ink = match language {
            Language::Dpl => format!("]d1{CONTENT}"),
            _ => CONTENT.to_owned(),
        };
        assert_eq!(printed["printed"], json!([ink]), "{language}");
        running.stop();
    }
}

#[test]
fn links_are_cut_and_refused_and_late_answers_come_by_themselves() {
    let dir = tempfile::tempdir().expect("a folder");
    let (running, mut printer) = printer_alone(dir.path(), Language::Sbpl);
    let fault = |name: &str, on: bool| {
        let order = json!({"do": "fault", "name": name, "on": on});
        assert_eq!(running.ask(&order), json!({"ok": true}), "{name}");
    };
    fault("late-reply", true);
    printer.write_all(b"\x05").expect("asked");
    hear(&mut printer, b"\x02  A000000                \x03");
    fault("link-cut", true);
    let mut byte = [0];
    assert!(!matches!(printer.read(&mut byte), Ok(1..)), "cut");
    let at = address(running.at.printer.as_deref().expect("one"));
    let again = || {
        let printer = TcpStream::connect(at).expect("connects");
        printer
            .set_read_timeout(Some(PATIENCE))
            .expect("a time-out");
        printer
    };
    let mut printer = again();
    let (job, ..) = conversation(Language::Sbpl);
    printer.write_all(&job).expect("sent");
    hear(&mut printer, b"\x06");
    fault("link-refused", true);
    assert!(!matches!(again().read(&mut byte), Ok(1..)), "refused");
    fault("link-refused", false);
    let mut printer = again();
    printer.write_all(b"\x18").expect("sent");
    hear(&mut printer, b"\x06");
    running.wait_for("the clear", |status| status["labels_waiting"] == json!(0));
    running.stop();
}
