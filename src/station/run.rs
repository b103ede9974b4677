//! The loop: messages in, one turn, records to the store, effects to the devices.

use super::devices::Devices;
use super::evidence::Bounds;
use super::frames::Frames;
use super::keeper::{Evidence, Keeper};
use super::labels::Labels;
use super::names::DeviceNames;
use super::publish::Published;
use super::socket::Order;
use super::turn::{EVENTS_PER_TURN_MAX, turn};
use super::workers::{Job, Looked, Workers};
use super::{StationError, devices, key, translate};
use crate::config::Config;
use crate::gs1::Gtin;
use crate::label::Template;
use crate::line::{Device, DiskRoom, Effect, Event, Line, PrinterHealth, ReplyTo};
use crate::record::{Batch, BatchNo, PackNo, Record, Tick};
use crate::store::{Commit, Store, StoreEvent, Writer};
use crate::wire::View;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SendError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vidimus_drivers::camera::{CameraEvent, PictureCoding};
use vidimus_drivers::plc::{PlcCommand, PlcEvent};
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::pump::Clock;

/// Longest time without a turn.
const TURN_PAUSE_MAX: Duration = Duration::from_millis(50);
/// Shortest time between two published views.
const PUBLISH_PAUSE: Duration = Duration::from_millis(100);
/// How often the disk's free space is looked at.
const DISK_PAUSE: Duration = Duration::from_secs(10);

/// What reaches the loop.
pub enum Message {
    /// From the PLC's pump.
    Plc(PlcEvent),
    /// From the printer's pump.
    Printer(PrinterEvent),
    /// From the camera's pump.
    Camera(CameraEvent),
    /// From a verify worker.
    Looked(Looked),
    /// From the keeper of pictures.
    Evidence(Evidence),
    /// From the store's writer.
    Store(StoreEvent),
    /// From a person, over the socket.
    Order(Order),
    /// The start failed half-way: go.
    Abandon,
}

/// The loop's thread and what others may see of it.
pub struct Started {
    /// The views it publishes.
    pub views: Arc<Published>,
    /// The thread.
    pub thread: JoinHandle<Result<(), StationError>>,
}

/// The loop.
pub struct Loop {
    clock: Clock,
    line: Line,
    devices: Devices,
    pub(super) labels: Labels,
    /// Products of the station file.
    pub(super) products: Vec<Gtin>,
    names: DeviceNames,
    frames: Frames,
    workers: Workers,
    /// `None` where the station file wants no pictures kept.
    keeper: Option<Keeper>,
    writer: Writer,
    store_failed: Option<String>,
    messages: Receiver<Message>,
    views: Arc<Published>,
    shown: (Instant, View),
    disk: DiskWatch,
    pub(super) answers: BTreeMap<ReplyTo, SyncSender<Result<(), String>>>,
    pub(super) last_reply: u64,
    /// Events that the loop itself found while carrying out effects; they open the next turn.
    own: Vec<Event>,
    /// A batch whose format the printer has not taken yet.
    format_owed: Option<Batch>,
    lossless_only: bool,
    ended: bool,
}

/// Watches the room on the disk.
struct DiskWatch {
    dir: std::path::PathBuf,
    free_min_bytes: u64,
    next: Instant,
    room: Room,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    Low,
    TooLittle,
}

