//! Every family's session against its transcripts, written as those of printers are: `>` what the station must send,
//! `<` what the reader says, `=` what the session must tell, `@` what else happens (`open`, `close`, `wait MS`, `gate
//! on|off`). Before the first `@`, `@ set NAME=VALUE` sets the reader up (`prefix`, `suffix`, `no-read`, `counter`,
//! `gs`, `aim=on`, `asks=on`, `gate-on`, `gate-off`).

use super::reader_peer::{config, schemes};
use super::tongues::root;
use super::transcripts::unescaped;
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use vidimus_drivers::reader::config::ReaderConfig;
use vidimus_drivers::reader::session::ReaderSession;
use vidimus_drivers::reader::{ReaderCommand, ReaderEvent};
use vidimus_drivers::{Fault, Known, Output, Session, Tick};

/// An event as transcripts write it.
pub fn event_text(event: &ReaderEvent) -> String {
    let counted =
        |counter: &Option<u64>| counter.map_or("-".to_owned(), |counter| counter.to_string());
    match event {
        ReaderEvent::Link(up) => format!("link {}", if *up { "up" } else { "down" }),
        ReaderEvent::Identified { model, firmware } => format!("identified {model:?} {firmware:?}"),
        ReaderEvent::Alive(Known::Yes { .. }) => "alive".to_owned(),
        ReaderEvent::Alive(Known::Unknown { .. }) => "alive unknown".to_owned(),
        ReaderEvent::Read(scan) => {
            let id = scan.symbology.map_or("-".to_owned(), |id| id.to_string());
            let text = scan.text.escape_ascii();
            format!("read {} {id} {text}", counted(&scan.counter))
        }
        ReaderEvent::NoRead { counter, .. } => format!("no-read {}", counted(counter)),
        ReaderEvent::Warning(text) => format!("warning: {text}"),
        ReaderEvent::Fault(fault) => format!("fault: {fault}"),
    }
}

fn output_text(output: Output<Vec<u8>, ReaderEvent>) -> String {
    match output {
        Output::Transmit(bytes) => format!("> {}", bytes.escape_ascii()),
        Output::Event(event) => format!("= {}", event_text(&event)),
        Output::DropLink(fault) => format!("= drop: {fault}"),
    }
}

fn set(config: &mut ReaderConfig, name: &str, value: &str) {
    let bytes = unescaped(value);
    match name {
        "prefix" => config.framing.prefix = bytes,
        "suffix" => config.framing.suffix = bytes,
        "no-read" => config.no_read = bytes,
        "counter" => config.counter = Some(bytes),
        "gs" => config.gs = Some(bytes),
        "aim" => config.aim = value == "on",
        "asks" => config.asks = value == "on",
        "gate-on" => config.trigger[0] = bytes,
        "gate-off" => config.trigger[1] = bytes,
        _ => panic!("unknown setting {name}"),
    }
}

/// Plays one transcript; every line of it must hold.
struct Play {
    session: ReaderSession,
    now: Tick,
    outputs: VecDeque<String>,
    place: String,
}

impl Play {
    fn collect(&mut self) {
        while let Some(output) = self.session.next_output() {
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
        assert!(
            self.outputs.is_empty(),
            "{}: not in the transcript: {:#?}",
            self.place,
            self.outputs
        );
        match mark {
            "<" => self.session.received(self.now, &unescaped(text)),
            "@" => self.act(text),
            _ => panic!("{}: unknown mark {mark:?}", self.place),
        }
        self.collect();
    }

    fn act(&mut self, text: &str) {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("open", _) => self.session.opened(self.now),
            ("close", _) => self
                .session
                .closed(self.now, Fault::LinkDown("cable".into())),
            ("gate", on) => self
                .session
                .command(self.now, ReaderCommand::Trigger(on == "on")),
            ("wait", ms) => self.wait(self.now + Duration::from_millis(ms.parse().unwrap())),
            ("set", setting) => {
                let mut config = self.session.config().clone();
                let (name, value) = setting.split_once('=').unwrap();
                set(&mut config, name, value);
                assert_eq!(config.check(), Ok(()), "{}", self.place);
                self.session = ReaderSession::new(config);
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

fn play(scheme: &str, path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut play = Play {
        session: ReaderSession::new(config(scheme)),
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
    assert!(
        play.outputs.is_empty(),
        "{}: not in the transcript: {:#?}",
        path.display(),
        play.outputs
    );
}

#[test]
fn every_transcript_of_every_family_holds() {
    for scheme in schemes() {
        let folder = root()
            .join("drivers/tests/transcripts/readers")
            .join(scheme);
        let mut played = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            play(scheme, &entry.unwrap().path());
            played += 1;
        }
        assert!(played >= 3, "{scheme}: {played} transcripts");
    }
}
