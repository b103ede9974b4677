//! What was measured of a camera: `reflectance` and `taught` of `[[camera]]`. PURE.

use super::mistake::Mistake;
use super::reader::Section;
use super::rules::{at, meant};
use crate::vision::card::{Card, GREYS_LEAST, Points};
use crate::vision::geometry::Point;
use crate::vision::locate::Hint;
use crate::vision::size::Size;
use crate::vision::{PICTURE_MAX_PIXELS, Taught};

/// `reflectance`, unless it is `"none"` or has a mistake.
pub(super) fn points(camera: &Section) -> Option<Points> {
    match camera.numbers("reflectance")? {
        [dark_grey, dark_percent, bright_grey, bright_percent] => Some(Points {
            dark_grey: *dark_grey,
            dark_percent: *dark_percent,
            bright_grey: *bright_grey,
            bright_percent: *bright_percent,
        }),
        _ => None,
    }
}

/// `taught`, unless it is `"none"` or has a mistake; or what about it cannot be.
pub(super) fn taught(camera: &Section) -> Option<Result<Taught, String>> {
    let [width, height, columns, rows, x, y, pitch_px, reach_px] = camera.numbers("taught")? else {
        return None;
    };
    Some(whole_and_known(
        [*width, *height, *columns, *rows],
        Point::new(*x as f32, *y as f32),
        (*pitch_px as f32, *reach_px as f32),
    ))
}

fn whole_and_known(
    sizes: [f64; 4],
    centre: Point,
    (pitch_px, reach_px): (f32, f32),
) -> Result<Taught, String> {
    if sizes.iter().any(|size| size.fract() != 0.0) {
        return Err("Sizes of pictures and symbols are whole numbers.".to_owned());
    }
    // Whole, and at most 65 535 by the table of keys.
    let [width_px, height_px, columns, rows] = sizes.map(|size| size as u32);
    if u64::from(width_px) * u64::from(height_px) > PICTURE_MAX_PIXELS {
        return Err(format!(
            "Pictures of {width_px} × {height_px} pixels are not read; they have at most {PICTURE_MAX_PIXELS} pixels."
        ));
    }
    let size = Size::of(rows as usize, columns as usize)
        .ok_or_else(|| format!("There is no symbol of {columns} × {rows} modules."))?;
    if centre.x > width_px as f32 || centre.y > height_px as f32 {
        return Err(format!(
            "The symbol's middle ({}, {}) lies outside a picture of {width_px} × {height_px} pixels.",
            centre.x, centre.y
        ));
    }
    Ok(Taught {
        width_px,
        height_px,
        hint: Hint {
            size,
            pitch_px,
            centre,
            reach_px,
        },
    })
}

/// What cannot be, though each number by itself is allowed.
pub(super) fn check(camera: &Section) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if let Some(points) = points(camera) {
        let values = Card::new(points.bright_percent, points.dark_percent)
            .map_err(|error| error.to_string());
        let line = points.reflectance().ok_or_else(|| {
            format!(
                "The bright parts' grey {} must be {GREYS_LEAST} or more above the dark parts' {}.",
                points.bright_grey, points.dark_grey
            )
        });
        if let Err(text) = values.and(line) {
            let how = "Copy the line that `vidimus calibrate` prints.";
            mistakes.push(meant(at(camera, "reflectance", "camera", text), how));
        }
    }
    if let Some(Err(text)) = taught(camera) {
        let how = "Copy the line that `vidimus verify --teach` prints.";
        mistakes.push(meant(at(camera, "taught", "camera", text), how));
    }
    mistakes
}
