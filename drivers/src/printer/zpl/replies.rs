//! What a ZPL printer says: `~HS`, `~HQES`, `~HI` and SGD replies and `^SX` alerts from any split of the bytes. PURE.
//!
//! `~` replies stand in `STX … ETX` frames, `~HS` is three of them; a value asked by SGD stands in quotes, without an
//! end of line. Garbage between frames is tolerated within a limit. Sources: Zebra's programming guide for `~HS`,
//! `~HI`, `~HQES`; the meaning of the `~HQES` error bits is confirmed by a clone's manual (Oki LE850) only, so a bit
//! that is not named here is reported as a device error, never as "ok". The text of alerts stands in no manual: a line
//! that begins with one of [`ALERT_WORDS`] is one.

use super::super::language::{Queue, Reply, Told};
use crate::Fault;

/// Longest frame, and most stray bytes between two frames, in bytes.
pub const FRAME_MAX: usize = 1024;
/// Bytes of a garbled answer that are kept for its fault.
const SNIPPET_MAX: usize = 48;

/// How alerts begin: the conditions of `^SX` by their names in the manual, and what firmware puts before them.
pub const ALERT_WORDS: [&str; 12] = [
    "ALERT",
    "ERROR CONDITION",
    "ERROR CLEARED",
    "WARNING",
    "PAPER OUT",
    "MEDIA OUT",
    "RIBBON OUT",
    "RIBBON IN",
    "HEAD OPEN",
    "PRINTER PAUSED",
    "PQ JOB COMPLETED",
    "LABEL READY",
];

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// The incremental parser.
#[derive(Debug, Default)]
pub struct Replies {
    frame: Option<Vec<u8>>,
    stray: Vec<u8>,
    lines: Vec<String>,
}

impl Replies {
    /// Takes bytes as they come; completed replies are appended to `replies`.
    pub fn push(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        for byte in bytes {
            match (*byte, &mut self.frame) {
                (STX, _) => {
                    self.judge_stray(replies);
                    // A frame that never ended was half a reply.
                    self.frame = Some(Vec::new());
                }
                (ETX, Some(_)) => {
                    let frame = self.frame.take().unwrap_or_default();
                    self.frame_ended(&frame, replies);
                }
                (byte, Some(frame)) if frame.len() < FRAME_MAX => frame.push(byte),
                (_, Some(frame)) => {
                    let snippet = snippet(frame);
                    self.frame = None;
                    replies.push(Reply::Garbled(snippet));
                }
                (b'\r' | b'\n', None) => self.judge_stray(replies),
                (byte, None) => {
                    self.stray.push(byte);
                    let is_quoted = byte == b'"' && self.stray.len() > 1 && self.stray[0] == b'"';
                    if is_quoted || self.stray.len() >= FRAME_MAX {
                        self.judge_stray(replies);
                    }
                }
            }
        }
    }

    /// Bytes between frames: the value of a variable, an alert, or garbage.
    fn judge_stray(&mut self, replies: &mut Vec<Reply>) {
        let stray = std::mem::take(&mut self.stray);
        if stray.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let text = snippet(&stray);
        let quoted = stray
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""));
        let value = quoted.map(|value| String::from_utf8_lossy(value).trim().to_owned());
        match value.as_deref().map(|value| (value, value.parse())) {
            Some((_, Ok(labels))) => replies.push(Reply::Odometer(labels)),
            Some(("?", _)) => {} // It has no such variable.
            _ if ALERT_WORDS.iter().any(|word| text.starts_with(word)) => {
                replies.push(Reply::Alert(text));
            }
            _ => replies.push(Reply::Garbled(text)),
        }
    }

    fn frame_ended(&mut self, frame: &[u8], replies: &mut Vec<Reply>) {
        let Ok(text) = std::str::from_utf8(frame) else {
            self.lines.clear();
            replies.push(Reply::Garbled(snippet(frame)));
            return;
        };
        let fields = text.split(',').count();
        match (self.lines.len(), fields) {
            _ if text.contains("PRINTER STATUS") => replies.push(errors(text)),
            // The first line of `~HS` may follow half of an older reply.
            (_, 12) => self.lines = vec![text.to_owned()],
            (1, 11) => self.lines.push(text.to_owned()),
            (2, 2) => {
                let lines = std::mem::take(&mut self.lines);
                let status = host_status(&lines[0], &lines[1]);
                replies.push(status.unwrap_or_else(|| Reply::Garbled(snippet(frame))));
            }
            (_, 4..=6) => replies.push(identity(text)),
            _ => {
                self.lines.clear();
                replies.push(Reply::Garbled(snippet(frame)));
            }
        }
    }
}

fn snippet(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SNIPPET_MAX)];
    shown.escape_ascii().to_string()
}

/// A `0`/`1` flag; anything else is reported, never taken for "no".
fn flag(field: &str, name: &str, when_set: Fault, faults: &mut Vec<Fault>) {
    match field.trim() {
        "0" => {}
        "1" => faults.push(when_set),
        other => faults.push(Fault::Device(format!(
            "{name} has the unknown value {other:?}"
        ))),
    }
}

