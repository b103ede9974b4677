//! Where results go, over all commands that write files: what cannot be written ends with one code, names what the
//! person asked for and says what to do; nothing is left beside it, `-` is standard output or refused, and what a
//! killed command left is swept by the next one.

use crate::lot_questions::{archive, furnished, program};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

/// The store cannot be opened, read or written, or an output cannot be written.
const UNWRITTEN: i32 = 12;

fn err(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Everything in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A command line whose `@` is where its output goes.
fn with_output(line: &str, output: &str, data: &str, picture: &str) -> Output {
    let words = line.split(' ').map(|word| match word {
        "@" => output,
        "DATA" => data,
        "PICTURE" => picture,
        "STATION" => "templates/stations/demo.toml",
        word => word,
    });
    program(&words.collect::<Vec<_>>())
}

const FILES: [&str; 7] = [
    "report 1 --html @ --data DATA",
    "export xlsx --out @ --data DATA",
    "label preview pharma-pack --output @",
    "verify PICTURE --overlay @",
    "serials export --gtin 09506000134352 --count 1 --token t1 --out @ -c STATION",
    "serials return --pool 1 --all-unused --out @ -c STATION",
    #[cfg(feature = "demo")]
    "sim --seed 1 --packs 3 --report @",
    #[cfg(not(feature = "demo"))]
    "report 1 --html @ --data DATA",
];

const FOLDERS: [&str; 3] = [
    "recall --lot L1 --drill --bundle @ --data DATA",
    "export epcis --out @ --data DATA",
    #[cfg(feature = "demo")]
    "sim --seed 1 --packs 3 --shrink @",
    #[cfg(not(feature = "demo"))]
    "export epcis --out @ --data DATA",
];

#[test]
fn what_cannot_be_written_is_named_with_one_code_by_every_command() {
    let (dir, out) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let _gaps = furnished(dir.path());
    let (data, folder) = (text(dir.path()), out.path());
    let picture = folder.join("picture.png");
    let drawn = with_output(
        "label preview pharma-pack --output @",
        text(&picture),
        data,
        "",
    );
    assert_eq!(drawn.status.code(), Some(0), "{drawn:?}");
    let unwritten = |line: &str, output: &str| {
        let done = with_output(line, output, data, text(&picture));
        let said = err(&done) + &String::from_utf8_lossy(&done.stdout);
        assert_eq!(
            done.status.code(),
            Some(UNWRITTEN),
            "{line} to {output}: {done:?}"
        );
        assert!(
            said.contains(output) && said.contains("cannot be written"),
            "{line}: {said}"
        );
        assert!(
            !said.contains(".vidimus-") && !said.contains("database"),
            "{line}: {said}"
        );
    };
    let nowhere = folder.join("missing").join("output");
    let in_file = picture.join("output");
    for line in FILES {
        unwritten(line, text(&nowhere));
        // A list of numbers must be new, whatever is there already.
        if !line.starts_with("serials") {
            unwritten(line, text(folder));
            unwritten(line, "/dev/full");
        }
    }
    for line in FOLDERS {
        unwritten(line, text(&in_file));
        let refused = with_output(line, "-", data, "");
        assert_eq!(refused.status.code(), Some(2), "{line}: {refused:?}");
        assert!(
            err(&refused).contains("Name a folder."),
            "{line}: {refused:?}"
        );
    }
    // What was never done leaves no file behind either.
    let list = folder.join("list.csv");
    let refused = with_output(
        "serials return --pool 7 --all-unused --out @ -c STATION",
        text(&list),
        data,
        "",
    );
    assert_ne!(refused.status.code(), Some(0), "{refused:?}");
    assert_eq!(names(folder), ["picture.png"], "nothing is left");
    assert!(!Path::new("-").exists());

    // A bundle that does not fit is no fault of the database.
    let _held = archive(dir.path());
    let bundle = folder.join("drill");
    let command = format!(
        "trap '' XFSZ; ulimit -f 4; exec {} recall --lot L1 --drill --bundle {} --data {data}",
        env!("CARGO_BIN_EXE_vidimus"),
        text(&bundle)
    );
    let done = Command::new("sh")
        .args(["-c", &command])
        .output()
        .expect("a shell");
    assert_eq!(done.status.code(), Some(UNWRITTEN), "{done:?}");
    let said = err(&done);
    assert!(
        said.contains(text(&bundle)) && said.contains("Free room"),
        "{said}"
    );
    assert!(
        !said.contains(".vidimus-") && !said.contains("database"),
        "{said}"
    );
    assert_eq!(names(folder), ["picture.png"], "nothing is left");
}

#[test]
fn standard_output_is_one_name_for_every_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let _gaps = furnished(dir.path());
    let data = text(dir.path());
    let page = with_output("report 1 --html @ --data DATA", "-", data, "");
    assert!(
        String::from_utf8_lossy(&page.stdout).starts_with("<!DOCTYPE html>"),
        "{page:?}"
    );
    let picture = with_output("label preview pharma-pack --output @", "-", data, "");
    assert!(
        image::load_from_memory(&picture.stdout).is_ok(),
        "{picture:?}"
    );
    let workbook = with_output("export xlsx --out @ --data DATA", "-", data, "");
    let message = err(&workbook);
    assert!(
        message.contains("packs on 1 sheet in standard output"),
        "{message}"
    );
    // A workbook is a ZIP file: the first part's head at the beginning, the list of all parts at the end.
    let mut zip = workbook.stdout.as_slice();
    let mut head = [0; 4];
    zip.read_exact(&mut head).expect("a workbook");
    assert_eq!(&head, b"PK\x03\x04");
    assert!(
        zip.windows(4)
            .rev()
            .take(1 << 16)
            .any(|bytes| bytes == b"PK\x05\x06")
    );
    assert!(!Path::new("-").exists());
    let file = dir.path().join("label.png");
    std::fs::write(&file, &picture.stdout).expect("it can be written");
    let mut verify = Command::new(env!("CARGO_BIN_EXE_vidimus"));
    let verified = verify
        .args(["verify", "-"])
        .stdin(std::fs::File::open(&file).expect("it is there"))
        .output()
        .expect("it can be started");
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let overlay = with_output("verify PICTURE --overlay @", "-", data, text(&file));
    assert_eq!(
        overlay.status.code(),
        Some(2),
        "the answer goes there: {overlay:?}"
    );
}

#[test]
fn what_a_killed_drill_left_is_swept_by_the_next_one() {
    let (dir, out) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let _gaps = furnished(dir.path());
    let (data, folder) = (text(dir.path()), out.path());
    // As a kill leaves it, one that a living process holds, and one that is not surely ours.
    let aside = |name: &str| folder.join(format!(".vidimus-folder-{name}"));
    for name in ["Dead01", "Held01", "Odd001"] {
        std::fs::create_dir(aside(name)).expect("it can be made");
        std::fs::write(aside(name).join("units.csv"), "half").expect("it can be written");
    }
    std::fs::create_dir(aside("Odd001").join("deep")).expect("it can be made");
    let held = std::fs::File::open(aside("Held01")).expect("it is there");
    held.lock().expect("nobody has it");
    let drill = folder.join("drill");
    let done = with_output(
        "recall --lot L1 --drill --bundle @ --data DATA",
        text(&drill),
        data,
        "",
    );
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(
        names(folder),
        [".vidimus-folder-Held01", ".vidimus-folder-Odd001", "drill"]
    );
}
