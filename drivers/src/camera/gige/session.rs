//! The conversation with one GigE Vision camera. PURE.
//!
//! Setting up, then pictures, heartbeats and software triggers. One question waits at a time; what asks for packets
//! again is not acknowledged. The station has control only while the camera itself says so: every heartbeat reads who
//! is in control and where pictures go, so that a camera that was switched off and on, or that another program has
//! taken, is noticed by its own word.

use super::address::{GigeAddress, Trigger};
use super::asking::{Asking, Told as Said};
use super::gvcp::{self, Answer, Refusal, Request, register};
use super::pictures::{Pictures, Told};
use super::setup::{Next, Setup};
use super::{Ends, Heard};
use crate::camera::{CameraEvent, Frame, PictureCoding};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// Software triggers that may wait for the question under way.
pub const TRIGGERS_WAITING_MAX: u32 = 4;
/// Longest pause between two heartbeats, in ms; a third of the camera's own time when that is shorter.
pub const BEAT_MS: u64 = 1_000;
/// Pictures for which the receive buffer should have room.
const PICTURES_WAITING: usize = 3;
/// Shortest pause between two heartbeats, in ms.
const BEAT_MS_LEAST: u64 = 50;

#[derive(Debug)]
enum State {
    Down,
    /// The link was opened; its ends are not told yet.
    Opened,
    Talk(Box<Talk>),
}

#[derive(Debug)]
struct Talk {
    setup: Setup,
    pictures: Option<Pictures>,
    /// Pictures and losses that came before the camera said that it runs.
    early: Vec<CameraEvent>,
    running: bool,
    beat_at: Tick,
    /// The second half of a heartbeat is due.
    look_at_port: bool,
    triggers: u32,
    waits_until: Option<Tick>,
}

/// The session. See the module text. Its one command fires the software trigger.
#[derive(Debug)]
pub struct GigeSession {
    address: GigeAddress,
    out: VecDeque<Output<Vec<u8>, CameraEvent>>,
    asking: Asking,
    state: State,
    announced: bool,
    last_trouble: Option<Fault>,
}

impl GigeSession {
    /// A session without a link.
    pub fn new(address: GigeAddress) -> GigeSession {
        GigeSession {
            address,
            out: VecDeque::new(),
            asking: Asking::default(),
            state: State::Down,
            announced: false,
            last_trouble: None,
        }
    }

    fn tell(&mut self, event: CameraEvent) {
        self.out.push_back(Output::Event(event));
    }

    /// Tells a fault once per episode: the same one again is silent until a picture came in between.
    fn trouble(&mut self, fault: Fault) {
        if self.last_trouble.as_ref() != Some(&fault) {
            self.last_trouble = Some(fault.clone());
            self.tell(CameraEvent::Fault(fault));
        }
    }

    fn give_up(&mut self, now: Tick, fault: Fault) {
        self.lose_pictures(now, &fault);
        if matches!(self.state, State::Talk(_)) {
            let last = self.farewell();
            self.out.extend(last.into_iter().map(Output::Transmit));
        }
        self.state = State::Down;
        self.trouble(fault.clone());
        self.out.push_back(Output::DropLink(fault));
    }

    /// What was under way is announced as lost.
    fn lose_pictures(&mut self, now: Tick, why: &Fault) {
        if let State::Talk(talk) = &mut self.state {
            if let Some(pictures) = &mut talk.pictures {
                pictures.end(why);
            }
            self.pass_on(now);
        }
    }

    /// Goes on with what there is to do, while nothing waits for an answer.
    fn go_on(&mut self, now: Tick) {
        while let State::Talk(talk) = &mut self.state
            && !self.asking.waits()
        {
            talk.waits_until = None;
            let request = match talk.setup.next(now) {
                Next::Ask(request) => request,
                Next::Wait(until) => {
                    talk.waits_until = Some(until);
                    break;
                }
                Next::Fail(fault) => return self.give_up(now, fault),
                Next::Done if !talk.running => {
                    self.runs(now);
                    continue;
                }
                Next::Done if talk.triggers > 0 => {
                    talk.triggers -= 1;
                    talk.setup.fire();
                    continue;
                }
                Next::Done if talk.look_at_port => Request::ReadRegister(register::STREAM_PORT),
                Next::Done if now >= talk.beat_at => Request::ReadRegister(register::CONTROL),
                Next::Done => break,
            };
            if talk.pictures.is_none() {
                talk.pictures = talk.setup.shape.map(Pictures::new);
            }
            let datagram = self.asking.ask(now, request);
            self.out.push_back(Output::Transmit(datagram));
        }
    }

