//! The course of a batch: clearance, opening, first articles, samples, closing. PURE.

use super::{Field, Form, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::lot::Difference;
use crate::record::{CountingOrder, Explanation, NumberSource, TextPolicy};
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{LotCommand, OpeningTerms, OperatorCommand, Right, View};

const PRODUCT: &str = "product";
const LOT: &str = "lot";
const EXPIRY: &str = "expiry";
const TARGET: &str = "good packs";
const GRADE: &str = "lowest grade";
const NUMBERS: &str = "numbers";
const CONTINUES: &str = "lot is";
const LABEL: &str = "packs bear";
const PRODUCED: &str = "made on";
const HIERARCHY: &str = "packing";
const TEXT: &str = "wrong text";
const DECISION: &str = "they are";
const COUNT: &str = "how many";
const WORD: &str = "type close";
/// The word that closes a batch.
const CLOSE_WORD: &str = "close";

const NONE_OPEN: &str = "no batch is open";

fn open(view: &View) -> Result<(), &'static str> {
    view.batch.as_ref().map(drop).ok_or(NONE_OPEN)
}

fn none_open(view: &View) -> Result<(), &'static str> {
    match view.batch {
        None => Ok(()),
        Some(_) => Err("a batch is open: close it first"),
    }
}

const OPENING: FormRow = FormRow {
    kind: FormKind::OpenBatch,
    title: "Open a batch",
    needs_person: true,
    reason: ReasonRule::May,
    counts: Some(CountingOrder::Threshold),
    right: Right::OpenBatch,
    done: "The batch is open. Start the belt at the machine.",
    ready: |view, _| can_be_opened(view),
    says: |_, _| vec![READ_TWICE.to_owned()],
    fields: open_fields,
    wanted: open_wanted,
};

pub(super) static OPEN: FormRow = OPENING;

/// The same, with what is rarely said besides.
pub(super) static OPEN_IN_FULL: FormRow = FormRow {
    kind: FormKind::OpenBatchInFull,
    title: "Open a batch in full",
    fields: |view, screen| {
        let rare = [
            Field::text(PRODUCED, "YYMMDD, when it was made; may be left out"),
            Field::text(
                HIERARCHY,
                "name of the packing, for the record; may be left out",
            ),
            Field::choice(TEXT, texts()),
        ];
        [open_fields(view, screen), rare.to_vec()].concat()
    },
    ..OPENING
};

const READ_TWICE: &str =
    "Lot and expiry are printed on every pack: read them off the order, and read them once more.";

/// What wrong text leads to; first what the station file says, then each policy.
fn texts() -> Vec<String> {
    let policies = TextPolicy::WORDS.iter().map(|word| (*word).to_owned());
    ["as the station file says".to_owned()]
        .into_iter()
        .chain(policies)
        .collect()
}

fn can_be_opened(view: &View) -> Result<(), &'static str> {
    none_open(view)?;
    match view.lot.clearance_wanted {
        true => Err("the line must be cleared first: press l"),
        false => Ok(()),
    }
}

fn open_fields(view: &View, _: &ScreenState) -> Vec<Field> {
    let products = view.products.iter();
    let products = products.map(|one| format!("{} ({})", one.name, one.gtin));
    let words = |of: &[&str]| of.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    vec![
        Field::choice(PRODUCT, products.collect()),
        Field::text(LOT, "1 to 20 characters, as on the order"),
        Field::text(EXPIRY, "YYMMDD; day 00 means the whole month"),
        Field::text(TARGET, "wanted number; may be left out"),
        Field::text(
            GRADE,
            "A to D, 0.0 to 4.0 or none; left out: the station's own",
        ),
        Field::choice(CONTINUES, words(&["new", "continued, with a reason"])),
        Field::choice(LABEL, words(&["a number each", "lot and expiry only"])),
        Field::choice(NUMBERS, words(&["the site's own", "from an imported pool"])),
    ]
}

fn open_wanted(form: &Form, view: &View) -> Result<Wanted, Wrong> {
    let product = view.products.get(form.chosen(PRODUCT));
    let Some(product) = product else {
        let text = "The station file names no product: add a [[product]] to it.";
        return Err(Wrong::new(PRODUCT, text));
    };
    let gtin = product.gtin.parse();
    let command = OperatorCommand::OpenBatch {
        product: product.name.clone(),
        gtin: gtin.map_err(|why| Wrong::new(PRODUCT, why))?,
        lot: form.read(LOT)?,
        expiry: form.read(EXPIRY)?,
        target: form.read_if_any(TARGET).map_err(|wrong| Wrong {
            text: "Type a whole number, or nothing.".to_owned(),
            ..wrong
        })?,
        grade_min: form.read_if_any(GRADE)?,
        text: match form.chosen(TEXT) {
            0 => None,
            _ => Some(form.read(TEXT)?),
        },
        terms: OpeningTerms {
            continues: form.chosen(CONTINUES) == 1,
            lot_only: form.chosen(LABEL) == 1,
            produced: form.read_if_any(PRODUCED)?,
            hierarchy: form.read_if_any(HIERARCHY)?,
        },
        numbers: match form.chosen(NUMBERS) {
            0 => NumberSource::Own,
            _ => NumberSource::Pool,
        },
    };
    Ok(Wanted::Line(command))
}

