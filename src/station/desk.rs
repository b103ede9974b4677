//! The desk: what devices, workers and store say becomes events of the line, one turn is taken, and what the line wants
//! done is handed to whoever has the hands: pumps, threads and a wall clock in `run`, simulated devices under
//! virtual time in a simulated world. What is simulated is therefore what runs.

use super::frames::Frames;
use super::keeper::Evidence;
use super::labels::Labels;
use super::supplier::{Supplied, Wanted};
use super::translate;
use super::turn::turn;
use super::workers::{Job, Looked};
use crate::gs1::{Gtin, Lot};
use crate::line::batch::LastOfLot;
use crate::line::labelling::LabelPrinterSays;
use crate::line::{ContainerLabel, Device, Effect, Event, Line, PrinterHealth, ReplyTo};
use crate::record::{
    Batch, BatchNo, ContainerCode, ContainerNo, LabelSlot, LabelText, Level, PackNo, PeopleFact,
    Record, Tick,
};
use crate::store::StoreEvent;
use crate::wire::OperatorCommand;
use std::sync::Arc;
use vidimus_drivers::camera::{CameraEvent, Frame, PictureCoding};
use vidimus_drivers::plc::{PlcCommand, PlcEvent};
use vidimus_drivers::printer::format::JobContent;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};

/// What reaches the desk.
#[derive(Debug)]
pub enum Heard {
    /// From the PLC's session.
    Plc(PlcEvent),
    /// From the printer's session.
    Printer(PrinterEvent),
    /// From the session of the printer of containers' labels.
    LabelPrinter(PrinterEvent),
    /// From the camera's session.
    Camera(CameraEvent),
    /// From whoever looks at pictures.
    Looked(Looked),
    /// From the keeper of pictures.
    Evidence(Evidence),
    /// From the store's writer.
    Store(StoreEvent),
    /// From whoever reads numbers of pools.
    Numbers(Supplied),
    /// From the courier: what hinders it, or that nothing does.
    Capture(Option<String>),
}

/// Who carries out what the desk decides. Nothing here waits for an answer: answers are [`Heard`].
pub trait Hands {
    /// Gives the records of one turn to the store.
    ///
    /// # Errors
    /// The store does not take them, and never will again.
    fn commit(&mut self, records: Vec<Record>) -> Result<(), String>;
    /// The last batch of this lot that is on disk.
    fn last_of_lot(&mut self, gtin: Gtin, lot: &Lot) -> LastOfLot;
    /// Gives the PLC a command; `false` when it was not taken.
    fn plc(&mut self, command: PlcCommand) -> bool;
    /// Gives the printer a command.
    ///
    /// # Errors
    /// It was not taken, and why.
    fn printer(&mut self, command: PrinterCommand) -> Result<(), String>;
    /// Has it judged what a container's label says; the answer is [`Event::LabelJudged`].
    fn want_label(&mut self, container: ContainerNo, code: ContainerCode);
    /// Gives a container's label to its printer.
    ///
    /// # Errors
    /// It was not taken, and why.
    fn print_container(&mut self, label: ContainerLabel) -> Result<(), String>;
    /// From here on containers of this level get this label.
    fn use_container_label(&mut self, level: Level, label: Arc<LabelText>);
    /// Has a picture looked at.
    fn look(&mut self, job: Job);
    /// Has the picture of a rejected pack kept, where pictures are kept.
    ///
    /// # Errors
    /// Why not.
    fn keep(&mut self, pack: PackNo, batch: Option<BatchNo>, frame: Frame) -> Result<(), String>;
    /// Removes the kept pictures of packs up to this one.
    fn remove(&mut self, through: PackNo);
    /// Has numbers of pools read.
    ///
    /// # Errors
    /// Why not.
    fn read_numbers(&mut self, wanted: Wanted) -> Result<(), String>;
    /// From here on the people of the station are as this says.
    fn people(&mut self, fact: PeopleFact);
    /// Answers a person.
    fn answer(&mut self, reply: ReplyTo, answer: Result<(), String>);
}

/// The line with everything that stands between it and the devices.
pub struct Desk {
    line: Line,
    labels: Labels,
    frames: Frames,
    station_boot: u16,
    /// Pictures of a lossy source are refused.
    lossless_only: bool,
    /// Events that were found while carrying out effects; they open the next turn.
    own: Vec<Event>,
    /// A batch whose format the printer has not taken yet.
    format_owed: Option<Batch>,
    store_failed: Option<String>,
    ended: bool,
}

