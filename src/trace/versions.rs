//! Which version of the label template packs carry, by name and hash.

use super::find::{Archive, TraceError};
use super::units::SAMPLE;
use super::words;
use crate::label::{built_in_names, built_in_text};
use crate::record::label::{HASH_DIGITS, is_meant, short};
use crate::record::{BatchNo, Fact, Fate, LabelFact, LabelSlot, LabelText, PackNo, TemplateHash};
use crate::store::{
    LabelRun, LotRecord, PackFilter, PackRow, Reader, StoreError, StoredRecord, Whereabouts,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A version of a label template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelVersion {
    /// What it was called last; `None` where no record names it and it is none of the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its hash.
    pub template: TemplateHash,
}

/// The name and the first digits of the hash.
impl fmt::Display for LabelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("no name on record");
        write!(f, "{name} ({})", short(&self.template))
    }
}

/// What templates of packs were ever called, each hash with its names, the newest last.
pub(super) struct LabelNames(BTreeMap<TemplateHash, Vec<String>>);

impl LabelNames {
    /// As the records say; what they do not name is looked for among the built-in ones.
    pub(super) fn read(ask: &Whereabouts<'_>) -> Result<LabelNames, StoreError> {
        let mut names: BTreeMap<TemplateHash, Vec<String>> = BTreeMap::new();
        for (name, template) in ask.label_records()?.iter().filter_map(named) {
            let known = names.entry(template).or_default();
            known.retain(|one| *one != name);
            known.push(name);
        }
        for name in built_in_names() {
            let text = built_in_text(name).unwrap_or_default();
            let template = LabelText::new(name, text).template;
            let known = names.entry(template).or_default();
            if known.is_empty() {
                known.push(name.to_owned());
            }
        }
        Ok(LabelNames(names))
    }

    pub(super) fn version(&self, template: TemplateHash) -> LabelVersion {
        let names = self.0.get(&template);
        LabelVersion {
            name: names.and_then(|names| names.last()).cloned(),
            template,
        }
    }
}

/// The template of packs that a record brings a name for.
fn named(stored: &StoredRecord) -> Option<(String, TemplateHash)> {
    match &stored.record.fact {
        Fact::Label(
            LabelFact::Installed { slot, label } | LabelFact::Ordered { slot, label, .. },
        ) if *slot == LabelSlot::Packs => Some((label.name.clone(), label.template)),
        _ => None,
    }
}

/// Most templates that an answer names.
const NAMED_MAX: usize = 20;

/// The template of packs that somebody means by a name it ever had, or by the first digits of its hash.
///
/// # Errors
/// None is on record, or several are, with what there is; the store cannot be read.
pub fn template_meant(archive: &Archive, said: &str) -> Result<TemplateHash, TraceError> {
    if let Ok(template) = said.parse() {
        return Ok(template);
    }
    let (names, used) = archive.at_one_state(|| {
        let names = archive.reader.whereabouts(LabelNames::read)?;
        let records = archive.reader.label_records()?;
        let mut used: BTreeSet<TemplateHash> = records
            .iter()
            .filter_map(named)
            .map(|(_, template)| template)
            .collect();
        let batches = archive.reader.batches()?;
        used.extend(batches.iter().map(|(batch, _)| batch.template));
        Ok((names, used))
    })?;
    let is_meant = |template: &TemplateHash| {
        let mut called = names.0.get(template).into_iter().flatten();
        is_meant(said, "", template) || called.any(|name| name == said)
    };
    let meant: Vec<TemplateHash> = used.iter().copied().filter(is_meant).collect();
    let listed = |templates: &mut dyn Iterator<Item = TemplateHash>| {
        let mut named: Vec<String> = templates
            .map(|template| names.version(template).to_string())
            .collect();
        let more = named.len().saturating_sub(NAMED_MAX);
        named.truncate(NAMED_MAX);
        if more > 0 {
            named.push(format!("{more} more (vidimus label history)"));
        }
        named.join(", ")
    };
    match meant.as_slice() {
        [one] => Ok(*one),
        [] => Err(TraceError::NotOnRecord(format!(
            "No label template on record is called \"{said}\", and no hash of one begins with it; there are: {}. Say a \
             name or at least the first {HASH_DIGITS} digits of a hash.",
            listed(&mut used.into_iter())
        ))),
        several => Err(TraceError::NotOnRecord(format!(
            "Several label templates on record are meant by \"{said}\": {}. Say the first digits of the hash.",
            listed(&mut several.iter().copied())
        ))),
    }
}

