//! What an entry of a block says: where a signal or a bit stands, in which order and scale. PURE.

use super::places::{BitPlace, Number};
use super::table::{Reading, integer};
use crate::plc::RegisterTable;
use crate::printer::described::table::Table;
use std::ops::Range;
use toml::de::DeValue;

/// The tables by their names in a file; the first is meant when nothing is said.
const TABLES: [(&str, RegisterTable); 2] = [
    ("holding", RegisterTable::Holding),
    ("input", RegisterTable::Input),
];

/// A signal that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub number: Number,
    /// In thousandths.
    pub scale: u32,
}

/// Which block an entry stands in, and the table its registers are of unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// The PLC shows it, the station reads it: `table` may be said.
    Read(RegisterTable),
    /// The station writes it: holding registers.
    Written,
}

impl Block {
    fn table(self) -> RegisterTable {
        match self {
            Block::Read(table) => table,
            Block::Written => RegisterTable::Holding,
        }
    }

    /// The table of an entry of this block.
    fn table_of(self, reading: &mut Reading<'_>, entry: &Table<'_, '_>) -> RegisterTable {
        match (self, entry.value("table")) {
            (Block::Read(_), Some(_)) => table_said(reading, entry),
            _ => self.table(),
        }
    }
}

/// What `table` says here: `"holding"` or `"input"`.
pub(super) fn table_said(reading: &mut Reading<'_>, table: &Table<'_, '_>) -> RegisterTable {
    table.choice("table", &TABLES, &mut reading.wrong)
}

/// `[register, words]`, or a table that says more: first register, how many, and the signal.
pub(super) fn entry(
    reading: &mut Reading<'_>,
    name: &str,
    value: &DeValue<'_>,
    table: Option<Table<'_, '_>>,
    (block, span): (Block, &Range<usize>),
) -> Option<(u16, u32, Found)> {
    let (mut low_first, mut scale) = (reading.low_first(), 1_000);
    let mut of = block.table();
    let (said, count) = match (value, table) {
        (DeValue::Array(pair), _) if pair.len() == 2 => {
            let pair: Option<Vec<u64>> = pair.iter().map(|n| integer(n.get_ref())).collect();
            pair.map(|pair| (pair[0], pair[1])).unzip()
        }
        (_, Some(table)) => {
            let keys = ["register", "type", "words", "scale", "table"];
            let keys = match block {
                Block::Read(_) => &keys[..],
                Block::Written => &keys[..4],
            };
            table.only(keys, &mut reading.wrong);
            of = block.table_of(reading, &table);
            if table.value("words").is_some() {
                let orders = [("high-first", false), ("low-first", true)];
                low_first = table.choice("words", &orders, &mut reading.wrong);
            }
            if let Some((value, span)) = table.value("scale") {
                scale = thousandths(reading, name, value, &span);
            }
            let wide = table.choice("type", &[("u16", 1), ("u32", 2)], &mut reading.wrong);
            (
                table.number("register", 0..=u64::MAX, &mut reading.wrong),
                Some(wide),
            )
        }
        _ => (None, None),
    };
    let most = if name.starts_with("RESERVED") {
        1_000
    } else {
        2
    };
    let Some((said, count)) = said.zip(count.filter(|count| (1..=most).contains(count))) else {
        let text = format!(
            "{name} is [register, words], or {{ register = R, type = \"u16\" or \"u32\" }}."
        );
        reading.wrong.add(span, text);
        return None;
    };
    let count = u32::try_from(count).unwrap_or(1);
    let register = reading.register(name, (said, count), (of, span))?;
    let wide = count == 2;
    let number = Number {
        table: of,
        register,
        wide,
        low_first,
    };
    Some((register, count, Found { number, scale }))
}

/// A scale in thousandths; one when it is wrong.
fn thousandths(
    reading: &mut Reading<'_>,
    name: &str,
    value: &DeValue<'_>,
    span: &Range<usize>,
) -> u32 {
    let scale: Option<f64> = match value {
        DeValue::Float(scale) => scale.as_str().parse().ok(),
        value => integer(value).map(|scale| scale as f64),
    };
    let scale = scale.filter(|scale| (0.001..=1_000.0).contains(scale));
    let exact = scale.map(|scale| (scale * 1_000.0).round() as u32);
    match (name, exact) {
        ("RATE", Some(scale)) => scale,
        // A counter that wraps stays one only when it is multiplied by a whole number.
        ("ENCODER", Some(scale)) if scale % 1_000 == 0 => scale,
        ("RATE", None) => {
            reading
                .wrong
                .add(span, "the scale of RATE is a number from 0.001 to 1000.");
            1_000
        }
        ("ENCODER", _) => {
            reading.wrong.add(
                span,
                "the scale of ENCODER is a whole number from 1 to 1000.",
            );
            1_000
        }
        _ => {
            reading.wrong.add(
                span,
                format!("{name} has no scale; RATE and ENCODER may have one."),
            );
            1_000
        }
    }
}

/// A bit with a place of its own.
pub(super) fn place(
    reading: &mut Reading<'_>,
    table: &Table<'_, '_>,
    block: Block,
) -> Option<BitPlace> {
    let keys = match block {
        Block::Read(_) => &["register", "bit", "table"][..],
        Block::Written => &["register", "bit"],
    };
    table.only(keys, &mut reading.wrong);
    let of = block.table_of(reading, table);
    let said = table.number("register", 0..=u64::MAX, &mut reading.wrong);
    let bit = table.number("bit", 0..=15, &mut reading.wrong);
    let Some((said, bit)) = said.zip(bit) else {
        reading.wrong.add(
            &table.span,
            "a bit elsewhere is { register = R, bit = B }, bit 0 the lowest.",
        );
        return None;
    };
    let register = reading.register(&table.name, (said, 1), (of, &table.span))?;
    let bit = u8::try_from(bit).ok()?;
    Some(BitPlace {
        table: of,
        register,
        bit,
    })
}
