//! `vidimus label print`: one label on a printer that no station uses, to see how it comes out.

use super::source::{Label, What, in_template};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::print_line;
use crate::label::Severity;
use crate::station::described::speech_at;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};
use vidimus_drivers::address::{Address, DESCRIBED, LinkAddress};
use vidimus_drivers::printer::session::{PrinterConfig, PrinterSession};
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::pump::{Clock, spawn_bytes};
use vidimus_drivers::{Fault, Known};

/// Longest wait for the printer to be ready.
const PRINTER_WAIT: Duration = Duration::from_secs(15);

/// Longest wait for its queue to be empty again; a printer that waits for a trigger keeps the label for ever.
const LABEL_WAIT: Duration = Duration::from_secs(5);

/// Most things a printer says that wait to be heard; then its pump waits.
const EVENTS_MAX: usize = 64;

/// The job's number; there is only one.
const TICKET: u64 = 1;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The printer's queue is cleared first. A running station holds its printer: stop it before. A printer \
    that waits for a trigger (applicator, ink jet) keeps the label for the next pack: this says so, and what to do."
)]
pub(super) struct PrintArgs {
    /// A template: its name, file or folder.
    name: String,
    /// The printer's address, as in a station file: zpl+tcp://HOST:PORT.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// The file that describes the printer's language, for an address that begins with file+.
    #[arg(long, value_name = "FILE")]
    description: Option<String>,
    #[command(flatten)]
    what: What,
    /// Resolution of the printer in dots per millimetre.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

pub(super) fn run(args: &PrintArgs) -> Ended {
    let label = Label::open(&args.name, &args.what)?;
    let address: Result<Address, _> = args.to.parse();
    let usage = |text: String| Failure::new(Exit::Usage, text);
    let address = address.map_err(|error| usage(error.to_string()))?;
    let Address::Printer { link, language } = address else {
        return Err(usage(format!("{} is no printer's address.", args.to)));
    };
    let speech = match (language == DESCRIBED, &args.description) {
        (true, None) => {
            let text = "A file describes this printer's language: add --description FILE.";
            return Err(usage(text.to_owned()));
        }
        (false, Some(_)) => {
            let text =
                "--description is for addresses that begin with file+; this language is built in.";
            return Err(usage(text.to_owned()));
        }
        (_, file) => speech_at(&args.to, file.as_deref()),
    };
    let speech = speech.map_err(|text| Failure::new(Exit::Configuration, text))?;
    let wrong = |error| in_template(&args.name, &error);
    let found = label.lint_for(&speech, args.dpmm, false).map_err(wrong)?;
    for finding in &found {
        crate::cli::message(&finding.to_string());
    }
    if found.iter().any(|one| one.severity == Severity::Error) {
        let text = "It was not printed: mend the errors first.";
        return Err(Failure::new(Exit::Configuration, text));
    }
    let (format, text) = label.for_printer(&speech, args.dpmm).map_err(wrong)?;
    let config = PrinterConfig {
        dpmm: Some(args.dpmm),
        ..PrinterConfig::default()
    };
    let session = PrinterSession::new(speech.language, config);
    let job = PrintJob {
        ticket: TICKET,
        label: text,
    };
    printed(session, link, format, job, &args.to)
}

fn printed(
    session: PrinterSession,
    link: LinkAddress,
    format: vidimus_drivers::printer::format::Format,
    job: PrintJob,
    to: &str,
) -> Ended {
    let (tell, events) = sync_channel(EVENTS_MAX);
    let device = |text: String| Failure::new(Exit::Device, format!("The printer at {to}: {text}"));
    let seconds = PRINTER_WAIT.as_secs();
    crate::cli::message(&format!(
        "Asking the printer at {to}; it has {seconds} s to be ready."
    ));
    let pump = spawn_bytes(session, link, Clock::start(), move |event| {
        let _ = tell.send(event); // nobody waits any more
    });
    let pump = pump.map_err(|error| device(error.to_string()))?;
    let refused = |_| device("it takes no orders.".to_owned());
    pump.send(PrinterCommand::UseFormat(format))
        .map_err(refused)?;
    let mut course = Course::new(&events);
    course.ready().map_err(device)?;
    pump.send(PrinterCommand::Print(job)).map_err(refused)?;
    let bytes = course.sent().map_err(device)?;
    course.end = Instant::now() + LABEL_WAIT;
    let fate = course.fate();
    pump.stop();
    pump.join();
    let now = match fate {
        Fate::Gone => "nothing waits there any more. Look at the label: that is the proof.",
        Fate::Taken => {
            "the printer took them; whether it printed, its language cannot say. If it waits for a trigger, THE LABEL \
             WAITS for the next pack: trigger it once over a scrap pack before the line runs, or clear it at the panel."
        }
        Fate::Waits => {
            "THE LABEL WAITS there: it comes with the next START PRINT, on the next pack. Give START PRINT once over a \
             scrap pack before the line runs, or clear the printer's queue; a station that starts clears it by itself."
        }
        Fate::Unknown(why) => {
            return Err(device(format!(
                "{why} {bytes} bytes went there, and whether the label was printed nobody knows: look."
            )));
        }
    };
    print_line(&format!("{bytes} bytes went to {to}, and {now}"))?;
    Ok(Exit::Ok)
}

/// What became of the label, as far as the printer says.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// The printer says that nothing waits.
    Gone,
    /// It took the label, and never says what waits.
    Taken,
    /// It says that something waits, and nothing is wrong.
    Waits,
    /// It refused, failed or was lost; a sentence.
    Unknown(String),
}

