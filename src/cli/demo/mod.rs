//! `vidimus demo`: a simulated factory in its own process, a station on it, one batch, and the account.

mod account;
mod batch;
mod first_articles;
mod process;

use super::exit::{Ended, Exit, Failure};
use super::language::LanguageArgs;
use super::run::{end_signals, failure};
use super::{message, print_line, who};
use crate::config::{self, Config};
use crate::record::TextPolicy;
use crate::station::{StartOptions, Station};
use crate::world::settings::station_text;
use account::{Account, Folders};
use batch::{BatchRun, RunFigures};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use process::{FactoryProcess, FactoryWish};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use vidimus_simulators::belt::Rate;
use vidimus_simulators::factory::FactoryOptions;
use vidimus_simulators::fault::FaultPlan;
use vidimus_simulators::printer::{Language, Model};

/// Arguments of `demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// Packs of the batch
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub packs: u64,
    /// Packs per minute (1 to 6000), or max: an elastic belt that measures software headroom, not a machine
    #[arg(long, value_name = "PACKS_PER_MIN|max", default_value = "300", value_parser = Rate::parse)]
    pub rate: Rate,
    /// What goes wrong: none, default, swarm, or NAME=RATE,… with a rate per pack from 0 to 1
    #[arg(long, value_name = "FAULTS", default_value = "none")]
    pub faults: String,
    /// Where all chance of the factory comes from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder of station and factory; given again, a killed demo goes on [default: a new temporary folder, kept]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How the simulated printer is reached [default: serial up to 1200 packs/min, tcp above]
    #[arg(long, value_name = "LINK", value_parser = ["tcp", "serial"])]
    pub printer: Option<String>,
    /// How the simulated camera is reached: http, or gige (GigE Vision)
    #[arg(long, value_name = "LINK", default_value = "http", value_parser = ["http", "gige"])]
    pub camera: String,
    /// What the simulated printer speaks: zpl, tspl, sbpl, dpl, hitachi, or coder, which a text file describes
    #[arg(long, value_name = "LANGUAGE", default_value = "zpl", value_parser = Language::parse)]
    pub printer_language: Language,
    /// No screen: a progress bar and a final account (also chosen when there is no terminal)
    #[arg(long)]
    pub headless: bool,
    /// The account as one JSON object on standard output; needs no screen
    #[arg(long)]
    pub json: bool,
    /// What the screen speaks
    #[command(flatten)]
    pub language: LanguageArgs,
}

/// Fastest rate for which the demo's printer is on the (paced) serial port.
const SERIAL_RATE_MAX: u32 = 1200;
/// Longest wait until the station takes the order to end.
const END_WAIT: Duration = Duration::from_secs(5);

/// Runs the demo.
///
/// # Errors
/// Something could not start, or the account does not reconcile.
pub fn run(args: &DemoArgs) -> Ended {
    FaultPlan::parse(&args.faults, args.seed).map_err(|why| Failure::new(Exit::Usage, why))?;
    // A language that there is not is told before anything is started.
    args.language.speech()?;
    let data = match &args.data {
        Some(dir) => absolute(dir)?,
        None => temporary()?,
    };
    let asked_to_end = end_signals()?;
    let ended = with_factory(args, &data, &asked_to_end);
    if args.data.is_none() {
        message(&format!("Everything is kept in {}", data.display()));
    }
    ended
}

/// A folder of this run's own. It is kept: the account names the database in it.
fn temporary() -> Result<PathBuf, Failure> {
    let made = tempfile::Builder::new().prefix("vidimus-demo-").tempdir();
    made.map(tempfile::TempDir::keep).map_err(|why| {
        let text = format!("No temporary folder can be made ({why}). Give one with --data DIR.");
        Failure::new(Exit::Store, text)
    })
}

fn factory_folder(data: &Path) -> PathBuf {
    data.join("factory")
}

fn absolute(dir: &Path) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(dir)
        .and_then(|()| dir.canonicalize())
        .map_err(|why| {
            let text = format!("The data folder {} cannot be used: {why}.", dir.display());
            Failure::new(Exit::Store, text)
        })
}

fn with_factory(args: &DemoArgs, data: &Path, asked_to_end: &Arc<AtomicBool>) -> Ended {
    let folder = factory_folder(data);
    let wish = FactoryWish {
        dir: folder.clone(),
        rate: args.rate.to_string(),
        faults: args.faults.clone(),
        seed: args.seed,
        serial: serial(args),
        gige: args.camera == "gige",
        language: args.printer_language,
    };
    let factory = FactoryProcess::adopt_or_start(&wish)?;
    if factory.adopted {
        message("The factory of an earlier demo still runs on this folder: going on with it.");
    }
    if args.rate == Rate::Max {
        message(
            "--rate max: the belt is elastic. This measures the software's headroom, not a machine.",
        );
    }
    let done = with_station(args, data, &factory, asked_to_end);
    // An adopted factory may be at work for another demo that holds this folder; left alone without a station
    // it ends by itself.
    if done.is_ok() || !factory.adopted {
        factory.shut_down();
    }
    let run = done?;
    let account = account::draw_up(
        &Folders {
            data,
            factory: &folder,
        },
        &run,
    )?;
    conclude(args, &account, &run)
}

fn serial(args: &DemoArgs) -> bool {
    match args.printer.as_deref() {
        Some(link) => link == "serial",
        // A serial line is too slow for labels that go as pictures.
        None if args.printer_language == Language::Dpl => false,
        None => matches!(args.rate, Rate::PacksPerMin(rate) if rate <= SERIAL_RATE_MAX),
    }
}

