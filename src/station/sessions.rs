//! What each device's session is told by the station file: the same for pumps and for simulated links. PURE.

use crate::config::{Config, Counter, LabelPrinter};
use vidimus_drivers::address::HttpAddress;
use vidimus_drivers::camera::http::StreamConfig;
use vidimus_drivers::plc::session::PlcConfig;
use vidimus_drivers::printer::zpl::ZplConfig;

/// Most print jobs between two status answers of the printer. The line itself keeps the queue short, by END PRINT; many
/// short jobs may go through between two answers.
pub const JOBS_BETWEEN_STATUS_MAX: u32 = 1024;

/// The printer's session.
pub fn printer(config: &Config) -> ZplConfig {
    let printer = &config.printers[0];
    ZplConfig {
        dpmm: Some(printer.dpmm as u16),
        poll_ms: printer.status_poll_ms,
        jobs_outstanding_max: JOBS_BETWEEN_STATUS_MAX,
        ..ZplConfig::default()
    }
}

/// The session of the printer of containers' labels.
pub fn label_printer(printer: &LabelPrinter) -> ZplConfig {
    ZplConfig {
        dpmm: Some(printer.dpmm),
        ..ZplConfig::default()
    }
}

/// The PLC's session.
pub fn plc(config: &Config) -> PlcConfig {
    PlcConfig {
        cycle_ms: config.plcs[0].cycle_ms,
        ..PlcConfig::default()
    }
}

/// The session of a camera that streams from there.
pub fn stream(config: &Config, at: HttpAddress) -> StreamConfig {
    let mut stream = StreamConfig::new(at);
    if let Counter::Header(name) = &config.cameras[0].counter {
        stream.counter_header.clone_from(name);
    }
    stream
}
