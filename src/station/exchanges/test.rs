//! What is kept of exchanges, and how it is said.

use super::kept::{EXCHANGE_BYTES_MAX, EXCHANGES_MAX};
use super::*;
use crate::wire::look::{ExchangeSeen, ExchangeWay};
use std::time::Duration;
use vidimus_drivers::camera::{Frame, PictureCoding};
use vidimus_drivers::plc::RegisterTable;
use vidimus_drivers::printer::session::{PrinterConfig, PrinterSession};
use vidimus_drivers::printer::{PrinterCommand, language};

fn ms(ms: u64) -> Tick {
    Tick::default() + Duration::from_millis(ms)
}

fn seen(exchanges: &Exchanges) -> Vec<(ExchangeWay, String, u64)> {
    let rows = exchanges.look("it").expect("it is there").rows;
    let told = |row: ExchangeSeen| (row.way, row.what, row.times);
    rows.into_iter().map(told).collect()
}

fn noted() -> (Exchanges, Tap) {
    let exchanges = Exchanges::new(Clock::start());
    let tap = exchanges.tap("it");
    (exchanges, tap)
}

fn heard(bytes: &[u8]) -> Note<'_> {
    let sent = false;
    Note::Bytes { sent, bytes }
}

#[test]
fn so_many_exchanges_are_kept_and_of_each_so_much() {
    let (exchanges, tap) = noted();
    let long = [b'x'; 2 * EXCHANGE_BYTES_MAX];
    for no in 0..=EXCHANGES_MAX as u64 {
        let text = format!("{no:03}");
        let bytes = [text.as_bytes(), &long].concat();
        tap.note(ms(100 * no), heard(&bytes));
    }
    let rows = seen(&exchanges);
    assert_eq!(rows.len(), EXCHANGES_MAX);
    let (way, newest, times) = &rows[0];
    assert_eq!((*way, *times), (ExchangeWay::Heard, 1));
    let (kept, rest) = newest.split_at(EXCHANGE_BYTES_MAX);
    assert!(kept.starts_with("020xxx") && kept.ends_with('x'));
    assert_eq!(rest, format!("… {} bytes", long.len() + 3));
    assert!(
        rows.last()
            .is_some_and(|(_, oldest, _)| oldest.starts_with("001"))
    );
    // Pieces without end do not grow either.
    for no in 0..1_000 {
        tap.note(ms(10_000 + no), heard(&long));
    }
    let (_, newest, _) = &seen(&exchanges)[0];
    assert!(newest.ends_with(&format!("… {} bytes", 1_000 * long.len())));
    let words = "y".repeat(10_000);
    tap.note(ms(20_000), Note::Happened(&words));
    assert_eq!(seen(&exchanges)[0].1.len(), EXCHANGE_BYTES_MAX);
}

#[test]
fn what_comes_again_is_counted_and_pieces_are_one() {
    let (exchanges, tap) = noted();
    tap.note(
        ms(0),
        Note::Bytes {
            sent: true,
            bytes: b"^XA^XZ",
        },
    );
    for second in 1..=50 {
        let at = 1_000 * second;
        tap.note(
            ms(at),
            Note::Bytes {
                sent: true,
                bytes: b"~HS",
            },
        );
        tap.note(ms(at + 5), heard(b"\x02030,0,"));
        tap.note(ms(at + 9), heard(b"0\x03\r\n"));
    }
    let row = |way, what: &str, times| (way, what.to_owned(), times);
    assert_eq!(
        seen(&exchanges),
        [
            row(ExchangeWay::Heard, "<STX>030,0,0<ETX><CR><LF>", 50),
            row(ExchangeWay::Sent, "~HS", 50),
            row(ExchangeWay::Sent, "^XA^XZ", 1),
        ]
    );
    let sight = exchanges.look("it").expect("it is there");
    assert_eq!(sight.answer_us, Some(5_000));
    assert!(sight.heard_utc_ms.is_some());
    let why = exchanges.look("disk").expect_err("it has no link");
    assert!(why.contains("there are it"), "{why}");
}

#[test]
fn nothing_that_a_terminal_obeys_is_left() {
    let (exchanges, tap) = noted();
    let all: Vec<u8> = (0..=255).collect();
    for part in all.chunks(128) {
        tap.note(ms(0), heard(part));
        tap.note(ms(0), Note::Happened("\u{1b}[2J \u{9b}m grün"));
    }
    let rows = seen(&exchanges);
    assert!(
        rows.iter()
            .all(|(_, what, _)| !what.contains(char::is_control))
    );
    assert_eq!(rows[0].1, "<ESC>[2J <9B>m grün");
    assert!(
        rows.iter()
            .any(|(_, what, _)| what.contains("<ESC><FS><GS>") && what.contains("~<7F>"))
    );
    assert!(
        rows.iter()
            .any(|(_, what, _)| what.starts_with("<80>") && what.ends_with("<FF>"))
    );
}

