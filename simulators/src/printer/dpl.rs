//! A Datamax DPL printer in applicator mode: SOH at once, STX for the printer, lines between `STX L` and `E`. PURE.
//!
//! Written from the E-Class DPL Programmer's Manuals (88-2302, Mark III, Honeywell E-Class): SOH `A a B C D E e F #`,
//! STX `L U E G I a m n v x`. Formats stand in [`format`], their fields in [`record`], downloaded images in [`image`].
//! `SOH D` makes it deaf to SOH until one came three times, a second apart, or until a reset.
//! Doubts: whether `SOH C` clears more than the batch at hand (here all that waits); FNC1 in a Data Matrix has no
//! documented form, so `W1c` has none here; an open head is told as a paper fault; of the extended status only the
//! first eight letters mean anything; a label under the head when media or ribbon ran out is printed again (the usual
//! setting); every memory module is volatile. `STX a` (feedback: RS for a label, US for the end of a batch) works on
//! every link; the manual names it for serial ones.

mod format;
mod image;
mod lexer;
mod record;

use std::sync::Arc;

use format::{Format, Outcome};
use image::Images;
use lexer::{Lexer, Spoken};

use super::{
    Media, Press,
    press::Job,
    tongue::{Notice, Said, Tongue},
};
use crate::Tick;

/// Told behind a label, once `STX a` asked for it.
const LABEL_DONE: u8 = 0x1e;
/// Told behind the last label of a batch.
const BATCH_DONE: u8 = 0x1f;

/// After `SOH D`: how many SOH commands bring them back, and how far apart they must come, in ms.
const SOH_COMES_BACK: u32 = 3;
const SOH_APART_MS: u64 = 1000;

/// The device's side of DPL.
#[derive(Debug)]
pub struct Dpl {
    media: Media,
    lexer: Lexer,
    format: Format,
    images: Images,
    /// `STX E`: how many labels the next `STX G` prints.
    quantity: u32,
    /// Printed in its life when the present batch began.
    batch_began: u64,
    feedback: bool,
    /// SOH commands are off (`SOH D`): how many came since, and the last one when.
    deaf: Option<(u32, Tick)>,
}

impl Dpl {
    /// A printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Dpl {
        Dpl {
            media,
            lexer: Lexer::default(),
            format: Format::new(media),
            images: Images::default(),
            quantity: 1,
            batch_began: 0,
            feedback: false,
            deaf: None,
        }
    }

    fn immediate(&mut self, now: Tick, letter: u8, press: &mut Press, say: &mut Vec<Said>) {
        if let Some((came, last)) = self.deaf {
            let apart = now >= last.plus_ms(SOH_APART_MS);
            let came = if apart { came + 1 } else { 1 };
            self.deaf = (came < SOH_COMES_BACK).then_some((came, now));
            return;
        }
        match letter {
            b'A' => say.push(Said::report(
                [letters(press, now).as_slice(), b"\r"].concat(),
            )),
            b'a' => {
                let rest = b":NNNNNNNN:NNNNNNNN\r";
                say.push(Said::report(
                    [letters(press, now).as_slice(), rest].concat(),
                ));
            }
            b'F' => {
                let yes = letters(press, now).into_iter().rev();
                let bits = yes.fold(0, |bits, letter| bits << 1 | u8::from(letter == b'Y'));
                say.push(Said::report([bits, b'\r']));
            }
            b'E' => {
                let remaining = press.waiting.len() + usize::from(press.busy(now));
                say.push(Said::report(format!("{remaining:04}\r")));
            }
            b'e' => {
                let printed = press.odometer.saturating_sub(self.batch_began);
                say.push(Said::report(format!("{printed:05}\r")));
            }
            b'B' => press.hindrance.paused = !press.hindrance.paused,
            b'C' => {
                press.waiting.clear();
                press.hindrance.paused = true;
                self.link_lost();
            }
            b'D' => self.deaf = Some((0, Tick::default())),
            b'#' | b'*' => {
                press.waiting.clear();
                press.hindrance.paused = false;
                self.restart();
            }
            _ => {}
        }
    }

    fn system(&mut self, line: &[u8], press: &mut Press, say: &mut Vec<Said>) {
        let (&letter, rest) = line.split_first().unwrap_or((&0, &[]));
        let number = || record::number(rest);
        match letter {
            b'L' => {
                self.format.begin();
                self.lexer.in_format = true;
            }
            b'U' => self.format.replace(rest),
            b'E' => self.quantity = number().unwrap_or(1),
            b'G' => {
                let quantity = std::mem::replace(&mut self.quantity, 1);
                self.print(quantity, press);
            }
            b'I' => self.lexer.in_image = self.images.begin(rest),
            b'a' => self.feedback = true,
            b'm' => self.format.metric = true,
            b'n' => self.format.metric = false,
            b'v' => say.push(Said::report(*b"VER: E-4206 - 10.05 03/21/2011\r")),
            b'x' => {
                let name = rest.get(2..).unwrap_or_default();
                match rest.get(1) {
                    Some(b'L' | b'l') => self.format.forget(name),
                    Some(b'G' | b'g') => self.images.forget(name),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn print(&mut self, quantity: u32, press: &mut Press) {
        if press.waiting.is_empty() {
            self.batch_began = press.odometer;
        }
        let label = self.format.label(&self.images);
        let job = Job {
            label: Arc::new(label),
            name: Arc::from([]),
        };
        press.take(job, quantity);
    }
}

impl Tongue for Dpl {
    fn hear(&mut self, now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        match self.lexer.push(byte) {
            Some(Spoken::Immediate(letter)) => self.immediate(now, letter, press, say),
            Some(Spoken::System(line)) => self.system(&line, press, say),
            Some(Spoken::Line(line)) => match self.format.line(&line) {
                Outcome::Goes => {}
                Outcome::Ends => self.lexer.in_format = false,
                Outcome::Prints(quantity) => {
                    self.lexer.in_format = false;
                    self.print(quantity, press);
                }
            },
            Some(Spoken::Image(line)) => self.lexer.in_image = self.images.line(&line),
            None => {}
        }
    }

    fn link_lost(&mut self) {
        self.lexer = Lexer::default();
        self.images.give_up();
    }

    fn restart(&mut self) {
        *self = Dpl::new(self.media);
    }

    fn notice(&mut self, what: Notice, press: &mut Press, say: &mut Vec<Said>) {
        if what == Notice::Printed && self.feedback {
            let mut bytes = vec![LABEL_DONE];
            bytes.extend(press.waiting.is_empty().then_some(BATCH_DONE));
            say.push(Said::report(bytes).after_label());
        }
    }

    fn repeats_after_out(&self) -> bool {
        true
    }

    fn length_dots(&self) -> u32 {
        self.media.dots().1
    }
}

/// `SOH A`: interpreter busy, paper, ribbon, printing a batch, printing, paused, label presented, rewinder.
fn letters(press: &Press, now: Tick) -> [u8; 8] {
    let h = press.hindrance;
    let busy = press.busy(now);
    let yes = [
        false,
        h.media_out || h.head_open,
        h.ribbon_out,
        busy || !press.waiting.is_empty(),
        busy,
        h.paused,
        false,
        false,
    ];
    yes.map(|yes| if yes { b'Y' } else { b'N' })
}

#[cfg(test)]
mod test;
