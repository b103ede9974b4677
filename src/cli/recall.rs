//! `vidimus recall` and `vidimus reconcile`: where are all packs of a lot, and does everything add up.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit};
use super::trace::time;
use super::{message, print_json, print_line};
use crate::gs1::{Gtin, Lot};
use crate::record::{BatchNo, TemplateHash};
use crate::trace::{Group, Recall, Reconciliation, Scope, recall, reconcile};
use jiff::Timestamp;
use std::time::Instant;

/// Most containers that a table lists.
const GROUPS_SHOWN: usize = 200;

/// Arguments of `recall`.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("scope").required(true).args(["lot", "batch", "window", "template", "component"])))]
pub struct RecallArgs {
    /// All packs of this lot
    #[arg(long)]
    lot: Option<Lot>,
    /// The lot's product; left out: of every product
    #[arg(long, requires = "lot")]
    gtin: Option<Gtin>,
    /// All packs of this batch, by its number
    #[arg(long, value_name = "NO")]
    batch: Option<u32>,
    /// All packs that entered from A to B, as 2026-11-22T08:30:00Z..2026-11-22T09:00:00Z
    #[arg(long, value_name = "A..B", value_parser = window)]
    window: Option<(Timestamp, Timestamp)>,
    /// All packs labelled from this template, by its SHA-256
    #[arg(long, value_name = "HASH")]
    template: Option<TemplateHash>,
    /// All packs that may have something of this lot of a component: bulk, ribbon, label …
    #[arg(long, value_name = "LOT")]
    component: Option<String>,
    /// A drill: also says how long the answer took, and that nothing was recalled
    #[arg(long)]
    drill: bool,
    #[command(flatten)]
    which: WhichArchive,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `reconcile`.
#[derive(Debug, Clone, clap::Args)]
pub struct ReconcileArgs {
    /// The batch, by its number
    #[arg(value_name = "BATCH")]
    batch: u32,
    #[command(flatten)]
    which: WhichArchive,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

fn window(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| "two times with \"..\" between them are wanted".to_owned())?;
    let (from, to) = (time(from)?, time(to)?);
    match from <= to {
        true => Ok((from, to)),
        false => Err("the first time is after the second".to_owned()),
    }
}

impl RecallArgs {
    fn scope(&self) -> Scope {
        if let Some(lot) = self.lot.clone() {
            return Scope::Lot {
                lot,
                gtin: self.gtin,
            };
        }
        if let Some((from, to)) = self.window {
            return Scope::Window {
                from_utc_ms: from.as_millisecond(),
                to_utc_ms: to.as_millisecond(),
            };
        }
        if let Some(lot) = self.component.clone() {
            return Scope::Component(lot);
        }
        match (self.batch, self.template) {
            (Some(batch), _) => Scope::Batch(BatchNo(batch)),
            (None, Some(hash)) => Scope::Template(hash),
            (None, None) => unreachable!("one of them is required"),
        }
    }
}

/// Says where all packs of the scope are. It recalls nothing: that is `vidimus journey recall`.
///
/// # Errors
/// Nothing was run that is named, or the store cannot be read.
pub fn run_recall(args: &RecallArgs) -> Ended {
    let archive = args.which.open()?;
    let begun = Instant::now();
    let found = recall(&archive, &args.scope()).map_err(unanswered)?;
    let took = begun.elapsed();
    match args.json {
        true => print_json(&serde_json::json!(found))?,
        false => recall_lines(&found)
            .iter()
            .try_for_each(|line| print_line(line))?,
    }
    if args.drill {
        let ms = took.as_secs_f64() * 1_000.0;
        message(&format!(
            "Drill: answered in {ms:.0} ms. Nothing was recalled."
        ));
    }
    Ok(balanced(found.balanced))
}

/// Says whether everything of a batch adds up; ends with 14 when it does not.
///
/// # Errors
/// There is no such batch, or the store cannot be read.
pub fn run_reconcile(args: &ReconcileArgs) -> Ended {
    let archive = args.which.open()?;
    let found = reconcile(&archive, BatchNo(args.batch)).map_err(unanswered)?;
    match args.json {
        true => print_json(&serde_json::json!(found))?,
        false => reconciliation_lines(&found)
            .iter()
            .try_for_each(|line| print_line(line))?,
    }
    Ok(balanced(found.balanced))
}

fn balanced(balanced: bool) -> Exit {
    match balanced {
        true => Exit::Ok,
        false => Exit::DoesNotReconcile,
    }
}

fn recall_lines(found: &Recall) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &found.parts {
        lines.push(format!(
            "batch {}  lot {}  GTIN {}  expiry {}",
            part.batch, part.lot, part.gtin, part.expiry
        ));
    }
    lines.push(format!(
        "entered {} = good {} + rejected {} + sampled {} + removed {} + unknown {} + in line {}",
        found.entered,
        found.good,
        found.rejected,
        found.sampled,
        found.removed,
        found.unknown,
        found.in_line
    ));
    lines.push(format!("good {}:", found.good));
    for (place, packs) in &found.whereabouts {
        lines.push(format!("  {packs:>9}  {place}"));
    }
    let levels: Vec<String> = found
        .containers
        .iter()
        .map(|(level, count)| format!("{count} {level}(s)"))
        .collect();
    if !levels.is_empty() {
        lines.push(format!("in {}:", levels.join(", ")));
    }
    lines.extend(found.groups.iter().take(GROUPS_SHOWN).map(group_line));
    if found.groups.len() > GROUPS_SHOWN {
        lines.push(format!(
            "  … {} more (all with --json)",
            found.groups.len() - GROUPS_SHOWN
        ));
    }
    for told in &found.told {
        let partner = told
            .partner
            .map_or("somebody".to_owned(), |gln| gln.to_string());
        lines.push(format!(
            "  {:>9}  partners say: {} {partner}",
            told.packs, told.what
        ));
    }
    if !found.balanced {
        lines.push(
            "The sums do NOT come out: run vidimus doctor check, then call quality.".to_owned(),
        );
    }
    lines
}

fn group_line(group: &Group) -> String {
    let place = match &group.place {
        None => "here".to_owned(),
        Some(place) => {
            let partner = place
                .partner
                .map(|gln| format!(" {gln}"))
                .unwrap_or_default();
            format!("{}{partner}", place.what)
        }
    };
    let mixed = if group.mixed { "  MIXED" } else { "" };
    format!(
        "  {:>9}  {} {}  {}  {place}{mixed}",
        group.packs, group.container.kind, group.container.code, group.state
    )
}

fn reconciliation_lines(found: &Reconciliation) -> Vec<String> {
    let open = if found.open { "open" } else { "closed" };
    let mut lines = vec![format!(
        "batch {} ({open})  {}  lot {}  GTIN {}  expiry {}",
        found.batch, found.product, found.lot, found.gtin, found.expiry
    )];
    for equation in &found.equations {
        let parts: Vec<String> = equation
            .parts
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let sign = if equation.holds { "=" } else { "IS NOT" };
        lines.push(format!(
            "{} {} {sign} {}",
            equation.name,
            equation.whole,
            parts.join(" + ")
        ));
    }
    if !found.differences.is_empty() {
        lines.push("to be explained:".to_owned());
        lines.extend(
            found
                .differences
                .iter()
                .map(|one| format!("  {}", one.text)),
        );
    }
    lines
}
