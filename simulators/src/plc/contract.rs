//! The contract 1.0 as this side reads it from the table file: names to registers. PURE.
//!
//! The table is the only thing shared with the station's driver; what the names mean is written again here.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// The table file, as it lies in the repository.
const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../templates/plc/contract-1.0.toml"
));

/// The contract's table.
#[derive(Debug, Clone, Deserialize)]
pub struct Contract {
    /// MAP_VERSION.
    pub version: u16,
    /// MAGIC.
    pub magic: [u16; 2],
    /// What a check word is XORed with.
    pub check_xor: u16,
    /// Most registers of one read.
    pub read_max: u16,
    /// Most registers of one write.
    pub write_max: u16,
    /// The PLC's heartbeat period.
    pub heartbeat_ms: u64,
    /// A heartbeat without a change for this long is stale.
    pub heartbeat_stale_ms: u64,
    /// Allowed ring depths.
    pub depths: Vec<u16>,
    plc: BTreeMap<String, [u16; 2]>,
    station: BTreeMap<String, [u16; 2]>,
    ring: BTreeMap<String, RingTable>,
    code: BTreeMap<String, BTreeMap<String, u16>>,
    bit: BTreeMap<String, BTreeMap<String, u16>>,
}

#[derive(Debug, Clone, Deserialize)]
struct RingTable {
    base: u16,
    words: Vec<String>,
}

/// The contract, read once.
pub static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| toml::from_str(TABLE).expect("the contract table in the repository is sound"));

impl Contract {
    /// Register and length of a PLC word.
    #[must_use]
    pub fn plc(&self, name: &str) -> (u16, u16) {
        let [register, words] = self.plc[name];
        (register, words)
    }

    /// Register and length of a station word.
    #[must_use]
    pub fn station(&self, name: &str) -> (u16, u16) {
        let [register, words] = self.station[name];
        (register, words)
    }

    /// The PLC block: first register and length.
    #[must_use]
    pub fn plc_block(&self) -> (u16, u16) {
        extent(&self.plc)
    }

    /// The station block: first register and length.
    #[must_use]
    pub fn station_block(&self) -> (u16, u16) {
        extent(&self.station)
    }

    /// First register of a ring and words of one entry.
    #[must_use]
    pub fn ring(&self, name: &str) -> (u16, usize) {
        let ring = &self.ring[name];
        (ring.base, ring.words.len())
    }

    /// A code by table and name.
    #[must_use]
    pub fn code(&self, table: &str, name: &str) -> u16 {
        self.code[table][name]
    }

    /// A bit's mask by table and name.
    #[must_use]
    pub fn bit(&self, table: &str, name: &str) -> u32 {
        1 << self.bit[table][name]
    }

    /// The check word over the other words of an entry.
    #[must_use]
    pub fn check(&self, words: &[u16]) -> u16 {
        words
            .iter()
            .fold(self.check_xor, |check, word| check ^ word)
    }
}

fn extent(block: &BTreeMap<String, [u16; 2]>) -> (u16, u16) {
    let first = block
        .values()
        .map(|[register, _]| *register)
        .min()
        .unwrap_or(0);
    let end = block
        .values()
        .map(|[register, words]| register + words)
        .max()
        .unwrap_or(0);
    (first, end - first)
}

/// A `u32` as two registers, high word first.
#[must_use]
pub fn split(value: u32) -> [u16; 2] {
    let [a, b, c, d] = value.to_be_bytes();
    [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]
}

/// Two registers as a `u32`, high word first.
#[must_use]
pub fn join(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_table_lies_where_the_contract_says() {
        let c = &*CONTRACT;
        assert_eq!((c.plc_block(), c.station_block()), ((0, 40), (100, 20)));
        assert_eq!(c.plc("MAX_IN_FLIGHT"), (35, 1));
        assert_eq!(c.station("VERDICTS"), (110, 2));
        let rings = [c.ring("event"), c.ring("gate"), c.ring("verdict")];
        assert_eq!(rings, [(1000, 8), (4000, 6), (7000, 5)]);
        assert_eq!(c.bit("faults", "station_heartbeat_lost"), 1 << 12);
        assert_eq!(c.check(&[1, 0, 17, 1]), 1 ^ 17 ^ 1 ^ 0xA5A5);
        assert_eq!(
            join(split(0x1234_5678)[0], split(0x1234_5678)[1]),
            0x1234_5678
        );
    }
}
