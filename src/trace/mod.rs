//! Track, trace, authenticate, recall, reconcile, completeness, batch reports, audit: questions put to the store.
//! Nothing here writes, and a station may be running meanwhile: every answer is of one state of the store.

mod acts;
mod audit;
mod authenticate;
mod completeness;
mod find;
mod history;
mod label_history;
mod lines;
mod past_alarms;
mod recall;
mod reconcile;
mod report;
mod scope;
mod told;
mod track;
mod units;
mod versions;
mod words;

pub use acts::in_full as act_in_words;
pub use audit::{AuditEntry, AuditQuery, audit_back, audit_search};
pub use authenticate::{Authenticity, Check, authenticate};
pub use completeness::{
    BUILT_IN, Completeness, Field, Finding, Kind, Lack, Missing, RULES_MAX, RuleSet,
    Subject as RulesSubject, TEXT_MAX as RULES_TEXT_MAX, Verdict as RuleVerdict, completeness,
};
pub use find::{Archive, TraceError};
pub use history::{Entry, History, history};
pub use label_history::{LABEL_OF_FILE, LabelEntry, LabelSince, LabelState, label_history};
pub use lines::instant;
pub use past_alarms::{PastAlarm, Shelving, last_alarms};
pub use recall::{Group, LOOSE_MAX, Loose, LotPart, Recall, recall};
pub use reconcile::{Difference, Reconciliation, reconcile};
pub use report::{Report, page, report};
pub use scope::{Meant, Parts, Scope};
pub use told::{ToldEntry, ToldGroup};
pub use track::{Named, Place, Track, track};
pub use units::{Holder, Placed, Units};
pub use versions::{LabelPacks, LabelVersion, PackLabels, label_packs, template_meant};
pub use words::{
    actor as actor_in_words, clock as clock_in_words, counted, fact as in_words,
    fate as fate_in_words, fate_state, plural,
};
