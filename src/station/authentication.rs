//! Who gives an order, proven before the line hears of it: names, secrets, sessions and rights come together here.
//!
//! It works in the threads of the socket, never in the station's loop. One secret is tried at a time, so that guessing
//! takes one core at most from the pictures; a session's token is looked up and waits for nobody.

use super::doorkeeper::{Doorkeeper, Report, Stored};
use super::secrets;
use crate::config::People;
use crate::record::{
    Actor, CoSigner, CountingOrder, Meaning, OrderHash, PeopleFact, Person, PersonName, Register,
    Role, Roles, SecretHash, SignIn, Signature, Signers, SigningRules, replaced_meanwhile,
};
use crate::store::StoredSecret;
use crate::wire::rights::{Holders, Right, signers};
use crate::wire::{PeopleCommand, PersonView, Proof, Second, Secret};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vidimus_drivers::pump::Clock;

/// Name of the administrator whom the first start makes.
pub const ADMINISTRATOR: &str = "administrator";

/// Who gives an order, as far as the station knows, and whether it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Who.
    pub by: Actor,
    /// What the signature means, if the order is signed.
    pub meaning: Option<Meaning>,
    /// Whoever signs it besides.
    pub second: Option<CoSigner>,
    /// The hash of the secret that proved it, if one was tried.
    pub secret: Option<SecretHash>,
}

impl Admitted {
    /// The signature under this order: its hash is that of its JSON.
    pub fn signature(&self, order: &impl Serialize) -> Option<Signature> {
        let json = serde_json::to_vec(order).expect("an order is always JSON");
        let order = OrderHash(Sha256::digest(json).into());
        self.meaning.map(|meaning| Signature {
            meaning,
            order,
            second: self.second.clone(),
        })
    }
}

/// A change of who is enrolled, ready for the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is to be on record.
    pub fact: PeopleFact,
    /// What belongs to it, if it brings a secret into force.
    pub secret: Option<StoredSecret>,
    /// The secret that must still be in force, where it was given to choose another: of two who know it one is first.
    pub replaces: Option<SecretHash>,
    /// The one-time secret that its person must be told.
    pub one_time: Option<Secret>,
}

impl Change {
    fn plain(fact: PeopleFact) -> Change {
        Change {
            fact,
            secret: None,
            replaces: None,
            one_time: None,
        }
    }
}

/// An open session.
#[derive(Debug)]
pub struct Opened {
    /// Its token.
    pub token: Secret,
    /// Whose it is.
    pub person: Person,
    /// It ends when it was not used for so long, in seconds.
    pub idle_s: u64,
}

/// Knows who is who.
pub struct Authenticator {
    sign_in: SignIn,
    signing: SigningRules,
    clock: Clock,
    door: Mutex<Doorkeeper>,
    /// Held while a secret is tried or stored: one after the other. How long the last trial took.
    hashing: Mutex<Duration>,
    /// What a secret is tried against whose name nobody has, so that it takes as long.
    decoy: String,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Authenticator {
    /// Begins with what is on record.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new(
        people: People,
        clock: Clock,
        register: Register,
        secrets: Vec<StoredSecret>,
    ) -> Result<Authenticator, String> {
        let now = clock.now();
        let nobody = "nobody".parse().expect("a name");
        let decoy = match people.sign_in {
            SignIn::Required => secrets::stored(&nobody, &secrets::one_time()?)?.phc,
            SignIn::NamesOnly => String::new(), // no secret is ever tried
        };
        let door = Doorkeeper::new(now, register, secrets, people.session_idle);
        Ok(Authenticator {
            sign_in: people.sign_in,
            signing: people.signing,
            clock,
            door: Mutex::new(door),
            hashing: Mutex::default(),
            decoy,
        })
    }

    /// This is on record: it holds from here on.
    pub fn apply(&self, fact: &PeopleFact, secret: Option<StoredSecret>) {
        locked(&self.door).apply(fact, secret);
    }

    /// Everybody who is enrolled.
    pub fn list(&self) -> Vec<PersonView> {
        locked(&self.door).list()
    }

