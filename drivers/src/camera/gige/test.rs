//! Stream packets against pictures: whatever a network does, the sent picture or a named loss comes out.

use super::gvsp::MONO8;
use super::pictures::{
    BEHIND_MAX, GAPS_MAX, LOST_TOLD_MAX, PICTURE_MS, Pictures, REORDER_MS, ROUNDS_MAX, SILENCE_MS,
    Shape, Told, UNDER_WAY_MAX,
};
use super::{Ends, GigeSession, Heard};
use crate::address::Address;
use crate::camera::CameraEvent;
use crate::{Fault, Output, Session, Tick};
use proptest::prelude::*;
use std::time::Duration;

const WIDTH: u32 = 100;
const HEIGHT: u32 = 70;
const PACKET: u32 = 576;
/// IP, UDP and the packet's own header.
const ROOM: usize = 576 - 36;

fn shape(resends: bool) -> Shape {
    Shape {
        width: WIDTH,
        height: HEIGHT,
        packet_size: PACKET,
        resends,
    }
}

fn pixels(block: u64) -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .map(|at| (u64::from(at) * 7 + block * 31) as u8)
        .collect()
}

fn body(block: u64) -> Vec<u8> {
    [
        format!("P5\n{WIDTH} {HEIGHT}\n255\n").as_bytes(),
        &pixels(block),
    ]
    .concat()
}

fn trailer_id() -> u32 {
    (WIDTH * HEIGHT).div_ceil(ROOM as u32) + 1
}

fn head(status: u16, block: u64, format: u8, id: u32) -> Vec<u8> {
    let mut packet = status.to_be_bytes().to_vec();
    packet.extend(u16::try_from(block).unwrap().to_be_bytes());
    packet.extend((u32::from(format) << 24 | id).to_be_bytes());
    packet
}

fn leader(block: u64, format: u32, width: u32, kind: u16) -> Vec<u8> {
    let mut packet = head(0, block, 1, 0);
    packet.extend([0, 0]);
    packet.extend(kind.to_be_bytes());
    packet.extend([0; 8]);
    for word in [format, width, HEIGHT, 0, 0, 0] {
        packet.extend(word.to_be_bytes());
    }
    packet
}

fn packet(block: u64, id: u32) -> Vec<u8> {
    if id == 0 {
        return leader(block, MONO8, WIDTH, 1);
    }
    if id == trailer_id() {
        let mut packet = head(0, block, 2, id);
        packet.extend([0, 0, 0, 1]);
        packet.extend(HEIGHT.to_be_bytes());
        return packet;
    }
    let mut packet = head(0, block, 3, id);
    let from = (id as usize - 1) * ROOM;
    packet.extend(pixels(block).iter().skip(from).take(ROOM));
    packet
}

fn told(pictures: &mut Pictures) -> Vec<Told> {
    std::iter::from_fn(|| pictures.next_told()).collect()
}

/// Hears all packets of a picture but those left out.
fn hear(pictures: &mut Pictures, now: Tick, block: u64, without: &[u32]) {
    for id in (0..=trailer_id()).filter(|id| !without.contains(id)) {
        pictures.heard(now, &packet(block, id));
    }
}

/// Runs until nothing is due; gives all it told.
fn run_out(pictures: &mut Pictures, mut now: Tick) -> Vec<Told> {
    let mut all = told(pictures);
    while let Some(due) = pictures.due() {
        now = now.max(due);
        pictures.woken(now);
        all.extend(told(pictures));
        assert!(now < Tick::from_ms(1_000_000), "it comes to an end");
    }
    all
}

fn why(told: &[Told], counter: u64) -> String {
    let lost = told.iter().find_map(|told| match told {
        Told::Lost { counter: lost, why } if *lost == counter => Some(why.to_string()),
        _ => None,
    });
    lost.unwrap_or_else(|| panic!("picture {counter} is not lost: {told:?}"))
}

