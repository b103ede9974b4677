//! What each device's session is told by the station file: the same for pumps and for simulated links. PURE.

use crate::config::{Camera, Counter, LabelPrinter, Plc, Printer};
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::address::HttpAddress;
use vidimus_drivers::address::{Address, DESCRIBED, LinkAddress};
use vidimus_drivers::camera::http::StreamConfig;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::PlcConfig;
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::session::PrinterConfig;
use vidimus_drivers::printer::{Speech, language};

/// Most print jobs between two status answers of the printer. The line itself keeps the queue short, by END PRINT; many
/// short jobs may go through between two answers.
pub const JOBS_BETWEEN_STATUS_MAX: u32 = 1024;

/// The printer's session.
pub fn printer(printer: &Printer) -> PrinterConfig {
    PrinterConfig {
        dpmm: Some(printer.dpmm as u16),
        model: printer.model.clone(),
        poll_ms: printer.status_poll_ms,
        jobs_outstanding_max: JOBS_BETWEEN_STATUS_MAX,
        alerts: is_serial(&printer.address),
        ..PrinterConfig::default()
    }
}

/// The session of the printer of containers' labels.
pub fn label_printer(printer: &LabelPrinter) -> PrinterConfig {
    PrinterConfig {
        dpmm: Some(printer.dpmm),
        ..PrinterConfig::default()
    }
}

/// The language that is spoken with the printer at this address; `description` is the text that describes it, where the
/// address says so.
///
/// # Errors
/// It is no printer's address, or the description has mistakes, as sentences.
pub fn speech(address: &str, description: Option<&str>) -> Result<Speech, String> {
    match address.parse() {
        Ok(Address::Printer {
            language: DESCRIBED,
            ..
        }) => {
            let text = description.ok_or("No file describes the printer's language.")?;
            described(text)
        }
        Ok(Address::Printer {
            language: scheme, ..
        }) => {
            let spoken = language(scheme).expect("an address has a language of the table");
            Ok(spoken.speech())
        }
        Ok(_) => Err(format!("{address} is no printer's address.")),
        Err(error) => Err(error.to_string()),
    }
}

/// A language that this text describes.
///
/// # Errors
/// Its mistakes, a line each.
pub fn described(text: &str) -> Result<Speech, String> {
    let description = Description::parse(text).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    Ok(Speech {
        scheme: DESCRIBED.to_owned(),
        name: description.name().to_owned(),
        stores_formats: true,
        language: Box::new(Described::new(description)),
    })
}

/// Nobody else speaks on the printer's link: it may say of its own accord what happened.
fn is_serial(address: &str) -> bool {
    let address = address.parse();
    matches!(
        address,
        Ok(Address::Printer {
            link: LinkAddress::Serial(_),
            ..
        })
    )
}

/// The PLC's session of the station with this STATION_BOOT; `map` says where its registers lie, `None` as contract 1.0
/// does.
pub fn plc(plc: &Plc, map: Option<Arc<Map>>, station_boot: u16) -> PlcConfig {
    let character = match plc.address.parse() {
        Ok(Address::Modbus(at)) => at.link.character(),
        _ => Duration::ZERO,
    };
    PlcConfig {
        map,
        character,
        cycle_ms: plc.cycle_ms,
        station_boot: Some(station_boot),
        ..PlcConfig::default()
    }
}

/// Whether the camera at this address takes a picture only when the station orders one.
pub fn fires_by_software(address: &str) -> bool {
    let Ok(Address::Gige(camera)) = address.parse() else {
        return false;
    };
    camera
        .settings
        .trigger
        .is_some_and(|trigger| trigger.is_software())
}

/// The session of a camera that streams from there.
pub fn stream(camera: &Camera, at: HttpAddress) -> StreamConfig {
    let mut stream = StreamConfig::new(at);
    if let Counter::Header(name) = &camera.counter {
        stream.counter_header.clone_from(name);
    }
    stream
}
