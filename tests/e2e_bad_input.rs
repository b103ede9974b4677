//! What nobody means well: a paste of a megabyte, sequences that mean nothing, a terminal of one cell, one that is
//! gone, a thousand wrong secrets, a thousand connections. On real terminals and sockets of real stations.

use crate::e2e_bench::{Bench, await_that};
use crate::e2e_people::{Plant, own_of, secret, shown, text};
use crate::e2e_screen::Terminal;
use rustix::process::Signal;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use vidimus::record::{Fact, PeopleFact};
use vidimus::tui::PLACES;
use vidimus::tui::client::Client;
use vidimus::wire::{Answer, Ask, LineState, OperatorCommand, PeopleCommand, Proof};

/// More than a person ever means to paste.
const MEGABYTE: usize = 1 << 20;

/// As a terminal sends it that marks pastes.
fn marked(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Waits until the keyboard is a person's again, and nothing lies over the line.
fn to_the_line(terminal: &mut Terminal) {
    await_that("the line without a page", || {
        terminal.press("\x1b");
        std::thread::sleep(std::time::Duration::from_millis(400));
        let shown = terminal.text();
        let over = ["Esc  ", "Esc do"].iter().any(|word| shown.contains(word));
        (shown.contains("F3 Reject") && !over).then_some(())
    });
}

/// Whatever was pasted, with marks or without: nothing was ordered, and the stop key stops.
#[test]
fn what_is_pasted_orders_nothing_and_the_stop_key_stops() {
    let bench = Bench::new();
    let args = [
        "demo",
        "--packs",
        "20000",
        "--rate",
        "600",
        "--data",
        bench.text(),
    ];
    let mut terminal = Terminal::run(&args, false);
    terminal.await_text(&["RUNNING", "BALANCED", "GATE"]);
    await_that("a terminal that is asked to mark pastes", || {
        terminal.marks_pastes().then_some(())
    });

    // On the line nothing is filled in: not even lines full of keys do anything.
    terminal.press(&marked(&"2\r3\rr\rresync\rq\r\x03".repeat(MEGABYTE / 16)));
    terminal.await_text(&["Nothing was pasted", "RUNNING"]);

    // Where something is looked for it stands there, and is looked for when a person says so.
    terminal.press("8");
    terminal.await_text(&["Where to?"]);
    terminal.press("t");
    terminal.await_text(&["Trace"]);
    terminal.press(&marked("pack 1\r\n"));
    terminal.await_text(&["Whose life?", "> pack 1_"]);
    terminal.press(&marked(&"9".repeat(MEGABYTE)));
    terminal.await_text(&["1048576 bytes are too many"]);
    terminal.press("\r");
    await_that("a life", || {
        (!terminal.text().contains("Whose life?")).then_some(())
    });
    to_the_line(&mut terminal);

    // In a form it stands in its field, on one line or not at all.
    terminal.press("7");
    terminal.await_text(&["s Sample"]);
    terminal.press("s");
    terminal.await_text(&["Take samples", "Enter next"]);
    terminal.press(&marked("5\n"));
    terminal.await_text(&["15_"]);
    terminal.press(&marked("\n\n5\n\n\r\r6\r"));
    terminal.await_text(&["several lines"]);
    terminal.press(&marked("\x1b]0;title\x07"));
    terminal.await_text(&["cannot be seen (U+001B)"]);
    terminal.press(&marked(&"5\r".repeat(MEGABYTE / 2)));
    terminal.await_text(&["bytes are too many", "15_"]);
    // Without marks they are keys that nobody presses so quickly.
    terminal.press(&"7\r".repeat(MEGABYTE / 2));
    terminal.await_text(&["NO SCAN"]);
    to_the_line(&mut terminal);
    assert_eq!(bench.view().expect("it answers").lot.samples_due, 0);

    // A question is answered by hand.
    terminal.press("2");
    terminal.await_text(&["STOPPED", "F2 Resume"]);
    terminal.press("2");
    terminal.await_text(&["Withdraw the station's stop?"]);
    for paste in [
        marked("\r"),
        marked(&"\r\n".repeat(1_000)),
        "\r\r".to_owned(),
        "\x1bOQ\r".to_owned(),
    ] {
        terminal.press(&paste);
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    let view = bench.view().expect("it answers");
    assert_eq!(view.state, LineState::Stopped);
    await_that("the question alone", || {
        terminal.press("\x1b");
        std::thread::sleep(std::time::Duration::from_millis(400));
        (!terminal.text().contains("Withdraw")).then_some(())
    });
    terminal.press("2");
    terminal.await_text(&["Withdraw the station's stop?"]);
    terminal.press("\r");
    terminal.await_text(&["RUNNING"]);

    // Sequences that never end, that no keyboard has, and a megabyte of noise: a key is a key behind them.
    let (mut noise, mut seed) = (String::new(), 7_u64);
    for _ in 0..MEGABYTE {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push(char::from(b"\x1b[?<0;~M Ou"[(seed >> 33) as usize % 11]));
    }
    for junk in [
        "\x1b[200~half of a paste",
        "\x1b[0;0R\x1b[?",
        "\x1b[<0;0;0",
        &noise,
    ] {
        terminal.press(junk);
        std::thread::sleep(std::time::Duration::from_millis(700));
        to_the_line(&mut terminal);
        let view = bench.view().expect("it answers");
        assert!(view.batch.is_some() && !view.reject_next, "{junk:.20}");
    }
    terminal.await_text(&["RUNNING"]);
    terminal.press("\x1bOQ");
    terminal.await_text(&["STOPPED"]);

    every_place_comes_back_from_one_cell(&mut terminal);
    terminal.press("q");
    terminal.wait();
}

fn every_place_comes_back_from_one_cell(terminal: &mut Terminal) {
    let sizes = [
        (1, 1),
        (2, 1),
        (1, 40),
        (200, 2),
        (39, 12),
        (40, 12),
        (80, 24),
    ];
    let resized = |terminal: &mut Terminal, word: &str| {
        for (columns, rows) in sizes {
            terminal.resize(columns, rows);
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
        terminal.await_text(&[word]);
    };
    for row in PLACES {
        terminal.press("8");
        terminal.await_text(&["Where to?"]);
        resized(terminal, "Where to?");
        terminal.press(&row.letter.to_string());
        await_that("the place", || {
            (!terminal.text().contains("Where to?")).then_some(())
        });
        resized(terminal, "F2 Resume");
    }
    for (place, bar, key, title) in [
        ("7", "c Close", "c", "Close the batch"),
        ("6", "p Put", "p", "Put into a container"),
    ] {
        terminal.press(place);
        terminal.await_text(&[bar]);
        terminal.press(key);
        terminal.await_text(&[title]);
        resized(terminal, title);
        to_the_line(terminal);
    }
    to_the_line(terminal);
    terminal.press("1");
    terminal.await_text(&["HELP"]);
    resized(terminal, "HELP");
    to_the_line(terminal);
}

/// The window is closed, the cable is pulled: the screen ends, and the station has room for another one.
#[test]
fn a_terminal_that_vanishes_ends_its_screen_and_nothing_else() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    let socket = plant.bench.socket();
    let socket = socket.to_str().expect("UTF-8");
    for _ in 0..3 {
        let mut terminal = Terminal::run(&["tui", "--socket", socket], false);
        terminal.await_text(&["NOT READY", "F2 Stop"]);
        terminal.press("7");
        terminal.await_text(&["Batch"]);
        let mut left = terminal.vanish();
        await_that("the end of its screen", || {
            left.try_wait().expect("it can be waited for")
        });
    }
    assert!(plant.bench.view().is_some());
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
}

/// Of many who give the first one-time secret at once one has the station; after that nobody, however often it starts.
#[test]
fn of_many_who_claim_the_first_start_one_has_it() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    let one_time = shown(&station);
    let claim = |own: String| {
        plant.ask(Ask::Manage {
            by: "administrator".to_owned(),
            proof: Some(Proof::Secret(secret(&one_time))),
            reason: None,
            command: PeopleCommand::ChooseSecret { new: secret(&own) },
        })
    };
    // Fewer than lock the name.
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..4)
            .map(|no| scope.spawn(move || claim(format!("claimed by {no}"))))
            .collect();
        claims
            .into_iter()
            .map(|one| one.join().expect("it asked"))
            .collect()
    });
    let winners: Vec<usize> = (0..4).filter(|no| answers[*no] == Answer::Done).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    for loser in answers.iter().filter(|answer| **answer != Answer::Done) {
        let why = text(loser);
        assert!(
            why.contains("replaced a moment ago") || why.contains("is wrong"),
            "{why}"
        );
    }
    let signs_in = |own: &str| {
        let (by, secret) = ("administrator".to_owned(), secret(own));
        plant.ask(Ask::SignIn { by, secret })
    };
    let own = format!("claimed by {}", winners[0]);
    assert!(matches!(signs_in(&own), Answer::SignedIn { .. }));
    assert!(text(&claim("too late".to_owned())).contains("is wrong"));
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let station = plant.start(&[]);
    assert!(text(&claim("too late".to_owned())).contains("is wrong"));
    assert!(matches!(signs_in(&own), Answer::SignedIn { .. }));
    station.signal(Signal::TERM);
    assert_eq!(station.finish().out, "", "it makes nobody a second time");
    let chosen = plant.records().into_iter().filter(|stored| {
        matches!(
            stored.record.fact,
            Fact::People(PeopleFact::SecretChanged {
                one_time: false,
                ..
            })
        )
    });
    assert_eq!(chosen.count(), 1);
}

