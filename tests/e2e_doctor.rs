//! `vidimus doctor FILE` beside simulated devices: what is in order, what is wrong and with which remedy, and that it
//! disturbs nothing.

use crate::e2e_bench::{Bench, Finished, Program};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use vidimus::wire::{Answer, LineState, OpeningTerms, OperatorCommand};

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// Asks the doctor; `only` these, or all.
fn doctor(file: &Path, only: &[&str]) -> (Finished, Value) {
    let mut args = vec!["doctor", text(file), "--json"];
    only.iter().for_each(|one| args.extend(["--only", *one]));
    let ended = Program::run(&args);
    assert!(ended.err.is_empty(), "{ended:?}");
    let said = ended.json();
    (ended, said)
}

/// What it found about one thing, each as `state: found | mend | mend`.
fn about(said: &Value, name: &str) -> Vec<String> {
    let findings = said["findings"].as_array().expect("findings");
    let of = findings.iter().filter(|one| one["about"] == name);
    of.map(|one| {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut all = format!("{}: {}", word(&one["state"]), word(&one["found"]));
        for mend in one["mend"].as_array().expect("mend") {
            all = format!("{all} | {}{}", word(&mend["do"]), word(&mend["run"]));
        }
        all
    })
    .collect()
}

/// One finding about it begins with this state and holds all of these words.
fn finds(said: &Value, name: &str, words: &[&str]) {
    let all = about(said, name);
    let fits = |one: &&String| words.iter().all(|word| one.contains(word));
    assert!(
        all.iter().find(fits).is_some(),
        "{name} {words:?}: {said:#}"
    );
}

/// The station file with other values.
fn with(file: &Path, name: &str, changes: &[(&str, &str)]) -> std::path::PathBuf {
    let mut content = std::fs::read_to_string(file).expect("it is there");
    for (old, new) in changes {
        assert!(content.contains(old), "{old}");
        content = content.replace(old, new);
    }
    let path = file.with_file_name(name);
    std::fs::write(&path, content).expect("it can be written");
    path
}

/// A camera that streams a small picture again and again.
fn camera() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it has one").to_string();
    let stream = |mut stream: TcpStream| {
        let head =
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";
        stream.write_all(head)?;
        for counter in 1.. {
            let body = [&b"P5 64 48 255\n"[..], &[9; 64 * 48]].concat();
            let length = body.len();
            write!(
                stream,
                "--b\r\nContent-Type: image/x-portable-graymap\r\nX-Frame-Counter: {counter}\r\n\
                 Content-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(&body)?;
            stream.write_all(b"\r\n")?;
            std::thread::sleep(Duration::from_millis(50));
        }
        std::io::Result::Ok(())
    };
    std::thread::spawn(move || {
        while let Ok((connected, _)) = listener.accept() {
            // Whoever has seen enough hangs up.
            std::thread::spawn(move || drop(stream(connected)));
        }
    });
    at
}

