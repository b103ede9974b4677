//! The camera stream over a real socket, and that its cost grows with its bytes and not faster.

use super::wait_for;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::http::{StreamConfig, StreamSession, spawn};
use vidimus_drivers::camera::{CameraEvent, PictureCoding};
use vidimus_drivers::pump::Clock;
use vidimus_drivers::{Output, Session, Tick};

fn config(at: &str) -> StreamConfig {
    let Ok(Address::Http(address)) = format!("http://{at}/video").parse() else {
        panic!("a camera's address");
    };
    StreamConfig::new(address)
}

const HEADER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n";

fn part(counter: u64, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "--f\r\nContent-Type: image/x-portable-graymap\r\nContent-Length: {}\r\n\
         X-Frame-Counter: {counter}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body, b"\r\n"].concat()
}

#[test]
fn pictures_come_over_a_real_socket_and_again_after_the_camera_went_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let picture: Vec<u8> = (0..300_000u32).map(|i| (i * 7) as u8).collect();
    let body = picture.clone();
    let camera = std::thread::spawn(move || {
        for connection in 0..2u64 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            assert!(request.starts_with(b"GET /video HTTP/1.1\r\n"));
            stream.write_all(HEADER).unwrap();
            for counter in 0..20 {
                stream
                    .write_all(&part(connection * 100 + counter, &body))
                    .unwrap();
            }
            // The last picture is cut short by the camera's going away.
            let cut = part(connection * 100 + 20, &body);
            stream.write_all(&cut[..100_000]).unwrap();
        }
    });
    let (tell, events) = mpsc::channel();
    let pump = spawn(config(&at.to_string()), Clock::start(), move |event| {
        let _gone = tell.send(event);
    })
    .unwrap();
    for connection in 0..2u64 {
        let told = wait_for(&events, |event| *event == CameraEvent::Link(false));
        assert!(told.contains(&CameraEvent::Link(true)));
        let mut counters = Vec::new();
        let mut lost = Vec::new();
        for event in told {
            match event {
                CameraEvent::Frame(frame) => {
                    assert_eq!((frame.coding, &frame.body), (PictureCoding::Pgm, &picture));
                    counters.push(frame.counter.unwrap());
                }
                CameraEvent::Lost { counter, .. } => lost.push(counter.unwrap()),
                _ => {}
            }
        }
        let first = connection * 100;
        assert_eq!(counters, (first..first + 20).collect::<Vec<_>>());
        assert_eq!(lost, [first + 20]);
    }
    camera.join().unwrap();
    assert!(pump.join());
}

/// 64 MB in the smallest reads and in the largest, with and without lengths. A search that began
/// again at every read would take minutes here; the run as a whole is the witness, no time is
/// asserted.
#[test]
fn big_pictures_in_small_reads_are_not_quadratic() {
    for with_length in [true, false] {
        for read in [1_460, 65_536] {
            let mut session = StreamSession::new(config("camera"));
            session.opened(Tick(0));
            session.received(Tick(0), HEADER);
            let body = vec![b'\n'; 4_000_000];
            let head: &[u8] = match with_length {
                true => b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: 4000000\r\n\r\n",
                false => b"--f\r\nContent-Type: image/jpeg\r\n\r\n",
            };
            let stream = [head, &body, b"\r\n"].concat().repeat(4);
            let mut frames = 0;
            for bytes in stream.chunks(read).chain([&b"--f\r\n"[..]]) {
                session.received(Tick(1), bytes);
                while let Some(output) = session.next_output() {
                    if let Output::Event(CameraEvent::Frame(frame)) = output {
                        assert_eq!(frame.body.len(), body.len());
                        frames += 1;
                    }
                }
            }
            assert_eq!(frames, 4, "{with_length} {read}");
        }
    }
}
