//! Labels of cases and pallets at a real station: cases fill behind the gate, their labels are printed by a simulated
//! printer, and what closes a case is what is read in a picture of that print. A label that is another case's, or older
//! than the content, is refused by name; without the printer the packs go on and the cases wait.

use crate::e2e_bench::{Bench, Finished, Program, await_that};
use crate::e2e_readers::Simulated;
use rustix::process::Signal;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use vidimus::record::{Actor, ContainerNo, Fact, LabelText, PackagingFact};
use vidimus::wire::{Answer, OperatorCommand, View};
use vidimus_simulators::Tick;
use vidimus_simulators::printer::{Label, Media, Printer};
use vidimus_simulators::reader::{Family, Setup};
use vidimus_simulators::serve::ReaderLink;

/// A printer of labels by itself: no PLC, every label comes out at once unless it is held.
struct LabelPrinter {
    listener: TcpListener,
    printed: Arc<Mutex<Vec<Arc<Label>>>>,
    printer: Arc<Mutex<Printer>>,
    /// Labels stay in its queue.
    held: Arc<AtomicBool>,
    /// Everything it was sent.
    heard: Arc<Mutex<Vec<u8>>>,
}

impl LabelPrinter {
    /// It takes connections, and says nothing until it is switched on.
    fn silent() -> LabelPrinter {
        LabelPrinter {
            listener: TcpListener::bind("127.0.0.1:0").expect("a port is free"),
            printed: Arc::default(),
            printer: Arc::new(Mutex::new(Printer::new(Media {
                dpmm: 8,
                width_mm: 160,
                length_mm: 220,
            }))),
            held: Arc::default(),
            heard: Arc::default(),
        }
    }

    fn address(&self) -> String {
        let at = self.listener.local_addr().expect("it listens");
        format!("zpl+tcp://{at}")
    }

    /// Serves one client after the other for as long as the test runs.
    fn switch_on(&self) {
        let listener = self.listener.try_clone().expect("it can be shared");
        let (printed, printer) = (Arc::clone(&self.printed), Arc::clone(&self.printer));
        let (held, heard) = (Arc::clone(&self.held), Arc::clone(&self.heard));
        std::thread::spawn(move || {
            let mut now = 0;
            for client in listener.incoming() {
                let Ok(mut client) = client else { return };
                printer.lock().expect("nobody panicked").link_lost();
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = client.read(&mut bytes) {
                    now += 1;
                    heard
                        .lock()
                        .expect("nobody panicked")
                        .extend_from_slice(&bytes[..count]);
                    let mut printer = printer.lock().expect("nobody panicked");
                    let answer = printer.receive(Tick(now), &bytes[..count]);
                    while !held.load(Ordering::Relaxed)
                        && let Some(label) = printer.start_print(Tick(now), 0)
                    {
                        printed.lock().expect("nobody panicked").push(label);
                    }
                    drop(printer);
                    if client.write_all(&answer).is_err() {
                        break;
                    }
                }
            }
        });
    }

    /// Labels stay in its queue from here on, or come out again.
    fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    fn now(&self, change: impl FnOnce(&mut Printer)) {
        change(&mut self.printer.lock().expect("nobody panicked"));
    }

    fn waiting(&self) -> usize {
        self.printer.lock().expect("nobody panicked").waiting()
    }

    /// How many formats were stored in it.
    fn formats(&self) -> usize {
        let heard = self.heard.lock().expect("nobody panicked");
        heard.windows(4).filter(|bytes| bytes == b"^DFR").count()
    }

    fn count(&self) -> usize {
        self.printed.lock().expect("nobody panicked").len()
    }