/// Which label each pack has.
pub struct PackLabels {
    versions: BTreeMap<TemplateHash, LabelVersion>,
    /// By batch: the template of its opening, and whether its packs have no numbers.
    batches: BTreeMap<BatchNo, (TemplateHash, bool)>,
    runs: BTreeMap<BatchNo, Vec<LabelRun>>,
}

impl PackLabels {
    /// Of all batches, or of one.
    ///
    /// # Errors
    /// When reading fails.
    pub fn read(reader: &Reader, only: Option<BatchNo>) -> Result<PackLabels, StoreError> {
        let names = reader.whereabouts(LabelNames::read)?;
        let runs = reader.label_runs(only)?;
        let batches: BTreeMap<BatchNo, (TemplateHash, bool)> = reader
            .batches()?
            .into_iter()
            .map(|(batch, _)| (batch.no, (batch.template, batch.terms.lot_only)))
            .collect();
        let opened = batches.values().map(|(template, _)| *template);
        let ordered = runs.values().flatten().filter_map(|run| run.template);
        let versions = opened
            .chain(ordered)
            .map(|template| (template, names.version(template)))
            .collect();
        Ok(PackLabels {
            versions,
            batches,
            runs,
        })
    }

    /// The label of a pack; `None` for one that never got any.
    pub fn of(&self, row: &PackRow) -> Option<&LabelVersion> {
        let no = row.batch?;
        let (opened, lot_only) = self.batches.get(&no)?;
        if row.serial.is_none() && !lot_only {
            return None;
        }
        let template = match self.runs.get(&no) {
            None => *opened,
            Some(runs) => {
                let at = runs.partition_point(|run| *run.packs.end() < row.pack);
                let run = runs.get(at).filter(|run| run.packs.contains(&row.pack))?;
                run.template.unwrap_or(*opened)
            }
        };
        self.versions.get(&template)
    }
}

/// Packs of a batch that follow each other and have the same label, or all that have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelPacks {
    /// The version; `None`: these packs have no label.
    #[serde(flatten)]
    pub label: Option<LabelVersion>,
    /// The first of them.
    pub first_pack: u64,
    /// The last of them.
    pub last_pack: u64,
    /// How many they are: good, rejected and others.
    pub packs: u64,
    /// In the good bin.
    pub good: u64,
    /// In the reject bin by a verdict or by the gate itself.
    pub rejected: u64,
    /// Sampled, removed, of unknown fate, in line.
    pub others: u64,
    /// Those of them that were test prints of a label on trial.
    pub test_prints: u64,
}

impl LabelPacks {
    fn begin(label: Option<&LabelVersion>, pack: PackNo) -> LabelPacks {
        LabelPacks {
            label: label.cloned(),
            first_pack: pack.0,
            last_pack: pack.0,
            packs: 0,
            good: 0,
            rejected: 0,
            others: 0,
            test_prints: 0,
        }
    }

    fn take(&mut self, row: &PackRow, test_print: bool) {
        self.last_pack = row.pack.0;
        self.packs += 1;
        let sampled = row.fate == Some(Fate::RejectedByVerdict) && row.verdict == Some(SAMPLE);
        let count = match words::fate_state(row.fate, false) {
            "active" => &mut self.good,
            "rejected" if !sampled => &mut self.rejected,
            _ => &mut self.others,
        };
        *count += 1;
        self.test_prints += u64::from(test_print);
    }
}

/// The packs of a batch by the version of their label, in their order; those without a label last.
///
/// # Errors
/// When reading fails.
pub fn label_packs(reader: &Reader, record: &LotRecord) -> Result<Vec<LabelPacks>, StoreError> {
    let no = record.batch.no;
    let labels = PackLabels::read(reader, Some(no))?;
    let test_prints: BTreeSet<PackNo> = record
        .records
        .iter()
        .filter_map(|stored| match &stored.record.fact {
            Fact::Label(fact) => fact.pack(),
            _ => None,
        })
        .collect();
    let filter = PackFilter {
        batch: Some(no),
        ..PackFilter::default()
    };
    let mut all: Vec<LabelPacks> = Vec::new();
    let mut bare: Option<LabelPacks> = None;
    reader.for_each_pack(filter, |row| {
        let test_print = test_prints.contains(&row.pack);
        let label = labels.of(&row);
        if label.is_none() {
            let bare = bare.get_or_insert_with(|| LabelPacks::begin(None, row.pack));
            return bare.take(&row, test_print);
        }
        if all.last().and_then(|last| last.label.as_ref()) != label {
            all.push(LabelPacks::begin(label, row.pack));
        }
        if let Some(last) = all.last_mut() {
            last.take(&row, test_print);
        }
    })?;
    all.extend(bare);
    Ok(all)
}
