//! All forms, one row each. PURE.

use super::{
    Field, Form, Wanted, Wrong, alarms, batch, component, containers, devices, enrol, labels,
    people,
};
use crate::record::CountingOrder;
use crate::tui::state::ScreenState;
use crate::wire::{Right, View};

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormKind {
    /// Open a session; whoever had one before goes.
    SignIn,
    /// End the session.
    SignOut,
    /// Choose one's own secret.
    ChooseSecret,
    /// Open a batch.
    OpenBatch,
    /// Open one, with all that can be said of it.
    OpenBatchInFull,
    /// Close it.
    CloseBatch,
    /// Confirm that the line is clear.
    ClearLine,
    /// Accept or refuse the first articles.
    FirstArticles,
    /// Order samples.
    Samples,
    /// A lot of what goes into the packs or onto them.
    Component,
    /// Put something into a container.
    Put,
    /// Close a container.
    CloseContainer,
    /// Print a container's label again.
    ContainerLabel,
    /// End a unit's life.
    End,
    /// Put an alarm aside for a time.
    Shelve,
    /// Put it back.
    Unshelve,
    /// Build a device's link again.
    Reconnect,
    /// Print a test label.
    TestPrint,
    /// Take a test picture.
    TestShot,
    /// Take one after the other.
    SetUp,
    /// End that.
    EndSetUp,
    /// Bring another label template into force.
    Swap,
    /// Bring back the one before.
    RollBack,
    /// Enrol somebody.
    Enrol,
    /// Give somebody other roles.
    Roles,
    /// Give somebody another one-time secret.
    OneTimeSecret,
    /// Take all rights from somebody.
    Disable,
    /// Give them back, and end a lock.
    Enable,
}

/// Whether a form has a field for the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonRule {
    /// It has none.
    None,
    /// It has one, which may be left empty.
    May,
    /// It has one, which must be filled in.
    Must,
}

/// One row of the table.
pub struct FormRow {
    /// Which.
    pub kind: FormKind,
    /// Its heading.
    pub title: &'static str,
    /// Where names are not believed, somebody must be signed in before it opens.
    pub needs_person: bool,
    /// It has a field for the reason.
    pub reason: ReasonRule,
    /// What its order may count as; it can be signed then, where names are not believed.
    pub counts: Option<CountingOrder>,
    /// The right that its order needs; there may be orders of it that need more, and then it says so.
    pub right: Right,
    /// What is said when it was done.
    pub done: &'static str,
    /// `Err` with the reason when it cannot be opened now.
    pub ready: fn(&View, &ScreenState) -> Result<(), &'static str>,
    /// What it says of what follows, as sentences.
    pub says: fn(&View, &ScreenState) -> Vec<String>,
    /// Its own fields.
    pub fields: fn(&View, &ScreenState) -> Vec<Field>,
    /// What it asks of the station.
    pub wanted: fn(&Form, &View) -> Result<Wanted, Wrong>,
}

/// All forms.
pub static FORMS: &[&FormRow] = &[
    &people::SIGN_IN,
    &people::SIGN_OUT,
    &people::CHOOSE_SECRET,
    &batch::OPEN,
    &batch::OPEN_IN_FULL,
    &batch::CLOSE,
    &batch::CLEAR,
    &batch::FIRST_ARTICLES,
    &batch::SAMPLES,
    &component::COMPONENT,
    &containers::PUT,
    &containers::CLOSE,
    &containers::LABEL,
    &containers::END,
    &alarms::SHELVE,
    &alarms::UNSHELVE,
    &devices::RECONNECT,
    &devices::TEST_PRINT,
    &devices::TEST_SHOT,
    &devices::SET_UP,
    &devices::END_SET_UP,
    &labels::SWAP,
    &labels::ROLL_BACK,
    &enrol::ENROL,
    &enrol::ROLES,
    &enrol::ONE_TIME_SECRET,
    &enrol::DISABLE,
    &enrol::ENABLE,
];

impl FormKind {
    /// Its row of the table.
    pub fn row(self) -> &'static FormRow {
        let row = FORMS.iter().find(|row| row.kind == self);
        row.expect("every form has its row")
    }
}
