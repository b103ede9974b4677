//! Pictures in ZPL: rows of dots as hexadecimal digits, repeated ones counted. PURE.
//!
//! Source: Zebra, "ZPL II Programming Guide", `~DG`, `^GF` and "Alternative Data Compression Scheme for ~DG and ~DB
//! Commands": `G` to `Y` are the counts 1 to 19, `g` to `z` 20 to 400 in steps of 20, both added up; `,` fills the rest
//! of the row with 0 and `!` with 1; `:` is the row above again.

use super::super::format::Dots;
use std::fmt::Write as _;

/// Most bytes one `^GF` may have.
const FIELD_BYTES: usize = 99_999;

/// The rows from there on, so many of them, compressed.
fn rows(dots: &Dots, from: usize, count: usize) -> String {
    let bytes = dots.row_bytes();
    let mut text = String::new();
    let mut above: Option<&[u8]> = None;
    for row in dots.rows()[from * bytes..(from + count) * bytes].chunks_exact(bytes) {
        match above {
            Some(above) if above == row => text.push(':'),
            _ => write_row(row, &mut text),
        }
        above = Some(row);
    }
    text
}

fn write_row(row: &[u8], text: &mut String) {
    let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let mut at = 0;
    while let Some(digit) = digits.get(at) {
        let run = digits[at..]
            .iter()
            .take_while(|next| *next == digit)
            .count();
        let is_last = at + run == digits.len();
        match digit {
            0 if is_last => return text.push(','),
            15 if is_last => return text.push('!'),
            _ => write_run(*digit, run, text),
        }
        at += run;
    }
}

/// So many of this digit.
fn write_run(digit: u8, mut count: usize, text: &mut String) {
    if count > 1 {
        while count >= 20 {
            let twenties = (count / 20).min(20);
            text.push(char::from(b'g' + twenties as u8 - 1));
            count -= twenties * 20;
        }
        if count > 0 {
            text.push(char::from(b'G' + count as u8 - 1));
        }
    }
    // Writing to a String cannot fail.
    let _written = write!(text, "{digit:X}");
}

/// `~DG`: stores the picture under this name.
pub(super) fn stored(name: &str, dots: &Dots) -> String {
    let (total, bytes) = (dots.rows().len(), dots.row_bytes());
    let rows = rows(dots, 0, dots.height() as usize);
    format!("~DGR:{name}.GRF,{total:05},{bytes:03},{rows}")
}

/// `^GF` fields that draw the picture there, in bands where it is too large for one.
pub(super) fn inline(x: u32, y: u32, dots: &Dots) -> String {
    let bytes = dots.row_bytes();
    let height = dots.height() as usize;
    let band = (FIELD_BYTES / bytes.max(1)).max(1);
    let mut text = String::new();
    for from in (0..height).step_by(band) {
        let count = band.min(height - from);
        let total = count * bytes;
        let rows = rows(dots, from, count);
        let y = y as usize + from;
        let _written = write!(text, "^FO{x},{y}^GFA,{total},{total},{bytes},{rows}^FS");
    }
    text
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    /// Reads the compression by the manual's table.
    fn expanded(text: &str, bytes: usize, height: usize) -> Vec<u8> {
        let (mut digits, mut count, mut row) = (Vec::new(), 0usize, Vec::new());
        let mut above = Vec::new();
        for c in text.chars() {
            match c {
                'G'..='Y' => count += c as usize - 'G' as usize + 1,
                'g'..='z' => count += 20 * (c as usize - 'g' as usize + 1),
                ':' => row.clone_from(&above),
                ',' => row.resize(2 * bytes, 0),
                '!' => row.resize(2 * bytes, 15),
                c => {
                    let digit = c.to_digit(16).unwrap() as u8;
                    row.extend(std::iter::repeat_n(digit, count.max(1)));
                    count = 0;
                }
            }
            if row.len() == 2 * bytes {
                above.clone_from(&row);
                digits.append(&mut row);
            }
        }
        assert!(row.is_empty() && count == 0 && digits.len() == 2 * bytes * height);
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    }

    #[test]
    fn the_manuals_runs_are_written_its_way() {
        let run = |digit, count| {
            let mut text = String::new();
            write_run(digit, count, &mut text);
            text
        };
        assert_eq!([run(6, 7), run(11, 40), run(11, 327)], ["M6", "hB", "vMB"]);
        assert_eq!(
            [run(1, 1), run(1, 400), run(1, 401), run(1, 419)],
            ["1", "z1", "zG1", "zY1"]
        );
    }

    #[test]
    fn a_picture_too_large_for_one_field_comes_in_bands() {
        let mut dots = Dots::blank(2_400, 400);
        (0..400).for_each(|y| dots.blacken(y, y));
        let text = inline(0, 5, &dots);
        let bands: Vec<&str> = text.split("^FS").filter(|band| !band.is_empty()).collect();
        assert_eq!(bands.len(), 2, "120,000 bytes");
        assert!(
            bands[0].starts_with("^FO0,5^GFA,99900,99900,300,"),
            "{}",
            &bands[0][..40]
        );
        assert!(
            bands[1].starts_with("^FO0,338^GFA,20100,20100,300,"),
            "{}",
            &bands[1][..40]
        );
        let data: Vec<u8> = bands
            .iter()
            .zip([333, 67])
            .flat_map(|(band, rows)| {
                expanded(
                    band.rsplit(',').next().map_or("", |_| after_fourth(band)),
                    300,
                    rows,
                )
            })
            .collect();
        assert!(data == dots.rows());
    }

    fn after_fourth(band: &str) -> &str {
        band.split_once("^GFA,")
            .unwrap()
            .1
            .splitn(4, ',')
            .last()
            .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_compressed_is_the_picture(
            width in 1u32..200,
            rows in proptest::collection::vec(proptest::collection::vec((0u32..200, 0u32..200), 0..4), 1..20),
        ) {
            let mut dots = Dots::blank(width, rows.len() as u32);
            for (y, runs) in (0..).zip(&rows) {
                for (from, length) in runs {
                    (*from..from + length).for_each(|x| dots.blacken(x, y));
                }
            }
            let text = super::rows(&dots, 0, rows.len());
            prop_assert_eq!(expanded(&text, dots.row_bytes(), rows.len()), dots.rows());
            prop_assert!(stored("A", &dots).ends_with(&text));
        }
    }
}
