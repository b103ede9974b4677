//! A template by its name, its file or its folder, and what is printed on it.

use crate::cli::exit::{Exit, Failure};
use crate::cli::station_file;
use crate::config::Config;
use crate::gs1::{self, Expiry, Gtin, Lot};
use crate::label::{
    ContainerData, ContainerTemplate, LabelError, LabelField as _, LintFinding, PackData, Template,
    built_in_names, built_in_text, container_names, container_text, files_wanted, is_for,
    with_files,
};
use crate::record::label::TEMPLATE_TEXT_MAX;
use crate::record::{LabelSlot, TemplateHash};
use crate::station::file_label;
use std::io::Read;
use std::path::{Path, PathBuf};
use vidimus_drivers::printer::Speech;
use vidimus_drivers::printer::format::{Dots, Format, JobContent};

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
    if Path::new(name).is_dir() && !path.exists() {
        let text = format!("The folder {name} has no {FILE_NAME}: vidimus label new makes one.");
        return Err(Failure::new(Exit::Configuration, text));
    }
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
        file.check().map_err(|error| in_template(name, &error))?;
        let bytes = read(&path.with_file_name(&file.name)).map_err(|why| {
            let (line, column) = file.at;
            let text = format!("{}:{line}:{column}: {}", path.display(), why.text);
            Failure::new(Exit::Configuration, text)
        })?;
        files.push((file.name, bytes));
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
    let wrong = |text: String| Failure::new(Exit::Configuration, text);
    let mut bytes = Vec::new();
    let most = TEMPLATE_TEXT_MAX as u64 + 1;
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| {
            let path = path.display();
            wrong(format!("The template {path} cannot be read: {error}."))
        })?;
    if bytes.len() > TEMPLATE_TEXT_MAX {
        return Err(wrong(format!(
            "{} has more than {TEMPLATE_TEXT_MAX} bytes: a template has no more with all its files.",
            path.display()
        )));
    }
    Ok(bytes)
}

/// A template for packs.
///
/// # Errors
/// It cannot be read, or has mistakes.
pub fn template(name: &str) -> Result<Template, Failure> {
    Template::parse(&text_of(name)?).map_err(|error| in_template(name, &error))
}

