//! Containers against a plain model: whatever was put in and taken out, in whatever order, with restarts between, the
//! store says of every unit and every moment where it was, what was inside what, and what became of it.

use super::store::{open_at, options};
use super::store_model::{Dice, batch};
use std::collections::BTreeMap;
use vidimus::record::*;
use vidimus::store::*;

/// A stay: from, to, where.
type Stays = Vec<(u64, Option<u64>, ContainerNo)>;

#[derive(Default)]
struct Model {
    last_seq: u64,
    packs: u64,
    containers: Vec<(Level, ContainerState)>,
    stays: BTreeMap<Unit, Stays>,
    happened: BTreeMap<Unit, Vec<(u64, Happening)>>,
    born: BTreeMap<Unit, u64>,
}

impl Model {
    fn place(&self, unit: Unit) -> Option<ContainerNo> {
        let last = self.stays.get(&unit)?.last()?;
        last.1.is_none().then_some(last.2)
    }

    fn place_at(&self, unit: Unit, at: u64) -> Option<ContainerNo> {
        let stays = self.stays.get(&unit)?;
        let stay = stays
            .iter()
            .find(|(from, to, _)| *from <= at && to.is_none_or(|to| to > at))?;
        Some(stay.2)
    }

    fn chain_at(&self, mut unit: Unit, at: u64) -> Vec<ContainerNo> {
        let mut chain = Vec::new();
        while let Some(container) = self.place_at(unit, at) {
            chain.push(container);
            unit = Unit::Container(container);
        }
        chain
    }

    fn inside_at(&self, container: ContainerNo, at: u64) -> Vec<Unit> {
        let units = self.stays.keys().copied();
        units
            .filter(|unit| self.place_at(*unit, at) == Some(container))
            .collect()
    }

    /// Steps and ends of a unit and of whatever it was inside of when they happened.
    fn standing(&self, unit: Unit, at: u64, identity: Identity) -> Standing {
        let mut all: Vec<(u64, Unit, Happening)> = Vec::new();
        for (other, happened) in &self.happened {
            for (seq, what) in happened.iter().filter(|(seq, _)| *seq <= at) {
                let was_in = |container: &ContainerNo| Unit::Container(*container) == *other;
                if *other == unit || self.chain_at(unit, *seq).iter().any(was_in) {
                    all.push((*seq, *other, *what));
                }
            }
        }
        all.sort_by_key(|(seq, ..)| *seq);
        let mut standing = Standing::of(identity, self.chain_at(unit, at));
        for (seq, to, what) in all {
            standing.take(Stage {
                what,
                seq,
                to: Some(to),
                partner: None,
                until: self.until(unit, to, seq).min(at + 1),
            });
        }
        standing
    }

    /// The record by which a unit left another one that it was inside of at record `at`.
    fn until(&self, mut unit: Unit, other: Unit, at: u64) -> u64 {
        let mut until = u64::MAX >> 1;
        while unit != other {
            let stays = &self.stays[&unit];
            let stay = stays
                .iter()
                .find(|(from, to, _)| *from <= at && to.is_none_or(|to| to > at));
            let (_, to, container) = stay.expect("it was inside");
            until = until.min(to.unwrap_or(until));
            unit = Unit::Container(*container);
        }
        until
    }

    fn put(&mut self, unit: Unit, container: ContainerNo, seq: u64) {
        self.stays
            .entry(unit)
            .or_default()
            .push((seq, None, container));
    }

    fn take(&mut self, unit: Unit, seq: u64) {
        let stays = self.stays.get_mut(&unit).expect("it was put somewhere");
        stays.last_mut().expect("it was").1 = Some(seq);
    }
}

struct Walk {
    dice: Dice,
    model: Model,
    facts: Vec<Fact>,
}

impl Walk {
    fn record(&mut self, fact: Fact) -> u64 {
        self.model.last_seq += 1;
        self.facts.push(fact);
        self.model.last_seq
    }

    fn some_container(
        &mut self,
        of: impl Fn(Level, ContainerState) -> bool,
    ) -> Option<ContainerNo> {
        let fit: Vec<u64> = (1..)
            .zip(&self.model.containers)
            .filter(|(_, (level, state))| of(*level, *state))
            .map(|(no, _)| no)
            .collect();
        (!fit.is_empty()).then(|| ContainerNo(*self.dice.pick(&fit)))
    }

