//! ZPL's formats: what lies between `^XA` and `^XZ`, and the stored forms and graphics. PURE.
//!
//! Implemented: `^XA ^XZ ^DF ^XF ^FN ^FD ^FS ^FO ^FT ^FH ^A ^CF ^BX ^BY ^BC ^GB ^GF ^XG ^PW ^LL ^LH ^PQ ^MC
//! ^JZ`, and `~DG`. Everything else is read and ignored, as printers do.
//! Doubts: the default of the `^BX` escape changed between firmware generations; here it is `_`.
//! Whether `^MCY` clears before its label or behind it; here before.
//! `_2` (structured append) and rectangles are not drawn. Of `^BC` mode N is drawn, upright, without its own text.

use std::{collections::BTreeMap, sync::Arc};

use super::{graphic, lexer::Command};
use crate::bars::Bars;
use crate::printer::escape::tokens;
use crate::printer::label::{Field, Label, Mark, PICTURE_BYTES_MAX, Picture, Turn};
use crate::printer::press::LABEL_DOTS_MAX;

/// Most fields of one format; the rest is dropped.
pub const FIELDS_MAX: usize = 256;
/// Most commands of a stored form; the rest is dropped.
pub const FORM_COMMANDS_MAX: usize = 2048;
/// Most stored forms; storing another one fails silently, as in a printer whose memory is full.
pub const FORMS_MAX: usize = 64;
/// Most stored graphics; one more is not stored.
pub const GRAPHICS_MAX: usize = 16;
/// Most that `^XG` enlarges.
const MAGNIFY_MAX: u32 = 10;

/// Most dots across a module that `^BY` takes.
const BY_MODULE_MAX: u32 = 10;

/// What a finished format asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The label.
    pub label: Label,
    /// How many copies (`^PQ`).
    pub copies: u32,
}

/// Barcode or text settings of the field being described.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Style {
    Text {
        height: u32,
        width: u32,
    },
    Symbol {
        module_dots: u32,
        forced: Option<usize>,
        turn: Turn,
        escape: u8,
    },
    Bars {
        module_dots: u32,
        height: u32,
    },
    Frame {
        width: u32,
        height: u32,
        line: u32,
    },
    Picture {
        picture: Arc<Picture>,
        magnify: (u32, u32),
    },
}

/// A field as it stands before its number is filled in.
#[derive(Debug, Clone)]
struct Draft {
    x: i32,
    y: i32,
    from_bottom: bool,
    placed: bool,
    style: Style,
    number: Option<u32>,
    hex: Option<u8>,
    text: Option<Vec<u8>>,
}

/// The format interpreter: what lies between `^XA` and `^XZ`, and the stored forms.
#[derive(Debug)]
pub struct Interpreter {
    dpmm: u32,
    forms: BTreeMap<String, Vec<Command>>,
    graphics: BTreeMap<String, Arc<Picture>>,
    /// Bytes of pictures in the format at hand.
    picture_bytes: usize,
    inside: bool,
    storing: Option<(String, Vec<Command>)>,
    fields: Vec<Draft>,
    values: BTreeMap<u32, Vec<u8>>,
    draft: Draft,
    draft_used: bool,
    prints: bool,
    home: (i32, i32),
    font: (u32, u32),
    /// `^BY`: dots across a module and along the bars.
    bars: (u32, u32),
    copies: u32,
    width_dots: u32,
    length_dots: u32,
    /// `^MCN`: the ink of each label stays under the next.
    keeps_ink: bool,
    kept: Vec<Field>,
    /// `^JZ`: repeat a label after an error. On from the factory.
    pub reprint_after_error: bool,
}

