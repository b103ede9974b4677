//! The doorkeeper: who is enrolled, how often somebody was wrong in a row, whose sessions run. PURE.
//!
//! Whether a secret is right it is told; what follows from that is decided here, by value and time alone.

use crate::record::{Actor, PeopleFact, Person, PersonName, Register, Tick};
use crate::store::StoredSecret;
use crate::wire::{PersonView, Standing};
use std::collections::BTreeMap;
use std::time::Duration;

/// Wrong secrets in a row after which none is taken for [`LOCK_WAIT`].
pub const WRONG_SECRETS_MAX: u32 = 5;
/// How long a person stays locked.
pub const LOCK_WAIT: Duration = Duration::from_secs(900);
/// Wrong secrets with names that nobody has, in [`LOCK_WAIT`], after which such ones are no longer tried and go on no
/// record: else whoever thinks up names could keep a core busy and fill the disk.
pub const STRANGERS_MAX: u32 = 50;
/// Names that nobody has whose wrong secrets are counted, so that they are locked like others; the one that came
/// longest ago makes room.
pub const STRANGERS_NAMED_MAX: usize = 100;
/// Most sessions at once; the one that was used longest ago makes room.
pub const SESSIONS_MAX: usize = 64;

/// What is known of a token.
pub type TokenHash = [u8; 32];

/// Wrong secrets of one person.
#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    in_a_row: u32,
    locked_until: Option<Tick>,
    last_at: Tick,
}

/// Wrong secrets with names that nobody has.
#[derive(Debug, Clone, Copy, Default)]
struct Strangers {
    since: Tick,
    wrong: u32,
}

impl Strangers {
    fn are_too_many(self, now: Tick) -> bool {
        self.wrong >= STRANGERS_MAX && now.since(self.since) < LOCK_WAIT
    }
}

/// What a secret is to be tried against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored<'d> {
    /// This person's.
    Of(&'d str),
    /// Nobody has the name.
    Nobody,
    /// Nobody has the name, and there were too many of them: nothing is tried.
    Untried,
}

#[derive(Debug)]
struct Session {
    name: PersonName,
    used: Tick,
}

/// Something for the records that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Who.
    pub by: Actor,
    /// What.
    pub fact: PeopleFact,
}

/// The doorkeeper.
#[derive(Debug)]
pub struct Doorkeeper {
    register: Register,
    phcs: BTreeMap<String, String>,
    wrong: BTreeMap<String, Wrong>,
    strangers: Strangers,
    sessions: BTreeMap<TokenHash, Session>,
    session_idle: Duration,
}

impl Doorkeeper {
    /// Everything as it is on record. Who is locked by the records is locked for the whole time from now on.
    pub fn new(
        now: Tick,
        register: Register,
        secrets: Vec<StoredSecret>,
        session_idle: Duration,
    ) -> Doorkeeper {
        let locked = register.people().filter(|person| person.locked);
        let wrong = locked.map(|person| {
            let wrong = Wrong {
                in_a_row: 0,
                locked_until: Some(now + LOCK_WAIT),
                last_at: now,
            };
            (person.name.key(), wrong)
        });
        Doorkeeper {
            wrong: wrong.collect(),
            phcs: secrets
                .into_iter()
                .map(|secret| (secret.person.key(), secret.phc))
                .collect(),
            strangers: Strangers::default(),
            sessions: BTreeMap::new(),
            register,
            session_idle,
        }
    }

    /// Who is enrolled.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// After how long without use a session ends.
    pub fn session_idle(&self) -> Duration {
        self.session_idle
    }

