//! What can be done now, and why not: of the keys that open no form. PURE.

use super::places::{self, Place};
use super::state::ScreenState;
use crate::record::PackNo;
use crate::wire::{LineState, View};

pub(super) fn can_choose(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match screen.place.rows(view, screen) {
        0 => Err("there is no list here"),
        _ => Ok(()),
    }
}

pub(super) fn can_find(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match screen.place.seeks() {
        true => live(view, screen).map(drop),
        false => Err("nothing is looked for here"),
    }
}

/// The chosen pack, and what it is looked up by.
pub(super) fn opened(screen: &ScreenState) -> Result<(PackNo, String), &'static str> {
    let by_number = |pack: PackNo| format!("pack {}", pack.0);
    let chosen = match screen.place {
        Place::Packs => places::packs::chosen(screen).map(|pack| match pack.code.as_str() {
            "" => (pack.pack, by_number(pack.pack)),
            code => (pack.pack, code.to_owned()),
        }),
        Place::Rejects => {
            let chosen = places::rejects::chosen(screen);
            chosen.map(|row| (row.pack, by_number(row.pack)))
        }
        _ => return Err("there are no packs here"),
    };
    chosen.ok_or("no pack is chosen")
}

/// The place turns to the alarms that came and went.
pub(super) fn can_turn_over(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match screen.look.past {
        true => Ok(()),
        false => live(view, screen).map(drop),
    }
}

/// Where the chosen alarm is mended.
pub(super) fn mended_at(view: Option<&View>, screen: &ScreenState) -> Result<Place, &'static str> {
    let here = view.filter(|_| screen.place == Place::Alarms);
    let alarm = here.and_then(|view| places::alarms::chosen(view, screen));
    let alarm = alarm.ok_or("no alarm is chosen")?;
    match Place::of_alarm(&alarm.code) {
        Place::Line => Err("the alarm itself says all there is to do"),
        place => Ok(place),
    }
}

const NO_STATION: &str = "no station answers";

/// The view, when it can be acted upon.
pub(super) fn live<'v>(
    view: Option<&'v View>,
    screen: &ScreenState,
) -> Result<&'v View, &'static str> {
    match view {
        Some(view) if screen.lost.is_none() => Ok(view),
        _ => Err(NO_STATION),
    }
}

pub(super) fn can_stop(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match live(view, screen)?.state {
        LineState::Stopped => Err("the station's stop stands already"),
        _ => Ok(()),
    }
}

pub(super) fn can_resume(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match live(view, screen)?.state {
        LineState::Stopped => Ok(()),
        _ => Err("the station has not stopped the line"),
    }
}

pub(super) fn can_reject_next(
    view: Option<&View>,
    screen: &ScreenState,
) -> Result<(), &'static str> {
    let view = live(view, screen)?;
    if view.reject_next {
        Err("the next pack will be rejected already")
    } else if view.batch.is_none() {
        Err("no batch is open, every pack is rejected")
    } else {
        Ok(())
    }
}

pub(super) fn can_acknowledge(
    view: Option<&View>,
    screen: &ScreenState,
) -> Result<(), &'static str> {
    match to_acknowledge(live(view, screen)?, screen) {
        Some(_) => Ok(()),
        None => Err("no alarm waits to be acknowledged"),
    }
}

pub(super) fn can_resynchronise(
    view: Option<&View>,
    screen: &ScreenState,
) -> Result<(), &'static str> {
    let view = live(view, screen)?;
    if view.state == LineState::Recovering {
        Err("the station is reading back what happened")
    } else if view.batch.is_none() {
        Err("no batch is open, nothing is being printed")
    } else {
        Ok(())
    }
}

/// The code of the alarm that `a` acknowledges: the chosen one among the alarms, else the top one.
pub(super) fn to_acknowledge<'v>(view: &'v View, screen: &ScreenState) -> Option<&'v str> {
    if screen.place == Place::Alarms {
        let chosen = places::alarms::chosen(view, screen)?;
        return (!chosen.acknowledged).then_some(&chosen.code);
    }
    let mut open = view.alarms.iter().filter(|alarm| alarm.is_unseen());
    open.next().map(|alarm| alarm.code.as_str())
}

pub(super) fn can_remember(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    let seen = places::setup::present(live(view, screen)?, screen);
    seen.map(drop).ok_or("no picture was seen yet")
}
