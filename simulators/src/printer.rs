//! A label printer in applicator mode: bytes in, answers out, labels that wait for START PRINT.
//! PURE.
//!
//! A label is printed only when the PLC raises START PRINT, and END PRINT is the only proof of it. What it speaks is
//! its [`Tongue`]; what every printer has is its [`Press`]; what goes wrong on the way out is its [`Wire`]'s affair.

mod coder;
mod dpl;
mod escape;
mod hitachi;
mod label;
mod press;
mod sbpl;
mod tongue;
mod trouble;
mod tspl;
mod wire;
mod zpl;

use std::sync::Arc;

pub use label::{Aim, Field, Label, Mark, PICTURE_BYTES_MAX, Picture, Turn};
pub use press::{Hindrance, Job, LABEL_DOTS_MAX, Media, Press, QUEUE_MAX};
pub use tongue::{Feed, Kind, Language, Model, Notice, Said, Tongue};
pub use trouble::{TROUBLES, Trouble, Troubles};
pub use wire::{OUTBOX_MAX, Wire};

use crate::Tick;

/// The printer.
#[derive(Debug)]
pub struct Printer {
    model: Model,
    language: Box<dyn Tongue>,
    wire: Wire,
    /// The machine: media, sensors, labels that wait.
    pub press: Press,
    noticed: Hindrance,
    /// A fault: it prints but answers nothing.
    pub silent: bool,
}

impl Printer {
    /// A ZPL printer that was just switched on.
    #[must_use]
    pub fn new(media: Media) -> Printer {
        Printer::speaking(Language::Zpl, media)
    }

    /// A usual printer of this language that was just switched on.
    #[must_use]
    pub fn speaking(language: Language, media: Media) -> Printer {
        Printer::of(Model::speaking(language), media)
    }

    /// A printer of this model that was just switched on.
    #[must_use]
    pub fn of(model: Model, media: Media) -> Printer {
        Printer {
            language: model.tongue(media),
            wire: Wire::new(model.language),
            press: Press::new(media, model.depth()),
            model,
            noticed: Hindrance::default(),
            silent: false,
        }
    }

    /// Takes bytes from the link; gives the bytes that have come out by now, as [`Printer::says`].
    ///
    /// A printer whose buffer is full takes nothing more: ask [`Printer::reads`] before.
    pub fn receive(&mut self, now: Tick, bytes: &[u8]) -> Vec<u8> {
        self.look(now);
        let mut say = Vec::new();
        for &byte in bytes {
            self.language.hear(now, byte, &mut self.press, &mut say);
            self.speak(now, &mut say);
        }
        self.says(now)
    }

    /// What the printer says without being asked, or says late: to be put on the link as time goes by.
    pub fn says(&mut self, now: Tick) -> Vec<u8> {
        self.look(now);
        self.wire.take(now)
    }

    /// Notices what began or ended to hinder it.
    fn look(&mut self, now: Tick) {
        let before = std::mem::replace(&mut self.noticed, self.press.hindrance);
        if before != self.noticed {
            self.notice(now, Notice::Hindered { before });
        }
    }

    fn notice(&mut self, now: Tick, what: Notice) {
        let mut say = Vec::new();
        self.language.notice(what, &mut self.press, &mut say);
        self.speak(now, &mut say);
    }

    fn speak(&mut self, now: Tick, say: &mut Vec<Said>) {
        for said in say.drain(..).filter(|_| !self.silent) {
            self.wire.say(now, said, &self.press);
        }
    }

