//! The reception: what people ask over the socket, from the name they say to the answer they get.
//!
//! ```text
//! socket ──ask──▶ Authenticator: who is it, may they ──Order──▶ inbox ──event──▶ line ──record──▶ disk ──▶ answer
//! ```

use super::authentication::{Authenticator, Change};
use super::doorkeeper::Report;
use super::log::Log;
use super::lookup::Lookup;
use super::orders::{Done, Told};
use crate::record::partner::{Staged, Staging};
use crate::record::{Actor, PeopleFact, SecretHash, Signature};
use crate::store::{Errand, Errands, StoredSecret};
use crate::wire::{
    Answer, OperatorCommand, PackagingOrder, PeopleCommand, Proof, Question, Right, Secret, Sight,
};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// How long whoever is refused with a secret waits for the answer, so that guessing is slow.
const WRONG_PAUSE: Duration = Duration::from_millis(500);
/// How often it is tried to get a report into a full inbox.
const REPORT_TRIES_MAX: u32 = 50;
/// Pause between two tries.
const REPORT_PAUSE: Duration = Duration::from_millis(20);

/// What somebody wants of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Something of the line itself.
    Line(OperatorCommand),
    /// Something with containers, or a step of a journey.
    Packaging(PackagingOrder),
    /// That the people are as this says, or that it goes on record.
    People {
        /// What.
        fact: PeopleFact,
        /// The stored secret that belongs to it.
        secret: Option<StoredSecret>,
        /// The secret that it replaces, where only that one may be replaced.
        replaces: Option<SecretHash>,
    },
}

/// What somebody wants, on its way to the line.
#[derive(Debug)]
pub struct Order {
    /// Who, as far as the station knows.
    pub by: Actor,
    /// The signature under it.
    pub signature: Option<Signature>,
    /// Why.
    pub reason: Option<String>,
    /// What.
    pub wish: Wish,
    /// Where the answer goes, if anybody waits for one.
    pub answer: Option<SyncSender<Done>>,
}

/// Takes orders to the line; an error says why it cannot.
pub type OrderDesk = Arc<dyn Fn(Order) -> Result<(), String> + Send + Sync>;

/// Whoever asks comes here first.
#[derive(Clone)]
pub struct Reception {
    authenticator: Arc<Authenticator>,
    desk: OrderDesk,
    patience: Duration,
    /// Where documents of partners are staged; `None`: nowhere.
    errands: Option<Errands>,
    /// Who looks scans up; `None`: nobody.
    lookup: Option<Lookup>,
    log: Log,
}

/// The answer of what was done or not.
fn answer<T>(done: Result<T, String>, answer: impl FnOnce(T) -> Answer) -> Answer {
    done.map_or_else(|text| Answer::Refused { text }, answer)
}

/// A secret is tried with this proof.
fn tries(proof: Option<&Proof>) -> bool {
    matches!(proof, Some(Proof::Secret(_) | Proof::Signature { .. }))
}

fn done_or_told(told: Told) -> Answer {
    match told.is_empty() {
        true => Answer::Done,
        false => Answer::Told(told),
    }
}

impl Reception {
    /// A reception that waits so long for the line's answer.
    pub fn new(
        authenticator: Arc<Authenticator>,
        desk: OrderDesk,
        patience: Duration,
    ) -> Reception {
        Reception {
            authenticator,
            desk,
            patience,
            errands: None,
            lookup: None,
            log: Log::default(),
        }
    }

    /// The same, with a way to stage documents of partners.
    pub fn with_errands(self, errands: Errands) -> Reception {
        Reception {
            errands: Some(errands),
            ..self
        }
    }

    /// The same, with somebody who looks scans up.
    pub fn with_lookup(self, lookup: Lookup) -> Reception {
        Reception {
            lookup: Some(lookup),
            ..self
        }
    }

    /// The same, with a log that hears what is refused.
    pub fn with_log(self, log: Log) -> Reception {
        Reception { log, ..self }
    }

