//! The control port's words: one JSON object a line in, one a line out. `"lane": N`, `"lane": "label-printer"` or
//! `"lane": "NAME"` of a reader says to whom it goes; without it to every lane. PURE.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Tick,
    belt::Rate,
    factory::{Devices, Factory},
    fault::{FaultKind, FaultPlan, MISHAPS, Mishap},
    gige, plc, printer,
    trouble::names,
};

/// Longest line the control port reads.
pub const LINE_MAX: usize = 64 * 1024;
/// Most packs one `feed` may order.
pub const FEED_MAX: u64 = 100_000_000;

/// Whom an order is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Every lane.
    All,
    /// One lane, from 1.
    Lane(u8),
    /// The printer of containers' labels (`label-printer`), or a reader by its name.
    Device(String),
}

/// What may be ordered in the packing hall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HallOrder {
    /// A label goes on the container of this level that has waited longest.
    Label {
        /// The level.
        level: String,
        /// What its code says.
        text: String,
    },
    /// The open container of this level is full.
    Close {
        /// The level.
        level: String,
    },
    /// Something is held before a reader.
    Scan {
        /// The reader's point.
        point: String,
        /// What it reads.
        text: String,
    },
}

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the words of the control port, each with its comment"
)]
pub enum Request {
    /// Feed more packs.
    Feed { packs: u64 },
    /// Change what goes wrong: `none`, `default`, `swarm`, `NAME=RATE,…`.
    Faults { set: String },
    /// Begin or end one fault, or one trouble of printer, GigE Vision camera or PLC; some troubles take a number.
    Fault {
        name: String,
        on: bool,
        #[serde(default)]
        value: Option<u64>,
    },
    /// Everything is put right.
    Heal {},
    /// Change the rate: a number, or the word `max`.
    Rate { packs_per_min: Value },
    /// Tell how things stand.
    Status {},
    /// Press start.
    Start {},
    /// Press stop.
    Stop {},
    /// A single camera: lay this ink before it.
    Ink { zpl: String },
    /// A single device: START PRINT, or fire the camera.
    Trigger {},
    /// The packing hall: stick a label with this code on the container that has waited longest.
    Label { level: String, text: String },
    /// The packing hall: the open container of this level is full.
    Close { level: String },
    /// The packing hall: hold this before the reader of a point.
    Scan { point: String, text: String },
    /// End the process.
    Shutdown {},
}

impl Request {
    /// What it asks of the packing hall, if it does.
    #[must_use]
    pub fn for_hall(&self) -> Option<HallOrder> {
        let order = match self.clone() {
            Request::Label { level, text } => HallOrder::Label { level, text },
            Request::Close { level } => HallOrder::Close { level },
            Request::Scan { point, text } => HallOrder::Scan { point, text },
            _ => return None,
        };
        Some(order)
    }
}

/// An answer, and whether the process is to end after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The JSON to send back.
    pub json: Value,
    /// The client asked for the end.
    pub shutdown: bool,
}

impl Answer {
    /// An answer that says why not.
    #[must_use]
    pub fn refused(error: &str) -> Answer {
        Answer {
            json: json!({ "error": error }),
            shutdown: false,
        }
    }

    /// What came of an order that ends nothing.
    #[must_use]
    pub fn of(done: Result<Value, String>) -> Answer {
        match done {
            Ok(json) => Answer {
                json,
                shutdown: false,
            },
            Err(error) => Answer::refused(&error),
        }
    }
}

/// Reads whom a line is for, and the rest of it.
///
/// # Errors
/// Says what is wrong with it.
pub fn addressee(line: &str) -> Result<(Whom, Value), String> {
    let mut words: Value = serde_json::from_str(line).map_err(no_request)?;
    let lane = words.as_object_mut().and_then(|words| words.remove("lane"));
    let number = |lane: &Value| lane.as_u64().and_then(|number| u8::try_from(number).ok());
    let whom = match lane {
        None => Whom::All,
        Some(Value::String(name)) => Whom::Device(name),
        Some(lane) => {
            let text = "A lane is a number from 1, \"label-printer\", or the name of a reader.";
            Whom::Lane(number(&lane).ok_or(text)?)
        }
    };
    Ok((whom, words))
}

