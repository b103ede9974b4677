//! What came of worlds, in lines of at most 80 columns for a person.

use crate::world::runs::{PIXEL_PACKS_MAX, Runs, Summary};
use std::collections::BTreeMap;

/// The lines; `again` is the command that shows the world of a seed once more.
pub fn lines(runs: &Runs, summary: &Summary, again: &dyn Fn(u64) -> String) -> Vec<String> {
    let Summary {
        fed,
        fed_healed,
        packs,
        good,
        escaped,
        not_confirmed,
        power_cuts,
        restarts,
        ..
    } = summary;
    let mut lines = vec![worlds(runs, summary)];
    lines.extend(photographs(summary));
    lines.push(printers(summary));
    lines.push(match runs {
        Runs::Seeds { faults, .. } => format!("faults: {faults}"),
        Runs::Scenario(wish) => format!("faults: {}", wish.troubles),
    });
    lines.push(format!("packs that left the belt: {packs}"));
    lines.push(format!("  fed while things went wrong: {fed}"));
    lines.push(format!(
        "  fed after everything was put right: {fed_healed}"
    ));
    // A world that broke off may have fewer than were fed.
    if let Some(besides @ 1..) = packs.checked_sub(fed + fed_healed) {
        lines.push(format!(
            "  that nobody fed (bounced sensors, hands): {besides}"
        ));
    }
    lines.push(format!("packs in the good bin: {good}"));
    lines.push(format!(
        "  escaped, unproven and unknown to the books: {escaped}"
    ));
    lines.push(format!(
        "  against the gate's order, known to the books: {not_confirmed}"
    ));
    lines.push(format!(
        "sound packs rejected outside fault windows: {}",
        summary.false_rejects
    ));
    lines.push(format!(
        "power cuts: {power_cuts}; restarts after a failed store: {restarts}"
    ));
    lines.extend(columns("injected", &summary.injected));
    lines.extend(columns("alarms", &summary.alarms));
    lines.push(format!(
        "{} of a line, {:.0} packs a second on {}",
        line_time(summary.seconds),
        summary.packs_per_second,
        counted(summary.cores as u64, "core", "cores")
    ));
    lines.push(format!("event log {}", summary.event_log_hash));
    for report in &summary.failed {
        let violations = report.violations.iter();
        lines.extend(violations.map(|one| format!("seed {} {}", report.seed, one.told())));
        lines.push(format!("  again: {}", again(report.seed)));
    }
    lines.push(format!("violations: {}", summary.violations));
    lines
}

fn worlds(runs: &Runs, summary: &Summary) -> String {
    let worlds = counted(summary.worlds, "world", "worlds");
    let packs = match runs {
        Runs::Seeds { packs, .. } => *packs,
        Runs::Scenario(wish) => wish.packs,
    };
    let packs = counted(packs, "pack", "packs");
    match summary.stopped_early {
        true => format!(
            "stopped early: {worlds} of {}, each of {packs}",
            runs.count()
        ),
        false => format!("{worlds} of {packs}"),
    }
}

fn photographs(summary: &Summary) -> Option<String> {
    let count = summary.photograph_worlds;
    (count > 0).then(|| {
        format!("  of them with photographs: {count} (there at most {PIXEL_PACKS_MAX} packs)")
    })
}

/// What the printers spoke, with how many worlds each.
fn printers(summary: &Summary) -> String {
    let each = summary.printers.iter();
    let each: Vec<String> = each
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    format!("printers: {}", each.join(", "))
}

/// So many of them.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn line_time(seconds: f64) -> String {
    match seconds < 3600.0 {
        true => format!("{:.1} minutes", seconds / 60.0),
        false => format!("{:.1} hours", seconds / 3600.0),
    }
}

/// Names and counts by name, three a line.
fn columns(title: &str, counts: &BTreeMap<String, u64>) -> Vec<String> {
    const A_LINE: usize = 3;
    if counts.is_empty() {
        return vec![format!("{title}: none")];
    }
    let cells = counts
        .iter()
        .map(|(name, count)| format!("{name:<18}{count:>7}"));
    let cells: Vec<String> = cells.collect();
    let rows = cells
        .chunks(A_LINE)
        .map(|row| format!("  {}", row.join(" ")));
    std::iter::once(format!("{title}:")).chain(rows).collect()
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::world::trouble::{Asked, Troubles};
    use vidimus_simulators::printer::Language;

    #[test]
    fn a_summary_fits_a_terminal_of_80_columns() {
        let runs = Runs::Seeds {
            seeds: 1..=5000,
            packs: 1_000_000,
            faults: Asked::parse("swarm").expect("known"),
            printer: None,
        };
        let counts = Troubles::names().map(|name| (name.to_owned(), 1_234_567));
        let summary = Summary {
            worlds: 5000,
            photograph_worlds: 250,
            printers: Language::ALL.map(|one| (one.name(), 1000)).into(),
            stopped_early: true,
            fed: 4_753_820,
            packs: 4_938_765,
            good: 2_400_000,
            seconds: 1e6,
            injected: counts.collect(),
            packs_per_second: 5248.0,
            cores: 128,
            event_log_hash: "0".repeat(64),
            ..Summary::default()
        };
        let lines = lines(&runs, &summary, &|seed| seed.to_string());
        for line in &lines {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(lines.iter().any(|line| line.contains("277.8 hours")));
        assert_eq!(line_time(90.0), "1.5 minutes");
        assert_eq!(columns("alarms", &BTreeMap::new()), ["alarms: none"]);
    }
}
