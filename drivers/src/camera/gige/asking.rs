//! One question at a time to a camera: ids, repeats with the same id, "I need longer". PURE.

use super::gvcp::{Answer, Refusal, Reply, Request};
use crate::{Fault, Tick};
use std::time::Duration;

/// Wait for an acknowledgement, in ms, before the question is repeated.
pub const ANSWER_MS: u64 = 200;
/// Times a question is sent, always with the same id.
pub const TRIES_MAX: u32 = 3;
/// Longest time by which a camera may put off one answer, in ms, all its announcements together.
pub const PENDING_MS: u64 = 5_000;

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was answered.
    Answered(Request, Answer),
    /// The camera refused it.
    Refused(Request, Refusal),
}

#[derive(Debug)]
struct Asked {
    request: Request,
    id: u16,
    due: Tick,
    tries: u32,
    put_off_ms: u64,
}

/// The one question that waits for its answer, if any.
#[derive(Debug, Default)]
pub struct Asking {
    last_id: u16,
    asked: Option<Asked>,
}

impl Asking {
    /// The next id: 1 to 65535, never 0.
    pub fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    /// `true` while a question waits.
    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// The link is gone, and with it the question.
    pub fn forget(&mut self) {
        self.asked = None;
    }

    /// Asks; gives the datagram.
    ///
    /// # Panics
    /// When another question waits: that is a mistake of the session, not of a camera.
    pub fn ask(&mut self, now: Tick, request: Request) -> Vec<u8> {
        assert!(self.asked.is_none(), "one question at a time");
        let id = self.next_id();
        let datagram = request.datagram(id);
        let due = now + Duration::from_millis(ANSWER_MS);
        self.asked = Some(Asked {
            request,
            id,
            due,
            tries: 1,
            put_off_ms: 0,
        });
        datagram
    }

    /// A datagram came. `None`: it is late, double, or says that the camera needs longer.
    ///
    /// # Errors
    /// It is no acknowledgement at all.
    pub fn heard(&mut self, now: Tick, bytes: &[u8]) -> Result<Option<Told>, Fault> {
        let reply = Reply::parse(bytes)?;
        let Some(asked) = self.asked.as_mut().filter(|asked| asked.id == reply.id) else {
            return Ok(None);
        };
        if let Some(more) = reply.pending_ms() {
            let more = u64::from(more).min(PENDING_MS - asked.put_off_ms);
            asked.put_off_ms += more;
            asked.due = asked.due.max(now + Duration::from_millis(more.max(1)));
            return Ok(None);
        }
        let request = std::mem::replace(&mut asked.request, Request::Discover);
        self.asked = None;
        Ok(Some(match request.understand(&reply) {
            Ok(answer) => Told::Answered(request, answer),
            Err(refusal) => Told::Refused(request, refusal),
        }))
    }

    /// When the answer is overdue.
    pub fn due(&self) -> Option<Tick> {
        self.asked.as_ref().map(|asked| asked.due)
    }

    /// The time has come: the question once more, or the end of waiting.
    ///
    /// # Errors
    /// [`Fault::Timeout`] after [`TRIES_MAX`] tries.
    pub fn woken(&mut self, now: Tick) -> Result<Option<Vec<u8>>, Fault> {
        let Some(asked) = self.asked.as_mut().filter(|asked| now >= asked.due) else {
            return Ok(None);
        };
        if asked.tries >= TRIES_MAX {
            // Not what the clock says, or the same silence would be told as a new one every time.
            let after = ANSWER_MS * u64::from(TRIES_MAX) + asked.put_off_ms;
            let after = Duration::from_millis(after);
            let what = asked.request.what();
            self.asked = None;
            return Err(Fault::Timeout { what, after });
        }
        asked.tries += 1;
        asked.due = now + Duration::from_millis(ANSWER_MS);
        Ok(Some(asked.request.datagram(asked.id)))
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_camera_may_put_its_answer_off_up_to_the_limit_and_ids_are_never_0() {
        let mut asking = Asking {
            last_id: u16::MAX,
            asked: None,
        };
        let datagram = asking.ask(Tick(0), Request::ReadRegister(4));
        assert_eq!(datagram, [0x42, 1, 0, 0x80, 0, 4, 0, 1, 0, 0, 0, 4]);
        let longer = [0, 0, 0, 0x89, 0, 4, 0, 1, 0, 0, 0xFF, 0xFF];
        assert_eq!(asking.heard(Tick(0), &longer), Ok(None));
        assert_eq!(asking.due(), Some(Tick::from_ms(PENDING_MS)));
        let end = Tick::from_ms(PENDING_MS - 1);
        assert_eq!(asking.heard(end, &longer), Ok(None));
        assert_eq!(asking.due(), Some(Tick::from_ms(PENDING_MS)), "not twice");
        for _ in 1..TRIES_MAX {
            let due = asking.due().unwrap();
            assert_eq!(asking.woken(due - Duration::from_nanos(1)), Ok(None));
            assert_eq!(asking.woken(due), Ok(Some(datagram.clone())));
            assert_eq!(asking.due(), Some(due + Duration::from_millis(ANSWER_MS)));
        }
        let given_up = asking.woken(asking.due().unwrap());
        assert!(matches!(given_up, Err(Fault::Timeout { .. })));
        assert!(!asking.waits());
    }
}
