//! Where a V4L2 camera is, and what its pictures are to be like: `v4l2:///dev/DEVICE?…`. PURE.

use crate::address::{absolute, parameter, refuse_parameters, split_query};
use std::fmt;
use std::path::PathBuf;

/// Most pixels of a side.
const SIDE_MOST: u32 = 30_000;
/// Most pictures a second that may be asked for.
const RATE_MOST: u32 = 10_000;

/// A V4L2 camera. What is not given stays as the camera has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V4l2Address {
    /// The device file; one under `/dev/v4l/by-id` survives replugging.
    pub path: PathBuf,
    /// Pixels of a row, and rows.
    pub size: Option<(u32, u32)>,
    /// Pictures a second.
    pub fps: Option<u32>,
}

/// Reads what stands behind `v4l2://`.
pub(crate) fn parse(rest: &str) -> Result<V4l2Address, String> {
    let (path, query) = split_query(rest);
    let path = absolute(path, "v4l2:///dev/video0?width=1280&height=720")?;
    refuse_parameters(&query, &["width", "height", "fps"])?;
    let number = |name: &str, most: u32| match parameter(&query, name)? {
        None => Ok(None),
        Some(text) => match text.parse::<u32>() {
            Ok(value) if (1..=most).contains(&value) => Ok(Some(value)),
            _ => Err(format!("{name}={text} is not a number from 1 to {most}.")),
        },
    };
    let size = match (number("width", SIDE_MOST)?, number("height", SIDE_MOST)?) {
        (Some(width), Some(height)) => Some((width, height)),
        (None, None) => None,
        _ => return Err("width= and height= belong together; give both, or none.".into()),
    };
    let fps = number("fps", RATE_MOST)?;
    Ok(V4l2Address { path, size, fps })
}

impl fmt::Display for V4l2Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v4l2://{}", self.path.display())?;
        let size = self
            .size
            .map(|(width, height)| format!("width={width}&height={height}"));
        let fps = self.fps.map(|fps| format!("fps={fps}"));
        for (no, parameter) in [size, fps].into_iter().flatten().enumerate() {
            write!(f, "{}{parameter}", if no == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}
