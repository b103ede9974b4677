//! What holds of every family of readers, through every fault of its link and its words.

use super::reader_peer::{Device, MAKES, config, schemes};
use super::reader_transcripts::event_text;
use super::serial::terminal;
use super::tongues::root;
use super::wait_for;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::link::memory::MemoryLink;
use vidimus_drivers::pump::{Clock, PumpHandle, spawn_bytes};
use vidimus_drivers::reader::config::{NO_READ_BYTES_MAX, ReaderConfig, WORD_BYTES_MAX};
use vidimus_drivers::reader::session::{FRAME_BYTES_MAX, ReaderSession, TOLD_MAX, UNANSWERED_MAX};
use vidimus_drivers::reader::{FAMILIES, Liveness, ReaderCommand, ReaderEvent};
use vidimus_drivers::{Fault, Known, Output, Session, Tick};

/// A GS1 element string as it comes from a reader that has symbology identifiers on.
const CONTENT: &str = "]d2010950600013435221A\x1d10B";

type Link = MemoryLink<ReaderSession, Device>;

/// A reader that has been asked who it is, where it can be, and has said so.
fn up(config: ReaderConfig) -> Link {
    let device = Device::new(config.family.scheme);
    let mut link = MemoryLink::new(ReaderSession::new(config), device);
    link.run_for(Duration::from_millis(100));
    let last = link
        .events
        .iter()
        .rev()
        .find(|(_, event)| matches!(event, ReaderEvent::Link(_)));
    assert!(
        matches!(last, Some((_, ReaderEvent::Link(true)))),
        "{:?}",
        link.events
    );
    link.events.clear();
    link
}

fn told(link: &mut Link) -> Vec<String> {
    let events = std::mem::take(&mut link.events);
    events.iter().map(|(_, event)| event_text(event)).collect()
}

fn asked() -> impl Iterator<Item = &'static str> {
    schemes().filter(|scheme| config(scheme).asks)
}

#[test]
fn every_family_has_its_peer_its_simulator_and_its_section() {
    let peers: Vec<&str> = MAKES.iter().map(|make| make.scheme).collect();
    assert_eq!(schemes().collect::<Vec<_>>(), peers);
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let (simulator, page) = (
        read("simulators/src/reader/family.rs"),
        read("docs/readers.md"),
    );
    for family in FAMILIES {
        assert!(
            simulator.contains(&format!("\"{}\"", family.scheme)),
            "{}",
            family.scheme
        );
        assert!(
            page.contains(&format!("`{}+tcp://", family.scheme)),
            "{}",
            family.scheme
        );
    }
}

#[test]
fn reads_come_with_counter_and_time_and_nothing_read_is_told_as_that() {
    for make in MAKES {
        let mut config = config(make.scheme);
        (config.counter, config.aim) = (Some(b";".to_vec()), true);
        let mut link = up(config);
        let reads = [
            link.peer.reads(&format!("7;{CONTENT}")),
            link.peer.reads(&format!("8;{}", make.no_read)),
            link.peer.reads(&format!("8;{CONTENT}")),
            link.peer.reads("no counter"),
            link.peer.reads(";no counter"),
            link.peer.reads("99999999999999999999;too large a counter"),
        ];
        for read in reads {
            link.say(read);
        }
        let at = link.now();
        let ReaderEvent::Read(scan) = &link.events[0].1 else {
            panic!("{}: {:?}", make.scheme, link.events);
        };
        assert_eq!((scan.counter, scan.at), (Some(7), at));
        assert!(scan.symbology.is_some_and(|id| id.is_gs1()), "{scan:?}");
        assert_eq!(scan.text, &CONTENT.as_bytes()[3..]);
        // A counter that comes twice is told twice: what it means is the line's business.
        let told = told(&mut link);
        assert_eq!(told[1], "no-read 8");
        assert!(told[2].starts_with("read 8 ]d2 "), "{told:?}");
        assert!(
            told[3..]
                .iter()
                .all(|told| told.contains("without the counter")),
            "{told:?}"
        );
        assert_eq!(told.len(), 6, "{told:?}");
    }
}

