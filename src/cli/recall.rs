//! `vidimus recall` and `vidimus reconcile`: where are all packs of a lot, and does everything add up.

mod bundle;

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit, Failure};
use super::trace::time;
use super::{message, print_json, print_text};
use crate::gs1::{Gtin, Lot};
use crate::record::BatchNo;
use crate::trace::{
    Archive, Group, Recall, Reconciliation, Scope, ToldGroup, counted, recall, reconcile,
    template_meant,
};
use bundle::{Drill, Took};
use jiff::Timestamp;
use std::path::PathBuf;

/// Most containers that a table lists.
const GROUPS_SHOWN: usize = 200;

/// Most loose packs that a table lists.
const LOOSE_SHOWN: usize = 50;

/// Arguments of `recall`.
#[derive(Debug, Clone, clap::Args)]
#[command(group(
    clap::ArgGroup::new("scope")
        .required(true)
        .multiple(true)
        .args(["lot", "gtin", "batch", "window", "template", "component", "printer"])
))]
pub struct RecallArgs {
    /// All packs of this lot; whatever else is said narrows it further
    #[arg(long)]
    lot: Option<Lot>,
    /// All packs of this product
    #[arg(long)]
    gtin: Option<Gtin>,
    /// All packs of this batch, by its number
    #[arg(long, value_name = "NO")]
    batch: Option<u32>,
    /// All packs that entered from A to B, as 2026-11-22T08:30:00Z..2026-11-22T09:00:00Z
    #[arg(long, value_name = "A..B", value_parser = window)]
    window: Option<(Timestamp, Timestamp)>,
    /// All packs labelled from this template: its name, or the first 8 or more digits of its SHA-256
    #[arg(long, value_name = "HASH|NAME")]
    template: Option<String>,
    /// All packs that may have something of this lot of a component: bulk, ribbon, label …
    #[arg(long, value_name = "LOT")]
    component: Option<String>,
    /// All packs that may have a label of this printer, by its name in the station file
    #[arg(long, value_name = "NAME")]
    printer: Option<String>,
    /// A drill: also says how long the answer took, and that nothing was recalled
    #[arg(long)]
    drill: bool,
    /// With --drill: writes everything that proves the answer into this folder, which must be new or empty
    #[arg(long, value_name = "DIR", requires = "drill")]
    bundle: Option<PathBuf>,
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
    fn scope(&self, archive: &Archive) -> Result<Scope, Failure> {
        let template = self.template.as_deref();
        let template = template.map(|said| template_meant(archive, said));
        let ms = |(from, to): (Timestamp, Timestamp)| (from.as_millisecond(), to.as_millisecond());
        Ok(Scope {
            lot: self.lot.clone(),
            gtin: self.gtin,
            batch: self.batch.map(BatchNo),
            window_utc_ms: self.window.map(ms),
            template: template.transpose().map_err(unanswered)?,
            component: self.component.clone(),
            printer: self.printer.clone(),
        })
    }
}

/// Says where all packs of the scope are. It recalls nothing: that is `vidimus journey recall`.
///
/// # Errors
/// What is named is on no record, the store cannot be read, or the bundle cannot be written.
pub fn run_recall(args: &RecallArgs) -> Ended {
    let archive = args.which.open()?;
    let drill = Drill::begin();
    let scope = args.scope(&archive)?;
    let Some(folder) = &args.bundle else {
        let found = recall(&archive, &scope).map_err(unanswered)?;
        return told(args, &found, &drill.answered());
    };
    let writing = bundle::Folder::new(folder)?;
    let mut written = Ok(());
    let answered = archive.at_one_state(|| {
        let found = recall(&archive, &scope)?;
        let took = drill.answered();
        written = writing.write(&archive, &scope, &found, &took);
        Ok((found, took))
    });
    let (found, took) = answered.map_err(unanswered)?;
    written?;
    told(args, &found, &took)
}

fn told(args: &RecallArgs, found: &Recall, took: &Took) -> Ended {
    match args.json {
        true => print_json(&serde_json::json!(found))?,
        false => print_text(recall_lines(found), 13)?,
    }
    if args.drill {
        message(&format!(
            "Drill: answered in {:.0} ms. Nothing was recalled.",
            took.ms
        ));
    }
    if let Some(folder) = &args.bundle {
        message(&format!(
            "The evidence lies in {}: README.txt says how to check it.",
            folder.display()
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
        false => print_text(reconciliation_lines(&found), 13)?,
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
    if found.parts.is_empty() {
        lines.push("No pack fits all that was said.".to_owned());
    }
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
        .map(|(level, count)| counted(*count, level))
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
    lines.extend(found.told.iter().map(told_line));
    lines.extend(loose_lines(found));
    if !found.printer_unsaid.is_empty() {
        let batches: Vec<String> = found.printer_unsaid.iter().map(u32::to_string).collect();
        lines.push(format!(
            "NOT KNOWN: no record says which printer printed batch {}; its packs are not counted here.",
            batches.join(", ")
        ));
    }
    if !found.balanced {
        lines.push(
            "The sums do NOT come out: run vidimus doctor check, then call quality.".to_owned(),
        );
    }
    lines
}

fn told_line(told: &ToldGroup) -> String {
    let partner = told
        .partner
        .map_or("somebody".to_owned(), |gln| gln.to_string());
    format!("  {:>9}  partners say: {} {partner}", told.packs, told.what)
}

/// Packs in no container, as many as are shown, and how many more there are.
fn loose_lines(found: &Recall) -> Vec<String> {
    if found.loose.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["in no container:".to_owned()];
    let shown = found.loose.iter().take(LOOSE_SHOWN);
    lines.extend(shown.map(|pack| {
        let place = match pack.whereabouts {
            "loose-here" => "here",
            _ => "elsewhere",
        };
        format!("  pack {} {}  {place}", pack.unit.no, pack.unit.code)
    }));
    let count = |place| found.whereabouts.get(place).copied().unwrap_or(0);
    let all = count("loose-here") + count("loose-elsewhere");
    let shown = found.loose.len().min(LOOSE_SHOWN) as u64;
    if all > shown {
        lines.push(format!(
            "  … {} more (every pack: --drill --bundle DIR, in units.csv)",
            all - shown
        ));
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
