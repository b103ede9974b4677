//! The devices' words into the line's, and back. PURE.

use super::keeper::Evidence;
use super::supplier::Supplied;
use crate::line::labelling::LabelPrinterSays;
use crate::line::stops::StopReason;
use crate::line::{
    Device, Event, LabelCount, LaneEvent, Levels, NumbersRead, PlcStatus, PrinterHealth, Sighting,
};
use crate::record::{Fate, LaneNo, PackNo, PlcPack, Tick};
use vidimus_drivers::plc::{
    DefaultCause, GateOutcome, PlcEvent, PlcEventKind, PlcHeader, PlcRingEvent, StationLevels,
};
use vidimus_drivers::printer::{PrinterEvent, PrinterStatus};
use vidimus_drivers::{Fault, Known, Severity};

/// An event of a lane's PLC for the line; `None` for what the line does not need.
pub fn plc_event(lane: LaneNo, event: PlcEvent) -> Option<Event> {
    let event = match event {
        PlcEvent::Link(up) => LaneEvent::PlcLink(up),
        PlcEvent::Header { header, asked_at } => {
            LaneEvent::PlcStatus(plc_status(&header, asked_at))
        }
        PlcEvent::Ring(entry) => ring_event(lane, entry),
        PlcEvent::EventsLost { .. } => LaneEvent::EventsLost,
        PlcEvent::Gate(entry) => LaneEvent::Gated {
            plc: PlcPack {
                lane,
                boot: entry.boot,
                id: entry.id,
            },
            fate: fate(entry.outcome),
        },
        PlcEvent::GateLost { from, to } => LaneEvent::GateLost { from, to },
        PlcEvent::Acknowledged { ticket, status } => LaneEvent::PlcDone {
            ticket,
            ok: status == 0,
        },
        PlcEvent::Fault(fault) if fault.severity() == Severity::Fatal => {
            LaneEvent::PlcFault(fault.to_string())
        }
        PlcEvent::Fault(fault @ Fault::OtherStation { .. }) => {
            LaneEvent::PlcTaken(fault.to_string())
        }
        PlcEvent::Fault(fault) => trouble(Device::Plc, &fault),
        // A new boot shows in the header.
        PlcEvent::Booted { .. } | PlcEvent::VerdictWritten { .. } => return None,
    };
    Some(event.on(lane))
}

/// What a device's link says against it.
pub fn trouble(device: Device, fault: &Fault) -> LaneEvent {
    let why = fault.to_string();
    LaneEvent::Trouble { device, why }
}

fn plc_status(header: &PlcHeader, asked_at: Tick) -> PlcStatus {
    PlcStatus {
        boot: header.boot,
        state: header.state,
        faults: header.faults,
        encoder: header.encoder,
        entered: header.entered,
        decided: header.decided,
        asked_at,
    }
}

fn ring_event(lane: LaneNo, entry: PlcRingEvent) -> LaneEvent {
    let sighting = Sighting {
        plc: PlcPack {
            lane,
            boot: entry.boot,
            id: entry.id,
        },
        count: entry.count,
        encoder: entry.encoder,
    };
    match entry.kind {
        PlcEventKind::Detected => LaneEvent::Detected(sighting),
        PlcEventKind::PrintDone => LaneEvent::PrintDone(sighting),
        PlcEventKind::CameraFired => LaneEvent::CameraFired(sighting),
        PlcEventKind::Appeared => LaneEvent::Appeared(sighting),
        PlcEventKind::Removed => LaneEvent::Missed(sighting),
    }
}

fn fate(outcome: GateOutcome) -> Fate {
    match outcome {
        GateOutcome::Passed => Fate::Good,
        GateOutcome::RejectedByVerdict => Fate::RejectedByVerdict,
        GateOutcome::RejectedByDefault(DefaultCause::NoVerdict) => Fate::RejectedNoVerdict,
        GateOutcome::RejectedByDefault(DefaultCause::HeartbeatStale) => Fate::RejectedHeartbeat,
        GateOutcome::RejectedByDefault(DefaultCause::BootEchoWrong) => Fate::RejectedBootEcho,
        GateOutcome::RejectedByDefault(DefaultCause::Purge) => Fate::RejectedPurge,
        GateOutcome::RejectNotConfirmed => Fate::RejectNotConfirmed,
        GateOutcome::Removed => Fate::Removed,
        GateOutcome::PassedInBypass => Fate::PassedInBypass,
    }
}

