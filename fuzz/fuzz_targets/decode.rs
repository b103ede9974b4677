//! The decoder of symbols: any values of modules, and any data codewords with valid error correction and some damage.
//!
//! Bytes: the size; what the rest is; then values of modules (signed, 64 for a full half contrast, the rest unknown),
//! or data codewords (the rest 0) followed by places to damage and new values there.
//!
//! Must hold: no panic; what is decoded has as many codewords as the size and valid error correction, and is the symbol
//! that was given where nothing was damaged.
#![no_main]

mod symbol;

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use symbol::with_ecc;
use vidimus::vision::decode::Decoder;
use vidimus::vision::size::SIZES;

thread_local! {
    // Kept from one input to the next, as on the line.
    static DECODER: RefCell<Decoder> = RefCell::new(Decoder::new());
}

fn value(byte: u8) -> f32 {
    match byte as i8 {
        i8::MIN => f32::NAN,
        i8::MAX => f32::INFINITY,
        value => f32::from(value) / 64.0,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [size, kind, rest @ ..] = bytes else {
        return;
    };
    let size = &SIZES[usize::from(*size) % SIZES.len()];
    let mut soft = vec![0.0; size.rows * size.columns];
    let mut sent = None;
    if kind % 2 == 0 {
        soft.iter_mut()
            .zip(rest)
            .for_each(|(to, byte)| *to = value(*byte));
    } else {
        let (given, damage) = rest.split_at(rest.len().min(size.data));
        let mut data = given.to_vec();
        data.resize(size.data, 0);
        let codewords = with_ecc(size, &data);
        soft.iter_mut()
            .zip(&symbol::modules(size, &codewords))
            .for_each(|(to, dark)| *to = if *dark { 1.0 } else { -1.0 });
        for place in damage.chunks_exact(3) {
            let at = usize::from(u16::from_be_bytes([place[0], place[1]])) % soft.len();
            soft[at] = value(place[2]);
        }
        sent = damage.is_empty().then_some(codewords);
    }
    DECODER.with_borrow_mut(|decoder| {
        let Ok(decoded) = decoder.decode(size, &soft) else {
            return;
        };
        assert_eq!(decoded.codewords.len(), size.codewords());
        // The largest size has two orders of its error correction.
        if size.rows < 144 {
            assert_eq!(decoded.codewords, with_ecc(size, decoded.data()));
        }
        if let Some(sent) = sent {
            assert_eq!(decoded.codewords, sent);
        }
        assert_eq!(decoded.modules().len(), soft.len());
        assert!(!decoded.content.bytes.is_empty());
        let _ = decoded.content.text();
    });
});
