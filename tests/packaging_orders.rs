//! Orders of people about containers, seeded and put without sense: whatever is permitted the store takes, whatever is
//! refused leaves everything as it was, and every named refusal comes up.

use super::store::open_at;
use super::store_model::Dice;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use vidimus::gs1::Gtin;
use vidimus::label::container_template;
use vidimus::line::packing::PackingPlan;
use vidimus::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan, SsccRange, Wrong};
use vidimus::record::*;
use vidimus::serial::SerialKey;
use vidimus::station::packing::{PackingDesk, Waiting};
use vidimus::store::{Commit, Store};
use vidimus::wire::PackagingOrder;
use vidimus::wire::packaging::Seen;

const GTINS: [&str; 2] = ["09506000134352", "04012345678901"];
const CASE_GTIN: &str = "19506000134359";
/// Batches: product and lot.
const BATCHES: [(usize, &str); 3] = [(0, "L1"), (0, "L2"), (1, "L3")];
const PACKS: u64 = 24;

fn key() -> SerialKey {
    SerialKey::new(*b"0123456789abcdef")
}

fn gtin(place: usize) -> Gtin {
    GTINS[place].parse().expect("a GTIN")
}

/// The label of pallets is printed here.
fn printed() -> LabelPlan {
    let template = container_template("pallet").expect("built in");
    LabelPlan::Printed {
        template: template.hash(),
        ais: template.ais().into_iter().map(str::to_owned).collect(),
    }
}

fn plan() -> PackingPlan {
    let level = |name: &str, holds, code, mixed_lots, label| LevelPlan {
        name: name.to_owned(),
        holds,
        code,
        mixed_lots,
        label,
        layer: None,
    };
    let own = LevelCode::Gtin(CASE_GTIN.parse().expect("a GTIN"));
    PackingPlan {
        hierarchy: Hierarchy {
            levels: vec![
                level("bundle", 3, LevelCode::Sscc, false, LabelPlan::Unread),
                level("case", 4, own, false, LabelPlan::Read),
                level("pallet", 3, LevelCode::Sscc, true, printed()),
            ],
        },
        sscc: Some(SsccRange {
            first: 39_521_234_000_000_000,
            last: 39_521_234_000_000_040,
        }),
        automatic: false,
        reader: None,
        points: Vec::new(),
    }
}

struct Warehouse {
    dice: Dice,
    store: Store,
    desk: PackingDesk,
    seq: u64,
    /// Scans of everything there is, and of what there is not.
    scans: Vec<String>,
    seen: BTreeSet<&'static str>,
    /// Pallets, the newest last.
    pallets: Vec<String>,
    /// Labels that were printed: of which container, and what they say.
    labels: Vec<(String, String)>,
    /// What is inside each container, and its last label since that changed: kept beside the store, by other means.
    told: Told,
}

/// What the facts told so far say of containers.
#[derive(Default)]
struct Told {
    codes: BTreeMap<u64, String>,
    /// Containers whose label is printed here.
    pallets: BTreeSet<u64>,
    inside: BTreeMap<Unit, u64>,
    /// The last label of a container, as long as nothing inside it changed.
    valid: BTreeMap<u64, String>,
    closed_with_a_printed_label: usize,
}

impl Told {
    fn take(&mut self, fact: &Fact) {
        let Fact::Packaging(fact) = fact else {
            return;
        };
        match fact {
            PackagingFact::Begun {
                container,
                code,
                level,
                ..
            } => {
                self.pallets
                    .extend((*level == Level(3)).then_some(container.0));
                self.codes.insert(container.0, code.to_string());
            }
            PackagingFact::Put { container, units } => {
                self.inside
                    .extend(units.iter().map(|unit| (*unit, container.0)));
                self.changed(container.0);
            }
            PackagingFact::Taken { container, units } => {
                self.inside.retain(|unit, _| !units.contains(unit));
                self.changed(container.0);
            }
            PackagingFact::Disaggregated { container } => {
                self.inside.retain(|_, around| *around != container.0);
                self.changed(container.0);
            }
            PackagingFact::Reopened { container } => self.changed(container.0),
            PackagingFact::Labelled {
                container, says, ..
            } => {
                self.valid.insert(container.0, says.clone());
            }
            PackagingFact::Closed {
                container, label, ..
            } => {
                let code = &self.codes[&container.0];
                let label = label.as_deref().unwrap_or_default();
                if self.pallets.contains(&container.0) {
                    let valid = self.valid.get(&container.0);
                    assert_eq!(
                        valid.map(String::as_str),
                        Some(label),
                        "{code} closed with this label"
                    );
                    assert!(label.contains(code.as_str()));
                    self.closed_with_a_printed_label += 1;
                }
            }
            PackagingFact::Ended { .. } | PackagingFact::Pictured { .. } => {}
        }
    }

