//! What became of numbers that no pack took: handed out for a token, or waiting in a pool. PURE.

use super::pool::{NumberRegister, PoolNo, Token};
use crate::gs1::Gtin;

/// What became of a number that no pack took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'r> {
    /// It was handed out.
    Exported {
        /// For this token.
        token: &'r Token,
        /// It came back unused.
        returned: bool,
    },
    /// It came in a pool.
    InPool {
        /// Which.
        pool: PoolNo,
        /// It was given back with what was left of the pool.
        returned: bool,
    },
}

impl NumberRegister {
    /// What became of a number that no pack took, by its counter value: given to somebody outside, or of a pool.
    /// `None`: the records say nothing of it.
    pub fn given(&self, gtin: Gtin, index: u64) -> Option<Given<'_>> {
        let mut exports = self.exports();
        let block = exports.find(|(_, export)| {
            export.gtin == gtin && (export.first..=export.last()).contains(&index)
        });
        if let Some((token, export)) = block {
            let returned = export.is_returned(index);
            return Some(Given::Exported { token, returned });
        }
        let mut pools = self.pools_of(gtin);
        let pool = pools.find(|pool| (pool.first..pool.first + pool.count).contains(&index))?;
        Some(Given::InPool {
            pool: pool.no,
            returned: index >= pool.end(),
        })
    }
}
