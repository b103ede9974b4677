//! The traps of Modbus TCP, with a real tokio-modbus server and with servers that break the rules.

use super::wait_for;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use tokio_modbus::server::{Service, tcp::Server, tcp::accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response};
use vidimus_drivers::address::Address;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{
    PlcAnswer, PlcCommand, PlcEvent, PlcHeader, PlcRequest, RegisterTable, StationLevels, modbus,
};
use vidimus_drivers::pump::{Clock, PumpHandle};
use vidimus_drivers::session::{Output, Session, Wake};
use vidimus_drivers::{Fault, Tick};

/// Asks for one register after another; the server's rule is that register `n` holds `n`.
pub struct Prober {
    next: u16,
    due: Option<Tick>,
    out: Vec<Output<PlcRequest, Told>>,
}

#[derive(Debug, PartialEq)]
pub enum Told {
    Read { asked: u16, words: Vec<u16> },
    Closed(Fault),
}

impl Prober {
    pub fn new() -> Prober {
        Prober {
            next: 0,
            due: None,
            out: Vec::new(),
        }
    }

    fn ask(&mut self, now: Tick) {
        self.next += 1;
        self.due = Some(now + Duration::from_millis(150));
        self.out.push(Output::Transmit(PlcRequest::Read {
            table: RegisterTable::Holding,
            address: self.next,
            count: 2,
        }));
    }
}

impl Session for Prober {
    type Command = ();
    type Event = Told;
    type Received = PlcAnswer;
    type Transmit = PlcRequest;

    fn opened(&mut self, now: Tick) {
        self.ask(now);
    }
    fn closed(&mut self, _now: Tick, why: Fault) {
        self.due = None;
        self.out.push(Output::Event(Told::Closed(why)));
    }
    fn received(&mut self, now: Tick, answer: &PlcAnswer) {
        if let PlcAnswer::Words(words) = answer {
            let (asked, words) = (self.next, words.clone());
            self.out.push(Output::Event(Told::Read { asked, words }));
        }
        self.ask(now);
    }
    fn command(&mut self, _now: Tick, (): ()) {}
    fn woken(&mut self, now: Tick) {
        if self.due.is_some_and(|due| now >= due) {
            self.due = None;
            self.out.push(Output::DropLink(Fault::Timeout {
                what: "the probe".into(),
                after: Duration::from_millis(150),
            }));
        }
    }
    fn wake(&self) -> Option<Wake> {
        let at = self.due?;
        Some(Wake {
            at,
            reason: "probe",
        })
    }
    fn next_output(&mut self) -> Option<Output<PlcRequest, Told>> {
        (!self.out.is_empty()).then(|| self.out.remove(0))
    }
}

/// A real server whose registers hold their own number; some answers come late or are exceptions.
#[derive(Clone, Default)]
struct Oddities {
    late_at: Arc<AtomicU16>,
    exception_at: Arc<AtomicU16>,
    connections: Arc<AtomicU32>,
}

impl Service for Oddities {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Response, ExceptionCode>> + Send>>;

    fn call(&self, request: Request<'static>) -> Self::Future {
        let Request::ReadHoldingRegisters(address, count) = request else {
            return Box::pin(async { Err(ExceptionCode::IllegalFunction) });
        };
        let late = self.late_at.load(Ordering::SeqCst) == address;
        let exception = self.exception_at.load(Ordering::SeqCst) == address;
        Box::pin(async move {
            if late {
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            match exception {
                true => Err(ExceptionCode::IllegalDataAddress),
                false => Ok(Response::ReadHoldingRegisters(
                    (address..address + count).collect(),
                )),
            }
        })
    }
}

fn serve<S>(service: S, connections: Arc<AtomicU32>) -> SocketAddr
where
    S: Service<Request = Request<'static>> + Clone + Send + Sync + 'static,
    S::Response: Send,
    S::Exception: Send,
{
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let connected = |stream, from| {
                let service = service.clone();
                connections.fetch_add(1, Ordering::SeqCst);
                async move { accept_tcp_connection(stream, from, move |_| Ok(Some(service.clone()))) }
            };
            let server = Server::new(listener);
            server.serve(&connected, |_error| {}).await.unwrap();
        });
    });
    told.recv().unwrap()
}