    /// The last label with this in one of its bar codes, as a picture file in this folder.
    fn picture_of(&self, content: &str, folder: &Path) -> PathBuf {
        let printed = self.printed.lock().expect("nobody panicked");
        let says =
            |label: &&Arc<Label>| label.scan_data().iter().any(|scan| scan.contains(content));
        let label = printed
            .iter()
            .rev()
            .find(says)
            .expect("such a label was printed");
        let dots = label.draw();
        let luma = dots.cover.iter().map(|cover| 255 - cover).collect();
        let picture = image::GrayImage::from_raw(dots.width as u32, dots.height as u32, luma);
        let path = folder.join(format!("{}-{}.png", content, printed.len()));
        picture
            .expect("it has its pixels")
            .save(&path)
            .expect("it can be written");
        path
    }
}

/// A layer of packs with these serials, as a picture file.
fn layer_of(serials: &[String], folder: &Path) -> PathBuf {
    let mut printer = Printer::new(Media {
        dpmm: 12,
        width_mm: 60,
        length_mm: 20,
    });
    let symbols = serials.iter().enumerate().map(|(place, serial)| {
        let x = 40 + 240 * place;
        format!("^FO{x},40^BXN,6,200,,,,_,1^FD_1010950600013435221{serial}_11728123110LOT-9^FS")
    });
    let zpl = format!("^XA{}^XZ", symbols.collect::<String>());
    printer.receive(Tick(0), zpl.as_bytes());
    let dots = printer.start_print(Tick(0), 0).expect("a label").draw();
    let luma = dots.cover.iter().map(|cover| 230 - cover / 5 * 4).collect();
    let picture = image::GrayImage::from_raw(dots.width as u32, dots.height as u32, luma);
    let path = folder.join(format!("layer-{}.png", serials.join("-")));
    picture
        .expect("it has its pixels")
        .save(&path)
        .expect("it can be written");
    path
}

struct Site {
    bench: Bench,
    file: PathBuf,
}

impl Site {
    fn order(&self, args: &[&str]) -> Finished {
        let file = self.file.to_str().expect("UTF-8");
        Program::run(&[&["pack"], args, &["-c", file, "--as", "Q.Wolf"]].concat())
    }

    fn does(&self, args: &[&str]) -> String {
        let done = self.order(args);
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        done.out
    }

    fn refused(&self, said: &str, args: &[&str]) {
        let done = self.order(args);
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        assert!(done.err.contains(said), "{said}: {done:?}");
    }

    fn open_batch(&self) {
        let file = self.file.to_str().expect("UTF-8");
        let batch = "batch open --gtin 09506000134352 --lot LOT-9 --expiry 281231 -c";
        let opened = Program::run(&[&batch.split(' ').collect::<Vec<_>>()[..], &[file]].concat());
        assert_eq!(opened.code, Some(0), "{opened:?}");
    }

    /// What no order may hold is refused before it reaches the line, and before a secret is asked for.
    fn refuses_at_the_edge(&self) {
        let file = self.file.to_str().expect("UTF-8");
        let open = [
            "batch",
            "open",
            "--gtin",
            "09506000134352",
            "--lot",
            "LOT-9",
        ];
        let clear = ["batch", "clear-line"];
        for (order, more, said) in [
            (
                &open[..],
                &["--expiry", "250131"][..],
                "is over: its last day was 2025-01-31",
            ),
            (
                &open,
                &["--expiry", "281231", "--reason", "a\u{1b}[2Jb"],
                "control character (U+001B)",
            ),
            (
                &open,
                &["--expiry", "281231", "--as", "M\nKowal"],
                "The name has a control character",
            ),
            (&clear, &["--sign", "performed"], "nothing can be signed"),
            (
                &["epcis", "outbox", "retry", "99"],
                &[],
                "There is no document 99 in the outbox",
            ),
        ] {
            let done = Program::run(&[order, more, &["-c", file]].concat());
            assert_eq!(done.code, Some(1), "{more:?}: {done:?}");
            assert!(done.err.contains(said), "{said}: {done:?}");
            let plain = |c: char| !c.is_control() || c == '\n';
            assert!(done.err.chars().all(plain), "{done:?}");
        }
    }

