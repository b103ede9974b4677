//! The table that every contract of printers runs through: one row for each row of `LANGUAGES`, and one for languages
//! that a file describes. A row of `LANGUAGES` without its row here, its transcripts, its simulator or its page fails.

use super::coder_peer::Coder;
use super::device::{Device, Faulty};
use super::{dpl_peer, hitachi_peer, sbpl_peer, tspl_peer, zpl_peer};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vidimus_drivers::Known;
use vidimus_drivers::link::memory::MemoryLink;
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::format::{Artwork, At, Content, Format, JobContent, Mark};
use vidimus_drivers::printer::language::{Language, Queue};
use vidimus_drivers::printer::session::{PrinterConfig, PrinterSession};
use vidimus_drivers::printer::{LANGUAGES, PrintJob, PrinterCommand, PrinterEvent, language};

/// A language with the device that speaks it.
pub struct Tongue {
    /// As in `LANGUAGES`; the folder of its transcripts.
    pub scheme: &'static str,
    pub speak: fn() -> Box<dyn Language>,
    pub device: fn() -> Box<dyn Device>,
    /// One of its status answers, and how another session names it; empty where its shape tells nobody.
    pub status: (&'static [u8], &'static str),
    /// What its status says when nothing waits.
    pub empty: Queue,
    /// How it says no to a label.
    pub no: No,
}

/// How a language says no to a label, where orders are acknowledged: not now, or for good. A silent one says neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct No {
    pub not_now: bool,
    pub for_good: bool,
}

const NEVER: No = No {
    not_now: false,
    for_good: false,
};

pub const TONGUES: &[Tongue] = &[
    Tongue {
        scheme: "zpl",
        speak: || built_in("zpl"),
        device: || Box::new(zpl_peer::Printer::default()),
        status: (
            b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n",
            "a ZPL printer",
        ),
        empty: Queue::Count(0),
        no: NEVER,
    },
    Tongue {
        scheme: "tspl",
        speak: || built_in("tspl"),
        device: || Box::new(tspl_peer::Printer::default()),
        status: (b"\x02@@@@\x03\r\n", "a TSPL printer"),
        empty: Queue::Idle,
        no: NEVER,
    },
    Tongue {
        scheme: "sbpl",
        speak: || built_in("sbpl"),
        device: || Box::new(sbpl_peer::Printer::default()),
        status: (b"\x02  A000000                \x03", "a SBPL printer"),
        empty: Queue::Idle,
        no: No {
            not_now: false,
            for_good: true,
        },
    },
    Tongue {
        scheme: "dpl",
        speak: || built_in("dpl"),
        device: || Box::new(dpl_peer::Printer::default()),
        status: (b"NNNNNNNN:NNNNNNNN:NNNNNNNN\r", "a DPL printer"),
        empty: Queue::Idle,
        no: NEVER,
    },
    Tongue {
        scheme: "hitachi",
        speak: || built_in("hitachi"),
        device: || Box::new(hitachi_peer::Printer::default()),
        status: (b"", ""),
        empty: Queue::Untold,
        no: No {
            not_now: true,
            for_good: false,
        },
    },
    Tongue {
        scheme: "file",
        speak: described,
        device: || Box::new(Coder::default()),
        status: (b"", ""),
        empty: Queue::Count(0),
        no: No {
            not_now: true,
            for_good: true,
        },
    },
];

fn built_in(scheme: &str) -> Box<dyn Language> {
    (language(scheme).unwrap().speak)()
}

fn described() -> Box<dyn Language> {
    let file = root().join("templates/printers/coder.toml");
    let text = std::fs::read_to_string(file).unwrap();
    Box::new(Described::new(Description::parse(&text).unwrap()))
}

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn config() -> PrinterConfig {
    PrinterConfig {
        dpmm: Some(12),
        ..PrinterConfig::default()
    }
}

pub type Link = MemoryLink<PrinterSession, Faulty>;

impl Tongue {
    pub fn session(&self) -> PrinterSession {
        PrinterSession::new((self.speak)(), config())
    }

    /// A format of a symbol and a text, as far as the language can write them.
    pub fn format(&self, name: &str) -> Format {
        let at = |x, y| At { x, y };
        let symbol = Mark::DataMatrix {
            at: at(40, 40),
            module_dots: 6,
            content: Content::Field(1),
        };
        let text = Mark::Text {
            at: at(240, 40),
            height: 20,
            content: Content::Field(2),
        };
        let language = (self.speak)();
        let mut format = Format {
            name: name.into(),
            width: 600,
            length: 300,
            dpmm: 12,
            artwork: Artwork::Marks(vec![symbol, text.clone()]),
        };
        for fewer in [vec![text], vec![]] {
            if language.hindrance(&format).is_some() {
                format.artwork = Artwork::Marks(fewer);
            }
        }
        format
    }