#[test]
fn a_healthy_line_is_in_order_and_what_is_wrong_is_named_with_its_remedy() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let devices = ["file", "printer-1", "plc-1", "camera-1"];
    // A belt without a station stands: nothing fires its camera.
    let (ended, said) = doctor(&file, &devices);
    finds(
        &said,
        "camera-1",
        &["unknown: its stream is there", "--only camera-1"],
    );
    assert_eq!(
        (ended.code, &said["wrong"]),
        (Some(1), &json!(0)),
        "{said:#}"
    );
    let own = bench
        .addresses()
        .expect("a factory")
        .camera
        .expect("a camera");
    let fires = format!("http://{}/stream", camera());
    let file = with(&file, "fires.toml", &[(&own, &fires)]);
    let (ended, said) = doctor(&file, &devices);
    finds(
        &said,
        "printer-1",
        &["ok: ", "12 dots/mm", "nothing waits in it"],
    );
    finds(&said, "plc-1", &["ok: contract 1.0", "heartbeat moves"]);
    finds(
        &said,
        "camera-1",
        &["ok: a picture of 64 × 48, PGM", "number"],
    );
    finds(
        &said,
        "station file",
        &["ok: ", "1 printer, 1 PLC, 1 camera"],
    );
    assert_eq!(
        (ended.code, &said["ok"]),
        (Some(0), &json!(true)),
        "{said:#}"
    );
    // Nothing was printed, and the PLC heard of no station.
    let truth = bench.factory(&json!({"do": "status"})).expect("it answers");
    assert_eq!(truth["station_ready"], false, "{truth}");

    // In words, everything: the same devices, every line within 80 columns.
    let ended = Program::run(&["doctor", text(&file)]);
    assert!(
        ended.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ended.out
    );
    for name in [
        "station file",
        "store",
        "data_dir",
        "serial key",
        "disk sync",
        "clock",
        "cores",
        "plc-1",
    ] {
        assert!(ended.out.contains(name), "{name}: {}", ended.out);
    }
    let left = std::fs::read_dir(bench.path()).expect("it is there");
    let left: Vec<String> = left
        .map(|one| {
            one.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.contains("doctor") || name.contains("vidimus.")),
        "{left:?}"
    );

    // The file and the devices differ.
    let wrong = [
        ("dpmm = 12", "dpmm = 8"),
        ("model = \"any\"", "model = \"QX9000\""),
        ("verdict_depth = 64", "verdict_depth = 128"),
    ];
    let other = with(&file, "other.toml", &wrong);
    let (ended, said) = doctor(&other, &["printer-1", "plc-1"]);
    assert_eq!(ended.code, Some(11), "{said:#}");
    finds(&said, "printer-1", &["wrong: ", "12 dots/mm", "dpmm = 12"]);
    finds(
        &said,
        "printer-1",
        &["wrong: ", "QX9000", "Connect the right printer"],
    );
    finds(
        &said,
        "plc-1",
        &[
            "wrong: ",
            "verdict_depth is 64 in the PLC and 128",
            "[[plc]]",
        ],
    );

    // A printer without labels, and one that hangs up, as one does that serves somebody else.
    for (fault, code, words) in [
        ("media-out", 11, ["wrong: ", "out of labels", "new roll"]),
        (
            "printer-restart",
            1,
            ["unknown: ", "closes it", "--only printer-1"],
        ),
    ] {
        let order = |on| json!({"do": "fault", "name": fault, "on": on});
        let answer = bench.factory(&order(true)).expect("it answers");
        assert!(answer["error"].is_null(), "{answer}");
        let (ended, said) = doctor(&file, &["printer-1"]);
        assert_eq!(ended.code, Some(code), "{said:#}");
        finds(&said, "printer-1", &words);
        bench.factory(&order(false)).expect("it answers");
    }
}

/// A server that says this to everybody, once it was asked something.
fn fake(says: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("it has one").to_string();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            std::thread::spawn(move || {
                let mut asked = [0; 512];
                while stream.read(&mut asked).is_ok_and(|count| count > 0) {
                    if stream.write_all(says).is_err() {
                        break;
                    }
                }
            });
        }
    });
    at
}

/// A port where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it has one").to_string()
}

