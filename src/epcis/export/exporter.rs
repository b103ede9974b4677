//! From record to record: which events follow.

use super::{ExportError, Sink, Site};
use crate::epcis::{Event, Identifier, Quantity};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::{
    BatchNo, ContainerNo, Fact, Fate, JourneyFact, PackNo, PackagingFact, Subject, Unit,
};
use crate::store::{Inside, Mark, Reader, StoreError, StoredRecord, Whereabouts};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Kinds of records that events follow from.
const MARKS: [Mark; 4] = [
    "{\"Gated\":",
    "{\"Packaging\":",
    "{\"Journey\":",
    "{\"BatchClosed\":",
];

/// Good packs that wait to be commissioned at most: they are told together.
const COMMISSIONED_TOGETHER_MAX: usize = 1_000;

/// How much was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Exported {
    /// Events.
    pub events: u64,
    /// Packs that were commissioned.
    pub packs: u64,
    /// Containers that were labelled.
    pub containers: u64,
    /// Good packs that wait for their case or batch to be closed, to be told together: a later export tells them.
    pub waiting: u64,
    /// The last record that was looked at: an export that goes on after it tells what this one did not.
    pub through: u64,
}

/// Tells `sink` everything that happened up to record `through` (`None`: up to the last one), and calls `at` with the
/// record that it has come to. What records up to `after` had told is not told again: exports that go on where the one
/// before ended tell together what a single one tells, event by event, wherever they were cut. Good packs that still
/// wait to be told together are therefore left to a later export.
///
/// # Errors
/// The store cannot be read, or the sink takes nothing more.
pub fn export(
    reader: &Reader,
    site: &Site,
    (after, through): (u64, Option<u64>),
    sink: &mut dyn Sink,
    at: &mut dyn FnMut(u64),
) -> Result<Exported, ExportError> {
    let mut failed = None;
    let done = reader.whereabouts(|ask| {
        let last = ask.last_seq()?;
        let through = through.unwrap_or(last).min(last);
        let mut exporter = Exporter::new(ask, site, after, sink);
        ask.for_each_record(0, through, &MARKS, &mut |stored| {
            at(stored.record.seq);
            match exporter.take(&stored) {
                Ok(()) => Ok(true),
                Err(ExportError::Store(error)) => Err(error),
                Err(error) => {
                    failed = Some(error);
                    Ok(false)
                }
            }
        })?;
        Ok(Exported {
            waiting: exporter.waiting_count as u64,
            through,
            ..exporter.exported
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(done?),
    }
}

/// A record at which nothing waits to be told, and what must be known to go on from there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cut {
    /// The record; 0 before the first.
    pub through: u64,
    /// Containers that were begun by then and that nobody outside has heard of.
    pub unheard: BTreeSet<ContainerNo>,
}

/// Events with their things, up to a cut.
#[derive(Debug, Default)]
pub struct Kept {
    /// The events, in order.
    pub events: Vec<(Event, Vec<Identifier>)>,
    /// About how many numbers they name.
    pub epcs: u64,
    /// The cut.
    pub cut: Cut,
}

impl Sink for Kept {
    fn size(&self) -> (usize, u64) {
        (self.events.len(), self.epcs)
    }

    fn event(&mut self, event: &Event, epcs: Vec<Identifier>) -> Result<(), ExportError> {
        self.epcs += epcs.len() as u64;
        self.events.push((event.clone(), epcs));
        Ok(())
    }
}

/// The events of the records behind a cut that are finished: up to the first cut with `enough` numbers, or the last one
/// there is, or that at `until`. `None`: there is no event. From the same cut to the same cut they are always the same
/// events, and those that [`export`] tells; good packs that still wait to be told together are told after a later cut.
///
/// # Errors
/// The store cannot be read.
pub fn finished(
    reader: &Reader,
    site: &Site,
    from: &Cut,
    enough: u64,
    until: Option<u64>,
) -> Result<Option<Kept>, ExportError> {
    let mut failed = None;
    let mut kept = Kept::default();
    let mut cut = from.clone();
    // What the events and numbers were at the last cut.
    let mut at_cut = (0, 0);
    reader.whereabouts(|ask| {
        let last = ask.last_seq()?;
        let through = until.unwrap_or(last).min(last);
        let mut exporter = Exporter::new(ask, site, from.through, &mut kept);
        exporter.unheard.clone_from(&from.unheard);
        ask.for_each_record(from.through, through, &MARKS, &mut |stored| {
            match exporter.take(&stored) {
                Ok(()) => {}
                Err(ExportError::Store(error)) => return Err(error),
                Err(error) => {
                    failed = Some(error);
                    return Ok(false);
                }
            }
            if exporter.waiting_count > 0 {
                return Ok(true);
            }
            cut.through = stored.record.seq;
            cut.unheard.clone_from(&exporter.unheard);
            at_cut = exporter.sink.size();
            Ok(at_cut.1 < enough)
        })
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    kept.events.truncate(at_cut.0);
    (kept.epcs, kept.cut) = (at_cut.1, cut);
    Ok(Some(kept).filter(|kept| !kept.events.is_empty()))
}

/// Neighbouring good packs of one batch.
type Run = RangeInclusive<PackNo>;

struct Exporter<'a> {
    ask: &'a Whereabouts<'a>,
    site: &'a Site,
    after: u64,
    /// The record at hand: what is told now follows from it, though it may be about earlier ones.
    at_hand: u64,
    sink: &'a mut dyn Sink,
    /// Good packs that are not commissioned yet, and the record and time of the last of them.
    waiting: Vec<Run>,
    waiting_count: usize,
    last: (u64, i64),
    /// Containers that were begun and never closed: nobody outside has heard of them.
    unheard: BTreeSet<ContainerNo>,
    lots: BTreeMap<BatchNo, (Gtin, Lot, Expiry)>,
    exported: Exported,
}

impl<'a> Exporter<'a> {
    fn new(ask: &'a Whereabouts<'a>, site: &'a Site, after: u64, sink: &'a mut dyn Sink) -> Self {
        Exporter {
            ask,
            site,
            after,
            at_hand: 0,
            sink,
            waiting: Vec::new(),
            waiting_count: 0,
            last: (0, 0),
            unheard: BTreeSet::new(),
            lots: BTreeMap::new(),
            exported: Exported::default(),
        }
    }

    fn take(&mut self, stored: &StoredRecord) -> Result<(), ExportError> {
        let (seq, utc_ms) = (stored.record.seq, stored.utc_ms);
        self.at_hand = seq;
        match &stored.record.fact {
            Fact::Gated {
                pack,
                fate: Fate::Good,
                ..
            } => {
                self.wait(*pack, seq, utc_ms);
                match self.waiting_count >= COMMISSIONED_TOGETHER_MAX {
                    true => self.commission_all(),
                    false => Ok(()),
                }
            }
            Fact::BatchClosed { .. } => self.commission_all(),
            Fact::Packaging(fact) => self.packaging(seq, utc_ms, fact),
            Fact::Journey(journey) => self.journey(seq, utc_ms, journey),
            _ => Ok(()),
        }
    }

    /// It was not told before.
    fn is_new(&self) -> bool {
        self.at_hand > self.after
    }

    fn tell(&mut self, event: &Event, epcs: Vec<Identifier>) -> Result<(), ExportError> {
        if !self.is_new() {
            return Ok(());
        }
        self.exported.events += 1;
        self.sink.event(event, epcs)
    }

    fn wait(&mut self, pack: PackNo, seq: u64, utc_ms: i64) {
        self.last = (seq, utc_ms);
        self.waiting_count += 1;
        match self.waiting.last_mut() {
            Some(run) if run.end().0 + 1 == pack.0 => *run = *run.start()..=pack,
            _ => self.waiting.push(pack..=pack),
        }
    }

    /// Every good pack so far is commissioned, lot by lot.
    fn commission_all(&mut self) -> Result<(), ExportError> {
        let mut by_batch: BTreeMap<BatchNo, Vec<Run>> = BTreeMap::new();
        self.waiting_count = 0;
        for run in std::mem::take(&mut self.waiting) {
            if let Some(batch) = self.ask.batch_of(*run.start())? {
                by_batch.entry(batch).or_default().push(run);
            }
        }
        let (seq, utc_ms) = self.last;
        for (batch, runs) in by_batch {
            self.commission(batch, &runs, seq, utc_ms)?;
        }
        Ok(())
    }

    fn commission(
        &mut self,
        batch: BatchNo,
        runs: &[Run],
        seq: u64,
        utc_ms: i64,
    ) -> Result<(), ExportError> {
        let (gtin, lot, expiry) = self.lot(batch)?;
        let (mut epcs, mut unnumbered) = (Vec::new(), 0u64);
        for run in runs {
            for pack in self.ask.numbered(run)? {
                match pack.serial {
                    Some(serial) => epcs.push(self.pack(gtin, serial)),
                    None => unnumbered += 1,
                }
            }
        }
        let part = format!("commission {}", batch.0);
        let mut event = self.site.commissioned(utc_ms, seq, &part, &lot, &expiry);
        if unnumbered > 0 {
            event.quantities.push(self.quantity(gtin, lot, unnumbered));
        }
        if self.is_new() {
            self.exported.packs += epcs.len() as u64 + unnumbered;
        }
        self.tell(&event, epcs)
    }

    fn quantity(&self, gtin: Gtin, lot: Lot, count: u64) -> Quantity {
        Quantity {
            class: Identifier::lgtin(gtin, lot, self.site.prefix_len),
            amount: Some(count.to_string()),
            unit: None,
        }
    }

    fn pack(&self, gtin: Gtin, serial: String) -> Identifier {
        Identifier::sgtin(gtin, serial, self.site.prefix_len)
    }

    fn lot(&mut self, batch: BatchNo) -> Result<(Gtin, Lot, Expiry), StoreError> {
        if let Some(lot) = self.lots.get(&batch) {
            return Ok(lot.clone());
        }
        let lot = self.ask.lot(batch)?;
        self.lots.insert(batch, lot.clone());
        Ok(lot)
    }

    fn packaging(
        &mut self,
        seq: u64,
        utc_ms: i64,
        fact: &PackagingFact,
    ) -> Result<(), ExportError> {
        match fact {
            PackagingFact::Begun { container, .. } => {
                self.unheard.insert(*container);
                Ok(())
            }
            PackagingFact::Closed { container, .. } if self.unheard.remove(container) => {
                self.commission_all()?;
                self.label(seq, utc_ms, *container)
            }
            // What it holds was told when it went in or came out.
            PackagingFact::Closed { .. } | PackagingFact::Reopened { .. } => Ok(()),
            // A label says nothing that is not told otherwise.
            PackagingFact::Labelled { .. } | PackagingFact::Pictured { .. } => Ok(()),
            PackagingFact::Put { container, units } if !self.unheard.contains(container) => {
                self.commission_all()?;
                let parent = self.parent(*container)?;
                let event = self.site.packed(utc_ms, seq, "put", parent);
                self.tell_units(event, units)
            }
            PackagingFact::Taken { container, units } if !self.unheard.contains(container) => {
                let parent = self.parent(*container)?;
                let part = format!("take {}", container.0);
                let event = self.site.unpacked(utc_ms, seq, &part, parent);
                self.tell_units(event, units)
            }
            PackagingFact::Put { .. } | PackagingFact::Taken { .. } => Ok(()),
            PackagingFact::Disaggregated { container } => {
                if self.unheard.remove(container) {
                    return Ok(());
                }
                let parent = self.parent(*container)?;
                let event = self.site.unpacked(utc_ms, seq, "all", parent.clone());
                self.tell(&event, Vec::new())?;
                let event = self.site.given_up(utc_ms, seq);
                self.tell(&event, vec![parent])
            }
            PackagingFact::Ended { unit, end } => {
                self.commission_all()?;
                let units = self.heard(std::slice::from_ref(unit), seq)?;
                if units.is_empty() {
                    return Ok(());
                }
                for event in self.site.ended(utc_ms, seq, *end) {
                    self.tell_units(event, &units)?;
                }
                Ok(())
            }
        }
    }

    /// A container is closed for the first time: its number, and everything inside.
    fn label(&mut self, seq: u64, utc_ms: i64, container: ContainerNo) -> Result<(), ExportError> {
        let parent = self.parent(container)?;
        let event = self.site.labelled(utc_ms, seq);
        self.tell(&event, vec![parent.clone()])?;
        if self.is_new() {
            self.exported.containers += 1;
        }
        let inside = self.ask.inside(container, Some(seq))?;
        let units: Vec<Unit> = inside.iter().flat_map(Inside::units).collect();
        let event = self.site.packed(utc_ms, seq, "pack", parent);
        self.tell_units(event, &units)
    }

    fn parent(&self, container: ContainerNo) -> Result<Identifier, StoreError> {
        Ok(self.site.container(&self.ask.code_of(container)?))
    }

    /// These units; in place of a container of which nobody outside has heard, what is inside it after record `seq`.
    fn heard(&self, units: &[Unit], seq: u64) -> Result<Vec<Unit>, StoreError> {
        let mut heard = Vec::with_capacity(units.len());
        for unit in units {
            match unit {
                Unit::Container(container) if self.unheard.contains(container) => {
                    let inside = self.ask.inside(*container, Some(seq))?;
                    let inside: Vec<Unit> = inside.iter().flat_map(Inside::units).collect();
                    heard.extend(self.heard(&inside, seq)?);
                }
                unit => heard.push(*unit),
            }
        }
        Ok(heard)
    }

    /// Tells an event about these units: those with a number by it, the others by how many there are of their lot.
    fn tell_units(&mut self, mut event: Event, units: &[Unit]) -> Result<(), ExportError> {
        let mut epcs = Vec::with_capacity(units.len());
        let mut unnumbered: BTreeMap<BatchNo, u64> = BTreeMap::new();
        let mut place = 0;
        while let Some(unit) = units.get(place) {
            place += 1;
            match unit {
                Unit::Container(container) => epcs.push(self.parent(*container)?),
                Unit::Pack(first) => {
                    let mut last = *first;
                    while units.get(place) == Some(&Unit::Pack(PackNo(last.0 + 1))) {
                        last = PackNo(last.0 + 1);
                        place += 1;
                    }
                    self.add_packs(*first..=last, &mut epcs, &mut unnumbered)?;
                }
            }
        }
        for (batch, count) in unnumbered {
            let (gtin, lot, _) = self.lot(batch)?;
            event.quantities.push(self.quantity(gtin, lot, count));
        }
        self.tell(&event, epcs)
    }

    fn add_packs(
        &mut self,
        run: Run,
        epcs: &mut Vec<Identifier>,
        unnumbered: &mut BTreeMap<BatchNo, u64>,
    ) -> Result<(), ExportError> {
        let Some(batch) = self.ask.batch_of(*run.start())? else {
            return Ok(());
        };
        // Neighbours are of one batch unless it changed between them.
        if run.start() != run.end() && self.ask.batch_of(*run.end())? != Some(batch) {
            for pack in run.start().0..=run.end().0 {
                self.add_packs(PackNo(pack)..=PackNo(pack), epcs, unnumbered)?;
            }
            return Ok(());
        }
        let (gtin, ..) = self.lot(batch)?;
        for pack in self.ask.numbered(&run)? {
            match pack.serial {
                Some(serial) => epcs.push(self.pack(gtin, serial)),
                None => *unnumbered.entry(batch).or_default() += 1,
            }
        }
        Ok(())
    }

    fn journey(&mut self, seq: u64, utc_ms: i64, journey: &JourneyFact) -> Result<(), ExportError> {
        self.commission_all()?;
        let units: Vec<Unit> = journey.units().collect();
        let units = self.heard(&units, seq)?;
        if !units.is_empty() {
            let event = self.site.travelled(utc_ms, seq, "units", journey);
            self.tell_units(event, &units)?;
        }
        let mut event = self.site.travelled(utc_ms, seq, "lots", journey);
        for subject in &journey.subjects {
            if let Subject::Lot { gtin, lot } = subject {
                event.quantities.push(Quantity {
                    class: Identifier::lgtin(*gtin, lot.clone(), self.site.prefix_len),
                    amount: None,
                    unit: None,
                });
            }
        }
        match event.quantities.is_empty() {
            true => Ok(()),
            false => self.tell(&event, Vec::new()),
        }
    }
}
