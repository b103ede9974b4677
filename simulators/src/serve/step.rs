//! The two threads of a factory: one steps it every millisecond, one draws its pictures.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use super::{GigeServer, Shared, Viewers};
use crate::{
    Tick,
    camera::{Coding, Exposure, Frame},
    optics::{Noise, Optics},
    tick::NS_PER_MS,
    truth::TruthWriter,
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

/// Steps the factory until it ends: belt, truth, pictures, pulled cables.
pub fn step(
    shared: &Shared,
    pictures: &SyncSender<Exposure>,
    mut truth: Option<TruthWriter>,
    idle_end_ms: Option<u64>,
) {
    let mut moving = false;
    while !shared.stopping() {
        thread::sleep(if moving { SCAN } else { SCAN_STANDING });
        let room = shared.drawing.load(Ordering::SeqCst) < DRAWING_ROOM;
        let (now, mut happened, cuts) = shared.with_memory(|factory| {
            let now = shared.now();
            factory.set_camera_room(room);
            let happened = factory.step(now);
            moving = factory.belt_moves();
            (
                now,
                happened,
                (factory.modbus_cuts(), factory.printer_cuts()),
            )
        });
        shared
            .modbus_cut
            .send_if_modified(|seen| std::mem::replace(seen, cuts.0) != cuts.0);
        shared
            .printer_cut
            .send_if_modified(|seen| std::mem::replace(seen, cuts.1) != cuts.1);
        for exposure in happened.exposures.drain(..) {
            order(shared, pictures, exposure);
        }
        for pack in &happened.truths {
            if let Some(Err(why)) = truth.as_mut().map(|truth| truth.pack(pack)) {
                shared.fail(format!(
                    "The truth cannot be written: {why}. Make room and start again."
                ));
            }
        }
        let idle = |limit_ms| now.since_ns(shared.heard_at()) / NS_PER_MS >= limit_ms;
        if idle_end_ms.is_some_and(idle) {
            shared.end();
        }
    }
    let swept = shared.factory().sweep();
    for pack in &swept {
        if let Some(Err(why)) = truth.as_mut().map(|truth| truth.pack(pack)) {
            shared.fail(format!(
                "The truth cannot be written: {why}. Make room and start again."
            ));
        }
    }
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
    /// To those who watch the HTTP stream.
    Http(Arc<Viewers>),
    /// To the sensor of a GigE Vision camera.
    Gige(Arc<GigeServer>),
}

impl Screen {
    fn show(&self, frame: &Frame, joined: bool) -> bool {
        match self {
            Screen::Http(viewers) => viewers.show(frame.part()),
            Screen::Gige(camera) if joined => camera.passes_by(frame),
            Screen::Gige(camera) => camera.show(frame),
        }
    }
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
