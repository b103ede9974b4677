//! The pump of a V4L2 camera. IO.
//!
//! A thread of its own waits for buffers, because a device file cannot be waited for together with anything else here;
//! it hands over copies and gives the buffer back at once. What that thread says when it ends, by a panic too, is why
//! the link is down; it is opened again after the usual pause.

use super::address::V4l2Address;
use super::agree::asked;
use super::{FRAMES_THREAD, Heard, V4l2Session};
use crate::camera::CameraEvent;
use crate::pump::{self, Attended, Backoff, Clock, Engine, PumpHandle, Want};
use crate::session::Session;
use crate::{Fault, Tick};
use std::io;
use tokio::sync::{mpsc, oneshot};

/// Hands over what a camera takes until nobody listens, or says why it cannot.
type Stream = fn(&V4l2Address, &mpsc::Sender<Heard>) -> Result<(), Fault>;

/// Takes pictures from a camera on threads of its own. `emit` is called on one of them. The thread that waits for
/// buffers has a name that begins with [`FRAMES_THREAD`]; its panics are caught, and named as a link that is down.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<F>(address: V4l2Address, clock: Clock, emit: F) -> io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    spawn_on(stream, address, clock, emit)
}

fn spawn_on<F>(
    stream: Stream,
    address: V4l2Address,
    clock: Clock,
    emit: F,
) -> io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    let name = address.to_string();
    let session = V4l2Session::new(address.clone());
    pump::spawn(&name, session, clock, emit, move |engine| {
        Box::pin(run(engine, stream, address))
    })
}

async fn run<F: FnMut(CameraEvent)>(
    mut engine: Engine<V4l2Session, F>,
    stream: Stream,
    address: V4l2Address,
) {
    let mut backoff = Backoff::usual();
    loop {
        let since = engine.clock.now();
        // One picture on its way; the kernel holds a few more, and counts what it drops.
        let (tell, told) = mpsc::channel(1);
        let why = match frames(stream, &address, tell) {
            Ok(ended) => {
                let end = converse(&mut engine, told).await;
                // The thread sees within its next look that nobody listens any more.
                let ended = ended.await.unwrap_or_else(|_| {
                    Fault::LinkDown("the camera's thread ended without a word".into())
                });
                match end {
                    End::Gone => ended,
                    End::Dropped(why) => why,
                    End::Stopped => return,
                }
            }
            Err(error) => Fault::LinkDown(format!("no thread for the camera: {error}")),
        };
        engine.link_closed(why);
        let lived = engine.clock.now().since(since);
        let pause = tokio::time::sleep(backoff.pause(lived));
        if matches!(engine.attend(false, pause).await, Attended::Stopped) {
            return;
        }
    }
}

/// Starts the thread that waits for buffers; what comes back is why it ended.
fn frames(
    stream: Stream,
    address: &V4l2Address,
    tell: mpsc::Sender<Heard>,
) -> io::Result<oneshot::Receiver<Fault>> {
    let (say, ended) = oneshot::channel();
    let address = address.clone();
    let thread = std::thread::Builder::new().name(format!("{FRAMES_THREAD} of {address}"));
    thread.spawn(move || {
        let why = match asked(|| stream(&address, &tell)) {
            Ok(Ok(())) => Fault::LinkDown("the camera's thread ended".into()),
            Ok(Err(why)) => why,
            Err(broke) => Fault::LinkDown(format!(
                "the thread that reads from the camera {} broke ({broke}); plug the camera in again, and use \
                 another one if that does not help",
                address.path.display()
            )),
        };
        // A pump that is gone asks no more.
        let _gone = say.send(why);
    })?;
    Ok(ended)
}

enum End {
    /// The thread has ended.
    Gone,
    Dropped(Fault),
    Stopped,
}

async fn converse<F: FnMut(CameraEvent)>(
    engine: &mut Engine<V4l2Session, F>,
    mut told: mpsc::Receiver<Heard>,
) -> End {
    let now: Tick = engine.clock.now();
    engine.session.opened(now);
    loop {
        match engine.settle() {
            Want::Nothing => {}
            Want::Drop(why) => return End::Dropped(why),
            Want::Transmit(never) => match never {},
        }
        tokio::select! {
            biased;
            go_on = engine.inputs() => if !go_on {
                return End::Stopped;
            },
            heard = told.recv() => match heard {
                Some(heard) => engine.session.received(engine.clock.now(), &heard),
                None => return End::Gone,
            },
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn stream(_address: &V4l2Address, _tell: &mpsc::Sender<Heard>) -> Result<(), Fault> {
    let why = "a V4L2 camera: only Linux has such".to_owned();
    Err(Fault::Refused(why))
}

#[cfg(target_os = "linux")]
use super::linux::stream;

#[cfg(test)]
mod test {
    use super::*;
    use crate::camera::v4l2::pictures::{Buffer, Given, Layout, Shape};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    /// Longest wait for anything here.
    const PATIENCE: Duration = Duration::from_secs(30);

    static OPENED: AtomicU32 = AtomicU32::new(0);

    /// A camera of one pixel whose driver says what nobody knows: when it is opened, then after a picture.
    fn breaking(_address: &V4l2Address, tell: &mpsc::Sender<Heard>) -> Result<(), Fault> {
        let name = std::thread::current().name().unwrap_or("").to_owned();
        assert!(name.starts_with(FRAMES_THREAD), "{name}");
        let opened = OPENED.fetch_add(1, Ordering::SeqCst);
        assert!(opened > 0, "Invalid colorspace: ()");
        let given = Given {
            letters: *b"GREY",
            width: 1,
            height: 1,
            stride: 1,
            size: 1,
        };
        let shape = Shape::agreed(Layout::Grey, None, &given)?.expect("it is GREY");
        let interval = None;
        let buffer = Buffer {
            sequence: opened,
            damaged: false,
            bytes: vec![7],
        };
        for heard in [Heard::Opened { shape, interval }, Heard::Filled(buffer)] {
            let _gone = tell.blocking_send(heard);
        }
        assert!(opened > 1, "Invalid field order: ()");
        while !tell.is_closed() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    #[test]
    fn a_panic_behind_the_device_file_is_a_link_that_is_down_and_comes_up_again() {
        let Ok(crate::address::Address::V4l2(address)) = "v4l2:///dev/odd".parse() else {
            panic!("it is an address");
        };
        let (tell, told) = std::sync::mpsc::channel();
        let emit = move |event| drop(tell.send(event));
        let pump = spawn_on(breaking, address, Clock::start(), emit).unwrap();
        let next = || told.recv_timeout(PATIENCE).expect("the pump goes on");
        let broke = |event: CameraEvent, part: &str| {
            let CameraEvent::Fault(Fault::LinkDown(why)) = &event else {
                panic!("{event:?}");
            };
            assert!(why.contains("the camera /dev/odd broke"), "{why}");
            assert!(why.contains(part) && why.contains("plug"), "{why}");
        };
        broke(next(), "Invalid colorspace");
        for sequence in 1..=2 {
            assert_eq!(next(), CameraEvent::Link(true));
            let event = next();
            let counted =
                matches!(&event, CameraEvent::Frame(frame) if frame.counter == Some(sequence));
            assert!(counted, "{event:?}");
            if sequence == 1 {
                assert_eq!(next(), CameraEvent::Link(false));
                broke(next(), "Invalid field order");
            }
        }
        assert!(pump.join(), "the pump itself never broke");
        assert_eq!(OPENED.load(Ordering::SeqCst), 3);
    }
}