/// Why picture 2 was lost when this was done in its place; its neighbours are whole.
fn spoilt(spoil: &dyn Fn(&mut Pictures)) -> String {
    let mut pictures = Pictures::new(shape(false));
    hear(&mut pictures, Tick(1), 1, &[]);
    spoil(&mut pictures);
    hear(&mut pictures, Tick(3), 3, &[]);
    let told = run_out(&mut pictures, Tick(4));
    let whole = |counter| {
        let body = body(counter);
        told.contains(&Told::Picture { counter, body })
    };
    assert!(whole(1) && whole(3), "{told:?}");
    why(&told, 2)
}

/// The same when one of its packets was another.
fn instead(at: u32, other: Vec<u8>) -> String {
    spoilt(&move |pictures| {
        for id in 0..=trailer_id() {
            let packet = if id == at {
                other.clone()
            } else {
                packet(2, id)
            };
            pictures.heard(Tick(2), &packet);
        }
    })
}

#[test]
fn every_way_to_spoil_a_picture_is_named_and_costs_that_picture_only() {
    let mut short = packet(2, 3);
    short.pop();
    let mut short_first = packet(2, 1);
    short_first.truncate(short_first.len() - 8);
    let mut early_end = packet(2, trailer_id());
    early_end[7] -= 1;
    let mut rows = packet(2, trailer_id());
    rows[15] -= 1;
    let mut status = packet(2, 3);
    status[..2].copy_from_slice(&0x800D_u16.to_be_bytes());
    let mut padded = packet(2, 0);
    padded[43] = 1;
    let last_of_all = head(0, 2, 3, trailer_id() + 5);
    for (found, part) in [
        (
            instead(0, leader(2, MONO8, WIDTH + 1, 1)),
            "101 x 70 pixels, not 100 x 70",
        ),
        (
            instead(0, leader(2, 0x0110_0005, WIDTH, 1)),
            "its pixels are Mono12 (0x01100005)",
        ),
        (
            instead(0, leader(2, 0x0999_9999, WIDTH, 1)),
            "without a known name",
        ),
        (
            instead(0, leader(2, MONO8, WIDTH, 6)),
            "its payload type is JPEG",
        ),
        (
            instead(0, leader(2, MONO8, WIDTH, 0x4001)),
            "image with chunks",
        ),
        (instead(0, padded), "padded"),
        (instead(0, head(0, 2, 1, 0)), "bytes long"),
        (instead(3, short), "packet 3 brought 539 bytes, not 540"),
        (
            instead(1, short_first),
            "packet 1 brought 532 bytes, not 540; a camera that always sends smaller packets",
        ),
        (instead(3, last_of_all), "none of 0 to"),
        (instead(3, status), "data overrun"),
        (instead(4, head(0, 2, 4, 4)), "has the format 4"),
        (instead(trailer_id(), early_end), "it ended with packet"),
        (instead(trailer_id(), rows), "69 rows of 70"),
        (spoilt(&|_| {}), "nothing of it came"),
        (
            spoilt(&|pictures| pictures.heard(Tick(2), &packet(2, trailer_id()))),
            "14 of its 15 packets did not come",
        ),
        (
            spoilt(&|pictures| hear(pictures, Tick(2), 2, &[trailer_id()])),
            "1 of its 15 packets did not come",
        ),
    ] {
        assert!(found.contains("picture 2 is lost"), "{found}");
        assert!(found.contains(part), "{part}: {found}");
    }
}

