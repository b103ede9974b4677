//! What stands in records, in words for people. PURE.

use super::acts;
use crate::record::label::short;
use crate::record::{
    Actor, ContainerState, End, Fact, Fate, Identity, LabelFact, LabelSlot, LotFact, Meaning,
    Outcome, PackIdentity, PackagingFact, PartnerFact, ReadBy, Signed, Standing, Step, Subject,
    Unit, VoidCause,
};

/// `2026-11-22 08:30:00Z`.
pub fn clock(utc_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(utc_ms) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => "at no time that a calendar holds".to_owned(),
    }
}

/// Where the gate sent a pack.
pub fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Good => "to the good bin",
        Fate::RejectedByVerdict => "rejected by its verdict",
        Fate::RejectedNoVerdict => "rejected: no verdict stood",
        Fate::RejectedHeartbeat => "rejected: the station was silent",
        Fate::RejectedBootEcho => "rejected: the machine had restarted",
        Fate::RejectedPurge => "rejected: the belt was purged",
        Fate::RejectNotConfirmed => "the reject was not confirmed",
        Fate::Removed => "taken off the belt",
        Fate::PassedInBypass => "passed while the bypass was on",
        Fate::Unknown => "nobody can say where it went",
    }
}

/// What a pack or container is now, one word: `in-line`, `rejected`, `unknown`, `void`, `active`, `open`, `closed`,
/// `changed`, `disaggregated`, or how its life ended.
pub fn state(standing: &Standing) -> &'static str {
    if let Some(stage) = &standing.end {
        return stage.what.name();
    }
    match &standing.identity {
        Identity::Container(container) => container.state.name(),
        Identity::Pack(pack) => pack_state(pack),
    }
}

fn pack_state(pack: &PackIdentity) -> &'static str {
    fate_state(pack.fate, pack.voided)
}

/// What a pack is by where the gate sent it.
pub fn fate_state(fate: Option<Fate>, voided: bool) -> &'static str {
    match fate {
        None => "in-line",
        Some(Fate::Good) if voided => "void",
        Some(Fate::Good) => "active",
        Some(Fate::RejectNotConfirmed | Fate::PassedInBypass | Fate::Unknown) => "unknown",
        Some(Fate::Removed) => "removed",
        Some(_) => "rejected",
    }
}

/// The disposition of EPCIS's Core Business Vocabulary that fits best.
pub fn disposition(standing: &Standing) -> &'static str {
    if standing.recall().is_some() {
        return "recalled";
    }
    match (&standing.end, &standing.identity) {
        (Some(stage), _) => match stage.what {
            End::Destroyed => "destroyed",
            End::Damaged => "damaged",
            End::Dispensed => "dispensed",
            End::Lost => "unknown",
            End::Sampled | End::Decommissioned | End::Reworked => "inactive",
        },
        (None, Identity::Pack(pack)) if !pack.is_good() => "inactive",
        (None, Identity::Container(container))
            if container.state == ContainerState::Disaggregated =>
        {
            "inactive"
        }
        (None, _) => match standing.place.as_ref().map(|place| place.what) {
            Some(Step::Shipped) => "in_transit",
            Some(Step::Returned) => "returned",
            _ if standing.inside.is_empty() => "active",
            _ => "in_progress",
        },
    }
}

/// The noun for so many of it.
pub fn plural(count: u64, noun: &str) -> String {
    match (count, noun.ends_with(['h', 's', 'x'])) {
        (1, _) => noun.to_owned(),
        (_, true) => format!("{noun}es"),
        (_, false) => format!("{noun}s"),
    }
}

/// So many of it.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {}", plural(count, noun))
}

/// Units of a record: how many of what.
fn units(units: &[Unit]) -> String {
    let packs = units
        .iter()
        .filter(|unit| matches!(unit, Unit::Pack(_)))
        .count() as u64;
    let containers = units.len() as u64 - packs;
    let (of_packs, of_containers) = (counted(packs, "pack"), counted(containers, "container"));
    match (packs, containers) {
        (_, 0) => of_packs,
        (0, _) => of_containers,
        _ => format!("{of_packs} and {of_containers}"),
    }
}

