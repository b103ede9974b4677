//! `vidimus verify --teach`: what a good pack says of the camera, as text, as JSON, and as a line for the station file.

use crate::vision::teach::{Lesson, SIDES, TextLine};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The middle of the symbol as a share of the picture.
fn share(lesson: &Lesson) -> [f32; 2] {
    let (width, height) = lesson.picture_px;
    [
        lesson.centre.x / width as f32,
        lesson.centre.y / height as f32,
    ]
}

/// Prints it for people.
///
/// # Errors
/// The output cannot be written.
pub fn show(lesson: &Lesson, out: &mut dyn Write) -> io::Result<()> {
    let size = lesson.grid.size;
    let kinds = [
        (lesson.grid.inverted, ", light on dark"),
        (lesson.grid.mirrored(), ", mirrored"),
    ];
    let kinds: String = kinds.iter().filter(|one| one.0).map(|one| one.1).collect();
    writeln!(
        out,
        "      symbol   {} × {} modules{kinds}",
        size.columns, size.rows
    )?;
    let [x, y] = share(lesson).map(|share| 100.0 * share);
    let rooms: Vec<String> = SIDES
        .iter()
        .zip(lesson.room_px)
        .map(|(side, room)| format!("{side} {room:.0}"))
        .collect();
    writeln!(
        out,
        "      place    {:.1}, {:.1} px ({x:.0} %, {y:.0} % of the picture); px to its edges: {}",
        lesson.centre.x,
        lesson.centre.y,
        rooms.join(", ")
    )?;
    let [across, down] = lesson.pitch_px;
    writeln!(
        out,
        "      pitch    {across:.2} px across, {down:.2} px down"
    )?;
    let view = lesson.view;
    writeln!(
        out,
        "      turn     {:.1}° clockwise; opposite sides differ by {:.1} % and {:.1} %, corner {:.1}° off square",
        view.turn_deg + 0.0,
        100.0 * view.keystone[0],
        100.0 * view.keystone[1],
        view.skew_deg
    )?;
    let light = lesson.light;
    let noise = light
        .noise
        .map_or(String::new(), |noise| format!(", noise {noise:.1}"));
    writeln!(
        out,
        "      light    paper {:.0}, ink {:.0} of 255; falls off by {:.0} %, {:.1} % clipped{noise}",
        light.paper,
        light.ink,
        100.0 * light.falloff,
        100.0 * light.clipped
    )?;
    if let Some((modules, px)) = lesson.blur() {
        writeln!(out, "      blur     {modules:.2} module ({px:.1} px)")?;
    }
    for line in &lesson.text {
        writeln!(out, "      text     {}", text_line(line))?;
    }
    let advice = lesson.advice();
    match advice.as_slice() {
        [] => writeln!(out, "      Nothing about this set-up needs a change.")?,
        all => all
            .iter()
            .try_for_each(|one| writeln!(out, "      improve: {one}"))?,
    }
    writeln!(
        out,
        "For [[camera]] of the station file:\n{}",
        lesson.taught()
    )
}

fn text_line(line: &TextLine) -> String {
    format!(
        "at {:.1}, {:.1} modules, {:.1} × {:.1} modules, capitals {:.0} px high",
        line.x, line.y, line.width, line.height, line.capitals_px
    )
}

/// The same as JSON.
pub fn json(lesson: &Lesson) -> Value {
    let rounded = |value: f32| (f64::from(value) * 1000.0).round() / 1000.0;
    let view = lesson.view;
    let light = lesson.light;
    let text = |line: &TextLine| {
        json!({
            "x": rounded(line.x), "y": rounded(line.y),
            "width": rounded(line.width), "height": rounded(line.height),
            "upright": line.upright,
            "capitals_px": rounded(line.capitals_px),
            "corners": line.outline.map(|at| [rounded(at.x), rounded(at.y)]),
        })
    };
    let advice = lesson.advice();
    let advice: Vec<Value> = advice
        .iter()
        .map(|one| {
            json!({
                "about": one.about.name(), "measured": rounded(one.measured), "wanted": rounded(one.wanted),
                "text": one.text,
            })
        })
        .collect();
    json!({
        "picture_px": [lesson.picture_px.0, lesson.picture_px.1],
        "size": {"columns": lesson.grid.size.columns, "rows": lesson.grid.size.rows},
        "inverted": lesson.grid.inverted,
        "mirrored": lesson.grid.mirrored(),
        "place": {
            "x_px": rounded(lesson.centre.x), "y_px": rounded(lesson.centre.y),
            "share": share(lesson).map(rounded),
            "room_px": lesson.room_px.map(rounded),
        },
        "pitch_px": lesson.pitch_px.map(rounded),
        "turn_deg": rounded(view.turn_deg),
        "view": {
            "keystone": view.keystone.map(rounded), "skew_deg": rounded(view.skew_deg),
            "stretch": rounded(view.stretch),
        },
        "light": {
            "paper": rounded(light.paper), "ink": rounded(light.ink), "contrast": rounded(light.contrast()),
            "falloff": rounded(light.falloff), "falloff_deg": rounded(light.falloff_deg),
            "clipped": rounded(light.clipped), "black": rounded(light.black), "noise": light.noise.map(rounded),
        },
        "blur": {
            "modules": lesson.blur_modules.map(|blur| blur.map(rounded)),
            "px": lesson.blur().map(|(_, px)| rounded(px)),
        },
        "text": lesson.text.iter().map(text).collect::<Vec<_>>(),
        "advice": advice,
        "toml": lesson.taught().to_string(),
    })
}