    /// The camera said that it runs.
    fn runs(&mut self, now: Tick) {
        let State::Talk(talk) = &mut self.state else {
            return;
        };
        talk.running = true;
        talk.beat_at = now + beat(&talk.setup);
        let mut events = vec![CameraEvent::Link(true)];
        let mut warnings = std::mem::take(&mut talk.setup.warnings);
        let Ends {
            buffer_asked,
            buffer_given,
            ..
        } = talk.setup.ends();
        let picture = talk
            .setup
            .shape
            .map_or(0, |shape| shape.width as usize * shape.height as usize);
        if buffer_given < buffer_asked && buffer_given < picture.saturating_mul(PICTURES_WAITING) {
            warnings.push(format!(
                "the system gives the pictures a receive buffer of {} KiB, not {} KiB: run sysctl -w \
                 net.core.rmem_max={buffer_asked} and keep it in /etc/sysctl.d",
                buffer_given / 1024,
                buffer_asked / 1024
            ));
        }
        events.append(&mut talk.early);
        self.announced = true;
        events.into_iter().for_each(|event| self.tell(event));
        for warning in warnings {
            self.tell(CameraEvent::Warning(warning));
        }
    }

    /// The camera answered a heartbeat.
    fn beat(&mut self, now: Tick, request: &Request, value: u32) {
        let State::Talk(talk) = &mut self.state else {
            return;
        };
        let port = u32::from(talk.setup.ends().port);
        if *request == Request::ReadRegister(register::CONTROL) {
            if value & gvcp::TAKEN == 0 {
                return self.give_up(now, Fault::Device(
                    "the camera no longer knows this station: it was switched off and on, or heard nothing for its \
                     heartbeat time"
                        .into(),
                ));
            }
            talk.look_at_port = true;
            return;
        }
        talk.look_at_port = false;
        talk.beat_at = now + beat(&talk.setup);
        if value & 0xFFFF != port {
            let to = value & 0xFFFF;
            let why = format!(
                "another program took the camera: its pictures go to port {to}, not {port}"
            );
            self.give_up(now, Fault::Device(why));
        }
    }

    fn answered(&mut self, now: Tick, said: Said) {
        let State::Talk(talk) = &mut self.state else {
            return;
        };
        let done = match said {
            Said::Answered(request @ Request::ReadRegister(_), Answer::Value(value))
                if !talk.setup.busy() =>
            {
                return self.beat(now, &request, value);
            }
            Said::Answered(request, answer) => talk.setup.answered(&request, answer),
            Said::Refused(request, refusal) if !talk.setup.busy() => Err(Fault::Device(format!(
                "control of the camera is lost: {} refused, {refusal}",
                request.what()
            ))),
            Said::Refused(_, Refusal::Garbled(what)) => Err(Fault::Garbled(what)),
            Said::Refused(request, refusal) if talk.running => Err(Fault::Device(format!(
                "the camera refuses {}: {refusal}",
                request.what()
            ))),
            Said::Refused(request, refusal) => talk.setup.refused(&request, &refusal),
        };
        if let Err(fault) = done {
            self.give_up(now, fault);
        }
    }

    /// What came of the packets goes to the station, and to the camera.
    fn pass_on(&mut self, now: Tick) {
        let mut over = None;
        while let State::Talk(talk) = &mut self.state {
            let running = talk.running;
            let Some(told) = talk.pictures.as_mut().and_then(Pictures::next_told) else {
                break;
            };
            let event = match told {
                Told::Picture { counter, body } => CameraEvent::Frame(Frame {
                    counter: Some(counter),
                    at: now,
                    coding: PictureCoding::Pgm,
                    body,
                }),
                Told::Lost { counter, why } => CameraEvent::Lost {
                    counter: Some(counter),
                    why,
                },
                Told::Resend { block, range, wide } => {
                    let id = self.asking.next_id();
                    self.out
                        .push_back(Output::Transmit(gvcp::resend(id, block, range, wide)));
                    continue;
                }
                Told::Jumped(why) => CameraEvent::Lost { counter: None, why },
                Told::Trouble(fault) => {
                    self.trouble(fault);
                    continue;
                }
                Told::Over(fault) => {
                    over = Some(fault);
                    break;
                }
            };
            if running {
                if matches!(event, CameraEvent::Frame(_)) {
                    self.last_trouble = None;
                }
                self.tell(event);
            } else {
                talk.early.push(event);
            }
        }
        if let Some(fault) = over {
            self.give_up(now, fault);
        }
    }

