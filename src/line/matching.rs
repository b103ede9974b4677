//! Which picture belongs to which pack: by counts, never by order of arrival. PURE.
//!
//! The PLC counts `camera fired`, the camera counts its frames. While nothing is wrong the
//! difference of the two is constant:
//!
//! ```text
//! fired count  = frame counter + offset
//! ```
//!
//! A lost frame leaves a hole in the counters and costs its own pack only. When the *difference*
//! changes (a frame nobody fired, a counter that starts again), it is no longer certain which
//! picture shows which pack: every pack in the span is given up and the difference is learnt anew.
//! Content is never used to repair a match: it decides alone whether a pack passes.

use super::event::FrameNo;
use crate::record::{PlcPack, Tick};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Most pictures that may wait for their pack.
pub const FRAMES_WAITING_MAX: usize = 64;

/// How long a picture may wait for its `camera fired` while the PLC answers, before the counts are said to differ.
pub const FRAME_WAIT_MAX: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
struct Fired {
    count: i64,
    plc: PlcPack,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    frame: FrameNo,
    since: Tick,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// This picture, which came at that moment, shows this pack.
    Pair(PlcPack, FrameNo, Tick),
    /// This picture shows no pack that still waits for one.
    Useless(FrameNo),
    /// By the counts this picture shows a pack that was given up already.
    TooLate(FrameNo),
    /// The difference of the counts changed: these packs cannot be told apart any more.
    LostTrack {
        /// The packs in the span.
        packs: Vec<PlcPack>,
        /// What happened, for the alarm.
        why: String,
    },
}

/// Pairs `camera fired` with pictures.
#[derive(Debug, Default)]
pub struct Matcher {
    offset: Option<i64>,
    last_count: Option<i64>,
    last_counter: Option<u64>,
    fired: VecDeque<Fired>,
    frames: BTreeMap<u64, Waiting>,
    /// Pictures of a camera without counter.
    uncounted: VecDeque<Waiting>,
    /// A pack was given up before its picture came: without counters the next picture may be that one.
    picture_owed: bool,
}

impl Matcher {
    /// Forgets the difference, e.g. after a new PLC boot or a camera that came back: pictures that wait are useless,
    /// and what was fired before says nothing about the pictures to come. Packs have their deadline all the same.
    pub fn forget(&mut self, out: &mut Vec<Match>) {
        self.offset = None;
        self.fired.clear();
        self.last_counter = None;
        self.picture_owed = false;
        self.drop_frames(out);
    }

    /// Forgets the PLC's counts too (a new boot).
    pub fn forget_all(&mut self, out: &mut Vec<Match>) {
        self.forget(out);
        self.last_count = None;
    }

    fn drop_frames(&mut self, out: &mut Vec<Match>) {
        let frames = std::mem::take(&mut self.frames);
        out.extend(
            frames
                .into_values()
                .map(|waiting| Match::Useless(waiting.frame)),
        );
        let uncounted = self.uncounted.drain(..);
        out.extend(uncounted.map(|waiting| Match::Useless(waiting.frame)));
    }

    /// The camera was fired for `plc`; `count` is the PLC's count mod 65536.
    pub fn fired(&mut self, plc: PlcPack, count: u16, out: &mut Vec<Match>) {
        let count = self.unwrap_count(count);
        self.last_count = Some(count);
        self.fired.push_back(Fired { count, plc });
        self.pair_counted(out);
        self.pair_uncounted(out);
    }

    /// The camera was fired in the past, for a picture that can no longer come: only the count matters.
    pub fn count_only(&mut self, count: u16) {
        self.last_count = Some(self.unwrap_count(count));
    }

    /// A picture arrived.
    pub fn pictured(
        &mut self,
        now: Tick,
        counter: Option<u64>,
        frame: FrameNo,
        out: &mut Vec<Match>,
    ) {
        let Some(counter) = counter else {
            self.uncounted.push_back(Waiting { frame, since: now });
            if std::mem::take(&mut self.picture_owed) {
                let why = "after a missing picture, one came and the camera counts nothing";
                return self.lose_track(why.to_owned(), out);
            }
            return self.pair_uncounted(out);
        };
        match self.last_counter {
            Some(last) if counter == last || self.frames.contains_key(&counter) => {
                return out.push(Match::Useless(frame)); // the same picture twice
            }
            Some(last) if counter < last => {
                self.lose_track(
                    format!("the frame counter went from {last} back to {counter}"),
                    out,
                );
            }
            _ => {}
        }
        self.last_counter = Some(counter);
        self.frames.insert(counter, Waiting { frame, since: now });
        if self.frames.len() > FRAMES_WAITING_MAX
            && let Some((_, oldest)) = self.frames.pop_first()
        {
            out.push(Match::Useless(oldest.frame));
        }
        self.pair_counted(out);
    }

