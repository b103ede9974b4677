//! The pictures of rejected packs: kept, not kept, removed; and what must hold of them whatever happens.

use super::World;
use crate::line::Event;
use crate::record::{Fact, KeptPicture, PackNo, PictureCoding, PictureHash};
use std::collections::BTreeSet;

impl World {
    /// Most pictures get to the disk; by their pack's number some do not, and some make others go.
    pub(super) fn keep_picture(&mut self, pack: PackNo) {
        if !self.looked.remove(&pack) {
            return; // it is still being looked at
        }
        let picture = KeptPicture {
            coding: PictureCoding::Png,
            bytes: 1000,
            sha256: PictureHash([7; 32]),
        };
        let why = "the disk said no".to_owned();
        self.inbox.push(match pack.0 % 5 {
            0 => Event::PictureNotKept { pack, why },
            _ => Event::PictureKept { pack, picture },
        });
        if pack.0.is_multiple_of(7) {
            let through = PackNo(pack.0.saturating_sub(20));
            let (pictures, bytes) = (1, 1000);
            self.inbox.push(Event::PicturesCrowded {
                through,
                pictures,
                bytes,
                except: Vec::new(),
            });
        }
    }

    pub(super) fn forget_picture(&mut self, pack: PackNo) {
        self.looked.remove(&pack);
    }

    /// Evidence is taken away only when that is on disk.
    pub(super) fn check_removal_is_on_disk(&self, gone: PackNo) {
        let says =
            |fact: &Fact| matches!(fact, Fact::PicturesRemoved { through, .. } if *through == gone);
        let on_disk = self.disk.iter().rev().any(|record| says(&record.fact));
        assert!(
            on_disk,
            "pictures up to pack {} go before their record",
            gone.0
        );
    }

    /// Of every pack with a verdict the line has said what becomes of its picture; none of a pass is kept.
    pub(super) fn check_pictures(&self) {
        let mut passed = BTreeSet::new();
        let mut told = BTreeSet::new();
        for record in &self.disk {
            match &record.fact {
                Fact::Verified { pack, verdict } => {
                    told.insert(*pack);
                    if verdict.outcome.is_pass() {
                        passed.insert(*pack);
                    }
                }
                Fact::PictureKept { pack, .. } | Fact::PictureNotKept { pack, .. } => {
                    assert!(
                        !passed.contains(pack),
                        "the picture of pack {}, a pass, was wanted",
                        pack.0
                    );
                    assert!(
                        told.contains(pack),
                        "pack {} has a picture and no verdict",
                        pack.0
                    );
                }
                _ => {}
            }
        }
        let held: Vec<_> = self.looked.intersection(&told).collect();
        assert!(
            held.is_empty(),
            "nobody says what becomes of the pictures of {held:?}"
        );
    }
}
