//! What every printer has, whatever its language: media, sensors, labels that wait, and counts. PURE.

use std::{collections::VecDeque, sync::Arc};

use super::{Label, Trouble, Troubles};
use crate::Tick;

/// Most labels that wait, where nobody asks for fewer. At its depth a printer is full.
pub const QUEUE_MAX: usize = 200;
/// Longest side of a label in dots.
pub const LABEL_DOTS_MAX: u32 = 3600;

/// The media and the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// Dots per millimetre: 8, 12 or 24.
    pub dpmm: u32,
    /// Label width in mm.
    pub width_mm: u32,
    /// Label length in mm.
    pub length_mm: u32,
}

impl Default for Media {
    fn default() -> Media {
        Media {
            dpmm: 12,
            width_mm: 50,
            length_mm: 30,
        }
    }
}

impl Media {
    /// Width and length in dots.
    #[must_use]
    pub fn dots(self) -> (u32, u32) {
        (self.width_mm * self.dpmm, self.length_mm * self.dpmm)
    }
}

/// What keeps a printer from printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a sensor of its own, as in the status words"
)]
pub struct Hindrance {
    /// No labels left.
    pub media_out: bool,
    /// No ribbon or ink left.
    pub ribbon_out: bool,
    /// The head is open.
    pub head_open: bool,
    /// Paused by command or key.
    pub paused: bool,
}

impl Hindrance {
    /// Somebody must go there: media, ribbon or head. `~HS` is not answered in these.
    #[must_use]
    pub fn silences_status(self) -> bool {
        self.media_out || self.ribbon_out || self.head_open
    }

    /// Anything at all.
    #[must_use]
    pub fn any(self) -> bool {
        self.silences_status() || self.paused
    }
}

/// One label that waits to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The label.
    pub label: Arc<Label>,
    /// What its language calls it: a job id, a number; empty where it has no name.
    pub name: Arc<[u8]>,
}

impl Job {
    /// A label without a name.
    #[must_use]
    pub fn nameless(label: Label) -> Job {
        Job {
            label: Arc::new(label),
            name: Arc::from([]),
        }
    }
}

/// The machine itself.
#[derive(Debug)]
pub struct Press {
    /// Media and head.
    pub media: Media,
    /// What hinders it.
    pub hindrance: Hindrance,
    /// Labels that wait for START PRINT, the next one first.
    pub waiting: VecDeque<Job>,
    /// The label printed last.
    pub last_printed: Option<Job>,
    /// Until then a label is under the head.
    pub busy_until: Tick,
    /// Labels printed in its life.
    pub odometer: u64,
    /// Jobs that print, received since it was switched on.
    pub received: u64,
    /// What is wrong with it.
    pub troubles: Troubles,
    depth: usize,
}

impl Press {
    /// A machine that was just switched on and holds at most `depth` labels.
    #[must_use]
    pub fn new(media: Media, depth: usize) -> Press {
        Press {
            media,
            hindrance: Hindrance::default(),
            waiting: VecDeque::new(),
            last_printed: None,
            busy_until: Tick::default(),
            odometer: 0,
            received: 0,
            troubles: Troubles::default(),
            depth: depth.clamp(1, QUEUE_MAX),
        }
    }

    /// Most labels that wait, now.
    #[must_use]
    pub fn depth(&self) -> usize {
        let shallow = self.troubles.value(Trouble::BufferFull);
        shallow.map_or(self.depth, |depth| {
            usize::try_from(depth).unwrap_or(QUEUE_MAX).min(self.depth)
        })
    }

    /// Labels that still fit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.depth().saturating_sub(self.waiting.len())
    }

    /// A job came in whole: as many copies wait as there is room for, unless it refuses all; gives how many.
    pub fn take(&mut self, job: Job, copies: u32) -> usize {
        if self.troubles.has(Trouble::NakAlways) {
            return 0;
        }
        self.received += 1;
        let room = self.room();
        let copies = usize::try_from(copies).unwrap_or(room).min(room);
        self.waiting.extend(std::iter::repeat_n(job, copies));
        copies
    }

    /// `true` while a label is under the head.
    #[must_use]
    pub fn busy(&self, now: Tick) -> bool {
        now < self.busy_until
    }
}