#[test]
fn whatever_answers_each_device_is_named_with_what_to_do() {
    let bench = Bench::new();
    let gone = nobody();
    let port = gone.rsplit(':').next().expect("a port");
    let refused = format!("nc -vz -w 3 127.0.0.1 {port}");
    let silent = fake(b"");
    let garbage = fake(b"\x00\x01\x77\x77\xff\xff\x01\x03 nothing of any use\r\n");
    let html = fake(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<h1>Login</h1>");
    for (printer, plc, camera, words) in [
        (
            format!("zpl+tcp://{gone}"),
            format!("modbus+tcp://{gone}?unit=1"),
            format!("http://{gone}/stream"),
            [
                ["nothing listens", &refused],
                ["nothing listens", &refused],
                ["nothing listens", &refused],
            ],
        ),
        (
            format!("tspl+tcp://{silent}"),
            format!("modbus+tcp://{silent}?unit=1"),
            format!("http://{silent}/stream"),
            [
                ["no answer", "scheme"],
                ["unit 1 does not answer", "Modbus server"],
                ["no stream", "off and on"],
            ],
        ),
        (
            format!("zpl+tcp://{garbage}"),
            format!("modbus+tcp://{garbage}?unit=1"),
            format!("http://{garbage}/stream"),
            [
                ["garbled", "scheme"],
                ["Look whether", "Modbus server"],
                ["HTTP camera", "port and path"],
            ],
        ),
        (
            format!("zpl+tcp://{html}"),
            "modbus+tcp://nobody.invalid:502?unit=1".to_owned(),
            format!("http://{html}/stream"),
            [
                ["HTTP/1.1", "right device"],
                ["nobody.invalid", "getent hosts"],
                ["text/html", "multipart"],
            ],
        ),
        (
            "zpl+serial:///dev/surely-not-there?baud=115200".to_owned(),
            format!("modbus+tcp://{gone}?unit=1"),
            "dir:///surely/not/there".to_owned(),
            [
                ["is not there", "/dev/serial/by-id"],
                ["nothing listens", &refused],
                ["cannot be read", "ls -ld"],
            ],
        ),
        (
            "zpl+serial:///dev/null?baud=115200".to_owned(),
            format!("modbus+tcp://{gone}?unit=1"),
            "gige://127.0.0.1:9".to_owned(),
            [
                ["", "cable"],
                ["nothing listens", &refused],
                ["127.0.0.1:9", "ping"],
            ],
        ),
    ] {
        let file = bench.station_file(&printer, &plc, &camera);
        // A folder has no counter, so one pack at most may wait for its verdict.
        let counted = [
            ("counter = \"header\"", "counter = \"none\""),
            ("verdict_deadline_ms = 400", "verdict_deadline_ms = 50"),
        ];
        let file = match camera.starts_with("dir") {
            true => with(&file, "folder.toml", &counted),
            false => file,
        };
        let (ended, said) = doctor(&file, &["printer-1", "plc-1", "camera-1"]);
        assert_eq!(ended.code, Some(11), "{said:#}");
        for (name, words) in ["printer-1", "plc-1", "camera-1"].iter().zip(words) {
            finds(&said, name, &[&["wrong: "], &words[..]].concat());
        }
    }
    let only = Program::run(&[
        "doctor",
        text(&bench.path().join("station.toml")),
        "--only",
        "printer-7",
    ]);
    assert_eq!(only.code, Some(2), "{only:?}");
    assert!(only.err.contains("printer-1"), "{only:?}");
}

#[test]
fn folder_key_store_and_file_are_looked_at() {
    let bench = Bench::new();
    let here = |name: &str| format!("{}/{name}", bench.text());
    let file = bench.station_file(
        "zpl+tcp://127.0.0.1:9",
        "modbus+tcp://127.0.0.1:9?unit=1",
        "http://127.0.0.1:9/x",
    );
    let (ended, said) = doctor(&file, &["rights", "store"]);
    finds(&said, "serial key", &["ok: ", "the first start makes it"]);
    finds(&said, "store", &["ok: ", "none yet"]);
    finds(&said, "station", &["ok: none runs"]);
    assert_eq!(ended.code, Some(0), "{said:#}");

    // A key that everybody may read, and one that lost its store.
    let key = here("serial.key");
    std::fs::write(&key, "0123456789abcdef0123456789abcdef\n").expect("it can be written");
    let mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode));
    mode(0o644).expect("it is ours");
    let (ended, said) = doctor(&file, &["rights"]);
    assert_eq!(ended.code, Some(10), "{said:#}");
    finds(
        &said,
        "serial key",
        &["wrong: ", "mode 644", &format!("chmod 600 {key}")],
    );
    mode(0o600).expect("it is ours");
    let (_, said) = doctor(&file, &["rights"]);
    finds(
        &said,
        "serial key",
        &["wrong: ", "holds no store", "--new-store"],
    );
    assert!(
        !said.to_string().contains("0123456789abcdef"),
        "the key itself is never shown"
    );

    // A store that is none.
    std::fs::write(here("vidimus.db"), b"a shopping list".repeat(100)).expect("it can be written");
    let (ended, said) = doctor(&file, &["store"]);
    assert_eq!(ended.code, Some(12), "{said:#}");
    finds(&said, "store", &["wrong: ", "not an SQLite database"]);
    std::fs::remove_file(here("vidimus.db")).expect("it is there");

    // A folder that cannot be made, because a file stands where it should be; more workers than any machine has cores.
    let blocked = here("serial.key/data");
    let at = format!("data_dir = \"{}\"", bench.text());
    let other = with(
        &file,
        "other.toml",
        &[(at.as_str(), &format!("data_dir = \"{blocked}\""))],
    );
    let (ended, said) = doctor(&other, &["rights", "disk"]);
    assert_eq!(ended.code, Some(12), "{said:#}");
    finds(&said, "data_dir", &["wrong: ", &blocked, "sudo install -d"]);

    // Mistakes of the file are shown as `vidimus check` shows them, and nothing else is looked at.
    let broken = with(&file, "broken.toml", &[("workers = 2", "wrokers = 2")]);
    let doctor_says = Program::run(&["doctor", text(&broken)]);
    let check_says = Program::run(&["check", text(&broken)]);
    assert_eq!(
        (doctor_says.code, &doctor_says.err),
        (Some(10), &check_says.err)
    );
    assert!(doctor_says.err.contains("workers"), "{doctor_says:?}");
    let json = Program::run(&["doctor", text(&broken), "--json"]);
    assert_eq!(
        json.json(),
        Program::run(&["check", text(&broken), "--json"]).json()
    );
}

