//! Who works for the loop beside it, each in threads of its own: started here, with what each tells the loop.

use super::StationError;
use super::desk::Heard;
use super::devices::fired_by_station;
use super::evidence::Bounds;
use super::keeper::Keeper;
use super::label_judge::{JudgedLabel, LabelJudge};
use super::run::{Message, utc_ms};
use super::supplier::Supplier;
use super::try_out::Shots;
use super::workers::Workers;
use crate::capture::{Courier, Settings};
use crate::config::{Config, LaneDevices};
use crate::store::{Errands, Reader, Store, Writer};
use crate::vision::Setup;
use crate::wire::device_name;
use std::sync::mpsc::{SendError, SyncSender};
use vidimus_drivers::pump::Clock;

/// Who writes the store.
pub(super) fn start_writer(
    store: Store,
    inbox: &SyncSender<Message>,
) -> Result<Writer, StationError> {
    let inbox = inbox.clone();
    let writer = store.start(move |event| {
        let _ = inbox.send(Message::Heard(Heard::Store(event))); // the loop is gone: nobody waits for it
    });
    writer.map_err(StationError::Store)
}

/// Who reads numbers of pools.
pub(super) fn start_supplier(
    store: &Store,
    inbox: &SyncSender<Message>,
) -> Result<Supplier, StationError> {
    let reader = store.reader().map_err(StationError::Store)?;
    let supplied = inbox.clone();
    let emit = move |numbers| {
        let _ = supplied.send(Message::Heard(Heard::Numbers(numbers))); // the loop is gone
    };
    Supplier::start(reader, emit).map_err(|error| StationError::Io {
        what: "The reader of numbers cannot start".into(),
        error,
    })
}

/// Who judges label templates.
pub(super) fn start_judge(inbox: &SyncSender<Message>) -> Result<LabelJudge, StationError> {
    let judged = inbox.clone();
    let emit = move |label: JudgedLabel| {
        let _ = judged.send(Message::LabelJudged(Box::new(label))); // the loop is gone
    };
    LabelJudge::start(emit).map_err(|error| StationError::Io {
        what: "The judge of label templates cannot start".into(),
        error,
    })
}

/// Who brings documents to a partner's repository, if the station file names one.
pub(super) fn start_courier(
    config: &Config,
    reader: Reader,
    errands: &Errands,
    inbox: &SyncSender<Message>,
) -> Result<Option<Courier>, StationError> {
    let Some(settings) = Settings::of(config) else {
        return Ok(None);
    };
    let inbox = inbox.clone();
    let tell = move |why| {
        let _ = inbox.send(Message::Heard(Heard::Capture(why))); // the loop is gone
    };
    let courier = Courier::start(settings, reader, errands.clone(), utc_ms, tell);
    courier.map(Some).map_err(|error| StationError::Io {
        what: "The courier of EPCIS documents cannot start".into(),
        error,
    })
}

/// Whoever looks at pictures.
pub(super) fn start_workers(
    config: &Config,
    inbox: &SyncSender<Message>,
) -> Result<Workers, StationError> {
    let looked = inbox.clone();
    let lanes = config.lanes();
    let setups: Vec<Setup> = lanes.iter().map(|lane| lane.eyes.setup()).collect();
    Workers::start(config.limits.workers as usize, &setups, move |found| {
        let _ = looked.send(Message::Heard(Heard::Looked(found)));
    })
    .map_err(|error| StationError::Io {
        what: "The verify workers cannot start".into(),
        error,
    })
}

/// What was seen in test pictures: nothing yet.
pub(super) fn shots(config: &Config, clock: Clock) -> Shots {
    let lanes = config.lanes();
    let several = lanes.len() > 1;
    let camera = |lane: &LaneDevices<'_>| {
        let name = device_name(lane.eyes.kind(), lane.no, several);
        (name, fired_by_station(lane.eyes))
    };
    Shots::new(clock, lanes.iter().map(camera))
}

/// The keeper, if the station file wants one.
pub(super) fn start_keeper(
    config: &Config,
    store: &Store,
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
    let emit = move |what| match kept.send(Message::Heard(Heard::Evidence(what))) {
        Err(SendError(Message::Heard(Heard::Evidence(what)))) => Err(what),
        _ => Ok(()),
    };
    let reader = store.reader().map_err(StationError::Store)?;
    let stays = Box::new(move || reader.batches_in_question().ok());
    let keeper = Keeper::start(&config.station.data_dir, bounds, stays, emit);
    keeper.map(Some).map_err(|error| StationError::Io {
        what: "The keeper of pictures cannot start".into(),
        error,
    })
}
