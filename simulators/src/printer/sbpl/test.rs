//! SBPL: bytes in, labels and answers out, the 27 bytes of status among them.

use super::super::{Field, Hindrance, Language, Mark, Media, Printer, Trouble};
use crate::Tick;

const ACK: &[u8] = b"\x06";
const NAK: &[u8] = b"\x15";

fn printer() -> Printer {
    Printer::speaking(
        Language::Sbpl,
        Media {
            dpmm: 8,
            ..Media::default()
        },
    )
}

fn job(id: &str, count: u32) -> Vec<u8> {
    format!("\x1bA\x1bID{id}\x1bWKL2409A\x1bV10\x1bH20\x1bXMx\x1bQ{count}\x1bZ").into_bytes()
}

#[test]
fn the_status_is_27_bytes_about_the_job_whose_label_comes_next() {
    let mut printer = printer();
    let enq = |printer: &mut Printer| printer.receive(Tick(0), b"\x05");
    assert_eq!(enq(&mut printer), b"\x02  A000000                \x03");
    assert_eq!(printer.receive(Tick(0), &job("07", 2)), ACK);
    assert_eq!(printer.receive(Tick(0), &job("08", 1)), ACK);
    assert_eq!(enq(&mut printer), b"\x0207M0000020000000000L2409A\x03");
    printer.start_print(Tick(0), 0);
    assert_eq!(enq(&mut printer), b"\x0207M0000010000000000L2409A\x03");
    printer.start_print(Tick(0), 0);
    assert_eq!(
        printer.receive(Tick(0), b"\x01\x05")[1..4],
        *b"08M",
        "with SOH as well"
    );
    let ok = Hindrance::default();
    for (hindrance, letter) in [
        (
            Hindrance {
                head_open: true,
                ..ok
            },
            b'b',
        ),
        (
            Hindrance {
                media_out: true,
                ..ok
            },
            b'c',
        ),
        (
            Hindrance {
                ribbon_out: true,
                ..ok
            },
            b'd',
        ),
        (Hindrance { paused: true, ..ok }, b'Q'),
    ] {
        printer.press.hindrance = hindrance;
        assert_eq!(enq(&mut printer)[3], letter);
    }
}

#[test]
fn the_answer_waits_until_the_label_under_the_head_is_done() {
    let mut printer = printer();
    printer.receive(Tick(0), &job("01", 1));
    printer.start_print(Tick(0), 1000);
    assert!(printer.receive(Tick(500), b"\x05").is_empty());
    assert!(printer.says(Tick(999)).is_empty());
    assert_eq!(
        printer.says(Tick(1000)),
        b"\x02  A000000                \x03"
    );
}

#[test]
fn jobs_are_refused_in_error_when_full_and_when_they_say_no_number() {
    let mut printer = printer();
    printer.press.hindrance.media_out = true;
    assert_eq!(printer.receive(Tick(0), &job("01", 1)), NAK);
    printer.mend();
    printer.trouble(Trouble::BufferFull, true, Some(2));
    assert_eq!(printer.receive(Tick(0), &job("01", 3)), NAK);
    assert_eq!(printer.receive(Tick(0), &job("01", 2)), ACK);
    assert_eq!(printer.receive(Tick(0), &job("02", 1)), NAK);
    assert!(printer.reads(), "full, and still asked and cancelled");
    assert_eq!(
        printer.receive(Tick(0), b"\x05")[3],
        b'O',
        "buffer near full"
    );
    assert_eq!(
        printer.receive(Tick(0), b"\x1bA\x1bV1\x1bXMx\x1bZ"),
        NAK,
        "no quantity"
    );
    printer.trouble(Trouble::BufferFull, false, None);
    printer.trouble(Trouble::NakAlways, true, None);
    assert_eq!(printer.receive(Tick(0), &job("03", 1)), NAK);
    printer.trouble(Trouble::NakAlways, false, None);
    printer.trouble(Trouble::AckLost, true, None);
    assert!(printer.receive(Tick(0), &job("04", 1)).is_empty());
    assert_eq!(printer.waiting(), 3, "taken, and nobody heard of it");
}

#[test]
fn cancel_stop_and_start_work_at_once_and_say_whether_all_is_well() {
    let mut printer = printer();
    printer.receive(
        Tick(0),
        &[job("01", 5), b"\x1bA\x1bV1\x1bH1\x1bXMcut".to_vec()].concat(),
    );
    assert_eq!(printer.receive(Tick(0), b"\x18"), ACK);
    assert_eq!(printer.waiting(), 0);
    assert!(
        printer.receive(Tick(0), b"\x1bQ1\x1bZ").is_empty(),
        "the job cut short is gone"
    );
    assert_eq!(printer.receive(Tick(0), b"\x01\x10"), ACK);
    assert!(printer.press.hindrance.paused);
    assert_eq!(printer.receive(Tick(0), b"\x11"), ACK);
    assert!(!printer.press.hindrance.paused);
    printer.press.hindrance.ribbon_out = true;
    assert_eq!(printer.receive(Tick(0), b"\x18"), NAK);
}

