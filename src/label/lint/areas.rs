//! Everything lies on the label, and nothing over another thing. PURE.

use super::{Findings, Severity};
use crate::label::layout::{BarcodePlace, Layout, PicturePlace, TextPlace};

/// What something takes of a label, in dots.
struct Area {
    name: String,
    /// The quiet zone does not fit left of or above it: its width in dots.
    cut: Option<u32>,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    /// What a bar code takes of the label with its quiet zone.
    fn barcode(place: &BarcodePlace) -> Area {
        let beside = place.quiet_dots;
        let above = if place.linear { 0 } else { beside };
        let (x, y) = (place.x, place.y);
        Area {
            name: match place.linear {
                true => format!("the bar code {} with its quiet zone", place.content),
                false => "the symbol with its quiet zone".to_owned(),
            },
            cut: (x < beside || y < above).then_some(beside),
            left: x.saturating_sub(beside),
            top: y.saturating_sub(above),
            right: x + place.width + beside,
            bottom: y + place.height + above,
        }
    }

    fn text(text: &TextPlace) -> Area {
        Area {
            cut: None,
            name: format!("the text \"{}\"", text.value),
            left: text.x,
            top: text.y,
            right: text.x + text.width(),
            bottom: text.y + text.height,
        }
    }

    fn picture(picture: &PicturePlace) -> Area {
        Area {
            cut: None,
            name: format!("the picture {}", picture.file),
            left: picture.x,
            top: picture.y,
            right: picture.x + picture.dots.width(),
            bottom: picture.y + picture.dots.height(),
        }
    }

    /// The four strokes of each box: what stands within a box does not overlap it.
    fn strokes(layout: &Layout) -> Vec<Area> {
        let stroke = |name: &str, left: u32, top: u32, width: u32, height: u32| Area {
            name: name.to_owned(),
            cut: None,
            left,
            top,
            right: left + width,
            bottom: top + height,
        };
        let mut strokes = Vec::new();
        for one in &layout.boxes {
            let thick = one.thickness.min(one.width).min(one.height);
            if thick == one.width || thick == one.height {
                strokes.push(stroke("a line", one.x, one.y, one.width, one.height));
                continue;
            }
            let (right, lower) = (one.x + one.width - thick, one.y + one.height - thick);
            let name = "a box";
            strokes.push(stroke(name, one.x, one.y, one.width, thick));
            strokes.push(stroke(name, one.x, lower, one.width, thick));
            strokes.push(stroke(name, one.x, one.y, thick, one.height));
            strokes.push(stroke(name, right, one.y, thick, one.height));
        }
        strokes
    }

    fn overlaps(&self, other: &Area) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

pub(super) fn lint(layout: &Layout, dpmm: u16, findings: &mut Findings) {
    let mm = |dots: u32| f64::from(dots) / f64::from(dpmm);
    let mut areas: Vec<Area> = layout.barcodes.iter().map(Area::barcode).collect();
    areas.extend(layout.all_texts().map(Area::text));
    areas.extend(layout.pictures.iter().map(Area::picture));
    let strokes = Area::strokes(layout);
    for quiet in areas.iter().filter_map(|area| area.cut) {
        let text = format!(
            "The quiet zone of {:.2} mm does not fit left of or above the symbol.",
            mm(quiet)
        );
        findings.add(Severity::Error, text);
    }
    for area in areas.iter().chain(&strokes) {
        let right = area.right.saturating_sub(layout.width);
        let down = area.bottom.saturating_sub(layout.height);
        for (over, side) in [(right, "right"), (down, "lower")] {
            if over > 0 {
                let text = format!(
                    "{} runs {:.2} mm over the {side} edge of the label.",
                    capital(&area.name),
                    mm(over)
                );
                findings.add(Severity::Error, text);
            }
        }
    }
    for (place, area) in areas.iter().enumerate() {
        let others = areas[..place].iter().chain(&strokes);
        for other in others.filter(|other| area.overlaps(other)) {
            let text = format!("{} overlaps {}.", capital(&area.name), other.name);
            findings.add(Severity::Error, text);
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
