//! The courier: a thread that makes documents of what is on record and brings them to the repository, one at a time.

use super::answer::{self, Meaning};
use super::pause::pause;
use super::post::{self, Address};
use crate::config::Config;
use crate::epcis::export::{Cut, Kept, Site, finished};
use crate::epcis::{DocumentWriter, EventTime, Format, IdentifierStyle, ZoneOffset};
use crate::gs1::COMPANY_PREFIX_LEN;
use crate::store::{Errand, Errands, OutboxChange, OutboxDocument, OutboxState, Reader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ureq::Agent;

/// How often a decision about a refused document, or the end of a job, is looked for.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Failed tries in a row after which somebody is told.
const TRIES_MAX: u32 = 5;
/// How long a courier may take to come home when the station ends; then it is left where it is. What it carries
/// stands in the outbox.
const HOME_WAIT: Duration = Duration::from_millis(500);
/// How often is looked whether it is there.
const HOME_PAUSE: Duration = Duration::from_millis(5);

/// What is told of, and where it goes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http://…/capture` or `https://…/capture`.
    pub url: String,
    /// A file with headers that go along.
    pub header_file: Option<std::path::PathBuf>,
    /// A file with trusted certificates.
    pub ca_file: Option<std::path::PathBuf>,
    /// How often it is looked whether something new is finished.
    pub interval: Duration,
    /// About how many numbers a document has at most; an event is never divided.
    pub numbers: u64,
    /// Who speaks, and from where.
    pub site: Site,
}

impl Settings {
    /// What the station file says; `None`: it names no repository.
    pub fn of(config: &Config) -> Option<Settings> {
        let epcis = &config.epcis;
        let prefix = config.packaging.prefix_digits;
        Some(Settings {
            url: epcis.capture_url.clone()?,
            header_file: epcis.header_file.clone(),
            ca_file: epcis.ca_file.clone(),
            interval: epcis.interval,
            numbers: epcis.document_numbers,
            site: Site {
                station: config.station.name.clone(),
                gln: epcis.gln,
                prefix_len: prefix
                    .filter(|digits| COMPANY_PREFIX_LEN.contains(&usize::from(*digits))),
                zone: ZoneOffset::UTC,
            },
        })
    }
}

/// What the courier tells the station: what hinders it, or `None` when nothing does any more.
pub type Said = Option<String>;

/// The thread.
#[derive(Debug)]
pub struct Courier {
    /// Dropped, it calls the courier home.
    home: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    /// Sends it off; `tell` and `clock` (ms since 1970) are called from its thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        settings: Settings,
        reader: Reader,
        errands: Errands,
        clock: fn() -> i64,
        tell: impl Fn(Said) + Send + 'static,
    ) -> std::io::Result<Courier> {
        let (home, called) = sync_channel(0);
        let round = Round {
            address: Address {
                url: settings.url.clone(),
                header_file: settings.header_file.clone(),
                ca_file: settings.ca_file.clone(),
            },
            settings,
            reader,
            errands,
            clock,
            agent: None,
            failed: 0,
            said: None,
        };
        let thread = std::thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || walk(round, &called, &tell))?;
        Ok(Courier {
            home: Some(home),
            thread: Some(thread),
        })
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        drop(self.home.take());
        let Some(thread) = self.thread.take() else {
            return;
        };
        let until = Instant::now() + HOME_WAIT;
        while !thread.is_finished() && Instant::now() < until {
            std::thread::sleep(HOME_PAUSE);
        }
        if thread.is_finished() {
            let _ = thread.join(); // a panic in it has ended the program before
        }
    }
}