    /// Everything around a container that changed says what is not true any more.
    fn changed(&mut self, container: u64) {
        self.valid.remove(&container);
        if let Some(around) = self.inside.get(&Unit::Container(ContainerNo(container))) {
            self.changed(*around);
        }
    }
}

impl Warehouse {
    fn new(dir: &std::path::Path, seed: u64) -> Warehouse {
        let store = open_at(dir);
        let reader = store.reader().expect("it reads");
        let mut this = Warehouse {
            dice: Dice(seed),
            store,
            desk: PackingDesk::new(reader, key(), plan()),
            seq: 0,
            scans: vec![
                String::new(),
                "12345".to_owned(),
                format!("(01){}", GTINS[0]),
            ],
            seen: BTreeSet::new(),
            pallets: Vec::new(),
            labels: Vec::new(),
            told: Told::default(),
        };
        (1..)
            .zip(BATCHES)
            .for_each(|(no, (product, lot))| this.run_batch(no, gtin(product), lot));
        this.scans.push(format!("(01){}(21)222222222222", GTINS[0]));
        this.scans.push("395212340000000991".to_owned());
        let other_lot = format!(
            "(01){}(21){}(10)NONE",
            GTINS[0],
            key().text(&gtin(0), 1_000)
        );
        this.scans.push(other_lot);
        this
    }

    /// A batch of good packs and a few rejected ones.
    fn run_batch(&mut self, no: u32, gtin: Gtin, lot: &str) {
        let batch = Batch {
            no: BatchNo(no),
            lot: lot.parse().expect("a lot"),
            ..super::store_model::batch(no, gtin.as_str())
        };
        self.write(vec![Fact::BatchOpened(batch)]);
        let mut tally = Tally::default();
        for place in 0..PACKS {
            let pack = PackNo(u64::from(no - 1) * PACKS + place + 1);
            let index = u64::from(no) * 1_000 + place;
            let serial = SerialNumber {
                index,
                text: key().text(&gtin, index),
            };
            let fate = if place % 8 == 7 {
                Fate::Removed
            } else {
                Fate::Good
            };
            tally.enter();
            tally.take_number();
            let booking = tally::Booking {
                outcome: None,
                numbered: true,
                voided: false,
            };
            tally.leave(fate, booking);
            let lot = if place % 5 == 0 {
                format!("(17)270930(10){lot}")
            } else {
                String::new()
            };
            self.scans
                .push(format!("(01){}(21){}{lot}", gtin.as_str(), serial.text));
            let entered = Fact::PackEntered {
                pack,
                batch: Some(BatchNo(no)),
                plc: PlcPack {
                    lane: LaneNo::FIRST,
                    boot: 1,
                    id: pack.0 as u32,
                },
                origin: Origin::Detected,
            };
            let gated = Fact::Gated {
                pack,
                fate,
                into: None,
            };
            self.write(vec![entered, Fact::SerialReserved { pack, serial }, gated]);
        }
        self.write(vec![Fact::BatchClosed {
            batch: BatchNo(no),
            tally,
        }]);
    }

    fn write(&mut self, facts: Vec<Fact>) {
        let records = facts.into_iter().map(|fact| {
            self.seq += 1;
            Record {
                seq: self.seq,
                at: Tick(self.seq),
                point: PointId::STATION,
                actor: Actor::Named("M.Kowal".to_owned()),
                reason: None,
                template: None,
                fact,
            }
        });
        let commit = Commit::of(1_700_000_000_000, records.collect());
        self.store
            .commit(&[commit])
            .expect("what is permitted the store takes");
    }

