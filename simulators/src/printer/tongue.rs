//! What a printer language must be able to do, and which there are. PURE.

use std::fmt;

use super::{
    Press, coder::Coder, dpl::Dpl, hitachi::Hitachi, press::Job, press::QUEUE_MAX, sbpl::Sbpl,
    tspl::Tspl, zpl::Zpl,
};
use crate::Tick;

/// What kind of answer it is; some faults meet only one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A job or block was taken.
    Ack,
    /// It was not.
    Nak,
    /// Anything else: status, counts, names, alerts.
    Report,
}

/// One thing the printer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// It is held back until the label under the head is done.
    pub after_label: bool,
}

impl Said {
    /// Status, counts, names.
    #[must_use]
    pub fn report(bytes: impl Into<Vec<u8>>) -> Said {
        Said {
            bytes: bytes.into(),
            kind: Kind::Report,
            after_label: false,
        }
    }

    /// Yes or no to a job or block.
    #[must_use]
    pub fn verdict(taken: bool, bytes: impl Into<Vec<u8>>) -> Said {
        Said {
            kind: if taken { Kind::Ack } else { Kind::Nak },
            ..Said::report(bytes)
        }
    }

    /// The same, held back until the label under the head is done.
    #[must_use]
    pub fn after_label(self) -> Said {
        Said {
            after_label: true,
            ..self
        }
    }
}

/// What the machine notices while nobody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This hinders it now; the other did before.
    Hindered {
        /// Before.
        before: super::Hindrance,
    },
    /// A label went under the head.
    Printed,
}

/// One printer language, the device's side: bytes in, jobs into the press, answers out.
pub trait Tongue: fmt::Debug + Send {
    /// One byte from the link.
    fn hear(&mut self, now: Tick, byte: u8, press: &mut Press, say: &mut Vec<Said>);

    /// The link was cut: a command cut short is forgotten.
    fn link_lost(&mut self);

    /// Power lost and back. What waits in the press is the press's own affair.
    fn restart(&mut self);

    /// The machine noticed something.
    fn notice(&mut self, _what: Notice, _press: &mut Press, _say: &mut Vec<Said>) {}

    /// START PRINT: the job to print, if there is one.
    fn next_job(&mut self, press: &mut Press) -> Option<Job> {
        press.waiting.pop_front()
    }

    /// A full printer of this language leaves bytes on the link; others read on and refuse.
    fn waits_when_full(&self) -> bool {
        true
    }

    /// The label under the head when media or ribbon ran out is printed again.
    fn repeats_after_out(&self) -> bool {
        false
    }

    /// Length of the present label in dots.
    fn length_dots(&self) -> u32;
}

/// The languages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// ZPL II.
    #[default]
    Zpl,
    /// TSPL and TSPL2.
    Tspl,
    /// SATO SBPL.
    Sbpl,
    /// Datamax DPL.
    Dpl,
    /// Hitachi's continuous ink-jet protocol.
    Hitachi,
    /// The made-up coder of `docs/printers.md`.
    Coder,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 6] = [
        Language::Zpl,
        Language::Tspl,
        Language::Sbpl,
        Language::Dpl,
        Language::Hitachi,
        Language::Coder,
    ];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Language::Zpl => "zpl",
            Language::Tspl => "tspl",
            Language::Sbpl => "sbpl",
            Language::Dpl => "dpl",
            Language::Hitachi => "hitachi",
            Language::Coder => "coder",
        }
    }

    /// The scheme of its addresses: `zpl` of `zpl+tcp://…`. The made-up coder is described to a station by a file.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Language::Coder => "file",
            other => other.name(),
        }
    }

    /// The language of this name.
    ///
    /// # Errors
    /// Names all languages there are.
    pub fn parse(name: &str) -> Result<Language, String> {
        let known = Language::ALL
            .into_iter()
            .find(|language| language.name() == name);
        known.ok_or_else(|| {
            let names = Language::ALL.map(Language::name).join(", ");
            format!("'{name}' is no printer language. There are: {names}.")
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How contents come to the head of a coder that keeps the design itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feed {
    /// They wait in a buffer, and each is printed once.
    #[default]
    Buffer,
    /// One is taken for each print.
    Protected,
    /// Each replaces the one before, which is printed until then.
    Overwriting,
}

impl Feed {
    /// All of them with their names.
    pub const ALL: [(&'static str, Feed); 3] = [
        ("buffer", Feed::Buffer),
        ("protected", Feed::Protected),
        ("overwriting", Feed::Overwriting),
    ];
}

/// Which printer it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Model {
    /// What it speaks.
    pub language: Language,
    /// Most labels that wait; `None`: as many as its kind holds.
    pub depth: Option<usize>,
    /// Labels that wait outlive a loss of power. Real printers differ.
    pub keeps_queue: bool,
    /// How contents come to the head; matters to `hitachi`.
    pub feed: Feed,
    /// "Data number at fault" of `hitachi`: contents that must come between clear and restart, or an old one is
    /// printed.
    pub fresh_min: usize,
    /// What the person at a `hitachi` coder put into items 3 to 5 of its design.
    pub texts: Vec<String>,
}

impl Model {
    /// A usual printer of this language.
    #[must_use]
    pub fn speaking(language: Language) -> Model {
        Model {
            language,
            ..Model::default()
        }
    }

    /// Most labels that wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        let usual = match self.language {
            Language::Hitachi => super::hitachi::BUFFER_PLACES,
            Language::Coder => super::coder::PLACES,
            _ => QUEUE_MAX,
        };
        self.depth.unwrap_or(usual)
    }

    /// Its language, as it stands when the printer was just switched on.
    pub(super) fn tongue(&self, media: super::Media) -> Box<dyn Tongue> {
        match self.language {
            Language::Zpl => Box::new(Zpl::new(media)),
            Language::Tspl => Box::new(Tspl::new(media)),
            Language::Sbpl => Box::new(Sbpl::new(media)),
            Language::Dpl => Box::new(Dpl::new(media)),
            Language::Hitachi => {
                Box::new(Hitachi::new(media, self.feed, self.fresh_min, &self.texts))
            }
            Language::Coder => Box::new(Coder::new(media)),
        }
    }
}
