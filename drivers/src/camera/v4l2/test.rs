//! Buffers by hand: what comes out of them, and what is said of those that hold no picture.

use super::Heard;
use super::address::V4l2Address;
use super::pictures::{Buffer, Given, Layout, Shape};
use super::session::V4l2Session;
use crate::address::Address;
use crate::camera::gige::pictures::LOST_TOLD_MAX;
use crate::camera::{CameraEvent, PictureCoding};
use crate::{Fault, Output, Session, Tick};
use proptest::prelude::*;

fn given(layout: Layout, width: u32, height: u32, stride: u32, size: u32) -> Given {
    Given {
        letters: layout.letters(),
        width,
        height,
        stride,
        size,
    }
}

fn shape(layout: Layout, stride: u32, size: u32) -> Shape {
    let given = given(layout, 3, 2, stride, size);
    Shape::agreed(layout, Some((3, 2)), &given)
        .unwrap()
        .unwrap()
}

fn buffer(sequence: u32, bytes: &[u8]) -> Buffer {
    Buffer {
        sequence,
        damaged: false,
        bytes: bytes.to_vec(),
    }
}

/// A JPEG of this size as far as its header goes, with tables before it, filled up behind.
fn jpeg(width: u8, height: u8) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xC4, 0, 4, 9, 9, 0xFF, 0xFF, 0xC0];
    bytes.extend([0, 11, 8, 0, height, 0, width, 1, 1, 0x11, 0, 1, 2, 3]);
    bytes.extend([0xFF, 0xD9, 0, 0, 0]);
    bytes
}

#[test]
fn the_brightness_of_every_layout_comes_out_and_padding_stays_behind() {
    let grey = b"P5\n3 2\n255\n\x01\x02\x03\x04\x05\x06";
    for (shape, bytes) in [
        (shape(Layout::Grey, 3, 6), &[1, 2, 3, 4, 5, 6][..]),
        // Rows of five bytes, and a buffer that is longer than its rows.
        (shape(Layout::Grey, 5, 12), &[1, 2, 3, 0, 0, 4, 5, 6, 0, 0]),
        (
            shape(Layout::Grey, 5, 12),
            &[1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 7],
        ),
        (
            shape(Layout::Yuyv, 6, 12),
            &[1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9],
        ),
        (
            shape(Layout::Nv12, 4, 12),
            &[1, 2, 3, 0, 4, 5, 6, 0, 9, 9, 9, 9],
        ),
    ] {
        let (coding, body) = shape.picture(&buffer(0, bytes)).unwrap();
        assert_eq!(
            (coding, &body[..]),
            (PictureCoding::Pgm, &grey[..]),
            "{shape:?}"
        );
        for wrong in [&bytes[..bytes.len() - 1], &[bytes, &[0; 9]].concat()] {
            let why = shape.picture(&buffer(0, wrong)).unwrap_err();
            let part = format!("it has {} bytes, not", wrong.len());
            let cut_to_its_rows = shape.picture(&buffer(0, wrong)).is_ok();
            assert!(why.contains(&part) && !cut_to_its_rows, "{why}");
        }
    }
    let damaged = Buffer {
        damaged: true,
        ..buffer(0, &[1, 2, 3, 4, 5, 6])
    };
    let why = shape(Layout::Grey, 3, 6).picture(&damaged).unwrap_err();
    assert!(why.contains("damaged"), "{why}");
}

