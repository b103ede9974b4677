//! What is wrong with a document or an event: the rule, the place, a sentence. PURE.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident => $code:literal,)*) => {
        /// The rules that documents and events are held to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All of them.
            pub const ALL: &[Rule] = &[$(Rule::$name,)*];

            /// The name that programs know it by; it never changes.
            pub fn code(self) -> &'static str {
                match self {
                    $(Rule::$name => $code,)*
                }
            }
        }
    };
}

rules! {
    /// A document says what it is, which version it follows and when it was made; in JSON it names its context.
    Document => "document",
    /// An event has one of the five types of EPCIS, or a type with a namespace.
    EventType => "event_type",
    /// What an event of its type needs is there.
    MissingField => "missing_field",
    /// A field stands once.
    RepeatedField => "repeated_field",
    /// Fields of an event are those of its type; everything else has a namespace.
    UnknownField => "unknown_field",
    /// A prefix is declared.
    UnknownPrefix => "unknown_prefix",
    /// In XML, elements stand in the order of the schema.
    FieldOrder => "field_order",
    /// A field holds what its type asks for.
    BadValue => "bad_value",
    /// Times are RFC 3339 with a zone.
    BadTime => "bad_time",
    /// The action is ADD, OBSERVE or DELETE.
    BadAction => "bad_action",
    /// A step, disposition or type is a word of the CBV or a URI of one's own.
    UnknownWord => "unknown_word",
    /// A word is written as its syntax wants it: bare in JSON.
    WordForm => "word_form",
    /// An identifier is a URI, and one of GS1 has the right digits.
    BadIdentifier => "bad_identifier",
    /// Master data of instance or lot comes with the beginning of life only: action ADD.
    IlmdWithoutAdd => "ilmd_without_add",
    /// An aggregation names its parent.
    NoParent => "no_parent",
    /// An identifier stands once in a list.
    RepeatedEpc => "repeated_epc",
    /// An event id stands for one event.
    EventIdTwice => "event_id_twice",
    /// Nothing happens to a number before it is commissioned.
    NotCommissioned => "not_commissioned",
    /// A number is commissioned once.
    CommissionedTwice => "commissioned_twice",
    /// Nothing happens to a number after it is decommissioned.
    Decommissioned => "decommissioned",
    /// A thing moves by unpacking and packing.
    AlreadyPacked => "already_packed",
    /// Only what was packed is unpacked, and from where it is.
    NotPacked => "not_packed",
    /// Nothing contains itself, or stands deeper in others than any packaging goes.
    Cycle => "cycle",
    /// More numbers than are kept in mind: the rules about what happened before say nothing any more.
    TooManyNumbers => "too_many_numbers",
}

/// A breach of a rule with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The running number of the event in its document, from 1; 0 for the document as a whole.
    pub event: u64,
    /// The line the event begins in, from 1.
    pub line: u64,
    /// What is wrong and what is wanted.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            0 => write!(f, "line {}: ", self.line)?,
            event => write!(f, "line {}, event {event}: ", self.line)?,
        }
        write!(f, "{} [{}]", self.text, self.rule.code())
    }
}

/// Where a finding belongs: event and line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct At {
    /// The running number of the event, from 1; 0 for the document.
    pub event: u64,
    /// The line it begins in, from 1.
    pub line: u64,
}

/// Findings of one event that are kept in words; more of them tell nothing new.
pub const FINDINGS_PER_EVENT_MAX: usize = 50;

/// Findings in the making.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) place: At,
    pub(super) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn of(place: At) -> Findings {
        Findings {
            place,
            list: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, rule: Rule, text: impl Into<String>) {
        if self.list.len() < FINDINGS_PER_EVENT_MAX {
            let At { event, line } = self.place;
            let text = text.into();
            self.list.push(Finding {
                rule,
                event,
                line,
                text,
            });
        }
    }
}

/// A text from outside as it is shown: short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let mut short: String = text
        .chars()
        .take(SHOWN_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        short.push('…');
    }
    short
}
