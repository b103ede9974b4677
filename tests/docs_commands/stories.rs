//! In which order the commands make sense, and what stands for what.

use super::Line;
use super::world::{World, free_address};
use crate::e2e_bench::await_that;
use serde_json::Value;
use std::collections::BTreeSet;

const README: &str = "README.md";
/// Packs of several batches may stay unexplained: machines that others hold up void numbers.
const LENIENT: (&str, &str) = ("unexplained_max = 0", "unexplained_max = 1000");

/// Types everything; gives what was typed.
pub fn tell() -> BTreeSet<Line> {
    let stories = [
        a_plant,
        the_guides,
        an_integrator,
        a_warehouse,
        lanes,
        numbers_and_documents,
        labels_at_a_desk,
        a_disk,
    ];
    std::thread::scope(|scope| {
        let told: Vec<_> = stories.iter().map(|story| scope.spawn(story)).collect();
        let told = told
            .into_iter()
            .map(|story| story.join().expect("it ends well"));
        told.flatten().collect()
    })
}

fn a_plant() -> BTreeSet<Line> {
    let mut world = World::plant(&[LENIENT, ("first_article = 0", "first_article = 1")]);
    world.stands_for = vec![("4711".to_owned(), "3".to_owned())];
    world.section(README, "Who says so");
    world.section(README, "Batches and lots");
    head(&mut world);
    world.section(README, "Who did what");
    world.end();
    world.typed
}

/// The head of the chain stands for the beginning of one.
fn head(world: &mut World) {
    let said = world.does("vidimus audit verify --json -c station.toml");
    let said: Value = serde_json::from_str(&said).expect("one object");
    let head = said["head"].as_str().expect("it has a head").to_owned();
    world.stands_for.push(("9f3c…".to_owned(), head));
}

fn the_guides() -> BTreeSet<Line> {
    let mut world = World::plant(&[LENIENT]);
    let day = "docs/first-day.md";
    for heading in [
        "Sign in",
        "Open a batch",
        "The printer cannot print",
        "Take a sample",
        "Close the batch",
    ] {
        world.section(day, heading);
    }
    let scan = world.scans().remove(0);
    let example = "(01)09506000134352(21)W3KTQAJMQTX4".to_owned();
    world.stands_for = vec![(example, scan), ("4711".to_owned(), "3".to_owned())];
    head(&mut world);
    for heading in [
        "Everything of one lot",
        "Signatures",
        "Is the record whole?",
        "One pack",
        "Pictures of rejects",
        "Recall drill",
        "Hold, release, recall in earnest",
    ] {
        world.section("docs/quality.md", heading);
    }
    let printer = world
        .bench
        .addresses()
        .and_then(|at| at.printer)
        .expect("it prints");
    let example = "zpl+tcp://10.0.0.5:9100".to_owned();
    world.stands_for = vec![(example, printer)];
    ["pack.png", "card.png"]
        .iter()
        .for_each(|name| world.photograph(name));
    for heading in [
        "Maintenance guide",
        "What a device says",
        "Replace a print head",
        "Replace a printer",
        "Replace a camera",
        "Replace a PLC, or its program",
        "Swap a label template",
    ] {
        world.section("docs/maintenance.md", heading);
    }
    world.end();
    world.does("mkdir copy && cp -a vidimus.* serial.key copy");
    for heading in [
        "Back up",
        "Restore",
        "After a power cut",
        "For whoever helps from afar",
    ] {
        world.section("docs/maintenance.md", heading);
    }
    world.end();
    world.typed
}

fn an_integrator() -> BTreeSet<Line> {
    let mut world = World::new();
    world.stands_for = vec![("--packs 200".to_owned(), "--packs 20".to_owned())];
    ["pack.png", "card.png"]
        .iter()
        .for_each(|name| world.photograph(name));
    for heading in [
        "1. Install",
        "2. Write the station file",
        "3. Try it without a machine",
        "4. The first start, and the people",
        "5. The first batch",
        "6. The label",
        "7. The PLC",
        "8. Printer, camera, readers",
        "9. The machine",
    ] {
        world.section("docs/integrator.md", heading);
    }
    world.end();
    world.typed
}

