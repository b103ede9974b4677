//! Every language through every fault of link and device, by cases and at random, in memory and for real.

use super::device::Faulty;
use super::serial::terminal;
use super::tongues::{Link, TONGUES, Tongue, config, root, texts, told};
use super::wait_for;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::format::{Artwork, At, Content, Dots, Format, JobContent, Mark};
use vidimus_drivers::printer::language::{Queue, Reply};
use vidimus_drivers::printer::session::PrinterSession;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::pump::{Clock, PumpRefusal, spawn_bytes};
use vidimus_drivers::{Fault, Known, Output, Session, Tick};

fn count(link: &Link, begins: &str) -> usize {
    texts(link)
        .iter()
        .filter(|text| text.starts_with(begins))
        .count()
}

#[test]
fn a_clear_waits_until_the_printer_itself_says_its_queue_is_empty() {
    for tongue in TONGUES {
        let mut link = tongue.ready();
        if tongue.empty == Queue::Untold {
            continue;
        }
        tongue.print(&mut link, 1..=3);
        link.run_for(Duration::from_millis(100));
        assert_eq!(link.peer.state().queue, 3, "{}", tongue.scheme);
        // The first order to clear leaves two labels; only the second, after the limit, removes them.
        link.peer.state().stubborn = 2;
        link.events.clear();
        link.command(PrinterCommand::Clear);
        link.run_for(Duration::from_millis(2_900));
        assert!(
            !told(&link, "cleared"),
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
        tongue.print(&mut link, 6..=6);
        let unknown = "refused 6: refused: the printer's queue is not known";
        assert!(told(&link, unknown));
        link.run_for(Duration::from_millis(500));
        assert_eq!(
            count(&link, "fault: no answer"),
            1,
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
        assert!(told(&link, "cleared"));
        assert_eq!(link.peer.state().labels.len(), 3);
    }
}

/// The limit is the session's, or the language's own depth where that is less.
#[test]
fn outstanding_jobs_have_a_limit_that_the_printers_own_report_frees() {
    for tongue in TONGUES {
        if !matches!(tongue.empty, Queue::Count(_)) {
            continue;
        }
        let mut link = tongue.ready();
        let most = (tongue.speak)().depth().unwrap_or(64).into();
        tongue.print(&mut link, 1..=most);
        link.events.clear();
        tongue.print(&mut link, 1_000..=1_000);
        assert_eq!(texts(&link), ["refused 1000: busy"], "{}", tongue.scheme);
        // It reports them still queued: nothing is freed.
        link.run_for(Duration::from_millis(600));
        link.events.clear();
        tongue.print(&mut link, 1_001..=1_001);
        assert_eq!(texts(&link), ["refused 1001: busy"], "{}", tongue.scheme);
        // Where it says only that something waits, all places are free when nothing does, and none before.
        let two_are_gone = match tongue.empty {
            Queue::Count(_) => 1,
            _ => 3,
        };
        for (waiting, refused) in [(most as u32 - 2, two_are_gone), (0, 0)] {
            link.peer.state().queue = waiting;
            link.run_for(Duration::from_millis(600));
            link.events.clear();
            tongue.print(&mut link, 1_002..=1_004);
            assert_eq!(count(&link, "refused"), refused, "{}", tongue.scheme);
        }
    }
}

/// One that says only "busy" is busy for hours on a running line: its labels do not add up until it takes none.
#[test]
fn a_printer_that_is_always_busy_gets_labels_without_end() {
    for tongue in TONGUES
        .iter()
        .filter(|tongue| !matches!(tongue.empty, Queue::Count(_)))
    {
        let mut link = tongue.ready();
        for ticket in 1..=200 {
            tongue.print(&mut link, ticket..=ticket);
            link.run_for(Duration::from_millis(100));
        }
        assert_eq!(
            link.peer.state().labels.len(),
            200,
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
    }
}

/// Whoever compares a count of labels with another must know since when it may be so.
#[test]
fn a_count_of_labels_says_since_when_it_may_be_so() {
    let mut counting = 0;
    for tongue in TONGUES {
        let mut link = tongue.ready();
        link.peer.late_ms = 100;
        link.run_for(Duration::from_secs(3));
        link.events.clear();
        link.run_for(Duration::from_secs(6));
        let ages: Vec<u128> = link
            .events
            .iter()
            .filter_map(|(told_at, event)| match event {
                PrinterEvent::Counted { asked_at, .. } => {
                    Some(told_at.since(*asked_at).as_millis())
                }
                _ => None,
            })
            .collect();
        // It was asked a hundred milliseconds before, and not so long ago that it says nothing.
        assert!(
            ages.iter().all(|ms| (100..500).contains(ms)),
            "{}: {ages:?}",
            tongue.scheme
        );
        counting += usize::from(!ages.is_empty());
    }
    assert!(counting >= 2, "only {counting} languages count labels");
}

#[test]
fn silence_is_unknown_and_then_drops_the_link() {
    for tongue in TONGUES {
        let mut link = tongue.ready();
        link.events.clear();
        link.peer.silent = true;
        let answer = Duration::from_millis((tongue.speak)().waits().answer_ms.unwrap_or(400));
        link.run_for(answer * 3 + Duration::from_millis(100));
        assert!(
            told(&link, "status unknown"),
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
        tongue.print(&mut link, 9..=9);
        assert!(told(&link, "refused 9"), "unknown stops new work");
        link.run_for(answer * 10);
        assert!(matches!(link.drops[0], Fault::Timeout { .. }));
        assert!(told(&link, "link down"));
        assert!(
            count(&link, "fault") <= 2,
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
}

#[test]
fn a_power_cycle_with_a_full_queue_loses_the_queue_and_stores_the_format_again() {
    for tongue in TONGUES {
        let mut link = tongue.ready();
        tongue.print(&mut link, 1..=4);
        link.run_for(Duration::from_millis(100));
        link.events.clear();
        link.refuses = true;
        link.cut("power");
        link.peer = Faulty::new((tongue.device)());
        link.run_for(Duration::from_secs(1));
        assert!(told(&link, "link down") && told(&link, "status unknown"));
        tongue.print(&mut link, 9..=9);
        assert!(told(&link, "refused 9: link down"));
        link.refuses = false;
        link.run_for(Duration::from_secs(1));
        assert!(
            told(&link, "cleared"),
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
        tongue.print(&mut link, 10..=10);
        link.run_for(Duration::from_millis(100));
        assert_eq!(
            link.peer.state().labels,
            ["10"],
            "{}: no blank, no old label",
            tongue.scheme
        );
    }
}

/// What answers in another language, or is no printer at all, is called by its name.
#[test]
fn a_wrong_device_is_named_whoever_is_expected() {
    let ssh: (&[u8], &str) = (
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        "a server that says \"SSH-2.0-OpenSSH_9.2p1\"",
    );
    let http: (&[u8], &str) = (
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        "a server that says \"HTTP/1.1 400 Bad Request\"",
    );
    for tongue in TONGUES {
        let others = TONGUES.iter().filter(|other| other.scheme != tongue.scheme);
        let others = others
            .map(|other| other.status)
            .filter(|(says, _)| !says.is_empty());
        for (says, name) in others.chain([ssh, http]) {
            let mut link = tongue.ready();
            link.events.clear();
            link.peer.stranger = Some(says);
            link.cut("another device is plugged in");
            link.run_for(Duration::from_secs(2));
            let fault = format!(
                "wrong device: expected a {} printer, found {name}",
                (tongue.speak)().name()
            );
            assert!(
                told(&link, &format!("fault: {fault}")),
                "{}: {:?}",
                tongue.scheme,
                texts(&link)
            );
            assert!(link.drops.iter().any(|drop| drop.to_string() == fault));
            assert!(!told(&link, "link up"), "nothing is printed there");
        }
    }
}

/// Where orders are acknowledged: a label that cannot be taken now waits, in its turn.
#[test]
fn a_label_that_is_not_taken_now_waits_and_none_overtakes_it() {
    for tongue in TONGUES.iter().filter(|tongue| tongue.no.not_now) {
        let mut link = tongue.ready();
        link.peer.state().full = true;
        link.events.clear();
        tongue.print(&mut link, 1..=3);
        link.run_for(Duration::from_secs(5));
        assert_eq!(link.peer.state().labels, [""; 0], "{}", tongue.scheme);
        link.peer.state().full = false;
        link.run_for(Duration::from_millis(300));
        assert_eq!(
            link.peer.state().labels,
            ["1", "2", "3"],
            "{}",
            tongue.scheme
        );
        assert_eq!(count(&link, "sent"), 3, "{:?}", texts(&link));
        assert!(link.drops.is_empty());
    }
}

/// Where orders are acknowledged: a label that is refused for good drops the link, and those behind it are refused, so
/// that none slips onto another pack.
#[test]
fn a_refused_label_never_lets_the_next_one_slip_onto_its_pack() {
    for tongue in TONGUES.iter().filter(|tongue| tongue.no.for_good) {
        let mut link = tongue.ready();
        link.peer.state().refuses = true;
        link.events.clear();
        tongue.print(&mut link, 4..=4);
        tongue.print(&mut link, 5..=5);
        link.run_for(Duration::from_millis(50));
        assert!(
            told(&link, "fault: device error: it refused a label"),
            "{:?}",
            texts(&link)
        );
        assert_eq!(link.drops.len(), 1, "{}", tongue.scheme);
        assert!(told(&link, "refused 5: link down"), "{:?}", texts(&link));
        link.peer.state().refuses = false;
        link.run_for(Duration::from_secs(1));
        assert!(told(&link, "cleared"));
        assert_eq!(link.peer.state().queue, 0);
    }
}

/// Where orders are acknowledged: what waits is thrown away by a clear, also what is being offered.
#[test]
fn a_clear_refuses_what_waits_and_offers_nothing_of_it_again() {
    for tongue in TONGUES.iter().filter(|tongue| tongue.no.not_now) {
        let mut link = tongue.ready();
        link.peer.state().full = true;
        link.events.clear();
        tongue.print(&mut link, 1..=3);
        link.run_for(Duration::from_millis(100));
        link.command(PrinterCommand::Clear);
        link.peer.state().full = false;
        link.run_for(Duration::from_secs(1));
        assert!(
            told(&link, "cleared"),
            "{}: {:?}",
            tongue.scheme,
            texts(&link)
        );
        assert_eq!(link.peer.state().labels, [""; 0], "{}", tongue.scheme);
        assert_eq!(
            count(&link, "sent") + count(&link, "refused"),
            3,
            "{:?}",
            texts(&link)
        );
        // Longer than an order may be offered in vain.
        link.peer.state().full = true;
        link.events.clear();
        tongue.print(&mut link, 4..=4);
        link.run_for(Duration::from_secs(61));
        let fault = "fault: no answer to the printer taking a label within 60000 ms";
        assert!(told(&link, fault), "{:?}", texts(&link));
        assert_eq!(link.drops.len(), 1);
        assert_eq!(count(&link, "sent 4") + count(&link, "refused 4"), 1);
    }
}

/// A coder that says nothing of its queue, and no to the order to clear: only a clear that it accepts is proof.
#[test]
fn a_refused_clear_proves_nothing_where_the_queue_is_untold() {
    let file = root().join("templates/printers/coder.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let untold = text.replace("queue = \"waits\"", "");
    let untold = Description::parse(&untold.replace("{waits:digits3}", "{skip:any3}")).unwrap();
    let mut session = PrinterSession::new(Box::new(Described::new(untold)), config());
    let mut now = Tick(0);
    let mut outputs = |session: &mut PrinterSession, said: &[u8]| {
        session.received(now, said);
        if let Some(wake) = session.wake().filter(|_| said.is_empty()) {
            now = wake.at;
            session.woken(now);
        }
        let outputs: Vec<_> = std::iter::from_fn(|| session.next_output()).collect();
        let cleared = outputs.contains(&Output::Event(PrinterEvent::Cleared));
        let clears = outputs.contains(&Output::Transmit(b"\x02C\x0343".to_vec()));
        (cleared, clears)
    };
    session.opened(Tick(0));
    assert_eq!(
        outputs(&mut session, b"\x02IVC-1,1.04\x032F"),
        (false, true)
    );
    assert_eq!(outputs(&mut session, b"\x152"), (false, false));
    let status = b"\x02S10000000000\x0364";
    let mut answered = 0;
    while outputs(&mut session, status) == (false, false) {
        answered += 1;
        assert!(answered < 100, "the order is repeated");
        if outputs(&mut session, b"").1 {
            break;
        }
    }
    assert!(answered > 2, "{answered} reports proved nothing");
    assert_eq!(outputs(&mut session, b"\x06"), (false, false));
    assert_eq!(outputs(&mut session, status), (true, false));
}

#[test]
fn what_no_language_takes_is_refused_before_it_reaches_the_wire() {
    for tongue in TONGUES {
        let mut link = tongue.ready();
        let sent = link.sent.len();
        let fields = |numbered: &[(u16, &str)]| {
            let numbered = numbered.iter().map(|(n, value)| (*n, (*value).to_owned()));
            let numbered = numbered.collect();
            let JobContent::Fields { named, .. } = tongue.job(1).label else {
                panic!("fields");
            };
            JobContent::Fields { numbered, named }
        };
        let long = "A".repeat(3_073);
        let many: Vec<(u16, &str)> = (1..=33).map(|n| (n, "A")).collect();
        for numbered in [
            &[(1, long.as_str())][..],
            &[(0, "A")],
            &[(1, "A"), (1, "B")],
            &[],
            &many,
        ] {
            link.events.clear();
            let (ticket, label) = (1, fields(numbered));
            link.command(PrinterCommand::Print(PrintJob { ticket, label }));
            assert!(
                told(&link, "refused 1: refused:"),
                "{}: {:?}",
                tongue.scheme,
                texts(&link)
            );
        }
        for (name, text) in [("TOOLONGNAME", "x"), ("A^B", "x"), ("", "x")] {
            link.events.clear();
            let format = Format {
                name: name.into(),
                artwork: Artwork::Native(text.into()),
                ..tongue.format("PACK")
            };
            link.command(PrinterCommand::UseFormat(format));
            assert!(told(&link, "fault: refused"), "{:?}", texts(&link));
        }
        assert_eq!(link.sent.len(), sent, "nothing of it reached the wire");
    }
}

/// Values that would be read as commands, or that the language cannot carry.
#[test]
fn values_that_would_be_commands_are_refused() {
    for tongue in TONGUES {
        for value in ["a\nb", "a\rb", "\x02C\x03", "\x1b", "\x18", "\0", "\x7f"] {
            let mut link = tongue.ready();
            let sent = link.sent.len();
            let mut job = tongue.job(1);
            let JobContent::Fields { numbered, named } = &mut job.label else {
                panic!("fields");
            };
            let places = numbered.iter_mut().map(|(_, place)| place);
            let places = places.chain(named.iter_mut().map(|(_, place)| place));
            places.for_each(|place| value.clone_into(place));
            link.command(PrinterCommand::Print(job));
            assert!(
                told(&link, "refused 1: refused:"),
                "{}: {value:?}",
                tongue.scheme
            );
            assert_eq!(link.sent.len(), sent, "nothing of it reached the wire");
        }
    }
}

/// What a language says of formats and values that it may refuse.
fn refusals(tongue: &Tongue) -> Vec<String> {
    let language = (tongue.speak)();
    let mut words = Vec::new();
    let content = || Content::Fixed("Köln".into());
    let sizes = [0, 3, 40_000].into_iter();
    for (x, size) in [0, 40_000]
        .into_iter()
        .flat_map(|x| sizes.clone().map(move |size| (x, size)))
    {
        let at = At { x, y: 0 };
        let (width, height, thickness, module_dots) = (size, size, size, size);
        let (text, matrix, bars) = (content(), content(), content());
        for mark in [
            Mark::Text {
                at,
                height,
                content: text,
            },
            Mark::DataMatrix {
                at,
                module_dots,
                content: matrix,
            },
            Mark::Gs1128 {
                at,
                module_dots,
                height,
                content: bars,
            },
            Mark::Box {
                at,
                width,
                height,
                thickness,
            },
            Mark::Picture {
                at,
                dots: Dots::blank(size.max(1), 1),
            },
        ] {
            let mut format = tongue.format("PACK");
            format.artwork = Artwork::Marks(vec![mark]);
            words.extend(language.hindrance(&format));
            words.extend(language.store(&format).err());
            let picture = JobContent::Picture(Dots::blank(size.max(1), 1));
            for label in [tongue.job(1).label, picture] {
                words.extend(
                    language
                        .job(&format, &label)
                        .err()
                        .map(|fault| fault.to_string()),
                );
            }
        }
    }
    let mut format = tongue.format("PACK");
    format.artwork = Artwork::Native("a file".into());
    words.extend(language.store(&format).err());
    words
}

/// What it says of a status with any one byte another.
fn explanations(tongue: &Tongue) -> Vec<String> {
    let mut language = (tongue.speak)();
    let (status, _) = tongue.status;
    let (mut words, mut heard) = (Vec::new(), Vec::new());
    for (place, byte) in
        (0..status.len()).flat_map(|place| (0..=255).map(move |byte| (place, byte)))
    {
        let mut status = status.to_vec();
        status[place] = byte;
        language.hear(&status, &mut heard);
        language.forget();
    }
    language.hear(b"\x15", &mut heard);
    for reply in heard {
        match reply {
            Reply::Status(told) => words.extend(told.faults.iter().map(Fault::to_string)),
            Reply::Explained(faults) => words.extend(faults.iter().map(Fault::to_string)),
            Reply::Rejected(why) | Reply::Stranger(why) => words.push(why),
            _ => {}
        }
    }
    words
}

/// One rule for all: whoever shows a driver's words ends the sentence, alone or with others.
#[test]
fn no_language_ends_its_sentences_with_a_full_stop() {
    for tongue in TONGUES {
        let refusals = refusals(tongue);
        assert!(!refusals.is_empty(), "{} refuses something", tongue.scheme);
        for word in refusals.into_iter().chain(explanations(tongue)) {
            let last = word.chars().last();
            let is_open = last.is_some_and(|last| last.is_alphanumeric() || "\"')".contains(last));
            assert!(is_open, "{}: {word:?}", tongue.scheme);
        }
    }
}

/// Checks the whole story of a link: each ticket exactly one answer, and nothing sent while the queue was unknown.
/// `clears` are the places in the story where a clear was ordered.
fn tickets_and_silence(
    tongue: &Tongue,
    link: &Link,
    asked: u64,
    clears: &[usize],
) -> Result<Vec<String>, TestCaseError> {
    let mut answers: BTreeMap<u64, u32> = BTreeMap::new();
    let mut sent = Vec::new();
    let counts = matches!(tongue.empty, Queue::Count(_));
    let (mut is_known, mut is_cleared) = (false, false);
    for (place, (_, event)) in link.events.iter().enumerate() {
        is_cleared &= !clears.contains(&place);
        match event {
            PrinterEvent::Sent { ticket, .. } => {
                let may_send = is_known && is_cleared;
                prop_assert!(may_send, "sent {ticket} while the queue was unknown");
                sent.push(ticket.to_string());
                *answers.entry(*ticket).or_default() += 1;
            }
            PrinterEvent::Refused { ticket, .. } => *answers.entry(*ticket).or_default() += 1,
            PrinterEvent::Cleared => is_cleared = true,
            PrinterEvent::Link(_) => is_cleared = false,
            PrinterEvent::Status(Known::Unknown { .. }) => is_known = false,
            PrinterEvent::Status(Known::Yes { value, .. }) => {
                is_known = value.queued.is_some() || !counts;
            }
            _ => {}
        }
    }
    prop_assert_eq!(answers, (1..=asked).map(|ticket| (ticket, 1)).collect());
    Ok(sent)
}

fn spoil(tongue: &Tongue, link: &mut Link, fault: u8, ms: u64) {
    let peer = &mut link.peer;
    match fault {
        0 => peer.silent = !peer.silent,
        1 => peer.state().media_out ^= true,
        2 => peer.half = !peer.half,
        3 => peer.twice = !peer.twice,
        4 => peer.late_ms = if peer.late_ms == 0 { ms } else { 0 },
        5 => link.cut("cable"),
        6 => link.say(b"\x02\xFF,garbage\x03 noise \r\n".to_vec()),
        7 => link.command(PrinterCommand::Clear),
        8 => peer.state().full ^= true,
        9 => {
            // A power cycle: the queue and the formats are gone, the labels stay on their packs.
            let labels = std::mem::take(&mut peer.state().labels);
            peer.device = (tongue.device)();
            peer.state().labels = labels;
            link.cut("power");
        }
        10 => {
            let other = TONGUES.iter().find(|other| other.scheme != tongue.scheme);
            let strange = peer.stranger.take().is_none();
            peer.stranger = other.filter(|_| strange).map(|other| other.status.0);
        }
        _ => link.refuses = !link.refuses,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    /// Whatever link and printer do, a ticket gets exactly one answer, nothing is sent while the queue is unknown, no
    /// label is printed twice or out of turn, and a printer that behaves again is ready within bounds.
    #[test]
    fn no_fault_loses_a_ticket(
        row in 0..TONGUES.len(),
        faults in proptest::collection::vec((0u8..12, 1u64..900), 1..25),
    ) {
        let tongue = &TONGUES[row];
        let mut link = tongue.ready();
        let (mut asked, mut clears) = (0u64, Vec::new());
        for (fault, ms) in faults {
            clears.extend((fault == 7).then_some(link.events.len()));
            spoil(tongue, &mut link, fault, ms);
            asked += 1;
            tongue.print(&mut link, asked..=asked);
            link.run_for(Duration::from_millis(ms));
        }
        let taken = std::mem::take(&mut link.peer.state().labels);
        link.peer = Faulty::new((tongue.device)());
        link.cut("the printer is changed");
        link.refuses = false;
        let before = link.events.len();
        link.run_for(Duration::from_secs(10));
        let ready = link.events[before..].iter().any(|(_, event)| *event == PrinterEvent::Cleared);
        prop_assert!(ready, "{}: {:?}", tongue.scheme, texts(&link));

        let sent = tickets_and_silence(tongue, &link, asked, &clears)?;
        let mut later = sent.iter();
        let in_turn = taken.iter().all(|label| later.any(|sent| sent == label));
        prop_assert!(in_turn, "{}: took {taken:?} of {sent:?}: none twice, blank or out of turn", tongue.scheme);
    }
}

/// The pump, for real: a printer that answers byte by byte, then goes away and comes back.
fn found_again(tongue: &Tongue, address: &str, serve: impl FnOnce() + Send + 'static) {
    let address = format!("{}+{address}", tongue.scheme);
    let Ok(Address::Printer { link, language }) = address.parse() else {
        panic!("a printer's address");
    };
    assert_eq!(language, tongue.scheme);
    let device = std::thread::spawn(serve);
    let (tell, events) = mpsc::channel();
    let pump = spawn_bytes(tongue.session(), link, Clock::start(), move |event| {
        let _gone = tell.send(event);
    })
    .unwrap();
    pump.send(PrinterCommand::UseFormat(tongue.format("PACK")))
        .unwrap();
    for ticket in 1..=2 {
        wait_for(&events, |event| *event == PrinterEvent::Cleared);
        pump.send(PrinterCommand::Print(tongue.job(ticket)))
            .unwrap();
        wait_for(&events, |event| matches!(event, PrinterEvent::Sent { .. }));
        wait_for(&events, |event| *event == PrinterEvent::Link(false));
    }
    device.join().unwrap();
    pump.stop();
    while !pump.is_finished() {
        std::thread::yield_now();
    }
    let refused = PumpRefusal::Stopped(PrinterCommand::Clear);
    assert_eq!(pump.send(PrinterCommand::Clear), Err(refused));
    assert!(pump.join(), "the pump did not panic");
}

fn serve_until_printed(tongue: &Tongue, link: &mut (impl Read + Write)) {
    let mut printer = (tongue.device)();
    let mut buffer = [0; 7];
    while printer.state().labels.is_empty() {
        // A terminal whose other side is not open yet, or no more, gives an error.
        let Ok(count) = link.read(&mut buffer) else {
            std::thread::yield_now();
            continue;
        };
        assert!(count > 0, "the station hung up");
        for byte in printer.hear(&buffer[..count]).concat() {
            link.write_all(&[byte]).unwrap();
        }
    }
}

#[test]
fn over_a_real_socket_every_printer_is_found_again_after_it_went_away() {
    for tongue in TONGUES {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        found_again(tongue, &address, move || {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                serve_until_printed(tongue, &mut stream);
            }
        });
    }
}

#[test]
fn over_a_real_terminal_every_printer_is_found_again_after_it_went_away() {
    for tongue in TONGUES {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join(tongue.scheme);
        let address = format!("serial://{}?baud=115200", name.display());
        let mut port = terminal(&name);
        found_again(tongue, &address, move || {
            serve_until_printed(tongue, &mut port);
            drop(port);
            let mut port = terminal(&name);
            serve_until_printed(tongue, &mut port);
        });
    }
}
