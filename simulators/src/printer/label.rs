//! A label as the printer understood it, and its dots. PURE.

use std::sync::Arc;

use font8x8::UnicodeFonts as _;

use crate::{
    bars::Bars,
    ink::Dots,
    random::Random,
    symbol::{self, Found, Token},
};

/// Quarter turns clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// `N`
    #[default]
    Upright,
    /// `R`
    Right,
    /// `I`
    UpsideDown,
    /// `B`
    Left,
}

/// Most bytes of one picture, and of all pictures of one label.
pub const PICTURE_BYTES_MAX: usize = 256 * 1024;

/// A bitmap: eight dots a byte, the leftmost in the highest bit, 1 is dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    per_row: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// A picture of whole rows of `per_row` bytes; `None` when the bytes are no whole rows, or too many.
    #[must_use]
    pub fn new(per_row: usize, bytes: Vec<u8>) -> Option<Picture> {
        let whole = per_row > 0 && !bytes.is_empty() && bytes.len().is_multiple_of(per_row);
        (whole && bytes.len() <= PICTURE_BYTES_MAX).then_some(Picture { per_row, bytes })
    }

    /// Dots across.
    #[must_use]
    pub fn width(&self) -> usize {
        self.per_row * 8
    }

    /// Dots along.
    #[must_use]
    pub fn height(&self) -> usize {
        self.bytes.len() / self.per_row
    }

    /// The symbols in it.
    #[must_use]
    pub fn symbols(&self) -> Vec<Found> {
        symbol::find(self.width(), self.height(), |x, y| {
            self.bytes[y * self.per_row + x / 8] & (0x80 >> (x % 8)) != 0
        })
    }

    /// Row by row.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a field draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Human-readable text; always drawn upright.
    Text {
        /// Letter height in dots.
        height: u32,
        /// Letter width in dots.
        width: u32,
        /// The text.
        text: String,
    },
    /// A Data Matrix.
    Symbol {
        /// Dots along one side of a module.
        module_dots: u32,
        /// Forced side in modules.
        forced: Option<usize>,
        /// Direction.
        turn: Turn,
        /// Content.
        content: Vec<Token>,
    },
    /// A Code 128; always drawn upright.
    Bars {
        /// Dots across a module.
        module_dots: u32,
        /// Dots along the bars.
        height: u32,
        /// Content.
        bars: Bars,
    },
    /// A box.
    Frame {
        /// Dots across.
        width: u32,
        /// Dots along.
        height: u32,
        /// Thickness of the line in dots.
        line: u32,
    },
    /// A bitmap; always drawn upright.
    Picture {
        /// The bitmap.
        picture: Arc<Picture>,
        /// How many times as wide and high it is drawn.
        magnify: (u32, u32),
    },
}

/// One field with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Dots from the left.
    pub x: i32,
    /// Dots from the top.
    pub y: i32,
    /// `true` when `y` is the bottom of the field (`^FT`).
    pub from_bottom: bool,
    /// What it draws.
    pub mark: Mark,
}

/// One label, ready to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Dots across.
    pub width_dots: u32,
    /// Dots along.
    pub length_dots: u32,
    /// Dots per millimetre.
    pub dpmm: u32,
    /// The fields in the order they came.
    pub fields: Vec<Field>,
}

/// Where the camera was set up to look: the middle of the label's first symbol, or of the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim {
    /// Dots from the left.
    pub x: f64,
    /// Dots from the top.
    pub y: f64,
    /// Dots along one side of a module.
    pub module_dots: usize,
}