    /// Pictures that wait although the PLC answered all the time since `plc_fresh_since` were never fired for.
    pub fn check_waiting(
        &mut self,
        now: Tick,
        plc_fresh_since: Option<Tick>,
        out: &mut Vec<Match>,
    ) {
        let Some(fresh_since) = plc_fresh_since else {
            return;
        };
        let mut waiting = self.frames.values().chain(&self.uncounted);
        let overdue =
            waiting.any(|waiting| now.since(waiting.since.max(fresh_since)) >= FRAME_WAIT_MAX);
        if overdue {
            self.lose_track(
                "a picture came that the PLC never fired for".to_owned(),
                out,
            );
            self.drop_frames(out);
        }
    }

    /// `plc` needs no picture any more (its deadline passed, or it left the line).
    pub fn give_up(&mut self, plc: PlcPack) {
        let before = self.fired.len();
        self.fired.retain(|fired| fired.plc != plc);
        self.picture_owed |= self.fired.len() < before;
    }

    /// When the oldest waiting picture becomes overdue; while the PLC is silent none does.
    pub fn next_check(&self, plc_fresh_since: Option<Tick>) -> Option<Tick> {
        let fresh_since = plc_fresh_since?;
        let waiting = self.frames.values().chain(&self.uncounted);
        waiting
            .map(|waiting| waiting.since.max(fresh_since) + FRAME_WAIT_MAX)
            .min()
    }

    fn lose_track(&mut self, why: String, out: &mut Vec<Match>) {
        let packs = self.fired.drain(..).map(|fired| fired.plc).collect();
        self.offset = None;
        out.push(Match::LostTrack { packs, why });
        self.drop_frames(out);
    }

    fn unwrap_count(&self, count: u16) -> i64 {
        match self.last_count {
            None => i64::from(count),
            Some(last) => last + i64::from(count.wrapping_sub(last as u16) as i16),
        }
    }

    /// Learns the difference when there is exactly one of each; pairs what belongs together; drops
    /// what nobody waits for.
    fn pair_counted(&mut self, out: &mut Vec<Match>) {
        if self.offset.is_none() {
            let (Some(fired), Some((counter, _))) =
                (self.fired.front(), self.frames.first_key_value())
            else {
                return;
            };
            // A counter is whatever the camera says; the sums wrap as it does.
            self.offset = Some(fired.count.wrapping_sub(*counter as i64));
        }
        let offset = self.offset.expect("learnt above");
        let last_count = self.last_count.unwrap_or(i64::MIN);
        let known: Vec<u64> = self
            .frames
            .keys()
            .copied()
            .take_while(|counter| (*counter as i64).wrapping_add(offset) <= last_count)
            .collect();
        for counter in known {
            let waiting = self.frames.remove(&counter).expect("listed above");
            let count = (counter as i64).wrapping_add(offset);
            match self.fired.iter().position(|fired| fired.count == count) {
                Some(place) => {
                    let fired = self.fired.remove(place).expect("found above");
                    out.push(Match::Pair(fired.plc, waiting.frame, waiting.since));
                }
                None => out.push(Match::TooLate(waiting.frame)),
            }
        }
    }

