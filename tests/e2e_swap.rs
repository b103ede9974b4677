//! Another label template on a real station beside a factory: the README's own walk, kills at any moment of it, labels
//! that are refused and labels that fail their test prints.

use crate::e2e_bench::{Bench, Finished, Program};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use vidimus::record::{Fact, Fate, LabelFact, LabelText, PackNo, TemplateHash};
use vidimus::wire::{LabelView, View};

/// The label that the demo's station file names.
const FILE: &str = include_str!("../templates/labels/pharma-pack/label.toml");

const OPEN: &str = "batch open --gtin 09506000134352 --lot LOT-7 --expiry 281231";

struct Site {
    bench: Bench,
    file: PathBuf,
}

impl Site {
    /// An empty folder with the demo's names in it.
    fn unfurnished() -> Site {
        let bench = Bench::new();
        let file = bench.path().join("station.toml");
        Site { bench, file }
    }

    /// What a person types in the folder; gives what comes on standard output.
    fn types(&self, command: &str) -> String {
        let program = env!("CARGO_BIN_EXE_vidimus");
        let script = format!("vidimus() {{ \"{program}\" \"$@\"; }}\n{command}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(self.bench.path());
        let run = shell.output().expect("it runs");
        let (out, err) = (
            String::from_utf8_lossy(&run.stdout).into_owned(),
            String::from_utf8_lossy(&run.stderr).into_owned(),
        );
        assert!(run.status.success(), "{command}: {out}{err}");
        out
    }

    fn new(more: &[&str]) -> (Site, Program) {
        let bench = Bench::new();
        let (factory, file) =
            bench.furnish(&[&["--rate", "600", "--faults", "none"], more].concat());
        (Site { bench, file }, factory)
    }

    fn start(&self) -> Program {
        let station = Program::start(&["run", "-c", self.file()]);
        self.bench
            .await_view("a station", |view| view.label.is_some());
        station
    }

    fn file(&self) -> &str {
        self.file.to_str().expect("the path is UTF-8")
    }

    fn label(&self, args: &[&str]) -> Finished {
        Program::run(&[&["label"], args, &["-c", self.file()]].concat())
    }

    fn does(&self, args: &[&str]) -> Finished {
        let done = self.label(args);
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        done
    }

    fn open_batch(&self) {
        let open: Vec<&str> = OPEN.split(' ').chain(["-c", self.file()]).collect();
        let opened = Program::run(&open);
        assert_eq!(opened.code, Some(0), "{opened:?}");
    }

    /// A template that differs from the station file's as told; its file has been at rest for long.
    fn template(&self, name: &str, old: &str, new: &str) -> PathBuf {
        let path = self.bench.path().join(name);
        assert!(FILE.contains(old));
        std::fs::write(&path, FILE.replace(old, new)).expect("it can be written");
        path
    }

    /// Feeds packs, ten at a time, until the view is as wanted and the line is empty.
    fn feed_until(&self, what: &str, enough: impl Fn(&View) -> bool) -> View {
        let fed = Cell::new(self.bench.view().map_or(0, |view| view.tally.entered));
        self.bench.await_view(what, |view| {
            self.bench.do_what_the_screen_asks(view);
            let empty = view.tally.entered >= fed.get() && view.tally.in_line == 0;
            if empty && !enough(view) {
                fed.set(view.tally.entered + 10);
                let _ = self.bench.factory(&json!({"do": "start"}));
                let _ = self.bench.factory(&json!({"do": "feed", "packs": 10}));
            }
            empty && enough(view)
        })
    }

    /// Feeds packs until this label is in force and nothing is on trial.
    fn until_in_force(&self, name: &str) -> View {
        self.feed_until(name, |view| {
            let label = view.label.as_ref();
            label.is_some_and(|label| label.name == name && label.trial.is_none())
        })
    }

    fn facts(&self) -> Vec<LabelFact> {
        let read = self.bench.reader().label_records();
        let facts = read.expect("it reads").into_iter();
        let fact = |fact| match fact {
            Fact::Label(fact) => Some(fact),
            _ => None,
        };
        facts
            .filter_map(|stored| fact(stored.record.fact))
            .collect()
    }

    /// Every number names its template; no pack passed with one that was not proven; how many passed with each.
    fn passes(&self) -> BTreeMap<TemplateHash, u64> {
        let mut in_force = LabelText::new("", FILE).template;
        let mut of_pack: BTreeMap<PackNo, TemplateHash> = BTreeMap::new();
        let mut passes = BTreeMap::new();
        let read = self.bench.reader().for_each_record(0, |stored| {
            let template = stored.record.template;
            match &stored.record.fact {
                Fact::SerialReserved { pack, .. } => {
                    of_pack.insert(*pack, template.expect("every number names its template"));
                }
                Fact::Verified { pack, verdict } if verdict.outcome.is_pass() => {
                    assert_eq!((template, of_pack[pack]), (Some(in_force), in_force));
                    *passes.entry(in_force).or_default() += 1;
                }
                Fact::Label(LabelFact::Proven { template, pack }) => {
                    assert_eq!(of_pack[pack], *template, "proven by a pack that carries it");
                    in_force = *template;
                }
                Fact::Label(LabelFact::Installed { label, .. }) => in_force = label.template,
                _ => {}
            }
        });
        read.expect("it reads");
        passes
    }

    fn ends(&self, station: Program) {
        self.ends_with(station, 0);
    }

    /// A demo that is asked to end before its batch does says so with a code of its own.
    fn ends_with(&self, program: Program, code: i32) {
        program.signal(Signal::TERM);
        assert_eq!(program.finish().code, Some(code));
        let reader = self.bench.reader();
        reader.audit().expect("the rows are what the records say");
        for truth in self.bench.truth() {
            assert!(truth.ink.len() <= 1, "{truth:?}");
        }
    }
}

fn hash(path: &Path) -> TemplateHash {
    LabelText::new("", std::fs::read_to_string(path).expect("it is there")).template
}

fn named(label: Option<&LabelView>) -> (&str, bool) {
    let label = label.expect("every station has a label");
    (&label.name, label.trial.is_some())
}

/// The commands under the README's heading.
fn walk() -> Vec<String> {
    let readme = include_str!("../README.md");
    let (_, section) = readme
        .split_once("### Change a label while the line runs\n")
        .expect("the section");
    let (_, block) = section.split_once("```sh\n").expect("its commands");
    let (block, _) = block.split_once("\n```").expect("their end");
    block.lines().map(str::to_owned).collect()
}

/// The README's commands, one after the other, as they stand there, beside the demo that the first of them starts; its
/// text policy rejects. Without a screen, in the test's own folder, and faster.
#[test]
fn the_readmes_walk_changes_the_label_of_a_running_demo_and_goes_back() {
    let site = Site::unfurnished();
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    std::os::unix::fs::symlink(templates, site.bench.path().join("templates")).expect("a link");
    let commands = walk();
    let (demo, commands) = commands.split_first().expect("commands");
    let demo = demo.strip_prefix("vidimus ").expect("the demo first");
    let (demo, _) = demo.split_once('#').expect("where it is started");
    let demo = demo.replace("--data d1", &format!("--data {}", site.bench.text()));
    let fast = ["--headless", "--rate", "300", "--packs", "100000"];
    let demo: Vec<&str> = demo.split_whitespace().chain(fast).collect();
    let demo = Program::start(&demo);
    let good = |packs| {
        site.bench
            .await_view("good packs", |view| view.tally.good >= packs)
    };
    let before = good(5);
    assert_eq!(named(before.label.as_ref()), ("pharma-pack", false));
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let out = site.types(&command.replace("d1/", ""));
        if command.contains("label activate") {
            let view = site.bench.await_view("a label in force", |view| {
                named(view.label.as_ref()) == ("new-label", false)
            });
            let view = good(view.tally.good + 5);
            assert!(view.tally.sampled > 0, "the test print: {view:?}");
        }
        if command.contains("label rollback") {
            let view = site.bench.await_view("the former label", |view| {
                named(view.label.as_ref()) == ("pharma-pack", false)
            });
            good(view.tally.good + 5);
        }
        if command.contains("label history") {
            assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
            for part in ["new-label", "in force", "replaced", "by ", "pharma-pack"] {
                assert!(out.contains(part), "{part}: {out}");
            }
        }
    }
    let new = hash(&site.bench.path().join("new-label.toml"));
    let old = LabelText::new("", FILE).template;
    let passes = site.passes();
    assert!(passes[&old] >= 10 && passes[&new] >= 5, "{passes:?}");
    let told = site.does(&["history", "--json"]).out;
    let told: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let states: Vec<&str> = told
        .iter()
        .filter_map(|entry| entry["label"]["state"].as_str())
        .collect();
    assert_eq!(states, ["replaced", "replaced", "in_force"]);
    assert_eq!(told[2]["label"]["rollback"], true);

