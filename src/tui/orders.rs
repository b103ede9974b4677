//! The orders of a screen on their way to the station, one after the other, and the person who gives them.

use super::client::Client;
use super::form::{Order, Signing, Wanted};
use crate::wire::{Answer, Ask, OperatorCommand, PeopleCommand, Proof, Secret};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something to be done.
pub(super) enum Todo {
    /// By a key.
    Command(OperatorCommand),
    /// By a form, which waits for the answer.
    Order(Box<Order>),
    /// This session is over.
    End(Session),
}

/// What came of it.
pub(super) enum Said {
    /// Of a key, as a sentence.
    OfKey(String),
    /// Of a form; `Err` when it was refused.
    OfForm(Result<String, String>),
    /// Of a form; and a one-time secret that must be shown to whoever gave the order, now.
    OneTime {
        /// What was done.
        done: String,
        /// Whose it is.
        whose: String,
        /// The secret.
        secret: Secret,
    },
}

/// An open session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its token.
    pub token: Secret,
    /// It ends when no order came in it for so long.
    pub idle: Duration,
}

/// Who gave an order when nobody is signed in any more: the name of whoever was is not used without proof.
const SOMEBODY: &str = "somebody";
/// A session that nobody uses is ended so long before the station forgets it, so that its end goes on record.
const BEFORE_IDLE: Duration = Duration::from_secs(1);

/// Who sits at the screen.
#[derive(Debug, Clone)]
pub(super) struct Person {
    name: String,
    session: Option<Session>,
    used: Instant,
}

impl Person {
    /// Somebody of this name, in this session.
    pub fn new(name: &str, session: Option<Session>) -> Person {
        Person {
            name: name.to_owned(),
            session,
            used: Instant::now(),
        }
    }

    /// What the screen shows of the person: the name, and that a session is open.
    pub fn shown(&self) -> (String, bool) {
        (self.name.clone(), self.session.is_some())
    }

    /// The session that nobody used for as long as the station waits; it is over.
    pub fn expired(&mut self) -> Option<Session> {
        let used = self.used;
        let over = |session: &mut Session| {
            let before = BEFORE_IDLE.min(session.idle / 10);
            used.elapsed() >= session.idle - before
        };
        let over = self.session.take_if(over)?;
        SOMEBODY.clone_into(&mut self.name);
        Some(over)
    }
}

/// The person, shared by the screen and whoever gives its orders.
pub(super) type SharedPerson = Arc<Mutex<Person>>;

/// The person, whatever happened to somebody who looked.
pub(super) fn locked(person: &SharedPerson) -> MutexGuard<'_, Person> {
    person.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whoever gives the orders of this screen.
pub(super) struct Orderer {
    /// The station's socket.
    pub path: PathBuf,
    /// Who.
    pub person: SharedPerson,
}

impl Orderer {
    /// Carries orders to the station, each on a connection of its own, until there are no more; `tell` says whether
    /// anybody still listens.
    pub fn give(&self, todo: &Receiver<Todo>, tell: impl Fn(Said) -> bool) {
        while let Ok(todo) = todo.recv() {
            let said = match todo {
                Todo::Command(command) => Said::OfKey(self.by_key(command)),
                Todo::Order(order) => self.by_form(*order),
                Todo::End(session) => {
                    self.end(session);
                    continue;
                }
            };
            if !tell(said) {
                return;
            }
        }
    }

    /// Ends the session, if one is open. A station that is gone has forgotten it anyway.
    pub fn sign_out(&self) {
        let session = {
            let mut person = locked(&self.person);
            let session = person.session.take();
            if session.is_some() {
                SOMEBODY.clone_into(&mut person.name);
            }
            session
        };
        if let Some(session) = session {
            self.end(session);
        }
    }

    fn end(&self, session: Session) {
        let session = session.token;
        let _ = self.ask(Ask::SignOut { session });
    }