/// Guessing over many connections, at a name and at many that nobody has: nobody gets in, the records stay few, others
/// sign in meanwhile, and the lock outlives a restart.
#[test]
fn guessing_for_long_opens_nothing_and_fills_no_record() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    assert_eq!(
        plant.chooses("administrator", &shown(&station)).code,
        Some(0)
    );
    for (who, role) in [("T.Tech", "technician"), ("Q.Wolf", "quality")] {
        let added = plant.does("administrator", &format!("people add {who} --role {role}"));
        assert_eq!(plant.chooses(who, added.out.trim_end()).code, Some(0));
    }
    let guesses = AtomicU32::new(0);
    let resync = || OperatorCommand::Resynchronise;
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                loop {
                    let no = guesses.fetch_add(1, Ordering::SeqCst);
                    let by = match no {
                        300.. => return,
                        no if no % 2 == 0 => "T.Tech".to_owned(),
                        no => format!("Nobody {no}"),
                    };
                    let proof = Some(Proof::Secret(secret(&format!("guess {no}"))));
                    let said = plant.order(&by, proof, resync());
                    let why = text(&said);
                    assert!(
                        why.contains("is wrong") || why.contains("is locked"),
                        "{why}"
                    );
                }
            });
        }
        // Somebody else is not concerned.
        let (by, secret) = ("Q.Wolf".to_owned(), own_of("Q.Wolf"));
        assert!(matches!(
            plant.ask(Ask::SignIn { by, secret }),
            Answer::SignedIn { .. }
        ));
    });
    let right = || plant.order("T.Tech", Some(Proof::Secret(own_of("T.Tech"))), resync());
    assert!(text(&right()).contains("T.Tech is locked"));
    let count = |wanted: &dyn Fn(&PeopleFact) -> bool| {
        let records = plant.records().into_iter().map(|stored| stored.record.fact);
        let people = records.filter(|fact| matches!(fact, Fact::People(fact) if wanted(fact)));
        people.count()
    };
    let wrong = |fact: &PeopleFact| matches!(fact, PeopleFact::SignInFailed { wrong: Some(_) });
    assert_eq!(count(&wrong), 5);
    let strange = |fact: &PeopleFact| matches!(fact, PeopleFact::SignInFailed { wrong: None });
    assert_eq!(count(&strange), 50);
    assert_eq!(
        count(&|fact| matches!(fact, PeopleFact::PersonLocked { .. })),
        1
    );
    assert_eq!(
        count(&|fact| matches!(fact, PeopleFact::StrangersIgnored { wrong: 50 })),
        1
    );
    assert_eq!(
        plant.order("T.Tech", None, OperatorCommand::Stop),
        Answer::Done,
        "always"
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let station = plant.start(&[]);
    assert!(text(&right()).contains("T.Tech is locked"));
    plant.does("administrator", "people enable T.Tech");
    assert_eq!(right(), Answer::Done);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
}