impl Label {
    /// The strings the bar codes encode, as a reader would report them. A symbol that does not fit is
    /// not printed.
    #[must_use]
    pub fn scan_data(&self) -> Vec<String> {
        let readable = |field: &Field| match &field.mark {
            Mark::Symbol {
                content,
                forced,
                module_dots,
                ..
            } if *module_dots > 0 => {
                let drawn = symbol::size_for(content, *forced);
                drawn
                    .map(|_| symbol::scan_data(content))
                    .into_iter()
                    .collect()
            }
            Mark::Bars { bars, .. } => vec![bars.content()],
            Mark::Picture { picture, .. } => {
                let found = picture.symbols();
                found
                    .iter()
                    .map(|found| symbol::scan_data(&found.content))
                    .collect()
            }
            _ => Vec::new(),
        };
        self.fields.iter().flat_map(readable).collect()
    }

    /// Where the camera looks.
    #[must_use]
    pub fn aim(&self) -> Aim {
        for field in &self.fields {
            if let Mark::Picture { picture, magnify } = &field.mark
                && let Some(aim) = aim_in(field, picture, *magnify)
            {
                return aim;
            }
            let Mark::Symbol {
                content,
                forced,
                module_dots,
                ..
            } = &field.mark
            else {
                continue;
            };
            let Some(size) = symbol::size_for(content, *forced) else {
                continue;
            };
            let side = size.rows * *module_dots as usize;
            let half = u32::try_from(side / 2).map_or(0.0, f64::from);
            let up = if field.from_bottom { -half } else { half };
            let (x, y) = (f64::from(field.x) + half, f64::from(field.y) + up);
            return Aim {
                x,
                y,
                module_dots: *module_dots as usize,
            };
        }
        let middle = |dots: u32| f64::from(dots) / 2.0;
        let module_dots = self.dpmm as usize / 2;
        Aim {
            x: middle(self.width_dots),
            y: middle(self.length_dots),
            module_dots,
        }
    }

    /// The dots of the whole label.
    #[must_use]
    pub fn draw(&self) -> Dots {
        let mut dots = Dots::blank(self.width_dots as usize, self.length_dots as usize);
        for field in &self.fields {
            match &field.mark {
                Mark::Text {
                    height,
                    width,
                    text,
                } => {
                    draw_text(&mut dots, field, *height, *width, text);
                }
                Mark::Symbol {
                    module_dots,
                    forced,
                    turn,
                    content,
                } => {
                    draw_symbol(&mut dots, field, *module_dots, *forced, *turn, content);
                }
                Mark::Bars {
                    module_dots,
                    height,
                    bars,
                } => {
                    draw_bars(&mut dots, field, *module_dots, *height, bars);
                }
                Mark::Frame {
                    width,
                    height,
                    line,
                } => {
                    draw_frame(&mut dots, field, *width, *height, *line);
                }
                Mark::Picture { picture, magnify } => {
                    draw_picture(&mut dots, field, picture, *magnify);
                }
            }
        }
        dots
    }

    /// The same label with one digit or capital of its text another one; the symbols stay as they are. `None` without
    /// any to change. The text, its place in it and the new character are drawn from `random`.
    #[must_use]
    pub fn with_another_letter(&self, random: &mut Random) -> Option<Label> {
        let letter = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
        let places = |text: &str| -> Vec<usize> {
            let letters = text.char_indices().filter(|(_, c)| letter(*c));
            letters.map(|(at, _)| at).collect()
        };
        let all: Vec<(usize, usize)> = self
            .fields
            .iter()
            .enumerate()
            .filter_map(|(n, field)| match &field.mark {
                Mark::Text { text, .. } => Some((n, places(text))),
                _ => None,
            })
            .flat_map(|(n, places)| places.into_iter().map(move |at| (n, at)))
            .collect();
        let (n, at) = *all.get(usize::try_from(random.below(all.len().max(1) as u64)).ok()?)?;
        let mut label = self.clone();
        let Mark::Text { text, .. } = &mut label.fields[n].mark else {
            return None;
        };
        let old = text.as_bytes()[at];
        let (first, count) = if old.is_ascii_digit() {
            (b'0', 10)
        } else {
            (b'A', 26)
        };
        let step = random.between(1, u64::from(count) - 1);
        let step = u8::try_from(step).expect("fewer than 26");
        let new = char::from(first + (old - first + step) % count);
        text.replace_range(at..=at, &new.to_string());
        Some(label)
    }

