//! Watches the room on the disk of the store.

use crate::config::Config;
use crate::line::{DiskRoom, Event};
use std::time::{Duration, Instant};

/// How often the disk's free space is looked at.
const DISK_PAUSE: Duration = Duration::from_secs(10);

/// Watches the room on the disk.
pub(super) struct DiskWatch {
    dir: std::path::PathBuf,
    free_min_bytes: u64,
    next: Instant,
    room: Room,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    Low,
    TooLittle,
}

impl DiskWatch {
    /// Of this station's data folder.
    pub(super) fn new(config: &Config) -> DiskWatch {
        DiskWatch {
            dir: config.station.data_dir.clone(),
            free_min_bytes: config.limits.disk_min_free_mb * 1_000_000,
            next: Instant::now(),
            room: Room::Enough,
        }
    }

    /// What is new of it, looked at now and then.
    pub(super) fn look(&mut self) -> Option<Event> {
        if Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + DISK_PAUSE;
        let free = crate::store::free_bytes(&self.dir).ok()?;
        let now = match free {
            _ if free < self.free_min_bytes => Room::TooLittle,
            _ if free < self.free_min_bytes.saturating_mul(2) => Room::Low,
            _ => Room::Enough,
        };
        if now == std::mem::replace(&mut self.room, now) {
            return None;
        }
        let (free_mb, min_mb) = (free / 1_000_000, self.free_min_bytes / 1_000_000);
        let text = format!("{free_mb} MB left, stop at {min_mb} MB");
        Some(Event::Disk(match now {
            Room::Enough => DiskRoom::Enough,
            Room::Low => DiskRoom::Low(text),
            Room::TooLittle => DiskRoom::TooLittle(text),
        }))
    }
}
