//! Orders about containers wait here until everything that was decided before is on disk; then they are judged against
//! the records, and what follows goes to the line in the same turn, so that nothing can come between.
//!
//! ```text
//! socket ──order──▶ waiting ──all on disk──▶ packaging::decide over the store ──Packaged──▶ line ──▶ disk ──▶ answer
//! ```

mod at_start;
mod label;
mod read;

pub use read::{BehindGate, Scanned};

pub use at_start::{
    LOOKED_BACK_MAX, STACKED_BACK_MAX, full_containers, last_sscc, onward, stacking,
};

use super::orders::Done;
use crate::gs1::{Expiry, Gtin, Lot, Sscc};
use crate::line::labelling::LABELS_DUE_MAX;
use crate::line::packing::PackingPlan;
use crate::packaging::{
    Holdings, Judged, LabelOnRecord, LabelPlan, Refusal, UnitCode, Wrong, decide,
};
use crate::record::{
    Actor, BatchNo, ContainerCode, ContainerIdentity, ContainerNo, DocumentNo, Identity, Level,
    LotStatus, PartnerFact, PointId, Signature, Standing, TemplateHash, Unit,
};
use crate::serial::SerialKey;
use crate::store::{Reader, StoreError, Whereabouts};
use crate::wire::PackagingOrder;
use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// Most orders about containers that wait to be judged.
pub const PACKAGING_ORDERS_MAX: usize = 64;

/// Most open containers of a level that are tried for a unit, the newest first.
pub const OPEN_LOOKED_AT_MAX: usize = 8;

/// Longest wait of such an order for the disk.
pub const JUDGE_WAIT: Duration = Duration::from_secs(3);

/// An order that waits to be judged.
#[derive(Debug)]
pub struct Waiting {
    /// Who, as far as the station knows.
    pub by: Actor,
    /// The signature under it.
    pub signature: Option<Signature>,
    /// Why.
    pub reason: Option<String>,
    /// The scan point at which it was given; `None`: elsewhere.
    pub point: Option<PointId>,
    /// What.
    pub order: PackagingOrder,
    /// Where the answer goes.
    pub answer: Option<SyncSender<Done>>,
    /// Since when it waits.
    pub since: Instant,
}

impl Waiting {
    /// Nothing was done.
    pub fn refuse(self, text: String) {
        let _ = self.answer.map(|answer| answer.try_send(Err(text))); // the client went away
    }
}

/// Whoever judges orders about containers.
pub struct PackingDesk {
    reader: Reader,
    key: SerialKey,
    plan: PackingPlan,
    waiting: VecDeque<Waiting>,
}

impl PackingDesk {
    /// Judges by what this reader says.
    pub fn new(reader: Reader, key: SerialKey, plan: PackingPlan) -> PackingDesk {
        PackingDesk {
            reader,
            key,
            plan,
            waiting: VecDeque::new(),
        }
    }

    /// The level of this name.
    pub fn level(&self, name: &str) -> Option<Level> {
        let mut levels = self.plan.hierarchy.levels.iter();
        let place = levels.position(|level| level.name == name)?;
        u8::try_from(place + 1).ok().map(Level)
    }

    /// From here on labels of this level are printed from this template, and may say this.
    pub fn use_template(&mut self, level: Level, template: TemplateHash, ais: Vec<String>) {
        let place = usize::from(level.0).checked_sub(1);
        let plan = place.and_then(|place| self.plan.hierarchy.levels.get_mut(place));
        if let Some(plan) = plan.filter(|plan| plan.label.is_printed()) {
            plan.label = LabelPlan::Printed { template, ais };
        }
    }

    /// Takes an order in; with too many waiting it is refused.
    pub fn take(&mut self, order: Waiting) {
        match self.waiting.len() >= PACKAGING_ORDERS_MAX {
            true => order.refuse(too_slow()),
            false => self.waiting.push_back(order),
        }
    }

