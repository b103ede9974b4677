//! One event of each kind, without the things it is about. PURE.

use crate::epcis::{
    Action, Event, EventTime, Identifier, Kind, Name, Node, Place, Typed, Vocabulary, Word,
    ZoneOffset, event_id,
};
use crate::gs1::{Expiry, Gln, Lot};
use crate::record::{ContainerCode, End, JourneyFact, Step};

/// Who speaks, and from where.
#[derive(Debug, Clone)]
pub struct Site {
    /// The station's name; part of every event's id.
    pub station: String,
    /// The place of the line.
    pub gln: Option<Gln>,
    /// Digits of the company prefix.
    pub prefix_len: Option<u8>,
    /// The zone of the place.
    pub zone: ZoneOffset,
}

fn step(word: &str) -> Option<Word> {
    let known = Word::known(Vocabulary::BizStep, word);
    assert!(known.is_some(), "{word} is a step of the vocabulary");
    known
}

fn disposition(word: &str) -> Option<Word> {
    let known = Word::known(Vocabulary::Disposition, word);
    assert!(known.is_some(), "{word} is a disposition of the vocabulary");
    known
}

impl Site {
    /// An event of this record; `part` tells events of one record apart.
    fn event(&self, kind: Kind, utc_ms: i64, seq: u64, part: &str) -> Event {
        let time = EventTime::from_ms(utc_ms, self.zone);
        let time = time.or_else(|| EventTime::from_ms(0, self.zone));
        let mut event = Event::new(kind, time.expect("1970 has a calendar"));
        let parts = [self.station.as_bytes(), &seq.to_be_bytes(), part.as_bytes()];
        event.id = Some(event_id(&parts));
        if let Some(gln) = self.gln {
            event.read_point = Some(Place::from(Identifier::sgln(gln, None, self.prefix_len)));
        }
        event
    }

    fn object(&self, utc_ms: i64, seq: u64, part: &str, words: [&str; 2], action: Action) -> Event {
        let mut event = self.event(Kind::Object, utc_ms, seq, part);
        event.action = Some(action);
        event.biz_step = step(words[0]);
        event.disposition = disposition(words[1]);
        if let Some(gln) = self.gln.filter(|_| action != Action::Delete) {
            event.biz_location = Some(Place::from(Identifier::sgln(gln, None, self.prefix_len)));
        }
        event
    }

    /// Packs of a lot were verified good.
    pub fn commissioned(
        &self,
        utc_ms: i64,
        seq: u64,
        part: &str,
        lot: &Lot,
        expiry: &Expiry,
    ) -> Event {
        let words = ["commissioning", "active"];
        let mut event = self.object(utc_ms, seq, part, words, Action::Add);
        event.ilmd = vec![
            Node::text(Name::master_data("lotNumber"), lot.as_str()),
            Node::text(Name::master_data("itemExpirationDate"), calendar(expiry)),
        ];
        event
    }

    /// A container got its label.
    pub fn labelled(&self, utc_ms: i64, seq: u64) -> Event {
        self.object(
            utc_ms,
            seq,
            "label",
            ["commissioning", "active"],
            Action::Add,
        )
    }

    /// Things went into a container.
    pub fn packed(&self, utc_ms: i64, seq: u64, part: &str, parent: Identifier) -> Event {
        self.aggregation(utc_ms, seq, part, parent, Action::Add, "packing")
    }

    /// Things came out of a container; an event without things: all of them.
    pub fn unpacked(&self, utc_ms: i64, seq: u64, part: &str, parent: Identifier) -> Event {
        self.aggregation(utc_ms, seq, part, parent, Action::Delete, "unpacking")
    }

    fn aggregation(
        &self,
        utc_ms: i64,
        seq: u64,
        part: &str,
        parent: Identifier,
        action: Action,
        word: &str,
    ) -> Event {
        let mut event = self.event(Kind::Aggregation, utc_ms, seq, part);
        event.action = Some(action);
        event.parent = Some(parent);
        event.biz_step = step(word);
        event.disposition = disposition("in_progress");
        if let Some(gln) = self.gln {
            event.biz_location = Some(Place::from(Identifier::sgln(gln, None, self.prefix_len)));
        }
        event
    }

