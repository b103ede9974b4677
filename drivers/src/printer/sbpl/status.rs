//! What a SATO printer says when it is asked ENQ: STX, job number (2), status letter, labels that remain of the job in
//! hand (6 digits), name of the job (16 characters; none in older printers), ETX. PURE.
//!
//! Sources: S84-ex programming reference, "Return status of Status 4"; E series programming reference 7-9 and DR300
//! operator manual 80 for the letters. The count is that of the job in hand alone, so it does not say how many wait.

use super::super::frames::snippet;
use super::super::language::{Queue, Reply, Told};
use crate::Fault;

/// What a letter says: the printer waits for data, and what hinders it.
fn letter(status: u8) -> (bool, Option<Fault>) {
    let device = |text: &str| Some(Fault::Device(text.to_owned()));
    match status {
        // Off line, and stopped by DLE: somebody must press its key.
        b'0'..=b'4' | b'E' => (true, Some(Fault::Paused)),
        b'A'..=b'D' => (true, None),
        b'K' | b'Q' | b'W' => (false, Some(Fault::Paused)),
        // Printing, waiting for a label to be taken, compiling; ribbon or buffer near its end.
        b'G'..=b'J' | b'M'..=b'P' | b'S'..=b'V' => (false, None),
        b'a' => (false, Some(Fault::Busy)),
        b'b' => (false, Some(Fault::HeadOpen)),
        b'c' => (false, Some(Fault::MediaOut)),
        b'd' => (false, Some(Fault::RibbonOrInkOut)),
        b'e' => (
            false,
            device("its media does not feed as set (media error)"),
        ),
        b'f' => (false, device("a sensor failed")),
        b'g' => (false, device("its head has a broken element")),
        b'i' => (false, device("its memory card failed")),
        b'j' => (false, device("its cutter failed")),
        b'k' => (false, device("it has an error that its display names")),
        other => {
            let text = format!("its status has the unknown letter {:?}", char::from(other));
            (false, Some(Fault::Device(text)))
        }
    }
}

/// What a frame says.
pub(super) fn told(frame: &[u8]) -> Reply {
    let (9 | 25, [id @ .., status, a, b, c, d, e, f]) =
        (frame.len(), frame.get(..9).unwrap_or_default())
    else {
        return Reply::Garbled(snippet(frame));
    };
    let remaining = [a, b, c, d, e, f];
    let is_id = |byte: &u8| byte.is_ascii_digit() || *byte == b' ';
    if !id.iter().all(is_id) || !remaining.iter().all(|digit| digit.is_ascii_digit()) {
        return Reply::Garbled(snippet(frame));
    }
    let (waits, fault) = letter(*status);
    let queue = match waits && remaining.iter().all(|digit| **digit == b'0') {
        true => Queue::Idle,
        false => Queue::Busy,
    };
    let faults = fault.into_iter().collect();
    Reply::Status(Told { queue, faults })
}

#[cfg(test)]
mod test {
    use super::super::super::samples::{self, assert_garbled, status};
    use super::super::Sbpl;
    use super::*;
    use proptest::prelude::*;

    fn heard(pieces: &[&[u8]]) -> Vec<Reply> {
        samples::heard(Sbpl::new(), pieces)
    }

    const IDLE: &[u8] = b"\x02  A000000                \x03";

    #[test]
    fn every_letter_is_told_in_both_lengths() {
        let busy = |fault: Option<Fault>| status(Queue::Busy, fault.as_slice());
        let idle = |fault: Option<Fault>| status(Queue::Idle, fault.as_slice());
        let paused = Some(Fault::Paused);
        for (letters, reply) in [
            ("ABCD", idle(None)),
            ("01234E", idle(paused.clone())),
            ("GHIJMNOPSTUV", busy(None)),
            ("KQW", busy(paused)),
            ("a", busy(Some(Fault::Busy))),
            ("b", busy(Some(Fault::HeadOpen))),
            ("c", busy(Some(Fault::MediaOut))),
            ("d", busy(Some(Fault::RibbonOrInkOut))),
        ] {
            for letter in letters.chars() {
                let long = format!("\x02  {letter}000000{:16}\x03", "");
                let short = format!("\x0207{letter}000000\x03");
                let replies = heard(&[long.as_bytes(), short.as_bytes()]);
                assert_eq!(replies, [reply.clone(), reply.clone()], "{letter}");
            }
        }
        for letter in ('!'..='~').filter(|c| !"ABCDE01234GHIJKMNOPQSTUVWabcd".contains(*c)) {
            let replies = heard(&[format!("\x02  {letter}000000\x03").as_bytes()]);
            let [Reply::Status(told)] = &replies[..] else {
                panic!("{replies:?}")
            };
            assert!(
                matches!(told.faults[..], [Fault::Device(_)]),
                "{letter} is no good letter"
            );
            assert_eq!(told.queue, Queue::Busy);
        }
        // A label remains: it is not idle, whatever the letter says.
        assert_eq!(
            heard(&[b"\x0212A000001JOB             \x03"]),
            [status(Queue::Busy, &[])]
        );
    }

    #[test]
    fn acknowledgements_and_the_wrapping_of_a_network_are_understood() {
        let wrapped = [b"\x00\x00\x00\x20\x00\x00\x00\x1c\x05", IDLE].concat();
        assert_eq!(heard(&[&wrapped]), [status(Queue::Idle, &[])]);
        assert_eq!(heard(&[b"\x00\x00\x00\x01\x06"]), [Reply::Accepted]);
        // The length of an answer of two bytes looks like STX.
        assert_eq!(heard(&[b"\x00\x00\x00\x02\x18\x06"]), [Reply::Accepted]);
        assert!(matches!(heard(&[b"\x15"])[..], [Reply::Rejected(_)]));
        for cut in 1..IDLE.len() {
            let replies = heard(&[&IDLE[..cut], b"\x06", IDLE, IDLE]);
            let idle = status(Queue::Idle, &[]);
            assert_eq!(
                replies[replies.len() - 3..],
                [Reply::Accepted, idle.clone(), idle],
                "cut at {cut}"
            );
        }
        assert_garbled(
            heard,
            &[
                b"\x02AAA000000\x03",
                b"\x02  A00000\x03",
                b"\x02  A00000x\x03",
                b"\x02\x03",
                b"noise\r\n",
            ],
        );
    }

    proptest! {
        #[test]
        fn any_split_says_the_same_and_no_bytes_panic(noise: Vec<u8>, cut in 0usize..60) {
            let stream = [IDLE, &noise, b"\x15\x03\r\n", IDLE].concat();
            let cut = cut.min(stream.len());
            prop_assert_eq!(heard(&[&stream]), heard(&[&stream[..cut], &stream[cut..]]));
            let replies = heard(&[&stream]);
            prop_assert_eq!(replies.last(), Some(&status(Queue::Idle, &[])));
        }
    }
}
