//! The PLC's holding registers: what a station reads and writes, and the commands it gives. PURE.

use super::{
    CONTRACT, Exception, PRODUCTION, PackKey, Plc,
    contract::{Word, join, split},
    gate::valid_verdict,
};
use crate::Tick;

impl Plc {
    /// Reads holding registers.
    ///
    /// # Errors
    /// A Modbus exception for registers that do not exist or too many at once.
    pub fn read(&mut self, now: Tick, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.heard_at = Some(now);
        if count == 0 || count > CONTRACT.read_max {
            return Err(Exception::IllegalValue);
        }
        let count = usize::from(count);
        let (station, _) = CONTRACT.station_block();
        if address < station {
            return part(&self.header(), address, count).ok_or(Exception::IllegalAddress);
        }
        if let Some(words) = part(&self.station, address - station, count) {
            return Ok(words);
        }
        [&self.event_ring, &self.gate_ring, &self.verdict_ring]
            .iter()
            .find_map(|ring| Some(ring.words[ring.range(address, count)?].to_vec()))
            .ok_or(Exception::IllegalAddress)
    }

    fn header(&self) -> Vec<u16> {
        let (_, length) = CONTRACT.plc_block();
        let mut words = vec![0; usize::from(length)];
        let block = &CONTRACT.plc;
        let mut put = |word: Word, value: u32| {
            let at = usize::from(word.register);
            let [high, low] = split(value);
            if word.words == 2 {
                words[at..at + 2].copy_from_slice(&[high, low]);
            } else {
                words[at] = low;
            }
        };
        let [magic_high, magic_low] = CONTRACT.magic;
        put(block.magic, join(magic_high, magic_low));
        put(block.map_version, CONTRACT.version.into());
        put(block.plc_boot, self.boot.into());
        put(block.heartbeat, self.heartbeat.into());
        put(block.state, self.state.into());
        put(block.mode, PRODUCTION.into());
        put(block.faults, self.faults);
        put(block.rate, self.rate.into());
        put(block.encoder, self.encoder);
        put(block.entered, self.entered);
        put(block.events, self.events);
        put(block.decided, self.decided);
        put(block.passed, self.counts.passed);
        put(block.rejected, self.counts.rejected);
        put(block.defaulted, self.counts.defaulted);
        put(block.unconfirmed, self.counts.unconfirmed);
        put(block.removed, self.counts.removed);
        put(block.cmd_ack_seq, self.ack.0.into());
        put(block.cmd_status, self.ack.1.into());
        put(
            block.echo_heartbeat,
            self.station_word(CONTRACT.station.heartbeat).into(),
        );
        put(
            block.echo_station_boot,
            self.station_word(CONTRACT.station.station_boot).into(),
        );
        put(block.verdict_depth, self.options.verdict_depth.into());
        put(block.event_depth, self.options.event_depth.into());
        put(block.gate_depth, self.options.gate_depth.into());
        put(block.max_in_flight, self.options.max_in_flight.into());
        words
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
        let (first, length) = CONTRACT.station_block();
        let from = usize::from(
            address
                .checked_sub(first)
                .ok_or(Exception::IllegalAddress)?,
        );
        if from + words.len() > usize::from(length) {
            return Err(Exception::IllegalAddress);
        }
        let (boot, beat) = (
            self.station_word(CONTRACT.station.station_boot),
            self.station_word(CONTRACT.station.heartbeat),
        );
        self.station[from..from + words.len()].copy_from_slice(words);
        self.now = self.now.max(now);
        if self.station_word(CONTRACT.station.station_boot) != boot {
            self.station_trusted = false;
        }
        if self.station_says_ready() {
            self.station_trusted = true;
        }
        if self.station_word(CONTRACT.station.heartbeat) != beat {
            self.beat_at = Some(now);
        }
        if self.station_word(CONTRACT.station.cmd_seq) != self.cmd_seq {
            self.execute();
        }
        Ok(())
    }

    fn write_verdicts(&mut self, now: Tick, range: std::ops::Range<usize>, words: &[u16]) {
        let entry_words = self.verdict_ring.entry_words;
        let slots = range.start / entry_words..=(range.end - 1) / entry_words;
        let before: Vec<u16> = self.verdict_ring.words[range.clone()].to_vec();
        self.verdict_ring.words[range].copy_from_slice(words);
        if before == words {
            return;
        }
        for slot in slots {
            let at = slot * entry_words;
            let words = &self.verdict_ring.words;
            let slot: [u16; 5] = std::array::from_fn(|word| words[at + word]);
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
        self.cmd_seq = self.station_word(CONTRACT.station.cmd_seq);
        let at = usize::from(CONTRACT.station.cmd_arg.register - CONTRACT.station_block().0);
        let arg = join(self.station[at], self.station[at + 1]);
        let command = self.station_word(CONTRACT.station.cmd_code);
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

/// `count` words from `from` on, if they all exist.
fn part(words: &[u16], from: u16, count: usize) -> Option<Vec<u16>> {
    let from = usize::from(from);
    words.get(from..from + count).map(<[u16]>::to_vec)
}
