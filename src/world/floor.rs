//! The floor of a world: sessions, links, disk, eye and shelves that carry out what the station's desk decides, under
//! virtual time. PURE.

use super::disk::Disk;
use super::eye::Eye;
use super::plant::{CameraPeer, PlcPeer, PrinterPeer, Shared};
use super::sabotage::Sabotage;
use super::trouble::Trouble;
use super::witness::Witness;
use crate::config::Config;
use crate::gs1::{Gtin, Lot};
use crate::line::batch::LastOfLot;
use crate::line::{ContainerLabel, ReplyTo};
use crate::record::{
    BatchNo, ContainerCode, ContainerNo, DeviceOrder, KeptPicture, LabelText, LaneNo, Level,
    PackNo, PeopleFact, PictureHash, PlcPack, Record, Tick,
};
use crate::station::described::speech_of;
use crate::station::desk::{Hands, Heard};
use crate::station::keeper::{Evidence, coding};
use crate::station::sessions;
use crate::station::supplier::{Supplied, Wanted};
use crate::station::workers::{Job, Looked};
use crate::store::{StoreError, StoreEvent};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::Frame;
use vidimus_drivers::camera::http::StreamSession;
use vidimus_drivers::link::memory::{Act, MemoryLink};
use vidimus_drivers::plc::PlcCommand;
use vidimus_drivers::plc::session::PlcSession;
use vidimus_drivers::printer::PrinterCommand;
use vidimus_drivers::printer::format::JobContent;
use vidimus_drivers::printer::session::PrinterSession;

/// Most pictures that wait to be looked at; see [`crate::station::workers::WAITING_MAX`].
const LOOKS_MAX: usize = crate::station::workers::WAITING_MAX;

/// Pause before a link is opened again.
const REOPEN: Duration = Duration::from_millis(100);

/// What the wall clock says when a world begins, in ms since 1970: some day, and a minute before a leap day, before
/// the day after it, before a month's and a year's end, before clocks of 32 bits end.
const CLOCKS_UTC_MS: [i64; 6] = [
    1_900_000_000_000,
    1_835_395_140_000,
    1_835_481_540_000,
    1_806_537_540_000,
    1_830_297_540_000,
    2_147_483_587_000,
];

/// What the desk's orders become.
pub struct Floor {
    /// The PLC's link.
    pub plc: MemoryLink<PlcSession, PlcPeer>,
    /// The printer's link.
    pub printer: MemoryLink<PrinterSession, PrinterPeer>,
    /// The camera's link.
    pub camera: MemoryLink<StreamSession, CameraPeer>,
    /// The store.
    pub disk: Disk,
    /// What may leave the station.
    pub witness: Witness,
    /// A station is there: its sessions speak.
    pub alive: bool,
    cuts: (u64, u64),
    camera_away_until: Tick,
    /// Deliberate mistakes.
    pub sabotage: Option<Sabotage>,
    plant: Shared,
    eye: Eye,
    /// What will be heard, and when.
    coming: BTreeMap<(Tick, u64), Heard>,
    looks: usize,
    order: u64,
    now: Tick,
    /// Wall clock minus virtual time, in ms.
    pub utc_ms: i64,
}

fn address(text: &str) -> Address {
    text.parse().expect("addresses of a world are sound")
}

