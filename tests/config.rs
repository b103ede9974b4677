//! Configuration: the commented template is complete and right, and every mistake is reported
//! exactly as written down.

use std::path::{Path, PathBuf};
use vidimus::config::{self, DEMO, keys};

fn invalid_configs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid_configs");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of invalid configurations is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// Each `*.toml` gives exactly the message in the `.txt` beside it. `VIDIMUS_BLESS=1` writes the
/// messages anew.
#[test]
fn every_invalid_configuration_gives_exactly_its_message() {
    let files = invalid_configs();
    assert!(files.len() >= 12, "the invalid configurations are found");
    let mut different = Vec::new();
    for path in files {
        let name = path.file_name().expect("it has a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let errors = config::parse(&name, &text).expect_err("it is invalid");
        let said = errors.render(false);
        let wanted_path = path.with_extension("txt");
        if std::env::var_os("VIDIMUS_BLESS").is_some() {
            std::fs::write(&wanted_path, &said).expect("the message can be written");
        }
        let wanted = std::fs::read_to_string(&wanted_path).unwrap_or_default();
        if said != wanted {
            different.push(format!("{name}:\n--- wanted\n{wanted}\n--- said\n{said}"));
        }
        for mistake in &errors.mistakes {
            let sentence = &mistake.text;
            assert!(
                sentence.ends_with('.'),
                "{name}: not a sentence: {sentence}"
            );
            let suggestion = mistake.suggestion.as_deref().unwrap_or("x.");
            assert!(
                suggestion.ends_with(['.', '?', '…']),
                "{name}: {suggestion}"
            );
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

/// The template with the sections in force that it only shows: their lines begin with # and no blank.
fn with_all_sections() -> String {
    let line = |line: &str| match line
        .strip_prefix('#')
        .filter(|rest| !rest.is_empty() && !rest.starts_with(' '))
    {
        Some(shown) => format!("{shown}\n"),
        None => format!("{line}\n"),
    };
    DEMO.lines().map(line).collect()
}

#[test]
fn the_template_holds_every_key_with_its_allowed_values_and_default() {
    let template = with_all_sections();
    let whole = config::parse("demo.toml", &template).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((whole.readers.len(), whole.points.len()), (1, 4));
    for section in keys::SECTIONS {
        let heading = if section.many {
            format!("[[{}]]", section.name)
        } else {
            format!("[{}]", section.name)
        };
        let body = template
            .split(&format!("\n{heading}\n"))
            .nth(1)
            .unwrap_or_else(|| panic!("{heading} stands in the template"));
        let body = body.split("\n[").next().expect("a section has a body");
        for key in keys::of(section.name) {
            let line = format!("{} = ", key.name);
            let place = body
                .lines()
                .position(|found| found.starts_with(&line))
                .unwrap_or_else(|| panic!("{heading} {} stands in the template", key.name));
            let above = body.lines().nth(place - 1).expect("a comment stands above");
            let otherwise = match key.default {
                Some(default) => format!("Default: {default}."),
                None => "Must be given.".to_owned(),
            };
            let wanted = format!("# Allowed: {}. {otherwise}", key.wanted.allowed());
            assert_eq!(above, wanted, "{heading} {}", key.name);
        }
    }
}

#[test]
fn the_template_is_valid_and_the_demo_puts_its_own_addresses_in() {
    let config = config::parse("demo.toml", DEMO).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(config.plcs[0].gate_depth, 64);
    assert!(
        config
            .arithmetic()
            .iter()
            .any(|line| line.contains("3 x 20 = 60"))
    );

    let text = config::demo_text(
        "zpl+serial:///dev/pts/7?baud=115200",
        "modbus+tcp://127.0.0.1:41001?unit=1",
        "http://127.0.0.1:41002/stream",
        "/tmp/a \"quoted\" folder",
    );
    let config = config::parse("demo.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        config.printers[0].address,
        "zpl+serial:///dev/pts/7?baud=115200"
    );
    assert_eq!(
        config.plcs[0].address,
        "modbus+tcp://127.0.0.1:41001?unit=1"
    );
    assert_eq!(config.cameras[0].address, "http://127.0.0.1:41002/stream");
    assert_eq!(
        config.station.socket,
        Path::new("/tmp/a \"quoted\" folder/station.sock")
    );
    assert_eq!(
        text.lines().count(),
        DEMO.lines().count(),
        "comments are kept"
    );
}

/// The station file names the templates that this program carries, each for the number it carries.
#[test]
fn the_templates_of_containers_are_those_of_this_program() {
    use vidimus::label::{IdentifiedBy, container_names, container_template};
    let by = |wanted| -> Vec<&str> {
        let kind =
            |name: &&str| container_template(name).expect("built in").identified_by() == wanted;
        container_names().filter(kind).collect()
    };
    assert_eq!(by(IdentifiedBy::Sscc), keys::SSCC_TEMPLATES);
    assert_eq!(by(IdentifiedBy::Gtin), keys::GTIN_TEMPLATES);
}

#[test]
fn every_default_holds_when_its_key_is_left_out() {
    let full = config::parse("demo.toml", DEMO).expect("the template is valid");
    let optional: Vec<&str> = keys::KEYS
        .iter()
        .filter(|key| key.default.is_some())
        .map(|key| key.name)
        .collect();
    let lean: String = DEMO
        .lines()
        .filter(|line| {
            !optional
                .iter()
                .any(|key| line.starts_with(&format!("{key} = ")))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let mut lean = config::parse("lean.toml", &lean).unwrap_or_else(|errors| panic!("{errors}"));
    // The keys whose value in the template is not its default.
    assert!(!lean.cameras[0].lossless);
    lean.cameras[0].lossless = true;
    assert_eq!(
        (
            lean.line.detect_to_head_counts,
            lean.line.head_margin_counts,
            lean.printers[0].dpmm
        ),
        (0, 0, 8)
    );
    lean.line = full.line;
    lean.printers[0].dpmm = full.printers[0].dpmm;
    // For the record a default is a value like any other.
    let changes = lean.settings.changes_to(&full.settings);
    let keys: Vec<&str> = changes.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "camera[camera-1].lossless",
            "line.detect_to_head_counts",
            "line.head_margin_counts",
            "printer[printer-1].dpmm",
        ]
    );
    lean.settings = full.settings.clone();
    assert_eq!(lean, full);
}

/// Cut anywhere, with any byte spoiled, with lines left out: an answer, never a panic, and
/// positions inside the text.
#[test]
fn spoiled_templates_never_panic() {
    for at in (0..DEMO.len()).step_by(97) {
        let mut spoiled = vec![DEMO[..at].to_owned()];
        for odd in ["\"", "[", "=", "\u{0}", "ß", "\n"] {
            spoiled.push([&DEMO[..at], odd, &DEMO[at..]].concat());
        }
        for text in spoiled {
            if let Err(errors) = config::parse("spoiled.toml", &text) {
                assert!(errors.render(true).len() > errors.file.len());
                assert!(errors.mistakes.iter().all(|m| m.line >= 1 && m.column >= 1));
            }
        }
    }
}

#[test]
fn mistakes_as_json_carry_line_column_and_suggestion() {
    let text = DEMO.replace("workers = 2", "wrokers = 2");
    let errors = config::parse("x.toml", &text).expect_err("a key is unknown");
    let json = errors.to_json();
    assert_eq!(json["ok"], false);
    let only = &json["errors"][0];
    let line = text
        .lines()
        .position(|line| line == "wrokers = 2")
        .expect("it is there")
        + 1;
    assert_eq!(only["line"], line);
    assert_eq!(only["column"], 1);
    assert_eq!(only["code"], "unknown_key");
    assert_eq!(only["key"], "limits.wrokers");
    assert_eq!(only["suggestion"], "Did you mean `workers`?");
    assert_eq!(json["errors"].as_array().map(Vec::len), Some(1));
}

/// The template of a station with two lanes.
const TWO_LANES: &str = include_str!("../templates/stations/two-lanes.toml");

#[test]
fn a_station_with_two_lanes_has_two_of_each() {
    let config = config::parse("two-lanes.toml", TWO_LANES).expect("the template is sound");
    let lanes = config.lanes();
    let named = lanes.iter().map(|lane| {
        let devices = (&*lane.printer.name, lane.eyes.name(), &*lane.plc.name);
        (lane.no.0, devices, lane.gate.0)
    });
    let expected = [
        (1, ("printer-1", "camera-1", "plc-1"), 3),
        (2, ("printer-2", "camera-2", "plc-2"), 6),
    ];
    assert!(named.eq(expected));
    let one = config::parse("demo.toml", DEMO).expect("sound");
    assert_eq!(one.lanes().len(), 1);
}

#[test]
fn what_is_wrong_with_lanes_is_named() {
    let second_gate =
        "[[point]]\nname = \"gate-2\"\nkind = \"gate\"\nlane = 2\ndevice = \"plc-2\"\n";
    for (from, to, said) in [
        (second_gate, "", "Lane 2 has no \"gate\" point"),
        (
            "kind = \"gate\"\nlane = 2\n",
            "kind = \"gate\"\n",
            "Lane 1 has one \"gate\" point already",
        ),
        ("lane = 2\n", "lane = 3\n", "there is no lane 2"),
        (
            "device = \"plc-2\"",
            "device = \"plc-1\"",
            "\"plc-1\" is taken by",
        ),
        (
            "9102\"\ndpmm = 12",
            "9102\"\ndpmm = 8",
            "have the same dpmm; printer-1 has another one",
        ),
        (
            "zpl+tcp://127.0.0.1:9102",
            "tspl+tcp://127.0.0.1:9102",
            "speak one language",
        ),
    ] {
        let text = TWO_LANES.replace(from, to);
        assert_ne!(text, TWO_LANES, "{from}");
        let errors = config::parse("x.toml", &text).expect_err(said);
        let told = errors
            .mistakes
            .iter()
            .any(|mistake| mistake.text.contains(said));
        assert!(told, "{said}: {errors}");
    }
}

/// The template of a lane with a reader in the camera's place.
const SMART_READER: &str = include_str!("../templates/stations/smart-reader.toml");

#[test]
fn a_reader_may_stand_in_the_cameras_place() {
    let config = config::parse("smart-reader.toml", SMART_READER).expect("the template is sound");
    let lanes = config.lanes();
    let eyes = lanes[0].eyes;
    assert_eq!((eyes.name(), eyes.kind()), ("reader-1", "reader"));
    assert!(eyes.reads_only() && eyes.counts() && !eyes.lossless());
    let sums = config.arithmetic();
    let told = |line: &String| line.contains("reader-1") && line.contains("does not grade");
    assert!(sums.iter().any(told), "{sums:?}");
    let texts = SMART_READER
        .replace("aim = true", "aim = true\ngs = \"<GS>\"")
        .replace("30  # from", "0  # from");
    let config = config::parse("x.toml", &texts).expect("sound");
    let settings = config.readers[0].settings().expect("a reader's address");
    let bytes = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!((settings.gs, settings.counter), (bytes("<GS>"), bytes(";")));
    assert!(settings.aim);
}

/// Whether time tells the text of one pack from the next is worked out from the same sums as the line does it.
#[test]
fn where_a_reader_without_counter_is_allowed_time_tells_whose_text_came() {
    use vidimus::line::cadence::INTERVAL_MIN;
    let tells = config::TIME_TELLS_MS;
    assert_eq!(INTERVAL_MIN, std::time::Duration::from_millis(tells));
}

/// It sends no counter.
const UNCOUNTED: (&str, &str) = ("counter = \";\"", "counter = \"none\"");
/// One pack lies between arming and verdict.
const ONE_AT_A_TIME: (&str, &str) = (
    "[inspection]",
    "[limits]\nverdict_deadline_ms = 180\n[inspection]",
);

/// What is replaced in the template by what, what is said to that, and what mends it.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

#[test]
fn what_is_wrong_with_a_reader_in_the_cameras_place_is_named_with_what_mends_it() {
    let cases: &[Case] = &[
        (
            &[("grade_min = \"none\"", "")],
            "have no grade",
            "grade_min = \"none\"",
        ),
        (
            &[("grade_min = \"none\"", "grade_min = \"A\"")],
            "have no grade",
            "camera",
        ),
        (
            &[("text = \"off\"", "")],
            "nobody looks at the text",
            "text = \"off\"",
        ),
        (&[("aim = true", "")], "GS1 Data Matrix", "aim = true"),
        (
            &[UNCOUNTED],
            "without counter may be used only",
            "Set a counter",
        ),
        (
            &[
                UNCOUNTED,
                ONE_AT_A_TIME,
                ("address = \"modbus", "cycle_ms = 80\naddress = \"modbus"),
            ],
            "only time tells",
            "slow the line down",
        ),
        (
            &[("aim = true", "aim = true\ntrigger = \"software\"")],
            "that the station fires",
            "Let the PLC fire it",
        ),
        (
            &[
                ("dmcc+", "datalogic+"),
                ("aim = true", "aim = true\ntrigger = \"software\""),
                ONE_AT_A_TIME,
            ],
            "no trigger word of its own",
            "Let the PLC fire it",
        ),
        (
            &[("aim = true", "aim = true\ngs = \"\"")],
            "sends for GS is empty",
            "",
        ),
        (
            &[("aim = true", "aim = true\ngs = \"\\r\\n\"")],
            "each text would end there",
            "",
        ),
    ];
    for (changes, said, mended) in cases {
        let mut text = SMART_READER.to_owned();
        for (from, to) in *changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let errors = config::parse("x.toml", &text).expect_err(said);
        let [mistake] = &errors.mistakes[..] else {
            panic!("{said}: {errors}");
        };
        assert!(mistake.text.contains(said), "{said}: {errors}");
        let how = mistake.suggestion.as_deref().unwrap_or_default();
        assert!(how.contains(mended), "{mended}: {errors}");
    }
    // Without counter, one pack at a time, and far enough from the next; fired by the station.
    let fit = [
        UNCOUNTED,
        ONE_AT_A_TIME,
        ("aim = true", "aim = true\ntrigger = \"software\""),
    ];
    let text = fit
        .iter()
        .fold(SMART_READER.to_owned(), |text, (from, to)| {
            text.replace(from, to)
        });
    config::parse("x.toml", &text).unwrap_or_else(|errors| panic!("{errors}"));
    // At a scan point the station fires nobody.
    let text = TWO_LANES.replace(
        "[[reader]]\nname = \"case-reader\"",
        "[[reader]]\ntrigger = \"software\"\nname = \"case-reader\"",
    );
    let errors = config::parse("x.toml", &text).expect_err("nobody fires it");
    assert!(
        errors.mistakes[0].text.contains("at an inspect point only"),
        "{errors}"
    );
}
