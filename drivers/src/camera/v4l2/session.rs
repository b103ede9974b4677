//! What comes from one V4L2 camera: pictures by their numbers, and what is missing between them. PURE.

use super::Heard;
use super::address::V4l2Address;
use super::pictures::{Buffer, Shape};
use crate::camera::gige::pictures::LOST_TOLD_MAX;
use crate::camera::{CameraEvent, Frame};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use core::convert::Infallible;
use std::collections::VecDeque;

/// The session. See the module text. Its one command, a trigger, is refused: V4L2 has none.
#[derive(Debug)]
pub struct V4l2Session {
    address: V4l2Address,
    out: VecDeque<Output<Infallible, CameraEvent>>,
    shape: Option<Shape>,
    /// Number of the last picture, counted on when the driver's begins anew.
    last: Option<u64>,
    announced: bool,
    last_trouble: Option<Fault>,
}

impl V4l2Session {
    /// A session without a link.
    pub fn new(address: V4l2Address) -> V4l2Session {
        V4l2Session {
            address,
            out: VecDeque::new(),
            shape: None,
            last: None,
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

    fn streams(&mut self, shape: Shape, interval: Option<(u32, u32)>) {
        self.shape = Some(shape);
        self.last = None;
        self.announced = true;
        self.tell(CameraEvent::Link(true));
        let Some(fps) = self.address.fps else { return };
        match interval {
            Some((numerator, denominator))
                if u64::from(numerator) * u64::from(fps) == u64::from(denominator) => {}
            Some((numerator, denominator)) => self.tell(CameraEvent::Warning(format!(
                "the camera takes a picture every {numerator}/{denominator} s, not {fps} a second"
            ))),
            None => self.tell(CameraEvent::Warning(format!(
                "the camera cannot be told to take {fps} pictures a second"
            ))),
        }
    }

    fn filled(&mut self, now: Tick, buffer: &Buffer) {
        let Some(shape) = self.shape else { return };
        let counter = match self.last {
            None => u64::from(buffer.sequence),
            Some(last) => {
                let ahead = buffer.sequence.wrapping_sub(last as u32);
                if ahead == 0 || ahead > u32::MAX / 2 {
                    let why = Fault::Garbled(format!(
                        "a picture with the number {} behind number {}: the driver does not count them",
                        buffer.sequence, last as u32
                    ));
                    self.shape = None;
                    self.trouble(why.clone());
                    return self.out.push_back(Output::DropLink(why));
                }
                last + u64::from(ahead)
            }
        };
        if let Some(last) = self.last.replace(counter) {
            self.lose_between(last, counter);
        }
        match shape.picture(buffer) {
            Ok((coding, body)) => {
                self.last_trouble = None;
                self.tell(CameraEvent::Frame(Frame {
                    counter: Some(counter),
                    at: now,
                    coding,
                    body,
                }));
            }
            Err(why) => self.tell(CameraEvent::Lost {
                counter: Some(counter),
                why: format!("picture {counter} is lost: {why}"),
            }),
        }
    }

    fn lose_between(&mut self, last: u64, counter: u64) {
        let lost = counter - last - 1;
        if lost > LOST_TOLD_MAX {
            let why = format!("picture numbers jumped to {counter}: {lost} pictures are lost");
            return self.tell(CameraEvent::Lost { counter: None, why });
        }
        for missing in last + 1..counter {
            self.tell(CameraEvent::Lost {
                counter: Some(missing),
                why: format!(
                    "picture {missing} is lost: the camera or this computer had no room for it"
                ),
            });
        }
    }
}

impl Session for V4l2Session {
    type Command = ();
    type Event = CameraEvent;
    type Received = Heard;
    type Transmit = Infallible;

    fn opened(&mut self, _now: Tick) {
        self.shape = None;
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.shape = None;
        if std::mem::take(&mut self.announced) {
            self.tell(CameraEvent::Link(false));
        }
        self.trouble(why);
    }

    fn received(&mut self, now: Tick, input: &Heard) {
        match input {
            Heard::Opened { shape, interval } => self.streams(*shape, *interval),
            Heard::Filled(buffer) => self.filled(now, buffer),
        }
    }

    fn command(&mut self, _now: Tick, (): ()) {
        let why = "a trigger: a V4L2 camera is fired by its own input".to_owned();
        self.tell(CameraEvent::Fault(Fault::Refused(why)));
    }

    fn woken(&mut self, _now: Tick) {}

    fn wake(&self) -> Option<Wake> {
        None
    }

    fn next_output(&mut self) -> Option<Output<Infallible, CameraEvent>> {
        self.out.pop_front()
    }
}