    /// A life ended; the events of it in their order.
    pub fn ended(&self, utc_ms: i64, seq: u64, end: End) -> Vec<Event> {
        let gone = |part, words| self.object(utc_ms, seq, part, words, Action::Delete);
        let seen = |part, words| self.object(utc_ms, seq, part, words, Action::Observe);
        match end {
            End::Sampled => vec![
                seen("sample", ["sampling", "inactive"]),
                gone("end", ["decommissioning", "inactive"]),
            ],
            End::Damaged => vec![
                seen("damage", ["inspecting", "damaged"]),
                gone("end", ["decommissioning", "inactive"]),
            ],
            End::Destroyed => vec![gone("end", ["destroying", "destroyed"])],
            End::Decommissioned | End::Reworked => {
                vec![gone("end", ["decommissioning", "inactive"])]
            }
            End::Dispensed => vec![seen("end", ["dispensing", "dispensed"])],
            End::Lost => vec![seen("end", ["stock_taking", "unknown"])],
        }
    }

    /// A container's number is out of use.
    pub fn given_up(&self, utc_ms: i64, seq: u64) -> Event {
        let words = ["decommissioning", "inactive"];
        self.object(utc_ms, seq, "end", words, Action::Delete)
    }

    /// A step of a journey; `part` tells subjects of another kind apart.
    pub fn travelled(&self, utc_ms: i64, seq: u64, part: &str, journey: &JourneyFact) -> Event {
        let words = match journey.step {
            Step::Shipped => ["shipping", "in_transit"],
            Step::Received => ["receiving", "in_progress"],
            Step::Returned => ["receiving", "returned"],
            Step::Held => ["holding", "non_sellable_other"],
            Step::Released | Step::RecallLifted => ["inspecting", "conformant"],
            Step::Recalled => ["holding", "recalled"],
        };
        let utc_ms = journey.told_utc_ms.unwrap_or(utc_ms);
        let mut event = self.object(utc_ms, seq, part, words, Action::Observe);
        if let Some(partner) = journey.partner {
            self.with_partner(&mut event, journey.step, partner);
        }
        event
    }

    /// Where the partner stands: things go to, come from, or are at its place.
    fn with_partner(&self, event: &mut Event, step: Step, partner: Gln) {
        let party = Typed {
            kind: Word::known(Vocabulary::SourceDestType, "owning_party"),
            id: Identifier {
                key: crate::epcis::Key::Pgln(partner),
                prefix_len: self.prefix_len,
            },
        };
        match step {
            Step::Shipped => {
                event.destinations.push(party);
                event.biz_location = None;
            }
            Step::Returned => event.sources.push(party),
            Step::Received => {
                let place = Place::from(Identifier::sgln(partner, None, self.prefix_len));
                event.read_point = Some(place.clone());
                event.biz_location = Some(place);
            }
            Step::Held | Step::Released | Step::Recalled | Step::RecallLifted => {}
        }
    }

    /// A container's identifier.
    pub fn container(&self, code: &ContainerCode) -> Identifier {
        match code {
            ContainerCode::Sscc(sscc) => Identifier::sscc(*sscc, self.prefix_len),
            ContainerCode::Sgtin { gtin, serial } => {
                Identifier::sgtin(*gtin, serial.clone(), self.prefix_len)
            }
        }
    }
}

/// `YYMMDD` as `YYYY-MM-DD`: this century, and day 00 as the last of its month.
fn calendar(expiry: &Expiry) -> String {
    let text = expiry.as_str();
    let part = |at: usize| text[at..at + 2].parse::<i16>().unwrap_or(0);
    let (year, month, day) = (2000 + part(0), part(2), part(4));
    let first = jiff::civil::Date::new(year, month as i8, 1);
    let last = first.map_or(28, jiff::civil::Date::days_in_month);
    let day = if day == 0 { i16::from(last) } else { day };
    format!("{year:04}-{month:02}-{day:02}")
}
