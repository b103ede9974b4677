//! The made-up continuous ink-jet coder of `docs/printers.md`, as plain as many real ones. PURE.
//!
//! Frames `STX body ETX` and two hexadecimal digits, the sum of the body modulo 256. `I` who it is, `S` how it is, `C`
//! clear, `P` and fields behind US: one print. ACK, or NAK with a digit. The design has four fields: the symbol,
//! serial, expiry, lot; their places are those of the pack label `pharma-pack`.

use super::{
    Media, Press,
    escape::tokens,
    label::{Field, Label, Mark, Turn},
    press::Job,
    tongue::{Said, Tongue},
};
use crate::Tick;

/// Prints that wait, where nobody asks for another number.
pub const PLACES: usize = 4;
/// Longest body of a frame.
pub const BODY_MAX: usize = 250;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
const US: u8 = 0x1f;

const FULL: u8 = b'1';
const NOT_UNDERSTOOD: u8 = b'2';
const NOT_READY: u8 = b'3';
const WRONG_FIELD: u8 = b'4';

/// Fields of the design.
const FIELDS: usize = 4;
const SYMBOL_UM: (u32, u32) = (1_000, 1_000);
const MODULE_UM: u32 = 500;
const TEXT_UM: u32 = 1_500;
/// Serial, expiry and lot: where, and what stands before them.
const TEXTS: [((u32, u32), &str); FIELDS - 1] = [
    ((18_700, 4_600), ""),
    ((16_000, 7_800), "EXP "),
    ((16_000, 11_000), "LOT "),
];

/// How far a frame has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Frame {
    Outside,
    Body(Vec<u8>),
    /// Behind ETX: the body, and the first digit once it is there.
    Sum(Vec<u8>, Option<u8>),
}

/// The device's side of the protocol.
#[derive(Debug)]
pub struct Coder {
    media: Media,
    frame: Frame,
}

impl Coder {
    /// A coder that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Coder {
        Coder {
            media,
            frame: Frame::Outside,
        }
    }

    fn answer(&self, now: Tick, body: &[u8], press: &mut Press) -> Said {
        match body.split_first() {
            Some((b'I', [])) => Said::report(framed(b"IVC-1,1.04")),
            Some((b'S', [])) => Said::report(framed(status(press, now).as_bytes())),
            Some((b'C', [])) => {
                press.waiting.clear();
                Said::verdict(true, [ACK])
            }
            Some((b'P', fields)) => self.print(now, fields, press),
            _ => nak(NOT_UNDERSTOOD),
        }
    }

    fn print(&self, now: Tick, fields: &[u8], press: &mut Press) -> Said {
        let printable = |field: &[u8]| field.iter().all(|b| (b' '..=b'~').contains(b));
        let fields: Vec<&[u8]> = fields.split(|&b| b == US).collect();
        // Before the first US stands nothing.
        let [[], fields @ ..] = fields.as_slice() else {
            return nak(NOT_UNDERSTOOD);
        };
        if press.hindrance.any() {
            return nak(NOT_READY);
        }
        if fields.len() != FIELDS
            || !fields.iter().all(|field| printable(field))
            || stray(fields[0])
        {
            return nak(WRONG_FIELD);
        }
        // The print under way still has its place.
        let taken = press.room() > usize::from(press.busy(now))
            && press.take(Job::nameless(self.label(fields)), 1) == 1;
        match taken {
            true => Said::verdict(true, [ACK]),
            false => nak(FULL),
        }
    }

    fn label(&self, fields: &[&[u8]]) -> Label {
        let dots = |um: u32| um * self.media.dpmm / 1000;
        let field = |(x, y): (u32, u32), mark| Field {
            x: i32::try_from(dots(x)).unwrap_or(0),
            y: i32::try_from(dots(y)).unwrap_or(0),
            from_bottom: false,
            mark,
        };
        let mut out = Vec::new();
        if !fields[0].is_empty() {
            let mark = Mark::Symbol {
                module_dots: dots(MODULE_UM),
                forced: None,
                turn: Turn::Upright,
                content: tokens(fields[0], b'~'),
            };
            out.push(field(SYMBOL_UM, mark));
        }
        for ((place, before), own) in TEXTS.iter().zip(&fields[1..]) {
            if !own.is_empty() {
                let mark = Mark::Text {
                    height: dots(TEXT_UM),
                    width: dots(TEXT_UM),
                    text: format!("{before}{}", String::from_utf8_lossy(own)),
                };
                out.push(field(*place, mark));
            }
        }
        let (width_dots, length_dots) = self.media.dots();
        Label {
            width_dots,
            length_dots,
            dpmm: self.media.dpmm,
            fields: out,
        }
    }
}

