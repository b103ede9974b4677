//! The Debian package, made of the program that is tested and taken apart again: what lies where, what the unit names,
//! and what its scripts do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a tool is there and answers; said aloud where it is not.
fn is_there(tool: &str, args: &[&str]) -> bool {
    let found = Command::new(tool).args(args).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("SKIPPED: there is no {tool}; the Debian package was not made.");
    }
    found
}

fn done(command: &mut Command) -> Output {
    let output = command.output().expect("it can be started");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The package of the program that this test was built with.
fn package(dir: &Path) -> PathBuf {
    // The program is taken from the folder of its profile: this is one with nothing else in it.
    let program = Path::new(env!("CARGO_BIN_EXE_vidimus"));
    let built = dir.join("target/release");
    std::fs::create_dir_all(&built).expect("a folder");
    std::fs::copy(program, built.join("vidimus")).expect("it can be copied");
    let deb = dir.join("vidimus.deb");
    done(
        Command::new(root().join("packaging/make-deb"))
            .args([
                "--no-build",
                "--no-strip",
                "--fast",
                "--offline",
                "--output",
            ])
            .arg(&deb)
            .env("CARGO_TARGET_DIR", dir.join("target"))
            .current_dir(root()),
    );
    deb
}

#[test]
fn the_package_lays_everything_where_the_unit_and_the_scripts_expect_it() {
    if !(is_there("cargo", &["deb", "--version"]) && is_there("dpkg-deb", &["--version"])) {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let deb = package(dir.path());
    let (there, scripts) = (dir.path().join("machine"), dir.path().join("scripts"));
    // Taken apart and not installed: its scripts would work on the machine of whoever runs this test.
    for (how, to) in [("--extract", &there), ("--control", &scripts)] {
        done(Command::new("dpkg-deb").arg(how).arg(&deb).arg(to));
    }
    let unit = ["usr/lib/systemd/system", "lib/systemd/system"].map(|folder| there.join(folder));
    let unit = unit
        .iter()
        .find(|folder| folder.join("vidimus.service").is_file());
    let unit = unit.expect("systemd finds the unit");
    for name in ["vidimus.service", "vidimus-metrics.service"] {
        let text = std::fs::read_to_string(unit.join(name)).expect("it is there");
        let start = text
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart=/"));
        let program = start.and_then(|start| start.split(' ').next());
        assert!(there.join(program.expect("a program")).is_file(), "{text}");
        let docs = text
            .lines()
            .find_map(|line| line.strip_prefix("Documentation=file:///"));
        let docs = docs.expect("a page").to_owned();
        let packed = there.join(format!("{docs}.gz"));
        assert!(there.join(&docs).is_file() || packed.is_file(), "{text}");
    }
    assert!(
        there
            .join("usr/lib/udev/rules.d/60-vidimus.rules")
            .is_file()
    );
    for page in ["vidimus.1.gz", "vidimus-batch.1.gz", "vidimus-tui.1.gz"] {
        assert!(
            there.join("usr/share/man/man1").join(page).is_file(),
            "{page}"
        );
    }
    for file in [
        "bash-completion/completions/vidimus",
        "zsh/vendor-completions/_vidimus",
        "fish/vendor_completions.d/vidimus.fish",
    ] {
        let text = std::fs::read_to_string(there.join("usr/share").join(file)).expect(file);
        assert!(text.contains("batch"), "{file}");
    }
    let program = there.join("usr/bin/vidimus");
    let stations = std::fs::read_dir(there.join("usr/share/vidimus/stations")).expect("examples");
    for file in stations.map(|file| file.expect("an entry").path()) {
        done(Command::new(&program).arg("check").arg(&file));
    }
    // What cargo deb puts into the scripts looks after the unit that is there, and takes nothing away.
    for name in ["postinst", "prerm", "postrm"] {
        let text = std::fs::read_to_string(scripts.join(name)).expect("it is there");
        assert!(!text.contains("#DEBHELPER#"), "{name}: {text}");
        assert!(text.contains("vidimus.service"), "{name}: {text}");
        assert!(!text.contains("rm -"), "{name}: {text}");
    }
}
