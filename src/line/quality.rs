//! What grades and text do to a pack, and what the line tells a person about them. PURE.
//!
//! Both can only take a pass away, never give one. Indicative grades (of pictures that lost detail on their way)
//! neither accept nor reject. What was not looked at was not found right: a batch with a lowest grade rejects a pack
//! that nobody graded, and one that rejects wrong text rejects text that could not be checked.

use super::Line;
use super::alarm::AlarmKind;
use super::trend::{Change, LEVEL_WITHOUT_MINIMUM, Trend};
use crate::record::{
    Batch, Fact, GlyphsHash, GradeMin, Outcome, PlcPack, QualityRules, TextPolicy, TextSeen, Tick,
    Verdict,
};
use crate::wire::QualityView;

/// Packs with sound text in a row after which a warning of wrong text is over.
pub const TEXT_CALM_PACKS: u32 = 30;

/// What was seen of print quality since the batch was opened or the station started.
#[derive(Debug)]
pub struct Quality {
    trend: Trend,
    graded: u64,
    indicative: u64,
    ungraded: u64,
    text_wrong: u64,
    text_unchecked: u64,
    text_sound_in_a_row: u32,
    /// The letters of the printer were never taught.
    untaught: bool,
}

impl Quality {
    /// Nothing seen yet of this batch.
    pub fn of(batch: Option<&Batch>) -> Quality {
        let least = batch.and_then(|batch| batch.quality.grade_min.0);
        Quality {
            trend: Trend::new(least.unwrap_or(LEVEL_WITHOUT_MINIMUM)),
            graded: 0,
            indicative: 0,
            ungraded: 0,
            text_wrong: 0,
            text_unchecked: 0,
            text_sound_in_a_row: 0,
            untaught: false,
        }
    }

    pub(super) fn view(&self) -> QualityView {
        QualityView {
            level_tenths: self.trend.level(),
            graded: self.graded,
            indicative: self.indicative,
            ungraded: self.ungraded,
            overall_mean_tenths: self.trend.overall_mean(),
            warning: self.trend.warning().map(ToString::to_string),
            text_wrong: self.text_wrong,
            text_unchecked: self.text_unchecked,
        }
    }

    fn count_grades(&mut self, verdict: &Verdict) {
        let count = match (&verdict.grades, verdict.binding_grades()) {
            (Some(_), Some(_)) => &mut self.graded,
            (Some(_), None) => &mut self.indicative,
            (None, _) => &mut self.ungraded,
        };
        *count += 1;
    }
}

impl Line {
    fn quality_rules(&self) -> QualityRules {
        let batch = self.batch.as_ref();
        batch.map_or_else(QualityRules::default, |batch| batch.quality)
    }

    /// What a verdict comes to under the batch's rules. Only a pass can change, and only to a fail; wrong text goes
    /// before a low grade, since it may mislead whoever reads it.
    pub(super) fn under_quality_rules(&self, verdict: &Verdict) -> Outcome {
        let rules = self.quality_rules();
        if !verdict.outcome.is_pass() {
            return verdict.outcome.clone();
        }
        if rules.text == TextPolicy::Reject && verdict.text != TextSeen::Sound {
            return Outcome::TextMismatch;
        }
        match rules.grade_min.0.and_then(|least| verdict.below(least)) {
            Some(parameter) => Outcome::LowGrade {
                parameter: parameter.name().to_owned(),
            },
            None => Outcome::Pass,
        }
    }

    /// A reader without counter looks at a batch whose packs all say the same: nobody can tell a text that came twice
    /// from the next pack's.
    pub(super) fn is_blind_to_lots(&self) -> bool {
        self.lane.plan.reads_only && !self.lane.plan.camera_counts
    }

