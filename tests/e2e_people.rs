//! People at a real station over its real socket: the first start, rights, signatures, lockout, time-out, restart. No
//! device is there: what people may do needs none.

use crate::e2e_bench::{Bench, Finished, Program, await_that};
use crate::e2e_screen::Terminal;
use rusqlite::Connection;
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vidimus::record::{Actor, Fact, Meaning, PeopleFact, PoolFact, Record, Role, SignIn, Signed};
use vidimus::store::StoredRecord;
use vidimus::tui::client::Client;
use vidimus::wire::{Answer, Ask, OperatorCommand, Proof, Secret, View};

/// A session without an order ends after so long.
const IDLE: Duration = Duration::from_secs(5);
/// Own secrets of the test's people.
const OWN: [(&str, &str); 3] = [
    ("administrator", "correct horse battery"),
    ("T.Tech", "staple under the table"),
    ("Q.Wolf", "seven quiet penguins"),
];

pub struct Plant {
    pub bench: Bench,
    pub file: PathBuf,
    secrets: BTreeMap<String, PathBuf>,
}

impl Plant {
    pub fn new() -> Plant {
        let bench = Bench::new();
        let (printer, plc, camera) = (
            "zpl+tcp://127.0.0.1:9",
            "modbus+tcp://127.0.0.1:9?unit=1",
            "http://127.0.0.1:9/stream",
        );
        let file = bench.station_file(printer, plc, camera);
        let text = std::fs::read_to_string(&file).expect("it is there");
        let text = text
            .replace("sign_in = \"names-only\"", "sign_in = \"required\"")
            .replace("session_idle_s = 900", "session_idle_s = 5");
        std::fs::write(&file, text).expect("it can be written");
        let write = |(who, own): (&str, &str)| {
            let path = bench.path().join(format!("{who}.secret"));
            std::fs::write(&path, format!("{own}\n")).expect("it can be written");
            (who.to_owned(), path)
        };
        let secrets = OWN.into_iter().map(write).collect();
        Plant {
            bench,
            file,
            secrets,
        }
    }

    pub fn start(&self, more: &[&str]) -> Program {
        let file = self.file.to_str().expect("UTF-8");
        let station = Program::start(&[&["run", "-c", file], more].concat());
        await_that("a station", || self.bench.view());
        station
    }

    /// A command of this person with the own secret from a file; a quoted argument has no blanks here.
    fn said(&self, who: &str, command: &str) -> Finished {
        let secret = self.secrets[who].to_str().expect("UTF-8");
        let socket = self.bench.socket();
        let mut args: Vec<&str> = command.split_whitespace().collect();
        args.extend(["--as", who, "--secret-file", secret]);
        args.extend(["--socket", socket.to_str().expect("UTF-8")]);
        Program::run(&args)
    }

    pub fn does(&self, who: &str, command: &str) -> Finished {
        let done = self.said(who, command);
        assert_eq!(done.code, Some(0), "{who}, {command}: {done:?}");
        done
    }

    fn refused(&self, who: &str, command: &str, words: &[&str]) {
        let done = self.said(who, command);
        assert_eq!(done.code, Some(1), "{who}, {command}: {done:?}");
        for word in words {
            assert!(done.err.contains(word), "{word}: {done:?}");
        }
    }

    /// A one-time secret is exchanged for the own one.
    pub fn chooses(&self, who: &str, one_time: &str) -> Finished {
        let given = self.bench.path().join("one-time.secret");
        std::fs::write(&given, one_time).expect("it can be written");
        let (given, own) = (given.to_str().expect("UTF-8"), &self.secrets[who]);
        let socket = self.bench.socket();
        Program::run(&[
            "people",
            "secret",
            "--as",
            who,
            "--secret-file",
            given,
            "--new-secret-file",
            own.to_str().expect("UTF-8"),
            "--socket",
            socket.to_str().expect("UTF-8"),
        ])
    }

    pub fn ask(&self, ask: Ask) -> Answer {
        let mut client = Client::connect(&self.bench.socket()).expect("a station listens");
        client.ask(ask).expect("it answers")
    }

    pub fn order(&self, by: &str, proof: Option<Proof>, command: OperatorCommand) -> Answer {
        self.ask(Ask::Do {
            by: by.to_owned(),
            proof,
            reason: None,
            command,
        })
    }

