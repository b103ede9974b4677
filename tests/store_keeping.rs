//! Of which batches evidence must stay: the open one, and whatever is held or recalled, by itself, with its lot, or
//! with what it is in.

use super::store::{open_at, reader_at};
use super::store_model::batch;
use std::collections::BTreeSet;
use std::path::Path;
use vidimus::record::*;
use vidimus::store::*;

struct Told<'d> {
    store: Store,
    dir: &'d Path,
    seq: u64,
}

impl Told<'_> {
    fn tell(&mut self, fact: Fact) {
        self.seq += 1;
        let record = Record {
            seq: self.seq,
            at: Tick(self.seq),
            point: PointId::STATION,
            actor: Actor::Station,
            reason: None,
            template: None,
            fact,
        };
        let commit = Commit::of(1_700_000_000_000, vec![record]);
        self.store.commit(&[commit]).expect("it is sound");
    }

    /// Batch `no` with the packs `2 no - 1` and `2 no`, both good.
    fn run(&mut self, no: u32) {
        self.tell(Fact::BatchOpened(batch(no, "09506000134352")));
        for id in [2 * no - 1, 2 * no] {
            let pack = PackNo(u64::from(id));
            let plc = PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id,
            };
            self.tell(Fact::PackEntered {
                pack,
                batch: Some(BatchNo(no)),
                plc,
                origin: Origin::Detected,
            });
            self.tell(Fact::Gated {
                pack,
                fate: Fate::Good,
                into: None,
            });
        }
    }

    fn close(&mut self, no: u32) {
        let batch = BatchNo(no);
        let tally = reader_at(self.dir).tally(batch).expect("its books");
        self.tell(Fact::BatchClosed { batch, tally });
    }

    fn begin(&mut self, no: u64, level: u8, unit: Unit) {
        let container = ContainerNo(no);
        self.tell(Fact::Packaging(PackagingFact::Begun {
            container,
            level: Level(level),
            name: "case".to_owned(),
            code: ContainerCode::Sscc(vidimus::gs1::Sscc::of_body(no).expect("short")),
            batch: None,
            capacity: None,
        }));
        self.tell(Fact::Packaging(PackagingFact::Put {
            container,
            units: vec![unit],
        }));
    }

    fn goes(&mut self, step: Step, subject: Subject) {
        self.tell(Fact::Journey(JourneyFact {
            step,
            subjects: vec![subject],
            partner: None,
            documents: Vec::new(),
            told_utc_ms: None,
        }));
    }

    fn stays(&self, batches: &[u32], why: &str) {
        let found = reader_at(self.dir).batches_in_question();
        let wanted: BTreeSet<BatchNo> = batches.iter().copied().map(BatchNo).collect();
        assert_eq!(found.expect("it answers"), wanted, "{why}");
    }
}

#[test]
fn evidence_stays_of_what_is_open_held_or_recalled_until_that_is_lifted() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut told = Told {
        store: open_at(dir.path()),
        dir: dir.path(),
        seq: 0,
    };
    told.stays(&[], "nothing is there");
    for no in 1..=4 {
        told.run(no);
        told.stays(&[no], "the open one");
        told.close(no);
    }
    told.run(5);
    // A pack of batch 1 in a case on a pallet.
    let (case, pallet) = (
        Unit::Container(ContainerNo(1)),
        Unit::Container(ContainerNo(2)),
    );
    told.begin(1, 1, Unit::Pack(PackNo(1)));
    told.begin(2, 2, case);
    told.goes(Step::Shipped, Subject::Unit(pallet));
    told.stays(&[5], "what was shipped is in nobody's question");

    let lot = |no: u32| {
        let batch = batch(no, "09506000134352");
        Subject::Lot {
            gtin: batch.gtin,
            lot: batch.lot,
        }
    };
    told.goes(Step::Held, Subject::Unit(pallet));
    told.stays(&[1, 5], "a pallet is held");
    told.goes(Step::Recalled, lot(2));
    told.goes(Step::Held, lot(2));
    told.goes(Step::Held, Subject::Unit(Unit::Pack(PackNo(6))));
    told.stays(&[1, 2, 3, 5], "and a lot, and a pack");
    // Taken off the pallet while that is held, the case is still in question.
    told.tell(Fact::Packaging(PackagingFact::Taken {
        container: ContainerNo(2),
        units: vec![case],
    }));
    told.goes(Step::Released, lot(2));
    told.stays(&[1, 2, 3, 5], "the lot is released, and still recalled");
    told.goes(Step::RecallLifted, lot(2));
    told.goes(Step::Released, Subject::Unit(Unit::Pack(PackNo(6))));
    told.stays(&[1, 5], "of the pallet nothing was lifted");
    told.goes(Step::Released, Subject::Unit(pallet));
    told.close(5);
    told.stays(&[], "all is lifted");
}
