//! Large letters, of five columns of seven dots each as on a matrix display; two dots, one above the other, to a
//! character of the terminal, which makes them about as wide as high. PURE.

use super::pen::Pen;
use ratatui::style::Style;

/// Dots of a letter from top to bottom.
const DOTS: u16 = 7;

/// Letters with their columns from left to right; the lowest bit is the upper dot.
const LETTERS: &[(char, [u8; 5])] = &[
    ('0', [0x3e, 0x51, 0x49, 0x45, 0x3e]),
    ('1', [0x00, 0x42, 0x7f, 0x40, 0x00]),
    ('2', [0x42, 0x61, 0x51, 0x49, 0x46]),
    ('3', [0x21, 0x41, 0x45, 0x4b, 0x31]),
    ('4', [0x18, 0x14, 0x12, 0x7f, 0x10]),
    ('5', [0x27, 0x45, 0x45, 0x45, 0x39]),
    ('6', [0x3c, 0x4a, 0x49, 0x49, 0x30]),
    ('7', [0x01, 0x71, 0x09, 0x05, 0x03]),
    ('8', [0x36, 0x49, 0x49, 0x49, 0x36]),
    ('9', [0x06, 0x49, 0x49, 0x29, 0x1e]),
    ('A', [0x7e, 0x11, 0x11, 0x11, 0x7e]),
    ('B', [0x7f, 0x49, 0x49, 0x49, 0x36]),
    ('C', [0x3e, 0x41, 0x41, 0x41, 0x22]),
    ('D', [0x7f, 0x41, 0x41, 0x22, 0x1c]),
    ('E', [0x7f, 0x49, 0x49, 0x49, 0x41]),
    ('F', [0x7f, 0x09, 0x09, 0x09, 0x01]),
    ('G', [0x3e, 0x41, 0x49, 0x49, 0x7a]),
    ('H', [0x7f, 0x08, 0x08, 0x08, 0x7f]),
    ('I', [0x00, 0x41, 0x7f, 0x41, 0x00]),
    ('J', [0x20, 0x40, 0x41, 0x3f, 0x01]),
    ('K', [0x7f, 0x08, 0x14, 0x22, 0x41]),
    ('L', [0x7f, 0x40, 0x40, 0x40, 0x40]),
    ('M', [0x7f, 0x02, 0x0c, 0x02, 0x7f]),
    ('N', [0x7f, 0x04, 0x08, 0x10, 0x7f]),
    ('O', [0x3e, 0x41, 0x41, 0x41, 0x3e]),
    ('P', [0x7f, 0x09, 0x09, 0x09, 0x06]),
    ('Q', [0x3e, 0x41, 0x51, 0x21, 0x5e]),
    ('R', [0x7f, 0x09, 0x19, 0x29, 0x46]),
    ('S', [0x46, 0x49, 0x49, 0x49, 0x31]),
    ('T', [0x01, 0x01, 0x7f, 0x01, 0x01]),
    ('U', [0x3f, 0x40, 0x40, 0x40, 0x3f]),
    ('V', [0x1f, 0x20, 0x40, 0x20, 0x1f]),
    ('W', [0x3f, 0x40, 0x38, 0x40, 0x3f]),
    ('X', [0x63, 0x14, 0x08, 0x14, 0x63]),
    ('Y', [0x07, 0x08, 0x70, 0x08, 0x07]),
    ('Z', [0x61, 0x51, 0x49, 0x45, 0x43]),
    ('Ä', [0x7d, 0x12, 0x11, 0x12, 0x7d]),
    ('Ö', [0x3d, 0x42, 0x42, 0x42, 0x3d]),
    ('Ü', [0x3d, 0x40, 0x40, 0x40, 0x3d]),
    ('.', [0x00, 0x60, 0x60, 0x00, 0x00]),
    (',', [0x00, 0x50, 0x30, 0x00, 0x00]),
    (':', [0x00, 0x36, 0x36, 0x00, 0x00]),
    (';', [0x00, 0x56, 0x36, 0x00, 0x00]),
    ('-', [0x08, 0x08, 0x08, 0x08, 0x08]),
    ('+', [0x08, 0x08, 0x3e, 0x08, 0x08]),
    ('/', [0x20, 0x10, 0x08, 0x04, 0x02]),
    ('%', [0x23, 0x13, 0x08, 0x64, 0x62]),
    ('(', [0x00, 0x1c, 0x22, 0x41, 0x00]),
    (')', [0x00, 0x41, 0x22, 0x1c, 0x00]),
    ('[', [0x00, 0x7f, 0x41, 0x41, 0x00]),
    (']', [0x00, 0x41, 0x41, 0x7f, 0x00]),
    ('\'', [0x00, 0x00, 0x07, 0x00, 0x00]),
    ('"', [0x00, 0x07, 0x00, 0x07, 0x00]),
    ('?', [0x02, 0x01, 0x51, 0x09, 0x06]),
    ('!', [0x00, 0x00, 0x5f, 0x00, 0x00]),
    ('=', [0x14, 0x14, 0x14, 0x14, 0x14]),
];

