//! Contract tests: every session against scripted devices that misbehave, and every trap of the
//! links for real.

#![expect(
    clippy::duplicate_mod,
    reason = "the PLC's tests run with a second register map"
)]

#[path = "contract/coder_peer.rs"]
mod coder_peer;
#[path = "contract/device.rs"]
mod device;
#[path = "contract/dpl_peer.rs"]
mod dpl_peer;
#[path = "contract/foreign_plc.rs"]
mod foreign_plc;
#[path = "contract/gige.rs"]
mod gige;
#[path = "contract/gige_peer.rs"]
mod gige_peer;
#[path = "contract/gige_transcripts.rs"]
mod gige_transcripts;
#[path = "contract/hitachi_peer.rs"]
mod hitachi_peer;
#[path = "contract/limits.rs"]
mod limits;
#[path = "contract/modbus.rs"]
mod modbus;
#[path = "contract/others.rs"]
mod others;
#[path = "contract/plc.rs"]
mod plc;
#[path = "contract/plc.rs"]
mod plc_input_map;
#[path = "contract/plc.rs"]
mod plc_other_map;
#[path = "contract/plc_peer.rs"]
mod plc_peer;
#[path = "contract/printers.rs"]
mod printers;
#[path = "contract/reader_peer.rs"]
mod reader_peer;
#[path = "contract/reader_transcripts.rs"]
mod reader_transcripts;
#[path = "contract/readers.rs"]
mod readers;
#[path = "contract/rtu.rs"]
mod rtu;
#[path = "contract/sbpl_peer.rs"]
mod sbpl_peer;
#[path = "contract/serial.rs"]
mod serial;
#[path = "contract/stream.rs"]
mod stream;
#[path = "contract/tongues.rs"]
mod tongues;
#[path = "contract/transcripts.rs"]
mod transcripts;
#[path = "contract/tspl_peer.rs"]
mod tspl_peer;
#[path = "contract/two_stations.rs"]
mod two_stations;
#[path = "contract/v4l2.rs"]
mod v4l2;
#[path = "contract/zpl_peer.rs"]
mod zpl_peer;

use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Longest wait for anything that happens for real.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes events until one fits; everything taken comes back, the fitting one last.
fn wait_for<E: std::fmt::Debug>(events: &mpsc::Receiver<E>, fits: impl Fn(&E) -> bool) -> Vec<E> {
    let end = Instant::now() + PATIENCE;
    let mut taken = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(event) => {
                let done = fits(&event);
                taken.push(event);
                if done {
                    return taken;
                }
            }
            Err(_) => panic!("what was waited for did not come; came: {taken:?}"),
        }
    }
}
