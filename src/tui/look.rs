//! What a place shows that the view does not hold: what is asked, when it is asked again, and what was heard. PURE.
//!
//! A place has a question ([`Place::question`]); going there, paging or typing changes it, and it is asked at once. It
//! is asked again when what the view says has changed in a way that matters to the place. Of a station that is lost
//! stays what was heard last.

use super::places::{self, Place};
use super::press::Action;
use super::state::ScreenState;
use crate::record::{BatchNo, PackNo, Tally};
use crate::wire::look::{Deed, PackSeen};
use crate::wire::{AlarmView, LabelView, LineState, LotView, Question, Sight, View};

/// A device of the view that has no link.
pub(super) const WITHOUT_LINK: &str = "disk";

/// Longest text that can be typed in, in characters.
pub const TYPED_MAX: usize = 100;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SightSaid {
    /// It is there to be seen.
    Seen(Box<Sight>),
    /// The station does not say; a sentence.
    Refused(String),
}

/// What the place that is open asks and shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looked {
    /// What is looked for, as it was typed or scanned; empty: nothing in particular.
    pub words: String,
    /// What was scanned last, anywhere: a life is that of this until something else is typed.
    pub last_scan: String,
    /// What was heard.
    pub heard: Option<SightSaid>,
    /// Of alarms those that came and went are shown, not those that stand.
    pub past: bool,
    /// Where this page begins, and those before it; empty: the first one.
    pages: Vec<u64>,
    /// The running number of the last question: other answers are not waited for.
    no: u64,
    asked: Option<Question>,
    waiting: bool,
    stamp: Option<Stamp>,
}

/// What of the view matters to a place.
#[derive(Debug, Clone, PartialEq, Default)]
struct Stamp {
    batch: Option<BatchNo>,
    tally: Option<Tally>,
    state: Option<LineState>,
    alarms: Vec<(String, [bool; 3])>,
    label: Option<LabelView>,
    lot: Option<LotView>,
    /// Rejects; and as the trend of grades takes in more than one pack a column, good packs by the hundred.
    rejects: [u64; 2],
    deeds: u64,
    /// Wall clock in seconds.
    second: i64,
}

impl Stamp {
    fn of(place: Place, view: &View) -> Stamp {
        let common = Stamp {
            batch: view.batch.as_ref().map(|batch| batch.no),
            ..Stamp::default()
        };
        match place {
            Place::Packs | Place::Trace => Stamp {
                tally: Some(view.tally.clone()),
                ..common
            },
            Place::People => Stamp {
                alarms: view.alarms.iter().map(stands).collect(),
                ..common
            },
            Place::Devices => Stamp {
                second: view.utc_ms.div_euclid(1_000),
                ..common
            },
            Place::Audit => Stamp {
                state: Some(view.state),
                alarms: view.alarms.iter().map(stands).collect(),
                label: view.label.clone(),
                lot: Some(view.lot.clone()),
                deeds: view.deeds,
                ..common
            },
            Place::Rejects => Stamp {
                rejects: [view.tally.rejected(), view.tally.good / 100],
                ..common
            },
            Place::Alarms => Stamp {
                alarms: view.alarms.iter().map(stands).collect(),
                ..common
            },
            _ => Stamp {
                label: view.label.clone(),
                ..common
            },
        }
    }
}

/// How an alarm stands: what people do about it is in the audit trail.
fn stands(alarm: &AlarmView) -> (String, [bool; 3]) {
    let stands = [alarm.active, alarm.acknowledged, alarm.shelved.is_some()];
    (alarm.code.clone(), stands)
}

