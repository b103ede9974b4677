//! Label templates on a station: which is in force, which is on trial, and how both came about. PURE.
//!
//! A template is a text, and its hash names it. What all facts about templates add up to is [`LabelStanding`], so that
//! a start knows what is to be printed without any file but the records.

use super::{Level, PackNo, TemplateHash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Longest text of a template that can be brought into force, in bytes: it stands in a record, whole.
pub const TEMPLATE_TEXT_MAX: usize = 64 * 1024;
/// Longest name of a template, in characters.
pub const TEMPLATE_NAME_MAX: usize = 60;

/// What is labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LabelSlot {
    /// The packs.
    Packs,
    /// Containers of this level.
    Level(Level),
}

/// A template as it is kept: what it is called and its whole text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelText {
    /// What it was called by whoever brought it: a built-in template or a file.
    pub name: String,
    /// SHA-256 of the text.
    pub template: TemplateHash,
    /// The text.
    pub text: String,
}

impl LabelText {
    /// A template of this name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> LabelText {
        let (name, text) = (name.into(), text.into());
        LabelText {
            template: TemplateHash(Sha256::digest(text.as_bytes()).into()),
            name,
            text,
        }
    }

    /// Why it cannot be kept: its name or its text is too long, or empty.
    ///
    /// # Errors
    /// The reason, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        let (letters, bytes) = (self.name.chars().count(), self.text.len());
        if letters == 0 || letters > TEMPLATE_NAME_MAX || self.name.chars().any(char::is_control) {
            return Err(format!(
                "A template's name has 1 to {TEMPLATE_NAME_MAX} printable characters: name its file otherwise."
            ));
        }
        if bytes > TEMPLATE_TEXT_MAX {
            return Err(format!(
                "The template has {bytes} bytes, at most {TEMPLATE_TEXT_MAX} are kept: take comments out of it."
            ));
        }
        match *self == LabelText::new(self.name.clone(), self.text.clone()) {
            true => Ok(()),
            false => Err("The template's hash is not that of its text.".to_owned()),
        }
    }
}

/// The name and the first digits of the hash, as people tell templates apart.
impl fmt::Display for LabelText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, short(&self.template))
    }
}

/// So many digits of a template's hash people see, and name it by at the least.
pub const HASH_DIGITS: usize = 8;

/// The first digits of a template's hash.
pub fn short(template: &TemplateHash) -> String {
    template.to_string().chars().take(HASH_DIGITS).collect()
}

/// Whether somebody who says `said` may mean a template: by its name, or by the first digits of its hash, at least
/// [`HASH_DIGITS`] of them.
pub fn is_meant(said: &str, name: &str, template: &TemplateHash) -> bool {
    let digits = said.to_ascii_lowercase();
    (said == name && !said.is_empty())
        || (digits.len() >= HASH_DIGITS && template.to_string().starts_with(&digits))
}

/// Something happened with the template of a slot. Who did it and why are the record's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelFact {
    /// The station file's template is what is printed from here on: it is what was printed before the first order, or
    /// the station file names another one since the last start.
    Installed {
        /// Where.
        slot: LabelSlot,
        /// The template.
        label: LabelText,
    },
    /// A person ordered a template, and it was judged to be sound. On packs it is on trial from here on, on containers
    /// it is in force.
    Ordered {
        /// Where.
        slot: LabelSlot,
        /// The template.
        label: LabelText,
        /// The one in force till now.
        replaces: TemplateHash,
        /// It was in force before.
        rollback: bool,
    },
    /// A person ordered a template, and it was judged not to be sound: nothing changes.
    Refused {
        /// Where.
        slot: LabelSlot,
        /// What it was called.
        name: String,
        /// The hash of its text.
        template: TemplateHash,
        /// Why.
        why: String,
    },
    /// A pack with the label on trial was looked at, and its picture speaks against the label.
    Failed {
        /// The template on trial.
        template: TemplateHash,
        /// Which pack.
        pack: PackNo,
        /// How many there were, this one counted.
        tries: u32,
    },
    /// A pack with the label on trial was looked at, and everything is as it must be: from the next pack on the
    /// template is in force.
    Proven {
        /// The template on trial.
        template: TemplateHash,
        /// Which pack.
        pack: PackNo,
    },
    /// The label on trial is given up: by the station after too many failures, or by a person who rolls it back.
    GivenUp {
        /// The template on trial.
        template: TemplateHash,
        /// The one that stays in force.
        keeps: TemplateHash,
        /// How many packs had failed.
        tries: u32,
    },
}

