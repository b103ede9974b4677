//! Pictures that wait for their pack, held by the station on the line's behalf; and what a smart reader read, where one
//! stands in a camera's place.

use crate::line::FrameNo;
use crate::record::{LaneNo, PackNo};
use crate::vision::ReadText;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use vidimus_drivers::camera::{CameraEvent, Frame};

/// Most pictures held at once for a lane; the line drops them long before.
pub const FRAMES_HELD_MAX: usize = 96;
/// Most pictures on their way from the camera to the loop: the inbox counts messages, and pictures are big. One more is
/// lost by name, and its pack is rejected for want of a picture.
pub const FRAMES_COMING_MAX: usize = 64;

/// The way from the camera to the loop; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Doorway(Arc<AtomicUsize>);

impl Doorway {
    /// What the camera said, before it goes into the inbox.
    pub fn enter(&self, event: CameraEvent) -> CameraEvent {
        let CameraEvent::Frame(frame) = event else {
            return event;
        };
        if self.0.fetch_add(1, Ordering::AcqRel) < FRAMES_COMING_MAX {
            return CameraEvent::Frame(frame);
        }
        self.0.fetch_sub(1, Ordering::AcqRel);
        let why = format!("{FRAMES_COMING_MAX} pictures wait for the station already");
        CameraEvent::Lost {
            counter: frame.counter,
            why,
        }
    }

    /// The loop has taken a picture out of the inbox.
    pub fn taken(&self) {
        let before = self.0.fetch_sub(1, Ordering::AcqRel);
        assert!(before > 0, "only what entered is taken");
    }
}

/// What the eyes of a lane saw of one pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// A picture, to be looked at.
    Picture(Frame),
    /// What a smart reader read.
    Text(ReadText),
    /// A smart reader was triggered and read nothing.
    Nothing,
}

/// The pictures.
#[derive(Debug, Default)]
pub struct Frames {
    held: BTreeMap<FrameNo, (LaneNo, Sight)>,
    last: u64,
    /// Looked at; the line has not said yet whether they are kept.
    looked: BTreeMap<PackNo, Frame>,
}

impl Frames {
    /// Holds a picture, or what was read, of a lane under a new number. Over the limit that lane's oldest goes: its
    /// pack is rejected for want of a picture, and no other lane's.
    pub fn hold(&mut self, lane: LaneNo, sight: Sight) -> FrameNo {
        self.last += 1;
        let no = FrameNo(self.last);
        self.held.insert(no, (lane, sight));
        let of_lane = self.held.iter().filter(|(_, (of, _))| *of == lane);
        let own: Vec<FrameNo> = of_lane.map(|(no, _)| *no).collect();
        if own.len() > FRAMES_HELD_MAX {
            self.held.remove(&own[0]);
        }
        no
    }

    /// How many pictures are held, waiting and looked at.
    pub fn count(&self) -> usize {
        self.held.len() + self.looked.len()
    }

    /// Takes a picture, or what was read, out.
    pub fn take(&mut self, no: FrameNo) -> Option<Sight> {
        self.held.remove(&no).map(|(_, sight)| sight)
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

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tick;
    use vidimus_drivers::camera::PictureCoding;

    fn frame(counter: u64) -> Frame {
        Frame {
            counter: Some(counter),
            at: Tick(0),
            coding: PictureCoding::Png,
            body: Vec::new(),
        }
    }

    #[test]
    fn of_too_many_pictures_the_oldest_go() {
        let mut frames = Frames::default();
        let most = FRAMES_HELD_MAX as u64;
        let lane = LaneNo(2);
        for no in 1..=most + 5 {
            assert_eq!(frames.hold(lane, Sight::Picture(frame(no))), FrameNo(no));
            frames.hold_looked(PackNo(no), frame(no));
        }
        assert_eq!(frames.count(), 2 * FRAMES_HELD_MAX);
        // Another lane's go their own way.
        let other = frames.hold(LaneNo::FIRST, Sight::Nothing);
        assert_eq!(frames.take(other), Some(Sight::Nothing));
        for no in 1..=most + 5 {
            let held = (no > 5).then_some(());
            let picture = |frame: Option<Frame>| frame.map(Sight::Picture);
            let kept = held.map(|_| Sight::Picture(frame(no)));
            assert_eq!(frames.take(FrameNo(no)), kept);
            assert_eq!(picture(frames.take_looked(PackNo(no))), kept);
        }
        assert_eq!(frames.count(), 0);
    }

    #[test]
    fn a_picture_for_which_there_is_no_room_on_the_way_is_lost_by_name() {
        let door = Doorway::default();
        let pump = door.clone();
        for no in 0..FRAMES_COMING_MAX as u64 {
            assert!(matches!(
                pump.enter(CameraEvent::Frame(frame(no))),
                CameraEvent::Frame(_)
            ));
        }
        let one_more = pump.enter(CameraEvent::Frame(frame(99)));
        assert!(matches!(
            one_more,
            CameraEvent::Lost {
                counter: Some(99),
                ..
            }
        ));
        assert_eq!(pump.enter(CameraEvent::Link(true)), CameraEvent::Link(true));
        door.taken();
        assert!(matches!(
            pump.enter(CameraEvent::Frame(frame(100))),
            CameraEvent::Frame(_)
        ));
    }
}
