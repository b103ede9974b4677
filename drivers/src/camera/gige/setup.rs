//! From the first word to a running camera: who it is, control of it, its description, its settings. PURE.
//!
//! A list of steps; each asks the camera until it is done. Registers that a feature needs are read on the way.

mod steps;

use super::Ends;
use super::address::{CameraName, GigeAddress, PACKET_LEAST, PACKET_USUAL, PROFILES};
use super::genicam::{DESCRIPTION_MAX, Features, Memory, Problem, Setting, Write, unpack};
use super::gvcp::{self, ACCESS_DENIED, Answer, Found, READ_BYTES_MAX, Refusal, Request, register};
use super::gvsp::{self, MONO8, pixel_format_name};
use super::pictures::Shape;
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;
use steps::{Phase, Sizing, Step, Value};

/// Wait for a test packet, in ms.
pub const TEST_PACKET_MS: u64 = 100;
/// Largest picture, in bytes.
pub const PICTURE_BYTES_MAX: u64 = 24 * 1024 * 1024;
/// Bytes of the register that tells where the description lies.
const URL_BYTES: u16 = 512;

/// What is to be done next.
#[derive(Debug)]
pub enum Next {
    /// Ask this.
    Ask(Request),
    /// Wait until then, or for a test packet.
    Wait(Tick),
    /// All steps are done.
    Done,
    /// It cannot be done.
    Fail(Fault),
}

/// The steps and what was learnt on the way.
#[derive(Debug)]
pub struct Setup {
    ends: Ends,
    address: GigeAddress,
    steps: VecDeque<Step>,
    features: Features,
    memory: Memory,
    found: Option<Found>,
    capability: u32,
    heartbeat_ms: u32,
    /// Place and length of the description, and what of it was read.
    description: (u32, usize, Vec<u8>),
    width: f64,
    height: f64,
    payload: f64,
    packet: u32,
    /// What is told once the camera runs, although it goes on.
    pub warnings: Vec<String>,
    /// What pictures will be like, once known.
    pub shape: Option<Shape>,
}

impl Setup {
    /// The whole list for this camera.
    pub fn new(address: &GigeAddress, ends: Ends) -> Setup {
        let mut list = VecDeque::new();
        steps::introduce(&address.settings, &mut list);
        steps::set_up(&address.settings, &mut list);
        steps::open_stream(&address.settings, ends, &mut list);
        Setup {
            ends,
            address: address.clone(),
            steps: list,
            features: Features::default(),
            memory: Memory::default(),
            found: None,
            capability: 0,
            heartbeat_ms: 3_000,
            description: (0, 0, Vec::new()),
            width: 0.0,
            height: 0.0,
            payload: 0.0,
            packet: 0,
            warnings: Vec::new(),
            shape: None,
        }
    }

    /// Milliseconds after which the camera takes control away from a silent station.
    pub fn heartbeat_ms(&self) -> u32 {
        self.heartbeat_ms
    }

    /// The software trigger is to be fired: one more step.
    pub fn fire(&mut self) {
        let names = &["TriggerSoftware"];
        self.steps.push_back(Step::Set {
            names,
            to: Value::Number(1.0),
            must: true,
        });
    }

    /// Whether steps are left.
    pub fn busy(&self) -> bool {
        !self.steps.is_empty()
    }

    /// A datagram of so many bytes came on the stream's port before any picture was ordered.
    pub fn test_packet(&mut self, length: usize) {
        if let Some(Step::Size(sizing)) = self.steps.front_mut() {
            let size = sizing.sizes.get(sizing.at).copied().unwrap_or(0);
            sizing.arrived |= length + gvsp::UNDER_HEADERS as usize == usize::from(size);
        }
    }

