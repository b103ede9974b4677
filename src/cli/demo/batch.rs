//! The demo's batch: opened (or gone on with after a kill), fed, watched until the belt is empty, closed.

use super::process::FactoryProcess;
use crate::cli::exit::{Exit, Failure};
use crate::config::Config;
use crate::record::{Explanation, TextPolicy};
use crate::station::{Station, today};
use crate::tui::client::{Client, ClientError};
use crate::wire::{Answer, Figures, LineState, LotCommand, OpeningTerms, OperatorCommand, View};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Who opens and closes the demo's batch, in the audit trail.
pub const DEMO: &str = "demo";
/// Longest time without any change before the demo gives up and says what stands.
const STILL_MAX: Duration = Duration::from_secs(60);
/// How often the demo looks.
pub const LOOK_PAUSE: Duration = Duration::from_millis(100);
/// Longest wait for the station to have read back what happened before a kill.
const READ_BACK_MAX: Duration = Duration::from_secs(30);
/// How many years the demo's packs may be used, this one not counted.
const SHELF_YEARS: i16 = 2;

/// The batch at work.
pub struct BatchRun<'a> {
    /// The running station.
    pub station: &'a Station,
    /// The factory.
    pub factory: &'a FactoryProcess,
    /// A person asked for the end.
    pub asked_to_end: &'a AtomicBool,
    /// What is done with wrong text beside the symbol.
    pub text: TextPolicy,
}

/// What the run left behind for the account.
#[derive(Debug, Clone, Default)]
pub struct RunFigures {
    /// The station's figures at the end.
    pub figures: Figures,
    /// How often the demo's technician had to press a key.
    pub key_presses: u32,
    /// A person ended it early.
    pub ended_early: bool,
}

fn device(error: ClientError) -> Failure {
    Failure::new(Exit::Device, error)
}

/// One command over the station's socket, as any screen would give it.
fn order(socket: &Path, command: OperatorCommand, reason: &str) -> Result<(), Failure> {
    let mut client = Client::connect(socket).map_err(device)?;
    match client
        .command(DEMO, Some(reason.to_owned()), command)
        .map_err(device)?
    {
        Answer::Refused { text } => Err(Failure::new(Exit::Device, text)),
        _ => Ok(()),
    }
}

impl BatchRun<'_> {
    fn view(&self) -> View {
        self.station.views().latest().1
    }

    /// Opens the next lot, unless a batch is open already; then feeds what is missing of `packs`.
    pub fn begin(&self, config: &Config, packs: u64) -> Result<(), Failure> {
        let entered = match self.view().batch {
            Some(_) => self.await_read_back()?,
            None => {
                self.open(config)?;
                0
            }
        };
        let waiting = self.factory.status()?.to_feed;
        let missing = packs.saturating_sub(entered + waiting);
        if missing > 0 {
            self.factory.feed(missing)?;
        }
        Ok(())
    }

    fn open(&self, config: &Config) -> Result<(), Failure> {
        let reader = crate::store::Reader::open(&config.station.data_dir, &Default::default());
        let batches = reader
            .and_then(|reader| reader.batches())
            .map_err(|error| Failure::new(Exit::Store, error))?;
        let lot = format!("D{:05}", batches.len() + 1);
        let product = &config.products[0];
        let wrong = |error: crate::gs1::FieldError| Failure::new(Exit::Bug, error);
        let command = OperatorCommand::OpenBatch {
            product: product.name.clone(),
            gtin: product.gtin,
            lot: lot.parse().map_err(wrong)?,
            expiry: format!("{:02}1231", (today().0 + SHELF_YEARS) % 100)
                .parse()
                .map_err(wrong)?,
            target: None,
            grade_min: None,
            text: Some(self.text),
            terms: OpeningTerms::default(),
            numbers: Default::default(),
        };
        order(self.station.socket_path(), command, "demo batch")
    }

    /// After a kill: how many packs of the batch are known once the PLC's rings have been read.
    fn await_read_back(&self) -> Result<u64, Failure> {
        let until = Instant::now() + READ_BACK_MAX;
        loop {
            let view = self.view();
            let read = matches!(
                view.state,
                LineState::Ready | LineState::Running | LineState::Stopped
            );
            if read || self.asked_to_end.load(Ordering::SeqCst) {
                return Ok(view.tally.entered);
            }
            if Instant::now() > until {
                let text = format!("The station did not get ready again: {}", view.state_text);
                return Err(Failure::new(Exit::Device, text));
            }
            std::thread::sleep(LOOK_PAUSE);
        }
    }

    /// Watches until everything that was fed has left the belt. `progress` is told the packs that
    /// have left; `technician` presses the keys that the screen names.
    pub fn watch(
        &self,
        technician: bool,
        mut progress: impl FnMut(&View),
    ) -> Result<RunFigures, Failure> {
        let mut run = RunFigures::default();
        let mut last_change = (Instant::now(), 0, LineState::NotReady);
        let mut technician = technician.then(Technician::default);
        loop {
            std::thread::sleep(LOOK_PAUSE);
            let view = self.view();
            progress(&view);
            run.figures = view.figures.clone();
            if self.asked_to_end.load(Ordering::SeqCst) || self.station.has_ended() {
                run.ended_early = true;
                return Ok(run);
            }
            if let Some(technician) = &mut technician {
                run.key_presses += technician.look(&view, self.station.socket_path());
            }
            let left = view.tally.entered - view.tally.in_line;
            let change = (left, view.state);
            if change != (last_change.1, last_change.2) {
                last_change = (Instant::now(), change.0, change.1);
            }
            if view.tally.in_line == 0 {
                let factory = self.factory.status()?;
                if factory.to_feed == 0 && factory.on_belt == 0 && self.view().tally.in_line == 0 {
                    run.figures = self.view().figures;
                    return Ok(run);
                }
            }
            if last_change.0.elapsed() > STILL_MAX {
                let text = format!(
                    "Nothing has moved for {STILL_MAX:?}: {} Look at the alarms with vidimus status.",
                    view.state_text
                );
                return Err(Failure::new(Exit::Device, text));
            }
        }
    }

    /// Closes the batch.
    pub fn close(&self) -> Result<(), Failure> {
        let view = self.view();
        let command = match explanations(&view) {
            none if none.is_empty() => OperatorCommand::CloseBatch,
            explained => OperatorCommand::Lot(LotCommand::CloseExplained(explained)),
        };
        order(self.station.socket_path(), command, "demo batch is done")
    }
}

/// What a technician says of whatever is left over.
fn explanations(view: &View) -> Vec<Explanation> {
    let explained = |(of, _)| Explanation {
        of,
        text: "faults of the simulated factory".to_owned(),
    };
    view.tally.differences().map(explained).collect()
}

/// Does what the screen asks a technician to do, a moment later.
#[derive(Debug, Default)]
struct Technician {
    stopped_since: Option<Instant>,
}

impl Technician {
    /// How long a technician takes to get there.
    const WALK: Duration = Duration::from_millis(800);

    fn look(&mut self, view: &View, socket: &Path) -> u32 {
        if view.state != LineState::Stopped {
            self.stopped_since = None;
            return 0;
        }
        let since = *self.stopped_since.get_or_insert_with(Instant::now);
        if since.elapsed() < Technician::WALK {
            return 0;
        }
        self.stopped_since = None;
        // Refused or not, he looks again.
        let _ = order(socket, view.way_on(), "the screen asked for it");
        1
    }
}