#[test]
fn beside_a_running_station_it_disturbs_nothing() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    // A reader that nobody serves: the station knows, and nobody else asks.
    let reader = format!(
        "\n[[reader]]\nname = \"pallet-reader\"\naddress = \"sick+tcp://{}\"\n\n\
         [[point]]\nname = \"pallet-scan\"\nkind = \"scan\"\nlevel = \"pallet\"\n\
         device = \"pallet-reader\"\n",
        nobody()
    );
    let mut content = std::fs::read_to_string(&file).expect("it is there");
    content.push_str(&reader);
    std::fs::write(&file, content).expect("it can be written");
    let station = Program::start(&["run", "-c", text(&file)]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    let batch = OperatorCommand::OpenBatch {
        product: "Amoxicillin 500 mg x20".to_owned(),
        gtin: "09506000134352".parse().expect("a GTIN"),
        lot: "LOT-1".parse().expect("a lot"),
        expiry: "281231".parse().expect("a date"),
        target: None,
        grade_min: None,
        text: None,
        terms: OpeningTerms::default(),
        numbers: Default::default(),
    };
    assert_eq!(bench.order(batch), Answer::Done);
    bench
        .factory(&json!({"do": "feed", "packs": 60}))
        .expect("it feeds");
    bench.await_view("packs on the way", |view| {
        bench.do_what_the_screen_asks(view);
        view.state == LineState::Running && view.tally.good > 0
    });
    let recoveries = bench.view().expect("it answers").recovery;
    let (_, said) = doctor(&file, &[]);
    finds(&said, "station", &["ok: ", "runs with this file"]);
    for name in ["printer-1", "plc-1", "camera-1"] {
        finds(&said, name, &["the running station says"]);
    }
    finds(
        &said,
        "pallet-reader",
        &["wrong: the running station says", "pallet-scan: "],
    );
    let (_, alone) = doctor(&file, &["printer-1"]);
    let names = alone["findings"].as_array().expect("findings");
    assert!(
        names.len() == 1 && names[0]["about"] == "printer-1",
        "{alone:#}"
    );
    finds(&said, "disk sync", &["the running station's"]);
    finds(&said, "serial key", &["ok: "]);
    finds(&said, "socket", &["ok: ", "mode 600"]);
    let done = bench.await_view("60 packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == 60 && view.tally.in_line == 0
    });
    assert!(done.tally.balanced(), "{done:?}");
    assert_eq!(
        done.recovery, recoveries,
        "nothing had to be put in step again"
    );
    let alarms = bench.alarms_on_record();
    for device in ["printer", "camera", "plc"] {
        assert!(
            !alarms.iter().any(|code| code.contains(device)),
            "{alarms:?}"
        );
    }
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    // What it left is read as well.
    let (_, said) = doctor(&file, &["store"]);
    finds(&said, "store", &["ok: schema", "records"]);
}