    /// Judges the oldest order, if everything before it is on disk: the order, and what follows from it. One that
    /// waited too long or is refused is answered here.
    pub fn judge(&mut self, on_disk: bool) -> Option<(Waiting, Judged)> {
        if !on_disk {
            let late = |order: &Waiting| order.since.elapsed() > JUDGE_WAIT;
            while self.waiting.front().is_some_and(late) {
                self.waiting.pop_front()?.refuse(too_slow());
            }
            return None;
        }
        let order = self.waiting.pop_front()?;
        match self.judged(&order) {
            Ok(judged) => Some((order, judged)),
            Err(text) => {
                order.refuse(text);
                None
            }
        }
    }

    /// Where the container of this code stands, if it is one of the station's.
    fn container_standing(&self, code: &UnitCode) -> Result<Option<Standing>, String> {
        let standing = self.reader.whereabouts(|ask| {
            let found = ask.container_of(&code.container())?;
            found.map_or(Ok(None), |no| ask.standing(Unit::Container(no), None))
        });
        sentence(standing)
    }

    /// The container of this code as it is on record, if it is one of the station's.
    fn container(&self, code: &UnitCode) -> Result<Option<ContainerIdentity>, String> {
        let standing = self.container_standing(code)?;
        Ok(match standing.map(|standing| standing.identity) {
            Some(Identity::Container(container)) => Some(container),
            _ => None,
        })
    }

    /// The name of this level.
    pub fn level_name(&self, level: Level) -> Option<String> {
        let plan = self.plan.hierarchy.plan(level);
        plan.map(|plan| plan.name.clone())
    }

    /// The full containers of this level that have no label to be read and are not closed: orders to close them.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn full_without_label(&self, level: Level) -> Result<Vec<PackagingOrder>, String> {
        let unread = self
            .plan
            .hierarchy
            .plan(level)
            .is_some_and(|plan| plan.label == LabelPlan::Unread);
        if !unread {
            return Ok(Vec::new());
        }
        let full = self
            .reader
            .whereabouts(|ask| ask.full_and_open(level, LABELS_DUE_MAX));
        Ok(sentence(full)?
            .into_iter()
            .map(|full| close_unread(full.code.to_string()))
            .collect())
    }

    /// What closes this container of the station if it is full and has no label to be read.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn when_full(&self, container: &str) -> Result<Option<PackagingOrder>, String> {
        let code = UnitCode::of(container).map_err(|refusal| refusal.to_string())?;
        let Some(now) = self.container(&code)? else {
            return Ok(None);
        };
        let full = now.capacity.is_some_and(|capacity| now.inside >= capacity);
        let plan = self.plan.hierarchy.plan(now.level).filter(|_| full);
        let unread = plan.is_some_and(|plan| plan.label == LabelPlan::Unread);
        Ok(unread.then(|| close_unread(container.to_owned())))
    }

    /// The open container of this level that this unit may go into, if there is one: those of another product or lot
    /// are passed over.
    ///
    /// # Errors
    /// It may not go into any; or there are several, or the store cannot be read; a sentence.
    pub fn open_for(&self, level: Level, scan: &str) -> Result<Option<ContainerCode>, String> {
        let open = self
            .reader
            .whereabouts(|ask| ask.open_with_room(level, OPEN_LOOKED_AT_MAX));
        let open = open.map_err(|error| error.to_string())?;
        let (mut takes, mut refused) = (Vec::new(), None);
        for container in open {
            let put = PackagingOrder::Put {
                into: container.to_string(),
                units: vec![scan.to_owned()],
                seen: None,
            };
            match self.decided(&put)? {
                Ok(_) => takes.push(container),
                Err(refusal) if matches!(refusal.wrong, Wrong::OtherLot | Wrong::OtherProduct) => {}
                Err(refusal) => refused = refused.or(Some(refusal.text)),
            }
        }
        match (&takes[..], refused) {
            ([], Some(why)) => Err(why),
            ([], None) => Ok(None),
            ([only], _) => Ok(Some(only.clone())),
            ([one, other, ..], _) => Err(format!(
                "Several are open, such as {other} and {one}: close one, or put it in by hand (vidimus pack put)."
            )),
        }
    }

    /// What follows from an order by what the store holds now; the outer error is the store's.
    fn decided(&self, order: &PackagingOrder) -> Result<Result<Judged, Refusal>, String> {
        let decided = self.reader.whereabouts(|ask| {
            let records = Records {
                ask,
                key: &self.key,
                plan: &self.plan,
            };
            Ok(decide(order, None, &self.plan.hierarchy, &records))
        });
        decided.map_err(|error| error.to_string())
    }

    /// An order to put something into "case", as levels are called, means the open one.
    fn meant(&self, order: &PackagingOrder) -> Result<PackagingOrder, String> {
        let PackagingOrder::Put { into, units, seen } = order else {
            return Ok(order.clone());
        };
        let (Some(level), Some(first)) = (self.level(into), units.first()) else {
            return Ok(order.clone());
        };
        let open = self.open_for(level, first)?;
        let open = open.ok_or_else(|| {
            format!("No {into} is open that takes it: begin one (vidimus pack begin {into}).")
        })?;
        Ok(PackagingOrder::Put {
            into: open.to_string(),
            units: units.clone(),
            seen: seen.clone(),
        })
    }

    fn judged(&self, order: &Waiting) -> Result<Judged, String> {
        let reason = order.reason.as_deref();
        let meant = self.meant(&order.order)?;
        judge(&self.reader, &self.key, &self.plan, &meant, reason)
    }
}