impl Loop {
    /// Restores the line and starts everything.
    pub fn start(
        config: &Config,
        template: Template,
        store: Store,
        inbox: SyncSender<Message>,
        messages: Receiver<Message>,
    ) -> Result<Started, StationError> {
        let clock = Clock::start();
        let reader = store.reader().map_err(StationError::Store)?;
        let restored = reader.restore().map_err(StationError::Store)?;
        let numbers_given = restored.taken.iter().any(|(_, next)| *next > 0);
        let key = key::load_or_create(config, numbers_given).map_err(StationError::Key)?;
        key::check(config, &key, &reader, restored.last_pack)?;
        drop(reader);
        let plan = devices::plan(config, &template, key)?;
        let station_boot = plan.station_boot;
        let line = Line::new(clock.now(), plan, restored);
        let to_store = inbox.clone();
        let writer = store.start(move |event| {
            let _ = to_store.send(Message::Store(event)); // the loop is gone: nobody waits for it
        });
        let writer = writer.map_err(StationError::Store)?;
        let camera = &config.cameras[0];
        let looked = inbox.clone();
        let workers = Workers::start(config.limits.workers as usize, camera.setup, move |found| {
            let _ = looked.send(Message::Looked(found));
        })
        .map_err(|error| StationError::Io {
            what: "The verify workers cannot start".into(),
            error,
        })?;
        let keeper = start_keeper(config, &inbox)?;
        let devices = Devices::start(config, &clock, station_boot, &inbox)?;
        let names = DeviceNames::new(config);
        let mut view = line.view(clock.now(), utc_ms());
        names.put_into(&mut view);
        let views = Arc::new(Published::new(view.clone()));
        let this = Loop {
            line,
            devices,
            labels: Labels::new(template, config),
            products: config.products.iter().map(|product| product.gtin).collect(),
            names,
            frames: Frames::default(),
            workers,
            keeper,
            writer,
            store_failed: None,
            messages,
            views: Arc::clone(&views),
            shown: (Instant::now(), view),
            disk: DiskWatch {
                dir: config.station.data_dir.clone(),
                free_min_bytes: config.limits.disk_min_free_mb * 1_000_000,
                next: Instant::now(),
                room: Room::Enough,
            },
            answers: BTreeMap::new(),
            last_reply: 0,
            own: Vec::new(),
            format_owed: None,
            lossless_only: camera.lossless,
            ended: false,
            clock,
        };
        let thread = std::thread::Builder::new()
            .name("station".into())
            .spawn(move || this.run())
            .map_err(|error| StationError::Io {
                what: "The station cannot start".into(),
                error,
            })?;
        Ok(Started { views, thread })
    }

    fn run(mut self) -> Result<(), StationError> {
        while !self.ended {
            if let Some(batch) = self.format_owed.clone() {
                self.use_batch(batch);
            }
            let mut events = std::mem::take(&mut self.own);
            self.gather(&mut events);
            events.push(Event::Woken);
            events.extend(self.disk.look());
            let now = self.clock.now();
            let output = turn(&mut self.line, now, events);
            self.commit(output.records);
            for effect in output.effects {
                self.carry_out(effect);
            }
            self.publish(now);
        }
        self.finish()
    }

    /// Waits for the first message (or the next wake), then takes what is there.
    fn gather(&mut self, events: &mut Vec<Event>) {
        let now = self.clock.now();
        let wake = self
            .line
            .next_wake()
            .map_or(TURN_PAUSE_MAX, |at| at.since(now));
        let wait = if events.is_empty() {
            wake.min(TURN_PAUSE_MAX)
        } else {
            Duration::ZERO
        };
        match self.messages.recv_timeout(wait) {
            Ok(message) => self.understand(message, events),
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => self.ended = true,
        }
        while events.len() < EVENTS_PER_TURN_MAX {
            let Ok(message) = self.messages.try_recv() else {
                return;
            };
            self.understand(message, events);
        }
    }

    fn understand(&mut self, message: Message, events: &mut Vec<Event>) {
        match message {
            Message::Plc(event) => events.extend(translate::plc_event(event)),
            Message::Printer(event) => {
                self.names.learn(&event);
                let owed = self.format_owed.is_some();
                if !(owed && matches!(event, PrinterEvent::Status(_))) {
                    events.extend(translate::printer_event(event));
                }
            }
            Message::Camera(event) => events.extend(self.camera_event(event)),
            Message::Looked(Looked {
                pack,
                verdict,
                took_us,
                frame,
            }) => {
                self.frames.hold_looked(pack, frame);
                events.push(Event::Verified {
                    pack,
                    verdict,
                    took_us,
                });
            }
            Message::Evidence(what) => events.push(translate::evidence(what)),
            Message::Store(StoreEvent::Committed { through, took }) => {
                let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                events.push(Event::Committed { through, took_us });
            }
            Message::Store(StoreEvent::Failed { text }) => self.fail_store(text, events),
            Message::Order(order) => events.extend(self.order(order)),
            Message::Abandon => self.ended = true,
        }
    }

