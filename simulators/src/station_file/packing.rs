//! The packing hall that fits a station file: levels, label printer, readers.

use super::{
    Device, Places,
    address::{self, Link},
    build::{Found, note, note_key, reach_printer},
    table::{Document, Mistake, Section},
};
use crate::{
    factory::{Devices, FactoryOptions, HallOptions, ReaderLink, ReaderOptions},
    packing::{Labelling, LevelOptions, PackingOptions},
    printer::{Language, Media, Model},
    reader::{Family, Setup},
};

/// From label to reader and on to the level above, in ms.
const WAY_MS: u64 = 300;
/// The level of packs themselves.
const PACKS: &str = "pack";
/// Media for labels of containers, in mm: A6 and a little more.
const LABEL_MM: (u32, u32) = (105, 148);

/// The hall, where the file has levels, and its label printer.
pub(super) fn build(
    document: &Document,
    places: &Places,
    found: &mut Found,
) -> (Option<HallOptions>, Option<FactoryOptions>) {
    let mut readers = Vec::new();
    let (mut at_level, mut pack_points) = (Vec::new(), Vec::new());
    let scans = |point: &&Section| {
        point
            .text("kind", Some(""))
            .is_ok_and(|kind| kind == "scan")
    };
    for point in document.all("point").filter(scans) {
        let reader = reader(document, point, places, found);
        if let Some((level, reader)) = found.keep(reader) {
            if level == PACKS {
                pack_points.push(reader.point.clone());
            } else if !document
                .all("level")
                .any(|one| one.text("name", None).as_ref() == Ok(&level))
            {
                let text =
                    format!("No [[level]] has the name '{level}', so nothing comes to this point.");
                found.mistakes.push(point.mistake("level", text));
            }
            at_level.push((level, reader.point.clone()));
            readers.push(reader);
        }
    }
    let mut levels = Vec::new();
    for section in document.all("level") {
        let level = level(section, &at_level);
        levels.extend(found.keep(level));
    }
    let labeller = label_printer(document, places, found);
    let labeller = found.keep(labeller).flatten();
    if levels.is_empty() {
        return (None, labeller);
    }
    let packing = PackingOptions {
        levels,
        pack_points,
        way_ms: WAY_MS,
    };
    (Some(HallOptions { packing, readers }), labeller)
}

fn level(section: &Section, points: &[(String, String)]) -> Result<LevelOptions, Mistake> {
    let name = section.text("name", None)?;
    let holds = section.whole("holds", (1, 10_000), None)?;
    let number = section.text("number", Some("sscc"))?;
    let labelling = match section.text("label", Some("scan"))?.as_str() {
        "none" => Labelling::Nothing,
        "print" => Labelling::Printed,
        "scan" if number == "sscc" => Labelling::ByHand,
        "scan" => Labelling::Roll(number),
        other => {
            let text =
                format!("No container has its label by '{other}': write none, scan or print.");
            return Err(section.mistake("label", text));
        }
    };
    let here = points.iter().filter(|(level, _)| *level == name);
    Ok(LevelOptions {
        holds: usize::try_from(holds).unwrap_or(1),
        labelling,
        points: here.map(|(_, point)| point.clone()).collect(),
        name,
    })
}

fn reader(
    document: &Document,
    point: &Section,
    places: &Places,
    found: &mut Found,
) -> Result<(String, ReaderOptions), Mistake> {
    let device = point.text("device", None)?;
    let Some(section) = document.named("reader", &device) else {
        let text = format!("No [[reader]] has the name '{device}'.");
        return Err(point.mistake("device", text));
    };
    note(found, section, Device::Reader(device));
    let mut reader = reader_as_written(section, point.text("name", None)?, places)?;
    // Without it nobody knows what a scanned label says.
    reader.setup.aim = true;
    Ok((point.text("level", Some(PACKS))?, reader))
}

/// A reader at this point as its section says; symbology identifiers are for whoever calls.
pub(super) fn reader_as_written(
    section: &Section,
    point: String,
    places: &Places,
) -> Result<ReaderOptions, Mistake> {
    let written = section.text("address", None)?;
    let (family, link) =
        address::link(&written, places).map_err(|why| section.mistake("address", why))?;
    let as_written = *places == Places::AsWritten;
    let link = match link {
        Link::Tcp(at) => ReaderLink::Tcp(at),
        Link::Serial { device, baud } => ReaderLink::Serial {
            baud,
            device: as_written.then_some(device),
        },
    };
    let family = Family::parse(&family).map_err(|why| section.mistake("address", why))?;
    let mut setup = Setup::new(family);
    let written = |key: &str, default: &str| -> Result<Option<String>, Mistake> {
        let text = section.text(key, Some(default))?;
        Ok((text != default).then_some(text))
    };
    if let Some(prefix) = written("prefix", "usual")? {
        setup.prefix = prefix.into_bytes();
    }
    if let Some(suffix) = written("suffix", "usual")? {
        setup.suffix = suffix.into_bytes();
    }
    if let Some(no_read) = written("no_read", "usual")? {
        setup.no_read = no_read;
    }
    setup.counter = written("counter", "none")?;
    if let Some(gs) = written("gs", "usual")? {
        setup.gs = gs;
    }
    Ok(ReaderOptions {
        name: section.text("name", None)?,
        point,
        setup,
        link,
    })
}

/// The printer of containers' labels.
fn label_printer(
    document: &Document,
    places: &Places,
    found: &mut Found,
) -> Result<Option<FactoryOptions>, Mistake> {
    let packaging = document.only("packaging");
    let written = packaging.text("label_printer", Some("none"))?;
    if written == "none" {
        return Ok(None);
    }
    let bad = |why: String| packaging.mistake("label_printer", why);
    let (word, link) = address::link(&written, places).map_err(bad)?;
    let language = Language::parse(&word).map_err(bad)?;
    let dpmm = packaging.whole("label_dpmm", (8, 12), Some(8))?;
    note_key(found, &packaging, "label_printer", Device::LabelPrinter);
    let mut options = FactoryOptions::new(std::path::PathBuf::new());
    (options.dir, options.idle_end_ms) = (None, None);
    options.devices = Devices {
        printer: true,
        plc: false,
        camera: false,
    };
    options.line.printer = Model::speaking(language);
    options.line.media = Media {
        dpmm: u32::try_from(dpmm).unwrap_or(8),
        width_mm: LABEL_MM.0,
        length_mm: LABEL_MM.1,
    };
    reach_printer(&mut options, link, places);
    Ok(Some(options))
}
