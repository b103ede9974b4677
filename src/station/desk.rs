//! The desk: what devices, workers and store say becomes events of the line, one turn is taken, and what the line wants
//! done is handed to whoever has the hands: pumps, threads and a wall clock in `run`, simulated devices under
//! virtual time in a simulated world. What is simulated is therefore what runs.

use super::frames::{Frames, Sight};
use super::keeper::Evidence;
use super::labels::Labels;
use super::readers;
use super::supplier::{Supplied, Wanted};
use super::translate;
use super::turn::turn;
use super::workers::{Job, Looked};
use crate::gs1::{Gtin, Lot};
use crate::line::batch::LastOfLot;
use crate::line::labelling::LabelPrinterSays;
use crate::line::{
    ContainerLabel, Device, Effect, Event, LaneEffect, LaneEvent, Line, PrinterHealth, ReplyTo,
};
use crate::record::{
    Batch, BatchNo, ContainerCode, ContainerNo, DeviceOrder, LabelText, LaneNo, Level, PackNo,
    PeopleFact, Record, Tick,
};
use crate::store::StoreEvent;
use crate::wire::OperatorCommand;
use std::sync::Arc;
use vidimus_drivers::camera::{CameraEvent, Frame, PictureCoding};
use vidimus_drivers::plc::{PlcCommand, PlcEvent};
use vidimus_drivers::printer::format::JobContent;
use vidimus_drivers::printer::{PrintJob, PrinterCommand, PrinterEvent};
use vidimus_drivers::reader::ReaderEvent;

/// The ticket of a test label: no pack has this number.
pub const TEST_TICKET: u64 = u64::MAX;

/// What reaches the desk.
#[derive(Debug)]
pub enum Heard {
    /// From the session of a lane's PLC.
    Plc(LaneNo, PlcEvent),
    /// From the session of a lane's printer.
    Printer(LaneNo, PrinterEvent),
    /// From the session of the printer of containers' labels.
    LabelPrinter(PrinterEvent),
    /// From the session of a lane's camera.
    Camera(LaneNo, CameraEvent),
    /// From the session of the reader in its place.
    Reader(LaneNo, ReaderEvent),
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
    /// Gives the PLC of a lane a command; `false` when it was not taken.
    fn plc(&mut self, lane: LaneNo, command: PlcCommand) -> bool;
    /// Gives the printer of a lane a command.
    ///
    /// # Errors
    /// It was not taken, and why.
    fn printer(&mut self, lane: LaneNo, command: PrinterCommand) -> Result<(), String>;
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
    /// Does with a device of this name what a person ordered; a test print is the desk's own.
    fn device(&mut self, lane: Option<LaneNo>, device: &str, order: DeviceOrder);
    /// Notes what happened with a device, for people.
    fn happened(&mut self, device: &str, what: &str);
    /// From here on the people of the station are as this says.
    fn people(&mut self, fact: PeopleFact);
    /// Answers a person.
    fn answer(&mut self, reply: ReplyTo, answer: Result<(), String>);
}

/// What stands between the line and the devices of one lane.
pub struct LaneDesk {
    labels: Labels,
    /// Pictures of a lossy source are refused.
    lossless_only: bool,
    /// A batch whose format the printer has not taken yet.
    format_owed: Option<Batch>,
}

impl LaneDesk {
    /// For a lane whose printer has these labels.
    pub fn new(labels: Labels, lossless_only: bool) -> LaneDesk {
        LaneDesk {
            labels,
            lossless_only,
            format_owed: None,
        }
    }
}

/// The line with everything that stands between it and the devices.
pub struct Desk {
    line: Line,
    /// The first lane first.
    lanes: Vec<LaneDesk>,
    frames: Frames,
    station_boot: u16,
    /// Events that were found while carrying out effects; they open the next turn.
    own: Vec<Event>,
    store_failed: Option<String>,
    ended: bool,
}

impl Desk {
    /// A desk for a line that was just made.
    pub fn new(line: Line, lanes: Vec<LaneDesk>, station_boot: u16) -> Desk {
        Desk {
            line,
            lanes,
            frames: Frames::default(),
            station_boot,
            own: Vec::new(),
            store_failed: None,
            ended: false,
        }
    }

