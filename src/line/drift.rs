//! Whether the printer counts its labels as the machine does. PURE.
//!
//! The camera's pictures are held against END PRINT pack by pack, so what only the printer knows is left: its odometer.
//! A label that came out at no START PRINT lies loose somewhere, perhaps with a number on it.
//!
//! Nobody counts at the same moment: an odometer is asked for, answered and heard, END PRINT is heard once a cycle, and
//! one label may be under the head. So each answer says only between which two numbers *odometer minus END PRINT* lies.
//! As long as labels and signals come in pairs that difference never changes, and what all answers allow has something
//! in common. It is narrow on a running belt and a single number on one that stands, so that one label too many shows.
//!
//! Everything begins anew whenever everything is put in step: whoever loads paper or opens the head makes labels come
//! out. A printer without an odometer is never doubted.

use super::Line;
use super::alarm::AlarmKind;
use super::event::{LabelCount, Sighting};
use crate::record::Tick;
use std::collections::VecDeque;
use std::time::Duration;

/// How long answers must speak against the counts before somebody is told: longer than a gateway shows old registers.
pub const DIFFERS_MIN: Duration = Duration::from_secs(2);
/// Most moments at which END PRINT was heard that are remembered: more than pass from question to answer.
pub const HEARD_MAX: usize = 64;
/// After that long a label that was under the head has come out, and its END PRINT was given.
const SETTLED: Duration = Duration::from_millis(500);

/// An answer of the printer that waits until END PRINT is known as far.
#[derive(Debug, Clone, Copy)]
struct Answer {
    labels: i64,
    told_at: Tick,
    /// END PRINT was at least this when the odometer was read.
    least: i64,
    /// It was at most this, once that is known.
    most: Option<i64>,
}

/// Odometer minus END PRINT: from the first to the second, both included.
type Span = (i64, i64);

/// The two counts since they began to be compared.
#[derive(Debug, Default)]
pub struct Drift {
    /// END PRINT of this boot as it was heard, unwrapped.
    heard: VecDeque<(Tick, i64)>,
    /// Odometers asked for before this moment say nothing any more.
    from: Tick,
    answer: Option<Answer>,
    /// What all answers allow.
    agreed: Option<Span>,
    /// Since when answers contradict that, all on one side.
    doubted: Option<(Tick, bool)>,
    /// Odometer of the first answer, and of the last.
    odometer: Option<(i64, i64)>,
}

impl Drift {
    /// Everything is put in step, or the printer is another one.
    pub fn begin_anew(&mut self, now: Tick) {
        let heard = std::mem::take(&mut self.heard);
        *self = Drift {
            heard,
            from: now,
            ..Drift::default()
        };
    }

    /// Another boot of the PLC counts from the beginning.
    pub fn new_boot(&mut self, now: Tick) {
        self.begin_anew(now);
        self.heard.clear();
    }

    /// END PRINT was heard; `count` is the PLC's count mod 65536.
    fn heard(&mut self, now: Tick, count: u16) {
        let count = match self.heard.back() {
            None => i64::from(count),
            Some((_, last)) => last + i64::from(count.wrapping_sub(*last as u16) as i16),
        };
        if self.heard.len() == HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back((now, count));
    }

    /// END PRINT as it was known at that moment; `None` where that is too long ago.
    fn known_at(&self, at: Tick) -> Option<i64> {
        let known = self
            .heard
            .iter()
            .rev()
            .find(|(heard_at, _)| *heard_at <= at);
        known.map(|(_, count)| *count)
    }

    /// The printer was asked at `asked_at`, and what it said has just been heard.
    fn answered(&mut self, now: Tick, labels: u64, asked_at: Tick) {
        if asked_at < self.from || self.answer.is_some() {
            return;
        }
        // A label that comes out at the moment may be counted here and not there.
        let least = self.known_at(asked_at).map(|count| count - 1);
        let settled = Tick(asked_at.0.saturating_sub(SETTLED.as_nanos() as u64));
        let Some(least) = least.max(self.known_at(settled)) else {
            return;
        };
        self.answer = Some(Answer {
            labels: labels.min(i64::MAX as u64) as i64,
            told_at: now,
            least,
            most: None,
        });
    }