    /// Whoever says this name may do what needs this right. `report` takes what goes on record besides.
    ///
    /// # Errors
    /// Why not, and what to do next.
    pub fn admit(
        &self,
        by: &str,
        proof: Option<&Proof>,
        right: Right,
        report: &dyn Fn(Report),
    ) -> Result<Admitted, String> {
        let named = || Admitted {
            by: Actor::Named(by.to_owned()),
            meaning: None,
            second: None,
            secret: None,
        };
        if self.sign_in == SignIn::NamesOnly {
            return match proof {
                Some(_) if right != Right::Stop => Err(names_only()),
                _ => Ok(named()),
            };
        }
        let row = right.row();
        if row.holders == Holders::Anybody && !matches!(proof, Some(Proof::Signature { .. })) {
            // What makes things safer waits for no secret and fails for no session.
            let known = match proof {
                Some(Proof::Session(token)) => self.session(by, token).ok(),
                _ => None,
            };
            let known = known.map(|person| admitted(&person, None, None, None));
            return Ok(known.unwrap_or_else(named));
        }
        let (person, meaning, second) = match proof {
            None => {
                return Err(format!(
                    "To {} takes a proof that you are {by}: give your secret. (On a screen: \
                     press i.)",
                    row.allows
                ));
            }
            Some(Proof::Session(token)) => (self.session(by, token)?, None, None),
            Some(Proof::Secret(secret)) => (self.identify(by, secret, report)?, None, None),
            Some(Proof::Signature {
                meaning,
                secret,
                second,
            }) => {
                let person = self.identify(by, secret, report)?;
                let second = second.as_deref();
                let second = second.map(|second| self.second(second, &person, report));
                (person, Some(*meaning), second.transpose()?)
            }
        };
        may(&person, right, meaning)?;
        let tried = !matches!(proof, Some(Proof::Session(_)));
        Ok(admitted(
            &person,
            meaning,
            second,
            tried.then_some(person.secret),
        ))
    }

    /// The same for an order that counts as this: it must be signed where the station file says so.
    ///
    /// # Errors
    /// Why not, and what to do next.
    pub fn admit_order(
        &self,
        by: &str,
        proof: Option<&Proof>,
        (right, counts): (Right, Option<CountingOrder>),
        report: &dyn Fn(Report),
    ) -> Result<Admitted, String> {
        let admitted = self.admit(by, proof, right, report)?;
        match counts {
            Some(counts) if self.sign_in == SignIn::Required => {
                self.signed(counts, &admitted)?;
            }
            _ => {}
        }
        Ok(admitted)
    }

    fn signed(&self, counts: CountingOrder, admitted: &Admitted) -> Result<(), String> {
        let what = counts.what();
        let signers = self.signing.signers(counts);
        if admitted.meaning.is_none() && signers >= Signers::One {
            return Err(format!(
                "{what} is signed at this station: order it with --sign performed, reviewed or approved and your \
                 secret; a screen asks for it."
            ));
        }
        if admitted.second.is_none() && signers == Signers::Two {
            return Err(format!(
                "{what} is signed by two persons at this station: order it with --second NAME besides, and that \
                 person's secret; a screen asks for it."
            ));
        }
        Ok(())
    }

    /// The second person under an order of the first.
    fn second(
        &self,
        second: &Second,
        first: &Person,
        report: &dyn Fn(Report),
    ) -> Result<CoSigner, String> {
        let Second {
            by,
            meaning,
            secret,
        } = second;
        let person = self.identify(by, secret, report)?;
        if person.name == first.name {
            return Err(format!(
                "{by} signs first and second: the second signature is another person's."
            ));
        }
        may(&person, Right::Sign, Some(*meaning))?;
        Ok(CoSigner {
            by: Actor::Person(person.name.to_string()),
            meaning: *meaning,
        })
    }

    /// Opens a session.
    ///
    /// # Errors
    /// Why not.
    pub fn sign_in(
        &self,
        by: &str,
        secret: &Secret,
        report: &dyn Fn(Report),
    ) -> Result<Opened, String> {
        if self.sign_in == SignIn::NamesOnly {
            return Err(names_only());
        }
        let person = self.identify(by, secret, report)?;
        own_secret_first(&person)?;
        let token = secrets::token()?;
        let idle_s = {
            let mut door = locked(&self.door);
            let hash = secrets::token_hash(&token);
            door.open(self.clock.now(), person.name.clone(), hash);
            door.session_idle().as_secs()
        };
        report(Report {
            by: Actor::Person(person.name.to_string()),
            fact: PeopleFact::SignedIn,
        });
        Ok(Opened {
            token,
            person,
            idle_s,
        })
    }