    /// Feeds packs, ten at a time, until the line has seen enough and is empty.
    fn feed_until(&self, what: &str, enough: impl Fn(&View) -> bool) {
        let fed = Cell::new(self.bench.view().map_or(0, |view| view.tally.entered));
        self.bench.await_view(what, |view| {
            self.bench.do_what_the_screen_asks(view);
            let empty = view.tally.entered == fed.get() && view.tally.in_line == 0;
            if empty && !enough(view) {
                fed.set(fed.get() + 10);
                let _ = self.bench.factory(&json!({"do": "feed", "packs": 10}));
            }
            empty && enough(view)
        });
    }

    fn labelled(&self) -> usize {
        let labelled = |fact: &PackagingFact| matches!(fact, PackagingFact::Labelled { .. });
        self.facts().iter().filter(|fact| labelled(fact)).count()
    }

    fn facts(&self) -> Vec<PackagingFact> {
        let mut facts = Vec::new();
        let read = self.bench.reader().for_each_record(0, |stored| {
            if let Fact::Packaging(fact) = stored.record.fact {
                facts.push(fact);
            }
        });
        read.expect("it reads");
        facts
    }
}

fn sscc(number: u64) -> String {
    let key = vidimus::gs1::Sscc::of_body(39_521_234_000_000_000 + number).expect("short");
    key.to_string()
}

/// The station file with printed labels of cases and pallets; a case holds so many.
fn with_labels(file: &Path, labels: &LabelPrinter, holds: u32) -> PathBuf {
    let text = std::fs::read_to_string(file).expect("it is there");
    let text = text
        .replace(
            "label_printer = \"none\"",
            &format!("label_printer = \"{}\"", labels.address()),
        )
        .replace("holds = 40", &format!("holds = {holds}"))
        .replace("\nlabel = \"none\"", "\nlabel = \"print\"")
        .replace("\ntemplate = \"none\"", "\ntemplate = \"case\"")
        .replace(
            "holds = 50",
            "holds = 2\nlabel = \"print\"\ntemplate = \"pallet\"",
        );
    std::fs::write(file, text).expect("it can be written");
    file.to_owned()
}

/// A reader of cases' labels, which people carry to it.
fn with_case_reader(file: &Path) -> Simulated {
    let mut setup = Setup::new(Family::parse("sick").expect("a family"));
    setup.aim = true;
    let scanner = Simulated::set(setup, ReaderLink::Tcp("127.0.0.1:0".parse().expect("one")));
    let mut text = std::fs::read_to_string(file).expect("it is there");
    text.push_str(&format!(
        "\n[[reader]]\nname = \"case-reader\"\naddress = \"{}\"\naim = true\n\
         \n[[point]]\nname = \"case-scan\"\nkind = \"scan\"\nlevel = \"case\"\n\
         device = \"case-reader\"\norder = \"free\"\n",
        scanner.0.reader
    ));
    std::fs::write(file, text).expect("it can be written");
    scanner
}

/// A case of two, where six would go in, gets its label by hand, and is closed when its reader sees that; the lot of
/// another label that comes at once is none of it.
fn closed_with_less_by_its_reader(
    site: &Site,
    labels: &LabelPrinter,
    scanner: &Simulated,
    case: &str,
) {
    let before = labels.count();
    let told = site.does(&["label", case]);
    assert!(told.contains("(37)2"), "{told}");
    await_that("its label", || (labels.count() > before).then_some(()));
    let codes = {
        let printed = labels.printed.lock().expect("nobody panicked");
        printed.last().expect("it was printed").scan_data()
    };
    assert_eq!(codes.len(), 3, "{codes:?}");
    for code in &codes {
        scanner.scan(&format!("]C1{code}"));
    }
    scanner.scan("]C110LOT-77");
    let closed = await_that("the case is closed", || {
        let mut closed = None;
        let read = site.bench.reader().for_each_record(0, |stored| {
            let early = |fact: &Fact| {
                matches!(
                    fact,
                    Fact::Packaging(PackagingFact::Closed {
                        units: 2,
                        partial: true,
                        ..
                    })
                )
            };
            let record = stored.record;
            closed = Some(record)
                .filter(|record| early(&record.fact) && record.actor == Actor::Station)
                .or(closed.take());
        });
        read.expect("it reads");
        closed
    });
    let reason = closed.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("2 of 6 inside (record "), "{closed:?}");
    site.bench.await_view("what is no container's", |view| {
        alarm(view, "scan-refused").contains("10LOT-77 names no container")
    });
}

