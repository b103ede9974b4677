//! From pack to pallet: good packs of all lanes fill cases, cases get their label, are read, and go on a pallet, which
//! gets a label of its own. PURE.
//!
//! The first level takes packs in the order in which they fall into the good bin, each further level the containers of
//! the one below in the order in which they come. A full container stands and waits until it has its label; the next
//! one is begun meanwhile, so packs never wait. Then it goes past the readers of its level, and to the level above,
//! past the readers there. What a label printer prints is stuck on the container that has waited longest at the level
//! whose name stands on the label, as a person at the packing table does it; a label that nobody waits for is kept
//! until the next container of its level is full, and only the newest one.

mod rows;
#[cfg(test)]
mod test;

use std::collections::VecDeque;

pub use rows::{Carton, FILE_NAME, PackingFile, Row, Unit, read_file};

use crate::{Tick, printer::Label, printer::Mark};

/// Where the label of a container comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labelling {
    /// It has none.
    Nothing,
    /// From a roll that was printed elsewhere: this GTIN and a serial that goes on by one.
    Roll(String),
    /// From the label printer, when the station has it printed.
    Printed,
    /// Somebody sticks it on, by control.
    ByHand,
}

/// One level of packaging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelOptions {
    /// Its name, as it stands on its labels.
    pub name: String,
    /// Units of the level below in a full one.
    pub holds: usize,
    /// Where its labels come from.
    pub labelling: Labelling,
    /// The readers that it passes, by the name of their point.
    pub points: Vec<String>,
}

/// What the packing hall depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackingOptions {
    /// The levels, the one of the packs' own containers first.
    pub levels: Vec<LevelOptions>,
    /// The readers behind all lanes that each pack passes on its way into its container, by the name of their point.
    pub pack_points: Vec<String>,
    /// From the place of the label to the reader, and from there to the level above, in ms.
    pub way_ms: u64,
}

/// What a reader saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The point it stands at.
    pub point: String,
    /// What it read, each code with its symbology identifier; none: something passed, and nothing was read.
    pub texts: Vec<String>,
}

/// What came out of the hall.
#[derive(Debug, Default, PartialEq)]
pub struct Packed {
    /// What happened, for the truth.
    pub rows: Vec<Row>,
    /// What readers say.
    pub scans: Vec<Scan>,
}

/// One container.
#[derive(Debug, Clone)]
struct Container {
    number: u64,
    level: usize,
    units: usize,
    packs: u64,
    label: Vec<String>,
}

/// Where a container is on its way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leg {
    /// The readers of its own level.
    OwnPoints,
    /// The container of the level above.
    Above,
}

/// How a level stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LevelStatus {
    /// Its name.
    pub level: String,
    /// Units in the open container.
    pub open: usize,
    /// Full containers that wait for their label.
    pub waiting: usize,
    /// Full containers since the beginning.
    pub full: u64,
}

/// The packing hall.
#[derive(Debug)]
pub struct Packer {
    options: PackingOptions,
    now: Tick,
    open: Vec<Option<Container>>,
    waiting: Vec<VecDeque<Container>>,
    under_way: VecDeque<(Tick, Leg, Container)>,
    /// The newest label of each level that nobody waited for.
    kept: Vec<Option<Vec<String>>>,
    full: Vec<u64>,
    last_number: u64,
    last_of_roll: u64,
    taken: u64,
    /// Packs in containers of the highest level that are finished.
    stored: u64,
    out: Packed,
}

impl Packer {
    /// An empty hall; `first` is the number of the first container.
    #[must_use]
    pub fn new(options: PackingOptions, first: u64) -> Packer {
        let levels = options.levels.len();
        Packer {
            now: Tick::default(),
            open: vec![None; levels],
            waiting: vec![VecDeque::new(); levels],
            under_way: VecDeque::new(),
            kept: vec![None; levels],
            full: vec![0; levels],
            last_number: first.saturating_sub(1),
            last_of_roll: first.saturating_sub(1),
            taken: 0,
            stored: 0,
            out: Packed::default(),
            options,
        }
    }

    /// A pack of a lane fell into the good bin, with what can be read on it.
    pub fn take(&mut self, now: Tick, lane: u8, (boot, id): (u16, u32), ink: &[String]) {
        self.now = self.now.max(now);
        self.taken += 1;
        for point in self.options.pack_points.clone() {
            self.say(point, None, ink.iter().map(|ink| identified(ink)).collect());
        }
        if !self.options.levels.is_empty() {
            self.put(0, Unit::Pack { lane, boot, id }, 1);
        } else {
            self.stored += 1;
        }
    }

