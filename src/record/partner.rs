//! What partners say of our packs, containers and lots: their documents on record, and the claims in them. PURE.
//!
//! A claim is what somebody else says. It never changes what this line recorded; it stands beside it, with who said it,
//! in which document and event. The claims of a document are too many for a record: they stand in tables of their own,
//! and the record that makes them count holds their hash.

use super::{ContainerNo, PackNo};
use crate::gs1::{Gln, Gtin, Lot};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The station's own running number for a partner's document, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct DocumentNo(pub u64);

pub use super::identity::{ClaimsHash, DocumentHash, EventHash};

/// Most things that one part of an event names; an event about more of them comes in several parts.
pub const PART_SUBJECTS_MAX: usize = 500;

macro_rules! said {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// What an event says happened, in the terms that matter for where a thing is and what became of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Said {
            $($(#[$doc])* $name,)*
        }

        impl Said {
            /// All of them.
            pub const ALL: &[Said] = &[$(Said::$name,)*];

            /// Its number in the store; it never changes.
            pub fn code(self) -> u8 {
                match self {
                    $(Said::$name => $code,)*
                }
            }

            /// In words.
            pub fn words(self) -> &'static str {
                match self {
                    $(Said::$name => $words,)*
                }
            }
        }
    };
}

said! {
    /// It left a place.
    Shipped = 1, "shipped";
    /// It arrived at a place.
    Received = 2, "received";
    /// It came back to whoever says so.
    Returned = 3, "returned";
    /// It must not go on.
    Held = 4, "held";
    /// The hold is lifted.
    Released = 5, "released";
    /// It is under recall.
    Recalled = 6, "recalled";
    /// It was put into a container.
    Packed = 7, "packed";
    /// It was taken out of a container.
    Unpacked = 8, "unpacked";
    /// Everything was taken out of it.
    Emptied = 9, "emptied";
    /// It was given to a patient or customer.
    Dispensed = 10, "dispensed";
    /// Its number was taken out of use.
    Decommissioned = 11, "decommissioned";
    /// It was destroyed.
    Destroyed = 12, "destroyed";
    /// It was lost or stolen.
    Lost = 13, "lost";
    /// It was used up: it became something else.
    UsedUp = 14, "used up";
    /// Its number began its life.
    Commissioned = 15, "commissioned";
    /// It was seen; nothing of the above.
    Seen = 16, "seen";
}

impl Said {
    /// The one with this number.
    pub fn of_code(code: u8) -> Option<Said> {
        Said::ALL.iter().copied().find(|said| said.code() == code)
    }

    /// It says where a thing is, or that it is nowhere any more.
    pub fn places(self) -> bool {
        matches!(self, Said::Shipped | Said::Received | Said::Returned) || self.ends()
    }

    /// A life ended.
    pub fn ends(self) -> bool {
        matches!(
            self,
            Said::Dispensed | Said::Decommissioned | Said::Destroyed | Said::Lost | Said::UsedUp
        )
    }
}

/// What contradicts our own records: bits of one number. A claim with one of them moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// By our records it never left, or it is here again.
    pub const NEVER_SHIPPED: Flags = Flags(1);
    /// It is dated before its batch was opened.
    pub const TOO_EARLY: Flags = Flags(2);
    /// By our records its life ended here.
    pub const ENDED_HERE: Flags = Flags(4);
    /// Somebody else says to have begun the life of a number of ours.
    pub const COMMISSIONED_ELSEWHERE: Flags = Flags(8);
    /// By our records it is no good pack: rejected, void, or never seen at the gate.
    pub const NO_GOOD_PACK: Flags = Flags(16);
    /// It went into something that is, then or later, inside of it.
    pub const CIRCLE: Flags = Flags(32);
    /// It is dated to a time at which it was here by our records, and it left later.
    pub const BEFORE_SHIPMENT: Flags = Flags(64);

    const WORDS: [(Flags, &'static str); 7] = [
        (Flags::NEVER_SHIPPED, "it is not away by our records"),
        (Flags::TOO_EARLY, "it is dated before its batch was opened"),
        (Flags::ENDED_HERE, "its life ended here by our records"),
        (
            Flags::COMMISSIONED_ELSEWHERE,
            "somebody else gave out our number",
        ),
        (Flags::NO_GOOD_PACK, "it is no good pack by our records"),
        (
            Flags::CIRCLE,
            "what it went into is, or comes to be, inside of it",
        ),
        (
            Flags::BEFORE_SHIPMENT,
            "it is dated before it was shipped by our records",
        ),
    ];

    /// Nothing is contradicted.
    pub fn none(self) -> bool {
        self.0 == 0
    }

    /// Both.
    pub fn and(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// What is contradicted, in words.
    pub fn words(self) -> Vec<&'static str> {
        let said = Flags::WORDS.iter().filter(|(flag, _)| self.0 & flag.0 != 0);
        said.map(|(_, words)| *words).collect()
    }
}

/// A thing that a claim is about, or that it says it is inside of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// A pack of ours.
    Pack(PackNo),
    /// A container of ours.
    Container(ContainerNo),
    /// Somebody else's container that is said to hold something of ours: its number as a URI.
    Foreign(String),
}