    fn begin(&mut self) {
        let no = self.model.containers.len() as u64 + 1;
        let level = Level(1 + self.dice.below(3) as u8);
        self.model.containers.push((level, ContainerState::Open));
        let container = Unit::Container(ContainerNo(no));
        self.model.born.insert(container, self.model.last_seq + 1);
        self.record(Fact::Packaging(PackagingFact::Begun {
            container: ContainerNo(no),
            level,
            name: format!("level {}", level.0),
            code: match no % 2 {
                0 => ContainerCode::Sscc(vidimus::gs1::Sscc::of_body(no).expect("short")),
                _ => ContainerCode::Sgtin {
                    gtin: "09506000134352".parse().expect("a GTIN"),
                    serial: format!("S/{no}"),
                },
            },
            batch: None,
            capacity: Some(40),
        }));
    }

    /// A pack comes, most of the time into the first open case.
    fn pack(&mut self) {
        self.model.packs += 1;
        let pack = PackNo(self.model.packs);
        self.model
            .born
            .insert(Unit::Pack(pack), self.model.last_seq + 1);
        self.record(Fact::PackEntered {
            pack,
            batch: Some(BatchNo(1)),
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id: pack.0 as u32,
            },
            origin: Origin::Detected,
        });
        let good = self.dice.below(12) > 0;
        let open = (1..)
            .zip(&self.model.containers)
            .find(|(_, (level, state))| level.0 == 1 && *state == ContainerState::Open)
            .map(|(no, _)| ContainerNo(no));
        let into = open.filter(|_| good && self.dice.below(8) > 0);
        let fate = if good {
            Fate::Good
        } else {
            Fate::RejectedNoVerdict
        };
        let seq = self.record(Fact::Gated { pack, fate, into });
        match into {
            Some(container) => self.model.put(Unit::Pack(pack), container, seq),
            None if good => drop(self.model.stays.insert(Unit::Pack(pack), Vec::new())),
            None => {}
        }
    }

    fn put(&mut self) {
        let open = |_, state| matches!(state, ContainerState::Open | ContainerState::Changed);
        let Some(container) = self.some_container(open) else {
            return;
        };
        let level = self.model.containers[container.0 as usize - 1].0;
        let loose = |model: &Model, unit: &Unit| {
            let below = match unit {
                Unit::Pack(_) => true,
                Unit::Container(no) => {
                    let (other, state) = model.containers[no.0 as usize - 1];
                    other < level && state != ContainerState::Disaggregated
                }
            };
            below && model.place(*unit).is_none()
        };
        let containers =
            (1..=self.model.containers.len() as u64).map(|no| Unit::Container(ContainerNo(no)));
        let all = self
            .model
            .stays
            .keys()
            .copied()
            .filter(|unit| matches!(unit, Unit::Pack(_)));
        let mut units: Vec<Unit> = all
            .chain(containers)
            .filter(|unit| loose(&self.model, unit))
            .collect();
        let keep = 1 + self.dice.below(30) as usize;
        let from = self.dice.below(units.len().max(1) as u64) as usize;
        units = units.into_iter().skip(from).take(keep).collect();
        if !units.is_empty() {
            let seq = self.record(Fact::Packaging(PackagingFact::Put {
                container,
                units: units.clone(),
            }));
            units
                .into_iter()
                .for_each(|unit| self.model.put(unit, container, seq));
        }
    }

    fn take(&mut self) {
        let Some(container) =
            self.some_container(|_, state| state != ContainerState::Disaggregated)
        else {
            return;
        };
        let mut units = self.model.inside_at(container, u64::MAX);
        let count = 1 + self.dice.below(3) as usize;
        while units.len() > count {
            let at = self.dice.below(units.len() as u64) as usize;
            units.remove(at);
        }
        if !units.is_empty() {
            let seq = self.record(Fact::Packaging(PackagingFact::Taken {
                container,
                units: units.clone(),
            }));
            units
                .into_iter()
                .for_each(|unit| self.model.take(unit, seq));
            let state = &mut self.model.containers[container.0 as usize - 1].1;
            if *state == ContainerState::Closed {
                *state = ContainerState::Changed;
            }
        }
    }

    fn close(&mut self) {
        let open = |_, state| matches!(state, ContainerState::Open | ContainerState::Changed);
        let Some(container) = self.some_container(open) else {
            return;
        };
        let units = self.model.inside_at(container, u64::MAX).len() as u32;
        self.model.containers[container.0 as usize - 1].1 = ContainerState::Closed;
        self.record(Fact::Packaging(PackagingFact::Closed {
            container,
            label: None,
            units,
            partial: units < 40,
            mixed: false,
        }));
    }

    fn disaggregate(&mut self) {
        let Some(container) = self.some_container(|_, state| state == ContainerState::Closed)
        else {
            return;
        };
        let units = self.model.inside_at(container, u64::MAX);
        let seq = self.record(Fact::Packaging(PackagingFact::Disaggregated { container }));
        units
            .into_iter()
            .for_each(|unit| self.model.take(unit, seq));
        self.model.containers[container.0 as usize - 1].1 = ContainerState::Disaggregated;
    }

    fn travel(&mut self) {
        let Some(container) =
            self.some_container(|_, state| state != ContainerState::Disaggregated)
        else {
            return;
        };
        let unit = match self.dice.below(3) {
            0 if self.model.packs > 0 => Unit::Pack(PackNo(1 + self.dice.below(self.model.packs))),
            _ => Unit::Container(container),
        };
        let known = matches!(unit, Unit::Container(_)) || self.model.stays.contains_key(&unit);
        let step = *self.dice.pick(&[
            Step::Shipped,
            Step::Returned,
            Step::Held,
            Step::Released,
            Step::Recalled,
        ]);
        let (fact, what) = match self.dice.below(4) {
            0 if known => {
                let fact = PackagingFact::Ended {
                    unit,
                    end: End::Destroyed,
                };
                (Fact::Packaging(fact), Happening::End(End::Destroyed))
            }
            _ => {
                let fact = JourneyFact {
                    step,
                    subjects: vec![Subject::Unit(unit)],
                    partner: None,
                    documents: Vec::new(),
                    told_utc_ms: (self.dice.below(4) == 0)
                        .then(|| seq_time(0) - self.dice.below(5_000_000) as i64),
                };
                (Fact::Journey(fact), Happening::Step(step))
            }
        };
        let seq = self.record(fact);
        self.model
            .happened
            .entry(unit)
            .or_default()
            .push((seq, what));
    }

    fn step(&mut self) {
        match self.dice.below(40) {
            0..=24 => self.pack(),
            25..=27 => self.begin(),
            28..=31 => self.put(),
            32..=34 => self.take(),
            35..=36 => self.close(),
            37 => self.disaggregate(),
            _ => self.travel(),
        }
    }
}

