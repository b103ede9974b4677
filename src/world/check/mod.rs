//! What must hold of every world, whatever goes wrong in it: one file a checker. The simulated factory's truth is held
//! against the store, never the station's own books against themselves. PURE.
//!
//! | invariant | file |
//! |---|---|
//! | good needs proof; ink is the truth | `proof` |
//! | no serial twice | `serials` |
//! | no sound pack rejected while nothing is wrong | `rejects` |
//! | samples are wanted; nothing is good before first articles are accepted | `samples` |
//! | no pack passes with a label that is not proven | `labels` |
//! | reconciliation, at every instant and at the end | `books` |
//! | fail-safe: a dead station passes nothing | `gate` |
//! | record before effect | `effects` |
//! | the chain verifies, nothing acknowledged is lost | `chain` |
//! | liveness after healing | [`super::World::live`] |
//! | bounded queues | `bounds` |
//! | alarmed once, in time, and cleared | `alarms`, `episodes` |
//! | every child has one parent | `containers` |
//! | the same seed twice is the same world | [`super::runs`] |

mod alarms;
mod books;
mod bounds;
mod chain;
mod containers;
mod effects;
mod episodes;
mod gate;
mod labels;
pub mod packs;
mod proof;
mod rejects;
mod samples;
mod serials;

use super::floor::Floor;
use crate::record::{Tally, Tick};
use crate::store::{PackFilter, PackRow, StoreError};
use crate::wire::view::View;
use packs::{Differences, Judged};
use serde::{Serialize, Serializer};
use vidimus_simulators::truth::{Bin, PackTruth};

/// Name of the checker of healed lines.
pub const LIVENESS: &str = "liveness";
/// Name of what the store itself refuses.
pub const STORE: &str = "store";

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// Which checker found it.
    pub checker: &'static str,
    /// What it is.
    pub text: String,
    /// When, in virtual time; in JSON as milliseconds.
    #[serde(rename = "at_ms", serialize_with = "as_ms")]
    pub at: Tick,
}

fn as_ms<S: Serializer>(at: &Tick, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.as_ms())
}

impl Violation {
    /// In one line, without its seed.
    pub fn told(&self) -> String {
        let s = self.at.as_ms() as f64 / 1000.0;
        format!("at {s:.3} s, {}: {}", self.checker, self.text)
    }
}

/// What was seen of a world while it lived.
#[derive(Debug, Default)]
pub struct Account {
    /// Packs that left the belt, as the factory knows them.
    pub truths: Vec<PackTruth>,
    /// Packs that left the belt, also those that were forgotten.
    pub left: u64,
    /// Packs in the good bin.
    pub good: u64,
    /// Packs are counted and not kept: nobody will hold them against the store.
    pub forgets: bool,
    /// Packs that passed the gate while the station had been dead for too long.
    passed_dead: Vec<String>,
    /// A tally that did not balance.
    unbalanced: Option<Tally>,
    /// Most pictures held and commits waiting.
    frames_max: usize,
    commits_max: usize,
    alarms: alarms::Screen,
    episodes: episodes::Episodes,
}

impl Account {
    /// A pack left the belt; `dead`: the station's heartbeat had to be stale by then.
    pub fn left(&mut self, truth: PackTruth, dead: bool) {
        if truth.bin == Bin::Good {
            self.good += 1;
            if dead && truth.gate == gate::PASSED {
                self.passed_dead
                    .push(format!("{}/{}", truth.boot, truth.id));
            }
        }
        self.left += 1;
        if !self.forgets {
            self.truths.push(truth);
        }
    }

    /// A turn was taken.
    pub fn turn(&mut self, tally: &Tally, frames: usize, commits: usize) {
        if !tally.balanced() && self.unbalanced.is_none() {
            self.unbalanced = Some(tally.clone());
        }
        self.frames_max = self.frames_max.max(frames);
        self.commits_max = self.commits_max.max(commits);
    }

    /// What the screen shows.
    pub fn screen(&mut self, now: Tick, view: &View, stands: impl Fn(&str) -> bool) {
        self.alarms.look(now, view);
        self.episodes.look(now, view, stands);
    }

    /// What the screen shows when everything was put right and the line has run.
    pub fn healed(&mut self, view: &View) {
        self.episodes.end(view);
    }

    /// The station's power is gone.
    pub fn dark(&mut self) {
        self.alarms.dark();
        self.episodes.dark();
    }
}

/// What the checkers look at.
pub struct Evidence<'w> {
    /// What was seen.
    pub account: &'w Account,
    /// Store, witness and links.
    pub floor: &'w Floor,
    /// Every pack of the store.
    pub rows: &'w [PackRow],
    /// Truth and store, pack by pack.
    pub judged: &'w Judged,
    /// Where they differ.
    pub differences: &'w Differences,
}

/// A checker: its name, and what it finds.
type Checker = (&'static str, fn(&Evidence<'_>) -> Vec<String>);

/// Every checker that looks at the end.
const CHECKERS: [Checker; 12] = [
    ("proof", proof::check),
    ("rejects", rejects::check),
    ("serials", serials::check),
    ("samples", samples::check),
    ("labels", labels::check),
    ("books", books::check),
    ("gate", gate::check),
    ("effects", effects::check),
    ("chain", chain::check),
    ("bounds", bounds::check),
    ("alarms", alarms::check),
    ("containers", containers::check),
];

/// Everything that is wrong at the end of a world, and truth and store pack by pack.
pub fn conclude(account: &mut Account, floor: &Floor, at: Tick) -> (Vec<Violation>, Judged) {
    let read = || -> Result<_, StoreError> {
        let reader = floor.disk.reader();
        Ok((reader.packs(PackFilter::default())?, reader.batches()?))
    };
    let (rows, batches) = match read() {
        Ok(read) => read,
        Err(error) => {
            let text = error.to_string();
            let checker = STORE;
            let found = vec![Violation { checker, text, at }];
            return (found, Judged::default());
        }
    };
    let mut differences = Differences::default();
    let judged = packs::judge(&rows, &batches, &account.truths, &mut differences);
    let evidence = Evidence {
        account,
        floor,
        rows: &rows,
        judged: &judged,
        differences: &differences,
    };
    let found = CHECKERS.iter().flat_map(|(checker, check)| {
        let texts = check(&evidence);
        texts
            .into_iter()
            .map(|text| Violation { checker, text, at })
    });
    (found.collect(), judged)
}
