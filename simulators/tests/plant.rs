//! The factory that fits a station file, on real sockets: two lanes, a label printer, readers, from pack to pallet.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio_modbus::prelude::{Reader as _, Slave, Writer as _, tcp};
use vidimus_simulators::{
    factory::{FactoryAddresses, FactoryError, run_plant},
    packing::{self, Unit},
    station_file::{Places, StationPlan},
    truth::{self, Bin},
};

/// Longest wait for anything here.
const PATIENCE: Duration = Duration::from_secs(30);

const STATION: &str = r#"
[line]
rate_packs_per_min = 600
shortest_pack_interval_ms = 100
[packaging]
label_printer = "zpl+tcp://127.0.0.1:9110"
[[level]]
name = "case"
holds = 3
label = "print"
[[level]]
name = "pallet"
holds = 2
label = "none"
[[printer]]
name = "p1"
address = "zpl+tcp://127.0.0.1:9101"
[[printer]]
name = "p2"
address = "tspl+serial:///dev/printer?baud=115200"
[[plc]]
name = "c1"
address = "modbus+tcp://127.0.0.1:5021?unit=7"
max_in_flight = 24
verdict_depth = 64
event_depth = 64
gate_depth = 64
[[plc]]
name = "c2"
address = "modbus+tcp://127.0.0.1:5022"
max_in_flight = 24
verdict_depth = 64
event_depth = 64
gate_depth = 64
[[camera]]
name = "k1"
address = "http://127.0.0.1:8081/live/one"
counter_header = "X-Count"
lossless = true
[[camera]]
name = "k2"
address = "dir:///var/spool/k2"
lossless = true
[[reader]]
name = "r1"
address = "text+tcp://127.0.0.1:9201"
prefix = "<"
suffix = ">\r\n"
[[reader]]
name = "r2"
address = "text+serial:///dev/r2?baud=9600"
[[point]]
name = "print-1"
kind = "print"
device = "p1"
[[point]]
name = "look-1"
kind = "inspect"
device = "k1"
[[point]]
name = "gate-1"
kind = "gate"
device = "c1"
[[point]]
name = "print-2"
kind = "print"
lane = 2
device = "p2"
[[point]]
name = "look-2"
kind = "inspect"
lane = 2
device = "k2"
[[point]]
name = "gate-2"
kind = "gate"
lane = 2
device = "c2"
[[point]]
name = "case-point"
kind = "scan"
level = "case"
device = "r1"
[[point]]
name = "pallet-point"
kind = "scan"
level = "pallet"
device = "r2"
"#;

struct Running {
    thread: JoinHandle<Result<(), FactoryError>>,
    at: FactoryAddresses,
    copy: String,
}

impl Running {
    fn start(dir: &Path) -> Running {
        let places = Places::Free(dir.to_owned());
        let mut plan = StationPlan::read(STATION, &places).expect("a factory fits");
        plan.plant.dir = Some(dir.to_owned());
        let (sender, receiver) = std::sync::mpsc::channel();
        let plant = plan.plant.clone();
        let thread = thread::spawn(move || {
            run_plant(plant, |at| {
                sender.send(at.clone()).map_err(|why| why.to_string())
            })
        });
        let at = receiver.recv_timeout(PATIENCE).expect("the factory starts");
        let copy = plan.with_addresses(&at);
        Running { thread, at, copy }
    }

    fn ask(&self, request: &Value) -> Value {
        let mut stream = TcpStream::connect(&self.at.control).expect("the control port");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let line = format!("{request}\n");
        stream.write_all(line.as_bytes()).expect("sent");
        let mut line = String::new();
        BufReader::new(stream)
            .read_line(&mut line)
            .expect("an answer");
        serde_json::from_str(&line).expect("JSON")
    }