    /// What to do now. Nothing must be waiting for an answer.
    pub fn next(&mut self, now: Tick) -> Next {
        loop {
            let Some(step) = self.steps.front().cloned() else {
                return Next::Done;
            };
            match step {
                Step::Identify => return Next::Ask(Request::Discover),
                Step::Read(register) => return Next::Ask(Request::ReadRegister(register)),
                Step::TakeControl => {
                    return Next::Ask(Request::WriteRegister(register::CONTROL, gvcp::IN_CONTROL));
                }
                Step::Url(register) => return Next::Ask(Request::ReadMemory(register, URL_BYTES)),
                Step::Poke { register, value } => {
                    return Next::Ask(Request::WriteRegister(register, value));
                }
                Step::Description => {
                    let (address, length, read) = &self.description;
                    let left = length.next_multiple_of(4) - read.len();
                    if left == 0 {
                        if let Err(why) = self.understand_description() {
                            return Next::Fail(Fault::Refused(why));
                        }
                        self.steps.pop_front();
                        continue;
                    }
                    let at = address.saturating_add(u32::try_from(read.len()).unwrap_or(u32::MAX));
                    let count = u16::try_from(left).unwrap_or(u16::MAX).min(READ_BYTES_MAX);
                    return Next::Ask(Request::ReadMemory(at, count));
                }
                Step::Set { names, to, must } => match self.set(names, &to) {
                    Ok(Some(request)) => return Next::Ask(request),
                    Ok(None) => {}
                    Err(why) if must => return Next::Fail(Fault::Refused(why)),
                    Err(_) => {}
                },
                Step::Look(name, otherwise) => match (self.look(name), otherwise) {
                    (Ok(Ok(value)), _) => {
                        if let Err(fault) = self.learn(name, value) {
                            return Next::Fail(fault);
                        }
                    }
                    (Ok(Err(request)), _) => return Next::Ask(request),
                    (Err(_), Some(_)) => {}
                    (Err(why), None) => return Next::Fail(Fault::Refused(why)),
                },
                Step::Size(sizing) => match self.size(now, sizing) {
                    Some(next) => return next,
                    None => continue,
                },
                Step::Shape => match self.work_out_shape() {
                    Ok(shape) => self.packet = shape.packet_size,
                    Err(fault) => return Next::Fail(fault),
                },
                // From here on packets are pictures.
                Step::Begin => self.shape = self.work_out_shape().ok(),
            }
            self.steps.pop_front();
        }
    }

    fn set(&mut self, names: &[&str], to: &Value) -> Result<Option<Request>, String> {
        let Some(name) = names.iter().find(|name| self.features.has(name)) else {
            return Err(format!("the camera has no feature {}", names.join(" or ")));
        };
        let setting = match to {
            Value::Entry(entry) => Setting::Entry(entry),
            Value::Number(number) => Setting::Number(*number),
        };
        match self.features.write(name, setting, &mut self.memory) {
            Ok(Write::Noted) => Ok(None),
            Ok(Write::Bytes { address, bytes }) => match <[u8; 4]>::try_from(&bytes[..]) {
                Ok(four) => Ok(Some(Request::WriteRegister(
                    address,
                    u32::from_be_bytes(four),
                ))),
                Err(_) if self.capability & gvcp::CAN_WRITE_MEMORY == 0 => Err(format!(
                    "{name} is {} bytes long, and the camera can write only registers of 4",
                    bytes.len()
                )),
                Err(_) => Ok(Some(Request::WriteMemory(address, bytes))),
            },
            Err(problem) => needed(name, problem).map(Some),
        }
    }

    fn look(&self, name: &str) -> Result<Result<f64, Request>, String> {
        match self.features.read(name, &self.memory) {
            Ok(value) => Ok(Ok(value)),
            Err(problem) => needed(name, problem).map(Err),
        }
    }

    fn learn(&mut self, name: &str, value: f64) -> Result<(), Fault> {
        match name {
            "Width" => self.width = value,
            "Height" => self.height = value,
            "PayloadSize" => self.payload = value,
            _ => {
                // Some cameras number their formats otherwise; then the leader of every picture tells.
                let mono8 = self
                    .features
                    .entry(name, "Mono8")
                    .unwrap_or(f64::from(MONO8));
                if value != mono8 {
                    let found = pixel_format_name(value as u32);
                    let expected = "the pixel format Mono8".into();
                    return Err(Fault::WrongDevice { expected, found });
                }
            }
        }
        Ok(())
    }

    fn work_out_shape(&self) -> Result<Shape, Fault> {
        let bytes = self.width * self.height;
        let side = |side: f64| side >= 1.0 && side.fract() == 0.0;
        if !side(self.width) || !side(self.height) || bytes > PICTURE_BYTES_MAX as f64 {
            let found = format!(
                "a camera with pictures of {} x {} pixels",
                self.width, self.height
            );
            return Err(Fault::WrongDevice {
                expected: format!("pictures up to {PICTURE_BYTES_MAX} bytes"),
                found,
            });
        }
        if self.payload > 0.0 && self.payload != bytes {
            let found = format!(
                "{} bytes a picture for {} x {} pixels",
                self.payload, self.width, self.height
            );
            let expected = "a byte a pixel and nothing else (chunks off)".into();
            return Err(Fault::WrongDevice { expected, found });
        }
        let (width, height) = (self.width as u32, self.height as u32);
        let resends = self.capability & gvcp::CAN_RESEND != 0;
        Ok(Shape {
            width,
            height,
            packet_size: self.packet,
            resends,
        })
    }

