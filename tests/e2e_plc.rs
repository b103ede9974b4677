//! `vidimus plc watch` at simulated PLCs: what they show by name, what is wrong by the doctor's words, and that nothing
//! is written to them; and two stations at one.

use crate::e2e_bench::{Bench, Program, await_that};
use crate::e2e_screen::Terminal;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use vidimus::tui::client::Client;
use vidimus::wire::View;

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// The station file with another PLC.
fn with(file: &Path, name: &str, old: &str, new: &str) -> std::path::PathBuf {
    let content = std::fs::read_to_string(file).expect("it is there");
    assert!(content.contains(old), "{old}");
    let path = file.with_file_name(name);
    std::fs::write(&path, content.replace(old, new)).expect("it can be written");
    path
}

#[test]
fn a_plc_is_watched_by_name_and_never_written_to() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&[]);
    let ended = Program::run(&["plc", "watch", text(&file), "--once", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = ended.json();
    assert_eq!((&said["ok"], &said["map"]), (&true.into(), &"none".into()));
    let values = said["values"].as_object().expect("values");
    assert_eq!(values.len(), 22, "{said}");
    assert_eq!(values["PLC_BOOT"], 1, "{said}");
    for (name, depth) in [
        ("VERDICT_DEPTH", 64),
        ("EVENT_DEPTH", 64),
        ("GATE_DEPTH", 64),
    ] {
        assert_eq!(values[name], depth, "{said}");
    }
    // No station ever spoke to it: whoever looks is none.
    for name in [
        "ECHO_HEARTBEAT",
        "ECHO_STATION_BOOT",
        "CMD_ACK_SEQ",
        "ENTERED",
    ] {
        assert_eq!(values[name], 0, "{said}");
    }
    assert_eq!(
        said["faults"],
        serde_json::json!(["station_heartbeat_lost"]),
        "{said}"
    );
    assert_eq!(said["findings"], serde_json::json!([]), "{said}");

    // Standard output is no terminal here: once, in words, within the page.
    let plain = Program::run(&["plc", "watch", text(&file), "--plc", "plc-1"]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    for word in [
        "PLC_BOOT          1 ",
        "VERDICT_DEPTH     64",
        "station_heartbeat_lost: ",
    ] {
        assert!(plain.out.contains(word), "{word}: {}", plain.out);
    }
    assert!(
        plain.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        plain.out
    );
    assert!(!plain.out.contains('\x1b'), "{}", plain.out);

    // What differs from the file is named as the doctor names it.
    let other = with(
        &file,
        "other.toml",
        "verdict_depth = 64",
        "verdict_depth = 128",
    );
    let said = Program::run(&["plc", "watch", text(&other), "--json"]).json();
    assert_eq!(
        said["findings"][0]["found"],
        "verdict_depth is 64 in the PLC and 128 in the station file"
    );

    let none = Program::run(&["plc", "watch", text(&file), "--plc", "plc-9"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(
        none.err.contains("has no PLC plc-9; it has plc-1"),
        "{none:?}"
    );
}

#[test]
fn in_a_terminal_it_is_drawn_in_place_until_ctrl_c() {
    let bench = Bench::new();
    let (factory, file) = bench.furnish(&[]);
    let mut terminal = Terminal::run(&["plc", "watch", text(&file)], false);
    terminal.await_text(&["PLC_BOOT          1", "station_heartbeat_lost"]);
    let beat = |text: &str| -> Option<u64> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "HEARTBEAT")?;
        words.get(at + 1)?.parse().ok()
    };
    let first = await_that("a heartbeat", || beat(&terminal.text()));
    await_that("another heartbeat", || {
        beat(&terminal.text()).filter(|beat| *beat != first)
    });
    let shown = terminal.text();
    assert_eq!(shown.matches("PLC_BOOT").count(), 1, "{shown}");
    // It is away: what it said last is gone, and the doctor's words stand there.
    factory.kill();
    terminal.await_text(&["plc-1", "WRONG", "no header can be read"]);
    assert!(!terminal.text().contains("PLC_BOOT"), "{}", terminal.text());
    terminal.press("\x03");
    assert_eq!(terminal.wait().code(), Some(0));
}

/// As its programmer would look for them: in the words of the map, whatever else is wrong in the station file.
#[test]
fn mistakes_of_a_map_are_told_beside_those_of_the_station_file_and_in_its_own_words() {
    let bench = Bench::new();
    let nobody = ["zpl+tcp://127.0.0.1:9", "http://127.0.0.1:9/stream"];
    let file = bench.station_file(nobody[0], "modbus+tcp://127.0.0.1:9?unit=1", nobody[1]);
    let map = include_str!("../templates/plc/input-registers.toml");
    let wrong = map
        .replace("register = 40022, table", "register = 40001, table")
        .replace("MAGIC = [30001, 2]", "MAGIC = [1, 2]");
    std::fs::write(bench.path().join("plc.toml"), wrong).expect("it can be written");
    let mapped = with(
        &file,
        "mapped.toml",
        "\nmap = \"none\"",
        "\nmap = \"plc.toml\"",
    );
    let both = with(&mapped, "both.toml", "workers = 2", "wrokers = 2");
    for (file, station) in [(&mapped, false), (&both, true)] {
        let ended = Program::run(&["check", text(file)]);
        assert_eq!(ended.code, Some(10), "{ended:?}");
        assert_eq!(ended.err.contains("wrokers"), station, "{ended:?}");
        for said in [
            "plc.toml: ",
            "STATION_BOOT stands where ECHO_STATION_BOOT stands",
            "register 40001, Modbus 0",
            "MAGIC stands at 1: an input register here is a number from 30001",
        ] {
            assert!(ended.err.contains(said), "{said}: {ended:?}");
        }
        let told = Program::run(&["check", "--json", text(file)])
            .json()
            .to_string();
        assert!(told.contains("register 40001, Modbus 0"), "{told}");
    }
}

#[test]
fn a_second_station_at_a_plc_stands_and_says_so_until_the_first_has_ended() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let first = Program::start(&["run", "-c", text(&file)]);
    let wants_a_batch = |view: &View| view.state_text.contains("No batch is open");
    bench.await_view("a station that wants a batch", wants_a_batch);

    let folder = bench.path().join("second");
    let at = bench.addresses().expect("the factory is there");
    let plc = at.plc.expect("it has a PLC");
    let nowhere = ["zpl+tcp://127.0.0.1:1", "http://127.0.0.1:1/"];
    let content = vidimus::config::demo_text(nowhere[0], &plc, nowhere[1], text(&folder));
    let file = bench.path().join("second.toml");
    std::fs::write(&file, content).expect("it can be written");
    let second = Program::start(&["run", "-c", text(&file)]);
    let socket = folder.join("station.sock");
    let alarm = |view: &View| {
        let found = view.alarms.iter().find(|one| one.code == "plc-link");
        found.filter(|one| one.active).map(|one| one.text.clone())
    };
    let said = await_that("the second one's alarm", || {
        let view = Client::connect(&socket).ok()?.view().ok()?;
        let why = "another station writes to this PLC (boot ";
        alarm(&view).filter(|said| said.contains(why) && view.state_text.contains(why))
    });
    assert!(said.contains("stop one of them"), "{said}");
    let undisturbed = bench.view().expect("the first one answers");
    assert!(wants_a_batch(&undisturbed), "{undisturbed:?}");
    assert!(!bench.alarms_on_record().contains("plc-link"));

    first.signal(rustix::process::Signal::TERM);
    assert_eq!(first.finish().code, Some(0));
    await_that("the second one alone", || {
        let view = Client::connect(&socket).ok()?.view().ok()?;
        alarm(&view).is_none().then_some(())
    });
    second.signal(rustix::process::Signal::TERM);
    assert_eq!(second.finish().code, Some(0));
}

/// A PLC that answers its reads with these words from register 0 on.
fn shows(words: [u16; 40]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it has one");
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut asked = [0; 12];
            while stream.read_exact(&mut asked).is_ok() {
                assert_eq!((asked[7], asked[11]), (3, 40), "only the header is read");
                let mut answer = asked[..4].to_vec();
                answer.extend([0, 83, asked[6], 3, 80]);
                answer.extend(words.iter().flat_map(|word| word.to_be_bytes()));
                if stream.write_all(&answer).is_err() {
                    break;
                }
            }
        }
    });
    format!("modbus+tcp://{at}?unit=1")
}

