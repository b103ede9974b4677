//! The people of a station: names, roles, the facts about them, and the register that these facts add up to. PURE.
//!
//! Secrets stand in no fact. A fact holds the SHA-256 of the stored argon2id text (PHC string), so that a text that was
//! swapped is found, and nothing to guess at stands in the records for good.

mod name;

pub use name::{PERSON_NAME_MAX, PersonName, misleads};

use super::{Actor, OrderHash, SecretHash};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// What a person is at the line; a person may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs batches.
    Technician,
    /// Mends and sets up.
    Maintenance,
    /// Answers for the shift.
    Supervisor,
    /// Answers for what is released.
    Quality,
    /// Enrols people; runs nothing.
    Administrator,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 5] = [
        Role::Technician,
        Role::Maintenance,
        Role::Supervisor,
        Role::Quality,
        Role::Administrator,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Technician => "technician",
            Role::Maintenance => "maintenance",
            Role::Supervisor => "supervisor",
            Role::Quality => "quality",
            Role::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Role, String> {
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| {
            let names = Role::ALL.map(Role::name).join(", ");
            format!("\"{text}\" is no role: {names}.")
        })
    }
}

/// The roles of one person, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// One of these roles is among them.
    pub fn any_of(&self, wanted: &[Role]) -> bool {
        wanted.iter().any(|role| self.0.contains(role))
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Roles {
        Roles(roles.into_iter().collect())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|role| role.name()).collect();
        f.write_str(&names.join(", "))
    }
}

/// Whether a station believes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// A person's orders need the person's secret, and the right.
    Required,
    /// Names are believed, as versions without people did; nothing can be signed.
    #[default]
    NamesOnly,
}

impl SignIn {
    /// The words of the station file.
    pub const WORDS: &[&str] = &["required", "names-only"];
}

impl FromStr for SignIn {
    type Err = String;
    fn from_str(text: &str) -> Result<SignIn, String> {
        match text {
            "required" => Ok(SignIn::Required),
            "names-only" => Ok(SignIn::NamesOnly),
            _ => Err(format!(
                "\"{text}\" is none of {}.",
                SignIn::WORDS.join(", ")
            )),
        }
    }
}

/// What an electronic signature means (21 CFR 11.50(a)(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// I did this.
    Performed,
    /// I looked through this and found it in order.
    Reviewed,
    /// I approve this.
    Approved,
}

impl Meaning {
    /// All meanings.
    pub const ALL: [Meaning; 3] = [Meaning::Performed, Meaning::Reviewed, Meaning::Approved];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Meaning::Performed => "performed",
            Meaning::Reviewed => "reviewed",
            Meaning::Approved => "approved",
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Meaning {
    type Err = String;
    fn from_str(text: &str) -> Result<Meaning, String> {
        let found = Meaning::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| {
            let names = Meaning::ALL.map(Meaning::name).join(", ");
            format!("\"{text}\" is no meaning of a signature: {names}.")
        })
    }
}

/// A signature that a person gave with name and secret; who and when stand in its record and commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What it means.
    pub meaning: Meaning,
    /// The very order it was given for.
    pub order: OrderHash,
    /// Whoever signed the same order besides.
    pub second: Option<CoSigner>,
}

/// The second person under an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoSigner {
    /// Who; another one than gave the order.
    pub by: Actor,
    /// What the signature means.
    pub meaning: Meaning,
}

/// What was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signed {
    /// An order that was carried out in the same commit.
    Act {
        /// SHA-256 of the order as its signer gave it, in the JSON of the station's socket.
        order: OrderHash,
        /// First record that the order led to.
        first: u64,
        /// Last record that the order led to.
        last: u64,
    },
    /// A record, and with it everything before it in the chain.
    Record {
        /// Its sequence number.
        seq: u64,
    },
}

/// What is said to whoever comes second with a secret that was just replaced.
pub fn replaced_meanwhile(name: &PersonName) -> String {
    format!(
        "The secret of {name} was replaced a moment ago by somebody who had it, too. If that was not you, have an \
         administrator give {name} another one; where {name} is the only administrator, start the station with \
         --reset-administrator."
    )
}