/// Judges an order by what a store holds now.
///
/// # Errors
/// It is refused, or the store cannot be read; a sentence.
pub fn judge(
    reader: &Reader,
    key: &SerialKey,
    plan: &PackingPlan,
    order: &PackagingOrder,
    reason: Option<&str>,
) -> Result<Judged, String> {
    let judged = reader.whereabouts(|ask| {
        let records = Records { ask, key, plan };
        Ok(decide(order, reason, &plan.hierarchy, &records))
    });
    match judged {
        Ok(judged) => judged.map_err(|refusal| refusal.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn too_slow() -> String {
    "The disk does not keep up and nothing was done: wait a moment and try again.".to_owned()
}

fn close_unread(container: String) -> PackagingOrder {
    PackagingOrder::Close {
        container,
        labels: Vec::new(),
        seen: None,
        partial: false,
    }
}

/// One state of the store as [`Holdings`].
struct Records<'a> {
    ask: &'a Whereabouts<'a>,
    key: &'a SerialKey,
    plan: &'a PackingPlan,
}

fn sentence<T>(answer: Result<T, StoreError>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

impl Holdings for Records<'_> {
    fn find(&self, code: &UnitCode) -> Result<Option<Unit>, String> {
        if let UnitCode::Sgtin { gtin, serial, .. } = code
            && let Some(pack) = sentence(self.ask.pack_of_serial(self.key, gtin, serial))?
        {
            return Ok(Some(Unit::Pack(pack)));
        }
        let container = sentence(self.ask.container_of(&code.container()))?;
        Ok(container.map(Unit::Container))
    }

    fn standing(&self, unit: Unit) -> Result<Option<Standing>, String> {
        sentence(self.ask.standing(unit, None))
    }

    fn containers_inside(&self, container: ContainerNo) -> Result<Vec<ContainerNo>, String> {
        let inside = sentence(self.ask.inside(container, None))?;
        let units = inside
            .iter()
            .flat_map(|run| run.units().collect::<Vec<_>>());
        Ok(units
            .filter_map(|unit| match unit {
                Unit::Container(container) => Some(container),
                Unit::Pack(_) => None,
            })
            .collect())
    }

    fn time_of_step(&self, seq: u64) -> Result<i64, String> {
        sentence(self.ask.time_of_step(seq))
    }

    fn now_utc_ms(&self) -> i64 {
        super::utc_ms()
    }

    fn batches_inside(&self, container: ContainerNo) -> Result<Vec<BatchNo>, String> {
        sentence(self.ask.batches_inside(container))
    }

    fn stopped_inside(&self, container: ContainerNo) -> Result<Option<Unit>, String> {
        sentence(self.ask.stopped_inside(container))
    }

    fn lot_of(&self, batch: BatchNo) -> Result<(Gtin, Lot, Expiry), String> {
        sentence(self.ask.lot(batch))
    }

    fn lot_standing(&self, gtin: &Gtin, lot: &Lot) -> Result<LotStatus, String> {
        sentence(self.ask.lot_standing(gtin, lot))
    }

    fn last_label(&self, container: ContainerNo) -> Result<Option<LabelOnRecord>, String> {
        let label = sentence(self.ask.last_label(container))?;
        Ok(label.map(|label| LabelOnRecord {
            seq: label.seq,
            says: label.says,
            copy: label.copy,
        }))
    }

    fn changed_at(&self, container: ContainerNo) -> Result<u64, String> {
        sentence(self.ask.changed_at(container))
    }

    fn last_container(&self) -> Result<ContainerNo, String> {
        sentence(self.ask.last_container())
    }

    fn sealed_document(&self, document: DocumentNo) -> Result<Option<PartnerFact>, String> {
        sentence(self.ask.sealed_document(document))
    }

    fn last_outbox_document(&self) -> Result<u64, String> {
        sentence(self.ask.last_outbox_document())
    }

    fn refused_document(&self) -> Result<Option<u64>, String> {
        sentence(self.ask.refused_document())
    }

    fn next_sscc(&self) -> Result<Sscc, String> {
        let range = self.plan.sscc.ok_or_else(|| {
            "The station file gives no SSCCs: set sscc_prefix in [packaging], or scan a label that has one."
                .to_owned()
        })?;
        range.next(sentence(at_start::last_of(self.ask, range))?)
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::store::{OpenOptions, open};
    use std::sync::mpsc::{Receiver, sync_channel};

    fn waiting(since: Instant) -> (Waiting, Receiver<Done>) {
        let (answer, heard) = sync_channel(1);
        let order = Waiting {
            by: Actor::Named("M.Kowal".to_owned()),
            signature: None,
            reason: None,
            point: None,
            order: PackagingOrder::Take { units: Vec::new() },
            answer: Some(answer),
            since,
        };
        (order, heard)
    }

    #[test]
    fn orders_that_cannot_be_judged_are_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let options = OpenOptions {
            min_free_bytes: 0,
            ..OpenOptions::default()
        };
        let store = open(dir.path(), options).expect("a new store");
        let reader = store.reader().expect("it reads");
        let key = SerialKey::new([7; 16]);
        let mut desk = PackingDesk::new(reader, key, PackingPlan::default());
        let now = Instant::now();
        let (late, heard_late) = waiting(now - JUDGE_WAIT - Duration::from_millis(1));
        desk.take(late);
        let all: Vec<Receiver<Done>> = (1..PACKAGING_ORDERS_MAX)
            .map(|_| {
                let (order, heard) = waiting(now);
                desk.take(order);
                heard
            })
            .collect();
        let (more, heard_more) = waiting(now);
        desk.take(more);
        assert!(
            heard_more.try_recv().is_ok_and(|told| told.is_err()),
            "too many"
        );
        assert!(desk.judge(false).is_none());
        assert!(
            heard_late.try_recv().is_ok_and(|told| told.is_err()),
            "too late"
        );
        assert!(
            all.iter().all(|heard| heard.try_recv().is_err()),
            "they wait"
        );
        // An order that names nothing is judged, and refused by name.
        assert!(desk.judge(true).is_none());
        let told = all[0].try_recv().expect("it was answered");
        assert!(told.is_err_and(|text| text.ends_with("[count]")));
    }
}