impl Place {
    /// What this place asks the station; `None`: it shows the view alone, or nothing is looked for yet.
    pub fn question(self, view: &View, screen: &ScreenState) -> Option<Question> {
        let look = &screen.look;
        let words = look.words.trim();
        match self {
            Place::Packs => Some(Question::Packs {
                before: look.begin().map(PackNo),
                find: Some(words.to_owned()).filter(|words| !words.is_empty()),
            }),
            Place::Trace if words.is_empty() => None,
            Place::Trace => Some(Question::Life {
                of: look.words.clone(),
                seen: look.begin().unwrap_or(0),
            }),
            Place::Audit => Some(Question::Audit {
                before: look.begin(),
                words: words.split_whitespace().map(str::to_owned).collect(),
            }),
            Place::Rejects => Some(Question::Rejects {
                before: look.begin().map(PackNo),
                shown: places::rejects::wanted(screen),
            }),
            Place::Alarms if look.past => Some(Question::PastAlarms {
                seen: look.begin().unwrap_or(0),
            }),
            Place::Templates => {
                let shown = places::templates::chosen(screen).map(|row| row.template);
                Some(Question::Templates { shown })
            }
            Place::People => Some(Question::People),
            Place::Devices => {
                let device = places::devices::chosen(view, screen)?;
                let device = Some(device.name.clone()).filter(|name| name != WITHOUT_LINK);
                device.map(|device| Question::Exchanges { device })
            }
            Place::Setup => {
                let device = places::setup::chosen(view, screen)?.name.clone();
                Some(Question::Shots { device })
            }
            _ => None,
        }
    }

    /// What it shows changes all the time, whatever the view says.
    pub(super) fn is_lively(self) -> bool {
        self == Place::Setup
    }

    /// Something can be looked for here.
    pub(super) fn seeks(self) -> bool {
        matches!(self, Place::Packs | Place::Trace | Place::Audit)
    }
}

impl Looked {
    fn begin(&self) -> Option<u64> {
        self.pages.last().copied()
    }

    /// Which page this is, from 1.
    pub fn page(&self) -> usize {
        self.pages.len() + 1
    }

    /// What is to be seen.
    pub fn sight(&self) -> Option<&Sight> {
        match self.heard.as_ref()? {
            SightSaid::Seen(sight) => Some(sight),
            SightSaid::Refused(_) => None,
        }
    }

    /// How many rows a person can choose from.
    pub fn rows(&self) -> usize {
        match self.sight() {
            Some(Sight::Packs(packs)) => packs.rows.len(),
            Some(Sight::Life(life)) => life.deeds.len(),
            Some(Sight::Audit(audit)) => audit.deeds.len(),
            Some(Sight::Rejects(rejects)) => rejects.rows.len(),
            Some(Sight::PastAlarms(past)) => past.rows.len(),
            Some(Sight::Templates(templates)) => templates.rows.len(),
            Some(Sight::People(people)) => people.len(),
            Some(Sight::Pack(_) | Sight::Exchanges(_) | Sight::Shots(_)) | None => 0,
        }
    }

    /// Where the next page begins; `None`: this is the last one.
    pub fn next_page(&self) -> Option<u64> {
        match self.sight()? {
            Sight::Packs(packs) => packs.older.map(|pack| pack.0),
            Sight::Life(life) => {
                let seen = life.seen.saturating_add(life.deeds.len() as u64);
                Some(seen).filter(|seen| *seen < life.all)
            }
            Sight::Audit(audit) => audit.older,
            Sight::Rejects(rejects) => rejects.older.map(|pack| pack.0),
            Sight::PastAlarms(past) => {
                let seen = past.seen.saturating_add(past.rows.len() as u64);
                Some(seen).filter(|seen| *seen < past.all && !past.rows.is_empty())
            }
            Sight::Templates(_)
            | Sight::Pack(_)
            | Sight::People(_)
            | Sight::Exchanges(_)
            | Sight::Shots(_) => None,
        }
    }

    /// There is a page before this one.
    pub fn has_page_before(&self) -> bool {
        !self.pages.is_empty()
    }