#[test]
fn of_a_plc_each_stretch_of_registers_stands_once_as_it_was_last() {
    let (exchanges, tap) = noted();
    let (table, count) = (RegisterTable::Holding, 2);
    for cycle in 0..100_u16 {
        let at = u64::from(cycle) * 10;
        let address = 0;
        let read = PlcRequest::Read {
            table,
            address,
            count,
        };
        tap.note(ms(at), read.note(true));
        tap.note(ms(at + 3), PlcAnswer::Words(vec![7, cycle]).note(false));
        let (address, words) = (100, vec![cycle]);
        tap.note(ms(at + 4), PlcRequest::Write { address, words }.note(true));
        tap.note(ms(at + 6), PlcAnswer::Written.note(false));
    }
    let row = |way, what: &str, times| (way, what.to_owned(), times);
    assert_eq!(
        seen(&exchanges),
        [
            row(ExchangeWay::Sent, "wrote 1 from 100: 99", 100),
            row(ExchangeWay::Heard, "read 2 from 0: 7 99", 100),
        ]
    );
    assert_eq!(
        exchanges.look("it").expect("it is there").answer_us,
        Some(2_000)
    );
}

#[test]
fn a_session_goes_on_as_before_and_its_link_is_overheard() {
    let (exchanges, tap) = noted();
    let zpl = || language("zpl").expect("it is spoken").speech().language;
    let mut alone = PrinterSession::new(zpl(), PrinterConfig::default());
    let mut overheard = Overheard::new(PrinterSession::new(zpl(), PrinterConfig::default()), tap);
    let mut outputs = (Vec::new(), Vec::new());
    let mut step = |alone: &mut PrinterSession, overheard: &mut Overheard<PrinterSession>| {
        outputs.0.extend(std::iter::from_fn(|| alone.next_output()));
        outputs
            .1
            .extend(std::iter::from_fn(|| overheard.next_output()));
        assert_eq!(alone.wake(), overheard.wake());
    };
    // What it wants of a link that is not there is void, and not noted.
    alone.command(ms(0), PrinterCommand::Clear);
    overheard.command(ms(0), PrinterCommand::Clear);
    step(&mut alone, &mut overheard);
    assert_eq!(seen(&exchanges), []);
    alone.opened(ms(1));
    overheard.opened(ms(1));
    step(&mut alone, &mut overheard);
    alone.received(ms(9), b"\x02ZT411,V1,8,1\x03\r\n");
    overheard.received(ms(9), b"\x02ZT411,V1,8,1\x03\r\n");
    step(&mut alone, &mut overheard);
    let why = || Fault::LinkDown("pulled".to_owned());
    alone.closed(ms(20), why());
    overheard.closed(ms(20), why());
    step(&mut alone, &mut overheard);
    assert_eq!(outputs.0, outputs.1);
    let rows = seen(&exchanges);
    let (way, what, _) = &rows[0];
    assert_eq!(*way, ExchangeWay::Happened);
    assert!(
        what.starts_with("its link is down: ") && what.contains("pulled"),
        "{what}"
    );
    let oldest: Vec<&str> = rows
        .iter()
        .rev()
        .map(|(_, what, _)| what.as_str())
        .collect();
    assert_eq!(oldest[0], "its link is up");
    assert!(
        oldest.contains(&"<STX>ZT411,V1,8,1<ETX><CR><LF>"),
        "{oldest:?}"
    );
    assert!(rows.iter().any(|(way, ..)| *way == ExchangeWay::Sent));
}

#[test]
fn of_a_camera_stands_what_it_said_and_no_picture() {
    let (exchanges, tap) = noted();
    tap.camera(ms(0), &CameraEvent::Link(true));
    tap.fired(ms(1));
    for counter in [7, 8] {
        let body = b"P5 ...".to_vec();
        let frame = Frame {
            counter: Some(counter),
            at: ms(counter),
            coding: PictureCoding::Pgm,
            body,
        };
        tap.camera(ms(counter), &CameraEvent::Frame(frame));
    }
    let (counter, why) = (Some(9), "cut short".to_owned());
    tap.camera(ms(9), &CameraEvent::Lost { counter, why });
    let told: Vec<String> = seen(&exchanges)
        .into_iter()
        .map(|(_, what, _)| what)
        .collect();
    assert_eq!(
        told,
        [
            "picture 9 is lost: cut short",
            "picture 8, PGM, 6 bytes",
            "picture 7, PGM, 6 bytes",
            "fired",
            "its link is up",
        ]
    );
}
