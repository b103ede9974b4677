//! The truth: one JSON line for every pack that leaves the belt, appended and never changed.
//!
//! The factory keeps it for whoever wants to check a station's books against what really happened.
//! A killed factory loses at most the line it was writing; [`read`] tolerates a torn line and says
//! how many there were.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::plc::PackKey;

/// Longest line that is read back; a longer one counts as torn.
pub const LINE_MAX: usize = 64 * 1024;
/// Name of the file in the factory's folder.
pub const FILE_NAME: &str = "truth.jsonl";

/// Where a pack ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bin {
    /// The good bin.
    Good,
    /// The reject bin.
    Reject,
    /// Taken from the belt by hand.
    Removed,
}

/// PLC boot number and pack id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackName {
    /// PLC_BOOT.
    pub boot: u16,
    /// Pack id.
    pub id: u32,
}

impl From<PackKey> for PackName {
    fn from(key: PackKey) -> PackName {
        PackName {
            boot: key.boot,
            id: key.id,
        }
    }
}

/// Everything the factory knows about one pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackTruth {
    /// The lane it came through, from 1.
    #[serde(default = "first_lane")]
    pub lane: u8,
    /// PLC_BOOT it was last known under; 0 when the PLC never knew it.
    pub boot: u16,
    /// Its last id; 0 when the PLC never knew it.
    pub id: u32,
    /// What it was called before a PLC restart made it lose its name.
    #[serde(default)]
    pub was: Option<PackName>,
    /// What the symbols on it encode, in order of printing: GS1 element strings with `\u{1d}` as
    /// separator; a symbol without FNC1 in first place stands behind `]d1`.
    pub ink: Vec<String>,
    /// Exactly one undamaged label on it, as the station sent it.
    pub ink_sound: bool,
    /// Exactly one picture of it was taken and handed over whole and in time.
    pub picture_sound: bool,
    /// The camera's frame counter of its (last) picture.
    pub frame_counter: Option<u64>,
    /// A device, a link or the station was disturbed while it was on the belt, or the belt stood.
    pub window: bool,
    /// Names of the faults that met it.
    pub faults: Vec<String>,
    /// When it was detected, in ms of the factory's clock.
    pub detected_ms: f64,
    /// When the camera fired, in ms.
    pub fired_ms: Option<f64>,
    /// When the gate decided, in ms.
    #[serde(default)]
    pub gated_ms: Option<f64>,
    /// When a valid verdict first stood in its slot, in ms.
    pub verdict_ms: Option<f64>,
    /// The verdict the gate saw; 0 for none.
    pub verdict: u16,
    /// The gate's outcome code (`plc-map`: 1 passed … 5 removed); 0 when it never came to the gate.
    pub gate: u16,
    /// The cause of a default reject; else 0.
    pub cause: u16,
    /// Where it is now.
    pub bin: Bin,
}

/// The lane of rows that name none.
fn first_lane() -> u8 {
    1
}

/// The first line of every run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStart {
    /// The seed.
    pub seed: u64,
    /// Packs per minute, or `max`.
    pub rate: String,
    /// Faults with their rates.
    pub faults: String,
    /// PLC_BOOT of this run, of the first lane.
    pub boot: u16,
    /// PLC_BOOT of every lane where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boots: Vec<u16>,
}

#[derive(Deserialize)]
struct StartLine {
    #[expect(dead_code, reason = "only its presence tells what the line is")]
    start: RunStart,
}

/// What a truth file held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TruthFile {
    /// The packs in the order they left.
    pub packs: Vec<PackTruth>,
    /// Runs of the factory.
    pub runs: u32,
    /// Lines that could not be read: the factory was killed while it wrote.
    pub torn: u32,
}

/// Reads all packs of a truth file. See [`read_file`] for torn lines and runs.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<PackTruth>> {
    Ok(read_file(path)?.packs)
}

/// Reads a truth file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_file(path: &Path) -> io::Result<TruthFile> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut file = TruthFile::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = line.trim_ascii();
        if line.len() > LINE_MAX {
            file.torn += 1;
        } else if let Ok(pack) = serde_json::from_slice::<PackTruth>(text) {
            file.packs.push(pack);
        } else if serde_json::from_slice::<StartLine>(text).is_ok() {
            file.runs += 1;
        } else if !text.is_empty() {
            file.torn += 1;
        }
        line.clear();
    }
    Ok(file)
}

/// Appends JSON to a file, one whole line a write.
#[derive(Debug)]
pub struct Lines {
    file: File,
}

impl Lines {
    /// Opens the file for appending and ends a line torn by a kill.
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub fn open(path: &Path) -> io::Result<Lines> {
        let mut file = File::options().create(true).append(true).open(path)?;
        if file.metadata()?.len() > 0 {
            file.write_all(b"\n")?;
        }
        Ok(Lines { file })
    }

    /// Appends one line.
    ///
    /// # Errors
    /// When it cannot be written: the factory can then no longer vouch for anything.
    pub fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Appends to a truth file.
#[derive(Debug)]
pub struct TruthWriter {
    lines: Lines,
}

impl TruthWriter {
    /// Opens the file for appending and ends a line torn by a kill.
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub fn open(path: &Path, start: &RunStart) -> io::Result<TruthWriter> {
        let mut lines = Lines::open(path)?;
        lines.line(&serde_json::json!({ "start": start }))?;
        Ok(TruthWriter { lines })
    }

    /// Appends one pack.
    ///
    /// # Errors
    /// As [`Lines::line`].
    pub fn pack(&mut self, pack: &PackTruth) -> io::Result<()> {
        self.lines.line(pack)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn pack(id: u32) -> PackTruth {
        PackTruth {
            lane: 1,
            boot: 1,
            id,
            was: None,
            ink: vec!["0109506000134352\u{1d}21S".to_owned()],
            ink_sound: true,
            picture_sound: true,
            frame_counter: Some(17),
            window: false,
            faults: vec!["bad-print".to_owned()],
            detected_ms: 1.5,
            fired_ms: Some(2.25),
            gated_ms: Some(2.5),
            verdict_ms: None,
            verdict: 1,
            gate: 1,
            cause: 0,
            bin: Bin::Good,
        }
    }

    #[test]
    fn what_was_written_is_read_and_a_torn_line_hurts_only_itself() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(FILE_NAME);
        let rate = "600".to_owned();
        let start = RunStart {
            seed: 1,
            rate,
            faults: "none".to_owned(),
            boot: 1,
            boots: Vec::new(),
        };
        let mut writer = TruthWriter::open(&path, &start).expect("opens");
        writer.pack(&pack(1)).expect("writes");
        writer
            .lines
            .file
            .write_all(b"{\"boot\":1,\"id\":2,\"in")
            .expect("torn");
        let mut writer = TruthWriter::open(&path, &start).expect("opens again");
        writer.pack(&pack(3)).expect("writes");
        let read = read_file(&path).expect("reads");
        assert_eq!(
            read,
            TruthFile {
                packs: vec![pack(1), pack(3)],
                runs: 2,
                torn: 1
            }
        );
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains("\"bin\":\"good\"") && text.contains("\"verdict_ms\":null"));
    }
}