    /// The place was left for another one, which asks anew.
    pub(super) fn go(&mut self, place: Place) {
        let words = match place {
            Place::Trace => self.last_scan.clone(),
            _ => String::new(),
        };
        *self = Looked {
            words,
            last_scan: std::mem::take(&mut self.last_scan),
            // What was asked for the other place is not waited for any more.
            no: self.no + 1,
            ..Looked::default()
        };
    }

    /// Turns from the alarms that stand to those that came and went, or back.
    pub(super) fn turn_over(&mut self) {
        let past = !self.past;
        self.go(Place::Alarms);
        self.past = past;
    }

    /// From here on this is looked for.
    pub(super) fn seek(&mut self, words: String) {
        self.words = words;
        self.pages.clear();
    }

    /// Goes to the next page; whether there is one.
    pub(super) fn turn(&mut self) -> bool {
        let next = self.next_page();
        self.pages.extend(next);
        next.is_some()
    }

    /// Goes back a page; whether there is one.
    pub(super) fn turn_back(&mut self) -> bool {
        self.pages.pop().is_some()
    }

    /// The station was lost, or the question did not reach it: it is asked again, and what was heard stays.
    pub fn ask_again(&mut self) {
        (self.stamp, self.waiting) = (None, false);
    }

    /// What tells the chosen row from others when the rows change: the first one stays the first.
    fn key(&self, chosen: usize) -> Option<u64> {
        let at = chosen.min(self.rows().checked_sub(1)?);
        match self.sight()? {
            _ if at == 0 => None,
            Sight::Packs(packs) => packs.rows.get(at).map(|row: &PackSeen| row.pack.0),
            Sight::Audit(audit) => audit.deeds.get(at).map(|deed: &Deed| deed.record),
            Sight::Rejects(rejects) => rejects.rows.get(at).map(|row| row.pack.0),
            _ => None,
        }
    }

    fn place_of(&self, key: u64) -> Option<usize> {
        match self.sight()? {
            Sight::Packs(packs) => packs.rows.iter().position(|row| row.pack.0 == key),
            Sight::Audit(audit) => audit.deeds.iter().position(|deed| deed.record == key),
            Sight::Rejects(rejects) => rejects.rows.iter().position(|row| row.pack.0 == key),
            _ => None,
        }
    }
}

/// What must be asked now, if anything: another question at once, the same one only when what matters has changed and
/// `again` says that it was not asked lately.
pub fn look(view: Option<&View>, screen: &mut ScreenState, again: bool) -> Option<Action> {
    let view = view.filter(|_| screen.lost.is_none())?;
    let question = screen.place.question(view, screen)?;
    let stamp = Stamp::of(screen.place, view);
    let look = &mut screen.look;
    let other = look.asked.as_ref() != Some(&question);
    let lively = screen.place.is_lively();
    let changed = again && !look.waiting && (lively || look.stamp.as_ref() != Some(&stamp));
    if !other && !changed {
        return None;
    }
    // A list stays while another one of its rows is drawn.
    let stays = match (&look.asked, &question) {
        (Some(Question::Templates { .. }), Question::Templates { .. }) => true,
        (Some(Question::Rejects { before: asked, .. }), Question::Rejects { before, .. }) => {
            asked == before
        }
        _ => false,
    };
    if other && !stays {
        look.heard = None;
    }
    look.no += 1;
    (look.asked, look.stamp, look.waiting) = (Some(question.clone()), Some(stamp), true);
    let no = look.no;
    Some(Action::Look { no, question })
}

/// What came of a question; whether it is still waited for. The row that was chosen stays chosen, wherever it is now.
pub fn seen(no: u64, said: SightSaid, screen: &mut ScreenState) -> bool {
    let look = &mut screen.look;
    if look.no != no {
        return false;
    }
    let key = look.key(screen.chosen);
    look.waiting = false;
    look.heard = Some(said);
    if let Some(at) = key.and_then(|key| look.place_of(key)) {
        screen.chosen = at;
    }
    true
}
