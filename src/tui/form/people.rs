//! Signing in and out, and one's own secret. PURE.

use super::{Field, FormKind, FormRow, ReasonRule, SECRET, Wanted, Wrong};
use crate::record::SignIn;
use crate::wire::{PeopleCommand, Right, Secret, View};

const NAME: &str = "name";
const SECRET_OF: &str = "secret";
const NEW: &str = "new secret";
const AGAIN: &str = "once more";

const BELIEVED: &str = "this station believes names; nobody signs in";

pub(super) static SIGN_IN: FormRow = FormRow {
    kind: FormKind::SignIn,
    title: "Sign in",
    needs_person: false,
    reason: ReasonRule::None,
    counts: None,
    right: Right::OwnSecret,
    done: "Signed in.",
    ready: |view, _| asks_for_secrets(view),
    says: |_, screen| match screen.signed_in {
        true => vec![format!(
            "{} is signed in and will be signed out. The line is not concerned.",
            screen.operator
        )],
        false => vec!["With your name and secret, as you are enrolled.".to_owned()],
    },
    fields: |_, _| {
        vec![
            Field::text(NAME, "as you are enrolled"),
            Field::secret(SECRET_OF, "yours; nobody else needs it"),
        ]
    },
    wanted: |form, _| {
        let name = form.text(NAME).to_owned();
        if name.is_empty() {
            return Err(Wrong::new(NAME, "Type your name, as you are enrolled."));
        }
        let secret = Secret::new(form.text(SECRET_OF).to_owned());
        Ok(Wanted::SignIn { name, secret })
    },
};

pub(super) static SIGN_OUT: FormRow = FormRow {
    kind: FormKind::SignOut,
    title: "Sign out",
    needs_person: false,
    reason: ReasonRule::None,
    counts: None,
    right: Right::OwnSecret,
    done: "Signed out. Anybody may look, stop the line and reject.",
    ready: |_, screen| match screen.signed_in {
        true => Ok(()),
        false => Err("nobody is signed in"),
    },
    says: |_, screen| vec![format!("Sign {} out? The line runs on.", screen.operator)],
    fields: |_, _| Vec::new(),
    wanted: |_, _| Ok(Wanted::SignOut),
};

pub(super) static CHOOSE_SECRET: FormRow = FormRow {
    kind: FormKind::ChooseSecret,
    title: "Choose your own secret",
    needs_person: false,
    reason: ReasonRule::None,
    counts: None,
    right: Right::OwnSecret,
    done: "Your secret is changed. Sign in with it from here on.",
    ready: |view, _| asks_for_secrets(view),
    says: |_, _| {
        vec![
            "A one-time secret is exchanged here for one of your own, before the first order."
                .to_owned(),
        ]
    },
    // Whoever is signed in may have let another one to the keys.
    fields: |_, _| {
        vec![
            Field::text(NAME, "as you are enrolled"),
            Field::secret(SECRET, "one-time, or the one that holds today"),
            Field::secret(NEW, "8 characters or more, and yours alone"),
            Field::secret(AGAIN, "the new one once more"),
        ]
    },
    wanted: |form, _| {
        let text = |name| form.field(name).map_or("", Field::text_in);
        if form.text(NAME).is_empty() {
            return Err(Wrong::new(NAME, "Type your name, as you are enrolled."));
        }
        let new = Secret::new(text(NEW).to_owned());
        let old = Secret::new(text(SECRET).to_owned());
        new.may_be_chosen(text(NAME), &old)
            .map_err(|why| Wrong::new(NEW, why))?;
        if text(NEW) != text(AGAIN) {
            let text = "The two differ: type the new secret once more.";
            return Err(Wrong::new(AGAIN, text));
        }
        Ok(Wanted::Manage {
            name: Some(form.text(NAME).to_owned()),
            command: PeopleCommand::ChooseSecret { new },
        })
    },
};

pub(super) fn asks_for_secrets(view: &View) -> Result<(), &'static str> {
    match view.sign_in {
        SignIn::Required => Ok(()),
        SignIn::NamesOnly => Err(BELIEVED),
    }
}