    /// One move of the search for a packet size; `None` when another look is to be taken.
    fn size(&mut self, now: Tick, mut sizing: Sizing) -> Option<Next> {
        let poke = |value: u32| {
            Some(Next::Ask(Request::WriteRegister(
                register::PACKET_SIZE,
                value,
            )))
        };
        let asked = sizing.sizes[0];
        let size = sizing.sizes.get(sizing.at).copied().unwrap_or(asked);
        let next = match sizing.phase {
            Phase::Fire => poke(gvcp::FIRE_TEST | gvcp::NO_FRAGMENTS | u32::from(size)),
            Phase::Fired => {
                sizing.phase = Phase::Listen(now + Duration::from_millis(TEST_PACKET_MS));
                None
            }
            Phase::Listen(_) if sizing.arrived => {
                if size < asked {
                    let why = format!(
                        "packets of {asked} bytes do not pass the network, {size} do: set jumbo frames on this \
                         computer and every switch, or give packet={size}"
                    );
                    self.warnings.push(why);
                }
                sizing.phase = Phase::Settle(size);
                None
            }
            Phase::Listen(until) if now < until => Some(Next::Wait(until)),
            Phase::Listen(_) if sizing.at + 1 < sizing.sizes.len() => {
                sizing.at += 1;
                sizing.phase = Phase::Fire;
                None
            }
            Phase::Listen(_) => {
                // Not one came, not even the smallest: a camera that sends no test packets.
                if asked > PACKET_USUAL {
                    let why = format!(
                        "the camera sends no test packets: nothing proves that {asked} bytes pass"
                    );
                    self.warnings.push(why);
                }
                sizing.phase = Phase::Settle(asked);
                None
            }
            Phase::Settle(size) => poke(gvcp::NO_FRAGMENTS | u32::from(size)),
            Phase::Check => Some(Next::Ask(Request::ReadRegister(register::PACKET_SIZE))),
        };
        if let Some(Step::Size(kept)) = self.steps.front_mut() {
            *kept = sizing;
        }
        next
    }

    /// An answer came.
    ///
    /// # Errors
    /// What it says makes the camera useless.
    pub fn answered(&mut self, request: &Request, answer: Answer) -> Result<(), Fault> {
        let Some(step) = self.steps.front_mut() else {
            return Ok(());
        };
        match (step, answer) {
            (Step::Identify, Answer::Found(found)) => {
                self.check_name(&found)?;
                self.found = Some(found);
            }
            (Step::Read(register), Answer::Value(value)) => match *register {
                register::CAPABILITY => self.capability = value,
                register::HEARTBEAT_TIME => self.heartbeat_ms = value,
                _ if value & gvcp::TAKEN != 0 => return Err(taken()),
                _ => {}
            },
            (Step::Url(_), Answer::Bytes(bytes)) => self.find_description(&bytes)?,
            (Step::Description, Answer::Bytes(bytes)) => {
                self.description.2.extend(bytes);
                return Ok(());
            }
            (Step::Set { .. } | Step::Look(..), answer @ (Answer::Value(_) | Answer::Bytes(_))) => {
                let (Request::ReadRegister(at) | Request::ReadMemory(at, _)) = request else {
                    return Ok(());
                };
                self.memory.learn(
                    *at,
                    match answer {
                        Answer::Value(value) => value.to_be_bytes().to_vec(),
                        Answer::Bytes(bytes) => bytes,
                        _ => return Ok(()),
                    },
                );
                return Ok(());
            }
            (Step::Set { .. }, _) => self.memory.forget(),
            (Step::Size(sizing), answer) => {
                sizing.phase = match (sizing.phase, answer) {
                    (Phase::Fire, _) => Phase::Fired,
                    (Phase::Check, Answer::Value(value)) => {
                        self.packet = value & 0xFFFF;
                        if self.packet < u32::from(PACKET_LEAST) {
                            let found = format!("a stream packet size of {}", self.packet);
                            return Err(Fault::WrongDevice {
                                expected: "at least 576".into(),
                                found,
                            });
                        }
                        self.steps.pop_front();
                        return Ok(());
                    }
                    _ => Phase::Check,
                };
                return Ok(());
            }
            _ => {}
        }
        self.steps.pop_front();
        Ok(())
    }

    /// The camera refused.
    ///
    /// # Errors
    /// It cannot be used without that.
    pub fn refused(&mut self, request: &Request, refusal: &Refusal) -> Result<(), Fault> {
        let Some(step) = self.steps.front_mut() else {
            return Ok(());
        };
        match step {
            Step::TakeControl if *refusal == Refusal::Status(ACCESS_DENIED) => return Err(taken()),
            // Registers that old cameras lack.
            Step::Read(register::CAPABILITY | register::HEARTBEAT_TIME) => {}
            Step::Set { must: false, .. } | Step::Look(_, Some(_)) => {}
            Step::Size(sizing) if sizing.phase == Phase::Fire => {
                // A size the camera does not take, or no test packets at all.
                sizing.phase = Phase::Listen(Tick::default());
                return Ok(());
            }
            Step::Set { names, to, .. } => {
                let to = match to {
                    Value::Entry(entry) => entry.clone(),
                    Value::Number(number) => number.to_string(),
                };
                return Err(Fault::Refused(format!(
                    "the camera refuses {} = {to}: {refusal}",
                    names[0]
                )));
            }
            _ => {
                return Err(Fault::Refused(format!(
                    "the camera refuses {}: {refusal}",
                    request.what()
                )));
            }
        }
        self.steps.pop_front();
        Ok(())
    }