fn spawn<S>(session: S, at: SocketAddr) -> (PumpHandle<S::Command>, mpsc::Receiver<S::Event>)
where
    S: Session<Received = PlcAnswer, Transmit = PlcRequest> + Send + 'static,
    S::Command: Send,
    S::Event: Send,
{
    let Ok(Address::Modbus(address)) = format!("modbus+tcp://{at}?unit=1").parse() else {
        panic!("a PLC's address");
    };
    let (tell, events) = mpsc::channel();
    let pump = modbus::spawn(session, address, Clock::start(), move |event| {
        let _gone = tell.send(event);
    });
    (pump.unwrap(), events)
}

/// Every answer belongs to the request it is given for, before and after a late one.
#[test]
fn a_late_answer_is_not_taken_for_the_next_request() {
    let server = Oddities::default();
    server.late_at.store(5, Ordering::SeqCst);
    let at = serve(server.clone(), Arc::clone(&server.connections));
    let (pump, events) = spawn(Prober::new(), at);
    let told = wait_for(
        &events,
        |told| matches!(told, Told::Read { asked, .. } if *asked >= 50),
    );
    let mut closed = 0;
    for event in &told {
        match event {
            Told::Read { asked, words } => assert_eq!(*words, [*asked, *asked + 1]),
            Told::Closed(why) => {
                closed += 1;
                assert!(matches!(why, Fault::Timeout { .. }), "{why}");
            }
        }
    }
    assert_eq!(closed, 1, "dropped once, at the late answer");
    assert_eq!(
        server.connections.load(Ordering::SeqCst),
        2,
        "a new connection afterwards"
    );
    assert!(!told.contains(&Told::Read {
        asked: 5,
        words: vec![5, 6]
    }));
    assert!(pump.join());
}

#[test]
fn an_exception_drops_the_connection_and_is_named() {
    let server = Oddities::default();
    server.exception_at.store(3, Ordering::SeqCst);
    let at = serve(server.clone(), Arc::clone(&server.connections));
    let (pump, events) = spawn(Prober::new(), at);
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    let Some(Told::Closed(Fault::Device(text))) = told.last() else {
        panic!("{told:?}");
    };
    assert!(
        text.contains("exception while reading from register 3"),
        "{text}"
    );
    assert!(pump.join());
}

/// A server of bare bytes, which answers each request of 12 bytes with `answer(transaction id, nth
/// request)`.
fn serve_bytes(answer: impl Fn([u8; 2], u32) -> Option<Vec<u8>> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut nth = 0;
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 12];
            while stream.read_exact(&mut request).is_ok() {
                nth += 1;
                match answer([request[0], request[1]], nth) {
                    Some(bytes) => stream.write_all(&bytes).unwrap(),
                    None => break, // Hangs up without an answer.
                }
            }
        }
    });
    at
}

fn closed_by(answer: impl Fn([u8; 2], u32) -> Option<Vec<u8>> + Send + 'static) -> Fault {
    let (pump, events) = spawn(Prober::new(), serve_bytes(answer));
    let mut told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    assert!(pump.join());
    let Some(Told::Closed(why)) = told.pop() else {
        panic!("{told:?}");
    };
    assert_eq!(told, [], "nothing of it was believed");
    why
}