fn host_status(first: &str, second: &str) -> Option<Reply> {
    let a: Vec<&str> = first.split(',').collect();
    let b: Vec<&str> = second.split(',').collect();
    let formats: u32 = a[4].trim().parse().ok()?;
    let labels: u32 = b[8].trim().parse().ok()?;
    let device = |text: &str| Fault::Device(text.to_owned());
    let mut faults = Vec::new();
    flag(a[1], "paper out", Fault::MediaOut, &mut faults);
    flag(b[3], "ribbon out", Fault::RibbonOrInkOut, &mut faults);
    flag(b[2], "head up", Fault::HeadOpen, &mut faults);
    flag(a[2], "pause", Fault::Paused, &mut faults);
    flag(a[5], "buffer full", Fault::Busy, &mut faults);
    flag(
        a[6],
        "diagnostic mode",
        device("it is in diagnostic mode"),
        &mut faults,
    );
    flag(
        a[9],
        "corrupt RAM",
        device("its memory is corrupt"),
        &mut faults,
    );
    flag(
        a[10],
        "under-temperature",
        device("its head is too cold"),
        &mut faults,
    );
    flag(
        a[11],
        "over-temperature",
        device("its head is too hot"),
        &mut faults,
    );
    let queue = Queue::Count(formats.saturating_add(labels));
    Some(Reply::Status(Told { queue, faults }))
}

/// Error bits of the low group that are known by name.
const ERROR_BITS: [(u32, &str); 9] = [
    (0x0001, ""),
    (0x0002, ""),
    (0x0004, ""),
    (0x0008, "its cutter failed"),
    (0x0010, "its head is too hot"),
    (0x0020, "its motor is too hot"),
    (0x0040, "a head element is bad"),
    (0x0080, "its head is not detected"),
    (0x0001_0000, ""),
];

fn errors(text: &str) -> Reply {
    let garbled = || Reply::Garbled(snippet(text.as_bytes()));
    let Some((_, after)) = text.split_once("ERRORS:") else {
        return garbled();
    };
    let mut words = after.split_whitespace();
    let (Some(set), Some(high), Some(low)) = (words.next(), words.next(), words.next()) else {
        return garbled();
    };
    let group = |text: &str| match text.len() {
        8 => u32::from_str_radix(text, 16).ok(),
        _ => None,
    };
    let (Some(high), Some(low)) = (group(high), group(low)) else {
        return garbled();
    };
    let mut faults = Vec::new();
    for (bit, text) in ERROR_BITS {
        if low & bit != 0 {
            faults.push(match bit {
                0x0001 => Fault::MediaOut,
                0x0002 => Fault::RibbonOrInkOut,
                0x0004 => Fault::HeadOpen,
                0x0001_0000 => Fault::Paused,
                _ => Fault::Device(text.to_owned()),
            });
        }
    }
    let known = ERROR_BITS.iter().fold(0, |all, (bit, _)| all | bit);
    if high != 0 || low & !known != 0 {
        let bits = format!("{high:08X} {:08X}", low & !known);
        faults.push(Fault::Device(format!(
            "it reports the unknown error bits {bits}"
        )));
    }
    match set {
        "0" | "1" if set == "0" || !faults.is_empty() => {}
        "1" => faults.push(Fault::Device(
            "it reports an error without saying which".into(),
        )),
        _ => return garbled(),
    }
    Reply::Explained(faults)
}

