//! A hand scanner that types, as a second keyboard would: which key presses are a scan, and which a person's. PURE.
//!
//! A scan is a burst of quick keys with an end, and with a beginning where one is set. Keys are held back until it is
//! clear which: at most for [`WedgeConfig::gap_ms`] after the last one. Nothing is ever swallowed: what is no scan
//! comes out as it was typed, in order.
//!
//! Scanners have no key for GS (1Dh), and type it as somebody set it: as the control character, as `^]`, as a function
//! key, as Alt with the digits 029, as the word `<GS>`. Which of them a device uses is configuration
//! ([`WedgeConfig::gs`]), because each may stand in a text as well.
//!
//! Sources: the programming manuals of common hand scanners describe these forms, under names such as "function code
//! mapping" and "control character output"; which one a scanner has out of the box differs by maker and host.

use super::SymbologyId;
use super::session::GS;
use crate::Tick;
use std::collections::VecDeque;
use std::time::Duration;

/// Most keys that are held back; more are a stuck key, and are typed.
pub const KEYS_MAX: usize = 4_096;

/// One key press, as a terminal tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character.
    Character(char),
    /// A character while Ctrl was held: `Control(']')`.
    Control(char),
    /// A character while Alt was held.
    Alt(char),
    /// F1 and so on.
    Function(u8),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Any other key; by the caller's own number.
    Other(u32),
}

/// How a scanner types GS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypedGs {
    /// As the control character itself, or as Ctrl and `]`, which is the same to a terminal.
    Character,
    /// As `^` and `]`.
    Caret,
    /// As this function key: F8 with 8.
    Function(u8),
    /// As Alt and the digits 0, 2, 9.
    AltDigits,
    /// As the four characters `<GS>`.
    Word,
}

impl TypedGs {
    /// The keys that come.
    fn keys(self) -> Vec<Key> {
        match self {
            TypedGs::Character => vec![Key::Control(']')],
            TypedGs::Caret => "^]".chars().map(Key::Character).collect(),
            TypedGs::Function(number) => vec![Key::Function(number)],
            TypedGs::AltDigits => "029".chars().map(Key::Alt).collect(),
            TypedGs::Word => "<GS>".chars().map(Key::Character).collect(),
        }
    }
}

/// How the scanner is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WedgeConfig {
    /// The key before each scan; `None`: speed alone tells a scan from a person.
    pub prefix: Option<Key>,
    /// The key after each scan.
    pub suffix: Key,
    /// How it types GS.
    pub gs: Vec<TypedGs>,
    /// Scans begin with a symbology identifier.
    pub aim: bool,
    /// Fewest keys of a scan, without prefix and suffix.
    pub keys_min: usize,
    /// Longest time between two keys of a scan, in milliseconds. People and held keys are slower than 25.
    pub gap_ms: u64,
}

impl Default for WedgeConfig {
    fn default() -> WedgeConfig {
        WedgeConfig {
            prefix: None,
            suffix: Key::Enter,
            gs: vec![TypedGs::Character],
            aim: false,
            keys_min: 6,
            gap_ms: 25,
        }
    }
}

/// What keys turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A person pressed this key.
    Key(Key),
    /// The scanner typed this.
    Scan {
        /// Which kind of symbol it was, where identifiers are on and one came.
        symbology: Option<SymbologyId>,
        /// What stood in it; elements are separated by GS (1Dh).
        text: Vec<u8>,
    },
}

/// Tells scans from typing. Hand in each key with its time, take what comes out, and call [`Wedge::woken`] when the
/// time of [`Wedge::wake`] has come.
#[derive(Debug)]
pub struct Wedge {
    config: WedgeConfig,
    held: Vec<Key>,
    last_at: Tick,
    out: VecDeque<Typed>,
}

