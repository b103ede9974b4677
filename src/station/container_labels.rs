//! Labels of containers: from what is on record to a job of their printer.

use super::sessions;
use crate::config::{Config, LevelLabel};
use crate::gs1;
use crate::label::{ContainerData, ContainerTemplate, container_template, is_sound};
use crate::line::ContainerLabel;
use crate::record::Level;
use vidimus_drivers::printer::format::Format;
use vidimus_drivers::printer::{PrintJob, Speech};

/// The label templates of the levels that print.
pub struct ContainerLabels {
    dpmm: u16,
    /// The language of their printer; `None` where there is none.
    speech: Option<Speech>,
    /// The name and template of each level; `None` where nothing is printed.
    levels: Vec<Option<(String, ContainerTemplate)>>,
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
                    let template = container_template(name)
                        .ok_or_else(|| format!("There is no label template \"{name}\"."))?;
                    is_sound(&named(name), template.lint(dpmm))?;
                    Some((level.name.clone(), template))
                }
            });
        }
        Ok(ContainerLabels {
            dpmm,
            speech,
            levels,
        })
    }

    /// Format and fields of a label.
    ///
    /// # Errors
    /// It cannot be printed soundly, and why.
    pub fn job(&self, label: &ContainerLabel) -> Result<(Format, PrintJob), String> {
        let (name, template) = self.of(label.level)?;
        if template.hash() != label.template {
            return Err("its template is another one now".to_owned());
        }
        let elements = gs1::parse_bracketed(&label.says).map_err(|error| error.to_string())?;
        let data = ContainerData {
            level: name.to_uppercase(),
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

    fn of(&self, level: Level) -> Result<&(String, ContainerTemplate), String> {
        let place = usize::from(level.0).checked_sub(1);
        let found = place.and_then(|place| self.levels.get(place)?.as_ref());
        found.ok_or_else(|| "the station file prints no label at its level".to_owned())
    }
}

fn named(template: &str) -> String {
    format!("The label \"{template}\"")
}
