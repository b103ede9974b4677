//! `^SX`: lines the printer sends by itself when a condition begins or ends. PURE.
//!
//! `^SXa,b,c,d,e,f`: a condition, b where to (A serial, D TCP; others go where this simulator has no link), c `Y` when
//! it begins, d `Y` when it ends. Conditions with the letters of V48 firmware: A media, B ribbon, E head, J paused, K
//! job done, L label ready, `*` all.

use super::{Notice, Press, Said};

/// One condition: its letter, its words, and whether it is an error.
const CONDITIONS: [(u8, &str, bool); 6] = [
    (b'A', "PAPER OUT", true),
    (b'B', "RIBBON OUT", true),
    (b'E', "HEAD OPEN", true),
    (b'J', "PRINTER PAUSED", false),
    (b'K', "PQ JOB COMPLETED", false),
    (b'L', "LABEL READY", false),
];

/// What was asked for, per condition: told when it begins, told when it ends.
#[derive(Debug, Default)]
pub struct Alerts {
    wanted: [(bool, bool); CONDITIONS.len()],
}

impl Alerts {
    /// Takes the parameters of one `^SX`.
    pub fn set(&mut self, parameters: &[u8]) {
        let upper = parameters.to_ascii_uppercase();
        let mut words = upper.split(|&b| b == b',').map(<[u8]>::trim_ascii);
        let mut next = || words.next().unwrap_or_default();
        let (condition, to) = (next(), next());
        if !matches!(to, b"A" | b"D") {
            return;
        }
        let wanted = (matches!(next(), b"Y" | b""), next() == b"Y");
        for (place, (letter, ..)) in CONDITIONS.iter().enumerate() {
            if condition == b"*" || condition == [*letter] {
                self.wanted[place] = wanted;
            }
        }
    }

    /// Says what was asked for.
    pub fn tell(&self, what: Notice, press: &Press, say: &mut Vec<Said>) {
        let now = press.hindrance;
        let mut states = [(false, false); CONDITIONS.len()];
        match what {
            Notice::Hindered { before } => {
                states[0] = (before.media_out, now.media_out);
                states[1] = (before.ribbon_out, now.ribbon_out);
                states[2] = (before.head_open, now.head_open);
                states[3] = (before.paused, now.paused);
            }
            Notice::Printed => {
                states[4] = (false, press.waiting.is_empty());
                states[5] = (false, true);
            }
        }
        for ((before, now), (wanted, (_, words, error))) in
            states.into_iter().zip(self.wanted.iter().zip(CONDITIONS))
        {
            let line = match (before, now) {
                (false, true) if wanted.0 && error => format!("ERROR CONDITION: {words}\r\n"),
                (false, true) if wanted.0 => format!("ALERT: {words}\r\n"),
                (true, false) if wanted.1 && error => format!("ERROR CLEARED: {words}\r\n"),
                (true, false) if wanted.1 => format!("ALERT CLEARED: {words}\r\n"),
                _ => continue,
            };
            let said = Said::report(line);
            say.push(if what == Notice::Printed {
                said.after_label()
            } else {
                said
            });
        }
    }
}