/// What may be left over of a batch, with the field for its explanation.
const DIFFERENCES: [(Difference, &str); 3] = [
    (Difference::Unknown, "why unknown"),
    (Difference::Removed, "why removed"),
    (Difference::Void, "why void"),
];

pub(super) static CLOSE: FormRow = FormRow {
    kind: FormKind::CloseBatch,
    title: "Close the batch",
    needs_person: true,
    reason: ReasonRule::May,
    counts: Some(CountingOrder::CloseBatch),
    right: Right::CloseBatch,
    done: "The batch is closed.",
    ready: |view, _| open(view),
    says: |view, _| {
        let tally = &view.tally;
        vec![
            format!("Packs: {}", words::packs(tally, "")),
            format!("Numbers: {}", words::all_numbers(tally, "")),
            format!("Books: {}.", words::balance(tally).to_lowercase()),
        ]
    },
    fields: |view, _| {
        let some = DIFFERENCES
            .iter()
            .filter(|(of, _)| of.count(&view.tally) > 0);
        let explained =
            some.map(|(_, name)| Field::text(name, "what became of them; left out: not explained"));
        let word = Field::text(WORD, "the word close, so that no finger slips");
        explained.chain([word]).collect()
    },
    wanted: |form, _| {
        if form.text(WORD) != CLOSE_WORD {
            return Err(Wrong::new(WORD, "Type the word close, then Enter."));
        }
        let explained = DIFFERENCES.iter().filter_map(|(of, name)| {
            let text = form.text(name);
            (!text.is_empty()).then(|| Explanation {
                of: *of,
                text: text.to_owned(),
            })
        });
        let explained: Vec<Explanation> = explained.collect();
        Ok(Wanted::Line(match explained.is_empty() {
            true => OperatorCommand::CloseBatch,
            false => OperatorCommand::Lot(LotCommand::CloseExplained(explained)),
        }))
    },
};

pub(super) static CLEAR: FormRow = FormRow {
    kind: FormKind::ClearLine,
    title: "Line clearance",
    needs_person: true,
    reason: ReasonRule::None,
    counts: None,
    right: Right::Lot,
    done: "The line is recorded as clear. The next batch may be opened.",
    ready: |view, _| none_open(view),
    says: |_, _| {
        vec![
            "Walk the line: no pack, label, leaflet or carton of the former product is left, in no bin and under no \
             cover."
                .to_owned(),
        ]
    },
    fields: |_, _| {
        vec![Field::text(
            WORD_CLEAR,
            "the word clear, when you have looked",
        )]
    },
    wanted: |form, _| match form.text(WORD_CLEAR) {
        "clear" => Ok(Wanted::Line(OperatorCommand::Lot(LotCommand::ClearLine))),
        _ => Err(Wrong::new(WORD_CLEAR, "Type the word clear, then Enter.")),
    },
};

const WORD_CLEAR: &str = "type clear";

pub(super) static FIRST_ARTICLES: FormRow = FormRow {
    kind: FormKind::FirstArticles,
    title: "First articles",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::FirstArticles,
    done: "Decided. Start the belt at the machine.",
    ready: |view, _| match view.lot.first_articles {
        None => Err("no first articles wait"),
        Some(first) if !first.waiting => Err("they have not all left the belt"),
        Some(_) => Ok(()),
    },
    says: |view, _| {
        let taken = view.lot.first_articles.map_or(0, |first| first.taken);
        vec![format!(
            "Look at the {taken} packs in the reject bin: text, position, symbol. Refused ones need a reason, and as \
             many new ones are taken."
        )]
    },
    fields: |_, _| {
        let of = ["accepted", "refused"].map(str::to_owned);
        vec![Field::choice(DECISION, of.to_vec())]
    },
    wanted: |form, _| {
        Ok(Wanted::Line(OperatorCommand::Lot(
            match form.chosen(DECISION) {
                0 => LotCommand::AcceptFirstArticles,
                _ => LotCommand::RefuseFirstArticles,
            },
        )))
    },
};

pub(super) static SAMPLES: FormRow = FormRow {
    kind: FormKind::Samples,
    title: "Take samples",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Lot,
    done: "Ordered: the next good packs go into the reject bin, counted as samples.",
    ready: |view, _| open(view),
    says: |_, _| {
        vec![
            "The next good packs are diverted into the reject bin and counted as samples."
                .to_owned(),
        ]
    },
    fields: |_, _| vec![Field::filled(COUNT, "packs", "1")],
    wanted: |form, _| {
        let count = form.read(COUNT).map_err(|wrong: Wrong| Wrong {
            text: "Type a whole number, at least 1.".to_owned(),
            ..wrong
        })?;
        Ok(Wanted::Line(OperatorCommand::Lot(
            LotCommand::TakeSamples { count },
        )))
    },
};
