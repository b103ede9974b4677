//! From the terminal's key events to what a person pressed and what a scanner typed. PURE.

use super::keyboard::Pasted;
use super::keys::Press;
use crate::wire::ScannerSettings;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::VecDeque;
use vidimus_drivers::Tick;
use vidimus_drivers::reader::wedge::{Key, Typed, Wedge, WedgeConfig};

/// What came from the keyboard, or from what passes for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A person pressed this key.
    Press(Press),
    /// The scanner typed this: its symbology identifier, if one came, and the text, with GS (1Dh) between elements.
    Scan(String),
    /// No person types so, and it is no scan either; a sentence.
    NoScan(String),
    /// Somebody pasted this.
    Pasted(Pasted),
}

/// [`Key::Other`] for Escape.
const ESC: Key = Key::Other(0);
/// [`Key::Other`] for Backspace.
const BACKSPACE: Key = Key::Other(1);
/// [`Key::Other`] for the arrow up.
const UP: Key = Key::Other(3);
/// [`Key::Other`] for the arrow down.
const DOWN: Key = Key::Other(4);
/// [`Key::Other`] for the arrow left.
const LEFT: Key = Key::Other(5);
/// [`Key::Other`] for the arrow right.
const RIGHT: Key = Key::Other(6);
/// [`Key::Other`] for Shift and Tab.
const BACK_TAB: Key = Key::Other(7);
/// [`Key::Other`] for Page Up.
const PAGE_UP: Key = Key::Other(8);
/// [`Key::Other`] for Page Down.
const PAGE_DOWN: Key = Key::Other(9);
/// [`Key::Other`] for all keys that mean nothing here.
const ANY: Key = Key::Other(2);

/// Tells scans from keys of a person: every key goes through here before it does anything.
#[derive(Debug)]
pub struct Typing {
    settings: ScannerSettings,
    wedge: Wedge,
    // What came before the settings changed.
    before: VecDeque<Typed>,
}

impl Typing {
    /// With a scanner that is set like this.
    pub fn new(settings: ScannerSettings) -> Typing {
        Typing {
            wedge: Wedge::new(config(&settings)),
            settings,
            before: VecDeque::new(),
        }
    }