    /// What to send before the link is closed, so that the camera is free at once: stop, and control given back.
    pub fn farewell(&mut self) -> Vec<Vec<u8>> {
        let mut last =
            |at, value| Request::WriteRegister(at, value).datagram(self.asking.next_id());
        vec![last(register::STREAM_PORT, 0), last(register::CONTROL, 0)]
    }
}

fn beat(setup: &Setup) -> Duration {
    let third = u64::from(setup.heartbeat_ms()) / 3;
    Duration::from_millis(third.clamp(BEAT_MS_LEAST, BEAT_MS))
}

impl Session for GigeSession {
    type Command = ();
    type Event = CameraEvent;
    type Received = Heard;
    type Transmit = Vec<u8>;

    fn opened(&mut self, _now: Tick) {
        self.asking.forget();
        self.state = State::Opened;
    }

    fn closed(&mut self, now: Tick, why: Fault) {
        self.lose_pictures(now, &why);
        self.asking.forget();
        self.state = State::Down;
        if std::mem::take(&mut self.announced) {
            self.tell(CameraEvent::Link(false));
        }
        self.trouble(why);
    }

    fn received(&mut self, now: Tick, input: &Heard) {
        match (&mut self.state, input) {
            (State::Opened, Heard::Opened(ends)) => {
                let mut setup = Setup::new(&self.address, *ends);
                setup.use_profile();
                self.state = State::Talk(Box::new(Talk {
                    setup,
                    pictures: None,
                    early: Vec::new(),
                    running: false,
                    beat_at: now,
                    look_at_port: false,
                    triggers: 0,
                    waits_until: None,
                }));
            }
            (State::Talk(talk), Heard::Stream(bytes)) => {
                match &mut talk.pictures {
                    Some(pictures) => {
                        pictures.heard(now, bytes);
                        return self.pass_on(now);
                    }
                    None => talk.setup.test_packet(bytes.len()),
                };
            }
            (State::Talk(_), Heard::Control(bytes)) => match self.asking.heard(now, bytes) {
                Ok(Some(said)) => self.answered(now, said),
                Ok(None) => {}
                Err(fault) => self.trouble(fault),
            },
            _ => {}
        }
        self.go_on(now);
    }

    fn command(&mut self, now: Tick, (): ()) {
        let trigger = self.address.settings.trigger.as_ref();
        let software = trigger.is_some_and(Trigger::is_software);
        let refusal = match &mut self.state {
            State::Talk(talk) if talk.running && software => {
                if talk.triggers < TRIGGERS_WAITING_MAX {
                    talk.triggers += 1;
                    return self.go_on(now);
                }
                format!(
                    "a trigger: {TRIGGERS_WAITING_MAX} wait already for a camera that does not answer"
                )
            }
            State::Talk(talk) if talk.running => {
                "a software trigger: the address needs trigger=software".to_owned()
            }
            _ => "a trigger: the camera does not run".to_owned(),
        };
        self.tell(CameraEvent::Fault(Fault::Refused(refusal)));
    }

    fn woken(&mut self, now: Tick) {
        match self.asking.woken(now) {
            Ok(Some(again)) => self.out.push_back(Output::Transmit(again)),
            Ok(None) => {}
            Err(fault) => return self.give_up(now, fault),
        }
        if let State::Talk(talk) = &mut self.state
            && let Some(pictures) = &mut talk.pictures
        {
            pictures.woken(now);
            self.pass_on(now);
        }
        self.go_on(now);
    }

    fn wake(&self) -> Option<Wake> {
        let State::Talk(talk) = &self.state else {
            return None;
        };
        let wake = |at: Option<Tick>, reason| at.map(|at| Wake { at, reason });
        let idle = talk.running && !self.asking.waits();
        let all = [
            wake(self.asking.due(), "the camera's answer"),
            wake(talk.waits_until, "a test packet"),
            wake(
                talk.pictures.as_ref().and_then(Pictures::due),
                "packets of a picture",
            ),
            wake(idle.then_some(talk.beat_at), "the next heartbeat"),
        ];
        all.into_iter().flatten().min_by_key(|wake| wake.at)
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, CameraEvent>> {
        self.out.pop_front()
    }
}