/// What happened, in a line.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::PackEntered { .. } => "entered the line".to_owned(),
        Fact::SerialReserved { serial, .. } => format!("took the number {}", serial.text),
        Fact::SerialVoided { cause, .. } => match cause {
            VoidCause::PrintRefused => "number void: the printer refused it".to_owned(),
            VoidCause::QueueCleared => "number void: the printer was cleared".to_owned(),
            VoidCause::StationRestarted => "number void: the station restarted".to_owned(),
            VoidCause::PlcRestarted => "number void: the machine restarted".to_owned(),
        },
        Fact::Verified { verdict, .. } => {
            let by = verdict.seen.as_ref().map(|seen| seen.by);
            let grade = match &verdict.grades {
                Some(grades) => Some(format!(", grade {}", grades.overall())),
                None if by == Some(ReadBy::Device) => Some(", not graded".to_owned()),
                None => None,
            };
            let outcome = match &verdict.outcome {
                Outcome::Pass => "verified good".to_owned(),
                other => format!("verdict {}", other.name()),
            };
            format!("{outcome}{}", grade.unwrap_or_default())
        }
        Fact::Challenged { proven, .. } => match proven {
            true => "challenge pack, seen as unlabelled".to_owned(),
            false => "challenge pack, not seen as unlabelled".to_owned(),
        },
        Fact::Gated {
            fate: went, into, ..
        } => match into {
            Some(into) => format!("{}, into container {}", fate(*went), into.0),
            None => fate(*went).to_owned(),
        },
        Fact::Decommissioned { .. } => {
            "decommissioned: it passed and is not in the good bin".to_owned()
        }
        Fact::PictureKept { picture, .. } => format!("picture kept, SHA-256 {}", picture.sha256),
        Fact::PictureNotKept { why, .. } => format!("picture not kept: {why}"),
        Fact::Packaging(packaging) => self::packaging(packaging),
        Fact::Journey(journey) => {
            let lots = journey
                .subjects
                .iter()
                .filter(|subject| matches!(subject, Subject::Lot { .. }))
                .count();
            let what = if lots > 0 { " with its lot" } else { "" };
            let partner = journey.partner.map(|gln| format!(", partner {gln}"));
            let papers = match journey.documents.is_empty() {
                true => String::new(),
                false => format!(", {}", journey.documents.join(", ")),
            };
            let told = journey
                .told_utc_ms
                .map(|told| format!(", at {} as was said", clock(told)));
            format!(
                "{}{what}{}{papers}{}",
                journey.step.name(),
                partner.unwrap_or_default(),
                told.unwrap_or_default()
            )
        }
        Fact::BatchOpened(_) => "opened".to_owned(),
        Fact::BatchClosed { .. } => "closed".to_owned(),
        Fact::Signed { meaning, of } => signed(*meaning, *of),
        Fact::Lot(fact) => lot(fact),
        Fact::Label(fact) => label(fact),
        Fact::Partner(fact) => partner(fact),
        other => acts::station(other).unwrap_or_else(|| format!("{other:?}")),
    }
}

/// What happened with a label template.
pub(super) fn label(fact: &LabelFact) -> String {
    let of = match fact.slot() {
        LabelSlot::Packs => String::new(),
        LabelSlot::Level(level) => format!(" of level {}", level.0),
    };
    let named = short(&fact.template());
    match fact {
        LabelFact::Installed { label, .. } => format!("label{of} {label} of the station file"),
        LabelFact::Ordered {
            label, rollback, ..
        } => match rollback {
            true => format!("label{of} ordered back to {label}"),
            false => format!("label{of} {label} ordered"),
        },
        LabelFact::Refused { name, why, .. } => {
            format!("label{of} {name} ({named}) refused: {why}")
        }
        LabelFact::Failed { pack, tries, .. } => {
            format!("label {named} failed test print {tries}, pack {}", pack.0)
        }
        LabelFact::Proven { pack, .. } => {
            format!(
                "label {named} proven by pack {}, in force from the next one on",
                pack.0
            )
        }
        LabelFact::GivenUp { keeps, tries, .. } => format!(
            "label {named} given up after {}, {} stays in force",
            counted(u64::from(*tries), "failed test print"),
            short(keeps)
        ),
    }
}