    /// From here on the scanner is set like this.
    pub fn set_up(&mut self, settings: &ScannerSettings) {
        if self.settings != *settings {
            self.wedge.woken(Tick(u64::MAX));
            while let Some(typed) = self.wedge.next_typed() {
                self.before.push_back(typed);
            }
            self.wedge = Wedge::new(config(settings));
            self.settings.clone_from(settings);
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, now: Tick, event: &KeyEvent) {
        self.wedge.key(now, key_of(event));
    }

    /// When it is certain what the last keys were; `None`: it is.
    pub fn wake(&self) -> Option<Tick> {
        self.wedge.wake()
    }

    /// No key came until now.
    pub fn woken(&mut self, now: Tick) {
        self.wedge.woken(now);
    }

    /// The next thing that came.
    pub fn next_input(&mut self) -> Option<Input> {
        loop {
            let typed = self.before.pop_front();
            match typed.or_else(|| self.wedge.next_typed())? {
                Typed::Key(key) => {
                    if let Some(press) = press_of(key) {
                        return Some(Input::Press(press));
                    }
                }
                // What ends a scan once more, or follows on other keys, is nobody's and nothing to speak of.
                Typed::Quick(keys) if keys == [Key::Enter] => {}
                Typed::Quick(keys) => return Some(Input::NoScan(self.too_quick(keys.len()))),
                Typed::Scan {
                    symbology: None, ..
                } if self.settings.aim => return Some(Input::NoScan(no_identifier())),
                Typed::Scan { symbology, text } => {
                    let id = symbology.map_or(String::new(), |id| id.to_string());
                    let text = String::from_utf8_lossy(&text);
                    return Some(Input::Scan(id + &text));
                }
            }
        }
    }

    fn too_quick(&self, keys: usize) -> String {
        let ScannerSettings {
            prefix, suffix, gs, ..
        } = &self.settings;
        let keys = match keys {
            1 => "1 key".to_owned(),
            keys => format!("{keys} keys"),
        };
        format!(
            "{keys} came too quickly for a person, and are no scan as the station file's [scanner] says: prefix \
             {prefix}, suffix {suffix}, GS as {gs}. No key was pressed. Scan again; if it stays so, set the scanner or \
             the station file."
        )
    }
}

/// Words that this program does not know come from a later one.
fn config(settings: &ScannerSettings) -> WedgeConfig {
    let ScannerSettings {
        prefix,
        suffix,
        gs,
        aim,
        gap_ms,
    } = settings;
    WedgeConfig::of_words(prefix, suffix, gs, *aim, *gap_ms).unwrap_or_default()
}

fn no_identifier() -> String {
    "What was scanned has no symbology identifier, which the station file's [scanner] says it has: its beginning was \
     lost, or the scanner is set otherwise. Scan again."
        .to_owned()
}

fn key_of(event: &KeyEvent) -> Key {
    let held = |modifier| event.modifiers.contains(modifier);
    match event.code {
        // GS, Ctrl and ] and Ctrl and 5 are one byte of a terminal, which is told as the last of them.
        KeyCode::Char('5') if held(KeyModifiers::CONTROL) => Key::Control(']'),
        KeyCode::Char(letter) if held(KeyModifiers::CONTROL) => Key::Control(letter),
        KeyCode::Char(letter) if held(KeyModifiers::ALT) => Key::Alt(letter),
        KeyCode::Char(letter) => Key::Character(letter),
        KeyCode::F(number) => Key::Function(number),
        KeyCode::Enter => Key::Enter,
        KeyCode::Tab => Key::Tab,
        KeyCode::Esc => ESC,
        KeyCode::Backspace => BACKSPACE,
        KeyCode::Up => UP,
        KeyCode::Down => DOWN,
        KeyCode::PageUp => PAGE_UP,
        KeyCode::PageDown => PAGE_DOWN,
        KeyCode::Left => LEFT,
        KeyCode::Right => RIGHT,
        KeyCode::BackTab => BACK_TAB,
        _ => ANY,
    }
}

fn press_of(key: Key) -> Option<Press> {
    match key {
        Key::Control('c') => Some(Press::Interrupt),
        Key::Control('u') => Some(Press::Empty),
        // Escape and a key right behind it look like Alt with that key.
        Key::Character(letter) | Key::Alt(letter) => Some(Press::Char(letter)),
        Key::Function(number) => Some(Press::F(number)),
        Key::Enter => Some(Press::Enter),
        ESC => Some(Press::Esc),
        BACKSPACE => Some(Press::Backspace),
        UP => Some(Press::Up),
        DOWN => Some(Press::Down),
        PAGE_UP => Some(Press::PageUp),
        PAGE_DOWN => Some(Press::PageDown),
        LEFT => Some(Press::Left),
        RIGHT => Some(Press::Right),
        BACK_TAB => Some(Press::Up),
        Key::Tab => Some(Press::Tab),
        Key::Control(_) | Key::Other(_) => None,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use std::time::Duration;

    fn plain(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn characters(text: &str) -> Vec<KeyEvent> {
        let all = text.chars().map(KeyCode::Char);
        all.map(plain).collect()
    }

    /// What keys at this pace turn out to be.
    fn inputs(typing: &mut Typing, gap_ms: u64, keys: &[KeyEvent]) -> Vec<Input> {
        let mut now = Tick::from_ms(5_000);
        for key in keys {
            now = now + Duration::from_millis(gap_ms);
            typing.key(now, key);
        }
        typing.woken(Tick(u64::MAX));
        std::iter::from_fn(|| typing.next_input()).collect()
    }

    fn screen_keys() -> Vec<KeyEvent> {
        let mut keys = characters("0321q?ar");
        keys.push(plain(KeyCode::F(2)));
        keys.push(plain(KeyCode::Esc));
        keys.push(plain(KeyCode::Enter));
        keys.push(plain(KeyCode::Backspace));
        keys.push(KeyEvent::new(KeyCode::Char('2'), KeyModifiers::ALT));
        keys.push(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        keys
    }

    #[test]
    fn a_persons_keys_come_out_in_order_and_a_scan_presses_none() {
        let mut pressed: Vec<Press> = "0321q?ar".chars().map(Press::Char).collect();
        pressed.extend([Press::F(2), Press::Esc, Press::Enter, Press::Backspace]);
        pressed.extend([Press::Char('2'), Press::Interrupt]);
        let pressed: Vec<Input> = pressed.into_iter().map(Input::Press).collect();
        let mut typing = Typing::new(ScannerSettings::default());
        assert_eq!(inputs(&mut typing, 60, &screen_keys()), pressed);

        let gs = KeyEvent::new(KeyCode::Char('5'), KeyModifiers::CONTROL);
        let mut keys = characters("]d20109506000134352");
        keys.push(gs);
        keys.extend(characters("213q2"));
        keys.push(plain(KeyCode::Enter));
        let mut typing = Typing::new(ScannerSettings::default());
        let scan = "]d20109506000134352\u{1d}213q2".to_owned();
        assert_eq!(inputs(&mut typing, 2, &keys), [Input::Scan(scan)]);
        // The same with another end: nobody pressed 2, 3, q or Enter.
        let aimed = ScannerSettings {
            suffix: "tab".to_owned(),
            ..ScannerSettings::default()
        };
        let mut typing = Typing::new(aimed);
        let said = inputs(&mut typing, 2, &keys);
        assert!(matches!(&said[..], [Input::NoScan(text)] if text.contains("suffix tab")));
    }

    #[test]
    fn what_waits_comes_out_before_other_settings_hold() {
        let mut typing = Typing::new(ScannerSettings::default());
        typing.key(Tick::from_ms(1), &plain(KeyCode::Char('2')));
        assert_eq!(typing.next_input(), None, "it may be a scan's");
        let set = ScannerSettings {
            prefix: "F9".to_owned(),
            aim: true,
            ..ScannerSettings::default()
        };
        typing.set_up(&set);
        typing.set_up(&set);
        assert_eq!(typing.next_input(), Some(Input::Press(Press::Char('2'))));

        let mut keys = vec![plain(KeyCode::F(9))];
        keys.extend(characters("3106141412345678908"));
        keys.push(plain(KeyCode::Enter));
        let said = inputs(&mut typing, 1, &keys);
        assert!(matches!(&said[..], [Input::NoScan(text)] if text.contains("no symbology")));
        let unknown = ScannerSettings {
            prefix: "pedal".to_owned(),
            ..ScannerSettings::default()
        };
        typing.set_up(&unknown);
        let said = inputs(&mut typing, 1, &keys[1..]);
        assert_eq!(
            said,
            [Input::Scan("3106141412345678908".to_owned())],
            "words of a later station"
        );
    }
}
