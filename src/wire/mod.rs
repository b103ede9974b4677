//! What screens and scripts see and may say, as versioned JSON lines over the station's Unix socket. PURE.
//!
//! One [`Request`] a line in, one [`Reply`] a line out with the same `id`. `Ask::Watch` is answered
//! by a `View` now and again whenever the view changed (at most ten times a second) until the
//! connection closes.

pub mod alarm;
mod counting;
pub mod label;
pub mod look;
pub mod lot;
pub mod packaging;
pub mod partner;
pub mod past;
pub mod people;
pub mod rejects;
pub mod rights;
pub mod scan;
pub mod view;

pub use alarm::{AlarmRates, FloodView, Priority, SHELVE_MINUTES_MAX, ShelvedView};
pub use label::LabelCommand;
pub use look::{Question, Sight};
pub use lot::{FirstArticlesView, LotCommand, LotView, OpeningTerms};
pub use packaging::PackagingOrder;
pub use partner::PartnerOrder;
pub use people::{PeopleCommand, PersonView, Proof, Second, Secret, Standing};
pub use rights::{Holders, Right};
pub use scan::{Found, ScannerSettings};
pub use view::*;

use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::partner::{Staged, Staging};
use crate::record::{DeviceOrder, GradeMin, NumberSource, PoolNo, Roles, TextPolicy, Token};
use serde::{Deserialize, Serialize};

/// Version of these types. A station answers another version with [`Answer::Refused`].
pub const VERSION: u16 = 1;

/// Longest line either side accepts, in bytes.
pub const LINE_MAX: usize = 256 * 1024;

/// One line from a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`VERSION`].
    pub v: u16,
    /// Chosen by the client; comes back in the reply.
    pub id: u64,
    /// What is asked.
    pub ask: Ask,
}

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// The view, once.
    View,
    /// The view, now and whenever it changed.
    Watch,
    /// A person does something.
    Do {
        /// Who, by name.
        by: String,
        /// What proves it; needed for everything but stopping where the station file says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
        /// Why; needed where the command says so.
        reason: Option<String>,
        /// What.
        command: OperatorCommand,
    },
    /// Who is enrolled.
    People,
    /// A person changes who is enrolled, or the own secret.
    Manage {
        /// Who, by name.
        by: String,
        /// What proves it.
        proof: Option<Proof>,
        /// Why.
        reason: Option<String>,
        /// What.
        command: PeopleCommand,
    },
    /// A person does something with containers or with what is on its way.
    Pack {
        /// Who, by name.
        by: String,
        /// What proves it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
        /// Why; needed where the order says so.
        reason: Option<String>,
        /// What.
        order: PackagingOrder,
    },
    /// A person stages a piece of a partner's document; nothing of it counts before [`PartnerOrder::Hear`].
    Stage {
        /// Who, by name.
        by: String,
        /// What proves it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
        /// What.
        staging: Staging,
    },
    /// How the hand scanner in front of a screen is set. An older station refuses the question.
    Scanner,
    /// What a scan names, and where it stands. Looking needs no rights.
    Find {
        /// What was scanned, in any GS1 form; a scanner's text may come without its symbology identifier.
        scan: String,
    },
    /// What a place of the screen shows besides the view. Looking needs no rights. An older station refuses it.
    Look(Question),
    /// Opens a session: its token then stands for the secret until it has not been used for a while.
    SignIn {
        /// Who, by name.
        by: String,
        /// The secret.
        secret: Secret,
    },
    /// Ends a session.
    SignOut {
        /// Its token.
        session: Secret,
    },
}

/// What a person may do. Resuming from a screen only withdraws the station's own stop; motion is
/// started at the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OperatorCommand {
    /// Open a batch.
    OpenBatch {
        /// Product name for people.
        product: String,
        /// GTIN.
        gtin: Gtin,
        /// Lot.
        lot: Lot,
        /// Expiry date.
        expiry: Expiry,
        /// Wanted number of good packs.
        target: Option<u64>,
        /// The lowest grade that passes, as text (`"1.5"`, `"C"`, `"none"`); left out: the station file's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grade_min: Option<GradeMin>,
        /// `off`, `warn` or `reject`: what wrong text leads to; left out: the station file's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<TextPolicy>,
        /// What it says of its lot.
        #[serde(default, skip_serializing_if = "OpeningTerms::are_none")]
        terms: OpeningTerms,
        /// `own` or `pool`: where its numbers come from; left out: the site's own.
        #[serde(default, skip_serializing_if = "NumberSource::is_own")]
        numbers: NumberSource,
    },
    /// Close the open batch; refused while packs are in line, and where something is left over that must be explained.
    CloseBatch,
    /// Something about lots or the course of a batch.
    Lot(LotCommand),
    /// Something about label templates.
    Label(LabelCommand),
    /// Stop the line.
    Stop,
    /// Withdraw the station's stop, after the state was read again.
    Resume,
    /// Reject the next pack.
    RejectNext,
    /// Put printer and packs in step: stop, clear, read back, void, purge.
    Resynchronise,
    /// Acknowledge an alarm by its code.
    Acknowledge {
        /// The code.
        alarm: String,
    },
    /// Put an alarm aside for a time, wherever it stands or comes again meanwhile; needs a reason. It does to the line
    /// what it does.
    Shelve {
        /// The code.
        alarm: String,
        /// For how long, 1 to [`SHELVE_MINUTES_MAX`].
        minutes: u16,
    },
    /// Put a shelved alarm back into its place.
    Unshelve {
        /// The code.
        alarm: String,
    },
    /// Sign a record that is on disk; the proof must be a signature.
    Sign {
        /// Its sequence number.
        record: u64,
    },
    /// Hand out a block of own numbers; the same token gets the same block again.
    ExportNumbers {
        /// The request's name.
        token: Token,
        /// Of this product.
        gtin: Gtin,
        /// How many.
        count: u64,
    },
    /// Take back what is outside of a block that was handed out; none of it is ever used.
    ReturnNumbers {
        /// The request's name.
        token: Token,
    },
    /// Give what is left of a pool back to whoever supplied it.
    ReturnPool {
        /// Which.
        pool: PoolNo,
    },
    /// Something of a device: a link built again, a test print, a test picture.
    Device {
        /// Its name in the view.
        device: String,
        /// What.
        order: DeviceOrder,
    },
    /// End the station in order: the gate stays on reject.
    Shutdown,
}

/// One line from the station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// [`VERSION`].
    pub v: u16,
    /// The request's id; 0 for a line that could not be understood.
    pub id: u64,
    /// The answer.
    pub answer: Answer,
}

/// What the station answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The view.
    View(Box<View>),
    /// Done, and on disk.
    Done,
    /// Done, and on disk; what must be known of it, as sentences.
    Told(Vec<String>),
    /// That piece is staged.
    Staged(Staged),
    /// How the hand scanner is set.
    Scanner(ScannerSettings),
    /// What a scan is.
    Found(Box<Found>),
    /// What was asked for to be looked at.
    Seen(Box<Sight>),
    /// Who is enrolled, by name.
    People(Vec<PersonView>),
    /// Done, and on disk: this one-time secret is shown now and never again.
    OneTimeSecret(Secret),
    /// A session is open.
    SignedIn {
        /// Its token.
        session: Secret,
        /// What the person is.
        roles: Roles,
        /// It ends when it was not used for so long, in seconds.
        idle_s: u64,
    },
    /// Not done.
    Refused {
        /// What happened and what to do next, as a sentence.
        text: String,
    },
}