    /// Without a counter a picture is certain only while exactly one pack waits for one.
    fn pair_uncounted(&mut self, out: &mut Vec<Match>) {
        match (self.fired.len(), self.uncounted.len()) {
            (1, 1) => {
                let fired = self.fired.pop_front().expect("one is there");
                let waiting = self.uncounted.pop_front().expect("one is there");
                out.push(Match::Pair(fired.plc, waiting.frame, waiting.since));
            }
            (fired, frames) if frames > 1 || (frames == 1 && fired > 1) => {
                let why = "two packs or pictures at once and the camera counts nothing".to_owned();
                self.lose_track(why, out);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::LaneNo;

    const BOOT: u16 = 7;

    fn pack(id: u32) -> PlcPack {
        PlcPack {
            lane: LaneNo::FIRST,
            boot: BOOT,
            id,
        }
    }

    fn pairs(out: &[Match]) -> Vec<(u32, u64)> {
        let pair = |found: &Match| match found {
            Match::Pair(plc, frame, _) => Some((plc.id, frame.0)),
            _ => None,
        };
        out.iter().filter_map(pair).collect()
    }

    #[test]
    fn pairs_in_any_order_and_a_lost_frame_costs_its_own_pack_only() {
        let (mut matcher, mut out) = (Matcher::default(), Vec::new());
        // Frame counters run 100 ahead of the PLC's count; frame 103 is lost; 104 comes before its event.
        matcher.fired(pack(1), 1, &mut out);
        matcher.pictured(Tick(0), Some(101), FrameNo(1), &mut out);
        matcher.pictured(Tick(0), Some(102), FrameNo(2), &mut out);
        matcher.fired(pack(2), 2, &mut out);
        matcher.pictured(Tick(0), Some(104), FrameNo(4), &mut out);
        matcher.fired(pack(3), 3, &mut out);
        matcher.fired(pack(4), 4, &mut out);
        matcher.fired(pack(5), 5, &mut out);
        matcher.pictured(Tick(0), Some(105), FrameNo(5), &mut out);
        assert_eq!(pairs(&out), [(1, 1), (2, 2), (4, 4), (5, 5)]);
        assert!(
            !out.iter()
                .any(|found| matches!(found, Match::LostTrack { .. }))
        );
    }

    #[test]
    fn counts_wrap_at_65536() {
        let (mut matcher, mut out) = (Matcher::default(), Vec::new());
        for step in 0..4u16 {
            let count = 65_534u16.wrapping_add(step);
            matcher.fired(pack(u32::from(step) + 1), count, &mut out);
            matcher.pictured(
                Tick(0),
                Some(u64::from(step) + 9),
                FrameNo(u64::from(step)),
                &mut out,
            );
        }
        assert_eq!(pairs(&out), [(1, 0), (2, 1), (3, 2), (4, 3)]);
    }

    #[test]
    fn a_picture_nobody_fired_for_gives_up_the_span() {
        let (mut matcher, mut out) = (Matcher::default(), Vec::new());
        matcher.fired(pack(1), 1, &mut out);
        matcher.pictured(Tick(0), Some(1), FrameNo(1), &mut out);
        matcher.pictured(Tick(0), Some(2), FrameNo(2), &mut out);
        let late = Tick::from_ms(600);
        matcher.check_waiting(late, None, &mut out);
        assert_eq!(out.len(), 1, "while the PLC is silent nothing can be said");
        matcher.check_waiting(late, Some(Tick(0)), &mut out);
        assert!(
            out.iter()
                .any(|found| matches!(found, Match::LostTrack { .. }))
        );
        assert!(out.contains(&Match::Useless(FrameNo(2))));
    }

    #[test]
    fn a_counter_that_starts_again_gives_up_the_packs_in_the_span() {
        let (mut matcher, mut out) = (Matcher::default(), Vec::new());
        matcher.fired(pack(1), 1, &mut out);
        matcher.pictured(Tick(0), Some(50), FrameNo(1), &mut out);
        matcher.fired(pack(2), 2, &mut out);
        matcher.pictured(Tick(0), Some(1), FrameNo(2), &mut out);
        assert_eq!(pairs(&out), [(1, 1)]);
        let lost = out.iter().find_map(|found| match found {
            Match::LostTrack { packs, .. } => Some(packs.clone()),
            _ => None,
        });
        assert_eq!(lost, Some(vec![pack(2)]));
    }

    proptest::proptest! {
        /// Pictures, or texts of a reader, that are lost, come late, or come twice: each pair is of one pack, until
        /// the span is given up.
        #[test]
        fn what_is_lost_late_or_doubled_is_never_another_packs(
            fates in proptest::collection::vec((proptest::bool::weighted(0.2), 0usize..4, 0usize..4), 1..40)
        ) {
            let (mut matcher, mut out) = (Matcher::default(), Vec::new());
            // What comes behind which pack's trigger; the first one is sound, and the difference is learnt from it.
            let mut comes: Vec<Vec<u64>> = vec![Vec::new(); fates.len() + 9];
            comes[0].push(0);
            for (no, (lost, late, again)) in (1u64..).zip(&fates) {
                let at = no as usize + late;
                if !lost {
                    comes[at].push(no);
                    comes[at + again].extend((*again > 0).then_some(no));
                }
            }
            for (no, now) in (0u64..).zip(comes) {
                matcher.fired(pack(no as u32), no as u16, &mut out);
                for frame in now {
                    matcher.pictured(Tick(no), Some(frame + 100), FrameNo(frame), &mut out);
                }
                if out.iter().any(|found| matches!(found, Match::LostTrack { .. })) {
                    break;
                }
            }
            let before = out.iter().take_while(|found| !matches!(found, Match::LostTrack { .. }));
            let paired = pairs(&before.cloned().collect::<Vec<_>>());
            proptest::prop_assert!(paired.iter().all(|(no, frame)| u64::from(*no) == *frame), "{:?}", paired);
        }
    }

    #[test]
    fn without_a_counter_two_waiting_packs_are_both_given_up() {
        let (mut matcher, mut out) = (Matcher::default(), Vec::new());
        matcher.fired(pack(1), 1, &mut out);
        matcher.pictured(Tick(0), None, FrameNo(1), &mut out);
        matcher.fired(pack(2), 2, &mut out);
        matcher.fired(pack(3), 3, &mut out);
        matcher.pictured(Tick(0), None, FrameNo(2), &mut out);
        assert_eq!(pairs(&out), [(1, 1)]);
        assert!(
            out.iter()
                .any(|found| matches!(found, Match::LostTrack { packs, .. } if packs.len() == 2))
        );
    }
}