    fn camera_event(&mut self, event: CameraEvent) -> Option<Event> {
        match event {
            CameraEvent::Link(up) => Some(Event::CameraLink(up)),
            // A lossy picture from a source that was said to be lossless proves nothing: the pack has no picture.
            CameraEvent::Frame(frame)
                if self.lossless_only && frame.coding == PictureCoding::Jpeg =>
            {
                let why = "sends JPEG, the station file says lossless = true".to_owned();
                let device = Device::Camera;
                Some(Event::Trouble { device, why })
            }
            CameraEvent::Frame(frame) => {
                let counter = frame.counter;
                Some(Event::Pictured {
                    counter,
                    frame: self.frames.hold(frame),
                })
            }
            CameraEvent::Fault(fault) => Some(translate::trouble(Device::Camera, &fault)),
            CameraEvent::Lost { .. } => None, // its pack will have no picture
        }
    }

    fn fail_store(&mut self, text: String, events: &mut Vec<Event>) {
        if self.store_failed.is_none() {
            self.store_failed = Some(text.clone());
            events.push(Event::StoreFailed(text));
        }
    }

    fn commit(&mut self, records: Vec<Record>) {
        if records.is_empty() || self.store_failed.is_some() {
            return;
        }
        if let Err(error) = self.writer.commit(Commit {
            utc_ms: utc_ms(),
            records,
        }) {
            let mut events = Vec::new();
            self.fail_store(error.to_string(), &mut events);
            self.own.append(&mut events);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Print { pack, serial } => {
                let fields = self.labels.fields(&serial);
                self.print(pack, fields);
            }
            Effect::PrintVoid { pack } => self.print(pack, Ok(self.labels.void_fields())),
            Effect::Verdict { plc, code } => {
                self.devices.plc(PlcCommand::Verdict {
                    boot: plc.boot,
                    id: plc.id,
                    code,
                });
            }
            Effect::Levels(levels) => self.devices.levels(levels),
            Effect::PlcExecute { ticket, code, arg } => {
                if !self.devices.plc(PlcCommand::Execute { ticket, code, arg }) {
                    self.own.push(Event::PlcDone { ticket, ok: false });
                }
            }
            Effect::UseBatch(batch) => self.use_batch(*batch),
            Effect::ClearPrinter => {
                // Not taken: what the printer holds is unknown until it answers again, and then everything is
                // repeated.
                if self.devices.printer(PrinterCommand::Clear).is_err() {
                    let health = PrinterHealth::Unknown;
                    self.own.push(Event::PrinterStatus(health));
                }
            }
            Effect::Verify {
                pack,
                frame,
                serial,
            } => {
                let frame = self.frames.take(frame);
                let expectation = self.labels.expectation(serial.as_ref());
                let text = self.labels.text();
                if let (Some(frame), Some(expectation)) = (frame, expectation) {
                    self.workers.look(Job {
                        pack,
                        frame,
                        expectation,
                        text,
                    });
                }
            }
            Effect::DropFrame(frame) => drop(self.frames.take(frame)),
            Effect::KeepPicture { pack, batch } => self.keep_picture(pack, batch),
            Effect::ForgetPicture(pack) => drop(self.frames.take_looked(pack)),
            Effect::RemovePictures { through } => {
                if let Some(keeper) = &self.keeper {
                    keeper.remove(through);
                }
            }
            Effect::Reply { reply, answer } => {
                if let Some(to) = self.answers.remove(&reply) {
                    let _ = to.try_send(answer); // the client went away
                }
            }
            Effect::End => self.ended = true,
        }
    }

    /// A picture that is still being looked at is kept when that is done: the line says so then.
    fn keep_picture(&mut self, pack: PackNo, batch: Option<BatchNo>) {
        let frame = self.frames.take_looked(pack);
        if let (Some(frame), Some(keeper)) = (frame, &self.keeper)
            && let Err(why) = keeper.keep(pack, batch, frame)
        {
            self.own.push(Event::PictureNotKept { pack, why });
        }
    }

    fn print(&mut self, pack: PackNo, fields: Result<Vec<(u16, String)>, String>) {
        let ticket = pack.0;
        let job = |fields| PrinterCommand::Print(PrintJob { ticket, fields });
        if let Err(why) = fields.and_then(|fields| self.devices.printer(job(fields))) {
            self.own.push(Event::JobRefused { pack, why });
        }
    }

