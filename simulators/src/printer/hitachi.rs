//! A Hitachi continuous ink-jet coder (RX2, UX) on its serial protocol. PURE.
//!
//! Written from the RX2 manual (5.3 transmission sequences, 5.9 communication buffer), the RX manual (p. 91, timing)
//! and the UX2 manual (code table, 1.6.4 errors). ENQ is answered ACK when it can receive, else NAK; a text is `STX DLE
//! item characters … ETX`, items from 31h, or `STX ESC header ETX`, ESC being 1Bh or 1Fh; ACK or NAK follows.
//!
//! The design lives in the coder: a GS1 Data Matrix is item 1, the serial item 2, three texts are items 3 to 5 and stay
//! as the person at the coder left them unless they are sent, one text is fixed; all at the places of the pack label
//! `pharma-pack`. How contents come to the head is its [`Feed`]:
//!
//! - buffer: contents wait in a communication buffer, each is printed once. 76h clears it, 77h restarts printing. The
//!   content that was next is already with the head when the buffer is cleared: it is printed after all, unless as
//!   many fresh contents came between clear and restart as it is set to want ("data number at fault").
//! - protected: one content is taken for each print; DC2 or DC3 lets it be sent again.
//! - overwriting: every content replaces the one before.
//!
//! With nothing new, a coder without buffer prints its last content once more; one with a buffer prints nothing.
//! Doubts: how FNC1 is sent (here the design says GS1, so that the first is implied, and GS is one); whether a coder
//! without buffer repeats in protected mode; that an empty buffer prints nothing (it depends on "data number at
//! fault"). A block check character (BCC) is off.

use super::{
    Media, Press,
    label::{Field, Label, Mark, Turn},
    press::Job,
    tongue::{Feed, Said, Tongue},
};
use crate::{Tick, symbol::Token};

/// Contents that the communication buffer holds.
pub const BUFFER_PLACES: usize = 40;
/// Longest text with STX and ETX.
pub const TEXT_MAX: usize = 1500;
/// Most items of one text, and most characters in them together.
const ITEMS_MAX: usize = 8;
const CHARACTERS_MAX: usize = 80;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const DLE: u8 = 0x10;
const DC2: u8 = 0x12;
const DC3: u8 = 0x13;
const NAK: u8 = 0x15;
const ESC: u8 = 0x1b;
const ESC2: u8 = 0x1f;
const CLEAR: u8 = 0x76;
const RESTART: u8 = 0x77;
/// The code of item 1.
const FIRST_ITEM: u8 = 0x31;

/// Where something stands, in micrometres from the top left.
type Place = (u32, u32);

const SYMBOL_AT: Place = (1_000, 1_000);
const MODULE_UM: u32 = 500;
const TEXT_UM: u32 = 1_500;
/// Items 2 to 5: the serial, then what is the same on every pack of a batch.
const TEXTS: [Place; 4] = [
    (18_700, 4_600),
    (16_000, 1_400),
    (16_000, 7_800),
    (16_000, 11_000),
];
const FIXED: [(Place, &str); 1] = [((16_000, 4_600), "SN")];

/// What stands in the items of the design.
type Contents = [Vec<u8>; 1 + TEXTS.len()];

/// The device's side of the protocol.
#[derive(Debug)]
pub struct Hitachi {
    media: Media,
    feed: Feed,
    /// Contents that must have come between clear and restart ("data number at fault").
    fresh_min: usize,
    text: Option<Vec<u8>>,
    contents: Contents,
    /// Between clear and restart: how many contents came since.
    cleared: Option<usize>,
    /// The content that was with the head when the buffer was cleared.
    stale: Option<Job>,
    /// DC2 or DC3 came: the next content replaces the one that waits.
    again: bool,
}

impl Hitachi {
    /// A coder that was just switched on, with these texts in items 3 to 5.
    #[must_use]
    pub fn new(media: Media, feed: Feed, fresh_min: usize, texts: &[String]) -> Hitachi {
        let mut contents = Contents::default();
        for (content, text) in contents[2..].iter_mut().zip(texts) {
            *content = text.clone().into_bytes();
        }
        Hitachi {
            media,
            feed,
            fresh_min,
            text: None,
            contents,
            cleared: None,
            stale: None,
            again: false,
        }
    }

    fn ready(&self, press: &Press) -> bool {
        let room = match self.feed {
            Feed::Buffer => press.room() > 0,
            Feed::Protected => press.waiting.is_empty() || self.again,
            Feed::Overwriting => true,
        };
        room && !press.hindrance.any()
    }

