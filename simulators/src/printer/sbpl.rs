//! A SATO printer: SBPL in its ENQ / ACK / NAK protocol with job name (27 bytes), waiting for START PRINT. PURE.
//!
//! Written from the GL4xxe SBPL Programming Reference (unit 6 and the command pages), the E series Programming
//! Reference and, for `2D51` (GS1 Data Matrix), the S84-ex and CL6NX ones. ENQ, CAN, DLE and
//! DC1 work at once, with SOH before them or not. A GL4xx answers ENQ only when the label under the head is done.
//! Doubts: whether a later FNC1 of a GS1 Data Matrix is sent as GS or as ESC and `1` (here both are read, GS as a
//! byte); what stands before a job name shorter than 16 characters (here `0`, as the manual says). A full buffer is
//! answered with NAK. Which letter a printer with waiting labels shows is taken for "waiting to dispense".

mod form;
mod lexer;

use std::sync::Arc;

use form::Form;
use lexer::{Lexer, Spoken};

use super::{
    Media, Press,
    press::Job,
    tongue::{Said, Tongue},
};
use crate::Tick;

const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

/// The device's side of SBPL.
#[derive(Debug)]
pub struct Sbpl {
    media: Media,
    lexer: Lexer,
    /// The job between `ESC A` and `ESC Z`.
    form: Option<Form>,
    length_dots: u32,
}

impl Sbpl {
    /// A printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Sbpl {
        Sbpl {
            media,
            lexer: Lexer::default(),
            form: None,
            length_dots: media.dots().1,
        }
    }

    fn command(&mut self, command: &[u8], press: &mut Press, say: &mut Vec<Said>) {
        match command {
            b"A" => self.form = Some(Form::new(self.media)),
            b"Z" => {
                let Some(form) = self.form.take() else { return };
                let taken = !press.hindrance.silences_status() && accept(&form, press);
                if taken {
                    self.length_dots = form.length_dots();
                }
                say.push(verdict(taken));
            }
            _ => {
                if let Some(form) = &mut self.form {
                    form.take(command);
                }
            }
        }
    }

    fn immediate(&mut self, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        let well = !press.hindrance.silences_status();
        match byte {
            lexer::ENQ => say.push(Said::report(status(press)).after_label()),
            lexer::CAN => {
                press.waiting.clear();
                self.link_lost();
                say.push(verdict(well));
            }
            lexer::DLE => {
                press.hindrance.paused = true;
                say.push(verdict(well));
            }
            _ => {
                press.hindrance.paused = false;
                say.push(verdict(well));
            }
        }
    }
}

fn accept(form: &Form, press: &mut Press) -> bool {
    let copies = form.copies();
    let fits = usize::try_from(copies).is_ok_and(|copies| copies <= press.room());
    let job = Job {
        label: Arc::new(form.label()),
        name: Arc::from(form.name()),
    };
    fits && copies > 0 && press.take(job, copies) > 0
}

fn verdict(taken: bool) -> Said {
    Said::verdict(taken, [if taken { ACK } else { NAK }])
}

/// STX, id, status letter, labels that remain of this job, its name, ETX: 27 bytes.
fn status(press: &Press) -> Vec<u8> {
    let h = press.hindrance;
    // Asked of a printer whose label under the head is done.
    let near_full = press.room() * 10 <= press.depth();
    let letter = match () {
        () if h.head_open => b'b',
        () if h.media_out => b'c',
        () if h.ribbon_out => b'd',
        () => {
            let block = if press.waiting.is_empty() { b'A' } else { b'M' };
            block + if h.paused { 4 } else { u8::from(near_full) * 2 }
        }
    };
    let mut out = vec![2];
    let front = press.waiting.front();
    let same = |job: &&Job| front.is_some_and(|front| job.name == front.name);
    let remaining = press.waiting.iter().take_while(same).count();
    match front.and_then(|job| job.name.split_at_checked(2)) {
        Some((id, _)) => out.extend_from_slice(id),
        None => out.extend_from_slice(b"  "),
    }
    out.push(letter);
    out.extend_from_slice(format!("{remaining:06}").as_bytes());
    match front.and_then(|job| job.name.get(2..)) {
        Some(name) => out.extend_from_slice(name),
        None => out.extend_from_slice(&[b' '; 16]),
    }
    out.push(3);
    out
}

impl Tongue for Sbpl {
    fn hear(&mut self, _now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        for spoken in self.lexer.push(byte) {
            match spoken {
                Spoken::Command(command) => self.command(&command, press, say),
                Spoken::Immediate(byte) => self.immediate(byte, press, say),
            }
        }
    }

    fn link_lost(&mut self) {
        self.lexer = Lexer::default();
        self.form = None;
    }

    fn restart(&mut self) {
        self.link_lost();
        self.length_dots = self.media.dots().1;
    }

    fn waits_when_full(&self) -> bool {
        false
    }

    fn length_dots(&self) -> u32 {
        self.length_dots
    }
}

#[cfg(test)]
mod test;