#[test]
fn what_is_missing_is_asked_for_so_often_and_then_given_up() {
    let mut pictures = Pictures::new(shape(true));
    hear(&mut pictures, Tick(0), 1, &[3, 4, 9]);
    assert_eq!(
        pictures.due(),
        Some(Tick::from_ms(1)),
        "they may be out of order"
    );
    pictures.woken(Tick::from_ms(1));
    let resend = |range| Told::Resend {
        block: 1,
        range,
        wide: false,
    };
    assert_eq!(told(&mut pictures), [resend((3, 4)), resend((9, 9))]);
    pictures.heard(Tick::from_ms(2), &packet(1, 4));
    let all = run_out(&mut pictures, Tick::from_ms(2));
    let asked = all.iter().filter(|told| **told == resend((3, 3))).count();
    assert_eq!(asked as u32, ROUNDS_MAX);
    assert!(why(&all, 1).contains("2 of its 15 packets did not come, asked for"));

    // What comes again makes the picture whole.
    hear(&mut pictures, Tick::from_ms(900), 2, &[3, trailer_id()]);
    pictures.heard(Tick::from_ms(905), &packet(2, 3));
    let mut again = packet(2, trailer_id());
    again[..2].copy_from_slice(&0x0100_u16.to_be_bytes());
    pictures.heard(Tick::from_ms(906), &again);
    let body = body(2);
    assert_eq!(told(&mut pictures), [Told::Picture { counter: 2, body }]);
    assert_eq!(pictures.due(), None);
}

#[test]
fn silence_within_a_picture_has_its_limits() {
    let due = |resends, ids: &[u32], followed| {
        let mut pictures = Pictures::new(shape(resends));
        ids.iter()
            .for_each(|id| pictures.heard(Tick(0), &packet(1, *id)));
        if followed {
            pictures.heard(Tick(0), &packet(2, 0));
        }
        pictures.due().unwrap().as_ms()
    };
    assert_eq!(due(true, &[0, 1], false), SILENCE_MS);
    assert_eq!(due(true, &[0, 2], false), REORDER_MS);
    assert_eq!(
        due(true, &[0], false),
        PICTURE_MS,
        "it may still be exposed"
    );
    assert_eq!(due(true, &[0], true), SILENCE_MS);
    assert_eq!(
        due(false, &[0, 2], false),
        PICTURE_MS,
        "nothing can be asked for"
    );
    assert_eq!(due(false, &[0, 2], true), SILENCE_MS);
}

#[test]
fn a_packet_that_is_gone_in_the_camera_ends_its_picture_at_once() {
    let mut pictures = Pictures::new(shape(true));
    hear(&mut pictures, Tick(0), 1, &[3]);
    pictures.heard(Tick(1), &head(0x800C, 1, 3, 3));
    assert!(why(&told(&mut pictures), 1).contains("packet 3: packet unavailable (0x800C)"));
    // Before the camera has sent it, the same answer means only: not yet.
    pictures.heard(Tick(2), &packet(2, 0));
    pictures.heard(Tick(3), &head(0x800C, 2, 3, 1));
    pictures.heard(Tick(3), &head(0x8010, 2, 3, 1));
    assert_eq!(told(&mut pictures), []);
    hear(&mut pictures, Tick(4), 2, &[]);
    let body = body(2);
    assert_eq!(told(&mut pictures), [Told::Picture { counter: 2, body }]);
}

#[test]
fn pictures_under_way_and_gaps_asked_for_are_bounded() {
    let mut pictures = Pictures::new(shape(true));
    for block in 1..=UNDER_WAY_MAX as u64 {
        hear(&mut pictures, Tick(0), block, &[3]);
    }
    assert_eq!(told(&mut pictures), []);
    hear(&mut pictures, Tick(0), UNDER_WAY_MAX as u64 + 1, &[3]);
    assert!(why(&told(&mut pictures), 1).contains("too many pictures were under way"));

    let small = Shape {
        width: 4_000,
        height: 400,
        ..shape(true)
    };
    let mut pictures = Pictures::new(small);
    for id in (1..2_900).step_by(2) {
        let mut packet = head(0, 1, 3, id);
        packet.extend([7; ROOM]);
        pictures.heard(Tick(0), &packet);
    }
    let asked = run_out(&mut pictures, Tick(0));
    let asked = asked
        .iter()
        .filter(|told| matches!(told, Told::Resend { .. }));
    assert_eq!(asked.count() as u32, GAPS_MAX);
}