    /// The same label with another, valid content in its first symbol: one character of the serial
    /// changed, or of the last field when there is no serial. `None` without a symbol to change.
    #[must_use]
    pub fn with_another_serial(&self) -> Option<Label> {
        let mut label = self.clone();
        for field in &mut label.fields {
            let Mark::Symbol { content, .. } = &mut field.mark else {
                continue;
            };
            let at = last_of_serial(content)?;
            let Token::Byte(byte) = content[at] else {
                return None;
            };
            let other = match byte {
                b'0'..=b'8' | b'A'..=b'Y' | b'a'..=b'y' => byte + 1,
                b'9' => b'0',
                b'Z' => b'A',
                _ => b'7',
            };
            content[at] = Token::Byte(other);
            return Some(label);
        }
        None
    }
}

/// The middle of the first symbol in a picture.
fn aim_in(field: &Field, picture: &Picture, magnify: (u32, u32)) -> Option<Aim> {
    let found = picture.symbols().into_iter().next()?;
    let (wide, high) = (magnify.0 as usize, magnify.1 as usize);
    let half = |modules: usize| modules * found.module_dots / 2;
    let x = (found.x + half(found.matrix.columns)) * wide;
    let y = (found.y + half(found.matrix.rows)) * high;
    let up = if field.from_bottom {
        picture.height() * high
    } else {
        0
    };
    let dots = |n: usize| u32::try_from(n).map_or(0.0, f64::from);
    Some(Aim {
        x: f64::from(field.x) + dots(x),
        y: f64::from(field.y) + dots(y) - dots(up),
        module_dots: found.module_dots * wide,
    })
}

/// Index of the last character of element (21) in a GS1 content, or of the last data character at
/// all.
fn last_of_serial(content: &[Token]) -> Option<usize> {
    let is_data = |token: &Token| matches!(token, Token::Byte(b) if b.is_ascii_graphic());
    let last_data = content.iter().rposition(is_data)?;
    let mut at = usize::from(content.first() == Some(&Token::Fnc1));
    while let (Some(&Token::Byte(a)), Some(&Token::Byte(b))) =
        (content.get(at), content.get(at + 1))
    {
        let rest = &content[at + 2..];
        let variable = rest
            .iter()
            .position(|t| matches!(t, Token::Fnc1 | Token::Byte(0x1d)));
        let length = match (a, b) {
            (b'0', b'1' | b'2') => 14,
            (b'0', b'0') => 18,
            (b'1', b'1' | b'3' | b'5' | b'6' | b'7') => 6,
            (b'2', b'0') => 2,
            _ => variable.unwrap_or(rest.len()),
        };
        let end = at + 2 + length.min(rest.len());
        if (a, b) == (b'2', b'1') && end > at + 2 {
            return Some(end - 1);
        }
        at = end;
        if matches!(content.get(at), Some(Token::Fnc1 | Token::Byte(0x1d))) {
            at += 1;
        }
    }
    Some(last_data)
}

fn draw_symbol(
    dots: &mut Dots,
    field: &Field,
    module_dots: u32,
    forced: Option<usize>,
    turn: Turn,
    content: &[Token],
) {
    let Some(matrix) = symbol::draw(content, forced) else {
        return;
    };
    let module = i64::from(module_dots);
    let side = matrix.rows;
    let height = i64::try_from(side).unwrap_or(0) * module;
    let top = i64::from(field.y) - if field.from_bottom { height } else { 0 };
    for row in 0..side {
        for col in 0..side {
            let (r, c) = match turn {
                Turn::Upright => (row, col),
                Turn::Right => (side - 1 - col, row),
                Turn::UpsideDown => (side - 1 - row, side - 1 - col),
                Turn::Left => (col, side - 1 - row),
            };
            if matrix.dark[r * side + c] {
                let at = |n: usize| i64::try_from(n).unwrap_or(0) * module;
                dots.fill(i64::from(field.x) + at(col), top + at(row), module, module);
            }
        }
    }
}

