//! Readers at a running station: simulated ones on real sockets and a real terminal close a case and fill a pallet.

use crate::e2e_bench::{Program, await_that};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use vidimus::record::{Actor, Fact, PackagingFact, PointId};
use vidimus::store::{OpenOptions, Reader};
use vidimus::tui::client::Client;
use vidimus_simulators::reader::{Family, Setup};
use vidimus_simulators::serve::{ReaderAddresses, ReaderLink, run_reader};

/// A simulated reader; it ends with the test.
pub struct Simulated(pub ReaderAddresses);

impl Simulated {
    fn start(family: &str, link: ReaderLink) -> Simulated {
        Simulated::set(Setup::new(Family::parse(family).expect("a family")), link)
    }

    /// One that is set like this.
    pub fn set(setup: Setup, link: ReaderLink) -> Simulated {
        let (tell, told) = mpsc::channel();
        let control = "127.0.0.1:0".parse().expect("an address");
        std::thread::spawn(move || {
            let ended = run_reader(setup, 1, link, control, |at| {
                tell.send(at.clone()).expect("somebody waits")
            });
            ended.expect("a clean end");
        });
        Simulated(told.recv().expect("it starts"))
    }

    fn does(&self, request: &Value) {
        let mut stream = TcpStream::connect(&self.0.control).expect("the control port");
        stream
            .write_all(format!("{request}\n").as_bytes())
            .expect("sent");
        let mut answer = String::new();
        BufReader::new(stream)
            .read_line(&mut answer)
            .expect("an answer");
        assert!(answer.contains("\"ok\":true"), "{request}: {answer}");
    }

    pub fn scan(&self, text: &str) {
        self.does(&json!({"do": "scan", "text": text}));
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.does(&json!({"do": "shutdown"}));
        }
    }
}

struct Site {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Site {
    /// Two lots were run, with a full case of either; from here on readers scan labels of cases and pallets, and a
    /// pallet is full with two cases.
    fn new(case: &Simulated, pallet: &Simulated) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().to_str().expect("UTF-8");
        for _lot in 0..2 {
            let args = [
                "demo",
                "--headless",
                "--json",
                "--packs",
                "50",
                "--rate",
                "1200",
                "--printer",
                "tcp",
            ];
            let done = Program::run(&[&args[..], &["--data", data]].concat());
            assert_eq!(done.code, Some(0), "{done:?}");
        }
        let text =
            std::fs::read_to_string(folder.path().join("station.toml")).expect("it is there");
        let mut text = text
            .replace("label = \"none\"", "label = \"scan\"")
            .replace("holds = 50", "holds = 2\nmixed_lots = true");
        for (level, reader) in [("case", case), ("pallet", pallet)] {
            let address = &reader.0.reader;
            text.push_str(&format!(
                "\n[[reader]]\nname = \"{level}-reader\"\naddress = \"{address}\"\n\
                 \n[[point]]\nname = \"{level}-scan\"\nkind = \"scan\"\n\
                 level = \"{level}\"\ndevice = \"{level}-reader\"\n"
            ));
        }
        let file = folder.path().join("warehouse.toml");
        std::fs::write(&file, text).expect("it can be written");
        Site { folder, file }
    }

    fn reader(&self) -> Reader {
        Reader::open(self.folder.path(), &OpenOptions::default()).expect("it opens")
    }

    fn last_record(&self) -> u64 {
        self.reader().counts().expect("it counts").records
    }

    /// What was done with containers since that record: what, where, and by whom.
    fn done_since(&self, record: u64) -> Vec<(String, PointId, Actor)> {
        let mut found = Vec::new();
        let read = self.reader().for_each_record(record, |stored| {
            if let Fact::Packaging(fact) = &stored.record.fact {
                let what = match fact {
                    PackagingFact::Begun { .. } => "begun",
                    PackagingFact::Put { .. } => "put",
                    PackagingFact::Closed { .. } => "closed",
                    _ => "other",
                };
                found.push((
                    what.to_owned(),
                    stored.record.point,
                    stored.record.actor.clone(),
                ));
            }
        });
        read.expect("it reads");
        found
    }