    /// Anything; a pack of the two lots of one product; or one of the newest containers.
    fn scan(&mut self) -> String {
        let packs = 3..3 + 2 * PACKS as usize;
        let recent = self.scans.len() - 12.min(self.scans.len());
        let from = match self.dice.below(3) {
            0 => self.scans.clone(),
            1 => self.scans[packs].to_vec(),
            _ => self.scans[recent..].to_vec(),
        };
        self.dice.pick(&from).clone()
    }

    fn scans(&mut self) -> Vec<String> {
        (0..self.dice.below(4)).map(|_| self.scan()).collect()
    }

    fn order(&mut self) -> PackagingOrder {
        if let Some(pallet) = self.newest_pallet()
            && self.dice.below(6) == 0
        {
            return self.about_the_pallet(pallet);
        }
        match self.dice.below(26) {
            0..=2 => PackagingOrder::Begin {
                level: (*self.dice.pick(&["bundle", "bundle", "pallet", "crate"])).to_owned(),
                code: None,
            },
            3 => PackagingOrder::Begin {
                level: "case".to_owned(),
                code: Some(match self.dice.below(4) {
                    0 => self.scan(),
                    no => format!("(01){CASE_GTIN}(21)C{}", no * 100 + self.dice.below(30)),
                }),
            },
            4..=9 => PackagingOrder::Put {
                into: self.scan(),
                units: self.scans(),
                seen: self.seen_in_a_picture(),
            },
            10 => PackagingOrder::Take {
                units: self.scans(),
            },
            11..=12 => PackagingOrder::Move {
                into: self.scan(),
                units: self.scans(),
            },
            13 => PackagingOrder::Replace {
                out: self.scan(),
                with: self.scan(),
            },
            14..=17 => {
                let container = match self.labels.last() {
                    Some((labelled, _)) if self.dice.below(3) == 0 => labelled.clone(),
                    _ => self.scan(),
                };
                let labels = match self.dice.below(6) {
                    0 => Vec::new(),
                    1 => vec![self.scan()],
                    2 if !self.labels.is_empty() => {
                        let labels = self.labels.clone();
                        vec![self.dice.pick(&labels).1.clone()]
                    }
                    3 => vec![format!("{container}(10)NONE"), container.clone()],
                    // The newest label of this container, whatever became of it since.
                    _ => {
                        let own = self.labels.iter().rev().find(|(of, _)| *of == container);
                        vec![own.map_or_else(|| container.clone(), |(_, says)| says.clone())]
                    }
                };
                let partial = self.dice.below(4) > 0;
                PackagingOrder::Close {
                    container,
                    labels,
                    seen: self.seen_in_a_picture(),
                    partial,
                }
            }
            18 => PackagingOrder::Label {
                container: match self.newest_pallet() {
                    Some(pallet) if self.dice.below(3) > 0 => pallet,
                    _ => self.scan(),
                },
            },
            19 => PackagingOrder::Reopen {
                container: self.scan(),
            },
            20 => PackagingOrder::Disaggregate {
                container: self.scan(),
            },
            21 => PackagingOrder::End {
                unit: self.scan(),
                end: *self.dice.pick(&[
                    End::Sampled,
                    End::Destroyed,
                    End::Reworked,
                    End::Dispensed,
                ]),
            },
            _ => self.journey(),
        }
    }

    fn seen_in_a_picture(&mut self) -> Option<Seen> {
        (self.dice.below(4) == 0).then(|| Seen {
            picture: PictureHash([7; 32]),
            read: 3,
            expected: (self.dice.below(2) == 0).then_some(2),
        })
    }

