//! The stream parser against every split, every kind of boundary, and streams that lie.

use super::*;
use crate::camera::PictureCoding;
use proptest::prelude::*;

fn config() -> StreamConfig {
    let Ok(crate::address::Address::Http(address)) = "http://camera:8080/video?fps=20".parse()
    else {
        panic!("an address");
    };
    StreamConfig::new(address)
}

fn outputs(session: &mut StreamSession) -> Vec<Output<Vec<u8>, CameraEvent>> {
    std::iter::from_fn(|| session.next_output()).collect()
}

fn opened() -> StreamSession {
    let mut session = StreamSession::new(config());
    session.opened(Tick(0));
    let Output::Transmit(request) = session.next_output().unwrap() else {
        panic!("no request");
    };
    let request = String::from_utf8(request).unwrap();
    assert!(request.starts_with("GET /video?fps=20 HTTP/1.1\r\nHost: camera:8080\r\n"));
    assert!(request.ends_with("\r\n\r\n"));
    session
}

fn hear(bytes: &[u8]) -> Vec<Output<Vec<u8>, CameraEvent>> {
    let mut session = opened();
    session.received(Tick(1), bytes);
    outputs(&mut session)
}

fn response(boundary: &str, extra: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: multipart/x-mixed-replace;boundary={boundary}\r\n{extra}\r\n"
    )
    .into_bytes()
}

fn part(counter: u64, body: &[u8], with_length: bool) -> Vec<u8> {
    let mut part =
        format!("--edge\r\nContent-Type: image/png\r\nX-Frame-Counter: {counter}\r\n").into_bytes();
    if with_length {
        part.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    part.extend_from_slice(b"\r\n");
    part.extend_from_slice(body);
    part.extend_from_slice(b"\r\n");
    part
}

fn frames(outputs: &[Output<Vec<u8>, CameraEvent>]) -> Vec<(Option<u64>, Vec<u8>)> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Event(CameraEvent::Frame(frame)) => Some((frame.counter, frame.body.clone())),
            _ => None,
        })
        .collect()
}

fn dropped(outputs: &[Output<Vec<u8>, CameraEvent>]) -> Option<&Fault> {
    outputs.iter().find_map(|output| match output {
        Output::DropLink(fault) => Some(fault),
        _ => None,
    })
}

fn lost(outputs: &[Output<Vec<u8>, CameraEvent>]) -> Vec<Option<u64>> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Event(CameraEvent::Lost { counter, .. }) => Some(*counter),
            _ => None,
        })
        .collect()
}

#[test]
fn boundaries_are_found_however_they_are_written() {
    for written in [
        "edge",
        "\"edge\"",
        "--edge",
        "\"--edge\"",
        " edge; charset=x",
    ] {
        let stream = [response(written, ""), part(7, b"PICTURE", true)].concat();
        let heard = hear(&stream);
        assert_eq!(
            heard[0],
            Output::Event(CameraEvent::Link(true)),
            "{written}"
        );
        assert_eq!(
            frames(&heard),
            [(Some(7), b"PICTURE".to_vec())],
            "{written}"
        );
    }
    // A length makes the picture complete with its last byte; without one the next boundary does.
    let mut early = part(7, b"PICTURE", true);
    early.truncate(early.len() - 2);
    assert_eq!(
        frames(&hear(&[response("edge", ""), early].concat())).len(),
        1
    );
}

#[test]
fn a_part_without_type_is_known_by_its_bytes_and_a_foreign_one_is_lost() {
    let jpeg = b"--edge\r\nContent-Length: 4\r\n\r\n\xFF\xD8\xFF\xE0\r\n";
    let text = b"--edge\r\nContent-Type: text/plain\r\nX-Frame-Counter: 3\r\n\
        Content-Length: 2\r\n\r\nhi\r\n";
    let stream = [&response("edge", "")[..], text, jpeg].concat();
    let heard = hear(&stream);
    assert_eq!(lost(&heard), [Some(3)]);
    let coding = heard.iter().find_map(|output| match output {
        Output::Event(CameraEvent::Frame(frame)) => Some(frame.coding),
        _ => None,
    });
    assert_eq!(coding, Some(PictureCoding::Jpeg));
    assert_eq!(dropped(&heard), None);
}

