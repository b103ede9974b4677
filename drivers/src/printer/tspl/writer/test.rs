//! TSPL labels, byte by byte, and what TSPL cannot write. PURE.

use super::*;
use crate::printer::format::{Artwork, Content, Mark};
use crate::printer::samples::{
    ELEMENTS, SERIAL, assert_refused, bars, format, numbered, pack, symbol, text,
};
use proptest::prelude::*;

fn written(format: &Format, values: &[(u16, &str)]) -> String {
    label(format, &numbered(values))
        .unwrap()
        .escape_ascii()
        .to_string()
}

#[test]
fn a_pack_carries_its_whole_label_and_void_leaves_the_symbol_out() {
    let format = pack();
    assert_eq!(
        size(&format),
        b"SIZE 50.00 mm,30.00 mm\r\nREFERENCE 0,0\r\nCLS\r\n"
    );
    let values = [(1, ELEMENTS), (2, SERIAL)];
    let job = label(&format, &numbered(&values)).unwrap();
    assert_eq!(
        job,
        b"CLS\r\nDMATRIX 40,40,360,200,c126,x6,\"~1010952123454321321ABCDEFGHJKLM~11728123110LOT12345\"\r\n\
          TEXT 240,40,\"0\",0,9,9,\"ABCDEFGHJKLM\"\r\nPRINT 1,1\r\n"
    );
    assert_eq!(job.len(), 140, "the documentation names it");
    assert_eq!(
        written(&format, &[(2, "VOID")]),
        r#"CLS\r\nTEXT 240,40,\"0\",0,9,9,\"VOID\"\r\nPRINT 1,1\r\n"#
    );
}

#[test]
fn every_mark_is_drawn() {
    let mut dots = Dots::blank(9, 2);
    dots.blacken(0, 0);
    dots.blacken(8, 1);
    let frame = |width, height, thickness| Mark::Box {
        at: At { x: 1, y: 2 },
        width,
        height,
        thickness,
    };
    let marks = vec![
        bars(Content::Fixed("00106141412345678908".into())),
        bars(Content::Field(7)),
        frame(100, 3, 3),
        frame(100, 50, 4),
        Mark::Picture {
            at: At { x: 5, y: 6 },
            dots,
        },
    ];
    assert_eq!(
        written(&format(marks), &[(7, "10a1\x1d21B\"")]),
        [
            r"CLS\r\n",
            r#"BARCODE 8,16,\"128M\",80,0,0,3,3,\"!105!10200106141412345678908\"\r\n"#,
            r#"BARCODE 8,16,\"128M\",80,0,0,3,3,\"!105!10210!100a1!10221B\\[\"]\"\r\n"#,
            r"BAR 1,2,100,3\r\n",
            r"BAR 1,2,100,4\r\nBAR 1,48,100,4\r\nBAR 1,6,4,42\r\nBAR 97,6,4,42\r\n",
            r"BITMAP 5,6,2,2,0,\x7f\xff\xff\x7f\r\n",
            r"PRINT 1,1\r\n",
        ]
        .concat()
    );
}

#[test]
fn what_cannot_be_carried_is_named() {
    let values = ["a\\", "~!T", "a\r\nPRINT 9,9", "ü", "\x1b!."];
    assert_refused(&values, |values| label(&pack(), values));
    let hindered = |mark| label(&format(vec![mark]), &[]).unwrap_err();
    let why = hindered(text(0, 0, 28, Content::Fixed("Köln".into())));
    assert_eq!(why, "the text \"Köln\" holds 'ö', which TSPL cannot carry");
    let why = hindered(text(0, 0, 2, Content::Field(1)));
    assert!(why.contains("smaller"), "{why}");
    let outside = symbol(400, 0, Content::Field(1));
    assert!(hindered(outside).contains("outside of the label"));
    let native = Format {
        artwork: Artwork::Native("CLS\r\nPRINT 1\r\n".into()),
        ..pack()
    };
    assert!(
        label(&native, &[])
            .unwrap_err()
            .contains("no places for fields")
    );
}

/// Reads back the pictures of a job: what the printer blackens.
fn drawn(mut job: &[u8], width: u32, height: u32) -> Dots {
    let mut dots = Dots::blank(width, height);
    while let Some(rest) = job.strip_prefix(b"BITMAP ") {
        let comma = rest
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b',')
            .nth(4)
            .unwrap()
            .0;
        let header = std::str::from_utf8(&rest[..comma]).unwrap();
        let n: Vec<u32> = header
            .split(',')
            .map(|number| number.parse().unwrap())
            .collect();
        let bytes = (n[2] * n[3]) as usize;
        let data = &rest[comma + 1..][..bytes];
        assert!(
            !data.windows(2).any(|pair| pair == b"\x1b!"),
            "no question inside"
        );
        for (index, byte) in data.iter().enumerate() {
            let (column, row) = (index as u32 % n[2], index as u32 / n[2]);
            for bit in (0..8).filter(|bit| byte & (0x80 >> bit) == 0) {
                let (x, y) = (n[0] + 8 * column + bit, n[1] + row);
                assert!(x < width && y < height, "white beyond the picture");
                dots.blacken(x, y);
            }
        }
        job = rest[comma + 1 + bytes..].strip_prefix(b"\r\n").unwrap();
    }
    assert_eq!(job, b"PRINT 1,1\r\n");
    dots
}

proptest! {
    /// Pictures full of what looks like questions come out dot by dot, and hold none.
    #[test]
    fn a_picture_comes_out_as_it_is_and_asks_nothing(
        width in 1u32..40,
        rows in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(0xe4u8), Just(0xde), any::<u8>()], 5),
            1..8,
        ),
    ) {
        let height = rows.len() as u32;
        let mut dots = Dots::blank(width, height);
        for (y, row) in rows.iter().enumerate() {
            for x in (0..width).filter(|x| row[(x / 8) as usize] & (0x80 >> (x % 8)) != 0) {
                dots.blacken(x, y as u32);
            }
        }
        let job = picture(&dots);
        prop_assert!(!job.windows(2).any(|pair| pair == b"\x1b!"));
        prop_assert!(drawn(job.strip_prefix(b"CLS\r\n").unwrap(), width, height) == dots);
    }
}
