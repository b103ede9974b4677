//! Answers that come in frames: what stands between STX and ETX, single bytes that say yes or no, and what stands
//! between them. PURE.

use super::zpl::replies::FRAME_MAX;

pub(super) const STX: u8 = 0x02;
pub(super) const ETX: u8 = 0x03;
pub(super) const ENQ: u8 = 0x05;
pub(super) const ACK: u8 = 0x06;
pub(super) const NAK: u8 = 0x15;

/// Bytes of a garbled answer that are kept for its fault.
const SNIPPET: usize = 48;

/// One thing that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// What stood between STX and ETX.
    Frame(Vec<u8>),
    /// The byte 06h outside of frames.
    Ack,
    /// The byte 15h outside of frames.
    Nak,
    /// Anything else, up to the end of a line or the next frame.
    Stray(Vec<u8>),
}

/// Takes bytes in any pieces and finds frames in them. What is kept of an unfinished one is bounded.
#[derive(Debug)]
pub(super) struct Frames {
    frame: Option<Vec<u8>>,
    stray: Vec<u8>,
    /// ACK and NAK mean something; inside a frame they show that its end was lost.
    acknowledges: bool,
    /// Control characters between frames that mean nothing.
    ignored: &'static [u8],
}

impl Frames {
    /// Of a language without single bytes of its own.
    pub fn new() -> Frames {
        Frames {
            frame: None,
            stray: Vec::new(),
            acknowledges: false,
            ignored: &[],
        }
    }

    /// Of a language that says ACK and NAK, with other control characters that mean nothing.
    pub fn acknowledging(ignored: &'static [u8]) -> Frames {
        Frames {
            acknowledges: true,
            ignored,
            ..Frames::new()
        }
    }

    /// Half an answer is forgotten.
    pub fn forget(&mut self) {
        self.frame = None;
        self.stray.clear();
    }

    /// Takes bytes as they come; what is complete is appended to `heard`.
    pub fn push(&mut self, bytes: &[u8], heard: &mut Vec<Heard>) {
        for byte in bytes {
            self.take(*byte, heard);
        }
    }

    fn take(&mut self, byte: u8, heard: &mut Vec<Heard>) {
        match (byte, &mut self.frame) {
            (STX, _) => {
                self.end_stray(heard);
                // A frame that never ended was half an answer.
                self.frame = Some(Vec::new());
            }
            (ETX, Some(_)) => heard.push(Heard::Frame(self.frame.take().unwrap_or_default())),
            (ACK | NAK, _) if self.acknowledges => {
                self.frame = None;
                self.end_stray(heard);
                heard.push(if byte == ACK { Heard::Ack } else { Heard::Nak });
            }
            (byte, Some(frame)) if frame.len() < FRAME_MAX => frame.push(byte),
            (_, Some(_)) => heard.push(Heard::Stray(self.frame.take().unwrap_or_default())),
            (b'\r' | b'\n', None) => self.end_stray(heard),
            (byte, None) if self.ignored.contains(&byte) => {}
            (byte, None) => {
                self.stray.push(byte);
                if self.stray.len() >= FRAME_MAX {
                    self.end_stray(heard);
                }
            }
        }
    }

    fn end_stray(&mut self, heard: &mut Vec<Heard>) {
        let stray = std::mem::take(&mut self.stray);
        if !stray.iter().all(u8::is_ascii_whitespace) {
            heard.push(Heard::Stray(stray));
        }
    }
}

/// The first bytes, printable, for a fault.
pub(super) fn snippet(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SNIPPET)];
    shown.escape_ascii().to_string()
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn heard(mut frames: Frames, pieces: &[&[u8]]) -> Vec<Heard> {
        let mut heard = Vec::new();
        for piece in pieces {
            frames.push(piece, &mut heard);
        }
        heard
    }

    #[test]
    fn frames_and_single_bytes_are_told_from_what_stands_between() {
        let frame = |bytes: &[u8]| Heard::Frame(bytes.to_vec());
        let stray = |bytes: &[u8]| Heard::Stray(bytes.to_vec());
        let bytes: &[u8] = b"\x02half\x02AB\x03\r\nnoise\r\n\x06\x02\x03x\x02CD\x03";
        assert_eq!(
            heard(Frames::new(), &[bytes]),
            [
                frame(b"AB"),
                stray(b"noise"),
                stray(b"\x06"),
                frame(b""),
                stray(b"x"),
                frame(b"CD")
            ]
        );
        // The end of a frame was lost; what acknowledges says so.
        let bytes: &[u8] = b"\x02  A00\x06\x00\x00\x15\x05\x02AB\x03";
        assert_eq!(
            heard(Frames::acknowledging(b"\x00\x05"), &[bytes]),
            [Heard::Ack, Heard::Nak, frame(b"AB")]
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut frames = Frames::new();
        let mut all = Vec::new();
        frames.push(b"\x02", &mut all);
        frames.push(&vec![b'y'; 10 * FRAME_MAX], &mut all);
        assert_eq!(
            all.len(),
            9,
            "a frame without its end, and eight pieces of garbage"
        );
        assert!(frames.stray.len() < FRAME_MAX && frames.frame.is_none());
        frames.push(b"\x02AB\x03", &mut all);
        assert_eq!(all.last(), Some(&Heard::Frame(b"AB".to_vec())));
    }

    proptest! {
        #[test]
        fn any_split_is_heard_the_same(
            bytes in prop::collection::vec(
                prop_oneof![Just(STX), Just(ETX), Just(ACK), Just(b'\r'), any::<u8>()],
                0..80,
            ),
            cut in 0usize..80,
        ) {
            let cut = cut.min(bytes.len());
            let whole = heard(Frames::acknowledging(b"\x05"), &[&bytes]);
            let split = heard(Frames::acknowledging(b"\x05"), &[&bytes[..cut], &bytes[cut..]]);
            prop_assert_eq!(whole, split);
        }
    }
}
