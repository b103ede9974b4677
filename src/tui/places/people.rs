//! Who is enrolled, as what, and whose name takes no secret; of the chosen one what that means. PURE.

use super::list;
use crate::record::{Role, SignIn};
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{PersonView, Sight, Standing, View};
use ratatui::style::Style;

/// Columns of a name.
const NAME: u16 = 24;
/// Columns of a name where there is little room.
const NAME_SMALL: u16 = 15;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    if view.sign_in == SignIn::NamesOnly {
        let text = "This station believes names: nobody is enrolled, and nothing can be signed.";
        list::paragraphs(pen, body, &[("people", text.to_owned())], state);
        return;
    }
    let Some(Sight::People(people)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    let (rows, about) = list::shared(body, people.len());
    list::rows(pen, rows, people, state, |pen, row, person| {
        one(pen, row, person, state);
    });
    let Some(chosen) = chosen(state) else {
        return;
    };
    let name = words::seen(chosen.name.as_str());
    let rule = state.theme.rule();
    pen.heading(0..pen.width(), about.start, &AsIs(&name), rule);
    let mut told = vec![
        ("is", words::seen(&chosen.roles.to_string())),
        ("stands", meaning(chosen.standing).to_owned()),
    ];
    if is_unclaimed(people) {
        told.push(("first start", FIRST_START.to_owned()));
    }
    list::paragraphs(pen, about.start + 1..about.end, &told, state);
}

/// The station's first start made somebody, and nobody has chosen a secret since.
fn is_unclaimed(people: &[PersonView]) -> bool {
    let administrator = |one: &PersonView| one.roles.any_of(&[Role::Administrator]);
    matches!(people, [only] if administrator(only) && only.standing == Standing::OneTimeSecret)
}

/// What is to be done then.
const FIRST_START: &str = "Nobody has this station in hand yet. Its first start printed a one-time secret, once: press \
                           n, type administrator, that secret and one of your own. There is no other way in.";

/// The chosen person.
pub fn chosen(state: &ScreenState) -> Option<&PersonView> {
    let Some(Sight::People(people)) = state.look.sight() else {
        return None;
    };
    let last = people.len().checked_sub(1)?;
    people.get(state.chosen.min(last))
}

/// How a person stands, in a word or a few.
fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::OneTimeSecret => "one-time secret",
        Standing::Locked => "LOCKED",
        Standing::Disabled => "disabled",
    }
}

/// What that means, and what to do.
fn meaning(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "Active: signs in with the own secret.",
        Standing::OneTimeSecret => {
            "Must choose an own secret first: n, with the one-time secret. Is that lost, s gives another."
        }
        Standing::Locked => {
            "Locked after wrong secrets, for a quarter of an hour. Ask the person; u ends the lock."
        }
        Standing::Disabled => {
            "Disabled: may do nothing. The name stays taken; u gives the rights back."
        }
    }
}

fn one(pen: &mut Pen<'_>, row: u16, person: &PersonView, state: &ScreenState) {
    let style = match person.standing {
        Standing::Active => Style::new(),
        Standing::Locked => state.theme.wrong(),
        Standing::OneTimeSecret | Standing::Disabled => state.theme.faint(),
    };
    let wide = pen.width() >= 60;
    let name = if wide { NAME } else { NAME_SMALL };
    let called = words::seen(person.name.as_str());
    pen.field(2, row, name, &AsIs(&called), style);
    pen.field(3 + name, row, 16, standing(person.standing), style);
    if wide {
        let room = pen.width().saturating_sub(name + 22);
        let roles = words::seen(&person.roles.to_string());
        pen.field(21 + name, row, room, &roles, Style::new());
    }
}
