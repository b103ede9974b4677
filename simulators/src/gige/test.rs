//! The camera against commands and time, byte by byte.

use super::*;

const STATION: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 40_000);
const OTHER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 41_000);

fn camera() -> Camera {
    let plate = Plate {
        ip: Ipv4Addr::new(10, 0, 0, 2),
        serial: "SIM01".to_owned(),
        width: 64,
        height: 48,
    };
    Camera::new(plate, 1)
}

fn say(camera: &mut Camera, now: Tick, from: SocketAddrV4, command: u16, body: &[u8]) -> Vec<Act> {
    let mut datagram = vec![0x42, 1];
    for short in [command, u16::try_from(body.len()).expect("short"), 0x0102] {
        datagram.extend(short.to_be_bytes());
    }
    datagram.extend(body);
    camera.hears(now, from, &datagram)
}

/// Writes a register; gives the status, and what else happened.
fn write(
    camera: &mut Camera,
    now: Tick,
    from: SocketAddrV4,
    at: u32,
    value: u32,
) -> (u16, Vec<Act>) {
    let body = [at.to_be_bytes(), value.to_be_bytes()].concat();
    let mut acts = say(camera, now, from, 0x82, &body);
    let Act::Answer(answer) = acts.remove(0) else {
        panic!("no answer");
    };
    assert_eq!(answer[2..8], [0, 0x83, 0, 4, 1, 2]);
    (u16::from_be_bytes([answer[0], answer[1]]), acts)
}

fn read(camera: &mut Camera, now: Tick, at: u32) -> u32 {
    let acts = say(camera, now, OTHER, 0x80, &at.to_be_bytes());
    let [Act::Answer(answer)] = &acts[..] else {
        panic!("one answer: {acts:?}");
    };
    assert_eq!(answer[..8], [0, 0, 0, 0x81, 0, 4, 1, 2]);
    word_of(&answer[8..])
}

/// A camera that the station controls and has started.
fn running(trigger: u32) -> Camera {
    let mut camera = camera();
    let target = STATION.ip().to_bits();
    for (at, value) in [
        (CONTROL, 2),
        (STREAM_ADDRESS, target),
        (STREAM_PORT, 50_000),
        (PACKET_SIZE, 576),
        (TRIGGER, trigger),
        (ACQUISITION, 1),
    ] {
        assert_eq!(
            write(&mut camera, Tick(0), STATION, at, value).0,
            OK,
            "{at:x}"
        );
    }
    camera
}

fn picture(grey: u8) -> Picture {
    let luma = (0..64 * 48).map(|at| (at % 200) as u8 ^ grey).collect();
    Picture {
        width: 64,
        height: 48,
        luma,
    }
}

/// What packets carry, by the layout of the standard.
fn carried(plan: &Plan) -> (Vec<u16>, Vec<u8>) {
    let (mut formats, mut luma, mut packet) = (Vec::new(), Vec::new(), Vec::new());
    for id in &plan.ids {
        plan.sent.packet(*id, false, &mut packet);
        let number = word_of(&packet[5..8]);
        assert_eq!(number, *id);
        formats.push(packet[4].into());
        match packet[4] {
            1 => assert_eq!(packet.len(), 8 + 36),
            2 => assert_eq!(word_of(&packet[12..16]), 48),
            _ => {
                assert!(packet.len() <= 576 - 28);
                luma.extend_from_slice(&packet[8..]);
            }
        }
    }
    (formats, luma)
}

#[test]
fn who_it_is_and_its_description_are_read_without_control() {
    let mut camera = camera();
    let acts = say(&mut camera, Tick(0), OTHER, 2, &[]);
    let [Act::Answer(answer)] = &acts[..] else {
        panic!("one answer: {acts:?}");
    };
    assert_eq!(answer[..8], [0, 0, 0, 3, 0, 0xF8, 1, 2]);
    let body = &answer[8..];
    assert_eq!(
        (&body[36..40], &body[72..79]),
        (&[10, 0, 0, 2][..], &b"Vidimus"[..])
    );
    assert_eq!(&body[216..222], b"SIM01\0");
    let memory = |camera: &mut Camera, at: u32, count: u16| {
        let body = [&at.to_be_bytes()[..], &[0, 0], &count.to_be_bytes()].concat();
        let Some(Act::Answer(answer)) = say(camera, Tick(0), OTHER, 0x84, &body).pop() else {
            panic!("an answer");
        };
        answer
    };
    let url = memory(&mut camera, 0x200, 512);
    let text = String::from_utf8_lossy(&url[12..])
        .trim_end_matches('\0')
        .to_owned();
    let fields: Vec<&str> = text.split(';').collect();
    let number = |text: &str| u32::from_str_radix(text, 16).expect("hex");
    let (at, length) = (number(fields[1]), number(fields[2]) as usize);
    let mut xml = Vec::new();
    while xml.len() < length {
        let left = (length - xml.len()).next_multiple_of(4).min(512);
        let piece = memory(
            &mut camera,
            at + u32::try_from(xml.len()).expect("small"),
            left as u16,
        );
        xml.extend_from_slice(&piece[12..]);
    }
    assert_eq!(xml[..length], *XML);
    assert_eq!(
        memory(&mut camera, 0x1FFF_0000, 4)[..2],
        INVALID_ADDRESS.to_be_bytes()
    );
}

