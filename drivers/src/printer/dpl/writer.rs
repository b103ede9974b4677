//! Labels in DPL: every job draws the whole label and prints it once. PURE.
//!
//! Sources: Datamax-O'Neil Class Series 2 programmer's manual: `<STX>L` … `E` (`m` places in tenths of a millimetre,
//! `D11` dots as they are, `Q0001` one label), format records (rotation, type, two multipliers, height, row, column,
//! data, CR), Appendix G for Code 128 (`e`: first the code set, then `&G` FNC1, `&E` code B, `&D` code C), `<STX>I` and
//! Appendix M (pictures: `80nn` and `nn` bytes a row, `0000FFnn` the row again, `FFFF` the end), `<STX>q` (clears a
//! module). A public driver for CUPS writes `m` and `D11` in the same places. Rows count from the lower edge of the
//! label, and a mark is named by its lower left corner.

use super::super::code128::Spelling;
use super::super::filling::{self, Numbered, Said};
use super::super::format::{At, Dots, Format, Mark};
use super::super::words::{self, Around, Carries, Words};

const BARS: Spelling = Spelling {
    start_b: "B",
    start_c: "C",
    into_b: "&E",
    into_c: "&D",
    fnc1: "&G",
    others: &[],
};

/// The memory module for pictures, which is lost when the power is.
const MODULE: char = 'D';

/// Name of the picture that is the whole label.
const WHOLE: &str = "P";

impl Words for Sheet {
    const NAME: &'static str = "DPL";

    fn data_matrix(&self, _at: At, _module_dots: u32) -> Result<Around, String> {
        Err("DPL does not say how FNC1 is written into a Data Matrix".into())
    }

    fn gs1128(&self, at: At, module_dots: u32, height: u32) -> Result<Around, String> {
        let (place, module) = (self.place(at, height)?, multiplier(module_dots)?);
        let height = within("bar code", self.size(height), 999)?;
        Ok(record(format!("1e{module}{module}{height:03}{place}")))
    }

    fn text(&self, at: At, height: u32) -> Result<Around, String> {
        let place = self.place(at, height)?;
        match (16..=4_163).contains(&height) {
            true => Ok(record(format!("1911S01{place}{height:04}{height:04}"))),
            false => Err(format!(
                "a text of {height} dots is outside DPL's 16 to 4163"
            )),
        }
    }

    fn frame(&self, at: At, size: (u32, u32), thickness: u32) -> Result<String, String> {
        let (width, height) = size;
        let place = self.place(at, height)?;
        let frame = self.box_or_line(width, height, thickness)?;
        Ok(format!("1X11000{place}{frame}\r"))
    }

    fn picture(&self, at: At, number: usize, dots: &Dots) -> Result<Vec<u8>, String> {
        let place = self.place(at, dots.height())?;
        check_picture(dots)?;
        Ok(format!("1Y11000{place}{}\r", picture_name(number)).into_bytes())
    }

    /// `&` begins a control code of the bars, and how it stands for itself is not told.
    fn data(&self, carries: Carries, said: &Said) -> Result<String, String> {
        match carries {
            Carries::Gs1128 => said.bars(Self::NAME, |c| is_plain(c) && c != '&', &BARS),
            Carries::Text | Carries::DataMatrix => {
                said.check(Self::NAME, is_plain)?;
                Ok(said.text.to_owned())
            }
        }
    }
}

/// A format record whose end are data.
fn record(before: String) -> Around {
    let behind = "\r";
    Around { before, behind }
}

/// A label with these values.
///
/// # Errors
/// A mark or a value that DPL cannot write; a sentence without its full stop.
pub(super) fn label(format: &Format, numbered: &Numbered) -> Result<Vec<u8>, String> {
    let records = words::label(&Sheet::of(format), format, numbered)?;
    Ok(printed(&records))
}

/// What loads the pictures of the format; nothing where it has none.
///
/// # Errors
/// It is no format of marks.
pub(super) fn pictures(format: &Format) -> Result<Vec<u8>, String> {
    let mut loads = String::new();
    for (number, mark) in filling::marks(Sheet::NAME, format)?.iter().enumerate() {
        if let Mark::Picture { dots, .. } = mark {
            loads += &loaded(&picture_name(number), dots);
        }
    }
    match loads.is_empty() {
        true => Ok(Vec::new()),
        false => Ok((emptied() + &loads).into_bytes()),
    }
}

/// A label that is all one picture.
///
/// # Errors
/// The picture is wider than a row may be.
pub(super) fn picture(format: &Format, dots: &Dots) -> Result<Vec<u8>, String> {
    check_picture(dots)?;
    let place = Sheet::of(format).place(At::default(), dots.height().min(format.length))?;
    let record = format!("1Y11000{place}{WHOLE}\r");
    let load = emptied() + &loaded(WHOLE, dots);
    let mut job = [load.as_bytes(), &printed(record.as_bytes())].concat();
    // The module was emptied: what the format keeps there is put back.
    job.extend(pictures(format).unwrap_or_default());
    Ok(job)
}

