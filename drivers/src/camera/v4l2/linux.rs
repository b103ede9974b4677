//! The device file of a V4L2 camera. IO. As thin as it can be: what answers are worth is judged in `agree`, what
//! buffers are worth in `pictures`.

use super::Heard;
use super::address::V4l2Address;
use super::agree::{self, Card, Driver};
use super::pictures::{Buffer, Given, Layout};
use crate::Fault;
use moq_v4l::buffer::{Flags, Type};
use moq_v4l::capability::Flags as Can;
use moq_v4l::io::mmap::Stream;
use moq_v4l::io::traits::{CaptureStream, Stream as _};
use moq_v4l::video::Capture;
use moq_v4l::video::capture::Parameters;
use moq_v4l::{Device, Format, FourCC};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

/// Buffers that the kernel is asked for: so many pictures may be missed before one is dropped.
const BUFFERS: u32 = 8;
/// How long the thread waits before it looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(100);
/// `poll(2)`: there is something to read.
const POLLIN: i16 = 1;
/// `ENODEV`: the camera was pulled.
const NO_DEVICE: i32 = 19;

/// Hands over what the camera takes until nobody listens.
pub(super) fn stream(address: &V4l2Address, tell: &mpsc::Sender<Heard>) -> Result<(), Fault> {
    let path = address.path.as_path();
    let down = |doing: &str| {
        let what = format!("{doing} the camera {}", path.display());
        move |error: io::Error| Fault::LinkDown(format!("{what}: {error}"))
    };
    let device = Device::with_path(path).map_err(down("opening"))?;
    let (shape, interval) = agree::agree(&device, address)?;
    let buffers = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS);
    let mut running = Running(Some(buffers.map_err(down("asking for buffers of"))?));
    let Some(stream) = &mut running.0 else {
        return Ok(());
    };
    // The library queues the first one itself, with the first picture; a driver may give fewer than were asked for.
    for index in 1..BUFFERS as usize {
        if CaptureStream::queue(stream, index).is_err() {
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
        let (bytes, told) = CaptureStream::next(stream).map_err(down("reading from"))?;
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

/// Ends the stream before the library does. Where the end fails the library panics, and again when it then gives the
/// buffers back, which would end the program; the buffers of such a device stay taken instead. That a camera was
/// pulled, the library takes in silence.
struct Running<'a>(Option<Stream<'a>>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Some(mut stream) = self.0.take() else {
            return;
        };
        match stream.stop() {
            Err(error) if error.raw_os_error() != Some(NO_DEVICE) => std::mem::forget(stream),
            _ => {
                let _broke = agree::asked(|| drop(stream));
            }
        }
    }
}

impl Driver for Device {
    fn card(&self) -> io::Result<Card> {
        let caps = self.query_caps()?;
        let takes = Can::VIDEO_CAPTURE | Can::STREAMING;
        Ok(Card {
            takes_pictures: caps.capabilities.contains(takes),
            name: caps.card,
            driver: caps.driver,
        })
    }

    fn size(&self) -> io::Result<(u32, u32)> {
        let has = Capture::format(self)?;
        Ok((has.width, has.height))
    }

    fn set(&self, layout: Layout, (width, height): (u32, u32)) -> io::Result<Given> {
        let wanted = Format::new(width, height, FourCC::new(&layout.letters()));
        let given = self.set_format(&wanted)?;
        Ok(Given {
            letters: given.fourcc.repr,
            width: given.width,
            height: given.height,
            stride: given.stride,
            size: given.size,
        })
    }

    fn set_rate(&self, fps: u32) -> io::Result<(u32, u32)> {
        let set = self.set_params(&Parameters::with_fps(fps))?;
        Ok((set.interval.numerator, set.interval.denominator))
    }
}
