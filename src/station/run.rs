//! The loop: messages in, one turn, records to the store, effects to the devices.

use super::devices::Devices;
use super::frames::Frames;
use super::labels::Labels;
use super::publish::Published;
use super::socket::Order;
use super::turn::{EVENTS_PER_TURN_MAX, turn};
use super::workers::{Job, Looked, Workers};
use super::{StationError, devices, translate};
use crate::config::Config;
use crate::label::Template;
use crate::line::{Device, Effect, Event, Line, ReplyTo};
use crate::record::{Record, Tick};
use crate::serial::SerialKey;
use crate::store::{Commit, Store, StoreEvent, Writer};
use crate::wire::View;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
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
    labels: Labels,
    frames: Frames,
    workers: Workers,
    writer: Writer,
    store_failed: Option<String>,
    messages: Receiver<Message>,
    views: Arc<Published>,
    shown: (Instant, View),
    disk: DiskWatch,
    answers: BTreeMap<ReplyTo, SyncSender<Result<(), String>>>,
    last_reply: u64,
    /// Events that the loop itself found while carrying out effects; they open the next turn.
    own: Vec<Event>,
    lossless_only: bool,
    ended: bool,
}

/// Watches the room on the disk.
struct DiskWatch {
    dir: std::path::PathBuf,
    free_min_bytes: u64,
    next: Instant,
    low: bool,
}

impl Loop {
    /// Restores the line and starts everything.
    pub fn start(
        config: &Config,
        template: Template,
        key: SerialKey,
        store: Store,
        inbox: SyncSender<Message>,
        messages: Receiver<Message>,
    ) -> Result<Started, StationError> {
        let clock = Clock::start();
        let restored = store
            .reader()
            .and_then(|reader| reader.restore())
            .map_err(StationError::Store)?;
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
        let workers = Workers::start(
            config.limits.workers as usize,
            camera.calibrated,
            move |found| {
                let _ = looked.send(Message::Looked(found));
            },
        )
        .map_err(|error| StationError::Io {
            what: "The verify workers cannot start".into(),
            error,
        })?;
        let devices = Devices::start(config, &clock, station_boot, &inbox)?;
        let view = line.view(clock.now(), utc_ms());
        let views = Arc::new(Published::new(view.clone()));
        let this = Loop {
            line,
            devices,
            labels: Labels::new(template, config.printers[0].dpmm as u16),
            frames: Frames::default(),
            workers,
            writer,
            store_failed: None,
            messages,
            views: Arc::clone(&views),
            shown: (Instant::now(), view),
            disk: DiskWatch {
                dir: config.station.data_dir.clone(),
                free_min_bytes: config.limits.disk_min_free_mb * 1_000_000,
                next: Instant::now(),
                low: false,
            },
            answers: BTreeMap::new(),
            last_reply: 0,
            own: Vec::new(),
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
            let mut events = std::mem::take(&mut self.own);
            self.gather(&mut events);
            events.push(Event::Woken);
            events.extend(self.disk.look());
            let now = self.clock.now();
            let output = turn(&mut self.line, now, events);
            self.commit(now, output.records);
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
            Message::Printer(event) => events.extend(translate::printer_event(event)),
            Message::Camera(event) => events.extend(self.camera_event(event)),
            Message::Looked(Looked {
                pack,
                verdict,
                took_us,
            }) => {
                events.push(Event::Verified {
                    pack,
                    verdict,
                    took_us,
                });
            }
            Message::Store(StoreEvent::Committed { through, took }) => {
                let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                events.push(Event::Committed { through, took_us });
            }
            Message::Store(StoreEvent::Failed { text }) => self.fail_store(text, events),
            Message::Order(Order {
                by,
                reason,
                command,
                answer,
            }) => {
                self.last_reply += 1;
                let reply = ReplyTo(self.last_reply);
                self.answers.insert(reply, answer);
                events.push(Event::Operator {
                    by,
                    reason,
                    command,
                    reply,
                });
            }
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

    fn commit(&mut self, _now: Tick, records: Vec<Record>) {
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
                let sent = self.labels.fields(&serial).and_then(|fields| {
                    self.devices.printer(PrinterCommand::Print(PrintJob {
                        ticket: pack.0,
                        fields,
                    }))
                });
                if let Err(why) = sent {
                    self.own.push(Event::JobRefused { pack, why });
                }
            }
            Effect::PrintVoid { pack } => {
                let fields = Labels::void_fields();
                let job = PrinterCommand::Print(PrintJob {
                    ticket: pack.0,
                    fields,
                });
                if let Err(why) = self.devices.printer(job) {
                    self.own.push(Event::JobRefused { pack, why });
                }
            }
            Effect::Verdict { plc, code } => {
                self.devices.plc(PlcCommand::Verdict {
                    boot: plc.boot,
                    id: plc.id,
                    code,
                });
            }
            Effect::Levels(levels) => self.devices.levels(levels),
            Effect::PlcExecute { ticket, code, arg } => {
                self.devices.plc(PlcCommand::Execute { ticket, code, arg });
            }
            Effect::UseBatch(batch) => {
                let used = self
                    .labels
                    .use_batch(*batch)
                    .and_then(|format| self.devices.printer(PrinterCommand::UseFormat(format)));
                if let Err(why) = used {
                    let health = crate::line::PrinterHealth::Hindered(why);
                    self.own.push(Event::PrinterStatus(health));
                }
            }
            Effect::ClearPrinter => {
                // A pump that cannot take it has lost its link; the alignment starts again when it is back.
                let _ = self.devices.printer(PrinterCommand::Clear);
            }
            Effect::Verify {
                pack,
                frame,
                serial,
            } => {
                let frame = self.frames.take(frame);
                let expectation = self.labels.expectation(serial.as_ref());
                if let (Some(frame), Some(expectation)) = (frame, expectation) {
                    self.workers.look(Job {
                        pack,
                        frame,
                        expectation,
                    });
                }
            }
            Effect::DropFrame(frame) => drop(self.frames.take(frame)),
            Effect::Reply { reply, answer } => {
                if let Some(to) = self.answers.remove(&reply) {
                    let _ = to.try_send(answer); // the client went away
                }
            }
            Effect::End => self.ended = true,
        }
    }

    fn publish(&mut self, now: Tick) {
        if self.shown.0.elapsed() < PUBLISH_PAUSE && !self.ended {
            return;
        }
        let view = self.line.view(now, utc_ms());
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

    fn finish(self) -> Result<(), StationError> {
        self.devices.stop();
        let closed = self.writer.close();
        match self.store_failed {
            Some(why) => Err(StationError::StoreFailed(why)),
            None => closed.map_err(StationError::Store),
        }
    }
}

impl DiskWatch {
    fn look(&mut self) -> Option<Event> {
        if Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + DISK_PAUSE;
        let free = crate::store::free_bytes(&self.dir).ok()?;
        let (was, low) = (self.low, free < self.free_min_bytes.saturating_mul(2));
        self.low = low;
        match (was, low) {
            (false, true) => Some(Event::DiskLow(Some(format!(
                "{} MB left, the station refuses to start below {} MB",
                free / 1_000_000,
                self.free_min_bytes / 1_000_000
            )))),
            (true, false) => Some(Event::DiskLow(None)),
            _ => None,
        }
    }
}

/// The wall clock, ms since 1970: data for records and screens, never logic.
pub fn utc_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}
