//! A PLC: reached, its header read a few times, held against the contract and the station file. Nothing is written.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic};
use super::port;
use super::reach::{not_reached, reach};
use crate::config::Plc;
use crate::station::plc_map::map_of;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use vidimus_drivers::Fault;
use vidimus_drivers::address::{Address, ModbusLink};
use vidimus_drivers::plc::look::{PlcLook, PlcLookEvent};
use vidimus_drivers::plc::map::{FAULT_BITS, Map};
use vidimus_drivers::plc::{PlcHeader, modbus};
use vidimus_drivers::pump::{Clock, PumpHandle};

/// How long a heartbeat that does not move is looked at: twice as long as the contract calls stale.
pub const BEATS_WAIT: Duration = Duration::from_secs(1);
/// How often it must be seen to move.
const BEATS: u32 = 2;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Its header.
    pub header: Option<PlcHeader>,
    /// How often the PLC's heartbeat moved.
    pub beats: u32,
    /// How often the heartbeat of a station moved in it.
    pub station_beats: u32,
    /// What was in the way last.
    pub fault: Option<Fault>,
}

/// Looks until its heartbeat has moved, or it is clear that it does not.
pub fn watch(events: &Receiver<PlcLookEvent>, until: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut until = until;
    while seen.beats < BEATS {
        let left = until.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(PlcLookEvent::Header(header)) => {
                match seen.header.replace(header) {
                    None => until = until.min(Instant::now() + BEATS_WAIT),
                    Some(before) => {
                        seen.beats += u32::from(before.heartbeat != header.heartbeat);
                        let station = before.echo_heartbeat != header.echo_heartbeat;
                        seen.station_beats += u32::from(station);
                    }
                };
            }
            Ok(PlcLookEvent::Fault(fault)) => {
                let wrong = matches!(fault, Fault::WrongDevice { .. });
                seen.fault = Some(fault);
                if wrong {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    seen
}

/// What was seen against contract and station file.
pub fn judge(plc: &Plc, seen: &Seen) -> Vec<Finding> {
    let about = &plc.name;
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    let Some(header) = &seen.header else {
        return vec![unseen(plc, seen)];
    };
    let mut findings = sizes(plc, header);
    findings.extend(beats(about, seen, header));
    for (no, (_, text)) in FAULT_BITS.iter().enumerate() {
        // A station that is not there yet is no fault of the machine.
        let is_heartbeat = FAULT_BITS[no].0 == "station_heartbeat_lost";
        if header.faults & (1 << no) != 0 && !is_heartbeat {
            let said = format!("it says: {}", text.trim_end_matches('.'));
            findings.push(finding(State::Wrong, said).act("See to it at the machine."));
        }
    }
    if findings.is_empty() {
        let text = format!(
            "contract 1.0, boot {}, its heartbeat moves; rings {} / {} / {}, {} packs in flight",
            header.boot,
            header.verdict_depth,
            header.event_depth,
            header.gate_depth,
            header.max_in_flight
        );
        findings.push(finding(State::Ok, text));
    }
    findings
}

/// Rings and packs in flight against the station file.
fn sizes(plc: &Plc, header: &PlcHeader) -> Vec<Finding> {
    let about = &plc.name;
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    let mut findings = Vec::new();
    for (key, file, found) in [
        ("verdict_depth", plc.verdict_depth, header.verdict_depth),
        ("event_depth", plc.event_depth, header.event_depth),
        ("gate_depth", plc.gate_depth, header.gate_depth),
    ] {
        if file != u64::from(found) {
            let text = format!("{key} is {found} in the PLC and {file} in the station file");
            findings.push(finding(State::Wrong, text).act(format!(
                "Set {} = {file} in the PLC's program, or write {key} = {found} under [[plc]] and check the file.",
                key.to_ascii_uppercase()
            )));
        }
    }
    let (most, in_flight) = (plc.max_in_flight, header.max_in_flight);
    if u64::from(in_flight) > most {
        let text = format!(
            "{in_flight} packs fit between its detect and its gate, the station file says at most {most}"
        );
        findings.push(finding(State::Wrong, text).act(format!(
            "Write max_in_flight = {in_flight} under [[plc]] and check the file: the rings must be as deep."
        )));
    }
    findings
}

/// Whether its program runs, and whether another station works with it.
fn beats(about: &str, seen: &Seen, header: &PlcHeader) -> Vec<Finding> {
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    let mut findings = Vec::new();
    if seen.beats == 0 {
        findings.push(
            finding(
                State::Wrong,
                "it answers, but its heartbeat stands still: its program does not run".to_owned(),
            )
            .act("Put the PLC into RUN, and look at its diagnosis."),
        );
    }
    if seen.station_beats > 0 {
        findings.push(
            finding(
                State::Wrong,
                format!(
                    "another station works with it now (STATION_BOOT {})",
                    header.echo_station_boot
                ),
            )
            .act(
                "Two stations at one PLC give each other's packs verdicts: end the other one, or write the right \
                 address.",
            )
            .run("pgrep -af 'vidimus (run|demo)'"),
        );
    }
    findings
}

/// No header of the contract came.
fn unseen(plc: &Plc, seen: &Seen) -> Finding {
    let finding = |text: String| Finding::new(Topic::Device, &plc.name, State::Wrong, text);
    match &seen.fault {
        Some(fault @ Fault::WrongDevice { .. }) => finding(fault.to_string())
            .act(
                "Compare address and unit with the PLC. If they are right, it runs another program: load the one made \
                 for contract 1.0 (templates/plc).",
            ),
        Some(Fault::Device(why)) => finding(format!("it refuses: {why}")).act(
            "Compare the unit in the address with the PLC's, and look whether its Modbus server serves the registers \
             of the contract.",
        ),
        Some(fault) => finding(format!("no header can be read: {fault}")).act(
            "Look whether the PLC's Modbus server is on, and whether another program takes all of its connections.",
        ),
        None => finding("it takes the connection and does not answer".to_owned())
            .act("Look whether the PLC is in RUN and its Modbus server is on; compare the unit."),
    }
}

/// A PLC that is looked at for as long as this is there.
pub struct Looking {
    /// What is seen of it.
    pub events: Receiver<PlcLookEvent>,
    /// Where its registers lie.
    pub map: Arc<Map>,
    /// What could be better about its port.
    better: Vec<Finding>,
    _pump: PumpHandle<()>,
}

/// Begins to look at a PLC.
///
/// # Errors
/// What is in the way, and what mends it.
pub fn open(plc: &Plc, until: Instant) -> Result<Looking, Vec<Finding>> {
    let about = &plc.name;
    let wrong = |text: String| vec![Finding::new(Topic::Device, about, State::Wrong, text)];
    let at = match plc.address.parse() {
        Ok(Address::Modbus(at)) => at,
        Ok(_) => return Err(wrong(format!("{} is no PLC's address", plc.address))),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let map = map_of(plc).map_err(wrong)?;
    let mut better = Vec::new();
    match &at.link {
        ModbusLink::Tcp(host) | ModbusLink::RtuTcp { at: host, .. } => {
            if let Err(why) = reach(host, until) {
                return Err(vec![not_reached(about, "PLC", host, why)]);
            }
        }
        ModbusLink::Rtu(serial) => {
            let (hinders, found) = port::examine(about, &serial.path);
            if let Some(hinders) = hinders {
                return Err(vec![hinders]);
            }
            better.extend(found);
        }
    }
    let look = PlcLook::new(Arc::clone(&map), at.link.character());
    let (sender, events) = mpsc::sync_channel(EVENTS_MAX);
    let emit = move |event| drop(sender.send(event)); // nobody listens once the time is over
    match modbus::spawn(look, at, Clock::start(), emit) {
        Ok(pump) => Ok(Looking {
            events,
            map,
            better,
            _pump: pump,
        }),
        Err(why) => {
            better.extend(wrong(format!("no thread or event queue can be had: {why}")));
            Err(better)
        }
    }
}

/// Looks at a PLC.
pub fn examine(plc: &Plc, until: Instant) -> Vec<Finding> {
    match open(plc, until) {
        Ok(looking) => {
            let found = judge(plc, &watch(&looking.events, until));
            looking.better.into_iter().chain(found).collect()
        }
        Err(why) => why,
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn plc() -> Plc {
        Plc {
            name: "plc-1".to_owned(),
            address: "modbus+tcp://10.0.0.7:502?unit=1".to_owned(),
            cycle_ms: 10,
            outage_tolerated_ms: 1000,
            max_in_flight: 20,
            verdict_depth: 64,
            event_depth: 128,
            gate_depth: 32,
            map: None,
        }
    }

    fn fault(fault: Fault) -> Seen {
        Seen {
            fault: Some(fault),
            ..Seen::default()
        }
    }

    fn good() -> Seen {
        Seen {
            header: Some(PlcHeader {
                boot: 3,
                verdict_depth: 64,
                event_depth: 128,
                gate_depth: 32,
                max_in_flight: 20,
                faults: 1 << 12,
                ..PlcHeader::default()
            }),
            beats: 2,
            ..Seen::default()
        }
    }

    #[test]
    fn what_a_plc_shows_is_held_against_contract_and_station_file() {
        assert_eq!(FAULT_BITS[12].0, "station_heartbeat_lost");
        let with = |change: fn(&mut PlcHeader)| {
            let mut seen = good();
            change(seen.header.as_mut().expect("it has one"));
            seen
        };
        let other = Fault::WrongDevice {
            expected: "a PLC with map version 0x0100".to_owned(),
            found: "0x0200".to_owned(),
        };
        for (seen, state, said) in [
            (good(), State::Ok, "boot 3"),
            (
                with(|h| h.verdict_depth = 32),
                State::Wrong,
                "verdict_depth is 32 in the PLC and 64",
            ),
            (
                with(|h| h.max_in_flight = 21),
                State::Wrong,
                "21 packs fit between",
            ),
            (with(|h| h.faults |= 1), State::Wrong, "emergency stop"),
            (Seen { beats: 0, ..good() }, State::Wrong, "stands still"),
            (
                Seen {
                    station_beats: 1,
                    ..good()
                },
                State::Wrong,
                "another station",
            ),
            (fault(other), State::Wrong, "0x0200"),
            (
                fault(Fault::Device("exception 2".to_owned())),
                State::Wrong,
                "exception 2",
            ),
            (
                fault(Fault::LinkDown("reset".to_owned())),
                State::Wrong,
                "reset",
            ),
            (Seen::default(), State::Wrong, "does not answer"),
        ] {
            let findings = judge(&plc(), &seen);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(findings[0].state, state, "{findings:?}");
            assert!(findings[0].found.contains(said), "{findings:?}");
            assert_eq!(findings[0].mend.is_empty(), state == State::Ok);
        }
    }
}
