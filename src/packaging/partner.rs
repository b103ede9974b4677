//! Orders about what partners say and are told. PURE.

use super::decide::{Judge, Judged};
use super::refusal::unanswered;
use super::{Refusal, Wrong};
use crate::record::{Fact, PartnerFact};
use crate::wire::PartnerOrder;

/// Judges [`PartnerOrder`].
pub(super) fn decide(judge: &Judge<'_>, order: &PartnerOrder) -> Result<Judged, Refusal> {
    let fact = match order {
        PartnerOrder::Hear {
            document,
            content,
            counts,
        } => {
            let sealed = judge.holdings.sealed_document(*document);
            let sealed = sealed.map_err(unanswered)?;
            let fact = sealed.filter(|sealed| match sealed {
                PartnerFact::Heard {
                    content: kept,
                    counts: said,
                    ..
                } => (kept, said) == (content, counts),
                PartnerFact::CaptureDecided { .. } => false,
            });
            fact.ok_or_else(|| {
                Wrong::Unknown.because(format!(
                    "Document {} is not staged as the order says: import it again.",
                    document.0
                ))
            })?
        }
        PartnerOrder::Capture { document, skip } => {
            let refused = judge.holdings.refused_document().map_err(unanswered)?;
            if refused != Some(*document) {
                return Err(not_waiting(judge, *document, refused)?);
            }
            if *skip {
                judge.reason("Leaving a document out")?;
            }
            PartnerFact::CaptureDecided {
                document: *document,
                skipped: *skip,
            }
        }
    };
    let mut judged = Judged::default();
    judged.facts.push(Fact::Partner(fact));
    Ok(judged)
}

/// Why nothing can be decided about a document of the outbox: only one that the repository refused waits for it.
fn not_waiting(judge: &Judge<'_>, document: u64, refused: Option<u64>) -> Result<Refusal, Refusal> {
    let last = judge.holdings.last_outbox_document().map_err(unanswered)?;
    let first = match (1..=last).contains(&document) {
        true => format!("Document {document} was not refused, or was decided about already"),
        false => format!("There is no document {document} in the outbox"),
    };
    let then = match refused {
        Some(other) => format!("document {other} is the one that waits for a decision"),
        None => "none waits for a decision".to_owned(),
    };
    Ok(Wrong::Unknown.because(format!("{first}; {then}. See vidimus epcis outbox status.")))
}
