//! Limits of pumps, links and sessions, driven to where they hold: what comes beyond them waits or is refused with its
//! reason, and nothing is lost in silence.

use super::device::Faulty;
use super::plc_peer::Plc;
use super::serial::{Echo, Told, terminal};
use super::tongues::{TONGUES, root};
use super::wait_for;
use super::zpl_peer::Printer;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::{Duration, Instant};
use vidimus_drivers::address::{ADDRESS_LENGTH_MAX, Address, LinkAddress};
use vidimus_drivers::link::memory::MemoryLink;
use vidimus_drivers::link::tcp::{CONNECT_TIMEOUT, WRITE_TIMEOUT};
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{PlcCommand, PlcEvent, PlcEventKind};
use vidimus_drivers::printer::checks::{
    FIELD_NUMBER_MAX, FIELD_VALUE_MAX, FIELDS_MAX, FORMAT_MAX, MARKS_MAX, PICTURE_BYTES_MAX,
    SIDE_DOTS_MAX,
};
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::format::{Artwork, At, Content, Dots, Format, JobContent, Mark};
use vidimus_drivers::printer::session::{
    EMPTY_REPORTS, ORDERS_WAITING_MAX, OWED_MAX, PrinterConfig, PrinterSession,
};
use vidimus_drivers::printer::zpl::Zpl;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::pump::{COMMANDS_WAITING_MAX, Clock, PumpHandle, PumpRefusal, spawn_bytes};
use vidimus_drivers::session::Wake;
use vidimus_drivers::{Fault, Output, Session, Tick};

fn link(address: &str) -> LinkAddress {
    let Ok(Address::Printer { link, .. }) = address.parse() else {
        panic!("{address} is a printer's address");
    };
    link
}

/// A pump whose station takes one event for every word it is given, and tells what it took. Words, what it took, and
/// that an event has come and waits.
type Slow = (
    PumpHandle<Vec<u8>>,
    SyncSender<()>,
    Receiver<Told>,
    Receiver<()>,
);

fn slow_station(address: &str) -> Slow {
    let (go_on, allowed) = mpsc::sync_channel(1_000_000);
    let (tell, events) = mpsc::channel();
    let (came, waits) = mpsc::channel();
    let session = Echo {
        greeting: Vec::new(),
        out: Vec::new(),
    };
    let pump = spawn_bytes(session, link(address), Clock::start(), move |event| {
        let _nobody = came.send(());
        let _over = allowed.recv();
        let _gone = tell.send(event);
    });
    (pump.unwrap(), go_on, events, waits)
}

/// A pump to that address that sends this at once, and everything it tells.
fn told_all(at: SocketAddr, greeting: Vec<u8>) -> (PumpHandle<Vec<u8>>, Receiver<Told>) {
    let (tell, events) = mpsc::channel();
    let session = Echo {
        greeting,
        out: Vec::new(),
    };
    let device = link(&format!("zpl+tcp://{at}"));
    let pump = spawn_bytes(session, device, Clock::start(), move |event| {
        let _gone = tell.send(event);
    });
    (pump.unwrap(), events)
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

#[test]
fn a_pump_whose_station_is_slow_refuses_commands_over_the_limit_and_loses_none_it_took() {
    let (listener, at) = listener();
    let (pump, go_on, events, waits) = slow_station(&format!("zpl+tcp://{at}"));
    let (mut device, _) = listener.accept().unwrap();
    // The pump waits with its first event in hand and takes no command.
    waits.recv().unwrap();
    let numbered = |no: usize| (no as u32).to_be_bytes().to_vec();
    for no in 0..COMMANDS_WAITING_MAX {
        assert_eq!(pump.send(numbered(no)), Ok(()));
    }
    let one_more = numbered(COMMANDS_WAITING_MAX);
    let refused = pump.send(one_more.clone());
    assert_eq!(refused, Err(PumpRefusal::Full(one_more)), "it comes back");
    go_on.send(()).unwrap();
    wait_for(&events, |told| *told == Told::Opened);
    let mut heard = vec![0; 4 * COMMANDS_WAITING_MAX];
    device.read_exact(&mut heard).unwrap();
    let expected: Vec<u8> = (0..COMMANDS_WAITING_MAX).flat_map(numbered).collect();
    assert_eq!(heard, expected, "each once, in order");
    drop(go_on);
    assert!(pump.join());
}

/// More than the reader's queue and the terminal together hold.
#[test]
fn what_a_slow_station_has_not_taken_waits_in_the_serial_port() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("printer");
    let mut device = terminal(&name);
    let (pump, go_on, events, _) =
        slow_station(&format!("zpl+serial://{}?baud=115200", name.display()));
    let bytes: Vec<u8> = (0..300_000_u32).map(|no| (no % 251) as u8).collect();
    let sent = bytes.clone();
    go_on.send(()).unwrap();
    wait_for(&events, |told| *told == Told::Opened);
    let (done, written) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        device.write_all(&sent).unwrap();
        let _late = done.send(());
        device
    });
    let held_back = written.recv_timeout(Duration::from_millis(100));
    assert!(held_back.is_err(), "nobody takes it: the device must wait");
    let mut heard = Vec::new();
    while heard.len() < bytes.len() {
        go_on.send(()).unwrap();
        match wait_for(&events, |_| true).pop() {
            Some(Told::Heard(piece)) => heard.extend(piece),
            other => panic!("{other:?}"),
        }
    }
    assert!(heard == bytes, "every byte, in order");
    let _device = writer.join().unwrap();
    drop(go_on);
    assert!(pump.join());
}

