//! What a partner's events say of our packs, containers and lots: one event becomes one claim with the things it is
//! about, each held against our own records.
//!
//! A claim never changes what our line recorded. What contradicts our records is taken all the same, and flagged: that
//! somebody received what never left here is what one must be told of. Numbers that are not ours are counted, unless
//! something of ours was packed into them: from then on they are followed, so that tracking goes on past our own line.

use super::event::{Action, Event, Kind, Place, Typed};
use super::hash::{MasterData, content_hash, event_hash};
use super::identifier::{Identifier, IdentifierStyle, Key};
use crate::gs1::{Gln, Gtin};
use crate::record::partner::{Claim, Claimed, ClaimedLot, DocumentNo, EventHash, Flags, Said};
use crate::record::{BatchNo, Identity, PackNo, Standing, Step, Unit};
use crate::store::{BEHIND_MAX_MS, Heard, Hearsay, StoreError, Unrecorded, Whereabouts, claimed};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

/// How far ahead of our clock an event may be dated, in ms: a day, for clocks and zones that are set wrong.
pub const AHEAD_MAX_MS: i64 = 86_400_000;

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

/// Listens to the events of one document, in their order. Memory grows with 32 bytes an event, with the containers of
/// others that hold something of ours, and with what goes in and out of containers besides packs; not with the document.
pub struct Listener<'f> {
    find_pack: &'f FindPack<'f>,
    /// The place of our line: what is said from there we may have said ourselves.
    own: Option<Gln>,
    events_max: usize,
    now_ms: i64,
    /// Of each event what it is known by, and what it says.
    ids: HashMap<[u8; 16], [u8; 16]>,
    /// What this document said so far of containers that go into each other.
    unrecorded: Unrecorded,
    /// When the steps of our records happened.
    steps: BTreeMap<u64, i64>,
    /// Containers of others that are said to hold something of ours.
    foreign: HashSet<String>,
    batches: BTreeMap<BatchNo, (i64, Option<i64>)>,
    told: Told,
}

fn fingerprint(id: &str, takes_back: bool) -> [u8; 16] {
    let hash = Sha256::new_with_prefix([u8::from(takes_back)])
        .chain_update(id)
        .finalize();
    half(&hash.into())
}

fn half(hash: &[u8; 32]) -> [u8; 16] {
    hash[..16].try_into().expect("it has 32 bytes")
}

/// An id names one event for ever (EPCIS 2.0, 7.4.1). Of two events under one id nobody can say which is meant, least of
/// all who takes one of them back: neither is taken.
fn said_otherwise(id: &str, place: &str) -> Unheard {
    Unheard::Wrong(format!(
        "Its id {id} was heard before with other content ({place}): an id names one event. Whoever sent it takes a wrong \
         event back by sending it again with an errorDeclaration, and gives the right one an id of its own."
    ))
}

/// What goes into a container, held against what that container is inside of itself.
struct Circles<'a> {
    hearsay: Hearsay<'a>,
    holder: Claimed,
    from_ms: i64,
    above: BTreeSet<Claimed>,
}

impl<'a> Circles<'a> {
    fn of(
        ask: &'a Whereabouts<'a>,
        unrecorded: &'a Unrecorded,
        claim: &Claim,
    ) -> Result<Option<Circles<'a>>, StoreError> {
        let (Said::Packed, Some(holder), false) = (claim.said, &claim.holder, claim.takes_back)
        else {
            return Ok(None);
        };
        let mut hearsay = Hearsay::new(ask, None).with(unrecorded);
        let above = hearsay.holders(holder, &(claim.utc_ms..i64::MAX))?;
        Ok(Some(Circles {
            hearsay,
            holder: holder.clone(),
            from_ms: claim.utc_ms,
            above,
        }))
    }

    /// While it is in there, the container is, or comes to be, inside of it.
    fn closes(&mut self, thing: &Claimed) -> Result<bool, StoreError> {
        if *thing == self.holder {
            return Ok(true);
        }
        if !self.above.contains(thing) {
            return Ok(false);
        }
        let out = self.hearsay.leaves(thing, &self.holder, self.from_ms)?;
        let above = self.hearsay.holders(&self.holder, &(self.from_ms..out))?;
        Ok(above.contains(thing))
    }
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
        // A number that is added to objects begins its life with that (EPCIS 2.0, 7.4.2).
        _ if event.action == Some(Action::Add) && event.kind == Kind::Object => Said::Commissioned,
        _ => Said::Seen,
    }
}