impl Interpreter {
    /// A fresh interpreter for media of this size.
    #[must_use]
    pub fn new(dpmm: u32, width_dots: u32, length_dots: u32) -> Interpreter {
        Interpreter {
            dpmm,
            forms: BTreeMap::new(),
            graphics: BTreeMap::new(),
            picture_bytes: 0,
            inside: false,
            storing: None,
            fields: Vec::new(),
            values: BTreeMap::new(),
            draft: Draft::fresh((9, 5)),
            draft_used: false,
            prints: false,
            home: (0, 0),
            font: (9, 5),
            bars: (2, 10),
            copies: 1,
            width_dots,
            length_dots,
            keeps_ink: false,
            kept: Vec::new(),
            reprint_after_error: true,
        }
    }

    /// Power lost: forms in DRAM (`R:`) are gone, those in flash (`E:`) stay.
    pub fn restart(&mut self, width_dots: u32, length_dots: u32) {
        let forms = std::mem::take(&mut self.forms);
        let graphics = std::mem::take(&mut self.graphics);
        *self = Interpreter::new(self.dpmm, width_dots, length_dots);
        self.forms = forms
            .into_iter()
            .filter(|(name, _)| !name.starts_with("R:"))
            .collect();
        self.graphics = graphics
            .into_iter()
            .filter(|(name, _)| !name.starts_with("R:"))
            .collect();
    }

    /// `~DGd:o.x,t,w,data`: keeps a graphic of `t` bytes in rows of `w`.
    pub fn download(&mut self, parameters: &[u8]) {
        let mut parts = parameters.splitn(4, |&b| b == b',');
        let mut next = || parts.next().unwrap_or_default();
        let name = stored_name(next(), "GRF");
        let (total, per_row) = (whole(next()), whole(next()));
        let room = self.graphics.len() < GRAPHICS_MAX || self.graphics.contains_key(&name);
        if let Some(picture) = graphic::bitmap(total, per_row, next()).filter(|_| room) {
            self.graphics.insert(name, Arc::new(picture));
        }
    }

    /// Label length in dots as it stands.
    #[must_use]
    pub fn length_dots(&self) -> u32 {
        self.length_dots
    }

    /// Takes one `^` command; `^XZ` of a printing format gives its label.
    pub fn take(&mut self, command: Command) -> Option<Format> {
        match &command.name {
            b"XA" => self.begin(),
            b"XZ" => return self.end(),
            _ if !self.inside => {}
            b"DF" => self.storing = Some((form_name(&command.parameters), Vec::new())),
            _ if self.storing.is_some() => {
                if let Some((_, commands)) = &mut self.storing
                    && commands.len() < FORM_COMMANDS_MAX
                {
                    commands.push(command);
                }
            }
            b"XF" => self.recall(&command.parameters),
            _ => self.describe(&command),
        }
        None
    }

    fn begin(&mut self) {
        self.inside = true;
        self.storing = None;
        self.fields.clear();
        self.values.clear();
        self.draft = Draft::fresh(self.font);
        self.draft_used = false;
        self.prints = false;
        self.copies = 1;
        self.picture_bytes = 0;
    }

    fn end(&mut self) -> Option<Format> {
        if !std::mem::take(&mut self.inside) {
            return None;
        }
        if let Some((name, commands)) = self.storing.take() {
            if self.forms.len() < FORMS_MAX || self.forms.contains_key(&name) {
                self.forms.insert(name, commands);
            }
            return None;
        }
        if !self.prints {
            return None;
        }
        let drawn = self.fields.iter();
        let drawn = drawn.filter_map(|draft| draft.finish(&self.values));
        let mut fields = std::mem::take(&mut self.kept);
        fields.extend(drawn);
        fields.truncate(FIELDS_MAX);
        if self.keeps_ink {
            self.kept.clone_from(&fields);
        }
        let label = Label {
            width_dots: self.width_dots,
            length_dots: self.length_dots,
            dpmm: self.dpmm,
            fields,
        };
        Some(Format {
            label,
            copies: self.copies,
        })
    }

    /// `^XF`: a form that is not there leaves the label blank, without an error.
    fn recall(&mut self, parameters: &[u8]) {
        self.prints = true;
        let commands = self
            .forms
            .get(&form_name(parameters))
            .cloned()
            .unwrap_or_default();
        for command in &commands {
            self.describe(command);
        }
        self.draft = Draft::fresh(self.font);
        self.draft_used = false;
    }