fn commit_of(first: u64, facts: Vec<Fact>) -> Commit {
    let records = (first..).zip(facts).map(|(seq, fact)| Record {
        seq,
        at: Tick(seq),
        point: PointId::STATION,
        actor: Actor::Station,
        reason: None,
        template: None,
        fact,
    });
    Commit::of(seq_time(first), records.collect())
}

fn seq_time(seq: u64) -> i64 {
    1_700_000_000_000 + seq as i64
}

/// What the store says of a unit after a record is what the model says.
fn compare(reader: &Reader, model: &Model, unit: Unit, at: u64) {
    let found = reader.whereabouts(|ask| ask.standing(unit, Some(at)));
    let found = found.expect("it answers");
    if at < model.born[&unit] {
        assert_eq!(found, None, "{unit:?} is not there yet");
        return;
    }
    let found = found.expect("it is there");
    if at == model.last_seq {
        let now = reader.whereabouts(|ask| ask.identity(unit));
        assert_eq!(now.expect("it answers").as_ref(), Some(&found.identity));
    }
    let wanted = model.standing(unit, at, found.identity.clone());
    assert_eq!(found, wanted, "{unit:?} after record {at}");
    if let Unit::Container(container) = unit {
        let inside = reader.whereabouts(|ask| ask.inside(container, Some(at)));
        let inside: Vec<Unit> = inside
            .expect("it answers")
            .iter()
            .flat_map(Inside::units)
            .collect();
        assert_eq!(
            inside,
            model.inside_at(container, at),
            "inside {container:?} after record {at}"
        );
    }
}

