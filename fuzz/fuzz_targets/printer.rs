//! What printers say, and the files that describe printers.
//!
//! Bytes: who speaks (a language of the table, the coder of the templates, or the rest is a description file), where the
//! rest is cut into pieces, what is said.
//!
//! Must hold: no panic; the same replies however the bytes are cut; what is told of garbage is short; a file that is
//! described soundly makes a language that takes any bytes, and every mistake in one that is not has its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_drivers::printer::LANGUAGES;
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::language::{Language, Reply};

const CODER: &str = include_str!("../../templates/printers/coder.toml");

/// Longest text of garbage: 48 bytes, each written as \xNN, with room for a few words.
const TOLD_BYTES: usize = 400;

fn coder() -> Box<dyn Language> {
    Box::new(Described::new(Description::parse(CODER).expect("the template is sound")))
}

fn hear(mut language: Box<dyn Language>, pieces: &[&[u8]]) -> Vec<Reply> {
    let mut replies = Vec::new();
    for piece in pieces {
        language.hear(piece, &mut replies);
    }
    replies
}

/// Replies, with neighbouring garbage as one: where garbage ends may depend on the pieces.
fn sound(replies: &[Reply]) -> Vec<&Reply> {
    let is_sound = |reply: &&Reply| !matches!(reply, Reply::Garbled(_) | Reply::Stranger(_));
    replies.iter().filter(is_sound).collect()
}

fn check(speak: impl Fn() -> Box<dyn Language>, cut: u8, said: &[u8]) {
    let whole = hear(speak(), &[said]);
    for reply in &whole {
        if let Reply::Garbled(text) | Reply::Stranger(text) | Reply::Alert(text) | Reply::Rejected(text) = reply {
            assert!(text.len() <= TOLD_BYTES, "{text}");
        }
    }
    let pieces: Vec<&[u8]> = said.chunks(usize::from(cut) + 1).collect();
    let again = hear(speak(), &pieces);
    assert_eq!(sound(&again), sound(&whole));
}

fn describe(text: &str, cut: u8) {
    match Description::parse(text) {
        Err(mistakes) => {
            let lines = text.lines().count().max(1) + 1;
            let placed = mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line) && mistake.column > 0);
            assert!(placed && !mistakes.is_empty(), "{mistakes:?}");
        }
        Ok(description) => {
            let speak = || Box::new(Described::new(description.clone())) as Box<dyn Language>;
            let language = speak();
            let _asked = (language.status(), language.identify(), language.clear(), language.manners());
            check(speak, cut, text.as_bytes());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [who, cut, said @ ..] = bytes else {
        return;
    };
    match LANGUAGES.get(usize::from(*who) % (LANGUAGES.len() + 2)) {
        Some(spoken) => check(spoken.speak, *cut, said),
        None if usize::from(*who) % (LANGUAGES.len() + 2) == LANGUAGES.len() => check(coder, *cut, said),
        None => {
            if let Ok(text) = std::str::from_utf8(said) {
                describe(text, *cut);
                // What is given stands in the coder's file, so that something comes of it.
                describe(&CODER.replacen("'S{ready", &format!("'{text}{{ready"), 1), *cut);
            }
        }
    }
});
