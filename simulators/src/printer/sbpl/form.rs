//! One SBPL job: what lies between `ESC A` and `ESC Z`. PURE.
//!
//! `V H A1 A3 % L P PS PR Q ID WK BX DC 2D50 2D51 DN BG BI XU XS XM XB XL OA OB X20–X24 $ $= RD GH GB FW`. Everything
//! is drawn upright. Of bar codes Code 128 is drawn: `BG`, with its codes behind `>`, and `BI`, whose FNC1 comes first
//! by itself. Positions count from 1.
//!
//! Behind every character of a text stands the pitch: 2 dots, or what `P` said for the next text, times the expansion
//! of a fixed font. `RD` (SG112-ex, WS4 and LC400e references: 4 to 999 dots, or points of 0.35 mm) draws CG
//! Triumvirate, whose characters are as wide as Helvetica's; after `PR` each is as wide as the em that was given. The
//! fixed fonts are drawn in their whole cells, though they are narrower unless `PR` was said: how much, no manual says.

use std::sync::Arc;

use crate::{
    bars::Bars,
    printer::{
        Media,
        label::{Field, Label, Mark, PICTURE_BYTES_MAX, Picture, Turn},
        press::LABEL_DOTS_MAX,
    },
    symbol::{CONTENT_MAX, Token},
};

/// Most things on one label; the rest is not drawn.
pub const FIELDS_MAX: usize = 256;

/// Letter cells of the fixed fonts, in dots across and along.
const FONTS: [(&[u8], (u32, u32)); 11] = [
    (b"XU", (5, 9)),
    (b"XS", (17, 17)),
    (b"XM", (24, 24)),
    (b"XB", (48, 48)),
    (b"XL", (48, 48)),
    (b"OA", (22, 33)),
    (b"OB", (30, 36)),
    (b"X20,", (5, 9)),
    (b"X21,", (17, 17)),
    (b"X22,", (24, 24)),
    (b"X23,", (48, 48)),
];

/// Dots behind each character unless `P` says otherwise.
const PITCH: u32 = 2;

/// How far Helvetica's characters from space to `~` move on, in thousandths of the em.
const ADVANCES: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278,
    278, // space to /
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
];

/// The Data Matrix that `BX`, `2D50` or `2D51` described, until its data come.
#[derive(Debug, Clone, Copy)]
struct Matrix {
    module_dots: u32,
    forced: Option<usize>,
    /// `2D51`: FNC1 must come first.
    gs1: bool,
}

/// A job as far as it came.
#[derive(Debug)]
pub struct Form {
    size: (u32, u32),
    dpmm: u32,
    base: (i32, i32),
    at: (i32, i32),
    times: (u32, u32),
    vector: (u32, u32),
    /// Dots behind each character, for the next text.
    pitch: u32,
    /// `PS` and `PR`.
    proportional: bool,
    matrix: Option<Matrix>,
    copies: u32,
    id: [u8; 2],
    name: Vec<u8>,
    fields: Vec<Field>,
    picture_bytes: usize,
}

impl Form {
    /// An empty job.
    #[must_use]
    pub fn new(media: Media) -> Form {
        Form {
            size: media.dots(),
            dpmm: media.dpmm,
            base: (0, 0),
            at: (0, 0),
            times: (1, 1),
            vector: (24, 24),
            pitch: PITCH,
            proportional: true,
            matrix: None,
            copies: 0,
            id: *b"  ",
            name: Vec::new(),
            fields: Vec::new(),
            picture_bytes: 0,
        }
    }

    /// What it looks like.
    #[must_use]
    pub fn label(&self) -> Label {
        Label {
            width_dots: self.size.0,
            length_dots: self.size.1,
            dpmm: self.dpmm,
            fields: self.fields.clone(),
        }
    }

    /// Label length in dots.
    #[must_use]
    pub fn length_dots(&self) -> u32 {
        self.size.1
    }

