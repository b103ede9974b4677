//! V4L2 cameras at real device files: those that are none, and the kernel's own test camera where it is.

use crate::wait_for;
use std::sync::mpsc;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::{CameraEvent, v4l2};
use vidimus_drivers::pump::{Clock, PumpHandle};

fn pump(text: &str) -> (PumpHandle<()>, mpsc::Receiver<CameraEvent>) {
    let Ok(Address::V4l2(address)) = text.parse() else {
        panic!("{text}");
    };
    let (tell, told) = mpsc::channel();
    let emit = move |event| drop(tell.send(event));
    (v4l2::spawn(address, Clock::start(), emit).unwrap(), told)
}

#[test]
fn a_file_that_is_no_camera_is_told_once_and_tried_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().display().to_string();
    for (path, part) in [
        (
            "/dev/no-such-camera",
            "link down: opening the camera /dev/no-such-camera: No such file",
        ),
        (
            "/dev/null",
            "found /dev/null, which is no video device (Inappropriate ioctl",
        ),
        (&file, "which is no video device"),
        ("/dev", "link down: opening the camera /dev: Is a directory"),
    ] {
        let (pump, told) = pump(&format!("v4l2://{path}?width=640&height=480&fps=30"));
        let events = wait_for(&told, |_| true);
        let [CameraEvent::Fault(why)] = &events[..] else {
            panic!("{path}: {events:?}");
        };
        assert!(why.to_string().contains(part), "{path}: {why}");
        // It is tried again all the time, and says the same; a trigger is another matter.
        std::thread::sleep(std::time::Duration::from_millis(500));
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [], "{path}: once");
        pump.send(()).unwrap();
        let events = wait_for(&told, |_| true);
        assert!(
            matches!(&events[..], [CameraEvent::Fault(why)] if why.to_string().contains("its own input")),
            "{events:?}"
        );
        assert!(pump.join(), "{path}");
    }
}

/// The kernel's test camera: `modprobe vivid`.
fn vivid() -> Option<String> {
    let entries = std::fs::read_dir("/sys/class/video4linux").ok()?;
    entries.flatten().find_map(|entry| {
        let name = std::fs::read_to_string(entry.path().join("name")).ok()?;
        let camera = name.starts_with("vivid") && name.contains("vid-cap");
        camera.then(|| format!("/dev/{}", entry.file_name().to_string_lossy()))
    })
}

#[test]
fn the_test_camera_of_the_kernel_gives_every_picture_by_its_number() {
    let Some(path) = vivid() else {
        eprintln!(
            "SKIPPED: no vivid here (modprobe vivid); nothing proves that a real V4L2 device is understood."
        );
        return;
    };
    let (pump, told) = pump(&format!("v4l2://{path}?width=640&height=480"));
    let mut last = None;
    for _ in 0..20 {
        let fits =
            |event: &CameraEvent| matches!(event, CameraEvent::Frame(_) | CameraEvent::Lost { .. });
        let Some(CameraEvent::Frame(frame)) = wait_for(&told, fits).pop() else {
            panic!("a picture was lost");
        };
        assert!(frame.body.starts_with(b"P5\n640 480\n255\n"));
        assert!(last.is_none_or(|last: Option<u64>| frame.counter == last.map(|last| last + 1)));
        last = Some(frame.counter);
    }
    assert!(pump.join());
}
