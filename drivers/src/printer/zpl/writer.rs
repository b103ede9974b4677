//! Labels in ZPL: a stored format with everything that stays, and jobs that carry only what changes. PURE.
//!
//! Sources: Zebra, "ZPL II Programming Guide": `^DF` `^XF` `^FN` (stored formats), `^BX` (Data Matrix; quality 200 and
//! the escape character are always given, since neither has a usable default), `^BY` (module width), `^BC` (Code 128;
//! mode N takes the start character and FNC1 as they are given: `>;` start C, `>:` start B, `>8` FNC1, `>5` code C,
//! `>6` code B, `>0` the character `>`), `^GB`, `^XG`, `^PQ1,0,1,Y` (never more than one).

use super::super::code128::Spelling;
use super::super::filling::Said;
use super::super::format::{Artwork, At, Content, Dots, Format, JobContent, Mark};
use super::super::words::{self, Around, Carries, Words};
use super::{graphics, native};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Widest module of `^BY`, in dots.
const MODULE_DOTS: u32 = 10;

/// Largest size that `^GB`, `^A0` and places take, in dots.
const SIZE_DOTS: u32 = 32_000;

const BARS: Spelling = Spelling {
    start_b: ">:",
    start_c: ">;",
    into_b: ">6",
    into_c: ">5",
    fnc1: ">8",
    others: &[(b'>', ">0")],
};

/// The words of the format of this name.
struct Zpl<'f>(&'f str);

impl Words for Zpl<'_> {
    const NAME: &'static str = "ZPL";

    fn data_matrix(&self, at: At, module_dots: u32) -> Result<Around, String> {
        let module = size(module_dots)?;
        placed(at, &format!("^BXN,{module},200,,,,_,1"))
    }

    fn gs1128(&self, at: At, module_dots: u32, height: u32) -> Result<Around, String> {
        if !(1..=MODULE_DOTS).contains(&module_dots) {
            return Err(format!(
                "a bar code's module has 1 to {MODULE_DOTS} dots in ZPL, not {module_dots}"
            ));
        }
        let height = size(height)?;
        let bars = format!("^BY{module_dots},3,{height}^BCN,{height},N,N,N,N");
        placed(at, &bars)
    }

    fn text(&self, at: At, height: u32) -> Result<Around, String> {
        let height = size(height)?;
        placed(at, &format!("^A0N,{height},{height}"))
    }

    fn frame(&self, at: At, sides: (u32, u32), thickness: u32) -> Result<String, String> {
        let (width, height) = (size(sides.0)?, size(sides.1)?);
        let thickness = thickness.clamp(1, width.min(height).max(1));
        let Around { before, behind } = placed(at, &format!("^GB{width},{height},{thickness}"))?;
        Ok(before + behind)
    }

    /// Called from where [`store`] puts it.
    fn picture(&self, at: At, number: usize, _dots: &Dots) -> Result<Vec<u8>, String> {
        let name = self.picture_name(number);
        let called = format!("^FO{},{}^XGR:{name}.GRF,1,1^FS", at.x, at.y);
        Ok(called.into_bytes())
    }

    /// Field data, behind `^FD`.
    fn data(&self, carries: Carries, said: &Said) -> Result<String, String> {
        let plain = |c: char| matches!(c, ' '..='}') && c != '^';
        match carries {
            Carries::DataMatrix => said.matrix(Self::NAME, plain, "_1", &[('_', "__")]),
            Carries::Gs1128 => said.bars(Self::NAME, plain, &BARS),
            Carries::Text => {
                said.check(Self::NAME, plain)?;
                Ok(said.text.to_owned())
            }
        }
    }
}

impl Zpl<'_> {
    fn picture_name(&self, number: usize) -> String {
        format!("{:.5}{number:03}", self.0)
    }
}

fn size(size: u32) -> Result<u32, String> {
    match size <= SIZE_DOTS {
        true => Ok(size),
        false => Err(format!("a mark of {size} dots is larger than ZPL can say")),
    }
}

/// What stands around the data of a mark there.
fn placed(at: At, mark: &str) -> Result<Around, String> {
    let before = format!("^FO{},{}{mark}", size(at.x)?, size(at.y)?);
    let behind = "^FS";
    Ok(Around { before, behind })
}

/// What stores the format.
///
/// # Errors
/// A mark that ZPL cannot write; a sentence without its full stop.
pub(super) fn store(format: &Format) -> Result<Vec<u8>, String> {
    let (name, zpl) = (&format.name, Zpl(&format.name));
    let marks = match &format.artwork {
        Artwork::Marks(marks) if marks.is_empty() => return Ok(Vec::new()),
        Artwork::Native(text) => return native::stored(name, text).map(String::into_bytes),
        Artwork::Marks(marks) => marks,
    };
    let mut text = String::new();
    for (number, mark) in marks.iter().enumerate() {
        if let Mark::Picture { dots, .. } = mark {
            text.push_str(&graphics::stored(&zpl.picture_name(number), dots));
        }
    }
    let (width, length) = (format.width, format.length);
    text += &format!("^XA^DFR:{name}.ZPL^FS^PW{width}^LL{length}^LH0,0^PQ1,0,1,Y");
    // A field's own number, where a job will fill it in; the data of what stays.
    let marks = words::walk(&zpl, marks, |carries, content| match content {
        Content::Field(number) => Ok(Some(format!("^FN{number}"))),
        Content::Fixed(fixed) => {
            let data = zpl.data(carries, &Said::always(fixed))?;
            Ok(Some(format!("^FD{data}")))
        }
    })?;
    Ok([text.as_bytes(), &marks, b"^XZ"].concat())
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
        let data = Zpl(&format.name).data(*carries, &Said::in_field(*number, value))?;
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
    use super::*;
    use crate::printer::samples::{assert_refused, numbered, text};

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

    fn values(values: &[(u16, &str)]) -> JobContent {
        let (numbered, named) = (numbered(values), Vec::new());
        JobContent::Fields { numbered, named }
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
        assert_refused(&["A^XZ", "~JA", "a\nb", "ü", "\x7f"], |numbered| {
            let (numbered, named) = (numbered.to_vec(), Vec::new());
            job(&pack(), &JobContent::Fields { numbered, named })
        });
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
