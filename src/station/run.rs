//! The loop: messages in, one turn of the desk, and the desk's hands: pumps, workers, keeper, writer, answers.

use super::authentication::Authenticator;
use super::container_labels::ContainerLabels;
use super::desk::{Desk, Hands, Heard};
use super::devices::Devices;
use super::disk_watch::DiskWatch;
use super::exchanges::Exchanges;
use super::keeper::{Evidence, Keeper};
use super::label_judge::{JudgedLabel, LabelJudge};
use super::log::{Log, Severity};
use super::lookup::Lookup;
use super::names::DeviceNames;
use super::on_record::started_with;
use super::orders::{Answers, Done};
use super::packing::{self, PackingDesk};
use super::plan::plan;
use super::publish::Published;
use super::reception::Order;
use super::scan_points::ScanPoints;
use super::shown::Symbol;
use super::staff::{
    self, start_courier, start_judge, start_keeper, start_supplier, start_workers, start_writer,
};
use super::supplier::{Supplier, Wanted};
use super::try_out::TryOut;
use super::turn::{EVENTS_PER_TURN_MAX, TURN_PAUSE_MAX};
use super::wall::WallWatch;
use super::workers::{Job, Workers};
use super::{StationError, devices, key, translate};
use crate::capture::Courier;
use crate::config::Config;
use crate::gs1::{Gtin, Lot};
use crate::label::Template;
use crate::line::batch::LastOfLot;
use crate::line::{ContainerLabel, Event, Line, Plan, ReplyTo};
use crate::record::{
    BatchNo, ContainerCode, ContainerNo, DeviceOrder, Fact, LabelText, LaneNo, Level, PackNo,
    PeopleFact, Record, Restored, SecretHash, TemplateHash, Tick,
};
use crate::serial::SerialKey;
use crate::store::{Commit, Errands, Reader, Store, StoreError, StoreEvent, StoredSecret, Writer};
use crate::wire::View;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vidimus_drivers::camera::{CameraEvent, Frame};
use vidimus_drivers::plc::{PlcCommand, PlcEvent, PlcEventKind};
use vidimus_drivers::printer::PrinterCommand;
use vidimus_drivers::pump::Clock;
use vidimus_drivers::reader::ReaderEvent;

/// Shortest time between two published views.
const PUBLISH_PAUSE: Duration = Duration::from_millis(100);
/// What reaches the loop.
pub enum Message {
    /// From a pump, a verify worker, the keeper of pictures or the store's writer.
    Heard(Heard),
    /// From the reader of the scan point at this place of the station file.
    Reader(usize, ReaderEvent),
    /// From a person, over the socket.
    Order(Order),
    /// Somebody wants to know whether loop and store go on.
    Ping(SyncSender<()>),
    /// A label template was judged.
    LabelJudged(Box<JudgedLabel>),
    /// The start failed half-way: go.
    Abandon,
}

/// The loop's thread and what others may see of it.
pub struct Started {
    /// The views it publishes.
    pub views: Arc<Published>,
    /// Knows who is who.
    pub authenticator: Arc<Authenticator>,
    /// What is written between commits.
    pub errands: Errands,
    /// Looks up what is scanned at screens.
    pub lookup: Lookup,
    /// The thread.
    pub thread: JoinHandle<Result<(), StationError>>,
}

/// The loop.
pub struct Loop {
    clock: Clock,
    pub(super) desk: Desk,
    pub(super) floor: Floor,
    pub(super) packing: PackingDesk,
    scan_points: ScanPoints,
    /// Where it is heard what came of the label that was wanted.
    pub(super) label_judged: Option<Receiver<Done>>,
    /// Products of the station file.
    pub(super) products: Vec<Gtin>,
    pub(super) names: DeviceNames,
    messages: Receiver<Message>,
    views: Arc<Published>,
    shown: (Instant, View),
    disk: DiskWatch,
    wall: WallWatch,
    /// The start failed half-way.
    abandoned: bool,
}