    /// One command that describes the label or the field at hand.
    fn describe(&mut self, command: &Command) {
        let p = Parameters(&command.parameters);
        match &command.name {
            b"FS" => return self.close_field(),
            b"FO" | b"FT" => {
                self.draft.x = self.home.0 + p.signed(0).unwrap_or(0);
                self.draft.y = self.home.1 + p.signed(1).unwrap_or(0);
                self.draft.from_bottom = &command.name == b"FT";
                self.draft.placed = true;
            }
            b"FD" => self.draft.text = Some(command.parameters.clone()),
            b"FN" => self.draft.number = p.number(0),
            b"FH" => self.draft.hex = Some(command.parameters.first().copied().unwrap_or(b'_')),
            b"BX" => self.draft.style = symbol_style(&p),
            b"BC" => self.draft.style = self.bars_style(&p),
            b"GB" => {
                let line = p.number(2).unwrap_or(1).clamp(1, LABEL_DOTS_MAX);
                let size = |n| p.number(n).unwrap_or(line).clamp(line, LABEL_DOTS_MAX);
                self.draft.style = Style::Frame {
                    width: size(0),
                    height: size(1),
                    line,
                };
            }
            b"GF" => {
                let mut parts = command.parameters.splitn(5, |&b| b == b',');
                let mut next = || parts.next().unwrap_or_default();
                let ascii = next().eq_ignore_ascii_case(b"A");
                let (_, total, per_row) = (next(), whole(next()), whole(next()));
                let picture = graphic::bitmap(total, per_row, next()).filter(|_| ascii);
                self.show(picture.map(Arc::new), (1, 1));
            }
            b"XG" | b"IM" => {
                let name = stored_name(p.bytes(0), "GRF");
                let magnify = |n| p.number(n).unwrap_or(1).clamp(1, MAGNIFY_MAX);
                let magnify = (magnify(1), magnify(2));
                self.show(self.graphics.get(&name).cloned(), magnify);
            }
            [b'A', _] => {
                let height = p.number(1).unwrap_or(self.font.0).clamp(1, LABEL_DOTS_MAX);
                let width = p.number(2).unwrap_or(height).clamp(1, LABEL_DOTS_MAX);
                self.draft.style = Style::Text { height, width };
            }
            _ => return self.set_up(&command.name, &p),
        }
        self.draft_used = true;
    }

    /// A picture stands in the field, unless there is none or the label holds too many bytes of them.
    fn show(&mut self, picture: Option<Arc<Picture>>, magnify: (u32, u32)) {
        let Some(picture) = picture else { return };
        self.picture_bytes += picture.bytes().len();
        if self.picture_bytes <= PICTURE_BYTES_MAX {
            self.draft.style = Style::Picture { picture, magnify };
        }
    }

    /// Commands that hold for the whole label or the printer.
    fn set_up(&mut self, name: &[u8; 2], p: &Parameters<'_>) {
        let dots = |n| p.number(n).map(|d| d.clamp(1, LABEL_DOTS_MAX));
        match name {
            b"PW" => self.width_dots = dots(0).unwrap_or(self.width_dots),
            b"LL" => self.length_dots = dots(0).unwrap_or(self.length_dots),
            b"LH" => self.home = (p.signed(0).unwrap_or(0), p.signed(1).unwrap_or(0)),
            b"PQ" => self.copies = p.number(0).unwrap_or(1).max(1),
            b"CF" => {
                let height = p.number(1).unwrap_or(self.font.0).clamp(1, LABEL_DOTS_MAX);
                self.font = (
                    height,
                    p.number(2).unwrap_or(height).clamp(1, LABEL_DOTS_MAX),
                );
            }
            b"BY" => {
                let module = p.number(0).unwrap_or(self.bars.0).clamp(1, BY_MODULE_MAX);
                self.bars = (module, dots(2).unwrap_or(self.bars.1));
            }
            b"MC" => {
                self.keeps_ink = p.bytes(0).eq_ignore_ascii_case(b"N");
                if !self.keeps_ink {
                    self.kept.clear();
                }
            }
            b"JZ" => self.reprint_after_error = !p.0.eq_ignore_ascii_case(b"N"),
            _ => {}
        }
    }