#[test]
fn a_device_that_reads_nothing_is_given_up_after_the_limit() {
    let (listener, at) = listener();
    let (pump, events) = told_all(at, vec![b'x'; 64 << 20]);
    let _deaf: TcpStream = listener.accept().unwrap().0;
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    assert!(
        matches!(&told[..], [Told::Opened, Told::Closed(Fault::Timeout { after, .. })] if *after == WRITE_TIMEOUT),
        "{told:?}"
    );
    assert!(pump.join());
}

#[test]
fn a_device_that_does_not_answer_the_call_is_given_up_after_the_limit() {
    let (_listener, at) = full_listener();
    let (pump, events) = told_all(at, Vec::new());
    let told = wait_for(&events, |told| matches!(told, Told::Closed(_)));
    assert!(
        matches!(&told[..], [Told::Closed(Fault::Timeout { after, .. })] if *after == CONNECT_TIMEOUT),
        "{told:?}"
    );
    assert!(pump.join());
}

/// A listener whose queue of connections is full: further ones get no answer.
fn full_listener() -> ((socket2::Socket, Vec<TcpStream>), SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let at = socket.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&at, Duration::from_millis(50)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue gets full");
    }
    ((socket, waiting), at)
}

fn running_plc() -> MemoryLink<PlcSession, Plc> {
    let session = PlcSession::new(PlcConfig::default()).unwrap();
    let mut link = MemoryLink::new(session, Plc::default());
    link.run_for(Duration::from_millis(50));
    assert!(link.is_up());
    link.events.clear();
    link
}

#[test]
fn verdicts_that_wait_for_a_silent_plc_are_at_most_one_a_slot_and_the_others_are_named() {
    let mut link = running_plc();
    let depth = u32::from(link.peer.header.verdict_depth);
    link.peer.silent = true;
    link.run_for(Duration::from_millis(15));
    let verdicts = 1_000;
    for id in 1..=verdicts {
        let (boot, code) = (7, 2);
        link.command(PlcCommand::Verdict { boot, id, code });
    }
    let refused = link.events.iter().filter(|(_, event)| match event {
        PlcEvent::Fault(Fault::Refused(why)) => why.contains("is too old: its slot belongs to"),
        _ => false,
    });
    assert_eq!(refused.count() as u32, verdicts - depth);
    link.peer.silent = false;
    link.run_for(Duration::from_secs(2));
    let written = link.events.iter().filter_map(|(_, event)| match event {
        PlcEvent::VerdictWritten { id, .. } => Some(*id),
        _ => None,
    });
    assert!(
        written.eq(verdicts - depth + 1..=verdicts),
        "the newest, once each"
    );
}

