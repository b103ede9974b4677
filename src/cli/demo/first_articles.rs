//! First articles: before its first batch the demo prints some labels, photographs them, and teaches the station the
//! letters of its printer from them, as a technician does with `vidimus label teach-text`.

use crate::cli::exit::{Exit, Failure};
use crate::cli::label::text::{Lesson, Lettering, teach_from};
use crate::config::Config;
use crate::label::{PackData, built_in, zpl_pack};
use std::path::{Path, PathBuf};
use vidimus_simulators::Tick;
use vidimus_simulators::camera::{Camera, Coding};
use vidimus_simulators::factory::FactoryOptions;
use vidimus_simulators::ink::Print;
use vidimus_simulators::optics::Noise;
use vidimus_simulators::printer::Printer;

/// How many: with 12 characters of serial on each, every letter and digit comes eight times.
const ARTICLES: usize = 24;

/// The characters of serials and lots.
const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

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
    let label = |error: crate::label::LabelError| Failure::new(Exit::Configuration, error);
    let disk = |error: std::io::Error| {
        let text = format!("{} cannot be written: {error}.", folder.display());
        Failure::new(Exit::Store, text)
    };
    std::fs::create_dir_all(folder).map_err(disk)?;
    let mut printer = Printer::new(factory.line.media);
    let mut camera = Camera::new(factory.line.seed);
    let noise = Noise::new(factory.optics.noise, factory.line.seed);
    let mut pictures = Vec::new();
    for number in 0..ARTICLES {
        let pack = article(config, number)?;
        let format = lettering
            .template
            .zpl_format(&pack, lettering.dpmm)
            .map_err(label)?;
        let fields = lettering.template.zpl_fields(&pack).map_err(label)?;
        printer.receive(Tick(0), format.text.as_bytes());
        printer.receive(Tick(0), zpl_pack(&format.name, &fields).as_bytes());
        let Some(label) = printer.start_print(Tick(0), 0) else {
            return Err(Failure::new(Exit::Device, "The printer prints nothing."));
        };
        let print = Print {
            label,
            damage: None,
            dx: 0,
            dy: 0,
            seed: number as u64,
        };
        let frame = camera
            .fire(Tick(0), &[print], None)
            .frame(&factory.optics, &noise, Coding::Png)
            .expect("no frame is lost here");
        let path = folder.join(format!("{:02}.png", number + 1));
        std::fs::write(&path, frame.body).map_err(disk)?;
        pictures.push(path);
    }
    Ok(pictures)
}

/// A pack whose serial walks through all letters, from pack to pack further.
fn article(config: &Config, number: usize) -> Result<PackData, Failure> {
    const SERIAL_LENGTH: usize = 12;
    /// Has no factor in common with the number of letters, so that every letter comes in turn.
    const STRIDE: usize = 5;
    let wrong = |error: crate::gs1::FieldError| Failure::new(Exit::Bug, error);
    let letter = |at: usize| char::from(LETTERS[at * STRIDE % LETTERS.len()]);
    let serial = (0..SERIAL_LENGTH).map(|at| letter(number * SERIAL_LENGTH + at));
    Ok(PackData {
        gtin: config.products[0].gtin,
        lot: format!("D{:05}", number + 1).parse().map_err(wrong)?,
        expiry: super::batch::EXPIRY.parse().map_err(wrong)?,
        serial: Some(serial.collect()),
    })
}