/// What a printer says, and until when it is listened to.
struct Course<'e> {
    events: &'e Receiver<PrinterEvent>,
    end: Instant,
    trouble: Option<Fault>,
    /// Something else than the printer that was meant is there.
    is_another: bool,
}

impl<'e> Course<'e> {
    fn new(events: &'e Receiver<PrinterEvent>) -> Course<'e> {
        Course {
            events,
            end: Instant::now() + PRINTER_WAIT,
            trouble: None,
            is_another: false,
        }
    }

    /// The next event; the error is what the printer said last that was wrong.
    fn next(&mut self) -> Result<PrinterEvent, String> {
        let left = self.end.saturating_duration_since(Instant::now());
        let event = self.events.recv_timeout(left).map_err(|_| {
            let seconds = PRINTER_WAIT.as_secs();
            match &self.trouble {
                Some(fault) => format!("{fault}."),
                None => format!("it was not ready within {seconds} s."),
            }
        })?;
        match &event {
            PrinterEvent::Fault(fault @ Fault::WrongDevice { found, .. }) => {
                self.is_another = true;
                let mend = resolution(found).map(|dpmm| format!(" Add --dpmm {dpmm}."));
                return Err(format!("{fault}.{}", mend.unwrap_or_default()));
            }
            PrinterEvent::Fault(fault) => {
                if self.trouble.is_none() {
                    crate::cli::message(&format!("{fault}; trying on."));
                }
                self.trouble = Some(fault.clone());
            }
            PrinterEvent::Status(Known::Yes { value, .. }) => {
                self.trouble = value.faults.first().cloned();
            }
            _ => {}
        }
        Ok(event)
    }

    /// Waits until its queue was cleared.
    fn ready(&mut self) -> Result<(), String> {
        loop {
            match self.next() {
                Ok(PrinterEvent::Cleared) => return Ok(()),
                Ok(_) => {}
                Err(why) if self.is_another => return Err(why),
                Err(why) => {
                    return Err(format!(
                        "{why} Nothing was printed. Perhaps something else holds the printer, as a running station \
                         does: stop it first, and look at power, cable and address."
                    ));
                }
            }
        }
    }

    /// Listens until the label is gone, lost, or the wait is over.
    fn fate(&mut self) -> Fate {
        let mut waits = false;
        loop {
            match self.next() {
                // A session that gives up puts everything in step again, and then nothing waits: that proves nothing.
                Ok(PrinterEvent::Fault(fault)) => return Fate::Unknown(format!("{fault}.")),
                Ok(PrinterEvent::Link(false) | PrinterEvent::Cleared) => {
                    return Fate::Unknown("the link was lost.".into());
                }
                Ok(PrinterEvent::Status(Known::Yes { value, .. })) if value.faults.is_empty() => {
                    waits = value.outstanding > 0;
                    match value.queued {
                        _ if waits => {}
                        Some(_) => return Fate::Gone,
                        None => return Fate::Taken,
                    }
                }
                Ok(_) => {}
                Err(_) if waits && self.trouble.is_none() => return Fate::Waits,
                Err(why) => return Fate::Unknown(why),
            }
        }
    }

    fn sent(&mut self) -> Result<usize, String> {
        loop {
            match self.next()? {
                PrinterEvent::Sent { bytes, .. } => return Ok(bytes),
                PrinterEvent::Refused { why, .. } => return Err(format!("{why}.")),
                _ => {}
            }
        }
    }
}

/// The dots per millimetre of a head that was found instead.
fn resolution(found: &str) -> Option<u16> {
    let (before, _) = found.split_once(" dots/mm")?;
    before.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod test {
    use super::*;
    use vidimus_drivers::Tick;
    use vidimus_drivers::printer::PrinterStatus;

    fn status(queued: Option<u32>, outstanding: u32) -> PrinterEvent {
        let value = PrinterStatus {
            queued,
            outstanding,
            faults: Vec::new(),
            odometer: None,
        };
        let at = Tick::default();
        PrinterEvent::Status(Known::Yes { value, at })
    }

    /// After all events the printer is silent until the wait is over.
    fn course<T>(events: Vec<PrinterEvent>, ask: impl Fn(&mut Course) -> T) -> T {
        let (tell, heard) = sync_channel(EVENTS_MAX);
        events
            .into_iter()
            .for_each(|event| tell.send(event).unwrap());
        drop(tell);
        ask(&mut Course::new(&heard))
    }

    #[test]
    fn only_what_the_printer_says_of_the_label_is_told() {
        let refused = Fault::Device("it refused a label: NAK".into());
        for (events, fate) in [
            (vec![status(Some(1), 1), status(Some(0), 0)], Fate::Gone),
            (vec![status(None, 1), status(None, 1)], Fate::Waits),
            (vec![status(None, 0)], Fate::Taken),
            // Refused; the link is made anew, and then nothing waits there.
            (
                vec![
                    PrinterEvent::Fault(refused),
                    PrinterEvent::Link(false),
                    status(Some(0), 0),
                ],
                Fate::Unknown("device error: it refused a label: NAK.".into()),
            ),
            (
                vec![
                    PrinterEvent::Link(false),
                    PrinterEvent::Cleared,
                    status(Some(0), 0),
                ],
                Fate::Unknown("the link was lost.".into()),
            ),
            (
                vec![],
                Fate::Unknown("it was not ready within 15 s.".into()),
            ),
        ] {
            let shown = format!("{events:?}");
            assert_eq!(course(events, |course| course.fate()), fate, "{shown}");
        }
    }

    #[test]
    fn what_keeps_the_printer_from_being_ready_is_told_with_what_to_do() {
        let other = |expected: &str, found: &str| {
            PrinterEvent::Fault(Fault::WrongDevice {
                expected: expected.into(),
                found: found.into(),
            })
        };
        for (event, part) in [
            (
                other("a printer with 8 dots/mm", "ZT411 with 12 dots/mm"),
                "12 dots/mm. Add --dpmm 12.",
            ),
            (
                other("a ZPL printer", "a TSPL printer"),
                "found a TSPL printer.",
            ),
            (
                PrinterEvent::Fault(Fault::LinkDown("refused".into())),
                "something else holds the printer, as a running station does: stop it first",
            ),
        ] {
            let why = course(vec![event], |course| course.ready()).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
