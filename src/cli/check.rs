//! `vidimus check FILE`: every mistake of a station file at once, or the sums it was checked with.

use super::exit::{Ended, Exit, Failure};
use super::station_file::{kept_label, standing, stderr_coloured, text_of};
use super::{print_json, print_line};
use crate::config::{self, Config, Printer};
use crate::label::Template;
use crate::record::LabelSlot;
use crate::station::described::speech_of;
use crate::station::{capacity, file_label, owner, plc_map};
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// Station file (TOML); templates/stations/demo.toml shows every key
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Prints one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Checks a station file.
///
/// # Errors
/// Its mistakes.
pub fn run(args: &CheckArgs) -> Ended {
    let name = args.file.display().to_string();
    let text = text_of(&args.file);
    let checked = text.as_ref().map(|text| config::parse(&name, text));
    let maps = || map_mistakes(&name, text.as_deref().unwrap_or_default());
    match checked {
        Ok(Ok(config)) => {
            let mut arithmetic = config.arithmetic();
            match weighed(&config) {
                Ok(lines) => arithmetic.extend(lines.into_iter().chain(kept_label(&config))),
                Err(wrong) => return refused(&name, &wrong, args.json),
            }
            if args.json {
                print_json(&serde_json::json!({
                    "v": 1, "file": name, "ok": true, "arithmetic": arithmetic,
                }))?;
            } else {
                print_line(&format!("{name}: ok"))?;
                for line in arithmetic {
                    print_line(&format!("  {line}"))?;
                }
            }
            Ok(Exit::Ok)
        }
        Ok(Err(errors)) if args.json => {
            let mut told = errors.to_json();
            if let Some(list) = told["errors"].as_array_mut() {
                let one = |text| serde_json::json!({ "code": "map", "text": text });
                list.extend(maps().into_iter().map(one));
            }
            print_json(&told)?;
            Ok(Exit::Configuration)
        }
        Ok(Err(errors)) => {
            let rendered = errors.render(stderr_coloured());
            let all: Vec<String> = std::iter::once(rendered).chain(maps()).collect();
            Err(Failure::new(Exit::Configuration, all.join("\n")))
        }
        Err(failure) if args.json => {
            let error = serde_json::json!({ "code": "file", "text": failure.text });
            print_json(&serde_json::json!({
                "v": 1, "file": name, "ok": false, "errors": [error],
            }))?;
            Ok(Exit::Configuration)
        }
        Err(_) => text.map(|_| Exit::Configuration),
    }
}

/// Whether printer and link can follow the lane with the labels that this station prints: the sums, or everything that
/// does not fit, the mistakes of register maps too. Which labels they are the store says, if there is one.
pub fn weighed(config: &Config) -> Result<Vec<String>, Vec<String>> {
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    wrong.extend(owner::check(config).err().map(|why| why.to_string()));
    match labels_weighed(config) {
        Ok(sums) => lines.extend(sums),
        Err(why) => wrong.extend(why),
    }
    for plc in &config.plcs {
        let paced = plc_map::map_of(plc).and_then(|map| plc_map::pace_of(config, plc, &map));
        match paced {
            Ok(sums) => lines.extend(sums),
            // Several PLCs may have one map.
            Err(why) if wrong.contains(&why) => {}
            Err(why) => wrong.push(why),
        }
    }
    match wrong.is_empty() {
        true => Ok(lines),
        false => Err(wrong),
    }
}

fn labels_weighed(config: &Config) -> Result<Vec<String>, Vec<String>> {
    let file = file_label(config).map_err(|why| vec![why])?;
    let (standing, unread) = match standing(config) {
        Ok(standing) => (standing, None),
        Err(why) => {
            let text = format!(
                "Which label is in force cannot be read, so the station file's was weighed: {why}"
            );
            (Default::default(), Some(text))
        }
    };
    let (standing, batch_open) = standing;
    let all = capacity::weigh_all(config, &file, &standing, batch_open)?;
    let mut lines: Vec<String> = all.iter().flat_map(|weighed| weighed.lines()).collect();
    lines.extend(unread);
    let label = standing.in_force(LabelSlot::Packs, &file, batch_open);
    for printer in &config.printers {
        lines.extend(told_of(printer, &label.text).map_err(|why| vec![why])?);
    }
    Ok(lines)
}

/// What is wrong with the register maps that a station file names, although the file itself has mistakes.
fn map_mistakes(file: &str, text: &str) -> Vec<String> {
    let maps = config::maps_named(file, text).into_iter();
    maps.filter_map(|map| plc_map::map_in(&map).err()).collect()
}

/// What the station cannot see to at this printer.
fn told_of(printer: &Printer, text: &str) -> Result<Vec<String>, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    let speech = speech_of(printer)?;
    let name = &printer.name;
    let (pack, dpmm) = (template.sample(), printer.dpmm as u16);
    let drawn = template.drawn_there(&speech, &pack, dpmm);
    let mut lines: Vec<String> = drawn
        .map(|text| format!("{name}  {text}"))
        .into_iter()
        .collect();
    if let Some(model) = &printer.model
        && speech.language.identify().is_none()
    {
        lines.push(format!(
            "{name}  model = \"{model}\" is not compared: a {} printer does not say which it is",
            speech.language.name()
        ));
    }
    Ok(lines)
}

fn refused(name: &str, wrong: &[String], json: bool) -> Ended {
    if json {
        let errors: Vec<_> = wrong
            .iter()
            .map(|text| serde_json::json!({ "code": "capacity", "text": text }))
            .collect();
        print_json(&serde_json::json!({
            "v": 1, "file": name, "ok": false, "errors": errors,
        }))?;
        return Ok(Exit::Configuration);
    }
    let lines: Vec<String> = wrong.iter().map(|text| format!("{name}: {text}")).collect();
    Err(Failure::new(Exit::Configuration, lines.join("\n")))
}