/// The whole of a label.
fn printed(records: &[u8]) -> Vec<u8> {
    [b"\x02L\rm\rD11\r", records, b"Q0001\rE\r"].concat()
}

fn picture_name(number: usize) -> String {
    format!("V{number}")
}

fn emptied() -> String {
    format!("\x02q{MODULE}")
}

fn check_picture(dots: &Dots) -> Result<(), String> {
    match dots.row_bytes() {
        1..=255 => Ok(()),
        _ => Err(format!(
            "a picture of {} dots across is wider than DPL's 2040",
            dots.width()
        )),
    }
}

/// Loads a picture into the module, in the 7-bit format.
fn loaded(name: &str, dots: &Dots) -> String {
    let mut text = format!("\x02I{MODULE}AF{name}\r");
    let mut rows = dots.rows().chunks_exact(dots.row_bytes().max(1)).peekable();
    while let Some(row) = rows.next() {
        let digits: String = row.iter().map(|byte| format!("{byte:02X}")).collect();
        text += &format!("80{:02X}{digits}\r", row.len());
        let mut again = 0;
        while rows.next_if_eq(&row).is_some() {
            again += 1;
        }
        while again > 0 {
            let count = again.min(255);
            text += &format!("0000FF{count:02X}\r");
            again -= count;
        }
    }
    text + "FFFF\r"
}

/// Places and sizes of a label, in tenths of a millimetre from its lower left corner.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    length: u32,
    dpmm: u32,
}

impl Sheet {
    fn of(format: &Format) -> Sheet {
        Sheet {
            length: format.length,
            dpmm: u32::from(format.dpmm.max(1)),
        }
    }

    /// Dots in tenths of a millimetre, rounded.
    fn tenths(self, dots: u32) -> u64 {
        (u64::from(dots) * 20 + u64::from(self.dpmm)) / (2 * u64::from(self.dpmm))
    }

    /// A size, which is never nothing.
    fn size(self, dots: u32) -> u64 {
        self.tenths(dots).max(1)
    }

    /// Row and column of a mark that is so high.
    fn place(self, at: At, height: u32) -> Result<String, String> {
        let below = u64::from(at.y) + u64::from(height);
        let Some(row) = u64::from(self.length).checked_sub(below) else {
            return Err(format!("a mark at {},{} ends below the label", at.x, at.y));
        };
        let row = within("place", self.tenths(row as u32), 9_999)?;
        let column = within("place", self.tenths(at.x), 9_999)?;
        Ok(format!("{row:04}{column:04}"))
    }

    /// A box, or a line where nothing is left inside.
    fn box_or_line(self, width: u32, height: u32, thickness: u32) -> Result<String, String> {
        let across = within("box", self.size(width), 9_999)?;
        let along = within("box", self.size(height), 9_999)?;
        match 2 * u64::from(thickness) >= u64::from(width.min(height)) {
            true => Ok(format!("l{across:04}{along:04}")),
            false => {
                let line = self.size(thickness);
                Ok(format!("b{across:04}{along:04}{line:04}{line:04}"))
            }
        }
    }
}

/// A number that the record takes.
fn within(what: &str, tenths: u64, most: u64) -> Result<u64, String> {
    match tenths <= most {
        true => Ok(tenths),
        false => Err(format!(
            "a {what} of {tenths} tenths of a millimetre is more than DPL's {most}"
        )),
    }
}

/// A multiplier: 1 to 9, then letters.
fn multiplier(dots: u32) -> Result<char, String> {
    let digit = b"123456789ABCDEFGHIJKLMNO".get((dots as usize).wrapping_sub(1));
    digit
        .map(|digit| char::from(*digit))
        .ok_or_else(|| format!("a module of {dots} dots is outside DPL's 1 to 24"))
}

fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~')
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::printer::format::Content;
    use crate::printer::samples::{assert_refused, bars, format, numbered, symbol, text};
    use proptest::prelude::*;

    #[test]
    fn every_mark_is_drawn_from_the_lower_left_corner() {
        let mut dots = Dots::blank(9, 4);
        dots.blacken(0, 0);
        let frame = |width, height, thickness| Mark::Box {
            at: At { x: 0, y: 0 },
            width,
            height,
            thickness,
        };
        let picture = Mark::Picture {
            at: At { x: 16, y: 236 },
            dots: dots.clone(),
        };
        let format = format(vec![
            bars(Content::Field(1)),
            text(240, 40, 28, Content::Field(2)),
            frame(400, 240, 8),
            frame(400, 2, 2),
            picture,
        ]);
        let job = label(
            &format,
            &numbered(&[(1, "00106141412345678908"), (2, "VOID")]),
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(job).unwrap(),
            // 240 − 16 − 80 = 144 dots = 18 mm above the lower edge; 240 − 40 − 28 = 172 dots = 21.5 mm.
            "\x02L\rm\rD11\r1e3310001800010C&G00106141412345678908\r1911S010215030000280028VOID\r\
             1X1100000000000b0500030000100010\r1X1100002980000l05000003\r1Y1100000000020V4\rQ0001\rE\r"
        );
        let loads = "\x02qD\x02IDAFV4\r80028000\r80020000\r0000FF02\rFFFF\r";
        assert_eq!(pictures(&format).unwrap(), loads.as_bytes());
        let whole = super::picture(&format, &dots).unwrap();
        let load = "\x02qD\x02IDAFP\r80028000\r80020000\r0000FF02\rFFFF\r";
        let print = "\x02L\rm\rD11\r1Y1100002950000P\rQ0001\rE\r";
        assert_eq!(
            String::from_utf8(whole).unwrap(),
            [load, print, loads].concat()
        );
    }

    #[test]
    fn a_field_that_is_left_out_leaves_its_mark_out() {
        let format = format(vec![
            bars(Content::Field(1)),
            text(240, 40, 28, Content::Field(2)),
        ]);
        let job = label(&format, &numbered(&[(2, "VOID")])).unwrap();
        assert_eq!(
            job,
            b"\x02L\rm\rD11\r1911S010215030000280028VOID\rQ0001\rE\r"
        );
        let lot = label(&format, &numbered(&[(1, "10a1\x1d21B")])).unwrap();
        assert_eq!(
            lot,
            b"\x02L\rm\rD11\r1e3310001800010C&G10&Ea1&G21B\rQ0001\rE\r"
        );
        assert!(pictures(&format).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_carried_is_named() {
        let format = format(vec![
            bars(Content::Field(1)),
            text(240, 40, 28, Content::Field(2)),
        ]);
        assert_refused(&["\x01C", "a\r", "\x02L", "ü", "\x7f"], |values| {
            label(&format, values)
        });
        let why = label(&format, &numbered(&[(1, "10A&B")])).unwrap_err();
        assert!(why.starts_with("field 1 holds '&'"), "{why}");
        let hindered = |mark| label(&super::test::format(vec![mark]), &[]).unwrap_err();
        assert!(hindered(symbol(0, 0, Content::Field(1))).contains("FNC1"));
        assert!(hindered(text(240, 230, 28, Content::Field(1))).contains("ends below the label"));
        assert!(hindered(text(240, 0, 15, Content::Field(1))).contains("15 dots"));
        let wide = Mark::Picture {
            at: At::default(),
            dots: Dots::blank(2_041, 1),
        };
        assert!(hindered(wide).contains("2041 dots across"));
    }

    /// Reads a picture back by the manual's records.
    fn read(load: &str, row_bytes: usize) -> Vec<u8> {
        let mut rows: Vec<u8> = Vec::new();
        let byte = |digits: &str| u8::from_str_radix(digits, 16).unwrap();
        let mut records = load.split_terminator('\r').skip(1);
        for record in records.by_ref() {
            match record.split_at(2) {
                ("80", rest) => {
                    assert_eq!(
                        (usize::from(byte(&rest[..2])), rest.len()),
                        (row_bytes, 2 + 2 * row_bytes)
                    );
                    rows.extend((1..=row_bytes).map(|index| byte(&rest[2 * index..2 * index + 2])));
                }
                ("00", rest) if rest.starts_with("00FF") => {
                    let last = rows[rows.len() - row_bytes..].to_vec();
                    (0..byte(&rest[4..])).for_each(|_| rows.extend(&last));
                }
                _ => {
                    assert_eq!(record, "FFFF");
                    break;
                }
            }
        }
        assert_eq!(records.next(), None, "nothing behind the end");
        rows
    }

    proptest! {
        #[test]
        fn a_picture_comes_out_as_it_is(
            width in 1u32..40,
            runs in prop::collection::vec((any::<u32>(), 1u32..300), 1..5),
        ) {
            let height = runs.iter().map(|(_, count)| count).sum();
            let mut dots = Dots::blank(width, height);
            let rows = runs.iter().flat_map(|(row, count)| (0..*count).map(move |_| *row));
            for (y, row) in rows.enumerate() {
                for x in (0..width).filter(|x| row & (1 << (x % 32)) != 0) {
                    dots.blacken(x, y as u32);
                }
            }
            let load = loaded("P", &dots);
            prop_assert!(load.bytes().skip(1).all(|byte| byte == b'\r' || byte.is_ascii_graphic()));
            prop_assert_eq!(read(&load, dots.row_bytes()), dots.rows());
        }
    }
}
