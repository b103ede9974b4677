//! Labels in ZPL: a stored format with everything that stays, and jobs that carry only what changes. PURE.
//!
//! Sources: Zebra, "ZPL II Programming Guide": `^DF` `^XF` `^FN` (stored formats), `^BX` (Data Matrix; quality 200 and
//! the escape character are always given, since neither has a usable default), `^BY` (module width), `^BC` (Code 128;
//! mode N takes the start character and FNC1 as they are given: `>;` start C, `>:` start B, `>8` FNC1, `>5` code C,
//! `>6` code B, `>0` the character `>`), `^GB`, `^XG`, `^PQ1,0,1,Y` (never more than one).

use super::super::code128::{self, Character, SEPARATOR, Set};
use super::super::format::{Artwork, Content, Format, JobContent, Mark};
use super::{graphics, native};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Escape character of a symbol's field data: `_1` is FNC1.
const ESCAPE: char = '_';

/// Widest module of `^BY`, in dots.
const MODULE_DOTS: u32 = 10;

/// Largest size that `^GB`, `^A0` and places take, in dots.
const SIZE_DOTS: u32 = 32_000;

/// What a field carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// An element string in a `^BX`.
    DataMatrix,
    /// An element string in a `^BC` of mode N.
    Gs1128,
    /// A text.
    Text,
}

/// Field data for a value, as the field carries it.
///
/// # Errors
/// A character that it cannot carry, or an element string that fits no symbol; without a full stop.
fn field_data(carries: Carries, value: &str) -> Result<String, String> {
    let is_symbol = carries != Carries::Text;
    let plain =
        |c: char| matches!(c, ' '..='}') && c != '^' || is_symbol && c == char::from(SEPARATOR);
    if let Some(bad) = value.chars().find(|c| !plain(*c)) {
        return Err(format!("holds {bad:?}, which ZPL cannot carry"));
    }
    match carries {
        Carries::Text => Ok(value.to_owned()),
        Carries::DataMatrix => {
            let mut data = format!("{ESCAPE}1");
            for c in value.chars() {
                match c {
                    ESCAPE => data.extend([ESCAPE, ESCAPE]),
                    c if c == char::from(SEPARATOR) => data.extend([ESCAPE, '1']),
                    c => data.push(c),
                }
            }
            Ok(data)
        }
        Carries::Gs1128 => Ok(invocations(value)?),
    }
}

/// The field data of `^BC` in mode N.
fn invocations(elements: &str) -> Result<String, String> {
    let (start, characters) = code128::shortest(elements)?;
    let mut data = match start {
        Set::B => ">:".to_owned(),
        Set::C => ">;".to_owned(),
    };
    for character in characters {
        match character {
            Character::Fnc1 => data.push_str(">8"),
            Character::Into(Set::B) => data.push_str(">6"),
            Character::Into(Set::C) => data.push_str(">5"),
            Character::Single(b'>') => data.push_str(">0"),
            Character::Single(byte) => data.push(char::from(byte)),
            Character::Pair(tens, ones) => data.extend([char::from(tens), char::from(ones)]),
        }
    }
    Ok(data)
}

/// What stores the format.
///
/// # Errors
/// A mark that ZPL cannot write; a sentence without its full stop.
pub(super) fn store(format: &Format) -> Result<Vec<u8>, String> {
    let name = &format.name;
    let text = match &format.artwork {
        Artwork::Marks(marks) if marks.is_empty() => String::new(),
        Artwork::Native(text) => native::stored(name, text)?,
        Artwork::Marks(marks) => {
            let mut pictures = String::new();
            let (width, length) = (format.width, format.length);
            let mut text = format!("^XA^DFR:{name}.ZPL^FS^PW{width}^LL{length}^LH0,0^PQ1,0,1,Y");
            for (number, mark) in marks.iter().enumerate() {
                if let Mark::Picture { at, dots } = mark {
                    let picture = format!("{name:.5}{number:03}");
                    pictures.push_str(&graphics::stored(&picture, dots));
                    let _written = write!(text, "^FO{},{}^XGR:{picture}.GRF,1,1^FS", at.x, at.y);
                } else {
                    text.push_str(&written(mark)?);
                }
            }
            format!("{pictures}{text}^XZ")
        }
    };
    Ok(text.into_bytes())
}