    // Every pack by the template of its own label, and nobody else.
    let archive = ["recall", "-c", site.file(), "--json", "--template"];
    let found = |template: TemplateHash| {
        let done = Program::run(&[&archive[..], &[&template.to_string()]].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        done.json()["good"].as_u64().expect("a count")
    };
    // What was verified and then purged on the belt is in no bin for good ones.
    site.ends_with(demo, 20);
    let packs = site.bench.packs();
    let good = packs.iter().filter(|pack| pack.fate == Some(Fate::Good));
    assert_eq!(found(new) + found(old), good.count() as u64);
    assert!((5..=passes[&new]).contains(&found(new)), "{passes:?}");
}

/// A station that is killed at any moment of a change goes on with it, and no unproven label is ever in the good bin.
#[test]
fn a_station_killed_at_any_moment_of_a_change_goes_on_with_it() {
    let (site, _factory) = Site::new(&[]);
    let mut station = site.start();
    site.open_batch();
    site.feed_until("good packs", |view| view.tally.good >= 5);
    let mut former = "pharma-pack".to_owned();
    for (round, moment_ms) in [0, 150, 400, 700, 1100, 1600].into_iter().enumerate() {
        let name = format!("label-{round}");
        let path = site.template(
            &format!("{name}.toml"),
            "LOT {lot}",
            &format!("L{round} {{lot}}"),
        );
        let _ = site.bench.factory(&json!({"do": "feed", "packs": 60}));
        let path = path.to_str().expect("UTF-8");
        site.does(&["activate", path, "--reason", "a test"]);
        let _ = site.bench.factory(&json!({"do": "start"}));
        std::thread::sleep(std::time::Duration::from_millis(moment_ms));
        station.kill();
        station = site.start();
        let view = site.bench.view().expect("it runs");
        let label = view.label.expect("every station has a label");
        let trial = label.trial.map(|trial| trial.name);
        assert!(
            label.name == name || (&label.name, trial.as_deref()) == (&former, Some(name.as_str())),
            "{name} after {moment_ms} ms: {} and {trial:?}",
            label.name
        );
        let view = site.until_in_force(&name);
        let good = view.tally.good;
        site.feed_until("good packs", |view| view.tally.good >= good + 3);
        former = name;
    }
    assert_eq!(site.passes().len(), 7);
    site.ends(station);
}

#[test]
fn what_is_not_sound_is_refused_and_what_cannot_be_read_is_given_up() {
    let (site, _factory) = Site::new(&[]);
    let station = site.start();
    site.open_batch();
    site.feed_until("good packs", |view| view.tally.good >= 3);
    for (old, new, said) in [
        ("module_mm = 0.5", "module_mm = 0.9", "over the"),
        ("\"17\", \"10\"", "\"10\", \"10\"", "Line"),
        ("\"17\", ", "", "drops (17)"),
        ("[[barcode]]", "[[barcod]]", "barcod"),
    ] {
        let bad = site.template("bad.toml", old, new);
        let done = site.label(&["activate", bad.to_str().expect("UTF-8"), "--reason", "why"]);
        assert_eq!(done.code, Some(1), "{said}: {done:?}");
        assert!(done.err.contains(said), "{said}: {done:?}");
    }
    let lot_only = site.label(&["activate", "lot-pack", "--reason", "why"]);
    assert!(lot_only.err.contains("drops (21)"), "{lot_only:?}");
    let refused = |fact: &LabelFact| matches!(fact, LabelFact::Refused { .. });
    assert_eq!(site.facts().iter().filter(|fact| refused(fact)).count(), 5);
    let good = site.template("good.toml", "LOT {lot}", "LOT:{lot}");
    let good = good.to_str().expect("UTF-8");
    assert_eq!(site.label(&["activate", good]).code, Some(2), "no reason");
    let nothing = site.label(&["rollback", "--reason", "why"]);
    assert!(nothing.err.contains("no former label"), "{nothing:?}");
    let view = site.bench.view().expect("it runs");
    assert_eq!(named(view.label.as_ref()), ("pharma-pack", false));

    // A printer that prints nothing that anybody can read.
    let set = |rate: f64| {
        let faults = format!("bad-print={rate}");
        let done = site.bench.factory(&json!({"do": "faults", "set": faults}));
        assert_eq!(done.expect("it answers")["ok"], true);
    };
    set(1.0);
    site.does(&["activate", good, "--reason", "why"]);
    let view = site.feed_until("a label that is given up", |view| {
        view.has_alarm("label-trial")
    });
    assert_eq!(named(view.label.as_ref()), ("pharma-pack", false));
    set(0.0);
    let good_before = view.tally.good;
    site.feed_until("the former label", |view| {
        view.tally.good >= good_before + 5
    });
    let shown = site.does(&["history"]).out;
    assert!(
        shown.contains("given up by the station, 3 test prints failed"),
        "{shown}"
    );

    // A person gives it up before it was printed.
    site.does(&["activate", good, "--reason", "why"]);
    site.does(&["rollback", "--reason", "a second thought"]);
    let view = site.bench.await_view("no trial", |view| {
        named(view.label.as_ref()) == ("pharma-pack", false)
    });
    let good_before = view.tally.good;
    site.feed_until("the former label", |view| {
        view.tally.good >= good_before + 3
    });
    assert_eq!(site.passes().len(), 1, "none was ever proven");
    site.ends(station);
}

/// Versions follow each other, and every answer names them: of orders, of packs, of batches, of recalls.
#[test]
fn every_version_of_a_label_is_named_followed_and_brought_back() {
    let (site, _factory) = Site::new(&[]);
    let station = site.start();
    site.open_batch();
    site.feed_until("good packs", |view| view.tally.good >= 3);
    let said = |done: &Finished| done.err.replace('\n', " ");
    let paths = [("b.toml", "B {lot}"), ("c.toml", "C {lot}")]
        .map(|(name, text)| site.template(name, "LOT {lot}", text));
    let [a, b, c] = [
        LabelText::new("", FILE).template,
        hash(&paths[0]),
        hash(&paths[1]),
    ];
    let named = |name: &str, template: TemplateHash| {
        let digits: String = template.to_string().chars().take(8).collect();
        format!("{name} ({digits})")
    };
    let [a_named, b_named, c_named] = [named("pharma-pack", a), named("b", b), named("c", c)];
    let digits = c.to_string()[..8].to_owned();
    let (b_path, c_path) = (paths[0].to_str(), paths[1].to_str());
    let (b_path, c_path) = (b_path.expect("UTF-8"), c_path.expect("UTF-8"));
    let orders: [(&[&str], &str, [&str; 2]); 5] = [
        (&["activate", b_path], "b", [&a_named, &b_named]),
        (&["activate", c_path], "c", [&b_named, &c_named]),
        (&["rollback"], "b", [&c_named, &b_named]),
        (&["activate", &digits], "c", [&b_named, &c_named]),
        (
            &["rollback", "--to", "pharma-pack"],
            "pharma-pack",
            [&c_named, &a_named],
        ),
    ];
    for (order, name, [from, to]) in orders {
        let done = site.does(&[order, &["--reason", "a test"]].concat());
        let told = format!("{from} is to be replaced by {to}");
        assert!(said(&done).contains(&told), "{order:?}: {done:?}");
        assert!(
            done.err.lines().all(|line| line.chars().count() <= 80),
            "{done:?}"
        );
        let good = site.until_in_force(name).tally.good;
        site.feed_until("good packs", |view| view.tally.good >= good + 3);
    }
    let first = site.label(&["rollback", "--reason", "a test"]);
    assert!(first.err.contains("no former label"), "{first:?}");
    let unknown = site.label(&["rollback", "--to", "x", "--reason", "a test"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    let unknown = site.label(&["activate", "no-such", "--reason", "a test"]);
    assert!(said(&unknown).contains(&b_named), "{unknown:?}");

    // Each text comes back whole, in force or not.
    assert_eq!(site.does(&["show"]).out, FILE);
    let back = site.bench.path().join("back.toml");
    site.does(&["show", &digits, "-o", back.to_str().expect("UTF-8")]);
    assert_eq!(hash(&back), c);
    assert_eq!(site.label(&["show", "no-such"]).code, Some(1));

    // What was ordered for each pack, and what is told of it.
    let mut of_pack: BTreeMap<PackNo, TemplateHash> = BTreeMap::new();
    let read = site.bench.reader().for_each_record(0, |stored| {
        if let Fact::SerialReserved { pack, .. } = &stored.record.fact {
            let template = stored.record.template;
            of_pack.insert(*pack, template.expect("every number names its template"));
        }
    });
    read.expect("it reads");
    let run = |args: &[&str]| Program::run(&[args, &["-c", site.file()]].concat());
    let csv = run(&["export", "csv"]).out;
    let rows: Vec<Vec<&str>> = csv
        .lines()
        .skip(1)
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(rows.len(), of_pack.len());
    for row in &rows {
        let pack = PackNo(row[0].parse().expect("a number"));
        let name = if row[10] == a.to_string() {
            "pharma-pack"
        } else {
            row[9]
        };
        assert_eq!(
            (row[9], row[10]),
            (name, of_pack[&pack].to_string().as_str())
        );
    }
    let of_c = rows
        .iter()
        .find(|row| row[9] == "c")
        .expect("packs have it");
    let scan = format!("(01){}(21){}", of_c[2], of_c[3]);
    assert!(
        run(&["trace", &scan])
            .out
            .contains(&format!("label      {c_named}"))
    );
    assert_eq!(
        run(&["track", &scan, "--json"]).json()["label"]["name"],
        "c"
    );

    let passes = site.passes();
    for said in [&digits, "c"] {
        let found = run(&["recall", "--json", "--template", said]);
        assert_eq!(found.json()["good"], passes[&c], "{found:?}");
    }
    let unknown = run(&["recall", "--template", "c0ffee"]);
    assert!(
        unknown.code == Some(1) && unknown.err.contains(&b_named),
        "{unknown:?}"
    );

    let report = run(&["report", "1", "--json"]);
    let report: Value = serde_json::from_str(&report.out).expect("JSON");
    let labels = report["labels"].as_array().expect("a list");
    let names: Vec<&str> = labels
        .iter()
        .filter_map(|part| part["name"].as_str())
        .collect();
    assert_eq!(names, ["pharma-pack", "b", "c", "b", "c", "pharma-pack"]);
    let sum = |of: &str| {
        labels
            .iter()
            .map(|part| part[of].as_u64().expect("a count"))
            .sum::<u64>()
    };
    assert_eq!(sum("good"), passes.values().sum::<u64>());
    assert_eq!(report["tally"]["entered"], sum("packs"));
    assert_eq!(sum("test_prints"), 5);
    let shown = run(&["batch", "show", "1"]).out;
    assert!(
        shown.contains(&c_named) && shown.contains("without a label"),
        "{shown}"
    );
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    site.ends(station);
}