fn identity(text: &str) -> Reply {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let digits: String = fields[2].chars().take_while(char::is_ascii_digit).collect();
    match digits.parse() {
        Ok(dpmm) if !fields[0].is_empty() && (1..=99).contains(&dpmm) => Reply::Identity {
            model: fields[0].to_owned(),
            firmware: fields[1].to_owned(),
            dpmm: Some(dpmm),
        },
        _ => Reply::Garbled(snippet(text.as_bytes())),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    const STATUS: &[u8] = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\
        \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

    fn parse(bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Vec::new();
        Replies::default().push(bytes, &mut replies);
        replies
    }

    fn status_with(change: impl Fn(&mut Vec<String>, &mut Vec<String>)) -> Reply {
        let text = String::from_utf8(STATUS.to_vec()).unwrap();
        let mut lines: Vec<Vec<String>> = text
            .lines()
            .map(|line| {
                line.trim_matches(['\x02', '\x03'])
                    .split(',')
                    .map(String::from)
                    .collect()
            })
            .collect();
        let (a, b) = lines.split_at_mut(1);
        change(&mut a[0], &mut b[0]);
        let bytes: String = lines
            .iter()
            .map(|l| format!("\x02{}\x03\r\n", l.join(",")))
            .collect();
        parse(bytes.as_bytes()).remove(0)
    }

    fn faults(reply: Reply) -> Vec<Fault> {
        match reply {
            Reply::Status(told) => told.faults,
            Reply::Explained(faults) => faults,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn host_status_names_every_flag() {
        let ready = Told {
            queue: Queue::Count(0),
            faults: vec![],
        };
        assert_eq!(parse(STATUS), [Reply::Status(ready)]);
        assert_eq!(
            faults(status_with(|a, _| a[1] = "1".into())),
            [Fault::MediaOut]
        );
        assert_eq!(
            faults(status_with(|a, _| a[2] = "1".into())),
            [Fault::Paused]
        );
        assert_eq!(
            faults(status_with(|_, b| b[2] = "1".into())),
            [Fault::HeadOpen]
        );
        assert_eq!(
            faults(status_with(|_, b| b[3] = "1".into())),
            [Fault::RibbonOrInkOut]
        );
        assert_eq!(faults(status_with(|a, _| a[5] = "1".into())), [Fault::Busy]);
        assert!(matches!(
            faults(status_with(|a, _| a[9] = "1".into()))[0],
            Fault::Device(_)
        ));
        // A value that is neither 0 nor 1 is an error, not "no".
        assert!(matches!(
            faults(status_with(|a, _| a[1] = "2".into()))[0],
            Fault::Device(_)
        ));
        let Reply::Status(busy) = status_with(|a, b| {
            a[4] = "003".into();
            b[8] = "00000002".into();
        }) else {
            panic!("not a status");
        };
        assert_eq!(busy.queue, Queue::Count(5));
        assert!(matches!(
            status_with(|a, _| a[4] = "x".into()),
            Reply::Garbled(_)
        ));
    }

    #[test]
    fn extended_status_names_known_bits_and_reports_unknown_ones() {
        let reply = |errors: &str| {
            let text = format!(
                "\x02\r\n\r\n  PRINTER STATUS\r\n   ERRORS:         {errors}\r\n   \
                 WARNINGS:       1 00000000 00000002\r\n\x03\r\n"
            );
            parse(text.as_bytes()).remove(0)
        };
        assert_eq!(faults(reply("0 00000000 00000000")), []);
        let both = [Fault::MediaOut, Fault::HeadOpen];
        assert_eq!(faults(reply("1 00000000 00000005")), both);
        assert_eq!(faults(reply("1 00000000 00010000")), [Fault::Paused]);
        for unknown in [
            "1 00000000 00000100",
            "1 00000001 00000000",
            "1 00000000 00000000",
        ] {
            assert!(
                matches!(faults(reply(unknown))[0], Fault::Device(_)),
                "{unknown}"
            );
        }
        for garbled in ["1 0000 0005", "x 00000000 00000000", "1 00000000"] {
            assert!(matches!(reply(garbled), Reply::Garbled(_)), "{garbled}");
        }
    }

    #[test]
    fn variables_and_alerts_stand_outside_frames() {
        assert_eq!(parse(b"\"1234\""), [Reply::Odometer(1_234)]);
        assert_eq!(parse(b"\"?\""), []);
        assert!(matches!(&parse(b"\"ready\"")[..], [Reply::Garbled(_)]));
        let alert = parse(b"\r\nPAPER OUT\r\n\"7\"");
        assert_eq!(
            alert,
            [Reply::Alert("PAPER OUT".into()), Reply::Odometer(7)]
        );
        assert!(matches!(&parse(b"PAPER\r\n")[..], [Reply::Garbled(_)]));
    }

    #[test]
    fn garbage_is_named_and_bounded() {
        let mut flood = vec![b'x'; 10 * FRAME_MAX];
        flood.extend_from_slice(STATUS);
        let replies = parse(&flood);
        assert_eq!(
            replies.len(),
            11,
            "ten pieces of garbage and the status behind them"
        );
        assert!(matches!(replies[10], Reply::Status(_)));
        let endless = [&b"\x02"[..], &vec![b'y'; 2 * FRAME_MAX], STATUS].concat();
        assert!(matches!(parse(&endless).last(), Some(Reply::Status(_))));
        // Half a reply, then a whole one: only the whole one counts.
        for cut in 1..STATUS.len() {
            let bytes = [&STATUS[..cut], STATUS].concat();
            let whole = parse(&bytes);
            let statuses = whole.iter().filter(|r| matches!(r, Reply::Status(_)));
            let expected = if cut >= STATUS.len() - 2 { 2 } else { 1 };
            assert_eq!(statuses.count(), expected, "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_replies(cuts in proptest::collection::vec(0usize..200, 0..12)) {
            let identity = b"\x02ZT411-300dpi,V92.21.16Z,12,8176KB\x03\r\n";
            let stream = [STATUS, identity, b"junk\r\n\"12\"", STATUS].concat();
            let whole = parse(&stream);
            prop_assert_eq!(whole.len(), 5);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.sort_unstable();
            let mut parser = Replies::default();
            let mut replies = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([stream.len()]) {
                parser.push(&stream[from..cut], &mut replies);
                from = cut;
            }
            prop_assert_eq!(replies, whole);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            parse(&bytes);
        }
    }
}
