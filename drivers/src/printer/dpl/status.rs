//! What a DPL printer says: the answer to `SOH a`, groups of eight flags `Y` or `N` with colons between, CR. PURE.
//!
//! Sources: Datamax-O'Neil E-Class Mark III DPL programmer's manual, "SOH A", "SOH a". The answer may grow: a flag that
//! has no name here and is set is a device error. The short answer of `SOH A` has the first group only.

use super::super::language::{Queue, Told};
use crate::Fault;

/// Bytes that a printer sends when it was switched on or reset, and for flow control.
const AROUND: &[u8] = b"TR\x11\x13\n\0 ";

/// The flags by their letters in the manual, group by group; `None` where the answer is too short.
struct Flags<'a>(Vec<&'a [u8]>);

impl Flags<'_> {
    fn is_set(&self, letter: u8) -> Option<bool> {
        let index = usize::from(letter - b'a');
        let flag = self.0.get(index / 8)?.get(index % 8)?;
        Some(*flag == b'Y')
    }

    fn set(&self, letters: &[u8]) -> bool {
        letters
            .iter()
            .any(|letter| self.is_set(*letter) == Some(true))
    }
}

/// What a line says.
pub(super) struct Line {
    pub told: Told,
    pub is_paused: bool,
    /// How many flags and colons it has: all answers of one printer have as many.
    pub length: usize,
}

/// What a line says; `None` when it is no line of flags.
pub(super) fn told(line: &[u8]) -> Option<Line> {
    let start = line.iter().position(|byte| !AROUND.contains(byte))?;
    let line = &line[start..];
    let groups: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let is_flags =
        |group: &&[u8]| !group.is_empty() && group.iter().all(|flag| b"YN".contains(flag));
    let (last, whole) = groups.split_last()?;
    if !groups.iter().all(is_flags)
        || groups[0].len() != 8
        || last.len() > 8
        || whole.iter().any(|group| group.len() != 8)
    {
        return None;
    }
    let flags = Flags(groups);
    // Imaging, printing a batch, printing, label presented, waiting for its signal, bytes not yet read.
    let queue = match flags.set(b"adegrt") {
        true => Queue::Busy,
        false => Queue::Idle,
    };
    let told = Told {
        queue,
        faults: faults(&flags),
    };
    Some(Line {
        told,
        is_paused: flags.set(b"f"),
        length: line.len(),
    })
}

fn faults(flags: &Flags) -> Vec<Fault> {
    let device = |text: &str| Fault::Device(text.to_owned());
    let mut faults = Vec::new();
    let mut say = |is_so: bool, fault: Fault| {
        if is_so {
            faults.push(fault);
        }
    };
    // "Paper out or fault" and "ribbon out or fault" have a reason of their own in the second group.
    let (paper_out, head_up, form) = (flags.set(b"j"), flags.set(b"l"), flags.set(b"m"));
    say(paper_out, Fault::MediaOut);
    say(head_up, Fault::HeadOpen);
    say(form, device("it does not find the top of the label"));
    let other = flags.set(b"b") && !(paper_out || head_up || form);
    say(other, device("its paper is out or does not move"));
    let saver = flags.set(b"k");
    say(saver, device("its ribbon saver failed"));
    say(flags.set(b"c") && !saver, Fault::RibbonOrInkOut);
    say(flags.set(b"f"), Fault::Paused);
    say(flags.set(b"h"), device("its rewinder is full or failed"));
    say(flags.set(b"i"), device("its cutter failed"));
    let named = |group: usize, index: usize| {
        group < 2 && index < 6 || group == 0 || group == 2 && index < 4
    };
    for (group, set) in flags.0.iter().enumerate() {
        for index in (0..set.len()).filter(|index| set[*index] == b'Y' && !named(group, *index)) {
            let number = flags.0[..group]
                .iter()
                .map(|group| group.len())
                .sum::<usize>()
                + index
                + 1;
            say(
                true,
                device(&format!(
                    "it reports its flag {number}, whose meaning is unknown"
                )),
            );
        }
    }
    faults
}

#[cfg(test)]
mod test {
    use super::super::super::language::{Language, Reply};
    use super::super::super::samples::{self, assert_garbled, status};
    use super::super::{Dpl, FRAME_MAX};
    use super::*;
    use proptest::prelude::*;

    fn heard(pieces: &[&[u8]]) -> Vec<Reply> {
        samples::heard(Dpl::new(), pieces)
    }

    /// The extended answer with these letters of the manual set.
    fn with(letters: &str) -> String {
        let flag = |letter: u8| {
            if letters.as_bytes().contains(&letter) {
                'Y'
            } else {
                'N'
            }
        };
        let group = |letters: std::ops::RangeInclusive<u8>| letters.map(flag).collect::<String>();
        format!(
            "{}:{}:{}\r",
            group(b'a'..=b'h'),
            group(b'i'..=b'p'),
            group(b'q'..=b'x')
        )
    }