impl Floor {
    /// A floor whose links open at once.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(config: &Config, plant: &Shared, seed: u64) -> Result<Floor, StoreError> {
        let floor = Floor {
            plc: plc_link(config, plant, (Tick(0), 0)),
            printer: printer_link(config, plant, Tick(0)),
            camera: camera_link(config, Tick(0)),
            disk: Disk::new(seed)?,
            witness: Witness::default(),
            alive: false,
            cuts: (0, 0),
            camera_away_until: Tick(0),
            sabotage: None,
            plant: plant.clone(),
            eye: Eye::default(),
            coming: BTreeMap::new(),
            looks: 0,
            order: 0,
            now: Tick(0),
            utc_ms: CLOCKS_UTC_MS[(seed % CLOCKS_UTC_MS.len() as u64) as usize],
        };
        Ok(floor)
    }

    /// A process that starts: new sessions, nothing in its memory.
    pub fn restart_links(&mut self, config: &Config, now: Tick, station_boot: u16) {
        self.plant.borrow_mut().printer_cut();
        self.plc = plc_link(config, &self.plant, (now, station_boot));
        self.printer = printer_link(config, &self.plant, now);
        self.camera = camera_link(config, now);
        self.coming.clear();
        self.looks = 0;
    }

    /// Everything moves on to this moment; what was said in between is heard by [`Floor::heard`].
    pub fn move_to(&mut self, now: Tick) {
        self.now = now;
        let (refuses_plc, refuses_printer) = {
            let mut plant = self.plant.borrow_mut();
            plant.advance(now);
            (!plant.factory.modbus_open(), !plant.factory.printer_open())
        };
        self.plc.refuses = refuses_plc;
        self.printer.refuses = refuses_printer;
        if self.alive {
            self.cut_cables();
            self.plc.run_until(now);
            self.printer.run_until(now);
            self.camera.run_until(now);
        }
    }

    /// Links that the devices dropped since the last look.
    fn cut_cables(&mut self) {
        let mut plant = self.plant.borrow_mut();
        let cuts = (plant.factory.modbus_cuts(), plant.factory.printer_cuts());
        let before = std::mem::replace(&mut self.cuts, cuts);
        if cuts.1 != before.1 {
            plant.printer_cut();
        }
        let late = plant.flush_printer(self.now);
        let said = plant.say_as_printer(self.now, late);
        drop(plant);
        if cuts.0 != before.0 {
            self.plc.cut("the PLC dropped the connection");
        }
        if cuts.1 != before.1 {
            self.printer.cut("the printer dropped the connection");
        }
        self.camera.refuses = self.now < self.camera_away_until;
        for act in said {
            if let Act::Say(after, bytes) = act {
                self.printer.say_after(after, bytes);
            }
        }
    }

    /// The camera's stream breaks off until then.
    pub fn cut_camera(&mut self, until: Tick) {
        self.camera_away_until = until;
        self.camera.refuses = true;
        self.camera.cut("the camera closed the stream");
    }

    /// How often this went wrong so far.
    pub fn struck(&self, trouble: Trouble) -> u64 {
        let plant = self.plant.borrow();
        plant.injected.get(trouble.name()).copied().unwrap_or(0)
    }

    /// The camera's stream cannot be opened.
    pub fn camera_is_away(&self, now: Tick) -> bool {
        now < self.camera_away_until
    }

    /// The camera's stream may be opened again.
    pub fn camera_comes_back(&mut self) {
        self.camera_away_until = Tick(0);
    }

    /// When something happens next.
    pub fn next_due(&self) -> Option<Tick> {
        let heard = !(self.plc.events.is_empty()
            && self.printer.events.is_empty()
            && self.camera.events.is_empty());
        let links = [
            self.plc.next_due(),
            self.printer.next_due(),
            self.camera.next_due(),
            self.disk.next_due(),
            self.coming.first_key_value().map(|((at, _), _)| *at),
            heard.then_some(self.now),
        ];
        links.into_iter().flatten().min()
    }

    /// Everything heard by now, in the order devices, disk, pictures.
    ///
    /// # Errors
    /// The store refuses its own records.
    pub fn heard(&mut self, heard: &mut Vec<Heard>) -> Result<(), StoreError> {
        let Floor {
            plc,
            printer,
            camera,
            ..
        } = self;
        heard.extend(
            plc.events
                .drain(..)
                .map(|(_, event)| Heard::Plc(LaneNo::FIRST, event)),
        );
        heard.extend(
            printer
                .events
                .drain(..)
                .map(|(_, event)| Heard::Printer(LaneNo::FIRST, event)),
        );
        heard.extend(
            camera
                .events
                .drain(..)
                .map(|(_, event)| Heard::Camera(LaneNo::FIRST, event)),
        );
        // What was sent is the peers' business; a log of it would grow for ever.
        plc.sent.clear();
        printer.sent.clear();
        camera.sent.clear();
        plc.drops.clear();
        printer.drops.clear();
        camera.drops.clear();
        while let Some(event) = self.disk.settle(self.now, &mut self.witness)? {
            heard.push(Heard::Store(event));
        }
        while let Some(((at, _), _)) = self.coming.first_key_value() {
            if *at > self.now {
                break;
            }
            let (_, one) = self.coming.pop_first().expect("there is one");
            self.looks -= usize::from(matches!(one, Heard::Looked(_)));
            heard.push(one);
        }
        if let Some(sabotage) = &mut self.sabotage {
            sabotage.hear(heard);
        }
        Ok(())
    }

    fn later(&mut self, after: Duration, heard: Heard) {
        self.order += 1;
        self.coming.insert((self.now + after, self.order), heard);
    }

    /// A picture goes out on the camera's stream.
    pub fn show(&mut self, part: Vec<u8>) {
        self.camera.say(part);
    }

    /// The present moment by the wall clock.
    pub fn utc_now(&self) -> i64 {
        self.utc_ms + self.now.as_ms() as i64
    }
}

impl Hands for Floor {
    fn commit(&mut self, records: Vec<Record>) -> Result<(), String> {
        let utc_ms = self.utc_now();
        if let Some(through) = self
            .sabotage
            .as_mut()
            .and_then(|sabotage| sabotage.acknowledge(&records))
        {
            let took = Duration::ZERO;
            self.later(took, Heard::Store(StoreEvent::Committed { through, took }));
        }
        let records = match &self.sabotage {
            Some(sabotage) => sabotage.records(records),
            None => records,
        };
        self.disk.write(self.now, utc_ms, records);
        Ok(())
    }

    fn last_of_lot(&mut self, gtin: Gtin, lot: &Lot) -> LastOfLot {
        let last = self.disk.reader().last_of_lot(gtin, lot);
        last.map(|last| last.map(Box::new))
            .map_err(|error| error.to_string())
    }

