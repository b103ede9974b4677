//! Test pictures: while a camera is tried out, what it sees is for people and never reaches the line.
//!
//! ```text
//! order on disk ─▶ window opens ─▶ camera is fired, once or again and again ─▶ picture ─▶ eye ─▶ shots ◀── screens
//! ```
//!
//! The line has given the lane over before (`line/devices.rs`): the belt stands, and everything is put in step again
//! when the window is closed. A picture that is kept from the line proves nothing and lets nothing pass.

mod eye;
mod shots;

use super::StationError;
use super::desk::Heard;
use super::exchanges::Exchanges;
use super::frames::Sight;
use super::shown::Symbol;
use super::workers::Looked;
use crate::config::Config;
use crate::line::TRY_WAIT;
use crate::record::{DeviceOrder, LaneNo, Tick};
use crate::vision::{ReadText, Setup};
use crate::wire::look::ShotSeen;
use eye::{Eyes, Job};
use std::collections::BTreeMap;
use std::time::Duration;
use vidimus_drivers::camera::CameraEvent;
use vidimus_drivers::pump::Clock;
use vidimus_drivers::reader::ReaderEvent;

pub use shots::Shots;

/// Pause between two pictures while a camera is set up.
const AGAIN: Duration = Duration::from_millis(300);

/// A camera that is tried out.
struct Window {
    device: String,
    until: Tick,
    /// One picture, or one after the other.
    once: bool,
    fire_at: Tick,
}

/// Cameras that are tried out.
pub struct TryOut {
    clock: Clock,
    windows: BTreeMap<LaneNo, Window>,
    eyes: Eyes,
    shots: Shots,
}

impl TryOut {
    /// None is; what they will see goes to `shots`, and what was ordered once among the exchanges.
    ///
    /// # Errors
    /// There is no thread.
    pub fn start(
        config: &Config,
        clock: Clock,
        (exchanges, shots): (Exchanges, Shots),
    ) -> Result<TryOut, StationError> {
        let lanes = config.lanes();
        let setups: Vec<Setup> = lanes.iter().map(|lane| lane.eyes.setup()).collect();
        let eyes = Eyes::start(setups, shots.clone(), exchanges);
        let eyes = eyes.map_err(|error| StationError::Io {
            what: "The reader of test pictures cannot start".into(),
            error,
        })?;
        Ok(TryOut {
            clock,
            windows: BTreeMap::new(),
            eyes,
            shots,
        })
    }

    /// An order to try the eyes of this lane out is on disk.
    pub fn begin(&mut self, lane: LaneNo, device: &str, order: DeviceOrder) {
        let now = self.clock.now();
        let (wait, once) = match order {
            DeviceOrder::SetUp { seconds } => (Duration::from_secs(seconds.into()), false),
            _ => (TRY_WAIT, true),
        };
        self.windows.insert(
            lane,
            Window {
                device: device.to_owned(),
                until: now + wait,
                once,
                fire_at: now,
            },
        );
        self.shots.open(device, now + wait);
    }

    /// The station fires this camera.
    pub fn fired_by_station(&self, device: &str) -> bool {
        let seen = self.shots.look(device);
        seen.is_ok_and(|seen| seen.fired_by_station)
    }

    /// Closes what is over; the lanes whose cameras are to be fired now.
    pub fn due(&mut self) -> Vec<LaneNo> {
        let now = self.clock.now();
        let shots = &self.shots;
        self.windows.retain(|_, window| {
            let open = now < window.until;
            if !open {
                shots.close(&window.device);
            }
            open
        });
        let mut due = Vec::new();
        for (lane, window) in &mut self.windows {
            if now >= window.fire_at {
                window.fire_at = match window.once {
                    true => window.until,
                    false => now + AGAIN,
                };
                due.push(*lane);
            }
        }
        due
    }

    /// The picture of a pack was looked at; whoever watches this camera sees it, with the symbol that `symbol` finds.
    pub fn looked(&self, device: &str, looked: &Looked, symbol: impl FnOnce() -> Option<Symbol>) {
        if !self.shots.is_watched(device) {
            return;
        }
        let verdict = &looked.verdict;
        let scan = verdict.seen.as_ref().and_then(|seen| seen.scan.as_deref());
        let outcome = verdict.outcome.name().replace('_', " ");
        let symbol = symbol();
        let shot = ShotSeen {
            utc_ms: super::utc_ms(),
            bytes: looked.frame.body.len() as u64,
            said: format!("Pack {}: {outcome}.", looked.pack.0),
            read: verdict.seen.is_some(),
            content: scan.map(eye::content),
            grades: verdict.grades,
            looks_like: verdict.looks_like.map(|cause| cause.to_string()),
            place: symbol.as_ref().and_then(|symbol| symbol.place),
            modules: symbol.map(|symbol| symbol.modules),
            ..ShotSeen::default()
        };
        self.shots.seen(device, shot);
    }

    /// What a device said, unless it is for people.
    pub fn keep_back(&mut self, heard: Heard) -> Option<Heard> {
        let lane = match &heard {
            Heard::Camera(lane, CameraEvent::Frame(_))
            | Heard::Reader(lane, ReaderEvent::Read(_) | ReaderEvent::NoRead { .. }) => *lane,
            _ => return Some(heard),
        };
        let now = self.clock.now();
        let Some(window) = self.windows.get(&lane).filter(|window| now < window.until) else {
            return Some(heard);
        };
        let sight = match heard {
            Heard::Camera(_, CameraEvent::Frame(frame)) => Sight::Picture(frame),
            Heard::Reader(_, ReaderEvent::Read(scan)) => Sight::Text(ReadText {
                symbology: scan.symbology.map(|id| id.to_string()),
                content: scan.text,
            }),
            _ => Sight::Nothing,
        };
        self.eyes.look(Job {
            lane,
            device: window.device.clone(),
            sight,
            told: window.once,
        });
        if window.once
            && let Some(window) = self.windows.remove(&lane)
        {
            self.shots.close(&window.device);
        }
        None
    }
}