/// What happened with the people of a station. Who did it is the record's actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleFact {
    /// The station file says otherwise than before whether names are believed.
    SignInRuled {
        /// What held before.
        old: SignIn,
        /// What holds now.
        new: SignIn,
    },
    /// A person was enrolled, with a one-time secret.
    PersonAdded {
        /// Who.
        name: PersonName,
        /// As what.
        roles: Roles,
        /// Hash of the one-time secret's stored text.
        secret: SecretHash,
    },
    /// A person's roles changed.
    RolesChanged {
        /// Whose.
        name: PersonName,
        /// Before.
        old: Roles,
        /// Now.
        new: Roles,
    },
    /// A person has a new secret; a lock is over with it.
    SecretChanged {
        /// Whose.
        name: PersonName,
        /// Hash of the new secret's stored text.
        secret: SecretHash,
        /// It was given by somebody else and is good for choosing one's own only.
        one_time: bool,
    },
    /// A person may do nothing any more. The name stays taken for ever.
    PersonDisabled {
        /// Who.
        name: PersonName,
    },
    /// A person may work again; a lock is over with it.
    PersonEnabled {
        /// Who.
        name: PersonName,
    },
    /// Too many wrong secrets in a row: no secret is taken for a while.
    PersonLocked {
        /// Whose.
        name: PersonName,
        /// How many.
        wrong: u32,
    },
    /// The right secret came after the lock's time was over.
    PersonUnlocked {
        /// Whose.
        name: PersonName,
    },
    /// A session began.
    SignedIn,
    /// A session was ended by its person.
    SignedOut,
    /// A wrong secret. The record's actor is the name that was said.
    SignInFailed {
        /// How many in a row for this person; `None`: nobody has that name.
        wrong: Option<u32>,
    },
    /// Too many wrong secrets came with names that nobody has: more of them are refused untried for a while, and go on
    /// no record.
    StrangersIgnored {
        /// How many.
        wrong: u32,
    },
}

impl PeopleFact {
    /// The secret that is in force from here on, and whose it is.
    pub fn secret(&self) -> Option<(&PersonName, SecretHash)> {
        match self {
            PeopleFact::PersonAdded { name, secret, .. }
            | PeopleFact::SecretChanged { name, secret, .. } => Some((name, *secret)),
            _ => None,
        }
    }

    /// The register is another one from here on; otherwise it is a mere event.
    pub fn changes_register(&self) -> bool {
        !matches!(
            self,
            PeopleFact::SignedIn
                | PeopleFact::SignedOut
                | PeopleFact::SignInFailed { .. }
                | PeopleFact::StrangersIgnored { .. }
        )
    }
}

/// One enrolled person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name as it was enrolled.
    pub name: PersonName,
    /// What the person is.
    pub roles: Roles,
    /// Hash of the stored secret.
    pub secret: SecretHash,
    /// The secret was given by somebody else: the person's own must be chosen first.
    pub one_time: bool,
    /// May do nothing.
    pub disabled: bool,
    /// Was locked and has not given the right secret since.
    pub locked: bool,
}

/// Who is enrolled: what all facts about people add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    sign_in: SignIn,
    people: BTreeMap<String, Person>,
}

impl Register {
    /// Whether names were believed last.
    pub fn sign_in(&self) -> SignIn {
        self.sign_in
    }

    /// The person of this name, whatever the case of its letters.
    pub fn find(&self, name: &PersonName) -> Option<&Person> {
        self.people.get(&name.key())
    }

    /// Everybody, by name.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Nobody is enrolled.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Takes a fact in.
    ///
    /// # Errors
    /// It does not follow from what is registered, as a sentence; nothing changed then.
    pub fn apply(&mut self, fact: &PeopleFact) -> Result<(), String> {
        match fact {
            PeopleFact::SignInRuled { old, new } => {
                if *old != self.sign_in {
                    return Err("The rule for signing in was another one before.".to_owned());
                }
                self.sign_in = *new;
                Ok(())
            }
            PeopleFact::PersonAdded {
                name,
                roles,
                secret,
            } => self.add(name, roles, *secret),
            PeopleFact::RolesChanged { name, old, new } => self.change_roles(name, old, new),
            PeopleFact::SecretChanged {
                name,
                secret,
                one_time,
            } => self.change(name, |person| {
                (person.secret, person.one_time, person.locked) = (*secret, *one_time, false);
            }),
            PeopleFact::PersonDisabled { name } => {
                self.keep_an_administrator(name)?;
                self.change(name, |person| person.disabled = true)
            }
            PeopleFact::PersonEnabled { name } => self.change(name, |person| {
                (person.disabled, person.locked) = (false, false);
            }),
            PeopleFact::PersonLocked { name, .. } => {
                self.change(name, |person| person.locked = true)
            }
            PeopleFact::PersonUnlocked { name } => {
                self.change(name, |person| person.locked = false)
            }
            PeopleFact::SignedIn
            | PeopleFact::SignedOut
            | PeopleFact::SignInFailed { .. }
            | PeopleFact::StrangersIgnored { .. } => Ok(()),
        }
    }

