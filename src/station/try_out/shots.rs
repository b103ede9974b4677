//! What was seen in test pictures, for screens.

use crate::wire::look::{ShotSeen, ShotsSight};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::pump::Clock;

/// Of so many pictures it is remembered whether a symbol was read.
const REMEMBERED: usize = 20;

/// So long after the last look nobody counts as looking any more.
const WATCHED: Duration = Duration::from_secs(5);

/// What was seen with each camera, by its name in a view; clones share it.
#[derive(Clone)]
pub struct Shots {
    clock: Clock,
    cameras: Arc<Mutex<BTreeMap<String, Camera>>>,
}

#[derive(Default)]
struct Camera {
    fired_by_station: bool,
    until: Option<Tick>,
    /// When somebody looked last.
    watched: Option<Tick>,
    read: VecDeque<bool>,
    last: Option<ShotSeen>,
}

impl Shots {
    /// Nothing yet of these cameras, each with whether the station fires it.
    pub fn new(clock: Clock, cameras: impl IntoIterator<Item = (String, bool)>) -> Shots {
        let camera = |(name, fired_by_station)| {
            let camera = Camera {
                fired_by_station,
                ..Camera::default()
            };
            (name, camera)
        };
        Shots {
            clock,
            cameras: Arc::new(Mutex::new(cameras.into_iter().map(camera).collect())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Camera>> {
        // Only for screens.
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now until then what this camera sees is for people; what was seen before is forgotten.
    pub(super) fn open(&self, device: &str, until: Tick) {
        if let Some(camera) = self.lock().get_mut(device) {
            camera.until = Some(until);
            camera.read.clear();
        }
    }

    pub(super) fn close(&self, device: &str) {
        if let Some(camera) = self.lock().get_mut(device) {
            camera.until = None;
        }
    }

    /// Somebody looks at what this camera sees of packs.
    pub(super) fn is_watched(&self, device: &str) -> bool {
        let now = self.clock.now();
        let lately = |at: Tick| now.since(at) < WATCHED;
        let cameras = self.lock();
        let camera = cameras.get(device);
        camera.is_some_and(|camera| camera.until.is_none() && camera.watched.is_some_and(lately))
    }

    /// A picture was looked at.
    pub(super) fn seen(&self, device: &str, shot: ShotSeen) {
        let mut cameras = self.lock();
        let Some(camera) = cameras.get_mut(device) else {
            return;
        };
        if camera.read.len() == REMEMBERED {
            camera.read.pop_front();
        }
        camera.read.push_back(shot.read);
        let no = camera.last.as_ref().map_or(0, |last| last.no) + 1;
        camera.last = Some(ShotSeen { no, ..shot });
    }

    /// What there is to see.
    ///
    /// # Errors
    /// There is no such camera; a sentence.
    pub fn look(&self, device: &str) -> Result<ShotsSight, String> {
        let (now, utc_ms) = (self.clock.now(), crate::station::utc_ms());
        let mut cameras = self.lock();
        let Some(camera) = cameras.get_mut(device) else {
            let names: Vec<&str> = cameras.keys().map(String::as_str).collect();
            return Err(format!(
                "Nothing of this name looks at packs: there are {}.",
                names.join(", ")
            ));
        };
        camera.watched = Some(now);
        let left = camera.until.map(|until| until.since(now).as_millis());
        let left = left.filter(|left| *left > 0);
        let left = left.map(|left| i64::try_from(left).unwrap_or(i64::MAX));
        Ok(ShotsSight {
            device: device.to_owned(),
            fired_by_station: camera.fired_by_station,
            until_utc_ms: left.map(|left| utc_ms.saturating_add(left)),
            read: camera.read.iter().copied().collect(),
            last: camera.last.clone(),
        })
    }
}
