//! A template by its name, its file or its folder, and what is printed on it.

use crate::cli::exit::{Exit, Failure};
use crate::gs1::{self, Expiry, Gtin, Lot};
use crate::label::{
    ContainerData, ContainerTemplate, LabelError, LabelField as _, LintFinding, PackData, Template,
    built_in_names, built_in_text, container_names, container_text, files_wanted, is_for,
    with_files,
};
use crate::record::TemplateHash;
use std::io::Read;
use std::path::{Path, PathBuf};
use vidimus_drivers::printer::Speech;
use vidimus_drivers::printer::format::{Dots, Format, JobContent};

/// Largest file that is read, in bytes.
const FILE_MAX_LEN: u64 = 1024 * 1024;

/// Name of the template in a folder.
pub const FILE_NAME: &str = "label.toml";

/// What is printed; a sample stands in for what is not given.
#[derive(Debug, Default, clap::Args)]
pub struct What {
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
    /// The language of the template's words, instead of its own.
    #[arg(long, value_name = "CODE")]
    words: Option<String>,
}

impl What {
    /// Nothing was given: the template is judged as a whole.
    pub fn is_sample(&self) -> bool {
        let given = [
            self.says.is_some(),
            self.gtin.is_some(),
            self.lot.is_some(),
            self.expiry.is_some(),
            self.serial.is_some(),
        ];
        !given.contains(&true)
    }

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
            Some(says) => {
                gs1::parse_bracketed(says).map_err(|error| LabelError::one(error.to_string()))?
            }
        };
        Ok(ContainerData { elements, ..sample })
    }
}

/// A label of either kind, with what is printed on it.
pub enum Label {
    /// Of a pack.
    Pack(Template, PackData),
    /// Of a container.
    Container(ContainerTemplate, ContainerData),
}

/// Does the same with either kind.
macro_rules! either {
    ($label:expr, $template:ident, $data:ident => $done:expr) => {
        match $label {
            Label::Pack($template, $data) => $done,
            Label::Container($template, $data) => $done,
        }
    };
}

impl Label {
    /// A template with what is printed on it.
    ///
    /// # Errors
    /// It cannot be read, or has mistakes, or the data cannot stand on it.
    pub fn open(name: &str, what: &What) -> Result<Label, Failure> {
        let text = text_of(name)?;
        Label::of_text(&text, what).map_err(|error| in_template(name, &error))
    }

    /// The same from the template's text.
    ///
    /// # Errors
    /// Its mistakes; the data cannot stand on it.
    pub fn of_text(text: &str, what: &What) -> Result<Label, LabelError> {
        let words = what.words.as_deref();
        if is_for(text).as_deref() == Some(crate::label::ContainerField::FOR) {
            let template = match words {
                None => ContainerTemplate::parse(text)?,
                Some(words) => ContainerTemplate::parse_in(text, words)?,
            };
            let data = what.container(&template)?;
            return Ok(Label::Container(template, data));
        }
        let template = match words {
            None => Template::parse(text)?,
            Some(words) => Template::parse_in(text, words)?,
        };
        let pack = what.pack(&template);
        Ok(Label::Pack(template, pack))
    }

    /// What is wrong with it; `whole`: with the longest values, too.
    pub fn lint(&self, dpmm: u16, whole: bool) -> Result<Vec<LintFinding>, LabelError> {
        match (self, whole) {
            (Label::Pack(template, _), true) => template.lint(dpmm),
            (Label::Pack(template, pack), false) => template.lint_with(pack, dpmm),
            (Label::Container(template, _), true) => template.lint(dpmm),
            (Label::Container(template, data), false) => template.lint_with(data, dpmm),
        }
    }

    /// What is to be said of it in a printer's language.
    pub fn lint_language(&self, speech: &Speech, dpmm: u16) -> Vec<LintFinding> {
        let mut found = either!(self, template, data => template.lint_language(speech, data, dpmm));
        if let Label::Pack(template, pack) = self {
            found.extend(template.lint_bytes(speech, pack, dpmm));
        }
        found
    }

    /// The label drawn by ourselves.
    pub fn drawn(&self, dpmm: u16) -> Result<Dots, LabelError> {
        either!(self, template, data => template.drawn(data, dpmm))
    }