/// What an alarm of this station says; nothing where it does not stand.
fn alarm(view: &View, code: &str) -> String {
    let found = view
        .alarms
        .iter()
        .find(|one| one.code == code && one.active);
    found.map_or_else(String::new, |one| one.text.clone())
}

#[test]
fn cases_and_a_pallet_are_closed_with_the_labels_that_were_printed_for_them() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let labels = LabelPrinter::silent();
    let file = with_labels(&file, &labels, 6);
    let scanner = with_case_reader(&file);
    let run = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let station = Program::start(&run);
    let site = Site {
        bench,
        file: file.clone(),
    };
    let bench = &site.bench;
    bench.await_view("a station", |view| view.labels.is_some());
    site.open_batch();
    // The printer of labels is silent: packs go on, and full cases wait.
    site.feed_until("two full cases", |view| view.tally.good >= 14);
    let view = bench.await_view("labels that are due", |view| {
        view.labels.as_ref().is_some_and(|labels| labels.due >= 2)
    });
    assert!(view.labels.expect("it prints").hindrance.is_some());
    let (case1, case2) = (sscc(0), sscc(1));
    site.refused("cannot print", &["label", &case1]);
    site.refused("[wrong-label]", &["close", &case1]);
    site.refused("[relabel]", &["close", &case1, "--label", &case1]);
    assert!(
        !site
            .facts()
            .iter()
            .any(|fact| matches!(fact, PackagingFact::Labelled { .. }))
    );

    // It answers: what waits is printed, each once, and it is on record before.
    labels.switch_on();
    bench.await_view("every label", |view| {
        view.labels
            .as_ref()
            .is_some_and(|labels| labels.due == 0 && labels.hindrance.is_none())
    });
    await_that("two labels", || (labels.count() >= 2).then_some(()));
    let folder = bench.path();
    let (label1, label2) = (
        labels.picture_of(&case1, folder),
        labels.picture_of(&case2, folder),
    );
    let picture = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    site.refused(
        &format!("should say (00){case1}"),
        &["close", &case1, "--picture", &picture(&label2)],
    );
    site.refused("was not read", &["close", &case1, "--label", &case1]);
    site.does(&["close", &case1, "--picture", &picture(&label1)]);
    let sha = Sha256::digest(std::fs::read(&label1).expect("it is there"));
    let pictured = |fact: &PackagingFact| match fact {
        PackagingFact::Pictured {
            container, picture, ..
        } => *container == ContainerNo(1) && picture.0 == *sha,
        _ => false,
    };
    assert!(
        site.facts().iter().any(pictured),
        "the picture's hash is on record"
    );
    site.refused("[parent-closed]", &["label", &case1]);

    // Content that changed since: the label that is on the case says what is not true any more.
    let reader = bench.reader();
    let packs = reader.packs(Default::default()).expect("it reads");
    let good = packs
        .iter()
        .filter(|row| row.fate == Some(vidimus::record::Fate::Good));
    let number =
        |row: &vidimus::store::PackRow| row.serial.as_ref().expect("it has a number").text.clone();
    let serials: Vec<String> = good.skip(7).take(2).map(number).collect();
    let scans = serials
        .iter()
        .map(|serial| format!("(01)09506000134352(21){serial}"));
    let scans: Vec<String> = scans.collect();
    site.does(&["take", &scans[0], &scans[1]]);
    let partial = ["--partial", "--reason", "two taken out"];
    site.refused(
        "[relabel]",
        &[
            &["close", &case2, "--picture", &picture(&label2)][..],
            &partial,
        ]
        .concat(),
    );
    let before = labels.count();
    let told = site.does(&["label", &case2]);
    assert!(
        told.contains("(37)4") && told.contains("Destroy label no. 1"),
        "{told}"
    );
    let file = site.file.to_str().expect("UTF-8");
    let trace = Program::run(&["trace", &case2, "-c", file]).out;
    let trace = trace.split_whitespace().collect::<Vec<_>>().join(" ");
    let ordered = "label no. 2 ordered from the printer, not proven to be printed";
    assert!(trace.contains(ordered), "{trace}");
    await_that("the new label", || {
        (labels.count() == before + 1).then_some(())
    });
    site.refused(
        "(37) 6",
        &[
            &["close", &case2, "--picture", &picture(&label2)][..],
            &partial,
        ]
        .concat(),
    );
    site.refused("[missing]", &["label", &case2]);
    let told = site.does(&["label", &case2, "--reason", "smeared"]);
    assert!(told.contains("Label no. 3"), "{told}");
    await_that("the third label", || {
        (labels.count() == before + 2).then_some(())
    });
    let label2 = labels.picture_of(&case2, folder);
    site.does(
        &[
            &["close", &case2, "--picture", &picture(&label2)][..],
            &partial,
        ]
        .concat(),
    );

    // A pallet of both says how many packs are in it; every one of its bar codes must be read.
    let begun = site.does(&["begin", "pallet"]);
    let pallet = begun
        .split("(00)")
        .nth(1)
        .expect("its number")
        .trim_end_matches(" is open.\n")
        .to_owned();
    site.does(&["put", &pallet, &case1, &case2]);
    let told = site.does(&["label", &pallet]);
    assert!(
        told.contains("(02)09506000134352")
            && told.contains("(37)10")
            && told.contains("(10)LOT-9"),
        "{told}"
    );
    await_that("the pallet's label", || {
        (labels.count() == before + 3).then_some(())
    });
    let content = "(02)09506000134352(17)281231(37)10";
    site.refused(
        "(37) 12",
        &[
            "close",
            &pallet,
            "--label",
            &pallet,
            "--label",
            &content.replace("(37)10", "(37)12"),
        ],
    );
    site.refused(
        "(10) LOT-9",
        &["close", &pallet, "--label", &pallet, "--label", content],
    );
    let label = labels.picture_of(&pallet, folder);
    site.does(&["close", &pallet, "--picture", &picture(&label)]);

    // The two that were taken out go into a new case by one picture of them: both or none.
    let begun = site.does(&["begin", "case"]);
    let begun = begun.split("(00)").nth(1).expect("its number");
    let case = begun.trim_end_matches(" is open.\n").to_owned();
    let layer = picture(&layer_of(&serials, folder));
    let foreign = picture(&layer_of(
        &[serials[0].clone(), "AAAAAAAAAAAA".to_owned()],
        folder,
    ));
    let overlay = picture(&folder.join("overlay.png"));
    site.refused(
        "[count]",
        &[
            "put",
            &case,
            "--picture",
            &layer,
            "--expect",
            "3",
            "--overlay",
            &overlay,
        ],
    );
    assert!(
        image::open(&overlay)
            .expect("it was drawn")
            .into_rgb8()
            .pixels()
            .any(|one| one.0[0] != one.0[1])
    );
    site.refused("[missing]", &["put", &case, "--picture", &layer]);
    site.refused(
        "[unknown]",
        &["put", &case, "--picture", &foreign, "--expect", "2"],
    );
    site.refused(
        "cannot be read",
        &["put", &case, "--picture", &picture(&folder.join("no.png"))],
    );
    site.does(&["put", &case, "--picture", &layer, "--expect", "2"]);
    let two = |fact: &PackagingFact| matches!(fact, PackagingFact::Pictured { read: 2, .. });
    assert!(site.facts().iter().any(two));
    closed_with_less_by_its_reader(&site, &labels, &scanner, &case);

    // Everything that was printed is on record, in this order, and nothing that is not.
    let on_record: Vec<String> = site
        .facts()
        .into_iter()
        .filter_map(|fact| match fact {
            PackagingFact::Labelled { says, .. } => Some(says),
            _ => None,
        })
        .collect();
    assert_eq!(on_record.len(), labels.count(), "{on_record:?}");
    for (says, label) in on_record
        .iter()
        .zip(labels.printed.lock().expect("nobody panicked").iter())
    {
        let sscc = says.split("(00)").nth(1).expect("it has one");
        assert!(
            label
                .scan_data()
                .iter()
                .any(|scan| scan.contains(&sscc[..18])),
            "{says}"
        );
    }
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench
        .reader()
        .audit()
        .expect("the rows are what the records say");
}

