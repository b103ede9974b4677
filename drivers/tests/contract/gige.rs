//! GigE Vision cameras: what goes wrong with the conversation, the link and the camera, in memory and for real.

use crate::gige_peer::{Camera, ENDS, HEIGHT, WIDTH, pixels, serve};
use crate::wait_for;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::gige::address::GigeAddress;
use vidimus_drivers::camera::gige::session::{BEAT_MS, TRIGGERS_WAITING_MAX};
use vidimus_drivers::camera::gige::{self, ANSWER_MS, GigeSession, TRIES_MAX};
use vidimus_drivers::camera::{CameraEvent, PictureCoding};
use vidimus_drivers::link::memory::MemoryLink;
use vidimus_drivers::pump::Clock;
use vidimus_drivers::{Fault, Tick};

type Link = MemoryLink<GigeSession, Camera>;

fn address(text: &str) -> GigeAddress {
    match text.parse() {
        Ok(Address::Gige(address)) => address,
        other => panic!("{text}: {other:?}"),
    }
}

fn link(text: &str) -> Link {
    MemoryLink::new(GigeSession::new(address(text)), Camera::new())
}

/// A camera that runs, with its events of the beginning taken.
fn running() -> Link {
    let mut link = link("gige://10.0.0.2?trigger=software");
    link.run_for(Duration::from_millis(500));
    assert_eq!(told(&mut link), [CameraEvent::Link(true)]);
    link
}

fn told(link: &mut Link) -> Vec<CameraEvent> {
    link.events.drain(..).map(|(_, event)| event).collect()
}

/// Fires, and gives counters of the pictures that came; each shows what it should.
fn fire(link: &mut Link) -> Vec<Option<u64>> {
    link.command(());
    link.run_for(Duration::from_millis(400));
    let mut counters = Vec::new();
    for event in told(link) {
        if let CameraEvent::Frame(frame) = event {
            let head = format!("P5\n{WIDTH} {HEIGHT}\n255\n");
            let pixels = pixels(frame.counter.unwrap());
            assert_eq!(frame.coding, PictureCoding::Pgm);
            assert!(frame.body == [head.as_bytes(), &pixels].concat());
            counters.push(frame.counter);
        }
    }
    counters
}

/// The first fault or warning.
fn fault(events: &[CameraEvent]) -> String {
    let fault = events.iter().find_map(|event| match event {
        CameraEvent::Fault(fault) => Some(fault.to_string()),
        CameraEvent::Warning(what) => Some(what.clone()),
        _ => None,
    });
    fault.unwrap_or_else(|| panic!("no fault: {events:?}"))
}

#[test]
fn a_camera_is_set_up_and_gives_a_picture_for_every_trigger() {
    let mut link =
        link("gige://10.0.0.2?trigger=software&exposure=250&width=64&packet=1000&delay=9");
    link.run_for(Duration::from_millis(500));
    assert_eq!(told(&mut link), [CameraEvent::Link(true)]);
    for (register, value) in [
        (0x0A00, 2),
        (0x0D00, u32::from(ENDS.port)),
        (0x0D04, 0x4000_0000 | 1000),
        (0x0D08, 9),
        (0x0D18, 0x0A00_0001),
        (0xE010, 1),
        (0xE014, 7),
        (0xE020, 250_f32.to_bits()),
        (0xE00C, 1),
    ] {
        assert_eq!(
            link.peer.registers.get(&register),
            Some(&value),
            "0x{register:X}"
        );
    }
    for counter in 1..=5 {
        assert_eq!(fire(&mut link), [Some(counter)]);
    }
    // Heartbeats: who is in control, and where pictures go, every third of the camera's 900 ms.
    link.peer.heard.clear();
    link.run_for(Duration::from_millis(3_050));
    let reads = link
        .peer
        .heard
        .iter()
        .filter(|(command, _)| *command == 0x80);
    assert!((18..=22).contains(&reads.count()), "{:?}", link.peer.heard);
}

