//! The tables of a run, as Markdown and as JSON.

use crate::measure::{Outcome, Record, Verdict};
use crate::reader::Side;
use crate::score::Score;
use serde::Serialize;
use std::fmt::Write as _;

/// A run's readers and what came of every frame.
pub struct Run {
    /// Names and sides of the readers, in the order of the outcomes.
    pub readers: Vec<(&'static str, Side)>,
    /// One a frame.
    pub records: Vec<Record>,
}

/// One row of figures, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Condition or folder.
    pub group: String,
    /// Step; none when all steps stand together.
    pub step: Option<u8>,
    /// The reader.
    pub reader: &'static str,
    /// Its figures.
    #[serde(flatten)]
    pub score: Score,
}

/// How many points below a reader that is told the true corners still count as level with it: issue's bar.
const POINTS_BELOW_REFERENCE_MAX: f64 = 5.0;

impl Run {
    /// The groups in the order in which they were measured.
    fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for record in &self.records {
            if !groups.contains(&record.group.as_str()) {
                groups.push(&record.group);
            }
        }
        groups
    }

    /// The steps of a group; empty where it has none.
    fn steps(&self, group: &str) -> Vec<u8> {
        let of = self.records.iter().filter(|record| record.group == group);
        let mut steps: Vec<u8> = of.filter_map(|record| record.step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    fn records(&self, group: &str, step: Option<u8>) -> impl Iterator<Item = &Record> {
        let wanted = move |record: &&Record| step.is_none() || record.step == step;
        let group = group.to_owned();
        let of = self.records.iter();
        of.filter(move |record| record.group == group)
            .filter(wanted)
    }

    fn score(&self, group: &str, step: Option<u8>, reader: usize) -> Option<Score> {
        let records = self.records(group, step);
        let outcomes: Vec<Outcome> = records
            .filter_map(|record| record.outcomes[reader])
            .collect();
        Score::of(&outcomes)
    }

    /// Share of frames that at least one peer read, in percent.
    fn peers_together(&self, group: &str, step: Option<u8>) -> f64 {
        let (mut frames, mut read) = (0usize, 0usize);
        for record in self.records(group, step) {
            let readers = record.outcomes.iter().zip(&self.readers);
            let peers = readers.filter(|(_, (_, side))| *side == Side::Peer);
            frames += 1;
            read += usize::from(
                peers
                    .filter_map(|(outcome, _)| *outcome)
                    .any(|outcome| outcome.verdict == Verdict::Read),
            );
        }
        100.0 * read as f64 / frames.max(1) as f64
    }

    /// Everything as Markdown.
    pub fn markdown(&self, steps: bool) -> String {
        let mut text = String::new();
        self.read_table(&mut text);
        self.time_table(&mut text);
        if steps {
            self.step_tables(&mut text);
        }
        self.wrong_reads(&mut text);
        self.losses(&mut text);
        text
    }

    fn heading(&self, text: &mut String, title: &str, more: &str) {
        let names: Vec<&str> = self.readers.iter().map(|(name, _)| *name).collect();
        let columns = names.len() + 1 + usize::from(!more.is_empty());
        let _ = writeln!(text, "### {title}\n");
        let _ = writeln!(text, "| condition | frames | {}{more} |", names.join(" | "));
        let _ = writeln!(text, "|---|{}", "---:|".repeat(columns));
    }

    fn read_table(&self, text: &mut String) {
        let with_peers = self
            .readers
            .iter()
            .filter(|(_, side)| *side == Side::Peer)
            .count()
            > 1;
        let more = if with_peers {
            " | all peers together"
        } else {
            ""
        };
        self.heading(text, "Read, % (w: wrong reads)", more);
        for group in self.groups() {
            let frames = self.records(group, None).count();
            let _ = write!(text, "| {group} | {frames} |");
            for reader in 0..self.readers.len() {
                let cell = self
                    .score(group, None, reader)
                    .map_or("–".to_owned(), |score| read_cell(&score));
                let _ = write!(text, " {cell} |");
            }
            if with_peers {
                let _ = write!(text, " {:.1} |", self.peers_together(group, None));
            }
            text.push('\n');
        }
        text.push('\n');
    }

    fn time_table(&self, text: &mut String) {
        self.heading(text, "Time a frame, ms, median / p99", "");
        for group in self.groups() {
            let frames = self.records(group, None).count();
            let _ = write!(text, "| {group} | {frames} |");
            for reader in 0..self.readers.len() {
                let cell = self
                    .score(group, None, reader)
                    .map_or("–".to_owned(), |score| {
                        format!("{:.2} / {:.2}", score.median_ms, score.p99_ms)
                    });
                let _ = write!(text, " {cell} |");
            }
            text.push('\n');
        }
        text.push('\n');
    }

    fn step_tables(&self, text: &mut String) {
        for group in self.groups() {
            let steps = self.steps(group);
            if steps.len() < 2 {
                continue;
            }
            let _ = writeln!(text, "### {group}, read % by step\n");
            let heads: Vec<String> = steps.iter().map(u8::to_string).collect();
            let _ = writeln!(text, "| reader | {} |", heads.join(" | "));
            let _ = writeln!(text, "|---|{}", "---:|".repeat(steps.len()));
            for (reader, (name, _)) in self.readers.iter().enumerate() {
                let cells = steps
                    .iter()
                    .map(|step| match self.score(group, Some(*step), reader) {
                        Some(score) => read_cell(&score),
                        None => "–".to_owned(),
                    });
                let cells: Vec<String> = cells.collect();
                let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
            }
            text.push('\n');
        }
    }

    /// Every wrong read and every panic by name: one of them is one too many.
    fn wrong_reads(&self, text: &mut String) {
        let _ = writeln!(text, "### Wrong reads and panics\n");
        let mut any = false;
        for record in &self.records {
            for (outcome, (name, _)) in record.outcomes.iter().zip(&self.readers) {
                let what = match outcome.map(|outcome| outcome.verdict) {
                    Some(Verdict::Wrong) => "read wrong",
                    Some(Verdict::Panicked) => "panicked",
                    _ => continue,
                };
                any = true;
                let _ = writeln!(text, "- {name} {what}: {} {}", record.group, record.name);
            }
        }
        text.push_str(if any { "\n" } else { "None, by no reader.\n\n" });
    }

    /// Where a reader of ours reads less than a peer, or clearly less than the reference, at any step.
    fn losses(&self, text: &mut String) {
        let ours = || {
            self.readers
                .iter()
                .enumerate()
                .filter(|(_, (_, side))| *side == Side::Ours)
        };
        if ours().next().is_none() {
            return;
        }
        let _ = writeln!(text, "### Where Vidimus loses\n");
        let mut any = false;
        for group in self.groups() {
            let mut parts: Vec<Option<u8>> = self.steps(group).into_iter().map(Some).collect();
            if parts.is_empty() {
                parts.push(None);
            }
            for (our, (our_name, _)) in ours() {
                for (other, (name, side)) in self.readers.iter().enumerate() {
                    let lost: Vec<String> = parts
                        .iter()
                        .filter_map(|step| self.loss(group, *step, our, (other, *side)))
                        .collect();
                    if !lost.is_empty() {
                        any = true;
                        let _ = writeln!(
                            text,
                            "- {group}: {our_name} below {name}: {}",
                            lost.join(", ")
                        );
                    }
                }
            }
        }
        text.push_str(if any { "\n" } else { "Nowhere.\n\n" });
    }

    fn loss(
        &self,
        group: &str,
        step: Option<u8>,
        our: usize,
        other: (usize, Side),
    ) -> Option<String> {
        let (other, side) = other;
        let slack = match side {
            Side::Ours => return None,
            Side::Peer => 0.0,
            Side::Reference => POINTS_BELOW_REFERENCE_MAX,
        };
        let ours = self.score(group, step, our)?.read_percent;
        let theirs = self.score(group, step, other)?.read_percent;
        let part = step.map_or(String::new(), |step| format!("step {step} "));
        (ours + slack < theirs - 1e-9).then(|| format!("{part}{ours:.1} < {theirs:.1}"))
    }

    /// All figures, by step and all steps together.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for group in self.groups() {
            let steps = self.steps(group).into_iter().map(Some);
            for step in std::iter::once(None).chain(steps) {
                for (reader, (name, _)) in self.readers.iter().enumerate() {
                    rows.extend(self.score(group, step, reader).map(|score| Row {
                        group: group.to_owned(),
                        step,
                        reader: name,
                        score,
                    }));
                }
            }
        }
        rows
    }
}

