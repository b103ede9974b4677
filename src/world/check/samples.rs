//! Good packs are diverted only because somebody wanted them, and before the first articles of a batch are accepted
//! none of its packs is good. Told from the records themselves and the factory's truth. PURE.

use super::Evidence;
use super::packs::{DIFFERENCES_MAX, SAMPLE};
use crate::record::{BatchNo, Fact, LaneNo, LotFact, Outcome, PackNo, PlcPack, SampleCause};
use std::collections::{BTreeMap, HashMap, HashSet};
use vidimus_simulators::truth::Bin;

/// What is known of one batch.
#[derive(Default)]
struct Course {
    wanted: u32,
    every: u32,
    accepted: bool,
    /// First articles since the opening or the last refusal.
    first: u32,
    /// Ordered and not taken.
    due: u64,
    /// Packs that were good enough, and those diverted by plan.
    good_enough: u64,
    by_plan: u64,
}

/// Follows the records.
#[derive(Default)]
struct Follower {
    courses: BTreeMap<BatchNo, Course>,
    batch_of: HashMap<PackNo, BatchNo>,
    named: HashMap<PackNo, PlcPack>,
    sampled: HashSet<PackNo>,
    found: Vec<String>,
}

impl Follower {
    fn follow(&mut self, fact: &Fact) {
        match fact {
            Fact::BatchOpened(batch) => {
                let course = Course {
                    wanted: batch.terms.rules.first_article,
                    every: batch.terms.rules.sample_every,
                    ..Course::default()
                };
                self.courses.insert(batch.no, course);
            }
            Fact::PackEntered {
                pack, batch, plc, ..
            } => {
                self.named.insert(*pack, *plc);
                self.batch_of.extend(batch.map(|batch| (*pack, batch)));
            }
            Fact::Lot(fact) => self.lot(fact),
            Fact::Verified { pack, verdict } => self.verdict(*pack, &verdict.outcome),
            _ => {}
        }
    }

    fn lot(&mut self, fact: &LotFact) {
        let Some(course) = fact.batch().and_then(|no| self.courses.get_mut(&no)) else {
            return;
        };
        match fact {
            LotFact::FirstArticlesAccepted { .. } => {
                course.accepted = true;
                if course.first < course.wanted {
                    let text = format!("{} first articles were accepted too early", course.first);
                    self.found.push(text);
                }
            }
            LotFact::FirstArticlesRefused { .. } => course.first = 0,
            LotFact::SamplesOrdered { count, .. } => course.due += u64::from(*count),
            LotFact::Sampled { pack, cause, .. } => {
                self.sampled.insert(*pack);
                let wanted = match cause {
                    SampleCause::FirstArticle => {
                        course.first += 1;
                        !course.accepted && course.first <= course.wanted
                    }
                    SampleCause::Ordered => {
                        let due = course.due > 0;
                        course.due = course.due.saturating_sub(1);
                        due
                    }
                    // `labels` asks what was on trial.
                    SampleCause::TestPrint => true,
                    SampleCause::Plan => {
                        course.by_plan += 1;
                        // A restart begins to count anew at what it knows to be good.
                        course.every > 0
                    }
                };
                if !wanted {
                    let text = format!("pack {} was sampled ({cause}) unwanted", pack.0);
                    self.found.push(text);
                }
            }
            _ => {}
        }
    }

    fn verdict(&mut self, pack: PackNo, outcome: &Outcome) {
        let batch = self.batch_of.get(&pack);
        let course = batch.and_then(|no| self.courses.get_mut(no));
        match outcome {
            Outcome::Sample if !self.sampled.contains(&pack) => {
                let text = format!("pack {} is a sample and nobody wanted it", pack.0);
                self.found.push(text);
            }
            Outcome::Pass | Outcome::Sample => {
                let Some(course) = course else { return };
                course.good_enough += 1;
                if outcome.is_pass() && course.wanted > 0 && !course.accepted {
                    let text = format!("pack {} passed before the first articles", pack.0);
                    self.found.push(text);
                }
            }
            _ => {}
        }
    }
}

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut follower = Follower::default();
    let reader = evidence.floor.disk.reader();
    let read = reader.for_each_record(0, |stored| follower.follow(&stored.record.fact));
    if let Err(error) = read {
        return vec![error.to_string()];
    }
    let plcs: HashSet<PlcPack> = follower
        .sampled
        .iter()
        .filter_map(|pack| follower.named.get(pack).copied())
        .collect();
    let mut found = follower.found;
    for course in follower.courses.values().filter(|course| course.every > 0) {
        let most = course.good_enough / u64::from(course.every) + 1;
        if course.by_plan > 2 * most {
            let (plan, good) = (course.by_plan, course.good_enough);
            found.push(format!("{plan} of {good} good packs were sampled by plan"));
        }
    }
    for truth in &evidence.account.truths {
        let (boot, id) = (truth.boot, truth.id);
        let ordered = plcs.contains(&PlcPack {
            lane: LaneNo(truth.lane),
            boot,
            id,
        });
        if truth.verdict == SAMPLE && truth.bin != Bin::Good && !ordered && !truth.window {
            found.push(format!(
                "pack {boot}/{id} was diverted and no record says why"
            ));
        }
    }
    found.truncate(DIFFERENCES_MAX);
    found
}
