//! What a camera's GenICam description says of its features: which registers, which values. PURE.
//!
//! Source: the GenICam standard (GenApi 2.1) and the description of the fake camera of Aravis 0.8.26. Understood are
//! Integer, IntReg, MaskedIntReg, StructReg, Float, FloatReg, Boolean, Enumeration, Command, Converter, IntConverter,
//! SwissKnife and IntSwissKnife, with addresses that are numbers, other nodes, or index times offset. Conditions
//! (`pIsAvailable`, `pIsLocked`), limits and caches are not looked at: the camera itself refuses what is not allowed.
//! What cannot be worked out is named. In doubt: descriptions of real cameras were not at hand.
//!
//! Working a feature out may need registers of the camera. [`Features::read`] and [`Features::write`] say which one;
//! the owner reads it, puts it into [`Memory`], and asks again.

mod formula;
mod nodes;
mod packed;

pub use nodes::{DESCRIPTION_MAX, NODES_MAX};
pub use packed::unpack;

use std::collections::BTreeMap;

/// Deepest chain of nodes that lead from one to the next.
pub const CHAIN_MAX: u32 = 32;
/// Nodes visited for one feature.
const VISITS_MAX: u32 = 4_096;

/// Why a feature cannot be read or written (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// So many bytes at this address must be read first.
    Needs {
        /// Where.
        address: u32,
        /// How many.
        length: u16,
    },
    /// The camera has no feature of this name.
    Missing(String),
    /// It cannot be worked out, and why.
    Obscure(String),
}

/// What is written to a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Setting<'a> {
    /// An entry of an enumeration.
    Entry(&'a str),
    /// A number; of a command its own value is written instead.
    Number(f64),
}

/// What is to be done to write a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// These bytes to this address.
    Bytes {
        /// Where.
        address: u32,
        /// What.
        bytes: Vec<u8>,
    },
    /// Nothing: it is a number of the description itself, and [`Memory`] knows it now.
    Noted,
}

/// What is known of the camera's registers.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    registers: BTreeMap<(u32, u16), Vec<u8>>,
    noted: BTreeMap<String, f64>,
}

impl Memory {
    /// These bytes stand there.
    pub fn learn(&mut self, address: u32, bytes: Vec<u8>) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.registers.insert((address, length), bytes);
    }

    /// Something was written: registers may have changed.
    pub fn forget(&mut self) {
        self.registers.clear();
    }
}

/// A number that stands in the description or is another node's.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Is(f64),
    Of(String),
}

/// A part of an address.
#[derive(Debug, Clone, PartialEq)]
enum Term {
    Is(f64),
    Of(String),
    Index { node: String, offset: Source },
}

#[derive(Debug, Clone, PartialEq)]
struct Register {
    address: Vec<Term>,
    length: Source,
    little: bool,
    signed: bool,
    /// Least and most significant bit, counted from the least significant.
    bits: Option<(u32, u32)>,
    float: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Formula {
    text: String,
    whole: bool,
    names: BTreeMap<String, Source>,
    /// Named formulas inside it.
    inner: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Register(Register),
    Number(Source),
    Boolean {
        value: Source,
        on: f64,
        off: f64,
    },
    Enumeration {
        value: Source,
        entries: Vec<(String, Source)>,
    },
    Command {
        value: Source,
        command: Source,
    },
    Formula(Formula),
    Converter {
        to: Formula,
        from: Formula,
        value: String,
    },
}

/// The features of a camera.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Features {
    nodes: BTreeMap<String, Node>,
    /// Nodes of kinds that are not understood.
    strange: BTreeMap<String, String>,
}

/// One walk through the nodes.
struct Walk<'a> {
    features: &'a Features,
    memory: &'a Memory,
    visits: u32,
}

impl Features {
    /// Whether there is a feature of this name.
    pub fn has(&self, name: &str) -> bool {
        self.nodes.contains_key(name)
    }

    /// The value of a feature; of an enumeration the entry's number.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn read(&self, name: &str, memory: &Memory) -> Result<f64, Problem> {
        Walk {
            features: self,
            memory,
            visits: 0,
        }
        .read(name, 0)
    }

    /// The number of an enumeration's entry, when that needs nothing read.
    pub fn entry(&self, name: &str, entry: &str) -> Option<f64> {
        let Some(Node::Enumeration { entries, .. }) = self.nodes.get(name) else {
            return None;
        };
        entries
            .iter()
            .find(|(known, _)| known == entry)
            .and_then(|(_, value)| match value {
                Source::Is(value) => Some(*value),
                Source::Of(_) => None,
            })
    }

    /// What must be written to give a feature this value.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn write(
        &self,
        name: &str,
        setting: Setting<'_>,
        memory: &mut Memory,
    ) -> Result<Write, Problem> {
        let noted = {
            let mut walk = Walk {
                features: self,
                memory,
                visits: 0,
            };
            match walk.write(name, setting, 0)? {
                Wanted::Bytes { address, bytes } => return Ok(Write::Bytes { address, bytes }),
                Wanted::Note(node, value) => (node, value),
            }
        };
        memory.noted.insert(noted.0, noted.1);
        Ok(Write::Noted)
    }
}

