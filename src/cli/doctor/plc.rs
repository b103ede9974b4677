//! A PLC: reached, its header read a few times, held against the contract and the station file. Nothing is written.

use super::devices::EVENTS_MAX;
use super::finding::{Finding, State, Topic, quoted};
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
use vidimus_drivers::plc::{PlcHeader, RegisterTable, modbus};
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
pub fn judge(plc: &Plc, map: &Map, seen: &Seen) -> Vec<Finding> {
    let about = &plc.name;
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    let Some(header) = &seen.header else {
        return vec![unseen(plc, map, seen)];
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

/// No header of the contract came: what that means, and what a person does about it.
fn unseen(plc: &Plc, map: &Map, seen: &Seen) -> Finding {
    let finding = |text: String| Finding::new(Topic::Device, &plc.name, State::Wrong, text);
    let map_name = plc.map.as_deref().unwrap_or("contract 1.0");
    match &seen.fault {
        Some(fault @ Fault::WrongDevice { .. }) => finding(fault.to_string()).act(format!(
            "Compare address and unit with the PLC. If they are right, it runs another program than the one made for \
             {map_name}, or that is not its register map: there MAGIC stands at {}.",
            place_of(map, "MAGIC")
        )),
        Some(Fault::Device(why)) if why.to_ascii_lowercase().contains("gateway") => finding(format!(
            "it refuses: {why}"
        ))
        .act("The gateway reaches no PLC of this unit: compare the unit in the address with the PLC's, and its cable."),
        Some(Fault::Device(why)) => finding(format!("it refuses: {why}")).act(format!(
            "It must answer reads of {}, as {map_name} has them: compare its register map, and the unit in the address \
             with the PLC's.",
            reads_of(map)
        )),
        Some(fault @ Fault::Held { path }) => finding(fault.to_string())
            .act(
                "A serial line has one master: end the program that has it. It may be a station with another station \
                 file, another vidimus plc watch, a terminal program, or ModemManager.",
            )
            .run(format!("fuser -v {}", quoted(path))),
        None | Some(Fault::Timeout { .. }) => silent(plc),
        Some(fault @ Fault::Garbled(_)) if is_serial(plc) => {
            finding(format!("no header can be read: {fault}")).act(
                "Compare speed and parity in the address with the PLC's. If they are right, look for a second master \
                 on the line, and for an adapter that echoes.",
            )
        }
        Some(fault) => finding(format!("no header can be read: {fault}")).act(
            "Look whether the PLC's Modbus server is on, and whether another program takes all of its connections.",
        ),
    }
}

/// There is a link, and nobody answers on it.
fn silent(plc: &Plc) -> Finding {
    let finding = |text: String| Finding::new(Topic::Device, &plc.name, State::Wrong, text);
    let Ok(Address::Modbus(at)) = plc.address.parse() else {
        return finding("it does not answer".to_owned());
    };
    let unit = at.unit;
    match &at.link {
        ModbusLink::Tcp(_) => finding(format!(
            "it takes the connection, and unit {unit} does not answer"
        ))
        .act(
            "Compare the unit in the address with the PLC's: many answer to one alone, often 1 or 255. Look whether it \
             is in RUN and its Modbus server is on.",
        ),
        ModbusLink::RtuTcp { .. } => finding(format!(
            "the serial server takes the connection, and unit {unit} behind it does not answer"
        ))
        .act(
            "Compare the unit in the address with the PLC's, and the serial server's speed and parity; it must be in \
             raw mode, not a Modbus gateway (that is modbus+tcp). Then the cable: A and B may be swapped.",
        ),
        ModbusLink::Rtu(port) => finding(format!(
            "unit {unit} does not answer on {} at {} baud, parity {}",
            port.path.display(),
            port.baud,
            format!("{:?}", port.parity).to_ascii_lowercase()
        ))
        .act(
            "Compare unit, speed and parity in the address with the PLC's. Then the cable: A and B may be swapped, or \
             the port is another one.",
        ),
    }
}

fn is_serial(plc: &Plc) -> bool {
    match plc.address.parse() {
        Ok(Address::Modbus(at)) => !matches!(at.link, ModbusLink::Tcp(_)),
        _ => false,
    }
}

/// A register, as the map counts it.
fn register_of(map: &Map, table: RegisterTable, register: u16) -> String {
    let at = map.counted(table, register);
    match table {
        RegisterTable::Holding => format!("register {at}"),
        RegisterTable::Input => format!("input register {at}"),
    }
}

/// Where a signal stands, as the map counts it.
fn place_of(map: &Map, name: &str) -> String {
    let signals = map.plc_signals();
    let found = signals.iter().find(|one| one.name == name);
    found.map_or_else(String::new, |one| register_of(map, one.table, one.register))
}

/// What a look reads.
fn reads_of(map: &Map) -> String {
    let reads = map.reads.iter().map(|span| {
        let last = span.first.saturating_add(span.count.saturating_sub(1));
        let first = register_of(map, span.table, span.first);
        format!("{first} to {}", map.counted(span.table, last))
    });
    let reads: Vec<String> = reads.collect();
    reads.join(" and ")
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
            let found = judge(plc, &looking.map, &watch(&looking.events, until));
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

    fn fault_seen(fault: Fault) -> Seen {
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
    fn what_is_in_the_way_is_said_with_what_to_do_in_the_words_of_the_map() {
        let text = include_str!("../../../templates/plc/input-registers.toml");
        let map = Map::parse(text).expect("it is sound");
        let serial = "modbus+rtu:///dev/ttyS1?baud=19200&unit=7";
        let silence = || Fault::Timeout {
            what: "reading the PLC's header".to_owned(),
            after: Duration::from_millis(300),
        };
        let other = Fault::WrongDevice {
            expected: "a PLC with the magic 0x5056 0x4D31".to_owned(),
            found: "0x0000 0x0000".to_owned(),
        };
        let path = "/dev/ttyS1".to_owned();
        for (address, fault, said, mend) in [
            (
                serial,
                silence(),
                "unit 7 does not answer on /dev/ttyS1 at 19200 baud, parity even",
                "Compare unit, speed and parity",
            ),
            (
                "modbus+tcp://10.0.0.7:502?unit=7",
                silence(),
                "unit 7 does not answer",
                "Compare the unit",
            ),
            (
                "modbus+rtutcp://10.0.0.7:4001?unit=7",
                silence(),
                "unit 7 behind it",
                "raw mode",
            ),
            (
                serial,
                Fault::Held { path },
                "another program holds /dev/ttyS1",
                "fuser -v",
            ),
            (
                serial,
                Fault::Garbled("ff".to_owned()),
                "ff",
                "Compare speed and parity",
            ),
            (serial, other, "0x0000 0x0000", "input register 30001"),
            (
                serial,
                Fault::Device("code 2, it has no such registers".to_owned()),
                "it refuses",
                "input register 30001 to 300",
            ),
        ] {
            let mut plc = plc();
            plc.address = address.to_owned();
            let found = unseen(&plc, &map, &fault_seen(fault));
            assert!(found.found.contains(said), "{said}: {found:?}");
            assert!(
                format!("{:?}", found.mend).contains(mend),
                "{mend}: {found:?}"
            );
        }
    }

    #[test]
    fn what_a_plc_shows_is_held_against_contract_and_station_file() {
        assert_eq!(FAULT_BITS[12].0, "station_heartbeat_lost");
        let map = Map::contract().expect("it is sound");
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
            (fault_seen(other), State::Wrong, "0x0200"),
            (
                fault_seen(Fault::Device("exception 2".to_owned())),
                State::Wrong,
                "exception 2",
            ),
            (
                fault_seen(Fault::LinkDown("reset".to_owned())),
                State::Wrong,
                "reset",
            ),
            (Seen::default(), State::Wrong, "does not answer"),
        ] {
            let findings = judge(&plc(), &map, &seen);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(findings[0].state, state, "{findings:?}");
            assert!(findings[0].found.contains(said), "{findings:?}");
            assert_eq!(findings[0].mend.is_empty(), state == State::Ok);
        }
    }
}
