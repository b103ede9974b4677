//! Orders on their way to the line: what only the station file and the label can judge is judged here.

use super::label_orders::Asked;
use super::packing::Waiting;
use super::reception::{Order, Wish};
use super::run::{Loop, today};
use crate::gs1::{Day, Expiry, Gtin};
use crate::line::{Event, ReplyTo};
use crate::record::people::misleads;
use crate::record::{Actor, NumberSource};
use crate::wire::{LotCommand, OperatorCommand, PackagingOrder};
use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, TryRecvError, sync_channel};
use std::time::Instant;

/// Most orders that may wait for their answer; whoever waits longest is then told that nothing was confirmed. More than
/// sixteen can only be orders whose clients have given up.
pub const ORDERS_WAITING_MAX: usize = 256;
/// Longest name, reason or product name of an order, in bytes.
pub const ORDER_TEXT_MAX: usize = 4_096;

/// Where the answer goes when nobody waits for one.
pub(super) const NOBODY: ReplyTo = ReplyTo(0);

/// What must be known of an order that was carried out, as sentences; mostly nothing.
pub type Told = Vec<String>;
/// What came of an order: it is on disk, or a sentence says why nothing was done.
pub type Done = Result<Told, String>;

/// Where an answer goes, and what goes with it.
#[derive(Debug)]
struct Answer {
    to: SyncSender<Done>,
    told: Told,
}

/// Orders that wait for their answer.
#[derive(Debug, Default)]
pub struct Answers {
    waiting: BTreeMap<ReplyTo, Answer>,
    last: u64,
}

impl Answers {
    /// Keeps where an answer goes, under a new number.
    pub fn expect(&mut self, to: SyncSender<Done>, told: Told) -> ReplyTo {
        self.last += 1;
        let reply = ReplyTo(self.last);
        self.waiting.insert(reply, Answer { to, told });
        if self.waiting.len() > ORDERS_WAITING_MAX
            && let Some((_, oldest)) = self.waiting.pop_first()
        {
            let text =
                "The disk does not keep up: look at the station's state before trying again.";
            let _ = oldest.to.try_send(Err(text.to_owned())); // the client went away
        }
        reply
    }

    /// Gives an answer to whoever waits for it.
    pub fn give(&mut self, reply: ReplyTo, answer: Result<(), String>) {
        if let Some(Answer { to, told }) = self.waiting.remove(&reply) {
            let _ = to.try_send(answer.map(|()| told)); // the client went away
        }
    }
}

/// What is said of a GTIN that the station file does not name.
pub(super) fn no_product(gtin: Gtin) -> String {
    format!(
        "GTIN {gtin} is none of this station's products: add it to the station file, then start the station again."
    )
}

/// Why an order with these words is not taken.
fn unfit(by: &Actor, reason: Option<&str>, wish: &Wish) -> Option<String> {
    let by = match by {
        Actor::Person(name) | Actor::Named(name) => name.as_str(),
        Actor::Station | Actor::Machine => "",
    };
    let mut texts = vec![("The name", by), ("The reason", reason.unwrap_or_default())];
    match wish {
        Wish::Line(OperatorCommand::OpenBatch { product, .. }) => {
            texts.push(("The product's name", product));
        }
        Wish::Line(OperatorCommand::Lot(LotCommand::CloseExplained(explained))) => {
            texts.extend(
                explained
                    .iter()
                    .map(|one| ("An explanation", one.text.as_str())),
            );
        }
        Wish::Packaging(PackagingOrder::Travel { documents, .. }) => {
            texts.extend(
                documents
                    .iter()
                    .map(|text| ("The name of a document", text.as_str())),
            );
        }
        _ => {}
    }
    unfit_words(&texts)
}

/// Why words for the records are not taken: too long, or with characters that nobody can see and that terminals obey.
pub(super) fn unfit_words(texts: &[(&str, &str)]) -> Option<String> {
    texts.iter().find_map(|(what, text)| {
        if text.len() > ORDER_TEXT_MAX {
            let bytes = text.len();
            return Some(format!(
                "{what} has {bytes} bytes: it has {ORDER_TEXT_MAX} at most, make it shorter."
            ));
        }
        let unfit = |c: char| c.is_control() || misleads(c);
        let (at, control) = text.chars().enumerate().find(|(_, c)| unfit(*c))?;
        Some(format!(
            "{what} has a control character (U+{:04X}) at place {}: write it on one line, of characters that can be \
             seen.",
            u32::from(control),
            at + 1
        ))
    })
}

