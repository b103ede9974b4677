//! What people and the station itself did, in words for people, and what it changed from what to what. PURE.

use super::words::{self, counted};
use crate::record::label::short;
use crate::record::{
    Fact, LabelFact, LabelSlot, PackagingFact, PeopleFact, PoolFact, Recovery, SettingChange,
    SignIn, Unit,
};

/// What happened, in a line that says of what: as it is told where nothing else does.
pub fn in_full(fact: &Fact) -> String {
    let what = words::fact(fact);
    match fact {
        Fact::BatchOpened(batch) => format!(
            "batch {} of lot {}, GTIN {} {what}",
            batch.no.0,
            batch.lot,
            batch.gtin.as_str()
        ),
        Fact::BatchClosed { batch, .. } => format!("batch {} {what}", batch.0),
        Fact::Packaging(PackagingFact::Ended { unit, .. }) => match unit {
            Unit::Pack(pack) => format!("pack {}: {what}", pack.0),
            Unit::Container(container) => format!("container {}: {what}", container.0),
        },
        Fact::Packaging(fact) => match fact.container() {
            Some(container) => format!("container {}: {what}", container.0),
            None => what,
        },
        Fact::Journey(journey) => {
            let count = counted(journey.subjects.len() as u64, "subject");
            format!("{count} {what}")
        }
        // Facts of lots and labels name their pack themselves.
        Fact::Lot(_) | Fact::Label(_) => what,
        fact => match fact.pack() {
            Some(pack) => format!("pack {}: {what}", pack.0),
            None => what,
        },
    }
}

/// What happened at the station as a whole, in a line.
pub(super) fn station(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::StationStarted { version, .. } => format!("station started, version {version}"),
        Fact::StationEnded => "station ended".to_owned(),
        Fact::PlcBooted { lane, new, .. } => format!("PLC of lane {} has boot {new}", lane.0),
        Fact::Resynchronised { cause, voided } => format!(
            "put in step again ({cause}), {} void",
            counted(u64::from(*voided), "number")
        ),
        Fact::Recovered(recovery) => recovered(recovery),
        Fact::AlarmRaised { alarm, detail } => format!("alarm {alarm}: {detail}"),
        Fact::AlarmCleared { alarm } => format!("alarm {alarm} over"),
        Fact::AlarmAcknowledged { alarm } => format!("alarm {alarm} acknowledged"),
        Fact::AlarmShelved { alarm, minutes } => {
            let time = counted(u64::from(*minutes), "minute");
            format!("alarm {alarm} shelved for {time}")
        }
        Fact::AlarmUnshelved { alarm } => format!("alarm {alarm} no longer shelved"),
        Fact::Stopped { cause, .. } => format!("line stopped: {cause}"),
        Fact::StopWithdrawn => "stop withdrawn".to_owned(),
        Fact::RejectNextOrdered => "reject of the next pack ordered".to_owned(),
        Fact::DeviceOrdered { device, order } => format!("{device}: {}", order.words()),
        Fact::PicturesRemoved {
            through, pictures, ..
        } => format!(
            "{} of packs up to {} removed to make room",
            counted(*pictures, "picture"),
            through.0
        ),
        Fact::TextCompared { taught, .. } => match taught {
            Some(glyphs) => format!("text compared with the taught letters {glyphs}"),
            None => "text compared with the station's own drawing".to_owned(),
        },
        Fact::People(fact) => people(fact),
        Fact::Configured { changes } => configured(changes),
        Fact::Pool(fact) => pool(fact),
        _ => return None,
    })
}

fn configured(changes: &[SettingChange]) -> String {
    let count = counted(changes.len() as u64, "setting");
    match changes.iter().all(|change| change.old.is_none()) {
        true => format!("{count} of the station file put on record"),
        false => format!("{count} of the station file changed"),
    }
}

fn recovered(recovery: &Recovery) -> String {
    let fates = recovery.fates;
    format!(
        "{} accounted for: {} good, {} rejected, {} removed, {} unknown",
        counted(recovery.packs, "pack"),
        fates.good,
        fates.rejected,
        fates.removed,
        fates.unknown
    )
}

fn people(fact: &PeopleFact) -> String {
    match fact {
        PeopleFact::SignInRuled { .. } => "rule for signing in changed".to_owned(),
        PeopleFact::PersonAdded { name, .. } => format!("{name} enrolled"),
        PeopleFact::RolesChanged { name, .. } => format!("roles of {name} changed"),
        PeopleFact::SecretChanged { name, one_time, .. } => match one_time {
            true => format!("one-time secret given to {name}"),
            false => format!("own secret of {name} chosen"),
        },
        PeopleFact::PersonDisabled { name } => format!("{name} disabled"),
        PeopleFact::PersonEnabled { name } => format!("{name} enabled"),
        PeopleFact::PersonLocked { name, wrong } => {
            let wrong = counted(u64::from(*wrong), "wrong secret");
            format!("{name} locked after {wrong}")
        }
        PeopleFact::PersonUnlocked { name } => format!("{name} no longer locked"),
        PeopleFact::SignedIn => "signed in".to_owned(),
        PeopleFact::SignedOut => "signed out".to_owned(),
        PeopleFact::SignInFailed { wrong: Some(wrong) } => {
            format!("wrong secret given, number {wrong} in a row")
        }
        PeopleFact::SignInFailed { wrong: None } => {
            "signing in by a name that nobody has".to_owned()
        }
        PeopleFact::StrangersIgnored { wrong } => {
            let wrong = counted(u64::from(*wrong), "wrong secret");
            format!("{wrong} with names that nobody has: more are refused untried for a while")
        }
    }
}

