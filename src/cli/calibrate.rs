//! `vidimus calibrate CARD`: grey and reflectance of a camera, from its picture of a conformance test card.

use super::look::{Look, load};
use super::{Ended, Exit, Failure, print_json, print_line};
use crate::vision::card::{Card, Points, calibrate};
use crate::vision::grade::Reflectance;
use crate::vision::reader::Reader;
use crate::vision::{Effort, Picture, Setup};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Arguments of `calibrate`.
#[derive(Debug, Clone, clap::Args)]
pub struct CalibrateArgs {
    /// A lossless picture (PNG, PGM) of the card's Data Matrix symbol, taken as packs are: same exposure, gain, lens
    /// and light
    #[arg(value_name = "CARD")]
    picture: PathBuf,
    /// Reflectance of the symbol's lightest parts as printed on the card, in percent
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    rmax: f64,
    /// Reflectance of its darkest parts as printed on the card, in percent
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    rmin: f64,
    /// Prints one JSON object: file, reflectance {dark_grey, dark_percent, bright_grey, bright_percent}, black_grey,
    /// toml
    #[arg(long)]
    json: bool,
}

/// The line for `[[camera]]` of the station file.
fn toml(points: &Points) -> String {
    format!(
        "reflectance = {{ dark_grey = {:.1}, dark_percent = {}, bright_grey = {:.1}, bright_percent = {} }}",
        points.dark_grey, points.dark_percent, points.bright_grey, points.bright_percent
    )
}

/// Runs the command.
///
/// # Errors
/// The card's values make no sense, the picture cannot be read, or it is not fit to calibrate by.
pub fn run(args: &CalibrateArgs) -> Ended {
    let file = args.picture.display().to_string();
    let refuse = |text: String| Failure::new(Exit::SomeRefused, format!("{file}: {text}"));
    let card = Card::new(args.rmax, args.rmin);
    let card = card.map_err(|error| Failure::new(Exit::Usage, error))?;
    let bytes = load(&args.picture).map_err(refuse)?;
    // The decoders are other people's code and the bytes are anybody's.
    let found = catch_unwind(AssertUnwindSafe(|| points(card, &bytes)));
    let failed = || "The reader failed on this picture; please report it.".to_owned();
    let points = found.unwrap_or_else(|_| Err(failed())).map_err(refuse)?;
    let Some(Reflectance::Calibrated { black_grey, .. }) = points.reflectance() else {
        return Err(refuse(failed()));
    };
    if args.json {
        print_json(&serde_json::json!({
            "v": 1,
            "file": file,
            "reflectance": {
                "dark_grey": points.dark_grey, "dark_percent": points.dark_percent,
                "bright_grey": points.bright_grey, "bright_percent": points.bright_percent,
            },
            "black_grey": (f64::from(black_grey) * 10.0).round() / 10.0,
            "toml": toml(&points),
        }))?;
        return Ok(Exit::Ok);
    }
    print_line(&format!(
        "{file}: grey {:.1} is {} %, grey {:.1} is {} %, 0 % is grey {black_grey:.1}.",
        points.dark_grey, points.dark_percent, points.bright_grey, points.bright_percent
    ))?;
    print_line(
        "It holds as long as exposure, gain, lens and light stay as they are; gamma correction must be off.",
    )?;
    print_line("For [[camera]] of the station file:")?;
    print_line(&toml(&points))?;
    Ok(Exit::Ok)
}

fn points(card: Card, bytes: &[u8]) -> Result<Points, String> {
    let picture = Picture::decode(bytes).map_err(|error| error.to_string())?;
    let look = Look::at(
        &mut Reader::new(),
        &picture,
        &Setup::default(),
        Effort::Picture,
    );
    let (Some(graded), Some(lesson)) = (&look.graded, look.lesson(&picture)) else {
        return Err("No symbol was read that could be measured: the card's symbol must be in focus, whole and not \
                    clipped."
            .to_owned());
    };
    calibrate(card, &graded.report, &lesson).map_err(|error| error.to_string())
}