/// A printer that opens its head, is paused, or loses its queue with the station: every label that was ordered is read,
/// or somebody is told; no second one is printed without a reason, and nothing is closed without a reading.
#[test]
fn no_label_is_lost_without_a_word_and_none_is_printed_twice_without_a_reason() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let labels = LabelPrinter::silent();
    labels.switch_on();
    let file = with_labels(&file, &labels, 10);
    let run = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let station = Program::start(&run);
    let site = Site {
        bench,
        file: file.clone(),
    };
    let bench = &site.bench;
    let well = |view: &View| {
        view.labels
            .as_ref()
            .is_some_and(|labels| labels.hindrance.is_none())
    };
    bench.await_view("a printer of labels that is well", well);
    assert!(
        !bench.alarms_on_record().contains("container-printer"),
        "it answered at once"
    );
    site.refuses_at_the_edge();
    site.open_batch();

    // The head is opened while the first label is in it; the label comes out later, and counts when it is read.
    labels.hold(true);
    site.feed_until("a full case", |view| view.tally.good >= 10);
    await_that("a label in the printer", || {
        (labels.waiting() == 1).then_some(())
    });
    labels.now(|printer| printer.press.hindrance.head_open = true);
    let (case1, case2, case3) = (sscc(0), sscc(1), sscc(2));
    bench.await_view("a label in doubt", |view| {
        alarm(view, "container-label").contains(&case1)
            && !alarm(view, "container-printer").is_empty()
    });
    site.refused(
        "cannot print",
        &["label", &case1, "--reason", "it looks spoilt"],
    );
    site.refused("was not read", &["close", &case1, "--label", &case1]);
    labels.now(Printer::mend);
    labels.hold(false);
    await_that("the first label", || (labels.count() == 1).then_some(()));
    bench.await_view("a printer that is well again", well);
    site.refused("[missing]", &["label", &case1]);
    let acknowledge = OperatorCommand::Acknowledge {
        alarm: "container-label".to_owned(),
    };
    assert_eq!(bench.order(acknowledge), Answer::Done);
    let picture = labels.picture_of(&case1, bench.path());
    site.does(&[
        "close",
        &case1,
        "--picture",
        picture.to_str().expect("UTF-8"),
    ]);

    // The second label is on record and in the printer, the third is due at a paused one: then the station is killed.
    labels.hold(true);
    site.feed_until("a second full case", |view| view.tally.good >= 20);
    await_that("a label in the printer", || {
        (labels.waiting() == 1).then_some(())
    });
    labels.now(|printer| printer.press.hindrance.paused = true);
    bench.await_view("a pause", |view| {
        !alarm(view, "container-printer").is_empty()
    });
    site.feed_until("a third full case", |view| view.tally.good >= 30);
    bench.await_view("a label that is due", |view| {
        view.labels.as_ref().is_some_and(|labels| labels.due == 1)
    });
    assert_eq!(
        (site.labelled(), labels.formats()),
        (2, 1),
        "one template, stored once"
    );
    station.kill();
    labels.hold(false);
    let station = Program::start(&run);
    bench.await_view("what is not known of the second label", |view| {
        let told = alarm(view, "container-label");
        told.contains(&case2) && !told.contains(&case1) && !told.contains(&case3)
    });
    await_that("an empty queue", || (labels.waiting() == 0).then_some(()));
    assert_eq!(
        labels.count(),
        1,
        "what was in the queue is thrown away, not printed for whatever comes"
    );
    labels.now(|printer| printer.press.hindrance.paused = false);
    await_that("the third label", || (labels.count() == 2).then_some(()));
    let picture = labels.picture_of(&case3, bench.path());
    site.does(&[
        "close",
        &case3,
        "--picture",
        picture.to_str().expect("UTF-8"),
    ]);
    site.refused("was not read", &["close", &case2, "--label", &case2]);
    site.refused("[missing]", &["label", &case2]);
    let told = site.does(&["label", &case2, "--reason", "lost with the power"]);
    assert!(told.contains("Label no. 2"), "{told}");
    await_that("the second label", || (labels.count() == 3).then_some(()));
    let picture = labels.picture_of(&case2, bench.path());
    site.does(&[
        "close",
        &case2,
        "--picture",
        picture.to_str().expect("UTF-8"),
    ]);
    assert_eq!(
        (site.labelled(), labels.count()),
        (4, 3),
        "the lost one is on record as well"
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench
        .reader()
        .audit()
        .expect("the rows are what the records say");
}