    /// `false` while the buffer is full: leave the bytes on the link.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.press.room() > 0 || !self.language.waits_when_full()
    }

    /// START PRINT: prints the next label. `None`, and no END PRINT, when none waits, something
    /// hinders it, or the previous label is still under the head.
    pub fn start_print(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.press.hindrance.any() || self.press.busy(now) {
            return None;
        }
        let next = self.language.next_job(&mut self.press);
        let again = self.press.troubles.has(Trouble::PreviousOnLate);
        let job = next.or_else(|| self.press.last_printed.clone().filter(|_| again))?;
        Some(self.print(now, duration_ns, job))
    }

    /// A fault: START PRINT prints the label before once more and leaves the queue as it is.
    pub fn print_previous(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.press.hindrance.any() || self.press.busy(now) {
            return None;
        }
        let job = self.press.last_printed.clone()?;
        Some(self.print(now, duration_ns, job))
    }

    /// A fault: START PRINT takes the next label from the queue and prints the one before.
    pub fn print_stale(&mut self, now: Tick, duration_ns: u64) -> Option<Arc<Label>> {
        if self.press.waiting.is_empty() {
            return None;
        }
        let label = self.print_previous(now, duration_ns)?;
        self.press.waiting.pop_front();
        Some(label)
    }

    fn print(&mut self, now: Tick, duration_ns: u64, job: Job) -> Arc<Label> {
        let label = Arc::clone(&job.label);
        self.press.busy_until = now.plus_ns(duration_ns);
        self.press.odometer += 1;
        self.press.last_printed = Some(job);
        self.notice(now, Notice::Printed);
        label
    }

    /// A fault: the next waiting label is lost. `true` if there was one.
    pub fn lose_one(&mut self) -> bool {
        self.press.waiting.pop_front().is_some()
    }

    /// Media, ribbon and head are put right. Where the language or a fault wants it (`^JZY`), the label that was under
    /// the head is printed again.
    pub fn mend(&mut self) {
        let was_out = self.press.hindrance.silences_status();
        self.press.hindrance = Hindrance {
            paused: self.press.hindrance.paused,
            ..Hindrance::default()
        };
        let forced = self.press.troubles.has(Trouble::ReprintAfterOut);
        if was_out
            && (forced || self.language.repeats_after_out())
            && let Some(job) = self.press.last_printed.clone()
        {
            self.press.waiting.push_front(job);
        }
    }

    /// Power lost and back: forms in DRAM are gone, and what waited too, unless this model keeps it; the odometer
    /// stays.
    pub fn restart(&mut self) {
        self.power_cycle(self.model.keeps_queue);
    }

    /// Power lost and back; `keeps`: the labels that waited wait again.
    pub fn power_cycle(&mut self, keeps: bool) {
        self.language.restart();
        self.wire.forget();
        if !keeps {
            self.press.waiting.clear();
            self.press.last_printed = None;
        }
        self.press.busy_until = Tick::default();
        self.press.received = 0;
        self.press.hindrance.paused = self.press.troubles.has(Trouble::PrinterPaused);
        self.noticed = self.press.hindrance;
    }

    /// Something goes wrong with it, or is put right. Links are the factory's affair.
    pub fn trouble(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        let stood = self.press.troubles.has(trouble);
        self.press.troubles.set(trouble, on, value);
        match trouble {
            Trouble::HeadOpen if on => self.press.hindrance.head_open = true,
            Trouble::HeadOpen if stood => {
                let before = self.press.hindrance;
                self.mend();
                self.press.hindrance = Hindrance {
                    head_open: false,
                    ..before
                };
            }
            Trouble::PrinterPaused if on || stood => self.press.hindrance.paused = on,
            Trouble::PowerCycle if on => self.power_cycle(false),
            Trouble::PowerCycleKept if on => self.power_cycle(true),
            // What waits goes on waiting; the odometer counts every label that comes out.
            Trouble::FeedKey if on && !self.press.hindrance.any() => self.press.odometer += 1,
            _ => {}
        }
    }

    /// The link was cut: a command cut short is forgotten, and so is what was not said yet.
    pub fn link_lost(&mut self) {
        self.language.link_lost();
        self.wire.forget();
    }

    /// Labels waiting for START PRINT.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.press.waiting.len()
    }

    /// Labels printed in its life.
    #[must_use]
    pub fn odometer(&self) -> u64 {
        self.press.odometer
    }

    /// Printing jobs received since it was switched on.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.press.received
    }

    /// What it speaks.
    #[must_use]
    pub fn language(&self) -> Language {
        self.model.language
    }

    /// Length of the present label in mm, for the print time.
    #[must_use]
    pub fn label_length_mm(&self) -> f64 {
        f64::from(self.language.length_dots()) / f64::from(self.press.media.dpmm)
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
        printer.press.hindrance.media_out = true;
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
            printer.press.hindrance.media_out = true;
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

    #[test]
    fn troubles_spoil_answers_and_leave_jobs_alone() {
        let good = told(b"").receive(Tick(0), b"~HS");
        let answer = |trouble| {
            let mut printer = told(b"");
            printer.trouble(trouble, true, None);
            let answer = printer.receive(Tick::from_ms(1), &[b"~HS", &job("A")[..]].concat());
            assert_eq!(printer.waiting(), 1, "{trouble:?}");
            (answer, printer)
        };
        assert_eq!(answer(Trouble::HalfReply).0, good[..41]);
        assert_eq!(answer(Trouble::ReplyTwice).0, [&good[..], &good].concat());
        let garbage = answer(Trouble::GarbageReply).0;
        assert!(garbage.len() == good.len() && garbage != good);
        assert_eq!(
            answer(Trouble::WrongReply).0,
            b"\x02  A000000                \x03"
        );
        let (nothing, mut late) = answer(Trouble::LateReply);
        assert!(nothing.is_empty() && late.says(Tick::from_ms(300)).is_empty());
        assert_eq!(late.says(Tick::from_ms(301)), good);
        let (_, mut cut) = answer(Trouble::LateReply);
        cut.link_lost();
        assert!(
            cut.says(Tick::from_ms(999)).is_empty(),
            "lost with its link"
        );
        let mut deaf = told(b"");
        deaf.trouble(Trouble::NakAlways, true, None);
        deaf.receive(Tick(0), &job("A"));
        assert_eq!(deaf.waiting(), 0);
    }

    #[test]
    fn troubles_of_the_machine_hinder_print_again_and_end() {
        let mut printer = told(&[b"^XA^JZN^XZ", &job("A")[..], &job("B")].concat());
        for (trouble, on) in [(Trouble::HeadOpen, true), (Trouble::PrinterPaused, true)] {
            printer.trouble(trouble, on, None);
            assert_eq!(printer.start_print(Tick(0), 0), None, "{trouble:?}");
            printer.trouble(trouble, false, None);
        }
        assert_eq!(
            serial(printer.start_print(Tick(0), 0)).as_deref(),
            Some("A")
        );
        printer.press.hindrance.ribbon_out = true;
        printer.trouble(Trouble::ReprintAfterOut, true, None);
        printer.mend();
        assert_eq!(
            serial(printer.start_print(Tick(0), 0)).as_deref(),
            Some("A"),
            "forced"
        );
        printer.trouble(Trouble::BufferFull, true, Some(1));
        assert!(!printer.reads(), "one label waits and no more may");
        assert_eq!(
            serial(printer.start_print(Tick(0), 0)).as_deref(),
            Some("B")
        );
        printer.trouble(Trouble::PreviousOnLate, true, None);
        assert_eq!(
            serial(printer.start_print(Tick(0), 0)).as_deref(),
            Some("B"),
            "again"
        );
        printer.trouble(Trouble::BufferFull, false, None);
        printer.receive(Tick(0), &job("C"));
        printer.trouble(Trouble::PowerCycleKept, true, None);
        assert_eq!(
            serial(printer.start_print(Tick(0), 0)).as_deref(),
            Some("C"),
            "kept"
        );
        printer.receive(Tick(0), &[FORM, &job("D")].concat());
        printer.trouble(Trouble::PowerCycle, true, None);
        assert_eq!(printer.waiting(), 0);
        let left: Vec<Trouble> = printer.press.troubles.standing().collect();
        assert_eq!(left, [Trouble::PreviousOnLate, Trouble::ReprintAfterOut]);
    }

    #[test]
    fn every_language_survives_noise_within_bounds() {
        let mut random = crate::random::Random::new(11);
        for language in Language::ALL {
            let mut printer = Printer::speaking(language, Media::default());
            let mut said = 0;
            for ms in 0..400 {
                // Mostly bytes that mean something to one language or another.
                let alphabet = b"^~XAZFDGBPQRSTLHEUCVIW0123456789,\"\r\n\x01\x02\x03\x05\x06\x10\x12\x18\x1b\xffv w!?.";
                let noise: Vec<u8> = (0..500)
                    .map(|_| match random.below(4) {
                        0 => random.bits().to_le_bytes()[0],
                        _ => {
                            alphabet[usize::try_from(random.below(alphabet.len() as u64))
                                .expect("small")]
                        }
                    })
                    .collect();
                if printer.reads() {
                    said += printer.receive(Tick::from_ms(ms), &noise).len();
                } else {
                    printer.start_print(Tick::from_ms(ms), 0);
                }
                assert!(printer.waiting() <= QUEUE_MAX);
                let fields = printer
                    .press
                    .waiting
                    .iter()
                    .map(|job| job.label.fields.len());
                assert!(fields.max().unwrap_or(0) <= 256, "{language}");
            }
            assert!(said < 4 << 20, "{language} said {said} bytes");
        }
    }

    /// Something whole in every language: formats, stored ones, pictures, questions.
    fn whole(language: Language) -> &'static [u8] {
        match language {
            Language::Zpl => {
                b"~DGR:G.GRF,4,2,FF,81^XA^DFR:V^FS^FO9,9^BXN,6,200,,,,_,1^FN1^FS^FO9,99^A0N,20,20^FN2^FS\
                ^FO1,1^XGR:G,2,2^FS^XZ^XA^XFR:V^FS^FN1^FD_101A_5026_d029^FS^FN2^FDx^FS^PQ2^XZ~HS~HQES^XA^FO9,9\
                ^BY2^BCN,80,N,N,N,N^FD>;>8001234>6a^FS^FO1,2^GB9,9,2^FS^FO1,2^GFA,4,4,2,gF:^FS^XZ~HI"
            }
            Language::Tspl => {
                b"SIZE 40 mm,20 mm\r\nCLS\r\nDMATRIX 9,9,200,200,c126,x6,r90,20,20,\"~101A~d029~5026\"\r\n\
                TEXT 9,9,\"0\",0,8,8,\"x\"\r\nBARCODE 9,9,\"128M\",50,0,0,2,2,\"!105!10212!100a\"\r\n\
                BOX 1,1,9,9,2\r\nBITMAP 1,1,2,2,0,\x01\x02\x1b!\r\nPRINT 2,1\r\n\x1b!S\x1b!?DOWNLOAD \"A\"\r\n\
                TEXT 1,1,\"3\",0,1,1,\"a\"+B$\r\nPRINT 1\r\nEOP\r\nB$=\"b\"\r\nRUN \"A\"\r\n"
            }
            Language::Sbpl => {
                b"\x02\x1bA\x1bA101600320\x1bA3H+1V-2\x1bID07\x1bWKname\x1bV9\x1bH9\x1bBX01200606000000001\
                \x1bDC\x1b101A\x1d2\x1bV9\x1bL0202\x1bXMx\x1b$A,20,20,0\x1b$=y\x1bBG02050>H1>C1234>F\x1bBI020500a\
                \x1bGH001001FF818181818181FF\x1bGB001001\x1b\x05\x18\x10\x11\x00\x00\xff\x1bFW0202V9H9\
                \x1bRDB00,P12,020,z\x1bQ2\x1bZ\x03\x05"
            }
            Language::Dpl => {
                b"\x02IDAFlogo\r8002FF81\r0000FF02\rFFFF\r\x02m\x02L\r1W1c44000010000502000024024A\r\
                1W1C440000100010000292000000000Datamax\rprints best\r121100000500100T\r1911S0100100010P010P012t\r\
                1e1202000500100C&G0012&Ea\r1X1100000500100B100050004004\r1Y1100000500010logo\rQ0002\rsDV\r\
                \x02L\rrV\rE\r\x02U03N\r\x02UT04n\r\x02E0002\r\x02G\r\x01A\x01a\x01E\x01F"
            }
            Language::Hitachi => b"\x05\x02\x10\x3101A\x1d2\x10\x33S1\x03\x12\x02\x1b\x76\x03\x02\x1f\x77\x03",
            Language::Coder => {
                b"\x02I\x03\x34\x39\x02S\x0353\x02P\x1f\x1f\x1f\x1f\x03CC\x02P\x1f~1\x1f\x1f\x1f\x037B\x02C\x0343"
            }
        }
    }

    #[test]
    fn every_language_takes_damaged_jobs_and_stays_within_bounds() {
        let mut random = crate::random::Random::new(29);
        for language in Language::ALL {
            let mut taken = 0;
            for round in 0..600 {
                let mut printer = Printer::speaking(language, Media::default());
                let mut bytes = whole(language).to_vec();
                for _ in 0..random.below(12).min(round) {
                    let at = usize::try_from(random.below(bytes.len() as u64)).expect("small");
                    let byte = random.bits().to_le_bytes()[0];
                    match random.below(4) {
                        0 => bytes[at] = byte,
                        1 => bytes.insert(at, byte),
                        2 => drop(bytes.remove(at)),
                        _ => bytes[at] = b"0919,\"\r\x1b\x02\x03Z"[usize::from(byte) % 11],
                    }
                }
                // Cut anywhere, as a link cuts.
                let cut = usize::try_from(random.below(bytes.len() as u64)).expect("small");
                printer.receive(Tick(0), &bytes[..cut]);
                printer.receive(Tick(0), &bytes[cut..]);
                taken += u64::from(printer.waiting() > 0);
                assert!(printer.waiting() <= printer.press.depth(), "{language}");
                while let Some(label) = printer.start_print(Tick(0), 0) {
                    if label.fields.len() > 256 || label.draw().cover.is_empty() {
                        panic!("{language}: {} fields", label.fields.len());
                    }
                    assert!(label.scan_data().len() <= 256, "{language}");
                    if printer.odometer() > 8 {
                        break;
                    }
                }
            }
            assert!(
                taken > 60,
                "{language}: only {taken} of 600 came to a label"
            );
        }
    }
}
