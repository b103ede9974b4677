//! What a partner's events say of our packs, containers and lots: one event becomes one claim with the things it is
//! about, each held against our own records.
//!
//! A claim never changes what our line recorded. What contradicts our records is taken all the same, and flagged: that
//! somebody received what never left here is what one must be told of. Numbers that are not ours are counted, unless
//! something of ours was packed into them: from then on they are followed, so that tracking goes on past our own line.

use super::event::{Action, Event, Kind, Place, Typed};
use super::hash::{MasterData, event_hash};
use super::identifier::{Identifier, IdentifierStyle, Key};
use crate::gs1::{Gln, Gtin};
use crate::record::partner::{Claim, Claimed, ClaimedLot, Flags, Said};
use crate::record::{BatchNo, Identity, PackNo, Standing, Step, Unit};
use crate::store::{StoreError, Whereabouts};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// How far ahead of our clock an event may be dated, in ms: a day, for clocks and zones that are set wrong.
pub const AHEAD_MAX_MS: i64 = 86_400_000;

/// How far a partner's clock may be behind ours before an event counts as dated too early, in ms.
const BEHIND_MAX_MS: i64 = 3_600_000;

/// Events of one document.
pub const DOCUMENT_EVENTS_MAX: usize = 10_000_000;

/// Bytes of an event's id.
const ID_LEN_MAX: usize = 512;

/// Characters of the words of a step or disposition that are kept.
const WORDS_LEN_MAX: usize = 200;

/// Numbers that are not ours and are named; the others are counted.
const NAMED_MAX: usize = 20;

/// How a pack is found by its number.
pub type FindPack<'f> =
    dyn Fn(&Whereabouts<'_>, &Gtin, &str) -> Result<Option<PackNo>, StoreError> + 'f;

/// Why an event cannot be taken, and nothing of its document.
#[derive(Debug)]
pub enum Unheard {
    /// A sentence.
    Wrong(String),
    /// The store cannot be read.
    Store(StoreError),
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unheard::Wrong(text) => f.write_str(text),
            Unheard::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unheard {}

impl From<StoreError> for Unheard {
    fn from(error: StoreError) -> Unheard {
        Unheard::Store(error)
    }
}

/// How much of a document was taken, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Told {
    /// Events that say something of ours.
    pub events: u64,
    /// Claims in them: one a thing or lot.
    pub claims: u64,
    /// Claims that contradict our records.
    pub flagged: u64,
    /// Events that were heard before, here or in another document: they change nothing.
    pub known: u64,
    /// Events about nothing of ours.
    pub strange: u64,
    /// Numbers that are not ours, in all events.
    pub numbers_strange: u64,
    /// The first of them.
    pub named: Vec<String>,
    /// The first contradictions, in words.
    pub contradictions: Vec<String>,
}

/// What an event says, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it says.
    pub claim: Claim,
    /// Of what.
    pub subjects: Vec<(Claimed, Flags)>,
    /// Of which lots.
    pub lots: Vec<ClaimedLot>,
}

/// Listens to the events of one document, in their order. Memory grows with 16 bytes an event and with the containers
/// of others that hold something of ours, not with the document.
pub struct Listener<'f> {
    find_pack: &'f FindPack<'f>,
    events_max: usize,
    now_ms: i64,
    ids: HashSet<[u8; 16]>,
    /// Containers of others that are said to hold something of ours.
    foreign: HashSet<String>,
    batches: BTreeMap<BatchNo, (i64, Option<i64>)>,
    told: Told,
}

fn fingerprint(id: &str, takes_back: bool) -> [u8; 16] {
    let hash = Sha256::new_with_prefix([u8::from(takes_back)])
        .chain_update(id)
        .finalize();
    hash[..16].try_into().expect("it has 32 bytes")
}

/// A number as it is known whatever form it came in.
fn code_of(id: &Identifier) -> String {
    id.uri(IdentifierStyle {
        links: true,
        prefix_len: None,
    })
}

fn gln_of(id: &Identifier) -> Option<Gln> {
    match &id.key {
        Key::Sgln { gln, .. } | Key::Pgln(gln) => Some(*gln),
        _ => None,
    }
}

fn first_gln(all: &[Typed]) -> Option<Gln> {
    all.iter().find_map(|one| gln_of(&one.id))
}

