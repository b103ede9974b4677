//! A TSPL or TSPL2 printer in applicator mode: what it answers, and what it does at once. PURE.
//!
//! Written from the TSC programming manual (TTP-244 Plus) and the Brother FBPL manual (p. 57, for the escapes of
//! `DMATRIX`). Immediate: `<ESC>!?`, `<ESC>!S`, `<ESC>!.`, `<ESC>!P`, `<ESC>!O`, `<ESC>!R`; `~!T` at the beginning of a
//! line. What a label may hold stands in [`canvas`], lines and stored programs in [`program`].
//! Doubts: the bit of the open head in the fourth byte of `<ESC>!S` and the line end behind the name of `~!T`; of
//! stored programs only assignments of texts and plain commands are run.

mod canvas;
mod lexer;
mod program;

use canvas::Canvas;
use lexer::{Lexer, Spoken};
use program::Programs;

use super::{
    Media, Press,
    press::Job,
    tongue::{Said, Tongue},
};
use crate::Tick;

/// The device's side of TSPL.
#[derive(Debug)]
pub struct Tspl {
    media: Media,
    lexer: Lexer,
    canvas: Canvas,
    programs: Programs,
    /// `SET REPRINT`: repeat a label after an error. On from the factory.
    reprint: bool,
}

impl Tspl {
    /// A printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Tspl {
        Tspl {
            media,
            lexer: Lexer::default(),
            canvas: Canvas::new(media),
            programs: Programs::default(),
            reprint: true,
        }
    }

    fn immediate(&mut self, now: Tick, letter: u8, press: &mut Press, say: &mut Vec<Said>) {
        match letter {
            b'?' => say.push(Said::report([bits(press, now)])),
            b'S' => say.push(Said::report(status(press, now))),
            b'.' => {
                press.waiting.clear();
                self.lexer.reset();
            }
            b'P' => press.hindrance.paused = true,
            b'O' => press.hindrance.paused = false,
            b'R' => {
                press.waiting.clear();
                self.restart();
            }
            _ => {}
        }
    }

    /// One line, its bitmap behind it.
    fn line(&mut self, line: &[u8], bitmap: &[u8], press: &mut Press) {
        let Some(lines) = self.programs.take(line) else {
            self.obey(line, bitmap, press);
            return;
        };
        for line in lines {
            self.obey(&line, &[], press);
        }
    }

    fn obey(&mut self, line: &[u8], bitmap: &[u8], press: &mut Press) {
        let (name, rest) = canvas::split(line);
        match name.as_slice() {
            b"SET" => {
                let (what, value) = canvas::split(rest);
                if what == b"REPRINT" {
                    self.reprint = !value.trim_ascii().eq_ignore_ascii_case(b"OFF");
                }
            }
            b"PRINT" => {
                let number = |n| canvas::numbers(rest).get(n).copied().flatten();
                let (sets, copies) = (number(0).unwrap_or(1), number(1).unwrap_or(1));
                let count = sets.max(0).saturating_mul(copies.max(0));
                let label = self.canvas.label();
                press.take(
                    Job::nameless(label),
                    u32::try_from(count).unwrap_or(u32::MAX),
                );
            }
            _ => self.canvas.draw(&name, rest, bitmap),
        }
    }
}

impl Tongue for Tspl {
    fn hear(&mut self, now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        match self.lexer.push(byte) {
            Some(Spoken::Immediate(letter)) => self.immediate(now, letter, press, say),
            Some(Spoken::Line { line, .. }) if line == b"~!T" => {
                say.push(Said::report(*b"TTP-346M Pro\r\n"));
            }
            Some(Spoken::Line { line, bitmap }) => self.line(&line, &bitmap, press),
            None => {}
        }
    }

    fn link_lost(&mut self) {
        self.lexer.reset();
    }

    fn restart(&mut self) {
        self.lexer.reset();
        self.canvas = Canvas::new(self.media);
        self.programs.restart();
        self.reprint = true;
    }

    fn repeats_after_out(&self) -> bool {
        self.reprint
    }

    fn length_dots(&self) -> u32 {
        self.canvas.length_dots()
    }
}

/// `<ESC>!?`: one byte of bits.
fn bits(press: &Press, now: Tick) -> u8 {
    let h = press.hindrance;
    u8::from(h.head_open)
        | u8::from(h.media_out) << 2
        | u8::from(h.ribbon_out) << 3
        | u8::from(h.paused) << 4
        | u8::from(press.busy(now)) << 5
}

/// `<ESC>!S`: STX, message, warning, printer error, media error, ETX, CR, LF.
fn status(press: &Press, now: Tick) -> [u8; 8] {
    let h = press.hindrance;
    let message = match () {
        () if h.silences_status() => b'E',
        () if h.paused => b'`',
        () if press.busy(now) || !press.waiting.is_empty() => b'P',
        () => b'@',
    };
    let warning = b'@' | u8::from(press.room() == 0) << 3;
    let media =
        b'@' | u8::from(h.media_out) | u8::from(h.ribbon_out) << 2 | u8::from(h.head_open) << 5;
    [2, message, warning, b'@', media, 3, b'\r', b'\n']
}

#[cfg(test)]
mod test;