impl Wedge {
    /// One that has heard nothing yet.
    pub fn new(config: WedgeConfig) -> Wedge {
        Wedge {
            config,
            held: Vec::new(),
            last_at: Tick::default(),
            out: VecDeque::new(),
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, now: Tick, key: Key) {
        self.woken(now);
        self.last_at = now;
        // A terminal gives the control character and Ctrl with its key as the same.
        let key = match key {
            Key::Character(c) if c == char::from(GS) => Key::Control(']'),
            key => key,
        };
        if self.config.prefix == Some(key) {
            // A scan begins: what came before is none.
            self.release();
            self.held.push(key);
        } else if key == self.config.suffix {
            match self.scan() {
                Some(scan) => {
                    self.held.clear();
                    self.out.push_back(scan);
                }
                None => {
                    self.held.push(key);
                    self.release();
                }
            }
        } else {
            self.held.push(key);
            let in_scan = match self.config.prefix {
                Some(prefix) => self.held.first() == Some(&prefix),
                None => true,
            };
            if !in_scan || self.held.len() >= KEYS_MAX {
                self.release();
            }
        }
    }

    /// When keys are given up as a scan; `None` while none are held back.
    pub fn wake(&self) -> Option<Tick> {
        // A gap of just the limit is still one of a scan.
        let after =
            self.last_at + Duration::from_millis(self.config.gap_ms) + Duration::from_nanos(1);
        (!self.held.is_empty()).then_some(after)
    }

    /// Time went by.
    pub fn woken(&mut self, now: Tick) {
        if self.wake().is_some_and(|at| at <= now) {
            self.release();
        }
    }

    /// The next thing that keys turned out to be.
    pub fn next_typed(&mut self) -> Option<Typed> {
        self.out.pop_front()
    }

    /// What is held back was typed by a person.
    fn release(&mut self) {
        self.out.extend(self.held.drain(..).map(Typed::Key));
    }

    /// What is held back as a scan; `None` when it is none.
    fn scan(&self) -> Option<Typed> {
        let keys = match self.config.prefix {
            Some(prefix) => self.held.strip_prefix(&[prefix])?,
            None => &self.held[..],
        };
        if keys.len() < self.config.keys_min {
            return None;
        }
        let text = self.text(keys)?;
        let (symbology, text) = match SymbologyId::split(&text).filter(|_| self.config.aim) {
            Some((id, rest)) => (Some(id), rest.to_vec()),
            None => (None, text),
        };
        Some(Typed::Scan { symbology, text })
    }

    /// The bytes that keys stand for; `None` when a key is among them that no scan has.
    fn text(&self, mut keys: &[Key]) -> Option<Vec<u8>> {
        let forms: Vec<Vec<Key>> = self.config.gs.iter().map(|gs| gs.keys()).collect();
        let (mut text, mut utf8) = (Vec::new(), [0; 4]);
        while let [first, rest @ ..] = keys {
            if let Some(form) = forms.iter().find(|form| keys.starts_with(form)) {
                text.push(GS);
                keys = &keys[form.len()..];
                continue;
            }
            let Key::Character(c) = first else {
                return None;
            };
            text.extend(c.encode_utf8(&mut utf8).as_bytes());
            keys = rest;
        }
        Some(text)
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn characters(text: &str) -> Vec<Key> {
        text.chars().map(Key::Character).collect()
    }

    /// Presses keys at this pace; what they turned out to be once nothing more comes.
    fn typed(config: &WedgeConfig, gap_ms: u64, keys: &[Key]) -> Vec<Typed> {
        let mut wedge = Wedge::new(config.clone());
        let mut now = Tick::from_ms(1_000);
        for key in keys {
            now = now + Duration::from_millis(gap_ms);
            wedge.key(now, *key);
        }
        if let Some(at) = wedge.wake() {
            wedge.woken(at);
        }
        std::iter::from_fn(|| wedge.next_typed()).collect()
    }

    fn scan(symbology: Option<&str>, text: &str) -> Typed {
        let id = symbology.and_then(|id| SymbologyId::split(id.as_bytes()));
        Typed::Scan {
            symbology: id.map(|(id, _)| id),
            text: text.into(),
        }
    }

    #[test]
    fn quick_keys_with_their_end_are_a_scan_and_all_else_is_typing() {
        let config = WedgeConfig::default();
        let mut keys = characters("003950600000000017");
        keys.push(Key::Enter);
        assert_eq!(typed(&config, 3, &keys), [scan(None, "003950600000000017")]);
        let by_hand: Vec<Typed> = keys.iter().copied().map(Typed::Key).collect();
        assert_eq!(typed(&config, config.gap_ms + 1, &keys), by_hand);
        let quick = &keys[..keys.len() - 1];
        assert_eq!(typed(&config, 3, quick), by_hand[..quick.len()], "no end");
        let short = [&characters("yes")[..], &[Key::Enter]].concat();
        let by_hand: Vec<Typed> = short.iter().copied().map(Typed::Key).collect();
        assert_eq!(typed(&config, 3, &short), by_hand);
    }

    #[test]
    fn gs_is_known_in_every_form_that_is_configured_and_in_no_other() {
        let forms = [
            (TypedGs::Character, vec![Key::Character('\x1d')]),
            (TypedGs::Character, vec![Key::Control(']')]),
            (TypedGs::Caret, characters("^]")),
            (TypedGs::Function(8), vec![Key::Function(8)]),
            (
                TypedGs::AltDigits,
                vec![Key::Alt('0'), Key::Alt('2'), Key::Alt('9')],
            ),
            (TypedGs::Word, characters("<GS>")),
        ];
        for (form, keys) in forms {
            let config = WedgeConfig {
                prefix: Some(Key::Function(9)),
                gs: vec![form],
                aim: true,
                ..WedgeConfig::default()
            };
            let parts = [
                &[Key::Function(9)][..],
                &characters("]d22112"),
                &keys,
                &characters("10A"),
                &[Key::Enter],
            ];
            let pressed = parts.concat();
            assert_eq!(
                typed(&config, 1, &pressed),
                [scan(Some("]d2"), "2112\x1d10A")],
                "{form:?}"
            );
            // Without its prefix it is none, and is not held back either.
            let found = typed(&config, 1, &pressed[1..]);
            assert_eq!(found.len(), pressed.len() - 1);
            let other = WedgeConfig {
                gs: Vec::new(),
                ..config
            };
            let found = typed(&other, 1, &pressed);
            assert!(
                !found.contains(&scan(Some("]d2"), "2112\x1d10A")),
                "{form:?}"
            );
        }
    }

    #[test]
    fn a_stuck_key_is_typed_and_what_is_held_back_is_bounded() {
        let mut wedge = Wedge::new(WedgeConfig::default());
        for press in 0..3 * KEYS_MAX {
            wedge.key(Tick(press as u64), Key::Character('x'));
            assert!(wedge.held.len() < KEYS_MAX);
        }
        let out = std::iter::from_fn(|| wedge.next_typed()).count();
        assert_eq!(out + wedge.held.len(), 3 * KEYS_MAX);
    }

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![
            any::<char>().prop_map(Key::Character),
            prop::sample::select("0123456789^]<GS>".chars().collect::<Vec<_>>())
                .prop_map(Key::Character),
            Just(Key::Enter),
            Just(Key::Tab),
            (8u8..10).prop_map(Key::Function),
            Just(Key::Alt('0')),
            Just(Key::Control(']')),
        ]
    }

    proptest! {
        /// Nothing is swallowed: each key comes out as typed or stands in a scan; and in order.
        #[test]
        fn every_key_comes_out(
            keys in prop::collection::vec((any_key(), 0u64..40), 0..200),
            prefix in prop::option::of(Just(Key::Function(9))),
        ) {
            let config = WedgeConfig { prefix, gs: Vec::new(), keys_min: 2, ..WedgeConfig::default() };
            let mut wedge = Wedge::new(config);
            let mut now = Tick::default();
            for (key, gap_ms) in &keys {
                now = now + Duration::from_millis(*gap_ms);
                wedge.key(now, *key);
            }
            if let Some(at) = wedge.wake() {
                wedge.woken(at);
            }
            let mut told = Vec::new();
            while let Some(typed) = wedge.next_typed() {
                match typed {
                    Typed::Key(key) => told.push(key),
                    Typed::Scan { text, .. } => {
                        told.extend(prefix);
                        told.extend(String::from_utf8(text).unwrap().chars().map(Key::Character));
                        told.push(Key::Enter);
                    }
                }
            }
            let pressed: Vec<Key> = keys
                .iter()
                .map(|(key, _)| match key {
                    Key::Character('\x1d') => Key::Control(']'),
                    key => *key,
                })
                .collect();
            prop_assert_eq!(told, pressed);
        }
    }
}
