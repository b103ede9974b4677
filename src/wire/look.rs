//! What a place of the screen asks for besides the view, and what it gets: packs, rejects, a life, past alarms, the
//! audit trail, label templates, what went over a device's link. PURE.
//!
//! An answer is a page: it holds as much as fits in one line, and says where the next page begins.

use super::PersonView;
use super::past::PastAlarmsSight;
use super::rejects::RejectsSight;
use super::scan::{Found, UnitName};
use crate::record::{
    BatchNo, Grades, Modules, PackNo, SettingChange, SymbolPlace, TemplateHash, Tenths,
};
use serde::{Deserialize, Serialize};

/// What a screen asks. Looking needs no rights; the line hears nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// The newest packs, the newest first: those of the open batch or of the last one; where something is looked for,
    /// those of all batches.
    Packs {
        /// Only packs before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<PackNo>,
        /// Only packs whose serial ends like this, whatever the case of its letters, or whose number this is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        find: Option<String>,
    },
    /// One pack by the station's number for it: what a scan of it says.
    Pack {
        /// Which.
        pack: PackNo,
    },
    /// Everything that happened to a pack, a container or a lot, the oldest first.
    Life {
        /// A scan, an SSCC, a serial, a lot, or `pack 4711`.
        of: String,
        /// So many of the oldest were seen.
        #[serde(default)]
        seen: u64,
    },
    /// What people and configuration did, the newest first.
    Audit {
        /// Only records before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        /// All these words stand in what is told of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        words: Vec<String>,
    },
    /// The newest rejected packs of the open batch or of the last one, what was seen of one of them, and how the grades
    /// went lately.
    Rejects {
        /// Only packs before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<PackNo>,
        /// The one whose picture is shown; left out: the newest of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<PackNo>,
    },
    /// The alarms that came and went, the newest first.
    PastAlarms {
        /// So many of the newest were seen.
        #[serde(default)]
        seen: u64,
    },
    /// The label templates of packs.
    Templates {
        /// The one to be shown; left out: the one in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<TemplateHash>,
    },
    /// Who is enrolled.
    People,
    /// What went over a device's link last.
    Exchanges {
        /// Its name in the view.
        device: String,
    },
    /// The last test pictures of a camera, or what the reader in its place read.
    Shots {
        /// Its name in the view.
        device: String,
    },
}

/// What the station shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// Packs.
    Packs(PacksSight),
    /// One pack.
    Pack(Box<Found>),
    /// A life.
    Life(LifeSight),
    /// The audit trail.
    Audit(AuditSight),
    /// Rejected packs.
    Rejects(Box<RejectsSight>),
    /// Past alarms.
    PastAlarms(PastAlarmsSight),
    /// Label templates.
    Templates(TemplatesSight),
    /// Who is enrolled, by name.
    People(Vec<PersonView>),
    /// What went over a device's link.
    Exchanges(ExchangesSight),
    /// Test pictures.
    Shots(Box<ShotsSight>),
}

/// A page of packs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PacksSight {
    /// Whose packs these are; `None`: there is no batch, or something is looked for in all of them.
    pub batch: Option<BatchSeen>,
    /// The packs, the newest first.
    pub rows: Vec<PackSeen>,
    /// There may be older ones: ask for those before this one.
    pub older: Option<PackNo>,
}

/// A batch, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchSeen {
    /// Its number.
    pub no: BatchNo,
    /// Its lot.
    pub lot: String,
    /// It is open.
    pub open: bool,
}

/// A pack, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackSeen {
    /// The station's number for it.
    pub pack: PackNo,
    /// Its serial, if it took one.
    pub serial: Option<String>,
    /// What its label says, bracketed; empty for a pack without a number.
    pub code: String,
    /// What it is, one word, as in [`super::scan::FoundPack`].
    pub state: String,
    /// Outcome name of its verdict, if it has one.
    pub verdict: Option<String>,
    /// Its overall grade, if it was graded.
    pub grade_tenths: Option<Tenths>,
    /// That grade is only indicative.
    pub grade_indicative: bool,
    /// What the gate did with it, in words; `None`: nothing yet.
    pub fate: Option<String>,
    /// Wall clock of the last that is known of it on the line, ms since 1970.
    pub utc_ms: Option<i64>,
    /// What it is inside of.
    pub inside: Option<UnitName>,
}

/// A page of a life.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifeSight {
    /// Whose.
    pub of: String,
    /// Where it stands, in words, each behind the name of what it tells.
    pub stands: Vec<(String, String)>,
    /// What happened, the oldest first.
    pub deeds: Vec<Deed>,
    /// So many were seen before this page.
    pub seen: u64,
    /// How many there are in all.
    pub all: u64,
}

