//! `vidimus device`: the devices of a running station, what went over their links last; a link built again, a test
//! print, a test picture.

use super::exit::{Ended, Exit, Failure};
use super::station_file::WhichStation;
use super::who::WhoArgs;
use super::{message, print_json, print_text};
use crate::record::DeviceOrder;
use crate::record::device::TRY_SECONDS;
use crate::tui::client::Client;
use crate::tui::words;
use crate::wire::look::{ExchangeWay, ExchangesSight, ShotSeen, ShotsSight};
use crate::wire::{Answer, Ask, DeviceView, OperatorCommand, Question, Sight};
use std::time::{Duration, Instant};

/// Arguments of `device`.
#[derive(Debug, Clone, clap::Args)]
pub struct DeviceArgs {
    #[command(subcommand)]
    action: DeviceAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum DeviceAction {
    /// Every device, how it is and what it says
    List(ListArgs),
    /// One device, and the last exchanges over its link, newest first
    Show(ShowArgs),
    /// Drop its link and build it again, as if its cable had been pulled; packs that need it meanwhile are rejected
    Reconnect(OfArgs),
    /// Send a printer of packs a label that says VOID and has no symbol; the line must stand
    TestPrint(OfArgs),
    /// Have a camera take a picture for nobody but you, and tell what is seen in it; the line must stand
    TestShot(ShotArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    station: WhichStation,
    /// Prints one JSON object a device
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct ShowArgs {
    /// Its name, as status and the screen have it: printer, camera, "PLC 2"
    #[arg(value_name = "NAME")]
    device: String,
    #[command(flatten)]
    station: WhichStation,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct OfArgs {
    /// Its name, as status and the screen have it: printer, camera, "PLC 2"
    #[arg(value_name = "NAME")]
    device: String,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct ShotArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// How often is asked whether a picture came.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Shows or does it.
///
/// # Errors
/// There is no station, it refuses, with the reason and the next step, or no picture came.
pub fn run(args: &DeviceArgs) -> Ended {
    match &args.action {
        DeviceAction::List(args) => list(args),
        DeviceAction::Show(args) => show(args),
        DeviceAction::Reconnect(of) => order(of, DeviceOrder::Reconnect).map(|()| Exit::Ok),
        DeviceAction::TestPrint(of) => order(of, DeviceOrder::TestPrint).map(|()| Exit::Ok),
        DeviceAction::TestShot(args) => test_shot(args),
    }
}

fn device_failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Device, error)
}

fn connect(station: &WhichStation) -> Result<Client, Failure> {
    Client::connect(&station.socket_path()?).map_err(device_failed)
}

fn list(args: &ListArgs) -> Ended {
    let view = connect(&args.station)?.view().map_err(device_failed)?;
    for device in &view.devices {
        match args.json {
            true => print_json(&serde_json::json!(device))?,
            false => print_text([line(device)], 4)?,
        }
    }
    Ok(Exit::Ok)
}

fn line(device: &DeviceView) -> String {
    let state = words::device(device.state);
    let (name, model, detail) = (&device.name, &device.model, &device.detail);
    format!("{state:<4} {name:<14} {model}  {detail}")
}

fn show(args: &ShowArgs) -> Ended {
    let mut client = connect(&args.station)?;
    let view = client.view().map_err(device_failed)?;
    let mut devices = view.devices.iter();
    let Some(device) = devices.find(|device| device.name == args.device) else {
        let names: Vec<&str> = view.devices.iter().map(|one| one.name.as_str()).collect();
        let text = format!(
            "There is no device \"{}\" here: there are {}.",
            args.device,
            names.join(", ")
        );
        return Err(Failure::new(Exit::Usage, text));
    };
    let question = Question::Exchanges {
        device: args.device.clone(),
    };
    // The disk has no link.
    let seen = match look(&mut client, question) {
        Ok(Sight::Exchanges(seen)) => seen,
        _ => ExchangesSight::default(),
    };
    if args.json {
        print_json(&serde_json::json!({ "v": 1, "device": device, "exchanges": seen }))?;
        return Ok(Exit::Ok);
    }
    print_text([line(device)], 4)?;
    if let Some(us) = seen.answer_us {
        print_text(
            [format!("answers in {}.{} ms", us / 1_000, us % 1_000 / 100)],
            4,
        )?;
    }
    let zone = jiff::tz::TimeZone::system();
    for row in &seen.rows {
        let way = match row.way {
            ExchangeWay::Sent => "->",
            ExchangeWay::Heard => "<-",
            ExchangeWay::Happened => " *",
        };
        let times = match row.times {
            0 | 1 => String::new(),
            times => format!("{times}x "),
        };
        let clock = words::clock_ms(row.utc_ms, &zone);
        print_text([format!("{clock} {way} {times}{}", row.what)], 16)?;
    }
    Ok(Exit::Ok)
}

fn look(client: &mut Client, question: Question) -> Result<Sight, Failure> {
    match client.ask(Ask::Look(question)).map_err(device_failed)? {
        Answer::Seen(sight) => Ok(*sight),
        Answer::Refused { text } => Err(Failure::new(Exit::Usage, text)),
        _ => Err(device_failed("The station answered something else.")),
    }
}

fn order(of: &OfArgs, order: DeviceOrder) -> Result<(), Failure> {
    let device = of.device.clone();
    let command = OperatorCommand::Device { device, order };
    if let Answer::Told(told) = of.who.order(&mut of.who.connect()?, command)? {
        told.iter().for_each(|line| message(line));
    }
    Ok(())
}

fn shots(client: &mut Client, device: &str) -> Result<ShotsSight, Failure> {
    let device = device.to_owned();
    match look(client, Question::Shots { device })? {
        Sight::Shots(shots) => Ok(*shots),
        _ => Err(device_failed("The station answered something else.")),
    }
}

fn test_shot(args: &ShotArgs) -> Ended {
    let mut client = args.of.who.connect()?;
    let before = shots(&mut client, &args.of.device)?;
    let before = before.last.map_or(0, |last| last.no);
    order(&args.of, DeviceOrder::TestShot)?;
    let until = Instant::now() + Duration::from_secs(TRY_SECONDS.into());
    loop {
        let now = shots(&mut client, &args.of.device)?;
        if let Some(shot) = now.last.filter(|last| last.no > before) {
            match args.json {
                true => print_json(&serde_json::json!({ "v": 1, "shot": shot }))?,
                false => print_text(told(&shot), 12)?,
            }
            return Ok(Exit::Ok);
        }
        if Instant::now() >= until {
            let text = format!(
                "No picture came within {TRY_SECONDS} s: look at its link with \"vidimus device show\", and at what \
                 fires it."
            );
            return Err(device_failed(text));
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// What was seen in a test picture, a line a thing.
fn told(shot: &ShotSeen) -> Vec<String> {
    let mut lines = vec![format!("seen        {}", shot.said)];
    if let Some([width, height]) = shot.size_px {
        lines.push(format!(
            "picture     {width} × {height} pixels, {} bytes",
            shot.bytes
        ));
    }
    if let Some(percent) = shot.brightness_percent {
        lines.push(format!(
            "brightness  {percent} % of the brightest, in the mean"
        ));
    }
    if let Some(content) = &shot.content {
        lines.push(format!("content     {content}"));
    }
    if let Some(grades) = &shot.grades {
        lines.push(format!("grade       {}", words::grades(grades)));
    }
    if let Some(looks_like) = &shot.looks_like {
        lines.push(format!("looks like  {looks_like}"));
    }
    let advice = shot.advice.iter();
    lines.extend(advice.map(|one| format!("improve     {one}")));
    if let Some(taught) = &shot.taught {
        lines.push(format!("taught      {taught}"));
        lines.push("            goes to [[camera]] of the station file".to_owned());
    }
    lines
}
