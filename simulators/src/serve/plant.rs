//! The whole factory as control sees it: lanes, label printer, packing hall. It hands each order to whom it is for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Hall, House, ReaderBench, Shared};
use crate::{
    Tick,
    control::{self, Answer, HallOrder, Whom},
    reader::orders,
};

/// Everything in one process.
#[derive(Debug)]
pub struct Plant {
    /// Clock and end.
    pub house: Arc<House>,
    /// The lanes, the first one first.
    pub lanes: Vec<Arc<Shared>>,
    /// For each lane the reader in its camera's place, by name, where there is one.
    pub eyes: Vec<Option<(String, Arc<ReaderBench>)>>,
    /// The printer of containers' labels.
    pub labeller: Option<Arc<Shared>>,
    /// Where good packs are packed.
    pub hall: Option<Arc<Hall>>,
}

impl Plant {
    /// Does what a line asks.
    pub fn answer(&self, now: Tick, line: &str) -> Answer {
        let (whom, words) = match control::addressee(line) {
            Ok(read) => read,
            Err(error) => return Answer::refused(&error),
        };
        if let Whom::Device(name) = &whom
            && let Some(bench) = self.reader(name)
        {
            return orders::answer(&mut bench.reader(), now, &words.to_string());
        }
        let request = match control::request(words) {
            Ok(request) => request,
            Err(error) => return Answer::refused(&error),
        };
        if let Some(order) = request.for_hall() {
            return Answer::of(self.in_hall(now, &order));
        }
        let asked = match self.meant(&whom) {
            Ok(asked) => asked,
            Err(error) => return Answer::refused(&error),
        };
        let mut answers = asked.iter().map(|lane| {
            let devices = lane.devices;
            lane.with_memory(|factory| control::perform(factory, devices, now, request.clone()))
        });
        let Some(mut first) = answers.next() else {
            return Answer::refused("No lane is there.");
        };
        let others: Vec<Value> = answers.map(|answer| answer.json).collect();
        // Where one lane of all refuses, the refusal is the answer.
        if let Some(refused) = others.iter().find(|answer| !answer["error"].is_null()) {
            first.json = refused.clone();
        } else if first.json.get("state").is_some() {
            self.complete(&mut first.json, &others);
        }
        first
    }

    /// The reader of this name, at a lane or in the hall.
    fn reader(&self, name: &str) -> Option<&Arc<ReaderBench>> {
        let eyes = self.eyes.iter().flatten().find(|(own, _)| own == name);
        let in_hall = || self.hall.as_ref()?.reader(name);
        eyes.map(|(_, bench)| bench).or_else(in_hall)
    }

    /// Beside the first lane's status that of all lanes, and the hall's.
    fn complete(&self, status: &mut Value, others: &[Value]) {
        if !others.is_empty() {
            let mut lanes = vec![status.clone()];
            lanes.extend_from_slice(others);
            status["lanes"] = json!(lanes);
        }
        if let Some(hall) = &self.hall {
            status["packing"] = json!(hall.packer().status());
        }
    }

    fn meant(&self, whom: &Whom) -> Result<Vec<&Arc<Shared>>, String> {
        let count = self.lanes.len();
        match whom {
            Whom::All => Ok(self.lanes.iter().collect()),
            Whom::Lane(number) => {
                let lane = usize::from(*number).checked_sub(1);
                let lane = lane.and_then(|at| self.lanes.get(at));
                let lane = lane.ok_or(format!("There is no lane {number}, only 1 to {count}."))?;
                Ok(vec![lane])
            }
            Whom::Device(name) => {
                let printer = self.labeller.as_ref().filter(|_| name == "label-printer");
                let text =
                    format!("No '{name}' is there: \"label-printer\" or the name of a reader.");
                Ok(vec![printer.ok_or(text)?])
            }
        }
    }

    fn in_hall(&self, now: Tick, order: &HallOrder) -> Result<Value, String> {
        let hall = self.hall.as_ref();
        let hall =
            hall.ok_or("Nothing is packed here; a station file with a [[level]] is needed.")?;
        let mut packer = hall.packer();
        match order {
            HallOrder::Label { level, text } => packer.label_by_hand(now, level, text)?,
            HallOrder::Close { level } => packer.close_by_hand(now, level)?,
            HallOrder::Scan { point, text } => packer.scan_by_hand(now, point, text)?,
        }
        Ok(json!({ "ok": true }))
    }
}
