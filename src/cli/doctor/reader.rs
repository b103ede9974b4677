//! Smart readers and hand scanners: reached, and asked who they are where that does no harm.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic};
use super::port;
use super::reach::{not_reached, reach};
use crate::config::Reader;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use vidimus_drivers::Fault;
use vidimus_drivers::address::{Address, LinkAddress};
use vidimus_drivers::pump::{self, Clock};
use vidimus_drivers::reader::session::ReaderSession;
use vidimus_drivers::reader::{Liveness, ReaderEvent};

/// A link that lives so long is open: one that serves somebody else is closed at once.
const OPEN: Duration = Duration::from_millis(500);

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Heard {
    link: bool,
    /// Its link was open, and is not any more.
    closed: bool,
    identity: Option<(String, String)>,
    fault: Option<Fault>,
}

fn listen(events: &Receiver<ReaderEvent>, asked: bool, until: Instant) -> Heard {
    let mut heard = Heard::default();
    let mut until = until;
    let known = |heard: &Heard| match asked {
        true => heard.link && heard.identity.is_some(),
        false => heard.closed,
    };
    while !known(&heard) {
        let left = until.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(ReaderEvent::Link(up)) => {
                heard.closed |= heard.link && !up;
                heard.link = up;
                if up && !asked {
                    until = until.min(Instant::now() + OPEN);
                }
            }
            Ok(ReaderEvent::Identified { model, firmware }) => {
                heard.identity = Some((model, firmware));
            }
            Ok(ReaderEvent::Fault(fault)) => {
                let wrong = matches!(fault, Fault::WrongDevice { .. });
                heard.fault = Some(fault);
                if wrong {
                    break;
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    heard
}

fn judge(about: &str, asked: bool, heard: &Heard) -> Finding {
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    match (&heard.identity, &heard.fault) {
        (Some((model, firmware)), _) => {
            finding(State::Ok, format!("{model} {firmware}").trim().to_owned())
        }
        (None, Some(fault @ Fault::WrongDevice { .. })) => finding(State::Wrong, fault.to_string())
            .act("Write the family that answered into its address, or connect the right reader."),
        (None, Some(fault @ Fault::Garbled(_))) => finding(State::Wrong, fault.to_string())
            .act("Compare the family in its address and its settings with docs/readers.md."),
        _ if heard.closed && !asked => finding(
            State::Unknown,
            "it takes a connection and closes it: it may serve somebody else now".to_owned(),
        )
        .act("Look which program holds its connection, and whether its settings allow one."),
        (None, Some(fault)) if !heard.link => finding(State::Wrong, fault.to_string())
            .act("Look at its power and cable, and compare its settings with docs/readers.md."),
        _ if heard.link && !asked => finding(
            State::Ok,
            "its link is open; readers of its kind do not say who they are".to_owned(),
        ),
        _ => finding(State::Unknown, "it does not answer".to_owned())
            .act(
                "Compare the family in its address and its settings with docs/readers.md; another program may have its \
                 only connection.",
            ),
    }
}

/// Looks at a reader.
pub fn examine(reader: &Reader, until: Instant) -> Vec<Finding> {
    let about = &reader.name;
    let wrong = |text: String| vec![Finding::new(Topic::Device, about, State::Wrong, text)];
    let link = match reader.address.parse() {
        Ok(Address::Reader { link, .. }) => link,
        Ok(_) => return wrong(format!("{} is no reader's address", reader.address)),
        Err(error) => return wrong(format!("{error}")),
    };
    let Some(settings) = reader.settings() else {
        return wrong(format!("{} is no reader's address", reader.address));
    };
    let mut findings = Vec::new();
    match &link {
        LinkAddress::Tcp(at) => {
            if let Err(why) = reach(at, until) {
                return vec![not_reached(about, "reader", at, why)];
            }
        }
        LinkAddress::Serial(at) => {
            let (hinders, better) = port::examine(about, &at.path);
            if let Some(hinders) = hinders {
                return vec![hinders];
            }
            findings.extend(better);
        }
    }
    let asked = settings.liveness() == Liveness::Asked;
    let (sender, events) = mpsc::sync_channel(EVENTS_MAX);
    let emit = move |event| drop(sender.send(event)); // nobody listens once the time is over
    let pump = pump::spawn_bytes(ReaderSession::new(settings), link, Clock::start(), emit);
    match pump {
        Ok(_pump) => findings.push(judge(about, asked, &listen(&events, asked, until))),
        Err(why) => findings.extend(wrong(format!("no thread or event queue can be had: {why}"))),
    }
    findings
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn what_a_reader_says_is_told_with_what_mends_it() {
        let link = Heard {
            link: true,
            ..Heard::default()
        };
        assert_eq!(judge("r", false, &link).state, State::Ok);
        assert_eq!(judge("r", true, &link).state, State::Unknown);
        let closed = Heard {
            closed: true,
            ..Heard::default()
        };
        assert_eq!(judge("r", false, &closed).state, State::Unknown);
        let endless = Heard {
            fault: Some(Fault::Garbled("it never stops talking".to_owned())),
            ..link.clone()
        };
        assert_eq!(judge("r", false, &endless).state, State::Wrong);
        assert_eq!(judge("r", true, &endless).state, State::Wrong);
        let named = Heard {
            identity: Some(("DataMan 374".to_owned(), "6.1".to_owned())),
            ..link.clone()
        };
        let found = judge("r", true, &named);
        assert_eq!(
            (found.state, found.found.as_str()),
            (State::Ok, "DataMan 374 6.1")
        );
        let other = Heard {
            fault: Some(Fault::WrongDevice {
                expected: "a Keyence SR reader".to_owned(),
                found: "a SICK reader".to_owned(),
            }),
            ..link
        };
        let found = judge("r", true, &other);
        assert_eq!(found.state, State::Wrong);
        assert!(found.found.contains("SICK") && !found.mend.is_empty());
    }
}
