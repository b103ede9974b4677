//! What a person may order of label templates. PURE.

use crate::record::TemplateHash;
use serde::{Deserialize, Serialize};

/// What a person may order of label templates; each needs a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LabelCommand {
    /// Bring this template into force.
    Activate {
        /// The name of the level whose containers it is for; left out: it is for packs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<String>,
        /// What it is called: a built-in template or a file.
        name: String,
        /// Its whole text.
        text: String,
    },
    /// Bring one for packs into force that was in force before, or that the program carries.
    Choose {
        /// Which.
        template: TemplateHash,
    },
    /// Give up the one on trial; where none is on trial, bring back the one that was in force before. What a rollback
    /// left is never brought back by the next one.
    RollBack {
        /// The name of the level whose containers it is for; left out: it is for packs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<String>,
        /// An older one, by its name or the first digits of its hash; left out: the last one before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
}

impl LabelCommand {
    /// The name of the level it is about; `None`: packs.
    pub fn level(&self) -> Option<&str> {
        match self {
            LabelCommand::Activate { level, .. } | LabelCommand::RollBack { level, .. } => {
                level.as_deref()
            }
            LabelCommand::Choose { .. } => None,
        }
    }
}