    /// A label whose text and serial are the ticket's number.
    pub fn job(&self, ticket: u64) -> PrintJob {
        let serial = ticket.to_string();
        let symbol = format!("010952123454321321{serial}\x1d1727123110LOT1");
        let mut numbered = vec![(1, symbol), (2, serial.clone())];
        let has_symbol = match self.format("PACK").artwork {
            Artwork::Marks(marks) => marks.len() != 1,
            Artwork::Native(_) => true,
        };
        if !has_symbol {
            numbered.remove(0);
        }
        let named = [
            ("gtin", "09521234543213"),
            ("serial", &serial),
            ("lot", "LOT1"),
            ("expiry", "271231"),
        ];
        let named = named.map(|(name, value)| (name, value.to_owned())).to_vec();
        let label = JobContent::Fields { numbered, named };
        PrintJob { ticket, label }
    }

    pub fn print(&self, link: &mut Link, tickets: std::ops::RangeInclusive<u64>) {
        for ticket in tickets {
            link.command(PrinterCommand::Print(self.job(ticket)));
        }
    }

    /// A link to the device, ready to print.
    pub fn ready(&self) -> Link {
        let mut session = self.session();
        let format = self.format("PACK");
        vidimus_drivers::Session::command(
            &mut session,
            vidimus_drivers::Tick(0),
            PrinterCommand::UseFormat(format),
        );
        let mut link = MemoryLink::new(session, Faulty::new((self.device)()));
        link.run_for(Duration::from_secs(1));
        assert!(
            told(&link, "cleared"),
            "{}: {:?}",
            self.scheme,
            texts(&link)
        );
        link
    }
}

/// What an event says, as transcripts write it.
pub fn event_text(event: &PrinterEvent) -> String {
    match event {
        PrinterEvent::Link(true) => "link up".into(),
        PrinterEvent::Link(false) => "link down".into(),
        PrinterEvent::Identified {
            model,
            firmware,
            dpmm,
        } => {
            let dpmm = dpmm.map_or_else(String::new, |dpmm| format!(" {dpmm}"));
            format!("identified {model} {firmware}{dpmm}")
                .trim_end()
                .to_owned()
        }
        PrinterEvent::Sent { ticket, bytes } => format!("sent {ticket} {bytes}"),
        PrinterEvent::Refused { ticket, why } => format!("refused {ticket}: {why}"),
        PrinterEvent::Cleared => "cleared".into(),
        PrinterEvent::Counted { labels, .. } => format!("counted {labels}"),
        PrinterEvent::Status(Known::Unknown { .. }) => "status unknown".into(),
        PrinterEvent::Status(Known::Yes { value, .. }) => {
            let queued = value.queued.map_or("?".into(), |queued| queued.to_string());
            let mut text = format!("status queued={queued}");
            if let Some(labels) = value.odometer {
                let _written = write!(text, " odometer={labels}");
            }
            for fault in &value.faults {
                let _written = write!(text, " [{fault}]");
            }
            text
        }
        PrinterEvent::Fault(fault) => format!("fault: {fault}"),
    }
}

pub fn texts(link: &Link) -> Vec<String> {
    link.events
        .iter()
        .map(|(_, event)| event_text(event))
        .collect()
}

pub fn told(link: &Link, text: &str) -> bool {
    texts(link).iter().any(|told| told.starts_with(text))
}

/// A language is whole when all that belongs to it is there; what is missing is told by name.
#[test]
fn every_language_has_all_that_belongs_to_it() {
    let mut missing = Vec::new();
    let page = std::fs::read_to_string(root().join("docs/printers.md")).unwrap();
    let simulators = std::fs::read_dir(root().join("simulators/src/printer")).unwrap();
    let simulators: Vec<String> = simulators
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for spoken in LANGUAGES {
        let scheme = spoken.scheme;
        let mut must = |there: bool, what: &str| {
            if !there {
                missing.push(format!("{scheme}: {what}"));
            }
        };
        let tongue = TONGUES.iter().any(|tongue| tongue.scheme == scheme);
        must(
            tongue,
            "a row of TONGUES (drivers/tests/contract/tongues.rs)",
        );
        let folder = root().join("drivers/tests/transcripts").join(scheme);
        let transcripts = std::fs::read_dir(folder).map_or(0, Iterator::count);
        must(
            transcripts >= 6,
            "six transcripts in drivers/tests/transcripts",
        );
        let is_its = |name: &String| name.trim_end_matches(".rs") == scheme;
        must(
            simulators.iter().any(is_its),
            "a simulator in simulators/src/printer",
        );
        let heading = format!("\n## {} (`{scheme}`)\n", spoken.name);
        must(
            page.contains(&heading),
            "a section of docs/printers.md with its name and scheme",
        );
        let row = format!("\n| `{scheme}` | {} |", spoken.name);
        must(
            page.contains(&row),
            "a row in the table of docs/printers.md",
        );
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What a user may describe has its templates, and all of them are sound.
#[test]
fn every_described_printer_among_the_templates_is_sound() {
    let folder = std::fs::read_dir(root().join("templates/printers")).unwrap();
    let mut sound = 0;
    for entry in folder {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mistakes = Description::parse(&text).err();
        assert_eq!(mistakes, None, "{}", path.display());
        sound += 1;
    }
    assert!(sound > 0);
}