#[test]
fn a_camera_with_a_long_heartbeat_time_is_asked_every_second_all_the_same() {
    let mut link = link("gige://10.0.0.2");
    link.peer.set(0x0938, 600_000);
    link.run_for(Duration::from_millis(500));
    link.peer.heard.clear();
    link.run_for(Duration::from_millis(10 * BEAT_MS));
    let reads = link
        .peer
        .heard
        .iter()
        .filter(|(command, _)| *command == 0x80);
    assert_eq!(reads.count(), 20, "control and port");
}

#[test]
fn answers_that_come_twice_late_half_or_not_at_all_cost_no_picture_and_name_themselves() {
    let mut link = running();
    link.peer.twice = true;
    assert_eq!(fire(&mut link), [Some(1)]);
    link.peer.twice = false;
    link.peer.late_ms = ANSWER_MS - 20;
    assert_eq!(fire(&mut link), [Some(2)]);
    link.peer.late_ms = 0;
    link.run_for(Duration::from_millis(500));
    link.peer.pending_ms = 350;
    link.peer.heard.clear();
    link.command(());
    link.run_for(Duration::from_millis(340));
    assert_eq!(
        link.peer.heard.len(),
        1,
        "it waits while the camera says so"
    );
    link.peer.heard.clear();

    for (spoil, part) in [
        (
            (|peer: &mut Camera| peer.silent = true) as fn(&mut Camera),
            "no answer to",
        ),
        (|peer| peer.half = true, "garbled answer"),
        (|peer| peer.garbage = true, "garbled answer"),
    ] {
        let mut link = running();
        spoil(&mut link.peer);
        link.peer.heard.clear();
        link.run_for(Duration::from_millis(2_000));
        let events = told(&mut link);
        assert!(fault(&events).contains(part), "{events:?}");
        assert!(events.contains(&CameraEvent::Link(false)));
        let (command, id) = link.peer.heard[0];
        let same = link
            .peer
            .heard
            .iter()
            .take_while(|heard| **heard == (command, id));
        assert_eq!(
            same.count() as u32,
            TRIES_MAX,
            "tried again with the same id"
        );
        link.peer = Camera::new();
        link.run_for(Duration::from_millis(1_000));
        assert!(
            told(&mut link).contains(&CameraEvent::Link(true)),
            "and then all is well again"
        );
        assert_eq!(fire(&mut link), [Some(1)]);
    }
}

#[test]
fn a_camera_that_may_not_be_used_says_why() {
    type Case = (&'static str, fn(&mut Camera), &'static str);
    let cases: [Case; 8] = [
        (
            "gige://10.0.0.2",
            |peer| peer.taken = true,
            "another program controls the camera",
        ),
        (
            "gige://10.0.0.2",
            |peer| peer.refuses = Some(0x0A00),
            "another program controls the camera",
        ),
        (
            "gige://serial:OTHER",
            |_| {},
            "wrong device: expected the camera with the serial number OTHER",
        ),
        (
            "gige://10.0.0.2",
            |peer| peer.refuses = Some(0xE008),
            "PixelFormat = Mono8: access denied (0x8006)",
        ),
        (
            "gige://10.0.0.2?trigger=Line1",
            |_| {},
            "TriggerSource has no entry Line1; it has Software",
        ),
        (
            "gige://10.0.0.2",
            |peer| peer.set(0xE004, 1 << 20),
            "expected pictures up to 25165824 bytes",
        ),
        (
            "gige://10.0.0.2?gain=2",
            |_| {},
            "no feature Gain or GainAbs or GainRaw",
        ),
        (
            "gige://10.0.0.2",
            |peer| peer.refuses = Some(0x0D00),
            "refuses writing 0xC3CB to register 0x0D00",
        ),
    ];
    for (text, spoil, part) in cases {
        let mut link = link(text);
        spoil(&mut link.peer);
        link.run_for(Duration::from_secs(3));
        let events = told(&mut link);
        assert!(fault(&events).contains(part), "{part}: {events:?}");
        assert!(!events.contains(&CameraEvent::Link(true)));
        let faults = events
            .iter()
            .filter(|event| matches!(event, CameraEvent::Fault(_)));
        assert_eq!(faults.count(), 1, "told once: {events:?}");
        assert!(link.drops.len() > 1, "and tried again");
    }
}