impl Claimed {
    /// As it stands in the text that is hashed.
    fn text(&self) -> String {
        match self {
            Claimed::Pack(pack) => format!("p{}", pack.0),
            Claimed::Container(container) => format!("c{}", container.0),
            Claimed::Foreign(code) => format!("f{code}"),
        }
    }
}

/// A whole lot, or so many of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedLot {
    /// Product.
    pub gtin: Gtin,
    /// Lot.
    pub lot: Lot,
    /// How many or how much, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}

/// What an event says, without what it says it of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The running number of the event in its document, from 1.
    pub event: u64,
    /// Its id; of one without id the hash of its content (CBV 2.0, 8.9).
    pub id: String,
    /// When it happened, as it says: ms since 1970.
    pub utc_ms: i64,
    /// What happened.
    pub said: Said,
    /// It takes back what the event of the same id said before.
    #[serde(default)]
    pub takes_back: bool,
    /// Who says so, or where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Gln>,
    /// Whom or where it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Gln>,
    /// What it was packed into or taken out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Claimed>,
    /// The words of its step and disposition.
    pub words: String,
    /// The hash of all that it says; `None`: it was heard by a release that did not keep this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<EventHash>,
}

/// A part of an event as it goes into the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardPart {
    /// What it says.
    pub claim: Claim,
    /// Of what, each with what is contradicted; at most [`PART_SUBJECTS_MAX`].
    pub subjects: Vec<(Claimed, Flags)>,
    /// Of which lots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<ClaimedLot>,
    /// A part of the same event came before.
    #[serde(default)]
    pub goes_on: bool,
}

/// How much a document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HeardCounts {
    /// Events that were taken.
    pub events: u64,
    /// Claims in them: one a thing or lot.
    pub claims: u64,
    /// Claims that contradict our records.
    pub flagged: u64,
}

/// A piece of staging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Staging {
    /// Clear some of what never counted away.
    Clear,
    /// Begin a document; whatever was staged before and does not count takes nothing more.
    Begin {
        /// SHA-256 of the file.
        content: DocumentHash,
        /// Its name.
        source: String,
    },
    /// The next parts of its events.
    Add {
        /// Which.
        document: DocumentNo,
        /// In order.
        parts: Vec<HeardPart>,
    },
    /// That was all of it.
    Seal {
        /// Which.
        document: DocumentNo,
    },
}

/// What came of a piece of staging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Staged {
    /// The document.
    pub document: DocumentNo,
    /// There is more to clear away.
    pub more: bool,
}

/// What is on record of partners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartnerFact {
    /// What a document says counts from here on.
    Heard {
        /// The station's number for it.
        document: DocumentNo,
        /// SHA-256 of the file.
        content: DocumentHash,
        /// The file's name.
        source: String,
        /// How much it says.
        counts: HeardCounts,
        /// The hash of its claims, see [`ClaimsHasher`].
        claims: ClaimsHash,
    },
    /// A document of ours that a partner's repository refused is sent again, or left out for good.
    CaptureDecided {
        /// The outbox's number for it.
        document: u64,
        /// It is left out.
        skipped: bool,
    },
}

/// The running hash of a document's claims: h(0) is 32 zero bytes, h(n) = SHA-256(h(n-1) text(n)), where the texts are
/// those of each event and then of each of its things and lots, in their order, every field as `length:bytes,`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimsHasher(pub [u8; 32]);

impl ClaimsHasher {
    /// The hash of nothing.
    pub const NEW: ClaimsHasher = ClaimsHasher([0; 32]);

    fn add(&mut self, fields: &[&str]) {
        let mut hasher = Sha256::new_with_prefix(self.0);
        for field in fields {
            hasher.update(format!("{}:", field.len()));
            hasher.update(field);
            hasher.update(",");
        }
        self.0 = hasher.finalize().into();
    }

    /// Adds an event.
    pub fn claim(&mut self, claim: &Claim) {
        let gln = |gln: Option<Gln>| gln.map_or(String::new(), |gln| gln.to_string());
        let holder = claim.holder.as_ref().map_or(String::new(), Claimed::text);
        let mut fields = vec![
            "event".to_owned(),
            claim.event.to_string(),
            claim.id.clone(),
            claim.utc_ms.to_string(),
            claim.said.code().to_string(),
            if claim.takes_back { "back" } else { "" }.to_owned(),
            gln(claim.by),
            gln(claim.to),
            holder,
            claim.words.clone(),
        ];
        // Documents from before it was kept have the hash that they had.
        fields.extend(claim.content.map(|content| content.to_string()));
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.add(&fields);
    }

    /// Adds a thing of the event that was added last.
    pub fn subject(&mut self, subject: &Claimed, flags: Flags) {
        self.add(&["thing", &subject.text(), &flags.0.to_string()]);
    }

    /// Adds a lot of the event that was added last.
    pub fn lot(&mut self, lot: &ClaimedLot) {
        let amount = lot.amount.as_deref().unwrap_or_default();
        self.add(&["lot", lot.gtin.as_str(), lot.lot.as_str(), amount]);
    }

    /// The hash of everything that was added.
    pub fn finish(self) -> ClaimsHash {
        ClaimsHash(self.0)
    }
}