fn read_cell(score: &Score) -> String {
    let mut cell = format!("{:.1}", score.read_percent);
    if score.wrong > 0 {
        let _ = write!(cell, " ({} w)", score.wrong);
    }
    if score.panics > 0 {
        let _ = write!(cell, " ({} panics)", score.panics);
    }
    cell
}

#[cfg(test)]
mod test {
    use super::*;

    fn record(step: u8, verdicts: [Option<Verdict>; 4]) -> Record {
        Record {
            group: "dots".to_owned(),
            step: Some(step),
            name: format!("dots-{step}"),
            empty: false,
            outcomes: verdicts
                .map(|v| {
                    v.map(|verdict| Outcome {
                        verdict,
                        ns: 2_000_000,
                    })
                })
                .to_vec(),
        }
    }

    #[test]
    fn tables_show_every_wrong_read_and_every_lost_step() {
        use Verdict::{Nothing, Read, Wrong};
        let run = Run {
            readers: vec![
                ("ours", Side::Ours),
                ("a", Side::Peer),
                ("b", Side::Peer),
                ("true", Side::Reference),
            ],
            records: vec![
                record(0, [Some(Read), Some(Read), Some(Nothing), None]),
                record(0, [Some(Read), Some(Nothing), Some(Wrong), None]),
                record(1, [Some(Nothing), Some(Nothing), Some(Read), Some(Read)]),
                record(1, [Some(Read), Some(Nothing), Some(Read), Some(Read)]),
            ],
        };
        let text = run.markdown(true);
        let has = |line: &str| assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
        has("| dots | 4 | 75.0 | 25.0 | 50.0 (1 w) | 100.0 | 75.0 |");
        has("| dots | 4 | 2.00 / 2.00 | 2.00 / 2.00 | 2.00 / 2.00 | 2.00 / 2.00 |");
        has("| b | 0.0 (1 w) | 100.0 |");
        has("| true | – | 100.0 |");
        has("- b read wrong: dots dots-0");
        has("- dots: ours below b: step 1 50.0 < 100.0");
        has("- dots: ours below true: step 1 50.0 < 100.0");
        assert!(!text.contains("ours below a"), "{text}");
        // All steps together and two steps of four readers; the reference has no frame at step 0.
        assert_eq!(run.rows().len(), 11);
    }
}
