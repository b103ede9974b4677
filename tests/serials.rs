//! `vidimus serials` as a user runs it: a key with known serials, a station that really took some, and what is refused.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use vidimus::serial::{INDEX_COUNT, Odds};

const GTIN: &str = "09521234543213";

/// Serials of the key of [`with_known_key`], from index 0 on, worked out by another program.
const KNOWN: [&str; 5] = [
    "W3KTQAJMQTX4",
    "WXD6BXDKPRQX",
    "HZB843SQGL3G",
    "66DWP2PH684C",
    "3YA7VP9G3WEZ",
];

fn command(action: &str, station: Option<&Path>, more: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
    command.args(["serials", action]);
    if let Some(station) = station {
        command.arg("-c").arg(station);
    }
    command.args(more.split_whitespace());
    command
}

fn serials(action: &str, station: Option<&Path>, more: &str) -> Output {
    let mut command = command(action, station, more);
    command.output().expect("the program can be started")
}

/// What a successful command printed.
fn printed(action: &str, station: Option<&Path>, more: &str) -> String {
    let output = serials(action, station, more);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{action} {more}: {said}");
    String::from_utf8(output.stdout).expect("standard output is UTF-8")
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// The message of a command that ends with this code and prints no data.
fn refused(code: i32, action: &str, station: Option<&Path>, more: &str) -> String {
    let output = serials(action, station, more);
    let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(output.status.code(), Some(code), "{action} {more}: {said}");
    assert!(output.stdout.is_empty() && !said.is_empty());
    said
}

fn set(station: &Path, key: &str, value: impl Into<toml::Value>) {
    let text = std::fs::read_to_string(station).expect("it is there");
    let text = vidimus::config::with_value(&text, "serial", key, &value.into());
    std::fs::write(station, text.expect("the key is there")).expect("it can be written");
}

/// The station file of a station that never ran.
fn new_station(folder: &TempDir) -> PathBuf {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/stations/demo.toml");
    let text = std::fs::read_to_string(template).expect("the template is there");
    let data = folder.path().to_str().expect("the path is UTF-8");
    let text = vidimus::config::with_value(&text, "station", "data_dir", &data.into());
    let station = folder.path().join("station.toml");
    std::fs::write(&station, text.expect("the key is there")).expect("it can be written");
    station
}

fn with_known_key(folder: &TempDir) -> PathBuf {
    let key = "30313233343536373839616263646566\n"; // 0123456789abcdef in ASCII
    std::fs::write(folder.path().join("serial.key"), key).expect("it can be written");
    new_station(folder)
}

#[test]
fn known_serials_are_listed_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let station = with_known_key(&folder);
    let five = format!("--gtin {GTIN} --from 0 --count 5");
    let plain = printed("generate", Some(&station), &five);
    assert_eq!(plain.lines().collect::<Vec<_>>(), KNOWN);
    let csv = printed("generate", Some(&station), &format!("{five} --csv"));
    assert!(csv.starts_with(&format!("gtin,index,serial\n{GTIN},0,W3KTQAJMQTX4\n")));
    assert_eq!(csv.lines().count(), 6);
    let lines = printed("generate", Some(&station), &format!("{five} --json"));
    for ((index, line), serial) in lines.lines().enumerate().zip(KNOWN) {
        let wanted = json!({ "v": 1, "gtin": GTIN, "index": index, "serial": serial });
        assert_eq!(object(line), wanted);
    }
    // The list goes on over many pieces without a gap, wherever it begins.
    let many = printed(
        "generate",
        Some(&station),
        &format!("--gtin {GTIN} --from 3 --count 30000"),
    );
    assert!(many.starts_with("66DWP2PH684C\n3YA7VP9G3WEZ\n"));
    assert_eq!(many.lines().count(), 30_000);
    let last = printed(
        "generate",
        Some(&station),
        &format!("--gtin {GTIN} --from 30002 --count 1"),
    );
    assert!(many.ends_with(&last) && last.len() == 13);
    assert!(
        !folder.path().join("vidimus.db").exists(),
        "nothing is taken"
    );
}

