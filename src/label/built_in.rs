//! The templates this program carries. PURE.

use super::{ContainerTemplate, Template};

/// Names and texts of those for packs.
const PACKS: &[(&str, &str)] = &[
    (
        "pharma-pack",
        include_str!("../../templates/labels/pharma-pack/label.toml"),
    ),
    (
        "lot-pack",
        include_str!("../../templates/labels/lot-pack/label.toml"),
    ),
    (
        "crypto-pack",
        include_str!("../../templates/labels/crypto-pack/label.toml"),
    ),
    (
        "eu-pack",
        include_str!("../../templates/labels/eu-pack/label.toml"),
    ),
    (
        "us-pack",
        include_str!("../../templates/labels/us-pack/label.toml"),
    ),
];

/// Names and texts of those for containers.
const CONTAINERS: &[(&str, &str)] = &[
    (
        "case",
        include_str!("../../templates/labels/case/label.toml"),
    ),
    (
        "case-gtin",
        include_str!("../../templates/labels/case-gtin/label.toml"),
    ),
    (
        "pallet",
        include_str!("../../templates/labels/pallet/label.toml"),
    ),
];

fn text_of(templates: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    let found = templates.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

/// The names of the templates for packs that this program carries.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|(name, _)| *name)
}

/// The text of a template for packs that this program carries.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    text_of(PACKS, name)
}

/// A template for packs that this program carries.
pub fn built_in(name: &str) -> Option<Template> {
    built_in_text(name).map(|text| Template::parse(text).expect("built-in templates are right"))
}

/// The names of the templates for containers that this program carries.
pub fn container_names() -> impl Iterator<Item = &'static str> {
    CONTAINERS.iter().map(|(name, _)| *name)
}

/// The text of a template for containers that this program carries.
pub fn container_text(name: &str) -> Option<&'static str> {
    text_of(CONTAINERS, name)
}

/// A template for containers that this program carries.
pub fn container_template(name: &str) -> Option<ContainerTemplate> {
    let text = container_text(name)?;
    Some(ContainerTemplate::parse(text).expect("built-in templates are right"))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::hash_of;

    #[test]
    fn built_in_templates_hash_their_text() {
        for name in built_in_names() {
            let template = built_in(name).unwrap();
            assert_eq!(template.hash(), hash_of(built_in_text(name).unwrap()));
        }
        assert!(built_in("no such").is_none() && container_template("no such").is_none());
    }
}
