//! Is this number ours, active, with this lot and expiry: a verdict with its reasons.

use super::find::{Archive, TraceError};
use super::told::{self, ToldEntry};
use super::words;
use crate::gs1::{Day, Expiry};
use crate::packaging::UnitCode;
use crate::record::{CryptoTail, Fate, Given, Identity, PackIdentity, Standing};
use serde::Serialize;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name: `known`, `commissioned`, `active`, `lot`, `expiry`, `code`, `not-expired`, `not-held`, `not-recalled`,
    /// `not-told-ended`, `not-contradicted`.
    pub name: &'static str,
    /// Whether it holds; `None`: the scan does not say enough to tell.
    pub holds: Option<bool>,
    /// In words.
    pub text: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authenticity {
    /// What was scanned, bracketed.
    pub code: String,
    /// The number is this station's, in use, and what else the scan says is what was printed.
    pub genuine: bool,
    /// It may be given out: genuine, not expired, held or recalled.
    pub may_be_supplied: bool,
    /// Every reason.
    pub checks: Vec<Check>,
}

fn check(name: &'static str, holds: Option<bool>, text: impl Into<String>) -> Check {
    Check {
        name,
        holds,
        text: text.into(),
    }
}

/// Judges a scan on a day.
///
/// # Errors
/// The scan cannot be read, or the store.
pub fn authenticate(archive: &Archive, scan: &str, today: Day) -> Result<Authenticity, TraceError> {
    archive.at_one_state(|| judged(archive, scan, today))
}

fn judged(archive: &Archive, scan: &str, today: Day) -> Result<Authenticity, TraceError> {
    let code = UnitCode::of(scan).map_err(TraceError::Unreadable)?;
    let standing = match archive.unit(&code)? {
        Some(unit) => archive.reader.whereabouts(|ask| {
            let Some(standing) = ask.standing(unit, None)? else {
                return Ok(None);
            };
            let told = told::warnings(ask, &standing)?;
            Ok(Some((standing, told)))
        })?,
        None => None,
    };
    let checks = match &standing {
        Some((standing, told)) => {
            let mut checks = checks(&code, standing, today);
            checks.extend(codes(archive, &code)?);
            checks.extend(told.ended.as_ref().map(told_ended));
            checks.extend(told.contradicting.as_ref().map(contradicted));
            checks
        }
        None => of_no_pack(archive, &code)?,
    };
    let holds = |names: &[&str]| {
        let mut asked = checks.iter().filter(|check| names.contains(&check.name));
        asked.all(|check| check.holds != Some(false))
    };
    let genuine = holds(&["known", "commissioned", "active", "lot", "expiry", "code"]);
    Ok(Authenticity {
        code: code.to_string(),
        genuine,
        may_be_supplied: genuine
            && holds(&[
                "not-expired",
                "not-held",
                "not-recalled",
                "not-told-ended",
                "not-contradicted",
            ]),
        checks,
    })
}

/// Of a number that no pack took: it may be ours all the same.
fn of_no_pack(archive: &Archive, code: &UnitCode) -> Result<Vec<Check>, TraceError> {
    let unknown = |text: &str| vec![check("known", Some(false), text)];
    let UnitCode::Sgtin { gtin, serial, .. } = code else {
        return Ok(unknown("No record of this store knows the number."));
    };
    let in_pool = archive.reader.pool_number_of(*gtin, serial)?;
    let own = archive.key.as_ref().and_then(|key| {
        // Lower case is read as upper; here only the number itself counts.
        let index = key.index_of(gtin, serial)?;
        (key.text(gtin, index) == *serial).then_some(index)
    });
    let register = archive.reader.numbers()?;
    let given = in_pool
        .or(own)
        .and_then(|index| register.given(*gtin, index));
    let (origin, returned) = match given {
        Some(Given::Exported { token, returned }) => {
            (format!("handed out for token {token}"), returned)
        }
        Some(Given::InPool { pool, returned }) => (format!("imported in pool {pool}"), returned),
        None if archive.key.is_none() && register.exports().next().is_some() => {
            return Ok(unknown(
                "No record of this store knows the number; whether it was handed out cannot be told without the \
                 serial key (-c FILE).",
            ));
        }
        None => return Ok(unknown("No record of this store knows the number.")),
    };
    let mut checks = vec![
        check(
            "known",
            Some(true),
            format!("The number is ours: {origin}."),
        ),
        check(
            "commissioned",
            Some(false),
            "It is reserved: no pack with it was ever verified good here.",
        ),
    ];
    if returned {
        let text = "Out of use: it was given back unused, and is never used again.";
        checks.push(check("active", Some(false), text));
    }
    Ok(checks)
}

/// A partner says that its life has ended.
fn told_ended(told: &ToldEntry) -> Check {
    check("not-told-ended", Some(false), format!("{}.", says(told)))
}

/// A partner says what cannot be by our records: the number may have been copied.
fn contradicted(told: &ToldEntry) -> Check {
    let text = format!("{}: {}.", says(told), told.contradicts.join("; "));
    check("not-contradicted", Some(false), text)
}

fn says(told: &ToldEntry) -> String {
    let by = told
        .by
        .map_or("A partner".to_owned(), |gln| gln.to_string());
    let (what, document, event) = (told.what, told.document, told.event);
    let with = told
        .with
        .as_ref()
        .map_or(String::new(), |with| format!(" with {with}"));
    format!("{by} says it was {what}{with} (document {document}, event {event})")
}