    /// What is done with a pallet in whatever order: filled, labelled, closed with its newest label.
    fn about_the_pallet(&mut self, pallet: String) -> PackagingOrder {
        match self.dice.below(4) {
            0 => PackagingOrder::Put {
                into: pallet,
                units: self.scans(),
                seen: None,
            },
            1 => PackagingOrder::Reopen { container: pallet },
            2 => PackagingOrder::Label { container: pallet },
            _ => {
                let own = self.labels.iter().rev().find(|(of, _)| *of == pallet);
                PackagingOrder::Close {
                    labels: own.map(|(_, says)| says.clone()).into_iter().collect(),
                    container: pallet,
                    seen: None,
                    partial: true,
                }
            }
        }
    }

    fn newest_pallet(&self) -> Option<String> {
        self.pallets.last().cloned()
    }

    fn journey(&mut self) -> PackagingOrder {
        use Step::*;
        let step = *self.dice.pick(&[
            Shipped,
            Shipped,
            Returned,
            Returned,
            Received,
            Held,
            Released,
            Released,
            RecallLifted,
            Recalled,
        ]);
        let of_lot = self.dice.below(4) == 0;
        let (product, lot) = *self
            .dice
            .pick(&[(0, "L1"), (0, "L2"), (1, "L3"), (1, "NONE")]);
        PackagingOrder::Travel {
            step,
            units: if of_lot { Vec::new() } else { self.scans() },
            lots: match of_lot {
                true => vec![(gtin(product), lot.parse().expect("a lot"))],
                false => Vec::new(),
            },
            partner: (self.dice.below(5) > 0).then(|| "9521321000018".parse().expect("a GLN")),
            documents: Vec::new(),
            told_utc_ms: None,
        }
    }

    fn step(&mut self) {
        let order = self.order();
        let (answer, heard) = std::sync::mpsc::sync_channel(1);
        self.desk.take(Waiting {
            by: Actor::Named("M.Kowal".to_owned()),
            signature: None,
            reason: (self.dice.below(6) > 0).then(|| "why".to_owned()),
            point: None,
            order: order.clone(),
            answer: Some(answer),
            since: Instant::now(),
        });
        match self.desk.judge(true) {
            Some((_, judged)) => {
                assert!(
                    !judged.facts.is_empty() && !judged.told.is_empty(),
                    "{order:?}"
                );
                for fact in &judged.facts {
                    self.told.take(fact);
                    if let Fact::Packaging(PackagingFact::Begun { code, level, .. }) = fact {
                        self.scans.push(code.to_string());
                        self.pallets
                            .extend((*level == Level(3)).then(|| code.to_string()));
                    }
                    if let Fact::Packaging(PackagingFact::Labelled {
                        container, says, ..
                    }) = fact
                    {
                        let code = self.told.codes[&container.0].clone();
                        self.labels.push((code, says.clone()));
                    }
                }
                self.write(judged.facts);
            }
            None => {
                let told = heard
                    .try_recv()
                    .expect("it is answered")
                    .expect_err("it is refused");
                let named = |wrong: &&Wrong| told.ends_with(&format!("[{}]", wrong.name()));
                let wrong = Wrong::ALL.iter().find(named);
                let wrong =
                    wrong.unwrap_or_else(|| panic!("{order:?} is refused without a name: {told}"));
                self.seen.insert(wrong.name());
            }
        }
    }
}

#[test]
fn whatever_is_permitted_the_store_takes_and_every_refusal_has_a_name() {
    let mut seen = BTreeSet::new();
    let mut closed = 0;
    for seed in 1..=6 {
        let dir = tempfile::tempdir().expect("a folder");
        let mut warehouse = Warehouse::new(dir.path(), seed);
        (0..2_500).for_each(|_| warehouse.step());
        let reader = warehouse.store.reader().expect("it reads");
        reader.audit().expect("the rows are what the records say");
        seen.append(&mut warehouse.seen);
        closed += warehouse.told.closed_with_a_printed_label;
    }
    assert!(
        closed >= 10,
        "{closed} pallets were closed with a label printed here"
    );
    let all: BTreeSet<&str> = Wrong::ALL.iter().map(|wrong| wrong.name()).collect();
    let never: Vec<&&str> = all
        .difference(&seen)
        .filter(|name| **name != "unanswered")
        .collect();
    assert!(never.is_empty(), "never refused as {never:?}");
}
