//! What rules can ask for: the fields of each subject, with the kind of their values. PURE.
//!
//! This table is the vocabulary of rule files; `vidimus completeness --fields` prints it. A field that is not here is
//! not kept here: a rule that wants it says `not_kept`, and is named as such in every answer.

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The store as a whole.
    Ledger,
    /// The lot, of one product.
    Lot,
    /// Each batch of the lot.
    Batch,
    /// Each use of a component's lot in a batch.
    Component,
    /// Each pack of the lot.
    Pack,
    /// Each container that packs of the lot are in, at any level.
    Container,
    /// Each shipment that packs of the lot were in.
    Shipment,
}

impl Subject {
    /// All of them, in the order in which answers tell of them.
    pub const ALL: [Subject; 7] = [
        Subject::Ledger,
        Subject::Lot,
        Subject::Batch,
        Subject::Component,
        Subject::Pack,
        Subject::Container,
        Subject::Shipment,
    ];

    /// Its word in rule files.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Ledger => "ledger",
            Subject::Lot => "lot",
            Subject::Batch => "batch",
            Subject::Component => "component",
            Subject::Pack => "pack",
            Subject::Container => "container",
            Subject::Shipment => "shipment",
        }
    }

    /// The subject of this word.
    pub fn of(name: &str) -> Option<Subject> {
        Subject::ALL
            .into_iter()
            .find(|subject| subject.name() == name)
    }

    /// Its fields.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Subject::Ledger => LEDGER,
            Subject::Lot => LOT,
            Subject::Batch => BATCH,
            Subject::Component => COMPONENT,
            Subject::Pack => PACK,
            Subject::Container => CONTAINER,
            Subject::Shipment => SHIPMENT,
        }
    }

    /// The field of this name.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number.
    Number,
    /// Yes or no.
    Flag,
}

impl Kind {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Kind::Text => "text".to_owned(),
            Kind::Word(words) => words.join(" | "),
            Kind::Number => "number".to_owned(),
            Kind::Flag => "yes | no".to_owned(),
        }
    }
}

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in rule files.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

const fn field(name: &'static str, kind: Kind, meaning: &'static str) -> Field {
    Field {
        name,
        kind,
        meaning,
    }
}

use Kind::{Flag, Number, Text, Word};

const LEDGER: &[Field] = &[
    field(
        "chain",
        Flag,
        "the hash chain over all records holds from the first to the last; all of it is followed",
    ),
    field(
        "sign_in",
        Word(&["required", "names-only"]),
        "whether people prove who they are",
    ),
    field("records", Number, "records"),
];

const LOT: &[Field] = &[
    field("gtin", Text, "product"),
    field("lot", Text, "lot"),
    field("batches", Number, "batches"),
    field(
        "expiry_dates",
        Number,
        "different expiry dates of its batches",
    ),
    field("good", Number, "good packs"),
    field("shipments", Number, "shipments that its packs were in"),
    field("held", Flag, "it is held"),
    field("recalled", Flag, "it is recalled"),
];

const BATCH: &[Field] = &[
    field("product", Text, "product name"),
    field("gtin", Text, "product"),
    field("lot", Text, "lot"),
    field("expiry", Text, "expiry date, YYMMDD"),
    field("produced", Text, "production date, YYMMDD"),
    field("template", Text, "SHA-256 of the label template"),
    field("hierarchy", Text, "name of the packaging hierarchy"),
    field("target", Number, "quantity wanted"),
    field("closed", Flag, "it is closed"),
    field("lot_only", Flag, "its packs carry no serials"),
    field(
        "numbers",
        Word(&["own", "pool", "none"]),
        "where its numbers come from",
    ),
    field(
        "guess_one_in",
        Number,
        "one guess in so many hits a number of the product; of own numbers only",
    ),
    field(
        "grade_min",
        Number,
        "the lowest grade that passed, 0.0 to 4.0; absent: none was demanded",
    ),
    field(
        "text",
        Word(&["off", "warn", "reject"]),
        "what wrong human-readable text led to",
    ),
    field("printer", Text, "the printer that printed its labels"),
    field("opened_by", Text, "who opened it"),
    field(
        "opened_by_proved",
        Flag,
        "who opened it proved it with a secret",
    ),
    field(
        "line_cleared",
        Flag,
        "a person confirmed before it that the line was clear",
    ),
    field(
        "first_articles_wanted",
        Number,
        "first articles that it demanded",
    ),
    field(
        "first_articles_accepted",
        Flag,
        "a person accepted first articles",
    ),
    field("samples", Number, "samples taken at the line"),
    field("signatures", Number, "signatures on its records"),
    field(
        "closing_reviewed",
        Flag,
        "its closing is signed as reviewed or approved",
    ),
    field(
        "closing_approved",
        Flag,
        "its closing is signed as approved",
    ),
    field("good", Number, "good packs"),
    field("unknown", Number, "packs whose fate nobody can say"),
    field("in_line", Number, "packs between detection and gate"),
    field(
        "unexplained",
        Number,
        "packs and numbers left over beyond what it permits, without an explanation",
    ),
    field("bulk", Number, "lots of bulk linked"),
    field("labels", Number, "lots of blank labels linked"),
    field("ribbon", Number, "lots of ribbon linked"),
    field("ink", Number, "lots of ink linked"),
    field("carton", Number, "lots of folding boxes linked"),
    field("leaflet", Number, "lots of leaflets linked"),
    field("foil", Number, "lots of foil linked"),
    field("primary", Number, "lots of bottles, blisters, tubes linked"),
    field("other", Number, "lots of anything else linked"),
];

