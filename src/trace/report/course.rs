//! What happened while a batch ran, read from its records once, in memory that does not grow with the batch: packs and
//! grades over time, alarms, stops, samples.

use crate::record::{
    BatchNo, Fact, Fate, GlyphsHash, LotFact, PackNo, Parameter, SampleCause, Tenths, Verdict,
};
use crate::store::{StoreError, StoredRecord, Whereabouts};
use crate::trace::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most parts of a timeline.
pub const BINS_MAX: usize = 120;
/// Most alarms, stops and samples that are told one by one; all are counted.
pub const TOLD_MAX: usize = 200;

/// Grades of one parameter in a part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Packs that were graded.
    pub graded: u64,
    /// The sum of their grades, in tenths.
    pub sum: u64,
    /// The lowest, in tenths.
    pub lowest: u8,
}

impl Span {
    fn take(&mut self, grade: Tenths) {
        self.lowest = match self.graded {
            0 => grade.0,
            _ => self.lowest.min(grade.0),
        };
        self.graded += 1;
        self.sum += u64::from(grade.0);
    }

    fn add(&mut self, other: Span) {
        if other.graded > 0 {
            self.lowest = match self.graded {
                0 => other.lowest,
                _ => self.lowest.min(other.lowest),
            };
            self.graded += other.graded;
            self.sum += other.sum;
        }
    }

    /// The mean, in hundredths of a grade; 0 where nothing was graded.
    pub fn mean_hundredths(&self) -> u64 {
        (self.sum * 10).checked_div(self.graded).unwrap_or(0)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = to.serialize_struct("Span", 3)?;
        out.serialize_field("graded", &self.graded)?;
        out.serialize_field("mean", &(self.mean_hundredths() as f64 / 100.0))?;
        out.serialize_field("lowest", &(f64::from(self.lowest) / 10.0))?;
        out.end()
    }
}

/// A part of the time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Bin {
    /// Packs that went to the good bin.
    pub good: u64,
    /// Packs that went anywhere else.
    pub others: u64,
    /// Overall grades.
    pub overall: Span,
    /// Grades by parameter, in the order of [`Parameter::ALL`].
    pub parameters: [Span; 8],
}

impl Bin {
    fn add(&mut self, other: &Bin) {
        self.good += other.good;
        self.others += other.others;
        self.overall.add(other.overall);
        for (own, other) in self.parameters.iter_mut().zip(other.parameters) {
            own.add(other);
        }
    }
}

/// Parts of the time, each as long as the others, at most [`BINS_MAX`] of them. A time before the beginning, of a clock
/// that was put back, counts as the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Wall clock of its beginning, ms since 1970.
    pub from_utc_ms: i64,
    /// How long each part is, in ms.
    pub width_ms: i64,
    /// The parts.
    pub bins: Vec<Bin>,
}

impl Timeline {
    fn new(from_utc_ms: i64) -> Timeline {
        Timeline {
            from_utc_ms,
            width_ms: 1_000,
            bins: Vec::new(),
        }
    }

    /// The part with this time; parts become longer when there are too many.
    fn at(&mut self, utc_ms: i64) -> &mut Bin {
        let since = utc_ms.saturating_sub(self.from_utc_ms).max(0);
        while since / self.width_ms >= BINS_MAX as i64 {
            self.width_ms *= 2;
            let halves = std::mem::take(&mut self.bins);
            self.bins = halves
                .chunks(2)
                .map(|pair| {
                    let mut bin = pair[0].clone();
                    pair[1..].iter().for_each(|other| bin.add(other));
                    bin
                })
                .collect();
        }
        let at = (since / self.width_ms) as usize;
        if self.bins.len() <= at {
            self.bins.resize_with(at + 1, Bin::default);
        }
        &mut self.bins[at]
    }

    /// Everything together.
    pub fn whole(&self) -> Bin {
        let mut whole = Bin::default();
        self.bins.iter().for_each(|bin| whole.add(bin));
        whole
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The record.
    pub record: u64,
    /// Wall clock of its commit, ms since 1970.
    pub utc_ms: i64,
    /// What, such as the alarm's code.
    pub what: String,
    /// What exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long it stood, in ms; `None`: to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasted_ms: Option<i64>,
}

/// Things of a kind: the first of them, and how many of each.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Incidents {
    /// How often each.
    pub counts: BTreeMap<String, u64>,
    /// How long together, in ms, of those that ended.
    pub lasted_ms: i64,
    /// The first [`TOLD_MAX`] of them.
    pub told: Vec<Incident>,
    #[serde(skip)]
    standing: BTreeMap<String, (usize, i64)>,
}