    fn wait_for(&self, what: &str, met: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        loop {
            let status = self.ask(&json!({"do": "status"}));
            if met(&status) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: {status}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop(self) {
        assert_eq!(self.ask(&json!({"do": "shutdown"})), json!({"ok": true}));
        self.thread.join().expect("no panic").expect("a clean end");
    }
}

/// Host and port of an address.
fn place(url: &str) -> SocketAddr {
    let rest = url.split("://").nth(1).expect("a URL");
    let host = rest.split(['/', '?']).next().expect("a host");
    host.parse().expect("an address")
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(place(url)).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

/// A station that lets the first `passes` packs of this boot pass unseen.
fn blind_station(url: &str, unit: u8, passes: u16) -> JoinHandle<()> {
    let at = place(url);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let stream = tokio::net::TcpStream::connect(at).await.expect("connects");
            let mut plc = tcp::attach_slave(stream, Slave(unit));
            let header = plc
                .read_holding_registers(0, 40)
                .await
                .expect("link")
                .expect("header");
            for id in 1..=passes {
                let words = [header[3], 0, id, 1];
                let check = words.iter().fold(0xA5A5, |sum, word| sum ^ word);
                let slot = [words[0], words[1], words[2], words[3], check];
                let at = 7000 + 5 * (id % 64);
                plc.write_multiple_registers(at, &slot)
                    .await
                    .expect("link")
                    .expect("a verdict");
            }
            for beat in 1.. {
                let levels = [77, beat, 1, 0, 0, 0, 0, 0, 0, header[3], 0, 0];
                let written = plc.write_multiple_registers(100, &levels).await;
                if written.is_err() {
                    return; // the factory has ended
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    })
}

#[test]
fn packs_of_two_lanes_come_to_pallets_and_the_truth_knows_each() {
    let dir = tempfile::tempdir().expect("a folder");
    let running = Running::start(dir.path());
    let at = running.at.clone();
    let [one, two] = &at.lanes[..] else {
        panic!("two lanes: {at:?}")
    };
    assert_eq!((&at.printer, &at.plc), (&one.printer, &one.plc));
    assert!(
        one.camera
            .as_ref()
            .expect("a camera")
            .ends_with("/live/one")
    );
    let pictures = two.camera.clone().expect("a folder");
    StationPlan::read(&running.copy, &Places::AsWritten).expect("the copy is a station file");
    assert!(running.copy.contains(&pictures) && running.copy.contains("?unit=7"));

    let stations = [(one, 7), (two, 1)]
        .map(|(lane, unit)| blind_station(lane.plc.as_deref().expect("a PLC"), unit, 9));
    let reader = connect(&at.readers["r1"]);
    let path = at.readers["r2"]
        .strip_prefix("text+serial://")
        .expect("a terminal");
    let path = path.split('?').next().expect("a path").to_owned();
    let pallets = std::fs::File::open(path).expect("opens");
    assert_eq!(
        running.ask(&json!({"do": "feed", "packs": 8, "lane": 2})),
        json!({"ok": true})
    );
    assert_eq!(
        running.ask(&json!({"do": "feed", "packs": 4, "lane": 1})),
        json!({"ok": true})
    );
    assert!(running.ask(&json!({"do": "feed", "packs": 4, "lane": 3}))["error"].is_string());
    running.wait_for("four full cases", |status| {
        status["packing"][0]["waiting"] == json!(4)
    });

    let mut printer = connect(at.label_printer.as_deref().expect("a label printer"));
    let (mut cases, mut heard) = (BufReader::new(reader), BufReader::new(pallets));
    for sscc in [
        "106141412345678908",
        "106141412345678915",
        "106141412345678922",
    ] {
        let zpl =
            format!("^XA^FO10,10^A0N,30,30^FDcase^FS^FO10,60^BXN,6,200,,,,_,1^FD_100{sscc}^FS^XZ");
        printer.write_all(zpl.as_bytes()).expect("sent");
        let (mut case, mut pallet) = (String::new(), String::new());
        cases.read_line(&mut case).expect("a scan");
        heard.read_line(&mut pallet).expect("a scan");
        if pallet == "NOREAD\r\n" {
            // A full pallet, which has no label, went past it.
            pallet.clear();
            heard.read_line(&mut pallet).expect("a scan");
        }
        assert_eq!(case, format!("<]d200{sscc}>\r\n"));
        assert_eq!(pallet, format!("]d200{sscc}\r\n"));
    }
    let by_hand = json!({"do": "label", "level": "case", "text": "]d2by-hand"});
    assert_eq!(running.ask(&by_hand), json!({"ok": true}));
    let full = |status: &Value| status["packing"][1]["full"] == json!(2);
    running.wait_for("two pallets", full);
    each_device_has_its_own_troubles(&running);
    running.stop();
    stations
        .into_iter()
        .for_each(|station| station.join().expect("no panic"));
    eight_pictures_lie_in(&pictures);
    truths_agree(dir.path());
}

fn each_device_has_its_own_troubles(running: &Running) {
    let fault = json!({"do": "fault", "name": "media-out", "on": true, "lane": "label-printer"});
    assert_eq!(running.ask(&fault), json!({"ok": true}));
    let status = running.ask(&json!({"do": "status", "lane": "label-printer"}));
    assert_eq!(status["active"], json!(["media-out"]));
    assert_eq!(
        running.ask(&json!({"do": "status"}))["lanes"][1]["active"],
        json!([])
    );
    let silent = json!({"do": "fault", "name": "silent", "on": true, "lane": "r1"});
    assert_eq!(running.ask(&silent), json!({"ok": true}));
    let status = running.ask(&json!({"do": "status", "lane": "r1"}));
    assert_eq!(
        (&status["counter"], &status["active"]),
        (&json!(4), &json!(["silent"]))
    );
    assert!(running.ask(&json!({"do": "status", "lane": "r9"}))["error"].is_string());
}

fn eight_pictures_lie_in(pictures: &str) {
    let folder = PathBuf::from(pictures.strip_prefix("dir://").expect("a folder"));
    let files = std::fs::read_dir(folder).expect("the camera's folder");
    let mut names: Vec<_> = files
        .map(|file| file.expect("a file").file_name())
        .collect();
    names.sort();
    assert_eq!(
        (names.len(), &names[7]),
        (8, &"frame-0000000008.pgm".into())
    );
}

/// Every pack of the good bin lies in exactly one case, every case on one pallet.
fn truths_agree(dir: &Path) {
    let packs = truth::read(&dir.join(truth::FILE_NAME)).expect("the truth");
    let good = packs.iter().filter(|pack| pack.bin == Bin::Good);
    let good: BTreeSet<Unit> = good
        .map(|pack| Unit::Pack {
            lane: pack.lane,
            boot: pack.boot,
            id: pack.id,
        })
        .collect();
    assert_eq!(good.len(), 12);
    let packed = packing::read_file(&dir.join(packing::FILE_NAME)).expect("the truth");
    // Each case at its own reader and at the pallet's; the second pallet may still be on its way when all ends.
    let read = packed.scans.iter().filter(|(_, texts)| !texts.is_empty());
    assert_eq!((packed.runs, packed.torn, read.count()), (1, 0, 8));
    let at = |level: &str| {
        let containers = packed.containers.values().filter(|one| one.level == level);
        assert!(containers.clone().all(|one| one.full), "{level}");
        let units = containers.flat_map(|one| one.units.clone());
        let units: Vec<Unit> = units.collect();
        let distinct: BTreeSet<Unit> = units.iter().copied().collect();
        assert_eq!(units.len(), distinct.len(), "{level}");
        distinct
    };
    assert_eq!(at("case"), good);
    let cases = packed
        .containers
        .iter()
        .filter(|(_, one)| one.level == "case");
    let cases: BTreeSet<Unit> = cases
        .map(|(number, _)| Unit::Container { container: *number })
        .collect();
    assert_eq!(at("pallet"), cases);
}

#[test]
fn a_serial_device_of_the_file_becomes_a_link_that_goes_with_the_factory() {
    let dir = tempfile::tempdir().expect("a folder");
    let device = dir.path().join("printer");
    let mut plan = StationPlan::read(STATION, &Places::Free(dir.path().to_owned())).expect("fits");
    plan.plant.dir = Some(dir.path().join("factory"));
    plan.plant.lanes[1].printer_device = Some(device.clone());
    // A killed factory left this behind.
    std::os::unix::fs::symlink("/dev/pts/99999", &device).expect("a link");
    let url = format!("tspl+serial://{}?baud=115200", device.display());
    run_plant(plan.plant.clone(), |at| {
        assert_eq!(at.lanes[1].printer, Some(url));
        assert!(
            std::fs::canonicalize(&device)
                .expect("a terminal")
                .starts_with("/dev/pts")
        );
        Err("This is enough.".to_owned())
    })
    .expect_err("ended");
    assert!(
        !device.exists() && std::fs::read_link(&device).is_err(),
        "it is gone"
    );
    std::fs::write(&device, "").expect("a file");
    let why = run_plant(plan.plant, |_| Ok(())).expect_err("somebody's file");
    let why = why.to_string();
    assert!(
        why.contains("already") && why.contains("--addresses"),
        "{why}"
    );
}
