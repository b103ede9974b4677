//! Labels of containers: from what is on record to a job of their printer.

use crate::config::{Config, LevelLabel};
use crate::gs1;
use crate::label::container::{ContainerData, ContainerTemplate, container_template};
use crate::label::{LabelError, is_sound};
use crate::line::ContainerLabel;
use crate::record::Level;
use vidimus_drivers::printer::{PrintJob, StoredFormat};

/// The label templates of the levels that print.
pub struct ContainerLabels {
    dpmm: u16,
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
        Ok(ContainerLabels { dpmm, levels })
    }

    /// Format and fields of a label.
    ///
    /// # Errors
    /// It cannot be printed soundly, and why.
    pub fn job(&self, label: &ContainerLabel) -> Result<(StoredFormat, PrintJob), String> {
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
        let sentence = |error: LabelError| error.to_string();
        let format = template.zpl_format(self.dpmm).map_err(sentence)?;
        let fields = template.zpl_fields(&data, self.dpmm).map_err(sentence)?;
        let format = StoredFormat {
            name: format.name,
            text: format.text,
        };
        let ticket = label.record;
        Ok((format, PrintJob { ticket, fields }))
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