    /// The line.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The label of the batch in force, as the first lane prints it; all lanes print it alike.
    pub fn labels(&self) -> &Labels {
        &self.lanes[0].labels
    }

    fn lane(&mut self, no: LaneNo) -> &mut LaneDesk {
        let place = usize::from(no.0) - 1;
        self.lanes
            .get_mut(place)
            .expect("lanes are those of the station file")
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
        for place in 0..self.lanes.len() {
            if let Some(batch) = self.lanes[place].format_owed.clone() {
                self.use_batch(LaneNo(place as u8 + 1), batch, hands);
            }
        }
        std::mem::take(&mut self.own)
    }

    /// What was said, in the line's words.
    pub fn understand(&mut self, heard: Heard, events: &mut Vec<Event>) {
        match heard {
            Heard::Plc(lane, event) => events.extend(translate::plc_event(lane, event)),
            Heard::Printer(lane, event) => {
                let owed = self.lane(lane).format_owed.is_some();
                if !(owed && matches!(event, PrinterEvent::Status(_))) {
                    events.extend(translate::printer_event(lane, event));
                }
            }
            Heard::LabelPrinter(event) => events.extend(translate::label_printer_event(event)),
            Heard::Camera(lane, event) => {
                let event = self.camera_event(lane, event);
                events.extend(event.map(|event| event.on(lane)));
            }
            Heard::Reader(lane, event) => {
                let event = readers::heard(&mut self.frames, lane, event);
                events.extend(event.map(|event| event.on(lane)));
            }
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

    fn camera_event(&mut self, lane: LaneNo, event: CameraEvent) -> Option<LaneEvent> {
        let lossless_only = self.lane(lane).lossless_only;
        match event {
            CameraEvent::Link(up) => Some(LaneEvent::CameraLink(up)),
            // A lossy picture from a source that was said to be lossless proves nothing: the pack has no picture.
            CameraEvent::Frame(frame) if lossless_only && frame.coding == PictureCoding::Jpeg => {
                let why = "sends JPEG, the station file says lossless = true".to_owned();
                let device = Device::Camera;
                Some(LaneEvent::Trouble { device, why })
            }
            CameraEvent::Frame(frame) => {
                let counter = frame.counter;
                Some(LaneEvent::Pictured {
                    counter,
                    frame: self.frames.hold(lane, Sight::Picture(frame)),
                })
            }
            CameraEvent::Fault(fault) => Some(translate::trouble(Device::Camera, &fault)),
            // Its pack will have no picture; a camera that loses all of them says why.
            CameraEvent::Lost { why, .. } => Some(LaneEvent::Trouble {
                device: Device::Camera,
                why,
            }),
            CameraEvent::Warning(what) => Some(LaneEvent::CameraWarning(what)),
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

    fn carry_out_on(&mut self, lane: LaneNo, effect: LaneEffect, hands: &mut dyn Hands) {
        match effect {
            LaneEffect::Print { pack, label } => {
                let fields = self.lane(lane).labels.text_of(&label);
                self.print((lane, pack), fields, hands);
            }
            LaneEffect::PrintVoid { pack } => {
                let fields = self.lane(lane).labels.void();
                self.print((lane, pack), fields, hands);
            }
            LaneEffect::Verdict { plc, code } => {
                let (boot, id) = (plc.boot, plc.id);
                hands.plc(lane, PlcCommand::Verdict { boot, id, code });
            }
            LaneEffect::Levels(levels) => {
                let levels = translate::station_levels(levels, self.station_boot);
                hands.plc(lane, PlcCommand::Levels(levels));
            }
            LaneEffect::PlcExecute { ticket, code, arg } => {
                if !hands.plc(lane, PlcCommand::Execute { ticket, code, arg }) {
                    let done = LaneEvent::PlcDone { ticket, ok: false };
                    self.own.push(done.on(lane));
                }
            }
            LaneEffect::UseBatch(batch) => self.use_batch(lane, *batch, hands),
            LaneEffect::UseLabel(label) => self.use_label(lane, &label, hands),
            LaneEffect::ClearPrinter => {
                // Not taken: what the printer holds is unknown until it answers again, and then everything is
                // repeated.
                if hands.printer(lane, PrinterCommand::Clear).is_err() {
                    let silent = LaneEvent::PrinterStatus(PrinterHealth::Unknown);
                    self.own.push(silent.on(lane));
                }
            }
            LaneEffect::Verify { pack, frame, label } => {
                let sight = self.frames.take(frame);
                let labels = &self.lane(lane).labels;
                let expectation = labels.expectation(label.as_ref());
                let text = labels.text();
                match (sight, expectation) {
                    (Some(Sight::Picture(frame)), Some(expectation)) => hands.look(Job {
                        lane,
                        pack,
                        frame,
                        expectation,
                        text,
                    }),
                    (Some(Sight::Text(read)), Some(expectation)) => {
                        let judged = readers::judged(pack, Some(&read), &expectation);
                        self.own.push(judged);
                    }
                    (Some(Sight::Nothing), Some(expectation)) => {
                        self.own.push(readers::judged(pack, None, &expectation));
                    }
                    (None, _) | (_, None) => {}
                }
            }
        }
    }

    fn carry_out(&mut self, effect: Effect, hands: &mut dyn Hands) {
        match effect {
            Effect::At(lane, effect) => self.carry_out_on(lane, effect, hands),
            Effect::UseLabel { level, label } => hands.use_container_label(level, label),
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
            Effect::Device {
                lane: Some(lane),
                device,
                order: DeviceOrder::TestPrint,
            } => {
                if let Err(why) = self.test_print(lane, hands) {
                    hands.happened(&device, &format!("no test label: {why}"));
                }
            }
            Effect::Device {
                lane,
                device,
                order,
            } => hands.device(lane, &device, order),
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

    fn print(
        &mut self,
        (lane, pack): (LaneNo, PackNo),
        label: Result<JobContent, String>,
        hands: &mut dyn Hands,
    ) {
        let ticket = pack.0;
        let job = |label| PrinterCommand::Print(PrintJob { ticket, label });
        if let Err(why) = label.and_then(|label| hands.printer(lane, job(label))) {
            self.own.push(Event::JobRefused { pack, why });
        }
    }

    /// A lane's printer prints a label without a number and without a symbol.
    fn test_print(&mut self, lane: LaneNo, hands: &mut dyn Hands) -> Result<(), String> {
        let (format, label) = self.lane(lane).labels.test_print()?;
        if let Some(format) = format {
            hands.printer(lane, PrinterCommand::UseFormat(format))?;
        }
        let ticket = TEST_TICKET;
        hands.printer(lane, PrinterCommand::Print(PrintJob { ticket, label }))
    }

    /// Another template for packs from here on; where a batch is open the lane's printer gets its format.
    fn use_label(&mut self, lane: LaneNo, label: &LabelText, hands: &mut dyn Hands) {
        let labels = &mut self.lane(lane).labels;
        labels.use_template(label);
        // A start uses its batch behind its template.
        let in_use = labels.has_batch();
        let batch = self.line.batch().filter(|_| in_use);
        if let Some(batch) = batch.cloned() {
            self.use_batch(lane, batch, hands);
        }
    }

    /// Gives the lane's printer the batch's format. Until it has taken it the printer counts as hindered: an old label
    /// must not be printed for a new batch.
    fn use_batch(&mut self, no: LaneNo, batch: Batch, hands: &mut dyn Hands) {
        let lane = self.lane(no);
        let used = lane
            .labels
            .use_batch(batch.clone())
            .and_then(|format| hands.printer(no, PrinterCommand::UseFormat(format)));
        if let Err(why) = used {
            let known = lane.format_owed.replace(batch).is_some();
            if !known {
                let hindered = LaneEvent::PrinterStatus(PrinterHealth::Hindered(why));
                self.own.push(hindered.on(no));
            }
            return;
        }
        lane.format_owed = None;
        let (printer, taught) = (lane.labels.printer(), lane.labels.taught());
        self.own.push(LaneEvent::PrinterInUse(printer).on(no));
        // All lanes compare with the same letters.
        let taught = taught.filter(|_| no.is_first());
        self.own.extend(taught.map(Event::TextCompared));
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
