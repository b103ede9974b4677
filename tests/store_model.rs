//! A plain model of what the store must remember, and a seeded history that a line could have lived
//! through.
//!
//! The model keeps its books the way the line does: by [`Tally`]'s methods at the moment things
//! happen. It knows no SQL.

use std::collections::{BTreeMap, HashMap};
use vidimus::gs1::{Expiry, Gtin, Lot};
use vidimus::record::tally::Booking;
use vidimus::record::*;
use vidimus::store::{Commit, PackRow};

/// A small deterministic source of chance (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

#[derive(Debug, Clone)]
struct ModelPack {
    row: PackRow,
    /// It has a label, with or without a number; of which template its record says.
    labelled: bool,
    template: Option<TemplateHash>,
    verdict: Option<Verdict>,
}

/// Everything that happened, and what must be remembered of it.
#[derive(Debug, Clone)]
pub struct Model {
    dice: Dice,
    pub commits: Vec<Commit>,
    last_seq: u64,
    batches: Vec<(Batch, bool)>,
    tallies: BTreeMap<BatchNo, Tally>,
    packs: Vec<ModelPack>,
    taken: BTreeMap<Gtin, u64>,
    lot: LotStanding,
    /// Scan text of every number taken, with the place of its pack.
    numbers: HashMap<(Gtin, u64), usize>,
}

const GTINS: [&str; 2] = ["09506000134352", "04012345678901"];

pub fn gtin(text: &str) -> Gtin {
    text.parse().expect("a right GTIN")
}

pub fn batch(no: u32, gtin_text: &str) -> Batch {
    Batch {
        no: BatchNo(no),
        product: format!("Wörk \"{no}\""),
        gtin: gtin(gtin_text),
        lot: format!("L{no}").parse::<Lot>().expect("a right lot"),
        expiry: "270930".parse::<Expiry>().expect("a right date"),
        template: TemplateHash([no as u8; 32]),
        target: no.is_multiple_of(2).then_some(20_000),
        quality: QualityRules {
            grade_min: GradeMin(no.is_multiple_of(3).then_some(Tenths(15))),
            text: TextPolicy::Warn,
        },
        terms: BatchTerms {
            produced: no
                .is_multiple_of(2)
                .then(|| "250100".parse().expect("a date")),
            ..BatchTerms::default()
        },
        numbers: NumberSource::Own,
    }
}

/// Whose number was seen: its scan, and its name where it is one of ours.
pub type Sight = (String, Option<SeenNumber>);

pub fn verdict(outcome: Outcome, scan: Option<Option<Sight>>) -> Verdict {
    let picture = scan.is_some().then_some(PictureOrigin {
        counter: Some(123_456),
        width_px: 640,
        height_px: 480,
        lossless: true,
        calibrated: false,
    });
    Verdict {
        outcome,
        seen: scan.map(|sight| {
            let (scan, number) = sight.unzip();
            Seen {
                by: ReadBy::Rxing,
                scan,
                number: number.flatten().map(Box::new),
            }
        }),
        picture,
        grades: None,
        looks_like: None,
        text: TextSeen::NotChecked,
    }
}

/// A serial's text: any text that is never the same for two counter values of a GTIN.
pub fn serial(gtin: &Gtin, index: u64) -> SerialNumber {
    let mixed = Dice(index ^ gtin.value()).roll() >> 20;
    SerialNumber {
        index,
        text: format!("{mixed:011X}{}", index % 10),
    }
}

impl Model {
    pub fn new(seed: u64) -> Model {
        Model {
            dice: Dice(seed),
            commits: Vec::new(),
            last_seq: 0,
            batches: Vec::new(),
            tallies: BTreeMap::new(),
            packs: Vec::new(),
            taken: BTreeMap::new(),
            lot: LotStanding::default(),
            numbers: HashMap::new(),
        }
    }

    /// The last record's number.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Lives through one more turn and returns its commit.
    pub fn turn(&mut self) -> Commit {
        let facts = 1 + self.dice.below(8);
        let mut records = Vec::new();
        for _ in 0..facts {
            let fact = self.fact();
            self.take(&fact);
            let record = self.record(fact);
            self.note_label(&record);
            records.push(record);
        }
        let commit = Commit::of(1_790_000_000_000 + self.dice.below(1000) as i64, records);
        self.commits.push(commit.clone());
        commit
    }

    fn record(&mut self, fact: Fact) -> Record {
        self.last_seq += 1;
        let person = Actor::Person("Ana Ğ|\"1:2,".to_owned());
        Record {
            seq: self.last_seq,
            at: Tick(self.last_seq * 1_234_567),
            point: PointId(self.dice.below(4) as u16),
            actor: self
                .dice
                .pick(&[Actor::Station, Actor::Machine, person])
                .clone(),
            reason: self
                .dice
                .pick(&[None, None, Some(String::new()), Some("torn\n".into())])
                .clone(),
            template: (self.dice.below(2) == 0)
                .then_some(TemplateHash([self.last_seq as u8 / 4; 32])),
            fact,
        }
    }

