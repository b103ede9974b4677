//! `vidimus pack`: containers and what is inside, at a running station: begin, put, take, move, replace, label, close,
//! reopen, disaggregate, and the ends of lives. Every wrong move is a named refusal and changes nothing.

use super::exit::{Ended, Exit, Failure};
use super::layer::LayerArgs;
use super::print_line;
use super::who::WhoArgs;
use crate::record::End;
use crate::wire::PackagingOrder;
use crate::wire::packaging::ORDER_UNITS_MAX;
use std::io::BufRead;
use std::path::PathBuf;

/// Longest scan that is read from a hand scanner, in bytes.
const SCAN_LINE_MAX: u64 = 4_096;

/// Arguments of `pack`.
#[derive(Debug, Clone, clap::Args)]
pub struct PackArgs {
    #[command(subcommand)]
    action: PackAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum PackAction {
    /// Begin a container; without a code the station gives the next SSCC
    Begin {
        /// The level's name in the station file, such as case
        level: String,
        /// What stands on its label already
        code: Option<String>,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Put units into an open container
    Put {
        /// The container: a scan of its label, its SSCC, or the name of a level such as case for the open one of it
        into: String,
        /// Scans of packs and containers; "-" reads one a line from standard input, as a hand scanner types them
        #[arg(required_unless_present = "picture", value_name = "SCAN")]
        units: Vec<String>,
        #[command(flatten)]
        layer: LayerArgs,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Take units out of what they are directly inside of
    Take {
        #[command(flatten)]
        units: Units,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Move units into another open container
    Move {
        /// The container: a scan of its label, or its SSCC
        into: String,
        #[command(flatten)]
        units: Units,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Take one unit out and put another in its place
    Replace {
        /// What comes out
        out: String,
        /// What goes in
        with: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Close a container, with what was read on its label
    Close {
        /// The container: a scan of its label, or its SSCC
        container: String,
        /// What was read on its label; once for each of its bar codes
        #[arg(long, value_name = "SCAN")]
        label: Vec<String>,
        /// Read its label in this picture (PNG, JPEG or PGM): Data Matrix and GS1-128, all that stand on it
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
        /// It is not full; needs --reason
        #[arg(long)]
        partial: bool,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Print a container's label; a second one for the same content needs --reason
    Label {
        /// The container
        container: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Open a closed container again; needs --reason
    Reopen {
        /// The container
        container: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Take everything out of a container and give up its number; needs --reason
    Disaggregate {
        /// The container
        container: String,
        #[command(flatten)]
        who: WhoArgs,
    },
    /// Take a pack or container, with all that is inside, out of use; needs --reason
    #[command(visible_alias = "out")]
    End {
        /// How it ends
        #[arg(value_enum)]
        how: How,
        /// The unit
        unit: String,
        #[command(flatten)]
        who: WhoArgs,
    },
}

/// Units of an order.
#[derive(Debug, Clone, clap::Args)]
struct Units {
    /// Scans of packs and containers; "-" reads one a line from standard input, as a hand scanner types them
    #[arg(required = true, value_name = "SCAN")]
    units: Vec<String>,
}

/// Ends of a unit's life.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum How {
    /// Taken as a sample
    Sampled,
    /// Damaged
    Damaged,
    /// Destroyed
    Destroyed,
    /// Its number is taken out of use
    Decommissioned,
    /// Stripped of its number to be run again
    Reworked,
    /// Given to a patient or customer
    Dispensed,
    /// Nobody can find it
    Lost,
}

impl How {
    fn end(self) -> End {
        match self {
            How::Sampled => End::Sampled,
            How::Damaged => End::Damaged,
            How::Destroyed => End::Destroyed,
            How::Decommissioned => End::Decommissioned,
            How::Reworked => End::Reworked,
            How::Dispensed => End::Dispensed,
            How::Lost => End::Lost,
        }
    }
}

impl Units {
    fn read(&self) -> Result<Vec<String>, Failure> {
        scans(&self.units)
    }
}

/// The scans of an order: as they were given, or one a line from standard input where "-" stands.
///
/// # Errors
/// Standard input cannot be read, or holds too much.
pub fn scans(given: &[String]) -> Result<Vec<String>, Failure> {
    let mut scans = Vec::new();
    for scan in given {
        match scan.as_str() {
            "-" => read_lines(&mut std::io::stdin().lock(), &mut scans)?,
            _ => scans.push(scan.clone()),
        }
    }
    Ok(scans)
}

fn read_lines(from: &mut impl BufRead, scans: &mut Vec<String>) -> Result<(), Failure> {
    let usage = |text: String| Failure::new(Exit::Usage, text);
    loop {
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut *from, SCAN_LINE_MAX).read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| usage(format!("Standard input cannot be read: {error}.")))?;
        let number = scans.len() + 1;
        if read as u64 == SCAN_LINE_MAX && line.last() != Some(&b'\n') {
            return Err(usage(format!(
                "Line {number} of standard input is longer than {SCAN_LINE_MAX} bytes: that is no scan."
            )));
        }
        if read == 0 {
            return Ok(());
        }
        let text = String::from_utf8(line).map_err(|_| {
            usage(format!(
                "Line {number} of standard input is not UTF-8 text."
            ))
        })?;
        let text = text.trim();
        if !text.is_empty() {
            scans.push(text.to_owned());
        }
        if scans.len() > ORDER_UNITS_MAX {
            return Err(usage(format!(
                "One order takes {ORDER_UNITS_MAX} scans at most: give several orders."
            )));
        }
    }
}

/// Gives the order, waits until it is on disk, and says what must be known of it.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step.
pub fn give(who: &WhoArgs, order: PackagingOrder) -> Ended {
    let told = who.pack(&mut who.connect()?, order)?;
    told.iter().try_for_each(|line| print_line(line))?;
    Ok(Exit::Ok)
}

/// Gives the order of these arguments.
///
/// # Errors
/// As [`give`].
pub fn run(args: &PackArgs) -> Ended {
    let (who, order) = match args.action.clone() {
        PackAction::Begin { level, code, who } => (who, PackagingOrder::Begin { level, code }),
        PackAction::Put {
            into,
            units,
            layer,
            who,
        } => {
            let (units, seen) = match &layer.picture {
                Some(picture) => {
                    let (units, seen) = super::layer::units(picture, &layer)?;
                    (units, Some(seen))
                }
                None => (scans(&units)?, None),
            };
            (who, PackagingOrder::Put { into, units, seen })
        }
        PackAction::Take { units, who } => {
            let units = units.read()?;
            (who, PackagingOrder::Take { units })
        }
        PackAction::Move { into, units, who } => {
            let units = units.read()?;
            (who, PackagingOrder::Move { into, units })
        }
        PackAction::Replace { out, with, who } => (who, PackagingOrder::Replace { out, with }),
        PackAction::Close {
            container,
            label,
            picture,
            partial,
            who,
        } => {
            let mut labels = label;
            let mut seen = None;
            if let Some(picture) = &picture {
                let (read, evidence) = super::layer::label(picture)?;
                labels.extend(read);
                seen = Some(evidence);
            }
            let order = PackagingOrder::Close {
                container,
                labels,
                seen,
                partial,
            };
            (who, order)
        }
        PackAction::Label { container, who } => (who, PackagingOrder::Label { container }),
        PackAction::Reopen { container, who } => (who, PackagingOrder::Reopen { container }),
        PackAction::Disaggregate { container, who } => {
            (who, PackagingOrder::Disaggregate { container })
        }
        PackAction::End { how, unit, who } => {
            let end = how.end();
            (who, PackagingOrder::End { unit, end })
        }
    };
    give(&who, order)
}
