//! The ZPL session against its transcripts, against every fault at every moment, and over a real
//! socket.
//!
//! A transcript is a text file: `>` what the station must send, `<` what the printer says, `=` what
//! the session must tell, `@` what else happens (`open`, `close`, `wait MS`, `clear`, `format
//! NAME`, `print TICKET N=VALUE …`), `#` a remark. Bytes are written with the escapes `\xNN`, `\r`
//! and `\n`. Outputs must come exactly, and in this order.

use super::wait_for;
use super::zpl_peer::Printer;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use vidimus_drivers::link::memory::{Act, MemoryLink, Peer};
use vidimus_drivers::printer::format::{Artwork, Format, LabelText};
use vidimus_drivers::printer::session::{PrinterConfig, PrinterSession};
use vidimus_drivers::printer::zpl::Zpl;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::pump::{Clock, PumpRefusal, spawn_bytes};
use vidimus_drivers::{Fault, Known, Output, Session, Tick};

fn config() -> PrinterConfig {
    PrinterConfig {
        dpmm: Some(12),
        ..PrinterConfig::default()
    }
}

fn format() -> Format {
    named(
        "PACK",
        "^XA^FO40,40^BXN,6,200,,,,_,1^FN1^FS^FO9,9^A0N,9,9^FN2^FS^PQ1,0,1,Y^XZ",
    )
}

fn named(name: &str, text: &str) -> Format {
    Format {
        name: name.into(),
        width: 400,
        length: 200,
        dpmm: 12,
        artwork: Artwork::Native(text.into()),
    }
}

fn job(ticket: u64, fields: &[(u16, &str)]) -> PrintJob {
    let fields = fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
    let label = LabelText::Fields {
        numbered: fields,
        named: vec![],
    };
    PrintJob { ticket, label }
}

fn event_text(event: &PrinterEvent) -> String {
    match event {
        PrinterEvent::Link(true) => "link up".into(),
        PrinterEvent::Link(false) => "link down".into(),
        PrinterEvent::Identified {
            model,
            firmware,
            dpmm,
        } => {
            let dpmm = dpmm.map_or_else(String::new, |dpmm| format!(" {dpmm}"));
            format!("identified {model} {firmware}{dpmm}")
        }
        PrinterEvent::Sent { ticket, bytes } => format!("sent {ticket} {bytes}"),
        PrinterEvent::Refused { ticket, why } => format!("refused {ticket}: {why}"),
        PrinterEvent::Cleared => "cleared".into(),
        PrinterEvent::Status(Known::Unknown { .. }) => "status unknown".into(),
        PrinterEvent::Status(Known::Yes { value, .. }) => {
            let queued = value.queued.map_or("?".into(), |queued| queued.to_string());
            let mut text = format!("status queued={queued}");
            if let Some(labels) = value.odometer {
                let _written = write!(text, " odometer={labels}");
            }
            for fault in &value.faults {
                let _written = write!(text, " [{fault}]");
            }
            text
        }
        PrinterEvent::Fault(fault) => format!("fault: {fault}"),
    }
}

fn output_text(output: Output<Vec<u8>, PrinterEvent>) -> String {
    match output {
        Output::Transmit(bytes) => format!("> {}", bytes.escape_ascii()),
        Output::Event(event) => format!("= {}", event_text(&event)),
        Output::DropLink(fault) => format!("= drop: {fault}"),
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('x') => {
                    let digits: String = rest.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
                }
                Some('r') => bytes.push(b'\r'),
                Some('n') => bytes.push(b'\n'),
                other => panic!("unknown escape {other:?}"),
            },
            c => bytes.extend(c.to_string().bytes()),
        }
    }
    bytes
}

/// Plays one transcript; every line of it must hold.
struct Play {
    session: PrinterSession,
    now: Tick,
    outputs: VecDeque<String>,
    place: String,
}

impl Play {
    fn collect(&mut self) {
        while let Some(output) = self.session.next_output() {
            self.outputs.push_back(output_text(output));
        }
    }

    fn line(&mut self, line: &str) {
        let (mark, text) = line.split_at(1);
        let text = text.trim();
        if mark == ">" || mark == "=" {
            let found = self.outputs.pop_front();
            assert_eq!(found.as_deref(), Some(line), "{}", self.place);
            return;
        }
        let left: Vec<&String> = self.outputs.iter().collect();
        assert!(
            left.is_empty(),
            "{}: not in the transcript: {left:#?}",
            self.place
        );
        match mark {
            "<" => self.session.received(self.now, &unescaped(text)),
            "@" => self.act(text),
            _ => panic!("{}: unknown mark {mark:?}", self.place),
        }
        self.collect();
    }