    /// Gives the printer the batch's format. Until it has taken it the printer counts as hindered: an old label
    /// must not be printed for a new batch.
    fn use_batch(&mut self, batch: Batch) {
        let used = self
            .labels
            .use_batch(batch.clone())
            .and_then(|format| self.devices.printer(PrinterCommand::UseFormat(format)));
        if let Err(why) = used {
            if self.format_owed.is_none() {
                self.own
                    .push(Event::PrinterStatus(PrinterHealth::Hindered(why)));
            }
            self.format_owed = Some(batch);
        } else {
            self.format_owed = None;
            self.own
                .extend(self.labels.taught().map(Event::TextCompared));
        }
    }

    /// The station ends: pictures on their way to the disk get there, and on record.
    fn record_last_pictures(&mut self) {
        let Some(keeper) = self.keeper.take() else {
            return;
        };
        // From here on nobody takes what the keeper says out of the inbox: it gives it back.
        let messages = std::mem::replace(&mut self.messages, sync_channel(0).1);
        let evidence = |message| match message {
            Message::Evidence(what) => Some(what),
            _ => None,
        };
        let mut last: Vec<Evidence> = messages.try_iter().filter_map(evidence).collect();
        drop(messages);
        last.extend(keeper.close());
        let pictured = last.into_iter().map(translate::evidence);
        let events: Vec<Event> = std::mem::take(&mut self.own)
            .into_iter()
            .chain(pictured)
            .collect();
        let now = self.clock.now();
        let output = turn(&mut self.line, now, events);
        self.commit(output.records);
    }

    fn publish(&mut self, now: Tick) {
        if self.shown.0.elapsed() < PUBLISH_PAUSE && !self.ended {
            return;
        }
        let mut view = self.line.view(now, utc_ms());
        self.names.put_into(&mut view);
        if let Some(last) = &mut view.last_pack {
            last.modules = self.workers.shown().of(last.pack);
        }
        self.shown.0 = Instant::now();
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
        drop(self.workers);
        self.devices.stop();
        let closed = self.writer.close();
        match self.store_failed {
            Some(why) => Err(StationError::StoreFailed(why)),
            None => closed.map_err(StationError::Store),
        }
    }
}

/// The keeper, if the station file wants one.
fn start_keeper(
    config: &Config,
    inbox: &SyncSender<Message>,
) -> Result<Option<Keeper>, StationError> {
    if !config.evidence.keep {
        return Ok(None);
    }
    let bounds = Bounds {
        bytes_max: config.evidence.max_mb * 1_000_000,
        pictures_max: config.evidence.max_pictures,
        // From where on the disk counts as getting full.
        free_min_bytes: config.limits.disk_min_free_mb * 2_000_000,
    };
    let kept = inbox.clone();
    let emit = move |what| match kept.send(Message::Evidence(what)) {
        Err(SendError(Message::Evidence(what))) => Err(what),
        _ => Ok(()),
    };
    let keeper = Keeper::start(&config.station.data_dir, bounds, emit);
    keeper.map(Some).map_err(|error| StationError::Io {
        what: "The keeper of pictures cannot start".into(),
        error,
    })
}

impl DiskWatch {
    fn look(&mut self) -> Option<Event> {
        if Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + DISK_PAUSE;
        let free = crate::store::free_bytes(&self.dir).ok()?;
        let now = match free {
            _ if free < self.free_min_bytes => Room::TooLittle,
            _ if free < self.free_min_bytes.saturating_mul(2) => Room::Low,
            _ => Room::Enough,
        };
        if now == std::mem::replace(&mut self.room, now) {
            return None;
        }
        let (free_mb, min_mb) = (free / 1_000_000, self.free_min_bytes / 1_000_000);
        let text = format!("{free_mb} MB left, stop at {min_mb} MB");
        Some(Event::Disk(match now {
            Room::Enough => DiskRoom::Enough,
            Room::Low => DiskRoom::Low(text),
            Room::TooLittle => DiskRoom::TooLittle(text),
        }))
    }
}

/// The wall clock, ms since 1970: data for records and screens, never logic.
pub fn utc_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}
