//! What a TSPL printer says: the answer to `<ESC>!S`, STX, four bytes from 40h to 7Fh, ETX, CR, LF. PURE.
//!
//! Source: TSC's programming manual, "`<ESC>!S`". The first byte is one of ten messages; of the other three every bit
//! over 40h is a warning or an error of its own.

use super::super::frames::snippet;
use super::super::language::{Queue, Reply, Told};
use crate::Fault;

/// What a message says of the queue, and what hinders.
fn message(byte: u8) -> (Queue, Option<Fault>) {
    let device = |text: &str| Some(Fault::Device(text.to_owned()));
    match byte {
        b'@' => (Queue::Idle, None),
        // Pause: what waited before it waits on.
        b'`' => (Queue::Busy, Some(Fault::Paused)),
        // Backfeed, cut, form feed, printing a batch, imaging; a label waits to be taken.
        b'B' | b'C' | b'F' | b'P' | b'W' | b'L' => (Queue::Busy, None),
        b'K' => (Queue::Busy, device("it waits for its print key")),
        // Which error, the bytes behind it say.
        b'E' => (Queue::Busy, None),
        other => {
            let text = format!("its status has the unknown message {:?}", char::from(other));
            (Queue::Busy, Some(Fault::Device(text)))
        }
    }
}

/// A bit and what it means.
type Bit = (u8, fn() -> Fault);

/// One byte of bits over 40h.
struct Bits {
    name: &'static str,
    known: &'static [Bit],
}

const WARNINGS: Bits = Bits {
    name: "warning",
    known: &[(0x08, || Fault::Busy)],
};

const ERRORS: Bits = Bits {
    name: "error",
    known: &[
        (0x01, || Fault::Device("its head is too hot".into())),
        (0x02, || Fault::Device("its motor is too hot".into())),
        (0x08, || Fault::Device("its cutter is jammed".into())),
        (0x10, || Fault::Device("its memory is full".into())),
    ],
};

const MEDIA_ERRORS: Bits = Bits {
    name: "media error",
    known: &[
        (0x01, || Fault::MediaOut),
        (0x02, || Fault::Device("its paper is jammed".into())),
        (0x04, || Fault::RibbonOrInkOut),
        (0x08, || Fault::Device("its ribbon is jammed".into())),
        (0x20, || Fault::HeadOpen),
    ],
};

impl Bits {
    fn faults(&self, byte: u8, faults: &mut Vec<Fault>) {
        let mut rest = byte & 0x3f;
        for (bit, fault) in self.known {
            if rest & bit != 0 {
                faults.push(fault());
                rest &= !bit;
            }
        }
        if rest != 0 {
            let name = self.name;
            faults.push(Fault::Device(format!(
                "it reports the unknown {name} bits {rest:02X}h"
            )));
        }
    }
}

/// What a frame says.
pub(super) fn told(frame: &[u8]) -> Reply {
    let [first, warnings, errors, media] = frame else {
        return Reply::Garbled(snippet(frame));
    };
    if !frame.iter().all(|byte| (0x40..0x80).contains(byte)) {
        return Reply::Garbled(snippet(frame));
    }
    let (queue, hindered) = message(*first);
    let mut faults: Vec<Fault> = hindered.into_iter().collect();
    WARNINGS.faults(*warnings, &mut faults);
    ERRORS.faults(*errors, &mut faults);
    MEDIA_ERRORS.faults(*media, &mut faults);
    if *first == b'E' && faults.is_empty() {
        faults.push(Fault::Device(
            "it reports an error without saying which".into(),
        ));
    }
    Reply::Status(Told { queue, faults })
}

#[cfg(test)]
mod test {
    use super::super::super::samples::{self, assert_garbled, status};
    use super::super::Tspl;
    use super::*;
    use proptest::prelude::*;

    fn heard(pieces: &[&[u8]]) -> Vec<Reply> {
        samples::heard(Tspl::new(), pieces)
    }

    #[test]
    fn every_row_of_the_manuals_table_is_told() {
        let device = |text: &str| Fault::Device(text.to_owned());
        for (bytes, queue, faults) in [
            (b"@@@@", Queue::Idle, vec![]),
            (b"`@@@", Queue::Busy, vec![Fault::Paused]),
            (b"P@@@", Queue::Busy, vec![]),
            (b"W@@@", Queue::Busy, vec![]),
            (b"L@@@", Queue::Busy, vec![]),
            (
                b"K@@@",
                Queue::Busy,
                vec![device("it waits for its print key")],
            ),
            (b"PH@@", Queue::Busy, vec![Fault::Busy]),
            (
                b"E@AA",
                Queue::Busy,
                vec![device("its head is too hot"), Fault::MediaOut],
            ),
            (b"E@@D", Queue::Busy, vec![Fault::RibbonOrInkOut]),
            (
                b"E@@e",
                Queue::Busy,
                vec![Fault::MediaOut, Fault::RibbonOrInkOut, Fault::HeadOpen],
            ),
            (b"E@P@", Queue::Busy, vec![device("its memory is full")]),
            (
                b"E@@@",
                Queue::Busy,
                vec![device("it reports an error without saying which")],
            ),
            // No bit without a name is taken for good.
            (
                b"@A@@",
                Queue::Idle,
                vec![device("it reports the unknown warning bits 01h")],
            ),
            (
                b"E@D@",
                Queue::Busy,
                vec![device("it reports the unknown error bits 04h")],
            ),
            (
                b"E@@Q",
                Queue::Busy,
                vec![
                    Fault::MediaOut,
                    device("it reports the unknown media error bits 10h"),
                ],
            ),
            (
                b"Z@@@",
                Queue::Busy,
                vec![device("its status has the unknown message 'Z'")],
            ),
        ] {
            let answer = [b"\x02", &bytes[..], b"\x03\r\n"].concat();
            assert_eq!(
                heard(&[&answer]),
                [status(queue, &faults)],
                "{}",
                bytes.escape_ascii()
            );
        }
    }

    #[test]
    fn halves_doubles_and_garbage_are_told_from_answers() {
        let good = b"\x02@@@@\x03\r\n";
        for cut in 0..good.len() {
            let replies = heard(&[&good[..cut], good, good]);
            let statuses = replies
                .iter()
                .filter(|reply| matches!(reply, Reply::Status(_)));
            assert_eq!(
                statuses.count(),
                if cut > 5 { 3 } else { 2 },
                "cut at {cut}"
            );
        }
        assert_garbled(
            heard,
            &[
                b"\x02@@@\x03",
                b"\x02@@@@@\x03",
                b"\x02@@@1\x03",
                b"\x02@@@\xff\x03",
                b"noise\r\n",
                b"\x06\r",
            ],
        );
    }

    proptest! {
        #[test]
        fn any_split_says_the_same_and_no_bytes_panic(noise: Vec<u8>, cut in 0usize..40) {
            let stream = [b"\x02E@@A\x03\r\n", &noise[..], b"\r\n\x02@@@@\x03\r\n"].concat();
            let cut = cut.min(stream.len());
            prop_assert_eq!(heard(&[&stream]), heard(&[&stream[..cut], &stream[cut..]]));
            let replies = heard(&[&stream]);
            prop_assert_eq!(replies.last(), Some(&status(Queue::Idle, &[])));
        }
    }
}