#[test]
fn indices_of_other_stations_and_beyond_the_space_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let station = with_known_key(&folder);
    set(&station, "range_first", 2);
    set(&station, "range_last", 4);
    let wish = |from: u64, count: u64| format!("--gtin {GTIN} --from {from} --count {count}");
    assert_eq!(
        printed("generate", Some(&station), &wish(2, 3)),
        KNOWN[2..].join("\n") + "\n"
    );
    for (from, count) in [(1, 2), (2, 4), (5, 1)] {
        let said = refused(2, "generate", Some(&station), &wish(from, count));
        assert!(
            said.contains("2 to 4") && said.contains("--any-range"),
            "{said}"
        );
        let more = wish(from, count) + " --any-range";
        assert_eq!(
            printed("generate", Some(&station), &more).lines().count() as u64,
            count
        );
    }
    for (from, count) in [(0, 0), (INDEX_COUNT - 1, 2), (u64::MAX, 1), (1, u64::MAX)] {
        let said = refused(
            2,
            "generate",
            Some(&station),
            &(wish(from, count) + " --any-range"),
        );
        assert!(said.contains("no such indices"), "{said}");
    }
    refused(
        2,
        "generate",
        Some(&station),
        "--gtin 09521234543214 --from 2 --count 1",
    );
    let short = object(&printed("status", Some(&station), "--json"));
    assert_eq!(short["range"], json!({ "first": 2, "last": 4 }));
}

/// A list far too long to be kept in memory or waited for: it comes as it is read, and whoever has enough just stops.
#[test]
fn a_list_is_written_while_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let station = with_known_key(&folder);
    let more = format!("--gtin {GTIN} --from 0 --count {INDEX_COUNT}");
    let mut listing = command("generate", Some(&station), &more);
    let mut listing = listing.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut first = [0; 13];
    let mut out = listing.stdout.take().expect("it is piped");
    std::io::Read::read_exact(&mut out, &mut first).expect("it writes");
    assert_eq!(&first, b"W3KTQAJMQTX4\n");
    drop(out);
    assert_eq!(listing.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_station_that_never_ran_has_taken_nothing_and_has_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let station = new_station(&folder);
    let status = object(&printed("status", Some(&station), "--json"));
    assert_eq!(status["store"], false);
    let gtin = &status["gtins"][0];
    assert_eq!((&gtin["taken"], &gtin["next"]), (&json!(0), &json!(0)));
    assert_eq!(gtin["one_in"], Value::Null);
    assert!(printed("status", Some(&station), "").contains("no store yet"));
    for (action, more) in [
        ("prove", ""),
        ("generate", "--gtin 09521234543213 --from 0 --count 1"),
    ] {
        let said = refused(12, action, Some(&station), more);
        assert!(
            said.contains("no serial key") && said.contains("first start"),
            "{said}"
        );
    }
    assert!(
        !folder.path().join("serial.key").exists(),
        "looking makes no key"
    );
}