/// Pumps, workers, keeper and writer: the desk's hands.
pub struct Floor {
    devices: Devices,
    workers: Workers,
    /// `None` where the station file wants no pictures kept.
    keeper: Option<Keeper>,
    writer: Writer,
    /// Answers what was, beside the writer.
    reader: Reader,
    supplier: Supplier,
    /// `None` where the station file names no repository.
    courier: Option<Courier>,
    pub(super) answers: Answers,
    pub(super) container_labels: ContainerLabels,
    /// Levels whose template was changed: which, its hash, and what its labels may say.
    pub(super) level_labels: Vec<(Level, TemplateHash, Vec<String>)>,
    pub(super) label_judge: LabelJudge,
    /// A container whose label is to be judged.
    pub(super) label_wanted: Option<ContainerCode>,
    pub(super) try_out: TryOut,
    pub(super) exchanges: Exchanges,
    authenticator: Arc<Authenticator>,
    /// Stored secrets that came with the orders of this turn.
    pub(super) secrets: Vec<StoredSecret>,
    /// Stored secrets that are on their way to the disk.
    coming: BTreeMap<SecretHash, StoredSecret>,
    log: Log,
}

impl Hands for Floor {
    fn commit(&mut self, records: Vec<Record>) -> Result<(), String> {
        let utc_ms = utc_ms();
        self.log.records(&records);
        let mut secrets = std::mem::take(&mut self.secrets);
        // What the line refused comes with no record.
        secrets.retain(|secret| records.iter().any(|record| brings(record, secret)));
        self.coming
            .extend(secrets.iter().map(|secret| (secret.hash(), secret.clone())));
        let commit = Commit {
            utc_ms,
            records,
            secrets,
            lists: Vec::new(),
        };
        self.writer
            .commit(commit)
            .map_err(|error| error.to_string())
    }

    fn last_of_lot(&mut self, gtin: Gtin, lot: &Lot) -> LastOfLot {
        let last = self.reader.last_of_lot(gtin, lot);
        last.map(|last| last.map(Box::new))
            .map_err(|error| error.to_string())
    }

    fn plc(&mut self, lane: LaneNo, command: PlcCommand) -> bool {
        self.devices.plc(lane, command)
    }

    fn printer(&mut self, lane: LaneNo, command: PrinterCommand) -> Result<(), String> {
        self.devices.printer(lane, command)
    }

    fn want_label(&mut self, _: ContainerNo, code: ContainerCode) {
        self.label_wanted = Some(code);
    }

    fn print_container(&mut self, label: ContainerLabel) -> Result<(), String> {
        let (format, job) = self.container_labels.job(&label)?;
        self.devices
            .label_printer(PrinterCommand::UseFormat(format))?;
        self.devices.label_printer(PrinterCommand::Print(job))
    }

    fn use_container_label(&mut self, level: Level, label: Arc<LabelText>) {
        let ais = self.container_labels.use_template(level, &label);
        self.level_labels.push((level, label.template, ais));
    }

    fn look(&mut self, job: Job) {
        // When too many wait, the pack is rejected at its deadline.
        let _ = self.workers.look(job);
    }

    fn keep(&mut self, pack: PackNo, batch: Option<BatchNo>, frame: Frame) -> Result<(), String> {
        match &self.keeper {
            Some(keeper) => keeper.keep(pack, batch, frame),
            None => Ok(()),
        }
    }

    fn remove(&mut self, through: PackNo) {
        if let Some(keeper) = &self.keeper {
            keeper.remove(through);
        }
    }

    fn read_numbers(&mut self, wanted: Wanted) -> Result<(), String> {
        self.supplier.read(wanted)
    }

    fn people(&mut self, fact: PeopleFact) {
        let named = fact.secret().map(|(_, hash)| hash);
        let secret = named.and_then(|hash| self.coming.remove(&hash));
        self.authenticator.apply(&fact, secret);
    }

    fn device(&mut self, lane: Option<LaneNo>, device: &str, order: DeviceOrder) {
        match (order, lane) {
            (DeviceOrder::Reconnect, _) => self.exchanges.redial(device),
            (_, Some(lane)) => self.try_out.begin(lane, device, order),
            (_, None) => {}
        }
    }

    fn happened(&mut self, device: &str, what: &str) {
        self.exchanges.happened(device, what);
    }

    fn answer(&mut self, reply: ReplyTo, answer: Result<(), String>) {
        self.answers.give(reply, answer);
    }
}

impl Floor {
    /// The symbol seen on a pack lately.
    pub(super) fn symbol_of(&self, pack: PackNo) -> Option<Symbol> {
        self.workers.shown().of(pack)
    }
}

/// Who is enrolled, as the records say, with the secrets that prove it.
fn who_is_who(
    config: &Config,
    clock: Clock,
    restored: &Restored,
    reader: &Reader,
) -> Result<Arc<Authenticator>, StationError> {
    let secrets = reader.secrets().map_err(StationError::Store)?;
    let register = restored.people.clone();
    let authenticator = Authenticator::new(config.people.clone(), clock, register, secrets);
    authenticator.map(Arc::new).map_err(StationError::People)
}

