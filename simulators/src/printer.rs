//! The label printer in applicator mode: bytes in, answers out, labels that wait for START PRINT.
//! PURE.
//!
//! A label is printed only when the PLC raises START PRINT, and END PRINT is the only proof of it.
//! `~HS` gets no answer with media out, ribbon out or head open; a form that is not there gives a
//! blank label; a restart loses queue and forms.

mod label;
mod lexer;
mod status;
mod zpl;

use std::{collections::VecDeque, sync::Arc};

pub use label::{Aim, Field, Label, Mark, Turn};
use lexer::{Lexer, Spoken};
use zpl::Interpreter;

use crate::Tick;

/// Most labels that wait. At this depth the printer says "buffer full" and stops reading.
pub const QUEUE_MAX: usize = 200;

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

/// What keeps a printer from printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a sensor of its own, as in the status words"
)]
pub struct Hindrance {
    /// No labels left.
    pub media_out: bool,
    /// No ribbon left.
    pub ribbon_out: bool,
    /// The head is open.
    pub head_open: bool,
    /// Paused by command or key.
    pub paused: bool,
}

impl Hindrance {
    /// `~HS` is not answered in these.
    #[must_use]
    pub fn silences_status(self) -> bool {
        self.media_out || self.ribbon_out || self.head_open
    }

    fn any(self) -> bool {
        self.silences_status() || self.paused
    }
}

/// The printer.
#[derive(Debug)]
pub struct Printer {
    media: Media,
    lexer: Lexer,
    formats: Interpreter,
    waiting: VecDeque<Arc<Label>>,
    last_printed: Option<Arc<Label>>,
    busy_until: Tick,
    odometer: u64,
    received: u64,
    /// What hinders it.
    pub hindrance: Hindrance,
    /// A fault: it prints but answers nothing.
    pub silent: bool,
}