impl LabelFact {
    /// Where it happened.
    pub fn slot(&self) -> LabelSlot {
        match self {
            LabelFact::Installed { slot, .. }
            | LabelFact::Ordered { slot, .. }
            | LabelFact::Refused { slot, .. } => *slot,
            LabelFact::Failed { .. } | LabelFact::Proven { .. } | LabelFact::GivenUp { .. } => {
                LabelSlot::Packs
            }
        }
    }

    /// The template it is about.
    pub fn template(&self) -> TemplateHash {
        match self {
            LabelFact::Installed { label, .. } | LabelFact::Ordered { label, .. } => label.template,
            LabelFact::Refused { template, .. }
            | LabelFact::Failed { template, .. }
            | LabelFact::Proven { template, .. }
            | LabelFact::GivenUp { template, .. } => *template,
        }
    }

    /// The pack it is about, if it is about one.
    pub fn pack(&self) -> Option<PackNo> {
        match self {
            LabelFact::Failed { pack, .. } | LabelFact::Proven { pack, .. } => Some(*pack),
            _ => None,
        }
    }
}

/// A template on trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTrial {
    /// The template.
    pub label: Arc<LabelText>,
    /// Packs whose picture spoke against it.
    pub failed: u32,
    /// It was in force before: people go back to it.
    pub rollback: bool,
}

/// So many former templates a slot goes back to; older ones are activated anew.
const FORMER_KEPT: usize = 100;

/// Where the template of one slot stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotStanding {
    /// What the station file named when it was looked at last.
    pub file: TemplateHash,
    /// What is printed.
    pub in_force: Arc<LabelText>,
    /// What was in force before, the oldest first: a rollback brings the last one back, or an older one. What a
    /// rollback left is not among them.
    pub former: Vec<Arc<LabelText>>,
    /// What is to be proven; never on containers, whose label is proven by the scan that closes them.
    pub trial: Option<LabelTrial>,
}

impl SlotStanding {
    /// The former template that is meant: by its name or the first digits of its hash; where nothing is said, the last.
    ///
    /// # Errors
    /// There is none, or there are several; a sentence that names what there is.
    pub fn former_meant(&self, said: Option<&str>) -> Result<&Arc<LabelText>, String> {
        let left = "One that a rollback left comes back with vidimus label activate.";
        let last = self.former.last().ok_or_else(|| {
            let now = &self.in_force;
            format!("There is no former label to go back to: {now} is the first one. {left}")
        })?;
        let Some(said) = said else { return Ok(last) };
        let mut meant: Vec<&Arc<LabelText>> = Vec::new();
        for label in self.former.iter().rev() {
            let known = meant.iter().any(|one| one.template == label.template);
            if is_meant(said, &label.name, &label.template) && !known {
                meant.push(label);
            }
        }
        let listed = |labels: &mut dyn Iterator<Item = &Arc<LabelText>>| {
            let named: Vec<String> = labels.map(ToString::to_string).collect();
            named.join(", ")
        };
        match meant.as_slice() {
            [one] => Ok(one),
            [] => Err(format!(
                "No former label is called \"{said}\"; there are, the last one first: {}. {left}",
                listed(&mut self.former.iter().rev())
            )),
            several => Err(format!(
                "Several former labels are meant by \"{said}\": {}. Say the first digits of the hash.",
                listed(&mut several.iter().copied())
            )),
        }
    }

    /// From here on `label` is in force. Going back leaves out what lay between.
    fn comes_into_force(&mut self, label: Arc<LabelText>, rollback: bool) {
        self.trial = None;
        let left = std::mem::replace(&mut self.in_force, label);
        let now = self.in_force.template;
        if left.template == now {
            return;
        }
        let back_to = self.former.iter().rposition(|one| one.template == now);
        match back_to.filter(|_| rollback) {
            Some(at) => self.former.truncate(at),
            None => {
                self.former.push(left);
                let too_many = self.former.len().saturating_sub(FORMER_KEPT);
                self.former.drain(..too_many);
            }
        }
    }
}

/// Where all templates stand: what all facts about them add up to. A slot that no fact is about is the station file's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelStanding {
    slots: BTreeMap<LabelSlot, SlotStanding>,
}

impl LabelStanding {
    /// Where a slot stands, if any fact is about it.
    pub fn of(&self, slot: LabelSlot) -> Option<&SlotStanding> {
        self.slots.get(&slot)
    }

    /// Where a slot stands at a start with a station file that names this template; `None`: the file's own is printed,
    /// because it is the first start, or because it names another one than the start before. An open batch keeps the
    /// template of its packs whatever the file says: in the middle of a batch another one needs a test print.
    pub fn at_start(
        &self,
        slot: LabelSlot,
        file: &LabelText,
        batch_open: bool,
    ) -> Option<&SlotStanding> {
        let is_kept = batch_open && slot == LabelSlot::Packs;
        let standing = self.slots.get(&slot);
        standing.filter(|standing| is_kept || standing.file == file.template)
    }

