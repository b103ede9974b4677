//! A camera: its stream and one picture, its folder, or who it is; a GigE Vision camera is asked and never taken.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic, quoted};
use super::reach::{not_reached, reach};
use crate::config::{Camera, Counter};
use image::ImageReader;
use rustix::fs::{Access, access};
use std::io::Cursor;
use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;
use vidimus_drivers::Fault;
use vidimus_drivers::address::{Address, HostPort, HttpAddress};
use vidimus_drivers::camera::folder::NAMES_MAX;
use vidimus_drivers::camera::gige::address::{CameraName, GigeAddress};
use vidimus_drivers::camera::gige::gvcp::GVCP_PORT;
use vidimus_drivers::camera::gige::{Seen, look};
use vidimus_drivers::camera::http::{self, StreamConfig};
use vidimus_drivers::camera::{CameraEvent, Frame, PictureCoding};
use vidimus_drivers::pump::Clock;

/// What came of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Heard {
    stream: bool,
    frame: Option<Frame>,
    fault: Option<Fault>,
}

fn judge_stream(camera: &Camera, heard: &Heard) -> Vec<Finding> {
    let about = &camera.name;
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    match heard {
        Heard {
            frame: Some(frame), ..
        } => judge_frame(camera, frame),
        Heard { stream: true, .. } => vec![
            finding(
                State::Unknown,
                "its stream is there, but no picture came: nothing fired it meanwhile".to_owned(),
            )
            .act("Let a pack pass the camera, or fire its trigger, while this is asked again:")
            .run(format!("vidimus doctor FILE --only {}", quoted(about))),
        ],
        Heard {
            fault: Some(fault @ Fault::WrongDevice { .. }),
            ..
        } => vec![finding(State::Wrong, fault.to_string()).act(
            "Compare host, port and path with the camera's manual; its stream must be multipart/x-mixed-replace.",
        )],
        Heard {
            fault: Some(Fault::Device(why)),
            ..
        } => vec![finding(State::Wrong, why.clone()).act(
            "Compare the path with the camera's manual, and let it stream without a password.",
        )],
        Heard {
            fault: Some(fault), ..
        } => vec![finding(State::Wrong, format!("no stream came: {fault}")).act(
            "Switch the camera off and on. Some serve one client only: end other programs that show its pictures.",
        )],
        Heard { .. } => vec![
            finding(
                State::Wrong,
                "it takes the connection and sends nothing".to_owned(),
            )
            .act("Switch the camera off and on, and compare port and path."),
        ],
    }
}

fn judge_frame(camera: &Camera, frame: &Frame) -> Vec<Finding> {
    let finding = |state, text: String| Finding::new(Topic::Device, &camera.name, state, text);
    let coding = match frame.coding {
        PictureCoding::Jpeg => "JPEG",
        PictureCoding::Png => "PNG",
        PictureCoding::Pgm => "PGM",
    };
    let reader = ImageReader::new(Cursor::new(&frame.body)).with_guessed_format();
    let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
    let mut findings = Vec::new();
    let Some((width, height)) = size else {
        let text = format!(
            "a picture came ({coding}, {} bytes) that nobody can read",
            frame.body.len()
        );
        return vec![
            finding(State::Wrong, text).act("Set the camera to PNG, PGM or baseline JPEG."),
        ];
    };
    if camera.lossless && frame.coding == PictureCoding::Jpeg {
        findings.push(
            finding(State::Wrong, "its pictures are JPEG, the station file says lossless".to_owned())
                .act("Set the camera to PNG or PGM, or write lossless = false: grades are indicative then."),
        );
    }
    if let (Counter::Header(name), None) = (&camera.counter, frame.counter) {
        let text = format!("its pictures carry no number in the header {name}");
        findings.push(finding(State::Wrong, text).act(
            "Write the name of the header that the camera counts in, or counter = \"none\" under [[camera]].",
        ));
    }
    if findings.is_empty() {
        let number = frame
            .counter
            .map_or(String::new(), |no| format!(", number {no}"));
        let text = format!(
            "a picture of {width} × {height}, {coding}, {} KiB{number}",
            frame.body.len().div_ceil(1024)
        );
        findings.push(finding(State::Ok, text));
    }
    findings
}

