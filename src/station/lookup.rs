//! What a scan at a screen is: read from the store by a connection of its own, in the thread of whoever asks. The line
//! hears nothing of it.

use super::StationError;
use super::exchanges::Exchanges;
use super::run::today;
use super::sights::Sights;
use super::try_out::Shots;
use crate::config::Config;
use crate::record::{Fact, Identity, Outcome, PackNo, Unit, Verdict};
use crate::serial::SerialKey;
use crate::store::Store;
use crate::trace::{
    Archive, Authenticity, Check, Named, Place, TraceError, Track, authenticate, fate_in_words,
    track,
};
use crate::wire::scan::{Found, FoundContainer, FoundPack, Happened, Stands, UnitName};
use crate::wire::{Question, ScannerSettings, Sight};
use std::sync::{Arc, Mutex, PoisonError};

/// Reasons of [`authenticate`] that are nowhere else on the page.
const WARNED_OF: &[&str] = &[
    "lot",
    "expiry",
    "code",
    "not-expired",
    "not-told-ended",
    "not-contradicted",
];

/// An SSCC with its AI has so many digits.
const DIGITS_ALONE: usize = 20;

/// Looks scans up, one after the other.
#[derive(Clone)]
pub struct Lookup {
    archive: Arc<Mutex<Archive>>,
    /// A connection of their own, so that a scan never waits for a page of the audit trail.
    sights: Arc<Mutex<Sights>>,
    exchanges: Exchanges,
    shots: Shots,
    scanner: ScannerSettings,
}

impl Lookup {
    /// Looks them up in this store, whose numbers this key made; what devices did is told beside it.
    ///
    /// # Errors
    /// The store gives no reader.
    pub fn start(
        config: &Config,
        store: &Store,
        key: &SerialKey,
        (exchanges, shots): (Exchanges, Shots),
    ) -> Result<Lookup, StationError> {
        let archive = || {
            let reader = store.reader().map_err(StationError::Store)?;
            let key = Some(key.clone());
            Ok::<_, StationError>(Archive { reader, key })
        };
        let sights = Sights::new(archive()?, config);
        let archive = archive()?;
        let set = &config.scanner;
        Ok(Lookup {
            archive: Arc::new(Mutex::new(archive)),
            sights: Arc::new(Mutex::new(sights)),
            exchanges,
            shots,
            scanner: ScannerSettings {
                prefix: set.prefix.clone(),
                suffix: set.suffix.clone(),
                gs: set.gs.clone(),
                aim: set.aim,
                gap_ms: set.gap_ms,
            },
        })
    }

    /// How the scanner in front of a screen is set.
    pub fn scanner(&self) -> ScannerSettings {
        self.scanner.clone()
    }

    /// What a scan is.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn find(&self, scan: &str) -> Result<Found, String> {
        // It only reads: whoever panicked while asking left nothing half done.
        let archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        let found = archive.at_one_state(|| found(&archive, scan));
        found.map_err(|error| error.to_string())
    }
}

impl Lookup {
    /// What a place of the screen asks for.
    ///
    /// # Errors
    /// It is not on record, or the store cannot be read; a sentence.
    pub fn look(&self, question: &Question) -> Result<Sight, String> {
        if let Question::Exchanges { device } = question {
            return self.exchanges.look(device).map(Sight::Exchanges);
        }
        if let Question::Shots { device } = question {
            let shots = self.shots.look(device);
            return shots.map(|shots| Sight::Shots(Box::new(shots)));
        }
        let mut sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
        sights.look(question).map_err(|error| error.to_string())
    }
}

/// A scan as codes are read. A scanner that sends no symbology identifiers types an element string alone, perhaps with
/// the FNC1 that it begins with; digits alone are an SSCC as long as they can be one.
pub(super) fn identified(scan: &str) -> String {
    let text = scan.trim_start_matches('\u{1d}').trim();
    let alone = text.len() <= DIGITS_ALONE && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.starts_with(|first: char| first.is_ascii_digit()) && !alone {
        true => format!("]d2{text}"),
        false => text.to_owned(),
    }
}

pub(super) fn found(archive: &Archive, scan: &str) -> Result<Found, TraceError> {
    let scan = &identified(scan);
    let unit = match archive.find(scan) {
        Ok((unit, _)) => unit,
        Err(TraceError::Unreadable(refusal)) => {
            let why = refusal.text;
            return Ok(Found::Unreadable { why });
        }
        Err(TraceError::Unknown(code)) => {
            let judged = authenticate(archive, scan, today())?;
            return Ok(stranger(code, judged));
        }
        Err(error) => return Err(error),
    };
    let track = track(archive, unit, None)?;
    let judged = authenticate(archive, scan, today())?;
    match unit {
        Unit::Pack(_) => pack(archive, unit, track, judged.checks),
        Unit::Container(_) => Ok(container(track, judged)),
    }
}