#[test]
fn what_comes_while_an_order_is_open_is_a_read_and_never_its_answer() {
    for make in MAKES {
        let mut config = config(make.scheme);
        if config.family.words.trigger(true, &config.framing).is_none() {
            config.trigger = [b"T".to_vec(), b"U".to_vec()];
        }
        let mut link = up(config);
        for on in [true, false] {
            link.command(ReaderCommand::Trigger(on));
            // The read of the pack before comes first; then the answer; then the read of this one.
            link.say(link.peer.reads("A1"));
            link.run_for(Duration::from_millis(50));
            link.say(link.peer.reads("B2"));
            assert_eq!(
                told(&mut link),
                ["read - - A1", "read - - B2"],
                "{}",
                make.scheme
            );
        }
        assert_eq!(
            link.peer.gate.len(),
            if make.answers_trigger { 2 } else { 0 }
        );
        link.peer.refuses = true;
        link.command(ReaderCommand::Trigger(true));
        link.run_for(Duration::from_millis(50));
        let told = told(&mut link);
        assert_eq!(
            told.iter().any(|told| told.contains("it refuses to open")),
            make.answers_trigger,
            "{told:?}"
        );
        link.cut("cable");
        link.events.clear();
        link.command(ReaderCommand::Trigger(true));
        assert!(self::told(&mut link)[0].contains("not moved"));
    }
}

#[test]
fn silence_is_unknown_and_then_drops_the_link_where_the_reader_can_be_asked() {
    for scheme in schemes() {
        let mut link = up(config(scheme));
        link.peer.silent = true;
        link.run_for(Duration::from_secs(30));
        if link.session.liveness() == Liveness::Unknown {
            assert!(
                link.events.is_empty() && link.drops.is_empty(),
                "{scheme}: {:?}",
                link.events
            );
            continue;
        }
        let alive: Vec<_> = link
            .events
            .iter()
            .filter(|(_, event)| matches!(event, ReaderEvent::Alive(_)))
            .collect();
        assert!(
            matches!(alive[..], [(_, ReaderEvent::Alive(Known::Unknown { .. }))]),
            "{scheme}: {alive:?}"
        );
        assert!(
            matches!(link.drops.first(), Some(Fault::Timeout { .. })),
            "{scheme}: {:?}",
            link.drops
        );
        let faults = link
            .events
            .iter()
            .filter(|(_, event)| matches!(event, ReaderEvent::Fault(_)));
        assert_eq!(faults.count(), 1, "{scheme}: the same one again is silent");
        assert!(
            !link
                .events
                .iter()
                .any(|(_, event)| matches!(event, ReaderEvent::Link(true)))
        );
        // The questions of one link, before it is given up.
        let questions = link
            .sent
            .iter()
            .rev()
            .take_while(|(at, _)| link.now().since(*at).as_secs() < 3);
        assert!(questions.count() <= 2 * UNANSWERED_MAX as usize);
        link.peer.silent = false;
        link.run_for(Duration::from_secs(10));
        let told = told(&mut link);
        assert_eq!(
            told.last().map(String::as_str),
            Some("alive"),
            "{scheme}: {told:?}"
        );
        // Whoever talks is there, also when its answers are lost.
        link.peer.silent = true;
        for _ in 0..100 {
            link.say(link.peer.reads("A1"));
            link.run_for(Duration::from_millis(700));
        }
        let told = self::told(&mut link);
        assert_eq!(told, vec!["read - - A1"; 100], "{scheme}");
    }
}

