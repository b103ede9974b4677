//! `vidimus label lint`: what is wrong with a template.

use super::preview::{known_language, speech};
use super::source::{Label, What, in_template};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::print_text;
use crate::config::keys;
use crate::label::{LintFinding, Market, Severity, market, market_names};
use crate::record::label::TEMPLATE_TEXT_MAX;
use std::fs::File;
use std::io::Read as _;

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// A template: its name, file or folder.
    name: String,
    #[command(flatten)]
    what: What,
    /// Resolution in dots per millimetre; without it those a station file may name: 6, 8, 12 and 24 for packs, 8 and 12
    /// for containers.
    #[arg(long)]
    dpmm: Option<u16>,
    /// The printer's language: zpl, tspl, sbpl, dpl, hitachi, coder, or a file ending in .toml that describes it, as
    /// description in a station file names it.
    #[arg(long, value_name = "LANGUAGE|FILE", default_value = "zpl", value_parser = known_language)]
    printer: String,
    /// Judge by what this market asks, instead of the template's own; a file of rules ends in .toml.
    #[arg(long, value_name = "MARKET")]
    market: Option<String>,
}

pub(super) fn run(args: &LintArgs) -> Ended {
    let label = Label::open(&args.name, &args.what)?;
    let label = match &args.market {
        None => label,
        Some(name) => for_market(label, chosen(name)?)?,
    };
    let heads = match (args.dpmm, &label) {
        (Some(dpmm), _) => vec![dpmm],
        (None, Label::Pack(..)) => heads(keys::PRINTER_DPMM),
        (None, Label::Container(..)) => heads(keys::LABEL_DPMM),
    };
    let speech = speech(&args.printer)?;
    // What holds for several heads is said once.
    let mut found: Vec<(Vec<String>, String)> = Vec::new();
    let mut errors = 0;
    for dpmm in heads {
        let wrong = |error| in_template(&args.name, &error);
        let mut findings = label.lint(dpmm, args.what.is_sample()).map_err(wrong)?;
        findings.extend(label.lint_language(&speech, dpmm));
        let is_error = |finding: &&LintFinding| finding.severity == Severity::Error;
        errors += findings.iter().filter(is_error).count();
        let lines: Vec<String> = match findings.is_empty() {
            true => vec![nothing(&label, &speech, dpmm)],
            false => findings.iter().map(LintFinding::to_string).collect(),
        };
        for line in lines {
            match found.iter_mut().find(|(_, known)| *known == line) {
                Some((heads, _)) => heads.push(dpmm.to_string()),
                None => found.push((vec![dpmm.to_string()], line)),
            }
        }
    }
    let lines = found
        .iter()
        .map(|(heads, line)| format!("{} dots/mm: {line}", heads.join(", ")));
    print_text(lines, 2)?;
    Ok(match errors {
        0 => Exit::Ok,
        _ => Exit::Configuration,
    })
}

fn heads(known: &[u64]) -> Vec<u16> {
    known.iter().map(|dpmm| *dpmm as u16).collect()
}

fn nothing(label: &Label, speech: &vidimus_drivers::printer::Speech, dpmm: u16) -> String {
    let bytes = label
        .for_printer(speech, dpmm)
        .ok()
        .and_then(|(format, text)| speech.language.job(&format, &text).ok());
    match bytes {
        Some(bytes) => format!("nothing to say, {} bytes {}.", bytes.len(), label.one()),
        None => "nothing to say.".to_owned(),
    }
}

/// A rule pack by its name, or from a file.
fn chosen(name: &str) -> Result<&'static Market, Failure> {
    let wrong = |text: String| Failure::new(Exit::Configuration, text);
    if name.ends_with(".toml") {
        let text = rules(name)
            .map_err(|error| wrong(format!("The rules {name} cannot be read: {error}.")))?;
        let rules = Market::parse(&text).map_err(|error| in_template(name, &error))?;
        // One a run of the program.
        return Ok(Box::leak(Box::new(rules)));
    }
    market(name).ok_or_else(|| {
        let known: Vec<&str> = market_names().collect();
        wrong(format!(
            "There is no rule pack \"{name}\"; there are: {}. A file of rules ends in .toml.",
            known.join(", ")
        ))
    })
}

/// The text of a file of rules, and of a longer one more than any has.
fn rules(name: &str) -> std::io::Result<String> {
    let mut text = String::new();
    let most = TEMPLATE_TEXT_MAX as u64 + 1;
    File::open(name)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

fn for_market(label: Label, market: &'static Market) -> Result<Label, Failure> {
    match label {
        Label::Pack(mut template, pack) => {
            template.market = Some(market);
            Ok(Label::Pack(template, pack))
        }
        Label::Container(..) => Err(Failure::new(
            Exit::Usage,
            "Rules of markets are about packs, not about containers.",
        )),
    }
}