/// The site's key, made where no number was ever given out, and held against those that were.
fn the_key(
    config: &Config,
    restored: &Restored,
    reader: &Reader,
) -> Result<SerialKey, StationError> {
    let numbers_given = restored.taken.iter().any(|(_, next)| *next > 0);
    let key = key::load_or_create(config, numbers_given).map_err(StationError::Key)?;
    key::check(config, &key, reader, restored.last_pack)?;
    Ok(key)
}

/// The record brings this secret into force.
fn brings(record: &Record, secret: &StoredSecret) -> bool {
    match &record.fact {
        Fact::People(fact) => fact.secret().is_some_and(|(_, hash)| hash == secret.hash()),
        _ => false,
    }
}

/// What the records say; printer and link can follow the lane with the labels that they say are printed.
fn restore(config: &Config, file: &LabelText, reader: &Reader) -> Result<Restored, StationError> {
    let mut restored = reader.restore().map_err(StationError::Store)?;
    restored.utc_ms = utc_ms();
    super::keeps_up(config, file, &restored.labels, restored.batch.is_some())?;
    Ok(restored)
}

/// What the store cannot say of containers without the station file.
fn restore_packing(
    restored: &mut Restored,
    reader: &Reader,
    plan: &Plan,
) -> Result<(), StoreError> {
    restored.packing.last_sscc = packing::last_sscc(reader, &plan.packing)?;
    restored.packing.full = packing::full_containers(reader, &plan.packing)?;
    restored.packing.stacking = packing::stacking(reader, &plan.packing)?;
    if let Some((batch, _)) = &restored.batch {
        let lanes: Vec<LaneNo> = plan.lanes.iter().map(|lane| lane.no).collect();
        restored.packing.onward = packing::onward(reader, &plan.packing, batch.no, &lanes)?;
    }
    Ok(())
}

/// The line's view with all devices and what they are called.
fn view_of(line: &Line, now: Tick, scan_points: &ScanPoints, names: &DeviceNames) -> View {
    let mut view = line.view(now, utc_ms());
    scan_points.put_into(&mut view);
    names.put_into(&mut view);
    view
}

impl Loop {
    /// Restores the line and starts everything.
    pub fn start(
        config: &Config,
        (label, template): (LabelText, Template),
        store: Store,
        (inbox, messages): (SyncSender<Message>, Receiver<Message>),
        log: Log,
    ) -> Result<Started, StationError> {
        let clock = Clock::start();
        let reader = store.reader().map_err(StationError::Store)?;
        let mut restored = restore(config, &label, &reader)?;
        let key = the_key(config, &restored, &reader)?;
        let authenticator = who_is_who(config, clock, &restored, &reader)?;
        let supplier = start_supplier(&store, &inbox)?;
        let container_labels = ContainerLabels::new(config).map_err(StationError::Label)?;
        let station_boot = devices::station_boot()?;
        let mut plan = plan(config, label, key.clone(), station_boot);
        plan.started_with = Some(started_with(config, &key));
        restore_packing(&mut restored, &reader, &plan).map_err(StationError::Store)?;
        let beside = (Exchanges::new(clock), staff::shots(config, clock));
        let lookup = Lookup::start(config, &store, &key, beside.clone())?;
        let keeper = start_keeper(config, &store, &inbox)?;
        let asks = store.reader().map_err(StationError::Store)?;
        let packing = PackingDesk::new(asks, key, plan.packing.clone());
        let for_courier = store.reader().map_err(StationError::Store)?;
        let line = Line::new(clock.now(), plan, restored);
        let writer = start_writer(store, &inbox)?;
        let errands = writer.errands();
        let courier = start_courier(config, for_courier, &errands, &inbox)?;
        let workers = start_workers(config, &inbox)?;
        let devices = Devices::start(config, (clock, station_boot), &inbox, &beside.0)?;
        let names = DeviceNames::new(config);
        let scan_points = ScanPoints::start(config, &packing, (clock, &beside.0), &inbox)?;
        let view = view_of(&line, clock.now(), &scan_points, &names);
        let views = Arc::new(Published::new(view.clone()));
        let lanes = super::lane_desks(config, &template)?;
        let this = Loop {
            desk: Desk::new(line, lanes, station_boot),
            floor: Floor {
                devices,
                workers,
                keeper,
                writer,
                reader,
                supplier,
                courier,
                answers: Answers::default(),
                container_labels,
                level_labels: Vec::new(),
                label_judge: start_judge(&inbox)?,
                label_wanted: None,
                try_out: TryOut::start(config, clock, beside.clone())?,
                exchanges: beside.0,
                authenticator: Arc::clone(&authenticator),
                secrets: Vec::new(),
                coming: BTreeMap::new(),
                log,
            },
            scan_points,
            packing,
            label_judged: None,
            products: config.products.iter().map(|product| product.gtin).collect(),
            names,
            messages,
            views: Arc::clone(&views),
            shown: (Instant::now(), view),
            disk: DiskWatch::new(config),
            wall: WallWatch::new(clock.now(), utc_ms()),
            abandoned: false,
            clock,
        };
        Ok(Started {
            views,
            authenticator,
            errands,
            lookup,
            thread: this.start_thread()?,
        })
    }