    /// Ends a session; one that has ended already is no error.
    pub fn sign_out(&self, token: &Secret, report: &dyn Fn(Report)) {
        let ended = locked(&self.door).close(self.clock.now(), &secrets::token_hash(token));
        if let Some(name) = ended {
            report(Report {
                by: Actor::Person(name.to_string()),
                fact: PeopleFact::SignedOut,
            });
        }
    }

    fn session(&self, by: &str, token: &Secret) -> Result<Person, String> {
        let name: PersonName = by.parse()?;
        locked(&self.door).session(self.clock.now(), &name, &secrets::token_hash(token))
    }

    /// Who it is, by secret.
    fn identify(
        &self,
        by: &str,
        secret: &Secret,
        report: &dyn Fn(Report),
    ) -> Result<Person, String> {
        let name: PersonName = by.parse()?;
        // Held to the end: what is tried at the same time is counted one after the other, too.
        let mut took = locked(&self.hashing);
        let stored = match locked(&self.door).stored(self.clock.now(), &name)? {
            Stored::Of(phc) => Some(Some(phc.to_owned())),
            Stored::Nobody => Some(None),
            Stored::Untried => None,
        };
        let Some(phc) = stored else {
            // As long as a trial, and no work: it tells nothing about the name and keeps no core busy.
            std::thread::sleep(*took);
            return self.tried(&name, false, report);
        };
        let began = self.clock.now();
        let right = secrets::is_right(secret, phc.as_ref().unwrap_or(&self.decoy)) && phc.is_some();
        *took = self.clock.now().since(began);
        let person = self.tried(&name, right, report)?;
        let tried = phc.map(|phc| StoredSecret { person: name, phc }.hash());
        match tried == Some(person.secret) {
            true => Ok(person),
            false => Err(replaced_meanwhile(&person.name)),
        }
    }

    fn tried(
        &self,
        name: &PersonName,
        right: bool,
        report: &dyn Fn(Report),
    ) -> Result<Person, String> {
        let (person, reports) = locked(&self.door).tried(self.clock.now(), name, right);
        reports.into_iter().for_each(report);
        person
    }

    fn store(&self, name: &PersonName, secret: &Secret) -> Result<StoredSecret, String> {
        let _one_at_a_time = locked(&self.hashing);
        secrets::stored(name, secret)
    }

