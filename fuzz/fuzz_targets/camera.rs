//! What a GigE Vision camera says (acknowledgements, stream packets, descriptions, a whole conversation), and what a
//! camera says over HTTP.
//!
//! Bytes: what is spoken, where the rest is cut into datagrams or pieces, what is said.
//!
//! Must hold: no panic; every picture that comes out has the size that was set, numbers only grow; a description that is
//! read gives features that can be asked for without end; what is told is short. Over HTTP the same pictures and losses
//! come out however the bytes are cut, and none after the link was dropped.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::gige::genicam::{Features, Memory, Problem, Setting, unpack};
use vidimus_drivers::camera::gige::gvcp::{Reply, Request};
use vidimus_drivers::camera::gige::pictures::{Pictures, Shape, Told};
use vidimus_drivers::camera::gige::{Ends, GigeSession, Heard};
use vidimus_drivers::camera::http::{StreamConfig, StreamSession};
use vidimus_drivers::camera::{CameraEvent, Frame};
use vidimus_drivers::{Output, Session, Tick};

const FEATURES: &[&str] = &["Width", "Height", "PixelFormat", "TriggerSource", "ExposureTime", "Gain", "PayloadSize"];

fn replies(pieces: &[&[u8]]) {
    for piece in pieces {
        let Ok(reply) = Reply::parse(piece) else { continue };
        for request in [Request::Discover, Request::ReadRegister(0), Request::ReadMemory(0, 4), Request::WriteRegister(0, 0)] {
            if let Err(refusal) = request.understand(&reply) {
                assert!(refusal.to_string().len() < 200);
            }
        }
    }
}

fn packets(pieces: &[&[u8]]) {
    let shape = Shape { width: 40, height: 30, packet_size: 576, resends: true };
    let mut pictures = Pictures::new(shape);
    let mut last = 0;
    for (no, piece) in pieces.iter().enumerate() {
        let now = Tick::from_ms(no as u64);
        pictures.heard(now, piece);
        pictures.woken(now);
        while let Some(told) = pictures.next_told() {
            match told {
                Told::Picture { counter, body } => {
                    assert_eq!(body.len(), 13 + 1200);
                    assert!(counter > last);
                    last = counter;
                }
                Told::Lost { counter, why } => {
                    assert!(counter > last && why.to_string().len() < 300);
                    last = counter;
                }
                _ => {}
            }
        }
    }
}

fn description(said: &[u8]) {
    let Ok(bytes) = unpack(said.to_vec()) else { return };
    let Ok(features) = Features::of_xml(&String::from_utf8_lossy(&bytes)) else { return };
    for name in FEATURES {
        let mut memory = Memory::default();
        for _ in 0..50 {
            let needed = match features.read(name, &memory) {
                Err(Problem::Needs { address, length }) => Some((address, length)),
                _ => match features.write(name, Setting::Number(7.0), &mut memory) {
                    Err(Problem::Needs { address, length }) => Some((address, length)),
                    _ => None,
                },
            };
            let Some((address, length)) = needed else { break };
            memory.learn(address, vec![0x5A; length.into()]);
        }
    }
}

/// Answers of a camera whose ids always fit, so that the bytes get further than the first question.
fn conversation(pieces: &[&[u8]]) {
    let Ok(Address::Gige(address)) = "gige://10.0.0.2?trigger=software".parse() else { return };
    let mut session = GigeSession::new(address);
    session.opened(Tick(0));
    let host = std::net::Ipv4Addr::new(10, 0, 0, 1);
    session.received(Tick(0), &Heard::Opened(Ends { host, port: 5, buffer_asked: 1, buffer_given: 1 }));
    for (no, piece) in pieces.iter().enumerate() {
        let now = Tick::from_ms(40 * no as u64);
        let mut asked = None;
        while let Some(output) = session.next_output() {
            match output {
                Output::Transmit(bytes) => asked = Some(bytes),
                Output::Event(CameraEvent::Fault(fault)) => assert!(fault.to_string().len() < 4_000),
                Output::Event(_) => {}
                Output::DropLink(why) => return session.closed(now, why),
            }
        }
        let Some((first, rest)) = piece.split_first() else { continue };
        match (first % 3, asked) {
            (0, _) => session.received(now, &Heard::Stream(rest.to_vec())),
            (_, Some(asked)) => {
                let status = [0, 0, asked[2], asked[3] + 1];
                let length = u16::try_from(rest.len()).unwrap_or(0).to_be_bytes();
                let answer = [&status[..], &length, &asked[6..8], rest].concat();
                session.received(now, &Heard::Control(answer));
            }
            _ => session.received(now, &Heard::Control(rest.to_vec())),
        }
        session.woken(now);
    }
}

/// What comes out of a stream: pictures, and the numbers of those that are lost.
fn stream(pieces: &[&[u8]]) -> Vec<Result<Frame, Option<u64>>> {
    let Ok(Address::Http(address)) = "http://10.0.0.2/".parse() else { return Vec::new() };
    let mut session = StreamSession::new(StreamConfig::new(address));
    session.opened(Tick(0));
    let (mut out, mut dropped) = (Vec::new(), false);
    for piece in pieces {
        session.received(Tick(1), piece);
        while let Some(output) = session.next_output() {
            match output {
                Output::Event(CameraEvent::Frame(frame)) => out.push(Ok(frame)),
                Output::Event(CameraEvent::Lost { counter, why }) => {
                    assert!(why.len() < 2_000);
                    out.push(Err(counter));
                }
                Output::Event(CameraEvent::Fault(fault)) => assert!(fault.to_string().len() < 2_000),
                Output::Event(_) | Output::Transmit(_) => continue,
                Output::DropLink(_) => dropped = true,
            }
        }
        if dropped {
            session.received(Tick(2), b"HTTP/1.1 200 OK\r\n\r\n");
            assert_eq!(session.next_output(), None);
            break;
        }
    }
    out
}

/// A stream with a header of its own, or one that is sound.
fn over_http(cut: usize, said: &[u8]) {
    let Some((first, said)) = said.split_first() else { return };
    let sound = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n";
    let head = match first % 4 {
        0 => String::new(),
        1 => format!("{sound}Transfer-Encoding: chunked\r\n\r\n"),
        2 => format!("{sound}\r\n"),
        _ => format!("{sound}\r\n--b\r\nX-Frame-Counter: 7\r\n"),
    };
    let all = [head.as_bytes(), said].concat();
    let pieces: Vec<&[u8]> = all.chunks(cut).collect();
    assert_eq!(stream(&pieces), stream(&[&all]));
}

fuzz_target!(|bytes: &[u8]| {
    let [what, cut, said @ ..] = bytes else {
        return;
    };
    let pieces: Vec<&[u8]> = said.chunks(usize::from(*cut) + 1).collect();
    match what % 8 {
        0 => replies(&pieces),
        1 | 5 => packets(&pieces),
        2 | 6 => description(said),
        4 => over_http(usize::from(*cut) + 1, said),
        _ => conversation(&pieces),
    }
});