impl Desk {
    /// A desk for a line that was just made.
    pub fn new(line: Line, labels: Labels, station_boot: u16, lossless_only: bool) -> Desk {
        Desk {
            line,
            labels,
            frames: Frames::default(),
            station_boot,
            lossless_only,
            own: Vec::new(),
            format_owed: None,
            store_failed: None,
            ended: false,
        }
    }

    /// The line.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The label of the batch in force.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Pictures held for the line, waiting and looked at.
    pub fn frames(&self) -> &Frames {
        &self.frames
    }

    /// Why the store failed, if it has.
    pub fn store_failure(&self) -> Option<&str> {
        self.store_failed.as_deref()
    }

    /// The line has ended in order.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// What the turn before left to be done; opens the next one.
    pub fn begin(&mut self, hands: &mut dyn Hands) -> Vec<Event> {
        if let Some(batch) = self.format_owed.clone() {
            self.use_batch(batch, hands);
        }
        std::mem::take(&mut self.own)
    }

    /// What was said, in the line's words.
    pub fn understand(&mut self, heard: Heard, events: &mut Vec<Event>) {
        match heard {
            Heard::Plc(event) => events.extend(translate::plc_event(event)),
            Heard::Printer(event) => {
                let owed = self.format_owed.is_some();
                if !(owed && matches!(event, PrinterEvent::Status(_))) {
                    events.extend(translate::printer_event(event));
                }
            }
            Heard::LabelPrinter(event) => events.extend(translate::label_printer_event(event)),
            Heard::Camera(event) => events.extend(self.camera_event(event)),
            Heard::Looked(Looked {
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
            Heard::Evidence(what) => events.push(translate::evidence(what)),
            Heard::Numbers(supplied) => events.push(translate::numbers(supplied)),
            Heard::Capture(why) => events.push(Event::CaptureHindered(why)),
            Heard::Store(StoreEvent::Committed { through, took }) => {
                let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                events.push(Event::Committed { through, took_us });
            }
            Heard::Store(StoreEvent::Failed { text }) => events.extend(self.fail_store(text)),
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
            // Its pack will have no picture; a camera that loses all of them says why.
            CameraEvent::Lost { why, .. } => Some(Event::Trouble {
                device: Device::Camera,
                why,
            }),
            CameraEvent::Warning(what) => Some(Event::CameraWarning(what)),
        }
    }

    /// The store's failure, told once.
    fn fail_store(&mut self, text: String) -> Option<Event> {
        if self.store_failed.is_some() {
            return None;
        }
        self.store_failed = Some(text.clone());
        Some(Event::StoreFailed(text))
    }

    /// One turn: events in, records to the store, effects carried out.
    pub fn turn(&mut self, now: Tick, events: Vec<Event>, hands: &mut dyn Hands) {
        for effect in self.record(now, events, hands) {
            self.carry_out(effect, hands);
        }
    }

    /// The last turn of a station that ends: what happened gets on record, and nothing is carried out any more.
    pub fn last_turn(&mut self, now: Tick, last: Vec<Event>, hands: &mut dyn Hands) {
        let mut events = std::mem::take(&mut self.own);
        events.extend(last);
        self.record(now, events, hands);
    }

    /// Events in, records to the store; what the line wants done.
    fn record(&mut self, now: Tick, events: Vec<Event>, hands: &mut dyn Hands) -> Vec<Effect> {
        let output = turn(&mut self.line, now, with_used_lots(events, hands));
        if !output.records.is_empty()
            && self.store_failed.is_none()
            && let Err(why) = hands.commit(output.records)
        {
            let failed = self.fail_store(why);
            self.own.extend(failed);
        }
        output.effects
    }

    fn carry_out(&mut self, effect: Effect, hands: &mut dyn Hands) {
        match effect {
            Effect::Print { pack, label } => {
                let fields = self.labels.text_of(&label);
                self.print(pack, fields, hands);
            }
            Effect::PrintVoid { pack } => {
                let fields = self.labels.void();
                self.print(pack, fields, hands);
            }
            Effect::Verdict { plc, code } => {
                hands.plc(PlcCommand::Verdict {
                    boot: plc.boot,
                    id: plc.id,
                    code,
                });
            }
            Effect::Levels(levels) => {
                let levels = translate::station_levels(levels, self.station_boot);
                hands.plc(PlcCommand::Levels(levels));
            }
            Effect::PlcExecute { ticket, code, arg } => {
                if !hands.plc(PlcCommand::Execute { ticket, code, arg }) {
                    self.own.push(Event::PlcDone { ticket, ok: false });
                }
            }
            Effect::UseBatch(batch) => self.use_batch(*batch, hands),
            Effect::UseLabel { slot, label } => self.use_label(slot, label, hands),
            Effect::ClearPrinter => {
                // Not taken: what the printer holds is unknown until it answers again, and then everything is
                // repeated.
                if hands.printer(PrinterCommand::Clear).is_err() {
                    let health = PrinterHealth::Unknown;
                    self.own.push(Event::PrinterStatus(health));
                }
            }
            Effect::Verify { pack, frame, label } => {
                let frame = self.frames.take(frame);
                let expectation = self.labels.expectation(label.as_ref());
                let text = self.labels.text();
                if let (Some(frame), Some(expectation)) = (frame, expectation) {
                    hands.look(Job {
                        pack,
                        frame,
                        expectation,
                        text,
                    });
                }
            }
            Effect::DropFrame(frame) => drop(self.frames.take(frame)),
            Effect::KeepPicture { pack, batch } => self.keep_picture(pack, batch, hands),
            Effect::ForgetPicture(pack) => drop(self.frames.take_looked(pack)),
            Effect::RemovePictures { through } => hands.remove(through),
            Effect::ReadNumbers { gtin, from, count } => {
                let wanted = Wanted { gtin, from, count };
                if let Err(why) = hands.read_numbers(wanted) {
                    let numbers = Err(why);
                    self.own
                        .push(translate::numbers(Supplied { wanted, numbers }));
                }
            }
            Effect::WantLabel { container, code } => hands.want_label(container, code),
            Effect::PrintContainer(label) => {
                let record = label.record;
                if let Err(why) = hands.print_container(label) {
                    let refused = LabelPrinterSays::Refused { record, why };
                    self.own.push(Event::LabelPrinter(refused));
                }
            }
            Effect::People(fact) => hands.people(fact),
            Effect::Reply { reply, answer } => hands.answer(reply, answer),
            Effect::End => self.ended = true,
        }
    }

    /// A picture that is still being looked at is kept when that is done: the line says so then.
    fn keep_picture(&mut self, pack: PackNo, batch: Option<BatchNo>, hands: &mut dyn Hands) {
        if let Some(frame) = self.frames.take_looked(pack)
            && let Err(why) = hands.keep(pack, batch, frame)
        {
            self.own.push(Event::PictureNotKept { pack, why });
        }
    }

    fn print(&mut self, pack: PackNo, label: Result<JobContent, String>, hands: &mut dyn Hands) {
        let ticket = pack.0;
        let job = |label| PrinterCommand::Print(PrintJob { ticket, label });
        if let Err(why) = label.and_then(|label| hands.printer(job(label))) {
            self.own.push(Event::JobRefused { pack, why });
        }
    }

    /// Another template from here on; where a batch is open the printer gets its format.
    fn use_label(&mut self, slot: LabelSlot, label: Arc<LabelText>, hands: &mut dyn Hands) {
        match slot {
            LabelSlot::Packs => {
                self.labels.use_template(&label);
                // A start uses its batch behind its template.
                let batch = self.line.batch().filter(|_| self.labels.has_batch());
                if let Some(batch) = batch.cloned() {
                    self.use_batch(batch, hands);
                }
            }
            LabelSlot::Level(level) => hands.use_container_label(level, label),
        }
    }

    /// Gives the printer the batch's format. Until it has taken it the printer counts as hindered: an old label
    /// must not be printed for a new batch.
    fn use_batch(&mut self, batch: Batch, hands: &mut dyn Hands) {
        let used = self
            .labels
            .use_batch(batch.clone())
            .and_then(|format| hands.printer(PrinterCommand::UseFormat(format)));
        if let Err(why) = used {
            if self.format_owed.is_none() {
                self.own
                    .push(Event::PrinterStatus(PrinterHealth::Hindered(why)));
            }
            self.format_owed = Some(batch);
        } else {
            self.format_owed = None;
            self.own.push(Event::PrinterInUse(self.labels.printer()));
            self.own
                .extend(self.labels.taught().map(Event::TextCompared));
        }
    }
}

/// Before each order that opens a batch, what the store knows of its lot. The store is asked when the turn begins: it
/// then knows at least what the line was told to be on disk.
fn with_used_lots(events: Vec<Event>, hands: &mut dyn Hands) -> Vec<Event> {
    let mut told = Vec::with_capacity(events.len());
    for event in events {
        if let Event::Operator { command, .. } = &event
            && let OperatorCommand::OpenBatch { gtin, lot, .. } = command
        {
            let (gtin, lot) = (*gtin, lot.clone());
            let last = hands.last_of_lot(gtin, &lot);
            told.push(Event::LotKnown { gtin, lot, last });
        }
        told.push(event);
    }
    told
}
