//! What is printed on one container (bundle, case, pallet). PURE.
//!
//! What stands on it is decided by `packaging`, and is on record before a byte goes to a printer. An element that there
//! is no value for is left out, and a bar code without any element is not printed: the content of a mixed pallet cannot
//! be told by (02) and (37).

use super::field::{ContainerField, LabelData, LabelField as _};
use super::{Barcode, ContainerTemplate};
use crate::gs1::{Element, Sscc};

/// What is printed on one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerData {
    /// The level's name, such as `case`.
    pub level: String,
    /// Everything the label says, each AI once.
    pub elements: Vec<Element>,
}

impl LabelData for ContainerData {
    type Field = ContainerField;

    fn value(&self, field: ContainerField) -> Option<&str> {
        let Some(ai) = field.ai() else {
            return Some(&self.level);
        };
        let element = self.elements.iter().find(|element| element.ai == ai);
        element.map(|element| element.value.as_str())
    }
}

/// What identifies the containers that a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifiedBy {
    /// An SSCC, (00).
    Sscc,
    /// A GTIN of their own and a serial, (01) and (21).
    Gtin,
}

impl ContainerTemplate {
    /// What identifies its containers.
    pub fn identified_by(&self) -> IdentifiedBy {
        let sscc =
            |barcode: &Barcode<ContainerField>| barcode.fields.contains(&ContainerField::Sscc);
        match self.barcodes.iter().any(sscc) {
            true => IdentifiedBy::Sscc,
            false => IdentifiedBy::Gtin,
        }
    }

    /// The application identifiers of its bar codes, each once, in the order of the template.
    pub fn ais(&self) -> Vec<&'static str> {
        let mut ais = Vec::new();
        for field in self.barcodes.iter().flat_map(|barcode| &barcode.fields) {
            ais.extend(field.ai().filter(|ai| !ais.contains(ai)));
        }
        ais
    }

    /// The elements of each bar code that is printed on this container.
    pub fn bar_codes(&self, data: &ContainerData) -> Vec<Vec<Element>> {
        let all = self.barcodes.iter().map(|barcode| barcode.elements(data));
        all.filter(|elements| !elements.is_empty()).collect()
    }

    /// A plausible container: what templates are judged with.
    pub fn sample(&self) -> ContainerData {
        self.with_lot("LOT2026A", "W3KTQAJMQTX4")
    }

    /// A container with the longest serial and lot that the template promises room for.
    pub fn longest_container(&self) -> ContainerData {
        let [lot, serial] = [self.longest.lot, self.longest.serial]
            .map(|length| super::PackData::roomy(length.into()));
        self.with_lot(&lot, &serial)
    }

    fn with_lot(&self, lot: &str, serial: &str) -> ContainerData {
        let value = |field: ContainerField| match field {
            ContainerField::Sscc => {
                let sscc = Sscc::of_body(39_521_234_000_000_017).expect("it has 17 digits");
                sscc.to_string()
            }
            ContainerField::Gtin => "19521234543210".to_owned(),
            ContainerField::Serial => serial.to_owned(),
            ContainerField::Content => "09521234543213".to_owned(),
            ContainerField::Count => "40".to_owned(),
            ContainerField::Lot => lot.to_owned(),
            ContainerField::Expiry => "271231".to_owned(),
            ContainerField::Level => unreachable!("it has no AI"),
        };
        let wanted = ContainerField::ALL.iter().copied().filter(|field| {
            let has = |barcode: &Barcode<ContainerField>| barcode.fields.contains(field);
            self.barcodes.iter().any(has)
        });
        ContainerData {
            level: "case".to_owned(),
            elements: wanted
                .map(|field| {
                    Element::new(field.ai().expect("it stands in a bar code"), value(field))
                })
                .collect(),
        }
    }
}