fn draw_text(dots: &mut Dots, field: &Field, height: u32, width: u32, text: &str) {
    // The 8×8 glyphs are stretched; a letter cell of the scalable font is about 5/8 as wide as its
    // size.
    let height = i64::from(height.max(8));
    let cell = i64::from(if width == 0 { 0 } else { width.max(8) }).max(height / 2) * 5 / 8;
    let top = i64::from(field.y) - if field.from_bottom { height } else { 0 };
    for (n, letter) in text.chars().enumerate() {
        let left = i64::from(field.x) + i64::try_from(n).unwrap_or(0) * cell;
        let glyph = font8x8::BASIC_FONTS.get(letter).unwrap_or([0x7e; 8]);
        for (y, bits) in (0i64..).zip(glyph) {
            for x in (0..8i64).filter(|x| bits & (1 << x) != 0) {
                let (x0, x1) = (x * cell / 8, (x + 1) * cell / 8);
                let (y0, y1) = (y * height / 8, (y + 1) * height / 8);
                dots.fill(left + x0, top + y0, (x1 - x0).max(1), (y1 - y0).max(1));
            }
        }
    }
}

fn draw_bars(dots: &mut Dots, field: &Field, module_dots: u32, height: u32, bars: &Bars) {
    let (module, height) = (i64::from(module_dots), i64::from(height));
    let top = i64::from(field.y) - if field.from_bottom { height } else { 0 };
    for (at, dark) in (0i64..).zip(bars.modules()) {
        if dark {
            dots.fill(i64::from(field.x) + at * module, top, module, height);
        }
    }
}

fn draw_frame(dots: &mut Dots, field: &Field, width: u32, height: u32, line: u32) {
    let line = i64::from(line.max(1));
    let (width, height) = (i64::from(width).max(line), i64::from(height).max(line));
    let (x, y) = (i64::from(field.x), i64::from(field.y));
    let y = if field.from_bottom { y - height } else { y };
    dots.fill(x, y, width, line);
    dots.fill(x, y + height - line, width, line);
    dots.fill(x, y, line, height);
    dots.fill(x + width - line, y, line, height);
}