fn partner(fact: &PartnerFact) -> String {
    match fact {
        PartnerFact::Heard {
            document,
            source,
            counts,
            ..
        } => format!(
            "document {} of a partner ({source}) taken over: {}",
            document.0,
            counted(counts.events, "event")
        ),
        PartnerFact::CaptureDecided { document, skipped } => match skipped {
            true => format!("document {document} of the outbox left out"),
            false => format!("document {document} of the outbox to be sent again"),
        },
    }
}

/// A name, and whether whoever gave it had signed in with a secret.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Station => "station".to_owned(),
        Actor::Machine => "machine".to_owned(),
        Actor::Person(name) => name.clone(),
        Actor::Named(name) => format!("{name} (name only)"),
    }
}

fn packaging(fact: &PackagingFact) -> String {
    match fact {
        PackagingFact::Begun { name, code, .. } => format!("{name} {code} begun"),
        PackagingFact::Put {
            container,
            units: put,
        } => {
            format!("{} put into container {}", units(put), container.0)
        }
        PackagingFact::Taken {
            container,
            units: taken,
        } => {
            format!("{} taken out of container {}", units(taken), container.0)
        }
        PackagingFact::Closed {
            units,
            partial,
            mixed,
            label,
            ..
        } => {
            let partial = if *partial { ", partial" } else { "" };
            let mixed = if *mixed { ", several lots" } else { "" };
            let label = if label.is_some() { ", label read" } else { "" };
            let units = counted(u64::from(*units), "unit");
            format!("closed with {units}{partial}{mixed}{label}")
        }
        // The record is there before the printer hears of it; only a label that was read is proven.
        PackagingFact::Labelled { says, copy, .. } => {
            format!("label no. {copy} ordered from the printer, not proven to be printed: {says}")
        }
        PackagingFact::Pictured { picture, read, .. } => {
            let read = counted(u64::from(*read), "bar code");
            format!("{read} read in the picture with SHA-256 {picture}")
        }
        PackagingFact::Reopened { .. } => "opened again".to_owned(),
        PackagingFact::Disaggregated { .. } => "disaggregated".to_owned(),
        PackagingFact::Ended { end: how, .. } => how.name().to_owned(),
    }
}

fn signed(meaning: Meaning, of: Signed) -> String {
    match of {
        Signed::Act { first, last, .. } if first == last => {
            format!("signed as {meaning}: [{first}]")
        }
        Signed::Act { first, last, .. } => format!("signed as {meaning}: [{first}] to [{last}]"),
        Signed::Record { seq } => format!("signed as {meaning}: [{seq}]"),
    }
}

fn lot(fact: &LotFact) -> String {
    match fact {
        LotFact::LineCleared { after, packs, .. } => {
            let after = after.map_or(String::new(), |no| format!(" after batch {}", no.0));
            match packs {
                0 => format!("line cleared{after}"),
                packs => {
                    let packs = counted(*packs, "pack");
                    format!("line cleared{after}, {packs} of no batch not found on it")
                }
            }
        }
        // A lot-only label is ordered by its own record; the verdict says whether it was seen.
        LotFact::Labelled { pack, .. } => format!("pack {}: its label ordered", pack.0),
        LotFact::FirstArticlesAccepted { count, .. } => {
            format!("{} accepted", counted(u64::from(*count), "first article"))
        }
        LotFact::FirstArticlesRefused { count, .. } => {
            format!("{} refused", counted(u64::from(*count), "first article"))
        }
        LotFact::SamplesOrdered { count, .. } => {
            format!("{} ordered", counted(u64::from(*count), "sample"))
        }
        LotFact::Sampled { pack, cause, .. } => format!("pack {} sampled ({cause})", pack.0),
        LotFact::DifferenceExplained {
            of, count, text, ..
        } => {
            format!("{of} {count} explained ({text})")
        }
        LotFact::ComponentLinked {
            component, from, ..
        } => format!(
            "{} {} linked from pack {}",
            component.kind, component.lot, from.0
        ),
        LotFact::PrinterInUse { printer, from, .. } => {
            format!("printer {printer} from pack {}", from.0)
        }
        LotFact::ComponentEnded {
            kind, lot, through, ..
        } => format!("{kind} {lot} ended with pack {}", through.0),
    }
}