    fn open_batch(&self) -> Option<&Batch> {
        self.batches
            .last()
            .filter(|(_, open)| *open)
            .map(|(batch, _)| batch)
    }

    fn fact(&mut self) -> Fact {
        let Some(open) = self.open_batch().cloned() else {
            return match self.dice.below(4) {
                0 => self.entering(None),
                1 => Fact::Lot(LotFact::LineCleared {
                    after: self.batches.last().map(|(batch, _)| batch.no),
                    packs: 0,
                    last_pack: PackNo(self.packs.len() as u64),
                }),
                _ => {
                    let gtin = *self.dice.pick(&GTINS);
                    Fact::BatchOpened(batch(self.batches.len() as u32 + 1, gtin))
                }
            };
        };
        match self.dice.below(19) {
            0..=3 => {
                let batch = (self.dice.below(20) > 0).then_some(open.no);
                self.entering(batch)
            }
            4..=6 => self.of_pack(Model::reserving),
            7..=9 => self.of_pack(Model::verifying),
            10..=12 => self.of_pack(|_, pack, dice| {
                (pack.row.fate.is_none() && dice.below(4) > 0).then(|| Fact::Gated {
                    pack: pack.row.pack,
                    fate: *dice.pick(&FATES),
                    into: None,
                })
            }),
            13 => self.of_pack(|_, pack, _| {
                (pack.row.serial.is_some() && !pack.row.voided).then_some(Fact::SerialVoided {
                    pack: pack.row.pack,
                    cause: VoidCause::QueueCleared,
                })
            }),
            14 => self.of_pack(|_, pack, _| {
                let fate = pack.row.fate.filter(|fate| *fate != Fate::Good)?;
                Some(Fact::Decommissioned {
                    pack: pack.row.pack,
                    fate,
                })
            }),
            15 | 16 => self.course(open.no),
            17 => self.of_pack(|_, pack, dice| {
                let (cause, row) = (*dice.pick(SampleCause::ALL), &pack.row);
                let gets_label = !pack.labelled && row.fate.is_none();
                row.batch.filter(|no| *no == open.no).map(|batch| {
                    let pack = row.pack;
                    Fact::Lot(match gets_label {
                        true => LotFact::Labelled { pack, batch },
                        false => LotFact::Sampled { pack, batch, cause },
                    })
                })
            }),
            _ => self.closing(open.no),
        }
    }

    /// Something happens to the open batch beyond its packs.
    fn course(&mut self, batch: BatchNo) -> Fact {
        let entered = self.packs.len() as u64;
        let used = self.lot.components.clone();
        Fact::Lot(match self.dice.below(6) {
            0 => LotFact::FirstArticlesAccepted { batch, count: 2 },
            1 => LotFact::FirstArticlesRefused { batch, count: 2 },
            2 => LotFact::SamplesOrdered { batch, count: 3 },
            3 if !used.is_empty() => {
                let (kind, lot) = self.dice.pick(&used).clone();
                let through = PackNo(entered);
                LotFact::ComponentEnded {
                    batch,
                    kind,
                    lot,
                    through,
                }
            }
            4 => LotFact::DifferenceExplained {
                batch,
                of: Difference::Void,
                count: 1,
                text: "torn\n".to_owned(),
            },
            _ => {
                let lot = format!("R{}", self.last_seq).parse().expect("a lot");
                LotFact::ComponentLinked {
                    batch,
                    component: Component {
                        kind: *self.dice.pick(ComponentKind::ALL),
                        lot,
                        name: Some("Étiquette \"2\"".parse().expect("words")),
                        supplier: None,
                        expiry: None,
                    },
                    from: PackNo(entered + 1),
                }
            }
        })
    }

    fn closing(&mut self, batch: BatchNo) -> Fact {
        let tally = self.tallies[&batch].clone();
        match tally.in_line == 0 && self.dice.below(4) == 0 {
            true => Fact::BatchClosed { batch, tally },
            false => Fact::Stopped {
                cause: "A person stopped the line.".to_owned(),
                latched: None,
            },
        }
    }