/// A mark in ZPL.
fn written(mark: &Mark) -> Result<String, String> {
    let size = |size: u32| match size <= SIZE_DOTS {
        true => Ok(size),
        false => Err(format!("a mark of {size} dots is larger than ZPL can say")),
    };
    let (at, written) = match mark {
        Mark::DataMatrix {
            at,
            module_dots,
            content,
        } => {
            let module = size(*module_dots)?;
            let field = field(Carries::DataMatrix, content)?;
            (at, format!("^BXN,{module},200,,,,{ESCAPE},1{field}"))
        }
        Mark::Gs1128 {
            at,
            module_dots,
            height,
            content,
        } => {
            if !(1..=MODULE_DOTS).contains(module_dots) {
                return Err(format!(
                    "a bar code's module has 1 to {MODULE_DOTS} dots in ZPL, not {module_dots}"
                ));
            }
            let height = size(*height)?;
            let field = field(Carries::Gs1128, content)?;
            (
                at,
                format!("^BY{module_dots},3,{height}^BCN,{height},N,N,N,N{field}"),
            )
        }
        Mark::Text {
            at,
            height,
            content,
        } => {
            let height = size(*height)?;
            let field = field(Carries::Text, content)?;
            (at, format!("^A0N,{height},{height}{field}"))
        }
        Mark::Box {
            at,
            width,
            height,
            thickness,
        } => {
            let (width, height) = (size(*width)?, size(*height)?);
            let thickness = (*thickness).clamp(1, width.min(height).max(1));
            (at, format!("^GB{width},{height},{thickness}"))
        }
        Mark::Picture { at, dots } => return Ok(graphics::inline(at.x, at.y, dots)),
    };
    Ok(format!("^FO{},{}{written}^FS", size(at.x)?, size(at.y)?))
}

/// `^FN` of a field, `^FD` of what stays.
fn field(carries: Carries, content: &Content) -> Result<String, String> {
    match content {
        Content::Field(number) => Ok(format!("^FN{number}")),
        Content::Fixed(value) => {
            let data = field_data(carries, value);
            let data = data.map_err(|why| format!("the fixed text {value:?} {why}"))?;
            Ok(format!("^FD{data}"))
        }
    }
}

/// What prints one label. The quantity stands in the stored format (`^PQ1,0,1,Y`; one label is ZPL's default as well),
/// so that a pack costs only its fields.
///
/// # Errors
/// A value that cannot be carried, or a field that the format does not have; without a full stop.
pub(super) fn job(format: &Format, label: &JobContent) -> Result<Vec<u8>, String> {
    let numbered = match label {
        JobContent::Fields { numbered, .. } => numbered,
        JobContent::Picture(dots) => {
            let (width, length) = (format.width, format.length);
            let picture = graphics::inline(0, 0, dots);
            let text = format!("^XA^PW{width}^LL{length}^LH0,0^PQ1,0,1,Y{picture}^XZ");
            return Ok(text.into_bytes());
        }
    };
    let known = fields(format)?;
    let mut text = format!("^XA^XFR:{}^FS", format.name);
    for (number, value) in numbered {
        let Some(carries) = known.get(number) else {
            return Err(format!("the format {} has no field {number}", format.name));
        };
        let data = field_data(*carries, value).map_err(|why| format!("field {number} {why}"))?;
        let _written = write!(text, "^FN{number}^FD{data}^FS");
    }
    text.push_str("^XZ");
    Ok(text.into_bytes())
}

/// What each field of the format carries.
fn fields(format: &Format) -> Result<BTreeMap<u16, Carries>, String> {
    let marks = match &format.artwork {
        Artwork::Native(text) => return native::fields(text),
        Artwork::Marks(marks) => marks,
    };
    let fields = marks.iter().filter_map(|mark| {
        let (carries, content) = match mark {
            Mark::DataMatrix { content, .. } => (Carries::DataMatrix, content),
            Mark::Gs1128 { content, .. } => (Carries::Gs1128, content),
            Mark::Text { content, .. } => (Carries::Text, content),
            Mark::Box { .. } | Mark::Picture { .. } => return None,
        };
        match content {
            Content::Field(number) => Some((*number, carries)),
            Content::Fixed(_) => None,
        }
    });
    Ok(fields.collect())
}

#[cfg(test)]
mod test {
    use super::super::super::format::{At, Dots};
    use super::*;

    fn format(marks: Vec<Mark>) -> Format {
        Format {
            name: "V".into(),
            width: 256,
            length: 128,
            dpmm: 8,
            artwork: Artwork::Marks(marks),
        }
    }

    fn at(x: u32, y: u32) -> At {
        At { x, y }
    }

    fn text(x: u32, y: u32, height: u32, content: Content) -> Mark {
        Mark::Text {
            at: at(x, y),
            height,
            content,
        }
    }

    fn pack() -> Format {
        format(vec![
            Mark::DataMatrix {
                at: at(8, 8),
                module_dots: 4,
                content: Content::Field(1),
            },
            text(128, 11, 12, Content::Fixed("PC 09521234543213".into())),
            text(150, 37, 12, Content::Field(2)),
        ])
    }

