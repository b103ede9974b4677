//! The session of GigE Vision cameras against transcripts; most words in them are those of Aravis' fake camera
//! (0.8.26), as they went over the wire.
//!
//! `>` a datagram that the session must send, `<` one of the camera's control port, `*` one of its stream, all in
//! hexadecimal digits; `=` what the session must tell; `@` what else happens (`open ADDRESS`, `play NAME`: everything
//! of that transcript first, `wait MS`, `trigger`, `close`); `#` a remark. Outputs must come exactly, and in this
//! order. A picture must hold the bytes that came in its packets.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::CameraEvent;
use vidimus_drivers::camera::gige::{Ends, GigeSession, Heard};
use vidimus_drivers::{Fault, Output, Session, Tick};

/// The ends of the link when the transcripts were made.
const ENDS: Ends = Ends {
    host: Ipv4Addr::LOCALHOST,
    port: 0xED05,
    buffer_asked: 1 << 24,
    buffer_given: 1 << 24,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/gige")
}

fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Default)]
struct Play {
    session: Option<GigeSession>,
    now: Tick,
    outputs: VecDeque<String>,
    /// What came in the packets of the picture under way.
    pixels: Vec<u8>,
    place: String,
}

impl Play {
    fn session(&mut self) -> &mut GigeSession {
        self.session.as_mut().expect("@ open comes first")
    }

    fn collect(&mut self) {
        while let Some(output) = self.session().next_output() {
            let text = match output {
                Output::Transmit(bytes) => format!("> {}", hex(&bytes)),
                Output::DropLink(fault) => format!("= drop {fault}"),
                Output::Event(CameraEvent::Link(up)) => format!("= link {up}"),
                Output::Event(CameraEvent::Frame(frame)) => {
                    let body = [b"P5\n32 32\n255\n", &self.pixels[..]].concat();
                    assert!(frame.body == body, "{}: other bytes", self.place);
                    format!("= frame {}", frame.counter.expect("it counts"))
                }
                Output::Event(CameraEvent::Lost { counter, why }) => {
                    format!("= lost {} {why}", counter.expect("it counts"))
                }
                Output::Event(CameraEvent::Warning(what)) => format!("= warning {what}"),
                Output::Event(CameraEvent::Fault(fault)) => format!("= fault {fault}"),
            };
            self.outputs.push_back(text);
        }
    }

    fn line(&mut self, line: &str) {
        let (mark, text) = line.split_at(2);
        if mark == "> " || mark == "= " {
            let found = self.outputs.pop_front();
            assert_eq!(found.as_deref(), Some(line), "{}", self.place);
            return;
        }
        let left = &self.outputs;
        assert!(
            left.is_empty(),
            "{}: not in the transcript: {left:#?}",
            self.place
        );
        let now = self.now;
        match mark {
            "< " => self.session().received(now, &Heard::Control(bytes(text))),
            "* " => {
                let packet = bytes(text);
                match packet[4] {
                    1 => self.pixels.clear(),
                    3 => self.pixels.extend(&packet[8..]),
                    _ => {}
                }
                self.pixels.truncate(32 * 32);
                self.session().received(now, &Heard::Stream(packet));
            }
            "@ " => self.act(text),
            _ => panic!("{}: unknown mark {mark:?}", self.place),
        }
        self.collect();
    }

    fn act(&mut self, text: &str) {
        let now = self.now;
        match text.split_once(' ').unwrap_or((text, "")) {
            ("open", address) => {
                let Ok(Address::Gige(address)) = address.parse() else {
                    panic!("{}: no address", self.place);
                };
                let session = self.session.insert(GigeSession::new(address));
                session.opened(now);
                session.received(now, &Heard::Opened(ENDS));
            }
            ("play", name) => self.play(name),
            ("wait", ms) => {
                let end = now + Duration::from_millis(ms.parse().expect("milliseconds"));
                while let Some(wake) = self.session().wake().filter(|wake| wake.at <= end) {
                    self.now = self.now.max(wake.at);
                    let now = self.now;
                    self.session().woken(now);
                    self.collect();
                }
                self.now = end;
            }
            ("trigger", "") => self.session().command(now, ()),
            ("close", "") => self.session().closed(now, Fault::LinkDown("cable".into())),
            _ => panic!("{}: unknown act {text:?}", self.place),
        }
    }

    fn play(&mut self, name: &str) {
        let path = folder().join(name).with_extension("txt");
        let text = std::fs::read_to_string(&path).expect("the transcript is there");
        for (no, line) in text.lines().enumerate() {
            if !line.is_empty() && !line.starts_with('#') {
                self.place = format!("{name}:{}", no + 1);
                self.line(line);
            }
        }
        let left = &self.outputs;
        assert!(left.is_empty(), "{name}: not in the transcript: {left:#?}");
    }
}

#[test]
fn every_transcript_of_a_camera_holds() {
    let mut played = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().expect("it has a name").to_string_lossy();
        Play::default().play(&name);
        played += 1;
    }
    assert!(played >= 8, "{played} transcripts");
}