/// Why nothing may be packed with this expiry date; there is no way round it.
fn expired(expiry: Expiry, today: Day) -> Option<String> {
    expiry.is_over(today).then(|| {
        let (year, month, day) = expiry.last_day(today.0);
        let (now_year, now_month, now_day) = today;
        format!(
            "The expiry date {expiry} is over: its last day was {year}-{month:02}-{day:02}, and today is \
             {now_year}-{now_month:02}-{now_day:02}. Check the date on the order; if it is right, this lot must not be \
             packed. If today is wrong, set the clock of this machine."
        )
    })
}

impl Loop {
    /// Passes an order on to the line, or says why it cannot be carried out.
    pub(super) fn order(&mut self, order: Order) -> Option<Event> {
        let Order {
            by,
            signature,
            reason,
            wish,
            answer,
        } = order;
        let hindrance = unfit(&by, reason.as_deref(), &wish).or_else(|| self.hindrance(&wish));
        if let Some(text) = hindrance {
            let _ = answer.map(|answer| answer.try_send(Err(text))); // the client went away
            return None;
        }
        match wish {
            Wish::Packaging(order) => {
                self.packing.take(Waiting {
                    by,
                    signature,
                    reason,
                    point: None,
                    order,
                    answer,
                    since: Instant::now(),
                });
                None
            }
            Wish::Line(OperatorCommand::Label(command)) => {
                let asked = Asked {
                    by,
                    signature,
                    reason,
                    answer,
                };
                self.label_order(asked, command)
            }
            Wish::Line(command) => {
                let told = self.told_of(&command);
                let reply = answer.map(|to| self.floor.answers.expect(to, told));
                Some(Event::Operator {
                    by,
                    signature,
                    reason,
                    command,
                    reply: reply.unwrap_or(NOBODY),
                })
            }
            Wish::People {
                fact,
                secret,
                replaces,
            } => {
                let reply = answer.map(|to| self.floor.answers.expect(to, Told::new()));
                self.floor.secrets.extend(secret);
                Some(Event::People {
                    by,
                    signature,
                    reason,
                    change: (fact, replaces),
                    reply,
                })
            }
        }
    }

    /// A label that the line wants is ordered like any other, by the station itself; what came of the one before.
    pub(super) fn label_heard(&mut self) -> Option<Event> {
        if let Some(code) = self.floor.label_wanted.take() {
            let (answer, heard) = sync_channel(1);
            self.label_judged = Some(heard);
            self.packing.take(Waiting {
                by: Actor::Station,
                signature: None,
                reason: None,
                point: None,
                order: PackagingOrder::Label {
                    container: code.to_string(),
                },
                answer: Some(answer),
                since: Instant::now(),
            });
        }
        let done = match self.label_judged.as_ref()?.try_recv() {
            Ok(done) => done.map(drop),
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err("nobody answered".to_owned()),
        };
        self.label_judged = None;
        Some(Event::LabelJudged(done))
    }

    /// The next order about containers, judged; it opens the turn, so that nothing of the line comes between.
    pub(super) fn packaged(&mut self) -> Option<Event> {
        for (level, template, ais) in std::mem::take(&mut self.floor.level_labels) {
            self.packing.use_template(level, template, ais);
        }
        let on_disk = self.desk.line().packaging_on_disk();
        let (order, judged) = self.packing.judge(on_disk)?;
        let Waiting {
            by,
            signature,
            reason,
            point,
            answer,
            ..
        } = order;
        let reply = answer.map(|to| self.floor.answers.expect(to, judged.told));
        Some(Event::Packaged {
            by,
            signature,
            reason,
            point,
            facts: judged.facts,
            full: judged.full,
            reply: reply.unwrap_or(NOBODY),
        })
    }

