//! The device file of a V4L2 camera. IO.
//!
//! A thread of its own waits for buffers, because a device file cannot be waited for together with anything else here;
//! it hands over copies and gives the buffer back at once. As thin as it can be: what a buffer is worth is judged
//! elsewhere.

use super::address::V4l2Address;
use super::{Heard, V4l2Session};
use crate::camera::CameraEvent;
use crate::pump::{self, Attended, Backoff, Clock, Engine, PumpHandle, Want};
use crate::session::Session;
use crate::{Fault, Tick};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

/// Takes pictures from a camera on threads of its own. `emit` is called on one of them.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<F>(address: V4l2Address, clock: Clock, emit: F) -> io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    let name = address.to_string();
    let session = V4l2Session::new(address.clone());
    pump::spawn(&name, session, clock, emit, move |engine| {
        Box::pin(run(engine, address))
    })
}

async fn run<F: FnMut(CameraEvent)>(mut engine: Engine<V4l2Session, F>, address: V4l2Address) {
    let mut backoff = Backoff::usual();
    loop {
        let since = engine.clock.now();
        // One picture on its way; the kernel holds a few more, and counts what it drops.
        let (tell, told) = mpsc::channel(1);
        let place = address.clone();
        let thread = tokio::task::spawn_blocking(move || stream(&place, &tell));
        let dropped = match converse(&mut engine, told).await {
            End::Gone => None,
            End::Dropped(why) => Some(why),
            End::Stopped => return,
        };
        // What the thread heard from; it sees within its next look that nobody listens any more.
        let ended = match thread.await {
            Ok(Err(why)) => why,
            Ok(Ok(())) => Fault::LinkDown("the camera's thread ended".into()),
            Err(_) => Fault::LinkDown("the camera's thread broke".into()),
        };
        engine.link_closed(dropped.unwrap_or(ended));
        let lived = engine.clock.now().since(since);
        let pause = tokio::time::sleep(backoff.pause(lived));
        if matches!(engine.attend(false, pause).await, Attended::Stopped) {
            return;
        }
    }
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
use linux::stream;

#[cfg(target_os = "linux")]
mod linux {
    use super::super::pictures::{Buffer, Given, Layout, Shape};
    use super::*;
    use moq_v4l::buffer::{Flags, Type};
    use moq_v4l::capability::Flags as Can;
    use moq_v4l::io::mmap::Stream;
    use moq_v4l::io::traits::{CaptureStream, Stream as _};
    use moq_v4l::video::Capture;
    use moq_v4l::video::capture::Parameters;
    use moq_v4l::{Device, Format, FourCC};
    use std::path::Path;

    /// Buffers that the kernel is asked for: so many pictures may be missed before one is dropped.
    const BUFFERS: u32 = 8;
    /// How long the thread waits before it looks whether anybody still listens.
    const LOOK: Duration = Duration::from_millis(100);
    /// `poll(2)`: there is something to read.
    const POLLIN: i16 = 1;

    /// Hands over what the camera takes until nobody listens.
    pub(super) fn stream(address: &V4l2Address, tell: &mpsc::Sender<Heard>) -> Result<(), Fault> {
        let path = address.path.as_path();
        let down = |doing: &str| {
            let what = format!("{doing} the camera {}", path.display());
            move |error: io::Error| Fault::LinkDown(format!("{what}: {error}"))
        };
        let device = Device::with_path(path).map_err(down("opening"))?;
        check(&device, path)?;
        let shape = agree(&device, address)?;
        let interval = address.fps.and_then(|fps| {
            let set = device.set_params(&Parameters::with_fps(fps)).ok()?;
            Some((set.interval.numerator, set.interval.denominator))
        });
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS)
            .map_err(down("asking for buffers of"))?;
        // The library queues the first one itself, with the first picture; a driver may give fewer than were asked for.
        for index in 1..BUFFERS as usize {
            if CaptureStream::queue(&mut stream, index).is_err() {
                break;
            }
        }
        stream.start().map_err(down("starting"))?;
        if tell
            .blocking_send(Heard::Opened { shape, interval })
            .is_err()
        {
            return Ok(());
        }
        let look = i32::try_from(LOOK.as_millis()).unwrap_or(i32::MAX);
        let handle = stream.handle();
        while !tell.is_closed() {
            if handle.poll(POLLIN, look).map_err(down("waiting for"))? == 0 {
                continue;
            }
            let (bytes, told) = CaptureStream::next(&mut stream).map_err(down("reading from"))?;
            let filled = usize::try_from(told.bytesused).unwrap_or(usize::MAX);
            let buffer = Buffer {
                sequence: told.sequence,
                damaged: told.flags.contains(Flags::ERROR),
                bytes: bytes[..filled.min(bytes.len())].to_vec(),
            };
            if tell.blocking_send(Heard::Filled(buffer)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Whether it is a camera at all.
    fn check(device: &Device, path: &Path) -> Result<(), Fault> {
        let expected = "a camera that streams (V4L2, one plane)".to_owned();
        let path = path.display();
        let caps = device.query_caps().map_err(|error| Fault::WrongDevice {
            expected: expected.clone(),
            found: format!("{path}, which is no video device ({error})"),
        })?;
        if caps
            .capabilities
            .contains(Can::VIDEO_CAPTURE | Can::STREAMING)
        {
            return Ok(());
        }
        let found = format!(
            "{path}, {} of the driver {}, which gives no such pictures",
            caps.card, caps.driver
        );
        Err(Fault::WrongDevice { expected, found })
    }

    /// The first layout that the camera has, in the size that was asked for or the one it has.
    fn agree(device: &Device, address: &V4l2Address) -> Result<Shape, Fault> {
        let down = |error: io::Error| {
            let path = address.path.display();
            Fault::LinkDown(format!("setting the format of the camera {path}: {error}"))
        };
        let (width, height) = match address.size {
            Some(size) => size,
            None => {
                let has = device.format().map_err(down)?;
                (has.width, has.height)
            }
        };
        let mut refused = None;
        for layout in Layout::ALL {
            let wanted = Format::new(width, height, FourCC::new(&layout.letters()));
            // A driver may refuse a format, or answer with another one.
            let Ok(given) = device.set_format(&wanted) else {
                continue;
            };
            let given = Given {
                letters: given.fourcc.repr,
                width: given.width,
                height: given.height,
                stride: given.stride,
                size: given.size,
            };
            match Shape::agreed(layout, address.size, &given) {
                Ok(Some(shape)) => return Ok(shape),
                Ok(None) => {}
                Err(fault) => refused = refused.or(Some(fault)),
            }
        }
        Err(refused.unwrap_or_else(|| Fault::WrongDevice {
            expected: "a camera with GREY, YUYV, NV12 or MJPG".into(),
            found: format!("{}, which has none of them", address.path.display()),
        }))
    }
}
