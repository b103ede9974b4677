//! Labels of containers: from what is on record to a job of their printer.

use super::sessions;
use crate::config::{Config, LevelLabel};
use crate::gs1::{self, Element};
use crate::label::{ContainerData, ContainerTemplate, container_text, is_sound};
use crate::line::ContainerLabel;
use crate::record::{LabelText, Level, TemplateHash};
use vidimus_drivers::printer::format::Format;
use vidimus_drivers::printer::{PrintJob, Speech};

/// The label templates of the levels that print.
pub struct ContainerLabels {
    dpmm: u16,
    /// The language of their printer; `None` where there is none.
    speech: Option<Speech>,
    /// One for each level; `None` where nothing is printed.
    levels: Vec<Option<LevelTemplates>>,
}

/// The template of a level.
struct LevelTemplates {
    /// The level's name.
    name: String,
    /// What is printed.
    template: ContainerTemplate,
    /// What was printed before, for labels that were on record when it changed.
    before: Option<ContainerTemplate>,
    /// Why the one in force cannot be used.
    unusable: Option<String>,
}

impl ContainerLabels {
    /// Those of the station file.
    ///
    /// # Errors
    /// A template cannot be printed soundly by this printer, as a sentence.
    pub fn new(config: &Config) -> Result<ContainerLabels, String> {
        let dpmm = config
            .packaging
            .label_printer
            .as_ref()
            .map_or(0, |printer| printer.dpmm);
        let printer = config.packaging.label_printer.as_ref();
        let speech = printer
            .map(|printer| sessions::speech(&printer.address, None))
            .transpose()?;
        let mut levels = Vec::new();
        for level in &config.levels {
            levels.push(match &level.label {
                LevelLabel::None | LevelLabel::Scan => None,
                LevelLabel::Print(name) => {
                    let text = container_text(name)
                        .ok_or_else(|| format!("There is no label template \"{name}\"."))?;
                    let template = ContainerTemplate::parse(text).map_err(|e| e.to_string())?;
                    is_sound(&named(name), template.lint(dpmm))?;
                    Some(LevelTemplates {
                        name: level.name.clone(),
                        template,
                        before: None,
                        unusable: None,
                    })
                }
            });
        }
        Ok(ContainerLabels {
            dpmm,
            speech,
            levels,
        })
    }

    /// The printer's resolution.
    pub fn dpmm(&self) -> u16 {
        self.dpmm
    }

    /// The template of a level, if it prints.
    pub fn template(&self, level: Level) -> Option<&ContainerTemplate> {
        self.of(level).ok().map(|of| &of.template)
    }

    /// From here on labels of this level are printed from this template; what they may say comes back. One that this
    /// program does not understand is printed by nobody.
    pub fn use_template(&mut self, level: Level, label: &LabelText) -> Vec<String> {
        let place = usize::from(level.0).checked_sub(1);
        let Some(of) = place.and_then(|place| self.levels.get_mut(place)?.as_mut()) else {
            return Vec::new(); // the station file does not print at this level any more
        };
        match ContainerTemplate::parse(&label.text) {
            Ok(template) => {
                of.before = Some(std::mem::replace(&mut of.template, template));
                of.unusable = None;
            }
            Err(error) => {
                of.unusable = Some(format!(
                    "the label {label} is in force, and this program does not understand it: {error}"
                ));
            }
        }
        of.template.ais().into_iter().map(str::to_owned).collect()
    }

    /// Format and fields of a label.
    ///
    /// # Errors
    /// It cannot be printed soundly, and why.
    pub fn job(&self, label: &ContainerLabel) -> Result<(Format, PrintJob), String> {
        let of = self.of(label.level)?;
        let template = of.known(label.template)?;
        let elements = gs1::parse_bracketed(&label.says).map_err(|error| error.to_string())?;
        let data = ContainerData {
            level: of.name.to_uppercase(),
            elements,
        };
        is_sound(&named(&template.name), template.lint_with(&data, self.dpmm))?;
        let speech = self
            .speech
            .as_ref()
            .ok_or("the station file names no label_printer")?;
        let printed = template.for_printer(speech, &data, self.dpmm);
        let (format, text) = printed.map_err(|error| error.to_string())?;
        let job = PrintJob {
            ticket: label.record,
            label: text,
        };
        Ok((format, job))
    }

    /// The bar codes of a label that was printed from this template and says this, with the elements of each; `None`
    /// where nobody knows the template any more.
    pub fn bar_codes(
        &self,
        level: Level,
        template: TemplateHash,
        says: &str,
    ) -> Option<Vec<Vec<Element>>> {
        let of = self.of(level).ok()?;
        let template = of.known(template).ok()?;
        let data = ContainerData {
            level: of.name.to_uppercase(),
            elements: gs1::parse_bracketed(says).ok()?,
        };
        Some(template.bar_codes(&data))
    }

    fn of(&self, level: Level) -> Result<&LevelTemplates, String> {
        let place = usize::from(level.0).checked_sub(1);
        let found = place.and_then(|place| self.levels.get(place)?.as_ref());
        found.ok_or_else(|| "the station file prints no label at its level".to_owned())
    }
}

impl LevelTemplates {
    /// The template of this hash: the one in force, or the one before.
    fn known(&self, template: TemplateHash) -> Result<&ContainerTemplate, String> {
        let both = [Some(&self.template), self.before.as_ref()];
        let found = both
            .into_iter()
            .flatten()
            .find(|one| one.hash() == template);
        match (found, &self.unusable) {
            (Some(found), _) => Ok(found),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Err("its template is another one now".to_owned()),
        }
    }
}

fn named(template: &str) -> String {
    format!("The label \"{template}\"")
}