/// A line without an end is hung up on, however long it gets; connections beyond those that are served are told so, and
/// whoever belongs there is served after them.
#[test]
fn a_line_of_a_hundred_megabytes_and_a_thousand_connections_end_nothing() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    let socket = plant.bench.socket();
    let mut stream = UnixStream::connect(&socket).expect("it listens");
    let piece = vec![b'x'; 64 * 1024];
    let mut sent = 0_usize;
    let why = loop {
        match stream.write_all(&piece) {
            Ok(()) => sent += piece.len(),
            Err(why) => break why.kind(),
        }
        assert!(sent < 100_000_000, "it listens to all of it");
    };
    assert!(
        matches!(why, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
        "{why:?}"
    );
    assert!(sent < 4 * MEGABYTE, "{sent} bytes");

    let mut turned_away = 0;
    for _ in 0..10 {
        let open: Vec<UnixStream> = (0..100)
            .filter_map(|_| UnixStream::connect(&socket).ok())
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(300));
        for mut stream in open {
            stream.set_nonblocking(true).expect("it need not wait");
            let mut heard = [0; 512];
            let said = stream.read(&mut heard);
            turned_away += usize::from(matches!(said, Ok(1..)));
        }
    }
    assert!(
        turned_away > 500,
        "{turned_away} of a thousand were told so"
    );
    await_that("a view", || Client::connect(&socket).ok()?.view().ok());
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
}