#[test]
fn what_was_inside_what_is_known_of_every_moment() {
    for seed in 0..6 {
        let dir = tempfile::tempdir().expect("a folder");
        let mut walk = Walk {
            dice: Dice(seed),
            model: Model::default(),
            facts: Vec::new(),
        };
        walk.record(Fact::BatchOpened(batch(1, "09506000134352")));
        let mut store = open_at(dir.path());
        for turn in 0..500 {
            (0..=walk.dice.below(3)).for_each(|_| walk.step());
            let facts = std::mem::take(&mut walk.facts);
            let first = walk.model.last_seq + 1 - facts.len() as u64;
            store
                .commit(&[commit_of(first, facts)])
                .expect("it is taken");
            if turn % 97 == 96 {
                store.settle().expect("blocks");
                drop(store);
                store = open_at(dir.path());
            }
        }
        let reader = Reader::open(dir.path(), &options()).expect("it opens");
        let units: Vec<Unit> = {
            let packs = walk
                .model
                .stays
                .keys()
                .copied()
                .filter(|unit| matches!(unit, Unit::Pack(_)));
            let containers = 1..=walk.model.containers.len() as u64;
            packs
                .chain(containers.map(|no| Unit::Container(ContainerNo(no))))
                .collect()
        };
        for unit in units {
            compare(&reader, &walk.model, unit, walk.model.last_seq);
            let at = 1 + walk.dice.below(walk.model.last_seq);
            compare(&reader, &walk.model, unit, at);
        }
        for (no, (_, state)) in (1..).zip(&walk.model.containers) {
            let found = reader.whereabouts(|ask| ask.identity(Unit::Container(ContainerNo(no))));
            let Some(Identity::Container(found)) = found.expect("it answers") else {
                panic!("container {no} is there");
            };
            assert_eq!(found.state, *state, "container {no}");
            let again = reader.whereabouts(|ask| ask.container_of(&found.code));
            assert_eq!(again.expect("it answers"), Some(ContainerNo(no)));
        }
        reader.audit().expect("the rows are what the records say");
        exports_join(&reader, walk.model.last_seq, &mut walk.dice);
    }
}

/// Wherever exports are cut, together they tell what a single one tells, event by event.
fn exports_join(reader: &Reader, last: u64, dice: &mut Dice) {
    use vidimus::epcis::export::{Kept, Site, export};
    let site = Site {
        station: "line-1".to_owned(),
        gln: None,
        prefix_len: Some(7),
        zone: vidimus::epcis::ZoneOffset::UTC,
    };
    let told = |range| {
        let mut kept = Kept::default();
        let exported = export(reader, &site, range, &mut kept, &mut |_| {});
        let exported = exported.expect("it is told");
        assert_eq!(exported.events as usize, kept.events.len());
        (kept.events, exported)
    };
    let (all, exported) = told((0, None));
    assert!(all.len() > 50 && exported.packs > 100, "{exported:?}");
    for _ in 0..8 {
        let mut cuts: Vec<u64> = (0..dice.below(6)).map(|_| 1 + dice.below(last)).collect();
        cuts.push(last);
        cuts.sort_unstable();
        let (mut joined, mut after, mut packs) = (Vec::new(), 0, 0);
        for cut in cuts {
            let (events, part) = told((after, Some(cut)));
            joined.extend(events);
            (after, packs) = (part.through, packs + part.packs);
        }
        assert_eq!(joined, all);
        assert_eq!(packs, exported.packs);
    }
}

