//! Smart readers and hand scanners: reached, and asked who they are where that does no harm.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic};
use super::port;
use super::printer::hung_up;
use super::reach::{Taken, not_reached, reach};
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
    /// Something came from it, whatever it was.
    spoke: bool,
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
                heard.spoke |= matches!(fault, Fault::Garbled(_) | Fault::Device(_));
                heard.fault = Some(fault);
                if wrong {
                    break;
                }
            }
            Ok(ReaderEvent::Warning(_) | ReaderEvent::Read(_) | ReaderEvent::NoRead { .. }) => {
                heard.spoke = true;
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    heard
}

/// A reader that is looked at.
#[derive(Debug, Clone, Copy)]
struct Looked<'a> {
    /// Its name.
    about: &'a str,
    /// What its family is called.
    family: &'a str,
    /// It can be asked who it is.
    asked: bool,
    /// Its TCP port took a connection: power and cable are in order.
    reached: bool,
}

fn judge(looked: Looked<'_>, heard: &Heard) -> Finding {
    const CHECK: &str =
        "Check the family in its address, and compare its settings with docs/readers.md.";
    let Looked { asked, reached, .. } = looked;
    let finding = |state, text: String| Finding::new(Topic::Device, looked.about, state, text);
    let closes = "it takes a connection and closes it: it may serve somebody else now";
    let other = format!("answers, but not as a {} reader", looked.family);
    match (&heard.identity, &heard.fault) {
        (Some((model, firmware)), _) => {
            finding(State::Ok, format!("{model} {firmware}").trim().to_owned())
        }
        (None, Some(fault @ Fault::WrongDevice { .. })) => finding(State::Wrong, fault.to_string())
            .act("Write the family that answered into its address, or connect the right reader."),
        (None, Some(fault)) if heard.spoke => {
            finding(State::Wrong, format!("it {other}: {fault}")).act(CHECK)
        }
        (None, Some(Fault::LinkDown(why))) if reached && hung_up(why) && !heard.link => {
            finding(State::Unknown, closes.to_owned())
                .act("Look which program holds its connection, and whether its settings allow one.")
        }
        _ if heard.closed && !asked => finding(State::Unknown, closes.to_owned())
            .act("Look which program holds its connection, and whether its settings allow one."),
        (None, Some(fault)) if !heard.link && reached => {
            finding(State::Wrong, format!("its port {other}: {fault}")).act(CHECK)
        }
        (None, Some(fault)) if !heard.link => finding(State::Wrong, fault.to_string())
            .act("Look at its power and cable, and compare its settings with docs/readers.md."),
        _ if heard.link && !asked => finding(
            State::Ok,
            "its link is open; readers of its kind do not say who they are".to_owned(),
        ),
        _ if heard.spoke => finding(State::Wrong, format!("it {other}")).act(CHECK),
        _ => finding(
            State::Unknown,
            format!("it does not answer as a {} reader", looked.family),
        )
        .act(format!(
            "{CHECK} Another program may have its only connection."
        )),
    }
}

/// Looks at a reader.
pub fn examine(reader: &Reader, taken: &Taken, until: Instant) -> Vec<Finding> {
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
            if let Some(in_use) = taken.finding(about, at) {
                return vec![in_use];
            }
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
    let looked = Looked {
        about,
        family: settings.family.name,
        asked,
        reached: matches!(link, LinkAddress::Tcp(_)),
    };
    let (sender, events) = mpsc::sync_channel(EVENTS_MAX);
    let emit = move |event| drop(sender.send(event)); // nobody listens once the time is over
    let pump = pump::spawn_bytes(ReaderSession::new(settings), link, Clock::start(), emit);
    match pump {
        Ok(_pump) => findings.push(judge(looked, &listen(&events, asked, until))),
        Err(why) => findings.extend(wrong(format!("no thread or event queue can be had: {why}"))),
    }
    findings
}

#[cfg(test)]
mod test {
    use super::*;

    fn at(asked: bool, reached: bool) -> Looked<'static> {
        Looked {
            about: "r",
            family: "Keyence SR",
            asked,
            reached,
        }
    }

    #[test]
    fn what_a_reader_says_is_told_with_what_mends_it() {
        let (asked, silent) = (at(true, true), at(false, true));
        let link = Heard {
            link: true,
            ..Heard::default()
        };
        assert_eq!(judge(silent, &link).state, State::Ok);
        assert_eq!(judge(asked, &link).state, State::Unknown);
        let closed = Heard {
            closed: true,
            ..Heard::default()
        };
        assert_eq!(judge(silent, &closed).state, State::Unknown);
        let fault = |fault| Heard {
            fault: Some(fault),
            ..Heard::default()
        };
        let hangs_up = fault(Fault::LinkDown(
            "the device closed the connection".to_owned(),
        ));
        assert_eq!(judge(asked, &hangs_up).state, State::Unknown);
        let endless = Heard {
            fault: Some(Fault::Garbled("it never stops talking".to_owned())),
            spoke: true,
            ..link.clone()
        };
        assert_eq!(judge(silent, &endless).state, State::Wrong);
        assert_eq!(judge(asked, &endless).state, State::Wrong);
        let named = Heard {
            identity: Some(("DataMan 374".to_owned(), "6.1".to_owned())),
            ..link.clone()
        };
        let found = judge(asked, &named);
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
        let found = judge(asked, &other);
        assert_eq!(found.state, State::Wrong);
        assert!(found.found.contains("SICK") && !found.mend.is_empty());
    }

    #[test]
    fn one_whose_port_answers_has_power_and_a_cable_and_another_family() {
        let (asked, serial) = (at(true, true), at(true, false));
        let timeout = Fault::Timeout {
            what: "who it is".to_owned(),
            after: Duration::from_secs(3),
        };
        let words = |looked, heard: &Heard| {
            let found = judge(looked, heard);
            assert_eq!(found.state, State::Wrong, "{found:?}");
            format!("{found:?}")
        };
        let mute = Heard {
            fault: Some(timeout),
            ..Heard::default()
        };
        let said = words(asked, &mute);
        assert!(
            said.contains("port answers, but not as a Keyence SR reader")
                && said.contains("family")
        );
        assert!(!said.contains("cable"), "{said}");
        assert!(words(serial, &mute).contains("cable"));
        let talks = Heard {
            spoke: true,
            ..mute
        };
        let said = words(serial, &talks);
        assert!(
            said.contains("it answers, but not as a Keyence SR reader") && !said.contains("cable")
        );
    }
}
