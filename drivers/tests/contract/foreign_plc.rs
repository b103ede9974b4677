//! The PLC session against a Modbus server of other people: PyPI's `pymodbus` (`tests/outside/install`), over TCP, RTU
//! on a pair of pseudo-terminals, and RTU over TCP.

use super::serial::terminal;
use super::wait_for;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{PlcCommand, PlcEvent, PlcHeader, StationLevels, modbus};
use vidimus_drivers::pump::Clock;

/// Ends the program when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// Carries every byte from one terminal to the other.
fn carry(mut from: File, mut to: File) {
    std::thread::spawn(move || {
        let mut bytes = [0; 256];
        loop {
            match from.read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => to.write_all(&bytes[..count]).unwrap_or_default(),
                // Nobody has that end open.
                Err(why) if why.raw_os_error() == Some(5) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return,
            }
        }
    });
}

#[test]
fn a_plc_of_pymodbus_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let python = target.join("outside/python");
    if !python.join("pymodbus").exists() {
        eprintln!(
            "SKIPPED: pymodbus is not here (tests/outside/install); no PLC of other people was spoken to."
        );
        return;
    }
    let map = Map::contract().unwrap();
    let header = map.encode_header(&PlcHeader {
        boot: 7,
        verdict_depth: 64,
        event_depth: 64,
        gate_depth: 64,
        ..PlcHeader::default()
    });
    let words: Vec<String> = header.iter().map(|(_, word)| word.to_string()).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut terminals = Vec::new();
    for way in ["tcp", "rtu", "rtutcp"] {
        let (place, address) = if way == "rtu" {
            let (far, near) = (folder.path().join("far"), folder.path().join("near"));
            let (a, b) = (terminal(&far), terminal(&near));
            carry(a.try_clone(), b.try_clone());
            carry(b.try_clone(), a.try_clone());
            terminals.extend([a, b]);
            let near = format!("modbus+rtu://{}?baud=115200&unit=7", near.display());
            (far.display().to_string(), near)
        } else {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let place = free.local_addr().unwrap().to_string();
            (place.clone(), format!("modbus+{way}://{place}?unit=7"))
        };
        let mut server = Command::new("python3");
        let script = root.join("tests/outside/modbus_server.py");
        server.env("PYTHONPATH", &python).arg(script);
        let _server = Program(server.args([way, &place]).args(&words).spawn().unwrap());
        let Ok(Address::Modbus(at)) = address.parse() else {
            panic!("a PLC's address: {address}");
        };
        let session = PlcSession::new(PlcConfig::default()).unwrap();
        let (tell, events) = mpsc::channel();
        let pump = modbus::spawn(session, at, Clock::start(), move |event| {
            let _gone = tell.send(event);
        });
        let pump = pump.unwrap();
        let levels = StationLevels::default();
        pump.send(PlcCommand::Levels(levels)).unwrap();
        wait_for(&events, |event| *event == PlcEvent::Link(true));
        for id in 1..=10 {
            let (boot, code) = (7, 1);
            pump.send(PlcCommand::Verdict { boot, id, code }).unwrap();
            wait_for(&events, |event| {
                *event == PlcEvent::VerdictWritten { boot, id }
            });
        }
        wait_for(&events, |event| matches!(event, PlcEvent::Header { .. }));
        assert!(pump.join(), "{way}");
    }
}
