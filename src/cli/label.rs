//! `vidimus label list|preview|lint|activate|rollback|history|teach-text|check-text`: label templates before they reach
//! a printer, which of them is in force, and the letters that come out of it.

mod activate;
mod history;
pub mod text;

use super::gs1::finish;
use super::output::{Before, Output};
use super::{COLUMNS, Ended, Exit};
use crate::config::keys;
use crate::gs1;
use crate::gs1::{Expiry, Gtin, Lot};
use crate::label::container::{ContainerData, ContainerTemplate, container_names, container_text};
use crate::label::{
    LabelError, LintFinding, PackData, Severity, Template, built_in_names, built_in_text,
    half_blocks, zpl_pack,
};
use crate::record::TemplateHash;
use crate::tui::words::hanging;
use image::GrayImage;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Largest template file that is read, in bytes.
const FILE_MAX_LEN: u64 = 1024 * 1024;

/// Look at label templates, change the one in force, and teach the printer's letters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 ok, 1 a picture was refused or the station refuses, 2 usage, 10 the template or its \
    data is wrong, 11 no station answers, 12 an output cannot be written or the store cannot be read."
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
    /// Bring another template into force on a running station, between two packs.
    Activate(activate::ActivateArgs),
    /// Go back to the former template, or give up the one on trial.
    Rollback(activate::RollbackArgs),
    /// Tell which template was in force when, who ordered it and why.
    History(history::HistoryArgs),
    /// Teach the printer's letters from pictures of good packs; their symbols say what must stand beside them.
    TeachText(text::TeachArgs),
    /// Check the text in pictures of packs as the station does; their symbols say what must stand beside them.
    CheckText(text::CheckArgs),
}

#[derive(Debug, clap::Args)]
struct PreviewArgs {
    /// A built-in template, or a file ending in .toml.
    name: String,
    /// Write a PNG, one pixel a printer dot ("-": to standard output); without it the label is drawn in the terminal.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the ZPL: the stored format, then the text for this pack.
    #[arg(long, conflicts_with = "output")]
    zpl: bool,
    #[command(flatten)]
    what: WhatArgs,
    /// Resolution in dots per millimetre: 8 is 203 dpi, 12 is 300, 24 is 600.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

#[derive(Debug, clap::Args)]
struct LintArgs {
    /// A built-in template, or a file ending in .toml.
    name: String,
    #[command(flatten)]
    what: WhatArgs,
    /// Resolution in dots per millimetre; without it those a station file may name: 6, 8, 12 and 24 for packs, 8 and 12
    /// for containers.
    #[arg(long)]
    dpmm: Option<u16>,
}

/// What is printed; a sample stands in for what is not given.
#[derive(Debug, Default, clap::Args)]
struct WhatArgs {
    /// What a container's label says, such as "(00)…(02)…(37)…"; a bar code without any of it is left out.
    #[arg(long, value_name = "ELEMENTS", conflicts_with_all = ["gtin", "lot", "expiry", "serial"])]
    says: Option<String>,
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

impl WhatArgs {
    fn pack(&self, template: &Template) -> PackData {
        let sample = template.sample();
        PackData {
            gtin: self.gtin.unwrap_or(sample.gtin),
            lot: self.lot.clone().unwrap_or(sample.lot),
            expiry: self.expiry.unwrap_or(sample.expiry),
            serial: self.serial.clone().or(sample.serial),
            tail: sample.tail,
        }
    }

    fn container(&self, template: &ContainerTemplate) -> Result<ContainerData, LabelError> {
        let sample = template.sample();
        let elements = match &self.says {
            None => sample.elements,
            Some(says) => gs1::parse_bracketed(says).or_else(|error| wrong(error.to_string()))?,
        };
        Ok(ContainerData { elements, ..sample })
    }
}

/// A label of either kind, with what is printed on it.
enum Label {
    Pack(Template, PackData),
    Container(ContainerTemplate, ContainerData),
}

impl Label {
    fn lint(&self, dpmm: u16) -> Result<Vec<LintFinding>, LabelError> {
        match self {
            Label::Pack(template, pack) => template.lint_with(pack, dpmm),
            Label::Container(template, data) => template.lint_with(data, dpmm),
        }
    }

    fn raster(&self, dpmm: u16) -> Result<GrayImage, LabelError> {
        match self {
            Label::Pack(template, pack) => template.raster(pack, dpmm),
            Label::Container(template, data) => template.raster(data, dpmm),
        }
    }

    /// The stored format, and the text for one label.
    fn zpl(&self, dpmm: u16) -> Result<(String, String), LabelError> {
        let (format, fields) = match self {
            Label::Pack(template, pack) => {
                (template.zpl_format(pack, dpmm)?, template.zpl_fields(pack)?)
            }
            Label::Container(template, data) => {
                (template.zpl_format(dpmm)?, template.zpl_fields(data, dpmm)?)
            }
        };
        let one = zpl_pack(&format.name, &fields);
        Ok((format.text, one))
    }

