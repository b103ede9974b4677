//! The traps of Modbus RTU, on a real pseudo-terminal and through a serial server, with a device that keeps to the
//! rules and breaks them on demand. Its frames are written here again from *MODBUS over Serial Line* V1.02.

use super::modbus::{Prober, Told};
use super::serial::terminal;
use super::wait_for;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use vidimus_drivers::Fault;
use vidimus_drivers::address::Address;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{
    PlcAnswer, PlcCommand, PlcEvent, PlcHeader, PlcRequest, StationLevels, modbus,
};
use vidimus_drivers::pump::{Clock, PumpHandle};
use vidimus_drivers::session::Session;

/// What goes wrong with the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Odd {
    /// Comes so long after the request.
    Late(Duration),
    WrongSum,
    /// The first byte alone.
    Cut,
    Exception(u8),
    OtherUnit,
    Silence,
}

/// What carries the device's words.
type Say = Box<dyn FnMut(&[u8]) + Send>;

/// The device: registers that hold their own number unless they were written, and oddities by register.
struct Device {
    words: Arc<Mutex<BTreeMap<u16, u16>>>,
    /// The nth request of that register and length is answered so; once.
    odd: Vec<(u16, u16, Odd)>,
    line: mpsc::Receiver<u8>,
    say: Say,
}

fn with_sum(mut frame: Vec<u8>) -> Vec<u8> {
    let mut sum = 0xFFFF_u16;
    for byte in &frame {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            let out = sum & 1;
            sum >>= 1;
            if out == 1 {
                sum ^= 0xA001;
            }
        }
    }
    frame.extend(sum.to_le_bytes());
    frame
}

impl Device {
    fn hear(&self, count: usize) -> Option<Vec<u8>> {
        (0..count).map(|_| self.line.recv().ok()).collect()
    }

    /// Answers until the line is gone.
    fn serve(&mut self) -> Option<()> {
        loop {
            let mut asked = self.hear(6)?;
            if asked[1] == 16 {
                asked.extend(self.hear(1)?);
                asked.extend(self.hear(usize::from(asked[6]))?);
            }
            asked.extend(self.hear(2)?);
            let body = asked[..asked.len() - 2].to_vec();
            assert_eq!(asked, with_sum(body), "the checksum of a request");
            assert_eq!(asked[0], 7, "the unit");
            let place = u16::from_be_bytes([asked[2], asked[3]]);
            let count = u16::from_be_bytes([asked[4], asked[5]]);
            let answer = self.answer(&asked, place, count);
            let odd = |(at, length, _): &(u16, u16, Odd)| (*at, *length) == (place, count);
            let odd = self.odd.iter().position(odd);
            match odd.map(|at| self.odd.remove(at).2) {
                None => (self.say)(&answer),
                Some(Odd::Late(by)) => {
                    std::thread::sleep(by);
                    (self.say)(&answer);
                }
                Some(Odd::WrongSum) => {
                    let mut answer = answer;
                    *answer.last_mut()? ^= 0x55;
                    (self.say)(&answer);
                }
                Some(Odd::Cut) => (self.say)(&answer[..1]),
                Some(Odd::Exception(code)) => {
                    (self.say)(&with_sum(vec![7, asked[1] | 0x80, code]));
                }
                Some(Odd::OtherUnit) => {
                    let mut other = answer[..answer.len() - 2].to_vec();
                    other[0] = 8;
                    (self.say)(&with_sum(other));
                }
                Some(Odd::Silence) => {}
            }
        }
    }

    fn answer(&self, asked: &[u8], place: u16, count: u16) -> Vec<u8> {
        let mut words = self.words.lock().unwrap();
        match asked[1] {
            3 => {
                let mut answer = vec![7, 3, 2 * count as u8];
                for at in place..place + count {
                    answer.extend(words.get(&at).unwrap_or(&at).to_be_bytes());
                }
                with_sum(answer)
            }
            16 => {
                let values = asked[7..asked.len() - 2].chunks(2);
                let values = values.map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                words.extend((place..).zip(values));
                with_sum(asked[..6].to_vec())
            }
            other => panic!("function {other}"),
        }
    }
}

/// A line with a device at its end: its address, and its registers.
struct Line {
    address: String,
    words: Arc<Mutex<BTreeMap<u16, u16>>>,
    _folder: tempfile::TempDir,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Serial,
    /// A serial server: one line behind it, whoever is connected last hears what the device says.
    Server,
}

const KINDS: [Kind; 2] = [Kind::Serial, Kind::Server];

fn line(kind: Kind, odd: &[(u16, u16, Odd)]) -> Line {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, line) = mpsc::channel();
    let pour = move |mut from: Box<dyn Read + Send>, bytes: mpsc::Sender<u8>| {
        std::thread::spawn(move || {
            let mut byte = [0];
            loop {
                match from.read(&mut byte) {
                    Ok(1) => bytes.send(byte[0]).unwrap_or_default(),
                    // Nobody has the terminal open.
                    Err(why) if why.raw_os_error() == Some(5) => {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    _ => return,
                }
            }
        })
    };
    let (address, say): (String, Say) = match kind {
        Kind::Serial => {
            let name = folder.path().join("plc");
            let mut device = terminal(&name);
            pour(Box::new(device.try_clone()), bytes);
            let address = format!("modbus+rtu://{}?baud=115200&unit=7", name.display());
            (
                address,
                Box::new(move |said| device.write_all(said).unwrap_or_default()),
            )
        }
        Kind::Server => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("modbus+rtutcp://{}?unit=7", listener.local_addr().unwrap());
            let last = Arc::new(Mutex::new(None::<std::net::TcpStream>));
            let present = Arc::clone(&last);
            std::thread::spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    *present.lock().unwrap() = Some(stream.try_clone().unwrap());
                    pour(Box::new(stream), bytes.clone());
                }
            });
            let say = move |said: &[u8]| {
                if let Some(stream) = last.lock().unwrap().as_mut() {
                    stream.write_all(said).unwrap_or_default();
                }
            };
            (address, Box::new(say))
        }
    };
    let words: Arc<Mutex<BTreeMap<u16, u16>>> = Arc::default();
    let mut device = Device {
        words: Arc::clone(&words),
        odd: odd.to_vec(),
        line,
        say,
    };
    std::thread::spawn(move || device.serve());
    Line {
        address,
        words,
        _folder: folder,
    }
}