fn pool(fact: &PoolFact) -> String {
    let numbers = |count: u64| counted(count, "number");
    match fact {
        PoolFact::Imported {
            pool,
            gtin,
            count,
            source,
            ..
        } => format!(
            "{} of GTIN {} taken in as pool {} from {source}",
            numbers(*count),
            gtin.as_str(),
            pool.0
        ),
        PoolFact::Exported {
            token, gtin, count, ..
        } => format!(
            "{} of GTIN {} handed out for {token}",
            numbers(*count),
            gtin.as_str()
        ),
        PoolFact::ExportRepeated { token } => format!("numbers of {token} handed out again"),
        PoolFact::Returned { token, runs } => {
            let count = runs.iter().map(|(first, last)| last.abs_diff(*first) + 1);
            format!("{} of {token} given back", numbers(count.sum()))
        }
        PoolFact::PoolReturned { pool, count, .. } => {
            format!("{} of pool {} given back", numbers(*count), pool.0)
        }
    }
}

/// What a record changed: of what, from what, to what. Of a secret only that it changed.
pub fn changes(fact: &Fact) -> Vec<SettingChange> {
    let one = |key: String, old: Option<&str>, new: &str| {
        vec![SettingChange {
            key,
            old: old.map(str::to_owned),
            new: Some(new.to_owned()),
        }]
    };
    match fact {
        Fact::People(fact) => changes_of_people(fact, &one),
        Fact::Label(fact) => changes_of_label(fact, &one),
        Fact::Configured { changes } => changes.clone(),
        Fact::AlarmAcknowledged { alarm } => one(
            format!("alarm {alarm}"),
            Some("unacknowledged"),
            "acknowledged",
        ),
        Fact::AlarmShelved { alarm, minutes } => {
            let time = counted(u64::from(*minutes), "minute");
            one(
                format!("alarm {alarm}"),
                None,
                &format!("shelved for {time}"),
            )
        }
        Fact::AlarmUnshelved { alarm } => {
            one(format!("alarm {alarm}"), Some("shelved"), "in its place")
        }
        Fact::StopWithdrawn => one("line".to_owned(), Some("stopped"), "may run"),
        Fact::TextCompared { taught, .. } => {
            let letters = taught.map_or("own drawing".to_owned(), |glyphs| glyphs.to_string());
            one("letters".to_owned(), None, &letters)
        }
        _ => Vec::new(),
    }
}

type One<'o> = &'o dyn Fn(String, Option<&str>, &str) -> Vec<SettingChange>;

fn changes_of_people(fact: &PeopleFact, one: One<'_>) -> Vec<SettingChange> {
    let word = |rule: SignIn| match rule {
        SignIn::Required => "required",
        SignIn::NamesOnly => "names-only",
    };
    let standing = |name: &dyn std::fmt::Display| format!("standing of {name}");
    match fact {
        PeopleFact::SignInRuled { old, new } => {
            one("people.sign_in".to_owned(), Some(word(*old)), word(*new))
        }
        PeopleFact::PersonAdded { name, roles, .. } => {
            one(format!("roles of {name}"), None, &roles.to_string())
        }
        PeopleFact::RolesChanged { name, old, new } => one(
            format!("roles of {name}"),
            Some(&old.to_string()),
            &new.to_string(),
        ),
        PeopleFact::SecretChanged { name, .. } => one(format!("secret of {name}"), None, "changed"),
        PeopleFact::PersonDisabled { name } => one(standing(name), Some("enabled"), "disabled"),
        PeopleFact::PersonEnabled { name } => one(standing(name), None, "enabled"),
        PeopleFact::PersonLocked { name, .. } => one(standing(name), Some("enabled"), "locked"),
        PeopleFact::PersonUnlocked { name } => one(standing(name), Some("locked"), "enabled"),
        PeopleFact::SignedIn
        | PeopleFact::SignedOut
        | PeopleFact::SignInFailed { .. }
        | PeopleFact::StrangersIgnored { .. } => Vec::new(),
    }
}

fn changes_of_label(fact: &LabelFact, one: One<'_>) -> Vec<SettingChange> {
    let key = match fact.slot() {
        LabelSlot::Packs => "label of packs".to_owned(),
        LabelSlot::Level(level) => format!("label of level {}", level.0),
    };
    match fact {
        LabelFact::Installed { label, .. } => one(key, None, &label.to_string()),
        LabelFact::Ordered {
            label, replaces, ..
        } => one(key, Some(&short(replaces)), &label.to_string()),
        LabelFact::GivenUp {
            template, keeps, ..
        } => one(key, Some(&short(template)), &short(keeps)),
        LabelFact::Proven { template, .. } => one(key, Some("on trial"), &short(template)),
        LabelFact::Refused { .. } | LabelFact::Failed { .. } => Vec::new(),
    }
}