    fn ask(&self, ask: Ask) -> Result<Answer, String> {
        let answer = Client::connect(&self.path).and_then(|mut client| client.ask(ask));
        match answer {
            Ok(Answer::Refused { text }) => Err(text),
            Ok(answer) => Ok(answer),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Who, and the session that proves it; it was used now.
    fn proven(&self) -> (String, Option<Proof>) {
        let mut person = locked(&self.person);
        person.used = Instant::now();
        let session = person.session.as_ref();
        let proof = session.map(|session| Proof::Session(session.token.clone()));
        (person.name.clone(), proof)
    }

    fn by_key(&self, command: OperatorCommand) -> String {
        let done = match &command {
            OperatorCommand::Stop => "The line is stopped.",
            OperatorCommand::Resume => "The station's stop is withdrawn.",
            OperatorCommand::RejectNext => "The next pack will be rejected.",
            OperatorCommand::Resynchronise => "Printer and packs are being put in step.",
            OperatorCommand::Shelve { .. } => "Shelved.",
            OperatorCommand::Unshelve { .. } => "In its place again.",
            OperatorCommand::Acknowledge { .. } => "Acknowledged.",
            _ => "Done.",
        };
        let (by, proof) = self.proven();
        let asked = self.ask(Ask::Do {
            by,
            proof,
            reason: None,
            command,
        });
        asked.map_or_else(|why| why, |_| done.to_owned())
    }

    fn by_form(&self, order: Order) -> Said {
        let (by, session) = self.proven();
        let Order {
            wanted,
            reason,
            signing,
            done,
        } = order;
        let proof = signing.map(proof_of).or(session);
        let ask = match wanted {
            Wanted::SignIn { name, secret } => {
                return Said::OfForm(self.sign_in(name, secret, done));
            }
            Wanted::SignOut => {
                self.sign_out();
                return Said::OfForm(Ok(done.to_owned()));
            }
            Wanted::Line(command) => Ask::Do {
                by,
                proof,
                reason,
                command,
            },
            Wanted::Pack(order) => Ask::Pack {
                by,
                proof,
                reason,
                order,
            },
            Wanted::Manage { name, command } => Ask::Manage {
                by: name.unwrap_or(by),
                proof,
                reason,
                command,
            },
        };
        let whose = whose_secret(&ask);
        let done = done.to_owned();
        match (self.ask(ask), whose) {
            (Err(why), _) => Said::OfForm(Err(why)),
            (Ok(Answer::OneTimeSecret(secret)), Some(whose)) => Said::OneTime {
                done,
                whose,
                secret,
            },
            (Ok(Answer::Told(told)), _) if !told.is_empty() => {
                Said::OfForm(Ok(format!("{done} {}", told.join(" "))))
            }
            (Ok(_), _) => Said::OfForm(Ok(done)),
        }
    }

    /// Opens a session for this person; the one before ends.
    fn sign_in(&self, name: String, secret: Secret, done: &str) -> Result<String, String> {
        let by = name.clone();
        let Answer::SignedIn {
            session, idle_s, ..
        } = self.ask(Ask::SignIn { by, secret })?
        else {
            return Err("The station answered something else.".to_owned());
        };
        self.sign_out();
        let idle = Duration::from_secs(idle_s);
        let session = Session {
            token: session,
            idle,
        };
        *locked(&self.person) = Person::new(&name, Some(session));
        Ok(done.to_owned())
    }
}

/// Whose one-time secret is asked for.
fn whose_secret(ask: &Ask) -> Option<String> {
    let Ask::Manage { command, .. } = ask else {
        return None;
    };
    match command {
        PeopleCommand::Add { name, .. } | PeopleCommand::ResetSecret { name } => {
            Some(name.to_string())
        }
        _ => None,
    }
}

fn proof_of(signing: Signing) -> Proof {
    let Signing {
        secret,
        meaning,
        second,
    } = signing;
    match meaning {
        Some(meaning) => Proof::Signature {
            meaning,
            secret,
            second: second.map(Box::new),
        },
        None => Proof::Secret(secret),
    }
}