#[test]
fn a_part_that_claims_gigabytes_is_lost_by_name_and_never_allocated() {
    let one_too_many = (PICTURE_MAX + 1).to_string();
    for length in ["4000000000", "18446744073709551615", &one_too_many] {
        let claim = format!(
            "--edge\r\nContent-Type: image/png\r\nX-Frame-Counter: 9\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        let heard = hear(&[&response("edge", "")[..], claim.as_bytes()].concat());
        assert_eq!(lost(&heard), [Some(9)]);
        assert!(matches!(dropped(&heard), Some(Fault::Refused(_))));
    }
    // The same without a length: the limit holds while the bytes come.
    let mut session = opened();
    session.received(Tick(1), &response("edge", ""));
    session.received(Tick(1), b"--edge\r\nX-Frame-Counter: 9\r\n\r\n");
    let mut heard = Vec::new();
    for _ in 0..=(PICTURE_MAX / 65_536) {
        session.received(Tick(2), &[0x55; 65_536]);
        heard.extend(outputs(&mut session));
    }
    assert_eq!(lost(&heard), [Some(9)]);
    assert!(dropped(&heard).is_some());
}

#[test]
fn a_server_that_is_no_camera_is_named() {
    let wrong = [
        (&b"HTTP/1.1 404 Not Found\r\n\r\n"[..], "404 Not Found"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
            "text/html",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n",
            "boundary",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0"),
    ];
    for (bytes, part) in wrong {
        let heard = hear(bytes);
        let fault = dropped(&heard).unwrap().to_string();
        assert!(fault.contains(part), "{fault}");
    }
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &vec![b'x'; 2 * HEADER_MAX]].concat();
    assert!(matches!(dropped(&hear(&endless)), Some(Fault::Garbled(_))));
    let no_boundary = [response("edge", ""), b"noise\n".repeat(HEADER_MAX)].concat();
    assert!(matches!(
        dropped(&hear(&no_boundary)),
        Some(Fault::Garbled(_))
    ));
}

#[test]
fn silence_is_an_error_only_before_the_header_or_when_asked_for() {
    let mut session = opened();
    assert_eq!(session.wake().unwrap().at, Tick::from_ms(2_000));
    session.woken(Tick::from_ms(1_999));
    assert_eq!(outputs(&mut session), []);
    session.woken(Tick::from_ms(2_000));
    assert!(matches!(
        dropped(&outputs(&mut session)),
        Some(Fault::Timeout { .. })
    ));

    let mut session = opened();
    session.received(Tick(1), &response("edge", ""));
    assert_eq!(session.wake(), None, "an idle line has no pictures");
}

#[test]
fn a_header_that_trickles_or_never_ends_is_given_up() {
    let mut session = opened();
    let header = response("edge", "");
    for (ms, byte) in header.iter().enumerate().take(20) {
        let now = Tick::from_ms(100 * ms as u64);
        session.woken(now);
        session.received(now, &[*byte]);
    }
    assert_eq!(outputs(&mut session), []);
    assert_eq!(
        session.wake().unwrap().at,
        Tick::from_ms(HEADER_MS),
        "from the opening on"
    );
    session.woken(Tick::from_ms(HEADER_MS));
    assert!(matches!(
        dropped(&outputs(&mut session)),
        Some(Fault::Timeout { .. })
    ));

    let lines = |count: usize| "X: 1\r\n".repeat(count);
    // The status line's own Content-Type is one of them.
    let most = response("edge", &lines(HEADER_LINES_MAX - 1));
    assert_eq!(dropped(&hear(&most)), None);
    let more = response("edge", &lines(HEADER_LINES_MAX));
    assert!(matches!(dropped(&hear(&more)), Some(Fault::Garbled(_))));
    let head = format!("--edge\r\n{}\r\n", lines(HEADER_LINES_MAX + 1));
    let part = [response("edge", ""), head.into_bytes()].concat();
    assert!(matches!(dropped(&hear(&part)), Some(Fault::Garbled(_))));
    let long = "b".repeat(BOUNDARY_MAX);
    assert_eq!(dropped(&hear(&response(&long, ""))), None);
    let fault = dropped(&hear(&response(&format!("{long}b"), ""))).cloned();
    assert!(matches!(fault, Some(Fault::WrongDevice { .. })));
}

#[test]
fn a_chunk_size_without_end_is_garbled() {
    let mut stream = response("edge", "Transfer-Encoding: chunked\r\n");
    stream.extend(vec![b'0'; chunked::SIZE_LINE_MAX]);
    assert_eq!(dropped(&hear(&stream)), None);
    stream.push(b'0');
    let heard = hear(&stream);
    assert!(matches!(dropped(&heard), Some(Fault::Garbled(why)) if why.contains("chunk-size")));
}

#[test]
fn a_picture_cut_short_by_the_link_is_lost_with_its_counter() {
    let mut session = opened();
    let whole = part(12, b"PICTURE", true);
    session.received(
        Tick(1),
        &[&response("edge", "")[..], &whole[..whole.len() - 5]].concat(),
    );
    session.closed(Tick(2), Fault::LinkDown("cable".into()));
    let heard = outputs(&mut session);
    assert_eq!(lost(&heard), [Some(12)]);
    assert!(heard.contains(&Output::Event(CameraEvent::Link(false))));
    assert_eq!(frames(&heard), []);
}

fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    // Bytes that look like boundaries and line ends are what a parser trips over.
    let tricky = prop_oneof![
        Just(b"\r\n--edg".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"--edge".to_vec()),
        Just(b"\r\n-".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..40),
    ];
    let body = proptest::collection::vec(tricky, 1..8)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("holds no boundary line, no trailing line end", |body| {
            !body.windows(7).any(|w| w == b"\n--edge")
                && !body.starts_with(b"--edge")
                && !body.ends_with(b"\r")
        });
    proptest::collection::vec(body, 1..6)
}

