//! The station: the one loop that joins devices, line, store and screens. All waiting happens here and in the pumps.
//!
//! ```text
//! pumps, workers, store, socket ──messages──▶ inbox ──events──▶ turn(line) ──records──▶ store
//!                                                                   └──effects──▶ devices, workers, answers
//! ```
//!
//! Threads and what they may touch: `station` (this loop) owns the line; one pump thread a device
//! owns its session and link; the store's writer owns the database; workers own the picture they
//! look at; socket threads see published views only.

mod authentication;
pub mod capacity;
mod container_labels;
pub mod counter;
pub mod described;
pub mod desk;
mod device_orders;
mod devices;
mod disk_watch;
mod doorkeeper;
pub mod evidence;
mod exchanges;
pub mod frames;
pub mod glyphs;
pub mod keeper;
pub mod kept;
pub mod key;
pub mod label_judge;
mod label_orders;
pub mod labels;
pub mod log;
pub mod log_file;
mod lookup;
mod names;
mod on_record;
mod orders;
pub mod owner;
pub mod packing;
pub mod plan;
pub mod plc_map;
mod publish;
mod readers;
mod reception;
mod run;
mod scan_points;
mod secrets;
pub mod sessions;
mod shown;
mod sights;
mod socket;
mod staff;
pub mod supplier;
pub mod translate;
mod try_out;
pub mod turn;
mod wall;
pub mod workers;

pub use authentication::names_only;
pub use key::KeyError;
pub use publish::Published;
pub use run::{today, utc_ms};

use crate::config::{Config, LaneDevices};
use crate::label::Template;
use crate::record::{Actor, LabelStanding, LabelText};
use crate::store::{self, StoreError};
use crate::wire::{OperatorCommand, Secret};
use key::StoreBefore;
use log::Log;
use reception::{Order, OrderDesk, Reception, Wish};
use socket::{ANSWER_WAIT, Socket};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::JoinHandle;

/// Most messages that wait for the loop; a pump that finds it full waits, and the PLC rejects meanwhile.
pub const INBOX_MAX: usize = 4096;

/// Why a station could not start, or ended.
#[derive(Debug)]
pub enum StationError {
    /// The store refuses.
    Store(StoreError),
    /// The serial key cannot be used.
    Key(KeyError),
    /// A device of the station file cannot be set up.
    Device(String),
    /// The folder's store belongs to another station.
    Owner(String),
    /// The label template cannot be used.
    Label(String),
    /// The people of the station cannot be had.
    People(String),
    /// A file, thread or socket cannot be had.
    Io {
        /// What was wanted.
        what: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The store failed while the station ran.
    StoreFailed(String),
}

impl fmt::Display for StationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StationError::Store(error) => write!(f, "{error}"),
            StationError::Key(error) => write!(f, "{error}"),
            StationError::Device(text)
            | StationError::Owner(text)
            | StationError::Label(text)
            | StationError::People(text) => f.write_str(text),
            StationError::Io { what, error } => write!(f, "{what}: {error}."),
            StationError::StoreFailed(why) => {
                write!(f, "The store failed and the station stopped: {why}")
            }
        }
    }
}

impl std::error::Error for StationError {}

/// What a person may say about a start.
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    /// This station is new and shares its serial key with others: an empty store beside a key is right.
    pub new_store: bool,
    /// Give the administrator a new one-time secret: theirs was lost.
    pub reset_administrator: bool,
    /// Who writes down what happens.
    pub log: Log,
}

/// A running station.
pub struct Station {
    inbox: SyncSender<run::Message>,
    views: Arc<Published>,
    socket: Option<Socket>,
    socket_path: PathBuf,
    one_time: Option<Secret>,
    thread: Option<JoinHandle<Result<(), StationError>>>,
}

impl Station {
    /// Opens the store, restores the line, listens on the socket and starts the devices.
    pub fn start(config: &Config, start: StartOptions) -> Result<Station, StationError> {
        let label = label(config)?;
        let data_dir = &config.station.data_dir;
        // Without a store the station file's label is printed: what does not fit leaves nothing behind.
        if !store::database(data_dir).exists() {
            keeps_up(config, &label.0, &LabelStanding::default(), false)?;
        }
        let what = |what: &str| format!("{what} {}", data_dir.display());
        std::fs::create_dir_all(data_dir).map_err(|error| StationError::Io {
            what: what("The data folder cannot be made:"),
            error,
        })?;
        let before = StoreBefore {
            existed: store::database(data_dir).exists(),
            may_be_new: start.new_store,
        };
        owner::check(config)?;
        key::check_store(config, before).map_err(StationError::Key)?;
        let options = store::OpenOptions {
            min_free_bytes: config.limits.disk_min_free_mb * 1_000_000,
            ..store::OpenOptions::default()
        };
        let store = store::open(data_dir, options).map_err(StationError::Store)?;
        let reader = store.reader().map_err(StationError::Store)?;
        owner::claim(config, &reader, before.existed)?;
        drop(reader);
        let (inbox, messages) = std::sync::mpsc::sync_channel(INBOX_MAX);
        let started = run::Loop::start(
            config,
            label,
            store,
            (inbox.clone(), messages),
            start.log.clone(),
        )?;
        let socket_path = config.station.socket.clone();
        let orders = order_desk(inbox.clone());
        let authenticator = Arc::clone(&started.authenticator);
        let reception = Reception::new(authenticator, orders, ANSWER_WAIT)
            .with_errands(started.errands.clone())
            .with_lookup(started.lookup.clone())
            .with_log(start.log.clone());
        let views = Arc::clone(&started.views);
        let asked = start.reset_administrator;
        let open = || {
            let one_time = administrator(&started, &reception, asked)?;
            let socket = Socket::listen(&socket_path, views, reception.clone());
            let socket = socket.map_err(|error| StationError::Io {
                what: format!("The socket {} cannot be opened", socket_path.display()),
                error,
            })?;
            Ok((one_time, socket))
        };
        let (one_time, socket) = match open() {
            Ok(opened) => opened,
            Err(error) => {
                let _ = inbox.send(run::Message::Abandon);
                let _ = started.thread.join();
                return Err(error);
            }
        };
        Ok(Station {
            inbox,
            views: started.views,
            socket: Some(socket),
            socket_path,
            one_time,
            thread: Some(started.thread),
        })
    }

