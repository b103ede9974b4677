//! Whole stations at PLCs with other register maps and on other links: the factory reads the same station file and the
//! same map by itself, so what the two understand differently shows in the packs.

use crate::e2e_bench::{Bench, Program, await_that};
use crate::e2e_cameras::{ends_well, open, pass};
use std::path::{Path, PathBuf};

/// The factory that fits a station file with this PLC, and the file with its devices' addresses.
fn furnish(bench: &Bench, address: &str, map: &str) -> (Program, PathBuf) {
    let text = vidimus::config::demo_text(
        "zpl+tcp://127.0.0.1:9100",
        address,
        "http://127.0.0.1:8080/stream",
        bench.text(),
    );
    let folder = bench.path().join("wanted");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let map = match map {
        "none" => map.to_owned(),
        name => {
            // Beside the station file, whatever folder somebody starts a program in.
            let plc = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/plc");
            std::fs::create_dir_all(folder.join("maps")).expect("a folder can be made");
            std::fs::copy(plc.join(name), folder.join("maps").join(name)).expect("it is there");
            format!("maps/{name}")
        }
    };
    let said = text.replace("\nmap = \"none\"", &format!("\nmap = {map:?}"));
    assert!(map == "none" || said != text, "{text}");
    let wanted = folder.join("wanted.toml");
    let file = bench.path().join("station.toml");
    std::fs::write(&wanted, said).expect("it can be written");
    let path = |path: &PathBuf| path.to_str().expect("the path is UTF-8").to_owned();
    let (station, copy) = (path(&wanted), path(&file));
    let args = ["--station", &station, "--write-station", &copy];
    let (factory, _) = bench.start_factory(&[&args[..], &["--rate", "300"]].concat());
    await_that("the station file with its addresses", || {
        file.exists().then_some(())
    });
    (factory, file)
}

/// A station with this PLC lets 40 packs pass, and its books agree with what really happened.
fn packs_pass(address: &str, map: &str) {
    let bench = Bench::judged();
    let (_factory, file) = furnish(&bench, address, map);
    let written = std::fs::read_to_string(&file).expect("the station file");
    let (scheme, _) = address.split_once("://").expect("a link");
    assert!(
        written.contains(&format!("address = \"{scheme}://")),
        "{written}"
    );
    let checked = Program::run(&["check", file.to_str().expect("the path is UTF-8")]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let station = open(&bench, &file);
    let fed = pass(&bench, 40);
    if address.starts_with("modbus+rtu:") {
        // The station has the line; a person who looks is told so.
        let watch = ["plc", "watch", file.to_str().expect("the path is UTF-8")];
        let held = Program::run(&watch);
        assert_eq!(held.code, Some(11), "{held:?}");
        for part in [
            "another program holds /dev/",
            "A serial line has one master",
            "fuser -v",
        ] {
            assert!(held.err.contains(part), "{part}: {held:?}");
        }
    }
    assert!(!bench.alarms_on_record().contains("plc-link"));
    ends_well(&bench, station, fed);
}

#[test]
fn packs_pass_at_a_plc_with_low_words_first_and_rtu_frames_over_tcp() {
    packs_pass(
        "modbus+rtutcp://127.0.0.1:4001?unit=7&baud=115200",
        "low-word-first.toml",
    );
}

#[test]
fn packs_pass_at_a_plc_of_input_registers_that_answers_no_register_it_has_not() {
    packs_pass("modbus+tcp://127.0.0.1:502?unit=1", "input-registers.toml");
}

#[test]
fn packs_pass_at_a_plc_on_a_serial_line() {
    packs_pass("modbus+rtu:///dev/ttyUSB0?baud=115200&unit=1", "none");
}

/// A line on which verdicts come too late is refused with its figures, by `check` and by the station itself.
#[test]
fn a_serial_line_on_which_no_verdict_comes_in_time_is_refused() {
    let bench = Bench::new();
    let file = bench.station_file(
        "zpl+tcp://127.0.0.1:9100",
        "modbus+rtu:///dev/ttyUSB0?baud=38400&unit=1",
        "http://127.0.0.1:8080/stream",
    );
    let name = file.to_str().expect("the path is UTF-8");
    let text = std::fs::read_to_string(&file).expect("the station file");
    let short = text.replace("\nverdict_deadline_ms = 400", "\nverdict_deadline_ms = 150");
    assert_ne!(short, text);
    std::fs::write(&file, short).expect("it can be written");
    for command in [&["check", name][..], &["run", "-c", name]] {
        let refused = Program::run(command);
        assert_ne!(refused.code, Some(0), "{refused:?}");
        for part in ["verdict_deadline_ms is 150", "Give the line a higher speed"] {
            assert!(refused.err.contains(part), "{part}: {refused:?}");
        }
    }
}
