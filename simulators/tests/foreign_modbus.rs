//! The simulated PLC, read and written by Modbus programs of other people: Debian's `mbpoll` and PyPI's `pymodbus`
//! (`tests/outside/install`), over TCP, RTU on a pseudo-terminal, and RTU over TCP.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ends the program when the test ends.
struct Sim(Child);

impl Drop for Sim {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A simulated PLC, and the place it is reached at: HOST:PORT or a terminal.
fn sim(arguments: &[&str]) -> (Sim, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus-sim"));
    let command = command.arg("plc").args(arguments).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the simulator starts");
    let mut line = String::new();
    let mut told = BufReader::new(child.stdout.take().expect("its words"));
    told.read_line(&mut line).expect("its addresses");
    let told: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let address = told["plc"].as_str().expect("an address").to_owned();
    let place = address.split("://").nth(1).expect("a URL");
    let place = place.split('?').next().expect("a place").to_owned();
    (Sim(child), place)
}

/// The ways to the PLC: how the simulator is started, and what others call it.
const WAYS: [(&[&str], &str); 3] = [
    (&["--tcp", "127.0.0.1:0"], "tcp"),
    (&["--rtu-pty", "--baud", "19200"], "rtu"),
    (&["--rtu-tcp", "127.0.0.1:0"], "rtutcp"),
];

fn said(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{error}");
    said
}

#[test]
fn mbpoll_reads_and_writes_the_plc() {
    if Command::new("mbpoll").arg("-V").output().is_err() {
        eprintln!("SKIPPED: mbpoll is not here; nobody else has read the simulated PLC.");
        return;
    }
    // mbpoll speaks RTU to a serial device alone, not over TCP.
    for (arguments, way) in &WAYS[..2] {
        let (_sim, place) = sim(arguments);
        let (link, at) = match place.rsplit_once(':') {
            Some((host, port)) => (vec!["-m", "tcp", "-p", port], host),
            None => (vec!["-m", "rtu", "-b", "19200", "-P", "even"], &place[..]),
        };
        let mbpoll = |more: &[&str], value: Option<&str>| {
            let mut command = Command::new("mbpoll");
            command.args(&link).args(["-0", "-a", "1", "-1", "-q"]);
            said(command.args(more).arg(at).args(value))
        };
        let header = mbpoll(&["-t", "4:hex", "-r", "0", "-c", "3"], None);
        let words = ["0x5056", "0x4D31", "0x0100"];
        assert!(
            words.iter().all(|word| header.contains(word)),
            "{way}: {header}"
        );
        // STOP_REASON, one register: function 6.
        mbpoll(&["-t", "4", "-r", "103"], Some("9"));
        let stop = mbpoll(&["-t", "4", "-r", "103"], None);
        assert!(stop.contains("[103]: \t9"), "{way}: {stop}");
    }
}

#[test]
fn pymodbus_reads_and_writes_the_plc() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let python = target.join("outside/python");
    if !python.join("pymodbus").exists() {
        eprintln!(
            "SKIPPED: pymodbus is not here (tests/outside/install); nobody else has read the simulated PLC."
        );
        return;
    }
    for (arguments, way) in WAYS {
        let (_sim, place) = sim(arguments);
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &python);
        command.arg(root.join("tests/outside/modbus_client.py"));
        let said = said(command.args([way, &place]));
        let lines: Vec<Vec<u16>> = said
            .lines()
            .map(|line| {
                line.split(' ')
                    .map(|word| word.parse().expect("a word"))
                    .collect()
            })
            .collect();
        assert_eq!(lines[0][..4], [0x5056, 0x4D31, 0x0100, 1], "{way}");
        assert_eq!(lines[0][32..35], [64, 64, 64], "{way}: the depths");
        assert_eq!(lines[1], [9, 0, 3, 4, 5], "{way}");
        assert_eq!(lines[2], [2], "{way}: no such register");
    }
}
