//! The two threads of a factory: one steps it every millisecond, one draws its pictures.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use tokio::sync::watch;

use super::{Books, GigeServer, ReaderBench, Shared, Viewers};
use crate::{
    Tick,
    camera::{Coding, Exposure, Frame, FrameFault},
    factory::Happenings,
    optics::{Noise, Optics},
    reader::Shown,
    tick::NS_PER_MS,
};

/// The PLC's scan time.
const SCAN: Duration = Duration::from_millis(1);
/// Its scan time while the belt stands.
const SCAN_STANDING: Duration = Duration::from_millis(4);
/// The elastic belt fires the camera only while fewer pictures than this wait to be drawn.
const DRAWING_ROOM: usize = 4;
/// How long the drawing thread sleeps when nothing comes.
const DRAW_LOOK: Duration = Duration::from_millis(50);
/// Most late frames kept back at once; the oldest goes out at once when there are more.
const LATE_MAX: usize = 32;

/// Steps a lane until the factory ends: belt, truth, pictures, pulled cables.
pub fn step(
    shared: &Shared,
    pictures: &SyncSender<Exposure>,
    books: &Books,
    idle_end_ms: Option<u64>,
) {
    let mut moving = false;
    while !shared.stopping() {
        thread::sleep(if moving { SCAN } else { SCAN_STANDING });
        let (now, mut happened) = beat(shared);
        moving = shared.factory().belt_moves();
        let heard = shared.factory().station_heard_at();
        shared.house.heard(heard.unwrap_or_default());
        for exposure in happened.exposures.drain(..) {
            order(shared, pictures, exposure);
        }
        books.enter(shared, now, &happened.truths);
        let idle = |limit_ms| now.since_ns(shared.house.heard_at()) / NS_PER_MS >= limit_ms;
        if idle_end_ms.is_some_and(idle) {
            shared.house.end();
        }
    }
    let swept = shared.factory().sweep();
    books.enter(shared, shared.now(), &swept);
}

/// One step of a lane, or of a device of its own; pulls the cables that are to be pulled.
pub fn beat(shared: &Shared) -> (Tick, Happenings) {
    let room = shared.drawing.load(Ordering::SeqCst) < DRAWING_ROOM;
    let (now, happened, cuts) = shared.with_memory(|factory| {
        let now = shared.now();
        factory.set_camera_room(room);
        let happened = factory.step(now);
        let cuts = (factory.modbus_cuts(), factory.printer_cuts());
        (now, happened, cuts)
    });
    let replace = |cut: &watch::Sender<u64>, count: u64| {
        cut.send_if_modified(|seen| std::mem::replace(seen, count) != count);
    };
    replace(&shared.modbus_cut, cuts.0);
    replace(&shared.printer_cut, cuts.1);
    (now, happened)
}

fn order(shared: &Shared, pictures: &SyncSender<Exposure>, exposure: Exposure) {
    let counter = exposure.counter;
    shared.drawing.fetch_add(1, Ordering::SeqCst);
    if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = pictures.try_send(exposure)
    {
        shared.drawing.fetch_sub(1, Ordering::SeqCst);
        shared.factory().picture_lost(counter);
    }
}

/// Draws pictures and shows them until the factory ends.
pub fn draw(
    shared: &Arc<Shared>,
    ordered: &Receiver<Exposure>,
    screen: &Screen,
    optics: &Optics,
    coding: Coding,
) {
    let noise = Noise::new(optics.noise, 0);
    let mut late: Vec<Frame> = Vec::new();
    loop {
        let now = shared.now();
        let due = |frame: &Frame| frame.send_at <= now;
        while let Some(at) = late.iter().position(due) {
            show(shared, screen, &late.remove(at));
        }
        if late.len() > LATE_MAX {
            show(shared, screen, &late.remove(0));
        }
        let exposure = match ordered.recv_timeout(until_next(&late, now)) {
            Ok(exposure) => exposure,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if let Screen::Reader(reader) = screen {
            shared.drawing.fetch_sub(1, Ordering::SeqCst);
            read(shared, reader, &exposure);
            continue;
        }
        let frame = exposure.frame(optics, &noise, coding);
        shared.drawing.fetch_sub(1, Ordering::SeqCst);
        match frame {
            Some(frame) if frame.send_at > shared.now() => late.push(frame),
            Some(frame) => show(shared, screen, &frame),
            None => {}
        }
    }
}

/// Where pictures are shown.
#[derive(Debug, Clone)]
pub enum Screen {
    /// To those who watch the HTTP stream, with this header for the frame counter.
    Http(Arc<Viewers>, String),
    /// In a folder.
    Folder(PathBuf),
    /// To the sensor of a GigE Vision camera.
    Gige(Arc<GigeServer>),
    /// To a smart reader: no picture is drawn, it reads what a camera would see.
    Reader(Arc<ReaderBench>),
}

impl Screen {
    fn show(&self, frame: &Frame, joined: bool) -> bool {
        match self {
            Screen::Http(viewers, header) => viewers.show(frame.part_counted_by(header)),
            Screen::Folder(folder) => lay_into(folder, frame).is_ok(),
            Screen::Gige(camera) if joined => camera.passes_by(frame),
            Screen::Gige(camera) => camera.show(frame),
            Screen::Reader(_) => false,
        }
    }
}

/// A reader in the camera's place looks at a pack.
fn read(shared: &Shared, bench: &ReaderBench, exposure: &Exposure) {
    let mut reader = bench.reader();
    if exposure.fault == Some(FrameFault::Lost) {
        return reader.loses();
    }
    let late_ms = match exposure.fault {
        Some(FrameFault::Late(ms)) => ms,
        _ => 0,
    };
    let heard = reader.linked();
    reader.passes(
        shared.now(),
        exposure.readable().map(|text| Shown::of(&text)),
        late_ms,
    );
    drop(reader);
    if !heard {
        shared.factory().picture_lost(exposure.counter);
    }
}

/// Writes a picture under a name that is passed over, and renames it when it is whole. Its name ends with the frame
/// counter.
fn lay_into(folder: &Path, frame: &Frame) -> io::Result<()> {
    let kind = match frame.content_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "pgm",
    };
    let name = format!("frame-{:010}.{kind}", frame.counter);
    let part = folder.join(format!(".{name}.part"));
    fs::write(&part, &frame.body)?;
    fs::rename(&part, folder.join(name))
}

fn show(shared: &Shared, screen: &Screen, frame: &Frame) {
    if !screen.show(frame, shared.devices.joined()) {
        shared.factory().picture_lost(frame.counter);
    }
}

fn until_next(late: &[Frame], now: Tick) -> Duration {
    let next = late.iter().map(|frame| frame.send_at).min();
    next.map_or(DRAW_LOOK, |at| {
        Duration::from_nanos(at.since_ns(now)).min(DRAW_LOOK)
    })
}