fn stream(camera: &Camera, at: HttpAddress, until: Instant) -> Vec<Finding> {
    if let Err(why) = reach(&at.at, until) {
        return vec![not_reached(&camera.name, "camera", &at.at, why)];
    }
    let mut config = StreamConfig::new(at);
    if let Counter::Header(name) = &camera.counter {
        config.counter_header.clone_from(name);
    }
    let (sender, events) = mpsc::sync_channel(EVENTS_MAX);
    let emit = move |event| drop(sender.send(event)); // nobody listens once the time is over
    let mut heard = Heard::default();
    match http::spawn(config, Clock::start(), emit) {
        Ok(_pump) => {
            while heard.frame.is_none() {
                let left = until.saturating_duration_since(Instant::now());
                match events.recv_timeout(left) {
                    Ok(CameraEvent::Link(up)) => heard.stream = up,
                    Ok(CameraEvent::Frame(frame)) => heard.frame = Some(frame),
                    Ok(CameraEvent::Lost { why, .. }) => heard.fault = Some(Fault::Garbled(why)),
                    Ok(CameraEvent::Warning(_)) => {}
                    Ok(CameraEvent::Fault(why)) => {
                        let wrong = matches!(why, Fault::WrongDevice { .. });
                        heard.fault = Some(why);
                        if wrong {
                            break;
                        }
                    }
                    Err(_) => break,
                }
            }
        }
        Err(why) => heard.fault = Some(Fault::LinkDown(why.to_string())),
    }
    judge_stream(camera, &heard)
}

fn folder(camera: &Camera, path: &Path) -> Vec<Finding> {
    let finding =
        |state, text: String| vec![Finding::new(Topic::Device, &camera.name, state, text)];
    let shown = path.display().to_string();
    let list = format!("ls -ld {}", quoted(&shown));
    let with = |mut findings: Vec<Finding>, act: &str| {
        findings
            .drain(..)
            .map(|one| one.act(act).run(list.clone()))
            .collect()
    };
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries.take(NAMES_MAX + 1).count(),
        Err(why) => {
            let found = finding(State::Wrong, format!("{shown} cannot be read: {why}"));
            return with(
                found,
                "Make the folder that the camera's pictures go to, or write the right one.",
            );
        }
    };
    if access(path, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let found = finding(State::Wrong, format!("{shown} may not be written to"));
        return with(
            found,
            "A picture that was read is deleted there: give the station's user the right to.",
        );
    }
    if entries > NAMES_MAX {
        let found = finding(
            State::Wrong,
            format!("{shown} has more than {NAMES_MAX} entries"),
        );
        return with(found, "Take the old pictures away.");
    }
    finding(
        State::Ok,
        format!(
            "{shown} can be read and written, {entries} entries; what lies there at a start is passed over"
        ),
    )
}

fn judge_gige(camera: &Camera, at: &GigeAddress, seen: &Seen, mtu: Option<u32>) -> Vec<Finding> {
    let finding = |state, text: String| Finding::new(Topic::Device, &camera.name, state, text);
    let mut findings = Vec::new();
    let by = seen.interface.as_deref().unwrap_or("an unknown interface");
    if seen.taken {
        let text = format!("{}: another program controls it", seen.found);
        findings.push(finding(State::Unknown, text).act(
            "End that program (a viewer, say), or wait a few seconds after it, and ask again.",
        ));
    } else {
        let text = format!("{}, by {by}; nobody controls it", seen.found);
        findings.push(finding(State::Ok, text));
    }
    let packet = u32::from(at.settings.packet);
    if let Some(mtu) = mtu.filter(|mtu| *mtu < packet) {
        let text = format!("packets of {packet} bytes do not pass {by}, whose MTU is {mtu}");
        findings.push(
            finding(State::Wrong, text)
                .act(format!(
                    "Let the interface carry jumbo frames, and each switch in between; or write packet={mtu} or less."
                ))
                .run(format!("sudo ip link set dev {} mtu 9000", quoted(by))),
        );
    }
    findings
}