    /// How many labels it asks for; 0 without `Q`: such a job is not valid.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.copies
    }

    /// Its id (2 bytes) and name (16 bytes), as status tells them.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        let mut out = self.id.to_vec();
        let fill = if self.name.is_empty() { b' ' } else { b'0' };
        out.resize(18 - self.name.len().min(16), fill);
        out.extend(self.name.iter().take(16));
        out
    }

    /// One command without its ESC.
    pub fn take(&mut self, command: &[u8]) {
        let digits = |from: usize| number(command.get(from..).unwrap_or_default());
        let mark = match command {
            [b'I', b'D', id @ ..] if id.len() >= 2 => {
                self.id = [id[0], id[1]];
                None
            }
            [b'W', b'K', name @ ..] => {
                self.name = name.to_vec();
                None
            }
            [b'B', b'X', format @ ..] => {
                self.matrix = matrix(format);
                None
            }
            [b'2', b'D', b'5', kind @ (b'0' | b'1'), format @ ..] => {
                self.matrix = cells(format, *kind == b'1');
                None
            }
            [b'D', b'C', data @ ..] => self.symbol(data),
            [b'D', b'N', rest @ ..] => self.counted_symbol(rest),
            [b'B', b'G', rest @ ..] => bars(rest, 5, false),
            [b'B', b'I', rest @ ..] => bars(rest, 6, true),
            [b'G', kind @ (b'H' | b'B'), rest @ ..] => self.graphic(*kind == b'H', rest),
            [b'F', b'W', rest @ ..] => return self.lines(rest),
            [b'R', b'D', rest @ ..] => self.scalable(rest),
            [b'P', b'S'] | [b'P', b'R'] => {
                self.proportional = command[1] == b'S';
                None
            }
            [b'P', b'0'..=b'9', ..] => {
                self.pitch = digits(1).min(99);
                None
            }
            [b'$', b'=', text @ ..] => {
                let size = (self.vector.0 + self.take_pitch(), self.vector.1);
                Some(text_mark(size, text))
            }
            [b'$', rest @ ..] => {
                let mut sizes = rest.split(|&b| b == b',').skip(1).map(number);
                let mut next = || sizes.next().unwrap_or(24).clamp(1, LABEL_DOTS_MAX);
                self.vector = (next(), next());
                None
            }
            [b'X' | b'O', ..] => self.text(command),
            [b'A', b'1', rest @ ..] => return self.resize(rest),
            [b'A', b'3', rest @ ..] => return self.rebase(rest),
            [b'V', b'0'..=b'9', ..] => {
                self.at.1 = place(digits(1).saturating_sub(1));
                None
            }
            [b'H', b'0'..=b'9', ..] => {
                self.at.0 = place(digits(1).saturating_sub(1));
                None
            }
            [b'L', across @ .., _, _] if across.len() == 2 => {
                self.times = (number(across).clamp(1, 36), digits(3).clamp(1, 36));
                None
            }
            [b'Q', ..] => {
                self.copies = digits(1);
                None
            }
            _ => None,
        };
        self.draw(mark);
    }

    fn draw(&mut self, mark: Option<Mark>) {
        let room = self.fields.len() < FIELDS_MAX && self.picture_bytes <= PICTURE_BYTES_MAX;
        if let Some(mark) = mark.filter(|_| room) {
            self.fields.push(Field {
                x: self.base.0 + self.at.0,
                y: self.base.1 + self.at.1,
                from_bottom: false,
                mark,
            });
        }
    }

    /// `DC`: the data of the symbol; `ESC 1` in it is FNC1.
    fn symbol(&mut self, data: &[u8]) -> Option<Mark> {
        let matrix = self.matrix?;
        let mut content = Vec::with_capacity(data.len());
        let mut rest = data;
        while let Some((&byte, behind)) = rest.split_first() {
            let fnc1 = rest.starts_with(b"\x1b1");
            content.push(if fnc1 { Token::Fnc1 } else { Token::Byte(byte) });
            rest = if fnc1 { &rest[2..] } else { behind };
            if content.len() > CONTENT_MAX {
                break;
            }
        }
        Some(Mark::Symbol {
            module_dots: matrix.module_dots,
            forced: matrix.forced,
            turn: Turn::Upright,
            content,
        })
    }

    /// `DNmmmm,data`: `ESC 1` is FNC1, `ESC ESC` and `~~` are one byte each. What does not fit its count is not
    /// printed.
    fn counted_symbol(&mut self, rest: &[u8]) -> Option<Mark> {
        let comma = rest.iter().position(|&b| b == b',')?;
        let (count, data) = (number(&rest[..comma]), &rest[comma + 1..]);
        let whole = usize::try_from(count).is_ok_and(|count| count == data.len());
        let matrix = self.matrix.filter(|_| whole)?;
        let mut content = Vec::with_capacity(data.len());
        let mut rest = data;
        while let Some((&byte, behind)) = rest.split_first() {
            let (token, taken) = match (byte, behind.first()) {
                (0x1b, Some(b'1')) => (Token::Fnc1, 2),
                (0x1b, Some(0x1b)) | (b'~', Some(b'~')) => (Token::Byte(byte), 2),
                (0x1b | b'~', _) => return None,
                _ => (Token::Byte(byte), 1),
            };
            content.push(token);
            rest = &rest[taken..];
        }
        let begun = content.first() == Some(&Token::Fnc1) || !matrix.gs1;
        begun.then_some(Mark::Symbol {
            module_dots: matrix.module_dots,
            forced: matrix.forced,
            turn: Turn::Upright,
            content,
        })
    }

    /// `GHbbbccc` and `GBbbbccc`: blocks of eight dots across and along, in hex or binary.
    fn graphic(&mut self, hex: bool, rest: &[u8]) -> Option<Mark> {
        let (sizes, data) = rest.split_at_checked(6)?;
        let (across, along) = (number(&sizes[..3]), number(&sizes[3..]));
        let total = usize::try_from(across.checked_mul(along)?.checked_mul(8)?).ok()?;
        if total > PICTURE_BYTES_MAX {
            return None;
        }
        let digit = |b: &u8| {
            char::from(*b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let mut bytes: Vec<u8> = match hex {
            true => {
                let digits: Vec<u8> = data.iter().filter_map(digit).collect();
                digits
                    .chunks_exact(2)
                    .map(|pair| pair[0] << 4 | pair[1])
                    .take(total)
                    .collect()
            }
            false => data.iter().copied().take(total).collect(),
        };
        bytes.resize(total, 0);
        let picture = Picture::new(usize::try_from(across).ok()?, bytes)?;
        self.picture_bytes += total;
        Some(Mark::Picture {
            picture: Arc::new(picture),
            magnify: (1, 1),
        })
    }

    /// `FWaaHbbbb`, `FWaaVbbbb`: lines; `FWaabbVccccHdddd`: a box, `aa` and `bb` its thickness.
    fn lines(&mut self, rest: &[u8]) {
        let length = |letter: u8| {
            let at = rest.iter().position(|&b| b == letter)?;
            Some(number(&rest[at + 1..]).clamp(1, LABEL_DOTS_MAX))
        };
        let line = number(rest.get(..2).unwrap_or_default()).clamp(1, 99);
        let mark = match (length(b'H'), length(b'V')) {
            (Some(width), Some(height)) => (width, height, line),
            (Some(width), None) => (width, line, line),
            (None, Some(height)) => (line, height, line),
            (None, None) => return,
        };
        let (width, height, line) = mark;
        self.draw(Some(Mark::Frame {
            width,
            height,
            line,
        }));
    }

    /// The pitch for this text; the next one has the usual one again.
    fn take_pitch(&mut self) -> u32 {
        std::mem::replace(&mut self.pitch, PITCH)
    }

    /// `X?data` and `O?data`: text in a fixed font, enlarged as `L` said.
    fn text(&mut self, command: &[u8]) -> Option<Mark> {
        let known = |(name, _): &&(&[u8], _)| command.starts_with(name);
        let (name, (wide, high)) = FONTS.iter().rev().find(known)?;
        let cell = wide + self.take_pitch();
        let size = (cell * self.times.0, high * self.times.1);
        // A leading 0 or 1 of `XB` and `XL` says whether edges are smoothed.
        let smooth = matches!(*name, b"XB" | b"XL") && matches!(command.get(2), Some(b'0' | b'1'));
        Some(text_mark(
            size,
            &command[name.len() + usize::from(smooth)..],
        ))
    }

    /// `RDa…,width,height,text`; `P` before a size: points. The cell is the mean advance of this text's characters.
    fn scalable(&mut self, rest: &[u8]) -> Option<Mark> {
        let pitch = self.take_pitch();
        let mut parts = rest.splitn(4, |&b| b == b',').skip(1);
        let mut size = || {
            let part = parts.next()?;
            let dots = match part.strip_prefix(b"P") {
                Some(points) => number(points) * self.dpmm * 35 / 100,
                None => number(part),
            };
            (4..=999).contains(&dots).then_some(dots)
        };
        let (em, height) = (size()?, size()?);
        let text = parts.next()?;
        let count = u32::try_from(text.len().max(1)).ok()?;
        let wide = match self.proportional {
            true => text.iter().map(|&byte| advance(byte)).sum::<u32>() * em / 1000,
            false => em * count,
        };
        let cell = (wide + pitch * count + count / 2) / count;
        Some(text_mark((cell, height), text))
    }

    /// `A1aaaabbbb`, or `A1V…H…`: along and across, in dots.
    fn resize(&mut self, rest: &[u8]) {
        let (along, across) = match rest.strip_prefix(b"V") {
            Some(rest) => {
                let at = rest.iter().position(|&b| b == b'H').unwrap_or(rest.len());
                (
                    number(&rest[..at]),
                    number(rest.get(at + 1..).unwrap_or_default()),
                )
            }
            None => {
                let (along, across) = rest.split_at(rest.len() / 2);
                (number(along), number(across))
            }
        };
        if along > 0 && across > 0 {
            self.size = (across.min(LABEL_DOTS_MAX), along.min(LABEL_DOTS_MAX));
        }
    }

    /// `A3H±nnnV±nnn`, either way round: where 0 lies.
    fn rebase(&mut self, rest: &[u8]) {
        for (n, &letter) in rest.iter().enumerate() {
            let behind = &rest[n + 1..];
            let (sign, digits) = match behind.first() {
                Some(b'-') => (-1, &behind[1..]),
                Some(b'+') => (1, &behind[1..]),
                _ => (1, behind),
            };
            match letter {
                b'H' => self.base.0 = sign * place(number(digits)),
                b'V' => self.base.1 = sign * place(number(digits)),
                _ => {}
            }
        }
    }
}

/// `BXaabbccddeeefffghh`, `bb` with two digits or three. Only error correction 20 or 200, ECC 200, is drawn.
fn matrix(format: &[u8]) -> Option<Matrix> {
    let behind = format.get(2..)?;
    let rest = behind
        .strip_prefix(b"200")
        .filter(|rest| rest.len() >= 13)
        .or(behind.strip_prefix(b"20"));
    let rest = rest?;
    let part = |from: usize, to: usize| rest.get(from..to).map(number);
    let module_dots = part(0, 2)?;
    let forced = part(4, 7).filter(|&side| side > 0);
    // Cells that are not square, or of a size outside the manual's range, are not drawn.
    let drawn = part(2, 4) == Some(module_dots) && (1..=99).contains(&module_dots);
    drawn.then_some(Matrix {
        module_dots,
        forced: forced.and_then(|side| usize::try_from(side).ok()),
        gs1: false,
    })
}

/// `,aa,bb,ccc,ddd` behind `2D50` and `2D51`: cell width and height, cells across and down.
fn cells(format: &[u8], gs1: bool) -> Option<Matrix> {
    let mut parts = format.split(|&b| b == b',').skip(1).map(number);
    let (wide, high, across) = (parts.next()?, parts.next()?, parts.next()?);
    let drawn = wide == high && (1..=99).contains(&wide);
    drawn.then_some(Matrix {
        module_dots: wide,
        forced: usize::try_from(across).ok().filter(|&side| side > 0),
        gs1,
    })
}

/// `BGaabbb…` and `BIaabbbc…`: narrow bar, height, then the data `at`.
fn bars(rest: &[u8], at: usize, gs1: bool) -> Option<Mark> {
    let data = rest.get(at..)?;
    let mut characters = Vec::new();
    let mut pairs = false;
    let mut behind = data;
    while let Some((&byte, after)) = behind.split_first() {
        behind = after;
        let code = after.first().filter(|_| byte == b'>');
        if code.is_some() {
            behind = &after[1..];
        }
        let (character, now) = match (byte, code) {
            (_, Some(b'G')) => (103, false),
            (_, Some(b'H')) => (104, false),
            (_, Some(b'I')) => (105, true),
            (_, Some(b'E')) => (101, false),
            (_, Some(b'D' | b'B')) => (100, false),
            (_, Some(b'C')) => (99, true),
            (_, Some(b'F')) => (102, pairs),
            (_, Some(_)) => continue,
            (b'0'..=b'9', None) if pairs => {
                let ones = after.first().filter(|b| b.is_ascii_digit());
                behind = &after[usize::from(ones.is_some())..];
                (
                    (byte - b'0') * 10 + ones.map_or(0, |ones| ones - b'0'),
                    true,
                )
            }
            (b' '..=b'~', None) if !pairs => (byte - b' ', false),
            _ => continue,
        };
        if characters.is_empty() && character < 103 {
            characters.push(104);
            if gs1 {
                characters.push(102);
            }
        }
        pairs = now;
        characters.push(character);
        if gs1 && character >= 103 {
            characters.push(102);
        }
    }
    // `BI` without codes of its own: as a reader wants it.
    let plain = gs1 && !data.contains(&b'>');
    let bars = if plain {
        let bytes = data.iter().copied().map(Token::Byte);
        let content: Vec<Token> = std::iter::once(Token::Fnc1).chain(bytes).collect();
        Bars::of_content(&content)
    } else {
        Bars::of_characters(characters)
    };
    Some(Mark::Bars {
        module_dots: number(&rest[..2]).clamp(1, 12),
        height: number(&rest[2..5]).clamp(1, LABEL_DOTS_MAX),
        bars: bars?,
    })
}

/// How far a character of Helvetica moves on, in thousandths of the em.
fn advance(byte: u8) -> u32 {
    byte.checked_sub(b' ')
        .and_then(|place| ADVANCES.get(usize::from(place)))
        .map_or(556, |&advance| u32::from(advance))
}

fn text_mark((cell, height): (u32, u32), text: &[u8]) -> Mark {
    Mark::Text {
        height: height.clamp(1, LABEL_DOTS_MAX),
        width: (cell * 8).div_ceil(5).clamp(1, LABEL_DOTS_MAX),
        text: String::from_utf8_lossy(text).into_owned(),
    }
}

/// The digits at the beginning, at most nine; 0 for none.
fn number(digits: &[u8]) -> u32 {
    let own = digits.iter().take_while(|b| b.is_ascii_digit()).take(9);
    own.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

fn place(dots: u32) -> i32 {
    i32::try_from(dots.min(32_000)).unwrap_or(0)
}
