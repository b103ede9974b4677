//! `vidimus label list|preview|lint|teach-text|check-text`: label templates before they reach a printer, and the
//! letters that come out of it.

pub mod text;

use super::gs1::finish;
use super::{Ended, Exit};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::label::{
    LabelError, PackData, Severity, Template, built_in, built_in_names, half_blocks, zpl_pack,
};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Largest template file that is read, in bytes.
const FILE_MAX_LEN: u64 = 1024 * 1024;

/// Look at label templates, and teach the printer's letters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 ok, 1 a file could not be written or a picture was refused, 2 usage, 10 the \
    template or its data is wrong."
)]
pub struct LabelArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Name the templates this program carries.
    List,
    /// Draw a label, or show the text that goes to the printer.
    Preview(PreviewArgs),
    /// Say what is wrong with a template at a resolution.
    Lint(LintArgs),
    /// Teach the printer's letters from pictures of good packs; their symbols say what must stand beside them.
    TeachText(text::TeachArgs),
    /// Check the text in pictures of packs as the station does; their symbols say what must stand beside them.
    CheckText(text::CheckArgs),
}

#[derive(Debug, clap::Args)]
struct PreviewArgs {
    /// A built-in template, or a file ending in .toml.
    name: String,
    /// Write a PNG, one pixel a printer dot; without it the label is drawn in the terminal.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the ZPL: the stored format, then the text for this pack.
    #[arg(long, conflicts_with = "output")]
    zpl: bool,
    #[command(flatten)]
    pack: PackArgs,
    /// Resolution in dots per millimetre: 8 is 203 dpi, 12 is 300, 24 is 600.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

#[derive(Debug, clap::Args)]
struct LintArgs {
    /// A built-in template, or a file ending in .toml.
    name: String,
    #[command(flatten)]
    pack: PackArgs,
    /// Resolution in dots per millimetre; without it 8, 12 and 24 are judged.
    #[arg(long)]
    dpmm: Option<u16>,
}

/// What is printed; a sample stands in for what is not given.
#[derive(Debug, clap::Args)]
struct PackArgs {
    /// GTIN, 14 digits.
    #[arg(long)]
    gtin: Option<Gtin>,
    /// Lot.
    #[arg(long)]
    lot: Option<Lot>,
    /// Expiry date YYMMDD.
    #[arg(long)]
    expiry: Option<Expiry>,
    /// Serial number.
    #[arg(long)]
    serial: Option<String>,
}

impl PackArgs {
    fn pack(&self) -> PackData {
        let sample = PackData::sample();
        PackData {
            gtin: self.gtin.unwrap_or(sample.gtin),
            lot: self.lot.clone().unwrap_or(sample.lot),
            expiry: self.expiry.unwrap_or(sample.expiry),
            serial: self.serial.clone().or(sample.serial),
            tail: sample.tail,
        }
    }
}

/// Runs the command.
pub fn run(args: &LabelArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let done = match &args.action {
        Action::List => list(out),
        Action::Preview(args) => {
            template(&args.name).and_then(|template| preview(args, &template, out, err))
        }
        Action::Lint(args) => template(&args.name).and_then(|template| lint(args, &template, out)),
        Action::TeachText(args) => return said(text::teach(args, out), err),
        Action::CheckText(args) => return said(text::check(args, out), err),
    };
    match done {
        Ok(done) => finish(done, err),
        Err(error) => {
            let _ = writeln!(err, "{error}");
            Exit::Configuration
        }
    }
}

/// A command that ended, with what went wrong.
fn said(ended: Ended, err: &mut dyn Write) -> Exit {
    ended.unwrap_or_else(|failure| {
        if !failure.text.is_empty() {
            let _ = writeln!(err, "{failure}");
        }
        failure.exit
    })
}

/// Outer: the template or its data is wrong. Inner: writing failed.
type Done = Result<io::Result<Exit>, LabelError>;

fn wrong<T>(text: String) -> Result<T, LabelError> {
    let mistake = crate::label::Mistake { line: None, text };
    Err(LabelError {
        mistakes: vec![mistake],
    })
}

fn template(name: &str) -> Result<Template, LabelError> {
    if !name.ends_with(".toml") {
        let names: Vec<_> = built_in_names().collect();
        return built_in(name).map_or_else(
            || {
                wrong(format!(
                    "There is no built-in template \"{name}\"; there are: {}. A file of your own \
                    ends in .toml.",
                    names.join(", ")
                ))
            },
            Ok,
        );
    }
    let mut text = String::new();
    let read = std::fs::File::open(Path::new(name))
        .and_then(|file| file.take(FILE_MAX_LEN).read_to_string(&mut text));
    match read {
        Ok(_) => Template::parse(&text),
        Err(error) => wrong(format!("The template {name} cannot be read: {error}.")),
    }
}

fn list(out: &mut dyn Write) -> Done {
    for name in built_in_names() {
        let template = template(name)?;
        let line = writeln!(out, "{name:<16} {}  {}", template.name, template.hash());
        if let Err(error) = line {
            return Ok(Err(error));
        }
    }
    Ok(Ok(Exit::Ok))
}

fn preview(
    args: &PreviewArgs,
    template: &Template,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    let pack = args.pack.pack();
    // A serial that cannot be printed is refused here as it is on the line.
    let fields = template.zpl_fields(&pack)?;
    for finding in template.lint_with(&pack, args.dpmm)? {
        let _ = writeln!(err, "{finding}");
    }
    if args.zpl {
        let format = template.zpl_format(&pack, args.dpmm)?;
        let pack = zpl_pack(&format.name, &fields);
        return Ok(writeln!(out, "{}\n{pack}", format.text).map(|()| Exit::Ok));
    }
    let picture = template.raster(&pack, args.dpmm)?;
    let Some(path) = &args.output else {
        return Ok(write!(out, "{}", half_blocks(&picture)).map(|()| Exit::Ok));
    };
    let format = image::ImageFormat::Png;
    Ok(picture
        .save_with_format(path, format)
        .map(|()| Exit::Ok)
        .map_err(|error| {
            io::Error::other(format!("{} cannot be written: {error}", path.display()))
        }))
}

fn lint(args: &LintArgs, template: &Template, out: &mut dyn Write) -> Done {
    let pack = args.pack.pack();
    let resolutions = args.dpmm.map_or(vec![8, 12, 24], |dpmm| vec![dpmm]);
    let mut errors = 0;
    for dpmm in resolutions {
        let findings = template.lint_with(&pack, dpmm)?;
        errors += findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        let bytes = template.zpl_bytes_per_pack(&pack)?;
        let done = match findings.is_empty() {
            true => writeln!(out, "{dpmm} dots/mm: nothing to say, {bytes} bytes a pack."),
            false => findings
                .iter()
                .try_for_each(|finding| writeln!(out, "{dpmm} dots/mm: {finding}")),
        };
        if let Err(error) = done {
            return Ok(Err(error));
        }
    }
    Ok(Ok(match errors {
        0 => Exit::Ok,
        _ => Exit::Configuration,
    }))
}
