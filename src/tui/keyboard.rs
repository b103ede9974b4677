//! What a terminal sends, byte by byte: which keys were pressed, and what was pasted. PURE.
//!
//! A terminal that is asked to (bracketed paste mode) says where a paste begins and ends, so that nothing in it is a
//! key. Whatever else may come, by a paste without these marks, a cable, a scanner or a terminal that is gone mad: the
//! keyboard is never lost. No sequence is longer than `SEQUENCE_BYTES` or waited for longer than `SEQUENCE_WAIT`, a
//! paste without an end is over `PASTE_WAIT` after its last byte, and bytes that mean nothing are no key.
//!
//! Sources: ECMA-48, section 5.4 (control sequences); xterm's "Control Sequences" (ctlseqs), sections "PC-Style
//! Function Keys", "VT220-Style Function Keys" and "Bracketed Paste Mode"; console_codes(4) for the F keys of the Linux
//! console.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::VecDeque;
use std::time::Duration;
use vidimus_drivers::Tick;

/// Longest sequence of bytes that may be one key.
const SEQUENCE_BYTES: usize = 32;
/// How long the rest of a sequence is waited for: Escape alone is a key, too.
const SEQUENCE_WAIT: Duration = Duration::from_millis(20);
/// So many bytes of a paste are kept; no field takes as many.
pub const PASTE_BYTES: usize = 4_096;
/// How long the end of a paste is waited for.
const PASTE_WAIT: Duration = Duration::from_millis(500);
/// Behind this nothing is pasted any more.
const PASTE_END: &[u8] = b"\x1b[201~";

const ESC: u8 = 0x1b;

/// Something that was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// Its beginning, at most [`PASTE_BYTES`] bytes of it.
    pub text: String,
    /// How many bytes it had.
    pub bytes: u64,
}

impl Pasted {
    /// The one line that it is, without blanks around it, where it has so many characters at most; scans may have GS
    /// (1Dh) in them. What is not wanted whole is not wanted: half a lot is another lot.
    ///
    /// # Errors
    /// It cannot be put into a field, as a sentence.
    pub fn line(&self, characters: usize, scan: bool) -> Result<&str, String> {
        let line = self.text.trim();
        let length = line.chars().count();
        if self.bytes > PASTE_BYTES as u64 || length > characters {
            return Err(format!(
                "Nothing was pasted: {} bytes are too many here.",
                self.bytes
            ));
        }
        let odd = |c: char| c.is_control() && !(scan && c == '\u{1d}');
        match line.chars().find(|c| odd(*c)) {
            Some('\r' | '\n') => Err("Nothing was pasted: it has several lines.".to_owned()),
            Some(odd) => Err(format!(
                "Nothing was pasted: it has a character in it that cannot be seen (U+{:04X}).",
                u32::from(odd)
            )),
            None if line.is_empty() => Err("Nothing was pasted: it was empty.".to_owned()),
            None => Ok(line),
        }
    }
}

/// What bytes turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A key.
    Key(KeyEvent),
    /// A paste.
    Pasted(Pasted),
}

/// A paste that has not ended.
#[derive(Debug, Default)]
struct Pasting {
    kept: Vec<u8>,
    bytes: u64,
    /// So many bytes of [`PASTE_END`] came last.
    matched: usize,
}

/// Hand in bytes with their time, take what comes out, and call [`Keyboard::woken`] when the time of
/// [`Keyboard::wake`] has come.
#[derive(Debug, Default)]
pub struct Keyboard {
    held: Vec<u8>,
    pasting: Option<Pasting>,
    last_at: Tick,
    out: VecDeque<Told>,
}

/// What the bytes are that are held back.
enum Read {
    /// The beginning of something.
    Begun,
    /// Nothing that has a meaning here.
    Nothing,
    Key(KeyEvent),
    /// A paste begins behind them.
    Paste,
}

impl Keyboard {
    /// These bytes came.
    pub fn bytes(&mut self, now: Tick, bytes: &[u8]) {
        self.woken(now);
        self.last_at = now;
        for byte in bytes {
            match &mut self.pasting {
                Some(pasting) => {
                    if pasting.has_ended_with(*byte) {
                        self.paste();
                    }
                }
                None => self.byte(*byte),
            }
        }
    }