/// What an event says happened.
pub fn said_of(event: &Event) -> Said {
    let word = |word: &Option<super::Word>| word.as_ref().map(|word| word.bare().to_owned());
    let (step, disposition) = (word(&event.biz_step), word(&event.disposition));
    let (step, disposition) = (step.as_deref(), disposition.as_deref());
    match (event.kind, event.action) {
        (Kind::Transformation, _) => return Said::UsedUp,
        (Kind::Aggregation, Some(Action::Add)) => return Said::Packed,
        (Kind::Aggregation, Some(Action::Delete)) => {
            return match event.epcs.is_empty() && event.quantities.is_empty() {
                true => Said::Emptied,
                false => Said::Unpacked,
            };
        }
        (Kind::Aggregation | Kind::Association, _) => return Said::Seen,
        (Kind::Object | Kind::Transaction, _) => {}
    }
    match (step, disposition) {
        (_, Some("returned")) => Said::Returned,
        (_, Some("recalled")) => Said::Recalled,
        (Some("shipping" | "departing"), _) => Said::Shipped,
        (Some("receiving" | "arriving" | "accepting"), _) => Said::Received,
        (Some("dispensing" | "retail_selling"), Some("partially_dispensed")) => Said::Seen,
        (Some("dispensing" | "retail_selling"), _) | (_, Some("dispensed" | "retail_sold")) => {
            Said::Dispensed
        }
        (Some("destroying"), _) | (_, Some("destroyed")) => Said::Destroyed,
        (Some("decommissioning"), _) | (_, Some("inactive")) => Said::Decommissioned,
        (_, Some("stolen")) => Said::Lost,
        (Some("holding"), _) => Said::Held,
        (Some("commissioning"), _) => Said::Commissioned,
        (_, Some("conformant" | "sellable_accessible")) => Said::Released,
        // It is gone, whatever the step is called.
        _ if event.action == Some(Action::Delete) && event.kind == Kind::Object => {
            Said::Decommissioned
        }
        _ => Said::Seen,
    }
}