#[test]
fn a_label_with_everything_lies_where_it_was_told() {
    let mut printer = printer();
    let sbpl =
        b"\x02\x1bA\x1bA101600320\x1bA3H+008V-002\r\n\x1bV0010\x1bH0000\x1bBX01200404000000001\
        \x1bDC\x1b1010950600013435210A1\x1d21S7\x1bV0012\x1bH0120\x1bL0102\x1bXMSN 7\
        \x1bV0060\x1bH0100\x1bBG02050>I>F00106141412345678908\x1bV0120\x1bBI02050010LOT>F\
        \x1bV0140\x1bH0200\x1bGH001001FF818181818181FF\x1bV0150\x1bH0010\x1bFW02H0030\
        \x1bV0020\x1bH0200\x1bGB001001\x1b\x05\x18\x10\x11\x00\x00\xff\x1bQ1\x1bZ\x03";
    assert_eq!(printer.receive(Tick(0), sbpl), ACK);
    let label = printer.start_print(Tick(0), 0).expect("a label");
    assert_eq!((label.width_dots, label.length_dots), (320, 160));
    let gs1 = "010950600013435210A1\u{1d}21S7";
    assert_eq!(label.scan_data()[..2], [gs1, "00106141412345678908"]);
    assert_eq!((label.fields[0].x, label.fields[0].y), (8, 7));
    let Mark::Text { text, height, .. } = &label.fields[1].mark else {
        panic!("text")
    };
    assert_eq!((text.as_str(), *height), ("SN 7", 48));
    let pictures: Vec<&[u8]> = label
        .fields
        .iter()
        .filter_map(|field| match &field.mark {
            Mark::Picture { picture, .. } => Some(picture.bytes()),
            _ => None,
        })
        .collect();
    assert_eq!(
        pictures[0],
        [0xff, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0xff]
    );
    assert_eq!(
        pictures[1],
        [0x1b, 5, 0x18, 0x10, 0x11, 0, 0, 0xff],
        "binary, whatever it holds"
    );
}

#[test]
fn a_symbol_without_fnc1_and_one_of_an_older_code() {
    let mut printer = printer();
    let symbol = |format: &str| format!("\x1bA\x1bV1\x1bH1\x1bBX{format}\x1bDCABC\x1bQ1\x1bZ");
    for (format, data) in [
        ("01200606000000001", &["]d1ABC"][..]),
        ("012000606000000001", &["]d1ABC"]),
        ("05051010000000001", &[]),
        ("01200604000000001", &[]),
    ] {
        printer.receive(Tick(0), symbol(format).as_bytes());
        let label = printer.start_print(Tick(0), 0).expect("a label");
        assert_eq!(label.scan_data(), data, "{format}");
    }
}

#[test]
fn a_gs1_symbol_counts_its_data_and_is_left_out_when_they_do_not_fit() {
    let mut printer = printer();
    for (data, read) in [
        ("0014,\x1b1100123456789", Some("100123456789")),
        (
            "0024,\x1b10109506000134352\x1b110~~",
            Some("0109506000134352\u{1d}10~"),
        ),
        ("0013,\x1b1100123456789", None),
        ("0015,\x1b1100123456789", None),
        ("0012,100123456789", None),
        ("0005,\x1b1A~B", None),
    ] {
        let job = format!("\x1bA\x1bV0013\x1bH0001\x1b2D51,03,03,000,000\x1bDN{data}\x1bQ1\x1bZ");
        printer.receive(Tick(0), job.as_bytes());
        let label = printer.start_print(Tick(0), 0);
        let found = label.as_ref().and_then(|label| label.scan_data().pop());
        assert_eq!(found.as_deref(), read, "{data}");
        if read.is_some() {
            let field = &label.expect("a label").fields[0];
            assert_eq!((field.x, field.y), (0, 12), "positions count from 1");
        }
        printer.receive(Tick(0), b"\x18");
    }
}

#[test]
fn a_text_is_as_wide_as_its_em_its_pitch_and_its_spacing_make_it() {
    let mut printer = printer();
    let mut cells = |text: &str| -> Vec<(u32, u32)> {
        let job = format!("\x1bA\x1bV1\x1bH1{text}\x1bQ1\x1bZ");
        assert_eq!(printer.receive(Tick(0), job.as_bytes()), ACK);
        let label = printer.start_print(Tick(0), 0).expect("a label");
        let size = |field: &Field| match &field.mark {
            // A letter cell is five eighths of the width of its mark.
            Mark::Text { width, height, .. } => (width * 5 / 8, *height),
            other => panic!("{other:?}"),
        };
        label.fields.iter().map(size).collect()
    };
    // Ten digits of 0.556 em each; 2 dots more behind each unless they are taken away, which counts for one text.
    let digits = "RDB00,050,040,0123456789";
    assert_eq!(cells(&format!("\x1b{digits}")), [(30, 40)]);
    assert_eq!(cells(&format!("\x1bP00\x1b{digits}")), [(28, 40)]);
    assert_eq!(
        cells(&format!("\x1bP10\x1b{digits}\x1b{digits}")),
        [(38, 40), (30, 40)]
    );
    // Fixed pitch gives each a whole em, up to the end of the job.
    assert_eq!(
        cells(&format!("\x1bPR\x1b{digits}\x1b{digits}")),
        [(52, 40), (52, 40)]
    );
    assert_eq!(cells(&format!("\x1b{digits}")), [(30, 40)]);
    // A fixed font's cell and the pitch grow alike.
    assert_eq!(cells("\x1bL0302\x1bXMx"), [(78, 48)]);
    // Ten points of 0.35 mm are 28 dots; narrow letters need less than digits.
    assert_eq!(cells("\x1bP00\x1bRDB00,P10,P10,iiii"), [(6, 28)]);
    for none in ["003,020", "020,003", "1000,020", "P01,P01"] {
        assert_eq!(cells(&format!("\x1bRDB00,{none},x")), [], "{none}");
    }
}
