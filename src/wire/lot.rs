//! What a person may order of lots and batches beyond opening and closing, and how that stands on a screen. PURE.

use super::Right;
use crate::record::lot::Words;
use crate::record::{BatchTerms, Component, ComponentKind, Explanation, ProductionDate};
use serde::{Deserialize, Serialize};

/// What the opening of a batch says of its lot; all of it may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpeningTerms {
    /// The lot was used before, and this batch continues it; needs a reason and the same dates.
    pub continues: bool,
    /// When the product was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub produced: Option<ProductionDate>,
    /// Name of the packaging hierarchy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<Words>,
    /// Its packs carry no serial number.
    pub lot_only: bool,
}

impl OpeningTerms {
    /// Nothing is said.
    pub fn are_none(&self) -> bool {
        *self == OpeningTerms::default()
    }
}

/// What a person may order of lots and of the course of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LotCommand {
    /// Confirm that the line is clear of what was run before.
    ClearLine,
    /// Accept the first articles: the batch goes on.
    AcceptFirstArticles,
    /// Refuse them: as many new ones are taken; needs a reason.
    RefuseFirstArticles,
    /// Divert the next good packs as samples.
    TakeSamples {
        /// How many.
        count: u32,
    },
    /// Close the open batch although something is left over, with an explanation for each kind of it.
    CloseExplained(Vec<Explanation>),
    /// A lot of a component is in use from here on.
    LinkComponent(Component),
    /// A lot of a component is used no more.
    EndComponent {
        /// What it is.
        kind: ComponentKind,
        /// Its lot.
        lot: Words,
    },
}

impl LotCommand {
    /// What it needs.
    pub fn right(&self) -> Right {
        match self {
            LotCommand::ClearLine
            | LotCommand::TakeSamples { .. }
            | LotCommand::LinkComponent(_)
            | LotCommand::EndComponent { .. } => Right::Lot,
            LotCommand::AcceptFirstArticles | LotCommand::RefuseFirstArticles => {
                Right::FirstArticles
            }
            LotCommand::CloseExplained(_) => Right::CloseBatch,
        }
    }
}

/// How far the first articles are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstArticlesView {
    /// How many are wanted.
    pub wanted: u32,
    /// How many were diverted.
    pub taken: u32,
    /// All have left the belt: a person must accept or refuse them.
    pub waiting: bool,
}

/// How lots stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LotView {
    /// A batch opens only after line clearance, and there is none.
    pub clearance_wanted: bool,
    /// What the opening of the batch said of its lot; defaults while none is open.
    pub terms: BatchTerms,
    /// First articles, until they are accepted.
    pub first_articles: Option<FirstArticlesView>,
    /// Samples ordered and not taken yet.
    pub samples_due: u32,
    /// Component lots in use.
    pub components: Vec<(ComponentKind, Words)>,
}