    /// What came of what somebody asked for; a refusal goes into the log.
    fn answered<T>(
        &self,
        by: &str,
        done: Result<T, String>,
        say: impl FnOnce(T) -> Answer,
    ) -> Answer {
        if let Err(why) = &done {
            self.log.refused(by, why);
        }
        answer(done, say)
    }

    /// How the hand scanner is set that types at a screen.
    pub fn scanner(&self) -> Answer {
        let lookup = self.lookup.as_ref();
        Answer::Scanner(lookup.map_or_else(Default::default, Lookup::scanner))
    }

    /// What a scan is; anybody may ask.
    pub fn find(&self, scan: &str) -> Answer {
        let found = match &self.lookup {
            Some(lookup) => lookup.find(scan),
            None => Err("Scans cannot be looked up here.".to_owned()),
        };
        answer(found, |found| Answer::Found(Box::new(found)))
    }

    /// What a place of the screen shows; anybody may ask.
    pub fn look(&self, question: &Question) -> Answer {
        if *question == Question::People {
            return Answer::Seen(Box::new(Sight::People(self.authenticator.list())));
        }
        let seen = match &self.lookup {
            Some(lookup) => lookup.look(question),
            None => Err("There is no store to be looked into here.".to_owned()),
        };
        answer(seen, |seen| Answer::Seen(Box::new(seen)))
    }

    /// Somebody gives the line an order.
    pub fn order(
        &self,
        by: &str,
        proof: Option<&Proof>,
        reason: Option<String>,
        command: OperatorCommand,
    ) -> Answer {
        let needs = (Right::to_order(&command), command.counts_as());
        let slow = tries(proof);
        let done = self.asked(slow, |report| {
            self.authenticator.admit_order(by, proof, needs, report)
        });
        let done = done.and_then(|admitted| {
            let signature = admitted.signature(&command);
            self.give(admitted.by, signature, reason, Wish::Line(command))
        });
        self.answered(by, done, done_or_told)
    }

    /// Somebody does something with containers.
    pub fn pack(
        &self,
        by: &str,
        proof: Option<&Proof>,
        reason: Option<String>,
        order: PackagingOrder,
    ) -> Answer {
        let needs = (Right::to_pack(&order), order.counts_as());
        let slow = tries(proof);
        let done = self.asked(slow, |report| {
            self.authenticator.admit_order(by, proof, needs, report)
        });
        let done = done.and_then(|admitted| {
            let signature = admitted.signature(&order);
            self.give(admitted.by, signature, reason, Wish::Packaging(order))
        });
        self.answered(by, done, done_or_told)
    }

    /// Somebody stages a piece of a partner's document: behind the line's own commits, and not by way of the line.
    pub fn stage(&self, by: &str, proof: Option<&Proof>, staging: Staging) -> Answer {
        let slow = tries(proof);
        let done = self.asked(slow, |report| {
            self.authenticator.admit(by, proof, Right::Pack, report)
        });
        let done = done.and_then(|_| self.staged(staging));
        self.answered(by, done, Answer::Staged)
    }

    fn staged(&self, staging: Staging) -> Result<Staged, String> {
        let errands = self.errands.as_ref();
        let errands =
            errands.ok_or_else(|| "Documents of partners cannot be staged here.".to_owned())?;
        errands.run(super::utc_ms(), Errand::Stage(staging))
    }