fn in_chunks(body: &[u8], size: usize) -> Vec<u8> {
    let chunk = |piece: &[u8]| {
        [
            format!("{:x};x=1\r\n", piece.len()).as_bytes(),
            piece,
            b"\r\n",
        ]
        .concat()
    };
    body.chunks(size).flat_map(chunk).collect()
}

proptest! {
    #[test]
    fn the_same_frames_whatever_the_split(
        bodies in bodies(), lengths: [bool; 6], chunk in proptest::option::of(1usize..50),
        sizes in proptest::collection::vec(1usize..60, 1..30),
    ) {
        let mut body = b"preamble\r\n".to_vec();
        for (index, picture) in bodies.iter().enumerate() {
            body.extend(part(index as u64, picture, lengths[index]));
        }
        body.extend_from_slice(b"--edge\r\n");
        let mut stream = match chunk {
            Some(size) => {
                let header = response("edge", "Transfer-Encoding: chunked\r\n");
                [header, in_chunks(&body, size)].concat()
            }
            None => [response("edge", ""), body].concat(),
        };
        let expected: Vec<_> = (0..).map(Some).zip(bodies.iter().cloned()).collect();
        prop_assert_eq!(frames(&hear(&stream)), expected.clone());

        let mut session = opened();
        let mut heard = Vec::new();
        for size in sizes.iter().cycle() {
            let rest = stream.split_off((*size).min(stream.len()));
            session.received(Tick(1), &stream);
            heard.extend(outputs(&mut session));
            stream = rest;
            if stream.is_empty() { break; }
        }
        prop_assert_eq!(frames(&heard), expected);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..400) {
        let mut stream = [response("edge", ""), part(1, b"PICTURE", false)].concat();
        let at = at.min(stream.len());
        stream.splice(at..at, bytes);
        hear(&stream);
    }
}