/// Cases and pallets of a batch that the demo ran.
fn a_warehouse() -> BTreeSet<Line> {
    let mut world = demo(50);
    let folder = world.bench.text().to_owned();
    world.does(&format!(
        "sed -i 's/label = \"none\"/label = \"scan\"/' {folder}/station.toml"
    ));
    world.start();
    let packs = world.scans();
    // The demo's own cases: a full one, and an open one with the rest.
    let (full, rest) = ("'(00)395212340000000007'", "'(00)395212340000000014'");
    // "pallet (00)… is open."
    let code = |said: &str| {
        let code = said.split(' ').nth(1).expect("its code");
        format!("'{code}'")
    };
    let pallet = code(&world.line(README, "vidimus pack begin pallet", &[]));
    let order =
        |world: &World, text: &str| world.does(&format!("vidimus pack {text} -c station.toml"));
    let case = code(&order(&world, "begin case"));
    let [one, two, three, loose] = [42, 43, 44, 45].map(|no| format!("'{}'", packs[no]));
    for pack in [&one, &two, &three, &loose] {
        order(&world, &format!("take {pack}"));
    }
    order(&world, &format!("put {case} {one} {two}"));
    let close = "vidimus pack close CASE1 --label SCAN";
    world.line(README, close, &[("CASE1", &case), ("SCAN", &case)]);
    world.line(README, "vidimus pack take PACK", &[("PACK", &one)]);
    world.line(
        README,
        "vidimus pack replace",
        &[("BAD", &two), ("GOOD", &three)],
    );
    let partial = "--partial --reason again";
    order(&world, &format!("close {case} --label {case} {partial}"));
    let put = [("PALLET", &*pallet), ("CASE1", full), ("CASE2", &case)];
    world.line(README, "vidimus pack put PALLET", &put);
    world.line(README, "vidimus pack end sampled", &[("PACK", &loose)]);
    world.line(README, "vidimus pack disaggregate", &[("CASE1", rest)]);
    order(
        &world,
        &format!("close {pallet} --label {pallet} {partial}"),
    );
    let ship = "vidimus journey ship PALLET --to 9521321000018";
    let documented = format!("{ship} --document");
    world.line(README, &documented, &[("PALLET", &pallet)]);
    let late = format!("{ship} --happened");
    let other = format!("'{}'", packs[46]);
    world.line(README, &late, &[("PALLET", &other)]);
    world.line(README, "vidimus journey hold", &[("L2409A", "D00001")]);
    await_that("the alarm of a printer that is not there", || {
        let alarms = world.bench.view()?.alarms;
        let stands = alarms.iter().any(|alarm| alarm.code == "printer-link");
        stands.then_some(())
    });
    world.section("docs/alarms.md", "Alarms");
    world.end();
    world.typed
}

/// A batch of the demo in the folder; its station is at rest afterwards.
fn demo(packs: u32) -> World {
    let world = World::new();
    let folder = world.bench.text();
    world.does(&format!(
        "vidimus demo --headless --json --packs {packs} --rate 1200 --printer tcp --data {folder}"
    ));
    await_that("the end of the demo's factory", || {
        world.bench.addresses().is_none().then_some(())
    });
    world
}

fn lanes() -> BTreeSet<Line> {
    let mut world = World::new();
    world.stands_for = vec![("--packs 400".to_owned(), "--packs 20".to_owned())];
    world.section(README, "Several lanes, cases and pallets");
    world.end();
    world.typed
}

fn numbers_and_documents() -> BTreeSet<Line> {
    let mut world = demo(30);
    world.does(
        "vidimus export epcis --out out --format xml12 -c station.toml && cp out/*.xml partner.xml",
    );
    world.does("vidimus epcis convert partner.xml --to json > station.jsonld");
    std::fs::write(world.bench.path().join("list.csv"), "serial\nP1\nP2\n").expect("written");
    let scan = world.scans().remove(0);
    let serial = scan.rsplit(')').next().expect("a serial").to_owned();
    world.stands_for = [
        ("W3KTQAJMQTX4", serial.as_str()),
        ("DATA/evidence/1", "first-articles"),
        ("MORE/PICTURES", "first-articles"),
        ("check partner.xml more.jsonld", "check partner.xml"),
    ]
    .map(|(old, new)| (old.to_owned(), new.to_owned()))
    .into();
    world.section(README, "Grades and text");
    world.end();
    world.typed
}

fn labels_at_a_desk() -> BTreeSet<Line> {
    let mut world = World::new();
    let (_printer, at) = world.bench.start_factory(&[]);
    let printer = at.printer.expect("it prints");
    world.does("cp templates/printers/coder.toml my-coder.toml");
    world.stands_for = vec![("zpl+tcp://10.0.0.5:9100".to_owned(), printer)];
    world.section(README, "Labels and printers");
    world.section(README, "Their labels");
    world.typed
}

/// The plug is the writer's end.
fn a_disk() -> BTreeSet<Line> {
    let mut world = World::new();
    let at = free_address();
    world.stands_for = vec![
        ("tcp://WITNESS:7070".to_owned(), format!("tcp://{at}")),
        ("0.0.0.0:7070".to_owned(), at),
    ];
    world.pulls_the_plug(README, "Does your disk lie?");
    world.typed
}