impl Printer {
    /// A printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Printer {
        let (width, length) = (media.width_mm * media.dpmm, media.length_mm * media.dpmm);
        Printer {
            media,
            lexer: Lexer::default(),
            formats: Interpreter::new(media.dpmm, width, length),
            waiting: VecDeque::new(),
            last_printed: None,
            busy_until: Tick::default(),
            odometer: 0,
            received: 0,
            hindrance: Hindrance::default(),
            silent: false,
        }
    }

    /// Takes bytes from the link; gives the bytes it answers.
    ///
    /// A printer whose buffer is full takes nothing more: ask [`Printer::reads`] before.
    pub fn receive(&mut self, _now: Tick, bytes: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        for &byte in bytes {
            match self.lexer.push(byte) {
                Some(Spoken::Command(command)) if command.prefix == b'~' => {
                    self.immediate(&command.name, &command.parameters, &mut answer);
                }
                Some(Spoken::Command(command)) => {
                    if let Some(format) = self.formats.take(command) {
                        self.received += 1;
                        let label = Arc::new(format.label);
                        let room = QUEUE_MAX.saturating_sub(self.waiting.len());
                        let copies = usize::try_from(format.copies).unwrap_or(room).min(room);
                        self.waiting.extend(std::iter::repeat_n(label, copies));
                    }
                }
                Some(Spoken::Sgd(line)) => answer.extend(status::get_variable(self, &line)),
                None => {}
            }
        }
        if self.silent { Vec::new() } else { answer }
    }

    fn immediate(&mut self, name: &[u8; 2], parameters: &[u8], answer: &mut Vec<u8>) {
        match name {
            b"HS" if !self.hindrance.silences_status() => answer.extend(status::host_status(self)),
            b"HQ" if parameters.eq_ignore_ascii_case(b"ES") => {
                answer.extend(status::extended_status(self));
            }
            b"HI" => answer.extend(status::identification(self)),
            b"JA" => {
                self.waiting.clear();
                self.lexer.reset();
            }
            b"PS" => self.hindrance.paused = false,
            b"PP" => self.hindrance.paused = true,
            _ => {}
        }
    }

    /// `false` while the buffer is full: leave the bytes on the link.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.waiting.len() < QUEUE_MAX
    }

    /// START PRINT: prints the next label. `None`, and no END PRINT, when none waits, something
    /// hinders it, or the previous label is still under the head.
    pub fn start_print(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.hindrance.any() || now < self.busy_until {
            return None;
        }
        let label = self.waiting.pop_front()?;
        self.print(now, duration_ns, label)
    }

    /// A fault: START PRINT prints the label before once more and leaves the queue as it is.
    pub fn print_previous(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.hindrance.any() || now < self.busy_until {
            return None;
        }
        let label = self.last_printed.clone()?;
        self.print(now, duration_ns, label)
    }

    /// A fault: START PRINT takes the next label from the queue and prints the one before.
    pub fn print_stale(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.waiting.is_empty() {
            return None;
        }
        let label = self.print_previous(now, duration_ns)?;
        self.waiting.pop_front();
        Some(label)
    }

    fn print(&mut self, now: Tick, duration_ns: u64, label: Arc<Label>) -> Option<Arc<Label>> {
        self.busy_until = now.plus_ns(duration_ns);
        self.odometer += 1;
        self.last_printed = Some(Arc::clone(&label));
        Some(label)
    }

    /// A fault: the next waiting label is lost. `true` if there was one.
    pub fn lose_one(&mut self) -> bool {
        self.waiting.pop_front().is_some()
    }

    /// Media, ribbon and head are put right. With `^JZY` the label that was under the head is
    /// printed again.
    pub fn mend(&mut self) {
        let was_out = self.hindrance.silences_status();
        let paused = self.hindrance.paused;
        self.hindrance = Hindrance {
            paused,
            ..Hindrance::default()
        };
        if was_out
            && self.formats.reprint_after_error
            && let Some(label) = self.last_printed.clone()
        {
            self.waiting.push_front(label);
        }
    }

    /// Power lost and back: queue and forms in DRAM are gone; the odometer stays.
    pub fn restart(&mut self) {
        let (width, length) = (
            self.media.width_mm * self.media.dpmm,
            self.media.length_mm * self.media.dpmm,
        );
        self.formats.restart(width, length);
        self.lexer.reset();
        self.waiting.clear();
        self.last_printed = None;
        self.busy_until = Tick::default();
        self.hindrance.paused = false;
    }

    /// The link was cut: a command cut short is forgotten.
    pub fn link_lost(&mut self) {
        self.lexer.reset();
    }

    /// Labels waiting for START PRINT.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Labels printed in its life.
    #[must_use]
    pub fn odometer(&self) -> u64 {
        self.odometer
    }

    /// Printing formats received since it was switched on.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Length of the present label in mm, for the print time.
    #[must_use]
    pub fn label_length_mm(&self) -> f64 {
        f64::from(self.formats.length_dots()) / f64::from(self.media.dpmm)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    const FORM: &[u8] = b"^XA^DFR:V.ZPL^FS^FO40,40^BXN,6,200,,,,_,1^FN1^FS^XZ";

    fn job(serial: &str) -> Vec<u8> {
        format!("^XA^XFR:V^FS^FN1^FD_1010950600013435221{serial}^FS^XZ").into_bytes()
    }

    fn told(bytes: &[u8]) -> Printer {
        let mut printer = Printer::new(Media::default());
        assert!(printer.receive(Tick(0), FORM).is_empty());
        printer.receive(Tick(0), bytes);
        printer
    }

    fn serial(label: Option<Arc<Label>>) -> Option<String> {
        label.map(|l| {
            l.scan_data()
                .first()
                .map_or(String::new(), |s| s[18..].to_owned())
        })
    }

    #[test]
    fn labels_wait_for_start_print_and_come_in_order() {
        let mut printer = told(&[job("A"), job("B")].concat());
        let at = Tick::from_ms;
        assert_eq!(printer.waiting(), 2);
        assert_eq!(serial(printer.start_print(at(0), 10)).as_deref(), Some("A"));
        assert_eq!(
            printer.start_print(Tick(5), 10),
            None,
            "still under the head"
        );
        assert_eq!(serial(printer.start_print(at(1), 10)).as_deref(), Some("B"));
        assert_eq!(printer.start_print(at(2), 10), None, "nothing waits");
        assert_eq!(
            serial(printer.print_previous(at(3), 10)).as_deref(),
            Some("B")
        );
        assert_eq!(printer.odometer(), 3);
    }

    #[test]
    fn host_status_is_exact_and_silent_when_media_is_out() {
        let mut printer = told(&job("A"));
        let answer = printer.receive(Tick(0), b"~HS");
        let expected = b"\x02030,0,0,0360,001,0,0,0,000,0,0,0\x03\r\n\
            \x02000,0,0,0,0,4,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";
        assert_eq!(answer, expected);
        assert_eq!(answer.len(), 82);
        printer.hindrance.media_out = true;
        assert!(printer.receive(Tick(0), b"~HS").is_empty());
        let extended = printer.receive(Tick(0), b"~HQES");
        let extended = String::from_utf8(extended).expect("text");
        assert!(
            extended.contains("ERRORS: 1 00000000 00000001"),
            "{extended}"
        );
        assert_eq!(printer.start_print(Tick(0), 1), None);
    }

    #[test]
    fn media_back_repeats_the_last_label_unless_told_not_to() {
        for (told_not_to, expected) in [(&b""[..], "A"), (b"^XA^JZN^XZ", "B")] {
            let mut printer = told(&[told_not_to, &job("A"), &job("B")].concat());
            printer.start_print(Tick(0), 0);
            printer.hindrance.media_out = true;
            printer.mend();
            assert_eq!(
                serial(printer.start_print(Tick(1), 0)).as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn restart_clears_cancel_clears_and_getvar_counts() {
        let mut printer = told(&[job("A"), job("B")].concat());
        printer.start_print(Tick(0), 0);
        let count = printer.receive(Tick(0), b"! U1 getvar \"odometer.total_label_count\"\r\n");
        assert_eq!(count, b"\"1\"");
        assert!(printer.receive(Tick(0), b"~JA").is_empty());
        assert_eq!(printer.waiting(), 0);
        printer.restart();
        printer.receive(Tick(0), &job("C"));
        let blank = printer
            .start_print(Tick(1), 0)
            .expect("a blank label is a label");
        assert!(blank.scan_data().is_empty());
        printer.silent = true;
        assert!(printer.receive(Tick(0), b"~HI~HS").is_empty());
    }

    #[test]
    fn a_full_buffer_stops_reading() {
        let mut printer = told(b"^XA^XFR:V^FS^FN1^FDx^FS^PQ99999999^XZ");
        assert_eq!(printer.waiting(), QUEUE_MAX);
        assert!(!printer.reads());
        let status = printer.receive(Tick(0), b"~HS");
        assert_eq!(
            &status[13..19],
            b",200,1",
            "formats waiting and buffer full"
        );
        assert_eq!(status.len(), 82);
    }
}
