//! The station's socket while the line runs: who may open it, what it refuses and how it says so,
//! and that no client can hold up the line.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use vidimus::wire::{Answer, Ask, LINE_MAX, LineState, OperatorCommand, Reply, Request, VERSION};

/// The station serves so many clients at once.
const CONNECTIONS_MAX: usize = 16;

struct Wire {
    lines: BufReader<UnixStream>,
}

impl Wire {
    fn to(bench: &Bench) -> Wire {
        let stream = UnixStream::connect(bench.socket()).expect("the station listens");
        let wait = Some(Duration::from_secs(20));
        stream.set_read_timeout(wait).expect("it has a bound");
        stream.set_write_timeout(wait).expect("it has a bound");
        Wire {
            lines: BufReader::new(stream),
        }
    }

    fn say(&mut self, line: &[u8]) {
        self.lines.get_mut().write_all(line).expect("it listens");
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        let mut line = request(VERSION, 7, ask);
        line.push(b'\n');
        self.say(&line);
        let (id, answer) = self.hear();
        assert_eq!(id, 7);
        answer
    }

    fn hear(&mut self) -> (u64, Answer) {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("an answer comes");
        let reply: Reply = serde_json::from_str(&line).expect("it is an answer");
        assert_eq!(reply.v, VERSION);
        (reply.id, reply.answer)
    }

    fn is_closed(&mut self) -> bool {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => true,
            Ok(_) => false,
            Err(why) => matches!(
                why.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
        }
    }
}

fn request(v: u16, id: u64, ask: Ask) -> Vec<u8> {
    serde_json::to_vec(&Request { v, id, ask }).expect("it can be written")
}

fn refused(answer: Answer) -> String {
    match answer {
        Answer::Refused { text } => text,
        other => panic!("this must be refused: {other:?}"),
    }
}

fn order(by: &str, command: OperatorCommand) -> Ask {
    Ask::Do {
        by: by.to_owned(),
        proof: None,
        reason: None,
        command,
    }
}

fn garbage_is_refused_with_a_sentence(bench: &Bench) {
    let mut wire = Wire::to(bench);
    let mut line = request(VERSION + 1, 3, Ask::View);
    line.push(b'\n');
    wire.say(&line);
    let (id, answer) = wire.hear();
    let text = refused(answer);
    assert_eq!(id, 3);
    assert!(
        text.contains("version 1") && text.contains("version 2"),
        "{text}"
    );
    for line in [
        &b"\n"[..],
        b"hello\n",
        b"\xff\xfe\x00\n",
        b"GET / HTTP/1.1\n",
        b"{\"v\":1,\"id\":1,\"ask\":\"dance\"}\n",
        b"{\"v\":1,\"id\":1,\"ask\":\"view\",\"more\":1}\n",
    ] {
        wire.say(line);
        let (id, answer) = wire.hear();
        assert_eq!(id, 0, "{}", line.escape_ascii());
        assert!(refused(answer).contains("not a request of version 1"));
    }
    assert!(
        matches!(wire.ask(Ask::View), Answer::View(_)),
        "the connection still serves"
    );

    // One byte more than a line may have; more would find the connection closed.
    wire.say(&vec![b'x'; LINE_MAX + 1]);
    let text = refused(wire.hear().1);
    assert!(text.contains(&LINE_MAX.to_string()), "{text}");
    assert!(wire.is_closed());
}

fn commands_need_a_name_and_sense(bench: &Bench) {
    let mut wire = Wire::to(bench);
    for nobody in ["", "  "] {
        let text = refused(wire.ask(order(nobody, OperatorCommand::RejectNext)));
        assert!(text.contains("Say who you are"), "{text}");
    }
    let alarm = "no-such-alarm".to_owned();
    let text = refused(wire.ask(order("M.Kowal", OperatorCommand::Acknowledge { alarm })));
    assert!(text.contains("no-such-alarm"), "{text}");
    let text = refused(wire.ask(order("M.Kowal", OperatorCommand::Resume)));
    assert!(text.contains("does not stop the line"), "{text}");
    let second = opening("OTHER", "291231", None);
    let text = refused(wire.ask(order("M.Kowal", second)));
    assert!(text.contains("still open"), "{text}");
    let text = refused(wire.ask(order("M.Kowal", OperatorCommand::CloseBatch)));
    assert!(text.contains("still on the belt"), "{text}");
}