    /// When what is held back is given up; `None` while nothing is.
    pub fn wake(&self) -> Option<Tick> {
        match (&self.pasting, self.held.is_empty()) {
            (Some(_), _) => Some(self.last_at + PASTE_WAIT),
            (None, false) => Some(self.last_at + SEQUENCE_WAIT),
            (None, true) => None,
        }
    }

    /// No byte came until now.
    pub fn woken(&mut self, now: Tick) {
        if self.wake().is_some_and(|at| at <= now) {
            match self.pasting {
                Some(_) => self.paste(),
                None => self.give_up(),
            }
        }
    }

    /// The next thing that bytes turned out to be.
    pub fn next_told(&mut self) -> Option<Told> {
        self.out.pop_front()
    }

    /// What was pasted is whole.
    fn paste(&mut self) {
        if let Some(Pasting { kept, bytes, .. }) = self.pasting.take() {
            let text = String::from_utf8_lossy(&kept).into_owned();
            self.out.push_back(Told::Pasted(Pasted { text, bytes }));
        }
    }

    /// The rest of what is held back does not come.
    fn give_up(&mut self) {
        let key = match self.held[..] {
            [ESC] => Some(KeyEvent::from(KeyCode::Esc)),
            // Escape and a key right behind it look like Alt with that key.
            [ESC, letter @ (b'[' | b'O')] => Some(alt(KeyCode::Char(char::from(letter)).into())),
            _ => None,
        };
        self.held.clear();
        self.out.extend(key.map(Told::Key));
    }

    fn byte(&mut self, byte: u8) {
        // What no sequence has in it begins something itself.
        let breaks = match self.held[..] {
            [] => false,
            [ESC] => byte == ESC,
            [ESC, b'[' | b'O', ..] => !(0x20..0x7f).contains(&byte),
            _ => byte < 0x80,
        };
        if breaks {
            self.give_up();
        }
        self.held.push(byte);
        match read(&self.held) {
            Read::Begun if self.held.len() < SEQUENCE_BYTES => return,
            Read::Begun | Read::Nothing => {}
            Read::Key(key) => self.out.push_back(Told::Key(key)),
            Read::Paste => self.pasting = Some(Pasting::default()),
        }
        self.held.clear();
    }
}

impl Pasting {
    /// Takes a byte; whether the paste ended with it.
    fn has_ended_with(&mut self, byte: u8) -> bool {
        if byte == PASTE_END[self.matched] {
            self.matched += 1;
            return self.matched == PASTE_END.len();
        }
        // The end has one Escape only, at its beginning.
        for byte in &PASTE_END[..self.matched] {
            keep(&mut self.kept, &mut self.bytes, *byte);
        }
        self.matched = usize::from(byte == PASTE_END[0]);
        if self.matched == 0 {
            keep(&mut self.kept, &mut self.bytes, byte);
        }
        false
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &mut u64, byte: u8) {
    *bytes += 1;
    if kept.len() < PASTE_BYTES {
        kept.push(byte);
    }
}

fn read(bytes: &[u8]) -> Read {
    match bytes {
        [] | [ESC] | [ESC, b'[' | b'O'] | [ESC, b'[', b'['] => Read::Begun,
        [ESC, b'[', b'[', letter @ b'A'..=b'E'] => key(KeyCode::F(1 + letter - b'A')),
        [ESC, b'[', b'[', ..] => Read::Nothing,
        [ESC, b'[', between @ .., last @ 0x40..=0x7e] => control_sequence(between, *last),
        [ESC, b'[', ..] => Read::Begun,
        [ESC, b'O', last] => named(*last).map_or(Read::Nothing, key),
        [ESC, rest @ ..] => match plain(rest) {
            Read::Key(event) if matches!(event.code, KeyCode::Char(_)) => Read::Key(alt(event)),
            Read::Key(_) => Read::Nothing,
            other => other,
        },
        bytes => plain(bytes),
    }
}

/// `ESC [ between last`.
fn control_sequence(between: &[u8], last: u8) -> Read {
    // What has other signs in it than digits is no key of a keyboard.
    let numbers = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    if !between.iter().all(numbers) {
        return Read::Nothing;
    }
    let first = between.split(|byte| *byte == b';').next();
    let first = first.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match (last, first.unwrap_or(1)) {
        (b'~', 200) => Read::Paste,
        (b'~', number) => numbered(number).map_or(Read::Nothing, key),
        // With a number it is where the cursor stands.
        (b'R', _) if !between.is_empty() => Read::Nothing,
        (last, _) => named(last).map_or(Read::Nothing, key),
    }
}

fn named(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(1 + letter - b'P'),
        b'Z' => KeyCode::BackTab,
        _ => return None,
    })
}

