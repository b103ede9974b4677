//! Pictures that wait for their pack, held by the station on the line's behalf.

use crate::line::FrameNo;
use crate::record::PackNo;
use std::collections::BTreeMap;
use vidimus_drivers::camera::Frame;

/// Most pictures held at once; the line drops them long before.
pub const FRAMES_HELD_MAX: usize = 96;

/// The pictures.
#[derive(Debug, Default)]
pub struct Frames {
    held: BTreeMap<FrameNo, Frame>,
    last: u64,
    /// Looked at; the line has not said yet whether they are kept.
    looked: BTreeMap<PackNo, Frame>,
}

impl Frames {
    /// Holds a picture under a new number. Over the limit the oldest goes: its pack is rejected for want of a
    /// picture.
    pub fn hold(&mut self, frame: Frame) -> FrameNo {
        self.last += 1;
        let no = FrameNo(self.last);
        self.held.insert(no, frame);
        if self.held.len() > FRAMES_HELD_MAX {
            self.held.pop_first();
        }
        no
    }

    /// How many pictures are held, waiting and looked at.
    pub fn count(&self) -> usize {
        self.held.len() + self.looked.len()
    }

    /// Takes a picture out.
    pub fn take(&mut self, no: FrameNo) -> Option<Frame> {
        self.held.remove(&no)
    }

    /// Holds the picture of a pack that was looked at until the line says what becomes of it. Over the limit the
    /// oldest goes and is not kept.
    pub fn hold_looked(&mut self, pack: PackNo, frame: Frame) {
        self.looked.insert(pack, frame);
        if self.looked.len() > FRAMES_HELD_MAX {
            self.looked.pop_first();
        }
    }

    /// Takes the picture of a pack that was looked at.
    pub fn take_looked(&mut self, pack: PackNo) -> Option<Frame> {
        self.looked.remove(&pack)
    }
}
