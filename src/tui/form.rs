//! Forms: what a person fills in before an order is given. A few fields one under the other, the reason where one is
//! wanted, and the signature where the order counts. PURE.
//!
//! [`FORMS`] is the one table: each row says what its form is for, when it can be opened, which fields it has and which
//! order they make. Nothing that was typed is lost when the station refuses: the form stays as it is and says why.

mod alarms;
mod batch;
mod component;
mod containers;
mod devices;
mod draw;
mod enrol;
mod field;
mod labels;
mod people;
mod table;

pub(super) use draw::draw;
pub use field::{CHARACTERS_MAX, Field, Value};
pub use table::{FORMS, FormKind, FormRow, ReasonRule};

use super::keyboard::Pasted;
use super::keys::Press;
use super::state::ScreenState;
use crate::record::{CountingOrder, Meaning, SignIn, Signers, SigningRules};
use crate::wire::{Holders, OperatorCommand, PackagingOrder, PeopleCommand, Second, Secret, View};
use std::fmt;

/// What a form asks of the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// An order to the line.
    Line(OperatorCommand),
    /// An order about containers.
    Pack(PackagingOrder),
    /// Something about who is enrolled, or the own secret.
    Manage {
        /// Who asks; `None`: whoever is signed in.
        name: Option<String>,
        /// What.
        command: PeopleCommand,
    },
    /// A session for this person.
    SignIn {
        /// Who.
        name: String,
        /// The secret.
        secret: Secret,
    },
    /// The end of the session.
    SignOut,
}

/// A person signs with this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The secret, again.
    pub secret: Secret,
    /// What the signature means; `None`: only the secret is wanted again.
    pub meaning: Option<Meaning>,
    /// Whoever signs besides.
    pub second: Option<Second>,
}

/// An order that was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub wanted: Wanted,
    /// Why.
    pub reason: Option<String>,
    /// The signature under it; left out: the session proves who it is.
    pub signing: Option<Signing>,
    /// What is said when it was done.
    pub done: &'static str,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The name of its field.
    pub field: &'static str,
    /// What is wrong and what to type instead, as a sentence.
    pub text: String,
}

impl Wrong {
    /// Something is wrong with this field.
    pub fn new(field: &'static str, text: impl fmt::Display) -> Wrong {
        let text = text.to_string();
        Wrong { field, text }
    }
}

/// A form that is being filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Which.
    pub kind: FormKind,
    /// Whose order it is, where the station does not believe names.
    pub holders: Option<Holders>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The field that is being filled in.
    pub at: usize,
    /// What is wrong, or why the station refused.
    pub wrong: Option<String>,
    /// The station was asked and has not answered.
    pub asked: bool,
}

/// The name of the field for the reason.
pub const REASON: &str = "reason";
/// The name of the field for the secret that signs.
pub const SECRET: &str = "your secret";
/// The name of the field for the meaning of the signature.
pub const MEANING: &str = "signed as";
/// The name of the field for a second person.
pub const SECOND: &str = "second person";
/// The name of the field for that person's secret.
pub const SECOND_SECRET: &str = "that secret";
/// The name of the field for the meaning of that person's signature.
pub const SECOND_MEANING: &str = "signs as";

/// What came of a key in a form.
#[derive(Debug, PartialEq, Eq)]
pub enum Filled {
    /// It is still being filled in.
    Open,
    /// It is closed, and nothing is done.
    Closed,
    /// It is filled in: this is to be done.
    Order(Box<Order>),
}

/// Whether this form can be opened now.
///
/// # Errors
/// Why not.
pub fn can_open(
    kind: FormKind,
    view: Option<&View>,
    screen: &ScreenState,
) -> Result<(), &'static str> {
    let view = super::able::live(view, screen)?;
    let row = kind.row();
    if lacks_person(kind, Some(view), screen) {
        return Err("nobody is signed in: press i");
    }
    (row.ready)(view, screen)
}

/// A form of this kind needs somebody, and nobody is signed in.
pub fn lacks_person(kind: FormKind, view: Option<&View>, screen: &ScreenState) -> bool {
    let asks_who =
        super::able::live(view, screen).is_ok_and(|view| view.sign_in == SignIn::Required);
    asks_who && kind.row().needs_person && !screen.signed_in
}

