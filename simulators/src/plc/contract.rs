//! The contract 1.0 as this side reads it from the table file: names to registers. PURE.
//!
//! The table is the only thing shared with the station's driver; what the names mean is written
//! again here. A name that the table lacks, or has and this side does not know, is found when it is read.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// The table file, as it lies in the repository.
pub(super) const TABLE: &str = include_str!(concat!(
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
    /// PLC -> station.
    pub plc: PlcBlock,
    /// Station -> PLC.
    pub station: StationBlock,
    ring: BTreeMap<String, RingTable>,
    code: BTreeMap<String, BTreeMap<String, u16>>,
    /// Masks of single bits.
    pub bit: Bits,
}

/// One word of a block, or two: a `u32` with its high word first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "[u16; 2]")]
pub struct Word {
    /// The (first) register.
    pub register: u16,
    /// Registers.
    pub words: u16,
}

impl From<[u16; 2]> for Word {
    fn from([register, words]: [u16; 2]) -> Word {
        Word { register, words }
    }
}

/// The PLC's block: every word by its name in the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub struct PlcBlock {
    pub magic: Word,
    pub map_version: Word,
    pub plc_boot: Word,
    pub heartbeat: Word,
    pub state: Word,
    pub mode: Word,
    pub faults: Word,
    pub rate: Word,
    pub encoder: Word,
    pub entered: Word,
    pub events: Word,
    pub decided: Word,
    pub passed: Word,
    pub rejected: Word,
    pub defaulted: Word,
    pub unconfirmed: Word,
    pub removed: Word,
    pub cmd_ack_seq: Word,
    pub cmd_status: Word,
    pub echo_heartbeat: Word,
    pub echo_station_boot: Word,
    pub verdict_depth: Word,
    pub event_depth: Word,
    pub gate_depth: Word,
    pub max_in_flight: Word,
    pub reserved: Word,
}

/// The station's block: every word by its name in the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub struct StationBlock {
    pub station_boot: Word,
    pub heartbeat: Word,
    pub state: Word,
    pub stop_reason: Word,
    pub lamps: Word,
    pub cmd_seq: Word,
    pub cmd_code: Word,
    pub cmd_arg: Word,
    pub echo_plc_boot: Word,
    pub verdicts: Word,
    pub reserved: Word,
}

/// A single bit; in the table the number of the bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "u8")]
pub struct Bit(pub u32);

impl From<u8> for Bit {
    fn from(number: u8) -> Bit {
        Bit(1 << number)
    }
}

/// Bits by the word they are in.
#[derive(Debug, Clone, Deserialize)]
pub struct Bits {
    /// FAULTS.
    pub faults: FaultBits,
    /// The station's STATE.
    pub station_state: StationStateBits,
}

/// The bits of FAULTS that this PLC sets.
#[derive(Debug, Clone, Deserialize)]
pub struct FaultBits {
    pub reject_not_confirmed: Bit,
    pub tracking_lost: Bit,
    pub printer_service: Bit,
    pub double_feed: Bit,
    pub station_heartbeat_lost: Bit,
    pub wrong_bin: Bit,
}

/// The bits of the station's STATE that this PLC heeds.
#[derive(Debug, Clone, Deserialize)]
pub struct StationStateBits {
    pub ready: Bit,
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
    /// The PLC block: first register and length. `RESERVED` closes it.
    #[must_use]
    pub fn plc_block(&self) -> (u16, u16) {
        let (first, last) = (self.plc.magic, self.plc.reserved);
        (first.register, last.register + last.words - first.register)
    }

    /// The station block: first register and length. `RESERVED` closes it.
    #[must_use]
    pub fn station_block(&self) -> (u16, u16) {
        let (first, last) = (self.station.station_boot, self.station.reserved);
        (first.register, last.register + last.words - first.register)
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

    /// The check word over the other words of an entry.
    #[must_use]
    pub fn check(&self, words: &[u16]) -> u16 {
        words
            .iter()
            .fold(self.check_xor, |check, word| check ^ word)
    }
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
        assert_eq!(c.plc.max_in_flight, Word::from([35, 1]));
        assert_eq!(c.station.verdicts, Word::from([110, 2]));
        let rings = [c.ring("event"), c.ring("gate"), c.ring("verdict")];
        assert_eq!(rings, [(1000, 8), (4000, 6), (7000, 5)]);
        assert_eq!(c.bit.faults.station_heartbeat_lost, Bit(1 << 12));
        assert_eq!(c.check(&[1, 0, 17, 1]), 1 ^ 17 ^ 1 ^ 0xA5A5);
        assert_eq!(
            join(split(0x1234_5678)[0], split(0x1234_5678)[1]),
            0x1234_5678
        );
    }
}
