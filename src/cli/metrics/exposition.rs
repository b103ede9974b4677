//! A view as Prometheus text, version 0.0.4 of the exposition format: families of samples, each with `# HELP` and
//! `# TYPE` before it. PURE.

use crate::wire::{DeviceState, LineState, View};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// What a client is told that this text is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The states of a line, as their label says them.
const STATES: [(LineState, &str); 5] = [
    (LineState::Recovering, "recovering"),
    (LineState::NotReady, "not_ready"),
    (LineState::Ready, "ready"),
    (LineState::Running, "running"),
    (LineState::Stopped, "stopped"),
];

/// The text while no station answers.
pub fn without_station() -> String {
    let mut text = Text::default();
    text.up(false);
    text.0
}

/// The text of a station that showed this.
pub fn of(view: &View) -> String {
    let mut text = Text::default();
    text.up(true);
    text.station(view);
    text.packs(view);
    text.numbers(view);
    text.devices_and_alarms(view);
    text.figures(view);
    text.0
}

/// Families, one after the other.
#[derive(Default)]
struct Text(String);

/// A label's name and its value, any text.
type Label<'a> = (&'a str, &'a str);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl fmt::Display) {
        let mut inner = String::new();
        for (label, text) in labels {
            let comma = if inner.is_empty() { "" } else { "," };
            let _ = write!(inner, "{comma}{label}=\"{}\"", escaped(text)); // a String takes everything
        }
        match inner.is_empty() {
            true => self.line(format_args!("{name} {value}")),
            false => self.line(format_args!("{name}{{{inner}}} {value}")),
        }
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}"); // a String takes everything
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl fmt::Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl fmt::Display) {
        self.family(name, "counter", help);
        self.sample(name, &[], value);
    }

    /// A counter for each value of one label.
    fn counters(&mut self, name: &str, help: &str, label: &str, values: &[(&str, u64)]) {
        self.family(name, "counter", help);
        for (text, value) in values {
            self.sample(name, &[(label, text)], value);
        }
    }

    fn up(&mut self, up: bool) {
        let help = "Whether the station answers on its socket.";
        self.gauge("vidimus_up", help, u8::from(up));
    }

    fn station(&mut self, view: &View) {
        self.family("vidimus_station_info", "gauge", "The station by name.");
        self.sample("vidimus_station_info", &[("station", &view.station)], 1);
        let help = "The station's wall clock, seconds since 1970.";
        self.gauge("vidimus_time_seconds", help, seconds(view.utc_ms, 1_000));
        let help = "What the line is doing: 1 for the state it is in.";
        self.family("vidimus_state", "gauge", help);
        for (state, name) in STATES {
            let is = u8::from(state == view.state);
            self.sample("vidimus_state", &[("state", name)], is);
        }
        let open = u8::from(view.batch.is_some());
        self.gauge("vidimus_batch_open", "Whether a batch is open.", open);
        if let Some(batch) = &view.batch {
            let no = batch.no.0.to_string();
            let labels = [
                ("batch", no.as_str()),
                ("gtin", &batch.gtin),
                ("lot", &batch.lot),
                ("product", &batch.product),
            ];
            self.family("vidimus_batch_info", "gauge", "The open batch.");
            self.sample("vidimus_batch_info", &labels, 1);
            if let Some(target) = batch.target {
                let help = "Good packs that the open batch shall have.";
                self.gauge("vidimus_batch_target_packs", help, target);
            }
        }
    }

    /// The books of packs.
    fn packs(&mut self, view: &View) {
        let tally = &view.tally;
        self.counter(
            "vidimus_packs_entered_total",
            "Packs that entered, of the open batch or the last one; each batch begins at 0.",
            tally.entered,
        );
        self.counters(
            "vidimus_packs_total",
            "Packs by what became of them, of the open batch or the last one.",
            "fate",
            &[
                ("good", tally.good),
                ("rejected", tally.rejected()),
                ("sampled", tally.sampled),
                ("removed", tally.removed),
                ("unknown", tally.unknown),
            ],
        );
        let causes: Vec<(&str, u64)> = tally
            .rejected_by
            .iter()
            .map(|(cause, count)| (cause.as_str(), *count))
            .collect();
        self.counters(
            "vidimus_rejects_total",
            "Rejected packs by cause; default_ causes are those of the gate itself.",
            "cause",
            &causes,
        );
        let help = "Packs between detection and gate.";
        self.gauge("vidimus_packs_in_line", help, tally.in_line);
        let help = "Packs per minute over the last ten seconds.";
        self.gauge("vidimus_packs_per_minute", help, view.packs_per_min);
        let help = "Rejects among the last 100 packs.";
        self.gauge("vidimus_recent_rejects", help, view.rejects_of_last_100);
        let help = "Good packs and containers that went by their reader unread and are in no container on record.";
        self.gauge("vidimus_unread_units", help, view.unread.len());
        if let Some(labels) = &view.labels {
            let help = "Full containers that wait for their label.";
            self.gauge("vidimus_container_labels_due", help, labels.due);
        }
        let help = "Whether the books of packs and numbers balance.";
        self.gauge("vidimus_books_balanced", help, u8::from(tally.balanced()));
    }

    /// The books of numbers.
    fn numbers(&mut self, view: &View) {
        let tally = &view.tally;
        self.counter(
            "vidimus_numbers_taken_total",
            "Serial numbers taken, of the open batch or the last one.",
            tally.taken,
        );
        self.counters(
            "vidimus_numbers_total",
            "Serial numbers by what became of them, of the open batch or the last one.",
            "fate",
            &[
                ("good", tally.numbers_good),
                ("rejected", tally.numbers_rejected),
                ("sampled", tally.numbers_sampled),
                ("void", tally.numbers_void),
                ("unknown", tally.numbers_unknown),
            ],
        );
        let help = "Serial numbers of packs between detection and gate.";
        self.gauge("vidimus_numbers_in_line", help, tally.numbers_in_line);
    }

    fn devices_and_alarms(&mut self, view: &View) {
        let help = "Whether a device works, as it said itself lately.";
        self.family("vidimus_device_up", "gauge", help);
        // A series stands once, whatever the view says.
        let mut devices = BTreeMap::new();
        for device in &view.devices {
            let up = matches!(
                device.state,
                DeviceState::Ok | DeviceState::Maintenance | DeviceState::OutOfSpec
            );
            let worst = devices.entry(device.name.as_str()).or_insert(up);
            *worst = *worst && up;
        }
        for (name, up) in devices {
            self.sample("vidimus_device_up", &[("device", name)], u8::from(up));
        }
        self.alarms(view);
    }

    fn alarms(&mut self, view: &View) {
        let help =
            "Alarms whose cause stands, by code and NE 107 letter; of several lanes each counts.";
        self.family("vidimus_alarms_active", "gauge", help);
        let mut active: BTreeMap<(&str, char), u64> = BTreeMap::new();
        for alarm in view.alarms.iter().filter(|alarm| alarm.active) {
            *active.entry((&alarm.code, alarm.letter)).or_default() += 1;
        }
        for ((code, letter), count) in active {
            let letter = letter.to_string();
            let labels = [("code", code), ("letter", letter.as_str())];
            self.sample("vidimus_alarms_active", &labels, count);
        }
        let unseen = view.alarms.iter().filter(|alarm| alarm.is_unseen());
        let help = "Alarms that nobody has acknowledged or shelved.";
        self.gauge("vidimus_alarms_unacknowledged", help, unseen.count());
        let mut shelved: Vec<&str> = Vec::new();
        let on_shelf = view.alarms.iter().filter(|alarm| alarm.shelved.is_some());
        shelved.extend(on_shelf.map(|alarm| alarm.code.as_str()));
        shelved.sort_unstable();
        shelved.dedup();
        let help = "Kinds of alarms that are shelved; those that stand are counted as active all the same.";
        self.gauge("vidimus_alarms_shelved", help, shelved.len());
        let rates = &view.alarm_rates;
        let help = "Alarms raised in the last ten minutes, without shelved ones.";
        self.gauge("vidimus_alarms_last_10_minutes", help, rates.last_10_min);
        let help = "The most of them since the batch was opened, or the station started.";
        self.gauge(
            "vidimus_alarms_most_in_10_minutes",
            help,
            rates.most_in_10_min,
        );
        let help = "Whether more alarms come than a person can see to.";
        let flood = u8::from(rates.flood.is_some());
        self.gauge("vidimus_alarm_flood", help, flood);
    }

    fn figures(&mut self, view: &View) {
        let figures = &view.figures;
        let help = "Print jobs handed to the printers' links since the station started.";
        self.counter("vidimus_print_jobs_total", help, figures.jobs_sent);
        let help = "Bytes of those jobs.";
        self.counter("vidimus_print_job_bytes_total", help, figures.job_bytes);
        let help = "Commits that the store confirmed since the station started.";
        self.counter("vidimus_commits_total", help, figures.commits);
        for (name, help, p50, p99) in [
            (
                "vidimus_commit_seconds",
                "How long a commit takes, of the last 1024.",
                figures.commit_p50_us,
                figures.commit_p99_us,
            ),
            (
                "vidimus_decode_seconds",
                "How long reading and judging a picture takes, of the last 1024.",
                figures.decode_p50_us,
                figures.decode_p99_us,
            ),
        ] {
            self.family(name, "gauge", help);
            for (quantile, us) in [("0.5", p50), ("0.99", p99)] {
                let us = i64::try_from(us).unwrap_or(i64::MAX);
                self.sample(name, &[("quantile", quantile)], seconds(us, 1_000_000));
            }
        }
        if let Some(mean) = view.quality.overall_mean_tenths {
            let help = "Mean of the overall grade over about the last 30 packs, 0 to 4.";
            let mean = seconds(i64::from(mean.0), 10);
            self.gauge("vidimus_grade_mean", help, mean);
        }
    }
}

/// A whole number of parts as a decimal number of wholes.
fn seconds(parts: i64, of: i64) -> String {
    let places = of.ilog10() as usize;
    let sign = if parts < 0 { "-" } else { "" };
    let (parts, of) = (parts.unsigned_abs(), of.unsigned_abs());
    format!("{sign}{}.{:0places$}", parts / of, parts % of)
}

/// A label's value: backslash, quote and line feed are written so that they do not end it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
    }
    escaped
}