#[test]
fn the_proof_holds_and_its_exit_code_says_when_it_does_not() {
    let text = printed("prove", None, "--sample 20000");
    assert!(
        text.contains("random") && text.ends_with("all        holds\n"),
        "{text}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let station = with_known_key(&folder);
    let proof = object(&printed(
        "prove",
        Some(&station),
        &format!("--gtin {GTIN} --json"),
    ));
    assert_eq!((&proof["ok"], &proof["gtin"]), (&json!(true), &json!(GTIN)));
    assert_eq!(proof["sample"]["tried"], 1_000_000);
    assert_eq!(proof["small_domain"]["tried"], 1 << 20);
    assert_eq!(proof["odds"]["one_in"], 1_152_921_504);
    assert_eq!(
        proof["letters"]["chi_square"].as_array().map(Vec::len),
        Some(12)
    );
    let issued = |issued: u64| format!("--sample 1000 --json --issued {issued}");
    let enough = object(&printed(
        "prove",
        Some(&station),
        &issued(Odds::LAW_STOPS_AT - 1),
    ));
    assert_eq!(enough["odds"]["holds"], true);
    let output = serials("prove", Some(&station), &issued(Odds::LAW_STOPS_AT));
    assert_eq!(output.status.code(), Some(1));
    let proof = object(&String::from_utf8(output.stdout).expect("UTF-8"));
    assert_eq!(
        (&proof["ok"], &proof["odds"]["holds"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        (&proof["sample"]["holds"], &proof["letters"]["holds"]),
        (&json!(true), &json!(true))
    );
    refused(2, "prove", None, &format!("--issued {}", INDEX_COUNT + 1));
    refused(2, "prove", None, "--sample 999");
}

/// A real line took numbers: they are counted, listed again word for word, and no other key passes for theirs.
#[cfg(feature = "demo")]
#[test]
fn what_a_station_took_is_counted_and_listed_again() {
    use crate::e2e_bench::{Bench, Program};
    let bench = Bench::new();
    let demo = [
        "demo",
        "--headless",
        "--json",
        "--packs",
        "60",
        "--rate",
        "1200",
        "--data",
        bench.text(),
    ];
    let ran = Program::run(&demo);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let station = bench.path().join("station.toml");
    let mut serials_taken: Vec<_> = bench
        .packs()
        .into_iter()
        .filter_map(|pack| pack.serial)
        .collect();
    serials_taken.sort_by_key(|serial| serial.index);
    let taken = serials_taken.len() as u64;
    assert!(taken >= 50, "{taken}");

    let status = object(&printed("status", Some(&station), "--json"));
    let numbered = |gtin: &&Value| gtin["taken"] != 0;
    let gtins: Vec<&Value> = status["gtins"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(numbered)
        .collect();
    assert_eq!(gtins.len(), 1, "{status}");
    let (gtin, text) = (
        gtins[0],
        gtins[0]["gtin"].as_str().expect("a text").to_owned(),
    );
    assert_eq!(
        (&gtin["taken"], &gtin["next"]),
        (&json!(taken), &json!(taken))
    );
    assert_eq!(gtin["left"], INDEX_COUNT - taken);
    assert_eq!(gtin["one_in"], INDEX_COUNT / taken);
    assert_eq!(
        (&gtin["low"], &gtin["odds_hold"]),
        (&json!(false), &json!(true))
    );

    let more = format!("--gtin {text} --from 0 --count {taken}");
    let listed = printed("generate", Some(&station), &more);
    let on_record: Vec<&str> = serials_taken
        .iter()
        .map(|serial| serial.text.as_str())
        .collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), on_record);
    assert_eq!(
        object(&printed("status", Some(&station), "--json")),
        status,
        "none was taken by that"
    );
    printed("prove", Some(&station), "--sample 5000");

    // In a range that is nearly used up, and one that is.
    set(&station, "range_last", taken as i64);
    let low = printed("status", Some(&station), "");
    assert!(
        low.contains("left 1,") && low.contains("LOW: less than 10 %"),
        "{low}"
    );
    let fewer = printed("status", Some(&station), "--low 0");
    assert!(fewer.contains("LOW: fewer than low_water"), "{fewer}");
    set(&station, "low_water", 1);
    assert!(!printed("status", Some(&station), "--low 0").contains("LOW"));
    set(&station, "range_last", taken as i64 - 1);
    assert!(printed("status", Some(&station), "").contains("used up"));

    let key = bench.path().join("serial.key");
    std::fs::write(&key, "00".repeat(16)).expect("it can be written");
    for (action, more) in [("prove", "--sample 1000"), ("generate", &more)] {
        let said = refused(12, action, Some(&station), more);
        assert!(said.contains("not the key that made the numbers"), "{said}");
    }
}
