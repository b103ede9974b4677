//! What a Hitachi printer hears and what its answers mean. PURE.

use super::*;
use crate::printer::format::{At, Content, Dots, Mark};
use proptest::prelude::*;

/// A message of a symbol and these texts.
fn format(texts: u16) -> Format {
    let at = At::default();
    let symbol = Mark::DataMatrix {
        at,
        module_dots: 1,
        content: Content::Field(1),
    };
    let text = |number| Mark::Text {
        at,
        height: 12,
        content: Content::Field(number),
    };
    let fixed = Mark::Text {
        at,
        height: 12,
        content: Content::Fixed("stands in the printer's own message".into()),
    };
    let marks = [symbol, fixed].into_iter().chain((2..2 + texts).map(text));
    Format {
        name: "V".into(),
        width: 400,
        length: 240,
        dpmm: 8,
        artwork: Artwork::Marks(marks.collect()),
    }
}

fn label(values: &[(u16, &str)]) -> JobContent {
    JobContent::Fields {
        numbered: values
            .iter()
            .map(|(number, value)| (*number, (*value).to_owned()))
            .collect(),
        named: vec![],
    }
}

fn job(texts: u16, values: &[(u16, &str)]) -> Result<Vec<u8>, Fault> {
    Hitachi::new().job(&format(texts), &label(values))
}

fn heard(pieces: &[&[u8]]) -> Vec<Reply> {
    let (mut hitachi, mut replies) = (Hitachi::new(), Vec::new());
    for piece in pieces {
        hitachi.hear(piece, &mut replies);
    }
    replies
}

#[test]
fn a_content_costs_less_than_100_bytes_and_void_empties_the_symbol() {
    let symbol = "010952123454321321ABCDEFGHJKLM\x1d1728123110LOT12345";
    let content = job(1, &[(1, symbol), (2, "ABCDEFGHJKLM")]).unwrap();
    assert_eq!(
        content,
        b"\x02\x101010952123454321321ABCDEFGHJKLM\x1d1728123110LOT12345\x102ABCDEFGHJKLM\x03"
    );
    // With the ENQ before it.
    assert_eq!(content.len() + 1, 68, "the documentation names it");
    // What is left out is sent empty: the number of the pack before must not stay.
    assert_eq!(
        job(2, &[(3, "VOID")]).unwrap(),
        b"\x02\x101\x102\x103VOID\x03"
    );
    // The manual's own example, without the user patterns.
    assert_eq!(
        job(1, &[(1, "ABC")]).unwrap(),
        b"\x02\x10\x31ABC\x10\x32\x03"
    );
}

#[test]
fn what_a_content_cannot_carry_is_named() {
    let refused = |texts, values: &[(u16, &str)]| match job(texts, values) {
        Err(Fault::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    for value in ["\x03", "\x10", "\x02", "\x05", "\x1f", "ü", "\x7f", "a\r"] {
        assert!(
            refused(1, &[(1, value)]).starts_with("field 1 holds"),
            "{value:?}"
        );
    }
    assert_eq!(refused(1, &[(3, "A")]), "the format V has no field 3");
    assert!(refused(1, &[(1, &"1".repeat(69)), (2, "ABCDEFGHJKLM")]).contains("81 characters"));
    assert!(job(1, &[(1, &"1".repeat(68)), (2, "ABCDEFGHJKLM")]).is_ok());
    assert!(refused(8, &[(1, "A")]).contains("has 9 fields"));
    let hitachi = Hitachi::new();
    assert_eq!(hitachi.store(&format(7)), Ok(vec![]));
    let native = Format {
        artwork: Artwork::Native("a file".into()),
        ..format(1)
    };
    assert!(
        hitachi
            .store(&native)
            .unwrap_err()
            .contains("design the message there")
    );
    let picture = JobContent::Picture(Dots::blank(8, 8));
    assert!(matches!(
        hitachi.job(&format(1), &picture),
        Err(Fault::Refused(_))
    ));
}

#[test]
fn only_single_bytes_answer_and_frames_are_notices() {
    assert_eq!(heard(&[b"\x06\x15"]), [Reply::Accepted, Reply::NotNow]);
    assert_eq!(
        heard(&[b"\x02\x07\x03\x02\x10\x19\x03\x02", b"11120\x03"]),
        []
    );
    assert_eq!(heard(&[b"\x02118D1\x03"]), [Reply::Garbled("118D1".into())]);
    assert_eq!(
        heard(&[b"\x021118D\x03\x06"]),
        [Reply::Alert("status 118D".into()), Reply::Accepted]
    );
    for garbage in [&b"\x02\x03"[..], b"\x021\x03", b"hello\r"] {
        assert!(
            matches!(heard(&[garbage])[..], [Reply::Garbled(_)]),
            "{}",
            garbage.escape_ascii()
        );
    }
    // A frame whose end was lost does not swallow an answer.
    assert_eq!(heard(&[b"\x02111", b"\x06"]), [Reply::Accepted]);
}

proptest! {
    #[test]
    fn any_split_says_the_same_and_no_bytes_panic(noise: Vec<u8>, cut in 0usize..60) {
        let stream = [b"\x06\x02\x07\x03", &noise[..], b"\r\x15"].concat();
        let cut = cut.min(stream.len());
        prop_assert_eq!(heard(&[&stream]), heard(&[&stream[..cut], &stream[cut..]]));
        let replies = heard(&[&stream]);
            prop_assert_eq!(replies.last(), Some(&Reply::NotNow));
    }
}
