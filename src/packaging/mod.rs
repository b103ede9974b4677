//! What may be put into what, taken out, closed, shipped: people's orders judged by where everything stands. PURE.
//!
//! [`decide`] takes an order and what is known ([`Holdings`]) and gives the facts that follow, or one named
//! [`Refusal`] and nothing. It changes nothing: whoever calls it records the facts, and until they are on record no
//! other order may be judged.

mod closing;
mod decide;
mod holdings;
mod journey;
mod labelling;
mod moves;
mod partner;
mod refusal;
mod scan;

pub use decide::{Judged, decide};
pub use holdings::{
    Hierarchy, Holdings, LabelOnRecord, LabelPlan, LevelCode, LevelPlan, SsccRange,
};
pub use refusal::{Refusal, Wrong};
pub use scan::{SCAN_MAX_LEN, UnitCode, scan_elements, shown};