    fn await_done(&self, since: u64, wanted: &[&str], point: u16) {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|what| ((*what).to_owned(), PointId(point), Actor::Station))
            .collect();
        let found = await_that("what follows from a scan", || {
            let found = self.done_since(since);
            (found.len() >= wanted.len()).then_some(found)
        });
        assert_eq!(found, wanted);
    }

    /// What the alarm says now, while it stands or is not acknowledged.
    fn alarm(&self, code: &str) -> Option<String> {
        let view = Client::connect(&self.folder.path().join("station.sock"))
            .ok()?
            .view()
            .ok()?;
        // What is refused is over as soon as it was told, and stands until somebody has seen it.
        let stands = |active: bool| active || code == "scan-refused";
        let mut alarms = view.alarms.iter();
        let alarm = alarms.find(|alarm| alarm.code == code && stands(alarm.active))?;
        Some(alarm.text.clone())
    }

    fn await_alarm(&self, code: &str, says: &str) {
        await_that(says, || self.alarm(code).filter(|said| said.contains(says)));
    }
}

fn sscc(number: u64) -> String {
    let key = vidimus::gs1::Sscc::of_body(39_521_234_000_000_000 + number).expect("short");
    key.to_string()
}

#[test]
fn readers_close_a_case_and_fill_a_pallet_and_what_they_read_wrongly_is_refused_and_told() {
    let case = Simulated::start(
        "sick",
        ReaderLink::Tcp("127.0.0.1:0".parse().expect("an address")),
    );
    let pallet = Simulated::start("keyence", ReaderLink::Pty { baud: 115_200 });
    let site = Site::new(&case, &pallet);
    let config = site.file.to_str().expect("UTF-8");
    let mut station = Program::start(&["run", "-c", config]);
    let socket = site.folder.path().join("station.sock");
    await_that("a station", || Client::connect(&socket).ok()?.view().ok());
    let label = |number| format!("]C100{}", sscc(number));
    let (case1, rest1, case2, own) = (label(0), label(1), label(2), label(4));

    // A case that is not full, and what is no label of a container, are refused; nothing is done.
    let before = site.last_record();
    await_that("the reader is heard", || {
        case.scan(&rest1);
        site.alarm("scan-refused")
            .filter(|said| said.contains("case-scan") && said.contains("lacks"))
    });
    // What is read together is one label.
    std::thread::sleep(Duration::from_millis(700));
    case.scan("]d20109506000134352");
    site.await_alarm("scan-refused", "names no container, and was read alone");
    case.does(&json!({"do": "no-read"}));
    site.await_alarm("scan-refused", "nothing was read");
    assert_eq!(site.done_since(before), []);

    // A full case that waits for its label is closed by it.
    let reopened = [
        "pack",
        "reopen",
        &sscc(0),
        "--reason",
        "label",
        "-c",
        config,
        "--as",
        "Q.Wolf",
    ];
    let done = Program::run(&reopened);
    assert_eq!(done.code, Some(0), "{done:?}");
    let before = site.last_record();
    case.scan(&case1);
    site.await_done(before, &["closed"], 4);

    // A pallet is begun by its first case, filled by the next, and closed by its own label.
    let before = site.last_record();
    pallet.scan(&rest1);
    site.await_alarm("scan-refused", "is not closed");
    pallet.scan(&case1);
    site.await_done(before, &["begun", "put"], 5);
    let before = site.last_record();
    pallet.scan(&own);
    site.await_alarm("scan-refused", "lacks");
    pallet.scan(&case2);
    site.await_done(before, &["put"], 5);
    let before = site.last_record();
    pallet.scan(&own);
    site.await_done(before, &["closed"], 5);

    // A reader that never stops talking is dropped and told; put right, the alarm goes by itself.
    case.does(&json!({"do": "fault", "name": "never-stops", "on": true}));
    site.await_alarm("reader-link", "never stops talking");
    case.does(&json!({"do": "heal"}));
    await_that("it is there again", || {
        site.alarm("reader-link").is_none().then_some(())
    });
    assert!(station.ended().is_none());
}