    /// A label printer gives a label.
    pub fn label(&mut self, now: Tick, label: &Label) {
        self.now = self.now.max(now);
        let printed = |level: &LevelOptions| level.labelling == Labelling::Printed;
        let named = |level: &LevelOptions| label.fields.iter().any(|f| says(&f.mark, &level.name));
        let levels = &self.options.levels;
        let by_name = levels
            .iter()
            .position(|level| printed(level) && named(level));
        let longest = || self.waiting.iter().position(|waiting| !waiting.is_empty());
        let first = || levels.iter().position(printed);
        if let Some(level) = by_name.or_else(longest).or_else(first) {
            self.stick(level, codes(label));
        }
    }

    /// Somebody sticks a label with this code on the container of this level that has waited longest.
    ///
    /// # Errors
    /// Names the levels there are.
    pub fn label_by_hand(&mut self, now: Tick, level: &str, code: &str) -> Result<(), String> {
        self.now = self.now.max(now);
        let level = self.level(level)?;
        self.stick(level, vec![code.to_owned()]);
        Ok(())
    }

    /// Somebody says that the open container of this level is full.
    ///
    /// # Errors
    /// There is no such level, or nothing is in its container.
    pub fn close_by_hand(&mut self, now: Tick, level: &str) -> Result<(), String> {
        self.now = self.now.max(now);
        let at = self.level(level)?;
        let open = self.open[at].take();
        let open = open.ok_or_else(|| format!("Nothing is in a {level} that is open."))?;
        self.fill(open);
        Ok(())
    }

    /// Somebody holds something before the reader of a point.
    ///
    /// # Errors
    /// Names the points there are.
    pub fn scan_by_hand(&mut self, now: Tick, point: &str, text: &str) -> Result<(), String> {
        self.now = self.now.max(now);
        let all: Vec<&str> = self.points().collect();
        if !all.contains(&point) {
            let all = all.join(", ");
            return Err(format!("No reader stands at '{point}'. There are: {all}."));
        }
        self.say(point.to_owned(), None, vec![text.to_owned()]);
        Ok(())
    }

    /// Moves the hall to `now`; gives what came out since the last step.
    pub fn step(&mut self, now: Tick) -> Packed {
        self.now = self.now.max(now);
        while self
            .under_way
            .front()
            .is_some_and(|(at, ..)| *at <= self.now)
        {
            if let Some((_, leg, container)) = self.under_way.pop_front() {
                self.arrive(leg, container);
            }
        }
        assert!(self.adds_up(), "every good pack is in exactly one place");
        std::mem::take(&mut self.out)
    }

    /// The factory ends: what stands in the hall is left there. Gives a last row for each open container.
    pub fn leave(&mut self) -> Packed {
        for open in std::mem::take(&mut self.open).into_iter().flatten() {
            let level = self.options.levels[open.level].name.clone();
            let container = open.number;
            self.out.rows.push(Row::Left { container, level });
            self.stored += open.packs;
        }
        self.open = vec![None; self.options.levels.len()];
        std::mem::take(&mut self.out)
    }

    /// Every level as it stands.
    #[must_use]
    pub fn status(&self) -> Vec<LevelStatus> {
        let levels = self.options.levels.iter().enumerate();
        let status = levels.map(|(at, level)| LevelStatus {
            level: level.name.clone(),
            open: self.open[at].as_ref().map_or(0, |open| open.units),
            waiting: self.waiting[at].len(),
            full: self.full[at],
        });
        status.collect()
    }