impl Incidents {
    /// How many.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// It stands from here on under this name, unless it does already.
    fn begin(&mut self, stored: &StoredRecord, name: &str, what: &str, detail: Option<&str>) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
        self.standing
            .entry(name.to_owned())
            .or_insert((self.told.len(), stored.utc_ms));
        if self.told.len() < TOLD_MAX {
            self.told.push(Incident {
                record: stored.record.seq,
                utc_ms: stored.utc_ms,
                what: what.to_owned(),
                detail: detail.map(str::to_owned),
                lasted_ms: None,
            });
        }
    }

    fn end(&mut self, name: &str, utc_ms: i64) {
        if let Some((at, from)) = self.standing.remove(name) {
            let lasted = utc_ms.saturating_sub(from).max(0);
            self.lasted_ms += lasted;
            if let Some(incident) = self.told.get_mut(at) {
                incident.lasted_ms = Some(lasted);
            }
        }
    }
}

/// How the packs of a batch were graded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Graded {
    /// Packs with grades that may accept and reject.
    pub binding: u64,
    /// Packs with grades of pictures that lost detail.
    pub indicative: u64,
    /// Packs with a verdict and no grades.
    pub ungraded: u64,
    /// Binding overall grades by letter.
    pub by_letter: BTreeMap<char, u64>,
}

/// What happened while a batch ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Packs and binding grades over time.
    pub timeline: Timeline,
    /// How packs were graded.
    pub graded: Graded,
    /// Alarms.
    pub alarms: Incidents,
    /// Stops by the station.
    pub stops: Incidents,
    /// Times at which printer and packs were put in step again.
    pub resyncs: Incidents,
    /// What happened with label templates.
    pub labels: Incidents,
    /// Samples at the line by cause.
    pub samples: BTreeMap<&'static str, u64>,
    /// The first [`TOLD_MAX`] of their packs.
    pub sampled_packs: Vec<u64>,
    /// Files of taught letters that text was compared with, by SHA-256; `None`: our own drawing alone.
    pub glyphs: Vec<Option<GlyphsHash>>,
    /// Versions of the program that ran, with the record of the start.
    pub versions: Vec<(u64, String)>,
}

/// The one stop of a station.
const STOP: &str = "stop";

/// Kinds of records that a course is made of.
const MARKS: [&str; 10] = [
    "{\"Label\":",
    "{\"Gated\":",
    "{\"Verified\":",
    "{\"AlarmRaised\":",
    "{\"AlarmCleared\":",
    "{\"Stopped\":",
    "\"StopWithdrawn\"",
    "{\"Resynchronised\":",
    "{\"TextCompared\":",
    "{\"StationStarted\":",
];
/// A pack's sampling.
const LOT_MARK: &str = "{\"Lot\":";

impl Course {
    /// Of the batch, from the record of its opening to that of its end.
    ///
    /// # Errors
    /// When reading fails.
    pub fn read(
        ask: &Whereabouts<'_>,
        batch: BatchNo,
        first_pack: PackNo,
        (opened, from_utc_ms, end): (u64, i64, u64),
    ) -> Result<Course, StoreError> {
        let mut course = Course {
            timeline: Timeline::new(from_utc_ms),
            graded: Graded::default(),
            alarms: Incidents::default(),
            stops: Incidents::default(),
            resyncs: Incidents::default(),
            labels: Incidents::default(),
            samples: BTreeMap::new(),
            sampled_packs: Vec::new(),
            glyphs: Vec::new(),
            versions: Vec::new(),
        };
        if let Some(start) = ask.last_record_until(opened, "{\"StationStarted\":")? {
            course.take(batch, first_pack, &start);
        }
        let mut marks: Vec<&'static str> = MARKS.to_vec();
        marks.push(LOT_MARK);
        ask.for_each_record(opened, end, &marks, &mut |stored| {
            course.take(batch, first_pack, &stored);
            Ok(true)
        })?;
        Ok(course)
    }