#[test]
fn only_the_owner_writes_and_silence_ends_control_and_stream() {
    let mut camera = camera();
    assert_eq!(
        write(&mut camera, Tick(0), STATION, WIDTH, 32).0,
        ACCESS_DENIED
    );
    assert_eq!(write(&mut camera, Tick(0), STATION, CONTROL, 2).0, OK);
    assert_eq!(
        write(&mut camera, Tick(0), OTHER, CONTROL, 2).0,
        ACCESS_DENIED
    );
    assert_eq!(
        write(&mut camera, Tick(0), OTHER, WIDTH, 32).0,
        ACCESS_DENIED
    );
    assert_eq!(write(&mut camera, Tick(0), STATION, WIDTH, 32).0, OK);
    assert_eq!(
        write(&mut camera, Tick(0), STATION, CAPABILITY, 0).0,
        WRITE_PROTECT
    );
    assert_eq!(
        write(&mut camera, Tick(0), STATION, PIXEL_FORMAT, 7).0,
        INVALID_PARAMETER
    );
    assert_eq!(
        write(&mut camera, Tick(0), STATION, 0x7FFF_0000, 7).0,
        INVALID_ADDRESS
    );
    assert_eq!(write(&mut camera, Tick(0), STATION, STREAM_PORT, 9).0, OK);
    let just = Tick::from_ms(3_000);
    assert_eq!(read(&mut camera, just, CONTROL), 2);
    assert_eq!(read(&mut camera, just.plus_ns(1), CONTROL), 0);
    assert_eq!(
        (read(&mut camera, just, STREAM_PORT), camera.target()),
        (0, None)
    );
    assert_eq!(write(&mut camera, just, OTHER, CONTROL, 2).0, OK);
}

#[test]
fn packets_carry_the_picture_and_are_sent_again_when_asked() {
    let mut camera = running(1 << 31 | 1);
    assert_eq!(
        camera.target(),
        Some(SocketAddrV4::new(*STATION.ip(), 50_000))
    );
    for counter in 5..8 {
        let shown = picture(counter as u8);
        let plan = camera.expose(counter, &shown).expect("it runs");
        assert_eq!(plan.sent.block, counter - 4, "numbers begin with 1");
        let (formats, luma) = carried(&plan);
        assert_eq!(formats, [1, 3, 3, 3, 3, 3, 3, 2]);
        assert_eq!(luma, shown.luma);
    }
    let plan = camera.expose(9, &picture(9)).expect("it runs");
    assert_eq!(
        plan.sent.block, 5,
        "a picture that was lost before leaves a gap"
    );
    let ask = |camera: &mut Camera, block: u16, first: u32, last: u32| {
        let body = [
            &[0, 0][..],
            &block.to_be_bytes(),
            &first.to_be_bytes(),
            &last.to_be_bytes(),
        ];
        let body = body.concat();
        let mut datagram = vec![0x42, 0, 0, 0x40, 0, 12, 0, 7];
        datagram.extend(body);
        camera.hears(Tick(0), STATION, &datagram)
    };
    let acts = ask(&mut camera, 5, 6, 99);
    let mut wanted = Vec::new();
    for id in [6, 7] {
        let mut packet = Vec::new();
        plan.sent.packet(id, true, &mut packet);
        assert_eq!(packet[..2], [1, 0]);
        wanted.push(Act::Stream(packet));
    }
    assert_eq!(acts, wanted);
    let gone = vec![0x80, 0x0C, 0, 77, 3, 0, 0, 2];
    assert_eq!(ask(&mut camera, 77, 2, 3), [Act::Stream(gone)]);
}