    /// `^BCo,h,f,g,e,m`. Other modes than N, and other directions than upright, are not drawn.
    fn bars_style(&self, p: &Parameters<'_>) -> Style {
        let letter = |n: usize| p.bytes(n).first().map(u8::to_ascii_uppercase);
        let drawn =
            matches!(letter(0), None | Some(b'N')) && matches!(letter(5), None | Some(b'N'));
        Style::Bars {
            module_dots: if drawn { self.bars.0 } else { 0 },
            height: p.number(1).unwrap_or(self.bars.1).clamp(1, LABEL_DOTS_MAX),
        }
    }

    /// `^FS`: a numbered field with text fills the number in; a placed field joins the label.
    fn close_field(&mut self) {
        let draft = std::mem::replace(&mut self.draft, Draft::fresh(self.font));
        if !std::mem::take(&mut self.draft_used) {
            return;
        }
        self.prints = true;
        if let (Some(number), Some(text)) = (draft.number, &draft.text) {
            self.values.insert(number, unhex(text, draft.hex));
        }
        let drawn = matches!(draft.style, Style::Frame { .. } | Style::Picture { .. });
        if (draft.placed || draft.number.is_none() || drawn) && self.fields.len() < FIELDS_MAX {
            self.fields.push(draft);
        }
    }
}

impl Draft {
    fn fresh(font: (u32, u32)) -> Draft {
        Draft {
            x: 0,
            y: 0,
            from_bottom: false,
            placed: false,
            style: Style::Text {
                height: font.0,
                width: font.1,
            },
            number: None,
            hex: None,
            text: None,
        }
    }

    fn finish(&self, values: &BTreeMap<u32, Vec<u8>>) -> Option<Field> {
        let own = self.text.as_ref().map(|text| unhex(text, self.hex));
        let filled = self.number.and_then(|number| values.get(&number).cloned());
        let text = filled.or(own).unwrap_or_default();
        let mark = match &self.style {
            Style::Frame {
                width,
                height,
                line,
            } => Mark::Frame {
                width: *width,
                height: *height,
                line: *line,
            },
            Style::Picture { picture, magnify } => Mark::Picture {
                picture: Arc::clone(picture),
                magnify: *magnify,
            },
            _ if text.is_empty() => return None,
            Style::Text { height, width } => {
                let text = String::from_utf8_lossy(&text).into_owned();
                Mark::Text {
                    height: *height,
                    width: *width,
                    text,
                }
            }
            Style::Bars {
                module_dots,
                height,
            } => Mark::Bars {
                module_dots: *module_dots,
                height: *height,
                bars: Bars::of_field(&text)?,
            },
            Style::Symbol {
                module_dots,
                forced,
                turn,
                escape,
            } => {
                let content = tokens(&text, *escape);
                Mark::Symbol {
                    module_dots: *module_dots,
                    forced: *forced,
                    turn: *turn,
                    content,
                }
            }
        };
        Some(Field {
            x: self.x,
            y: self.y,
            from_bottom: self.from_bottom,
            mark,
        })
    }
}

/// Comma-separated parameters.
struct Parameters<'a>(&'a [u8]);

impl Parameters<'_> {
    fn bytes(&self, n: usize) -> &[u8] {
        self.0
            .split(|&b| b == b',')
            .nth(n)
            .unwrap_or_default()
            .trim_ascii()
    }

    fn number(&self, n: usize) -> Option<u32> {
        let digits = self.bytes(n);
        let end = digits
            .iter()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(digits.len());
        std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
    }

    fn signed(&self, n: usize) -> Option<i32> {
        let number: i32 = std::str::from_utf8(self.bytes(n)).ok()?.parse().ok()?;
        Some(number.clamp(-32_000, 32_000))
    }
}

