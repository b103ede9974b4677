//! Enrolling people: who they are, as what, with which one-time secret, and whether they may work. PURE.

use super::people::asks_for_secrets;
use super::{Field, Form, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::{PersonName, Role, Roles};
use crate::tui::places::people::chosen;
use crate::tui::state::ScreenState;
use crate::wire::{PeopleCommand, Right, View};

const NAME: &str = "name";
/// What is said of a one-time secret before it is given.
const ONE_TIME: &str = "The station draws a one-time secret and shows it here, once. It is good for choosing an own \
                        one, with n, and for nothing else.";

fn enrols(view: &View, _: &ScreenState) -> Result<(), &'static str> {
    asks_for_secrets(view)
}

fn has_chosen(view: &View, screen: &ScreenState) -> Result<(), &'static str> {
    asks_for_secrets(view)?;
    chosen(screen).map(drop).ok_or("nobody is chosen")
}

/// The chosen person, as a field that says who it is.
fn whom(screen: &ScreenState) -> Field {
    let name = chosen(screen).map(|person| person.name.to_string());
    Field::choice(NAME, name.into_iter().collect())
}

/// One field a role: a person may have several.
fn roles_fields(had: Option<&Roles>) -> Vec<Field> {
    let field = |role: Role| {
        let has = had.is_some_and(|had| had.any_of(&[role]));
        Field::yes_no(role.name(), has)
    };
    Role::ALL.map(field).to_vec()
}

fn name_in(form: &Form) -> Result<PersonName, Wrong> {
    form.read(NAME)
}

fn roles_in(form: &Form) -> Result<Roles, Wrong> {
    let chosen = Role::ALL
        .into_iter()
        .filter(|role| form.chosen(role.name()) == 1);
    let roles: Roles = chosen.collect();
    match roles.is_empty() {
        true => Err(Wrong::new(
            Role::ALL[0].name(),
            "A person needs at least one role: Right says yes.",
        )),
        false => Ok(roles),
    }
}

fn manage(command: PeopleCommand) -> Result<Wanted, Wrong> {
    let name = None;
    Ok(Wanted::Manage { name, command })
}

pub(super) static ENROL: FormRow = FormRow {
    kind: FormKind::Enrol,
    title: "Enrol somebody",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::People,
    done: "Enrolled.",
    ready: enrols,
    says: |_, _| vec![ONE_TIME.to_owned()],
    fields: |_, _| {
        let name = Field::text(
            NAME,
            "as it is to stand on record; it is never anybody else's",
        );
        [vec![name], roles_fields(None)].concat()
    },
    wanted: |form, _| {
        let (name, roles) = (name_in(form)?, roles_in(form)?);
        manage(PeopleCommand::Add { name, roles })
    },
};

pub(super) static ROLES: FormRow = FormRow {
    kind: FormKind::Roles,
    title: "Other roles",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::People,
    done: "The roles are changed, from the next order on.",
    ready: has_chosen,
    says: |_, _| vec!["README says which role may what, under \"Who says so\".".to_owned()],
    fields: |_, screen| {
        let had = chosen(screen).map(|person| &person.roles);
        [vec![whom(screen)], roles_fields(had)].concat()
    },
    wanted: |form, _| {
        let (name, roles) = (name_in(form)?, roles_in(form)?);
        manage(PeopleCommand::SetRoles { name, roles })
    },
};

pub(super) static ONE_TIME_SECRET: FormRow = FormRow {
    kind: FormKind::OneTimeSecret,
    title: "Another one-time secret",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::People,
    done: "There is a new one-time secret.",
    ready: has_chosen,
    says: |_, _| {
        let text = "The secret that holds today is gone with it, a lock too, and the person is signed out.";
        vec![ONE_TIME.to_owned(), text.to_owned()]
    },
    fields: |_, screen| vec![whom(screen)],
    wanted: |form, _| {
        let name = name_in(form)?;
        manage(PeopleCommand::ResetSecret { name })
    },
};

pub(super) static DISABLE: FormRow = FormRow {
    kind: FormKind::Disable,
    title: "May do nothing any more",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::People,
    done: "Disabled. The name stays taken.",
    ready: has_chosen,
    says: |_, _| {
        let text = "For whoever leaves. The person is signed out, the name stays on record and is never given to \
                    another one.";
        vec![text.to_owned()]
    },
    fields: |_, screen| vec![whom(screen)],
    wanted: |form, _| {
        let name = name_in(form)?;
        manage(PeopleCommand::Disable { name })
    },
};

pub(super) static ENABLE: FormRow = FormRow {
    kind: FormKind::Enable,
    title: "May work again",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::People,
    done: "Enabled: the own secret holds again.",
    ready: has_chosen,
    says: |_, _| {
        let text = "Ends a lock after wrong secrets, and gives a disabled person the rights back. Ask the person first \
                    whether the wrong secrets were their own.";
        vec![text.to_owned()]
    },
    fields: |_, screen| vec![whom(screen)],
    wanted: |form, _| {
        let name = name_in(form)?;
        manage(PeopleCommand::Enable { name })
    },
};
