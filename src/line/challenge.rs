//! The challenge: proof that camera and PLC count the same packs, and that a bad pack is seen as bad. PURE.
//!
//! The difference between the PLC's `camera fired` count and the camera's frame counter is learnt from the
//! first picture after a fault. Were that picture lost, every later one would be taken for its neighbour's, and
//! a label that slipped by one pack as well could cancel the mistake. So whenever the counts cannot be trusted,
//! the next pack goes *without a label*: its picture must show no symbol. Were it the picture of a pack behind,
//! it would show that one's label. Were it the picture of a pack ahead, it could be another unlabelled one, but
//! then the challenge's own blank picture is taken for the first labelled pack's: so that one must show a
//! symbol. Until both did, no pass leaves the line; if one does not, everything is put in step again. It is at
//! the same time the known-bad pack that good practice asks for at every start.

use super::Line;
use super::pack::Job;
use crate::record::{Fact, Outcome, PackNo, PlcPack, Tick, Verdict};
use std::collections::VecDeque;

/// Most passes that wait for the proof, more than a machine's belt has packs (254); one more and the oldest of those
/// packs is rejected.
pub const WITHHELD_MAX: usize = 256;

/// What is known of the counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// They may have changed: they are learnt anew when everything stands.
    distrusted: bool,
    proven: bool,
    challenge: Option<PlcPack>,
    /// The challenge was seen without a label.
    blank_seen: bool,
    /// Passes that wait for the proof.
    withheld: VecDeque<(PackNo, Verdict)>,
}

impl Counts {
    /// Nothing is known yet.
    pub fn unknown() -> Counts {
        Counts {
            distrusted: true,
            ..Counts::default()
        }
    }

    /// Pictures are of no use until the counts are learnt.
    pub fn distrusted(&self) -> bool {
        self.distrusted
    }
}

impl Line {
    /// Counts may have changed: no pass until they are proven again.
    pub(super) fn distrust_counts(&mut self) {
        self.lane.counts.distrusted = true;
        self.lane.counts.proven = false;
    }

    /// Everything stands and is clear: learn the counts with the next pack.
    pub(super) fn learn_counts(&mut self, now: Tick) {
        if !self.lane.counts.distrusted {
            return;
        }
        let mut out = Vec::new();
        self.lane.matcher.forget(&mut out);
        self.carry_matches(now, out);
        self.drop_withheld(now);
        self.lane.counts = Counts {
            proven: !self.lane.plan.camera_counts,
            ..Counts::default()
        };
    }

    /// Whether this pack, just detected, becomes the challenge: it then gets no label.
    pub(super) fn take_as_challenge(&mut self, plc: PlcPack) -> bool {
        let wanted = !self.lane.counts.proven
            && !self.lane.counts.distrusted
            && self.lane.counts.challenge.is_none();
        if wanted {
            self.lane.counts.challenge = Some(plc);
            if let Some(pack) = self.lane.belt.get_mut(&plc) {
                pack.job = Job::VoidWanted;
            }
        }
        wanted
    }

    pub(super) fn is_challenge(&self, plc: PlcPack) -> bool {
        self.lane.counts.challenge == Some(plc)
    }

    /// A pass before the proof waits for it. `None` when it was withheld.
    pub(super) fn withhold(&mut self, now: Tick, no: PackNo, verdict: Verdict) -> Option<Verdict> {
        let trusted = self.lane.counts.proven && !self.lane.cadence.suspicious();
        if trusted || !verdict.outcome.is_pass() {
            return Some(verdict);
        }
        self.lane.counts.withheld.push_back((no, verdict));
        if self.lane.counts.withheld.len() > WITHHELD_MAX
            && let Some((oldest, _)) = self.lane.counts.withheld.pop_front()
        {
            self.reject_withheld(now, oldest);
        }
        None
    }

    /// The challenge got its verdict.
    pub(super) fn challenge_decided(
        &mut self,
        now: Tick,
        plc: PlcPack,
        no: PackNo,
        outcome: &Outcome,
    ) {
        if !self.is_challenge(plc) || self.lane.counts.proven {
            return;
        }
        let proven = matches!(outcome, Outcome::NoSymbol | Outcome::NotDecodable);
        self.record(
            now,
            self.lane.plan.inspect,
            Fact::Challenged { pack: no, proven },
        );
        if proven && !self.lane.counts.distrusted {
            self.lane.counts.blank_seen = true;
        } else if !proven {
            self.drop_withheld(now);
            self.distrust_counts();
            self.doubt_void_label(now, no, outcome);
            let why = format!(
                "the unlabelled pack {plc} was not seen as such ({})",
                outcome.name()
            );
            self.out_of_step(now, why);
        }
    }

    /// The first pack behind the challenge, seen as blank, that has a number and no verdict yet and was not taken away:
    /// the second half of the proof.
    fn first_behind(&self) -> Option<PackNo> {
        let challenge = self.lane.counts.challenge.filter(|_| {
            self.lane.counts.blank_seen && !self.lane.counts.proven && !self.lane.counts.distrusted
        })?;
        let mut behind = self
            .lane
            .belt
            .range(challenge..)
            .skip_while(|(plc, _)| **plc == challenge);
        let (_, pack) = behind.find(|(_, pack)| pack.has_open_label() && !pack.is_gone())?;
        Some(pack.no)
    }

    /// The pack of this number is about to get this verdict: did the first one behind the challenge show nothing?
    pub(super) fn second_half_fails(&self, no: PackNo, outcome: &Outcome) -> bool {
        self.shows_nothing(outcome) && self.first_behind() == Some(no)
    }

    /// Once the first pack behind the challenge showed its own label the counts are proven, and what was
    /// withheld goes.
    pub(super) fn try_prove(&mut self, now: Tick) {
        let Some(first) = self.first_behind() else {
            return;
        };
        if self.lane.counts.withheld.iter().any(|(no, _)| *no == first) {
            self.lane.counts.proven = true;
            self.release_withheld(now);
        }
    }

    /// The passes that were withheld go on, unless something still speaks against them.
    pub(super) fn release_withheld(&mut self, now: Tick) {
        for (no, verdict) in std::mem::take(&mut self.lane.counts.withheld) {
            self.verified(now, no, verdict);
        }
    }

    /// A pack left the line. The challenge that leaves without a verdict proved nothing: the next pack takes
    /// its place.
    pub(super) fn challenge_left(&mut self, plc: PlcPack) {
        if self.is_challenge(plc) && !self.lane.counts.proven {
            self.lane.counts.challenge = None;
            self.lane.counts.blank_seen = false;
        }
    }

    pub(super) fn drop_withheld(&mut self, now: Tick) {
        for (no, _) in std::mem::take(&mut self.lane.counts.withheld) {
            self.reject_withheld(now, no);
        }
    }

    fn reject_withheld(&mut self, now: Tick, no: PackNo) {
        match self.by_no.get(&no).copied() {
            Some(plc) => self.decide(now, plc, Verdict::without_picture(Outcome::LostTrack)),
            None => self.looked_in_vain(no),
        }
    }
}