/// A `~` that is not the beginning of `~1`.
fn stray(symbol: &[u8]) -> bool {
    let mut parts = symbol.split(|&b| b == b'~').skip(1);
    parts.any(|behind| behind.first() != Some(&b'1'))
}

fn nak(digit: u8) -> Said {
    Said::verdict(false, [NAK, digit])
}

fn sum(body: &[u8]) -> u8 {
    body.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

fn framed(body: &[u8]) -> Vec<u8> {
    let digits = format!("{:02X}", sum(body));
    [&[STX], body, &[ETX], digits.as_bytes()].concat()
}

/// `S`, ready, ink, queue, count.
fn status(press: &Press, now: Tick) -> String {
    let h = press.hindrance;
    let ready = u8::from(!h.head_open && !h.paused && !h.media_out);
    let ink = if h.ribbon_out { 2 } else { 0 };
    let queue = press.waiting.len() + usize::from(press.busy(now));
    format!("S{ready}{ink}{queue:03}{:06}", press.odometer % 1_000_000)
}

impl Tongue for Coder {
    fn hear(&mut self, now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        self.frame = match (std::mem::replace(&mut self.frame, Frame::Outside), byte) {
            (_, STX) => Frame::Body(Vec::new()),
            (Frame::Outside, _) => return,
            (Frame::Body(body), ETX) => Frame::Sum(body, None),
            (Frame::Body(mut body), _) => {
                // One byte more than is allowed is kept, so that the body is known to be too long.
                if body.len() <= BODY_MAX {
                    body.push(byte);
                }
                Frame::Body(body)
            }
            (Frame::Sum(body, None), _) => Frame::Sum(body, Some(byte)),
            (Frame::Sum(body, Some(first)), _) => {
                let right = format!("{:02X}", sum(&body)).into_bytes() == [first, byte];
                say.push(match right && (1..=BODY_MAX).contains(&body.len()) {
                    true => self.answer(now, &body, press),
                    false => nak(NOT_UNDERSTOOD),
                });
                Frame::Outside
            }
        };
    }

    fn link_lost(&mut self) {
        self.frame = Frame::Outside;
    }

    fn restart(&mut self) {
        self.link_lost();
    }

    fn waits_when_full(&self) -> bool {
        false
    }

    fn length_dots(&self) -> u32 {
        self.media.dots().1
    }
}

#[cfg(test)]
mod test {
    use super::super::{Hindrance, Language, Printer, Trouble};
    use super::*;

    fn coder() -> Printer {
        Printer::speaking(Language::Coder, Media::default())
    }

    fn ask(printer: &mut Printer, now: u64, body: &[u8]) -> Vec<u8> {
        printer.receive(Tick(now), &framed(body))
    }

    #[test]
    fn frames_are_those_of_the_page() {
        let mut printer = coder();
        printer.press.odometer = 17;
        for serial in ["A", "B"] {
            assert_eq!(
                ask(
                    &mut printer,
                    0,
                    format!("P\x1f\x1f{serial}\x1f\x1f").as_bytes()
                ),
                b"\x06"
            );
        }
        let expected = [
            0x02, 0x53, 0x31, 0x30, 0x30, 0x30, 0x32, 0x30, 0x30, 0x30, 0x30, 0x31, 0x37, 0x03,
            0x36, 0x45,
        ];
        assert_eq!(printer.receive(Tick(0), b"\x02\x53\x03\x35\x33"), expected);
        assert_eq!(ask(&mut printer, 0, b"I"), framed(b"IVC-1,1.04"));
        printer.press.odometer = 1_000_017;
        let ok = Hindrance::default();
        for (hindrance, body) in [
            (
                Hindrance {
                    head_open: true,
                    ..ok
                },
                &b"S00002000017"[..],
            ),
            (Hindrance { paused: true, ..ok }, b"S00002000017"),
            (
                Hindrance {
                    ribbon_out: true,
                    ..ok
                },
                b"S12002000017",
            ),
        ] {
            printer.press.hindrance = hindrance;
            assert_eq!(ask(&mut printer, 0, b"S"), framed(body));
            assert_eq!(
                ask(&mut printer, 0, b"P\x1f\x1fC\x1f\x1f"),
                b"\x153",
                "not ready"
            );
        }
        assert_eq!(ask(&mut printer, 0, b"C"), b"\x06");
        assert_eq!(printer.waiting(), 0);
    }

    #[test]
    fn prints_fill_the_design_and_queue_until_it_is_full() {
        let mut printer = coder();
        let print = b"P\x1f~1010950600013435221S1~117271231\x1fS1\x1f271231\x1fA~1";
        assert_eq!(ask(&mut printer, 0, print), b"\x06");
        assert_eq!(ask(&mut printer, 0, b"P\x1f\x1fVOID\x1f\x1f"), b"\x06");
        let label = printer.start_print(Tick(0), 100).expect("a label");
        assert_eq!(label.scan_data(), ["010950600013435221S1\u{1d}17271231"]);
        let Mark::Text { text, .. } = &label.fields[3].mark else {
            panic!("text")
        };
        assert_eq!((text.as_str(), label.fields.len()), ("LOT A~1", 4));
        for _ in 0..2 {
            assert_eq!(ask(&mut printer, 50, print), b"\x06");
        }
        assert_eq!(
            ask(&mut printer, 50, b"S")[3..7],
            *b"0004",
            "one is being printed"
        );
        assert_eq!(ask(&mut printer, 50, print), b"\x151");
        assert_eq!(ask(&mut printer, 100, print), b"\x06");
        assert!(printer.reads());
        let void = printer.start_print(Tick(100), 0).expect("a label");
        assert!(void.scan_data().is_empty() && void.fields.len() == 1);
        printer.restart();
        assert_eq!(
            ask(&mut printer, 200, b"S"),
            framed(b"S10000000002"),
            "the count is kept"
        );
        printer.trouble(Trouble::NakAlways, true, None);
        assert_eq!(ask(&mut printer, 200, print), b"\x151");
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_digit() {
        let mut printer = coder();
        let long = [b"P\x1f", &[b'A'; BODY_MAX][..], b"\x1f\x1f\x1f"].concat();
        for (body, digit) in [
            (&b""[..], NOT_UNDERSTOOD),
            (b"X", NOT_UNDERSTOOD),
            (b"S1", NOT_UNDERSTOOD),
            (b"PA\x1f\x1f\x1f\x1f", NOT_UNDERSTOOD),
            (&long, NOT_UNDERSTOOD),
            (b"P", WRONG_FIELD),
            (b"P\x1f\x1f\x1f", WRONG_FIELD),
            (b"P\x1f\x1f\x1f\x1f\x1f", WRONG_FIELD),
            (b"P\x1f\x1f\xc4\x1f\x1f", WRONG_FIELD),
            (b"P\x1f~1A~2\x1f\x1f\x1f", WRONG_FIELD),
            (b"P\x1f~1A~\x1f\x1f\x1f", WRONG_FIELD),
        ] {
            assert_eq!(ask(&mut printer, 0, body), [NAK, digit], "{body:?}");
        }
        assert_eq!(
            printer.receive(Tick(0), b"\x02S\x0354"),
            [NAK, NOT_UNDERSTOOD],
            "wrong sum"
        );
        assert!(printer.receive(Tick(0), b"noise\x06\x03\x02S").is_empty());
        printer.link_lost();
        assert!(
            printer.receive(Tick(0), b"\x0353").is_empty(),
            "cut short and forgotten"
        );
    }
}