    #[test]
    fn every_flag_is_told_by_its_name() {
        let device = |text: &str| Fault::Device(text.to_owned());
        let unknown = |number: u32| {
            device(&format!(
                "it reports its flag {number}, whose meaning is unknown"
            ))
        };
        for (letters, queue, faults) in [
            ("", Queue::Idle, vec![]),
            ("qs", Queue::Idle, vec![]),
            ("n", Queue::Idle, vec![]),
            ("a", Queue::Busy, vec![]),
            ("de", Queue::Busy, vec![]),
            ("g", Queue::Busy, vec![]),
            ("r", Queue::Busy, vec![]),
            ("t", Queue::Busy, vec![]),
            ("f", Queue::Idle, vec![Fault::Paused]),
            ("bj", Queue::Idle, vec![Fault::MediaOut]),
            ("bl", Queue::Idle, vec![Fault::HeadOpen]),
            (
                "b",
                Queue::Idle,
                vec![device("its paper is out or does not move")],
            ),
            (
                "bm",
                Queue::Idle,
                vec![device("it does not find the top of the label")],
            ),
            ("dc", Queue::Busy, vec![Fault::RibbonOrInkOut]),
            ("ck", Queue::Idle, vec![device("its ribbon saver failed")]),
            (
                "hi",
                Queue::Idle,
                vec![
                    device("its rewinder is full or failed"),
                    device("its cutter failed"),
                ],
            ),
            ("o", Queue::Idle, vec![unknown(15)]),
            ("x", Queue::Idle, vec![unknown(24)]),
        ] {
            assert_eq!(
                heard(&[with(letters).as_bytes()]),
                [status(queue, &faults)],
                "{letters:?}"
            );
        }
        // The short answer, one that has grown, and one after a reset.
        assert_eq!(
            heard(&[b"NYNNNNNN\r"]),
            [status(
                Queue::Idle,
                &[device("its paper is out or does not move")]
            )]
        );
        assert_eq!(
            heard(&[b"T\x11NNNNNNNN:NNNNNNNN:YNNNNNNN:NNN\r\n"]),
            [status(Queue::Idle, &[])]
        );
        assert_eq!(
            heard(&[b"NNNNNNNN:NNNNNNNN:NNNNNNNN:NY\r"]),
            [status(Queue::Idle, &[unknown(26)])]
        );
    }

    #[test]
    fn a_pause_is_ended_only_when_it_was_told() {
        let mut dpl = Dpl::new();
        assert_eq!(dpl.once_clear(), b"\rX\r");
        dpl.hear(with("f").as_bytes(), &mut Vec::new());
        assert_eq!(dpl.once_clear(), b"\x01B\rX\r");
        dpl.hear(b"garbage\r", &mut Vec::new());
        assert_eq!(dpl.once_clear(), b"\x01B\rX\r", "garbage changes nothing");
        dpl.hear(with("").as_bytes(), &mut Vec::new());
        assert_eq!(dpl.once_clear(), b"\rX\r");
        dpl.hear(with("f").as_bytes(), &mut Vec::new());
        dpl.forget();
        assert_eq!(dpl.once_clear(), b"\rX\r");
    }

    #[test]
    fn halves_garbage_and_floods_are_told_from_answers() {
        let good = with("");
        for cut in 1..good.len() - 1 {
            let replies = heard(&[
                good.as_bytes(),
                &good.as_bytes()[..cut],
                b"\r",
                good.as_bytes(),
                good.as_bytes(),
            ]);
            let idle = status(Queue::Idle, &[]);
            assert_eq!(replies[2..], [idle.clone(), idle], "cut at {cut}");
            assert!(matches!(replies[1], Reply::Garbled(_)), "cut at {cut}");
        }
        assert_garbled(
            heard,
            &[
                b"NNNNNNNX\r",
                b"NNNNNNN\r",
                b"0003\r",
                b"NNNNNNNN::NN\r",
                b"NNNNNNNNNNN\r",
                b"NNNNNNNN:NNNNNNN:NNNNNNNN\r",
                b"NNNNNNNN:NNNNNNNNNNNN:NNNNNNNN:NNNNNNNN\r",
                b"\x02x\r",
            ],
        );
        // Half an answer and a whole one behind it look like a longer one, whose first flags are old.
        let busy = with("ag");
        let mut dpl = Dpl::new();
        for (said, understood) in [
            (good.clone(), true),
            (good[..9].to_owned() + &busy, false),
            (busy.clone(), true),
        ] {
            let mut replies = Vec::new();
            dpl.hear(said.as_bytes(), &mut replies);
            assert_eq!(
                matches!(replies[..], [Reply::Status(_)]),
                understood,
                "{said}"
            );
        }
        let flood = vec![b'Y'; 10 * FRAME_MAX];
        assert_eq!(heard(&[&flood, b"\r", good.as_bytes()]).len(), 11);
    }

    proptest! {
        #[test]
        fn any_split_says_the_same_and_no_bytes_panic(noise: Vec<u8>, cut in 0usize..60) {
            let stream = [with("bj").as_bytes(), &noise, b"\r", with("").as_bytes()].concat();
            let cut = cut.min(stream.len());
            prop_assert_eq!(heard(&[&stream]), heard(&[&stream[..cut], &stream[cut..]]));
            let replies = heard(&[&stream]);
            prop_assert_eq!(replies.last(), Some(&status(Queue::Idle, &[])));
        }
    }
}
