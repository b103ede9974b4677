//! What a label may say: the fields of packs and of containers, by the names that templates use. PURE.

use std::fmt;

/// What a kind of label may name.
pub trait LabelField: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// What a template says it is for.
    const FOR: &'static str;
    /// Name of its format in a printer: short, since it goes over the wire with every label.
    const FORMAT_NAME: &'static str;
    /// One of them may come without a number: a void label says so where its number would stand.
    const MAY_BE_VOID: bool;
    /// The name in a template.
    fn name(self) -> &'static str;
    /// The application identifier that carries it; `None` where none does.
    fn ai(self) -> Option<&'static str>;
    /// It may stand in a text, not only in a bar code.
    fn stands_in_texts(self) -> bool;
    /// It changes from label to label of one batch.
    fn changes(self) -> bool;
    /// It is the expiry date, which may be written in several forms.
    fn is_date(self) -> bool {
        self.ai() == Some("17")
    }
}

/// What is printed on one label.
pub trait LabelData {
    /// What it may say.
    type Field: LabelField;
    /// The value of a field as it stands in a bar code; `None`: this one has none.
    fn value(&self, field: Self::Field) -> Option<&str>;
}

/// A field of a pack that a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// GTIN, AI (01).
    Gtin,
    /// Serial, AI (21).
    Serial,
    /// Expiry date, AI (17).
    Expiry,
    /// Lot, AI (10).
    Lot,
    /// What belongs to the serial, AI (91).
    Ai91,
    /// The same, AI (92).
    Ai92,
    /// The same, AI (93).
    Ai93,
}

impl Field {
    /// The fields of a [`crate::record::CryptoTail`], in its order.
    pub const TAIL: [Field; 3] = [Field::Ai91, Field::Ai92, Field::Ai93];

    /// The application identifier that carries it.
    pub fn ai(self) -> &'static str {
        match self {
            Field::Gtin => "01",
            Field::Serial => "21",
            Field::Expiry => "17",
            Field::Lot => "10",
            Field::Ai91 => "91",
            Field::Ai92 => "92",
            Field::Ai93 => "93",
        }
    }
}

impl LabelField for Field {
    const ALL: &'static [Field] = &[
        Field::Gtin,
        Field::Serial,
        Field::Expiry,
        Field::Lot,
        Field::Ai91,
        Field::Ai92,
        Field::Ai93,
    ];
    const FOR: &'static str = "pack";
    const FORMAT_NAME: &'static str = "V";
    const MAY_BE_VOID: bool = true;

    fn name(self) -> &'static str {
        match self {
            Field::Gtin => "gtin",
            Field::Serial => "serial",
            Field::Expiry => "expiry",
            Field::Lot => "lot",
            Field::Ai91 => "ai91",
            Field::Ai92 => "ai92",
            Field::Ai93 => "ai93",
        }
    }

    fn ai(self) -> Option<&'static str> {
        Some(Field::ai(self))
    }

    fn stands_in_texts(self) -> bool {
        !Field::TAIL.contains(&self)
    }

    fn changes(self) -> bool {
        self == Field::Serial || Field::TAIL.contains(&self)
    }
}

/// A field of a container that a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContainerField {
    /// The SSCC, AI (00).
    Sscc,
    /// The container's own GTIN, AI (01).
    Gtin,
    /// Its serial, AI (21).
    Serial,
    /// GTIN of the trade items inside, AI (02).
    Content,
    /// How many of them, AI (37).
    Count,
    /// The lot of all that is inside, AI (10).
    Lot,
    /// Its expiry date, AI (17).
    Expiry,
    /// The level's name; in texts only.
    Level,
}

impl LabelField for ContainerField {
    const ALL: &'static [ContainerField] = &[
        ContainerField::Sscc,
        ContainerField::Gtin,
        ContainerField::Serial,
        ContainerField::Content,
        ContainerField::Count,
        ContainerField::Lot,
        ContainerField::Expiry,
        ContainerField::Level,
    ];
    const FOR: &'static str = "container";
    const FORMAT_NAME: &'static str = "C";
    const MAY_BE_VOID: bool = false;

    fn name(self) -> &'static str {
        match self {
            ContainerField::Sscc => "sscc",
            ContainerField::Gtin => "gtin",
            ContainerField::Serial => "serial",
            ContainerField::Content => "content",
            ContainerField::Count => "count",
            ContainerField::Lot => "lot",
            ContainerField::Expiry => "expiry",
            ContainerField::Level => "level",
        }
    }

    fn ai(self) -> Option<&'static str> {
        match self {
            ContainerField::Sscc => Some("00"),
            ContainerField::Gtin => Some("01"),
            ContainerField::Serial => Some("21"),
            ContainerField::Content => Some("02"),
            ContainerField::Count => Some("37"),
            ContainerField::Lot => Some("10"),
            ContainerField::Expiry => Some("17"),
            ContainerField::Level => None,
        }
    }

    fn stands_in_texts(self) -> bool {
        true
    }

    fn changes(self) -> bool {
        true
    }
}