    fn start_thread(self) -> Result<JoinHandle<Result<(), StationError>>, StationError> {
        std::thread::Builder::new()
            .name("station".into())
            .spawn(move || self.run())
            .map_err(|error| StationError::Io {
                what: "The station cannot start".into(),
                error,
            })
    }

    fn run(mut self) -> Result<(), StationError> {
        while !self.desk.has_ended() && !self.abandoned {
            let mut events: Vec<Event> = self.label_heard().into_iter().collect();
            events.extend(self.scan_points.work(&mut self.packing, self.desk.line()));
            events.extend(self.packaged());
            events.extend(self.desk.begin(&mut self.floor));
            for lane in self.floor.try_out.due() {
                self.floor.devices.camera_fired(lane);
            }
            self.gather(&mut events);
            events.push(Event::Woken);
            events.extend(self.disk.look());
            let now = self.clock.now();
            let stepped = self.wall.look(now, utc_ms());
            events.extend(stepped.map(|by_ms| Event::ClockStepped { by_ms }));
            self.desk.turn(now, events, &mut self.floor);
            self.floor.secrets.clear(); // what is left was refused
            self.publish(now);
        }
        self.finish()
    }

    /// Waits for the first message (or the next wake), then takes what is there.
    fn gather(&mut self, events: &mut Vec<Event>) {
        let now = self.clock.now();
        let wake = self
            .desk
            .line()
            .next_wake()
            .map_or(TURN_PAUSE_MAX, |at| at.since(now));
        let wait = if events.is_empty() {
            wake.min(TURN_PAUSE_MAX)
        } else {
            Duration::ZERO
        };
        let most = EVENTS_PER_TURN_MAX.saturating_sub(events.len()).max(1);
        match take(&self.messages, wait, most) {
            Ok(messages) => {
                for message in messages {
                    self.understand(message, events);
                }
            }
            Err(Gone) => self.abandoned = true,
        }
    }

    fn understand(&mut self, message: Message, events: &mut Vec<Event>) {
        match message {
            Message::Heard(heard) => {
                if let Heard::Camera(lane, CameraEvent::Frame(_)) = &heard {
                    self.floor.devices.picture_taken(*lane);
                }
                if let Heard::Store(StoreEvent::Failed { text }) = &heard {
                    let text = format!("the store failed: {text}");
                    self.floor.log.say(Severity::Error, &text);
                }
                if let Heard::Printer(lane, event) = &heard {
                    self.names.learn(*lane, event);
                    self.test_label(*lane, event);
                }
                if let Heard::Looked(looked) = &heard {
                    self.pack_looked(looked);
                }
                if let Heard::Reader(lane, event) = &heard {
                    self.names.learn_reader(*lane, event);
                }
                if let Heard::Plc(lane, PlcEvent::Ring(entry)) = &heard
                    && entry.kind == PlcEventKind::CameraFired
                {
                    self.floor.devices.camera_fired(*lane);
                }
                if let Some(heard) = self.floor.try_out.keep_back(heard) {
                    self.desk.understand(heard, events);
                }
            }
            Message::Reader(place, event) => {
                let known = (&self.packing, &self.floor.container_labels);
                self.scan_points.hear(place, event, known);
            }
            Message::Order(order) => events.extend(self.order(order)),
            Message::Ping(answer) => self.floor.writer.ping(answer),
            Message::LabelJudged(judged) => events.push(self.label_judged(*judged)),
            Message::Abandon => self.abandoned = true,
        }
    }

