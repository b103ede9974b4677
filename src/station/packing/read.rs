//! What stands before a reader: what its label names, and whether its turn has come.

use super::{PackingDesk, Records};
use crate::packaging::{Holdings, UnitCode};
use crate::record::{ContainerState, Identity, Level, PackNo, Unit};

/// What a scan at a scan point is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// The label of a container of the point's own level.
    OwnLabel,
    /// The label of a closed container of a level below.
    Content,
    /// The label of a container of a level below that is not closed; a sentence.
    NotClosed(String),
}

/// How a pack that was read behind the gates stands on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BehindGate {
    /// It passed as good and lies in no container.
    Passed(PackNo),
    /// The gate has not told of it yet.
    NotYet(PackNo),
    /// It lies in a container already; a sentence.
    Packed(String),
    /// It must not be there; a sentence.
    Strange(String),
}

impl PackingDesk {
    /// The container that a scan at a point of this level wants to be put there, with what people know it by: one of a
    /// level below that lives and lies in no other one. Only such a one can be put on record, by a person at least.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn content(&self, level: Level, code: &UnitCode) -> Result<Option<(Unit, String)>, String> {
        let standing = self.container_standing(code)?;
        let free = standing.filter(|now| now.inside.is_empty() && now.end.is_none());
        Ok(match free.map(|standing| standing.identity) {
            Some(Identity::Container(one))
                if one.level < level && one.state != ContainerState::Disaggregated =>
            {
                let name = format!("{} {}", one.name, one.code);
                Some((Unit::Container(one.container), name))
            }
            _ => None,
        })
    }

    /// The container of this code, with what people know it by.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn own(&self, code: &UnitCode) -> Result<Option<(Unit, String)>, String> {
        let one = self.container(code)?;
        Ok(one.map(|one| {
            let name = format!("{} {}", one.name, one.code);
            (Unit::Container(one.container), name)
        }))
    }

    /// What a point of this level had to do with this container is done: it is closed, or lies in another one. As a
    /// sentence.
    ///
    /// # Errors
    /// The store cannot be read; a sentence.
    pub fn is_through(&self, level: Level, code: &UnitCode) -> Result<Option<String>, String> {
        let standing = self.container_standing(code)?;
        let lies = standing.as_ref().is_some_and(|now| !now.inside.is_empty());
        Ok(match standing.map(|standing| standing.identity) {
            Some(Identity::Container(one)) if one.level < level && lies => Some(format!(
                "{} {} lies in its container already",
                one.name, one.code
            )),
            Some(Identity::Container(one))
                if one.level == level && one.state == ContainerState::Closed =>
            {
                Some(format!("{} {} is closed already", one.name, one.code))
            }
            _ => None,
        })
    }

    /// What a scan at a point of this level is.
    ///
    /// # Errors
    /// It cannot be read, or the store cannot; a sentence.
    pub fn scanned(&self, level: Level, scan: &str) -> Result<Scanned, String> {
        let code = UnitCode::of(scan).map_err(|refusal| refusal.to_string())?;
        let Some(container) = self.container(&code)? else {
            return Err(format!("{code} is no container of this station's records."));
        };
        Ok(match container.level {
            at if at == level => Scanned::OwnLabel,
            at if at < level && container.state == ContainerState::Closed => Scanned::Content,
            at if at < level => Scanned::NotClosed(format!(
                "{} {code} is not closed: close it first.",
                container.name
            )),
            _ => {
                return Err(format!(
                    "{} {code} is of a level above this point.",
                    container.name
                ));
            }
        })
    }

    /// How a pack that was read behind the gates stands on record.
    ///
    /// # Errors
    /// It cannot be read, or the store cannot; a sentence.
    pub fn behind_gate(&self, scan: &str) -> Result<BehindGate, String> {
        let code = UnitCode::of(scan).map_err(|refusal| refusal.to_string())?;
        let standing = self.reader.whereabouts(|ask| {
            let records = Records {
                ask,
                key: &self.key,
                plan: &self.plan,
            };
            Ok(match records.find(&code) {
                Ok(Some(unit)) => records.standing(unit),
                Ok(None) => Ok(None),
                Err(why) => Err(why),
            })
        });
        let standing = standing.map_err(|error| error.to_string())??;
        let inside = standing.as_ref().is_some_and(|now| !now.inside.is_empty());
        let ended = standing.as_ref().is_some_and(|now| now.end.is_some());
        Ok(match standing.map(|standing| standing.identity) {
            // Nobody can put it on record or end it again: it must not hold the lanes for that.
            Some(Identity::Pack(pack)) if ended => BehindGate::Strange(format!(
                "pack {} ({code}) was read behind the gates and is out of use",
                pack.pack.0
            )),
            Some(Identity::Pack(pack)) if pack.is_good() && !inside => {
                BehindGate::Passed(pack.pack)
            }
            Some(Identity::Pack(pack)) if pack.is_good() => BehindGate::Packed(format!(
                "pack {} ({code}) was read behind the gates and lies in a container already",
                pack.pack.0
            )),
            Some(Identity::Pack(pack)) if pack.fate.is_none() => BehindGate::NotYet(pack.pack),
            Some(Identity::Pack(pack)) => BehindGate::Strange(format!(
                "pack {} ({code}) was read behind the gates and did not pass as good",
                pack.pack.0
            )),
            _ => BehindGate::Strange(format!(
                "{code} was read behind the gates and is no pack of this station's records"
            )),
        })
    }
}