    /// Format and label for a printer: in its language, or as a picture where it cannot write it.
    pub fn for_printer(
        &self,
        speech: &Speech,
        dpmm: u16,
    ) -> Result<(Format, JobContent), LabelError> {
        either!(self, template, data => template.for_printer(speech, data, dpmm))
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        either!(self, template, _data => &template.name)
    }

    /// The hash of its text.
    pub fn hash(&self) -> TemplateHash {
        either!(self, template, _data => template.hash())
    }

    /// What one of it is on.
    pub fn one(&self) -> &'static str {
        match self {
            Label::Pack(..) => "a pack",
            Label::Container(..) => "a container",
        }
    }
}

/// The names of all built-in templates.
pub fn names() -> impl Iterator<Item = &'static str> {
    built_in_names().chain(container_names())
}

/// A mistake of a template or its data, with the template's name.
pub fn in_template(name: &str, error: &LabelError) -> Failure {
    let lines: Vec<String> = error
        .mistakes
        .iter()
        .map(|mistake| match mistake.at {
            Some((line, column)) => {
                format!(
                    "{}:{line}:{column}: {}",
                    path_of(name).display(),
                    mistake.text
                )
            }
            None => mistake.text.clone(),
        })
        .collect();
    Failure::new(Exit::Configuration, lines.join("\n"))
}

/// Where a template lies: the file itself, or the one in a folder.
fn path_of(name: &str) -> PathBuf {
    let path = Path::new(name);
    match path.is_dir() {
        true => path.join(FILE_NAME),
        false => path.to_owned(),
    }
}

/// The text of a built-in template, of a file or of a folder, with all its files in it.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn text_of(name: &str) -> Result<String, Failure> {
    text_with(name, &mut read)
}

/// The same, with files read by whoever asks.
///
/// # Errors
/// It is not there; what `read` says.
pub fn text_with(
    name: &str,
    read: &mut dyn FnMut(&Path) -> Result<Vec<u8>, Failure>,
) -> Result<String, Failure> {
    let path = path_of(name);
    if !is_file(name) {
        let text = built_in_text(name).or_else(|| container_text(name));
        return text.map(str::to_owned).ok_or_else(|| {
            let known = names().collect::<Vec<_>>().join(", ");
            let text = format!(
                "There is no built-in template \"{name}\"; there are: {known}. One of your own is a file ending in \
                 .toml, or a folder with a {FILE_NAME}."
            );
            Failure::new(Exit::Configuration, text)
        });
    }
    let text = String::from_utf8(read(&path)?).map_err(|_| {
        let text = format!(
            "The template {} is not UTF-8 text: save it as such.",
            path.display()
        );
        Failure::new(Exit::Configuration, text)
    })?;
    let mut files = Vec::new();
    for file in files_wanted(&text) {
        // A name with a folder in it is refused where the files are put into the text.
        let beside = path.with_file_name(Path::new(&file).file_name().unwrap_or_default());
        files.push((file, read(&beside)?));
    }
    with_files(&text, &files).map_err(|error| in_template(name, &error))
}

/// The name is one of a file or folder, not of a built-in template.
pub fn is_file(name: &str) -> bool {
    path_of(name).extension().is_some_and(|end| end == "toml")
}

/// What a template in a file or folder is called: the name of the folder, or of the file without its ending.
pub fn called(name: &str) -> String {
    let path = path_of(name);
    let of_folder = path.file_name().is_some_and(|file| file == FILE_NAME);
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .filter(|_| of_folder);
    let called = folder.or_else(|| path.file_stem());
    called.map_or_else(String::new, |called| called.to_string_lossy().into_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_MAX_LEN).read_to_end(&mut bytes))
        .map_err(|error| {
            let text = format!("The template {} cannot be read: {error}.", path.display());
            Failure::new(Exit::Configuration, text)
        })?;
    Ok(bytes)
}

/// A template for packs.
///
/// # Errors
/// It cannot be read, or has mistakes.
pub fn template(name: &str) -> Result<Template, Failure> {
    Template::parse(&text_of(name)?).map_err(|error| in_template(name, &error))
}
