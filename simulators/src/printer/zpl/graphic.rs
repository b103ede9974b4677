//! Graphics in ASCII hex with ZPL's run-length letters: `^GFA` and `~DG`. PURE.
//!
//! From the guide's pages on `~DG` and `^GF`: `G` to `Y` repeat the next digit 1 to 19 times, `g` to `z` 20 to 400
//! times in twenties, both add up; `,` fills the row with 0, `!` with F, `:` repeats the row above. Binary (`^GFB`,
//! `^GFC`) and compressed data (`:Z64:`) are not read.

use super::super::label::{PICTURE_BYTES_MAX, Picture};

/// The bitmap that `data` spells: `total` bytes in rows of `per_row`. `None` when the sizes make no picture.
#[must_use]
pub fn bitmap(total: usize, per_row: usize, data: &[u8]) -> Option<Picture> {
    let rows = total.checked_div(per_row)?;
    if rows == 0 || total > PICTURE_BYTES_MAX {
        return None;
    }
    let row_digits = per_row * 2;
    let mut digits: Vec<u8> = Vec::with_capacity(total * 2);
    let mut repeat = 0;
    for &byte in data {
        let room = total * 2 - digits.len();
        if room == 0 {
            break;
        }
        let left = row_digits - digits.len() % row_digits;
        let value = match byte {
            b'G'..=b'Y' => {
                repeat += usize::from(byte - b'F');
                continue;
            }
            b'g'..=b'z' => {
                repeat += usize::from(byte - b'f') * 20;
                continue;
            }
            b',' => {
                digits.extend(std::iter::repeat_n(0, left));
                repeat = 0;
                continue;
            }
            b'!' => {
                digits.extend(std::iter::repeat_n(15, left));
                repeat = 0;
                continue;
            }
            b':' => {
                match digits.len().checked_sub(row_digits) {
                    Some(above) => digits.extend_from_within(above..),
                    None => digits.extend(std::iter::repeat_n(0, row_digits)),
                }
                continue;
            }
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'F' => byte - b'A' + 10,
            b'a'..=b'f' => byte - b'a' + 10,
            _ => continue,
        };
        let times = std::mem::take(&mut repeat).max(1).min(room);
        digits.extend(std::iter::repeat_n(value, times));
    }
    digits.resize(total * 2, 0);
    let bits = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]);
    Picture::new(per_row, bits.take(rows * per_row).collect())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn run_lengths_fill_rows_and_repeat_them() {
        // Two bytes a row: FF00, the same again, F then zeros, all ones, 20 digits of A cut at the end.
        let picture = bitmap(10, 2, b"HF,:F,!gA").expect("a picture");
        assert_eq!(
            picture.bytes(),
            [255, 0, 255, 0, 240, 0, 255, 255, 170, 170]
        );
        assert_eq!((picture.width(), picture.height()), (16, 5));
        assert_eq!(
            bitmap(4, 2, b"I1").expect("padded").bytes(),
            [0x11, 0x10, 0, 0]
        );
        for (total, per_row) in [(0, 0), (4, 0), (0, 4), (1, 2), (PICTURE_BYTES_MAX + 1, 1)] {
            assert_eq!(bitmap(total, per_row, b"FF"), None);
        }
    }
}
