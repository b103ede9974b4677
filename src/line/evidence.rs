//! The pictures of rejected packs: which are kept, and what is on record about them. PURE.
//!
//! Keeping a picture restricts nothing and permits nothing, so no verdict waits for it: the reject is with the PLC
//! before the picture is on its way to the disk. When it is there, a record of the pack says so, with the hash of the
//! file; so the chain covers the picture, and a picture that a crash cut off is on record nowhere. Removing pictures is
//! another matter: it takes evidence away, so its record comes first.

use super::Line;
use super::alarm::AlarmKind;
use super::effect::{Effect, Permissive};
use crate::record::{BatchNo, Fact, KeptPicture, PackNo, PlcPack, Tick};

impl Line {
    /// A pack got its verdict: its picture is kept if it was rejected, and only then. One that is still being looked at
    /// is kept when that is done.
    pub(super) fn keep_or_forget(&mut self, plc: PlcPack) {
        let Some(pack) = self.lane.belt.get(&plc) else {
            return;
        };
        let (no, batch) = (pack.no, pack.batch);
        let passes = pack.outcome().is_some_and(|outcome| outcome.is_pass());
        if passes {
            self.effect(Effect::ForgetPicture(no));
        } else if pack.pictured {
            self.effect(Effect::KeepPicture { pack: no, batch });
        }
    }

    /// A picture was looked at that no verdict waits for: the pack has left, or its verdict came before.
    pub(super) fn looked_in_vain(&mut self, no: PackNo) {
        let kept = self.on_lane_of(no, |line, plc| line.keep_or_forget(plc));
        if kept.is_none() {
            self.effect(Effect::ForgetPicture(no));
        }
    }

    pub(super) fn picture_kept(&mut self, now: Tick, pack: PackNo, picture: KeptPicture) {
        let fact = Fact::PictureKept { pack, picture };
        self.record(now, self.lane.plan.inspect, fact);
        self.clear_alarm(now, AlarmKind::Evidence);
    }

    pub(super) fn picture_not_kept(&mut self, now: Tick, pack: PackNo, why: String) {
        let detail = format!("pack {}: {why}", pack.0);
        let fact = Fact::PictureNotKept { pack, why };
        self.record(now, self.lane.plan.inspect, fact);
        self.raise(now, AlarmKind::Evidence, detail);
    }

    /// The oldest pictures make room, once that is on disk.
    pub(super) fn pictures_crowded(
        &mut self,
        now: Tick,
        through: PackNo,
        (pictures, bytes): (u64, u64),
        except: Vec<BatchNo>,
    ) {
        let fact = Fact::PicturesRemoved {
            through,
            pictures,
            bytes,
            except,
        };
        self.record(now, self.lane.plan.inspect, fact);
        self.permit(Permissive::RemovePictures { through });
    }
}
