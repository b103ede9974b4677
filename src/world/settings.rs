//! What a world is built for: the station file of the demo, with the figures that follow from the belt's rate.

use crate::config::{self, Config};
use crate::label::{self, Template};
use crate::record::LabelText;
use vidimus_simulators::belt::Rate;
use vidimus_simulators::printer::Language;
use vidimus_simulators::random::Random;

/// What follows from the rate: section, key and value of the station file. Belt: 80 mm from pack to pack, 600 mm from
/// camera to gate.
pub fn figures(rate: Rate) -> Vec<(&'static str, &'static str, i64)> {
    /// Shortest time between two packs on the elastic belt, in ms.
    const ELASTIC_INTERVAL_MS: i64 = 3;
    /// Of the way from camera to gate this much may pass until the verdict, in percent.
    const DEADLINE_PERCENT: i64 = 70;
    let (packs_per_min, interval_ms) = match rate {
        Rate::PacksPerMin(rate) => (i64::from(rate), (60_000 / i64::from(rate)).max(3)),
        Rate::Max => (20_000, ELASTIC_INTERVAL_MS),
    };
    let to_gate_ms = match rate {
        Rate::PacksPerMin(_) => interval_ms * 600 / 80,
        Rate::Max => 2_000,
    };
    let mut figures = vec![
        ("line", "rate_packs_per_min", packs_per_min),
        ("line", "shortest_pack_interval_ms", interval_ms),
        (
            "limits",
            "verdict_deadline_ms",
            (to_gate_ms * DEADLINE_PERCENT / 100).clamp(10, 400),
        ),
        // The rings of the simulated PLC are 64 deep: they bridge 18 packs.
        ("plc", "outage_tolerated_ms", (18 * interval_ms).min(60_000)),
    ];
    if rate == Rate::Max {
        // On the elastic belt the encoder tells nothing about where a pack is.
        figures.push(("line", "detect_to_head_counts", 0));
        figures.push(("line", "head_margin_counts", 0));
        figures.push(("limits", "print_queue_max", 24));
    }
    figures
}

/// The demo's station file with the rate's figures put in.
pub fn station_text(rate: Rate, addresses: [&str; 3], data_dir: &str) -> String {
    let [printer, plc, camera] = addresses;
    let text = config::demo_text(printer, plc, camera, data_dir);
    figures(rate)
        .into_iter()
        .fold(text, |text, (section, key, value)| {
            config::with_value(&text, section, key, &toml::Value::from(value))
                .expect("the template holds every key a rate puts a value in")
        })
}

/// Devices of a world have no address: nothing is opened. These are of the right kind, the printer's behind its scheme.
const NOWHERE: [&str; 3] = [
    "tcp://127.0.0.1:9100",
    "modbus+tcp://127.0.0.1:502",
    "http://127.0.0.1:80/stream",
];

/// What printers of worlds speak: of ten worlds so many each. Printers that take a whole label come more often than
/// coders, whose design is their own.
const LANGUAGES: [Language; 10] = [
    Language::Zpl,
    Language::Zpl,
    Language::Tspl,
    Language::Tspl,
    Language::Sbpl,
    Language::Sbpl,
    Language::Dpl,
    Language::Dpl,
    Language::Hitachi,
    Language::Coder,
];

/// What the printer of a world of this seed speaks where nobody asks for another language.
pub fn language(seed: u64) -> Language {
    let drawn = Random::stream(seed, 0x70E6).below(LANGUAGES.len() as u64);
    LANGUAGES[drawn as usize]
}

/// Packs of a case in a world: few, so that many cases are filled, and restarts and resynchronisations fall into them.
const CASE_PACKS: i64 = 7;
/// Of so many worlds one has batches with clearance, first articles and a plan of samples, and one has lot-only ones.
const COURSE_EVERY: u64 = 7;

/// The batches of a world of this seed are lot-only; the design of the coder has a place for a serial.
pub fn is_lot_only(seed: u64, printer: Language) -> bool {
    seed % COURSE_EVERY == 6 && printer != Language::Coder
}

/// What the station file says of batches in a world of this seed.
fn course(seed: u64) -> Vec<(&'static str, toml::Value)> {
    match seed % COURSE_EVERY {
        0 => vec![
            ("line_clearance", "required".into()),
            ("first_article", 2.into()),
            ("sample_every", 25.into()),
        ],
        _ => Vec::new(),
    }
}

/// The settings of a world's station.
pub fn config(packs_per_min: u32, seed: u64, printer: Language) -> Config {
    let [at, plc, camera] = NOWHERE;
    let at = format!("{}+{at}", printer.scheme());
    let rate = Rate::PacksPerMin(packs_per_min);
    let text = station_text(rate, [&at, plc, camera], "world");
    let text = config::with_value(&text, "level", "holds", &toml::Value::from(CASE_PACKS))
        .expect("the template has a level");
    let text = match is_lot_only(seed, printer) {
        true => config::with_value(&text, "station", "label_template", &"lot-pack".into())
            .expect("the template holds it"),
        false => text,
    };
    let text = course(seed).into_iter().fold(text, |text, (key, value)| {
        config::with_value(&text, "batch", key, &value).expect("the template holds it")
    });
    config::parse("world", &text).expect("the demo's template with a rate is sound")
}

/// The text of the label that a world's station prints.
pub fn label(config: &Config) -> LabelText {
    let name = &config.station.label_template;
    let text = label::built_in_text(name).expect("the demo's template is built in");
    LabelText::new(name.as_str(), text)
}

/// The label that a world's station prints.
pub fn template(config: &Config) -> Template {
    let name = &config.station.label_template;
    label::built_in(name).expect("the demo's template is built in")
}