    /// One whole text, without STX and ETX.
    fn take(&mut self, text: &[u8], press: &mut Press) -> bool {
        match text {
            _ if press.hindrance.any() || text.len() + 2 > TEXT_MAX => false,
            [ESC | ESC2, CLEAR] => {
                self.clear(press);
                true
            }
            [ESC | ESC2, RESTART] => {
                self.begin_again(press);
                true
            }
            [DLE, items @ ..] => self.ready(press) && self.fill(items, press),
            _ => false,
        }
    }

    fn clear(&mut self, press: &mut Press) {
        let next = press.waiting.pop_front();
        if self.cleared.is_none() && self.feed == Feed::Buffer {
            self.stale = next;
        }
        press.waiting.clear();
        self.cleared = Some(0);
    }

    fn begin_again(&mut self, press: &mut Press) {
        let Some(fresh) = self.cleared.take() else {
            return;
        };
        if let Some(stale) = self.stale.take().filter(|_| fresh < self.fresh_min) {
            press.waiting.push_front(stale);
        }
    }

    /// New characters for some items; the others keep theirs. Nothing is taken of a text with a mistake.
    fn fill(&mut self, items: &[u8], press: &mut Press) -> bool {
        let mut contents = self.contents.clone();
        let (mut count, mut characters) = (0, 0);
        for item in items.split(|&byte| byte == DLE) {
            let Some((number, own)) = item.split_first() else {
                return false;
            };
            let place = number.checked_sub(FIRST_ITEM).map(usize::from);
            let Some(content) = place.and_then(|place| contents.get_mut(place)) else {
                return false;
            };
            *content = own.to_vec();
            count += 1;
            characters += own.len();
        }
        if count > ITEMS_MAX || characters > CHARACTERS_MAX {
            return false;
        }
        if self.feed != Feed::Buffer {
            press.waiting.clear();
        }
        let taken = press.take(Job::nameless(self.label(&contents)), 1) == 1;
        if taken {
            self.contents = contents;
            self.again = false;
            self.cleared = self.cleared.map(|fresh| fresh + 1);
        }
        taken
    }

    fn label(&self, contents: &Contents) -> Label {
        let dots = |um: u32| um * self.media.dpmm / 1000;
        let field = |(x, y): Place, mark| Field {
            x: i32::try_from(dots(x)).unwrap_or(0),
            y: i32::try_from(dots(y)).unwrap_or(0),
            from_bottom: false,
            mark,
        };
        let text = |text: String| Mark::Text {
            height: dots(TEXT_UM),
            width: dots(TEXT_UM),
            text,
        };
        let mut fields = Vec::new();
        let [symbol, texts @ ..] = contents;
        if !symbol.is_empty() {
            let token = |byte: &u8| {
                if *byte == 0x1d {
                    Token::Fnc1
                } else {
                    Token::Byte(*byte)
                }
            };
            let own = symbol
                .iter()
                .map(token)
                .skip_while(|token| *token == Token::Fnc1);
            let content = std::iter::once(Token::Fnc1).chain(own).collect();
            let mark = Mark::Symbol {
                module_dots: dots(MODULE_UM),
                forced: None,
                turn: Turn::Upright,
                content,
            };
            fields.push(field(SYMBOL_AT, mark));
        }
        for (place, own) in TEXTS.iter().zip(texts).filter(|(_, own)| !own.is_empty()) {
            fields.push(field(
                *place,
                text(String::from_utf8_lossy(own).into_owned()),
            ));
        }
        fields.extend(FIXED.map(|(place, own)| field(place, text(own.to_owned()))));
        let (width_dots, length_dots) = self.media.dots();
        Label {
            width_dots,
            length_dots,
            dpmm: self.media.dpmm,
            fields,
        }
    }
}

impl Tongue for Hitachi {
    fn hear(&mut self, _now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>) {
        let verdict = match (byte, &mut self.text) {
            (STX, _) => {
                self.text = Some(Vec::new());
                return;
            }
            (ETX, text @ Some(_)) => {
                let text = text.take().unwrap_or_default();
                let refused = press.troubles.has(super::Trouble::NakAlways);
                !refused && self.take(&text, press)
            }
            (_, Some(text)) => {
                // One byte more than is allowed is kept, so that the text is known to be too long.
                if text.len() <= TEXT_MAX {
                    text.push(byte);
                }
                return;
            }
            (ENQ, None) => self.ready(press),
            (DC2 | DC3, None) => {
                let online = !press.hindrance.any();
                self.again |= online;
                online
            }
            _ => return,
        };
        say.push(Said::verdict(verdict, [if verdict { ACK } else { NAK }]));
    }

