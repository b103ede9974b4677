//! A hand scanner that types, as a second keyboard would: which key presses are a scan, and which a person's. PURE.
//!
//! A scan is a burst of quick keys with an end, and with a beginning where one is set. Keys are held back until it is
//! clear which: at most for [`WedgeConfig::gap_ms`] after the last one. Nothing is ever swallowed: all comes out, in
//! order. A burst that is no scan as the scanner is set (another end, a GS that is typed otherwise, half of a code) is
//! no person's typing either, and comes out as what it is: [`Typed::Quick`]. A key that no scanner types, or no
//! scanner that is set like this (function keys), is a person's at once: a key that stops a machine waits for nothing.
//!
//! Enter confirms. So one that comes together with another key, before or behind it, is nobody's: it is the end of a
//! line that was pasted, or of a scan that ends twice.
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

/// Most keys that are held back; so many are no scan.
pub const KEYS_MAX: usize = 4_096;

/// So many different keys, each right after the one before, are no person's.
pub const QUICK_KEYS: usize = 4;

/// So many times the same key, each right after the one before, are no key that is held down.
pub const SAME_KEYS: usize = 64;

/// What comes so soon after a burst that was no scan is the rest of it.
const REST: Duration = Duration::from_millis(300);

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
    /// Any other key, which no scanner types; by the caller's own number.
    Other(u32),
}

impl Key {
    /// The key that a station file names: `enter`, `tab`, `F1` to `F12`, or one character that can be seen.
    pub fn named(word: &str) -> Option<Key> {
        match word {
            "enter" => return Some(Key::Enter),
            "tab" => return Some(Key::Tab),
            _ => {}
        }
        let mut characters = word.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) if !only.is_control() && !only.is_whitespace() => {
                Some(Key::Character(only))
            }
            _ => function(word).map(Key::Function),
        }
    }
}

/// The number of `F1` to `F12`.
fn function(word: &str) -> Option<u8> {
    let number = word.strip_prefix('F')?;
    (1..=12).find(|known: &u8| known.to_string() == number)
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
    /// The words of a station file.
    pub const WORDS: &'static [&'static str] = &[
        "character",
        "caret",
        "alt",
        "word",
        "F1",
        "F2",
        "F3",
        "F4",
        "F5",
        "F6",
        "F7",
        "F8",
        "F9",
        "F10",
        "F11",
        "F12",
    ];

    /// What such a word means.
    pub fn named(word: &str) -> Option<TypedGs> {
        match word {
            "character" => Some(TypedGs::Character),
            "caret" => Some(TypedGs::Caret),
            "alt" => Some(TypedGs::AltDigits),
            "word" => Some(TypedGs::Word),
            _ => function(word).map(TypedGs::Function),
        }
    }

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

impl WedgeConfig {
    /// The settings as a station file writes them; `prefix` may be `none`. `None`: one of the words is none of its own.
    pub fn of_words(
        prefix: &str,
        suffix: &str,
        gs: &str,
        aim: bool,
        gap_ms: u64,
    ) -> Option<WedgeConfig> {
        let prefix = match prefix {
            "none" => None,
            word => Some(Key::named(word)?),
        };
        Some(WedgeConfig {
            prefix,
            suffix: Key::named(suffix)?,
            gs: vec![TypedGs::named(gs)?],
            aim,
            gap_ms,
            ..WedgeConfig::default()
        })
    }

    /// Whether a scan can be told from what stands in it.
    ///
    /// # Errors
    /// What contradicts, as a sentence about the prefix.
    pub fn check(&self) -> Result<(), String> {
        let Some(prefix) = self.prefix else {
            return Ok(());
        };
        if let Key::Character(c) = prefix
            && (c.is_ascii_alphanumeric() || IN_CODES.contains(c))
        {
            return Err(format!(
                "The character {c:?} stands in codes: each one would begin a new scan in the middle."
            ));
        }
        if self.aim && prefix == Key::Character(']') {
            return Err("With `aim` each code begins with \"]\" already.".to_owned());
        }
        match self.gs.iter().any(|gs| gs.keys().contains(&prefix)) {
            true => Err("It is typed for GS as well: each GS would begin a new scan.".to_owned()),
            false => Ok(()),
        }
    }
}