    pub fn records(&self) -> Vec<StoredRecord> {
        let mut records = Vec::new();
        let reader = self.bench.reader();
        let read = reader.for_each_record(0, |stored| records.push(stored));
        read.expect("the records can be read");
        records
    }
}

/// The one-time secret that a first start printed.
pub fn shown(station: &Program) -> String {
    // In a line of its own, which no terminal is too narrow for.
    await_that("a one-time secret", || {
        station.out().lines().nth(1).map(str::to_owned)
    })
}

pub fn text(answer: &Answer) -> &str {
    match answer {
        Answer::Refused { text } => text,
        other => panic!("this must be refused: {other:?}"),
    }
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub fn own_of(who: &str) -> Secret {
    let found = OWN.into_iter().find(|(name, _)| *name == who);
    secret(found.expect("one of them").1)
}

#[test]
fn a_station_knows_its_people_from_the_first_start_on() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    let one_time = shown(&station);
    the_first_administrator_enrols_the_others(&plant, &one_time);
    a_batch_is_opened_and_closed_with_a_signature(&plant);
    a_session_proves_until_it_is_idle(&plant);
    wrong_secrets_lock_a_name_until_it_is_enabled(&plant);
    plant.does("administrator", "people disable T.Tech");
    plant.refused("T.Tech", "batch close", &["is disabled"]);
    plant.refused(
        "administrator",
        "people disable administrator",
        &["last administrator"],
    );

    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    plant
        .bench
        .reader()
        .audit()
        .expect("chain, records and secrets agree");
    the_station_says_what_it_did_itself(&plant);
    no_secret_is_anywhere(&plant, &one_time, &ended);

    // Restarted it knows them still, and shows no secret again.
    let station = plant.start(&[]);
    plant.refused("T.Tech", "batch close", &["is disabled"]);
    plant.does("Q.Wolf", "people sign 1 --sign reviewed");
    assert!(
        plant
            .chooses("administrator", &one_time)
            .err
            .contains("wrong")
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().out, "");

    // The administrator's secret was lost: whoever starts the station can have another, on record.
    let station = plant.start(&["--reset-administrator"]);
    let again = shown(&station);
    assert_ne!(again, one_time);
    plant.refused("administrator", "people enable T.Tech", &["wrong"]);
    assert_eq!(plant.chooses("administrator", &again).code, Some(0));
    plant.does("administrator", "people enable T.Tech");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    a_swapped_secret_is_found(&plant);
}

/// Secrets are asked for at a terminal and never shown there; a screen works in the name of who signed in.
/// Numbers go out and come in by whoever may, proven at a running station and at one that stands, on the same record.
#[test]
fn numbers_go_out_and_come_in_by_whoever_may() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    the_first_administrator_enrols_the_others(&plant, &shown(&station));
    let file = plant.file.to_str().expect("UTF-8");
    let by = |who: &str, secret: &Path, command: &str| {
        let mut args: Vec<&str> = command.split_whitespace().collect();
        let secret = secret.to_str().expect("UTF-8");
        args.extend(["-c", file, "--as", who, "--secret-file", secret]);
        Program::run(&args)
    };
    let list = plant.bench.path().join("list.csv");
    std::fs::write(&list, "serial\nP1\nP2\n").expect("it can be written");
    let import = format!("serials import {} --gtin 09506000134352", list.display());
    let export = "serials export --gtin 09506000134352 --count 10 --token T1";
    let (tech, wolf) = (&plant.secrets["T.Tech"], &plant.secrets["Q.Wolf"]);

    let refused = by("T.Tech", tech, export);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("may not import pools"), "{refused:?}");
    let signed = by("Q.Wolf", wolf, &format!("{export} --sign approved"));
    assert_eq!(signed.code, Some(0), "{signed:?}");
    let running = by("Q.Wolf", wolf, &import);
    assert_eq!(running.code, Some(12), "{running:?}");
    assert!(running.err.contains("is running"), "{running:?}");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let again = by("Q.Wolf", wolf, export);
    assert_eq!(
        (again.code, &again.out),
        (Some(0), &signed.out),
        "{again:?}"
    );
    for (who, secret) in [("T.Tech", tech), ("Q.Wolf", tech)] {
        assert_eq!(by(who, secret, &import).code, Some(1), "{who}");
    }
    let taken = by("Q.Wolf", wolf, &format!("{import} --sign performed"));
    assert_eq!(taken.code, Some(0), "{taken:?}");
    plant.bench.reader().audit().expect("it is sound");
    let wolf = Actor::Person("Q.Wolf".to_owned());
    let told = plant.records().into_iter().filter_map(|stored| {
        let Record { actor, fact, .. } = stored.record;
        let told = match fact {
            Fact::Pool(PoolFact::Exported { .. }) => "out",
            Fact::Pool(PoolFact::ExportRepeated { .. }) => "again",
            Fact::Pool(PoolFact::Imported { .. }) => "in",
            Fact::People(PeopleFact::SignInFailed { .. }) => return Some("wrong secret"),
            Fact::Signed { .. } => "signed",
            _ => return None,
        };
        assert_eq!(actor, wolf, "{told}");
        Some(told)
    });
    let told: Vec<&str> = told.skip_while(|one| *one != "out").collect();
    let wanted = ["out", "signed", "again", "wrong secret", "in", "signed"];
    assert_eq!(told, wanted);
}