#[test]
fn a_wrong_plc_is_named_and_is_a_device_that_fails() {
    let bench = Bench::new();
    let file = |plc: &str| bench.station_file("zpl+tcp://127.0.0.1:1", plc, "http://127.0.0.1:1/");
    let mut swapped = [0; 40];
    swapped[..3].copy_from_slice(&[0x4D31, 0x5056, 0x0100]);
    let mut version = [0; 40];
    version[..3].copy_from_slice(&[0x5056, 0x4D31, 0x0200]);
    for (words, said) in [
        (swapped, "its words stand the other way round"),
        (version, "0x0200"),
        ([0; 40], "0x0000 0x0000"),
    ] {
        let file = file(&shows(words));
        let ended = Program::run(&["plc", "watch", text(&file), "--json"]);
        assert_eq!(ended.code, Some(11), "{ended:?}");
        let found = ended.json();
        assert_eq!(found["ok"], false, "{found}");
        let told = found["findings"][0]["found"].as_str().expect("it is told");
        assert!(told.contains(said), "{told}");
        let plain = Program::run(&["plc", "watch", text(&file)]);
        assert_eq!(
            (plain.code, plain.out.as_str()),
            (Some(11), ""),
            "{plain:?}"
        );
        assert!(plain.err.contains("WRONG"), "{plain:?}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = nobody.local_addr().expect("it has one");
    drop(nobody);
    let file = file(&format!("modbus+tcp://{at}?unit=1"));
    let ended = Program::run(&["plc", "watch", text(&file), "--once"]);
    assert_eq!(ended.code, Some(11), "{ended:?}");
    assert!(ended.err.contains("nothing listens on port"), "{ended:?}");
}