/// The form to sign in with, opened in place of one that needs somebody; it says which key to press after it.
pub fn sign_in_first(key: &str, view: &View, screen: &ScreenState) -> Form {
    Form {
        wrong: Some(format!(
            "Nobody is signed in: sign in, then press {key} again."
        )),
        ..opened(FormKind::SignIn, view, screen)
    }
}

/// An empty form, with what the view already tells filled in.
pub fn opened(kind: FormKind, view: &View, screen: &ScreenState) -> Form {
    let row = kind.row();
    let mut fields = (row.fields)(view, screen);
    match row.reason {
        ReasonRule::None => {}
        ReasonRule::May => fields.push(Field::text(REASON, "may be left out")),
        ReasonRule::Must => fields.push(Field::text(REASON, "why, for the audit trail")),
    }
    let asks_who = view.sign_in == SignIn::Required;
    if let Some(counts) = row.counts.filter(|_| asks_who) {
        fields.extend(signature_fields(counts, &view.signing));
    }
    Form {
        kind,
        holders: asks_who.then(|| row.right.row().holders),
        fields,
        at: 0,
        wrong: None,
        asked: false,
    }
}

/// The fields for a signature under what counts as this, and for a second one where two persons sign.
fn signature_fields(counts: CountingOrder, rules: &SigningRules) -> Vec<Field> {
    let meanings =
        |name| Field::choice(name, Meaning::ALL.map(|one| one.name().to_owned()).to_vec());
    let signers = rules.signers(counts);
    let secret = match (signers >= Signers::One, counts) {
        (true, CountingOrder::Threshold) => "again, where another lowest grade is to be signed",
        (true, _) => "again: it signs the order",
        (false, _) => "again, to sign the order; may be left out",
    };
    let secret = Field::secret(SECRET, secret);
    let mut fields = vec![secret, meanings(MEANING)];
    if signers == Signers::Two {
        fields.push(Field::text(SECOND, "who has looked at this with you"));
        fields.push(Field::secret(
            SECOND_SECRET,
            "of the second person, who types it",
        ));
        fields.push(meanings(SECOND_MEANING));
    }
    fields
}

/// What an order counts as.
fn counts_as(wanted: &Wanted) -> Option<CountingOrder> {
    match wanted {
        Wanted::Line(command) => command.counts_as(),
        Wanted::Pack(order) => order.counts_as(),
        Wanted::Manage { .. } | Wanted::SignIn { .. } | Wanted::SignOut => None,
    }
}