fn draw_picture(dots: &mut Dots, field: &Field, picture: &Picture, magnify: (u32, u32)) {
    let (wide, high) = (i64::from(magnify.0), i64::from(magnify.1));
    let height = i64::try_from(picture.height()).unwrap_or(0) * high;
    let top = i64::from(field.y) - if field.from_bottom { height } else { 0 };
    for (row, bytes) in (0i64..).zip(picture.bytes.chunks(picture.per_row)) {
        for (eight, byte) in (0i64..).zip(bytes) {
            for bit in (0..8i64).filter(|bit| byte & (0x80 >> bit) != 0) {
                let x = i64::from(field.x) + (eight * 8 + bit) * wide;
                dots.fill(x, top + row * high, wide, high);
            }
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn label(content: &str) -> Label {
        let content: Vec<Token> = std::iter::once(Token::Fnc1)
            .chain(content.bytes().map(|b| {
                if b == 0x1d {
                    Token::Fnc1
                } else {
                    Token::Byte(b)
                }
            }))
            .collect();
        let mark = Mark::Symbol {
            module_dots: 6,
            forced: None,
            turn: Turn::Upright,
            content,
        };
        let field = Field {
            x: 10,
            y: 20,
            from_bottom: false,
            mark,
        };
        Label {
            width_dots: 400,
            length_dots: 300,
            dpmm: 12,
            fields: vec![field],
        }
    }

    #[test]
    fn another_serial_changes_one_character_of_21_and_stays_readable() {
        let sound = label("010950600013435221SER1\u{1d}172712311\u{1d}10LOT");
        let wrong = sound.with_another_serial().expect("a symbol");
        let expected = "010950600013435221SER2\u{1d}172712311\u{1d}10LOT";
        assert_eq!(wrong.scan_data(), [expected]);
        let last = label("01095060001343521727123110LOT1\u{1d}21SER9");
        let wrong = last.with_another_serial().expect("a symbol");
        assert_eq!(
            wrong.scan_data(),
            ["01095060001343521727123110LOT1\u{1d}21SER0"]
        );
    }

    #[test]
    fn another_letter_changes_one_character_of_the_text_and_nothing_else() {
        let mut sound = label("010950600013435221SER1");
        assert_eq!(sound.with_another_letter(&mut Random::new(1)), None);
        for (place, text) in ["LOT A9", "EXP 281231"].into_iter().enumerate() {
            sound.fields.push(Field {
                x: 200,
                y: 20 * i32::try_from(place).expect("few"),
                from_bottom: false,
                mark: Mark::Text {
                    height: 18,
                    width: 18,
                    text: text.to_owned(),
                },
            });
        }
        let text = |label: &Label| -> String {
            let texts = label.fields.iter().filter_map(|field| match &field.mark {
                Mark::Text { text, .. } => Some(text.clone()),
                _ => None,
            });
            texts.collect()
        };
        let mut changed = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let wrong = sound
                .with_another_letter(&mut Random::new(seed))
                .expect("there is text");
            assert_eq!(wrong.scan_data(), sound.scan_data());
            let (before, after) = (text(&sound), text(&wrong));
            let places = before.chars().zip(after.chars()).enumerate();
            let differ: Vec<usize> = places
                .filter(|(_, (a, b))| a != b)
                .map(|(at, (a, b))| {
                    assert!(a.is_ascii_digit() == b.is_ascii_digit() && b.is_ascii_alphanumeric());
                    at
                })
                .collect();
            assert_eq!(differ.len(), 1, "{before} {after}");
            changed.extend(differ);
        }
        assert_eq!(changed.len(), 14, "every letter and digit, no blank");
    }

    #[test]
    fn a_symbol_that_came_as_dots_is_ink_like_any_other() {
        let drawn = label("010950600013435221SER1\u{1d}172712311\u{1d}10LOT");
        let dots = drawn.draw();
        let per_row = dots.width.div_ceil(8);
        let mut bytes = vec![0; per_row * dots.height];
        for (at, _) in dots
            .cover
            .iter()
            .enumerate()
            .filter(|(_, cover)| **cover > 0)
        {
            bytes[at / dots.width * per_row + at % dots.width / 8] |= 0x80 >> (at % dots.width % 8);
        }
        let mut pictured = drawn.clone();
        pictured.fields[0] = Field {
            x: 0,
            y: 0,
            from_bottom: false,
            mark: Mark::Picture {
                picture: Arc::new(Picture::new(per_row, bytes).expect("whole rows")),
                magnify: (1, 1),
            },
        };
        assert_eq!(pictured.scan_data(), drawn.scan_data());
        assert_eq!(pictured.aim(), drawn.aim());
        assert!(pictured.draw().cover == dots.cover);
    }

    #[test]
    fn dots_stay_inside_whatever_the_field_says() {
        let mut label = label("0109506000134352");
        label.fields[0].x = 399;
        let huge = Mark::Text {
            height: 32_000,
            width: 32_000,
            text: "ÄX\u{fffd}".repeat(50),
        };
        label.fields.push(Field {
            x: -50,
            y: 290,
            from_bottom: false,
            mark: huge,
        });
        let frame = Mark::Frame {
            width: 32_000,
            height: 1,
            line: 32_000,
        };
        label.fields.push(Field {
            x: 0,
            y: 0,
            from_bottom: true,
            mark: frame,
        });
        let dots = label.draw();
        assert_eq!(dots.cover.len(), 400 * 300);
    }
}