#[test]
fn a_short_answer_an_eof_and_garbage_drop_the_connection() {
    // Two registers asked, one given, in a frame that is sound in itself.
    let short = |id: [u8; 2], _| Some(vec![id[0], id[1], 0, 0, 0, 5, 1, 3, 2, 0, 1]);
    assert!(
        matches!(closed_by(short), Fault::Garbled(text) if text.contains("1 registers instead"))
    );
    let hang_up = |_, _| None;
    assert!(matches!(closed_by(hang_up), Fault::LinkDown(_)));
    let other_transaction =
        |id: [u8; 2], _| Some(vec![id[0], !id[1], 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2]);
    assert!(matches!(closed_by(other_transaction), Fault::LinkDown(_)));
    let other_protocol = |id: [u8; 2], _| Some(vec![id[0], id[1], 9, 9, 0, 7, 1, 3, 4, 0, 1, 0, 2]);
    assert!(matches!(
        closed_by(other_protocol),
        Fault::LinkDown(_) | Fault::Timeout { .. }
    ));
}

/// A small PLC behind the real server: header and registers, nothing more.
#[derive(Clone)]
struct SmallPlc {
    words: Arc<Mutex<BTreeMap<u16, u16>>>,
}

impl Service for SmallPlc {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = std::future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Request<'static>) -> Self::Future {
        let mut words = self.words.lock().unwrap();
        std::future::ready(match request {
            Request::ReadHoldingRegisters(address, count) => {
                let read = (address..address + count).map(|at| *words.get(&at).unwrap_or(&0));
                Ok(Response::ReadHoldingRegisters(read.collect()))
            }
            Request::WriteMultipleRegisters(address, values) => {
                words.extend((address..).zip(values.iter().copied()));
                Ok(Response::WriteMultipleRegisters(
                    address,
                    values.len() as u16,
                ))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

#[test]
fn the_whole_session_over_a_real_server() {
    let map = Map::contract().unwrap();
    let header = map.encode_header(&PlcHeader {
        boot: 7,
        verdict_depth: 64,
        event_depth: 64,
        gate_depth: 64,
        ..PlcHeader::default()
    });
    let plc = SmallPlc {
        words: Arc::new(Mutex::new(header.into_iter().collect())),
    };
    let at = serve(plc.clone(), Arc::default());
    let session = PlcSession::new(PlcConfig::default()).unwrap();
    let (pump, events) = spawn(session, at);
    pump.send(PlcCommand::Levels(StationLevels {
        station_boot: 9,
        ..StationLevels::default()
    }))
    .unwrap();
    wait_for(&events, |event| matches!(event, PlcEvent::Header { .. }));
    for id in 1..=20 {
        pump.send(PlcCommand::Verdict {
            boot: 7,
            id,
            code: 1,
        })
        .unwrap();
        wait_for(&events, |event| {
            *event == PlcEvent::VerdictWritten { boot: 7, id }
        });
        let words = plc.words.lock().unwrap();
        let register = map.verdict_register(id, 64);
        let slot: Vec<u16> = (register..register + 5).map(|at| words[&at]).collect();
        assert_eq!(map.decode_verdict(&slot, 7).map(|entry| entry.id), Ok(id));
    }
    // The next header follows the station's write of the cycle before.
    for _ in 0..3 {
        wait_for(&events, |event| matches!(event, PlcEvent::Header { .. }));
    }
    let words = plc.words.lock().unwrap();
    assert_eq!(
        (words[&100], words[&111]),
        (9, 20),
        "STATION_BOOT and VERDICTS stand"
    );
    drop(words);
    assert!(pump.join());
}

/// Nobody there: told once, tried again, and commands are still taken.
#[test]
fn a_plc_that_is_not_there_is_told_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let (pump, events) = spawn(PlcSession::new(PlcConfig::default()).unwrap(), at);
    let told = wait_for(&events, |event| {
        matches!(event, PlcEvent::Fault(Fault::LinkDown(_)))
    });
    assert_eq!(told.len(), 1);
    pump.send(PlcCommand::Execute {
        ticket: 1,
        code: 77,
        arg: 0,
    })
    .unwrap();
    let told = wait_for(&events, |event| {
        matches!(event, PlcEvent::Acknowledged { .. })
    });
    assert_eq!(
        told.len(),
        1,
        "the same reason is not told at every try: {told:?}"
    );
    assert!(pump.join());
}