impl Form {
    /// The field of this name, if the form has it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What stands in the field of this name, without blanks around it; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.field(name).map_or("", Field::text_in)
    }

    /// What stands there, read as what it is to be.
    ///
    /// # Errors
    /// It cannot be read, with the reason.
    pub fn read<T: std::str::FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<T, Wrong> {
        let read = self.text(name).parse();
        read.map_err(|why| Wrong::new(name, why))
    }

    /// The same, or nothing where the field is empty.
    ///
    /// # Errors
    /// As [`Form::read`].
    pub fn read_if_any<T: std::str::FromStr<Err: fmt::Display>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, Wrong> {
        match self.text(name) {
            "" => Ok(None),
            _ => self.read(name).map(Some),
        }
    }

    /// The place of the choice in the field of this name; 0 where there is none.
    pub fn chosen(&self, name: &str) -> usize {
        self.field(name).map_or(0, Field::chosen)
    }

    /// A scanner typed this; whether the field takes scans.
    pub fn scanned(&mut self, scan: &str) -> bool {
        let field = self.fields.get_mut(self.at);
        let takes = !self.asked && field.as_ref().is_some_and(|field| field.takes_scans);
        if let Some(field) = field.filter(|_| takes) {
            field.fill(scan);
        }
        takes
    }

    /// This was pasted into the field that is being filled in. Nothing in it presses a key.
    pub fn pasted(&mut self, pasted: &Pasted) {
        let field = self.fields.get_mut(self.at).filter(|_| !self.asked);
        if let Some(field) = field {
            self.wrong = field.paste(pasted).err();
        }
    }

    /// A key was pressed. Esc always closes; while the station has not answered nothing else does anything.
    pub fn press(&mut self, press: Press, view: Option<&View>) -> Filled {
        if press == Press::Esc {
            return Filled::Closed;
        }
        if self.asked {
            return Filled::Open;
        }
        let last = self.fields.len().saturating_sub(1);
        match press {
            Press::Up => self.at = self.at.saturating_sub(1),
            Press::Down | Press::Tab => self.at = (self.at + 1).min(last),
            Press::Enter if self.at < last => match self.wrong_here(view) {
                None => self.at += 1,
                wrong => self.wrong = wrong,
            },
            Press::Enter => return self.done(view),
            press => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.press(press);
                    self.wrong = None;
                }
            }
        }
        Filled::Open
    }

    /// What is wrong with what stands in the field that is left, where something does and what came before it is right.
    fn wrong_here(&self, view: Option<&View>) -> Option<String> {
        let field = self.fields.get(self.at)?;
        let wrong = (self.kind.row().wanted)(self, view?).err()?;
        (wrong.field == field.name && !field.text_in().is_empty()).then_some(wrong.text)
    }

    /// The last field was left with Enter.
    fn done(&mut self, view: Option<&View>) -> Filled {
        let Some(view) = view else {
            self.wrong = Some("No station answers: wait until it does.".to_owned());
            return Filled::Open;
        };
        match self.order(view) {
            Ok(order) => {
                (self.asked, self.wrong) = (true, None);
                Filled::Order(Box::new(order))
            }
            Err(wrong) => {
                let at = self.fields.iter().position(|one| one.name == wrong.field);
                self.at = at.unwrap_or(self.at);
                self.wrong = Some(wrong.text);
                Filled::Open
            }
        }
    }

    fn order(&self, view: &View) -> Result<Order, Wrong> {
        let row = self.kind.row();
        let wanted = (row.wanted)(self, view)?;
        let reason = match (row.reason, self.text(REASON)) {
            (ReasonRule::Must, "") => {
                return Err(Wrong::new(REASON, "Say why: it goes into the audit trail."));
            }
            (_, "") => None,
            (_, why) => Some(why.to_owned()),
        };
        Ok(Order {
            signing: self.signing(&wanted, &view.signing)?,
            wanted,
            reason,
            done: row.done,
        })
    }

    /// The signature, as far as one was given or is demanded.
    fn signing(&self, wanted: &Wanted, rules: &SigningRules) -> Result<Option<Signing>, Wrong> {
        let Some(field) = self.field(SECRET) else {
            return Ok(None);
        };
        let counts = counts_as(wanted);
        let signers = counts.map_or(Signers::Nobody, |counts| rules.signers(counts));
        let meaning = self
            .field(MEANING)
            .map(|field| Meaning::ALL[field.chosen()]);
        if field.text_in().is_empty() {
            let text = "Type your secret again: it signs the order.";
            return match signers >= Signers::One || meaning.is_none() {
                true => Err(Wrong::new(SECRET, text)),
                false => Ok(None),
            };
        }
        let second = match signers {
            Signers::Two => Some(self.second()?),
            Signers::Nobody | Signers::One => None,
        };
        Ok(Some(Signing {
            secret: Secret::new(field.text_in().to_owned()),
            meaning,
            second,
        }))
    }

    fn second(&self) -> Result<Second, Wrong> {
        for (name, text) in [
            (
                SECOND,
                "Two persons sign this here: type the second one's name.",
            ),
            (SECOND_SECRET, "The second person types the own secret."),
        ] {
            if self.text(name).is_empty() {
                return Err(Wrong::new(name, text));
            }
        }
        Ok(Second {
            by: self.text(SECOND).to_owned(),
            meaning: Meaning::ALL[self.chosen(SECOND_MEANING)],
            secret: Secret::new(self.text(SECOND_SECRET).to_owned()),
        })
    }

    /// The station refused: the form stays, and only secrets are to be typed again.
    pub fn refused(&mut self, why: String) {
        (self.asked, self.wrong) = (false, Some(why));
        let typed = |field: &Field| field.is_secret() && !field.text_in().is_empty();
        self.at = self.fields.iter().position(typed).unwrap_or(self.at);
        self.fields.iter_mut().for_each(Field::forget_secret);
    }
}
