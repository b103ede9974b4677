//! Grades and text at the line: what a batch demands holds, also after a restart; warnings come, say what it is
//! about, and go.

use super::restore::restore;
use super::rig::Rig;
use super::{open_batch, plan};
use crate::line::quality::TEXT_CALM_PACKS;
use crate::line::*;
use crate::record::QualityRules;
use crate::record::{
    Cause, GlyphsHash, GradeMin, Grades, Outcome, Parameter, PictureOrigin, ReadBy, Seen, Tenths,
    TextFault, TextFinding, TextPolicy, TextSeen, Verdict,
};
use crate::wire::{OpeningTerms, OperatorCommand};

/// Every grade 4.0 but the contrast, on a label that was read.
fn contrast(tenths: u8) -> impl Fn(&mut Verdict) + Copy {
    move |verdict| {
        let mut by_parameter = [Tenths::BEST; 8];
        by_parameter[Parameter::SymbolContrast as usize] = Tenths(tenths);
        verdict.grades = Some(Grades {
            by_parameter,
            indicative: false,
            growth_percent: [0, 0],
        });
        let (by, scan) = (ReadBy::Line, None);
        verdict.seen = Some(Seen {
            by,
            scan,
            number: None,
        });
        verdict.looks_like = (tenths < 30).then_some(Cause::LowContrast);
    }
}

fn text(seen: TextSeen) -> impl Fn(&mut Verdict) {
    move |verdict| {
        contrast(40)(verdict);
        verdict.text = seen.clone();
    }
}

fn missing_lot() -> TextSeen {
    TextSeen::Wrong(TextFinding {
        field: "lot".to_owned(),
        line: "LOT 7".to_owned(),
        fault: TextFault::Missing,
    })
}

/// Packs one behind the other.
struct Packs {
    rig: Rig,
    last: u32,
}

impl Packs {
    /// A station whose file says `quality`, and a batch whose opening says `grade_min` and `text`; the challenge is
    /// through.
    fn with(quality: QualityRules, grade_min: Option<GradeMin>, text: Option<TextPolicy>) -> Packs {
        let mut rig = Rig::running(Plan { quality, ..plan(1) });
        rig.order(OperatorCommand::CloseBatch);
        let OperatorCommand::OpenBatch {
            product,
            gtin,
            lot,
            expiry,
            target,
            ..
        } = open_batch()
        else {
            panic!("it opens a batch")
        };
        rig.order(OperatorCommand::OpenBatch {
            product,
            gtin,
            lot,
            expiry,
            target,
            grade_min,
            text,
            terms: OpeningTerms {
                continues: true,
                ..OpeningTerms::default()
            },
            numbers: Default::default(),
        });
        rig.settle_and_start();
        let mut packs = Packs { rig, last: 0 };
        assert!(
            !packs.pack(|verdict| verdict.grades = None),
            "the first pack is the challenge"
        );
        packs
    }

    /// The next pack; whether it passed.
    fn pack(&mut self, seen: impl FnOnce(&mut Verdict)) -> bool {
        self.last += 1;
        self.rig.pack_with(self.last, self.last as u16, seen)
    }

    fn last_verdict(&self) -> &Verdict {
        let verdicts = self
            .rig
            .records
            .iter()
            .rev()
            .find_map(|record| match &record.fact {
                Fact::Verified { verdict, .. } => Some(verdict),
                _ => None,
            });
        verdicts.expect("there was one")
    }

    fn alarm(&self, code: &str) -> Option<String> {
        let alarms = self.rig.line.view(Tick(0), 0).alarms;
        let of_code = |alarm: &crate::wire::AlarmView| alarm.code == code && alarm.active;
        Some(alarms.into_iter().find(of_code)?.text)
    }
}

fn rules(grade_min: GradeMin, text: TextPolicy) -> QualityRules {
    QualityRules { grade_min, text }
}

const LEAST: GradeMin = GradeMin(Some(Tenths(15)));

#[test]
fn the_opening_goes_before_the_station_file() {
    let lenient = rules(GradeMin::NONE, TextPolicy::Off);
    let strict = rules(LEAST, TextPolicy::Reject);
    let mut packs = Packs::with(strict, None, None);
    assert!(packs.pack(contrast(15)), "the limit itself passes");
    assert_eq!(packs.last_verdict().looks_like, None, "passes carry little");
    assert!(!packs.pack(contrast(14)));
    let parameter = "symbol_contrast".to_owned();
    assert_eq!(
        packs.last_verdict().outcome,
        Outcome::LowGrade { parameter }
    );
    assert_eq!(packs.last_verdict().looks_like, Some(Cause::LowContrast));
    for unproven in [missing_lot(), TextSeen::NotChecked] {
        assert!(!packs.pack(text(unproven)));
        assert_eq!(packs.last_verdict().outcome, Outcome::TextMismatch);
    }
    assert!(
        !packs.pack(|verdict| verdict.grades = None),
        "read and not graded: unknown"
    );
    let parameter = "decode".to_owned();
    assert_eq!(
        packs.last_verdict().outcome,
        Outcome::LowGrade { parameter }
    );

    let mut packs = Packs::with(strict, Some(GradeMin::NONE), Some(TextPolicy::Off));
    assert!(packs.pack(contrast(0)) && packs.pack(text(missing_lot())));
    assert!(
        packs.pack(|verdict| verdict.grades = None),
        "no grade is asked for"
    );
    let mut packs = Packs::with(lenient, Some(LEAST), Some(TextPolicy::Reject));
    assert!(!packs.pack(contrast(14)) && !packs.pack(text(missing_lot())));
}