enum Wanted {
    Bytes { address: u32, bytes: Vec<u8> },
    Note(String, f64),
}

impl Walk<'_> {
    fn node(&mut self, name: &str, depth: u32) -> Result<&Node, Problem> {
        self.visits += 1;
        if depth > CHAIN_MAX || self.visits > VISITS_MAX {
            return Err(Problem::Obscure(format!(
                "{name} leads in circles or too far"
            )));
        }
        match self.features.nodes.get(name) {
            Some(node) => Ok(node),
            None => match self.features.strange.get(name) {
                Some(kind) => Err(Problem::Obscure(format!("{name} is of the kind {kind}"))),
                None => Err(Problem::Missing(name.to_owned())),
            },
        }
    }

    fn read(&mut self, name: &str, depth: u32) -> Result<f64, Problem> {
        if let Some(noted) = self.memory.noted.get(name) {
            return Ok(*noted);
        }
        match self.node(name, depth)?.clone() {
            Node::Number(source)
            | Node::Enumeration { value: source, .. }
            | Node::Command { value: source, .. } => self.source(&source, depth),
            Node::Boolean { value, on, .. } => {
                let value = self.source(&value, depth)?;
                Ok(if value == on { 1.0 } else { 0.0 })
            }
            Node::Formula(formula) => self.formula(&formula, None, depth),
            Node::Converter { from, value, .. } => {
                let raw = self.read(&value, depth + 1)?;
                self.formula(&from, Some(("TO", raw)), depth)
            }
            Node::Register(register) => {
                let (address, length) = self.place(name, &register, depth)?;
                let Some(bytes) = self.memory.registers.get(&(address, length)) else {
                    return Err(Problem::Needs { address, length });
                };
                decode(name, &register, bytes)
            }
        }
    }

    fn source(&mut self, source: &Source, depth: u32) -> Result<f64, Problem> {
        match source {
            Source::Is(value) => Ok(*value),
            Source::Of(node) => self.read(node, depth + 1),
        }
    }

    fn formula(
        &mut self,
        formula: &Formula,
        given: Option<(&str, f64)>,
        depth: u32,
    ) -> Result<f64, Problem> {
        self.visits += 1;
        if depth > CHAIN_MAX || self.visits > VISITS_MAX {
            return Err(Problem::Obscure(
                "a formula leads in circles or too far".into(),
            ));
        }
        let mut value = |name: &str| {
            let bare = name.strip_suffix(".Value").unwrap_or(name);
            match (given, formula.names.get(bare)) {
                (Some((known, value)), _) if known == bare => Ok(value),
                (_, Some(source)) => self.source(source, depth),
                _ if bare == "PI" => Ok(std::f64::consts::PI),
                _ if bare == "E" => Ok(std::f64::consts::E),
                _ => match formula.inner.get(bare) {
                    Some(text) => {
                        let text = text.clone();
                        let inner = Formula {
                            text,
                            ..formula.clone()
                        };
                        self.formula(&inner, given, depth + 1)
                    }
                    None => Err(Problem::Obscure(format!("the name {bare} in a formula"))),
                },
            }
        };
        formula::evaluate(&formula.text, formula.whole, &mut value, &Problem::Obscure)
    }

    /// Where a register lies, and how long it is.
    fn place(
        &mut self,
        name: &str,
        register: &Register,
        depth: u32,
    ) -> Result<(u32, u16), Problem> {
        let mut address = 0.0;
        for term in &register.address {
            address += match term {
                Term::Is(at) => *at,
                Term::Of(node) => self.read(node, depth + 1)?,
                Term::Index { node, offset } => {
                    let index = self.read(node, depth + 1)?;
                    index * self.source(offset, depth)?
                }
            };
        }
        let length = self.source(&register.length, depth)?;
        let whole = |value: f64, most: f64| (0.0..=most).contains(&value) && value % 4.0 == 0.0;
        if register.address.is_empty()
            || !whole(address, f64::from(u32::MAX - 8))
            || !whole(length, 8.0)
            || length < 4.0
        {
            let why = format!(
                "the register {name} has {length} bytes at {address}; 4 or 8 at a multiple of 4 can be used"
            );
            return Err(Problem::Obscure(why));
        }
        Ok((address as u32, length as u16))
    }

    fn write(&mut self, name: &str, setting: Setting<'_>, depth: u32) -> Result<Wanted, Problem> {
        let node = self.node(name, depth)?.clone();
        let number = |setting: Setting<'_>| match setting {
            Setting::Number(value) => Ok(value),
            Setting::Entry(entry) => Err(Problem::Obscure(format!(
                "{name} is no enumeration that has {entry:?}"
            ))),
        };
        let (source, value) = match node {
            Node::Number(source) => (source, number(setting)?),
            Node::Boolean { value, on, off } => {
                (value, if number(setting)? == 0.0 { off } else { on })
            }
            Node::Command { value, command } => (value, self.source(&command, depth)?),
            Node::Enumeration { value, entries } => {
                let wanted = match setting {
                    Setting::Number(number) => number,
                    Setting::Entry(entry) => match entries.iter().find(|(known, _)| known == entry)
                    {
                        Some((_, value)) => self.source(value, depth)?,
                        None => {
                            let known: Vec<&str> = entries
                                .iter()
                                .map(|(name, _)| name.as_str())
                                .take(40)
                                .collect();
                            let known = known.join(", ");
                            return Err(Problem::Obscure(format!(
                                "{name} has no entry {entry}; it has {known}"
                            )));
                        }
                    },
                };
                (value, wanted)
            }
            Node::Converter { to, value, .. } => {
                let raw = self.formula(&to, Some(("FROM", number(setting)?)), depth)?;
                return self.write(&value, Setting::Number(raw), depth + 1);
            }
            Node::Formula(_) => {
                return Err(Problem::Obscure(format!(
                    "{name} is a formula and cannot be written"
                )));
            }
            Node::Register(register) => {
                let (address, length) = self.place(name, &register, depth)?;
                let before = self.memory.registers.get(&(address, length));
                let bytes = match (register.bits, before) {
                    (Some(_), None) => return Err(Problem::Needs { address, length }),
                    (_, before) => encode(name, &register, number(setting)?, length, before)?,
                };
                return Ok(Wanted::Bytes { address, bytes });
            }
        };
        match source {
            Source::Of(node) => self.write(&node, Setting::Number(value), depth + 1),
            Source::Is(_) => Ok(Wanted::Note(name.to_owned(), value)),
        }
    }
}

