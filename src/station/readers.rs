//! A smart reader in a camera's place: what it says in the line's words, and what a text means for its pack. PURE.
//!
//! A read is held like a picture and matched to its pack in the same way: by the reader's own counter, or by time where
//! only one pack can be meant. That the reader read nothing is told with its counter too, and is its pack's. Once
//! matched, a text is judged at once by what was printed on that pack: no worker is needed for that.
//!
//! Texts need no doorway of their own: a reader whose texts never end, or of which there are more than a line has
//! packs, is dropped by its session.

use super::frames::{Frames, Sight};
use super::translate::trouble;
use crate::line::{Device, Event, LaneEvent};
use crate::record::{LaneNo, PackNo};
use crate::vision::{Expectation, ReadText, verify_text};
use vidimus_drivers::Known;
use vidimus_drivers::reader::ReaderEvent;

/// What the line must know of that; what was read is held for it.
pub fn heard(frames: &mut Frames, lane: LaneNo, event: ReaderEvent) -> Option<LaneEvent> {
    match event {
        ReaderEvent::Link(up) => Some(LaneEvent::CameraLink(up)),
        // What is asked and does not answer cannot be said to look at packs.
        ReaderEvent::Alive(known) => {
            Some(LaneEvent::CameraLink(matches!(known, Known::Yes { .. })))
        }
        ReaderEvent::Read(scan) => {
            let read = ReadText {
                symbology: scan.symbology.map(|id| id.to_string()),
                content: scan.text,
            };
            Some(LaneEvent::Pictured {
                counter: scan.counter,
                frame: frames.hold(lane, Sight::Text(read)),
            })
        }
        ReaderEvent::NoRead { counter, .. } => Some(LaneEvent::Pictured {
            counter,
            frame: frames.hold(lane, Sight::Nothing),
        }),
        ReaderEvent::Warning(what) => Some(LaneEvent::CameraWarning(what)),
        ReaderEvent::Fault(fault) => Some(trouble(Device::Camera, &fault)),
        ReaderEvent::Identified { .. } => None,
    }
}

/// What was read on this pack, if anything was, judged by what was printed on it.
pub fn judged(pack: PackNo, read: Option<&ReadText>, expectation: &Expectation) -> Event {
    Event::Verified {
        pack,
        verdict: verify_text(read, expectation),
        // A comparison of two texts: nothing that is worth a figure.
        took_us: 0,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{Outcome, Tick};
    use vidimus_drivers::Fault;
    use vidimus_drivers::reader::{Scan, SymbologyId};

    #[test]
    fn what_is_read_and_what_is_not_are_held_with_their_counters() {
        let mut frames = Frames::default();
        let (symbology, _) = SymbologyId::split(b"]d201").expect("an identifier");
        let scan = Scan {
            counter: Some(7),
            at: Tick(0),
            symbology: Some(symbology),
            text: b"0109506000134352".to_vec(),
        };
        let mut pictured = |event| match heard(&mut frames, LaneNo::FIRST, event) {
            Some(LaneEvent::Pictured { counter, frame }) => (counter, frames.take(frame)),
            other => panic!("{other:?}"),
        };
        let (counter, sight) = pictured(ReaderEvent::Read(scan));
        let read = ReadText {
            symbology: Some("]d2".to_owned()),
            content: b"0109506000134352".to_vec(),
        };
        assert_eq!((counter, sight), (Some(7), Some(Sight::Text(read))));
        let (counter, at) = (Some(8), Tick(0));
        let nothing = pictured(ReaderEvent::NoRead { counter, at });
        assert_eq!(nothing, (Some(8), Some(Sight::Nothing)));
        let judged = judged(PackNo(1), None, &Expectation::default());
        assert!(
            matches!(judged, Event::Verified { verdict, .. } if verdict.outcome == Outcome::NotDecodable)
        );
    }

    #[test]
    fn a_reader_that_does_not_answer_is_away() {
        let mut frames = Frames::default();
        let mut link = |event| match heard(&mut frames, LaneNo::FIRST, event) {
            Some(LaneEvent::CameraLink(up)) => Some(up),
            _ => None,
        };
        let (value, at, since) = ((), Tick(1), Tick(1));
        assert_eq!(link(ReaderEvent::Link(true)), Some(true));
        assert_eq!(
            link(ReaderEvent::Alive(Known::Unknown { since })),
            Some(false)
        );
        assert_eq!(
            link(ReaderEvent::Alive(Known::Yes { value, at })),
            Some(true)
        );
        assert_eq!(link(ReaderEvent::Link(false)), Some(false));
        let fault = Fault::LinkDown("pulled".into());
        assert_eq!(link(ReaderEvent::Fault(fault)), None);
    }
}