fn gige(camera: &Camera, at: &GigeAddress) -> Vec<Finding> {
    match look(&at.camera) {
        Ok(seen) => {
            let mtu = seen.interface.as_ref().and_then(|name| {
                let text = std::fs::read_to_string(format!("/sys/class/net/{name}/mtu"));
                text.ok()?.trim().parse().ok()
            });
            judge_gige(camera, at, &seen, mtu)
        }
        Err(why) => vec![gige_unheard(camera, &at.camera, &why)],
    }
}

/// No camera answers there. At another port than theirs none ever does.
fn gige_unheard(camera: &Camera, named: &CameraName, why: &Fault) -> Finding {
    let finding = |text: String| Finding::new(Topic::Device, &camera.name, State::Wrong, text);
    let odd = match named {
        CameraName::At(at) if at.port != GVCP_PORT => Some(at),
        _ => None,
    };
    let found = match odd {
        Some(at) => {
            let usual = HostPort {
                host: at.host.clone(),
                port: GVCP_PORT,
            };
            let there = look(&CameraName::At(usual));
            let port = at.port;
            let text = format!(
                "{why}; GigE Vision cameras answer at UDP port {GVCP_PORT}, its address says {port}"
            );
            match there {
                Ok(seen) => finding(format!("{text}, and {} answers there", seen.found)),
                Err(_) => finding(text),
            }
            .act(format!("Write gige://{} without a port.", at.host))
        }
        None => finding(why.to_string()),
    };
    let found = found.act(
        "Look at cable and power. Camera and computer need addresses in one network; a firewall must let UDP port \
         3956 and the pictures through. docs/cameras.md says what to set.",
    );
    let found = match named {
        CameraName::At(at) => found.run(format!("ping -c 3 {}", quoted(&at.host))),
        CameraName::Serial(_) => found,
    };
    found.run("ip -br addr")
}

/// A camera of Linux: its device file is there and may be opened. Nothing is asked of it.
fn device_file(about: &str, path: &Path) -> Finding {
    let shown = path.display();
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    match std::fs::File::options().read(true).write(true).open(path) {
        Ok(_) => finding(State::Ok, format!("{shown} can be opened")),
        Err(why) if why.kind() == std::io::ErrorKind::PermissionDenied => {
            finding(State::Wrong, format!("{shown} may not be opened"))
                .act("Add the station's user to the group of that file, and log in again.")
                .run(format!("ls -l {}", quoted(&shown.to_string())))
                .run("sudo usermod -aG video \"$USER\"")
        }
        Err(why) => finding(State::Wrong, format!("{shown}: {why}"))
            .act("Look at its cable, and which cameras there are.")
            .run("ls -l /dev/v4l/by-id/"),
    }
}