impl<'f> Listener<'f> {
    /// Listens at this moment of our clock.
    pub fn new(find_pack: &'f FindPack<'f>, now_ms: i64) -> Listener<'f> {
        Listener {
            find_pack,
            events_max: DOCUMENT_EVENTS_MAX,
            now_ms,
            ids: HashSet::new(),
            foreign: HashSet::new(),
            batches: BTreeMap::new(),
            told: Told::default(),
        }
    }

    /// How much was taken so far.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// An event of a type that somebody else defined says nothing that is understood here.
    pub fn not_understood(&mut self) {
        self.told.strange += 1;
    }

    /// Takes the next event; `None`: it was heard before, or is about nothing of ours. `xml`: it came in XML.
    ///
    /// # Errors
    /// It cannot be taken, and so nothing of its document can; or the store cannot be read.
    pub fn hear(
        &mut self,
        ask: &Whereabouts<'_>,
        event: &Event,
        number: u64,
        xml: bool,
    ) -> Result<Option<Taken>, Unheard> {
        let claim = self.claim(event, number, xml)?;
        if self.ids.len() >= self.events_max {
            return Err(Unheard::Wrong(format!(
                "The document has more than {} events: import it in several parts.",
                self.events_max
            )));
        }
        if !self.ids.insert(fingerprint(&claim.id, claim.takes_back))
            || ask.is_heard(&claim.id, claim.takes_back)?
        {
            self.told.known += 1;
            return Ok(None);
        }
        let mut taken = Taken {
            claim,
            subjects: Vec::new(),
            lots: Vec::new(),
        };
        self.holder(ask, event, &mut taken)?;
        self.things(ask, event, &mut taken)?;
        self.lots(ask, event, &mut taken)?;
        if taken.subjects.is_empty() && taken.lots.is_empty() {
            self.told.strange += 1;
            return Ok(None);
        }
        // What something of ours went into is followed from here on.
        if let (Said::Packed, Some(Claimed::Foreign(code))) =
            (taken.claim.said, &taken.claim.holder)
        {
            self.foreign.insert(code.clone());
        }
        self.told.events += 1;
        self.told.claims += (taken.subjects.len() + taken.lots.len()) as u64;
        Ok(Some(taken))
    }

    fn claim(&self, event: &Event, number: u64, xml: bool) -> Result<Claim, Unheard> {
        let utc_ms = event.time.ms();
        if utc_ms > self.now_ms.saturating_add(AHEAD_MAX_MS) {
            return Err(Unheard::Wrong(format!(
                "It is dated {}, more than a day ahead of this machine's clock: one of both clocks is wrong.",
                event.time
            )));
        }
        let master_data = match xml {
            true => MasterData::Xml,
            false => MasterData::Json,
        };
        let id = event.id.clone();
        let id = id.unwrap_or_else(|| event_hash(event, master_data));
        if id.len() > ID_LEN_MAX {
            return Err(Unheard::Wrong(format!(
                "Its id has {} bytes: {ID_LEN_MAX} at most are taken.",
                id.len()
            )));
        }
        let place = |place: &Option<Place>| place.as_ref().and_then(|place| gln_of(&place.id));
        let words: Vec<&str> = [&event.biz_step, &event.disposition]
            .into_iter()
            .flatten()
            .map(super::Word::bare)
            .collect();
        Ok(Claim {
            event: number,
            id,
            utc_ms,
            said: said_of(event),
            takes_back: event.error.is_some(),
            by: place(&event.read_point)
                .or_else(|| place(&event.biz_location))
                .or_else(|| first_gln(&event.sources)),
            to: first_gln(&event.destinations),
            holder: None,
            words: words.join(", ").chars().take(WORDS_LEN_MAX).collect(),
        })
    }

    /// The unit of ours that has this number.
    fn ours(&self, ask: &Whereabouts<'_>, id: &Identifier) -> Result<Option<Unit>, StoreError> {
        use crate::record::ContainerCode;
        let code = match &id.key {
            Key::Sscc(sscc) => ContainerCode::Sscc(*sscc),
            Key::Sgtin { gtin, serial } => {
                if let Some(pack) = (self.find_pack)(ask, gtin, serial)? {
                    return Ok(Some(Unit::Pack(pack)));
                }
                ContainerCode::Sgtin {
                    gtin: *gtin,
                    serial: serial.clone(),
                }
            }
            _ => return Ok(None),
        };
        Ok(ask.container_of(&code)?.map(Unit::Container))
    }

    /// What the things were packed into or taken out of.
    fn holder(
        &mut self,
        ask: &Whereabouts<'_>,
        event: &Event,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        let Some(parent) = &event.parent else {
            return Ok(());
        };
        let ours = self.ours(ask, parent)?;
        let claimed = match ours {
            Some(Unit::Container(container)) => Claimed::Container(container),
            Some(Unit::Pack(pack)) => Claimed::Pack(pack),
            None => Claimed::Foreign(code_of(parent)),
        };
        match taken.claim.said {
            Said::Packed | Said::Unpacked => taken.claim.holder = Some(claimed),
            // It is itself what the event is about.
            _ => self.thing(ask, parent, taken)?,
        }
        Ok(())
    }

    fn things(
        &mut self,
        ask: &Whereabouts<'_>,
        event: &Event,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        let things = event.epcs.iter();
        for id in things {
            self.thing(ask, id, taken)?;
        }
        Ok(())
    }

    fn thing(
        &mut self,
        ask: &Whereabouts<'_>,
        id: &Identifier,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        let Some(unit) = self.ours(ask, id)? else {
            let code = code_of(id);
            match self.foreign.contains(&code) || ask.is_known_foreign(&code)? {
                true => taken
                    .subjects
                    .push((Claimed::Foreign(code), Flags::default())),
                false => self.strange(code),
            }
            return Ok(());
        };
        let flags = match ask.standing(unit, None)? {
            Some(standing) => self.flags(ask, &standing, &taken.claim)?,
            None => Flags::default(),
        };
        if !flags.none() {
            self.told.flagged += 1;
            if self.told.contradictions.len() < NAMED_MAX {
                let (event, said) = (taken.claim.event, taken.claim.said.words());
                let why = flags.words().join("; ");
                let code = code_of(id);
                self.told
                    .contradictions
                    .push(format!("event {event}: {code} {said}: {why}"));
            }
        }
        let claimed = match unit {
            Unit::Pack(pack) => Claimed::Pack(pack),
            Unit::Container(container) => Claimed::Container(container),
        };
        taken.subjects.push((claimed, flags));
        Ok(())
    }

    fn strange(&mut self, code: String) {
        self.told.numbers_strange += 1;
        if self.told.named.len() < NAMED_MAX && !self.told.named.contains(&code) {
            self.told.named.push(code);
        }
    }

    fn lots(
        &mut self,
        ask: &Whereabouts<'_>,
        event: &Event,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        for quantity in &event.quantities {
            let known = match &quantity.class.key {
                Key::Lgtin { gtin, lot } if ask.lot_standing(gtin, lot)?.known => {
                    Some((*gtin, lot.clone()))
                }
                _ => None,
            };
            match known {
                Some((gtin, lot)) => taken.lots.push(ClaimedLot {
                    gtin,
                    lot,
                    amount: quantity.amount.clone(),
                }),
                None => self.strange(code_of(&quantity.class)),
            }
        }
        Ok(())
    }

    /// What of our records a claim about this unit contradicts.
    fn flags(
        &mut self,
        ask: &Whereabouts<'_>,
        standing: &Standing,
        claim: &Claim,
    ) -> Result<Flags, StoreError> {
        let mut flags = Flags::default();
        let batch = match &standing.identity {
            Identity::Pack(pack) => {
                if !pack.is_good() {
                    flags = flags.and(Flags::NO_GOOD_PACK);
                }
                pack.batch
            }
            Identity::Container(container) => container.batch,
        };
        if let Some(batch) = batch {
            let (opened, closed) = self.times_of(ask, batch)?;
            let early = claim.utc_ms < opened.saturating_sub(BEHIND_MAX_MS);
            if early {
                flags = flags.and(Flags::TOO_EARLY);
            }
            let late =
                closed.is_some_and(|closed| claim.utc_ms > closed.saturating_add(AHEAD_MAX_MS));
            if claim.said == Said::Commissioned && (early || late) {
                flags = flags.and(Flags::COMMISSIONED_ELSEWHERE);
            }
        }
        if matches!(claim.said, Said::Seen | Said::Commissioned | Said::Released) {
            return Ok(flags);
        }
        if standing.end.is_some() {
            flags = flags.and(Flags::ENDED_HERE);
        }
        let away = match &standing.place {
            None => false,
            // It was away until then.
            Some(place) if place.what == Step::Returned => claim.utc_ms <= ask.utc_of(place.seq)?,
            Some(_) => true,
        };
        if !away {
            flags = flags.and(Flags::NEVER_SHIPPED);
        }
        Ok(flags)
    }

    fn times_of(
        &mut self,
        ask: &Whereabouts<'_>,
        batch: BatchNo,
    ) -> Result<(i64, Option<i64>), StoreError> {
        if let Some(times) = self.batches.get(&batch) {
            return Ok(*times);
        }
        let times = ask.times_of(batch)?;
        self.batches.insert(batch, times);
        Ok(times)
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::epcis::{EventTime, Word, ZoneOffset};
    use crate::store::{Medium, OpenOptions, open};
    use std::path::Path;

    fn seen(number: usize) -> Event {
        let time = EventTime::from_ms(1_000, ZoneOffset::UTC).expect("a time");
        let mut event = Event::new(Kind::Object, time);
        event.action = Some(Action::Observe);
        event.id = Some(format!("urn:example:{number}"));
        let sscc = format!("urn:epc:id:sscc:9521321.{number:010}");
        event.epcs = vec![Identifier::parse(&sscc).expect("an SSCC")];
        event
    }

    #[test]
    fn a_document_and_what_is_kept_of_an_event_are_bounded() {
        let options = OpenOptions {
            medium: Medium::Memory("partners".to_owned()),
            ..OpenOptions::default()
        };
        let store = open(Path::new("partners"), options).expect("a new store");
        let reader = store.reader().expect("a reader");
        let find = |_: &Whereabouts<'_>, _: &Gtin, _: &str| Ok(None);
        let mut listener = Listener::new(&find, 2_000);
        listener.events_max = NAMED_MAX + 10;
        let mut hear = |event: &Event| {
            let mut heard = Ok(None);
            let asked = reader.whereabouts(|ask| {
                heard = listener.hear(ask, event, 1, false);
                Ok(())
            });
            asked.expect("it reads");
            heard
        };
        let wrong = |heard: Result<Option<Taken>, Unheard>| match heard {
            Err(Unheard::Wrong(text)) => text,
            other => panic!("{other:?}"),
        };
        let mut long = seen(0);
        long.id = Some(format!("urn:{}", "x".repeat(ID_LEN_MAX)));
        assert!(wrong(hear(&long)).contains("512 at most"));
        let mut wordy = seen(1);
        wordy.biz_step = Some(Word::Own(format!(
            "http://example.com/{}",
            "x".repeat(9_000)
        )));
        for number in 2..NAMED_MAX + 10 {
            assert!(matches!(hear(&seen(number)), Ok(None)), "nothing of ours");
        }
        assert!(matches!(hear(&seen(5)), Ok(None)), "heard before");
        assert!(matches!(hear(&wordy), Ok(None)));
        assert!(matches!(hear(&seen(500)), Ok(None)));
        assert!(wrong(hear(&seen(501))).contains("import it in several parts"));
        let kept = listener.claim(&wordy, 1, false).expect("it is kept").words;
        assert_eq!(kept.chars().count(), WORDS_LEN_MAX);
        let told = listener.told();
        assert_eq!((told.known, told.named.len()), (1, NAMED_MAX));
        assert_eq!(told.numbers_strange as usize, NAMED_MAX + 10);
    }
}
