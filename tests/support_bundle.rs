//! `vidimus support`: secrets are planted wherever one can stand, and none of them is in the bundle.

use crate::e2e_bench::{Bench, Program, await_that};
use rustix::process::Signal;
use std::io::{Cursor, Read};
use std::path::Path;

/// All of them, by where they stand.
const PLANTED: &[&str] = &[
    "hunter2-comment",
    "hunter2-unknown",
    "hunter2-query",
    "hunter2-capture-0815",
    "hunter2-bearer",
    "hunter2-api-key",
    "hunter2-log",
    "hunter2-user",
];

/// Names and texts of what the archive holds.
fn unpacked(bytes: Vec<u8>) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP archive");
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).expect("an entry");
        let name = file.name().expect("a name").into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).expect("all of it is text");
        files.push((name, text));
    }
    files
}

fn bundle(file: &Path, out: &Path, more: &[&str]) -> Vec<(String, String)> {
    let (file, out_text) = (file.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let ended = Program::run(&[&["support", "-c", file, "-o", out_text][..], more].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.out.is_empty() && ended.err.contains("Look into it"),
        "{ended:?}"
    );
    let bytes = std::fs::read(out).expect("it was written");
    // Nothing is compressed, so that the raw archive can be searched, too.
    let raw = String::from_utf8_lossy(&bytes).into_owned();
    let mut files = unpacked(bytes);
    files.push(("the archive".to_owned(), raw));
    files
}

fn holds_none(files: &[(String, String)], secrets: &[String]) {
    for (name, text) in files {
        let text = text.to_lowercase();
        for secret in secrets {
            let found = text.find(&secret.to_lowercase());
            assert_eq!(found, None, "{secret} stands in {name}:\n{text}");
        }
        assert!(
            !text.contains("hunter2") && !text.contains("argon2"),
            "{name}:\n{text}"
        );
    }
}

#[test]
fn no_secret_that_stands_anywhere_is_in_the_bundle() {
    let bench = Bench::new();
    let file = bench.station_file(
        "zpl+tcp://127.0.0.1:9",
        "modbus+tcp://127.0.0.1:9?unit=1",
        "http://127.0.0.1:9/stream?key=hunter2-query",
    );
    let sound = std::fs::read_to_string(&file).expect("it is there");
    let capture = "capture_url = \"http://127.0.0.1:9/hunter2-capture-0815/capture\"";
    let planted = sound
        .replace("sign_in = \"names-only\"", "sign_in = \"required\"")
        .replace("capture_url = \"none\"", capture)
        .replace("header_file = \"none\"", "header_file = \"headers\"")
        + "\n# the other password is hunter2-comment\n";
    std::fs::write(&file, &planted).expect("it can be written");
    let headers = "Authorization: Bearer hunter2-bearer\nX-Api-Key: hunter2-api-key\n";
    std::fs::write(bench.path().join("headers"), headers).expect("it can be written");
    let station = Program::start(&["run", "-c", file.to_str().expect("UTF-8")]);
    bench.await_view("a station", |_| true);
    let one_time = await_that("the one-time secret", || {
        station.out().lines().nth(1).map(str::to_owned)
    });
    let key = std::fs::read_to_string(bench.path().join("serial.key")).expect("the key");
    let mut secrets: Vec<String> = PLANTED.iter().map(|one| (*one).to_owned()).collect();
    secrets.extend([one_time.clone(), key.trim().to_owned()]);
    secrets.push(key.trim().to_uppercase());

    // What a journal may have kept.
    let log = bench.path().join("log");
    let key_up = key.trim().to_uppercase();
    let said = format!(
        "it started\n{}\n{}\nAuthorization: hunter2-log\nthe key is {key_up}\nhunter2-bearer\nit ended\n",
        station.out(),
        station.err()
    );
    assert!(said.contains(&one_time));
    std::fs::write(&log, said).expect("it can be written");
    let out = bench.path().join("support.zip");
    let log = log.to_str().expect("UTF-8");
    let files = bundle(&file, &out, &["--log", log]);
    holds_none(&files, &secrets);
    let text = |name: &str| {
        let found = files.iter().find(|(other, _)| other == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    };
    // What helps is there.
    assert!(text("station.toml").contains("name = \"station-1\""));
    assert!(text("view.json").contains("\"ok\": true"));
    assert!(text("versions.json").contains(env!("CARGO_PKG_VERSION")));
    assert!(text("doctor.txt").contains("serial key"));
    assert!(text("log.txt").starts_with("it started\n") && text("log.txt").ends_with("it ended\n"));
    for (name, _) in &files[..files.len() - 1] {
        assert!(
            name == "README.txt" || text("README.txt").contains(name.as_str()),
            "{name}"
        );
    }

    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    // Without a station, and with mistakes in its file: less is there, and still no secret.
    let files = bundle(&file, &out, &["--no-doctor"]);
    holds_none(&files, &secrets);
    assert!(
        files
            .iter()
            .any(|(name, text)| name == "view.json" && text.contains("No station"))
    );
    let wrong = planted.replace(
        "http://127.0.0.1:9/stream",
        "http://admin:hunter2-user@127.0.0.1/",
    ) + "\n[vault]\npassword = \"hunter2-unknown\"\n";
    std::fs::write(&file, wrong).expect("it can be written");
    let files = bundle(&file, &out, &["--log", log]);
    holds_none(
        &files,
        &PLANTED
            .iter()
            .map(|one| (*one).to_owned())
            .collect::<Vec<_>>(),
    );
    assert!(files.iter().any(|(name, _)| name == "check.txt"));
    std::fs::write(&file, "this is = no TOML hunter2-unknown").expect("it can be written");
    holds_none(&bundle(&file, &out, &[]), &secrets);
}