    fn take(&mut self, batch: BatchNo, first_pack: PackNo, stored: &StoredRecord) {
        match &stored.record.fact {
            Fact::Gated { pack, fate, .. } if *pack >= first_pack => {
                let bin = self.timeline.at(stored.utc_ms);
                match fate {
                    Fate::Good => bin.good += 1,
                    _ => bin.others += 1,
                }
            }
            Fact::Verified { pack, verdict } if *pack >= first_pack => {
                self.verified(stored.utc_ms, verdict);
            }
            Fact::AlarmRaised { alarm, detail } => {
                self.alarms.begin(stored, alarm, alarm, Some(detail));
            }
            Fact::AlarmCleared { alarm } => self.alarms.end(alarm, stored.utc_ms),
            // Several causes may follow each other; the line stands from the first one on.
            Fact::Stopped { cause, .. } => self.stops.begin(stored, STOP, cause, None),
            Fact::StopWithdrawn => self.stops.end(STOP, stored.utc_ms),
            Fact::Resynchronised { cause, .. } => {
                self.resyncs.begin(stored, cause, cause, None);
                self.resyncs.end(cause, stored.utc_ms);
            }
            Fact::Label(fact) => {
                let what = words::label(fact);
                self.labels
                    .begin(stored, &what, "label template", Some(&what));
                self.labels.end(&what, stored.utc_ms);
            }
            Fact::TextCompared { batch: of, taught }
                if *of == batch && !self.glyphs.contains(taught) =>
            {
                self.glyphs.push(*taught);
            }
            Fact::StationStarted { version, .. } => {
                self.versions.push((stored.record.seq, version.clone()));
            }
            Fact::Lot(LotFact::Sampled {
                pack,
                batch: of,
                cause,
            }) if *of == batch => self.sampled(*pack, *cause),
            _ => {}
        }
    }

    fn sampled(&mut self, pack: PackNo, cause: SampleCause) {
        *self.samples.entry(cause.as_str()).or_default() += 1;
        if self.sampled_packs.len() < TOLD_MAX {
            self.sampled_packs.push(pack.0);
        }
    }

    fn verified(&mut self, utc_ms: i64, verdict: &Verdict) {
        let Some(grades) = verdict.binding_grades() else {
            match verdict.grades {
                Some(_) => self.graded.indicative += 1,
                None => self.graded.ungraded += 1,
            }
            return;
        };
        self.graded.binding += 1;
        let overall = grades.overall();
        *self.graded.by_letter.entry(overall.letter()).or_default() += 1;
        let bin = self.timeline.at(utc_ms);
        bin.overall.take(overall);
        for (span, parameter) in bin.parameters.iter_mut().zip(Parameter::ALL) {
            span.take(grades.of(parameter));
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_timeline_of_any_length_loses_nothing_and_stays_short() {
        let mut timeline = Timeline::new(1_000_000);
        let mut utc_ms: i64 = 900_000;
        for pack in 0..50_000_u64 {
            utc_ms += 37 + (pack as i64 * 7_919) % 400;
            let bin = timeline.at(utc_ms);
            bin.good += 1;
            bin.overall.take(Tenths((pack % 41) as u8));
            assert!(timeline.bins.len() <= BINS_MAX);
        }
        let whole = timeline.whole();
        assert_eq!((whole.good, whole.overall.graded), (50_000, 50_000));
        let sum: u64 = (0..50_000_u64).map(|pack| pack % 41).sum();
        assert_eq!((whole.overall.sum, whole.overall.lowest), (sum, 0));
        let end = timeline.from_utc_ms + timeline.width_ms * timeline.bins.len() as i64;
        assert!(utc_ms < end && timeline.bins.len() > BINS_MAX / 3);
    }

    #[test]
    fn incidents_are_told_up_to_the_limit_and_counted_beyond() {
        let mut alarms = Incidents::default();
        for seq in 0..TOLD_MAX as u64 + 5 {
            let alarm = "store".to_owned();
            let fact = Fact::AlarmCleared { alarm };
            let utc_ms = seq as i64 * 10;
            let record = crate::record::Record {
                seq,
                at: crate::record::Tick(seq),
                point: crate::record::PointId::STATION,
                actor: crate::record::Actor::Station,
                reason: None,
                template: None,
                fact,
            };
            alarms.begin(&StoredRecord { utc_ms, record }, "store", "store", None);
            alarms.end("store", utc_ms + 3);
        }
        assert_eq!(
            (alarms.told.len(), alarms.count()),
            (TOLD_MAX, TOLD_MAX as u64 + 5)
        );
        assert_eq!(alarms.lasted_ms, 3 * (TOLD_MAX as i64 + 5));
        assert!(alarms.told.iter().all(|one| one.lasted_ms == Some(3)));
    }
}