    /// `true` when every pack that was taken is in exactly one place.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let open = self.open.iter().flatten();
        let waiting = self.waiting.iter().flatten();
        let under_way = self.under_way.iter().map(|(.., container)| container);
        let here: u64 = open.chain(waiting).chain(under_way).map(|c| c.packs).sum();
        self.taken == here + self.stored
    }

    /// The points at which readers stand.
    pub fn points(&self) -> impl Iterator<Item = &str> {
        let points = self.options.levels.iter().flat_map(|level| &level.points);
        points.chain(&self.options.pack_points).map(String::as_str)
    }

    fn level(&self, name: &str) -> Result<usize, String> {
        let levels = &self.options.levels;
        levels
            .iter()
            .position(|level| level.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
                format!("'{name}' is no level. There are: {}.", names.join(", "))
            })
    }

    /// A unit goes into the open container of a level.
    fn put(&mut self, level: usize, unit: Unit, packs: u64) {
        let last = &mut self.last_number;
        let open = self.open[level].get_or_insert_with(|| {
            *last += 1;
            Container {
                number: *last,
                level,
                units: 0,
                packs: 0,
                label: Vec::new(),
            }
        });
        open.units += 1;
        open.packs += packs;
        let full = open.units >= self.options.levels[level].holds;
        let row = Row::Put {
            container: open.number,
            level: self.options.levels[level].name.clone(),
            unit,
            at_ms: self.now.ms(),
        };
        self.out.rows.push(row);
        if full && let Some(open) = self.open[level].take() {
            self.fill(open);
        }
    }

    /// A container is full: it goes to where it gets its label.
    fn fill(&mut self, container: Container) {
        let (number, level) = (container.number, container.level);
        self.full[level] += 1;
        let at_ms = self.now.ms();
        self.out.rows.push(Row::Filled {
            container: number,
            at_ms,
        });
        match &self.options.levels[level].labelling {
            Labelling::Nothing => self.send(Leg::OwnPoints, container),
            Labelling::Roll(gtin) => {
                self.last_of_roll += 1;
                let code = format!("]d201{gtin}21R{:08}", self.last_of_roll);
                self.waiting[level].push_back(container);
                self.stick(level, vec![code]);
            }
            Labelling::Printed | Labelling::ByHand => {
                self.waiting[level].push_back(container);
                if let Some(label) = self.kept[level].take() {
                    self.stick(level, label);
                }
            }
        }
    }

    /// A label goes on the container that has waited longest, or is kept.
    fn stick(&mut self, level: usize, label: Vec<String>) {
        let Some(mut container) = self.waiting[level].pop_front() else {
            self.kept[level] = Some(label);
            return;
        };
        self.out.rows.push(Row::Labelled {
            container: container.number,
            label: label.clone(),
            at_ms: self.now.ms(),
        });
        container.label = label;
        self.send(Leg::OwnPoints, container);
    }

    fn send(&mut self, leg: Leg, container: Container) {
        let at = self.now.plus_ms(self.options.way_ms);
        self.under_way.push_back((at, leg, container));
    }

    /// A container has come to the end of a leg.
    fn arrive(&mut self, leg: Leg, container: Container) {
        let last = container.level + 1 == self.options.levels.len();
        match leg {
            Leg::OwnPoints => {
                self.pass_readers(container.level, &container);
                if last {
                    self.stored += container.packs;
                } else {
                    self.send(Leg::Above, container);
                }
            }
            Leg::Above => {
                let above = container.level + 1;
                self.pass_readers(above, &container);
                let unit = Unit::Container {
                    container: container.number,
                };
                self.put(above, unit, container.packs);
            }
        }
    }

    fn pass_readers(&mut self, level: usize, container: &Container) {
        for point in self.options.levels[level].points.clone() {
            self.say(point, Some(container.number), legible(&container.label));
        }
    }

    fn say(&mut self, point: String, container: Option<u64>, texts: Vec<String>) {
        self.out.rows.push(Row::Scanned {
            point: point.clone(),
            container,
            texts: texts.clone(),
            at_ms: self.now.ms(),
        });
        self.out.scans.push(Scan { point, texts });
    }
}

/// `true` when this name stands there, alone.
fn says(mark: &Mark, name: &str) -> bool {
    matches!(mark, Mark::Text { text, .. } if text.trim().eq_ignore_ascii_case(name))
}

/// What the codes of a label say, each behind its symbology identifier.
#[must_use]
pub fn codes(label: &Label) -> Vec<String> {
    let mut codes = Vec::new();
    for field in &label.fields {
        let bars = matches!(field.mark, Mark::Bars { .. });
        let alone = Label {
            fields: vec![field.clone()],
            ..label.clone()
        };
        let identified = alone.scan_data().into_iter().map(|text| match bars {
            true => format!("]C1{text}"),
            false => identified(&text),
        });
        codes.extend(identified);
    }
    codes
}

/// What a reader says of a Data Matrix; of one without FNC1 its identifier stands there already.
fn identified(text: &str) -> String {
    match text.starts_with("]d") {
        true => text.to_owned(),
        false => format!("]d2{text}"),
    }
}

/// Which of a label's codes a reader gives: the GS1 Data Matrix, which has everything, else all of them.
fn legible(codes: &[String]) -> Vec<String> {
    match codes.iter().find(|code| code.starts_with("]d2")) {
        Some(matrix) => vec![matrix.clone()],
        None => codes.to_vec(),
    }
}