/// The bytes as one number, the first one the most significant.
fn joined(bytes: &[u8], little: bool) -> u64 {
    let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    match little {
        true => bytes.iter().rev().fold(0, join),
        false => bytes.iter().fold(0, join),
    }
}

fn mask(low: u32, high: u32) -> u64 {
    let count = high - low + 1;
    (u64::MAX >> (64 - count.clamp(1, 64))) << low
}

fn decode(name: &str, register: &Register, bytes: &[u8]) -> Result<f64, Problem> {
    let raw = joined(bytes, register.little);
    if register.float {
        return Ok(match bytes.len() {
            4 => f64::from(f32::from_bits(raw as u32)),
            _ => f64::from_bits(raw),
        });
    }
    let width = bytes.len() as u32 * 8;
    let (low, high) = register.bits.unwrap_or((0, width - 1));
    if high >= width {
        return Err(Problem::Obscure(format!(
            "{name} names bit {high} of a register of {width}"
        )));
    }
    let value = (raw & mask(low, high)) >> low;
    let count = high - low + 1;
    if register.signed && count < 64 && value >> (count - 1) & 1 == 1 {
        return Ok(value as f64 - 2f64.powi(count as i32));
    }
    Ok(if register.signed {
        value as i64 as f64
    } else {
        value as f64
    })
}

fn encode(
    name: &str,
    register: &Register,
    value: f64,
    length: u16,
    before: Option<&Vec<u8>>,
) -> Result<Vec<u8>, Problem> {
    let width = u32::from(length) * 8;
    let (low, high) = register.bits.unwrap_or((0, width - 1));
    if high >= width {
        return Err(Problem::Obscure(format!(
            "{name} names bit {high} of a register of {width}"
        )));
    }
    let raw = if register.float {
        if length == 4 {
            u64::from((value as f32).to_bits())
        } else {
            value.to_bits()
        }
    } else {
        let whole = value.round();
        let most = 2f64.powi((high - low + 1) as i32);
        let (least, most) = match register.signed {
            true => (-most / 2.0, most / 2.0),
            false => (0.0, most),
        };
        if !(least..most).contains(&whole) {
            return Err(Problem::Obscure(format!("{name} cannot hold {value}")));
        }
        let bits = if whole < 0.0 {
            whole as i64 as u64
        } else {
            whole as u64
        };
        let mask = mask(low, high);
        let kept = before.map_or(0, |bytes| joined(bytes, register.little)) & !mask;
        kept | (bits << low & mask)
    };
    let bytes = &raw.to_be_bytes()[8 - usize::from(length)..];
    Ok(match register.little {
        true => bytes.iter().rev().copied().collect(),
        false => bytes.to_vec(),
    })
}

#[cfg(test)]
mod test;