#[test]
fn a_jpeg_is_handed_on_when_it_is_whole_and_of_the_size_agreed_on() {
    let shape = shape(Layout::Mjpg, 0, 4_000);
    let whole = jpeg(3, 2);
    assert_eq!(
        shape.picture(&buffer(0, &whole)),
        Ok((PictureCoding::Jpeg, whole.clone()))
    );
    for (bytes, part) in [
        (jpeg(4, 2), "it is 4 x 2 pixels, not 3 x 2"),
        (whole[..whole.len() - 4].to_vec(), "cut short"),
        (whole[..12].to_vec(), "no whole JPEG"),
        (whole[1..].to_vec(), "no whole JPEG"),
        (Vec::new(), "no whole JPEG"),
    ] {
        let why = shape.picture(&buffer(0, &bytes)).unwrap_err();
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn a_size_that_is_not_the_one_asked_for_or_no_picture_is_a_wrong_device() {
    let agreed = |asked, given: &Given| Shape::agreed(Layout::Yuyv, asked, given);
    let good = given(Layout::Yuyv, 640, 480, 1_280, 614_400);
    assert!(agreed(None, &good).unwrap().is_some());
    assert_eq!(
        agreed(None, &given(Layout::Nv12, 640, 480, 640, 460_800)),
        Ok(None)
    );
    for (asked, given, part) in [
        (
            Some((1_280, 720)),
            good,
            "expected 1280 x 720 pixels, found a camera with 640 x 480",
        ),
        (
            None,
            given(Layout::Yuyv, 640, 480, 1_279, 614_400),
            "expected whole rows",
        ),
        (
            None,
            given(Layout::Yuyv, 640, 480, 1_280, 614_399),
            "expected whole rows",
        ),
        (
            None,
            given(Layout::Yuyv, 0, 480, 1_280, 614_400),
            "expected whole rows",
        ),
        (
            None,
            given(Layout::Yuyv, 30_000, 30_000, 60_000, u32::MAX),
            "expected whole rows",
        ),
    ] {
        let fault = agreed(asked, &given).unwrap_err();
        assert!(matches!(fault, Fault::WrongDevice { .. }));
        assert!(fault.to_string().contains(part), "{part}: {fault}");
    }
}

fn address(text: &str) -> V4l2Address {
    match text.parse() {
        Ok(Address::V4l2(address)) => address,
        other => panic!("{text}: {other:?}"),
    }
}

fn told(session: &mut V4l2Session) -> Vec<Output<core::convert::Infallible, CameraEvent>> {
    std::iter::from_fn(|| session.next_output()).collect()
}

/// Counters of pictures and losses, in their order; losses with a minus.
fn counters(session: &mut V4l2Session) -> Vec<i64> {
    let number = |counter: u64| i64::try_from(counter).unwrap();
    told(session)
        .into_iter()
        .map(|output| match output {
            Output::Event(CameraEvent::Frame(frame)) => number(frame.counter.unwrap()),
            Output::Event(CameraEvent::Lost { counter, .. }) => {
                counter.map_or(i64::MIN, |c| -number(c))
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

fn streaming(text: &str, interval: Option<(u32, u32)>) -> (V4l2Session, Vec<CameraEvent>) {
    let mut session = V4l2Session::new(address(text));
    session.opened(Tick(0));
    let shape = shape(Layout::Grey, 3, 6);
    session.received(Tick(0), &Heard::Opened { shape, interval });
    let events = told(&mut session).into_iter().map(|output| match output {
        Output::Event(event) => event,
        other => panic!("{other:?}"),
    });
    let events = events.collect();
    (session, events)
}

#[test]
fn the_drivers_numbers_count_the_pictures_and_what_is_missing_between_them() {
    let (mut session, begun) = streaming("v4l2:///dev/video0", None);
    assert_eq!(begun, [CameraEvent::Link(true)]);
    let six = [7; 6];
    let fill = |session: &mut V4l2Session, sequence, bytes: &[u8]| {
        session.received(Tick(1), &Heard::Filled(buffer(sequence, bytes)));
        counters(session)
    };
    assert_eq!(fill(&mut session, u32::MAX - 3, &six), [4_294_967_292]);
    assert_eq!(
        fill(&mut session, u32::MAX - 2, &six[1..]),
        [-4_294_967_293]
    );
    // Counted on when the driver's number begins anew.
    let around = [
        -4_294_967_294,
        -4_294_967_295,
        -4_294_967_296,
        4_294_967_297,
    ];
    assert_eq!(fill(&mut session, 1, &six), around);
    let far = 2 + u32::try_from(LOST_TOLD_MAX).unwrap();
    assert_eq!(
        fill(&mut session, far, &six).len(),
        LOST_TOLD_MAX as usize + 1
    );
    let further = far + 2 + u32::try_from(LOST_TOLD_MAX).unwrap();
    assert_eq!(
        fill(&mut session, further, &six)[0],
        i64::MIN,
        "told as one"
    );
    // A driver that does not count, or counts anew: whose picture it is nobody can say.
    session.received(Tick(2), &Heard::Filled(buffer(further, &six)));
    let dropped = told(&mut session);
    assert!(
        matches!(&dropped[..], [Output::Event(CameraEvent::Fault(Fault::Garbled(why))), Output::DropLink(_)]
            if why.contains("does not count")),
        "{dropped:?}"
    );
    session.received(Tick(2), &Heard::Filled(buffer(further + 1, &six)));
    assert_eq!(told(&mut session), [], "nothing more of this link");
    session.closed(Tick(3), Fault::LinkDown("gone".into()));
    assert!(told(&mut session).contains(&Output::Event(CameraEvent::Link(false))));
}

#[test]
fn a_rate_that_the_camera_does_not_take_is_a_warning() {
    let warned = |interval| streaming("v4l2:///dev/video0?fps=30", interval).1.len() == 2;
    assert!(!warned(Some((1, 30))) && !warned(Some((2, 60))));
    assert!(warned(Some((1, 15))) && warned(None));
}

#[test]
fn addresses_survive_a_round_trip_and_mistakes_are_named() {
    for text in [
        "v4l2:///dev/video0",
        "v4l2:///dev/v4l/by-id/usb-cam-index0?width=1280&height=720&fps=60",
        "v4l2:///dev/video2?fps=5",
    ] {
        assert_eq!(address(text).to_string(), text);
    }
    for (text, part) in [
        ("v4l2://dev/video0", "three slashes"),
        ("v4l2:///dev/video0?width=640", "belong together"),
        ("v4l2:///dev/video0?width=0&height=1", "from 1 to 30000"),
        ("v4l2:///dev/video0?fps=x", "from 1 to 10000"),
        (
            "v4l2:///dev/video0?format=YUYV",
            "known are width, height, fps",
        ),
    ] {
        let error = text.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn no_buffer_panics(
        sides in (0_u32..70, 0_u32..70), stride in 0_u32..300, size in 0_u32..9_000,
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        sequences in proptest::collection::vec(any::<u32>(), 0..5),
    ) {
        for layout in Layout::ALL {
            let given = given(layout, sides.0, sides.1, stride, size);
            if let Ok(Some(shape)) = Shape::agreed(layout, None, &given) {
                let mut session = V4l2Session::new(address("v4l2:///dev/video0"));
                session.opened(Tick(0));
                session.received(Tick(0), &Heard::Opened { shape, interval: None });
                let jpeg = [&[0xFF, 0xD8, 0xFF][..], &bytes].concat();
                for (no, sequence) in sequences.iter().enumerate() {
                    let bytes = if no % 2 == 0 { &bytes } else { &jpeg };
                    session.received(Tick(0), &Heard::Filled(buffer(*sequence, bytes)));
                }
                let _told = told(&mut session);
            }
        }
    }
}
