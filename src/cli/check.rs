//! `vidimus check FILE`: every mistake of a station file at once, or the sums it was checked with.

use super::exit::{Ended, Exit, Failure};
use super::station_file::{stderr_coloured, text_of};
use super::{print_json, print_line};
use crate::config;
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
    let checked = text_of(&args.file).map(|text| config::parse(&name, &text));
    match checked {
        Ok(Ok(config)) => {
            if args.json {
                let arithmetic = config.arithmetic();
                print_json(&serde_json::json!({
                    "v": 1, "file": name, "ok": true, "arithmetic": arithmetic,
                }))?;
            } else {
                print_line(&format!("{name}: ok"))?;
                for line in config.arithmetic() {
                    print_line(&format!("  {line}"))?;
                }
            }
            Ok(Exit::Ok)
        }
        Ok(Err(errors)) if args.json => {
            print_json(&errors.to_json())?;
            Ok(Exit::Configuration)
        }
        Ok(Err(errors)) => Err(Failure::new(
            Exit::Configuration,
            errors.render(stderr_coloured()),
        )),
        Err(failure) if args.json => {
            let error = serde_json::json!({ "code": "file", "text": failure.text });
            print_json(&serde_json::json!({
                "v": 1, "file": name, "ok": false, "errors": [error],
            }))?;
            Ok(Exit::Configuration)
        }
        Err(failure) => Err(failure),
    }
}