fn spawn<S>(session: S, line: &Line) -> (PumpHandle<S::Command>, mpsc::Receiver<S::Event>)
where
    S: Session<Received = PlcAnswer, Transmit = PlcRequest> + Send + 'static,
    S::Command: Send,
    S::Event: Send,
{
    let Ok(Address::Modbus(address)) = line.address.parse() else {
        panic!("a PLC's address: {}", line.address);
    };
    let (tell, events) = mpsc::channel();
    let pump = modbus::spawn(session, address, Clock::start(), move |event| {
        let _gone = tell.send(event);
    });
    (pump.unwrap(), events)
}

/// Answers that have the right length, unit, function and checksum, but belong to an earlier request: the device was
/// slower than the patience of the session, once while a question was out and once while the new link was put in step.
#[test]
fn a_late_answer_of_the_same_length_is_not_taken_for_the_next_request() {
    for kind in KINDS {
        let late = Odd::Late(Duration::from_millis(400));
        // The mark of a read of two registers is a read of one.
        for odd in [&[(5, 2, late)][..], &[(5, 2, late), (6, 1, late)]] {
            let line = line(kind, odd);
            let (pump, events) = spawn(Prober::new(), &line);
            let told = wait_for(
                &events,
                |told| matches!(told, Told::Read { asked, .. } if *asked >= 30),
            );
            let mut closed = 0;
            for event in &told {
                match event {
                    Told::Read { asked, words } => assert_eq!(*words, [*asked, *asked + 1]),
                    Told::Closed(why) => {
                        closed += 1;
                        assert!(matches!(why, Fault::Timeout { .. }), "{kind:?}: {why}");
                    }
                }
            }
            assert!(
                closed >= odd.len(),
                "{kind:?}: dropped at the late answer: {told:?}"
            );
            assert!(!told.contains(&Told::Read {
                asked: 5,
                words: vec![5, 6]
            }));
            assert!(pump.join());
        }
    }
}

#[test]
fn what_is_no_answer_drops_the_line_and_the_next_questions_are_answered_rightly() {
    for kind in KINDS {
        let odds = [
            (Odd::WrongSum, "checksum is wrong"),
            (Odd::Cut, "no answer to the probe"),
            (
                Odd::Exception(2),
                "exception while reading from register 3 on: code 2",
            ),
            (Odd::OtherUnit, "not from unit 7"),
            (Odd::Silence, "no answer to the probe"),
        ];
        for (odd, why) in odds {
            let line = line(kind, &[(3, 2, odd)]);
            let (pump, events) = spawn(Prober::new(), &line);
            let told = wait_for(
                &events,
                |told| matches!(told, Told::Read { asked, .. } if *asked >= 9),
            );
            let closed: Vec<String> = told
                .iter()
                .filter_map(|told| match told {
                    Told::Closed(why) => Some(why.to_string()),
                    Told::Read { asked, words } => {
                        assert_eq!(*words, [*asked, *asked + 1], "{kind:?} {odd:?}");
                        assert_ne!(*asked, 3);
                        None
                    }
                })
                .collect();
            let named = closed.first().is_some_and(|first| first.contains(why));
            assert!(named, "{kind:?} {odd:?}: {closed:?}");
            assert!(pump.join());
        }
    }
}

#[test]
fn the_whole_session_over_a_serial_line_and_a_serial_server() {
    let map = Map::contract().unwrap();
    for kind in KINDS {
        let header = map.encode_header(&PlcHeader {
            boot: 7,
            verdict_depth: 64,
            event_depth: 64,
            gate_depth: 64,
            ..PlcHeader::default()
        });
        let line = line(kind, &[]);
        line.words.lock().unwrap().extend(header);
        let session = PlcSession::new(PlcConfig::default()).unwrap();
        let (pump, events) = spawn(session, &line);
        pump.send(PlcCommand::Levels(StationLevels {
            station_boot: 9,
            ..StationLevels::default()
        }))
        .unwrap();
        wait_for(&events, |event| matches!(event, PlcEvent::Header { .. }));
        for id in 1..=20 {
            let (boot, code) = (7, 1);
            pump.send(PlcCommand::Verdict { boot, id, code }).unwrap();
            wait_for(&events, |event| {
                *event == PlcEvent::VerdictWritten { boot, id }
            });
            let words = line.words.lock().unwrap();
            let register = map.verdict_register(id, 64);
            let slot: Vec<u16> = (register..register + 5).map(|at| words[&at]).collect();
            assert_eq!(map.decode_verdict(&slot, 7).map(|entry| entry.id), Ok(id));
        }
        for _ in 0..3 {
            wait_for(&events, |event| matches!(event, PlcEvent::Header { .. }));
        }
        let words = line.words.lock().unwrap();
        assert_eq!((words[&100], words[&111]), (9, 20), "{kind:?}");
        drop(words);
        assert!(pump.join());
    }
}