/// Reads what lanes, their devices or the packing hall are asked.
///
/// # Errors
/// Says what is wrong with it.
pub fn request(words: Value) -> Result<Request, String> {
    serde_json::from_value(words).map_err(no_request)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn no_request(why: serde_json::Error) -> String {
    format!("This line is no request: {why}. Send one JSON object a line.")
}

/// Does what a line asks of a factory of one lane.
pub fn answer(factory: &mut Factory, devices: Devices, now: Tick, line: &str) -> Answer {
    match addressee(line).and_then(|(_, words)| request(words)) {
        Ok(request) => perform(factory, devices, now, request),
        Err(error) => Answer::refused(&error),
    }
}

/// Does what is asked of one lane.
pub fn perform(factory: &mut Factory, devices: Devices, now: Tick, request: Request) -> Answer {
    let shutdown = request == Request::Shutdown {};
    Answer {
        shutdown,
        ..Answer::of(done(factory, devices, now, request))
    }
}

fn done(
    factory: &mut Factory,
    devices: Devices,
    now: Tick,
    request: Request,
) -> Result<Value, String> {
    match request {
        Request::Feed { packs } if packs > FEED_MAX => {
            return Err(format!(
                "{packs} packs are too many; at most {FEED_MAX} at once."
            ));
        }
        Request::Feed { packs } => factory.feed(packs),
        Request::Faults { set } => {
            let seed = factory.status(now).seed;
            factory.set_faults(FaultPlan::parse(&set, seed)?);
        }
        Request::Fault { name, on, value } => order(factory, &name, on, value)?,
        Request::Heal {} => factory.heal(),
        Request::Rate { packs_per_min } => {
            let text = packs_per_min
                .as_str()
                .map_or(packs_per_min.to_string(), str::to_owned);
            factory.set_rate(Rate::parse(&text)?)?;
        }
        Request::Status {} => {
            return serde_json::to_value(factory.status(now))
                .map_err(|why| format!("The status cannot be written: {why}."));
        }
        Request::Start {} => factory.press_start()?,
        Request::Stop {} => factory.press_stop(),
        Request::Ink { .. } | Request::Trigger {} if devices.joined() => {
            return Err("On a whole line the belt triggers printer and camera. \
                Use a single device (vidimus-sim printer or camera)."
                .to_owned());
        }
        Request::Ink { zpl } => return Ok(json!({ "ok": true, "ink": factory.bench_ink(&zpl) })),
        Request::Trigger {} => return trigger(factory, devices),
        Request::Label { .. } | Request::Close { .. } | Request::Scan { .. } => {
            return Err("A lane packs nothing.".to_owned());
        }
        Request::Shutdown {} => {}
    }
    Ok(json!({ "ok": true }))
}

/// One fault or trouble of the printer begins or ends.
fn order(factory: &mut Factory, name: &str, on: bool, value: Option<u64>) -> Result<(), String> {
    let trouble = printer::Trouble::parse(name);
    let camera = gige::Trouble::parse(name);
    let plc = plc::trouble::Trouble::parse(name);
    let numbered = trouble.is_some_and(printer::Trouble::takes_number)
        || camera.is_some_and(gige::Trouble::takes_number)
        || plc.is_some_and(plc::trouble::Trouble::takes_number);
    if value.is_some() && !numbered {
        return Err(format!("'{name}' takes no number."));
    }
    match (trouble, camera, plc) {
        (Some(trouble), ..) => factory.order_trouble(trouble, on, value),
        (_, _, Some(trouble)) => factory.order_plc_trouble(trouble, on, value),
        (_, Some(trouble), _) => factory.order_camera_trouble(trouble, on, value),
        (None, None, None) => {
            if let Ok(mishap) = Mishap::parse(name) {
                factory.order_mishap(mishap, on);
                return Ok(());
            }
            let kind = FaultKind::parse(name).map_err(|why| {
                let mishaps: Vec<&str> = MISHAPS.iter().map(|(_, words)| words.name).collect();
                format!(
                    "{why} Of belts and hands: {}. Of the printer: {}. Of a GigE Vision camera: {}. Of the PLC: {}.",
                    mishaps.join(", "),
                    names::<printer::Trouble>(),
                    names::<gige::Trouble>(),
                    names::<plc::trouble::Trouble>(),
                )
            })?;
            factory.order(kind, on);
        }
    }
    Ok(())
}

fn trigger(factory: &mut Factory, devices: Devices) -> Result<Value, String> {
    let printed = devices.printer.then(|| factory.bench_print()).flatten();
    let fired = devices.camera.then(|| factory.bench_fire());
    if !devices.printer && !devices.camera {
        return Err("A single PLC has no trigger; feed packs and press start.".to_owned());
    }
    Ok(json!({ "ok": true, "printed": printed, "frame_counter": fired }))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{factory::LineOptions, plc::Retained};

    fn say(factory: &mut Factory, devices: Devices, line: &str) -> Value {
        answer(factory, devices, Tick(0), line).json
    }

    #[test]
    fn a_line_s_words_do_what_they_say_and_bad_ones_say_why() {
        let mut factory = Factory::new(LineOptions::default(), Retained::default());
        let line = Devices::LINE;
        let ok = json!({"ok": true});
        for request in [
            r#"{"do":"feed","packs":100}"#,
            r#"{"do":"faults","set":"default"}"#,
            r#"{"do":"fault","name":"media-out","on":true}"#,
            r#"{"do":"fault","name":"late-reply","on":true,"value":40}"#,
            r#"{"do":"rate","packs_per_min":1200}"#,
            r#"{"do":"rate","packs_per_min":"max"}"#,
        ] {
            assert_eq!(say(&mut factory, line, request), ok, "{request}");
        }
        let status = say(&mut factory, line, r#"{"do":"status"}"#);
        assert_eq!(
            (&status["to_feed"], &status["rate"]),
            (&json!(100), &json!("max"))
        );
        assert_eq!(status["active"], json!(["media-out", "late-reply"]));
        assert_eq!(status["station_seen_ms_ago"], Value::Null);
        assert_eq!(say(&mut factory, line, r#"{"do":"heal"}"#), ok);
        assert_eq!(
            say(&mut factory, line, r#"{"do":"status"}"#)["active"],
            json!([])
        );
        for wrong in [
            "",
            "nonsense",
            r#"{"do":"dance"}"#,
            r#"{"do":"feed","packs":-1}"#,
            r#"{"do":"feed","packs":1,"more":2}"#,
            r#"{"do":"faults","set":"bad-print=7"}"#,
            r#"{"do":"fault","name":"media-out","on":true,"value":1}"#,
            r#"{"do":"fault","name":"worse","on":true}"#,
            r#"{"do":"rate","packs_per_min":0}"#,
            r#"{"do":"start"}"#,
            r#"{"do":"trigger"}"#,
        ] {
            assert!(
                say(&mut factory, line, wrong)["error"].is_string(),
                "{wrong}"
            );
        }
        assert!(answer(&mut factory, line, Tick(0), r#"{"do":"shutdown"}"#).shutdown);
    }

    #[test]
    fn single_devices_take_ink_and_trigger() {
        let mut factory = Factory::new(LineOptions::default(), Retained::default());
        let camera = Devices {
            printer: false,
            plc: false,
            camera: true,
        };
        let zpl = r#"{"do":"ink","zpl":"^XA^FO9,9^BXN,6,200,,,,_,1^FD_10109506000134352^FS^XZ"}"#;
        assert_eq!(
            say(&mut factory, camera, zpl)["ink"],
            json!(["0109506000134352"])
        );
        let fired = say(&mut factory, camera, r#"{"do":"trigger"}"#);
        assert_eq!(fired["frame_counter"], json!(1));
        assert_eq!(factory.step(Tick(1)).exposures.len(), 1);
        let printer = Devices {
            printer: true,
            plc: false,
            camera: false,
        };
        factory.printer_receive(Tick(0), b"^XA^FO9,9^FDtext^FS^XZ");
        let printed = say(&mut factory, printer, r#"{"do":"trigger"}"#);
        assert_eq!(printed["printed"], json!([]));
        let nothing = say(&mut factory, printer, r#"{"do":"trigger"}"#);
        assert_eq!(nothing["printed"], Value::Null);
    }
}
