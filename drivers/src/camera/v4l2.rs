//! Cameras of Linux's own video interface (V4L2): USB cameras, and whatever else has a `/dev/video…`. PURE, except
//! [`spawn`].
//!
//! [`address`] says which device and what size; `agree` judges what its driver answers; [`pictures`] judges buffers and
//! takes the grey picture out of them; [`session`] counts them; `linux` asks the kernel; `device` is the pump. Source:
//! "Video for Linux API" of the Linux kernel's documentation (6.12), chapters "Input/Output", "Image Formats" and "ioctl
//! VIDIOC_QBUF, VIDIOC_DQBUF".
//!
//! A buffer's sequence number is the picture's counter: the driver counts every picture, whether or not there was room
//! for it. What makes the camera take a picture cannot be said here: V4L2 has no name for a trigger that all cameras
//! share. In doubt: no device was at hand; drivers that do not count are refused by name when the second picture has
//! the number of the first.

pub mod address;
mod agree;
mod device;
#[cfg(target_os = "linux")]
mod linux;
pub mod pictures;
pub mod session;

pub use device::spawn;
pub use session::V4l2Session;

use pictures::{Buffer, Shape};

/// How the name of the thread begins that waits for a camera's buffers. The library it uses may panic on what a driver
/// answers; a panic there is caught and ends the link only, so a program that ends at panics is to leave this one out.
pub const FRAMES_THREAD: &str = "frames";

/// What the link of a camera delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The device is open and streams; comes first.
    Opened {
        /// What its buffers hold.
        shape: Shape,
        /// Time from picture to picture that the driver set, as a fraction of a second, when one was asked for.
        interval: Option<(u32, u32)>,
    },
    /// A buffer that was filled.
    Filled(Buffer),
}

#[cfg(test)]
mod test;
