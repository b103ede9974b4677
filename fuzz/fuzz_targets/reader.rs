//! What smart readers and hand scanners send, and keys that scanners type.
//!
//! Bytes: who speaks (a family of the table, or the rest are keys), how it is set, where the rest is cut, what is said.
//!
//! Must hold: no panic; the same is told however the bytes are cut; what is told is bounded; no key is swallowed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_drivers::reader::config::ReaderConfig;
use vidimus_drivers::reader::session::{ReaderSession, TOLD_MAX};
use vidimus_drivers::reader::wedge::{Key, Typed, TypedGs, Wedge, WedgeConfig};
use vidimus_drivers::reader::{FAMILIES, ReaderCommand, ReaderEvent};
use vidimus_drivers::{Output, Session, Tick};

/// What one session tells beside its texts: link, identity, warning, faults, the order to drop the link.
const OTHERS: usize = 16;

fn outputs(config: &ReaderConfig, pieces: &[&[u8]]) -> Vec<Output<Vec<u8>, ReaderEvent>> {
    let mut session = ReaderSession::new(config.clone());
    session.opened(Tick::from_ms(5));
    session.command(Tick::from_ms(5), ReaderCommand::Trigger(true));
    for piece in pieces {
        session.received(Tick::from_ms(6), piece);
    }
    session.woken(Tick::from_ms(10_000));
    std::iter::from_fn(|| session.next_output()).collect()
}

fn listen(family: usize, set: u8, cut: u8, said: &[u8]) {
    let mut config = ReaderConfig::new(&FAMILIES[family]);
    config.counter = (set & 1 > 0).then(|| b";".to_vec());
    config.aim = set & 2 > 0;
    config.gs = (set & 4 > 0).then(|| b"^]".to_vec());
    config.asks = set & 8 > 0 && config.family.words.question(&config.framing).is_some();
    if set & 16 > 0 {
        (config.framing.prefix, config.framing.suffix) = (vec![2], vec![3]);
    }
    if config.check().is_err() {
        return;
    }
    let whole = outputs(&config, &[said]);
    assert!(whole.len() <= TOLD_MAX as usize + OTHERS);
    let pieces: Vec<&[u8]> = said.chunks(usize::from(cut) + 1).collect();
    assert_eq!(outputs(&config, &pieces), whole);
}

fn press(set: u8, keys: &[u8]) {
    let config = WedgeConfig {
        prefix: (set & 1 > 0).then_some(Key::Function(9)),
        gs: if set & 2 > 0 { vec![TypedGs::Caret, TypedGs::Word] } else { Vec::new() },
        aim: set & 4 > 0,
        ..WedgeConfig::default()
    };
    let mut wedge = Wedge::new(config);
    let (mut at, mut pressed, mut told) = (0, 0, 0);
    for pair in keys.chunks_exact(2) {
        at += u64::from(pair[1] % 40);
        let key = match pair[0] {
            13 => Key::Enter,
            byte @ 240..=251 => Key::Function(byte - 239),
            252 => Key::Alt('0'),
            byte => Key::Character(char::from(byte)),
        };
        wedge.key(Tick::from_ms(at), key);
        pressed += 1;
    }
    if let Some(due) = wedge.wake() {
        wedge.woken(due);
    }
    while let Some(typed) = wedge.next_typed() {
        told += match typed {
            Typed::Key(_) => 1,
            Typed::Quick(keys) => keys.len(),
            // A byte or more a key, and the end; a GS may have been four keys.
            Typed::Scan { text, .. } => 4 * text.len() + 5,
        };
    }
    assert!(told >= pressed);
}

fuzz_target!(|bytes: &[u8]| {
    let [who, set, cut, said @ ..] = bytes else {
        return;
    };
    match usize::from(*who) % (FAMILIES.len() + 1) {
        keys if keys == FAMILIES.len() => press(*set, said),
        family => listen(family, *set, *cut, said),
    }
});
