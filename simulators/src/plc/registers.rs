//! The PLC's registers: what a station reads and writes, and the commands it gives. PURE.

use super::{
    CONTRACT, Exception, PRODUCTION, PackKey, Plc, contract::join, gate::valid_verdict, map::Table,
};
use crate::Tick;
use std::collections::BTreeMap;

impl Plc {
    /// Reads holding registers.
    ///
    /// # Errors
    /// A Modbus exception for registers that do not exist or too many at once.
    pub fn read(&mut self, now: Tick, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.read_of(now, Table::Holding, address, count)
    }

    /// Reads input registers.
    ///
    /// # Errors
    /// A Modbus exception for registers that do not exist or too many at once.
    pub fn read_input(
        &mut self,
        now: Tick,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, Exception> {
        self.read_of(now, Table::Input, address, count)
    }

    fn read_of(
        &mut self,
        now: Tick,
        table: Table,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, Exception> {
        self.heard_at = Some(now);
        if count == 0 || count > CONTRACT.read_max {
            return Err(Exception::IllegalValue);
        }
        let words = usize::from(count);
        let rings = [&self.event_ring, &self.gate_ring, &self.verdict_ring];
        let mut rings = rings.into_iter().filter(|ring| ring.table() == table);
        if let Some(found) =
            rings.find_map(|ring| Some(ring.words[ring.range(address, words)?].to_vec()))
        {
            return Ok(found);
        }
        let last = address
            .checked_add(count - 1)
            .ok_or(Exception::IllegalAddress)?;
        let station = &self.map.station_block;
        let in_station =
            table == Table::Holding && station.contains(&address) && station.contains(&last);
        // One request does not reach from the PLC's own registers beyond them, nor from the station's.
        if !in_station && !self.map.may_read(table, address, last) {
            return Err(Exception::IllegalAddress);
        }
        let header = self.header();
        let register = |register: u16| match header.get(&(table, register)) {
            Some(word) => *word,
            None if table == Table::Holding && station.contains(&register) => {
                self.station_register(register)
            }
            None => 0,
        };
        Ok((address..=last).map(register).collect())
    }

    /// What the PLC shows, register by register.
    fn header(&self) -> BTreeMap<(Table, u16), u16> {
        let mut shown = BTreeMap::new();
        let [magic_high, magic_low] = self.map.magic;
        for (name, value) in [
            ("MAGIC", join(magic_high, magic_low)),
            ("MAP_VERSION", self.map.version.into()),
            ("PLC_BOOT", self.boot.into()),
            ("HEARTBEAT", self.heartbeat.into()),
            ("STATE", self.state.into()),
            ("MODE", PRODUCTION.into()),
            ("FAULTS", 0),
            ("RATE", self.rate.into()),
            ("ENCODER", self.encoder),
            ("ENTERED", self.entered),
            ("EVENTS", self.events),
            ("DECIDED", self.decided),
            ("PASSED", self.counts.passed),
            ("REJECTED", self.counts.rejected),
            ("DEFAULTED", self.counts.defaulted),
            ("UNCONFIRMED", self.counts.unconfirmed),
            ("REMOVED", self.counts.removed),
            ("CMD_ACK_SEQ", self.ack.0.into()),
            ("CMD_STATUS", self.ack.1.into()),
            ("ECHO_HEARTBEAT", self.station_word("HEARTBEAT").into()),
            (
                "ECHO_STATION_BOOT",
                self.station_word("STATION_BOOT").into(),
            ),
            ("VERDICT_DEPTH", self.options.verdict_depth.into()),
            ("EVENT_DEPTH", self.options.event_depth.into()),
            ("GATE_DEPTH", self.options.gate_depth.into()),
            ("MAX_IN_FLIGHT", self.options.max_in_flight.into()),
        ] {
            self.map.put(name, value, |register, word| {
                shown.insert(register, word);
            });
        }
        for (register, bit) in self.map.fault_bits(self.faults) {
            *shown.entry(register).or_default() |= 1 << bit;
        }
        shown
    }

    /// Writes holding registers: the station block or the verdict ring, nothing else.
    ///
    /// # Errors
    /// A Modbus exception for registers that do not exist, are the PLC's own, or too many at once.
    pub fn write(&mut self, now: Tick, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.heard_at = Some(now);
        if words.is_empty() || words.len() > usize::from(CONTRACT.write_max) {
            return Err(Exception::IllegalValue);
        }
        if let Some(range) = self.verdict_ring.range(address, words.len()) {
            self.write_verdicts(now, range, words);
            return Ok(());
        }
        let block = &self.map.station_block;
        let last = u32::from(address) + words.len() as u32 - 1;
        if !block.contains(&address) || last > u32::from(*block.end()) {
            return Err(Exception::IllegalAddress);
        }
        let from = usize::from(address - block.start());
        let (boot, beat) = (
            self.station_word("STATION_BOOT"),
            self.station_word("HEARTBEAT"),
        );
        self.station[from..from + words.len()].copy_from_slice(words);
        self.now = self.now.max(now);
        if self.station_word("STATION_BOOT") != boot {
            self.station_trusted = false;
        }
        if self.station_says_ready() {
            self.station_trusted = true;
        }
        if self.station_word("HEARTBEAT") != beat {
            self.beat_at = Some(now);
        }
        if self.station_word("CMD_SEQ") != self.cmd_seq {
            self.execute();
        }
        Ok(())
    }

    fn write_verdicts(&mut self, now: Tick, range: std::ops::Range<usize>, words: &[u16]) {
        let entry_words = self.verdict_ring.entry_words();
        let slots = range.start / entry_words..=(range.end - 1) / entry_words;
        let before: Vec<u16> = self.verdict_ring.words[range.clone()].to_vec();
        self.verdict_ring.words[range].copy_from_slice(words);
        if before == words {
            return;
        }
        for slot in slots {
            let words = self.verdict_ring.nth(slot);
            let slot: [u16; 5] = std::array::from_fn(|word| words[word]);
            let id = join(slot[1], slot[2]);
            if valid_verdict(&slot, self.boot, id).is_some_and(|verdict| verdict != 0) {
                self.fresh_verdicts.push((
                    PackKey {
                        boot: self.boot,
                        id,
                    },
                    now,
                ));
            }
        }
    }

    /// Executes the command in the station block, once per new CMD_SEQ.
    fn execute(&mut self) {
        self.cmd_seq = self.station_word("CMD_SEQ");
        let arg = self
            .map
            .station("CMD_ARG", |register| self.station_register(register));
        let command = self.station_word("CMD_CODE");
        let is = |name| command == CONTRACT.code("command", name);
        let mut status = CONTRACT.code("command_status", "ok");
        if is("clear_faults") {
            let bits = &CONTRACT.bit.faults;
            for bit in [
                bits.reject_not_confirmed,
                bits.wrong_bin,
                bits.tracking_lost,
                bits.double_feed,
            ] {
                self.set_fault(bit, false);
            }
        } else if is("purge") {
            self.purge_below = self.purge_below.max(arg);
        } else if is("challenge") {
            self.challenge = true;
        } else if is("tracking_reset") {
            self.restart();
        } else if !is("lamp_test") && !is("horn_off") {
            status = CONTRACT.code("command_status", "unknown_code");
        }
        self.ack = (self.cmd_seq, status);
    }
}