    fn act(&mut self, text: &str) {
        let mut words = text.split(' ');
        match words.next() {
            Some("open") => self.session.opened(self.now),
            Some("close") => {
                let why = Fault::LinkDown("cable".into());
                self.session.closed(self.now, why);
            }
            Some("clear") => self.session.command(self.now, PrinterCommand::Clear),
            Some("format") => self
                .session
                .command(self.now, PrinterCommand::UseFormat(format())),
            Some("print") => {
                let ticket = words.next().unwrap().parse().unwrap();
                let fields: Vec<(u16, &str)> = words
                    .map(|word| word.split_once('=').unwrap())
                    .map(|(number, value)| (number.parse().unwrap(), value))
                    .collect();
                let job = job(ticket, &fields);
                self.session.command(self.now, PrinterCommand::Print(job));
            }
            Some("wait") => {
                let ms: u64 = words.next().unwrap().parse().unwrap();
                self.wait(self.now + Duration::from_millis(ms));
            }
            other => panic!("{}: unknown act {other:?}", self.place),
        }
    }

    fn wait(&mut self, end: Tick) {
        while let Some(wake) = self.session.wake().filter(|wake| wake.at <= end) {
            self.now = self.now.max(wake.at);
            self.session.woken(self.now);
            self.collect();
        }
        self.now = end;
    }
}

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/zpl");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut play = Play {
            session: PrinterSession::new(Box::new(Zpl::new()), config()),
            now: Tick::from_ms(1_000),
            outputs: VecDeque::new(),
            place: String::new(),
        };
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            play.place = format!("{}:{}", path.display(), index + 1);
            play.line(line);
        }
        assert_eq!(
            play.outputs,
            VecDeque::<String>::new(),
            "{}",
            path.display()
        );
        played += 1;
    }
    assert_eq!(played, 8, "transcripts played");
}

/// A pack with a 12-character serial and an 8-character lot costs at most 100 bytes, when the
/// format's name is short.
#[test]
fn a_pack_costs_at_most_100_bytes() {
    let mut link = ready(Printer::default());
    let mut short = format();
    short.name = "PK".into();
    link.command(PrinterCommand::UseFormat(short));
    let symbol = "010950600013435221ABCDEFGHJKLM\x1d1728123110LOT12345";
    link.command(PrinterCommand::Print(job(
        1,
        &[(1, symbol), (2, "ABCDEFGHJKLM")],
    )));
    let (_, sent) = link.sent.last().unwrap();
    let expected = "^XA^XFR:PK^FS^FN1^FD_1010950600013435221ABCDEFGHJKLM_11728123110LOT12345^FS\
                    ^FN2^FDABCDEFGHJKLM^FS^XZ";
    assert_eq!(std::str::from_utf8(sent).unwrap(), expected);
    assert_eq!(sent.len(), 100);
}

type Link = MemoryLink<PrinterSession, Printer>;

fn ready(printer: Printer) -> Link {
    let mut session = PrinterSession::new(Box::new(Zpl::new()), config());
    session.command(Tick(0), PrinterCommand::UseFormat(format()));
    let mut link = MemoryLink::new(session, printer);
    link.run_for(Duration::from_secs(1));
    assert!(told(&link, "cleared"), "{:?}", texts(&link));
    link
}

fn texts(link: &Link) -> Vec<String> {
    link.events
        .iter()
        .map(|(_, event)| event_text(event))
        .collect()
}

fn told(link: &Link, text: &str) -> bool {
    texts(link).iter().any(|told| told.starts_with(text))
}

#[test]
fn a_clear_waits_until_the_printer_itself_says_its_queue_is_empty() {
    let mut link = ready(Printer::default());
    for ticket in 1..=5 {
        link.command(PrinterCommand::Print(job(ticket, &[(2, "A")])));
    }
    assert_eq!(link.peer.queue, 5);
    // The first ~JA leaves two labels; only the second, after the limit, removes them.
    link.peer.stubborn = 2;
    link.events.clear();
    link.command(PrinterCommand::Clear);
    link.run_for(Duration::from_millis(2_900));
    assert!(!told(&link, "cleared"), "{:?}", texts(&link));
    link.command(PrinterCommand::Print(job(6, &[(2, "A")])));
    assert!(told(
        &link,
        "refused 6: refused: the printer's queue is not known"
    ));
    link.run_for(Duration::from_millis(500));
    let told_once = texts(&link)
        .iter()
        .filter(|t| t.starts_with("fault: no answer"))
        .count();
    assert_eq!(told_once, 1, "{:?}", texts(&link));
    assert!(told(&link, "cleared"));
    assert_eq!(link.peer.printed.len(), 5);
}

