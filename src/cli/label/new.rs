//! `vidimus label new`: a template of one's own, from one that is there.

use super::source::{FILE_NAME, Label, What, in_template, text_of};
use crate::cli::exit::{Ended, Exit};
use crate::cli::output::NewFolder;
use crate::cli::print_line;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct NewArgs {
    /// The folder to make; its label.toml is the template.
    folder: PathBuf,
    /// The template to begin with.
    #[arg(long, value_name = "NAME", default_value = "pharma-pack")]
    from: String,
}

pub(super) fn run(args: &NewArgs) -> Ended {
    let text = text_of(&args.from)?;
    Label::of_text(&text, &What::default()).map_err(|error| in_template(&args.from, &error))?;
    let folder = NewFolder::open("The template's folder", &args.folder)?;
    std::fs::write(folder.path().join(FILE_NAME), text)
        .map_err(|error| folder.unwritten(FILE_NAME, &error))?;
    folder.put()?;
    let folder = args.folder.display();
    print_line(&format!("{folder}/{FILE_NAME} is there. Change it, then:"))?;
    for command in ["lint", "preview"] {
        print_line(&format!("  vidimus label {command} {folder}"))?;
    }
    Ok(Exit::Ok)
}
