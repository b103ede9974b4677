//! `vidimus label preview`: a label as it will look, or what goes to its printer.

use super::source::{Label, What, in_template};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::message;
use crate::cli::output::{Before, Output};
use crate::cli::print_line;
use crate::label::{half_blocks, picture};
use crate::station::described;
use crate::tui::terminal_columns;
use image::GrayImage;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use vidimus_drivers::printer::{LANGUAGES, Speech, language};

#[derive(Debug, clap::Args)]
pub(super) struct PreviewArgs {
    /// A template: its name, file or folder.
    name: String,
    /// Write a PNG, one pixel a printer dot, or the bytes for the printer ("-": to standard output); without it the
    /// label is shown in the terminal.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show what goes to a printer of this language: what stores the format, then this label. zpl, tspl, sbpl, dpl,
    /// hitachi, coder, or a file ending in .toml that describes one, as description in a station file names it.
    #[arg(long, value_name = "LANGUAGE|FILE", value_parser = known_language)]
    printer: Option<String>,
    #[command(flatten)]
    what: What,
    /// Resolution in dots per millimetre: 8 is 203 dpi, 12 is 300, 24 is 600.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

/// A printer language by its name, or a file that describes one.
pub(super) fn known_language(given: &str) -> Result<String, String> {
    let is_known = language(given).is_some() || described::is_built_in(given);
    match is_known || given.ends_with(".toml") {
        true => Ok(given.to_owned()),
        false => {
            let known: Vec<&str> = LANGUAGES.iter().map(|spoken| spoken.scheme).collect();
            let known = known.join(", ");
            Err(format!(
                "there are {known}, coder, and files ending in .toml that describe one"
            ))
        }
    }
}

/// The language of that name, or as the file describes it.
///
/// # Errors
/// The file cannot be read, or has mistakes: each with its line and column.
pub(super) fn speech(given: &str) -> Result<Speech, Failure> {
    match language(given) {
        Some(spoken) => Ok(spoken.speech()),
        None => described::speech_in(given).map_err(|why| Failure::new(Exit::Configuration, why)),
    }
}

pub(super) fn run(args: &PreviewArgs) -> Ended {
    let label = Label::open(&args.name, &args.what)?;
    let wrong = |error| in_template(&args.name, &error);
    let speech = args.printer.as_deref().map(speech).transpose()?;
    let found = match &speech {
        Some(speech) => label.lint_for(speech, args.dpmm, false),
        None => label.lint(args.dpmm, false),
    };
    for finding in found.map_err(wrong)? {
        message(&finding.to_string());
    }
    if let Some(speech) = &speech {
        return bytes(args, &label, speech);
    }
    let picture = picture(&label.drawn(args.dpmm).map_err(wrong)?);
    match &args.output {
        Some(path) => Output::open("The picture", path, Before::Replaced)?.write_png(&picture)?,
        None => in_terminal(picture)?,
    }
    Ok(Exit::Ok)
}

/// Shows the label; in a terminal that is too narrow for it, smaller.
fn in_terminal(picture: GrayImage) -> Result<(), Failure> {
    let columns = terminal_columns().filter(|_| std::io::stdout().is_terminal());
    let times = columns.map_or(1, |columns| {
        picture.width().div_ceil(u32::from(columns.max(1)))
    });
    for line in half_blocks(&smaller(picture, times)).lines() {
        print_line(line)?;
    }
    if times > 1 {
        let text = format!("Shown at 1/{times} of its size; dot by dot with -o label.png.");
        message(&text);
    }
    Ok(())
}

/// One pixel for each square of so many; a third of ink makes it black, so that thin strokes are not lost.
fn smaller(picture: GrayImage, times: u32) -> GrayImage {
    if times <= 1 {
        return picture;
    }
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(width.div_ceil(times), height.div_ceil(times), |x, y| {
        let square = (0..times * times).map(|at| (x * times + at % times, y * times + at / times));
        let black = square
            .filter(|(x, y)| {
                picture
                    .get_pixel_checked(*x, *y)
                    .is_some_and(|p| p.0[0] < 128)
            })
            .count() as u32;
        image::Luma([if 3 * black >= times * times {
            0
        } else {
            u8::MAX
        }])
    })
}

fn bytes(args: &PreviewArgs, label: &Label, speech: &Speech) -> Ended {
    let wrong = |error| in_template(&args.name, &error);
    let (format, text) = label.for_printer(speech, args.dpmm).map_err(wrong)?;
    for finding in label.lint_language(speech, args.dpmm) {
        message(&finding.to_string());
    }
    if let Some(drawn) = label.drawn_there(speech, args.dpmm) {
        message(&drawn);
    }
    let refused = |why: String| Failure::new(Exit::Configuration, why);
    let stored = speech.language.store(&format).map_err(refused)?;
    let job = speech.language.job(&format, &text);
    let job = job.map_err(|fault| refused(fault.to_string()))?;
    if let Some(path) = &args.output {
        Output::open("The printer's text", path, Before::Replaced)?
            .write(|out| out.write_all(&stored).and_then(|()| out.write_all(&job)))?;
        return Ok(Exit::Ok);
    }
    for part in [stored, job] {
        for line in part.split_inclusive(|byte| *byte == b'\n') {
            let (line, end) = match line.strip_suffix(b"\n") {
                Some(line) => (line.strip_suffix(b"\r").unwrap_or(line), true),
                None => (line, false),
            };
            if end || !line.is_empty() {
                print_line(&readable(line))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Printable characters as they stand, others in hexadecimal.
fn readable(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(shown).collect()
}