/// What would contradict itself is refused, and nothing is written any more.
#[test]
fn a_unit_is_never_in_two_places_nor_inside_itself() {
    let case = ContainerNo(1);
    let begin = |no, level| {
        Fact::Packaging(PackagingFact::Begun {
            container: ContainerNo(no),
            level: Level(level),
            name: "case".to_owned(),
            code: ContainerCode::Sscc(vidimus::gs1::Sscc::of_body(no.min(9)).expect("short")),
            batch: None,
            capacity: None,
        })
    };
    let put = |container, units: &[Unit]| {
        let units = units.to_vec();
        Fact::Packaging(PackagingFact::Put { container, units })
    };
    let good = Unit::Pack(PackNo(1));
    let wrong = [
        put(case, &[good]),
        put(ContainerNo(2), &[good, good]),
        put(ContainerNo(2), &[Unit::Pack(PackNo(7))]),
        put(case, &[Unit::Container(case)]),
        put(case, &[Unit::Container(ContainerNo(2))]),
        begin(1, 1),
        begin(9, 0),
        Fact::Packaging(PackagingFact::Taken {
            container: ContainerNo(2),
            units: vec![good],
        }),
        Fact::Packaging(PackagingFact::Closed {
            container: case,
            label: None,
            units: 2,
            partial: false,
            mixed: false,
        }),
    ];
    for fact in wrong {
        let dir = tempfile::tempdir().expect("a folder");
        let mut store = open_at(dir.path());
        let entered = Fact::PackEntered {
            pack: PackNo(1),
            batch: Some(BatchNo(1)),
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id: 1,
            },
            origin: Origin::Detected,
        };
        let gated = Fact::Gated {
            pack: PackNo(1),
            fate: Fate::Good,
            into: Some(case),
        };
        let sound = vec![
            Fact::BatchOpened(batch(1, "09506000134352")),
            begin(1, 1),
            begin(2, 2),
            entered,
            gated,
        ];
        store.commit(&[commit_of(1, sound)]).expect("it is sound");
        let refused = store.commit(&[commit_of(6, vec![fact.clone()])]);
        assert!(
            matches!(refused, Err(StoreError::Contradiction { seq: 6, .. })),
            "{fact:?}: {refused:?}"
        );
    }
}

/// What partners say at random: each claim of a unit of ours or of a container of theirs.
struct Gossip<'w> {
    walk: &'w mut Walk,
    document: DocumentNo,
    event: u64,
    /// Hashes of contents are kept, as they are since version 9 of the tables.
    hashed: bool,
}

impl Gossip<'_> {
    fn thing(&mut self) -> Claimed {
        let containers = self.walk.model.containers.len() as u64;
        match self.walk.dice.below(8) {
            0 => Claimed::Foreign(format!("https://id.gs1.org/00/{}", self.walk.dice.below(3))),
            1..=4 => Claimed::Container(ContainerNo(1 + self.walk.dice.below(containers))),
            _ => {
                let packs: Vec<Unit> = self.walk.model.stays.keys().copied().collect();
                match self.walk.dice.pick(&packs) {
                    Unit::Pack(pack) => Claimed::Pack(*pack),
                    Unit::Container(container) => Claimed::Container(*container),
                }
            }
        }
    }

    fn claim(&mut self) -> HeardPart {
        use Said::*;
        self.event += 1;
        let dice = &mut self.walk.dice;
        let said = *dice.pick(&[
            Packed, Packed, Unpacked, Emptied, Emptied, Received, Received, Shipped, Destroyed,
            Dispensed, Seen,
        ]);
        let gln = |dice: &mut Dice| {
            let glns = ["9521321000018", "9521321000117"];
            Some(dice.pick(&glns).parse().expect("a GLN"))
        };
        let last = self.walk.model.last_seq as i64;
        let behind = dice.below(20_000_000) as i64 - 5_000_000;
        let id = match dice.below(12) {
            0 => self.event.saturating_sub(3),
            _ => self.event,
        };
        let claim = Claim {
            event: self.event,
            id: format!("urn:example:{}:{id}", self.document.0),
            utc_ms: seq_time(0) + dice.below(last as u64) as i64 + behind / 1_000 * 1_000,
            said,
            takes_back: id != self.event,
            by: gln(dice),
            to: (dice.below(2) == 0).then(|| gln(dice)).flatten(),
            holder: None,
            words: "said".to_owned(),
            content: (self.hashed && dice.below(2) == 0).then_some(identity::EventHash([7; 32])),
        };
        let holder = matches!(said, Packed | Unpacked).then(|| match self.thing() {
            Claimed::Pack(_) => Claimed::Foreign("https://id.gs1.org/00/9".to_owned()),
            holder => holder,
        });
        let mut subjects: Vec<(Claimed, Flags)> = Vec::new();
        for _ in 0..=self.walk.dice.below(6) {
            let thing = self.thing();
            let flags = match self.walk.dice.below(15) {
                0 => Flags::NEVER_SHIPPED,
                _ => Flags::default(),
            };
            if Some(&thing) != holder.as_ref() {
                subjects.push((thing, flags));
            }
        }
        HeardPart {
            claim: Claim { holder, ..claim },
            subjects,
            lots: Vec::new(),
            goes_on: false,
        }
    }

    /// A document of so many claims counts.
    fn told(walk: &mut Walk, store: &mut Store, no: u64, hashed: bool) {
        let content = identity::DocumentHash([no as u8; 32]);
        let source = "gossip".to_owned();
        let document = DocumentNo(no);
        let mut gossip = Gossip {
            walk,
            document,
            event: 0,
            hashed,
        };
        let parts: Vec<HeardPart> = (0..60).map(|_| gossip.claim()).collect();
        let mut stage = |staging| {
            let staged = store
                .errand(1, Errand::Stage(staging))
                .expect("a sound disk");
            assert_eq!(staged.expect("it is staged").document, document);
        };
        use partner::Staging;
        stage(Staging::Begin { content, source });
        stage(Staging::Add { document, parts });
        stage(Staging::Seal { document });
        let reader = store.reader().expect("it opens");
        let sealed = reader.whereabouts(|ask| ask.sealed_document(document));
        let fact = sealed.expect("it answers").expect("it is sealed");
        walk.record(Fact::Partner(fact));
    }
}

