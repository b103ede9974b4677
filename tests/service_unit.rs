//! What is installed beside the program: unit, udev rules, package. Every path, option, exit code, user and group in
//! them is one that the program or the package has.

use std::path::{Path, PathBuf};
use std::process::Command;
use vidimus::cli::Exit;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// A unit file by its own rules: sections in brackets, `Key=value`, comments from `#` or `;`.
struct Unit(Vec<(String, String, String)>);

impl Unit {
    fn read(name: &str) -> Unit {
        let mut section = String::new();
        let mut entries = Vec::new();
        for line in read(name).lines().map(str::trim_end) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            let inner = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            if let Some(inner) = inner {
                section = inner.to_owned();
                continue;
            }
            let (key, value) = line.split_once('=').expect("Key=value");
            assert_eq!(key, key.trim(), "{line}");
            entries.push((section.clone(), key.to_owned(), value.to_owned()));
        }
        Unit(entries)
    }

    /// The one value of a key.
    fn one(&self, section: &str, key: &str) -> &str {
        let all: Vec<&str> = self
            .0
            .iter()
            .filter(|entry| entry.0 == section && entry.1 == key)
            .map(|entry| entry.2.as_str())
            .collect();
        assert_eq!(all.len(), 1, "{section} {key}: {all:?}");
        all[0]
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|entry| entry.1 == key)
    }

    fn seconds(&self, section: &str, key: &str) -> u64 {
        self.one(section, key).parse().expect("seconds")
    }
}

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(args)
        .arg("--help")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    String::from_utf8(output.stdout).expect("help is UTF-8")
}

/// What the package brings: where from, where to.
fn assets() -> Vec<(String, String)> {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    let deb = &manifest["package"]["metadata"]["deb"];
    let rows = deb["assets"].as_array().expect("assets").iter();
    let text = |row: &toml::Value, at: usize| row[at].as_str().expect("text").to_owned();
    rows.map(|row| (text(row, 0), text(row, 1))).collect()
}

#[test]
fn the_unit_starts_what_the_package_brings_with_options_that_there_are() {
    let unit = Unit::read("packaging/vidimus.service");
    let command: Vec<&str> = unit.one("Service", "ExecStart").split(' ').collect();
    let program = assets()
        .into_iter()
        .find(|(from, _)| from == "target/release/vidimus")
        .expect("the program is in the package");
    assert_eq!(command[0], format!("/{}vidimus", program.1));
    let help = help(&command[1..2]);
    for option in command.iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(option), "{option}: {help}");
    }
    // Nothing is started before there is a station file, and it is the one that is started with.
    let file = command.last().expect("the station file");
    assert_eq!(unit.one("Unit", "ConditionPathExists"), *file);
    assert!(!assets().iter().any(|(_, to)| file.contains(to.as_str())));

    assert_eq!(unit.one("Service", "Type"), "notify");
    assert_eq!(unit.one("Service", "NotifyAccess"), "main");
    assert!(unit.seconds("Service", "WatchdogSec") > 0);
    assert_eq!(unit.one("Service", "Restart"), "on-failure");
    for code in unit.one("Service", "RestartPreventExitStatus").split(' ') {
        let known = Exit::ALL.iter().any(|exit| exit.code().to_string() == code);
        assert!(known, "{code}");
    }
    // The station is waited for longer than it waits for a disk.
    let run = read("src/cli/run.rs");
    let most = run.split_once("ENDING_MAX: Duration = Duration::from_secs(");
    let most = most
        .expect("the limit")
        .1
        .split_once(')')
        .expect("its end")
        .0;
    let most: u64 = most.parse().expect("seconds");
    assert!(unit.seconds("Service", "TimeoutStopSec") > most);
    // Starts that fail at once use up the allowed number within the interval.
    let burst = unit.seconds("Unit", "StartLimitBurst");
    let pause = unit.seconds("Service", "RestartSec");
    assert!(burst * pause < unit.seconds("Unit", "StartLimitIntervalSec"));
}

#[test]
fn the_unit_of_the_figures_has_options_that_there_are_and_the_same_station_and_user() {
    let unit = Unit::read("packaging/vidimus-metrics.service");
    let station = Unit::read("packaging/vidimus.service");
    let command: Vec<&str> = unit.one("Service", "ExecStart").split(' ').collect();
    let help = help(&command[1..2]);
    for option in command.iter().filter(|word| word.starts_with("--")) {
        assert!(help.contains(option), "{option}: {help}");
    }
    for word in [
        "/usr/bin/vidimus",
        station.one("Unit", "ConditionPathExists"),
    ] {
        assert!(command.contains(&word), "{command:?}");
    }
    assert_eq!(unit.one("Service", "User"), station.one("Service", "User"));
    assert!(!unit.has("WatchdogSec"), "it tells nobody that it lives");
    // The package enables and starts the station, not this.
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    let units = &manifest["package"]["metadata"]["deb"]["systemd-units"];
    assert_eq!(units["unit-name"].as_str(), Some("vidimus"));
}

