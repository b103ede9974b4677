//! The truth of the packing hall: one JSON line for everything that happens to a container.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::truth::LINE_MAX;

/// Name of the file in the factory's folder.
pub const FILE_NAME: &str = "packing.jsonl";

/// What lies in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Unit {
    /// A pack, by lane and by what the PLC of that lane last called it.
    Pack {
        /// From 1.
        lane: u8,
        /// PLC_BOOT.
        boot: u16,
        /// Pack id.
        id: u32,
    },
    /// A container of the level below.
    Container {
        /// Its number.
        container: u64,
    },
}

/// One thing that happened. Containers are numbered from 1 through all runs of a factory's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Row {
    /// A factory was started; what stood in the hall before was cleared away.
    Start {
        /// The levels, the lowest first.
        levels: Vec<String>,
    },
    /// A unit went into a container.
    Put {
        /// The container.
        container: u64,
        /// Its level.
        level: String,
        /// The unit.
        unit: Unit,
        /// When, in ms of the factory's clock.
        at_ms: f64,
    },
    /// A container is full.
    Filled {
        /// Which.
        container: u64,
        /// When.
        at_ms: f64,
    },
    /// A container got its label.
    Labelled {
        /// Which.
        container: u64,
        /// What the label's codes say.
        label: Vec<String>,
        /// When.
        at_ms: f64,
    },
    /// Something passed a reader.
    Scanned {
        /// The reader's point.
        point: String,
        /// What passed; `None`: somebody held something before it.
        container: Option<u64>,
        /// What was read.
        texts: Vec<String>,
        /// When.
        at_ms: f64,
    },
    /// The factory ended with this container open.
    Left {
        /// Which.
        container: u64,
        /// Its level.
        level: String,
    },
}

/// One container of the truth.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carton {
    /// Its level.
    pub level: String,
    /// What lies in it, in order.
    pub units: Vec<Unit>,
    /// It was full.
    pub full: bool,
    /// What its label says; empty: it has none.
    pub label: Vec<String>,
}

/// What the file held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PackingFile {
    /// All containers by number.
    pub containers: BTreeMap<u64, Carton>,
    /// Point and texts of everything that readers said, in order.
    pub scans: Vec<(String, Vec<String>)>,
    /// Runs of the factory.
    pub runs: u32,
    /// Lines that could not be read: the factory was killed while it wrote.
    pub torn: u32,
}

impl PackingFile {
    /// One more row.
    pub fn add(&mut self, row: Row) {
        match row {
            Row::Start { .. } => self.runs += 1,
            Row::Put {
                container,
                level,
                unit,
                ..
            } => {
                let carton = self.containers.entry(container).or_default();
                carton.level = level;
                carton.units.push(unit);
            }
            Row::Filled { container, .. } => {
                self.containers.entry(container).or_default().full = true;
            }
            Row::Labelled {
                container, label, ..
            } => self.containers.entry(container).or_default().label = label,
            Row::Scanned { point, texts, .. } => self.scans.push((point, texts)),
            Row::Left { .. } => {}
        }
    }
}

/// Reads the truth of a packing hall.
///
/// # Errors
/// When the file cannot be read.
pub fn read_file(path: &Path) -> io::Result<PackingFile> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut file = PackingFile::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        match serde_json::from_slice::<Row>(line.trim_ascii()) {
            Ok(row) if line.len() <= LINE_MAX => file.add(row),
            _ if line.trim_ascii().is_empty() => {}
            _ => file.torn += 1,
        }
        line.clear();
    }
    Ok(file)
}
