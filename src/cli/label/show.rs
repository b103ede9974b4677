//! `vidimus label show`: a template's text as the records hold it. Only read; the station may be running or not.

use super::recorded::Recorded;
use super::source::FILE_NAME;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::output::{Before, NewFolder, Output};
use crate::cli::{message, station_file};
use crate::label::files_apart;
use crate::record::LabelText;
use std::path::{Path, PathBuf};

/// Arguments of `label show`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "A template of several files is one text on record, with its files in it: a file that ends in .toml \
    gets this text, with the same hash; a folder gets them as they were."
)]
pub(super) struct ShowArgs {
    /// What it was called, or the first 8 or more digits of its hash, as `label history` shows both; without it: the
    /// one in force
    #[arg(value_name = "NAME|HASH")]
    which: Option<String>,
    /// For the containers of this level, by its name in the station file, such as case; without it: for packs
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Write it there instead of to standard output: into a new file that ends in .toml, or a new folder
    #[arg(short, long, value_name = "FILE|FOLDER")]
    output: Option<PathBuf>,
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
}

/// Shows it.
///
/// # Errors
/// There is no such template on record, the store cannot be read or the output not be written.
pub(super) fn show(args: &ShowArgs) -> Ended {
    let config = station_file::load(&args.config)?;
    let recorded = Recorded::read(&config, args.level.as_deref())?;
    let label = match &args.which {
        Some(said) => recorded.meant(said)?,
        None => recorded.in_force.as_ref().ok_or_else(|| {
            let text = "This station prints no labels of that level, and none is on record.";
            Failure::new(Exit::SomeRefused, text)
        })?,
    };
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    let is_file = output == Path::new("-")
        || output
            .extension()
            .is_some_and(|extension| extension == "toml");
    match is_file {
        true => Output::open("The template", output, Before::Nothing)?
            .write(|out| out.write_all(label.text.as_bytes()))?,
        false => into_folder(label, output)?,
    }
    let (name, hash) = (&label.name, label.template);
    message(&format!("{name}, SHA-256 {hash}"));
    if let (None, Some(trial)) = (&args.which, &recorded.trial) {
        message(&format!("{trial} is on trial."));
    }
    Ok(Exit::Ok)
}

/// The template with its files beside it.
fn into_folder(label: &LabelText, folder: &Path) -> Result<(), Failure> {
    let (text, files) = files_apart(&label.text);
    let folder = NewFolder::open("The template's folder", folder)?;
    let template = (FILE_NAME.to_owned(), text.into_bytes());
    for (name, bytes) in std::iter::once(template).chain(files) {
        std::fs::write(folder.path().join(&name), bytes)
            .map_err(|error| folder.unwritten(&name, &error))?;
    }
    folder.put()
}