    fn hindrance(&self, wish: &Wish) -> Option<String> {
        let Wish::Line(command) = wish else {
            return None;
        };
        if let OperatorCommand::Device { device, .. } = command {
            return self.floor.exchanges.knows(device).err();
        }
        if let OperatorCommand::OpenBatch { gtin, .. } | OperatorCommand::ExportNumbers { gtin, .. } =
            command
            && !self.products.contains(gtin)
        {
            return Some(no_product(*gtin));
        }
        let OperatorCommand::OpenBatch {
            gtin,
            lot,
            expiry,
            numbers,
            terms,
            ..
        } = command
        else {
            return None;
        };
        if let Some(text) = expired(*expiry, today()) {
            return Some(text);
        }
        let labels = self.desk.labels();
        let lot_only = terms.lot_only;
        let judge = |longest| labels.hindrance(*gtin, lot, *expiry, lot_only, longest);
        let mut pools = self.desk.line().numbers().pools_of(*gtin);
        match numbers {
            NumberSource::Own => judge(None),
            NumberSource::Pool => pools.find_map(|pool| judge(Some(pool.longest))),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn of_too_many_orders_the_oldest_is_told_and_the_newest_still_gets_its_answer() {
        let mut answers = Answers::default();
        let (oldest, heard_oldest) = sync_channel(1);
        let first = answers.expect(oldest, Told::new());
        for _ in 1..ORDERS_WAITING_MAX {
            answers.expect(sync_channel(1).0, Told::new());
        }
        assert!(heard_oldest.try_recv().is_err(), "it waits");
        let (newest, heard_newest) = sync_channel(1);
        let last = answers.expect(newest, Told::new());
        assert!(heard_oldest.recv().is_ok_and(|answer| answer.is_err()));
        assert_eq!(answers.waiting.len(), ORDERS_WAITING_MAX);
        answers.give(first, Ok(()));
        answers.give(last, Ok(()));
        assert_eq!(heard_newest.recv(), Ok(Ok(Told::new())));
    }

    #[test]
    fn words_without_end_are_refused_before_they_reach_the_records() {
        let long = "x".repeat(ORDER_TEXT_MAX + 1);
        let most = &long[1..];
        let named = |name: &str| Actor::Named(name.to_owned());
        let stop = Wish::Line(OperatorCommand::Stop);
        assert_eq!(unfit(&named(most), Some(most), &stop), None);
        let name = unfit(&named(&long), None, &stop);
        assert!(name.is_some_and(|why| why.starts_with("The name has 4097 bytes")));
        let reason = unfit(&named("M.Kowal"), Some(&long), &stop);
        assert!(reason.is_some_and(|why| why.starts_with("The reason")));
        let open = OperatorCommand::OpenBatch {
            product: long,
            gtin: "09506000134352".parse().expect("a GTIN"),
            lot: "L1".parse().expect("a lot"),
            expiry: "291231".parse().expect("a date"),
            target: None,
            grade_min: None,
            text: None,
            terms: crate::wire::OpeningTerms::default(),
            numbers: Default::default(),
        };
        let product = unfit(&named("M.Kowal"), None, &Wish::Line(open));
        assert!(product.is_some_and(|why| why.starts_with("The product's name")));
    }

    #[test]
    fn words_that_a_terminal_would_obey_are_refused() {
        let named = |name: &str| Actor::Named(name.to_owned());
        let stop = Wish::Line(OperatorCommand::Stop);
        for (name, reason, what) in [
            ("M\u{1b}[2JKowal", None, "The name"),
            ("M.Kowal", Some("jam\nM.Kowal signed"), "The reason"),
            ("M.Kowal", Some("\u{9b}31m"), "The reason"),
        ] {
            let why = unfit(&named(name), reason, &stop).expect(what);
            assert!(
                why.starts_with(what) && !why.contains(char::is_control),
                "{why}"
            );
        }
        let ship = Wish::Packaging(PackagingOrder::Travel {
            step: crate::record::Step::Shipped,
            units: vec!["]d2010950600013435221A\u{1d}".to_owned()],
            lots: Vec::new(),
            partner: None,
            documents: vec!["note\u{7}".to_owned()],
            told_utc_ms: None,
        });
        let why = unfit(&named("M.Kowal"), Some("Grüße, 1 Stück"), &ship);
        assert!(why.is_some_and(|why| why.starts_with("The name of a document")));
    }

    #[test]
    fn what_has_expired_is_never_packed() {
        let on = |expiry: &str, today| expired(expiry.parse().expect("a date"), today);
        assert_eq!(on("281231", (2028, 12, 31)), None, "its last day");
        let why = on("281231", (2029, 1, 1)).expect("it is over");
        assert!(
            why.contains("2028-12-31") && why.contains("2029-01-01"),
            "{why}"
        );
        assert_eq!(on("280200", (2028, 2, 29)), None, "the whole month");
        assert!(on("280200", (2028, 3, 1)).is_some());
        // The century is that of the nearest year of this name.
        assert_eq!(on("010131", (2099, 6, 1)), None);
        assert!(on("990131", (2026, 6, 1)).is_some(), "1999");
        assert_eq!(on("760131", (2026, 6, 1)), None, "2076");
    }
}
