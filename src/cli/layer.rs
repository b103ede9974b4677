//! Pictures of a layer of packs, or of a container's label: every bar code in them, for an order at the station. The
//! pictures stay where they are; what goes on record is what was read and the picture's hash.

use super::exit::{Exit, Failure};
use super::look::load;
use super::overlay;
use crate::record::PictureHash;
use crate::vision::everything::{Everything, draw_over, scans, symbols};
use crate::vision::reader::Reader;
use crate::vision::{Picture, Symbol, frame};
use crate::wire::packaging::Seen;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The picture of a layer.
#[derive(Debug, Clone, clap::Args)]
pub struct LayerArgs {
    /// Read the units in this picture of a layer (PNG, JPEG or PGM): all of them go in, or none
    #[arg(long, value_name = "FILE", conflicts_with = "units")]
    pub picture: Option<PathBuf>,
    /// How many units the picture must show [default: `layer` of the level, where the station file has it]
    #[arg(long, value_name = "N", requires = "picture")]
    pub expect: Option<u32>,
    /// Write the picture with an outline around every symbol, those that were not read in another colour, as PNG
    #[arg(long, value_name = "FILE", requires = "picture")]
    pub overlay: Option<PathBuf>,
}

fn refused(text: String) -> Failure {
    Failure::new(Exit::SomeRefused, text)
}

/// A picture and its hash.
fn picture_of(path: &Path) -> Result<(Picture, PictureHash), Failure> {
    let about = |why: String| refused(format!("{}: {why}", path.display()));
    let bytes = load(path).map_err(about)?;
    let picture = Picture::decode(&bytes).map_err(|error| about(error.to_string()))?;
    Ok((picture, PictureHash(Sha256::digest(&bytes).into())))
}

/// The units in a picture of a layer, as scans, and what goes on record of the picture.
///
/// # Errors
/// The picture cannot be read; something in it looks like a symbol and was not read; nothing was read; the overlay
/// cannot be written.
pub fn units(path: &Path, args: &LayerArgs) -> Result<(Vec<String>, Seen), Failure> {
    let (picture, hash) = picture_of(path)?;
    let everything = symbols(&mut Reader::new(), &picture);
    if let Some(file) = &args.overlay {
        save(path, file, &picture, &everything)?;
    }
    let read = everything.symbols.len();
    let unread = everything.unread.len();
    if unread > 0 || read == 0 || everything.cut_short {
        let more = if everything.cut_short {
            " There may be more: take a picture of less."
        } else {
            ""
        };
        return Err(refused(format!(
            "{}: {read} symbols were read, {unread} places look like a symbol and were not read; nothing was \
             done.{more} Look at them (--overlay FILE), straighten or take out what cannot be read, and take a new \
             picture. [unread]",
            path.display()
        )));
    }
    let scans = everything
        .symbols
        .iter()
        .map(|symbol| symbol.said().scan())
        .collect();
    let seen = Seen {
        picture: hash,
        read: read as u32,
        expected: args.expect,
    };
    Ok((scans, seen))
}

/// What stands on the label in a picture, as scans, and what goes on record of the picture. Symbols that are no GS1 are
/// not the label's.
///
/// # Errors
/// The picture cannot be read, or no GS1 bar code was read in it.
pub fn label(path: &Path) -> Result<(Vec<String>, Seen), Failure> {
    let (picture, hash) = picture_of(path)?;
    let (everything, scans) = scans(&mut Reader::new(), &picture);
    let foreign: Vec<String> = everything
        .symbols
        .iter()
        .filter(|symbol| !symbol.is_gs1())
        .map(|symbol: &Symbol| symbol.said().scan())
        .collect();
    let scans: Vec<String> = scans
        .into_iter()
        .filter(|scan| !foreign.contains(scan))
        .collect();
    if scans.is_empty() {
        return Err(refused(format!(
            "{}: no GS1 bar code was read in it; nothing was done. Take a new picture, upright and sharp, with the \
             whole label in it. [unread]",
            path.display()
        )));
    }
    let seen = Seen {
        picture: hash,
        read: scans.len() as u32,
        expected: None,
    };
    Ok((scans, seen))
}

fn save(of: &Path, file: &Path, picture: &Picture, seen: &Everything) -> Result<(), Failure> {
    overlay::open(of, file)?.write_png(&draw_over(&frame(picture), seen))
}