#[test]
fn outstanding_jobs_have_a_limit_that_the_printers_own_report_frees() {
    let mut link = ready(Printer::default());
    let print = |link: &mut Link, from: u64, to: u64| {
        for ticket in from..=to {
            link.command(PrinterCommand::Print(job(ticket, &[(2, "A")])));
        }
    };
    print(&mut link, 1, 64);
    link.events.clear();
    print(&mut link, 65, 65);
    assert_eq!(texts(&link), ["refused 65: busy"]);
    // It reports them still queued: nothing is freed.
    link.run_for(Duration::from_millis(300));
    link.events.clear();
    print(&mut link, 66, 66);
    assert_eq!(texts(&link), ["refused 66: busy"]);
    link.peer.queue = 60;
    link.run_for(Duration::from_millis(300));
    link.events.clear();
    print(&mut link, 67, 71);
    let refused = texts(&link)
        .iter()
        .filter(|t| t.starts_with("refused"))
        .count();
    assert_eq!(refused, 1, "four places were free: {:?}", texts(&link));
}

#[test]
fn silence_of_both_questions_is_unknown_and_then_drops_the_link() {
    let mut link = ready(Printer::default());
    link.events.clear();
    link.peer.silent = true;
    link.run_for(Duration::from_millis(1_300));
    assert!(told(&link, "status unknown"), "{:?}", texts(&link));
    link.command(PrinterCommand::Print(job(9, &[(2, "A")])));
    assert!(told(&link, "refused 9"), "unknown stops new work");
    link.run_for(Duration::from_secs(4));
    assert!(matches!(link.drops[0], Fault::Timeout { .. }));
    assert!(told(&link, "link down"));
    let faults = texts(&link)
        .iter()
        .filter(|t| t.starts_with("fault"))
        .count();
    assert!(
        faults <= 2,
        "one a reason, not one a try: {:?}",
        texts(&link)
    );
    link.peer.silent = false;
    link.events.clear();
    link.run_for(Duration::from_secs(3));
    assert!(
        told(&link, "cleared"),
        "the whole discipline again: {:?}",
        texts(&link)
    );
}

#[test]
fn a_power_cycle_with_a_full_queue_loses_the_queue_and_stores_the_format_again() {
    let mut link = ready(Printer::default());
    for ticket in 1..=8 {
        link.command(PrinterCommand::Print(job(ticket, &[(2, "A")])));
    }
    link.events.clear();
    link.refuses = true;
    link.cut("power");
    link.peer = Printer::default();
    link.run_for(Duration::from_secs(1));
    assert!(told(&link, "link down") && told(&link, "status unknown"));
    link.command(PrinterCommand::Print(job(9, &[(2, "A")])));
    assert!(told(&link, "refused 9: link down"));
    link.refuses = false;
    link.run_for(Duration::from_secs(1));
    assert!(told(&link, "cleared"));
    link.command(PrinterCommand::Print(job(10, &[(2, "B")])));
    assert_eq!(
        link.peer.printed,
        ["^XA^XFR:PACK^FS^FN2^FDB^FS^XZ"],
        "no blank, no old label"
    );
}