    fn link_lost(&mut self) {
        self.text = None;
    }

    fn restart(&mut self) {
        *self = Hitachi {
            contents: std::mem::take(&mut self.contents),
            ..Hitachi::new(self.media, self.feed, self.fresh_min, &[])
        };
    }

    fn next_job(&mut self, press: &mut Press) -> Option<Job> {
        match self.feed {
            Feed::Buffer if self.cleared.is_some() => self.stale.take(),
            Feed::Buffer => press.waiting.pop_front(),
            Feed::Protected | Feed::Overwriting => press
                .waiting
                .pop_front()
                .or_else(|| press.last_printed.clone()),
        }
    }

    fn waits_when_full(&self) -> bool {
        false
    }

    fn length_dots(&self) -> u32 {
        self.media.dots().1
    }
}

#[cfg(test)]
mod test {
    use super::super::{Language, Model, Printer, Trouble};
    use super::*;

    fn coder(feed: Feed, depth: Option<usize>) -> Printer {
        let model = Model {
            depth,
            feed,
            fresh_min: 1,
            ..Model::speaking(Language::Hitachi)
        };
        Printer::of(model, Media::default())
    }

    fn content(serial: &str) -> Vec<u8> {
        let symbol = format!("010950600013435221{serial}\x1d17271231");
        format!("\x02\x10\x31{symbol}\x10\x32{serial}\x03").into_bytes()
    }

    fn send(printer: &mut Printer, bytes: &[u8]) -> bool {
        match printer.receive(Tick(0), bytes).as_slice() {
            [ACK] => true,
            [NAK] => false,
            other => panic!("{other:?}"),
        }
    }

    fn printed(printer: &mut Printer) -> Option<String> {
        let label = printer.start_print(Tick(0), 0)?;
        label.fields.iter().find_map(|field| match &field.mark {
            Mark::Text { text, .. } => Some(text.clone()),
            _ => None,
        })
    }

