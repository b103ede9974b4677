//! The words of a reader's control port: one JSON object a line in, one a line out. PURE.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shown, SmartReader, Trouble};
use crate::{
    Tick, control::Answer, factory::Factory, factory::LineOptions, plc::Retained, trouble::names,
};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    /// Show it a symbol.
    Scan { text: String },
    /// Trigger it with nothing before it.
    NoRead {},
    /// Lay a label before it, as a printer was sent it: what stands in its symbols is scanned.
    Ink { zpl: String },
    /// Begin or end one trouble; some take a number.
    Fault {
        name: String,
        on: bool,
        #[serde(default)]
        value: Option<u64>,
    },
    /// Everything is put right.
    Heal {},
    /// Tell how things stand.
    Status {},
    /// End the process.
    Shutdown {},
}

/// Does what a line asks.
pub fn answer(reader: &mut SmartReader, now: Tick, line: &str) -> Answer {
    let request = match serde_json::from_str::<Request>(line) {
        Ok(request) => request,
        Err(why) => {
            let error = format!("This line is no request: {why}. Send one JSON object a line.");
            return Answer {
                json: json!({ "error": error }),
                shutdown: false,
            };
        }
    };
    let shutdown = request == Request::Shutdown {};
    let json = perform(reader, now, request).unwrap_or_else(|error| json!({ "error": error }));
    Answer { json, shutdown }
}

fn perform(reader: &mut SmartReader, now: Tick, request: Request) -> Result<Value, String> {
    match request {
        Request::Scan { text } => {
            let looked = reader.scan(now, &Shown::of(&text));
            return Ok(json!({ "ok": true, "looked": looked, "counter": reader.counter() }));
        }
        Request::NoRead {} => {
            let looked = reader.no_read(now);
            return Ok(json!({ "ok": true, "looked": looked, "counter": reader.counter() }));
        }
        Request::Ink { zpl } => {
            let mut bench = Factory::new(LineOptions::default(), Retained::default());
            let ink = bench.bench_ink(&zpl);
            let looked = match ink.first() {
                Some(text) => reader.scan(now, &Shown::of(text)),
                None => reader.no_read(now),
            };
            return Ok(
                json!({ "ok": true, "looked": looked, "ink": ink, "counter": reader.counter() }),
            );
        }
        Request::Fault { name, on, value } => {
            let Some(trouble) = Trouble::parse(&name) else {
                let names = names::<Trouble>();
                return Err(format!(
                    "'{name}' is no trouble of a reader. Use one of {names}."
                ));
            };
            if value.is_some() && !trouble.takes_number() {
                return Err(format!("'{name}' takes no number."));
            }
            reader.order(trouble, on, value);
            if on && trouble == Trouble::LinkRefused {
                reader.order(Trouble::LinkCut, true, None);
            }
        }
        Request::Heal {} => reader.heal(),
        Request::Status {} => {
            let active: Vec<&str> = reader.troubles().standing().map(Trouble::name).collect();
            return Ok(json!({
                "family": reader.setup().family.name,
                "counter": reader.counter(),
                "gate_open": reader.gate_open(),
                "active": active,
            }));
        }
        Request::Shutdown {} => {}
    }
    Ok(json!({ "ok": true }))
}