/// Ids that a mad PLC says appeared, far above anything decided: nothing is kept of them for ever, and the gate's
/// entries are told all the same.
#[test]
fn appeared_packs_without_end_do_not_hide_what_the_gate_decides() {
    use vidimus_drivers::plc::GateOutcome;
    let mut link = running_plc();
    for round in 0..400_u32 {
        for no in 0..8 {
            link.peer
                .event(1_000_000 + 8 * round + no, PlcEventKind::Appeared);
        }
        link.run_for(Duration::from_millis(20));
    }
    for id in 1..=6 {
        link.peer.event(id, PlcEventKind::Detected);
        link.peer.decide(id, GateOutcome::Passed);
        link.run_for(Duration::from_millis(20));
    }
    let gates = link.events.iter().filter_map(|(_, event)| match event {
        PlcEvent::Gate(entry) => Some(entry.id),
        _ => None,
    });
    assert!(gates.eq(1..=6));
    let lost = |(_, event): &&(Tick, PlcEvent)| matches!(event, PlcEvent::GateLost { .. });
    assert_eq!(link.events.iter().filter(lost).count(), 0);
}

/// Orders to clear that come faster than the printer answers: answers to questions asked before the last `~JA` prove
/// nothing, and the count of them is bounded.
#[test]
fn answers_asked_for_before_a_clear_prove_nothing_about_it() {
    let empty = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\
        \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";
    let owed = OWED_MAX as usize;
    let mut session = zpl_session();
    session.opened(Tick(0));
    session.received(Tick(1), b"\x02ZT411-300dpi,V92.21.16Z,12,8176KB\x03\r\n");
    for _ in 0..10 * OWED_MAX {
        session.command(Tick(2), PrinterCommand::Clear);
    }
    let cleared = |session: &mut PrinterSession| {
        let outputs = std::iter::from_fn(|| session.next_output());
        outputs
            .filter(|output| *output == Output::Event(PrinterEvent::Cleared))
            .count()
    };
    for answer in 1..owed + usize::from(EMPTY_REPORTS) {
        session.received(Tick(3), empty);
        assert_eq!(cleared(&mut session), 0, "after answer {answer}");
    }
    session.received(Tick(3), empty);
    assert_eq!(cleared(&mut session), 1);
}

fn zpl_session() -> PrinterSession {
    PrinterSession::new(Box::new(Zpl::new()), PrinterConfig::default())
}

fn label_format(artwork: Artwork) -> Format {
    Format {
        name: "PACK".into(),
        width: SIDE_DOTS_MAX,
        length: SIDE_DOTS_MAX,
        dpmm: 12,
        artwork,
    }
}

fn text_mark(number: u16) -> Mark {
    Mark::Text {
        at: At::default(),
        height: 20,
        content: Content::Field(number),
    }
}

#[test]
fn fields_formats_and_addresses_over_their_limits_are_refused() {
    let native = |length: usize| {
        let (head, tail) = ("^XA", "^XZ");
        let blanks = " ".repeat(length - head.len() - tail.len());
        label_format(Artwork::Native(format!("{head}{blanks}{tail}")))
    };
    let marks = |count: usize| label_format(Artwork::Marks(vec![text_mark(1); count]));
    let mut session = zpl_session();
    let mut refused = |format| {
        session.command(Tick(0), PrinterCommand::UseFormat(format));
        session.next_output().is_some()
    };
    assert!(!refused(native(FORMAT_MAX)));
    assert!(refused(native(FORMAT_MAX + 1)));
    assert!(!refused(marks(MARKS_MAX)));
    assert!(refused(marks(MARKS_MAX + 1)));
    let mut wide = marks(1);
    wide.width += 1;
    assert!(refused(wide));

    let mut link = MemoryLink::new(zpl_session(), Faulty::new(Box::new(Printer::default())));
    let numbers = (1..=FIELDS_MAX as u16 + 1).chain([FIELD_NUMBER_MAX]);
    let all = Artwork::Marks(numbers.map(text_mark).collect());
    link.command(PrinterCommand::UseFormat(label_format(all)));
    link.run_for(Duration::from_secs(2));
    let mut taken = |label: JobContent| {
        link.events.clear();
        let ticket = 1;
        link.command(PrinterCommand::Print(PrintJob { ticket, label }));
        matches!(link.events[..], [(_, PrinterEvent::Sent { .. })])
    };
    let fields = |numbered| JobContent::Fields {
        numbered,
        named: vec![],
    };
    let field = |number: u16, length: usize| (number, "A".repeat(length));
    assert!(taken(fields(vec![field(
        FIELD_NUMBER_MAX,
        FIELD_VALUE_MAX
    )])));
    assert!(!taken(fields(vec![field(FIELD_NUMBER_MAX + 1, 1)])));
    assert!(!taken(fields(vec![field(1, FIELD_VALUE_MAX + 1)])));
    let many = |count: usize| fields((1..=count as u16).map(|number| field(number, 1)).collect());
    assert!(taken(many(FIELDS_MAX)));
    assert!(!taken(many(FIELDS_MAX + 1)));
    let most = (PICTURE_BYTES_MAX / 4_000) as u32;
    assert!(taken(JobContent::Picture(Dots::blank(SIDE_DOTS_MAX, most))));
    assert!(!taken(JobContent::Picture(Dots::blank(
        SIDE_DOTS_MAX,
        most + 1
    ))));
    assert!(!taken(JobContent::Picture(Dots::blank(
        SIDE_DOTS_MAX + 1,
        1
    ))));

    let address = |length: usize| format!("dir:///{}", "a".repeat(length - "dir:///".len()));
    assert!(address(ADDRESS_LENGTH_MAX).parse::<Address>().is_ok());
    assert!(address(ADDRESS_LENGTH_MAX + 1).parse::<Address>().is_err());
}

