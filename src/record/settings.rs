//! What a station is set to, and what changed of it from one start to the next. PURE.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One value that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// What it is a value of, such as `limits.workers` or `printer[zebra].address`.
    pub key: String,
    /// What it was; `None`: there was none, or nobody knows.
    pub old: Option<String>,
    /// What it is; `None`: there is none any more.
    pub new: Option<String>,
}

/// What a station is set to: every key of its station file, those that were left out with their defaults. Secrets stand
/// in no value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings(BTreeMap<String, String>);

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(values: I) -> Settings {
        Settings(values.into_iter().collect())
    }
}

impl Settings {
    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every key and its value, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// What is another value in `new`, by key.
    pub fn changes_to(&self, new: &Settings) -> Vec<SettingChange> {
        let gone = self.0.iter().filter(|(key, _)| !new.0.contains_key(*key));
        let gone = gone.map(|(key, old)| (key, Some(old), None));
        let other = new
            .0
            .iter()
            .filter(|(key, value)| self.0.get(*key) != Some(value));
        let other = other.map(|(key, value)| (key, self.0.get(key), Some(value)));
        let mut changes: Vec<SettingChange> = gone
            .chain(other)
            .map(|(key, old, new)| SettingChange {
                key: key.clone(),
                old: old.cloned(),
                new: new.cloned(),
            })
            .collect();
        changes.sort_by(|a, b| a.key.cmp(&b.key));
        changes
    }

    /// Takes changes in.
    ///
    /// # Errors
    /// A value was another one before, as a sentence; nothing changed then.
    pub fn apply(&mut self, changes: &[SettingChange]) -> Result<(), String> {
        if let Some(odd) = changes
            .iter()
            .find(|one| self.0.get(&one.key) != one.old.as_ref())
        {
            return Err(format!("The value of {} was another one before.", odd.key));
        }
        for change in changes {
            match &change.new {
                Some(new) => drop(self.0.insert(change.key.clone(), new.clone())),
                None => drop(self.0.remove(&change.key)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn settings() -> impl Strategy<Value = Settings> {
        proptest::collection::btree_map("[a-e]", "[0-9]", 0..5).prop_map(Settings)
    }

    proptest! {
        #[test]
        fn changes_lead_from_the_old_to_the_new_and_from_nowhere_else(
            old in settings(), new in settings(), other in settings(),
        ) {
            let changes = old.changes_to(&new);
            let mut now = old.clone();
            prop_assert_eq!(now.apply(&changes), Ok(()));
            prop_assert_eq!(&now, &new);
            prop_assert_eq!(changes.is_empty(), old == new);
            let mut now = other.clone();
            let fits = changes.iter().all(|one| other.get(&one.key) == one.old.as_deref());
            prop_assert_eq!(now.apply(&changes).is_ok(), fits);
        }
    }
}