    /// What a secret of this person is tried against.
    ///
    /// # Errors
    /// No secret is taken for this name now, whether anybody has it or not.
    pub fn stored(&self, now: Tick, name: &PersonName) -> Result<Stored<'_>, String> {
        let wrong = self.wrong.get(&name.key()).copied().unwrap_or_default();
        match wrong.locked_until.filter(|until| now < *until) {
            Some(until) => {
                let minutes = until.since(now).as_secs().div_ceil(60);
                Err(format!(
                    "{name} is locked after {WRONG_SECRETS_MAX} wrong secrets: wait {minutes} minutes, or have an \
                     administrator enable the name."
                ))
            }
            None => Ok(match self.phcs.get(&name.key()) {
                Some(phc) => Stored::Of(phc),
                None if self.strangers.are_too_many(now) => Stored::Untried,
                None => Stored::Nobody,
            }),
        }
    }

    /// A secret was tried, and was right or wrong. Who it is, or why not, and what goes on record.
    pub fn tried(
        &mut self,
        now: Tick,
        name: &PersonName,
        right: bool,
    ) -> (Result<Person, String>, Vec<Report>) {
        match self.register.find(name).filter(|_| right).cloned() {
            Some(person) => self.was_right(person),
            None => (
                Err(format!(
                    "The name or the secret is wrong. After {WRONG_SECRETS_MAX} wrong ones in a row a name is locked."
                )),
                self.was_wrong(now, name),
            ),
        }
    }

    fn was_right(&mut self, person: Person) -> (Result<Person, String>, Vec<Report>) {
        let name = person.name.clone();
        if person.disabled {
            let text = format!("{name} is disabled: an administrator can enable the name.");
            return (Err(text), Vec::new());
        }
        self.wrong.remove(&name.key());
        let by = Actor::Person(name.to_string());
        let unlocked = person.locked.then_some(Report {
            by,
            fact: PeopleFact::PersonUnlocked { name },
        });
        (Ok(person), unlocked.into_iter().collect())
    }

    fn was_wrong(&mut self, now: Tick, name: &PersonName) -> Vec<Report> {
        let known = self.register.find(name).is_some();
        if !known {
            self.make_room_for_a_stranger(name);
        }
        let wrong = self.wrong.entry(name.key()).or_default();
        if wrong.locked_until.take().is_some() {
            wrong.in_a_row = 0; // the lock's time is over
        }
        wrong.in_a_row += 1;
        wrong.last_at = now;
        let count = wrong.in_a_row;
        let locks = count >= WRONG_SECRETS_MAX;
        if locks {
            wrong.locked_until = Some(now + LOCK_WAIT);
        }
        if !known {
            return self.strange(now, name);
        }
        let by = Actor::Named(name.to_string());
        let fact = PeopleFact::SignInFailed { wrong: Some(count) };
        let mut reports = vec![Report { by, fact }];
        if locks {
            self.end_sessions(name);
            let name = name.clone();
            let (by, fact) = (
                Actor::Station,
                PeopleFact::PersonLocked { name, wrong: count },
            );
            reports.push(Report { by, fact });
        }
        reports
    }

    /// A wrong secret came with a name that nobody has: on record, until there are too many.
    fn strange(&mut self, now: Tick, name: &PersonName) -> Vec<Report> {
        if now.since(self.strangers.since) >= LOCK_WAIT {
            (self.strangers.since, self.strangers.wrong) = (now, 0);
        }
        if self.strangers.are_too_many(now) {
            return Vec::new();
        }
        self.strangers.wrong += 1;
        let by = Actor::Named(name.to_string());
        let fact = PeopleFact::SignInFailed { wrong: None };
        let mut reports = vec![Report { by, fact }];
        if self.strangers.are_too_many(now) {
            let wrong = self.strangers.wrong;
            let (by, fact) = (Actor::Station, PeopleFact::StrangersIgnored { wrong });
            reports.push(Report { by, fact });
        }
        reports
    }

    fn make_room_for_a_stranger(&mut self, name: &PersonName) {
        let strange = |key: &&String| !self.phcs.contains_key(*key);
        let known = self.wrong.contains_key(&name.key());
        if known || self.wrong.keys().filter(strange).count() < STRANGERS_NAMED_MAX {
            return;
        }
        let strangers = self.wrong.iter().filter(|(key, _)| strange(key));
        let longest = strangers.min_by_key(|(_, wrong)| wrong.last_at);
        if let Some(key) = longest.map(|(key, _)| key.clone()) {
            self.wrong.remove(&key);
        }
    }

    /// Opens a session under this token.
    pub fn open(&mut self, now: Tick, name: PersonName, token: TokenHash) {
        self.forget_idle(now);
        if self.sessions.len() >= SESSIONS_MAX {
            let longest = self.sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(token) = longest.map(|(token, _)| *token) {
                self.sessions.remove(&token);
            }
        }
        self.sessions.insert(token, Session { name, used: now });
    }

    /// Whose session this is; it counts as used.
    ///
    /// # Errors
    /// It has ended, or it is somebody else's.
    pub fn session(
        &mut self,
        now: Tick,
        said: &PersonName,
        token: &TokenHash,
    ) -> Result<Person, String> {
        self.forget_idle(now);
        let session = self.sessions.get_mut(token);
        let session = session.filter(|session| session.name.key() == said.key());
        let Some(session) = session else {
            return Err("The session has ended: sign in again.".to_owned());
        };
        session.used = now;
        let person = self.register.find(&session.name);
        Ok(person.expect("a session's person is enrolled").clone())
    }

    /// Ends a session; whose it was.
    pub fn close(&mut self, now: Tick, token: &TokenHash) -> Option<PersonName> {
        self.forget_idle(now);
        self.sessions.remove(token).map(|session| session.name)
    }

    fn forget_idle(&mut self, now: Tick) {
        let idle = self.session_idle;
        self.sessions
            .retain(|_, session| now.since(session.used) < idle);
    }

    fn end_sessions(&mut self, name: &PersonName) {
        self.sessions
            .retain(|_, session| session.name.key() != name.key());
    }

    /// This is on record: from here on it holds. `secret` is what belongs to a fact that brings one into force.
    pub fn apply(&mut self, fact: &PeopleFact, secret: Option<StoredSecret>) {
        let taken = self.register.apply(fact);
        assert_eq!(
            taken,
            Ok(()),
            "what is on record follows from what was before"
        );
        if let Some(secret) = secret {
            self.phcs.insert(secret.person.key(), secret.phc);
        }
        match fact {
            PeopleFact::PersonAdded { name, .. }
            | PeopleFact::SecretChanged { name, .. }
            | PeopleFact::PersonEnabled { name } => {
                self.wrong.remove(&name.key());
                self.end_sessions(name);
            }
            PeopleFact::PersonDisabled { name } => self.end_sessions(name),
            _ => {}
        }
    }

    /// Everybody, as others see them.
    pub fn list(&self) -> Vec<PersonView> {
        let view = |person: &Person| PersonView {
            name: person.name.clone(),
            roles: person.roles.clone(),
            standing: match person {
                _ if person.disabled => Standing::Disabled,
                _ if person.locked => Standing::Locked,
                _ if person.one_time => Standing::OneTimeSecret,
                _ => Standing::Active,
            },
        };
        self.register.people().map(view).collect()
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{Role, SecretHash};

    const IDLE: Duration = Duration::from_secs(900);

    fn name(text: &str) -> PersonName {
        text.parse().expect("a name")
    }

    fn door() -> Doorkeeper {
        let mut door = Doorkeeper::new(Tick(0), Register::default(), Vec::new(), IDLE);
        for who in ["M.Kowal", "A.Admin"] {
            let secret = StoredSecret {
                person: name(who),
                phc: format!("${who}"),
            };
            let fact = PeopleFact::PersonAdded {
                name: name(who),
                roles: [Role::Administrator].into_iter().collect(),
                secret: SecretHash([0; 32]),
            };
            door.apply(&fact, Some(secret));
        }
        door
    }

    fn after(s: u64) -> Tick {
        Tick(0) + Duration::from_secs(s)
    }

    /// Five wrong ones in a row lock for the whole time, whatever comes then; the right one in between begins anew.
    #[test]
    fn so_many_wrong_secrets_lock_a_name_for_its_time_and_only_that_name() {
        let mut door = door();
        let who = name("m.kowal");
        for at in 1..WRONG_SECRETS_MAX {
            let (no, reports) = door.tried(after(0), &who, false);
            assert!(no.is_err() && reports.len() == 1);
            assert_eq!(
                reports[0].fact,
                PeopleFact::SignInFailed { wrong: Some(at) }
            );
        }
        assert!(door.tried(after(0), &who, true).0.is_ok());
        for _ in 1..WRONG_SECRETS_MAX {
            assert!(door.tried(after(1), &who, false).0.is_err());
        }
        assert!(door.stored(after(1), &who).is_ok());
        let (_, reports) = door.tried(after(1), &who, false);
        assert!(matches!(
            reports[1].fact,
            PeopleFact::PersonLocked { wrong: 5, .. }
        ));
        door.apply(&reports[1].fact, None);
        let end = after(1) + LOCK_WAIT;
        assert!(door.stored(Tick(end.0 - 1), &who).is_err());
        assert_eq!(
            door.stored(after(2), &name("A.Admin")),
            Ok(Stored::Of("$A.Admin"))
        );
        assert_eq!(door.stored(end, &who), Ok(Stored::Of("$M.Kowal")));
        // After a restart the time begins anew: the records say locked.
        let again = Doorkeeper::new(after(0), door.register().clone(), Vec::new(), IDLE);
        assert!(again.stored(after(1), &who).is_err());
        let (yes, reports) = door.tried(end, &who, true);
        assert!(yes.is_ok());
        assert_eq!(
            reports[0].fact,
            PeopleFact::PersonUnlocked {
                name: name("M.Kowal")
            }
        );
    }

    /// A name that nobody has is refused and locked word for word like one that somebody has.
    #[test]
    fn names_that_nobody_has_are_told_like_wrong_secrets() {
        let mut door = door();
        let told = |door: &mut Doorkeeper, who: &str| {
            let who = name(who);
            let said = match door.stored(after(0), &who) {
                Ok(_) => door.tried(after(0), &who, false).0.expect_err("wrong"),
                Err(why) => why,
            };
            said.replace(who.as_str(), "NAME")
        };
        for _ in 0..2 * WRONG_SECRETS_MAX {
            let known = told(&mut door, "M.Kowal");
            assert_eq!(told(&mut door, "Nobody"), known);
        }
        assert!(door.stored(after(0), &name("Nobody")).is_err());
        let end = after(0) + LOCK_WAIT;
        assert_eq!(door.stored(end, &name("Nobody")), Ok(Stored::Nobody));
        // Whoever is enrolled under it meanwhile has done nothing wrong.
        let secret = StoredSecret {
            person: name("Nobody"),
            phc: "$Nobody".to_owned(),
        };
        let fact = PeopleFact::PersonAdded {
            name: name("Nobody"),
            roles: [Role::Quality].into_iter().collect(),
            secret: SecretHash([2; 32]),
        };
        door.apply(&fact, Some(secret));
        assert_eq!(
            door.stored(after(1), &name("Nobody")),
            Ok(Stored::Of("$Nobody"))
        );
    }

    /// However many names somebody thinks up: so many are tried and on record in a time, one record says that there
    /// were more, and who is enrolled is concerned by none of it.
    #[test]
    fn names_that_nobody_has_are_tried_and_recorded_up_to_a_number() {
        let mut door = door();
        let (mut tried, mut reports) = (0, Vec::new());
        let mut guess = |door: &mut Doorkeeper, at: u64, no: u32| {
            let who = name(&format!("Nobody {no}"));
            if door.stored(after(at), &who) == Ok(Stored::Nobody) {
                tried += 1;
            }
            let (said, more) = door.tried(after(at), &who, false);
            reports.extend(more);
            said.expect_err("wrong")
        };
        let first = guess(&mut door, 1, 0);
        for no in 1..1_000 {
            assert_eq!(guess(&mut door, 1, no), first);
        }
        assert!(door.wrong.len() <= STRANGERS_NAMED_MAX);
        assert!(matches!(
            door.stored(after(2), &name("M.Kowal")),
            Ok(Stored::Of(_))
        ));
        for no in 0..1_000 {
            guess(&mut door, 1_000, no);
        }
        assert_eq!(tried, 2 * STRANGERS_MAX);
        let of = |fact: &PeopleFact| reports.iter().filter(|one| one.fact == *fact).count();
        let wrong = STRANGERS_MAX;
        assert_eq!(of(&PeopleFact::StrangersIgnored { wrong }), 2);
        assert_eq!(
            of(&PeopleFact::SignInFailed { wrong: None }),
            2 * STRANGERS_MAX as usize
        );
        assert_eq!(reports.len(), 2 + 2 * STRANGERS_MAX as usize);
    }

    #[test]
    fn sessions_end_unused_and_with_their_persons_rights_and_are_bounded() {
        let mut door = door();
        let who = name("M.Kowal");
        door.open(after(0), who.clone(), [1; 32]);
        assert!(
            door.session(after(899), &who, &[1; 32]).is_ok(),
            "used, so it goes on"
        );
        assert!(door.session(after(1798), &who, &[1; 32]).is_ok());
        assert!(
            door.session(after(1798), &name("A.Admin"), &[1; 32])
                .is_err()
        );
        assert!(door.session(after(1798 + 900), &who, &[1; 32]).is_err());
        let ends = [
            PeopleFact::PersonDisabled { name: who.clone() },
            PeopleFact::PersonEnabled { name: who.clone() },
            PeopleFact::SecretChanged {
                name: who.clone(),
                secret: SecretHash([3; 32]),
                one_time: true,
            },
        ];
        for fact in ends {
            door.open(after(3000), who.clone(), [2; 32]);
            door.apply(&fact, None);
            assert!(
                door.session(after(3000), &who, &[2; 32]).is_err(),
                "{fact:?}"
            );
        }
        for at in 0..=SESSIONS_MAX {
            let at = at as u8;
            door.open(after(4000 + u64::from(at)), who.clone(), [at; 32]);
        }
        assert_eq!(door.sessions.len(), SESSIONS_MAX);
        assert!(
            door.session(after(4100), &who, &[0; 32]).is_err(),
            "the oldest made room"
        );
        assert_eq!(door.close(after(4100), &[1; 32]), Some(who.clone()));
        assert!(door.session(after(4100), &who, &[1; 32]).is_err());
    }
}