    /// Why a batch cannot be looked at by the readers that stand in a camera's place; `None` when it can, or there are
    /// none.
    pub(super) fn unfit_for_readers(
        &mut self,
        rules: QualityRules,
        lot_only: bool,
    ) -> Option<String> {
        let (mut readers, mut blind) = (false, false);
        self.on_each_lane(|line| {
            readers |= line.lane.plan.reads_only;
            blind |= line.is_blind_to_lots();
        });
        let no_picture = "A reader looks at packs here, and sends no picture";
        if readers && rules.grade_min != GradeMin::NONE {
            return Some(format!(
                "{no_picture}: nobody grades them. Open the batch with --grade-min none."
            ));
        }
        if readers && rules.text != TextPolicy::Off {
            return Some(format!(
                "{no_picture}: nobody looks at text. Open the batch with --text off."
            ));
        }
        (blind && lot_only).then(|| {
            "All packs of a lot-only batch say the same, and the reader that looks at them sends no counter: set one \
             at the reader and in the station file."
                .to_owned()
        })
    }

    /// A symbol was read on a pack with a label: its grades and its text go into figures and warnings.
    pub(super) fn watch_quality(&mut self, now: Tick, plc: PlcPack, verdict: &Verdict) {
        if verdict.seen.is_none() {
            return;
        }
        self.lane.quality.count_grades(verdict);
        if let Some(grades) = &verdict.grades {
            let indicative = verdict.binding_grades().is_none();
            let change = self
                .lane
                .quality
                .trend
                .add(grades, indicative, verdict.looks_like);
            let kind = AlarmKind::PrintQuality;
            match (change, self.lane.quality.trend.warning()) {
                (Change::Warns(warning), _) => self.raise(now, kind, warning.to_string()),
                // The record keeps how it began, the screen shows how it goes on.
                (Change::Same, Some(warning)) => self.alarm_now_says(kind, warning.to_string()),
                (Change::Same, None) => {}
                (Change::Over, _) => self.clear_alarm(now, kind),
            }
        }
        self.watch_text(now, plc, verdict);
    }

    fn watch_text(&mut self, now: Tick, plc: PlcPack, verdict: &Verdict) {
        let (policy, text) = (self.quality_rules().text, &verdict.text);
        // The text beside a symbol that is not the pack's own is not looked at: the pack is rejected anyway.
        let own_symbol = matches!(
            verdict.outcome,
            Outcome::Pass | Outcome::Sample | Outcome::LowGrade { .. } | Outcome::TextMismatch
        );
        if policy == TextPolicy::Off || !own_symbol {
            return;
        }
        let quality = &mut self.lane.quality;
        match text {
            TextSeen::NotChecked => quality.text_unchecked += 1,
            TextSeen::Sound => quality.text_sound_in_a_row += 1,
            TextSeen::Wrong(_) => {
                quality.text_wrong += 1;
                quality.text_sound_in_a_row = 0;
            }
        }
        let calm = quality.text_sound_in_a_row >= TEXT_CALM_PACKS;
        match text.finding() {
            Some(finding) if policy == TextPolicy::Warn => {
                let taught = match quality.untaught {
                    true => "; this printer's letters were never taught",
                    false => "",
                };
                let detail = format!("{finding} (pack {plc}){taught}");
                self.raise(now, AlarmKind::Text, detail);
            }
            _ if calm => self.clear_alarm(now, AlarmKind::Text),
            _ => {}
        }
    }

    /// What the text of this batch is compared with is on record before its packs are.
    pub(super) fn text_compared(&mut self, now: Tick, taught: Option<GlyphsHash>) {
        if let Some(batch) = self.batch.as_ref().map(|batch| batch.no) {
            self.on_each_lane(|line| line.lane.quality.untaught = taught.is_none());
            let fact = Fact::TextCompared { batch, taught };
            self.record(now, self.lane.plan.inspect, fact);
        }
    }

    /// A batch was opened or closed: what was learnt of print quality belongs to the one before.
    pub(super) fn forget_quality(&mut self, now: Tick) {
        self.on_each_lane(|line| {
            line.lane.quality = Quality::of(line.batch.as_ref());
            line.clear_alarm(now, AlarmKind::PrintQuality);
            line.clear_alarm(now, AlarmKind::Text);
        });
    }
}
