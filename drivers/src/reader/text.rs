//! Readers that send framed text and little else: Microscan and Omron MicroHAWK, and hand scanners. PURE.
//!
//! Manual: Omron, MicroHAWK V320-F / V330-F / V420-F / V430-F Barcode Reader User Manual, appendices H and M;
//! Microscan, QX Hawk help, "Serial Command Format". A text stands between preamble (`<K141…>`, none unless set) and
//! postamble (`<K142…>`, CR LF). The status request `<?>` is answered with `<?/HH>`, two hexadecimal digits, and may
//! be sent at any time; hand scanners do not know it, so it is asked only where the configuration says so. What opens
//! the reading gate (`<K201…>`) is a text that somebody set.
//!
//! In doubt: `NOREAD` as the usual text for nothing read. Hand scanners say nothing then. Counter: of readers that can
//! put one first.

use super::config::Framing;
use super::family::{Heard, Open, Order, Words};
use std::borrow::Cow;

/// The words of this family.
#[derive(Debug)]
pub(super) struct Text;

impl Words for Text {
    fn framing(&self) -> Framing {
        Framing::new("", "\r\n")
    }

    fn no_read(&self) -> &'static [u8] {
        b"NOREAD"
    }

    fn question(&self, _framing: &Framing) -> Option<Order> {
        Some(Cow::Borrowed(b"<?>"))
    }

    fn asks(&self) -> bool {
        false
    }

    fn trigger(&self, _on: bool, _framing: &Framing) -> Option<Order> {
        None
    }

    fn hear(&self, held: &[u8], _framing: &Framing, open: Open) -> Option<Heard> {
        let [b'<', b'?', b'/', high, low, b'>'] = held else {
            return None;
        };
        let sound = open.asked && high.is_ascii_hexdigit() && low.is_ascii_hexdigit();
        sound.then(|| Heard::Identity {
            model: String::new(),
            firmware: String::new(),
        })
    }
}