#[test]
fn control_that_is_lost_is_noticed_by_the_cameras_own_word() {
    type Case = (fn(&mut Camera), &'static str);
    let cases: [Case; 3] = [
        (Camera::switch_on, "no longer knows this station"),
        (
            |peer| peer.set(0x0D00, 4_444),
            "its pictures go to port 4444, not 50123",
        ),
        (|peer| peer.set(0x0A00, 0), "no longer knows this station"),
    ];
    for (lose, part) in cases {
        let mut link = running();
        assert_eq!(fire(&mut link), [Some(1)]);
        lose(&mut link.peer);
        link.run_for(Duration::from_millis(700));
        let events = told(&mut link);
        assert!(fault(&events).contains(part), "{events:?}");
        assert!(events.contains(&CameraEvent::Link(false)));
        link.run_for(Duration::from_millis(700));
        assert!(link.is_up());
        assert_eq!(fire(&mut link), [Some(1)], "numbers begin anew");
    }
}

#[test]
fn a_pulled_cable_loses_the_picture_under_way_by_its_number() {
    let mut link = running();
    link.peer.drops = Some(2);
    link.peer.registers.insert(0x0934, 0); // even if it could not send again
    link.command(());
    link.cut("cable out");
    let events = told(&mut link);
    let lost = |event: &CameraEvent| {
        matches!(
            event,
            CameraEvent::Lost {
                counter: Some(1),
                ..
            }
        )
    };
    assert!(!events.iter().any(lost), "nothing had come yet: {events:?}");
    // The camera still takes the old link for its owner, and frees itself after its 900 ms.
    link.run_for(Duration::from_secs(2));
    let events = told(&mut link);
    assert!(fault(&events).contains("frees itself"), "{events:?}");
    assert_eq!(events.last(), Some(&CameraEvent::Link(true)));
    link.command(());
    link.run_for(Duration::from_millis(5));
    link.cut("cable out");
    let events = told(&mut link);
    assert!(events.iter().any(lost), "{events:?}");
    assert!(fault(&events).contains("cable out"));
}

#[test]
fn a_packet_that_is_missing_is_asked_for_and_comes() {
    let mut link = running();
    for missing in 0..=3 {
        link.peer.drops = Some(missing);
        link.peer.heard.clear();
        let block = u64::from(link.peer.block) + 1;
        assert_eq!(fire(&mut link), [Some(block)], "without packet {missing}");
        assert!(link.peer.heard.iter().any(|(command, _)| *command == 0x40));
    }
}

#[test]
fn a_picture_of_another_size_or_without_its_leader_is_lost_by_its_number_and_nothing_else_is() {
    type Case = (fn(&mut Camera, bool), &'static str);
    let cases: [Case; 2] = [
        (
            |peer, on| peer.wider = u32::from(on),
            "picture 2 is lost: it is 65 x 48 pixels, not 64 x 48",
        ),
        (
            |peer, on| peer.trailer_alone = on,
            "of its 5 packets did not come, asked for 4 times",
        ),
    ];
    for (spoil, part) in cases {
        let mut link = running();
        assert_eq!(fire(&mut link), [Some(1)]);
        spoil(&mut link.peer, true);
        link.command(());
        link.run_for(Duration::from_millis(400));
        let events = told(&mut link);
        let [
            CameraEvent::Lost {
                counter: Some(2),
                why,
            },
        ] = &events[..]
        else {
            panic!("one picture is lost, and that is all: {events:?}");
        };
        assert!(why.contains(part), "{why}");
        spoil(&mut link.peer, false);
        assert_eq!(fire(&mut link), [Some(3)], "the camera goes on");
    }
}

#[test]
fn packets_that_do_not_pass_the_network_are_made_smaller_and_told() {
    for (carries, size) in [(Some(1_500), 1_440), (Some(600), 576), (None, 8_000)] {
        let mut link = link("gige://10.0.0.2?trigger=software&packet=8000");
        link.peer.path_carries = carries;
        link.run_for(Duration::from_millis(900));
        assert_eq!(link.peer.registers[&0x0D04] & 0xFFFF, size);
        let events = told(&mut link);
        assert_eq!(events[0], CameraEvent::Link(true));
        let part = "of 8000 bytes do not pass";
        let warned = |event: &CameraEvent| matches!(event, CameraEvent::Warning(what) if what.contains(part));
        assert_eq!(
            events[1..].iter().any(warned),
            carries.is_some(),
            "{events:?}"
        );
        assert_eq!(fire(&mut link), [Some(1)]);
    }
    // No test packets at all: nothing is proven, and that is told.
    let mut link = link("gige://10.0.0.2?packet=8000");
    link.peer.path_carries = Some(0);
    link.run_for(Duration::from_millis(900));
    assert_eq!(link.peer.registers[&0x0D04] & 0xFFFF, 8_000);
    assert!(fault(&told(&mut link)).contains("nothing proves that 8000 bytes pass"));
}

#[test]
fn triggers_that_wait_for_a_silent_camera_are_bounded() {
    let mut link = running();
    link.peer.silent = true;
    link.run_for(Duration::from_millis(310));
    for _ in 0..TRIGGERS_WAITING_MAX {
        link.command(());
    }
    assert_eq!(told(&mut link), []);
    link.command(());
    assert!(fault(&told(&mut link)).contains("wait already"));
    let mut link = self::link("gige://10.0.0.2");
    link.command(());
    assert!(fault(&told(&mut link)).contains("does not run"));
    link.run_for(Duration::from_secs(1));
    link.command(());
    assert!(fault(&told(&mut link)).contains("needs trigger=software"));
}

#[test]
fn a_receive_buffer_that_is_too_small_is_told_with_its_remedy() {
    use vidimus_drivers::camera::gige::Heard;
    use vidimus_drivers::link::memory::{Act, Peer};

    struct Small(Camera);
    impl Peer for Small {
        type Hears = Vec<u8>;
        type Says = Heard;
        fn connected(&mut self, _now: Tick) -> Vec<Act<Heard>> {
            let buffer_given = 8 * 1024;
            let ends = gige::Ends {
                buffer_given,
                ..ENDS
            };
            vec![Act::Say(Duration::ZERO, Heard::Opened(ends))]
        }
        fn hear(&mut self, now: Tick, heard: &Vec<u8>) -> Vec<Act<Heard>> {
            self.0.hear(now, heard)
        }
    }
    let session = GigeSession::new(address("gige://10.0.0.2"));
    let mut link = MemoryLink::new(session, Small(Camera::new()));
    link.run_for(Duration::from_secs(1));
    let told: Vec<CameraEvent> = link.events.drain(..).map(|(_, event)| event).collect();
    let why = fault(&told);
    assert!(
        why.contains("8 KiB, not 16384 KiB: run sysctl -w net.core.rmem_max=16777216"),
        "{why}"
    );
}

/// A pump at this address and what it tells.
fn pump(
    text: &str,
) -> (
    vidimus_drivers::pump::PumpHandle<()>,
    mpsc::Receiver<CameraEvent>,
) {
    let (tell, told) = mpsc::channel();
    let emit = move |event| drop(tell.send(event));
    (
        gige::spawn(address(text), Clock::start(), emit).unwrap(),
        told,
    )
}

#[test]
fn over_real_sockets_pictures_come_and_a_stopped_pump_frees_the_camera() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let camera = std::thread::spawn(move || {
        let mut camera = Camera::new();
        serve(&socket, &mut camera);
        camera
    });
    let (pump, told) = pump(&format!("gige://{at}?trigger=software"));
    wait_for(&told, |event| *event == CameraEvent::Link(true));
    for counter in 1..=3 {
        pump.send(()).unwrap();
        let events = wait_for(&told, |event| matches!(event, CameraEvent::Frame(_)));
        let Some(CameraEvent::Frame(frame)) = events.last() else {
            panic!("a picture");
        };
        assert_eq!(frame.counter, Some(counter));
        assert!(frame.body.ends_with(&pixels(counter)));
    }
    assert!(pump.join());
    let camera = camera.join().unwrap();
    assert_eq!(
        (camera.registers[&0x0A00], camera.registers[&0x0D00]),
        (0, 0)
    );
}

#[test]
fn where_no_camera_listens_the_systems_reason_is_told_once() {
    let free = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (pump, told) = pump(&format!("gige://{free}"));
    let events = wait_for(&told, |event| matches!(event, CameraEvent::Fault(_)));
    assert!(
        matches!(&events[..], [CameraEvent::Fault(Fault::LinkDown(why))] if why.contains("nothing listens there")),
        "{events:?}"
    );
    assert!(pump.join());
}

#[test]
fn a_serial_number_that_nobody_has_is_told() {
    let (pump, told) = pump("gige://serial:NOBODYHASIT");
    let events = wait_for(&told, |event| matches!(event, CameraEvent::Fault(_)));
    assert!(fault(&events).contains("NOBODYHASIT"), "{events:?}");
    assert!(pump.join());
}

/// Ends the program when the test ends.
struct Program(std::process::Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// Another people's camera: the fake one of Aravis, Debian's package `aravis-tools`. It sends nothing again.
#[test]
fn the_fake_camera_of_aravis_gives_every_picture_that_was_triggered() {
    let program = "arv-fake-gv-camera-0.8";
    let mut command = Command::new(program);
    let camera = command.args(["-i", "127.0.0.1", "-s", "VIDIMUS7"]);
    let Ok(camera) = camera.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        eprintln!(
            "SKIPPED: {program} is not here; nothing proves that a camera of other people is understood."
        );
        return;
    };
    let _program = Program(camera);
    for text in [
        "gige://serial:VIDIMUS7?trigger=software&exposure=1000&gain=1&width=400&height=300",
        "gige://127.0.0.1?trigger=software&profile=aravis-fake&packet=8000",
    ] {
        let (pump, told) = pump(text);
        wait_for(&told, |event| *event == CameraEvent::Link(true));
        let mut last = None;
        for _ in 0..10 {
            pump.send(()).unwrap();
            let fits = |event: &CameraEvent| {
                matches!(event, CameraEvent::Frame(_) | CameraEvent::Lost { .. })
            };
            let Some(CameraEvent::Frame(frame)) = wait_for(&told, fits).pop() else {
                panic!("{text}: a picture was lost");
            };
            assert!(
                frame.body.starts_with(b"P5\n400 300\n255\n"),
                "what was set stays set"
            );
            assert_eq!(frame.body.len(), 15 + 400 * 300);
            assert!(last.is_none_or(|last| frame.counter == Some(last + 1)));
            last = frame.counter;
        }
        assert!(pump.join());
    }
}

#[test]
fn a_camera_that_is_looked_at_is_neither_written_to_nor_taken() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let camera = std::thread::spawn(move || {
        let mut camera = Camera::new();
        serve(&socket, &mut camera);
        camera
    });
    let name = address(&format!("gige://{at}")).camera;
    let seen = gige::look(&name).expect("it answers");
    assert_eq!(seen.found.serial, "PEER1");
    assert!(!seen.taken && seen.interface.is_some(), "{seen:?}");
    assert!(
        !gige::look(&name).expect("it answers").taken,
        "not by a look"
    );
    // While a station has it, it says so.
    let (pump, told) = pump(&format!("gige://{at}?trigger=software"));
    wait_for(&told, |event| *event == CameraEvent::Link(true));
    assert!(gige::look(&name).expect("it answers").taken);
    pump.send(()).unwrap();
    wait_for(&told, |event| matches!(event, CameraEvent::Frame(_)));
    assert!(pump.join());
    assert!(!gige::look(&name).expect("it answers").taken);
    let heard = camera.join().unwrap().heard;
    let looks = |heard: &[(u16, u16)]| {
        heard
            .iter()
            .all(|(what, _)| matches!(what, 0x0002 | 0x0080))
    };
    assert!(
        looks(&heard[..4]) && looks(&heard[heard.len() - 2..]),
        "{heard:?}"
    );
    let nobody = gige::look(&address("gige://127.0.0.1:9").camera);
    assert!(
        matches!(nobody, Err(Fault::LinkDown(_) | Fault::Timeout { .. })),
        "{nobody:?}"
    );
}