/// What may stand in codes besides letters and digits: GS1 General Specifications, character sets 82 and 39 (section
/// 7.11), and the blank.
const IN_CODES: &str = "!\"%&'()*+,-./_:;<=>?# ";

/// What keys turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A person pressed this key.
    Key(Key),
    /// These came quicker than a person presses them, and are no scan as the scanner is set.
    Quick(Vec<Key>),
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
    // When the first of them came, and whether it came right behind another key.
    held_at: Tick,
    held_behind: bool,
    // When the last key came, held back or not.
    last_at: Option<Tick>,
    // Until then keys are the rest of a burst that was no scan.
    rest_until: Option<Tick>,
    out: VecDeque<Typed>,
}

impl Wedge {
    /// One that has heard nothing yet.
    pub fn new(config: WedgeConfig) -> Wedge {
        Wedge {
            config,
            held: Vec::new(),
            held_at: Tick::default(),
            held_behind: false,
            last_at: None,
            rest_until: None,
            out: VecDeque::new(),
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, now: Tick, key: Key) {
        self.woken(now);
        let behind = self.last_at.is_some_and(|at| now < self.gap_after(at));
        self.last_at = Some(now);
        if self.held.is_empty() {
            self.held_behind = behind;
        }
        // A terminal gives the control character and Ctrl with its key as the same.
        let key = match key {
            Key::Character(c) if c == char::from(GS) => Key::Control(']'),
            key => key,
        };
        if self.config.prefix == Some(key) {
            // A scan begins: what came before is none.
            self.release(true);
            self.held_behind = behind;
            self.hold(now, key);
        } else if key == self.config.suffix {
            match self.scan() {
                Some(scan) => {
                    self.held.clear();
                    self.rest_until = None;
                    self.out.push_back(scan);
                }
                None => {
                    self.hold(now, key);
                    // Enter alone is a person's only if nothing follows it.
                    if key != Key::Enter || self.held.len() > 1 {
                        self.release(false);
                    }
                }
            }
        } else if self.is_a_persons(key) {
            self.release(true);
            self.out.push_back(Typed::Key(key));
        } else {
            self.hold(now, key);
            if self.held.len() >= KEYS_MAX {
                self.release(true);
            }
        }
    }

    /// No scanner presses it, as this one is set.
    fn is_a_persons(&self, key: Key) -> bool {
        let mut gs = self.config.gs.iter();
        match key {
            Key::Function(_) => !gs.any(|gs| gs.keys().contains(&key)),
            Key::Other(_) => true,
            _ => false,
        }
    }

    fn hold(&mut self, now: Tick, key: Key) {
        if self.held.is_empty() {
            self.held_at = now;
        }
        self.held.push(key);
    }

    /// When keys are given up as a scan; `None` while none are held back.
    pub fn wake(&self) -> Option<Tick> {
        let last = self.last_at.filter(|_| !self.held.is_empty());
        last.map(|at| self.gap_after(at))
    }

    /// From then on a key no longer comes right behind one of this time.
    fn gap_after(&self, at: Tick) -> Tick {
        // A gap of just the limit is still one of a scan.
        at + Duration::from_millis(self.config.gap_ms) + Duration::from_nanos(1)
    }

    /// Time went by.
    pub fn woken(&mut self, now: Tick) {
        if self.wake().is_some_and(|at| at <= now) {
            self.release(false);
        }
    }

    /// The next thing that keys turned out to be.
    pub fn next_typed(&mut self) -> Option<Typed> {
        self.out.pop_front()
    }

    /// What is held back is no scan; another key came right behind it, or not.
    fn release(&mut self, followed: bool) {
        let keys = std::mem::take(&mut self.held);
        if keys.is_empty() {
            return;
        }
        // One key again and again is one that is held down, or a person in a hurry.
        let differ = keys.windows(2).any(|pair| pair[0] != pair[1]);
        let begun = self.config.prefix.is_some_and(|prefix| keys[0] == prefix);
        let alone = keys.len() == 1 && !self.held_behind && !followed;
        let enters = keys.contains(&Key::Enter) && !alone;
        let quick = differ && (begun || keys.len() >= QUICK_KEYS);
        let burst = quick || enters || keys.len() >= SAME_KEYS;
        let rest = self.in_rest();
        // The end of a scan that ends twice is no burst that could go on.
        if let Some(last) = self.last_at.filter(|_| burst && keys.len() > 1) {
            self.rest_until = Some(last + REST);
        }
        match burst || rest {
            true => self.out.push_back(Typed::Quick(keys)),
            false => self.out.extend(keys.into_iter().map(Typed::Key)),
        }
    }

    /// What is held back came right behind a burst that was no scan.
    fn in_rest(&self) -> bool {
        self.rest_until.is_some_and(|until| self.held_at <= until)
    }

    /// What is held back as a scan; `None` when it is none.
    fn scan(&self) -> Option<Typed> {
        let keys = match self.config.prefix {
            Some(prefix) => self.held.strip_prefix(&[prefix])?,
            // The second half of a code is no code.
            None if self.in_rest() => return None,
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
        // No person is that quick, and no scan has no end or is that short; Enter is pressed alone.
        let endless = keys[..keys.len() - 1].to_vec();
        let short = [&characters("2QAB")[..], &[Key::Enter]].concat();
        let other_end = [&characters("0106003")[..], &[Key::Tab]].concat();
        let confirmed = vec![Key::Character('2'), Key::Enter];
        for keys in [endless, short, other_end, confirmed, vec![Key::Enter; 2]] {
            assert_eq!(typed(&config, 3, &keys), [Typed::Quick(keys)]);
        }
        // Fingers that roll over two keys, and a key that is held down.
        for keys in [characters("re"), vec![Key::Enter], characters("222222222")] {
            let by_hand: Vec<Typed> = keys.iter().copied().map(Typed::Key).collect();
            assert_eq!(typed(&config, 3, &keys), by_hand);
        }
    }

    #[test]
    fn a_key_that_no_scanner_presses_waits_for_nothing() {
        let config = WedgeConfig {
            gs: vec![TypedGs::Function(8)],
            ..WedgeConfig::default()
        };
        let mut wedge = Wedge::new(config);
        for key in characters("01095") {
            wedge.key(Tick::from_ms(1), key);
        }
        wedge.key(Tick::from_ms(1), Key::Function(8));
        assert_eq!(wedge.next_typed(), None);
        for key in [Key::Function(2), Key::Other(0)] {
            wedge.key(Tick::from_ms(1), key);
        }
        assert!(matches!(wedge.next_typed(), Some(Typed::Quick(keys)) if keys.len() == 6));
        assert_eq!(wedge.next_typed(), Some(Typed::Key(Key::Function(2))));
        assert_eq!(wedge.next_typed(), Some(Typed::Key(Key::Other(0))));
        assert_eq!(wedge.wake(), None);
    }

    #[test]
    fn the_rest_of_a_broken_code_is_no_code_and_no_typing() {
        let code = [&characters("010950600013435221AB")[..], &[Key::Enter]].concat();
        // The line stood still in the middle of it: the rest is three keys, or enough for a scan.
        for broken_at in [17, 8] {
            let mut wedge = Wedge::new(WedgeConfig::default());
            let mut now = Tick::from_ms(1_000);
            for (at, key) in code.iter().enumerate() {
                now = now + Duration::from_millis(if at == broken_at { 200 } else { 2 });
                wedge.key(now, *key);
            }
            let (first, rest) = code.split_at(broken_at);
            let told: Vec<Typed> = std::iter::from_fn(|| wedge.next_typed()).collect();
            let quick = |keys: &[Key]| Typed::Quick(keys.to_vec());
            assert_eq!(told, [quick(first), quick(rest)], "{broken_at}");
            // Whoever presses a key after that is a person.
            wedge.key(now + Duration::from_millis(600), Key::Character('2'));
            wedge.woken(now + Duration::from_millis(700));
            let key = Typed::Key(Key::Character('2'));
            assert_eq!(wedge.next_typed(), Some(key), "{broken_at}");
        }
    }

    #[test]
    fn the_words_of_a_station_file_mean_keys_and_contradictions_are_told() {
        let of = |prefix, gs, aim| WedgeConfig::of_words(prefix, "enter", gs, aim, 25);
        assert_eq!(of("none", "character", false), Some(WedgeConfig::default()));
        for word in TypedGs::WORDS {
            assert!(of("none", word, false).is_some(), "{word}");
        }
        let f9 = of("F9", "F8", true).expect("words");
        assert_eq!((f9.prefix, f9.check()), (Some(Key::Function(9)), Ok(())));
        assert_eq!(of("~", "caret", true).expect("words").check(), Ok(()));
        for odd in ["", "F0", "F13", "F02", "F+9", "ab", "\u{1d}", " "] {
            assert_eq!(of(odd, "character", false), None, "{odd:?}");
        }
        for (prefix, gs, aim) in [
            ("2", "character", false),
            ("q", "character", false),
            ("%", "character", false),
            ("]", "character", true),
            ("^", "caret", false),
            ("]", "caret", false),
            ("<", "word", false),
            ("F8", "F8", false),
        ] {
            let config = of(prefix, gs, aim).expect("words");
            assert!(config.check().is_err(), "{prefix} {gs} {aim}");
        }
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
            // Without its prefix it is none, and a person's typing neither.
            let found = typed(&config, 1, &pressed[1..]);
            assert!(matches!(&found[..], [Typed::Quick(keys)] if keys.len() == pressed.len() - 1));
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

    /// Whatever stands before it or behind it, and whatever ends a scan here: an Enter that did not come alone is never
    /// told as one that a person pressed, and the one that a person presses next is.
    #[test]
    fn enter_among_other_keys_is_nobodys() {
        let tab = WedgeConfig {
            suffix: Key::Tab,
            ..WedgeConfig::default()
        };
        let around: [&[Key]; 6] = [
            &[],
            &[Key::Character('2')],
            &[Key::Function(2)],
            &[Key::Other(0), Key::Other(3)],
            &[Key::Enter],
            &characters("01095060001343522112"),
        ];
        let is_enter = |typed: &Typed| *typed == Typed::Key(Key::Enter);
        for config in [WedgeConfig::default(), tab] {
            for (before, behind) in around.iter().flat_map(|one| around.map(|two| (*one, two))) {
                let keys = [before, &[Key::Enter], behind].concat();
                let told = typed(&config, 2, &keys);
                assert_eq!(
                    told.iter().any(is_enter),
                    keys.len() == 1,
                    "{keys:?}: {told:?}"
                );
                let mut wedge = Wedge::new(config.clone());
                for key in &keys {
                    wedge.key(Tick::from_ms(1_000), *key);
                }
                wedge.key(Tick::from_ms(2_000), Key::Enter);
                wedge.woken(Tick::from_ms(2_100));
                let told: Vec<Typed> = std::iter::from_fn(|| wedge.next_typed()).collect();
                assert!(told.last().is_some_and(is_enter), "{keys:?}: {told:?}");
            }
        }
    }

    #[test]
    fn a_key_that_is_held_down_is_typed_and_what_is_held_back_is_bounded() {
        let mut wedge = Wedge::new(WedgeConfig::default());
        let stuck = Key::Character('x');
        for press in 0..3 * KEYS_MAX {
            wedge.key(Tick(press as u64), stuck);
            assert!(wedge.held.len() < KEYS_MAX);
        }
        let out: Vec<Typed> = std::iter::from_fn(|| wedge.next_typed()).collect();
        // So many at once are no person's.
        assert_eq!(out, vec![Typed::Quick(vec![stuck; KEYS_MAX]); 3]);
        let held = vec![stuck; SAME_KEYS - 1];
        let by_hand: Vec<Typed> = held.iter().copied().map(Typed::Key).collect();
        assert_eq!(typed(&WedgeConfig::default(), 3, &held), by_hand);
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
            Just(Key::Other(7)),
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
                    Typed::Quick(keys) => told.extend(keys),
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