    fn add(&mut self, name: &PersonName, roles: &Roles, secret: SecretHash) -> Result<(), String> {
        if let Some(known) = self.find(name) {
            return Err(format!(
                "{} is enrolled already: a name belongs to one person for ever.",
                known.name
            ));
        }
        needs_roles(roles)?;
        let person = Person {
            name: name.clone(),
            roles: roles.clone(),
            secret,
            one_time: true,
            disabled: false,
            locked: false,
        };
        self.people.insert(name.key(), person);
        Ok(())
    }

    fn change_roles(&mut self, name: &PersonName, old: &Roles, new: &Roles) -> Result<(), String> {
        needs_roles(new)?;
        if self.find(name).is_some_and(|person| person.roles != *old) {
            return Err(format!(
                "The roles of {name} were changed meanwhile: look at them again first."
            ));
        }
        if !new.any_of(&[Role::Administrator]) {
            self.keep_an_administrator(name)?;
        }
        self.change(name, |person| person.roles = new.clone())
    }

    /// Somebody else must be able to enrol people when this person no longer is.
    fn keep_an_administrator(&self, name: &PersonName) -> Result<(), String> {
        let is_administrator =
            |person: &&Person| !person.disabled && person.roles.any_of(&[Role::Administrator]);
        let mut administrators = self.people.values().filter(is_administrator);
        let last = administrators.next();
        let is_last = last.is_some_and(|last| last.name.key() == name.key());
        match is_last && administrators.next().is_none() {
            true => Err(format!(
                "{name} is the last administrator: make another one first."
            )),
            false => Ok(()),
        }
    }

    /// Whether somebody who has chosen a secret of his own can still enrol people when this person no longer is: a
    /// one-time secret may be lost.
    ///
    /// # Errors
    /// Nobody could; what to do.
    pub fn leaves_one_who_can(&self, name: &PersonName) -> Result<(), String> {
        let can = |person: &Person| {
            !person.disabled && !person.one_time && person.roles.any_of(&[Role::Administrator])
        };
        let is_one = self.find(name).is_some_and(can);
        let mut others = self
            .people
            .values()
            .filter(|other| other.name.key() != name.key());
        match self.sign_in == SignIn::Required && is_one && !others.any(can) {
            true => Err(format!(
                "Nobody else who administers has chosen a secret yet: let them sign in first, then disable {name}."
            )),
            false => Ok(()),
        }
    }

    fn change(
        &mut self,
        name: &PersonName,
        change: impl FnOnce(&mut Person),
    ) -> Result<(), String> {
        match self.people.get_mut(&name.key()) {
            Some(person) => {
                change(person);
                Ok(())
            }
            None => Err(format!("Nobody is enrolled as {name}.")),
        }
    }
}