fn with_station(
    args: &DemoArgs,
    data: &Path,
    factory: &FactoryProcess,
    asked_to_end: &Arc<AtomicBool>,
) -> Result<RunFigures, Failure> {
    let config = config(args.rate, data, factory)?;
    let mut like_it = FactoryOptions::new(factory_folder(data));
    like_it.line.seed = args.seed;
    let language = spoken(factory);
    like_it.line.printer = Model::speaking(language);
    // Coders print a design of their own, and of the simulated SATO's letters many are not found legible even when they
    // were taught. In DPL labels go as pictures: their letters are the station's own.
    let drawn = matches!(language, Language::Dpl);
    let taught = matches!(language, Language::Zpl | Language::Tspl);
    if drawn {
        message("The station draws this printer's labels itself; wrong text is rejected.");
    } else if !taught {
        message("Text beside the symbol is not checked: this printer's letters cannot be taught.");
    } else if first_articles::teach(&config, &like_it)?.is_some() {
        message(
            "The printer's letters were taught from 24 first articles; wrong text is rejected.",
        );
    }
    let station = Station::start(&config, StartOptions::default()).map_err(failure)?;
    let run = BatchRun {
        station: &station,
        factory,
        asked_to_end,
        text: match taught || drawn {
            true => TextPolicy::Reject,
            false => TextPolicy::Off,
        },
    };
    let screen = !args.headless && !args.json && std::io::stdout().is_terminal();
    let worked = match screen {
        true => on_screen(&run, &config, args),
        false => headless(&run, &config, args.packs),
    };
    let until = Instant::now() + END_WAIT;
    while !station.end("the demo is over") && Instant::now() < until {
        std::thread::sleep(batch::LOOK_PAUSE);
    }
    let ended = station.join().map_err(failure);
    let worked = worked?;
    ended?;
    Ok(worked)
}

/// What the factory's printer speaks; an adopted factory may have another than was wished for.
fn spoken(factory: &FactoryProcess) -> Language {
    let address = factory.addresses.printer.as_deref().unwrap_or_default();
    let scheme = address.split('+').next().unwrap_or_default();
    let known = Language::ALL.into_iter().find(|l| l.scheme() == scheme);
    known.unwrap_or_default()
}

fn headless(run: &BatchRun<'_>, config: &Config, packs: u64) -> Result<RunFigures, Failure> {
    run.begin(config, packs)?;
    let bar = ProgressBar::with_draw_target(Some(packs), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} packs  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let worked = run.watch(true, |view| {
        let tally = &view.tally;
        bar.set_position(tally.entered - tally.in_line);
        let alarm = view
            .alarms
            .iter()
            .find(|alarm| alarm.active)
            .map_or("", |alarm| &alarm.code);
        bar.set_message(format!(
            "good {}, rejected {} {alarm}",
            tally.good,
            tally.rejected()
        ));
    });
    bar.finish_and_clear();
    let worked = worked?;
    if !worked.ended_early {
        run.close()?;
    }
    Ok(worked)
}

/// The screen is the technician's: whoever sits there presses the keys. Leaving it ends the demo.
fn on_screen(run: &BatchRun<'_>, config: &Config, args: &DemoArgs) -> Result<RunFigures, Failure> {
    let speech = args.language.speech()?;
    run.begin(config, args.packs)?;
    let user = who::user_name();
    crate::tui::run(run.station.socket_path(), &user, None, speech)
        .map_err(|error| Failure::new(Exit::Usage, error))?;
    let view = run.station.views().latest().1;
    let mut worked = RunFigures {
        figures: view.figures,
        key_presses: 0,
        ended_early: true,
    };
    if run.close().is_ok() {
        worked.ended_early = false;
    }
    Ok(worked)
}

/// The demo's station file: the commented template with addresses and the rate's figures put in.
fn config(rate: Rate, data: &Path, factory: &FactoryProcess) -> Result<Config, Failure> {
    let missing = || {
        Failure::new(
            Exit::Device,
            "The factory on this folder is not a whole line.",
        )
    };
    let addresses = &factory.addresses;
    let (printer, plc, camera) = (
        addresses.printer.as_deref().ok_or_else(missing)?,
        addresses.plc.as_deref().ok_or_else(missing)?,
        addresses.camera.as_deref().ok_or_else(missing)?,
    );
    let text = station_text(rate, [printer, plc, camera], &data.display().to_string());
    let path = data.join("station.toml");
    std::fs::write(&path, &text).map_err(|why| {
        Failure::new(
            Exit::Store,
            format!("{} cannot be written: {why}.", path.display()),
        )
    })?;
    config::parse(&path.display().to_string(), &text)
        .map_err(|errors| Failure::new(Exit::Configuration, errors.render(false)))
}

fn conclude(args: &DemoArgs, account: &Account, run: &RunFigures) -> Ended {
    if args.json {
        let json = serde_json::to_string(account);
        print_line(&json.map_err(|why| Failure::new(Exit::Bug, why))?)?;
    } else {
        account
            .lines()
            .iter()
            .try_for_each(|line| print_line(line))?;
    }
    match (account.is_clean(), run.ended_early) {
        (false, _) => Err(Failure::new(
            Exit::DoesNotReconcile,
            "The store does not agree with the factory's truth; the account names the differences.",
        )),
        (true, true) => Ok(Exit::StoppedByOperator),
        (true, false) => Ok(Exit::Ok),
    }
}
