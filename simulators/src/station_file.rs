//! A station file as the simulators read it: which factory fits it, and the same file with other addresses.
//!
//! Read on its own, not by the station's code: what the two understand differently shows when they meet. Only what the
//! factory needs is looked at; whether the rest is sound is for `vidimus check` to say.

mod address;
mod build;
mod packing;
mod table;
#[cfg(test)]
mod test;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

pub use table::Mistake;

use crate::factory::{FactoryAddresses, PlantOptions};

/// Where the devices listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Places {
    /// Where the file says.
    AsWritten,
    /// Where there is room; folders of cameras are made in this folder.
    Free(PathBuf),
}

/// A device of the file and where its address stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    span: Range<usize>,
    written: String,
    device: Device,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Device {
    Printer(u8),
    Plc(u8),
    Camera(u8),
    LabelPrinter,
    Reader(String),
    /// No device: a file beside the station file, by its whole path.
    Map(PathBuf),
}

/// What fits a station file.
#[derive(Debug, Clone, PartialEq)]
pub struct StationPlan {
    /// The factory; without folder, control port and idle end, which no station file names.
    pub plant: PlantOptions,
    text: String,
    places: Vec<Place>,
}

impl StationPlan {
    /// Reads a station file.
    ///
    /// # Errors
    /// Everything for which no factory can be built, in the order of the text.
    pub fn read(text: &str, places: &Places) -> Result<StationPlan, Vec<Mistake>> {
        StationPlan::read_beside(Path::new(""), text, places)
    }

    /// The same of a station file in this folder, where relative paths of register maps start.
    ///
    /// # Errors
    /// As [`StationPlan::read`].
    pub fn read_beside(
        folder: &Path,
        text: &str,
        places: &Places,
    ) -> Result<StationPlan, Vec<Mistake>> {
        let mut document = table::Document::read(text)?;
        document.folder = folder.to_owned();
        let (plant, found) = build::build(&document, places)?;
        Ok(StationPlan {
            plant,
            text: text.to_owned(),
            places: found,
        })
    }

    /// The text of the station file with the addresses at which the factory's devices really are, and whole paths of
    /// register maps: the copy may lie anywhere.
    #[must_use]
    pub fn with_addresses(&self, at: &FactoryAddresses) -> String {
        let mut places = self.places.clone();
        places.sort_by_key(|place| std::cmp::Reverse(place.span.start));
        let mut text = self.text.clone();
        for place in &places {
            if let Device::Map(whole) = &place.device {
                let quoted = toml::Value::String(whole.display().to_string()).to_string();
                text.replace_range(place.span.clone(), &quoted);
                continue;
            }
            let lane = |lane: u8| {
                let several = at.lanes.iter().find(|one| one.lane == lane);
                match several {
                    Some(one) => [&one.printer, &one.plc, &one.camera].map(Option::clone),
                    None => [&at.printer, &at.plc, &at.camera].map(Option::clone),
                }
            };
            let address = match &place.device {
                Device::Printer(number) => lane(*number)[0].clone(),
                Device::Plc(number) => lane(*number)[1].clone(),
                Device::Camera(number) => lane(*number)[2].clone(),
                Device::LabelPrinter => at.label_printer.clone(),
                Device::Reader(name) => at.readers.get(name).cloned(),
                Device::Map(_) => None,
            };
            if let Some(address) = address {
                let address = address::with_settings_of(&place.written, address);
                let quoted = toml::Value::String(address).to_string();
                text.replace_range(place.span.clone(), &quoted);
            }
        }
        text
    }
}