#[test]
fn values_that_would_be_commands_are_refused() {
    let mut link = ready(Printer::default());
    let sent = link.sent.len();
    for (ticket, value) in ["A^XZ", "~JA", "a\nb", "a\x1db", "ü", "\x7f"]
        .iter()
        .enumerate()
    {
        link.events.clear();
        link.command(PrinterCommand::Print(job(ticket as u64, &[(2, value)])));
        assert!(
            told(&link, &format!("refused {ticket}: refused: field 2 holds")),
            "{value:?}"
        );
    }
    let long = "A".repeat(3_073);
    let many: Vec<(u16, &str)> = (1..=33).map(|n| (n, "A")).collect();
    for fields in [
        &[(1, long.as_str())][..],
        &[(0, "A")],
        &[(1, "A"), (1, "B")],
        &[],
        &many,
    ] {
        link.events.clear();
        link.command(PrinterCommand::Print(job(1, fields)));
        assert!(told(&link, "refused 1: refused:"), "{:?}", texts(&link));
    }
    for (name, text) in [
        ("TOOLONGNAME", "^XA^XZ"),
        ("A^B", "^XA^XZ"),
        ("PACK", "^FO1,1^FS"),
    ] {
        link.events.clear();
        link.command(PrinterCommand::UseFormat(named(name, text)));
        assert!(told(&link, "fault: refused"), "{:?}", texts(&link));
    }
    assert_eq!(link.sent.len(), sent, "nothing of it reached the wire");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    /// Whatever the printer does, a ticket gets exactly one answer, nothing is sent while the queue
    /// is unknown, and a printer that behaves again is ready within bounds.
    #[test]
    fn no_fault_loses_a_ticket(faults in proptest::collection::vec((0u8..9, 1u64..900), 1..25)) {
        let mut link = ready(Printer::default());
        let mut asked = 0u64;
        for (fault, ms) in faults {
            match fault {
                0 => link.peer.silent = !link.peer.silent,
                1 => link.peer.media_out = !link.peer.media_out,
                2 => link.peer.half = !link.peer.half,
                3 => link.peer.twice = !link.peer.twice,
                4 => link.peer.late_ms = if link.peer.late_ms == 0 { ms } else { 0 },
                5 => link.cut("cable"),
                6 => link.say(b"\x02\xFF,garbage\x03 noise \r\n".to_vec()),
                7 => link.command(PrinterCommand::Clear),
                _ => link.refuses = !link.refuses,
            }
            asked += 1;
            link.command(PrinterCommand::Print(job(asked, &[(2, &asked.to_string())])));
            link.run_for(Duration::from_millis(ms));
        }
        let mut answers: BTreeMap<u64, u32> = BTreeMap::new();
        let mut sent = Vec::new();
        for (_, event) in &link.events {
            match event {
                PrinterEvent::Sent { ticket, .. } => {
                    sent.push(*ticket);
                    *answers.entry(*ticket).or_default() += 1;
                }
                PrinterEvent::Refused { ticket, .. } => *answers.entry(*ticket).or_default() += 1,
                _ => {}
            }
        }
        prop_assert_eq!(answers, (1..=asked).map(|ticket| (ticket, 1)).collect());
        let printed: Vec<String> =
            sent.iter().map(|t| format!("^XA^XFR:PACK^FS^FN2^FD{t}^FS^XZ")).collect();
        prop_assert_eq!(&link.peer.printed, &printed, "each sent job once, in order, none blank");

        link.peer = Printer::default();
        link.cut("the printer is changed");
        link.refuses = false;
        link.events.clear();
        link.run_for(Duration::from_secs(10));
        prop_assert!(told(&link, "cleared"));
    }
}

/// The pump, for real: a printer on a socket that answers byte by byte, then goes away and comes
/// back.
#[test]
fn over_a_real_socket_the_printer_is_found_again_after_it_went_away() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("zpl+tcp://{}", listener.local_addr().unwrap());
    let Ok(vidimus_drivers::address::Address::Printer { link, .. }) = at.parse() else {
        panic!("a printer's address");
    };
    let device = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            serve_until_printed(&mut stream);
        }
    });
    let (tell, events) = mpsc::channel();
    let session = PrinterSession::new(Box::new(Zpl::new()), config());
    let pump = spawn_bytes(session, link, Clock::start(), move |event| {
        let _gone = tell.send(event);
    })
    .unwrap();
    pump.send(PrinterCommand::UseFormat(format())).unwrap();
    for ticket in 1..=2 {
        wait_for(&events, |event| *event == PrinterEvent::Cleared);
        pump.send(PrinterCommand::Print(job(ticket, &[(2, "A")])))
            .unwrap();
        wait_for(&events, |event| matches!(event, PrinterEvent::Sent { .. }));
        wait_for(&events, |event| *event == PrinterEvent::Link(false));
    }
    device.join().unwrap();
    pump.stop();
    while !pump.is_finished() {
        std::thread::yield_now();
    }
    assert_eq!(
        pump.send(PrinterCommand::Clear),
        Err(PumpRefusal::Stopped(PrinterCommand::Clear))
    );
    assert!(pump.join(), "the pump did not panic");
}

fn serve_until_printed(stream: &mut std::net::TcpStream) {
    let mut printer = Printer::default();
    let mut buffer = [0; 256];
    let mut heard = String::new();
    while printer.printed.is_empty() {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the station hung up");
        heard.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        while let Some(end) = command_end(&heard) {
            let command: Vec<u8> = heard.drain(..end).collect::<String>().into_bytes();
            for act in printer.hear(Tick(0), &command) {
                let Act::Say(_, bytes) = act else { continue };
                for byte in bytes {
                    stream.write_all(&[byte]).unwrap();
                }
            }
        }
    }
}

fn command_end(heard: &str) -> Option<usize> {
    for command in ["~HI", "~HS", "~JA", "~HQES"] {
        if heard.starts_with(command) {
            return Some(command.len());
        }
    }
    heard
        .starts_with("^XA")
        .then(|| heard.find("^XZ"))
        .flatten()
        .map(|at| at + 3)
}