/// No device is there, so alarms stand; who may shelves them, with a reason, and a restart takes nothing from the time.
#[test]
fn alarms_are_shelved_by_whoever_may_and_stay_so_over_a_restart() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    the_first_administrator_enrols_the_others(&plant, &shown(&station));
    let stands = |view: &View| {
        ["plc-link", "printer-link"]
            .iter()
            .all(|code| view.has_alarm(code))
    };
    plant.bench.await_view("alarms", stands);
    plant.refused(
        "T.Tech",
        "alarm shelve plc-link --minutes 90 --reason cable",
        &["is signed at this station"],
    );
    let shelve = |alarm: &str| format!("alarm shelve {alarm} --minutes 90 --sign performed");
    plant.refused("T.Tech", &shelve("plc-link"), &["with a reason only"]);
    let with_reason = |alarm: &str| shelve(alarm) + " --reason cable";
    let may_not = ["T.Tech (technician) may not shelve an alarm of high priority"];
    plant.refused("T.Tech", &with_reason("wrong-bin"), &may_not);
    plant.refused("Q.Wolf", &with_reason("wrong-bin"), &["over already"]);
    plant.refused("T.Tech", "alarm unshelve plc-link", &["not shelved"]);
    plant.does("T.Tech", "alarm ack plc-link");
    let said = plant.does("T.Tech", &with_reason("plc-link"));
    assert!(said.err.contains("shelved for 90 minutes"), "{said:?}");
    plant.does("Q.Wolf", &with_reason("printer-link"));
    let until = |view: &View| -> Vec<(String, i64)> {
        let alarms = view.alarms.iter();
        let shelved = alarms.filter_map(|one| Some((one.code.clone(), one.shelved.as_ref()?)));
        shelved
            .map(|(code, one)| (code, one.until_utc_ms))
            .collect()
    };
    let before = plant
        .bench
        .await_view("shelved alarms", |view| until(view).len() == 2);
    assert!(stands(&before), "they do what they do");
    let last = before.alarms.iter().rev().take(3);
    let last: Vec<bool> = last.map(|one| one.shelved.is_some()).collect();
    assert_eq!(last, [true, true, false], "at the end of the list");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let station = plant.start(&[]);
    let after = plant.bench.await_view("alarms", stands);
    let sorted = |view: &View| -> BTreeMap<String, i64> { until(view).into_iter().collect() };
    for ((code, was), (again, is)) in sorted(&before).into_iter().zip(sorted(&after)) {
        assert_eq!(code, again);
        assert!(was.abs_diff(is) < 5_000, "{code}: until {was}, then {is}");
    }
    let socket = plant.bench.socket();
    let status = Program::run(&["status", "--socket", socket.to_str().expect("UTF-8")]);
    let flat = status.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("UTC by Q.Wolf: cable):"), "{flat}");
    plant.does("T.Tech", "alarm unshelve plc-link");
    // The view comes a moment after the answer.
    plant.bench.await_view("an alarm in its place", |view| {
        let mut alarms = view.alarms.iter();
        alarms.any(|one| one.code == "plc-link" && one.is_unseen())
    });
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    plant.bench.reader().audit().expect("it is sound");
    let file = plant.file.to_str().expect("UTF-8");
    let past = Program::run(&["alarm", "history", "-c", file]).out;
    // The command breaks its lines.
    let past = past.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "printer-link",
        "acknowledged by T.Tech",
        "not acknowledged",
        "stands",
        "over 20",
    ] {
        assert!(past.contains(line), "{line}: {past}");
    }
    let told = Program::run(&["audit", "search", "--what", "shelved", "-c", file]).out;
    for act in [
        "alarm plc-link shelved for 90 minutes",
        "alarm plc-link no longer shelved",
    ] {
        assert!(told.contains(act), "{told}");
    }
}