/// `^BXo,h,s,c,r,f,g,a`. A quality other than 200 is an older code this printer does not draw.
fn symbol_style(p: &Parameters<'_>) -> Style {
    let turn = match p.bytes(0).first() {
        Some(b'R' | b'r') => Turn::Right,
        Some(b'I' | b'i') => Turn::UpsideDown,
        Some(b'B' | b'b') => Turn::Left,
        _ => Turn::Upright,
    };
    let drawn = p.number(2) == Some(200);
    let module_dots = if drawn {
        p.number(1).unwrap_or(1).min(LABEL_DOTS_MAX)
    } else {
        0
    };
    let forced = p.number(3).or(p.number(4)).filter(|&side| side > 0);
    let forced = forced.and_then(|side| usize::try_from(side).ok());
    let escape = p.bytes(6).first().copied().unwrap_or(b'_');
    Style::Symbol {
        module_dots,
        forced,
        turn,
        escape,
    }
}

/// A whole number; 0 for anything else.
fn whole(digits: &[u8]) -> usize {
    let text = std::str::from_utf8(digits.trim_ascii()).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The name of a stored form.
fn form_name(parameters: &[u8]) -> String {
    stored_name(parameters, "ZPL")
}

/// `R:V.ZPL`; the device letter and the extension may be left out.
fn stored_name(parameters: &[u8], extension: &str) -> String {
    let text = String::from_utf8_lossy(parameters)
        .trim()
        .to_ascii_uppercase();
    let text = if text.contains(':') {
        text
    } else {
        format!("R:{text}")
    };
    if text.contains('.') {
        text
    } else {
        format!("{text}.{extension}")
    }
}

/// `^FH`: the indicator and two hex digits are one byte.
fn unhex(text: &[u8], indicator: Option<u8>) -> Vec<u8> {
    let Some(indicator) = indicator else {
        return text.to_vec();
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let digits = text
            .get(at + 1..at + 3)
            .and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
        match byte {
            Some(byte) if text[at] == indicator => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::printer::zpl::lexer::{Lexer, Spoken};

    fn formats(zpl: &[u8]) -> (Interpreter, Vec<Format>) {
        let mut interpreter = Interpreter::new(12, 600, 360);
        let mut lexer = Lexer::default();
        let mut out = Vec::new();
        for &byte in zpl {
            if let Some(Spoken::Command(command)) = lexer.push(byte) {
                out.extend(interpreter.take(command));
            }
        }
        (interpreter, out)
    }

    fn names(interpreter: &Interpreter) -> Vec<&str> {
        interpreter.forms.keys().map(String::as_str).collect()
    }

    const FORM: &[u8] = b"^XA^DFR:V.ZPL^FS^PW400^LL300^FO40,40^BXN,6,200,,,,_,1^FN1^FS\
        ^FO200,40^A0N,28,28^FN2^FS^XZ";

    #[test]
    fn a_stored_form_takes_its_numbered_fields() {
        let zpl = [
            FORM,
            b"^XA^XFR:V^FS^FN1^FD_1010950600013435210A__B_121S1^FS^FN2^FDS1^FS^PQ1^XZ",
        ]
        .concat();
        let (interpreter, formats) = formats(&zpl);
        assert_eq!(names(&interpreter), ["R:V.ZPL"]);
        assert_eq!(formats.len(), 1);
        let label = &formats[0].label;
        assert_eq!(label.scan_data(), ["010950600013435210A_B\u{1d}21S1"]);
        assert_eq!((label.width_dots, label.length_dots), (400, 300));
        assert_eq!(label.fields.len(), 2);
        assert!(label.draw().cover.contains(&255));
    }

    #[test]
    fn a_map_that_is_not_cleared_puts_the_number_before_under_the_next() {
        let kept = String::from_utf8_lossy(FORM).replace("^FS^XZ", "^FS^MCN^XZ");
        let print =
            |serial: &str| format!("^XA^XFR:V^FS^FN1^FD_121{serial}^FS^FN2^FD{serial}^FS^XZ");
        let zpl = [
            kept,
            print("A"),
            print("B"),
            "^XA^MCY^XZ".into(),
            "^XA^FO1,1^FDx^FS^XZ".into(),
        ]
        .concat();
        let (_, formats) = formats(zpl.as_bytes());
        assert_eq!(formats[0].label.scan_data(), ["21A"]);
        assert_eq!(
            formats[1].label.scan_data(),
            ["21A", "21B"],
            "two numbers on one label"
        );
        let ink = |at: usize| {
            formats[at]
                .label
                .draw()
                .cover
                .iter()
                .filter(|cover| **cover > 0)
                .count()
        };
        assert!(ink(1) > ink(0));
        assert_eq!(formats[2].label.fields.len(), 1, "cleared");
    }

    #[test]
    fn bars_are_as_wide_and_high_as_by_and_bc_say() {
        let zpl =
            b"^XA^PW600^LL300^FO20,30^BY3,3,100^BCN,90,N,N,N,N^FD>;>800106141412345678908^FS^XZ\
            ^XA^FO20,30^BCR,90^FD>;>800106141412345678908^FS^XZ";
        let (_, formats) = formats(zpl);
        let label = &formats[0].label;
        assert_eq!(label.scan_data(), ["00106141412345678908"]);
        let dots = label.draw();
        let ink = |x: usize, y: usize| dots.cover[y * dots.width + x] > 0;
        let last = 20 + 3 * (13 * 11 + 13) - 1;
        assert!(
            ink(20, 30) && ink(last, 119) && !ink(19, 30) && !ink(last + 1, 30) && !ink(20, 120)
        );
        let turned = formats[1].label.draw();
        assert!(
            turned.cover.iter().all(|&cover| cover == 0),
            "turned bars are not drawn"
        );
    }

    #[test]
    fn a_missing_form_is_one_blank_label_and_no_error() {
        let (_, formats) = formats(b"^XA^XFR:V^FS^FN1^FD_10109506000134352^FS^XZ");
        assert_eq!(formats.len(), 1);
        assert!(formats[0].label.fields.is_empty());
        assert!(formats[0].label.draw().cover.iter().all(|&c| c == 0));
    }

    #[test]
    fn a_restart_loses_dram_and_keeps_flash() {
        let zpl = [FORM, b"^XA^DFE:KEPT.ZPL^FS^FO1,1^FDx^FS^XZ"].concat();
        let (mut interpreter, formats) = formats(&zpl);
        assert!(formats.is_empty(), "storing prints nothing");
        interpreter.restart(600, 360);
        assert_eq!(names(&interpreter), ["E:KEPT.ZPL"]);
    }

    #[test]
    fn hex_digits_behind_the_indicator_are_one_byte() {
        assert_eq!(unhex(b"_5f1\\5F", Some(b'\\')), b"_5f1_");
    }

    #[test]
    fn configuration_alone_prints_nothing_and_noise_never_panics() {
        assert!(formats(b"^XA^PW400^LL300^CI28^JZN^XZ").1.is_empty());
        assert_eq!(
            formats(b"^FO1,1^FDx^FS^XA^FO1,1^FDx^FS^PQ3^XZ^XZ").1[0].copies,
            3
        );
        let mut random = crate::random::Random::new(3);
        let alphabet = b"^~XAZFDSNBOQ0123,_!HE\r\n.:R\xff";
        let noise: Vec<u8> = (0..60_000)
            .map(|_| alphabet[usize::try_from(random.below(alphabet.len() as u64)).expect("small")])
            .collect();
        for format in formats(&noise).1 {
            assert!(format.label.fields.len() <= FIELDS_MAX);
        }
    }
}