#[test]
fn numbers_go_on_after_65535_and_those_that_jump_or_go_back_are_told() {
    let mut pictures = Pictures::new(shape(false));
    for block in [65_534, 65_535, 1, 2] {
        hear(&mut pictures, Tick(0), block, &[]);
    }
    let counters: Vec<u64> = told(&mut pictures)
        .iter()
        .map(|told| match told {
            Told::Picture { counter, .. } => *counter,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counters, [65_534, 65_535, 65_536, 65_537]);

    hear(&mut pictures, Tick(1), 2 + LOST_TOLD_MAX + 2, &[]);
    let jumped = told(&mut pictures);
    assert!(
        matches!(&jumped[0], Told::Jumped(why) if why.contains("101 pictures are lost")),
        "{jumped:?}"
    );
    assert!(
        matches!(jumped[1], Told::Picture { counter, .. } if counter == 65_537 + LOST_TOLD_MAX + 2)
    );

    for block in 1..BEHIND_MAX as u64 {
        pictures.heard(Tick(2), &packet(block, 0));
    }
    assert_eq!(told(&mut pictures), []);
    pictures.heard(Tick(2), &packet(50, 0));
    assert!(
        matches!(&told(&mut pictures)[..], [Told::Over(Fault::Garbled(why))] if why.contains("go back"))
    );

    // The first numbers count from 1; a camera that goes on from somewhere begins there.
    let mut pictures = Pictures::new(shape(false));
    hear(&mut pictures, Tick(0), 3, &[]);
    let told = run_out(&mut pictures, Tick(0));
    assert!(
        why(&told, 1).contains("as of 2 pictures in a row"),
        "{told:?}"
    );
}

#[test]
fn a_camera_that_stays_away_is_told_once_however_late_the_clock_wakes() {
    let Ok(Address::Gige(address)) = "gige://10.0.0.2".parse() else {
        panic!("it is an address");
    };
    let mut session = GigeSession::new(address);
    let (mut now, mut faults) = (Tick(0), Vec::new());
    for late in [0, 1, 7, 2, 2] {
        session.opened(now);
        let host = core::net::Ipv4Addr::LOCALHOST;
        let (port, buffer_asked, buffer_given) = (5, 1, 1);
        let ends = Ends {
            host,
            port,
            buffer_asked,
            buffer_given,
        };
        session.received(now, &Heard::Opened(ends));
        let why = loop {
            match session.next_output() {
                Some(Output::Event(CameraEvent::Fault(fault))) => faults.push(fault.to_string()),
                Some(Output::DropLink(why)) => break why,
                Some(_) => {}
                None => {
                    now = session.wake().unwrap().at + Duration::from_millis(late);
                    session.woken(now);
                }
            }
        };
        session.closed(now, why);
    }
    assert_eq!(faults, ["no answer to discovery within 600 ms"]);
}

#[test]
fn what_is_no_packet_is_told_once_until_a_picture_came() {
    let mut pictures = Pictures::new(shape(false));
    let beyond = [&[0, 0, 0, 0, 0x83, 0, 0, 1][..], &[255; 8], &[0; 8]].concat();
    for noise in [
        &b""[..],
        b"1234567",
        &[0; 8],
        &[0, 0, 0, 0, 0x83, 0, 0, 1],
        &beyond,
    ] {
        pictures.heard(Tick(0), noise);
    }
    assert!(matches!(
        told(&mut pictures)[..],
        [Told::Trouble(Fault::Garbled(_))]
    ));
    hear(&mut pictures, Tick(0), 1, &[]);
    pictures.heard(Tick(0), b"x");
    let after = told(&mut pictures);
    assert!(matches!(
        after[..],
        [Told::Picture { counter: 1, .. }, Told::Trouble(_)]
    ));
}

/// A network: what becomes of each packet.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Comes,
    Lost,
    Twice,
    Late(u8),
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        12 => Just(Fate::Comes),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        2 => (1_u8..40).prop_map(Fate::Late),
    ];
    proptest::collection::vec(fate, 40..400)
}