/// What a scan of this pack would say; one without a number is told of, too.
pub(super) fn found_pack(archive: &Archive, no: PackNo) -> Result<Found, TraceError> {
    let unit = Unit::Pack(no);
    if archive
        .reader
        .whereabouts(|ask| ask.identity(unit))?
        .is_none()
    {
        let text = format!("There is no pack {} on record.", no.0);
        return Err(TraceError::NotOnRecord(text));
    }
    let track = track(archive, unit, None)?;
    match track.unit.code.is_empty() {
        true => pack(archive, unit, track, Vec::new()),
        false => found(archive, &track.unit.code),
    }
}

/// What is in no record may be a number of ours all the same: handed out, or still in a pool.
fn stranger(code: String, judged: Authenticity) -> Found {
    let ours = judged
        .checks
        .iter()
        .any(|check| check.name == "known" && check.holds == Some(true));
    let reasons = judged.checks.into_iter().map(|check| check.text);
    Found::Stranger {
        code,
        reasons: reasons.filter(|_| ours).collect(),
    }
}

fn pack(
    archive: &Archive,
    unit: Unit,
    track: Track,
    checks: Vec<Check>,
) -> Result<Found, TraceError> {
    let identity = archive.reader.whereabouts(|ask| ask.identity(unit))?;
    let Some(Identity::Pack(pack)) = identity else {
        return Err(TraceError::Unknown(track.unit.code));
    };
    let verdict = verdict(archive, pack.pack)?;
    let grades = verdict.as_ref().and_then(|verdict| verdict.grades.as_ref());
    Ok(Found::Pack(FoundPack {
        unit: name(&track.unit),
        state: track.state.to_owned(),
        gtin: track.gtin.clone(),
        lot: track.lot.clone(),
        expiry: track.expiry.clone(),
        serial: pack.serial,
        batch: pack.batch,
        fate: pack.fate.map(|fate| fate_in_words(fate).to_owned()),
        verdict: pack.verdict.and_then(Outcome::name_of).map(str::to_owned),
        grade_tenths: grades.map(|grades| grades.overall()),
        grade_indicative: grades.is_some_and(|grades| grades.indicative),
        stands: stands(track, checks),
    }))
}

/// The verdict on a pack, as its record says it.
fn verdict(archive: &Archive, pack: PackNo) -> Result<Option<Box<Verdict>>, TraceError> {
    let records = archive.reader.records_of(pack)?;
    let mut newest = records.into_iter().rev();
    Ok(newest.find_map(|stored| match stored.record.fact {
        Fact::Verified { verdict, .. } => Some(Box::new(verdict)),
        _ => None,
    }))
}

fn container(track: Track, judged: Authenticity) -> Found {
    Found::Container(FoundContainer {
        unit: name(&track.unit),
        state: track.state.to_owned(),
        inside: track.contains.unwrap_or(0),
        holds: track.holds,
        mixed: track.mixed.unwrap_or(false),
        batch: track.batch.map(crate::record::BatchNo),
        stands: stands(track, judged.checks),
    })
}

fn stands(track: Track, checks: Vec<Check>) -> Stands {
    let told = |place: Option<Place>| place.as_ref().map(happened);
    let warnings = checks
        .into_iter()
        .filter(|check| check.holds == Some(false) && WARNED_OF.contains(&check.name))
        .map(|check| check.text);
    Stands {
        inside: track.inside.iter().map(name).collect(),
        here: track.here,
        place: told(track.place),
        hold: told(track.hold),
        recall: told(track.recall),
        end: told(track.end),
        warnings: warnings.collect(),
    }
}

fn name(named: &Named) -> UnitName {
    UnitName {
        kind: named.kind.clone(),
        no: named.no,
        code: named.code.clone(),
    }
}

fn happened(place: &Place) -> Happened {
    Happened {
        what: place.what.clone(),
        record: place.record,
        partner: place.partner.map(|gln| gln.to_string()),
        with: place.with.as_ref().map(name),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_scan_without_identifier_is_read_as_what_scanners_type() {
        for (typed, read) in [
            ("0109506000134352217G4K", "]d20109506000134352217G4K"),
            (
                "\u{1d}0109506000134352217G4K\r\n",
                "]d20109506000134352217G4K",
            ),
            ("010950600013435221123456", "]d2010950600013435221123456"),
            ("106141412345678908", "106141412345678908"),
            ("00106141412345678908", "00106141412345678908"),
            ("4006381333931", "4006381333931"),
            ("]C100106141412345678908", "]C100106141412345678908"),
            ("(00)106141412345678908", "(00)106141412345678908"),
            ("", ""),
        ] {
            assert_eq!(identified(typed), read);
        }
    }
}