    fn values(numbered: &[(u16, &str)]) -> JobContent {
        let numbered = numbered.iter().map(|(n, v)| (*n, (*v).to_owned()));
        JobContent::Fields {
            numbered: numbered.collect(),
            named: vec![],
        }
    }

    fn said(bytes: Result<Vec<u8>, String>) -> String {
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    /// A pack with a 12-character serial and an 8-character lot costs at most 100 bytes.
    #[test]
    fn a_pack_costs_at_most_a_hundred_bytes_once_its_format_is_stored() {
        assert_eq!(
            said(store(&pack())),
            "^XA^DFR:V.ZPL^FS^PW256^LL128^LH0,0^PQ1,0,1,Y^FO8,8^BXN,4,200,,,,_,1^FN1^FS\
             ^FO128,11^A0N,12,12^FDPC 09521234543213^FS^FO150,37^A0N,12,12^FN2^FS^XZ"
        );
        let symbol = "010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A";
        let job = said(job(&pack(), &values(&[(1, symbol), (2, "W3KTQAJMQTX4")])));
        assert_eq!(
            job,
            "^XA^XFR:V^FS^FN1^FD_1010952123454321321W3KTQAJMQTX4_11727123110LOT2026A^FS\
             ^FN2^FDW3KTQAJMQTX4^FS^XZ"
        );
        assert!(job.len() <= 100, "{} bytes", job.len());
    }

    #[test]
    fn every_mark_has_its_words() {
        let mut dots = Dots::blank(16, 2);
        (0..16).for_each(|x| dots.blacken(x, 0));
        let bars = |content| Mark::Gs1128 {
            at: at(10, 20),
            module_dots: 3,
            height: 80,
            content,
        };
        let marks = vec![
            Mark::Picture {
                at: at(5, 6),
                dots: dots.clone(),
            },
            bars(Content::Field(7)),
            bars(Content::Fixed("00106141412345678908".into())),
            Mark::Box {
                at: at(1, 2),
                width: 100,
                height: 3,
                thickness: 9,
            },
            Mark::DataMatrix {
                at: at(0, 0),
                module_dots: 5,
                content: Content::Fixed("10A_1\x1d21B".into()),
            },
        ];
        let format = format(marks);
        assert_eq!(
            said(store(&format)),
            "~DGR:V000.GRF,00004,002,!,^XA^DFR:V.ZPL^FS^PW256^LL128^LH0,0^PQ1,0,1,Y^FO5,6^XGR:V000.GRF,1,1^FS\
             ^FO10,20^BY3,3,80^BCN,80,N,N,N,N^FN7^FS\
             ^FO10,20^BY3,3,80^BCN,80,N,N,N,N^FD>;>800106141412345678908^FS\
             ^FO1,2^GB100,3,3^FS^FO0,0^BXN,5,200,,,,_,1^FD_110A__1_121B^FS^XZ"
        );
        let label = values(&[(7, "010952123454321310A\x1d21B")]);
        assert_eq!(
            said(job(&format, &label)),
            "^XA^XFR:V^FS^FN7^FD>;>8010952123454321310>6A>821B^FS^XZ"
        );
        let picture = said(job(&format, &JobContent::Picture(dots)));
        assert_eq!(
            picture,
            "^XA^PW256^LL128^LH0,0^PQ1,0,1,Y^FO0,0^GFA,4,4,2,!,^FS^XZ"
        );
    }

    #[test]
    fn what_cannot_be_carried_is_named() {
        let refused = |numbered: &[(u16, &str)]| job(&pack(), &values(numbered)).unwrap_err();
        for value in ["A^XZ", "~JA", "a\nb", "ü", "\x7f"] {
            assert!(
                refused(&[(1, value)]).starts_with("field 1 holds"),
                "{value:?}"
            );
            assert!(
                refused(&[(2, value)]).starts_with("field 2 holds"),
                "{value:?}"
            );
        }
        assert!(refused(&[(2, "a\x1db")]).starts_with("field 2 holds"));
        assert_eq!(refused(&[(3, "A")]), "the format V has no field 3");
        let hindered = |mark| store(&format(vec![mark])).unwrap_err();
        let fixed = Content::Fixed("Köln".into());
        assert!(hindered(text(0, 0, 9, fixed)).contains("holds 'ö'"));
        let wide = Mark::Gs1128 {
            at: at(0, 0),
            module_dots: 11,
            height: 9,
            content: Content::Field(1),
        };
        assert!(hindered(wide).contains("1 to 10 dots"));
    }
}