    /// Somebody changes who is enrolled.
    pub fn manage(
        &self,
        by: &str,
        proof: Option<&Proof>,
        reason: Option<String>,
        command: PeopleCommand,
    ) -> Answer {
        let right = Right::to_manage(&command);
        let done = self.asked(tries(proof), |report| {
            let admitted = self.authenticator.admit(by, proof, right, report)?;
            let proof = (proof, admitted.secret);
            Ok((admitted, self.authenticator.change(by, proof, command)?))
        });
        let done = done.and_then(|(admitted, change)| {
            let Change {
                fact,
                secret,
                replaces,
                one_time,
            } = change;
            // What is signed is what goes on record, and it holds no secret.
            let signature = admitted.signature(&fact);
            let wish = Wish::People {
                fact,
                secret,
                replaces,
            };
            self.give(admitted.by, signature, reason, wish)?;
            Ok(one_time)
        });
        self.answered(by, done, |one_time| match one_time {
            Some(secret) => Answer::OneTimeSecret(secret),
            None => Answer::Done,
        })
    }

    /// Who is enrolled.
    pub fn people(&self) -> Answer {
        Answer::People(self.authenticator.list())
    }

    /// Opens a session.
    pub fn sign_in(&self, by: &str, secret: &Secret) -> Answer {
        let done = self.asked(true, |report| {
            self.authenticator.sign_in(by, secret, report)
        });
        self.answered(by, done, |opened| Answer::SignedIn {
            session: opened.token,
            roles: opened.person.roles,
            idle_s: opened.idle_s,
        })
    }

    /// Ends a session.
    pub fn sign_out(&self, session: &Secret) -> Answer {
        self.authenticator
            .sign_out(session, &|report| self.report(report));
        Answer::Done
    }

    /// Asks the authenticator; what it reports goes on record. Whoever is refused with a secret waits a moment: a wrong
    /// one, one of a name that is locked, or one that was given where it may not.
    fn asked<T>(
        &self,
        slow: bool,
        ask: impl FnOnce(&dyn Fn(Report)) -> Result<T, String>,
    ) -> Result<T, String> {
        let done = ask(&|report| self.report(report));
        if slow && done.is_err() {
            std::thread::sleep(WRONG_PAUSE);
        }
        done
    }

    /// Puts something on record that nobody waits for.
    fn report(&self, report: Report) {
        for _ in 0..REPORT_TRIES_MAX {
            let sent = (self.desk)(Order {
                by: report.by.clone(),
                signature: None,
                reason: None,
                wish: Wish::People {
                    fact: report.fact.clone(),
                    secret: None,
                    replaces: None,
                },
                answer: None,
            });
            if sent.is_ok() {
                return;
            }
            std::thread::sleep(REPORT_PAUSE);
        }
    }

    /// Gives the line an order and waits until it is on disk.
    ///
    /// # Errors
    /// It was refused, or not confirmed in time.
    pub fn give(
        &self,
        by: Actor,
        signature: Option<Signature>,
        reason: Option<String>,
        wish: Wish,
    ) -> Done {
        let (answer, wait) = sync_channel(1);
        (self.desk)(Order {
            by,
            signature,
            reason,
            wish,
            answer: Some(answer),
        })?;
        let silent = "The station did not confirm in time: look at its state before trying again.";
        wait.recv_timeout(self.patience)
            .unwrap_or_else(|_| Err(silent.to_owned()))
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::config::People;
    use crate::record::{Register, SignIn};
    use std::sync::atomic::{AtomicU32, Ordering};
    use vidimus_drivers::pump::Clock;

    #[test]
    fn a_report_that_finds_no_room_is_given_up() {
        let people = People {
            sign_in: SignIn::NamesOnly,
            session_idle: Duration::ZERO,
            signing: Default::default(),
        };
        let nobody = Register::default();
        let authenticator = Authenticator::new(people, Clock::start(), nobody, Vec::new());
        let tried = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&tried);
        let full: OrderDesk = Arc::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Err("full".to_owned())
        });
        let authenticator = Arc::new(authenticator.expect("names are believed"));
        let reception = Reception::new(authenticator, full, Duration::ZERO);
        let by = Actor::Named("M.Kowal".to_owned());
        let fact = PeopleFact::SignInFailed { wrong: None };
        reception.report(Report { by, fact });
        assert_eq!(tried.load(Ordering::SeqCst), REPORT_TRIES_MAX);
    }
}
