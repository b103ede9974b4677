//! A label in ZPL II: a stored format with everything that stays, and fields for what changes from
//! pack to pack. PURE.
//!
//! Sources: Zebra, "ZPL II Programming Guide": `^DF` `^XF` `^FN` (stored formats), `^BX` (Data
//! Matrix; quality 200 and the escape character are always given, since neither has a usable
//! default), `^PQ1,0,1,Y` (never more than one).

use super::{Field, LabelError, Mistake, PackData, Template, Text};
use crate::gs1::Element;
use crate::gs1::fields::in_cset82;
use std::fmt::Write;

/// A format as it is stored in the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFormatText {
    /// Its name in the printer's memory, without drive and extension.
    pub name: String,
    /// The ZPL that stores it.
    pub text: String,
}

/// Name of the format in the printer: short, since it goes over the wire with every pack.
const FORMAT_NAME: &str = "V";

/// Escape character of the symbol's field data: `_1` is FNC1.
const ESCAPE: char = '_';

/// Number of the symbol's field; texts with a serial follow.
const SYMBOL_FIELD: u16 = 1;

/// Number of the field with the word of a void label, where no text has a serial.
const VOID_FIELD: u16 = SYMBOL_FIELD + 1;

/// Height of that word in modules of the symbol, and in dots at least.
const VOID_MODULES: u32 = 4;
const VOID_MIN_DOTS: u32 = 10;

/// The promise for the bytes on the wire per pack.
pub const ZPL_PACK_MAX_BYTES: usize = 100;

/// Whether ZPL carries this text in `^FD` as it stands.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| (byte.is_ascii_graphic() || byte == b' ') && byte != b'^' && byte != b'~')
}

/// Field data of `^BX` for these elements: FNC1 first and behind what has no pre-defined length.
pub(super) fn symbol_field(elements: &[Element]) -> String {
    let mut symbol = String::new();
    let mut open = true;
    for element in elements {
        if open {
            symbol.push_str("_1");
        }
        symbol.push_str(&element.ai);
        for c in element.value.chars() {
            symbol.push(c);
            if c == ESCAPE {
                symbol.push(ESCAPE);
            }
        }
        open = crate::gs1::Dictionary::built_in()
            .get(&element.ai)
            .is_none_or(|entry| !entry.predefined);
    }
    symbol
}

impl Template {
    /// The format to store in the printer, with the texts that stay the same for the whole batch.
    ///
    /// `constants` gives these texts; its serial does not matter (a sample stands in for the
    /// symbol's size).
    ///
    /// # Errors
    /// What [`Template::layout`] refuses, and texts that ZPL cannot carry.
    pub fn zpl_format(
        &self,
        constants: &PackData,
        dpmm: u16,
    ) -> Result<StoredFormatText, LabelError> {
        let layout = self.layout(constants, dpmm)?;
        let mut text = format!(
            "^XA^DFR:{FORMAT_NAME}.ZPL^FS^PW{}^LL{}^LH0,0^PQ1,0,1,Y",
            layout.width, layout.height
        );
        let symbol = &layout.symbol;
        let mut add = |part: std::fmt::Arguments| text.write_fmt(part).expect("texts take all");
        add(format_args!(
            "^FO{},{}^BXN,{},200,,,,{ESCAPE},1^FN{SYMBOL_FIELD}^FS",
            symbol.x, symbol.y, symbol.module_dots
        ));
        let mut field = SYMBOL_FIELD;
        for line in &layout.texts {
            add(format_args!(
                "^FO{},{}^A0N,{},{}",
                line.x, line.y, line.height, line.height
            ));
            if line.per_pack {
                field += 1;
                add(format_args!("^FN{field}^FS"));
            } else if is_plain(&line.value) {
                add(format_args!("^FD{}^FS", line.value));
            } else {
                let what = &line.value;
                return Err(LabelError::one(format!(
                    "The text \"{what}\" has a character that ZPL cannot print as it stands."
                )));
            }
        }
        if !self.texts.iter().any(Text::has_serial) {
            // Nothing but the symbol changes: the word of a void label stands in the symbol's place.
            let height = (VOID_MODULES * symbol.module_dots).max(VOID_MIN_DOTS);
            let (x, y) = (symbol.x, symbol.y);
            let _ = write!(text, "^FO{x},{y}^A0N,{height},{height}^FN{VOID_FIELD}^FS");
        }
        text.push_str("^XZ");
        let name = FORMAT_NAME.to_owned();
        Ok(StoredFormatText { name, text })
    }

    /// What changes from pack to pack, by field number of the stored format.
    ///
    /// # Errors
    /// A serial with characters outside GS1's character set 82 (which has neither `^` nor `~`),
    /// of more than 20
    /// characters, or empty.
    pub fn zpl_fields(&self, pack: &PackData) -> Result<Vec<(u16, String)>, LabelError> {
        check_serial(pack)?;
        self.check_tail(pack)?;
        let symbol = symbol_field(&self.elements(pack));
        let mut fields = vec![(SYMBOL_FIELD, symbol)];
        let changing = self.texts.iter().filter(|text| text.has_serial());
        for (number, text) in (SYMBOL_FIELD + 1..).zip(changing) {
            fields.push((number, text.value(pack)));
        }
        if let Some((_, text)) = fields.iter().find(|(_, text)| !is_plain(text)) {
            return Err(LabelError::one(format!(
                "The text \"{text}\" has a character that ZPL cannot print as it stands."
            )));
        }
        Ok(fields)
    }

