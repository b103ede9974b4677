//! Orders about what partners say and are told. PURE.

use crate::record::{DocumentHash, DocumentNo, HeardCounts};
use serde::{Deserialize, Serialize};

/// What is done with partners' documents, and with ours for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PartnerOrder {
    /// A document that is staged counts from here on.
    Hear {
        /// The station's number for it.
        document: DocumentNo,
        /// SHA-256 of the file.
        content: DocumentHash,
        /// How much it says.
        counts: HeardCounts,
    },
    /// A document that a partner's repository refused is made anew and sent again, or left out for good.
    Capture {
        /// Its number in the outbox.
        document: u64,
        /// Leave it out: its events are never sent.
        skip: bool,
    },
}
