//! `vidimus completeness`: is everything on record that a set of rules wants of a lot.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit, Failure};
use super::input;
use super::{print_json, print_line, print_text};
use crate::gs1::{Gtin, Lot};
use crate::trace::{
    BUILT_IN, Completeness, Finding, Missing, RuleSet, RuleVerdict, RulesSubject, completeness,
    counted,
};
use std::io::Read;
use std::path::Path;

/// Arguments of `completeness`.
#[derive(Debug, Clone, clap::Args)]
pub struct CompletenessArgs {
    /// The lot
    #[arg(value_name = "LOT", required_unless_present = "fields")]
    lot: Option<Lot>,
    /// The lot's product; left out: every product that has the lot
    #[arg(long)]
    gtin: Option<Gtin>,
    /// The rules: fmd, dscsa, fsma204, tobacco, import, or a file of one's own
    #[arg(long, value_name = "RULES", required_unless_present = "fields")]
    rules: Option<String>,
    /// Most missing items that are named of each rule; all are counted
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    items: u32,
    /// Lists what rules can ask for, and asks nothing
    #[arg(long)]
    fields: bool,
    #[command(flatten)]
    which: WhichArchive,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Says what is missing of a lot; ends with 15 when something is.
///
/// # Errors
/// There is no such lot, the rules have mistakes, or the store cannot be read.
pub fn run(args: &CompletenessArgs) -> Ended {
    if args.fields {
        return fields();
    }
    let (Some(lot), Some(name)) = (&args.lot, &args.rules) else {
        unreachable!("the command line wants both");
    };
    let rules = rules(name)?;
    let archive = args.which.open()?;
    let found = completeness(&archive, &rules, lot, args.gtin, args.items as usize);
    let found = found.map_err(unanswered)?;
    match args.json {
        true => print_json(&serde_json::json!(found))?,
        false => print_text(lines(&found), 4)?,
    }
    Ok(match found.complete {
        true => Exit::Ok,
        false => Exit::NotComplete,
    })
}

fn rules(name: &str) -> Result<RuleSet, Failure> {
    let wrong = |why: String| Failure::new(Exit::Configuration, why);
    if let Some((name, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return RuleSet::parse(name, text).map_err(wrong);
    }
    let mut text = String::new();
    let read = input::open(Path::new(name)).and_then(|file| {
        let most = crate::trace::RULES_TEXT_MAX as u64 + 1;
        file.take(most).read_to_string(&mut text)
    });
    read.map_err(|why| {
        let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let text = format!(
            "{name} is none of {}, and no file of rules that can be read ({why}).",
            known.join(", ")
        );
        Failure::new(Exit::Usage, text)
    })?;
    RuleSet::parse(name, &text).map_err(wrong)
}

fn fields() -> Ended {
    for subject in RulesSubject::ALL {
        print_line(subject.name())?;
        for field in subject.fields() {
            let (name, meaning, kind) = (field.name, field.meaning, field.kind.words());
            print_text([format!("  {name:<24} {meaning}  [{kind}]")], 27)?;
        }
    }
    Ok(Exit::Ok)
}

fn lines(found: &Completeness) -> Vec<String> {
    let count = |verdict| found.counts.get(verdict).copied().unwrap_or(0);
    let mut lines = vec![
        format!("lot {}  GTIN {}", found.lot, found.gtins.join(", ")),
        found.rules.clone(),
    ];
    lines.extend(found.about.clone());
    lines.push(String::new());
    let verdict = match found.complete {
        true => "COMPLETE, as far as it is kept here",
        false => "NOT COMPLETE",
    };
    lines.push(format!(
        "{verdict}: {} fulfilled, {} not, {} had nothing to look at, {} ask for what is not kept here.",
        counted(count("fulfilled"), "rule"),
        count("missing"),
        count("nothing-to-look-at"),
        count("not-kept-here"),
    ));
    let order = [
        RuleVerdict::Missing,
        RuleVerdict::NotKeptHere,
        RuleVerdict::NothingToLookAt,
        RuleVerdict::Fulfilled,
    ];
    for verdict in order {
        for finding in found.findings.iter().filter(|one| one.verdict == verdict) {
            finding_lines(finding, &mut lines);
        }
    }
    lines
}

fn finding_lines(finding: &Finding, lines: &mut Vec<String>) {
    let head = match finding.verdict {
        RuleVerdict::Missing => "MISSING",
        RuleVerdict::NotKeptHere => "NOT KEPT HERE",
        RuleVerdict::NothingToLookAt => "nothing to look at",
        RuleVerdict::Fulfilled => "fulfilled",
    };
    let looked = counted(finding.looked_at, finding.of);
    if finding.verdict == RuleVerdict::Fulfilled {
        lines.push(format!(
            "{head}  {} [{}], {looked}",
            finding.id, finding.source
        ));
        return;
    }
    lines.push(String::new());
    lines.push(format!("{head}  {} [{}]", finding.id, finding.source));
    lines.push(format!("  {}", finding.words));
    match finding.verdict {
        RuleVerdict::NotKeptHere => {
            lines.extend(
                finding
                    .kept
                    .as_ref()
                    .map(|kept| format!("  It is kept {kept}.")),
            );
        }
        RuleVerdict::NothingToLookAt => {
            lines.push(format!(
                "  There is no {} on record that it is about.",
                finding.of
            ));
        }
        RuleVerdict::Missing | RuleVerdict::Fulfilled => {
            // Where there are too few, what is missing is not among what was looked at.
            lines.push(format!(
                "  {} missing, {looked} looked at:",
                finding.missing
            ));
            lines.extend(finding.items.iter().map(item));
            let more = finding.missing - (finding.items.len() as u64).min(finding.missing);
            if more > 0 {
                lines.push(format!("    … {more} more (--items N names more)"));
            }
            lines.extend(finding.todo.as_ref().map(|todo| format!("  To do: {todo}")));
        }
    }
}

fn item(item: &Missing) -> String {
    let lacks: Vec<String> = item
        .lacks
        .iter()
        .map(|lack| match &lack.found {
            Some(found) => format!("wanted {}, found {found}", lack.wanted),
            None => format!("wanted {}, nothing is on record", lack.wanted),
        })
        .collect();
    format!("    {}: {}", item.what, lacks.join("; "))
}
