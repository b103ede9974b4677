//! The view: everything a screen shows, as one value. PURE.

use super::{AlarmRates, LotView, OperatorCommand, Priority, ShelvedView};
use crate::record::{
    BatchNo, Fates, Grades, LaneNo, Modules, PackNo, QualityRules, RecoveryCause, SignIn,
    SigningRules, Tally, TemplateHash, Tenths,
};
use serde::{Deserialize, Serialize};

/// What the line is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// The station is reading back what happened; nothing passes.
    Recovering,
    /// Something is missing (a device, a batch); nothing passes.
    NotReady,
    /// Ready; the belt stands (start it at the machine).
    Ready,
    /// Packs are being numbered, verified and sorted.
    Running,
    /// The station's stop stands.
    Stopped,
}

/// One station of the flow strip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStep {
    /// `PRINT`, `CAMERA`, `GATE`, `GOOD`.
    pub name: String,
    /// The last characters of the serial that was last there.
    pub serial_tail: Option<String>,
    /// Packs between here and the next step.
    pub packs: u32,
}

/// The open batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    /// The station's own number for it, from 1: two batches of one lot differ in it.
    pub no: BatchNo,
    /// Product name.
    pub product: String,
    /// GTIN, 14 digits.
    pub gtin: String,
    /// Lot.
    pub lot: String,
    /// Expiry as YYYY-MM-DD (day 00 = whole month).
    pub expiry: String,
    /// Wanted number of good packs.
    pub target: Option<u64>,
    /// What it demands of grades and text.
    pub quality: QualityRules,
}

/// The pack that was verified last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastPack {
    /// The station's own number for it.
    pub pack: PackNo,
    /// Serial text, if it took a number.
    pub serial: Option<String>,
    /// Outcome name (`pass`, `no_symbol` …).
    pub outcome: String,
    /// Whether it passed.
    pub passed: bool,
    /// What was read, when it was not what was printed.
    pub read: Option<String>,
    /// The modules the decoder saw; the station adds them to what the line says.
    pub modules: Option<Modules>,
    /// Its grades in tenths, if it was graded.
    pub grades: Option<Grades>,
    /// What weak print on it looks like, in words.
    pub looks_like: Option<String>,
    /// What is wrong with its text, in words.
    pub text: Option<String>,
}

/// Print quality since the batch was opened or the station started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QualityView {
    /// The grade the trend warns of, in tenths: the batch's minimum, or 15 where it has none.
    pub level_tenths: Tenths,
    /// Packs with grades that may reject.
    pub graded: u64,
    /// Packs with indicative grades.
    pub indicative: u64,
    /// Packs that were read and not graded.
    pub ungraded: u64,
    /// Mean of the overall grade over about the last 30 packs, in tenths.
    pub overall_mean_tenths: Option<Tenths>,
    /// The warning that print quality falls, while it stands.
    pub warning: Option<String>,
    /// Packs whose text was not as printed; none are counted while the batch's text is `off`.
    pub text_wrong: u64,
    /// Packs that were read and whose text could not be checked; none are counted while the batch's text is `off`.
    pub text_unchecked: u64,
}

/// How a device is (NE 107 letters): always shown as a letter in brackets, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It said so itself, lately.
    Ok,
    /// `[F]` failure.
    Failure,
    /// `[C]` function check: being set up or read back.
    Check,
    /// `[S]` out of specification.
    OutOfSpec,
    /// `[M]` maintenance required.
    Maintenance,
    /// `[?]` nothing known.
    Unknown,
}

/// What a lane's device is called in a view; of several lanes each says which.
pub fn device_name(kind: &str, lane: LaneNo, several: bool) -> String {
    match several {
        true => format!("{kind} {lane}"),
        false => kind.to_owned(),
    }
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// `printer`, `camera` or `reader`, `PLC`, `disk`.
    pub name: String,
    /// Model or address.
    pub model: String,
    /// How it is.
    pub state: DeviceState,
    /// Short detail: queue, counters, latency.
    pub detail: String,
}

/// One alarm that stands, or is not yet acknowledged, or is shelved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmView {
    /// Its code.
    pub code: String,
    /// NE 107 letter: F, C, S or M.
    pub letter: char,
    /// How urgent it is. An older station does not say.
    #[serde(default)]
    pub priority: Priority,
    /// What happened.
    pub text: String,
    /// What it means for the packs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consequence: String,
    /// What to do now.
    pub action: String,
    /// Wall clock when it was raised, ms since 1970.
    pub raised_utc_ms: i64,
    /// The cause still stands.
    pub active: bool,
    /// A person acknowledged it.
    pub acknowledged: bool,
    /// A person put it aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelved: Option<ShelvedView>,
}