    fn entering(&mut self, batch: Option<BatchNo>) -> Fact {
        let no = self.packs.len() as u64 + 1;
        Fact::PackEntered {
            pack: PackNo(no),
            batch,
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot: 40_000 + (no / 30) as u16,
                id: (no % 30) as u32 + 1,
            },
            origin: *self
                .dice
                .pick(&[Origin::Detected, Origin::Appeared, Origin::Unseen]),
        }
    }

    /// A fact about one of the last packs, or, where that one gives none, about the station.
    fn of_pack(&mut self, make: impl Fn(&Model, &ModelPack, &mut Dice) -> Option<Fact>) -> Fact {
        let mut dice = self.dice.clone();
        let from = self.packs.len().saturating_sub(12);
        let recent = &self.packs[from..];
        let fact = match recent.is_empty() {
            true => None,
            false => {
                let pack = dice.pick(recent);
                make(self, pack, &mut dice)
            }
        };
        self.dice = dice;
        fact.unwrap_or(Fact::RejectNextOrdered)
    }

    fn reserving(&self, pack: &ModelPack, _: &mut Dice) -> Option<Fact> {
        let batch = pack
            .row
            .batch
            .filter(|no| self.open_batch().is_some_and(|b| b.no == *no))?;
        if pack.labelled || pack.row.fate.is_some() {
            return None;
        }
        let gtin = self.batches[batch.0 as usize - 1].0.gtin;
        let index = self.taken.get(&gtin).copied().unwrap_or(0);
        Some(Fact::SerialReserved {
            pack: pack.row.pack,
            serial: serial(&gtin, index),
        })
    }

    fn verifying(&self, pack: &ModelPack, dice: &mut Dice) -> Option<Fact> {
        let other = &dice.pick(&self.packs).row;
        let scan = self.sight_of(other);
        let verdict = match dice.below(6) {
            0 => verdict(Outcome::NoSymbol, None),
            1 => verdict(
                Outcome::NotGs1,
                Some(Some(("https://example.com/\u{1d}é".to_owned(), None))),
            ),
            2 if scan.is_some() => verdict(Outcome::UnexpectedSerial, Some(scan)),
            3 if scan.is_some() => verdict(
                Outcome::WrongContent {
                    ai: "17".to_owned(),
                },
                Some(scan),
            ),
            4 => verdict(Outcome::Late, None),
            _ if pack.row.serial.is_some() => {
                let good = [Outcome::Pass, Outcome::Pass, Outcome::Sample];
                verdict(dice.pick(&good).clone(), Some(None))
            }
            _ => verdict(Outcome::StationNotReady, None),
        };
        Some(Fact::Verified {
            pack: pack.row.pack,
            verdict,
        })
    }

    fn sight_of(&self, pack: &PackRow) -> Option<Sight> {
        let gtin = self.gtin_of(pack)?;
        let SerialNumber { index, text } = pack.serial.clone()?;
        let scan = format!("]d201{gtin}21{text}\u{1d}1727093010L1");
        Some((scan, Some(SeenNumber { gtin, index })))
    }

    fn gtin_of(&self, pack: &PackRow) -> Option<Gtin> {
        pack.batch
            .map(|batch| self.batches[batch.0 as usize - 1].0.gtin)
    }

    /// What the fact changes.
    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Lot(fact) => self.lot.apply(fact),
            Fact::BatchOpened(batch) => {
                self.lot.begin_anew();
                self.tallies.insert(batch.no, Tally::default());
                self.batches.push((batch.clone(), true));
            }
            Fact::BatchClosed { .. } => {
                self.lot.begin_anew();
                self.batches.last_mut().expect("one is open").1 = false;
            }
            Fact::PackEntered {
                pack,
                batch,
                plc,
                origin,
            } => {
                if batch.is_none() && self.open_batch().is_none() {
                    self.lot.enter_without_batch();
                }
                self.book(*batch, Tally::enter);
                let row = PackRow {
                    pack: *pack,
                    batch: *batch,
                    plc: *plc,
                    origin: *origin,
                    serial: None,
                    voided: false,
                    in_ink: false,
                    verdict: None,
                    fate: None,
                };
                self.packs.push(ModelPack {
                    row,
                    labelled: false,
                    template: None,
                    verdict: None,
                });
            }
            Fact::SerialReserved { pack, serial } => self.take_number(*pack, serial),
            Fact::SerialVoided { pack, .. } => {
                let row = &mut self.pack(*pack).row;
                row.voided = true;
                if row.fate.is_none() {
                    let batch = row.batch;
                    self.book(batch, Tally::void_number);
                }
            }
            Fact::Verified { pack, verdict } => self.verify(*pack, verdict),
            Fact::Gated { pack, fate, .. } => self.leave(*pack, *fate),
            _ => {}
        }
    }

    fn book(&mut self, batch: Option<BatchNo>, entry: impl FnOnce(&mut Tally)) {
        if let Some(batch) = batch {
            entry(self.tallies.get_mut(&batch).expect("every batch has books"));
        }
    }

    fn pack(&mut self, no: PackNo) -> &mut ModelPack {
        &mut self.packs[no.0 as usize - 1]
    }

    fn note_label(&mut self, record: &Record) {
        let (Fact::SerialReserved { pack, .. } | Fact::Lot(LotFact::Labelled { pack, .. })) =
            record.fact
        else {
            return;
        };
        let pack = self.pack(pack);
        (pack.labelled, pack.template) = (true, record.template);
    }

    fn take_number(&mut self, pack: PackNo, serial: &SerialNumber) {
        let row = &mut self.pack(pack).row;
        row.serial = Some(serial.clone());
        let row = row.clone();
        let gtin = self.gtin_of(&row).expect("it has a batch");
        *self.taken.entry(gtin).or_default() += 1;
        self.numbers
            .insert((gtin, serial.index), pack.0 as usize - 1);
        self.book(row.batch, Tally::take_number);
    }

    fn verify(&mut self, no: PackNo, verdict: &Verdict) {
        let code = verdict.outcome.code();
        let pack = self.pack(no);
        let fate = pack.row.fate;
        if fate.is_none() {
            pack.verdict = Some(verdict.clone());
            pack.row.verdict = Some(code);
        } else if pack.row.verdict.is_none() && fate != Some(Fate::RejectedByVerdict) {
            pack.row.verdict = Some(code);
        }
        match &verdict.seen {
            Some(Seen { scan: None, .. }) => pack.row.in_ink |= pack.row.serial.is_some(),
            Some(Seen {
                number: Some(seen), ..
            }) => {
                let found = self.numbers.get(&(seen.gtin, seen.index)).copied();
                if let Some(found) = found {
                    self.packs[found].row.in_ink = true;
                }
            }
            _ => {}
        }
    }

    fn leave(&mut self, no: PackNo, fate: Fate) {
        let pack = self.pack(no);
        let outcome = pack.verdict.as_ref().map(|verdict| verdict.outcome.clone());
        let row = &mut pack.row;
        let (batch, numbered, voided) = (row.batch, row.serial.is_some(), row.voided);
        row.fate = Some(fate);
        self.book(batch, |tally| {
            tally.leave(
                fate,
                Booking {
                    outcome: outcome.as_ref(),
                    numbered,
                    voided,
                },
            );
        });
    }

    /// What a restart must find.
    pub fn restored(&self) -> Restored {
        let open = self.open_batch();
        let seen = self.packs.iter().filter(|pack| {
            pack.row.in_ink && open.is_some_and(|batch| pack.row.batch == Some(batch.no))
        });
        Restored {
            last_seq: self.last_seq,
            last_pack: PackNo(self.packs.len() as u64),
            last_batch: BatchNo(self.batches.len() as u32),
            batch: open.map(|batch| (batch.clone(), self.tallies[&batch.no].clone())),
            taken: self
                .taken
                .iter()
                .map(|(gtin, taken)| (*gtin, *taken))
                .collect(),
            seen: seen
                .filter_map(|pack| Some(pack.row.serial.as_ref()?.index))
                .collect(),
            open: self
                .packs
                .iter()
                .filter(|pack| pack.row.fate.is_none())
                .map(open_pack)
                .collect(),
            last_entered: self
                .packs
                .last()
                .map(|pack| pack.row.plc)
                .into_iter()
                .collect(),
            last_boot: Vec::new(),
            packing: RestoredPacking::default(),
            lot: self.lot.clone(),
            people: Register::default(),
            ..Restored::default()
        }
    }

    pub fn rows(&self) -> Vec<PackRow> {
        self.packs.iter().map(|pack| pack.row.clone()).collect()
    }

    pub fn tallies(&self) -> &BTreeMap<BatchNo, Tally> {
        &self.tallies
    }

    pub fn batches(&self) -> &[(Batch, bool)] {
        &self.batches
    }

    pub fn gtin_of_pack(&self, pack: &PackRow) -> Option<Gtin> {
        self.gtin_of(pack)
    }

    /// All records so far with their commits' wall clock.
    pub fn history(&self) -> Vec<(i64, Record)> {
        let of = |commit: &Commit| {
            let utc_ms = commit.utc_ms;
            commit
                .records
                .clone()
                .into_iter()
                .map(move |record| (utc_ms, record))
        };
        self.commits.iter().flat_map(of).collect()
    }
}

const FATES: [Fate; 10] = [
    Fate::Good,
    Fate::RejectedByVerdict,
    Fate::RejectedNoVerdict,
    Fate::RejectedHeartbeat,
    Fate::RejectedBootEcho,
    Fate::RejectedPurge,
    Fate::RejectNotConfirmed,
    Fate::Removed,
    Fate::PassedInBypass,
    Fate::Unknown,
];

fn open_pack(pack: &ModelPack) -> OpenPack {
    OpenPack {
        pack: pack.row.pack,
        batch: pack.row.batch,
        plc: pack.row.plc,
        origin: pack.row.origin,
        serial: pack.row.serial.clone(),
        template: pack.template,
        voided: pack.row.voided,
        verdict: pack.verdict.clone(),
    }
}
