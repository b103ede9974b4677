//! Label templates in a world: somebody brings another one, one that is not sound, or goes back. PURE.

use super::life::World;
use super::settings;
use super::trouble::Trouble;
use crate::line::{Event, LabelOrder, ReplyTo};
use crate::record::{Actor, LabelSlot, LabelText};
use crate::station::desk::Desk;
use crate::station::label_judge::{identifiers, judge_packs, longest};

/// Where two pieces of a template change places; the elements stand in another order in the symbol then.
const SWAPPED: [(&str, &str); 2] = [
    ("\"17\", \"10\"", "\"10\", \"17\""),
    ("value = \"EXP {expiry}\"", "value = \"LOT {lot}\""),
];

/// What a symbol's modules measure, and what they must not: the symbol lies over its text then.
const UNSOUND: (&str, &str) = ("module_mm = 0.5", "module_mm = 0.9");

/// A template that says the same at other places.
fn other(text: &str) -> String {
    SWAPPED.iter().fold(text.to_owned(), |text, (one, two)| {
        let held = text.replace(one, "\u{0}");
        held.replace(two, one).replace('\u{0}', two)
    })
}

impl World {
    /// Somebody may do something with the label template. This has a chance of its own: a world in which it never
    /// happens is as it would be if nobody could.
    pub(super) fn perhaps_change_label(&mut self) {
        if self.desk.is_none() {
            return;
        }
        let mut plant = self.plant.borrow_mut();
        let changes = self
            .label_random
            .chance(plant.troubles.rate(Trouble::LabelChange));
        let struck = plant.struck(Trouble::LabelChange, changes);
        drop(plant);
        if struck {
            self.trace_faults();
            self.change_label();
        }
    }

    fn change_label(&mut self) {
        let Some(desk) = &self.desk else { return };
        let file = settings::label(&self.config);
        let standing = desk.line().labels().of(LabelSlot::Packs);
        let trial = standing.is_some_and(|standing| standing.trial.is_some());
        let before = standing.and_then(|standing| standing.former.last().cloned());
        let order = match (self.label_random.below(6), before) {
            (0, _) if trial => LabelOrder::GiveUp,
            (0 | 1, Some(before)) => judged(desk, LabelText::clone(&before), true),
            (2, _) => {
                let text = file.text.replace(UNSOUND.0, UNSOUND.1);
                judged(desk, LabelText::new("unsound", text), false)
            }
            (3, _) => judged(desk, file, false),
            _ => judged(desk, LabelText::new("other", other(&file.text)), false),
        };
        self.note("people", || format!("wants another label: {order:?}"));
        self.own.push(Event::LabelOrdered {
            by: Actor::Named("technician".to_owned()),
            signature: None,
            reason: Some("what the world wanted".to_owned()),
            order,
            reply: ReplyTo(0),
        });
    }
}

/// As the station judges it.
fn judged(desk: &Desk, label: LabelText, rollback: bool) -> LabelOrder {
    let (labels, batch) = (desk.labels(), desk.line().batch());
    let former = identifiers(labels.template());
    let judged = labels
        .of_other(&label.text)
        .and_then(|other| judge_packs(other, &former, batch, &longest(desk.line())));
    LabelOrder::Activate {
        slot: LabelSlot::Packs,
        label,
        rollback,
        batch: batch.map(|batch| batch.no),
        judged,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{Template, built_in_text};

    #[test]
    fn the_other_label_says_the_same_in_another_order() {
        for name in ["pharma-pack", "lot-pack"] {
            let text = built_in_text(name).expect("it is built in");
            let (one, two) = (Template::parse(text), Template::parse(&other(text)));
            let ais = |template: Template| identifiers(&template);
            let (one, two) = (ais(one.expect("sound")), ais(two.expect("sound")));
            assert_ne!(one, two);
            let sorted = |mut ais: Vec<String>| {
                ais.sort();
                ais
            };
            assert_eq!(sorted(one), sorted(two));
            assert!(text.contains(UNSOUND.0));
            assert_eq!(other(&other(text)), text);
        }
    }
}
