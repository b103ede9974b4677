//! Scan points: what a reader at the belt reads on containers becomes an order, as if a person had scanned it; it
//! waits, is judged against everything on record and answered like any other (`packing`).
//!
//! At the lowest level above the pack the container whose label was read is closed. At the others a closed container of
//! a level below is put into the open one, which is begun when there is none, and a container's own label closes it. At
//! pack level, behind all lanes, each pack that is read is put into the open container of the first level. What is full
//! then gets its label, or is closed where it has none.
//!
//! ```text
//! reader ──texts──▶ one label ──order──▶ PackingDesk ──Packaged──▶ line ──▶ disk ──▶ answer, or alarm
//! ```

mod labels;
mod point;

use super::StationError;
use super::container_labels::ContainerLabels;
use super::exchanges::{Exchanges, Overheard};
use super::packing::PackingDesk;
use super::run::Message;
use crate::config::{Config, Point, PointKind};
use crate::line::{Event, Line};
use crate::record::{ContainerCode, Level, PointId};
use crate::wire::View;
use point::{NotPacked, ScanPoint};
use std::sync::mpsc::SyncSender;
use std::time::Instant;
use vidimus_drivers::address::Address;
use vidimus_drivers::pump::{self, Clock, PumpHandle};
use vidimus_drivers::reader::session::ReaderSession;
use vidimus_drivers::reader::{ReaderCommand, ReaderEvent};

/// The scan points of a station.
pub struct ScanPoints {
    points: Vec<ScanPoint>,
    pumps: Vec<PumpHandle<ReaderCommand>>,
    told: Option<String>,
    /// What the line was told of the reader that reads packs.
    told_ready: bool,
}

impl ScanPoints {
    /// Starts one pump a scan point; everything their readers say goes to `inbox`, and what goes over their links into
    /// `exchanges`.
    ///
    /// # Errors
    /// A reader's pump cannot start.
    pub fn start(
        config: &Config,
        packing: &PackingDesk,
        (clock, exchanges): (Clock, &Exchanges),
        inbox: &SyncSender<Message>,
    ) -> Result<ScanPoints, StationError> {
        let (mut points, mut pumps) = (Vec::new(), Vec::new());
        for (place, point) in config.points.iter().enumerate() {
            if point.kind != PointKind::Scan {
                continue;
            }
            let around = (clock, exchanges);
            pumps.push(start_pump(
                config,
                point,
                points.len(),
                around,
                inbox.clone(),
            )?);
            let packs = point.level == crate::config::Level::Pack;
            let named = match packs {
                true => packing.level_name(Level(1)),
                false => Some(point.level.word().to_owned()),
            };
            let into = named.and_then(|name| Some((packing.level(&name)?, name)));
            let into = into.ok_or_else(|| {
                let name = point.level.word();
                StationError::Device(format!(
                    "There is no [[level]] for the point at {name} level."
                ))
            })?;
            let follow = packing.full_without_label(into.0);
            let follow = follow.map_err(StationError::Device)?;
            let level = if packs { Level(0) } else { into.0 };
            let name = (PointId(place as u16 + 1), point.name.clone());
            points.push(ScanPoint::new(name, level, (into, point.in_order), follow));
        }
        Ok(ScanPoints {
            points,
            pumps,
            told: None,
            told_ready: false,
        })
    }

    /// What the reader of this point said.
    pub fn hear(
        &mut self,
        place: usize,
        event: ReaderEvent,
        (packing, labels): (&PackingDesk, &ContainerLabels),
    ) {
        let printed = |container: &ContainerCode| {
            let (level, label) = packing.printed(container)?;
            labels.bar_codes(level, label.template, &label.says)
        };
        if let Some(point) = self.points.get_mut(place) {
            point.hear(event, printed);
        }
    }

    /// Gives orders, and hears what came of those before; what the line must know of it.
    pub fn work(&mut self, packing: &mut PackingDesk, line: &Line) -> Vec<Event> {
        let mut events = Vec::new();
        for point in &mut self.points {
            point.work(Instant::now(), packing, line);
            let told = point.take_told();
            events.extend(told.refused.into_iter().map(Event::ScanRefused));
            events.extend(told.strange.into_iter().map(Event::StrangeRead));
            let overtook = told.overtook.into_iter();
            events.extend(overtook.map(|(point, unit)| Event::Overtook { point, unit }));
            events.extend(told.doubled.into_iter().map(Event::LabelDoubled));
            let not_packed = told.not_packed.into_iter();
            events.extend(
                not_packed.map(|NotPacked { unit, name, why }| Event::NotPacked {
                    unit,
                    name,
                    why,
                }),
            );
        }
        let mut packs = self.points.iter().filter(|point| point.reads_packs());
        let ready = packs.any(ScanPoint::is_ready);
        if ready != self.told_ready {
            self.told_ready = ready;
            events.push(Event::PackReader(ready));
        }
        let hindered: Vec<String> = self.points.iter().filter_map(ScanPoint::hindered).collect();
        let hindered = (!hindered.is_empty()).then(|| hindered.join(" "));
        if hindered != self.told {
            self.told = hindered.clone();
            events.push(Event::ReadersHindered(hindered));
        }
        events
    }

    /// Puts their readers among the devices of a view.
    pub fn put_into(&self, view: &mut View) {
        view.devices
            .extend(self.points.iter().map(ScanPoint::device));
    }

    /// Stops all pumps.
    pub fn stop(self) {
        self.pumps.iter().for_each(PumpHandle::stop);
        for pump in self.pumps {
            pump.join();
        }
    }
}

/// What the reader of a scan point is called in a view.
pub fn device_of(point: &str) -> String {
    format!("reader {point}")
}

fn start_pump(
    config: &Config,
    point: &Point,
    place: usize,
    (clock, exchanges): (Clock, &Exchanges),
    inbox: SyncSender<Message>,
) -> Result<PumpHandle<ReaderCommand>, StationError> {
    let reader = config
        .readers
        .iter()
        .find(|reader| reader.name == point.device);
    let found = reader.and_then(|reader| {
        let Ok(Address::Reader { link, .. }) = reader.address.parse() else {
            return None;
        };
        Some((reader.settings()?, link))
    });
    let Some((settings, link)) = found else {
        let text = format!("{} has no reader with a reader's address.", point.name);
        return Err(StationError::Device(text));
    };
    let emit = move |event| {
        let _ = inbox.send(Message::Reader(place, event)); // the loop is gone: nobody listens any more
    };
    let name = device_of(&point.name);
    let session = Overheard::new(ReaderSession::new(settings), exchanges.tap(&name));
    let pump = pump::spawn_bytes(session, link, clock, emit);
    if let Ok(pump) = &pump {
        exchanges.runs(&name, pump.redial());
    }
    pump.map_err(|error| StationError::Io {
        what: format!("The pump of the reader at {} cannot start", point.name),
        error,
    })
}
