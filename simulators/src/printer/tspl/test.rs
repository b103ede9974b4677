//! TSPL: bytes in, labels and answers out, both states byte by byte.

use std::sync::Arc;

use super::super::{Hindrance, Label, Language, Mark, Media, Printer};
use crate::Tick;

fn printer() -> Printer {
    Printer::speaking(
        Language::Tspl,
        Media {
            dpmm: 8,
            ..Media::default()
        },
    )
}

fn printed(tspl: &[u8]) -> Option<Arc<Label>> {
    let mut printer = printer();
    assert!(printer.receive(Tick(0), tspl).is_empty());
    printer.start_print(Tick(0), 0)
}

#[test]
fn a_label_with_everything_lies_where_it_was_told() {
    let label = printed(
        b"SIZE 40 mm,20 mm\r\nGAP 2 mm,0\r\nSET REPRINT OFF\r\nREFERENCE 8,0\r\nCLS\r\n\
        DMATRIX 0,8,400,400,c126,x4,\"~1010950600013435217271231~110LOT~~1~121SER1\"\r\n\
        TEXT 128,11,\"2\",0,1,2,\"SN \\[\"]7\\[\"], x\"\r\nBAR 10,150,3,4\r\nBOX 1,140,31,150,2\r\n\
        BARCODE 100,60,\"EAN128\",50,0,0,2,2,\"(00)106141412345678908\"\r\n\
        BARCODE 100,120,\"128M\",9,0,0,1,1,\"!105!10210!100A\"\r\nPRINT 1,1\r\n",
    )
    .expect("a label");
    assert_eq!((label.width_dots, label.length_dots), (320, 160));
    let gs1 = "010950600013435217271231\u{1d}10LOT~1\u{1d}21SER1";
    assert_eq!(label.scan_data(), [gs1, "00106141412345678908", "10A"]);
    assert_eq!((label.fields[0].x, label.fields[0].y), (8, 8));
    let Mark::Text { text, height, .. } = &label.fields[1].mark else {
        panic!("text")
    };
    assert_eq!((text.as_str(), *height), ("SN \"7\", x", 40));
    let dots = label.draw();
    let ink = |x: usize, y: usize| dots.cover[y * dots.width + x] > 0;
    assert!(
        ink(18, 150) && ink(20, 153) && !ink(21, 153) && !ink(18, 154),
        "a bar"
    );
    assert!(ink(9, 140) && ink(38, 149) && !ink(15, 145), "a box");
}

#[test]
fn bitmaps_are_binary_and_dark_where_a_bit_is_0() {
    let tspl = b"CLS\r\nBITMAP 16,2,2,2,0,\x00\x1b\r\xfe\r\nPRINT 1\r\n";
    let label = printed(tspl).expect("a label");
    let Mark::Picture { picture, .. } = &label.fields[0].mark else {
        panic!("a picture")
    };
    assert_eq!(picture.bytes(), [0xff, 0xe4, 0xf2, 0x01]);
    assert_eq!((label.fields[0].x, label.fields[0].y), (16, 2));
}

#[test]
fn the_image_stays_until_cls_and_copies_wait() {
    let mut printer = printer();
    printer.receive(
        Tick(0),
        b"TEXT 1,1,\"1\",0,1,1,\"A\"\nPRINT 2,3\nPRINT 1\nCLS\nPRINT 1,1\n",
    );
    assert_eq!(printer.waiting(), 8);
    let fields: Vec<usize> = printer
        .press
        .waiting
        .iter()
        .map(|j| j.label.fields.len())
        .collect();
    assert_eq!(fields, [1, 1, 1, 1, 1, 1, 1, 0]);
    printer.receive(Tick(0), b"TEXT 1,1,\"\x1b!.");
    assert_eq!(
        printer.waiting(),
        0,
        "cancelled at once, in the middle of a line"
    );
}

#[test]
fn both_states_are_bits_of_what_hinders_it() {
    let mut printer = printer();
    let both = |printer: &mut Printer, now| printer.receive(now, b"\x1b!?\x1b!S");
    assert_eq!(both(&mut printer, Tick(0)), b"\x00\x02@@@@\x03\r\n");
    printer.receive(Tick(0), b"PRINT 2\r\n");
    printer.start_print(Tick(0), 100);
    assert_eq!(both(&mut printer, Tick(50)), b"\x20\x02P@@@\x03\r\n");
    let (hindrance, ok) = (&mut printer.press.hindrance, Hindrance::default());
    *hindrance = Hindrance {
        media_out: true,
        head_open: true,
        ..ok
    };
    assert_eq!(both(&mut printer, Tick(200)), b"\x05\x02E@@a\x03\r\n");
    printer.press.hindrance = Hindrance {
        ribbon_out: true,
        paused: true,
        ..ok
    };
    assert_eq!(both(&mut printer, Tick(200)), b"\x18\x02E@@D\x03\r\n");
    printer.mend();
    assert_eq!(printer.receive(Tick(200), b"\x1b!S"), b"\x02`@@@\x03\r\n");
    assert_eq!(
        printer.receive(Tick(200), b"\x1b!O\x1b!P\x1b!O~!T\r\n"),
        b"TTP-346M Pro\r\n"
    );
    assert_eq!(printer.press.hindrance, ok);
}

#[test]
fn a_label_is_repeated_after_ribbon_out_unless_told_not_to() {
    for (told, waiting) in [
        (&b""[..], 1),
        (b"SET REPRINT OFF\r\n", 0),
        (b"SET REPRINT ON\r\n", 1),
    ] {
        let mut printer = printer();
        printer.receive(Tick(0), &[told, b"PRINT 1\r\n"].concat());
        printer.start_print(Tick(0), 0);
        printer.press.hindrance.ribbon_out = true;
        printer.mend();
        assert_eq!(printer.waiting(), waiting);
    }
}

#[test]
fn a_stored_program_prints_with_the_texts_of_the_day() {
    let mut printer = printer();
    printer.receive(
        Tick(0),
        b"DOWNLOAD \"V.BAS\"\r\nCLS\r\nTEXT 1,1,\"1\",0,1,1,\"SN \" + SN$\r\nPRINT 1,1\r\nEOP\r\n",
    );
    assert_eq!(printer.waiting(), 0, "storing prints nothing");
    printer.receive(
        Tick(0),
        b"SN$=\"S1\"\r\nRUN \"V.BAS\"\r\nSN$=\"S\"+\"2\"\r\nV\r\n",
    );
    let texts: Vec<String> = printer
        .press
        .waiting
        .iter()
        .map(|job| match &job.label.fields[0].mark {
            Mark::Text { text, .. } => text.clone(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(texts, ["SN S1", "SN S2"]);
    printer.restart();
    printer.receive(Tick(0), b"RUN \"V.BAS\"\r\nV\r\n");
    assert_eq!(printer.waiting(), 0, "gone with DRAM");
}
