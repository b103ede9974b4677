//! `vidimus label print`: one label on a printer that no station uses, to see how it comes out.

use super::source::{Label, What, in_template};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::print_line;
use crate::label::Severity;
use crate::station::sessions;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};
use vidimus_drivers::address::{Address, LinkAddress};
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
    after_help = "The printer's queue is cleared first. A running station holds its printer: stop it before."
)]
pub(super) struct PrintArgs {
    /// A template: its name, file or folder.
    name: String,
    /// The printer's address, as in a station file: zpl+tcp://HOST:PORT.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    #[command(flatten)]
    what: What,
    /// Resolution of the printer in dots per millimetre.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

pub(super) fn run(args: &PrintArgs) -> Ended {
    let label = Label::open(&args.name, &args.what)?;
    let wrong = |error| in_template(&args.name, &error);
    let found = label.lint(args.dpmm, false).map_err(wrong)?;
    for finding in &found {
        crate::cli::message(&finding.to_string());
    }
    if found.iter().any(|one| one.severity == Severity::Error) {
        let text = "It was not printed: mend the errors first.";
        return Err(Failure::new(Exit::Configuration, text));
    }
    let address: Result<Address, _> = args.to.parse();
    let usage = |text: String| Failure::new(Exit::Usage, text);
    let address = address.map_err(|error| usage(error.to_string()))?;
    let Address::Printer { link, .. } = address else {
        return Err(usage(format!("{} is no printer's address.", args.to)));
    };
    let speech = sessions::speech(&args.to, None).map_err(usage)?;
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
    let pump = spawn_bytes(session, link, Clock::start(), move |event| {
        let _ = tell.send(event); // nobody waits any more
    });
    let pump = pump.map_err(|error| device(error.to_string()))?;
    let refused = |_| device("it takes no orders.".to_owned());
    pump.send(PrinterCommand::UseFormat(format))
        .map_err(refused)?;
    let mut course = Course::new(&events);
    course
        .until(|event| *event == PrinterEvent::Cleared)
        .map_err(device)?;
    pump.send(PrinterCommand::Print(job)).map_err(refused)?;
    let bytes = course.sent().map_err(device)?;
    course.end = Instant::now() + LABEL_WAIT;
    let gone = course.until(|event| match event {
        PrinterEvent::Status(Known::Yes { value, .. }) => {
            value.outstanding == 0 && value.faults.is_empty()
        }
        _ => false,
    });
    pump.stop();
    pump.join();
    let now = match (gone, &course.trouble) {
        (Ok(()), _) => "nothing waits there any more. Look at the label: that is the proof.",
        (Err(_), None) => {
            "the label waits there: in applicator mode it comes with the next START PRINT."
        }
        (Err(why), Some(_)) => {
            return Err(device(format!("{why} The label may still come out.")));
        }
    };
    print_line(&format!("{bytes} bytes went to {to}, and {now}"))?;
    Ok(Exit::Ok)
}

/// What a printer says, and until when it is listened to.
struct Course<'e> {
    events: &'e Receiver<PrinterEvent>,
    end: Instant,
    trouble: Option<Fault>,
}

impl<'e> Course<'e> {
    fn new(events: &'e Receiver<PrinterEvent>) -> Course<'e> {
        Course {
            events,
            end: Instant::now() + PRINTER_WAIT,
            trouble: None,
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
            PrinterEvent::Fault(fault @ Fault::WrongDevice { .. }) => {
                return Err(format!("{fault}."));
            }
            PrinterEvent::Fault(fault) => self.trouble = Some(fault.clone()),
            PrinterEvent::Status(Known::Yes { value, .. }) => {
                self.trouble = value.faults.first().cloned();
            }
            _ => {}
        }
        Ok(event)
    }

    fn until(&mut self, wanted: impl Fn(&PrinterEvent) -> bool) -> Result<(), String> {
        while !wanted(&self.next()?) {}
        Ok(())
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