impl<'f> Listener<'f> {
    /// Listens at this moment of our clock, at this place of ours.
    pub fn new(find_pack: &'f FindPack<'f>, now_ms: i64, own: Option<Gln>) -> Listener<'f> {
        Listener {
            find_pack,
            own,
            events_max: DOCUMENT_EVENTS_MAX,
            now_ms,
            ids: HashMap::new(),
            unrecorded: Unrecorded::default(),
            steps: BTreeMap::new(),
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
        if self.is_known(ask, &claim)? {
            self.told.known += 1;
            return Ok(None);
        }
        let mut taken = Taken {
            claim,
            subjects: Vec::new(),
            lots: Vec::new(),
        };
        let unrecorded = std::mem::take(&mut self.unrecorded);
        self.units(ask, &unrecorded, event, &mut taken)?;
        self.unrecorded = unrecorded;
        self.remember(&taken);
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

    /// The event was heard before, here or in another document; as another one it cannot come again.
    fn is_known(&mut self, ask: &Whereabouts<'_>, claim: &Claim) -> Result<bool, Unheard> {
        let content = claim.content.expect("it was read a moment ago");
        let mut known = false;
        for takes_back in [false, true] {
            if let Some(before) = self.ids.get(&fingerprint(&claim.id, takes_back)) {
                if *before != half(&content.0) {
                    return Err(said_otherwise(&claim.id, "in this document"));
                }
                known |= takes_back == claim.takes_back;
            }
        }
        self.ids
            .insert(fingerprint(&claim.id, claim.takes_back), half(&content.0));
        for before in ask.heard_as(&claim.id)? {
            if before.content.is_some_and(|said| said != content) {
                let place = format!("document {}, event {}", before.document.0, before.event);
                return Err(said_otherwise(&claim.id, &place));
            }
            known |= before.takes_back == claim.takes_back;
        }
        Ok(known)
    }

    /// Keeps in mind what goes into containers and comes out, besides packs, and what is taken back.
    fn remember(&mut self, taken: &Taken) {
        let claim = &taken.claim;
        if claim.takes_back {
            self.unrecorded.taken_back.insert(claim.id.clone());
            return;
        }
        if !matches!(claim.said, Said::Packed | Said::Unpacked | Said::Emptied) {
            return;
        }
        for (thing, flags) in &taken.subjects {
            if flags.none() && !matches!(thing, Claimed::Pack(_)) {
                let heard = Heard {
                    document: DocumentNo(u64::MAX),
                    record: u64::MAX,
                    claim: claim.clone(),
                    flags: *flags,
                    taken_back: false,
                };
                let moves = self.unrecorded.moves.entry(thing.clone());
                moves.or_default().push(heard);
            }
        }
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
            // The same for the same event, whatever syntax it came in.
            content: Some(EventHash(content_hash(event, MasterData::Json))),
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

    /// The things of an event, and what they were packed into or taken out of.
    fn units(
        &mut self,
        ask: &Whereabouts<'_>,
        unrecorded: &Unrecorded,
        event: &Event,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        let mut things: Vec<&Identifier> = Vec::new();
        if let Some(parent) = &event.parent {
            match taken.claim.said {
                Said::Packed | Said::Unpacked => {
                    let ours = self.ours(ask, parent)?;
                    let holder = ours.map_or_else(|| Claimed::Foreign(code_of(parent)), claimed);
                    taken.claim.holder = Some(holder);
                }
                // It is itself what the event is about.
                _ => things.push(parent),
            }
        }
        things.extend(&event.epcs);
        let mut circles = Circles::of(ask, unrecorded, &taken.claim)?;
        for id in things {
            self.thing(ask, id, &mut circles, taken)?;
        }
        Ok(())
    }

    fn thing(
        &mut self,
        ask: &Whereabouts<'_>,
        id: &Identifier,
        circles: &mut Option<Circles<'_>>,
        taken: &mut Taken,
    ) -> Result<(), Unheard> {
        let unit = self.ours(ask, id)?;
        let code = code_of(id);
        let (thing, mut flags) = match unit {
            Some(unit) => {
                let standing = ask.standing(unit, None)?;
                let flags = standing.map(|standing| self.flags(ask, &standing, &taken.claim));
                (claimed(unit), flags.transpose()?.unwrap_or_default())
            }
            None if self.foreign.contains(&code) || ask.is_known_foreign(&code)? => {
                (Claimed::Foreign(code.clone()), Flags::default())
            }
            None => {
                self.strange(code);
                return Ok(());
            }
        };
        if let Some(circles) = circles
            && circles.closes(&thing)?
        {
            flags = flags.and(Flags::CIRCLE);
        }
        if !flags.none() {
            self.told.flagged += 1;
            if self.told.contradictions.len() < NAMED_MAX {
                let (event, said) = (taken.claim.event, taken.claim.said.words());
                let why = flags.words().join("; ");
                self.told
                    .contradictions
                    .push(format!("event {event}: {code} {said}: {why}"));
            }
        }
        taken.subjects.push((thing, flags));
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
        // Our own events may come back to us; they name our place, or none where we have none.
        if claim.said == Said::Commissioned && claim.by != self.own {
            flags = flags.and(Flags::COMMISSIONED_ELSEWHERE);
        }
        if matches!(claim.said, Said::Seen | Said::Commissioned | Said::Released) {
            return Ok(flags);
        }
        if standing.end.is_some() {
            flags = flags.and(Flags::ENDED_HERE);
        }
        Ok(flags.and(self.not_away(ask, standing, claim.utc_ms)?))
    }

    /// What it contradicts that a unit was elsewhere at a moment; nothing where it was by our records.
    fn not_away(
        &mut self,
        ask: &Whereabouts<'_>,
        standing: &Standing,
        utc_ms: i64,
    ) -> Result<Flags, StoreError> {
        let latest = utc_ms.saturating_add(BEHIND_MAX_MS);
        let Some(place) = &standing.place else {
            return Ok(Flags::NEVER_SHIPPED);
        };
        if place.what != Step::Returned && self.time_of_step(ask, place.seq)? <= latest {
            return Ok(Flags::default());
        }
        let (mut away, mut later) = (false, false);
        for (step, seq) in ask.steps_between_places(standing.unit())? {
            let at_ms = self.time_of_step(ask, seq)?;
            match step {
                Step::Returned if at_ms < utc_ms => away = false,
                Step::Shipped | Step::Received if at_ms <= latest => away = true,
                Step::Shipped => later = true,
                _ => {}
            }
        }
        Ok(match (away, later) {
            (true, _) => Flags::default(),
            (false, true) => Flags::BEFORE_SHIPMENT,
            (false, false) => Flags::NEVER_SHIPPED,
        })
    }

    fn time_of_step(&mut self, ask: &Whereabouts<'_>, seq: u64) -> Result<i64, StoreError> {
        if let Some(utc_ms) = self.steps.get(&seq) {
            return Ok(*utc_ms);
        }
        let utc_ms = ask.time_of_step(seq)?;
        self.steps.insert(seq, utc_ms);
        Ok(utc_ms)
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
        let mut listener = Listener::new(&find, 2_000, None);
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