fn walk(mut round: Round, called: &Receiver<()>, tell: &dyn Fn(Said)) {
    let mut told: Said = None;
    loop {
        let wait = round.one();
        if round.said != told {
            told.clone_from(&round.said);
            tell(told.clone());
        }
        match called.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// It cannot go on now; a sentence.
struct NotNow(String);

impl<E: std::fmt::Display> From<E> for NotNow {
    fn from(why: E) -> NotNow {
        NotNow(why.to_string())
    }
}

/// What the courier knows on its round.
struct Round {
    settings: Settings,
    address: Address,
    reader: Reader,
    errands: Errands,
    clock: fn() -> i64,
    agent: Option<Agent>,
    /// Failed tries in a row.
    failed: u32,
    /// What hinders, where somebody must know.
    said: Said,
}

type Next = Result<Duration, NotNow>;

impl Round {
    /// One thing, and how long to wait then. No line stops for a mistake of ours here: it is told and tried again.
    fn one(&mut self) -> Duration {
        let done = catch_unwind(AssertUnwindSafe(|| self.step()));
        let bug = |_| {
            Err(NotNow(
                "It broke one of its own rules; this is a bug to report.".to_owned(),
            ))
        };
        match done.unwrap_or_else(bug) {
            Ok(wait) => wait,
            Err(NotNow(why)) => {
                self.failed = self.failed.saturating_add(1);
                if self.failed >= TRIES_MAX {
                    self.said = Some(format!("No document can be made for the outbox. {why}"));
                }
                pause(self.failed, None, chance())
            }
        }
    }

    /// One thing, and how long to wait then.
    fn step(&mut self) -> Next {
        let last = self.reader.outbox(1)?;
        match last.into_iter().next() {
            Some(document) if document.state == OutboxState::Sending => self.deliver(&document),
            Some(document) if document.state == OutboxState::Refused => self.decided(&document),
            last => self.make(last.map_or(0, |document| document.document) + 1),
        }
    }

    fn change(&self, change: OutboxChange) -> Result<(), NotNow> {
        self.errands.run((self.clock)(), Errand::Outbox(change))?;
        Ok(())
    }

    /// Makes the next document, if something is finished.
    fn make(&mut self, number: u64) -> Next {
        let before = self.before()?;
        // What was given up may have been taken as a whole: nothing goes along that was not in it, so that a repository
        // which knows one event of the new document knows all of them.
        let given_up = self.reader.outbox_given_up(before.through)?;
        let made = finished(
            &self.reader,
            &self.settings.site,
            &before,
            self.settings.numbers,
            given_up.map(|(through, _)| through),
        );
        let Some(kept) = made? else {
            return Ok(self.settings.interval);
        };
        self.change(OutboxChange::Made(OutboxDocument {
            document: number,
            after: before.through,
            through: kept.cut.through,
            events: kept.events.len() as u64,
            epcs: kept.epcs,
            unheard: kept.cut.unheard.into_iter().collect(),
            state: OutboxState::Sending,
            attempts: 0,
            unsure: given_up.is_some_and(|(_, unsure)| unsure),
            job: None,
            answer: None,
            utc_ms: 0,
        }))?;
        Ok(Duration::ZERO)
    }

    /// Where everything stood after the last document that is settled.
    fn before(&self) -> Result<Cut, NotNow> {
        let settled = self.reader.outbox_settled()?;
        Ok(settled.map_or_else(Cut::default, |document| Cut {
            through: document.through,
            unheard: document.unheard.into_iter().collect(),
        }))
    }

    /// Brings a document to the repository, or asks how far its job is.
    fn deliver(&mut self, document: &OutboxDocument) -> Next {
        let number = document.document;
        let agent = match &self.agent {
            Some(agent) => agent.clone(),
            None => match post::agent(&self.address) {
                Ok(agent) => self.agent.insert(agent).clone(),
                Err(why) => return self.later(document, why, None, document.unsure),
            },
        };
        let meaning = match &document.job {
            Some(job) => post::get(&agent, &self.address, job)
                .map(|reply| answer::to_job(&reply, document.unsure)),
            None => {
                let Some(body) = self.body(document)? else {
                    let anew =
                        OutboxChange::Became(number, OutboxState::MadeAnew, None, document.unsure);
                    self.change(anew)?;
                    return Ok(Duration::ZERO);
                };
                // On disk before it leaves: from here on it may have arrived.
                self.change(OutboxChange::HandedOver(number))?;
                post::post(&agent, &self.address, &body)
                    .map(|reply| answer::to_document(&reply, &self.address.url, document.unsure))
            }
        };
        match meaning {
            Err(why) => self.later(document, why, None, true),
            Ok(Meaning::Unsure(why, asked)) => self.later(document, why, asked, true),
            Ok(Meaning::Later(why, asked)) => self.later(document, why, asked, document.unsure),
            Ok(Meaning::Running) => Ok(LOOK_PAUSE),
            Ok(Meaning::Job(job)) => {
                self.change(OutboxChange::Job(number, Some(job), document.unsure))?;
                Ok(Duration::ZERO)
            }
            Ok(Meaning::JobGone(why)) => {
                self.change(OutboxChange::Job(number, None, true))?;
                self.later(document, why, None, true)
            }
            Ok(Meaning::Taken(how)) => {
                let taken = OutboxChange::Became(number, OutboxState::Taken, Some(how), false);
                self.change(taken)?;
                (self.failed, self.said) = (0, None);
                Ok(Duration::ZERO)
            }
            Ok(Meaning::Refused(why)) => {
                self.change(OutboxChange::Became(
                    number,
                    OutboxState::Refused,
                    Some(why),
                    document.unsure,
                ))?;
                Ok(Duration::ZERO)
            }
        }
    }

    /// The document, made of its records: the same events every time; `None`: it is not, for a newer program tells them
    /// otherwise.
    fn body(&self, document: &OutboxDocument) -> Result<Option<Vec<u8>>, NotNow> {
        let before = self.before()?;
        let until = Some(document.through);
        let kept = finished(&self.reader, &self.settings.site, &before, u64::MAX, until);
        let kept: Kept = kept?.unwrap_or_default();
        let made = (before.through, kept.cut.through, kept.events.len() as u64);
        if made != (document.after, document.through, document.events) {
            return Ok(None);
        }
        let style = IdentifierStyle {
            links: self.settings.site.prefix_len.is_none(),
            prefix_len: self.settings.site.prefix_len,
        };
        let created = EventTime::from_ms((self.clock)(), ZoneOffset::UTC);
        let created = created.ok_or("The clock of this machine is wrong.")?;
        let mut body = Vec::new();
        let mut writer = DocumentWriter::new(&mut body, Format::Json, style, created);
        for (event, epcs) in kept.events {
            writer.event_of(&event, epcs)?;
        }
        writer.finish()?;
        Ok(Some(body))
    }

    /// It did not work; somebody is told when it goes on like that.
    fn later(
        &mut self,
        document: &OutboxDocument,
        why: String,
        asked: Option<Duration>,
        unsure: bool,
    ) -> Next {
        self.failed = self.failed.saturating_add(1);
        if document.answer.as_ref() != Some(&why) || !unsure {
            let answered = OutboxChange::Answered(document.document, why.clone(), unsure);
            self.change(answered)?;
        }
        if self.failed >= TRIES_MAX {
            let tries = format!(
                "Document {} of the outbox is not taken, and is tried again",
                document.document
            );
            self.said = Some(format!("{tries}. {why}"));
        }
        Ok(pause(self.failed, asked, chance()))
    }

    /// What a person decided about a document that was refused.
    fn decided(&mut self, document: &OutboxDocument) -> Next {
        let number = document.document;
        let decided = self.reader.whereabouts(|ask| ask.decided_about(number));
        let state = match decided? {
            Some(true) => OutboxState::LeftOut,
            Some(false) => OutboxState::MadeAnew,
            None => {
                let why = document.answer.clone().unwrap_or_default();
                self.said = Some(format!(
                    "Document {number} of the outbox was refused. {why}"
                ));
                return Ok(LOOK_PAUSE);
            }
        };
        let answer = document.answer.clone();
        self.change(OutboxChange::Became(number, state, answer, document.unsure))?;
        (self.failed, self.said, self.agent) = (0, None, None);
        Ok(Duration::ZERO)
    }
}

/// A number of chance; without chance pauses are the shortest ones.
fn chance() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_courier_that_does_not_come_home_is_left_where_it_is() {
        let (home, called) = sync_channel(0);
        let (stay, stays) = sync_channel::<()>(0);
        let thread = std::thread::spawn(move || {
            let _ = (called.recv(), stays.recv());
        });
        let begun = Instant::now();
        drop(Courier {
            home: Some(home),
            thread: Some(thread),
        });
        assert!(begun.elapsed() >= HOME_WAIT);
        drop(stay);
    }
}
