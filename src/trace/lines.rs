//! Where a unit stands and what happened to it, in lines for people: the same at a shell and at a screen.

use super::history::Entry;
use super::told::ToldEntry;
use super::track::{Named, Place, Track};
use jiff::Timestamp;

/// A wall clock to the millisecond: `2026-11-22T08:30:00.000Z`.
pub fn instant(utc_ms: i64) -> String {
    match Timestamp::from_millisecond(utc_ms) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => format!("{utc_ms} ms"),
    }
}

impl Named {
    /// Its kind and its code, or its number where it has none.
    pub fn words(&self) -> String {
        match self.code.is_empty() {
            true => format!("{} no. {}", self.kind, self.no),
            false => format!("{} {}", self.kind, self.code),
        }
    }
}

impl Place {
    /// What happened, with whom and with what, and the record that says so.
    pub fn words(&self) -> String {
        let partner = self.partner.map(|gln| format!(", partner {gln}"));
        let with = self.with.as_ref();
        let with = with.map(|with| format!(", with {}", with.words()));
        format!(
            "{}{}{} (record {})",
            self.what,
            partner.unwrap_or_default(),
            with.unwrap_or_default(),
            self.record
        )
    }
}

impl ToldEntry {
    /// Who says so.
    pub fn who(&self) -> String {
        self.by.map_or("somebody".to_owned(), |gln| gln.to_string())
    }

    /// What is said, in which document and event.
    pub fn words(&self) -> String {
        let to = self.to.map(|gln| format!(" to {gln}"));
        let holder = self.holder.as_ref().map(|holder| match self.what {
            "unpacked" => format!(" out of {holder}"),
            _ => format!(" into {holder}"),
        });
        let with = self.with.as_ref().map(|with| format!(", with {with}"));
        let back = if self.taken_back { ", TAKEN BACK" } else { "" };
        let contradicts = match self.contradicts.is_empty() {
            true => String::new(),
            false => format!(", CONTRADICTS: {}", self.contradicts.join("; ")),
        };
        format!(
            "{}{}{}{} (document {}, event {}, {}){back}{contradicts}",
            self.what,
            to.unwrap_or_default(),
            holder.unwrap_or_default(),
            with.unwrap_or_default(),
            self.document,
            self.event,
            self.id
        )
    }

    /// The same behind when and who.
    pub fn line(&self) -> String {
        format!("{}  {}: {}", instant(self.utc_ms), self.who(), self.words())
    }
}

impl Entry {
    /// What it happened to, where it was inside of that.
    pub fn with_words(&self) -> Option<String> {
        self.with.as_ref().map(Named::words)
    }
}

impl Track {
    /// Where it stands, each behind the name of what it tells.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let mut told = vec![("state", format!("{} ({})", self.state, self.disposition))];
        if let (Some(gtin), Some(lot), Some(expiry)) = (&self.gtin, &self.lot, &self.expiry) {
            told.push(("lot", format!("{lot}  GTIN {gtin}  expiry {expiry}")));
        }
        told.extend(
            self.label
                .as_ref()
                .map(|label| ("label", label.to_string())),
        );
        if let (Some(contains), Some(holds)) = (self.contains, self.holds) {
            let mixed = match self.mixed {
                Some(true) => ", several lots",
                _ => "",
            };
            told.push(("contains", format!("{contains} of {holds}{mixed}")));
        }
        let chain: Vec<String> = self.inside.iter().map(Named::words).collect();
        let inside = match chain.is_empty() {
            true => "nothing: it is loose".to_owned(),
            false => chain.join(" < "),
        };
        told.push(("inside", inside));
        let place = match (&self.place, self.here) {
            (None, _) => "here: it never left".to_owned(),
            (Some(place), true) => format!("here: {}", place.words()),
            (Some(place), false) => format!("away: {}", place.words()),
        };
        told.push(("place", place));
        told.extend(self.told.as_ref().map(|told| ("partners", told.line())));
        let more = [
            ("held", &self.hold),
            ("recalled", &self.recall),
            ("ended", &self.end),
        ];
        for (name, place) in more {
            told.extend(place.as_ref().map(|place| (name, place.words())));
        }
        told
    }
}