#[test]
fn answers_that_are_halved_doubled_late_or_lost_with_the_link_are_never_reads() {
    type Spoil = (&'static str, fn(&mut Device));
    let spoil: [Spoil; 4] = [
        ("half", |device| device.half = true),
        ("twice", |device| device.twice = true),
        ("late", |device| device.late_ms = 700),
        ("too late", |device| device.late_ms = 1_600),
    ];
    for scheme in asked() {
        for (name, spoil) in spoil {
            let mut link = up(config(scheme));
            spoil(&mut link.peer);
            for _ in 0..4 {
                link.run_for(Duration::from_secs(5));
                link.cut("cable");
            }
            link.peer = Device::new(scheme);
            link.run_for(Duration::from_secs(10));
            let told = told(&mut link);
            let reads = told.iter().filter(|told| told.starts_with("read")).count();
            assert_eq!(reads, 0, "{scheme} {name}: {told:?}");
            link.say(link.peer.reads("A1"));
            assert_eq!(self::told(&mut link), ["read - - A1"], "{scheme} {name}");
        }
    }
}

#[test]
fn another_family_is_named_and_so_is_what_sends_back_what_it_gets() {
    for scheme in asked() {
        let faults = |spoil: &dyn Fn(&mut Device)| {
            let mut device = Device::new(scheme);
            spoil(&mut device);
            let mut link = MemoryLink::new(ReaderSession::new(config(scheme)), device);
            link.run_for(Duration::from_secs(8));
            assert!(link.events.iter().all(|(_, event)| !matches!(
                event,
                ReaderEvent::Read(_) | ReaderEvent::Link(true)
            )));
            let drops: Vec<String> = link.drops.iter().map(Fault::to_string).collect();
            drops.join("; ")
        };
        for other in MAKES
            .iter()
            .filter(|make| make.scheme != scheme && !make.called.is_empty())
        {
            let mut device = Device::new(other.scheme);
            let asked = config(scheme)
                .family
                .words
                .question(&config(scheme).framing)
                .unwrap();
            let answer = device.listen(&asked).concat();
            if answer.is_empty() {
                // It does not even see a command in that.
                continue;
            }
            let found = faults(&|device| device.stranger = Some(answer.clone()));
            assert!(
                found.contains(other.called),
                "{scheme} asks {}: {found}",
                other.scheme
            );
        }
        let server =
            faults(&|device| device.stranger = Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
        assert!(server.contains("a server that says"), "{scheme}: {server}");
    }
    // Ours come back.
    for scheme in asked() {
        let (mut session, mut now, mut drops) = (
            ReaderSession::new(config(scheme)),
            Tick::default(),
            Vec::new(),
        );
        session.opened(now);
        for _ in 0..10 {
            let mut back = Vec::new();
            while let Some(output) = session.next_output() {
                match output {
                    Output::Transmit(bytes) => back.extend(bytes),
                    Output::DropLink(fault) => drops.push(fault.to_string()),
                    Output::Event(_) => {}
                }
            }
            session.received(now, &back);
            if let Some(wake) = session.wake() {
                now = now.max(wake.at);
                session.woken(now);
            }
        }
        assert!(
            drops.first().is_some_and(|drop| drop.contains("came back")),
            "{scheme}: {drops:?}"
        );
    }
}

#[test]
fn another_model_than_the_one_that_is_wanted_is_the_wrong_device() {
    for scheme in asked() {
        let wanted = |model: &str| {
            let config = ReaderConfig {
                model: Some(model.into()),
                ..config(scheme)
            };
            let mut link = MemoryLink::new(ReaderSession::new(config), Device::new(scheme));
            link.run_for(Duration::from_millis(500));
            link.drops
                .iter()
                .any(|drop| matches!(drop, Fault::WrongDevice { .. }))
        };
        let ours = ["DM26", "SR-2000", "Lector64x"]
            .into_iter()
            .filter(|model| !wanted(model));
        assert_eq!(ours.count(), 1, "{scheme}");
    }
}

#[test]
fn a_reader_that_never_stops_talking_fills_neither_the_memory_nor_the_inbox() {
    for scheme in schemes() {
        // No end of a text.
        let mut link = up(config(scheme));
        for _ in 0..3 * FRAME_BYTES_MAX / 1_000 {
            link.say(vec![b'x'; 1_000]);
        }
        let first = told(&mut link);
        assert!(
            first[0].contains("never stops talking") && first[0].contains("without the end"),
            "{first:?}"
        );
        assert!(
            link.drops.len() <= 3 && first.len() <= 3 * 3,
            "{scheme}: {first:?}"
        );
        // Texts without end: every second no more than so many are told, though the link is opened again and again.
        let mut link = up(config(scheme));
        for _ in 0..50 {
            let flood = link.peer.reads("A1").repeat(100);
            for _ in 0..20 {
                link.say(flood.clone());
            }
            link.run_for(Duration::from_millis(100));
        }
        let reads = link
            .events
            .iter()
            .filter(|(_, event)| matches!(event, ReaderEvent::Read(_)));
        assert!(reads.count() <= 6 * TOLD_MAX as usize, "{scheme}");
        let told = told(&mut link);
        assert!(
            told.iter()
                .any(|told| told.contains("texts within a second")),
            "{scheme}"
        );
        // The same for what is garbled.
        let mut config = config(scheme);
        config.counter = Some(b";".to_vec());
        let mut link = up(config);
        link.say(link.peer.reads("x").repeat(10_000));
        assert_eq!(
            (link.events.len(), link.drops.len()),
            (if link.session.config().asks { 4 } else { 3 }, 1),
            "{scheme}"
        );
        // At the limit, and not beyond it.
        let mut link = up(self::config(scheme));
        link.run_for(Duration::from_secs(1));
        link.events.clear();
        link.say(link.peer.reads("A1").repeat(TOLD_MAX as usize));
        assert_eq!(
            (link.events.len(), link.drops.len()),
            (TOLD_MAX as usize, 0),
            "{scheme}"
        );
    }
}

#[test]
fn settings_that_cannot_tell_reads_apart_are_refused_with_what_to_set() {
    let refused = |change: fn(&mut ReaderConfig)| {
        let mut config = config("datalogic");
        change(&mut config);
        config.check().unwrap_err()
    };
    assert!(refused(|config| config.framing.suffix.clear()).contains("suffix is empty"));
    assert!(refused(|config| config.counter = Some(Vec::new())).contains("separator"));
    assert!(refused(|config| config.counter = Some(b"1".to_vec())).contains("no digit"));
    assert!(refused(|config| config.gs = Some(Vec::new())).contains("GS"));
    assert!(refused(|config| config.asks = true).contains("cannot be asked"));
    assert!(
        refused(|config| config.no_read = b"NO\r\nREAD".to_vec()).contains("never be heard whole")
    );
    assert!(
        refused(|config| config.no_read = vec![b'x'; NO_READ_BYTES_MAX + 1]).contains("at most")
    );
    assert!(
        refused(|config| config.framing.prefix = vec![2; WORD_BYTES_MAX + 1]).contains("at most")
    );
    for scheme in schemes() {
        let mut config = config(scheme);
        assert_eq!(config.check(), Ok(()), "{scheme}");
        config.framing.prefix = vec![2; WORD_BYTES_MAX];
        config.no_read = vec![b'x'; NO_READ_BYTES_MAX];
        assert_eq!(config.check(), Ok(()), "{scheme}");
    }
}

/// Everything a session puts out after these bytes came in these pieces.
fn heard(config: ReaderConfig, pieces: &[&[u8]]) -> Vec<Output<Vec<u8>, ReaderEvent>> {
    let mut session = ReaderSession::new(config);
    session.opened(Tick::from_ms(5));
    session.command(Tick::from_ms(5), ReaderCommand::Trigger(true));
    for piece in pieces {
        session.received(Tick::from_ms(6), piece);
    }
    session.woken(Tick::from_ms(10_000));
    let mut outputs = Vec::new();
    while let Some(output) = session.next_output() {
        outputs.push(output);
    }
    outputs
}

fn pieces_of_speech() -> impl Strategy<Value = Vec<u8>> {
    let words: &[&[u8]] = &[
        b"\x02",
        b"\x03",
        b"\r",
        b"\n",
        b"\r\n",
        b"||",
        b"||0:2[0]DM262\r\n",
        b"||0:0[1]QTE=\r\n",
        b"||0:3[105]\r\n",
        b"OK,",
        b"OK,KEYENCE,SR-1,1\r",
        b"OK,LON\r",
        b"ER,LON,05\r",
        b"\x02sRA DeviceIdent 1 A 1 B\x03",
        b"\x02sAN mTCgateon 1\x03",
        b"sFA 3\x03",
        b"<?/22>",
        b"7;",
        b"]d2",
        b"01095060\x1d",
        b"NOREAD\r\n",
        b"SSH-2.0\r\n",
        b"|",
    ];
    let word = prop::sample::select(words).prop_map(<[u8]>::to_vec);
    let any = prop::collection::vec(any::<u8>(), 0..6);
    prop::collection::vec(prop_oneof![3 => word, 1 => any], 0..40).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// However the bytes are cut, the same is told; nothing panics; what is told is bounded.
    #[test]
    fn any_bytes_in_any_pieces_tell_the_same(
        who in 0usize..5,
        said in pieces_of_speech(),
        cuts in prop::collection::vec(0usize..200, 0..6),
        counter in any::<bool>(),
        asks in any::<bool>(),
    ) {
        let mut config = ReaderConfig::new(&FAMILIES[who]);
        config.counter = counter.then(|| b";".to_vec());
        config.aim = counter;
        config.asks = asks && config.family.words.question(&config.framing).is_some();
        let whole = heard(config.clone(), &[&said]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(said.len())).collect();
        cuts.extend([0, said.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &said[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&heard(config.clone(), &pieces), &whole);
        let single: Vec<&[u8]> = said.chunks(1).collect();
        prop_assert_eq!(&heard(config, &single), &whole);
        prop_assert!(whole.len() <= 2 * TOLD_MAX as usize);
    }
}

fn spawn(address: &str) -> (PumpHandle<ReaderCommand>, Receiver<ReaderEvent>) {
    let Ok(Address::Reader { family, link }) = address.parse() else {
        panic!("{address} is a reader's address");
    };
    let (tell, events) = mpsc::channel();
    let session = ReaderSession::new(config(family));
    let pump = spawn_bytes(session, link, Clock::start(), move |event| {
        let _gone = tell.send(event);
    });
    (pump.unwrap(), events)
}

fn is_read(text: &'static str) -> impl Fn(&ReaderEvent) -> bool {
    move |event| matches!(event, ReaderEvent::Read(scan) if scan.text == text.as_bytes())
}

#[test]
fn every_family_is_read_over_a_real_socket_and_again_after_it_went_away() {
    for scheme in schemes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (pump, events) = spawn(&format!(
            "{scheme}+tcp://{}",
            listener.local_addr().unwrap()
        ));
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut device = Device::new(scheme);
            if config(scheme).asks {
                answer_once(&mut stream, &mut device);
            }
            wait_for(&events, |event| *event == ReaderEvent::Link(true));
            // In two pieces, as a network may.
            let read = device.reads("0109506000134352");
            let (first, second) = read.split_at(read.len() / 2);
            stream.write_all(first).unwrap();
            stream.flush().unwrap();
            stream.write_all(second).unwrap();
            wait_for(&events, is_read("0109506000134352"));
            drop(stream);
            wait_for(&events, |event| *event == ReaderEvent::Link(false));
        }
        assert!(pump.join());
    }
}

/// Answers until it said who it is.
fn answer_once(stream: &mut (impl Read + Write), device: &mut Device) {
    loop {
        let mut bytes = [0; 256];
        let count = stream.read(&mut bytes).unwrap();
        let answers = device.listen(&bytes[..count]);
        for answer in &answers {
            stream.write_all(answer).unwrap();
        }
        // A DataMan is told something before it is asked.
        if answers
            .iter()
            .any(|answer| answer.len() > b"||0:1[0]\r\n".len() || device_is_text(answer))
        {
            return;
        }
    }
}

fn device_is_text(answer: &[u8]) -> bool {
    answer.starts_with(b"<?/")
}

#[test]
fn every_family_is_read_over_a_real_serial_line() {
    for scheme in schemes() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("reader");
        let mut line = terminal(&name);
        let (pump, events) = spawn(&format!("{scheme}+serial://{}?baud=115200", name.display()));
        let mut device = Device::new(scheme);
        if config(scheme).asks {
            answer_once(&mut line, &mut device);
        }
        wait_for(&events, |event| *event == ReaderEvent::Link(true));
        // What is written before the driver has thrown old input away would be lost: the reader says it until heard.
        line.write_all(&device.reads("0109506000134352\x1d10A"))
            .unwrap();
        wait_for(&events, is_read("0109506000134352\x1d10A"));
        drop(line);
        wait_for(&events, |event| *event == ReaderEvent::Link(false));
        assert!(pump.join());
    }
}

#[test]
fn a_reader_that_floods_a_real_socket_is_dropped_again_and_again_and_the_station_hears_little() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (pump, events) = spawn(&format!("text+tcp://{}", listener.local_addr().unwrap()));
    let flood = std::thread::spawn(move || {
        for _ in 0..3 {
            let mut stream: TcpStream = listener.accept().unwrap().0;
            let chunk = b"A1\r\n".repeat(10_000);
            // Until the station has had enough.
            while stream.write_all(&chunk).is_ok() {}
        }
    });
    let mut reads = 0;
    for _ in 0..3 {
        let told = wait_for(&events, |event| *event == ReaderEvent::Link(false));
        reads += told
            .iter()
            .filter(|event| matches!(event, ReaderEvent::Read(_)))
            .count();
    }
    flood.join().unwrap();
    assert!((1..=10 * TOLD_MAX as usize).contains(&reads), "{reads}");
    assert!(pump.join());
}