#[test]
fn user_groups_and_folders_of_the_unit_are_made_by_the_package_and_devices_stay_in_reach() {
    let unit = Unit::read("packaging/vidimus.service");
    let script = read("packaging/deb/postinst");
    let user = unit.one("Service", "User");
    assert_eq!(user, unit.one("Service", "Group"));
    let made = format!("adduser --system --group --home /var/lib/{user}");
    assert!(script.contains(&made), "{script}");
    let groups = script.split_once("for group in ").expect("groups").1;
    let groups = groups.split_once(';').expect("their end").0;
    assert_eq!(unit.one("Service", "SupplementaryGroups"), groups);
    let folder = format!("/var/lib/{}", unit.one("Service", "StateDirectory"));
    assert_eq!(unit.one("Service", "WorkingDirectory"), folder);
    assert!(script.contains(&format!("-m 0750 {folder}")));
    // The rules give the devices to these groups and to no other.
    for line in read("packaging/60-vidimus.rules").lines() {
        if let Some((_, group)) = line.split_once("GROUP=\"") {
            let group = group.split('"').next().expect("a name");
            assert!(groups.split(' ').any(|known| known == group), "{line}");
        }
    }
    for barred in [
        "PrivateDevices",
        "DevicePolicy",
        "DeviceAllow",
        "ProtectClock",
        "PrivateNetwork",
        "PrivateUsers",
        "DynamicUser",
    ] {
        assert!(!unit.has(barred), "{barred} would take the devices away");
    }
    assert_eq!(
        unit.one("Service", "StandardOutput"),
        "null",
        "one-time secrets"
    );
}

#[test]
fn everything_in_the_package_is_there_and_its_scripts_and_rules_are_sound() {
    for (from, to) in assets() {
        assert!(to.ends_with('/') && !to.starts_with('/'), "{to}");
        if from.starts_with("target/") {
            continue; // it is built
        }
        let path = PathBuf::from(&from);
        let (folder, name) = (path.parent().expect("a folder"), path.file_name());
        let name = name.expect("a name").to_string_lossy().into_owned();
        let files = std::fs::read_dir(root().join(folder)).expect("the folder");
        let ending = name.trim_start_matches('*').to_owned();
        let fits = |file: &str| match name.starts_with('*') {
            true => file.ends_with(&ending),
            false => file == name,
        };
        let found = files.filter(|file| {
            let file = file.as_ref().expect("an entry").file_name();
            fits(&file.to_string_lossy())
        });
        assert!(found.count() > 0, "{from}");
    }
    for script in ["postinst", "postrm"] {
        let path = root().join("packaging/deb").join(script);
        let sound = Command::new("sh").arg("-n").arg(&path).status();
        assert!(sound.expect("there is a shell").success(), "{script}");
        let text = read(&format!("packaging/deb/{script}"));
        assert!(text.contains("\nset -e\n") && text.contains("\n#DEBHELPER#\n"));
        let removes = text.lines().any(|line| {
            let line = line.trim();
            line.starts_with("rm ") || line.starts_with("deluser") || line.starts_with("userdel")
        });
        assert!(!removes, "records, key and their owner stay: {script}");
    }
    // A rule is matches and settings, each `KEY=="…"` or `KEY="…"`, separated by commas; what it jumps to is there.
    let rules = read("packaging/60-vidimus.rules");
    for line in rules
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        for part in line.split(", ") {
            let (key, value) = part.split_once('=').expect("KEY=");
            let value = value.trim_start_matches('=');
            let key_is_one = key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "{}_/".contains(c));
            assert!(key_is_one, "{part}");
            let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
            assert!(quoted && value.matches('"').count() == 2, "{part}");
            if key == "GOTO" {
                assert!(rules.contains(&format!("LABEL={value}")), "{part}");
            }
        }
    }
}

/// systemd's own opinion of the unit, where it is installed.
#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["vidimus.service", "vidimus-metrics.service"] {
        finds_nothing_wrong(dir.path(), name);
    }
}

fn finds_nothing_wrong(dir: &Path, name: &str) {
    let path = dir.join(name);
    let program = format!("ExecStart={}", env!("CARGO_BIN_EXE_vidimus"));
    let text = read(&format!("packaging/{name}")).replace("ExecStart=/usr/bin/vidimus", &program);
    std::fs::write(&path, text).expect("it can be written");
    let checked = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&path)
        .output();
    let Ok(checked) = checked else {
        eprintln!("SKIPPED: there is no systemd-analyze; the unit was not shown to systemd.");
        return;
    };
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    let about_it = said.lines().filter(|line| line.contains(name));
    assert_eq!(about_it.collect::<Vec<_>>(), Vec::<&str>::new());
}