proptest! {
    #[test]
    fn the_sent_picture_or_a_named_loss_and_never_other_pixels(
        fates in fates(), first in prop_oneof![Just(1_u64), 2_u64..65_000, Just(65_533)],
        skip in proptest::option::of(1_usize..6), resends: bool, answers: bool,
    ) {
        let many = 6;
        let short = |counter: u64| (counter - 1) % 65_535 + 1;
        let mut fate = fates.iter().cycle();
        // When each packet arrives, in order.
        let mut coming: Vec<(Tick, u64, u32)> = Vec::new();
        let mut at = Tick(0);
        for no in (0..many).filter(|no| Some(*no) != skip) {
            for id in 0..=trailer_id() {
                at = at + Duration::from_micros(50);
                let counter = first + no as u64;
                match fate.next().unwrap() {
                    Fate::Comes => coming.push((at, counter, id)),
                    Fate::Lost => {}
                    Fate::Twice => coming.extend([(at, counter, id); 2]),
                    Fate::Late(by) => coming.push((at + Duration::from_micros(50 * u64::from(*by)), counter, id)),
                }
            }
            at = at + Duration::from_millis(5);
        }
        coming.sort();
        let mut pictures = Pictures::new(shape(resends));
        let mut all = Vec::new();
        let mut now = Tick(0);
        for _ in 0..100_000 {
            let next = coming.first().map(|(at, ..)| *at);
            let Some(due) = next.into_iter().chain(pictures.due()).min() else { break };
            now = now.max(due);
            if next.is_some_and(|at| at <= now) {
                let (_, counter, id) = coming.remove(0);
                let mut bytes = packet(short(counter), id);
                if id > 0 && id < trailer_id() {
                    let from = (id as usize - 1) * ROOM;
                    bytes.truncate(8);
                    bytes.extend(pixels(counter).iter().skip(from).take(ROOM));
                }
                pictures.heard(now, &bytes);
            } else {
                pictures.woken(now);
            }
            for told in told(&mut pictures) {
                if let Told::Resend { block, range: (from, to), .. } = &told {
                    prop_assert!(resends);
                    let counter = (0..many as u64).map(|no| first + no).find(|counter| short(*counter) == *block);
                    let kept = |counter: &u64| answers && Some((counter - first) as usize) != skip;
                    if let Some(counter) = counter.filter(kept) {
                        coming.extend((*from..=*to).map(|id| (now + Duration::from_millis(1), counter, id)));
                        coming.sort();
                    }
                }
                all.push(told);
            }
        }
        pictures.end(&Fault::LinkDown("over".into()));
        all.extend(told(&mut pictures));
        let mut counters = Vec::new();
        for told in all {
            match told {
                Told::Picture { counter, body } => {
                    let sent = [format!("P5\n{WIDTH} {HEIGHT}\n255\n").as_bytes(), &pixels(counter)].concat();
                    prop_assert_eq!(body, sent);
                    counters.push(counter);
                }
                Told::Lost { counter, why } => {
                    prop_assert!(why.to_string().contains("is lost: "));
                    prop_assert!(!answers || !resends || Some((counter - first) as usize) == skip || counter < first
                        || fates.iter().any(|fate| !matches!(fate, Fate::Comes)), "{why}");
                    counters.push(counter);
                }
                Told::Resend { .. } => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        let from = *counters.first().unwrap_or(&first);
        let expected: Vec<u64> = (from..from + counters.len() as u64).collect();
        prop_assert_eq!(counters, expected, "each number once, in order");
    }

    #[test]
    fn no_bytes_panic(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..40)) {
        let mut pictures = Pictures::new(shape(true));
        for (no, bytes) in packets.iter().enumerate() {
            pictures.heard(Tick::from_ms(no as u64), bytes);
            pictures.woken(Tick::from_ms(no as u64));
        }
        let _told = told(&mut pictures);
    }
}