    #[test]
    fn items_fill_the_design_of_the_pack_label_and_the_others_stay() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../templates/labels/pharma-pack/label.toml"
        );
        let template = std::fs::read_to_string(path).expect("the template");
        let template: toml::Table = template.parse().expect("TOML");
        let at = |table: &toml::Value| -> Place {
            let um = |n: usize| (table["at_mm"][n].as_float().expect("a number") * 1000.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "small"
            )]
            let place = (um(0) as u32, um(1) as u32);
            place
        };
        assert_eq!(at(&template["barcode"][0]), SYMBOL_AT);
        let texts = template["text"].as_array().expect("texts");
        let fixed = |text: &&toml::Value| !text["value"].as_str().expect("a text").contains('{');
        let mut places: Vec<Place> = texts.iter().filter(|t| !fixed(t)).map(at).collect();
        // The serial, the only one that changes from pack to pack, comes first.
        let serial = |t: &&toml::Value| t["value"].as_str() == Some("{serial}");
        let first = at(texts.iter().find(serial).expect("a serial"));
        places.sort_by_key(|place| *place != first);
        assert_eq!(places, TEXTS);
        let places: Vec<(Place, &str)> = texts
            .iter()
            .filter(fixed)
            .map(|text| (at(text), text["value"].as_str().expect("a text")))
            .collect();
        assert_eq!(places, FIXED);

        let mut printer = coder(Feed::Buffer, None);
        assert!(send(&mut printer, b"\x05"));
        assert!(send(
            &mut printer,
            b"\x02\x10\x33PC 09506000134352\x10\x34EXP 271231\x10\x35LOT A1\x03"
        ));
        assert!(send(&mut printer, &content("S1")));
        printer.start_print(Tick(0), 0);
        let label = printer.start_print(Tick(0), 0).expect("a label");
        assert_eq!(label.scan_data(), ["010950600013435221S1\u{1d}17271231"]);
        let texts: Vec<(i32, &str)> = label
            .fields
            .iter()
            .filter_map(|field| match &field.mark {
                Mark::Text { text, .. } => Some((field.y, text.as_str())),
                _ => None,
            })
            .collect();
        let expected = [
            (55, "S1"),
            (16, "PC 09506000134352"),
            (93, "EXP 271231"),
            (132, "LOT A1"),
            (55, "SN"),
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn mistakes_are_refused_whole() {
        let mut printer = coder(Feed::Buffer, Some(2));
        for wrong in [
            &b"\x02\x03"[..],
            b"\x02abc\x03",
            b"\x02\x10\x03",
            b"\x02\x10\x31A\x10\x36no such item\x03",
            b"\x02\x1b\x76\x10\x31A\x03",
            &[b"\x02\x10\x31", &[b'A'; CHARACTERS_MAX + 1][..], b"\x03"].concat(),
            &[b"\x02\x10\x31", &[b'A'; TEXT_MAX][..], b"\x03"].concat(),
        ] {
            assert!(!send(&mut printer, wrong), "{wrong:?}");
        }
        assert_eq!(printer.waiting(), 0);
        assert!(send(&mut printer, &content("A")) && send(&mut printer, &content("B")));
        assert!(
            !send(&mut printer, &content("C")) && !send(&mut printer, b"\x05"),
            "full"
        );
        printer.press.hindrance.ribbon_out = true;
        assert!(
            !send(&mut printer, b"\x05") && !send(&mut printer, b"\x12"),
            "off-line"
        );
        printer.mend();
        printer.trouble(Trouble::NakAlways, true, None);
        assert!(!send(&mut printer, b"\x02\x1b\x76\x03"));
    }

    #[test]
    fn old_contents_are_printed_after_a_clear_without_the_full_procedure() {
        let ready = || {
            let mut printer = coder(Feed::Buffer, None);
            for serial in ["A", "B", "C"] {
                assert!(send(&mut printer, &content(serial)));
            }
            assert_eq!(printed(&mut printer).as_deref(), Some("A"));
            assert!(send(&mut printer, b"\x02\x1f\x76\x03"), "clear");
            printer
        };
        let mut full = ready();
        assert!(send(&mut full, &content("D")) && send(&mut full, b"\x02\x1b\x77\x03"));
        assert_eq!(printed(&mut full).as_deref(), Some("D"));
        assert_eq!(printed(&mut full), None, "an empty buffer prints nothing");

        let mut hasty = ready();
        assert!(send(&mut hasty, b"\x02\x1b\x77\x03") && send(&mut hasty, &content("D")));
        assert_eq!(
            printed(&mut hasty).as_deref(),
            Some("B"),
            "it was with the head"
        );
        assert_eq!(printed(&mut hasty).as_deref(), Some("D"));

        let mut unstarted = ready();
        assert!(send(&mut unstarted, &content("D")));
        assert_eq!(printed(&mut unstarted).as_deref(), Some("B"));
        assert_eq!(
            printed(&mut unstarted),
            None,
            "fresh ones wait for the restart"
        );
        assert!(send(&mut unstarted, b"\x02\x1b\x77\x03"));
        assert_eq!(printed(&mut unstarted).as_deref(), Some("D"));
    }

    #[test]
    fn without_a_buffer_a_content_is_taken_for_each_print_or_replaced() {
        let mut protected = coder(Feed::Protected, None);
        assert_eq!(printed(&mut protected), None);
        assert!(send(&mut protected, &content("A")) && !send(&mut protected, b"\x05"));
        assert!(!send(&mut protected, &content("B")));
        assert!(send(&mut protected, b"\x12") && send(&mut protected, &content("B")));
        assert_eq!(printed(&mut protected).as_deref(), Some("B"));
        assert!(send(&mut protected, b"\x05") && send(&mut protected, &content("C")));
        assert_eq!(printed(&mut protected).as_deref(), Some("C"));
        assert_eq!(
            printed(&mut protected).as_deref(),
            Some("C"),
            "late: once more"
        );

        let mut overwriting = coder(Feed::Overwriting, None);
        assert!(send(&mut overwriting, &content("A")) && send(&mut overwriting, &content("B")));
        assert_eq!(printed(&mut overwriting).as_deref(), Some("B"));
        // While a text is still coming in, the one before is printed.
        overwriting.receive(Tick(0), b"\x02\x10\x32C");
        assert_eq!(printed(&mut overwriting).as_deref(), Some("B"));
        assert!(send(&mut overwriting, b"\x03"));
        assert_eq!(printed(&mut overwriting).as_deref(), Some("C"));
    }
}