/// Looks at a camera.
pub fn examine(camera: &Camera, until: Instant) -> Vec<Finding> {
    let state = |state, text| vec![Finding::new(Topic::Device, &camera.name, state, text)];
    match camera.address.parse() {
        Ok(Address::Http(at)) => stream(camera, at, until),
        Ok(Address::Folder(path)) => folder(camera, &path),
        Ok(Address::Gige(at)) => gige(camera, &at),
        Ok(Address::V4l2(at)) => vec![device_file(&camera.name, &at.path)],
        Ok(_) => state(
            State::Wrong,
            format!("{} is no camera's address", camera.address),
        ),
        Err(error) => state(State::Wrong, format!("{error}")),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use std::net::Ipv4Addr;
    use vidimus_drivers::Tick;
    use vidimus_drivers::camera::gige::gvcp::Found;

    fn camera() -> Camera {
        Camera {
            name: "camera-1".to_owned(),
            address: "http://10.0.0.9/stream".to_owned(),
            counter: Counter::Header("X-Frame-Counter".to_owned()),
            latency_ms: 60,
            lossless: true,
            setup: Default::default(),
        }
    }

    fn as_expected(findings: &[Finding], state: State, said: &str) {
        let one = findings.iter().find(|one| one.found.contains(said));
        let one = one.unwrap_or_else(|| panic!("{said}: {findings:?}"));
        assert_eq!(one.state, state, "{findings:?}");
        assert_eq!(one.mend.is_empty(), state == State::Ok, "{findings:?}");
    }

    #[test]
    fn streams_are_judged_by_one_picture() {
        let pgm = [&b"P5 4 2 255\n"[..], &[0; 8]].concat();
        let frame = |coding, counter, body: &[u8]| Heard {
            stream: true,
            frame: Some(Frame {
                counter,
                at: Tick::default(),
                coding,
                body: body.to_vec(),
            }),
            fault: None,
        };
        let fault = |fault| Heard {
            fault: Some(fault),
            ..Heard::default()
        };
        let html = Fault::WrongDevice {
            expected: "a stream".to_owned(),
            found: "text/html".to_owned(),
        };
        let refused = Fault::Device("the camera refused the stream: 401".to_owned());
        let silent = Heard {
            stream: true,
            ..Heard::default()
        };
        for (heard, state, said) in [
            (
                frame(PictureCoding::Pgm, Some(7), &pgm),
                State::Ok,
                "4 × 2, PGM, 1 KiB, number 7",
            ),
            (
                frame(PictureCoding::Pgm, None, &pgm),
                State::Wrong,
                "no number",
            ),
            (
                frame(PictureCoding::Jpeg, Some(7), &pgm),
                State::Wrong,
                "lossless",
            ),
            (
                frame(PictureCoding::Png, Some(7), b"\x89PNG"),
                State::Wrong,
                "nobody can read",
            ),
            (silent, State::Unknown, "no picture came"),
            (fault(html), State::Wrong, "text/html"),
            (fault(refused), State::Wrong, "401"),
            (fault(Fault::Busy), State::Wrong, "no stream came"),
            (Heard::default(), State::Wrong, "sends nothing"),
        ] {
            as_expected(&judge_stream(&camera(), &heard), state, said);
        }
    }

    #[test]
    fn folders_and_gige_cameras_are_looked_at_and_not_taken() {
        let dir = tempfile::tempdir().expect("a folder");
        as_expected(&folder(&camera(), dir.path()), State::Ok, "0 entries");
        let none = dir.path().join("none");
        as_expected(&folder(&camera(), &none), State::Wrong, "cannot be read");
        let found = Found {
            version: (2, 0),
            mac: [0; 6],
            ip: Ipv4Addr::LOCALHOST,
            vendor: "V".to_owned(),
            model: "M-1".to_owned(),
            device_version: "1".to_owned(),
            serial: "S1".to_owned(),
            user_name: String::new(),
        };
        let mut seen = Seen {
            found,
            taken: false,
            host: Ipv4Addr::LOCALHOST,
            interface: Some("eth0".to_owned()),
        };
        let Ok(Address::Gige(at)) = "gige://10.0.0.9?packet=8000".parse() else {
            panic!("it is a camera's address");
        };
        let good = judge_gige(&camera(), &at, &seen, Some(9000));
        as_expected(&good, State::Ok, "nobody controls it");
        as_expected(
            &judge_gige(&camera(), &at, &seen, Some(1500)),
            State::Wrong,
            "MTU is 1500",
        );
        seen.taken = true;
        as_expected(
            &judge_gige(&camera(), &at, &seen, None),
            State::Unknown,
            "controls it",
        );
    }
}