fn numbered(number: u16) -> Option<KeyCode> {
    let f = |number: u16| KeyCode::F(number as u8);
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => f(number - 10),
        17..=21 => f(number - 11),
        23..=26 => f(number - 12),
        28 | 29 => f(number - 13),
        31..=34 => f(number - 14),
        _ => return None,
    })
}

/// A key that is one byte or one letter.
fn plain(bytes: &[u8]) -> Read {
    let control =
        |letter: u8| KeyEvent::new(KeyCode::Char(char::from(letter)), KeyModifiers::CONTROL);
    match bytes {
        [b'\r'] => key(KeyCode::Enter),
        [b'\t'] => key(KeyCode::Tab),
        [0x7f] => key(KeyCode::Backspace),
        [0] => Read::Key(control(b' ')),
        [byte @ 0x01..=0x1a] => Read::Key(control(byte - 1 + b'a')),
        [byte @ 0x1c..=0x1f] => Read::Key(control(byte - 0x1c + b'4')),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text
                .chars()
                .next()
                .map_or(Read::Begun, |letter| key(KeyCode::Char(letter))),
            Err(why) if why.error_len().is_none() => Read::Begun,
            Err(_) => Read::Nothing,
        },
    }
}

fn key(code: KeyCode) -> Read {
    Read::Key(code.into())
}

