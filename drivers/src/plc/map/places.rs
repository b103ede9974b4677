//! Where numbers and bits stand in registers. PURE.

use super::Span;
use crate::plc::RegisterTable;

/// A number in one register, or in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Number {
    pub table: RegisterTable,
    /// The first register.
    pub register: u16,
    /// Two registers, a u32.
    pub wide: bool,
    /// Of two registers the first holds the low word.
    pub low_first: bool,
}

/// One bit of a register, bit 0 the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BitPlace {
    pub table: RegisterTable,
    pub register: u16,
    pub bit: u8,
}

impl Number {
    /// The registers of the high and the low word; the same one for a number of one word.
    fn words(self) -> (u16, u16) {
        match (self.wide, self.low_first) {
            (false, _) => (self.register, self.register),
            (true, false) => (self.register, self.register + 1),
            (true, true) => (self.register + 1, self.register),
        }
    }

    pub fn get(self, word: impl Fn(RegisterTable, u16) -> u16) -> u32 {
        let (high, low) = self.words();
        let word = |register: u16| u32::from(word(self.table, register));
        match self.wide {
            true => (word(high) << 16) | word(low),
            false => word(low),
        }
    }

    /// The number as far as one word holds it: more is told as the most.
    pub fn get_short(self, word: impl Fn(RegisterTable, u16) -> u16) -> u16 {
        u16::try_from(self.get(word)).unwrap_or(u16::MAX)
    }

    pub fn put(self, value: u32, mut put: impl FnMut(u16, u16)) {
        let (high, low) = self.words();
        if self.wide {
            put(high, (value >> 16) as u16);
        }
        put(low, (value & 0xFFFF) as u16);
    }

    /// Where its bit `n` stands; `None` beyond its end.
    pub fn bit(self, n: u8) -> Option<BitPlace> {
        let (high, low) = self.words();
        let (register, bit) = match n {
            0..=15 => (low, n),
            16..=31 if self.wide => (high, n - 16),
            _ => return None,
        };
        Some(BitPlace {
            table: self.table,
            register,
            bit,
        })
    }
}

impl BitPlace {
    pub fn is_set(self, word: impl Fn(RegisterTable, u16) -> u16) -> bool {
        word(self.table, self.register) >> self.bit & 1 == 1
    }
}

/// The word of a register in what was read from these runs, one behind the other.
pub(super) fn word_of(reads: &[Span], words: &[u16], table: RegisterTable, register: u16) -> u16 {
    let mut before = 0;
    for span in reads {
        if let Some(at) = register
            .checked_sub(span.first)
            .filter(|at| span.table == table && *at < span.count)
        {
            return words[before + usize::from(at)];
        }
        before += usize::from(span.count);
    }
    unreachable!("every register of the map is planned to be read")
}