    /// The numbered fields of a label that must not carry a number: no symbol, and `VOID` wherever a serial
    /// would stand, or in the symbol's place where none would.
    pub fn zpl_void_fields(&self) -> Vec<(u16, String)> {
        let changing = self.texts.iter().filter(|text| text.has_serial()).count();
        let fields = (SYMBOL_FIELD + 1..).take(changing.max(1));
        fields.map(|number| (number, "VOID".to_owned())).collect()
    }

    /// Bytes on the wire for one such pack, once the format is stored.
    ///
    /// # Errors
    /// As [`Template::zpl_fields`].
    pub fn zpl_bytes_per_pack(&self, pack: &PackData) -> Result<usize, LabelError> {
        Ok(zpl_pack(FORMAT_NAME, &self.zpl_fields(pack)?).len())
    }
}

impl Template {
    /// What belongs to a number is printed with it, and nothing is missing.
    fn check_tail(&self, pack: &PackData) -> Result<(), LabelError> {
        for field in Field::TAIL {
            let ai = field.ai();
            let wanted = self.symbol.elements.contains(&field);
            match (wanted, pack.tail.part(ai).is_some()) {
                (true, false) => {
                    return Err(LabelError::one(format!(
                        "The label wants a part for AI ({ai}), and the number has none."
                    )));
                }
                (false, true) => {
                    return Err(LabelError::one(format!(
                        "The number has a part for AI ({ai}), and the label no [[element]] for it."
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn check_serial(pack: &PackData) -> Result<(), LabelError> {
    let Some(serial) = &pack.serial else {
        return Ok(());
    };
    let mut mistakes = Vec::new();
    let mut wrong = |text: String| mistakes.push(Mistake { line: None, text });
    if !serial.bytes().all(in_cset82) {
        wrong(format!(
            "The serial \"{serial}\" has a character outside GS1's character set 82."
        ));
    }
    if !(1..=20).contains(&serial.len()) {
        wrong(format!(
            "The serial \"{serial}\" does not have 1 to 20 characters."
        ));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(LabelError { mistakes }),
    }
}

/// The ZPL that prints one label with a stored format.
pub fn zpl_pack(format_name: &str, fields: &[(u16, String)]) -> String {
    let mut text = format!("^XA^XFR:{format_name}^FS");
    for (number, value) in fields {
        write!(text, "^FN{number}^FD{value}^FS").expect("texts take all");
    }
    text.push_str("^XZ");
    text
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::built_in;

    #[test]
    fn one_pack_stays_under_a_hundred_bytes() {
        let template = built_in("pharma-pack").unwrap();
        let pack = PackData::sample();
        assert_eq!(
            (pack.lot.as_str().len(), pack.serial.as_ref().unwrap().len()),
            (8, 12)
        );
        let fields = template.zpl_fields(&pack).unwrap();
        let wire = zpl_pack("V", &fields);
        assert_eq!(
            wire,
            "^XA^XFR:V^FS^FN1^FD_1010952123454321321W3KTQAJMQTX4_11727123110LOT2026A^FS\
             ^FN2^FDW3KTQAJMQTX4^FS^XZ"
        );
        assert!(wire.len() <= ZPL_PACK_MAX_BYTES, "{} bytes", wire.len());
        assert_eq!(template.zpl_bytes_per_pack(&pack).unwrap(), wire.len());
    }

    #[test]
    fn the_format_holds_everything_but_the_serial() {
        let template = built_in("pharma-pack").unwrap();
        let format = template.zpl_format(&PackData::sample(), 8).unwrap();
        assert_eq!(
            format.text,
            "^XA^DFR:V.ZPL^FS^PW256^LL128^LH0,0^PQ1,0,1,Y\
             ^FO8,8^BXN,4,200,,,,_,1^FN1^FS\
             ^FO128,11^A0N,12,12^FDPC 09521234543213^FS\
             ^FO128,37^A0N,12,12^FDSN^FS\
             ^FO150,37^A0N,12,12^FN2^FS\
             ^FO128,62^A0N,12,12^FDEXP 271231^FS\
             ^FO128,88^A0N,12,12^FDLOT LOT2026A^FS^XZ"
        );
    }

    /// Queue and belt stay in step only if a label goes for every pack, also where every good label is the same.
    #[test]
    fn a_label_without_a_serial_can_be_void_too() {
        let template = built_in("lot-pack").unwrap();
        assert!(!template.has_serial() && built_in("pharma-pack").unwrap().has_serial());
        let pack = PackData {
            serial: None,
            ..PackData::sample()
        };
        let format = template.zpl_format(&pack, 8).unwrap().text;
        assert!(format.ends_with("^FO8,8^A0N,16,16^FN2^FS^XZ"), "{format}");
        assert_eq!(template.zpl_void_fields(), [(2, "VOID".to_owned())]);
        let wanted = [(1, "_101095212345432131727123110LOT2026A".to_owned())];
        assert_eq!(template.zpl_fields(&pack).unwrap(), wanted);
    }

    #[test]
    fn the_escape_character_is_doubled_and_commands_are_refused() {
        let template = built_in("pharma-pack").unwrap();
        let mut pack = PackData::sample();
        pack.lot = "A_1B".parse().unwrap();
        let fields = template.zpl_fields(&pack).unwrap();
        assert!(fields[0].1.ends_with("_11727123110A__1B"), "{fields:?}");
        for serial in ["AB^C", "AB~C", "", "A\x1dB", "ABCDEFGHIJKLMNOPQRSTU"] {
            pack.serial = Some(serial.to_owned());
            assert!(template.zpl_fields(&pack).is_err(), "{serial:?}");
        }
    }
}