/// Claims from before hashes of contents were kept count as they did.
fn goes_on_from_version_8(dir: &std::path::Path) {
    let database = rusqlite::Connection::open(dir.join("vidimus.db")).expect("it opens");
    let back = "DROP INDEX packs_of_other_lanes; ALTER TABLE packs DROP COLUMN lane;
        ALTER TABLE plc_boots DROP COLUMN lane;
        DROP TABLE shelved; DROP TABLE latched; DROP TABLE label_facts; ALTER TABLE partner_claims DROP COLUMN content;
        PRAGMA user_version = 8";
    database.execute_batch(back).expect("it is done");
    database.close().expect("it closes");
    let store = open_at(dir);
    let reader = store.reader().expect("it opens");
    reader.audit().expect("the rows are what the records say");
}

/// How many good packs partners say are where: asked pack by pack, and of everything together.
#[test]
fn recall_counts_by_partners_what_track_says_of_every_pack() {
    use vidimus::trace::{Archive, Scope, recall, track};
    let mut all = 0;
    for seed in 0..12 {
        let dir = tempfile::tempdir().expect("a folder");
        let mut walk = Walk {
            dice: Dice(1_000 + seed),
            model: Model::default(),
            facts: Vec::new(),
        };
        walk.record(Fact::BatchOpened(batch(1, "09506000134352")));
        let mut store = open_at(dir.path());
        let mut documents = 0;
        for turn in 0..300 {
            (0..=walk.dice.below(3)).for_each(|_| walk.step());
            let facts = std::mem::take(&mut walk.facts);
            let first = walk.model.last_seq + 1 - facts.len() as u64;
            store
                .commit(&[commit_of(first, facts)])
                .expect("it is taken");
            if turn % 75 == 74 {
                documents += 1;
                Gossip::told(&mut walk, &mut store, documents, seed % 2 == 0);
            }
        }
        let facts = std::mem::take(&mut walk.facts);
        let first = walk.model.last_seq + 1 - facts.len() as u64;
        store
            .commit(&[commit_of(first, facts)])
            .expect("it is taken");
        store.settle().expect("blocks");
        let archive = Archive {
            reader: Reader::open(dir.path(), &options()).expect("it opens"),
            key: None,
        };
        let mut wanted: BTreeMap<_, u64> = BTreeMap::new();
        for unit in walk.model.stays.keys() {
            let Unit::Pack(_) = unit else { continue };
            let track = track(&archive, *unit, None).expect("it answers");
            if let Some(told) = track.told {
                let shipped = told.what == "shipped";
                let partner = if shipped {
                    told.to.or(told.by)
                } else {
                    told.by
                };
                *wanted.entry((told.what, partner)).or_default() += 1;
            }
        }
        let found = recall(&archive, &Scope::default())
            .expect("it answers")
            .told;
        let found: BTreeMap<_, u64> = found
            .into_iter()
            .map(|group| ((group.what, group.partner), group.packs))
            .collect();
        assert_eq!(found, wanted, "seed {seed}");
        all += wanted.values().sum::<u64>();
        let audited = archive.reader.audit();
        audited.expect("the rows are what the records say");
        if seed % 2 == 1 {
            drop((archive, store));
            goes_on_from_version_8(dir.path());
        }
    }
    assert!(all > 500, "partners spoke of {all} packs");
}