    fn check_name(&self, found: &Found) -> Result<(), Fault> {
        match &self.address.camera {
            CameraName::Serial(serial) if *serial != found.serial => {
                let expected = format!("the camera with the serial number {serial}");
                Err(Fault::WrongDevice {
                    expected,
                    found: found.to_string(),
                })
            }
            _ => Ok(()),
        }
    }

    /// `Local:NAME;ADDRESS;LENGTH`, both in hexadecimal digits.
    fn find_description(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let place = local_place(&text);
        let second = self.steps.front() == Some(&Step::Url(register::URL_SECOND));
        match place {
            Some((address, length)) if length > 0 && length <= DESCRIPTION_MAX => {
                self.description = (address, length, Vec::new());
                Ok(())
            }
            _ if !second => {
                self.steps.insert(1, Step::Url(register::URL_SECOND));
                Ok(())
            }
            _ => {
                let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
                let why = format!(
                    "the camera's description lies at {shown:?}, not in the camera: give profile=NAME, or have its \
                     maker's firmware hold it"
                );
                Err(Fault::Refused(why))
            }
        }
    }

    fn understand_description(&mut self) -> Result<(), String> {
        let (_, length, mut bytes) = std::mem::take(&mut self.description);
        bytes.truncate(length);
        let bytes = unpack(bytes).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())
        });
        let features = bytes.and_then(|text| Features::of_xml(text.trim_end_matches('\0')));
        self.features =
            features.map_err(|why| format!("the camera's description cannot be used: {why}"))?;
        Ok(())
    }

    /// Takes the table of registers that the address names.
    pub fn use_profile(&mut self) {
        let table = PROFILES
            .iter()
            .find(|(name, _)| Some(*name) == self.address.settings.profile);
        if let Some((_, table)) = table {
            // The tables are ours, and a test reads every one.
            self.features = Features::of_table(table).unwrap_or_default();
        }
    }

    /// Where pictures go.
    pub fn ends(&self) -> Ends {
        self.ends
    }
}

/// Address and length that `Local:…` names.
fn local_place(text: &str) -> Option<(u32, usize)> {
    let (scheme, rest) = text.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("local") {
        return None;
    }
    let rest = rest.split('?').next()?;
    let mut fields = rest.trim_start_matches('/').split(';').skip(1);
    let number = |text: &str| u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok();
    let (address, length) = (number(fields.next()?)?, number(fields.next()?)?);
    Some((address, length as usize))
}

fn needed(name: &str, problem: Problem) -> Result<Request, String> {
    match problem {
        Problem::Needs { address, length: 4 } => Ok(Request::ReadRegister(address)),
        Problem::Needs { address, length } => Ok(Request::ReadMemory(address, length)),
        Problem::Missing(node) => Err(format!(
            "the camera's description has no {node}, which {name} needs"
        )),
        Problem::Obscure(why) => Err(format!("{name} of the camera cannot be worked out: {why}")),
    }
}

fn taken() -> Fault {
    Fault::Device(
        "another program controls the camera: close it; if there is none, the camera still holds the last link and \
         frees itself within its heartbeat time"
            .into(),
    )
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn places_of_descriptions_are_read_as_cameras_write_them() {
        for (text, place) in [
            (
                "Local:arv-fake-camera.xml;10000;3e67",
                Some((0x10000, 0x3e67)),
            ),
            (
                "local:///c.zip;0x8000;0x100?SchemaVersion=1.1.0",
                Some((0x8000, 0x100)),
            ),
            ("Local:c.xml;zz;1", None),
            ("Local:c.xml", None),
            ("http://maker.example/c.xml", None),
            ("", None),
        ] {
            assert_eq!(local_place(text), place, "{text}");
        }
    }

    #[test]
    fn every_table_of_registers_can_be_read() {
        for (name, table) in PROFILES {
            let features = Features::of_table(table).unwrap_or_else(|why| panic!("{name}: {why}"));
            for feature in [
                "Width",
                "Height",
                "PixelFormat",
                "AcquisitionStart",
                "AcquisitionStop",
            ] {
                assert!(features.has(feature), "{name}: {feature}");
            }
        }
    }
}