    /// END PRINT is known as it was at `known`; what the printer counts too many, or too few, if it is time to say so,
    /// with what it counts since the beginning.
    fn known(&mut self, known: Tick) -> Option<(i64, i64)> {
        let answer = self.answer.as_mut()?;
        let (_, count) = *self.heard.back()?;
        if known < answer.told_at {
            return None;
        }
        answer.most = answer.most.or(Some(count + 1));
        if known < answer.told_at + SETTLED {
            return None;
        }
        let answer = self.answer.take()?;
        let most = answer.most?.min(count);
        let allowed = (answer.labels - most, answer.labels - answer.least);
        (allowed.0 <= allowed.1).then(|| self.judge(answer, allowed))?
    }

    fn judge(&mut self, answer: Answer, allowed: Span) -> Option<(i64, i64)> {
        let Answer {
            labels, told_at, ..
        } = answer;
        let began = self.odometer.filter(|(_, last)| *last <= labels);
        let (Some((first, _)), Some(agreed)) = (began, self.agreed) else {
            // The first answer, or an odometer that went back: it was set to zero, or is full.
            self.odometer = Some((labels, labels));
            (self.agreed, self.doubted) = (Some(allowed), None);
            return None;
        };
        self.odometer = Some((first, labels));
        let both = (agreed.0.max(allowed.0), agreed.1.min(allowed.1));
        if both.0 <= both.1 {
            (self.agreed, self.doubted) = (Some(both), None);
            return None;
        }
        let more = allowed.0 > agreed.1;
        let since = match self.doubted {
            Some((since, side)) if side == more => since,
            _ => told_at,
        };
        self.doubted = Some((since, more));
        if told_at.since(since) < DIFFERS_MIN {
            return None;
        }
        (self.agreed, self.doubted) = (Some(allowed), None);
        let difference = match more {
            true => allowed.0 - agreed.1,
            false => allowed.1 - agreed.0,
        };
        Some((difference, labels - first))
    }
}

impl Line {
    /// END PRINT was heard.
    pub(super) fn count_print(&mut self, now: Tick, sighting: Sighting) {
        if self.lane.plc.status.map(|status| status.boot) == Some(sighting.plc.boot) {
            self.lane.drift.heard(now, sighting.count);
        }
    }

    /// The printer said how many labels it has printed in its life.
    pub(super) fn printer_counted(&mut self, now: Tick, count: LabelCount) {
        if self.lane.alignment.done() && self.printer_ready() {
            self.lane.drift.answered(now, count.labels, count.asked_at);
        }
    }