    fn name(&self) -> (&str, TemplateHash) {
        match self {
            Label::Pack(template, _) => (&template.name, template.hash()),
            Label::Container(template, _) => (&template.name, template.hash()),
        }
    }
}

/// Runs the command.
pub fn run(args: &LabelArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let done = match &args.action {
        Action::List => list(out),
        Action::Preview(args) => {
            label(&args.name, &args.what).and_then(|label| preview(args, &label, out, err))
        }
        Action::Lint(args) => {
            label(&args.name, &args.what).and_then(|label| lint(args, &label, out))
        }
        Action::Activate(args) => return said(activate::activate(args), err),
        Action::Rollback(args) => return said(activate::rollback(args), err),
        Action::History(args) => return said(history::history(args), err),
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

/// The text of a built-in template, or of a file.
fn text_of(name: &str) -> Result<String, LabelError> {
    if !name.ends_with(".toml") {
        let text = built_in_text(name).or_else(|| container_text(name));
        return match text {
            Some(text) => Ok(text.to_owned()),
            None => wrong(format!(
                "There is no built-in template \"{name}\"; there are: {}. A file of your own ends in .toml.",
                names().collect::<Vec<_>>().join(", ")
            )),
        };
    }
    let mut text = String::new();
    let read = std::fs::File::open(Path::new(name))
        .and_then(|file| file.take(FILE_MAX_LEN).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) => wrong(format!("The template {name} cannot be read: {error}.")),
    }
}

/// A template for packs.
fn template(name: &str) -> Result<Template, LabelError> {
    Template::parse(&text_of(name)?)
}

fn names() -> impl Iterator<Item = &'static str> {
    built_in_names().chain(container_names())
}

/// A template with what is printed on it: one with a [[barcode]] is for containers.
fn label(name: &str, what: &WhatArgs) -> Result<Label, LabelError> {
    let text = text_of(name)?;
    let of_container = text
        .lines()
        .any(|line| line.trim_start().starts_with("[[barcode]]"));
    match of_container {
        true => {
            let template = ContainerTemplate::parse(&text)?;
            let data = what.container(&template)?;
            Ok(Label::Container(template, data))
        }
        false => {
            let template = Template::parse(&text)?;
            let pack = what.pack(&template);
            Ok(Label::Pack(template, pack))
        }
    }
}

fn list(out: &mut dyn Write) -> Done {
    for known in names() {
        let label = label(known, &WhatArgs::default())?;
        let (name, hash) = label.name();
        let mut lines = hanging(&format!("{known:<16}{name}"), 16, COLUMNS);
        lines.push(format!("{:16}{hash}", ""));
        if let Err(error) = writeln!(out, "{}", lines.join("\n")) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(Exit::Ok))
}

fn preview(args: &PreviewArgs, label: &Label, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    // What cannot be printed is refused here as it is on the line.
    let (format, one) = label.zpl(args.dpmm)?;
    for finding in label.lint(args.dpmm)? {
        let _ = writeln!(err, "{finding}");
    }
    if args.zpl {
        return Ok(writeln!(out, "{format}\n{one}").map(|()| Exit::Ok));
    }
    let picture = label.raster(args.dpmm)?;
    let Some(path) = &args.output else {
        return Ok(write!(out, "{}", half_blocks(&picture)).map(|()| Exit::Ok));
    };
    let written = Output::open("The picture", path, Before::Replaced)
        .and_then(|out| out.write_png(&picture).map(|()| Exit::Ok));
    Ok(Ok(said(written, err)))
}

fn lint(args: &LintArgs, label: &Label, out: &mut dyn Write) -> Done {
    let heads = match (args.dpmm, label) {
        (Some(dpmm), _) => vec![dpmm],
        (None, Label::Pack(..)) => keys::PRINTER_DPMM.iter().map(|dpmm| *dpmm as u16).collect(),
        (None, Label::Container(..)) => keys::LABEL_DPMM.iter().map(|dpmm| *dpmm as u16).collect(),
    };
    // What holds for several heads is said once.
    let mut found: Vec<(Vec<String>, String)> = Vec::new();
    let mut errors = 0;
    for dpmm in heads {
        let findings = label.lint(dpmm)?;
        errors += findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .count();
        let bytes = label.zpl(dpmm)?.1.len();
        let what = match label {
            Label::Pack(..) => "a pack",
            Label::Container(..) => "a container",
        };
        let lines: Vec<String> = match findings.is_empty() {
            true => vec![format!("nothing to say, {bytes} bytes {what}.")],
            false => findings.iter().map(LintFinding::to_string).collect(),
        };
        for line in lines {
            match found.iter_mut().find(|(_, known)| *known == line) {
                Some((heads, _)) => heads.push(dpmm.to_string()),
                None => found.push((vec![dpmm.to_string()], line)),
            }
        }
    }
    let said = found
        .iter()
        .try_for_each(|(heads, line)| writeln!(out, "{} dots/mm: {line}", heads.join(", ")));
    Ok(said.map(|()| match errors {
        0 => Exit::Ok,
        _ => Exit::Configuration,
    }))
}