/// What became of a picture, for the line.
pub fn evidence(what: Evidence) -> Event {
    match what {
        Evidence::Kept { pack, picture } => Event::PictureKept { pack, picture },
        Evidence::NotKept { pack, why } => Event::PictureNotKept { pack, why },
        Evidence::Crowded(crowd) => Event::PicturesCrowded {
            through: crowd.through,
            pictures: crowd.pictures,
            bytes: crowd.bytes,
            except: crowd.except,
        },
    }
}

/// Numbers of pools, for the line.
pub fn numbers(supplied: Supplied) -> Event {
    Event::NumbersRead(NumbersRead {
        gtin: supplied.wanted.gtin,
        from: supplied.wanted.from,
        numbers: supplied.numbers,
    })
}

/// The line's levels for the PLC.
pub fn station_levels(levels: Levels, station_boot: u16) -> StationLevels {
    StationLevels {
        station_boot,
        heartbeat: levels.heartbeat,
        state: levels.state,
        stop_reason: levels.stop_reason,
        lamps: levels.lamps,
        echo_plc_boot: levels.echo_plc_boot,
    }
}

/// Every value of STOP_REASON but 0: its code, its name as a contract writes names, and what screens say then.
pub fn stop_reasons() -> Vec<(u16, String, &'static str)> {
    let told = |reason: StopReason| (reason.code(), snake(&format!("{reason:?}")), reason.text());
    StopReason::ALL.map(told).into()
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// An event of a lane's printer for the line; `None` for what the line does not need.
pub fn printer_event(lane: LaneNo, event: PrinterEvent) -> Option<Event> {
    let event = match event {
        PrinterEvent::Link(up) => LaneEvent::PrinterLink(up),
        PrinterEvent::Sent { ticket, bytes } => {
            let pack = PackNo(ticket);
            return Some(Event::JobSent { pack, bytes });
        }
        PrinterEvent::Refused { ticket, why } => {
            let (pack, why) = (PackNo(ticket), why.to_string());
            return Some(Event::JobRefused { pack, why });
        }
        PrinterEvent::Cleared => LaneEvent::PrinterCleared,
        PrinterEvent::Counted { labels, asked_at } => {
            LaneEvent::PrinterCounted(LabelCount { labels, asked_at })
        }
        PrinterEvent::Status(status) => LaneEvent::PrinterStatus(printer_health(status)),
        PrinterEvent::Fault(fault) if fault.severity() == Severity::Transient => {
            trouble(Device::Printer, &fault)
        }
        PrinterEvent::Fault(fault) => {
            LaneEvent::PrinterStatus(PrinterHealth::Hindered(text(&fault)))
        }
        PrinterEvent::Identified { .. } => return None,
    };
    Some(event.on(lane))
}

/// An event of the printer of containers' labels for the line; `None` for what the line does not need.
pub fn label_printer_event(event: PrinterEvent) -> Option<Event> {
    Some(Event::LabelPrinter(match event {
        PrinterEvent::Link(up) => LabelPrinterSays::Link(up),
        PrinterEvent::Cleared => LabelPrinterSays::Cleared,
        PrinterEvent::Status(status) => {
            let idle = matches!(&status, Known::Yes { value, .. } if value.outstanding == 0);
            match printer_health(status) {
                PrinterHealth::Ready if idle => LabelPrinterSays::Idle,
                health => LabelPrinterSays::Health(health),
            }
        }
        PrinterEvent::Refused { ticket, why } => LabelPrinterSays::Refused {
            record: ticket,
            why: why.to_string(),
        },
        PrinterEvent::Fault(fault) if fault.severity() == Severity::Transient => {
            LabelPrinterSays::Trouble(text(&fault))
        }
        PrinterEvent::Fault(fault) => {
            LabelPrinterSays::Health(PrinterHealth::Hindered(text(&fault)))
        }
        PrinterEvent::Sent { ticket, .. } => LabelPrinterSays::Sent { record: ticket },
        PrinterEvent::Identified { .. } | PrinterEvent::Counted { .. } => return None,
    }))
}

fn printer_health(status: Known<PrinterStatus>) -> PrinterHealth {
    match status {
        Known::Unknown { .. } => PrinterHealth::Unknown,
        Known::Yes { value, .. } if value.faults.is_empty() => PrinterHealth::Ready,
        Known::Yes { value, .. } => {
            let faults: Vec<String> = value.faults.iter().map(text).collect();
            PrinterHealth::Hindered(faults.join("; "))
        }
    }
}

fn text(fault: &Fault) -> String {
    fault.to_string()
}
