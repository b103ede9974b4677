//! The life of what was scanned or typed: where it stands, and everything that happened to it, the oldest first. PURE.

use super::{deeds, list};
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use crate::wire::look::LifeSight;

pub(super) fn draw(pen: &mut Pen<'_>, state: &ScreenState) {
    let body = list::body(pen);
    if state.look.words.trim().is_empty() {
        let hint = "Scan a pack, a case or a pallet; or press / and type a code, an SSCC, a serial or a lot.";
        list::paragraphs(pen, body, &[("", hint.to_owned())], state);
        return;
    }
    let Some(Sight::Life(life)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    let of = words::seen(&life.of);
    pen.field(2, body.start, pen.width() - 3, &of, state.theme.strong());
    // What it stands under is worth more than half of its records, but not all of them.
    let most = match pen.width() >= 60 {
        true => (body.end.saturating_sub(body.start) / 2).saturating_sub(2),
        false => 1,
    };
    let stands = stands(life, most == 1);
    let row = list::paragraphs(pen, body.start + 1..body.start + 1 + most, &stands, state);
    let first = life.seen.saturating_add(1);
    let last = life.seen.saturating_add(life.deeds.len() as u64);
    let heading = match life.all {
        0 => "Nothing is on record of it".to_owned(),
        all => format!("What happened, {first} to {last} of {all}"),
    };
    pen.heading(0..pen.width(), row, &heading, state.theme.rule());
    deeds::draw(pen, row + 1..body.end, &life.deeds, state);
}

/// Where it stands; where there is room for one line only, what must not be overlooked comes first.
fn stands(life: &LifeSight, short: bool) -> Vec<(&str, String)> {
    let grave = |name: &str| matches!(name, "held" | "recalled" | "ended");
    let mut stands: Vec<(&str, String)> = (life.stands.iter())
        .map(|(name, text)| (name.as_str(), words::seen(text)))
        .collect();
    stands.sort_by_key(|(name, _)| !grave(name));
    stands.truncate(if short { 1 } else { stands.len() });
    stands
}
