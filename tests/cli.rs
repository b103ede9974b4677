//! The program as a user runs it: help, exit codes, data on stdout, messages on stderr, a station
//! that is not there.

use crate::snapshot::same_as_file;
use clap::CommandFactory;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use vidimus::record::RecoveryCause;
use vidimus::tui::client::{Client, ClientError};
use vidimus::wire::{Answer, LINE_MAX, OperatorCommand, Reply, Request, VERSION};

fn vidimus(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(args)
        .env("COLUMNS", "100")
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the program can be started")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("standard output is UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("standard error is UTF-8")
}

#[test]
fn help_texts_are_complete_and_stay() {
    let top = vidimus(&["--help"]);
    assert_eq!(top.status.code(), Some(0));
    for code in vidimus::cli::Exit::ALL {
        let line = format!("{:>2}  {}", code.code(), code.meaning());
        assert!(out(&top).contains(&line), "{line}");
    }
    for command in [
        "alarm",
        "audit",
        "backup",
        "batch",
        "check",
        "completeness",
        "doctor",
        "metrics",
        "people",
        "recall",
        "report",
        "restore",
        "serials",
        "status",
        "support",
        "tui",
    ] {
        let help = vidimus(&[command, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_{command}.txt"), &out(&help));
        assert!(out(&top).contains(command));
    }
    for action in ["generate", "import", "export", "return", "status", "prove"] {
        let help = vidimus(&["serials", action, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_serials_{action}.txt"), &out(&help));
    }
    for action in ["activate", "rollback", "show", "history"] {
        let help = vidimus(&["label", action, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_label_{action}.txt"), &out(&help));
    }
    for action in ["verify", "search", "export"] {
        let help = vidimus(&["audit", action, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_audit_{action}.txt"), &out(&help));
    }
    for action in ["contract", "watch"] {
        let help = vidimus(&["plc", action, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_plc_{action}.txt"), &out(&help));
    }
    for step in ["witness", "write", "check"] {
        let help = vidimus(&["doctor", "--power-test", step, "--help"]);
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_doctor_{step}.txt"), &out(&help));
    }
}

#[test]
fn the_power_test_explains_itself_in_three_steps_that_the_readme_has_too() {
    let said = vidimus(&["doctor", "--power-test"]);
    assert_eq!(said.status.code(), Some(0));
    same_as_file("power_test.txt", &out(&said));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let text = out(&said);
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("     "))
        .collect();
    assert_eq!(commands.len(), 3, "{text}");
    for command in commands {
        assert!(readme.contains(command), "{command}");
        // Each is an order as it stands: what it lacks is never an argument.
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        words.push("--surely-not-an-option");
        let refused = err(&vidimus(&words));
        assert!(
            refused.contains("unexpected argument '--surely-not-an-option'"),
            "{refused}"
        );
    }
    assert_eq!(vidimus(&["doctor"]).status.code(), Some(2));
    assert_eq!(
        vidimus(&["doctor", "check", "--dir", "a", "--acknowledged", "1"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let commands = vidimus::cli::Cli::command();
    let seen = || commands.get_subcommands().filter(|one| !one.is_hide_set());
    let page = vidimus(&["man"]);
    assert_eq!(page.status.code(), Some(0));
    let dir = tempfile::tempdir().expect("a folder");
    let pages = dir.path().join("man1");
    let made = vidimus(&["man", "--out", pages.to_str().expect("UTF-8")]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).expect(name);
    assert!(read("vidimus.1").contains(".TH vidimus 1"));
    let shells = ["bash", "zsh", "fish"].map(|shell| {
        let script = vidimus(&["completions", shell]);
        assert_eq!(script.status.code(), Some(0), "{shell}");
        out(&script)
    });
    assert!(seen().count() > 20);
    for command in seen() {
        let name = command.get_name();
        // A hyphen is written as such in a man page.
        let listed = format!("vidimus\\-{}(1)", name.replace('-', "\\-"));
        assert!(out(&page).contains(&listed), "{listed}");
        assert!(read(&format!("vidimus-{name}.1")).contains("SYNOPSIS"));
        for action in command.get_subcommands().filter(|one| !one.is_hide_set()) {
            read(&format!("vidimus-{name}-{}.1", action.get_name()));
        }
        for script in &shells {
            assert!(script.contains(name), "{name}");
        }
    }
    assert!(!pages.join("vidimus-man.1").exists(), "hidden");
    let other = vidimus(&["completions", "tcsh"]);
    assert_eq!(other.status.code(), Some(2));
}

#[test]
fn alone_it_says_five_lines_and_the_next_step() {
    let output = vidimus(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let text = out(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    assert!(lines[6].starts_with("Next step: vidimus "), "{text}");
}

#[test]
fn nonsense_on_the_command_line_is_a_usage_error() {
    for args in [
        &["chek"][..],
        &["check"],
        &["status", "--socket", "a", "-c", "b"],
    ] {
        let output = vidimus(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn a_batch_is_not_opened_with_a_grade_or_policy_that_does_not_exist() {
    let opening = "batch open --gtin 09506000134352 --lot L1 --expiry 281231 --socket nowhere";
    let open = |more: &str| {
        let args = format!("{opening} {more}");
        vidimus(&args.split_whitespace().collect::<Vec<_>>())
    };
    assert_eq!(open("--grade-min C --text reject").status.code(), Some(11));
    for (more, said) in [
        ("--grade-min E", "\"E\" is no grade"),
        ("--grade-min 4.1", "\"4.1\" is no grade"),
        ("--text Reject", "none of off, warn and reject"),
    ] {
        let output = open(more);
        assert_eq!(output.status.code(), Some(2), "{more}");
        assert!(err(&output).contains(said), "{more}: {}", err(&output));
    }
}

#[test]
fn check_says_ok_with_the_sums_or_every_mistake() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = root.join("templates/stations/demo.toml");
    let demo = demo.to_str().expect("the path is UTF-8");
    let good = vidimus(&["check", demo]);
    assert_eq!(good.status.code(), Some(0));
    assert!(
        out(&good).contains("event ring 64 >= 3 x 20 = 60"),
        "{}",
        out(&good)
    );
    let good = vidimus(&["check", demo, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&out(&good)).expect("it is JSON");
    assert_eq!(json["ok"], true);

    let bad = root.join("tests/invalid_configs/unknown_keys.toml");
    let bad = bad.to_str().expect("the path is UTF-8");
    let said = vidimus(&["check", bad]);
    assert_eq!(said.status.code(), Some(10));
    assert!(said.stdout.is_empty());
    assert!(
        err(&said).contains("Did you mean `workers`?"),
        "{}",
        err(&said)
    );
    let said = vidimus(&["check", bad, "--json"]);
    assert_eq!(said.status.code(), Some(10));
    let json: serde_json::Value = serde_json::from_str(&out(&said)).expect("it is JSON");
    assert_eq!(json["errors"].as_array().map(Vec::len), Some(5));
}

#[test]
fn check_of_what_is_no_station_file_is_a_message() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    std::fs::write(path("bytes"), b"ok = 1\n\xff\xfe").expect("it can be written");
    std::fs::write(path("huge"), vec![b'#'; 1 << 20]).expect("it can be written");
    for (name, said) in [
        ("bytes", "(line 2)"),
        ("huge", "at most 262144"),
        ("nowhere", "cannot be opened"),
        ("", "cannot be read"),
    ] {
        let output = vidimus(&["check", &path(name)]);
        assert_eq!(output.status.code(), Some(10), "{name}");
        assert!(err(&output).contains(said), "{name}: {}", err(&output));
    }
}

#[test]
fn no_station_is_said_with_the_next_step() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let socket = folder.path().join("nobody.sock");
    let socket = socket.to_str().expect("the path is UTF-8");
    let output = vidimus(&["status", "--socket", socket]);
    assert_eq!(output.status.code(), Some(11));
    assert!(
        err(&output).contains("No station listens on"),
        "{}",
        err(&output)
    );
    assert!(
        err(&output).contains("vidimus run -c FILE"),
        "{}",
        err(&output)
    );
    let output = vidimus(&["status", "--socket", socket, "--json"]);
    assert_eq!(output.status.code(), Some(11));
    let json: serde_json::Value = serde_json::from_str(&out(&output)).expect("it is JSON");
    assert_eq!(json["ok"], false);
    let output = vidimus(&["tui", "--socket", socket]);
    assert_eq!(output.status.code(), Some(2), "there is no terminal here");
    assert!(err(&output).contains("vidimus status"), "{}", err(&output));
}

/// A station that answers each connection's first line with these bytes, and then hangs up or
/// stays.
pub fn station(answer: Vec<u8>, stays: bool) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("station.sock");
    let listener = UnixListener::bind(&path).expect("a socket can be made");
    std::thread::spawn(move || {
        let mut kept: Vec<UnixStream> = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut line = String::new();
            let mut lines = BufReader::new(stream.try_clone().expect("a handle can be copied"));
            if lines.read_line(&mut line).is_err() {
                continue;
            }
            let request: Request = serde_json::from_str(&line).expect("the client speaks JSON");
            assert_eq!(request.v, VERSION);
            // A client that has heard enough hangs up in the middle of a long line: that is its
            // right.
            let _ = stream.write_all(&answer);
            if stays {
                kept.push(stream);
            }
        }
    });
    (folder, path)
}

#[test]
fn answers_that_make_no_sense_are_errors_never_panics() {
    let endless = vec![b'x'; LINE_MAX + 10];
    for (answer, said) in [
        (b"\n".to_vec(), "not a Vidimus station"),
        (
            b"HTTP/1.1 400 Bad Request\r\n".to_vec(),
            "not a Vidimus station",
        ),
        (
            b"{\"v\":1,\"id\":1,\"answer\":{\"view\":{}}}\n".to_vec(),
            "not a Vidimus station",
        ),
        (
            b"{\"v\":1,\"id\":1,\"answer\":\"done\"}\n".to_vec(),
            "not a Vidimus station",
        ),
        (
            b"{\"v\":2,\"id\":1,\"answer\":\"else\"}\n".to_vec(),
            "version 2",
        ),
        (b"{\"v\":1,\"id\":1".to_vec(), "closed the connection"),
        (Vec::new(), "closed the connection"),
        (endless, "more than 262144 bytes"),
    ] {
        let (_folder, path) = station(answer.clone(), false);
        let mut client = Client::connect(&path).expect("somebody listens");
        let error = client.view().expect_err("that is no view").to_string();
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
        assert!(error.contains(said), "{shown}: {error}");
    }
}

#[test]
fn status_tells_what_the_batch_demands_and_what_print_and_text_are_like() {
    let mut view = crate::tui::running();
    let warning = "modulation 2.1 (looks like blur), falls 0.5 in 100 packs, below 1.5 in about 99";
    view.quality.warning = Some(warning.to_owned());
    view.quality.text_wrong = 3;
    let restarts = [RecoveryCause::StationStart, RecoveryCause::PlcRestart];
    view.recovery = Some(crate::tui::recovery(&restarts, [3, 8, 0, 1], 2));
    let mut last = view.last_pack.take().expect("there is one");
    last.grades.as_mut().expect("graded").indicative = true;
    last.looks_like = Some("blur".to_owned());
    last.text = Some("lot is missing".to_owned());
    view.last_pack = Some(last);
    let (v, id, answer) = (VERSION, 1, Answer::View(Box::new(view)));
    let mut line = serde_json::to_vec(&Reply { v, id, answer }).expect("it is JSON");
    line.push(b'\n');
    let (_folder, path) = station(line, false);
    let socket = path.to_str().expect("the path is UTF-8");
    let said = out(&vidimus(&["status", "--socket", socket]));
    let narrow = |line: &str| line.chars().count() <= 80;
    assert!(said.lines().all(narrow), "{said}");
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = one_line(&said);
    for wanted in [
        "demands    grade 1.5 C or better; wrong text warns\n",
        "grade      mean 3.4 B, last ~3.2 B; packs graded 4831, indicative 0, not graded 0\n",
        &format!("           {warning}\n"),
        "text       not as printed 3, not checked 0\n",
        "recovery   After the station's start and the PLC's restart: 14 packs were on the belt: 3 good, 8 rejected, \
         2 still on it, 1 unknown: look on the belt and in both bins, put it aside.\n",
    ] {
        assert!(said.contains(&one_line(wanted)), "{wanted}: {said}");
    }
    // Every field that the README explains is there.
    let said = out(&vidimus(&["status", "--socket", socket, "--json"]));
    let json: serde_json::Value = serde_json::from_str(&said).expect("it is JSON");
    let told = serde_json::json!({
        "causes": ["station_start", "plc_restart"], "since_utc_ms": 1_795_185_087_000_i64,
        "packs": 14, "good": 3, "rejected": 8, "removed": 0, "unknown": 1, "open": 2,
    });
    assert_eq!(json["view"]["recovery"], told);
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.expect("the README is there");
    let table = readme
        .split_once("### Grades and text")
        .expect("its part")
        .1;
    let table = table.split_once("Figures in").expect("its end").0;
    let mut fields = 0;
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let names = row.split('|').nth(1).expect("a first column");
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        let (part, _) = names[0].split_once('.').expect("a part and a field");
        for name in names {
            let name = name.strip_prefix(&format!("{part}.")).unwrap_or(name);
            assert!(!json["view"][part][name].is_null(), "{part}.{name}: {said}");
            fields += 1;
        }
    }
    assert_eq!(fields, 12, "the table has its fields");
}

#[test]
fn a_silent_station_is_not_waited_for_without_end_and_half_a_line_is_kept() {
    let (_folder, path) = station(b"{\"v\":1,\"id\":1,\"ans".to_vec(), true);
    let mut client = Client::connect(&path).expect("somebody listens");
    client.watch().expect("it can be asked");
    for _ in 0..3 {
        let came = client
            .next_view(Duration::from_millis(20))
            .expect("it is there");
        assert_eq!(came, None);
    }
}

#[test]
fn commands_carry_name_and_reason_and_bring_the_answer_back() {
    let refused = b"{\"v\":1,\"id\":1,\"answer\":{\"refused\":{\"text\":\"No batch is open.\"}}}\n";
    let (_folder, path) = station(refused.to_vec(), true);
    let mut client = Client::connect(&path).expect("somebody listens");
    let answer = client
        .command("M.Kowal", Some("smoke".to_owned()), OperatorCommand::Stop)
        .expect("it answers");
    let text = "No batch is open.".to_owned();
    assert_eq!(answer, Answer::Refused { text });
    let gone = Client::connect(Path::new("/nonexistent/station.sock"));
    assert!(matches!(gone, Err(ClientError::NoStation { .. })));
}

/// This test starts itself again in a process of its own, where a thread then panics: exit code 70,
/// and a report.
#[test]
fn a_bug_in_a_thread_ends_the_program_with_a_report() {
    if std::env::var_os("VIDIMUS_TEST_PANIC").is_some() {
        vidimus::cli::bug::install();
        let thread = std::thread::Builder::new().name("pump".to_owned());
        let pump = thread.spawn(|| panic!("the belt ran backwards"));
        // The program ends while this waits.
        drop(pump.expect("a thread can be started").join());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let myself = std::env::current_exe().expect("the test program has a path");
    let output = Command::new(myself)
        .args([
            "--exact",
            "cli::a_bug_in_a_thread_ends_the_program_with_a_report",
        ])
        .arg("--nocapture")
        .env("VIDIMUS_TEST_PANIC", "1")
        .env("TMPDIR", folder.path())
        .output()
        .expect("it can be started again");
    assert_eq!(output.status.code(), Some(70));
    let said = err(&output);
    assert!(said.contains("This is a bug in vidimus"), "{said}");
    let reports: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    assert_eq!(reports.len(), 1, "{said}");
    assert!(said.contains(reports[0].to_str().expect("UTF-8")), "{said}");
    let report = std::fs::read_to_string(&reports[0]).expect("the report can be read");
    assert!(report.contains("the belt ran backwards") && report.contains("thread pump"));
}