fn alt(event: KeyEvent) -> KeyEvent {
    KeyEvent::new(event.code, event.modifiers | KeyModifiers::ALT)
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    /// What bytes turn out to be that come at this pace.
    fn told(gap_ms: u64, bytes: &[&[u8]]) -> Vec<Told> {
        let mut keyboard = Keyboard::default();
        let mut now = Tick::from_ms(1_000);
        for bytes in bytes {
            now = now + Duration::from_millis(gap_ms);
            keyboard.bytes(now, bytes);
        }
        keyboard.woken(Tick(u64::MAX));
        std::iter::from_fn(|| keyboard.next_told()).collect()
    }

    fn pressed(codes: &[KeyCode]) -> Vec<Told> {
        codes.iter().map(|code| Told::Key((*code).into())).collect()
    }

    fn pasted(text: &str) -> Told {
        let (text, bytes) = (text.to_owned(), text.len() as u64);
        Told::Pasted(Pasted { text, bytes })
    }

    #[test]
    fn keys_of_the_usual_terminals_are_known_whole_or_in_pieces() {
        use KeyCode::*;
        let keys: [(&[u8], KeyCode); 22] = [
            (b"2", Char('2')),
            ("ł".as_bytes(), Char('ł')),
            ("漢".as_bytes(), Char('漢')),
            (b"\r", Enter),
            (b"\t", Tab),
            (b"\x7f", Backspace),
            (b"\x1b", Esc),
            (b"\x1b[A", Up),
            (b"\x1bOB", Down),
            (b"\x1b[1;5C", Right),
            (b"\x1b[Z", BackTab),
            (b"\x1b[5~", PageUp),
            (b"\x1b[6~", PageDown),
            (b"\x1bOP", F(1)),
            (b"\x1bOQ", F(2)),
            (b"\x1b[12~", F(2)),
            (b"\x1b[[B", F(2)),
            (b"\x1b[1;2Q", F(2)),
            (b"\x1b[15~", F(5)),
            (b"\x1b[19;2~", F(8)),
            (b"\x1b[20~", F(9)),
            (b"\x1b[24~", F(12)),
        ];
        for (bytes, code) in keys {
            assert_eq!(told(1, &[bytes]), pressed(&[code]), "{bytes:?}");
            let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(told(5, &pieces), pressed(&[code]), "{bytes:?}");
        }
        let all: Vec<u8> = keys
            .iter()
            .flat_map(|(bytes, _)| [*bytes, &b"x"[..]].concat())
            .collect();
        let keys_alone = keys.iter().filter(|(_, code)| *code != Esc);
        let codes: Vec<KeyCode> = keys_alone
            .flat_map(|(_, code)| [*code, Char('x')])
            .collect();
        // All but Escape, behind which a letter looks like Alt with it.
        let seen = told(1, &[&all]).into_iter();
        let is_alt =
            |one: &Told| matches!(one, Told::Key(key) if key.modifiers == KeyModifiers::ALT);
        let seen: Vec<Told> = seen.filter(|one| !is_alt(one)).collect();
        assert_eq!(seen, pressed(&codes));

        let control = |letter| Told::Key(KeyEvent::new(Char(letter), KeyModifiers::CONTROL));
        assert_eq!(
            told(1, &[b"\x03\x1d\n"]),
            [control('c'), control('5'), control('j')]
        );
        let alt = |letter| Told::Key(KeyEvent::new(Char(letter), KeyModifiers::ALT));
        assert_eq!(told(1, &[b"\x1b2\x1b["]), [alt('2'), alt('[')]);
        assert_eq!(told(1, &[b"\x1b\x1b[A"]), pressed(&[Esc, Up]));
        assert_eq!(told(100, &[b"\x1b", b"2"]), pressed(&[Esc, Char('2')]));
    }

    #[test]
    fn a_paste_is_one_thing_whatever_stands_in_it() {
        let (begin, end) = (&b"\x1b[200~"[..], PASTE_END);
        for text in [
            "L2409A",
            "",
            "close\r\n2\r\x1bOQ\x03",
            "\x1b[20\x1b[201\x1b\x1b[2",
            "ł\u{9b}漢\t",
        ] {
            let whole = [begin, text.as_bytes(), end, b"q"].concat();
            let then = [vec![pasted(text)], pressed(&[KeyCode::Char('q')])].concat();
            assert_eq!(told(1, &[&whole]), then, "{text:?}");
            let pieces: Vec<&[u8]> = whole.chunks(1).collect();
            assert_eq!(told(5, &pieces), then, "{text:?}");
        }
        // A megabyte is counted and not kept.
        let million = vec![b'\r'; 1 << 20];
        let told_of = told(1, &[begin, &million, end]);
        let [Told::Pasted(Pasted { text, bytes })] = &told_of[..] else {
            panic!("{}", told_of.len());
        };
        assert_eq!((text.len(), *bytes), (PASTE_BYTES, 1 << 20));
        // One that never ends is over soon, and keys are keys again.
        let key = pressed(&[KeyCode::F(2)]);
        assert_eq!(
            told(600, &[b"\x1b[200~abc", b"\x1bOQ"]),
            [vec![pasted("abc")], key.clone()].concat()
        );
        assert_eq!(told(1, &[end, b"\x1bOQ"]), key, "an end of nothing");
    }

    #[test]
    fn what_means_nothing_is_no_key_and_is_not_waited_for() {
        let stop = pressed(&[KeyCode::F(2)]);
        let long = [&b"\x1b["[..], &[b'1'; 500]].concat();
        let junk: [&[u8]; 12] = [
            b"\x1b[?",
            b"\x1b[?1;2c",
            b"\x1b[<0;1;1M",
            b"\x1b[0;0R",
            b"\x1b[1;1R",
            b"\x1b[99999999999~",
            b"\x1b[\x9b",
            b"\xff\xfe",
            b"\xf0\x9f",
            b"\x1b[38;5;1m",
            b"\x1bO\x1b[",
            &long,
        ];
        for junk in junk {
            let told = told(500, &[junk, b"\x1bOQ"]);
            assert_eq!(told.last(), stop.last(), "{junk:?}");
            assert!(
                !told.contains(&Told::Key(KeyCode::Enter.into())),
                "{junk:?}: {told:?}"
            );
            let mut keyboard = Keyboard::default();
            keyboard.bytes(Tick(0), junk);
            assert!(keyboard.held.len() < SEQUENCE_BYTES);
        }
    }

    proptest! {
        /// Whatever came: a moment later the stop key is the stop key.
        #[test]
        fn the_keyboard_is_never_lost(
            bytes in prop::collection::vec(prop_oneof![
                any::<u8>(),
                prop::sample::select(&b"\x1b[?<O0123456789;~MRu\r"[..]),
            ], 0..300),
        ) {
            let mut keyboard = Keyboard::default();
            keyboard.bytes(Tick::from_ms(1), &bytes);
            prop_assert!(keyboard.held.len() < SEQUENCE_BYTES);
            keyboard.woken(Tick::from_ms(600));
            prop_assert_eq!(keyboard.wake(), None);
            while keyboard.next_told().is_some() {}
            keyboard.bytes(Tick::from_ms(601), b"\x1bOQ");
            prop_assert_eq!(keyboard.next_told(), Some(Told::Key(KeyCode::F(2).into())));
        }
    }
}