    fn plc(&mut self, _: LaneNo, command: PlcCommand) -> bool {
        let command = match &mut self.sabotage {
            Some(sabotage) => sabotage.plc(command),
            None => Some(command),
        };
        let Some(command) = command else { return true };
        if let PlcCommand::Verdict { boot, id, code: 1 } = command {
            let lane = LaneNo::FIRST;
            self.witness.passes(PlcPack { lane, boot, id });
        }
        self.plc.command(command);
        true
    }

    fn printer(&mut self, _: LaneNo, command: PrinterCommand) -> Result<(), String> {
        if let PrinterCommand::Print(job) = &command
            && let JobContent::Fields { named, .. } = &job.label
            && !named.is_empty()
        {
            self.witness.prints(PackNo(job.ticket));
        }
        let cleared = self
            .sabotage
            .as_mut()
            .and_then(|sabotage| sabotage.printer(&command));
        match cleared {
            Some(event) => self.later(
                Duration::from_millis(5),
                Heard::Printer(LaneNo::FIRST, event),
            ),
            None => self.printer.command(command),
        }
        Ok(())
    }

    fn want_label(&mut self, container: ContainerNo, _: ContainerCode) {
        unreachable!("no level of a simulated world prints, container {container:?}");
    }

    fn print_container(&mut self, _: ContainerLabel) -> Result<(), String> {
        unreachable!("no level of a simulated world prints");
    }

    fn use_container_label(&mut self, level: Level, _: Arc<LabelText>) {
        unreachable!("no level of a simulated world prints, level {level:?}");
    }

    fn look(&mut self, job: Job) {
        if self.looks >= LOOKS_MAX {
            return; // as the workers: the pack is rejected at its deadline
        }
        let verdict = self.eye.verdict(&job);
        let verdict = match &mut self.sabotage {
            Some(sabotage) => sabotage.verdict(verdict),
            None => verdict,
        };
        let mut plant = self.plant.borrow_mut();
        let took = match plant.strikes(Trouble::SlowLook) {
            true => plant.between_ms(100, 3000),
            false => plant.between_ms(1, 4),
        };
        drop(plant);
        self.looks += 1;
        let took_us = took.as_micros() as u64;
        let Job { pack, frame, .. } = job;
        let looked = Looked {
            pack,
            verdict,
            took_us,
            frame,
        };
        self.later(took, Heard::Looked(looked));
    }

    fn keep(&mut self, pack: PackNo, _batch: Option<BatchNo>, frame: Frame) -> Result<(), String> {
        let mut plant = self.plant.borrow_mut();
        let lost = plant.strikes(Trouble::NoEvidence);
        let after = plant.between_ms(2, 20);
        drop(plant);
        let what = match lost {
            true => Evidence::NotKept {
                pack,
                why: "the disk said no".to_owned(),
            },
            false => Evidence::Kept {
                pack,
                picture: KeptPicture {
                    coding: coding(frame.coding),
                    bytes: frame.body.len() as u64,
                    sha256: PictureHash([0; 32]),
                },
            },
        };
        self.later(after, Heard::Evidence(what));
        Ok(())
    }

    fn remove(&mut self, _through: PackNo) {}

    fn read_numbers(&mut self, wanted: Wanted) -> Result<(), String> {
        let supplied = Supplied::read(self.disk.reader(), wanted);
        let after = self.plant.borrow_mut().between_ms(1, 20);
        self.later(after, Heard::Numbers(supplied));
        Ok(())
    }

    /// Nobody orders anything of devices here.
    fn device(&mut self, _lane: Option<LaneNo>, _device: &str, _order: DeviceOrder) {}

    fn happened(&mut self, _device: &str, _what: &str) {}

    /// The technician's name is believed.
    fn people(&mut self, _fact: PeopleFact) {}

    fn answer(&mut self, _reply: ReplyTo, _answer: Result<(), String>) {}
}

fn plc_link(
    config: &Config,
    plant: &Shared,
    (now, station_boot): (Tick, u16),
) -> MemoryLink<PlcSession, PlcPeer> {
    let session = PlcSession::new(sessions::plc(&config.plcs[0], None, station_boot));
    let session = session.expect("the built-in contract is sound");
    let mut link = MemoryLink::starting_at(now, session, PlcPeer(plant.clone()));
    link.reopen_after = REOPEN;
    link
}

fn printer_link(
    config: &Config,
    plant: &Shared,
    now: Tick,
) -> MemoryLink<PrinterSession, PrinterPeer> {
    let speech = speech_of(&config.printers[0]);
    let language = speech.expect("addresses of a world are sound").language;
    let session = PrinterSession::new(language, sessions::printer(&config.printers[0]));
    let mut link = MemoryLink::starting_at(now, session, PrinterPeer(plant.clone()));
    link.reopen_after = REOPEN;
    link
}

fn camera_link(config: &Config, now: Tick) -> MemoryLink<StreamSession, CameraPeer> {
    let Address::Http(at) = address(&config.cameras[0].address) else {
        unreachable!("the camera of a world streams")
    };
    let session = StreamSession::new(sessions::stream(&config.cameras[0], at));
    let mut link = MemoryLink::starting_at(now, session, CameraPeer);
    link.reopen_after = REOPEN;
    link
}