    /// What a command about people is for the line. `by` and `proof` are admitted already, by this secret, if by one.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn change(
        &self,
        by: &str,
        (proof, proven): (Option<&Proof>, Option<SecretHash>),
        command: PeopleCommand,
    ) -> Result<Change, String> {
        let find = |name: &PersonName| {
            let door = locked(&self.door);
            let person = door.register().find(name).cloned();
            person.ok_or_else(|| format!("Nobody is enrolled as {name}."))
        };
        match command {
            PeopleCommand::Add { name, roles } => self.enrol(name, roles),
            PeopleCommand::SetRoles { name, roles } => {
                let person = find(&name)?;
                Ok(Change::plain(PeopleFact::RolesChanged {
                    name: person.name,
                    old: person.roles,
                    new: roles,
                }))
            }
            PeopleCommand::ResetSecret { name } => self.give_one_time(find(&name)?.name),
            PeopleCommand::ChooseSecret { new } => {
                let old = match proof {
                    Some(Proof::Secret(old) | Proof::Signature { secret: old, .. }) => old,
                    _ => return Err("To choose a secret takes the old one: give it.".to_owned()),
                };
                let name = find(&by.parse()?)?.name;
                new.may_be_chosen(name.as_str(), old)?;
                let stored = self.store(&name, &new)?;
                Ok(Change {
                    fact: PeopleFact::SecretChanged {
                        name,
                        secret: stored.hash(),
                        one_time: false,
                    },
                    secret: Some(stored),
                    replaces: proven,
                    one_time: None,
                })
            }
            PeopleCommand::Disable { name } => {
                let name = find(&name)?.name;
                locked(&self.door).register().leaves_one_who_can(&name)?;
                Ok(Change::plain(PeopleFact::PersonDisabled { name }))
            }
            PeopleCommand::Enable { name } => {
                let name = find(&name)?.name;
                Ok(Change::plain(PeopleFact::PersonEnabled { name }))
            }
        }
    }

    fn enrol(&self, name: PersonName, roles: Roles) -> Result<Change, String> {
        name.may_be_given()?;
        let one_time = secrets::one_time()?;
        let stored = self.store(&name, &one_time)?;
        Ok(Change {
            fact: PeopleFact::PersonAdded {
                name,
                roles,
                secret: stored.hash(),
            },
            secret: Some(stored),
            replaces: None,
            one_time: Some(one_time),
        })
    }

    fn give_one_time(&self, name: PersonName) -> Result<Change, String> {
        let one_time = secrets::one_time()?;
        let stored = self.store(&name, &one_time)?;
        Ok(Change {
            fact: PeopleFact::SecretChanged {
                name,
                secret: stored.hash(),
                one_time: true,
            },
            secret: Some(stored),
            replaces: None,
            one_time: Some(one_time),
        })
    }

    /// What makes an administrator at a start: nothing where there are people, unless it was asked for.
    ///
    /// # Errors
    /// It was asked for where names are believed, or the system has no random numbers.
    pub fn first_administrator(&self, asked: bool) -> Result<Vec<Change>, String> {
        let name: PersonName = ADMINISTRATOR.parse().expect("a name");
        let roles: Roles = [Role::Administrator].into_iter().collect();
        let (nobody, known) = {
            let door = locked(&self.door);
            (
                door.register().is_empty(),
                door.register().find(&name).cloned(),
            )
        };
        match (self.sign_in, known) {
            (SignIn::NamesOnly, _) if asked => Err(names_only()),
            (SignIn::Required, None) if asked || nobody => Ok(vec![self.enrol(name, roles)?]),
            (SignIn::Required, Some(person)) if asked => {
                let mut changes = Vec::new();
                if person.disabled {
                    let name = name.clone();
                    changes.push(Change::plain(PeopleFact::PersonEnabled { name }));
                }
                if !person.roles.any_of(&[Role::Administrator]) {
                    let (name, old, new) = (name.clone(), person.roles, roles);
                    changes.push(Change::plain(PeopleFact::RolesChanged { name, old, new }));
                }
                changes.push(self.give_one_time(name)?);
                Ok(changes)
            }
            _ => Ok(Vec::new()),
        }
    }
}

fn admitted(
    person: &Person,
    meaning: Option<Meaning>,
    second: Option<CoSigner>,
    secret: Option<SecretHash>,
) -> Admitted {
    Admitted {
        by: Actor::Person(person.name.to_string()),
        meaning,
        second,
        secret,
    }
}

/// What is said where a proof is offered and names are believed.
pub fn names_only() -> String {
    "This station believes names: there is nobody to prove to be and nothing can be signed. Set sign_in = \"required\" \
     under [people] in its station file and start it again."
        .to_owned()
}

fn own_secret_first(person: &Person) -> Result<(), String> {
    match person.one_time {
        true => Err(format!(
            "The secret of {0} was given by somebody else: choose your own first, with n on any screen or \"vidimus \
             people secret --as '{0}'\".",
            person.name
        )),
        false => Ok(()),
    }
}

/// The person has this right, and may sign with this meaning.
fn may(person: &Person, right: Right, meaning: Option<Meaning>) -> Result<(), String> {
    if right != Right::OwnSecret {
        own_secret_first(person)?;
    }
    let (name, roles, row) = (&person.name, &person.roles, right.row());
    if !row.holders.include(roles) {
        let who = row.holders.words();
        return Err(format!(
            "{name} ({roles}) may not {}: that takes one of: {who}.",
            row.allows
        ));
    }
    match meaning {
        Some(meaning) if !signers(meaning).include(roles) => {
            let who = signers(meaning).words();
            Err(format!(
                "{name} ({roles}) may not sign as {meaning}: that takes one of: {who}."
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod test;
