//! First articles: before its first batch the demo prints some labels, photographs them, and teaches the station the
//! letters of its printer from them, as a technician does with `vidimus label teach-text`.

use crate::cli::exit::{Exit, Failure};
use crate::cli::label::text::{Lesson, Lettering, teach_from};
use crate::config::Config;
use crate::label::built_in;
use crate::station::described::speech_of;
use crate::world::letters::photograph;
use std::path::{Path, PathBuf};
use vidimus_simulators::camera::Coding;
use vidimus_simulators::factory::FactoryOptions;

/// Teaches the printer's letters unless that was done already; `None` then.
///
/// # Errors
/// The folder cannot be written, or the letters cannot be learnt.
pub fn teach(config: &Config, factory: &FactoryOptions) -> Result<Option<Lesson>, Failure> {
    let glyphs = &config.inspection.glyph_file;
    if glyphs.exists() {
        return Ok(None);
    }
    let template = built_in(&config.station.label_template)
        .ok_or_else(|| Failure::new(Exit::Bug, "the demo's template is built in"))?;
    let lettering = Lettering {
        template,
        dpmm: config.printers[0].dpmm as u16,
        glyphs: Some(glyphs.clone()),
    };
    let folder = config.station.data_dir.join("first-articles");
    let pictures = print(&lettering, config, factory, &folder)?;
    teach_from(&lettering, &pictures, true).map(Some)
}

/// Prints the labels on the factory's kind of printer and photographs them with its kind of camera.
fn print(
    lettering: &Lettering,
    config: &Config,
    factory: &FactoryOptions,
    folder: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let disk = |error: std::io::Error| {
        let text = format!("{} cannot be written: {error}.", folder.display());
        Failure::new(Exit::Store, text)
    };
    let (template, optics) = (&lettering.template, &factory.optics);
    let speech = speech_of(&config.printers[0]);
    let speech = speech.map_err(|why| Failure::new(Exit::Bug, why))?;
    let pictures = photograph(
        config,
        &speech,
        template,
        &factory.line,
        optics,
        Coding::Png,
    );
    let pictures = pictures.map_err(|why| Failure::new(Exit::Bug, why))?;
    std::fs::create_dir_all(folder).map_err(disk)?;
    let mut paths = Vec::new();
    for (number, picture) in (1..).zip(pictures) {
        let path = folder.join(format!("{number:02}.png"));
        std::fs::write(&path, picture).map_err(disk)?;
        paths.push(path);
    }
    Ok(paths)
}
