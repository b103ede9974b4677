//! DPL: bytes in, labels and answers out, with values from the manual's own samples.

use super::super::{Hindrance, Language, Mark, Media, Printer};
use crate::Tick;

/// 8 dots/mm, 50 by 30 mm: 400 by 240 dots.
fn printer() -> Printer {
    Printer::speaking(
        Language::Dpl,
        Media {
            dpmm: 8,
            ..Media::default()
        },
    )
}

fn text(printer: &mut Printer, field: usize) -> String {
    let label = printer.start_print(Tick(0), 0).expect("a label");
    match &label.fields[field].mark {
        Mark::Text { text, .. } => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn status_is_letters_bits_and_counts_of_the_batch() {
    let mut printer = printer();
    let ask = |printer: &mut Printer, letter: u8, now| printer.receive(Tick(now), &[1, letter]);
    assert_eq!(ask(&mut printer, b'A', 0), b"NNNNNNNN\r");
    assert_eq!(ask(&mut printer, b'a', 0), b"NNNNNNNN:NNNNNNNN:NNNNNNNN\r");
    printer.receive(Tick(0), b"\x02L\r121100000100010A\rQ0003\rE\r");
    assert_eq!(ask(&mut printer, b'E', 0), b"0003\r");
    printer.start_print(Tick(0), 100);
    assert_eq!(ask(&mut printer, b'A', 50), b"NNNYYNNN\r");
    assert_eq!(
        ask(&mut printer, b'E', 50),
        b"0003\r",
        "one is under the head"
    );
    assert_eq!(ask(&mut printer, b'E', 100), b"0002\r");
    assert_eq!(ask(&mut printer, b'e', 100), b"00001\r");
    let ok = Hindrance::default();
    for (hindrance, letters, bits) in [
        (
            Hindrance {
                media_out: true,
                ..ok
            },
            b"NYNYNNNN\r",
            0b0000_1010,
        ),
        (
            Hindrance {
                head_open: true,
                ..ok
            },
            b"NYNYNNNN\r",
            0b0000_1010,
        ),
        (
            Hindrance {
                ribbon_out: true,
                ..ok
            },
            b"NNYYNNNN\r",
            0b0000_1100,
        ),
        (Hindrance { paused: true, ..ok }, b"NNNYNYNN\r", 0b0010_1000),
    ] {
        printer.press.hindrance = hindrance;
        assert_eq!(ask(&mut printer, b'A', 200), letters);
        assert_eq!(ask(&mut printer, b'F', 200), [bits, b'\r']);
    }
}

#[test]
fn cancel_clears_and_pauses_and_commands_at_once_can_be_switched_off() {
    let mut printer = printer();
    printer.receive(
        Tick(0),
        b"\x02L\r121100000100010A\rQ0002\rE\r\x02L\r1211000001\x01C00010cut\rE\r",
    );
    assert_eq!(printer.waiting(), 0);
    assert!(printer.press.hindrance.paused);
    printer.receive(Tick(0), b"\x01B");
    assert!(!printer.press.hindrance.paused);
    printer.receive(Tick(0), b"\x01B\x01D\x01B");
    assert!(printer.press.hindrance.paused, "deaf to the second one");
    assert!(printer.receive(Tick(0), b"\x01A").is_empty());
    for ms in [1000, 1500, 2500, 3500] {
        assert!(printer.receive(Tick::from_ms(ms), b"\x01E").is_empty());
    }
    let hears = printer.receive(Tick::from_ms(3501), b"\x01E");
    assert_eq!(
        hears, b"0000\r",
        "the third one a second behind the one before"
    );
    printer.receive(Tick(0), b"\x01D");
    printer.restart();
    assert_eq!(printer.receive(Tick(0), b"\x01A"), b"NNNNNNNN\r");
    assert!(printer.receive(Tick(0), b"\x02v").starts_with(b"VER:"));
}

#[test]
fn fields_stand_where_row_and_column_say_from_the_lower_left() {
    let mut printer = printer();
    let dpl = b"\x02n\x02L\rD11\r1W1c44000010000502000000000DATAMAX\r121100000500100TEXT\r\
        \x021W1\r\x02m\x02L\r1X1100000500100L050010\r1X1100001000100B100050004004\r\
        1e1202000500100C&G00106141412345678908\r1911A1000100010pt\r\
        1911S0000100010P010P020&&\rE\r";
    printer.receive(Tick(0), dpl);
    assert_eq!(printer.waiting(), 1, "STX ended the first format");
    let label = printer.start_print(Tick(0), 0).expect("a label");
    assert_eq!((label.width_dots, label.length_dots), (400, 240));
    let places: Vec<(i32, i32)> = label.fields.iter().map(|f| (f.x, f.y)).collect();
    assert_eq!(places[..2], [(80, 200), (80, 160)]);
    let Mark::Frame {
        width,
        height,
        line,
    } = label.fields[0].mark
    else {
        panic!("a line")
    };
    assert_eq!((width, height, line), (40, 8, 8));
    let Mark::Frame {
        width,
        height,
        line,
    } = label.fields[1].mark
    else {
        panic!("a box")
    };
    assert_eq!((width, height, line), (80, 40, 3));
    assert_eq!(label.scan_data(), ["00106141412345678908"]);
    let Mark::Text { height, .. } = label.fields[3].mark else {
        panic!("text")
    };
    assert_eq!(height, 28, "10 points at 203 dpi");
    printer.receive(
        Tick(0),
        b"\x02n\x02L\r1W1c44000010000502000000000DATAMAX\rE\r",
    );
    let label = printer.start_print(Tick(0), 0).expect("a label");
    assert_eq!(label.scan_data(), ["]d1DATAMAX"]);
    assert_eq!(
        (label.fields[0].x, label.fields[0].y),
        (102, 37),
        "hundredths of an inch"
    );
    printer.receive(
        Tick(0),
        b"\x02L\r1E0000000500100TEST&G12&D345\r1E0000000500100BCAR\rE\r",
    );
    let bars = printer
        .start_print(Tick(0), 0)
        .expect("a label")
        .scan_data();
    assert_eq!(
        bars,
        ["TEST\u{1d}12345", "CAR"],
        "subset B by default, and when it is said"
    );
}

#[test]
fn a_symbol_with_a_count_holds_any_byte() {
    let mut printer = printer();
    let dpl = b"\x02L\rD11\r1W1C440000100010000292000000000Datamax\rprints b\x01st\r\
        121100000000100Barcode W1C\rE\r";
    printer.receive(Tick(0), dpl);
    let label = printer.start_print(Tick(0), 0).expect("a label");
    assert_eq!(label.scan_data(), ["]d1Datamax\rprints b\u{1}st"]);
    assert_eq!(label.fields.len(), 2);
}

#[test]
fn replaced_fields_keep_their_length_and_are_printed_again() {
    let mut printer = printer();
    printer.receive(
        Tick(0),
        b"\x02L\r161100001000100data field 1\r161100001100110data field 2\rQ0001\rE\r\
        \x02U01New data F1\r\x02UT02F2\r\x02E0002\r\x02G\r",
    );
    assert_eq!(printer.waiting(), 3);
    assert_eq!(text(&mut printer, 0), "data field 1");
    assert_eq!(text(&mut printer, 0), "New data F1 ", "padded");
    assert_eq!(text(&mut printer, 1), "F2");
    printer.receive(
        Tick(0),
        b"\x02U01much too long a text\r\x02U00x\r\x02U77x\r\x02G\r",
    );
    assert_eq!(text(&mut printer, 0), "much too lon");
}

#[test]
fn stored_formats_and_images_are_recalled_until_power_is_lost() {
    let mut printer = printer();
    let store = b"\x02L\r121100000100010A\rsDV\r\x02IDAFlogo\r8002FF81\r0000FF01\r80018\r";
    printer.receive(Tick(0), store);
    printer.receive(Tick(0), b"\x02IDAFlogo\r8002FF81\r0000FF01\r800118\rFFFF\r");
    assert_eq!(printer.waiting(), 0);
    printer.receive(Tick(0), b"\x02m\x02L\rrV\r1Y2300000500010logo\rE\r");
    let label = printer.start_print(Tick(0), 0).expect("a label");
    let Mark::Picture { picture, magnify } = &label.fields[1].mark else {
        panic!("a picture")
    };
    assert_eq!(picture.bytes(), [0xff, 0x81, 0xff, 0x81, 0x18, 0]);
    assert_eq!(*magnify, (2, 3));
    printer.restart();
    printer.receive(Tick(0), b"\x02L\rrV\r1Y1100000500010logo\rE\r");
    assert!(
        printer
            .start_print(Tick(0), 0)
            .expect("blank")
            .fields
            .is_empty()
    );
}

#[test]
fn feedback_tells_of_each_label_and_of_the_batch_s_end() {
    let mut printer = printer();
    printer.receive(Tick(0), b"\x02a\x02L\r121100000100010A\rQ0002\rE\r");
    printer.start_print(Tick(0), 10);
    assert!(printer.says(Tick(9)).is_empty());
    assert_eq!(printer.says(Tick(10)), [0x1e]);
    printer.start_print(Tick(10), 10);
    assert_eq!(printer.says(Tick(20)), [0x1e, 0x1f]);
}
