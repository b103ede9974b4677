//! Every language's session against its transcripts.
//!
//! A transcript is a text file: `>` what the station must send, `<` what the printer says, `=` what
//! the session must tell, `@` what else happens (`open`, `close`, `wait MS`, `clear`, `format
//! NAME`, `print TICKET N=VALUE name=VALUE …`), `#` a remark. Bytes are written with the escapes `\xNN`, `\r`
//! and `\n`; a separator of elements in a value as `\x1d`. Outputs must come exactly, and in this order.

use super::tongues::{TONGUES, Tongue, event_text, root};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use vidimus_drivers::printer::format::JobContent;
use vidimus_drivers::printer::session::PrinterSession;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::{Fault, Output, Session, Tick};

fn output_text(output: Output<Vec<u8>, PrinterEvent>) -> String {
    match output {
        Output::Transmit(bytes) => format!("> {}", bytes.escape_ascii()),
        Output::Event(event) => format!("= {}", event_text(&event)),
        Output::DropLink(fault) => format!("= drop: {fault}"),
    }
}

pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('x') => {
                    let digits: String = rest.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
                }
                Some('r') => bytes.push(b'\r'),
                Some('n') => bytes.push(b'\n'),
                other => panic!("unknown escape {other:?}"),
            },
            c => bytes.extend(c.to_string().bytes()),
        }
    }
    bytes
}

/// The names that a pack's values go by.
const NAMES: [&str; 5] = ["gtin", "serial", "lot", "expiry", "sscc"];

/// Plays one transcript; every line of it must hold.
struct Play<'t> {
    tongue: &'t Tongue,
    session: PrinterSession,
    now: Tick,
    outputs: VecDeque<String>,
    place: String,
}

impl Play<'_> {
    fn collect(&mut self) {
        while let Some(output) = self.session.next_output() {
            // The status says it as well.
            if matches!(output, Output::Event(PrinterEvent::Counted { .. })) {
                continue;
            }
            self.outputs.push_back(output_text(output));
        }
    }

    fn line(&mut self, line: &str) {
        let (mark, text) = line.split_at(1);
        let text = text.trim();
        if mark == ">" || mark == "=" {
            let found = self.outputs.pop_front();
            assert_eq!(found.as_deref(), Some(line), "{}", self.place);
            return;
        }
        let left: Vec<&String> = self.outputs.iter().collect();
        assert!(
            left.is_empty(),
            "{}: not in the transcript: {left:#?}",
            self.place
        );
        match mark {
            "<" => self.session.received(self.now, &unescaped(text)),
            "@" => self.act(text),
            _ => panic!("{}: unknown mark {mark:?}", self.place),
        }
        self.collect();
    }

    fn act(&mut self, text: &str) {
        let mut words = text.split(' ');
        match words.next() {
            Some("open") => self.session.opened(self.now),
            Some("close") => {
                let why = Fault::LinkDown("cable".into());
                self.session.closed(self.now, why);
            }
            Some("clear") => self.session.command(self.now, PrinterCommand::Clear),
            Some("format") => {
                let format = self.tongue.format(words.next().unwrap());
                self.session
                    .command(self.now, PrinterCommand::UseFormat(format));
            }
            Some("print") => {
                let ticket = words.next().unwrap().parse().unwrap();
                let label = label(words);
                let job = PrintJob { ticket, label };
                self.session.command(self.now, PrinterCommand::Print(job));
            }
            Some("wait") => {
                let ms: u64 = words.next().unwrap().parse().unwrap();
                self.wait(self.now + Duration::from_millis(ms));
            }
            other => panic!("{}: unknown act {other:?}", self.place),
        }
    }

    fn wait(&mut self, end: Tick) {
        while let Some(wake) = self.session.wake().filter(|wake| wake.at <= end) {
            self.now = self.now.max(wake.at);
            self.session.woken(self.now);
            self.collect();
        }
        self.now = end;
    }
}

fn label<'w>(words: impl Iterator<Item = &'w str>) -> JobContent {
    let (mut numbered, mut named) = (Vec::new(), Vec::new());
    for word in words {
        let (name, value) = word.split_once('=').unwrap();
        let value = String::from_utf8(unescaped(value)).unwrap();
        match name.parse() {
            Ok(number) => numbered.push((number, value)),
            Err(_) => {
                let known = NAMES.iter().find(|known| **known == name).unwrap();
                named.push((*known, value));
            }
        }
    }
    JobContent::Fields { numbered, named }
}

fn play(tongue: &Tongue, path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut play = Play {
        tongue,
        session: tongue.session(),
        now: Tick::from_ms(1_000),
        outputs: VecDeque::new(),
        place: String::new(),
    };
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        play.place = format!("{}:{}", path.display(), index + 1);
        play.line(line);
    }
    let left: Vec<&String> = play.outputs.iter().collect();
    assert!(
        left.is_empty(),
        "{}: not in the transcript: {left:#?}",
        path.display()
    );
}

#[test]
fn every_transcript_of_every_language_holds() {
    for tongue in TONGUES {
        let folder = root().join("drivers/tests/transcripts").join(tongue.scheme);
        let mut played = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            play(tongue, &entry.unwrap().path());
            played += 1;
        }
        assert!(played >= 6, "{}: {played} transcripts", tongue.scheme);
    }
}