/// The template that is in force on a station: activated there, or its station file's.
///
/// # Errors
/// The store is there and cannot be read, or this program does not understand the template.
pub fn in_force(config: &Config) -> Result<Template, Failure> {
    let configuration = |text: String| Failure::new(Exit::Configuration, text);
    let file = file_label(config).map_err(configuration)?;
    let standing = station_file::standing(config);
    let (standing, open) = standing.map_err(|error| Failure::new(Exit::Store, error))?;
    let label = standing.in_force(LabelSlot::Packs, &file, open);
    Template::parse(&label.text).map_err(|error| {
        configuration(format!(
            "The label {label} is in force, and this program does not understand it: {error}"
        ))
    })
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::Severity;
    use std::fs;

    /// The built-in template with one piece changed.
    fn with(old: &str, new: &str) -> Vec<u8> {
        let good = built_in_text("pharma-pack").expect("built in");
        assert!(good.contains(old), "{old}");
        good.replacen(old, new, 1).into_bytes()
    }

    fn height(mm: &str) -> Vec<u8> {
        with("height_mm = 1.5", &format!("height_mm = {mm}"))
    }

    fn width(mm: &str) -> Vec<u8> {
        with("width_mm = 32.0", &format!("width_mm = {mm}"))
    }

    fn picture(file: &str) -> Vec<u8> {
        let good = built_in_text("pharma-pack").expect("built in");
        let more = "[[picture]]\nat_mm = [1, 1]\nsize_mm = [1, 1]\n";
        format!("{good}{more}file = \"{file}\"\n").into_bytes()
    }

    /// What people hand in by mistake, or to see what happens, and what they are told behind the file's name.
    fn wrong() -> [(&'static str, Vec<u8>, &'static str); 17] {
        let unended = format!("x = {}", "[".repeat(50_000)).into_bytes();
        let bell = b"for = \"pack\"\nname = \"\x07\"\n".to_vec();
        let minus = with("at_mm = [1.0, 1.0]", "at_mm = [-1.0, nan]");
        [
            ("empty", Vec::new(), ":1:1: \"for\" is missing here."),
            ("long", vec![b'#'; 10_000_000], " has more than 65536 bytes"),
            (
                "latin1",
                b"name = \"\xE4\"\n".to_vec(),
                " is not UTF-8 text",
            ),
            ("bell", bell, ":2:9: This is not right TOML"),
            ("unended", unended, ": This is not right TOML"),
            (
                "doubled",
                b"a = 1\n".repeat(10_000),
                "There are 9959 mistakes more",
            ),
            (
                "table",
                with("[label]", "[lable]"),
                ":6:2: \"lable\" is not known here",
            ),
            (
                "element",
                with("\"17\"", "\"3103\""),
                ":20:25: \"3103\" is no AI",
            ),
            (
                "field",
                with("{lot}", "{lott}"),
                ":46:9: \"lott\" is not a field",
            ),
            (
                "nan",
                height("nan"),
                ":24:13: \"height_mm\" is above 0 and at most 500 mm.",
            ),
            (
                "infinite",
                height("inf"),
                ":24:13: \"height_mm\" is above 0",
            ),
            ("negative", width("-32.0"), ":7:12: \"width_mm\" is above 0"),
            (
                "vast",
                width("1e308"),
                ":7:12: \"width_mm\" is above 0 and at most 500 mm.",
            ),
            ("minus", minus, ":16:9: \"at_mm\" is two numbers"),
            ("missing", picture("logo.png"), ":50:8: The template "),
            (
                "outside",
                picture("../empty.toml"),
                ":50:8: \"../empty.toml\" is no plain name",
            ),
            (
                "control",
                picture("a\\u0007b"),
                ":50:8: \"a\\u{7}b\" is no plain name",
            ),
        ]
    }

    fn answer(name: &str) -> String {
        match Label::open(name, &What::default()) {
            Ok(_) => panic!("{name} is taken"),
            Err(why) => why.text,
        }
    }

    #[test]
    fn wrong_templates_are_answered_with_file_line_and_column() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes, said) in wrong() {
            let path = folder.path().join(format!("{name}.toml"));
            fs::write(&path, bytes).expect("it can be written");
            let path = path.to_str().expect("UTF-8");
            let why = answer(path);
            assert!(why.contains(path) && why.contains(said), "{name}: {why}");
            assert!(
                why.lines().count() <= 41 && why.ends_with('.'),
                "{name}: {why}"
            );
        }
    }

    #[test]
    fn a_name_that_leads_to_no_template_is_answered_with_what_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for folder in ["bare", "folder.toml"] {
            fs::create_dir_all(at(folder)).expect("a folder");
        }
        for (name, said) in [
            (at("none.toml"), "cannot be read"),
            (at("bare"), "has no label.toml"),
            (at("folder.toml"), "has no label.toml"),
            (PathBuf::from("a/b"), "There is no built-in template"),
            (PathBuf::from(".."), "has no label.toml"),
            (
                PathBuf::from("pharma\u{7}"),
                "There is no built-in template",
            ),
            (PathBuf::new(), "There is no built-in template"),
        ] {
            let name = name.to_str().expect("UTF-8");
            let why = answer(name);
            assert!(why.contains(said) && why.contains(name), "{name:?}: {why}");
        }
    }

    /// Letters higher than the label, and a text of which next to nothing is on it, are no work.
    #[test]
    fn what_does_not_fit_on_the_label_is_an_error_and_drawn_no_further_than_its_edge() {
        let endless = "8".repeat(40_000);
        for vast in [height("500"), with("LOT {lot}", &endless)] {
            let text = String::from_utf8(vast).expect("UTF-8");
            let label = Label::of_text(&text, &What::default()).expect("a template");
            let found = label.lint(24, false).expect("it is laid out");
            assert!(found.iter().any(|one| one.severity == Severity::Error));
            assert!(label.drawn(24).is_ok());
        }
    }
}
