//! What a GigE Vision camera says: acknowledgements, stream packets, descriptions, and a whole conversation.
//!
//! Bytes: what is spoken, where the rest is cut into datagrams, what is said.
//!
//! Must hold: no panic; every picture that comes out has the size that was set, numbers only grow; a description that is
//! read gives features that can be asked for without end; what is told is short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::CameraEvent;
use vidimus_drivers::camera::gige::genicam::{Features, Memory, Problem, Setting, unpack};
use vidimus_drivers::camera::gige::gvcp::{Reply, Request};
use vidimus_drivers::camera::gige::pictures::{Pictures, Shape, Told};
use vidimus_drivers::camera::gige::{Ends, GigeSession, Heard};
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

fuzz_target!(|bytes: &[u8]| {
    let [what, cut, said @ ..] = bytes else {
        return;
    };
    let pieces: Vec<&[u8]> = said.chunks(usize::from(*cut) + 1).collect();
    match what % 4 {
        0 => replies(&pieces),
        1 => packets(&pieces),
        2 => description(said),
        _ => conversation(&pieces),
    }
});
