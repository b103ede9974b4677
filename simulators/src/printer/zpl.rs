//! A ZPL II printer in applicator mode: what it answers, and what it does at once. PURE.
//!
//! Written from the ZPL programming guide's command pages (revisions V48 and X.10) and the SGD reference. Immediate:
//! `~HS ~HQES ~HI ~JA ~PS ~PP ~DG`; `! U1 getvar`; formats and what they may hold stand in [`format`]. `~HS` gets no
//! answer with media out, ribbon out or head open; a form that is not there gives a blank label; a restart loses forms
//! and graphics in DRAM.
//! Doubts: the text of an alert (`^SX`) and what stands around it were not found; here it is one line.

mod alert;
mod format;
mod graphic;
mod lexer;
mod status;

use alert::Alerts;
use format::Interpreter;
use lexer::{Lexer, Spoken};

use super::{
    Media, Press,
    press::Job,
    tongue::{Notice, Said, Tongue},
};
use crate::Tick;

/// The device's side of ZPL II.
#[derive(Debug)]
pub struct Zpl {
    media: Media,
    lexer: Lexer,
    formats: Interpreter,
    alerts: Alerts,
}

impl Zpl {
    /// A printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Zpl {
        let (width, length) = media.dots();
        Zpl {
            media,
            lexer: Lexer::default(),
            formats: Interpreter::new(media.dpmm, width, length),
            alerts: Alerts::default(),
        }
    }

    fn immediate(
        &mut self,
        name: &[u8; 2],
        parameters: &[u8],
        press: &mut Press,
        say: &mut Vec<Said>,
    ) {
        let length = self.formats.length_dots();
        match name {
            b"HS" if !press.hindrance.silences_status() => {
                say.push(Said::report(status::host_status(press, length)));
            }
            b"HQ" if parameters.eq_ignore_ascii_case(b"ES") => {
                say.push(Said::report(status::extended_status(press)));
            }
            b"HI" => say.push(Said::report(status::identification(press))),
            b"JA" => {
                press.waiting.clear();
                self.lexer.reset();
            }
            b"PS" => press.hindrance.paused = false,
            b"PP" => press.hindrance.paused = true,
            b"DG" => self.formats.download(parameters),
            _ => {}
        }
    }
}

impl Tongue for Zpl {
    fn hear(&mut self, _now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        match self.lexer.push(byte) {
            Some(Spoken::Command(command)) if command.prefix == b'~' => {
                self.immediate(&command.name, &command.parameters, press, say);
            }
            Some(Spoken::Command(command)) if &command.name == b"SX" => {
                self.alerts.set(&command.parameters);
            }
            Some(Spoken::Command(command)) => {
                if let Some(format) = self.formats.take(command) {
                    press.take(Job::nameless(format.label), format.copies);
                }
            }
            Some(Spoken::Sgd(line)) => {
                let value = status::get_variable(press, self.formats.length_dots(), &line);
                say.extend(value.map(Said::report));
            }
            None => {}
        }
    }

    fn link_lost(&mut self) {
        self.lexer.reset();
    }

    fn restart(&mut self) {
        let (width, length) = self.media.dots();
        self.formats.restart(width, length);
        self.lexer.reset();
        self.alerts = Alerts::default();
    }

    fn notice(&mut self, what: Notice, press: &mut Press, say: &mut Vec<Said>) {
        self.alerts.tell(what, press, say);
    }

    fn repeats_after_out(&self) -> bool {
        self.formats.reprint_after_error
    }

    fn length_dots(&self) -> u32 {
        self.formats.length_dots()
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::printer::{Label, Mark, Printer};

    fn printed(zpl: &[u8]) -> (Printer, Option<std::sync::Arc<Label>>) {
        let mut printer = Printer::new(Media::default());
        assert!(printer.receive(Tick(0), zpl).is_empty());
        let label = printer.start_print(Tick(0), 0);
        (printer, label)
    }

    #[test]
    fn graphics_stand_in_the_field_or_are_recalled_and_enlarged() {
        let zpl = b"~DGR:BOX.GRF,4,2,FF\r\nFF8001\r\n^XA^FO8,4^GFA,4,4,2,FFFF8001^FS\
            ^FO40,4^XGR:BOX.GRF,2,3^FS^XZ";
        let (mut printer, label) = printed(zpl);
        let dots = label.expect("a label").draw();
        let ink = |x: usize, y: usize| dots.cover[y * dots.width + x] > 0;
        assert!(ink(8, 4) && ink(23, 4) && ink(8, 5) && ink(23, 5) && !ink(9, 5) && !ink(24, 4));
        assert!(ink(40, 4) && ink(71, 6) && ink(40, 7) && ink(41, 9) && !ink(42, 7) && !ink(72, 4));
        printer.restart();
        printer.receive(Tick(0), b"^XA^FO40,4^XGR:BOX.GRF,1,1^FS^FO1,1^FDx^FS^XZ");
        let label = printer.start_print(Tick(0), 0).expect("a label");
        assert!(
            label
                .fields
                .iter()
                .all(|f| matches!(f.mark, Mark::Text { .. })),
            "gone with DRAM"
        );
    }

    #[test]
    fn quoted_field_numbers_are_filled_in() {
        let zpl =
            b"^XA^DFR:Q.ZPL^FS^FO9,9^A0N,20,20^FN1\"serial\"^FS^XZ^XA^XFR:Q^FS^FN1^FDS7^FS^XZ";
        let (_, label) = printed(zpl);
        let Some(Mark::Text { text, .. }) = label.map(|l| l.fields[0].mark.clone()) else {
            panic!("text")
        };
        assert_eq!(text, "S7");
    }

    #[test]
    fn alerts_come_unasked_when_a_condition_begins_and_ends() {
        let (mut printer, _) =
            printed(b"^XA^SXA,A,Y,Y^SXL,A,Y,N^SXB,C,Y,Y,a@b^XZ^XA^FO1,1^FDx^FS^XZ");
        let ms = Tick::from_ms;
        assert_eq!(printer.says(ms(1)), b"ALERT: LABEL READY\r\n");
        printer.press.hindrance.media_out = true;
        printer.press.hindrance.ribbon_out = true;
        assert_eq!(printer.says(ms(2)), b"ERROR CONDITION: PAPER OUT\r\n");
        assert!(printer.says(ms(3)).is_empty(), "told once");
        printer.mend();
        assert_eq!(printer.says(ms(4)), b"ERROR CLEARED: PAPER OUT\r\n");
        printer.start_print(ms(5), 50_000_000);
        assert!(printer.says(ms(6)).is_empty(), "under the head");
        assert_eq!(printer.says(ms(55)), b"ALERT: LABEL READY\r\n");
    }
}