fn checks(code: &UnitCode, standing: &Standing, today: Day) -> Vec<Check> {
    let mut checks = vec![check(
        "known",
        Some(true),
        "The number was given by this station.",
    )];
    if let Identity::Pack(pack) = &standing.identity {
        let good = pack.is_good();
        checks.push(match good {
            true => check("commissioned", Some(true), "The pack was verified good."),
            false => check(
                "commissioned",
                Some(false),
                format!(
                    "The pack was never verified good: {}.",
                    words::state(standing)
                ),
            ),
        });
    }
    checks.push(match (&standing.end, &standing.identity) {
        (Some(end), _) => {
            let text = format!("Out of use: {} (record {}).", end.what.name(), end.seq);
            check("active", Some(false), text)
        }
        (None, Identity::Pack(pack)) if !pack.is_good() => {
            check("active", Some(false), not_released(pack))
        }
        (None, _) => check("active", Some(true), "The number is in use."),
    });
    if let (Identity::Pack(pack), UnitCode::Sgtin { lot, expiry, .. }) = (&standing.identity, code)
        && let Some((_, on_record, until)) = &pack.lot
    {
        checks.push(same("lot", lot.as_deref(), on_record.as_str()));
        checks.push(same("expiry", expiry.as_deref(), until.as_str()));
        checks.push(not_expired(*until, today));
    }
    checks.push(match standing.hold() {
        None => check("not-held", Some(true), "It is not held."),
        Some(hold) => check(
            "not-held",
            Some(false),
            format!("It is held (record {}).", hold.seq),
        ),
    });
    checks.push(match standing.recall() {
        None => check("not-recalled", Some(true), "It is not recalled."),
        Some(recall) => {
            let text = format!("It is recalled (record {}).", recall.seq);
            check("not-recalled", Some(false), text)
        }
    });
    checks
}

/// Why a pack that was not proven good is not in use.
fn not_released(pack: &PackIdentity) -> String {
    let what = match pack.fate {
        None => "The pack is still on the line",
        Some(Fate::Good) => "The gate let the pack pass",
        Some(Fate::RejectNotConfirmed | Fate::PassedInBypass | Fate::Unknown) => {
            "Nobody can say where the pack went"
        }
        Some(Fate::Removed) => "The pack was taken off the line",
        Some(_) => "The pack was rejected",
    };
    match pack.voided {
        true => format!("{what}, and its number is void: it was not released."),
        false => format!("{what}: it was not released."),
    }
}

/// What an authority computed over the number, part by part, as it came with the list of numbers.
fn codes(archive: &Archive, code: &UnitCode) -> Result<Vec<Check>, TraceError> {
    let UnitCode::Sgtin {
        gtin, serial, tail, ..
    } = code
    else {
        return Ok(Vec::new());
    };
    let known = match archive.reader.pool_number_of(*gtin, serial)? {
        Some(index) => archive.reader.pool_numbers_from(*gtin, index, 1)?.pop(),
        None => None,
    };
    let known = known.map(|number| number.tail).unwrap_or_default();
    let judge = |ai: &str| match (tail.part(ai), known.part(ai)) {
        (None, None) => None,
        (Some(read), Some(on_record)) if read == on_record => {
            let text = format!("({ai}) is what its list of numbers says.");
            Some(check("code", Some(true), text))
        }
        (Some(_), Some(_)) => {
            let text = format!("The scan's ({ai}) is not what its list of numbers says.");
            Some(check("code", Some(false), text))
        }
        (Some(_), None) => {
            let text =
                format!("The scan has a ({ai}), and none was ever printed with this number.");
            Some(check("code", Some(false), text))
        }
        (None, Some(_)) => {
            let text = format!("The scan does not say ({ai}), and it was printed.");
            Some(check("code", None, text))
        }
    };
    Ok(CryptoTail::AIS.iter().filter_map(|ai| judge(ai)).collect())
}

fn same(name: &'static str, read: Option<&str>, on_record: &str) -> Check {
    match read {
        None => check(
            name,
            None,
            format!("The scan does not say it; on record {on_record}."),
        ),
        Some(read) if read == on_record => check(name, Some(true), format!("{read}, as printed.")),
        Some(read) => check(
            name,
            Some(false),
            format!("The scan says {read}, printed was {on_record}."),
        ),
    }
}

fn not_expired(expiry: Expiry, today: Day) -> Check {
    match expiry.is_over(today) {
        true => check(
            "not-expired",
            Some(false),
            format!("It expired ({expiry})."),
        ),
        false => check(
            "not-expired",
            Some(true),
            format!("It has not expired ({expiry})."),
        ),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::PackNo;

    #[test]
    fn a_number_is_in_use_only_on_a_pack_that_was_released() {
        let code = UnitCode::of("(01)09506000134352(21)A1").expect("it names a pack");
        let today = (2026, 11, 23);
        for (fate, voided, active, said) in [
            (Some(Fate::Good), false, true, "in use"),
            (
                Some(Fate::Good),
                true,
                false,
                "its number is void: it was not released",
            ),
            (
                Some(Fate::RejectedByVerdict),
                false,
                false,
                "was rejected: it was not released",
            ),
            (
                Some(Fate::RejectedPurge),
                true,
                false,
                "was rejected, and its number is void",
            ),
            (
                Some(Fate::Removed),
                false,
                false,
                "taken off the line: it was not",
            ),
            (Some(Fate::Unknown), false, false, "Nobody can say"),
            (None, false, false, "still on the line: it was not"),
        ] {
            let pack = PackIdentity {
                pack: PackNo(1),
                batch: None,
                lot: None,
                serial: Some("A1".to_owned()),
                voided,
                verdict: None,
                fate,
            };
            let standing = Standing::of(Identity::Pack(pack), Vec::new());
            let checks = checks(&code, &standing, today);
            let of = checks.iter().find(|check| check.name == "active");
            let of = of.expect("it is always asked");
            assert_eq!(of.holds, Some(active), "{fate:?}: {of:?}");
            assert!(of.text.contains(said), "{fate:?}: {of:?}");
        }
    }
}