    /// Once a cycle: everything that happened before the last header but one was asked for is known.
    pub(super) fn compare_counts(&mut self, now: Tick) {
        let Some((difference, labels)) = self.lane.drift.known(self.lane.plc.asked_before) else {
            return;
        };
        let machine = labels - difference;
        let what = match difference > 0 {
            true => "somebody pressed FEED, or labels came out at no START PRINT",
            false => "END PRINT came without a label",
        };
        let since = "since both were last in step";
        let text = format!(
            "{since} the printer says {labels} labels, END PRINT came {machine} times: {what}"
        );
        self.raise(now, AlarmKind::LabelCount, text);
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    /// A printer and a machine by the millisecond: an odometer is asked for now and then, END PRINT heard every 10 ms.
    struct Bench {
        drift: Drift,
        now: u64,
        odometer: u64,
        printed: u16,
        heard: u16,
        /// When END PRINT comes for the label under the head.
        under_head: Option<u64>,
    }

    impl Bench {
        fn new(odometer: u64, printed: u16) -> Bench {
            Bench {
                drift: Drift::default(),
                now: 1_000,
                odometer,
                printed,
                heard: printed.wrapping_sub(1),
                under_head: None,
            }
        }

        /// So many ms with a label every `every` ms (0: none); END PRINT comes 20 ms after the odometer counts.
        fn run(&mut self, ms: u64, every: u64, answer_ms: u64) -> Vec<i64> {
            let mut told = Vec::new();
            let mut asked = None;
            for _ in 0..ms {
                self.now += 1;
                let now = Tick::from_ms(self.now);
                if every > 0 && self.now.is_multiple_of(every) && self.under_head.is_none() {
                    self.odometer += 1;
                    self.under_head = Some(self.now + every.min(21) - 1);
                }
                if self.under_head == Some(self.now) {
                    self.printed = self.printed.wrapping_add(1);
                    self.under_head = None;
                }
                if self.now.is_multiple_of(10) {
                    while self.heard != self.printed {
                        self.heard = self.heard.wrapping_add(1);
                        self.drift.heard(now, self.heard);
                    }
                    // The header before this one was asked for 10 ms ago.
                    let found = self.drift.known(Tick::from_ms(self.now - 10));
                    told.extend(found.map(|(difference, _)| difference));
                }
                match asked {
                    None if self.now.is_multiple_of(1_000) => {
                        asked = Some((now, self.odometer, self.now + answer_ms));
                    }
                    Some((at, labels, due)) if due == self.now => {
                        self.drift.answered(now, labels, at);
                        asked = None;
                    }
                    _ => {}
                }
            }
            told
        }
    }

    #[test]
    fn one_label_too_many_is_told_once_the_belt_stands_and_told_once() {
        let mut bench = Bench::new(7_000, 65_530);
        assert_eq!(
            bench.run(5_000, 40, 5),
            [0; 0],
            "the count wraps on the way"
        );
        assert_eq!(bench.run(4_000, 0, 5), [0; 0]);
        bench.odometer += 1;
        assert_eq!(bench.run(1_900, 0, 5), [0; 0], "not before it lasted");
        assert_eq!(bench.run(10_000, 0, 5), [1]);
        assert_eq!(
            bench.run(10_000, 40, 5),
            [0; 0],
            "and compared from there on"
        );
        // A signal without a label, and an odometer that begins anew.
        bench.run(4_000, 0, 5);
        bench.printed = bench.printed.wrapping_add(2);
        assert_eq!(bench.run(10_000, 0, 5), [-2]);
        bench.odometer = 3;
        assert_eq!(bench.run(10_000, 40, 5), [0; 0]);
    }

    #[test]
    fn what_was_heard_is_remembered_up_to_the_limit() {
        let mut drift = Drift::default();
        for count in 0..3 * HEARD_MAX as u16 {
            drift.heard(Tick(count.into()), count);
        }
        assert_eq!(drift.heard.len(), HEARD_MAX);
        assert_eq!(drift.known_at(Tick(0)), None);
        drift.answered(Tick(400), 9, Tick(0));
        assert!(drift.answer.is_none(), "too long ago to say anything");
    }

    proptest! {
        /// Whatever the belt does and however late answers come: equal counts are never doubted, and a few labels more
        /// are always told, with no larger a number.
        #[test]
        fn equal_counts_are_never_doubted_and_others_are(
            belts in prop::collection::vec((500u64..9_000, 0u64..300, 1u64..400), 1..8),
            start: u16,
            more in 3u64..20,
        ) {
            let mut bench = Bench::new(40, start);
            bench.run(1_500, 30, 5);
            for (ms, every, answer_ms) in belts {
                let every = if every < 25 { 0 } else { every };
                prop_assert_eq!(bench.run(ms, every, answer_ms), [0; 0]);
            }
            bench.run(3_000, 0, 5);
            bench.odometer += more;
            let told = bench.run(9_000, 0, 5);
            prop_assert_eq!(told, [more as i64]);
        }
    }
}