/// A level's label is changed while cases fill: the next one is printed from the new template, and what was printed
/// before is still read.
#[test]
fn the_label_of_a_level_is_changed_and_rolled_back_between_two_cases() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let labels = LabelPrinter::silent();
    labels.switch_on();
    let file = with_labels(&file, &labels, 20);
    let run = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let station = Program::start(&run);
    let site = Site { bench, file };
    let bench = &site.bench;
    bench.await_view("a station", |view| view.labels.is_some());
    site.open_batch();
    let full = |cases: u64| move |view: &View| view.tally.good > 20 * cases;
    site.feed_until("a case", full(1));
    await_that("a label", || (labels.count() >= 1).then_some(()));
    let text = include_str!("../templates/labels/case/label.toml");
    let changed = text.replace("name = \"", "name = \"New: ");
    let path = bench.path().join("new-case.toml");
    std::fs::write(&path, &changed).expect("it can be written");
    let label = |args: &[&str]| {
        let file = site.file.to_str().expect("UTF-8");
        Program::run(&[&["label"], args, &["-c", file]].concat())
    };
    let new = path.to_str().expect("UTF-8");
    let reason = ["--level", "case", "--reason", "a test"];
    let other = label(&[&["activate", "case-gtin"][..], &reason].concat());
    assert_eq!(other.code, Some(1), "it has no SSCC: {other:?}");
    let done = label(&[&["activate", new][..], &reason].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let nobodys = label(&["activate", new, "--level", "crate", "--reason", "why"]);
    assert!(nobodys.err.contains("no [[level]]"), "{nobodys:?}");
    site.feed_until("two cases", full(2));
    let back = label(&[&["rollback"][..], &reason].concat());
    assert_eq!(back.code, Some(0), "{back:?}");
    site.feed_until("three cases", full(3));
    await_that("three labels", || (labels.count() >= 3).then_some(()));
    let used: Vec<String> = site
        .facts()
        .iter()
        .filter_map(|fact| match fact {
            PackagingFact::Labelled { template, .. } => Some(template.to_string()),
            _ => None,
        })
        .take(3)
        .collect();
    let hash = |text: &str| LabelText::new("", text).template.to_string();
    let (old, new) = (hash(text), hash(&changed));
    assert_eq!(used, [old.clone(), new, old]);
    for case in 0..3 {
        let picture = labels.picture_of(&sscc(case), bench.path());
        let picture = picture.to_str().expect("UTF-8");
        site.does(&["close", &sscc(case), "--picture", picture]);
    }
    let told = label(&["history"]).out;
    assert!(told.contains("case") && told.contains("replaced"), "{told}");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench.reader().audit().expect("rows follow from records");
}
