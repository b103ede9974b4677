//! Datalogic Matrix N: results as text. PURE.
//!
//! Manual: Datalogic, Matrix N Family Host Mode Programming (edition 10/2017). Its commands (`GET`, `SET`, answered by
//! `ACK` and `NACK`) are heard only in host mode, in which it does not read: so it has no question that does no harm,
//! and its silence is normal. What opens its reading gate is a text that somebody set.
//!
//! In doubt, from hearsay: the usual framing (STX before, CR LF behind), the usual text for nothing read (CAN, 18h),
//! the TCP port of results (51236). Counter: a statistics field of the output format, put first.

use super::config::Framing;
use super::family::{Heard, Open, Order, Words};

/// The words of this family.
#[derive(Debug)]
pub(super) struct Datalogic;

impl Words for Datalogic {
    fn framing(&self) -> Framing {
        Framing::new("\x02", "\r\n")
    }

    fn no_read(&self) -> &'static [u8] {
        b"\x18"
    }

    fn question(&self, _framing: &Framing) -> Option<Order> {
        None
    }

    fn asks(&self) -> bool {
        false
    }

    fn trigger(&self, _on: bool, _framing: &Framing) -> Option<Order> {
        None
    }

    fn hear(&self, _held: &[u8], _framing: &Framing, _open: Open) -> Option<Heard> {
        None
    }
}
