//! Whether nobody else writes the station's block. PURE.
//!
//! Two stations on one PLC void each other's verdicts: each write of one changes STATION_BOOT for the other. The PLC
//! shows in ECHO_STATION_BOOT whose block it saw last, and in ECHO_HEARTBEAT that somebody still writes it. Both stand
//! in the header, so nothing more is asked for. A station that meets another one's boot listens before it writes; one
//! that finds another's in the place of its own gives the link up and listens too. So whoever comes second never
//! disturbs the first.

use super::PlcSession;
use crate::plc::{PlcEvent, PlcHeader};
use crate::session::Output;
use crate::{Fault, Tick};
use std::time::Duration;

#[derive(Debug, Clone, Copy, Default)]
enum Stand {
    /// No header was read on this link.
    #[default]
    New,
    /// Another boot stands there. What its heartbeat was, and since when.
    Listening { heartbeat: u16, since: Tick },
    /// The block is ours.
    Writing {
        /// When it was first written on this link.
        since: Option<Tick>,
        /// The PLC showed our boot on this link.
        seen: bool,
    },
}

/// Who writes the station's block, as the PLC's header shows it.
#[derive(Debug, Default)]
pub(super) struct Alone {
    stand: Stand,
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// Nobody but us.
    Alone,
    /// It may have been a station that is gone: not known yet.
    Listening,
    /// A station with this boot.
    Other(u16),
}

impl Alone {
    /// On another link nothing is known.
    pub fn forget(&mut self) {
        self.stand = Stand::New;
    }

    /// Our block was written.
    pub fn wrote(&mut self, now: Tick) {
        if let Stand::Writing { since, .. } = &mut self.stand {
            since.get_or_insert(now);
        }
    }

    /// What a header says. After `stale` without a change a heartbeat is nobody's, and what was written so long ago the
    /// PLC has seen.
    fn look(&mut self, now: Tick, header: &PlcHeader, ours: u16, stale: Duration) -> Found {
        let (shown, heartbeat) = (header.echo_station_boot, header.echo_heartbeat);
        let other = shown != 0 && shown != ours;
        match &mut self.stand {
            Stand::Writing { since, seen } => {
                *seen |= shown == ours;
                let taken_over = since.is_some_and(|since| now.since(since) >= stale);
                match other && (*seen || taken_over) {
                    true => Found::Other(shown),
                    false => Found::Alone,
                }
            }
            _ if !other => self.begin(shown == ours),
            Stand::New => {
                let since = now;
                self.stand = Stand::Listening { heartbeat, since };
                Found::Listening
            }
            Stand::Listening {
                heartbeat: known,
                since,
            } => {
                if *known != heartbeat {
                    (*known, *since) = (heartbeat, now);
                    return Found::Other(shown);
                }
                // Of two that wait for each other one goes first.
                match now.since(*since) >= stale + share(ours, stale) {
                    true => self.begin(false),
                    false => Found::Listening,
                }
            }
        }
    }

    fn begin(&mut self, seen: bool) -> Found {
        self.stand = Stand::Writing { since: None, seen };
        Found::Alone
    }
}

/// A part of this time that differs from boot to boot.
fn share(boot: u16, of: Duration) -> Duration {
    of * u32::from(boot % 64) / 64
}

impl PlcSession {
    /// Whether this station may work with the PLC. While another one does, the link counts as down.
    pub(super) fn only_us(&mut self, now: Tick, header: &PlcHeader) -> bool {
        let Some(ours) = self.config.station_boot else {
            return true; // whoever only reads disturbs nobody
        };
        let stale = Duration::from_millis(self.map.heartbeat_stale_ms);
        let theirs = match self.alone.look(now, header, ours, stale) {
            Found::Alone => return true,
            Found::Listening => return false,
            Found::Other(theirs) => theirs,
        };
        let fault = Fault::OtherStation { theirs, ours };
        if self.announced {
            self.announced = false;
            self.tell(PlcEvent::Link(false));
            self.trouble(fault.clone());
            self.forget_link();
            self.out.push_back(Output::DropLink(fault));
        } else {
            self.trouble(fault);
        }
        false
    }
}
