//! Asks a printer who and how it is, and nothing else: for whoever looks at a station that does not run. PURE.
//!
//! No order is ever given, so nothing is cleared, stored or printed: of a [`Language`] only its questions are used.

use super::language::{Language, Question, Queue, Reply};
use super::session::ANSWER_MS;
use super::strangers::{STRANGE_BYTES, named};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterviewEvent {
    /// Who answered; only of a printer whose language asks that.
    Identified {
        /// Model.
        model: String,
        /// Firmware; empty when it does not say.
        firmware: String,
        /// Dots per millimetre, where it says.
        dpmm: Option<u16>,
    },
    /// How it is: the last event.
    Status {
        /// What waits in it.
        queue: Queue,
        /// What hinders it; empty when it said that it can print.
        faults: Vec<Fault>,
    },
    /// It could not be asked. The link is opened again, and it is asked anew.
    Fault(Fault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Identity,
    Status,
    /// Why the status stayed unanswered.
    Explanation,
}

/// The conversation. See the module text.
#[derive(Debug)]
pub struct Interview {
    language: Box<dyn Language>,
    out: VecDeque<Output<Vec<u8>, InterviewEvent>>,
    asked: Asked,
    due: Tick,
    done: bool,
    /// The first bytes since the last understood answer.
    strange: Vec<u8>,
}

impl Interview {
    /// One that has asked nothing yet.
    pub fn new(language: Box<dyn Language>) -> Interview {
        Interview {
            language,
            out: VecDeque::new(),
            asked: Asked::Nothing,
            due: Tick::default(),
            done: false,
            strange: Vec::new(),
        }
    }

    fn tell(&mut self, event: InterviewEvent) {
        self.out.push_back(Output::Event(event));
    }

    fn answer_ms(&self) -> u64 {
        let own = self.language.waits().answer_ms;
        own.unwrap_or(ANSWER_MS)
    }

    fn ask(&mut self, now: Tick, question: Question, asked: Asked) {
        self.out.push_back(Output::Transmit(question.bytes));
        self.asked = asked;
        self.due = now + Duration::from_millis(self.answer_ms());
    }

    fn ask_status(&mut self, now: Tick) {
        let question = self.language.status();
        self.ask(now, question, Asked::Status);
    }

    fn status(&mut self, queue: Queue, faults: Vec<Fault>) {
        self.asked = Asked::Nothing;
        self.done = true;
        self.tell(InterviewEvent::Status { queue, faults });
    }

    fn give_up(&mut self, fault: Fault) {
        self.asked = Asked::Nothing;
        self.tell(InterviewEvent::Fault(fault.clone()));
        self.out.push_back(Output::DropLink(fault));
    }

    /// Another device, when what it said has the shape of one's answer.
    fn stranger(&self) -> Option<Fault> {
        let found = named(&self.strange)?;
        let expected = format!("a {} printer", self.language.name());
        (found != expected).then_some(Fault::WrongDevice { expected, found })
    }

    fn reply(&mut self, now: Tick, reply: Reply) {
        if !matches!(reply, Reply::Garbled(_) | Reply::Stranger(_)) {
            self.strange.clear();
        }
        let acknowledges = self.language.acknowledges_status() && self.asked == Asked::Status;
        match reply {
            Reply::Identity {
                model,
                firmware,
                dpmm,
            } if self.asked == Asked::Identity => {
                self.tell(InterviewEvent::Identified {
                    model,
                    firmware,
                    dpmm,
                });
                self.ask_status(now);
            }
            Reply::Status(told) if self.asked != Asked::Identity => {
                self.status(told.queue, told.faults);
            }
            Reply::Explained(faults) if self.asked == Asked::Explanation => {
                self.status(Queue::Untold, faults);
            }
            Reply::Accepted if acknowledges => self.status(Queue::Untold, Vec::new()),
            Reply::NotNow if acknowledges => self.status(Queue::Untold, vec![Fault::Busy]),
            Reply::Rejected(why) if acknowledges => {
                self.status(Queue::Untold, vec![Fault::Device(why)]);
            }
            Reply::Garbled(text) => {
                let fault = self.stranger().unwrap_or(Fault::Garbled(text));
                self.give_up(fault);
            }
            Reply::Stranger(found) => {
                let expected = format!("a {} printer", self.language.name());
                self.give_up(Fault::WrongDevice { expected, found });
            }
            // What was not asked for, such as the rest of an answer to somebody before.
            _ => {}
        }
    }
}

impl Session for Interview {
    type Command = ();
    type Event = InterviewEvent;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, now: Tick) {
        self.language.forget();
        self.strange.clear();
        self.asked = Asked::Nothing;
        if self.done {
            return;
        }
        match self.language.identify() {
            Some(question) => self.ask(now, question, Asked::Identity),
            None => self.ask_status(now),
        }
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.asked = Asked::Nothing;
        if !self.done {
            self.tell(InterviewEvent::Fault(why));
        }
    }

    fn received(&mut self, now: Tick, input: &[u8]) {
        let room = STRANGE_BYTES.saturating_sub(self.strange.len());
        self.strange.extend(input.iter().take(room));
        let mut replies = Vec::new();
        self.language.hear(input, &mut replies);
        for reply in replies {
            if self.asked != Asked::Nothing {
                self.reply(now, reply);
            }
        }
    }

    fn command(&mut self, _now: Tick, (): ()) {}

    fn woken(&mut self, now: Tick) {
        if self.asked == Asked::Nothing || now < self.due {
            return;
        }
        let (question, explain) = match self.asked {
            Asked::Identity => (self.language.identify(), None),
            Asked::Status => (Some(self.language.status()), self.language.explain()),
            _ => (self.language.explain(), None),
        };
        if let Some(explain) = explain {
            return self.ask(now, explain, Asked::Explanation);
        }
        let what = question.map_or_else(String::new, |question| question.what.into_owned());
        let after = Duration::from_millis(self.answer_ms());
        let silent = Fault::Timeout { what, after };
        let fault = self.stranger().unwrap_or(silent);
        self.give_up(fault);
    }

    fn wake(&self) -> Option<Wake> {
        (self.asked != Asked::Nothing).then_some(Wake {
            at: self.due,
            reason: "the printer's answer",
        })
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, InterviewEvent>> {
        self.out.pop_front()
    }
}

#[cfg(test)]
mod test {
    use super::super::LANGUAGES;
    use super::*;

    fn sent(interview: &mut Interview) -> (Vec<Vec<u8>>, Vec<InterviewEvent>) {
        let (mut bytes, mut events) = (Vec::new(), Vec::new());
        while let Some(output) = interview.next_output() {
            match output {
                Output::Transmit(sent) => bytes.push(sent),
                Output::Event(event) => events.push(event),
                Output::DropLink(_) => {}
            }
        }
        (bytes, events)
    }

    /// Whatever the printer does (nothing, garbage, a hang-up), only questions go out.
    #[test]
    fn in_every_language_only_questions_are_sent() {
        for spoken in LANGUAGES {
            let language = (spoken.speak)();
            let questions: Vec<Vec<u8>> = [
                language.identify(),
                Some(language.status()),
                language.explain(),
            ]
            .into_iter()
            .flatten()
            .map(|question| question.bytes)
            .collect();
            assert!(!questions.contains(&language.clear()), "{}", spoken.name);
            let mut interview = Interview::new(language);
            let mut now = Tick::default();
            let mut faults = 0;
            for round in 0..40_u8 {
                interview.opened(now);
                for _ in 0..4 {
                    if round % 3 == 1 {
                        interview.received(now, &[round, 0x02, b'?', 0x03, b'\r', b'\n', 0x06]);
                    }
                    now = interview.wake().map_or(now, |wake| wake.at);
                    interview.woken(now);
                    let (bytes, events) = sent(&mut interview);
                    for bytes in bytes {
                        assert!(questions.contains(&bytes), "{}: {bytes:?}", spoken.name);
                    }
                    let is_fault =
                        |event: &&InterviewEvent| matches!(event, InterviewEvent::Fault(_));
                    faults += events.iter().filter(is_fault).count();
                }
                interview.closed(now, Fault::LinkDown("the test".into()));
            }
            assert!(faults > 0, "{}: silence is told", spoken.name);
        }
    }

    #[test]
    fn a_zpl_printer_says_who_and_how_it_is_and_is_asked_no_more() {
        let zpl = super::super::language("zpl").expect("it is spoken");
        let mut interview = Interview::new((zpl.speak)());
        let now = Tick::default();
        interview.opened(now);
        assert_eq!(sent(&mut interview).0.len(), 1);
        interview.received(now, b"\x02ZT411-300dpi,V92.21.15Z,12,8176KB\x03\r\n");
        let (asked, told) = sent(&mut interview);
        assert_eq!(asked, [b"~HS".to_vec()]);
        assert!(
            matches!(&told[..], [InterviewEvent::Identified { model, dpmm: Some(12), .. }] if model.contains("ZT411")),
            "{told:?}"
        );
        interview.received(
            now,
            b"\x02030,1,0,1245,002,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,6,0,00000000,1,000\x03\r\n\
              \x021234,0\x03\r\n",
        );
        let (asked, told) = sent(&mut interview);
        assert!(asked.is_empty() && interview.wake().is_none());
        let [InterviewEvent::Status { queue, faults }] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(*queue, Queue::Count(2));
        assert_eq!(faults, &[Fault::MediaOut]);
        interview.closed(now, Fault::LinkDown("the end".into()));
        interview.opened(now);
        let (asked, told) = sent(&mut interview);
        assert!(asked.is_empty() && told.is_empty());
    }
}