fn the_seventeenth_client_is_told_so(bench: &Bench) {
    let until_served = || {
        let mut wire = Wire::to(bench);
        let mut line = request(VERSION, 7, Ask::View);
        line.push(b'\n');
        // A connection that is one too many may be closed before this arrives.
        wire.lines.get_mut().write_all(&line).ok()?;
        matches!(wire.hear().1, Answer::View(_)).then_some(wire)
    };
    let mut clients: Vec<Wire> = (0..CONNECTIONS_MAX)
        .map(|_| await_that("a free place", until_served))
        .collect();
    let mut one_more = Wire::to(bench);
    let text = refused(one_more.hear().1);
    assert!(
        text.contains("16 connections at most") && text.contains("try again"),
        "{text}"
    );
    assert!(one_more.is_closed());
    let socket = bench.socket();
    let said = Program::run(&["status", "--socket", socket.to_str().expect("UTF-8")]);
    assert_eq!(said.code, Some(11), "{said:?}");
    assert!(
        said.err.starts_with("vidimus: The station serves 16")
            || said.err.starts_with("The station serves 16"),
        "{said:?}"
    );
    clients.pop();
    await_that("the place that became free", until_served);
}

/// Screens take no place from whoever stops the line.
fn the_thirteenth_screen_is_told_so_and_orders_are_taken(bench: &Bench) {
    let mut watching: Vec<Wire> = Vec::new();
    let full = await_that("no place for another screen", || {
        let mut wire = Wire::to(bench);
        match wire.ask(Ask::Watch) {
            Answer::View(_) => {
                watching.push(wire);
                None
            }
            other => Some(refused(other)),
        }
    });
    assert!(
        full.contains("12 screens watch") && full.contains("Orders are taken"),
        "{full}"
    );
    assert_eq!(watching.len(), 12);
    assert_eq!(bench.order(OperatorCommand::RejectNext), Answer::Done);
    drop(watching);
    await_that("a place that became free", || {
        matches!(Wire::to(bench).ask(Ask::Watch), Answer::View(_)).then_some(())
    });
}

fn clients_that_never_read_hold_up_nobody(bench: &Bench) {
    let mut deaf = Vec::new();
    for _ in 0..6 {
        let mut wire = Wire::to(bench);
        let stream = wire.lines.get_mut();
        stream.set_nonblocking(true).expect("it need not wait");
        let mut line = request(VERSION, 1, Ask::View);
        line.push(b'\n');
        let lines = line.repeat(2000);
        // As much as the socket takes; the answers to it are read by nobody.
        let _ = stream.write(&lines);
        deaf.push(wire);
    }
    let before = bench
        .await_view("a view beside the deaf", |_| true)
        .tally
        .entered;
    bench.await_view("packs that go on", |view| {
        view.state == LineState::Running && view.tally.entered >= before + 15
    });
    drop(deaf);
}

#[test]
fn the_socket_serves_refuses_and_never_holds_up_the_line() {
    let bench = Bench::new();
    let args = ["demo", "--headless", "--json", "--data", bench.text()];
    let more = ["--packs", "3000", "--rate", "600", "--printer", "tcp"];
    let station = Program::start(&[&args[..], &more[..]].concat());
    bench.await_view("packs on the belt", |view| {
        view.state == LineState::Running && view.tally.in_line >= 3
    });
    let mode = std::fs::metadata(bench.socket())
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may open it");

    let socket = bench.socket();
    let socket = socket.to_str().expect("the path is UTF-8");
    let said = Program::run(&["status", "--socket", socket, "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let json = said.json();
    assert_eq!(json["ok"], true);
    assert_eq!(json["view"]["batch"]["lot"], "D00001");
    assert!(
        json["view"]["devices"]
            .as_array()
            .is_some_and(|list| list.len() == 4)
    );
    let said = Program::run(&["status", "--socket", socket]);
    assert!(said.out.contains("BALANCED"), "{said:?}");

    garbage_is_refused_with_a_sentence(&bench);
    commands_need_a_name_and_sense(&bench);
    the_seventeenth_client_is_told_so(&bench);
    the_thirteenth_screen_is_told_so_and_orders_are_taken(&bench);
    clients_that_never_read_hold_up_nobody(&bench);

    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let account = ended.json();
    assert_eq!(account["reconciled"], true, "{account}");
    assert!(!bench.socket().exists(), "the socket goes with the station");
}