/// The columns of a text, one dot wide each, a blank one behind each letter; `None`: there is no such large letter.
/// Small letters are drawn as capitals, and a space is narrow.
fn columns(text: &str) -> Option<Vec<u8>> {
    let mut columns = Vec::new();
    for letter in text.chars().flat_map(char::to_uppercase) {
        match LETTERS.iter().find(|(one, _)| *one == letter) {
            Some((_, dots)) => columns.extend(dots.iter().chain(&[0])),
            None if letter == ' ' => columns.extend([0; 3]),
            None => return None,
        }
    }
    columns.pop();
    Some(columns)
}

/// Columns of the terminal that a text takes at this scale; `None`: some of its letters are none of ours.
pub(super) fn width(text: &str, scale: u16) -> Option<u16> {
    let columns = u16::try_from(columns(text)?.len()).ok()?;
    columns.checked_mul(scale)
}

/// Rows of the terminal that letters of this scale take.
pub(super) fn rows(scale: u16) -> u16 {
    (DOTS * scale).div_ceil(2)
}

/// The text in lines that take at most so many columns at this scale, broken at spaces; `None`: it cannot be had.
pub(super) fn wrapped(text: &str, scale: u16, most: u16) -> Option<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if width(word, scale)? > most {
            return None;
        }
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|line| width(line, scale).is_some_and(|width| width <= most)) {
            Some(longer) => *lines.last_mut()? = longer,
            None => lines.push(word.to_owned()),
        }
    }
    Some(lines)
}

/// Draws a text, as far as there is room.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    (column, row): (u16, u16),
    text: &str,
    scale: u16,
    style: Style,
) {
    let columns = columns(text).unwrap_or_default();
    let scale = scale.max(1);
    for (at, dots) in (0_u16..).zip(&columns) {
        let dark = |y: u16| y / scale < DOTS && dots >> (y / scale) & 1 == 1;
        for line in 0..rows(scale) {
            let block = match (dark(2 * line), dark(2 * line + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => continue,
            };
            for wide in 0..scale {
                pen.text(column + at * scale + wide, row + line, block, style);
            }
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_word_of_the_board_has_its_letters_and_they_differ() {
        for (at, (letter, dots)) in LETTERS.iter().enumerate() {
            assert!(dots.iter().all(|dots| *dots < 1 << DOTS), "{letter}");
            let same = LETTERS[..at]
                .iter()
                .any(|(one, other)| one == letter || other == dots);
            assert!(!same, "{letter} is drawn as another one is");
        }
        assert_eq!(width("4 812", 2), Some((5 * 4 + 4 + 3 - 1) * 2));
        assert_eq!(width("é", 1), None);
        assert_eq!(width("äß", 1), width("ASS", 1));
        assert_eq!((rows(1), rows(2), rows(3)), (4, 7, 11));
        let lines = wrapped("camera [F] no frame", 1, 60).expect("all letters are known");
        assert_eq!(lines, ["camera [F]", "no frame"]);
        assert_eq!(wrapped("unbreakable", 1, 20), None);
    }
}
