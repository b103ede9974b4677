//! What is printed on one pack. PURE.

use super::field::{Field, LabelData};
use super::{LabelError, Mistake, Template};
use crate::gs1::fields::in_cset82;
use crate::gs1::{Element, Expiry, FieldError, Gtin, Lot, scan_data};
use crate::record::CryptoTail;
use crate::vision::Expectation;

/// What is printed on one pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackData {
    /// The product.
    pub gtin: Gtin,
    /// The lot.
    pub lot: Lot,
    /// The expiry date.
    pub expiry: Expiry,
    /// The serial; `None` for products that carry a lot only.
    pub serial: Option<String>,
    /// What an authority computed over the serial, where it did.
    pub tail: CryptoTail,
}

/// Characters of kinds that a symbol cannot put together: what needs the most room.
const ROOMY: &str = "a%B";

impl PackData {
    /// A plausible pack with a serial of 12 and a lot of 8 characters: what templates are judged
    /// with.
    pub fn sample() -> PackData {
        PackData {
            gtin: "09521234543213".parse().expect("a right GTIN"),
            lot: "LOT2026A".parse().expect("a right lot"),
            expiry: "271231".parse().expect("a right date"),
            serial: Some("W3KTQAJMQTX4".to_owned()),
            tail: CryptoTail::default(),
        }
    }

    /// The pack that carries a symbol with these elements.
    ///
    /// # Errors
    /// (01), (17) or (10) is missing, or its value is none that a label may carry; as a sentence.
    pub fn of_elements(elements: &[Element]) -> Result<PackData, String> {
        let found = |field: Field| {
            let element = elements.iter().find(|element| element.ai == field.ai());
            element.map(|element| element.value.as_str())
        };
        let value = |field: Field| {
            found(field).ok_or_else(|| {
                use super::field::LabelField as _;
                let (ai, name) = (field.ai(), field.name());
                format!("The symbol has no ({ai}), {name}.")
            })
        };
        let wrong = |error: FieldError| error.to_string();
        Ok(PackData {
            gtin: value(Field::Gtin)?.parse().map_err(wrong)?,
            lot: value(Field::Lot)?.parse().map_err(wrong)?,
            expiry: value(Field::Expiry)?.parse().map_err(wrong)?,
            serial: found(Field::Serial).map(str::to_owned),
            tail: CryptoTail(Field::TAIL.map(|field| found(field).map(str::to_owned))),
        })
    }

    /// Characters of so many, such that no symbol can put any two of them together.
    pub fn roomy(length: usize) -> String {
        ROOMY.chars().cycle().take(length).collect()
    }
}

impl LabelData for PackData {
    type Field = Field;

    fn value(&self, field: Field) -> Option<&str> {
        match field {
            Field::Gtin => Some(self.gtin.as_str()),
            Field::Serial => self.serial.as_deref(),
            Field::Expiry => Some(self.expiry.as_str()),
            Field::Lot => Some(self.lot.as_str()),
            Field::Ai91 | Field::Ai92 | Field::Ai93 => self.tail.part(field.ai()),
        }
    }
}

/// A plausible part of a [`CryptoTail`]: a key's name of 4, a signature of 44 and a code of 4 characters.
fn sample_part(field: Field) -> &'static str {
    match field {
        Field::Ai91 => "EE06",
        Field::Ai92 => "k2Rz7QmXv0Tn/pW9uLs4BfYcE1aHdGgJ6iKoMtNqPrU=",
        _ => "dGVz",
    }
}

impl Template {
    /// A plausible pack for this label: [`PackData::sample`] with whatever of a [`CryptoTail`] the symbol carries.
    pub fn sample(&self) -> PackData {
        let part = |field: Field| {
            let wanted = self.symbol().fields.contains(&field);
            wanted.then(|| sample_part(field).to_owned())
        };
        let sample = PackData::sample();
        PackData {
            tail: CryptoTail(Field::TAIL.map(part)),
            serial: sample.serial.filter(|_| self.has_serial()),
            ..sample
        }
    }

    /// A pack with the longest serial and lot that the template promises room for, of characters that need the most.
    pub fn longest_pack(&self) -> PackData {
        let lot = PackData::roomy(self.longest.lot.into());
        let serial = PackData::roomy(self.longest.serial.into());
        let sample = self.sample();
        PackData {
            lot: lot.parse().expect("a lot of 1 to 20 right characters"),
            serial: sample.serial.map(|_| serial),
            ..sample
        }
    }

    /// Bar codes or text have a place for a serial.
    pub fn has_serial(&self) -> bool {
        let in_code = |barcode: &super::Barcode| barcode.fields.contains(&Field::Serial);
        self.barcodes.iter().any(in_code) || self.texts.iter().any(super::Text::has_serial)
    }

    /// The elements of the symbol on this pack; a pack without serial has no (21).
    pub fn elements(&self, pack: &PackData) -> Vec<Element> {
        self.symbol().elements(pack)
    }

    /// What the camera must find on this pack.
    pub fn expectation(&self, pack: &PackData) -> Expectation {
        let elements = self.elements(pack);
        let scan = scan_data(&elements);
        let elements = elements
            .into_iter()
            .map(|one| (one.ai, one.value))
            .collect();
        Expectation { elements, scan }
    }

    /// This pack may be printed with this template: its serial is one, and what belongs to it has its place.
    ///
    /// # Errors
    /// A serial with characters outside GS1's character set 82, of more than 20 characters, or empty; a part of a
    /// [`CryptoTail`] without an element for it, or an element without its part.
    pub fn check(&self, pack: &PackData) -> Result<(), LabelError> {
        check_serial(pack)?;
        for field in Field::TAIL {
            let ai = field.ai();
            let wanted = self.symbol().fields.contains(&field);
            match (wanted, pack.tail.part(ai).is_some()) {
                (true, false) => {
                    return Err(LabelError::one(format!(
                        "The label wants a part for AI ({ai}), and the number has none."
                    )));
                }
                (false, true) => {
                    return Err(LabelError::one(format!(
                        "The number has a part for AI ({ai}), and the label's symbol no element for it."
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
    let mut wrong = |text: String| mistakes.push(Mistake { at: None, text });
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

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::built_in;

    #[test]
    fn the_expectation_is_what_a_scanner_sends() {
        let template = built_in("pharma-pack").unwrap();
        let expected = template.expectation(&PackData::sample());
        assert_eq!(
            expected.scan,
            "]d2010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A"
        );
        assert_eq!(expected.elements.len(), 4);
        let lot_only = PackData {
            serial: None,
            ..PackData::sample()
        };
        let expected = template.expectation(&lot_only);
        assert_eq!(expected.scan, "]d201095212345432131727123110LOT2026A");
    }

    #[test]
    fn a_pack_is_known_by_its_elements() {
        let template = built_in("pharma-pack").unwrap();
        let pack = PackData::sample();
        let elements = template.elements(&pack);
        assert_eq!(PackData::of_elements(&elements), Ok(pack));
        for missing in [0, 2, 3] {
            let mut rest = elements.clone();
            let ai = rest.remove(missing).ai;
            let said = PackData::of_elements(&rest).unwrap_err();
            assert!(said.contains(&format!("no ({ai})")), "{said}");
        }
    }
}