    /// Where screens attach.
    pub fn socket_path(&self) -> &std::path::Path {
        &self.socket_path
    }

    /// The one-time secret of the administrator whom this start made, once: it is kept nowhere else.
    pub fn take_administrator_secret(&mut self) -> Option<Secret> {
        self.one_time.take()
    }

    /// The latest view.
    pub fn views(&self) -> &Arc<Published> {
        &self.views
    }

    /// Asks the station to end in order; the gate stays on reject. Never waits: `false` says that its inbox is full and
    /// that it must be asked again.
    #[must_use = "a full inbox takes nothing"]
    pub fn end(&self, reason: &str) -> bool {
        let order = Order {
            by: Actor::Station,
            signature: None,
            reason: Some(reason.to_owned()),
            wish: Wish::Line(OperatorCommand::Shutdown),
            answer: None,
        };
        // A loop that is gone has ended already.
        let sent = self.inbox.try_send(run::Message::Order(order));
        !matches!(sent, Err(TrySendError::Full(_)))
    }

    /// Asks whether the station goes on: the loop takes the question to the store, which gives `answer` a word. Never
    /// waits; where one of both stands, no word comes.
    pub fn ping(&self, answer: SyncSender<()>) {
        let _ = self.inbox.try_send(run::Message::Ping(answer)); // no room: asked again
    }

    /// Whether the loop has ended.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until the station has ended.
    pub fn join(mut self) -> Result<(), StationError> {
        let ended = match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        };
        self.socket = None;
        ended
    }
}

/// The template that the station file names, as it is kept.
///
/// # Errors
/// There is none of that name; a sentence.
pub fn file_label(config: &Config) -> Result<LabelText, String> {
    let name = &config.station.label_template;
    let text = crate::label::built_in_text(name)
        .ok_or_else(|| format!("There is no label template \"{name}\"."))?;
    Ok(LabelText::new(name.as_str(), text))
}

/// The same, and as it is used.
fn label(config: &Config) -> Result<(LabelText, Template), StationError> {
    let label = file_label(config).map_err(StationError::Label)?;
    let template = Template::parse(&label.text);
    let template = template.map_err(|error| StationError::Label(error.to_string()))?;
    Ok((label, template))
}

/// Printer and link can follow the lane with every label that is printed on packs.
fn keeps_up(
    config: &Config,
    file: &LabelText,
    standing: &LabelStanding,
    batch_open: bool,
) -> Result<(), StationError> {
    let weighed = capacity::weigh_all(config, file, standing, batch_open);
    let weighed = weighed.map_err(|wrong| StationError::Label(wrong.join("\n")));
    weighed.map(drop)
}

/// The desk of each lane, with the labels of packs in the language of its printer.
fn lane_desks(config: &Config, template: &Template) -> Result<Vec<desk::LaneDesk>, StationError> {
    let of_lane = |lane: &LaneDevices<'_>| {
        let speech = described::speech_of(lane.printer).map_err(StationError::Device)?;
        let labels = labels::Labels::new(template.clone(), speech, config, lane.printer);
        Ok(desk::LaneDesk::new(labels, lane.eyes.lossless()))
    };
    config.lanes().iter().map(of_lane).collect()
}

/// Makes the administrator whom a start makes, if it makes one; the answer is a one-time secret that is good once its
/// record is on disk.
fn administrator(
    started: &run::Started,
    reception: &Reception,
    asked: bool,
) -> Result<Option<Secret>, StationError> {
    let changes = started.authenticator.first_administrator(asked);
    let mut one_time = None;
    for change in changes.map_err(StationError::People)? {
        let (fact, secret, replaces) = (change.fact, change.secret, change.replaces);
        let why = "asked for by whoever started the station".to_owned();
        reception
            .give(
                Actor::Station,
                None,
                asked.then_some(why),
                Wish::People {
                    fact,
                    secret,
                    replaces,
                },
            )
            .map_err(StationError::People)?;
        one_time = change.one_time;
    }
    Ok(one_time)
}

fn order_desk(inbox: SyncSender<run::Message>) -> OrderDesk {
    Arc::new(move |order| {
        let sent = inbox.try_send(run::Message::Order(order));
        sent.map_err(|refused| match refused {
            TrySendError::Full(_) => {
                "The station has too much to do: try again in a moment.".to_owned()
            }
            TrySendError::Disconnected(_) => "The station has ended: start it again.".to_owned(),
        })
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn an_order_for_a_full_inbox_is_refused_at_once() {
        let (inbox, messages) = std::sync::mpsc::sync_channel(1);
        let desk = order_desk(inbox);
        let order = || Order {
            by: Actor::Named("M.Kowal".to_owned()),
            signature: None,
            reason: None,
            wish: Wish::Line(OperatorCommand::Stop),
            answer: None,
        };
        assert_eq!(desk(order()), Ok(()));
        assert!(desk(order()).is_err_and(|why| why.contains("try again")));
        assert!(messages.try_recv().is_ok());
        assert_eq!(desk(order()), Ok(()));
        drop(messages);
        assert!(desk(order()).is_err_and(|why| why.contains("has ended")));
    }
}
