//! Every key of a station file with its value, by names that stay when a section is put in before. PURE.

use super::keys::SECTIONS;
use super::reader::{Document, Section};
use crate::record::Settings;
use std::collections::BTreeSet;

/// Sections whose order means something: the first point is number 1, the first level the lowest.
const ORDERED: [&str; 2] = ["level", "point"];

/// `limits.workers`, `printer[NAME].address`, `product[GTIN].name`.
pub(super) fn settings(document: &Document) -> Settings {
    let mut values = Vec::new();
    for row in SECTIONS {
        let mut taken = BTreeSet::new();
        for (at, section) in document.all(row.name).iter().enumerate() {
            let named = section.text(its_name(row.name));
            let path = match named.filter(|name| row.many && taken.insert((*name).to_owned())) {
                Some(name) => format!("{}[{name}]", row.name),
                None => section.path.clone(),
            };
            if ORDERED.contains(&row.name) {
                values.push((format!("{path}.place"), (at + 1).to_string()));
            }
            values.extend(of(section).map(|(key, value)| (format!("{path}.{key}"), value)));
        }
    }
    values.into_iter().collect()
}

/// What tells sections of this kind apart.
fn its_name(section: &str) -> &'static str {
    match section {
        "product" => "gtin",
        _ => "name",
    }
}

fn of(section: &Section) -> impl Iterator<Item = (&'static str, String)> {
    section.values()
}

#[cfg(test)]
mod test {
    use crate::config::{DEMO, parse};

    #[test]
    fn a_changed_value_is_one_change_and_a_section_put_in_before_renames_none() {
        let before = parse("demo", DEMO).expect("it is sound").settings;
        let text = DEMO.replacen("workers = 2", "workers = 3", 1);
        let after = parse("demo", &text).expect("it is sound").settings;
        let changes = before.changes_to(&after);
        let [change] = &changes[..] else {
            panic!("{changes:?}");
        };
        assert_eq!(change.key, "limits.workers");
        assert_eq!(
            (change.old.as_deref(), change.new.as_deref()),
            (Some("2"), Some("3"))
        );
        let product = "\n[[product]]\nname = \"Other\"\ngtin = \"09521234543213\"\n\n[[product]]\n";
        let text = DEMO.replacen("\n[[product]]\n", product, 1);
        let after = parse("demo", &text).expect("it is sound").settings;
        let keys: Vec<String> = before
            .changes_to(&after)
            .into_iter()
            .map(|one| one.key)
            .collect();
        let put_in = [
            "product[09521234543213].gtin",
            "product[09521234543213].name",
        ];
        assert_eq!(keys, put_in);
        assert!(
            before.get("point[gate-1].place").is_some() || before.get("people.sign_in").is_some()
        );
    }
}