#[test]
fn triggers_free_running_and_wide_numbers() {
    let mut camera = running(1 << 31);
    assert_eq!(camera.next_free(), None);
    assert_eq!(
        write(&mut camera, Tick(1), STATION, TRIGGER_SOFTWARE, 1),
        (OK, vec![Act::Fire])
    );
    assert_eq!(
        write(&mut camera, Tick(1), STATION, GVSP_CONFIGURATION, 1 << 30).0,
        OK
    );
    let plan = camera.expose(1, &picture(0)).expect("it runs");
    let mut packet = Vec::new();
    plan.sent.packet(1, false, &mut packet);
    assert_eq!(
        packet[..20],
        [
            0, 0, 0, 0, 0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1
        ]
    );
    assert_eq!(packet.len(), 576 - 28);

    let mut camera = running(0);
    assert_eq!(camera.expose(1, &picture(0)).map(|plan| plan.ids), None);
    assert_eq!(camera.next_free(), Some(Tick(0)));
    assert!(camera.free_run(Tick(0), false).is_none(), "no room");
    let plan = camera.free_run(Tick::from_ms(100), true).expect("room");
    assert_eq!((plan.sent.block, carried(&plan).1), (1, picture(0).luma));
    assert_eq!(camera.next_free(), Some(Tick::from_ms(200)));
}

#[test]
fn test_packets_pass_up_to_what_the_network_carries() {
    let mut camera = running(0);
    let fire = 1 << 31 | 1400;
    let sent = write(&mut camera, Tick(0), STATION, PACKET_SIZE, fire).1;
    assert_eq!(sent, [Act::Stream(vec![0x5A; 1372])]);
    camera
        .troubles
        .set(Trouble::PacketsTooLarge, true, Some(1399));
    assert_eq!(
        write(&mut camera, Tick(0), STATION, PACKET_SIZE, fire),
        (OK, Vec::new())
    );
}

#[test]
fn every_trouble_does_what_its_words_say() {
    let sent = |trouble: Trouble| {
        let mut camera = running(1 << 31);
        camera.troubles.set(trouble, true, None);
        let first = camera.expose(1, &picture(0));
        let second = camera.expose(2, &picture(0));
        (first.expect("a picture"), second.expect("a picture"))
    };
    let ids = |trouble| sent(trouble).0.ids;
    let all: Vec<u32> = (0..8).collect();
    assert_eq!(ids(Trouble::LeaderLost), all[1..]);
    assert_eq!(ids(Trouble::TrailerLost), all[..7]);
    assert_eq!(ids(Trouble::TrailerAlone), all[7..]);
    assert_eq!(ids(Trouble::PacketsTwice).len(), 16);
    let mut mixed = ids(Trouble::PacketsMixed);
    assert_ne!(mixed, all);
    mixed.sort_unstable();
    assert_eq!(mixed, all);
    assert_eq!(sent(Trouble::OtherSize).0.sent.width, 65);
    let skipped = sent(Trouble::NumberSkipped);
    assert_eq!((skipped.0.sent.block, skipped.1.sent.block), (2, 4));

    let mut camera = running(1 << 31);
    camera.troubles.set(Trouble::PacketsLost, true, Some(500));
    let left: usize = (1..100)
        .map(|n| {
            camera
                .expose(n, &picture(0))
                .map_or(0, |plan| plan.ids.len())
        })
        .sum();
    assert!((300..500).contains(&left), "{left} of 792");

    let mut camera = running(0);
    camera.troubles.set(Trouble::ControlSilent, true, None);
    assert_eq!(say(&mut camera, Tick(0), STATION, 2, &[]), []);
    camera.troubles.heal();
    camera.troubles.set(Trouble::CameraPowerCycle, true, None);
    assert_eq!(
        (read(&mut camera, Tick(0), CONTROL), camera.next_free()),
        (0, None)
    );
    camera.troubles.set(Trouble::ControlRefused, true, None);
    assert_eq!(
        write(&mut camera, Tick(0), STATION, CONTROL, 2).0,
        ACCESS_DENIED
    );
}

#[test]
fn no_datagram_breaks_it() {
    let mut random = Random::new(7);
    let mut camera = running(0);
    for _ in 0..20_000 {
        let length = usize::try_from(random.below(40)).expect("small");
        let mut datagram: Vec<u8> = (0..length)
            .map(|_| random.bits().to_le_bytes()[0])
            .collect();
        let commands = [2, 0x40, 0x80, 0x82, 0x84, 0x86];
        let command = commands[usize::try_from(random.below(6)).expect("small")];
        let body = u8::try_from(length.saturating_sub(8)).expect("small");
        let head = [0x42, 1, 0, command, 0, body];
        let known = head.len().min(length);
        datagram[..known].copy_from_slice(&head[..known]);
        camera.hears(Tick(0), STATION, &datagram);
    }
}
