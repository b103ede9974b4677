//! Labels in SBPL: every job draws the whole label and prints it once. PURE.
//!
//! Sources: SATO's programming references for `<ESC>A` … `<ESC>Q1<ESC>Z`, `<ESC>V` `<ESC>H` (places count from 1; the
//! GL4xxe and "i" references say that leading zeroes may be left out), `<ESC>2D51` with `<ESC>DN` (GS1 Data Matrix;
//! ESC 1 is FNC1, `~` is doubled, both count twice), `<ESC>BG` (Code 128: `>I` start C, `>H` start B, `>F` FNC1, `>D`
//! code B, `>C` code C), `<ESC>FW` (lines and boxes), `<ESC>GH` (graphics).
//!
//! **Text** is `<ESC>RDB00,width,height` (CG Triumvirate, a Helvetica). The SG112-ex, WS4 and LC400e references take
//! 4 to 999 dots for both, the older E series 16 to 999; that S84-ex and CL4NX take 4 is inferred from their
//! neighbours. How wide a text comes out hangs on three settings, and a job says them all: the width is that of the
//! em, so a digit of this font advances by 0.56 and a capital by 0.68 of it on average; `<ESC>PS`, for the whole job,
//! since a printer that stands on fixed pitch (`<ESC>PR`) gives every character a whole em; `<ESC>P00` before each
//! text, since otherwise 2 dots are added behind every character (old printers go back to 2 at each font, newer ones at
//! each job). With an em of four fifths of the height, digits and capitals need no more than the 0.6 of the height that
//! a label is laid out with. In doubt: whether the height is the em's or that of capitals and descenders.

use super::super::code128::Spelling;
use super::super::filling::{Numbered, Said};
use super::super::format::{At, Dots, Format};
use super::super::words::{self, Around, Carries, Words};
use std::ops::RangeInclusive;

const BARS: Spelling = Spelling {
    start_b: ">H",
    start_c: ">I",
    into_b: ">D",
    into_c: ">C",
    fnc1: ">F",
    others: &[],
};

/// Width and height of a text's font.
const TEXT_DOTS: RangeInclusive<u32> = 4..=999;

struct Sbpl;

impl Words for Sbpl {
    const NAME: &'static str = "SBPL";

    fn data_matrix(&self, at: At, module_dots: u32) -> Result<Around, String> {
        let (place, module) = (place(at)?, within("module", module_dots, 1..=99)?);
        let before = format!("{place}\x1b2D51,{module:02},{module:02},000,000\x1bDN");
        Ok(Around { before, behind: "" })
    }

    fn gs1128(&self, at: At, module_dots: u32, height: u32) -> Result<Around, String> {
        let (place, module) = (place(at)?, within("module", module_dots, 1..=36)?);
        let height = within("bar code", height, 1..=999)?;
        let before = format!("{place}\x1bBG{module:02}{height:03}");
        Ok(Around { before, behind: "" })
    }

    fn text(&self, at: At, height: u32) -> Result<Around, String> {
        let (place, height) = (place(at)?, within("text", height, TEXT_DOTS)?);
        let width = (height * 4 / 5).max(*TEXT_DOTS.start());
        let before = format!("{place}\x1bP00\x1bRDB00,{width:03},{height:03},");
        Ok(Around { before, behind: "" })
    }

    fn frame(&self, at: At, size: (u32, u32), thickness: u32) -> Result<String, String> {
        Ok(place(at)? + &frame(size.0, size.1, thickness)?)
    }

    fn picture(&self, at: At, _number: usize, dots: &Dots) -> Result<Vec<u8>, String> {
        Ok((place(at)? + &graphic(dots)?).into_bytes())
    }

    /// A Data Matrix has its length in front. `>` begins a control code of the bars, and how it stands for itself is
    /// not told.
    fn data(&self, carries: Carries, said: &Said) -> Result<String, String> {
        match carries {
            Carries::DataMatrix => {
                let data = said.matrix(Self::NAME, is_plain, "\x1b1", &[('~', "~~")])?;
                Ok(format!("{:04},{data}", data.len()))
            }
            Carries::Gs1128 => said.bars(Self::NAME, |c| is_plain(c) && c != '>', &BARS),
            Carries::Text => {
                said.check(Self::NAME, is_plain)?;
                Ok(said.text.to_owned())
            }
        }
    }
}

/// A label with these values.
///
/// # Errors
/// A mark or a value that SBPL cannot write; a sentence without its full stop.
pub(super) fn label(format: &Format, numbered: &Numbered) -> Result<Vec<u8>, String> {
    let marks = words::label(&Sbpl, format, numbered)?;
    Ok([b"\x1bA\x1bPS", &marks[..], b"\x1bQ1\x1bZ"].concat())
}

/// A label that is all one picture.
///
/// # Errors
/// The picture is larger than a graphic may be.
pub(super) fn picture(dots: &Dots) -> Result<Vec<u8>, String> {
    let (place, graphic) = (place(At::default())?, graphic(dots)?);
    Ok(format!("\x1bA{place}{graphic}\x1bQ1\x1bZ").into_bytes())
}

/// A number that the command takes.
fn within(what: &str, dots: u32, range: RangeInclusive<u32>) -> Result<u32, String> {
    match range.contains(&dots) {
        true => Ok(dots),
        false => Err(format!(
            "a {what} of {dots} dots is outside SBPL's {} to {}",
            range.start(),
            range.end()
        )),
    }
}

/// Where the next mark stands.
fn place(at: At) -> Result<String, String> {
    let across = within("place", at.x.saturating_add(1), 1..=9_999)?;
    let along = within("place", at.y.saturating_add(1), 1..=9_999)?;
    Ok(format!("\x1bV{along}\x1bH{across}"))
}

fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~')
}

/// A box, or a line where nothing is left inside.
fn frame(width: u32, height: u32, thickness: u32) -> Result<String, String> {
    let (width, height) = (
        within("box", width, 1..=9_999)?,
        within("box", height, 1..=9_999)?,
    );
    let thickness = thickness.max(1);
    if thickness < width.min(height).div_ceil(2) {
        let line = within("line", thickness, 1..=99)?;
        return Ok(format!("\x1bFW{line:02}{line:02}V{height:04}H{width:04}"));
    }
    match height <= 99 {
        true => Ok(format!("\x1bFW{height:02}H{width:04}")),
        false => Ok(format!(
            "\x1bFW{:02}V{height:04}",
            within("line", width, 1..=99)?
        )),
    }
}

/// A picture as hexadecimal digits: bytes across, and along in steps of eight dots.
fn graphic(dots: &Dots) -> Result<String, String> {
    let across = within("picture", dots.row_bytes() as u32, 1..=999)?;
    let along = within("picture", dots.height().div_ceil(8), 1..=999)?;
    let bytes = (across * along * 8) as usize;
    let rows = dots.rows().iter().chain(std::iter::repeat(&0)).take(bytes);
    let digits: String = rows.map(|byte| format!("{byte:02X}")).collect();
    Ok(format!("\x1bGH{across:03}{along:03}{digits}"))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::printer::format::{Content, Mark};
    use crate::printer::samples::{
        ELEMENTS, SERIAL, assert_refused, bars, format, numbered, pack, symbol, text,
    };

    fn written(format: &Format, values: &[(u16, &str)]) -> String {
        String::from_utf8(label(format, &numbered(values)).unwrap()).unwrap()
    }

    #[test]
    fn a_pack_carries_its_whole_label_and_void_leaves_the_symbol_out() {
        let job = written(&pack(), &[(1, ELEMENTS), (2, SERIAL)]);
        assert_eq!(
            job,
            "\x1bA\x1bPS\x1bV41\x1bH41\x1b2D51,06,06,000,000\x1bDN0052,\
             \x1b1010952123454321321ABCDEFGHJKLM\x1b11728123110LOT12345\
             \x1bV41\x1bH241\x1bP00\x1bRDB00,022,028,ABCDEFGHJKLM\x1bQ1\x1bZ"
        );
        assert_eq!(job.len(), 137, "the documentation names it");
        assert_eq!(
            written(&pack(), &[(2, "VOID")]),
            "\x1bA\x1bPS\x1bV41\x1bH241\x1bP00\x1bRDB00,022,028,VOID\x1bQ1\x1bZ"
        );
        // The manual's own example: fourteen bytes, FNC1 counted twice.
        assert!(
            written(&pack(), &[(1, "100123456789")]).contains("\x1bDN0014,\x1b1100123456789\x1bQ1")
        );
        assert!(written(&pack(), &[(1, "10~")]).contains("\x1bDN0006,\x1b110~~\x1bQ1"));
    }

    #[test]
    fn every_mark_is_drawn() {
        let mut dots = Dots::blank(9, 9);
        dots.blacken(0, 0);
        dots.blacken(8, 8);
        let at = At { x: 1, y: 2 };
        let frame = |width, height, thickness| Mark::Box {
            at,
            width,
            height,
            thickness,
        };
        let marks = vec![
            bars(Content::Fixed("00106141412345678908".into())),
            bars(Content::Field(7)),
            frame(100, 50, 4),
            frame(100, 3, 3),
            frame(3, 100, 2),
            Mark::Picture { at, dots },
        ];
        let rows = format!("80{}80{}", "00".repeat(16), "00".repeat(14));
        assert_eq!(
            written(&format(marks), &[(7, "10a1\x1d21B")]),
            format!(
                "\x1bA\x1bPS\x1bV17\x1bH9\x1bBG03080>I>F00106141412345678908\
                 \x1bV17\x1bH9\x1bBG03080>I>F10>Da1>F21B\
                 \x1bV3\x1bH2\x1bFW0404V0050H0100\x1bV3\x1bH2\x1bFW03H0100\x1bV3\x1bH2\x1bFW03V0100\
                 \x1bV3\x1bH2\x1bGH002002{rows}\x1bQ1\x1bZ"
            )
        );
        let picture = picture(&Dots::blank(3, 1)).unwrap();
        assert_eq!(
            picture,
            b"\x1bA\x1bV1\x1bH1\x1bGH0010010000000000000000\x1bQ1\x1bZ"
        );
    }

    #[test]
    fn what_cannot_be_carried_is_named() {
        let values = ["\x1bZ", "a\r", "\x05", "\x18", "ü", "\x7f"];
        assert_refused(&values, |values| label(&pack(), values));
        let hindered = |mark| label(&format(vec![mark]), &[]).unwrap_err();
        assert_eq!(
            hindered(text(0, 0, 3, Content::Field(1))),
            "a text of 3 dots is outside SBPL's 4 to 999"
        );
        let far = symbol(9_999, 0, Content::Field(1));
        assert!(hindered(far).contains("a place of 10000 dots"));
        assert_eq!(
            hindered(bars(Content::Fixed("10A>B".into()))),
            "the text \"10A>B\" holds '>', which SBPL cannot carry"
        );
        let filled = Mark::Box {
            at: At::default(),
            width: 100,
            height: 100,
            thickness: 50,
        };
        assert!(hindered(filled).contains("a line of 100 dots"));
    }
}