fn needs_roles(roles: &Roles) -> Result<(), String> {
    match roles.is_empty() {
        true => Err("A person needs at least one role.".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn name(text: &str) -> PersonName {
        text.parse().expect("a name")
    }

    fn roles(roles: &[Role]) -> Roles {
        roles.iter().copied().collect()
    }

    fn added(who: &str, as_what: &[Role]) -> PeopleFact {
        PeopleFact::PersonAdded {
            name: name(who),
            roles: roles(as_what),
            secret: SecretHash([1; 32]),
        }
    }

    #[test]
    fn names_are_printable_bounded_and_one_persons_whatever_their_case() {
        for good in [
            "M. Kowal",
            "Ana Ğ|\"1:2,",
            "李",
            &"x".repeat(PERSON_NAME_MAX),
        ] {
            assert_eq!(name(good).as_str(), good);
        }
        let long = "x".repeat(PERSON_NAME_MAX + 1);
        for bad in [
            "",
            "  ",
            " M",
            "M ",
            "M\u{1b}[2J",
            "M\u{202e}K",
            "M\u{200b}K",
            &long,
        ] {
            assert!(bad.parse::<PersonName>().is_err(), "{bad:?}");
        }
        let mut register = Register::default();
        register
            .apply(&added("M. Kowal", &[Role::Technician]))
            .expect("new");
        let found = register.find(&name("m. kowal")).expect("the same person");
        assert_eq!(found.name.as_str(), "M. Kowal");
        assert!(
            register
                .apply(&added("m. KOWAL", &[Role::Quality]))
                .is_err()
        );
        assert!(register.apply(&added("Other", &[])).is_err(), "no role");
    }

    #[test]
    fn a_new_name_is_seen_whole_and_is_nobodys() {
        let greek = "\u{39d}\u{3af}\u{3ba}\u{3bf}\u{3c2}";
        let cyrillic = "\u{418}. \u{41f}\u{435}\u{442}\u{440}\u{43e}\u{432}";
        for good in ["M. Kowal", "李", "Jos\u{e9}", "T\u{f6}m", greek, cyrillic] {
            assert_eq!(name(good).may_be_given(), Ok(()), "{good:?}");
        }
        for bad in [
            "Te\u{34f}ss",
            "Tess\u{fe0f}",
            "Te\u{115f}ss",
            "Tess\u{180e}",
            "\u{61c}Tess",
            "\u{600}Tess",
            "Te\u{e0041}ss",
            "\u{3164}",
            "\u{2800}",
            "\u{41c}. Kowal",
            "M. K\u{3bf}wal",
            "Jose\u{301}",
            "\u{ff2d}. Kowal",
            "\u{1d40c}. Kowal",
            "person:tech",
            "--as",
            "Station",
            "machine",
        ] {
            assert!(name(bad).may_be_given().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nobody_is_disabled_while_the_only_other_administrator_has_a_secret_that_may_be_lost() {
        let mut register = Register {
            sign_in: SignIn::Required,
            ..Register::default()
        };
        for who in ["A", "B"] {
            register
                .apply(&added(who, &[Role::Administrator]))
                .expect("new");
        }
        let chooses = |who: &str| PeopleFact::SecretChanged {
            name: name(who),
            secret: SecretHash([7; 32]),
            one_time: false,
        };
        register.apply(&chooses("A")).expect("chosen");
        assert!(register.leaves_one_who_can(&name("A")).is_err());
        assert_eq!(register.leaves_one_who_can(&name("B")), Ok(()));
        register.apply(&chooses("B")).expect("chosen");
        assert_eq!(register.leaves_one_who_can(&name("A")), Ok(()));
    }

    #[test]
    fn the_last_administrator_stays_and_a_refused_fact_changes_nothing() {
        let mut register = Register::default();
        register
            .apply(&added("A", &[Role::Administrator]))
            .expect("new");
        register
            .apply(&added("T", &[Role::Technician]))
            .expect("new");
        let disable = |who: &str| PeopleFact::PersonDisabled { name: name(who) };
        let demote = PeopleFact::RolesChanged {
            name: name("A"),
            old: roles(&[Role::Administrator]),
            new: roles(&[Role::Technician]),
        };
        let before = register.clone();
        for fact in [&disable("a"), &demote, &disable("Nobody")] {
            assert!(register.apply(fact).is_err(), "{fact:?}");
            assert_eq!(register, before);
        }
        register.apply(&disable("T")).expect("no administrator");
        register
            .apply(&added("B", &[Role::Administrator]))
            .expect("new");
        register.apply(&demote).expect("there is another one");
        assert!(
            register.apply(&demote).is_err(),
            "told from what was before"
        );
        assert!(register.apply(&disable("B")).is_err());
    }

    #[test]
    fn a_lock_is_over_with_a_new_secret_or_by_enabling() {
        let mut register = Register::default();
        register
            .apply(&added("T", &[Role::Technician]))
            .expect("new");
        let who = name("T");
        let locked = PeopleFact::PersonLocked {
            name: who.clone(),
            wrong: 5,
        };
        let changed = PeopleFact::SecretChanged {
            name: who.clone(),
            secret: SecretHash([2; 32]),
            one_time: false,
        };
        for over in [changed, PeopleFact::PersonEnabled { name: who.clone() }] {
            register.apply(&locked).expect("known");
            assert!(register.find(&who).is_some_and(|person| person.locked));
            register.apply(&over).expect("known");
            let person = register.find(&who).expect("known");
            assert!(!person.locked && !person.one_time);
            assert_eq!(person.secret, SecretHash([2; 32]));
        }
    }
}