/// Words of [`crate::record::ComponentKind`].
const COMPONENT_KINDS: &[&str] = &[
    "bulk",
    "labels",
    "ribbon",
    "ink",
    "carton",
    "leaflet",
    "foil",
    "container",
    "other",
];

const COMPONENT: &[Field] = &[
    field("kind", Word(COMPONENT_KINDS), "what it is"),
    field("lot", Text, "its supplier’s lot"),
    field("name", Text, "its name"),
    field("supplier", Text, "who supplied it"),
    field("expiry", Text, "its expiry date, YYMMDD"),
];

/// What a pack can be.
pub const PACK_STATES: &[&str] = &[
    "active",
    "void",
    "rejected",
    "sampled-at-line",
    "removed",
    "unknown",
    "in-line",
    "sampled",
    "damaged",
    "destroyed",
    "decommissioned",
    "reworked",
    "dispensed",
    "lost",
];

const PACK: &[Field] = &[
    field(
        "state",
        Word(PACK_STATES),
        "what it is; active: good, and its life has not ended",
    ),
    field(
        "good",
        Flag,
        "it went to the good bin and its number is not void, whatever became of it",
    ),
    field("serial", Text, "its serial number"),
    field("serial_length", Number, "characters of its serial number"),
    field(
        "serial_alphanumeric",
        Flag,
        "its serial number has letters and digits only",
    ),
    field(
        "verified",
        Flag,
        "its verdict is a pass: read, and equal to what was printed",
    ),
    field(
        "grade",
        Number,
        "overall grade of its symbol, 0.0 to 4.0; absent: not graded, or of a picture that lost detail",
    ),
    field(
        "text",
        Word(&["sound", "wrong", "not-checked"]),
        "its human-readable text",
    ),
    field("container", Text, "code of the container it is in"),
    field("away", Flag, "it left for a partner and did not come back"),
    field("partner", Text, "GLN of the partner of its last step"),
    field("held", Flag, "it is held"),
    field("recalled", Flag, "it is recalled"),
    field("bulk", Flag, "a lot of bulk is linked that covers it"),
    field(
        "labels",
        Flag,
        "a lot of blank labels is linked that covers it",
    ),
    field("ribbon", Flag, "a lot of ribbon is linked that covers it"),
    field("ink", Flag, "a lot of ink is linked that covers it"),
    field(
        "carton",
        Flag,
        "a lot of folding boxes is linked that covers it",
    ),
    field(
        "leaflet",
        Flag,
        "a lot of leaflets is linked that covers it",
    ),
    field("foil", Flag, "a lot of foil is linked that covers it"),
    field(
        "primary",
        Flag,
        "a lot of bottles, blisters or tubes is linked that covers it",
    ),
    field(
        "other",
        Flag,
        "a lot of anything else is linked that covers it",
    ),
];

const CONTAINER: &[Field] = &[
    field("name", Text, "name of its level"),
    field("level", Number, "its level: 1 holds packs"),
    field("code", Text, "what its label says it is"),
    field(
        "code_length",
        Number,
        "characters of the number on its label",
    ),
    field(
        "number",
        Word(&["sscc", "sgtin"]),
        "what kind of number it has",
    ),
    field(
        "state",
        Word(&[
            "open",
            "closed",
            "changed",
            "disaggregated",
            "sampled",
            "damaged",
            "destroyed",
            "decommissioned",
            "reworked",
            "dispensed",
            "lost",
        ]),
        "what it is",
    ),
    field(
        "label_read",
        Flag,
        "its label was read when it was closed last",
    ),
    field("partial", Flag, "it was closed with fewer than it holds"),
    field("mixed", Flag, "it holds packs of several lots"),
    field("units", Number, "units directly inside"),
    field("away", Flag, "it left for a partner and did not come back"),
    field("partner", Text, "GLN of the partner of its last step"),
];

const SHIPMENT: &[Field] = &[
    field("partner", Text, "GLN of who it went to"),
    field(
        "documents",
        Number,
        "delivery notes, orders and such that are named",
    ),
    field("by", Text, "who said so"),
    field("by_proved", Flag, "who said so proved it with a secret"),
];
/// What may have been meant by a name that is none of these, as the end of a sentence; nothing where nothing is near.
pub fn near<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    // The distance costs length × length: what is longer than any name is nobody's slip.
    let near = known
        .filter(|_| name.len() <= 64)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    near.map_or_else(String::new, |(_, near)| format!("; was {near} meant?"))
}