/// The account of the recovery that runs, or of the last one of the open batch:
/// `packs = good + rejected + removed + unknown + open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryView {
    /// What happened, in this order, each once.
    pub causes: Vec<RecoveryCause>,
    /// Wall clock when it began, ms since 1970.
    pub since_utc_ms: i64,
    /// Packs that were on the belt when it happened, and that came until everything was in step again.
    pub packs: u64,
    /// What became of them so far.
    #[serde(flatten)]
    pub fates: Fates,
    /// Packs whose fate is not known yet.
    pub open: u64,
}

/// Figures of this run, for the account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Print jobs handed to the printer's link.
    pub jobs_sent: u64,
    /// Bytes of those jobs.
    pub job_bytes: u64,
    /// Commits the store confirmed.
    pub commits: u64,
    /// Median commit time of the last 1,024, in µs.
    pub commit_p50_us: u64,
    /// 99th percentile of the same, in µs.
    pub commit_p99_us: u64,
    /// Median decode time of the last 1,024 pictures, in µs.
    pub decode_p50_us: u64,
    /// 99th percentile of the same, in µs.
    pub decode_p99_us: u64,
}

/// The container that good packs fall into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerView {
    /// The level's name, such as `case`.
    pub level: String,
    /// What its label says it is, such as `(00)106141412345678908`.
    pub code: String,
    /// How many are inside.
    pub inside: u32,
    /// How many it holds when it is full.
    pub holds: u32,
}

/// Labels of containers that this station prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelsView {
    /// How many full containers wait for theirs.
    pub due: u32,
    /// Why their printer cannot print; left out when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<String>,
}

/// The label template of packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelView {
    /// What the one in force is called.
    pub name: String,
    /// Its hash.
    pub template: TemplateHash,
    /// The one on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialView>,
}

/// A label template on trial: until it is proven no pack passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialView {
    /// What it is called.
    pub name: String,
    /// Its hash.
    pub template: TemplateHash,
    /// Test prints that failed.
    pub failed: u32,
    /// After so many it is given up.
    pub most: u32,
}

/// One of several lanes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneView {
    /// Its number.
    pub no: LaneNo,
    /// What it is doing.
    pub state: LineState,
    /// Why it is not running, as a sentence with the next step; empty while running.
    pub text: String,
}

/// A product of the station file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// Its name for people.
    pub name: String,
    /// GTIN, 14 digits.
    pub gtin: String,
}

/// Everything a screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Station name.
    pub station: String,
    /// Wall clock, ms since 1970.
    pub utc_ms: i64,
    /// What the line is doing.
    pub state: LineState,
    /// Why it is not running, as a sentence with the next step; empty while running.
    pub state_text: String,
    /// The open batch.
    pub batch: Option<BatchView>,
    /// PRINT, CAMERA, GATE, GOOD.
    pub flow: Vec<FlowStep>,
    /// The books of the open batch (or of the last one).
    pub tally: Tally,
    /// Packs per minute over the last ten seconds.
    pub packs_per_min: u32,
    /// Rejects among the last 100 packs.
    pub rejects_of_last_100: u32,
    /// The pack verified last.
    pub last_pack: Option<LastPack>,
    /// Devices.
    pub devices: Vec<DeviceView>,
    /// Good packs that went by the reader behind the gates and are in no container on record: number and scan of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// Alarms: those that nobody has acknowledged first, shelved ones last, each part by priority.
    pub alarms: Vec<AlarmView>,
    /// How many alarms come.
    #[serde(default)]
    pub alarm_rates: AlarmRates,
    /// The next pack will be rejected by order.
    pub reject_next: bool,
    /// What became of the packs that were on the belt when the line fell out of step the last time.
    pub recovery: Option<RecoveryView>,
    /// Grades and text.
    pub quality: QualityView,
    /// Whether names are believed.
    #[serde(default)]
    pub sign_in: SignIn,
    /// Which orders are signed, where names are not believed.
    #[serde(default)]
    pub signing: SigningRules,
    /// The container that good packs fall into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerView>,
    /// Labels of containers, where this station prints them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelsView>,
    /// The label template of packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelView>,
    /// Line clearance, first articles, samples, components.
    #[serde(default)]
    pub lot: LotView,
    /// What may be run here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductView>,
    /// Figures of this run.
    pub figures: Figures,
    /// The last record of what people or configuration did since the station started; 0: none.
    #[serde(default)]
    pub deeds: u64,
    /// Each lane by itself, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<LaneView>,
}

impl View {
    /// An alarm of that code is active.
    pub fn has_alarm(&self, code: &str) -> bool {
        let mut active = self.alarms.iter().filter(|alarm| alarm.active);
        active.any(|alarm| alarm.code == code)
    }

    /// What gets a stopped line going: where the counts no longer agree they must be put in step first.
    pub fn way_on(&self) -> OperatorCommand {
        let out_of_step = ["sync", "camera-counts"];
        match out_of_step.iter().any(|code| self.has_alarm(code)) {
            true => OperatorCommand::Resynchronise,
            false => OperatorCommand::Resume,
        }
    }
}