    /// What is in force at such a start.
    pub fn in_force<'l>(
        &'l self,
        slot: LabelSlot,
        file: &'l LabelText,
        batch_open: bool,
    ) -> &'l LabelText {
        let standing = self.at_start(slot, file, batch_open);
        standing.map_or(file, |standing| &standing.in_force)
    }

    /// All of them.
    pub fn slots(&self) -> impl Iterator<Item = (LabelSlot, &SlotStanding)> {
        self.slots.iter().map(|(slot, standing)| (*slot, standing))
    }

    /// Takes a fact in.
    ///
    /// # Errors
    /// It does not follow from what is known; a sentence.
    pub fn apply(&mut self, fact: &LabelFact) -> Result<(), String> {
        match fact {
            LabelFact::Installed { slot, label } => {
                label.check()?;
                let label = Arc::new(label.clone());
                match self.slots.get_mut(slot) {
                    Some(standing) => {
                        standing.file = label.template;
                        standing.comes_into_force(label, false);
                    }
                    None => {
                        let standing = SlotStanding {
                            file: label.template,
                            in_force: label,
                            former: Vec::new(),
                            trial: None,
                        };
                        self.slots.insert(*slot, standing);
                    }
                }
            }
            LabelFact::Ordered {
                slot,
                label,
                replaces,
                rollback,
            } => {
                label.check()?;
                let standing = self.slots.get_mut(slot);
                let standing = standing
                    .filter(|standing| {
                        standing.trial.is_none() && standing.in_force.template == *replaces
                    })
                    .ok_or("Another template is in force, or one is on trial.")?;
                let label = Arc::new(label.clone());
                match slot {
                    LabelSlot::Packs => {
                        standing.trial = Some(LabelTrial {
                            label,
                            failed: 0,
                            rollback: *rollback,
                        });
                    }
                    LabelSlot::Level(_) => standing.comes_into_force(label, *rollback),
                }
            }
            LabelFact::Refused { .. } => {}
            LabelFact::Failed { template, .. } => {
                let standing = self.on_trial(template)?;
                if let Some(trial) = &mut standing.trial {
                    trial.failed += 1;
                }
            }
            LabelFact::Proven { template, .. } => {
                let standing = self.on_trial(template)?;
                if let Some(trial) = standing.trial.take() {
                    standing.comes_into_force(trial.label, trial.rollback);
                }
            }
            LabelFact::GivenUp { template, .. } => self.on_trial(template)?.trial = None,
        }
        Ok(())
    }

    /// The slot whose template on trial this is.
    fn on_trial(&mut self, template: &TemplateHash) -> Result<&mut SlotStanding, String> {
        let standing = self.slots.get_mut(&LabelSlot::Packs);
        let tried = |standing: &&mut SlotStanding| {
            let trial = standing.trial.as_ref();
            trial.is_some_and(|trial| trial.label.template == *template)
        };
        standing
            .filter(tried)
            .ok_or_else(|| format!("The template {template} is not on trial."))
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn ordered(slot: LabelSlot, text: &str, replaces: &str) -> LabelFact {
        LabelFact::Ordered {
            slot,
            label: LabelText::new("new", text),
            replaces: LabelText::new("", replaces).template,
            rollback: false,
        }
    }

    #[test]
    fn facts_add_up_to_what_is_printed_and_what_a_rollback_brings_back() {
        let packs = LabelSlot::Packs;
        let mut standing = LabelStanding::default();
        let hash = |text: &str| LabelText::new("", text).template;
        let installed = |text: &str| LabelFact::Installed {
            slot: packs,
            label: LabelText::new("file", text),
        };
        assert!(standing.apply(&ordered(packs, "b", "a")).is_err());
        let (template, pack) = (hash("b"), PackNo(7));
        let failed = LabelFact::Failed {
            template,
            pack,
            tries: 1,
        };
        let proven = LabelFact::Proven { template, pack };
        let given_up = LabelFact::GivenUp {
            template,
            keeps: hash("a"),
            tries: 1,
        };
        let mut takes = |facts: &[&LabelFact]| {
            for fact in facts {
                standing.apply(fact).expect("it follows");
            }
            let now = standing.of(packs).expect("facts are about it");
            let text = |label: &Arc<LabelText>| label.text.clone();
            (
                text(&now.in_force),
                now.former.last().map(text),
                now.trial
                    .as_ref()
                    .map(|trial| (text(&trial.label), trial.failed)),
            )
        };
        let (a, b, c) = ("a".to_owned(), "b".to_owned(), "c".to_owned());
        let order = ordered(packs, "b", "a");
        assert_eq!(takes(&[&installed("a")]), (a.clone(), None, None));
        let on_trial = Some((b.clone(), 1));
        assert_eq!(takes(&[&order, &failed]), (a.clone(), None, on_trial));
        assert_eq!(takes(&[&given_up]), (a.clone(), None, None));
        assert_eq!(
            takes(&[&order, &proven]),
            (b.clone(), Some(a.clone()), None)
        );
        let back = ordered(packs, "a", "b");
        let on_trial = Some((a.clone(), 0));
        assert_eq!(takes(&[&back]), (b.clone(), Some(a.clone()), on_trial));
        // The station file names another one: nothing is on trial any more.
        assert_eq!(takes(&[&installed("c")]), (c, Some(b), None));
        for wrong in [&proven, &failed, &given_up, &order] {
            assert!(standing.apply(wrong).is_err(), "{wrong:?}");
        }
    }

    /// Back and back again goes on backwards; what a rollback left is reached by activating it anew.
    #[test]
    fn rollbacks_go_back_through_what_was_in_force_and_never_to_what_one_of_them_left() {
        for slot in [LabelSlot::Packs, LabelSlot::Level(Level(1))] {
            let mut standing = LabelStanding::default();
            let label = LabelText::new("file", "a");
            let installed = LabelFact::Installed { slot, label };
            standing.apply(&installed).expect("it follows");
            let mut goes_to = |name: &str, text: &str, rollback: bool| {
                let label = LabelText::new(name, text);
                let template = label.template;
                let replaces = standing.of(slot).expect("it stands").in_force.template;
                let ordered = LabelFact::Ordered {
                    slot,
                    label,
                    replaces,
                    rollback,
                };
                standing.apply(&ordered).expect("it follows");
                if slot == LabelSlot::Packs {
                    let pack = PackNo(1);
                    let proven = LabelFact::Proven { template, pack };
                    standing.apply(&proven).expect("it follows");
                }
                standing.of(slot).expect("it stands").clone()
            };
            let meant = |standing: &SlotStanding, said: Option<&str>| {
                let meant = standing.former_meant(said);
                meant.map(|label| label.text.clone())
            };
            goes_to("new", "b", false);
            goes_to("new", "c", false);
            let at_d = goes_to("newest", "d", false);
            assert_eq!(meant(&at_d, None).as_deref(), Ok("c"));
            let digits = short(&LabelText::new("", "b").template).to_uppercase();
            assert_eq!(meant(&at_d, Some(&digits)).as_deref(), Ok("b"));
            assert_eq!(meant(&at_d, Some("file")).as_deref(), Ok("a"));
            let several = meant(&at_d, Some("new")).expect_err("b and c");
            assert!(several.contains(&digits.to_lowercase()), "{several}");
            let none = meant(&at_d, Some(&digits[..7])).expect_err("too short");
            assert!(none.contains("file (") && none.contains("new ("), "{none}");
            let at_c = goes_to("new", "c", true);
            assert_eq!(meant(&at_c, None).as_deref(), Ok("b"), "and not d");
            let at_a = goes_to("file", "a", true);
            let first = meant(&at_a, None).expect_err("a is the first one");
            assert!(first.contains("file ("), "{first}");
            let at_d = goes_to("newest", "d", false);
            assert_eq!(meant(&at_d, None).as_deref(), Ok("a"));
        }
    }

    #[test]
    fn a_containers_template_is_in_force_once_it_is_ordered() {
        let slot = LabelSlot::Level(Level(1));
        let mut standing = LabelStanding::default();
        let label = LabelText::new("case", "a");
        let installed = LabelFact::Installed { slot, label };
        standing.apply(&installed).expect("it follows");
        let order = ordered(slot, "b", "a");
        standing.apply(&order).expect("it follows");
        let now = standing.of(slot).expect("facts are about it");
        assert_eq!((now.in_force.text.as_str(), &now.trial), ("b", &None));
    }

    #[test]
    fn what_is_too_long_or_not_its_own_hash_is_not_kept() {
        let fits = LabelText::new("x".repeat(TEMPLATE_NAME_MAX), "y".repeat(TEMPLATE_TEXT_MAX));
        assert_eq!(fits.check(), Ok(()));
        let mut forged = fits.clone();
        forged.text.replace_range(..1, "z");
        for wrong in [
            forged,
            LabelText::new("", "y"),
            LabelText::new("x\u{1b}", "y"),
            LabelText::new("x".repeat(TEMPLATE_NAME_MAX + 1), "y"),
            LabelText::new("x", "y".repeat(TEMPLATE_TEXT_MAX + 1)),
        ] {
            let why = wrong.check().expect_err("it does not fit");
            assert!(why.ends_with('.'), "{why}");
        }
    }
}