/// Something that was done or happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// The record that says so; of what a partner says, the one from which on it counts.
    pub record: u64,
    /// Wall clock, ms since 1970: of the record's commit, or as the partner says.
    pub utc_ms: i64,
    /// Who: `station`, `machine`, a person, a partner.
    pub who: String,
    /// What.
    pub what: String,
    /// Why, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What it was inside of, where it happened to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// What it changed, from what, to what; not all of it where that is long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<SettingChange>,
    /// So many changes are left out.
    #[serde(default)]
    pub changes_more: u64,
}

/// A page of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuditSight {
    /// What was done, the newest first.
    pub deeds: Vec<Deed>,
    /// Everything from this record on was looked at; there is more before it.
    pub older: Option<u64>,
    /// The end of the hash chain; only with the first page.
    pub chain: Option<ChainSeen>,
}

/// The end of the hash chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainSeen {
    /// The last record.
    pub record: u64,
    /// The head, in hexadecimal.
    pub head: String,
    /// The last stretch of it was followed, and this is wrong; a sentence.
    pub broken: Option<String>,
}

/// Label templates of packs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TemplatesSight {
    /// The one in force, the one on trial, others on record, those that are built in.
    pub rows: Vec<TemplateSeen>,
    /// So many on record are left out.
    #[serde(default)]
    pub more: u64,
    /// The one that was asked for.
    pub shown: Option<Preview>,
}

/// Where a template stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStanding {
    /// It is printed.
    InForce,
    /// It must be proven by a test print.
    OnTrial,
    /// It was in force before.
    Former,
    /// It is on record and never was in force: it was given up, or is on its way.
    Known,
    /// The program carries it; no record speaks of it.
    BuiltIn,
}

/// A template, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateSeen {
    /// What it is called.
    pub name: String,
    /// Its hash.
    pub template: TemplateHash,
    /// Where it stands.
    pub standing: TemplateStanding,
    /// Since when it is in force or on trial, or when it was ordered last: ms since 1970.
    pub since_utc_ms: Option<i64>,
    /// Who ordered it, or that the station file names it.
    pub by: Option<String>,
    /// Why, where somebody said so.
    pub why: Option<String>,
}

/// How a template looks, with a sample of what is printed on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preview {
    /// Which.
    pub template: Option<TemplateHash>,
    /// Width and height, in words.
    pub size: String,
    /// Its symbol and its lines of text, each behind what it is.
    pub says: Vec<(String, String)>,
    /// The label, one module of its symbol to a dot, where that is small enough for a screen.
    pub picture: Option<Modules>,
    /// Why it cannot be shown, as a sentence.
    pub wrong: Option<String>,
}

/// What went over a device's link last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExchangesSight {
    /// Its name in the view.
    pub device: String,
    /// The newest first.
    pub rows: Vec<ExchangeSeen>,
    /// How long its last answer took to begin, in µs; left out: it was not asked for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_us: Option<u64>,
    /// Wall clock when it was heard last, ms since 1970; left out: never in this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_utc_ms: Option<i64>,
}

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeWay {
    /// The station sent it.
    Sent,
    /// The device sent it.
    Heard,
    /// Neither: something happened with the link.
    Happened,
}

/// Something that went over a link, or happened with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeSeen {
    /// Wall clock, ms since 1970; of what came several times, the last time.
    pub utc_ms: i64,
    /// Which way.
    pub way: ExchangeWay,
    /// What, in characters that can be seen; not all of it where that is long.
    pub what: String,
    /// So often lately; a PLC's registers whatever stood in them.
    pub times: u64,
}

/// The last test pictures of a camera, or what the reader in its place read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShotsSight {
    /// Its name in the view.
    pub device: String,
    /// The station fires it; what else does so must be done at the machine.
    pub fired_by_station: bool,
    /// Wall clock until which what it sees is for people, ms since 1970; left out: it looks at packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_utc_ms: Option<i64>,
    /// Whether a symbol was read in each of the last pictures, the newest last; at most 20.
    pub read: Vec<bool>,
    /// The newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ShotSeen>,
}

/// A test picture, or what a reader read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShotSeen {
    /// Its running number in this run, from 1.
    pub no: u64,
    /// Wall clock when it came, ms since 1970.
    pub utc_ms: i64,
    /// Bytes as they came.
    pub bytes: u64,
    /// Width and height in pixels; left out: a reader sends no picture, or it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_px: Option<[u32; 2]>,
    /// Mean of all pixels, of the brightest possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brightness_percent: Option<u8>,
    /// What was seen, as a sentence.
    pub said: String,
    /// A symbol was read.
    pub read: bool,
    /// What it says: bracketed where it is GS1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its grades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grades: Option<Grades>,
    /// What a weak print looks like, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    /// Its modules as they were sampled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Modules>,
    /// Where it lies in the picture, if our own reader read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SymbolPlace>,
    /// What to improve about the camera, with the measured value and the wanted one; only of a test picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// What a test picture teaches: the line for `[[camera]]` of the station file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught: Option<String>,
}
