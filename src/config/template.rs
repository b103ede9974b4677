//! The commented station file the program brings along, and putting values into it. PURE.

use toml::de::{DeTable, DeValue};
use vidimus_drivers::address::DESCRIBED;

/// `templates/stations/demo.toml`.
pub const DEMO: &str = include_str!("../../templates/stations/demo.toml");

/// Extension digit and a company prefix that GS1 keeps for examples.
const DEMO_SSCC_PREFIX: &str = "39521234";

/// The demo's station file: the template with the addresses of the simulated devices and the data
/// folder put in; names are believed, and cases fill by themselves.
pub fn demo_text(printer: &str, plc: &str, camera: &str, data_dir: &str) -> String {
    // Of the printers that a file describes there is one simulated coder.
    let described = printer.starts_with(&format!("{DESCRIBED}+"));
    let description = if described { "coder" } else { "none" };
    [
        ("printer", "address", printer),
        ("printer", "description", description),
        ("plc", "address", plc),
        ("camera", "address", camera),
        ("station", "data_dir", data_dir),
        // Nobody is enrolled at a line of simulated devices.
        ("people", "sign_in", "names-only"),
        // Cases fill by themselves; nobody is there to scan their labels.
        ("packaging", "fill", "automatic"),
        ("packaging", "sscc_prefix", DEMO_SSCC_PREFIX),
        ("level", "label", "none"),
    ]
    .into_iter()
    .fold(DEMO.to_owned(), |text, (section, key, value)| {
        with_value(&text, section, key, &toml::Value::from(value))
            .expect("the template holds every key the demo puts a value in")
    })
}

/// The text with one value replaced, comments kept. In a section that stands several times, the
/// first is meant.
///
/// `None` when the text is not TOML or does not hold that key.
pub fn with_value(text: &str, section: &str, key: &str, value: &toml::Value) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let found = table.get_ref().get(section)?.get_ref();
    let section = match found {
        DeValue::Array(entries) => entries.first()?.get_ref(),
        other => other,
    };
    let span = section.as_table()?.get(key)?.span();
    Some([&text[..span.start], &value.to_string(), &text[span.end..]].concat())
}
