//! Templates whose whole text is on record: whichever was ever ordered, and what the station file named beside them.

use super::activate::slot_of;
use crate::cli::exit::{Exit, Failure};
use crate::config::{Config, LevelLabel};
use crate::label::container_text;
use crate::record::label::is_meant;
use crate::record::{Fact, LabelFact, LabelSlot, LabelStanding, LabelText, Level};
use crate::station::file_label;
use crate::store::{OpenOptions, Reader, StoreError, StoredRecord};

/// Most templates that an answer names.
const NAMED_MAX: usize = 20;

/// The templates of one slot.
pub(super) struct Recorded {
    /// By name and text, the newest first.
    labels: Vec<LabelText>,
    /// The one in force.
    pub(super) in_force: Option<LabelText>,
    /// The one on trial.
    pub(super) trial: Option<LabelText>,
}

impl Recorded {
    /// Those of packs, or of a level's containers.
    ///
    /// # Errors
    /// There is no such level, or the store cannot be read.
    pub(super) fn read(config: &Config, level: Option<&str>) -> Result<Recorded, Failure> {
        let slot = slot_of(config, level)?;
        let failed = |error: StoreError| Failure::new(Exit::Store, error);
        let reader = Reader::open(&config.station.data_dir, &OpenOptions::default());
        let records = reader.and_then(|reader| reader.label_records());
        let mut recorded = Recorded::of(&records.map_err(failed)?, slot);
        if recorded.in_force.is_none() {
            recorded.in_force = of_station_file(config, slot);
            recorded.labels.extend(recorded.in_force.clone());
        }
        Ok(recorded)
    }

    fn of(records: &[StoredRecord], slot: LabelSlot) -> Recorded {
        let mut standing = LabelStanding::default();
        let mut labels: Vec<LabelText> = Vec::new();
        for stored in records.iter() {
            let Fact::Label(fact) = &stored.record.fact else {
                continue;
            };
            // The store has held each against the ones before when it took it.
            let _ = standing.apply(fact);
            if let LabelFact::Installed { slot: of, label }
            | LabelFact::Ordered {
                slot: of, label, ..
            } = fact
                && *of == slot
            {
                labels.retain(|known| known != label);
                labels.insert(0, label.clone());
            }
        }
        let standing = standing.of(slot);
        let trial = standing.and_then(|standing| standing.trial.as_ref());
        Recorded {
            labels,
            in_force: standing.map(|standing| LabelText::clone(&standing.in_force)),
            trial: trial.map(|trial| LabelText::clone(&trial.label)),
        }
    }

    /// The one that is meant by its name or the first digits of its hash.
    ///
    /// # Errors
    /// None is, or several are; with what there is.
    pub(super) fn meant(&self, said: &str) -> Result<&LabelText, Failure> {
        let mut meant: Vec<&LabelText> = Vec::new();
        for label in &self.labels {
            let known = meant.iter().any(|one| one.template == label.template);
            if is_meant(said, &label.name, &label.template) && !known {
                meant.push(label);
            }
        }
        match meant.as_slice() {
            [one] => Ok(one),
            [] => Err(Failure::new(
                Exit::SomeRefused,
                format!(
                    "No template on record is called \"{said}\", and no hash of one begins with it; there are: {}.",
                    listed(&self.labels.iter().collect::<Vec<_>>())
                ),
            )),
            several => Err(Failure::new(
                Exit::SomeRefused,
                format!(
                    "Several templates on record are meant by \"{said}\": {}. Say the first digits of the hash.",
                    listed(several)
                ),
            )),
        }
    }
}

fn listed(labels: &[&LabelText]) -> String {
    if labels.is_empty() {
        return "none".to_owned();
    }
    let mut named: Vec<String> = labels
        .iter()
        .take(NAMED_MAX)
        .map(ToString::to_string)
        .collect();
    if labels.len() > NAMED_MAX {
        named.push(format!(
            "{} more (vidimus label history)",
            labels.len() - NAMED_MAX
        ));
    }
    named.join(", ")
}

/// The template that the station file names; `None` for containers that are not labelled here.
fn of_station_file(config: &Config, slot: LabelSlot) -> Option<LabelText> {
    let LabelSlot::Level(Level(no)) = slot else {
        return file_label(config).ok();
    };
    let level = config.levels.get(usize::from(no).checked_sub(1)?)?;
    match &level.label {
        LevelLabel::Print(name) => Some(LabelText::new(name.as_str(), container_text(name)?)),
        LevelLabel::None | LevelLabel::Scan => None,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{Actor, PointId, Record, Tick};

    #[test]
    fn a_recorded_template_is_found_by_name_or_digits_and_never_one_of_several() {
        let slot = LabelSlot::Packs;
        let (a, b) = (LabelText::new("pharma", "a"), LabelText::new("mine", "b"));
        let edited = LabelText::new("mine", "c");
        let ordered = |label: &LabelText, replaces: &LabelText| LabelFact::Ordered {
            slot,
            label: label.clone(),
            replaces: replaces.template,
            rollback: false,
        };
        let given_up = LabelFact::GivenUp {
            template: b.template,
            keeps: a.template,
            tries: 0,
        };
        let installed = LabelFact::Installed {
            slot,
            label: a.clone(),
        };
        let facts = [installed, ordered(&b, &a), given_up, ordered(&edited, &a)];
        let records: Vec<StoredRecord> = (1..)
            .zip(facts)
            .map(|(seq, fact)| StoredRecord {
                utc_ms: 0,
                record: Record {
                    seq,
                    at: Tick(0),
                    point: PointId::STATION,
                    actor: Actor::Station,
                    reason: None,
                    template: None,
                    fact: Fact::Label(fact),
                },
            })
            .collect();
        let recorded = Recorded::of(&records, slot);
        assert_eq!(recorded.in_force.as_ref(), Some(&a));
        assert_eq!(recorded.trial.as_ref(), Some(&edited));
        assert_eq!(recorded.meant("pharma").ok(), Some(&a));
        // Given up, and still on record, whole.
        let digits = b.template.to_string();
        assert_eq!(recorded.meant(&digits[..8]).ok(), Some(&b));
        let why = |said: &str| recorded.meant(said).expect_err(said).to_string();
        assert!(why("mine").contains("Several") && why("mine").contains(&digits[..8]));
        for none in [&digits[..7], "other"] {
            assert!(why(none).contains("there are: mine ("), "{}", why(none));
        }
        let of_cases = Recorded::of(&records, LabelSlot::Level(Level(1)));
        assert!(of_cases.in_force.is_none() && of_cases.meant("mine").is_err());
    }
}