    /// The station ends: pictures on their way to the disk get there, and on record.
    fn record_last_pictures(&mut self) {
        let Some(keeper) = self.floor.keeper.take() else {
            return;
        };
        // From here on nobody takes what the keeper says out of the inbox: it gives it back.
        let messages = std::mem::replace(&mut self.messages, sync_channel(0).1);
        let evidence = |message| match message {
            Message::Heard(Heard::Evidence(what)) => Some(what),
            _ => None,
        };
        let mut last: Vec<Evidence> = messages.try_iter().filter_map(evidence).collect();
        drop(messages);
        last.extend(keeper.close());
        let events = last.into_iter().map(translate::evidence).collect();
        let now = self.clock.now();
        self.desk.last_turn(now, events, &mut self.floor);
    }

    fn publish(&mut self, now: Tick) {
        if self.shown.0.elapsed() < PUBLISH_PAUSE && !self.desk.has_ended() {
            return;
        }
        let mut view = view_of(self.desk.line(), now, &self.scan_points, &self.names);
        if let Some(last) = &mut view.last_pack {
            last.modules = self.floor.symbol_of(last.pack).map(|seen| seen.modules);
        }
        self.shown.0 = Instant::now();
        self.floor.log.devices(&self.shown.1, &view);
        // The clock alone is worth a new view once a second.
        let same = View {
            utc_ms: self.shown.1.utc_ms,
            ..view.clone()
        } == self.shown.1;
        if !same || view.utc_ms / 1000 != self.shown.1.utc_ms / 1000 {
            self.views.publish(view.clone());
            self.shown.1 = view;
        }
    }

    fn finish(mut self) -> Result<(), StationError> {
        self.record_last_pictures();
        // Nobody reads any more: a pump, a worker or the writer must not wait for room in the inbox while it is
        // joined.
        drop(self.messages);
        drop(self.floor.workers);
        drop((
            self.floor.supplier,
            self.floor.courier,
            self.floor.label_judge,
        ));
        self.floor.devices.stop();
        self.scan_points.stop();
        drop((self.floor.reader, self.packing));
        let closed = self.floor.writer.close();
        match self.desk.store_failure() {
            Some(why) => Err(StationError::StoreFailed(why.to_owned())),
            None => closed.map_err(StationError::Store),
        }
    }
}

/// Nobody can say anything any more.
#[derive(Debug, PartialEq, Eq)]
struct Gone;

/// Waits for the first message, then takes what is there, `most` at most.
fn take<T>(messages: &Receiver<T>, wait: Duration, most: usize) -> Result<Vec<T>, Gone> {
    let first = match messages.recv_timeout(wait) {
        Ok(first) => first,
        Err(RecvTimeoutError::Timeout) => return Ok(Vec::new()),
        Err(RecvTimeoutError::Disconnected) => return Err(Gone),
    };
    let mut taken = vec![first];
    taken.extend(messages.try_iter().take(most - 1));
    Ok(taken)
}

/// Today where this machine stands, by its clock and time zone: for what a person orders, never for the line.
pub fn today() -> crate::gs1::Day {
    let today = jiff::Zoned::now().date();
    (today.year(), today.month() as u8, today.day() as u8)
}

/// The wall clock, ms since 1970: data for records and screens, never logic.
pub fn utc_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::station::INBOX_MAX;

    #[test]
    fn a_flood_is_taken_in_turns_and_whoever_finds_the_inbox_full_waits() {
        let (inbox, messages) = sync_channel(INBOX_MAX);
        let flood = std::thread::spawn(move || {
            let sent = (0..3 * INBOX_MAX).take_while(|no| inbox.send(*no).is_ok());
            sent.count()
        });
        let mut heard = Vec::new();
        while let Ok(taken) = take(&messages, TURN_PAUSE_MAX, EVENTS_PER_TURN_MAX) {
            assert!(taken.len() <= EVENTS_PER_TURN_MAX);
            heard.extend(taken);
        }
        assert_eq!(flood.join().expect("it ended"), 3 * INBOX_MAX);
        assert!(heard.into_iter().eq(0..3 * INBOX_MAX), "all, in order");
    }

    #[test]
    fn a_turn_comes_without_a_message_too() {
        let (_inbox, messages) = sync_channel::<()>(INBOX_MAX);
        assert_eq!(take(&messages, Duration::from_millis(1), 1), Ok(Vec::new()));
    }
}