/// A coder without a depth of its own, under a station that sets no limit either: one label is on its way, so many
/// wait, and a job beyond them is refused.
#[test]
fn labels_that_wait_for_an_acknowledgement_have_a_limit() {
    let file = root().join("templates/printers/coder.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let endless = Description::parse(&text.replace("depth = 4", "")).unwrap();
    let config = PrinterConfig {
        jobs_outstanding_max: u32::MAX,
        ..PrinterConfig::default()
    };
    let session = PrinterSession::new(Box::new(Described::new(endless)), config);
    let tongue = TONGUES
        .iter()
        .find(|tongue| tongue.scheme == "file")
        .unwrap();
    let mut link = MemoryLink::new(session, Faulty::new((tongue.device)()));
    link.command(PrinterCommand::UseFormat(tongue.format("PACK")));
    link.run_for(Duration::from_secs(1));
    link.events.clear();
    let most = ORDERS_WAITING_MAX as u64 + 1;
    tongue.print(&mut link, 1..=most + 1);
    let last = PrinterEvent::Refused {
        ticket: most + 1,
        why: Fault::Busy,
    };
    let refused =
        |(_, event): &&(Tick, PrinterEvent)| matches!(event, PrinterEvent::Refused { .. });
    assert!(
        link.events
            .iter()
            .filter(refused)
            .map(|(_, event)| event)
            .eq([&last])
    );
    link.run_for(Duration::from_secs(2));
    assert_eq!(
        link.peer.state().labels.len() as u64,
        most,
        "those that waited came in their turn"
    );
}

/// Wants to be woken in the past, always; tells how often it was when it is over.
struct Restless(u32, mpsc::Sender<u32>);

impl Drop for Restless {
    fn drop(&mut self) {
        let _gone = self.1.send(self.0);
    }
}

impl Session for Restless {
    type Command = ();
    type Event = ();
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, _now: Tick) {}
    fn closed(&mut self, _now: Tick, _why: Fault) {}
    fn received(&mut self, _now: Tick, _input: &[u8]) {}
    fn command(&mut self, _now: Tick, (): ()) {}
    fn woken(&mut self, _now: Tick) {
        self.0 += 1;
    }
    fn wake(&self) -> Option<Wake> {
        let (at, reason) = (Tick(0), "the past");
        Some(Wake { at, reason })
    }
    fn next_output(&mut self) -> Option<Output<Vec<u8>, ()>> {
        None
    }
}

#[test]
fn a_session_that_always_wants_to_be_woken_does_not_spin() {
    let (_listener, at) = listener();
    let (tell, told) = mpsc::channel();
    let session = Restless(0, tell);
    let begun = Instant::now();
    let pump = spawn_bytes(
        session,
        link(&format!("zpl+tcp://{at}")),
        Clock::start(),
        |()| {},
    );
    std::thread::sleep(Duration::from_millis(50));
    assert!(pump.unwrap().join());
    let most = begun.elapsed().as_millis() + 2;
    let woken = told.recv().unwrap();
    assert!(
        woken > 0 && u128::from(woken) <= most,
        "{woken} times in {most} ms"
    );
}