#[test]
fn a_person_signs_in_at_a_real_terminal_and_no_secret_is_shown() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    let one_time = shown(&station);
    let own = OWN[0].1;
    let socket = plant.bench.socket();
    let socket = socket.to_str().expect("UTF-8");
    let who = ["--as", "administrator", "--socket", socket];
    let mut terminal = Terminal::run(&[&["people", "secret"], &who[..]].concat(), false);
    terminal.await_text(&["Secret of administrator: "]);
    terminal.press(&format!("{one_time}\n"));
    terminal.await_text(&["New secret: "]);
    terminal.press(&format!("{own}\n"));
    terminal.await_text(&["New secret, again: "]);
    terminal.press(&format!("{own}\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.text());
    let shown = terminal.text();
    assert!(
        !shown.contains(&one_time) && !shown.contains(own),
        "{shown}"
    );

    let mut screen = Terminal::run(&[&["tui"], &who[..]].concat(), false);
    screen.await_text(&["Secret of administrator: "]);
    screen.press(&format!("{own}\n"));
    screen.await_text(&["BALANCED", "F2 Stop"]);
    screen.press("2");
    screen.await_text(&["F2 Resume"]);
    screen.press("2");
    screen.await_text(&["Withdraw the station's stop?"]);
    screen.press("\r");
    screen.await_text(&["administrator (administrator) may not resume"]);
    screen.press("q");
    assert_eq!(screen.wait().code(), Some(0), "{}", screen.text());
    let administrator = Actor::Person("administrator".to_owned());
    // The screen does not wait until its leaving is on disk.
    let mut facts: Vec<Fact> = Vec::new();
    for _ in 0..100 {
        let records = plant.records().into_iter().map(|stored| stored.record);
        let own = records.filter(|record| record.actor == administrator);
        facts = own.map(|record| record.fact).collect();
        if facts.len() >= 4 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let [
        Fact::People(changed),
        Fact::People(came),
        Fact::Stopped { .. },
        Fact::People(went),
    ] = &facts[..]
    else {
        panic!("the session's stop is proved: {facts:?}")
    };
    assert!(matches!(
        changed,
        PeopleFact::SecretChanged {
            one_time: false,
            ..
        }
    ));
    assert_eq!(
        (came, went),
        (&PeopleFact::SignedIn, &PeopleFact::SignedOut)
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
}

fn the_first_administrator_enrols_the_others(plant: &Plant, one_time: &str) {
    plant.refused(
        "administrator",
        "people add X --role quality",
        &["The name or the secret is wrong"],
    );
    let not_yet = plant.order(
        "administrator",
        Some(Proof::Secret(secret(one_time))),
        OperatorCommand::Shutdown,
    );
    assert!(
        text(&not_yet).contains("choose your own first"),
        "{not_yet:?}"
    );
    assert_eq!(plant.chooses("administrator", one_time).code, Some(0));
    let twice = plant.chooses("administrator", one_time);
    assert_eq!(twice.code, Some(1), "{twice:?}");
    for (who, role) in [("T.Tech", "technician"), ("Q.Wolf", "quality")] {
        let added = plant.does("administrator", &format!("people add {who} --role {role}"));
        let given = added.out.trim_end();
        assert_eq!(given.len(), 24, "{added:?}");
        plant.refused(
            "administrator",
            &format!("people add {who} --role quality"),
            &["already"],
        );
        assert_eq!(plant.chooses(who, given).code, Some(0));
    }
    let may_not = ["T.Tech (technician) may not enrol", "administrator"];
    plant.refused("T.Tech", "people add Y --role administrator", &may_not);
    let listed = Program::run(&[
        "people",
        "list",
        "--json",
        "--socket",
        plant.bench.socket().to_str().expect("UTF-8"),
    ]);
    let listed = listed.json();
    assert_eq!(listed["people"][1]["name"], "Q.Wolf", "{listed}");
    assert_eq!(listed["people"][1]["standing"], "active");
    assert_eq!(listed["people"].as_array().map(Vec::len), Some(3));
}

/// A partner's document is taken over by whoever has the right and proves the name, and a signature lies in its commit:
/// with the station running, and without.
#[test]
fn what_partners_say_is_taken_over_and_signed_by_whoever_may() {
    let plant = Plant::new();
    let station = plant.start(&[]);
    the_first_administrator_enrols_the_others(&plant, &shown(&station));
    let open = "batch open --gtin 09506000134352 --lot L1 --expiry 281231";
    plant.does("T.Tech", open);
    let file = plant.file.to_str().expect("UTF-8");
    let written = |no: u32| {
        let path = plant.bench.path().join(format!("{no}.jsonld"));
        let now = vidimus::epcis::EventTime::from_ms(
            vidimus::station::utc_ms(),
            vidimus::epcis::ZoneOffset::UTC,
        );
        let now = now.expect("it is in the calendar").to_string();
        let document = serde_json::json!({
            "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": now,
            "epcisBody": {"eventList": [{
                "type": "ObjectEvent", "eventTime": now, "eventTimeZoneOffset": "+00:00",
                "eventID": format!("urn:uuid:00000000-0000-4000-8000-{no:012}"),
                "action": "OBSERVE", "bizStep": "holding", "disposition": "non_sellable_other",
                "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "quantity": no}],
            }]},
        });
        std::fs::write(&path, document.to_string()).expect("it can be written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let by = |who: &str, secret: Option<&str>, document: &str, more: &[&str]| {
        let mut args = vec!["epcis", "import", document, "-c", file, "--as", who];
        if let Some(secret) = secret {
            args.extend([
                "--secret-file",
                plant.secrets[secret].to_str().expect("UTF-8"),
            ]);
        }
        Program::run(&[&args[..], more].concat())
    };
    let counted = || {
        let heard = |stored: &StoredRecord| matches!(stored.record.fact, Fact::Partner(_));
        plant
            .records()
            .iter()
            .filter(|stored| heard(stored))
            .count()
    };
    let sign = ["--sign", "reviewed", "--reason", "daily exchange"];
    let mut signers = Vec::new();
    let mut round = |running: bool, no: u32, who: &'static str| {
        let document = written(no);
        let before = counted();
        let wrong = [
            (who, None),
            (who, Some("administrator")),
            ("N.Obody", Some(who)),
            ("administrator", Some("administrator")),
        ];
        for (name, secret) in wrong {
            for more in [&sign[..], &[]] {
                let done = by(name, secret, &document, more);
                let refused = matches!(done.code, Some(1 | 2));
                assert!(refused, "{running} {name} {secret:?}: {done:?}");
            }
        }
        assert_eq!(counted(), before, "nothing counts");
        let done = by(who, Some(who), &document, &sign);
        assert_eq!(done.code, Some(0), "{running}: {done:?}");
        assert_eq!(counted(), before + 1);
        signers.push(who);
    };
    round(true, 1, "Q.Wolf");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let supervised = by("T.Tech", Some("T.Tech"), &written(3), &sign);
    assert_eq!(supervised.code, Some(1), "{supervised:?}");
    assert!(
        supervised.err.contains("may not sign as reviewed"),
        "{supervised:?}"
    );
    round(false, 2, "Q.Wolf");
    let records = plant.records();
    // Each with the record that follows it.
    let pairs = records.iter().zip(&records[1..]);
    let heard = pairs.filter(|(stored, _)| matches!(stored.record.fact, Fact::Partner(_)));
    for ((heard, signed), who) in heard.zip(&signers) {
        let person = Actor::Person((*who).to_owned());
        assert_eq!(
            (&heard.record.actor, &signed.record.actor),
            (&person, &person)
        );
        let Fact::Signed { meaning, of } = signed.record.fact else {
            panic!("{signed:?}");
        };
        assert_eq!(meaning, Meaning::Reviewed);
        let Signed::Act { first, last, .. } = of else {
            panic!("{of:?}");
        };
        assert_eq!((first, last), (heard.record.seq, heard.record.seq));
        assert_eq!(heard.utc_ms, signed.utc_ms, "in one commit");
    }
    plant.bench.reader().audit().expect("it is sound");
}

fn a_batch_is_opened_and_closed_with_a_signature(plant: &Plant) {
    let open = "batch open --gtin 09506000134352 --lot L1 --expiry 281231";
    let may_not = [
        "Q.Wolf (quality) may not open a batch",
        "technician, supervisor",
    ];
    plant.refused("Q.Wolf", open, &may_not);
    let socket = plant.bench.socket();
    let socket = socket.to_str().expect("UTF-8");
    let unproved = Program::run(
        &[
            &open.split(' ').collect::<Vec<_>>()[..],
            &["--as", "T.Tech", "--socket", socket],
        ]
        .concat(),
    );
    assert_eq!(
        unproved.code,
        Some(2),
        "no terminal to ask at: {unproved:?}"
    );
    plant.does("T.Tech", open);
    // Stopping needs nobody known, and says so of the name.
    assert_eq!(
        plant.order("T.Tech", None, OperatorCommand::Stop),
        Answer::Done
    );
    let resume = plant.order("T.Tech", None, OperatorCommand::Resume);
    assert!(text(&resume).contains("give your secret"), "{resume:?}");
    plant.refused(
        "T.Tech",
        "batch close --sign approved",
        &["may not sign as approved", "quality"],
    );
    plant.does("T.Tech", "batch close --sign performed --reason done");

    let records = plant.records();
    let at = |wanted: &dyn Fn(&Fact) -> bool| {
        let found = records
            .iter()
            .rposition(|stored| wanted(&stored.record.fact));
        found.expect("it is on record")
    };
    let by_person =
        |fact: &Fact| matches!(fact, Fact::Stopped { cause, .. } if cause.contains("by a person"));
    let stopped = &records[at(&by_person)];
    assert_eq!(
        stopped.record.actor,
        Actor::Named("T.Tech".to_owned()),
        "{stopped:?}"
    );
    let closed = &records[at(&|fact| matches!(fact, Fact::BatchClosed { .. }))];
    let signed = &records[at(&|fact| matches!(fact, Fact::Signed { .. }))];
    let order = Sha256::digest(b"\"close_batch\"");
    let of = Signed::Act {
        order: vidimus::record::OrderHash(order.into()),
        first: closed.record.seq,
        last: closed.record.seq,
    };
    let meaning = Meaning::Performed;
    assert_eq!(signed.record.fact, Fact::Signed { meaning, of });
    assert_eq!(signed.record.seq, closed.record.seq + 1);
    assert_eq!(signed.utc_ms, closed.utc_ms, "in one commit");
    let tech = Actor::Person("T.Tech".to_owned());
    assert_eq!((&signed.record.actor, &closed.record.actor), (&tech, &tech));

    let closing = closed.record.seq;
    plant.does("Q.Wolf", &format!("people sign {closing} --sign approved"));
    let Some(Fact::Signed { of, .. }) = plant.records().pop().map(|last| last.record.fact) else {
        panic!("the approval is the last record")
    };
    assert_eq!(of, Signed::Record { seq: closing });
    plant.refused(
        "Q.Wolf",
        "people sign 999999 --sign approved",
        &["There is no record 999999"],
    );
}

fn a_session_proves_until_it_is_idle(plant: &Plant) {
    let sign_in = |by: &str, secret| {
        let by = by.to_owned();
        plant.ask(Ask::SignIn { by, secret })
    };
    let Answer::SignedIn {
        session,
        idle_s,
        roles,
    } = sign_in("t.tech", own_of("T.Tech"))
    else {
        panic!("it is the right secret")
    };
    assert_eq!(idle_s, IDLE.as_secs());
    assert!(roles.any_of(&[Role::Technician]));
    let token = Some(Proof::Session(session.clone()));
    let resync = OperatorCommand::Resynchronise;
    assert_eq!(
        plant.order("T.Tech", token.clone(), resync.clone()),
        Answer::Done
    );
    let other = plant.order("Q.Wolf", token.clone(), resync.clone());
    assert!(text(&other).contains("session has ended"), "{other:?}");
    std::thread::sleep(IDLE + Duration::from_millis(200));
    let over = plant.order("T.Tech", token.clone(), resync.clone());
    assert!(text(&over).contains("session has ended"), "{over:?}");
    assert_eq!(
        plant.order("T.Tech", token, OperatorCommand::Stop),
        Answer::Done,
        "always"
    );
    let Answer::SignedIn { session, .. } = sign_in("T.Tech", own_of("T.Tech")) else {
        panic!("it is the right secret")
    };
    let ended = Ask::SignOut {
        session: session.clone(),
    };
    assert_eq!(plant.ask(ended), Answer::Done);
    let over = plant.order("T.Tech", Some(Proof::Session(session)), resync);
    assert!(text(&over).contains("session has ended"), "{over:?}");
}

fn wrong_secrets_lock_a_name_until_it_is_enabled(plant: &Plant) {
    let resync = OperatorCommand::Resynchronise;
    let guess =
        |text: &str| plant.order("T.Tech", Some(Proof::Secret(secret(text))), resync.clone());
    for _ in 0..5 {
        assert!(text(&guess("staple under the chair")).contains("wrong"));
    }
    let right = plant.order(
        "T.Tech",
        Some(Proof::Secret(own_of("T.Tech"))),
        resync.clone(),
    );
    assert!(
        text(&right).contains("locked after 5 wrong secrets"),
        "{right:?}"
    );
    plant
        .bench
        .await_view("an alarm", |view| view.has_alarm("sign-in"));
    assert_eq!(
        plant.order("T.Tech", None, OperatorCommand::Stop),
        Answer::Done,
        "always"
    );
    plant.does("administrator", "people enable T.Tech");
    let right = plant.order("T.Tech", Some(Proof::Secret(own_of("T.Tech"))), resync);
    assert_eq!(right, Answer::Done);
    let failed = plant.records().into_iter().filter(|stored| {
        matches!(
            stored.record.fact,
            Fact::People(PeopleFact::SignInFailed { wrong: Some(_) })
        ) && stored.record.actor == Actor::Named("T.Tech".to_owned())
    });
    assert_eq!(failed.count(), 5);
}

/// From the first start on secrets are wanted, and nobody is said to have done what nobody did.
fn the_station_says_what_it_did_itself(plant: &Plant) {
    let own = plant.records().into_iter().map(|stored| stored.record);
    let own: Vec<Fact> = own
        .filter(|record| record.actor == Actor::Station)
        .map(|record| record.fact)
        .collect();
    let (old, new) = (SignIn::NamesOnly, SignIn::Required);
    let ruled = Fact::People(PeopleFact::SignInRuled { old, new });
    assert_eq!(own.iter().filter(|fact| **fact == ruled).count(), 1);
    let added = |fact: &&Fact| match fact {
        Fact::People(PeopleFact::PersonAdded { name, .. }) => name.as_str() == "administrator",
        _ => false,
    };
    assert_eq!(own.iter().filter(added).count(), 1);
    assert!(
        own.contains(&Fact::StationEnded),
        "its process was asked to end"
    );
}

/// Neither in what was printed nor in any file that the station wrote.
fn no_secret_is_anywhere(plant: &Plant, one_time: &str, ended: &Finished) {
    let mut secrets: Vec<&str> = OWN.iter().map(|(_, own)| *own).collect();
    assert!(!ended.err.contains(one_time) && ended.out.matches(one_time).count() == 1);
    secrets.push(one_time);
    let mut files = 0;
    for entry in std::fs::read_dir(plant.bench.path()).expect("the folder") {
        let path = entry.expect("an entry").path();
        let own = path.extension().is_some_and(|kind| kind == "secret");
        if own || !path.is_file() {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).expect("it can be read");
        for text in &secrets {
            let found = bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes());
            assert!(!found, "{}: {text}", path.display());
        }
    }
    assert!(files >= 2, "database and station file at least");
}

fn a_swapped_secret_is_found(plant: &Plant) {
    let path: &Path = plant.bench.path();
    let database = Connection::open(vidimus::store::database(path)).expect("it opens");
    let swap = "UPDATE secrets SET phc = (SELECT phc FROM secrets WHERE person = 't.tech')
                WHERE person = 'administrator'";
    assert_eq!(database.execute(swap, []).expect("it is done"), 1);
    database.close().expect("it closes");
    let refused = Program::run(&["run", "-c", plant.file.to_str().expect("UTF-8")]);
    assert_eq!(refused.code, Some(12), "{refused:?}");
    assert!(
        refused.err.contains("stored secret of administrator"),
        "{refused:?}"
    );
}
