//! A label printer: reached, identified, asked how it is. Nothing is cleared, stored or printed.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic, quoted};
use super::port;
use super::reach::{Taken, not_reached, reach};
use crate::station::described::speech_at;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;
use vidimus_drivers::Fault;
use vidimus_drivers::address::{Address, LinkAddress};
use vidimus_drivers::printer::interview::{Interview, InterviewEvent};
use vidimus_drivers::printer::language::Queue;
use vidimus_drivers::pump::{self, Clock};

/// What the station file says of a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Dots per mm of its head.
    pub dpmm: u64,
    /// The model it must report.
    pub model: Option<String>,
    /// The file that describes its language, where its address says so.
    pub description: Option<String>,
}

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Heard {
    /// Model, firmware, dots per mm.
    identity: Option<(String, String, Option<u16>)>,
    status: Option<(Queue, Vec<Fault>)>,
    fault: Option<Fault>,
}

fn listen(events: &Receiver<InterviewEvent>, until: Instant) -> Heard {
    let mut heard = Heard::default();
    while heard.status.is_none() {
        let left = until.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(InterviewEvent::Identified {
                model,
                firmware,
                dpmm,
            }) => heard.identity = Some((model, firmware, dpmm)),
            Ok(InterviewEvent::Status { queue, faults }) => heard.status = Some((queue, faults)),
            Ok(InterviewEvent::Fault(fault)) => {
                let wrong = matches!(fault, Fault::WrongDevice { .. });
                heard.fault = Some(fault);
                if wrong {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    heard
}

fn judge(expected: &Expected, language: &str, heard: &Heard) -> Vec<Finding> {
    let about = &expected.name;
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    let only = format!("vidimus doctor FILE --only {}", quoted(about));
    let Some((queue, faults)) = &heard.status else {
        return vec![unheard(expected, language, heard).run(only)];
    };
    let mut findings = Vec::new();
    let mut said = format!("a {language} printer");
    if let Some((model, firmware, dpmm)) = &heard.identity {
        said = format!("{} {firmware}", model.trim()).trim().to_owned();
        if let Some(dpmm) = dpmm {
            said = format!("{said}, {dpmm} dots/mm");
            if u64::from(*dpmm) != expected.dpmm {
                findings.push(
                    finding(
                        State::Wrong,
                        format!("its head has {dpmm} dots/mm, the station file says {}", expected.dpmm),
                    )
                    .act(format!(
                        "Write dpmm = {dpmm} if this is the right printer; its labels are then drawn for it."
                    )),
                );
            }
        }
        let other = expected
            .model
            .as_deref()
            .filter(|wanted| !wanted.trim().eq_ignore_ascii_case(model.trim()));
        if let Some(wanted) = other {
            let text = format!(
                "it is a \"{}\", the station file wants a \"{wanted}\"",
                model.trim()
            );
            findings.push(finding(State::Wrong, text).act(format!(
                "Connect the right printer, or write model = \"{}\".",
                model.trim()
            )));
        }
    }
    for fault in faults {
        findings.push(finding(State::Wrong, format!("it says: {fault}")).act(remedy(fault)));
    }
    if findings.is_empty() {
        let queue = match queue {
            Queue::Count(0) | Queue::Idle => "; nothing waits in it".to_owned(),
            Queue::Count(count) => format!("; {count} labels wait in it"),
            Queue::Busy => "; it is printing".to_owned(),
            Queue::Untold => String::new(),
        };
        return vec![finding(State::Ok, format!("{said}{queue}"))];
    }
    findings
}

fn remedy(fault: &Fault) -> &'static str {
    match fault {
        Fault::MediaOut => "Load a new roll, close the head, press PAUSE or FEED.",
        Fault::RibbonOrInkOut => "Change ribbon or ink.",
        Fault::HeadOpen => "Close the print head.",
        Fault::Paused => "Press the printer's PAUSE key.",
        Fault::Busy => "Wait until it has printed what it has, and ask again.",
        _ => "Look at the printer's display, and see to what it says.",
    }
}

/// It did not say how it is.
fn unheard(expected: &Expected, language: &str, heard: &Heard) -> Finding {
    let finding = |state, text: String| Finding::new(Topic::Device, &expected.name, state, text);
    match &heard.fault {
        Some(fault @ Fault::WrongDevice { .. }) => finding(State::Wrong, fault.to_string())
            .act("Write the address of the right device, or the scheme of the language that it speaks."),
        Some(Fault::LinkDown(why)) if is_busy(why) => finding(
            State::Unknown,
            format!("another program has {}", expected.address),
        )
        .act("End it, then ask again."),
        Some(Fault::LinkDown(why)) if hung_up(why) => finding(
            State::Unknown,
            "it takes a connection and closes it: it may serve somebody else now".to_owned(),
        )
        .act("End the program that has it, or switch the printer off and on, and ask again."),
        Some(Fault::LinkDown(why)) => finding(State::Wrong, why.clone())
            .act("Look at the cable and at the printer's display."),
        Some(fault) => finding(
            State::Wrong,
            format!("something is there and does not answer as a {language} printer: {fault}"),
        )
        .act("Compare its language with the scheme of its address, and baud and flow on a serial line."),
        None => finding(
            State::Wrong,
            format!("it takes the connection and answers no {language} question"),
        )
        .act("Switch it off and on; compare its language with the scheme of its address."),
    }
}

/// The system's word that somebody has the port.
pub fn is_busy(why: &str) -> bool {
    let why = why.to_ascii_lowercase();
    ["busy", "exclusive lock", "temporarily unavailable"]
        .iter()
        .any(|word| why.contains(word))
}

/// The other end ended the connection, whichever way the system says so.
pub fn hung_up(why: &str) -> bool {
    ["closed the connection", "reset by peer", "Broken pipe"]
        .iter()
        .any(|word| why.contains(word))
}

/// Looks at a printer.
pub fn examine(expected: &Expected, taken: &Taken, until: Instant) -> Vec<Finding> {
    let about = &expected.name;
    let wrong = |text: String| vec![Finding::new(Topic::Device, about, State::Wrong, text)];
    let link = match expected.address.parse() {
        Ok(Address::Printer { link, .. }) => link,
        Ok(_) => return wrong(format!("{} is no printer's address", expected.address)),
        Err(error) => return wrong(format!("{error}")),
    };
    let speech = match speech_at(&expected.address, expected.description.as_deref()) {
        Ok(speech) => speech,
        Err(why) => return wrong(why),
    };
    let mut findings = Vec::new();
    match &link {
        LinkAddress::Tcp(at) => {
            if let Some(in_use) = taken.finding(about, at) {
                return vec![in_use];
            }
            if let Err(why) = reach(at, until) {
                return vec![not_reached(about, "printer", at, why)];
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
    let language = speech.language.name().to_owned();
    let (sender, events) = mpsc::sync_channel(EVENTS_MAX);
    let emit = move |event| drop(sender.send(event)); // nobody listens once the time is over
    let pump = pump::spawn_bytes(Interview::new(speech.language), link, Clock::start(), emit);
    match pump {
        Ok(_pump) => findings.extend(judge(expected, &language, &listen(&events, until))),
        Err(why) => findings.extend(wrong(format!("no thread or event queue can be had: {why}"))),
    }
    findings
}

#[cfg(test)]
mod test {
    use super::*;
    use std::time::Duration;

    fn expected() -> Expected {
        Expected {
            name: "printer-1".to_owned(),
            address: "zpl+tcp://10.0.0.5:9100".to_owned(),
            dpmm: 12,
            model: Some("ZT411".to_owned()),
            description: None,
        }
    }

    #[test]
    fn what_a_printer_says_is_held_against_the_station_file() {
        let identity = |model: &str, dpmm| Some((model.to_owned(), "V1".to_owned(), dpmm));
        let fine = Some((Queue::Count(0), Vec::new()));
        let timeout = Fault::Timeout {
            what: "~HI".to_owned(),
            after: Duration::from_millis(400),
        };
        let stranger = Fault::WrongDevice {
            expected: "a ZPL printer".to_owned(),
            found: "a TSPL printer".to_owned(),
        };
        let closed = Fault::LinkDown("the device closed the connection".to_owned());
        let busy = Fault::LinkDown("cannot open /dev/x: Device or resource busy".to_owned());
        for (identity, status, fault, state, said) in [
            (
                identity(" zt411 ", Some(12)),
                fine.clone(),
                None,
                State::Ok,
                "12 dots/mm",
            ),
            (None, fine.clone(), None, State::Ok, "a ZPL printer"),
            (
                identity("ZT411", Some(8)),
                fine.clone(),
                None,
                State::Wrong,
                "8 dots/mm, the",
            ),
            (
                identity("ZD420", None),
                fine,
                None,
                State::Wrong,
                "\"ZD420\"",
            ),
            (
                identity("ZT411", None),
                Some((Queue::Untold, vec![Fault::MediaOut])),
                None,
                State::Wrong,
                "out of labels",
            ),
            (None, None, None, State::Wrong, "answers no ZPL question"),
            (None, None, Some(timeout), State::Wrong, "~HI"),
            (None, None, Some(stranger), State::Wrong, "a TSPL printer"),
            (None, None, Some(closed), State::Unknown, "somebody else"),
            (None, None, Some(busy), State::Unknown, "another program"),
        ] {
            let heard = Heard {
                identity,
                status,
                fault,
            };
            let findings = judge(&expected(), "ZPL", &heard);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(findings[0].state, state, "{findings:?}");
            assert!(findings[0].found.contains(said), "{findings:?}");
            assert_eq!(findings[0].mend.is_empty(), state == State::Ok);
        }
    }
}
