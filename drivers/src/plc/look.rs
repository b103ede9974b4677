//! Looks at a PLC and writes nothing: its header, again and again, for whoever looks at a station that does not run.
//! PURE.

use super::map::Map;
use super::session::ANSWER_MS;
use super::{PlcAnswer, PlcHeader, PlcRequest, rtu};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks, in ms: the heartbeat changes as often.
pub const LOOK_MS: u64 = 100;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlcLookEvent {
    /// The header.
    Header(PlcHeader),
    /// It could not be read, or is not that of the contract.
    Fault(Fault),
}

/// The conversation. See the module text.
#[derive(Debug)]
pub struct PlcLook {
    map: Arc<Map>,
    /// How long a character takes on a serial line; zero without one.
    character: Duration,
    /// What was read of the header so far.
    words: Vec<u16>,
    out: VecDeque<Output<PlcRequest, PlcLookEvent>>,
    open: bool,
    /// An answer is waited for until [`PlcLook::due`].
    waits: bool,
    due: Tick,
    /// How long the answer that is waited for may take.
    wait: Duration,
}

impl PlcLook {
    /// One that has seen nothing yet of a PLC whose registers lie like this. `character` is how long a character takes
    /// on its serial line, zero without one.
    pub fn new(map: Arc<Map>, character: Duration) -> PlcLook {
        PlcLook {
            map,
            character,
            words: Vec::new(),
            out: VecDeque::new(),
            open: false,
            waits: false,
            due: Tick::default(),
            wait: Duration::ZERO,
        }
    }

    /// Asks for the part of the header that comes next.
    fn ask(&mut self, now: Tick) {
        let mut before = 0;
        let next = self.map.reads.iter().find(|span| {
            let begins = before;
            before += usize::from(span.count);
            begins >= self.words.len()
        });
        let span = next.expect("a whole header was told and forgotten");
        let request = PlcRequest::Read {
            table: span.table,
            address: span.first,
            count: span.count,
        };
        let line = rtu::time_on_line(&request, self.character);
        self.out.push_back(Output::Transmit(request));
        self.waits = true;
        self.wait = Duration::from_millis(ANSWER_MS) + line;
        self.due = now + self.wait;
    }

    fn tell(&mut self, event: PlcLookEvent) {
        self.out.push_back(Output::Event(event));
    }
}

impl Session for PlcLook {
    type Command = ();
    type Event = PlcLookEvent;
    type Received = PlcAnswer;
    type Transmit = PlcRequest;

    fn opened(&mut self, now: Tick) {
        self.open = true;
        self.words.clear();
        self.ask(now);
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.open = false;
        self.waits = false;
        self.tell(PlcLookEvent::Fault(why));
    }

    fn received(&mut self, now: Tick, answer: &PlcAnswer) {
        if !self.waits {
            return;
        }
        self.waits = false;
        let seen = match answer {
            PlcAnswer::Words(words) => {
                self.words.extend(words);
                if self.words.len() < self.map.header_words() {
                    return self.ask(now);
                }
                self.map.decode_header(&self.words)
            }
            PlcAnswer::Written => Err(Fault::Garbled("a write was confirmed".into())),
        };
        self.words.clear();
        self.due = now + Duration::from_millis(LOOK_MS);
        self.tell(match seen {
            Ok(header) => PlcLookEvent::Header(header),
            Err(fault) => PlcLookEvent::Fault(fault),
        });
    }

    fn command(&mut self, _now: Tick, (): ()) {}

    fn woken(&mut self, now: Tick) {
        if !self.open || now < self.due {
            return;
        }
        match self.waits {
            false => self.ask(now),
            true => {
                self.open = false;
                self.waits = false;
                self.out.push_back(Output::DropLink(Fault::Timeout {
                    what: "reading the PLC's header".into(),
                    after: self.wait,
                }));
            }
        }
    }

    fn wake(&self) -> Option<Wake> {
        self.open.then_some(Wake {
            at: self.due,
            reason: match self.waits {
                true => "reading the PLC's header",
                false => "the next look at the PLC",
            },
        })
    }

    fn next_output(&mut self) -> Option<Output<PlcRequest, PlcLookEvent>> {
        self.out.pop_front()
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn whatever_is_answered_only_the_header_is_read() {
        let map = Map::contract().expect("it is sound");
        let shown = map.encode_header(&PlcHeader {
            boot: 7,
            verdict_depth: map.depths[0],
            event_depth: map.depths[0],
            gate_depth: map.depths[0],
            ..PlcHeader::default()
        });
        let [span] = map.reads[..] else {
            panic!("contract 1.0 is read at once")
        };
        let mut good = vec![0; map.header_words()];
        for (register, word) in shown {
            good[usize::from(register - span.first)] = word;
        }
        let mut look = PlcLook::new(Map::contract().expect("it is sound"), Duration::ZERO);
        let mut now = Tick::default();
        let (mut headers, mut faults) = (0, 0);
        for round in 0..60 {
            if round % 20 == 0 {
                look.opened(now);
            }
            match round % 5 {
                0 | 1 => look.received(now, &PlcAnswer::Words(good.clone())),
                2 => look.received(now, &PlcAnswer::Words(vec![0; good.len()])),
                3 => look.received(now, &PlcAnswer::Written),
                _ => {}
            }
            now = look.wake().map_or(now, |wake| wake.at);
            look.woken(now);
            while let Some(output) = look.next_output() {
                match output {
                    Output::Transmit(PlcRequest::Read { address, count, .. }) => {
                        assert_eq!((address, count), (span.first, span.count));
                    }
                    Output::Transmit(write) => panic!("{write:?}"),
                    Output::Event(PlcLookEvent::Header(header)) => {
                        headers += 1;
                        assert_eq!(header.boot, 7);
                    }
                    Output::Event(PlcLookEvent::Fault(_)) => faults += 1,
                    Output::DropLink(why) => look.closed(now, why),
                }
            }
        }
        assert!(headers > 3 && faults > 3, "{headers} {faults}");
    }

    /// A header of 40 registers is 93 characters, and 64 go with it: 180 ms at 9600 baud beside the PLC's own time.
    #[test]
    fn a_slow_line_has_its_time() {
        let character = Duration::from_micros(1_146);
        let mut look = PlcLook::new(Map::contract().expect("it is sound"), character);
        look.opened(Tick::default());
        let due = look.wake().map(|wake| wake.at);
        assert_eq!(due, Some(Tick::default() + Duration::from_micros(379_922)));
    }
}
