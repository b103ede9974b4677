//! The nodes of a GenICam description, read from its XML or from a table of registers. PURE.

use super::formula::FORMULA_LENGTH_MAX;
use super::{Features, Formula, Node, Register, Source, Term};
use roxmltree::{Document, Node as Element, ParsingOptions};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Longest description, in bytes, unpacked.
pub const DESCRIPTION_MAX: usize = 16 * 1024 * 1024;
/// Most elements and attributes of a description.
pub const NODES_MAX: u32 = 1_000_000;

/// A number as descriptions write it: `0x1F`, `31`, `-4`, `1.5`, `1e-3`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16)
            .ok()
            .map(|value| value as f64);
    }
    let plain = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite() && text.chars().all(plain))
}

fn text<'a>(element: Element<'a, '_>, name: &str) -> Option<&'a str> {
    let child = element
        .children()
        .find(|child| child.has_tag_name_any(name))?;
    child.text().map(str::trim)
}

/// Names of elements without their namespace.
trait Named {
    fn has_tag_name_any(&self, name: &str) -> bool;
}

impl Named for Element<'_, '_> {
    fn has_tag_name_any(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// A number in `<NAME>` or another node in `<pNAME>`.
fn source(element: Element<'_, '_>, name: &str) -> Option<Source> {
    if let Some(node) = text(element, &format!("p{name}")) {
        return Some(Source::Of(node.to_owned()));
    }
    text(element, name).and_then(number).map(Source::Is)
}

fn formula(element: Element<'_, '_>, name: &str, whole: bool) -> Option<Formula> {
    let mut names = BTreeMap::new();
    let mut inner = BTreeMap::new();
    for child in element.children().filter(Element::is_element) {
        let (Some(known), Some(what)) = (child.attribute("Name"), child.text()) else {
            continue;
        };
        let what = what.trim();
        match child.tag_name().name() {
            "pVariable" => {
                names.insert(known.to_owned(), Source::Of(what.to_owned()));
            }
            "Constant" => {
                names.insert(known.to_owned(), Source::Is(number(what)?));
            }
            "Expression" => {
                inner.insert(known.to_owned(), what.to_owned());
            }
            _ => {}
        }
    }
    let text = text(element, name)?.to_owned();
    (text.len() <= FORMULA_LENGTH_MAX).then_some(Formula {
        text,
        whole,
        names,
        inner,
    })
}

/// Where a register lies, as its element and those that hold it say.
fn address(element: Element<'_, '_>, name: &str, features: &mut Features) -> Vec<Term> {
    let mut terms = Vec::new();
    for (no, child) in element.children().filter(Element::is_element).enumerate() {
        let what = child.text().unwrap_or("").trim().to_owned();
        match child.tag_name().name() {
            "Address" => terms.extend(number(&what).map(Term::Is)),
            "pAddress" => terms.push(Term::Of(what)),
            "pIndex" => {
                let offset = match (child.attribute("Offset"), child.attribute("pOffset")) {
                    (Some(offset), _) => number(offset).map(Source::Is),
                    (None, Some(node)) => Some(Source::Of(node.to_owned())),
                    (None, None) => Some(Source::Is(1.0)),
                };
                terms.extend(offset.map(|offset| Term::Index { node: what, offset }));
            }
            "IntSwissKnife" | "SwissKnife" => {
                let inline = format!("{name}/address {no}");
                if let Some(formula) = formula(child, "Formula", true) {
                    features
                        .nodes
                        .insert(inline.clone(), Node::Formula(formula));
                }
                terms.push(Term::Of(inline));
            }
            _ => {}
        }
    }
    terms
}

/// A register, and a part of one whose element is `part`.
fn register(
    element: Element<'_, '_>,
    part: Element<'_, '_>,
    name: &str,
    features: &mut Features,
) -> Option<Node> {
    let length = source(element, "Length")?;
    let of = |name: &str| text(part, name).or_else(|| text(element, name));
    let little = of("Endianess") != Some("BigEndian");
    let bit = |name: &str| text(part, name).and_then(number).map(|bit| bit as u32);
    let bits = match (bit("Bit"), bit("LSB"), bit("MSB")) {
        (Some(bit), ..) => Some((bit, bit)),
        (None, Some(low), Some(high)) => Some((low, high)),
        _ => None,
    };
    // In big-endian registers bits are counted from the most significant one.
    let width = match &length {
        Source::Is(bytes) => (*bytes as u32).saturating_mul(8),
        Source::Of(_) => 32,
    };
    let counted = |bit: u32| {
        if little {
            bit
        } else {
            (width.max(1) - 1).saturating_sub(bit)
        }
    };
    let bits = bits.map(|(low, high)| (counted(low), counted(high)));
    let bits = bits.map(|(one, other)| (one.min(other), one.max(other)));
    Some(Node::Register(Register {
        address: address(element, name, features),
        length,
        little,
        signed: of("Sign") == Some("Signed"),
        bits,
        float: element.has_tag_name_any("FloatReg"),
    }))
}

fn node(element: Element<'_, '_>, name: &str, features: &mut Features) -> Option<Node> {
    let kind = element.tag_name().name();
    Some(match kind {
        "IntReg" | "MaskedIntReg" | "FloatReg" => register(element, element, name, features)?,
        "Integer" | "Float" => Node::Number(source(element, "Value")?),
        "Boolean" => Node::Boolean {
            value: source(element, "Value").or_else(|| {
                // A truth that stands in the description itself is a word.
                text(element, "Value")
                    .map(|word| Source::Is(if word == "true" { 1.0 } else { 0.0 }))
            })?,
            on: text(element, "OnValue").and_then(number).unwrap_or(1.0),
            off: text(element, "OffValue").and_then(number).unwrap_or(0.0),
        },
        "Enumeration" => {
            let entries = element
                .children()
                .filter(|child| child.has_tag_name_any("EnumEntry"));
            let entry = |child: Element<'_, '_>| {
                Some((child.attribute("Name")?.to_owned(), source(child, "Value")?))
            };
            Node::Enumeration {
                value: source(element, "Value")?,
                entries: entries.filter_map(entry).collect(),
            }
        }
        "Command" => Node::Command {
            value: source(element, "Value")?,
            command: source(element, "CommandValue")?,
        },
        "SwissKnife" | "IntSwissKnife" => {
            Node::Formula(formula(element, "Formula", kind == "IntSwissKnife")?)
        }
        "Converter" | "IntConverter" => Node::Converter {
            to: formula(element, "FormulaTo", kind == "IntConverter")?,
            from: formula(element, "FormulaFrom", kind == "IntConverter")?,
            value: text(element, "pValue")?.to_owned(),
        },
        _ => return None,
    })
}

impl Features {
    /// Reads a description.
    ///
    /// # Errors
    /// A sentence part that says why it is none.
    pub fn of_xml(xml: &str) -> Result<Features, String> {
        if xml.len() > DESCRIPTION_MAX {
            return Err(format!("it has more than {DESCRIPTION_MAX} bytes"));
        }
        let options = ParsingOptions {
            nodes_limit: NODES_MAX,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(xml, options)
            .map_err(|why| format!("it is no XML: {why}"))?;
        if !document
            .root_element()
            .has_tag_name_any("RegisterDescription")
        {
            let found = document
                .root_element()
                .tag_name()
                .name()
                .chars()
                .take(40)
                .collect::<String>();
            return Err(format!("it is a {found:?}, not a RegisterDescription"));
        }
        let mut features = Features::default();
        for element in document
            .root_element()
            .descendants()
            .filter(Element::is_element)
        {
            let kind = element.tag_name().name();
            if kind == "StructReg" {
                for part in element
                    .children()
                    .filter(|child| child.has_tag_name_any("StructEntry"))
                {
                    if let Some(name) = part.attribute("Name")
                        && let Some(node) = register(element, part, name, &mut features)
                    {
                        features.nodes.insert(name.to_owned(), node);
                    }
                }
                continue;
            }
            let inside = [
                "EnumEntry",
                "StructEntry",
                "pVariable",
                "Constant",
                "Expression",
            ]
            .contains(&kind);
            let Some(name) = element.attribute("Name").filter(|_| !inside) else {
                continue;
            };
            match node(element, name, &mut features) {
                Some(node) => {
                    features.nodes.insert(name.to_owned(), node);
                }
                None => {
                    features.strange.insert(name.to_owned(), kind.to_owned());
                }
            }
        }
        Ok(features)
    }

    /// Reads a table of registers: for every feature `register`, and where needed `values` (the entries of an
    /// enumeration), `command` (what a command writes) or `float = true`.
    ///
    /// # Errors
    /// A sentence part that says what is wrong with it.
    pub fn of_table(toml: &str) -> Result<Features, String> {
        let table: Table = toml::from_str(toml).map_err(|why| why.message().to_owned())?;
        let mut features = Features::default();
        for (name, row) in table.feature {
            let at = format!("{name}Register");
            let value = Source::Of(at.clone());
            let register = Register {
                address: vec![Term::Is(f64::from(row.register))],
                length: Source::Is(4.0),
                little: false,
                signed: false,
                bits: None,
                float: row.float,
            };
            features.nodes.insert(at, Node::Register(register));
            let node = match (row.command, row.values) {
                (Some(command), _) => Node::Command {
                    value,
                    command: Source::Is(f64::from(command)),
                },
                (None, Some(values)) => {
                    let entries = values
                        .into_iter()
                        .map(|(name, value)| (name, Source::Is(f64::from(value))));
                    Node::Enumeration {
                        value,
                        entries: entries.collect(),
                    }
                }
                (None, None) => Node::Number(value),
            };
            features.nodes.insert(name, node);
        }
        Ok(features)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    feature: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    register: u32,
    #[serde(default)]
    float: bool,
    command: Option<u32>,
    values: Option<BTreeMap<String, u32>>,
}
