//! What the tests of several languages need. PURE.

use super::format::{Artwork, At, Content, Format, Mark};
use super::language::{Language, Queue, Reply, Told};
use crate::Fault;

/// A label of 50 × 30 mm with these marks.
pub(super) fn format(marks: Vec<Mark>) -> Format {
    Format {
        name: "V".into(),
        width: 400,
        length: 240,
        dpmm: 8,
        artwork: Artwork::Marks(marks),
    }
}

/// A Data Matrix with modules of 6 dots.
pub(super) fn symbol(x: u32, y: u32, content: Content) -> Mark {
    Mark::DataMatrix {
        at: At { x, y },
        module_dots: 6,
        content,
    }
}

/// Bars of 80 dots, 3 to a module.
pub(super) fn bars(content: Content) -> Mark {
    Mark::Gs1128 {
        at: At { x: 8, y: 16 },
        module_dots: 3,
        height: 80,
        content,
    }
}

pub(super) fn text(x: u32, y: u32, height: u32, content: Content) -> Mark {
    Mark::Text {
        at: At { x, y },
        height,
        content,
    }
}

/// A symbol, and the serial beside it.
pub(super) fn pack() -> Format {
    format(vec![
        symbol(40, 40, Content::Field(1)),
        text(240, 40, 28, Content::Field(2)),
    ])
}

/// The element string of a pack with a 12-character serial and an 8-character lot.
pub(super) const ELEMENTS: &str = "010952123454321321ABCDEFGHJKLM\x1d1728123110LOT12345";
/// Its serial.
pub(super) const SERIAL: &str = "ABCDEFGHJKLM";

/// The values of a label.
pub(super) fn numbered(values: &[(u16, &str)]) -> Vec<(u16, String)> {
    let owned = |(number, value): &(u16, &str)| (*number, (*value).to_owned());
    values.iter().map(owned).collect()
}

/// Each of these values is refused in fields 1 and 2, by the number of the field; so is a field that is not there.
pub(super) fn assert_refused(
    values: &[&str],
    label: impl Fn(&[(u16, String)]) -> Result<Vec<u8>, String>,
) {
    let refused = |number, value| label(&numbered(&[(number, value)])).unwrap_err();
    for (number, value) in values.iter().flat_map(|value| [(1, value), (2, value)]) {
        let why = refused(number, value);
        assert!(why.starts_with(&format!("field {number} holds")), "{why}");
    }
    assert!(refused(2, "a\x1db").starts_with("field 2 holds"));
    assert_eq!(refused(3, "A"), "the format V has no field 3");
}

/// What a language hears in these pieces.
pub(super) fn heard(mut language: impl Language, pieces: &[&[u8]]) -> Vec<Reply> {
    let mut replies = Vec::new();
    for piece in pieces {
        language.hear(piece, &mut replies);
    }
    replies
}

pub(super) fn status(queue: Queue, faults: &[Fault]) -> Reply {
    let faults = faults.to_vec();
    Reply::Status(Told { queue, faults })
}

/// Each of these is heard as one thing that is no answer.
pub(super) fn assert_garbled(heard: impl Fn(&[&[u8]]) -> Vec<Reply>, garbage: &[&[u8]]) {
    for garbage in garbage {
        let replies = heard(&[garbage]);
        let is_garbled = matches!(replies[..], [Reply::Garbled(_)]);
        assert!(is_garbled, "{}: {replies:?}", garbage.escape_ascii());
    }
}