#[test]
fn indicative_grades_and_wrong_content_stay_what_they_are() {
    let mut packs = Packs::with(rules(LEAST, TextPolicy::Reject), None, None);
    let lossy = |indicative: bool, lossless: bool| {
        move |verdict: &mut Verdict| {
            contrast(0)(verdict);
            verdict.grades.as_mut().expect("graded").indicative = indicative;
            verdict.picture = Some(PictureOrigin {
                counter: None,
                width_px: 640,
                height_px: 480,
                lossless,
                calibrated: false,
            });
        }
    };
    assert!(packs.pack(lossy(true, true)) && packs.pack(lossy(false, false)));
    assert!(!packs.pack(lossy(false, true)));
    // The best print in the world makes no wrong content right.
    for outcome in [
        Outcome::WrongContent {
            ai: "10".to_owned(),
        },
        Outcome::NotGs1,
        Outcome::NotDecodable,
    ] {
        let wrong = outcome.clone();
        assert!(!packs.pack(move |verdict| {
            contrast(40)(verdict);
            verdict.outcome = wrong;
        }));
        assert_eq!(packs.last_verdict().outcome, outcome);
    }
    let view = packs.rig.line.view(Tick(0), 0).quality;
    assert_eq!((view.graded, view.indicative, view.ungraded), (4, 2, 0));
}

#[test]
fn what_a_batch_demands_holds_after_a_restart() {
    let mut before = Packs::with(QualityRules::default(), Some(LEAST), Some(TextPolicy::Warn));
    assert!(before.pack(contrast(40)));
    let disk = std::mem::take(&mut before.rig.records);
    let line = Line::new(Tick(0), plan(2), restore(&disk));
    let quality = line.batch().expect("it is open").quality;
    assert_eq!(quality, rules(LEAST, TextPolicy::Warn));
    let view = line.view(Tick(0), 0);
    assert_eq!(view.batch.expect("it is open").quality, quality);
    assert_eq!(view.quality.graded, 0, "what was learnt is learnt again");
}

#[test]
fn wrong_text_warns_is_counted_and_kept_and_goes_when_it_is_right_again() {
    let mut packs = Packs::with(rules(LEAST, TextPolicy::Warn), None, None);
    assert!(packs.pack(text(missing_lot())), "it only warns");
    assert_eq!(packs.last_verdict().text, missing_lot(), "kept");
    let said = packs.alarm("text").expect("it warns");
    assert!(said.contains("lot is missing"), "{said}");
    assert!(packs.pack(text(TextSeen::NotChecked)));
    for _ in 0..29 {
        packs.pack(text(TextSeen::Sound));
    }
    assert!(packs.alarm("text").is_some());
    packs.pack(text(TextSeen::Sound));
    assert_eq!(packs.alarm("text"), None);
    let view = packs.rig.line.view(Tick(0), 0);
    assert_eq!(
        (view.quality.text_wrong, view.quality.text_unchecked),
        (1, 1)
    );
}

#[test]
fn what_text_is_compared_with_is_on_record_and_a_warning_says_when_nothing_was_taught() {
    let mut packs = Packs::with(rules(LEAST, TextPolicy::Warn), None, None);
    for taught in [None, Some(GlyphsHash([7; 32]))] {
        for _ in 0..TEXT_CALM_PACKS {
            packs.pack(text(TextSeen::Sound));
        }
        packs.rig.tell(Event::TextCompared(taught));
        let batch = packs.rig.line.batch.as_ref().expect("it is open").no;
        let fact = Fact::TextCompared { batch, taught };
        let on_record = packs.rig.records.iter().any(|record| record.fact == fact);
        assert!(on_record, "{taught:?}");
        packs.pack(text(missing_lot()));
        let said = packs.alarm("text").expect("it warns");
        assert_eq!(said.contains("never taught"), taught.is_none(), "{said}");
    }
}

#[test]
fn falling_print_warns_while_packs_pass_and_a_new_batch_begins_anew() {
    let mut packs = Packs::with(rules(LEAST, TextPolicy::Off), None, None);
    let mut warned_at = None;
    let failed_at = (0..400).find(|pack| {
        let passed = packs.pack(contrast(38 - (*pack as u8 / 4).min(38)));
        if packs.alarm("print-quality").is_some() {
            warned_at.get_or_insert(*pack);
        }
        !passed
    });
    let (warned_at, failed_at) = (warned_at.expect("warned"), failed_at.expect("failed"));
    assert!(warned_at + 40 <= failed_at, "{warned_at}, {failed_at}");
    let said = packs.alarm("print-quality").expect("it stands");
    let cause = "symbol contrast 1.4 (looks like low contrast), falls 2.5 in 100 packs, single ones below 1.5";
    assert!(said.contains(cause), "{said}");
    let raised = |record: &&Record| matches!(&record.fact, Fact::AlarmRaised { alarm, .. } if alarm == "print-quality");
    assert_eq!(packs.rig.records.iter().filter(raised).count(), 1);
    let view = packs.rig.line.view(Tick(0), 0);
    assert!(said.ends_with(&view.quality.warning.expect("it stands")));
    packs.rig.order(OperatorCommand::CloseBatch);
    assert_eq!(packs.alarm("print-quality"), None);
    let view = packs.rig.line.view(Tick(0), 0);
    assert_eq!(view.quality.overall_mean_tenths, None);
}
